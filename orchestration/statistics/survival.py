r"""How long something lasts, and what ends it, when some of it has not ended yet.

A stay that is still going on is censored: it lasted at least so long. Leaving it out makes stays
look shorter the closer they lie to the end of the data, which is an error and no finding. When one
thing can end a spell before another (a new application before none at all), the share that has met
each by a certain time is a cumulative incidence; one less Kaplan-Meier would count as if the other
ends did not exist.

Time is whole days or months. Events come before censoring within one of them.

What does not belong here: clusters; `incidence` and `kaplan_meier_of` take counts that have been
drawn again (`resampling`) as well as counts that were seen.

References: Kaplan & Meier (1958), J. Am. Stat. Assoc. 53:457; Brookmeyer & Crowley (1982),
Biometrics 38:29 (limits of the median); Aalen & Johansen (1978), Scand. J. Stat. 5:141; Marubini &
Valsecchi (1995), ch. 10 (variance of cumulative incidence); Royston & Parmar (2013), BMC Med. Res.
Methodol. 13:152 (restricted mean); Fine & Gray (1999), J. Am. Stat. Assoc. 94:496
(subdistribution).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.statistics.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Counts:
    """What happened at each time; leading axes are draws.

    Attributes:
        times: (T,), ascending, those at which anything happened.
        at_risk: (..., T), that had not ended before it.
        events: (..., T, K), that ended by each of K causes.
    """

    times: FloatArray
    at_risk: FloatArray
    events: FloatArray


def count(time: FloatArray, cause: IntArray, causes: int = 1) -> Counts:
    """Count spells by when and how they ended.

    Args:
        time: (N,), how long each was seen; not negative.
        cause: (N,), 0 for one that was still going on, else 1 up to K.
        causes: K.

    Raises:
        ValueError: a time is negative or no number, or a cause is unknown.
    """
    if not np.all(np.isfinite(time)) or np.any(time < 0):
        raise ValueError("a time must be a number, and not negative")
    if np.any((cause < 0) | (cause > causes)):
        raise ValueError(f"a cause is a number from 0 to {causes}")
    times, place = np.unique(time, return_inverse=True)
    flat = np.bincount(place * (causes + 1) + cause, minlength=times.size * (causes + 1))
    return of_table(times, flat.reshape(times.size, causes + 1).astype(np.float64))


def of_table(times: FloatArray, ended: FloatArray) -> Counts:
    """Counts from a table of how many ended when, drawn again or not.

    Args:
        times: (T,), ascending.
        ended: (..., T, 1 + K): those still going on first, then those ended by each cause.
    """
    everyone = ended.sum(axis=-1)
    at_risk = np.flip(np.cumsum(np.flip(everyone, -1), axis=-1), -1)
    return Counts(times, at_risk, ended[..., 1:])


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """A Kaplan-Meier curve, a step down after each time.

    Attributes:
        times: (T,).
        survival: (..., T), share that lasts beyond each time.
        greenwood: (..., T), sum of d / (n (n - d)): the variance is the survival squared times it.
        at_risk: (..., T).
        events: (..., T).
    """

    times: FloatArray
    survival: FloatArray
    greenwood: FloatArray
    at_risk: FloatArray
    events: FloatArray

    @property
    def standard_error(self) -> FloatArray:
        """Greenwood's."""
        return np.asarray(self.survival * np.sqrt(self.greenwood), dtype=np.float64)

    def at(self, time: float) -> float:
        """Share that lasts beyond a time."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return 1.0 if place == 0 else float(self.survival[..., place - 1])

    def limits_at(self, time: float, level: float) -> tuple[float, float, float]:
        """Limits of :meth:`at`, log(-log), and its standard error; nan where all last, or none.

        Args:
            time: after which the share lasts.
            level: coverage.
        """
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        share = self.at(time)
        if not 0 < share < 1:
            return float("nan"), float("nan"), float("nan")
        error = float(np.sqrt(self.greenwood[..., place]))
        spread = float(special.ndtri((1.0 + level) / 2.0)) * error / abs(float(np.log(share)))
        low, high = (share ** float(np.exp(way * spread)) for way in (1.0, -1.0))
        return low, high, share * error

    def quantile(self, share: float, level: float) -> tuple[float, float, float]:
        """The time when a share has ended, with limits (Brookmeyer & Crowley, log(-log)).

        Args:
            share: such as 0.5, the median.
            level: coverage.

        Returns:
            Time and limits; infinite where the curve never falls so far.
        """
        left = 1.0 - share
        z = special.ndtri((1.0 + level) / 2.0)
        inside = (self.survival > 0) & (self.survival < 1)
        safe = np.where(inside, self.survival, 0.5)
        spread = z * np.sqrt(self.greenwood) / np.abs(np.log(safe))
        low = np.where(inside, safe ** np.exp(spread), self.survival)
        high = np.where(inside, safe ** np.exp(-spread), self.survival)
        found = [self._first(curve <= left + 1e-12) for curve in (self.survival, low, high)]
        return found[0], found[1], found[2]

    def _first(self, reached: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
        return float(self.times[int(np.argmax(reached))]) if reached.any() else float("inf")

    def restricted_mean(self, horizon: float) -> tuple[FloatArray, FloatArray]:
        """Mean time up to a horizon, and its standard error.

        Args:
            horizon: such as 120 days; what lasts longer counts as the horizon.

        Returns:
            Two arrays of the shape of the draws, of no dimension for one curve.

        Raises:
            ValueError: nothing was followed so long, and the curve has not reached zero.
        """
        if self.times.size == 0:
            raise ValueError("no spell at all")
        if horizon > self.times[-1] and np.any(self.survival[..., -1] > 0):
            raise ValueError("no spell was followed up to the horizon")
        inside = self.times < horizon
        times = self.times[inside]
        edges = np.concatenate([[0.0], times, [horizon]])
        height = np.concatenate(
            [np.ones((*self.survival.shape[:-1], 1)), self.survival[..., inside]], axis=-1
        )
        area = height * np.diff(edges)
        # What is left of the area after each time.
        after = np.flip(np.cumsum(np.flip(area[..., 1:], -1), axis=-1), -1)
        d, n = self.events[..., inside], self.at_risk[..., inside]
        rest = n * (n - d)
        term = np.where(rest > 0, np.square(after) * d / np.where(rest > 0, rest, 1.0), 0.0)
        return area.sum(axis=-1), np.sqrt(term.sum(axis=-1))


def kaplan_meier_of(counts: Counts) -> SurvivalCurve:
    """The curve of counts, all causes as one."""
    d, n = counts.events.sum(axis=-1), counts.at_risk
    safe = np.where(n > 0, n, 1.0)
    rest = n * (n - d)
    greenwood = np.where(rest > 0, d / np.where(rest > 0, rest, 1.0), 0.0)
    return SurvivalCurve(
        counts.times,
        np.cumprod(1.0 - d / safe, axis=-1),
        np.cumsum(greenwood, axis=-1),
        n,
        d,
    )


def kaplan_meier(time: FloatArray, ended: IntArray) -> SurvivalCurve:
    """The curve of spells.

    Args:
        time: (N,), how long each was seen.
        ended: (N,), 1 where it ended then, 0 where it was still going on.

    Raises:
        ValueError: a time is negative or no number.
    """
    return kaplan_meier_of(count(time, ended))


@dataclass(frozen=True)
class Contrast:
    """A difference with its limits, two-sided p-value and standard error."""

    estimate: float
    lower: float
    upper: float
    standard_error: float
    p_value: float


def normal_contrast(estimate: float, standard_error: float, level: float) -> Contrast:
    """Limits and p-value of what is normal about its estimate."""
    reach = float(special.ndtri((1.0 + level) / 2.0)) * standard_error
    p = 2.0 * float(special.ndtr(-abs(estimate) / standard_error)) if standard_error > 0 else 1.0
    return Contrast(estimate, estimate - reach, estimate + reach, standard_error, p)


def restricted_mean_difference(
    before: SurvivalCurve, after: SurvivalCurve, horizon: float, level: float
) -> Contrast:
    """Mean time up to a horizon, afterwards less before.

    Raises:
        ValueError: either was not followed so long.
    """
    (first, first_error), (second, second_error) = (
        curve.restricted_mean(horizon) for curve in (before, after)
    )
    return normal_contrast(float(second - first), float(np.hypot(first_error, second_error)), level)


def incidence(counts: Counts) -> FloatArray:
    """Share that has met each cause by each time (Aalen-Johansen).

    Returns:
        (..., T, K).
    """
    safe = np.where(counts.at_risk > 0, counts.at_risk, 1.0)
    hazards = counts.events / safe[..., None]
    lasting = np.cumprod(1.0 - hazards.sum(axis=-1), axis=-1)
    before = np.concatenate([np.ones((*lasting.shape[:-1], 1)), lasting[..., :-1]], axis=-1)
    return np.asarray(np.cumsum(before[..., None] * hazards, axis=-2), dtype=np.float64)


def at_horizons(times: FloatArray, curve: FloatArray, horizons: FloatArray) -> FloatArray:
    """Values of a step function that begins at zero.

    Args:
        times: (T,), ascending.
        curve: (..., T, K).
        horizons: (H,).

    Returns:
        (..., H, K).
    """
    place = np.searchsorted(times, horizons, side="right")
    start = np.zeros((*curve.shape[:-2], 1, curve.shape[-1]))
    return np.asarray(np.concatenate([start, curve], axis=-2)[..., place, :], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Incidence:
    """Cumulative incidence at horizons, with limits; every array (H, K).

    Attributes:
        horizons: (H,).
        at_risk: (H,), spells that were followed beyond each horizon or ended before it by an event.
        estimate: share that has met each cause.
        standard_error: on the estimate's own scale, of independent spells.
        lower: lower limit, by log(-log(1 - share)).
        upper: upper limit.
    """

    horizons: FloatArray
    at_risk: FloatArray
    estimate: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray


def aalen_johansen(
    time: FloatArray, cause: IntArray, causes: int, horizons: FloatArray, level: float
) -> Incidence:
    """Cumulative incidence of spells that are independent of one another.

    Args:
        time: (N,), how long each was seen.
        cause: (N,), 0 for one that was still going on, else 1 up to K.
        causes: K.
        horizons: (H,).
        level: coverage.

    Raises:
        ValueError: a time is negative or no number, or a cause is unknown.
    """
    counts = count(time, cause, causes)
    curve = incidence(counts)
    error = np.sqrt(_incidence_variance(counts, curve))
    estimate = at_horizons(counts.times, curve, horizons)
    spread = at_horizons(counts.times, error, horizons)
    lower, upper = incidence_limits(estimate, spread, level)
    seen = (time[:, None] >= horizons) | (cause[:, None] > 0)
    return Incidence(horizons, seen.sum(axis=0).astype(np.float64), estimate, spread, lower, upper)


def _incidence_variance(counts: Counts, curve: FloatArray) -> FloatArray:
    """Delta method, Marubini & Valsecchi (1995), eq. 10.12; (T, K)."""
    n, d = counts.at_risk[:, None], counts.events
    everyone = d.sum(axis=1, keepdims=True)
    lasting = np.cumprod(1.0 - everyone / n, axis=0)
    before = np.concatenate([np.ones((1, 1)), lasting[:-1]])
    rest = n * (n - everyone)
    a = np.where(rest > 0, everyone / np.where(rest > 0, rest, 1.0), 0.0)
    b = np.square(before) * (n - d) / n * d / np.square(n)
    c = before * d / np.square(n)
    # Sums over s <= t of (I_t - I_s)^2 a_s, of b_s, and of 2 (I_t - I_s) c_s.
    first = np.square(curve) * a.cumsum(0) - 2 * curve * (curve * a).cumsum(0)
    first += (np.square(curve) * a).cumsum(0)
    cross = curve * c.cumsum(0) - (curve * c).cumsum(0)
    return np.asarray(np.maximum(first + b.cumsum(0) - 2.0 * cross, 0.0), dtype=np.float64)


def incidence_limits(
    estimate: FloatArray, standard_error: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Limits of shares by log(-log(1 - share)); where there is no share there are none."""
    z = special.ndtri((1.0 + level) / 2.0)
    inside = (estimate > 0) & (estimate < 1)
    safe = np.where(inside, estimate, 0.5)
    reach = z * standard_error / ((1.0 - safe) * -np.log1p(-safe))
    limits = [1.0 - (1.0 - safe) ** np.exp(sign * reach) for sign in (-1.0, 1.0)]
    low, high = (np.where(inside, limit, np.nan) for limit in limits)
    return low, high


def subdistribution_contrast(share: FloatArray, other: FloatArray) -> FloatArray:
    """Log ratio of two cumulative subdistribution hazards at a horizon.

    Where the hazards are proportional this is Fine & Gray's coefficient; where they are not it is
    still the ratio up to the horizon. Arrays of one shape in, the same out; nan outside (0, 1).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        own, others = (np.log(-np.log1p(-each)) for each in (share, other))
        out: FloatArray = np.where(np.isfinite(own - others), own - others, np.nan)
    return out
