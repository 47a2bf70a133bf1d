"""A table may be used only while its latest check is sound and its data unchanged."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.quality.gate import (
    RESULTS_TABLE,
    Closed,
    GateClosedError,
    closed_gates,
    fingerprint,
    forget_results,
    record,
    require_open,
)
from orchestration.quality.results import ExpectationResult, SuiteResult
from orchestration.quality.suites import Severity
from orchestration.quality.validation import validate

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Lab

MART = "marts.t"
BOUNDED = "expect_column_values_to_be_between(value)"


def make_mart(lab: "Lab", *values: int) -> None:
    lab.execute("create or replace table marts.t (id varchar, value integer)")
    for value in values:
        lab.execute("insert into marts.t values ('row', $value)", value=value)


def check(
    lab: "Lab",
    run_id: str = "run",
    *,
    severity: Severity = Severity.CRITICAL,
    column: str = "value",
    at: datetime | None = None,
) -> None:
    rule = lab.rule(
        "expect_column_values_to_be_between", severity=severity, column=column, min_value=0
    )
    result = validate(
        lab.connection, lab.suite(rule, table=MART), evaluated_at=at or lab.checked_at
    )
    record(lab.connection, run_id, [result])


def kinds(lab: "Lab") -> list[Closed]:
    return [gate.kind for gate in closed_gates(lab.connection, [MART])]


def test_an_unchecked_table_is_closed(lab: "Lab") -> None:
    make_mart(lab, 1)
    (gate,) = closed_gates(lab.connection, [MART])
    assert (gate.table_name, gate.kind) == (MART, Closed.MISSING)
    assert "är inte kontrollerad" in gate.reason_sv
    assert "Gör så här: kör kontrollerna" in gate.reason_sv


def test_a_table_that_passed_is_open(lab: "Lab") -> None:
    make_mart(lab, 1)
    check(lab)
    assert kinds(lab) == []
    require_open(lab.connection, [MART])


def test_a_critical_failure_closes_and_tells_table_rule_and_remedy(lab: "Lab") -> None:
    make_mart(lab, -1)
    check(lab)
    (gate,) = closed_gates(lab.connection, [MART])
    assert gate.kind is Closed.FAILED
    for part in (MART, BOUNDED, "Rader som avviker: 1 av 1", "Gör så här: rätta provet."):
        assert part in gate.reason_sv


def test_a_warning_does_not_close(lab: "Lab") -> None:
    make_mart(lab, -1)
    check(lab, severity=Severity.WARNING)
    assert kinds(lab) == []


def test_a_broken_rule_closes_whatever_its_severity(lab: "Lab") -> None:
    make_mart(lab, 1)
    check(lab, severity=Severity.INFO, column="gone")
    (gate,) = closed_gates(lab.connection, [MART])
    assert gate.kind is Closed.FAILED
    assert "kolumnen gone saknas" in gate.reason_sv


@pytest.mark.parametrize(
    "change",
    [
        "update marts.t set value = 2 where value = 1",
        "insert into marts.t values ('row', 1)",
        "delete from marts.t where value = 1",
        "alter table marts.t add column extra integer",
        "alter table marts.t rename value to worth",
        "drop table marts.t",
    ],
)
def test_a_change_by_hand_closes_until_the_next_check(lab: "Lab", change: str) -> None:
    make_mart(lab, 1, 5, 5)
    check(lab)
    lab.execute(change)
    (gate,) = closed_gates(lab.connection, [MART])
    assert gate.kind is Closed.OUTDATED
    assert "kontrollen är äldre än datat" in gate.reason_sv
    make_mart(lab, 1, 5, 5)
    assert kinds(lab) == []


def test_the_order_of_rows_does_not_matter_but_a_swap_of_cells_does(lab: "Lab") -> None:
    make_mart(lab, 1, 2, 3)
    before = fingerprint(lab.connection, MART)
    make_mart(lab, 3, 1, 2)
    assert fingerprint(lab.connection, MART) == before
    lab.execute("create table marts.pairs as select * from (values (1, 2), (2, 1)) as v (a, b)")
    swapped = fingerprint(lab.connection, "marts.pairs")
    lab.execute("update marts.pairs set a = b, b = a where a = 1")
    assert fingerprint(lab.connection, "marts.pairs") != swapped


def test_a_good_check_opens_what_a_bad_one_closed(lab: "Lab") -> None:
    make_mart(lab, -1)
    check(lab, "night 1")
    assert kinds(lab) == [Closed.FAILED]
    make_mart(lab, 1)
    assert kinds(lab) == [Closed.FAILED]
    check(lab, "night 2")
    assert kinds(lab) == []


def test_the_latest_check_counts_even_when_the_clock_was_set_back(lab: "Lab") -> None:
    make_mart(lab, 1)
    check(lab, "first")
    make_mart(lab, -1)
    check(lab, "second", at=lab.checked_at - timedelta(days=400))
    assert kinds(lab) == [Closed.FAILED]


def test_old_results_go_and_the_latest_of_each_table_stay(lab: "Lab") -> None:
    make_mart(lab, 1)
    now = lab.checked_at
    for days in (300, 200, 100):
        check(lab, f"{days}", at=now - timedelta(days=days))
    lab.execute("create table raw.t as select 1 as a")
    check_of_raw = lab.check()
    record(lab.connection, "raw", [check_of_raw])
    assert forget_results(lab.connection, before=now - timedelta(days=150)) > 0
    assert kinds(lab) == []
    assert forget_results(lab.connection, before=now + timedelta(days=1)) == 0
    left = lab.connection.execute(f"select run_id from {RESULTS_TABLE} order by all").fetchall()
    assert {run_id for (run_id,) in left} == {"100", "raw"}


def test_each_table_is_judged_by_its_own_latest_check(lab: "Lab") -> None:
    make_mart(lab, 1)
    check(lab, "run 1")
    lab.execute("create table raw.t as select 1 as a")
    record(lab.connection, "run 2", [lab.check()])
    assert closed_gates(lab.connection, [MART, "raw.t"]) == []
    assert [gate.table_name for gate in closed_gates(lab.connection, ["raw.none", MART])] == [
        "raw.none"
    ]


def test_a_raw_table_is_outdated_by_one_row_for_another(lab: "Lab") -> None:
    """A row that was long replaced goes, and one that was held comes, with its old delivery."""
    lab.execute("create table raw.t (delivery_sequence bigint, row_number bigint)")
    lab.execute("insert into raw.t values (1, 2), (1, 3), (2, 2)")
    record(lab.connection, "raw", [lab.check()])
    assert closed_gates(lab.connection, ["raw.t"]) == []
    lab.execute("delete from raw.t where row_number = 3")
    lab.execute("insert into raw.t values (1, 4)")
    assert [gate.kind for gate in closed_gates(lab.connection, ["raw.t"])] == [Closed.OUTDATED]


def test_a_raw_table_is_outdated_by_a_new_delivery(lab: "Lab") -> None:
    lab.execute("create table raw.t as select 1 as a, 1::bigint as delivery_sequence")
    record(lab.connection, "run", [lab.check()])
    assert closed_gates(lab.connection, ["raw.t"]) == []
    lab.execute("insert into raw.t values (1, 2)")
    assert [gate.kind for gate in closed_gates(lab.connection, ["raw.t"])] == [Closed.OUTDATED]


def test_a_refusal_lists_every_reason(lab: "Lab") -> None:
    make_mart(lab, -1)
    check(lab)
    with pytest.raises(GateClosedError) as caught:
        require_open(lab.connection, [MART, "marts.other"])
    assert [gate.kind for gate in caught.value.closed] == [Closed.FAILED, Closed.MISSING]
    assert "marts.other är inte kontrollerad" in str(caught.value)


def test_results_are_appended_as_designed(lab: "Lab") -> None:
    make_mart(lab, 1, -1)
    eastern = timezone(timedelta(hours=1))
    check(lab, "run 1", at=datetime(2024, 3, 1, 3, 30, tzinfo=eastern))
    check(lab, "run 2")
    rows = lab.connection.execute(
        "select run_id, suite, expectation, table_name, severity, success, unexpected_count,"
        " evaluated_at, broken, element_count, recorded_sequence"
        " from meta.validation_results order by recorded_sequence, expectation desc"
    ).fetchall()
    at = datetime(2024, 3, 1, 2, 30, tzinfo=UTC).replace(tzinfo=None)
    has_rows = "expect_table_row_count_to_be_between"
    assert rows == [
        ("run 1", MART, has_rows, MART, "critical", True, None, at, False, 2, 1),
        ("run 1", MART, BOUNDED, MART, "critical", False, 1, at, False, 2, 1),
        ("run 2", MART, has_rows, MART, "critical", True, None, at, False, 2, 2),
        ("run 2", MART, BOUNDED, MART, "critical", False, 1, at, False, 2, 2),
    ]


def test_nothing_to_record_records_nothing(lab: "Lab") -> None:
    record(lab.connection, "run", [])
    assert lab.connection.execute("select count(*) from meta.validation_results").fetchone() == (0,)


def test_no_value_of_a_row_is_recorded(lab: "Lab") -> None:
    secret = -918273645
    make_mart(lab, secret)
    check(lab)
    stored = lab.connection.execute("select * from meta.validation_results").fetchall()
    assert str(secret) not in json.dumps(stored, default=str)


def test_the_gate_holds_in_a_later_process_that_only_reads(tmp_path: Path, lab: "Lab") -> None:
    database = tmp_path / "warehouse.duckdb"
    lab.execute(f"attach '{database}' as kept")
    lab.execute("use kept")
    lab.execute("create schema marts")
    make_mart(lab, 1)
    check(lab)
    lab.execute("use memory")
    lab.execute("detach kept")
    with duckdb.connect(str(database), read_only=True) as later:
        assert closed_gates(later, [MART]) == []


def vouch(lab: "Lab", *, passed: bool) -> None:
    """Another tool's verdict on the same table, as dbt gives one."""
    result = ExpectationResult(
        suite="dbt",
        expectation="dbt build",
        table_name=MART,
        severity=Severity.CRITICAL,
        success=passed,
        broken=False,
        unexpected_count=None,
        element_count=None,
        unexpected_percent=None,
        message_sv="dbt stoppade",
    )
    verdict = SuiteResult(
        table_name=MART,
        suite="dbt",
        passed=passed,
        worst_severity=None if passed else Severity.CRITICAL,
        results=(result,),
        row_count=0,
        evaluated_at=lab.checked_at,
        fingerprint=fingerprint(lab.connection, MART),
    )
    record(lab.connection, "run", [verdict])


def test_another_tools_verdict_can_close_the_gate_but_not_open_it(lab: "Lab") -> None:
    make_mart(lab, 1)
    vouch(lab, passed=True)
    assert kinds(lab) == [Closed.MISSING]
    check(lab)
    assert kinds(lab) == []
    vouch(lab, passed=False)
    assert kinds(lab) == [Closed.FAILED]
    check(lab)
    assert kinds(lab) == [Closed.FAILED], "the table's own suite says nothing of the other's tests"
    vouch(lab, passed=True)
    assert kinds(lab) == []
