"""Bias and coverage of every estimand in worlds whose truths are known: `make truths`.

Prints a table and writes it to `docs/figures/truths_functions.csv`. Given names of worlds, as
`python -m tests.truths.functions _months cases`, it draws those alone and leaves the others' rows
as they stand. Not a test: it takes minutes. `tests/unit/analyses` runs a little of the same with
wide limits.
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from orchestration.analyses import housing_support, refusals
from orchestration.analyses.rows import Rows
from orchestration.statistics import agreement, bunching
from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.resampling import Interval
from tests.truths import child_functions, equality_functions, survey_worlds, worlds
from tests.truths.hits import Hit, hits
from tests.truths.worlds import Truth

FIGURES = Path(__file__).parents[2] / "docs" / "figures" / "truths_functions.csv"
REPLICATES = 199
_LONGER, _FACTOR = 1.2, 1.4
#: Where one cause is to be told from the other a refusal depends much on the spell's month.
_STEEP = 4.0
#: A truth of about nought has no relative bias.
_SMALL = 0.01
_OF_SPELLS = {"1.4", "1.4_rise"}


def _months(seed: int) -> list[Hit]:
    months = worlds.months_of(seed, longer=_LONGER, factor=_FACTOR)
    rows = Rows("refusals", worlds.YEAR, "0180")
    refusals.factors(rows, months, REPLICATES)
    refusals.spells(rows, months, 99)
    refusals.bands(rows, months)
    return hits("refusals", rows, worlds.months_truths(_LONGER, _FACTOR))


def _one_cause(seed: int) -> list[Hit]:
    """Longer spells alone, then higher rates alone."""
    out = []
    for world, longer, factor in (("duration only", 2.5, 1.0), ("rate only", 1.0, 1.6)):
        months = worlds.months_of(seed, longer=longer, factor=factor, number=3000, slope=_STEEP)
        rows = Rows("refusals", worlds.YEAR, "0180")
        refusals.spells(rows, months, 99)
        truths = worlds.months_truths(longer, factor, 3000, _STEEP)
        out += hits(world, rows, [each for each in truths if each.estimand in _OF_SPELLS])
    return out


def _returns(seed: int) -> list[Hit]:
    returns, truths = worlds.returns_of(seed)
    rows = Rows("refusals", worlds.YEAR, "0180")
    refusals.after_refusal(rows, returns, REPLICATES)
    return hits("returns", rows, truths)


def _grounds(seed: int) -> list[Hit]:
    rows = Rows("refusals", worlds.YEAR, "0180")
    refusals.new_groups(rows, worlds.grounds_of(seed, 1.2))
    return hits(
        "grounds", rows, [Truth("1.6", "kredit_som_inkomst", 1.2), Truth("1.6", "tillgangar", 1.0)]
    )


def _boards(seed: int) -> list[Hit]:
    """Two boards differ; a hit is a verdict that is right."""
    months = worlds.months_of(seed, longer=1.0, factor=1.0, number=12_000, boards={2: 1.6, 7: 0.55})
    rows = Rows("refusals", worlds.YEAR, "0180")
    refusals.boards(rows, months)
    out = []
    for at, each in enumerate(rows.boards):
        planted = {2: "above", 7: "below"}.get(at)
        name = "1.8 planted" if planted else "1.8 null"
        out.append(Hit("boards", name, 0.0, 0.0, each.verdict == (planted or "alike")))
    return out


def one_of_cases(seed: int, flats: float = 0.09, own: float = 0.30) -> list[Hit]:
    """What others carried of those who are missing in protected housing."""
    seen, truths = worlds.cases_of(seed, flats, own)
    world = "substitution" if flats + own > 0 else "no substitution"
    return hits(world, worlds.run_protected(REPLICATES, cases=seen), truths)


def cases(seed: int) -> list[Hit]:
    """With and without substitution."""
    return [*one_of_cases(seed), *one_of_cases(seed, 0.0, 0.0)]


def stays(seed: int) -> list[Hit]:
    """Stays of which the later are cut short by the end of the data."""
    seen, truths = worlds.stays_of(seed)
    return hits("stays", worlds.run_protected(REPLICATES, stays=seen), truths)


def series(seed: int) -> list[Hit]:
    """Quarters with a step, and without one."""
    seen, truths = worlds.series_of(seed)
    null, nothing = worlds.series_of(seed + 50_000, 1.0)
    return [
        *hits("series", worlds.run_protected(REPLICATES, series=seen), truths),
        *hits("no step", worlds.run_protected(REPLICATES, series=null), nothing),
    ]


def _heap(seed: int) -> list[Hit]:
    out = []
    for world, moved in (("grant", 0.35), ("no grant", 0.0)):
        support, truths = worlds.support_of(seed, moved, since=2015)
        seen = bunching.histogram(support.hours, support.group, 3)
        found = bunching.estimate(
            seen, 0, housing_support.THRESHOLD, np.random.default_rng(seed), replicates=REPLICATES
        )
        estimates: dict[str, tuple[float, Interval]] = {
            "3.3": (found.excess, found.excess_limits),
            "3.3_hours": (found.hours, found.hours_limits),
        }
        for truth in truths:
            if truth.estimand in estimates:
                value, limits = estimates[truth.estimand]
                out.append(
                    Hit(world, truth.estimand, truth.value, value, limits.covers(truth.value))
                )
    return out


def _placebos(seed: int) -> list[Hit]:
    support, _ = worlds.support_of(seed, 0.35, since=2015)
    seen = bunching.histogram(support.hours, support.group, 3)
    cases = [*((0, at) for at in housing_support.PLACEBOS), (1, 12.0), (2, 12.0)]
    judged = bunching.placebos(
        seen, cases, (0, housing_support.THRESHOLD), seed, replicates=REPLICATES
    )
    alone = [
        Hit("placebos", "3.4", 0.0, each.excess, each.excess_limits.covers(0.0))
        for each in judged.found
    ]
    family = Hit("placebos", "3.4 family", 0.0, 0.0, bool(judged.p_values.min() > 0.05))
    return [*alone, family]


def _since(seed: int) -> list[Hit]:
    support, truths = worlds.support_of(seed)
    rows = Rows("housing_support", worlds.YEAR, "0180")
    housing_support.since_grant(rows, support, housing_support.Grant(82_576.0, 2018), 99)
    right = [each.estimate == 2018 for each in rows.results if each.estimand_id == "3.5_largest"]
    found = hits("grant", rows, [each for each in truths if each.estimand == "3.5"])
    return [*found, Hit("grant", "3.5 largest step", 0.0, 0.0, right[0])]


def _equal(seed: int) -> list[Hit]:
    support, truths = worlds.support_of(seed, 0.0, heaps=False)
    rows = Rows("housing_support", worlds.YEAR, "0180")
    housing_support.equal_treatment(rows, support)
    return hits("equal treatment", rows, truths)


def _agreed(
    world: str, name: str, known: float, ratings: FloatArray, of: Callable[[FloatArray], float]
) -> Hit:
    limits = agreement.left_out_cases(ratings, of, 0.95)
    return Hit(world, name, known, of(ratings), limits.covers(known))


def _agreement(seed: int) -> list[Hit]:
    """Raters of known agreement, and two groups of them of whom one gives more."""
    alpha: Callable[[FloatArray], float] = partial(agreement.alpha, level="interval")
    found = [
        _agreed(f"raters {known}", "alpha", known, worlds.raters_of(seed, known), alpha)
        for known in (0.6, 0.8)
    ]
    answers, truths = worlds.two_raters_of(seed)
    of_answers: dict[str, Callable[[FloatArray], float]] = {
        "exact": agreement.exact,
        "alpha": partial(agreement.alpha, level="nominal"),
        "kappa": lambda each: agreement.kappa(agreement.cross_table(each, worlds.ANSWERS)),
        "AC1": partial(agreement.gwet, categories=worlds.ANSWERS),
    }
    found += [
        _agreed("two raters", name, truths[name], answers, of) for name, of in of_answers.items()
    ]
    panel = worlds.panel_of(seed)
    difference = agreement.group_difference(*panel)
    covered = difference.interval(0.95).covers(worlds.PANEL_DIFFERENCE)
    found.append(
        Hit("panel", "group difference", worlds.PANEL_DIFFERENCE, difference.difference, covered)
    )
    return found


def _demand(seed: int) -> list[Hit]:
    """Reached persons of whom somebody knows how many are known, and a share that comes."""
    rows, truths = worlds.demand_of(seed)
    return hits("demand", rows, truths)


WORLDS: dict[Callable[[int], list[Hit]], int] = {
    _months: 400,
    _one_cause: 400,
    _returns: 400,
    _grounds: 2000,
    _boards: 60,
    cases: 400,
    stays: 400,
    series: 400,
    _heap: 400,
    _placebos: 60,
    _since: 400,
    _equal: 400,
    child_functions.cases: 400,
    child_functions.closings: 400,
    child_functions.districts: 400,
    equality_functions.sexes: 100,
    equality_functions.boards: 100,
    _agreement: 400,
    _demand: 400,
    survey_worlds.survey: 200,
}


def summary(found: Sequence[Hit]) -> list[dict[str, object]]:
    """A row a world and estimand: how many intervals, how many cover, how far off on average."""
    of = defaultdict(list)
    for each in found:
        of[each.world, each.estimand].append(each)
    out: list[dict[str, object]] = []
    for (world, estimand), mine in of.items():
        truth = np.array([each.truth for each in mine])
        error = np.array([each.estimate for each in mine]) - truth
        size = np.abs(truth).mean()
        out.append(
            {
                "world": world,
                "estimand": estimand,
                "intervals": len(mine),
                "coverage": round(float(np.mean([each.covered for each in mine])), 3),
                "estimated": int(np.isfinite(error).sum()),
                "mean_error": float(f"{np.nanmean(error):.4g}"),
                "relative_bias": round(float(np.nanmean(error) / size), 3) if size > _SMALL else "",
            }
        )
    return out


def name_of(world: Callable[[int], list[Hit]]) -> str:
    """What a world is called on the command line."""
    if world.__module__ == __name__:
        return world.__name__
    return f"{world.__module__.rpartition('.')[2]}.{world.__name__}"


def merged(
    before: Sequence[Mapping[str, object]], now: Sequence[Mapping[str, object]]
) -> list[Mapping[str, object]]:
    """The rows of before with those of now in their places."""
    names = {(row["world"], row["estimand"]): row for row in now}
    kept = [names.pop((row["world"], row["estimand"]), row) for row in before]
    return [*kept, *names.values()]


def main() -> int:
    """Run the worlds on the cores there are, print and write what came out."""
    worlds_by_name = {name_of(world): world for world in WORLDS}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("worlds", nargs="*", metavar="WORLD", help=", ".join(worlds_by_name))
    asked = parser.parse_args().worlds
    if unknown := set(asked) - worlds_by_name.keys():
        parser.error(f"no world is called {', '.join(sorted(unknown))}")
    chosen = [worlds_by_name[name] for name in asked]
    found: list[Hit] = []
    with ProcessPoolExecutor() as pool:
        running = [
            pool.map(world, range(WORLDS[world]), chunksize=10) for world in chosen or WORLDS
        ]
        for each in running:
            for some in each:
                found += some
    rows: list[Mapping[str, object]] = list(summary(found))
    if chosen:
        with FIGURES.open(encoding="utf-8", newline="") as file:
            rows = merged(list(csv.DictReader(file)), rows)
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    with FIGURES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        sys.stdout.write("  ".join(f"{value!s:>18}" for value in row.values()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
