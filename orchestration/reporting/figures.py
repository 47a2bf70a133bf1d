"""The figures of a finding or a comparison as nodes: numbers that name their cells, or why none.

A figure that is missing or protected is a word. How a sentence is built of them belongs in
``telling``, which rows there are in ``data``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from orchestration.findings import cells
from orchestration.findings.records import deviation_cell, triangulation_cell
from orchestration.indicators.models import NaturalExplanation
from orchestration.language import quantities, words
from orchestration.language.inline import (
    HIDDEN,
    Cell,
    Form,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    Style,
    Text,
    say,
    sentences,
    span,
)
from orchestration.language.names import NO_CHANGE, number
from orchestration.reporting.data import CatalogueIndicator, Compared, Observation, Shown

NOTHING: Said = (Text("–"),)
"""What stands where there is no figure."""


def without(status: str) -> Said:
    """What stands in a table where a value of some status has no figure."""
    return HIDDEN if status == "suppressed" else (Text(words.status(status)),)


def or_nothing(number: Number | None) -> Said:
    """A number, or what stands where there is none."""
    return NOTHING if number is None else (number,)


def title(indicator: CatalogueIndicator, text: str | None = None) -> Quoted:
    """An indicator's name as the catalogue has it, or a form of it that fits the sentence."""
    return Quoted(text or indicator.title_sv, "marts.indicators.title_sv", indicator.indicator_id)


def unit(indicator: CatalogueIndicator) -> Quoted:
    """What an indicator's values are counted in, on an axis and over a table."""
    text = quantities.axis_title(indicator.measure, indicator.unit)
    return Quoted(text, "marts.indicators.unit", indicator.indicator_id)


def municipality(name: str) -> Quoted:
    """The municipality's name, as it was configured."""
    return Quoted(name, "municipality", "name")


def geography(geography_id: str, name: str) -> Quoted:
    """The name of a place."""
    return Quoted(name, "marts.geographies.name", geography_id)


def count(value: int, table: str, *where: tuple[str, str | int | date | None]) -> Number:
    """How many rows of a table there are, in words up to twelve."""
    return Number(value, Form(Style.CARDINAL), (Cell(table, where),), Quantity.COUNT)


def setting(value: float, name: str, form: Form | None = None) -> Number:
    """A number of the method."""
    return number(cells.setting(name, value), form or Form())


def cell_of(row: Shown, column: str) -> Cell:
    """Where a figure of a finding stands."""
    return deviation_cell(row.deviation_id, column)


def value_cell(row: Shown, observation: Observation, column: str = "value") -> Cell:
    """Where a value of a finding's series or groups stands."""
    return cells.series_cell(
        column,
        indicator_id=row.indicator.indicator_id,
        period_start=date(observation.year, 1, 1),
        period_grain="year",
        geography_id=row.geography_id,
        breakdown=observation.breakdown,
        category=observation.category,
    )


def digits(row: Shown) -> int:
    """Chooses the decimals that a finding's figures share."""
    shown = [row.observed, row.lower, row.upper, row.expected]
    if row.kind != "group_difference":
        # Groups are held against each other, not against the year before.
        shown.append(row.previous)
    return quantities.decimals(row.indicator.measure, row.indicator.unit, shown)


def form(row: Shown, style: Style) -> Form:
    """How a finding's figures are printed."""
    return Form(style, digits(row), row.indicator.measure, row.indicator.unit)


def absent(row: Shown | Compared) -> Said:
    """Why a figure is not there."""
    return (Text(words.PROTECTED if row.protected else words.MISSING),)


def own(row: Shown, column: str, style: Style) -> Said:
    """One of a finding's own figures in the indicator's unit: ``observed``, ``expected``."""
    value = getattr(row, column)
    if value is None:
        return HIDDEN if row.protected else NOTHING
    return (Number(value, form(row, style), (cell_of(row, column),)),)


def limits(row: Shown) -> Said:
    """The interval of what was expected, without its unit; nothing where there is none."""
    if row.lower is None or row.upper is None:
        return ()
    bare = form(row, Style.BARE)
    return span(
        Number(row.lower, bare, (cell_of(row, "lower"),)),
        Number(row.upper, bare, (cell_of(row, "upper"),)),
    )


def expected(row: Shown) -> Said:
    """What was expected, with its interval in parentheses, for a table."""
    if row.protected:
        return HIDDEN
    said = own(row, "expected", Style.CELL)
    interval = limits(row)
    return say("{mean} ({limits})", mean=said, limits=interval) if interval else said


def observation(row: Shown, year: int) -> Observation | None:
    """The value of a finding's series in a year."""
    return next((each for each in row.series if each.year == year), None)


def previous(row: Shown, style: Style) -> Number | None:
    """The value that the tested one is compared with; None where it is unknown or protected."""
    before = None if row.previous_year is None else observation(row, row.previous_year)
    if before is None or before.value is None:
        return None
    return Number(before.value, form(row, style), (value_cell(row, before),))


def relative_change(row: Shown) -> float | None:
    """The relative change since the latest earlier comparable value, as a fraction.

    The engine's figure where there is one, otherwise the change between the two values; None
    where either is unknown or protected or the earlier one is nought.
    """
    if row.protected:
        return None
    if row.relative_change is not None:
        return row.relative_change
    before = row.previous
    return None if row.observed is None or not before else row.observed / before - 1


def change(row: Shown, style: Style, *, sign: bool = False) -> Number | None:
    """The relative change; without a sign its size, for a sentence that says which way."""
    relative = relative_change(row)
    if relative is None:
        return None
    value = relative if sign else abs(relative)
    printed = Form(style, 1, sign=sign)
    if row.relative_change is not None:
        quantity = Quantity.VALUE if sign else Quantity.SIZE
        return Number(value, printed, (cell_of(row, "relative_change"),), quantity)
    now, before = previous_pair(row)
    quantity = Quantity.CHANGE if sign else Quantity.SIZE_OF_CHANGE
    return Number(value, printed, (now, before), quantity)


def previous_pair(row: Shown) -> tuple[Cell, Cell]:
    """Where the tested value and the one before it stand.

    Raises:
        ValueError: If there is no value before it.
    """
    before = None if row.previous_year is None else observation(row, row.previous_year)
    if before is None:
        raise ValueError(f"{row.deviation_id}: nothing to compare with")
    return cell_of(row, "observed"), value_cell(row, before)


def moved(value: float | None, size: Said) -> Said:
    """``minskade med 6,3 procent``, ``var i stort sett oförändrat``."""
    if value is None:
        return ()
    if abs(value) < NO_CHANGE:
        return (Text("var i stort sett oförändrat"),)
    verb = "ökade" if value > 0 else "minskade"
    return say("{verb} med {size}", verb=verb, size=size)


def comparison_cell(row: Compared, column: str) -> Cell:
    """Where a figure of a comparison stands."""
    if row.deviation_id is not None:
        return deviation_cell(row.deviation_id, f"evidence.{column}")
    return triangulation_cell(row.focus_area_id, row.indicator_id, row.related_indicator_id, column)


def compared(row: Compared, column: str, style: Style, *, sign: bool = False) -> Number | None:
    """A change of a comparison (``observed_change``, ``related_change``), or None."""
    value = getattr(row, column)
    if value is None:
        return None
    quantity = Quantity.VALUE if sign else Quantity.SIZE
    shown = value if sign else abs(value)
    return Number(shown, Form(style, 1, sign=sign), (comparison_cell(row, column),), quantity)


def probability(
    row: Shown, style: Style = Style.PROBABILITY_SIGN, *, column: str = "q_value"
) -> Said:
    """A finding's q-value, or its p-value."""
    value = getattr(row, column)
    if value is None:
        return NOTHING
    return (Number(value, Form(style), (cell_of(row, column),)),)


def breakeven(row: Shown) -> Said:
    """How much the indicator would have to move in a normal year for a finding to be chance."""
    # Where the search for it stopped at its ceiling, the number is only the ceiling.
    if not row.breakeven_volatility or not row.breakeven_reached:
        return NOTHING
    cell = cell_of(row, "breakeven_volatility")
    movement = quantities.growth(row.breakeven_volatility)
    return (Number(movement, Form(Style.PERCENT_SIGN), (cell,), Quantity.GROWTH),)


def group_value(row: Shown, group: Observation, style: Style) -> Said:
    """The value of a compared group, or the word for why there is none."""
    if group.value is None:
        return without(group.status)
    return (Number(group.value, form(row, style), (value_cell(row, group),)),)


def group_limits(row: Shown, group: Observation) -> Said:
    """The interval of a group's value, without unit."""
    if group.value is None:
        return without(group.status)
    if group.ci_lower is None or group.ci_upper is None:
        return NOTHING
    bare = form(row, Style.BARE)
    return span(
        Number(group.ci_lower, bare, (value_cell(row, group, "ci_lower"),)),
        Number(group.ci_upper, bare, (value_cell(row, group, "ci_upper"),)),
    )


def group_size(row: Shown, group: Observation) -> Said:
    """How many a group's value rests on."""
    if group.value is None:
        return without(group.status)
    column = "observations" if group.observations is not None else "denominator"
    behind = getattr(group, column)
    if behind is None:
        return NOTHING
    return (Number(behind, Form(), (value_cell(row, group, column),)),)


def group_spread(row: Shown, group: Observation) -> Said:
    """The standard deviation of a group."""
    if group.value is None:
        return without(group.status)
    if group.standard_deviation is None:
        return NOTHING
    cell = value_cell(row, group, "standard_deviation")
    return (Number(group.standard_deviation, Form(digits=1), (cell,)),)


def category(code: str, breakdown: str = "") -> Said:
    """A category in words; nothing for the whole."""
    text = words.category(code, breakdown)
    return (Quoted(text, "marts.indicator_values.category", code),) if text else ()


def name(row: Shown, municipality_name: str, *, definite: str | None = None) -> Said:
    """Names what deviates; what is the whole category, place or year is left out.

    Args:
        row: The finding.
        municipality_name: Its own name needs not be said.
        definite: The indicator's name in the form that fits the sentence.
    """
    narrowed: list[Said] = []
    if row.kind == "group_difference":
        parts: list[Said] = [category(group.category) for group in row.whole_groups]
        narrowed.append(joined_by(parts, " mot "))
    else:
        narrowed.append(category(row.category))
    whole = row.geography_level == "kommun" and municipality_name.startswith(row.geography_name)
    if not whole:
        narrowed.append((geography(row.geography_id, row.geography_name),))
    if row.period_grain == "month":
        narrowed.append((Period.month(row.period_start),))
    told = [part for part in narrowed if part]
    head = title(row.indicator, definite)
    return say("{head} ({parts})", head=head, parts=joined_by(told, ", ")) if told else (head,)


def joined_by(parts: Sequence[Said], between: str) -> Said:
    """Parts after one another with the same words between them."""
    found: list[Said] = []
    for position, part in enumerate(parts):
        if position:
            found.append((Text(between),))
        found.append(part)
    return tuple(node for each in found for node in each)


def explanations_of(cause: NaturalExplanation) -> str:
    """The table that an explanation stands in, registered or found."""
    registered = cause.origin == "registered"
    return "seeds.natural_explanations" if registered else "marts.found_explanations"


def explanation_text(cause: NaturalExplanation, column: str) -> Quoted:
    """A text of an explanation, as it is registered or was found."""
    address = f"{explanations_of(cause)}.{column}"
    return Quoted(getattr(cause, column), address, cause.explanation_id)


def weighed(row: Shown) -> Said:
    """That an explanation was weighed and does not suffice."""
    cause = row.explanation
    if cause is None or row.outcome == "explained":
        return ()
    origin = "registrerad" if cause.origin == "registered" else "funnen"
    return say(
        "En {origin} förklaring har vägts in men räcker inte: {title}.",
        origin=origin,
        title=explanation_text(cause, "title_sv"),
    )


def reserved(row: Shown) -> Said:
    """What must be examined before a finding is believed."""
    if not row.reservations:
        return ()
    told: list[Said] = [
        (Quoted(each.title_sv, "marts.found_explanations.title_sv", each.explanation_id),)
        for each in row.reservations
    ]
    return sentences(
        say("Kontrollera först: {what}.", what=joined_by(told, ", ")),
        "En verklig förändring i verksamheten syns på samma sätt.",
    )
