"""The section on costs says what the tables say, calls assumptions so, and leads to its cells."""

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.analyses import costs as model
from orchestration.analyses.costs import Known
from orchestration.findings.marts import (
    ANALYSIS_RESULTS,
    INTERVENTION_BREAK_EVEN,
    INTERVENTION_COST_DRIVERS,
    INTERVENTION_COSTS,
    write_findings,
)
from orchestration.flow.analyses.costs import calculated
from orchestration.flow.scenarios import load_scenarios
from orchestration.language.inline import plain
from orchestration.language.shortfalls import with_reasons
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.data import load_report_data
from orchestration.reporting.document import Bullets, Figure, Folded, Paragraph, Plain
from orchestration.reporting.issued import as_page
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.sections import costs
from orchestration.reporting.sections.analysis import AnalysisChapter, AnalysisContext
from orchestration.reporting.sections.sources import Sources
from orchestration.reporting.tornado import Driver, tornado_chart
from tests.number_walk import stray_digits, unmet
from tests.unit.reporting.conftest import EDITION, YEAR, build_city

KNOWN = {
    "gruppsamtal_med_kartlaggning_rvc": Known(2_984.0, 895.0),
    "digital_fixare": Known(None),
    "foraldralots": Known(16_625.0, 7_481.0),
}


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    with build_city() as connection:
        found = calculated(load_scenarios())
        write_findings(connection, INTERVENTION_COSTS, found.costs)
        write_findings(connection, INTERVENTION_COST_DRIVERS, found.drivers)
        write_findings(connection, INTERVENTION_BREAK_EVEN, found.break_even)
        rows = model.demand(YEAR, "0180", load_scenarios(), KNOWN)
        write_findings(connection, ANALYSIS_RESULTS, with_reasons(rows.results))
        yield connection


def built(connection: duckdb.DuckDBPyConnection) -> list[Plain]:
    data = load_report_data(
        connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    context = AnalysisContext(
        year=YEAR,
        municipality_id="0180",
        municipality_name="Stockholms stad",
        sources=Sources(data.sources),
        anchor="analys-costs",
        smallest_count=5.0,
    )
    return costs.blocks(connection, context)


def prose(blocks: list[Plain]) -> str:
    told = []
    for block in blocks:
        if isinstance(block, Paragraph):
            told.append(plain(block.said))
        elif isinstance(block, Bullets):
            told += [plain(each) for each in block.items]
        elif isinstance(block, Folded):
            told.append(prose(list(block.blocks)))
    return " ".join(" ".join(told).split())


def test_the_section_says_what_the_tables_say(city: duckdb.DuckDBPyConnection) -> None:
    told = prose(built(city))
    for sentence in (
        "Talen är räkneexempel, ingen prognos.",
        (
            "Gruppsamtal med kartläggning på RVC: räkneexemplet kostar 1,1 miljoner kronor för 100"
            " personer (744 000–1 880 000 kronor när talen varierar som angetts). Antal personer"
            " betyder mest."
        ),
        "Digital fixare: räkneexemplet kostar 4,7 miljoner kronor för 1 070 personer",
        "Föräldralots: räkneexemplet kostar 8 125 kronor för varje familj",
        "det är antaganden, och de är inte dragna från kostnaden.",
        (
            "Gruppsamtal med kartläggning på RVC: mellan 2 089 och 2 984 våldsutsatta kända av"
            " socialtjänsten utan kontakt med relationsvåldscentrum."
        ),
        "Digital fixare: Underlag saknas: registret är inte levererat.",
        "Föräldralots: 9 144 ärenden för barn och unga",
        "om den betalar sig går inte att säga.",
    ):
        assert sentence in told
    # What is only a part of another is in the table, and not said twice.
    assert "Kartläggningssamtal på RVC: räkneexemplet" not in told


def test_every_figure_of_the_section_leads_to_its_cells(city: duckdb.DuckDBPyConnection) -> None:
    blocks = built(city)
    assert sum(isinstance(each, Figure) for each in blocks) == 1
    data = load_report_data(
        city, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    document = memorandum(data, EDITION, [AnalysisChapter("costs", "Rubrik", tuple(blocks))])
    assert unmet(city, document) == []
    assert stray_digits(document, as_page(document, data, EDITION, MEMORANDUM)) == []


def test_the_table_has_both_readings(city: duckdb.DuckDBPyConnection) -> None:
    [table] = [
        block for block in built(city) if getattr(block, "anchor", "") == "analys-costs-tabell"
    ]
    rows = [
        [" ".join((plain(cell.said) + " " + plain(cell.below)).split()) for cell in row]
        for row in getattr(table, "rows")  # noqa: B009 (a table among the blocks)
    ]
    pilots = [row for row in rows if row[0].startswith("Föräldralots")]
    assert [row[3] for row in pilots] == ["8 125", "8 937,50"]
    assert [row[0] for row in pilots] == [
        "Föräldralots Kartläggningens timme utan pris",
        "Föräldralots Kartläggningens timme prissatt",
    ]
    assert ["Gruppsamtal på RVC", "100", "40", "8 100", "64 800", "810 000"] in [
        row[:6] for row in rows
    ]


def test_without_scenarios_it_says_so(city: duckdb.DuckDBPyConnection) -> None:
    city.execute("delete from marts.intervention_costs")
    assert prose(built(city)) == "Inga räkneexempel är angivna."


def test_without_savings_nothing_is_said_of_them(city: duckdb.DuckDBPyConnection) -> None:
    city.execute("delete from marts.intervention_break_even")
    assert "antaganden" not in prose(built(city))


def test_a_tornado_has_a_bar_for_each_end_and_its_figure() -> None:
    svg = tornado_chart(
        [Driver("Antal", 50.0, 150.0), Driver("Uteblivna", 100.0, 120.0)],
        100.0,
        axis_title="kronor",
        decimals=0,
    ).svg
    # The end that is the figure itself has no bar.
    assert svg.count("<rect") == 3
    for text in (">50<", ">150<", ">120<", ">Antal<", ">kronor<"):
        assert text in svg
    with pytest.raises(ValueError, match="at least one row"):
        tornado_chart([], 1.0, axis_title="kronor", decimals=0)
    level = tornado_chart([Driver("Inget", 5.0, 5.0)], 5.0, axis_title="kr", decimals=0).svg
    assert "<rect" not in level
