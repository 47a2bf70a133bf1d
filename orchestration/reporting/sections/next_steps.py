"""What became of the steps that earlier memoranda proposed, and who takes this year's.

Which steps there are to follow up belongs in `orchestration.reporting.next_steps`.
"""

from __future__ import annotations

from datetime import date

from orchestration.indicators.models import StepState
from orchestration.language import quantities, words
from orchestration.language.inline import (
    HIDDEN,
    Form,
    Number,
    Period,
    Quoted,
    Said,
    Style,
    nodes,
    say,
)
from orchestration.language.inline import Cell as Address
from orchestration.reporting.data import ReportData
from orchestration.reporting.document import Cell, Column, Plain, Table, paragraph
from orchestration.reporting.next_steps import EarlierStep, Measured
from orchestration.reporting.sections.sources import page_link

_STATES = "seeds.step_states"


def kept(state: StepState | None) -> Said:
    """Who takes a step, by when, and how far it has come; nothing where nobody has said."""
    if state is None:
        return ()
    due = () if state.due is None else say(", klart senast {day}", day=Period.day(state.due))
    return say(
        " Ansvarig: {owner}{due}. Läget den {at}: {state}. (Enligt {author}.)",
        owner=Quoted(state.owner_sv, _STATES, state.hypothesis_id),
        due=due,
        at=Period.day(state.state_at),
        state=words.word(words.STEP_STATES, state.state),
        author=Quoted(state.author, _STATES, state.hypothesis_id),
    )


def follow_up(data: ReportData) -> list[Plain]:
    """The steps of earlier memoranda, and what shows whether they have worked."""
    if not data.earlier_steps:
        return []
    told = paragraph(
        "Det här föreslogs i tidigare promemorior. Ansvar, datum och läge är förvaltningens egna "
        "uppgifter. Att ett mått har förändrats visar inte att steget är skälet."
    )
    return [*told, _table(data)]


def _table(data: ReportData) -> Table:
    return Table(
        nodes("Nästa steg ur tidigare promemorior"),
        (
            Column(nodes("Steg")),
            Column(nodes("Ansvarig")),
            Column(nodes("Klart senast")),
            Column(nodes("Läge")),
            Column(nodes("Följs med")),
            Column(nodes("Då"), numeric=True),
            Column(nodes("Nu"), numeric=True),
        ),
        tuple(_row(each) for each in data.earlier_steps),
        "uppfoljning-nasta-steg",
    )


def _row(each: EarlierStep) -> tuple[Cell, ...]:
    step, state = each.step, each.state
    said = say(
        "{text} ({year})",
        text=Quoted(step.text_sv, "seeds.possible_explanations", step.hypothesis_id),
        year=Period.year(each.year),
    )
    if state is None:
        missing = nodes(words.MISSING)
        return (Cell(said), *(Cell(missing) for _ in range(3)), *_measured(each))
    at = say(
        "{state} ({at})",
        state=words.word(words.STEP_STATES, state.state),
        at=Period.day(state.state_at),
    )
    return (
        Cell(said),
        Cell((Quoted(state.owner_sv, _STATES, state.hypothesis_id),)),
        Cell(_day(state.due)),
        Cell(at),
        *_measured(each),
    )


def _day(when: date | None) -> Said:
    return nodes("inget datum") if when is None else (Period.day(when),)


def _measured(each: EarlierStep) -> tuple[Cell, ...]:
    """What the step is judged by, then and now."""
    indicator = each.indicator
    if indicator is None:
        return Cell(nodes("inget mått")), Cell(nodes("")), Cell(nodes(""))
    known = [one.value for one in each.values]
    digits = quantities.decimals(indicator.measure, indicator.unit, known)
    form = Form(Style.CELL, digits, indicator.measure, indicator.unit)

    def number(one: Measured) -> Said:
        if one.value is None:
            return HIDDEN if one.protected else nodes(words.MISSING)
        row = (
            ("indicator_id", indicator.indicator_id),
            ("period_start", date(one.year, 1, 1)),
            ("geography_id", each.geography_id),
            ("breakdown", "total"),
            ("category", "total"),
        )
        return (Number(one.value, form, (Address("marts.indicator_values", row, "value"),)),)

    title = Quoted(indicator.title_sv, "marts.indicators", indicator.indicator_id)
    return Cell((page_link(indicator, (title,)),)), *(Cell(number(one)) for one in each.values)
