"""What each estimand is in a city by the truths that made it: the content of `truth.json`.

A value comes from the parameters: in closed form where there is one, otherwise as the mean of many
other cities drawn by the same truths. Never from the rows of the city itself. How an estimand is
estimated belongs in the analyses, which this module does not know.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from orchestration.demo import (
    assistance,
    child_estimands,
    disability,
    targets,
    violence,
    writing,
)
from orchestration.demo.assistance import GROUNDS, NEW_GROUPS, Decisions
from orchestration.demo.children import cases_of
from orchestration.demo.geography import AREAS
from orchestration.demo.model import Model
from orchestration.demo.panels import area_weights
from orchestration.demo.people import People
from orchestration.demo.sampling import (
    NO_DAY,
    Flags,
    Floats,
    Ints,
    choose,
    first_day,
    happens,
    last_day,
    year_of,
)
from orchestration.demo.sex_ratios import sex_ratios
from orchestration.statistics import batched
from orchestration.statistics.decomposition import product_effects

YEAR: Final = 2023
"""The year of the report; what changes has changed since the year before."""
CITIES: Final = 4
"""Drawn in full size for what has no closed form; an interval of a city of a quarter's size is then
eight times as wide as what is not known of its truth."""
_PERSONS: Final = 400_000
_STAYS: Final = 1_000_000
_OTHER_CITIES: Final = 1_000_000
"""Added to the seed: the cities of a Monte Carlo are never the one that is written."""
_HORIZONS: Final = (1, 3, 6, 12)
_STAY_HORIZON: Final = 120
_FLOW_HORIZON: Final = 180
_RETURN_HORIZON: Final = 365
_DAYS: Final = 100_000
"""More than any day since 1970."""
GRANT_SINCE: Final = 2018
"""The first year of the grant that the analysis is told; the truths may have another."""
_PLACEBOS: Final = ("6", "8", "10", "14", "16")
_AROUND: Final = (9.0, 16.0)
"""Hours a month that an excess is a share of."""
_LIMIT: Final = 12.0
"""Hours a month; who has more meets that criterion of the grant."""
_MONTHS: Final = 12
_MERGED: Final = (
    *("Rinkeby-Kista", "Spånga-Tensta", "Norrmalm"),
    *("Östermalm", "Älvsjö", "Hägersten-Liljeholmen"),
)
_PLAIN: Final = str.maketrans("åäö ", "aao-")
_Assisted = tuple[Sequence[Decisions], Floats, Floats]
"""Each year's decisions, and what the last year's applied for and were granted."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The true value of an estimand.

    Attributes:
        analysis_id: The analysis.
        estimand_id: The estimand.
        value: Its value under the generating model.
        category: Which group; `total` for all.
        breakdown: Of which groups.
    """

    analysis_id: str
    estimand_id: str
    value: float
    category: str = "total"
    breakdown: str = "total"


def write_truth(path: Path, model: Model) -> None:
    """Write the truths of a city and what they make of every estimand.

    Args:
        path: The file; never in the inbox.
        model: Which city.

    Raises:
        OSError: If it cannot be written.
    """
    content = {
        "seed": model.seed,
        "scale": model.scale,
        "mode": "drawn" if model.drawn else "calibrated",
        "year": YEAR,
        "truths": asdict(model.truths),
        "estimands": [asdict(each) for each in truths_of(model)],
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def truths_of(model: Model) -> list[Truth]:
    """Every estimand's value in a city of a model; levels are those of its size."""
    assisted = [assistance.amounts_of(each) for each in _others(model, CITIES)]
    return [
        *_of_refusals(model, assisted),
        *_of_protected(model),
        *housing_support_truths(model),
        *child_truths(model),
        *equality_truths(model, assisted),
    ]


def equality_truths(model: Model, assisted: Sequence[_Assisted] | None = None) -> Iterator[Truth]:
    """The values of 8.1: women's level over men's, by indicator.

    Args:
        model: Which city.
        assisted: Economic assistance in the other cities, if it is drawn already.
    """
    others = list(_others(model, CITIES))
    drawn = assisted or [assistance.amounts_of(each) for each in others]
    of_year = [(years[-1], granted) for years, _, granted in drawn]
    for name, ratio in sex_ratios(model, YEAR, of_year, others).items():
        yield Truth("equality", "8.1", ratio, name, "indicator")


def _others(model: Model, number: int) -> Iterator[Model]:
    """Other cities of the place in full size by the same truths, whose totals are drawn."""
    for at in range(number):
        seed = model.seed + _OTHER_CITIES + at
        yield replace(model, seed=seed, scale=1.0, drawn=True, place=model.seed)


def child_truths(model: Model) -> Iterator[Truth]:
    """The values of 5.1 to 5.11."""
    cities = [cases_of(each) for each in _others(model, CITIES)]
    for estimand, value, category, breakdown in child_estimands.values(model, cities, YEAR):
        yield Truth("child_review", estimand, value, category, breakdown)


# --- Refusals ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Months:
    """Household months of two years; each array has shape (n,).

    Attributes:
        household: Numbers, the same in both years.
        month: Months since January of the earlier year.
        refused: Whether anything was refused in whole.
        granted: Whether anything was granted.
        ground: Of the full refusal that comes last by name, -1 without one.
        band: Of the spell.
        kind: Household type.
        housing: Form of housing.
    """

    household: Ints
    month: Ints
    refused: Ints
    granted: Ints
    ground: Ints
    band: Ints
    kind: Ints
    housing: Ints

    @property
    def later(self) -> Ints:
        """1 in the year of the report, 0 in the year before."""
        return self.month // _MONTHS


def _months_of(years: Sequence[Decisions]) -> _Months:
    def together(name: str) -> Ints:
        return np.concatenate([getattr(each, name) for each in years])

    month = np.concatenate([each.month + _MONTHS * at for at, each in enumerate(years)])
    household = together("household")
    # By name, so that the last one of a month is the one that is told.
    by_name = np.argsort(np.argsort(np.array(GROUNDS)))
    ground = np.where(
        np.concatenate([each.refused for each in years]), by_name[together("ground")], -1
    )
    order = np.lexsort((ground, month, household))
    key = (household * 100 + month)[order]
    last = np.append(key[1:] != key[:-1], True)
    first = np.flatnonzero(np.append(True, last[:-1]))
    rows = order[last]
    granted = np.concatenate([each.granted for each in years])[order].astype(np.int64)
    band = np.searchsorted(assistance.BAND_STARTS, together("spell_month"), side="right") - 1
    named = np.append(np.argsort(np.array(GROUNDS)), -1)
    return _Months(
        household=household[rows],
        month=month[rows],
        refused=(ground[rows] >= 0).astype(np.int64),
        granted=np.maximum.reduceat(granted, first),
        ground=named[ground[rows]],
        band=band[rows],
        kind=together("kind")[rows],
        housing=together("housing")[rows],
    )


def _of_refusals(model: Model, drawn: Sequence[_Assisted]) -> Iterator[Truth]:
    cities = [years[-2:] for years, *_ in drawn]
    months = [_months_of(years) for years in cities]
    yield from _rates(cities, months)
    yield from _factors(cities, months, model)
    yield from _composition([years for years, *_ in drawn])
    yield from _any(months)
    yield from _money([(years[-1], applied - granted) for years, applied, granted in drawn], model)
    yield from _spells(months, tuple(model.truths.refusal.hazard_by_spell))
    yield from _new_groups(cities)
    yield from _returns(months)
    yield from _boards(cities)


def _rates(cities: Sequence[Sequence[Decisions]], months: Sequence[_Months]) -> Iterator[Truth]:
    """1.1: of decisions, household months and households of the year of the report."""
    decided = np.concatenate([years[-1].ground >= 0 for years in cities])
    yield Truth("refusals", "1.1", float(decided.mean()))
    refused = np.concatenate([each.refused[each.later == 1] for each in months])
    yield Truth("refusals", "1.1_months", float(refused.mean()))
    households, with_any = 0, 0
    for _, year in cities:
        households += len(np.unique(year.household))
        with_any += len(np.unique(year.household[year.ground >= 0]))
    yield Truth("refusals", "1.1_households", with_any / households)


def _composition(cities: Sequence[Sequence[Decisions]]) -> Iterator[Truth]:
    """1.3: Kitagawa's parts, where the strata are band, kind of application, purpose and type."""
    bands, applications, types = len(assistance.BAND_STARTS), 3, 7
    shape = (2, len(GROUNDS) + 1, bands * applications * 2 * types)
    events, sizes = np.zeros(shape), np.zeros(shape)
    for years in cities:
        kinds = _application_kinds(years)
        for at, (year, kind) in enumerate(zip(years[-2:], kinds[-2:], strict=True)):
            band = np.searchsorted(assistance.BAND_STARTS, year.spell_month, side="right") - 1
            stratum = ((band * applications + kind) * 2 + year.extra_need) * types + year.kind
            sizes[at] += np.bincount(stratum, minlength=shape[2])
            events[at, 0] += np.bincount(stratum, year.ground >= 0, minlength=shape[2])
            for ground in range(len(GROUNDS)):
                mine = year.ground == ground
                events[at, 1 + ground] += np.bincount(stratum, mine, minlength=shape[2])
    rates = np.divide(events, sizes, out=np.full(shape, np.nan), where=sizes > 0)
    # A stratum that one year lacks has the other year's rate.
    then, now = (np.nan_to_num(np.where(np.isnan(a), b, a)) for a, b in (rates, rates[::-1]))
    shares = sizes / sizes.sum(axis=-1, keepdims=True)
    mix = ((shares[1] - shares[0]) * (then + now) / 2).sum(axis=-1)
    own = ((now - then) * (shares[0] + shares[1]) / 2).sum(axis=-1)
    for name, parts in (("1.3_composition", mix), ("1.3_rate", own)):
        yield Truth("refusals", name, float(parts[0]))
        for part, ground_name in zip(parts[1:], GROUNDS, strict=True):
            yield Truth("refusals", name, float(part), ground_name, "ground")


def _application_kinds(years: Sequence[Decisions]) -> list[Ints]:
    """0 where nothing was applied for in twelve months, 1 after a pause, 2 the month before too."""
    span = _MONTHS * len(years)
    keys = [each.household * span + _MONTHS * at + each.month for at, each in enumerate(years)]
    known = np.unique(np.concatenate(keys))
    wait = np.append(2 * span, np.diff(known))
    wait[np.append(True, known[1:] // span != known[:-1] // span)] = 2 * span
    kinds = np.where(wait == 1, 2, np.where(wait <= _MONTHS, 1, 0))
    return [kinds[np.searchsorted(known, each)] for each in keys]


def _any(months: Sequence[_Months]) -> Iterator[Truth]:
    """1.4 of households with any refusal: what each household's months and hazards give it."""
    beta, design_of = _hazards(months)
    totals = np.zeros(3)
    for seen in months:
        for at, (year, hazard_of) in enumerate(((0, 0), (1, 1), (1, 0))):
            mine = seen.later == year
            log_odds = design_of(seen, mine, hazard_of) @ beta
            _, home = np.unique(seen.household[mine], return_inverse=True)
            lasting = np.bincount(home, -np.logaddexp(0.0, log_odds))
            totals[at] += (1 - np.exp(lasting)).mean() / len(months)
    then, now, swapped = totals
    yield Truth("refusals", "1.4_any_rise", float(now - then))
    yield Truth("refusals", "1.4_any_spells", float(swapped - then))
    yield Truth("refusals", "1.4_any", float((swapped - then) / (now - then)))


def _hazards(
    months: Sequence[_Months],
) -> tuple[Floats, Callable[[_Months, Flags, int], Floats]]:
    """Coefficients of a refusal by year and band, household type and housing, and their columns."""
    levels = (len(assistance.BAND_STARTS), 7, 5)

    def columns(places: Sequence[Ints], later: Ints) -> Floats:
        band, kind, housing = (
            np.eye(number)[place][:, 1:] for number, place in zip(levels, places, strict=True)
        )
        year = later[:, None].astype(np.float64)
        return np.hstack([np.ones_like(year), year, band, band * year, kind, housing])

    def design_of(seen: _Months, mine: Flags, hazard_of: int) -> Floats:
        places = [seen.band[mine], seen.kind[mine], seen.housing[mine]]
        return columns(places, np.full(int(mine.sum()), hazard_of))

    shape = (2, *levels)
    events, trials = np.zeros(shape), np.zeros(shape)
    for seen in months:
        cell = np.ravel_multi_index((seen.later, seen.band, seen.kind, seen.housing), shape)
        trials += np.bincount(cell, minlength=trials.size).reshape(shape)
        events += np.bincount(cell, seen.refused, minlength=trials.size).reshape(shape)
    later, *places = np.indices(shape).reshape(4, -1)
    there = trials.ravel() > 0
    design = columns([place[there] for place in places], later[there])
    y, n = events.ravel()[there], trials.ravel()[there]
    return batched.logistic(y[None], n[None], design)[0], design_of


def _money(cities: Sequence[tuple[Decisions, Floats]], model: Model) -> Iterator[Truth]:
    """1.9: kronor that were applied for and refused, by ground; a month and purpose is a row."""
    by_name = np.argsort(np.argsort(np.array(GROUNDS)))
    grounds, amounts = [], []
    for year, lacking in cities:
        key = (year.household * _MONTHS + year.month) * 2 + year.extra_need
        _, row = np.unique(key, return_inverse=True)
        total = np.bincount(row, lacking)
        last = np.full(len(total), -1)
        np.maximum.at(last, row, np.where(year.ground >= 0, by_name[year.ground], -1))
        grounds.append(last[last >= 0])
        amounts.append(total[last >= 0])
    ground, amount = np.concatenate(grounds), np.concatenate(amounts)
    for at in range(-1, len(GROUNDS)):
        mine = amount if at < 0 else amount[ground == by_name[at]]
        group = ("total", "total") if at < 0 else (GROUNDS[at], "ground")
        if len(mine):
            scale = model.scale / len(cities)
            yield Truth("refusals", "1.9_sum", float(mine.sum() * scale), *group)
            yield Truth("refusals", "1.9_median", float(np.median(mine)), *group)


def _factors(
    cities: Sequence[Sequence[Decisions]], months: Sequence[_Months], model: Model
) -> Iterator[Truth]:
    """1.2: what each factor makes of the change, exact for the expected numbers."""
    sums = np.zeros((2, 4))
    for years, seen in zip(cities, months, strict=True):
        for at, year in enumerate(years):
            households = len(np.unique(year.household))
            refusals = (year.ground >= 0).sum()
            sums[at] += (households, (seen.later == at).sum(), len(year.household), refusals)
    sums *= model.scale / len(cities)
    factors = np.concatenate([sums[:, :1], sums[:, 1:] / sums[:, :-1]], axis=1)
    parts = product_effects(factors[0], factors[1])
    names = ("households", "months", "decisions", "refusals")
    for name, part in zip(names, parts, strict=True):
        yield Truth("refusals", "1.2", float(part), name, "factor")
    yield Truth("refusals", "1.2", float(sums[1, 3] - sums[0, 3]))


def _spells(months: Sequence[_Months], names: Sequence[str]) -> Iterator[Truth]:
    """1.4 and 1.5: hazards by band of the spell."""
    bands = len(assistance.BAND_STARTS)
    kinds, housings = 7, 5
    shape = (2, bands, kinds, housings)
    events, trials = np.zeros(shape), np.zeros(shape)
    for seen in months:
        cell = ((seen.later * bands + seen.band) * kinds + seen.kind) * housings + seen.housing
        trials += np.bincount(cell, minlength=trials.size).reshape(shape)
        events += np.bincount(cell, seen.refused, minlength=trials.size).reshape(shape)
    of_band, size = events.sum(axis=(2, 3)), trials.sum(axis=(2, 3))
    hazard, share = of_band / np.maximum(size, 1), size / size.sum(axis=1, keepdims=True)
    rise = float((hazard[1] * share[1]).sum() - (hazard[0] * share[0]).sum())
    by_spells = float((hazard[0] * share[1]).sum() - (hazard[0] * share[0]).sum())
    yield Truth("refusals", "1.4_rise", rise)
    yield Truth("refusals", "1.4_spells", by_spells)
    yield Truth("refusals", "1.4", by_spells / rise)
    places = np.indices(shape).reshape(4, -1)
    columns = [np.ones(trials.size), places[0]]
    for axis, levels in ((1, bands), (2, kinds), (3, housings)):
        columns += [places[axis] == level for level in range(1, levels)]
    design = np.column_stack(columns).astype(np.float64)
    beta = batched.logistic(events.reshape(1, -1), trials.reshape(1, -1), design)[0]
    for name, value in zip(names[1:], beta[2 : 1 + bands], strict=True):
        yield Truth("refusals", "1.5", float(np.exp(value)), name, "spell_band")


def _new_groups(cities: Sequence[Sequence[Decisions]]) -> Iterator[Truth]:
    """1.6: rise of the suspected grounds against the others'."""
    counts = np.array(
        [
            np.sum([np.bincount(y[at].ground[y[at].ground >= 0], minlength=9) for y in cities], 0)
            for at in (0, 1)
        ],
        dtype=np.float64,
    )
    others = np.setdiff1d(np.arange(len(GROUNDS)), list(NEW_GROUPS.values()))
    common = counts[1, others].sum() / counts[0, others].sum()
    for ground in NEW_GROUPS.values():
        ratio = float(counts[1, ground] / counts[0, ground] / common)
        yield Truth("refusals", "1.6", ratio, GROUNDS[ground], "ground")


def _returns(months: Sequence[_Months]) -> Iterator[Truth]:
    """1.7: what had come of a refusal, by Aalen and Johansen's estimator of all the cities."""
    ground, wait, event = (
        np.concatenate(each) for each in zip(*map(_followed, months), strict=True)
    )
    shares = {}
    for at in range(-1, len(GROUNDS)):
        mine = np.ones(len(ground), dtype=np.bool_) if at < 0 else ground == at
        if not mine.any():
            continue
        found = _incidence(wait[mine], event[mine])
        group = ("total", "total") if at < 0 else (GROUNDS[at], "ground")
        for horizon in _HORIZONS:
            granted, again = found[horizon - 1]
            for name, value in (
                ("granted", granted),
                ("refused_again", again),
                ("no_application", 1 - granted - again),
            ):
                yield Truth("refusals", f"1.7_{name}_{horizon}", float(value), *group)
    credit = NEW_GROUPS["kredit"]
    for name, mine in (
        ("own", ground == credit),
        ("other", np.isin(ground, assistance.ECONOMIC) & (ground != credit)),
    ):
        shares[name] = 1 - _incidence(wait[mine], event[mine])[_HORIZONS[-1] - 1].sum()
    contrast = float(np.log(shares["own"]) / np.log(shares["other"]))
    yield Truth("refusals", "1.7_contrast", contrast, GROUNDS[credit], "ground")


def _followed(months: _Months) -> tuple[Ints, Ints, Ints]:
    """Ground, whole months until the next application, and what it came to, of each refusal."""
    same = np.append(months.household[1:] == months.household[:-1], False)
    end = 2 * _MONTHS - 1
    following = np.where(same, np.append(months.month[1:], 0), end)
    event = np.where(same, np.where(np.append(months.granted[1:], 0) > 0, 1, 2), 0)
    rows = (months.refused > 0) & (months.month < end)
    return months.ground[rows], (following - months.month)[rows], event[rows]


def _incidence(wait: Ints, event: Ints) -> Floats:
    """Cumulative incidence of both events after 1 to 12 months, shape (12, 2)."""
    counts = np.stack([np.bincount(wait[event == e], minlength=99) for e in range(3)], axis=1)
    at_risk = counts.sum(axis=1)[::-1].cumsum()[::-1]
    surviving, total, found = 1.0, np.zeros(2), []
    for month in range(1, _MONTHS + 1):
        hazard = counts[month, 1:] / max(at_risk[month], 1)
        total = total + surviving * hazard
        surviving *= 1 - hazard.sum()
        found.append(total)
    return np.array(found)


def _boards(cities: Sequence[Sequence[Decisions]]) -> Iterator[Truth]:
    """1.8: each board's share of refusals against the others'; the mix is the same by the model."""
    decisions, refusals = np.zeros(len(AREAS) + 1), np.zeros(len(AREAS) + 1)
    for _, year in cities:
        decisions += np.bincount(year.area, minlength=len(decisions))
        refusals += np.bincount(year.area, year.ground >= 0, minlength=len(decisions))
    for at, name in enumerate(AREAS):
        if name not in _MERGED:
            rest = np.arange(len(AREAS)) != at
            others = refusals[:-1][rest].sum() / decisions[:-1][rest].sum()
            place = f"0180-{name.lower().translate(_PLAIN)}"
            yield Truth(
                "refusals", "1.8", float(refusals[at] / decisions[at] / others), place, "board"
            )


# --- Protected housing --------------------------------------------------------------------------


def _of_protected(model: Model) -> Iterator[Truth]:
    analysis = "protected_housing"
    before, now = (violence.response_shares(model, year) for year in (YEAR - 1, YEAR))
    weights = np.array([1 - violence.CHILDREN_AT_HOME, violence.CHILDREN_AT_HOME])
    missing = weights @ (before - now)[:, 0]
    cases = np.mean([_reported(each) for each in _others(model, CITIES)]) * model.scale
    yield Truth(analysis, "2.3", float(cases * missing))
    if missing > 0:
        carried = weights @ (now - before)[:, 1:3] / missing
        for name, share in zip(("jourlagenhet", "egen_losning"), carried, strict=True):
            yield Truth(analysis, "2.4", float(share), name, "response")
        yield Truth(analysis, "2.4", float(1 - carried.sum()), "unexplained", "response")
    for year, shares in ((YEAR - 1, before), (YEAR, now)):
        talked = weights @ shares[:, violence.RESPONSES.index("samtalsstod_enbart")]
        rest = 1 - weights @ shares[:, 0]
        yield Truth(analysis, "2.5", float(talked / rest), str(year), "year")
    rng = model.generator("sanning vistelser")
    length = violence.STAY_DAYS[0] * rng.lognormal(0.0, violence.STAY_SPREAD, _STAYS)
    days = 1 + np.floor(length)
    # Stays are as long in both years.
    yield Truth(analysis, "2.7", 0.0)
    for year in (YEAR - 1, YEAR):
        mean = float(np.minimum(days, _STAY_HORIZON).mean())
        yield Truth(analysis, "2.7_mean", mean, str(year), "year")
        yield Truth(analysis, "2.7_median", float(np.median(days)), str(year), "year")
    yield from _flows(model)
    yield Truth(analysis, "2.8", _step(model))
    yield Truth(analysis, "2.8_elasticity", 0.0)


def _reported(model: Model) -> int:
    """Victims with a case of the year."""
    cases = violence.cases_of(People(model.generator("personer")), None, model)
    mine = cases.victim & (year_of(cases.reported) == YEAR)
    return len(np.unique(cases.found.person[mine]))


def _flows(model: Model) -> Iterator[Truth]:
    """2.6: who came to another form within so long, among those who left one in the two years."""
    found: dict[tuple[str, str], list[tuple[Ints, Ints]]] = {}
    for each in _others(model, CITIES):
        kept = writing.Kept()
        people = People(each.generator("personer"))
        cases = violence.cases_of(people, None, each)
        placed = violence.write_placements(kept, people, cases, each)
        violence.write_counselling(kept, people, cases, placed, each)
        stays = _stays_of(kept)
        for name, waits in _moves(stays):
            found.setdefault(name, []).append(waits)
    for (left, came), parts in sorted(found.items()):
        wait, moved = (np.concatenate(each) for each in zip(*parts, strict=True))
        horizon = _RETURN_HORIZON if left == came else _FLOW_HORIZON
        staying = 1.0
        for day in np.unique(wait[(moved > 0) & (wait <= horizon)]):
            staying *= 1 - ((wait == day) & (moved > 0)).sum() / (wait >= day).sum()
        yield Truth("protected_housing", "2.6", float(1 - staying), f"{left}*{came}", "flow")


_Stays = dict[str, tuple[Ints, Ints, Ints]]


def _stays_of(kept: writing.Kept) -> _Stays:
    """Person, first and last day of the stays in each form; `NO_DAY` where one has not ended."""
    placed, talked = "skyddat_boende_placeringar", "rvc_samtalsstod"
    names = ("personnummer", "start_datum", "slut_datum")
    form = kept.column(placed, "boendeform")
    violent = kept.column(placed, "orsak") != violence.OTHER_CAUSE
    stays = {}
    for at, name in enumerate(violence.FORMS):
        mine = violent & (form == at)
        person, start, end = (kept.column(placed, column)[mine] for column in names)
        stays[name] = (person, start, end)
    victims = kept.column(talked, "roll") == 0
    person, start, end = (kept.column(talked, column)[victims] for column in names)
    return {**stays, "rvc": (person, start, end)}


def _moves(stays: _Stays) -> Iterator[tuple[tuple[str, str], tuple[Ints, Ints]]]:
    """Days until the next stay in another form, or the last day, of each who left one."""
    last = last_day(YEAR)
    shelter = violence.FORMS[0]
    for left, (person, start, end) in stays.items():
        gone = (end != NO_DAY) & (end <= last) & (end >= first_day(YEAR - 1))
        for came, (other, began, _) in stays.items():
            # Counselling that follows counselling is no move, nor is a flat that follows a flat.
            if left != shelter and came in {"rvc", left}:
                continue
            order = np.lexsort((began, other))
            key = other[order] * _DAYS + began[order]
            wanted = person[gone] * _DAYS + np.maximum(end[gone], start[gone] + 1)
            place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
            moved = (key[place] >= wanted) & (key[place] // _DAYS == person[gone])
            wait = np.where(moved, key[place] % _DAYS, last) - end[gone]
            yield (left, came), (wait, moved.astype(np.int64))


def _step(model: Model) -> float:
    """Placements of the year against those of the years before."""
    decisions, persons = targets.PROTECTED_DECISIONS, targets.PROTECTED_PERSONS
    earlier = np.mean([decisions[year] for year in targets.YEARS if year < YEAR])
    placed = violence.expected_placed(YEAR, model)
    return float((placed + decisions[YEAR] - persons[YEAR]) / earlier)


# --- Housing support ------------------------------------------------------------------------------


def housing_support_truths(model: Model) -> Iterator[Truth]:
    """The values of 3.3 to 3.8."""
    analysis = "housing_support"
    rng = model.generator("sanning boendestod")
    disabled, circle, started = _drawn(rng, 0, model)
    psychiatry, *_ = _drawn(rng, 1, model)
    women, men = targets.DISABILITY_WOMEN[YEAR], targets.DISABILITY_MEN[YEAR]
    number = (women + men) * (1 - disability.LEAVING) * model.scale
    may = (circle > 0) & started
    base, hours = disabled.base_a_month(), disabled.a_month(may)
    other = psychiatry.base_a_month()
    added = hours - base
    moved = added > 0
    yield Truth(analysis, "3.3", float(number * moved.mean()))
    yield Truth(analysis, "3.3_hours", float(number * added.mean()))
    for name in (*_PLACEBOS, "utan_lss", "socialpsykiatri"):
        breakdown = "placebo" if name in _PLACEBOS else "group"
        yield Truth(analysis, "3.4", 0.0, name, breakdown)
    yield from _levels(model, (hours, other), circle)
    around = (circle > 0) & (hours >= _AROUND[0]) & (hours <= _AROUND[1])
    lifted_share = (disabled.a_month(circle > 0) > base).sum() / max(around.sum(), 1)
    yield Truth(analysis, "3.5", float(lifted_share * _granted_more(model)))
    yield Truth(analysis, "3.6", float(hours.mean() - other.mean()), "gap", "part")
    yield Truth(analysis, "3.6", float(added.mean()), "heap", "part")
    # Those who are lifted, in psychiatry's mix of activities and need.
    most = 1 + int(max(disabled.activities.max(), psychiatry.activities.max()))
    cells = [each.activities * 5 + each.need for each in (disabled, psychiatry)]
    size, like = (np.bincount(cell, minlength=5 * most) for cell in cells)
    lifted = np.bincount(cells[0], added, minlength=5 * most) / np.maximum(size, 1)
    same = np.bincount(cells[0], base, minlength=5 * most) / np.maximum(size, 1)
    own = np.bincount(cells[1], other, minlength=5 * most) / np.maximum(like, 1)
    mix = np.where(size > 0, like, 0) / like[size > 0].sum()
    for estimand in ("3.7", "3.7_overlap"):
        yield Truth(analysis, estimand, float(mix @ (same + lifted - own)))
    for name, granted, of in (
        ("funktionsnedsattning", disabled, hours),
        ("socialpsykiatri", psychiatry, other),
    ):
        yield Truth(
            analysis, "3.8", float(granted.activities.sum() / of.sum()), name, "target_group"
        )


def _levels(model: Model, hours: tuple[Floats, Floats], circle: Ints) -> Iterator[Truth]:
    """3.1, 3.2, 3.9 and 3.10: what they are, and who meets the criteria of the grant."""
    analysis = "housing_support"
    groups = ("funktionsnedsattning", "socialpsykiatri")
    persons = (
        (targets.DISABILITY_WOMEN[YEAR], targets.DISABILITY_MEN[YEAR]),
        (targets.PSYCHIATRY_WOMEN[YEAR], targets.PSYCHIATRY_MEN[YEAR]),
    )
    # Whole half hours are refused, as likely each.
    refused = disability.PARTLY * float(np.mean(disability.REFUSED_HALVES)) / 2
    rng = model.generator("sanning utforda timmar")
    performed = float(disability.performed_share(rng, _PERSONS).mean())
    for name, (women, men), of in zip(groups, persons, hours, strict=True):
        yield Truth(analysis, "3.1_hours", float(of.mean()), name, "target_group")
        yield Truth(analysis, "3.1_women", women / (women + men), name, "target_group")
        yield Truth(analysis, "3.10", performed, name, "target_group")
        asked = float(of.mean() / (of.mean() + refused))
        yield Truth(analysis, "3.10_asked", asked, name, "target_group")
    number = sum(persons[0]) * (1 - disability.LEAVING) * model.scale
    many = hours[0] > _LIMIT
    holders, without = (number * float((many & mine).mean()) for mine in (circle > 0, circle == 0))
    own, registered = disability.OWN_HOUSING, disability.REGISTERED
    yield Truth(analysis, "3.2", holders * own * registered)
    for name, value in (
        ("lss", without * own * registered),
        ("own_housing", holders * (1 - own) * registered),
        ("registered", holders * own * (1 - registered)),
    ):
        yield Truth(analysis, "3.2_lacking", value, name, "criterion")
    board = model.truths.support.equal_treatment["board"]
    alone = [name for name in AREAS if name not in _MERGED]
    # Boards of two areas have the mean of theirs.
    everyone = [board.get(name, 0.0) for name in alone]
    everyone += [
        (board.get(one, 0.0) + board.get(another, 0.0)) / 2
        for one, another in zip(_MERGED[::2], _MERGED[1::2], strict=True)
    ]
    for name in alone:
        place = f"0180-{name.lower().translate(_PLAIN)}"
        own_departure = board.get(name, 0.0) - float(np.mean(everyone))
        yield Truth(analysis, "3.9", own_departure, place, "board")


def _granted_more(model: Model) -> float:
    """Share of a year's decisions under the grant, since the year the analysis is told less before.

    The grant may have come in another month.
    """
    year, month = map(int, model.truths.support.grant_from["from"].split("-"))
    under = [
        min(max((each - year) * _MONTHS + _MONTHS - (month - 1), 0), _MONTHS) / _MONTHS
        for each in targets.YEARS
    ]
    since = GRANT_SINCE - targets.YEARS[0]
    return float(np.mean(under[since:]) - np.mean(under[:since]))


def _drawn(
    rng: np.random.Generator, group: int, model: Model
) -> tuple[disability.Granted, Ints, Flags]:
    """Persons in force at the year's end: personkrets, and whether the grant had come then."""
    area = choose(rng, area_weights(disability.AREA_NEED[group], 0.01), _PERSONS)
    male = happens(rng, disability.MEN[group], _PERSONS)
    granted = disability.draw_granted(rng, group, male, area, model)
    circle = (
        choose(rng, disability.CIRCLES, _PERSONS)
        if group == 0
        else np.zeros(_PERSONS, dtype=np.int64)
    )
    start = first_day(YEAR) + rng.integers(0, 365, _PERSONS)
    return granted, circle, start >= disability.treatment_of(group, model).grant_day
