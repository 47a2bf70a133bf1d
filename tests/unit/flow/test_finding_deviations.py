"""The step that tests the marts: which year, and which boards, it hands to the engine."""

import logging
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from orchestration.findings.codes import Kind, Tested
from orchestration.findings.evidence import BoardEvidence
from orchestration.findings.marts import (
    DEVIATIONS,
    FOUND_EXPLANATIONS,
    MODEL_FIT,
    read_findings,
    write_findings,
)
from orchestration.flow.findings import FIT_CHECK
from orchestration.flow.step import Outcome, StepRefusedError, Work
from orchestration.flow.steps import flow
from orchestration.settings import Settings

COUNTED = "substance_use_persons"
BOARDS = [f"0180-namnd-{letter}" for letter in "abcdefghijk"]
HEIR, OLD = BOARDS[4], ["0180-gammal-a", "0180-gammal-b"]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Eleven boards from 2023, one of them far off and made of two that there were before."""
    rng = np.random.default_rng(5)
    values: list[tuple[str, str, int, float]] = []
    for year in range(2016, 2024):
        values.append((COUNTED, "0180", year, 5000.0 + year % 3))
        for at, board in enumerate(BOARDS):
            persons = 30_000.0 + 6000 * at
            cases = float(np.rint(0.006 * persons * np.exp(rng.normal(0, 0.03))))
            cases *= 2 if board == HEIR and year == 2022 else 1
            values += [(COUNTED, board, year, cases), ("population", board, year, persons)]
            if board == HEIR and year < 2023:
                for old in OLD:
                    values += [
                        (COUNTED, old, year, cases / 2),
                        ("population", old, year, persons / 2),
                    ]
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.indicators as
            select unnest(['substance_use_persons', 'population']) as indicator_id,
                unnest(['missbruk_och_beroende', 'omvarld']) as area;
            create table marts.geographies (
                geography_id varchar, name varchar, successor_id varchar
            );
            create table marts.indicator_values (
                indicator_id varchar, geography_id varchar, breakdown varchar, category varchar,
                period_grain varchar, period_start date, numerator double, denominator double,
                value double, standard_deviation double, observations bigint, status varchar
            )
            """
        )
        connection.executemany(
            "insert into marts.geographies values (?, ?, ?)",
            [*((board, board, None) for board in BOARDS), *((old, old, HEIR) for old in OLD)],
        )
        connection.executemany(
            """
            insert into marts.indicator_values
            values ($1, $2, 'total', 'total', 'year', make_date($3, 1, 1), $4, null, $4, null, null,
                'observed')
            """,
            values,
        )
        connection.execute(
            """
            create table marts.area_years as
            select distinct geography_id, area, cast(year(period_start) as integer) as report_year
            from marts.indicator_values inner join marts.indicators using (indicator_id)
            """
        )
        write_findings(connection, FOUND_EXPLANATIONS, [])
        yield connection


def find(connection: duckdb.DuckDBPyConnection, year: int) -> Outcome:
    (step,) = [
        step for step in flow().steps if DEVIATIONS.name in {each.name for each in step.writes}
    ]
    product = next(each for each in step.writes if each.name == DEVIATIONS.name)
    return step.run(
        Work(
            Settings(home=Path("unused"), year=year),
            connection,
            "run",
            logging.getLogger("test"),
            frozenset(each.name for each in step.writes),
            product.reads,
        )
    )


def test_a_year_before_a_reform_has_one_map(warehouse: duckdb.DuckDBPyConnection) -> None:
    find(warehouse, 2022)
    (row,) = [
        row for row in read_findings(warehouse, DEVIATIONS) if row.kind is Kind.DISTRICT_OUTLIER
    ]
    assert row.geography_id == HEIR
    assert isinstance(row.evidence, BoardEvidence)
    assert row.evidence.boards == len(BOARDS)


def test_a_year_without_values_is_refused_with_those_that_exist(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(StepRefusedError, match=r"Rapportåret 1990 .* åren 2016–2023 med --year"):
        find(warehouse, 1990)


def test_models_that_fit_pass_and_one_that_does_not_is_warned_of(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    outcome = find(warehouse, 2023)
    rows = {row.tested: row for row in read_findings(warehouse, MODEL_FIT)}
    # The city's one series is too little to judge a model by; eleven boards suffice.
    assert set(rows) == {Tested.BOARDS}
    assert rows[Tested.BOARDS].fits
    (verdict,) = outcome.verdicts
    assert (verdict.check, verdict.product, verdict.passed) == (FIT_CHECK, MODEL_FIT.name, True)
    # Boards that are a thousand times as large one year as the next.
    warehouse.execute(
        """
        update marts.indicator_values
        set numerator = numerator * scale, value = value * scale
        from (
            select geography_id as board, make_date(year::int, 1, 1) as start,
                power(1000, hash(geography_id, year) % 2) as scale
            from (select distinct geography_id from marts.indicator_values)
            cross join range(2016, 2023) as years (year)
        )
        where indicator_id = 'substance_use_persons' and geography_id = board
            and period_start = start and geography_id <> '0180'
        """
    )
    warehouse.execute(
        """
        update marts.indicator_values set numerator = 1e9, value = 1e9
        where indicator_id = 'substance_use_persons' and geography_id = '0180'
        """
    )
    (verdict,) = find(warehouse, 2023).verdicts
    (message,) = verdict.messages_sv
    assert message.startswith(
        "Modellen för antal (stadsdelsnämnderna) förutsade inte år 2022 så väl som den ska."
    )
