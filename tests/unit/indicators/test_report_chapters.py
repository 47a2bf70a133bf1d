"""The yearly report's chapters hold every indicator of the catalogue, each in one place."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

from orchestration.language import words
from orchestration.registers.contract import load_contracts
from orchestration.reporting.chapters import ShownAs

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"
# The chapters that the city's own report has today.
CHAPTERS = (
    *("demografi", "ekonomiskt_bistand", "barn_och_unga", "familjeratt", "vald_i_nara_relation"),
    *("missbruk_och_beroende", "hemloshet", "socialpsykiatri", "funktionsnedsattning"),
)

LEAST = 6


def rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shown() -> dict[str, list[dict[str, str]]]:
    """The rows of each chapter that are key figures."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows("chapter_indicators"):
        if row["shown_as"] != ShownAs.SUPPORT:
            found[row["chapter_id"]].append(row)
    return found


def test_the_nine_chapters_come_in_their_order() -> None:
    chapters = sorted(rows("report_chapters"), key=lambda row: int(row["position"]))
    assert tuple(row["chapter_id"] for row in chapters) == CHAPTERS
    assert [row["position"] for row in chapters] == [str(n) for n in range(1, 10)]


def test_every_indicator_stands_in_one_chapter_or_is_support() -> None:
    placed = Counter(row["indicator_id"] for row in rows("chapter_indicators"))
    assert set(placed) == {row["indicator_id"] for row in rows("indicators")}
    assert [name for name, count in placed.items() if count > 1] == []
    for row in rows("chapter_indicators"):
        assert ShownAs(row["shown_as"]), row
        # What supports the whole report alone is of no chapter.
        assert row["chapter_id"] in CHAPTERS or (
            row["shown_as"] == ShownAs.SUPPORT and not row["chapter_id"]
        ), row


def test_each_chapter_has_its_places_in_order_and_two_figures_where_it_can() -> None:
    assert set(shown()) == set(CHAPTERS)
    for chapter, members in shown().items():
        figures = [row for row in members if row["shown_as"] == ShownAs.FIGURE]
        assert 1 <= len(figures) <= 2, chapter
        assert len(figures) == 2 or len(members) < 3, chapter
    for chapter in (*CHAPTERS, ""):
        own = [row for row in rows("chapter_indicators") if row["chapter_id"] == chapter]
        places = [int(row["position"]) for row in own]
        assert places == list(range(1, len(own) + 1)), chapter


def test_a_chapter_has_at_least_six_key_figures() -> None:
    counts = {chapter: len(members) for chapter, members in shown().items()}
    assert len(counts) == 9
    assert {chapter: count for chapter, count in counts.items() if count < LEAST} == {}


def test_what_is_broken_down_has_a_word_and_support_is_not() -> None:
    for row in rows("chapter_indicators"):
        breakdowns = [name for name in row["breakdowns"].split(";") if name]
        assert not breakdowns or row["shown_as"] != ShownAs.SUPPORT, row
        for name in breakdowns:
            assert words.breakdown(name)
            # A cross with anything but sex has no columns to stand in.
            assert "*" not in name or name.endswith("*sex"), row


def test_the_registers_of_the_chapters_are_those_that_are_taken_in_or_to_come() -> None:
    contracts = load_contracts()
    named = {row["register_id"]: row["title_sv"] for row in rows("chapter_registers")}
    assert set(contracts) <= set(named)
    assert {row["chapter_id"] for row in rows("chapter_registers")} == set(CHAPTERS)
    for register_id, title_sv in named.items():
        if register_id in contracts:
            assert title_sv == contracts[register_id].title_sv, register_id
