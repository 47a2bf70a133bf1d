"""Any sequence of deliveries: the log of revisions leads from the first figure to the last.

The models' own SQL, compiled once by dbt, is run on many small warehouses and held against a count
in Python that knows nothing of it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.sources.registry import load_registry
from tests.dbt.conftest import PROJECT_DIR, create_raw

MODELS = (
    *(f"stg_{name}__observations" for name in sorted({d.publisher for d in load_registry()})),
    "stg_statistics__notes",
    "stg_statistics__deliveries",
    "int_observations_located",
    "int_statistics_vintages",
    "int_statistics_counted",
    "revisions",
)
# What one delivery says of a cell: a status, and a figure where there is one.
Cell = tuple[str, float | None]
# A delivery: what it says, by series and year.
Delivery = Mapping[tuple[str, int], Cell]
TWO_SERIES = ("Hot", "Misshandel")
WITHHELD = ("missing", "suppressed", "not_applicable")

FIGURES = st.integers(min_value=0, max_value=4).map(float) | st.sampled_from([0.1, 0.2, 0.3, 1e11])
CELLS = st.tuples(st.sampled_from(["observed", "preliminary"]), FIGURES) | st.tuples(
    st.sampled_from(WITHHELD), st.none()
)
DELIVERIES = st.lists(
    st.dictionaries(
        st.tuples(st.sampled_from(TWO_SERIES), st.sampled_from([2021, 2022, 2023])),
        CELLS,
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=6,
)


@dataclass(frozen=True, slots=True)
class Lab:
    """A warehouse in memory, and the models' SQL in the order they are built."""

    connection: duckdb.DuckDBPyConnection
    models: Mapping[str, tuple[str, str]]

    def build(self, deliveries: list[Delivery], delivers: str) -> None:
        """Deliver, and build the models anew."""
        for table in ("bra__observations", "statistics__deliveries"):
            self.connection.execute(f"delete from raw.{table}")
        for sequence, delivery in enumerate(deliveries, start=1):
            self.connection.execute(
                "insert into raw.statistics__deliveries values"
                " ($id, $sequence, 'crimes', timestamp '2026-01-01' + to_days($sequence), $kind)",
                {"id": f"d{sequence}", "sequence": sequence, "kind": delivers},
            )
            self.connection.executemany(
                "insert into raw.bra__observations"
                " values (?, ?, 1, 'crimes', ?, 'Hela landet', ?, '{}', '', ?, ?)",
                [
                    (f"d{sequence}", sequence, series, str(year), value, status)
                    for (series, year), (status, value) in delivery.items()
                ],
            )
        for relation, sql in self.models.values():
            self.connection.execute(f"create or replace table {relation} as {sql}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The models compiled by dbt, with a catalogue of one indicator: the sum of two series."""
    work = tmp_path_factory.mktemp("revisions")
    compiled = compile_models(work)
    with duckdb.connect() as connection:
        create_raw(connection)
        connection.execute("create schema staging; create schema intermediate")
        connection.execute("create schema marts; create schema seeds")
        connection.execute(
            """
            create table seeds.reporting_losses
                (dataset_id varchar, region_label varchar, period varchar);
            create table seeds.series_weights
                (indicator_id varchar, dataset_id varchar, dimension_pattern varchar,
                weight double);
            create table intermediate.int_region_crosswalk as
            select 'bra' as publisher, 'HELA LANDET' as region_key, 'SE' as geography_id,
                'riket' as geography_level;
            create table seeds.indicators as select 'crimes_total' as indicator_id;
            create table seeds.indicator_series as
            select 'crimes_total' as indicator_id, 'crimes' as dataset_id, series,
                '%' as dimension_pattern, null::varchar as geography_level, 'total' as breakdown,
                'total' as category, 1 as divisor, null::varchar as yearly_value
            from (values ('Hot'), ('Misshandel')) as names (series);
            """
        )
        yield Lab(connection, compiled)


def compile_models(work: Path) -> dict[str, tuple[str, str]]:
    """Relation and SQL of each model, without the name of a database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVVIK_WAREHOUSE", str(work / "memory.duckdb"))
        patch.setenv("DBT_LOG_PATH", str(work / "logs"))
        patch.setenv("DBT_TARGET_PATH", str(work / "target"))
        outcome = dbtRunner().invoke(
            [
                *("compile", "--quiet", "--no-introspect", "--select", *MODELS),
                *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
            ]
        )
    assert outcome.success, outcome.exception
    found = {}
    for node in json.loads((work / "target/manifest.json").read_text())["nodes"].values():
        if node["name"] in MODELS and node["resource_type"] == "model":
            sql = node["compiled_code"].replace('"memory".', "")
            found[node["name"]] = (f"{node['schema']}.{node['alias']}", sql)
    return {name: found[name] for name in MODELS}


def expected_histories(deliveries: list[Delivery], delivers: str) -> dict[int, list[Cell | None]]:
    """What was known of each year after each delivery; None before it was said and when gone."""
    histories: dict[int, list[Cell | None]] = {year: [] for year in (2021, 2022, 2023)}
    known: dict[tuple[str, int], Cell] = {}
    for delivery in deliveries:
        held = {year for _, year in delivery}
        stays = {} if delivers == "whole" else {k: v for k, v in known.items() if k[1] not in held}
        known = {**stays, **delivery}
        for year, history in histories.items():
            parts = [known[series, year] for series in TWO_SERIES if (series, year) in known]
            history.append(summed(parts))
    return histories


def summed(parts: list[Cell]) -> Cell | None:
    if not parts:
        return None
    statuses = [status for status, _ in parts]
    if len(parts) < len(TWO_SERIES):
        statuses.append("missing")
    for status in ("suppressed", "missing", "not_applicable"):
        if status in statuses:
            return status, None
    total = sum(value for _, value in parts if value is not None)
    return ("preliminary" if "preliminary" in statuses else "observed"), total


def same(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is right
    return left == pytest.approx(right, rel=1e-12, abs=0)


def value_of(cell: Cell | None) -> float | None:
    return None if cell is None else cell[1]


@pytest.mark.parametrize("delivers", ["whole", "recent"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deliveries=DELIVERIES)
def test_the_log_leads_from_the_first_figure_to_the_present_one(
    lab: Lab, delivers: str, deliveries: list[Delivery]
) -> None:
    lab.build(deliveries, delivers)
    present = {
        year: (status, value)
        for year, status, value in lab.rows(
            "select year(period_start), status, value from intermediate.int_statistics_counted"
        )
    }
    log: dict[int, list[tuple[Any, ...]]] = {}
    for year, *change in lab.rows(
        "select year(period_start), old_value, new_value, old_status, new_status, delivery_id"
        " from marts.revisions order by period_start, revision_number"
    ):
        log.setdefault(year, []).append(tuple(change))
    for year, history in expected_histories(deliveries, delivers).items():
        said = [cell for cell in history if cell is not None]
        first = next((place for place, cell in enumerate(history) if cell is not None), None)
        changes = log.get(year, [])
        if first is None:
            assert year not in present
            assert not changes
            continue
        # The chain: each change starts where the one before it ended, and none ends where it began.
        figure = value_of(history[first])
        for old, new, *_ in changes:
            assert same(old, figure)
            assert not same(old, new)
            figure = new
        assert same(figure, value_of(history[-1]))
        # Every change that the publisher made, by the delivery that made it, and no other.
        pairs = list(zip(history[first:], history[first + 1 :], strict=False))
        expected = [
            (
                value_of(old),
                value_of(new),
                old and old[0],
                new and new[0],
                f"d{first + place}",
            )
            for place, (old, new) in enumerate(pairs, start=2)
            if not same(value_of(old), value_of(new))
        ]
        assert len(changes) == len(expected)
        for found, wanted in zip(changes, expected, strict=True):
            assert same(found[0], wanted[0])
            assert same(found[1], wanted[1])
            assert found[2:] == wanted[2:]
        # What is published: the last thing said, and revised where another figure was said before.
        last = history[-1]
        if last is None:
            assert year not in present
            continue
        others = [value for _, value in said if value is not None and not same(value, last[1])]
        status = "revised" if last[0] == "observed" and others else last[0]
        assert present[year][0] == status
        assert same(present[year][1], last[1])


def test_the_times_are_those_of_the_deliveries(lab: Lab) -> None:
    parts = [{("Hot", 2022): ("observed", 1.0), ("Misshandel", 2022): ("observed", 2.0)}]
    changed = {("Hot", 2022): ("observed", 1.5), ("Misshandel", 2022): ("observed", 2.0)}
    lab.build([*parts, *parts, changed], "whole")
    [row] = lab.rows("select old_value, new_value, seen_at, first_seen_at from marts.revisions")
    assert row[:2] == (3.0, 3.5)
    assert [each.date() for each in row[2:]] == [date(2026, 1, 4), date(2026, 1, 2)]
