"""What is shown protects: against other software's choices, and against counting every table."""

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.disclosure import greedy, optimum
from orchestration.disclosure.audit import Attack, audit
from orchestration.disclosure.cells import Flags, System, UnequalSumError, split
from orchestration.disclosure.elimination import PRIME, lines, open_directions, reduced
from orchestration.disclosure.primary import Thresholds, rules
from orchestration.disclosure.protection import (
    Effort,
    UnprotectedError,
    protect,
    protect_block,
)
from orchestration.disclosure.task import Task
from tests.suppression_vectors import CASES, TOTAL, case, crossed


def hidden(task: Task, released: Flags, among: dict[str, bool]) -> int:
    return sum(not released[task.system.ids.index(name)] for name in among)


@pytest.mark.parametrize("name", CASES)
def test_no_more_is_hidden_than_by_the_outside_reference(name: str) -> None:
    """The reference protects against exact recovery; so do elimination and a width of one."""
    task, reference = case(name)
    assert task.secret.any()
    released = greedy.released(task)
    for each in audit(task, released, least_width=1):
        assert each.attack in {None, Attack.INSIDER}
    best = optimum.best(task, optimum.demands_of(task), least_width=1, seconds=20)
    assert best is not None
    for each in audit(task, best.released, least_width=1):
        assert each.attack in {None, Attack.INSIDER}
    chosen = [released, best.released]
    lost = [int(task.cost[task.candidates & ~each].sum()) for each in chosen]
    theirs = task.candidates & [reference.get(name, False) for name in task.system.ids]
    assert lost[1] <= lost[0]
    assert lost[1] <= task.cost[theirs].sum()
    # Of equal counts elimination takes one first, and so does the reference: it may be another.
    assert min(hidden(task, each, reference) for each in chosen) <= sum(reference.values())


def test_what_is_small_alone_is_no_protection() -> None:
    task, _ = case("table2")
    bare = audit(task, task.candidates, least_width=1)
    assert [each.attack for each in bare] == [Attack.EXACT] * len(bare)
    assert len(bare) > 2


@pytest.mark.parametrize("name", ["z1", "z2", "table4"])
def test_what_is_protected_stands_every_attack(name: str) -> None:
    task, _ = case(name)
    shown = protect(task, Effort(small_block=0))
    found = audit(task, shown, least_width=3)
    assert len(found) == task.secret.sum() > 0
    assert all(each.attack is None and each.width >= 3 for each in found)
    assert not (shown & task.secret).any()


def test_a_table_too_small_to_hide_in_is_refused() -> None:
    """Two persons, one of whom would have to be hidden by the other."""
    system = System.of({"all": 2, "a": 1, "b": 1}, [("all", ["a", "b"])])
    secret = np.array([False, True, True])
    task = Task.of(system, secret, known=np.array([True, False, False]))
    with pytest.raises(UnprotectedError) as refused:
        protect_block(task, Effort())
    assert set(refused.value.ids) <= {"a", "b"}


def test_what_is_known_to_all_counts() -> None:
    """A whole that somebody else has published cannot be hidden, so that more of the parts must."""
    system = System.of({"all": 40, "a": 3, "b": 12, "c": 25}, [("all", ["a", "b", "c"])])
    secret = np.array([False, True, False, False])
    free = protect_block(Task.of(system, secret), Effort())
    assert free.released.tolist() == [True, False, False, True]
    known = np.array([True, False, False, True])
    bound = protect_block(Task.of(system, secret, known=known), Effort())
    assert bound.released.tolist() == [False, False, False, False]
    known[2] = True
    with pytest.raises(UnprotectedError):
        protect_block(Task.of(system, secret, known=known), Effort())


def test_two_names_of_one_count_are_one_cell() -> None:
    system = System.of(
        {"all": 60, "a": 3, "b": 20, "c": 37, "also a": 3},
        [("all", ["a", "b", "c"]), ("a", ["also a"])],
    )
    small = rules(system.values, Thresholds(5)) != ""
    assert small.tolist() == [False, True, False, False, True]
    shown = protect(Task.of(system, small), Effort())
    assert not shown[[1, 4]].any()
    # Shown under one of its names it is known under the other.
    leaking = Task.of(system, np.array([False, True, False, False, False]))
    all_but = np.array([True, False, False, True, True])
    assert [each.attack for each in audit(leaking, all_but, least_width=3)] == [Attack.EXACT]


def test_a_count_that_no_table_shows_is_protected_too() -> None:
    """The rest of a city that its boards do not sum to."""
    system = System.of(
        {"city": 52, "north": 30, "south": 20, "none": 2}, [("city", ["north", "south", "none"])]
    )
    task = Task.of(
        system, rules(system.values, Thresholds(5)) != "", shown=np.array([True, True, True, False])
    )
    assert [each.attack for each in audit(task, task.candidates, least_width=3)] == [Attack.EXACT]
    assert protect(task, Effort()).tolist() == [True, True, False, False]


def test_a_person_alone_in_a_cell_learns_nothing_of_another() -> None:
    """Hidden beside each other alone, who is the one would know the two."""
    system = System.of({"all": 33, "a": 1, "b": 2, "c": 10, "d": 20}, [("all", [*"abcd"])])
    task = Task.of(system, rules(system.values, Thresholds(5)) != "")
    beside = np.array([True, False, False, True, True])
    told = {each.place: each.attack for each in audit(task, beside, least_width=3)}
    assert told[2] == Attack.INSIDER
    assert protect(task, Effort()).tolist() == [True, False, False, False, True]


def test_a_sum_that_does_not_hold_is_refused() -> None:
    with pytest.raises(UnequalSumError):
        System.of({"all": 4, "a": 1, "b": 2}, [("all", ["a", "b"])])


def small_tables() -> st.SearchStrategy[System]:
    """A few rows and columns of small counts with their totals."""

    def table(shape: tuple[int, int]) -> st.SearchStrategy[System]:
        cells = st.lists(st.integers(0, 4), min_size=shape[0] * shape[1], max_size=6)
        return cells.filter(lambda given: len(given) == shape[0] * shape[1]).map(
            lambda given: crossed(
                {
                    (str(at // shape[1]), str(at % shape[1])): count
                    for at, count in enumerate(given)
                },
                {TOTAL: [str(line) for line in range(shape[0])]},
                [str(column) for column in range(shape[1])],
            )
        )

    return st.sampled_from([(2, 2), (2, 3), (3, 2)]).flatmap(table)


def every_table(task: Task, released: Flags) -> dict[int, set[int]]:
    """By counting: each value that each secret has in a table of whole numbers that fits."""
    system = task.system
    inner = [at for at, name in enumerate(system.ids) if TOTAL not in name]
    most = int(system.values[inner].sum())
    # Every cell as a sum of the inner ones.
    coefficients = np.zeros((len(system), len(inner)), dtype=int)
    for at, name in enumerate(system.ids):
        line, column = name.split("|")
        for number, part in enumerate(inner):
            own_line, own_column = system.ids[part].split("|")
            fits = line in {TOTAL, own_line} and column in {TOTAL, own_column}
            coefficients[at, number] = fits
    tables = np.array([*product(range(most + 1), repeat=len(inner))]) @ coefficients.T
    seen = np.flatnonzero(released | task.known)
    fitting = tables[(tables[:, seen] == system.values[seen]).all(axis=1)]
    return {int(place): set(fitting[:, place].tolist()) for place in np.flatnonzero(task.secret)}


@given(small_tables(), st.data())
@settings(max_examples=40)
def test_the_attack_finds_what_counting_every_table_finds(
    system: System, data: st.DataObject
) -> None:
    """With the whole shown, so that no table is larger than it; some other cells are hidden."""
    whole = np.array([name == f"{TOTAL}|{TOTAL}" for name in system.ids])
    if system.values.max() > 8:
        return
    secret = (rules(system.values, Thresholds(3)) != "") & ~whole
    task = Task.of(system, secret)
    drawn = data.draw(st.lists(st.booleans(), min_size=len(system), max_size=len(system)))
    released = (np.array(drawn) & task.candidates) | (whole & ~secret)
    possible = every_table(task, released)
    found = audit(task, released, least_width=3)
    assert {each.place for each in found} == set(possible)
    for each in found:
        values = possible[each.place]
        assert (each.attack is Attack.EXACT) <= (len(values) == 1)
        # What has room has it in the tables counted; the very ends are told where they lie near.
        assert (each.width < 3) == (max(values) - min(values) < 3)
        if each.width < 3:
            assert (each.least, each.greatest) == (min(values), max(values))
            assert each.attack in {Attack.EXACT, Attack.NARROW}


@given(small_tables())
@settings(max_examples=20)
def test_elimination_leaves_no_secret_that_follows(system: System) -> None:
    task = Task.of(system, rules(system.values, Thresholds(3)) != "")
    try:
        released = greedy.released(task)
    except greedy.RevealedError:
        # Nothing but secrets: what follows from the sums alone.
        assert not task.candidates.all()
        return
    for each in audit(task, released, least_width=1):
        assert each.attack is not Attack.EXACT
    # None that is hidden could have been shown.
    for place in np.flatnonzero(task.candidates & ~released):
        more = released.copy()
        more[place] = True
        assert Attack.EXACT in {each.attack for each in audit(task, more, least_width=1)}


def test_elimination_is_exact() -> None:
    rng = np.random.default_rng(20261129)
    for _ in range(20):
        matrix = rng.integers(-1, 2, size=(6, 9))
        found = reduced(matrix)
        assert len(found.pivots) == np.linalg.matrix_rank(matrix)
        basis = found.null_space()
        assert basis.shape == (9, 9 - len(found.pivots))
        # By Python's whole numbers, which do not overflow.
        product_ = (matrix.astype(object) @ basis.astype(object)) % (2**31 - 1)
        assert not product_.any()


def test_what_sums_leave_open_is_found_whole() -> None:
    """By the rank that numpy tells, and by whole numbers: also where no cell is a whole."""
    rng = np.random.default_rng(20261130)
    for _ in range(60):
        matrix = rng.integers(-1, 2, size=(int(rng.integers(1, 9)), int(rng.integers(1, 12))))
        basis = open_directions(sp.csr_array(matrix))
        rank = np.linalg.matrix_rank(matrix)
        assert basis.shape == (matrix.shape[1], matrix.shape[1] - rank)
        assert not ((matrix.astype(object) @ basis.astype(object)) % PRIME).any()
        assert len(reduced(basis.T).pivots) == basis.shape[1]


def test_multiples_of_a_line_are_told_from_others() -> None:
    basis = np.array([[1, 2, 0], [PRIME - 3, PRIME - 6, 0], [1, 2, 1], [0, 0, 0], [2, 4, 2]])
    line = lines(basis)
    assert line[0] == line[1]
    assert line[2] == line[4]
    assert len({line[0], line[2], line[3]}) == 3


def test_what_shares_no_sum_is_apart() -> None:
    matrix = np.array([[0, 1, 0, -1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 1, -1], [0, 0, 0, 0, 0]])
    found = list(split(sp.csr_array(matrix)))
    assert [places.tolist() for places, _ in found] == [[0], [1, 3, 4], [2]]
    assert [own.toarray().tolist() for _, own in found] == [[[1]], [[1, -1, 0], [0, 1, -1]], []]


@given(small_tables())
@settings(max_examples=30)
def test_what_is_given_room_stands_an_attack_that_has_seen_nothing(system: System) -> None:
    """What large blocks are protected by, in small ones: by every table, counted."""
    task = Task.of(system, rules(system.values, Thresholds(3)) != "")
    try:
        found = protect_block(task, Effort(small_block=0))
    except UnprotectedError:
        # So small that nothing is left to hide in.
        nothing = np.zeros(len(system), dtype=bool)
        assert any(each.attack for each in audit(task, nothing, least_width=3))
        return
    assert not (found.released & task.secret).any()
    assert [each.attack for each in audit(task, found.released, least_width=3)] == (
        [None] * int(task.secret.sum())
    )
