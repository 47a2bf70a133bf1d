"""The walk over numbers finds a figure that is not its cell's, and a digit without a node."""

import duckdb
import pytest

from orchestration.language.inline import Cell, Form, Number, Period, Quantity, Said, nodes, say
from orchestration.reporting.document import Document, Heading, Paragraph
from orchestration.reporting.render.html import Frame, page
from tests.number_walk import stray_digits, unmet

_TWELVE = Cell("marts.v", (("id", "a"),), "value")
_EIGHT = Cell("marts.v", (("id", "b"),), "value")


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("create schema marts; create table marts.v (id varchar, value double)")
    made.execute("insert into marts.v values ('a', 12), ('b', 8), ('c', null), ('d', 1), ('d', 2)")
    return made


def _document(*said: Said) -> Document:
    return Document(
        title=nodes("Sida"),
        subtitle=nodes("Under"),
        blocks=(Heading(2, nodes("Kapitel"), "kapitel"), *(Paragraph(each) for each in said)),
        letter="T",
    )


@pytest.mark.parametrize(
    ("value", "cells", "quantity"),
    [
        (12.0, (_TWELVE,), Quantity.VALUE),
        (0.5, (_TWELVE, _EIGHT), Quantity.CHANGE),
        (4.0, (_EIGHT, _TWELVE), Quantity.DIFFERENCE),
        (2.0, (_TWELVE, _EIGHT), Quantity.COUNT),
        (5.0, (Cell("marts.v"),), Quantity.COUNT),
        (0.1, (Cell("settings", (("name", "fdr"),)),), Quantity.SETTING),
    ],
)
def test_a_number_is_what_its_cells_say(
    connection: duckdb.DuckDBPyConnection,
    value: float,
    cells: tuple[Cell, ...],
    quantity: Quantity,
) -> None:
    right = _document((Number(value, Form(digits=2), cells, quantity),))
    assert unmet(connection, right) == []
    wrong = _document((Number(value + 0.01, Form(digits=2), cells, quantity),))
    [told] = unmet(connection, wrong)
    assert told.startswith("T1 ")


@pytest.mark.parametrize("row", ["c", "d", "x"])
def test_a_cell_that_is_empty_double_or_not_there_is_told(
    connection: duckdb.DuckDBPyConnection, row: str
) -> None:
    number = Number(1, Form(), (Cell("marts.v", (("id", row),), "value"),))
    assert len(unmet(connection, _document((number,)))) == 1


def test_a_digit_in_the_page_is_a_number_a_period_or_a_quotation() -> None:
    number = Number(12, Form(), (_TWELVE,))
    document = _document(say("{n} barn {year}.", n=number, year=Period.year(2023)))
    html = page(document, Frame("Staden", "utan nummer"))
    assert ">12</data> barn 2023." in html
    assert stray_digits(document, html) == []
    assert len(stray_digits(document, html.replace("barn 2023", "barn 12 2023"))) == 1
    assert len(stray_digits(document, html.replace("barn 2023", "barn 20231"))) == 1
