r"""Surprising stability: what should have moved the indicator moved, and the indicator did not.

A change that is not significant is no evidence of stability; it may be a small series. Three
things must all be shown, each by a test of its own:

1. the declared drivers moved enough to expect a change that matters:
   :math:`\mu = \sum b_k \Delta\log x_k`, :math:`|\mu| - z\tau > 0` and
   :math:`|\mu| \ge \log(1+\delta)`;
2. the indicator stayed within :math:`\pm\delta` (two one-sided tests);
3. what it did is incompatible with what was expected of it.

An elasticity, its uncertainty, its sign and its lag are written down, with the reason, before the
figures are seen. They are judged and not estimated, so what comes of the test is a probability
given that judgement. ``CANNOT_TELL`` is the ordinary answer for small series: with no volatility, a
city's count must be near 600 before standing still is provably within 10 %, a district's 163 for
20 %, and a volatility of 0.03 makes 5 % unprovable at any size.

What does not belong here: the declared drivers (the catalogue), and a search for drivers.

References: Schuirmann (1987), J. Pharmacokinet. Biopharm. 15:657; Berger (1982), Technometrics
24:295 (the largest p-value of tests that must all reject); Lakens (2017), Soc. Psychol. Personal.
Sci. 8:355.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import special


class StabilityVerdict(StrEnum):
    """What came of an indicator whose drivers moved.

    ``NOTHING_EXPECTED``: the drivers did not move enough to expect a change that matters.
    """

    STABLE_AGAINST_EXPECTATION = "stable_against_expectation"
    MOVED_AS_EXPECTED = "moved_as_expected"
    CANNOT_TELL = "cannot_tell"
    NOTHING_EXPECTED = "nothing_expected"


@dataclass(frozen=True)
class DriverMove:
    """How one driver moved, and what that should do.

    Attributes:
        elasticity: relative change of the indicator for a relative change of the driver.
        elasticity_sd: how uncertain that is.
        log_change: log change of the driver, over the declared lag.
        standard_error: of the log change.
    """

    elasticity: float
    elasticity_sd: float
    log_change: float
    standard_error: float = 0.0


@dataclass(frozen=True)
class StabilityTest:
    """The three-part test.

    Attributes:
        verdict: what it says.
        expected: log change that the drivers foretell.
        expected_sd: how uncertain that is.
        observed: the indicator's log change.
        standard_error: of that, its ordinary volatility included.
        p_expected: one-sided, that nothing was to be expected; 1 where too little was.
        p_equivalent: that the change is as large as what matters.
        p_contradicted: two-sided, that what came is what was expected.
    """

    verdict: StabilityVerdict
    expected: float
    expected_sd: float
    observed: float
    standard_error: float
    p_expected: float
    p_equivalent: float
    p_contradicted: float

    @property
    def p_value(self) -> float:
        """Of stability against expectation: the largest of the three."""
        return max(self.p_expected, self.p_equivalent, self.p_contradicted)


def tost(difference: float, standard_error: float, bound: float, df: float = np.inf) -> float:
    """Two one-sided tests that a difference lies within plus and minus a bound.

    Args:
        difference: as estimated.
        standard_error: of it.
        bound: positive.
        df: degrees of freedom of Student's t; infinite for the normal distribution.
    """
    statistic = (abs(difference) - bound) / standard_error
    return float(special.stdtr(df, statistic) if np.isfinite(df) else special.ndtr(statistic))


def judge_stability(
    observed: float,
    standard_error: float,
    drivers: Sequence[DriverMove],
    *,
    relevant_change: float,
    alpha: float,
) -> StabilityTest:
    """Hold an indicator's change against what its drivers foretell.

    Args:
        observed: log change of the indicator.
        standard_error: of it: sampling of both years and its yearly volatility; positive.
        drivers: declared drivers that could be observed; at least one.
        relevant_change: relative change that matters (0.10 is 10 %).
        alpha: one-sided level of the first two parts, two-sided of the third.

    Raises:
        ValueError: no driver, or a standard error that is not positive.
    """
    if not drivers or standard_error <= 0:
        raise ValueError("drivers and a positive standard error are needed")
    delta = float(np.log1p(relevant_change))
    expected = sum(d.elasticity * d.log_change for d in drivers)
    # Who has judged one elasticity too large may have judged them all so, and drivers share causes:
    # their errors add up, as those of the drivers' own values do not.
    of_elasticities = sum(d.elasticity_sd * abs(d.log_change) for d in drivers)
    of_values = sum((d.elasticity * d.standard_error) ** 2 for d in drivers)
    expected_sd = float(np.hypot(of_elasticities, np.sqrt(of_values)))
    p_expected = _upper(abs(expected), expected_sd) if abs(expected) >= delta else 1.0
    p_equivalent = tost(observed, standard_error, delta)
    spread = float(np.hypot(standard_error, expected_sd))
    p_contradicted = 2.0 * _upper(abs(observed - expected), spread)
    p_moved = _upper(float(np.sign(expected)) * observed, standard_error)
    if p_expected >= alpha:
        verdict = StabilityVerdict.NOTHING_EXPECTED
    elif max(p_equivalent, p_contradicted) < alpha:
        verdict = StabilityVerdict.STABLE_AGAINST_EXPECTATION
    elif p_moved < alpha:
        verdict = StabilityVerdict.MOVED_AS_EXPECTED
    else:
        verdict = StabilityVerdict.CANNOT_TELL
    return StabilityTest(
        verdict=verdict,
        expected=float(expected),
        expected_sd=expected_sd,
        observed=observed,
        standard_error=standard_error,
        p_expected=p_expected,
        p_equivalent=p_equivalent,
        p_contradicted=p_contradicted,
    )


def _upper(value: float, spread: float) -> float:
    if spread == 0:
        return float(value <= 0)
    return float(special.ndtr(-value / spread))
