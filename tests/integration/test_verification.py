"""What is not as it was written is said, never taken for nothing new, and built again."""

import json
import shutil
from pathlib import Path

import duckdb
from typer.testing import CliRunner

from orchestration.assets.steps import key_of
from orchestration.cli import app
from orchestration.flow.steps import flow
from orchestration.flow.verification import damaged_sv, verify
from orchestration.storage.landing import LandingStore, Receipt
from tests.integration.conftest import Installation
from tests.landed import blob_of

runner = CliRunner()


def avvik(*arguments: str, home: Path) -> tuple[int, str]:
    result = runner.invoke(app, [*arguments, "--home", str(home)])
    return result.exit_code, " ".join((result.output + result.stderr).split())


def newest(installation: Installation, name: str) -> tuple[LandingStore, Receipt]:
    store = LandingStore(installation.settings.landing_dir)
    return store, [receipt for receipt in store.receipts() if receipt.name == name][-1]


def test_all_is_as_it_was_written(installation: Installation) -> None:
    found = verify(installation.settings)
    assert found.faults_sv == []
    assert found.deliveries > 100
    assert found.tables > 50
    assert found.editions == 2, "one behind each door"
    code, told = avvik("verify", home=installation.home)
    assert (code, told.endswith("Allt är som det skrevs.")) == (0, True)


def test_a_table_changed_by_hand_is_told(installation: Installation) -> None:
    installation.change("update marts.deviations set observed = observed + 1")
    [fault] = verify(installation.settings).faults_sv
    assert fault.startswith("marts.deviations har ändrats utanför flödet")


def test_a_directory_in_the_warehouses_place_is_told(installation: Installation) -> None:
    warehouse = installation.settings.warehouse_path
    warehouse.unlink()
    warehouse.mkdir()
    code, told = avvik("run", home=installation.home)
    assert code == 2
    assert "är en katalog där en fil ska ligga. Gör så här: kör avvik rebuild" in told


def test_a_cut_warehouse_is_told_and_no_other_process(
    installation: Installation,
) -> None:
    warehouse = installation.settings.warehouse_path
    with warehouse.open("r+b") as file:
        file.truncate(warehouse.stat().st_size // 2)
    code, told = avvik("verify", home=installation.home)
    assert code == 1
    assert "är skadat eller avkapat" in told
    assert "kör avvik rebuild" in told
    code, told = avvik("run", home=installation.home)
    assert code != 0
    assert "avvik rebuild" in told
    assert "En annan process" not in told
    assert "Inget nytt" not in told


def test_a_scheduled_run_tells_the_same(installation: Installation) -> None:
    """Before its first step, which may not get so far: a warehouse that is cut cannot be opened."""
    page = (installation.settings.published_dir / "promemoria.html").resolve()
    page.write_text(page.read_text(encoding="utf-8")[:1000], encoding="utf-8")
    installation.change("update marts.deviations set observed = observed + 1")
    told = verify(installation.settings).faults_sv
    assert len(told) == 2
    landing = flow().by_name["landing"]
    keys = [key_of(product) for product in landing.products]
    assert installation.run(*keys).success
    assert noticed(installation) == [told]
    assert installation.run(keys[0]).success, "one source alone is no night"
    warehouse = installation.settings.warehouse_path
    warehouse.write_bytes(warehouse.read_bytes()[:100_000])
    assert not installation.run(*keys).success
    assert [
        [text for text in each if "skadat eller avkapat" in text] for each in noticed(installation)
    ] == [[], [damaged_sv(warehouse, duckdb.IOException())]]


def noticed(installation: Installation) -> list[list[str]]:
    """What the notices say, those of failed steps left out."""
    lines = installation.settings.notices.read_text(encoding="utf-8").splitlines()
    return [[cause["meddelande"] for cause in json.loads(line)["orsaker"]] for line in lines]


def test_what_was_damaged_is_told_and_built_again(installation: Installation) -> None:
    before = installation.published("from marts.indicator_values order by all")
    assert len(before) > 1000
    store, lost = newest(installation, "avhysningar_barn")
    blob_of(store, lost.delivery_id).unlink()
    _, altered = newest(installation, "vald_arenden")
    blob = blob_of(store, altered.delivery_id)
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    page = (installation.settings.published_dir / "promemoria.html").resolve()
    page.write_text(page.read_text(encoding="utf-8")[:1000], encoding="utf-8")
    warehouse = installation.settings.warehouse_path
    warehouse.write_bytes(warehouse.read_bytes()[:100_000])

    code, told = avvik("verify", home=installation.home)
    assert code == 1
    for receipt in (lost, altered):
        assert f"Fil {receipt.file_name}: det som togs emot" in told
    assert "promemoria.html är ändrad" in told
    assert str(warehouse) in told

    code, told = avvik("rebuild", home=installation.home)
    assert code == 0, told
    assert installation.published("from marts.indicator_values order by all") == before
    # Both files still lay in the inbox, so nothing is lost; the cut edition is kept as it is.
    faults = verify(installation.settings).faults_sv
    assert [fault for fault in faults if "promemoria.html är ändrad" not in fault] == []
    assert len(faults) == 1
    assert not list(installation.home.glob("*.undanlagt"))
    shutil.rmtree(page.parent)
    code, told = avvik("run", home=installation.home)
    assert (code, "Inget nytt" in told) == (0, True)


def test_one_lost_delivery_holds_itself_alone(installation: Installation) -> None:
    store, lost = newest(installation, "avhysningar_barn")
    blob_of(store, lost.delivery_id).unlink()
    (installation.inbox / lost.file_name).unlink()
    installation.settings.warehouse_path.unlink()
    code, told = avvik("run", home=installation.home)
    assert "Inget nytt" not in told
    assert f"Fil {lost.file_name}: det som togs emot" in told
    held = installation.warehouse(
        "select file_name from meta.deliveries where outcome = 'quarantined'"
    )
    assert held == [(lost.file_name,)]
    [(loaded,)] = installation.warehouse(
        "select count(distinct name) from meta.deliveries where outcome = 'loaded'"
    )
    assert loaded > 20
    assert code in {0, 1}
