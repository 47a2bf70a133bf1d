"""What became of last year's focus areas.

A deviation that was in focus last year is told this year too, whatever came: it is back, it has
turned, it lasts, it has faded, or there is no value to tell by. A level that fell last year and
stays there is no new deviation, and would otherwise fall silent. A difference between groups, a
board and a standstill are judged within the year: what is not told anew has faded.

What does not belong here: tests; both years were assessed each on its own.
"""

from collections.abc import Sequence
from dataclasses import replace

from orchestration.deviation.findings import new_row
from orchestration.deviation.series import Series
from orchestration.findings.claims import Followed, When
from orchestration.findings.codes import Kind, Outcome, Since
from orchestration.findings.evidence import FollowedEvidence, GroupEvidence, LastYear
from orchestration.findings.records import Deviation

#: Kinds that are about a value of one series; a contrary pair is told through its changes.
_FOLLOWED = frozenset(Kind) - {Kind.CONTRARY}


def follow_up(
    last_year: Sequence[Deviation],
    this_year: Sequence[Deviation],
    series: Sequence[Series],
    year: int,
) -> list[Deviation]:
    """Carry last year's focus over to this year's rows.

    Args:
        last_year: rows of the year before.
        this_year: rows of the report year.
        series: yearly series of both.
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
    quiet = [_quiet(before, by_key, year) for before in was.values()]
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
    told = LastYear(
        deviation_id=before.deviation_id,
        observed=before.observed,
        expected=before.expected,
        relative_change=before.relative_change,
        since=since,
    )
    return replace(row, evidence=replace(row.evidence, last_year=told))


def _quiet(
    before: Deviation, by_key: dict[tuple[str, str, str, str], Series], year: int
) -> Deviation:
    key = (before.indicator_id, before.geography_id, before.breakdown, before.category)
    row = replace(
        new_row(key, before.kind, year, related=before.compared_with or ""),
        evidence=_groups_of(before),
    )
    told = Followed(
        indicator_id=before.indicator_id,
        when=When.of(year),
        deviation=before.kind,
        since=Since.CANNOT_TELL,
    )
    one = by_key.get(key)
    at, at_before = (None, None) if one is None else (one.at(year), one.at(year - 1))
    if one is None or at is None:
        return _with_last_year(replace(row, claims=(told,)), before, Since.CANNOT_TELL)
    value = float(one.value[at])
    change = None
    if at_before is not None and one.value[at_before] != 0:
        change = value / float(one.value[at_before]) - 1.0
    changed = before.kind in {Kind.CHANGE, Kind.DISTRICT_CHANGE}
    since = Since.LASTS if changed else Since.FADED
    told = replace(
        told,
        since=since,
        observed=row.figure("observed", value),
        change=None if change is None else row.figure("relative_change", change),
    )
    row = replace(
        row, observed=value, relative_change=change, outcome=Outcome.WATCH, claims=(told,)
    )
    return _with_last_year(row, before, since)


def _groups_of(before: Deviation) -> FollowedEvidence:
    """Who reads the row must know which two groups it is about."""
    match before.evidence:
        case GroupEvidence(category_a=one, category_b=other):
            return FollowedEvidence(category_a=one, category_b=other)
        case _:
            return FollowedEvidence()
