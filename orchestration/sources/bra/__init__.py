"""Brottsförebyggande rådet (Brå): reported crimes, fetched and delivered.

A kommun is counted where the crime was committed and a region where it is handled, so the two never
add up and must not be added. `menu` and `dialogue` ask the database SOL, `export` reads what it
exports, `tables` reads the tables of bra.se. Which crimes make an indicator belongs in dbt.
"""

from orchestration.sources.bra import dialogue, export, tables
from orchestration.sources.observation import Parsed
from orchestration.sources.registry import Dataset

fetch = dialogue.fetch
parse_parts = export.parse_parts


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse a delivered file: an export of SOL, or a table of bra.se.

    Args:
        content: The file.
        dataset: Declares the format.

    Returns:
        Its observations and notes.

    Raises:
        SourceFormatError: If it is not in the declared format.
    """
    if dataset.parser == "sol_export":
        return export.parse(content, dataset)
    return tables.parse(content, dataset)
