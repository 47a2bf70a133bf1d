"""Makes the recorded, synthetic workbooks of Öppna jämförelser: answers behind published shares.

The shares are those of the three printed tables and of the text beside them; which unit has
answered what is drawn. `python -m tests.oj_answers` writes the workbooks anew;
`tests/unit/sources/test_oj_workbook.py` holds that the recorded ones say what these do.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import xlsxwriter

from orchestration.demo.geography import AREAS
from orchestration.settings import PROJECT_ROOT
from orchestration.sources.dispatch import parse_dataset
from orchestration.sources.registry import load_registry, recorded_files
from orchestration.sources.socialstyrelsen.layouts import Layout, layouts

RECORDED = PROJECT_ROOT / "orchestration/demo/recorded/socialstyrelsen"
SEEDS = PROJECT_ROOT / "dbt_project/seeds"
COUNTRY = "SE"
GENERAL, ASSISTANCE = "oj_response_rate_general", "oj_response_rate_assistance"
# The ten districts that Göteborg had from 2011 to 2020.
GOTHENBURG = (
    *("Angered", "Östra Göteborg", "Örgryte-Härlanda", "Centrum", "Majorna-Linné"),
    *("Askim-Frölunda-Högsbo", "Västra Göteborg", "Västra Hisingen", "Lundby", "Norra Hisingen"),
)
DISTRICTS: Mapping[str, Sequence[str]] = {"0180": AREAS, "1480": GOTHENBURG}
# Municipalities that did not answer the part on assistance, and those that did not the general one.
# 2020 is as published, 96 and 95 per cent; the years before it are made alike.
SILENT = {2018: (15, 16), 2019: (14, 15), 2020: (13, 14)}
SILENT_DISTRICTS = {2018: 3, 2019: 2, 2020: 2}
# So large a part of the units do not keep to what they say in the other year.
TURNING = 0.25
# At most so many of a group leave a single question out.
MOST_LEFT_OUT = 4


@dataclass(frozen=True)
class Unit:
    """One row of a workbook."""

    code: str
    municipality: str
    district: str = ""

    @property
    def unit_id(self) -> str:
        return f"{self.code} {self.district}".strip()


@dataclass
class Year:
    """What the units answer one year.

    Attributes:
        answers: By indicator and unit; True, False, or None where the question is left out.
        silent: Units that did not answer the part on assistance.
        silent_general: Units that did not answer the general part.
    """

    answers: dict[str, dict[str, bool | None]] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    silent_general: frozenset[str] = frozenset()


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def units() -> tuple[Unit, ...]:
    found: list[Unit] = []
    for row in read_csv(SEEDS / "municipalities.csv"):
        districts = DISTRICTS.get(row["code"], ("",))
        found += [Unit(row["code"], row["name"], district) for district in districts]
    return tuple(found)


@cache
def groups(group_type: str, year: int) -> dict[str, str]:
    """The group of each municipality."""
    return {
        row["municipality_id"]: row["group_code"]
        for row in read_csv(SEEDS / "municipality_groups.csv")
        if row["group_type"] == group_type and int(row["year_from"]) <= year <= int(row["year_to"])
    }


@cache
def published() -> dict[tuple[str, int, str, str], int]:
    """The printed whole per cents by indicator, year, kind of group and group."""
    [dataset] = [
        each
        for each in load_registry()
        if each.source_id == "socialstyrelsen_open_comparisons_2020"
    ]
    named = {
        row["series"]: row["indicator_id"]
        for row in read_csv(SEEDS / "indicator_series.csv")
        if row["dataset_id"] == dataset.source_id
    }
    found: dict[tuple[str, int, str, str], int] = {}
    for path in recorded_files(dataset):
        for row in parse_dataset(path.read_bytes(), dataset).observations:
            kind = json.loads(row.dimensions)["grupptyp"]
            group = COUNTRY if kind == "riket" else row.region
            found[named[row.series], int(row.period), kind, group] = int(row.value or 0)
    return found


def rounds_to(yes: int, answered: int, per_cent: int) -> bool:
    return abs(100 * yes - per_cent * answered) * 2 < answered


def options(present: int, per_cent: int) -> list[tuple[int, int]]:
    """Answered and yes that give a printed per cent, the fewest left out first."""
    return [
        (answered, yes)
        for answered in range(present, max(present - MOST_LEFT_OUT, 1) - 1, -1)
        for yes in range(answered + 1)
        if rounds_to(yes, answered, per_cent)
    ]


def counts(
    present: Mapping[str, int], cells: Mapping[str, int], whole: int
) -> dict[str, tuple[int, int]]:
    """Answered and yes in each group, so that each cell and the country's are as printed.

    Raises:
        ValueError: If no numbers give the cells.
    """
    # By how many have answered and how many said yes so far: the way there with fewest left out.
    ways: dict[tuple[int, int], tuple[int, dict[str, tuple[int, int]]]] = {(0, 0): (0, {})}
    for group, per_cent in sorted(cells.items()):
        further: dict[tuple[int, int], tuple[int, dict[str, tuple[int, int]]]] = {}
        for (answered, yes), (left_out, chosen) in ways.items():
            for own_answered, own_yes in options(present[group], per_cent):
                place = (answered + own_answered, yes + own_yes)
                cost = left_out + present[group] - own_answered
                if place not in further or cost < further[place][0]:
                    further[place] = (cost, {**chosen, group: (own_answered, own_yes)})
        ways = further
    good = [(place, way) for place, way in ways.items() if rounds_to(place[1], place[0], whole)]
    if not good:
        raise ValueError(f"no answers give {cells} and {whole}")

    def worse(
        found: tuple[tuple[int, int], tuple[int, dict[str, tuple[int, int]]]],
    ) -> tuple[int, float, str]:
        # Near the printed per cent, so that changes are the printed ones too.
        (answered, yes), (left_out, numbers) = found
        return left_out, abs(100 * yes / answered - whole), str(numbers)

    return min(good, key=worse)[1][1]


def chosen(random: np.random.Generator, from_: Sequence[str], number: int) -> set[str]:
    return set(random.choice(sorted(from_), number, replace=False).tolist()) if number else set()


def silence(random: np.random.Generator, year: int) -> tuple[frozenset[str], frozenset[str]]:
    whole = [unit.unit_id for unit in units() if not unit.district]
    # Uppsala answers: it stands among the large, where one more or less moves a share far.
    small = [each for each in whole if groups("storlek", 2020)[each] != "200 000 el mer"]
    districts = [unit.unit_id for unit in units() if unit.district]
    neither, only_general = SILENT[year]
    silent = chosen(random, small, neither) | chosen(random, districts, SILENT_DISTRICTS[year])
    others = [each for each in small if each not in silent]
    return frozenset(silent), frozenset(silent | chosen(random, others, only_general - neither))


def drawn(
    random: np.random.Generator,
    indicator: str,
    present: Sequence[Unit],
    year: int,
    kept: Mapping[str, bool | None],
) -> dict[str, bool | None]:
    """Answers to one question that give its printed cells; those of another year are kept to."""
    cells = {
        kind: {
            group: per_cent
            for (name, of, own, group), per_cent in published().items()
            if (name, of, own) == (indicator, year, kind)
        }
        for kind in ("riket", "storlek", "skr")
    }
    whole = cells["riket"][COUNTRY]
    kind = next((name for name in ("storlek", "skr") if cells[name]), "riket")
    members: dict[str, list[str]] = {}
    for unit in present:
        group = COUNTRY if kind == "riket" else groups(kind, year)[unit.code]
        members.setdefault(group, []).append(unit.unit_id)
    sizes = {group: len(those) for group, those in members.items()}
    numbers = counts(sizes, cells[kind], whole)
    found: dict[str, bool | None] = {}
    for group, those in sorted(members.items()):
        answered, yes = numbers[group]
        left_out = chosen(random, those, len(those) - answered)
        found |= dict.fromkeys(left_out)
        rest = [each for each in those if each not in left_out]
        found |= turned(random, rest, yes, kept)
    return found


def turned(
    random: np.random.Generator, those: Sequence[str], yes: int, kept: Mapping[str, bool | None]
) -> dict[str, bool | None]:
    """So many yes, of which most are those who say so in the other year too."""
    wanted = min(yes, len(those))
    lead = {each: random.random() for each in sorted(those)}
    for each in those:
        said = kept.get(each)
        if said is not None and random.random() >= TURNING:
            lead[each] += 2.0 if said else -2.0
    order = sorted(those, key=lambda each: -lead[each])
    return {each: place < wanted for place, each in enumerate(order)}


def make() -> dict[int, Year]:
    """What all units answer, year by year, the latest first."""
    random = np.random.Generator(np.random.PCG64(2020))
    made: dict[int, Year] = {}
    for layout in sorted(layouts(), key=lambda each: -each.year):
        later = made.get(layout.year + 1, Year())
        silent, silent_general = silence(random, layout.year)
        present = [unit for unit in units() if unit.unit_id not in silent]
        made[layout.year] = Year(silent=silent, silent_general=silent_general)
        for question in layout.indicators:
            if question.counted_by == "municipality":
                continue
            kept = later.answers.get(question.indicator_id, {})
            made[layout.year].answers[question.indicator_id] = drawn(
                random, question.indicator_id, present, layout.year, kept
            )
    return made


def cell(year: Year, indicator: str, unit: Unit) -> str:
    if indicator == GENERAL:
        return "N" if unit.unit_id in year.silent_general else "J"
    if indicator == ASSISTANCE:
        return "N" if unit.unit_id in year.silent else "J"
    said = year.answers[indicator].get(unit.unit_id)
    if said is None:
        # A question that one who answers has left out is printed with the publisher's mark.
        return "" if unit.unit_id in year.silent else "X"
    return "J" if said else "N"


def share(year: Year, indicator: str, those: Sequence[Unit]) -> str:
    said = [cell(year, indicator, unit) for unit in those]
    answered = [each for each in said if each in {"J", "N"}]
    return f"{100 * answered.count('J') / len(answered):.0f}"


def rows(layout: Layout, year: Year) -> list[list[str]]:
    """The sheet: title, header, what sums up, and a row a unit."""
    asked = [question.indicator_id for question in layout.indicators]
    title = (
        f"{layout.title} – Ekonomiskt bistånd: varje kommuns och stadsdels svar. "
        "SYNTETISKT: svaren är påhittade så att andelarna blir de publicerade."
    )
    found = [
        [title],
        ["J = ja, N = nej, X = frågan är inte besvarad, tom cell = enheten har inte svarat."],
        [],
        list(layout.headings),
        ["", "Riket", "", *(share(year, indicator, units()) for indicator in asked)],
    ]
    for code in sorted({unit.code for unit in units()}):
        those = [unit for unit in units() if unit.code == code]
        if those[0].district:
            summed = [share(year, indicator, those) for indicator in asked]
            found.append([code, those[0].municipality, "", *summed])
        found += [
            [code, unit.municipality, unit.district, *(cell(year, each, unit) for each in asked)]
            for unit in those
        ]
    return [*found, [], ["Källa: Avvik, syntetiska svar efter Öppna jämförelser 2020."]]


def write(path: Path, layout: Layout, year: Year) -> None:
    """Write a workbook whose bytes are the same each time."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": datetime(2026, 11, 29, tzinfo=UTC)})
        about = book.add_worksheet("Läs mig")
        about.write_string(0, 0, "Syntetisk arbetsbok, gjord för Avvik med tests/oj_answers.py.")
        sheet = book.add_worksheet(layout.sheet)
        for number, row in enumerate(rows(layout, year)):
            for column, text in enumerate(row):
                if text:
                    sheet.write_string(number, column, text)


def main() -> None:
    made = make()
    for layout in layouts():
        write(RECORDED / f"oj_svar_{layout.year}_syntetisk.xlsx", layout, made[layout.year])


if __name__ == "__main__":
    main()
