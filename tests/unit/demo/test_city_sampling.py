"""The building blocks: exact totals whatever comes in, and numbers with a right check digit."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestration.demo.people import People, Recruiter, Residents, check_digits
from orchestration.demo.sampling import (
    apportion,
    day,
    evenly,
    generator,
    on_weekday,
    pick,
    rank_within,
    round_table,
    spread,
)

WEIGHTS = st.lists(st.floats(0.001, 1000), min_size=1, max_size=30)
SEEDS = st.integers(0, 2**32 - 1)


@given(st.integers(0, 10_000), WEIGHTS)
def test_apportion_is_exact_and_within_one_of_the_share(total: int, weights: list[float]) -> None:
    counts = apportion(total, weights)
    assert counts.sum() == total
    shares = np.array(weights) / sum(weights) * total
    assert (np.abs(counts - shares) < 1 + 1e-9).all()


@given(st.data(), st.integers(1, 8), st.integers(1, 8))
def test_round_table_has_both_margins(data: st.DataObject, rows: int, columns: int) -> None:
    whole = np.array(
        data.draw(
            st.lists(
                st.lists(st.integers(0, 50), min_size=columns, max_size=columns),
                min_size=rows,
                max_size=rows,
            )
        )
    )
    start = np.array(
        data.draw(
            st.lists(
                st.lists(st.floats(0.01, 10), min_size=columns, max_size=columns),
                min_size=rows,
                max_size=rows,
            )
        )
    )
    table = round_table(start, whole.sum(axis=1), whole.sum(axis=0))
    assert (table >= 0).all()
    assert (table.sum(axis=1) == whole.sum(axis=1)).all()
    assert (table.sum(axis=0) == whole.sum(axis=0)).all()


@given(SEEDS, st.lists(st.integers(1, 9), min_size=1, max_size=50), st.data())
def test_spread_reaches_the_sum_within_the_limits(
    seed: int, values: list[int], data: st.DataObject
) -> None:
    total = data.draw(st.integers(len(values), 9 * len(values)))
    moved = spread(np.random.default_rng(seed), np.array(values), total, 1, 9)
    assert moved.sum() == total
    assert moved.min() >= 1
    assert moved.max() <= 9


def test_spread_refuses_what_cannot_be_reached() -> None:
    with pytest.raises(ValueError, match="cannot be reached"):
        spread(np.random.default_rng(1), np.array([1, 1]), 20, 1, 9)


@given(SEEDS, st.lists(st.floats(0, 1), min_size=1, max_size=200), st.integers(1, 5))
def test_evenly_happens_as_often_as_the_probabilities_add_up_to(
    seed: int, probabilities: list[float], groups: int
) -> None:
    probability = np.array(probabilities)
    strata = np.arange(len(probability)) % groups
    found = evenly(np.random.default_rng(seed), probability, strata)
    assert not found[probability == 0].any()
    for group in range(groups):
        here = strata == group
        assert abs(found[here].sum() - probability[here].sum()) < 1 + 1e-6


@given(SEEDS, st.lists(st.floats(0.01, 100), min_size=1, max_size=60), st.data())
def test_pick_takes_different_positions(
    seed: int, weights: list[float], data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, len(weights)))
    found = pick(np.random.default_rng(seed), count, weights)
    assert len(set(found.tolist())) == count
    assert (np.diff(found) > 0).all()


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(-10, 10)), min_size=1, max_size=80))
def test_ranks_start_anew_in_each_group(pairs: list[tuple[int, float]]) -> None:
    groups = np.array([group for group, _ in pairs])
    keys = np.array([key for _, key in pairs])
    ranks = rank_within(groups, keys)
    for group in set(groups.tolist()):
        here = np.flatnonzero(groups == group)
        assert sorted(ranks[here].tolist()) == list(range(len(here)))
        assert (np.diff(keys[here[np.argsort(ranks[here])]]) >= 0).all()


@given(st.integers(day("1900-01-01"), day("2050-01-01")))
def test_weekends_move_to_the_nearest_weekday(number: int) -> None:
    moved = int(on_weekday(np.array([number]))[0])
    assert abs(moved - number) <= 1
    assert np.datetime64(moved, "D").astype(object).weekday() < 5


def test_check_digits_are_skatteverket_s() -> None:
    numbers = json.loads(
        Path("orchestration/demo/skatteverket_testsamordningsnummer.json").read_text("utf-8")
    )["numbers"]
    assert len(numbers) == 50
    nine = np.array([int(number[2:11]) for number in numbers])
    assert check_digits(nine).tolist() == [int(number[11]) for number in numbers]


@given(SEEDS, st.lists(st.integers(day("1930-01-01"), day("1930-01-20")), max_size=400))
def test_nobody_gets_a_number_twice_even_where_a_day_is_full(seed: int, days: list[int]) -> None:
    assume(len(days) > 0)
    people = People(np.random.default_rng(seed))
    born = np.array(days)
    male = np.arange(len(days)) % 3 == 0
    first = people.add(born, male)
    second = people.add(born, ~male)
    assert len(set(people.identity.tolist())) == 2 * len(days)
    birth_numbers = people.identity // 10 % 1000
    assert birth_numbers.min() >= 980
    assert ((birth_numbers % 2 == 1) == people.male).all()
    assert (people.male[first] == male).all()
    assert (people.male[second] == ~male).all()
    assert (people.born[first] <= born).all()


def test_a_recruiter_finds_each_known_person_once_then_new_ones() -> None:
    rng = np.random.default_rng(3)
    people = People(rng)
    known = people.add(np.full(30, day("1980-05-05")), np.zeros(30, dtype=np.bool_))
    recruiter = Recruiter(
        rng,
        people,
        ages=np.ones(10),
        youngest=20,
        known=Residents(known, np.full(30, 2)),
        known_share=1.0,
    )
    recruiter.leave_out(known[:5])
    area, male = np.full(40, 2), np.zeros(40, dtype=np.bool_)
    found = recruiter.find(area, male, np.full(40, day("2020-01-01")))
    assert len(set(found.tolist())) == 40
    assert len(set(found.tolist()) & set(known.tolist())) == 25
    assert not set(found.tolist()) & set(known[:5].tolist())
    new = found[~np.isin(found, known)]
    age = (day("2020-01-01") - people.born[new]) / 365.25
    assert ((age >= 20) & (age < 30.2)).all()


def test_each_purpose_has_its_own_randomness() -> None:
    one, same, other = (generator(5, purpose).random() for purpose in ("a", "a", "b"))
    assert one == same != other
