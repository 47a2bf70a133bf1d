"""Drawing: allocations by hand, every row's chance, balance; and what the answers come to."""

import numpy as np
import pytest

from orchestration.analyses import sampling
from orchestration.analyses.sampling import (
    MOST_CORRELATION,
    Answers,
    Frame,
    Ratings,
    SampleError,
    allocate,
    assign,
    blind_order,
    draw,
    estimate,
    precision,
    rank_correlation,
    serpentine,
    systematic,
)
from orchestration.statistics.resampling import generator


def frame_of(seed: int = 1, number: int = 3000) -> Frame:
    random = np.random.default_rng(seed)
    group = (random.random(number) < 0.45).astype(np.int64)
    woman = random.random(number) < 0.5
    hours = np.where(group == 1, 9.0, 7.2) + random.gamma(2.0, 2.0, number)
    return Frame(
        stratum=(2 * group + woman).astype(np.int64),
        strata=("p*man", "p*kvinnor", "f*man", "f*kvinnor"),
        board=random.integers(0, 11, number),
        hours=hours,
        group=group,
        balance={"timmar": hours, "kvinnor": woman.astype(float), "grupp": group.astype(float)},
    )


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        # 20 of 1,000: by rows 12, 6, 2 and nought, of which everybody gets two.
        ("proportional", [11, 5, 2, 2]),
        ("equal", [6, 6, 6, 2]),
        # Rows times spread: 600, 600, 400, 2.
        ("neyman", [7, 7, 4, 2]),
    ],
)
def test_allocations_by_hand(by: str, expected: list[int]) -> None:
    sizes = np.array([600, 300, 98, 2])
    spread = np.array([1.0, 2.0, 400 / 98, 1.0])
    drawn = allocate(sizes, 20, by, spread)  # type: ignore[arg-type]
    assert drawn.tolist() == expected
    assert drawn.sum() == 20


def test_an_allocation_never_takes_more_than_there_are() -> None:
    sizes = np.array([3, 1, 500])
    for by in ("proportional", "equal", "neyman"):
        drawn = allocate(sizes, 120, by, np.ones(3))
        assert drawn.sum() == 120
        assert (drawn <= sizes).all()
    assert allocate(sizes, 504, "equal", np.ones(3)).tolist() == sizes.tolist()
    with pytest.raises(SampleError, match="färre än 505"):
        allocate(sizes, 505, "equal", np.ones(3))
    with pytest.raises(SampleError, match="minst --size 5"):
        allocate(sizes, 4, "equal", np.ones(3))


def test_the_list_turns_between_boards() -> None:
    board, hours = np.array([1, 0, 1, 0, 2]), np.array([5.0, 2.0, 9.0, 1.0, 3.0])
    assert serpentine(board, hours).tolist() == [3, 1, 2, 0, 4]


def test_each_row_is_drawn_as_often_as_its_chance() -> None:
    random = generator(3)
    times = np.zeros(50)
    for _ in range(4000):
        times[systematic(np.arange(50), 8, random)] += 1
    assert times / 4000 == pytest.approx(np.full(50, 8 / 50), abs=0.02)
    assert systematic(np.arange(5), 5, random).tolist() == [0, 1, 2, 3, 4]


def test_the_same_seed_draws_the_same_and_its_weights_are_the_frame() -> None:
    frame = frame_of()
    first, second, other = (draw(frame, 120, "neyman", seed) for seed in (1, 1, 2))
    assert first.row.tolist() == second.row.tolist() != other.row.tolist()
    assert first.reserve.tolist() == second.reserve.tolist()
    assert len(set(first.row) | set(first.reserve)) == first.row.size + first.reserve.size
    assert first.row.size == 120
    assert first.reserve.size == sum(int(np.ceil(0.2 * n)) for n in first.drawn)
    for at, size in enumerate(frame.sizes):
        assert first.weights[frame.stratum[first.row] == at].sum() == pytest.approx(size)


def test_the_sample_is_like_the_frame() -> None:
    frame = frame_of()
    apart = [draw(frame, 120, "proportional", seed).differences for seed in range(20)]
    assert max(abs(each["timmar"]) for each in apart) < 0.1
    assert max(abs(each["kvinnor"]) for each in apart) < 0.05
    alone = Frame(frame.stratum, frame.strata, frame.board, frame.hours, frame.group,
                  {"lika": np.ones(frame.group.size)})  # fmt: skip
    assert draw(alone, 120, "equal", 1).differences == {"lika": 0.0}


def test_running_numbers_tell_nothing_of_group_or_hours() -> None:
    for seed in range(20):
        frame = frame_of(seed)
        sample = draw(frame, 120, "proportional", seed)
        assert abs(rank_correlation(frame.group[sample.row].astype(float))) <= MOST_CORRELATION
        assert abs(rank_correlation(frame.hours[sample.row])) <= MOST_CORRELATION
    order = blind_order(np.array([0, 0, 1]), np.array([1.0, 2.0, 3.0]), generator(1))
    assert sorted(order) == [0, 1, 2]


def test_a_rank_correlation_is_spearmans() -> None:
    assert rank_correlation(np.array([1.0, 2.0, 4.0])) == pytest.approx(1.0)
    # Ranks 1.5, 1.5, 3 against 1, 2, 3: cov .75 over sqrt(1 * .75).
    assert rank_correlation(np.array([5.0, 5.0, 9.0])) == pytest.approx(np.sqrt(0.75))
    assert rank_correlation(np.ones(4)) == 0.0


def test_each_case_has_one_of_each_group_and_some_have_all() -> None:
    shares = assign(120, 4, 20, generator(1))
    times = np.bincount(np.concatenate(shares), minlength=120)
    assert np.unique(times, return_counts=True)[1].tolist() == [100, 20]
    for one_group in (shares[::2], shares[1::2]):
        assert set(np.concatenate(one_group)) == set(range(120))
    with pytest.raises(SampleError, match="jämnt antal"):
        assign(120, 3, 20, generator(1))
    with pytest.raises(SampleError, match="--overlap högst 120"):
        assign(120, 4, 121, generator(1))


def test_how_sure_a_sample_will_be() -> None:
    table = precision(120)
    assert {each.cases for each in table} == {60, 120, 240}
    [row] = [each for each in table if each.cases == 120 and each.alpha == 0.6]
    assert row.alpha_reach == pytest.approx(1.96 * 0.64 / np.sqrt(119), rel=1e-3)
    assert row.hours_reach == pytest.approx(1.96 * 2.0 / np.sqrt(120), rel=1e-3)


def ratings_of(seed: int, effect: float) -> Ratings:
    random = np.random.default_rng(seed)
    level = random.normal(9, 3, 60)
    hours = np.full((60, 4), np.nan)
    need = np.full((60, 4), np.nan)
    for rater, share in enumerate(assign(60, 4, 20, generator(seed))):
        hours[share, rater] = level[share] + effect * (rater % 2) + random.normal(0, 1, share.size)
        need[share, rater] = np.clip(np.round(level[share] / 4 + random.normal(0, 0.4)), 1, 4)
    return Ratings(
        hours, need, np.where(np.isnan(need), np.nan, 0.0), np.array([0, 1, 0, 1]), np.ones(60)
    )


def test_the_figures_of_a_filled_sample() -> None:
    found = {
        (each.measure, each.coefficient, each.level): each
        for each in sampling.coefficients(ratings_of(1, 2.0))
    }
    question = found["hours", "group_difference", "hours"]
    assert question.lower is not None
    assert question.upper is not None
    assert question.lower < 2.0 < question.upper
    assert (question.cases, question.raters, question.note) == (60, 4, "")
    for key in (
        ("hours", "krippendorff_alpha", "ratio"),
        ("need", "krippendorff_alpha", "ordinal"),
        ("need", "gwet_ac1", "nominal"),
        ("need", "gwet_ac2", "quadratic"),
        ("hours", "icc_2_1", "interval"),
    ):
        figure = found[key]
        assert figure.estimate is not None
        assert figure.lower is not None
        assert figure.lower <= figure.estimate <= 1.0
    # All gave the same insats: there is nothing to agree beyond.
    same = found["insats", "krippendorff_alpha", "nominal"]
    assert (same.estimate, same.note) == (None, "no_variation")
    assert found["hours", "icc_2_1", "interval"].cases == 20
    low, high = (found["hours", f"bland_altman_{end}", "hours"] for end in ("lower", "upper"))
    assert low.estimate is not None
    assert high.estimate is not None
    assert low.estimate < 2.0 < high.estimate


def test_two_raters_get_kappa_and_what_skews_it() -> None:
    whole = ratings_of(2, 0.0)
    pair = Ratings(whole.hours[:, :2], whole.need[:, :2], whole.insats[:, :2],
                   np.array([0, 1]), whole.weights)  # fmt: skip
    found = {(each.coefficient, each.level): each for each in sampling.coefficients(pair)
             if each.measure == "need"}  # fmt: skip
    assert {("cohen_kappa", level) for level in ("nominal", "linear", "quadratic")} <= set(found)
    assert found["pabak", "nominal"].estimate is not None
    assert found["prevalence_index", "nominal"].note == "two_answers_only"
    [question] = [each for each in sampling.coefficients(pair)
                  if each.coefficient == "group_difference"]  # fmt: skip
    assert question.note == "these_assessors_only"


def test_one_group_alone_answers_no_question() -> None:
    whole = ratings_of(3, 0.0)
    alone = Ratings(whole.hours[:, ::2], whole.need[:, ::2], whole.insats[:, ::2],
                    np.array([0, 0]), whole.weights)  # fmt: skip
    question = sampling.coefficients(alone)[0]
    assert (question.estimate, question.note) == (None, "not_both_groups")


def test_who_answered_stands_for_their_stratum() -> None:
    """Of 100 and 300: means 1 and 0 by two and four answers weigh 1/4 and 3/4."""
    stratum = np.array([0, 0, 0, 1, 1, 1, 1])
    answered = np.array([True, True, False, True, True, True, True])
    value = np.array([1.0, 1.0, np.nan, 0.0, 0.0, 1.0, 0.0])
    made = estimate(Answers(stratum, np.array([100, 300]), answered, value))
    assert made.value == pytest.approx(0.25 * 1.0 + 0.75 * 0.25)
    assert made.weights.tolist() == [50.0, 75.0]
    assert made.rate == pytest.approx(6 / 7)
    assert made.interval is not None
    variance = 0.75**2 * (1 - 4 / 300) * 0.25 / 4
    assert made.interval.standard_error == pytest.approx(np.sqrt(variance))
    one = estimate(Answers(stratum[2:5], np.array([100, 300]), answered[2:5], value[2:5]))
    assert (one.answered, one.value) == (2, 0.0)
    assert np.isnan(one.weights[0])
    none = estimate(Answers(stratum, np.array([100, 300]), np.zeros(7, dtype=bool), value))
    assert (none.value, none.interval, none.rate) == (None, None, 0.0)
