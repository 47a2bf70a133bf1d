"""The changes that the documents state hold in the parsed rows, by plain arithmetic.

Expected values are those of the documents (Fördjupad analys Socialtjänstrapport 2023; Öppna
jämförelser 2020 – Ekonomiskt bistånd).
"""

import json
from functools import cache
from itertools import pairwise
from statistics import mean

import pytest

from orchestration.sources.dispatch import parse_dataset
from orchestration.sources.observation import Observation
from orchestration.sources.registry import datasets_of, recorded_files

AT_HOME = "Misshandel inkl. grov (5, 6 §), Inomhus, Bekant med offret"
CLOSE_RELATIONS = [
    "Grov kvinnofridskränkning (4 a §)",
    f"{AT_HOME}, Mot kvinna 18 år och äldre (15 år och äldre t.o.m. 2006)",
    f"{AT_HOME}, Mot man 18 år och äldre (15 år och äldre t.o.m. 2006)",
    "Olaga hot (5 §), Mot kvinna 18 år eller äldre, Närstående genom parrelation",
    "Olaga hot (5 §), Mot man 18 år eller äldre, Närstående genom parrelation",
    "Olaga förföljelse (4 b §), Mot kvinna 18 år eller äldre, Närstående genom parrelation",
]
GROSS_VIOLENCE = [
    "Grov kvinnofridskränkning (4 a §)",
    "Grov fridskränkning (4 a §), Mot kvinna 18 år eller äldre",
]
YEARS = [str(year) for year in range(2016, 2024)]


@cache
def rows(source_id: str) -> list[Observation]:
    [dataset] = [dataset for dataset in datasets_of("demo") if dataset.source_id == source_id]
    return [
        row
        for path in recorded_files(dataset)
        for row in parse_dataset(path.read_bytes(), dataset).observations
    ]


def yearly(source_id: str, series: str, region: str) -> dict[str, float]:
    return {
        row.period: row.value
        for row in rows(source_id)
        if (row.series, row.region) == (series, region) and row.value is not None
    }


def crimes(names: list[str], region: str) -> dict[str, float]:
    counts = dict.fromkeys(YEARS, 0.0)
    for row in rows("bra_reported_ipv_crimes"):
        if row.series in names and row.region == region and row.dimensions == '{"Mått": "Antal"}':
            assert row.value is not None
            counts[row.period] += row.value
    return counts


def test_debt_rises_by_two_thousand_million_and_the_median_by_15_000_kronor() -> None:
    debt = yearly("kronofogden_stockholm_debt", "skuldbelopp", "STOCKHOLM")
    median = yearly("kronofogden_stockholm_debt", "medianskuld", "STOCKHOLM")
    assert list(debt) == list(median) == YEARS
    assert debt["2023"] - debt["2021"] == 2_000_000_000
    assert median["2023"] - median["2021"] == 15_000


def test_applications_for_debt_relief_rise() -> None:
    series = "antal ansökningar om skuldsanering"
    applications = yearly("kronofogden_stockholm_debt", series, "STOCKHOLM")
    assert applications["2023"] > applications["2022"]


@pytest.mark.parametrize("region", ["Stockholm", "Hela landet"])
def test_reported_crimes_in_close_relations_rise_by_five_per_cent(region: str) -> None:
    counts = crimes(CLOSE_RELATIONS, region)
    assert counts["2023"] / counts["2022"] == pytest.approx(1.05, abs=1e-12)
    calm = [abs(counts[b] / counts[a] - 1) for a, b in pairwise(YEARS[:-1])]
    assert max(calm) <= 0.02


@pytest.mark.parametrize("region", ["Stockholm", "Hela landet"])
def test_reported_gross_violence_against_women_rises(region: str) -> None:
    counts = crimes(GROSS_VIOLENCE, region)
    assert counts["2023"] > 1.03 * counts["2022"]


def test_the_municipality_is_a_part_of_the_country() -> None:
    city, country = (crimes(CLOSE_RELATIONS, region) for region in ("Stockholm", "Hela landet"))
    assert all(0 < city[year] < country[year] for year in YEARS)


def test_prices_of_housing_and_food_rise_by_twelve_per_cent() -> None:
    months: dict[str, list[float]] = {year: [] for year in YEARS}
    for row in rows("scb_cpi_housing_food"):
        if row.dimensions == '{"VaruTjanstegrupp": "01+04"}':
            assert row.value is not None
            months[row.period[:4]].append(row.value)
    assert {len(values) for values in months.values()} == {12}
    level = {year: mean(values) for year, values in months.items()}
    assert 100 * (level["2023"] / level["2022"] - 1) == pytest.approx(12.0, abs=0.05)
    assert level["2020"] == pytest.approx(100, abs=0.05)


def test_the_joint_price_group_is_the_stated_weighting() -> None:
    values = {
        (json.loads(row.dimensions)["VaruTjanstegrupp"], row.period): row.value or 0.0
        for row in rows("scb_cpi_housing_food")
    }
    for (group, period), value in values.items():
        if group == "01+04":
            weighted = 0.36 * values["01", period] + 0.64 * values["04", period]
            assert value == pytest.approx(weighted, abs=0.0051)


def test_the_norm_rises_by_8_6_per_cent() -> None:
    norm = yearly(
        "socialstyrelsen_assistance_norm",
        "Riksnorm för försörjningsstöd, index 2022 = 100",
        "Riket",
    )
    assert list(norm) == YEARS
    assert 100 * (norm["2023"] / norm["2022"] - 1) == pytest.approx(8.6, abs=1e-9)


def test_real_income_falls_for_the_first_time_in_2022() -> None:
    income = yearly("scb_real_disposable_income", "SYNT_RDI", "00")
    falls = [later for earlier, later in pairwise(YEARS) if income[later] < income[earlier]]
    assert falls[0] == "2022"


def test_enforced_evictions_rise_by_sixteen_per_cent() -> None:
    index = yearly(
        "kronofogden_evictions_index", "Verkställda vräkningar, index 2018 = 100", "Riket"
    )
    assert index == {"2018": 100, "2019": 116}


def test_open_comparisons_changes_and_response_rates() -> None:
    levels = {
        (row.series, row.period): row.value
        for row in rows("socialstyrelsen_open_comparisons_2020")
        if json.loads(row.dimensions)["grupptyp"] == "riket"
    }
    freda, routine = "anvander_freda_kortfragor", "rutin_vid_indikation_pa_vald_mot_vuxen"
    assert (levels[freda, "2020"], levels[freda, "2019"]) == (75, 75 - 2)
    assert (levels[routine, "2020"], levels[routine, "2019"]) == (58, 58 + 1)
    assert levels["Svarsfrekvens, enkätens generella del", "2020"] == 95
    assert levels["Svarsfrekvens, delenkäten ekonomiskt bistånd", "2020"] == 96
