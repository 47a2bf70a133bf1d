"""A cost scenario: what an insats without individual assessment would take, number by number.

Every number says where it comes from, whether it is assumed, and how far it may be from what it is.
The faults that a number can have are told in Swedish, since whoever writes a scenario reads them.

What does not belong here: reading files (`orchestration.flow.scenarios`), and what it costs
(`costs`).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestration.statistics.sensitivity import Shape, Spread

MAIN = "main"
#: Least and most of each number, whether the least itself is allowed, and how it is told.
BOUNDS: Mapping[str, tuple[float, float, bool, str]] = {
    "persons": (0.0, 10_000_000.0, False, "större än 0"),
    "hours_per_person": (0.0, 8_784.0, False, "större än 0 och högst 8784"),
    "unpriced_hours": (0.0, 8_784.0, True, "minst 0 och högst 8784"),
    "sessions": (0.0, 1_000.0, False, "större än 0 och högst 1000"),
    "hours_per_session": (0.0, 24.0, False, "större än 0 och högst 24"),
    "staff_per_session": (0.0, 100.0, False, "större än 0 och högst 100"),
    "group_size": (0.0, 1_000.0, False, "större än 0 och högst 1000"),
    "group_fill": (0.0, 1.0, False, "större än 0 och högst 1"),
    "no_show": (0.0, 0.95, True, "minst 0 och högst 0.95"),
    "rate": (0.0, 100_000.0, False, "större än 0 och högst 100000"),
    "overhead": (0.0, 5.0, True, "minst 0 och högst 5"),
    "discount_rate": (0.0, 0.5, True, "minst 0 och högst 0.5"),
    "monthly_salary": (0.0, 1_000_000.0, False, "större än 0 och högst 1000000"),
    "employer_fee": (0.0, 2.0, True, "minst 0 och högst 2"),
    "holiday_pay": (0.0, 2.0, True, "minst 0 och högst 2"),
    "sickness_cover": (0.0, 2.0, True, "minst 0 och högst 2"),
    "premises_per_month": (0.0, 1_000_000.0, True, "minst 0 och högst 1000000"),
    "equipment_per_month": (0.0, 1_000_000.0, True, "minst 0 och högst 1000000"),
    "productive_hours_per_year": (0.0, 8_784.0, False, "större än 0 och högst 8784"),
    "share": (0.0, 1.0, True, "minst 0 och högst 1"),
    "quantity": (0.0, 100_000.0, True, "minst 0 och högst 100000"),
    "unit_cost": (0.0, 100_000_000.0, True, "minst 0 och högst 100000000"),
    "take_up": (0.0, 1.0, True, "minst 0 och högst 1"),
}
_ID = r"^[a-z][a-z0-9_]*$"
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Words = Annotated[str, Field(min_length=1, max_length=600)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Amount(_Strict):
    """One number of a scenario.

    Attributes:
        value: The number.
        low: The least it may be; the number itself unless given.
        high: The most it may be.
        shape: How likely what lies between is.
        source: Where it comes from; the scenario's source unless given.
        assumption: Whether nobody has measured it.
    """

    value: _Finite
    low: _Finite | None = None
    high: _Finite | None = None
    shape: Shape = "triangular"
    source: str = ""
    assumption: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError("low och high anges båda eller ingen")
        if not self.spread.low <= self.value <= self.spread.high:
            raise ValueError("value ska ligga mellan low och high")
        return self

    @property
    def spread(self) -> Spread:
        """The number with its range."""
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        return Spread(self.value, low, high, self.shape)


class _Bounded(_Strict):
    """Numbers by name, each within its bounds also at the ends of its range."""

    @model_validator(mode="after")
    def _within(self) -> Self:
        for name in type(self).model_fields:
            amount = getattr(self, name)
            if isinstance(amount, Amount) and name in BOUNDS:
                least, most, itself, told = BOUNDS[name]
                spread = amount.spread
                above = spread.low >= least if itself else spread.low > least
                if not (above and spread.high <= most):
                    raise ValueError(f"{name} ska vara {told}, också i low och high")
        return self


class BuiltRate(_Bounded):
    """What an hour costs, built from what it consists of; shares are fractions.

    Attributes:
        monthly_salary: Kronor a month and full-time.
        employer_fee: Fees on all that is paid out, as a share.
        holiday_pay: Share of the salary.
        sickness_cover: Cost of substitutes, as a share of the salary.
        premises_per_month: Kronor a month and full-time.
        equipment_per_month: Computer and telephone.
        productive_hours_per_year: Hours with those it is for, of a full-time year.
    """

    monthly_salary: Amount
    employer_fee: Amount
    holiday_pay: Amount
    sickness_cover: Amount
    premises_per_month: Amount
    equipment_per_month: Amount
    productive_hours_per_year: Amount


class Rounding(_Strict):
    """How the printed figures are rounded; what is computed is not.

    Attributes:
        kr_per_person: ``exact``, or the whole kronor that a cost a person is rounded to.
        tkr_decimals: Decimals of what is printed in thousands of kronor: totals and groups.
    """

    kr_per_person: Literal["exact"] | Annotated[int, Field(ge=1, le=100_000)] = "exact"
    tkr_decimals: Annotated[int, Field(ge=0, le=3)] = 1

    @property
    def told(self) -> str:
        """As a table has it."""
        step = self.kr_per_person
        person = "exakt" if step == "exact" else f"närmaste {step}"
        return f"kr_per_person: {person}; tkr: {self.tkr_decimals} decimal"


class Reading(_Strict):
    """Another way to read the same source.

    Attributes:
        id: Its name.
        title_sv: What differs.
        set: The numbers that differ.
    """

    id: Annotated[str, Field(pattern=_ID)]
    title_sv: _Words
    set: dict[str, _Finite]


class Saving(_Bounded):
    """Something that the insats might make unnecessary. Nothing of it is known: it is assumed.

    Attributes:
        id: Its name.
        title_sv: What would not be needed.
        kind: ``case_handling`` or ``heavier_insats``.
        share: Share of the persons for whom it would not be needed.
        quantity: How much of it each of them would have had, for each year.
        unit_sv: What that is counted in.
        unit_cost: Kronor of each.
        first_year: The year, counted from the insats', in which it is first not needed.
        last_year: The last such year.
    """

    id: Annotated[str, Field(pattern=_ID)]
    title_sv: _Words
    kind: Literal["case_handling", "heavier_insats"]
    share: Amount
    quantity: Amount
    unit_sv: _Words
    unit_cost: Amount
    first_year: Annotated[int, Field(ge=1, le=20)] = 1
    last_year: Annotated[int, Field(ge=1, le=20)] = 1

    @model_validator(mode="after")
    def _assumed(self) -> Self:
        if self.last_year < self.first_year:
            raise ValueError("last_year ska vara minst first_year")
        for name in ("share", "quantity", "unit_cost"):
            if not getattr(self, name).assumption:
                raise ValueError(f"{name} är ett antagande: skriv assumption: true")
        return self


class Demand(_Bounded):
    """Whom the registers know that the insats might be for.

    Attributes:
        known: The indicator that counts them, or ``indicator.column`` of its values.
        reached: The indicator of those who have it or its like already.
        reached_is_part: Whether those are all among the known; otherwise nobody knows how many are.
        take_up: Share of the others who would come.
        receivers_sv: What is counted.
    """

    known: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.(value|numerator|denominator))?$")]
    reached: (
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.(value|numerator|denominator))?$")] | None
    ) = None
    reached_is_part: bool = True
    take_up: Amount
    receivers_sv: _Words


class Scenario(_Bounded):
    """One insats.

    A person's hours are given as such (``hours_per_person``), or as sessions; a scenario that is a
    sum (``sum_of``) has none of its own, only how many persons it is for.

    Attributes:
        insats: Its name.
        place: Where it stands among the others.
        price_year: The year whose prices the kronor are in.
        staff: Who gives it.
        receivers: What those who get it are called, in the plural.
        receiver: The same in the singular.
        source: Where the numbers come from that say nothing else.
        note: What a reader must know of them.
        persons: How many get it in a year; none where nobody knows.
        hours_per_person: Hours a person and year.
        unpriced_hours: Hours of these that are given and not priced.
        sessions: Sessions a person and year.
        hours_per_session: Hours of a session.
        staff_per_session: How many of the staff are at each.
        group_size: Persons in a full group; one where it is not given.
        group_fill: Share of the places that are filled.
        no_show: Share of the booked hours, or of the group, that nobody comes to.
        rate: Kronor of an hour of staff.
        built_rate: The same, built.
        overhead: Added to the rate, as a share.
        rounding: How its printed figures are rounded.
        sum_of: The scenarios that it is the sum of.
        reading_sv: What is said of the reading that the numbers are, where there are others.
        readings: The others.
        savings: What it might make unnecessary.
        discount_rate: A year's.
        demand: Whom it might be for.
    """

    insats: _Words
    place: Annotated[int, Field(ge=1, le=1000)] = 100
    price_year: Annotated[int, Field(ge=1990, le=2100)]
    staff: _Words
    receivers: _Words = "personer"
    receiver: _Words = "person"
    source: _Words
    note: str = ""
    persons: Amount | None = None
    hours_per_person: Amount | None = None
    unpriced_hours: Amount | None = None
    sessions: Amount | None = None
    hours_per_session: Amount | None = None
    staff_per_session: Amount | None = None
    group_size: Amount | None = None
    group_fill: Amount | None = None
    no_show: Amount | None = None
    rate: Amount | None = None
    built_rate: BuiltRate | None = None
    overhead: Amount | None = None
    rounding: Rounding = Rounding()
    sum_of: tuple[Annotated[str, Field(pattern=_ID)], ...] = ()
    reading_sv: str = ""
    readings: tuple[Reading, ...] = ()
    savings: tuple[Saving, ...] = ()
    discount_rate: Amount | None = None
    demand: Demand | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        sessions = {name: getattr(self, name) for name in _SESSIONS}
        given = [name for name, amount in sessions.items() if amount is not None]
        if self.sum_of:
            own = [name for name in _OWN if getattr(self, name) is not None]
            if own or self.readings:
                what = own[0] if own else "readings"
                raise ValueError(
                    f"en summa (sum_of) har inga egna tal utom persons: ta bort {what}"
                )
            return self._savings_whole()
        if (self.rate is None) == (self.built_rate is None):
            raise ValueError("ange timkostnaden som rate eller som built_rate, och bara en av dem")
        if (self.hours_per_person is None) == (not given):
            raise ValueError(
                "ange timmarna som hours_per_person eller som sessions med hours_per_session och"
                " staff_per_session, och bara på ett sätt"
            )
        if given and (lacking := [name for name in _SESSIONS[:3] if sessions[name] is None]):
            raise ValueError(
                f"{lacking[0]} saknas: tillfällen anges med {', '.join(_SESSIONS[:3])}"
            )
        if self.hours_per_person is not None and self.unpriced_hours is not None:
            if self.unpriced_hours.spread.high >= self.hours_per_person.spread.low:
                raise ValueError("unpriced_hours ska vara mindre än hours_per_person")
        elif self.unpriced_hours is not None:
            raise ValueError("unpriced_hours hör till hours_per_person")
        return self._savings_whole()

    def _savings_whole(self) -> Self:
        names = [saving.id for saving in self.savings]
        if len(set(names)) < len(names):
            raise ValueError("savings: samma id står två gånger")
        if self.savings and self.discount_rate is None:
            raise ValueError("discount_rate saknas: besparingar räknas till nuvärde")
        if self.discount_rate is not None and not self.discount_rate.assumption:
            raise ValueError("discount_rate är ett antagande: skriv assumption: true")
        known = self.amounts()
        if self.readings and not self.reading_sv:
            raise ValueError("reading_sv saknas: den egna läsningen ska heta något bland flera")
        for reading in self.readings:
            for name in reading.set:
                if name not in known:
                    raise ValueError(f"readings.{reading.id}: {name} finns inte bland talen")
        return self

    def amounts(self) -> dict[str, Amount]:
        """The numbers that its cost is made of, by name, in a fixed order."""
        own = {name: getattr(self, name) for name in ("persons", *_OWN) if name != "built_rate"}
        found = {name: amount for name, amount in own.items() if amount is not None}
        if self.built_rate is not None:
            found |= {
                f"built_rate.{name}": getattr(self.built_rate, name)
                for name in BuiltRate.model_fields
            }
        return found

    def assumptions(self) -> dict[str, Amount]:
        """The numbers that what it might save is made of, by name."""
        found = {
            f"{saving.id}.{name}": getattr(saving, name)
            for saving in self.savings
            for name in ("share", "quantity", "unit_cost")
        }
        if self.savings and self.discount_rate is not None:
            found["discount_rate"] = self.discount_rate
        return found

    def changed(self, name: str, amount: Mapping[str, Any]) -> Self:
        """The same scenario with another number.

        Args:
            name: As `amounts` or `assumptions` have it.
            amount: As a file has it.

        Raises:
            pydantic.ValidationError: If the scenario cannot have it.
            KeyError: If it has no such number.
        """
        addable = set() if self.sum_of else _WITH_DEFAULT
        if name not in self.amounts() | self.assumptions() and name not in addable:
            raise KeyError(name)
        content = self.model_dump(exclude_none=True)
        head, _, tail = name.partition(".")
        if not tail:
            content[head] = dict(amount)
        elif head == "built_rate":
            content[head][tail] = dict(amount)
        else:
            content["savings"] = [
                saving | {tail: dict(amount)} if saving["id"] == head else saving
                for saving in content["savings"]
            ]
        return type(self).model_validate(content)


_SESSIONS = (
    *("sessions", "hours_per_session", "staff_per_session"),
    *("group_size", "group_fill"),
)
#: What every scenario may have, and is nought where it is not given.
_WITH_DEFAULT = frozenset({"no_show", "overhead"})
_OWN = (
    *("hours_per_person", "unpriced_hours", *_SESSIONS),
    *("no_show", "rate", "built_rate", "overhead"),
)
