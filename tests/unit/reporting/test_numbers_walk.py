"""Every number of the memorandum leads to its cell, and no figure of before was lost."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
from lxml import etree

from orchestration.language.inline import Number, Quantity
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.data import ReportData
from orchestration.reporting.document import Document, Paragraph
from orchestration.reporting.issued import as_page
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.render.numbered import as_json
from tests.number_walk import stray_digits, unmet
from tests.page_text import parse
from tests.unit.reporting.conftest import EDITION

Load = Callable[[duckdb.DuckDBPyConnection], ReportData]

BEFORE = Path(__file__).parents[2] / "fixtures/memorandum_figures.txt"


def test_every_number_is_what_its_cells_say(city: duckdb.DuckDBPyConnection, load: Load) -> None:
    document = memorandum(load(city), EDITION)
    assert len(list(document.numbers())) > 150
    assert unmet(city, document) == []


def test_the_walk_finds_a_number_that_is_not_what_its_cell_says(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    document = memorandum(load(city), EDITION)
    city.execute("update marts.deviations set observed = 13 where deviation_id = 'd3'")
    told = unmet(city, document)
    assert told
    assert all("'d3'" in each for each in told)


def test_no_digit_stands_outside_a_number_a_period_or_a_quotation(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    data = load(city)
    document = memorandum(data, EDITION)
    html = as_page(document, data, EDITION, MEMORANDUM)
    assert stray_digits(document, html) == []
    typed = html.replace("Meningen är", "12 av 17 är", 1)
    assert typed != html
    assert stray_digits(document, typed) != []


def test_the_list_of_numbers_has_them_all(city: duckdb.DuckDBPyConnection, load: Load) -> None:
    document = memorandum(load(city), EDITION)
    listed = json.loads(as_json({MEMORANDUM.page: document}))
    assert [row["text"] for row in listed] == [number.text for number in document.numbers()]
    assert len({row["number_id"] for row in listed}) == len(listed)


def test_a_number_of_the_method_is_known_by_name(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    document = memorandum(load(city), EDITION)
    [first, *_] = [n for n in document.numbers() if n.quantity is Quantity.SETTING]
    wrong = Paragraph((Number(42.0, first.form, first.cells, Quantity.SETTING),))
    told = unmet(city, replace(document, blocks=(wrong,)))
    assert len(told) == 1


def figures_of(document: Document, html: str) -> list[float]:
    """What a page's paragraphs, lists and tables state."""
    root = parse(html)
    for element in root.xpath("//*[local-name()='svg' or local-name()='sup']"):
        element.clear(keep_tail=True)
    said = [
        "".join(each.itertext())
        for each in root.iter("p", "li", "td", "th", "caption", "figcaption")
        if isinstance(each, etree._Element)
    ]
    written = [
        float(text.replace("\u00a0", "").replace(",", "."))
        for each in said
        for text in re.findall(r"\d[\d\u00a0]*(?:,\d+)?", each)
    ]
    # Small counts are written in words.
    return [*written, *(number.value for number in document.numbers())]


def test_every_figure_of_before_is_there(city: duckdb.DuckDBPyConnection, load: Load) -> None:
    data = load(city)
    document = memorandum(data, EDITION)
    now = figures_of(document, as_page(document, data, EDITION, MEMORANDUM))
    before = [line for line in BEFORE.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(before) > 100
    lost = []
    for text in before:
        value = float(text.replace(" ", "").replace(",", "."))
        step = 10.0 ** -len(text.partition(",")[2])
        if not any(abs(abs(each) - value) <= step / 2 + 1e-9 for each in now):
            lost.append(text)
    assert lost == []
