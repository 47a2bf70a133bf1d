"""The summary: a line for each focus area with what, how much, how sure and what next."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.findings.claims import Reserved
from orchestration.language import areas, words
from orchestration.language.inline import (
    Link,
    Period,
    Quoted,
    Said,
    Strong,
    nodes,
    plain,
    say,
    sentences,
)
from orchestration.language.telling import tell
from orchestration.reporting import figures, telling
from orchestration.reporting.data import ReportData
from orchestration.reporting.document import Bullets, Heading, Plain, paragraph
from orchestration.reporting.sections import public_statistics
from orchestration.reporting.sections.focus_area import Chapter


def summary(data: ReportData, chapters: Sequence[Chapter]) -> list[Plain]:
    """Builds the summary."""
    blocks: list[Plain] = [Heading(2, nodes("Sammanfattning"), "sammanfattning")]
    if data.public is not None:
        return blocks + paragraph(
            say(
                "{lead} Bara offentlig statistik finns om {municipality}. Den prövas som stöd och "
                "bildar inga fokusområden: vad som är publicerat står i {published}, och vad som "
                "rör sig i {watch}.",
                lead=Strong(nodes("Inga fokusområden.")),
                municipality=figures.municipality(data.municipality_name),
                published=Link(f"#{public_statistics.ANCHOR}", nodes("ett eget kapitel")),
                watch=Link("#att-bevaka", nodes("Att bevaka")),
            )
        )
    if not chapters:
        return blocks + paragraph(
            say(
                "{lead} Ingen prövad avvikelse för {year} kvarstår sedan kända förklaringar "
                "räknats bort. Det betyder inte att inget har hänt: se {watch}.",
                lead=Strong(nodes("Inga fokusområden.")),
                year=Period.year(data.year),
                watch=Link("#att-bevaka", nodes("Att bevaka")),
            )
        )
    number = figures.count(len(chapters), "marts.focus_areas")
    noun = "område" if len(chapters) == 1 else "områden"
    told = (
        "I fokus {year} är {number} {noun}: utfallet blev inte som väntat och ingen känd "
        "förklaring räcker till, eller så kvarstår en skillnad som förvaltningen har valt att "
        "följa."
        if any(telling.stands(chapter.area) for chapter in chapters)
        else "Inom {number} {noun} blev {year} inte som väntat, och ingen känd förklaring räcker "
        "till."
    )
    blocks += paragraph(say(told, number=number, noun=noun, year=Period.year(data.year)))
    blocks.append(Bullets(tuple(_line(chapter) for chapter in chapters)))
    return blocks


def _line(chapter: Chapter) -> Said:
    """What is said of an area, as far as there is room; the rest stands in its chapter."""
    area = chapter.area
    name = Strong((Link(f"#{chapter.anchor}", nodes(words.word(words.AREAS, area.area))),))
    line = say("{name}.", name=name)
    for more in _parts(chapter, line):
        longer = sentences(line, more)
        if plain(more) and areas.fits(longer):
            line = longer
    return line


def _parts(chapter: Chapter, line: Said) -> list[Said]:
    """What can be said of an area, the most important first."""
    area = chapter.area
    if not area.deviations:
        return []
    lead = area.deviations[0]
    headline, *others = area.claims or (None,)
    sure = [said] if (said := telling.sure(lead, chapter.names)) else []
    together = areas.synthesis(area.claims, chapter.names, measured=True)
    if together and areas.fits(sentences(line, together, *sure)):
        parts = [together]
        # What it goes against and what else moved stands in it already.
        others = [claim for claim in others if isinstance(claim, Reserved)]
    else:
        parts = [
            telling.result(lead, chapter.names, chapter.municipality_name)
            if headline is None
            else tell(headline, chapter.names)
        ]
    parts += sure
    if area.next_steps:
        step = area.next_steps[0]
        text = Quoted(step.text_sv, "seeds.possible_explanations", step.hypothesis_id)
        parts.append(say("Nästa steg: {text}", text=text))
    return [*parts, *(tell(claim, chapter.names) for claim in others if claim is not None)]
