"""The analyses' sections say what the estimates say, and lead each figure to its cell."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from orchestration.findings.codes import Shortfall, Status
from orchestration.findings.estimates import AnalysisResult
from orchestration.findings.marts import ANALYSIS_RESULTS, write_findings
from orchestration.language.inline import plain
from orchestration.reporting.data import load_report_data
from orchestration.reporting.document import Figure, Paragraph, Plain
from orchestration.reporting.memorandum import as_page, memorandum
from orchestration.reporting.sections import housing_support, protected_housing, refusals
from orchestration.reporting.sections.analysis import AnalysisChapter, AnalysisContext
from orchestration.reporting.sections.sources import Sources
from tests.number_walk import stray_digits, unmet
from tests.unit.reporting.conftest import EDITION, YEAR, build_city

Blocks = Callable[[duckdb.DuckDBPyConnection, AnalysisContext], list[Plain]]
SECTIONS: tuple[tuple[str, Blocks], ...] = (
    (refusals.ANALYSIS, refusals.blocks),
    (protected_housing.ANALYSIS, protected_housing.blocks),
    (housing_support.ANALYSIS, housing_support.blocks),
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


MOTHERS = {"breakdown": "children", "category": "mothers"}
RESULTS = [
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
        connection.execute(
            "create table marts.protected_housing as select '0180' as geography_id, make_date(year,"
            " month, 1) as period_start, 'skyddat_boende' as form, with_children, 'vald' as cause,"
            " 'kvinnor' as sex, decisions from (values (2022, 1, true, 294), (2023, 4, true, 191),"
            " (2022, 7, false, 400), (2022, 10, false, 19), (2023, 1, false, 419))"
            " as t (year, month, with_children, decisions)"
        )
        connection.execute(
            "create table marts.housing_support as select '0180' as geography_id, date '2023-01-01'"
            " as period_start, 'funktionsnedsattning' as target_group, 1 as lss, sex, hours_bin,"
            " persons from (values ('kvinnor', 12.5, 40), ('man', 13.0, 30), ('man', 12.0, 7))"
            " as t (sex, hours_bin, persons)"
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
        "313 personer uppfyller alla villkor för schablonersättningen, motsvarande 25,8 miljoner",
        "är skillnaden 3,3 timmar (osäkerhet 3,0–3,5), alltså större, inte mindre.",
    ):
        assert sentence in told["housing_support"]


def test_every_figure_of_a_section_leads_to_its_cells(city: duckdb.DuckDBPyConnection) -> None:
    found = chapters(city)
    drawn = {
        name: sum(isinstance(each, Figure) for each in blocks) for name, blocks in found.items()
    }
    assert drawn == {"refusals": 2, "protected_housing": 1, "housing_support": 3}
    data = load_report_data(
        city, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    document = memorandum(
        data,
        EDITION,
        [AnalysisChapter(name, "Rubrik", tuple(blocks)) for name, blocks in found.items()],
    )
    assert unmet(city, document) == []
    assert stray_digits(document, as_page(document, data, EDITION)) == []


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
