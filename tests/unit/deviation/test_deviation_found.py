"""What data say of themselves is found, explains what it can and no more, and hides nothing."""

from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.found import SourceNote, explanations_in_notes
from orchestration.deviation.result import Deviation, Kind, Outcome
from orchestration.deviation.series import MonthlySeries
from orchestration.deviation.settings import DeviationSettings
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import ExplanationKind, FoundExplanation
from orchestration.sources.registry import load_registry
from orchestration.sources.socialstyrelsen.result_page import parse

ROOT = Path(__file__).parents[3]
CATALOGUE = load_catalogue(ROOT / "dbt_project" / "seeds")
PAGE = (
    ROOT
    / "orchestration/demo/recorded/socialstyrelsen/sdb_ekonomisktbistandmanad_resultat_2017.html"
)
DATASET = "socialstyrelsen_assistance_monthly"
MONTHLY = "assistance_households_month"
FEEDS = {DATASET: [MONTHLY]}
PLACES = {(DATASET, "Malmö"): "1280", (DATASET, "Göteborg"): "1480", (DATASET, "Riket"): "SE"}
CITATIONS = {DATASET: "Källa: Socialstyrelsen"}


def in_notes(*notes: SourceNote) -> list[FoundExplanation]:
    return explanations_in_notes(notes, FEEDS, PLACES, CITATIONS)


def note(
    kind: str = "partial_loss",
    period: str | None = "2017-02",
    regions: tuple[str, ...] = ("Malmö",),
) -> SourceNote:
    return SourceNote(DATASET, kind, period, regions, "Februari 2017: Malmö, partiellt bortfall")


def months(
    geography_id: str, values: list[float], status: list[str], indicator_id: str = MONTHLY
) -> MonthlySeries:
    return MonthlySeries(
        indicator_id,
        geography_id,
        "total",
        "total",
        months=12 * 2012 + np.arange(len(values)),
        value=np.array(values),
        status=status,
    )


def malmo(february: float = 4200, march: float = 7100) -> MonthlySeries:
    """Six years of months around 7,100 households, the level of the page; 2017 is the last."""
    values = np.random.default_rng(4).normal(7100, 60, 72).round()
    values[61], values[62] = february, march
    return months("1280", list(values), ["observed"] * 72)


def of_2017(series: MonthlySeries, catalogue: Catalogue) -> dict[int, Deviation]:
    settings = DeviationSettings(geography_id=series.geography_id)
    rows = assess([], catalogue, 2017, settings, months=[series])
    assert len({row.deviation_id for row in rows}) == len(rows)
    return {row.period_start.month: row for row in rows}


def test_the_footnotes_of_the_page_of_2017_are_found() -> None:
    """Two footnotes of the recorded page are about places given here; the words are the page's."""
    [dataset] = [each for each in load_registry() if each.source_id == DATASET]
    remarks = parse(PAGE.read_bytes(), dataset).notes
    names = {"Malmö": ("Malmö",), "Göteborg": ("Göteborg",), "Riket": ("Riket",)}
    found = in_notes(
        *(
            SourceNote(DATASET, each.kind, each.period, names.get(place, ()), each.text)
            for each in remarks
            for place in names
            if f'"{place}"' in each.regions
        )
    )
    loss, carried = sorted(found, key=lambda row: row.months)
    assert (loss.geography_id, loss.months) == ("1280", (12 * 2017 + 1, 12 * 2017 + 1))
    assert loss.title_sv == "Malmö: partiellt bortfall i februari 2017"
    assert "Malmö Norr saknas" in loss.description_sv
    assert loss.moves == -1
    assert (carried.geography_id, carried.months) == ("1480", (12 * 2017 + 2, 12 * 2017 + 2))
    assert carried.title_sv == (
        "Göteborg: inget eget värde i mars 2017, utgivaren räknar med månaden före"
    )
    assert carried.moves is None
    assert {row.kind for row in found} == {ExplanationKind.REPORTING_LOSS}
    assert {row.source for row in found} == {"Källa: Socialstyrelsen, fotnot"}


@pytest.mark.parametrize(
    "passed_over",
    [
        note(kind="not_estimated"),
        note(kind="contradiction"),
        note(kind="method"),
        note(kind="other"),
        note(period=None),
        note(period="2017K1"),
        note(period="2017-13"),
        note(regions=()),
        note(regions=("Ankeborg",)),
    ],
)
def test_a_note_that_tells_no_value_from_another_explains_nothing(passed_over: SourceNote) -> None:
    assert in_notes(note(), passed_over) == in_notes(note())
    assert not in_notes(passed_over)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2017", (12 * 2017, 12 * 2017 + 11)),
        ("2017-11", (12 * 2017 + 10, 12 * 2017 + 10)),
        ("2017M03", (12 * 2017 + 2, 12 * 2017 + 2)),
    ],
)
def test_a_note_holds_for_its_own_period(period: str, expected: tuple[int, int]) -> None:
    [found] = in_notes(note(period=period))
    assert found.months == expected


def test_the_same_note_is_found_once_however_it_is_numbered() -> None:
    [one] = in_notes(note(), note())
    [again] = in_notes(note(kind="method"), note())
    assert one.explanation_id == again.explanation_id


def test_a_lost_month_is_flagged_then_explained_and_its_neighbour_is_not() -> None:
    catalogue = CATALOGUE.with_found(in_notes(note()))
    rows = of_2017(malmo(march=5200), catalogue)
    february, march = rows[2], rows[3]
    assert february.p_value is not None
    assert february.p_value < 0.001
    assert february.outcome is Outcome.EXPLAINED
    assert february.explanation_id == in_notes(note())[0].explanation_id
    assert "Förklaras av: Malmö: partiellt bortfall i februari 2017." in february.reason_sv
    assert (march.outcome, march.explanation_id) == (Outcome.WATCH, None)
    # Without the footnote the month is back, and what is said of March is the same.
    back = of_2017(malmo(march=5200), CATALOGUE)
    assert (back[2].outcome, back[2].explanation_id) == (Outcome.WATCH, None)
    assert back[2].p_value == february.p_value
    assert back[3] == march


def test_a_loss_does_not_explain_a_rise() -> None:
    rows = of_2017(malmo(february=9800), CATALOGUE.with_found(in_notes(note())))
    assert rows[2].outcome is Outcome.WATCH
    carried = in_notes(note(kind="carried_over"))
    rows = of_2017(malmo(february=9800), CATALOGUE.with_found(carried))
    assert rows[2].outcome is Outcome.EXPLAINED


def test_a_lost_month_is_not_in_the_history_of_the_next_year() -> None:
    """The same February a year later: the lost one is left out, and every other month is used."""
    values = np.random.default_rng(5).normal(7100, 60, 84).round()
    values[61] = 2000
    series = months("1280", list(values), ["observed"] * 84)
    gone = values.copy()
    gone[61] = np.nan
    settings = DeviationSettings(geography_id="1280")
    noted = CATALOGUE.with_found(in_notes(note()))
    found = assess([], noted, 2018, settings, months=[series])
    blank = months("1280", list(gone), ["observed"] * 61 + ["missing"] + ["observed"] * 22)
    assert found == assess([], CATALOGUE, 2018, settings, months=[blank])


def test_a_month_without_a_value_is_told_with_its_footnote() -> None:
    values = np.random.default_rng(6).normal(8700, 70, 72).round()
    values[62] = np.nan
    series = months("1480", list(values), ["observed"] * 62 + ["missing"] + ["observed"] * 9)
    carried = in_notes(note("carried_over", "2017-03", ("Göteborg",)))
    told = of_2017(series, CATALOGUE.with_found(carried))[3]
    assert (told.outcome, told.kind) == (Outcome.CANNOT_TELL, Kind.CHANGE)
    assert told.explanation_id == carried[0].explanation_id
    assert told.reason_sv == (
        "Värdet för mars 2017 saknas. Känd orsak: Göteborg: inget eget värde i mars 2017, "
        "utgivaren räknar med månaden före."
    )
    assert 3 not in of_2017(series, CATALOGUE)
