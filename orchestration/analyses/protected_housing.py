"""Protected housing and what took its place: which women the fall is, and where they went.

Estimands 2.1 to 2.9. Without the inflow of known cases a shortfall cannot be computed, and without
persons that can be followed between registers no form can be said to have carried it; then there
are counts, and a bound: a form cannot have carried more than it grew itself.

What does not belong here: what counts as a case, and joining registers.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from orchestration.analyses.rows import LEAST_EVENTS, LEVEL, Rows, Unidentified, enough
from orchestration.findings.codes import Shortfall
from orchestration.statistics import regression, survival
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.funnels import wilson_limits
from orchestration.statistics.resampling import (
    REPLICATES,
    bootstrap_sums,
    cluster_totals,
    percentile_interval,
)

ANALYSIS = "protected_housing"
#: What became of a known case; the first is the form whose fall is asked about.
RESPONSES = ("skyddat_boende", "jourlagenhet", "egen_losning", "samtalsstod_enbart", "ingen")
_CARRIERS = (1, 2)
_COUNSELLING = 3
STAY_HORIZON = 120.0
#: Days at which the share that stays is given: every tenth, up to the horizon.
STAY_DAYS = tuple(range(10, int(STAY_HORIZON) + 1, 10))
FLOW_HORIZON = 180.0
#: Neighbouring quarters within a year may go together.
_LAGS = 4
_QUARTERS = 4
#: Before the declared date: a season cannot be told from chance in fewer years than three.
_LEAST_QUARTERS = 12
_TAIL = (1.0 - LEVEL) / 2.0

_Part = TypeVar("_Part")


@dataclass(frozen=True, eq=False)
class Placements:
    """One row a decision, in either form, of two years.

    Attributes:
        year: (N,), of the decision.
        quarter: (N,), 1 to 4.
        person: (N,), the same number for a person in both years and forms.
        flat: (N,), True in an emergency flat, False in protected housing.
        woman: (N,).
        children: (N,), how many came along.
        secured: (N,), 1 in premises with shell protection, 0 elsewhere, -1 where it is not known;
            None where it is not delivered.
    """

    year: IntArray
    quarter: IntArray
    person: IntArray
    flat: BoolArray
    woman: BoolArray
    children: FloatArray
    secured: IntArray | None = None


@dataclass(frozen=True, eq=False)
class Cases:
    """One row a known victim and year.

    Attributes:
        year: (N,).
        person: (N,), the same number for a person in both years.
        stratum: (N,), children x threat x area category, from 0.
        response: (N,), place in ``RESPONSES``; None where it is not delivered.
        origin: (N,), codes of ``origins``; -1 is not known.
        origins: names.
    """

    year: IntArray
    person: IntArray
    stratum: IntArray
    response: IntArray | None
    origin: IntArray
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Stays:
    """One row a stay in protected housing that began in one of two years.

    Attributes:
        year: (N,), in which it began.
        days: (N,), until it ended, or until the last delivered day.
        ended: (N,), 1 where it has ended.
    """

    year: IntArray
    days: FloatArray
    ended: IntArray


@dataclass(frozen=True, eq=False)
class Flow:
    """One row a person who left, or came to, one form; what came next within so long.

    Attributes:
        name: from where to where, parted by ``*``.
        days: (N,), until the other form, or until the last delivered day.
        moved: (N,), 1 where the person came to the other form.
        horizon: days within which that counts.
    """

    name: str
    days: FloatArray
    moved: IntArray
    horizon: float = FLOW_HORIZON


@dataclass(frozen=True, eq=False)
class Series:
    """Placements and reported crimes by quarter.

    Attributes:
        placements: (T,), in order.
        reports: (T,), positive.
        quarter: (T,), 1 to 4.
        after: (T,), whether the declared date has passed.
        year: (T,); None where the quarters' own counts are not asked for.
    """

    placements: FloatArray
    reports: FloatArray
    quarter: IntArray
    after: BoolArray
    year: IntArray | None = None


@dataclass(frozen=True, eq=False)
class Delivered:
    """What there is to analyse, each part for itself; a shortfall says why there is none."""

    placements: Placements | Shortfall = Shortfall.NO_REGISTER
    cases: Cases | Shortfall = Shortfall.NO_REGISTER
    stays: Stays | Shortfall = Shortfall.NO_REGISTER
    flows: tuple[Flow, ...] | Shortfall = ()
    series: Series | Shortfall = Shortfall.NO_REGISTER


def _there(part: _Part | Shortfall) -> _Part:
    if isinstance(part, Shortfall):
        raise Unidentified(part)
    return part


def analyse(
    year: int, geography_id: str, delivered: Delivered, *, replicates: int = REPLICATES
) -> Rows:
    """All estimands of one year against the year before.

    Args:
        year: the reported year.
        geography_id: where.
        delivered: what there is.
        replicates: draws of persons.
    """
    rows = Rows(ANALYSIS, year, geography_id)
    with rows.attempt("2.1", "2.2", "2.4_bound", unit="count", method_id="counts"):
        placements = _there(delivered.placements)
        _counts(rows, placements)
        _who_fell(rows, placements)
    with rows.attempt(
        *("2.3", "2.4", "2.5", "2.9"), unit="share", method_id="standardised", since=year - 1
    ):
        cases = _there(delivered.cases)
        _inflow(rows, cases)
        with rows.attempt(
            "2.3", "2.4", "2.5", unit="share", method_id="standardised", since=year - 1
        ):
            _substitution(rows, cases, replicates)
    with rows.attempt("2.6", unit="share", method_id="aalen_johansen"):
        flows = _there(delivered.flows)
        if not flows:
            _there(delivered.placements)
            raise Unidentified(Shortfall.NO_LINKAGE)
        for flow in flows:
            _flow(rows, flow)
    with rows.attempt("2.7", unit="days", method_id="kaplan_meier", since=year - 1):
        _stays(rows, _there(delivered.stays))
    with rows.attempt("2.8", unit="ratio", method_id="quasi_poisson"):
        _against_reports(rows, _there(delivered.series))
    return rows


def _counts(rows: Rows, seen: Placements) -> None:
    """2.1: persons, decisions, children, and children a decision of women."""
    for form, name in ((False, "skyddat_boende"), (True, "jourlagenhet")):
        mine = (seen.year == rows.year) & (seen.flat == form)
        women = mine & seen.woman
        decisions = float(mine.sum())
        for label, value in (
            ("2.1_persons", float(np.unique(seen.person[mine]).size)),
            ("2.1_decisions", decisions),
            ("2.1_children", float(seen.children[mine].sum())),
        ):
            rows.add(
                label,
                value,
                unit="count",
                method_id="counts",
                breakdown="form",
                category=name,
                observations=decisions,
            )
        a_woman = float(seen.children[women].mean()) if women.any() else None
        rows.add(
            "2.1_children_a_decision",
            a_woman,
            unit="ratio",
            method_id="counts",
            breakdown="form",
            category=name,
            observations=float(women.sum()),
            shortfall=None if women.any() else Shortfall.NOBODY,
        )
        _secured(rows, seen, mine, name)
        for quarter in range(1, _QUARTERS + 1):
            rows.add(
                "2.1_decisions",
                float((mine & (seen.quarter == quarter)).sum()),
                unit="count",
                method_id="counts",
                breakdown="form*quarter",
                category=f"{name}*{quarter}",
            )


def _secured(rows: Rows, seen: Placements, mine: BoolArray, form: str) -> None:
    """2.1: share of a form's decisions that are in premises with shell protection."""
    known = mine & (seen.secured >= 0) if seen.secured is not None else np.zeros_like(mine)
    number = float(known.sum())
    events = float((known & (seen.secured == 1)).sum()) if seen.secured is not None else 0.0
    lacking = Shortfall.NOBODY if number == 0 else None
    if seen.secured is None:
        lacking = Shortfall.NO_COLUMN
    rows.add(
        "2.1_secured",
        None if lacking else events / number,
        unit="share",
        method_id="counts",
        breakdown="form",
        category=form,
        observations=number,
        events=events,
        shortfall=lacking,
    )


def _who_fell(rows: Rows, seen: Placements) -> None:
    """2.2 exactly, and the bound of 2.4: what the flats grew by among the same women.

    Raises:
        Unidentified: there is no earlier year.
    """
    then, now = (seen.year == year for year in (rows.year - 1, rows.year))
    if not then.any():
        raise Unidentified(Shortfall.NO_EARLIER)
    shelter = seen.woman & ~seen.flat
    fall = float((now & shelter).sum() - (then & shelter).sum())
    mothers = seen.children > 0
    persons_fell = _persons(seen, shelter & then) - _persons(seen, shelter & now)
    for name, mine in (("mothers", mothers), ("without_children", ~mothers)):
        change = float((now & shelter & mine).sum() - (then & shelter & mine).sum())
        rows.add(
            "2.2",
            change,
            unit="count",
            method_id="exact_split",
            breakdown="children",
            category=name,
            since=rows.year - 1,
            observations=float(shelter.sum()),
        )
        rows.add(
            "2.2_share",
            change / fall + 0.0 if fall else None,
            unit="share",
            method_id="exact_split",
            breakdown="children",
            category=name,
            since=rows.year - 1,
            shortfall=None if fall else Shortfall.NO_CHANGE,
        )
    flat = seen.woman & seen.flat
    for name, mine in (("total", np.ones(mothers.size, dtype=bool)), ("mothers", mothers)):
        grew = _persons(seen, flat & mine & now) - _persons(seen, flat & mine & then)
        most = max(0.0, grew)
        fell = persons_fell > 0
        rows.add(
            "2.4_bound",
            most,
            unit="persons",
            method_id="bound",
            category=name,
            breakdown="total" if name == "total" else "children",
            since=rows.year - 1,
        )
        rows.add(
            "2.4_bound_share",
            most / persons_fell if fell else None,
            unit="share",
            method_id="bound",
            category=name,
            since=rows.year - 1,
            breakdown="total" if name == "total" else "children",
            shortfall=None if fell else Shortfall.NO_CHANGE,
        )


def _persons(seen: Placements, mine: BoolArray) -> float:
    return float(np.unique(seen.person[mine]).size)


def _inflow(rows: Rows, cases: Cases) -> None:
    """2.9: known victims, and where they came from."""
    now = cases.year == rows.year
    rows.add("2.9", float(now.sum()), unit="count", method_id="counts")
    for at, name in enumerate(cases.origins):
        rows.add(
            "2.9",
            float((now & (cases.origin == at)).sum()),
            unit="count",
            method_id="counts",
            breakdown="origin",
            category=name,
        )


def _substitution(rows: Rows, cases: Cases, replicates: int) -> None:
    """2.3, 2.4 and 2.5: who would have been placed at last year's shares, and what they got.

    Raises:
        Unidentified: what became of the cases is not delivered, or a year has too few.
    """
    response = cases.response
    if response is None:
        raise Unidentified(Shortfall.NO_COLUMN)
    then, now = (cases.year == year for year in (rows.year - 1, rows.year))
    if not then.any():
        raise Unidentified(Shortfall.NO_EARLIER)
    for year in (then, now):
        enough(float(year.sum()), float((year & (response == 0)).sum()))
    both = then | now
    strata, forms = int(cases.stratum.max()) + 1, len(RESPONSES)
    _, who = np.unique(cases.person[both], return_inverse=True)
    cell = (now[both] * strata + cases.stratum[both]) * forms + response[both]
    table = cluster_totals(who, cell, np.ones(cell.size), (int(who.max()) + 1, 2 * strata * forms))
    seen = np.asarray(table.sum(axis=0), dtype=np.float64)[None]
    found = _carried(seen, strata)
    drawn = _carried(bootstrap_sums(table, rows.random(), replicates), strata)
    number, placed = float(now.sum()), float((now & (response == 0)).sum())
    rows.drawn(
        "2.3",
        float(found[0, 0]),
        drawn[:, 0],
        unit="persons",
        method_id="standardised",
        since=rows.year - 1,
        observations=number,
        events=placed,
    )
    shortfall = percentile_interval(drawn[:, 0], LEVEL)
    names = ("jourlagenhet", "egen_losning", "unexplained")
    for at, name in enumerate(names):
        if not shortfall.lower > 0:
            rows.add(
                "2.4",
                None,
                unit="share",
                method_id="standardised",
                breakdown="response",
                category=name,
                since=rows.year - 1,
                observations=number,
                shortfall=Shortfall.NO_CHANGE,
            )
            continue
        rows.drawn(
            "2.4",
            float(found[0, 1 + at]),
            drawn[:, 1 + at],
            unit="share",
            method_id="standardised",
            breakdown="response",
            category=name,
            since=rows.year - 1,
            observations=number,
            events=placed,
        )
    for year, mine in ((rows.year - 1, then), (rows.year, now)):
        others = float((mine & (response != 0)).sum())
        talked = float((mine & (response == _COUNSELLING)).sum())
        low, high = wilson_limits(np.array([talked]), np.array([max(others, 1.0)]), _TAIL)
        share = talked / max(others, 1.0)
        error = float(np.sqrt(share * (1 - share) / max(others, 1.0)))
        rows.add(
            "2.5",
            share,
            (float(low[0]), float(high[0]), error),
            unit="share",
            method_id="wilson",
            breakdown="year",
            category=str(year),
            observations=others,
            events=talked,
            shortfall=None if others else Shortfall.NOBODY,
        )


def _carried(sums: FloatArray, strata: int) -> FloatArray:
    """(R, 4): shortfall, and the shares of it that each carrier bore and that nothing did.

    A stratum that was empty last year has no share to stand in for; this year's is taken, so that
    it neither adds to the shortfall nor takes from it.
    """
    table = sums.reshape(-1, 2, strata, len(RESPONSES))
    size = table.sum(axis=-1)
    now = table[:, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = table[:, 0] / size[:, 0, :, None]
        expected = np.where(size[:, 0, :, None] > 0, size[:, 1, :, None] * shares, now)
        gap = (expected - now).sum(axis=1)
        shortfall = gap[:, 0]
        carried = [-gap[:, at] / shortfall for at in _CARRIERS]
    return np.column_stack([shortfall, *carried, 1.0 - sum(carried)])


def _flow(rows: Rows, flow: Flow) -> None:
    """2.6: share that came to another form within half a year."""
    number, moved = float(flow.days.size), float(flow.moved.sum())
    try:
        enough(number, moved)
        _followed(float(flow.days.max()), flow.horizon)
    except Unidentified as lacking:
        rows.add(
            "2.6",
            None,
            unit="share",
            method_id="aalen_johansen",
            breakdown="flow",
            category=flow.name,
            observations=number,
            events=moved,
            shortfall=lacking.shortfall,
        )
        return
    found = survival.aalen_johansen(flow.days, flow.moved, 1, np.array([flow.horizon]), LEVEL)
    rows.add(
        "2.6",
        float(found.estimate[0, 0]),
        (float(found.lower[0, 0]), float(found.upper[0, 0]), float(found.standard_error[0, 0])),
        unit="share",
        method_id="aalen_johansen",
        breakdown="flow",
        category=flow.name,
        observations=number,
        events=moved,
    )


def _followed(longest: float, horizon: float) -> None:
    if longest < horizon:
        raise Unidentified(Shortfall.NOT_FOLLOWED)


def _stays(rows: Rows, stays: Stays) -> None:
    """2.7: the curve, median and restricted mean of each year, and what the means differ by.

    Raises:
        Unidentified: a year has too few stays, or none was followed so long.
    """
    curves = []
    for year in (rows.year - 1, rows.year):
        mine = stays.year == year
        enough(float(mine.sum()), float(stays.ended[mine].sum()))
        curve = survival.kaplan_meier(stays.days[mine], stays.ended[mine])
        if curve.survival[-1] > 0:
            _followed(float(stays.days[mine].max()), STAY_HORIZON)
        curves.append(curve)
        median, low, high = curve.quantile(0.5, LEVEL)
        mean, error = curve.restricted_mean(STAY_HORIZON)
        level = survival.normal_contrast(float(mean), float(error), LEVEL)
        for label, value, limits in (
            ("2.7_median", median, (low, high, float("nan"))),
            ("2.7_mean", level.estimate, (level.lower, level.upper, level.standard_error)),
        ):
            rows.add(
                label,
                value,
                limits,
                unit="days",
                method_id="kaplan_meier",
                breakdown="year",
                category=str(year),
                observations=float(mine.sum()),
                events=float(stays.ended[mine].sum()),
            )
        for days in STAY_DAYS:
            rows.add(
                "2.7_staying",
                curve.at(days),
                curve.limits_at(days, LEVEL),
                unit="share",
                method_id="kaplan_meier",
                breakdown="year*days",
                category=f"{year}*{days}",
                observations=float(mine.sum()),
            )
    change = survival.restricted_mean_difference(curves[0], curves[1], STAY_HORIZON, LEVEL)
    rows.add(
        "2.7",
        change.estimate,
        (change.lower, change.upper, change.standard_error),
        unit="days",
        method_id="kaplan_meier",
        since=rows.year - 1,
        p_value=change.p_value,
        observations=float(stays.days.size),
        events=float(stays.ended.sum()),
    )


def _against_reports(rows: Rows, series: Series) -> None:
    """2.8: the counts by quarter, how placements follow reports, the step at the declared date.

    Raises:
        Unidentified: the date lies outside the series, or too little lies before it.
    """
    if series.year is not None:
        for label, counts in (("placements", series.placements), ("reports", series.reports)):
            for year, quarter, count in zip(series.year, series.quarter, counts, strict=True):
                rows.add(
                    f"2.8_{label}",
                    float(count),
                    unit="count",
                    method_id="counts",
                    breakdown="quarter",
                    category=f"{year}*{quarter}",
                )
    if not series.after.any() or (~series.after).sum() < _LEAST_QUARTERS:
        raise Unidentified(Shortfall.NO_EARLIER)
    if series.placements[~series.after].sum() < LEAST_EVENTS or series.reports.min() <= 0:
        raise Unidentified(Shortfall.FEW_EVENTS)
    seasons = [series.quarter == q for q in range(2, _QUARTERS + 1) if np.any(series.quarter == q)]
    log_reports = np.log(series.reports)
    design = np.column_stack(
        [np.ones(series.placements.size), log_reports - log_reports.mean(), series.after, *seasons]
    ).astype(np.float64)
    beta, error, low, high = regression.quasi_poisson_series(
        series.placements, design, lags=_LAGS, level=LEVEL
    )
    rows.add(
        "2.8_elasticity",
        float(beta[1]),
        (float(low[1]), float(high[1]), float(error[1])),
        unit="elasticity",
        method_id="quasi_poisson",
        observations=float(series.placements.size),
    )
    rows.add(
        "2.8",
        float(np.exp(beta[2])),
        (float(np.exp(low[2])), float(np.exp(high[2])), float(error[2])),
        unit="ratio",
        method_id="quasi_poisson",
        observations=float(series.placements.size),
    )
