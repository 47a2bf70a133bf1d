r"""What changed where something began, against where it had not, in units that begin apart.

Each time that some units begin is an experiment of its own: those that begin then, against those
that have not begun before the window is over. The experiments are laid upon each other, and the
controls of each are weighted so that they count in it as its treated do; without that the estimate
is of no average effect at all. Units that began earlier are never controls, so that an effect that
grows is not subtracted from itself.

A unit's counts are divided by its own mean before, so that what moves all by a factor moves none
apart. With :math:`m_i` that mean, :math:`y_{ie}` the quotient in period *e* since the beginning,
:math:`T_a` and :math:`C_a` the treated and the controls of experiment *a*, and
:math:`S_a = \sum_{T_a} m_i`, the effect in a period is

.. math:: \delta_e = \frac{1}{\sum_a S_a} \sum_a S_a
    \left( \frac{\sum_{T_a} m_i y_{ie}}{\sum_{T_a} m_i}
         - \frac{\sum_{C_a} m_i y_{ie}}{\sum_{C_a} m_i} \right),

and the effect is the mean over the periods from the beginning on. Before it the mean is nought by
construction, and what lies apart in single periods tells whether the units went together.

There are a dozen units, so that limits are CR2's and the p-value a wild bootstrap's, both by unit:
one may be a control in several experiments.

What does not belong here: what is counted, and what a change explains.

References: Wing, Freedman & Hollingsworth (2024), Stacked Difference-in-Differences, NBER Working
Paper 32054 (the trimmed aggregate and its corrective weights, here with units weighted by size);
Cameron, Gelbach & Miller (2008), Rev. Econ. Stat. 90:414 (wild bootstrap); Bell & McCaffrey (2002)
(CR2), both as in ``regression.py``.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.regression import few_clusters, wild_cluster_p_value

#: Periods before the beginning that a unit is held against itself by.
BEFORE = 8
#: At least and at most so many periods from the beginning on.
LEAST_AFTER, MOST_AFTER = 2, 4
#: Fewer units than this on either side and chance cannot be told from anything.
LEAST_UNITS = 3
#: Signs of a dozen units can be drawn in some thousands of ways.
REPLICATES = 1999


class NoContrastError(ValueError):
    """There is nobody to hold against each other."""


@dataclass(frozen=True)
class Event:
    """The contrast in one period.

    Attributes:
        period: since the beginning, which is 0; negative before.
        estimate: as a share of the mean before.
        lower: its lower limit.
        upper: its upper limit.
    """

    period: int
    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class Stacked:
    """What changed where something began.

    Attributes:
        effect: as a share of the mean before; negative is a fall.
        lower: its lower limit.
        upper: its upper limit.
        standard_error: CR2.
        p_value: of no effect, by the wild bootstrap.
        level_without: what the controls had of their own mean before, weighted as the treated.
        events: the contrast in each period.
        treated: (U,), the units that began and are in it.
        controls: (U,), those that are held against them.
        after: periods from the beginning on.
        observed: what the treated had in those periods.
        expected: what they would have had as the controls went.
    """

    effect: float
    lower: float
    upper: float
    standard_error: float
    p_value: float
    level_without: float
    events: tuple[Event, ...]
    treated: BoolArray
    controls: BoolArray
    after: int
    observed: float
    expected: float


@dataclass(frozen=True)
class Carried:
    """How much of a fall something else can have carried.

    Attributes:
        missing: how many fewer there are than as the controls went; negative where there are more.
        reached: how many the other has reached in the same time.
        most: the most that it can have carried: what is missing, and never more than it reached.
        share: the same of what there would have been.
    """

    missing: float
    reached: float
    most: float
    share: float


def carried(found: Stacked, reached: float) -> Carried:
    """What something that reached so many can have carried of the fall.

    Nothing is carried where there is no fall. That all it reached would else have been counted is
    an upper bound, and no estimate: most of those may never have asked for what is assessed.

    Args:
        found: what changed.
        reached: how many the other has reached, where it began and in the same periods.
    """
    missing = found.expected - found.observed
    most = max(min(missing, reached), 0.0)
    return Carried(missing, reached, most, most / found.expected if found.expected > 0 else 0.0)


@dataclass(frozen=True, eq=False)
class _Stack:
    """A row for each unit of each experiment, shape (N,) and (N, periods)."""

    unit: IntArray
    treated: BoolArray
    weight: FloatArray
    quotient: FloatArray


def stacked_difference(
    counts: FloatArray,
    begins: IntArray,
    *,
    random: np.random.Generator,
    level: float = 0.95,
    before: int = BEFORE,
    replicates: int = REPLICATES,
) -> Stacked:
    """The effect of a beginning, by units that begin at different times.

    Args:
        counts: (U, T), a count for each unit and period.
        begins: (U,), the period of the beginning; T or later where a unit has not begun.
        random: where the signs are drawn from.
        level: of the limits.
        before: periods before the beginning.
        replicates: draws of signs.

    Raises:
        NoContrastError: fewer than three units began in time, or fewer than three can be held
            against them.
    """
    periods = counts.shape[1]
    cohorts = sorted(
        {int(each) for each in begins if before <= each and periods - each >= LEAST_AFTER}
    )
    if not cohorts:
        raise NoContrastError("no unit began with enough periods on either side")
    # As long as those who began last allow, so that every period is of the same units.
    after = min(MOST_AFTER, periods - cohorts[-1])
    stack = _stack(counts, begins, cohorts, before, after)
    treated, controls = (
        np.isin(np.arange(begins.size), stack.unit[stack.treated == side]) for side in (True, False)
    )
    if min(treated.sum(), controls.sum()) < LEAST_UNITS:
        raise NoContrastError("too few units began, or had not begun")
    late = stack.quotient[:, before:].mean(axis=1)
    effect, lower, upper, error = _contrast(stack, late, level)
    root = np.sqrt(stack.weight)
    p_value = wild_cluster_p_value(
        _design(stack) * root[:, None],
        late * root,
        stack.unit,
        1,
        random=random,
        replicates=replicates,
    )
    without = float(np.average(late[~stack.treated], weights=stack.weight[~stack.treated]))
    size = float(stack.weight[stack.treated].sum()) * after
    return Stacked(
        effect=effect,
        lower=lower,
        upper=upper,
        standard_error=error,
        p_value=p_value,
        level_without=without,
        events=tuple(
            Event(at - before, *_contrast(stack, stack.quotient[:, at], level)[:3])
            for at in range(before + after)
        ),
        treated=treated,
        controls=controls,
        after=after,
        observed=size * (without + effect),
        expected=size * without,
    )


def _stack(
    counts: FloatArray, begins: IntArray, cohorts: list[int], before: int, after: int
) -> _Stack:
    unit, treated, weight, quotient = [], [], [], []
    for begin in cohorts:
        window = counts[:, begin - before : begin + after]
        mean = window[:, :before].mean(axis=1)
        ours = (begins == begin) & (mean > 0)
        theirs = (begins >= begin + after) & (mean > 0)
        if not (ours.any() and theirs.any()):
            continue
        for members, factor in ((ours, 1.0), (theirs, mean[ours].sum() / mean[theirs].sum())):
            unit.append(np.flatnonzero(members))
            treated.append(np.full(int(members.sum()), members is ours))
            weight.append(mean[members] * factor)
            quotient.append(window[members] / mean[members, None])
    if not unit:
        raise NoContrastError("nobody that began can be held against anybody that had not")
    return _Stack(
        np.concatenate(unit).astype(np.int64),
        np.concatenate(treated),
        np.concatenate(weight),
        np.concatenate(quotient),
    )


def _design(stack: _Stack) -> FloatArray:
    return np.column_stack([np.ones(stack.unit.size), stack.treated.astype(np.float64)])


def _contrast(stack: _Stack, values: FloatArray, level: float) -> tuple[float, float, float, float]:
    """Difference of weighted means, its limits and its error; of values of shape (N,)."""
    means = [
        float(np.average(values[side], weights=stack.weight[side]))
        for side in (stack.treated, ~stack.treated)
    ]
    root = np.sqrt(stack.weight)
    found = few_clusters(
        _design(stack) * root[:, None],
        (values - np.where(stack.treated, *means)) * root,
        stack.unit,
        contrast=np.array([0.0, 1.0]),
        estimate=means[0] - means[1],
        level=level,
    )
    return found.estimate, found.lower, found.upper, found.standard_error
