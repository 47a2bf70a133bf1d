"""What has moved between deliveries is told, and what moves by chance is not."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.demo.faults import DRIFTS, write_fault
from orchestration.intake.admission import load_deliveries
from orchestration.intake.confirming import ConfirmationError, confirm_delivery
from orchestration.intake.receiving import land_deliveries
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.settings import Settings
from orchestration.storage.confirmations import confirmations
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse
from tests.conftest import WrittenCity

KEY = PseudonymKey.from_secret(b"en hemlighet som bara finns i provet")
MONTHS = 16
REGISTERS = ("barn_unga_arenden", "ekonomiskt_bistand_beslut", "vald_arenden")
# The statistics that come with a demonstration say nothing here.
NAMES = frozenset(REGISTERS)


def period(month: int) -> str:
    return f"{2022 + month // 12}-{month % 12 + 1:02d}"


@pytest.fixture(scope="session")
def months(written_small_city: WrittenCity, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Registers of a small city, dealt out over a few months so that these are of a real size."""
    folder = tmp_path_factory.mktemp("months")
    for register in REGISTERS:
        (folder / "inbox" / register).mkdir(parents=True)
        tables = [
            _lines(file) for file in sorted((written_small_city.inbox / register).glob("*.csv"))
        ]
        rows = [line for table in tables for line in table[1:]]
        for month in range(MONTHS):
            target = folder / "inbox" / register / f"{register}_{period(month)}.csv"
            content = "\n".join([tables[0][0], *rows[month::MONTHS]]) + "\n"
            target.write_text(content, encoding="utf-8")
    return folder / "inbox"


def _lines(file: Path) -> list[str]:
    content = file.read_bytes()
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return content.decode("windows-1252").splitlines()


@pytest.fixture
def home(months: Path, tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, settle_seconds=0)
    shutil.copytree(months, settings.inbox_dir)
    return settings


def drift_of(settings: Settings) -> list[tuple[str, str, str, str, str]]:
    store = LandingStore(settings.landing_dir)
    with open_warehouse(settings.warehouse_path) as connection:
        land_deliveries(connection, settings, store, now=datetime.now(UTC), names=NAMES)
        load_deliveries(connection, settings, store, KEY, names=NAMES)
        return connection.execute(
            "select period, column_name, measure, category, message_sv from meta.drift order by all"
        ).fetchall()


def outcome_of(settings: Settings) -> dict[str, str]:
    """What became of the latest delivery of each register's file."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return dict(
            connection.execute(
                "select file_name, arg_max(outcome, delivery_sequence) from meta.deliveries"
                " where kind = 'register' group by all"
            ).fetchall()
        )


def outcomes(settings: Settings) -> set[str]:
    return set(outcome_of(settings).values())


def report_of(settings: Settings, path: Path) -> str:
    name = str(path.relative_to(settings.inbox_dir)).replace("/", "__")
    return (settings.delivery_reports_dir / f"{name}.txt").read_text(encoding="utf-8")


def confirm(
    connection: duckdb.DuckDBPyConnection, store: LandingStore, wanted: str, reason: str = "Stämmer"
) -> None:
    confirm_delivery(
        connection, store, wanted, reason=reason, confirmed_by="anna", at=datetime.now(UTC)
    )


def in_ore(file: Path) -> None:
    """Give the amounts of a file in öre."""
    header, *rows = _lines(file)
    places = [header.split(";").index(name) for name in ("sokt_belopp", "beviljat_belopp")]
    changed = []
    for row in rows:
        cells = row.split(";")
        for place in places:
            cells[place] = f"{float(cells[place].replace(',', '.')) * 100:.0f}"
        changed.append(";".join(cells))
    file.write_text("\n".join([header, *changed]) + "\n", encoding="utf-8")


def test_months_that_are_alike_give_no_observation(home: Settings) -> None:
    assert drift_of(home) == []
    with duckdb.connect(str(home.warehouse_path), read_only=True) as connection:
        profiled = connection.execute(
            "select count(distinct delivery_sequence) from meta.delivery_profiles"
            " where measure = 'rows'"
        ).fetchall()
    assert profiled == [(MONTHS * len(REGISTERS),)]


EXPECTED = {
    "moved_share_of_a_code": ("boendeform", "share", "inneboende"),
    "new_column": ("handlaggargrupp", "appeared", ""),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_a_planted_drift_is_told_and_loaded(home: Settings, name: str) -> None:
    path = write_fault(home.inbox_dir, name)
    found = drift_of(home)
    assert EXPECTED[name] in {row[1:4] for row in found}
    assert {row[0] for row in found} == {period(MONTHS - 1)}
    assert {row[1] for row in found} == {EXPECTED[name][0]}
    assert outcomes(home) == {"loaded"}
    text = report_of(home, path)
    assert "Iakttagelser, som inte hindrar inläsningen:" in text
    assert all(f"- {row[4]}" in text for row in found)


# Fault -> the rule and the column that it breaks first of all, and what the supplier is asked.
HELD = {
    "amounts_in_ore": (
        "storleksordning",
        "beviljat_belopp",
        "ungefär 100 gånger så stora; är de i öre?",
    ),
    "amounts_tenfold": ("storleksordning", "sokt_belopp", "ungefär 10 gånger så stora"),
    "amounts_in_thousands": (
        "storleksordning",
        "sokt_belopp",
        "ungefär en tusendel så stora; är de i tusental kronor?",
    ),
    "half_the_rows": ("omfattning", "", "är hela perioden med, och bara en gång?"),
    "swapped_columns": ("kolumnordning", "sokt_belopp", "är de två kolumnerna omkastade?"),
    "swapped_dates": ("kolumnordning", "ansokan_datum", "är de två kolumnerna omkastade?"),
    "share_of_a_code": ("fordelning", "boendeform", "av raderna har inneboende mot"),
    "missing_cells": (
        "bortfall",
        "avslagsgrund",
        "uppgiften saknas i 100,0\u00a0procent av raderna mot",
    ),
}


@pytest.mark.parametrize("name", HELD)
def test_a_delivery_that_is_unlike_the_others_is_held_and_named(home: Settings, name: str) -> None:
    path = write_fault(home.inbox_dir, name)
    file_name = str(path.relative_to(home.inbox_dir))
    assert drift_of(home) == []
    rule, column, question = HELD[name]
    with duckdb.connect(str(home.warehouse_path), read_only=True) as connection:
        held = connection.execute(
            "select file_name, rule, coalesce(column_name, ''), message_sv"
            " from meta.delivery_breaches join meta.deliveries using (delivery_sequence)"
        ).fetchall()
        kept = connection.execute(
            "select count(*) from meta.delivery_profiles"
            " join meta.deliveries using (delivery_sequence) where outcome = 'quarantined'"
        ).fetchone()
    assert {row[0] for row in held} == {file_name}
    assert kept == (0,)
    [message] = [row[3] for row in held if row[1:3] == (rule, column) and question in row[3]]
    assert message.endswith(
        f"Gör så här: rätta filen och lämna den igen; stämmer den ändå, be datateamet bekräfta det"
        f' med avvik confirm "{file_name}" --reason "...".'
    )
    text = report_of(home, path)
    assert "Hela leveransen hålls tillbaka" in text
    assert message in text


def test_a_confirmed_delivery_is_loaded_told_of_and_known(home: Settings) -> None:
    """The word is kept in landing, so that a warehouse that is built anew knows it too."""
    path = write_fault(home.inbox_dir, "amounts_in_ore")
    drift_of(home)
    store = LandingStore(home.landing_dir)
    with open_warehouse(home.warehouse_path) as connection:
        kept = confirm_delivery(
            connection,
            store,
            path.name,
            reason="  Riksnormen\n räknades om ",
            confirmed_by="anna",
            at=datetime.now(UTC),
        )
    assert outcomes(home) == {"loaded", "quarantined"}
    found = drift_of(home)
    assert {row[1] for row in found} == {"sokt_belopp", "beviljat_belopp"}
    assert outcomes(home) == {"loaded"}
    text = report_of(home, path)
    assert "bekräftades" in text
    assert "av anna: Riksnormen räknades om" in text
    home.warehouse_path.unlink()
    assert drift_of(home) == found
    with open_warehouse(home.warehouse_path) as connection:
        assert connection.execute(
            "select file_name, confirmed_by, reason_sv from meta.delivery_confirmations"
        ).fetchall() == [(kept.file_name, "anna", "Riksnormen räknades om")]
        with pytest.raises(ConfirmationError, match="hålls inte tillbaka"):
            confirm(connection, store, path.name)


def test_only_an_unusual_delivery_can_be_confirmed(home: Settings) -> None:
    path = write_fault(home.inbox_dir, "negative_amount")
    odd = write_fault(home.inbox_dir, "half_the_rows")
    drift_of(home)
    store = LandingStore(home.landing_dir)
    with open_warehouse(home.warehouse_path) as connection:
        with pytest.raises(ConfirmationError, match="bryter mot avtalet \\(intervall\\)"):
            confirm(connection, store, path.name)
        with pytest.raises(ConfirmationError, match="Ett skäl behövs"):
            confirm(connection, store, odd.name, reason=" ")
        with pytest.raises(ConfirmationError, match="Ingen leverans heter"):
            confirm(connection, store, "sommaren.csv")
        [receipt] = [each for each in store.receipts() if each.file_name.endswith(odd.name)]
        confirm(connection, store, receipt.delivery_id[:8])
        with pytest.raises(ConfirmationError, match="redan bekräftad"):
            confirm(connection, store, str(receipt.sequence))
    assert [each.sequence for each in confirmations(store)] == [receipt.sequence]
    assert confirmations(store, by=datetime(2020, 1, 1, tzinfo=UTC)) == []
    # What was corrected meanwhile needs nobody's word.
    odd.write_bytes(odd.read_bytes() + b"\n")
    drift_of(home)
    with open_warehouse(home.warehouse_path) as connection:
        latest = store.receipts()[-1]
        assert latest.file_name.endswith(odd.name)
        with pytest.raises(ConfirmationError, match="ersatt av en senare"):
            confirm(connection, store, receipt.delivery_id)


def test_the_months_after_a_confirmed_change_are_not_held_again(home: Settings) -> None:
    """Once a person has said that the new level is right, each month need not be confirmed."""
    register = home.inbox_dir / "ekonomiskt_bistand_beslut"
    files = sorted(register.glob("*.csv"))
    later = [file.rename(home.inbox_dir.parent / file.name) for file in files[-1:]]
    write_fault(home.inbox_dir, "amounts_in_ore")
    assert drift_of(home) == []
    store = LandingStore(home.landing_dir)
    [held] = [name for name, outcome in outcome_of(home).items() if outcome == "quarantined"]
    with open_warehouse(home.warehouse_path) as connection:
        confirm(connection, store, held)
    for file in later:
        moved = file.rename(register / file.name)
        in_ore(moved)
    found = drift_of(home)
    assert set(outcome_of(home).values()) == {"loaded"}
    assert {row[0] for row in found if row[2] == "level"} == {
        Path(held).stem.rpartition("_")[2],
        later[0].stem.rpartition("_")[2],
    }


def test_half_of_a_period_that_was_whole_is_held_however_much_months_differ(
    home: Settings,
) -> None:
    """The rows of one period are the same ones, so they need no history of others."""
    register = home.inbox_dir / "barn_unga_arenden"
    for file in sorted(register.glob("*.csv"))[1:]:
        file.unlink()
    drift_of(home)
    [file] = register.glob("*.csv")
    header, *rows = _lines(file)
    whole, half = len(rows), len(rows) // 2
    file.write_text("\n".join([header, *rows[:half]]) + "\n", encoding="utf-8")
    drift_of(home)
    text = report_of(home, file)
    assert f"filen har {half} rader mot omkring {whole} i periodens förra leverans" in text
    assert "[regel omfattning]" in text
    # The rows that came back are what it was, give or take a few.
    file.write_text("\n".join([header, *rows[3:]]) + "\n", encoding="utf-8")
    drift_of(home)
    assert outcome_of(home)[str(file.relative_to(home.inbox_dir))] == "loaded"


def test_an_optional_column_that_is_left_out_is_told(home: Settings) -> None:
    """It is read as empty: without a word, every investigation would seem to go on."""
    files = sorted((home.inbox_dir / "barn_unga_arenden").glob("*.csv"))
    header, *rows = _lines(files[-1])
    renamed = header.replace("utredning_slut", "utredningslut")
    files[-1].write_text("\n".join([renamed, *rows]) + "\n", encoding="utf-8")
    found = {row[:3]: row[4] for row in drift_of(home)}
    period = files[-1].stem.rsplit("_", 1)[1]
    assert "utredning_slut saknas i filens rubrikrad" in found[period, "utredning_slut", "left_out"]
    # The column's name is repeated only where it cannot be anybody's value.
    assert (period, "utredningslut", "appeared") in found
    assert rows
