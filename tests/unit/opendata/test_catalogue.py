"""The catalogue has what DCAT-AP-SE 3 asks for, read by another program's parsers.

The lists below are the specification's: what is mandatory of each class, and how many there may be.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.term import Node

from orchestration.opendata.about import Publisher
from orchestration.opendata.writing import write_open_data

SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
BASE = "https://data.example.se/avvik/"
PUBLISHER = Publisher(
    municipality_id="0180",
    municipality_name="Stockholms stad",
    name='Socialnämnden "mitt i" Stockholm',
    licence="http://creativecommons.org/licenses/by/4.0/",
    contact="data@example.se",
    base=BASE,
    place="http://sws.geonames.org/6695072",
)
# Class, property, least, most (none: any number), and what the value must be.
RULES: list[tuple[URIRef, URIRef, int, int | None, type[Node]]] = [
    (DCAT.Catalog, DCTERMS.title, 1, None, Literal),
    (DCAT.Catalog, DCTERMS.description, 1, None, Literal),
    (DCAT.Catalog, DCTERMS.publisher, 1, 1, URIRef),
    (DCAT.Catalog, DCTERMS.license, 1, 1, URIRef),
    (DCAT.Catalog, DCAT.dataset, 1, None, URIRef),
    (DCAT.Dataset, DCTERMS.title, 1, None, Literal),
    (DCAT.Dataset, DCTERMS.description, 1, None, Literal),
    (DCAT.Dataset, DCTERMS.publisher, 1, 1, URIRef),
    (DCAT.Dataset, DCAT.contactPoint, 1, None, URIRef),
    (DCAT.Dataset, DCAT.distribution, 1, None, URIRef),
    (DCAT.Dataset, DCTERMS.accrualPeriodicity, 1, 1, URIRef),
    (DCAT.Dataset, DCTERMS.spatial, 1, None, URIRef),
    (DCAT.Dataset, DCTERMS.accessRights, 1, 1, URIRef),
    (DCAT.Dataset, DCAT.theme, 1, None, URIRef),
    (DCAT.Dataset, DCTERMS.provenance, 1, None, BNode),
    (DCAT.Distribution, DCAT.accessURL, 1, None, URIRef),
    (DCAT.Distribution, DCAT.downloadURL, 1, None, URIRef),
    (DCAT.Distribution, DCTERMS.license, 1, 1, URIRef),
    (DCAT.Distribution, DCTERMS.format, 1, 1, Literal),
    (DCAT.Distribution, SPDX.checksum, 1, 1, BNode),
    (SPDX.Checksum, SPDX.algorithm, 1, 1, URIRef),
    (SPDX.Checksum, SPDX.checksumValue, 1, 1, Literal),
    (FOAF.Agent, FOAF.name, 1, None, Literal),
    (VCARD.Organization, VCARD.fn, 1, None, Literal),
    (VCARD.Organization, VCARD.hasEmail, 1, None, URIRef),
    (DCTERMS.ProvenanceStatement, DCTERMS.description, 1, None, Literal),
]


def faults(graph: Graph) -> list[str]:
    """What the rules say is wrong."""
    found = []
    for kind, name, least, most, value in RULES:
        subjects = list(graph.subjects(RDF.type, kind))
        if not subjects:
            found.append(f"no {kind}")
        for subject in subjects:
            values = list(graph.objects(subject, name))
            if len(values) < least or (most is not None and len(values) > most):
                found.append(f"{subject} has {len(values)} {name}")
            if not all(isinstance(each, value) for each in values):
                found.append(f"{subject} has a {name} of another kind")
    for name in (DCTERMS.publisher, DCAT.contactPoint, DCAT.dataset, DCAT.distribution):
        found += [
            f"{leads_to} is not described"
            for leads_to in graph.objects(None, name)
            if (leads_to, RDF.type, None) not in graph
        ]
    return found


@pytest.fixture
def released(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "release.duckdb")) as connection:
        connection.execute(
            """
            set timezone = 'UTC';
            create schema marts;
            create schema meta;
            create table marts.refusals (period_start date, period_grain varchar, n integer);
            insert into marts.refusals values
                ('2021-01-01', 'year', 1), ('2024-02-01', 'month', 2);
            comment on table marts.refusals is 'Beslut \\ och "avslag".';
            create table marts.open_comparisons as select 2019 as year;
            create table marts.indicators as select 'a' as indicator_id;
            create table meta.publication as
            select
                timestamptz '2026-11-22 02:30:00+00' as built_at, '1 (abc)' as git_sha,
                'run' as run_id, false as synthetic, 'prövad' as disclosure_status;
            create table meta.columns as
            select 'marts.refusals' as table_name, 'ekonomiskt_bistand_beslut' as source
            """
        )
        yield connection


def graphs(
    connection: duckdb.DuckDBPyConnection, directory: Path, publisher: Publisher
) -> tuple[Graph, Graph]:
    write_open_data(connection, directory, publisher, {})
    turtle = Graph().parse(directory / "dcat.ttl", format="turtle")
    json_ld = Graph().parse(directory / "dcat.jsonld", format="json-ld")
    return turtle, json_ld


def test_what_is_mandatory_is_there(released: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    turtle, json_ld = graphs(released, tmp_path / "data", PUBLISHER)
    assert faults(turtle) == []
    assert isomorphic(turtle, json_ld)


def test_what_is_taken_away_is_missed(released: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    whole, _ = graphs(released, tmp_path / "data", PUBLISHER)
    for kind, name, *_ in RULES:
        graph = Graph()
        graph += whole
        for subject in list(graph.subjects(RDF.type, kind)):
            graph.remove((subject, name, None))
        assert len(graph) < len(whole), (kind, name)
        assert faults(graph) != [], (kind, name)


def test_a_table_is_a_dataset_with_its_files(
    released: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    graph, _ = graphs(released, tmp_path / "data", PUBLISHER)
    dataset = URIRef(f"{BASE}dcat.ttl#refusals")
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == 3, "meta explains, and is no dataset"
    assert graph.value(dataset, DCTERMS.title) == Literal("Avslag i ekonomiskt bistånd", lang="sv")
    assert graph.value(dataset, DCTERMS.description) == Literal(
        'Beslut \\ och "avslag".', lang="sv"
    )
    assert graph.value(dataset, DCTERMS.spatial) == URIRef("http://sws.geonames.org/6695072")
    assert str(graph.value(dataset, DCTERMS.accessRights)).endswith("/PUBLIC")
    temporal = graph.value(dataset, DCTERMS.temporal)
    assert graph.value(temporal, DCAT.startDate) == Literal("2021-01-01", datatype=XSD.date)
    assert graph.value(temporal, DCAT.endDate) == Literal("2024-02-29", datatype=XSD.date)
    provenance = str(graph.value(graph.value(dataset, DCTERMS.provenance), DCTERMS.description))
    assert provenance == "Gjord av Avvik 1 (abc), körning run. Källa: ekonomiskt_bistand_beslut."
    addresses = {
        str(graph.value(each, DCTERMS.format)): graph.value(each, DCAT.downloadURL)
        for each in graph.objects(dataset, DCAT.distribution)
    }
    assert addresses == {
        "text/csv": URIRef(f"{BASE}refusals.csv"),
        "application/vnd.apache.parquet": URIRef(f"{BASE}refusals.parquet"),
    }
    surveys = URIRef(f"{BASE}dcat.ttl#open_comparisons")
    assert graph.value(graph.value(surveys, DCTERMS.temporal), DCAT.endDate) == Literal(
        "2019-12-31", datatype=XSD.date
    )
    assert graph.value(URIRef(f"{BASE}dcat.ttl#indicators"), DCTERMS.temporal) is None


def test_what_is_not_given_is_not_said(released: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Without a contact there is none; a place without an address goes by its code and name."""
    bare = replace(PUBLISHER, contact=None, place=None)
    graph, json_ld = graphs(released, tmp_path / "data", bare)
    assert isomorphic(graph, json_ld)
    assert {fault.rpartition("/")[2] for fault in faults(graph)} == {
        "dcat#contactPoint",
        "ns#Organization",
    }
    place = graph.value(URIRef(f"{BASE}dcat.ttl#refusals"), DCTERMS.spatial)
    assert graph.value(place, DCTERMS.identifier) == Literal("0180")


def test_small_counts_that_are_not_hidden_are_not_public(
    released: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    released.execute("update meta.publication set disclosure_status = 'ej prövad'")
    graph, _ = graphs(released, tmp_path / "data", PUBLISHER)
    rights = {str(each).rpartition("/")[2] for each in graph.objects(None, DCTERMS.accessRights)}
    assert rights == {"NON_PUBLIC"}
    whole = graph.value(None, RDF.type, DCAT.Catalog)
    assert "inte skyddade" in str(graph.value(whole, DCTERMS.description))
