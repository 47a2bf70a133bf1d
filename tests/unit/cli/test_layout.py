"""Rows at any width: every line fits, nothing is cut, and no figure stands on two lines."""

import re

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from orchestration.cli.layout import NARROWEST, fold, laid_out

# Letters, figures, words of one and of two cells, what breaks a word, and blanks.
TEXT = st.text(st.sampled_from("aÅö019 .,_-–/:−%漢字\u0301"), max_size=60)
FIGURES = st.from_regex(r"[−-]?[1-9][0-9]{0,3}(,[0-9]{1,4})?( %)?", fullmatch=True)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    columns = draw(st.lists(st.sampled_from([TEXT, FIGURES]), min_size=1, max_size=8))
    headings = [draw(TEXT) for _ in columns]
    rows = draw(st.lists(st.tuples(*columns), max_size=6))
    return headings, [list(row) for row in rows]


def unfolded(text: str) -> list[str]:
    return sorted(text.replace(" ", ""))


@given(TEXT, st.integers(2, 40))
@example("a" * 100, 2)
@example("ordet nästa_ord", 9)
def test_a_text_is_folded_and_nothing_of_it_is_lost(text: str, width: int) -> None:
    lines = fold(text, width)
    assert lines
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_text_is_folded_between_words_first() -> None:
    assert fold("antal barn i hushåll", 10) == ["antal barn", "i hushåll"]
    assert fold("debt_counselling_new", 12) == ["debt_", "counselling_", "new"]
    assert fold("2023-01-01", 6) == ["2023-0", "1-01"]
    assert fold("", 5) == [""]


@given(tables(), st.integers(1, 160))
def test_every_line_fits_and_every_sign_is_there(
    table: tuple[list[str], list[list[str]]], width: int
) -> None:
    headings, rows = table
    lines = list(laid_out(headings, rows, width))
    assert all(cell_len(line) <= max(width, NARROWEST) for line, _ in lines)
    told = unfolded("".join(line for line, is_heading in lines if not is_heading))
    cells = "".join(cell for row in rows for cell in row)
    if any(re.fullmatch(r"Rad \d+", line) for line, is_heading in lines if is_heading):
        cells += "".join(headings) * len(rows)
    assert told == unfolded(cells)


@given(st.lists(st.tuples(TEXT, FIGURES, FIGURES), min_size=1, max_size=6), st.integers(1, 160))
def test_a_figure_is_never_broken(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = [line for line, is_heading in laid_out(["a", "b", "c"], rows, width) if not is_heading]
    for _, first, second in rows:
        for figure in (first, second):
            assert any(figure in line for line in lines)


def test_what_has_room_is_a_table() -> None:
    rows = [["ett", "1,5"], ["tio", "10"]]
    assert [line for line, _ in laid_out(["namn", "antal"], rows, 20)] == [
        "namn  antal",
        "----  -----",
        "ett     1,5",
        "tio      10",
    ]


def test_what_has_no_room_is_told_a_row_at_a_time() -> None:
    rows = [["1000000000", "2000000000"], ["3", ""]]
    assert [line for line, _ in laid_out(["en", "två"], rows, 20)] == [
        "Rad 1",
        "en   1000000000",
        "två  2000000000",
        "",
        "Rad 2",
        "en   3",
        "två",
    ]


def test_where_a_row_begins_is_seen() -> None:
    """By its first cell, or by a blank line where that goes on."""
    long = "ett två tre fyra fem"
    [*_, third, fourth, fifth, sixth] = laid_out(["n", "text"], [["1", long], ["2", long]], 20)
    assert [each[0] for each in (third, fourth, fifth, sixth)] == [
        " 1  ett två tre fyra",
        "    fem",
        " 2  ett två tre fyra",
        "    fem",
    ]
    assert ("", False) in list(laid_out(["text", "n"], [[long, "1"], [long, "2"]], 20))


def test_rows_after_the_first_thousand_are_folded_too() -> None:
    rows = [["a"]] * 1500 + [["b" * 100]]
    lines = [line for line, _ in laid_out(["n"], rows, 40)]
    assert len(lines) == 2 + 1500 + 50
    assert "".join(lines[-50:]) == "b" * 100
