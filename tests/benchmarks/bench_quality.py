"""What Great Expectations on top of DuckDB costs, against the same counts written by hand.

    python tests/benchmarks/bench_quality.py --rows 10000000
    pytest tests/benchmarks/bench_quality.py -s

Each arm runs in a process of its own, in turn, on one generated table, so that time and peak
memory are its own. The arms share DuckDB's engine and the machine, so their ratio is steadier than
seconds.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.quality.suites import Rule, Severity, Suite

TABLE = "raw.register__bench"
ROUNDS = 3
LARGEST_RATIO = 2.0

GENERATE = """
create schema raw;
create table raw.register__bench as select
    'B' || lpad(i::varchar, 9, '0') as beslut_id,
    'v1:' || md5((i % 700000)::varchar) as person_id,
    (['bifall', 'delavslag', 'avslag'])[1 + (hash(i) % 3)::int] as utfall,
    (['K', 'M'])[1 + (hash(i + 7) % 2)::int] as kon,
    date '2016-01-01' + (i % 2900)::int as start_datum,
    case when i % 5 > 0 then date '2016-01-01' + (i % 2900)::int + 30 end as slut_datum,
    ((hash(i + 3) % 2000000) / 100)::decimal(12, 2) as belopp,
    (hash(i + 9) % 30)::int as antal,
    (i % 96)::bigint as delivery_sequence
from range({rows}) as numbers (i)
"""

BY_HAND = """
select
    count(*),
    count(*) filter (where person_id is null),
    count(*) filter (where utfall is null),
    count(*) filter (where utfall not in ('bifall', 'delavslag', 'avslag')),
    count(*) filter (where utfall in ('avslag', 'delavslag')),
    count(*) filter (where kon = 'M'),
    count(*) filter (where kon = 'K'),
    count(*) filter (where length(person_id) not between 35 and 40),
    count(*) filter (where not regexp_matches(person_id, '^v[0-9]+:[0-9a-f]{32}$')),
    count(*) filter (where belopp not between 0 and 50000),
    count(*) filter (where antal not between 0 and 40),
    avg(belopp), stddev_samp(belopp), sum(antal), min(start_datum), max(start_datum),
    count(*) filter (where slut_datum < start_datum),
    count(slut_datum) / count(*)
from raw.register__bench
"""
BY_HAND_DISTINCT = "select count(distinct kon) from raw.register__bench"
BY_HAND_DUPLICATES = """
select coalesce(sum(n), 0) from (
    select count(*) as n from raw.register__bench
    group by beslut_id, delivery_sequence having count(*) > 1
)
"""


def _rule(kind: str, *, name: str | None = None, **kwargs: object) -> Rule:
    return Rule(
        type=kind,
        name=name,
        kwargs=kwargs,
        severity=Severity.CRITICAL,
        notes_sv="Regel i ett prov av hastighet. Gör så här: inget.",
    )


SUITE = Suite(
    table=TABLE,
    description_sv="En genererad tabell för att mäta hastighet.",
    expectations=(
        _rule("expect_table_row_count_to_be_between", min_value=1),
        _rule("expect_column_to_exist", column="belopp"),
        _rule("expect_column_values_to_not_be_null", column="person_id"),
        _rule("expect_column_values_to_not_be_null", column="utfall"),
        _rule(
            "expect_column_values_to_be_in_set",
            column="utfall",
            value_set=["bifall", "delavslag", "avslag"],
        ),
        _rule(
            "expect_column_values_to_not_be_in_set",
            column="utfall",
            value_set=["avslag", "delavslag"],
            mostly=0.2,
        ),
        _rule(
            "expect_column_values_to_be_in_set",
            name="kvinnor",
            column="kon",
            value_set=["K"],
            mostly=0.4,
        ),
        _rule(
            "expect_column_values_to_be_in_set",
            name="man",
            column="kon",
            value_set=["M"],
            mostly=0.4,
        ),
        _rule(
            "expect_column_value_lengths_to_be_between",
            column="person_id",
            min_value=35,
            max_value=40,
        ),
        _rule(
            "expect_column_values_to_match_regex",
            column="person_id",
            regex="^v[0-9]+:[0-9a-f]{32}$",
        ),
        _rule("expect_column_values_to_be_between", column="belopp", min_value=0, max_value=50000),
        _rule("expect_column_values_to_be_between", column="antal", min_value=0, max_value=40),
        _rule("expect_column_mean_to_be_between", column="belopp", min_value=1, max_value=20000),
        _rule("expect_column_stdev_to_be_between", column="belopp", min_value=1, max_value=20000),
        _rule("expect_column_sum_to_be_between", column="antal", min_value=1),
        _rule("expect_column_min_to_be_between", column="start_datum", max_value="{evaluated_on}"),
        _rule("expect_column_max_to_be_between", column="start_datum", max_value="{evaluated_on}"),
        _rule(
            "expect_column_pair_values_a_to_be_greater_than_b",
            column_A="slut_datum",
            column_B="start_datum",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
        _rule(
            "expect_column_proportion_of_non_null_values_to_be_between",
            column="slut_datum",
            min_value=0.5,
        ),
        _rule("expect_column_unique_value_count_to_be_between", column="kon", max_value=2),
        _rule(
            "expect_compound_columns_to_be_unique",
            column_list=["beslut_id", "delivery_sequence"],
        ),
    ),
)


def _by_hand(connection: duckdb.DuckDBPyConnection) -> bool:
    connection.execute(BY_HAND).fetchone()
    connection.execute(BY_HAND_DISTINCT).fetchone()
    return connection.execute(BY_HAND_DUPLICATES).fetchone() == (0,)


def _by_suite(connection: duckdb.DuckDBPyConnection) -> bool:
    from orchestration.quality.validation import validate  # noqa: PLC0415 - only this arm's cost

    return validate(connection, SUITE, evaluated_at=datetime.now(UTC)).passed


def run_arm(arm: str, database: Path) -> dict[str, object]:
    """Run one arm in this process.

    Args:
        arm: `hand` or `suite`.
        database: The DuckDB file with the table.

    Returns:
        Seconds without imports, peak memory in MB, and whether every rule held.
    """
    if arm == "suite":
        import great_expectations  # noqa: F401, PLC0415 - its import is not what is measured
    with duckdb.connect(str(database), read_only=True) as connection:
        started = time.perf_counter()
        held = _by_suite(connection) if arm == "suite" else _by_hand(connection)
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak_mb": peak, "held": held}


def compare(rows: int, directory: Path) -> dict[str, float]:
    """Generate the table and run both arms in turn.

    Args:
        rows: Rows of the table.
        directory: Where the DuckDB file is written.

    Returns:
        Median seconds and largest peak memory of each arm, and the ratio of seconds.

    Raises:
        RuntimeError: If a rule that must hold did not.
    """
    database = directory / "bench.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(GENERATE.format(rows=rows))
    seconds: dict[str, list[float]] = {"hand": [], "suite": []}
    peaks: dict[str, list[float]] = {"hand": [], "suite": []}
    for _ in range(ROUNDS):
        for arm, taken in seconds.items():
            command = [sys.executable, __file__, "--arm", arm, "--database", str(database)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            measured = json.loads(output)
            if not measured["held"]:
                message = f"arm {arm}: a rule failed on data that keeps it"
                raise RuntimeError(message)
            taken.append(measured["seconds"])
            peaks[arm].append(measured["peak_mb"])
    hand, suite = (statistics.median(seconds[arm]) for arm in ("hand", "suite"))
    return {
        "rows": rows,
        "hand_seconds": round(hand, 2),
        "suite_seconds": round(suite, 2),
        "ratio": round(suite / hand, 2),
        "hand_peak_mb": round(max(peaks["hand"])),
        "suite_peak_mb": round(max(peaks["suite"])),
    }


def test_a_suite_costs_little_more_than_its_sql(tmp_path: Path) -> None:
    figures = compare(5_000_000, tmp_path)
    sys.stdout.write(json.dumps(figures) + "\n")
    assert figures["ratio"] < LARGEST_RATIO


def main() -> None:
    """Compare the arms, or run one of them for the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--arm", choices=["hand", "suite"])
    parser.add_argument("--database", type=Path)
    arguments = parser.parse_args()
    if arguments.arm:
        figures: object = run_arm(arguments.arm, arguments.database)
    else:
        with tempfile.TemporaryDirectory() as directory:
            figures = compare(arguments.rows, Path(directory))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
