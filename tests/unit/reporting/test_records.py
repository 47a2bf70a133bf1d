"""Which records of an area's series are told: the furthest back, each way by itself."""

from orchestration.findings.claims import Record
from orchestration.reporting.records import Records, told
from orchestration.statistics.extremes import Extreme

LOWEST = Extreme(highest=False, since=2016, of_all=True)
LOW = Extreme(highest=False, since=2018, of_all=False)
HIGH = Extreme(highest=True, since=2017, of_all=False)
SERIES: Records = {
    "households": (LOWEST, None),
    "children": (LOW, None),
    "months": (LOWEST, None),
    "refusals": (HIGH, None),
}


def named(*wanted: str) -> list[tuple[str, ...]]:
    return [each.indicator_ids for each in told(SERIES, wanted) if isinstance(each, Record)]


def test_who_was_lower_once_is_not_told_beside_who_never_was() -> None:
    assert named("households", "children", "months", "refusals") == [
        ("households", "months"),
        # The highest is another matter, and nobody has never been as high.
        ("refusals",),
    ]


def test_it_is_told_where_nobody_has_never_been_as_low() -> None:
    assert named("children", "refusals") == [("children",), ("refusals",)]
