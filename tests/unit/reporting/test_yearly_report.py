"""The yearly report: what a chapter shows of its key figures, and what it says it cannot show."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from orchestration.language.inline import plain
from orchestration.reporting.addresses import YEARLY_REPORT
from orchestration.reporting.chapters import Chapters, ReportChapter, load_chapters
from orchestration.reporting.data import load_report_data
from orchestration.reporting.document import Callout, Document, Figure, Heading, Table, said_in
from orchestration.reporting.issued import MARKING, as_page
from orchestration.reporting.yearly_report import yearly_report
from tests.number_walk import stray_digits, unmet
from tests.page_text import parse, text_of
from tests.unit.reporting.conftest import EDITION, YEAR, build_city, insert_value
from tests.unit.reporting.drawn_city import TABLES, draw, read

HIDDEN = ".."


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    """The documents' city, to be changed by the test."""
    with build_city() as connection:
        connection.execute(TABLES)
        yield connection


@pytest.fixture(scope="module")
def untouched() -> Iterator[duckdb.DuckDBPyConnection]:
    """The documents' city as it is."""
    with build_city() as connection:
        connection.execute(TABLES)
        draw(connection)
        yield connection


def report(connection: duckdb.DuckDBPyConnection) -> Document:
    data = load_report_data(
        connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    series = read(connection)
    return yearly_report(data, series, load_chapters(connection, series), EDITION, "0180")


@pytest.fixture(scope="module")
def document(untouched: duckdb.DuckDBPyConnection) -> Document:
    return report(untouched)


def cells(document: Document, anchor: str) -> list[list[str]]:
    """What stands in each cell of a table, without the notes; its heads first."""
    [table] = [
        each
        for each in document.plain_blocks()
        if isinstance(each, Table) and each.anchor == anchor
    ]
    return [
        [plain(column.said) for column in table.columns],
        *([plain(cell.said) for cell in row] for row in table.rows),
    ]


def under(document: Document, anchor: str) -> str:
    """What is said from a heading to the next one."""
    told, inside = list[str](), False
    for block in document.plain_blocks():
        if isinstance(block, Heading):
            inside = block.anchor == anchor
        elif inside:
            told += [plain(said) for said in said_in(block)]
    assert told, anchor
    return "\n".join(told)


def test_the_chapters_come_in_the_order_of_the_seed(document: Document) -> None:
    chapters = [
        plain(each.said)
        for each in document.plain_blocks()
        if isinstance(each, Heading) and each.level == 2
    ]
    assert chapters == [
        *("Så läser du rapporten", "Året i korthet", "Ekonomiskt bistånd", "Familjerätt"),
        *("Våld i nära relation", "Socialpsykiatri", "Övrigt", "Bilaga A: Stödjande mått"),
        *("Bilaga B: Leveranser", "Bilaga C: Om framställningen och siffrorna"),
    ]


def test_a_key_figure_has_its_three_years_and_what_was_found(document: Document) -> None:
    heads, *rows = cells(document, "vald-i-nara-relation-tabell-nyckeltal")
    assert heads == ["Nyckeltal", "2021", "2022", "2023", "Kvinnor", "Män", "Prövningen"]
    assert [[row[0].partition(" sy")[0], *row[1:]] for row in rows] == [
        [
            *("Antal personer som beviljats skyddat boende", "415", "420", "357"),
            *("–", "–", "Fokusområde"),
        ],
        [
            *("Antal medföljande barn i skyddat boende", "262", "260", "169"),
            *("–", "–", "Fokusområde"),
        ],
        [
            *("Antal kvinnor i jourlägenhet till följd av våld", "–", "–", "–"),
            *("–", "–", "Uppgift saknas"),
        ],
        [
            *("Antal anmälda brott i nära relation", "5\xa0300", "5\xa0200", "5\xa0460"),
            *("–", "–", "Att bevaka"),
        ],
    ]


def test_what_has_no_whole_is_shown_by_its_groups_and_their_sexes(document: Document) -> None:
    _, *rows = cells(document, "socialpsykiatri-tabell-nyckeltal")
    told = {row[0].partition("(")[2].partition(")")[0]: row[1:] for row in rows}
    assert told == {
        "funktionsnedsättning": ["–", "–", "9,0", "9,0", "9,0", "Fokusområde"],
        "socialpsykiatri": ["–", "–", "7,2", "7,5", "6,9", "Fokusområde"],
    }


def test_women_and_men_stand_beside_the_whole(city: duckdb.DuckDBPyConnection) -> None:
    # Men's latest is of the year before: then it is said of when it is.
    for category, year, count in (("kvinnor", YEAR, 7.0), ("man", YEAR - 1, 6.0)):
        part: dict[str, object] = {
            "indicator_id": "evicted_children",
            "period_start": date(year, 1, 1),
            "breakdown": "sex",
            "category": category,
            "numerator": count,
            "value": count,
        }
        insert_value(city, part)
    draw(city)
    document = report(city)
    [_, _, row] = cells(document, "ekonomiskt-bistand-tabell-nyckeltal")
    assert row[1:6] == ["39", "38", "12", "7", "6"]
    [table] = [
        each
        for each in document.plain_blocks()
        if isinstance(each, Table) and each.anchor == "ekonomiskt-bistand-tabell-nyckeltal"
    ]
    assert [plain(cell.below) for cell in table.rows[1][4:6]] == ["", str(YEAR - 1)]


def test_a_finding_is_told_once_and_what_it_goes_against_is_counted(document: Document) -> None:
    told = under(document, "vald-i-nara-relation-avviker").split("\n")
    [persons] = [each for each in told if "som beviljats skyddat boende" in each]
    assert persons.startswith("Fokusområde. Antalet personer som beviljats skyddat boende minskade")
    assert persons.endswith("Måttet går dessutom emot ett annat mått som det brukar följa.")
    # Each has one: the persons, the children, and the crimes that are watched.
    assert [each.partition(".")[0] for each in told[:3]] == [
        *("Fokusområde", "Fokusområde", "Att bevaka"),
    ]


def test_what_is_explained_says_by_what_and_what_cannot_be_told_is_no_finding(
    document: Document,
) -> None:
    told = under(document, "ovrigt-avviker")
    assert told.startswith("Förklarad. ")
    assert "Förklaring: " in told
    assert "hemlöshet" not in told
    _, *rows = cells(document, "ovrigt-tabell-nyckeltal")
    assert [row[-1] for row in rows] == ["Förklarad", "Kan inte avgöras", "Inget fynd"]
    _, *overview = cells(document, "tabell-kapitlen")
    assert [row[1:3] for row in overview] == [
        *(["2", "2"], ["–", "–"], ["4", "3"], ["1", "1"], ["3", "1"]),
    ]


def test_a_year_without_a_value_is_said_to_be_so(document: Document) -> None:
    told = under(document, "ovrigt-jamforas")
    assert "Värde saknas för 2021 och 2022: antal personer i hemlöshet" in told


def test_two_counts_that_must_not_be_compared_are_told_where_both_stand(document: Document) -> None:
    told = under(document, "ovrigt-jamforas")
    assert "Räknas på olika sätt och jämförs inte med varandra: antal personer i hemlöshet" in told
    assert "Den ena räknas en natt. (Den som räknar)" in told
    # Who sees the one alone compares nothing.
    everything = " ".join(
        plain(said) for block in document.plain_blocks() for said in said_in(block)
    )
    assert "Står i var sitt kapitel." not in everything


def test_a_chapter_without_its_register_says_so_and_shows_nothing(document: Document) -> None:
    told = under(document, "familjeratt")
    assert "Inte levererat: Familjerättsliga ärenden." in told
    assert "Kapitlet har inga värden att redovisa för 2021–2023." in told
    assert not any(
        isinstance(each, Table) and each.anchor.startswith("familjeratt")
        for each in document.plain_blocks()
    )
    # Of the last chapter one register is there and one is not.
    [callout] = [
        each
        for each in document.plain_blocks()
        if isinstance(each, Callout) and each.anchor == "ovrigt-saknas"
    ]
    [said] = [plain(said) for block in callout.blocks for said in said_in(block)]
    assert said.startswith("Inte levererat: Insatser enligt LSS. Det som skulle räknas därur")


def test_an_indicator_of_an_absent_register_has_the_reason(city: duckdb.DuckDBPyConnection) -> None:
    city.execute(
        "update marts.indicators set not_delivered_sv = 'Kartläggningen görs först i höst.'"
        " where indicator_id = 'homeless_persons'"
    )
    draw(city)
    told = under(report(city), "ovrigt-jamforas")
    assert "Saknas: antal personer i hemlöshet. Kartläggningen görs först i höst." in told
    assert "Värde saknas för 2021 och 2022: antal personer i hemlöshet" not in told


def test_the_boards_stand_beside_the_city(city: duckdb.DuckDBPyConnection) -> None:
    for code, name, share in (("alvsjo", "Älvsjö", 0.012), ("jarva", "Järva", 0.064)):
        city.execute(
            "insert into marts.geographies (geography_id, name, level, valid_from)"
            " values (?, ?, 'stadsdelsnamnd', date '2007-01-01')",
            [f"0180-{code}", name],
        )
        row: dict[str, object] = {
            "indicator_id": "assistance_households_share",
            "geography_id": f"0180-{code}",
            "period_start": date(YEAR, 1, 1),
            "numerator": share * 20_000,
            "denominator": 20_000,
            "value": share,
        }
        insert_value(city, row)
    draw(city)
    heads, *rows = cells(report(city), "ekonomiskt-bistand-tabell-namnder")
    assert heads == ["Nämnd", "Andel biståndshushåll"]
    assert rows == [
        ["Järva", "6,40\xa0%"],
        ["Älvsjö", "1,20\xa0%"],
        ["Stockholms stad", "2,38\xa0%"],
    ]


def test_a_chapter_without_boards_says_so(document: Document) -> None:
    told = under(document, "ekonomiskt-bistand-namnder")
    assert "Inget av kapitlets nyckeltal kan visas för varje stadsdelsnämnd" in told


def test_what_is_drawn_has_its_values(document: Document) -> None:
    figures = {each.anchor: each for each in document.plain_blocks() if isinstance(each, Figure)}
    assert set(figures) == {
        *("ekonomiskt-bistand-figur-evicted-children",),
        *("vald-i-nara-relation-figur-protected-housing-persons",),
        *("vald-i-nara-relation-figur-reported-ipv-crimes",),
        *("socialpsykiatri-figur-housing-support-hours",),
    }
    table = figures["vald-i-nara-relation-figur-protected-housing-persons"].table
    assert isinstance(table, Table)
    assert [plain(row[0].said) for row in table.rows] == [str(year) for year in range(2016, 2024)]


def test_a_protected_figure_is_not_there_and_is_said_not_to_be(
    city: duckdb.DuckDBPyConnection,
) -> None:
    city.execute(
        "update marts.indicator_values set status = 'suppressed'"
        " where indicator_id = 'protected_housing_persons' and year(period_start) = ?",
        [YEAR - 1],
    )
    draw(city)
    document = report(city)
    _, row, *_ = cells(document, "vald-i-nara-relation-tabell-nyckeltal")
    assert row[1:4] == ["415", HIDDEN, "357"]
    assert "är talet skyddat" in under(document, "vald-i-nara-relation-jamforas")
    assert "420" not in [number.text for number in document.numbers()]
    assert "är talet skyddat" not in under(document, "ekonomiskt-bistand-jamforas")


def test_a_break_is_told_where_it_concerns(city: duckdb.DuckDBPyConnection) -> None:
    city.execute(
        "insert into seeds.natural_explanations by name select * replace ("
        " 'brott' as explanation_id, 'Ny definition av hemlöshet' as title_sv,"
        " 'homeless_persons' as indicator_id, 2022 as period_from, 2022 as period_to,"
        " true as is_break) from seeds.natural_explanations limit 1"
    )
    draw(city)
    document = report(city)
    told = under(document, "ovrigt-jamforas")
    assert "Ny definition av hemlöshet" in told
    assert "Ett brott: värdena före och efter jämförs inte." in told
    assert "Ny definition" not in under(document, "ekonomiskt-bistand-jamforas")


def test_support_is_listed_with_the_chapter_that_it_supports(document: Document) -> None:
    _, *rows = cells(document, "tabell-stodjande")
    assert [[row[0].partition(" sy")[0], row[1], row[3]] for row in rows] == [
        ["Medianskuld hos Kronofogden", "Ekonomiskt bistånd", "2023"],
        ["Prisindex för boende och livsmedel", "Alla", "–"],
    ]
    assert rows[0][4] == "93\xa0000"


def test_every_number_is_its_cells_and_no_other_digit_stands_there(
    untouched: duckdb.DuckDBPyConnection, document: Document
) -> None:
    assert len(list(document.numbers())) > 100
    assert unmet(untouched, document) == []
    data = load_report_data(
        untouched, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    html = as_page(document, data, EDITION, YEARLY_REPORT)
    foot = document.title
    assert stray_digits(document, html, foot) == []
    leads = {str(link.get("href")) for link in parse(html).iter("a")}
    assert {"socialtjanstrapport.pdf", "socialtjanstrapport.docx", "index.html"} <= leads
    assert "socialtjanstrapport.html" not in leads


def test_the_one_with_all_figures_is_marked_and_leads_to_its_like(
    untouched: duckdb.DuckDBPyConnection,
) -> None:
    data = load_report_data(
        untouched, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    series = read(untouched)
    secret = replace(EDITION, restricted=True)
    document = yearly_report(data, series, load_chapters(untouched, series), secret, "0180")
    assert document.marking == MARKING
    html = as_page(document, data, secret, YEARLY_REPORT)
    leads = {str(link.get("href")) for link in parse(html).iter("a")}
    assert "promemoria.html" in leads
    # The site is for anybody; what lies beside it is not there.
    assert "index.html" not in leads
    assert "lämnas inte ut" in text_of(parse(html))


def test_a_row_of_an_unknown_indicator_or_way_is_refused(city: duckdb.DuckDBPyConnection) -> None:
    series = read(city)
    city.execute("insert into seeds.chapter_indicators values ('ovrigt', 'okand', 4, 'table', '')")
    with pytest.raises(LookupError, match="okand"):
        load_chapters(city, series)
    city.execute(
        "update seeds.chapter_indicators set indicator_id = 'homeless_persons',"
        " shown_as = 'karta' where indicator_id = 'okand'"
    )
    with pytest.raises(ValueError, match="karta"):
        load_chapters(city, series)


def test_a_report_without_key_figures_is_still_whole(
    untouched: duckdb.DuckDBPyConnection,
) -> None:
    data = load_report_data(
        untouched, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    empty = Chapters((ReportChapter("tomt", "Tomt", (), (), ()),), ())
    document = yearly_report(data, read(untouched), empty, EDITION, "0180")
    assert "Kapitlet har inga värden" in under(document, "tomt")
    assert "Inget mått är stödjande." in under(document, "stodjande-matt")
