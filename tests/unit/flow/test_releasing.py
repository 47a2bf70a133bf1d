"""What is shown of tables: what is small is not there, nor what would tell of it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from orchestration.disclosure.derived import Declared, Figures, Grounds, read_derived
from orchestration.disclosure.policy import read_policy
from orchestration.flow import releasing
from orchestration.flow.disclosing import CellsShown
from orchestration.flow.releasing import mark_decided, open_release, shown_rows, write_release
from orchestration.flow.step import StepRefusedError
from orchestration.settings import Settings
from orchestration.storage.warehouse import open_warehouse

VALUES = """
create table marts.indicator_values as
select '0180' as municipality_id, * from (values
    ('homeless', 'r', date '2023-01-01', 'year', '0180', 'total', 'total', 52.0, null, 52.0),
    ('homeless', 'r', date '2023-01-01', 'year', '0180-a', 'total', 'total', 3.0, null, 3.0),
    ('homeless', 'r', date '2023-01-01', 'year', '0180-b', 'total', 'total', 49.0, null, 49.0),
    ('homeless', 'r', date '2019-01-01', 'year', '0180-old', 'total', 'total', 40.0, null, 40.0),
    ('homeless', 'r', date '2023-01-01', 'month', '0180', 'total', 'total', 48.0, null, 48.0),
    ('homeless', 'kolada', date '2023-01-01', 'year', '0180', 'total', 'total', 3.0, null, 3.0),
    ('hours', 'r', date '2023-01-01', 'year', '0180-a', 'total', 'total', 27.0, 3.0, 9.0),
    ('unmapped', 'r', date '2023-01-01', 'year', '0180', 'total', 'total', 99.0, null, 99.0)
) as t (indicator_id, source_id, period_start, period_grain, geography_id, breakdown, category,
    numerator, denominator, value)
"""
CELLS = {"0180": 52, "0180-a": 3, "0180-b": 49, "0180-old": 40}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    beside = [settings.release_path.parent, settings.release_draft_path.parent]
    with open_warehouse(settings.warehouse_path, directories=beside) as connection:
        connection.execute(VALUES)
        connection.execute(
            """
            create table marts.indicators as select 'homeless' as indicator_id, 'h' as area;
            create table marts.geographies as select * from (values
                ('0180', 'kommun'), ('0180-a', 'stadsdelsnamnd'), ('0180-b', 'stadsdelsnamnd'),
                ('0180-old', 'stadsdelsnamnd')) as t (geography_id, level);
            create table intermediate.int_geography_crosswalk as select * from (values
                ('0180-a', date '9999-12-31'), ('0180-b', date '9999-12-31'),
                ('0180-old', date '2020-06-30')) as t (geography_id, counts_to);
            create table intermediate.int_register_years as select 'r' as register_name;
            create table disclosure.figures as select * from (values
                ('homeless', 'r', 'numerator', false), ('hours', 'r', 'numerator', true),
                ('hours', 'r', 'denominator', false)) as t (indicator_id, source_id, part,
                is_amount);
            alter table disclosure.figures add column breakdown varchar default 'total';
            alter table disclosure.figures add column category varchar default 'total';
            alter table disclosure.figures add column count_id varchar default 'homeless';
            alter table disclosure.figures add column cell_breakdown varchar default 'total';
            alter table disclosure.figures add column cell_category varchar default 'total';
            create table disclosure.cells as
                select source_id || geography_id as cell_id, 'homeless' as count_id,
                    'count' as quantity, period_start, geography_id, breakdown, category
                from marts.indicator_values
                where indicator_id = 'homeless' and source_id = 'r' and period_grain = 'year';
            """
        )
        yield connection


DECLARED = {
    "marts.indicator_values": Declared(
        rests_on="raden",
        keys=(
            *("municipality_id", "indicator_id", "source_id", "period_start", "period_grain"),
            *("geography_id", "breakdown", "category"),
        ),
        figures=(
            Figures(
                columns=("numerator", "denominator", "value"),
                rests_on="täljare och nämnare",
                cells=("v.row_id = r.row_id",),
            ),
        ),
    ),
    "marts.indicators": Declared(rests_on="katalogen", keys=("indicator_id", "area")),
    "marts.geographies": Declared(
        rests_on="förteckningen", keys=("geography_id", "level"), former_places=True
    ),
}


def release(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    declared: dict[str, Declared] | None = None,
) -> None:
    monkeypatch.setattr(releasing, "_FORMED", ())
    monkeypatch.setattr(releasing, "form_focus_areas", lambda *_: (0, 0))
    values = np.array(list(CELLS.values()))
    shown = CellsShown([f"r{each}" for each in CELLS], values, values >= 5, "policy")
    mark_decided(connection, shown)
    write_release(connection, settings, read_policy(), declared or DECLARED, shown)


def told(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with open_release(settings) as connection:
        return connection.execute(sql).fetchall()


def test_a_figure_is_shown_where_each_part_is_a_cell_that_is(
    warehouse: duckdb.DuckDBPyConnection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(warehouse, settings, monkeypatch)
    rows = told(
        settings,
        "select indicator_id, source_id, period_grain, geography_id, numerator, denominator, value"
        " from marts.indicator_values order by all",
    )
    assert rows == [
        # Another publisher's is not ours to hide.
        ("homeless", "kolada", "year", "0180", 3.0, None, 3.0),
        # A register's month is no cell, and is not shown.
        ("homeless", "r", "month", "0180", None, None, None),
        ("homeless", "r", "year", "0180", 52.0, None, 52.0),
        ("homeless", "r", "year", "0180-a", None, None, None),
        ("homeless", "r", "year", "0180-b", 49.0, None, 49.0),
        # An amount of so few tells of them.
        ("hours", "r", "year", "0180-a", None, None, None),
        # What no count is declared for is not shown, and a board that is no more is not there.
        ("unmapped", "r", "year", "0180", None, None, None),
    ]
    assert len(told(settings, "from marts.geographies")) == 4


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("alter table marts.indicator_values add column persons integer", "persons"),
        ("create table marts.new as select 1 as n", "marts.new vilar på: n"),
        ("alter table marts.indicator_values drop column value", "nämner kolumner"),
    ],
)
def test_what_is_not_declared_cannot_be_released(
    warehouse: duckdb.DuckDBPyConnection,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    statement: str,
    names: str,
) -> None:
    release(warehouse, settings, monkeypatch)
    before = settings.release_path.read_bytes()
    warehouse.execute(statement)
    with pytest.raises(StepRefusedError, match=f"röjandekontrollen.*{names}.*Gör så här"):
        release(warehouse, settings, monkeypatch)
    assert settings.release_path.read_bytes() == before


COUNTED = """
create or replace table marts.counted as select * from (values
    (2022, 'women', 12, 4.5), (2022, 'men', 3, 2.5), (2023, 'women', 12, 1.5),
    (2023, 'men', 0, null), (2024, 'women', null, 7.5)) as t (year, sex, persons, hours)
"""


def counted(connection: duckdb.DuckDBPyConnection, declared: Declared) -> list[tuple[object, ...]]:
    connection.execute(COUNTED)
    connection.execute("create or replace temp table former_places (geography_id varchar)")
    connection.execute(
        "create or replace temp table hidden_values as select 2024 as year, true as is_whole"
    )
    query = shown_rows("marts.counted", declared, 5)
    return connection.execute(f"{query} order by all").fetchall()


def figures(**grounds: tuple[str, ...]) -> Declared:
    own = Figures(columns=("persons", "hours"), rests_on="antalet", **grounds)
    return Declared(rests_on="raden", keys=("year", "sex"), figures=(own,))


def test_rows_of_one_kind_are_shown_together_or_not_at_all(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    alone = counted(warehouse, figures(counts=("r.persons",)))
    assert alone == [
        (2022, "men", None, None),
        (2022, "women", 12, 4.5),
        (2023, "men", 0, None),
        (2023, "women", 12, 1.5),
        (2024, "women", None, 7.5),
    ]
    together = counted(warehouse, figures(counts=("r.persons",), whole=("year",)))
    assert together[:2] == [(2022, "men", None, None), (2022, "women", None, None)]
    assert together[2:] == alone[2:]


def test_a_row_that_rests_on_a_hidden_value_is_hidden_or_not_there(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    grounds = {"cells": ("v.year = r.year",), "unless": ("r.sex = 'men'",)}
    hidden = counted(warehouse, figures(**grounds))
    assert [row[2:] for row in hidden] == [
        *((None, None), (12, 4.5), (None, None), (12, 1.5), (None, None)),
    ]
    declared = figures()
    gone = counted(warehouse, declared.model_copy(update={"row": Grounds(**grounds)}))
    assert gone == [(2022, "women", 12, 4.5), (2023, "women", 12, 1.5)]


def test_a_status_says_that_figures_are_hidden_and_what_is_withheld_is_never_shown(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    own = Figures(columns=("persons",), rests_on="antalet", counts=("r.persons",))
    declared = Declared(
        rests_on="raden", keys=("year",), figures=(own,), withheld=("hours",), status="sex"
    )
    assert counted(warehouse, declared) == [
        (2022, 12, None, "women"),
        (2022, None, None, "suppressed"),
        (2023, 0, None, "men"),
        (2023, 12, None, "women"),
        (2024, None, None, "women"),
    ]


def test_a_table_for_those_who_may_see_all_is_not_there_at_all(
    warehouse: duckdb.DuckDBPyConnection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.execute("create table marts.early_warnings as select 'homeless' as indicator_id")
    restricted = Declared(
        rests_on="det pågående året", keys=(), withheld=("indicator_id",), restricted=True
    )
    release(warehouse, settings, monkeypatch, DECLARED | {"marts.early_warnings": restricted})
    names = told(settings, "select table_name from duckdb_tables() where schema_name = 'marts'")
    assert {name for (name,) in names} == {"indicator_values", "indicators", "geographies"}


def test_every_condition_of_the_packaged_file_is_sql_over_its_table() -> None:
    """Each mart's query can be planned; the city's own run is in the integration tests."""
    for name, declared in read_derived().items():
        statements = duckdb.extract_statements(shown_rows(name, declared, 5))
        assert [each.type for each in statements] == [duckdb.StatementType.SELECT], name


# Sums of the whole municipality: two years of which one holds a small count, and one whose
# indicator is hidden.
COARSE = {
    "marts.protected_housing_quarters": (
        """
        select '0180' as municipality_id, make_date(year, quarter, 1) as period_start,
            '0180' as geography_id, 'skyddat_boende' as form, true as with_children,
            persons, persons as decisions, persons as children
        from (values (2021, 1, 40), (2021, 4, 4), (2022, 1, 40), (2022, 4, 30), (2023, 1, 40))
            as t (year, quarter, persons)
        """,
        "protected_housing_decisions",
    ),
    "marts.housing_support_hour_bands": (
        """
        select '0180' as municipality_id, make_date(year, 1, 1) as period_start,
            '0180' as geography_id, 'socialpsykiatri' as target_group, 0 as lss, hours_over,
            hours_over + 1 as hours_to, persons
        from (values (2021, 4, 40), (2021, 5, 4), (2022, 4, 40), (2022, 5, 30), (2023, 4, 40))
            as t (year, hours_over, persons)
        """,
        "housing_support_persons",
    ),
    "marts.housing_support_criteria": (
        """
        select '0180' as municipality_id, make_date(year, 1, 1) as period_start,
            '0180' as geography_id, criteria_met, persons, 1000.0 as amount
        from (values (2021, 'alla', 40), (2021, 'farre', 4), (2022, 'alla', 40),
            (2022, 'farre', 30), (2023, 'alla', 40)) as t (year, criteria_met, persons)
        """,
        "housing_support_persons",
    ),
}


@pytest.mark.parametrize("table", COARSE)
def test_a_year_of_sums_is_left_out_where_one_is_small_or_its_indicator_is_hidden(
    warehouse: duckdb.DuckDBPyConnection, table: str
) -> None:
    rows, indicator = COARSE[table]
    warehouse.execute(f"create or replace table {table} as {rows}")
    warehouse.execute("create or replace temp table former_places (geography_id varchar)")
    warehouse.execute(
        """
        create or replace temp table hidden_values as
        select ? as indicator_id, date '2023-01-01' as period_start, 'total' as breakdown,
            true as is_whole
        union all
        -- A board's tells nothing of the whole, and nor does a group of ages.
        select ?, date '2022-01-01', 'total', false
        union all
        select ?, date '2022-01-01', 'age_group', true
        """,
        [indicator] * 3,
    )
    shown = warehouse.execute(
        f"select year(period_start), persons from ({shown_rows(table, read_derived()[table], 5)})"
        " order by all"
    ).fetchall()
    assert shown == [(2022, 30), (2022, 40)]
