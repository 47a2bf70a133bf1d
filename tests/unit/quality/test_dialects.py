"""The gates' questions in Spark's words: every rule can be told, with its values written out."""

from datetime import date

import pytest
from sqlglot import exp, parse_one

from orchestration.quality.dialects import in_spark
from orchestration.quality.suites import QUERY_TYPE, load_suites
from orchestration.settings import PROJECT_ROOT

SUITES = load_suites(PROJECT_ROOT / "expectations")
QUERIES = {
    f"{table}:{rule.name}": str(rule.kwargs["unexpected_rows_query"]).format(batch=table)
    for table, suite in SUITES.items()
    for rule in suite.bound(date(2026, 11, 28)).expectations
    if rule.type == QUERY_TYPE
}


def test_every_free_query_can_be_told_to_spark() -> None:
    assert len(QUERIES) > 80
    unknown = set()
    for name, query in QUERIES.items():
        told = parse_one(in_spark(query), dialect="spark")
        assert isinstance(told, exp.Query), name
        # Sail, which speaks Spark's dialect, takes only columns that are named or counted.
        assert not [each for each in told.find_all(exp.Group) if each.args.get("all")], name
        # What sqlglot does not know it passes on, whatever the other engine calls it.
        unknown |= {each.name for each in told.find_all(exp.Anonymous)}
    # By this name Spark has it, too, and answers the same.
    assert unknown <= {"JSON_ARRAY_LENGTH"}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ('select "index" from raw.t', "SELECT `index` FROM raw.t"),
        ("select count(*) filter (where a > $p0)", "SELECT COUNT(*) FILTER(WHERE a > 7)"),
        ("select regexp_matches(a, $p1)", "SELECT a RLIKE '^\\\\d\\'$'"),
        ("select a in ($p2, $p3)", "SELECT a IN (NULL, TRUE)"),
        ("select cast($p4 as date)", "SELECT CAST('2022-01-01' AS DATE)"),
        ("select array_length(string_split_regex(a, ' '))", "SELECT SIZE(SPLIT(a, ' '))"),
        # A range to nothing is empty; Spark's own would count down.
        (
            "select unnest(range(0, gaps)) from t",
            "SELECT EXPLODE(IF((gaps - 1) < 0, ARRAY(), SEQUENCE(0, (gaps - 1)))) FROM t",
        ),
    ],
)
def test_a_question_in_sparks_words(asked: str, told: str) -> None:
    values = {"p0": 7, "p1": "^\\d'$", "p2": None, "p3": True, "p4": "2022-01-01"}
    assert in_spark(asked, values) == told


def test_a_value_that_is_not_given_is_an_error() -> None:
    with pytest.raises(KeyError, match="p9"):
        in_spark("select $p9", {"p0": 1})
