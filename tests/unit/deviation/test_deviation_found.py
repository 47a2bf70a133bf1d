"""What data say of themselves is found, explains what it can and no more, and hides nothing."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.focus import focus_areas
from orchestration.deviation.found import (
    DRIFT_MEASURES,
    Board,
    ContractChange,
    DriftObservation,
    Register,
    SeriesBreak,
    SourceNote,
    explanations_in_boards,
    explanations_in_notes,
    explanations_in_series,
    reservations_in_contracts,
    reservations_in_drift,
)
from orchestration.deviation.series import MonthlySeries, Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import Kind, Outcome
from orchestration.findings.evidence import ChangeEvidence
from orchestration.findings.marts import FOUND_EXPLANATIONS
from orchestration.findings.records import Deviation, FoundExplanation
from orchestration.flow.searching import in_words
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import ExplanationKind
from orchestration.language.names import Names
from orchestration.sources.registry import load_registry
from orchestration.sources.socialstyrelsen.result_page import parse
from tests.unit.deviation.told import reason, resting, summary

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
NAMES = Names(
    CATALOGUE,
    places={
        "1280": "Malmö",
        "1480": "Göteborg",
        "0180-alvsjo": "Älvsjö",
        "0180-heir": "Hägersten-Älvsjö",
        "0180-ny": "Ny nämnd",
    },
    registers={"skyddat_boende_placeringar": "Placeringar i skyddat boende"},
    datasets={DATASET: "Källa: Socialstyrelsen"},
)


def words(found: Sequence[FoundExplanation], names: Names = NAMES) -> list[FoundExplanation]:
    """Found explanations with their titles, as the flow hands them on."""
    return [in_words(row, names) for row in found]


def in_notes(*notes: SourceNote) -> list[FoundExplanation]:
    return explanations_in_notes(notes, FEEDS, PLACES)


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
            SourceNote(
                DATASET, each.kind, each.period, names.get(place, ()), each.text, number=number
            )
            for number, each in enumerate(remarks)
            for place in names
            if f'"{place}"' in each.regions
        )
    )
    notes = {(DATASET, number): each.text for number, each in enumerate(remarks)}
    found = words(found, replace(NAMES, notes=notes))
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
    catalogue = CATALOGUE.with_found(words(in_notes(note())))
    rows = of_2017(malmo(march=5200), catalogue)
    february, march = rows[2], rows[3]
    assert february.p_value is not None
    assert february.p_value < 0.001
    assert february.outcome is Outcome.EXPLAINED
    assert february.explanation_id == in_notes(note())[0].explanation_id
    assert "Förklaras av: Malmö: partiellt bortfall i februari 2017." in reason(february, catalogue)
    assert (march.outcome, march.explanation_id) == (Outcome.WATCH, None)
    # What is explained is no part of what is not.
    assert "en av" not in reason(march, catalogue)
    # Without the footnote the two are one event, told by its clearest month.
    back = of_2017(malmo(march=5200), CATALOGUE)
    assert set(back) == {2}
    assert (back[2].outcome, back[2].explanation_id) == (Outcome.WATCH, None)
    assert back[2].p_value == february.p_value


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
    carried = words(in_notes(note("carried_over", "2017-03", ("Göteborg",))))
    told = of_2017(series, CATALOGUE.with_found(carried))[3]
    assert (told.outcome, told.kind) == (Outcome.CANNOT_TELL, Kind.CHANGE)
    assert told.explanation_id == carried[0].explanation_id
    assert reason(told, CATALOGUE.with_found(carried)) == (
        "Värdet för mars 2017 saknas. Känd orsak: Göteborg: inget eget värde i mars 2017, "
        "utgivaren räknar med månaden före."
    )
    assert 3 not in of_2017(series, CATALOGUE)


ALVSJO = Board("0180-alvsjo", "Älvsjö", date(2007, 1, 1), date(2020, 6, 30), "0180-heir")
HEIR = Board("0180-heir", "Hägersten-Älvsjö", date(2020, 7, 1), None, None)
FARSTA = Board("0180-farsta", "Farsta", date(2007, 1, 1), None, None)


def test_the_part_of_a_year_that_a_board_had_is_found() -> None:
    """Älvsjö and Hägersten-Liljeholmen became Hägersten-Älvsjö on 1 July 2020."""
    [found] = words(explanations_in_boards([ALVSJO, HEIR, FARSTA]))
    assert found.explanation_id == "namnd-upphorde-2020-0180-alvsjo"
    assert found.title_sv == "Stadsdelsnämnden Älvsjö upphörde efter den 30 juni 2020"
    assert "gick upp i Hägersten-Älvsjö" in found.description_sv
    assert (found.geography_id, found.indicator_id) == ("0180-alvsjo", None)
    assert (found.period_from, found.period_to, found.is_break) == (2020, 2020, True)
    assert found.kind is ExplanationKind.REORGANISATION


@pytest.mark.parametrize(
    ("board", "expected"),
    [
        # A whole last year, and a whole first one, can be compared.
        (replace(ALVSJO, valid_to=date(2020, 12, 31)), []),
        # The last day but one, and the last of another month, are not the end of a year.
        (
            replace(ALVSJO, valid_to=date(2020, 12, 30)),
            ["Stadsdelsnämnden Älvsjö upphörde efter den 30 december 2020"],
        ),
        (
            replace(ALVSJO, valid_to=date(2020, 10, 31)),
            ["Stadsdelsnämnden Älvsjö upphörde efter den 31 oktober 2020"],
        ),
        (replace(HEIR, geography_id="0180-ny", valid_from=date(2021, 1, 1)), []),
        # What took over from nobody has half a year and no history.
        (
            Board("0180-ny", "Ny nämnd", date(2021, 4, 1), None, None),
            ["Stadsdelsnämnden Ny nämnd bildades den 1 april 2021"],
        ),
        (replace(FARSTA, valid_from=None), []),
    ],
)
def test_only_a_part_of_a_year_is_explained(board: Board, expected: list[str]) -> None:
    assert [row.title_sv for row in words(explanations_in_boards([board]))] == expected


def test_what_arose_and_what_ceased_have_ids_of_their_own() -> None:
    new = Board("0180-ny", "Ny nämnd", date(2021, 4, 1), date(2022, 5, 31), None)
    assert [row.explanation_id for row in explanations_in_boards([new])] == [
        "namnd-upphorde-2022-0180-ny",
        "namnd-bildades-2021-0180-ny",
    ]


def boards_of(name: str, halved: str) -> list[Series]:
    """The city and fourteen boards of a hundred cases each; one has half."""
    years = np.arange(2014, 2021)
    places = ["0180", *(f"0180-{number}" for number in range(13)), name]
    made = []
    for place in places:
        value = np.full(years.size, 1400.0 if place == "0180" else 100.0)
        if place == halved:
            value[-1] = 30.0
        if place == "0180":
            value[-1] = 700.0
        for indicator_id, values in (("child_cases", value), ("population", value * 0 + 10000)):
            nothing = np.full(years.size, np.nan)
            made.append(
                Series(
                    indicator_id,
                    place,
                    "total",
                    "total",
                    years=years,
                    numerator=values,
                    denominator=nothing,
                    value=values,
                    standard_deviation=nothing,
                    observations=nothing,
                    status=["observed"] * years.size,
                )
            )
    return made


def outlier(catalogue: Catalogue) -> Deviation:
    rows = assess(
        boards_of("0180-alvsjo", "0180-alvsjo"), catalogue, 2020, DeviationSettings(fdr=0.1)
    )
    [row] = [
        row
        for row in rows
        if row.kind is Kind.DISTRICT_OUTLIER and row.geography_id == "0180-alvsjo"
    ]
    return row


def test_a_boards_part_of_a_year_is_explained_by_the_reform_and_without_it_is_back() -> None:
    covered = outlier(CATALOGUE.with_found(explanations_in_boards([ALVSJO, HEIR])))
    assert covered.outcome is Outcome.EXPLAINED
    assert covered.explanation_id == "namnd-upphorde-2020-0180-alvsjo"
    back = outlier(CATALOGUE)
    assert (back.outcome, back.explanation_id) == (Outcome.FOCUS, None)
    assert back.p_value == covered.p_value


def yearly(values: Sequence[float], status: Sequence[str] | None = None) -> Series:
    value = np.array(values, dtype=np.float64)
    nothing = np.full(value.shape, np.nan)
    return Series(
        "protected_housing_persons",
        "0180",
        "total",
        "total",
        years=np.arange(2024 - value.size, 2024),
        numerator=value,
        denominator=nothing,
        value=value,
        standard_deviation=nothing,
        observations=nothing,
        status=status or ["observed"] * value.size,
    )


def broken(year: int, month: int | None = None, source: str = "ny_tabell") -> SeriesBreak:
    return SeriesBreak(
        "protected_housing_persons", "0180", year, month, source, "skyddat_boende_placeringar"
    )


def test_the_nations_series_may_change_its_source_and_lose_a_month() -> None:
    nation = replace(broken(2023), geography_id="SE")
    (found,) = explanations_in_series([nation], [])
    assert (found.geography_id, found.is_break) == ("SE", True)
    (lost,) = in_notes(note(regions=("Riket",)))
    assert lost.geography_id == "SE"
    ids = {found.explanation_id, lost.explanation_id}
    assert ids == {each.lower() for each in ids}


def test_two_changes_of_a_contract_in_one_month_are_one_reservation() -> None:
    changes = [
        ContractChange("register", 2023, 3, ("belopp", "kod"), "Beloppen avrundas."),
        ContractChange("register", 2023, 3, ("kod",), "Koderna är nya."),
        ContractChange("register", 2023, 4, ("kod",), "En kod till."),
    ]
    registers = {"register": Register("Ett", ("en",))}
    told = {
        ("register", date(2023, month, 1)): [
            each.description_sv for each in changes if each.month == month
        ]
        for month in (3, 4)
    }
    found = words(
        reservations_in_contracts(changes, registers, "0180"), replace(NAMES, changes=told)
    )
    assert len({row.explanation_id for row in found}) == len(found) == 2
    assert found[0].description_sv == (
        "Ändrade kolumner: belopp och kod. Beloppen avrundas. Koderna är nya."
    )


def test_a_year_marked_as_broken_cuts_the_history() -> None:
    values = [1000, 1000, 1000, 700, 2000, 1990, 2010, 2000]
    status = ["observed"] * 3 + ["broken_series"] + ["observed"] * 4
    found = explanations_in_series([replace(broken(2019), previous_source_id=None)], [])
    assert [row.title_sv for row in words(found)] == ["Serien är bruten 2019"]
    # Without the break the step from 1,000 to 2,000 is a leap of the series' own, so that a fall
    # of a quarter is less surprising; after the cut there are three calm years.
    given = [yearly([*values[:-1], 1500], status)]
    settings = DeviationSettings()
    [row] = [r for r in assess(given, CATALOGUE.with_found(found), 2023, settings) if r.rank]
    assert (row.outcome, resting(row, ChangeEvidence).history_years) == (Outcome.FOCUS, 3)
    [whole] = [r for r in assess(given, CATALOGUE, 2023, settings) if r.rank]
    assert resting(whole, ChangeEvidence).history_years == 6
    assert (whole.p_value or 0) > (row.p_value or 1)


def test_a_series_that_goes_on_in_another_dataset_is_broken_there() -> None:
    found = explanations_in_series([broken(2023)], [])
    assert [row.title_sv for row in words(found)] == ["Serien byter källa från och med 2023"]
    given = [yearly([1000, 1010, 990, 1005, 1000, 995, 1002, 1500])]
    [row] = [
        r for r in assess(given, CATALOGUE.with_found(found), 2023, DeviationSettings()) if r.rank
    ]
    assert (row.outcome, row.explanation_id) == (Outcome.EXPLAINED, found[0].explanation_id)
    [back] = [r for r in assess(given, CATALOGUE, 2023, DeviationSettings()) if r.rank]
    assert (back.outcome, back.explanation_id) == (Outcome.FOCUS, None)


def test_what_a_reform_explains_is_not_said_twice() -> None:
    reform = explanations_in_boards([ALVSJO])
    of_board = replace(broken(2020), geography_id="0180-alvsjo")
    assert explanations_in_series([of_board], reform) == []
    assert len(explanations_in_series([of_board, broken(2020)], reform)) == 1


REGISTERS = {
    "skyddat_boende_placeringar": Register(
        "Placeringar i skyddat boende",
        ("protected_housing_persons", "protected_housing_children"),
    )
}
DRIFT = [
    DriftObservation("skyddat_boende_placeringar", "2023-03", "orsak", "share"),
    DriftObservation("skyddat_boende_placeringar", "2023-04", "orsak", "share"),
    DriftObservation("skyddat_boende_placeringar", "2023-04", "", "rows"),
]


def test_the_drift_of_a_register_is_gathered_for_each_indicator_and_year() -> None:
    older = DriftObservation("skyddat_boende_placeringar", "2021", "kon", "missing")
    found = reservations_in_drift([*DRIFT, older], REGISTERS, "0180")
    assert [(row.indicator_id, row.period_from) for row in found] == [
        ("protected_housing_persons", 2021),
        ("protected_housing_children", 2021),
        ("protected_housing_persons", 2023),
        ("protected_housing_children", 2023),
    ]
    last = words(found)[-1]
    assert last.title_sv == "Registreringen i ”Placeringar i skyddat boende” kan ha ändrats 2023"
    assert (
        "orsak, fördelning (mars 2023 och april 2023); antalet rader (april 2023)."
        in last.description_sv
    )
    assert not any(row.explains for row in found)


def test_drift_that_changes_no_figure_is_passed_over() -> None:
    unread = DriftObservation("skyddat_boende_placeringar", "2023-03", "ny_kolumn", "appeared")
    other = DriftObservation("vald_arenden", "2023-03", "roll", "share")
    assert reservations_in_drift([unread, other], REGISTERS, "0180") == []


def test_every_measure_of_drift_is_known() -> None:
    """The registers' own words; those left out are of columns that no indicator is counted from."""
    registers = ROOT / "orchestration" / "registers"
    source = (registers / "profiles.py").read_text(encoding="utf-8")
    ways = set(re.findall(r'yield _measure_sql\(\s*[^,]+, "(\w+)"', source))
    source = (registers / "drift.py").read_text(encoding="utf-8")
    ways |= {word for pair in re.findall(r'_\w+: \("(\w+)", "(\w+)"\)', source) for word in pair}
    assert len(ways) == 11
    assert ways - set(DRIFT_MEASURES) == {"appeared", "disappeared"}


def test_a_drift_hides_nothing_and_is_told() -> None:
    """A register that lost half its rows may have lost them, or the city half its placements."""
    given = [yearly([1000, 1010, 990, 1005, 1000, 995, 1002, 500])]
    found = words(reservations_in_drift(DRIFT, REGISTERS, "0180"))
    settings = DeviationSettings()
    [told] = [r for r in assess(given, CATALOGUE.with_found(found), 2023, settings) if r.rank]
    [bare] = [r for r in assess(given, CATALOGUE, 2023, settings) if r.rank]
    assert told.outcome is bare.outcome is Outcome.FOCUS
    assert told.explanation_id is None
    known = CATALOGUE.with_found(found)
    first = (
        "Kontrollera först: Registreringen i ”Placeringar i skyddat boende” kan ha ändrats 2023."
    )
    assert reason(told, known) == f"{reason(bare)} {first}"
    [kept] = resting(told, ChangeEvidence).reservations
    assert kept.explanation_id == (
        "drift-skyddat_boende_placeringar-2023-0180-protected_housing_persons"
    )
    assert kept.title_sv in first
    assert resting(bare, ChangeEvidence).reservations == ()
    assert replace(told, claims=bare.claims, evidence=bare.evidence) == bare
    # The summary that a board reads first says it too.
    [area], _ = focus_areas([told], CATALOGUE)
    assert first in summary(area, known)
    # A drift of another year says nothing of this one, neither here nor in the history.
    past = reservations_in_drift(
        [replace(each, period=f"2022{each.period[4:]}") for each in DRIFT], REGISTERS, "0180"
    )
    assert assess(given, CATALOGUE.with_found(past), 2023, settings) == assess(
        given, CATALOGUE, 2023, settings
    )


def test_a_changed_contract_is_a_reservation_for_the_year_and_the_next() -> None:
    change = ContractChange(
        "skyddat_boende_placeringar", 2022, 4, ("orsak",), "Orsakerna delas upp."
    )
    added = replace(change, columns=())
    new_year = replace(change, month=1)
    found = reservations_in_contracts([change, added, new_year], REGISTERS, "0180")
    assert [(row.period_from, row.period_to) for row in found] == [
        (2022, 2023),
        (2022, 2023),
        (2022, 2022),
        (2022, 2022),
    ]
    assert len({row.explanation_id for row in found}) == 4
    changes = {("skyddat_boende_placeringar", date(2022, 4, 1)): [change.description_sv]}
    found = words(found, replace(NAMES, changes=changes))
    assert "har ett nytt avtal från och med april 2022" in found[0].title_sv
    assert found[0].description_sv == "Ändrade kolumner: orsak. Orsakerna delas upp."
    given = [yearly([1000, 1010, 990, 1005, 1000, 995, 1002, 500])]
    [row] = [
        r for r in assess(given, CATALOGUE.with_found(found), 2023, DeviationSettings()) if r.rank
    ]
    assert row.outcome is Outcome.FOCUS
    assert "nytt avtal från och med april 2022" in reason(row, CATALOGUE.with_found(found))


def test_a_found_explanation_is_stored_and_read_back_whole() -> None:
    found = [
        *in_notes(note()),
        *explanations_in_boards([ALVSJO]),
        *reservations_in_drift(DRIFT, REGISTERS, "0180"),
    ]
    rows = [FOUND_EXPLANATIONS.row(row) for row in found]
    assert {str(row["effect"]) for row in rows} == {"explains", "reservation"}
    assert all(set(row) == set(FOUND_EXPLANATIONS.columns) for row in rows)
    assert [FOUND_EXPLANATIONS.of_row(row) for row in rows] == found
