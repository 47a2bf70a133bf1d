"""The site as its readers walk it: by mouse and by keyboard, on a desk and on a phone, off a disk.

Each walk is done from the files themselves and from a server on loopback; nothing may be asked for
outside them, and nothing may go wrong in silence.
"""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessibility import _ALL, _AXE, _JUDGED
from tests.page_text import parse

# Of each kind, and the ones with the most in them.
PAGES = (
    *("index", "omraden/ekonomiskt_bistand", "namnder/hasselby-vallingby", "kvalitet"),
    *("ordlista", "om", "sok", "promemoria", "indikatorer/child_cases"),
)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its own name)
        pass


@pytest.fixture(scope="module")
def bases(home: Path) -> Iterator[dict[str, str]]:
    """Where the site lies: on the disk, and at a server that knows nothing but files."""
    published = home / "published"
    handler = functools.partial(_Quiet, directory=str(published))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield {
            "file": published.as_uri(),
            "http": f"http://127.0.0.1:{server.server_address[1]}",
        }
        server.shutdown()
        thread.join()


def test_every_way_leads_to_a_file_of_the_same_publication(home: Path) -> None:
    published = (home / "published").resolve()
    pages = [*published.glob("*.html"), *published.glob("*/*.html")]
    pages = [each for each in pages if not each.is_relative_to(published / "tidigare")]
    assert len(pages) > 100
    led: set[Path] = set()
    for each in pages:
        root = parse(each.read_text(encoding="utf-8"))
        for lead in root.xpath("//@href | //@src"):
            path = str(lead).partition("#")[0]
            if path and not path.startswith("data:"):
                led.add((each.parent / path).resolve())
    assert [path for path in led if not path.is_file()] == []
    # Each page is led to, and so is what it is told in other forms.
    assert {each.resolve() for each in pages} <= led
    assert {path.suffix for path in led} >= {".html", ".js", ".pdf", ".docx", ".xlsx", ".duckdb"}


def shown_rows(page: Page) -> list[str]:
    """The names of the rows that are seen."""
    return page.locator("main > section:not(.key) tbody tr:visible th").all_inner_texts()


@pytest.mark.parametrize(
    ("way", "width", "scheme"), [("file", 360, "dark"), ("http", 1280, "light")]
)
def test_every_page_fits_and_says_where_it_is(
    quiet: Page, bases: dict[str, str], way: str, width: int, scheme: str
) -> None:
    quiet.set_viewport_size({"width": width, "height": 900})
    quiet.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for name in PAGES:
        quiet.goto(f"{bases[way]}/{name}.html")
        expect(quiet.get_by_role("heading", level=1)).to_be_visible()
        overflow, dark = quiet.evaluate(
            """() => [document.documentElement.scrollWidth - document.documentElement.clientWidth,
              getComputedStyle(document.body).backgroundColor === "rgb(20, 25, 30)"]"""
        )
        assert overflow <= 0, name
        assert dark == (scheme == "dark"), name


def narrow(page: Page) -> None:
    """Choose place, area and outcome, and see that each choice leaves its own rows."""
    every = shown_rows(page)
    assert len(every) > 10
    # Three choices, each of which leaves some.
    place = page.get_by_label("Plats", exact=True)
    places = place.locator("option").all_inner_texts()
    rows = 0
    for each in places[1:]:
        place.select_option(each)
        rows += len(shown_rows(page))
    assert rows == len(every)
    place.select_option("")
    area, _, outcome = page.locator("tbody tr:visible").first.locator("td").all_inner_texts()[2:5]
    page.get_by_label("Område", exact=True).select_option(area)
    page.get_by_label("Prövningen", exact=True).select_option(outcome)
    chosen = shown_rows(page)
    assert 0 < len(chosen) < len(every)
    expect(page.get_by_role("status")).to_have_text(
        f"{len(chosen)} av {len(every)} avvikelser visas."
    )


@pytest.mark.parametrize(("way", "width"), [("file", 1280), ("http", 360)])
def test_the_site_is_walked_with_the_mouse(
    quiet: Page, bases: dict[str, str], way: str, width: int
) -> None:
    page = quiet
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{bases[way]}/index.html")
    narrow(page)
    # From a finding to its indicator, from a number there to what it rests on.
    page.locator("tbody tr:visible th a").first.click()
    number = page.locator("main td data").first
    number.click()
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("heading")).to_have_text(f"Siffran {number.inner_text()}")
    told = dict(
        zip(
            panel.locator("dt").all_inner_texts(),
            panel.locator("dd").all_inner_texts(),
            strict=True,
        )
    )
    assert {"Vad", "Mängd", "Period", "Plats", "Grupp", "Leveranser", "Nummer"} == set(told)
    assert "Kontrollsumma: " in told["Leveranser"]
    panel.get_by_role("button", name="Stäng").click()
    expect(panel).to_be_hidden()
    # Beside the panel is out of it.
    number.click()
    page.mouse.click(3, 3)
    expect(panel).to_be_hidden()
    page.get_by_role("link", name="Årets avvikelser").click()
    page.get_by_role("link", name="Hässelby-Vällingby").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hässelby-Vällingby")
    page.go_back()
    page.get_by_role("link", name="Ekonomiskt bistånd", exact=True).click()
    expect(page.get_by_role("heading", name="Indikatorer")).to_be_visible()
    for name in ("Kvalitet", "Ordlista", "Om sidorna"):
        page.get_by_role("link", name=name, exact=True).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("link", name="Sök", exact=True).click()
    field = page.get_by_label("Sök på sidorna")
    field.fill("boendestod tim")
    found = page.locator("ol.found a")
    assert "Genomsnittligt antal beviljade boendestödstimmar" in found.all_inner_texts()
    expect(page.get_by_role("status")).to_contain_text("träffar för ”boendestod tim”")
    field.fill("avslg")
    assert any("avslag" in each.lower() for each in found.all_inner_texts())
    field.fill("Hässelby")
    found.first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hässelby-Vällingby")


@pytest.mark.parametrize(("way", "width"), [("file", 360), ("http", 1280)])
def test_the_site_is_walked_with_the_keyboard(
    quiet: Page, bases: dict[str, str], way: str, width: int
) -> None:
    page = quiet
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.goto(f"{bases[way]}/index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    # All numbers are one stop on the way.
    stops = 0
    for _ in range(300):
        page.keyboard.press("Tab")
        tag, outline, below = page.evaluate(
            """() => {
              const at = document.activeElement;
              const looks = getComputedStyle(at);
              return [at.tagName, parseFloat(looks.outlineWidth) >= 2
                && looks.outlineStyle !== "none", at.tagName === "BODY"];
            }"""
        )
        if below:
            break
        assert outline, tag
        stops += tag == "DATA"
    assert stops == 1
    first = page.locator("data[tabindex='0']")
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    second = page.locator("data[tabindex='0']")
    assert page.evaluate("document.activeElement.id") == second.get_attribute("id")
    here = second.get_attribute("id")
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == here
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    last = page.evaluate("document.activeElement.id")
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.id") not in {last, here}
    # The stop is never among what has been narrowed away.
    page.locator("tbody data").first.click()
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("finns inte")
    expect(page.locator("data[tabindex='0']")).to_have_count(1)
    expect(page.locator("tbody data[tabindex='0']")).to_have_count(0)
    page.goto(f"{bases[way]}/sok.html")
    page.get_by_label("Sök på sidorna").focus()
    page.keyboard.type("skyddat boende")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('ol.found') !== null")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Sök")


def test_the_panel_stands_in_nobody_s_way(browser: Browser, bases: dict[str, str]) -> None:
    context = browser.new_context(locale="sv-SE", bypass_csp=True)
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(f"{bases['file']}/omraden/hemloshet.html")
    page.evaluate(_AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.locator("main td data").first.click()
        box = page.get_by_role("dialog").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        passes, violations = page.evaluate(_JUDGED, _ALL)
        assert violations == []
        assert passes > 10
        page.keyboard.press("Escape")
    context.close()


def test_the_site_is_whole_where_no_script_may_run(browser: Browser, bases: dict[str, str]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{bases['file']}/index.html")
    assert page.locator("tbody tr:visible").count() > 10
    assert page.locator("input, select, button").count() == 0
    page.get_by_text("Visa siffernyckeln").click()
    key = page.locator("section.key tbody tr")
    assert key.count() == page.locator("data[id]").count() > 50
    expect(key.first).to_be_visible()
    page.goto(f"{bases['file']}/sok.html")
    links = page.locator("main a").count()
    assert links > 80
    context.close()


def test_the_site_fits_on_paper(quiet: Page, bases: dict[str, str]) -> None:
    quiet.emulate_media(media="print", color_scheme="dark")
    # A4 with margins of two centimetres, at 96 points an inch.
    quiet.set_viewport_size({"width": 642, "height": 900})
    for name in ("index", "namnder/hasselby-vallingby", "kvalitet"):
        quiet.goto(f"{bases['file']}/{name}.html")
        wide, seen, ink = quiet.evaluate(
            """() => [
              [...document.querySelectorAll("table")].filter(
                (table) => table.offsetWidth > document.body.offsetWidth).length,
              [...document.querySelectorAll(".ways, .narrow, .key, .skip")].some(
                (each) => each.offsetHeight > 0),
              getComputedStyle(document.body).color]"""
        )
        assert (wide, seen, ink) == (0, False, "rgb(28, 28, 28)"), name
