"""Each gate: a fault stops what it should, the snapshot stays, the next good delivery recovers."""

import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.demo.faults import FAULTS, IMPLAUSIBLE, write_fault
from orchestration.flow.news import nothing_new
from orchestration.flow.remarks import all_remarks, quality_status
from orchestration.intake.admission import load_deliveries
from orchestration.intake.receiving import land_deliveries
from orchestration.quality.gate import record
from orchestration.registers.inbox import scan_inbox
from orchestration.registers.pseudonyms import load_key
from orchestration.registers.quarantine import create_tables as create_held_rows
from orchestration.storage.deliveries import set_aside
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse
from tests.integration import hostile
from tests.integration.conftest import Installation, failed_steps, materialized

MEMORANDUM = dg.AssetKey(["published", "memorandum"])
SNAPSHOT = dg.AssetKey(["published", "snapshot"])


def marker(installation: Installation) -> dict[str, bytes]:
    """All that readers see: the database, the memorandum and the indicators' pages."""
    published = installation.settings.published_dir
    names = [
        *(published / name for name in ("marts.duckdb", "promemoria.html", "index.html")),
        *(page for name in ("indikatorer", "omraden") for page in (published / name).iterdir()),
    ]
    assert len(names) > 50
    return {str(path.relative_to(published)): path.read_bytes() for path in names}


def nights(installation: Installation, city: Path) -> list[dict[str, Path]]:
    """Share the faults out so that no night spoils the same file twice."""
    shared: list[dict[str, Path]] = []
    for name in FAULTS:
        path = write_fault(installation.inbox, name)
        restore(installation, city, path)
        night = next((each for each in shared if path not in each.values()), None)
        if night is None:
            shared.append({name: path})
        else:
            night[name] = path
    return shared


def restore(installation: Installation, city: Path, path: Path) -> None:
    """Put the delivery back that the supplier should have sent."""
    original = city / path.relative_to(installation.inbox)
    if original.exists():
        shutil.copy(original, path)
    else:
        path.unlink()


def test_nights_with_every_fault_and_a_night_with_every_hostile_file_after_them(
    installation: Installation, city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faults hold their deliveries, good files of the same night are loaded, all is repaired.

    The night that repairs them meets one hostile file of every kind, and publishes all else.
    """
    before = marker(installation)
    good = installation.inbox / "vald_arenden" / "vald_arenden_2023-11.csv"
    shared = nights(installation, city)
    assert sum(len(night) for night in shared) == len(FAULTS) >= 15
    for number, night in enumerate(shared):
        for name in night:
            write_fault(installation.inbox, name)
        good.write_bytes(good.read_bytes().replace(b"valdsutovare", b"valdsutsatt", 1))

        result = installation.run()

        assert not result.success
        assert marker(installation) == before
        assert not {"marts/indicator_values", "marts/deviations"} & materialized(result)
        # Nor is anything published by whoever tries the last step alone.
        assert not installation.run(SNAPSHOT).success
        assert marker(installation) == before
        outcomes = dict(
            installation.warehouse(
                "select file_name, arg_max(outcome, delivery_sequence)"
                " from meta.deliveries group by all"
            )
        )
        for name, path in night.items():
            file_name = str(path.relative_to(installation.inbox))
            assert outcomes[file_name] in {"quarantined", "loaded_in_part"}, (number, name)
            report = installation.settings.delivery_reports_dir / (
                file_name.replace("/", "__") + ".txt"
            )
            text = report.read_text(encoding="utf-8")
            assert file_name in text
            assert "Gör så här" in text
        [(loaded,)] = installation.warehouse(
            "select outcome from meta.deliveries where file_name = $name"
            " order by delivery_sequence desc limit 1",
            {"name": str(good.relative_to(installation.inbox))},
        )
        assert loaded == "loaded"
        for path in night.values():
            restore(installation, city, path)

    hostile.lower_limits(monkeypatch)
    left, aside = hostile.plant(installation.inbox, tmp_path / "outside")
    repaired = installation.run()
    assert repaired.success, failed_steps(repaired)
    assert marker(installation) != before
    # What is only unlike the deliveries before it is told, and holds nothing.
    reports = installation.settings.delivery_reports_dir.glob("*.txt")
    told = {path.name for path in reports if "[regel " in path.read_text(encoding="utf-8")}
    assert told == {f"{path.parent.name}__{path.name}.txt" for path in aside}
    rules = installation.warehouse(
        "select rule from meta.delivery_breaches inner join meta.deliveries"
        " using (delivery_sequence) where severity = 'file' order by delivery_sequence"
    )
    assert [rule for (rule,) in rules] == [
        "lasning_avbruten",
        "for_stort_blad",
        "for_stor",
        "for_stor",
    ]
    [(status,)] = installation.published("select quality_status from meta.publication")
    assert status == "godkänd med anmärkning"
    assert len(scan_inbox(installation.inbox).left) == len(left)
    landed = [blob.read_bytes() for blob in installation.settings.landing_dir.glob("??/*")]
    assert len(landed) > 100
    assert not [blob for blob in landed if b"utanf" in blob]
    # Nothing is new while they lie there, and nothing of them is left when they are gone.
    assert nothing_new(installation.settings)
    for path in (*left, *aside):
        path.unlink()
    settings, store = installation.settings, LandingStore(installation.settings.landing_dir)
    key = load_key(None, settings.key_file, create=False)
    with open_warehouse(settings.warehouse_path) as connection:
        after = land_deliveries(connection, settings, store, now=settings.moment())
        assert (list(after.new), list(after.remarks)) == ([], [])
        assert load_deliveries(connection, settings, store, key) == []
        assert set_aside(connection) == []


# Fault -> the table whose gate closes, and the rule that says so.
IMPLAUSIBLE_IN = {
    "children_too_many": ("raw.register__socioekonomi_stadsdel", "yearly_jump"),
    "households_of_a_board_too_few": ("marts.indicator_values", "households_against_population"),
}


@pytest.mark.parametrize("name", IMPLAUSIBLE)
def test_figures_that_cannot_be_right_close_the_gate_of_their_table(
    installation: Installation, name: str
) -> None:
    """They keep the contract and are like those before them: only the suites can tell."""
    before = marker(installation)
    write_fault(installation.inbox, name)
    result = installation.run()
    assert not result.success
    assert marker(installation) == before
    assert installation.warehouse("from meta.delivery_breaches") == []
    table, rule = IMPLAUSIBLE_IN[name]
    broken = installation.warehouse(
        "select table_name, expectation, message_sv from meta.validation_results"
        " where severity = 'critical' and not success qualify recorded_sequence"
        " = max(recorded_sequence) over (partition by table_name, suite)"
    )
    assert [row[:2] for row in broken] == [(table, f"unexpected_rows_expectation[{rule}]")]


def test_what_a_step_must_not_read_is_never_published(installation: Installation) -> None:
    """A mart is changed by hand, then a correction is carried halfway; a whole run repairs both."""
    before = marker(installation)
    # Changed by hand after the check: the check is older than the data.
    installation.change("update marts.indicator_values set value = 2 where value < 1")
    for step in ("deviations", "memorandum", "snapshot"):
        result = installation.rebuild(step)
        assert not result.success, step
        assert "marts.indicator_values har ändrats utanför flödet" in refusal(result)
    # Checked and found wanting: still closed, now because the latest check failed.
    [evaluation] = installation.check("marts.indicator_values").get_asset_check_evaluations()
    assert not evaluation.passed
    assert evaluation.severity == dg.AssetCheckSeverity.ERROR
    assert not installation.rebuild("deviations").success
    assert marker(installation) == before

    # Raw to marts are rebuilt as the README invites; the findings are still of the old figures.
    file = installation.inbox / "vald_arenden" / "vald_arenden_2023-11.csv"
    header, *lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([header, *lines[::2]]) + "\n", encoding="utf-8")
    assert installation.rebuild("landing", "raw", "staging", "marts").success
    for key in (MEMORANDUM, SNAPSHOT):
        result = installation.run(key)
        assert "är gjord av en annan version av" in refusal(result)
        assert "Gör så här: kör steget Söker orsaker i uppgifterna" in refusal(result)
    assert marker(installation) == before
    assert not nothing_new(installation.settings)

    # A whole run builds the marts anew, checks them and opens the gate.
    assert installation.run().success
    assert marker(installation) != before
    assert nothing_new(installation.settings)
    compared = installation.published(
        """
        select deviations.observed, indicator_values.value
        from marts.deviations
        inner join marts.indicator_values
            using (indicator_id, period_start, period_grain, geography_id, breakdown, category)
        where deviations.kind = 'change' and deviations.observed is not null
        """
    )
    assert len(compared) > 10
    assert not [pair for pair in compared if pair[0] != pair[1]]
    assert installation.rebuild("deviations").success


def test_a_failed_raw_gate_stops_all_that_comes_after(installation: Installation) -> None:
    before = marker(installation)
    installation.change("delete from raw.register__befolkning_stadsdel")
    result = installation.run()
    assert not result.success
    assert not [key for key in materialized(result) if key.startswith(("staging", "marts"))]
    assert marker(installation) == before
    # Dagster's blocking checks end with the run; the refusal does not.
    alone = installation.run(dg.AssetKey(["staging", "stg_register__befolkning_stadsdel"]))
    assert "Grinden är stängd.\nraw.register__befolkning_stadsdel klarade inte" in refusal(alone)


def refusal(result: dg.ExecuteInProcessResult) -> str:
    """What the step that refused said."""
    [event] = [event for event in result.all_events if event.is_step_failure]
    user = event.step_failure_data.user_failure_data
    assert user is not None
    return user.description or ""


def test_the_pages_wait_for_the_charts(installation: Installation) -> None:
    """A chart that shows something else than the published value closes the gate before them."""
    before = marker(installation)
    installation.change("update marts.series_charts set value = value + 1")
    draft = installation.settings.state_dir / "draft" / "restricted" / "promemoria.html"
    written = draft.read_bytes()
    for key in (MEMORANDUM, SNAPSHOT):
        assert not installation.run(key).success, key
    [evaluation] = installation.check("marts.series_charts").get_asset_check_evaluations()
    assert not evaluation.passed
    assert draft.read_bytes() == written
    assert marker(installation) == before


def test_one_mart_alone_can_be_built(installation: Installation) -> None:
    """What someone picks in the graph is built, and nothing else; the others wait for the gate."""
    geographies = dg.AssetKey(["marts", "geographies"])
    result = installation.run(geographies, dg.AssetKey(["seeds", "counties"]))
    assert result.success
    assert materialized(result) == {"marts/geographies", "seeds/counties"}
    one_source = installation.run(
        dg.AssetKey(["landing", "vald_arenden"]), dg.AssetKey(["raw", "register__vald_arenden"])
    )
    assert one_source.success
    assert materialized(one_source) == {"landing/vald_arenden", "raw/register__vald_arenden"}
    assert installation.rebuild("deviations").success, "the same content is still vouched for"


def test_a_missing_check_is_a_closed_gate(installation: Installation) -> None:
    installation.change("delete from meta.validation_results where table_name like 'marts.%'")
    assert not installation.rebuild("deviations").success


def test_a_failed_dbt_test_stops_the_marts(installation: Installation) -> None:
    before = marker(installation)
    installation.change(
        "insert into raw.register__familjeratt_arenden by name"
        " select * replace ('Atlantis' as stadsdelsnamnd, arende_id || '-x' as arende_id)"
        " from raw.register__familjeratt_arenden limit 1"
    )
    result = installation.run()
    assert failed_steps(result) == {"marts"}
    assert not {"marts/deviations", "published/memorandum"} & materialized(result)
    # The marts are built, but nobody has checked them: alone, the next step refuses too.
    assert not installation.rebuild("deviations").success
    assert marker(installation) == before


def test_a_warning_is_published_and_marked(installation: Installation) -> None:
    """The small city has no focus area that is held against another source, which is a warning."""
    [(warnings,)] = installation.warehouse(
        "select count(*) from meta.validation_results where not success and severity = 'warning'"
    )
    assert warnings > 0
    [(status,)] = installation.published("select quality_status from meta.publication")
    assert status == "godkänd med anmärkning"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("waiting", "godkänd med anmärkning"),
        ("released", "godkänd"),
        ("superseded", "godkänd"),
    ],
)
def test_only_rows_that_still_wait_are_a_remark(state: str, status: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema meta")
        create_held_rows(connection)
        record(connection, "run", [])
        connection.execute("insert into meta.held_rows (row_number, state) values (2, ?)", [state])
        assert quality_status(all_remarks(connection)) == status
