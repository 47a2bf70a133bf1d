"""Each supported rule holds and fails where it should, with the right count."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.quality.suites import SUPPORTED, RowCondition, Severity
from orchestration.quality.validation import validate

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Lab

ROWS = """
create table raw.t as
select * from (values
    (1, 'a',  10.0::double, date '2020-01-01', date '2020-02-01', true,  5,    'x'),
    (2, 'b',  20.0,         date '2020-01-02', date '2020-01-02', false, 5,    'x'),
    (3, 'b',  30.0,         date '2020-01-03', date '2019-12-31', true,  6,    'y'),
    (3, 'cc', null,         date '2020-01-04', null,              null,  null, 'y')
) as rows (id, code, amount, begun, ended, flag, part, twin)
"""

EVERY_TYPE: list[tuple[str, dict[str, Any], bool, int | None]] = [
    ("expect_table_row_count_to_be_between", {"min_value": 4, "max_value": 4}, True, None),
    ("expect_table_row_count_to_be_between", {"min_value": 5}, False, None),
    ("expect_table_row_count_to_equal", {"value": 4}, True, None),
    ("expect_table_row_count_to_equal", {"value": 3}, False, None),
    ("expect_table_column_count_to_be_between", {"max_value": 8}, True, None),
    ("expect_table_column_count_to_be_between", {"max_value": 7}, False, None),
    ("expect_table_column_count_to_equal", {"value": 8}, True, None),
    ("expect_table_column_count_to_equal", {"value": 9}, False, None),
    (
        "expect_table_columns_to_match_set",
        {"column_set": ["twin", "part", "flag", "ended", "begun", "amount", "code", "id"]},
        True,
        None,
    ),
    ("expect_table_columns_to_match_set", {"column_set": ["id", "nope"]}, False, None),
    (
        "expect_table_columns_to_match_ordered_list",
        {"column_list": ["id", "code", "amount", "begun", "ended", "flag", "part", "twin"]},
        True,
        None,
    ),
    ("expect_table_columns_to_match_ordered_list", {"column_list": ["code", "id"]}, False, None),
    ("expect_column_to_exist", {"column": "id"}, True, None),
    ("expect_column_to_exist", {"column": "nope"}, False, None),
    ("expect_column_values_to_not_be_null", {"column": "id"}, True, 0),
    ("expect_column_values_to_not_be_null", {"column": "ended"}, False, 1),
    ("expect_column_values_to_be_null", {"column": "part", "mostly": 0.25}, True, 3),
    ("expect_column_values_to_be_null", {"column": "part"}, False, 3),
    (
        "expect_column_values_to_be_in_set",
        {"column": "code", "value_set": ["a", "b", "cc"]},
        True,
        0,
    ),
    ("expect_column_values_to_be_in_set", {"column": "code", "value_set": ["b"]}, False, 2),
    ("expect_column_values_to_be_in_set", {"column": "flag", "value_set": [True]}, False, 1),
    ("expect_column_values_to_be_in_set", {"column": "code", "value_set": []}, False, 4),
    (
        "expect_column_values_to_be_in_set",
        {"column": "begun", "value_set": ["2020-01-01"]},
        False,
        3,
    ),
    ("expect_column_values_to_not_be_in_set", {"column": "code", "value_set": ["x"]}, True, 0),
    ("expect_column_values_to_not_be_in_set", {"column": "code", "value_set": ["b"]}, False, 2),
    ("expect_column_values_to_be_between", {"column": "amount", "min_value": 10}, True, 0),
    (
        "expect_column_values_to_be_between",
        {"column": "amount", "min_value": 10, "strict_min": True, "max_value": 20},
        False,
        2,
    ),
    (
        "expect_column_values_to_be_between",
        {"column": "begun", "min_value": date(2020, 1, 2), "max_value": date(2020, 1, 3)},
        False,
        2,
    ),
    ("expect_column_values_to_be_unique", {"column": "begun"}, True, 0),
    ("expect_column_values_to_be_unique", {"column": "id"}, False, 2),
    ("expect_column_values_to_match_regex", {"column": "code", "regex": "^[a-c]+$"}, True, 0),
    ("expect_column_values_to_match_regex", {"column": "code", "regex": "^.$"}, False, 1),
    ("expect_column_values_to_not_match_regex", {"column": "code", "regex": "[0-9]"}, True, 0),
    ("expect_column_values_to_not_match_regex", {"column": "code", "regex": "b"}, False, 2),
    (
        "expect_column_value_lengths_to_be_between",
        {"column": "code", "min_value": 1, "max_value": 2},
        True,
        0,
    ),
    ("expect_column_value_lengths_to_be_between", {"column": "code", "min_value": 2}, False, 3),
    (
        "expect_column_value_lengths_to_equal",
        {"column": "code", "value": 1, "mostly": 0.75},
        True,
        1,
    ),
    ("expect_column_value_lengths_to_equal", {"column": "code", "value": 1}, False, 1),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {
            "column_A": "ended",
            "column_B": "begun",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
            "mostly": 0.6,
        },
        True,
        1,
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "ended", "column_B": "begun"},
        False,
        3,
    ),
    (
        "expect_column_pair_values_to_be_equal",
        {"column_A": "begun", "column_B": "begun"},
        True,
        0,
    ),
    ("expect_column_pair_values_to_be_equal", {"column_A": "id", "column_B": "part"}, False, 4),
    ("expect_compound_columns_to_be_unique", {"column_list": ["id", "code"]}, True, 0),
    ("expect_compound_columns_to_be_unique", {"column_list": ["code", "part"]}, True, 0),
    ("expect_compound_columns_to_be_unique", {"column_list": ["twin", "id"]}, False, 2),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["id", "part"], "sum_total": 6}, False, 3),
    (
        "expect_multicolumn_sum_to_equal",
        {"column_list": ["id", "id"], "sum_total": 2, "mostly": 0.25},
        True,
        3,
    ),
    ("expect_column_min_to_be_between", {"column": "amount", "min_value": 10}, True, None),
    ("expect_column_min_to_be_between", {"column": "amount", "min_value": 11}, False, None),
    (
        "expect_column_max_to_be_between",
        {"column": "begun", "max_value": "{evaluated_on}"},
        True,
        None,
    ),
    (
        "expect_column_max_to_be_between",
        {"column": "begun", "max_value": date(2020, 1, 3)},
        False,
        None,
    ),
    (
        "expect_column_mean_to_be_between",
        {"column": "amount", "min_value": 20, "max_value": 20},
        True,
        None,
    ),
    ("expect_column_mean_to_be_between", {"column": "amount", "max_value": 19}, False, None),
    ("expect_column_median_to_be_between", {"column": "amount", "min_value": 20}, True, None),
    ("expect_column_median_to_be_between", {"column": "amount", "min_value": 21}, False, None),
    (
        "expect_column_sum_to_be_between",
        {"column": "amount", "min_value": 60, "max_value": 60},
        True,
        None,
    ),
    ("expect_column_sum_to_be_between", {"column": "amount", "min_value": 61}, False, None),
    (
        "expect_column_stdev_to_be_between",
        {"column": "amount", "min_value": 10, "max_value": 10},
        True,
        None,
    ),
    ("expect_column_stdev_to_be_between", {"column": "amount", "max_value": 9}, False, None),
    (
        "expect_column_unique_value_count_to_be_between",
        {"column": "code", "max_value": 3},
        True,
        None,
    ),
    (
        "expect_column_unique_value_count_to_be_between",
        {"column": "code", "max_value": 2},
        False,
        None,
    ),
    (
        "expect_column_proportion_of_unique_values_to_be_between",
        {"column": "part", "min_value": 0.66, "max_value": 0.67},
        True,
        None,
    ),
    (
        "expect_column_proportion_of_unique_values_to_be_between",
        {"column": "part", "min_value": 0.7},
        False,
        None,
    ),
    (
        "expect_column_proportion_of_non_null_values_to_be_between",
        {"column": "part", "min_value": 0.75, "max_value": 0.75},
        True,
        None,
    ),
    (
        "expect_column_proportion_of_non_null_values_to_be_between",
        {"column": "part", "min_value": 0.8},
        False,
        None,
    ),
    (
        "expect_column_distinct_values_to_be_in_set",
        {"column": "code", "value_set": ["a", "b", "cc", "d"]},
        True,
        0,
    ),
    (
        "expect_column_distinct_values_to_be_in_set",
        {"column": "code", "value_set": ["b"]},
        False,
        2,
    ),
    (
        "expect_column_distinct_values_to_contain_set",
        {"column": "code", "value_set": ["b"]},
        True,
        0,
    ),
    (
        "expect_column_distinct_values_to_contain_set",
        {"column": "code", "value_set": ["b", "x", "y"]},
        False,
        2,
    ),
    (
        "expect_column_distinct_values_to_equal_set",
        {"column": "code", "value_set": ["a", "b", "cc"]},
        True,
        0,
    ),
    (
        "expect_column_distinct_values_to_equal_set",
        {"column": "code", "value_set": ["a", "x"]},
        False,
        3,
    ),
    (
        "unexpected_rows_expectation",
        {"unexpected_rows_query": "select id from {batch} where amount > 30"},
        True,
        0,
    ),
    (
        "unexpected_rows_expectation",
        {"unexpected_rows_query": "select id from {batch} where amount >= 20"},
        False,
        2,
    ),
]


@pytest.mark.parametrize(("kind", "kwargs", "success", "unexpected"), EVERY_TYPE)
def test_a_rule_holds_or_fails_with_its_count(
    lab: "Lab", kind: str, kwargs: dict[str, Any], success: bool, unexpected: int | None
) -> None:
    lab.execute(ROWS)
    result = lab.judge(kind, name="tested", **kwargs)
    assert (result.success, result.broken, result.unexpected_count) == (success, False, unexpected)
    assert result.element_count == 4


def test_every_supported_type_is_tried_both_ways() -> None:
    assert {(kind, success) for kind, _, success, _ in EVERY_TYPE} == {
        (kind, success) for kind in SUPPORTED for success in (True, False)
    }


def test_missing_values_are_not_counted_against_a_column(lab: "Lab") -> None:
    lab.execute("create table raw.t as select unnest([1, null, null, 9]) as a")
    result = lab.judge("expect_column_values_to_be_between", column="a", max_value=5)
    assert (result.element_count, result.unexpected_count) == (4, 1)
    assert result.unexpected_percent == 50.0


@pytest.mark.parametrize(("mostly", "success"), [(0.75, True), (0.76, False)])
def test_mostly_is_the_least_share_that_must_hold(lab: "Lab", mostly: float, success: bool) -> None:
    lab.execute("create table raw.t as select unnest([1, 2, 3, 9, null]) as a")
    result = lab.judge("expect_column_values_to_be_between", column="a", max_value=5, mostly=mostly)
    assert result.success is success
    assert result.unexpected_percent == 25.0


@pytest.mark.parametrize(
    ("condition", "elements", "unexpected"),
    [
        (RowCondition(column="code", operator="==", value="b"), 2, 1),
        (RowCondition(column="code", operator="!=", value="b"), 2, 2),
        (RowCondition(column="amount", operator=">=", value=20), 2, 1),
        (RowCondition(column="begun", operator="<", value="2020-01-03"), 2, 1),
        (RowCondition(column="code", operator="IN", value=["a", "cc"]), 2, 2),
        (RowCondition(column="code", operator="NOT_IN", value=["a"]), 3, 2),
        (RowCondition(column="ended", is_null=True), 1, 1),
        (RowCondition(column="ended", is_null=False), 3, 2),
    ],
)
def test_a_condition_limits_a_rule_to_some_rows(
    lab: "Lab", condition: RowCondition, elements: int, unexpected: int
) -> None:
    lab.execute(ROWS)
    result = lab.judge(
        "expect_column_values_to_be_in_set", where=[condition], column="id", value_set=[2]
    )
    assert (result.element_count, result.unexpected_count) == (elements, unexpected)


def test_conditions_hold_together_also_for_an_aggregate(lab: "Lab") -> None:
    lab.execute(ROWS)
    where = [
        RowCondition(column="code", operator="==", value="b"),
        RowCondition(column="flag", operator="==", value=True),
    ]
    result = lab.judge(
        "expect_column_mean_to_be_between", where=where, column="amount", min_value=30, max_value=30
    )
    assert result.success


def test_no_value_is_in_an_empty_set_and_none_outside_it(lab: "Lab") -> None:
    lab.execute("create table raw.t as select unnest(['x', null]) as a")
    inside = lab.judge("expect_column_values_to_be_in_set", column="a", value_set=[])
    outside = lab.judge("expect_column_values_to_not_be_in_set", column="a", value_set=[])
    assert (inside.unexpected_count, outside.unexpected_count) == (1, 0)


def test_not_a_number_is_outside_every_bound(lab: "Lab") -> None:
    lab.execute("create table raw.t as select unnest([1.0, 'nan'::double]) as a")
    bounded = lab.judge("expect_column_values_to_be_between", column="a", min_value=0)
    assert bounded.unexpected_count == 1
    assert not lab.judge("expect_column_mean_to_be_between", column="a", min_value=0).success


def test_an_empty_table_fails_though_every_other_rule_holds(lab: "Lab") -> None:
    lab.execute("create table raw.t (a integer)")
    result = lab.check(lab.rule("expect_column_values_to_not_be_null", column="a"))
    assert [found.success for found in result.results] == [False, True]
    assert not result.passed
    assert result.row_count == 0


ABOUT_ROWS = [
    (kind, kwargs)
    for kind, kwargs, success, _ in EVERY_TYPE
    if not success
    and not kind.startswith("expect_table_")
    and kind not in {"expect_column_to_exist", "unexpected_rows_expectation"}
]


@pytest.mark.parametrize(("kind", "kwargs"), ABOUT_ROWS)
def test_a_rule_about_rows_says_nothing_of_none(
    lab: "Lab", kind: str, kwargs: dict[str, Any]
) -> None:
    """Each of them fails on the four rows; a lawful month without a case breaks none of them."""
    lab.execute(f"{ROWS} limit 0")
    result = lab.judge(kind, name="tested", **kwargs)
    assert (result.success, result.broken, result.element_count) == (True, False, 0)
    assert "inga uppgifter att bedöma" in result.message_sv
    lab.execute("drop table raw.t")
    lab.execute(ROWS)
    nobody = [RowCondition(column="code", operator="==", value="nobody")]
    result = lab.judge(kind, name="tested", where=nobody, **kwargs)
    assert (result.success, result.broken) == (True, False)


@pytest.mark.parametrize("kind", ["mean", "median", "min", "max", "sum", "stdev"])
def test_a_column_without_values_has_no_size(lab: "Lab", kind: str) -> None:
    """An optional column that a municipality does not deliver breaks no rule."""
    lab.execute("create table raw.t as select null::double as a from range(3)")
    result = lab.judge(f"expect_column_{kind}_to_be_between", column="a", min_value=1)
    assert (result.success, result.broken) == (True, False)


def test_what_is_about_the_whole_table_is_judged_without_rows(lab: "Lab") -> None:
    lab.execute(f"{ROWS} limit 0")
    judged = {
        kind: lab.judge(kind, name="tested", **kwargs).success
        for kind, kwargs, success, _ in EVERY_TYPE
        if not success and (kind.startswith("expect_table_") or kind == "expect_column_to_exist")
    }
    assert len(judged) == 7
    assert not any(judged.values())
    lab.execute("create table marts.others as select 1 as id")
    result = lab.judge(
        "unexpected_rows_expectation",
        name="tested",
        unexpected_rows_query="select id from marts.others anti join {batch} as t using (id)",
    )
    assert (result.success, result.unexpected_count) == (False, 1)


def test_a_rule_that_is_wrong_in_itself_is_broken_also_without_rows(lab: "Lab") -> None:
    lab.execute(f"{ROWS} limit 0")
    result = lab.judge("expect_column_mean_to_be_between", column="code", min_value=1)
    assert result.broken


def test_a_missing_column_breaks_its_rule_and_no_other(lab: "Lab") -> None:
    lab.execute(ROWS)
    result = lab.check(
        lab.rule("expect_column_values_to_not_be_null", column="gone", severity=Severity.INFO),
        lab.rule("expect_column_values_to_not_be_null", column="id"),
    )
    has_rows, broken, other = result.results
    assert (broken.success, broken.broken, broken.unexpected_count) == (False, True, None)
    assert "kolumnen gone saknas i raw.t" in broken.message_sv
    assert "säger inget om datat" in broken.message_sv
    assert has_rows.success
    assert other.success
    assert not result.passed
    assert result.worst_severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("kind", "kwargs", "told"),
    [
        ("expect_column_mean_to_be_between", {"column": "code", "min_value": 1}, "BinderException"),
        (
            "expect_column_values_to_be_in_set",
            {"column": "id", "value_set": ["x"]},
            "ConversionException",
        ),
        (
            "unexpected_rows_expectation",
            {"unexpected_rows_query": "select * from {batch} where nonsense ("},
            "ParserException",
        ),
        (
            "unexpected_rows_expectation",
            {"unexpected_rows_query": "select cast(code as integer) as n from {batch} order by n"},
            "ConversionException",
        ),
        (
            "expect_column_max_to_be_between",
            {"column": "code", "max_value": 3},
            "Great Expectations kan inte bedöma värdet (TypeError)",
        ),
    ],
)
def test_what_cannot_be_computed_is_a_broken_check(
    lab: "Lab", kind: str, kwargs: dict[str, Any], told: str
) -> None:
    lab.execute(ROWS)
    faulty = lab.rule(kind, name="faulty", **kwargs)
    sound = lab.rule("expect_column_values_to_not_be_null", column="id")
    _, broken, other = lab.check(faulty, sound).results
    assert broken.broken
    assert told in broken.message_sv
    assert "gick inte att göra" in broken.message_sv
    assert other.success


def test_a_missing_table_breaks_every_rule(lab: "Lab") -> None:
    result = lab.check(lab.rule("expect_column_to_exist", column="a"))
    assert all(found.broken for found in result.results)
    assert "tabellen raw.t finns inte" in result.results[0].message_sv
    assert result.fingerprint == ""


@pytest.mark.parametrize(
    ("severity", "passed"),
    [(Severity.CRITICAL, False), (Severity.WARNING, True), (Severity.INFO, True)],
)
def test_only_a_critical_failure_closes_the_gate(
    lab: "Lab", severity: Severity, passed: bool
) -> None:
    lab.execute(ROWS)
    failing = lab.rule("expect_column_values_to_be_unique", column="id", severity=severity)
    result = lab.check(failing)
    assert result.passed is passed
    assert result.worst_severity is severity
    assert [found.expectation for found in result.failures] == [failing.expectation]


def test_a_failure_tells_table_rule_count_and_remedy(lab: "Lab") -> None:
    lab.execute("create table raw.t as select 7 as a from range(12345)")
    message = lab.judge("expect_column_values_to_be_between", column="a", max_value=5).message_sv
    assert message == (
        "Regeln gäller i ett prov. Rader som avviker: 12\u00a0345 av 12\u00a0345"
        " (raw.t, expect_column_values_to_be_between(a)). Gör så här: rätta provet."
    )


def test_a_time_without_a_zone_is_refused(lab: "Lab") -> None:
    with pytest.raises(ValueError, match="time zone"):
        validate(lab.connection, lab.suite(), evaluated_at=datetime(2024, 3, 1))  # noqa: DTZ001


SECRET = "ZQX8731SECRET"  # noqa: S105 - a value to look for, not a password
DATE_OF_A_PERSON = date(1987, 6, 5)
AMOUNT_OF_A_PERSON = 918273.5


def test_no_value_of_a_row_is_in_a_result(lab: "Lab") -> None:
    lab.execute(
        "create table raw.t as select $secret as id, $secret as code, $amount as amount,"
        " $day::date as begun, $day::date as ended, true as flag, 1 as part",
        secret=SECRET,
        day=DATE_OF_A_PERSON,
        amount=AMOUNT_OF_A_PERSON,
    )
    lab.execute("insert into raw.t from raw.t")
    rules = [
        lab.rule("expect_column_values_to_be_in_set", column="code", value_set=["a"]),
        lab.rule("expect_column_values_to_not_be_in_set", column="part", value_set=[1]),
        lab.rule("expect_column_values_to_be_between", column="amount", max_value=1),
        lab.rule("expect_column_values_to_be_between", column="begun", min_value=date(2020, 1, 1)),
        lab.rule("expect_column_values_to_be_unique", column="id"),
        lab.rule("expect_column_values_to_match_regex", column="id", regex="^[0-9]+$"),
        lab.rule("expect_column_value_lengths_to_equal", column="id", value=12),
        lab.rule("expect_column_values_to_be_null", column="id"),
        lab.rule("expect_column_pair_values_to_be_equal", column_A="amount", column_B="part"),
        lab.rule("expect_compound_columns_to_be_unique", column_list=["id", "amount"]),
        lab.rule("expect_multicolumn_sum_to_equal", column_list=["amount", "part"], sum_total=0),
        lab.rule("expect_column_min_to_be_between", column="amount", max_value=1),
        lab.rule("expect_column_max_to_be_between", column="begun", min_value=date(2020, 1, 1)),
        lab.rule("expect_column_max_to_be_between", column="code", max_value=1),
        lab.rule("expect_column_mean_to_be_between", column="amount", max_value=1),
        lab.rule("expect_column_sum_to_be_between", column="amount", max_value=1),
        lab.rule("expect_column_distinct_values_to_equal_set", column="code", value_set=["a"]),
        lab.rule(
            "unexpected_rows_expectation",
            name="listed",
            unexpected_rows_query="select * from {batch}",
        ),
        lab.rule(
            "unexpected_rows_expectation",
            name="cast",
            unexpected_rows_query="select cast(id as integer) as n from {batch} order by n",
        ),
        lab.rule(
            "unexpected_rows_expectation",
            name="raised",
            unexpected_rows_query="select error(id) as n from {batch} order by n",
        ),
    ]
    result = lab.check(*rules)
    assert len(result.failures) == len(rules)
    texts = (repr(result), json.dumps(asdict(result), default=str, ensure_ascii=False))
    for text in texts:
        for value in (SECRET, str(AMOUNT_OF_A_PERSON), str(DATE_OF_A_PERSON), "datetime.date(1987"):
            assert value not in text


def test_the_day_of_the_check_is_the_only_clock(lab: "Lab") -> None:
    lab.execute("create table raw.t as select date '2024-03-01' as a")
    checked = lab.suite(
        lab.rule("expect_column_max_to_be_between", column="a", max_value="{evaluated_on}")
    )
    on_the_day = validate(lab.connection, checked, evaluated_at=lab.checked_at)
    before = validate(lab.connection, checked, evaluated_at=datetime(2024, 2, 29, tzinfo=UTC))
    assert on_the_day.passed
    assert not before.passed
    assert on_the_day.evaluated_at == lab.checked_at
