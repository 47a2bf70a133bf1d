"""Tables that other software has protected, with what it hid: the outside reference of the tests.

Where they come from is told in `tests/vectors/README.md`. What is asked of our own choices belongs
to `tests/unit/disclosure` and `tests/benchmarks/bench_disclosure.py`.
"""

import csv
from collections import defaultdict
from pathlib import Path

from orchestration.disclosure.cells import System
from orchestration.disclosure.primary import Thresholds, rules
from orchestration.disclosure.task import Task

VECTORS = Path(__file__).parent / "vectors" / "gausssuppression"
TOTAL = "Total"


def rows(name: str) -> list[dict[str, str]]:
    with (VECTORS / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def crossed(
    inner: dict[tuple[str, str], int], groups: dict[str, list[str]], columns: list[str]
) -> System:
    """A table of groups of rows by columns, with all totals.

    Args:
        inner: Counts by row and column.
        groups: Which rows each group holds; the total is one.
        columns: Without the total.
    """
    lines = sorted({line for line, _ in inner})
    values = {
        f"{line}|{column}": sum(
            inner[each, at]
            for each in groups.get(line, [line])
            for at in (columns if column == TOTAL else [column])
        )
        for line in (*lines, *groups)
        for column in (*columns, TOTAL)
    }
    sums = [
        (f"{group}|{column}", [f"{line}|{column}" for line in members])
        for group, members in groups.items()
        for column in (*columns, TOTAL)
    ]
    sums += [
        (f"{line}|{TOTAL}", [f"{line}|{column}" for column in columns])
        for line in (*lines, *groups)
    ]
    return System.of(values, sums)


def z1() -> System:
    inner = {(each["region"], each["hovedint"]): int(each["ant"]) for each in rows("input_z1")}
    lines = sorted({line for line, _ in inner})
    return crossed(inner, {TOTAL: lines}, sorted({column for _, column in inner}))


def z2() -> System:
    given = rows("input_z2")
    inner = {(each["region"], each["hovedint"]): int(each["ant"]) for each in given}
    groups: dict[str, list[str]] = defaultdict(list)
    for line in sorted({each["region"] for each in given}):
        [one] = {(r["fylke"], r["kostragr"]) for r in given if r["region"] == line}
        for group in (*one, TOTAL):
            groups[group].append(line)
    return crossed(inner, dict(groups), sorted({column for _, column in inner}))


def example1(*, union: bool) -> System:
    given = [each for each in rows("input_example1") if each["year"] == "2014"]
    inner = {(each["geo"], each["age"]): int(each["freq"]) for each in given}
    groups: dict[str, list[str]] = defaultdict(list)
    for line in sorted({each["geo"] for each in given}):
        groups[TOTAL].append(line)
        if union:
            groups[next(each["eu"] for each in given if each["geo"] == line)].append(line)
    return crossed(inner, dict(groups), ["old", "young"])


CASES = {
    "z1": (z1(), "z1_default_maxN3", ("region", "hovedint"), Thresholds(4, zeros=True)),
    "z2": (z2(), "z2_hier_default_maxN3", ("region", "hovedint"), Thresholds(4, zeros=True)),
    "table1": (
        *(example1(union=False), "example1_2014_table1_maxN1", ("geo", "age")),
        Thresholds(2, zeros=True),
    ),
    "table2": (
        *(example1(union=True), "example1_2014_table2_eu_maxN2", ("geo", "age")),
        Thresholds(3, zeros=True),
    ),
    "table4": (
        *(example1(union=True), "example1_2014_table4_eu_maxN4_pz0", ("geo", "age")),
        Thresholds(5),
    ),
}


def case(name: str) -> tuple[Task, dict[str, bool]]:
    """The table of a vector, and what the outside reference hid of it."""
    system, file, (line, column), thresholds = CASES[name]
    printed = {f"{each[line]}|{each[column]}": each for each in rows(file)}
    places = [system.ids.index(name) for name in printed]
    small = rules(system.values, thresholds) != ""
    # Other software prints fewer rows where two are the same; what it prints is what is compared.
    assert {system.ids[at] for at in places if small[at]} == {
        name for name, each in printed.items() if each["primary"] == "TRUE"
    }
    counts = [int(each.get("ant") or each["freq"]) for each in printed.values()]
    assert system.values[places].tolist() == counts
    return Task.of(system, small), {
        name: each["suppressed"] == "TRUE" for name, each in printed.items()
    }
