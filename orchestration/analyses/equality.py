"""Equality: whether women and men, ages, boards and groups get the same, and how surely.

Of every pair there are three answers: a difference, surely none that matters, or that it cannot be
told. A difference is one that remains when all pairs of its kind are tried at once and that is
larger than what matters; that there is none is shown by an interval inside what matters, never by
a difference that was not found.

What does not belong here: which levels there are and what they are over (the dbt models); words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from orchestration.analyses.rows import (
    FALSE_DISCOVERY_RATE,
    LEAST_EVENTS,
    LEAST_OBSERVATIONS,
    LEAST_PERSONS,
    LEVEL,
    REACH,
    Rows,
)
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import BoardSpread, Equality
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.labels import combined
from orchestration.statistics.multiplicity import benjamini_hochberg, select
from orchestration.statistics.ratios import Sums, ratios
from orchestration.statistics.spread import LEAST_UNITS, LEAST_YEARS, spread, trend

ANALYSIS = "equality"
#: A relative difference that matters.
MARGIN = 0.10
DIFFERENCE, ALIKE, UNTOLD = "skillnad", "ingen_relevant_skillnad", "kan_inte_avgoras"
NEARER, FARTHER = "okat", "minskat"
#: What the comparisons of 8.1 are.
SEX = "sex"
_MEANS = ("mean", "money")


@dataclass(frozen=True, eq=False)
class Pairs:
    """One row a pair of levels.

    Attributes:
        first: what each first level is made of.
        second: what the other is made of; a group's is that of all the others of its kind.
        year: (N,).
        of_board: (N,), whether the two are of one board and not of the municipality.
        indicator: (N,), codes, as all that follow.
        area: (N,).
        kind: (N,): rate, share, mean or money.
        place: (N,).
        comparison: (N,): sex, age, board or category.
        breakdown: (N,).
        stratum: (N,), the target group that both are of, or none.
        member: (N,), the first level's group.
        names: names of the codes.
    """

    first: Sums
    second: Sums
    year: IntArray
    of_board: BoolArray
    indicator: IntArray
    area: IntArray
    kind: IntArray
    place: IntArray
    comparison: IntArray
    breakdown: IntArray
    stratum: IntArray
    member: IntArray
    names: Mapping[str, tuple[str, ...]]

    def named(self, column: str) -> np.ndarray:
        """(N,), the names of a column's codes."""
        names = np.array([*self.names[column], ""], dtype=object)
        codes: IntArray = getattr(self, column)
        return np.asarray(names[codes])


@dataclass(frozen=True, eq=False)
class BoardYears:
    """One row a board, year and indicator.

    Attributes:
        observed: (N,), events.
        expected: (N,), what all the boards' pattern gives the same residents or cases.
        variance: (N,), of the observed from chance.
        year: (N,).
        adjusted: (N,), whether sex and age are allowed for.
        indicator: (N,), codes, as the next three.
        area: (N,).
        stratum: (N,).
        board: (N,).
        names: names of the codes.
    """

    observed: FloatArray
    expected: FloatArray
    variance: FloatArray
    year: IntArray
    adjusted: BoolArray
    indicator: IntArray
    area: IntArray
    stratum: IntArray
    board: IntArray
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Compared:
    """What each pair says; every array (N,), nan where it cannot be told.

    Attributes:
        ratio: the first level over the second.
        lower: its lower limit.
        upper: its upper limit.
        p_values: of two levels that are the same.
        q_values: over all pairs of the family.
        alike_p_values: of a difference as large as what matters.
        verdict: one of three.
        shortfall: what is lacking, or None.
    """

    ratio: FloatArray
    lower: FloatArray
    upper: FloatArray
    p_values: FloatArray
    q_values: FloatArray
    alike_p_values: FloatArray
    verdict: np.ndarray
    shortfall: np.ndarray


def compare(pairs: Pairs) -> Compared:
    """Every pair, each family for itself.

    A family is what is compared in one area of activity one year by one comparison, in the
    municipality or in the boards. Families are tried first, and only in those where something is
    found are their pairs: many areas without any difference would else give some by chance.
    """
    found = ratios(pairs.first, pairs.second)
    lacking = _lacking(pairs)
    enough = np.array([each is None for each in lacking], dtype=bool)
    known = enough & np.isfinite(found.log_ratio)
    lacking[enough & ~known] = Shortfall.NO_FIT
    p_values = np.where(known, found.p_values, np.nan)
    q_values = np.full(p_values.shape, np.nan)
    kind = combined((pairs.year, pairs.comparison, pairs.of_board.astype(np.int64)))
    for each in np.unique(kind[known]):
        mine = np.flatnonzero(known & (kind == each))
        q_values[mine] = select(
            p_values[mine], pairs.area[mine].tolist(), FALSE_DISCOVERY_RATE
        ).q_values
    alike = np.where(known, found.equivalence_p_values(MARGIN), np.nan)
    lower, upper = found.limits(LEVEL)
    verdict = np.full(p_values.shape, UNTOLD, dtype=object)
    verdict[known & (q_values <= FALSE_DISCOVERY_RATE) & found.beyond(MARGIN)] = DIFFERENCE
    verdict[known & (alike <= 1.0 - LEVEL)] = ALIKE
    none = np.where(known, 0.0, np.nan)
    return Compared(
        ratio=found.ratio + none,
        lower=lower + none,
        upper=upper + none,
        p_values=p_values,
        q_values=q_values,
        alike_p_values=alike,
        verdict=verdict,
        shortfall=lacking,
    )


def _lacking(pairs: Pairs) -> np.ndarray:
    """(N,), why a pair is not compared; None where it is."""
    means = np.isin(pairs.named("kind"), _MEANS)
    smallest = np.minimum(pairs.first.base, pairs.second.base)
    events = np.minimum(pairs.first.events, pairs.second.events)
    lacking = np.full(pairs.year.shape, None, dtype=object)
    lacking[~means & (events < LEAST_EVENTS)] = Shortfall.FEW_EVENTS
    lacking[smallest < np.where(means, LEAST_PERSONS, LEAST_OBSERVATIONS)] = (
        Shortfall.FEW_OBSERVATIONS
    )
    lacking[smallest <= 0] = Shortfall.NOBODY
    return lacking


def equalities(pairs: Pairs, compared: Compared) -> list[Equality]:
    """The pairs as they stand in their table."""
    first, second = pairs.first.level, pairs.second.level
    behind = (first - second) * pairs.first.base
    kinds, others = pairs.named("kind"), _others(pairs)
    columns = zip(
        pairs.named("indicator"), pairs.year.tolist(), pairs.named("place"),
        pairs.named("comparison"), pairs.named("breakdown"), _categories(pairs), others, kinds,
        first.tolist(), second.tolist(), pairs.first.base.tolist(), behind.tolist(),
        compared.ratio.tolist(), compared.lower.tolist(), compared.upper.tolist(),
        compared.p_values.tolist(), compared.q_values.tolist(), compared.alike_p_values.tolist(),
        compared.verdict, compared.shortfall, strict=True,
    )  # fmt: skip
    return [
        Equality(
            indicator_id=indicator,
            period_start=date(year, 1, 1),
            geography_id=place,
            comparison=comparison,
            breakdown=breakdown,
            category_a=category,
            category_b=other,
            kind=kind,
            value_a=_number(value_a),
            value_b=_number(value_b),
            difference=_number(value_a - value_b),
            ratio=_number(ratio),
            ci_lower=_number(lower),
            ci_upper=_number(upper),
            base_a=_number(base),
            persons_behind=_number(gap) if kind in ("rate", "share") else None,
            kronor_behind=_number(gap) if kind == "money" else None,
            p_value=_number(p_value),
            q_value=_number(q_value),
            equivalence_p_value=_number(alike),
            verdict=verdict,
            status=shortfall.status if shortfall else Equality.status,
            shortfall=shortfall,
        )
        for (
            indicator, year, place, comparison, breakdown, category, other, kind, value_a, value_b,
            base, gap, ratio, lower, upper, p_value, q_value, alike, verdict, shortfall,
        ) in columns
    ]  # fmt: skip


def _categories(pairs: Pairs) -> list[str]:
    return [
        f"{stratum}*{member}" if stratum and comparison != "board" else str(member)
        for stratum, member, comparison in zip(
            pairs.named("stratum"), pairs.named("member"), pairs.named("comparison"), strict=True
        )
    ]


def _others(pairs: Pairs) -> list[str]:
    """What each first group stands against: men, or the others."""
    return [
        (f"{stratum}*man" if stratum else "man") if comparison == SEX else (stratum or "others")
        for stratum, comparison in zip(
            pairs.named("stratum"), pairs.named("comparison"), strict=True
        )
    ]


def with_adjusted(found: Sequence[Equality], boards: BoardYears) -> list[Equality]:
    """The boards' pairs with what remains when sex and age are allowed for."""
    logs, variance = _logs(boards, np.ones(boards.year.shape, dtype=bool))
    reach = REACH * np.sqrt(variance)
    indicators, strata = boards.names["indicator"], (*boards.names["stratum"], "")
    known = {
        (indicators[boards.indicator[at]], int(boards.year[at]), boards.names["board"][
            boards.board[at]
        ], strata[boards.stratum[at]]): at
        for at in np.flatnonzero(boards.adjusted)
    }  # fmt: skip
    made = []
    for row in found:
        at = None
        if row.comparison == "board" and row.breakdown == "total":
            at = known.get((row.indicator_id, row.period_start.year, row.category_a, ""))
        made.append(
            row
            if at is None
            else replace(
                row,
                adjusted_ratio=float(np.exp(logs[at])),
                adjusted_lower=float(np.exp(logs[at] - reach[at])),
                adjusted_upper=float(np.exp(logs[at] + reach[at])),
            )
        )
    return made


def analyse(
    rows: Rows, pairs: Pairs | Shortfall, boards: BoardYears | Shortfall
) -> tuple[list[Equality], list[BoardSpread]]:
    """Everything of one year: the pairs, the boards' spread, and the main estimates of both.

    Args:
        rows: where the estimates go: 8.1 a pair of sexes each, 8.2 an indicator's boards each.
        pairs: of the year and those before.
        boards: of the year and those before.
    """
    found: list[Equality] = []
    if isinstance(pairs, Shortfall) or not pairs.year.size:
        lacking = pairs if isinstance(pairs, Shortfall) else Shortfall.NO_REGISTER
        rows.add("8.1", None, unit="ratio", method_id="log_ratio", shortfall=lacking)
    else:
        compared = compare(pairs)
        found = equalities(pairs, compared)
        _sexes(rows, pairs, compared, found)
    spreads: list[BoardSpread] = []
    if isinstance(boards, Shortfall) or not boards.year.size:
        lacking = Shortfall.FEW_GROUPS if found else Shortfall.NO_REGISTER
        if isinstance(boards, Shortfall):
            lacking = boards
        rows.add("8.2", None, unit="variance", method_id="board_spread", shortfall=lacking)
    else:
        spreads = _spreads(rows, boards)
        found = with_adjusted(found, boards)
    return found, spreads


def _sexes(rows: Rows, pairs: Pairs, compared: Compared, found: Sequence[Equality]) -> None:
    """8.1: women over men in the municipality, an indicator each."""
    mine = (pairs.year == rows.year) & ~pairs.of_board & (pairs.named("comparison") == SEX)
    if not mine.any():
        rows.add("8.1", None, unit="ratio", method_id="log_ratio", shortfall=Shortfall.NO_REGISTER)
    for at in np.flatnonzero(mine).tolist():
        row = found[at]
        group = row.category_a.partition("*")[0] if "*" in row.category_a else ""
        rows.add(
            "8.1",
            row.ratio,
            None
            if row.ratio is None or row.ci_lower is None or row.ci_upper is None
            else (row.ci_lower, row.ci_upper, float(np.log(row.ci_upper / row.ratio)) / REACH),
            unit="ratio",
            method_id="log_ratio",
            breakdown="indicator",
            category="*".join(part for part in (row.indicator_id, group) if part),
            observations=float(pairs.first.base[at] + pairs.second.base[at]),
            events=float(pairs.first.events[at] + pairs.second.events[at]),
            p_value=row.p_value,
            q_value=row.q_value,
            verdict=row.verdict,
            shortfall=compared.shortfall[at],
        )


def _spreads(rows: Rows, boards: BoardYears) -> list[BoardSpread]:
    """8.2: whether the boards have come nearer each other, an indicator each."""
    made: list[BoardSpread] = []
    lines: list[tuple[str, int, float, float, float, float, int]] = []
    indicators, strata = boards.names["indicator"], (*boards.names["stratum"], "")
    for indicator, stratum in sorted(
        set(zip(boards.indicator.tolist(), boards.stratum.tolist(), strict=True))
    ):
        own = (boards.indicator == indicator) & (boards.stratum == stratum)
        category = "*".join(part for part in (indicators[indicator], strata[stratum]) if part)
        years, log_ratio, variance = _matrix(boards, own)
        if years.size:
            made += _of_years(rows, boards, own, indicators[indicator], strata[stratum])
        if (
            years.size < LEAST_YEARS
            or log_ratio.shape[1] < LEAST_UNITS
            or int(years[-1]) != rows.year
        ):
            rows.add(
                "8.2", None, unit="variance", method_id="board_spread", breakdown="indicator",
                category=category,
                shortfall=Shortfall.FEW_GROUPS if years.size >= LEAST_YEARS
                else Shortfall.NO_EARLIER,
            )  # fmt: skip
            continue
        line = trend(years.astype(np.float64), log_ratio, variance)
        span = float(years[-1] - years[0])
        area = int(boards.area[own][0])
        lines.append(
            (category, area, line.slope * span, line.standard_error * span, line.p_value,
             float(own.sum()), int(years[0]))
        )  # fmt: skip
    areas = np.array([line[1] for line in lines])
    p_values = np.array([line[4] for line in lines])
    q_values = np.ones(p_values.shape)
    for area in np.unique(areas):
        q_values[areas == area] = benjamini_hochberg(p_values[areas == area])
    for (category, _, change, error, p_value, number, since), q_value in zip(
        lines, q_values, strict=True
    ):
        verdict = UNTOLD
        if q_value <= FALSE_DISCOVERY_RATE:
            verdict = NEARER if change < 0 else FARTHER
        rows.add(
            "8.2",
            change,
            (change - REACH * error, change + REACH * error, error),
            unit="variance",
            method_id="board_spread",
            breakdown="indicator",
            category=category,
            since=since,
            observations=number,
            p_value=p_value,
            q_value=float(q_value),
            verdict=verdict,
        )
    return made


def _matrix(boards: BoardYears, own: BoolArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Years (T,), logs (T, I) and their variances (T, I) of the boards that each year has."""
    years, at_year = np.unique(boards.year[own], return_inverse=True)
    units, at_unit = np.unique(boards.board[own], return_inverse=True)
    log_ratio = np.full((years.size, units.size), np.nan)
    variance = np.full((years.size, units.size), np.nan)
    log_ratio[at_year, at_unit], variance[at_year, at_unit] = _logs(boards, own)
    whole = np.isfinite(log_ratio).all(axis=0)
    return years, log_ratio[:, whole], variance[:, whole]


def _logs(boards: BoardYears, own: BoolArray) -> tuple[FloatArray, FloatArray]:
    expected = boards.expected[own]
    return (
        np.log((boards.observed[own] + 0.5) / (expected + 0.5)),
        boards.variance[own] / np.square(expected),
    )


def _of_years(
    rows: Rows, boards: BoardYears, own: BoolArray, indicator: str, stratum: str
) -> list[BoardSpread]:
    made = []
    for year in np.unique(boards.year[own]):
        mine = own & (boards.year == year)
        log_ratio, variance = _logs(boards, mine)
        if log_ratio.size < LEAST_UNITS:
            continue
        found = spread(log_ratio, variance, LEVEL)
        made.append(
            BoardSpread(
                indicator_id=indicator,
                period_start=date(int(year), 1, 1),
                geography_id=rows.geography_id,
                stratum=stratum,
                boards=int(log_ratio.size),
                is_mix_adjusted=bool(boards.adjusted[mine][0]),
                tau=found.tau,
                tau_lower=found.lower,
                tau_upper=found.upper,
            )
        )
    return made


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None
