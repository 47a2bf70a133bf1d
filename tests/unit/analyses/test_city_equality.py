"""Whole cities' comparisons are judged by the truths, and the guide tells what was measured."""

import csv
from pathlib import Path

import pytest

from orchestration.analyses.equality import ALIKE, DIFFERENCE, UNTOLD
from tests.truths.city_equality import PLANTED, City, enough, judged, sums

ROOT = Path(__file__).parents[3]
TRUTH = {PLANTED: 1.22, "alike": 1.0, "small": 1.05, "large": 1.3, "less": 0.8}


def said(name: str, ratio: float, verdict: str) -> tuple[str, float, float, float, str]:
    return (name, ratio, ratio * 0.9, ratio * 1.1, verdict)


def test_each_verdict_is_held_against_what_is_true() -> None:
    rows = [
        said(PLANTED, 1.2, DIFFERENCE),
        # No difference at all, and one that goes the other way.
        said("alike", 1.2, DIFFERENCE),
        said("less", 1.2, DIFFERENCE),
        said("small", 1.01, ALIKE),
        said("large", 1.02, ALIKE),
    ]
    found = judged(7, rows, TRUTH)
    assert found == City(
        seed=7, planted=1, found=3, false=2, alike=2, alike_right=1, intervals=5, held=2
    )
    assert not enough([found])
    assert ("what is found is no difference", 2, 3) in sums([found])


def test_what_is_not_found_is_counted_as_such() -> None:
    found = judged(7, [said(PLANTED, 1.2, UNTOLD)], TRUTH)
    assert (found.planted, found.found, found.alike) == (0, 0, 0)
    assert not enough([found])


def test_nothing_is_judged_without_its_truth() -> None:
    with pytest.raises(AssertionError, match="other"):
        judged(7, [said("other", 1.2, UNTOLD)], TRUTH)
    with pytest.raises(AssertionError):
        judged(7, [], TRUTH)


def test_the_guide_says_what_was_measured() -> None:
    with (ROOT / "docs" / "figures" / "truths_city_equality.csv").open(encoding="utf-8") as file:
        cities = [
            City(**{name: int(value) for name, value in row.items()})
            for row in csv.DictReader(file)
        ]
    assert enough(cities)
    text = (ROOT / "docs" / "analyses.md").read_text(encoding="utf-8")
    for what, count, of in sums(cities):
        assert f"| {what} | {count} | {of} |\n" in text
