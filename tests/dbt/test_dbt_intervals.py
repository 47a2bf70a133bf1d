"""Confidence limits from the macros, against figures that others printed."""

import csv
from pathlib import Path

import duckdb
import pytest
from scipy import stats

from tests.dbt.conftest import Dbt

VECTORS = Path(__file__).parents[1] / "vectors" / "phe" / "intervals_95.csv"


@pytest.fixture(scope="module")
def expressions(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """SQL of each limit, as the macros render it for the columns of the vectors."""
    macros = {
        "byar": "byar_interval('events', '{side}')",
        "wilson": "wilson_interval('events', 'denominator', '{side}')",
        "mean": "mean_interval('mean', 'deviation', 'observations', '{side}')",
    }
    marker = " @@ "
    calls = [
        "{{ " + call.format(side=side) + " }}"
        for call in macros.values()
        for side in ("lower", "upper")
    ]
    compiled = dbt(
        tmp_path_factory.mktemp("compiled") / "warehouse.duckdb",
        "compile",
        "--inline",
        marker.join(calls),
    )
    rendered = compiled.results[0].node.compiled_code.split(marker)
    names = [f"{method}_{side}" for method in macros for side in ("lower", "upper")]
    return dict(zip(names, rendered, strict=True))


def limits(
    expressions: dict[str, str], method: str, columns: dict[str, float]
) -> tuple[float, float]:
    given = ", ".join(f"cast({value!r} as double) as {name}" for name, value in columns.items())
    with duckdb.connect() as connection:
        ((lower, upper),) = connection.execute(
            f"select {expressions[f'{method}_lower']}, {expressions[f'{method}_upper']}"
            f" from (select {given})"
        ).fetchall()
    return lower, upper


with VECTORS.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r["method"].startswith(("byar", "wilson"))], ids=str
)
def test_limits_are_those_of_phe_indicator_methods(
    expressions: dict[str, str], row: dict[str, str]
) -> None:
    events = float(row["events"])
    expected = float(row["lower"]), float(row["upper"])
    if row["method"] == "wilson":
        found = limits(
            expressions, "wilson", {"events": events, "denominator": float(row["denominator"])}
        )
    else:
        lower, upper = limits(expressions, "byar", {"events": events})
        scale = 100 / float(row["denominator"]) if row["denominator"] else 1
        found = lower * scale, upper * scale
    assert found == pytest.approx(expected, rel=1e-9)


def test_byar_is_near_the_exact_limits_from_five_events_on(expressions: dict[str, str]) -> None:
    exact = next(
        row for row in ROWS if row["method"].startswith("exact") and row["events"] == "5.0"
    )
    found = limits(expressions, "byar", {"events": 5})
    assert found == pytest.approx((float(exact["lower"]), float(exact["upper"])), rel=0.01)


@pytest.mark.parametrize("observations", [5, 6, 10, 30, 200])
def test_a_mean_has_students_limits(expressions: dict[str, str], observations: int) -> None:
    found = limits(
        expressions,
        "mean",
        {"mean": 7.2, "deviation": 3.1, "observations": observations},
    )
    expected = stats.t.interval(0.95, observations - 1, 7.2, 3.1 / observations**0.5)
    assert found == pytest.approx(expected, rel=0.001)
