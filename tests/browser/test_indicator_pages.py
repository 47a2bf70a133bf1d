"""What analysts and the board see of each series: on a desk, on a phone, by keyboard, on paper."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

# A focus of the documents, months, breakdowns and boards, parts only, and the index.
NAMES = (
    "assistance_households_share",
    "assistance_households_month",
    "child_cases",
    "housing_support_hours",
    "index",
)
# WCAG 2.2 AA for text of ordinary size.
_LEAST_CONTRAST = 4.5

_CONTRASTS = """
() => {
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || element.closest("svg")) continue;
    const [one, other] = [parts(getComputedStyle(element).color), behind(element)].map(light);
    found.push((Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05));
  }
  return found;
}
"""


def address(home: Path, name: str) -> str:
    return (home / "published" / "indikatorer" / f"{name}.html").as_uri()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_is_readable(quiet: Page, home: Path, name: str, width: int) -> None:
    quiet.set_viewport_size({"width": width, "height": 900})
    quiet.goto(address(home, name))
    expect(quiet.get_by_role("heading", level=1)).to_be_visible()
    expect(quiet.get_by_text("Tal om så få personer").first).to_be_visible()
    overflow = quiet.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 1
    contrasts = quiet.evaluate(_CONTRASTS)
    assert len(contrasts) > 10
    assert min(contrasts) >= _LEAST_CONTRAST


@pytest.mark.parametrize("name", NAMES)
def test_charts_and_tables_can_be_read_aloud(quiet: Page, home: Path, name: str) -> None:
    quiet.goto(address(home, name))
    for figure in quiet.locator("figure").all():
        assert figure.locator(".message").inner_text()
        [drawn] = figure.get_by_role("img").all()
        assert "tabellen" in (drawn.get_attribute("aria-label") or "")
        assert drawn.locator("svg").count() >= 1
    # Every chart has its values in a table after it.
    assert quiet.locator("figure").count() <= quiet.locator("table").count()
    for table in quiet.locator("table").all():
        assert table.locator("caption").count() == 1
        assert table.locator("th[scope]").count() > 0


def test_the_memorandum_leads_to_the_pages_and_back(quiet: Page, home: Path) -> None:
    quiet.goto((home / "published" / "promemoria.html").as_uri())
    # Which indicators it names is the city's affair.
    link = quiet.locator("strong > a[href^='indikatorer/']").first
    # Groups and boards stand in brackets after it.
    name = link.inner_text().split(" (")[0]
    link.click()
    expect(quiet.get_by_role("heading", level=1)).to_have_text(name)
    quiet.get_by_role("link", name="Alla indikatorer").click()
    expect(quiet.get_by_role("heading", level=1)).to_contain_text("Indikatorer")
    quiet.get_by_role("link", name="Antal biståndshushåll per månad", exact=True).click()
    expect(quiet.get_by_role("heading", name="månad för månad").first).to_be_visible()
    quiet.get_by_role("link", name="Promemorian").click()
    expect(quiet.get_by_role("heading", level=1)).to_contain_text("Avvikelser")


def test_every_link_leads_to_a_page_of_the_same_publication(quiet: Page, home: Path) -> None:
    published = home / "published"
    quiet.goto((published / "promemoria.html").as_uri())
    leads = quiet.eval_on_selector_all("a", "links => links.map(l => l.getAttribute('href'))")
    # A table's own file of figures is in the page itself.
    mentioned = {lead for lead in leads if not lead.startswith(("#", "data:"))}
    assert len(mentioned) > 10
    assert all((published / lead).is_file() for lead in mentioned)
    quiet.goto(address(home, "index"))
    leads = quiet.eval_on_selector_all("a", "links => links.map(l => l.getAttribute('href'))")
    listed = {lead for lead in leads if not lead.startswith(("#", "../"))}
    pages = {path.name for path in (published / "indikatorer").iterdir()}
    assert len(pages) > 50
    assert listed == pages - {"index.html"}
    dated = (published / "promemoria.html").resolve().parent
    assert (published / "indikatorer").resolve() == dated / "indikatorer"


def test_the_keyboard_reaches_the_text_and_the_wide_tables(quiet: Page, home: Path) -> None:
    quiet.goto(address(home, "child_cases"))
    quiet.keyboard.press("Tab")
    skip = quiet.evaluate("document.activeElement.getAttribute('href')")
    assert quiet.locator(skip).count() == 1
    reached = set()
    for _ in range(40):
        quiet.keyboard.press("Tab")
        reached.add(quiet.evaluate("document.activeElement.className"))
    assert "scroll" in reached


def test_a_page_fits_on_paper(quiet: Page, home: Path) -> None:
    quiet.goto(address(home, "child_cases"))
    quiet.emulate_media(media="print")
    # A4 with margins of two centimetres, at 96 points an inch.
    quiet.set_viewport_size({"width": 642, "height": 900})
    assert not quiet.get_by_role("link", name="Alla indikatorer").is_visible()
    wider = quiet.eval_on_selector_all(
        "table", "tables => tables.filter(t => t.offsetWidth > document.body.offsetWidth).length"
    )
    assert wider == 0


def shown_rows(page: Page) -> list[str]:
    """The names of the index's rows, as they stand."""
    return page.locator("tbody tr:visible th").all_inner_texts()


def test_the_index_is_searched_narrowed_and_sorted(quiet: Page, home: Path) -> None:
    quiet.goto(address(home, "index"))
    told = quiet.get_by_role("status")
    every = shown_rows(quiet)
    assert len(every) > 50
    expect(told).to_have_text(f"{len(every)} av {len(every)} indikatorer visas.")
    quiet.get_by_label("Sök indikator", exact=True).fill("BISTÅND barn")
    found = shown_rows(quiet)
    assert 0 < len(found) < len(every)
    expect(told).to_have_text(f"{len(found)} av {len(every)} indikatorer visas.")
    quiet.get_by_label("Sök indikator", exact=True).fill("finns inte")
    expect(told).to_have_text("Inget stämmer med urvalet.")
    assert shown_rows(quiet) == []
    quiet.get_by_label("Sök indikator", exact=True).fill("")
    quiet.get_by_label("Område", exact=True).select_option("Barn och unga")
    area = shown_rows(quiet)
    assert set(quiet.locator("tbody tr:visible td:nth-child(2)").all_inner_texts()) == {
        "Barn och unga"
    }
    quiet.get_by_label("Uppgifter", exact=True).select_option("Syntetiska")
    assert all("syntetisk" in name for name in shown_rows(quiet))
    quiet.get_by_label("Uppgifter", exact=True).select_option("Uppmätta")
    assert not any("syntetisk" in name for name in shown_rows(quiet))
    quiet.get_by_label("Uppgifter", exact=True).select_option("")
    assert shown_rows(quiet) == area
    # By keyboard, as it is heard: first one way, then the other.
    head = quiet.get_by_role("columnheader", name="Indikator")
    for way in ("ascending", "descending"):
        head.get_by_role("button").press("Enter")
        expect(head).to_have_attribute("aria-sort", way)
    assert shown_rows(quiet) == sorted(area, key=str.lower, reverse=True)
    assert quiet.locator("[aria-sort]").count() == 1
    quiet.get_by_label("Prövningen", exact=True).select_option("Ingår i ett fokusområde")
    quiet.get_by_label("Område", exact=True).select_option("")
    assert 0 < len(shown_rows(quiet)) < len(every)


def test_the_index_is_whole_where_no_script_may_run(browser: Browser, home: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(address(home, "index"))
    assert opened.locator("tbody tr:visible").count() > 50
    assert opened.locator("input, select, button").count() == 0
    context.close()


def test_a_table_is_taken_away_from_a_file(quiet: Page, home: Path) -> None:
    quiet.goto(address(home, "assistance_households_share"))
    with quiet.expect_download() as expected:
        quiet.get_by_role("link", name="Hämta tabellen som CSV").first.click()
    taken = expected.value
    assert taken.suggested_filename == "assistance_households_share-serie-1.csv"
    text = taken.path().read_bytes().decode("utf-8")
    assert text.startswith("\ufeffÅr;Utfall;Täljare;Nämnare;Osäkerhet;")
    assert len(text.splitlines()) == quiet.locator("#tabell-serie-1 ~ tbody tr").count() + 1
