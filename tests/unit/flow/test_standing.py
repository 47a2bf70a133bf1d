"""What is already what it would be made is left standing, and nothing else is."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestration.flow import models
from orchestration.flow.dbt_project import DbtResults, reads_of, tables
from orchestration.flow.remarks import all_remarks
from orchestration.flow.steps import flow as real_flow
from orchestration.storage.warehouse import open_warehouse
from tests.unit.flow.conftest import DATASETS, REGISTERS, PaperHome, small_flow

FLOW = small_flow()
BY_DBT = ("staging", "marts")
LETS_STAND = tuple(step.name for step in FLOW.steps if step.lets_stand)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has published once; copy, never change."""
    home = PaperHome(tmp_path_factory.mktemp("finished"))
    home.inbox = dict.fromkeys((*REGISTERS, *DATASETS), "0")
    home.run_all()
    return home.directory


@pytest.fixture
def home(finished: Path, tmp_path: Path) -> Iterator[PaperHome]:
    shutil.copytree(finished, tmp_path / "home")
    home = PaperHome(tmp_path / "home", inbox=dict.fromkeys((*REGISTERS, *DATASETS), "0"))
    # To start a DuckDB for each step is dear.
    with open_warehouse(home.settings.warehouse_path):
        yield home


def made_anew(home: PaperHome) -> set[str]:
    """What was made of all that might have stood."""
    products = {name for step in LETS_STAND for name in FLOW.by_name[step].products}
    assert len(products) > 20
    return home.made & products


def comes_of(source: str) -> set[str]:
    """All that is made of something, however far away, by the real graph's edges.

    dbt makes each table for itself; another step makes all that it makes at once.
    """
    found, edges = {source}, [each for step in FLOW.steps for each in step.writes]
    for _ in edges:
        found |= {each.name for each in edges if found.intersection(each.reads)}
        for step in FLOW.steps:
            if step.name not in BY_DBT and step.lets_stand and found & step.products.keys():
                found |= step.products.keys()
    return {name for step in LETS_STAND for name in FLOW.by_name[step].products if name in found}


def test_what_nothing_has_happened_to_stands(home: PaperHome) -> None:
    home.run_all()
    assert made_anew(home) == set()
    home.run_all()
    assert home.editions[0] == home.editions[1]
    assert home.made - made_anew(home), "the other steps were run"


@pytest.mark.parametrize("source", [*REGISTERS, *DATASETS])
def test_what_comes_of_a_delivery_is_made_anew_and_nothing_else(
    home: PaperHome, source: str
) -> None:
    home.inbox[source] = "1"
    home.run_all()
    expected = comes_of(f"landing.{source}")
    assert "marts.indicator_values" in expected
    assert made_anew(home) == expected
    assert "marts.deviations" in expected
    for step in BY_DBT:
        assert set(FLOW.by_name[step].products) - expected, "something stood"


def test_what_somebody_has_changed_is_made_anew_with_what_comes_of_it(home: PaperHome) -> None:
    home.change("update intermediate.int_register_years set made_of = 'ändrad för hand'")
    home.run_all()
    assert "intermediate.int_register_years" in made_anew(home)
    with open_warehouse(home.settings.warehouse_path) as connection:
        [(text,)] = connection.execute("from intermediate.int_register_years").fetchall()
    assert text == home.expected("intermediate.int_register_years")


def test_what_somebody_picks_is_made_although_it_stands(home: PaperHome) -> None:
    home.run("marts", ["marts.geographies"])
    assert made_anew(home) == {"marts.geographies"}


def test_a_full_refresh_makes_all_and_remarks_on_what_differs(home: PaperHome) -> None:
    for step in BY_DBT:
        assert not home.run(step, full_refresh=True).notices
    assert home.made == {n for step in BY_DBT for n in FLOW.by_name[step].products}
    # Something that nobody recorded changes what a mart becomes.
    body = home.flow.by_name["marts"].run
    kept = body._write  # type: ignore[attr-defined]

    def another(connection: object, name: str, text: str) -> None:
        kept(connection, name, f"{text} om dagen" if name == "marts.geographies" else text)

    body._write = another  # type: ignore[attr-defined]
    outcome = home.run("marts", full_refresh=True)
    [cause] = outcome.notices
    assert cause.message_sv.startswith("marts.geographies blev en annan när allt gjordes om")
    assert "Gör så här:" in cause.message_sv
    assert {each.product for each in outcome.verdicts if not each.passed} == {"marts.geographies"}
    with open_warehouse(home.settings.warehouse_path) as connection:
        assert cause.message_sv in all_remarks(connection)
    # An ordinary night says neither; the next full refresh takes the remark away.
    assert not home.run("marts").verdicts
    assert not home.run("marts", full_refresh=True).notices
    with open_warehouse(home.settings.warehouse_path) as connection:
        assert cause.message_sv not in all_remarks(connection)


def test_what_a_test_fails_on_is_not_vouched_for() -> None:
    units = tables()
    assert "staging.stg_register__vald_arenden" in reads_of(
        units["intermediate.int_violence_counted"]
    )

    def result(kind: str, status: str, *parents: str) -> SimpleNamespace:
        depends = SimpleNamespace(nodes=[units[each] for each in parents])
        return SimpleNamespace(
            node=SimpleNamespace(resource_type=kind, depends_on=depends), status=status
        )

    results = DbtResults(
        {
            "a": result("model", "error", "marts.geographies"),
            "b": result("test", "fail", "marts.revisions", "marts.indicator_values"),
            "c": result("test", "warn", "marts.open_comparison_profile"),
            "d": result("test", "pass", "marts.source_notes"),
            "e": result("test", "error", "seeds.counties"),
        }
    )
    assert models._failed_on(results) == {
        "marts.revisions",
        "marts.indicator_values",
        "seeds.counties",
    }


def test_tables_come_after_what_they_are_built_from() -> None:
    names = [name for name in tables() if name.partition(".")[0] in {"intermediate", "marts"}]
    ordered = models._in_order(sorted(names, reverse=True))
    assert sorted(ordered) == sorted(names)
    for place, name in enumerate(ordered):
        assert not set(reads_of(tables()[name])) & set(ordered[place:])
    assert len(names) > 20


def test_an_analysis_stands_while_other_registers_values_change(home: PaperHome) -> None:
    """Which years there are is what it reads of them, and that they are the same."""
    reads = set(real_flow().by_name["housing_support"].reads)
    assert "marts.area_years" in reads
    assert "marts.indicator_values" not in reads
    home.inbox["avhysningar_barn"] = "1"
    home.run_all()
    assert "marts.indicator_values" in home.made
