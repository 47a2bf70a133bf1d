"""The key of a page's numbers: a row for each, with what it rests on, and the deliveries once.

It stands last on the page, folded, and is whole without a script; the script only shows a number's
own row beside it. What a number rests on is said in ``origins``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from html import escape

from orchestration.language import dates, words
from orchestration.reporting.data import Source
from orchestration.reporting.document import Document
from orchestration.reporting.origins import Origins
from orchestration.reporting.render.numbered import numbered

ANCHOR = "siffernyckel"
"""Where the key begins."""

_HEADS = ("Nummer", "Siffra", "Vad", "Mängd", "Period", "Plats", "Grupp", "Leveranser")
_SOURCE = "leverans"


def key(document: Document, origins: Origins, shown: Collection[str]) -> str:
    """Writes the key; nothing for a document without numbers.

    Args:
        document: Whose.
        origins: What its numbers rest on.
        shown: The ids of those that stand on the page; others are only read aloud.
    """
    return "".join(_written(document, origins, shown))


def _written(document: Document, origins: Origins, shown: Collection[str]) -> Iterator[str]:
    rows = [
        (each, origins.of(each.number)) for each in numbered(document) if each.number_id in shown
    ]
    if not rows:
        return
    used = {name for _, origin in rows for name in origin.sources}
    sources = [source for source in origins.sources if source.source_id in used]
    places: dict[str, list[int]] = {}
    for place, source in enumerate(sources, start=1):
        places.setdefault(source.source_id, []).append(place)
    yield (
        f'<section class="key" aria-labelledby="{ANCHOR}">\n<h2 id="{ANCHOR}">Siffernyckel</h2>\n'
        "<p>Varje siffra på sidan, i läsordning, med vad den vilar på. Tryck på en siffra i "
        "texten för att se dess rad. Med tangentbordet: gå till en siffra med tabb, vidare med "
        "piltangenterna, och öppna med retur.</p>\n"
        '<details>\n<summary>Visa siffernyckeln</summary>\n<div class="scroll" role="group" '
        'aria-labelledby="siffernyckel-tabell" tabindex="0">\n<table>\n'
        '<caption id="siffernyckel-tabell">Sidans siffror</caption>\n<thead>\n<tr>'
    )
    yield "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    yield "</tr>\n</thead>\n<tbody>\n"
    for each, origin in rows:
        leads = ", ".join(
            f'<a href="#{_SOURCE}-{place}">{place}</a>'
            for name in origin.sources
            for place in places.get(name, ())
        )
        told = (
            *(each.number.text, origin.what, origin.quantity),
            *(origin.period, origin.place, origin.group),
        )
        cells = "".join(f"<td>{escape(text, quote=False)}</td>" for text in told)
        back = f'<a href="#{each.number_id}">{each.number_id}</a>'
        yield f'<tr><th scope="row">{back}</th>{cells}<td>{leads}</td></tr>\n'
    yield "</tbody>\n</table>\n</div>\n"
    if sources:
        yield "<h3>Leveranserna</h3>\n<ol>\n"
        yield from (_delivery(source, place) for place, source in enumerate(sources, start=1))
        yield "</ol>\n"
    yield "</details>\n</section>\n"


def _delivery(source: Source, place: int) -> str:
    mark = '<span class="mark">syntetisk</span> ' if source.synthetic else ""
    when = dates.day(dates.local_day(source.retrieved_at)) if source.retrieved_at else words.MISSING
    told = escape(
        f"{source.title_sv}. {source.publisher or words.MISSING}. Avser "
        f"{source.reference_period or words.MISSING}. Hämtad: {when}.",
        quote=False,
    )
    digest = source.content_sha256 or words.MISSING
    return (
        f'<li id="{_SOURCE}-{place}">{told} {mark}'
        f'Kontrollsumma: <code class="sum">{escape(digest)}</code></li>\n'
    )
