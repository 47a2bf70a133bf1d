"""Suite files are read strictly, and quickly."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from orchestration.quality.suites import (
    ROW_COUNT_TYPE,
    SUPPORTED,
    Severity,
    SuiteError,
    load_suite,
    load_suites,
)
from orchestration.quality.validation import typed_expectations

NOTE = "Regeln gäller ett prov. Gör så här: rätta provet."
HEAD = """
table: raw.t
description_sv: En tabell som finns för ett prov.
expectations:
  - type: expect_table_row_count_to_be_between
    kwargs: {min_value: 1}
    severity: critical
    notes_sv: "Tabellen ska ha rader. Gör så här: läs in filen igen."
"""


def write(directory: Path, text: str, name: str = "raw.t.yml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def rule(body: str) -> str:
    return HEAD + f"  - {{{body}, severity: warning, notes_sv: '{NOTE}'}}\n"


def test_a_suite_is_read_with_ids_that_name_the_columns(tmp_path: Path) -> None:
    text = rule("type: expect_column_values_to_not_be_null, kwargs: {column: a}") + (
        "  - type: expect_column_values_to_be_between\n"
        "    name: bounded\n"
        "    kwargs: {column: b, min_value: 0}\n"
        "    severity: info\n"
        f"    notes_sv: '{NOTE}'\n"
    )
    suite = load_suite(write(tmp_path, text))
    assert suite.name == "raw.t"
    assert [found.expectation for found in suite.expectations] == [
        "expect_table_row_count_to_be_between",
        "expect_column_values_to_not_be_null(a)",
        "expect_column_values_to_be_between(b)[bounded]",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            rule("type: expect_column_values_to_be_in_sett, kwargs: {column: a}"),
            ["regel 2", "stöds inte", "Menades expect_column_values_to_be_in_set?"],
            id="unknown type",
        ),
        pytest.param(
            rule("type: expect_column_kl_divergence_to_be_less_than, kwargs: {column: a}"),
            ["regel 2", "stöds inte", "unexpected_rows_expectation"],
            id="type that cannot be counted in SQL",
        ),
        pytest.param(
            rule("type: expect_column_values_to_be_in_set, kwargs: {column: a, value_st: [1]}"),
            ["regel 2", "saknar argument: value_set"],
            id="missing argument",
        ),
        pytest.param(
            rule("type: expect_column_mean_to_be_between, kwargs: {column: a, mostly: 0.5}"),
            ["regel 2", "okända argument: mostly", "max_value, min_value"],
            id="argument of another type",
        ),
        pytest.param(
            rule("type: expect_column_to_exist, kwargs: {column: a}").replace(NOTE, NOTE[:23]),
            ["regel 2", "Gör så här:"],
            id="nothing to do",
        ),
        pytest.param(
            rule("type: expect_column_to_exist, kwargs: {column: a}, severty: info"),
            ["regel 2, severty"],
            id="unknown field",
        ),
        pytest.param(
            rule(
                "type: expect_column_values_to_be_between, kwargs: {column: a, max_value: '{yr}'}"
            ),
            ["okänd variabel: yr"],
            id="unknown variable",
        ),
        pytest.param(
            rule("type: unexpected_rows_expectation, kwargs: {unexpected_rows_query: select 1}"),
            ["måste läsa ur {batch}"],
            id="query of nothing",
        ),
        pytest.param(
            rule(
                "type: unexpected_rows_expectation,"
                " kwargs: {unexpected_rows_query: 'select 1 from {batch}'}"
            ),
            ["måste ha ett name"],
            id="nameless query",
        ),
        *(
            pytest.param(
                rule(
                    "type: unexpected_rows_expectation, name: odd,"
                    f" kwargs: {{unexpected_rows_query: 'select {odd} from {{batch}}'}}"
                ),
                [told],
                id=told,
            )
            for odd, told in [
                ("{0}", "okänd variabel i frågan: 0"),
                ("{Year}", "okänd variabel i frågan: Year"),
                ("{", "en klammer i frågan saknar sitt par"),
            ]
        ),
        pytest.param(
            rule(
                "type: expect_column_to_exist, kwargs: {column: a},"
                " row_condition: [{column: b, is_null: true}]"
            ),
            ["kan inte begränsas med row_condition"],
            id="condition where none is possible",
        ),
        pytest.param(
            rule(
                "type: expect_column_values_to_not_be_null, kwargs: {column: a},"
                " row_condition: [{column: b, operator: '=='}]"
            ),
            ["operator kräver value"],
            id="comparison with nothing",
        ),
        pytest.param(
            rule("type: expect_column_to_exist, kwargs: {column: a}")
            + rule("type: expect_column_to_exist, kwargs: {column: a}").removeprefix(HEAD),
            ["expect_column_to_exist(a) står flera gånger"],
            id="twice the same",
        ),
        pytest.param(
            HEAD.replace("min_value: 1", "min_value: 0"),
            ["första regeln måste vara expect_table_row_count_to_be_between", "tom tabell"],
            id="an empty table would pass",
        ),
        pytest.param(
            HEAD.replace("severity: critical", "severity: warning"),
            ["första regeln måste vara"],
            id="an empty table would be a warning",
        ),
        pytest.param(HEAD.replace("raw.t", "raw.other"), ["raw.other.yml"], id="another table"),
        pytest.param(HEAD.replace("En tabell", "x: ["), ["inte giltig YAML"], id="not YAML"),
        pytest.param("- a\n- b\n", ["filen"], id="not a suite"),
    ],
)
def test_a_faulty_file_is_told_by_name_and_rule(tmp_path: Path, text: str, told: list[str]) -> None:
    with pytest.raises(SuiteError) as caught:
        load_suite(write(tmp_path, text))
    for part in ["raw.t.yml", *told]:
        assert part in str(caught.value)


def test_an_empty_table_may_be_a_warning_when_the_reason_is_given(tmp_path: Path) -> None:
    text = HEAD.replace("severity: critical", "severity: warning") + (
        "may_be_empty_sv: En stad utan avvikelser har inga rader här.\n"
    )
    assert load_suite(write(tmp_path, text)).may_be_empty_sv is not None


def test_where_no_rows_are_due_their_absence_is_told_and_stops_nothing(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, HEAD)).without_rows("Kommunen för inget sådant register.")
    [rows] = suite.expectations
    assert (rows.type, rows.severity) == (ROW_COUNT_TYPE, Severity.INFO)
    assert rows.notes_sv == "Kommunen för inget sådant register."


def test_a_directory_without_suites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="inga kontrollsviter"):
        load_suites(tmp_path)


def test_variables_become_values_of_their_own_type(tmp_path: Path) -> None:
    text = (
        rule(
            "type: expect_column_max_to_be_between,"
            " kwargs: {column: a, max_value: '{evaluated_on}'}"
        )
        + rule(
            "type: expect_column_max_to_be_between,"
            " kwargs: {column: b, max_value: '{evaluated_year}'}"
        ).removeprefix(HEAD)
        + rule(
            "type: unexpected_rows_expectation, name: later, kwargs: {unexpected_rows_query:"
            " \"select 1 from {batch} where a > date '{evaluated_on}'\"}"
        ).removeprefix(HEAD)
    )
    day, year, query = (
        found.kwargs
        for found in load_suite(write(tmp_path, text)).bound(date(2024, 3, 1)).expectations[1:]
    )
    assert day["max_value"] == date(2024, 3, 1)
    assert year["max_value"] == 2024
    assert query["unexpected_rows_query"] == "select 1 from {batch} where a > date '2024-03-01'"


def test_a_repetition_in_a_regular_expression_is_not_a_variable(tmp_path: Path) -> None:
    text = rule(r"type: expect_column_values_to_match_regex, kwargs: {column: a, regex: '^\d{4}$'}")
    suite = load_suite(write(tmp_path, text)).bound(date(2024, 3, 1))
    assert suite.expectations[1].kwargs["regex"] == r"^\d{4}$"


def test_arguments_that_great_expectations_refuses_are_told(tmp_path: Path) -> None:
    text = rule("type: expect_column_values_to_not_be_null, kwargs: {column: a, mostly: 1.5}")
    suite = load_suite(write(tmp_path, text))
    with pytest.raises(SuiteError, match=r"raw\.t\.yml: regel 2, .*not_be_null\(a\)"):
        typed_expectations(suite)


@pytest.mark.parametrize("kind", SUPPORTED)
def test_the_known_arguments_are_those_of_great_expectations(kind: str) -> None:
    from great_expectations import expectations  # noqa: PLC0415 - takes seconds

    model = getattr(expectations, "".join(part.title() for part in kind.split("_")))
    arguments = SUPPORTED[kind]
    assert model.expectation_type == kind
    assert arguments.required | arguments.optional <= set(model.__fields__)
    needed = {name for name, field in model.__fields__.items() if field.required}
    assert needed <= arguments.required
    assert not arguments.conditional or "row_condition" in model.__fields__


def test_reading_suites_does_not_import_great_expectations() -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from orchestration.quality import gate, results, suites, validation\n"
        "from orchestration.settings import PROJECT_ROOT\n"
        "assert suites.load_suites(PROJECT_ROOT / 'expectations')\n"
        "sys.exit('great_expectations' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
