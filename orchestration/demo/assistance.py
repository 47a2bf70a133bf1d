"""Ekonomiskt bistånd: households, the months they are granted, and every decision.

A household keeps its applicant, type and area for as long as it is known. Each year some households
leave and others come; those that stay are granted most months. Some households apply for what they
are not granted, again and again: extra needs within their granted months, support after them. How
often depends on the month of the spell, on whether it is a first application, and on the board;
and what a refusal is grounded on goes with how soon the next application comes. Who these people
are elsewhere belongs in the other register modules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from orchestration.demo import targets, writing
from orchestration.demo.geography import AREAS, CENTRAL, UNITS, units_at
from orchestration.demo.model import Model, drawn_shares
from orchestration.demo.people import People, Residents
from orchestration.demo.sampling import (
    NO_DAY,
    Flags,
    Floats,
    Ints,
    apportion,
    choose,
    choose_by_row,
    exactly,
    first_day,
    happens,
    month_start,
    on_weekday,
    rank_within,
    round_table,
    scaled,
    spread,
)
from orchestration.demo.targets import YEARS

_MAN, _MAN_CHILDREN, _WOMAN, _WOMAN_CHILDREN, _COUPLE, _COUPLE_CHILDREN, _ESTATE = range(7)
_TYPES: Final = ("3", "4", "5", "6", "7", "8", "9")
WOMEN_AMONG_APPLICANTS: Final[Floats] = np.array([0.0, 0.0, 1.0, 1.0, 0.5, 0.5, 0.5])
"""By household type."""
_WITH_CHILDREN: Final = (_MAN_CHILDREN, _WOMAN_CHILDREN, _COUPLE_CHILDREN)
_COUPLES: Final = (_COUPLE, _COUPLE_CHILDREN)

_STAY: Final = 0.58
"""Share of a year's households that are granted something the next year too."""
_REFUSED_STAY: Final = 0.2
_CONTESTED: Final = 0.36
"""Share of households that apply for what they are not granted; the others hardly ever do."""
_UNCONTESTED: Final = 0.005
"""Their odds of a refusal against the others'."""
_EXTRA_SHARE, _AROUND_SHARE = 0.70, 0.17
"""Of the full refusals: extra needs in granted months, and support in months after them; the rest
are of households that are granted nothing."""
_AFTER: Final = 2
"""Months after granted ones in which a household may be refused, still in its spell."""
_YEAR_OF_RISE: Final = 2023
BAND_STARTS: Final = np.array([1, 2, 4, 7, 13, 25])
_RETURN_HAZARD: Final = 0.25
"""Of a new application in a month, among those who return, where the ground has no factor."""
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

GROUNDS: Final = (
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
_ASSETS, _OWN_HOME, _CREDIT = range(1, 4)
ECONOMIC: Final = (0, _ASSETS, _OWN_HOME, _CREDIT)
NEW_GROUPS: Final = {"tillgangar": _ASSETS, "eget_agande_bostad": _OWN_HOME, "kredit": _CREDIT}
"""The grounds that weigh more in 2023, as the truths name them."""
_OWNERS_GROUND: Final = 10.0
"""How much more an owner's home weighs as a ground than it does among all."""

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


_RECIPIENTS_2016: Final = _with_central(
    targets.RECIPIENTS_2016.values, targets.ASSISTANCE_RECIPIENTS[2016]
)
_RECIPIENTS_2017: Final = _with_central(
    targets.RECIPIENTS_2017.values, targets.ASSISTANCE_RECIPIENTS[2017]
)
_CHILDREN_2017: Final = _with_central(
    targets.CHILDREN_2017.values, targets.ASSISTANCE_CHILDREN[2017]
)


def _plan(rng: np.random.Generator, year: int, model: Model) -> _Plan:
    composition = targets.HOUSEHOLD_TYPES.values
    if model.drawn:
        # What is expected; the households themselves are drawn around it.
        persons, young_total, total = (
            scaled(series[year], model.scale)
            for series in (
                targets.ASSISTANCE_RECIPIENTS,
                targets.ASSISTANCE_CHILDREN,
                targets.ASSISTANCE_HOUSEHOLDS,
            )
        )
        types = apportion(total, composition.get(year, composition[2017]))
        young = apportion(young_total, _CHILDREN_2017)
        households = apportion(total, _RECIPIENTS_2017 - _CHILDREN_2017)
        co_applicants = apportion(max(persons - young_total - total, 0), households)
    else:
        persons = model.total(rng, targets.ASSISTANCE_RECIPIENTS, year)
        young_total = model.total(rng, targets.ASSISTANCE_CHILDREN, year)
        if year in targets.ASSISTANCE_RECIPIENTS.stated:
            types = np.array([scaled(count, model.scale) for count in composition[year]])
            total = int(types.sum())
            first = year == YEARS[0]
            by_area = apportion(persons, _RECIPIENTS_2016 if first else _RECIPIENTS_2017)
            weights = _CHILDREN_2017 / _RECIPIENTS_2017
            young = apportion(young_total, _RECIPIENTS_2016 * weights if first else _CHILDREN_2017)
            adults = np.maximum(by_area - young, 1)
            households = np.maximum(apportion(total, adults), 1)
            households[np.argmax(households)] -= households.sum() - total
            co_applicants = adults - households
        else:
            total = model.total(rng, targets.ASSISTANCE_HOUSEHOLDS, year)
            kinds = np.array(composition.get(year, composition[2017]), dtype=np.float64)
            types = drawn_shares(rng, total, kinds)
            young = drawn_shares(rng, young_total, _CHILDREN_2017)
            households = drawn_shares(rng, total, _RECIPIENTS_2017 - _CHILDREN_2017)
            rest = max(persons - young_total - total, 0)
            co_applicants = drawn_shares(rng, rest, households.astype(np.float64))
    prior = np.ones((CENTRAL + 1, len(_TYPES)))
    prior[:, list(_WITH_CHILDREN)] = (young / np.maximum(households, 1))[:, None] + 0.01
    table = round_table(prior, households, types)
    families = table[:, list(_WITH_CHILDREN)].sum(axis=1)
    couples = table[:, list(_COUPLES)].sum(axis=1)
    singles = table[:, [_MAN, _MAN_CHILDREN, _WOMAN, _WOMAN_CHILDREN]].sum(axis=1)
    return _Plan(
        table,
        np.clip(co_applicants, couples, couples + singles),
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
        self.contested: Flags = np.zeros(0, dtype=np.bool_)
        self.first_year: Ints = np.zeros(0, dtype=np.int64)

    def add(
        self,
        rng: np.random.Generator,
        people: People,
        area: Ints,
        kind: Ints,
        year: int,
        *,
        owners: float,
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
        housing_weights = np.array(
            (46, 20, 20, 6, 8) if stranger else (61, 5, 17, 11, 6), dtype=float
        )
        housing_weights[_OWNED] *= owners
        housing = choose(rng, housing_weights, count)
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
        contested = happens(rng, _CONTESTED, count) | stranger
        self.contested = np.concatenate([self.contested, contested])
        self.first_year = np.concatenate([self.first_year, np.full(count, year)])
        return np.arange(first, len(self.area))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How many households there are to be in each cell of area and type, shape (15, 7).

    Attributes:
        now: This year.
        before: The year before; None in the first year.
        drawn: Whether they are expected numbers rather than stated ones.
    """

    now: Ints
    before: Ints | None
    drawn: bool


def _renew(
    rng: np.random.Generator,
    people: People,
    households: _Households,
    *,
    before: Ints,
    wanted: _Wanted,
    year: int,
    stay: float,
    owners: float,
    stranger: bool = False,
) -> Ints:
    """One year's households: those who stay, and new ones up to the wanted number in each cell."""
    kinds, now = len(_TYPES), wanted.now.ravel()
    cells = households.area[before] * kinds + households.type[before]
    # An estate is known once.
    stays = happens(rng, stay, len(before)) & (households.type[before] != _ESTATE)
    kept, kept_cells = before[stays], cells[stays]
    if wanted.drawn:
        was = 0.0 if wanted.before is None else stay * wanted.before.astype(np.float64)
        was = np.broadcast_to(was, wanted.now.shape).copy()
        was[:, _ESTATE] = 0.0
        missing = rng.poisson(np.maximum(wanted.now - was, 0.0)).ravel()
    else:
        fits = rank_within(kept_cells, rng.random(len(kept))) < now[kept_cells]
        kept, kept_cells = kept[fits], kept_cells[fits]
        missing = now - np.bincount(kept_cells, minlength=now.size)
    new_cells = rng.permutation(np.repeat(np.arange(now.size), missing))
    new = households.add(
        rng,
        people,
        new_cells // kinds,
        new_cells % kinds,
        year,
        owners=owners,
        stranger=stranger,
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
                min(max(int(wanted[area]), len(here)), _MOST_CHILDREN * len(here)),
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
    *,
    drawn: bool,
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
    if drawn:
        total += round(rng.normal() * float(length.std()) * np.sqrt(count))
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
class Decisions:
    """A year's decisions; each array has shape (n,).

    Attributes:
        household: Positions in `_Households`.
        area: Where the household lives.
        kind: Positions in the household types.
        housing: Positions in the forms of housing.
        month: Month of the year, 0-11.
        outcome: 0 granted, 1 refused in part, 2 refused.
        source: Which row of `_GROUND_WEIGHTS` a refusal draws its ground from.
        extra_need: Whether it concerns livsföring i övrigt.
        spell_month: Which month of assistance in a row this is, or would be, from 1.
        returning: Whether the month before was granted too.
        last: Whether the household is granted nothing after this month of the year.
        children: Children in the household at the decision.
        co_applicant: Positions in `People`, -1 without a second adult.
        ground: Positions in `GROUNDS`, -1 where nothing was refused.
    """

    household: Ints
    area: Ints
    kind: Ints
    housing: Ints
    month: Ints
    outcome: Ints
    source: Ints
    extra_need: Flags
    spell_month: Ints
    returning: Flags
    last: Flags
    children: Ints
    co_applicant: Ints
    ground: Ints

    @property
    def refused(self) -> Flags:
        """Whether all that was applied for was refused."""
        return np.asarray(self.outcome == _REFUSED)

    @property
    def granted(self) -> Flags:
        """Whether something was granted."""
        return np.asarray(self.outcome != _REFUSED)


@dataclass(frozen=True, slots=True)
class _Course:
    """All households, and each year's decisions."""

    households: _Households
    years: list[_Year]
    decisions: list[Decisions]


def decisions_of(model: Model) -> list[Decisions]:
    """Each year's decisions in a city, without the rest of it.

    Args:
        model: Which city.

    Returns:
        Decisions in the order of `targets.YEARS`.
    """
    return _course(People(model.generator("personer")), model).decisions


def amounts_of(model: Model) -> tuple[list[Decisions], Floats, Floats]:
    """Each year's decisions in a city, and the last year's kronor, without the rest of it.

    Args:
        model: Which city.

    Returns:
        Decisions in the order of `targets.YEARS`; of the last year's, what was applied for and
        what was granted, each of shape (n,).
    """
    course = _course(People(model.generator("personer")), model)
    year, last = YEARS[-1], course.decisions[-1]
    rng = model.generator(f"bistand belopp {year}")
    applied, granted = _amounts(rng, course.households, year, last, model)
    return course.decisions, applied / 100.0, granted / 100.0


def write_assistance(exporter: writing.Exporter, people: People, model: Model) -> Residents:
    """Write `ekonomiskt_bistand_beslut`, one file a month.

    Args:
        exporter: Where the files go.
        people: Everyone; applicants and co-applicants are added.
        model: Which city.

    Returns:
        The adults of the households that were granted assistance, for the other registers.
    """
    course = _course(people, model)
    households, years = course.households, course.years
    for this, decisions in zip(years, course.decisions, strict=True):
        rng = model.generator(f"bistand beslut {this.year}")
        continuing = _continues(years, this.year, model)
        ending = decisions.last & ~continuing[decisions.household]
        table, file_months = _table(
            rng, people, households, this.year, decisions, ending=ending, model=model
        )
        exporter.months("ekonomiskt_bistand_beslut", table, file_months)
    known = np.unique(np.concatenate([this.present for this in years]))
    partner = households.co_applicant[known]
    return Residents(
        np.concatenate([households.applicant[known], partner[partner >= 0]]),
        np.concatenate([households.area[known], households.area[known][partner >= 0]]),
    )


def _course(people: People, model: Model) -> _Course:
    households = _Households()
    years = list(_simulate(people, households, model))
    granted = _all_months(years, households, model)
    return _Course(households, years, _decide_all(households, years, granted, model))


def _simulate(people: People, households: _Households, model: Model) -> Iterator[_Year]:
    rng = model.generator("bistand hushall")
    coordination = people.add_test_coordination_numbers()
    present = strangers = np.zeros(0, dtype=np.int64)
    planned: Ints | None = None
    refused_before: Ints | None = None
    for year in YEARS:
        plan = _plan(rng, year, model)
        owners = model.truths.refusal.new_groups_2023["owners"] if year == _YEAR_OF_RISE else 1.0
        known = len(households.area)
        present = _renew(
            rng,
            people,
            households,
            before=present,
            wanted=_Wanted(plan.households, planned, model.drawn),
            year=year,
            stay=_STAY,
            owners=owners,
        )
        planned = plan.households
        young = rng.poisson(plan.children) if model.drawn else plan.children
        _settle_children(rng, households, present, young)
        has_co_applicant = _settle_co_applicants(
            rng, people, households, present=present, wanted=plan.co_applicants, year=year
        )
        new = present[present >= known]
        few = max(1, round(len(coordination) / len(YEARS) * min(model.scale, 1.0)))
        offset = (year - YEARS[0]) * len(coordination) // len(YEARS)
        _without_personnummer(
            rng,
            people,
            households,
            new=new,
            coordination=coordination[offset : offset + few],
            year=year,
        )
        wanted = _strangers(rng, plan.households, year, model)
        strangers = _renew(
            rng,
            people,
            households,
            before=strangers,
            wanted=_Wanted(wanted, refused_before, model.drawn),
            year=year,
            stay=_REFUSED_STAY,
            owners=owners,
            stranger=True,
        )
        refused_before = wanted
        yield _Year(year, present, households.children[present].copy(), has_co_applicant, strangers)


def _expected_full(year: int, model: Model) -> float:
    """Full refusals before the year's own odds; in a drawn city 2023 is not told its figure."""
    told = YEARS[-2] if model.drawn and year == _YEAR_OF_RISE else year
    return targets.FULL_REFUSALS[told] * model.scale


def _strangers(rng: np.random.Generator, table: Ints, year: int, model: Model) -> Ints:
    """How many households in each cell apply and are granted nothing, many more than once."""
    share = 1 - _EXTRA_SHARE - _AROUND_SHARE
    number = _expected_full(year, model) * share * model.truths.refusal.returning["never"] * 1.1
    weights = table * np.exp(_boards(model))[:, None]
    weights[:, _ESTATE] = 0.0
    number = max(1, round(number))
    if model.drawn:
        return apportion(number, weights.ravel()).reshape(table.shape)
    return drawn_shares(rng, number, weights.ravel()).reshape(table.shape)


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


def _continues(years: list[_Year], year: int, model: Model) -> Flags:
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
        rng = model.generator(f"bistand efter {year}")
        flags[edge[happens(rng, _STAY, len(edge))]] = True
    return flags


def _all_months(years: list[_Year], households: _Households, model: Model) -> Flags:
    """Which months every household is granted, shape (households, 96)."""
    months = np.zeros((len(households.area), _MONTHS * len(years)), dtype=np.bool_)
    for position, this in enumerate(years):
        rng = model.generator(f"bistand manader {this.year}")
        if position:
            continues_from = np.isin(this.present, years[position - 1].present)
        else:
            continues_from = happens(rng, _STAY, len(this.present))
        total = (
            targets.ASSISTANCE_MONTHS[this.year]
            / targets.ASSISTANCE_HOUSEHOLDS[this.year]
            * len(this.present)
            if model.drawn
            else scaled(targets.ASSISTANCE_MONTHS[this.year], model.scale)
        )
        months[this.present, _MONTHS * position : _MONTHS * (position + 1)] = _months_granted(
            rng,
            households.type[this.present],
            continues_from,
            _continues(years, this.year, model)[this.present],
            round(total),
            drawn=not model.states(targets.ASSISTANCE_MONTHS, this.year),
        )
    return months


def _spells(granted: Flags) -> tuple[Ints, Flags]:
    """For each household and month: which month of a spell it is or would be, and whether first.

    A gap of one month does not end a spell. First is who was granted nothing in twelve months.
    """
    spell = np.ones(granted.shape, dtype=np.int64)
    first = np.ones(granted.shape, dtype=np.bool_)
    length = np.zeros(len(granted), dtype=np.int64)
    gap = np.full(len(granted), _MONTHS + 1, dtype=np.int64)
    for month in range(granted.shape[1]):
        now = granted[:, month]
        would_be = np.where(gap <= 1, length + gap, 0) + 1
        spell[:, month] = would_be
        first[:, month] = gap >= _MONTHS
        length = np.where(now, would_be, length)
        gap = np.where(now, 0, gap + 1)
    return spell, first


def _boards(model: Model) -> Floats:
    """Log odds of a refusal in each area and the central unit, shape (15,)."""
    board = model.truths.refusal.board
    rng = model.boards("bistand namnder")
    spread = np.append(rng.normal(0.0, board["log_sd"], CENTRAL), 0.0)
    for at, name in enumerate(AREAS):
        spread[at] = np.log(board[name]) if name in board else spread[at]
    return spread


class _Odds:
    """The odds of a refusal, but for the level of each kind of refusal."""

    def __init__(self, households: _Households, granted: Flags, model: Model) -> None:
        truths = model.truths.refusal
        self.spell, first = _spells(granted)
        of_band = np.log(np.array([*truths.hazard_by_spell.values()]))
        band = np.searchsorted(BAND_STARTS, np.arange(granted.shape[1] + 2), side="right") - 1
        spread = _boards(model)
        self._of_band, self._band = of_band, band
        self._first, self._log_first = first, np.log(truths.first_application)
        self._of_household = spread[households.area] + np.where(
            households.contested, 0.0, np.log(_UNCONTESTED)
        )

    def of(self, household: Ints, month: Ints) -> Floats:
        """Log odds of households in months of the whole time, shape (n,)."""
        spell = self._of_band[np.maximum(self._band[self.spell[household, month]], 0)]
        first = self._log_first * self._first[household, month]
        return np.asarray(self._of_household[household] + spell + first, dtype=np.float64)


def _level(log_odds: Floats, expected: float) -> float:
    """What must be added to the log odds for so many to be expected."""
    values, counts = np.unique(np.round(log_odds, 6), return_counts=True)
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        if (counts / (1 + np.exp(-middle - values))).sum() < expected:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _refusals(rng: np.random.Generator, log_odds: Floats, total: int | None) -> Flags:
    """Who of those is refused, exactly `total` where it is stated."""
    chance = 1 / (1 + np.exp(-log_odds))
    return happens(rng, chance, len(chance)) if total is None else exactly(rng, chance, total)


def _decide_all(
    households: _Households, years: list[_Year], granted: Flags, model: Model
) -> list[Decisions]:
    odds = _Odds(households, granted, model)
    decided: list[Decisions] = []
    levels: Floats | None = None
    for position, this in enumerate(years):
        decisions, levels = _decide(
            model.generator(f"bistand avgors {this.year}"),
            households,
            this,
            granted=granted,
            start=_MONTHS * position,
            odds=odds,
            before=levels,
            model=model,
        )
        decided.append(decisions)
    return _grounded(households, decided, model)


def _around(granted: Flags, present: Ints, start: int) -> Flags:
    """Months of a year that are not granted and follow one that is, shape (n, 12)."""
    own = np.pad(granted[present], ((0, 0), (_AFTER, 0)))
    width = granted.shape[1]
    near = np.zeros((len(present), width), dtype=np.bool_)
    for shift in range(_AFTER + 1):
        near |= own[:, shift : shift + width]
    return (near & ~granted[present])[:, start : start + _MONTHS]


def _decide(
    rng: np.random.Generator,
    households: _Households,
    this: _Year,
    *,
    granted: Flags,
    start: int,
    odds: _Odds,
    before: Floats | None,
    model: Model,
) -> tuple[Decisions, Floats]:
    year, present = this.year, this.present
    of_year = granted[present, start : start + _MONTHS]
    position, month = (axis.astype(np.int64) for axis in np.nonzero(of_year))
    so_far = np.cumsum(of_year, axis=1)[position, month]
    estate = households.type[present] == _ESTATE
    near_position, near_month = (
        axis.astype(np.int64)
        for axis in np.nonzero(_around(granted, present, start) & ~estate[:, None])
    )
    own = odds.of(present[position], start + month) + np.where(estate[position], -9.0, 0.0)
    around = odds.of(present[near_position], start + near_month)
    stated = model.states(targets.FULL_REFUSALS, year)
    full = _expected_full(year, model)
    parts = targets.PARTIAL_REFUSALS[year] * model.scale
    wanted = (parts, full * _EXTRA_SHARE, full * _AROUND_SHARE)
    rise = 0.0
    if model.drawn and year == _YEAR_OF_RISE and before is not None:
        # The rise of a drawn city comes of its truths alone.
        levels, rise = before, float(np.log(model.truths.refusal.year_2023))
    else:
        levels = np.array(
            [
                _level(each, min(expected, 0.9 * len(each)))
                for each, expected in zip((own, own, around), wanted, strict=True)
            ]
        )
    exact = [
        min(round(each), 9 * n // 10)
        for each, n in zip(wanted, (len(own), len(own), len(around)), strict=True)
    ]
    partly, extra, near = (
        np.flatnonzero(_refusals(rng, each + level + rise, total if stated else None))
        for each, level, total in zip((own, own, around), levels, exact, strict=True)
    )
    outcome = np.full(len(position), _GRANTED)
    outcome[partly] = _PART
    stranger, stranger_month = _strangers_months(
        rng,
        this.strangers,
        scaled(targets.FULL_REFUSALS[year], model.scale) - len(near) - len(extra)
        if stated
        else None,
        model,
    )
    strangers = len(stranger)

    in_order = np.concatenate([position, near_position[near], position[extra]])
    all_months = np.concatenate([month, near_month[near], month[extra]])
    household = np.concatenate([present[in_order], stranger])
    whole_months = np.concatenate([all_months, stranger_month])
    children = this.children[in_order].copy()
    # A child is born: in the first month of a few families there is one fewer.
    born = (so_far == 1) & (this.children[position] > 1) & (of_year.sum(axis=1)[position] > 1)
    children[: len(position)] -= born & happens(rng, 0.03, len(position))
    partner = np.where(
        this.has_co_applicant[in_order], households.co_applicant[present[in_order]], -1
    )
    counts = (len(position), len(near), len(extra), strangers)
    last = np.zeros(len(household), dtype=np.bool_)
    last[: len(position)] = so_far == of_year.sum(axis=1)[position]
    at = start + whole_months
    decisions = Decisions(
        household=household,
        area=households.area[household],
        kind=households.type[household],
        housing=households.housing[household],
        month=whole_months,
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
        spell_month=odds.spell[household, at],
        returning=(at > 0) & granted[household, at - 1],
        last=last,
        children=np.concatenate([children, households.children[stranger]]),
        co_applicant=np.concatenate([partner, households.co_applicant[stranger]]),
        ground=np.full(len(household), -1),
    )
    return decisions, levels


def _strangers_months(
    rng: np.random.Generator, strangers: Ints, total: int | None, model: Model
) -> tuple[Ints, Ints]:
    """When households that are granted nothing apply: every refusal may be the last."""
    never = model.truths.refusal.returning["never"]
    times = np.minimum(rng.geometric(never, len(strangers)), _MONTHS)
    if total is not None:
        total = min(max(total, len(strangers)), _MONTHS * len(strangers))
        times = spread(rng, times, total, 1, _MONTHS)
    # The months lie close to each other, some of them with a month or two between.
    row = np.repeat(np.arange(len(strangers)), times)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    first = rng.integers(0, _MONTHS - times + 1)
    return strangers[row], first[row] + nth


def _grounded(households: _Households, decided: list[Decisions], model: Model) -> list[Decisions]:
    """Give every refusal its ground.

    What a ground does to the hazard of a new application is had by choosing the ground after it is
    known when the next one came, with the weight of each ground by Bayes' rule.
    """
    truths = model.truths.refusal
    span = _MONTHS * len(decided)
    keys = [
        each.household * (span + 1) + _MONTHS * at + each.month for at, each in enumerate(decided)
    ]
    # Sorted rather than hashed: the keys lie so that numpy's table of them fills in a few places.
    known = np.sort(np.concatenate(keys))
    known = known[np.append(True, known[1:] != known[:-1])]
    never = truths.returning["never"]
    grounded = []
    for at, (year, each) in enumerate(zip(YEARS, decided, strict=True)):
        rng = model.generator(f"bistand grunder {year}")
        rows = np.flatnonzero(each.outcome != _GRANTED)
        own = keys[at][rows]
        place = np.searchsorted(known, own) + 1
        following = known[np.minimum(place, len(known) - 1)]
        returns = (place < len(known)) & (following // (span + 1) == own // (span + 1))
        months = np.where(returns, following - own, span - own % (span + 1))
        weights = _GROUND_WEIGHTS[each.source[rows]].copy()
        owns = households.housing[each.household[rows]] == _OWNED
        weights[:, _OWN_HOME] *= np.where(owns, _OWNERS_GROUND, 0.0)
        if year == _YEAR_OF_RISE:
            for name, ground in NEW_GROUPS.items():
                weights[:, ground] *= truths.new_groups_2023[name]
        for ground, name in ((_OWN_HOME, "eget_agande_bostad"), (_CREDIT, "kredit")):
            weights[:, ground] *= _likelihood(
                min(truths.returning[name] * _RETURN_HAZARD, 0.95), months, returns, never
            )
        chosen = np.full(len(each.household), -1, dtype=np.int64)
        chosen[rows] = choose_by_row(rng, weights)
        grounded.append(replace(each, ground=chosen))
    return grounded


def _likelihood(hazard: float, months: Floats, returns: Flags, never: float) -> Floats:
    """How likely a return is under a monthly hazard, against the ordinary hazard."""
    wait = np.minimum(months, 24) - 1.0
    ratio = (1 - hazard) / (1 - _RETURN_HAZARD)
    came = hazard / _RETURN_HAZARD * ratio**wait
    lasted = [never + (1 - never) * (1 - h) ** (wait + 1) for h in (hazard, _RETURN_HAZARD)]
    return np.asarray(np.where(returns, came, lasted[0] / lasted[1]), dtype=np.float64)


def _needs(rng: np.random.Generator, households: _Households, decisions: Decisions) -> Floats:
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
    decisions: Decisions,
    model: Model,
) -> tuple[Ints, Ints]:
    """Applied and granted amounts in öre; what is granted adds up to the year's cost."""
    need = _needs(rng, households, decisions)
    refused = decisions.outcome == _REFUSED
    expected = float(targets.ASSISTANCE_COST_KR[year])
    if model.drawn:
        expected *= (~refused).sum() / (targets.ASSISTANCE_MONTHS[year] * model.scale)
    total = scaled(expected, model.scale)
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
    year: int,
    decisions: Decisions,
    *,
    ending: Flags,
    model: Model,
) -> tuple[writing.Table, Ints]:
    count = len(decisions.household)
    household = decisions.household
    months = (year - 1970) * _MONTHS + decisions.month
    decided = on_weekday(month_start(months) + rng.integers(1, 27, count))
    applied_on = on_weekday(decided - rng.integers(2, 26, count))
    applied, granted = _amounts(rng, households, year, decisions, model)
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
        "avslagsgrund": writing.code(ordered(decisions.ground), GROUNDS),
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
