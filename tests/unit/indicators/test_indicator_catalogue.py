"""The catalogue in the seeds is whole, and faults in it are named where they are."""

import csv
import re
import shutil
from pathlib import Path

import pytest

from orchestration.findings.claims import SeriesBroken, When
from orchestration.findings.records import FoundExplanation
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import (
    Area,
    Basis,
    ExplanationKind,
    Measure,
    NaturalExplanation,
)
from orchestration.language.words import AREAS

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"
FILES = (
    "indicators",
    "indicator_relations",
    "indicator_drivers",
    "group_comparisons",
    "natural_explanations",
    "possible_explanations",
    "memorandum_texts",
    "step_states",
    "analyses",
    "incomparable_indicators",
    "literature_references",
    "indicator_counts",
    "count_bases",
    "kept_differences",
)


# A whole test of an explanation, to be broken in one place at a time.
TEST = {
    "analysis_id": "refusals",
    "estimand_id": "1.4",
    "supported_when": "above",
    "threshold": "0",
    "measure_sv": "Del av ökningen",
}


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(SEEDS / f"{name}.csv", tmp_path)
    return tmp_path


def change(path: Path, row: int, **cells: str) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        header, rows = list(reader.fieldnames or ()), list(reader)
    rows[row].update(cells)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)


def test_the_catalogue_of_the_project() -> None:
    catalogue = load_catalogue(SEEDS)
    share = catalogue.indicator("assistance_households_share")
    assert (share.area, share.measure) == (Area.EKONOMISKT_BISTAND, Measure.PROPORTION)
    assert catalogue.indicator("child_cases_per_100").measure is Measure.RATE
    assert {row.area for row in catalogue.indicators} == set(Area) == set(AREAS)
    signs = {
        row.related_indicator_id: row.expected_sign
        for row in catalogue.relations
        if row.indicator_id == "assistance_households_share"
    }
    assert signs["debt_total"] == signs["price_housing_food"] == 1
    assert signs["real_disposable_income"] == -1
    first = catalogue.group_comparisons[0]
    assert (first.category_a, first.category_b) == ("funktionsnedsattning", "socialpsykiatri")


def test_the_unit_of_a_rate_says_in_words_what_it_is_counted_per() -> None:
    with (SEEDS / "units.csv").open(encoding="utf-8", newline="") as file:
        bases = {row["unit"]: row["rate_base"] for row in csv.DictReader(file)}
    rates = [row for row in load_catalogue(SEEDS).indicators if row.measure is Measure.RATE]
    said = {row.indicator_id: re.search(r" per (\d[\d ]*) ", row.unit) for row in rates}
    assert {name: found and found[1].replace(" ", "") for name, found in said.items()} == {
        row.indicator_id: bases[row.unit] for row in rates
    }
    assert {bases[row.unit] for row in rates} == {"100", "10000"}


def test_planted_and_real_explanations_are_told_apart() -> None:
    rows = {r.explanation_id: r for r in load_catalogue(SEEDS).natural_explanations}
    planted = rows["missbruk-per-deltagare-2023"]
    assert planted.kind is ExplanationKind.DEFINITION
    assert planted.explained_change == pytest.approx(0.22)
    assert (planted.synthetic, planted.is_break, planted.geography_id) == (True, False, "0180")
    assert rows["familjeratt-informationssamtal-2022"].is_break
    # Boards that ceased, months that a publisher lost and what moved are found, and not registered.
    twice = {
        ExplanationKind.REORGANISATION,
        ExplanationKind.REPORTING_LOSS,
        ExplanationKind.MOVED,
    }
    assert not [r for r in rows.values() if r.kind in twice]


@pytest.mark.parametrize(
    ("explanation_id", "indicator_id", "years", "source"),
    [
        # In force on 1 April and 1 July: the year itself is part old and part new, the next is new.
        ("skyddat-boende-barn-2024", "protected_housing_children", (2024, 2025), "2023/24:31"),
        ("orosanmalningar-sokbara-2025", "child_rereferral_share", (2025, 2026), "2024/25:89"),
    ],
)
def test_two_acts_break_a_series_each_in_every_municipality(
    explanation_id: str, indicator_id: str, years: tuple[int, int], source: str
) -> None:
    rows = {r.explanation_id: r for r in load_catalogue(SEEDS).natural_explanations}
    act = rows[explanation_id]
    assert (act.kind, act.is_break, act.synthetic) == (ExplanationKind.LAW, True, False)
    # How much is not known, so that no size is claimed.
    assert act.explained_change is None
    assert source in act.source
    assert act.concerns(indicator_id, "1715")
    assert [year for year in range(2020, 2030) if act.covers(year)] == list(
        range(years[0], years[1] + 1)
    )
    assert [r.explanation_id for r in rows.values() if r.indicator_id == indicator_id] == [
        explanation_id
    ]


def test_an_explanation_concerns_its_own_and_only_its_years() -> None:
    planted = next(
        r
        for r in load_catalogue(SEEDS).natural_explanations
        if r.explanation_id == "missbruk-per-deltagare-2023"
    )
    assert planted.concerns("substance_use_persons", "0180")
    assert planted.concerns("substance_use_persons", "0180-farsta")
    # What happened in one municipality explains nothing in another.
    assert not planted.concerns("substance_use_persons", "1715")
    assert not planted.concerns("substance_use_persons", "SE")
    assert not planted.concerns("family_law_cases", "0180")
    assert [planted.covers(year) for year in (2022, 2023, 2024)] == [False, True, False]


def test_an_explanation_of_months_concerns_its_months() -> None:
    planted = load_catalogue(SEEDS).natural_explanations[0]
    row = planted.model_copy(
        update={"period_to": 2024, "month_from": 11, "month_to": 2, "explained_change": None}
    )
    assert row.months == (12 * 2023 + 10, 12 * 2024 + 1)
    told = {(2023, 10): False, (2023, 11): True, (2024, 2): True, (2024, 3): False}
    assert {when: row.covers(*when) for when in told} == told
    assert (row.covers(2023), row.covers(2024), row.covers(2025)) == (True, True, False)
    assert planted.months == (12 * 2023, 12 * 2023 + 11)


def test_what_is_found_stands_beside_what_is_registered() -> None:
    catalogue = load_catalogue(SEEDS)
    cause = SeriesBroken(when=When.of(2023), source_id="missbruk_insatser")
    facts = catalogue.natural_explanations[0].model_dump() | {
        "explanation_id": "funnen",
        "claims": (cause,),
    }
    note = FoundExplanation.model_validate(facts | {"basis": Basis.SOURCE_NOTE})
    drift = FoundExplanation.model_validate(
        facts | {"basis": Basis.DRIFT, "explanation_id": "drift"}
    )
    both = catalogue.with_found([note, drift])
    key = ("substance_use_persons", "0180-farsta")
    assert [row.explanation_id for row in both.explanations_for(*key)] == [
        "missbruk-per-deltagare-2023",
        "funnen",
    ]
    # A register that drifted explains nothing, and is not forgotten.
    assert [row.explanation_id for row in both.reservations_for(*key)] == ["drift"]
    assert not catalogue.reservations_for(*key)
    assert both.without_explanation("funnen").without_explanation("drift") == catalogue
    with pytest.raises(ValueError, match="funnen förekommer 2"):
        both.with_found([note])


def test_what_an_analysis_of_a_year_says_is_said_of_that_year_alone() -> None:
    rows = load_catalogue(SEEDS).possible_explanations
    of_2023 = [row for row in rows if "2023" in row.source]
    assert len(of_2023) > 15
    assert {(row.period_from, row.period_to) for row in of_2023} == {(2023, 2023)}
    # Those that the registers can test, in each of the three areas that have an analysis.
    assert {row.analysis_id for row in rows if row.is_tested} == {
        "refusals",
        "protected_housing",
        "housing_support",
    }


def test_an_explanation_can_be_switched_off() -> None:
    catalogue = load_catalogue(SEEDS)
    without = catalogue.without_explanation("missbruk-per-deltagare-2023")
    assert len(without.natural_explanations) == len(catalogue.natural_explanations) - 1
    assert not without.explanations_for("substance_use_persons", "0180")
    with pytest.raises(ValueError, match="finns-inte"):
        catalogue.without_explanation("finns-inte")


@pytest.mark.parametrize(
    ("file", "cells", "message"),
    [
        ("indicators", {"area": "skolan"}, r"indicators\.csv, rad 2: area"),
        ("indicators", {"measure": "index"}, r"indicators\.csv, rad 2: measure"),
        ("indicators", {"polarity": "up"}, r"indicators\.csv, rad 2: polarity"),
        ("indicators", {"title_sv": ""}, r"indicators\.csv, rad 2: title_sv"),
        ("indicators", {"indicator_id": "evicted_children"}, "evicted_children förekommer 2"),
        ("indicator_relations", {"expected_sign": "0"}, r"rad 2: expected_sign"),
        ("indicator_relations", {"related_indicator_id": "okand"}, "indikatorn okand"),
        ("indicator_relations", {"related_indicator_id": "assistance_households_share"}, "rad 2"),
        ("indicator_drivers", {"elasticity": "0"}, r"indicator_drivers\.csv, rad 2"),
        ("indicator_drivers", {"elasticity_sd": "0"}, "elasticity_sd"),
        ("indicator_drivers", {"lag_years": "-1"}, "lag_years"),
        ("indicator_drivers", {"driver_indicator_id": "okand"}, "indikatorn okand"),
        ("indicator_drivers", {"driver_indicator_id": "assistance_cost"}, "drive itself"),
        ("group_comparisons", {"category_b": "funktionsnedsattning"}, "rad 2"),
        ("group_comparisons", {"indicator_id": "okand"}, "indikatorn okand"),
        ("kept_differences", {"comparison_id": "okand"}, "okand är ingen av jämförelserna"),
        ("kept_differences", {"year_from": "snart"}, r"kept_differences\.csv, rad 2: year_from"),
        ("kept_differences", {"year_to": "2022"}, "year_to is before year_from"),
        ("natural_explanations", {"kind": "weather"}, r"natural_explanations\.csv, rad 2: kind"),
        ("natural_explanations", {"period_to": "2019"}, "period_to"),
        ("natural_explanations", {"explained_change": "-1"}, "explained_change"),
        ("natural_explanations", {"is_break": "kanske"}, "is_break"),
        ("natural_explanations", {"month_from": "13"}, "month_from"),
        ("natural_explanations", {"month_to": "2"}, "month_from and month_to belong together"),
        (
            "natural_explanations",
            {"month_from": "3", "month_to": "2", "explained_change": ""},
            "period_to is before period_from",
        ),
        ("natural_explanations", {"month_from": "2", "month_to": "3"}, "of whole years"),
        ("natural_explanations", {"indicator_id": "okand"}, "indikatorn okand"),
        ("possible_explanations", {"period_to": ""}, "period_from and period_to belong together"),
        ("possible_explanations", {"period_to": "2022"}, "period_to is before period_from"),
        (
            "possible_explanations",
            {"period_from": "", "period_to": ""},
            "one municipality's analysis says is of certain years",
        ),
        ("possible_explanations", {"estimand_id": "1.4"}, "and measure_sv belong together"),
        ("possible_explanations", {**TEST, "role": "next_step"}, "a next step is not tested"),
        ("possible_explanations", {**TEST, "breakdown": "ground"}, "breakdown and category"),
        ("possible_explanations", {**TEST, "threshold": ""}, "above and below have a threshold"),
        ("possible_explanations", {**TEST, "supporting_verdicts": "a"}, "have a threshold"),
        ("possible_explanations", {"indicator_id": "finns_inte"}, "indikatorn finns_inte"),
        ("possible_explanations", {"role": "guess"}, r"possible_explanations\.csv, rad 2: role"),
        ("memorandum_texts", {"role": "guess"}, r"memorandum_texts\.csv, rad 2: role"),
        ("memorandum_texts", {"role": "area"}, "area stands with the role area"),
        ("memorandum_texts", {"area": "hemloshet"}, "area stands with the role area"),
    ],
)
def test_a_fault_is_named(seeds: Path, file: str, cells: dict[str, str], message: str) -> None:
    change(seeds / f"{file}.csv", 0, **cells)
    with pytest.raises(ValueError, match=message):
        load_catalogue(seeds)


def test_a_driver_cannot_contradict_the_relation_of_the_same_two(seeds: Path) -> None:
    drivers = load_catalogue(seeds).drivers
    at = [row.driver_id for row in drivers].index("households-prices")
    change(seeds / "indicator_drivers.csv", at, elasticity="-0.5")
    with pytest.raises(ValueError, match="annat tecken än relationen households-prices"):
        load_catalogue(seeds)


@pytest.mark.parametrize(
    ("file", "other"),
    [
        ("indicator_relations", "related_indicator_id"),
        ("indicator_drivers", "driver_indicator_id"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_the_two_counts_of_homelessness_are_never_held_against_each_other(
    seeds: Path, file: str, other: str, turned: bool
) -> None:
    """The city says that its count and the nation's must not be compared; whichever comes first."""
    pair = ["homeless_persons", "national_homeless_persons"]
    one, two = reversed(pair) if turned else pair
    change(seeds / f"{file}.csv", 0, **{"indicator_id": one, other: two})
    with pytest.raises(ValueError, match=f"håller {one} mot {two}, som inte får jämföras"):
        load_catalogue(seeds)


def test_wrong_columns_and_missing_rows_are_refused(seeds: Path) -> None:
    path = seeds / "group_comparisons.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text(header + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="inga rader"):
        load_catalogue(seeds)
    path.write_text("\n".join([header.replace("category_b", "kategori"), *rows]), encoding="utf-8")
    with pytest.raises(ValueError, match="kolumnerna"):
        load_catalogue(seeds)
    path.write_text(f"{header}\na,b,c\n", encoding="utf-8")
    with pytest.raises(ValueError, match="rad 2: fel antal kolumner"):
        load_catalogue(seeds)


def test_every_fault_of_the_whole_is_listed() -> None:
    whole = load_catalogue(SEEDS)
    with pytest.raises(ValueError, match="förekommer") as caught:
        Catalogue(indicators=(*whole.indicators, *whole.indicators[:2]))
    assert str(caught.value).count("förekommer 2 gånger") == 2


def test_an_explanation_may_lack_size_and_place() -> None:
    row = NaturalExplanation.model_validate(
        {
            "explanation_id": "pandemi",
            "kind": "one_off",
            "title_sv": "Pandemi",
            "description_sv": "Pandemi",
            "indicator_id": "",
            "geography_id": "",
            "period_from": "2020",
            "period_to": "2021",
            "explained_change": "",
            "is_break": "false",
            "source": "FHM",
            "synthetic": "false",
        }
    )
    assert (row.indicator_id, row.geography_id, row.explained_change) == (None, None, None)
    assert row.concerns("vad_som_helst", "1480")


def test_indicators_that_count_the_same_are_one_cluster() -> None:
    clusters = load_catalogue(SEEDS).clusters

    def together(name: str) -> set[str]:
        return {one for one, of in clusters.items() if of == clusters[name]}

    assert together("assistance_households_share") >= {
        "assistance_households",
        "assistance_children",
        "assistance_recipients",
        "assistance_cost",
        "kolada_assistance_households",
    }
    # Refused decisions are others than granted ones, and a household's months can stand still
    # while households become fewer.
    assert together("assistance_rejections") == {
        "assistance_rejections",
        "assistance_rejection_share",
    }
    assert together("assistance_mean_months") == {"assistance_mean_months"}
    assert "protected_housing_children" in together("protected_housing_persons")
    assert together("homeless_women_share") == {"homeless_women_share"}
    # No count behind it.
    assert together("debt_median") == {"debt_median"}


def test_every_indicator_is_of_one_cluster_named_by_a_member() -> None:
    catalogue = load_catalogue(SEEDS)
    assert set(catalogue.clusters) == set(catalogue.by_id)
    assert all(catalogue.clusters[of] == of for of in catalogue.clusters.values())
    assert len(set(catalogue.clusters.values())) < len(catalogue.indicators)
