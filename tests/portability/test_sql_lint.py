"""What the lint of portable SQL lets through, and what it names with file and line."""

import shutil
from pathlib import Path

import pytest

from tests.portability.sql_lint import PROJECT, Finding, findings

# The third line of a model is the planted one.
FAULTS = {
    'stg."index" as socioeconomic_index': "är en text i Spark",
    "stg.a ->> 'x' as x": "jsonextractscalar",
    "json_extract_string(stg.a, '$.x') as x": "json_extract_string",
    "get_json_object(stg.a, '$.x') as x": "get_json_object",
    "stg.hours * 52 / 12 as hours": "double",
    "sum(stg.amount) / count(*) as mean": "double",
    "avg(stg.amount) as mean": "avg",
    "null as households": "null utan typ",
    "case when stg.a then 0.0 end as lower": "0.0 är ett decimaltal",
    "1.5 * stg.a as x": "1.5 är ett decimaltal",
    "concat(stg.a, 'x') as x": "skriv ||",
    "row_number() over (order by stg.a) as n": "nulls last",
    "row_number() over (order by lower(stg.a)) as n": "nulls last",
    "row_number() over (order by stg.b desc, stg.a) as n": "nulls last",
    "cast(stg.a as decimal(12, 2)) as x": "typen",
    "cast(stg.a as hugeint) as x": "typen",
    "cast(power(2, stg.a) as integer) as x": "double blir heltal",
    "cast(sqrt(stg.a) as string) as x": "double blir text",
    "date_trunc('year', stg.a) as x": "skriv cast(date_trunc",
    "list_sort(stg.a) as x": "list_sort",
    "stg.a[1] as x": "bracket",
    "strftime(stg.a, '%Y') as x": "utanför",
    "arg_max(stg.a, stg.b) as x": "utanför",
    "stg.a // 2 as x": "utanför",
    "stg.a like 'x\\_%' as x": "läses olika",
    "stg.* exclude (a)": "utanför",
    "median(stg.a) as x": "utanför",
}
PORTABLE = (
    "{{ adapter.quote('index') }} as x",
    "{{ json_text('stg.a', 'x') }} as x",
    "cast(stg.hours * 52 as double) / 12 as hours",
    "1e0 - stg.a / (2e0 * stg.b) as x",
    "avg(cast(stg.a as double)) as x",
    "cast(null as bigint) as households",
    "stg.a || 'x' as x",
    "row_number() over (order by stg.a nulls last, stg.b desc) as n",
    "cast(round(power(2, stg.a)) as integer) as x",
    "{{ year_start('stg.a') }} as x",
    "count(*) filter (where stg.a is not distinct from stg.b) as x",
    "coalesce(nullif(concat_ws('*', case when grouping(a) = 0 then a end), ''), 'total') as x",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the real one's macros and no model yet."""
    return with_macros(tmp_path)


def with_macros(directory: Path) -> Path:
    shutil.copytree(PROJECT / "macros", directory / "macros")
    (directory / "models").mkdir()
    return directory


def write(project: Path, expression: str, name: str = "planted") -> None:
    text = f"with\n\nstg as (select {expression} from {{{{ ref('x') }}}})\n\nselect * from stg\n"
    (project / "models" / f"{name}.sql").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Finding]]:
    """What is found in a project with a model for each expression, by the expression."""
    project = with_macros(tmp_path_factory.mktemp("planted"))
    files = {expression: f"planted_{n}" for n, expression in enumerate([*FAULTS, *PORTABLE])}
    for expression, name in files.items():
        write(project, expression, name)
    told = findings(project)
    assert {finding.file for finding in told} <= {f"models/{name}.sql" for name in files.values()}
    return {
        expression: [finding for finding in told if finding.file == f"models/{name}.sql"]
        for expression, name in files.items()
    }


@pytest.mark.parametrize("expression", FAULTS)
def test_what_engines_understand_differently_is_named(
    found: dict[str, list[Finding]], expression: str
) -> None:
    assert {finding.line for finding in found[expression]} == {3}
    assert any(FAULTS[expression] in finding.rule for finding in found[expression])
    assert all("Gör så här: " in finding.rule for finding in found[expression])


@pytest.mark.parametrize("expression", PORTABLE)
def test_what_means_the_same_everywhere_is_let_through(
    found: dict[str, list[Finding]], expression: str
) -> None:
    assert found[expression] == []


def test_a_fault_in_a_macro_is_named_where_the_macro_stands(project: Path) -> None:
    macro = "{% macro planted(column) -%}\n\n    list_sort({{ column }})\n{%- endmacro %}\n"
    (project / "macros" / "planted.sql").write_text(macro, encoding="utf-8")
    write(project, "{{ planted('stg.a') }} as x")
    assert [(found.file, found.line) for found in findings(project)] == [("macros/planted.sql", 3)]


def test_only_what_is_dispatched_may_differ(project: Path) -> None:
    macros = project / "macros" / "portability.sql"
    macros.write_text(macros.read_text(encoding="utf-8").replace("default__", "mine__"), "utf-8")
    macro = "{% macro use() %}{{ mine__json_text('a', 'x') }}{% endmacro %}"
    (project / "macros" / "use.sql").write_text(macro, encoding="utf-8")
    write(project, "{{ use() }} as x")
    assert {found.file for found in findings(project)} == {"macros/portability.sql"}


def test_sql_in_a_contract_is_read_too(project: Path) -> None:
    contract = 'models:\n  - name: x\n    constraints:\n      - expression: "list_sort(a) = b"\n'
    (project / "models" / "x.yml").write_text(contract, encoding="utf-8")
    assert [(found.file, found.line) for found in findings(project)] == [("models/x.yml", 4)]


def test_what_cannot_be_read_is_named(project: Path) -> None:
    write(project, "a b c d")
    assert [found.line for found in findings(project)] == [3]


def test_the_project_is_portable() -> None:
    assert findings() == []
