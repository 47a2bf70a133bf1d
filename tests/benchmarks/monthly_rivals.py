"""Power of the monthly method at equal size, beside what others use for months.

    python -m tests.benchmarks.monthly_rivals --series 3000

Each test's alarm line is moved until its size in the very cell is five per cent on both sides
together, as in `bench_deviation.py`. Counts are Poisson around a level with a season (a sine on the
log scale), a trend and noise from month to month.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.deviation.settings import DeviationSettings
from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.monthly import farrington
from tests.benchmarks.bench_deviation import (
    ALARM,
    NOMINAL,
    Surprise,
    poisson_regression,
    power_at_size,
    xmr,
    z_without,
)
from tests.benchmarks.tables import say, shown, table

SETTINGS = DeviationSettings()
EFFECTS = (0.25, -0.25, 0.60, -0.60)


def flexible_farrington(history: FloatArray, tested: FloatArray) -> FloatArray:
    """The engine's monthly method, two-sided, in standard deviations."""
    found = farrington(np.column_stack([history, tested]), 1, SETTINGS.monthly)
    p = np.where(found.tested[:, 0], found.p_values[:, 0], 1.0)
    return np.asarray(-special.ndtri(np.maximum(p, 1e-300) / 2), dtype=np.float64)


def same_months(history: FloatArray, tested: FloatArray) -> FloatArray:
    """Standard score against the month and its neighbours in earlier years (historical limits)."""
    length = history.shape[1]
    years = (length - 1) // 12
    back = np.array([12 * y + k for y in range(1, years + 1) for k in (-1, 0, 1)])
    return z_without(history[:, length - back[back <= length]], tested)


def poisson_months(history: FloatArray, tested: FloatArray) -> FloatArray:
    """Poisson regression with a trend and a level for each month of the year."""
    length = history.shape[1]
    month = (np.arange(length + 1) - length) % 12
    dummies = (month[:, None] == np.arange(1, 12)).astype(np.float64)
    trend = (np.arange(length + 1.0) - length) / 12
    design = np.column_stack([np.ones(length + 1), trend, dummies])
    return poisson_regression(history, tested, design[:-1], design[-1], ridge=1e-6)


RIVALS: Mapping[str, Surprise] = {
    "flexible Farrington": flexible_farrington,
    "Poisson months": poisson_months,
    "z same months": same_months,
    "z all months": z_without,
    "XmR": xmr,
}


@dataclass(frozen=True)
class MonthCell:
    """One cell of the monthly grid.

    Attributes:
        years: of history.
        mean: cases a month.
        season: amplitude of the sine on the log scale.
        noise: standard deviation from month to month on the log scale.
        size: of each test at its nominal five per cent.
        power: of each test at equal size, for each effect.
    """

    years: int
    mean: float
    season: float
    noise: float
    size: Mapping[str, float]
    power: Mapping[str, tuple[float, ...]]


def cells(
    series: int,
    years: Sequence[int] = (3, 5),
    means: Sequence[float] = (5, 20, 200),
    seasons: Sequence[float] = (0.0, 0.4),
    noises: Sequence[float] = (0.0, 0.15),
) -> Iterator[MonthCell]:
    """Measure size and power; the tested month is any of the year's, equally often."""
    for n in years:
        for mean in means:
            for season in seasons:
                for noise in noises:
                    seed = [13, n, int(mean), int(10 * season), int(100 * noise)]
                    rng = np.random.default_rng(seed)
                    months = np.arange(12 * n + 2)
                    phase = rng.integers(0, 12, (series, 1))
                    level = mean * np.exp(season * np.sin(2 * np.pi * (months + phase) / 12))
                    level *= np.exp(rng.normal(0, noise, level.shape))
                    history = rng.poisson(level[:, :-1]).astype(np.float64)
                    last = level[:, -1]
                    tested = rng.poisson(last).astype(np.float64)
                    changed = [rng.poisson(last * (1 + e)).astype(np.float64) for e in EFFECTS]
                    size, power = {}, {}
                    for name, surprise in RIVALS.items():
                        null = surprise(history, tested)
                        size[name] = float((null > ALARM).mean())
                        power[name] = tuple(
                            power_at_size(null, surprise(history, y), NOMINAL) for y in changed
                        )
                    yield MonthCell(n, mean, season, noise, size, power)


def report(series: int) -> None:
    """Print size, and power at equal size, by season."""
    found = list(cells(series))
    say(f"{series} series a cell; size at a nominal 5 % on both sides.\n")
    rows = [
        [c.years, c.mean, c.season, c.noise, *(shown(c.size[name]) for name in RIVALS)]
        for c in found
    ]
    table(["years", "mean", "season", "noise", *RIVALS], rows)
    say("Mean power at equal size, by season.\n")
    rows = []
    for season in (0.0, 0.4):
        of_season = [c for c in found if c.season == season]
        for name in RIVALS:
            mean = np.mean([c.power[name] for c in of_season], axis=0)
            rows.append([season, name, *(shown(float(p)) for p in mean), shown(float(mean.mean()))])
    table(["season", "test", *(f"{e:+.0%}" for e in EFFECTS), "all"], rows)
    say("Cells in which another test has more power over both directions, by 25 %.\n")
    rows = []
    for c in found:
        both = {name: float(np.mean(c.power[name][:2])) for name in RIVALS}
        best, mine = max(both, key=both.__getitem__), both["flexible Farrington"]
        if both[best] - mine > 2 * np.sqrt(0.25 / series / 2):
            told = (shown(mine), shown(both[best]))
            rows.append([c.years, c.mean, c.season, c.noise, best, *told])
    table(["years", "mean", "season", "noise", "test", "Farrington", "its power"], rows)


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=3000)
    report(parser.parse_args().series)


if __name__ == "__main__":
    main()
