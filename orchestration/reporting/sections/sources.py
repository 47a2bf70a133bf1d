"""Where figures come from: the note behind an indicator's name, and the appendix of deliveries.

Also the marks of synthetic figures, which stand once where a whole table has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestration.indicators.models import Indicator
from orchestration.language import dates, grammar, words
from orchestration.language.inline import (
    Link,
    Mark,
    Note,
    Period,
    Quoted,
    Said,
    Text,
    joined,
    listing,
    nodes,
    say,
    sentences,
)
from orchestration.reporting.addresses import PAGES_DIRECTORY
from orchestration.reporting.data import CatalogueIndicator, Source
from orchestration.reporting.document import Bullets, Cell, Column, Heading, Plain, Table, paragraph
from orchestration.reporting.figures import title

SYNTHETIC = Mark("syntetisk")
_SHORT_SHA256 = 12


def page_link(indicator: Indicator, shown: Said) -> Link:
    """Leads from the memorandum to an indicator's own page."""
    return Link(f"{PAGES_DIRECTORY}/{indicator.indicator_id}.html", shown)


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of an edition, as its documents refer to them."""

    rows: tuple[Source, ...]

    def of(self, indicator: CatalogueIndicator) -> list[Source]:
        """The deliveries of an indicator's source."""
        return [row for row in self.rows if row.source_id == indicator.source_id]

    def synthetic(self, indicator: CatalogueIndicator) -> bool:
        """Whether any figure of an indicator is made up."""
        return any(row.synthetic for row in self.of(indicator))

    def note(self, indicator: CatalogueIndicator) -> Note:
        """What stands in the notes about an indicator's source."""
        return self.note_of(indicator.source_id)

    def note_of(self, source_id: str) -> Note:
        """What stands in the notes about a source."""
        source = next((row for row in self.rows if row.source_id == source_id), None)
        if source is None:
            return Note(nodes("Källan saknas i källförteckningen."))
        return Note(
            sentences(
                say("{title}.", title=Quoted(source.title_sv, "meta.sources", source.source_id)),
                say("{who}.", who=Quoted(source.publisher, "meta.sources", source.source_id))
                if source.publisher
                else "",
                say("Hämtad {day}.", day=retrieved(source)) if source.retrieved_at else "",
                "Syntetiska uppgifter." if source.synthetic else "",
            )
        )

    def mark_of(self, source_id: str) -> Said:
        """The mark of synthetic figures for a source, with a space before it; empty otherwise."""
        made_up = any(row.synthetic for row in self.rows if row.source_id == source_id)
        return (Text(" "), SYNTHETIC) if made_up else ()

    def marks(self, indicators: Iterable[CatalogueIndicator]) -> Marks:
        """How synthetic figures are marked where these indicators stand together."""
        synthetic = [self.synthetic(each) for each in indicators]
        return Marks(self, together=bool(synthetic) and all(synthetic))


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one table, figure or list.

    Attributes:
        sources: Of the edition.
        together: Whether one mark is enough, since all figures are synthetic.
    """

    sources: Sources
    together: bool

    def whole(self) -> Said:
        """The mark of the whole, with a space before it."""
        return (Text(" "), SYNTHETIC) if self.together else ()

    def one(self, indicator: CatalogueIndicator) -> Said:
        """The note and the mark of one indicator."""
        mark = self.sources.synthetic(indicator) and not self.together
        return (self.sources.note(indicator), *((Text(" "), SYNTHETIC) if mark else ()))


def retrieved(source: Source) -> Said:
    """The day a source was retrieved."""
    if source.retrieved_at is None:
        return nodes(words.MISSING)
    return (Period.day(dates.local_day(source.retrieved_at)),)


def how_synthetic(marks: Iterable[bool]) -> str:
    """``syntetiska``, ``delvis syntetiska`` or nothing, by which of several are so."""
    known = list(marks)
    if not any(known):
        return ""
    return "syntetiska" if all(known) else "delvis syntetiska"


def appendix(
    sources: Sequence[Source], not_delivered: Sequence[CatalogueIndicator], letter: str
) -> list[Plain]:
    """Lists every delivery with its checksum, and what was not delivered."""
    blocks: list[Plain] = [Heading(2, nodes(f"Bilaga {letter}: Leveranser"), "leveranser")]
    if sources:
        blocks.append(_table(sources))
    else:
        blocks += paragraph("Inga källor är registrerade.")
    if not_delivered:
        blocks += paragraph(
            "De här indikatorerna är inte levererade. De saknar värden och har inte prövats; det "
            "säger inget om verksamheten."
        )
        blocks.append(Bullets(tuple(_reasons(not_delivered))))
    return blocks


def _table(sources: Sequence[Source]) -> Table:
    synthetic = all(source.synthetic for source in sources)
    return Table(
        say(
            "Leveranserna bakom den här utgåvan{mark}. Kontrollsumman är början av leveransens "
            "SHA, eller av listan av leveranser där källan har flera.",
            mark=(Text(" "), SYNTHETIC) if synthetic else "",
        ),
        (
            Column(nodes("Källa")),
            Column(nodes("Avser")),
            Column(nodes("Hämtad")),
            Column(nodes("Kontrollsumma")),
            Column(nodes("Licens"), wide=True),
        ),
        tuple(_row(source, mark=source.synthetic and not synthetic) for source in sources),
        "tabell-leveranser",
    )


def _row(source: Source, *, mark: bool) -> tuple[Cell, ...]:
    def quoted(text: str) -> Said:
        return (Quoted(text or words.MISSING, "meta.sources", source.source_id),)

    stale = ""
    if source.stale:
        stale = f"Inaktuell: {source.held or 'en nyare leverans är att vänta.'}"
    return (
        Cell(
            joined(
                (
                    *quoted(f"{source.title_sv}. {source.publisher or words.MISSING}."),
                    *((Text(" "), SYNTHETIC) if mark else ()),
                )
            ),
            below=quoted(stale) if stale else (),
        ),
        Cell(quoted(source.reference_period)),
        Cell(retrieved(source)),
        Cell(quoted(source.content_sha256[:_SHORT_SHA256])),
        Cell(quoted(source.licence)),
    )


def _reasons(indicators: Sequence[CatalogueIndicator]) -> list[Said]:
    reasons: dict[tuple[str, str], list[CatalogueIndicator]] = {}
    for each in indicators:
        reasons.setdefault((each.source_id, each.not_delivered), []).append(each)
    return [
        sentences(
            Quoted(reason, "marts.indicators.not_delivered_sv", members[0].indicator_id),
            say(
                "Inte levererat: {names}.",
                names=listing(
                    [
                        page_link(each, (title(each, grammar.sentence_case(each.title_sv)),))
                        for each in members
                    ]
                ),
            ),
        )
        for (_, reason), members in reasons.items()
    ]
