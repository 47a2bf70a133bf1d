"""The key of a page's numbers: what each rests on, when, where, and the deliveries behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from orchestration.language import words
from orchestration.language.inline import Cell, Form, Number, Quantity, nodes, say
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.data import load_report_data
from orchestration.reporting.document import Document, Figure, Heading, Paragraph
from orchestration.reporting.indicator_pages import render_indicator_pages
from orchestration.reporting.issued import as_page
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.origins import Origins, load_origins
from orchestration.reporting.render.html import Frame, page
from orchestration.reporting.svg import Drawing
from tests.page_text import parse, text_of
from tests.unit.reporting.conftest import EDITION, YEAR, build_city
from tests.unit.reporting.drawn_city import TABLES, draw, read

Row = Mapping[str, str | int | date | None]
_BUILT_FROM = "create table meta.built_from (table_name varchar, input_name varchar)"


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    with build_city() as connection:
        connection.execute(TABLES + _BUILT_FROM)
        connection.executemany(
            "insert into meta.built_from values (?, ?)",
            [
                ("analyses.housed_results", "marts.housed"),
                ("analyses.housed_results", "marts.indicator_values"),
                ("marts.indicator_values", "raw.register__ekonomiskt_bistand_beslut"),
                ("marts.housed", "staging.placements"),
                ("staging.placements", "raw.register__skyddat_boende_placeringar"),
                ("staging.placements", "raw.register__deliveries"),
            ],
        )
        connection.execute(
            "insert into seeds.analyses values ('housed', 'omvarld', 'Skyddat boende', 1)"
        )
        draw(connection)
        yield connection


@pytest.fixture
def origins(city: duckdb.DuckDBPyConnection) -> Origins:
    return load_origins(city)


def number(
    table: str, row: Row, column: str = "value", quantity: Quantity = Quantity.VALUE
) -> Number:
    return Number(1.0, Form(), (Cell(table, tuple(row.items()), column),), quantity)


VALUE: Row = {
    "indicator_id": "housing_support_hours",
    "period_start": date(YEAR, 1, 1),
    "period_grain": "year",
    "geography_id": "0180",
    "breakdown": "target_group*sex",
    "category": "socialpsykiatri*man",
}


def test_a_value_is_told_by_what_when_where_and_of_whom(origins: Origins) -> None:
    told = origins.of(number("marts.indicator_values", VALUE, "ci_lower"))
    assert told.what == "Genomsnittligt antal beviljade boendestödstimmar"
    assert told.quantity == "osäkerhet, undre gräns"
    assert (told.period, told.place) == ("2023", "Stockholm")
    assert told.group == "män inom socialpsykiatri"
    assert told.sources == ("boendestod_beslut",)
    month = {**VALUE, "period_grain": "month", "period_start": date(YEAR, 5, 1)}
    assert origins.of(number("marts.indicator_values", month)).period == "maj 2023"


def test_a_finding_is_told_by_what_it_is_of(origins: Origins) -> None:
    told = origins.of(number("marts.deviations", {"deviation_id": "d7"}, "lower"))
    assert told.what == (
        "Genomsnittligt antal beviljade boendestödstimmar, skillnad mellan grupper"
    )
    assert (told.period, told.group) == ("2023", "funktionsnedsättning")
    pair = origins.of(
        number(
            "marts.triangulation",
            {"indicator_id": "evicted_children", "related_indicator_id": "debt_median"},
            "related_change",
        )
    )
    assert pair.what.endswith("Medianskuld hos Kronofogden")
    assert pair.sources == ("avhysningar_barn", "kronofogden_debt")


def test_what_is_made_of_several_says_how(origins: Origins) -> None:
    before = {**VALUE, "period_start": date(YEAR - 1, 1, 1)}
    cells = tuple(
        Cell("marts.indicator_values", tuple(row.items()), "value") for row in (VALUE, before)
    )
    told = origins.of(Number(0.1, Form(), cells, Quantity.CHANGE))
    assert told.period == "2023, 2022"
    assert told.quantity == "värde, förändring mellan två värden"
    many = tuple(
        Cell("marts.indicator_values", tuple({**VALUE, "period_start": date(y, 1, 1)}.items()), "")
        for y in range(2016, 2024)
    )
    counted = origins.of(Number(8, Form(), many, Quantity.COUNT))
    assert counted.quantity == "antal rader"
    assert counted.period == "2016, 2017, 2018 med flera"


def test_an_analysis_rests_on_the_registers_that_it_is_made_from(origins: Origins) -> None:
    told = origins.of(
        number(
            "marts.analysis_results", {"analysis_id": "housed", "geography_id": "0180"}, "estimate"
        )
    )
    assert told.what == "Analysen Skyddat boende"
    # Not on what only says which years there are, nor on what is no delivery.
    assert told.sources == ("skyddat_boende_placeringar",)
    assert origins.of(number("marts.housed", {}, "persons")).sources == told.sources
    assert origins.of(number("marts.housed", {}, "persons")).what == "Tabellen marts.housed"


def test_a_number_of_the_method_rests_on_no_delivery(origins: Origins) -> None:
    told = origins.of(number("settings", {"name": "interval_level"}, "", Quantity.SETTING))
    assert (told.quantity, told.sources) == ("interval_level", ())


def test_every_quantity_has_its_words() -> None:
    assert set(words.QUANTITIES) == {each.value for each in Quantity}


def rows_of(html: str) -> dict[str, list[str]]:
    """The key of a page, by number."""
    tables = parse(html).xpath("//section[@class='key']//tbody")
    return {text_of(row[0]): [text_of(cell) for cell in row[1:]] for row in tables[0]}


def pages(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The memorandum and the indicators' pages, with keys."""
    edition = replace(EDITION, origins=load_origins(connection))
    data = load_report_data(
        connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    told = as_page(memorandum(data, edition), data, edition, MEMORANDUM)
    made = {MEMORANDUM.page: told}
    return made | dict(render_indicator_pages(read(connection), edition))


def test_every_number_of_a_page_stands_in_its_key(city: duckdb.DuckDBPyConnection) -> None:
    made = pages(city)
    assert len(made) > 10
    count = 0
    for name, html in made.items():
        root = parse(html)
        shown = {str(each.get("id")): text_of(each) for each in root.iter("data")}
        listed = rows_of(html) if shown else {}
        # Also that a chart is not told by its alternative text alone: those numbers have no place.
        assert {key: row[0] for key, row in listed.items()} == shown, name
        assert all(each.get("value") == each.get("id") for each in root.iter("data"))
        count += len(shown)
        for row in listed.values():
            assert row[1], name
        ids = {str(value) for value in root.xpath("//@id")}
        assert {str(v)[1:] for v in root.xpath("//@href") if str(v).startswith("#")} <= ids
    assert count > 400


def test_a_key_says_what_the_page_prints_and_from_which_delivery(
    city: duckdb.DuckDBPyConnection,
) -> None:
    city.execute(
        "update meta.sources set content_sha256 = 'ab12', retrieved_at = timestamptz"
        " '2024-10-24 08:00:00+00' where source_id = 'avhysningar_barn'"
    )
    html = pages(city)["evicted_children.html"]
    root = parse(html)
    [key] = root.xpath("//section[@class='key']")
    own = [row for row in rows_of(html).values() if row[0] == "38" and row[3] == "2022"]
    assert own[0][1:6] == [
        *("Antal barn som berörs av avhysningar", "värde", "2022", "Stockholm", "alla"),
    ]
    [place] = own[0][6:]
    [delivery] = [each for each in key.iter("li") if each.get("id") == f"leverans-{place}"]
    assert text_of(delivery) == (
        "Barn som berörs av avhysningar. Stockholms stad. Avser 2016–2023. Hämtad: "
        "24 oktober 2024. syntetisk Kontrollsumma: ab12"
    )


def test_a_page_without_numbers_or_origins_has_no_key(origins: Origins) -> None:
    plain = Document(nodes("Titel"), nodes("Under"), (Paragraph(nodes("Ord.")),), "X-")
    assert "siffernyckel" not in page(plain, Frame("Staden", "a", origins=origins))
    told = (Paragraph(say("{n} barn", n=number("marts.indicator_values", VALUE))),)
    counted = replace(plain, blocks=told)
    assert "siffernyckel" not in page(counted, Frame("Staden", "a"))
    html = page(counted, Frame("Staden", "a", origins=origins, contents=True))
    assert list(rows_of(html)) == ["X-1"]


def test_what_is_only_read_aloud_is_counted_and_not_listed(origins: Origins) -> None:
    one = number("marts.indicator_values", VALUE)
    drawn = Figure(
        say("{n} först", n=one),
        nodes("Text"),
        say("Läses upp: {n}", n=one),
        (Drawing("<svg xmlns='http://www.w3.org/2000/svg'/>"),),
        "t",
        "f",
    )
    blocks = (Heading(2, nodes("Rubrik"), "t"), drawn, Paragraph(say("{n} sist", n=one)))
    document = Document(nodes("Titel"), nodes("Under"), blocks, "X-")
    html = page(document, Frame("Staden", "a", origins=origins))
    assert list(rows_of(html)) == ["X-1", "X-3"]


def test_what_others_have_written_is_escaped(city: duckdb.DuckDBPyConnection) -> None:
    hostile = '<img src="https://example.org/x.png"/>'
    city.execute("update marts.indicators set title_sv = ?", [hostile])
    city.execute("update meta.sources set publisher = ?, content_sha256 = ?", [hostile] * 2)
    for html in pages(city).values():
        assert not parse(html).xpath("//img")
