"""The policy is read, and a fault in it is told by what is wrong, in Swedish."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestration.disclosure.policy import PACKAGED, PolicyError, read_policy
from orchestration.disclosure.primary import Described, by_policy
from orchestration.indicators.models import Area


def changed(tmp_path: Path, was: str, becomes: str) -> Path:
    text = PACKAGED.read_text(encoding="utf-8")
    assert was in text
    path = tmp_path / "policy.yml"
    path.write_text(text.replace(was, becomes), encoding="utf-8")
    return path


def test_the_packaged_policy_hides_one_to_four_everywhere() -> None:
    policy = read_policy()
    assert policy.rules.keys() == set(Area)
    assert {rules.threshold for rules in policy.rules.values()} == {5}
    assert policy.least_width == 3
    assert policy.maps == "today"


def test_an_area_changes_what_it_says_and_no_more(tmp_path: Path) -> None:
    path = changed(tmp_path, "areas: {}", "areas:\n  hemloshet:\n    threshold: 10\n")
    policy = read_policy(path)
    assert policy.rules[Area.HEMLOSHET].threshold == 10
    assert policy.rules[Area.HEMLOSHET].remainders is True
    assert policy.rules[Area.FAMILJERATT].threshold == 5


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("areas: {}", "areas:\n  skola:\n    zeros: true\n", "skola är inget område"),
        ("threshold: 5", "threshold: fem", "default.threshold har ett värde som inte går"),
        ("threshold: 5", "threshold: 0", "default.threshold har ett värde som inte går"),
        ("least_width: 3\n", "", "least_width saknas"),
        ("maps: today", "maps: today\nfurther: 1", "further finns inte"),
        ("areas: {}", "areas: {}\nareas: {}", "en nyckel står två gånger"),
    ],
)
def test_what_no_policy_can_say_is_told(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    with pytest.raises(PolicyError, match=told) as refused:
        read_policy(changed(tmp_path, was, becomes))
    assert "Gör så här: rätta" in str(refused.value)


def test_a_policy_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="går inte att läsa"):
        read_policy(tmp_path / "none.yml")


def described(
    persons: list[int], quantity: list[str], area: str = "hemloshet", *, public: bool = False
) -> Described:
    count = len(persons)
    yes, no = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
    return Described(
        np.array(persons), np.full(count, area), np.array(quantity), yes, yes if public else no,
        yes, no, np.full(count, np.nan),
    )  # fmt: skip


def test_each_cell_is_hidden_by_a_named_rule() -> None:
    """Five decisions of two persons are of few; a remainder of three is no count of its own."""
    values = np.array([4, 5, 5, 0, 3, 2])
    cells = described(
        [4, 5, 2, 0, 3, 2], ["count", "count", "count", "count", "unallocated", "overlap"]
    )
    told = by_policy(values, cells, read_policy())
    assert told.tolist() == ["small", "", "of_few", "", "remainder", ""]


def test_an_amount_that_one_has_nearly_all_of_is_hidden(tmp_path: Path) -> None:
    """The p per cent rule with p = 10, by hand.

    Of 1,000 the greatest gives 900, the second 20: the others' 80 are less than 90. With 800 and
    110 they are 90 of at least 80. Of one alone nothing is left.
    """
    values = np.array([1000, 1000, 700, 700])
    cells = replace(
        described([12, 12, 9, 9], ["count"] * 4),
        others_of_largest=np.array([80 / 900, 90 / 800, 0.0, np.nan]),
    )
    policy = read_policy()
    assert by_policy(values, cells, policy).tolist() == ["dominated", "", "dominated", ""]
    lines = "areas:\n  hemloshet:\n    dominance: 0\n"
    none = read_policy(changed(tmp_path, "areas: {}", lines))
    assert by_policy(values, cells, none).tolist() == ["", "", "", ""]


def test_zeros_and_remainders_are_as_the_area_says(tmp_path: Path) -> None:
    lines = "areas:\n  hemloshet:\n    zeros: true\n    remainders: false\n"
    policy = read_policy(changed(tmp_path, "areas: {}", lines))
    values = np.array([0, 3])
    cells = described([0, 3], ["count", "unallocated"])
    assert by_policy(values, cells, policy).tolist() == ["zero", ""]
    other = described([0, 3], ["count", "unallocated"], "familjeratt")
    assert by_policy(values, other, policy).tolist() == ["", "remainder"]


def test_what_everybody_knows_is_not_hidden() -> None:
    cells = described([3], ["count"], public=True)
    assert by_policy(np.array([3]), cells, read_policy()).tolist() == [""]
