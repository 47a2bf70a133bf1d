"""Refusals of economic assistance: which groups, on what grounds, what changed, what came after.

Estimands 1.1 to 1.10. Full and partial refusals are counted together where it says refusals, as the
indicator does; a household month is refused if any of its decisions was a full refusal.

What does not belong here: how an application's kind and a spell's month are found; the model of
household months has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse, special

from orchestration.analyses.rows import (
    LEAST_BOARDS,
    LEAST_EVENTS,
    LEVEL,
    MOST_ROWS,
    Rows,
    Unidentified,
    enough,
    enough_for,
)
from orchestration.findings.codes import Shortfall
from orchestration.statistics import batched, regression, survival
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.decomposition import kitagawa_strata, product_effects
from orchestration.statistics.funnels import wilson_limits
from orchestration.statistics.labels import distinct, first_rows
from orchestration.statistics.means import moderate
from orchestration.statistics.regression import Cells, cells_of, design_matrix
from orchestration.statistics.resampling import (
    REPLICATES,
    bootstrap_sums,
    cluster_totals,
    design_effect,
    drawn_weights,
    percentile_interval,
)
from orchestration.statistics.standardised import expected_without, standardise_units

ANALYSIS = "refusals"
#: First month of each band of a spell: 1, 2-3, 4-6, 7-12, 13-24, 25 and on.
BANDS = np.array([1, 2, 4, 7, 13, 25])
BAND_NAMES = ("1", "2-3", "4-6", "7-12", "13-24", "25+")
FACTORS = ("households", "months", "decisions", "refusals")
HORIZONS = np.array([1.0, 3.0, 6.0, 12.0])
EVENTS = ("granted", "refused_again")
#: Draws held at once where each has a hazard for every household.
_DRAWS_AT_ONCE = 50
_TAIL = (1.0 - LEVEL) / 2.0
#: A hazard closer to one than this is as good as certain.
_SURE = 1.0 - 1e-12
#: Grounds that are about what the household has, as the registers name them.
ECONOMIC = ("inkomst_over_norm", "tillgangar", "eget_agande_bostad", "kredit_som_inkomst")
#: Ground that the documents ask about, held against the other economic ones.
_COMPARED = "kredit_som_inkomst"


@dataclass(frozen=True, eq=False)
class RefusalMonths:
    """One row a household, benefit month and purpose that was applied for, of two years.

    Codes are numbers from 0 into `names`; -1 is not known. The reported year is the later one.

    Attributes:
        year: (N,), calendar year of the month.
        month: (N,), 1 to 12.
        household: (N,), the same number for a household in both years.
        decisions: (N,), how many decisions.
        full: (N,), of them full refusals.
        partial: (N,), of them partial refusals.
        ground: (N,), of the refusal; -1 where none was refused.
        spell_month: (N,), which month of assistance in a row this is, from 1.
        board: (N,).
        groups: (N,) each: kind, purpose, household_type, housing, obstacle, sex, age_group.
        missing: (N,), applied less granted amount, in kronor of the year.
        names: names of the codes of `groups`, of ``board`` and of ``ground``.
        spell_months: (N,) each: the same as ``spell_month`` had another number of months without
            assistance been let pass, by that number.
    """

    year: IntArray
    month: IntArray
    household: IntArray
    decisions: FloatArray
    full: FloatArray
    partial: FloatArray
    ground: IntArray
    spell_month: IntArray
    board: IntArray
    groups: Mapping[str, IntArray]
    missing: FloatArray
    names: Mapping[str, tuple[str, ...]]
    spell_months: Mapping[int, IntArray] = field(default_factory=dict)

    @property
    def refusals(self) -> FloatArray:
        """(N,), full and partial together."""
        return self.full + self.partial

    @property
    def band(self) -> IntArray:
        """(N,), band of the spell's month, from 0."""
        return np.searchsorted(BANDS, self.spell_month, side="right") - 1


@dataclass(frozen=True, eq=False)
class RefusalReturns:
    """One row a household and month of full refusal, followed until something came of it.

    Attributes:
        household: (N,).
        ground: (N,), codes of ``names["ground"]``.
        kind: (N,), codes of ``names["kind"]``.
        months: (N,), whole months until the event, or until the last delivered month.
        event: (N,), 0 nothing yet, 1 granted, 2 refused again.
        economic: (G,), whether each ground is an economic one.
        names: names of the codes.
    """

    household: IntArray
    ground: IntArray
    kind: IntArray
    months: FloatArray
    event: IntArray
    economic: BoolArray
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Prices:
    """What the norm and the prices were, as published; each as (the year before, the year).

    Attributes:
        norm: the national norm of assistance.
        prices: what it is to pay for.
    """

    norm: tuple[float, float]
    prices: tuple[float, float]


def analyse(
    year: int,
    geography_id: str,
    months: RefusalMonths | Shortfall,
    returns: RefusalReturns | None = None,
    grounds: "GroundHistory | None" = None,
    *,
    prices: Prices | None = None,
    replicates: int = REPLICATES,
) -> Rows:
    """All estimands of one year against the year before.

    Args:
        year: the reported year.
        geography_id: where.
        months: what is lacking where there are none.
        returns: None where nothing can be followed.
        grounds: refusals by ground of all years; None where there is no history.
        prices: None where either is not published for both years.
        replicates: draws of households.
    """
    rows = Rows(ANALYSIS, year, geography_id)
    if not isinstance(months, Shortfall) and months.year.size > MOST_ROWS:
        months = Shortfall.TOO_MANY_ROWS
    if isinstance(months, Shortfall):
        for number in range(1, 11):
            rows.add(f"1.{number}", None, unit="share", method_id="counts", shortfall=months)
        return rows
    now = months.year == year
    households = int(months.household.max(initial=-1)) + 1
    _rates(rows, months, now, households, replicates)
    changes = ("1.2", "1.3", "1.4", "1.4_any")
    if np.any(months.year == year - 1) and now.any():
        with rows.attempt("1.2", unit="count", method_id="das_gupta", since=year - 1):
            factors(rows, months, replicates)
        with rows.attempt("1.3", unit="share", method_id="kitagawa", since=year - 1):
            _composition(rows, months, year, households, replicates)
        with rows.attempt("1.4", "1.4_any", unit="share", method_id="hazard", since=year - 1):
            spells(rows, months, replicates)
        with rows.attempt("1.4_sensitivity", unit="share", method_id="hazard", since=year - 1):
            for gap, spell_month in months.spell_months.items():
                other = replace(months, spell_month=spell_month)
                spells(rows, other, min(replicates, 199), gap=gap)
    else:
        lacking = Shortfall.NO_EARLIER if now.any() else Shortfall.NOBODY
        for estimand in changes:
            rows.add(estimand, None, unit="share", method_id="hazard", shortfall=lacking)
    with rows.attempt("1.5", unit="ratio", method_id="hazard"):
        bands(rows, months)
    with rows.attempt("1.6", unit="ratio", method_id="ratio_of_ratios", since=year - 1):
        if grounds is None:
            raise Unidentified(Shortfall.NO_EARLIER)
        new_groups(rows, grounds)
    with rows.attempt("1.7", unit="share", method_id="aalen_johansen"):
        if returns is None:
            raise Unidentified(Shortfall.NOT_FOLLOWED)
        after_refusal(rows, returns, replicates)
    with rows.attempt("1.8", unit="ratio", method_id="board_standardised"):
        boards(rows, months)
    with rows.attempt("1.9", unit="kr", method_id="counts"):
        _money(rows, months, now)
    with rows.attempt("1.10", unit="ratio", method_id="published", since=year - 1):
        norm_and_prices(rows, prices)
    return rows


def norm_and_prices(rows: Rows, prices: Prices | None) -> None:
    """1.10: how the norm grew against the prices; below one it buys less than it did.

    Raises:
        Unidentified: either is not published, or is not positive.
    """
    if prices is None or min(*prices.norm, *prices.prices) <= 0:
        raise Unidentified(Shortfall.NO_COLUMN)
    (norm_then, norm), (then, now) = prices.norm, prices.prices
    rows.add(
        "1.10",
        norm / norm_then / (now / then),
        unit="ratio",
        method_id="published",
        since=rows.year - 1,
    )


def _rates(
    rows: Rows, months: RefusalMonths, now: BoolArray, households: int, replicates: int
) -> None:
    """1.1: refused decisions, household months and households, whole and by group."""
    groups = {"total": np.zeros(now.size, dtype=np.int64), **months.groups, "board": months.board}
    groups["spell_band"] = months.band
    names = {**months.names, "total": ("total",), "spell_band": BAND_NAMES}
    of_month = months.household * 12 + months.month - 1
    tables = []
    for breakdown, codes in groups.items():
        inside = now & (codes >= 0)
        who, code = months.household[inside], codes[inside]
        shape = (households, 2 * len(names[breakdown]))
        events = cluster_totals(who, 2 * code, months.refusals[inside], shape)
        tables.append(events + cluster_totals(who, 2 * code + 1, months.decisions[inside], shape))
    # The same households are drawn for every group.
    drawn_together = bootstrap_sums(
        sparse.hstack(tables).tocsr(), rows.random(), min(replicates, 199)
    )
    ends = np.cumsum([table.shape[1] for table in tables])[:-1]
    for (breakdown, codes), totals, drawn in zip(
        groups.items(), tables, np.split(drawn_together, ends, axis=1), strict=True
    ):
        of, inside = names[breakdown], now & (codes >= 0)
        sums = np.asarray(totals.sum(axis=0), dtype=np.float64).ravel()
        for at, category in enumerate(of):
            y, n = sums[2 * at], sums[2 * at + 1]
            mine = inside & (codes == at)
            keys, place = distinct(of_month[mine])
            refused = np.bincount(place, months.full[mine]) > 0
            # A household's months are not as many households.
            apart = _spread_of(refused, distinct(keys // 12)[1])
            home = distinct(months.household[mine])[1]
            any_refused = np.bincount(home, months.refusals[mine]) > 0
            group = (breakdown, category)
            _share(rows, "1.1", (y, n), group, drawn[:, 2 * at : 2 * at + 2])
            for estimand, seen, spread in (
                ("1.1_months", refused, apart),
                ("1.1_households", any_refused, None),
            ):
                counts = (float(seen.sum()), float(seen.size))
                _share(rows, estimand, counts, group, spread=spread)


def _spread_of(events: BoolArray, cluster: IntArray) -> float | None:
    """Standard error of a share of rows that come in clusters, by linearising the ratio."""
    if events.size == 0:
        return None
    surplus = np.bincount(cluster, events) - events.mean() * np.bincount(cluster)
    return float(np.sqrt(np.square(surplus).sum()) / events.size)


def _share(
    rows: Rows,
    estimand: str,
    counts: tuple[float, float],
    group: tuple[str, str],
    drawn: FloatArray | None = None,
    *,
    spread: float | None = None,
) -> None:
    """A share by Wilson, of as many rows as the spread of households says that they are worth."""
    y, n = counts[0], max(counts[1], 1.0)
    lacking, share = _lacking(counts[1], y), y / n
    effect = 1.0
    if lacking is None and drawn is not None and y < n:
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = percentile_interval(drawn[:, 0] / drawn[:, 1], LEVEL).standard_error
    if lacking is None and spread is not None and 0 < y < n:
        effect = float(np.fmax(design_effect(spread, share, n), 1.0))
    low, high = wilson_limits(np.array([y / effect]), np.array([n / effect]), _TAIL)
    error = float(np.sqrt(effect * share * max(1.0 - share, 0.0) / n))
    rows.add(
        estimand,
        share,
        (float(low[0]), float(high[0]), error),
        unit="share",
        method_id="wilson",
        breakdown=group[0],
        category=group[1],
        observations=counts[1],
        events=y,
        drawn=drawn is not None,
        shortfall=lacking,
    )
    if lacking is None and drawn is not None and group[0] == "total":
        rows.add(
            "1.1_design_effect",
            effect,
            unit="ratio",
            method_id="cluster_bootstrap",
            observations=n,
            events=y,
            drawn=True,
        )


def _lacking(observations: float, events: float) -> Shortfall | None:
    try:
        enough(observations, events)
    except Unidentified as lacking:
        return lacking.shortfall
    return None


def factors(rows: Rows, months: RefusalMonths, replicates: int) -> None:
    """1.2: households x months applied x decisions a month x refusals a decision.

    Raises:
        Unidentified: a year has no refusal at all.
    """
    year, households = rows.year, int(months.household.max()) + 1
    second = (months.year == year).astype(np.int64)
    first_row = np.zeros(months.year.size)
    keys = second * households + months.household
    first_row[first_rows(distinct(keys)[1])] = 1.0
    month_keys = (second * households + months.household) * 12 + months.month - 1
    new_month = np.zeros(months.year.size)
    new_month[first_rows(distinct(month_keys)[1])] = 1.0
    values = (first_row, new_month, months.decisions, months.refusals)
    who = np.tile(months.household, 4)
    cells = np.concatenate([4 * second + at for at in range(4)])
    totals = cluster_totals(who, cells, np.concatenate(values), (households, 8))
    sums = np.asarray(totals.sum(axis=0), dtype=np.float64)[None]
    if np.any(sums == 0):
        raise Unidentified(Shortfall.FEW_EVENTS)
    found = _effects(sums)[0]
    drawn = _effects(bootstrap_sums(totals, rows.random(), replicates))
    before, after = float(sums[0, 3]), float(sums[0, 7])
    for at, factor in enumerate(FACTORS):
        rows.drawn(
            "1.2",
            float(found[at]),
            drawn[:, at],
            category=factor,
            observations=float(sums[0, 6]),
            events=after,
            unit="count",
            method_id="das_gupta",
            breakdown="factor",
            since=year - 1,
        )
    rows.drawn(
        "1.2",
        after - before,
        drawn.sum(axis=1),
        unit="count",
        method_id="das_gupta",
        since=year - 1,
        observations=float(sums[0, 6]),
        events=after,
    )


def _effects(sums: FloatArray) -> FloatArray:
    """Parts of each factor from sums of households, months, decisions and refusals; (R, 4)."""
    pair = sums.reshape(-1, 2, 4)
    factors = np.concatenate([pair[..., :1], pair[..., 1:] / pair[..., :-1]], axis=-1)
    return product_effects(factors[:, 0], factors[:, 1])


def _composition(
    rows: Rows, months: RefusalMonths, year: int, households: int, replicates: int
) -> None:
    """1.3: what of the change in the rate is another mix of cases; for each ground too."""
    second = (months.year == year).astype(np.int64)
    strata = cells_of(
        {"band": months.band}
        | {name: months.groups[name] for name in ("kind", "purpose", "household_type")}
    )
    k, grounds = strata.number, len(months.names["ground"])
    shape = (households, 2 * k)
    cell = second * k + strata.of_row
    random = rows.random()
    of_each = [np.ones(cell.size, dtype=bool), *(months.ground == g for g in range(grounds))]
    weighted = [months.refusals * mine for mine in of_each]
    # One draw of households for the size and for every ground, so that they belong together.
    everything = cluster_totals(
        np.tile(months.household, 1 + len(weighted)),
        np.concatenate([cell + 2 * k * at for at in range(1 + len(weighted))]),
        np.concatenate([months.decisions, *weighted]),
        (shape[0], 2 * k * (1 + len(weighted))),
    )
    sums = np.asarray(everything.sum(axis=0), dtype=np.float64)[None]
    drawn = bootstrap_sums(everything, random, min(replicates, 199))
    for at, category in enumerate(("total", *months.names["ground"])):
        found, again = (_mix_and_rates(each, k, at) for each in (sums, drawn))
        events = float(sums[0, 2 * k * (at + 1) :][: 2 * k].sum())
        for part, (value, draws) in enumerate(zip(found, again, strict=True)):
            name = ("1.3_composition", "1.3_rate")[part]
            if events < LEAST_EVENTS:
                rows.add(
                    name,
                    None,
                    unit="share",
                    method_id="kitagawa",
                    breakdown="ground",
                    category=category,
                    since=year - 1,
                    events=events,
                    shortfall=Shortfall.FEW_EVENTS,
                )
                continue
            rows.drawn(
                name,
                float(value[0]),
                draws,
                unit="share",
                method_id="kitagawa",
                breakdown="total" if at == 0 else "ground",
                category=category,
                since=year - 1,
                observations=float(sums[0, : 2 * k].sum()),
                events=events,
            )


def _mix_and_rates(sums: FloatArray, k: int, at: int) -> tuple[FloatArray, FloatArray]:
    size, events = sums[:, : 2 * k], sums[:, 2 * k * (at + 1) : 2 * k * (at + 2)]
    parts = kitagawa_strata(size[:, :k], events[:, :k], size[:, k:], events[:, k:])
    return parts.composition.sum(axis=1), parts.rates.sum(axis=1)


@dataclass(frozen=True, eq=False)
class _HouseholdMonths:
    household: IntArray
    refused: FloatArray
    cells: Cells


def _household_months(months: RefusalMonths, kept: BoolArray) -> _HouseholdMonths:
    """One row a household and month, in cells of the year, band and covariates."""
    key = (months.year * 12 + months.month - 1) * (int(months.household.max()) + 1)
    key = (key + months.household)[kept]
    place = distinct(key)[1]
    first = first_rows(place)
    refused = (np.bincount(place, months.full[kept]) > 0).astype(np.float64)
    columns = {"year": months.year, "band": months.band} | {
        name: months.groups[name] for name in ("household_type", "housing", "obstacle")
    }
    return _HouseholdMonths(
        months.household[kept][first],
        refused,
        cells_of({name: column[kept][first] for name, column in columns.items()}),
    )


def spells(rows: Rows, months: RefusalMonths, replicates: int, *, gap: int | None = None) -> None:
    """1.4: the rise there would have been with last year's hazards and this year's spells.

    Args:
        rows: where the estimates go.
        months: two years.
        replicates: draws of households.
        gap: months without assistance that were let pass in a spell, where it is a sensitivity.

    Raises:
        Unidentified: there are too few refusals.
        ValueError: the regression cannot be fitted.
    """
    year, households = rows.year, int(months.household.max()) + 1
    seen = _household_months(months, np.ones(months.year.size, dtype=bool))
    cells = seen.cells
    design = design_matrix(
        "C(year) * C(band) + C(household_type) + C(housing) + C(obstacle)", cells.levels
    )
    shape = (households, cells.number)
    events = cluster_totals(seen.household, cells.of_row, seen.refused, shape)
    trials = cluster_totals(seen.household, cells.of_row, np.ones(seen.refused.size), shape)
    number, happened = float(seen.refused.size), float(seen.refused.sum())
    enough_for(happened, design.matrix.shape[1])
    # The year's columns are those of the later one and its products with the bands: with nought in
    # all of them a cell is of the earlier year.
    earlier = design.matrix.copy()
    earlier[:, design.columns("C(year)")] = 0.0
    rise = _Rise(trials, design.matrix, earlier, cells.levels["year"] == year, cells.levels["band"])
    y, n = (np.asarray(each.sum(axis=0), dtype=np.float64)[None] for each in (events, trials))
    main = batched.logistic(y, n, design.matrix)
    of_any = gap is None
    found = rise.parts(main, np.ones((1, households)), n, of_any=of_any)
    random, drawn = rows.random(), []
    for start in range(0, replicates, _DRAWS_AT_ONCE):
        weights = drawn_weights(random, households, min(_DRAWS_AT_ONCE, replicates - start))
        again = [np.asarray(each.T @ weights.T, dtype=np.float64).T for each in (events, trials)]
        beta = batched.logistic(
            again[0], again[1], design.matrix, main[0], settled=batched.SETTLED_DRAW
        )
        drawn.append(rise.parts(beta, weights, again[1], of_any=of_any))
    parts = np.concatenate(drawn, axis=1)
    if gap is not None:
        _other_gap(rows, (found[:, 0], parts), gap, (number, happened))
        return
    for at, name in enumerate(("1.4", "1.4_any")):
        (whole, part), (again_whole, again_part) = found[2 * at :][:2, 0], parts[2 * at :][:2]
        stable = not percentile_interval(again_whole, LEVEL).covers(0.0)
        for label, value, draws in (
            (f"{name}_rise", whole, again_whole),
            (f"{name}_spells", part, again_part),
            (name, part / whole if stable else np.nan, again_part / again_whole),
        ):
            if label == name and not stable:
                rows.add(
                    label,
                    None,
                    unit="share",
                    method_id="hazard",
                    since=year - 1,
                    observations=number,
                    events=happened,
                    shortfall=Shortfall.NO_CHANGE,
                )
                continue
            rows.drawn(
                label,
                float(value),
                draws,
                unit="share",
                method_id="hazard",
                since=year - 1,
                observations=number,
                events=happened,
            )


def _other_gap(
    rows: Rows,
    parts: tuple[FloatArray, FloatArray],
    gap: int,
    counts: tuple[float, float],
) -> None:
    """1.4 had a spell ended by another number of months; a sensitivity."""
    (whole, part), (again_whole, again_part) = parts
    if percentile_interval(again_whole, LEVEL).covers(0.0):
        rows.add(
            "1.4_sensitivity",
            None,
            unit="share",
            method_id="hazard",
            breakdown="spell_gap",
            category=str(gap),
            since=rows.year - 1,
            sensitivity_of="1.4",
            observations=counts[0],
            events=counts[1],
            shortfall=Shortfall.NO_CHANGE,
        )
        return
    rows.drawn(
        "1.4_sensitivity",
        float(part / whole),
        again_part / again_whole,
        unit="share",
        method_id="hazard",
        breakdown="spell_gap",
        category=str(gap),
        since=rows.year - 1,
        sensitivity_of="1.4",
        observations=counts[0],
        events=counts[1],
    )


@dataclass(frozen=True, eq=False)
class _Rise:
    """What a rise in refusals consists of, given hazards.

    Attributes:
        trials: (G, C), months of each household in each cell.
        design: (C, P).
        earlier: (C, P), had every cell been of the earlier year.
        later: (C,), whether a cell is of the later year.
        band: (C,), of the spell.
    """

    trials: sparse.csr_array
    design: FloatArray
    earlier: FloatArray
    later: BoolArray
    band: IntArray

    def parts(
        self, beta: FloatArray, weights: FloatArray, sizes: FloatArray, *, of_any: bool
    ) -> FloatArray:
        """(4, R): rise in the rate and its part by spells; the same of any refusal in the year.

        Args:
            beta: (R, P).
            weights: (R, G), times each household was drawn.
            sizes: (R, C), months in each cell then.
            of_any: whether that of any refusal is asked for; only the first two else.
        """
        own, before = (special.expit(beta @ each.T) for each in (self.design, self.earlier))
        then, now = sizes * ~self.later, sizes * self.later
        rate_then = (then * own).sum(axis=1) / then.sum(axis=1)
        rate_now = (now * own).sum(axis=1) / now.sum(axis=1)
        swapped = regression.mixture_swapped(before, then, now, self.band)
        of_rate = [rate_now - rate_then, swapped - rate_then]
        if not of_any:
            return np.stack(of_rate)
        any_then = self._any(own, weights, ~self.later)
        any_now = self._any(own, weights, self.later)
        any_swapped = self._any(before, weights, self.later)
        return np.stack([*of_rate, any_now - any_then, any_swapped - any_then])

    def _any(self, hazards: FloatArray, weights: FloatArray, year: BoolArray) -> FloatArray:
        """Share of a year's households with any refusal, by their months' hazards; (R,)."""
        table = self.trials[:, np.flatnonzero(year)]
        there = np.asarray(table.sum(axis=1)).ravel() > 0
        lasting = table[np.flatnonzero(there)] @ np.log1p(-np.minimum(hazards[:, year], _SURE)).T
        of = weights[:, there]
        return np.asarray(((1.0 - np.exp(lasting.T)) * of).sum(axis=1) / of.sum(axis=1))


def bands(rows: Rows, months: RefusalMonths) -> None:
    """1.5: odds of a refusal by how long one has had assistance; and within households.

    Raises:
        Unidentified: there are too few refusals.
    """
    households = int(months.household.max()) + 1
    seen = _household_months(months, np.ones(months.year.size, dtype=bool))
    formula = "C(year) + C(household_type) + C(housing) + C(obstacle)"
    shape = (households, seen.cells.number)
    tables = [
        cluster_totals(seen.household, seen.cells.of_row, each, shape)
        for each in (seen.refused, np.ones(seen.refused.size))
    ]
    design = design_matrix(f"C(band) + {formula}", seen.cells.levels)
    enough_for(float(seen.refused.sum()), design.matrix.shape[1])
    fit = regression.fit_clustered_logistic(tables[0], tables[1], design.matrix)
    band = seen.cells.levels["band"]
    present = [b for b in range(1, BANDS.size) if np.any(band == b)]
    errors = fit.standard_errors
    for b, at in zip(present, design.columns("C(band)"), strict=True):
        _odds(rows, "1.5", (fit.coefficients[at], errors[at]), seen, band=b)
    line = design_matrix(f"band + {formula}", seen.cells.levels)
    trend = regression.fit_clustered_logistic(tables[0], tables[1], line.matrix)
    (at,) = line.columns("band")
    _odds(rows, "1.5_trend", (trend.coefficients[at], trend.standard_errors[at]), seen)
    with rows.attempt("1.5_within", unit="ratio", method_id="conditional_logit"):
        own = band[seen.cells.of_row]
        columns = np.column_stack([own == b for b in present]).astype(np.float64)
        beta, covariance = regression.conditional_logit(
            seen.household, seen.refused.astype(np.int64), columns
        )
        for b, value, error in zip(present, beta, np.sqrt(np.diag(covariance)), strict=True):
            _odds(rows, "1.5_within", (value, error), seen, band=b)


def _odds(
    rows: Rows,
    estimand: str,
    value_and_error: tuple[float, float],
    seen: _HouseholdMonths,
    *,
    band: int | None = None,
) -> None:
    value, error = value_and_error
    found = survival.normal_contrast(float(value), float(error), LEVEL)
    within = estimand == "1.5_within"
    rows.add(
        estimand,
        float(np.exp(found.estimate)),
        (float(np.exp(found.lower)), float(np.exp(found.upper)), found.standard_error),
        unit="ratio",
        method_id="conditional_logit" if within else "hazard",
        breakdown="total" if band is None else "spell_band",
        category="total" if band is None else BAND_NAMES[band],
        observations=float(seen.refused.size),
        events=float(seen.refused.sum()),
        p_value=found.p_value,
        sensitivity_of="1.5" if within else None,
    )


@dataclass(frozen=True, eq=False)
class GroundHistory:
    """Refusals by year and ground.

    Attributes:
        counts: (Y, G), years in order, the last one reported.
        grounds: names of the grounds.
        suspected: the grounds that new groups would be refused on.
    """

    counts: FloatArray
    grounds: tuple[str, ...]
    suspected: tuple[str, ...] = ("eget_agande_bostad", "kredit_som_inkomst", "tillgangar")


#: Earlier pairs of years that a contrast's own error needs.
_LEAST_PAIRS = 3


def new_groups(rows: Rows, history: GroundHistory) -> None:
    """1.6: how much more each suspected ground rose than the others, and whether it ever did.

    Raises:
        Unidentified: there are too few earlier years, or refusals.
    """
    suspected = np.array([name in history.suspected for name in history.grounds])
    counts = history.counts
    if counts.shape[0] - 2 < _LEAST_PAIRS:
        raise Unidentified(Shortfall.NO_EARLIER)
    if counts.min() < LEAST_EVENTS:
        raise Unidentified(Shortfall.FEW_EVENTS)
    change = np.diff(np.log(counts), axis=0)
    common = np.diff(np.log(counts[:, ~suspected].sum(axis=1)))
    contrast = change[:, suspected] - common[:, None]
    earlier = contrast[:-1]
    pairs = np.full(contrast.shape[1], float(earlier.shape[0]))
    # Nothing but chance and passing causes lies in an earlier pair: its mean is taken as nought.
    steady = moderate(np.square(earlier).mean(axis=0), pairs)
    error, df = np.sqrt(steady.variance), np.minimum(steady.df, 1e6)
    reach = special.stdtrit(df, (1 + LEVEL) / 2) * error
    for at, name in enumerate(np.array(history.grounds)[suspected]):
        value = contrast[-1, at]
        rows.add(
            "1.6",
            float(np.exp(value)),
            (float(np.exp(value - reach[at])), float(np.exp(value + reach[at])), float(error[at])),
            unit="ratio",
            method_id="ratio_of_ratios",
            breakdown="ground",
            category=str(name),
            since=rows.year - 1,
            events=float(counts[-1, suspected][at]),
            p_value=float(2 * special.stdtr(df[at], -abs(value) / error[at])),
            verdict="unprecedented" if abs(value) > np.abs(earlier[:, at]).max() else None,
        )


def after_refusal(rows: Rows, returns: RefusalReturns, replicates: int) -> None:
    """1.7: what had come of a refusal after so many months, by ground and by kind.

    Raises:
        Unidentified: nobody was refused.
    """
    if returns.household.size == 0:
        raise Unidentified(Shortfall.NOBODY)
    groups = {("total", "total"): np.ones(returns.event.size, dtype=bool)}
    for breakdown, codes in (("ground", returns.ground), ("kind", returns.kind)):
        for at, name in enumerate(returns.names[breakdown]):
            groups[breakdown, name] = codes == at
    for (breakdown, category), mine in groups.items():
        _returns_of(rows, returns, mine, (breakdown, category), replicates)
    economic = (returns.ground >= 0) & returns.economic[np.maximum(returns.ground, 0)]
    credit = returns.ground == returns.names["ground"].index(_COMPARED)
    with rows.attempt("1.7_contrast", unit="ratio", method_id="subdistribution"):
        own, own_drawn = _returned(rows, returns, credit, replicates)
        other, other_drawn = _returned(rows, returns, economic & ~credit, replicates)
        # Any new application: whatever is not none at all, at the last horizon.
        ratio = survival.subdistribution_contrast(1 - own[-1, 2], 1 - other[-1, 2])
        draws = survival.subdistribution_contrast(
            1 - own_drawn[:, -1, 2], 1 - other_drawn[:, -1, 2]
        )
        rows.drawn(
            "1.7_contrast",
            float(np.exp(ratio)),
            np.exp(draws),
            unit="ratio",
            method_id="subdistribution",
            breakdown="ground",
            category=_COMPARED,
        )


def _returns_of(
    rows: Rows, returns: RefusalReturns, mine: BoolArray, group: tuple[str, str], replicates: int
) -> None:
    labels = [
        (h, k, f"1.7_{name}_{int(horizon)}")
        for h, horizon in enumerate(HORIZONS)
        for k, name in enumerate((*EVENTS, "no_application"))
    ]
    number, events = float(mine.sum()), float((returns.event[mine] > 0).sum())
    try:
        found, drawn = _returned(rows, returns, mine, replicates)
    except Unidentified as lacking:
        for _, _, label in labels:
            rows.add(
                label,
                None,
                unit="share",
                method_id="aalen_johansen",
                breakdown=group[0],
                category=group[1],
                observations=number,
                events=events,
                shortfall=lacking.shortfall,
            )
        return
    for h, k, label in labels:
        rows.drawn(
            label,
            float(found[h, k]),
            drawn[:, h, k],
            unit="share",
            method_id="aalen_johansen",
            observations=number,
            events=events,
            breakdown=group[0],
            category=group[1],
        )


def _returned(
    rows: Rows, returns: RefusalReturns, mine: BoolArray, replicates: int
) -> tuple[FloatArray, FloatArray]:
    """Shares at the horizons, (H, 3), and their draws, (R, H, 3): events, then no application.

    Raises:
        Unidentified: there are too few, or none was followed to the last horizon.
    """
    enough(float(mine.sum()), float((returns.event[mine] > 0).sum()))
    if returns.months[mine].max() < HORIZONS[-1]:
        raise Unidentified(Shortfall.NOT_FOLLOWED)
    household = distinct(returns.household[mine])[1]
    beyond = returns.months[mine] > HORIZONS[-1]
    event = np.where(beyond, 0, returns.event[mine])
    times, place = np.unique(
        np.minimum(returns.months[mine], HORIZONS[-1] + 1.0), return_inverse=True
    )
    table = cluster_totals(
        household, place * 3 + event, np.ones(event.size), (household.max() + 1, times.size * 3)
    )
    seen = np.asarray(table.sum(axis=0), dtype=np.float64)[None]
    shares = []
    for sums in (seen, bootstrap_sums(table, rows.random(), replicates)):
        counts = survival.of_table(times, sums.reshape(-1, times.size, 3))
        share = survival.at_horizons(times, survival.incidence(counts), HORIZONS)
        shares.append(np.concatenate([share, 1 - share.sum(axis=-1, keepdims=True)], axis=-1))
    return shares[0][0], shares[1]


def boards(rows: Rows, months: RefusalMonths) -> None:
    """1.8: each board's refusals against what its own cases would have met among the others.

    Raises:
        Unidentified: there are too few boards, or refusals.
    """
    inside = (months.year == rows.year) & (months.board >= 0)
    households = int(months.household.max(initial=-1)) + 1
    present, board = distinct(months.board[inside])
    if present.size < LEAST_BOARDS:
        raise Unidentified(Shortfall.FEW_GROUPS)
    columns = {"board": board, "band": months.band[inside]}
    columns |= {name: codes[inside] for name, codes in months.groups.items()}
    cells = cells_of(columns)
    events = cells.totals(np.minimum(months.refusals, months.decisions)[inside])
    trials = cells.totals(months.decisions[inside])
    formula = " + ".join(f"C({name})" for name in columns if name != "board")
    design = design_matrix(formula, cells.levels)
    enough_for(float(events.sum()), design.matrix.shape[1])
    of = cells.levels["board"]
    beta = batched.logistic(events[None], trials[None], design.matrix)[0]
    expected = expected_without(of, events, trials, design.matrix, present.size, everyone=beta)
    observed = np.bincount(of, events, minlength=present.size)
    # Households are clusters: the spread of each household's surplus, not of its decisions.
    share = special.expit(design.matrix @ beta)[cells.of_row]
    surplus = (
        np.minimum(months.refusals, months.decisions)[inside] - share * months.decisions[inside]
    )
    home = cluster_totals(months.household[inside], board, surplus, (households, present.size))
    variance = np.asarray(home.power(2).sum(axis=0), dtype=np.float64)
    found = standardise_units(observed.astype(np.float64), expected, variance, LEVEL)
    names = tuple(months.names["board"][at] for at in present)
    rows.add_boards("refusals", names, found)
    for at, name in enumerate(names):
        rows.add(
            "1.8",
            float(found.ratio[at]),
            (float(found.lower[at]), float(found.upper[at]), float("nan")),
            unit="ratio",
            method_id="board_standardised",
            breakdown="board",
            category=name,
            observations=float(trials[of == at].sum()),
            events=float(observed[at]),
            p_value=float(found.p_values[at]),
            q_value=float(found.q_values[at]),
            verdict=rows.boards[at - len(names)].verdict,
        )


def _money(rows: Rows, months: RefusalMonths, now: BoolArray) -> None:
    """1.9: what was applied for and not granted, by ground; no test."""
    refused = now & (months.refusals > 0)
    whole = [("total", "total", refused)]
    whole += [
        ("ground", name, refused & (months.ground == at))
        for at, name in enumerate(months.names["ground"])
    ]
    for breakdown, category, mine in whole:
        amounts = months.missing[mine]
        lacking = _lacking(amounts.size, amounts.size)
        for name, value in (("1.9_sum", np.sum), ("1.9_median", np.median)):
            rows.add(
                name,
                None if lacking else float(value(amounts)),
                unit="kr",
                method_id="counts",
                breakdown=breakdown,
                category=category,
                observations=float(amounts.size),
                shortfall=lacking,
            )
