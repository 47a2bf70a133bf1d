"""Natural explanations that are found, not registered: what the data say of themselves.

Typed facts in, explanations out. What a publisher says was lost, a board's part of a year and a
series that is marked as broken explain a change, as a registered cause does. A register that
drifted, or whose contract was changed, is a reservation only (`reservations_in_drift` says why).

What does not belong here: reading tables, and what an explanation does to a verdict
(``explanations.py``, ``assess.py``).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from orchestration.deviation import wording
from orchestration.indicators.models import Basis, ExplanationKind, FoundExplanation

# Periods as publishers write them: 2017, 2017-02, 2017M02. Quarters and spans are not months.
_PERIOD = re.compile(r"([0-9]{4})(?:[-M]?(0[1-9]|1[0-2]))?", re.ASCII)
# What a note of a kind is called, and which way it can only have moved the figure.
_LOSSES: dict[str, tuple[str, Literal[-1, 1] | None]] = {
    "partial_loss": ("{region}: partiellt bortfall {during}", -1),
    "carried_over": ("{region}: inget eget värde {during}, utgivaren använde månaden före", None),
}


@dataclass(frozen=True, slots=True)
class SourceNote:
    """A row of ``marts.source_notes``.

    Attributes:
        source_id: the dataset.
        kind: ``partial_loss``, ``carried_over``, ``not_estimated`` ...
        period: as the source writes it; None where it is about all.
        regions: as the source names them; empty where it is about all.
        text_sv: the publisher's words.
        synthetic: whether the figures are made up.
    """

    source_id: str
    kind: str
    period: str | None
    regions: tuple[str, ...]
    text_sv: str
    synthetic: bool = False


def explanations_in_notes(
    notes: Sequence[SourceNote],
    feeds: Mapping[str, Sequence[str]],
    places: Mapping[tuple[str, str], str],
    citations: Mapping[str, str],
) -> list[FoundExplanation]:
    """What publishers' footnotes explain.

    A partial loss makes a figure lower and so explains a fall, never a rise. A value that was
    carried over from the month before is not the month's own, and explains any change. A national
    estimate that leaves municipalities out (``not_estimated``) says nothing of their own values. A
    note without period or region tells no value from another, and explains nothing.

    Args:
        notes: what the publishers say.
        feeds: indicators that are counted from a dataset, by its ``source_id``.
        places: ``geography_id`` by ``source_id`` and the source's own name of a region; regions
            that are not in it have no place in the marts and are passed over.
        citations: how a dataset is cited, by its ``source_id``.

    Returns:
        One explanation for each note, indicator and place, whose id does not depend on how the
        notes are numbered.
    """
    found: dict[str, FoundExplanation] = {}
    for note in notes:
        period = _PERIOD.fullmatch(note.period or "")
        if note.kind not in _LOSSES or period is None:
            continue
        year, month = int(period[1]), None if period[2] is None else int(period[2])
        title, direction = _LOSSES[note.kind]
        during = wording.during(year, month)
        for region in note.regions:
            geography_id = places.get((note.source_id, region))
            if geography_id is None:
                continue
            for indicator_id in feeds.get(note.source_id, ()):
                named = [note.kind, wording.iso_period(year, month), geography_id, indicator_id]
                explanation_id = "-".join(["not", note.source_id, *named])
                found.setdefault(
                    explanation_id,
                    FoundExplanation(
                        explanation_id=explanation_id,
                        kind=ExplanationKind.REPORTING_LOSS,
                        title_sv=title.format(region=region, during=during),
                        description_sv=f"Utgivarens fotnot: ”{note.text_sv.strip()}”",
                        indicator_id=indicator_id,
                        geography_id=geography_id,
                        period_from=year,
                        period_to=year,
                        month_from=month,
                        month_to=month,
                        explained_change=None,
                        is_break=False,
                        source=f"{citations.get(note.source_id, note.source_id)}, fotnot",
                        synthetic=note.synthetic,
                        basis=Basis.SOURCE_NOTE,
                        direction=direction,
                    ),
                )
    return list(found.values())
