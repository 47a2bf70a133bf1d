"""The guide's table of bias and coverage is what `make truths` wrote."""

import csv
import re
from pathlib import Path

from tests.truths.city_dispersion import HIGHEST, LOWEST

ROOT = Path(__file__).parents[3]
# Where a row is of right verdicts its name says so; the limits of 6.2 hold always.
VERDICTS = ("planted", "null", "verdict", "margin", "family", "largest", "others", "none", "6.2")


def rows(name: str = "truths_functions") -> list[dict[str, str]]:
    with (ROOT / "docs" / "figures" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def told(head: str) -> list[tuple[str, ...]]:
    """The rows of the guide's table that begins with a head."""
    text = (ROOT / "docs" / "analyses.md").read_text(encoding="utf-8")
    [table] = re.findall(rf"^\| {head} \|.*\n\|[-|]+\|\n((?:\|.*\|\n)+)", text, re.MULTILINE)
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in table.splitlines()]


def test_each_interval_was_tried_often_and_holds_its_truth_as_often_as_it_says() -> None:
    intervals = [row for row in rows() if not any(each in row["estimand"] for each in VERDICTS)]
    assert len(intervals) > 50
    for row in intervals:
        assert int(row["intervals"]) >= 400, row
        assert 0.90 <= float(row["coverage"]) <= 0.98, row


def test_what_is_nothing_is_seldom_told_as_something() -> None:
    nulls = [row for row in rows() if "null" in row["estimand"] or "none" in row["estimand"]]
    nulls += [row for row in rows() if row["world"] in {"no step", "no grant", "placebos"}]
    assert len(nulls) > 10
    assert all(float(row["coverage"]) >= 0.93 for row in nulls)


def test_the_table_is_what_was_measured() -> None:
    measured = [
        (row["world"], row["estimand"], row["intervals"], row["coverage"],
         row["relative_bias"] or "–")
        for row in rows()
    ]  # fmt: skip
    assert len(measured) > 30
    assert told(r"world \| estimand") == measured


def test_cities_differ_as_chance_makes_them() -> None:
    measured = [
        (row["share"], row["dispersion"], row["least_of_thirty"], row["greatest_of_thirty"])
        for row in rows("truths_city_dispersion")
    ]
    assert len(measured) == 10
    assert told(r"share \| all") == measured
    assert all(LOWEST <= float(row[1]) <= HIGHEST for row in measured)
