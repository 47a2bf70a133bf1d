"""Picks a publisher's module for a dataset, to fetch or to parse.

Only the choice of module and the joining of an answer's parts; no format is known here. The parts
of one answer share no cell: a figure that comes twice means that pages slid or queries overlapped,
so that others may be missing, and the whole answer is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from orchestration.sources import bra, kolada, kronofogden, scb, socialstyrelsen, stockholm
from orchestration.sources.answers import Part, pack, unpack
from orchestration.sources.client import Client
from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.observation import Note, Observation, Parsed
from orchestration.sources.registry import Dataset, PublisherName

Parse = Callable[[bytes, Dataset], Parsed]
ParseParts = Callable[[Sequence[Part], Dataset], Parsed]
# Asks for the whole selection; `municipality` is the official code that the report is about.
Fetch = Callable[[Client, Dataset, str], Sequence[Part]]

_PARSERS: dict[PublisherName, Parse] = {
    "scb": scb.parse,
    "kolada": kolada.parse,
    "bra": bra.parse,
    "kronofogden": kronofogden.parse,
    "socialstyrelsen": socialstyrelsen.parse,
    "stockholm": stockholm.parse,
}
# Whose parts say something only together, or only with what was asked.
_PARTS_PARSERS: dict[PublisherName, ParseParts] = {
    "kolada": kolada.parse_parts,
    "bra": bra.parse_parts,
    "kronofogden": kronofogden.parse_parts,
}
_FETCHERS: dict[PublisherName, Fetch] = {
    "scb": scb.fetch,
    "kolada": kolada.fetch,
    "bra": bra.fetch,
    "kronofogden": kronofogden.fetch,
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


def say_the_same(one: bytes, other: bytes, dataset: Dataset) -> bool:
    """Whether two answers hold equal figures and notes, however they are written.

    Some publishers order their figures anew each time, or say how long the answer took.

    Args:
        one: A delivery.
        other: Another of the same dataset.
        dataset: What they are said to be.

    Returns:
        True if both can be read and say the same.
    """
    try:
        return parse_dataset(one, dataset) == parse_dataset(other, dataset)
    except SourceFormatError:
        return False


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
    if parts is None:
        return parse(content, dataset)
    if dataset.publisher in _PARTS_PARSERS:
        return _PARTS_PARSERS[dataset.publisher](parts, dataset)
    observations: list[Observation] = []
    notes: dict[tuple[str | None, str, str, str], Note] = {}
    found_in: dict[tuple[str, str, str, str], int] = {}
    offset = 0
    for number, part in enumerate(parts, start=1):
        if not part.holds_figures:
            continue
        parsed = parse(part.content, dataset)
        for row in parsed.observations:
            key = (row.series, row.region, row.period, row.dimensions)
            if found_in.setdefault(key, number) != number:
                raise _overlap(dataset, found_in[key], number, row)
            observations.append(replace(row, row_number=row.row_number + offset))
        offset = max((row.row_number for row in parsed.observations), default=0) + offset
        for note in parsed.notes:
            notes.setdefault((note.period, note.regions, note.kind, note.text), note)
    if not observations:
        raise SourceFormatError(
            dataset,
            place="hela svaret",
            found=f"{len(parts)} delar utan någon uppgift",
            expected="minst en uppgift",
        )
    kept = [replace(note, note_number=n) for n, note in enumerate(notes.values(), start=1)]
    return Parsed(tuple(observations), tuple(kept))


def _overlap(dataset: Dataset, first: int, second: int, row: Observation) -> SourceFormatError:
    return SourceFormatError(
        dataset,
        place=f"svarets del {second}, rad {row.row_number}",
        found=f"samma uppgift som i del {first} ({quoted(row.series)}, {quoted(row.region)}, "
        f"{quoted(row.period)})",
        expected="delar som inte överlappar",
        action="Sidorna kan ha flyttats medan de hämtades: hämta på nytt.",
    )
