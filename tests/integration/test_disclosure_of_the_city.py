"""Disclosure control of a whole city: the sums are those that there are, and nothing follows."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.disclosure.policy import PACKAGED
from orchestration.flow.disclosing import audit_warehouse
from orchestration.flow.ledger import Edition, append, import_published, read_ledger
from orchestration.settings import Settings
from tests.integration.conftest import Installation
from tests.undeclared_sums import Found, undeclared

# A household whose type is the ninth has assistance for one month; so is the synthetic city. The
# old are an age group, and anybody knows how many residents there are.
AS_THE_CITY_IS = {
    Found(
        "assistance_months|count|household_type|9",
        ("assistance_households|count|household_type|9",),
    ),
    Found("population|count|age_group|65+", ("older_residents|count|total|total",)),
}


def rows(installation: Installation, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(installation.settings.warehouse_path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_every_declared_sum_holds(default_city: Installation) -> None:
    kinds = rows(
        default_city,
        "select kind, count(distinct equation_id) from disclosure.equations group by kind",
    )
    assert {kind for kind, _ in kinds} == {"parts", "boards", "maps", "counts"}
    assert all(int(str(count)) > 4000 for _, count in kinds)
    assert (
        rows(
            default_city,
            "select equation_id from disclosure.equations inner join disclosure.cells"
            " on equations.cell_id = cells.cell_id group by equation_id"
            " having sum(coefficient * value) <> 0",
        )
        == []
    )


def test_no_sum_holds_everywhere_that_nobody_has_declared(default_city: Installation) -> None:
    path = default_city.settings.warehouse_path
    with duckdb.connect(str(path), read_only=True) as connection:
        assert set(undeclared(connection)) == AS_THE_CITY_IS


def test_a_sum_that_is_no_longer_declared_is_found(
    default_city: Installation, tmp_path: Path
) -> None:
    settings = warehouse_alone(default_city, tmp_path)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(
            "delete from disclosure.equations where declared_in = 'debt_counselling_new_sex'"
        )
        found = undeclared(connection)
    assert any(each.whole == "debt_counselling_new|count|total|total" for each in found)


def test_all_cells_that_an_indicator_of_a_register_shows_are_there(
    default_city: Installation,
) -> None:
    """By another way than the model's: every board's count of persons in protected housing."""
    assert rows(
        default_city,
        "select count(*), sum(value) from disclosure.cells"
        " where count_id = 'protected_housing_persons' and quantity = 'count'",
    ) == rows(
        default_city,
        "select count(*), sum(numerator) from marts.indicator_values"
        " where indicator_id = 'protected_housing_persons'",
    )


def test_nothing_can_be_worked_out_of_a_year(default_city: Installation, tmp_path: Path) -> None:
    """Of some registers; all of them take a quarter of a minute.

    Of care for substance use persons alone in a group have no row in what they have none of.
    """
    settings = warehouse_alone(default_city, tmp_path)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(
            "delete from disclosure.cells where period_start <> '2021-01-01' or count_id not in"
            " ('protected_housing_persons', 'emergency_flat_persons', 'homeless_persons')"
            " and count_id not like 'substance_use%'"
        )
        for table in ("equations", "nested"):
            connection.execute(
                f"delete from disclosure.{table}"
                " where cell_id not in (select cell_id from disclosure.cells)"
            )
    first = audit_warehouse(settings)
    assert first.secrets > 400
    assert first.bare > 250
    assert first.recoverable == 0
    again = audit_warehouse(settings)
    assert again.decided == 0
    assert (again.secrets, again.secondary) == (first.secrets, first.secondary)


def test_what_the_city_has_published_is_its_cells(
    default_city: Installation, tmp_path: Path
) -> None:
    """By the snapshot's own rows: each cell that a table shows, under its name and with its value.

    All of it was unprotected, so that nothing is left to keep.
    """
    settings = warehouse_alone(default_city, tmp_path)
    edition = settings.published_dir / "tidigare" / "2026-01-01T020000"
    edition.mkdir(parents=True)
    shutil.copyfile(default_city.snapshot, edition / "marts.duckdb")
    assert import_published(settings).editions == 1
    [(_, entries)] = read_ledger(settings).in_order()
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        cells = connection.execute(
            "select cell_id, value from disclosure.cells where is_shown"
        ).fetchall()
    assert {(each.cell_id, each.value) for each in entries} == set(cells)
    found = audit_warehouse(settings)
    assert found.published > 5000
    assert found.published + found.following == found.secrets
    assert (found.recoverable, found.secondary, found.gone) == (0, 0, 0)


def test_a_second_publication_on_a_changed_map_gives_nothing_away(
    default_city: Installation, tmp_path: Path
) -> None:
    """The first had the boards of the time until 2022, the next has today's with one year more."""
    policy = tmp_path / "policy.yml"
    policy.write_text(PACKAGED.read_text("utf-8").replace("maps: today", "maps: all"), "utf-8")
    before, now = tmp_path / "before", tmp_path / "now"
    for home in (before, now):
        home.mkdir()
    first = protected_housing(default_city, before, until=2022)
    assert audit_warehouse(first, policy).recoverable == 0
    with duckdb.connect(str(first.warehouse_path), read_only=True) as connection:
        shown = connection.execute(
            "select cell_id, value from disclosure.cells where is_shown"
        ).fetchall()
    hidden = hidden_of(first)
    second = protected_housing(default_city, now, until=2023)
    alone = audit_warehouse(second)
    assert alone.recoverable == 0
    cells = {cell_id: (value, cell_id not in hidden) for cell_id, value in shown}
    assert 0 < len(hidden) < len(cells)
    append(second, Edition("first", datetime(2023, 3, 1, tzinfo=UTC), cells))
    together = audit_warehouse(second)
    assert (together.recoverable, together.following, together.published) == (0, 0, 0)
    # The former boards' small cells are asked about too, and what is known is not hidden.
    assert together.secrets > alone.secrets
    told = {cell_id for cell_id, (_, released) in cells.items() if released}
    assert not told & hidden_of(second)


def protected_housing(installation: Installation, home: Path, *, until: int) -> Settings:
    """A home with the cells of persons in protected housing alone, of 2022 and on."""
    settings = warehouse_alone(installation, home)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(
            "delete from disclosure.cells where count_id <> 'protected_housing_persons'"
            " or year(period_start) < 2022 or year(period_start) > ?",
            [until],
        )
        for table in ("equations", "nested"):
            connection.execute(
                f"delete from disclosure.{table}"
                " where cell_id not in (select cell_id from disclosure.cells)"
            )
    return settings


def hidden_of(settings: Settings) -> set[str]:
    """The cells that the last audit hides."""
    with duckdb.connect(str(settings.disclosure_path), read_only=True) as connection:
        rows = connection.execute(
            "select cell_id from decisions where status <> 'released'"
        ).fetchall()
    return {cell_id for (cell_id,) in rows}


def warehouse_alone(installation: Installation, home: Path) -> Settings:
    """A home with a copy of the warehouse and nothing else, to change as one likes."""
    settings = Settings(home=home)
    shutil.copyfile(installation.settings.warehouse_path, settings.warehouse_path)
    return settings
