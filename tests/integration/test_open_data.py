"""The open data of a publication: read back as an outsider would, by what the files say themselves.

What a file of known rows looks like is tested in `tests/unit/opendata`.
"""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest

from orchestration.flow.opening import publisher_of
from orchestration.opendata.tables import Table, tables_of
from orchestration.quality.suites import load_suites
from orchestration.settings import Settings
from tests.integration.conftest import Installation

SCHEMAS = Path(__file__).parents[1] / "fixtures" / "datapackage"


@pytest.fixture(scope="module")
def data(published: Installation) -> Path:
    return published.settings.published_dir / "data"


@pytest.fixture(scope="module")
def package(data: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((data / "datapackage.json").read_text("utf-8"))
    return content


@pytest.fixture(scope="module")
def tables(published: Installation) -> Mapping[str, Table]:
    with duckdb.connect(str(published.open_snapshot), read_only=True) as connection:
        return {table.name: table for table in tables_of(connection)}


def csv_resources(package: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in package["resources"] if each["format"] == "csv"]


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text("utf-8"))


def test_the_package_is_one(package: dict[str, Any]) -> None:
    jsonschema.validate(package, schema("data-package.json"))
    tabular = jsonschema.Draft4Validator(schema("tabular-data-resource.json"))
    resources = csv_resources(package)
    assert len(resources) > 40
    for resource in resources:
        assert list(tabular.iter_errors(resource)) == []
    spoilt = {**resources[0], "schema": {"fields": [{"name": "n", "type": "tal"}]}}
    assert list(tabular.iter_errors(spoilt)) != []


def test_every_file_is_named_with_its_sum(package: dict[str, Any], data: Path) -> None:
    named = {each["path"]: each for each in package["resources"]}
    assert {path.name for path in data.iterdir()} == {*named, "datapackage.json"}
    for path, each in named.items():
        content = (data / path).read_bytes()
        assert each["bytes"] == len(content)
        assert each["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_every_table_is_there_with_its_rows(
    tables: Mapping[str, Table], data: Path, published: Installation
) -> None:
    with duckdb.connect(str(published.open_snapshot), read_only=True) as connection:
        for name, table in tables.items():
            file = data / f"{name.removeprefix('marts.').replace('.', '_')}.parquet"
            for one, other in ((table.place, f"'{file}'"), (f"'{file}'", table.place)):
                more = connection.execute(f"from {one} except all from {other} limit 1").fetchall()
                assert more == [], name


def value_of(text: str, field: dict[str, Any], missing: list[str]) -> str | float | bool | None:
    """A cell as the package says that it is to be read."""
    if text in missing:
        return None
    if field["type"] == "number":
        return float(text.replace(field["decimalChar"], "."))
    if field["type"] == "integer":
        return int(text)
    if field["type"] == "boolean":
        return {"true": True, "false": False}[text]
    return text


def test_csv_is_read_by_what_the_package_says(
    package: dict[str, Any], data: Path, published: Installation, tables: Mapping[str, Table]
) -> None:
    rows = 0
    with duckdb.connect(str(published.open_snapshot), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for resource in csv_resources(package):
            if resource["name"] in {"indicator_values", "child_case_funnel"}:
                continue  # as the others, and too many to go through here
            fields, missing = resource["schema"]["fields"], resource["schema"]["missingValues"]
            text = (data / resource["path"]).read_bytes().decode("utf-8-sig")
            header, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=";")
            assert header == [field["name"] for field in fields]
            read = [
                tuple(
                    value_of(cell, field, missing) for cell, field in zip(line, fields, strict=True)
                )
                for line in lines
            ]
            place = next(
                table.place
                for name, table in tables.items()
                if name.removeprefix("marts.").replace(".", "_") == resource["name"]
            )
            columns = ", ".join(
                f"strftime(\"{f['name']}\", '%Y-%m-%dT%H:%M:%SZ')"
                if f["type"] == "datetime"
                else f'"{f["name"]}"::varchar'
                if f["type"] == "date"
                else f"nullif(\"{f['name']}\", '')"
                if f["type"] == "string"
                else f'"{f["name"]}"'
                for f in fields
            )
            stored = connection.execute(f"select {columns} from (from {place} order by all)")
            assert read == stored.fetchall(), resource["name"]
            rows += len(read)
    assert rows > 10_000


def test_keys_are_keys_and_references_lead_somewhere(
    package: dict[str, Any], data: Path, published: Installation
) -> None:
    """Counted in the files, which is what whoever joins them has."""
    suites = load_suites(published.settings.expectations_dir)
    references = 0
    with duckdb.connect() as connection:
        for resource in csv_resources(package):
            file = f"'{data / resource['name']}.parquet'"
            declared = resource["schema"]
            if suite := suites.get(f"marts.{resource['name']}"):
                assert declared["primaryKey"] == list(suite.key) != []
            if key := declared.get("primaryKey"):
                names = ", ".join(key)
                nulls = " or ".join(f"{name} is null" for name in key)
                assert (
                    connection.execute(
                        f"select {names} from {file} where {nulls} union all"
                        f" select {names} from {file} group by {names} having count(*) > 1"
                    ).fetchall()
                    == []
                ), resource["name"]
            for each in declared.get("foreignKeys", ()):
                reference = each["reference"]
                other = reference["resource"] or resource["name"]
                lost = connection.execute(
                    f"select {each['fields']} from {file} where {each['fields']} is not null"
                    f" and {each['fields']} not in"
                    f" (select {reference['fields']} from '{data / other}.parquet')"
                ).fetchall()
                assert lost == [], (resource["name"], each)
                references += 1
    assert references > 40


def test_the_key_of_a_mart_is_that_of_its_contract() -> None:
    """What the gate holds to be unique is what dbt's contract says is the key."""
    from orchestration.flow.dbt_project import manifest  # noqa: PLC0415

    suites = load_suites(Settings().expectations_dir)
    contracts = 0
    for node in manifest()["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] == "marts":
            keys = [c["columns"] for c in node["constraints"] if c["type"] == "primary_key"] or [
                [name]
                for name, column in node["columns"].items()
                for c in column["constraints"]
                if c["type"] == "primary_key"
            ]
            assert [list(suites[f"marts.{node['alias']}"].key)] == keys
            contracts += 1
    assert contracts > 10


def test_the_catalogue_is_written_where_there_is_an_address(
    published: Installation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import logging  # noqa: PLC0415

    from orchestration.flow.opening import open_data  # noqa: PLC0415

    edition = tmp_path / "edition"
    edition.mkdir()
    shutil.copyfile(published.open_snapshot, edition / "marts.duckdb")
    settings = Settings(
        open_data_url="https://data.example.se/avvik",
        open_data_publisher="Socialnämnden",
    )
    with caplog.at_level(logging.INFO):
        open_data(settings, logging.getLogger(), edition)
    assert "dataportaler" not in caplog.text
    assert publisher_of(settings).base == "https://data.example.se/avvik/"
    text = (edition / "data" / "dcat.ttl").read_text("utf-8")
    assert '"Socialnämnden"' in text
    assert "<https://data.example.se/avvik/indicator_values.csv>" in text
    with caplog.at_level(logging.INFO):
        open_data(Settings(), logging.getLogger(), edition)
    assert "AVVIK_OPEN_DATA_URL" in caplog.text
