"""The key of an installation: changed as a whole, through a kill, and never mixed with another."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.flow.built_from import follow
from orchestration.intake import rekeying
from orchestration.intake.rekeying import finish_rekeying, next_key_file
from orchestration.registers.pseudonyms import read_key
from orchestration.storage.snapshot import content_hash
from tests.integration.conftest import Installation
from tests.nights import Night

runner = CliRunner()
PSEUDONYM = re.compile(rb"v[0-9]+:[0-9a-f]{32}")


def avvik(installation: Installation, *arguments: str) -> tuple[int, str]:
    result = runner.invoke(app, [*arguments, "--home", str(installation.home)])
    return result.exit_code, " ".join((result.output + result.stderr).split())


def keyed_cells(installation: Installation) -> set[str]:
    """Every pseudonym of the registers, as the database gives it."""
    cells: set[str] = set()
    with duckdb.connect(str(installation.settings.warehouse_path), read_only=True) as connection:
        for table, column in connection.execute(
            "select table_schema || '.' || table_name, column_name from information_schema.columns"
            " where data_type = 'VARCHAR'"
            " and table_schema in ('raw', 'intermediate', 'marts', 'meta')"
        ).fetchall():
            rows = connection.execute(
                f'select distinct "{column}" from {table}'
                f" where regexp_full_match(\"{column}\", 'v[0-9]+:[0-9a-f]{{32}}')"
            ).fetchall()
            cells |= {cell for (cell,) in rows}
    return cells


def in_the_bytes(installation: Installation, cells: set[str]) -> int:
    """How many of some pseudonyms stand in the file, wherever in it; with and without version."""
    content = installation.settings.warehouse_path.read_bytes()
    written = {match[-32:] for match in re.findall(rb"[0-9a-f]{32,}", content)}
    return sum(cell[3:].encode() in written for cell in cells)


def marts_and_raw(installation: Installation) -> tuple[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(installation.settings.warehouse_path), read_only=True) as connection:
        sizes = connection.execute(
            "select table_name, estimated_size from duckdb_tables() where schema_name = 'raw'"
            " order by all"
        ).fetchall()
        return content_hash(connection), sizes


def figures_of(installation: Installation) -> str:
    """A hash of all that is published of the marts."""
    with duckdb.connect(str(installation.snapshot), read_only=True) as connection:
        return content_hash(connection, "main")


def test_a_changed_key_changes_no_figure_and_leaves_no_old_pseudonym(
    installation: Installation,
) -> None:
    # As a case system does it that builds its numbers on a person's: one key is keyed, too.
    before, tables = keyed_cells(installation), marts_and_raw(installation)
    figures = figures_of(installation)
    old = installation.settings.key_file.read_bytes()
    assert len(before) > 1000
    assert in_the_bytes(installation, before) > 100, "the search finds what is there"
    exit_code, output = avvik(installation, "rekey")
    assert exit_code == 0, output
    assert "Nyckeln är bytt till v2" in output
    after = keyed_cells(installation)
    assert len(after) == len(before)
    assert {cell[:3] for cell in after} == {"v2:"}
    assert not {cell[3:] for cell in before} & {cell[3:] for cell in after}
    assert in_the_bytes(installation, before) == 0
    assert in_the_bytes(installation, after) > 100
    assert marts_and_raw(installation) == tables
    assert read_key(installation.settings.key_file).version == 2
    assert installation.settings.key_file.read_bytes() != old
    assert installation.settings.warehouse_path.stat().st_mode & 0o077 == 0
    left = {path.name for path in installation.home.iterdir()}
    assert not {name for name in left if "fresh" in name or name.endswith(".wal")}
    # A warehouse that is rebuilt of what landed gets the very pseudonyms that the change gave,
    # and publishes what was published before.
    installation.settings.warehouse_path.unlink()
    assert installation.night() == Night()
    assert keyed_cells(installation) == after
    assert figures_of(installation) == figures


class Killed(BaseException):
    """Stands for the kill: nothing catches it on its way."""


def killed(*_: object, **__: object) -> None:
    raise Killed


def killed_halfway(path: Path) -> None:
    """The file is half written when the kill comes."""
    path.with_name(f".{path.name}.fresh").write_bytes(b"half a database")
    raise Killed


# Two certain points; `test_killed_intake` kills at random ones, for real.
POINTS = {
    "before the change": ("change_key", killed, 1),
    "while the file is rewritten": ("rewrite_warehouse", killed_halfway, 2),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_change_that_is_killed_is_completed_or_undone(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    name, kill, version = POINTS[point]
    before, tables = keyed_cells(installation), marts_and_raw(installation)
    with monkeypatch.context() as patch:
        patch.setattr(rekeying, name, kill)
        with pytest.raises(Killed):
            rekeying.rekey(installation.settings, accept_unlinked=False, follow=follow)
    assert next_key_file(installation.settings).exists()
    finish_rekeying(installation.settings)
    assert not next_key_file(installation.settings).exists()
    assert read_key(installation.settings.key_file).version == version
    after = keyed_cells(installation)
    assert (after == before) == (version == 1)
    assert {cell[:3] for cell in after} == {f"v{version}:"}
    if version == 2:
        assert in_the_bytes(installation, before) == 0
    assert marts_and_raw(installation) == tables
    exit_code, output = avvik(installation, "run")
    assert (exit_code, "Inget nytt" in output) == (0, True), output


def test_numbers_that_are_destroyed_stop_the_change_unless_it_is_accepted(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = installation.settings.landing_dir / "receipts.jsonl"
    text = log.read_text(encoding="utf-8")
    housing = [line for line in text.splitlines() if '"boendestod_beslut"' in line]
    aged = [re.sub(r'"received_at": "\d{4}', '"received_at": "2001', line) for line in housing]
    for line, older in zip(housing, aged, strict=True):
        text = text.replace(line, older)
    log.write_text(text, encoding="utf-8")
    monkeypatch.setenv("AVVIK_RETENTION_DAYS", "3650")
    exit_code, output = avvik(installation, "retain")
    assert exit_code == 0
    assert f"Gallrade nu: {len(housing)} leveranser" in output
    assert "ligger kvar i inkorgen" in output
    assert "inte återskapas" in output
    before, tables = keyed_cells(installation), marts_and_raw(installation)
    exit_code, output = avvik(installation, "rekey")
    assert exit_code == 2
    assert re.search(r"[1-9]\d* av \d+ pseudonymer", output)
    assert keyed_cells(installation) == before
    assert not next_key_file(installation.settings).exists()
    exit_code, output = avvik(installation, "rekey", "--accept-unlinked")
    assert exit_code == 0
    assert re.search(r"varav [1-9]\d* utan koppling", output)
    assert {cell[:3] for cell in keyed_cells(installation)} == {"v2:"}
    assert in_the_bytes(installation, before) == 0
    assert marts_and_raw(installation) == tables
    # The deliveries are not landed again although they lie in the inbox, and nothing stops.
    receipts = log.read_bytes()
    assert installation.night() == Night()
    assert log.read_bytes() == receipts
    # What dbt makes anew of the new pseudonyms are the same figures.
    assert marts_and_raw(installation) == tables


def test_another_key_is_noticed_before_anything_is_loaded(installation: Installation) -> None:
    key = installation.settings.key_file
    key.write_text("v1:" + bytes(range(7, 103, 3)).hex(), encoding="ascii")
    [path, *_] = (installation.inbox / "avhysningar_barn").iterdir()
    path.write_bytes(path.read_bytes() + b"\n")
    before = installation.warehouse("from meta.deliveries order by all")
    exit_code, output = avvik(installation, "run")
    assert exit_code == 2
    assert "inte den som lagret är gjort med" in output
    assert installation.warehouse("from meta.deliveries order by all") == before
    exit_code, output = avvik(installation, "rekey")
    assert exit_code == 2
    assert not installation.run().success


def test_a_key_in_the_environment_is_changed_where_it_is_kept(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVVIK_PSEUDONYM_KEY", "v1:" + "x" * 40)
    exit_code, output = avvik(installation, "rekey")
    assert exit_code == 2
    assert "AVVIK_PSEUDONYM_KEY" in output


def test_there_must_be_something_to_change(tmp_path: Path) -> None:
    exit_code, output = avvik(Installation(tmp_path), "rekey")
    assert exit_code == 2
    assert "ingen nyckel att byta" in output


def test_nothing_is_destroyed_before_the_city_has_decided(installation: Installation) -> None:
    exit_code, output = avvik(installation, "retain")
    assert exit_code == 2
    assert "AVVIK_RETENTION_DAYS" in output


@pytest.mark.parametrize("command", [["run", "--profile", "live"], ["run"]])
def test_a_home_keeps_to_its_profile(
    installation: Installation, fresh: Callable[[], Installation], command: list[str]
) -> None:
    home = installation
    if command == ["run"]:
        home = fresh()
        (home.home / "profile").write_text("live\n", encoding="utf-8")
        shutil.rmtree(home.inbox)
    exit_code, output = avvik(home, *command)
    assert exit_code == 2
    assert "hör till profilen" in output
    if command == ["run"]:
        assert not home.inbox.exists(), "no made-up person comes into a home with real ones"
        assert avvik(home, "demo")[0] == 2
        assert not home.inbox.exists()
