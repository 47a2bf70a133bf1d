"""The chapter of an analysis: its heading from the seed, and the blocks that it brings.

What an analysis shows belongs in its own module; here it only gets its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.language.inline import Link, Quoted, Said, nodes, plain, say
from orchestration.reporting.document import Document, Heading, Plain, paragraph
from orchestration.reporting.sections.sources import Sources


@dataclass(frozen=True, slots=True)
class AnalysisContext:
    """What an analysis knows of the memorandum that it stands in.

    Attributes:
        year: The report year.
        municipality_id: Code of the municipality.
        municipality_name: As the memorandum names it.
        sources: Of the edition, for notes and marks.
        anchor: What the anchors of its blocks begin with, unique in the document.
        smallest_count: Parts that rest on fewer are withheld on the pages.
        only_statistics: Whether the municipality delivers nothing.
    """

    year: int
    municipality_id: str
    municipality_name: str
    sources: Sources
    anchor: str
    smallest_count: float
    only_statistics: bool = False


@dataclass(frozen=True, slots=True)
class AnalysisChapter:
    """One analysis in one memorandum.

    Attributes:
        analysis_id: As in the seed.
        title_sv: As in the seed.
        blocks: What it shows.
        indicators: On whose pages its main result stands.
        result: That result, in sentences; empty where there is none.
        pages: Its own pages beside the indicators', by their file names.
    """

    analysis_id: str
    title_sv: str
    blocks: tuple[Plain, ...]
    indicators: tuple[str, ...] = ()
    result: Said = ()
    pages: tuple[tuple[str, Document], ...] = ()


def anchor_of(analysis_id: str) -> str:
    """The anchor of an analysis' chapter."""
    return f"analys-{analysis_id.replace('_', '-')}"


def title_of(content: AnalysisChapter) -> Quoted:
    """What the analysis is called."""
    return Quoted(content.title_sv, "seeds.analyses.title_sv", content.analysis_id)


def on_page(content: AnalysisChapter, memorandum: str) -> list[Plain]:
    """What an indicator's page says of the analysis: its main result, and where the rest stands.

    Args:
        content: The analysis.
        memorandum: Address of the memorandum, from the page.
    """
    if not plain(content.result).strip():
        return []
    address = f"{memorandum}#{anchor_of(content.analysis_id)}"
    name = anchor_of(content.analysis_id)
    return [
        Heading(3, say("Analys: {title}", title=title_of(content)), name),
        *paragraph(content.result),
        *paragraph(
            Link(address, nodes("Hela analysen, med diagram och tabeller, står i promemorian"))
        ),
    ]


def chapter(content: AnalysisChapter) -> list[Plain]:
    """Builds the chapter; nothing where the analysis has nothing to show."""
    if not content.blocks:
        return []
    heading = Heading(2, say("{title}", title=title_of(content)), anchor_of(content.analysis_id))
    return [heading, *content.blocks]
