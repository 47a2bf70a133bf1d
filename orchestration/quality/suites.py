"""Suites: the YAML files of `expectations/`, read and checked without Great Expectations.

A suite is data: which table it guards, and a list of rules with severity and a Swedish note. This
module knows which expectation types the DuckDB engine can compute and which arguments each takes,
so that a mistake is told when the file is read. Judging belongs in `validation`, SQL in `metrics`.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.yaml_text import values_of

ROW_COUNT_TYPE = "expect_table_row_count_to_be_between"
QUERY_TYPE = "unexpected_rows_expectation"
_UNIQUE = frozenset({"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"})
# What parts a rule's words from what to do, as in every message that somebody must act upon.
REMEDY = " Gör så här: "

VARIABLES = frozenset({"evaluated_on", "evaluated_year"})
"""Names that a suite may write in braces; bound when the table is judged."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class SuiteError(ValueError):
    """A suite file that cannot be used; the message is Swedish and names file and rule."""


class Severity(StrEnum):
    """What a failed rule means; the words are those of Great Expectations.

    Attributes:
        INFO: Worth knowing; stops nothing.
        WARNING: The result is published, marked.
        CRITICAL: The gate closes.
    """

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Order of gravity, 0 for info to 2 for critical."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Arguments:
    """The arguments of an expectation type.

    Attributes:
        required: Must be given.
        optional: May be given.
        conditional: Whether the type can be limited to some rows by `row_condition`.
    """

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    conditional: bool = True


def _arguments(required: str, optional: str = "", *, conditional: bool = True) -> Arguments:
    return Arguments(frozenset(required.split()), frozenset(optional.split()), conditional)


_BOUNDS = "min_value max_value strict_min strict_max"
_AGGREGATE = _arguments("column", _BOUNDS)
_DISTINCT_SET = _arguments("column value_set")

SUPPORTED: Mapping[str, Arguments] = {
    ROW_COUNT_TYPE: _arguments("", _BOUNDS),
    "expect_table_row_count_to_equal": _arguments("value"),
    "expect_table_column_count_to_be_between": _arguments(
        "", "min_value max_value", conditional=False
    ),
    "expect_table_column_count_to_equal": _arguments("value", conditional=False),
    "expect_table_columns_to_match_set": _arguments("column_set", "exact_match", conditional=False),
    "expect_table_columns_to_match_ordered_list": _arguments("column_list", conditional=False),
    "expect_column_to_exist": _arguments("column", "column_index", conditional=False),
    "expect_column_values_to_not_be_null": _arguments("column", "mostly"),
    "expect_column_values_to_be_null": _arguments("column", "mostly"),
    "expect_column_values_to_be_in_set": _arguments("column value_set", "mostly"),
    "expect_column_values_to_not_be_in_set": _arguments("column value_set", "mostly"),
    "expect_column_values_to_be_between": _arguments("column", f"{_BOUNDS} mostly"),
    "expect_column_values_to_be_unique": _arguments("column", "mostly"),
    "expect_column_values_to_match_regex": _arguments("column regex", "mostly"),
    "expect_column_values_to_not_match_regex": _arguments("column regex", "mostly"),
    "expect_column_value_lengths_to_be_between": _arguments("column", f"{_BOUNDS} mostly"),
    "expect_column_value_lengths_to_equal": _arguments("column value", "mostly"),
    "expect_column_pair_values_a_to_be_greater_than_b": _arguments(
        "column_A column_B", "or_equal ignore_row_if mostly"
    ),
    "expect_column_pair_values_to_be_equal": _arguments(
        "column_A column_B", "ignore_row_if mostly"
    ),
    "expect_compound_columns_to_be_unique": _arguments("column_list", "ignore_row_if mostly"),
    "expect_multicolumn_sum_to_equal": _arguments("column_list sum_total", "ignore_row_if mostly"),
    "expect_column_min_to_be_between": _AGGREGATE,
    "expect_column_max_to_be_between": _AGGREGATE,
    "expect_column_mean_to_be_between": _AGGREGATE,
    "expect_column_median_to_be_between": _AGGREGATE,
    "expect_column_sum_to_be_between": _AGGREGATE,
    "expect_column_stdev_to_be_between": _AGGREGATE,
    "expect_column_unique_value_count_to_be_between": _AGGREGATE,
    "expect_column_proportion_of_unique_values_to_be_between": _AGGREGATE,
    "expect_column_proportion_of_non_null_values_to_be_between": _AGGREGATE,
    "expect_column_distinct_values_to_be_in_set": _DISTINCT_SET,
    "expect_column_distinct_values_to_contain_set": _DISTINCT_SET,
    "expect_column_distinct_values_to_equal_set": _DISTINCT_SET,
    QUERY_TYPE: _arguments("unexpected_rows_query", conditional=False),
}
"""Expectation types that the DuckDB engine computes, with the arguments each takes.

A type that is missing here is refused rather than run another way: the only other way would be to
load the table into memory.
"""


class RowCondition(BaseModel):
    """A condition that limits a rule to some rows; several hold together.

    Attributes:
        column: The column looked at.
        is_null: True for rows without a value, false for rows with one.
        operator: Comparison with `value`, when `is_null` is not used.
        value: What the column is compared with.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    is_null: bool | None = None
    operator: Literal["==", "!=", "<", "<=", ">", ">=", "IN", "NOT_IN"] | None = None
    value: Any = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.is_null is None) == (self.operator is None):
            message = "ange antingen is_null eller operator och value"
            raise ValueError(message)
        if self.operator is not None and self.value is None:
            message = "operator kräver value"
            raise ValueError(message)
        return self


class Rule(BaseModel):
    """One expectation of a suite.

    Attributes:
        type: Expectation type as Great Expectations names it.
        name: Tells two rules of the same type and columns apart; required for a query.
        kwargs: The expectation's arguments.
        row_condition: Rows the rule is limited to; empty for all rows.
        severity: What a failure means.
        notes_sv: The rule, then "Gör så här:" and what to do when it fails, in Swedish.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] | None = None
    kwargs: dict[str, Any] = {}
    row_condition: tuple[RowCondition, ...] = ()
    severity: Severity
    notes_sv: Annotated[str, Field(min_length=20)]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the rule is about, in the order of its arguments."""
        single = [
            self.kwargs[key] for key in ("column", "column_A", "column_B") if key in self.kwargs
        ]
        return (*single, *self.kwargs.get("column_list", ()))

    @property
    def expectation(self) -> str:
        """Readable id, unique within the suite, such as `expect_..._in_set(utfall)`."""
        label = f"{self.type}({', '.join(self.columns)})" if self.columns else self.type
        return f"{label}[{self.name}]" if self.name else label

    @model_validator(mode="after")
    def _known(self) -> Self:
        arguments = SUPPORTED.get(self.type)
        if arguments is None:
            raise ValueError(_unknown_type(self.type))
        given = frozenset(self.kwargs)
        if missing := sorted(arguments.required - given):
            message = f"{self.type} saknar argument: {', '.join(missing)}"
            raise ValueError(message)
        if unknown := sorted(given - arguments.required - arguments.optional):
            message = (
                f"{self.type} har okända argument: {', '.join(unknown)};"
                f" tillåtna är {', '.join(sorted(arguments.required | arguments.optional))}"
            )
            raise ValueError(message)
        if self.notes_sv.count(REMEDY) != 1:
            message = f"notes_sv ska säga regeln och sedan, en gång,{REMEDY}och vad man gör"
            raise ValueError(message)
        if self.row_condition and not arguments.conditional:
            message = f"{self.type} kan inte begränsas med row_condition"
            raise ValueError(message)
        if self.type == QUERY_TYPE:
            self._check_query()
        if unbound := sorted(_placeholders(self.kwargs) - VARIABLES - {"batch"}):
            message = (
                f"okänd variabel: {', '.join(unbound)}; kända är {', '.join(sorted(VARIABLES))}"
            )
            raise ValueError(message)
        return self

    def _check_query(self) -> None:
        try:
            parsed = list(Formatter().parse(str(self.kwargs["unexpected_rows_query"])))
        except ValueError as error:
            message = "en klammer i frågan saknar sitt par; skriv {{ och }} för vanliga klamrar"
            raise ValueError(message) from error
        fields = {name for _, name, _, _ in parsed if name is not None}
        if "batch" not in fields:
            message = "frågan måste läsa ur {batch}, tabellen som kontrolleras"
            raise ValueError(message)
        if unknown := sorted(fields - VARIABLES - {"batch"}):
            message = f"okänd variabel i frågan: {', '.join(unknown)}"
            raise ValueError(message)
        if self.name is None:
            message = f"{self.type} måste ha ett name, som säger vad frågan söker"
            raise ValueError(message)

    def bound(self, variables: Mapping[str, object]) -> Self:
        """The rule with its variables filled in; `{batch}` is left to the engine."""
        return self.model_copy(
            update={"kwargs": {key: _bind(item, variables) for key, item in self.kwargs.items()}}
        )


def _unknown_type(name: str) -> str:
    near = difflib.get_close_matches(name, SUPPORTED, n=1)
    hint = f" Menades {near[0]}?" if near else ""
    return (
        f"typen {name} stöds inte.{hint} Stödda typer står i expectations/README.md;"
        f" en regel som ingen av dem täcker skrivs som {QUERY_TYPE}."
    )


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _placeholders(value: object) -> frozenset[str]:
    return frozenset(name for text in _texts(value) for name in _PLACEHOLDER.findall(text))


def _bind(value: object, variables: Mapping[str, object]) -> object:
    if isinstance(value, list):
        return [_bind(item, variables) for item in value]
    if not isinstance(value, str) or not _placeholders(value) & variables.keys():
        return value
    filled = _PLACEHOLDER.sub(lambda found: str(variables.get(found[1], found[0])), value)
    # A value that is only variables keeps its type: a year is a number, a day is a date.
    return filled if "{batch}" in filled else values_of(filled)


class Suite(BaseModel):
    """The rules of one table.

    Attributes:
        table: The guarded table as `schema.table`.
        description_sv: What the table is and why it is guarded, in Swedish.
        latest_by: Key by which a later delivery replaces an earlier one (`column`, or
            `column.member` of a JSON column). Only rows of the latest delivery of each key are
            judged, so that a good delivery repairs a bad one; empty where every row counts.
        may_be_empty_sv: Why the table may lack rows, in Swedish; the row count then need not be
            critical.
        expectations: The rules; the first one says that the table has rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
    description_sv: Annotated[str, Field(min_length=20)]
    latest_by: tuple[Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)?$")], ...] = ()
    may_be_empty_sv: Annotated[str, Field(min_length=20)] | None = None
    expectations: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @property
    def name(self) -> str:
        """The suite's name, which is the table's."""
        return self.table

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell its rows apart: the first that are to be unique among all rows."""
        unique = (rule for rule in self.expectations if rule.type in _UNIQUE)
        return next((rule.columns for rule in unique if not rule.row_condition), ())

    @model_validator(mode="after")
    def _begins_with_rows(self) -> Self:
        first = self.expectations[0]
        minimum = first.kwargs.get("min_value")
        if (
            first.type != ROW_COUNT_TYPE
            or (first.severity is not Severity.CRITICAL and self.may_be_empty_sv is None)
            or first.row_condition
            or not isinstance(minimum, int)
            or minimum < 1
        ):
            message = (
                f"första regeln måste vara {ROW_COUNT_TYPE} med min_value minst 1 och severity"
                " critical, eftersom en tom tabell uppfyller alla andra regler"
            )
            raise ValueError(message)
        counts = Counter(rule.expectation for rule in self.expectations)
        if twice := sorted(rule for rule, count in counts.items() if count > 1):
            message = f"regeln {twice[0]} står flera gånger; ge dem var sitt name"
            raise ValueError(message)
        return self

    def without_rows(self, why_sv: str) -> Self:
        """The suite for an installation where the table has no rows, and is not to have any.

        Args:
            why_sv: Why it has none, in Swedish.

        Returns:
            Its first rule alone; that it is broken is worth knowing and stops nothing.
        """
        rows = self.expectations[0].model_copy(
            update={"severity": Severity.INFO, "notes_sv": why_sv}
        )
        return self.model_copy(update={"may_be_empty_sv": why_sv, "expectations": (rows,)})

    def bound(self, evaluated_on: date) -> Self:
        """The suite with its variables filled in.

        Args:
            evaluated_on: The day of the check, the only clock a rule may look at.
        """
        variables = {"evaluated_on": evaluated_on.isoformat(), "evaluated_year": evaluated_on.year}
        rules = tuple(rule.bound(variables) for rule in self.expectations)
        return self.model_copy(update={"expectations": rules})


def load_suite(path: Path) -> Suite:
    """Read one suite.

    Args:
        path: A YAML file named `<schema>.<table>.yml`.

    Returns:
        The suite, its rules known to be computable and rightly written.

    Raises:
        SuiteError: If the file is not YAML, has an unknown field, type or argument, does not begin
            with the row-count rule, or guards another table than its name says.
    """
    try:
        content = values_of(path.read_text(encoding="utf-8"))
        suite = Suite.model_validate(content)
    except yaml.YAMLError as error:
        message = f"{path.name}: filen är inte giltig YAML: {error}"
        raise SuiteError(message) from error
    except ValidationError as error:
        raise SuiteError(_explained(path, error)) from error
    if suite.table != path.stem:
        message = f"{path.name}: filen gäller {suite.table}; den ska heta {suite.table}.yml"
        raise SuiteError(message)
    return suite


def _explained(path: Path, error: ValidationError) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        match fault["loc"]:
            case ("expectations", int(number), *rest):
                where = f"regel {number + 1}" + "".join(f", {part}" for part in rest)
            case parts:
                where = ", ".join(str(part) for part in parts) or "filen"
        text = fault["msg"].removeprefix("Value error, ")
        lines.append(f"{path.name}: {where}: {text}")
    return "\n".join(lines)


def load_suites(directory: Path) -> dict[str, Suite]:
    """Read every suite of a directory.

    Args:
        directory: Where the `*.yml` files lie.

    Returns:
        The suites by table name, in alphabetical order.

    Raises:
        SuiteError: If the directory has no suite or one of them cannot be used.
    """
    suites = [load_suite(path) for path in sorted(directory.glob("*.yml"))]
    if not suites:
        message = f"{directory}: inga kontrollsviter (*.yml) finns i katalogen"
        raise SuiteError(message)
    return {suite.table: suite for suite in suites}
