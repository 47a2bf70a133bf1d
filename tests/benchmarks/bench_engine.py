"""What the engine must hold outside its own family, measured and required side by side.

    python -m tests.benchmarks.bench_engine [--draws 400] [--keep docs/figures]
    pytest tests/benchmarks/bench_engine.py -s

Pools are of a city's size: sixty series from twelve registers in eight areas, eight years of
history. Nothing here is drawn from the engine's own model: trends that are straight, one-offs and
lost deliveries, steps with Student's tails, events that come together, stocks most of whose
members stay, cities in which nothing happened. What is printed stands in
`docs/deviation-method.md`.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from scipy import stats

from orchestration.deviation.settings import AMOUNTS, COUNTED, MEANS, DeviationSettings
from orchestration.statistics.arrays import BoolArray, FloatArray
from orchestration.statistics.filters import GammaPoisson, LevelModel
from orchestration.statistics.means import LogNormalLevel
from orchestration.statistics.multiplicity import select
from orchestration.statistics.pooled import Dials, judge
from tests.benchmarks.required import Row, told
from tests.benchmarks.tables import say
from tests.panels import whole_panel

FDR = DeviationSettings().fdr
SERIES, YEARS, AREAS, REGISTERS = 60, 9, 8, 12
MIXED = (0.0, 0.03, 0.08, 0.15)
SIZE = (0.035, 0.065)
DRAWS = 400

#: A pool's counts or log amounts (S, T), from a generator.
Draw = Callable[[np.random.Generator], FloatArray]


def judged(
    y: FloatArray,
    model: LevelModel | None = None,
    dials: Dials = COUNTED,
    variance: float = 0.0,
) -> FloatArray:
    """Two-sided p-values of the last year of a city's series."""
    rows = y.shape[0]
    panel = whole_panel(y, variance if model else 1.0)
    registers = [f"register {at % REGISTERS}" for at in range(rows)]
    pools = [f"area {at % AREAS}" for at in range(rows)]
    return judge(model or GammaPoisson(), panel, registers, pools, dials).prediction.p_values()


# --- what pools are like --------------------------------------------------------------------------


def walk(
    rng: np.random.Generator,
    sigma: Sequence[float],
    df: float = np.inf,
    series: int = SERIES,
) -> FloatArray:
    """Log levels that wander; steps of Student's t with so many degrees of freedom."""
    each = rng.choice(np.asarray(sigma), series)[:, None]
    shape = (series, YEARS)
    steps = rng.normal(0, 1, shape) if np.isinf(df) else rng.standard_t(df, shape)
    steps = steps * each
    steps[:, 0] = 0
    return np.cumsum(steps, axis=1)


def poisson(rng: np.random.Generator, level: FloatArray) -> FloatArray:
    """Counts around a level."""
    return np.asarray(rng.poisson(level), dtype=np.float64)


def wandering(
    rng: np.random.Generator, level: float, sigma: Sequence[float], df: float = np.inf
) -> FloatArray:
    """Counts around wandering levels."""
    return poisson(rng, level * np.exp(walk(rng, sigma, df)))


def one_off(
    rng: np.random.Generator, before: float, now: float, sigma: Sequence[float]
) -> FloatArray:
    """Six of sixty are off by a factor the year before, and by another in the tested one."""
    level = 200 * np.exp(walk(rng, sigma))
    level[:6, -2] *= before
    level[:6, -1] *= now
    return poisson(rng, level)


def growing(rng: np.random.Generator, level: float, rate: float) -> FloatArray:
    """Six of sixty grow by the same rate every year; the others stand still."""
    wanted = np.full((SERIES, YEARS), float(level))
    wanted[:6] *= (1 + rate) ** np.arange(YEARS)
    return poisson(rng, wanted)


def together(rng: np.random.Generator) -> FloatArray:
    """Two hundred events a year, three a person."""
    return 3.0 * poisson(rng, np.full((SERIES, YEARS), 200 / 3))


def stocks(rng: np.random.Generator, stay: float) -> FloatArray:
    """Two hundred on a day each year, of whom a share is there the year after."""
    out = np.empty((SERIES, YEARS))
    out[:, 0] = rng.poisson(200.0, SERIES)
    for year in range(1, YEARS):
        stayed = rng.binomial(out[:, year - 1].astype(np.int64), stay)
        out[:, year] = stayed + rng.poisson(200.0 * (1 - stay), SERIES)
    return out


# --- what is measured -----------------------------------------------------------------------------


def sizes(
    setting: str,
    draw: Draw,
    lines: Sequence[tuple[float, float, float]],
    draws: int,
    *,
    rows: slice = slice(None),
    judge_with: Callable[[FloatArray], FloatArray] = judged,
) -> list[Row]:
    """How often the last year is flagged, at each level; ``lines`` are level, least and most."""
    rng = np.random.default_rng([17, sum(setting.encode())])
    p = [judge_with(draw(rng))[rows] for _ in range(draws)]
    out = []
    for level, least, most in lines:
        shares = np.array([(each < level).mean() for each in p])
        error = float(shares.std(ddof=1) / np.sqrt(draws))
        out.append(Row(setting, f"p < {level:g}", float(shares.mean()), error, least, most))
    return out


def discoveries(
    setting: str,
    sigma: Sequence[float],
    df: float,
    changed: int,
    draws: int,
    *,
    least_recall: float = 0.0,
) -> list[Row]:
    """False discoveries and recall after correction; what is changed, by 35 % up or down."""
    rng = np.random.default_rng([18, sum(setting.encode()), changed])
    false, found = [], []
    for _ in range(draws):
        start = np.exp(rng.uniform(np.log(300), np.log(20_000), SERIES))[:, None]
        level = start * np.exp(walk(rng, sigma, df))
        true: BoolArray = np.zeros(SERIES, dtype=bool)
        true[rng.permutation(SERIES)[:changed]] = True
        level[true, -1] *= np.where(rng.random(changed) < 0.5, 1.35, 0.65)
        p = judged(poisson(rng, level))
        chosen = select(p, list(range(SERIES)), FDR, as_one=True).selected
        false.append(float((chosen & ~true).sum() / max(int(chosen.sum()), 1)))
        if changed:
            found.append(float(chosen[true].mean()))
    error = float(np.std(false, ddof=1) / np.sqrt(draws))
    name = "any finding" if not changed else "false discoveries"
    out = [Row(setting, name, float(np.mean(false)), error, most=FDR)]
    if least_recall:
        spread = float(np.std(found, ddof=1) / np.sqrt(draws))
        out.append(Row(setting, "found", float(np.mean(found)), spread, least_recall))
    return out


def against_a_trend(draws: int) -> list[Row]:
    """Power after seven years of growth by 8 %, beside a log-linear t-test of the same size.

    The lines of equal size are estimated too, so the error is of the difference, by jackknife.
    """
    rng = np.random.default_rng(19)
    lasts = {1.08: "", 1.0: "then flat", 0.92: "then -8 %", 0.8: "then -20 %"}
    p = np.empty((len(lasts), 2, draws, 6))
    for at, last in enumerate(lasts):
        for draw in range(draws):
            level = np.full((SERIES, 8), 1000.0)
            level[:6] *= np.append(1.08 ** np.arange(7), 1.08**6 * last)
            y = poisson(rng, level)
            p[at, 0, draw], p[at, 1, draw] = judged(y)[:6], log_linear(y[:6])
    return [
        Row(
            f"+8 %/y for seven years, {told}",
            "found at equal size",
            _power(p[[0, at], 0]),
            _jackknifed(p[[0, at]]),
            _power(p[[0, at], 1]),
        )
        for at, told in enumerate(lasts.values())
        if told
    ]


def _power(p: FloatArray) -> float:
    """Share of the second set below the fifth percentile of the first; (2, draws, series)."""
    return float((p[1] < np.quantile(p[0], 0.05)).mean())


def _jackknifed(p: FloatArray, blocks: int = 20) -> float:
    """Standard error of the difference in power between two tests; (2, 2, draws, series)."""
    of = np.arange(p.shape[2]) % blocks
    without = [
        _power(p[:, 0, of != block]) - _power(p[:, 1, of != block]) for block in range(blocks)
    ]
    return float(
        np.sqrt((blocks - 1) / blocks * np.square(np.array(without) - np.mean(without)).sum())
    )


def log_linear(y: FloatArray) -> FloatArray:
    """Two-sided p-values of the last year by a straight line through the logs of the others."""
    log = np.log(y[:, :-1] + 0.5)
    years = np.arange(log.shape[1]) - (log.shape[1] - 1) / 2
    ahead = years[-1] + 1
    slope = log @ years / (years @ years)
    middle = log.mean(axis=1)
    rest = log - middle[:, None] - slope[:, None] * years
    spread = np.sqrt((rest**2).sum(axis=1) / (years.size - 2))
    error = spread * np.sqrt(1 + 1 / years.size + ahead**2 / (years @ years))
    score = (np.log(y[:, -1] + 0.5) - middle - slope * ahead) / error
    return np.asarray(2 * stats.t.sf(np.abs(score), years.size - 2), dtype=np.float64)


def few_amounts(series: int, sigma: float) -> Draw:
    """Log amounts of so many series."""
    return lambda rng: walk(rng, (sigma,), series=series)


def one_mean(rng: np.random.Generator) -> FloatArray:
    """A mean of a hundred persons."""
    return walk(rng, MIXED, series=1) + rng.normal(0, 0.06, (1, YEARS))


Block = Callable[[int], list[Row]]


def blocks() -> Iterator[Block]:
    """What is measured, each from a number of draws."""
    both = [(0.05, 0.0, 0.10), (0.01, 0.0, 0.02)]
    usual = [(0.05, *SIZE)]
    six = slice(0, 6)
    calm, mixed = (0.0,), MIXED
    for name, sigma in (("calm", calm), ("mixed", mixed)):
        draw = partial(one_off, before=1.5, now=1.0, sigma=sigma)
        yield partial(sizes, f"one-off x1.5 last year, {name}", draw, both, rows=six)
    stays = partial(one_off, before=1.5, now=1.5, sigma=mixed)
    yield partial(sizes, "step x1.5 last year that stays", stays, [(0.05, 0.0, 0.065)], rows=six)
    lost = partial(one_off, before=0.0, now=1.0, sigma=mixed)
    yield partial(sizes, "lost delivery last year", lost, [(0.05, 0.0, 0.10)], rows=six)
    for level in (200, 2000):
        draw = partial(growing, level=level, rate=0.02)
        most = [(0.05, 0.0, SIZE[1])]
        yield partial(sizes, f"+2 %/y in a tenth, {level} a year", draw, most, rows=six)
    yield against_a_trend
    for level, spread in ((2000, 0.03), (200, 0.05)):
        draw = partial(wandering, level=level, sigma=(spread,), df=3)
        tail = [(0.001, 0.0, 0.002)]
        yield partial(sizes, f"steps of Student's t (3), {level} a year", draw, tail)
    yield partial(sizes, "three events a person", together, usual)
    for spread in (0.267, 0.4):
        draw = partial(wandering, level=2000, sigma=(spread,))
        yield partial(sizes, f"volatility {spread:g}, counts", draw, usual)
    of_amounts = partial(judged, model=LogNormalLevel(), dials=AMOUNTS)
    for series, spread in ((1, 0.03), (3, 0.03), (10, 0.03), (10, 0.005), (10, 0.267)):
        yield lambda draws, n=series, s=spread: sizes(  # type: ignore[misc]
            f"{n} amounts, volatility {s:g}",
            few_amounts(n, s),
            [(0.05, 0.0 if n == 1 else 0.025, SIZE[1])],
            draws * (10 // n),
            judge_with=of_amounts,
        )
    of_means = partial(judged, model=LogNormalLevel(), dials=MEANS, variance=0.06**2)
    yield lambda draws: sizes(
        "a mean alone in the city",
        one_mean,
        [(0.05, 0.025, SIZE[1])],
        6 * draws,
        judge_with=of_means,
    )
    for stay in (0.72, 0.9):
        draw = partial(stocks, stay=stay)
        yield partial(sizes, f"stocks, {stay:.0%} stay", draw, usual)
    tails = (("0.03", (0.03,), np.inf), ("mixed", mixed, np.inf))
    heavy = (("0.03, t (4)", (0.03,), 4.0), ("mixed, t (4)", mixed, 4.0))
    for name, sigma, df in (*tails, *heavy):
        yield lambda draws, n=name, s=sigma, d=df: discoveries(  # type: ignore[misc]
            f"nothing happened, {n}", s, d, 0, draws
        )
    yield lambda draws: discoveries(
        "ten of sixty changed by 35 %, mixed", mixed, np.inf, 10, draws, least_recall=0.75
    )


def _measure(at: int, draws: int) -> list[Row]:
    return list(blocks())[at](draws)


def measure(draws: int) -> list[Row]:
    """Everything, on as many cores as there are."""
    work = range(len(list(blocks())))
    with ProcessPoolExecutor() as pool:
        return [row for rows in pool.map(partial(_measure, draws=draws), work) for row in rows]


def report(draws: int, folder: Path | None = None) -> list[Row]:
    """Print what was measured beside what is required."""
    started = time.perf_counter()
    rows = measure(draws)
    say(f"{draws} draws of a city's pool; standard errors over the draws.\n")
    told(rows, folder, "engine")
    say(f"{time.perf_counter() - started:.0f} s")
    return rows


def test_what_is_required_of_the_engine_is_held() -> None:
    rows = report(DRAWS)
    assert not [row.setting for row in rows if not row.held]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--keep", type=Path, help="folder for what was measured")
    asked = parser.parse_args()
    report(asked.draws, asked.keep)
