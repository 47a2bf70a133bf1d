"""Builds the memorandum: one self-contained HTML file in Swedish, the same for the same input.

Puts the sentences, tables and charts in the order a board is used to: summary, introduction,
method, one section a focus area, what became of last year's, what to watch, sources, and the
excluded deviations as an appendix. Nothing is loaded from outside the file and nothing runs in it;
its links lead to the indicators' pages of the same publication. Wording belongs in ``sentences``
and ``labels``, tables in ``tables``, charts in ``illustrations``, reading in ``data``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestration.language import dates, grammar, numbers, words
from orchestration.reporting import illustrations, sentences, tables
from orchestration.reporting.data import (
    LISTED_PER_OUTCOME,
    Deviation,
    FocusArea,
    Hypothesis,
    Indicator,
    ReportData,
    Source,
    Triangulation,
)
from orchestration.reporting.page import PAGES_DIRECTORY, Figure, Page, Reference, Table, page_link

CHARTS_PER_AREA = 4
"""Charts of deviations a focus area shows; the rest stand in its table."""

_TEMPLATES = Path(__file__).parent / "templates"
_SHORT_SHA256 = 12
# So many remarks on the data stand in the text; the others are counted.
_REMARKS_TOLD = 20


@dataclass(frozen=True, slots=True)
class _Block:
    """All that is said about one key: its heading and its paragraphs."""

    heading: str
    definition: str
    paragraphs: tuple[str, ...]
    reference: Reference
    link: str


@dataclass(frozen=True, slots=True)
class _Comparison:
    table: Table
    figure: Figure | None


@dataclass(frozen=True, slots=True)
class _Section:
    """The content of one focus area."""

    section_id: str
    title: str
    area: str
    summary: str
    synthetic: str
    blocks: tuple[_Block, ...]
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]
    undrawn: int
    comparisons: tuple[_Comparison, ...]
    possible_explanations: tuple[Hypothesis, ...]
    next_steps: tuple[Hypothesis, ...]
    says: tuple[str, ...]
    says_not: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Listed:
    name: str
    text: str
    reference: Reference
    link: str


@dataclass(frozen=True, slots=True)
class _List:
    heading: str
    introduction: str
    rows: tuple[_Listed, ...]
    more: int


def render_memorandum(
    data: ReportData,
    *,
    built_at: datetime,
    version: str,
    quality_status: str,
    false_discovery_rate: float,
    remarks: Sequence[str] = (),
) -> str:
    """Writes the memorandum.

    Args:
        data: What it states, from :func:`orchestration.reporting.data.load_report_data`.
        built_at: When the figures were built; must have a time zone.
        version: Version of the system that built them.
        quality_status: How the checks fared, in Swedish: ``godkänd``, ``godkänd med anmärkning``.
        false_discovery_rate: Share of false findings that the selection allows, 0 to 1.
        remarks: What stands behind the quality status, in Swedish, a sentence each.

    Returns:
        A complete HTML document, also well-formed as XML, that loads nothing from outside itself
        and links to nothing but the indicators' pages beside it. Equal arguments give equal text.

    Raises:
        ValueError: If ``built_at`` has no time zone.
        LookupError: If the data holds a code without a Swedish word.
    """
    page = Page(data)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # Tables and figures are numbered as they are made, so they are made in the order they stand.
    outcomes = tables.outcome_table(page)
    sections = [_section(page, position, area) for position, area in enumerate(data.focus_areas, 1)]
    synthetic = sum(source.synthetic for source in data.sources)
    return environment.get_template("memorandum.html.j2").render(
        title=f"Avvikelser i socialtjänstens statistik {data.year}",
        municipality_name=data.municipality_name,
        year=data.year,
        indicator_count=numbers.number(data.indicator_count),
        focus_count=numbers.cardinal(len(sections)),
        pages=PAGES_DIRECTORY,
        sections=sections,
        synthetic_sources=synthetic,
        q_limit=numbers.number(false_discovery_rate, 2),
        false_share=numbers.number(100 * false_discovery_rate),
        source_count=len(data.sources),
        kinds=[
            (words.word(words.KINDS, kind), words.word(words.KIND_DESCRIPTIONS, kind))
            for kind in data.kinds
        ],
        explanation_kinds=grammar.enumeration(list(words.EXPLANATION_KINDS.values()), "eller"),
        outcomes=outcomes,
        unplaced=[_listed(page, row) for row in data.unplaced],
        followed=[_followed(page, row) for row in data.followed],
        lists=_lists(page),
        sources=[_source(number, source) for number, source in enumerate(data.sources, 1)],
        not_delivered=_not_delivered(data.not_delivered),
        built_at=dates.timestamp(built_at),
        version=version,
        quality_status=quality_status,
        remarks=remarks[:_REMARKS_TOLD],
        more_remarks=numbers.number(max(0, len(remarks) - _REMARKS_TOLD)),
        excluded=tables.excluded_table(page) if data.excluded else None,
    )


def _not_delivered(indicators: Sequence[Indicator]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Gathers indicators by why they were not delivered: each name with the link to its page."""
    reasons: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for each in indicators:
        named = (grammar.sentence_case(each.title_sv), page_link(each))
        reasons.setdefault((each.source_id, each.not_delivered), []).append(named)
    return [(reason, named) for (_, reason), named in reasons.items()]


def _section(page: Page, position: int, area: FocusArea) -> _Section:
    municipality = page.data.municipality_name
    keyed = _by_key(area.deviations)
    series = [rows for rows in keyed if rows[0].kind != "group_difference"]
    groups = [rows[0] for rows in keyed if rows[0].kind == "group_difference"]
    found = [tables.series_table(page, [rows[0] for rows in series])] if series else []
    found += [tables.group_table(page, row) for row in _main_groups(groups)]
    drawings = [*_main_groups(groups), *(rows[0] for rows in series)]
    drawable = [row for row in drawings if illustrations.can_be_drawn(row)]
    drawn = tuple(illustrations.deviation_figure(page, row) for row in drawable[:CHARTS_PER_AREA])
    indicators = {row.indicator.indicator_id: row.indicator for row in area.deviations}
    indicators |= {row.related.indicator_id: row.related for row in area.triangulation}
    marks = [page.reference(indicator).synthetic for indicator in indicators.values()]
    return _Section(
        section_id=f"fokusomrade-{position}",
        title=words.word(words.AREAS, area.area) if area.protected else area.title_sv,
        area=words.word(words.AREAS, area.area),
        summary=_summary(page, area),
        synthetic=_how_synthetic(marks),
        blocks=tuple(_block(page, rows, area.triangulation) for rows in keyed),
        tables=tuple(found),
        figures=drawn,
        undrawn=len(drawable[CHARTS_PER_AREA:]),
        comparisons=_comparisons(page, area),
        possible_explanations=area.possible_explanations,
        next_steps=area.next_steps,
        says=tuple(
            dict.fromkeys(sentences.conclusion(row, municipality) for rows in keyed for row in rows)
        ),
        says_not=tuple(
            sentences.limits_of_figures(
                area.deviations, compared=bool(area.triangulation), synthetic=any(marks)
            )
        ),
    )


def _by_key(deviations: Sequence[Deviation]) -> list[list[Deviation]]:
    """Gathers deviations of one and the same series, a test of level before a contrary movement."""
    found: dict[tuple[str, ...], list[Deviation]] = {}
    for row in deviations:
        own = row.deviation_id if row.kind == "group_difference" else ""
        key = (row.indicator.indicator_id, row.geography_id, row.breakdown, row.category, own)
        found.setdefault(key, []).append(row)
    return [sorted(rows, key=lambda row: row.kind == "contrary") for rows in found.values()]


def _main_groups(groups: Sequence[Deviation]) -> list[Deviation]:
    """Leaves out comparisons within a split whose whole groups are compared already."""
    whole = {row.indicator.indicator_id for row in groups if "*" not in row.breakdown}
    return [
        row for row in groups if "*" not in row.breakdown or row.indicator.indicator_id not in whole
    ]


def _summary(page: Page, area: FocusArea) -> str:
    if area.summary_sv and not area.protected:
        return area.summary_sv
    if not area.deviations:
        return ""
    return sentences.conclusion(area.deviations[0], page.data.municipality_name)


def _how_synthetic(marks: Sequence[bool]) -> str:
    if not any(marks):
        return ""
    return "syntetiska" if all(marks) else "delvis syntetiska"


def _block(
    page: Page, deviations: Sequence[Deviation], triangulation: Sequence[Triangulation]
) -> _Block:
    first = deviations[0]
    paragraphs = [sentences.result(row) for row in deviations if row.kind != "contrary"]
    contrary = [row for row in deviations if row.kind == "contrary"]
    if contrary:
        paragraphs = paragraphs or [sentences.result(contrary[0])]
        paragraphs.append(sentences.contrary(contrary, triangulation))
    return _Block(
        heading=grammar.sentence_case(sentences.deviation_name(first, page.data.municipality_name)),
        definition=first.indicator.definition_sv,
        paragraphs=tuple(paragraphs),
        reference=page.reference(first.indicator),
        link=page_link(first.indicator),
    )


def _comparisons(page: Page, area: FocusArea) -> tuple[_Comparison, ...]:
    by_indicator: dict[str, list[Triangulation]] = {}
    for row in area.triangulation:
        by_indicator.setdefault(row.indicator.indicator_id, []).append(row)
    ordered = sorted(
        by_indicator.values(), key=lambda rows: _position(area, rows[0].indicator.indicator_id)
    )
    return tuple(_comparison(page, rows) for rows in ordered)


def _position(area: FocusArea, indicator_id: str) -> int:
    ids = [row.indicator.indicator_id for row in area.deviations]
    return ids.index(indicator_id) if indicator_id in ids else len(ids)


def _comparison(page: Page, rows: Sequence[Triangulation]) -> _Comparison:
    ordered = sorted(rows, key=_by_verdict)
    return _Comparison(
        tables.comparison_table(page, ordered), illustrations.change_figure(page, ordered)
    )


def _by_verdict(row: Triangulation) -> tuple[int, str]:
    order = list(words.VERDICTS)
    known = order.index(row.verdict) if row.verdict in order else len(order)
    return known, row.related.indicator_id


def _listed(page: Page, row: Deviation) -> _Listed:
    if row.protected:
        text = words.PROTECTED
    elif row.kind == "group_difference":
        parts = [
            f"{sentences.group_name(g)} {tables.printed(row, g.value)}" for g in row.whole_groups
        ]
        text = grammar.enumeration(parts)
    else:
        text = f"utfall {tables.printed(row, row.observed)}, väntat {tables.expected(row)}"
    return _Listed(
        grammar.sentence_case(sentences.deviation_name(row, page.data.municipality_name)),
        # The engine's reason holds the figures already, in a sentence.
        row.reason_sv or f"{grammar.sentence_case(words.word(words.KINDS, row.kind))}: {text}.",
        page.reference(row.indicator),
        page_link(row.indicator),
    )


def _followed(page: Page, row: Deviation) -> _Listed:
    return _Listed(
        grammar.sentence_case(sentences.deviation_name(row, page.data.municipality_name)),
        sentences.followed_up(row),
        page.reference(row.indicator),
        page_link(row.indicator),
    )


def _lists(page: Page) -> list[_List]:
    counts = page.data.outcome_counts
    return [
        _List(
            heading,
            introduction,
            tuple(_listed(page, row) for row in rows),
            max(0, counts.get(outcome, 0) - LISTED_PER_OUTCOME),
        )
        for heading, introduction, outcome, rows in (
            (
                "Bevakas",
                "De här rör sig på ett sätt som bör följas, men räcker inte till ett fokusområde.",
                "watch",
                page.data.watch,
            ),
            (
                "Går inte att avgöra",
                "Här räcker underlaget inte för att säga om något avviker.",
                "cannot_tell",
                page.data.cannot_tell,
            ),
        )
    ]


@dataclass(frozen=True, slots=True)
class _SourceRow:
    number: int
    title: str
    publisher: str
    reference_period: str
    retrieved: str
    sha256: str
    sha256_short: str
    licence: str
    synthetic: bool
    stale: bool
    held: str


def _source(number: int, source: Source) -> _SourceRow:
    retrieved = words.MISSING
    if source.retrieved_at is not None:
        retrieved = dates.day(dates.local_day(source.retrieved_at))
    return _SourceRow(
        number=number,
        title=source.title_sv,
        publisher=source.publisher or words.MISSING,
        reference_period=source.reference_period or words.MISSING,
        retrieved=retrieved,
        sha256=source.content_sha256,
        sha256_short=source.content_sha256[:_SHORT_SHA256],
        licence=source.licence or words.MISSING,
        synthetic=source.synthetic,
        stale=source.stale,
        held=source.held,
    )
