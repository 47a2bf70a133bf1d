"""From deviations to focus areas: what remains, grouped by area of activity and triangulated.

Works from the rows alone, their evidence included, so that it can run in a step of its own on
what was stored. What does not belong here: testing, and layout of the report.
"""

from collections.abc import Sequence

from orchestration.findings.cells import Figure
from orchestration.findings.claims import (
    Against,
    AlsoDiffer,
    AlsoMoved,
    AnyClaim,
    Compared,
    Group,
    Headline,
    Moved,
    Reserved,
    When,
    long_since,
)
from orchestration.findings.codes import Kind, Outcome, Verdict
from orchestration.findings.evidence import ChangeEvidence, Corrected, Pair
from orchestration.findings.records import (
    Deviation,
    FocusArea,
    Triangulation,
    triangulation_cell,
)
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import CONTEXT_AREAS, Area


def focus_areas(
    deviations: Sequence[Deviation], catalogue: Catalogue
) -> tuple[list[FocusArea], list[Triangulation]]:
    """Group what is in focus by area of activity.

    Args:
        deviations: rows of one report year, as ``assess`` gave them or as they were stored.
        catalogue: for areas and rationales.

    Returns:
        Focus areas, ranked by their best deviation, and for each its triangulation: every
        declared relation of the indicators in focus, the contradicting ones first.

    Raises:
        ValueError: a row names an indicator that is not in the catalogue, or is in focus without
            a value.
    """
    members: dict[Area, list[Deviation]] = {}
    in_focus = [row for row in deviations if row.outcome is Outcome.FOCUS]
    for row in sorted(in_focus, key=_rank):
        area = catalogue.indicator(row.indicator_id).area
        if area not in CONTEXT_AREAS:
            members.setdefault(area, []).append(row)
    areas: list[FocusArea] = []
    triangulations: list[Triangulation] = []
    for rank, (area, rows) in enumerate(members.items(), start=1):
        lead = _lead(rows)
        focus_area_id = f"{lead.period_start.year}:{lead.geography_id}:{area}"
        pairs = _triangulate(focus_area_id, rows, catalogue)
        areas.append(
            FocusArea(
                focus_area_id=focus_area_id,
                area=str(area),
                rank=rank,
                period_start=lead.period_start,
                geography_id=lead.geography_id,
                lead_deviation_id=lead.deviation_id,
                deviation_ids=tuple(row.deviation_id for row in rows),
                claims=_claims(area, lead, rows, pairs),
            )
        )
        triangulations += pairs
    return areas, triangulations


def _rank(row: Deviation) -> tuple[float, str]:
    return (float("inf") if row.rank is None else row.rank, row.deviation_id)


def _lead(rows: Sequence[Deviation]) -> Deviation:
    """The deviation that a heading should speak of.

    The indicator that other sources contradict most, because the reader's question is why it
    moved against them; by rank where none is contradicted. A contrary pair is told through the
    change it is about.
    """
    told = [row for row in rows if row.kind is not Kind.CONTRARY] or list(rows)
    contradictions = {
        row.deviation_id: sum(pair.verdict is Verdict.CONTRARY for pair in _relations(row))
        for row in told
    }
    return min(told, key=lambda row: (-contradictions[row.deviation_id], _rank(row)))


def _relations(row: Deviation) -> tuple[Pair, ...]:
    return row.evidence.relations if isinstance(row.evidence, ChangeEvidence) else ()


def _triangulate(
    focus_area_id: str, rows: Sequence[Deviation], catalogue: Catalogue
) -> list[Triangulation]:
    rationale = {r.relation_id: r.rationale_sv for r in catalogue.relations}
    order = list(Verdict)
    found = [
        Triangulation(
            focus_area_id=focus_area_id,
            indicator_id=row.indicator_id,
            related_indicator_id=pair.related_indicator_id,
            expected_sign=pair.expected_sign,
            observed_change=pair.observed_change,
            related_change=pair.related_change,
            related_from=pair.related_from,
            p_value=pair.p_value,
            verdict=pair.verdict,
            relation_id=pair.relation_id,
            rationale_sv=rationale.get(pair.relation_id, ""),
            claims=(_compared(focus_area_id, row, pair),),
        )
        for row in rows
        if row.kind is Kind.CHANGE
        for pair in _relations(row)
    ]
    # A stable sort keeps the order of rank and declaration within each verdict.
    return sorted(found, key=lambda pair: order.index(pair.verdict))


def _compared(focus_area_id: str, row: Deviation, pair: Pair) -> Compared:
    change = pair.related_change
    return Compared(
        related_indicator_id=pair.related_indicator_id,
        expected_sign=pair.expected_sign,
        related_change=None
        if change is None
        else _related(focus_area_id, row.indicator_id, pair.related_indicator_id, change),
        verdict=pair.verdict,
        since=long_since(pair.related_from, row.period_start.year),
    )


def _related(focus_area_id: str, indicator_id: str, related_id: str, change: float) -> Figure:
    cell = triangulation_cell(focus_area_id, indicator_id, related_id, "related_change")
    return Figure(change, (cell,))


def _claims(
    area: Area, lead: Deviation, rows: Sequence[Deviation], pairs: Sequence[Triangulation]
) -> tuple[AnyClaim, ...]:
    """What the area's heading and summary say, the most important first."""
    others = [row for row in rows if row is not lead]
    changed = [row for row in others if row.kind is Kind.CHANGE]
    lower, higher = (
        tuple(dict.fromkeys(row.indicator_id for row in changed if _is_lower(row) is way))
        for way in (True, False)
    )
    # The parts of the two groups that the heading is about say the same once more.
    own = lead.indicator_id if lead.kind is Kind.GROUP_DIFFERENCE else None
    differ = tuple(
        dict.fromkeys(
            row.indicator_id
            for row in others
            if row.kind is Kind.GROUP_DIFFERENCE and row.indicator_id != own
        )
    )
    against = tuple(
        Moved(
            indicator_id=pair.related_indicator_id,
            change=_related(
                pair.focus_area_id,
                pair.indicator_id,
                pair.related_indicator_id,
                pair.related_change,
            ),
            since=long_since(pair.related_from, lead.period_start.year),
        )
        for pair in pairs
        if pair.indicator_id == lead.indicator_id
        and pair.verdict is Verdict.CONTRARY
        and pair.related_change is not None
    )
    reserved = tuple(
        dict.fromkeys(
            each.explanation_id
            for row in rows
            if isinstance(row.evidence, Corrected)
            for each in row.evidence.reservations
        )
    )
    headline = _headline(area, lead)
    found: list[AnyClaim] = [headline]
    if against:
        found.append(Against(change=headline.change, moved=against))
    if lower or higher:
        found.append(AlsoMoved(lower=lower, higher=higher))
    if reserved:
        found.append(Reserved(explanation_ids=reserved))
    if differ:
        found.append(AlsoDiffer(indicator_ids=differ))
    return tuple(found)


def _is_lower(row: Deviation) -> bool:
    return (row.observed or 0.0) < (row.expected or 0.0)


def _headline(area: Area, lead: Deviation) -> Headline:
    if lead.observed is None:
        raise ValueError(f"{lead.deviation_id}: in focus without a value")
    groups = (lead.category, lead.compared_with) if lead.kind is Kind.GROUP_DIFFERENCE else ()
    change = lead.relative_change
    return Headline(
        area=area,
        indicator_id=lead.indicator_id,
        geography_id=lead.geography_id,
        when=When.of(lead.period_start.year),
        deviation=lead.kind,
        observed=lead.figure("observed", lead.observed),
        change=None if change is None else lead.figure("relative_change", change),
        groups=tuple(Group(lead.breakdown, name) for name in groups if name is not None),
    )
