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
    "site.png": ("published/index.html", ""),
    "board-page.png": ("published/namnder/hasselby-vallingby.html", ""),
    "memorandum.png": ("published/promemoria.html", ""),
    "indicator-page.png": ("published/indikatorer/child_cases.html", ""),
    # What rests on finer tables is behind the restricted door alone; the city is made up.
    **{
        f"analysis-{name}.png": ("restricted/promemoria.html", f"#analys-{figure}")
        for name, figure in (
            ("refusals", "refusals-grunder-over-tid"),
            ("protected-housing", "protected-housing-forandring"),
            ("housing-support", "housing-support-timmar"),
        )
    },
}
_SIZE = {"width": 1280, "height": 1400}
# As wide as two charts beside each other.
_FIGURE_WIDTH = 800


def main(home: Path, made: Path) -> None:
    """Make a picture of the beginning of each document, or of its figure.

    Args:
        home: The installation.
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
            page.goto((home / document).as_uri())
            shown = page.locator(figure) if figure else page
            shown.screenshot(path=made / name)
        browser.close()


if __name__ == "__main__":
    main(Settings().own_home, PICTURES)
