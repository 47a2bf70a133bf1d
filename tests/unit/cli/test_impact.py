"""`avvik impact`: a Word file with the published figures in it, and room for what people know."""

from datetime import date
from pathlib import Path

import docx
import duckdb
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.cli.impact import insats_of
from orchestration.findings.estimates import Equality
from orchestration.findings.marts import BOARD_SPREAD, EQUALITY, INTERVENTION_COSTS, write_findings
from orchestration.flow.analyses.costs import calculated
from orchestration.flow.scenarios import load_scenarios
from orchestration.reporting.impact import impact_document, read_edition
from tests.number_walk import unmet
from tests.unit.flow.test_scenarios import NEW, written


def pair(indicator: str, kind: str, verdict: str, *levels: float, **more: object) -> Equality:
    one, other = levels
    facts: dict[str, object] = {
        "period_start": date(2023, 1, 1),
        "geography_id": "0180",
        "comparison": "sex",
        "breakdown": "sex",
        "category_a": "kvinnor",
        "category_b": "man",
        "value_a": one,
        "value_b": other,
        "difference": one - other,
        "ratio": one / other,
        "ci_lower": one / other - 0.1,
        "ci_upper": one / other + 0.1,
        "base_a": 1000.0,
        "persons_behind": (one - other) * 1000,
        "p_value": 0.01,
        "q_value": 0.02,
    }
    return Equality(
        indicator_id=indicator,
        kind=kind,  # type: ignore[arg-type]
        verdict=verdict,  # type: ignore[arg-type]
        **(facts | more),  # type: ignore[arg-type]
    )


PAIRS = [
    pair("child_cases", "rate", "skillnad", 0.08, 0.1),
    pair("child_intervention_share", "share", "ingen_relevant_skillnad", 0.41, 0.4),
    pair("substance_use_persons", "rate", "skillnad", 0.004, 0.008),
    pair(
        "child_intervention_share", "share", "skillnad", 0.5, 0.4,
        comparison="board", breakdown="total", category_a="0180-farsta", category_b="others",
    ),
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose publication has a few comparisons."""
    (tmp_path / "published").mkdir()
    with duckdb.connect(str(tmp_path / "published" / "marts.duckdb")) as connection:
        write_findings(connection, EQUALITY, PAIRS)
        write_findings(connection, BOARD_SPREAD, [])
        write_findings(connection, INTERVENTION_COSTS, calculated(load_scenarios()).costs)
        connection.execute(
            """
            create schema meta;
            create table meta.publication as select 2023 as report_year,
                '0180' as municipality_id, timestamptz '2024-02-01 12:00:00+00' as built_at,
                true as synthetic;
            create table marts.geographies as
                select * from (values ('0180', 'Stockholm'), ('0180-farsta', 'Farsta'))
                    as v (geography_id, name);
            create table marts.indicators as select *, area as source_id from (values
                ('child_cases', 'Antal ärenden', 'barn_och_unga', 'count', 'ärenden'),
                ('child_intervention_share', 'Andel med insats', 'barn_och_unga', 'proportion',
                 'procent av utredningarna'),
                ('substance_use_persons', 'Antal med insats för missbruk',
                 'missbruk_och_beroende', 'count', 'personer')
            ) as v (indicator_id, title_sv, area, measure, unit);
            create table marts.indicator_values as select 'child_cases' as indicator_id,
                make_date(year, 1, 1) as period_start, 'year' as period_grain,
                '0180' as geography_id, 'total' as breakdown, 'total' as category,
                value from (values (2022, 1500.0), (2023, 1400.0)) as v (year, value);
            """
        )
    return tmp_path


def ask(home: Path, *typed: str) -> Result:
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, ["impact", *typed, "--home", str(home)])


def words(document: Document) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


def test_the_template_has_what_is_published_and_asks_the_rest(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "mall.docx"
    answer = ask(home, "foraldralots", "--out", str(out))
    assert answer.exit_code == 0, answer.output
    document = docx.Document(str(out))
    text = words(document)
    assert "Jämställdhets- och barnkonsekvensanalys: Föräldralots" in text
    assert "syntetiska" in text
    # The scenario's own area; whose insats it is not has no place in it.
    assert "Antal ärenden" in text
    assert "missbruk" not in text
    for figure in ("8,00\xa0%", "10,00\xa0%", "0,80", "−20", "1\xa0500", "1\xa0400", "8\xa0125"):
        assert figure in text
    assert "Andel med insats: Farsta" in text
    empty = [row.cells[1].text for table in document.tables for row in table.rows
             if row.cells[0].text.endswith("?")]  # fmt: skip
    assert len(empty) > 10
    assert set(empty) == {""}


def test_word_can_navigate_it_and_reads_it_as_swedish(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "mall.docx"
    ask(home, "gruppsamtal_rvc", "--out", str(out))
    document = docx.Document(str(out))
    styles = [each.style.name for each in document.paragraphs if each.style is not None]
    assert styles[0] == "Title"
    assert {"Heading 1", "Heading 2", "Caption"} <= set(styles)
    for table in document.tables:
        assert list(table.rows[0]._tr.iter(qn("w:tblHeader")))
    languages = {each.get(qn("w:val")) for each in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"sv-SE"}


def test_the_same_bytes_each_time_and_a_scenario_of_ones_own(home: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.docx", tmp_path / "b.docx"
    own = written(tmp_path, NEW)
    for out in (first, second):
        answer = ask(home, own.stem, "--scenario", str(own), "--out", str(out))
        assert answer.exit_code == 0, answer.output
    assert first.read_bytes() == second.read_bytes()
    assert "Öppen mottagning" in words(docx.Document(str(first)))


def test_every_figure_leads_to_its_cell(home: Path) -> None:
    with duckdb.connect(str(home / "published" / "marts.duckdb"), read_only=True) as connection:
        document = impact_document(
            connection, read_edition(connection), insats_of("foraldralots", None)
        )
        assert unmet(connection, document) == []
        assert len(list(document.numbers())) > 15


def test_what_cannot_be_written_says_why(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "mall.docx"
    refused = ask(home, "nagot_annat", "--out", str(out))
    assert refused.exit_code == 2
    assert "Det finns inget scenario nagot_annat" in refused.output
    assert "foraldralots" in refused.output
    refused = ask(home, "foraldralots", "--out", str(tmp_path / "mall.pdf"))
    assert refused.exit_code == 2
    assert ".docx" in refused.output
    (tmp_path / "tom").mkdir()
    refused = ask(tmp_path / "tom", "foraldralots", "--out", str(out))
    assert refused.exit_code == 2
    assert "Inget är publicerat än" in refused.output
    assert not out.exists()
