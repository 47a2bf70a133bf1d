"""The deviation engine on figures that publishers have published, not on simulated ones.

    python -m tests.benchmarks.real_data households | stockholm

Prints the tables of `docs/deviation-method.md`; tests hold the page against them. The bytes are the
recorded ones in `orchestration/demo/recorded`, read by the same parsers as in the pipeline.
"""

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from orchestration.deviation.explanations import explained_log_change
from orchestration.deviation.found import SourceNote, explanations_in_notes
from orchestration.deviation.pools import JudgedSeries, judge_series, until
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.records import FoundExplanation
from orchestration.flow.searching import in_words
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import Area, Indicator, Measure, Polarity
from orchestration.language.inline import plain
from orchestration.language.names import Names
from orchestration.language.telling import tell
from orchestration.sources.observation import Note, Observation
from orchestration.sources.registry import datasets_of, recorded_files
from orchestration.sources.socialstyrelsen import parse as parse_socialstyrelsen
from orchestration.sources.stockholm import parse as parse_stockholm
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.places import PlacesSettings, PlacesVerdict, compare_places
from tests.benchmarks.tables import keep, say, table

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
        found = explanations_in_notes(notes, {HOUSEHOLDS: ("households",)}, places)
        names = Names(Catalogue(indicators=()), places=codes())
        return [in_words(row, names) for row in found]

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


def report_households(folder: Path | None) -> None:
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
    _keep_tenths(folder, "calibration_months", verdict.p_down[verdict.tested])
    head = ["place", "born", "month", "value", "held against", "expected (95 %)", "p", "q", "why"]
    table(head, [one.cells for one in found])


# --- Stockholm 1995-2017 -------------------------------------------------------------------------

YEARBOOK = "stockholm_yearbook"
CITY = "Hela staden"
#: How the tables' measures are counted; what is not named here is a count.
_MEASURES = {
    "Ekonomiskt bistånd, tkr": Measure.AMOUNT,
    "därav EGT, tkr": Measure.AMOUNT,
    "därav övrigt, tkr": Measure.AMOUNT,
    "Medelbidrag per hushåll och år, kr": Measure.MEAN,
    "Medelbidrag per hushåll och månad, kr": Measure.MEAN,
    "Biståndsmånader per hushåll": Measure.MEAN,
    "Personer per hushåll": Measure.MEAN,
    "Biståndstagare, % av folkmängden": Measure.PROPORTION,
}
#: Measures that the tables' own contradictions put in doubt: two totals of one year, and parts
#: that do not sum. A total whose parts do not sum stands.
_IN_DOUBT = {
    "b166_b167": ("Summa omhändertagna, netto", "Summa"),
    "b161": ("därav EGT, tkr", "därav övrigt, tkr"),
}
_STATISTICS_OF_PERSONS = frozenset({"b161", "b162", "b163", "b020", "b021", "b166_b167"})


_YEAR = re.compile("[0-9]{4}")


@dataclass(frozen=True)
class YearbookSeries:
    """A real series of the yearbook.

    Attributes:
        table: which table it stands in.
        label: the measure, and the group or area, in the table's words.
        series: as the engine takes it.
    """

    table: str
    label: str
    series: Series


@cache
def yearbook() -> tuple[tuple[YearbookSeries, ...], Catalogue]:
    """Read Stockholm's recorded tables; years that they contradict are not comparable."""
    dataset = next(d for d in datasets_of("demo") if d.source_id == YEARBOOK)
    found: list[YearbookSeries] = []
    indicators: list[Indicator] = []
    for path in recorded_files(dataset):
        page = parse_stockholm(path.read_bytes(), dataset)
        names = sorted(_STATISTICS_OF_PERSONS, key=len, reverse=True)
        table_name = next((name for name in names if path.name.startswith(name)), None)
        if table_name is None:
            continue
        doubted = {note.period for note in page.notes if note.kind == "contradiction"}
        rows: dict[tuple[str, str, str], list[Observation]] = {}
        for row in page.observations:
            rows.setdefault((row.series, row.region, row.dimensions), []).append(row)
        for (measure, region, dimensions), values in rows.items():
            group = json.loads(dimensions)
            extra = [group[key] for key in sorted(group) if key != "tabell"]
            area = [] if region == CITY else [region]
            label = ", ".join([measure, *extra, *area])
            name = f"{table_name}_{len(indicators):03d}"
            in_doubt = doubted if measure in _IN_DOUBT.get(table_name, ()) else set()
            indicators.append(_indicator(name, label, table_name, measure))
            found.append(YearbookSeries(table_name, label, _series(name, region, values, in_doubt)))
    return tuple(found), Catalogue(indicators=tuple(indicators))


def _indicator(name: str, label: str, table_name: str, measure: str) -> Indicator:
    area = Area.BARN_OCH_UNGA if table_name == "b166_b167" else Area.EKONOMISKT_BISTAND
    return Indicator(
        indicator_id=name,
        title_sv=label,
        area=area,
        unit="enligt tabellen",
        polarity=Polarity.NEUTRAL,
        measure=_MEASURES.get(measure, Measure.COUNT),
        definition_sv=f"Tabell {table_name}",
        source_id=YEARBOOK,
    )


def _series(
    name: str, region: str, values: Sequence[Observation], in_doubt: AbstractSet[str | None]
) -> Series:
    ordered = sorted(values, key=lambda row: row.period)
    value = np.array([np.nan if row.value is None else row.value for row in ordered])
    nothing = np.full(value.shape, np.nan)
    return Series(
        name,
        "0180" if region == CITY else f"0180-{name}",
        "total",
        "total",
        years=np.array([int(row.period) for row in ordered]),
        numerator=nothing,
        denominator=nothing,
        value=value,
        standard_deviation=nothing,
        observations=nothing,
        status=["broken_series" if row.period in in_doubt else row.status for row in ordered],
    )


@dataclass(frozen=True)
class JudgedYear:
    """A year of a real series, held against the years before it.

    Attributes:
        of: the series.
        year: the tested year.
        judged: the verdict; None where the engine cannot tell.
        reason_sv: why it cannot.
    """

    of: YearbookSeries
    year: int
    judged: JudgedSeries | None
    reason_sv: str = ""


def leave_last_year_out() -> list[JudgedYear]:
    """Every year of every real series, each on what came before it and on nothing after."""
    members, catalogue = yearbook()
    by_key = {one.series.key: one for one in members}
    out: list[JudgedYear] = []
    for year in sorted({int(y) for one in members for y in one.series.years}):
        scope = [until(one.series, year) for one in members if year in one.series.years]
        judged, untestable = judge_series(scope, catalogue, year, SETTINGS)
        out += [JudgedYear(by_key[one.series.key], year, one) for one in judged]
        names = Names(catalogue)
        out += [
            JudgedYear(by_key[one.series.key], year, None, plain(tell(one.why, names)))
            for one in untestable
        ]
    return out


def by_table(verdicts: Sequence[JudgedYear]) -> list[tuple[str, ...]]:
    """For each table: values, how many could be tested, p below alpha, and why the rest cannot."""
    rows: list[tuple[str, ...]] = []
    for name in dict.fromkeys(one.of.table for one in verdicts):
        mine = [one for one in verdicts if one.of.table == name]
        p = np.array([one.judged.p_value for one in mine if one.judged])
        reasons = Counter(_YEAR.sub("ÅÅÅÅ", one.reason_sv) for one in mine if not one.judged)
        told = "; ".join(f"{reason} ({n})" for reason, n in reasons.most_common())
        rows.append((name, str(len(mine)), str(p.size), str((p < SETTINGS.alpha).sum()), told))
    return rows


def surprising_years(verdicts: Sequence[JudgedYear]) -> list[tuple[str, ...]]:
    """The years whose p-value is below alpha, as they stand in the documentation's table."""
    rows: list[tuple[str, ...]] = []
    for one in verdicts:
        if one.judged is not None and one.judged.p_value < SETTINGS.alpha:
            low, high = one.judged.interval
            rows.append(
                (
                    *(one.of.table, one.of.label, str(one.year), f"{one.judged.observed:.0f}"),
                    f"{one.judged.expected:.0f} ({low:.0f}-{high:.0f})",
                    f"{one.judged.p_value:.1g}",
                    str(one.judged.history_years),
                )
            )
    return rows


def report_stockholm(folder: Path | None) -> None:
    """Print what the engine says of Stockholm's real tables."""
    verdicts = leave_last_year_out()
    table(["table", "values", "tested", "p < .05", "cannot tell, because"], by_table(verdicts))
    p = np.array([one.judged.p_down for one in verdicts if one.judged])
    say(f"{p.size} p-values of a value at most as large, by fifths:\n")
    shares = np.histogram(p, bins=5, range=(0, 1))[0]
    table([f"{k / 5:.1f}-{(k + 1) / 5:.1f}" for k in range(5)], [[int(n) for n in shares]])
    _keep_tenths(folder, "calibration_stockholm", p)
    head = ["table", "series", "year", "value", "expected (95 %)", "p", "years before"]
    table(head, surprising_years(verdicts))


def _keep_tenths(folder: Path | None, name: str, p: FloatArray) -> None:
    shares = np.histogram(p, bins=10, range=(0, 1))[0] / p.size
    rows = [[k, float(share), p.size] for k, share in enumerate(shares)]
    keep(folder, name, ["tenth", "share", "values"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one of the reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["households", "stockholm"])
    parser.add_argument("--keep", type=Path, help="folder for what the figures are drawn from")
    asked = parser.parse_args(arguments)
    reports = {"households": report_households, "stockholm": report_stockholm}
    reports[asked.what](asked.keep)


if __name__ == "__main__":
    main()
