"""What became of last year's focus areas.

A deviation that was in focus last year is told this year too, whatever came: it is back, it has
turned, it lasts, it has faded, or there is no value to tell by. A level that fell last year and
stays there is no new deviation, and would otherwise fall silent. A difference between groups, a
board and a standstill are judged within the year: what is not told anew has faded.

What does not belong here: tests; both years were assessed each on its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from orchestration.deviation import wording
from orchestration.deviation.findings import as_json, new_row
from orchestration.deviation.result import Deviation, Kind, Outcome
from orchestration.deviation.series import Series
from orchestration.indicators.catalogue import Catalogue

#: Kinds that are about a value of one series; a contrary pair is told through its changes.
_FOLLOWED = frozenset({Kind.CHANGE, Kind.STABILITY, Kind.GROUP_DIFFERENCE, Kind.DISTRICT_OUTLIER})


class Since(StrEnum):
    """What became of a deviation in the year after.

    ``AGAIN``: it deviates the same way. ``TURNED``: it deviates the other way. ``LASTS``: the
    value lies where last year's lay, as far as chance can tell. ``FADED``: a deviation within the
    year that cannot be told from chance any more. ``CANNOT_TELL``: no value.
    """

    AGAIN = "again"
    TURNED = "turned"
    LASTS = "lasts"
    FADED = "faded"
    CANNOT_TELL = "cannot_tell"


def follow_up(
    last_year: Sequence[Deviation],
    this_year: Sequence[Deviation],
    series: Sequence[Series],
    catalogue: Catalogue,
    year: int,
) -> list[Deviation]:
    """Carry last year's focus over to this year's rows.

    Args:
        last_year: rows of the year before.
        this_year: rows of the report year.
        series: yearly series of both.
        catalogue: for titles and units.
        year: the report year.

    Returns:
        This year's rows, those that were in focus last year with ``last_year`` in their
        evidence; and after them a row for each that has none of its own: ``watch`` where it
        lasts or has faded, ``cannot_tell`` where there is no value.
    """
    was = {
        _key(row): row
        for row in last_year
        if row.outcome is Outcome.FOCUS and row.kind in _FOLLOWED
    }
    rows: list[Deviation] = []
    for row in this_year:
        before = was.pop(_key(row), None)
        rows.append(row if before is None else _with_last_year(row, before, _since(row, before)))
    by_key = {one.key: one for one in series}
    quiet = [_quiet(before, by_key, catalogue, year) for before in was.values()]
    return [*rows, *quiet]


def _key(row: Deviation) -> tuple[str | None, ...]:
    """What makes two rows the same finding in two years; a month is none of a year's."""
    return (
        row.indicator_id,
        row.period_grain,
        row.geography_id,
        row.breakdown,
        row.category,
        row.compared_with,
        row.kind,
    )


def _since(row: Deviation, before: Deviation) -> Since:
    ways = [_way(each) for each in (row, before)]
    if None in ways:
        return Since.CANNOT_TELL
    return Since.AGAIN if ways[0] == ways[1] else Since.TURNED


def _way(row: Deviation) -> bool | None:
    """Whether it lies above what was expected."""
    if row.observed is None or row.expected is None:
        return None
    return row.observed > row.expected


def _with_last_year(row: Deviation, before: Deviation, since: Since) -> Deviation:
    told = {
        "deviation_id": before.deviation_id,
        "observed": before.observed,
        "expected": before.expected,
        "relative_change": before.relative_change,
        "since": str(since),
    }
    return replace(row, evidence=as_json({**row.details, "last_year": told}))


def _quiet(
    before: Deviation,
    by_key: dict[tuple[str, str, str, str], Series],
    catalogue: Catalogue,
    year: int,
) -> Deviation:
    key = (before.indicator_id, before.geography_id, before.breakdown, before.category)
    row = new_row(key, before.kind, year, related=before.compared_with or "")
    if before.compared_with is not None:
        groups = {name: before.details[name] for name in ("category_a", "category_b")}
        row = replace(row, evidence=as_json(groups))
    indicator = catalogue.indicator(before.indicator_id)
    one = by_key.get(key)
    at, at_before = (None, None) if one is None else (one.at(year), one.at(year - 1))
    if one is None or at is None:
        reason = wording.followed_without_value(indicator, year)
        return _with_last_year(replace(row, reason_sv=reason), before, Since.CANNOT_TELL)
    value = float(one.value[at])
    change = None
    if at_before is not None and one.value[at_before] != 0:
        change = value / float(one.value[at_before]) - 1.0
    lasts = before.kind is Kind.CHANGE
    row = replace(
        row,
        observed=value,
        relative_change=change,
        outcome=Outcome.WATCH,
        reason_sv=wording.followed_sentence(indicator, year, value, change)
        if lasts
        else wording.faded_sentence(indicator, year, before.kind),
    )
    return _with_last_year(row, before, Since.LASTS if lasts else Since.FADED)
