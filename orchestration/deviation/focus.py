"""From deviations to focus areas: what remains, grouped by area of activity and triangulated.

Works from the rows alone, their evidence included, so that it can run in a step of its own on
what was stored. What does not belong here: testing, and layout of the report.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestration.deviation import wording
from orchestration.deviation.contrary import Verdict
from orchestration.deviation.result import Deviation, FocusArea, Kind, Outcome, Triangulation
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import AREA_TITLES_SV, CONTEXT_AREAS, Area


def focus_areas(
    deviations: Sequence[Deviation], catalogue: Catalogue
) -> tuple[list[FocusArea], list[Triangulation]]:
    """Group what is in focus by area of activity.

    Args:
        deviations: rows of one report year, as ``assess`` gave them or as they were stored.
        catalogue: for titles, units and rationales.

    Returns:
        Focus areas, ranked by their best deviation, and for each its triangulation: every
        declared relation of the indicators in focus, the contradicting ones first.

    Raises:
        ValueError: a row names an indicator that is not in the catalogue.
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
                title_sv=_title(area, lead, catalogue),
                rank=rank,
                summary_sv=_summary(lead, rows, pairs, catalogue),
                period_start=lead.period_start,
                geography_id=lead.geography_id,
                lead_deviation_id=lead.deviation_id,
                deviation_ids=tuple(row.deviation_id for row in rows),
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
        row.deviation_id: sum(r["verdict"] == Verdict.CONTRARY for r in _relations(row))
        for row in told
    }
    return min(told, key=lambda row: (-contradictions[row.deviation_id], _rank(row)))


def _relations(row: Deviation) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = row.details.get("relations", [])
    return found


def _triangulate(
    focus_area_id: str, rows: Sequence[Deviation], catalogue: Catalogue
) -> list[Triangulation]:
    rationale = {r.relation_id: r.rationale_sv for r in catalogue.relations}
    order = list(Verdict)
    found = [
        Triangulation(
            focus_area_id=focus_area_id,
            indicator_id=row.indicator_id,
            related_indicator_id=facts["related_indicator_id"],
            expected_sign=facts["expected_sign"],
            observed_change=facts["observed_change"],
            related_change=facts["related_change"],
            p_value=facts["p_value"],
            verdict=Verdict(facts["verdict"]),
            relation_id=facts["relation_id"],
            sentence_sv=wording.relation_sentence(
                catalogue.indicator(facts["related_indicator_id"]), facts
            ),
            rationale_sv=rationale.get(facts["relation_id"], ""),
        )
        for row in rows
        if row.kind is Kind.CHANGE
        for facts in _relations(row)
    ]
    # A stable sort keeps the order of rank and declaration within each verdict.
    return sorted(found, key=lambda pair: order.index(pair.verdict))


def _title(area: Area, lead: Deviation, catalogue: Catalogue) -> str:
    indicator = catalogue.indicator(lead.indicator_id)
    subject = wording.definite(indicator.title_sv)
    if lead.kind is Kind.GROUP_DIFFERENCE:
        facts = lead.details
        groups = wording.listing(
            [wording.category(facts["category_a"]), wording.category(facts["category_b"])]
        )
        return f"{wording.sentence_case(groups)}: skillnad i {subject}"
    head = f"{AREA_TITLES_SV[area]}: {subject}"
    return head if lead.relative_change is None else f"{head} {wording.moved(lead.relative_change)}"


def _summary(
    lead: Deviation,
    rows: Sequence[Deviation],
    pairs: Sequence[Triangulation],
    catalogue: Catalogue,
) -> str:
    sentences = [lead.details["sentence_sv"]]
    others = [row for row in rows if row.kind is Kind.CHANGE and row is not lead]
    if others:
        told = [
            f"{wording.definite(catalogue.indicator(row.indicator_id).title_sv)} "
            f"{_short_change(row, catalogue)}"
            for row in others
        ]
        sentences.append(f"I samma område avviker även {wording.listing(told)}.")
    groups = [row for row in rows if row.kind is Kind.GROUP_DIFFERENCE and row is not lead]
    sentences += [row.details["sentence_sv"] for row in groups]
    for verdict, head in (
        (Verdict.CONTRARY, "Tvärtemot de väntade sambanden rörde sig"),
        (Verdict.DIVERGENT_WITHIN_NOISE, "Åt andra hållet än väntat, men inom slumpen, rörde sig"),
        (Verdict.AS_EXPECTED, "Åt väntat håll rörde sig"),
    ):
        told = list(
            dict.fromkeys(
                _related_change(pair, catalogue) for pair in pairs if pair.verdict is verdict
            )
        )
        if told:
            sentences.append(f"{head} {wording.listing(told)}.")
    reserved = [each["title_sv"] for row in rows for each in row.details.get("reservations", [])]
    if reserved:
        sentences.append(wording.reservation(list(dict.fromkeys(reserved))))
    return " ".join(sentences)


def _short_change(row: Deviation, catalogue: Catalogue) -> str:
    indicator = catalogue.indicator(row.indicator_id)
    value = wording.figure_with_unit(row.observed or 0.0, indicator)
    if row.relative_change is None:
        return f"({value})"
    return f"({wording.signed_percent(row.relative_change)}, till {value})"


def _related_change(pair: Triangulation, catalogue: Catalogue) -> str:
    related = catalogue.indicator(pair.related_indicator_id)
    change = pair.related_change or 0.0
    return f"{wording.definite(related.title_sv)} ({wording.signed_percent(change)})"
