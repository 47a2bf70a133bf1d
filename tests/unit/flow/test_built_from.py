"""Nothing is published whose parts were made of different things, whoever runs what and when."""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.flow.built_from import PUBLICATION, ends, read_made
from orchestration.flow.documents import DRAFT, draft_dir
from orchestration.flow.step import StepRefusedError
from orchestration.storage.warehouse import open_warehouse
from tests.unit.flow.conftest import DATASETS, REGISTERS, PaperHome, small_flow

SOURCES = (*REGISTERS, *DATASETS)
FLOW = small_flow()
STEPS = [step.name for step in FLOW.steps]
MARTS = [name for name in FLOW.makers if name.startswith("marts.")]


def test_the_small_graph_has_every_step_and_reaches_the_publication() -> None:
    assert STEPS == [
        "landing",
        "raw",
        "staging",
        "marts",
        "found_explanations",
        "deviations",
        "series_charts",
        "focus_areas",
        "early_warnings",
        "child_review",
        "costs",
        "equality",
        "housing_support",
        "open_comparisons",
        "protected_housing",
        "refusals",
        "samples",
        "without_assessment",
        "analysis_results",
        "release",
        "memorandum",
        "snapshot",
    ]
    assert all(step.writes for step in FLOW.steps)
    assert {"marts.indicator_values", "marts.deviations", DRAFT} <= set(
        FLOW.by_name["snapshot"].reads
    )


def agrees(home: PaperHome, edition: dict[str, str]) -> bool:
    """Whether each part of an edition is what its parts in the same edition make it."""
    now = {name: home.stands(name) for name in edition}
    return edition == now


some_products = st.sampled_from(STEPS).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.none() | st.sets(st.sampled_from(sorted(FLOW.by_name[name].products)), min_size=1),
    )
)
operations = st.one_of(
    st.tuples(st.just("deliver"), st.sampled_from(SOURCES), st.integers(0, 2)),
    st.tuples(st.just("run"), some_products),
    st.tuples(st.just("run"), some_products),
    st.tuples(st.just("year"), st.sampled_from([None, 2022])),
    st.tuples(st.just("tamper"), st.sampled_from(MARTS)),
    st.tuples(st.just("run on from"), st.sampled_from(STEPS)),
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has published once; copy, never change."""
    home = PaperHome(tmp_path_factory.mktemp("finished"))
    home.inbox = dict.fromkeys(SOURCES, "0")
    with kept_open(home):
        home.run_all()
    return home.directory


def kept_open(home: PaperHome) -> AbstractContextManager[object]:
    """The warehouse stays open between the steps, which open it anew: to start a DuckDB is dear."""
    return open_warehouse(home.settings.warehouse_path)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(done=st.lists(operations, min_size=2, max_size=8))
def test_parts_of_a_publication_agree_whatever_was_run_in_whatever_order(
    finished: Path, tmp_path_factory: pytest.TempPathFactory, done: list[tuple[object, ...]]
) -> None:
    directory = tmp_path_factory.mktemp("home")
    shutil.copytree(finished, directory, dirs_exist_ok=True)
    home = PaperHome(directory, inbox=dict.fromkeys(SOURCES, "0"))
    landed = dict(home.inbox)
    with kept_open(home):
        for what, *arguments in done:
            before = len(home.editions)
            _do(home, str(what), arguments, landed)
            for edition in home.editions[before:]:
                # What it is compared with is what had landed when it was published.
                lying, home.inbox = home.inbox, landed
                assert agrees(home, edition), done
                home.inbox = lying
        home.run_all()
        assert agrees(home, home.editions[-1])
    shutil.rmtree(directory)


def _do(home: PaperHome, what: str, arguments: list[object], landed: dict[str, str]) -> None:
    match what, arguments:
        case "deliver", [str(source), version]:
            home.inbox[source] = str(version)
        case "year", [int() | None as year]:
            home.year = year
        case "tamper", [str(table)]:
            home.change(f"update {table} set made_of = 'ändrad för hand'")
        case "run", [(str(step), products)]:
            _try(home, step, products, landed)
        case "run on from", [str(first)]:
            for step in STEPS[STEPS.index(first) :]:
                _try(home, step, None, landed)
        case _:
            pytest.fail(f"{what} {arguments}")


def _try(home: PaperHome, step: str, products: object, landed: dict[str, str]) -> None:
    chosen = None if products is None else frozenset(str(each) for each in products)  # type: ignore[attr-defined]
    with suppress(StepRefusedError):
        home.run(step, chosen)
        if step == "landing":
            for each in chosen or home.flow.by_name["landing"].products:
                name = each.removeprefix("landing.")
                landed[name] = home.inbox[name]


@pytest.fixture
def home(finished: Path, tmp_path: Path) -> Iterator[PaperHome]:
    shutil.copytree(finished, tmp_path / "home")
    home = PaperHome(tmp_path / "home", inbox=dict.fromkeys(SOURCES, "0"))
    with kept_open(home):
        yield home


def refused(home: PaperHome, step: str) -> str:
    editions = len(home.editions)
    with pytest.raises(StepRefusedError) as caught:
        home.run(step)
    assert len(home.editions) == editions
    return str(caught.value)


def test_a_corrected_delivery_is_not_published_beside_old_findings(home: PaperHome) -> None:
    """What was seen: raw to marts were rebuilt, then only the memorandum and the snapshot."""
    home.inbox["vald_arenden"] = "1"
    for step in ("landing", "raw", "staging", "marts"):
        home.run(step)
    for step in ("memorandum", "snapshot"):
        text = refused(home, step)
        assert "steget Söker orsaker i uppgifterna (found_explanations)" in text
        assert "är gjord av en annan version av" in text
    for step in STEPS[4:]:
        home.run(step)
    assert agrees(home, home.editions[-1])


def test_an_old_draft_is_not_published_beside_new_tables(home: PaperHome) -> None:
    home.inbox["vald_arenden"] = "1"
    for step in STEPS[:-2]:
        home.run(step)
    assert "Skriver promemorian" in refused(home, "snapshot")


def test_a_draft_that_somebody_has_changed_is_not_published(home: PaperHome) -> None:
    (draft_dir(home.settings) / "promemoria.html").write_text("en annan promemoria")
    assert f"{DRAFT} har ändrats utanför flödet" in refused(home, "snapshot")


def test_a_table_that_somebody_has_changed_is_not_read(home: PaperHome) -> None:
    home.change("update marts.indicator_values set made_of = 'ändrad'")
    assert "marts.indicator_values har ändrats utanför flödet" in refused(home, "deviations")


def test_another_report_year_is_another_publication(home: PaperHome) -> None:
    home.year = 2022
    assert "Rapportåret har ändrats sedan marts.deviations" in refused(home, "memorandum")
    # What does not depend on the year need not be made anew.
    for step in STEPS[5:]:
        home.run(step)
    assert agrees(home, home.editions[-1])


def test_one_source_can_be_landed_and_loaded_alone(home: PaperHome) -> None:
    home.inbox |= dict.fromkeys(REGISTERS, "1")
    home.run("landing", ["landing.vald_arenden"])
    # What registers share is made with each of them.
    raw = home.flow.by_name["raw"]
    home.run("raw", [each.name for each in raw.writes if "landing.vald_arenden" in each.reads])
    with open_warehouse(home.settings.warehouse_path) as connection:
        rows = connection.execute("select name, delivery_id from meta.inbox").fetchall()
    assert dict(rows) == dict.fromkeys(SOURCES, "0") | {"vald_arenden": "1"}
    for step in STEPS[2:]:
        home.run(step)
    lying, home.inbox = home.inbox, dict(rows)
    assert agrees(home, home.editions[-1])
    assert not agrees(PaperHome(home.directory, inbox=lying), home.editions[-1])


def test_the_chain_ends_in_what_nobody_here_makes(home: PaperHome) -> None:
    with open_warehouse(home.settings.warehouse_path) as connection:
        made = read_made(connection)
    found = ends(made, PUBLICATION)
    assert set(found) == {
        "program:",
        "settings:",
        "settings:year",
        "settings:open_data",
        *(f"inbox:{name}" for name in SOURCES),
    }
    assert not [name for name, print_ in found.items() if "|" in print_ or not print_]
    assert ends(made, "marts.nothing") == {}
