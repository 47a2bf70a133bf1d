"""The year under way: false alarms at every month, and months until a change is told.

    python tests/benchmarks/bench_early.py [--years 1000]
    pytest tests/benchmarks/bench_early.py -s

Cities are simulated with fixed seeds: twenty counts of two registers, eight years of history,
monthly seasons. The generators are not the model that judges: a level that walks by steps of a
normal law or a t law with three degrees of freedom, months that vary beyond Poisson's law
independently or by noise that lasts, and a register whose months come in late. All goes through
`early_warnings` with its default settings. Beside it stand the flexible Farrington test of each
month, and waiting for the year. Every table prints what is required beside what was measured.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from orchestration.deviation.early import EarlySettings, RunningSeries, early_warnings
from orchestration.deviation.pools import judge_series
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import EarlyOutcome
from orchestration.findings.records import EarlyWarning
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import Area, Indicator, Measure, Polarity
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.e_values import e_bh, stopped
from orchestration.statistics.monthly import farrington
from tests.benchmarks.tables import say, shown, table
from tests.county_months import dalarna

YEARS = np.arange(2016, 2025)
NOW = 2024
MONTHS = 12
SERIES = 20
REGISTERS = ("det_ena", "det_andra")
SETTINGS = EarlySettings()
OF_YEARS = DeviationSettings()
SEASON = np.array([1.3, 1.1, 1.0, 1.0, 0.9, 0.9, 0.6, 0.8, 1.1, 1.2, 1.1, 1.0])
#: Share of a late register's month that has come at each lag.
LATE = np.array([0.6, 0.85, 0.95, 1.0])
LEVELS = (60.0, 200.0, 600.0, 2000.0)
FALL = 0.75
FACTORS = (0.85, FALL, 1.25, 2.0)
REQUIRED_LEVEL = 600.0
#: Required: a fall of 25 % in 600 a year is told in the median within so many months.
REQUIRED_MONTHS = 4.0


@dataclass(frozen=True)
class World:
    """How cities are made.

    Attributes:
        name: of the row.
        sigma: yearly log-volatility.
        tail_df: degrees of freedom of the yearly steps; infinite is the normal law.
        dispersion: variance of a month beyond Poisson's law over its squared mean.
        lasting: correlation of that from month to month.
        late: whether months come in late.
    """

    name: str
    sigma: float = 0.05
    tail_df: float = np.inf
    dispersion: float = 0.0
    lasting: float = 0.0
    late: bool = False


WORLDS = (
    World("Poisson, calm", sigma=0.03),
    World("Poisson"),
    World("yearly steps of t, 3 df", tail_df=3.0),
    World("yearly volatility .12", sigma=0.12),
    World("months beyond Poisson, .01", dispersion=0.01),
    World("the same, lasting (AR .6)", dispersion=0.01, lasting=0.6),
    World("late months", late=True),
)


@dataclass(frozen=True, eq=False)
class City:
    """A simulated city: months of every year, the year under way among them.

    Attributes:
        counts: (S, Y, 12), all that will ever come.
        told: (S, Y, 12, L), the same by the lag at which it comes.
    """

    counts: FloatArray
    told: FloatArray


def simulate(
    rng: np.random.Generator,
    world: World,
    levels: FloatArray,
    factor: float = 1.0,
    onset: int = 0,
) -> City:
    """A city whose last year is shifted by a factor from a month on, and nothing else."""
    series, years = len(levels), len(YEARS)
    steps = (
        rng.normal(size=(series, years))
        if np.isinf(world.tail_df)
        else rng.standard_t(world.tail_df, (series, years))
        * np.sqrt((world.tail_df - 2.0) / world.tail_df)
    )
    level = levels[:, None] * np.exp(np.cumsum(world.sigma * steps, axis=1))
    # The last history year is at the level that is named, whatever walk led there.
    level *= (levels / level[:, -2])[:, None]
    noise = rng.normal(size=(series, years * MONTHS))
    for month in range(1, noise.shape[1]):
        fresh = np.sqrt(1.0 - world.lasting**2) * noise[:, month]
        noise[:, month] = world.lasting * noise[:, month - 1] + fresh
    spread = np.sqrt(np.log1p(world.dispersion))
    varied = np.exp(spread * noise - spread**2 / 2.0).reshape(series, years, MONTHS)
    mean = level[:, :, None] * SEASON / SEASON.sum() * varied
    mean[:, -1, onset:] *= factor
    counts = rng.poisson(mean).astype(np.float64)
    parts = np.diff(LATE, prepend=0.0) if world.late else np.array([1.0, 0.0, 0.0, 0.0])
    told = rng.multinomial(counts.astype(np.int64), parts).astype(np.float64)
    return City(counts, told)


def judge(city: City, months: int, settings: EarlySettings = SETTINGS) -> list[EarlyWarning]:
    """The year after so many months, in the order of the series."""
    series, years = city.counts.shape[:2]
    names = [f"antal_{at:02d}" for at in range(series)]
    flat = city.told.reshape(series, years * MONTHS, -1)
    last = (years - 1) * MONTHS + months - 1
    lag = last - np.arange(years * MONTHS)
    come = np.where(np.arange(flat.shape[2]) <= lag[:, None], flat, np.nan)
    seen = np.where(lag >= 0, np.nansum(come, axis=2), np.nan).reshape(series, years, MONTHS)
    running = [
        RunningSeries(name, "0180", REGISTERS[at % 2], seen[at, :-1], seen[at, -1])
        for at, name in enumerate(names)
    ]
    told = {
        name: come[place::2, last - 23 : last + 1].sum(axis=0)
        for place, name in enumerate(REGISTERS)
    }
    yearly = [_yearly(name, city.counts[at, :-1].sum(axis=1)) for at, name in enumerate(names)]
    rows = early_warnings(
        running,
        yearly,
        told,
        catalogue=_catalogue(names),
        year=NOW,
        settings=settings,
        of_years=OF_YEARS,
    )
    return sorted(rows, key=lambda row: row.indicator_id)


def _catalogue(names: Sequence[str]) -> Catalogue:
    return Catalogue(
        indicators=tuple(
            Indicator(
                indicator_id=name,
                title_sv=f"Antal {name}",
                area=Area.EKONOMISKT_BISTAND,
                unit="personer",
                polarity=Polarity.NEUTRAL,
                measure=Measure.COUNT,
                definition_sv="simulerad",
                source_id=REGISTERS[at % 2],
            )
            for at, name in enumerate(names)
        )
    )


def _yearly(name: str, value: FloatArray, years: IntArray = YEARS) -> Series:
    nothing = np.full(value.shape, np.nan)
    return Series(
        name,
        "0180",
        "total",
        "total",
        years=years[: value.size],
        numerator=value,
        denominator=nothing,
        value=value,
        standard_deviation=nothing,
        observations=nothing,
        status=["observed"] * value.size,
    )


def e_paths(city: City, *, late: bool) -> tuple[FloatArray, FloatArray]:
    """E-values (S, 12) after each month, and whether anything was warned of by then (12,).

    Where nothing comes late, what the last look says of each month is what was said in it.
    """
    if late:
        looks = [judge(city, at + 1) for at in range(MONTHS)]
        paths = np.array([[row.e_value or 0.0 for row in rows] for rows in looks]).T
    else:
        rows = judge(city, MONTHS)
        paths = np.array([[month.e_value or 0.0 for month in row.months] for row in rows])
    warned = [bool(warnings(paths[:, : at + 1]).any()) for at in range(MONTHS)]
    return paths, np.maximum.accumulate(np.array(warned))


def warnings(paths: FloatArray) -> BoolArray:
    """Which of a city's series are warned of after the last of some months."""
    values, _ = stopped(paths, len(paths) / SETTINGS.fdr)
    return e_bh(values, SETTINGS.fdr)


def drawn_levels(rng: np.random.Generator) -> FloatArray:
    """Levels of a city's series, from some tens to some thousands a year."""
    return np.exp(rng.uniform(np.log(60.0), np.log(3000.0), SERIES))


@dataclass(frozen=True, eq=False)
class Size:
    """How often nothing was there and something was said.

    Attributes:
        world: how the cities were made.
        years: null years, a series each.
        alone: (12,) share of them beyond chance by each month.
        cities: city-years.
        warned: (12,) share of those with any warning by each month.
        farrington: share of the years with a month outside Farrington's two-sided 5 %.
        yearly: share outside the yearly test's 5 %.
    """

    world: World
    years: int
    alone: FloatArray
    cities: int
    warned: FloatArray
    farrington: float
    yearly: float


def size(world: World, years: int) -> Size:
    """Cities in which nothing happened."""
    rng = np.random.default_rng([41, WORLDS.index(world)])
    alone, warned, by_month, by_year = [], [], [], []
    for _ in range(int(np.ceil(years / SERIES))):
        city = simulate(rng, world, drawn_levels(rng))
        paths, any_warned = e_paths(city, late=world.late)
        alone.append(np.maximum.accumulate(paths, axis=1) >= 1.0 / SETTINGS.alpha)
        warned.append(any_warned)
        by_month.append(farrington_alarms(city).any(axis=1))
        by_year.append(yearly_p(city) < OF_YEARS.alpha)
    return Size(
        world,
        len(alone) * SERIES,
        np.concatenate(alone).mean(axis=0),
        len(warned),
        np.array(warned).mean(axis=0),
        float(np.concatenate(by_month).mean()),
        float(np.concatenate(by_year).mean()),
    )


def farrington_alarms(city: City) -> BoolArray:
    """Months (S, 12) of the last year outside the two-sided 5 %.of the flexible Farrington test."""
    counts = city.counts.reshape(len(city.counts), -1)
    return farrington(counts, MONTHS, OF_YEARS.monthly).p_values < OF_YEARS.alpha


def yearly_p(city: City) -> FloatArray:
    """P-values of the last year when it is over, as the yearly engine gives them."""
    names = [f"antal_{at:02d}" for at in range(len(city.counts))]
    yearly = [_yearly(name, row.sum(axis=1)) for name, row in zip(names, city.counts, strict=True)]
    judged, _ = judge_series(yearly, _catalogue(names), NOW, OF_YEARS)
    return np.array([one.p_value for one in sorted(judged, key=lambda one: one.series.key)])


def report_sizes(years: int) -> list[Size]:
    """Print false alarms by month."""
    found = [size(world, years) for world in WORLDS]
    say(
        f"Share of null years that were beyond chance (e >= {1 / SETTINGS.alpha:.0f}) by each"
        f" month; required: at most {shown(SETTINGS.alpha)} in every month.\n"
    )
    head = ["world", "years", *(str(at + 1) for at in range(MONTHS)), "required"]
    table(
        head,
        [
            [one.world.name, one.years, *map(shown, one.alone.tolist()), shown(SETTINGS.alpha)]
            for one in found
        ],
    )
    say(
        f"Share of city-years ({SERIES} series) with any warning (e-BH at {shown(SETTINGS.fdr)}) by"
        f" each month; required: at most {shown(SETTINGS.fdr)}.\n"
    )
    head[1] = "city-years"
    table(
        head,
        [
            [one.world.name, one.cities, *map(shown, one.warned.tolist()), shown(SETTINGS.fdr)]
            for one in found
        ],
    )
    say("The same null years by others: any month of the year outside a two-sided 5 %.\n")
    table(
        ["world", "Farrington, any month", "the year's own test", "nominal"],
        [
            [one.world.name, shown(one.farrington), shown(one.yearly), shown(OF_YEARS.alpha)]
            for one in found
        ],
    )
    return found


@dataclass(frozen=True)
class Delay:
    """When a change is told.

    Attributes:
        median: months until it is beyond chance; infinite where most never are.
        told: share that are within the year.
        warned: months until a warning, if it is the only one among the city's series.
        farrington: months until Farrington's first alarm in the right direction.
        yearly: share that the year's own test tells, after the twelfth month.
        only_yearly: share that the year's own test tells and the months did not.
    """

    median: float
    told: float
    warned: float
    farrington: float
    yearly: float
    only_yearly: float


def delay(level: float, factor: float, sigma: float, cities: int) -> Delay:
    """A change that is there from January on, in series of one level."""
    rng = np.random.default_rng([42, int(level), int(100 * factor), int(100 * sigma)])
    first, warned, months, over, yearly = [], [], [], [], []
    for _ in range(cities):
        city = simulate(rng, World("", sigma=sigma), np.full(SERIES, level), factor)
        paths, _ = e_paths(city, late=False)
        first.append(_first(paths >= 1.0 / SETTINGS.alpha))
        warned.append(_first(paths >= SERIES / SETTINGS.fdr))
        months.append(_first(farrington_alarms(city)))
        yearly.append(yearly_p(city) < OF_YEARS.alpha)
        over.append(yearly[-1] & (first[-1] > MONTHS))
    when = np.concatenate(first)
    return Delay(
        float(np.median(when)),
        float((when <= MONTHS).mean()),
        float(np.median(np.concatenate(warned))),
        float(np.median(np.concatenate(months))),
        float(np.concatenate(yearly).mean()),
        float(np.concatenate(over).mean()),
    )


def _first(alarms: BoolArray) -> FloatArray:
    """The first month of each row that alarms, from 1; infinite where none does."""
    return np.where(alarms.any(axis=1), alarms.argmax(axis=1) + 1.0, np.inf)


def report_delays(cities: int) -> None:
    """Print months until a change is told."""
    say(
        f"Months until a change from January on is told, {cities * SERIES} series a cell; the"
        " median, and the share told within the year. - is never.\n"
    )
    rows = []
    for sigma in (0.03, 0.05):
        for factor in FACTORS:
            for level in LEVELS:
                one = delay(level, factor, sigma, cities)
                required = factor == FALL and level == REQUIRED_LEVEL
                rows.append(
                    [
                        f"{sigma:g}",
                        f"{100 * (factor - 1):+.0f} %",
                        f"{level:.0f}",
                        f"{_months(one.median)} ({shown(one.told)})",
                        f"<= {REQUIRED_MONTHS:.0f}" if required else "",
                        _months(one.warned),
                        _months(one.farrington),
                        f"12 ({shown(one.yearly)})",
                        shown(one.only_yearly),
                    ]
                )
    table(
        [
            "sigma",
            "change",
            "a year",
            "told (share)",
            "required",
            "warned, alone in the city",
            "Farrington",
            "the year's test (share)",
            "by that test only",
        ],
        rows,
    )


def _months(value: float) -> str:
    return "-" if np.isinf(value) else f"{value:g}"


def discoveries(cities: int, changed: int = 4, factor: float = 0.65) -> tuple[float, float]:
    """False discoveries among the warnings at the year's end, and changes that were found."""
    rng = np.random.default_rng(43)
    false, found = [], []
    for _ in range(cities):
        levels = drawn_levels(rng)
        null = simulate(rng, World(""), levels)
        moved = simulate(rng, World(""), levels, factor)
        counts, told = null.counts.copy(), null.told.copy()
        counts[:changed], told[:changed] = moved.counts[:changed], moved.told[:changed]
        selected = warnings(e_paths(City(counts, told), late=False)[0])
        false.append(selected[changed:].sum() / max(selected.sum(), 1))
        found.append(selected[:changed].mean())
    return float(np.mean(false)), float(np.mean(found))


def report_discoveries(cities: int) -> None:
    """Print the false-discovery rate of the warnings."""
    false, found = discoveries(cities)
    say(f"Four of {SERIES} series fall 35 % in January, {cities} city-years, at the year's end.\n")
    table(
        ["", "measured", "required"],
        [
            ["false among the warned", shown(false), f"<= {shown(SETTINGS.fdr)}"],
            ["changes warned of", shown(found), ""],
        ],
    )


def of_real_years(months: FloatArray, first: int, since: int) -> list[EarlyWarning]:
    """Each year of a real series after its December, against the years before it."""
    name = "antal_00"
    prompt = np.tile([1.0, 0.0], (SETTINGS.delays.recent, 1))
    found = []
    for at in range(since - first, len(months)):
        whole = months[:at].sum(axis=1)
        known = np.isfinite(whole)
        yearly = _yearly(name, whole[known], np.arange(first, first + at)[known])
        running = RunningSeries(name, "0180", REGISTERS[0], months[:at], months[at])
        found += early_warnings(
            [running],
            [yearly],
            {REGISTERS[0]: prompt},
            catalogue=_catalogue([name]),
            year=first + at,
            settings=SETTINGS,
            of_years=OF_YEARS,
        )
    return found


def report_real() -> None:
    """Print what is told of a real series, year by year, beside Farrington's months."""
    months = dalarna()
    counts = months.reshape(1, -1)
    alarms = farrington(counts, 7 * MONTHS, OF_YEARS.monthly).p_values[0] < OF_YEARS.alpha
    by_year = [None, *alarms.reshape(7, MONTHS).sum(axis=1)]
    say("Households with assistance in Dalarnas län, 2017-2024, as Socialstyrelsen has them.\n")
    table(
        ["year", "told", "since", "expected", "came", "Farrington's months at 5 %"],
        [
            [
                row.period_start.year,
                str(row.outcome),
                row.first_crossing or "",
                f"{row.expected or np.nan:.0f} ({row.lower:.0f}-{row.upper:.0f})",
                f"{row.year_to_date:.0f}",
                "" if flagged is None else int(flagged),
            ]
            for row, flagged in zip(of_real_years(months, 2014, 2017), by_year, strict=True)
        ],
    )


def test_a_real_gap_is_told_in_its_first_month_and_a_slow_turn_is_no_row_of_alarms() -> None:
    # January and February of 2017 lack a fourth of the households that March has again.
    first, *others = of_real_years(dalarna(), 2014, 2017)
    assert first.outcome is EarlyOutcome.VARNING
    assert first.first_crossing == date(2017, 1, 1)
    assert not any(row.outcome is EarlyOutcome.VARNING for row in others)


def test_nothing_is_told_of_null_years_more_often_than_nominal() -> None:
    for one in report_sizes(1000):
        error = 2.0 * np.sqrt(SETTINGS.fdr * (1.0 - SETTINGS.fdr) / one.cities)
        assert one.years >= 1000
        assert np.all(one.alone <= SETTINGS.alpha), one.world.name
        assert np.all(one.warned <= SETTINGS.fdr + error), one.world.name


def test_a_fall_of_a_quarter_in_600_is_told_within_four_months() -> None:
    for sigma in (0.03, 0.05):
        one = delay(REQUIRED_LEVEL, FALL, sigma, 10)
        assert one.median <= REQUIRED_MONTHS


def test_warnings_are_false_at_most_at_their_rate() -> None:
    false, found = discoveries(40)
    assert false <= SETTINGS.fdr
    assert found > 0.5


def main() -> None:
    """Measure all and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--years", type=int, default=1000, help="null years a world")
    parser.add_argument("--cities", type=int, default=8, help="cities a cell of the delays")
    chosen = parser.parse_args()
    started = time.perf_counter()
    report_sizes(chosen.years)
    report_delays(chosen.cities)
    report_discoveries(4 * chosen.cities)
    report_real()
    say(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
