"""What a killed build of dbt leaves beside its tables goes when the next step builds."""

from orchestration.flow.dbt_project import drop_leftovers
from tests.empty_database import empty_database


def test_what_a_killed_build_left_goes_and_the_tables_stay() -> None:
    with empty_database() as connection:
        connection.execute(
            """
            create schema intermediate;
            create schema staging;
            create table intermediate.a as select 1 as b;
            create table intermediate.a__dbt_backup as select 1 as b;
            create table intermediate.c__dbt_tmp as select 1 as b;
            create view staging.d as select 1 as b;
            create view staging.d__dbt_backup as select 1 as b;
            create table intermediate.dbt_tmp as select 1 as b;
            """
        )
        drop_leftovers(connection)
        assert connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_catalog = current_database() order by all"
        ).fetchall() == [("intermediate", "a"), ("intermediate", "dbt_tmp"), ("staging", "d")]
