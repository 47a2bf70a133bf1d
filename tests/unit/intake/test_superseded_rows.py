"""What the intake asks of a delivery still holds when rows of it are replaced and removed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.intake import admission
from orchestration.registers import profiles
from orchestration.registers.contract import load_contracts
from orchestration.registers.superseded import remove_superseded
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse
from tests.landed import blob_of
from tests.unit.intake.test_admission import (
    HEADER,
    MISTYPED,
    PERSON,
    Home,
    register,
    row,
    with_hours,
)

CONTRACT = load_contracts()["boendestod_beslut"]
# Without the version: every figure that was measured, with its score.
PROFILES = (
    "select delivery_sequence, column_name, measure, category, value, score, score_variance"
    " from meta.delivery_profiles where score is not null order by all"
)
BY_DELIVERY = (
    f"select delivery_sequence, count(*) from raw.{CONTRACT.table} group by all order by all"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Settings(home=tmp_path, profile="live", settle_seconds=0))


def remove(home: Home) -> int:
    """Remove what is replaced by now."""
    with open_warehouse(home.settings.warehouse_path) as connection:
        return remove_superseded(
            connection, CONTRACT, before=datetime.now(UTC) + timedelta(seconds=1)
        )


@pytest.fixture
def replaced(home: Home) -> Home:
    """Of January's 150 decisions February brings 100 again; the others stand."""
    home.deliver("boendestod_beslut", "2023-01", register())
    home.take_in()
    february = HEADER + "".join(row(f"H{number}", hours="8,5") for number in range(100))
    home.deliver("boendestod_beslut", "2023-02", february)
    home.take_in()
    assert remove(home) == 100
    assert home.ask(BY_DELIVERY) == [(1, 50), (2, 100)]
    return home


def test_a_profile_under_another_version_is_measured_from_the_landed_bytes(
    replaced: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = replaced.ask(PROFILES)
    assert {measure: value for n, _, measure, _, value, *_ in before if n == 1}["rows"] == 150
    monkeypatch.setattr(profiles, "VERSION", profiles.VERSION + 1)
    replaced.deliver("boendestod_beslut", "2023-03", register(prefix="M"))
    replaced.take_in()
    after = replaced.ask(PROFILES)
    assert [each for each in after if each[0] < 3] == before
    assert [each for each in after if each[0] == 3]
    assert replaced.ask("select distinct version from meta.delivery_profiles where score > 0") == [
        (profiles.VERSION,)
    ]


def test_what_can_be_measured_no_more_is_held_against_nothing(
    replaced: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "VERSION", profiles.VERSION + 1)
    store = LandingStore(replaced.settings.landing_dir)
    blob_of(store, store.receipts()[0].delivery_id).unlink()
    (replaced.settings.inbox_dir / "boendestod_beslut" / "boendestod_beslut_2023-01.csv").unlink()
    replaced.deliver("boendestod_beslut", "2023-03", register(prefix="M"))
    for _ in range(2):
        replaced.take_in()
        assert {each[0] for each in replaced.ask(PROFILES)} == {2, 3}


def test_an_empty_file_does_not_stand_for_a_period_whose_rows_are_replaced(home: Home) -> None:
    home.deliver("boendestod_beslut", "2023-01", register())
    home.deliver("boendestod_beslut", "2023-02", register(row("H150")))
    home.take_in()
    assert remove(home) == 150
    assert home.ask(BY_DELIVERY) == [(2, 151)]
    home.deliver("boendestod_beslut", "2023-01", HEADER)
    home.take_in()
    assert home.outcomes()[-1][1] == "quarantined"
    assert home.ask("select rule from meta.delivery_breaches") == [("inga_rader",)]


def test_a_delivery_that_is_judged_again_comes_back_whole_and_goes_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its waiting row is let in by a new rule; what is replaced counts no more than before."""
    narrow = with_hours(on_breach={"intervall": "row"})
    monkeypatch.setattr(admission, "load_contracts", narrow)
    home.deliver("boendestod_beslut", "2023-01", register(row("X1", hours="800")))
    home.deliver("boendestod_beslut", "2023-02", register(row("H150")))
    home.take_in()
    assert remove(home) == 150
    assert home.ask("select state from meta.held_rows") == [("waiting",)]
    wide = with_hours(on_breach={"intervall": "row"}, max=1000)
    monkeypatch.setattr(admission, "load_contracts", wide)
    home.take_in()
    assert home.ask("select state from meta.held_rows") == [("released",)]
    assert home.ask(BY_DELIVERY) == [(1, 151), (2, 151)]
    assert remove(home) == 150
    assert home.ask(BY_DELIVERY) == [(1, 1), (2, 151)]


def test_a_survey_s_waiting_row_is_superseded_by_its_own_period_alone(home: Home) -> None:
    """Each survey numbers its rows from the beginning: row 1 is another person's the next time."""
    contract = load_contracts()["hemloshet_kartlaggning"]

    def survey(first: str, children: int) -> str:
        cells = dict.fromkeys(contract.columns, "") | {
            "kon": "K",
            "aldersgrupp": "25-34",
            "stadsdelsnamnd": "Bromma",
            "situation": "akut",
            "tid_i_hemloshet": "1_3_ar",
            "orsak": "ekonomi",
            "barn_antal": str(children),
        }
        lines = [
            {**cells, "rad_id": str(number), "personnummer": first if number == 1 else PERSON}
            for number in range(1, 151)
        ]
        rows = [";".join(contract.columns), *(";".join(line.values()) for line in lines)]
        return "\n".join(rows) + "\n"

    for period, first, children, state in (
        ("2016", MISTYPED, 1, "waiting"),
        ("2022", PERSON, 2, "waiting"),
        ("2016", PERSON, 1, "superseded"),
    ):
        home.deliver(contract.register_name, period, survey(first, children))
        home.take_in()
        assert home.ask("select state from meta.held_rows") == [(state,)]
        assert "quarantined" not in [each[1] for each in home.outcomes()]
