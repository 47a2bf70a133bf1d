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
from datetime import date
from types import MappingProxyType
from typing import Literal

from orchestration.deviation.findings import iso_period
from orchestration.findings.claims import (
    BoardArose,
    BoardCeased,
    Cause,
    ContractChanged,
    Drifted,
    LossInNote,
    RegisterDrifted,
    SeriesBroken,
    SourceChanged,
    When,
)
from orchestration.findings.records import FoundExplanation
from orchestration.indicators.models import Basis, ExplanationKind

# Periods as publishers write them: 2017, 2017-02, 2017M02. Quarters and spans are not months.
_PERIOD = re.compile(r"([0-9]{4})(?:[-M]?(0[1-9]|1[0-2]))?", re.ASCII)
# Which notes say that something is lost, and which way it can only have moved the figure.
_LOSSES: Mapping[str, Literal[-1, 1] | None] = MappingProxyType(
    {"partial_loss": -1, "carried_over": None}
)


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
        number: which note of the dataset.
    """

    source_id: str
    kind: str
    period: str | None
    regions: tuple[str, ...]
    text_sv: str
    synthetic: bool = False
    number: int = 1


def explanations_in_notes(
    notes: Sequence[SourceNote],
    feeds: Mapping[str, Sequence[str]],
    places: Mapping[tuple[str, str], str],
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
        for region in note.regions:
            geography_id = places.get((note.source_id, region))
            if geography_id is None:
                continue
            for indicator_id in feeds.get(note.source_id, ()):
                named = [note.kind, iso_period(year, month), geography_id, indicator_id]
                explanation_id = _id("not", note.source_id, *named)
                found.setdefault(
                    explanation_id,
                    FoundExplanation(
                        explanation_id=explanation_id,
                        kind=ExplanationKind.REPORTING_LOSS,
                        indicator_id=indicator_id,
                        geography_id=geography_id,
                        period_from=year,
                        period_to=year,
                        month_from=month,
                        month_to=month,
                        explained_change=None,
                        is_break=False,
                        synthetic=note.synthetic,
                        basis=Basis.SOURCE_NOTE,
                        direction=_LOSSES[note.kind],
                        claims=(
                            LossInNote(
                                note_kind=note.kind,
                                source_id=note.source_id,
                                note_number=note.number,
                                geography_id=geography_id,
                                when=When.of(year, month),
                            ),
                        ),
                    ),
                )
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Board:
    """A district board, as ``marts.geographies`` has it.

    Attributes:
        geography_id: its code.
        name: as a reader meets it.
        valid_from: first day; None where it has been there all along.
        valid_to: last day; None where it is there still.
        successor_id: the board that took over; None where none did.
    """

    geography_id: str
    name: str
    valid_from: date | None
    valid_to: date | None
    successor_id: str | None


def explanations_in_boards(boards: Sequence[Board]) -> list[FoundExplanation]:
    """What a reform of the district boards explains.

    A board that ceased within a year has a part of that year, which is compared with nothing. A
    board that took over from others is not broken: its history is counted anew over theirs, row
    by row, and its first year is whole. A board that arose within a year without taking over from
    any has a part of a year and no history.

    Args:
        boards: all boards that are or have been.

    Returns:
        One explanation for each part of a year.
    """
    heirs = {each.successor_id for each in boards}
    found: list[FoundExplanation] = []
    for each in boards:
        last, first = each.valid_to, each.valid_from
        if last is not None and (last.month, last.day) != (12, 31):
            ceased = BoardCeased(
                geography_id=each.geography_id, last=last, successor_id=each.successor_id
            )
            found.append(_part_of_a_year(each, "upphorde", last.year, ceased))
        unheralded = first is not None and each.geography_id not in heirs
        if first is not None and unheralded and (first.month, first.day) != (1, 1):
            arose = BoardArose(geography_id=each.geography_id, first=first)
            found.append(_part_of_a_year(each, "bildades", first.year, arose))
    return found


def _part_of_a_year(board: Board, event: str, year: int, cause: Cause) -> FoundExplanation:
    return FoundExplanation(
        explanation_id=_id("namnd", event, str(year), board.geography_id),
        kind=ExplanationKind.REORGANISATION,
        indicator_id=None,
        geography_id=board.geography_id,
        period_from=year,
        period_to=year,
        explained_change=None,
        is_break=True,
        synthetic=False,
        basis=Basis.GEOGRAPHY,
        claims=(cause,),
    )


@dataclass(frozen=True, slots=True)
class SeriesBreak:
    """A total that cannot be compared with those before it, as its own row says.

    Attributes:
        indicator_id: name in the catalogue.
        geography_id: where.
        year: of the value.
        month: of the value; None for a yearly one.
        source_id: dataset or register of the value.
        previous_source_id: of the value before it.
        synthetic: whether the figures are made up.
    """

    indicator_id: str
    geography_id: str
    year: int
    month: int | None
    source_id: str
    previous_source_id: str | None
    synthetic: bool = False


def explanations_in_series(
    breaks: Sequence[SeriesBreak], boards: Sequence[FoundExplanation]
) -> list[FoundExplanation]:
    """What a series says of itself: marked as broken, or continued by another dataset.

    A publisher's table that goes on where another ended may count otherwise, as SCB's do from
    2025; nothing before it is compared with what comes after until somebody has registered the
    difference.

    Args:
        breaks: values that are marked as broken, or of another source than the one before.
        boards: what was found in the boards, which says better why a board's year is broken.

    Returns:
        One explanation for each indicator, place and period.
    """
    told = {(row.geography_id, row.period_from) for row in boards}
    found: list[FoundExplanation] = []
    for each in breaks:
        if (each.geography_id, each.year) in told:
            continue
        when = When.of(each.year, each.month)
        cause: Cause = SeriesBroken(when=when, source_id=each.source_id)
        if each.previous_source_id is not None and each.previous_source_id != each.source_id:
            cause = SourceChanged(
                when=when,
                source_id=each.source_id,
                previous_source_id=each.previous_source_id,
            )
        place = [iso_period(each.year, each.month), each.geography_id, each.indicator_id]
        found.append(
            FoundExplanation(
                explanation_id=_id("brott", *place),
                kind=ExplanationKind.DEFINITION,
                indicator_id=each.indicator_id,
                geography_id=each.geography_id,
                period_from=each.year,
                period_to=each.year,
                month_from=each.month,
                month_to=each.month,
                explained_change=None,
                is_break=True,
                synthetic=each.synthetic,
                basis=Basis.SERIES,
                claims=(cause,),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Register:
    """A register that indicators are counted from.

    Attributes:
        title_sv: as a reader meets it.
        indicators: what is counted from it.
        synthetic: whether its rows are made up.
    """

    title_sv: str
    indicators: tuple[str, ...]
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class ContractChange:
    """A dated change of a register's contract.

    Attributes:
        register: whose.
        year: from which it holds.
        month: of that year.
        columns: what is counted otherwise, or no more, from then on; columns that were only added
            do not belong here, for nothing was counted from them.
        description_sv: what changed and why.
    """

    register: str
    year: int
    month: int
    columns: tuple[str, ...]
    description_sv: str


@dataclass(frozen=True, slots=True)
class DriftObservation:
    """A measure of a register's delivery that lies far from the earlier deliveries'.

    Its figures are left out: they may be of few persons, and stand in the delivery's own report.

    Attributes:
        register: whose.
        period: of the delivery: ``2023`` or ``2023-05``.
        column: what moved; empty for the number of rows.
        measure: in what way.
    """

    register: str
    period: str
    column: str
    measure: str


#: What is measured of a delivery that an indicator can depend on. A column that is not in the
#: contract is never read, so its coming and going changes no figure.
DRIFT_MEASURES = frozenset(
    {"rows", "level", "missing", "share", "zero", "period", "order", "left_out", "back"}
)


def reservations_in_drift(
    observations: Sequence[DriftObservation], registers: Mapping[str, Register], municipality: str
) -> list[FoundExplanation]:
    """What the drift of registers may lie behind, and must be examined.

    A drift proves nothing. A register changes when its system or its routines do, and also when
    what it counts does: halve the placements, and the deliveries lose half their rows. To set a
    deviation aside for drift, or to demote it, would hide the largest true changes first. So a
    deviation keeps its outcome, and the reader is told what to examine before believing it.

    Args:
        observations: of the deliveries that stand.
        registers: by name; what is not among them feeds no indicator.
        municipality: whose registers they are.

    Returns:
        One reservation for each indicator and year.
    """
    moved: dict[tuple[str, int], dict[tuple[str, str], list[When]]] = {}
    for each in sorted(observations, key=lambda one: (one.period, one.column, one.measure)):
        if each.measure not in DRIFT_MEASURES or each.register not in registers:
            continue
        year, _, month = each.period.partition("-")
        of_year = moved.setdefault((each.register, int(year)), {})
        when = When.of(int(year), int(month) if month else None)
        of_year.setdefault((each.column, each.measure), []).append(when)
    return [
        _reservation(
            Basis.DRIFT,
            name,
            indicator_id,
            registers[name],
            municipality,
            years=(year, year),
            when=str(year),
            cause=RegisterDrifted(
                register=name,
                when=When.of(year),
                what=tuple(
                    Drifted(column=column, measure=measure, periods=tuple(dict.fromkeys(periods)))
                    for (column, measure), periods in what.items()
                ),
            ),
        )
        for (name, year), what in moved.items()
        for indicator_id in registers[name].indicators
    ]


def reservations_in_contracts(
    changes: Sequence[ContractChange], registers: Mapping[str, Register], municipality: str
) -> list[FoundExplanation]:
    """What a changed definition in a register's contract may lie behind.

    The catalogue does not say which columns an indicator is counted from, so a changed column is
    a reservation for every indicator of its register, and explains none. Somebody who knows the
    size registers it.

    Args:
        changes: of the contracts of registers.
        registers: by name; what is not among them feeds no indicator.
        municipality: whose registers they are.

    Returns:
        One reservation for each month with a change and indicator. A change within a year is felt
        in that year and once more in the next.
    """
    by_month: dict[tuple[str, int, int], list[ContractChange]] = {}
    for each in changes:
        if each.register in registers and each.columns:
            by_month.setdefault((each.register, each.year, each.month), []).append(each)
    return [
        _reservation(
            Basis.CONTRACT,
            name,
            indicator_id,
            registers[name],
            municipality,
            years=(year, year + (month > 1)),
            when=iso_period(year, month),
            cause=ContractChanged(
                register=name,
                when=When.of(year, month),
                columns=tuple(
                    dict.fromkeys(column for each in of_month for column in each.columns)
                ),
            ),
        )
        for (name, year, month), of_month in by_month.items()
        for indicator_id in registers[name].indicators
    ]


def _reservation(
    basis: Basis,
    name: str,
    indicator_id: str,
    register: Register,
    municipality: str,
    *,
    years: tuple[int, int],
    when: str,
    cause: Cause,
) -> FoundExplanation:
    drifted = basis is Basis.DRIFT
    return FoundExplanation(
        explanation_id=_id("drift" if drifted else "avtal", name, when, municipality, indicator_id),
        kind=ExplanationKind.SYSTEM if drifted else ExplanationKind.DEFINITION,
        indicator_id=indicator_id,
        geography_id=municipality,
        period_from=years[0],
        period_to=years[1],
        explained_change=None,
        is_break=False,
        synthetic=register.synthetic,
        basis=basis,
        claims=(cause,),
    )


def _id(*parts: str) -> str:
    # The nation's code is the only one in capitals, and an id has none.
    return "-".join(parts).lower()
