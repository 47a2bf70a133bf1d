"""The indicators' pages: what they show of a series, what they withhold, and their form."""

import base64
import csv
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.language import words
from orchestration.reporting import series_view
from orchestration.reporting.calculation import Calculation
from orchestration.reporting.indicator_index import index
from orchestration.reporting.indicator_pages import (
    in_order,
    indicator_page,
    render_indicator_pages,
)
from orchestration.reporting.issued import Edition
from orchestration.reporting.page_parts import made
from orchestration.reporting.render.html import Frame, page
from orchestration.reporting.series import IndicatorSeries, SeriesData, load_series_data
from orchestration.statistics.xmr import Signal, XmrSettings
from tests.number_walk import stray_digits, unmet
from tests.page_text import parse, text_of
from tests.unit.reporting.conftest import EDITION, YEAR, build_city, insert_value
from tests.unit.reporting.drawn_city import TABLES, draw, read

VECTORS = Path(__file__).parents[2] / "vectors" / "nhsr_ptd"
_COUNTED = "sa-ar-det-raknat"
SVG = "{http://www.w3.org/2000/svg}"
SITE = ("kvalitet", "ordlista", "om", "sok")
_LEADS = (
    r"#[\w-]+|[\w-]+\.html|\.\./(promemoria|socialtjanstrapport|index|indikatorer/index|kvalitet|ordlista|om|sok)\.html"
    r"|data:text/csv;charset=utf-8;base64,[\w+/=]+|\.\./skript/\w+\.js"
)
Pages = dict[str, str]
Write = Callable[[duckdb.DuckDBPyConnection], Pages]


def write(connection: duckdb.DuckDBPyConnection) -> Pages:
    return dict(render_indicator_pages(read(connection), EDITION))


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    """The documents' city, to be changed by the test."""
    with build_city() as connection:
        connection.execute(TABLES)
        yield connection


@pytest.fixture(scope="session")
def pages() -> Pages:
    """The pages of the documents' city, unchanged."""
    with build_city() as connection:
        connection.execute(TABLES)
        draw(connection)
        return write(connection)


def prose(html: str) -> str:
    root = parse(html)
    for name in ("style", "script"):
        for element in root.xpath(f"//*[local-name()='{name}']"):
            element.clear(keep_tail=True)
    spoken = root.xpath("//@aria-label | //@title | //@alt")
    return re.sub(r"\s+", " ", " ".join([text_of(root), *map(str, spoken)]))


def table(html: str, table_id: str) -> list[list[str]]:
    """The cells of a table's body."""
    root = parse(html)
    [found] = [t for t in root.iter("table") if t.find("caption").get("id") == table_id]
    return [[text_of(cell) for cell in row] for row in found.find("tbody")]


def add_months(connection: duckdb.DuckDBPyConnection) -> list[dict[str, str]]:
    """Gives an indicator the months that NHSRplotthedots has drawn."""
    with (VECTORS / "expected_6trusts_breaches.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["f"] == "R1H"]
    for row in rows:
        insert_value(
            connection,
            {
                "indicator_id": "reported_ipv_crimes",
                "period_start": date.fromisoformat(row["x"]),
                "period_grain": "month",
                "value": float(row["y"]),
                "source_id": "bra_reported_ipv_crimes",
            },
        )
    return rows


def add_part(
    connection: duckdb.DuckDBPyConnection, category: str, count: float, **other: object
) -> None:
    row: dict[str, object] = {
        "indicator_id": "evicted_children",
        "period_start": date(YEAR, 1, 1),
        "breakdown": "sex",
        "category": category,
        "numerator": count,
        "value": count,
    }
    insert_value(connection, row | other)


def test_each_indicator_has_a_page_and_the_index_leads_to_all(pages: Pages) -> None:
    index = parse(pages["index.html"])
    leads = {str(link.get("href")) for link in index.iter("a")}
    assert len(pages) == 13
    documents = ("promemoria", "socialtjanstrapport")
    site = {f"../{name}.html" for name in ("index", *documents, *SITE)} | {"#innehall"}
    assert leads == {*pages, *site} - {"index.html"}
    for name, html in pages.items():
        if name != "index.html":
            own = {str(link.get("href")) for link in parse(html).iter("a")}
            assert {"../indikatorer/index.html", "../index.html", "../promemoria.html"} <= own


def test_every_value_stands_in_the_table_beside_the_chart(pages: Pages) -> None:
    rows = table(pages["evicted_children.html"], "tabell-serie-1")
    assert [row[0] for row in rows] == [str(year) for year in range(2016, 2024)]
    assert "gränserna kan vara vidare" not in prose(pages["evicted_children.html"])
    assert rows[-2][1] == "38"
    assert rows[-1][1] == "12"
    assert rows[-1][-1] == "Väntat 38 (22–59)"
    [figure] = parse(pages["evicted_children.html"]).iter("figure")
    [drawn] = [each for each in figure.iter("div") if each.get("role") == "img"]
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}svg"))) == 1
    assert "2023: 12." in str(drawn.get("aria-label"))
    # The message, with what it is counted from.
    [message] = [each for each in figure.iter("p") if each.get("class") == "message"]
    assert text_of(message) == (
        "Antalet barn som berörs av avhysningar minskade med 68,4 procent till 2023, då värdet var "
        "12 barn"
    )


def test_limits_and_signals_are_as_another_program_has_them(
    city: duckdb.DuckDBPyConnection,
) -> None:
    """Mean 5 409.75 and limits 3 945.54 and 6 873.96; the first seven points lie below the mean."""
    rows = add_months(city)
    draw(city)
    html = write(city)["reported_ipv_crimes.html"]
    shown = table(html, "tabell-serie-2")
    assert len(shown) == len(rows) >= 12
    first = shown[0]
    assert first[:5] == ["April 2016", "5 099", "5 410", "3 946", "6 874"]
    assert first[5] == "Ingår i minst sju värden i rad under medelvärdet"
    told = [row["special_cause_type"] != "Common Cause" for row in rows]
    assert [bool(row[5]) for row in shown] == told
    text = prose(html)
    assert "Signaler: april 2016 (ingår i minst sju värden i rad under medelvärdet)" in text
    assert "Utfall med signal" in text
    # The years have eight values: limits for trial, and no signal.
    assert "Serien har åtta jämförbara värden. Gränserna är preliminära" in text


def test_the_chart_is_said_to_be_for_the_eye(pages: Pages) -> None:
    text = prose(pages["evicted_children.html"])
    assert "Diagrammet är till för ögat." in text
    assert "avgörs av prövningen ovan, aldrig av diagrammet" in text
    assert "Signaler ges först med tolv." in text


def test_the_years_findings_stand_with_their_outcome(pages: Pages) -> None:
    text = prose(pages["substance_use_persons.html"])
    assert "förändring. Utesluten, täcks av en registrerad eller funnen förklaring." in text
    assert (
        "Öppenvård registreras per deltagare (ändrad definition, 2023, registrerad). syntetisk"
        in text
    )
    assert "Väntad påverkan: +22,0 procent." in text
    assert "ingen rad bland 2023 års avvikelser" in prose(pages["debt_median.html"])


def test_a_page_without_values_says_so(city: duckdb.DuckDBPyConnection) -> None:
    city.execute("delete from marts.indicator_values where indicator_id = 'debt_median'")
    draw(city)
    written = write(city)
    html = written["debt_median.html"]
    assert "Indikatorn har inga värden för Stockholms stad, länet eller riket" in prose(html)
    assert not list(parse(html).iter("figure"))
    assert not list(parse(html).iter("table"))
    [row] = [
        row
        for row in parse(written["index.html"]).iter("tr")
        if "Medianskuld" in "".join(row.itertext())
    ]
    assert "uppgift saknas" in "".join(row.itertext())


def test_a_page_whose_register_is_not_delivered_says_so(city: duckdb.DuckDBPyConnection) -> None:
    city.execute("delete from marts.indicator_values where indicator_id = 'evicted_children'")
    city.execute(
        "update marts.indicators set not_delivered_sv = 'Kommunen lämnar inte registret: den har"
        " inga vräkningar.' where indicator_id = 'evicted_children'"
    )
    draw(city)
    written = write(city)
    text = prose(written["evicted_children.html"])
    assert "Inte levererat. Kommunen lämnar inte registret: den har inga vräkningar." in text
    assert "Indikatorn har inga värden" not in text
    [row] = [
        row
        for row in parse(written["index.html"]).iter("tr")
        if "berörs av avhysningar" in "".join(row.itertext())
    ]
    assert "inte levererat" in "".join(row.itertext())
    assert "uppgift saknas" not in "".join(row.itertext())


def test_a_series_of_parts_only_says_so(pages: Pages) -> None:
    text = prose(pages["housing_support_hours.html"])
    assert "Indikatorn har ingen serie för helheten" in text
    assert "Efter målgrupp och kön" in text
    rows = table(pages["housing_support_hours.html"], "tabell-uppdelning-1")
    assert {tuple(row) for row in rows} == {
        ("Funktionsnedsättning", "9,0"),
        ("Socialpsykiatri", "7,2"),
    }


@pytest.mark.parametrize(("smallest", "shown"), [(4, False), (5, True)])
def test_parts_with_a_small_count_are_withheld_whole(
    city: duckdb.DuckDBPyConnection, smallest: float, shown: bool
) -> None:
    add_part(city, "flickor", 977)
    add_part(city, "pojkar", smallest)
    draw(city)
    html = write(city)["evicted_children.html"]
    text = prose(html)
    assert ("977" in html) == shown
    assert ("färre än fem fall" in text) == (not shown)
    assert "Efter kön" in text


def test_a_share_is_withheld_when_those_outside_it_are_few(
    city: duckdb.DuckDBPyConnection,
) -> None:
    add_part(
        city,
        "kvinnor",
        998,
        indicator_id="assistance_households_share",
        denominator=1000,
        value=0.998,
    )
    draw(city)
    html = write(city)["assistance_households_share.html"]
    assert "99,8" not in html
    assert "färre än fem fall" in prose(html)


@pytest.mark.parametrize(("smallest", "shown"), [(0, False), (71, True)])
def test_boards_stand_in_a_table_unless_one_is_small(
    city: duckdb.DuckDBPyConnection, smallest: float, shown: bool
) -> None:
    city.execute(
        "insert into marts.geographies (geography_id, name, level)"
        " values ('0180-farsta', 'Farsta', 'stadsdelsnamnd')"
    )
    whole = {"breakdown": "total"}
    add_part(city, "total", 966, geography_id="0180-norrmalm", status="broken_series", **whole)
    add_part(city, "total", smallest, geography_id="0180-farsta", **whole)
    draw(city)
    html = write(city)["evicted_children.html"]
    if shown:
        assert table(html, "tabell-namnder") == [
            ["Farsta", "71"],
            ["Norrmalm", "966 jämförelsebrott"],
        ]
    else:
        assert "966" not in html
        assert "färre än fem fall" in prose(html)


def test_a_suppressed_value_reaches_no_page(city: duckdb.DuckDBPyConnection) -> None:
    """Neither the value, if the marts should hold it, nor what it can be worked out from."""
    city.execute(
        "update marts.indicator_values set status = 'suppressed', value = 38.625"
        " where indicator_id = 'evicted_children' and period_start = date '2022-01-01'"
    )
    city.execute("delete from marts.deviations where kind = 'contrary'")
    draw(city)
    html = write(city)["evicted_children.html"]
    rows = table(html, "tabell-serie-1")
    assert rows[-2][1] == ".."
    assert rows[-1][-1] == ""
    [figure] = parse(html).iter("figure")
    assert "Uppgift skyddas" in [text_of(each) for each in figure.iter(f"{SVG}text")]
    # What the sign means is said once a table.
    tables = parse(html).iter("table")
    assert [text_of(each).count("uppgift skyddas") for each in tables][-1:] == [1]
    assert "Serien har sju jämförbara värden" in prose(html)
    assert "väntat .." in prose(html)
    assert "−68,4" not in html
    assert "38,6" not in html


def test_preliminary_and_broken_values_are_marked(city: duckdb.DuckDBPyConnection) -> None:
    for year, status in ((2018, "broken_series"), (YEAR, "preliminary")):
        city.execute(
            "update marts.indicator_values set status = ?"
            " where indicator_id = 'evicted_children' and period_start = ?",
            [status, date(year, 1, 1)],
        )
    draw(city)
    html = write(city)["evicted_children.html"]
    rows = {row[0]: row for row in table(html, "tabell-serie-1")}
    assert rows["2018"][-1] == "Jämförelsebrott"
    assert rows["2018"][2] == "–"
    assert rows["2023"][-1].startswith("Preliminär; väntat")
    text = prose(html)
    assert "Preliminärt utfall" in text
    assert "Ej jämförbart utfall" in text
    assert "Från och med 2019 räknas medelvärde och gränser om" in text
    assert "Preliminär: 1 värde i serien ovan." in text


def test_a_year_that_nobody_has_told_of_is_a_gap(city: duckdb.DuckDBPyConnection) -> None:
    city.execute(
        "delete from marts.indicator_values"
        " where indicator_id = 'evicted_children' and period_start = date '2019-01-01'"
    )
    draw(city)
    html = write(city)["evicted_children.html"]
    rows = table(html, "tabell-serie-1")
    assert [row[1] for row in rows if row[0] == "2019"] == ["uppgift saknas"]
    assert "gränserna kan vara vidare" in prose(html)


def test_a_limit_below_zero_is_not_shown(city: duckdb.DuckDBPyConnection) -> None:
    draw(city)
    city.execute("update marts.series_charts set lower = -3.0 where value >= 0")
    html = write(city)["evicted_children.html"]
    assert {row[3] for row in table(html, "tabell-serie-1")} == {"–"}
    assert "−3" not in html


def test_notes_are_of_the_sources_and_of_the_places_shown(
    city: duckdb.DuckDBPyConnection,
) -> None:
    for number, (regions, text) in enumerate(
        [
            ("[]", "Gäller hela\r\n tabellen."),
            ('["Riket"]', "Gäller riket."),
            ('["Malmö"]', "Gäller Malmö."),
        ]
    ):
        city.execute(
            "insert into marts.source_notes values ('avhysningar_barn', ?, 'method', null, ?, ?)",
            [number, regions, text],
        )
    draw(city)
    written = write(city)
    text = prose(written["evicted_children.html"])
    assert "Metod: Gäller hela tabellen." in text
    assert "Metod, Riket: Gäller riket." in text
    assert "Gäller Malmö." not in text
    assert "Källorna har 1 not till om andra platser" in text
    assert "Gäller riket." not in prose(written["debt_median.html"])


def test_synthetic_figures_are_marked(pages: Pages) -> None:
    assert "Syntetiska uppgifter" in prose(pages["evicted_children.html"])
    assert "yntetiska uppgifter" not in prose(pages["housing_support_block_grant.html"])
    assert "Delvis syntetiska uppgifter" in prose(pages["index.html"])


def test_partly_synthetic_figures_are_marked(city: duckdb.DuckDBPyConnection) -> None:
    city.execute(
        "update marts.indicator_values set source_id = 'constants'"
        " where indicator_id = 'evicted_children' and period_start = date '2016-01-01'"
    )
    draw(city)
    text = prose(write(city)["evicted_children.html"])
    assert "Delvis syntetiska uppgifter" in text
    assert "Stadens budget 2023. Stockholms stad." in text


def test_every_page_says_what_is_hidden_and_whose_edition_it_is(pages: Pages) -> None:
    for html in pages.values():
        text = prose(html)
        assert "Tal om så få personer att någon kan kännas igen visas inte" in text
        assert "Framställd 22 november 2026 kl. 03.30" in text
        assert "Kvalitetsstatus: godkänd" in text


def test_nothing_is_loaded_and_nothing_runs(city: duckdb.DuckDBPyConnection) -> None:
    hostile = '<script>alert(1)</script><img src="https://example.org/x.png"/>'
    city.execute("update marts.indicators set title_sv = ?, definition_sv = ?", [hostile] * 2)
    city.execute(
        "insert into marts.source_notes values ('avhysningar_barn', 1, 'other', null, '[]', ?)",
        [hostile],
    )
    draw(city)
    for html in write(city).values():
        root = parse(html)
        # A file beside the pages may run, and nothing that stands in them.
        assert not any(each.text for each in root.iter("script"))
        assert not root.xpath("//link | //img | //iframe | //object | //embed")
        loaded = [str(v) for v in root.xpath("//@src | //@href | //@*[local-name()='href']")]
        assert loaded
        assert all(re.fullmatch(_LEADS, v) for v in loaded)
        assert not root.xpath("//@*[starts-with(name(), 'on')]")
        [policy] = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert "default-src 'none'" in policy


def test_every_page_is_accessible_in_form(city: duckdb.DuckDBPyConnection) -> None:
    add_months(city)
    add_part(city, "flickor", 7)
    draw(city)
    for html in write(city).values():
        root = parse(html)
        assert html.startswith("<!DOCTYPE html>")
        assert root.get("lang") == "sv"
        ids = [str(value) for value in root.xpath("//@id")]
        assert len(ids) == len(set(ids))
        wanted = {str(v)[1:] for v in root.xpath("//@href") if str(v).startswith("#")}
        wanted |= {e for v in root.xpath("//@aria-labelledby") for e in str(v).split()}
        assert wanted <= set(ids)
        assert len(list(root.iter("h1"))) == len(list(root.iter("main"))) == 1
        levels = [int(e.tag[1]) for e in root.iter("h1", "h2", "h3", "h4")]
        assert all(after - before <= 1 for before, after in pairwise(levels))
        for found in root.iter("table"):
            assert found.find("caption") is not None
            assert all(head.get("scope") in {"col", "row"} for head in found.iter("th"))
            assert len({len(row) for row in found.iter("tr")}) == 1


def test_no_code_or_english_word_leaks(pages: Pages) -> None:
    codes = {
        *words.KINDS,
        *words.OUTCOMES,
        *words.STATUSES,
        *words.EXPLANATION_KINDS,
        *(code.value for code in Signal),
        *("proportion", "mean", "amount", "count", "rate", "target_group", "sex", "year", "month"),
        *("None", "nan", "True", "False", "Undefined", "of", "and", "the", "chart"),
    } - {"definition", "system"}
    for name, html in pages.items():
        # The name in the database is told as such.
        said = set(re.findall(r"[\w*]+", prose(html).replace(name.removesuffix(".html"), "")))
        assert not said & codes, name


def test_the_pages_say_the_methods_own_counts() -> None:
    """Reporting does not import the engine; here the two are held together."""
    settings = XmrSettings()
    assert series_view.TRIAL_POINTS == settings.trial_points == 5
    assert series_view.FULL_POINTS == settings.full_points == 12
    # What the page says in words of how limits and rules are made.
    assert (settings.limit_factor, settings.run_points) == (2.66, 7)
    assert settings.screen


def test_every_signal_has_its_words() -> None:
    assert set(words.SIGNALS) | set(words.NO_SIGNALS) == {"", *(code.value for code in Signal)}


def test_an_unknown_code_is_refused(city: duckdb.DuckDBPyConnection) -> None:
    add_part(city, "flickor", 7, breakdown="shoe_size")
    with pytest.raises(LookupError, match="shoe_size"):
        write(city)


def test_the_same_data_gives_the_same_pages(city: duckdb.DuckDBPyConnection, pages: Pages) -> None:
    draw(city)
    assert write(city) == pages


def test_the_moment_must_have_a_time_zone(city: duckdb.DuckDBPyConnection) -> None:
    data = load_series_data(
        city,
        year=YEAR,
        places=("0180",),
        municipality_name="Stockholms stad",
        smallest_count=5,
    )
    naive = Edition(datetime(2026, 11, 22), "0.1.0", "godkänd")  # noqa: DTZ001 (what is refused)
    with pytest.raises(ValueError, match="time zone"):
        next(render_indicator_pages(data, naive))


def whole_city(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives the city all that a page can show: parts, boards, months, notes, the realm."""
    add_months(connection)
    add_part(connection, "flickor", 7, status="preliminary")
    add_part(connection, "pojkar", 5)
    connection.execute("update marts.indicators set polarity = 'lower_is_better'")
    for number, regions in enumerate(["[]", '["Malmö"]', '["Lund"]']):
        connection.execute(
            "insert into marts.source_notes"
            " values ('avhysningar_barn', ?, 'method', '2022', ?, 'Om 3 rader.')",
            [number, regions],
        )
    for year, value in ((2022, 90_000.0), (YEAR, 93_600.0)):
        row: dict[str, object] = {"indicator_id": "debt_median", "period_start": date(year, 1, 1)}
        insert_value(connection, row | {"geography_id": "SE", "value": value})
    connection.execute(
        "update marts.indicator_values set status = 'preliminary' where period_start = ?"
        " and indicator_id = 'evicted_children'",
        [date(YEAR, 1, 1)],
    )
    give_basis(connection, numerator=2500)
    draw(connection)


def give_basis(connection: duckdb.DuckDBPyConnection, numerator: float) -> None:
    """Gives the share of the tested year what it rests on."""
    connection.execute(
        "update marts.indicator_values set numerator = ?, denominator = 105042, ci_lower = 0.0229,"
        " ci_upper = 0.0247 where indicator_id = 'assistance_households_share'"
        " and period_start = ? and breakdown = 'total'",
        [numerator, date(YEAR, 1, 1)],
    )


def test_every_number_leads_to_its_cell_and_back(city: duckdb.DuckDBPyConnection) -> None:
    whole_city(city)
    data, pages = read(city), write(city)
    documents = {
        f"{each.indicator.indicator_id}.html": indicator_page(data, each, place)
        for place, each in enumerate(in_order(data), start=1)
    }
    documents["index.html"] = index(data, in_order(data), EDITION)
    assert set(documents) == set(pages)
    assert sum(len(list(each.numbers())) for each in documents.values()) > 400
    ids: list[str] = []
    for name, document in documents.items():
        assert unmet(city, document) == [], name
        assert stray_digits(document, pages[name], made(EDITION)) == [], name
        ids += [str(v) for v in parse(pages[name]).xpath("//data/@id")]
    # An id is of one number in the whole edition.
    assert len(ids) == len(set(ids)) > 400


def test_a_share_stands_with_what_it_rests_on(city: duckdb.DuckDBPyConnection) -> None:
    whole_city(city)
    html = write(city)["assistance_households_share.html"]
    assert heads(html, "tabell-serie-1")[:5] == ["År", "Utfall", "Täljare", "Nämnare", "Osäkerhet"]
    rows = table(html, "tabell-serie-1")
    assert rows[-1][1:5] == ["2,38 %", "2 500", "105 042", "2,29–2,47"]
    assert rows[-2][2:5] == ["–", "–", "–"]


@pytest.mark.parametrize("numerator", [4, 105_038])
def test_what_a_share_rests_on_is_withheld_where_few_are_in_it_or_outside(
    city: duckdb.DuckDBPyConnection, numerator: float
) -> None:
    give_basis(city, numerator)
    draw(city)
    html = write(city)["assistance_households_share.html"]
    assert not {"Täljare", "Nämnare", "Osäkerhet"} & set(heads(html, "tabell-serie-1"))
    assert "105 042" not in prose(html)


def heads(html: str, table_id: str) -> list[str]:
    [found] = [t for t in parse(html).iter("table") if t.find("caption").get("id") == table_id]
    return [text_of(cell) for cell in found.find("thead").iter("th")]


def test_a_page_says_how_its_indicator_is_counted(city: duckdb.DuckDBPyConnection) -> None:
    draw(city)
    counted = Calculation(
        model="intermediate.int_evictions_counted",
        sql="select\n    count(*) < 17 as few",
        before=("raw.register__avhysningar_barn",),
        after=("marts.indicator_values",),
    )
    made = dict(render_indicator_pages(read(city), EDITION, (), {"evicted_children": counted}))
    root = parse(made["evicted_children.html"])
    [section] = [e for e in root.iter("section") if e.get("aria-labelledby") == _COUNTED]
    assert [text_of(item) for item in section.iter("li")] == [
        "raw.register__avhysningar_barn",
        "intermediate.int_evictions_counted: här räknas indikatorn",
        "marts.indicator_values",
    ]
    [code] = section.iter("code")
    assert code.text == counted.sql
    assert _COUNTED not in made["debt_median.html"]
    document = indicator_page(read(city), _page_of(read(city), "evicted_children"), 1, (), counted)
    assert stray_digits(document, page(document, Frame("Staden", "utan nummer"))) == []


def test_a_page_says_in_what_state_its_sources_are(city: duckdb.DuckDBPyConnection) -> None:
    draw(city)
    before = prose(write(city)["evicted_children.html"])
    assert "Kvalitet Källorna är aktuella. Så är underlaget kontrollerat." in before
    city.execute("update meta.sources set stale = true where source_id = 'avhysningar_barn'")
    made = write(city)
    assert "Kvalitet En källa är inaktuell." in prose(made["evicted_children.html"])
    assert "Källorna är aktuella." in prose(made["debt_median.html"])
    city.execute("delete from meta.sources")
    assert "Kvalitet Ingen källa är levererad." in prose(write(city)["debt_median.html"])


def _page_of(data: SeriesData, indicator_id: str) -> IndicatorSeries:
    [found] = [each for each in data.indicators if each.indicator.indicator_id == indicator_id]
    return found


def test_a_page_says_which_way_is_better(city: duckdb.DuckDBPyConnection, pages: Pages) -> None:
    assert "Varken ett högre eller ett lägre värde är bättre i sig" in prose(
        pages["debt_median.html"]
    )
    whole_city(city)
    assert "Riktning Ett lägre värde är bättre" in prose(write(city)["debt_median.html"])


def test_the_realm_stands_beside_the_city(city: duckdb.DuckDBPyConnection, pages: Pages) -> None:
    assert "Jämförelse med andra platser" not in prose(pages["debt_median.html"])
    whole_city(city)
    html = write(city)["debt_median.html"]
    # 93 000 after 86 000, and 93 600 after 90 000.
    assert (
        "Värdet i Stockholms stad ökade med 8,1 procent till 2023, och värdet i riket ökade med "
        "4,0 procent."
    ) in prose(html)
    assert "Nivån var 93 000 kronor per skuldsatt person i Stockholms stad" in prose(html)
    rows = table(html, "tabell-jamforelse")
    assert [row[0] for row in rows] == ["Stockholms stad", "Riket"]
    assert [row[-1] for row in rows] == ["93 000", "93 600"]


def taken(html: str, file_name: str) -> str:
    """What a reader gets who takes a table away."""
    [link] = [each for each in parse(html).iter("a") if each.get("download") == file_name]
    head, _, data = str(link.get("href")).partition(",")
    assert head == "data:text/csv;charset=utf-8;base64"
    return base64.b64decode(data).decode("utf-8")


def test_a_table_is_taken_away_as_a_spreadsheet_reads_it(city: duckdb.DuckDBPyConnection) -> None:
    whole_city(city)
    city.execute(
        "insert into marts.geographies (geography_id, name, level)"
        " values ('0180-x', '=HYPERLINK(\"http://x\")', 'stadsdelsnamnd')"
    )
    add_part(city, "total", 71, geography_id="0180-x", breakdown="total")
    html = write(city)
    text = taken(
        html["assistance_households_share.html"], "assistance_households_share-serie-1.csv"
    )
    assert text.startswith("\ufeffÅr;Utfall;Täljare;Nämnare;Osäkerhet;")
    last = list(csv.reader(text.splitlines(), delimiter=";"))[-1]
    assert last[:4] == ["2023", "2,38", "2500", "105042"]
    boards = taken(html["evicted_children.html"], "evicted_children-namnder.csv")
    [row] = list(csv.reader(boards.splitlines(), delimiter=";"))[1:]
    assert row == ['\'=HYPERLINK("http://x")', "71"]


def test_a_page_leads_to_the_one_before_and_after(pages: Pages) -> None:
    def ways(name: str) -> dict[str, str]:
        [nav] = [each for each in parse(pages[name]).iter("nav") if each.get("class") == "ways"]
        return {text_of(link).partition(":")[0]: str(link.get("href")) for link in nav.iter("a")}

    order = [
        str(link.get("href"))
        for link in parse(pages["index.html"]).iter("a")
        if str(link.get("href")) in pages
    ]
    assert len(order) == 12
    assert "Föregående" not in ways(order[0])
    assert "Nästa" not in ways(order[-1])
    for one, other in pairwise(order):
        assert ways(one)["Nästa"] == other
        assert ways(other)["Föregående"] == one


def test_the_index_may_run_the_files_beside_it_and_nothing_else(pages: Pages) -> None:
    root = parse(pages["index.html"])
    [policy] = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'"
    assert [str(each.get("src")) for each in root.iter("script")] == ["../skript/urval.js"]


def test_the_index_is_whole_without_its_script(pages: Pages) -> None:
    rows = table(pages["index.html"], "tabell-indikatorer")
    assert len(rows) == 12
    [children] = [row for row in rows if "avhysningar" in row[0]]
    assert children[1:3] == ["Ekonomiskt bistånd", "12 barn 2023"]
    assert children[4] == "Ingår i ett fokusområde"
