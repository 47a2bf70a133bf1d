r"""What insatser without individual assessment would cost, what decides it, when it pays, for whom.

A scenario's numbers give a person's cost: hours that must be paid times what an hour costs. Where
sessions are for groups, a person has a share of the group's,

.. math:: \frac{n h s}{g f (1 - m)}

of n sessions of h hours with s of the staff at each, in groups of g that are filled to f, of which
m do not come. All else follows by multiplication, so that half the group is twice the cost. What
varies is drawn together for the limits and one at a time for what decides. Savings are what
somebody assumes: they are counted to their present value, never added to the cost.

Estimands 7.1 to 7.3 are the only ones that registers have a part in: whom the insats might be for.

What does not belong here: reading scenarios, and the names of numbers.

References: Drummond et al. (2015), Methods for the Economic Evaluation of Health Care Programmes,
4th ed., ch. 4, 7 and 11 (costs, present value, sensitivity).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

import numpy as np

from orchestration.analyses.rows import LEVEL, Rows
from orchestration.analyses.scenario import MAIN, Amount, Saving, Scenario
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import BreakEven, CostDriver, InterventionCost
from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.resampling import Interval, percentile_interval, seed_of
from orchestration.statistics.sensitivity import Spread, draws, swings

ANALYSIS = "costs"
HORIZONS = (1, 3, 5)
#: What a break-even of all savings together is called.
EVERY = "alla"
_MONTHS = 12.0
_TKR = 1000.0
#: Significant digits of a limit.
_DIGITS = 3

Values = Mapping[str, float | FloatArray]


@dataclass(frozen=True)
class Cost:
    """What a scenario costs; each is a number, or (R,) where what it is made of is.

    Attributes:
        persons: None where nobody knows how many.
        hours_per_person: that a person gets, in a year.
        rate: kronor an hour of staff; None of a sum.
        per_person: kronor.
        per_group: kronor; None where there are no groups.
        groups: None where there are none, or nobody knows how many persons.
    """

    persons: float | FloatArray | None
    hours_per_person: float | FloatArray
    rate: float | FloatArray | None
    per_person: float | FloatArray
    per_group: float | FloatArray | None
    groups: float | FloatArray | None

    @property
    def total(self) -> float | FloatArray | None:
        """Kronor a year; None where nobody knows how many persons."""
        return None if self.persons is None else self.persons * self.per_person

    @property
    def measure(self) -> float | FloatArray:
        """The total, or what a person costs where there is none."""
        return self.per_person if self.total is None else self.total


@dataclass(frozen=True)
class Model:
    """A scenario with those that it is a sum of.

    Attributes:
        scenario_id: its name.
        scenario: its numbers.
        parts: the scenarios of the sum, by name.
    """

    scenario_id: str
    scenario: Scenario
    parts: Mapping[str, Scenario]

    @classmethod
    def of(cls, scenario_id: str, scenarios: Mapping[str, Scenario]) -> "Model":
        """One of several scenarios.

        Raises:
            KeyError: it is the sum of one that is not there.
        """
        scenario = scenarios[scenario_id]
        return cls(scenario_id, scenario, {name: scenarios[name] for name in scenario.sum_of})

    @cached_property
    def amounts(self) -> dict[str, Amount]:
        """The numbers that its cost is made of; those of a part have its name before theirs."""
        found = self.scenario.amounts()
        for part, scenario in self.parts.items():
            found |= {
                f"{part}.{name}": amount
                for name, amount in scenario.amounts().items()
                if name != "persons"
            }
        return found

    @cached_property
    def all_amounts(self) -> dict[str, Amount]:
        """Those, and the numbers of what it might save."""
        return self.amounts | self.scenario.assumptions()

    def spreads(self) -> dict[str, Spread]:
        """The ranges of all numbers."""
        return {name: amount.spread for name, amount in self.all_amounts.items()}

    def cost(self, values: Values | None = None) -> Cost:
        """What it costs.

        Args:
            values: numbers that are other than they stand, by name.
        """
        given = values or {}
        if not self.parts:
            return _own_cost(self.scenario, given)
        own = _value(self.scenario.amounts(), given, "persons")
        parts = [
            _own_cost(scenario, {
                name.removeprefix(f"{part}."): value
                for name, value in given.items()
                if name.startswith(f"{part}.")
            })
            for part, scenario in self.parts.items()
        ]  # fmt: skip
        return Cost(
            persons=own,
            hours_per_person=sum(part.hours_per_person for part in parts),
            rate=None,
            per_person=sum(part.per_person for part in parts),
            per_group=None,
            groups=None,
        )

    def saving(
        self, saving: Saving, horizon: int, values: Values | None = None
    ) -> float | FloatArray:
        """Present value of what a saving comes to for each person, kronor.

        Args:
            saving: one of the scenario's.
            horizon: years that are counted, the insats' own the first.
            values: numbers that are other than they stand, by name.
        """
        given = values or {}
        share = _value(self.all_amounts, given, f"{saving.id}.share")
        return 0.0 if share is None else share * self.worth(saving, horizon, given)

    def worth(
        self, saving: Saving, horizon: int, values: Values | None = None
    ) -> float | FloatArray:
        """The same of a person for whom it is not needed."""
        given = values or {}
        quantity, unit_cost, discount = (
            _required(self.all_amounts, given, name)
            for name in (f"{saving.id}.quantity", f"{saving.id}.unit_cost", "discount_rate")
        )
        years = range(saving.first_year, min(saving.last_year, horizon) + 1)
        factor = sum((1.0 + discount) ** (1.0 - year) for year in years)
        return quantity * unit_cost * factor


def _value(
    amounts: Mapping[str, Amount], given: Values, name: str, default: float | None = None
) -> float | FloatArray | None:
    if name in given:
        return given[name]
    return amounts[name].value if name in amounts else default


def _required(
    amounts: Mapping[str, Amount], given: Values, name: str, default: float | None = None
) -> float | FloatArray:
    found = _value(amounts, given, name, default)
    if found is None:
        raise KeyError(name)
    return found


def _own_cost(scenario: Scenario, given: Values) -> Cost:
    amounts = scenario.amounts()

    def value(name: str, default: float | None = None) -> float | FloatArray:
        return _required(amounts, given, name, default)

    rate = value("rate") if scenario.built_rate is None else _built(value)
    hour = rate * (1.0 + value("overhead", 0.0))
    persons = _value(amounts, given, "persons")
    come = 1.0 - value("no_show", 0.0)
    if scenario.hours_per_person is not None:
        hours = value("hours_per_person")
        priced = hours - value("unpriced_hours", 0.0)
        return Cost(persons, hours, rate, priced * hour / come, None, None)
    hours = value("sessions") * value("hours_per_session")
    per_group = hours * value("staff_per_session") * hour
    in_group = value("group_size", 1.0) * value("group_fill", 1.0) * come
    alone = scenario.group_size is None
    return Cost(
        persons=persons,
        hours_per_person=hours,
        rate=rate,
        per_person=per_group / in_group,
        per_group=None if alone else per_group,
        groups=None if alone or persons is None else persons / in_group,
    )


def _built(value: Callable[[str], float | FloatArray]) -> float | FloatArray:
    """Kronor an hour: a year's salary, holidays, substitutes and fees, premises and equipment."""
    part = {
        name: value(f"built_rate.{name}")
        for name in (
            *("monthly_salary", "employer_fee", "holiday_pay", "sickness_cover"),
            *("premises_per_month", "equipment_per_month", "productive_hours_per_year"),
        )
    }
    paid = part["monthly_salary"] * (1.0 + part["holiday_pay"] + part["sickness_cover"])
    month = paid * (1.0 + part["employer_fee"])
    month = month + part["premises_per_month"] + part["equipment_per_month"]
    return _MONTHS * month / part["productive_hours_per_year"]


def rounded(value: float, step: float) -> float:
    """A number rounded half up to whole steps, on its shortest decimal text.

    Args:
        value: at least nought.
        step: what it becomes whole multiples of.
    """
    steps = (Decimal(repr(float(value))) / Decimal(repr(float(step)))).quantize(
        Decimal(1), rounding=ROUND_HALF_UP
    )
    return float(steps * Decimal(repr(float(step))))


@dataclass(frozen=True)
class Calculated:
    """What scenarios come to.

    Attributes:
        costs: one record a scenario and reading, in the order of their places.
        drivers: one a scenario and number, those that decide most first.
        break_even: one a scenario, saving and horizon.
    """

    costs: Sequence[InterventionCost]
    drivers: Sequence[CostDriver]
    break_even: Sequence[BreakEven]


def seed(scenario_id: str) -> int:
    """Of a scenario's draws: the same whatever year is reported."""
    return seed_of(ANALYSIS, scenario_id)


def calculate(scenarios: Mapping[str, Scenario]) -> Calculated:
    """All that is said of some scenarios.

    Args:
        scenarios: by name.

    Raises:
        KeyError: one is the sum of one that is not there.
    """
    found: tuple[list[InterventionCost], list[CostDriver], list[BreakEven]] = ([], [], [])
    for scenario_id in sorted(scenarios, key=lambda name: (scenarios[name].place, name)):
        model = Model.of(scenario_id, scenarios)
        drawn = draws(model.spreads(), seed(scenario_id))
        found[0].append(_record(model, MAIN, model.scenario.reading_sv, {}, drawn))
        for reading in model.scenario.readings:
            moving = {name: each for name, each in drawn.items() if name not in reading.set}
            fixed = {
                name: np.full(_size(drawn), value) for name, value in reading.set.items()
            } if drawn else {}  # fmt: skip
            found[0].append(
                _record(model, reading.id, reading.title_sv, reading.set, moving | fixed)
            )
        found[1].extend(_drivers(model))
        found[2].extend(_break_even(model, drawn))
    return Calculated(*found)


def _size(drawn: Mapping[str, FloatArray]) -> int:
    return next(iter(drawn.values())).size if drawn else 1


def _limits(value: float | FloatArray | None, size: int) -> Interval | None:
    """Between which most draws lie; the number itself where nothing it is made of moves."""
    if value is None:
        return None
    every = np.broadcast_to(np.asarray(value, dtype=np.float64), (size,))
    if every.min() == every.max():
        return Interval(float(every[0]), float(every[0]), 0.0)
    return percentile_interval(every, LEVEL)


def _told(value: float | None) -> float | None:
    """A limit as it is told: what comes of draws is not known to the krona."""
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def _one(value: float | FloatArray | None) -> float | None:
    return None if value is None else float(value)


def _record(
    model: Model,
    reading_id: str,
    reading_sv: str,
    changed: Mapping[str, float],
    drawn: Mapping[str, FloatArray],
) -> InterventionCost:
    scenario, cost, spread = model.scenario, model.cost(changed), model.cost(drawn)
    size = _size(drawn)
    total, person = _limits(spread.total, size), _limits(spread.per_person, size)
    tkr = _TKR / 10**scenario.rounding.tkr_decimals
    step = scenario.rounding.kr_per_person
    exact = float(cost.per_person)
    return InterventionCost(
        scenario_id=model.scenario_id,
        reading_id=reading_id,
        insats=scenario.insats,
        reading_sv=reading_sv,
        place=scenario.place,
        price_year=scenario.price_year,
        staff_sv=scenario.staff,
        receivers_sv=scenario.receivers,
        receiver_sv=scenario.receiver,
        persons=_one(cost.persons),
        hours_per_person=float(cost.hours_per_person),
        rate=_one(cost.rate),
        groups=_one(cost.groups),
        cost_total=None if cost.total is None else rounded(float(cost.total), tkr),
        cost_per_person=exact if step == "exact" else rounded(exact, float(step)),
        cost_per_group=None if cost.per_group is None else rounded(float(cost.per_group), tkr),
        exact_total=_one(cost.total),
        exact_per_person=exact,
        low=None if total is None else _told(total.lower),
        high=None if total is None else _told(total.upper),
        person_low=None if person is None else _told(person.lower),
        person_high=None if person is None else _told(person.upper),
        rounding=scenario.rounding.told,
        is_assumption=any(amount.assumption for amount in model.amounts.values()),
        source_sv=scenario.source,
        note_sv=scenario.note,
        demand_sv="" if scenario.demand is None else scenario.demand.receivers_sv,
        seed=seed(model.scenario_id),
    )


def _drivers(model: Model) -> list[CostDriver]:
    """Every number: what the cost is at the ends of its range, the one that moves it most first."""
    amounts = model.amounts
    spreads = {name: amount.spread for name, amount in amounts.items()}
    found = {
        swing.name: (place, swing)
        for place, swing in enumerate(
            swings(spreads, lambda changed: float(model.cost(changed).measure)), start=1
        )
    }
    measure = "cost_per_person" if model.cost().total is None else "cost_total"
    made = []
    for name, amount in model.all_amounts.items():
        place, swing = found.get(name, (None, None))
        part, _, _ = name.rpartition(".")
        made.append(
            CostDriver(
                scenario_id=model.scenario_id,
                driver=name,
                role="cost" if name in amounts else "saving",
                position=place,
                value=amount.value,
                low=amount.spread.low,
                high=amount.spread.high,
                shape=amount.shape,
                measure=measure if name in amounts else None,
                cost_low=None if swing is None else swing.at_low,
                cost_high=None if swing is None else swing.at_high,
                is_assumption=amount.assumption,
                source_sv=amount.source or model.parts.get(part, model.scenario).source,
            )
        )
    return made


def _break_even(model: Model, drawn: Mapping[str, FloatArray]) -> list[BreakEven]:
    """Each saving alone, and all together, counted over each horizon."""
    savings = model.scenario.savings
    each: list[tuple[str, str, str, tuple[Saving, ...]]] = [
        (saving.id, saving.title_sv, saving.kind, (saving,)) for saving in savings
    ]
    if len(savings) > 1:
        each.append((EVERY, "", EVERY, savings))
    cost, size = float(model.cost().per_person), _size(drawn)
    persons = _one(model.cost().persons)
    made = []
    for saving_id, title, kind, some in each:
        for horizon in HORIZONS:
            worth = sum(float(model.saving(saving, horizon)) for saving in some)
            spread = sum(model.saving(saving, horizon, drawn) for saving in some)
            limits = _limits(spread - model.cost(drawn).per_person, size)
            alone = float(model.worth(some[0], horizon)) if len(some) == 1 else 0.0
            low, high = (limits.lower, limits.upper) if limits else (None, None)
            made.append(
                BreakEven(
                    scenario_id=model.scenario_id,
                    saving_id=saving_id,
                    title_sv=title,
                    kind=kind,
                    horizon_years=horizon,
                    discount_rate=_discount(model),
                    cost_per_person=cost,
                    saving_per_person=worth,
                    npv_per_person=worth - cost,
                    npv_low=_told(low),
                    npv_high=_told(high),
                    npv_total=None if persons is None else persons * (worth - cost),
                    share=some[0].share.value if len(some) == 1 else None,
                    break_even_share=cost / alone if alone > 0 else None,
                    verdict=_verdict(low, high),
                    is_assumption=True,
                    seed=seed(model.scenario_id),
                )
            )
    return made


def _discount(model: Model) -> float:
    rate = model.scenario.discount_rate
    return 0.0 if rate is None else rate.value


def _verdict(low: float | None, high: float | None) -> str:
    if low is None or high is None or low <= 0.0 <= high:
        return "cannot_tell"
    return "pays" if low > 0.0 else "does_not_pay"


@dataclass(frozen=True)
class Known:
    """What the registers have of those whom an insats might be for.

    Attributes:
        known: how many there are; None where it is not delivered.
        reached: how many have it or its like already; nought where nobody is taken away.
    """

    known: float | None
    reached: float | None = 0.0


def demand(
    year: int,
    geography_id: str,
    scenarios: Mapping[str, Scenario],
    known: Mapping[str, Known],
) -> Rows:
    """7.1 how many are known and not reached, 7.2 how many would come, 7.3 what that costs.

    Where nobody knows how many of those who are reached are among the known, they are from none
    to all.

    Args:
        year: the reported year.
        geography_id: where.
        scenarios: by name; those without a demand are passed over.
        known: by the same names.
    """
    rows = Rows(ANALYSIS, year, geography_id)
    for scenario_id in sorted(scenarios, key=lambda name: (scenarios[name].place, name)):
        scenario = scenarios[scenario_id]
        if scenario.demand is None:
            continue
        seen = known[scenario_id]
        if seen.known is None or seen.reached is None:
            _lacking(rows, scenario_id, Shortfall.NO_REGISTER)
        else:
            _asked_for(rows, Model.of(scenario_id, scenarios), seen.known, seen.reached)
    if not rows.results:
        _lacking(rows, "total", Shortfall.NOBODY)
    return rows


def _lacking(rows: Rows, scenario_id: str, shortfall: Shortfall) -> None:
    for estimand, unit in (("7.1", "count"), ("7.2", "count"), ("7.3", "kr")):
        rows.add(
            estimand,
            None,
            unit=unit,
            method_id="demand",
            breakdown="total" if scenario_id == "total" else "insats",
            category=scenario_id,
            shortfall=shortfall,
        )


def _asked_for(rows: Rows, model: Model, known: float, reached: float) -> None:
    wanted = model.scenario.demand
    if wanted is None:
        raise ValueError(f"{model.scenario_id} has no demand")
    least = max(known - reached, 0.0)
    most = least if wanted.reached_is_part else known
    spreads = {
        "others": Spread((least + most) / 2.0, least, most, "uniform"),
        "take_up": wanted.take_up.spread,
        **{name: amount.spread for name, amount in model.amounts.items() if name != "persons"},
    }
    drawn = draws(spreads, rows.seed)
    size = _size(drawn)
    others, take_up = (
        np.broadcast_to(drawn.get(name, np.asarray(spreads[name].value)), (size,))
        for name in ("others", "take_up")
    )
    middle = spreads["others"].value
    person = model.cost().per_person
    come = middle * wanted.take_up.value
    for estimand, value, spread, unit in (
        ("7.2", come, others * take_up, "count"),
        ("7.3", come * float(person), others * take_up * model.cost(drawn).per_person, "kr"),
    ):
        if estimand == "7.2":
            # Bounds, not a distribution: nothing says where between them the number lies.
            rows.add(
                "7.1",
                middle,
                (least, most, float("nan")) if most > least else None,
                unit="count",
                method_id="demand",
                breakdown="insats",
                category=model.scenario_id,
                observations=known,
            )
        rows.add(
            estimand,
            value,
            _limits(spread, size),
            unit=unit,
            method_id="demand",
            breakdown="insats",
            category=model.scenario_id,
            observations=known,
            drawn=True,
        )
