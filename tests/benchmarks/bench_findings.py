"""What whole cities must be told, and not told: boards, groups, pairs, and years in a row.

    python -m tests.benchmarks.bench_findings [--keep docs/figures]
    pytest tests/benchmarks/bench_findings.py -s

Beside `bench_engine`, which judges pools of series, everything here goes through the engine's door,
or through its correction for many tests. The cities are drawn as in the tests that they come from:
wandering boards, persons most of whom stay in their group, prices that rise steadily. What is
printed stands in `docs/deviation-method.md`.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from orchestration.deviation.assess import assess
from orchestration.deviation.series import Series
from orchestration.deviation.settings import COUNTED, DeviationSettings
from orchestration.findings.codes import Kind, Outcome
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import Area, Indicator, Measure, Polarity, Relation
from orchestration.statistics.arrays import BoolArray, FloatArray
from orchestration.statistics.filters import GammaPoisson
from orchestration.statistics.multiplicity import select
from orchestration.statistics.pooled import judge
from tests.benchmarks.required import Row, told
from tests.benchmarks.tables import say
from tests.panels import whole_panel
from tests.unit.deviation import test_deviation_board_changes as boards
from tests.unit.deviation import test_group_differences as groups

SETTINGS = DeviationSettings()
FDR = SETTINGS.fdr
YEARS = np.arange(2015, 2024)
SERIES = 60


def _share(setting: str, figure: str, hits: Sequence[float], **required: float) -> Row:
    values = np.array(hits, dtype=np.float64)
    error = float(values.std(ddof=1) / np.sqrt(values.size))
    return Row(setting, figure, float(values.mean()), error, **required)


# --- boards ---------------------------------------------------------------------------------------


def null_boards(cities: int = 100) -> list[Row]:
    """Cities whose boards only wander."""
    found = [bool(boards.moved(boards.city(np.random.default_rng([11, n])))) for n in range(cities)]
    return [_share(f"boards that only wander, {cities} cities", "any board found", found, most=FDR)]


def one_board(rounds: int = 4) -> list[Row]:
    """One board of eleven changes in the report year, in each of the three indicators' cities."""
    rows = []
    for factor in (1.3, 1.6, 2.0):
        hits = []
        for at in range(len(boards.BOARDS) * rounds):
            board = at % len(boards.BOARDS)
            own = boards.one_of(board, factor)
            told_of = boards.moved(boards.city(np.random.default_rng([12, at]), own=own))
            wanted = (boards.BOARDS[board], boards.NAMES[0])
            hits.append(any((row.geography_id, row.indicator_id) == wanted for row in told_of))
        setting = f"one board of about a thousand x{factor:g}"
        rows.append(_share(setting, "found", hits, least=8 / 11))
    return rows


# --- groups ---------------------------------------------------------------------------------------

_PAIRS = 6


def _city_of_groups(seed: int, last: float = 1.0) -> list[Series]:
    rng = np.random.default_rng([13, seed])
    levels = 7.2 * np.exp(rng.normal(0.0, 0.3, (_PAIRS, 2)))
    given = []
    for at, (ones, others) in enumerate(levels):
        years = [float(ones)] * 8
        if at == 0:
            years[-1] *= last
        given += groups.two(seed * _PAIRS + at, years, [float(others)] * 8, at=at)
    return given


def standing(cities: int = 100) -> list[Row]:
    """Six pairs of groups that always differed; in half of the cities one of them changes."""
    declared = groups.catalogue(pairs=_PAIRS)
    null, found = [], []
    for seed in range(cities):
        rows = groups.differences(_city_of_groups(seed), declared)
        null.append(any(row.outcome is Outcome.FOCUS for row in rows))
        rows = groups.differences(_city_of_groups(seed, 1.25), declared)
        first = [row for row in rows if row.category == "ena-0"]
        found.append(any(row.outcome is Outcome.FOCUS for row in first))
    return [
        _share("groups that always differed", "any in focus", null, most=FDR),
        _share("one such difference changed by 25 %", "in focus", found, least=0.75),
    ]


# --- pairs ----------------------------------------------------------------------------------------


def _indicator(name: str, measure: Measure, area: Area) -> Indicator:
    return Indicator(
        indicator_id=name,
        title_sv=name,
        area=area,
        unit="hushåll",
        polarity=Polarity.NEUTRAL,
        measure=measure,
        definition_sv="Antal.",
        source_id=f"register_{name}",
    )


def _plain(name: str, values: FloatArray) -> Series:
    unknown = np.full(values.shape, np.nan)
    return Series(
        *(name, "0180", "total", "total"),
        years=YEARS,
        numerator=values,
        denominator=unknown,
        value=values,
        standard_deviation=unknown,
        observations=unknown,
        status=["observed"] * values.size,
    )


def contrary(draws: int = 400) -> list[Row]:
    """A count falls by 30 % while a price goes on as ever, up by 3 % a year."""
    prices = [f"pris_{at}" for at in range(8)]
    declared = Catalogue(
        indicators=(
            _indicator("hushall", Measure.COUNT, Area.EKONOMISKT_BISTAND),
            *(_indicator(name, Measure.AMOUNT, Area.OMVARLD) for name in prices),
        ),
        relations=(
            Relation(
                relation_id="hushall-pris",
                indicator_id="hushall",
                related_indicator_id=prices[0],
                expected_sign=1,
                comparison_years=1,
                rationale_sv="Därför.",
                source="prov",
            ),
        ),
    )
    false = []
    for draw in range(draws):
        rng = np.random.default_rng([14, draw])
        count = rng.poisson(2000 * np.where(YEARS[-1] == YEARS, 0.7, 1.0)).astype(np.float64)
        given = [_plain("hushall", count)]
        for at, name in enumerate(prices):
            rate = 0.03 if at == 0 else 0.0
            log = rate * np.arange(YEARS.size) + rng.normal(0, 0.01, YEARS.size)
            given.append(_plain(name, 100.0 * np.exp(log)))
        rows = assess(given, declared, int(YEARS[-1]), SETTINGS)
        false.append(any(row.kind is Kind.CONTRARY for row in rows))
    return [_share("a price that rises by 3 % every year", "false contrary", false, most=0.05)]


# --- q, and years in a row ------------------------------------------------------------------------


def at_any_rate(draws: int = 2000) -> list[Row]:
    """A q-value read at another rate against a selection at that rate."""
    rng = np.random.default_rng(15)
    differs: list[float] = []
    for _ in range(draws):
        families = [int(each) for each in rng.integers(0, 12, 40)]
        p = np.where(rng.random(40) < 0.3, rng.beta(0.2, 8, 40), rng.random(40))
        q = select(p, families, FDR, as_one=True).q_values
        for rate in (0.01, 0.05):
            chosen = select(p, families, rate, as_one=True).selected
            differs.append(float(not np.array_equal(chosen, q <= rate)))
    return [_share("q read at .01 or .05", "another set", differs, most=0.0)]


def years_in_a_row(sequences: int = 40, years: int = 20, before: int = 6) -> list[Row]:
    """A city tested every year for twenty years; three of sixty change for good each year."""
    false, null = [], []
    for sequence in range(sequences):
        for changes in (3, 0):
            rng = np.random.default_rng([16, sequence, changes])
            told_years, wrong, right = 0, 0, 0
            sigma = rng.choice([0.0, 0.03, 0.08, 0.15], SERIES)[:, None]
            steps = rng.normal(0, 1, (SERIES, before + years)) * sigma
            true: BoolArray = np.zeros(steps.shape, dtype=bool)
            for year in range(before, before + years):
                at = rng.permutation(SERIES)[:changes]
                true[at, year] = True
                steps[at, year] += np.log(np.where(rng.random(changes) < 0.5, 1.35, 0.65))
            start = np.exp(rng.uniform(np.log(300), np.log(20_000), SERIES))[:, None]
            counts = rng.poisson(start * np.exp(np.cumsum(steps, axis=1))).astype(np.float64)
            for year in range(before, before + years):
                chosen = _selected(counts[:, : year + 1])
                wrong += int((chosen & ~true[:, year]).sum())
                right += int((chosen & true[:, year]).sum())
                told_years += bool(chosen.any())
            if changes:
                false.append(wrong / max(wrong + right, 1))
            else:
                null.append(told_years / years)
    return [
        _share(
            "twenty years in a row, three of sixty change", "false of all told", false, most=FDR
        ),
        _share("twenty years in a row, nothing happens", "years with any", null, most=FDR),
    ]


def _selected(counts: FloatArray) -> BoolArray:
    registers = [f"register {at % 12}" for at in range(SERIES)]
    pools = [f"area {at % 8}" for at in range(SERIES)]
    fit = judge(GammaPoisson(), whole_panel(counts, 1.0), registers, pools, COUNTED)
    p = fit.prediction.p_values()
    return select(p, list(range(SERIES)), FDR, as_one=True).selected


BLOCKS: tuple[Callable[[], list[Row]], ...] = (
    *(years_in_a_row, standing, null_boards, one_board, contrary, at_any_rate),
)


def _measure(at: int) -> list[Row]:
    return BLOCKS[at]()


def report(folder: Path | None = None) -> list[Row]:
    """Print what was measured beside what is required."""
    started = time.perf_counter()
    with ProcessPoolExecutor() as pool:
        rows = [row for rows in pool.map(_measure, range(len(BLOCKS))) for row in rows]
    told(rows, folder, "findings")
    say(f"{time.perf_counter() - started:.0f} s")
    return rows


def test_what_is_required_of_whole_cities_is_held() -> None:
    assert not [row.setting for row in report() if not row.held]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder for what was measured")
    report(parser.parse_args().keep)
