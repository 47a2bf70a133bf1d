"""The page of words: what those that a reader meets mean, from the one glossary.

Words that only guides use have no meaning in Swedish there, and are left out.
"""

from __future__ import annotations

from orchestration.language.glossary import Part, glossary
from orchestration.language.inline import Quoted, Said, nodes, say
from orchestration.reporting.document import (
    Cell,
    Column,
    Document,
    Heading,
    Plain,
    Table,
    paragraph,
)
from orchestration.reporting.figures import municipality
from orchestration.reporting.site.content import Site

LETTER = "L-"
"""What the ids of its numbers begin with."""


def glossary_page(site: Site) -> Document:
    """Builds the page.

    Args:
        site: Whose.
    """
    blocks: list[Plain] = paragraph(
        "Så används orden i promemorian, på sidorna och i databasen. Engelska namn är de som står "
        "i databasens kolumner och i systemets egna texter."
    )
    for place, part in enumerate(glossary(), start=1):
        blocks += _part(part, f"ord-{chr(ord('a') + place - 1)}")
    return Document(
        title=nodes("Ordlista"),
        subtitle=(municipality(site.name),),
        blocks=tuple(blocks),
        letter=LETTER,
    )


def _part(part: Part, anchor: str) -> list[Plain]:
    def quoted(text: str, word: str) -> Said:
        # Marks of code are the guide's.
        return (Quoted(text.replace("`", ""), "glossary", word),) if text else nodes("–")

    known = [each for each in part.entries if each.meaning_sv]
    return [
        Heading(2, nodes(part.heading_sv), anchor),
        Table(
            say("Ord: {part}", part=part.heading_sv.lower()),
            (
                Column(nodes("Ord")),
                Column(nodes("Betyder"), wide=True),
                Column(nodes("På engelska")),
            ),
            tuple(
                (
                    Cell(quoted(each.sv, each.sv)),
                    Cell(quoted(each.meaning_sv, each.sv)),
                    Cell(quoted(each.en, each.sv)),
                )
                for each in known
            ),
            f"tabell-{anchor}",
            numbered=False,
            stacked=True,
        ),
    ]
