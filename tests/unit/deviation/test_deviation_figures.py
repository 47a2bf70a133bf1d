"""The figures of the method page: drawn from the kept numbers, small, and told in words."""

import re
from pathlib import Path

import pytest
from lxml import etree

from tests.benchmarks.deviation_figures import FIGURES, draw

FOLDER = Path(__file__).parents[3] / "docs" / "figures"
PAGE = (FOLDER.parent / "deviation-method.md").read_text(encoding="utf-8")
LARGEST = 200_000


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_the_same_twice_and_is_small(name: str) -> None:
    first = draw(FOLDER, name)
    assert first == draw(FOLDER, name)
    assert etree.fromstring(first.encode()).tag.endswith("svg")
    assert len((FOLDER / f"{name}.svg").read_bytes()) < LARGEST


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_shows_every_figure_and_says_what_it_shows(name: str) -> None:
    [words] = re.findall(rf"!\[([^\]]+)\]\(figures/{name}\.svg\)", PAGE)
    assert len(words) > 60


def test_no_figure_lies_about_that_nothing_draws() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(FIGURES)
