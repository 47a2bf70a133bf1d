"""What the data say of themselves, through the whole flow: found, told, and gone with its cause."""

from pathlib import Path

import pytest
import yaml

from orchestration.flow.analyses import analyses
from orchestration.flow.searching import contract_changes
from orchestration.registers.contract import build_contract
from orchestration.settings import PROJECT_ROOT
from tests.integration.conftest import Installation
from tests.nights import Night

PAGE = (
    PROJECT_ROOT
    / "orchestration/demo/recorded/socialstyrelsen"
    / "sdb_ekonomisktbistandmanad_resultat_2017.html"
)
MONTHLY = "socialstyrelsen_assistance_monthly"
LOSS = f"not-{MONTHLY}-partial_loss-2017-02-0180-assistance_households_month"
JUDGED = (
    *("deviations", "early_warnings", "focus_areas"),
    *(each.step.name for each in analyses()),
    *("analysis_results", "release", "memorandum"),
)
GROUPS = (
    "select outcome, explanation_id, observed, p_value, reason_sv from marts.deviations"
    " where indicator_id = 'housing_support_hours' and breakdown = 'target_group'"
    " and category = 'funktionsnedsattning' and kind = 'group_difference'"
)
MONTHS = (
    "select outcome, explanation_id, reason_sv from marts.deviations"
    " where indicator_id = 'assistance_households_month'"
)
DRIFT = (
    "select indicator_id, effect, description_sv from marts.found_explanations"
    " where basis = 'drift' and period_from = 2022 and explanation_id like 'drift-boendestod%'"
    " order by indicator_id"
)


def moved(text: str) -> str:
    """The same deliveries, with every fifth person out of a home of their own."""
    header, *rows = text.splitlines()
    at = header.split(";").index("eget_boende")
    changed = [row.split(";") for row in rows]
    assert {cells[at] for cells in changed} == {"J", "N"}
    for cells in changed[::5]:
        cells[at] = "N"
    return "\n".join([header, *map(";".join, changed)]) + "\n"


def draft(installation: Installation) -> str:
    return (installation.settings.state_dir / "draft" / "restricted" / "promemoria.html").read_text(
        "utf-8"
    )


def judged_for(installation: Installation, year: int, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("AVVIK_YEAR", str(year))
    assert installation.night(*JUDGED) == Night()


def page_of(words: str) -> bytes:
    content = PAGE.read_bytes()
    named = "Malmö, partiellt bortfall (Malmö Norr saknas)".encode()
    assert content.count(named) == 1
    return content.replace(named, words.encode())


def test_a_planted_drift_and_a_planted_footnote_end_as_they_should(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged_for(installation, 2017, monkeypatch)
    [(_, no_reason, months_before)] = installation.warehouse(MONTHS)
    judged_for(installation, 2022, monkeypatch)
    [before] = installation.warehouse(GROUPS)
    # The difference was there before, and nobody has chosen to keep it in focus that year.
    assert (before[0], before[1], no_reason) == ("watch", None, None)
    assert installation.warehouse(DRIFT) == []
    assert "Kontrollera först:" not in draft(installation)

    register = installation.inbox / "boendestod_beslut" / "boendestod_beslut_2022.csv"
    original = register.read_bytes()
    register.write_bytes(moved(original.decode("windows-1252")).encode("windows-1252"))
    footnotes: Path = installation.inbox / MONTHLY / "sidan.html"
    footnotes.parent.mkdir()
    footnotes.write_bytes(page_of("Stockholm, partiellt bortfall (en enhet saknas)"))
    assert installation.night() == Night()

    # The register drifted: the deviation is what it was, and says what to examine first.
    found = installation.warehouse(DRIFT)
    assert {effect for _, effect, _ in found} == {"reservation"}
    assert [(indicator,) for indicator, *_ in found] == installation.warehouse(
        "select indicator_id from marts.indicators where source_id = 'boendestod_beslut'"
        " order by all"
    )
    assert len(found) == 3
    assert all("eget_boende, fördelning (2022)" in told for *_, told in found)
    assert not any("procent" in told for *_, told in found)
    [after] = installation.warehouse(GROUPS)
    assert after[:4] == before[:4]
    drifted = "Registreringen i ”Beslut om boendestöd” kan ha ändrats 2022"
    assert after[4] == f"{before[4]} Kontrollera först: {drifted}."
    assert f"Kontrollera först: {drifted}." in draft(installation)
    # What was found is published beside what was tested.
    assert installation.published(DRIFT) == found

    # The publisher says what was lost: the month is empty, and the reason is told.
    judged_for(installation, 2017, monkeypatch)
    [row] = installation.warehouse(
        "select month_from, month_to, direction, synthetic, description_sv, source"
        f" from marts.found_explanations where explanation_id = '{LOSS}'"
    )
    assert row == (
        2,
        2,
        -1,
        False,
        "Utgivarens fotnot: ”Februari 2017: Stockholm, partiellt bortfall (en enhet saknas)”",
        "Källa: Socialstyrelsen, statistikdatabasen för ekonomiskt bistånd, månad, fotnot",
    )
    assert installation.warehouse(
        "select period_start::varchar, value from marts.indicator_values"
        " where indicator_id = 'assistance_households_month' and geography_id = '0180'"
        " and breakdown = 'total' and status = 'missing'"
    ) == [("2017-02-01", None)]
    assert installation.warehouse(MONTHS) == [
        (
            "cannot_tell",
            LOSS,
            f"{months_before} Känd orsak: Stockholm: partiellt bortfall i februari 2017.",
        )
    ]
    assert "Känd orsak: Stockholm: partiellt bortfall i februari 2017." in draft(installation)

    # Without drift and footnote all is as before.
    register.write_bytes(original)
    footnotes.write_bytes(page_of("Malmö, partiellt bortfall (Malmö Norr saknas) igen"))
    monkeypatch.setenv("AVVIK_YEAR", "2022")
    assert installation.night() == Night()
    assert installation.warehouse(GROUPS) == [before]
    assert installation.warehouse(DRIFT) == []
    assert (
        installation.warehouse(
            f"select * from marts.found_explanations where explanation_id = '{LOSS}'"
        )
        == []
    )


def test_the_boards_that_ceased_are_found_and_nothing_is_registered_twice(
    published: Installation,
) -> None:
    ceased = published.published(
        "select found.geography_id from marts.found_explanations as found"
        " where basis = 'geography' order by all"
    )
    assert ceased == published.published(
        "select geography_id from marts.geographies where valid_to is not null order by all"
    )
    assert len(ceased) == 6
    assert published.published(
        "select count(*) from marts.found_explanations where basis = 'series'"
    ) == [(0,)], "a board's broken year is told by the reform"
    registered = {row[0] for row in published.warehouse("from seeds.natural_explanations")}
    found = {row[0] for row in published.published("from marts.found_explanations")}
    assert registered
    assert not registered & found


def test_a_column_that_is_only_added_changes_no_figure() -> None:
    content = yaml.safe_load(
        (PROJECT_ROOT / "orchestration/registers/contracts/avhysningar_barn.yml").read_text("utf-8")
    )
    content["changes"] = [
        {
            "from": "2024-01",
            "description_sv": "En ny kolumn.",
            "add": {"ny": {"type": "flag", "personal": "indirect", "optional": True}},
        },
        {
            "from": "2025-01",
            "description_sv": "Fler än nio barn kan anges.",
            "modify": {"antal_barn": {"max": 30}},
        },
    ]
    added, modified = contract_changes(
        "avhysningar_barn", build_contract("avhysningar_barn", content)
    )
    assert (added.year, added.month, added.columns) == (2024, 1, ())
    assert (modified.year, modified.month, modified.columns) == (2025, 1, ("antal_barn",))
