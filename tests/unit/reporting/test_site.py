"""The site around the memorandum: its entrance, the areas' and boards' pages, and their form."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import duckdb
import pytest

from orchestration.language import words
from orchestration.reporting.addresses import MEMORANDUM, YEARLY_REPORT
from orchestration.reporting.chapters import load_chapters
from orchestration.reporting.data import load_report_data
from orchestration.reporting.indicator_pages import in_order, indicator_page
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.page_parts import made
from orchestration.reporting.site.content import Site, load_site
from orchestration.reporting.site.whole import site_documents, site_files
from orchestration.reporting.yearly_report import yearly_report
from tests.number_walk import stray_digits, unmet
from tests.page_text import parse, text_of
from tests.unit.reporting.conftest import EDITION, YEAR, build_city, insert_value
from tests.unit.reporting.drawn_city import TABLES, draw, read

_MINISEARCH = "03c27931eb603af1d3358579e9885eafdb6a2f5fa9929557b3e77d7e99d06d03"
BOARDS = {"0180-bromma": "Bromma", "0180-alvsjo": "Älvsjö", "0180-jarva": "Järva"}
# Of the boards' households, those with assistance; Älvsjö is no more.
SHARES = {
    "0180-bromma": [0.021, 0.020],
    "0180-alvsjo": [0.011, 0.012],
    "0180-jarva": [0.061, 0.064],
    "0180-farsta": [0.043, 0.041],
}
_OWN_TABLES = """
create table marts.board_standardised (analysis_id varchar, measure_id varchar, period_start date,
  geography_id varchar, observed double, expected double, ratio double, ci_lower double,
  ci_upper double, verdict varchar);
create table meta.validation_results (suite varchar, expectation varchar, table_name varchar,
  severity varchar, success boolean, unexpected_count bigint, recorded_sequence bigint);
"""


def build(connection: duckdb.DuckDBPyConnection) -> Site:
    """Reads the site of a city."""
    draw(connection)
    report = load_report_data(
        connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    series = read(connection)
    chapters = load_chapters(connection, series)
    documents = {
        MEMORANDUM: memorandum(report, EDITION),
        YEARLY_REPORT: yearly_report(report, series, chapters, EDITION, "0180"),
    }
    return load_site(connection, report, series, EDITION, documents, municipality_id="0180")


def add_boards(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives the city three boards, one that was, and shares and counts of each."""
    for code, name in {**BOARDS, "0180-farsta": "Farsta"}.items():
        ended = date(2020, 6, 30) if code == "0180-alvsjo" else None
        connection.execute(
            "insert into marts.geographies (geography_id, name, level, valid_from, valid_to)"
            " values (?, ?, 'stadsdelsnamnd', date '2007-01-01', ?)",
            [code, name, ended],
        )
        for year, share in zip((YEAR - 1, YEAR), SHARES[code], strict=True):
            households = {"numerator": share * 20_000, "denominator": 20_000, "value": share}
            children = {"numerator": share * 1000, "value": share * 1000}
            for indicator, figures in (
                ("assistance_households_share", households),
                ("evicted_children", children),
            ):
                row: dict[str, object] = {
                    "indicator_id": indicator,
                    "geography_id": code,
                    "period_start": date(year, 1, 1),
                }
                insert_value(connection, row | figures)
    for measure, ratio, verdict in (("refusals", 1.05, "alike"), ("vidtalad_skola", 1.25, "above")):
        connection.execute(
            "insert into marts.board_standardised values"
            " ('child_review', ?, ?, '0180-jarva', ?, 1000, ?, ?, ?, ?)",
            [measure, date(YEAR, 1, 1), ratio * 1000, ratio, ratio - 0.1, ratio + 0.1, verdict],
        )


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    """The documents' city, with boards, to be changed by the test."""
    with build_city() as connection:
        connection.execute(TABLES + _OWN_TABLES)
        add_boards(connection)
        yield connection


@pytest.fixture
def files(city: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(site_files(build(city)))


def table(html: str, anchor: str) -> list[list[str]]:
    """The cells of a table's body."""
    [found] = [t for t in parse(html).iter("table") if t.find("caption").get("id") == anchor]
    return [[text_of(cell) for cell in row] for row in found.find("tbody")]


def after(html: str, anchor: str) -> str:
    """The text of the section that a heading begins."""
    [section] = [e for e in parse(html).iter("section") if e.get("aria-labelledby") == anchor]
    return re.sub(r"\s+", " ", text_of(section))


def test_the_entrance_lists_the_year_s_deviations_by_rank(files: dict[str, str]) -> None:
    rows = table(files["index.html"], "tabell-avvikelser")
    assert [row[1] for row in rows] == [str(rank) for rank in range(1, 10)] + ["–"]
    first = rows[0]
    assert first[0] == "Andel biståndshushåll syntetisk förändring"
    assert "minskade med 6,3 procent från 2022 till 2023" in first[2]
    assert first[3:7] == [
        *("Ekonomiskt bistånd", "Stockholms stad", "Ingår i ett fokusområde", "mycket säkert"),
    ]
    # What could not be decided is last, and said to be so.
    assert rows[-1][0].startswith("Antal personer i hemlöshet")
    assert rows[-1][5:7] == ["Går inte att avgöra", "går inte att säga"]


def test_the_entrance_draws_each_series_and_lets_a_reader_narrow(files: dict[str, str]) -> None:
    root = parse(files["index.html"])
    [found] = [t for t in root.iter("table") if t.get("data-rows") == "avvikelser"]
    heads = [head.get("data-choice") for head in found.find("thead").iter("th")]
    assert [head for head in heads if head] == ["Område", "Plats", "Prövningen"]
    lines = found.findall(".//{http://www.w3.org/2000/svg}polyline")
    # Of the ten findings all but the groups' (one year of theirs is known) have eight years.
    assert len(lines) == 10
    assert [str(each.get("src")) for each in root.iter("script")] == ["skript/urval.js"]
    assert "skript/urval.js" in files


def test_the_entrance_leads_to_everything(files: dict[str, str]) -> None:
    root = parse(files["index.html"])
    leads = {str(link.get("href")) for link in root.iter("a")}
    assert {"promemoria.html", "promemoria.pdf", "promemoria.docx", "tabeller.xlsx"} <= leads
    report = {f"socialtjanstrapport.{each}" for each in ("html", "pdf", "docx", "xlsx")}
    assert report <= leads
    assert {name for name in files if name.endswith(".html")} - {"index.html"} <= leads
    assert "indikatorer/index.html" in leads
    assert "syntetisk" in text_of(root)


def test_every_page_leads_back(files: dict[str, str]) -> None:
    pages = {name: html for name, html in files.items() if name.endswith(".html")}
    assert len(pages) > 8
    for name, html in pages.items():
        up = "../" if "/" in name else ""
        leads = {str(link.get("href")) for link in parse(html).iter("a")}
        known = {
            f"{up}{each}" for each in ("index.html", "promemoria.html", "socialtjanstrapport.html")
        }
        assert known - {name} <= leads, name


def test_an_area_has_its_own_deviations_and_indicators(files: dict[str, str]) -> None:
    html = files["omraden/vald_i_nara_relation.html"]
    assert {row[0].partition(" syntetisk")[0] for row in table(html, "tabell-avvikelser")} == {
        "Antal medföljande barn i skyddat boende",
        "Antal personer som beviljats skyddat boende",
    }
    assert [row[0] for row in table(html, "tabell-indikatorer")] == [
        "Antal kvinnor i jourlägenhet till följd av våld syntetisk",
        "Antal medföljande barn i skyddat boende syntetisk",
        "Antal personer som beviljats skyddat boende syntetisk",
    ]
    assert "Fokusområde" in after(html, "laget")
    calm = files["omraden/hemloshet.html"]
    assert "inget fokusområde 2023" in after(calm, "laget")


def test_a_board_has_its_values_beside_the_lowest_and_highest_of_the_others(
    files: dict[str, str],
) -> None:
    rows = table(files["namnder/jarva.html"], "tabell-ekonomiskt-bistand")
    by_name = {row[0].partition(" syntetisk")[0]: row for row in rows}
    share = by_name["Andel biståndshushåll"]
    assert share[1:3] == ["6,10 %", "6,40 %"]
    # Älvsjö is lower than both, and no board any more.
    assert share[4] == "2,00 % (Bromma) till 4,10 % (Farsta)"
    # Counts follow how many live there.
    assert by_name["Antal barn som berörs av avhysningar"][4] == "–"


def test_a_board_s_page_says_what_stands_out(files: dict[str, str]) -> None:
    told = after(files["namnder/jarva.html"], "sticker-ut")
    assert "Utredningar där skolan vidtalas: fler än väntat, 1 250 mot 1 000." in told
    assert "avslag" not in told
    assert "Inget av nämndens mått skiljer sig 2023 säkert" in after(
        files["namnder/bromma.html"], "sticker-ut"
    )


def test_a_board_that_was_has_no_page(files: dict[str, str]) -> None:
    assert {name for name in files if name.startswith("namnder/")} == {
        *("namnder/bromma.html", "namnder/farsta.html", "namnder/jarva.html"),
        "namnder/norrmalm.html",
    }


def test_boards_stand_in_swedish_order(city: duckdb.DuckDBPyConnection) -> None:
    city.execute("update marts.geographies set valid_to = null where level = 'stadsdelsnamnd'")
    assert [each.name for each in build(city).boards] == [
        *("Bromma", "Farsta", "Järva", "Norrmalm", "Älvsjö"),
    ]


def hide(connection: duckdb.DuckDBPyConnection, where: str) -> None:
    """Hides values as the release does: the figures are gone, the row and its status stay."""
    connection.execute(
        "update marts.indicator_values set numerator = null, denominator = null, value = null,"
        f" ci_lower = null, ci_upper = null, status = 'suppressed' where {where}"
    )


def test_what_is_hidden_is_neither_shown_nor_compared_with(
    city: duckdb.DuckDBPyConnection,
) -> None:
    hide(city, "geography_id = '0180-bromma' and indicator_id = 'assistance_households_share'")
    files = dict(site_files(build(city)))
    own = table(files["namnder/bromma.html"], "tabell-ekonomiskt-bistand")
    [share] = [row for row in own if row[0].startswith("Andel biståndshushåll")]
    assert share[1:3] == ["..", ".."]
    assert share[4] == "–"
    other = table(files["namnder/jarva.html"], "tabell-ekonomiskt-bistand")
    [share] = [row for row in other if row[0].startswith("Andel biståndshushåll")]
    assert share[4] == "4,10 % (Farsta) till 4,10 % (Farsta)"
    # Said once, where it is.
    assert text_of(parse(files["namnder/bromma.html"])).count("uppgift skyddas") == 1
    assert "uppgift skyddas" not in text_of(parse(files["namnder/jarva.html"]))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_whatever_is_hidden_no_number_rests_on_it(
    city: duckdb.DuckDBPyConnection, part: int
) -> None:
    """A third of all values at a time: pages are whole, and each number's cell has a figure."""
    hide(city, f"(hash(indicator_id, geography_id, category) + year(period_start)) % 3 = {part}")
    [(hidden,)] = city.execute(
        "select count(*) from marts.indicator_values where status = 'suppressed'"
    ).fetchall()
    assert hidden > 10
    site = build(city)
    pages = [
        indicator_page(site.series, each, place)
        for place, each in enumerate(in_order(site.series), start=1)
    ]
    documents = [
        *(document for _, document in site_documents(site)),
        *pages,
        *site.documents.values(),
    ]
    values = [
        cell
        for document in documents
        for number in document.numbers()
        for cell in number.cells
        if cell.table == "marts.indicator_values" and cell.column
    ]
    assert len(values) > 50
    for cell in values:
        where = " and ".join(f"{name} = ?" for name, _ in cell.row)
        [(value, status)] = city.execute(
            f"select {cell.column}, status from {cell.table} where {where}",
            [key for _, key in cell.row],
        ).fetchall()
        assert value is not None, cell
        assert status != "suppressed", cell


def test_a_figure_that_is_gone_takes_its_comparison_with_it(
    city: duckdb.DuckDBPyConnection,
) -> None:
    city.execute("update marts.board_standardised set observed = null where ratio > 1.2")
    html = dict(site_files(build(city)))["namnder/jarva.html"]
    rows = table(html, "tabell-vantat")
    assert [row[0] for row in rows] == ["Avslag på ansökningar om ekonomiskt bistånd"]
    assert "vidtalas" not in after(html, "sticker-ut")


def test_a_deviation_that_is_not_there_is_not_missed(city: duckdb.DuckDBPyConnection) -> None:
    city.execute("delete from marts.deviations")
    city.execute("delete from marts.focus_areas")
    city.execute("delete from marts.triangulation")
    html = dict(site_files(build(city)))["index.html"]
    assert "Prövningen av 2023 gav inga rader" in text_of(parse(html))


def test_the_page_of_quality_says_what_passed_and_no_count(city: duckdb.DuckDBPyConnection) -> None:
    city.executemany(
        "insert into meta.validation_results values (?, ?, ?, ?, ?, ?, ?)",
        [
            # What was said last counts, of each severity all of it.
            ("marts.deviations", "a", "marts.deviations", "critical", False, 4711, 1),
            ("marts.deviations", "a", "marts.deviations", "critical", True, 0, 2),
            ("marts.deviations", "b", "marts.deviations", "warning", True, 0, 2),
            ("marts.deviations", "c", "marts.deviations", "warning", False, 4242, 2),
            ("raw.register", "d", "raw.register", "info", True, 0, 1),
        ],
    )
    city.execute(
        "update meta.sources set stale = true, held_sv = 'Ett nyare svar hålls tillbaka.'"
        " where source_id = 'constants'"
    )
    city.execute("update meta.sources set stale = true where source_id = 'kronofogden_debt'")
    site = build(city)
    edition = replace(site.edition, quality_status="godkänd med anmärkning", remarks=("Se upp.",))
    html = dict(site_files(replace(site, edition=edition)))["kvalitet.html"]
    assert table(html, "tabell-kontroller") == [
        ["marts.deviations", "godkänd", "inte godkänd", "–"],
        ["raw.register", "–", "–", "godkänd"],
    ]
    assert "4711" not in html
    assert "4242" not in html
    assert "Kvalitetsstatus: godkänd med anmärkning." in after(html, "laget")
    assert "Se upp." in after(html, "laget")
    state = {row[0].partition(" syntetisk")[0]: row[4] for row in table(html, "tabell-kallor")}
    assert state["Stadens budget 2023"] == "inaktuell. Ett nyare svar hålls tillbaka."
    assert state["Skulder i Stockholm"] == "inaktuell, en nyare leverans är att vänta"
    assert state["Beslut om boendestöd"] == "aktuell"


def test_the_page_of_words_has_what_a_reader_meets(files: dict[str, str]) -> None:
    rows = {row[0]: row[1:] for row in table(files["ordlista.html"], "tabell-ord-c")}
    assert rows["fokusområde"] == [
        "det som återstår efter korrigering och förklaringar, och är stort nog",
        "outcome focus",
    ]
    # What kinds of deviation mean is said in one place.
    assert rows["motsatt rörelse"][0] == words.KIND_DESCRIPTIONS["contrary"]
    assert "landning" not in text_of(parse(files["ordlista.html"]))


def test_the_page_about_the_site_says_whose_it_is_and_when(files: dict[str, str]) -> None:
    told = text_of(parse(files["om.html"]))
    assert "22 november 2026 kl. 03.30" in told
    assert "framtagna för att pröva systemet" in told


def register_of(files: dict[str, str]) -> list[dict[str, Any]]:
    """What can be found, read as the script does."""
    text = files["skript/sokregister.js"]
    found: list[dict[str, Any]] = json.loads(text.removeprefix("window.AVVIK_SOKREGISTER = ")[:-2])
    return found


def test_every_page_and_every_chapter_is_found(files: dict[str, str]) -> None:
    rows = register_of(files)
    addresses = {row["address"] for row in rows}
    assert len(addresses) > 50
    pages = {name for name in files if name.startswith(("omraden/", "namnder/"))}
    assert pages <= addresses
    assert "indikatorer/debt_median.html" in addresses
    assert "promemoria.html#sammanfattning" in addresses
    assert "socialtjanstrapport.html#familjeratt" in addresses
    [row] = [row for row in rows if row["address"] == "indikatorer/debt_median.html"]
    assert row["title"] == "Medianskuld hos Kronofogden"
    assert row["kind"] == "Indikator"
    assert [row["id"] for row in rows] == list(range(len(rows)))
    # What leads to a page's part leads somewhere.
    for row in rows:
        name, _, anchor = row["address"].partition("#")
        if anchor and name in files:
            assert f'id="{anchor}"' in files[name], row


def test_what_is_searched_with_is_what_its_makers_released(files: dict[str, str]) -> None:
    # The digest of dist/umd/index.js in minisearch 7.2.0, as npm has it.
    made = files["skript/minisearch.js"].encode()
    assert hashlib.sha256(made).hexdigest() == _MINISEARCH
    assert "Copyright 2022 Luca Ongaro" in files["skript/minisearch.LICENSE.txt"]
    scripts = [str(each.get("src")) for each in parse(files["sok.html"]).iter("script")]
    assert scripts == ["skript/minisearch.js", "skript/sokregister.js", "skript/sok.js"]


def test_every_number_leads_to_its_cell_and_back(city: duckdb.DuckDBPyConnection) -> None:
    site = build(city)
    files = dict(site_files(site))
    documents = dict(site_documents(site))
    assert set(documents) == {name for name in files if name.endswith(".html")}
    assert sum(len(list(each.numbers())) for each in documents.values()) > 80
    for name, document in documents.items():
        assert unmet(city, document) == [], name
        assert stray_digits(document, files[name], made(EDITION)) == [], name


def test_every_page_is_accessible_in_form(files: dict[str, str]) -> None:
    for name, html in files.items():
        if not name.endswith(".html"):
            continue
        root = parse(html)
        assert root.get("lang") == "sv"
        ids = [str(value) for value in root.xpath("//@id")]
        assert len(ids) == len(set(ids)), name
        wanted = {str(v)[1:] for v in root.xpath("//@href") if str(v).startswith("#")}
        wanted |= {e for v in root.xpath("//@aria-labelledby") for e in str(v).split()}
        assert wanted <= set(ids), name
        levels = [int(e.tag[1]) for e in root.iter("h1", "h2", "h3", "h4")]
        assert all(after - before <= 1 for before, after in pairwise(levels)), name
        assert not root.xpath("//link | //img | //iframe | //object | //embed"), name
        assert not any(each.text for each in root.iter("script")), name


def test_nothing_that_is_written_elsewhere_runs(city: duckdb.DuckDBPyConnection) -> None:
    hostile = '<script>alert(1)</script><img src="https://example.org/x.png"/>'
    city.execute("update marts.indicators set title_sv = ?", [hostile])
    city.execute("update marts.geographies set name = ?", [hostile])
    for name, html in site_files(build(city)):
        if name.endswith(".html"):
            assert not parse(html).xpath("//img | //script[text()]"), name


def test_equal_data_gives_equal_files(city: duckdb.DuckDBPyConnection) -> None:
    site = build(city)
    assert dict(site_files(site)) == dict(site_files(site))
