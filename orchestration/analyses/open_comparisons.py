"""What municipalities answer in Öppna jämförelser: shares, what silence may mean, and changes.

A share is of those who answered. Beside it stands what it can be at least and at most, whatever the
silent ones would have said. A change of it is of all that answered either time; whether it is one
at all is told from the units that answered both times. A question with another wording is another
question. A share that is printed and has no answers behind it stands as it is printed.

The estimands 6.1 (matched units) and 6.2 (all that answered, with limits under non-response) are of
the country, one an indicator.

What does not belong here: which unit is in which group, and who has answered what.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orchestration.analyses.rows import FALSE_DISCOVERY_RATE, LEAST_OBSERVATIONS, LEVEL, Rows
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import OpenComparison
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.multiplicity import benjamini_hochberg
from orchestration.statistics.nonresponse import Bounds, change_bounds, share_bounds
from orchestration.statistics.paired import mcnemar_exact, paired_change

ANALYSIS = "open_comparisons"
COUNTRY, COUNTRY_TYPE = "SE", "riket"
#: Published shares are whole per cents, so one lies so far from what it is rounded from.
ROUNDING = 0.005
_POINTS = 100.0


@dataclass(frozen=True)
class Groups:
    """Groups of units and what they answered, (N,) each.

    Attributes:
        indicator: place in `indicators`.
        kind: place in `kinds`.
        group: place in `codes`.
        year: of the survey.
        previous_year: of the survey before; 0 where there is none.
        is_break: whether the question had another wording then.
        of_municipalities: whether it is asked whether the municipality has answered at all.
        units: whom the question is for; 0 where only the published share is known.
        answered: of them.
        said_yes: of those.
        previous_units: the same of the survey before; 0 where there is none.
        previous_answered: of them.
        previous_said_yes: of those.
        matched: units that answered both times.
        gained: of them, from no to yes.
        lost: of them, from yes to no.
        published: the printed share, a fraction; nan where none is.
        indicators: ids.
        kinds: of groups.
        codes: of groups.
        names: of groups, by code.
    """

    indicator: IntArray
    kind: IntArray
    group: IntArray
    year: IntArray
    previous_year: IntArray
    is_break: BoolArray
    of_municipalities: BoolArray
    units: IntArray
    answered: IntArray
    said_yes: IntArray
    previous_units: IntArray
    previous_answered: IntArray
    previous_said_yes: IntArray
    matched: IntArray
    gained: IntArray
    lost: IntArray
    published: FloatArray
    indicators: tuple[str, ...]
    kinds: tuple[str, ...]
    codes: tuple[str, ...]
    names: dict[str, str]

    @cached_property
    def computed(self) -> BoolArray:
        """(N,), whether anybody has answered."""
        return self.answered > 0

    @cached_property
    def share(self) -> FloatArray:
        """(N,), of those who answered; the printed one where nobody's answer is known."""
        own = self.said_yes / np.where(self.computed, self.answered, 1)
        return np.where(self.computed, own, self.published)

    @cached_property
    def bounds(self) -> Bounds:
        """What the share can be; nan where nobody's answer is known."""
        known = np.where(self.computed, self.units, 0)
        return share_bounds(self.said_yes, self.answered, known)

    @cached_property
    def compared(self) -> BoolArray:
        """(N,), whether the same question was answered the time before."""
        return self.computed & (self.previous_answered > 0) & ~self.is_break

    @cached_property
    def change(self) -> FloatArray:
        """(N,), of the share of those who answered; nan where there is nothing to compare with."""
        before = self.previous_said_yes / np.where(self.compared, self.previous_answered, 1)
        return np.where(self.compared, self.share - before, np.nan)

    @cached_property
    def limits(self) -> Bounds:
        """What the change can be, whatever the silent ones would have said."""
        units = np.where(self.compared, self.previous_units, 0)
        before = share_bounds(self.previous_said_yes, self.previous_answered, units)
        return change_bounds(self.bounds, before)

    @cached_property
    def p_values(self) -> FloatArray:
        """(N,), of no change among the units that answered both times; nan without any."""
        found = mcnemar_exact(self.gained, self.lost)
        return np.where(self.compared & (self.matched > 0), found, np.nan)


def comparisons(groups: Groups) -> list[OpenComparison]:
    """Every group as it stands in its table."""
    bounds, change, limits = groups.bounds, groups.change, groups.limits
    shares, p_values, compared = groups.share, groups.p_values, groups.compared
    made = []
    for at in range(groups.year.size):
        code = groups.codes[groups.group[at]]
        computed, has_change = bool(groups.computed[at]), bool(compared[at])
        matched = int(groups.matched[at]) if has_change else None
        made.append(
            OpenComparison(
                indicator_id=groups.indicators[groups.indicator[at]],
                year=int(groups.year[at]),
                group_type=groups.kinds[groups.kind[at]],
                group_code=code,
                group_name=groups.names[code],
                share=_number(shares[at]),
                basis="answers" if computed else "published",
                published_share=_number(groups.published[at]),
                units=int(groups.units[at]) if groups.units[at] else None,
                answered=int(groups.answered[at]) if groups.units[at] else None,
                said_yes=int(groups.said_yes[at]) if groups.units[at] else None,
                lower_bound=_number(bounds[0][at]),
                upper_bound=_number(bounds[1][at]),
                previous_year=int(groups.previous_year[at]) or None,
                is_break=bool(groups.is_break[at]),
                change_pp=_number(change[at] * _POINTS),
                change_lower=_number(limits[0][at] * _POINTS),
                change_upper=_number(limits[1][at] * _POINTS),
                matched=matched,
                gained=int(groups.gained[at]) if has_change else None,
                lost=int(groups.lost[at]) if has_change else None,
                matched_change_pp=float(groups.gained[at] - groups.lost[at]) / matched * _POINTS
                if matched
                else None,
                change_p=_number(p_values[at]),
            )
        )
    return made


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def analyse(year: int, groups: Groups) -> Rows:
    """Every estimate of the latest survey that a report of a year can know.

    Args:
        year: the reported year.
        groups: of all surveys.
    """
    known = groups.computed & (groups.year <= year)
    if not known.any():
        rows = Rows(ANALYSIS, year, COUNTRY)
        for estimand, method in (("6.1", "mcnemar"), ("6.2", "manski")):
            _add(rows, estimand, method, None, Shortfall.NO_REGISTER)
        return rows
    survey = int(groups.year[known].max())
    country = groups.kinds.index(COUNTRY_TYPE) if COUNTRY_TYPE in groups.kinds else -1
    own = known & (groups.year == survey) & (groups.kind == country) & ~groups.of_municipalities
    rows = Rows(ANALYSIS, survey, COUNTRY)
    places = [int(at) for at in np.flatnonzero(own)]
    tested = [at for at in places if _shortfall(groups, at) is None]
    q_values = (
        benjamini_hochberg(groups.p_values[tested]) if tested else np.empty(0, dtype=np.float64)
    )
    by_place = dict(zip(tested, q_values.tolist(), strict=True))
    for at in places:
        _matched(rows, groups, at, by_place.get(at))
    for at in places:
        _all_that_answered(rows, groups, at)
    return rows


def _shortfall(groups: Groups, at: int) -> Shortfall | None:
    """What a change of one indicator lacks."""
    if not groups.previous_year[at]:
        return Shortfall.NO_EARLIER
    if groups.is_break[at]:
        return Shortfall.REWORDED
    if groups.matched[at] < LEAST_OBSERVATIONS:
        return Shortfall.FEW_OBSERVATIONS
    return None


def _matched(rows: Rows, groups: Groups, at: int, q_value: float | None) -> None:
    """6.1: the change among the units that answered both times."""
    shortfall = _shortfall(groups, at)
    if shortfall is not None or q_value is None:
        _add(rows, "6.1", "mcnemar", groups.indicators[groups.indicator[at]], shortfall)
        return
    gained, lost, matched = (int(each[at]) for each in (groups.gained, groups.lost, groups.matched))
    change = (gained - lost) / matched
    verdict = "kan_inte_avgoras"
    if q_value <= FALSE_DISCOVERY_RATE:
        verdict = "okade" if change > 0 else "minskade"
    rows.add(
        "6.1",
        change,
        paired_change(gained, lost, matched, LEVEL),
        unit="points",
        method_id="mcnemar",
        breakdown="indicator",
        category=groups.indicators[groups.indicator[at]],
        since=int(groups.previous_year[at]),
        observations=float(matched),
        events=float(gained + lost),
        p_value=float(groups.p_values[at]),
        q_value=q_value,
        verdict=verdict,
    )


def _all_that_answered(rows: Rows, groups: Groups, at: int) -> None:
    """6.2: the change of the share, and between what it must lie whatever the silent would say."""
    indicator = groups.indicators[groups.indicator[at]]
    if not groups.compared[at]:
        shortfall = _shortfall(groups, at) or Shortfall.NO_EARLIER
        _add(rows, "6.2", "manski", indicator, shortfall)
        return
    lower, upper = groups.limits
    rows.add(
        "6.2",
        float(groups.change[at]),
        (float(lower[at]), float(upper[at]), float("nan")),
        unit="points",
        method_id="manski",
        breakdown="indicator",
        category=indicator,
        since=int(groups.previous_year[at]),
        observations=float(groups.answered[at]),
        level=1.0,
    )


def _add(
    rows: Rows, estimand: str, method: str, indicator: str | None, shortfall: Shortfall | None
) -> None:
    rows.add(
        estimand,
        None,
        unit="points",
        method_id=method,
        breakdown="total" if indicator is None else "indicator",
        category="total" if indicator is None else indicator,
        shortfall=shortfall,
    )
