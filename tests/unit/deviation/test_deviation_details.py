"""Small print of the method that a figure hangs on, each held to what others write of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from orchestration.deviation import assess, group_differences
from orchestration.deviation.pools import JudgedSeries, ModelKind
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.indicators.models import Measure
from orchestration.statistics.arrays import ROUNDING
from orchestration.statistics.filters import Observation
from orchestration.statistics.groups import GroupSample, steadied, welch
from orchestration.statistics.multiplicity import select
from orchestration.statistics.proportions import BetaBinomial
from orchestration.statistics.shocks import CommonShock, common_shock

CONTEXT: Any = SimpleNamespace(settings=DeviationSettings())


@dataclass
class Member:
    """What the common movement asks of a tested series."""

    source_id: str
    fell: bool
    kind: ModelKind = ModelKind.COUNTS
    geography_id: str = "0180"
    area: str = "barn_och_unga"
    likely: bool = False
    slight: bool = False

    @property
    def series(self) -> SimpleNamespace:
        return SimpleNamespace(geography_id=self.geography_id)

    @property
    def indicator(self) -> SimpleNamespace:
        return SimpleNamespace(source_id=self.source_id, area=self.area)

    @property
    def p_down(self) -> float:
        return 1e-6 if self.fell and not self.likely else 0.5

    @property
    def log_to_expected(self) -> float:
        return -0.5 if self.fell and not self.slight else 0.0


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[CommonShock]:
    """The shocks that are told."""
    told: list[CommonShock] = []
    monkeypatch.setattr(assess, "against_shift", lambda members, *_: members)
    monkeypatch.setattr(assess, "_shock_row", lambda shock, *_: told.append(shock))
    return told


def vote(members: Sequence[Member]) -> None:
    given: Any = list(members)
    assert assess._against_common_shock(given, CONTEXT)[0] == given


def registers(count: int, *, fell: bool, indicators: int = 1) -> list[Member]:
    return [Member(f"{fell}-{number}", fell) for number in range(count) for _ in range(indicators)]


def test_a_register_of_many_indicators_has_one_vote(found: list[CommonShock]) -> None:
    """Nine falling figures of one register are one thing that fell, and not the city."""
    vote([*registers(1, fell=True, indicators=9), *registers(5, fell=False)])
    assert found == []


def test_many_calm_indicators_of_one_register_outvote_nobody(found: list[CommonShock]) -> None:
    vote([*registers(5, fell=True), *registers(1, fell=False, indicators=9)])
    [shock] = found
    assert (shock.members, shock.log_change) == (6, -0.5)


@pytest.mark.parametrize("weak", ["likely", "slight"])
def test_a_register_votes_as_its_median_indicator(weak: str, found: list[CommonShock]) -> None:
    """Both how unlikely it is and how far it went are those of the one in the middle."""
    fallen = registers(6, fell=True)
    own: dict[str, Any] = {weak: True}
    weaker = [Member(each.source_id, fell=True, **own) for each in fallen for _ in "ab"]
    vote([*fallen, *weaker])
    assert found == []
    vote(fallen)
    assert len(found) == 1


@pytest.mark.parametrize(
    "other", [{"kind": ModelKind.MEANS}, {"geography_id": "0180-x"}, {"area": "omvarld"}]
)
def test_only_the_citys_own_counts_vote(other: dict[str, Any], found: list[CommonShock]) -> None:
    vote([Member(f"{number}", fell=True, **other) for number in range(9)])
    assert found == []


@pytest.mark.parametrize("to_unit", [1.0, 0.05, 100.0])
def test_none_of_those_expected_is_half_a_case_against_them_and_a_half(to_unit: float) -> None:
    """Half a case is added to both, as Haldane and Anscombe do; in whatever unit it is told."""
    judged = SimpleNamespace(observed=0.0, expected=12.0 * to_unit, to_unit=to_unit)
    log_to_expected: Any = JudgedSeries.log_to_expected
    assert log_to_expected.fget(judged) == pytest.approx(np.log(1 / 25))
    judged.observed = 12.0 * to_unit
    assert log_to_expected.fget(judged) == pytest.approx(0.0)


def of(measure: Measure, value: float, n: float = np.nan, sd: float = np.nan) -> GroupSample:
    """The sample of one year's value."""
    given = Series(
        "x",
        "0180",
        "sex",
        "kvinnor",
        years=np.array([2023]),
        numerator=np.array([value * n]),
        denominator=np.array([n]),
        value=np.array([value]),
        standard_deviation=np.array([sd]),
        observations=np.array([n]),
        status=["observed"],
    )
    indicator: Any = SimpleNamespace(measure=measure)
    sample = group_differences._sample(given, indicator, 2023)
    assert sample is not None
    return sample


@pytest.mark.parametrize(("yes", "no"), [(3, 7), (1, 1), (40, 2)])
def test_the_spread_of_a_share_is_that_of_its_persons(yes: int, no: int) -> None:
    """A share is the mean of ones and zeros, and its spread theirs, with n - 1."""
    persons = np.repeat([1.0, 0.0], [yes, no])
    sample = of(Measure.PROPORTION, float(persons.mean()), float(persons.size))
    assert sample.standard_deviation == pytest.approx(persons.std(ddof=1))
    assert (sample.mean, sample.observations) == (persons.mean(), persons.size)


@pytest.mark.parametrize("share", [0.0, 1.0, ROUNDING, 1.0 - ROUNDING / 2.0])
def test_none_or_all_of_ten_have_the_spread_of_one_more_of_each(share: float) -> None:
    """One of twelve, or eleven: Laplace's rule of succession."""
    spread = of(Measure.PROPORTION, share, 10.0).standard_deviation
    assert spread == pytest.approx(np.sqrt(1 / 12 * 11 / 12 * 10 / 9), rel=1e-6)


def test_one_person_has_no_spread_and_other_measures_have_their_own() -> None:
    assert np.isnan(of(Measure.PROPORTION, 1.0, 1.0).standard_deviation)
    assert of(Measure.MEAN, 7.2, 2900.0, 4.5) == GroupSample(7.2, 4.5, 2900.0)
    count = of(Measure.COUNT, 12.0, 100.0, 3.0)
    assert count.mean == 12.0
    assert np.isnan([count.standard_deviation, count.observations]).all()


def seen(y: Sequence[float], n: Sequence[float]) -> Observation:
    nothing = np.full(len(y), np.nan)
    return Observation(np.array(y), np.array(n), nothing)


def test_the_tails_of_a_share_are_those_of_the_beta_binomial() -> None:
    """One after the other, few and many, near both ends: scipy sums them all."""
    y = np.array([0.0, 3.0, 64.0, 65.0, 990.0, 500.0, 100.0, 20.0])
    n = np.array([5.0, 10.0, 900.0, 900.0, 1000.0, 1000.0, 100.0, 20.0])
    a, b = np.array([2.0, 0.7, 30.0, 30.0, 90.0, 5.0, 4.0, 4.0]), np.full(8, 3.0)
    whole = stats.betabinom.cdf(y, n, a, b)
    assert BetaBinomial().cdf((a, b), seen(list(y), list(n))) == pytest.approx(whole, abs=1e-9)
    half = 0.5 * stats.betabinom.pmf(y, n, a, b)
    down, up = BetaBinomial().tails((a, b), seen(list(y), list(n)))
    assert down == pytest.approx(whole - half, abs=1e-9)
    assert up == pytest.approx(1.0 - whole + half, abs=1e-9)


def test_a_share_is_at_most_all_of_them() -> None:
    limit = BetaBinomial().upper_limit((np.array([2.0]), np.array([3.0])), np.array([7.0]))
    assert limit.tolist() == [7.0]


def test_how_likely_a_share_changed_is_judged_by_two_logs_of_beta_values() -> None:
    """Their moments are integrated here; half a case is added to those seen and to the others."""
    middle = (np.arange(200_000) + 0.5) / 200_000
    own, level = (np.log(stats.beta.ppf(middle, *shape)) for shape in ((3.5, 17.5), (9.0, 21.0)))
    change, error = own.mean() - level.mean(), np.sqrt(own.var() + level.var())
    state = (np.array([9.0]), np.array([21.0]))
    found = BetaBinomial().probability_beyond(state, seen([3.0], [20.0]), 0.05)
    assert found == pytest.approx(relevant(change, error, 0.05, -0.05), rel=1e-4)


def test_a_known_change_of_a_share_leaves_room_for_some_that_are_not() -> None:
    """Nine of ten that double cannot be more than all; what has no change is as it was."""
    shift = np.array([np.log(2.0), 0.0, 1.0])
    a, b = np.array([9.0, 5.0, 1.0]), np.array([1.0, 0.1, 9.0])
    moved_a, moved_b = BetaBinomial().forward((a, b), np.zeros(3), shift)
    share = moved_a / (moved_a + moved_b)
    assert share == pytest.approx([1.0 - 0.5 / 11.0, 5.0 / 5.1, 0.1 * np.e])
    assert (moved_a[1], moved_b[1]) == (5.0, 0.1)
    # How sure it is, on the logit scale, is what it was.
    assert 1.0 / moved_a + 1.0 / moved_b == pytest.approx(1.0 / a + 1.0 / b)


def test_two_members_far_apart_are_no_movement_and_no_more_than_certain() -> None:
    assert common_shock(np.array([0.1, 0.9]), np.array([-1.0, 1.0])).p_value == 1.0


def relevant(mean: float, error: float, above: float, below: float) -> float:
    """Probability that a normal value lies above the one or below the other."""
    normal = stats.norm(mean, error)
    return float(normal.sf(above) + normal.cdf(below))


A, B = GroupSample(0.3, 0.2, 40.0), GroupSample(0.4, 0.3, 50.0)


def test_how_likely_a_difference_matters_is_judged_on_the_log_scale() -> None:
    """By the delta method: a mean's log has its relative standard error."""
    found = welch(A, B, level=0.95, relevant_change=0.1)
    error = np.sqrt((0.2 / 0.3) ** 2 / 40 + (0.3 / 0.4) ** 2 / 50)
    limit = np.log(1.1)
    assert found.probability_relevant == pytest.approx(
        relevant(np.log(0.3 / 0.4), error, limit, -limit)
    )
    assert found.difference == pytest.approx(-0.1)
    assert (found.lower + found.upper) / 2 == pytest.approx(-0.1)


def test_nought_against_something_is_judged_on_its_own_scale() -> None:
    """A tenth more, or what a tenth less would be from the other side."""
    nought = GroupSample(0.0, 0.2, 40.0)
    found = welch(nought, B, level=0.95, relevant_change=0.1)
    error = np.sqrt(0.2**2 / 40 + 0.3**2 / 50)
    assert found.probability_relevant == pytest.approx(
        relevant(-0.4, error, 0.1 * 0.4, -0.4 / 11), abs=1e-12
    )
    near = welch(nought, GroupSample(0.05, 0.3, 50.0), level=0.95, relevant_change=0.5)
    assert near.probability_relevant == pytest.approx(relevant(-0.05, error, 0.5 * 0.05, -0.05 / 3))
    assert (found.ratio, near.ratio) == (0.0, 0.0)


@pytest.mark.parametrize("mean", [0.0, 0.3, -0.3])
def test_no_ratio_is_taken_to_nought(mean: float) -> None:
    found = welch(
        GroupSample(mean, 0.2, 40.0), GroupSample(0.0, 0.3, 50.0), level=0.95, relevant_change=0.1
    )
    assert np.isnan(found.ratio)
    assert np.isnan(found.probability_relevant)
    assert found.difference == mean


def test_a_constant_group_is_lent_a_little_of_the_others_spread_whichever_it_is() -> None:
    constant = GroupSample(0.3, 0.0, 4.0)
    for first, second in ((constant, B), (B, constant)):
        lent = {each.mean: each for each in steadied(first, second)}
        assert lent[0.3].standard_deviation == pytest.approx(B.standard_deviation / 2.0)
        assert lent[0.4] == B


def test_what_lies_on_the_limit_is_selected() -> None:
    """At most q, both for the family and for its member."""
    chosen = select(np.array([0.05]), ["a"], 0.05)
    assert chosen.q_values.tolist() == [0.05]
    assert chosen.selected.tolist() == [True]
    assert chosen.families == ("a",)


def test_an_adjusted_p_value_is_no_more_than_certain() -> None:
    chosen = select(np.array([0.001, 0.9]), ["a", "b"], 0.05)
    assert chosen.q_values.tolist() == [pytest.approx(0.002), 1.0]


def test_nothing_to_select_among_is_nothing_selected() -> None:
    families: list[str] = []
    nothing = select(np.empty(0), families, 0.05)
    assert nothing.selected.dtype == np.bool_
    assert (nothing.selected.size, nothing.q_values.size, nothing.families) == (0, 0, ())
