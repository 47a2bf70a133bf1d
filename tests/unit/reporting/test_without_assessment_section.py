"""The section on insatser without assessment says the most that moved, and leads to its cells."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest

from orchestration.analyses.without_assessment import Movement, analyse, reached
from orchestration.findings.marts import (
    ANALYSIS_RESULTS,
    WITHOUT_ASSESSMENT_REACH,
    write_findings,
)
from orchestration.language.inline import plain
from orchestration.language.shortfalls import with_reasons
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.data import load_report_data
from orchestration.reporting.document import Folded, Paragraph, Plain, Table
from orchestration.reporting.issued import as_page
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.sections import without_assessment as section
from orchestration.reporting.sections.analysis import AnalysisChapter, AnalysisContext
from orchestration.reporting.sections.sources import Sources
from orchestration.statistics.resampling import generator
from orchestration.statistics.stacked import carried, stacked_difference
from tests.number_walk import stray_digits, unmet
from tests.unit.analyses.test_without_assessment import COSTS, GIVEN
from tests.unit.reporting.conftest import EDITION, YEAR, build_city


def movement(fall: float, reach: float) -> Movement:
    """Four boards that began against five that had not, thirty a quarter."""
    counts = 30.0 + generator(3).integers(-1, 2, size=(9, 24)).astype(np.float64)
    counts[:4, 20:] *= 1.0 - fall
    found = stacked_difference(counts, np.array([20] * 4 + [99] * 5), random=generator(1))
    return Movement("oppet", found, carried(found, reach))


def write(connection: duckdb.DuckDBPyConnection, *movements: Movement) -> None:
    reach = reached("0180", [GIVEN], COSTS)
    rows = analyse(YEAR, "0180", movements)
    write_findings(connection, WITHOUT_ASSESSMENT_REACH, reach)
    write_findings(connection, ANALYSIS_RESULTS, with_reasons(rows.results))


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    with build_city() as connection:
        write(connection, movement(0.4, 50.0))
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
        anchor="analys-without-assessment",
        smallest_count=5.0,
    )
    return section.blocks(connection, context)


def prose(blocks: list[Plain]) -> str:
    told = [plain(block.said) for block in blocks if isinstance(block, Paragraph)]
    return " ".join(" ".join(told).split())


def test_what_moved_is_the_most_of_what_is_missing(city: duckdb.DuckDBPyConnection) -> None:
    told = prose(built(city))
    assert "med ”Öppet samtal” är de som börjar med det som prövas 60 procent (osäkerhet" in told
    assert "Insatsen nådde 50 personer där, och kan ha burit högst 50 personer av de 19" in told


def test_made_up_figures_are_said_and_marked_to_be(city: duckdb.DuckDBPyConnection) -> None:
    assert "syntetiska" not in prose(built(city))
    city.execute(
        "insert into meta.sources select 'insatser_utan_behovsprovning', 'Insatser', 'Staden',"
        " '2023', retrieved_at, 'ab12', 'egen', true, false, '' from meta.sources limit 1"
    )
    blocks = built(city)
    assert prose(blocks).startswith("Uppgifterna är syntetiska. Insatser utan behovsprövning")
    [table] = [block for block in blocks if isinstance(block, Table)]
    assert plain(table.caption).endswith("syntetisk")


def test_a_difference_that_may_be_chance_is_said_to_be(city: duckdb.DuckDBPyConnection) -> None:
    write(city, movement(0.0, 50.0))
    told = prose(built(city))
    assert "Skillnaden är inte större än slumpen ger." in told
    assert "högst" not in told
    # And a rise is no movement, however sure.
    write(city, movement(-0.4, 50.0))
    assert "kan ha burit" not in prose(built(city))


def test_the_tables_have_what_is_known(city: duckdb.DuckDBPyConnection) -> None:
    tables = [block for block in built(city) if isinstance(block, Table)]
    [row] = tables[0].rows
    assert [" ".join(plain(cell.said).split()) for cell in row] == [
        *("Öppet samtal", "Vuxna", "120", "30", "1,5", "813"),
    ]
    [folded] = [block for block in built(city) if isinstance(block, Folded)]
    carried_by, quarters = [block for block in folded.blocks if isinstance(block, Table)]
    assert [plain(row[1].said) for row in carried_by.rows][1:] == ["50", "50"]
    assert [plain(row[0].said) for row in quarters.rows] == [
        *("−8", "−7", "−6", "−5", "−4", "−3", "−2", "−1", "0", "1", "2", "3"),
    ]


def test_every_figure_of_the_section_leads_to_its_cells(city: duckdb.DuckDBPyConnection) -> None:
    data = load_report_data(
        city, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    chapter = AnalysisChapter("without_assessment", "Rubrik", tuple(built(city)))
    document = memorandum(data, EDITION, [chapter])
    assert unmet(city, document) == []
    assert stray_digits(document, as_page(document, data, EDITION, MEMORANDUM)) == []


def test_without_the_register_it_says_so(city: duckdb.DuckDBPyConnection) -> None:
    rows = analyse(YEAR, "0180", (), delivered=False)
    write_findings(city, WITHOUT_ASSESSMENT_REACH, [])
    write_findings(city, ANALYSIS_RESULTS, with_reasons(rows.results))
    assert prose(built(city)) == "Underlag saknas: registret är inte levererat."
