"""Stockholms stad: the yearly tables of the statistical yearbook.

Each table has its own shape. Where a table contradicts itself, the figures are kept as they are and
the contradiction becomes a note; choosing between them belongs to the reader. The tables come as
files: no address of the site is known to last.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator

from orchestration.language.numbers import number
from orchestration.sources.observation import (
    Observation,
    Parsed,
    Remark,
    dimensions_text,
    numbered,
)
from orchestration.sources.registry import Dataset
from orchestration.sources.wide_table import Cell, Shape, read_wide_table

_YEARS = re.compile("[0-9]{4}")
_SHAPES = (
    Shape("b161", ("mått",), _YEARS),
    Shape("b162", ("hushållstyp",), _YEARS),
    Shape("b163", ("åldersgrupp",), _YEARS),
    Shape("b166_b167", ("tabell", "mått"), _YEARS),
    Shape("b159", ("insats",), _YEARS),
    Shape("b169_b170", ("insats", "grupp"), re.compile("[0-9]{4}(_man|_kvinnor)?")),
    Shape("b020", ("stadsdelsområde",), re.compile("(antal|pct)_[0-9]{4}")),
    Shape(
        "b021",
        ("stadsdelsområde",),
        frozenset({"barn", "18-24", "25-29", "30-39", "40-64", "65-", "samtliga"}),
    ),
    Shape("tv07437", ("stadsdelsområde",), re.compile("(prognos_)?[0-9]{4}")),
)
_CITY = "Hela staden"
_RECIPIENTS = "Biståndstagare"
_SHARE = "Biståndstagare, % av folkmängden"
# Table b021 has the year in its title only.
_YEAR_OF_AGES = "2017"
_COST = "Ekonomiskt bistånd, tkr"
_COST_PARTS = ("därav EGT, tkr", "därav övrigt, tkr")
_PLACED = ("Summa omhändertagna, netto", "Summa")
# Tables whose rows or columns are parts of a total: the variable, and what the total is called.
_TOTALS = {"b021": ("åldersgrupp", "samtliga"), "b162": ("hushållstyp", "Samtliga")}
# The city rounds one and two persons in an area to none, three and four to five.
_ROUNDED_AWAY = range(1, 5)
_ROUNDED_TO = (0, 5)


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse one of the yearbook's tables.

    Args:
        content: The table, UTF-8, comma-separated.
        dataset: What it is said to be.

    Returns:
        One observation a cell, and a note for each contradiction within the table.

    Raises:
        SourceFormatError: If it is none of the tables, ragged or cut.
    """
    shape, cells = read_wide_table(content, dataset, _SHAPES)
    observations = []
    for part in cells:
        series, region, period, variables = _meaning(shape.table, part)
        observations.append(
            Observation(
                row_number=part.line,
                dataset_id=dataset.source_id,
                series=series,
                region=region,
                period=period,
                dimensions=dimensions_text({"tabell": shape.table} | variables),
                value_text=part.text,
                value=part.value,
                status=part.status,
            )
        )
    remarks = list(_contradictions(shape.table, observations))
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


def _meaning(table: str, part: Cell) -> tuple[str, str, str, dict[str, str]]:
    """Say what a cell measures: series, region, period, other variables."""
    *_, key = part.keys
    series, region, period, variables = key, _CITY, part.column, dict[str, str]()
    match table:
        case "b162":
            series, variables = "Biståndshushåll", {"hushållstyp": key}
        case "b163":
            series, variables = _SHARE, {"åldersgrupp": key}
        case "b166_b167":
            variables = {"tabell": part.keys[0]}
        case "b169_b170":
            series, variables = part.keys[0], {"grupp": key}
            period, _, sex = part.column.partition("_")
            variables |= {"kön": sex} if sex else {}
        case "b020":
            measure, period = part.column.split("_")
            series, region = _RECIPIENTS if measure == "antal" else _SHARE, key
        case "b021":
            series, region, period = _RECIPIENTS, key, _YEAR_OF_AGES
            variables = {"åldersgrupp": part.column}
        case "tv07437":
            forecast = part.column.startswith("prognos_")
            series, region = "Folkmängd, prognos" if forecast else "Folkmängd", key
            period = part.column.removeprefix("prognos_")
    return series, region, period, variables


def _contradictions(table: str, rows: list[Observation]) -> Iterator[Remark]:
    """Find totals that differ from the sum of their parts, and two totals for one year."""
    if any(row.region != _CITY for row in rows):
        yield from _areas_against_city(table, rows)
        yield from _rounding(table, rows)
    if table in _TOTALS:
        yield from _parts_against_total(table, rows)
    by_label = {(row.series, row.period): row.value for row in rows if row.value is not None}
    for year in dict.fromkeys(row.period for row in rows):
        total = by_label.get((_COST, year))
        parts = [by_label.get((label, year)) for label in _COST_PARTS]
        known = [part for part in parts if part is not None]
        if total is not None and len(known) == len(parts) and sum(known) != total:
            yield Remark(
                kind="contradiction",
                period=year,
                regions=[_CITY],
                text=f"Tabell {table}, {year}: delposterna EGT och övrigt är tillsammans "
                f"{number(sum(known))} tkr men totalen {number(total)} tkr. "
                "Den tredje posten är inte känd.",
            )
        first, second = (by_label.get((label, year)) for label in _PLACED)
        if first is not None and second is not None and first != second:
            yield Remark(
                kind="contradiction",
                period=year,
                regions=[_CITY],
                text=f"Tabellerna b166 och b167 har olika totaler för {year}: {number(first)} "
                f"och {number(second)} placerade barn och unga. Båda är kvar; tabellerna "
                "kan vara från före och efter en revidering.",
            )


def _areas_against_city(table: str, rows: list[Observation]) -> Iterator[Remark]:
    """Compare the sum of the areas with the city, for counts."""
    areas: dict[tuple[str, str], float] = defaultdict(float)
    city: dict[tuple[str, str], float] = {}
    for row in rows:
        if row.series == _SHARE or row.value is None:
            continue
        key = (row.period, row.dimensions)
        if row.region == _CITY:
            city[key] = row.value
        else:
            areas[key] += row.value
    for (period, variables), total in city.items():
        together = areas[period, variables]
        if together != total:
            yield Remark(
                kind="contradiction",
                period=period,
                regions=[_CITY],
                text=f"Tabell {table}, {period}{_ages(variables)}: summan av stadsdelsområdena är "
                f"{number(together)} men hela staden {number(total)}, en skillnad på "
                f"{number(abs(total - together))}. Orsaken är inte bekräftad; sannolikt personer "
                "vid centrala enheter.",
            )


def _parts_against_total(table: str, rows: list[Observation]) -> Iterator[Remark]:
    """Compare the sum of the parts with their total, where no part is missing."""
    variable, name = _TOTALS[table]
    parts: dict[tuple[str, str], list[float | None]] = defaultdict(list)
    totals: dict[tuple[str, str], float] = {}
    for row in rows:
        if json.loads(row.dimensions)[variable] != name:
            parts[row.region, row.period].append(row.value)
        elif row.value is not None:
            totals[row.region, row.period] = row.value
    for (region, period), total in totals.items():
        known = [part for part in parts[region, period] if part is not None]
        if len(known) == len(parts[region, period]) and sum(known) != total:
            yield Remark(
                kind="contradiction",
                period=period,
                regions=[region],
                text=f"Tabell {table}, {period}, {region}: delarna efter {variable} är tillsammans "
                f"{number(sum(known))} men totalen {number(total)}.",
            )


def _rounding(table: str, rows: list[Observation]) -> Iterator[Remark]:
    """Find small counts of areas: what the rounding may have made, and what it should have."""
    counts = [row for row in rows if row.region != _CITY and row.series != _SHARE]
    rounded = [row.region for row in counts if row.value in _ROUNDED_TO]
    if rounded:
        yield Remark(
            kind="method",
            regions=list(dict.fromkeys(rounded)),
            text=f"Tabell {table}: {len(rounded)} områdesvärden är 0 eller 5 och kan vara "
            "avrundade; staden anger att 1–2 personer blir 0 och 3–4 blir 5. Summor av områden "
            "blir osäkra.",
        )
    small = [row.region for row in counts if row.value in _ROUNDED_AWAY]
    if small:
        yield Remark(
            kind="contradiction",
            regions=list(dict.fromkeys(small)),
            text=f"Tabell {table}: {len(small)} områdesvärden är 1–4, fast staden anger att så små "
            "antal är avrundade till 0 eller 5.",
        )


def _ages(variables: str) -> str:
    """Name the age group of a figure, if it has one."""
    group = json.loads(variables).get("åldersgrupp")
    return f", åldersgrupp {group}" if group else ""
