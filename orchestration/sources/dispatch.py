"""Picks a publisher's module for a dataset, to fetch or to parse.

Only the choice of module and the joining of an answer's parts; no format is known here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from orchestration.sources import bra, kronofogden, scb, socialstyrelsen, stockholm
from orchestration.sources.answers import Part, pack, unpack
from orchestration.sources.client import Client
from orchestration.sources.observation import Note, Observation, Parsed
from orchestration.sources.registry import Dataset, PublisherName

Parse = Callable[[bytes, Dataset], Parsed]
ParseParts = Callable[[Sequence[Part], Dataset], Parsed]
# Asks for the whole selection; `municipality` is the official code that the report is about.
Fetch = Callable[[Client, Dataset, str], Sequence[Part]]

_PARSERS: dict[PublisherName, Parse] = {
    "scb": scb.parse,
    "bra": bra.parse,
    "kronofogden": kronofogden.parse,
    "socialstyrelsen": socialstyrelsen.parse,
    "stockholm": stockholm.parse,
}
# Whose parts can only be read together with what was asked.
_PARTS_PARSERS: dict[PublisherName, ParseParts] = {
    "bra": bra.parse_parts,
}
_FETCHERS: dict[PublisherName, Fetch] = {
    "bra": bra.fetch,
    "socialstyrelsen": socialstyrelsen.fetch,
}


def fetch_dataset(client: Client, dataset: Dataset, municipality: str) -> bytes:
    """Ask a publisher for a dataset.

    Args:
        client: Asks.
        dataset: Declares the request.
        municipality: Official code of the municipality that is reported on.

    Returns:
        The answer as one delivery.

    Raises:
        FetchError: If the publisher gives no good answer.
        SourceFormatError: If it answers with something else than was asked for.
    """
    return pack(_FETCHERS[dataset.publisher](client, dataset, municipality))


def parse_dataset(content: bytes, dataset: Dataset) -> Parsed:
    """Parse one delivery of a dataset: a file, or a fetched answer of one or more parts.

    Args:
        content: The delivery, byte for byte.
        dataset: What it is said to be.

    Returns:
        The delivery's observations and notes; row numbers go on from part to part.

    Raises:
        SourceFormatError: If the bytes are not that dataset in its publisher's format.
    """
    parse = _PARSERS[dataset.publisher]
    parts = unpack(content)
    if not parts:
        return parse(content, dataset)
    if dataset.publisher in _PARTS_PARSERS:
        return _PARTS_PARSERS[dataset.publisher](parts, dataset)
    observations: list[Observation] = []
    notes: dict[tuple[str | None, str, str, str], Note] = {}
    for part in parts:
        parsed = parse(part.content, dataset)
        offset = max((row.row_number for row in observations), default=0)
        observations += [
            replace(row, row_number=row.row_number + offset) for row in parsed.observations
        ]
        for note in parsed.notes:
            notes.setdefault((note.period, note.regions, note.kind, note.text), note)
    numbered = [replace(note, note_number=n) for n, note in enumerate(notes.values(), start=1)]
    return Parsed(tuple(observations), tuple(numbered))
