r"""Too many just above a threshold: what a rule that pays from there on does to a distribution.

Granted hours heap on whole numbers and on so many hours a week whatever rules there are, so a test
of a smooth density finds heaps everywhere. The heaps are common to all groups and are estimated
with those that the rule cannot touch; each group has its own smooth shape. What the touched group
has just above the threshold beyond that is the excess, and what it lacks below is where it came
from.

At a placebo threshold the same is done with the rule's own excess and loss in the model, or what
is missing below the true threshold would be found again as a deviation at each placebo near it.

What does not belong here: which group, threshold and years; and persons.

References: Chetty et al. (2011), Q. J. Econ. 126:749; Kleven (2016), Annu. Rev. Econ. 8:435;
Westfall & Young (1993), Resampling-Based Multiple Testing (largest \|z\|).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from orchestration.statistics import batched
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.resampling import REPLICATES, Interval, percentile_interval

#: Weeks in a month: hours that were set by the week heap on multiples of it.
WEEKS = 52.0 / 12.0
_EPSILON = 1e-9


@dataclass(frozen=True)
class Notch:
    """A threshold, and how far from it a decision may have moved.

    Attributes:
        threshold: hours; the rule holds above it.
        above: up to how far above the excess lies.
        below: from how far below it came; a decision of exactly threshold less this is included.
    """

    threshold: float
    above: float = 1.0
    below: float = 3.0


@dataclass(frozen=True, eq=False)
class Histogram:
    """Persons by hours, a row a group.

    Attributes:
        edges: (B,), upper edges of bins of one width; a bin holds its upper edge.
        counts: (G, B).
    """

    edges: FloatArray
    counts: FloatArray

    @property
    def width(self) -> float:
        """Of a bin."""
        return float(self.edges[1] - self.edges[0])


@dataclass(frozen=True, eq=False)
class Bunching:
    """What lies above a threshold beyond what the pattern gives.

    Attributes:
        excess: persons above the threshold beyond the counterfactual, with limits.
        missing: persons lacking below it, with limits.
        hours: hours a month that the move added, all together, with limits.
        holders: persons around the threshold, that the excess may be held against.
        counterfactual: (B,), persons that the pattern gives the group.
        dispersion: chi-square over degrees of freedom outside the window, at least 1; the limits
            are that much wider.
        drawn: (R,), the excess in each draw.
    """

    excess: float
    excess_limits: Interval
    missing: float
    missing_limits: Interval
    hours: float
    hours_limits: Interval
    holders: float
    counterfactual: FloatArray
    dispersion: float
    drawn: FloatArray

    @property
    def z(self) -> float:
        """Excess over its standard error."""
        error = self.excess_limits.standard_error
        return self.excess / error if error > 0 else 0.0


def histogram(
    hours: FloatArray,
    groups: IntArray,
    number: int,
    *,
    highest: float = 24.0,
    width: float = 0.5,
) -> Histogram:
    """Count decisions in bins; those of no hours or more than the highest are left out.

    Args:
        hours: (N,).
        groups: (N,), from 0.
        number: how many groups.
        highest: upper edge of the last bin.
        width: of a bin.
    """
    edges = np.arange(1, round(highest / width) + 1, dtype=np.float64) * width
    place = np.ceil(hours / width - _EPSILON).astype(np.int64) - 1
    inside = (place >= 0) & (place < edges.size)
    flat = np.bincount(groups[inside] * edges.size + place[inside], minlength=number * edges.size)
    return Histogram(edges, flat.reshape(number, edges.size).astype(np.float64))


def estimate(
    seen: Histogram,
    target: int,
    notch: Notch,
    random: np.random.Generator,
    *,
    affected: tuple[int, Notch] | None = None,
    degree: int = 4,
    replicates: int = REPLICATES,
    level: float = 0.95,
) -> Bunching:
    """Excess of one group above a threshold.

    Args:
        seen: all groups; the others carry what is common.
        target: which group.
        notch: the threshold and its window.
        random: where the draws come from.
        affected: a group and threshold where the rule is at work, when ``notch`` is a placebo;
            None when it is the rule's own.
        degree: of each group's smooth shape.
        replicates: draws of the parametric bootstrap.
        level: coverage.

    Raises:
        ValueError: the window lies outside the bins, or the group has nobody around it.
    """
    above, below = _window(seen.edges, notch)
    window = above | below
    if not above.any() or not below.any():
        raise ValueError("the window lies outside the bins")
    holders = float(seen.counts[target][_around(seen.edges, notch)].sum())
    if holders == 0:
        raise ValueError("the group has nobody around the threshold")
    groups, bins = seen.counts.shape
    kept = np.ones((groups, bins), dtype=bool)
    kept[target, window] = False
    if affected is not None:
        # What the rule put above its threshold lies as it happens to lie, and says nothing else.
        kept[affected[0], _window(seen.edges, affected[1])[0]] = False
    full = _design(seen.edges, groups, degree, affected)
    used = kept.ravel()
    design = full[used]
    useful = np.abs(design).sum(axis=0) > 0
    design, wide = design[:, useful], full[:, useful]
    counts = seen.counts.ravel()
    start: FloatArray = np.linalg.lstsq(design, np.log(counts[used] + 0.5), rcond=None)[0].astype(
        np.float64
    )
    beta = batched.poisson(counts[None, used], design, start)[0]
    mean = np.exp(wide @ beta)
    df = max(int(used.sum()) - design.shape[1], 1)
    pearson = np.square(counts - mean)[used] / np.maximum(mean[used], _EPSILON)
    dispersion = max(1.0, float(pearson.sum()) / df)
    rates = np.where(used, mean, counts)
    drawn = random.poisson(rates, size=(replicates, rates.size)).astype(np.float64)
    refitted = batched.poisson(drawn[:, used], design, beta)
    here = slice(target * bins, (target + 1) * bins)
    again = np.exp(refitted @ wide[here].T)
    found = _parts(seen.edges, above, below, counts[here][None], mean[here][None])
    parts = _parts(seen.edges, above, below, drawn[:, here], again)
    # More than chance varies outside the window, so it does inside it.
    spread = np.sqrt(dispersion)
    centres = [float(np.mean(each)) for each in parts]
    parts = [centre + spread * (each - centre) for centre, each in zip(centres, parts, strict=True)]
    limits = [percentile_interval(each, level) for each in parts]
    return Bunching(
        float(found[0][0]), limits[0],
        float(found[1][0]), limits[1],
        float(found[2][0]), limits[2],
        holders, mean[here], dispersion, parts[0],
    )  # fmt: skip


def _window(edges: FloatArray, notch: Notch) -> tuple[BoolArray, BoolArray]:
    above = (edges > notch.threshold + _EPSILON) & (
        edges <= notch.threshold + notch.above + _EPSILON
    )
    below = (edges >= notch.threshold - notch.below - _EPSILON) & (
        edges <= notch.threshold + _EPSILON
    )
    return above, below


def _around(edges: FloatArray, notch: Notch) -> BoolArray:
    low, high = notch.threshold - notch.below, notch.threshold + notch.above + 3.0
    return np.asarray((edges >= low - _EPSILON) & (edges <= high + _EPSILON))


def _parts(
    edges: FloatArray, above: BoolArray, below: BoolArray, counts: FloatArray, mean: FloatArray
) -> list[FloatArray]:
    """Excess, missing and hours that the move added; (R,) each.

    Those who moved are taken evenly from what the pattern gives below, and land as the excess lies.
    """
    excess = counts[:, above].sum(axis=1) - mean[:, above].sum(axis=1)
    missing = mean[:, below].sum(axis=1) - counts[:, below].sum(axis=1)
    from_hours = (mean[:, below] * edges[below]).sum(axis=1) / mean[:, below].sum(axis=1)
    landed = ((counts - mean)[:, above] * edges[above]).sum(axis=1)
    return [excess, missing, landed - excess * from_hours]


def _design(
    edges: FloatArray, groups: int, degree: int, affected: tuple[int, Notch] | None
) -> FloatArray:
    """Each group's own polynomial, common heaps, and what the rule takes evenly from below."""
    scaled = (edges - edges.mean()) / (edges[-1] - edges[0]) * 2.0
    smooth = np.polynomial.legendre.legvander(scaled, degree)
    width = edges[1] - edges[0]
    round_numbers = [
        _holds(edges, width, 1.0), _holds(edges, width, 5.0), _holds(edges, width, WEEKS)
    ]  # fmt: skip
    common = np.column_stack(round_numbers)
    blocks = np.zeros((groups, edges.size, groups * (degree + 1)))
    for group in range(groups):
        blocks[group, :, group * (degree + 1) : (group + 1) * (degree + 1)] = smooth
    columns = [blocks, np.broadcast_to(common, (groups, *common.shape))]
    if affected is not None:
        group, notch = affected
        levels = np.zeros((groups, edges.size, 1))
        levels[group, :, 0] = _window(edges, notch)[1]
        columns.append(levels)
    return np.concatenate(columns, axis=2).reshape(groups * edges.size, -1)


def _holds(edges: FloatArray, width: float, unit: float) -> FloatArray:
    """Whether a multiple of a unit lies in each bin."""
    return np.asarray(
        np.floor(edges / unit + _EPSILON) > np.floor((edges - width) / unit + _EPSILON),
        dtype=np.float64,
    )


@dataclass(frozen=True, eq=False)
class Placebos:
    r"""Thresholds, or groups, where nothing should be found.

    Attributes:
        found: one for each.
        p_values: (F,), of the largest \|z\| among all of them, two-sided.
        limits: of each excess, so wide that together they miss no nought by chance more often than
            one interval would.
    """

    found: tuple[Bunching, ...]
    p_values: FloatArray
    limits: tuple[Interval, ...]


def placebos(
    seen: Histogram,
    cases: Sequence[tuple[int, float]],
    affected: tuple[int, Notch],
    seed: int,
    *,
    degree: int = 4,
    replicates: int = REPLICATES,
    level: float = 0.95,
) -> Placebos:
    """Estimate each as at the rule's own threshold, and judge them together.

    Args:
        seen: all groups.
        cases: group and threshold of each.
        affected: the group and threshold where the rule is at work.
        seed: every case is drawn from the same seed, so that their draws go together.
        degree: of each group's smooth shape.
        replicates: draws.
        level: coverage of each alone, and of all limits together.

    Raises:
        ValueError: a window lies outside the bins, or a group has nobody around it.
    """
    found = tuple(
        estimate(
            seen,
            group,
            replace(affected[1], threshold=threshold),
            np.random.Generator(np.random.PCG64(seed)),
            affected=affected,
            degree=degree,
            replicates=replicates,
            level=level,
        )
        for group, threshold in cases
    )
    drawn = np.stack([(each.drawn - each.drawn.mean()) / each.drawn.std() for each in found])
    largest = np.abs(drawn).max(axis=0)
    beyond = [1.0 + float((largest >= abs(each.z)).sum()) for each in found]
    reach = float(np.quantile(largest, level, method="weibull"))
    errors = [each.excess_limits.standard_error for each in found]
    limits = tuple(
        Interval(each.excess - reach * error, each.excess + reach * error, error)
        for each, error in zip(found, errors, strict=True)
    )
    return Placebos(found, np.array(beyond) / (largest.size + 1.0), limits)
