"""The whole flow on a small city: what is published, what is repeated, what is never shown."""

import csv
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner, Result

from orchestration.assets.steps import key_of
from orchestration.cli import app
from orchestration.flow.documents import DRAFT
from orchestration.intake.fetching import fetch_states
from orchestration.reporting.addresses import DOCUMENTS
from orchestration.settings import Settings
from orchestration.storage.snapshot import content_hash
from tests.integration.conftest import Installation, copy_of

Fresh = Callable[[], Installation]
runner = CliRunner()


EMPTY_AT_FIRST = {
    *("marts.triangulation", "marts.revisions", "marts.sample_protocols", "marts.agreement"),
}


def hash_of(snapshot: Path) -> str:
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        return content_hash(connection, "main")


def test_the_contract_of_the_snapshot(published: Installation) -> None:
    columns = {
        "marts.indicators": "indicator_id title_sv area unit polarity measure definition_sv"
        " source_id",
        "marts.indicator_values": "indicator_id period_start period_grain geography_id breakdown"
        " category numerator denominator value ci_lower ci_upper status",
        "marts.geographies": "geography_id name level valid_from valid_to successor_id",
        "marts.found_explanations": "explanation_id basis effect kind title_sv indicator_id"
        " geography_id period_from period_to month_from month_to is_break source",
        "marts.deviations": "deviation_id indicator_id period_start period_grain geography_id"
        " breakdown category kind observed expected lower upper relative_change p_value q_value"
        " breakeven_volatility rank outcome explanation_id",
        "marts.focus_areas": "focus_area_id area title_sv rank summary_sv",
        "marts.triangulation": "focus_area_id indicator_id related_indicator_id expected_sign"
        " observed_change related_change p_value verdict",
        "marts.series_charts": "indicator_id geography_id breakdown category period_grain"
        " period_start segment value centre lower upper moving_range trial signal",
        "marts.open_comparisons": "indicator_id year group_type group_code group_name share units"
        " answered lower_bound upper_bound change_pp change_p",
        "marts.open_comparison_profile": "unit_id indicator_id year answer group_share",
        "marts.peer_comparison": "municipality_id indicator_id period_grain period_start measure"
        " base_start value lowest median highest country_value group_code group_name group_since"
        " group_is_made_up peers_with_value peers",
        "marts.revisions": "indicator_id period_start geography_id old_value new_value seen_at"
        " source_id",
        "marts.source_notes": "source_id note_number kind period regions text_sv",
        "marts.refusals": "period_start geography_id dimension category ground decisions refusals"
        " partial_refusals households households_refused household_months",
        "marts.protected_housing": "period_start geography_id form with_children cause sex persons"
        " decisions children days",
        "marts.housing_support": "period_start geography_id target_group sex lss hours_bin persons"
        " hours activities eligible lacking_own_housing lacking_registration",
        "marts.housing_support_grant": "period_start geography_id criteria persons amount",
        "marts.protected_housing_quarters": "period_start geography_id form with_children persons"
        " decisions children",
        "marts.housing_support_hour_bands": "period_start geography_id target_group lss hours_over"
        " hours_to persons",
        "marts.housing_support_criteria": "period_start geography_id criteria_met persons amount",
        "marts.child_case_funnel": "period_start geography_id breakdown category stage exit_reason"
        " cases children",
        "marts.child_contacted": "period_start geography_id party age_band reporter investigations"
        " contacted",
        "marts.child_cases_by_status": "period_start geography_id area_name board_id area_category"
        " socioeconomic_index children cases observed expected ratio ci_lower ci_upper p_value"
        " q_value verdict",
        "marts.child_rereferrals": "period_start geography_id history outcome horizon_months"
        " at_risk incidence ci_lower ci_upper status",
        "marts.equality": "indicator_id period_start geography_id comparison breakdown category_a"
        " category_b value_a value_b difference ratio ci_lower ci_upper persons_behind p_value"
        " q_value verdict",
        "marts.board_spread": "indicator_id period_start geography_id stratum boards tau tau_lower"
        " tau_upper is_mix_adjusted",
        "marts.analysis_results": "analysis_id estimand_id period_start period_from geography_id"
        " breakdown category estimate ci_lower ci_upper ci_level standard_error observations events"
        " unit method_id sensitivity_of verdict p_value q_value status reason_sv seed",
        "marts.analysis_methods": "method_id title_sv text_sv reference",
        "marts.board_standardised": "analysis_id measure_id period_start geography_id observed"
        " expected ratio ci_lower ci_upper shrunken tau2 tau2_lower tau2_upper p_value q_value"
        " verdict",
        "marts.refusal_decomposition": "period_start geography_id level factor contribution"
        " ci_lower ci_upper share",
        "marts.refusal_returns": "period_start geography_id ground kind event horizon_months"
        " at_risk cumulative_incidence ci_lower ci_upper",
        "marts.protected_housing_flows": "period_start geography_id from_form to_form horizon_days"
        " persons cumulative_incidence ci_lower ci_upper",
        "marts.intervention_costs": "insats persons hours_per_person cost_total cost_per_person"
        " cost_per_group scenario_id rate rounding low high is_assumption",
        "marts.intervention_cost_drivers": "scenario_id driver low high cost_low cost_high",
        "marts.intervention_break_even": "scenario_id saving_id horizon_years npv_per_person",
        "marts.without_assessment_reach": "period_start geography_id insats_code target_group"
        " area_category boards contacts sessions new_persons residents reach scenario_id"
        " cost_per_contact",
        "marts.sample_protocols": "sample_id purpose seed frame_rows size strata",
        "marts.agreement": "sample_id coefficient level estimate ci_lower ci_upper n_cases"
        " n_raters",
        "meta.publication": "built_at git_sha run_id profile quality_status disclosure_status"
        " synthetic",
        "meta.sources": "source_id publisher reference_period retrieved_at content_sha256 licence"
        " synthetic stale",
        "meta.validation_results": "run_id suite expectation table_name severity success"
        " unexpected_count evaluated_at",
    }
    for table, names in columns.items():
        found = {row[0] for row in published.published(f"describe {table}")}
        assert set(names.split()) <= found, table
        [(rows,)] = published.published(f"select count(*) from {table}")
        # A small city may have no contrary movement to triangulate; the full one has. Nothing is
        # revised in a first publication; test_as_of.py has several. Nobody has drawn a sample.
        assert rows > 0 or table in EMPTY_AT_FIRST, table


RAW_TABLES = (
    "select table_name, estimated_size from duckdb_tables() where schema_name = 'raw' order by all"
)
RUN_ID = "select run_id from meta.publication"


@dataclass(frozen=True)
class Again:
    """An installation that has published a second time, with nothing changed in between.

    Attributes:
        installation: As it stands after the second night.
        before: Which run a reader saw that had the snapshot open when the second one began.
        meanwhile: Which run the same reader saw when the second one had published.
        values_meanwhile: How many values it read then.
    """

    installation: Installation
    before: list[tuple[Any, ...]]
    meanwhile: list[tuple[Any, ...]]
    values_meanwhile: int


def built(installation: Installation) -> list[str]:
    """What dbt built the last time it was called, which is for the marts."""
    results = json.loads((installation.settings.dbt_target_dir / "run_results.json").read_bytes())
    names = [each["unique_id"] for each in results["results"]]
    return sorted(name for name in names if name.startswith("model."))


@pytest.fixture(scope="module")
def again(published: Installation, tmp_path_factory: pytest.TempPathFactory) -> Again:
    installation = copy_of(published, tmp_path_factory.mktemp("again") / "home")
    with duckdb.connect(str(installation.snapshot), read_only=True) as reader:
        before = reader.execute(RUN_ID).fetchall()
        # Nothing is new: it is run because somebody asks for it, and all is made anew.
        made = built(installation)
        result = runner.invoke(app, ["run", "--home", str(installation.home), "--full-refresh"])
        assert result.exit_code == 0, result.output
        assert "blev en annan" not in result.output + result.stderr
        assert built(installation) == made
        meanwhile = reader.execute(RUN_ID).fetchall()
        values = len(reader.execute("from marts.indicator_values").fetchall())
    return Again(installation, before, meanwhile, values)


def test_a_run_is_found_by_what_it_published_and_the_memorandum_is_read_in_the_graph(
    published: Installation,
) -> None:
    home = str(published.settings.dagster_home)
    with dg.DagsterInstance.from_config(home) as instance:
        [run] = instance.get_runs(filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]))
        [(built_at, version, year)] = published.published(
            "select built_at, git_sha, report_year from meta.publication"
        )
        assert run.tags["avvik/report_year"] == str(year)
        assert run.tags["avvik/version"] == version
        assert datetime.fromisoformat(run.tags["avvik/publication"]) == built_at.replace(
            microsecond=0
        )
        event = instance.get_latest_materialization_event(key_of(DRAFT))
        assert event is not None
        assert event.asset_materialization is not None
        told = event.asset_materialization.metadata["sammanfattning"].value
    titles = published.published("select title_sv from marts.focus_areas order by rank")
    assert [line.partition("**")[2].partition(".**")[0] for line in str(told).splitlines()] == [
        title for (title,) in titles
    ]
    assert titles


def test_database_memorandum_and_pages_are_of_one_publication(
    published: Installation, again: Again
) -> None:
    """Twice, since the second one takes the place of the first."""
    for copies, installation in enumerate((published, again.installation), start=1):
        folder = installation.settings.published_dir
        [(built_at,)] = installation.published("select epoch_us(built_at) from meta.publication")
        indicators = {
            f"{name}.html"
            for (name,) in installation.published("select indicator_id from marts.indicators")
        }
        pages = {path.name: path for path in (folder / "indikatorer").iterdir()}
        assert set(pages) == {*indicators, "jamstalldhet.html", "barn.html", "index.html"}
        areas = installation.published("select distinct area from marts.indicators")
        site = [folder / f"omraden/{area}.html" for (area,) in areas]
        site += [folder / "index.html", *(folder / "namnder").iterdir()]
        assert len(site) > 20
        made = {
            re.findall(r"[Ff]ramställd (\d+ \w+ \d{4} kl\. [\d.]+)", path.read_text("utf-8"))[0]
            for path in (*(folder / each.page for each in DOCUMENTS), *pages.values(), *site)
        }
        assert len(made) == 1
        dated = sorted((folder / "tidigare").iterdir())
        assert len(dated) == copies
        moment = datetime.fromtimestamp(built_at / 1e6, UTC)
        assert dated[-1].name == f"{moment:%Y-%m-%dT%H%M%S}"
        assert {path.name for path in (dated[-1] / "indikatorer").iterdir()} == set(pages)
        kept = (name for each in DOCUMENTS for name in (each.page, each.pdf, each.word))
        for name in ("marts.duckdb", "index.html", *kept, "indikatorer/index.html"):
            assert (folder / name).read_bytes() == (dated[-1] / name).read_bytes()


def test_the_pages_show_what_the_marts_hold(published: Installation) -> None:
    [(value, centre)] = published.published(
        "select value, centre from marts.series_charts"
        " where (indicator_id, geography_id, breakdown, period_grain)"
        " = ('assistance_households_share', '0180', 'total', 'year')"
        " and period_start = date '2023-01-01'"
    )
    page = published.settings.published_dir / "indikatorer" / "assistance_households_share.html"
    [row] = re.findall(r'<th scope="row">2023</th>(.*?)</tr>', page.read_text("utf-8"))
    shown = re.findall(r"(\d+,\d+)\s%", row)
    assert [float(text.replace(",", ".")) for text in shown[:2]] == pytest.approx(
        [100 * value, 100 * centre], abs=0.006
    )


def test_nothing_but_marts_and_meta_is_published(published: Installation) -> None:
    schemas = published.published("select distinct table_schema from information_schema.tables")
    assert sorted(schemas) == [("exempel",), ("main",), ("meta",)]
    columns = published.published("select column_name from information_schema.columns")
    names = {name for (name,) in columns}
    assert not [name for name in names if name in {"person_id", "hushall_id", "personnummer"}]


def test_two_installations_publish_the_same(
    published: Installation, killed: tuple[Installation, Result]
) -> None:
    """Also when the other one was killed in its first night, and began anew."""
    assert hash_of(killed[0].snapshot) == hash_of(published.snapshot)


def test_a_second_run_loads_nothing_twice(published: Installation, again: Again) -> None:
    tables = published.warehouse(RAW_TABLES)
    assert sum(size for _, size in tables) > 1000
    assert again.installation.warehouse(RAW_TABLES) == tables
    assert hash_of(again.installation.snapshot) == hash_of(published.snapshot)


def test_a_reader_is_held_open_through_a_publication(again: Again) -> None:
    assert again.meanwhile == again.before
    assert again.values_meanwhile > 1000
    assert again.installation.published(RUN_ID) != again.before


@dataclass(frozen=True)
class Corrected:
    """Three nights with one file: faulty, then with other figures, then as it was at first.

    Attributes:
        bad: What `avvik run` said of the faulty file.
        kept: Whether the snapshot was left as it was.
        notice: What was told of it.
        reports: Whether the file existed that the notice led to, by delivery.
        nights: What the command said of the two good files.
        children: Evicted children at first, and after each of the good files.
        expected: How many the correction holds.
        marts: Content hash of what was published last.
        built: What dbt built for it.
    """

    bad: Result
    kept: bool
    notice: str
    reports: dict[str, bool]
    nights: list[Result]
    children: list[list[tuple[Any, ...]]]
    expected: int
    marts: str
    built: list[str]


@pytest.fixture(scope="module")
def corrected(published: Installation, tmp_path_factory: pytest.TempPathFactory) -> Corrected:
    installation = copy_of(published, tmp_path_factory.mktemp("corrected") / "home")
    command = ["run", "--home", str(installation.home)]
    [path] = (installation.inbox / "avhysningar_barn").glob("*_2023.*")
    good = path.read_bytes()
    header, *rows = good.decode("windows-1252").splitlines()
    assert header.split(";")[3:5] == ["antal_barn", "verkstalld"]
    cells = [row.split(";") for row in rows]
    other = [";".join([*row[:3], "9", *row[4:]]) for row in cells]
    evicted_children = (
        "select value from marts.indicator_values where indicator_id = 'evicted_children'"
        " and year(period_start) = 2023 and geography_id = '0180' and breakdown = 'total'"
    )
    children = [installation.published(evicted_children)]
    snapshot = installation.snapshot.read_bytes()

    path.write_bytes(good.replace(b"2023-", b"2023-9", 1))
    bad = runner.invoke(app, command)
    kept = installation.snapshot.read_bytes() == snapshot
    notice = installation.settings.notices.read_text(encoding="utf-8")
    reports = {
        cause["leverans"]: Path(cause["lank"]).is_file()
        for line in notice.splitlines()
        for cause in json.loads(line)["orsaker"]
    }

    nights = []
    for content in (("\n".join([header, *other]) + "\n").encode("windows-1252"), good):
        path.write_bytes(content)
        nights.append(runner.invoke(app, command))
        children.append(installation.published(evicted_children))
    return Corrected(
        bad=bad,
        kept=kept,
        notice=notice,
        reports=reports,
        nights=nights,
        children=children,
        expected=sum(9 if row[4] == "J" else 0 for row in cells),
        marts=hash_of(installation.snapshot),
        built=built(installation),
    )


def test_a_correction_replaces_by_key(corrected: Corrected, published: Installation) -> None:
    before, after, as_before = corrected.children
    assert corrected.expected > 0
    assert after == [(corrected.expected,)] != before
    # The correction was wrong: the supplier sends the first file again. What the two nights built
    # of it alone, and left standing, is what a whole night would have built.
    assert as_before == before
    assert corrected.marts == hash_of(published.snapshot)
    assert len(built(published)) > 25
    assert set(corrected.built) < set(built(published))
    assert {name.rpartition(".")[2] for name in corrected.built} >= {
        "int_evictions_counted",
        "indicator_values",
    }


def identity_numbers(inbox: Path) -> set[str]:
    found: set[str] = set()
    for path in inbox.rglob("*.csv"):
        text = path.read_bytes().decode("windows-1252", errors="ignore")
        found |= set(re.findall(r"(?<!\d)(?:19|20)\d{10}(?!\d)", text))
    return found


def test_no_identity_number_leaves_the_inbox_and_landing(published: Installation) -> None:
    """Looked for in every file of the installation, as text and inside the databases."""
    numbers = identity_numbers(published.inbox)
    assert len(numbers) > 1000
    searched = 0
    for path in published.home.rglob("*"):
        parts = path.relative_to(published.home).parts
        if not path.is_file() or parts[0] in {"inbox", "landing"}:
            continue
        searched += 1
        content = path.read_bytes().decode("latin-1")
        hits = set(re.findall(r"(?<!\d)(?:19|20)\d{10}(?!\d)", content)) & numbers
        assert not hits, f"{len(hits)} identity numbers in {path}"
    assert searched > 10
    with duckdb.connect(str(published.settings.warehouse_path), read_only=True) as connection:
        for schema, table in connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema <> 'staging'"
        ).fetchall():
            text = json.dumps(
                connection.execute(f"from {schema}.{table} limit 20000").fetchall(), default=str
            )
            hits = set(re.findall(r"(?<!\d)(?:19|20)\d{10}(?!\d)", text)) & numbers
            assert not hits, f"{schema}.{table}"


def test_dagsters_own_database_holds_counts_and_no_persons(installation: Installation) -> None:
    # On a copy: SQLite makes files of its own beside what it reads, and others copy the original.
    numbers = identity_numbers(installation.inbox)
    rows = 0
    for path in installation.settings.dagster_home.rglob("*.db"):
        with sqlite3.connect(path) as connection:
            for line in connection.iterdump():
                rows += 1
                assert not set(re.findall(r"(?<!\d)(?:19|20)\d{10}(?!\d)", line)) & numbers
    assert rows > 100


def test_state_is_private(published: Installation) -> None:
    for name in ("landing", "keys", "dagster"):
        assert (published.home / name).stat().st_mode & 0o077 == 0, name
    assert published.settings.warehouse_path.stat().st_mode & 0o077 == 0
    for blob in published.settings.landing_dir.rglob("*"):
        assert blob.stat().st_mode & 0o077 == 0, blob


@pytest.fixture(scope="module")
def killed(fresh: Fresh) -> tuple[Installation, Result]:
    """An installation whose first run was killed, and what the second one said."""
    installation = fresh()
    typed = ["run", "--home", str(installation.home)]
    first = subprocess.Popen(
        [sys.executable, "-m", "orchestration", *typed],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert first.stdout is not None
    for line in first.stdout:
        if "Kontrollerar rådata" in line:
            break
    first.kill()
    first.wait()
    assert not installation.snapshot.exists()
    return installation, runner.invoke(app, typed)


class TestCommandLine:
    """What a person types, and the exit codes they can rely on."""

    def test_run_publishes_and_says_where(
        self, published_once: Path, installation: Installation
    ) -> None:
        output = " ".join((published_once / "said.txt").read_text("utf-8").split())
        assert "Fokusområden" in output
        assert "Delvis syntetiska uppgifter" in output
        snapshot = published_once / "home" / "published" / "marts.duckdb"
        assert snapshot.is_file()
        assert str(snapshot) in output.replace(" ", "") + output
        for part in ("import", "landning", "rådata", "grindar", "dbt", "avvikelser", "publicering"):
            assert part in output
        again = runner.invoke(app, ["run", "--home", str(installation.home)])
        assert again.exit_code == 0
        assert "Inget nytt" in again.output
        assert "Fokusområden" in again.output

    def test_a_bad_delivery_stops_with_one(self, corrected: Corrected) -> None:
        output = " ".join((corrected.bad.output + corrected.bad.stderr).split())
        assert corrected.bad.exit_code == 1
        assert "Fil avhysningar_barn/avhysningar_barn_2023.csv, rad 2, kolumn datum" in output
        assert "Gör så här" in output
        assert corrected.kept
        [line] = corrected.notice.splitlines()
        notice = json.loads(line)
        assert notice["jobb"] == "avvik run"
        told = {cause["leverans"]: cause for cause in notice["orsaker"]}[
            "avhysningar_barn/avhysningar_barn_2023.csv"
        ]
        assert told["leverantor"] == "avhysningar_barn, Stockholms stad"
        assert told["regel"] == "datum"
        assert told["gor_sa_har"]
        assert corrected.reports[told["leverans"]]
        assert told["lank"] in output.replace(" ", "") + output
        for repaired in corrected.nights:
            assert repaired.exit_code == 0, repaired.output

    def test_wrong_usage_is_two(self, published: Installation, tmp_path: Path) -> None:
        home = str(published.home)
        for arguments in (
            ["run", "--profile", "ingen"],
            ["run", "--year", "hundra"],
            ["query", "select", "--home", home],
            ["query", "select 1", "--home", str(tmp_path)],
            ["demo", "--faults", "okänt", "--home", home],
            ["demo", "--faults", "empty_file", "--faults", "okänt", "--home", str(tmp_path / "ny")],
            ["confirm", "finns-inte.csv", "--reason", "Stämmer", "--home", home],
            ["finns-inte"],
        ):
            assert runner.invoke(app, arguments).exit_code == 2, arguments
        assert not (tmp_path / "ny").exists()

    def test_a_killed_run_does_not_stand_in_the_way(
        self, killed: tuple[Installation, Result]
    ) -> None:
        installation, again = killed
        assert again.exit_code == 0, again.output[-2000:]
        [(doubled,)] = installation.warehouse(
            "select count(*) - count(distinct (delivery_sequence, row_number))"
            " from raw.register__ekonomiskt_bistand_beslut"
        )
        assert doubled == 0

    def test_a_warehouse_in_use_is_told(self, installation: Installation) -> None:
        hold = (
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]);"
            " print('open', flush=True); sys.stdin.read()"
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", hold, str(installation.settings.warehouse_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            assert holder.stdout is not None
            holder.stdout.readline()
            result = runner.invoke(app, ["run", "--home", str(installation.home)])
            assert result.exit_code == 2
            told = " ".join(result.stderr.split())
            assert f"En annan process (pid {holder.pid}, " in told
            assert ", startad 20" in told
            assert "använder lagret" in told
        finally:
            holder.kill()
            holder.wait()

    def test_live_without_a_key_is_a_configuration_error(self, city: Path, tmp_path: Path) -> None:
        shutil.copytree(city, tmp_path / "inbox")
        result = runner.invoke(app, ["run", "--profile", "live", "--home", str(tmp_path)])
        assert result.exit_code == 2
        assert "Pseudonymnyckel saknas" in " ".join((result.output + result.stderr).split())

    def test_questions_are_answered(self, published: Installation) -> None:
        sql = "select outcome, count(*) from marts.deviations group by all"
        result = runner.invoke(app, ["query", sql, "--home", str(published.home)])
        assert result.exit_code == 0
        assert "focus" in result.output
        for command in ("deviations", "sources"):
            listed = runner.invoke(app, [command, "--home", str(published.home)])
            assert listed.exit_code == 0, listed.output
            assert len(listed.output.splitlines()) > 5

    def test_a_program_can_read_the_answers(self, published: Installation) -> None:
        def rows(*arguments: str) -> list[dict[str, Any]]:
            command = [*arguments, "--home", str(published.home), "--format"]
            as_json = runner.invoke(app, [*command, "json"])
            as_csv = runner.invoke(app, [*command, "csv"])
            assert as_json.exit_code == as_csv.exit_code == 0, as_json.output
            found: list[dict[str, Any]] = json.loads(as_json.stdout)
            listed = list(csv.DictReader(io.StringIO(as_csv.stdout)))
            assert len(listed) == len(found)
            assert list(listed[0]) == list(found[0])
            return found

        def columns(table: str) -> set[str]:
            return {name for name, *_ in published.published(f"describe {table}")}

        with duckdb.connect(str(published.settings.snapshot_path), read_only=True) as snapshot:
            [(count,)] = snapshot.execute("select count(*) from marts.deviations").fetchall()
        [counted] = rows("query", "select count(*) as n from marts.deviations")
        assert counted == {"n": count}
        deviations = rows("deviations")
        assert len(deviations) == count > 10
        assert set(deviations[0]) == columns("marts.deviations") | {"title_sv"}
        ranks = [each["rank"] for each in deviations if each["rank"] is not None]
        assert ranks == sorted(ranks)
        sources = {each["source_id"]: each for each in rows("sources")}
        known = dict(published.published("select source_id, content_sha256 from meta.sources"))
        assert {name: sources[name]["content_sha256"] for name in known} == known
        asked = fetch_states(published.settings)
        assert asked
        for name, attempt in asked.items():
            assert sources[name]["tried_at"] == attempt.tried_at
            assert sources[name]["fetch_message_sv"] == attempt.message_sv

    @pytest.mark.parametrize("register", ["avhysningar_barn", "ekonomiskt_bistand_beslut"])
    def test_a_supplier_can_check_a_file(self, city: Path, register: str, tmp_path: Path) -> None:
        good = max((city / register).glob("*"))
        assert runner.invoke(app, ["check-file", str(good)]).exit_code == 0
        bad = tmp_path / good.name
        bad.write_bytes(good.read_bytes().replace(b";", b",", 3))
        result = runner.invoke(app, ["check-file", str(bad)])
        assert result.exit_code == 1
        assert "Gör så här" in result.output


def test_the_home_may_be_given_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AVVIK_HOME", str(tmp_path))
    assert Settings().snapshot_path == tmp_path / "published" / "marts.duckdb"
