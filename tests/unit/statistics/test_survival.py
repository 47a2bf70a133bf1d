"""Spells that have not all ended, against a published trial and against statsmodels."""

import numpy as np
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from orchestration.statistics import survival

#: Weeks in remission under 6-mercaptopurine, and whether it ended (Freireich et al. 1963, Blood
#: 21:699); the curve as in Kalbfleisch & Prentice (1980).
WEEKS = np.array(
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], dtype=float
)
ENDED = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0])


def spells(seed: int, number: int = 400) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    time = np.ceil(random.exponential(8.0, number))
    cause = random.choice([0, 1, 2], number, p=[0.3, 0.5, 0.2])
    return time, cause


def test_the_curve_is_the_published_one() -> None:
    curve = survival.kaplan_meier(WEEKS, ENDED)
    assert [round(curve.at(week), 3) for week in (6, 7, 10, 13, 16, 22, 23)] == [
        *(0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448)
    ]
    errors = dict(zip(curve.times, curve.standard_error, strict=True))
    assert [round(errors[week], 4) for week in (6, 10, 23)] == [0.0764, 0.0963, 0.1346]
    median, low, high = curve.quantile(0.5, 0.95)
    assert (median, low, high) == (23.0, 13.0, float("inf"))
    # Stata's and SAS' log(-log) limits of the same curve.
    published = {6: (0.6197, 0.9516), 10: (0.5032, 0.8894), 23: (0.1881, 0.6801)}
    for week, limits in published.items():
        low, high, error = curve.limits_at(week, 0.95)
        assert (low, high) == pytest.approx(limits, abs=6e-5)
        assert error == pytest.approx(errors[week])
    assert np.isnan(curve.limits_at(3, 0.95)).all()


def test_an_open_spell_lasts_at_least_so_long() -> None:
    """What the naive mean of ended stays gets wrong."""
    open_too = survival.kaplan_meier(WEEKS, ENDED)
    ended_only = survival.kaplan_meier(WEEKS[ENDED == 1], ENDED[ENDED == 1])
    with_open, _ = open_too.restricted_mean(23.0)
    without, _ = ended_only.restricted_mean(23.0)
    assert without == pytest.approx(WEEKS[ENDED == 1].mean())
    assert with_open > without + 4


def test_the_restricted_mean_is_the_area_and_its_error_is_rights() -> None:
    """As printed by R's survival, print(survfit(...), rmean=35): 23.287, 2.827."""
    mean, error = survival.kaplan_meier(WEEKS, ENDED).restricted_mean(35.0)
    assert mean == pytest.approx(23.287, abs=5e-4)
    assert error == pytest.approx(2.827, abs=5e-3)


@pytest.mark.parametrize("seed", [1, 2])
def test_both_curves_are_statsmodels(seed: int) -> None:
    time, cause = spells(seed)
    curve = survival.kaplan_meier(time, (cause > 0).astype(int))
    peer = SurvfuncRight(time, cause > 0)
    at = np.searchsorted(curve.times, peer.surv_times)
    assert at.size > 10
    assert curve.survival[at] == pytest.approx(peer.surv_prob)
    # Where nobody is left the peer has no error.
    inside = peer.surv_prob > 0
    assert inside.sum() > 10
    assert curve.standard_error[at][inside] == pytest.approx(peer.surv_prob_se[inside])
    counts = survival.count(time, cause, 2)
    found = survival.incidence(counts)
    other = CumIncidenceRight(time, cause)
    at = np.searchsorted(counts.times, other.times)
    for k in (0, 1):
        assert found[at, k] == pytest.approx(other.cinc[k])


def test_the_variance_of_an_incidence_is_binomial_where_nothing_is_censored() -> None:
    time, cause = np.repeat([1.0, 2.0, 3.0], 40), np.tile([1, 2, 2, 1, 2], 24)
    found = survival.aalen_johansen(time, cause, 2, np.array([2.0]), 0.95)
    share = found.estimate[0]
    assert share == pytest.approx([32 / 120, 48 / 120])
    assert found.standard_error[0] == pytest.approx(np.sqrt(share * (1 - share) / 120), rel=1e-9)
    assert np.all((found.lower < found.estimate) & (found.estimate < found.upper))


def test_what_was_drawn_again_is_counted_like_what_was_seen() -> None:
    time, cause = spells(3)
    seen = survival.count(time, cause, 2)
    table = np.stack([seen.at_risk * 0, *seen.events.T])
    ended = np.bincount(np.searchsorted(seen.times, time), minlength=seen.times.size)
    table[0] = ended - seen.events.sum(axis=1)
    twice = survival.of_table(seen.times, np.stack([table.T, 2 * table.T]))
    assert survival.incidence(twice) == pytest.approx(np.stack([survival.incidence(seen)] * 2))


def test_proportional_hazards_give_their_ratio() -> None:
    other = 1 - np.exp(-np.array([0.1, 0.5]))
    share = 1 - np.exp(-1.6 * np.array([0.1, 0.5]))
    assert np.exp(survival.subdistribution_contrast(share, other)) == pytest.approx([1.6, 1.6])
    assert np.isnan(survival.subdistribution_contrast(np.zeros(1), other[:1])).all()


@pytest.mark.parametrize(("time", "cause"), [([-1.0], [1]), ([np.nan], [0]), ([1.0], [3])])
def test_what_is_no_spell_is_refused(time: list[float], cause: list[int]) -> None:
    with pytest.raises(ValueError, match=r"a (time|cause)"):
        survival.count(np.array(time), np.array(cause), 2)
