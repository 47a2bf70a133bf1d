"""Auditing a warehouse: counts for all, cells for the owner alone, nothing done twice."""

import stat
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.flow.disclosing import Audited, NothingToDecideError, audit_warehouse
from orchestration.settings import Settings

# A city with two boards, and a cell of three in one of them.
CELLS = [
    ("city", 52, "0180", "total", "count", True),
    ("north", 30, "0180-a", "total", "count", True),
    ("south", 19, "0180-b", "total", "count", True),
    ("nowhere", 3, "0180", "total", "unallocated", False),
]
SUM = [("city", 1), ("north", -1), ("south", -1), ("nowhere", -1)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path)
    write(made, CELLS, SUM)
    return made


def write(
    settings: Settings,
    cells: Sequence[tuple[str, int, str, str, str, bool]],
    terms: Sequence[tuple[str, int]],
) -> None:
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema if not exists disclosure")
        connection.execute(
            "create or replace table disclosure.cells (cell_id varchar, value bigint,"
            " geography_id varchar, breakdown varchar, quantity varchar, is_shown boolean,"
            " persons bigint, area varchar, is_public boolean, is_todays_map boolean,"
            " period_start date, others_of_largest double)"
        )
        connection.execute(
            "create or replace table disclosure.equations"
            " (equation_id varchar, cell_id varchar, coefficient integer)"
        )
        connection.execute(
            "create or replace table disclosure.nested (whole_cell_id varchar, cell_id varchar)"
        )
        for cell in cells:
            connection.execute(
                "insert into disclosure.cells values (?, ?, ?, ?, ?, ?, ?, 'hemloshet', false,"
                " true, '2023-01-01', null)",
                [*cell, cell[1]],
            )
        for cell_id, coefficient in terms:
            connection.execute(
                "insert into disclosure.equations values ('sum', ?, ?)", [cell_id, coefficient]
            )


def kept(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.disclosure_path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def of(audited: Audited) -> dict[str, int]:
    return {
        name: getattr(audited, name)
        for name in ("cells", "secrets", "shown_secrets", "bare", "recoverable", "secondary")
    }


def test_what_follows_is_counted_and_shut(settings: Settings) -> None:
    audited = audit_warehouse(settings)
    assert of(audited) == {
        "cells": 4,
        "secrets": 1,
        "shown_secrets": 0,
        "bare": 1,
        "recoverable": 0,
        "secondary": 1,
    }
    assert audited.persons == 19
    assert kept(settings, "select cell_id, status, rule from decisions order by cell_id") == [
        ("city", "released", None),
        ("north", "released", None),
        ("nowhere", "primary", "remainder"),
        ("south", "secondary", None),
    ]
    assert kept(settings, "select cell_id, passed from audit") == [("nowhere", True)]


def test_only_the_owner_reads_which_cells_they_are(settings: Settings) -> None:
    path = audit_warehouse(settings).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_nothing_is_decided_twice(settings: Settings) -> None:
    first = audit_warehouse(settings)
    second = audit_warehouse(settings)
    assert (first.decided, first.kept) == (1, 0)
    assert (second.decided, second.kept) == (0, 1)
    assert of(first) == of(second)
    changed = [("city", 53, *CELLS[0][2:]), ("north", 31, *CELLS[1][2:]), *CELLS[2:]]
    write(settings, changed, SUM)
    third = audit_warehouse(settings)
    assert (third.decided, third.kept) == (1, 0)
    assert kept(settings, "select count(distinct block_id) from decisions") == [(1,)]


def test_a_secret_that_nothing_hides_is_told_by_number_alone(settings: Settings) -> None:
    """What somebody else has published of the whole and of all boards cannot be hidden."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("update disclosure.cells set is_public = quantity = 'count'")
    audited = audit_warehouse(settings)
    assert audited.recoverable == 1
    assert kept(settings, "select cell_id, attack from audit where not passed") == [
        ("nowhere", "exact")
    ]
    answer = CliRunner().invoke(app, ["disclosure", "audit", "--home", str(settings.home)])
    assert answer.exit_code == 1
    assert "1 av 1" in answer.output
    assert "nowhere" not in answer.output


def test_there_must_be_something_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(NothingToDecideError, match="kör avvik run först"):
        audit_warehouse(Settings(home=tmp_path))
    with duckdb.connect(str(Settings(home=tmp_path).warehouse_path)):
        pass
    with pytest.raises(NothingToDecideError, match="kör avvik run först"):
        audit_warehouse(Settings(home=tmp_path))


def test_a_sum_that_no_longer_holds_is_told(settings: Settings) -> None:
    write(settings, [("city", 60, *CELLS[0][2:]), *CELLS[1:]], SUM)
    answer = CliRunner().invoke(app, ["disclosure", "audit", "--home", str(settings.home)])
    assert answer.exit_code == 1
    assert "en summa som är deklarerad stämmer inte" in answer.output
    assert not settings.disclosure_path.exists()


def test_an_area_that_is_none_is_told(settings: Settings, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text("areas: {skola: {zeros: true}}", encoding="utf-8")
    answer = CliRunner().invoke(
        app, ["disclosure", "audit", "--home", str(settings.home), "--policy", str(policy)]
    )
    assert answer.exit_code == 1
    assert "skola är inget område" in answer.output.replace("\n", " ")
    assert not settings.disclosure_path.exists()


def test_what_is_well_is_told(settings: Settings) -> None:
    answer = CliRunner().invoke(app, ["disclosure", "audit", "--home", str(settings.home)])
    assert answer.exit_code == 0, answer.output
    assert "0 av 1" in answer.output
