"""The data package: `datapackage.json`, which says what each file holds (Data Package v1).

Programs read the CSV files by it without being told of delimiter, decimals or missing values.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestration.opendata import words
from orchestration.opendata.about import Publication, Publisher
from orchestration.opendata.files import (
    CSV,
    DELIMITER,
    HIDDEN,
    PARQUET,
    File,
    Written,
    file_name,
)
from orchestration.opendata.tables import Column, Table

FILE_NAME = "datapackage.json"
# What the data packages' own reader takes a value for; everything else is text.
_TYPES: Mapping[str, str] = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "BIGINT": "integer",
    "HUGEINT": "integer",
    "INTEGER": "integer",
    "SMALLINT": "integer",
    "TINYINT": "integer",
}


def as_json(
    written: Sequence[Written],
    keys: Mapping[str, tuple[str, ...]],
    publisher: Publisher,
    publication: Publication,
) -> str:
    """Describe the files.

    Args:
        written: The tables and their files.
        keys: The key of each table of marts, by name.
        publisher: Who publishes.
        publication: What is said of the publication.

    Returns:
        The text of `datapackage.json`, the same for the same files.
    """
    known = {each.table.name: each.table for each in written}
    contact = {"email": publisher.contact} if publisher.contact else {}
    package = {
        "profile": "data-package",
        "name": f"avvik-{publisher.municipality_id}",
        "title": f"Socialtjänstens indikatorer och avvikelser, {publisher.municipality_name}",
        "description": description(publisher, publication),
        "created": publication.built_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "version": publication.version,
        "licenses": [{"path": publisher.licence}],
        "contributors": [{"title": publisher.name, "role": "publisher", **contact}],
        "resources": [
            resource
            for each in written
            for resource in _resources(each, keys.get(each.table.name, ()), known)
        ],
    }
    if publisher.base:
        package["homepage"] = publisher.base
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def description(publisher: Publisher, publication: Publication) -> str:
    """What the tables are, in Swedish."""
    told = (
        f"Indikatorer för socialtjänsten i {publisher.municipality_name}, med avvikelser, analyser"
        " och källor."
    )
    if publication.synthetic:
        told += " Minst en källa är syntetisk, alltså påhittad; se meta_sources."
    if not publication.may_be_spread:
        told += " Små antal är inte skyddade: sprid inte verkliga uppgifter."
    return told


def _resources(
    written: Written, key: tuple[str, ...], known: Mapping[str, Table]
) -> Iterator[dict[str, Any]]:
    if written.csv is not None:
        yield _csv(written.table, written.csv, key, known)
    yield _parquet(written.table, written.parquet)


def _csv(
    table: Table, file: File, key: tuple[str, ...], known: Mapping[str, Table]
) -> dict[str, Any]:
    own = key or words.key(table.name)
    schema: dict[str, Any] = {
        "fields": [_field(table, column, required=column.name in own) for column in table.columns],
        "missingValues": ["", HIDDEN],
    }
    if own:
        schema["primaryKey"] = list(own)
    if references := list(_references(table, known)):
        schema["foreignKeys"] = references
    return {
        "profile": "tabular-data-resource",
        "name": file_name(table.name),
        **_common(table, file),
        "format": "csv",
        "mediatype": CSV,
        "encoding": "utf-8",
        "dialect": {
            "delimiter": DELIMITER,
            "quoteChar": '"',
            "doubleQuote": True,
            "lineTerminator": "\n",
            "header": True,
        },
        "schema": schema,
    }


def _parquet(table: Table, file: File) -> dict[str, Any]:
    return {
        "profile": "data-resource",
        "name": f"{file_name(table.name)}.parquet",
        **_common(table, file),
        "format": "parquet",
        "mediatype": PARQUET,
    }


def _common(table: Table, file: File) -> dict[str, Any]:
    return {
        "path": file.path,
        "title": words.title(table.name),
        "description": table.meaning_sv,
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
    }


def _field(table: Table, column: Column, *, required: bool) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": _type(column),
        "title": words.name_of_column(column.meaning_sv),
        "description": column.meaning_sv,
    }
    if field["type"] == "number":
        field["decimalChar"] = ","
    if column.is_number and (unit := words.unit(table.name, column.name)):
        field["unit"] = unit
    if required:
        field["constraints"] = {"required": True}
    return field


def _type(column: Column) -> str:
    if column.data_type.startswith("TIMESTAMP"):
        return "datetime"
    return _TYPES.get(column.data_type, "number" if column.is_number else "string")


def _references(table: Table, known: Mapping[str, Table]) -> Iterator[dict[str, Any]]:
    for column in table.columns:
        found = words.reference(table.name, column.name)
        if found is None or found.table not in known:
            continue
        # The specification names the table itself by nothing.
        resource = "" if found.table == table.name else file_name(found.table)
        yield {
            "fields": column.name,
            "reference": {"resource": resource, "fields": found.key},
        }
