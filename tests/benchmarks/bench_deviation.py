"""Size, power, speed and hit rate of the deviation engine, beside what others use.

    python tests/benchmarks/bench_deviation.py size --series 3000
    python tests/benchmarks/bench_deviation.py monthly | speed | cities | discoveries | boards
    python tests/benchmarks/bench_deviation.py calibration --warehouse var/warehouse.duckdb
    pytest tests/benchmarks/bench_deviation.py -s

Everything is simulated with fixed seeds and printed as Markdown tables;
`docs/deviation-method.md` holds what they printed. A series' level is a log random walk with a
yearly volatility, and its counts are Poisson: a corner of the family that the engine assumes. What
it does outside that family is measured in `bench_engine.py`.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from scipy import special, stats

from orchestration.deviation.assess import assess
from orchestration.deviation.pools import in_scope, judge_series
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import Kind, Outcome
from orchestration.flow.marts import read_series
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import (
    Area,
    Driver,
    ExplanationKind,
    Indicator,
    Measure,
    NaturalExplanation,
    Polarity,
    Relation,
)
from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.districts import leave_one_out_counts
from orchestration.statistics.filters import GammaPoisson
from orchestration.statistics.monthly import farrington
from orchestration.statistics.multiplicity import benjamini_hochberg
from orchestration.statistics.places import PlacesSettings, compare_places
from orchestration.statistics.pooled import judge
from tests.benchmarks.r_surveillance import peer
from tests.benchmarks.tables import keep, say, shown, table
from tests.panels import whole_panel

SETTINGS = DeviationSettings()
NOMINAL = 0.05
#: Standard deviations beyond which a statistic alarms, at a nominal five per cent.
ALARM = 1.959964
LOWEST, HIGHEST = 0.035, 0.065
YEARS = (2, 3, 5, 10, 15)
MEANS = (5, 20, 200, 2000)
VOLATILITIES: dict[str, tuple[float, ...]] = {
    "0": (0.0,),
    "0.05": (0.05,),
    "0.12": (0.12,),
    "mixed": (0.0, 0.03, 0.08, 0.15),
}
EFFECTS = (0.15, -0.15, 0.25, -0.25, -0.70)
SPEED_LIMIT_SECONDS = 2.0

#: A test: from histories (S, T), and tested values (S,), to how surprising they are (S,).
Surprise = Callable[[FloatArray, FloatArray], FloatArray]


def simulate(
    rng: np.random.Generator, series: int, years: int, mean: float, volatilities: Sequence[float]
) -> tuple[FloatArray, FloatArray]:
    """Histories, and the level of the tested year.

    Args:
        rng: generator.
        series: how many.
        years: of history.
        mean: level of the first year.
        volatilities: yearly log-volatilities that occur equally often.

    Returns:
        Counts (S, T) and levels (S,).
    """
    sigma = rng.choice(np.asarray(volatilities), series)[:, None]
    steps = rng.normal(0, 1, (series, years + 1)) * sigma
    steps[:, 0] = 0
    level = mean * np.exp(np.cumsum(steps, axis=1))
    return rng.poisson(level[:, :-1]).astype(np.float64), level[:, -1]


def engine_p_values(history: FloatArray, tested: FloatArray) -> FloatArray:
    """The engine's two-sided p-values of a pool, volatility mixture fitted on history."""
    panel = whole_panel(np.column_stack([history, tested]))
    names = ["register"] * panel.df.size
    judged = judge(GammaPoisson(SETTINGS.prior_shape), panel, names, names, SETTINGS.counted)
    return judged.prediction.p_values()


def engine(history: FloatArray, tested: FloatArray) -> FloatArray:
    """Surprise of the engine, in standard deviations."""
    p = np.maximum(engine_p_values(history, tested), 1e-300)
    return np.asarray(-special.ndtri(p / 2), dtype=np.float64)


def two_point(history: FloatArray, tested: FloatArray) -> FloatArray:
    """Exact conditional test of the last two counts."""
    both = history[:, -1] + tested
    low = stats.binom.cdf(tested, both, 0.5)
    high = stats.binom.sf(tested - 1, both, 0.5)
    tail = np.clip(np.minimum(low, high), 1e-300, 0.5)
    return np.asarray(-special.ndtri(tail), dtype=np.float64)


def z_without(history: FloatArray, tested: FloatArray) -> FloatArray:
    """Standard score against the history's own mean and spread."""
    return _standard_score(history, tested)


def z_within(history: FloatArray, tested: FloatArray) -> FloatArray:
    """The same with the tested value in its own baseline."""
    return _standard_score(np.column_stack([history, tested]), tested)


def _standard_score(baseline: FloatArray, tested: FloatArray) -> FloatArray:
    spread = baseline.std(axis=1, ddof=1)
    gap = np.abs(tested - baseline.mean(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        score: FloatArray = np.where(gap == 0, 0.0, gap / spread)
    return score


def xmr(history: FloatArray, tested: FloatArray) -> FloatArray:
    """Distance from the mean in limits of an XmR chart, times the common alarm line."""
    reach = 2.66 * np.abs(np.diff(history, axis=1)).mean(axis=1)
    gap = np.abs(tested - history.mean(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        distance: FloatArray = np.where(gap == 0, 0.0, ALARM * gap / reach)
    return distance


def poisson_trend(history: FloatArray, tested: FloatArray) -> FloatArray:
    """Poisson regression with a trend (without, on two years), and its prediction's own error."""
    years = history.shape[1]
    time_axis = np.arange(years) - years + 1.0
    design = np.ones((years, 1)) if years < 3 else np.column_stack([np.ones(years), time_axis])
    ahead = np.array([1.0, 1.0])[: design.shape[1]]
    return poisson_regression(history, tested, design, ahead, ridge=1e-9)


def poisson_regression(
    history: FloatArray, tested: FloatArray, past: FloatArray, now: FloatArray, *, ridge: float
) -> FloatArray:
    """How far a value lies from a Poisson regression's forecast, in standard deviations.

    Args:
        history: (S, n), counts.
        tested: (S,), the next ones.
        past: (n, p), what each count is explained by.
        now: (p,), the same of the next one.
        ridge: added to the information, so that a design that a series cannot tell is solved.
    """
    eta = np.log(history + 0.5)
    for _ in range(12):
        mu = np.exp(np.clip(eta, -20, 20))
        information = np.einsum("sn,np,nq->spq", mu, past, past, optimize=True)
        information += ridge * np.eye(now.size)
        score = (mu * eta + history - mu) @ past
        beta = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        eta = beta @ past.T
    expected = np.exp(np.clip(beta @ now, -20, 20))
    line = np.einsum("p,spq,q->s", now, np.linalg.inv(information), now, optimize=True)
    score_of: FloatArray = np.abs(tested - expected) / np.sqrt(expected + expected**2 * line)
    return score_of


COMPETITORS: Mapping[str, Surprise] = {
    "engine": engine,
    "two-point exact": two_point,
    "z without": z_without,
    "z within": z_within,
    "XmR": xmr,
    "Poisson trend": poisson_trend,
}


def power_at_size(null: FloatArray, alternative: FloatArray, size: float = NOMINAL) -> float:
    """Power of a statistic whose alarm line is moved to give exactly that size.

    Ties at the line alarm with the probability that makes the size exact, so that a coarse
    statistic is not judged by its coarseness.
    """
    line = float(np.quantile(null, 1 - size, method="inverted_cdf"))
    above, at = float((null > line).mean()), float((null == line).mean())
    share = (size - above) / at if at else 0.0
    return float((alternative > line).mean() + share * (alternative == line).mean())


@dataclass(frozen=True)
class Cell:
    """One cell of the grid.

    Attributes:
        years: of history.
        mean: level.
        volatility: name of the mixture.
        size: of each competitor at its nominal five per cent.
        power: of each competitor at equal size, for each effect.
    """

    years: int
    mean: float
    volatility: str
    size: Mapping[str, float]
    power: Mapping[str, tuple[float, ...]]


def grid(
    series: int,
    years: Sequence[int] = YEARS,
    means: Sequence[float] = MEANS,
    volatilities: Mapping[str, Sequence[float]] = VOLATILITIES,
    effects: Sequence[float] = EFFECTS,
) -> Iterator[Cell]:
    """Measure size and power, cell by cell, each on series of its own."""
    for year_at, n in enumerate(years):
        for mean in means:
            for at, (name, sigma) in enumerate(volatilities.items()):
                rng = np.random.default_rng([2026, year_at, int(mean), at])
                history, level = simulate(rng, series, n, mean, sigma)
                tested = rng.poisson(level).astype(np.float64)
                changed = [rng.poisson(level * (1 + e)).astype(np.float64) for e in effects]
                size: dict[str, float] = {}
                power: dict[str, tuple[float, ...]] = {}
                for test, surprise in COMPETITORS.items():
                    null = surprise(history, tested)
                    size[test] = float((null > ALARM).mean())
                    power[test] = tuple(power_at_size(null, surprise(history, y)) for y in changed)
                yield Cell(n, mean, name, size, power)


def report_size(series: int, folder: Path | None) -> None:
    """Print size and power over the whole grid."""
    started = time.perf_counter()
    cells = list(grid(series))
    say(f"Size at a nominal 5 %, {series} series a cell; bold outside 3.5-6.5 %.\n")
    rows = []
    for cell in cells:
        size = cell.size["engine"]
        told = shown(size) if LOWEST <= size <= HIGHEST else f"**{shown(size)}**"
        others = [shown(cell.size[name]) for name in list(COMPETITORS)[1:]]
        rows.append([cell.years, f"{cell.mean:g}", cell.volatility, told, *others])
    table(["years", "mean", "sigma", *COMPETITORS], rows)
    kept = [c for c in cells if c.years >= 3]
    missed = [c for c in kept if not LOWEST <= c.size["engine"] <= HIGHEST]
    say(f"Cells with at least 3 years: {len(kept)}; outside 3.5-6.5 %: {len(missed)}.\n")
    say("Mean power at equal size over all cells with at least 3 years, by effect.\n")
    table(
        ["test", *(f"{e:+.0%}" for e in EFFECTS)],
        [
            [name, *(shown(float(np.mean([c.power[name][k] for c in kept]))) for k in range(5))]
            for name in COMPETITORS
        ],
    )
    for title, ways in (("", [(k,) for k in range(5)]), (", both ways", [(0, 1), (2, 3)])):
        behind = [row for cell in kept for way in ways for row in _behind(cell, way, series)]
        say(f"Where a competitor's power at equal size is clearly higher{title}: {len(behind)} of")
        say(f"{len(kept) * len(ways)} comparisons.\n")
        table(["years", "mean", "sigma", "effect", "competitor", "engine", "its power"], behind)
    keep(
        folder,
        "size",
        ["years", "mean", "sigma", "test", "size"],
        [
            [c.years, int(c.mean), c.volatility, name, c.size[name]]
            for c in cells
            for name in COMPETITORS
        ],
    )
    keep(
        folder,
        "power",
        ["effect", "mean", "test", "power"],
        [
            [
                effect,
                int(mean),
                name,
                float(np.mean([c.power[name][k] for c in kept if c.mean == mean])),
            ]
            for k, effect in enumerate(EFFECTS)
            for mean in MEANS
            for name in COMPETITORS
        ],
    )
    say(f"{time.perf_counter() - started:.0f} s")


def _behind(cell: Cell, way: Sequence[int], series: int) -> list[list[object]]:
    """The best competitor, where its power over some effects is clearly above the engine's."""
    power = {name: float(np.mean([cell.power[name][k] for k in way])) for name in COMPETITORS}
    best = max(list(COMPETITORS)[1:], key=power.__getitem__)
    # Twice the standard error of a difference between two tests on the same series.
    if power[best] - power["engine"] <= 2 * np.sqrt(0.25 / series / len(way)):
        return []
    told = "±" + f"{EFFECTS[way[0]]:.0%}" if len(way) > 1 else f"{EFFECTS[way[0]]:+.0%}"
    return [
        [
            *(cell.years, f"{cell.mean:g}", cell.volatility, told, best),
            *(shown(power["engine"]), shown(power[best])),
        ]
    ]


# --- where a competitor seemed ahead --------------------------------------------------------------

#: Cells of the grid in which a competitor was clearly ahead at the first seed, on today's grid of
#: volatilities or on the coarser one before it: years, mean, volatility, effect, competitor.
#: Measured again on series that took no part in choosing them.
AHEAD: tuple[tuple[int, int, str, float, str], ...] = (
    (3, 2000, "mixed", -0.25, "two-point exact"),
    (5, 2000, "0.05", -0.15, "two-point exact"),
    (5, 2000, "mixed", -0.25, "two-point exact"),
    (10, 5, "0", 0.25, "Poisson trend"),
    (10, 5, "0.05", 0.25, "Poisson trend"),
    (10, 20, "0.12", 0.25, "z without"),
    (10, 200, "mixed", 0.15, "z without"),
    (15, 5, "0.05", 0.25, "z without"),
    (15, 5, "0.12", -0.15, "two-point exact"),
    (15, 5, "0.12", 0.25, "XmR"),
    (15, 5, "0.12", -0.25, "two-point exact"),
    (15, 20, "0.12", 0.15, "z without"),
    (15, 20, "0.12", 0.25, "z without"),
    (15, 20, "mixed", 0.25, "z without"),
    (10, 5, "0.12", 0.25, "Poisson trend"),
    (15, 2000, "0.05", 0.15, "two-point exact"),
    (15, 2000, "0.05", -0.15, "two-point exact"),
)


def lead(
    rng: np.random.Generator, series: int, cell: tuple[int, int, str, float, str]
) -> tuple[float, float]:
    """How much more power the engine has than one competitor at equal size.

    Args:
        rng: generator.
        series: how many.
        cell: years, mean, volatility, effect and competitor.

    Returns:
        At the effect, and on average over it and the equally large one the other way.
    """
    years, mean, name, effect, rival = cell
    history, level = simulate(rng, series, years, mean, VOLATILITIES[name])
    tested = rng.poisson(level).astype(np.float64)
    changed = [rng.poisson(level * (1 + e)).astype(np.float64) for e in (effect, -effect)]
    power = []
    for test in (engine, COMPETITORS[rival]):
        null = test(history, tested)
        power.append([power_at_size(null, test(history, y)) for y in changed])
    ahead = np.array(power[0]) - np.array(power[1])
    return float(ahead[0]), float(ahead.mean())


def report_rivals(series: int, batches: int = 10) -> None:
    """Measure again, on fresh series, where a competitor seemed ahead."""
    rows = []
    for at, cell in enumerate(AHEAD):
        leads = np.array(
            [
                lead(np.random.default_rng([2027, at, batch]), series, cell)
                for batch in range(batches)
            ]
        )
        error = leads.std(axis=0, ddof=1) / np.sqrt(batches)
        years, mean, name, effect, rival = cell
        rows.append(
            [
                *(years, mean, name, f"{effect:+.0%}", rival),
                *(f"{m:+.3f} ± {e:.3f}" for m, e in zip(leads.mean(axis=0), error, strict=True)),
            ]
        )
    say(f"The engine's power less the competitor's, {batches} x {series} fresh series a cell.\n")
    table(["years", "mean", "sigma", "effect", "competitor", "this way", "both ways"], rows)


# --- other kinds of measures ---------------------------------------------------------------------

SHARES, TRIALS = (0.05, 0.30), (100, 1_000, 10_000)
PERSONS, PERSONS_CV = (10, 50, 500), 0.6
#: Amounts have no sampling noise, so a yearly volatility of nought would leave nothing to test.
AMOUNT_VOLATILITIES: dict[str, tuple[float, ...]] = {
    "0.02": (0.02,),
    "0.05": (0.05,),
    "0.12": (0.12,),
    "mixed": (0.02, 0.04, 0.08, 0.15),
}


@dataclass(frozen=True)
class FamilyCell:
    """Size of one cell of another family than counts.

    Attributes:
        family: kind of measure.
        years: of history.
        level: proportion, or nan.
        behind: trials or persons behind a value, or nan.
        volatility: name of the mixture.
        down: how often the value is said to be too low, at 2.5 %.
        up: how often too high.
    """

    family: Measure
    years: int
    level: float
    behind: float
    volatility: str
    down: float
    up: float

    @property
    def size(self) -> float:
        """Both sides together, at a nominal five per cent."""
        return self.down + self.up


def random_walk(
    rng: np.random.Generator, series: int, years: int, volatilities: Sequence[float]
) -> FloatArray:
    """Log levels (S, years + 1) from nought, each with a volatility of its own."""
    sigma = rng.choice(np.asarray(volatilities), series)[:, None]
    steps = rng.normal(0, 1, (series, years + 1)) * sigma
    steps[:, 0] = 0
    return np.cumsum(steps, axis=1)


def simulate_proportions(
    rng: np.random.Generator, walk: FloatArray, share: float, trials: int
) -> list[Series]:
    """Proportions whose logit wanders."""
    level = special.expit(special.logit(share) + walk)
    counted = rng.binomial(trials, level).astype(np.float64)
    n = np.full(walk.shape, float(trials))
    nothing = np.full(walk.shape, np.nan)
    return _rows(counted / n, counted, n, nothing, nothing)


def simulate_means(rng: np.random.Generator, walk: FloatArray, persons: int) -> list[Series]:
    """Means of skewed (gamma) values of persons, with the spread that they show."""
    shape = 1.0 / PERSONS_CV**2
    mean, deviation = np.empty(walk.shape), np.empty(walk.shape)
    for year in range(walk.shape[1]):
        values = rng.gamma(shape, 100.0 / shape, (walk.shape[0], persons))
        mean[:, year] = values.mean(axis=1) * np.exp(walk[:, year])
        deviation[:, year] = values.std(axis=1, ddof=1) * np.exp(walk[:, year])
    nothing = np.full(walk.shape, np.nan)
    return _rows(mean, nothing, nothing, deviation, np.full(walk.shape, float(persons)))


def simulate_amounts(rng: np.random.Generator, walk: FloatArray) -> list[Series]:
    """Amounts, which have nothing but their own volatility."""
    nothing = np.full(walk.shape, np.nan)
    start = 1e6 * np.exp(rng.normal(0, 1, (walk.shape[0], 1)))
    return _rows(start * np.exp(walk), nothing, nothing, nothing, nothing)


def _rows(
    value: FloatArray,
    numerator: FloatArray,
    denominator: FloatArray,
    deviation: FloatArray,
    observations: FloatArray,
) -> list[Series]:
    years = np.arange(2024 - value.shape[1], 2024)
    return [
        Series(
            *(f"indicator_{at}", "0180", "total", "total"),
            years=years,
            numerator=numerator[at],
            denominator=denominator[at],
            value=value[at],
            standard_deviation=deviation[at],
            observations=observations[at],
            status=["observed"] * years.size,
        )
        for at in range(value.shape[0])
    ]


def judged_sizes(series: Sequence[Series], measure: Measure) -> tuple[float, float]:
    """How often the last year is said to be too low, and too high, at 2.5 % each."""
    indicators = tuple(
        _indicator(one.indicator_id, AREAS[0], "register", measure) for one in series
    )
    judged, _ = judge_series(series, Catalogue(indicators=indicators), 2023, SETTINGS)
    low = np.array([one.p_down for one in judged])
    high = np.array([one.p_up for one in judged])
    side = NOMINAL / 2
    return float((low < side).mean()), float((high < side).mean())


def family_cells(series: int, years: Sequence[int] = YEARS[1:]) -> Iterator[FamilyCell]:
    """Measure the size of proportions, means and amounts, cell by cell."""
    nan = float("nan")
    for n in years:
        for at, (name, sigma) in enumerate(VOLATILITIES.items()):
            for share in SHARES:
                for trials in TRIALS:
                    rng = np.random.default_rng([10, n, at, trials, int(100 * share)])
                    walk = random_walk(rng, series, n, sigma)
                    rows = simulate_proportions(rng, walk, share, trials)
                    sizes = judged_sizes(rows, Measure.PROPORTION)
                    yield FamilyCell(Measure.PROPORTION, n, share, trials, name, *sizes)
            for persons in PERSONS:
                rng = np.random.default_rng([11, n, at, persons])
                walk = random_walk(rng, series, n, sigma)
                sizes = judged_sizes(simulate_means(rng, walk, persons), Measure.MEAN)
                yield FamilyCell(Measure.MEAN, n, nan, persons, name, *sizes)
        for at, (name, sigma) in enumerate(AMOUNT_VOLATILITIES.items()):
            rng = np.random.default_rng([12, n, at])
            walk = random_walk(rng, series, n, sigma)
            sizes = judged_sizes(simulate_amounts(rng, walk), Measure.AMOUNT)
            yield FamilyCell(Measure.AMOUNT, n, nan, nan, name, *sizes)


def report_families(series: int) -> None:
    """Print the size of proportions, means and amounts over their grids."""
    started = time.perf_counter()
    cells = list(family_cells(series))
    rows: dict[tuple[Measure, int, float, float], list[str]] = {}
    for cell in cells:
        told = shown(cell.size)
        rows.setdefault((cell.family, cell.years, cell.level, cell.behind), []).append(
            told if LOWEST <= cell.size <= HIGHEST else f"**{told}**"
        )
    say(f"Size at a nominal 5 %, {series} series a cell; bold outside 3.5-6.5 %.\n")
    for family, names in (
        (Measure.PROPORTION, VOLATILITIES),
        (Measure.MEAN, VOLATILITIES),
        (Measure.AMOUNT, AMOUNT_VOLATILITIES),
    ):
        mine = {key[1:]: sizes for key, sizes in rows.items() if key[0] is family}
        head = ["years", "level", "n", *(f"sigma {name}" for name in names)]
        table(
            head,
            [
                [n, *("" if np.isnan(x) else f"{x:g}" for x in about), *sizes]
                for (n, *about), sizes in sorted(mine.items())
            ],
        )
    off = [c for c in cells if not LOWEST <= c.size <= HIGHEST]
    say(f"Cells: {len(cells)}; outside 3.5-6.5 %: {len(off)}.\n")
    table(
        ["family", "years", "level", "n", "sigma", "down 2.5 %", "up 2.5 %"],
        [
            [c.family, c.years, c.level, c.behind, c.volatility, shown(c.down), shown(c.up)]
            for c in off
        ],
    )
    say(f"{time.perf_counter() - started:.0f} s")


def report_monthly(series: int) -> None:
    """Print the size of the monthly method."""
    rows = []
    for years in (3, 5):
        for mean in (5, 20, 200):
            for season in (0.0, 0.4):
                for spread in (0.0, 0.05, 0.15):
                    rng = np.random.default_rng(
                        [7, years, mean, int(10 * season), int(100 * spread)]
                    )
                    months = np.arange(12 * years + 2)
                    level = mean * np.exp(season * np.sin(2 * np.pi * months / 12))
                    noise = np.exp(rng.normal(0, spread, (series, months.size)))
                    y = rng.poisson(level * noise).astype(np.float64)
                    found = farrington(y, 1, SETTINGS.monthly)
                    known = found.tested[:, 0]
                    down, up = found.p_down[known, 0], found.p_up[known, 0]
                    rows.append(
                        [
                            *(years, mean, season, spread),
                            shown(float((down < 0.025).mean())),
                            shown(float((up < 0.025).mean())),
                            shown(float((found.p_values[known, 0] < 0.05).mean())),
                        ]
                    )
    say(f"Monthly size, {series} series a cell; two-sided nominal 5 %.\n")
    table(["years", "mean", "season", "month's noise", "down 2.5 %", "up 2.5 %", "both 5 %"], rows)


# --- months of one year, many places -------------------------------------------------------------


def simulate_stocks(
    rng: np.random.Generator,
    level: FloatArray,
    months: int,
    *,
    keep: float | FloatArray,
    volatility: float | FloatArray,
) -> FloatArray:
    """Monthly stocks: a part stays from month to month, the rest is new, and all share a season.

    Args:
        rng: generator.
        level: (S,), of the first month.
        months: how many.
        keep: share that stays; 0 gives independent Poisson counts.
        volatility: standard deviation of a level's monthly change on the log scale.

    Returns:
        Counts (S, months).
    """
    steps = rng.normal(0, 1, (level.size, months)) * np.reshape(volatility, (-1, 1))
    steps[:, 0] = 0
    season = 0.03 * np.sin(2 * np.pi * np.arange(months) / 12)
    wanted = level[:, None] * np.exp(np.cumsum(steps, axis=1) + season)
    counts = np.empty(wanted.shape)
    counts[:, 0] = rng.poisson(wanted[:, 0])
    for month in range(1, months):
        stayed = rng.binomial(counts[:, month - 1].astype(np.int64), keep)
        new = np.maximum(wanted[:, month] - keep * wanted[:, month - 1], 0.0)
        counts[:, month] = stayed + rng.poisson(new)
    return counts


def report_places(places: int = 290, months: int = 12) -> None:
    """Print the size of months held against other places, and its power."""
    rows = []
    volatilities = {"0": [0.0], "0.05": [0.05], "mixed": [0.0, 0.01, 0.03, 0.06]}
    for low, high in ((30, 30), (300, 300), (30, 5000)):
        for stay in (0.0, 0.9):
            for name, sigma in volatilities.items():
                rng = np.random.default_rng([9, low, high, int(10 * stay), len(name)])
                level = np.exp(rng.uniform(np.log(low), np.log(high), places))
                volatility = rng.choice(np.array(sigma), places)
                y = simulate_stocks(rng, level, months, keep=stay, volatility=volatility)
                groups = np.zeros(places, dtype=np.int64)
                calm = compare_places(y, groups, PlacesSettings())
                p = calm.p_values[calm.tested]
                fallen, planted = y.copy(), np.arange(0, places, 20)
                fallen[planted, months // 2] = np.rint(0.8 * fallen[planted, months // 2])
                found = compare_places(fallen, groups, PlacesSettings())
                hit = found.q_values() <= SETTINGS.fdr
                true = hit[planted, months // 2].sum()
                rows.append(
                    [
                        *(f"{low}-{high}" if high > low else low, stay, name),
                        *(shown(float((p < line).mean())) for line in (0.05, 0.01)),
                        int((calm.q_values() <= SETTINGS.fdr).sum()),
                        shown(float(true / planted.size)),
                        f"{int(hit.sum() - true)} of {int(hit.sum())}",
                    ]
                )
    say(f"{places} places, {months} months; one place in twenty falls by 20 % in one month.\n")
    table(
        ["cases", "stay", "sd", "p < .05", "p < .01", "flagged, nothing there", "found", "false"],
        rows,
    )


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Processor seconds of a cold and of a warm run."""
    seconds = []
    for _ in range(2):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return seconds[0], seconds[1]


def yearly_work(series: int) -> Callable[[], object]:
    """Fit and test so many yearly series of ten points, the last of which is tested."""
    rng = np.random.default_rng(1)
    history, level = simulate(rng, series, 9, 200, VOLATILITIES["mixed"])
    tested = rng.poisson(level).astype(np.float64)
    return lambda: engine_p_values(history, tested)


def monthly_work(series: int) -> tuple[FloatArray, Callable[[], object]]:
    """Test the last twelve of 120 months of so many series."""
    rng = np.random.default_rng(1)
    season = np.exp(0.3 * np.sin(2 * np.pi * np.arange(120) / 12))
    y = rng.poisson(50 * season, (series, 120)).astype(np.float64)
    return y, lambda: farrington(y, 12, SETTINGS.monthly)


#: Series that R judges; it takes about as long for these as the engine for all 1,500.
R_SERIES = 40
#: Milliseconds a month that R took where it was last measured, for machines without it.
R_MILLISECONDS = 9.9


def varied_months() -> FloatArray:
    """Months of many kinds: few and many cases, rising and falling, with an old outbreak."""
    rng = np.random.default_rng(8)
    months = np.arange(120)
    rows = []
    for mean in (1, 5, 20, 200):
        for trend in (-0.01, 0.0, 0.01):
            log_level = trend * months + 0.4 * np.sin(2 * np.pi * months / 12)
            y = rng.poisson(mean * np.exp(log_level + rng.normal(0, 0.15, months.size)))
            stirred = y.copy()
            stirred[60] = 5 * y[60] + 10
            rows += [y, stirred]
    return np.array(rows, dtype=np.float64)


def report_speed() -> None:
    """Print seconds of processor time."""
    rows: list[list[object]] = []
    for series in (1_500, 15_000):
        cold, warm = timed(yearly_work(series))
        rows.append([f"{series} yearly series of 10 points", f"{cold:.2f}", f"{warm:.2f}", ""])
    y, work = monthly_work(1_500)
    cold, warm = timed(work)
    each = 1e6 * warm / (1_500 * 12)
    rows.append(
        ["1500 x 120 months, last 12", f"{cold:.2f}", f"{warm:.2f}", f"{each:.0f} us a month"]
    )
    table(["work", "cold, s", "warm, s", ""], rows)
    r = peer(y[:R_SERIES], 12)
    if r is None:
        say("R with the package surveillance is not installed here.\n")
        return
    say(f"surveillance {r.version}, farringtonFlexible, on the first {R_SERIES} of the 1500:")
    say(f"{r.milliseconds:.1f} ms a month, {1000 * r.milliseconds / each:.0f} times the engine's.")
    for what, counts in (("those", y[:R_SERIES]), ("months of many kinds", varied_months())):
        r = peer(counts, 12)
        if r:
            mine = farrington(counts, 12, SETTINGS.monthly).limits(0.05)[1]
            given = np.isfinite(r.upper)
            say(f"Equal upper bounds on {what}: {(mine == r.upper)[given].sum()} of {given.sum()} ")
            say(f"that R gives of {given.size}; equal alarms ")
            say(f"{((counts[:, -12:] > mine) == r.alarm)[given].sum()}.")
    say()


def report_discoveries(series: int) -> None:
    """Print false discoveries and power after Benjamini-Hochberg with a tenth changed."""
    rows = []
    for n in (3, 5, 10):
        for effect in (-0.15, -0.25, -0.70):
            rng = np.random.default_rng([5, n, int(-100 * effect)])
            history, level = simulate(rng, series, n, 200, VOLATILITIES["mixed"])
            changed = np.arange(series) < series // 10
            tested = rng.poisson(level * np.where(changed, 1 + effect, 1.0)).astype(np.float64)
            found = benjamini_hochberg(engine_p_values(history, tested)) <= SETTINGS.fdr
            false = (found & ~changed).sum() / max(int(found.sum()), 1)
            rows.append([n, f"{effect:+.0%}", shown(float(false)), shown(found[changed].mean())])
    say(f"After Benjamini-Hochberg at {SETTINGS.fdr:.0%}, {series} series at 200 a year, mixed.\n")
    table(["years", "effect", "false discoveries", "found"], rows)


def report_boards(cities: int, boards: int = 11) -> None:
    """Print the size of a board held against the others, and its power."""
    rows = []
    for cases in (30, 300, 3000):
        for between in (0.0, 0.05, 0.15, 0.30):
            rng = np.random.default_rng([8, cases, int(100 * between)])
            told: dict[float, list[bool]] = {1.0: [], 1.3: [], 1.6: []}
            for _ in range(cities):
                persons = np.exp(rng.normal(0, 0.5, boards)) * 20_000
                index = rng.normal(0, 1, boards)
                level = cases / 20_000 * np.exp(0.3 * index + rng.normal(0, between, boards))
                design = np.column_stack([np.ones(boards), index])
                for factor, found in told.items():
                    changed = level * np.where(np.arange(boards) == 0, factor, 1.0)
                    y = rng.poisson(changed * persons).astype(np.float64)
                    p = leave_one_out_counts(y, persons, design).p_values
                    found.extend((p if factor == 1.0 else p[:1]) < NOMINAL)
            rows.append([cases, between, *(shown(float(np.mean(v))) for v in told.values())])
    say(f"{boards} boards, one covariate, {cities} cities a row.\n")
    table(["cases a board", "sd between", "size at 5 %", "power +30 %", "power +60 %"], rows)


# --- planted cities -----------------------------------------------------------------------------

AREAS = tuple(area for area in Area if area not in {Area.OMVARLD, Area.OPPNA_JAMFORELSER})
PLANTED = 5
INDICATORS, CALENDAR = 60, np.arange(2016, 2024)


@dataclass(frozen=True)
class PlantedCity:
    """A city and what was planted in it.

    Attributes:
        series: yearly series.
        catalogue: its indicators, drivers, relations and explanations.
        planted: what must be in focus, by the way it was planted.
        explained: what must be set aside.
    """

    series: Sequence[Series]
    catalogue: Catalogue
    planted: Mapping[str, frozenset[str]]
    explained: frozenset[str]


def planted_city(seed: int, effect: float) -> PlantedCity:
    """Sixty indicators: five changed, five stable against a driver, five contrary, five explained.

    Args:
        seed: of everything random.
        effect: relative size of the changes, of the drivers' changes and of the explained ones;
            half of the changes are falls of the same size.
    """
    rng = np.random.default_rng([seed, round(1000 * effect)])
    names = [f"indicator_{at:02d}" for at in range(INDICATORS)]
    around = [f"driver_{at:02d}" for at in range(2 * PLANTED)]
    indicators = [
        _indicator(name, AREAS[at % len(AREAS)], f"register_{at % 12}")
        for at, name in enumerate(names)
    ] + [_indicator(name, Area.OMVARLD, "omvarlden") for name in around]
    order = list(rng.permutation(names))
    changed, still, contrary, explained = (
        order[PLANTED * at : PLANTED * (at + 1)] for at in range(4)
    )
    up = {name: bool(rng.random() < 0.5) for name in names}
    jump = {name: 1 + effect if up[name] else 1 / (1 + effect) for name in names}
    last = {name: jump[name] for name in (*changed, *contrary, *explained)}
    last |= dict.fromkeys(around, 1 + effect)
    drivers = tuple(
        Driver(
            driver_id=f"driver-{at}",
            indicator_id=name,
            driver_indicator_id=around[at],
            elasticity=1.0,
            elasticity_sd=0.15,
            lag_years=0,
            rationale_sv="planterad",
            source="planterad",
        )
        for at, name in enumerate(still)
    )
    relations = tuple(
        Relation(
            relation_id=f"relation-{at}",
            indicator_id=name,
            related_indicator_id=around[PLANTED + at],
            expected_sign=-1 if up[name] else 1,
            rationale_sv="planterad",
            source="planterad",
        )
        for at, name in enumerate(contrary)
    )
    reasons = tuple(
        NaturalExplanation(
            explanation_id=f"orsak-{at}",
            kind=ExplanationKind.DEFINITION,
            title_sv="planterad",
            description_sv="planterad",
            indicator_id=name,
            geography_id=None,
            period_from=int(CALENDAR[-1]),
            period_to=int(CALENDAR[-1]),
            explained_change=jump[name] - 1,
            is_break=False,
            source="planterad",
            synthetic=True,
        )
        for at, name in enumerate(explained)
    )
    series = []
    for name in (*names, *around):
        lowest = 3000 if name in still or name in around else 300
        level = float(np.exp(rng.uniform(np.log(lowest), np.log(20_000))))
        sigma = float(rng.choice([0.005, 0.01, 0.02]))
        path = level * np.exp(np.cumsum(rng.normal(0, sigma, CALENDAR.size)))
        path[-1] *= last.get(name, 1.0)
        series.append(_counts(name, rng.poisson(path).astype(np.float64)))
    return PlantedCity(
        series=series,
        catalogue=Catalogue(
            indicators=tuple(indicators),
            relations=relations,
            natural_explanations=reasons,
            drivers=drivers,
        ),
        planted={
            "change": frozenset(changed),
            "stability": frozenset(still),
            "contrary": frozenset(contrary),
        },
        explained=frozenset(explained),
    )


def _indicator(name: str, area: Area, source: str, measure: Measure = Measure.COUNT) -> Indicator:
    return Indicator(
        indicator_id=name,
        title_sv=f"Antal {name}",
        area=area,
        unit="personer",
        polarity=Polarity.NEUTRAL,
        measure=measure,
        definition_sv="planterad",
        source_id=source,
    )


def _counts(name: str, value: FloatArray) -> Series:
    nothing = np.full(value.shape, np.nan)
    return Series(
        name,
        "0180",
        "total",
        "total",
        years=CALENDAR,
        numerator=value,
        denominator=nothing,
        value=value,
        standard_deviation=nothing,
        observations=nothing,
        status=["observed"] * value.size,
    )


@dataclass(frozen=True)
class HitRate:
    """What became of planted cities.

    Attributes:
        precision: share of the indicators in focus that were planted.
        recall: share of the planted that are in focus.
        by_kind: recall by the way they were planted, each in focus as its own kind.
        false_discoveries: mean share of false ones over the cities.
        set_aside: share of the explained that were set aside.
    """

    precision: float
    recall: float
    by_kind: Mapping[str, float]
    false_discoveries: float
    set_aside: float


def hit_rate(seeds: int, effect: float) -> HitRate:
    """Judge so many planted cities."""
    true = told = asked = aside = 0
    shares: list[float] = []
    hits = dict.fromkeys(("change", "stability", "contrary"), 0)
    for seed in range(seeds):
        city = planted_city(seed, effect)
        rows = assess(city.series, city.catalogue, int(CALENDAR[-1]), SETTINGS)
        focus = {row.indicator_id for row in rows if row.outcome is Outcome.FOCUS}
        wanted = frozenset().union(*city.planted.values())
        true, told, asked = true + len(focus & wanted), told + len(focus), asked + len(wanted)
        shares.append(len(focus - wanted) / max(len(focus), 1))
        aside += len(city.explained - focus)
        for kind in hits:
            found = {
                row.indicator_id
                for row in rows
                if row.outcome is Outcome.FOCUS and row.kind is Kind(kind)
            }
            hits[kind] += len(found & city.planted[kind])
    return HitRate(
        precision=true / max(told, 1),
        recall=true / asked,
        by_kind={kind: n / (PLANTED * seeds) for kind, n in hits.items()},
        false_discoveries=float(np.mean(shares)),
        set_aside=aside / (PLANTED * seeds),
    )


def report_cities(seeds: int, folder: Path | None = None) -> None:
    """Print precision and recall of the focus list."""
    rows: list[list[object]] = []
    rates: list[list[object]] = []
    for effect in (0.08, 0.10, 0.15, 0.20, 0.25, 0.40):
        rate = hit_rate(seeds, effect)
        told = {"precision": rate.precision, "recall": rate.recall, **rate.by_kind}
        rates += [[effect, name, value] for name, value in told.items()]
        rows.append(
            [
                *(f"{effect:.0%}", shown(rate.precision), shown(rate.recall)),
                *(shown(rate.by_kind[kind]) for kind in ("change", "stability", "contrary")),
                *(shown(rate.false_discoveries), shown(rate.set_aside)),
            ]
        )
    say(f"{seeds} planted cities for each effect; 60 indicators, 8 years.\n")
    table(
        [
            *("effect", "precision", "recall", "change", "stability", "contrary"),
            *("false discoveries", "explained set aside"),
        ],
        rows,
    )
    keep(folder, "hit_rate", ["effect", "rate", "value"], rates)


# --- calibration --------------------------------------------------------------------------------


def past_p_values(
    series: Sequence[Series],
    catalogue: Catalogue,
    years: Sequence[int],
    settings: DeviationSettings,
) -> dict[str, FloatArray]:
    """One-sided p-values of past years, each on what came before it.

    Args:
        series: yearly series.
        catalogue: with the explanations, whose years are left out.
        years: to leave out last, one by one.
        settings: of the engine.

    Returns:
        p-values of a value at most as large, by model.
    """
    found: dict[str, list[float]] = {}
    for year in years:
        scope = in_scope(series, catalogue, year, settings)
        for one in judge_series(scope, catalogue, year, settings)[0]:
            key = one.series.key
            if not any(e.covers(year) for e in catalogue.explanations_for(key[0], key[1])):
                found.setdefault(str(one.kind), []).append(one.p_down)
    return {kind: np.array(values) for kind, values in found.items()}


def report_calibration(warehouse: Path, seeds: Path, folder: Path | None) -> None:
    """Print how past years' p-values spread over the tenths of the unit interval."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        series = read_series(connection)
    latest = max(int(one.years[-1]) for one in series if one.geography_id == "0180")
    catalogue = load_catalogue(seeds)
    found = past_p_values(series, catalogue, range(latest - 4, latest), SETTINGS)
    rows = []
    for kind, p in found.items():
        tenths = np.histogram(p, bins=10, range=(0, 1))[0] / p.size
        two_sided = np.minimum(1.0, 2 * np.minimum(p, 1 - p))
        rows.append(
            [
                *(kind, p.size, *(f"{share:.2f}" for share in tenths)),
                shown(float((two_sided < NOMINAL).mean())),
            ]
        )
    keep(
        folder,
        "calibration_city",
        ["model", "tenth", "share", "values"],
        [
            [kind, k, float(share), p.size]
            for kind, p in found.items()
            for k, share in enumerate(np.histogram(p, bins=10, range=(0, 1))[0] / p.size)
        ],
    )
    say(f"Years {latest - 4}-{latest - 1}, each held against the years before it.\n")
    table(["model", "values", *(f".{k}" for k in range(10)), "p < .05"], rows)


# --- run by pytest ------------------------------------------------------------------------------


def test_15000_yearly_series_take_less_than_two_seconds() -> None:
    report_speed()
    assert min(timed(yearly_work(15_000))) < SPEED_LIMIT_SECONDS


def test_months_are_ten_times_faster_than_r_and_the_same() -> None:
    y, work = monthly_work(1_500)
    mine = 1000 * min(timed(work)) / (1_500 * 12)
    r = peer(y[:R_SERIES], 12)
    assert (r.milliseconds if r else R_MILLISECONDS) / mine > 10
    for counts in (y[:R_SERIES], varied_months()):
        theirs = peer(counts, 12)
        if theirs:
            upper = farrington(counts, 12, SETTINGS.monthly).limits(0.05)[1]
            given = np.isfinite(theirs.upper)
            np.testing.assert_array_equal(upper[given], theirs.upper[given])
            np.testing.assert_array_equal((counts[:, -12:] > upper)[given], theirs.alarm[given])


def test_planted_cities_are_read_right() -> None:
    report_cities(50)
    rate = hit_rate(50, 0.25)
    assert rate.precision >= 0.9
    assert rate.recall >= 0.9
    assert rate.false_discoveries <= SETTINGS.fdr


def main() -> None:
    """Print one of the reports, or all that need no warehouse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "what",
        choices=[
            "size",
            "families",
            "rivals",
            "monthly",
            "speed",
            "cities",
            "discoveries",
            "boards",
            "places",
            "calibration",
            "all",
        ],
    )
    parser.add_argument("--series", type=int, default=3000)
    parser.add_argument("--cities", type=int, default=50)
    parser.add_argument("--warehouse", type=Path, default=Path("var/warehouse.duckdb"))
    parser.add_argument("--seeds", type=Path, default=Path("dbt_project/seeds"))
    parser.add_argument("--keep", type=Path, help="folder for what the figures are drawn from")
    asked = parser.parse_args()
    reports: dict[str, Callable[[], None]] = {
        "speed": report_speed,
        "size": lambda: report_size(asked.series, asked.keep),
        "rivals": lambda: report_rivals(asked.series),
        "families": lambda: report_families(asked.series),
        "monthly": lambda: report_monthly(asked.series),
        "discoveries": lambda: report_discoveries(asked.series),
        "boards": lambda: report_boards(4 * asked.cities),
        "places": report_places,
        "cities": lambda: report_cities(asked.cities, asked.keep),
    }
    if asked.what == "calibration":
        report_calibration(asked.warehouse, asked.seeds, asked.keep)
    for name, report in reports.items():
        if asked.what in {name, "all"}:
            report()


if __name__ == "__main__":
    main()
