"""SOL's export (`Databasfil.txt`): ISO-8859-1, semicolons, seven fields under six headings.

An export names a crime by its last name only and repeats, with two points for figures, what stands
above it in the menu; a fetched one is therefore read with the ids that were asked for. Asking
belongs in `dialogue`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from orchestration.sources.answers import Part
from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import figure, require_unique, wrong_header
from orchestration.sources.observation import (
    Observation,
    Parsed,
    Remark,
    dimensions_text,
    numbered,
)
from orchestration.sources.registry import Dataset
from orchestration.sources.requests import SolRequest

_HEADER = ["Region", "Brott", "År", "Period", "Antal", "/100 000 inv"]
_MEASURES = _HEADER[4:]
_FIELDS = len(_HEADER) + 1
_BLANKS = " \u00a0"
_YEAR = re.compile(r"([0-9]{4})( prel\.)?")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "Maj", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dec"]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    region: str
    crime: str
    period: str
    preliminary: bool
    figures: tuple[str, str]


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse an export, yearly or monthly.

    Args:
        content: The export, ISO-8859-1.
        dataset: What it is said to be.

    Returns:
        Two observations a row (number, and number per 100,000 inhabitants), identical rows once;
        a note if rows were dropped as identical.

    Raises:
        SourceFormatError: If it is an error page, cut or in another layout, or if the same crime,
            region and period has two different figures.
    """
    text = content.decode("iso-8859-1").replace("&nbsp;", "\u00a0")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    header = lines[0].replace("\u00a0", " ").split(";") if lines else []
    if header != _HEADER:
        raise wrong_header(dataset, header, ";".join(_HEADER))
    if len(lines) == 1:
        raise SourceFormatError(
            dataset, place="hela filen", found="inga datarader", expected="minst en rad"
        )
    rows, repeated = _unique(
        [_row(i, line, dataset) for i, line in enumerate(lines[1:], 2)], dataset
    )
    observations = []
    for row in rows:
        for measure, text in zip(_MEASURES, row.figures, strict=True):
            value, status = figure(text, dataset, f"rad {row.line}, kolumnen {measure}")
            observations.append(
                Observation(
                    row_number=row.line,
                    dataset_id=dataset.source_id,
                    series=row.crime,
                    region=row.region,
                    period=row.period,
                    dimensions=dimensions_text({"Mått": measure}),
                    value_text=text,
                    value=value,
                    status="preliminary" if status == "observed" and row.preliminary else status,
                )
            )
    remarks = []
    if repeated:
        numbers = ", ".join(map(str, repeated))
        remarks.append(
            Remark(
                kind="method", text=f"Rader som upprepade en tidigare rad räknas inte: {numbers}."
            )
        )
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


def parse_parts(parts: Sequence[Part], dataset: Dataset) -> Parsed:
    """Parse a fetched answer.

    Args:
        parts: Exports; the request of each names the crimes by id.
        dataset: Declares the crimes.

    Returns:
        The asked crimes only, each under the name that sets it apart; no notes.

    Raises:
        SourceFormatError: As for `parse`, or if an export answers another request, or if two
            exports give the same figure.
    """
    observations: list[Observation] = []
    for part in parts:
        series = _asked(part, dataset)
        rows = parse(part.content, dataset).observations
        offset = max((row.row_number for row in observations), default=0)
        observations += [
            replace(row, row_number=row.row_number + offset, series=series[row.series])
            for row in rows
            if row.series in series
        ]
    if not observations:
        raise SourceFormatError(
            dataset,
            place="hela svaret",
            found="ingen uppgift om någon vald brottstyp",
            expected="minst en uppgift",
        )
    keys = [(r.row_number, (r.series, r.region, r.period, r.dimensions)) for r in observations]
    require_unique(keys, dataset)
    return Parsed(tuple(observations), ())


def _asked(part: Part, dataset: Dataset) -> dict[str, str]:
    """Give the series of each name in an export."""
    request = dataset.request
    _, _, form = part.request.rpartition(" ")
    [ids] = parse_qs(form).get("brottstyp_id_string", [""])
    declared = {}
    if isinstance(request, SolRequest):
        declared = {str(crime.id): crime for crime in request.crimes}
    crimes = [declared.get(each) for each in ids.split("*")]
    known = [crime for crime in crimes if crime is not None]
    if len(known) != len(crimes) or len({crime.name for crime in known}) != len(known):
        raise SourceFormatError(
            dataset,
            place="frågan som exporten svarar på",
            found=f"brottstyperna {quoted(ids)}",
            expected="brottstyper som källregistret anger, var och en med sitt namn",
        )
    return {crime.name: crime.series for crime in known}


def _row(line: int, text: str, dataset: Dataset) -> _Row:
    """Read one line; each ends with a semicolon, which tells a whole line from a cut one."""
    fields = [field.strip(_BLANKS) for field in text.split(";")]
    printable = text.replace("\u00a0", " ").isprintable()
    if len(fields) != _FIELDS or fields[-1] or not all(fields[:-1]) or not printable:
        raise SourceFormatError(
            dataset,
            place=f"rad {line}",
            found=quoted(text),
            expected="sex ifyllda fält som vart och ett följs av semikolon",
        )
    region, crime, year, period, number, rate, _ = fields
    # A yearly export says "År" in the column År and gives the year as the period.
    dated = _YEAR.fullmatch(period if year == "År" else year)
    if not dated or (year != "År" and period not in _MONTHS):
        raise SourceFormatError(
            dataset,
            place=f"rad {line}, kolumnerna År och Period",
            found=quoted(f"{year};{period}"),
            expected="År;2024 i en årsfil eller 2026 prel.;Aug i en månadsfil",
        )
    month = "" if year == "År" else f"-{_MONTHS.index(period) + 1:02}"
    return _Row(line, region, crime, dated[1] + month, bool(dated[2]), (number, rate))


def _unique(rows: list[_Row], dataset: Dataset) -> tuple[list[_Row], list[int]]:
    """Keep each row once and tell which lines were repetitions."""
    kept: dict[tuple[str, str, str], _Row] = {}
    repeated = []
    for row in rows:
        first = kept.setdefault((row.region, row.crime, row.period), row)
        if first is row:
            continue
        if (first.figures, first.preliminary) != (row.figures, row.preliminary):
            raise SourceFormatError(
                dataset,
                place=f"rad {first.line} och {row.line}",
                found=f"två olika uppgifter om {quoted(row.crime)}, {quoted(row.region)}, "
                f"{row.period}",
                expected="en uppgift per brott, region och period",
                action="Samma benämning kan höra till två brottstyper: gör om uttaget med en "
                "brottstyp i taget.",
            )
        repeated.append(row.line)
    return list(kept.values()), repeated
