"""What people see of the analyses: charts that are whole on each screen, by day and by night."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_charts_fit import FAULTS

_ANALYSES = ("analys-refusals", "analys-protected-housing", "analys-housing-support")
_SCREENS = (1280, 390, 360)

# Each chart of the analyses' chapters: whether it is inside its frame, and what it is drawn with.
_SEEN = """(chapters) => chapters.flatMap((chapter) =>
  [...document.querySelectorAll(`section[aria-labelledby="${chapter}"] figure`)].map((figure) => {
    const frame = figure.querySelector(".drawings");
    const edge = frame.getBoundingClientRect();
    const inside = [...frame.querySelectorAll("svg")].every((svg) => {
      const box = svg.getBoundingClientRect();
      return box.width > 200 && box.left >= edge.left - 1 && box.right <= edge.right + 1;
    });
    const text = frame.querySelector("svg text");
    return {
      figure: figure.id,
      inside: inside && frame.scrollWidth <= frame.clientWidth + 1,
      ink: getComputedStyle(text).fill,
      paper: getComputedStyle(document.body).backgroundColor,
    };
  }))"""


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of a colour as a browser computes it."""
    parts = [
        float(each) / 255 for each in colour[colour.index("(") + 1 : -1].replace(",", " ").split()
    ]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_chart_is_cut_off_and_each_can_be_read(
    browser: Browser, home: Path, scheme: str
) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto((home / "restricted" / "promemoria.html").as_uri())
    for width in _SCREENS:
        page.set_viewport_size({"width": width, "height": 900})
        seen = page.evaluate(_SEEN, list(_ANALYSES))
        assert len(seen) >= 10
        assert [each["figure"] for each in seen if not each["inside"]] == [], width
        for each in seen:
            light, dark = sorted(map(_luminance, (each["ink"], each["paper"])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) > 7, (scheme, each["figure"])
    context.close()


def test_no_text_of_a_chart_stands_on_another(page: Page, home: Path) -> None:
    page.goto((home / "restricted" / "promemoria.html").as_uri())
    page.evaluate(
        "document.body.replaceChildren(...document.querySelectorAll('.drawings svg'))",
    )
    texts, drawn, faults = page.evaluate(FAULTS)
    assert texts > 200
    assert drawn > 500
    assert faults == []


def test_the_rest_of_an_analysis_is_opened_with_the_keyboard(page: Page, home: Path) -> None:
    page.goto((home / "restricted" / "promemoria.html").as_uri())
    for chapter in _ANALYSES:
        folded = page.locator(f'section[aria-labelledby="{chapter}"] > details.folded')
        assert folded.count() == 1
        expect(folded.locator("p").first).to_be_hidden()
        folded.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(folded.locator("p").first).to_be_visible()


def test_an_indicators_page_leads_to_the_analysis(page: Page, home: Path) -> None:
    page.goto((home / "published/indikatorer/housing_support_hours.html").as_uri())
    page.get_by_role("link", name="Hela analysen").click()
    assert page.url.endswith("promemoria.html#analys-housing-support")
    expect(page.locator("#analys-housing-support")).to_be_in_viewport()
