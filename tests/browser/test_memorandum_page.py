"""What the board sees: the memorandum, on a desk, on a phone and for those who listen."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("width", [1280, 400])
def test_the_memorandum_is_readable(page: Page, home: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((home / "restricted" / "promemoria.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for heading in ("Sammanfattning", "Metod", "Källor"):
        expect(page.get_by_role("heading", name=heading).first).to_be_visible()
    expect(page.get_by_text("Delvis syntetiska uppgifter").first).to_be_visible()
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 1
    assert page.evaluate("document.documentElement.lang") == "sv"


def test_every_chart_and_table_can_be_read_aloud(page: Page, home: Path) -> None:
    page.goto((home / "restricted" / "promemoria.html").as_uri())
    charts = page.locator("figure").all()
    assert len(charts) >= 1
    for chart in charts:
        [image] = chart.get_by_role("img").all()
        assert image.get_attribute("aria-label")
        assert image.locator("svg").count() >= 1
        labelled = chart.get_attribute("aria-labelledby")
        assert page.locator(f"#{labelled}").inner_text()
    tables = page.locator("table").all()
    assert len(tables) >= 2
    for table in tables:
        assert table.locator("caption").count() == 1
        assert table.locator("th[scope]").count() > 0


def test_the_skip_link_leads_to_the_text(page: Page, home: Path) -> None:
    page.goto((home / "restricted" / "promemoria.html").as_uri())
    page.keyboard.press("Tab")
    target = page.evaluate("document.activeElement.getAttribute('href')")
    assert target
    assert target.startswith("#")
    assert page.locator(target).count() == 1


# What is written before each note's number, and how far below it the number begins.
_BELOW = """[...document.querySelectorAll("sup a")].map((link) => {
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  words.currentNode = link.parentElement;
  const before = words.previousNode();
  const [sign, number] = [document.createRange(), document.createRange()];
  sign.setStart(before, before.length - 1);
  sign.setEnd(before, before.length);
  number.selectNodeContents(link);
  const below = number.getBoundingClientRect().top - sign.getBoundingClientRect().bottom;
  return [before.data, below];
})"""


def test_a_note_s_number_stands_on_the_line_that_it_belongs_to(page: Page, home: Path) -> None:
    page.goto((home / "restricted" / "promemoria.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate(_BELOW)
        assert len(found) >= 5
        assert page.locator("table sup a").count() >= 1
        assert [before for before, below in found if below > -1] == [], width
