"""The catalogue for data portals: DCAT-AP-SE 3, as Turtle and as JSON-LD of the same statements.

A table is a dataset, its files are the distributions. Only tables of marts: those of meta explain
them, and lie beside them. The vocabularies' own names are English and stand nowhere else.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from orchestration.opendata import words
from orchestration.opendata.about import Publication, Publisher
from orchestration.opendata.datapackage import description
from orchestration.opendata.files import CSV, PARQUET, File, Written, file_name

TURTLE_NAME = "dcat.ttl"
JSON_NAME = "dcat.jsonld"

_PREFIXES: Mapping[str, str] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_AUTHORITY = "http://publications.europa.eu/resource/authority"
_THEMES = (f"{_AUTHORITY}/data-theme/SOCI", f"{_AUTHORITY}/data-theme/GOVE")
_SWEDISH = f"{_AUTHORITY}/language/SWE"
# Every night, if something is new.
_FREQUENCY = f"{_AUTHORITY}/frequency/IRREG"
_KEYWORDS = ("socialtjänst", "indikatorer", "statistik")

_Node = dict[str, Any]


def _iri(address: str) -> _Node:
    return {"@id": address}


def _swedish(text: str) -> _Node:
    return {"@value": text, "@language": "sv"}


def _typed(text: str, kind: str) -> _Node:
    return {"@value": text, "@type": f"xsd:{kind}"}


def catalogue(
    written: Sequence[Written],
    periods: Mapping[str, tuple[date, date]],
    sources: Mapping[str, str],
    publisher: Publisher,
    publication: Publication,
) -> list[dict[str, Any]]:
    """Describe the tables to a data portal.

    Args:
        written: The tables and their files.
        periods: The first and last day of each table that has periods, by name.
        sources: Where the figures of each table come from, in Swedish, by name.
        publisher: Who publishes; with an address.
        publication: What is said of the publication.

    Returns:
        The statements, a record a resource, as JSON-LD has them.

    Raises:
        ValueError: The publisher has no address.
    """
    if publisher.base is None:
        raise ValueError("a catalogue without an address leads nowhere")
    about = _Catalogue(publisher, publication, publisher.base)
    marts = [each for each in written if each.table.name.startswith("marts.")]
    return [
        about.whole([each.table.name for each in marts]),
        about.agent(),
        *about.contact(),
        about.location(),
        *(
            node
            for each in marts
            for node in about.dataset(
                each, periods.get(each.table.name), sources.get(each.table.name)
            )
        ),
    ]


class _Catalogue:
    """The records of one catalogue, and what they call each other."""

    def __init__(self, publisher: Publisher, publication: Publication, base: str) -> None:
        self._publisher = publisher
        self._publication = publication
        self._base = base
        self._built = _typed(publication.built_at.date().isoformat(), "date")

    def _called(self, what: str) -> str:
        return f"{self._base}{TURTLE_NAME}#{what}"

    @property
    def _place(self) -> str:
        return self._publisher.place or self._called("plats")

    def whole(self, tables: Sequence[str]) -> _Node:
        name = self._publisher.municipality_name
        return {
            "@id": self._called("katalog"),
            "@type": "dcat:Catalog",
            "dcterms:title": _swedish(f"Socialtjänstens öppna data, {name}"),
            "dcterms:description": _swedish(description(self._publisher, self._publication)),
            "dcterms:publisher": _iri(self._called("utgivare")),
            "dcterms:license": _iri(self._publisher.licence),
            "dcterms:language": _iri(_SWEDISH),
            "dcterms:modified": self._built,
            "dcterms:spatial": _iri(self._place),
            "dcat:themeTaxonomy": _iri(f"{_AUTHORITY}/data-theme"),
            "dcat:dataset": [_iri(self._called(file_name(table))) for table in tables],
        }

    def agent(self) -> _Node:
        return {
            "@id": self._called("utgivare"),
            "@type": "foaf:Agent",
            "foaf:name": {"@value": self._publisher.name},
            "dcterms:type": _iri("http://purl.org/adms/publishertype/LocalAuthority"),
        }

    def contact(self) -> Iterator[_Node]:
        if self._publisher.contact:
            yield {
                "@id": self._called("kontakt"),
                "@type": "vcard:Organization",
                "vcard:fn": {"@value": self._publisher.name},
                "vcard:hasEmail": _iri(f"mailto:{self._publisher.contact}"),
            }

    def location(self) -> _Node:
        return {
            "@id": self._place,
            "@type": "dcterms:Location",
            "skos:prefLabel": _swedish(self._publisher.municipality_name),
            "dcterms:identifier": {"@value": self._publisher.municipality_id},
        }

    def dataset(
        self, written: Written, period: tuple[date, date] | None, source: str | None
    ) -> Iterator[_Node]:
        table = written.table
        name = file_name(table.name)
        rights = "PUBLIC" if self._publication.may_be_spread else "NON_PUBLIC"
        node: _Node = {
            "@id": self._called(name),
            "@type": "dcat:Dataset",
            "dcterms:title": _swedish(words.title(table.name)),
            "dcterms:description": _swedish(table.meaning_sv),
            "dcterms:identifier": {"@value": self._called(name)},
            "dcterms:publisher": _iri(self._called("utgivare")),
            "dcterms:language": _iri(_SWEDISH),
            "dcterms:modified": self._built,
            "dcterms:accrualPeriodicity": _iri(_FREQUENCY),
            "dcterms:accessRights": _iri(f"{_AUTHORITY}/access-right/{rights}"),
            "dcterms:spatial": _iri(self._place),
            "dcat:theme": [_iri(theme) for theme in _THEMES],
            "dcat:keyword": [_swedish(word) for word in _KEYWORDS],
            "dcterms:provenance": {
                "@type": "dcterms:ProvenanceStatement",
                "dcterms:description": _swedish(self._provenance(source)),
            },
            "dcat:distribution": [_iri(self._called(file.path)) for _, file in _files(written)],
        }
        if self._publisher.contact:
            node["dcat:contactPoint"] = _iri(self._called("kontakt"))
        if period is not None:
            node["dcterms:temporal"] = {
                "@type": "dcterms:PeriodOfTime",
                "dcat:startDate": _typed(period[0].isoformat(), "date"),
                "dcat:endDate": _typed(period[1].isoformat(), "date"),
            }
        yield node
        for media_type, file in _files(written):
            yield self._distribution(media_type, file)

    def _provenance(self, source: str | None) -> str:
        told = f"Gjord av Avvik {self._publication.version}, körning {self._publication.run_id}."
        return f"{told} Källa: {source}." if source else told

    def _distribution(self, media_type: str, file: File) -> _Node:
        address = _iri(f"{self._base}{file.path}")
        return {
            "@id": self._called(file.path),
            "@type": "dcat:Distribution",
            "dcterms:title": _swedish(file.path),
            "dcat:accessURL": address,
            "dcat:downloadURL": address,
            "dcterms:format": {"@value": media_type},
            "dcat:byteSize": _typed(str(file.size), "nonNegativeInteger"),
            "dcterms:license": _iri(self._publisher.licence),
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": _iri("http://spdx.org/rdf/terms#checksumAlgorithm_sha256"),
                "spdx:checksumValue": _typed(file.sha256, "hexBinary"),
            },
        }


def _files(written: Written) -> Iterator[tuple[str, File]]:
    """The files of a table, each after its media type."""
    if written.csv is not None:
        yield CSV, written.csv
    yield PARQUET, written.parquet


def as_json_ld(nodes: Sequence[Mapping[str, Any]]) -> str:
    """The statements as JSON-LD.

    Args:
        nodes: The records.
    """
    whole = {"@context": dict(_PREFIXES), "@graph": list(nodes)}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def as_turtle(nodes: Sequence[Mapping[str, Any]]) -> str:
    """The statements as Turtle.

    Args:
        nodes: The records.
    """
    prefixes = [f"@prefix {name}: <{address}> ." for name, address in _PREFIXES.items()]
    records = [f"{_term(_iri(node['@id']))} {_body(node, '  ')} ." for node in nodes]
    return "\n".join([*prefixes, "", *records]) + "\n"


def _body(node: Mapping[str, Any], indent: str) -> str:
    parts = [f"a {node['@type']}"]
    for name, value in node.items():
        if not name.startswith("@"):
            values = value if isinstance(value, list) else [value]
            parts.append(f"{name} {', '.join(_object(each, indent) for each in values)}")
    return f" ;\n{indent}".join(parts)


def _object(value: Mapping[str, Any], indent: str) -> str:
    if "@id" in value or "@value" in value:
        return _term(value)
    return f"[\n{indent}  {_body(value, f'{indent}  ')}\n{indent}]"


def _term(value: Mapping[str, Any]) -> str:
    if "@id" in value:
        return f"<{value['@id']}>"
    text = json.dumps(value["@value"], ensure_ascii=False)
    if "@language" in value:
        return f"{text}@{value['@language']}"
    return f"{text}^^{value['@type']}" if "@type" in value else text
