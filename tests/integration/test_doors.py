"""Behind the open door nobody can be singled out; the restricted one is for those who may."""

import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.disclosure.policy import Policy, PolicyError
from orchestration.flow import releasing
from orchestration.flow.disclosing import Audited, CellsShown, decide_cells
from orchestration.flow.ledger import read_ledger
from orchestration.flow.verification import verify
from orchestration.settings import Settings
from orchestration.storage.snapshot import current_edition
from tests.integration.conftest import Installation

# A count, or what a share has beside it, is of so few that one of them may be recognised.
SMALL = """
select indicator_id, geography_id, breakdown, category, period_start
from marts.indicator_values
inner join marts.indicators using (indicator_id)
where indicator_values.source_id in (select unnest(?))
    and indicators.measure in ('count', 'proportion', 'rate')
    and indicators.unit not like '%kr%'
    and (
        numerator between 1 and 4
        or (indicators.measure = 'proportion' and denominator - numerator between 1 and 4)
        or (measure = 'proportion' and denominator between 1 and 4)
    )
"""
# The registers that hold persons; what SCB says of a board's population is public.
REGISTERS = """
select distinct register_name from intermediate.int_register_years
where register_name not in ('befolkning_stadsdel', 'hushall_stadsdel', 'socioekonomi_stadsdel')
"""


@pytest.fixture(scope="module")
def registers(default_city: Installation) -> list[str]:
    return [str(name) for (name,) in default_city.warehouse(REGISTERS)]


def ask(snapshot: Path, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def test_nothing_that_anybody_may_see_rests_on_few(
    default_city: Installation, registers: list[str]
) -> None:
    settings = default_city.settings
    # There is much to hide, and most of the rest is shown.
    assert len(ask(settings.restricted_snapshot_path, SMALL, registers)) > 1000
    assert ask(settings.snapshot_path, SMALL, registers) == []
    status = "select status, count(*) from marts.indicator_values group by all"
    counts = {str(name): int(str(n)) for name, n in ask(settings.snapshot_path, status)}
    assert 1000 < counts["suppressed"] < counts["observed"]
    hidden = ask(
        settings.snapshot_path,
        "select count(coalesce(numerator, denominator, value, ci_lower, ci_upper,"
        " standard_deviation, observations)) from marts.indicator_values"
        " where status = 'suppressed'",
    )
    assert hidden == [(0,)]


def test_how_much_is_hidden_of_each_indicator_is_told(default_city: Installation) -> None:
    [(cells, hidden, recoverable)] = ask(
        default_city.settings.snapshot_path,
        "select sum(cells), sum(hidden), max(recoverable) from meta.disclosure",
    )
    assert 1000 < int(str(hidden)) < int(str(cells))
    assert recoverable == 0
    unlike = ask(
        default_city.settings.snapshot_path,
        """
        select disclosure.indicator_id
        from meta.disclosure
        left join marts.indicator_values as hidden_values
            on disclosure.indicator_id = hidden_values.indicator_id
            and hidden_values.status = 'suppressed' and hidden_values.period_grain = 'year'
        group by disclosure.indicator_id, hidden
        having (hidden = 0) <> (count(hidden_values.indicator_id) = 0)
        """,
    )
    assert unlike == []


COUNTED = {
    "child_case_funnel": ("cases", "children"),
    "child_contacted": ("investigations", "contacted"),
    "refusals": ("decisions", "refusals", "partial_refusals", "households"),
    "protected_housing": ("persons", "decisions", "children"),
    "protected_housing_flows": ("persons", "moved"),
    "housing_support": ("persons",),
    "housing_support_grant": ("persons",),
    "protected_housing_quarters": ("persons", "decisions", "children"),
    "housing_support_hour_bands": ("persons",),
    "housing_support_criteria": ("persons",),
    "board_standardised": ("observed",),
    "child_cases_by_status": ("children", "cases"),
    "child_rereferrals": ("at_risk",),
    "refusal_returns": ("at_risk",),
    "analysis_results": ("observations", "events"),
}


@pytest.mark.parametrize("table", COUNTED)
def test_no_other_mart_shows_a_small_count(default_city: Installation, table: str) -> None:
    small = " or ".join(f"({column} > 0 and {column} < 5)" for column in COUNTED[table])
    sql = f"select count(*) from marts.{table} where {small}"
    assert ask(default_city.settings.snapshot_path, sql) == [(0,)]
    assert ask(
        default_city.settings.restricted_snapshot_path, f"select count(*) from marts.{table}"
    )


def test_what_sections_show_of_finer_tables_is_in_the_public_memorandum(
    default_city: Installation,
) -> None:
    """Of the finer tables nothing is shown for the report year: they hold small counts."""
    settings = default_city.settings
    for table in ("protected_housing", "housing_support", "housing_support_grant"):
        sql = f"select count(*) from marts.{table} where year(period_start) = 2023"
        # Placements are left out by form: those of one may be many enough.
        sql += " and form = 'skyddat_boende'" if table == "protected_housing" else ""
        assert ask(settings.snapshot_path, sql) == [(0,)], table
    told = (settings.published_dir / "promemoria.html").read_text(encoding="utf-8")
    for anchor in (
        *("analys-housing-support-timmar", "analys-housing-support-villkor"),
        *("analys-protected-housing-forandring", "analys-protected-housing-kvartal"),
    ):
        assert f'id="{anchor}"' in told


def test_all_that_the_restricted_door_has_is_the_owners_alone(published: Installation) -> None:
    settings = published.settings
    paths = [settings.restricted_dir, *settings.restricted_dir.rglob("*")]
    assert settings.restricted_snapshot_path.exists()
    modes = {
        (path.is_dir(), stat.S_IMODE(path.stat().st_mode))
        for path in paths
        if not path.is_symlink()
    }
    assert modes == {(True, 0o700), (False, 0o600)}
    told = (settings.restricted_publication_dir / "promemoria.html").read_text(encoding="utf-8")
    assert "Arbetsmaterial, sekretess" in told
    opened = (settings.published_dir / "promemoria.html").read_text(encoding="utf-8")
    assert "Arbetsmaterial, sekretess" not in opened
    assert ask(settings.snapshot_path, "select disclosure_status from meta.publication") == [
        ("prövad",)
    ]


def avvik(installation: Installation, *words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, [*words, "--home", str(installation.home)])
    return answer.exit_code, answer.output


def test_the_restricted_door_opens_for_a_reason_and_remembers_who(
    installation: Installation,
) -> None:
    question = "select disclosure_status from meta.publication"
    code, told = avvik(installation, "query", question, "--restricted")
    assert code == 2
    assert "--reason" in told
    code, told = avvik(installation, "query", question)
    assert (code, "prövad" in told) == (0, True)
    for reason in ("ärende 1", "ärende 2"):
        code, told = avvik(installation, "query", question, "--restricted", "--reason", reason)
        assert (code, "sekretess" in told) == (0, True)
    code, _ = avvik(installation, "deviations", "--restricted", "--reason", "ärende 3")
    assert code == 0
    ledger = installation.settings.ledger_path
    logged = ask(ledger, "select command, reason, statement_sha256 from accesses order by link")
    assert [row[:2] for row in logged] == [
        *(("query", "ärende 1"), ("query", "ärende 2"), ("deviations", "ärende 3")),
    ]
    # What was asked may itself tell of somebody.
    assert question not in str(ask(ledger, "from accesses"))
    assert verify(installation.settings).faults_sv == []
    with duckdb.connect(str(ledger)) as connection:
        connection.execute("update accesses set reason = 'inget' where link = 2")
    [fault] = verify(installation.settings).faults_sv
    assert "har ändrats eller kortats vid öppning 2" in fault


def fault_in_the_policy(patch: pytest.MonkeyPatch, _: Settings) -> None:
    def unread(*_: object) -> Policy:
        raise PolicyError("Reglerna i policy.yml kan inte användas.")

    patch.setattr(releasing, "read_policy", unread)


def fault_in_the_ledger(_: pytest.MonkeyPatch, settings: Settings) -> None:
    with duckdb.connect(str(settings.ledger_path)) as connection:
        connection.execute("update cells set value = value + 1")


def a_cell_that_follows(patch: pytest.MonkeyPatch, _: Settings) -> None:
    real = decide_cells

    def leaking(*given: Any) -> tuple[Audited, CellsShown]:
        audited, shown = real(*given)
        return replace(audited, recoverable=1), shown

    patch.setattr(releasing, "decide_cells", leaking)


@pytest.mark.parametrize("plant", [fault_in_the_policy, fault_in_the_ledger, a_cell_that_follows])
def test_a_fault_stops_the_publication_and_the_next_good_run_recovers(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch, Settings], None],
) -> None:
    settings = installation.settings
    edition, ledger = current_edition(settings.published_dir), settings.ledger_path.read_bytes()
    with monkeypatch.context() as patch:
        plant(patch, settings)
        stopped = installation.night("release", "memorandum", "snapshot")
    assert stopped.stopped_at == "release"
    [told] = stopped.told
    assert told.startswith("Publiceringen stoppades av röjandekontrollen.")
    assert current_edition(settings.published_dir) == edition
    settings.ledger_path.write_bytes(ledger)
    assert installation.night("release", "memorandum", "snapshot").success
    assert current_edition(settings.published_dir) != edition
    assert len(read_ledger(settings).publications) == 2
