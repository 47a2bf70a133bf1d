"""An analysis is one module, one suite and one row of a seed; everything else follows."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.flow import analyses as package
from orchestration.flow.analyses import Analysis, analyses
from orchestration.flow.documents import chapters
from orchestration.flow.step import StepRefusedError, Work
from orchestration.flow.steps import draw_flow
from orchestration.quality.suites import load_suite
from orchestration.quality.validation import validate
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.data import load_report_data
from orchestration.reporting.issued import as_page
from orchestration.reporting.memorandum import memorandum
from orchestration.settings import Settings
from tests.number_walk import stray_digits, unmet
from tests.page_text import parse
from tests.unit.reporting.conftest import EDITION, YEAR, build_city

NOW = datetime(2026, 11, 28, tzinfo=UTC)
FIXTURES = Path(__file__).parents[2] / "fixtures/analyses"


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Analysis:
    """The analysis, found because its module lies where analyses lie."""
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(FIXTURES)])
    [found] = [each for each in analyses() if each.analysis_id == "made_up"]
    return found


def work_on(connection: duckdb.DuckDBPyConnection) -> Work:
    return Work(
        Settings(home=Path("unused"), year=YEAR),
        connection,
        "run",
        logging.getLogger("test"),
        frozenset({"marts.made_up"}),
        ("marts.indicator_values",),
    )


def test_its_step_stands_before_the_memorandum_which_reads_it(made_up: Analysis) -> None:
    flow = draw_flow([made_up], Settings())
    names = [step.name for step in flow.steps]
    assert names.index("focus_areas") < names.index("made_up") < names.index("memorandum")
    [written] = [step for step in flow.steps if step.name == "memorandum"]
    assert "marts.made_up" in written.reads
    [published] = [step for step in flow.steps if step.name == "snapshot"]
    assert "marts.made_up" in published.reads


def test_its_suite_judges_its_table(made_up: Analysis) -> None:
    suite = load_suite(FIXTURES / "marts.made_up.yml")
    assert made_up.step.suites == (suite.table,)
    with build_city() as connection:
        made_up.step.run(work_on(connection))
        assert validate(connection, suite, evaluated_at=NOW).passed
        connection.execute("update marts.made_up set total = -1")
        assert not validate(connection, suite, evaluated_at=NOW).passed


def test_its_table_and_chart_stand_in_the_memorandum_and_lead_to_their_cells(
    made_up: Analysis,
) -> None:
    with build_city() as connection:
        connection.execute(
            "insert into seeds.analyses values ('made_up', 'ekonomiskt_bistand', 'Påhittat', 1)"
        )
        work = work_on(connection)
        made_up.step.run(work)
        data = load_report_data(
            connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
        )
        document = memorandum(data, EDITION, chapters(connection, "0180", [made_up], data, 5.0))
        html = as_page(document, data, EDITION, MEMORANDUM)
        assert unmet(connection, document) == []
        assert stray_digits(document, html) == []
    root = parse(html)
    [chapter] = root.xpath("//section[@aria-labelledby='analys-made-up']")
    assert "".join(chapter.find("h2").itertext()) == "Påhittat"
    assert chapter.xpath(".//figure//*[local-name()='svg']")
    assert len(chapter.xpath(".//tbody/tr")) == 8


@pytest.mark.parametrize("row", [None, "okand"])
def test_an_analysis_without_a_row_and_a_row_without_an_analysis_are_refused(
    made_up: Analysis, row: str | None
) -> None:
    with build_city() as connection:
        for name in filter(None, ["made_up" if row else None, row]):
            connection.execute(
                "insert into seeds.analyses values (?, 'ekonomiskt_bistand', 'Rubrik', 1)", [name]
            )
        data = load_report_data(
            connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
        )
        with pytest.raises(StepRefusedError, match=row or "made_up"):
            chapters(connection, "0180", [made_up], data, 5.0)
