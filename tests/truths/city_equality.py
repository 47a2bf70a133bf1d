"""What is said of women and men in whole cities: `python -m tests.truths.city_equality`.

Each city is drawn, run as far as its comparisons, and those of the report year in the municipality
are held against the ratios that its truths make of every indicator (8.1 of `truth.json`): whether
the planted difference is found, whether what is found is so, and whether what is said to be alike
is. Prints what is said and what misses, and writes a row a city to
`docs/figures/truths_city_equality.csv`. A board of such a city mostly has too few in institutions
to be told from others in compulsory care. Not a test: a city takes a minute.
"""

import argparse
import csv
import math
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import duckdb

from orchestration.analyses.equality import ALIKE, DIFFERENCE, MARGIN, UNTOLD
from orchestration.demo.city import city_model, write_city
from orchestration.demo.estimands import YEAR, equality_truths
from orchestration.settings import Settings
from tests.nights import Night, night

FIGURES = Path(__file__).parents[2] / "docs" / "figures" / "truths_city_equality.csv"
SCALE, SEEDS = 0.25, tuple(range(101, 121))
#: As far as the comparisons; nothing else is needed of a night.
STEPS = ("landing", "raw", "staging", "marts", "equality")
PLANTED = "substance_use_outpatient_share"
#: Closer to one than this is no difference that could be found rightly.
NOTHING = 0.02
_ROWS = """
select
    indicator_id
        || case when category_a like '%*%' then '*' || split_part(category_a, '*', 1) else '' end,
    ratio, ci_lower, ci_upper, verdict
from marts.equality
where comparison = 'sex' and geography_id = '0180' and year(period_start) = $year
    and ratio is not null
order by 1
"""


@dataclass(frozen=True)
class City:
    """What was said of one city.

    Attributes:
        seed: which one.
        planted: whether the planted difference was found.
        found: differences that were found.
        false: those of them that are none, or go the other way.
        alike: pairs that were said to be alike.
        alike_right: those of them that differ by less than what matters.
        intervals: intervals with a truth.
        held: those of them that hold it.
    """

    seed: int
    planted: int
    found: int
    false: int
    alike: int
    alike_right: int
    intervals: int
    held: int


Row = tuple[str, float, float, float, str]


def judged(seed: int, rows: Sequence[Row], truth: Mapping[str, float]) -> City:
    """A city's comparisons against the ratios that are true."""
    assert rows
    missing = {row[0] for row in rows} - truth.keys()
    assert not missing, f"no truth of {missing}"
    away = {name: math.log(value) for name, value in truth.items()}
    found = [row for row in rows if row[4] == DIFFERENCE]
    alike = [row for row in rows if row[4] == ALIKE]
    return City(
        seed=seed,
        planted=sum(row[0] == PLANTED for row in found),
        found=len(found),
        false=sum(
            abs(away[row[0]]) < math.log1p(NOTHING) or away[row[0]] * math.log(row[1]) < 0
            for row in found
        ),
        alike=len(alike),
        alike_right=sum(abs(away[row[0]]) < math.log1p(MARGIN) for row in alike),
        intervals=len(rows),
        held=sum(low <= truth[name] <= high for name, _, low, high, _ in rows),
    )


def city(seed: int, truth: Mapping[str, float]) -> City:
    """A city that is drawn and run for it, as far as what is compared."""
    with tempfile.TemporaryDirectory(prefix="avvik-truth-") as home:
        settings = Settings(home=Path(home))
        write_city(settings.inbox_dir, seed=seed, scale=SCALE, mode="drawn")
        assert night(settings, *STEPS) == Night()
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            rows = connection.execute(_ROWS, {"year": YEAR}).fetchall()
    for name, ratio, low, high, verdict in rows:
        missed = not low <= truth[name] <= high
        if missed or verdict != UNTOLD:
            what = f"{truth[name]:.3f} {ratio:.3f} ({low:.3f}-{high:.3f}) {verdict}"
            sys.stdout.write(f"{seed} {name} {what}{' MISSED' if missed else ''}\n")
    return judged(seed, rows, truth)


def ratios() -> dict[str, float]:
    """Women's level over men's by the truths, of every indicator and target group."""
    model = city_model(seed=0, scale=SCALE, mode="drawn")
    return {each.category: each.value for each in equality_truths(model)}


def sums(cities: Sequence[City]) -> list[tuple[str, int, int]]:
    """What is asked of all the cities together: what, how many, and of how many."""
    number = {each.name: sum(getattr(city, each.name) for city in cities) for each in fields(City)}
    return [
        ("the planted difference is found", number["planted"], len(cities)),
        ("what is found is no difference", number["false"], number["found"]),
        ("what is said to be alike is", number["alike_right"], number["alike"]),
        ("an interval holds the truth", number["held"], number["intervals"]),
    ]


def main() -> None:
    """Run the cities and write what was said; end with 1 below what is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    truth = ratios()
    cities: list[City] = []
    for seed in parser.parse_args().seeds:
        cities.append(city(seed, truth))
        sys.stdout.write(f"{cities[-1]}\n")
        sys.stdout.flush()
        with FIGURES.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, [each.name for each in fields(City)], lineterminator="\n")
            table.writeheader()
            table.writerows(asdict(each) for each in cities)
    for what, count, of in sums(cities):
        sys.stdout.write(f"{what:45} {count:4} of {of}\n")
    sys.exit(int(not enough(cities)))


def enough(cities: Sequence[City]) -> bool:
    """Nine planted of ten are found, a tenth of the found is false, 95 % said alike are."""
    return (
        sum(each.planted for each in cities) >= 0.9 * len(cities)
        and sum(each.false for each in cities) <= 0.1 * sum(each.found for each in cities)
        and sum(each.alike_right for each in cities) >= 0.95 * sum(each.alike for each in cities)
    )


if __name__ == "__main__":
    main()
