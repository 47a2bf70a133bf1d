"""How each indicator is counted, as its page tells it: the model's own text and where it begins."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from orchestration.flow.calculations import calculations
from orchestration.reporting.calculation import Calculation

ROOT = Path(__file__).parents[3]
SEEDS = ROOT / "dbt_project/seeds"


@pytest.fixture(scope="module")
def found() -> Iterator[Mapping[str, Calculation]]:
    with duckdb.connect() as connection:
        connection.execute("create schema seeds")
        for name in ("indicators", "indicator_series"):
            read = f"read_csv('{SEEDS / name}.csv', all_varchar = true)"
            connection.execute(f"create table seeds.{name} as from {read}")
        yield calculations(connection)


def test_every_indicator_of_the_catalogue_is_counted_somewhere(
    found: Mapping[str, Calculation],
) -> None:
    lines = (SEEDS / "indicators.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(found) == len(lines) > 80
    for calculation in found.values():
        assert calculation.sql.startswith(("with", "{{", "--", "select"))
        assert calculation.after[-1] == "marts.indicator_values"


@pytest.mark.parametrize(
    ("indicator", "model", "begins"),
    [
        ("evicted_children", "int_evictions_counted", "raw.register__avhysningar_barn"),
        ("child_cases", "int_child_cases_counted", "raw.register__barn_unga_arenden"),
        ("population", "int_population_counted", "raw.register__befolkning_stadsdel"),
        ("debt_median", "int_statistics_counted", "raw.kolada__observations"),
    ],
)
def test_an_indicator_is_followed_from_its_register(
    found: Mapping[str, Calculation], indicator: str, model: str, begins: str
) -> None:
    told = found[indicator]
    assert told.model == f"intermediate.{model}"
    assert begins in told.before
    [file] = (ROOT / "dbt_project/models").rglob(f"{model}.sql")
    assert told.sql == file.read_text(encoding="utf-8").strip()
    assert told.after == ("intermediate.int_indicators_united", "marts.indicator_values")


def test_what_is_set_by_hand_is_put_in_where_all_comes_together(
    found: Mapping[str, Calculation],
) -> None:
    told = found["housing_support_block_grant"]
    assert told.model == "intermediate.int_indicators_united"
    assert told.after == ("marts.indicator_values",)


def test_a_table_stands_after_what_it_is_made_from(found: Mapping[str, Calculation]) -> None:
    before = found["evicted_children"].before
    for earlier, later in (
        ("raw.register__avhysningar_barn", "staging.stg_register__avhysningar_barn"),
        ("raw.municipality__boards", "intermediate.int_geography_crosswalk"),
    ):
        assert before.index(earlier) < before.index(later)
    assert len(before) == len(set(before))
    assert not any(name.startswith("seeds.") for name in before)


def test_an_indicator_is_named_by_one_model_alone(found: Mapping[str, Calculation]) -> None:
    texts = {each.model: each.sql for each in found.values() if each.model.endswith("_counted")}
    assert len(texts) > 10
    for indicator in found:
        named = [model for model, text in texts.items() if f"'{indicator}'" in text]
        assert len(named) <= 1, indicator
