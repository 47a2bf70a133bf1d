"""The default city's memorandum as a board gets it: how long, how dense, and with whose figures."""

import re

import pytest
from lxml import etree

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
