"""The outside oracle: Great Expectations' own pandas engine on the same rows.

DuckDB counts here and pandas there; both outcomes must be the same, down to the count. The frames
are small and random, missing values included.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import duckdb
import great_expectations as gx
import pandas as pd
import pytest
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.quality.suites import RowCondition, Rule, Severity, Suite
from orchestration.quality.validation import typed_expectations, validate

NOTE = "Regeln gäller i ett prov. Gör så här: rätta provet."
NUMBERS = st.one_of(st.none(), st.integers(-3, 3).map(float))
CODES = st.one_of(st.none(), st.sampled_from(["a", "b", "bb", "ccc", "Å"]))
FRAMES = st.lists(st.tuples(NUMBERS, NUMBERS, CODES), min_size=1, max_size=12).map(
    lambda rows: pd.DataFrame(rows, columns=["x", "y", "code"]).astype(
        {"x": "float64", "y": "float64", "code": "object"}
    )
)
POSITIVE = (RowCondition(column="x", operator=">", value=0),)

RULES: list[tuple[str, dict[str, Any], tuple[RowCondition, ...]]] = [
    ("expect_column_values_to_not_be_null", {"column": "x", "mostly": 0.7}, ()),
    ("expect_column_values_to_be_null", {"column": "code", "mostly": 0.3}, ()),
    ("expect_column_values_to_be_between", {"column": "x", "min_value": -1, "max_value": 2}, ()),
    (
        "expect_column_values_to_be_between",
        {"column": "x", "min_value": 0, "strict_min": True, "mostly": 0.5},
        (),
    ),
    ("expect_column_values_to_be_in_set", {"column": "code", "value_set": ["a", "b"]}, ()),
    (
        "expect_column_values_to_be_in_set",
        {"column": "code", "value_set": ["a", "b"], "mostly": 0.5},
        POSITIVE,
    ),
    ("expect_column_values_to_not_be_in_set", {"column": "x", "value_set": [0, 1]}, ()),
    ("expect_column_values_to_be_unique", {"column": "code", "mostly": 0.6}, ()),
    ("expect_column_value_lengths_to_be_between", {"column": "code", "min_value": 2}, ()),
    ("expect_column_values_to_match_regex", {"column": "code", "regex": "^[a-z]{1,2}$"}, ()),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "x", "column_B": "y", "or_equal": True},
        (),
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "x", "column_B": "y", "ignore_row_if": "either_value_is_missing"},
        (),
    ),
    (
        "expect_column_pair_values_to_be_equal",
        {"column_A": "x", "column_B": "y", "ignore_row_if": "neither"},
        (),
    ),
    ("expect_compound_columns_to_be_unique", {"column_list": ["x", "code"], "mostly": 0.5}, ()),
    (
        "expect_compound_columns_to_be_unique",
        {"column_list": ["x", "y"], "ignore_row_if": "any_value_is_missing"},
        (),
    ),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["x", "y"], "sum_total": 1}, ()),
    ("expect_column_mean_to_be_between", {"column": "x", "min_value": -0.5, "max_value": 1}, ()),
    ("expect_column_median_to_be_between", {"column": "x", "min_value": 0}, ()),
    ("expect_column_stdev_to_be_between", {"column": "x", "max_value": 1.5}, ()),
    ("expect_column_min_to_be_between", {"column": "x", "min_value": -2}, ()),
    ("expect_column_max_to_be_between", {"column": "y", "max_value": 2}, POSITIVE),
    ("expect_column_sum_to_be_between", {"column": "x", "min_value": 0}, ()),
    ("expect_column_unique_value_count_to_be_between", {"column": "code", "max_value": 2}, ()),
    (
        "expect_column_proportion_of_unique_values_to_be_between",
        {"column": "code", "min_value": 0.5},
        (),
    ),
    (
        "expect_column_proportion_of_non_null_values_to_be_between",
        {"column": "code", "min_value": 0.5},
        (),
    ),
    ("expect_column_distinct_values_to_be_in_set", {"column": "code", "value_set": ["a"]}, ()),
    ("expect_column_distinct_values_to_contain_set", {"column": "code", "value_set": ["a"]}, ()),
    ("expect_column_distinct_values_to_equal_set", {"column": "code", "value_set": ["a"]}, ()),
]
SUITE = Suite(
    table="raw.t",
    description_sv="Slumpade rader som två motorer räknar på.",
    expectations=(
        Rule(
            type="expect_table_row_count_to_be_between",
            kwargs={"min_value": 1},
            severity=Severity.CRITICAL,
            notes_sv=NOTE,
        ),
        *(
            Rule(
                type=kind,
                name=f"rule_{number}",
                kwargs=kwargs,
                row_condition=condition,
                severity=Severity.CRITICAL,
                notes_sv=f"{NOTE} Nummer {number}.",
            )
            for number, (kind, kwargs, condition) in enumerate(RULES)
        ),
    ),
)


@cache
def pandas_engine() -> BatchDefinition[Any]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("oracle").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes half a second
    suppress_health_check=[HealthCheck.too_slow],
)
@given(frame=FRAMES)
def test_both_engines_say_the_same(frame: pd.DataFrame) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.t (x double, y double, code varchar)")
        connection.executemany(
            "insert into raw.t values (?, ?, ?)",
            frame.astype(object).where(frame.notna(), None).to_numpy().tolist(),
        )
        ours = validate(connection, SUITE, evaluated_at=datetime(2024, 3, 1, tzinfo=UTC))
    theirs = (
        pandas_engine()
        .get_batch({"dataframe": frame})
        .validate(
            gx.ExpectationSuite(name="oracle", expectations=typed_expectations(SUITE)),
            result_format={"result_format": "SUMMARY"},
        )
    )
    assert not any(result.broken for result in ours.results)
    # Great Expectations gives its results in an order of its own.
    by_note = {
        found.expectation_config.notes: found
        for found in theirs.results
        if found.expectation_config is not None
    }
    assert len(by_note) == len(SUITE.expectations)
    for rule, mine in zip(SUITE.expectations, ours.results, strict=True):
        other = by_note[rule.notes_sv]
        if mine.element_count == 0:
            # Nothing to judge: Great Expectations finds too little of it, or too few values.
            assert mine.success
            # One value has no standard deviation.
            assert frame.empty or rule.row_condition or frame["x"].count() <= 1
            continue
        told = (mine.expectation, frame.to_dict("list"), other.exception_info)
        assert mine.success == other.success, told
        if mine.unexpected_percent is not None:
            counted = (mine.unexpected_count, mine.element_count, mine.unexpected_percent)
            assert counted == (
                other.result["unexpected_count"],
                other.result["element_count"],
                other.result["unexpected_percent"],
            ), told
