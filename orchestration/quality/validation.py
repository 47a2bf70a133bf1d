"""Judging a table: DuckDB counts, Great Expectations decides.

Each rule becomes a typed expectation, which is asked which metrics it needs; DuckDB computes the
metrics of all rules together (`metrics`); the expectation then judges them with its own code,
`mostly` included. No data context, data source or batch is made, so nothing is written and no table
is loaded. Great Expectations takes seconds to import and is imported here, inside the functions.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.language import numbers
from orchestration.quality import gate
from orchestration.quality.metrics import (
    Compiler,
    Counting,
    Metric,
    MetricError,
    Relation,
    compute,
    forget_superseded,
    latest_rows,
    table_columns,
)
from orchestration.quality.results import ExpectationResult, SuiteResult
from orchestration.quality.suites import (
    QUERY_TYPE,
    REMEDY,
    SUPPORTED,
    Rule,
    Suite,
    SuiteError,
)

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.validator.metric_configuration import (
        MetricConfiguration,
        MetricConfigurationID,
    )

_ROWS = "rows"
# Rules about the table as a whole. Every other rule is about rows, and says nothing of none.
_JUDGED_WITHOUT_ROWS = frozenset(
    kind
    for kind in SUPPORTED
    if kind.startswith("expect_table_") or kind in {"expect_column_to_exist", QUERY_TYPE}
)
_COUNTS_OF_VIOLATIONS = (
    ".not_in_set.count",
    ".missing_from_column.count",
    "unexpected_rows_query.row_count",
)


def typed_expectations(suite: Suite) -> list["Expectation"]:
    """The rules of a suite as Great Expectations' own objects.

    Args:
        suite: The suite, its variables bound.

    Returns:
        One expectation for each rule, in order.

    Raises:
        SuiteError: If Great Expectations refuses the arguments of a rule.
    """
    from great_expectations import expectations as catalogue  # noqa: PLC0415 - takes seconds
    from great_expectations.compatibility.pydantic import ValidationError  # noqa: PLC0415

    typed: list[Expectation] = []
    for number, rule in enumerate(suite.expectations, start=1):
        kind = getattr(catalogue, "".join(part.title() for part in rule.type.split("_")))
        arguments = rule.kwargs | {"severity": rule.severity.value, "notes": rule.notes_sv}
        try:
            if rule.row_condition:
                arguments["row_condition"] = _row_condition(rule)
            typed.append(kind(**arguments))
        except (ValidationError, TypeError, ValueError) as error:
            message = f"{suite.table}.yml: regel {number}, {rule.expectation}: {error}"
            raise SuiteError(message) from error
    return typed


def _row_condition(rule: Rule) -> object:
    from great_expectations.expectations.row_conditions import (  # noqa: PLC0415
        AndCondition,
        Column,
        ComparisonCondition,
        Condition,
        NullityCondition,
        Operator,
    )

    conditions: list[Condition] = []
    for part in rule.row_condition:
        column = Column(part.column)
        if part.operator is None:
            conditions.append(NullityCondition(column=column, is_null=bool(part.is_null)))
        else:
            operator = Operator(part.operator)
            conditions.append(
                ComparisonCondition(column=column, operator=operator, parameter=part.value)
            )
    return conditions[0] if len(conditions) == 1 else AndCondition(conditions=conditions)


def validate(
    connection: duckdb.DuckDBPyConnection, suite: Suite, *, evaluated_at: datetime
) -> SuiteResult:
    """Judge a table by its suite.

    A missing table, a missing column or a query that DuckDB refuses makes the rule broken: it
    fails, and says that the check and not the data is at fault. The other rules are judged all the
    same.

    Args:
        connection: An open connection; read-only is enough.
        suite: The suite of the table.
        evaluated_at: When the check is made, with a time zone; the only clock a rule sees.

    Returns:
        The outcome of each rule and of the whole.

    Raises:
        SuiteError: If Great Expectations refuses the arguments of a rule.
        ValueError: If `evaluated_at` has no time zone.
    """
    if evaluated_at.tzinfo is None:
        message = "evaluated_at must carry a time zone"
        raise ValueError(message)
    bound = suite.bound(evaluated_at.date())
    typed = typed_expectations(bound)
    try:
        relation = _relation(connection, bound)
        row_count, results = judge(connection, bound, typed, relation)
    except MetricError as error:
        row_count = 0
        results = tuple(_broken(bound, rule, str(error)) for rule in bound.expectations)
    finally:
        forget_superseded(connection)
    return SuiteResult.of(
        suite.table,
        results,
        suite=suite.name,
        row_count=row_count,
        evaluated_at=evaluated_at,
        fingerprint=gate.fingerprint(connection, suite.table),
    )


def _relation(connection: duckdb.DuckDBPyConnection, suite: Suite) -> Relation:
    columns = table_columns(connection, suite.table)
    if not columns:
        message = f"tabellen {suite.table} finns inte"
        raise MetricError(message)
    try:
        return latest_rows(connection, suite.table, columns, suite.latest_by)
    except duckdb.Error as error:
        message = f"tabellen {suite.table} kan inte läsas ({type(error).__name__})"
        raise MetricError(message) from error


def judge(
    connection: Counting,
    suite: Suite,
    typed: list["Expectation"],
    relation: Relation,
) -> tuple[int, tuple[ExpectationResult, ...]]:
    """Judge rows by a suite, whichever engine counts them.

    Args:
        connection: What answers the questions.
        suite: The suite, its variables bound.
        typed: Its rules as `typed_expectations` gives them.
        relation: The rows.

    Returns:
        How many rows there are, and the outcome of each rule.

    Raises:
        MetricError: If the rows cannot be counted.
    """
    compiler = Compiler(relation)
    plan: dict[Any, Metric] = {_ROWS: compiler.compile("table.row_count", {}, {})}
    needs: list[list[MetricConfiguration] | MetricError] = []
    for number, expectation in enumerate(typed):
        wanted = _wanted(expectation)
        try:
            plan |= {
                metric.id: compiler.compile(
                    metric.metric_name, metric.metric_domain_kwargs, metric.metric_value_kwargs
                )
                for metric in wanted
            }
            if condition := _row_condition_of(wanted):
                domain = {"row_condition": condition}
                plan[_ROWS, number] = compiler.compile("table.row_count", domain, {})
            needs.append(wanted)
        except MetricError as error:
            needs.append(error)
    values = compute(connection, relation, plan)
    row_count = _count(values[_ROWS])
    results = []
    for number, (rule, expectation, need) in enumerate(
        zip(suite.expectations, typed, needs, strict=True)
    ):
        computed = _computed(need, values)
        if not isinstance(computed, MetricError) and _is_about_nothing(
            rule, computed, values.get((_ROWS, number), values[_ROWS])
        ):
            results.append(_nothing_to_judge(suite, rule))
        else:
            results.append(_verdict(suite, rule, expectation, computed, row_count))
    return row_count, tuple(results)


def _row_condition_of(wanted: "list[MetricConfiguration]") -> Mapping[str, Any] | None:
    """Which rows a rule is about; None where it is about all."""
    conditions = [metric.metric_domain_kwargs.get("row_condition") for metric in wanted]
    return next((each for each in conditions if each is not None), None)


def _is_about_nothing(
    rule: Rule, computed: Mapping["MetricConfigurationID", object], rows: object
) -> bool:
    """Whether no row is there for a rule about rows, or no value for a rule about their size.

    A month without a case is lawful: nothing has no mean, and no share of it can be too small. How
    many rows there are to be, and which columns, is judged all the same, and so is a query, which
    may look at other tables.
    """
    if rule.type in _JUDGED_WITHOUT_ROWS:
        return False
    return _count(rows) == 0 or any(value is None for value in computed.values())


def _result_format() -> dict[str, Any]:
    """Counts only; made anew each time because Great Expectations fills in what is left out."""
    return {
        "result_format": {
            "result_format": "BASIC",
            "exclude_unexpected_values": True,
            "partial_unexpected_count": 0,
        }
    }


def _wanted(expectation: "Expectation") -> list["MetricConfiguration"]:
    dependencies = expectation.get_validation_dependencies(runtime_configuration=_result_format())
    return dependencies.get_metric_configurations()


def _computed(
    need: "list[MetricConfiguration] | MetricError", values: Mapping[Any, object]
) -> dict["MetricConfigurationID", object] | MetricError:
    if isinstance(need, MetricError):
        return need
    computed = {metric.id: values[metric.id] for metric in need}
    faults = [value for value in computed.values() if isinstance(value, MetricError)]
    return faults[0] if faults else computed


def _count(value: object) -> int:
    if isinstance(value, MetricError):
        raise value
    return int(str(value))


def _verdict(
    suite: Suite,
    rule: Rule,
    expectation: "Expectation",
    metrics: dict["MetricConfigurationID", object] | MetricError,
    row_count: int,
) -> ExpectationResult:
    from great_expectations.exceptions.exceptions import (  # noqa: PLC0415 - takes seconds
        GreatExpectationsError,
    )

    if isinstance(metrics, MetricError):
        return _broken(suite, rule, str(metrics))
    try:
        judged = expectation.metrics_validate(metrics, runtime_configuration=_result_format())
    except (GreatExpectationsError, TypeError, ValueError) as error:
        # The text may quote the smallest or largest value of a column; its class does not.
        reason = f"Great Expectations kan inte bedöma värdet ({type(error).__name__})"
        return _broken(suite, rule, reason)
    outcome = judged.result or {}
    violations = [
        _count(value)
        for metric, value in metrics.items()
        if metric.metric_name.endswith(_COUNTS_OF_VIOLATIONS)
    ]
    unexpected = sum(violations) if violations else outcome.get("unexpected_count")
    elements = outcome.get("element_count", row_count)
    return ExpectationResult(
        suite=suite.name,
        expectation=rule.expectation,
        table_name=suite.table,
        severity=rule.severity,
        success=bool(judged.success),
        broken=False,
        unexpected_count=unexpected,
        element_count=elements,
        unexpected_percent=outcome.get("unexpected_percent"),
        message_sv=_message(suite, rule, bool(judged.success), unexpected, elements),
    )


def _nothing_to_judge(suite: Suite, rule: Rule) -> ExpectationResult:
    return ExpectationResult(
        suite=suite.name,
        expectation=rule.expectation,
        table_name=suite.table,
        severity=rule.severity,
        success=True,
        broken=False,
        unexpected_count=None,
        element_count=0,
        unexpected_percent=None,
        message_sv=f"{rule.expectation}: {suite.table} har inga uppgifter att bedöma.",
    )


def _broken(suite: Suite, rule: Rule, reason: str) -> ExpectationResult:
    return ExpectationResult(
        suite=suite.name,
        expectation=rule.expectation,
        table_name=suite.table,
        severity=rule.severity,
        success=False,
        broken=True,
        unexpected_count=None,
        element_count=None,
        unexpected_percent=None,
        message_sv=(
            f"Kontrollen {rule.expectation} av {suite.table} gick inte att göra: {reason}."
            f" Det säger inget om datat.{REMEDY}rätta tabellen, eller regeln i"
            f" expectations/{suite.table}.yml, och kör kontrollen igen."
        ),
    )


def _message(suite: Suite, rule: Rule, success: bool, unexpected: int | None, elements: int) -> str:
    if success:
        return f"{rule.expectation} håller för {suite.table}."
    if unexpected is None:
        found = f"Det samlade värdet för {numbers.number(elements)} rader bryter mot regeln."
    elif rule.type == QUERY_TYPE:
        found = f"Antal avvikelser som frågan fann: {numbers.number(unexpected)}."
    elif "distinct_values" in rule.type:
        found = f"Antal olika värden som avviker: {numbers.number(unexpected)}."
    else:
        found = f"Rader som avviker: {numbers.number(unexpected)} av {numbers.number(elements)}."
    # What is to hold comes first and what to do last; the rule's name is for whoever looks it up.
    what, remedy, do = rule.notes_sv.partition(REMEDY)
    return f"{what} {found[:-1]} ({suite.table}, {rule.expectation}).{remedy}{do}"
