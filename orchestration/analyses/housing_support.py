"""Housing support: who may carry the grant, what heaps above its threshold, equal treatment.

Estimands 3.1 to 3.10. Activities are themselves decided, so equal activities is not equal need;
need is used where it is delivered.

What does not belong here: which groups and years the grant is for; they are given.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from orchestration.analyses.rows import (
    LEAST_BOARDS,
    LEAST_PERSONS,
    LEVEL,
    MOST_ROWS,
    REACH,
    Rows,
    Unidentified,
)
from orchestration.findings.codes import Shortfall
from orchestration.statistics import bunching, regression
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.bunching import Bunching, Histogram, Notch
from orchestration.statistics.decomposition import kitagawa_strata
from orchestration.statistics.regression import FewClusters, cells_of, design_matrix
from orchestration.statistics.resampling import REPLICATES, percentile_interval

ANALYSIS = "housing_support"
#: Holders of the statutory category among the disabled, the disabled without it, psychiatry.
GROUPS = ("lss", "utan_lss", "socialpsykiatri")
_HOLDERS, _WITHOUT, _PSYCHIATRY = range(3)
THRESHOLD = Notch(12.0)
PLACEBOS = (6.0, 8.0, 10.0, 14.0, 16.0)
CRITERIA = ("lss", "own_housing", "registered")


@dataclass(frozen=True, eq=False)
class Support:
    """One row a person and decision in force on the last day of the year.

    Attributes:
        hours: (N,), granted hours a month; positive.
        group: (N,), place in ``GROUPS``.
        woman: (N,).
        age_band: (N,), codes.
        board: (N,), codes of ``boards``; -1 belongs to none.
        activities: (N,), how many are granted.
        start_year: (N,), in which the decision began.
        own_housing: (N,).
        registered: (N,), in the district.
        need: (N,), 1 to 4; None where it is not delivered.
        performed: (N,), hours that were given, nan where not known; None where not delivered.
        refused: (N,), hours that were applied for and refused; likewise.
        boards: geography ids.
    """

    hours: FloatArray
    group: IntArray
    woman: BoolArray
    age_band: IntArray
    board: IntArray
    activities: IntArray
    start_year: IntArray
    own_housing: BoolArray
    registered: BoolArray
    need: IntArray | None = None
    performed: FloatArray | None = None
    refused: FloatArray | None = None
    boards: tuple[str, ...] = ()

    def only(self, mine: BoolArray) -> "Support":
        """Some of the rows, (N,)."""
        arrays: dict[str, Any] = {
            each.name: value[mine]
            for each in fields(self)
            if isinstance(value := getattr(self, each.name), np.ndarray)
        }
        return replace(self, **arrays)

    @property
    def psychiatry(self) -> BoolArray:
        """(N,), False for the disabled."""
        return np.asarray(self.group == _PSYCHIATRY)


@dataclass(frozen=True)
class Grant:
    """The grant.

    Attributes:
        amount: kronor a person and year; None where none is known for the year.
        since: first year it was paid; None where that is not known.
    """

    amount: float | None = None
    since: int | None = None


def analyse(
    year: int,
    geography_id: str,
    support: Support | Shortfall,
    grant: Grant,
    *,
    started: Support | None = None,
    replicates: int = REPLICATES,
) -> Rows:
    """All estimands of one year.

    Args:
        year: the reported year.
        geography_id: where.
        support: what is lacking where there is none.
        grant: amount and first year.
        started: every decision once, also of those no longer in force; ``support`` if left out.
        replicates: draws of the parametric bootstrap.
    """
    rows = Rows(ANALYSIS, year, geography_id)
    if not isinstance(support, Shortfall) and support.hours.size > MOST_ROWS:
        support = Shortfall.TOO_MANY_ROWS
    if isinstance(support, Shortfall):
        for number in range(1, 11):
            rows.add(f"3.{number}", None, unit="hours", method_id="counts", shortfall=support)
        return rows
    _levels(rows, support)
    _criteria(rows, support, grant)
    seen = bunching.histogram(support.hours, support.group, len(GROUPS))
    with rows.attempt("3.3", "3.4", "3.6", unit="persons", method_id="bunching"):
        _heap(rows, support, seen, replicates)
    with rows.attempt("3.5", unit="share", method_id="bunching", since=grant.since):
        since_grant(rows, support if started is None else started, grant, replicates)
    with rows.attempt("3.7", unit="hours", method_id="standardised_gamma"):
        equal_treatment(rows, support)
    with rows.attempt("3.8", unit="ratio", method_id="jackknife"):
        _activities_an_hour(rows, support)
    with rows.attempt("3.9", unit="hours", method_id="mixed_model"):
        _boards(rows, support)
    with rows.attempt("3.10", unit="ratio", method_id="jackknife"):
        _of_known(rows, "3.10", support, support.performed)
    with rows.attempt("3.10_asked", unit="ratio", method_id="jackknife"):
        _of_known(rows, "3.10_asked", support, support.refused)
    return rows


def _levels(rows: Rows, support: Support) -> None:
    """3.1: mean hours and women's share of each target group."""
    for name, mine in (
        ("funktionsnedsattning", ~support.psychiatry),
        ("socialpsykiatri", support.psychiatry),
    ):
        number = float(mine.sum())
        lacking = None if number >= LEAST_PERSONS else Shortfall.FEW_OBSERVATIONS
        hours = support.hours[mine]
        mean = float(hours.mean()) if number else 0.0
        error = float(hours.std(ddof=1) / np.sqrt(number)) if number > 1 else float("nan")
        reach = REACH * error
        rows.add(
            "3.1_hours",
            mean,
            (mean - reach, mean + reach, error),
            unit="hours",
            method_id="mean",
            breakdown="target_group",
            category=name,
            observations=number,
            shortfall=lacking,
        )
        rows.add(
            "3.1_women",
            float(support.woman[mine].mean()) if number else 0.0,
            unit="share",
            method_id="counts",
            breakdown="target_group",
            category=name,
            observations=number,
            shortfall=lacking,
        )


def _criteria(rows: Rows, support: Support, grant: Grant) -> None:
    """3.2: who meets all criteria and the hours, who lacks just one, and what it pays."""
    enough_hours = support.hours > THRESHOLD.threshold
    holds = (
        np.column_stack([support.group == _HOLDERS, support.own_housing, support.registered])
        & (~support.psychiatry)[:, None]
    )
    met = holds.all(axis=1) & enough_hours
    persons = float(met.sum())
    rows.add(
        "3.2",
        persons,
        unit="persons",
        method_id="counts",
        observations=float((~support.psychiatry).sum()),
    )
    rows.add(
        "3.2_amount",
        None if grant.amount is None else persons * grant.amount,
        unit="kr",
        method_id="counts",
        shortfall=Shortfall.NO_COLUMN if grant.amount is None else None,
    )
    for at, name in enumerate(CRITERIA):
        others = np.delete(holds, at, axis=1).all(axis=1)
        lacking = others & ~holds[:, at] & enough_hours & ~support.psychiatry
        rows.add(
            "3.2_lacking",
            float(lacking.sum()),
            unit="persons",
            method_id="counts",
            breakdown="criterion",
            category=name,
        )


def _heap(rows: Rows, support: Support, seen: Histogram, replicates: int) -> None:
    """3.3, 3.4 and 3.6."""
    main = bunching.estimate(seen, _HOLDERS, THRESHOLD, rows.random(), replicates=replicates)
    _bunched(rows, "3.3", main)
    for edge, expected in zip(seen.edges, main.counterfactual, strict=True):
        rows.add(
            "3.3_pattern",
            float(expected),
            unit="persons",
            method_id="bunching",
            breakdown="hours",
            category=f"{edge:g}",
        )
    for degree, window in (
        (3, THRESHOLD),
        (5, THRESHOLD),
        (4, replace(THRESHOLD, below=2.0)),
        (4, replace(THRESHOLD, below=4.0)),
    ):
        other = bunching.estimate(
            seen, _HOLDERS, window, rows.random(), degree=degree, replicates=min(replicates, 199)
        )
        rows.add(
            "3.3_sensitivity",
            other.excess,
            other.excess_limits,
            unit="persons",
            method_id="bunching",
            breakdown="degree*window",
            sensitivity_of="3.3",
            category=f"{degree}*{window.below:g}",
            drawn=True,
        )
    cases = [
        *((_HOLDERS, at) for at in PLACEBOS),
        *((g, THRESHOLD.threshold) for g in (_WITHOUT, _PSYCHIATRY)),
    ]
    judged = bunching.placebos(
        seen, cases, (_HOLDERS, THRESHOLD), rows.seed, replicates=min(replicates, 199)
    )
    together = zip(cases, judged.found, judged.p_values, judged.limits, strict=True)
    for (group, at), found, p, limits in together:
        own = group == _HOLDERS
        rows.add(
            "3.4",
            found.excess,
            limits,
            unit="persons",
            method_id="bunching",
            breakdown="placebo" if own else "group",
            p_value=2 * _tail(found),
            q_value=float(p),
            category=f"{at:g}" if own else GROUPS[group],
            observations=found.holders,
            drawn=True,
        )
    _gap(rows, support, main)


def _tail(found: Bunching) -> float:
    """One-sided probability of so large an excess, from the draws around nought."""
    around = found.drawn - found.drawn.mean()
    return float(min((1 + (np.abs(around) >= abs(found.excess)).sum()) / (around.size + 1), 1) / 2)


def _bunched(rows: Rows, estimand: str, found: Bunching) -> None:
    for label, value, limits, unit in (
        (estimand, found.excess, found.excess_limits, "persons"),
        (f"{estimand}_hours", found.hours, found.hours_limits, "hours"),
    ):
        rows.add(
            label,
            value,
            limits,
            unit=unit,
            method_id="bunching",
            observations=found.holders,
            drawn=True,
        )
    # Where the answer is known, what is bridged below the threshold is a third too much.
    rows.add(
        f"{estimand}_missing",
        None,
        unit="persons",
        method_id="bunching",
        observations=found.holders,
        shortfall=Shortfall.UNTRUE,
    )
    share = percentile_interval(found.drawn / found.holders, LEVEL)
    rows.add(
        f"{estimand}_share",
        found.excess / found.holders,
        share,
        unit="share",
        method_id="bunching",
        observations=found.holders,
        drawn=True,
    )


def _gap(rows: Rows, support: Support, main: Bunching) -> None:
    """3.6: how much of the difference in mean hours is the heap, and what the rest consists of."""
    disabled, psychiatry = ~support.psychiatry, support.psychiatry
    if min(disabled.sum(), psychiatry.sum()) < LEAST_PERSONS:
        raise Unidentified(Shortfall.FEW_OBSERVATIONS)
    gap = float(support.hours[disabled].mean() - support.hours[psychiatry].mean())
    number = float(disabled.sum())
    limits = main.hours_limits
    heap = (limits.lower / number, limits.upper / number, limits.standard_error / number)
    strata = cells_of(
        {"age": support.age_band, "activities": np.minimum(support.activities, 8)}
        | ({} if support.need is None else {"need": support.need})
    )
    sums = [
        (strata.totals(mine.astype(np.float64)), strata.totals(mine * support.hours))
        for mine in (psychiatry, disabled)
    ]
    parts = kitagawa_strata(*sums[0], *sums[1])
    for name, value, around in (
        ("gap", gap, None),
        ("heap", main.hours / number, heap),
        ("composition", float(parts.composition.sum()), None),
        ("same_mix", float(parts.rates.sum()) - main.hours / number, None),
    ):
        rows.add(
            "3.6",
            value,
            around,
            unit="hours",
            method_id="kitagawa",
            breakdown="part",
            category=name,
            observations=float(support.hours.size),
            drawn=around is not None,
        )


def since_grant(rows: Rows, support: Support, grant: Grant, replicates: int) -> None:
    """3.5: excess share by the year a decision began, before the grant and after it.

    Raises:
        Unidentified: nobody knows when the grant came, or there are no years on one of the sides.
    """
    years = np.unique(support.start_year)
    shares, spreads, kept = [], [], []
    for year in years:
        mine = support.start_year == year
        seen = bunching.histogram(support.hours[mine], support.group[mine], len(GROUPS))
        try:
            found = bunching.estimate(
                seen, _HOLDERS, THRESHOLD, rows.random(), degree=3, replicates=min(replicates, 199)
            )
        except ValueError:
            continue
        if found.holders < LEAST_PERSONS:
            continue
        kept.append(int(year))
        shares.append(found.excess / found.holders)
        spreads.append(found.excess_limits.standard_error / found.holders)
        share = percentile_interval(found.drawn / found.holders, LEVEL)
        rows.add(
            "3.5_year",
            shares[-1],
            share,
            unit="share",
            method_id="bunching",
            breakdown="start_year",
            category=str(year),
            observations=found.holders,
            drawn=True,
        )
    began, share_of, error_of = np.array(kept), np.array(shares), np.array(spreads)
    if grant.since is None:
        raise Unidentified(Shortfall.NO_COLUMN)
    after = began >= grant.since
    if not after.any() or after.all():
        raise Unidentified(Shortfall.NO_EARLIER)
    step = float(share_of[after].mean() - share_of[~after].mean())
    error = float(
        np.hypot(
            *(np.sqrt(np.square(error_of[side]).sum()) / side.sum() for side in (after, ~after))
        )
    )
    reach = REACH * error
    fits = [_fit(began >= cut, share_of, error_of) for cut in began[1:]]
    largest = int(began[1:][int(np.argmax(fits))])
    rows.add(
        "3.5",
        step,
        (step - reach, step + reach, error),
        unit="share",
        method_id="bunching",
        since=grant.since,
        observations=float(support.hours.size),
        verdict="largest_step" if largest == grant.since else "other_year",
        drawn=True,
    )
    rows.add("3.5_largest", float(largest), unit="year", method_id="bunching", drawn=True)


def _fit(after: BoolArray, shares: FloatArray, errors: FloatArray) -> float:
    """How much a step there explains: one with a single noisy year on a side counts little."""
    weights = 1.0 / np.square(errors)
    first, second = (np.average(shares[side], weights=weights[side]) for side in (~after, after))
    before, since = weights[~after].sum(), weights[after].sum()
    return float(before * since / (before + since) * (second - first) ** 2)


def _covariates(support: Support) -> FloatArray:
    """Ones, sex, age, and activities with their square; need where it is delivered."""
    levels: dict[str, IntArray | FloatArray] = {
        "woman": support.woman.astype(np.int64),
        "age": support.age_band,
        "activities": support.activities.astype(np.float64),
    }
    formula = "woman + C(age) + activities + I(activities ** 2)"
    if support.need is not None:
        levels["need"] = support.need
        formula += " + C(need)"
    return design_matrix(formula, levels).matrix


def equal_treatment(rows: Rows, support: Support) -> None:
    """3.7: disability less psychiatry at psychiatry's own mix; two methods, both printed.

    Raises:
        Unidentified: there are too few persons or boards.
    """
    disabled = (~support.psychiatry).astype(np.int64)
    if min(disabled.sum(), (1 - disabled).sum()) < LEAST_PERSONS:
        raise Unidentified(Shortfall.FEW_OBSERVATIONS)
    if np.unique(support.board).size < LEAST_BOARDS:
        raise Unidentified(Shortfall.FEW_GROUPS)
    x = _covariates(support)
    found = regression.standardised_difference(
        support.hours, disabled, x, support.board, level=LEVEL
    )
    other = regression.overlap_difference(support.hours, disabled, x, support.board, level=LEVEL)
    for label, each, method in (
        ("3.7", found, "standardised_gamma"),
        ("3.7_overlap", other, "overlap_weights"),
    ):
        rows.add(
            label,
            each.estimate,
            _limits(each),
            unit="hours",
            method_id=method,
            observations=float(support.hours.size),
            p_value=each.p_value,
            sensitivity_of=None if label == "3.7" else "3.7",
        )


def _limits(found: FewClusters) -> tuple[float, float, float]:
    return found.lower, found.upper, found.standard_error


def _activities_an_hour(rows: Rows, support: Support) -> None:
    """3.8: ratio of sums, its error by leaving out one board at a time."""
    for name, mine in (
        ("funktionsnedsattning", ~support.psychiatry),
        ("socialpsykiatri", support.psychiatry),
    ):
        activities = support.activities.astype(np.float64)
        _ratio(rows, "3.8", support.board[mine], (activities[mine], support.hours[mine]), name)


def _ratio(
    rows: Rows, label: str, board: IntArray, pair: tuple[FloatArray, FloatArray], category: str
) -> None:
    present, place = np.unique(board, return_inverse=True)
    if board.size < LEAST_PERSONS or present.size < LEAST_BOARDS:
        few = board.size < LEAST_PERSONS
        rows.add(
            label,
            None,
            unit="ratio",
            method_id="jackknife",
            breakdown="target_group",
            category=category,
            observations=float(board.size),
            shortfall=Shortfall.FEW_OBSERVATIONS if few else Shortfall.FEW_GROUPS,
        )
        return
    above, below = (np.bincount(place, each, minlength=present.size) for each in pair)
    estimate = float(above.sum() / below.sum())
    without = (above.sum() - above) / (below.sum() - below)
    units = present.size
    variance = (units - 1) / units * float(np.square(without - without.mean()).sum())
    # An intercept alone: as many degrees of freedom as boards, less one.
    found = regression.student_limits(estimate, float(np.sqrt(variance)), units - 1.0, LEVEL)
    rows.add(
        label,
        estimate,
        _limits(found),
        unit="ratio",
        method_id="jackknife",
        breakdown="target_group",
        category=category,
        observations=float(board.size),
    )


def _boards(rows: Rows, support: Support) -> None:
    """3.9: how much boards vary, and each board's own departure, shrunken.

    Raises:
        Unidentified: there are too few boards.
    """
    # Who belongs to no board today has no part in how boards differ.
    support = support.only(support.board >= 0)
    if np.unique(support.board).size < LEAST_BOARDS:
        raise Unidentified(Shortfall.FEW_GROUPS)
    group = (~support.psychiatry).astype(np.float64)
    design = np.column_stack([_covariates(support), group])
    found = regression.mixed_model(support.hours, design, support.board, group)
    number = float(support.hours.size)
    for label, value, unit in (
        ("3.9_icc", found.icc, "share"),
        ("3.9_between", float(np.sqrt(max(found.between, 0.0))), "hours"),
        ("3.9_slopes", float(np.sqrt(max(found.slopes, 0.0))), "hours"),
    ):
        rows.add(label, value, unit=unit, method_id="mixed_model", observations=number)
    for at, value in zip(found.units, found.intercepts, strict=True):
        rows.add(
            "3.9",
            float(value),
            unit="hours",
            method_id="mixed_model",
            breakdown="board",
            category=support.boards[at] if support.boards else str(at),
            observations=float((support.board == at).sum()),
        )


def _of_known(rows: Rows, label: str, support: Support, hours: FloatArray | None) -> None:
    """3.10: given hours over granted ones; or granted ones over those that were applied for.

    Raises:
        Unidentified: they are not delivered.
    """
    if hours is None or not np.isfinite(hours).any():
        raise Unidentified(Shortfall.NO_COLUMN)
    known = np.isfinite(hours)
    for name, group in (
        ("funktionsnedsattning", ~support.psychiatry),
        ("socialpsykiatri", support.psychiatry),
    ):
        mine = known & group
        granted = support.hours[mine]
        pair = (hours[mine], granted) if label == "3.10" else (granted, granted + hours[mine])
        _ratio(rows, label, support.board[mine], pair, name)
