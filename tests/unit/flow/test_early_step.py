"""What the step on the year under way reads, and that it says nothing outside the door."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from orchestration.database import connect
from orchestration.disclosure.derived import read_derived
from orchestration.findings.marts import EARLY_WARNINGS
from orchestration.flow.early import CHECK, early_step, read_growth, read_running
from orchestration.flow.performing import Flow, perform
from orchestration.flow.remarks import all_remarks, quality_status
from orchestration.flow.step import Outcome, Verdict, Work
from orchestration.settings import Settings
from orchestration.storage.warehouse import open_warehouse

TABLE = "marts.early_warnings"


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as connection:
        connection.execute("create schema intermediate; create schema staging")
        connection.execute(
            """
            create table staging.stg_register__deliveries as
            select '0180' as municipality_id, 'vald_arenden' as register_name,
                delivery_sequence, delivery_period
            from (
                values (1, '2022'), (2, '2023-11'), (3, '2023-12'), (4, '2024-01'),
                    (5, '2024-03')
            ) as given (delivery_sequence, delivery_period);
            create table intermediate.int_register_years as
            select '0180' as municipality_id, 'vald_arenden' as register_name,
                period_start, period_start = date '2022-01-01' as is_complete
            from (values (date '2022-01-01'), (date '2023-01-01')) as given (period_start);
            create table intermediate.int_running_months as
            select '0180' as municipality_id, register_name, 'ipv_victims_known' as indicator_id,
                geography_id, month_start, newly_counted
            from (
                values
                    ('vald_arenden', '0180', date '2022-05-01', 7),
                    ('vald_arenden', '0180', date '2024-01-01', 5),
                    ('vald_arenden', '0180-farsta', date '2024-01-01', 2),
                    ('avhysningar_barn', '0180', date '2022-05-01', 3)
            ) as given (register_name, geography_id, month_start, newly_counted);
            create table intermediate.int_month_growth as
            select '0180' as municipality_id, 'vald_arenden' as register_name,
                month_start, lag_months, arrivals
            from (
                values
                    (date '2023-11-01', 0, 4), (date '2023-11-01', 1, 2),
                    (date '2024-01-01', 0, 5), (date '2024-01-01', 2, 1)
            ) as given (month_start, lag_months, arrivals)
            """
        )
        yield connection


def test_a_delivered_month_without_a_case_is_nought_and_another_unknown(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    # A register that has delivered no month of the year has no series, and no board has one.
    [found] = read_running(warehouse, "0180", 2024)
    assert (found.register, found.geography_id) == ("vald_arenden", "0180")
    np.testing.assert_array_equal(found.now, [5.0, np.nan, 0.0, *[np.nan] * 9])
    # A year that lacks months is no year to share others by.
    np.testing.assert_array_equal(found.earlier, [[0.0] * 4 + [7.0] + [0.0] * 7])


def test_growth_is_known_as_far_as_each_month_has_been_followed(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    told = read_growth(warehouse, "0180")["vald_arenden"]
    assert told.shape == (5, 12)
    np.testing.assert_array_equal(told[0, :5], [4.0, 2.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(told[2, :4], [5.0, 0.0, 1.0, np.nan])
    np.testing.assert_array_equal(told[4, :2], [0.0, np.nan])


def test_nothing_of_the_year_under_way_is_released() -> None:
    declared = read_derived()[TABLE]
    assert declared.restricted
    assert set(declared.withheld) == set(EARLY_WARNINGS.columns)


def test_a_warning_is_no_remark_on_what_is_published(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    def warn(work: Work) -> Outcome:
        work.connection.execute(f"create schema if not exists marts; create table {TABLE} (a int)")
        return Outcome(
            {TABLE: {}},
            verdicts=[
                Verdict(CHECK, TABLE, ("Tidig varning.",)),
                Verdict("annan", TABLE, ("En anmärkning.",)),
            ],
        )

    step = early_step()
    bare = tuple(replace(each, reads=(), files=()) for each in step.writes)
    step = replace(step, run=warn, writes=bare, suites=())
    perform(Flow((step,)), step, settings, run_id="körning", log=logging.getLogger("test"))
    with open_warehouse(settings.warehouse_path) as connection:
        assert all_remarks(connection) == ["En anmärkning."]
    assert quality_status(()) == "godkänd"
    [check] = step.checks
    assert check.is_restricted
    assert not check.stops
