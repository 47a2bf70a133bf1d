"""Estimates as rows: those that could not be made are there too, and say why."""

from datetime import date

import duckdb
import pytest

from orchestration.findings.codes import Shortfall, Status
from orchestration.findings.estimates import AnalysisResult
from orchestration.findings.marts import ANALYSIS_RESULTS, read_findings, write_findings
from orchestration.language.shortfalls import SENTENCES, with_reasons


def result(shortfall: Shortfall | None) -> AnalysisResult:
    return AnalysisResult(
        analysis_id="refusals",
        estimand_id="1.1",
        period_start=date(2023, 1, 1),
        period_from=None,
        geography_id="0180",
        breakdown="total",
        category="total",
        estimate=None if shortfall else 0.25,
        unit="share",
        method_id="wilson",
        status=shortfall.status if shortfall else Status.ESTIMATED,
        shortfall=shortfall,
    )


@pytest.mark.parametrize("shortfall", [None, *Shortfall])
def test_a_row_is_read_back_as_it_was_written(shortfall: Shortfall | None) -> None:
    (told,) = with_reasons([result(shortfall)])
    assert bool(told.reason_sv) == (shortfall is not None)
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        write_findings(connection, ANALYSIS_RESULTS, [told])
        assert read_findings(connection, ANALYSIS_RESULTS) == [told]


def test_each_shortfall_has_a_status_and_a_sentence_of_its_own() -> None:
    assert {each.status for each in Shortfall} == {*Status} - {Status.ESTIMATED}
    assert set(SENTENCES) == set(Shortfall)
    assert len(set(SENTENCES.values())) == len(Shortfall)
    assert [text for text in SENTENCES.values() if not text.endswith(".")] == []
