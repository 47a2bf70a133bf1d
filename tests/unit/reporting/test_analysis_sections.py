"""The analyses' sections say what the estimates say, and lead each figure to its cell."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from orchestration.findings.codes import Shortfall, Status
from orchestration.findings.estimates import AnalysisResult, BoardStandardised
from orchestration.findings.marts import ANALYSIS_RESULTS, BOARD_STANDARDISED, write_findings
from orchestration.flow.analyses import analyses
from orchestration.indicators.catalogue import load_catalogue
from orchestration.language.inline import Link, plain
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.data import load_report_data
from orchestration.reporting.document import Figure, Folded, Heading, Paragraph, Plain, Table
from orchestration.reporting.issued import as_page
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.sections import (
    child_review,
    housing_support,
    protected_housing,
    refusals,
)
from orchestration.reporting.sections.analysis import (
    AnalysisChapter,
    AnalysisContext,
    anchor_of,
    on_page,
)
from orchestration.reporting.sections.sources import Sources
from orchestration.settings import Settings
from tests.number_walk import stray_digits, unmet
from tests.unit.reporting.conftest import EDITION, YEAR, build_city

Blocks = Callable[[duckdb.DuckDBPyConnection, AnalysisContext], list[Plain]]
SECTIONS: tuple[tuple[str, Blocks], ...] = (
    (refusals.ANALYSIS, refusals.blocks),
    (protected_housing.ANALYSIS, protected_housing.blocks),
    (housing_support.ANALYSIS, housing_support.blocks),
    (child_review.ANALYSIS, child_review.blocks),
)


def row(
    analysis_id: str, estimand_id: str, value: float | None, *limits: float, **more: Any
) -> AnalysisResult:
    low, high = limits or (None, None)
    facts: dict[str, Any] = {
        "period_start": date(YEAR, 1, 1),
        "period_from": None,
        "geography_id": "0180",
        "breakdown": "total",
        "category": "total",
        "ci_lower": low,
        "ci_upper": high,
        "observations": 100.0,
        "unit": "count",
        "method_id": "counts",
    }
    return AnalysisResult(
        analysis_id=analysis_id, estimand_id=estimand_id, estimate=value, **(facts | more)
    )


def refusal(estimand_id: str, value: float | None, *limits: float, **more: Any) -> AnalysisResult:
    return row("refusals", estimand_id, value, *limits, **more)


def shelter(estimand_id: str, value: float | None, *limits: float, **more: Any) -> AnalysisResult:
    return row("protected_housing", estimand_id, value, *limits, **more)


def support(estimand_id: str, value: float | None, *limits: float, **more: Any) -> AnalysisResult:
    return row("housing_support", estimand_id, value, *limits, **more)


def child(estimand_id: str, value: float | None, *limits: float, **more: Any) -> AnalysisResult:
    return row("child_review", estimand_id, value, *limits, **({"unit": "share"} | more))


def _of_children() -> list[AnalysisResult]:
    stage: dict[str, Any] = {"breakdown": "stage"}
    measure: dict[str, Any] = {"breakdown": "measure"}
    declined, category = "avbojd_av_vardnadshavare", "area_category"
    shares = ((6, 0.33), (12, 0.45), (24, 0.53))
    return [
        child("5.1_cases", 16_625.0, unit="count"),
        child("5.1", 0.442, 0.434, 0.45, category="utredning", **stage),
        child("5.1", 0.261, 0.254, 0.268, category="erbjuden", **stage),
        child("5.1", 0.176, 0.17, 0.182, category="beviljad", **stage),
        child("5.2", 0.27, 0.257, 0.283, category=declined, **measure),
        child(f"5.2_{declined}", 0.324, 0.302, 0.346, breakdown=category, category="1"),
        child(f"5.2_{declined}", 0.224, 0.2, 0.248, breakdown=category, category="4"),
        child(f"5.2_{declined}_difference", 0.1, 0.068, 0.133, unit="points"),
        child("5.3_within", 1.36, 1.22, 1.74, unit="ratio", verdict="boards_differ",
              category="vidtalad_skola", **measure),
        child("5.3_ratio", 4.4, 1.8, 11.0, unit="ratio", category="vidtalad_skola", **measure),
        child("5.3_ratio", 0.1, 0.0, 0.6, unit="ratio", category=declined, **measure),
        child("5.4", 0.62, 0.61, 0.63, breakdown="party", category="skola"),
        child("5.4", 0.378, 0.353, 0.404, breakdown="party", category="forskola"),
        child("5.4_difference", -0.242, -0.27, -0.213, unit="points"),
        child("5.5_granted", 0.193, 0.186, 0.2, breakdown="age_group", category="7-20"),
        child("5.5_granted", 0.128, 0.118, 0.138, breakdown="age_group", category="0-6"),
        child("5.5", -0.065, -0.078, -0.052, unit="points"),
        child("5.5", -0.041, -0.049, -0.033, unit="points", category="erbjuden", **stage),
        child("5.6_12", 0.453, 0.447, 0.459),
        *(
            child(f"5.6_{at}", share * more, share * more - 0.01, share * more + 0.01,
                  breakdown="history", category=name)
            for at, share in shares
            for name, more in (("0", 0.8), ("1-2", 1.0), ("3+", 1.5))
        ),
        child("5.6_after", 0.88, 0.82, 0.94, unit="ratio", breakdown="age_group",
              category="7-15", verdict="fewer"),
        child("5.6_after", 1.0, 0.91, 1.12, unit="ratio", breakdown="age_group", category="0-6"),
        child("5.7", 0.859, 0.841, 0.877, unit="ratio"),
        child("5.8", 0.9, 0.85, 0.95, unit="ratio", verdict="fewer_than_foretold"),
        child("5.9", 0.6, 0.5, 0.7, unit="ratio", breakdown="area", category="Rågsved",
              verdict="below", p_value=0.0001, q_value=0.01),
        child("5.9", 1.0, 0.9, 1.2, unit="ratio", breakdown="area", category="Årsta",
              verdict="alike", p_value=0.9, q_value=0.9),
        child("5.9_deviating", 1.0, unit="count"),
        child("5.10_boys", 0.54, 0.53, 0.55),
        child("5.10_boys", 0.71, 0.68, 0.74, breakdown="contact_reason",
              category="beteendeproblematik"),
        child("5.10_step", 0.009, -0.006, 0.024, unit="points", category="utredning",
              verdict="ingen_relevant_skillnad", **measure),
        child("5.11", 0.758, 0.75, 0.766, unit="index"),
        child("5.12_12", 0.211, 0.205, 0.217),
        child("5.12_late", 0.096, 0.084, 0.11),
    ]  # fmt: skip


MOTHERS = {"breakdown": "children", "category": "mothers"}
RESULTS = [
    *_of_children(),
    refusal("1.2", 1300.0, 734.0, 1905.0),
    refusal("1.2", -1100.0, -1499.0, -613.0, breakdown="factor", category="households"),
    refusal("1.2", 2400.0, 1639.0, 2565.0, breakdown="factor", category="refusals"),
    refusal("1.2", 0.5, -60.0, 70.0, breakdown="factor", category="months"),
    refusal("1.4", 0.22, 0.08, 0.34, unit="share"),
    refusal("1.6", None, shortfall=Shortfall.NO_EARLIER, status=Status.NOT_APPLICABLE),
    shelter("2.2", -103.0, **MOTHERS),
    shelter("2.2_share", 1.0, unit="share", **MOTHERS),
    shelter("2.4", None, shortfall=Shortfall.NO_COLUMN, status=Status.NOT_DELIVERED),
    shelter("2.4_bound", 8.0, unit="persons"),
    shelter("2.4_bound_share", 8 / 86, unit="share"),
    shelter("2.4_bound", 0.0, unit="persons", **MOTHERS),
    shelter("2.7", -4.0, -7.1, -0.9, unit="days"),
    support("3.2", 313.0, unit="persons"),
    support("3.2_amount", 313 * 82_576.0, unit="kr"),
    support("3.3", 125.0, 26.0, 234.0, unit="persons"),
    support("3.4", -10.0, -120.0, 108.0, unit="persons", breakdown="placebo", category="6"),
    support("3.6", 1.77, unit="hours", breakdown="part", category="gap"),
    support("3.6", 0.19, 0.04, 0.35, unit="hours", breakdown="part", category="heap"),
    support("3.7", 3.25, 3.0, 3.5, unit="hours"),
]
CREDIT = {"breakdown": "ground", "category": "kredit_som_inkomst"}
# What is told beside it, in full.
FURTHER = [
    refusal("1.1", 0.257, 0.253, 0.261, unit="share"),
    refusal("1.1_households", 0.43, unit="share"),
    refusal("1.1_months", 0.21, unit="share"),
    refusal("1.1_design_effect", 3.89, unit="ratio"),
    refusal("1.1", 0.31, 0.29, 0.33, unit="share", breakdown="spell_band", category="1"),
    refusal("1.3_rate", 0.013, 0.009, 0.017, unit="share"),
    refusal("1.3_composition", -0.003, -0.006, 0.001, unit="share"),
    refusal("1.3_rate", 0.002, -0.001, 0.004, unit="share", **CREDIT),
    refusal("1.4_rise", 0.016, 0.011, 0.02, unit="share"),
    refusal("1.4_spells", 0.004, 0.001, 0.006, unit="share"),
    refusal("1.5_trend", 1.12, 1.05, 1.2, unit="ratio"),
    refusal("1.5", 1.6, 1.4, 1.8, unit="ratio", breakdown="spell_band", category="25+"),
    refusal("1.5_within", 1.4, 1.3, 1.5, unit="ratio", breakdown="spell_band", category="7-12"),
    refusal("1.5_within", 2.5, 2.3, 2.8, unit="ratio", breakdown="spell_band", category="25+"),
    *(
        refusal(f"1.7_{event}_{at}", value, value - 0.01, value + 0.01, unit="share", **more)
        for event, value in (("granted", 0.5), ("refused_again", 0.3), ("no_application", 0.2))
        for at in (1, 3, 6, 12)
        for more in ({}, CREDIT)
    ),
    refusal("1.7_contrast", 1.3, 1.2, 1.4, unit="ratio", **CREDIT),
    refusal("1.9_median", 3865.0, unit="kr"),
    refusal("1.9_sum", 172_700_000.0, unit="kr"),
    refusal("1.9_median", 8239.0, unit="kr", **CREDIT),
    shelter("2.1_children_a_decision", 0.57, breakdown="form", category="skyddat_boende"),
    shelter("2.1_children_a_decision", 0.76, breakdown="form", category="jourlagenhet"),
    shelter("2.1_decisions", 646.0, breakdown="form", category="skyddat_boende"),
    shelter("2.2", -5.0, breakdown="children", category="without_children"),
    shelter("2.3", 56.0, 12.0, 96.0, unit="persons"),
    shelter("2.5", 0.27, 0.25, 0.3, unit="share", breakdown="year", category="2022"),
    shelter("2.5", 0.28, 0.26, 0.31, unit="share", breakdown="year", category="2023"),
    *(
        shelter("2.6", 0.04, 0.03, 0.05, unit="share", breakdown="flow", category=flow)
        for flow in ("skyddat_boende*jourlagenhet", "skyddat_boende*skyddat_boende")
    ),
    *(
        shelter(f"2.7_{name}", days, days - 2, days + 2, unit="days", breakdown="year", category=y)
        for name in ("median", "mean")
        for y, days in (("2022", 51.0), ("2023", 47.0))
    ),
    *(
        shelter(
            "2.7_staying",
            share,
            share - 0.1,
            share + 0.05,
            unit="share",
            breakdown="year*days",
            category=f"{y}*{days}",
        )
        for y in (2022, 2023)
        for days, share in ((60, 0.6), (120, 0.2))
    ),
    shelter("2.8", 0.85, 0.78, 0.93, unit="ratio"),
    shelter("2.8_elasticity", 0.6, 0.1, 1.1, unit="elasticity"),
    *(
        shelter(f"2.8_{name}", count, breakdown="quarter", category=f"{year}*{quarter}")
        for name, count in (("placements", 170.0), ("reports", 1000.0))
        for year in (2022, 2023)
        for quarter in (1, 2, 3, 4)
    ),
    shelter("2.9", 1513.0),
    shelter("2.9", 508.0, breakdown="origin", category="polis"),
    shelter("2.9", 141.0, breakdown="origin", category="annan"),
    support(
        "3.1_hours",
        9.0,
        8.8,
        9.2,
        unit="hours",
        breakdown="target_group",
        category="funktionsnedsattning",
    ),
    support(
        "3.1_women",
        0.496,
        unit="share",
        breakdown="target_group",
        category="funktionsnedsattning",
    ),
    support("3.2_lacking", 89.0, unit="persons", breakdown="criterion", category="lss"),
    support("3.3_share", 0.2, 0.12, 0.27, unit="share"),
    support("3.3_hours", 326.0, 193.0, 447.0, unit="hours"),
    support("3.3_sensitivity", 101.0, unit="persons", breakdown="degree*window", category="3*3"),
    support("3.3_sensitivity", 139.0, unit="persons", breakdown="degree*window", category="4*2"),
    support("3.3_pattern", 21.5, unit="persons", breakdown="hours", category="12.5"),
    support("3.3_pattern", 18.0, unit="persons", breakdown="hours", category="13.0"),
    support("3.3_pattern", 4.0, unit="persons", breakdown="hours", category="12.0"),
    support(
        "3.5", 0.17, 0.1, 0.24, unit="share", verdict="largest_step", period_from=date(2018, 1, 1)
    ),
    support("3.5_year", -0.05, -0.11, 0.01, unit="share", breakdown="start_year", category="2017"),
    support("3.5_year", 0.17, 0.09, 0.26, unit="share", breakdown="start_year", category="2018"),
    support("3.7_overlap", 3.1, 2.8, 3.4, unit="hours"),
    support("3.9", 1.2, unit="hours", breakdown="board", category="0180-bromma"),
    support("3.9_between", 0.45, unit="hours"),
    support("3.9_icc", 0.019, unit="share"),
    support("3.9_slopes", 0.16, unit="hours"),
    support(
        "3.10", 0.91, 0.9, 0.92, unit="ratio", breakdown="target_group", category="socialpsykiatri"
    ),
]
BOARDS = [
    BoardStandardised(
        analysis_id="refusals", measure_id="refusals", period_start=date(YEAR, 1, 1),
        geography_id=board, observed=ratio * 1000, expected=1000.0, ratio=ratio,
        ci_lower=ratio - 0.05, ci_upper=ratio + 0.05, shrunken=(1 + ratio) / 2,
        tau2=0.01, tau2_lower=0.0, tau2_upper=0.02, p_value=0.01, q_value=0.05, verdict=verdict,
    )
    for board, ratio, verdict in (
        ("0180-bromma", 0.86, "below"), ("0180-farsta", 1.25, "above"), ("0180-jarva", 1.0, "alike")
    )
]  # fmt: skip


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    with build_city() as connection:
        write_findings(connection, ANALYSIS_RESULTS, RESULTS)
        connection.execute(
            "create table marts.refusals as select '0180' as geography_id, make_date(year, 1, 1) as"
            " period_start, 'total' as dimension, ground, refusals, 100 as partial_refusals from"
            " (values ('kredit_som_inkomst', 2022, 1400), ('kredit_som_inkomst', 2023, 1700),"
            " ('tillgangar', 2022, 2200), ('tillgangar', 2023, 2300)) as t (ground, year, refusals)"
        )
        write_findings(connection, BOARD_STANDARDISED, BOARDS)
        connection.execute(
            "insert into marts.geographies (geography_id, name, level) values"
            " ('0180-farsta', 'Farsta', 'stadsdelsnamnd')"
        )
        connection.execute(
            "create table marts.housing_support_criteria as select '0180' as geography_id,"
            " date '2023-01-01' as period_start, * from (values ('alla', 313, 25846288),"
            " ('utom_timmar', 892, 0), ('farre', 5, 0)) as t (criteria_met, persons, amount)"
        )
        connection.execute(
            "create table marts.protected_housing_quarters as select '0180' as geography_id,"
            " make_date(year, month, 1) as period_start, 'skyddat_boende' as form, with_children,"
            " decisions from (values (2022, 1, true, 294), (2023, 4, true, 191),"
            " (2022, 7, false, 400), (2022, 10, false, 19), (2023, 1, false, 419))"
            " as t (year, month, with_children, decisions)"
        )
        connection.execute(
            "create table marts.housing_support_hour_bands as select '0180' as geography_id,"
            " date '2023-01-01' as period_start, 'funktionsnedsattning' as target_group, 1 as lss,"
            " * from (values (0, 4, 9), (11, 12, 7), (12, 13, 70), (16, null, 6))"
            " as t (hours_over, hours_to, persons)"
        )
        yield connection


def chapters(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Plain]]:
    sources = Sources(
        load_report_data(
            connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
        ).sources
    )
    return {
        name: blocks(
            connection,
            AnalysisContext(
                year=YEAR,
                municipality_id="0180",
                municipality_name="Stockholms stad",
                sources=sources,
                anchor=f"analys-{name.replace('_', '-')}",
                smallest_count=5.0,
            ),
        )
        for name, blocks in SECTIONS
    }


def prose(blocks: list[Plain]) -> str:
    told = [plain(block.said) for block in blocks if isinstance(block, Paragraph)]
    return " ".join(told).replace("\u00a0", " ")


def test_each_section_says_what_its_estimates_say(city: duckdb.DuckDBPyConnection) -> None:
    told = {name: prose(blocks) for name, blocks in chapters(city).items()}
    for sentence in (
        "Avslagen och delavslagen ökade med 1 300 från 2022 till 2023.",
        # The largest first; a part whose sign is not known is left to the chart.
        "Uppdelat: avslag per beslut drog upp antalet med 2 400 (osäkerhet 1 639–2 565) och",
        "hushåll som söker drog ned antalet med 1 100 (osäkerhet 613–1 499).",
        "Längre biståndstid svarar för 22 procent (osäkerhet 8–34) av ökningen i andelen avslag.",
        "Det finns ingen tidigare period att jämföra med.",
    ):
        assert sentence in told["refusals"]
    for sentence in (
        "Hela minskningen finns bland kvinnor med medföljande barn: från 294 till 191 beslut, och",
        "bland kvinnor utan barn från 419 till 419.",
        "kan högst bära 8 personer, eller 9,3 procent av minskningen, och bland mödrar ingen.",
        "Hur mycket andra lösningar bär går inte att säga. Underlag saknas: uppgiften finns inte",
        "Vistelserna blev 4,0 dagar (osäkerhet 0,9–7,1) kortare",
    ):
        assert sentence in told["protected_housing"]
    for sentence in (
        "I personkretsen har 125 personer (osäkerhet 26–234) beslut strax över tolv timmar",
        "i grupper som inte kan ge ersättning, finns inget sådant.",
        "313 personer uppfyller alla villkor för schablonersättningen på 82 576 kronor per person",
        "per person och år, motsvarande 25,8 miljoner kronor om året.",
        "är skillnaden 3,3 timmar (osäkerhet 3,0–3,5), alltså större, inte mindre.",
    ):
        assert sentence in told["housing_support"]


def folded(blocks: list[Plain]) -> str:
    """What is told on demand."""
    told = [
        plain(each.said)
        for block in blocks
        if isinstance(block, Folded)
        for each in block.blocks
        if isinstance(each, Paragraph)
    ]
    return " ".join(told).replace("\u00a0", " ")


def test_each_section_tells_the_rest_on_demand(city: duckdb.DuckDBPyConnection) -> None:
    write_findings(city, ANALYSIS_RESULTS, RESULTS + FURTHER)
    found = chapters(city)
    told = {name: folded(blocks) for name, blocks in found.items()}
    for sentence in (
        "Av besluten var 26 procent (osäkerhet 25–26) avslag eller delavslag, och 43 procent av",
        "variansen är 3,89 gånger den som fristående beslut hade gett.",
        "avslogs oftare än året före, vilket höjde andelen avslag med 1,3 procentenheter.",
        "sänkte den med 0,3 procentenheter, vilket kan vara slump.",
        "ändrades andelen avslag med 1,6 procentenheter (osäkerhet 1,1–2,0), varav längre",
        "Mellan hushåll stiger oddsen för avslag med biståndets längd",
        "är de 2,50 gånger (osäkerhet 2,30–2,80) så höga månad 25 och senare som första månaden.",
        "Takten i nya ansökningar efter avslag för lån som räknas som inkomst är 1,30 gånger",
        "sammanlagt 172,7 miljoner kronor, med 3 865 kronor som median för ett beslut.",
    ):
        assert sentence in told["refusals"]
    for sentence in (
        "1 513 våldsutsatta hade ett nytt ärende under året: 508 genom polisen.",
        "kom 0,57 medföljande barn, och på ett om jourlägenhet 0,76.",
        "skulle ytterligare 56 personer (osäkerhet 12–96) ha placerats.",
        "fick 27 procent (osäkerhet 25–30) 2022 och 28 procent (osäkerhet 26–31) 2023 samtalsstöd.",
        "kom 4,0 procent (osäkerhet 3,0–5,0) till en jourlägenhet inom ett halvt år",
        "Hälften hade lämnat efter 51 dagar (osäkerhet 49–53) 2022 (51,0 dagar i medeltal",
        "är placeringarna 0,85 gånger (osäkerhet 0,78–0,93) så många som förut.",
    ):
        assert sentence in told["protected_housing"]
    for sentence in (
        "9,0 timmar (osäkerhet 8,8–9,2) i gruppen funktionsnedsättning (50 procent kvinnor).",
        "Med andra antaganden om mönstret blir det 101–139 personer.",
        "saknar bara ett villkor: 89 personer hör inte till personkretsen.",
        "Av de beviljade timmarna gavs 91 procent i gruppen socialpsykiatri.",
    ):
        assert sentence in told["housing_support"]
    assert "har Farsta säkert fler avslag och" in prose(found["refusals"])
    since = "är överskottet 17,0 procentenheter (osäkerhet 10,0–24,0) större bland beslut från 2018"
    assert since in prose(found["housing_support"])
    [criteria] = [each for each in found["housing_support"] if isinstance(each, Table)]
    assert [[plain(cell.said).replace("\u00a0", " ") for cell in row] for row in criteria.rows] == [
        ["Uppfyller alla villkor", "313", "25 846 288"],
        ["Uppfyller alla utom: mer än tolv timmar", "892", "0"],
        ["Uppfyller färre villkor", "5", "0"],
    ]
    [hours] = [
        each.table
        for each in found["housing_support"]
        if isinstance(each, Figure)
        and each.anchor.endswith("-timmar")
        and isinstance(each.table, Table)
    ]
    # A half hour whose other half has no pattern gives the hour none.
    assert [[plain(cell.said) for cell in row] for row in hours.rows] == [
        ["0–4", "9", "skattas inte"],
        ["11–12", "7", "skattas inte"],
        ["12–13", "70", "39,5"],
        ["över 16", "6", "skattas inte"],
    ]


def test_the_review_of_children_is_told_in_sentences(city: duckdb.DuckDBPyConnection) -> None:
    told = prose(chapters(city)["child_review"])
    for sentence in (
        "Av 16 625 ärenden ledde 44 procent till utredning, 26 procent till erbjuden insats och",
        "Av de insatser som erbjöds avböjdes 27 procent av vårdnadshavaren.",
        "32 procent (osäkerhet 30–35) i områden med svagast ställning mot 22 procent",
        "inom samma områdeskategori än mellan kategorierna för hur ofta skolan vidtalas.",
        "Större mellan områdeskategorierna än mellan nämnderna är de för hur ofta en erbjuden",
        "Förskolan vidtalades i 38 procent av utredningarna om barn i förskoleåldern, skolan i 62",
        "Skillnaden är 24,2 procentenheter.",
        "Av ärendena om barn under sju år ledde 13 procent till beviljad insats, mot 19 procent",
        "risken är 0,88 gånger (osäkerhet 0,82–0,94) så stor",
        "Stadsdelar med starkare ställning än sin nämnd har färre ärenden än deras egen",
        "Från sambandet avviker en stadsdel, räknat på högst tre år: ",
        "Rågsved (färre ärenden än området låter vänta, 0,60",
        "är säkert mindre än tre procentenheter i hur ofta utredning inleds.",
    ):
        assert sentence in told.replace("\xa0", " "), sentence


def test_every_figure_of_a_section_leads_to_its_cells(city: duckdb.DuckDBPyConnection) -> None:
    write_findings(city, ANALYSIS_RESULTS, RESULTS + FURTHER)
    found = chapters(city)
    drawn = {
        name: sum(isinstance(each, Figure) for each in blocks) for name, blocks in found.items()
    }
    assert drawn == {"refusals": 5, "protected_housing": 4, "housing_support": 5, "child_review": 6}
    data = load_report_data(
        city, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    document = memorandum(
        data,
        EDITION,
        [AnalysisChapter(name, "Rubrik", tuple(blocks)) for name, blocks in found.items()],
    )
    assert unmet(city, document) == []
    assert stray_digits(document, as_page(document, data, EDITION, MEMORANDUM)) == []


def test_a_register_that_is_not_delivered_leaves_one_sentence(
    city: duckdb.DuckDBPyConnection,
) -> None:
    lacking = {"shortfall": Shortfall.NO_REGISTER, "status": Status.NOT_DELIVERED}
    results = [row(name, "1.1", None, **lacking) for name, _ in SECTIONS]
    write_findings(city, ANALYSIS_RESULTS, results)
    for blocks in chapters(city).values():
        assert prose(blocks) == "Underlag saknas: registret är inte levererat."
        assert len(blocks) == 1


def test_a_doubtful_heap_is_told_as_doubtful(city: duckdb.DuckDBPyConnection) -> None:
    doubtful = [each for each in RESULTS if each.estimand_id not in {"3.3", "3.7"}]
    doubtful += [
        support("3.3", 12.0, -20.0, 44.0, unit="persons"),
        support("3.7", 0.2, -0.1, 0.5, unit="hours"),
    ]
    write_findings(city, ANALYSIS_RESULTS, doubtful)
    told = prose(chapters(city)["housing_support"])
    assert "går inte att säkerställa: 12 personer (osäkerhet −20 till 44)." in told
    assert "är skillnaden inte säkerställd: 0,2 timmar (osäkerhet −0,1 till 0,5)." in told


def test_an_indicators_page_has_the_main_result_and_leads_to_the_rest(
    city: duckdb.DuckDBPyConnection,
) -> None:
    sources = Sources(())
    told = {}
    for section in (refusals, protected_housing, housing_support):
        context = AnalysisContext(
            year=YEAR,
            municipality_id="0180",
            municipality_name="",
            sources=sources,
            anchor="x",
            smallest_count=5.0,
        )
        result = section.result(city, context)
        chapter = AnalysisChapter(section.ANALYSIS, "Rubrik", (), section.INDICATORS, result)
        heading, said, way = on_page(chapter, "../promemoria.html")
        assert isinstance(heading, Heading)
        assert isinstance(said, Paragraph)
        assert isinstance(way, Paragraph)
        assert plain(heading.said) == "Analys: Rubrik"
        [link] = way.said
        assert isinstance(link, Link)
        assert link.address == f"../promemoria.html#{anchor_of(section.ANALYSIS)}"
        told[section.ANALYSIS] = plain(said.said).replace("\u00a0", " ")
    assert told["refusals"].startswith("Avslagen och delavslagen ökade med 1 300")
    assert "svarar för 22 procent" in told["refusals"]
    assert told["protected_housing"].startswith("Hela minskningen finns bland kvinnor med")
    assert "313 personer uppfyller alla villkor" in told["housing_support"]
    # Nothing is said where there is no estimate.
    write_findings(city, ANALYSIS_RESULTS, [])
    for section in (refusals, protected_housing, housing_support):
        empty = section.result(city, context)
        assert on_page(AnalysisChapter(section.ANALYSIS, "Rubrik", (), (), empty), "") == []


def test_the_pages_that_an_analysis_stands_on_are_of_indicators_that_there_are() -> None:
    known = {row.indicator_id for row in load_catalogue(Settings().seeds_dir).indicators}
    named = [name for each in analyses() for name in each.indicators]
    assert len(named) > 8
    assert [name for name in named if name not in known] == []
