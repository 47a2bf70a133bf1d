"""A report year is refused before any work where it is known to have no values, and only there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli.commands import app
from orchestration.intake.incoming import incoming_files
from orchestration.intake.report_year import require_report_year
from orchestration.settings import Settings
from orchestration.storage import deliveries
from orchestration.storage.landing import LandingStore
from orchestration.storage.report_year import ReportYearError
from orchestration.storage.warehouse import open_warehouse

NOW = datetime(2024, 3, 1, 2, 30, tzinfo=UTC)


def settings(home: Path, year: int | None = 1990, as_of: str | None = None) -> Settings:
    return Settings(home=home, year=year, as_of=as_of, profile="live", settle_seconds=0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose one delivery has landed and been loaded, with a value of 2023."""
    given = settings(tmp_path)
    deliver(tmp_path, "kod\n1\n")
    store = LandingStore(given.landing_dir)
    receipts = store.land(incoming_files(given), received_at=NOW)
    assert len(receipts) == 1
    with open_warehouse(given.warehouse_path) as connection:
        deliveries.create_tables(connection)
        connection.execute(
            """
            insert into meta.deliveries (delivery_sequence, name) values (1, 'befolkning_stadsdel');
            create table marts.area_years as
            select '0180' as geography_id, 'barn_och_unga' as area, 2023 as report_year;
            """
        )
    return tmp_path


def deliver(home: Path, text: str, name: str = "befolkning_stadsdel_2023.csv") -> None:
    folder = home / "inbox" / "befolkning_stadsdel"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_a_year_that_nothing_can_bring_is_refused(home: Path) -> None:
    with pytest.raises(ReportYearError, match=r"Rapportåret 1990 .* åren 2023 med --year"):
        require_report_year(settings(home))


@pytest.mark.parametrize("year", [None, 2023])
def test_a_year_with_values_and_no_year_at_all_are_let_through(
    home: Path, year: int | None
) -> None:
    require_report_year(settings(home, year))


@pytest.mark.parametrize("name", ["befolkning_stadsdel_1990.csv", "befolkning_stadsdel_2023.csv"])
def test_what_has_not_landed_may_bring_the_year(home: Path, name: str) -> None:
    deliver(home, "kod\n2\n", name)
    require_report_year(settings(home))


def test_what_has_landed_and_is_not_loaded_may_bring_the_year(home: Path) -> None:
    with open_warehouse(settings(home).warehouse_path) as connection:
        connection.execute("delete from meta.deliveries")
    require_report_year(settings(home))


def test_at_a_first_run_and_in_the_past_nothing_is_known(home: Path, tmp_path: Path) -> None:
    require_report_year(settings(tmp_path / "new"))
    require_report_year(settings(home, as_of="2024-01-01"))


def test_the_command_refuses_it_before_anything_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVVIK_PSEUDONYM_KEY", bytes(range(5, 101, 3)).hex())
    before = {path.name for path in home.iterdir()}
    ran = CliRunner().invoke(
        app, ["run", "--home", str(home), "--profile", "live", "--year", "1990"]
    )
    assert ran.exit_code == 2
    assert "Rapportåret 1990 saknar årsvärden" in ran.output
    assert "åren 2023 med --year" in ran.output
    # Nothing is fetched, landed or built: the home was only claimed.
    assert {path.name for path in home.iterdir()} - before <= {"profile", ".run.lock", "spill"}
