"""A document that a reader could not follow is refused before any writer sees it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from orchestration.language.inline import (
    Cell as Address,
)
from orchestration.language.inline import (
    Form,
    Link,
    Note,
    Number,
    Period,
    Quoted,
    Strong,
    Term,
    nodes,
    say,
)
from orchestration.reporting.document import (
    Appendix,
    Bullets,
    Callout,
    Cell,
    Column,
    Document,
    DocumentError,
    Figure,
    Folded,
    Heading,
    Paragraph,
    Table,
)
from orchestration.reporting.render.csv import as_csv
from orchestration.reporting.render.html import Frame, page
from orchestration.reporting.render.numbered import as_json, numbered
from orchestration.reporting.svg import Drawing

HOSTILE = "<script>alert('x')</script> & \"citat\" '"
DRAWING = Drawing('<svg xmlns="http://www.w3.org/2000/svg" aria-hidden="true"/>')


def number(value: float) -> Number:
    where = (("indicator_id", "antal"), ("year", 2023))
    return Number(value, Form(digits=1), (Address("marts.x", where, "value"),))


def table(anchor: str = "tabell", **changes: Any) -> Table:
    whole: dict[str, Any] = {
        "caption": nodes("Antal"),
        "columns": (Column(nodes("Grupp")), Column(nodes("Värde"), numeric=True)),
        "rows": ((Cell(nodes("Kvinnor")), Cell((number(1.5),), nodes("säkert"))),),
        "anchor": anchor,
    }
    return Table(**whole | changes)


def figure(**changes: Any) -> Figure:
    whole: dict[str, Any] = {
        "title": say("Antalet ökade till {value}", value=number(2.5)),
        "caption": nodes("Antal efter år."),
        "alternative": say("Linjediagram som slutar på {value}.", value=number(3.5)),
        "drawings": (DRAWING,),
        "table": table("figur-tabell", numbered=False),
        "anchor": "figur",
    }
    return Figure(**whole | changes)


def document(*blocks: Any) -> Document:
    return Document(nodes("Rubrik"), nodes("Staden"), blocks, "P")


def whole() -> Document:
    note = Note(nodes("Källan."))
    return Document(
        title=say("Avvikelser {year}", year=Period.year(2023)),
        subtitle=nodes("Staden"),
        front=((nodes("Antal"), (number(0.5),)),),
        blocks=(
            Callout(nodes("Obs"), (Paragraph(say("Läs {n}.", n=number(0.7))),), "obs"),
            Heading(2, nodes("Resultat"), "resultat"),
            Paragraph(say("{a}{note} och {b}{note}.", a=number(0.8), b=number(0.9), note=note)),
            Bullets((say("{strong}", strong=Strong((number(1.1),))),)),
            table(),
            figure(),
            Folded(nodes("Mer"), (Paragraph(say("Vikt {n}.", n=number(4.5))),)),
            Appendix(
                (
                    Heading(2, nodes("Bilaga"), "bilaga"),
                    Paragraph(say("Sist {n}.", n=number(5.5)), small=True),
                )
            ),
        ),
        letter="P",
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: Heading(2, (), "a"),
        lambda: Heading(1, nodes("a"), "a"),
        lambda: Heading(2, nodes("a"), "Å b"),
        lambda: Paragraph(nodes("  ")),
        lambda: Bullets(()),
        lambda: Bullets((nodes("a"), ())),
        lambda: Column(()),
        lambda: table(caption=()),
        lambda: table(rows=()),
        lambda: table(rows=((Cell(nodes("a")),),)),
        lambda: table(rows=((Cell(()), Cell(nodes("a"))),)),
        lambda: figure(alternative=()),
        lambda: figure(title=()),
        lambda: figure(caption=()),
        lambda: figure(drawings=()),
        lambda: Callout((), (), "a"),
        lambda: Folded((), ()),
        lambda: Appendix((Paragraph(nodes("a")),)),
        lambda: Appendix((Heading(3, nodes("a"), "a"),)),
        lambda: document(Heading(3, nodes("a"), "a")),
        lambda: document(Heading(2, nodes("a"), "a"), Heading(4, nodes("b"), "b")),
        lambda: document(Heading(2, nodes("a"), "a"), Heading(2, nodes("b"), "a")),
        lambda: document(table(), table()),
        lambda: document(Appendix((Heading(2, nodes("a"), "a"),)), Paragraph(nodes("b"))),
        lambda: Document((), nodes("a"), (), "P"),
    ],
)
def test_what_cannot_be_followed_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(DocumentError):
        make()


def test_numbers_have_ids_in_reading_order_the_same_in_page_and_list() -> None:
    values = [0.5, 0.7, 0.8, 0.9, 1.1, 1.5, 2.5, 3.5, 1.5, 4.5, 5.5]
    made = whole()
    assert [each.value for each in made.numbers()] == values
    listed = list(numbered(made))
    assert [each.number_id for each in listed] == [f"P{n}" for n in range(1, len(values) + 1)]
    assert [each.place for each in listed][2:7] == ["resultat"] * 3 + ["tabell", "figur"]
    root = etree.fromstring(page(made, Frame("Staden", "1")).encode())
    shown = {str(span.get("id")): span.text for span in root.iter("data") if span.get("id")}
    spoken = "P8"  # The alternative text is read aloud and has no element of its own.
    assert shown == {
        each.number_id: each.number.text for each in listed if each.number_id != spoken
    }


def test_the_list_of_numbers_says_where_each_stands() -> None:
    made, other = whole(), replace(whole(), letter="A")
    listed = json.loads(as_json({"ett.html": made, "annat.html": other}))
    first = listed[0]
    assert first == {
        "number_id": "P1",
        "document": "ett.html",
        "text": "0,5",
        "quantity": "value",
        "place": "",
        "cells": [
            {"table": "marts.x", "row": {"indicator_id": "antal", "year": 2023}, "column": "value"}
        ],
    }
    # One document after the other, each with ids of its own.
    count = len(list(made.numbers()))
    assert [(row["number_id"], row["document"]) for row in listed[count - 1 : count + 1]] == [
        (f"P{count}", "ett.html"),
        ("A1", "annat.html"),
    ]
    assert as_json({"ett.html": whole()}) == as_json({"ett.html": whole()})


def test_a_page_is_numbered_by_its_writer() -> None:
    html = page(whole(), Frame("Staden", "1", contents=True))
    root = etree.fromstring(html.encode())
    text = " ".join(root.itertext())
    assert "Tabell 1. Antal" in text
    assert "Figur 1. Antal efter år." in text
    # The table behind a figure is no table of the document's own.
    assert "Tabell 2" not in text
    [notes] = root.xpath("//section[@class='notes']//li")
    assert "Källan." in "".join(notes.itertext())
    assert len(root.xpath("//sup/a[@href='#noter-1']")) == 2
    headings = ["".join(h.itertext()) for h in root.iter("h2")]
    assert headings == ["Innehåll", "Resultat", "Källor", "Bilaga"]
    assert [str(a.get("href")) for a in root.xpath("//nav//a")] == [
        "#resultat",
        "#bilaga",
        "#noter",
    ]


def test_a_folded_part_and_an_appendix_are_marked_for_print() -> None:
    root = etree.fromstring(page(whole(), Frame("Staden", "1")).encode())
    assert len(root.xpath("//details[@class='folded']")) == 1
    assert len(root.xpath("//section[@class='appendix']")) == 1


def test_every_text_is_escaped() -> None:
    quoted = Quoted(HOSTILE, "register", "rad", marked=True)
    made = Document(
        title=(quoted,),
        subtitle=(quoted,),
        front=(((quoted,), (quoted,)),),
        blocks=(
            Heading(2, (quoted,), "a"),
            Paragraph((quoted, Link('x"onclick="y', (quoted,)), Note((quoted,)))),
            Paragraph((Term(HOSTILE, HOSTILE),)),
            table(caption=(quoted,), rows=((Cell((quoted,), (quoted,)), Cell((quoted,))),)),
            figure(title=(quoted,), alternative=(quoted,), caption=(quoted,)),
        ),
        letter="P",
    )
    root = etree.fromstring(page(made, Frame(HOSTILE, HOSTILE, contents=True)).encode())
    assert not root.xpath("//*[local-name()='script'] | //@onclick")
    assert "".join(root.itertext()).count("<script>") > 10
    [spoken] = root.xpath("//div[@role='img']/@aria-label")
    assert spoken == HOSTILE


def test_a_figures_values_stand_in_a_table_of_the_document() -> None:
    beside = document(Heading(2, nodes("A"), "a"), figure(table="tabell"), table())
    assert [number.value for number in beside.numbers()][:2] == [2.5, 3.5]
    with pytest.raises(DocumentError, match="nowhere"):
        document(Heading(2, nodes("A"), "a"), figure(table="tabell"))


def test_a_table_is_written_as_a_spreadsheet_reads_it() -> None:
    rows = (
        (Cell(nodes("=SUM(A)")), Cell((number(-1234.5),))),
        (Cell(nodes("-")), Cell((number(2.5),), nodes("preliminär"))),
        (Cell(nodes("@a;b")), Cell(nodes("uppgift skyddas"))),
    )
    columns = (Column(nodes("+Namn")), Column(nodes("Värde"), numeric=True))
    written = as_csv(Table(nodes("Tabell"), columns, rows, "t"))
    assert written == (
        "'+Namn;Värde\r\n'=SUM(A);-1234,5\r\n'-;2,5 (preliminär)\r\n\"'@a;b\";uppgift skyddas\r\n"
    )
