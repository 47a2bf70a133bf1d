"""What is read of insatser without assessment: whose, from when, and in which quarter."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest

from orchestration.flow.replaced import read_replacements

TABLES = """
create schema seeds;
create schema intermediate;
create table seeds.indicators as
select * from (values
    ('rvc_counselling_granted', 'rvc_samtalsstod'), ('child_cases', 'barn_unga_arenden')
) as t (indicator_id, source_id);
create table seeds.insatser_without_assessment as
select * from (values
    ('oppet', '0180-a', date '2022-10-01', 'rvc_counselling_granted', false),
    ('oppet', '0180-b', date '2019-05-01', 'rvc_counselling_granted', false),
    ('oppet', '0180-d', date '2024-01-01', 'rvc_counselling_granted', false),
    ('oppet', '1480-a', date '2022-10-01', 'rvc_counselling_granted', false),
    ('pahittad', '0180-a', date '2022-10-01', 'rvc_counselling_granted', true),
    ('radgivning', '0180-a', date '2016-01-01', null, false),
    ('utan_register', '0180-a', date '2022-01-01', 'child_cases', false)
) as t (insats_code, geography_id, starts, replaces_indicator_id, synthetic);
create table intermediate.int_geography_crosswalk as
select '0180' as municipality_id, upper(right(place, 1)) as board_name, place as geography_id,
    case when place = '0180-e' then date '2021-12-31' else date '9999-12-31' end as counts_to
from (values ('0180'), ('0180-a'), ('0180-b'), ('0180-c'), ('0180-d'), ('0180-e')) as t (place);
create table intermediate.int_register_years as
select '0180' as municipality_id, register_name, make_date(year, 1, 1) as period_start,
    year <> 2024 as is_complete
from (values
    ('rvc_samtalsstod', 2021), ('rvc_samtalsstod', 2022), ('rvc_samtalsstod', 2023),
    ('rvc_samtalsstod', 2024), ('insatser_utan_behovsprovning', 2022)
) as t (register_name, year);
create table intermediate.int_replaced_quarters as
select '0180' as municipality_id, 'rvc_counselling_granted' as indicator_id, * from (values
    ('0180-a', date '2021-01-01', 7), ('0180-c', date '2023-10-01', 4),
    ('0180-c', date '2024-01-01', 9)
) as t (geography_id, quarter_start, persons);
create table intermediate.int_without_assessment_quarters as
select '0180' as municipality_id, * from (values
    ('oppet', 'vuxna', '0180-a', date '2022-10-01', 12, 5),
    ('oppet', 'aldre', '0180-a', date '2022-10-01', 3, null),
    ('annan', 'vuxna', '0180-a', date '2022-10-01', 99, 99)
) as t (insats_code, target_group, geography_id, quarter_start, contacts, new_persons);
"""


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


def test_each_insats_has_its_boards_and_quarters(warehouse: duckdb.DuckDBPyConnection) -> None:
    [one] = read_replacements(warehouse, "0180", demo=False)
    assert (one.insats_code, one.indicator_id) == ("oppet", "rvc_counselling_granted")
    assert one.boards == ("0180-a", "0180-b", "0180-c", "0180-d")
    assert (one.first_year, one.assessed.shape) == (2021, (4, 12))
    # In the eighth quarter, before the first, never, and after the last whole year.
    assert one.begins.tolist() == [7, -7, 12, 12]
    assert np.argwhere(one.assessed).tolist() == [[0, 0], [2, 11]]
    assert one.assessed[2, 11] == 4
    # New persons where they are counted, else contacts.
    assert one.reached[0, 7] == 5 + 3
    assert one.reached.sum() == 8
    assert not one.synthetic


def test_what_is_made_up_counts_in_the_made_up_city_alone(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = read_replacements(warehouse, "0180", demo=True)
    assert [(each.insats_code, each.synthetic) for each in found] == [
        ("oppet", False),
        ("pahittad", True),
    ]


def test_without_the_register_nothing_is_read(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(
        "delete from intermediate.int_register_years"
        " where register_name = 'insatser_utan_behovsprovning'"
    )
    assert read_replacements(warehouse, "0180", demo=True) == []
    assert read_replacements(warehouse, "1480", demo=True) == []
