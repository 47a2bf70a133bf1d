"""The deviation engine on figures that publishers have published, not on simulated ones.

    python -m tests.benchmarks.real_data households | stockholm

Prints the tables of `docs/deviation-method.md`; tests hold the page against them. The bytes are the
recorded ones in `orchestration/demo/recorded`, read by the same parsers as in the pipeline.
"""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from orchestration.deviation.explanations import explained_log_change
from orchestration.deviation.found import SourceNote, explanations_in_notes
from orchestration.deviation.places import PlacesSettings, PlacesVerdict, compare_places
from orchestration.deviation.series import BoolArray, FloatArray, IntArray
from orchestration.deviation.settings import DeviationSettings
from orchestration.indicators.models import FoundExplanation
from orchestration.sources.observation import Note
from orchestration.sources.registry import datasets_of, recorded_files
from orchestration.sources.socialstyrelsen import parse as parse_socialstyrelsen
from tests.benchmarks.tables import say, table

SETTINGS = DeviationSettings()
HOUSEHOLDS = "socialstyrelsen_assistance_monthly"
YEAR = 2017
MONTHS = ("Jan", "Feb", "March", "April", "May", "June", "July", "Aug")


SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"


@cache
def codes() -> dict[str, str]:
    """Names of the municipalities by their codes."""
    with (SEEDS / "municipalities.csv").open(encoding="utf-8") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


@dataclass(frozen=True, eq=False)
class Households:
    """Households with economic assistance, January to August 2017.

    Attributes:
        places: municipality of each row.
        born: group of each row, 0 for born abroad and 1 for born in Sweden.
        counts: (S, 8), nan where the page has ``X`` or ``--``.
        notes: the page's footnotes.
    """

    places: tuple[str, ...]
    born: IntArray
    counts: FloatArray
    notes: tuple[Note, ...]

    def rows(self, place: str) -> IntArray:
        """Rows of a municipality."""
        return np.flatnonzero(np.array(self.places) == place)

    def explanations(self) -> list[FoundExplanation]:
        """What the footnotes explain."""
        notes = [
            SourceNote(n.dataset_id, n.kind, n.period, tuple(json.loads(n.regions)), n.text)
            for n in self.notes
        ]
        places = {(HOUSEHOLDS, name): code for code, name in codes().items()}
        return explanations_in_notes(notes, {HOUSEHOLDS: ("households",)}, places, {})

    def doubted(self) -> BoolArray:
        """Months that a footnote explains away, of whatever size."""
        out = np.zeros(self.counts.shape, dtype=bool)
        for one in self.explanations():
            place = codes()[str(one.geography_id)]
            for month in range(one.months[0], one.months[1] + 1):
                out[self.rows(place), month % 12] = True
        return out


@cache
def households() -> Households:
    """Read the recorded result page of Socialstyrelsen."""
    dataset = next(d for d in datasets_of("demo") if d.source_id == HOUSEHOLDS)
    page = parse_socialstyrelsen(recorded_files(dataset)[0].read_bytes(), dataset)
    rows = [row for row in page.observations if row.region != "Riket"]
    keys = list(dict.fromkeys((row.region, row.dimensions) for row in rows))
    place = {key: at for at, key in enumerate(keys)}
    counts = np.full((len(keys), len(MONTHS)), np.nan)
    for row in rows:
        if row.value is not None:
            counts[place[row.region, row.dimensions], int(row.period[-2:]) - 1] = row.value
    born = np.array([int("Inrikes" in dimensions) for _, dimensions in keys])
    return Households(tuple(region for region, _ in keys), born, counts, page.notes)


def judge_households() -> PlacesVerdict:
    """Every month held against the other places, footnoted months never a baseline."""
    page = households()
    return compare_places(page.counts, page.born, PlacesSettings(), page.doubted())


@dataclass(frozen=True)
class Flagged:
    """A month of one municipality and group that deviates.

    Attributes:
        row: in the page's order.
        month: 0 for January.
        cells: as they stand in the documentation's table.
        explanation: title of the footnote that explains it, or empty.
    """

    row: int
    month: int
    cells: tuple[str, ...]
    explanation: str


def flagged_households() -> list[Flagged]:
    """What deviates after correction for all tested months, the least likely first."""
    page, verdict = households(), judge_households()
    p, q = verdict.p_values, verdict.q_values()
    low, high = verdict.limits((1.0 - SETTINGS.interval_level) / 2.0)
    found = [(int(row), int(month)) for row, month in np.argwhere(q <= SETTINGS.fdr)]
    out = []
    for at in sorted(found, key=lambda where: p[where]):
        row, month = at
        value, expected = page.counts[at], verdict.expected[at]
        about = [
            one
            for one in page.explanations()
            if codes()[str(one.geography_id)] == page.places[row] and one.covers(YEAR, month + 1)
        ]
        covered = explained_log_change(about, YEAR, value - expected) is None
        explanation = about[0].title_sv if covered else ""
        held = verdict.baseline[at]
        cells = (
            page.places[row],
            ("abroad", "here")[page.born[row]],
            MONTHS[month],
            f"{value:.0f}",
            f"{page.counts[row, held]:.0f} ({MONTHS[held]})",
            f"{expected:.0f} ({low[at]:.0f}-{high[at]:.0f})",
            f"{p[at]:.1g}",
            f"{q[at]:.2g}",
            explanation,
        )
        out.append(Flagged(row, month, cells, explanation))
    return out


def report_households() -> None:
    """Print what deviates among the real months."""
    page, verdict = households(), judge_households()
    p = verdict.p_values[verdict.tested]
    found = flagged_households()
    say(
        f"{np.isfinite(page.counts).sum()} values, {p.size} tested, {len(found)} flagged at "
        f"{SETTINGS.fdr:.0%}; p < .05: {(p < SETTINGS.alpha).mean():.3f}, "
        f"p < .01: {(p < SETTINGS.alpha / 5).mean():.3f}\n"
    )
    tenths = np.histogram(verdict.p_down[verdict.tested], bins=10, range=(0, 1))[0] / p.size
    table([f".{k}" for k in range(10)], [[f"{share:.3f}" for share in tenths]])
    head = ["place", "born", "month", "value", "held against", "expected (95 %)", "p", "q", "why"]
    table(head, [one.cells for one in found])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one of the reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["households"])
    parser.parse_args(arguments)
    report_households()


if __name__ == "__main__":
    main()
