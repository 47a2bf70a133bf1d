"""The chapter of an analysis: its heading from the seed, and the blocks that it brings.

What an analysis shows belongs in its own module; here it only gets its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.language.inline import Quoted, say
from orchestration.reporting.document import Heading, Plain
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
    """

    year: int
    municipality_id: str
    municipality_name: str
    sources: Sources
    anchor: str


@dataclass(frozen=True, slots=True)
class AnalysisChapter:
    """One analysis in one memorandum.

    Attributes:
        analysis_id: As in the seed.
        title_sv: As in the seed.
        blocks: What it shows.
    """

    analysis_id: str
    title_sv: str
    blocks: tuple[Plain, ...]


def anchor_of(analysis_id: str) -> str:
    """The anchor of an analysis' chapter."""
    return f"analys-{analysis_id.replace('_', '-')}"


def chapter(content: AnalysisChapter) -> list[Plain]:
    """Builds the chapter; nothing where the analysis has nothing to show."""
    if not content.blocks:
        return []
    title = Quoted(content.title_sv, "seeds.analyses.title_sv", content.analysis_id)
    heading = Heading(2, say("{title}", title=title), anchor_of(content.analysis_id))
    return [heading, *content.blocks]
