"""What is installed: a server gets what the program imports, and nothing that only tests need."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(name: str) -> set[tuple[str, str]]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return {(normal(package), version) for package, version in _PINNED.findall(text)}


def names(lock: str) -> set[str]:
    return {name for name, _ in locked(lock)}


def test_the_server_needs_no_browser_linter_or_test_runner() -> None:
    server, developer = names("requirements.lock"), names("requirements-dev.lock")
    tools = {"playwright", "pytest", "mypy", "ruff", "sqlfluff", "hypothesis", "vl-convert-python"}
    assert tools <= developer
    assert not tools & server
    assert {"duckdb", "dagster", "dbt-core", "hatchling"} <= server


def test_a_developer_has_what_the_server_has() -> None:
    assert locked("requirements.lock") < locked("requirements-dev.lock")
    assert locked("requirements-dev.lock") < locked("requirements-spark.lock")


def test_only_what_tries_another_engine_has_it() -> None:
    spark = {"pyspark", "dbt-spark", "pyhive", "thrift"}
    sail = {"pysail", "pyspark-client", "dbt-spark"}
    assert spark <= names("requirements-spark.lock")
    assert sail <= names("tests/fixtures/sail.lock")
    assert not (spark | sail) & names("requirements-dev.lock")


def test_what_both_engines_are_asked_through_is_the_same() -> None:
    asked = {"dbt-spark", "sqlparams"}
    spark, sail = locked("requirements-spark.lock"), locked("tests/fixtures/sail.lock")
    assert asked == {name for name, _ in sail & spark if name in asked}
    # grpc tells its status in parts that are of one version.
    [grpc] = [version for name, version in locked("requirements-dev.lock") if name == "grpcio"]
    assert ("grpcio-status", grpc) in sail


def test_each_file_of_a_lock_has_its_hash() -> None:
    locks = {
        "requirements.lock": 100,
        "requirements-dev.lock": 100,
        "requirements-spark.lock": 100,
        "tests/fixtures/sail.lock": 8,
    }
    for lock, fewest in locks.items():
        text = (ROOT / lock).read_text(encoding="utf-8")
        packages = re.split(r"(?m)^(?=\S)", text)
        assert len(packages) > fewest
        assert [each for each in packages if each.strip() and "--hash=sha256:" not in each] == []
        assert "://" not in text


def test_what_the_program_imports_is_in_the_servers_lock() -> None:
    imported = set()
    for module in (ROOT / "orchestration").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    imported -= {*sys.stdlib_module_names, "orchestration"}
    assert len(imported) > 15
    distributions = packages_distributions()
    server = names("requirements.lock")
    assert not [
        name
        for name in sorted(imported)
        if not {normal(each) for each in distributions.get(name, ())} & server
    ]


def test_the_packages_that_are_told_of_as_unmaintained_are_installed() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [section] = re.findall(r"(?ms)^## What is installed\n(.*?)(?=^## |\Z)", text)
    told = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    assert len(told) > 5
    assert told <= names("requirements.lock")
