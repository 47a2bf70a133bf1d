"""Children and time: who is reported again after the closing, and when a first insats comes.

Estimands 5.6 and 5.12. Children are followed to the end of the reported year, also where more is
known since, so that a year's report says the same whenever it is made. Who comes of age within the
time is not told by an age band, so that only those below sixteen at the report are followed.

What does not belong here: what a closing is; the grain says.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from orchestration.analyses.rows import (
    LEAST_EVENTS,
    LEAST_OBSERVATIONS,
    LEVEL,
    MOST_ROWS,
    Rows,
    Unidentified,
    enough,
    enough_for,
)
from orchestration.findings.codes import Shortfall
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.funnels import wilson_limits
from orchestration.statistics.hazards import piecewise
from orchestration.statistics.survival import aalen_johansen, normal_contrast

#: Months, and the days that they are.
HORIZONS: Mapping[int, int] = {6: 183, 12: 365, 24: 730}
OUTCOMES = ("forhandsbedomning", "utredning_utan_insats", "insats")
_UTREDNING, _INSATS = 1, 2
AGE_GROUPS = ("0-6", "7-12", "13-17", "18-20")
#: So many earlier cases make a first insats late.
LATE = 3
#: Where the hazard of a new report takes a step, days.
_CUTS = np.array([30.0, 91.0, 183.0, 365.0])


@dataclass(frozen=True, eq=False)
class Closings:
    """One row a closing of a child who was below sixteen.

    Attributes:
        child: (N,), numbers from 0.
        days: (N,), to the next report, or as far as the child was followed.
        again: (N,), whether there was a next report.
        history: (N,), codes, as the next three; -1 where not known.
        age_group: (N,).
        reason: (N,).
        board: (N,).
        outcome: (N,), places in ``OUTCOMES``.
        names: names of the codes.
    """

    child: IntArray
    days: FloatArray
    again: BoolArray
    history: IntArray
    age_group: IntArray
    reason: IntArray
    board: IntArray
    outcome: IntArray
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class FirstInsats:
    """One row a child whose first report is known.

    Attributes:
        days: (N,), from the first report to the first insats, or as far as the child was followed.
        granted: (N,), whether an insats came.
        this_year: (N,), whether it came in the reported year.
        cases_before: (N,), at the insats; -1 where there is none.
        age_group: (N,), codes; -1 where not known.
        recent: (N,), whether the child first came in the reported year or the two before.
        names: names of the age groups.
    """

    days: FloatArray
    granted: BoolArray
    this_year: BoolArray
    cases_before: IntArray
    age_group: IntArray
    recent: BoolArray
    names: tuple[str, ...]


def again(rows: Rows, closings: Closings | None) -> None:
    """5.6: who is reported again, by what came before; and after an insats against none."""
    if closings is None or closings.days.size > MOST_ROWS:
        rows.add(
            "5.6", None, unit="share", method_id="aalen_johansen",
            shortfall=Shortfall.TOO_MANY_ROWS if closings else Shortfall.NO_REGISTER,
        )  # fmt: skip
        return
    groups = {("total", "total"): np.ones(closings.days.size, dtype=bool)}
    of = {
        "history": (closings.history, closings.names["history"]),
        "outcome": (closings.outcome, OUTCOMES),
        "age_group": (closings.age_group, closings.names["age_group"]),
        "contact_reason": (closings.reason, closings.names["contact_reason"]),
    }
    for breakdown, (codes, names) in of.items():
        groups |= {(breakdown, name): codes == at for at, name in enumerate(names)}
    for at, name in enumerate(closings.names["history"]):
        groups |= {
            ("history*outcome", f"{name}*{outcome}"): (closings.history == at)
            & (closings.outcome == to)
            for to, outcome in enumerate(OUTCOMES)
        }
    for (breakdown, category), mine in groups.items():
        _incidence(rows, "5.6", (closings.days[mine], closings.again[mine]), (breakdown, category))
    with rows.attempt("5.6_after", unit="ratio", method_id="piecewise_hazard"):
        after_insats(rows, closings)


def _incidence(
    rows: Rows, estimand: str, spells: tuple[FloatArray, BoolArray], group: tuple[str, str]
) -> None:
    days, event = spells
    breakdown, category = group
    number, events = float(days.size), float(event.sum())
    lacking: Shortfall | None = None
    if number == 0:
        lacking = Shortfall.NOBODY
    elif number < LEAST_OBSERVATIONS:
        lacking = Shortfall.FEW_OBSERVATIONS
    elif events < LEAST_EVENTS:
        lacking = Shortfall.FEW_EVENTS
    found = None
    if lacking is None:
        horizons = np.array(list(HORIZONS.values()), dtype=np.float64)
        found = aalen_johansen(days, event.astype(np.int64), 1, horizons, LEVEL)
    for at, (months, horizon) in enumerate(HORIZONS.items()):
        short = lacking
        if short is None and days.max() < horizon:
            short = Shortfall.NOT_FOLLOWED
        known = found is not None and short is None
        rows.add(
            f"{estimand}_{months}",
            float(found.estimate[at, 0]) if found is not None and known else None,
            (
                float(found.lower[at, 0]),
                float(found.upper[at, 0]),
                float(found.standard_error[at, 0]),
            )
            if found is not None and known
            else None,
            unit="share",
            method_id="aalen_johansen" if estimand == "5.6" else "kaplan_meier",
            breakdown=breakdown,
            category=category,
            observations=number,
            events=events,
            shortfall=short,
        )


def after_insats(rows: Rows, closings: Closings) -> None:
    """5.6_after: hazard of a new report after an insats against an investigation without one.

    Raises:
        Unidentified: too few came back.
        ValueError: nobody came back in some band of time.
    """
    young = closings.age_group == closings.names["age_group"].index(AGE_GROUPS[0])
    known = closings.age_group >= 0
    outcome = closings.outcome
    columns = [
        (outcome == _UTREDNING) & young,
        (outcome == _INSATS) & young,
        (outcome == _UTREDNING) & ~young,
        (outcome == _INSATS) & ~young,
    ]
    first = len(columns)
    for codes, names in (
        (closings.age_group, closings.names["age_group"]),
        (closings.history, closings.names["history"]),
        (closings.reason, closings.names["contact_reason"]),
        (closings.board, closings.names["board"]),
    ):
        present = [at for at in range(-1, len(names)) if (codes[known] == at).any()]
        columns += [codes == at for at in present[1:]]
    design = np.column_stack(columns)[known].astype(np.float64)
    for at in range(first):
        enough_for(float((closings.again[known] * design[:, at]).sum()), 1)
    _, child = np.unique(closings.child[known], return_inverse=True)
    found = piecewise(
        closings.days[known], closings.again[known].astype(np.float64), design, _CUTS, child
    )
    for name, (without, after) in (("0-6", (0, 1)), ("7-15", (2, 3))):
        weights = np.zeros(design.shape[1])
        weights[[without, after]] = -1.0, 1.0
        value, error = found.contrast(weights)
        tested = normal_contrast(value, error, LEVEL)
        verdict = None
        if tested.upper < 0:
            verdict = "fewer"
        elif tested.lower > 0:
            verdict = "more"
        rows.add(
            "5.6_after",
            float(np.exp(value)),
            (float(np.exp(tested.lower)), float(np.exp(tested.upper)), error),
            unit="ratio",
            method_id="piecewise_hazard",
            breakdown="age_group",
            category=name,
            observations=float(design[:, [without, after]].sum()),
            events=float((closings.again[known] * design[:, after]).sum()),
            p_value=tested.p_value,
            verdict=verdict,
        )


def first_insats(rows: Rows, firsts: FirstInsats | None) -> None:
    """5.12: how soon a first insats comes, and how many first insatser come late."""
    if firsts is None or firsts.days.size > MOST_ROWS:
        rows.add(
            "5.12", None, unit="share", method_id="kaplan_meier",
            shortfall=Shortfall.TOO_MANY_ROWS if firsts else Shortfall.NO_REGISTER,
        )  # fmt: skip
        return
    groups = [("total", "total", firsts.recent)]
    groups += [
        ("age_group", name, firsts.recent & (firsts.age_group == at))
        for at, name in enumerate(firsts.names)
    ]
    for breakdown, category, mine in groups:
        _incidence(rows, "5.12", (firsts.days[mine], firsts.granted[mine]), (breakdown, category))
    with rows.attempt("5.12_late", unit="share", method_id="wilson"):
        _late(rows, firsts)


def _late(rows: Rows, firsts: FirstInsats) -> None:
    came = firsts.this_year
    late = came & (firsts.cases_before >= LATE)
    number, events = float(came.sum()), float(late.sum())
    enough(number, events)
    if number == 0:
        raise Unidentified(Shortfall.NOBODY)
    low, high = wilson_limits(np.array([events]), np.array([number]), (1 - LEVEL) / 2)
    share = events / number
    rows.add(
        "5.12_late",
        share,
        (float(low[0]), float(high[0]), float(np.sqrt(share * (1 - share) / number))),
        unit="share",
        method_id="wilson",
        observations=number,
        events=events,
    )
