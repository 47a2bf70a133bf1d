"""A series that stands still past cadence, lag and grace is told of; one that has ended is not."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.intake.standstill import standing_still, standstill_of
from orchestration.settings import Settings
from orchestration.sources.raw_tables import create_tables, load_dataset, loaded_years
from orchestration.sources.registry import Dataset, datasets_of, load_registry, recorded_files
from orchestration.storage.alarms import not_yet_told
from tests.empty_database import empty_database

DATASETS = {dataset.source_id: dataset for dataset in load_registry()}
MONTHLY = DATASETS["scb_population_month"]
YEARLY = DATASETS["scb_households"]
CLOSED = DATASETS["scb_population_year"]


def judged(dataset: Dataset, *periods: str, today: str) -> bool:
    return standstill_of(dataset, periods, today=date.fromisoformat(today)) is not None


@pytest.mark.parametrize(
    ("newest", "last_calm_day", "first_alarm"),
    [
        # The month after ends on 31 May; 40 days until it is published, 30 of grace.
        ("2026M04", "2026-08-09", "2026-08-10"),
        ("2026-04", "2026-08-09", "2026-08-10"),
        # December is followed by January.
        ("2025M12", "2026-04-11", "2026-04-12"),
        ("2027M12", "2028-04-10", "2028-04-11"),
    ],
)
def test_a_monthly_series(newest: str, last_calm_day: str, first_alarm: str) -> None:
    periods = ("2025M01", newest, "2024M11")
    assert not judged(MONTHLY, *periods, today=last_calm_day)
    assert judged(MONTHLY, *periods, today=first_alarm)


def test_a_yearly_series() -> None:
    # 2025 ends; 90 days until it is published, 30 of grace: 30 April.
    assert not judged(YEARLY, "2023", "2024", today="2026-04-30")
    assert judged(YEARLY, "2023", "2024", today="2026-05-01")


def test_the_message_says_since_when_and_what_to_do() -> None:
    found = standstill_of(YEARLY, ["2024"], today=date(2026, 6, 1))
    assert found is not None
    assert (found.source_id, found.newest_period) == ("scb_households", "2024")
    assert found.due_on == date(2026, 4, 30)
    assert found.message_sv == (
        "Antal hushåll och personer per hushåll efter region (TAB4374) (scb_households) står "
        "stilla: den senaste perioden är 2024, och nästa skulle ha kommit senast 2026-04-30. Se "
        "efter hos utgivaren om serien är nedlagd, ersatt eller försenad."
    )


def test_a_declared_successor_is_named() -> None:
    stopped = CLOSED.model_copy(update={"ends_with": None})
    found = standstill_of(stopped, ["2023", "2024"], today=date(2026, 11, 22))
    assert found is not None
    assert "fortsätter tabellen i TAB5557, TAB6471: byt till den." in found.message_sv


def test_a_series_that_has_ended_is_awaited_until_its_last_period_and_no_longer() -> None:
    assert not judged(CLOSED, "2023", "2024", today="2040-01-01")
    assert judged(CLOSED, "2022", "2023", today="2040-01-01")


@pytest.mark.parametrize(
    "periods", [(), ("2023H1", "2022H1"), ("prognos",), ("0000",), ("9999",), ("2024M13",)]
)
def test_periods_that_are_neither_year_nor_month_are_not_judged(periods: tuple[str, ...]) -> None:
    assert not judged(YEARLY, *periods, today="2040-01-01")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_database() as opened:
        opened.execute("create schema raw; create schema meta")
        yield opened


def test_the_newest_period_with_a_value_counts(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    recorded = next(d for d in datasets_of("demo") if d.source_id == "scb_population_month")
    create_tables(connection, [recorded])
    content = recorded_files(recorded)[0].read_bytes()
    load_dataset(connection, recorded, content, delivery_id="a", delivery_sequence=1)
    assert loaded_years(connection, recorded, 1) == "2026"
    assert loaded_years(connection, recorded, 2) == ""
    connection.execute("update raw.scb__observations set value = null where period > '2026M03'")
    live = Settings(home=tmp_path, profile="live")
    # 30 April and 70 days.
    assert standing_still(connection, live, today=date(2026, 7, 9)) == []
    [found] = standing_still(connection, live, today=date(2026, 7, 10))
    assert found.newest_period == "2026M03"
    demo = Settings(home=tmp_path, profile="demo")
    assert standing_still(connection, demo, today=date(2030, 1, 1)) == []


def test_nothing_loaded_is_no_standstill(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    live = Settings(home=tmp_path, profile="live")
    assert standing_still(connection, live, today=date(2040, 1, 1)) == []


def test_an_alarm_is_told_once_for_each_period(connection: duckdb.DuckDBPyConnection) -> None:
    assert not_yet_told(connection, [("a", "2024"), ("b", "2024")]) == [
        ("a", "2024"),
        ("b", "2024"),
    ]
    assert not_yet_told(connection, [("a", "2024"), ("b", "2025")]) == [("b", "2025")]
    assert not_yet_told(connection, []) == []
