"""The marts of findings: a column is said once, and a row comes back as the record it was."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from orchestration.findings.cells import Cell, Figure, Quantity, figures_in
from orchestration.findings.claims import Changed, HowSure, When
from orchestration.findings.codes import Kind, Outcome, Since
from orchestration.findings.evidence import FollowedEvidence, LastYear, ShockEvidence
from orchestration.findings.marts import (
    DEVIATIONS,
    FOCUS_AREAS,
    FOUND_EXPLANATIONS,
    SERIES_CHARTS,
    TRIANGULATION,
    FindingsTable,
    read_findings,
    write_findings,
)
from orchestration.findings.records import ChartPoint, Deviation

TABLES: tuple[FindingsTable[Any], ...] = (
    DEVIATIONS,
    FOCUS_AREAS,
    FOUND_EXPLANATIONS,
    SERIES_CHARTS,
    TRIANGULATION,
)
POINT = ChartPoint(
    indicator_id="i",
    geography_id="0180",
    breakdown="total",
    category="total",
    period_grain="year",
    period_start=date(2023, 1, 1),
    segment=1,
    value=7.0,
    centre=None,
    lower=None,
    upper=None,
    moving_range=None,
    trial=True,
    signal="too_few",
)


def deviation() -> Deviation:
    return Deviation(
        deviation_id="d",
        indicator_id="i",
        period_start=date(2023, 1, 1),
        period_grain="year",
        geography_id="0180",
        breakdown="total",
        category="total",
        compared_with=None,
        kind=Kind.CHANGE,
        observed=12.0,
        expected=38.0,
        lower=26.0,
        upper=52.0,
        relative_change=None,
        p_value=0.01,
        q_value=0.02,
        breakeven_volatility=None,
        rank=1,
        outcome=Outcome.FOCUS,
        explanation_id=None,
        probability_relevant=1.0,
        excess=-26.0,
        evidence=ShockEvidence(
            log_change=-0.1, standard_error=0.01, registers=9, indicators=("i", "j")
        ),
    )


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema marts")
        yield opened


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_a_table_has_the_columns_of_its_record_each_with_its_comment(
    connection: duckdb.DuckDBPyConnection, table: FindingsTable[Any]
) -> None:
    write_findings(connection, table, [])
    rows = connection.execute(
        "select column_name, lower(data_type), is_nullable, comment from duckdb_columns()"
        " where schema_name || '.' || table_name = ? order by column_index",
        [table.name],
    ).fetchall()
    assert [name for name, *_ in rows] == list(table.columns)
    for name, kind, nullable, comment in rows:
        told = f"{kind}{'' if nullable else ' not null'}"
        assert told == table.columns[name]
        assert comment, name
        assert comment == table.comments[name]
    [(described,)] = connection.execute(
        "select comment from duckdb_tables() where schema_name || '.' || table_name = ?",
        [table.name],
    ).fetchall()
    assert described == table.description


def test_types_and_nulls_are_those_of_the_fields() -> None:
    assert DEVIATIONS.columns["rank"] == "integer"
    assert DEVIATIONS.columns["period_start"] == "date not null"
    assert DEVIATIONS.columns["kind"] == "varchar not null"
    assert DEVIATIONS.columns["claims"] == "varchar not null"
    assert DEVIATIONS.columns["q_value"] == "double"
    assert FOUND_EXPLANATIONS.columns["is_break"] == "boolean not null"
    assert FOUND_EXPLANATIONS.columns["direction"] == "integer"
    assert FOUND_EXPLANATIONS.columns["effect"] == "varchar not null"


def test_a_type_that_no_column_can_hold_is_refused() -> None:
    class Odd:
        pass

    with pytest.raises(TypeError, match="no record"):
        _ = FindingsTable("marts.odd", "Udda.", Odd).columns


def test_a_record_is_stored_and_comes_back_whole(connection: duckdb.DuckDBPyConnection) -> None:
    row = deviation()
    cell = Cell(
        "marts.indicator_values",
        (("indicator_id", "i"), ("period_start", date(2022, 1, 1)), ("geography_id", "0180")),
        "value",
    )
    changed = Changed(
        indicator_id="i",
        when=When.of(2023),
        observed=row.figure("observed", 12.0),
        lower=row.figure("lower", 26.0),
        upper=row.figure("upper", 52.0),
        since=When.of(2022),
        previous=Figure(38.0, (cell,)),
        change=Figure(12 / 38 - 1, (cell, cell), Quantity.CHANGE),
    )
    row = replace(row, claims=(changed, HowSure(q_value=row.figure("q_value", 0.02))))
    write_findings(connection, DEVIATIONS, [row])
    assert read_findings(connection, DEVIATIONS) == [row]
    assert len(list(figures_in(row.claims))) == 6


def test_a_number_that_is_not_finite_is_stored_as_none(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    told = LastYear(
        deviation_id="e",
        observed=math.inf,
        expected=math.nan,
        relative_change=1.5,
        since=Since.AGAIN,
    )
    row = replace(deviation(), evidence=FollowedEvidence(last_year=told))
    write_findings(connection, DEVIATIONS, [row])
    (back,) = read_findings(connection, DEVIATIONS)
    assert back.evidence.last_year == replace(told, observed=None, expected=None)
    [(text,)] = connection.execute("select evidence from marts.deviations").fetchall()
    assert json.loads(text)["last_year"]["since"] == "again"


def test_last_year_is_in_the_evidence_of_those_alone_that_were_in_focus() -> None:
    """Who reads the table asks whether the word is there."""
    assert "last_year" not in str(DEVIATIONS.row(deviation())["evidence"])


def test_rows_that_do_not_fit_leave_the_old_ones(connection: duckdb.DuckDBPyConnection) -> None:
    write_findings(connection, SERIES_CHARTS, [POINT])
    broken = replace(POINT, segment=2**40)
    with pytest.raises(duckdb.Error):
        write_findings(connection, SERIES_CHARTS, [POINT, broken])
    assert read_findings(connection, SERIES_CHARTS) == [POINT]


def test_a_row_with_a_code_that_nobody_knows_is_no_record() -> None:
    stored = DEVIATIONS.row(deviation())
    for column, odd in (
        ("kind", "guess"),
        ("evidence", '{"kind": "guess"}'),
        ("claims", '[{"kind": "guess"}]'),
    ):
        with pytest.raises(ValidationError, match="guess"):
            DEVIATIONS.of_row({**stored, column: odd})
