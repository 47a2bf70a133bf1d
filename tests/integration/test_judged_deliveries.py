"""Deliveries that keep the contract and are unlike their register's history, on the default city.

What is planted is told by the fault's own description, what readers see by the published bytes.
"""

import shutil
from pathlib import Path

from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.demo.faults import write_fault
from tests.integration.conftest import Installation
from tests.nights import Night

REGISTER = "ekonomiskt_bistand_beslut"
# Fault -> what the message about it says.
TOLD = {
    "amounts_in_ore": [
        "kolumn beviljat_belopp: värdena är av en annan storlek än väntat",
        "beloppen är ungefär 100 gånger så stora; är de i öre?",
        "[regel storleksordning]",
    ],
    "half_the_rows": [
        "antalet rader är ett helt annat än väntat",
        "i periodens förra leverans; är hela perioden med, och bara en gång?",
        "[regel omfattning]",
    ],
    "swapped_columns": [
        "kolumn sokt_belopp: kolumnen förhåller sig till en annan kolumn på ett annat sätt",
        "är de två kolumnerna omkastade?",
        "[regel kolumnordning]",
    ],
}


def test_a_fault_free_city_gives_no_drift_and_no_reservation(default_city: Installation) -> None:
    """Whatever is empty because its case is open, and whatever is a season, alarms nobody."""
    [(profiled,)] = default_city.warehouse(
        "select count(distinct delivery_sequence) from meta.delivery_profiles"
        " where measure = 'missing'"
    )
    assert profiled > 200
    assert default_city.warehouse("select message_sv from meta.drift") == []
    assert default_city.warehouse("select message_sv from meta.delivery_breaches") == []
    assert default_city.published(
        "select count(*) from marts.found_explanations where basis = 'drift'"
    ) == [(0,)]
    memorandum = default_city.settings.published_dir / "promemoria.html"
    assert "kan ha ändrats" not in memorandum.read_text(encoding="utf-8")


def test_unlike_months_are_held_named_and_confirmed_or_corrected(
    default_city: Installation, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(default_city.home, home)
    installation = Installation(home)
    before = installation.snapshot.read_bytes()
    amounts = standing(installation)
    paths = {name: write_fault(installation.inbox, name) for name in TOLD}
    assert len(set(paths.values())) == len(TOLD)

    result = installation.night()

    assert result.stopped_at == "raw", result
    assert installation.snapshot.read_bytes() == before
    assert standing(installation) == amounts
    for name, path in paths.items():
        assert outcome(installation, path) == "quarantined", name
        text = report(installation, path)
        assert "Tidigare godkända uppgifter ligger kvar." in text
        lines = [line for line in text.splitlines() if TOLD[name][-1] in line]
        assert any(all(words in line for words in TOLD[name]) for line in lines), (name, text)
        assert all(f"{REGISTER}/{path.name}" in line for line in lines)
        assert all(f'avvik confirm "{REGISTER}/{path.name}" --reason' in line for line in lines)

    # One of them was right after all, the others were not.
    confirmed = paths.pop("half_the_rows")
    wanted = f"{REGISTER}/{confirmed.name}"
    said = CliRunner().invoke(
        app, ["confirm", wanted, "--reason", "Enheten var stängd", "--home", str(home)]
    )
    assert said.exit_code == 0, said.output
    assert "Den läses in vid nästa körning" in said.output
    for path in paths.values():
        shutil.copy(default_city.inbox / REGISTER / path.name, path)

    assert installation.night() == Night()
    assert {outcome(installation, path) for path in [*paths.values(), confirmed]} == {"loaded"}
    assert installation.snapshot.read_bytes() != before
    # A row that the smaller file lacks stays, as suppliers are told, so the figures do too.
    assert standing(installation) == amounts
    text = report(installation, confirmed)
    assert "Leveransen är inläst." in text
    assert ": Enheten var stängd" in text
    assert not [path for path in paths.values() if reported(installation, path).exists()]
    assert installation.warehouse(
        "select file_name, reason_sv from meta.delivery_confirmations"
    ) == [(wanted, "Enheten var stängd")]


def standing(installation: Installation) -> list[tuple[object, ...]]:
    """The register's rows and amounts as the marts would read them: each key's latest."""
    return installation.warehouse(
        f"select count(*), sum(beviljat_belopp) from ("
        f" from raw.register__{REGISTER}"
        " qualify row_number() over (partition by beslut_id"
        " order by delivery_period desc, delivery_sequence desc) = 1)"
    )


def outcome(installation: Installation, path: Path) -> str:
    [(latest,)] = installation.warehouse(
        "select arg_max(outcome, delivery_sequence) from meta.deliveries where file_name = $name",
        {"name": f"{path.parent.name}/{path.name}"},
    )
    return str(latest)


def reported(installation: Installation, path: Path) -> Path:
    return installation.settings.delivery_reports_dir / f"{path.parent.name}__{path.name}.txt"


def report(installation: Installation, path: Path) -> str:
    return reported(installation, path).read_text(encoding="utf-8")
