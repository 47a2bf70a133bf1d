"""Open data of a few rows whose files are known: every byte of CSV, and the same bytes again."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.database import connect
from orchestration.opendata.about import Publisher
from orchestration.opendata.writing import write_open_data

PUBLISHER = Publisher(
    municipality_id="0180",
    municipality_name="Stockholms stad",
    name="Stockholms stad",
    licence="http://creativecommons.org/publicdomain/zero/1.0/",
)
KEYS = {"marts.values": ("indicator_id", "year"), "marts.indicators": ("indicator_id",)}
VALUES = (
    "\ufeffindicator_id;year;value;count;status;seen_at;day;sure;note\n"
    'a;2022;0,25;10;observed;2026-11-22T02:30:00Z;2022-01-01;true;"två ; delar"\n'
    "a;2023;..;..;suppressed;;2023-01-01;false;'=1+1\n"
    "b;2022;-1,5;;missing;;;;'-3\n"
    'b;2023;;;missing;;;;""\n'
    'b;2024;1e-20;3;observed;;;;"rad\noch ""rad"""\n'
)


@pytest.fixture
def released(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A file whose schemas are called marts and meta, as those of the release are."""
    with connect(tmp_path / "release.duckdb", directories=[tmp_path / "data"]) as connection:
        connection.execute(
            """
            create schema marts;
            create schema meta;
            create table marts.indicators as select unnest(['a', 'b']) as indicator_id;
            create table marts.values (
                indicator_id varchar, year integer, value double, count bigint, status varchar,
                seen_at timestamp with time zone, day date, sure boolean, note varchar
            );
            insert into marts.values values
                ('b', 2024, 1e-20, 3, 'observed', null, null, null,
                    'rad' || chr(10) || 'och "rad"'),
                ('b', 2023, null, null, 'missing', null, null, null, ''),
                ('a', 2023, null, null, 'suppressed', null, '2023-01-01', false, '=1+1'),
                ('a', 2022, .25, 10, 'observed', '2026-11-22 03:30:00+01', '2022-01-01', true,
                    'två ; delar'),
                ('b', 2022, -1.5, null, 'missing', null, null, null, '-3');
            create view marts.named as from marts.values;
            create table meta.publication (
                built_at timestamp with time zone, git_sha varchar, run_id varchar,
                synthetic boolean, disclosure_status varchar
            );
            insert into meta.publication
            values ('2026-11-22 03:30:00+01', '1 (abc)', 'run', true, 'prövad');
            comment on table marts.values is 'En rad per värde.';
            comment on column marts.values.value is 'Värdet, i indikatorns enhet.';
            create schema other;
            create table other.secret as select 1 as n
            """
        )
        yield connection


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_the_bytes_of_a_csv_file(released: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write_open_data(released, tmp_path / "data", PUBLISHER, KEYS)
    assert (tmp_path / "data" / "values.csv").read_bytes().decode("utf-8") == VALUES


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_a_formula(
    released: duckdb.DuckDBPyConnection, tmp_path: Path, sign: str
) -> None:
    released.execute("update marts.indicators set indicator_id = ? || 'x'", [sign])
    write_open_data(released, tmp_path / "data", PUBLISHER, KEYS)
    text = (tmp_path / "data" / "indicators.csv").read_bytes().decode("utf-8-sig")
    _, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert rows == [[f"'{sign}x"]] * 2


def test_parquet_has_the_values_as_they_are(
    released: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write_open_data(released, tmp_path / "data", PUBLISHER, KEYS)
    path = tmp_path / "data" / "values.parquet"
    rows = released.execute("from marts.values order by all").fetchall()
    with duckdb.connect() as other:
        other.execute("set timezone = 'UTC'")
        assert other.execute(f"from '{path}'").fetchall() == rows
        assert other.execute(
            f"select distinct compression from parquet_metadata('{path}')"
        ).fetchall() == [("ZSTD",)]


def test_the_same_rows_give_the_same_bytes(
    released: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Whatever order they were written in, and whatever lay in the directory."""
    write_open_data(released, tmp_path / "data", PUBLISHER, KEYS)
    once = files(tmp_path / "data")
    released.execute(
        "create table other.kept as from marts.values order by value nulls first;"
        "delete from marts.values; insert into marts.values from other.kept"
    )
    write_open_data(released, tmp_path / "data", PUBLISHER, KEYS)
    assert files(tmp_path / "data") == once


def test_another_time_zone_gives_the_same_bytes(
    released: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write_open_data(released, tmp_path / "data", PUBLISHER, KEYS)
    released.close()
    with duckdb.connect(str(tmp_path / "release.duckdb"), read_only=True) as elsewhere:
        elsewhere.execute("set timezone = 'America/New_York'")
        write_open_data(elsewhere, tmp_path / "other", PUBLISHER, KEYS)
    assert files(tmp_path / "other") == files(tmp_path / "data")


def test_nothing_but_marts_and_meta_is_written(
    released: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """A view as Parquet alone; and no catalogue where nobody could follow it."""
    write_open_data(released, tmp_path / "data", PUBLISHER, KEYS)
    tables = ("indicators", "values", "meta_publication")
    assert set(files(tmp_path / "data")) == {
        *(f"{name}.{kind}" for name in tables for kind in ("csv", "parquet")),
        "named.parquet",
        "datapackage.json",
    }


def test_what_the_package_says_of_a_table(
    released: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write_open_data(released, tmp_path / "data", PUBLISHER, KEYS)
    package: dict[str, Any] = json.loads((tmp_path / "data" / "datapackage.json").read_bytes())
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert package["created"] == "2026-11-22T02:30:00Z"
    assert "syntetisk" in package["description"]
    assert "homepage" not in package
    schema = resources["values"]["schema"]
    assert schema["missingValues"] == ["", ".."]
    assert schema["primaryKey"] == ["indicator_id", "year"]
    assert schema["foreignKeys"] == [
        {
            "fields": "indicator_id",
            "reference": {"resource": "indicators", "fields": "indicator_id"},
        }
    ]
    fields = {field["name"]: field for field in schema["fields"]}
    assert {name: field["type"] for name, field in fields.items()} == {
        "indicator_id": "string",
        "year": "integer",
        "value": "number",
        "count": "integer",
        "status": "string",
        "seen_at": "datetime",
        "day": "date",
        "sure": "boolean",
        "note": "string",
    }
    assert fields["value"] == {
        "name": "value",
        "type": "number",
        "title": "Värdet",
        "description": "Värdet, i indikatorns enhet.",
        "decimalChar": ",",
        "unit": "indikatorns enhet",
    }
    assert fields["year"]["constraints"] == {"required": True}
    # Nothing leads to its own table by its own key.
    assert "foreignKeys" not in resources["indicators"]["schema"]
    assert "schema" not in resources["values.parquet"]


def test_the_writer_reaches_its_own_directory_alone(
    released: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(duckdb.PermissionException):
        write_open_data(released, tmp_path / "elsewhere", PUBLISHER, KEYS)
