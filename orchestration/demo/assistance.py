"""Ekonomiskt bistånd: households, the months they are granted, and every decision.

A household keeps its applicant, type and area for as long as it is known. Each year some households
leave and others come; those that stay are granted most months, and what is refused lies between and
around the granted months. Who these people are elsewhere belongs in the other register modules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestration.demo import targets, writing
from orchestration.demo.geography import CENTRAL, UNITS, units_at
from orchestration.demo.people import People, Residents
from orchestration.demo.sampling import (
    NO_DAY,
    Flags,
    Floats,
    Ints,
    apportion,
    choose,
    choose_by_row,
    first_day,
    generator,
    happens,
    month_start,
    on_weekday,
    pick,
    rank_within,
    round_table,
    scaled,
    spread,
    wobble,
)
from orchestration.demo.targets import YEARS

_MAN, _MAN_CHILDREN, _WOMAN, _WOMAN_CHILDREN, _COUPLE, _COUPLE_CHILDREN, _ESTATE = range(7)
_TYPES: Final = ("3", "4", "5", "6", "7", "8", "9")
_WITH_CHILDREN: Final = (_MAN_CHILDREN, _WOMAN_CHILDREN, _COUPLE_CHILDREN)
_COUPLES: Final = (_COUPLE, _COUPLE_CHILDREN)

_STAY: Final = 0.58
"""Share of a year's households that are granted something the next year too."""
_REFUSED_STAY: Final = 0.2
_MOST_CHILDREN: Final = 8
_MONTHS: Final = 12

_HOUSING: Final = ("hyresratt", "eget_agande", "inneboende", "saknar_bostad", "ovrigt")
_RENTED, _OWNED, _LODGER, _NO_HOME, _OTHER_HOME = range(5)

_OBSTACLES: Final = (
    "arbetslos_otillracklig",
    "arbetslos_ingen",
    "arbetslos_vantar_pa_ersattning",
    "sjuk_otillracklig",
    "sjuk_ingen",
    "sociala_skal",
    "foraldraledig",
    "sprakhinder",
    "arbetar_deltid_ofrivillig",
    "arbetar_otillracklig_inkomst",
    "sjuk_aktivitetsersattning",
    "alderspension",
    "utan_forsorjningshinder",
)
_OBSTACLE_WEIGHTS: Final = (5, 24, 4, 7, 13, 14, 4, 12, 5, 4, 3, 3, 2)
_WITHOUT_OBSTACLE: Final = len(_OBSTACLES) - 1

_GROUNDS: Final = (
    "inkomst_over_norm",
    "tillgangar",
    "eget_agande_bostad",
    "kredit_som_inkomst",
    "ej_arbetssokande",
    "underlag_saknas",
    "annan_kommun",
    "kan_tillgodoses_annat_satt",
    "ovrigt",
)
# How often each ground stands behind a partial refusal, a refusal among known households, a refused
# extra need, and a refusal of a household that is granted nothing.
_PARTIAL, _AROUND, _EXTRA, _STRANGER = range(4)
_GROUND_WEIGHTS: Final = np.array(
    [
        [46, 4, 1, 9, 9, 8, 0, 17, 6],
        [34, 8, 3, 8, 17, 19, 2, 5, 4],
        [8, 4, 1, 2, 1, 9, 1, 62, 12],
        [33, 17, 8, 7, 6, 17, 5, 4, 3],
    ],
    dtype=np.float64,
)
# Assets, one's own home and credits weigh more in 2023 (the memorandum's new groups).
_NEW_GROUPS: Final = np.array([1, 1.15, 1.15, 1.15, 1, 1, 1, 1, 1])

_END_REASONS: Final = (
    "arbete",
    "studier",
    "annan_ersattning",
    "flyttat",
    "ej_aterkommit",
    "avliden",
)
_DECEASED: Final = len(_END_REASONS) - 1

_OUTCOMES: Final = ("bifall", "delavslag", "avslag")
_GRANTED, _PART, _REFUSED = range(3)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one year's households must add up to.

    Attributes:
        households: By area (the last is the central unit) and type, shape (15, 7).
        co_applicants: By area, shape (15,).
        children: By area, shape (15,).
    """

    households: Ints
    co_applicants: Ints
    children: Ints


def _with_central(values: tuple[float, ...], total: int) -> Floats:
    return np.array([*values, total - sum(values)], dtype=np.float64)


def _types(year: int, scale: float) -> Ints:
    composition = targets.HOUSEHOLD_TYPES.values
    if year in composition:
        return np.array([scaled(count, scale) for count in composition[year]])
    total = scaled(targets.ASSISTANCE_HOUSEHOLDS[year], scale)
    return apportion(total, composition[2017])


def _plan(rng: np.random.Generator, year: int, scale: float) -> _Plan:
    recipients_2017 = _with_central(
        targets.RECIPIENTS_2017.values, targets.ASSISTANCE_RECIPIENTS[2017]
    )
    young_2017 = _with_central(targets.CHILDREN_2017.values, targets.ASSISTANCE_CHILDREN[2017])
    types = _types(year, scale)
    persons = scaled(targets.ASSISTANCE_RECIPIENTS[year], scale)
    young_total = scaled(targets.ASSISTANCE_CHILDREN[year], scale)
    if year == YEARS[0]:
        recipients_2016 = _with_central(
            targets.RECIPIENTS_2016.values, targets.ASSISTANCE_RECIPIENTS[2016]
        )
        by_area = apportion(persons, recipients_2016)
        young = apportion(young_total, recipients_2016 * young_2017 / recipients_2017)
    elif year == YEARS[1]:
        by_area = apportion(persons, recipients_2017)
        young = apportion(young_total, young_2017)
    else:
        young = apportion(young_total, wobble(rng, young_2017))
        adults_2017 = recipients_2017 - young_2017
        by_area = young + apportion(persons - young_total, wobble(rng, adults_2017))
    adults = np.maximum(by_area - young, 1)
    households = np.maximum(apportion(int(types.sum()), adults), 1)
    households[np.argmax(households)] -= households.sum() - types.sum()
    prior = np.ones((CENTRAL + 1, len(_TYPES)))
    prior[:, list(_WITH_CHILDREN)] = (young / adults)[:, None] + 0.01
    table = round_table(prior, households, types)
    families = table[:, list(_WITH_CHILDREN)].sum(axis=1)
    couples = table[:, list(_COUPLES)].sum(axis=1)
    singles = table[:, [_MAN, _MAN_CHILDREN, _WOMAN, _WOMAN_CHILDREN]].sum(axis=1)
    return _Plan(
        table,
        np.clip(adults - households, couples, couples + singles),
        np.where(families > 0, np.maximum(young, families), 0),
    )


class _Households:
    """Every household that ever applied; a household is a position in these arrays."""

    def __init__(self) -> None:
        self.area: Ints = np.zeros(0, dtype=np.int64)
        self.type: Ints = np.zeros(0, dtype=np.int64)
        self.applicant: Ints = np.zeros(0, dtype=np.int64)
        self.co_applicant: Ints = np.zeros(0, dtype=np.int64)
        self.children: Ints = np.zeros(0, dtype=np.int64)
        self.housing: Ints = np.zeros(0, dtype=np.int64)
        self.obstacle: Ints = np.zeros(0, dtype=np.int64)
        self.need: Floats = np.zeros(0)
        self.first_year: Ints = np.zeros(0, dtype=np.int64)

    def add(
        self,
        rng: np.random.Generator,
        people: People,
        area: Ints,
        kind: Ints,
        year: int,
        *,
        stranger: bool = False,
    ) -> Ints:
        """Add households with their applicants; returns their positions."""
        count = len(area)
        male = np.where(
            np.isin(kind, (_MAN, _MAN_CHILDREN)),
            True,
            np.where(np.isin(kind, (_WOMAN, _WOMAN_CHILDREN)), False, happens(rng, 0.5, count)),
        )
        age = 18 + rng.beta(1.6, 2.3, count) * 60 + np.where(kind == _ESTATE, 20, 0)
        applicant = people.add(first_day(year) - (age * 365.25).astype(np.int64), male)
        partner = np.full(count, -1, dtype=np.int64)
        couple = np.flatnonzero(np.isin(kind, _COUPLES))
        partner[couple] = people.add(
            people.born[applicant[couple]] + rng.integers(-2500, 1, len(couple)),
            ~male[couple] ^ happens(rng, 0.02, len(couple)),
        )
        family = np.isin(kind, _WITH_CHILDREN)
        children = np.where(family, 1 + choose(rng, (45, 33, 14, 6, 2), count), 0)
        housing = choose(rng, (52, 14, 20, 6, 8) if stranger else (64, 2, 17, 11, 6), count)
        obstacle = choose(rng, _OBSTACLE_WEIGHTS, count)
        obstacle[kind == _ESTATE] = _WITHOUT_OBSTACLE
        first = len(self.area)
        self.area = np.concatenate([self.area, area])
        self.type = np.concatenate([self.type, kind])
        self.applicant = np.concatenate([self.applicant, applicant])
        self.co_applicant = np.concatenate([self.co_applicant, partner])
        self.children = np.concatenate([self.children, children])
        self.housing = np.concatenate([self.housing, housing])
        self.obstacle = np.concatenate([self.obstacle, obstacle])
        self.need = np.concatenate([self.need, rng.lognormal(0.0, 0.22, count)])
        self.first_year = np.concatenate([self.first_year, np.full(count, year)])
        return np.arange(first, len(self.area))


def _renew(
    rng: np.random.Generator,
    people: People,
    households: _Households,
    *,
    before: Ints,
    wanted: Ints,
    year: int,
    stay: float,
    stranger: bool = False,
) -> Ints:
    """One year's households: those who stay, and new ones up to the wanted number in each cell."""
    kinds = len(_TYPES)
    cells = households.area[before] * kinds + households.type[before]
    # The longer known, the likelier to stay; an estate is known once.
    keys = rng.random(len(before)) - 0.15 * np.minimum(year - households.first_year[before], 4)
    most = np.floor(wanted.ravel() * stay).astype(np.int64)
    most[cells[households.type[before] == _ESTATE]] = 0
    kept = before[rank_within(cells, keys) < most[cells]]
    kept_cells = households.area[kept] * kinds + households.type[kept]
    missing = wanted.ravel() - np.bincount(kept_cells, minlength=wanted.size)
    new_cells = rng.permutation(np.repeat(np.arange(wanted.size), missing))
    new = households.add(
        rng, people, new_cells // kinds, new_cells % kinds, year, stranger=stranger
    )
    return np.concatenate([kept, new])


def _settle_children(
    rng: np.random.Generator, households: _Households, present: Ints, wanted: Ints
) -> None:
    """Children are born and come of age until each area has the wanted number."""
    families = present[households.children[present] > 0]
    for area in range(CENTRAL + 1):
        here = families[households.area[families] == area]
        if len(here):
            households.children[here] = spread(
                rng,
                households.children[here],
                min(int(wanted[area]), _MOST_CHILDREN * len(here)),
                1,
                _MOST_CHILDREN,
            )


def _settle_co_applicants(
    rng: np.random.Generator,
    people: People,
    households: _Households,
    *,
    present: Ints,
    wanted: Ints,
    year: int,
) -> Flags:
    """Which households have a second adult this year.

    Couples do. In some other households a child of age who still goes to school belongs to the
    parent's household; that is how a city's recipients outnumber what the types tell.
    """
    kind, area = households.type[present], households.area[present]
    couple = np.isin(kind, _COUPLES)
    family = np.isin(kind, _WITH_CHILDREN)
    known = households.co_applicant[present] >= 0
    keys = rng.random(len(present)) - 2.0 * known - 0.5 * family + 9.0 * (kind == _ESTATE)
    ranks = rank_within(area, np.where(couple, -99.0, keys))
    has = ranks < wanted[area]
    new = present[has & ~known]
    households.co_applicant[new] = people.add(
        first_day(year) - rng.integers(18 * 365 + 50, 22 * 365, len(new)),
        happens(rng, 0.5, len(new)),
    )
    return has


def _months_granted(
    rng: np.random.Generator,
    kind: Ints,
    continues_from: Flags,
    continues_to: Flags,
    total: int,
) -> Flags:
    """Which months of the year each household is granted, shape (n, 12)."""
    count = len(kind)
    both, starts = continues_from & continues_to, ~continues_from & continues_to
    ends = continues_from & ~continues_to
    full = happens(rng, 0.7, count)
    length = np.select(
        [kind == _ESTATE, both & full, both, starts, ends],
        [
            np.ones(count, dtype=np.int64),
            np.full(count, _MONTHS),
            rng.integers(5, _MONTHS, count),
            rng.integers(1, _MONTHS + 1, count),
            rng.integers(1, _MONTHS, count),
        ],
        np.minimum(rng.geometric(0.36, count), 9),
    )
    movable = np.flatnonzero((kind != _ESTATE) & (length > 1) & (length < _MONTHS))
    rest = total - int(length.sum()) + int(length[movable].sum())
    low, high = len(movable), _MONTHS * len(movable)
    length[movable] = spread(rng, length[movable], min(max(rest, low), high), 1, _MONTHS)
    room = _MONTHS - length
    first = rng.integers(0, room + 1)
    first = np.select([starts, ends], [room, np.zeros(count, dtype=np.int64)], first)
    of_year = np.arange(_MONTHS)
    inside = (of_year >= first[:, None]) & (of_year < (first + length)[:, None])
    # Whoever was and will be granted has the gap, not the grant, inside the year.
    gap_first = 1 + rng.integers(0, np.maximum(length - 1, 1))
    in_gap = (of_year >= gap_first[:, None]) & (of_year < (gap_first + room)[:, None])
    return np.asarray(np.where((both & (length > 1))[:, None], ~in_gap, inside), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class _Year:
    """The households that are granted something in a year.

    Attributes:
        year: The calendar year.
        present: Positions in `_Households`, shape (n,).
        children: Children at most during the year, shape (n,).
        has_co_applicant: Whether there is a second adult, shape (n,).
        strangers: Households that apply and are granted nothing, shape (m,).
    """

    year: int
    present: Ints
    children: Ints
    has_co_applicant: Flags
    strangers: Ints


@dataclass(frozen=True, slots=True)
class _Decisions:
    """A year's decisions; each array has shape (n,).

    Attributes:
        household: Positions in `_Households`.
        month: Month of the year, 0-11.
        outcome: Positions in `_OUTCOMES`.
        source: Which row of `_GROUND_WEIGHTS` a refusal draws its ground from.
        extra_need: Whether it concerns livsföring i övrigt.
        returning: Whether the month before was granted too.
        last: Whether the household is granted nothing after this month.
        children: Children in the household at the decision.
        co_applicant: Positions in `People`, -1 without a second adult.
    """

    household: Ints
    month: Ints
    outcome: Ints
    source: Ints
    extra_need: Flags
    returning: Flags
    last: Flags
    children: Ints
    co_applicant: Ints


def write_assistance(
    exporter: writing.Exporter, people: People, *, seed: int, scale: float
) -> Residents:
    """Write `ekonomiskt_bistand_beslut`, one file a month.

    Args:
        exporter: Where the files go.
        people: Everyone; applicants and co-applicants are added.
        seed: The city's seed.
        scale: Size of the city; 1 is Stockholm's own.

    Returns:
        The adults of the households that were granted assistance, for the other registers.
    """
    households = _Households()
    years = list(_simulate(people, households, seed, scale))
    months = _all_months(years, households, seed, scale)
    for this, granted in zip(years, months, strict=True):
        rng = generator(seed, f"bistand beslut {this.year}")
        decisions = _decide(rng, households, this, granted, scale)
        continuing = _continues(years, this.year, seed)
        ending = decisions.last & ~continuing[decisions.household]
        table, file_months = _table(
            rng,
            people,
            households,
            year=this.year,
            decisions=decisions,
            ending=ending,
            scale=scale,
        )
        exporter.months("ekonomiskt_bistand_beslut", table, file_months)
    known = np.unique(np.concatenate([this.present for this in years]))
    partner = households.co_applicant[known]
    return Residents(
        np.concatenate([households.applicant[known], partner[partner >= 0]]),
        np.concatenate([households.area[known], households.area[known][partner >= 0]]),
    )


def _simulate(people: People, households: _Households, seed: int, scale: float) -> Iterator[_Year]:
    rng = generator(seed, "bistand hushall")
    coordination = people.add_test_coordination_numbers()
    present = strangers = np.zeros(0, dtype=np.int64)
    for year in YEARS:
        plan = _plan(rng, year, scale)
        known = len(households.area)
        present = _renew(
            rng,
            people,
            households,
            before=present,
            wanted=plan.households,
            year=year,
            stay=_STAY,
        )
        _settle_children(rng, households, present, plan.children)
        has_co_applicant = _settle_co_applicants(
            rng, people, households, present=present, wanted=plan.co_applicants, year=year
        )
        new = present[present >= known]
        few = max(1, round(len(coordination) / len(YEARS) * min(scale, 1.0)))
        offset = (year - YEARS[0]) * len(coordination) // len(YEARS)
        _without_personnummer(
            rng,
            people,
            households,
            new=new,
            coordination=coordination[offset : offset + few],
            year=year,
        )
        refused = plan.households * (scaled(targets.FULL_REFUSALS[year], scale) * 0.19)
        wanted = np.rint(refused / plan.households.sum()).astype(np.int64)
        wanted[:, _ESTATE] = 0
        strangers = _renew(
            rng,
            people,
            households,
            before=strangers,
            wanted=wanted,
            year=year,
            stay=_REFUSED_STAY,
            stranger=True,
        )
        yield _Year(year, present, households.children[present].copy(), has_co_applicant, strangers)


def _without_personnummer(
    rng: np.random.Generator,
    people: People,
    households: _Households,
    *,
    new: Ints,
    coordination: Ints,
    year: int,
) -> None:
    """Some new single applicants have a samordningsnummer or a reserve id."""
    single = np.flatnonzero(np.isin(households.type[new], (_MAN, _WOMAN)))
    single = single[np.argsort(households.area[new[single]] != CENTRAL, kind="stable")]
    candidates = new[single]
    male = people.male[households.applicant[candidates]]
    for is_male in (False, True):
        numbers = coordination[people.male[coordination] == is_male]
        applicants = candidates[male == is_male]
        households.applicant[applicants[: len(numbers)]] = numbers
        without = applicants[len(numbers) : len(numbers) + 3]
        born = first_day(year) - rng.integers(19 * 365, 60 * 365, len(without))
        # Serials below 100 make TF ids, the others T ids; each year has its own.
        first_serial = (year - YEARS[0]) * 6 + 3 * is_male + (100 if is_male else 10)
        households.applicant[without] = people.add_reserve_ids(
            born, np.full(len(without), is_male), first_serial
        )


def _continues(years: list[_Year], year: int, seed: int) -> Flags:
    """Whether each household is granted something in the year after `year` as well.

    What comes after the last year is drawn by lot.
    """
    highest = 1 + max(int(this.present.max()) for this in years)
    for this in years:
        highest = max(highest, 1 + int(this.strangers.max(initial=-1)))
    flags = np.zeros(highest, dtype=np.bool_)
    inside = [this.present for this in years if this.year == year + 1]
    if inside:
        flags[inside[0]] = True
    else:
        edge = next(this.present for this in years if this.year == year)
        rng = generator(seed, f"bistand efter {year}")
        flags[edge[happens(rng, _STAY, len(edge))]] = True
    return flags


def _all_months(
    years: list[_Year], households: _Households, seed: int, scale: float
) -> Iterator[Flags]:
    for position, this in enumerate(years):
        rng = generator(seed, f"bistand manader {this.year}")
        if position:
            continues_from = np.isin(this.present, years[position - 1].present)
        else:
            continues_from = happens(rng, _STAY, len(this.present))
        yield _months_granted(
            rng,
            households.type[this.present],
            continues_from,
            _continues(years, this.year, seed)[this.present],
            scaled(targets.ASSISTANCE_MONTHS[this.year], scale),
        )


def _decide(
    rng: np.random.Generator,
    households: _Households,
    this: _Year,
    granted: Flags,
    scale: float,
) -> _Decisions:
    position, month = (axis.astype(np.int64) for axis in np.nonzero(granted))
    so_far = np.cumsum(granted, axis=1)[position, month]
    known = np.minimum(this.year - households.first_year[this.present[position]], 4)
    # The longer one has assistance, the likelier a refusal.
    partly = pick(
        rng,
        min(scaled(targets.PARTIAL_REFUSALS[this.year], scale), len(position)),
        1.0 + 0.08 * so_far + 0.25 * known,
    )
    outcome = np.full(len(position), _GRANTED)
    outcome[partly] = _PART

    refusals = scaled(targets.FULL_REFUSALS[this.year], scale)
    before = np.pad(granted, ((0, 0), (1, 0)))[:, :-1]
    after = np.pad(granted, ((0, 0), (0, 1)))[:, 1:]
    estate = households.type[this.present] == _ESTATE
    near_position, near_month = (
        axis.astype(np.int64) for axis in np.nonzero(~granted & (before | after) & ~estate[:, None])
    )
    near = rng.permutation(len(near_position))[: refusals // 2]
    extra = rng.permutation(np.flatnonzero(~estate[position]))[: refusals * 18 // 100]
    strangers = refusals - len(near) - len(extra)
    stranger = np.sort(this.strangers[np.arange(strangers) % len(this.strangers)])
    stranger_month = rng.integers(0, _MONTHS, strangers)

    in_order = np.concatenate([position, near_position[near], position[extra]])
    all_months = np.concatenate([month, near_month[near], month[extra]])
    household = np.concatenate([this.present[in_order], stranger])
    children = this.children[in_order].copy()
    # A child is born: in the first month of a few families there is one fewer.
    born = (so_far == 1) & (this.children[position] > 1) & (granted.sum(axis=1)[position] > 1)
    children[: len(position)] -= born & happens(rng, 0.03, len(position))
    partner = np.where(
        this.has_co_applicant[in_order], households.co_applicant[this.present[in_order]], -1
    )
    counts = (len(position), len(near), len(extra), strangers)
    last = np.zeros(len(household), dtype=np.bool_)
    last[: len(position)] = so_far == granted.sum(axis=1)[position]
    returning = np.concatenate([before[in_order, all_months], np.zeros(strangers, dtype=np.bool_)])
    return _Decisions(
        household=household,
        month=np.concatenate([all_months, stranger_month]),
        outcome=np.concatenate([outcome, np.full(len(household) - len(outcome), _REFUSED)]),
        source=np.repeat([_PARTIAL, _AROUND, _EXTRA, _STRANGER], counts),
        extra_need=np.concatenate(
            [
                estate[position] | happens(rng, 0.1, len(position)),
                happens(rng, 0.08, len(near)),
                np.ones(len(extra), dtype=np.bool_),
                happens(rng, 0.1, strangers),
            ]
        ),
        returning=returning,
        last=last,
        children=np.concatenate([children, households.children[stranger]]),
        co_applicant=np.concatenate([partner, households.co_applicant[stranger]]),
    )


def _needs(rng: np.random.Generator, households: _Households, decisions: _Decisions) -> Floats:
    """What a household applies for, before it is fitted to the year's level."""
    household = decisions.household
    kind = households.type[household]
    norm = np.where(np.isin(kind, _COUPLES), 7_400.0, 4_500.0) + 2_900.0 * decisions.children
    rent = np.array([5_900.0, 4_800.0, 3_600.0, 900.0, 4_100.0])[households.housing[household]]
    obstacle = households.obstacle[household]
    income = np.array([0.5, 1.0, 0.8, 0.5, 1.0, 0.9, 0.6, 1.0, 0.45, 0.4, 0.5, 0.35, 0.5])
    support = (norm + rent) * income[obstacle]
    other = np.where(kind == _ESTATE, 17_000.0, 2_900.0)
    need = np.where(decisions.extra_need, other, support) * households.need[household]
    return np.maximum(need * rng.lognormal(0.0, 0.1, len(household)), 250.0)


def _amounts(
    rng: np.random.Generator,
    households: _Households,
    year: int,
    decisions: _Decisions,
    scale: float,
) -> tuple[Ints, Ints]:
    """Applied and granted amounts in öre; what is granted adds up to the year's cost."""
    need = _needs(rng, households, decisions)
    refused = decisions.outcome == _REFUSED
    total = scaled(targets.ASSISTANCE_COST_KR[year], scale)
    need *= total / need[~refused].sum()
    granted = np.where(refused, 0, np.floor(need)).astype(np.int64)
    granted[np.flatnonzero(~refused)[: total - int(granted.sum())]] += 1
    applied = np.where(refused, np.rint(need), granted).astype(np.int64) * 100
    granted *= 100
    # Some amounts have öre; what one gets, another lacks.
    whole = np.flatnonzero(decisions.outcome == _GRANTED)
    pairs = rng.permutation(whole)[: len(whole) // 20 * 2].reshape(2, -1)
    ore = rng.integers(1, 100, pairs.shape[1])
    for sign, rows in zip((1, -1), pairs, strict=True):
        granted[rows] += sign * ore
        applied[rows] += sign * ore
    part = decisions.outcome == _PART
    applied[part] = (granted[part] * rng.uniform(1.1, 1.9, int(part.sum()))).astype(np.int64)
    applied[part] -= applied[part] % 100
    return applied, granted


def _table(
    rng: np.random.Generator,
    people: People,
    households: _Households,
    *,
    year: int,
    decisions: _Decisions,
    ending: Flags,
    scale: float,
) -> tuple[writing.Table, Ints]:
    count = len(decisions.household)
    household = decisions.household
    months = (year - 1970) * _MONTHS + decisions.month
    decided = on_weekday(month_start(months) + rng.integers(1, 27, count))
    applied_on = on_weekday(decided - rng.integers(2, 26, count))
    applied, granted = _amounts(rng, households, year, decisions, scale)
    refused = decisions.outcome != _GRANTED
    weights = _GROUND_WEIGHTS * (_NEW_GROUPS if year == YEARS[-1] else 1.0)
    ground = np.where(refused, choose_by_row(rng, weights[decisions.source]), -1)
    reason = choose(rng, (30, 8, 24, 12, 25, 1), count)
    reason[households.type[household] == _ESTATE] = _DECEASED
    partner = decisions.co_applicant
    order = np.lexsort((household, decided, months))

    def ordered(values: Ints) -> Ints:
        return values[order]

    table = {
        "beslut_id": writing.serial("EB", year * 1_000_000 + np.arange(1, count + 1)),
        "arende_id": writing.serial("EA", 700_000 + household[order]),
        "hushall_id": writing.serial("H", 1_000_000 + household[order]),
        "personnummer_sokande": writing.identity(
            people.identity[households.applicant[household[order]]]
        ),
        "personnummer_medsokande": writing.identity(
            np.where(partner >= 0, people.identity[partner], 0)[order]
        ),
        "stadsdelsnamnd": writing.code(units_at(households.area[household], decided)[order], UNITS),
        "avser_manad": writing.month(ordered(months)),
        "ansokan_datum": writing.date(ordered(applied_on)),
        "beslut_datum": writing.date(ordered(decided)),
        "ansokan_typ": writing.code(ordered(decisions.returning.astype(np.int64)), ("ny", "ater")),
        "utfall": writing.code(ordered(decisions.outcome), _OUTCOMES),
        "avslagsgrund": writing.code(ordered(ground), _GROUNDS),
        "hushallstyp": writing.code(ordered(households.type[household]), _TYPES),
        "antal_barn": writing.number(ordered(decisions.children)),
        "boendeform": writing.code(ordered(households.housing[household]), _HOUSING),
        "forsorjningshinder": writing.code(ordered(households.obstacle[household]), _OBSTACLES),
        "andamal": writing.code(
            ordered(decisions.extra_need.astype(np.int64)),
            ("forsorjningsstod", "livsforing_i_ovrigt"),
        ),
        "sokt_belopp": writing.amount(ordered(applied)),
        "beviljat_belopp": writing.amount(ordered(granted)),
        "avslut_datum": writing.date(
            ordered(np.where(ending, month_start(months + 1) - 1, NO_DAY))
        ),
        "avslutsorsak": writing.code(ordered(np.where(ending, reason, -1)), _END_REASONS),
    }
    return table, months[order]
