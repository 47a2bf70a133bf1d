"""Socialstyrelsen: the statistical database's result pages, and Öppna jämförelser.

`form` asks the database, `result_page` reads what it shows, `open_comparisons` reads the tables of
the report, `oj_workbook` each unit's answers. What a series means for an indicator belongs in dbt.
"""

from orchestration.sources.declared_table import read_declared_table
from orchestration.sources.formats import read_measure_table
from orchestration.sources.observation import Parsed
from orchestration.sources.registry import Dataset
from orchestration.sources.socialstyrelsen import form, oj_workbook, open_comparisons, result_page

fetch = form.fetch


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse a result page, a table or workbook of Öppna jämförelser, or national figures.

    Args:
        content: The delivery.
        dataset: Declares the format.

    Returns:
        Observations, and the page's footnotes as notes.

    Raises:
        SourceFormatError: If it is cut or in another layout.
    """
    match dataset.parser:
        case "measure_table":
            return read_measure_table(content, dataset, region="Riket")
        case "open_comparisons":
            return open_comparisons.parse(content, dataset)
        case "oj_workbook":
            return oj_workbook.parse(content, dataset)
        case "declared_table":
            return read_declared_table(content, dataset)
        case _:
            return result_page.parse(content, dataset)
