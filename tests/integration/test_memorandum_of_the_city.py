"""The default city's memorandum as a board gets it: how long, how dense, and with whose figures."""

import json
import re

import duckdb
import pytest
from lxml import etree

from orchestration.indicators.catalogue import load_catalogue
from orchestration.indicators.models import Area
from orchestration.reporting.hypotheses import load_hypotheses
from tests.integration.conftest import Installation
from tests.page_text import parse, text_of

# Words of the analysis that the memorandum follows (Stockholms stad, 2024), counted in its text.
WORDS_OF_THE_DOCUMENT = 2672
MOST_LONGER = 1.3
SUMMARY_WORDS, SUMMARY_FIGURES = 60, 4
# What the document itself says of 2023, in the form of print.
OF_THE_DOCUMENT = (
    *("−6,3 %", "−16,0 %", "−68,4 %", "−15,0 %", "−35,0 %", "+5,0 %"),
    *("+8,6 %", "+12,0 %", "9,0", "7,2", "7,5", "6,9"),
)


@pytest.fixture(scope="module")
def memorandum(default_city: Installation) -> etree._Element:
    """The page as it was published."""
    html = (default_city.settings.published_dir / "memorandum.html").read_text(encoding="utf-8")
    return parse(html)


def test_it_is_no_longer_than_a_board_reads(memorandum: etree._Element) -> None:
    [main] = parse(etree.tostring(memorandum, encoding="unicode")).iter("main")
    # Appendices, notes, tables and what a chart's table repeats are looked up, not read through.
    looked_up = ".//section[@class='appendix' or @class='notes'] | .//table | .//details"
    for part in main.xpath(f"{looked_up} | .//*[local-name()='svg']"):
        part.clear(keep_tail=True)
    words = len(text_of(main).split())
    assert 1000 < words <= MOST_LONGER * WORDS_OF_THE_DOCUMENT


def test_each_item_of_the_summary_is_short_and_has_few_figures(
    memorandum: etree._Element,
) -> None:
    items = memorandum.xpath("//section[@aria-labelledby='sammanfattning']//li")
    assert len(items) == 3
    for item in items:
        assert len(text_of(item).split()) <= SUMMARY_WORDS
        assert len(item.xpath(".//span[starts-with(@id, 'P')]")) <= SUMMARY_FIGURES
        assert re.search("slump är (mycket säkert|säkert|troligt)", text_of(item))


def test_the_documents_figures_stand_in_it(memorandum: etree._Element) -> None:
    printed = {text_of(each) for each in memorandum.iter("span") if each.get("id")}
    assert [text for text in OF_THE_DOCUMENT if text not in printed] == []


def test_p_values_and_volatilities_stand_in_the_appendix_alone(memorandum: etree._Element) -> None:
    for section in memorandum.xpath("//section[not(@class='appendix')]"):
        assert not re.search(r"\b[pq]-värde|volatilitet", text_of(section)), section.attrib


def test_each_explanation_has_its_verdict(memorandum: etree._Element) -> None:
    lists = memorandum.xpath("//h3[contains(@id, '-forklaringar')]/following-sibling::ul[1]")
    told = [text_of(item) for each in lists for item in each.iter("li")]
    assert len(lists) == 3
    assert len(told) > 10
    verdict = r"(Prövad: (stöds|stöds inte|kan inte avgöras)\. .|Kan inte prövas med registren\.$)"
    assert [text for text in told if not re.search(verdict, text)] == []


def test_no_estimate_is_left_untold(default_city: Installation) -> None:
    """Each estimand that could be made has a number in the text or a table of its section."""
    numbers = json.loads((default_city.settings.published_dir / "numbers.json").read_text("utf-8"))
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
    # The boards' ratios are told from a table of their own; the largest step as a verdict.
    assert len(made) > 60
    assert set(made) - told <= {("refusals", "1.8"), ("housing_support", "3.5_largest")}


@pytest.mark.parametrize(("year", "of_2023"), [(2019, False), (2023, True)])
def test_what_an_analysis_of_a_year_says_stands_in_no_other_year_s(
    default_city: Installation, year: int, *, of_2023: bool
) -> None:
    with duckdb.connect(str(default_city.settings.warehouse_path), read_only=True) as warehouse:
        found = load_hypotheses(warehouse, "seeds", year, "0180")
        rows = warehouse.sql("select indicator_id from marts.indicators").fetchall()
    indicators = {indicator_id for (indicator_id,) in rows}
    said = [
        row
        for area in Area
        for role in ("possible_explanation", "next_step")
        for row in found.of(area, role, indicators)
    ]
    assert said
    assert any("2023" in row.source for row in said) is of_2023


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
