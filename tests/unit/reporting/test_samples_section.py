"""The section on samples answers its question, says what it does not cover, and leads to cells."""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pytest

from orchestration.findings.marts import AGREEMENT, SAMPLE_PROTOCOLS, write_findings
from orchestration.flow.analyses.samples import agreement_of, protocol_of
from orchestration.language.inline import plain
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.data import load_report_data
from orchestration.reporting.document import Paragraph, Plain
from orchestration.reporting.issued import as_page
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.sections import samples
from orchestration.reporting.sections.analysis import AnalysisChapter, AnalysisContext
from orchestration.reporting.sections.sources import Sources
from tests.number_walk import stray_digits, unmet
from tests.unit.reporting.conftest import EDITION, YEAR, build_city

PROTOCOL: Mapping[str, Any] = {
    "sample_id": "2023-korsbedomning-abc",
    "purpose": "korsbedomning",
    "register": "boendestod_beslut",
    "year": YEAR,
    "municipality": "0180",
    "seed": 1,
    "frame_rows": 4356,
    "protected_excluded": 3,
    "size": 120,
    "allocation": "proportional",
    "strata_counts": [{"stratum": "a", "frame": 4356, "drawn": 120}],
    "assessors": 4,
    "overlap": 20,
    "differences": {"timmar": -0.02, "kvinnor": 0.01},
    "frame_sha256": "0" * 64,
}


def figure(name: str, level: str, *values: float | None, note: str = "", of: str = "hours") -> Any:
    estimate, lower, upper = values
    return {
        "measure": of, "coefficient": name, "level": level, "estimate": estimate, "lower": lower,
        "upper": upper, "cases": 120, "raters": 4, "note": note,
    }  # fmt: skip


FIGURES = [
    figure("group_difference", "hours", 1.5, 0.4, 2.6),
    figure("krippendorff_alpha", "ratio", 0.71, 0.6, 0.79),
    figure("gwet_ac2", "quadratic", 0.8, 0.7, 0.9, of="need"),
    figure("krippendorff_alpha", "nominal", None, None, None, note="no_variation", of="insats"),
]


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    with build_city() as connection:
        write_findings(connection, SAMPLE_PROTOCOLS, [protocol_of(PROTOCOL, is_answered=True)])
        yield connection


def built(connection: duckdb.DuckDBPyConnection, figures: list[Any]) -> list[Plain]:
    write_findings(connection, AGREEMENT, agreement_of(PROTOCOL["sample_id"], figures))
    data = load_report_data(
        connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    context = AnalysisContext(
        YEAR, "0180", "Stockholms stad", Sources(data.sources), "analys-s", 5.0
    )
    return samples.blocks(connection, context)


def prose(blocks: list[Plain]) -> str:
    told = [plain(block.said) for block in blocks if isinstance(block, Paragraph)]
    return " ".join(" ".join(told).split())


def test_the_question_is_answered(city: duckdb.DuckDBPyConnection) -> None:
    told = prose(built(city, FIGURES))
    assert "120 slumpvis dragna ärenden, av 4 356, har bedömts" in told
    assert "sätter bedömarna i funktionsnedsättning 1,5 timmar fler i månaden" in told
    assert "(osäkerhet 0,4–2,6)." in told
    less = figure("group_difference", "hours", -1.5, -2.6, -0.4, note="these_assessors_only")
    told = prose(built(city, [less]))
    assert "1,5 timmar färre i månaden" in told
    assert "Det gäller just dessa bedömare" in told
    assert "går inte att säga" in prose(
        built(city, [figure("group_difference", "hours", 0.2, -0.5, 0.9)])
    )
    nothing = figure("group_difference", "hours", None, None, None, note="not_both_groups")
    assert "de går inte att jämföra" in prose(built(city, [nothing]))


def test_every_figure_leads_to_its_cells(city: duckdb.DuckDBPyConnection) -> None:
    blocks = built(city, FIGURES)
    data = load_report_data(
        city, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    document = memorandum(data, EDITION, [AnalysisChapter("samples", "Rubrik", tuple(blocks))])
    assert unmet(city, document) == []
    assert stray_digits(document, as_page(document, data, EDITION, MEMORANDUM)) == []


def test_without_answers_there_is_no_chapter(city: duckdb.DuckDBPyConnection) -> None:
    write_findings(city, SAMPLE_PROTOCOLS, [protocol_of(PROTOCOL, is_answered=False)])
    assert built(city, []) == []


def test_nothing_of_a_person_is_a_column() -> None:
    columns = {*SAMPLE_PROTOCOLS.columns, *AGREEMENT.columns}
    assert not {"person_id", "decision_id", "pseudonym", "lopnummer"} & columns
