"""What the intake of a large register costs, against DuckDB's own reading of the same file.

    pytest -o addopts= -o 'python_files=bench_*.py' -s tests/benchmarks/bench_intake.py
    AVVIK_BENCH_ROWS=1000000 pytest ...  # some of the sizes only

A register in Windows-1252 is made with DuckDB, about 75 bytes a row. One process then reads it with
`read_csv` into a table of text in a database on disk; another takes it through the real intake:
landing, checks, pseudonyms, raw, profile, log and report. Each has time and peak memory of its own,
and they share engine and machine, so their ratio is steadier than seconds.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from orchestration.intake import admission as loading_step
from orchestration.intake import receiving as landing_step
from orchestration.registers import staged_rows
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse

SIZES = [
    int(rows) for rows in os.environ.get("AVVIK_BENCH_ROWS", "1000000,10000000,50000000").split(",")
]
# Below it, what does not depend on the number of rows weighs too much.
SMALLEST_JUDGED = 10_000_000
LARGEST_RATIO = 3.0
LARGEST_PEAK_MB = 4096
REGISTER = "missbruk_insatser"
HEADER = (
    "insats_id;personnummer;kon;fodelsear;stadsdelsnamnd;lagrum;form;start_datum;slut_datum;dygn"
)
# The step of the split, the module that calls it, and the function's name there.
STEPS: list[tuple[str, ModuleType, str]] = [
    ("layout", staged_rows, "inspect"),
    ("reading", staged_rows, "stage_rows"),
    ("identities", staged_rows, "make_pseudonyms"),
    ("checking", staged_rows, "judge"),
    ("inserting", loading_step, "insert_staged"),
]

# Birth numbers 980 to 999 are nobody's. Every second row has an end date, and days.
_DIGITS = [f"(ascii(substr(eleven, {place}, 1)) - 48)" for place in range(3, 12)]
_LUHN = " + ".join(
    f"({digit} * 2 - case when {digit} > 4 then 9 else 0 end)" if place % 2 == 0 else digit
    for place, digit in enumerate(_DIGITS)
)
_PEOPLE = f"""
create temp table people as
select
    row_number() over () - 1 as person,
    eleven || ((10 - ({_LUHN}) % 10) % 10)::varchar as number,
    left(eleven, 4) as born
from (
    select strftime(date '1930-01-01' + day::integer, '%Y%m%d') || (980 + birth)::varchar as eleven
    from range(27000) as days (day), range(20) as births (birth)
)
"""
_ROWS = """
copy (
    select concat_ws(
        ';', 'MB-' || lpad(row::varchar, 9, '0'), number,
        ['K', 'M'][1 + (hash(row) % 2)::integer], born,
        ['Bromma', 'Älvsjö', 'Hägersten-Älvsjö', 'Enskede-Årsta-Vantör', 'Norrmalm']
            [1 + (hash(row + 1) % 5)::integer],
        ['sol', 'lvm'][1 + (hash(row + 2) % 2)::integer],
        ['oppenvard', 'institution', 'familjehem', 'boende', 'ovrigt']
            [1 + (hash(row + 3) % 5)::integer],
        (started)::varchar,
        case when row % 2 = 0 then (started + 30)::varchar else '' end,
        case when row % 2 = 0 then (hash(row + 4) % 30)::varchar else '' end
    )
    from (
        select row, hash(row + 5) % 540000 as person,
            date '2016-01-01' + (hash(row + 6) % 2900)::integer as started
        from range({rows}) as rows (row)
    )
    inner join people using (person)
) to '{path}' (header false, delimiter '', quote '', escape '')
"""


def write_register(path: Path, rows: int) -> None:
    """Write a register in Windows-1252."""
    text = path.with_suffix(".utf8")
    with duckdb.connect(config={"memory_limit": "2GB", "temp_directory": str(path.parent)}) as made:
        made.execute("set preserve_insertion_order = false")
        made.execute(_PEOPLE)
        made.execute(_ROWS.format(rows=rows, path=text))
    with path.open("wb") as target, text.open(encoding="utf-8", newline="") as source:
        target.write(f"{HEADER}\n".encode())
        while chunk := source.read(4 << 20):
            target.write(chunk.encode("windows-1252"))
    text.unlink()


def read_plainly(path: Path, folder: Path) -> dict[str, float]:
    """DuckDB's own reading into a table on disk: the measure."""
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in HEADER.split(";")) + "}"
    started = time.perf_counter()
    with duckdb.connect(str(folder / "plain.duckdb")) as connection:
        connection.execute(
            f"create table register as from read_csv('{path}', delim = ';', header = true,"
            f" auto_detect = false, columns = {columns}, encoding = 'latin-1')"
        )
        total = time.perf_counter() - started
        [(rows,)] = connection.execute("select count(*) from register").fetchall()
    return {"total": total, "rows": rows}


def take_in(path: Path, folder: Path) -> dict[str, float]:
    """The intake as a nightly run does it, with the time of each step."""
    inbox = folder / "inbox" / REGISTER
    inbox.mkdir(parents=True)
    (inbox / f"{REGISTER}_2023.csv").hardlink_to(path)
    settings = Settings(home=folder, profile="live", settle_seconds=0)
    store = LandingStore(settings.landing_dir)
    taken: dict[str, float] = defaultdict(float)
    for step, module, name in STEPS:
        setattr(module, name, _timed(getattr(module, name), step, taken))
    started = time.perf_counter()
    with open_warehouse(settings.warehouse_path) as connection:
        landing_step.land_deliveries(connection, settings, store, now=datetime.now(UTC))
        taken["landing"] = time.perf_counter() - started
        key = PseudonymKey.from_secret(b"en hemlighet som bara finns i matningen")
        loading_step.load_deliveries(connection, settings, store, key)
        [(outcome, loaded)] = connection.execute(
            "select outcome, rows_loaded from meta.deliveries"
        ).fetchall()
        told = connection.execute("select message_sv from meta.delivery_breaches").fetchall()
        [(persons, numbered)] = connection.execute(
            f"select count(person_id), max(row_number) from raw.register__{REGISTER}"
        ).fetchall()
    total = time.perf_counter() - started
    if (outcome, persons, numbered) != ("loaded", loaded, loaded + 1):
        message = f"the register was not loaded whole: {outcome}, {loaded} rows, {told}"
        raise RuntimeError(message)
    return {**taken, "rest": total - sum(taken.values()), "total": total, "rows": loaded}


def _timed(
    function: Callable[..., object], step: str, taken: dict[str, float]
) -> Callable[..., object]:
    def timed(*arguments: object, **named: object) -> object:
        started = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            taken[step] += time.perf_counter() - started

    return timed


ARMS = {"plain": read_plainly, "intake": take_in}


def run(arm: str, path: Path) -> dict[str, float]:
    """Run one arm in a process and a folder of its own."""
    folder = path.parent / arm
    folder.mkdir()
    try:
        command = [sys.executable, __file__, "--arm", arm, "--file", str(path)]
        # The checkout that is measured is this one, wherever the package is installed from.
        environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
        output = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env=environment
        ).stdout
        return dict(json.loads(output))
    finally:
        shutil.rmtree(folder)


def compare(path: Path, rows: int) -> dict[str, object]:
    """Take one file through both arms, the measure before and after."""
    before, intake, after = run("plain", path), run("intake", path), run("plain", path)
    if {before["rows"], intake["rows"], after["rows"]} != {rows}:
        message = f"{before['rows']}, {intake['rows']} and {after['rows']} rows read of {rows}"
        raise RuntimeError(message)
    plain = (before["total"] + after["total"]) / 2
    return {
        "rows": rows,
        "file_mb": round(path.stat().st_size / 1e6),
        "plain_seconds": [round(before["total"], 1), round(after["total"], 1)],
        "intake_seconds": round(intake["total"], 1),
        "ratio": round(intake["total"] / plain, 2),
        # Steadier than the ratio where others use the machine meanwhile.
        "cpu_ratio": round(2 * intake["cpu"] / (before["cpu"] + after["cpu"]), 2),
        "plain_peak_mb": round(max(before["peak_mb"], after["peak_mb"])),
        "intake_peak_mb": round(intake["peak_mb"]),
        "split_seconds": {
            step: round(intake[step], 1)
            for step in ["landing", *(step for step, _, _ in STEPS), "rest"]
        },
    }


@pytest.mark.timeout(0)  # the largest size takes as long as the machine needs
@pytest.mark.parametrize("rows", SIZES)
def test_a_register_is_taken_in_within_three_times_its_reading(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "register.csv"
    try:
        write_register(path, rows)
        figures = compare(path, rows)
    finally:
        path.unlink(missing_ok=True)
    sys.stdout.write("\n" + json.dumps(figures) + "\n")
    if rows >= SMALLEST_JUDGED:
        assert float(str(figures["ratio"])) <= LARGEST_RATIO
        assert int(str(figures["intake_peak_mb"])) < LARGEST_PEAK_MB


def main() -> None:
    """Run one arm for the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arm", choices=sorted(ARMS), required=True)
    parser.add_argument("--file", type=Path, required=True)
    arguments = parser.parse_args()
    figures = ARMS[arguments.arm](arguments.file, arguments.file.parent / arguments.arm)
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures["peak_mb"] = used.ru_maxrss / 1024
    figures["cpu"] = used.ru_utime + used.ru_stime
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
