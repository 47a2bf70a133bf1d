"""The guide's twenty questions have the answers that rows give when they are counted by hand.

Each answer is counted here in Python from the tables' own rows, never from the view that the guide
asks; labels are written out. What the tables hold is tested elsewhere.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.conftest import Installation

GUIDE = Path(__file__).parents[2] / "docs" / "sv" / "tjugo-fragor.md"
CITY = "0180"
YEAR = date(2023, 1, 1)
SEXES = {"kvinnor": "kvinnor", "man": "män"}
HOUSEHOLDS = {
    "1": "enbart barn",
    "3": "ensamstående man utan barn",
    "4": "ensamstående man med barn",
    "5": "ensamstående kvinna utan barn",
    "6": "ensamstående kvinna med barn",
    "7": "par utan barn",
    "8": "par med barn",
    "9": "okänd hushållstyp",
}
STATUSES = {
    "missing": "uppgift saknas",
    "suppressed": "uppgift skyddas",
    "not_applicable": "ej tillämpligt",
    "broken_series": "jämförelsebrott",
}
Row = dict[str, Any]
Answer = list[tuple[Any, ...]]


class Rows:
    """The rows of the tables, as dictionaries."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.of = cache(self._of)

    def _of(self, table: str) -> list[Row]:
        with duckdb.connect(str(self._path), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            told = connection.execute(f"from {table}")
            names = [column[0] for column in told.description or ()]
            return [dict(zip(names, row, strict=True)) for row in told.fetchall()]

    def titles(self) -> dict[str, str]:
        return {row["indicator_id"]: row["title_sv"] for row in self.of("marts.indicators")}

    def boards(self) -> dict[str, str]:
        """The boards that exist, by code."""
        return {
            row["geography_id"]: row["name"]
            for row in self.of("marts.geographies")
            if row["level"] == "stadsdelsnamnd" and row["valid_to"] is None
        }

    def yearly(self, indicator: str, breakdown: str = "total") -> list[Row]:
        return [
            row
            for row in self.of("marts.indicator_values")
            if row["indicator_id"] == indicator
            and row["period_grain"] == "year"
            and row["breakdown"] == breakdown
        ]

    def city(self, indicator: str, breakdown: str = "total") -> list[Row]:
        found = [row for row in self.yearly(indicator, breakdown) if row["geography_id"] == CITY]
        return sorted(found, key=lambda row: (row["period_start"], row["category"]))

    def by_board(self, indicator: str, year: int) -> dict[str, Any]:
        """Each existing board's value of a year, by name."""
        boards = self.boards()
        return {
            boards[row["geography_id"]]: row["value"]
            for row in self.yearly(indicator)
            if row["geography_id"] in boards and row["period_start"].year == year
        }

    def refused(self, dimension: str) -> list[Row]:
        return [
            row
            for row in self.of("marts.refusals")
            if (row["geography_id"], row["period_start"]) == (CITY, YEAR)
            and row["dimension"] == dimension
        ]


def falling(pairs: Iterable[tuple[Any, ...]], by: int = 1) -> Answer:
    """By one figure from the greatest, and those that share it by name."""
    return sorted(pairs, key=lambda pair: (-pair[by], pair[0]))


def households(rows: Rows) -> Answer:
    return [(row["period_start"].year, row["value"]) for row in rows.city("assistance_households")]


def most_refusing(rows: Rows) -> Answer:
    shares = falling(rows.by_board("assistance_rejection_share", 2023).items())
    return [(name, round(100 * share, 1)) for name, share in shares[:3]]


def changed_refusals(rows: Rows) -> Answer:
    before = rows.by_board("assistance_rejection_share", 2022)
    after = rows.by_board("assistance_rejection_share", 2023)
    return falling((name, 100 * (after[name] - before[name])) for name in after)


def refusals_by_sex(rows: Rows) -> Answer:
    return [
        (
            row["period_start"].year,
            SEXES[row["category"]],
            row["value"],
            row["ci_lower"],
            row["ci_upper"],
        )
        for row in rows.city("assistance_rejection_share", "sex")
    ]


def grounds(rows: Rows) -> Answer:
    return falling(
        (row["ground"], row["refusals"] + row["partial_refusals"])
        for row in rows.refused("total")
        if row["ground"] != "alla"
    )[:5]


def refusals_by_household(rows: Rows) -> Answer:
    return falling(
        (
            HOUSEHOLDS[row["category"]],
            (row["refusals"] + row["partial_refusals"]) / row["decisions"],
        )
        for row in rows.refused("household_type")
        if row["ground"] == "alla"
    )


def children_by_board(rows: Rows) -> Answer:
    return falling(rows.by_board("assistance_children", 2023).items())


def protected_housing(rows: Rows) -> Answer:
    answer: Answer = []
    before = None
    for row in rows.city("protected_housing_persons"):
        change = None if before is None else row["value"] / before - 1
        answer.append((row["period_start"].year, row["value"], change))
        before = row["value"]
    return answer


def children_along(rows: Rows) -> Answer:
    quarters: dict[date, int] = {}
    for row in rows.of("marts.protected_housing"):
        day = row["period_start"]
        if (row["geography_id"], row["form"], day.year) == (CITY, "skyddat_boende", 2023):
            quarters[day] = quarters.get(day, 0) + row["children"]
    return sorted(quarters.items())


def hours(rows: Rows) -> Answer:
    names = {"funktionsnedsattning": "funktionsnedsättning", "socialpsykiatri": "socialpsykiatri"}
    return [
        (names[row["category"]], row["value"], row["denominator"])
        for row in rows.city("housing_support_hours", "target_group")
        if row["period_start"] == YEAR
    ]


def over_twelve(rows: Rows) -> Answer:
    many = everybody = 0
    for row in rows.of("marts.housing_support"):
        if (row["geography_id"], row["period_start"]) == (CITY, YEAR):
            everybody += row["persons"]
            many += row["persons"] * (row["hours_bin"] > 12)
    return [(many, everybody)]


def how_far(rows: Rows) -> Answer:
    return falling(
        (row["stage"], row["cases"])
        for row in rows.of("marts.child_case_funnel")
        if (row["geography_id"], row["period_start"]) == (CITY, YEAR)
        and (row["breakdown"], row["exit_reason"]) == ("total", "alla")
    )


def spoken_to(rows: Rows) -> Answer:
    boards = rows.boards()
    sums: dict[str, list[int]] = {}
    for row in rows.of("marts.child_contacted"):
        name = boards.get(row["geography_id"])
        if name and (row["party"], row["period_start"]) == ("barnet", YEAR):
            of = sums.setdefault(name, [0, 0])
            of[0] += row["contacted"]
            of[1] += row["investigations"]
    shares = [(name, contacted / asked) for name, (contacted, asked) in sums.items()]
    return sorted(shares, key=lambda pair: (pair[1], pair[0]))


def in_focus(rows: Rows) -> Answer:
    titles = rows.titles()
    return sorted(
        (row["rank"], titles[row["indicator_id"]], row["observed"], row["expected"])
        for row in rows.of("marts.deviations")
        if row["outcome"] == "focus"
    )


def explained(rows: Rows) -> Answer:
    titles = rows.titles()
    return sorted(
        (titles[row["indicator_id"]], row["explanation_id"], row["relative_change"])
        for row in rows.of("marts.deviations")
        if row["outcome"] == "explained"
    )


def without_value(rows: Rows) -> Answer:
    sources = {row["source_id"]: row["title_sv"] for row in rows.of("meta.sources")}
    counts: dict[tuple[str, str], int] = {}
    for row in rows.of("marts.indicator_values"):
        if row["value"] is None:
            group = (sources[row["source_id"]], STATUSES[row["status"]])
            counts[group] = counts.get(group, 0) + 1
    # The database orders texts by their bytes.
    return [
        (*group, counts[group]) for group in sorted(counts, key=lambda pair: str(pair).encode())
    ]


def stale(rows: Rows) -> Answer:
    return sorted(
        (row["source_id"], row["publisher"], row["reference_period"])
        for row in rows.of("meta.sources")
        if row["stale"]
    )


def unequal(rows: Rows) -> Answer:
    titles = rows.titles()
    return falling(
        (titles[row["indicator_id"]], row["ratio"], row["ci_lower"], row["ci_upper"])
        for row in rows.of("marts.equality")
        if (row["geography_id"], row["period_start"]) == (CITY, YEAR)
        and (row["breakdown"], row["verdict"]) == ("sex", "skillnad")
    )


def said_yes(rows: Rows) -> Answer:
    titles = rows.titles()
    return falling(
        (titles[row["indicator_id"]], row["share"], row["answered"])
        for row in rows.of("marts.open_comparisons")
        if (row["group_type"], row["year"]) == ("riket", 2020)
    )


def costs(rows: Rows) -> Answer:
    found = [
        (row["insats"], row["cost_per_person"], row["person_low"], row["person_high"])
        for row in rows.of("marts.intervention_costs")
        if row["reading_id"] == "main"
    ]
    return sorted(found, key=lambda row: (row[1], row[0]))


ANSWERS: tuple[Callable[[Rows], Answer], ...] = (
    *(households, most_refusing, changed_refusals, refusals_by_sex, grounds),
    *(refusals_by_household, children_by_board, protected_housing, children_along, hours),
    *(over_twelve, how_far, spoken_to, in_focus, explained),
    *(without_value, stale, unequal, said_yes, costs),
)


def questions() -> list[str]:
    text = GUIDE.read_text(encoding="utf-8")
    headings = re.findall(r"^## (\d+)\. .+\?$", text, re.MULTILINE)
    assert headings == [str(n) for n in range(1, 21)]
    return re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def rows(published: Installation) -> Rows:
    return Rows(published.snapshot)


@pytest.fixture(scope="module")
def asked(published: Installation) -> list[Answer]:
    with duckdb.connect(str(published.snapshot), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return [connection.execute(sql).fetchall() for sql in questions()]


@pytest.mark.parametrize("number", range(1, 21))
def test_a_question_is_answered_as_when_it_is_counted_by_hand(
    number: int, rows: Rows, asked: list[Answer]
) -> None:
    expected = ANSWERS[number - 1](rows)
    answer = asked[number - 1]
    assert expected, "the city has something to answer with"
    assert len(answer) == len(expected)
    cells = [
        pair for both in zip(answer, expected, strict=True) for pair in zip(*both, strict=True)
    ]
    for told, counted in cells:
        # Sums may be added in another order.
        near = pytest.approx(counted, rel=1e-12) if isinstance(counted, float) else counted
        assert told == near


def test_few_questions_need_another_table() -> None:
    joins = [sql.count(" join ") for sql in questions()]
    assert max(joins) == 1
    assert sum(joins) <= 8
