"""The log of deliveries: what is due, what is a copy, what still stands in the way."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import duckdb
import pytest

from orchestration.storage.deliveries import (
    BreachRow,
    DeclaredSource,
    Recorded,
    add_breach,
    create_tables,
    pending,
    record,
    record_all,
    record_sources,
    set_inbox,
    unresolved,
)
from orchestration.storage.landing import Kind, Receipt
from tests.empty_database import empty_database


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_database() as opened:
        opened.execute("create schema meta")
        create_tables(opened)
        yield opened


def receipt(sequence: int, file_name: str, content: str, kind: Kind = "register") -> Receipt:
    return Receipt(
        sequence=sequence,
        delivery_id=content,
        kind=kind,
        name="rvc_samtalsstod",
        file_name=file_name,
        size=1,
        received_at="2024-01-31T03:30:00+00:00",
        synthetic=True,
    )


def hold(connection: duckdb.DuckDBPyConnection, delivery: Receipt, rule: str = "kod") -> None:
    record(
        connection,
        delivery,
        period="2023",
        outcome="quarantined",
        rows_loaded=0,
        rows_held=3,
        breaches=[BreachRow(rule, "delivery", "form", 7, 3, f"Fil {delivery.file_name}: fel")],
    )


def load(connection: duckdb.DuckDBPyConnection, delivery: Receipt) -> None:
    record(connection, delivery, period="2023", outcome="loaded", rows_loaded=9, rows_held=0)


def test_what_is_logged_is_not_due(connection: duckdb.DuckDBPyConnection) -> None:
    first, second = receipt(1, "a", "x"), receipt(2, "b", "y")
    assert pending(connection, [first, second]) == ([first, second], set())
    load(connection, first)
    assert pending(connection, [first, second]) == ([second], set())


def test_the_same_content_for_two_periods_is_a_copy_until_the_first_is_replaced(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    january, february = receipt(1, "2023-01", "x"), receipt(2, "2023-02", "x")
    inbox = [("rvc_samtalsstod", "2023-01", "x"), ("rvc_samtalsstod", "2023-02", "x")]
    set_inbox(connection, inbox)
    assert pending(connection, [january, february]) == ([january, february], {2})
    load(connection, january)
    hold(connection, february, "samma_innehall")
    assert pending(connection, [january, february]) == ([february], {2})
    corrected = receipt(3, "2023-01", "y")
    set_inbox(connection, [("rvc_samtalsstod", "2023-01", "y"), inbox[1]])
    assert pending(connection, [january, february, corrected]) == ([february, corrected], set())
    load(connection, february)
    load(connection, corrected)
    assert pending(connection, [january, february, corrected]) == ([], set())


def test_a_held_delivery_is_tried_again_while_its_file_lies_there(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """The contract or a dictionary may have been put right instead of the file."""
    bad = receipt(1, "2023", "x")
    hold(connection, bad)
    set_inbox(connection, [("rvc_samtalsstod", "2023", "x")])
    assert pending(connection, [bad]) == ([bad], set())
    load(connection, bad)
    assert pending(connection, [bad]) == ([], set())
    assert unresolved(connection) == []


def test_a_renamed_file_is_no_copy_of_itself(connection: duckdb.DuckDBPyConnection) -> None:
    """A message may have asked for the new name; following it must not hold the file again."""
    misnamed, renamed = receipt(1, "fel-namn", "x"), receipt(2, "2023", "x")
    set_inbox(connection, [("rvc_samtalsstod", "fel-namn", "x")])
    hold(connection, misnamed, "filnamn")
    set_inbox(connection, [("rvc_samtalsstod", "2023", "x")])
    assert pending(connection, [misnamed, renamed]) == ([renamed], set())
    # Also while the misnamed file is left lying beside it: it is held, and no original.
    set_inbox(connection, [("rvc_samtalsstod", "fel-namn", "x"), ("rvc_samtalsstod", "2023", "x")])
    assert pending(connection, [misnamed, renamed]) == ([misnamed, renamed], set())


def test_public_statistics_may_repeat_themselves(connection: duckdb.DuckDBPyConnection) -> None:
    pages = [receipt(1, "a", "x", "statistics"), receipt(2, "b", "x", "statistics")]
    assert pending(connection, pages) == (pages, set())


def test_a_held_delivery_stands_in_the_way_while_its_file_lies_there(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    bad = receipt(1, "2023", "x")
    hold(connection, bad)
    set_inbox(connection, [("rvc_samtalsstod", "2023", "x")])
    assert unresolved(connection) == ["Fil 2023: fel"]
    assert unresolved(connection, "rvc_samtalsstod") == ["Fil 2023: fel"]
    assert unresolved(connection, "boendestod_beslut") == []
    set_inbox(connection, [("rvc_samtalsstod", "2023", "y")])
    assert unresolved(connection) == []
    set_inbox(connection, [])
    assert unresolved(connection) == []


def test_sources_tell_period_checksum_and_age(connection: duckdb.DuckDBPyConnection) -> None:
    deliveries = [receipt(1, "2022", "aa"), receipt(2, "2023", "bb")]
    for place, delivery in enumerate(deliveries):
        record(
            connection,
            delivery,
            period=str(2022 + place),
            outcome="loaded",
            rows_loaded=1,
            rows_held=0,
        )
    set_inbox(connection, [("rvc_samtalsstod", "2022", "aa"), ("rvc_samtalsstod", "2023", "bb")])
    declared = DeclaredSource("rvc_samtalsstod", "Samtal", "Staden", "OSL", None, None, 62)
    unused = DeclaredSource("missbruk_insatser", "Missbruk", "Staden", "OSL", None, None, 62)
    old = DeclaredSource(
        "rvc_samtalsstod", "Samtal", "Staden", "OSL", "2017", date(2017, 12, 1), 62
    )
    now = datetime(2024, 3, 1, tzinfo=UTC)
    decided = DeclaredSource("constants", "Budget", "Staden", "", "2099", None, 0, "cc")
    record_sources(connection, [declared, unused, old, decided], now=now)
    # What lies in the project was never delivered, and does not grow old.
    assert connection.execute(
        "delete from meta.sources where source_id = 'constants'"
        " returning title_sv, reference_period, retrieved_at, content_sha256, synthetic, stale"
    ).fetchall() == [("Budget", "2099", None, "cc", False, False)]
    rows = connection.execute(
        "select source_id, reference_period, retrieved_at::date, content_sha256, synthetic, stale"
        " from meta.sources order by reference_period"
    ).fetchall()
    # printf 'aa,bb' | sha256sum
    checksum = "8eae44cc9f517d836c01209fbb197924260b54101e3d5be260983d8d24c8e41b"
    assert [row[:3] + row[4:] for row in rows] == [
        ("rvc_samtalsstod", "2017", date(2017, 12, 1), True, True),
        ("rvc_samtalsstod", "2022–2023", date(2024, 1, 31), True, False),
    ]
    assert {row[3] for row in rows} == {checksum}


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        (["2016–2024"], "2016–2024"),
        (["2016–2024", "2015–2020"], "2015–2024"),
        (["2024"], "2024"),
        (["2023-02", "2022"], "2022–2023"),
    ],
)
def test_a_source_covers_the_years_of_all_its_deliveries(
    connection: duckdb.DuckDBPyConnection, periods: list[str], expected: str
) -> None:
    for number, period in enumerate(periods, start=1):
        delivery = receipt(number, f"file {number}", str(number), "statistics")
        record(connection, delivery, period=period, outcome="loaded", rows_loaded=1, rows_held=0)
    declared = DeclaredSource("rvc_samtalsstod", "t", "p", "l", None, None, 10)
    record_sources(connection, [declared], now=datetime(2026, 1, 1, tzinfo=UTC))
    found = connection.execute("select reference_period from meta.sources").fetchall()
    assert found == [(expected,)]


def test_several_are_recorded_with_as_many_statements_as_one(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    hold(connection, receipt(1, "a", "aa"), "gammal")
    found = [
        Recorded(
            receipt(number, f"{number}", f"{number:02}"),
            period="2023",
            outcome="loaded",
            rows_loaded=number,
            rows_held=0,
            breaches=[BreachRow("kod", "row", None, None, 1, f"fel {number}")] * (number % 2),
            notes=[f"not {number}"] * (number % 3),
            judged_under=None if number == 2 else "r",
        )
        for number in (1, 2, 3)
    ]
    record_all(connection, found)
    assert connection.execute(
        "select delivery_sequence, rows_loaded, judged_under, epoch(received_at)"
        " from meta.deliveries order by all"
        # date -d 2024-01-31T03:30:00Z +%s
    ).fetchall() == [(1, 1, "r", 1706671800), (2, 2, None, 1706671800), (3, 3, "r", 1706671800)]
    assert connection.execute(
        "select delivery_sequence, rule, column_name, message_sv from meta.delivery_breaches"
        " order by all"
    ).fetchall() == [(1, "kod", None, "fel 1"), (3, "kod", None, "fel 3")]
    assert connection.execute("from meta.delivery_notes order by all").fetchall() == [
        (1, "not 1"),
        (2, "not 2"),
        (2, "not 2"),
    ]
    add_breach(connection, 3, BreachRow("kod", "row", None, None, 4, "fel 3"))
    assert connection.execute(
        "select row_count from meta.delivery_breaches where delivery_sequence = 3"
    ).fetchall() == [(4,)]
