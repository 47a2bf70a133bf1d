"""The default city's memorandum as a board gets it: how long, how dense, and with whose figures."""

import json
import re
from pathlib import Path

import duckdb
import pytest
from lxml import etree

from orchestration.flow.analyses import analyses
from orchestration.indicators.catalogue import load_catalogue
from orchestration.reporting.addresses import PAGES_DIRECTORY
from orchestration.settings import Settings
from tests.integration.conftest import Installation, copy_of
from tests.nights import Night, night
from tests.page_text import parse, text_of

# Words of the analysis that the memorandum follows (Stockholms stad, 2024), counted in its text.
WORDS_OF_THE_DOCUMENT = 2672
MOST_LONGER = 1.3
# Chapters that answer another document of the city's than that one, and how short they are.
OF_ANOTHER_DOCUMENT = {
    "analys-costs": 150,
    "analys-child-review": 600,
    "analys-open-comparisons": 200,
    "analys-equality": 220,
    "analys-without-assessment": 150,
}
SUMMARY_WORDS, SUMMARY_FIGURES = 60, 4
LOOKED_UP = "@class='appendix' or @class='notes' or @class='key' or @aria-labelledby='litteratur'"
# What the document itself says of 2023, in the form of print.
OF_THE_DOCUMENT = (
    *("−6,3 %", "−16,0 %", "−68,4 %", "−15,0 %", "−35,0 %", "+5,0 %"),
    *("+8,6 %", "+12,0 %", "9,0", "7,2", "7,5", "6,9"),
)
# What the document says from data and decided amounts, and the words that say it here.
STATEMENTS = {
    "economic assistance falls": ["Andelen biståndshushåll minskade med 6,3 procent från 2022"],
    "evicted children": ["Antal barn som berörs av verkställda avhysningar", "38", "12"],
    "refusals are the highest measured": [
        (
            "antalet avslag och delavslag på ekonomiskt bistånd har inte varit högre så långt "
            "uppgifterna går tillbaka, till 2016"
        )
    ],
    "income falls for the first time": [
        (
            "Den disponibla inkomsten efter inflationsjustering minskade 2022, för första "
            "gången så långt uppgifterna går tillbaka"
        )
    ],
    "the norm and prices": ["Riksnorm för försörjningsstöd", "+8,6 %", "Prisindex", "+12,0 %"],
    "the norm rose less than prices": [
        "Riksnormens ökning mot prisernas på boende och mat: 0,97 gånger"
    ],
    "debts": ["2,0 miljarder kronor mer 2021–2023", "15 000 kronor mer 2021–2023"],
    "debt relief and counselling rise": [
        (
            "antalet ansökningar om skuldsanering, antalet nya rådsökande i budget- och "
            "skuldrådgivningen"
        )
    ],
    "assistance lasts longer": [
        "Biståndstiden var i genomsnitt 7,1 månader per hushåll 2023, mot 7,0 året före.",
        "Del av den högre avslagsandelen som längre biståndstid svarar för",
    ],
    "new groups own their home": [
        "Avslag för att någon äger sin bostad, ökning mot övriga grunder: 1,20 gånger"
    ],
    "credit counted as income": [
        "Nya ansökningar efter avslag för kredit, mot andra ekonomiska grunder: 1,29 gånger"
    ],
    "children with assistance": ["Antal barn i biståndshushåll", "−16,0 %"],
    "persons and decisions of protected housing": [
        "Antalet personer som beviljats skyddat boende minskade med 15,0 procent",
        "Antal beslut om skyddat boende",
    ],
    "children fall most, so it is mothers": [
        "−35,0 %",
        "Hela minskningen finns bland kvinnor med medföljande barn: från 294 till 191 beslut",
    ],
    "flats do not suffice": [
        (
            "Jourlägenheterna kan högst bära 8 personer, eller 9,3 procent av minskningen, "
            "och bland mödrar ingen."
        )
    ],
    "counselling is no substitute": [
        "samtalsstöd på relationsvåldscentrum (+17,0 procent)",
        "Samtalsstöd ersätter inte en placering",
    ],
    "reported crimes": ["antalet anmälda brott i nära relation (+5,0 procent)", "+6,7 %"],
    "other solutions": [
        "Del av minskningen som andra registrerade lösningar motsvarar: 19 procent"
    ],
    "hours of housing support": [
        "9,0 timmar per person och månad i gruppen funktionsnedsättning 2023, mot 7,2",
        "För socialpsykiatri var det 7,5 timmar för kvinnor och 6,9 timmar för män",
        "För funktionsnedsättning var det 9,0 timmar för kvinnor och 9,0 timmar för män",
    ],
    "who has housing support": [
        (
            "I socialpsykiatrin har 70 procent av brukarna boendestöd. Av dem är 60 procent "
            "kvinnor, mot 50 procent inom funktionsnedsättning."
        )
    ],
    "the grant": [
        "schablonersättningen på 82 576 kronor per person och år",
        "personkretsen enligt LSS som bor i eget boende när stödet är minst tre timmar i veckan",
    ],
    "more hours for fewer activities": [
        "Skillnad i timmar vid lika många aktiviteter, samma ålder och kön: 2,8 timmar"
    ],
}


@pytest.fixture(scope="module")
def memorandum(default_city: Installation) -> etree._Element:
    """The page as it was published, with all figures."""
    directory = default_city.settings.restricted_publication_dir
    html = (directory / "promemoria.html").read_text(encoding="utf-8")
    return parse(html)


def test_it_is_no_longer_than_a_board_reads(memorandum: etree._Element) -> None:
    [main] = parse(etree.tostring(memorandum, encoding="unicode")).iter("main")
    # Appendices, notes, tables and what a chart's table repeats are looked up, not read through.
    looked_up = f".//section[{LOOKED_UP}] | .//table | .//details"
    for part in main.xpath(f"{looked_up} | .//*[local-name()='svg']"):
        part.clear(keep_tail=True)
    for name, most in OF_ANOTHER_DOCUMENT.items():
        [chapter] = main.xpath(f".//section[@aria-labelledby='{name}']")
        assert 20 < len(text_of(chapter).split()) <= most
        chapter.clear(keep_tail=True)
    words = len(text_of(main).split())
    assert 1000 < words <= MOST_LONGER * WORDS_OF_THE_DOCUMENT


def test_each_item_of_the_summary_is_short_and_has_few_figures(
    memorandum: etree._Element,
) -> None:
    items = memorandum.xpath("//section[@aria-labelledby='sammanfattning']//li")
    assert len(items) == 3
    for item in items:
        assert len(text_of(item).split()) <= SUMMARY_WORDS
        assert len(item.xpath(".//data[starts-with(@id, 'P')]")) <= SUMMARY_FIGURES
        # What the document chose to keep though it stands says since when instead.
        sure = "slump är (mycket säkert|säkert|troligt)|åt samma håll sedan 2016"
        assert re.search(sure, text_of(item))


def test_the_documents_figures_stand_in_it(memorandum: etree._Element) -> None:
    printed = {text_of(each) for each in memorandum.iter("data") if each.get("id")}
    assert [text for text in OF_THE_DOCUMENT if text not in printed] == []


def test_each_statement_of_the_document_that_data_bear_stands_in_it(
    memorandum: etree._Element,
) -> None:
    [main] = memorandum.iter("main")
    # Spaces that do not break, and places where a word may.
    told = re.sub(r"\s+", " ", text_of(main).replace("\u2060", "").replace("\u00ad", ""))
    # The marks of notes stand close to the words.
    told = re.sub(r"(?<=[a-zåäö%.])\d{1,2}(?= |$)", "", told)
    lacking = {
        name: missing
        for name, parts in STATEMENTS.items()
        if (missing := [part for part in parts if part not in told])
    }
    assert lacking == {}


def test_what_the_writers_have_read_is_listed_with_the_day(memorandum: etree._Element) -> None:
    [listed] = memorandum.xpath("//section[@aria-labelledby='litteratur']")
    items = [text_of(item) for item in listed.xpath(".//li")]
    assert len(items) >= 3
    assert all(re.search(r"Läst \d{1,2}\s\w+\s\d{4}\.", item) for item in items)


def test_p_values_and_volatilities_stand_in_the_appendix_alone(memorandum: etree._Element) -> None:
    for section in memorandum.xpath("//section[not(@class='appendix' or @class='key')]"):
        assert not re.search(r"\b[pq]-värde|volatilitet", text_of(section)), section.attrib


def test_captions_name_what_is_drawn_as_it_looks_on_any_page(memorandum: etree._Element) -> None:
    # On a dark page the strong colour is the light one.
    captions = [text_of(each) for each in memorandum.iter("figcaption")]
    assert len(captions) > 20
    assert [text for text in captions if re.search(r"\b(mörk|ljus)(a|t)?\b", text.lower())] == []


@pytest.mark.parametrize("name", ["jamstalldhet.html", "barn.html"])
def test_a_page_of_made_up_figures_says_so(default_city: Installation, name: str) -> None:
    page = default_city.settings.published_dir / PAGES_DIRECTORY / name
    text = text_of(parse(page.read_text(encoding="utf-8")))
    assert len(text.split()) > 500
    assert re.search(r"Uppgifterna är (delvis )?syntetiska\.", text)


def test_the_stages_of_the_childrens_cases_come_in_their_order(memorandum: etree._Element) -> None:
    [table] = memorandum.xpath("//table[caption/@id='analys-child-review-steg-tabell']")
    firsts = [text_of(row[0]) for row in table.iter("tr")][1:]
    assert firsts == [
        *("Utredning inleds", "Insats erbjuds", "Insats accepteras", "Insats beviljas")
    ]


def test_no_group_is_told_in_a_code(memorandum: etree._Element) -> None:
    rows = memorandum.xpath("//section[starts-with(@aria-labelledby, 'analys-')]//table//tr")
    cells = [text_of(row[0]) for row in rows]
    assert len(cells) > 200
    assert "Skolan, barn i skolåldern, polisen" in cells
    assert [text for text in cells if re.search(r"_|halso|forskola|vardnads", text)] == []


def test_each_explanation_has_its_verdict(memorandum: etree._Element) -> None:
    lists = memorandum.xpath("//h3[contains(@id, '-forklaringar')]/following-sibling::ul[1]")
    told = [text_of(item) for each in lists for item in each.iter("li")]
    assert len(lists) == 3
    assert len(told) > 10
    verdict = r"(Prövad: (stöds|stöds inte|kan inte avgöras)\. .|Kan inte prövas med registren\.$)"
    assert [text for text in told if not re.search(verdict, text)] == []


def test_no_estimate_is_left_untold(default_city: Installation) -> None:
    """Each estimand that could be made has a number in the text or a table of its section."""
    directory = default_city.settings.restricted_publication_dir
    numbers = json.loads((directory / "numbers.json").read_text("utf-8"))
    told = {
        (cell["row"].get("analysis_id"), cell["row"].get("estimand_id"))
        for number in numbers
        for cell in number["cells"]
        if cell["table"] == "marts.analysis_results"
    }
    made = default_city.published(
        "select distinct analysis_id, estimand_id from marts.analysis_results"
        " where status = 'estimated'"
    )
    # The boards' ratios are told from a table of their own; the largest step as a verdict; and of a
    # fall that is all mothers, that it is the whole of it.
    assert len(made) > 60
    assert set(made) - told <= {
        *(("refusals", "1.8"), ("housing_support", "3.5_largest")),
        ("protected_housing", "2.2_share"),
    }


# The steps that know which year is reported.
OF_A_YEAR = (
    *("deviations", "early_warnings", "series_charts", "focus_areas"),
    *(each.step.name for each in analyses()),
    *("analysis_results", "release", "memorandum", "snapshot"),
)


def published_texts(settings: Settings) -> dict[str, str]:
    """What each page of the latest publication says, by its name; earlier ones are kept beside.

    The memorandum is the one with all figures.
    """
    folders = (
        settings.restricted_publication_dir,
        settings.published_dir / PAGES_DIRECTORY,
    )
    pages = sorted(page for folder in folders for page in folder.glob("*.html"))
    return {page.name: text_of(parse(page.read_text("utf-8"))) for page in pages}


def registered_for_another_year(settings: Settings, year: int) -> set[str]:
    """What people have written of a year that is not this one: each text, and each source."""
    catalogue = load_catalogue(settings.seeds_dir)
    # Who sends a memorandum is called the same in every year.
    found = {
        row.text_sv
        for row in catalogue.memorandum_texts
        if row.year != year and len(row.text_sv.split()) > 1
    }
    for row in catalogue.possible_explanations:
        if not (row.period_from or year) <= year <= (row.period_to or year):
            found |= {row.text_sv, row.source}
    return {" ".join(text.split()) for text in found if text}


def test_what_an_analysis_of_a_year_says_stands_in_no_other_year_s(
    published: Installation, default_city: Installation, tmp_path: Path
) -> None:
    earlier = Settings(home=copy_of(published, tmp_path / "home").home, year=2019)
    assert night(earlier, *OF_A_YEAR) == Night()
    texts = published_texts(earlier)
    assert len(texts) > 40
    assert "Avvikelser i socialtjänstens statistik 2019" in texts["promemoria.html"]
    assert "från 2018 till 2019" in texts["promemoria.html"]
    foreign = registered_for_another_year(earlier, 2019)
    assert len(foreign) > 15
    # The same texts stand in the memorandum of their own year, or none would be looked for.
    own = published_texts(default_city.settings)["promemoria.html"]
    assert sum(text in own for text in foreign) > 10
    stands = [(name, text) for text in foreign for name, said in texts.items() if text in said]
    assert stands == []
    # Nor is a later year spoken of, but where deliveries and sources are listed, and where a
    # calculation that is of no year says which year's prices it has.
    page = parse((earlier.restricted_publication_dir / "promemoria.html").read_text("utf-8"))
    for section in page.xpath(f"//section[not({LOOKED_UP})]"):
        if section.get("aria-labelledby") == "analys-costs":
            continue
        assert not re.search(r"\b20[2-9]\d\b", text_of(section)), section.attrib


def test_each_analysis_has_its_section_and_each_test_its_estimate(
    memorandum: etree._Element, default_city: Installation
) -> None:
    for name in ("refusals", "protected-housing", "housing-support"):
        [section] = memorandum.xpath(f"//section[@aria-labelledby='analys-{name}']")
        assert len(section.xpath(".//figure//*[local-name()='svg']")) >= 2
        assert "syntetisk" in text_of(section)
    with duckdb.connect(str(default_city.snapshot), read_only=True) as published:
        found = published.sql(
            "select analysis_id, estimand_id, breakdown, category from marts.analysis_results"
            " where geography_id = '0180' and status = 'estimated'"
        ).fetchall()
    tested = [
        (row.analysis_id, row.estimand_id, row.breakdown or "total", row.category or "total")
        for row in load_catalogue(default_city.settings.seeds_dir).possible_explanations
        if row.is_tested
    ]
    assert len(tested) >= 6
    assert [key for key in tested if found.count(key) != 1] == []
