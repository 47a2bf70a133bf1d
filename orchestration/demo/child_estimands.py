"""What each estimand of the children's review is in a city by the truths that made it.

As in `estimands`: from the parameters, or as the mean of many other cities by the same truths;
never from the rows of the city itself. Where something is drawn at last, its probability is
counted and not the draw. What is common to all analyses' truths belongs there.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from orchestration.demo import targets
from orchestration.demo.children import (
    CONTACTS,
    INTERVENTION_WEIGHTS,
    NO_INVESTIGATION,
    CaseYear,
    shares_of_districts,
)
from orchestration.demo.geography import (
    CENTRAL,
    DISTRICT_AREA,
    DISTRICT_INDEX,
    DISTRICT_WEIGHT,
    units_at_year_end,
)
from orchestration.demo.model import Model
from orchestration.demo.population import children
from orchestration.demo.sampling import NO_DAY, Flags, Floats, Ints, last_day, year_of
from orchestration.statistics.decomposition import product_effects
from orchestration.statistics.survival import aalen_johansen

Value = tuple[str, float, str, str]
"""Estimand, value, category and breakdown."""

_TOTAL: Final = ("total", "total")
_STEPS: Final = ("utredning", "erbjuden", "accepterad", "beviljad")
_OFFERED, _GRANTED = 3, 5
_CATEGORIES: Final = (1, 2, 3, 4)
_YOUNG, _FOLLOWED = 7, 16
"""Ages below which a child is of the youngest, and is followed after a closing."""
_ASKED: Final = {"skola": (6, 18), "forskola": (1, 6), "barnet": (0, 99), "halso_sjukvard": (0, 99)}
_UNITS: Final = 10.0
"""Index units that a ratio is told for."""
_HORIZONS: Final = {6: 183, 12: 365, 24: 730}
_OUTCOMES: Final = ("forhandsbedomning", "utredning_utan_insats", "insats")
_HISTORIES: Final = ("0", "1-2", "3+")
_OPEN: Final = 1_000_000
"""A day after all others."""
_NEWTON: Final = 30


def values(model: Model, cities: Sequence[Sequence[CaseYear]], year: int) -> Iterator[Value]:
    """Every value of a year.

    Args:
        model: Which city.
        cities: Other cities by the same truths, each with its years up to this one.
        year: Of the report.
    """
    last = [years[-1] for years in cities]
    yield from _funnel(last)
    yield from _guardians(model, last)
    yield from _contacted(last)
    yield from _youngest(last)
    yield from _again(cities, year)
    yield from _slopes(model, year)
    yield from _sexes(last)
    shares = np.array(INTERVENTION_WEIGHTS) / sum(INTERVENTION_WEIGHTS)
    yield "5.11", float(1 - np.square(shares).sum()), *_TOTAL


def _together(cities: Sequence[CaseYear], name: str) -> Floats:
    """Of the cases that the review counts."""
    return np.concatenate([getattr(each, name)[each.counted] for each in cities])


def _funnel(cities: Sequence[CaseYear]) -> Iterator[Value]:
    """5.1: how far cases come, in all and by category."""
    stage, category = _together(cities, "stage"), _together(cities, "category")
    for at, step in enumerate(_STEPS, start=2):
        yield "5.1", float((stage >= at).mean()), step, "stage"
        for each in _CATEGORIES:
            share = float((stage[category == each] >= at).mean())
            yield "5.1", share, f"{step}*{each}", "stage*area_category"


def _guardians(model: Model, cities: Sequence[CaseYear]) -> Iterator[Value]:
    """5.2: what guardians end, and by category at the mix of ages that all have together."""
    stage = _together(cities, "stage")
    without = _together(cities, "without")[stage == 1]
    unwilling = NO_INVESTIGATION.index("vardnadshavare_vill_inte")
    yield "5.2", float(without[:, unwilling].mean()), "vardnadshavare_vill_inte", "measure"
    tables = model.truths.child.guardian_declines
    offered = stage >= _OFFERED
    by_guardian = 1 - _together(cities, "by_child")[offered]
    accepts = _together(cities, "accepts")[offered]
    declines = np.array([tables["declined"][str(each)] for each in _CATEGORIES])
    mine = (1 - (1 - declines[:, None]) * accepts) * by_guardian
    category = _together(cities, "category")[offered].astype(np.int64)
    share = mine[category - 1, np.arange(len(category))].mean()
    yield "5.2", float(share), "avbojd_av_vardnadshavare", "measure"
    of_category = {
        "vardnadshavare_vill_inte": [
            tables["vardnadshavare_vill_inte"][str(each)] for each in _CATEGORIES
        ],
        "avbojd_av_vardnadshavare": mine.mean(axis=1).tolist(),
    }
    for name, shares in of_category.items():
        for each, value in zip(_CATEGORIES, shares, strict=True):
            yield f"5.2_{name}", float(value), str(each), "area_category"
        yield f"5.2_{name}_difference", float(shares[0] - shares[-1]), *_TOTAL


def _contacted(cities: Sequence[CaseYear]) -> Iterator[Value]:
    """5.4: whom investigations speak to, and preschool less school."""
    investigated, age = _together(cities, "stage") > 1, _together(cities, "age")
    contacted = _together(cities, "contacted")
    shares = {}
    for party, (first, after) in _ASKED.items():
        asked = investigated & (age >= first) & (age < after)
        shares[party] = float(contacted[asked, CONTACTS.index(party)].mean())
        yield "5.4", shares[party], party, "party"
    yield "5.4_difference", shares["forskola"] - shares["skola"], *_TOTAL


def _youngest(cities: Sequence[CaseYear]) -> Iterator[Value]:
    """5.5: granted below seven less the others, and the part that arises at each step."""
    stage, young = _together(cities, "stage"), _together(cities, "age") < _YOUNG
    rates = []
    for name, mine in (("7-20", ~young), ("0-6", young)):
        reached = np.array([(stage[mine] >= at).sum() for at in range(1, _GRANTED + 1)])
        yield "5.5_granted", float(reached[-1] / reached[0]), name, "age_group"
        rates.append(reached[1:] / reached[:-1])
    yield "5.5", float(rates[1].prod() - rates[0].prod()), *_TOTAL
    for step, part in zip(_STEPS, product_effects(rates[0], rates[1]), strict=True):
        yield "5.5", float(part), step, "stage"


def _again(cities: Sequence[Sequence[CaseYear]], year: int) -> Iterator[Value]:
    """5.6: reported again so long after a closing of three years, all followed to the last day."""
    closings = [_closings(years, year) for years in cities]
    days, again, history, outcome = (np.concatenate(each) for each in zip(*closings, strict=True))
    everyone = np.ones(len(days), dtype=np.bool_)
    groups: list[tuple[Flags, str, str]] = [(everyone, *_TOTAL)]
    groups += [(history == at, name, "history") for at, name in enumerate(_HISTORIES)]
    groups += [(outcome == at, name, "outcome") for at, name in enumerate(_OUTCOMES)]
    horizons = np.array(list(_HORIZONS.values()), dtype=np.float64)
    for mine, category, breakdown in groups:
        found = aalen_johansen(days[mine].astype(np.float64), again[mine], 1, horizons, 0.95)
        for at, months in enumerate(_HORIZONS):
            yield f"5.6_{months}", float(found.estimate[at, 0]), category, breakdown


def _closings(years: Sequence[CaseYear], year: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Days to the next report or the year's end, whether it came, history and outcome.

    What is reported while another case of the child is open belongs to the same spell.
    """
    names = ("person", "day", "closed", "age", "earlier", "stage")
    columns = {name: np.concatenate([getattr(each, name) for each in years]) for name in names}
    order = np.lexsort((columns["day"], columns["person"]))
    person, day, closed, age, earlier, stage = (columns[name][order] for name in names)
    ends = np.where(closed == NO_DAY, _OPEN, closed)
    open_to = np.maximum.accumulate(person * 2 * _OPEN + ends) - person * 2 * _OPEN
    same = np.append(False, person[1:] == person[:-1])
    starts = ~same | (day > np.append(0, open_to[:-1]))
    spell = np.cumsum(starts) - 1
    by_end = np.lexsort((day, ends, spell))
    final = by_end[np.append(np.flatnonzero(np.diff(spell[by_end])), len(spell) - 1)]
    first, owner = day[starts], person[starts]
    follows = np.append(owner[1:] == owner[:-1], False)
    until = np.where(follows, np.append(first[1:], _OPEN), _OPEN)
    end, last = ends[final], last_day(year)
    mine = (end <= last) & (age[final] < _FOLLOWED)
    mine[mine] = year_of(end[mine]) >= year - 2
    again = (until <= last)[mine].astype(np.int64)
    days = np.maximum(np.minimum(until, last)[mine] - end[mine], 0)
    history = np.searchsorted([1, 3], earlier[final][mine], side="right")
    outcome = np.select([stage[final] >= _GRANTED, stage[final] > 1], [2, 1], 0)[mine]
    return days, again, history, outcome


def _slopes(model: Model, year: int) -> Iterator[Value]:
    """5.7 and 5.8: the lines that the expected cases of the districts follow."""
    weights = np.array(targets.CHILD_CASES_2018.values)
    area = targets.CHILD_CASES[year] * weights / weights.sum()
    cases = shares_of_districts(model) * area[DISTRICT_AREA]
    total = np.bincount(DISTRICT_AREA, DISTRICT_WEIGHT, minlength=CENTRAL)
    living = children(year, 1.0)[DISTRICT_AREA] * DISTRICT_WEIGHT / total[DISTRICT_AREA]
    board = units_at_year_end(year)[DISTRICT_AREA]
    index = DISTRICT_INDEX / _UNITS
    mean = (np.bincount(board, living * index) / np.maximum(np.bincount(board, living), 1e-9))[
        board
    ]
    one, ones = _line(cases, living, [index]), [mean, index - mean]
    between, within = _line(cases, living, ones)
    for estimand, slope in (
        ("5.7", one[0]),
        ("5.8_between", between),
        ("5.8_within", within),
        ("5.8", within - between),
    ):
        yield estimand, float(np.exp(slope)), *_TOTAL


def _line(cases: Floats, living: Floats, columns: Sequence[Floats]) -> Floats:
    """Slopes of a log-linear fit of cases over those who live there (Newton)."""
    design = np.column_stack([np.ones(len(cases)), *columns])
    beta = np.append(np.log(cases.sum() / living.sum()), np.zeros(len(columns)))
    for _ in range(_NEWTON):
        fitted = living * np.exp(np.clip(design @ beta, -20.0, 5.0))
        information = (design * fitted[:, None]).T @ design
        beta = beta + np.clip(np.linalg.solve(information, design.T @ (cases - fitted)), -1, 1)
    return np.asarray(beta[1:])


def _sexes(cities: Sequence[CaseYear]) -> Iterator[Value]:
    """5.10: boys by reason; no step depends on sex."""
    yield "5.10_boys", targets.BOYS_SHARE.value, *_TOTAL
    boys, reasons = _together(cities, "male"), _together(cities, "reasons")
    of_boys, of_all = reasons[boys].sum(axis=0), reasons.sum(axis=0)
    for at, reason in enumerate(targets.CONTACT_REASONS):
        own = of_boys[at] / of_all[at]
        rest = (of_boys.sum() - of_boys[at]) / (of_all.sum() - of_all[at])
        yield "5.10_boys", float(own), reason.code, "contact_reason"
        yield "5.10_reason", float(own - rest), reason.code, "contact_reason"
    declined = ("vardnadshavare_vill_inte", "avbojd_av_vardnadshavare")
    for step in ("utredning", "erbjuden", "beviljad", *declined):
        yield "5.10_step", 0.0, step, "measure"
    for party in _ASKED:
        yield "5.10_step", 0.0, f"vidtalad_{party}", "measure"
