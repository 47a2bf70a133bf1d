"""Makes the guides' pictures of the published documents: `make pictures`, after `make run`.

No test: what it makes is kept in docs/pictures, and shows what was published last.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from orchestration.settings import Settings

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
# What is pictured, under which name, and how much of it: a first page.
SHOWN = {
    "memorandum.png": "memorandum.html",
    "indicator-page.png": "indikatorer/child_cases.html",
}
_SIZE = {"width": 1280, "height": 1400}


def main(published: Path, made: Path) -> None:
    """Make a picture of the beginning of each document.

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
        for name, document in SHOWN.items():
            page.goto((published / document).as_uri())
            page.screenshot(path=made / name)
        browser.close()


if __name__ == "__main__":
    main(Settings().published_dir, PICTURES)
