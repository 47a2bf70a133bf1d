"""The documents before whoever sees badly, has no mouse or sets colours, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

# A page of each kind of the site, the documents, the index, and indicators' pages: a finding with
# its expected value, months, breakdowns and boards, parts only.
NAMES = (
    *("index", "omraden/hemloshet", "namnder/hasselby-vallingby", "kvalitet", "ordlista", "om"),
    *("sok", "promemoria", "socialtjanstrapport"),
    "indikatorer/index",
    "indikatorer/assistance_households_share",
    "indikatorer/assistance_households_month",
    "indikatorer/child_cases",
    "indikatorer/housing_support_hours",
)
# Nothing is drawn on them, or only what is said beside it.
_UNDRAWN = ("kvalitet", "ordlista", "om", "sok", "indikatorer/housing_support_hours")
# Its key of numbers is judged too; on other pages it is the same, with thousands of rows.
_WITH_KEY = "omraden/hemloshet"
_AXE = (Path(__file__).parents[1] / "fixtures/axe/axe.min.js").read_text(encoding="utf-8")
_ALL = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# What another width or other colours can change; the rest is in the text, which is the same.
_OF_LOOKS = {
    "type": "rule",
    "values": [
        *("color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable"),
        *("meta-viewport", "region"),
    ],
}
_JUDGED = """
async (rules) => {
  const what = { include: document, exclude: [["svg"]] };
  const told = await axe.run(what, { resultTypes: ["violations"], runOnly: rules });
  return [
    told.passes.length,
    told.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200))}`),
  ];
}
"""
# What is drawn is hidden from axe, as it is from whoever cannot see it.
_DRAWN = """
() => {
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [a, b] = [light(parts(one)), light(parts(other))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const paper = getComputedStyle(document.body).backgroundColor;
  const grid = getComputedStyle(document.documentElement).getPropertyValue("--chart-grid");
  const texts = [...document.querySelectorAll("svg text")].map(
    (text) => contrast(getComputedStyle(text).fill, paper));
  const lines = [...document.querySelectorAll("svg path, svg polyline")]
    // A guide is faint, and a line of the paper is the gap between two parts.
    .filter((line) => !/--chart-(grid|paper)/.test(line.getAttribute("stroke") ?? ""))
    .map((line) => getComputedStyle(line).stroke)
    .filter((colour) => colour.startsWith("rgb"))
    .map((colour) => contrast(colour, paper));
  return [texts, lines];
}
"""


@pytest.fixture(scope="module")
def context_page(browser: Browser) -> Iterator[Page]:
    """One page for all that is judged here, which may ask for nothing outside the files."""
    context = browser.new_context(locale="sv-SE", bypass_csp=True)
    opened = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text))
    yield opened
    context.close()
    assert asked
    assert [url for url in asked if not url.startswith("file:")] == []
    assert faults == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_stands_in_the_way_of_anyone(context_page: Page, home: Path, name: str) -> None:
    page = context_page
    page.goto((home / "published" / f"{name}.html").as_uri())
    page.evaluate(_AXE)
    if name != _WITH_KEY:
        page.eval_on_selector_all(".key details", "all => all.forEach(each => each.remove())")
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            first = (scheme, width) == ("light", 1280)
            passes, violations = page.evaluate(_JUDGED, _ALL if first else _OF_LOOKS)
            assert violations == [], (scheme, width)
            assert passes >= (30 if first else 3)
        texts, lines = page.evaluate(_DRAWN)
        assert len(lines) > 3 or name in _UNDRAWN
        # WCAG 2.2 AA: text, and what is drawn and must be seen.
        assert min(texts, default=21) >= 4.5
        assert min(lines, default=21) >= 3


def test_colours_that_a_reader_forces_are_kept(context_page: Page, home: Path) -> None:
    page = context_page
    page.goto((home / "published/indikatorer/child_cases.html").as_uri())
    page.emulate_media(forced_colors="active", color_scheme="dark")
    ink, paper, text, line = page.evaluate(
        """() => {
          const probe = document.createElement("p");
          probe.style.cssText = "color: CanvasText; background: Canvas";
          document.body.append(probe);
          const system = getComputedStyle(probe);
          const drawn = (what, property) =>
            getComputedStyle(document.querySelector(what))[property];
          return [system.color, system.backgroundColor, drawn("svg text", "fill"),
                  drawn("svg path[stroke-width='2']", "stroke")];
        }"""
    )
    assert ink != paper
    assert (text, line) == (ink, ink)
    page.emulate_media(forced_colors="none", color_scheme="light")


def test_print_is_black_on_white_whatever_the_screen_is(context_page: Page, home: Path) -> None:
    page = context_page
    page.goto((home / "published/indikatorer/child_cases.html").as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    looks = page.evaluate(
        """() => [getComputedStyle(document.body).color,
          getComputedStyle(document.body).backgroundColor,
          getComputedStyle(document.querySelector("svg text")).fill,
          [...document.querySelectorAll(".ways, .take, .skip")].some((e) => e.offsetHeight > 0),
          [...document.querySelectorAll("svg")].every((e) => e.clientWidth > 0)]"""
    )
    assert looks == ["rgb(28, 28, 28)", "rgb(255, 255, 255)", "rgb(28, 28, 28)", False, True]
    page.emulate_media(media="screen", color_scheme="light")


def test_all_is_reached_with_the_keyboard_alone(context_page: Page, home: Path) -> None:
    page = context_page
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto((home / "published/promemoria.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    skip = page.locator(".skip").bounding_box()
    assert skip is not None
    assert skip["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#innehall"
    reached: list[tuple[str, bool]] = []
    folded = False
    for _ in range(60):
        page.keyboard.press("Tab")
        tag, seen = page.evaluate(
            """() => {
              const at = document.activeElement;
              const looks = getComputedStyle(at);
              const box = at.getBoundingClientRect();
              return [at.tagName, parseFloat(looks.outlineWidth) >= 2
                && looks.outlineStyle !== "none" && box.bottom > 0 && box.top < innerHeight];
            }"""
        )
        reached.append((tag, seen))
        if tag == "SUMMARY" and not folded:
            folded = True
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.parentElement.open")
    assert folded
    assert {"A", "DIV", "SUMMARY"} <= {tag for tag, _ in reached}
    assert [tag for tag, seen in reached if not seen and tag != "BODY"] == []
