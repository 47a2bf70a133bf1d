"""Steps that memoranda have proposed are followed up: by whom, by when, how far, and what moved."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from orchestration.language.inline import plain
from orchestration.reporting.data import ReportData, load_report_data
from orchestration.reporting.document import Table
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.sections import next_steps
from tests.unit.reporting.conftest import EDITION, YEAR, build_city, insert

STEPS = (
    ("s22", 2022, "assistance_households_share", "planned"),
    ("s21-open", 2021, None, "under_way"),
    ("s21-done", 2021, "assistance_households_share", "done"),
    ("s23", 2023, "assistance_households_share", "planned"),
)


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    with build_city() as connection:
        for name, year, indicator, state in STEPS:
            step = {
                "hypothesis_id": name, "area": "ekonomiskt_bistand", "role": "next_step",
                "text_sv": f"Pröva {name}.", "source": "Promemorian", "geography_id": "0180",
                "period_from": year, "period_to": year,
            }  # fmt: skip
            insert(connection, "seeds.possible_explanations", step)
            kept = {
                "hypothesis_id": name, "owner_sv": "Avdelningen", "due": date(year + 1, 6, 30),
                "state": state, "state_at": date(year + 1, 3, 1), "indicator_id": indicator,
                "author": "Förvaltningen",
            }  # fmt: skip
            insert(connection, "seeds.step_states", kept)
        yield connection


def read(connection: duckdb.DuckDBPyConnection) -> ReportData:
    return load_report_data(
        connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )


def rows(data: ReportData) -> list[list[str]]:
    [table] = [each for each in next_steps.follow_up(data) if isinstance(each, Table)]
    return [[plain(cell.said).replace("\u00a0", " ") for cell in row] for row in table.rows]


def test_last_years_steps_are_told_with_what_shows_whether_they_worked(
    city: duckdb.DuckDBPyConnection,
) -> None:
    """The share was 2.54 per cent in 2022 and fell by 6.3; what ended before is not told."""
    first, second = rows(read(city))
    assert first[:4] == [
        "Pröva s22. (2022)",
        "Avdelningen",
        "30 juni 2023",
        "planerat (1 mars 2023)",
    ]
    assert first[4].startswith("Andel biståndshushåll")
    assert first[5:] == ["2,54 %", "2,38 %"]
    assert second == [
        *("Pröva s21-open. (2021)", "Avdelningen", "30 juni 2022", "pågår (1 mars 2022)"),
        *("inget mått", "", ""),
    ]


def test_a_step_that_nobody_has_said_anything_of_is_told_as_such(
    city: duckdb.DuckDBPyConnection,
) -> None:
    city.execute("delete from seeds.step_states")
    assert rows(read(city)) == [
        ["Pröva s22. (2022)", *["uppgift saknas"] * 3, "inget mått", "", ""]
    ]


def test_a_hidden_value_is_not_told(city: duckdb.DuckDBPyConnection) -> None:
    city.execute(
        "update marts.indicator_values set value = null, status = 'suppressed'"
        " where indicator_id = 'assistance_households_share' and year(period_start) = 2022"
    )
    assert rows(read(city))[0][5:] == ["..", "2,38 %"]


def test_this_years_step_has_its_owner_and_its_day(city: duckdb.DuckDBPyConnection) -> None:
    document = memorandum(read(city), EDITION, ())
    told = "\n".join(
        plain(item).replace("\u00a0", " ")
        for block in document.plain_blocks()
        for item in getattr(block, "items", ())
    )
    assert (
        "Pröva s23. Ansvarig: Avdelningen, klart senast 30 juni 2024. Läget den 1 mars 2024:"
        " planerat. (Enligt Förvaltningen.)" in told
    )


def test_without_earlier_steps_nothing_is_said() -> None:
    with build_city() as connection:
        assert next_steps.follow_up(read(connection)) == []
