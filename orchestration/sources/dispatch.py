"""Picks the parser for a dataset.

Only the choice of module; no format is known here.
"""

from collections.abc import Callable

from orchestration.sources import bra, kronofogden, scb, socialstyrelsen, stockholm
from orchestration.sources.observation import Parsed
from orchestration.sources.registry import Dataset, Publisher

_PARSERS: dict[Publisher, Callable[[bytes, Dataset], Parsed]] = {
    "scb": scb.parse,
    "bra": bra.parse,
    "kronofogden": kronofogden.parse,
    "socialstyrelsen": socialstyrelsen.parse,
    "stockholm": stockholm.parse,
}


def parse_dataset(content: bytes, dataset: Dataset) -> Parsed:
    """Parse one delivered file of a dataset.

    Args:
        content: The delivery, byte for byte.
        dataset: What it is said to be.

    Returns:
        The delivery's observations and notes.

    Raises:
        SourceFormatError: If the bytes are not that dataset in its publisher's format.
    """
    return _PARSERS[dataset.publisher](content, dataset)
