"""Makes the guides' pictures of the published documents: `make pictures`, after `make run`.

No test: what it makes is kept in docs/pictures, and shows what was published last.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import sync_playwright

from orchestration.settings import Settings

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
# What is pictured, under which name: a first page, or one figure of a page.
SHOWN: Mapping[str, tuple[str, str]] = {
    "site.png": ("index.html", ""),
    "board-page.png": ("namnder/hasselby-vallingby.html", ""),
    "memorandum.png": ("promemoria.html", ""),
    "indicator-page.png": ("indikatorer/child_cases.html", ""),
    "analysis-refusals.png": ("promemoria.html", "#analys-refusals-grunder-over-tid"),
    "analysis-protected-housing.png": ("promemoria.html", "#analys-protected-housing-forandring"),
    "analysis-housing-support.png": ("promemoria.html", "#analys-housing-support-timmar"),
}
_SIZE = {"width": 1280, "height": 1400}
# As wide as two charts beside each other.
_FIGURE_WIDTH = 800


def main(published: Path, made: Path) -> None:
    """Make a picture of the beginning of each document, or of its figure.

    Args:
        published: What was published last.
        made: Where the pictures go.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is needed to make the pictures: install it, for instance as a package")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": _SIZE["width"], "height": _SIZE["height"]},
            locale="sv-SE",
            color_scheme="light",
            reduced_motion="reduce",
        )
        for name, (document, figure) in SHOWN.items():
            width = _FIGURE_WIDTH if figure else _SIZE["width"]
            page.set_viewport_size({"width": width, "height": _SIZE["height"]})
            page.goto((published / document).as_uri())
            shown = page.locator(figure) if figure else page
            shown.screenshot(path=made / name)
        browser.close()


if __name__ == "__main__":
    main(Settings().published_dir, PICTURES)
