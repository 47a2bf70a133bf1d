"""The ways in which a small cell gets out, planted one by one.

The attack names it, the decision shuts it; and what was decided of the very same stands.
"""

import time
from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest

from orchestration.disclosure import deciding
from orchestration.disclosure.audit import Attack, audit
from orchestration.disclosure.cells import System, alone
from orchestration.disclosure.deciding import (
    Asked,
    Decided,
    asked,
    begin,
    decide,
    of_map,
    statuses,
)
from orchestration.disclosure.policy import Policy, read_policy
from orchestration.disclosure.primary import Described

NONE = np.zeros((0, 2), dtype=np.int64)
# What no table shows, by the end of its name.
IMPLIED = ("none", "rest", "without", "later")

PLANTS = {
    "subtraction in a row": (
        {"all": 40, "a": 3, "b": 12, "c": 25},
        [("all", ["a", "b", "c"])],
        "a",
    ),
    "the same count under two names": (
        {"all": 60, "a": 3, "b": 20, "c": 37, "a again": 3},
        [("all", ["a", "b", "c"]), ("a", ["a again"])],
        "a again",
    ),
    # However its value is rounded: with the denominator known, the numerator is.
    "a share": (
        {"cases": 20, "granted": 17, "without": 3, "all": 50, "others": 30},
        [("cases", ["granted", "without"]), ("all", ["cases", "others"])],
        "without",
    ),
    "a total of years": (
        {"both": 33, "2022": 30, "2023": 3},
        [("both", ["2022", "2023"])],
        "2023",
    ),
    "both maps": (
        {"merged": 24, "former a": 3, "former b": 21, "city": 80, "other": 56},
        [("merged", ["former a", "former b"]), ("city", ["merged", "other"])],
        "former a",
    ),
    "no board": (
        {"city": 52, "north": 30, "south": 20, "none": 2},
        [("city", ["north", "south", "none"])],
        "none",
    ),
    "the half year after the boards were merged": (
        {"merged": 30, "former a": 12, "former b": 15, "later": 3},
        [("merged", ["former a", "former b", "later"])],
        "later",
    ),
}  # fmt: skip


def given(
    system: System,
    policy: Policy | None = None,
    published: np.ndarray | None = None,
    **changes: np.ndarray,
) -> Asked:
    names = system.ids
    cells = Described(
        persons=system.values,
        area=np.full(len(names), "hemloshet"),
        quantity=np.array(["unallocated" if n.endswith(IMPLIED) else "count" for n in names]),
        shown=np.array([not name.endswith(IMPLIED) for name in names]),
        public=np.zeros(len(names), dtype=bool),
        todays_map=np.array([not name.startswith("former") for name in names]),
        cross_of_board=np.zeros(len(names), dtype=bool),
        others_of_largest=np.full(len(names), np.nan),
    )
    nothing = np.zeros(len(names), dtype=bool)
    earlier = None if published is None else (published, nothing)
    return asked(system, replace(cells, **changes), NONE, policy or everything(), earlier)


def everything() -> Policy:
    return replace(read_policy(), maps="all")


def decided(asked_: Asked) -> list[Decided]:
    return list(decide(asked_, {}))


@pytest.mark.parametrize("plant", PLANTS)
def test_the_attack_names_what_is_planted(plant: str) -> None:
    values, sums, secret = PLANTS[plant]
    task = given(System.of(values, sums)).task
    found = audit(task, task.candidates, least_width=3)
    assert {task.system.ids[each.place]: each.attack for each in found}[secret] is Attack.EXACT


@pytest.mark.parametrize("plant", sorted(PLANTS.keys() - {"a total of years"}))
def test_what_is_planted_is_shut(plant: str) -> None:
    values, sums, secret = PLANTS[plant]
    asked_ = given(System.of(values, sums))
    [block] = decided(asked_)
    assert block.bare >= 1
    assert block.protected.failing == []
    released = np.zeros(len(values), dtype=bool)
    released[block.places] = block.protected.released
    told = dict(zip(values, statuses(asked_.task, released), strict=True))
    assert told[secret] == "primary"
    assert "secondary" in told.values()


def test_a_row_of_two_is_hidden_with_its_total() -> None:
    """Of two years and their total one may be shown beside the secret's, and no more."""
    values, sums, _ = PLANTS["a total of years"]
    [block] = decided(given(System.of(values, sums)))
    assert block.protected.failing == []
    assert block.protected.released.sum() == 1


def test_what_is_nowhere_shown_needs_no_protection() -> None:
    """With today's map alone, the merged board and the city are shown, and nothing follows."""
    values, sums, _ = PLANTS["both maps"]
    system = System.of(values, sums)
    whole = given(system)
    assert [each.bare for each in decided(whole)] == [1]
    cells = Described(
        system.values, np.full(5, "hemloshet"), np.full(5, "count"), np.ones(5, dtype=bool),
        np.zeros(5, dtype=bool), np.array([not name.startswith("former") for name in values]),
        np.zeros(5, dtype=bool), np.full(5, np.nan),
    )  # fmt: skip
    todays, described, pairs, places = of_map(system, cells, NONE)
    assert todays.ids == ("merged", "city", "other")
    assert places.tolist() == [0, 3, 4]
    assert todays.equations.toarray().tolist() == [[-1, 1, -1]]
    assert decided(asked(todays, described, pairs, read_policy())) == []


def test_crosses_of_boards_are_hidden_whole_where_the_policy_says_so() -> None:
    values, sums, _ = PLANTS["subtraction in a row"]
    crosses = np.array([False, True, True, True])
    policy = replace(everything(), crosses_of_boards=False)
    asked_ = given(System.of(values, sums), policy, cross_of_board=crosses)
    assert asked_.task.shown.tolist() == [True, False, False, False]
    [block] = decided(asked_)
    assert block.bare == 0
    assert block.protected.released.tolist() == [True, False, False, False]


def test_what_was_decided_of_the_very_same_stands() -> None:
    values, sums, _ = PLANTS["subtraction in a row"]
    system = System.of(values, sums)
    [first] = decided(given(system))
    seen: list[str] = []
    assert list(decide(given(system), {first.key: ()}, seen.append)) == []
    assert seen == [first.key]
    for other in (
        given(System.of({**values, "b": 13, "c": 24}, sums)),
        given(system, replace(everything(), least_width=4)),
        given(system, public=np.array([True, False, False, False])),
    ):
        [again] = decide(other, {first.key: ()})
        assert again.key != first.key


def test_what_another_process_began_of_the_very_same_is_the_answer_and_of_other_cells_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values, sums, _ = PLANTS["subtraction in a row"]
    same, other = (given(System.of(each, sums)) for each in (values, {**values, "a": 25, "c": 3}))
    assert begin(same, {}) is None, "it is little"
    monkeypatch.setattr(deciding, "_MUCH", -1)
    told = {}
    for began, asks in ((same, same), (other, same), (same, other)):
        begun = begin(began, {})
        assert begun is not None
        while not begun.is_over:
            time.sleep(0.01)
        with monkeypatch.context() as patched:
            if began is asks:
                patched.setattr(deciding, "_decided", None)
            [block] = decide(asks, {}, begun=begun)
        [here] = decided(asks)
        assert block.key == here.key
        assert block.protected.released.tolist() == here.protected.released.tolist()
        assert block.bare == here.bare == 1
        told[block.key] = block.protected.released.tolist()
    assert len({*map(tuple, told.values())}) == len(told) == 2


def test_what_all_know_is_told_by_no_publication() -> None:
    """A figure of another publisher stands in the ledger too, and opens nothing again."""
    values, sums, _ = PLANTS["subtraction in a row"]
    system = System.of(values, sums)
    public = np.array([True, False, False, False])
    [first] = decided(given(system, public=public))
    block = zip(first.task.system.ids, first.protected.released, strict=True)
    hidden = [name for name, shown in block if not shown]
    told = np.array([name not in hidden for name in system.ids])
    assert (told & public).any()
    seen: list[str] = []
    after = given(system, public=public, published=told)
    assert list(decide(after, {first.key: hidden}, seen.append)) == []
    assert seen == [first.key]


def test_the_only_person_of_a_group_is_the_same_in_every_part_of_it() -> None:
    """One of the city is of a board and of a sex; whose sex is told nobody by that."""
    values = {"city": 1, "north": 1, "south": 0, "women": 1, "men": 0, "city rest": 1, "rest": 1}
    sums = [("city", ["north", "south"]), ("city", ["women", "men"])]
    system = System.of(values, sums)
    label = alone(system)
    assert len({label[0], label[1], label[3]}) == 1
    assert len({label[0], label[5], label[6]}) == 3
    nested = alone(system, np.array([[5, 6]]))
    assert nested[5] == nested[6] != nested[0]


def test_two_persons_of_one_are_not_the_same() -> None:
    system = System.of({"all": 2, "a": 1, "b": 1}, [("all", ["a", "b"])])
    label = alone(system)
    assert label[1] != label[2]


def test_whoever_is_left_in_two_ways_is_one() -> None:
    """One of four has no counselling, and one is not of the old board, whose three all have."""
    values = {"all": 4, "counselled": 3, "left": 1, "old": 3, "old counselled": 3, "later": 1}
    sums = [
        ("all", ["counselled", "left"]),
        ("all", ["old", "later"]),
        ("old", ["old counselled"]),
        ("counselled", ["old counselled"]),
    ]
    [block] = decided(given(System.of(values, sums)))
    assert block.protected.failing == []
    # Where the old board's count is known from elsewhere and no sum ties it, they may be two.
    other, _ = decided(given(System.of(values, sums[:2]), public=np.array([0, 1, 0, 1, 0, 0]) > 0))
    assert {each.attack for each in other.protected.failing} == {Attack.INSIDER}


def test_a_publication_of_what_was_decided_changes_nothing_and_another_does() -> None:
    """What stands in the ledger is a part of what is shown; where more does, it is weighed anew."""
    values, sums, secret = PLANTS["subtraction in a row"]
    system = System.of(values, sums)
    [first] = decided(given(system))
    hidden = [
        name for name, shown in zip(system.ids, first.protected.released, strict=True) if not shown
    ]
    assert secret in hidden
    [beside] = [name for name in hidden if name != secret]

    def after(published: Collection[str]) -> tuple[list[Decided], list[str]]:
        told = np.array([name in published for name in system.ids])
        seen: list[str] = []
        found = decide(given(system, published=told), {first.key: hidden}, seen.append)
        return list(found), seen

    shown = [name for name in system.ids if name not in hidden]
    assert after(shown) == ([], [first.key])
    assert after(shown[:1]) == ([], [first.key])
    # The secret follows from what has been published, whatever is hidden now.
    [again], seen = after([*shown, beside])
    assert again.near_published
    assert seen == [again.key] != [first.key]
    # It was published itself.
    assert after([secret])[1] != [first.key]
