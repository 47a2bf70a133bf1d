"""A city made by hand: what must be found in it, what must not, and why.

The changes are those that the documents state; everything else moves calmly. Nothing here is
made by the synthetic city of ``orchestration.demo``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.explanations import explained_log_change, history_effects
from orchestration.deviation.findings import weigh
from orchestration.deviation.focus import focus_areas
from orchestration.deviation.pools import geography_level
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import Kind, Outcome, Verdict
from orchestration.findings.evidence import (
    ChangeEvidence,
    ContraryEvidence,
    UntestedGroupsEvidence,
)
from orchestration.findings.marts import DEVIATIONS, FOCUS_AREAS, TRIANGULATION
from orchestration.findings.records import Deviation, FocusArea
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import ExplanationKind, NaturalExplanation
from orchestration.language import telling
from orchestration.language.inline import plain
from orchestration.language.names import Names
from orchestration.statistics.arrays import FloatArray
from tests.unit.deviation.told import reason, resting, summary, title

YEARS = np.arange(2016, 2024)
CATALOGUE = load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds")
SETTINGS = DeviationSettings()
THREE = {"ekonomiskt_bistand", "vald_i_nara_relation", "socialpsykiatri"}
Changes = Mapping[int, float]


def series(
    indicator_id: str,
    value: object,
    *,
    numerator: object = np.nan,
    denominator: object = np.nan,
    sd: object = np.nan,
    n: object = np.nan,
    years: object = YEARS,
    geography_id: str = "0180",
    breakdown: str = "total",
    category: str = "total",
    status: Sequence[str] | None = None,
) -> Series:
    calendar = np.asarray(years, dtype=np.int64)

    def floats(values: object) -> FloatArray:
        return np.broadcast_to(np.asarray(values, dtype=np.float64), calendar.shape).copy()

    return Series(
        indicator_id,
        geography_id,
        breakdown,
        category,
        years=calendar,
        numerator=floats(numerator),
        denominator=floats(denominator),
        value=floats(value),
        standard_deviation=floats(sd),
        observations=floats(n),
        status=status or ["observed"] * calendar.size,
    )


class City:
    """Yearly series around given levels; changes are relative to the year before."""

    def __init__(self, seed: int = 7, *, planted: bool = True) -> None:
        self.rng = np.random.default_rng(seed)
        self.planted = planted
        self.all: dict[str, Series] = {}
        self.extra: list[Series] = []

    def path(self, level: float, changes: Changes | None = None) -> FloatArray:
        """A level and where it goes."""
        changes = (changes or {}) if self.planted else {}
        values = [level]
        for year in YEARS[1:]:
            calm = np.exp(np.clip(self.rng.normal(0, 0.01), -0.02, 0.02)) - 1
            values.append(values[-1] * (1 + changes.get(int(year), calm)))
        return np.array(values)

    def count(self, indicator_id: str, level: float, change: float | None = None) -> FloatArray:
        """Add a count that changes in 2023."""
        values = np.rint(self.path(level, None if change is None else {2023: change}))
        self.all[indicator_id] = series(indicator_id, values, numerator=values)
        return values

    def share(
        self, indicator_id: str, share: float, of: FloatArray, changes: Changes | None = None
    ) -> FloatArray:
        """Add a proportion; returns its numerators."""
        counted = np.rint(self.path(share, changes) * of)
        self.all[indicator_id] = series(
            indicator_id, counted / of, numerator=counted, denominator=of
        )
        return counted

    def given(self, indicator_id: str, values: object, geography_id: str = "0180") -> None:
        """Add values as they are."""
        self.all[indicator_id] = series(indicator_id, values, geography_id=geography_id)

    def series(self) -> list[Series]:
        """Everything, totals first."""
        return [*self.all.values(), *self.extra]


def city(seed: int = 7, *, planted: bool = True) -> City:
    c = City(seed, planted=planted)
    households = np.rint(470_000 * 1.012 ** np.arange(8))
    c.given("households_total", households)
    assisted = c.share(
        "assistance_households_share", 0.0298, households, {2017: 0.028, 2023: -0.063}
    )
    c.given("assistance_households", assisted)
    c.count("assistance_children", 9000, -0.16)
    c.count("assistance_decisions", 118_000)
    c.count("assistance_rejections", 17_000, 0.06)
    c.given("evicted_children", [41, 36, 44, 33, 39, 42, 38, 12 if planted else 40])
    c.all["assistance_mean_months"] = series(
        "assistance_mean_months", c.path(7.0, {2023: 0.015}), sd=3.6, n=assisted
    )
    c.count("protected_housing_persons", 600, -0.15)
    c.count("protected_housing_decisions", 680, -0.15)
    c.count("protected_housing_children", 520, -0.35)
    c.count("emergency_flat_women", 140, 0.10)
    c.count("emergency_flat_children", 110, -0.12)
    counselling = c.count("rvc_counselling_persons", 953, 0.17)
    c.all["rvc_counselling_granted"] = series(
        "rvc_counselling_granted", counselling, numerator=counselling
    )
    c.count("ipv_victims_known", 2984)
    c.count("rvt_cases", 1707)
    users = c.count("social_psychiatry_users", 5200)
    c.share("housing_support_share", 0.70, users)
    c.count("housing_support_persons", 4700)
    c.all["housing_support_hours"] = series("housing_support_hours", c.path(7.9), sd=4.6, n=4700)
    cases = c.count("child_cases", 16_600)
    children = np.rint(198_000 * 1.004 ** np.arange(8))
    c.all["child_cases_per_100"] = series(
        "child_cases_per_100", 100 * cases / children, numerator=cases, denominator=children
    )
    c.share("child_cases_boys_share", 0.54, cases)
    c.share("child_intervention_share", 0.30, np.rint(cases / 2))
    c.all["family_law_cases"] = series("family_law_cases", np.rint(c.path(2400, {2022: 0.40})))
    c.count("substance_use_persons", 4300, 0.22)
    c.count("population", 935_000)
    c.given("debt_total", 1e9 * np.array([12, 12.2, 12.5, 12.7, 13, 13.2, 14.1, 15.3]))
    c.given("debt_median", 1e3 * np.array([80, 81, 82, 83, 84, 85, 92, 100]))
    c.count("debt_relief_applications", 3000, 0.12)
    c.count("debt_counselling_new", 2100, 0.09)
    c.count("reported_ipv_crimes", 8200, 0.05)
    c.count("reported_gross_violence_women", 310, 0.12)
    c.given("price_housing_food", [88, 90, 92, 94, 95, 97, 104, 116.5], "SE")
    c.all["real_disposable_income"] = series(
        "real_disposable_income",
        [95, 97, 98, 100, 102, 104, 103],
        years=YEARS[:-1],
        geography_id="SE",
    )
    for category, mean, n in (
        ("funktionsnedsattning", 9.0, 1800),
        ("socialpsykiatri", 7.2 if planted else 9.0, 2900),
    ):
        c.extra.append(hours("target_group", category, mean, n))
    for category, mean, n in (
        ("funktionsnedsattning*kvinnor", 9.0, 900),
        ("funktionsnedsattning*man", 9.0, 900),
        ("socialpsykiatri*kvinnor", 7.5 if planted else 9.0, 1740),
        ("socialpsykiatri*man", 6.9 if planted else 9.0, 1160),
    ):
        c.extra.append(hours("target_group*sex", category, mean, n))
    return c


def hours(breakdown: str, category: str, mean: float, n: float, sd: float = 4.5) -> Series:
    return series(
        "housing_support_hours",
        [mean],
        sd=sd,
        n=n,
        years=[2023],
        breakdown=breakdown,
        category=category,
    )


def run(
    made: City | Sequence[Series], catalogue: Catalogue = CATALOGUE, year: int = 2023
) -> list[Deviation]:
    given = made.series() if isinstance(made, City) else made
    return assess(given, catalogue, year, SETTINGS)


def change(rows: Sequence[Deviation], indicator_id: str) -> Deviation:
    (found,) = [r for r in rows if r.indicator_id == indicator_id and r.kind is Kind.CHANGE]
    return found


def areas(rows: Sequence[Deviation], catalogue: Catalogue = CATALOGUE) -> dict[str, FocusArea]:
    return {area.area: area for area in focus_areas(rows, catalogue)[0]}


@pytest.fixture(scope="module")
def rows() -> list[Deviation]:
    return run(city())


@pytest.mark.parametrize("seed", [1, 2, 3, 7, 8, 9])
def test_exactly_the_focus_areas_of_the_documents(seed: int) -> None:
    assert set(areas(run(city(seed)))) == THREE


@pytest.mark.parametrize("seed", [1, 2, 3, 7, 8, 9])
def test_a_calm_city_has_none(seed: int) -> None:
    assert areas(run(city(seed, planted=False))) == {}


def test_what_the_documents_saw_is_in_focus(rows: list[Deviation]) -> None:
    for indicator_id, relative in (
        ("assistance_households_share", -0.063),
        ("assistance_children", -0.16),
        ("evicted_children", 12 / 38 - 1),
        ("protected_housing_persons", -0.15),
        ("protected_housing_decisions", -0.15),
        ("protected_housing_children", -0.35),
        ("rvc_counselling_persons", 0.17),
    ):
        found = change(rows, indicator_id)
        assert found.outcome is Outcome.FOCUS
        assert found.relative_change == pytest.approx(relative, abs=0.002)
        assert found.p_value is not None
        assert found.q_value is not None
        assert found.p_value < 0.05
        assert found.q_value <= SETTINGS.fdr
        assert found.lower is not None
        assert found.upper is not None
        assert found.observed is not None
        assert not found.lower <= found.observed <= found.upper


def test_the_share_is_told_as_a_share(rows: list[Deviation]) -> None:
    share = change(rows, "assistance_households_share")
    assert share.observed == pytest.approx(0.0285, abs=0.001)
    assert share.expected == pytest.approx(0.0304, abs=0.001)
    assert share.excess == pytest.approx(-1000, abs=150)
    assert "procent av hushållen" in reason(share)
    assert "minskade med 6,3\u00a0procent från 2022 till 2023" in reason(share)


def test_the_children_at_evictions(rows: list[Deviation]) -> None:
    found = change(rows, "evicted_children")
    assert found.observed == 12
    assert found.expected == pytest.approx(39, abs=1)
    assert found.breakeven_volatility == pytest.approx(0.39, abs=0.03)
    assert found.probability_relevant is not None
    assert found.probability_relevant > 0.999
    assert reason(found).startswith(
        "Antalet barn som berörs av verkställda avhysningar minskade med 68,4\u00a0procent från "
        "2022 till 2023: från 38 till 12\u00a0barn. Av tidigare år att döma var mellan "
    )
    assert reason(found).endswith("Att det inte är slump är mycket säkert.")


def test_housing_support_differs_between_the_groups(rows: list[Deviation]) -> None:
    groups = {r.category: r for r in rows if r.kind is Kind.GROUP_DIFFERENCE}
    found = groups["funktionsnedsattning"]
    assert (found.observed, found.expected) == (9.0, 7.2)
    assert found.relative_change == pytest.approx(0.25)
    assert found.outcome is Outcome.FOCUS
    assert found.upper is not None
    assert found.upper < 9.0
    assert "mot 7,2 i gruppen socialpsykiatri: 25,0\u00a0procent högre." in reason(found)
    # Women and men within socialpsykiatri differ by less than what matters.
    assert groups["socialpsykiatri*kvinnor"].outcome is Outcome.WATCH
    assert "mindre än 10\u00a0procent" in reason(groups["socialpsykiatri*kvinnor"])
    area = areas(rows)["socialpsykiatri"]
    assert area.lead_deviation_id == found.deviation_id
    assert title(area).startswith("Funktionsnedsättning och socialpsykiatri: skillnad i")


def test_the_surroundings_are_support_and_never_focus(rows: list[Deviation]) -> None:
    prices = change(rows, "price_housing_food")
    assert prices.outcome is Outcome.WATCH
    assert prices.geography_id == "SE"
    assert prices.q_value is None
    assert not [r for r in rows if r.outcome is Outcome.FOCUS and r.indicator_id.startswith("debt")]


def test_pairs_that_contradict(rows: list[Deviation]) -> None:
    _, pairs = focus_areas(rows, CATALOGUE)
    verdicts = {(p.indicator_id, p.related_indicator_id): p for p in pairs}
    debt = verdicts["assistance_households_share", "debt_relief_applications"]
    assert debt.verdict is Verdict.CONTRARY
    assert debt.observed_change == pytest.approx(-0.063, abs=0.002)
    assert debt.related_change == pytest.approx(0.12, abs=0.002)
    assert debt.p_value is not None
    assert debt.p_value < 0.05
    assert debt.related_from == 2022
    # Debts grow for longer than a year, and are compared over the two that are declared.
    owed = verdicts["assistance_households_share", "debt_total"]
    assert (owed.verdict, owed.related_from) == (Verdict.CONTRARY, 2021)
    assert owed.related_change == pytest.approx(15.3 / 13.2 - 1)
    told = plain(telling.reason(owed.claims, Names(CATALOGUE))).replace("\u00a0", " ")
    assert told.startswith("Skuldbeloppet hos Kronofogden ökade med 15,9 procent sedan 2021, fast")
    crimes = verdicts["protected_housing_persons", "reported_ipv_crimes"]
    assert crimes.verdict is Verdict.CONTRARY
    flats = verdicts["protected_housing_children", "emergency_flat_children"]
    # This city's counts follow their levels to the unit, and the engine has seen that they do.
    assert flats.verdict is Verdict.CONTRARY
    rejections = verdicts["assistance_households_share", "assistance_rejections"]
    assert rejections.verdict is Verdict.AS_EXPECTED
    income = verdicts["assistance_households_share", "real_disposable_income"]
    assert (income.verdict, income.related_change) == (Verdict.CANNOT_TELL, None)
    contrary = [r for r in rows if r.kind is Kind.CONTRARY]
    assert {resting(r, ContraryEvidence).related_indicator_id for r in contrary} >= {
        "price_housing_food",
        "debt_relief_applications",
        "reported_ipv_crimes",
    }
    assert all(resting(r, ContraryEvidence).verdict is Verdict.CONTRARY for r in contrary)


def test_summaries_are_written_from_the_numbers(rows: list[Deviation]) -> None:
    area = areas(rows)["ekonomiskt_bistand"]
    # The heading speaks of what other sources contradict most.
    head = "andelen biståndshushåll minskade med 6,3\u00a0procent"
    assert title(area) == f"Ekonomiskt bistånd: {head}"
    assert summary(area).startswith("A" + head[1:])
    assert "antalet barn i biståndshushåll" in summary(area)
    assert "Minskningen kom trots att " in summary(area)
    assert "skuldbeloppet hos Kronofogden (+15,9\u00a0procent sedan 2021)" in summary(area)
    violence = summary(areas(rows)["vald_i_nara_relation"])
    assert "antalet anmälda brott i nära relation (+5,0\u00a0procent)" in violence
    assert [a.rank for a in areas(rows).values()] == [1, 2, 3]


def test_what_a_registered_explanation_covers_is_set_aside(rows: list[Deviation]) -> None:
    found = change(rows, "substance_use_persons")
    assert found.outcome is Outcome.EXPLAINED
    assert found.explanation_id == "missbruk-per-deltagare-2023"
    assert (
        found.evidence.explanation and found.evidence.explanation.residual_change
    ) == pytest.approx(0, abs=0.03)
    assert reason(found).endswith("Förklaras av: Öppenvård registreras per deltagare från 2023.")
    assert not [r for r in rows if r.indicator_id == "family_law_cases"]


def test_switching_the_explanation_off_brings_its_deviation_back() -> None:
    without = CATALOGUE.without_explanation("missbruk-per-deltagare-2023")
    rows = run(city(), without)
    assert change(rows, "substance_use_persons").outcome is Outcome.FOCUS
    assert set(areas(rows, without)) == THREE | {"missbruk_och_beroende"}


def test_a_deviation_larger_than_its_explanation_stays() -> None:
    made = city()
    made.count("substance_use_persons", 4300, 0.45)
    rows = run(made)
    found = change(rows, "substance_use_persons")
    assert found.outcome is Outcome.FOCUS
    assert found.explanation_id == "missbruk-per-deltagare-2023"
    assert (
        found.evidence.explanation and found.evidence.explanation.residual_change
    ) == pytest.approx(0.19, abs=0.03)
    assert "Större än vad som förklaras av" in reason(found)


def test_an_explanation_of_a_rise_does_not_explain_a_fall() -> None:
    made = city()
    made.count("substance_use_persons", 4300, -0.20)
    assert change(run(made), "substance_use_persons").outcome is Outcome.FOCUS


def test_a_break_is_explained_in_its_year_and_forgotten_after() -> None:
    broken = "familjeratt-informationssamtal-2022"
    before = run(city(), year=2022)
    assert change(before, "family_law_cases").explanation_id == broken
    assert change(before, "family_law_cases").outcome is Outcome.EXPLAINED
    assert "familjeratt" not in areas(before)
    without = CATALOGUE.without_explanation(broken)
    assert "familjeratt" in areas(run(city(), without, 2022), without)
    made = city()
    fallen = made.all["family_law_cases"].value.copy()
    fallen[-1] = fallen[0]
    made.all["family_law_cases"] = series("family_law_cases", fallen)
    after = change(run(made), "family_law_cases")
    # Back at its old level, it is judged against the one year after the break.
    assert after.outcome is Outcome.FOCUS
    assert resting(after, ChangeEvidence).history_years == 1


def test_a_later_year_is_never_seen() -> None:
    whole = run(city(), year=2022)
    cut = run(
        [
            series(
                s.indicator_id,
                s.value[s.years <= 2022],
                numerator=s.numerator[s.years <= 2022],
                denominator=s.denominator[s.years <= 2022],
                sd=s.standard_deviation[s.years <= 2022],
                n=s.observations[s.years <= 2022],
                years=s.years[s.years <= 2022],
                geography_id=s.geography_id,
            )
            for s in city().all.values()
        ],
        year=2022,
    )
    assert whole == cut
    assert {r.outcome for r in whole} > {Outcome.EXPLAINED}


def test_one_figure_under_two_names_is_one_test(rows: list[Deviation]) -> None:
    assert not [r for r in rows if r.indicator_id == "rvc_counselling_granted"]
    kept = change(rows, "rvc_counselling_persons")
    assert resting(kept, ChangeEvidence).same_figures_as == ("rvc_counselling_granted",)


def test_rows_are_ranked_and_can_be_told_apart(rows: list[Deviation]) -> None:
    assert len({r.deviation_id for r in rows}) == len(rows)
    ranked = [r for r in rows if r.rank is not None]
    assert [r.rank for r in ranked] == list(range(1, len(ranked) + 1))
    outcomes = [r.outcome for r in ranked]
    assert outcomes == sorted(outcomes, key=[*Outcome].index)
    assert all(r.period_start == date(2023, 1, 1) for r in rows)
    assert all(reason(r) for r in rows)
    focus = [r for r in ranked if r.outcome is Outcome.FOCUS]
    probabilities = [round(r.probability_relevant or 0, 2) for r in focus]
    assert probabilities == sorted(probabilities, reverse=True)


def test_the_same_input_gives_the_same_rows_in_any_order(rows: list[Deviation]) -> None:
    again = run(list(reversed(city().series())))
    for one, other in zip(again, rows, strict=True):
        assert one.deviation_id == other.deviation_id
        assert one.outcome is other.outcome
        assert (one.p_value or 0) == pytest.approx(other.p_value or 0, rel=1e-9)


def test_rows_survive_storage(rows: list[Deviation]) -> None:
    stored = [DEVIATIONS.of_row({**DEVIATIONS.row(r), "more": 1}) for r in rows]
    assert stored == rows
    assert focus_areas(stored, CATALOGUE) == focus_areas(rows, CATALOGUE)
    assert all(json.loads(str(DEVIATIONS.row(r)["evidence"])) for r in rows)
    area, pairs = focus_areas(rows, CATALOGUE)
    assert json.loads(str(FOCUS_AREAS.row(area[0])["deviation_ids"])) == list(area[0].deviation_ids)
    assert all(type(TRIANGULATION.row(p)["verdict"]) is str for p in pairs)
    with pytest.raises(ValueError, match="guess"):
        DEVIATIONS.of_row({**DEVIATIONS.row(rows[0]), "outcome": "guess"})


def why(given: Series, *others: Series) -> str:
    found = change(run([given, *others]), given.indicator_id)
    assert found.outcome is Outcome.CANNOT_TELL
    assert (found.p_value, found.rank, found.observed) == (None, None, None)
    return reason(found)


def test_what_cannot_be_tested_says_why() -> None:
    calm = [900, 905, 910, 900, 902, 905, 903, 100]
    assert "Spridning" not in why(series("assistance_mean_months", [7.0] * 7 + [9.0]))
    assert "spridning och antal saknas" in why(series("assistance_mean_months", [7.0] * 8))
    assert "täljare och nämnare" in why(series("housing_support_share", [0.7] * 8))
    assert "täljare eller nämnare" in why(series("child_cases_per_100", [8.0] * 8))
    assert "noll eller negativt" in why(series("debt_total", [5.0] * 7 + [0.0]))
    assert why(series("rvt_cases", calm[:7], years=YEARS[:7])) == "Värdet för 2023 saknas."
    hidden = ["observed"] * 7 + ["suppressed"]
    assert why(series("rvt_cases", calm, status=hidden)) == "Värdet för 2023 är skyddat."
    ended = ["observed"] * 7 + ["broken_series"]
    assert "inte jämförbart" in why(series("rvt_cases", calm, status=ended))
    assert "Jämförbara värden före 2023" in why(series("rvt_cases", [900], years=[2023]))


def test_what_is_decided_is_neither_tested_nor_missing() -> None:
    decided = series("housing_support_block_grant", [70_000.0, 82_576.0], years=[2022, 2023])
    assert run([decided]) == []


def test_groups_without_spread_cannot_be_told_apart() -> None:
    given = [
        hours("target_group", "funktionsnedsattning", 9.0, 1800, sd=np.nan),
        hours("target_group", "socialpsykiatri", 7.2, 2900),
        hours("target_group*sex", "socialpsykiatri*man", 7.2, 2900),
    ]
    found = {r.category + resting(r, UntestedGroupsEvidence).category_b: r for r in run(given)}
    assert all(r.outcome is Outcome.CANNOT_TELL for r in found.values())
    whole = found["funktionsnedsattningsocialpsykiatri"]
    assert reason(whole).startswith("Spridning och antal")
    women = reason(found["funktionsnedsattning*kvinnorsocialpsykiatri*kvinnor"])
    assert women == (
        "Jämförbart värde för 2023 saknas för kvinnor inom funktionsnedsättning och kvinnor inom "
        "socialpsykiatri."
    )


def test_history_is_not_reported_as_missing() -> None:
    old = series("yearbook_assistance_households", [14_008, 14_572], years=[2016, 2017])
    assert run([old]) == []


def test_a_gap_is_not_a_value() -> None:
    values = [900, 905, 5, 900, 902, 905, 903, 901]
    status = ["observed"] * 8
    status[2] = "suppressed"
    given = series("rvt_cases", values, status=status)
    assert run([given]) == []
    fallen = series("rvt_cases", [*values[:-1], 500], status=status)
    found = change(run([fallen]), "rvt_cases")
    assert resting(found, ChangeEvidence).history_years == 6
    assert found.expected == pytest.approx(903, abs=5)


def test_an_indicator_is_taken_where_it_is_nearest() -> None:
    near, far = [8000] * 7 + [9000], [80_000] * 7 + [40_000]
    national = series("reported_ipv_crimes", far, geography_id="SE")
    county = series("reported_ipv_crimes", near, geography_id="01")
    assert change(run([national, county]), "reported_ipv_crimes").geography_id == "01"
    own = series("reported_ipv_crimes", near)
    assert change(run([national, county, own]), "reported_ipv_crimes").geography_id == "0180"
    elsewhere = series("reported_ipv_crimes", far, geography_id="1480")
    district = series("reported_ipv_crimes", far, geography_id="0180-farsta")
    assert run([elsewhere, district]) == []
    settings = replace(SETTINGS, geography_id="1480")
    (found,) = assess([elsewhere, own], CATALOGUE, 2023, settings)
    assert found.geography_id == "1480"


def test_a_rate_is_told_per_hundred() -> None:
    cases, children = np.array([16_000] * 7 + [12_000]), np.full(8, 200_000)
    given = series(
        "child_cases_per_100", 100 * cases / children, numerator=cases, denominator=children
    )
    found = change(run([given]), "child_cases_per_100")
    assert (found.observed, found.outcome) == (6.0, Outcome.FOCUS)
    assert found.expected == pytest.approx(8.0, abs=0.05)
    assert found.excess == pytest.approx(-4000, abs=100)


def test_faults_in_the_input_are_refused() -> None:
    one = series("rvt_cases", [900] * 8)
    with pytest.raises(ValueError, match="flera gånger"):
        run([one, one])
    with pytest.raises(ValueError, match="okand"):
        run([series("okand", [900] * 8)])
    with pytest.raises(ValueError, match="täljaren är större"):
        run([series("housing_support_share", [2.0] * 8, numerator=[20] * 8, denominator=[10] * 8)])
    with pytest.raises(ValueError, match="years must increase"):
        series("rvt_cases", [1, 2], years=[2020, 2020])
    with pytest.raises(ValueError, match="different length"):
        replace(one, value=np.ones(3))
    with pytest.raises(ValueError, match="negative"):
        series("child_cases_per_100", [1, 2], denominator=[-1, 2], years=[2020, 2021])


def test_settings_refuse_nonsense() -> None:
    for wrong in (
        {"alpha": 0.0},
        {"fdr": 1.0},
        {"relevant_change": 0.0},
        {"focus_minimum_change": -0.1},
        {"minimum_history": 0},
        {"shock_alpha": 1.0},
        {"board_minimum_number": 4},
        {"shock_minimum_sources": 0},
        {"stability_relevant_change": 0.0},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            replace(SETTINGS, **wrong)
    assert DeviationSettings(geography_id="1480").places() == ("1480", "14", "SE")


def explanation(
    kind: str, first: int, last: int, size: float | None, *, is_break: bool = False
) -> NaturalExplanation:
    return NaturalExplanation(
        explanation_id=f"{kind}-{first}",
        kind=ExplanationKind(kind),
        title_sv="t",
        description_sv="d",
        indicator_id=None,
        geography_id=None,
        period_from=first,
        period_to=last,
        explained_change=size,
        is_break=is_break,
        source="s",
        synthetic=True,
    )


def test_what_explanations_do_to_a_history() -> None:
    years = np.arange(2016, 2024)
    effects = history_effects(
        [
            explanation("law", 2018, 2018, None, is_break=True),
            explanation("definition", 2020, 2020, 0.22),
            explanation("one_off", 2021, 2021, -0.1),
            explanation("reporting_loss", 2019, 2019, None),
            explanation("law", 2023, 2023, None, is_break=True),
            explanation("definition", 2023, 2023, 0.5),
        ],
        years,
        2023,
    )
    assert years[effects.reset].tolist() == [2018]
    assert years[effects.gap].tolist() == [2019]
    shifts = dict(zip(years.tolist(), np.exp(effects.log_shift), strict=True))
    assert shifts[2020] == pytest.approx(1.22)
    # A temporary level comes and goes; the tested year itself is left alone.
    assert shifts[2021] * shifts[2022] == pytest.approx(1.0)
    assert shifts[2021] == pytest.approx(0.9)
    assert shifts[2023] == 1.0


def test_what_explanations_account_for_in_the_tested_year() -> None:
    two = [explanation("law", 2023, 2023, 0.1), explanation("system", 2023, 2023, 0.2)]
    total = explained_log_change(two, 2023, 1.0)
    assert total is not None
    assert np.exp(total) == pytest.approx(1.32)
    any_size = explanation("one_off", 2023, 2023, None)
    assert explained_log_change([*two, any_size], 2023, 1.0) is None
    # A step of known size is taken once.
    assert explained_log_change([explanation("law", 2022, 2024, 0.1)], 2023, 1.0) == 0.0


def test_levels_of_geography() -> None:
    assert [geography_level(g) for g in ("SE", "01", "0180", "0180-farsta")] == [
        "riket",
        "lan",
        "kommun",
        "stadsdelsnamnd",
    ]


@pytest.mark.parametrize(
    ("size", "first", "p_after", "covered"),
    [
        # A fall of 4 per cent, clear of noise: small, but only a fall explains it.
        (-0.03, 2023, 0.01, True),
        (-0.03, 2023, 0.40, True),
        (0.03, 2023, 0.01, False),
        # Its size was accounted for last year, and is part of the history by now.
        (-0.03, 2022, 0.01, False),
        # It leaves most of the change.
        (-0.01, 2023, 0.01, False),
        # Of no stated size: it covers whatever came.
        (None, 2023, 0.01, True),
    ],
)
def test_a_small_change_needs_an_explanation_that_fits(
    size: float | None, first: int, p_after: float, covered: bool
) -> None:
    tested: Any = SimpleNamespace(
        observed=96.0,
        relative_to_expected=-0.04,
        expected_after=lambda log_change: (100.0 * float(np.exp(log_change)), p_after),
    )
    context: Any = SimpleNamespace(year=2023, settings=SETTINGS)
    weighed, _ = weigh(tested, [explanation("definition", first, 2023, size)], context)
    assert weighed is covered
