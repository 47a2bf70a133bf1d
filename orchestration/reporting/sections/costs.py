"""The section on what insatser without individual assessment would cost, and when they would pay.

What is computed belongs in `orchestration.analyses.costs`; every number that is assumed is said to
be, since nothing here has been measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language.grammar import sentence_case
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quoted,
    Said,
    Style,
    nodes,
    say,
    sentences,
    span,
)
from orchestration.reporting.document import (
    Bullets,
    Cell,
    Column,
    Figure,
    Folded,
    Paragraph,
    Plain,
    Table,
    paragraph,
)
from orchestration.reporting.figures import NOTHING
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections import estimates
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.estimates import Estimates, brief, figure
from orchestration.reporting.tornado import Driver, tornado_chart

ANALYSIS = "costs"
_COSTS = "marts.intervention_costs"
_DRIVERS = "marts.intervention_cost_drivers"
_BREAK_EVEN = "marts.intervention_break_even"
_MAIN = "main"
_LONGEST = 5
_Row = Mapping[str, Any]
_KRONOR = Form(Style.FULL, 0, "amount", "kronor")
_BARE = Form(Style.BARE, 0, "amount", "kronor")
_PERCENT = Form(Style.PERCENT, 0)
_VERDICTS: Mapping[str, str] = {
    "pays": "med de antagandena betalar insatsen sig",
    "does_not_pay": "med de antagandena betalar insatsen sig inte",
    "cannot_tell": "om den betalar sig går inte att säga",
}


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section; one that holds the examples against nothing shows none."""
    if context.only_statistics:
        return paragraph(
            "Kan inte visas: registren saknas. Räkneexemplen är gjorda för en annan kommuns antal, "
            "och de egna att hålla dem mot står i registren."
        )
    costs = read_rows(
        connection,
        f"select * from {_COSTS} order by place, scenario_id, reading_id <> '{_MAIN}', reading_id",
    )
    drivers = read_rows(
        connection, f"select * from {_DRIVERS} order by scenario_id, position nulls last, driver"
    )
    even = read_rows(
        connection,
        f"select * from {_BREAK_EVEN} order by scenario_id, horizon_years, saving_id",
    )
    if not costs:
        return paragraph("Inga räkneexempel är angivna.")
    found = Estimates.load(connection, context, ANALYSIS)
    whole = _not_parts(costs, drivers)
    told = paragraph(
        sentences("Talen är räkneexempel, ingen prognos.", _sentence(whole[0], drivers))
    )
    told.append(_table(costs, context))
    told += _tornado(whole[0], drivers, context)
    savings = _savings(whole, even, context)
    if savings:
        told += paragraph(
            "Vad insatserna kan göra onödigt har ingen mätt: det är antaganden, och de är inte "
            "dragna från kostnaden."
        )
    told.append(
        Folded(
            nodes(
                "Övriga insatser, antagna besparingar, vilka insatserna kan vara för, och källor"
            ),
            (
                *_listed([_sentence(row, drivers) for row in whole[1:]]),
                *(
                    table
                    for row in whole[1:]
                    if (mine := _moving(row, drivers))
                    for table in [_drivers_table(mine, row, f"{_anchor(row, context)}-tabell")]
                ),
                *savings,
                *_listed(_demand(whole, found)),
                *_listed([_note(row) for row in costs if _has_note(row)]),
            ),
        )
    )
    return told


_Folded = Paragraph | Bullets | Table


def _listed(items: Sequence[Said]) -> list[_Folded]:
    return [Bullets(tuple(items))] if items else []


def _has_note(row: _Row) -> bool:
    return bool(row["note_sv"]) and row["reading_id"] == _MAIN


def _anchor(row: _Row, context: AnalysisContext) -> str:
    return f"{context.anchor}-{row['scenario_id'].replace('_', '-')}"


def _moving(row: _Row, drivers: Sequence[_Row]) -> list[_Row]:
    """The numbers of a scenario that vary, the one that decides most first."""
    return [
        each for each in drivers if each["scenario_id"] == row["scenario_id"] and each["position"]
    ]


def _not_parts(costs: Sequence[_Row], drivers: Sequence[_Row]) -> list[_Row]:
    """The scenarios' own readings, without those that another one is the sum of."""
    parts = {row["driver"].partition(".")[0] for row in drivers if row["role"] == "cost"}
    return [row for row in costs if row["reading_id"] == _MAIN and row["scenario_id"] not in parts]


def _cell(row: _Row, column: str) -> Address:
    key = (("scenario_id", row["scenario_id"]), ("reading_id", row["reading_id"]))
    return Address(_COSTS, key, column)


def _number(row: _Row, column: str, form: Form) -> Number:
    return Number(float(row[column]), form, (_cell(row, column),))


def _quoted(row: _Row, column: str, text: str | None = None) -> Quoted:
    name = f"{row['scenario_id']}*{row['reading_id']}"
    return Quoted(text or row[column], f"{_COSTS}.{column}", name)


def _sentence(row: _Row, drivers: Sequence[_Row]) -> Said:
    """Says what an insats costs, between which limits, and which number decides most."""
    decides = next(
        (
            each
            for each in drivers
            if each["scenario_id"] == row["scenario_id"] and each["position"]
        ),
        None,
    )
    last: Said = ()
    if decides is not None:
        last = say("{driver} betyder mest.", driver=_driver(decides))
    if row["cost_total"] is None:
        own = say(
            "{insats}: räkneexemplet kostar {person} för varje {receiver} ({limits} när talen "
            "varierar som angetts).",
            insats=_quoted(row, "insats"),
            person=_number(row, "cost_per_person", _KRONOR),
            receiver=_quoted(row, "receiver_sv"),
            limits=_limits(row, "person_low", "person_high"),
        )
    else:
        own = say(
            "{insats}: räkneexemplet kostar {total} för {persons} {receivers} ({limits} när talen "
            "varierar som angetts).",
            insats=_quoted(row, "insats"),
            total=_number(row, "cost_total", _KRONOR),
            persons=_number(row, "persons", Form()),
            receivers=_quoted(row, "receivers_sv"),
            limits=_limits(row, "low", "high"),
        )
    return sentences(own, last)


def _limits(row: _Row, low: str, high: str) -> Said:
    if row[low] is None or row[low] == row[high]:
        return nodes("inget varierar")
    return say("{span} kronor", span=span(_number(row, low, _BARE), _number(row, high, _BARE)))


def _driver(row: _Row) -> Quoted:
    name = f"{row['scenario_id']}*{row['driver']}"
    return Quoted(row["title_sv"], f"{_DRIVERS}.title_sv", name)


def _maybe(row: _Row, column: str, form: Form) -> Cell:
    if row[column] is None:
        return Cell(NOTHING)
    return Cell((_number(row, column, form),))


def _table(costs: Sequence[_Row], context: AnalysisContext) -> Table:
    def name(row: _Row) -> Cell:
        below = (_quoted(row, "reading_sv", sentence_case(row["reading_sv"])),)
        return Cell((_quoted(row, "insats"),), below if row["reading_sv"] else ())

    year = int(costs[0]["price_year"])
    return Table(
        say("Vad räkneexemplen kostar, kronor om året i {year} års priser", year=Period.year(year)),
        (
            Column(nodes("Insats")),
            Column(nodes("Personer"), numeric=True),
            Column(nodes("Timmar per person"), numeric=True),
            Column(nodes("Per person"), numeric=True),
            Column(nodes("Per grupp"), numeric=True),
            Column(nodes("Totalt"), numeric=True),
            Column(nodes("När talen varierar"), numeric=True),
        ),
        tuple(
            (
                name(row),
                _maybe(row, "persons", Form()),
                _maybe(row, "hours_per_person", Form()),
                _maybe(row, "cost_per_person", Form(digits=_ore(row["cost_per_person"]))),
                _maybe(row, "cost_per_group", Form()),
                _maybe(row, "cost_total", Form()),
                _range(row),
            )
            for row in costs
        ),
        f"{context.anchor}-tabell",
        file_name="kostnader",
    )


def _ore(kronor: float) -> int:
    """Decimals of a cost that may end in half a krona."""
    return 0 if float(kronor).is_integer() else 2


def _range(row: _Row) -> Cell:
    low, high = ("low", "high") if row["cost_total"] is not None else ("person_low", "person_high")
    if row[low] is None or row[low] == row[high]:
        return Cell(NOTHING)
    return Cell(span(_number(row, low, _BARE), _number(row, high, _BARE)))


def _tornado(row: _Row, drivers: Sequence[_Row], context: AnalysisContext) -> list[Plain]:
    """What each number means for a scenario's cost; nothing where nothing varies."""
    mine = _moving(row, drivers)
    if not mine:
        return []
    total = row["exact_total"] is not None
    # Thousands of kronor have room at the bars' ends.
    scale = 1000.0 if total else 1.0
    drawing = tornado_chart(
        [Driver(each["title_sv"], each["cost_low"] / scale, each["cost_high"] / scale)
         for each in mine],
        float(row["exact_total"] if total else row["exact_per_person"]) / scale,
        axis_title="tusen kronor om året" if total else f"kronor per {row['receiver_sv']}",
        decimals=0,
    )  # fmt: skip
    return [
        Figure(
            say("Vad som betyder mest för kostnaden"),
            say(
                "{insats}: ett tal i taget som minst (svag färg) och som störst (stark färg).",
                insats=_quoted(row, "insats"),
            ),
            nodes("Stapeldiagram med en rad för varje tal. Alla värden står i tabellen."),
            (drawing,),
            _drivers_table(mine, row, f"{_anchor(row, context)}-tabell"),
            _anchor(row, context),
        )
    ]


def _drivers_table(mine: Sequence[_Row], row: _Row, anchor: str) -> Table:
    def cell(each: _Row, column: str) -> Cell:
        key = (("scenario_id", each["scenario_id"]), ("driver", each["driver"]))
        value = float(each[column])
        money = column.startswith("cost")
        form = Form(digits=0 if money else _decimals(value))
        return Cell((Number(value, form, (Address(_DRIVERS, key, column),)),))

    def title(each: _Row) -> Cell:
        return Cell((_driver(each),), nodes("antagande") if each["is_assumption"] else ())

    return Table(
        say("Talen i diagrammet: {insats}", insats=_quoted(row, "insats")),
        (
            Column(nodes("Tal")),
            Column(nodes("Som minst"), numeric=True),
            Column(nodes("I exemplet"), numeric=True),
            Column(nodes("Som störst"), numeric=True),
            Column(nodes("Kostnad som minst"), numeric=True),
            Column(nodes("Kostnad som störst"), numeric=True),
        ),
        tuple(
            (
                title(each),
                *(cell(each, name) for name in ("low", "value", "high", "cost_low", "cost_high")),
            )
            for each in mine
        ),
        anchor,
        numbered=False,
    )


def _decimals(value: float) -> int:
    text = repr(float(value)).partition(".")[2]
    return 0 if text == "0" else len(text)


def _even_cell(each: _Row, column: str) -> Address:
    key = (
        ("scenario_id", each["scenario_id"]),
        ("saving_id", each["saving_id"]),
        ("horizon_years", int(each["horizon_years"])),
    )
    return Address(_BREAK_EVEN, key, column)


def _even(each: _Row, column: str, form: Form) -> Number:
    return Number(float(each[column]), form, (_even_cell(each, column),))


def _savings(
    whole: Sequence[_Row], even: Sequence[_Row], context: AnalysisContext
) -> list[_Folded]:
    """What would have to be saved, and what is assumed to be."""
    by_scenario = {row["scenario_id"]: row for row in whole}
    shown = [
        each
        for row in whole
        for each in even
        if each["scenario_id"] == row["scenario_id"] and each["horizon_years"] == _LONGEST
    ]
    if not shown:
        return []
    years = Number(float(_LONGEST), Form(Style.CARDINAL), (_even_cell(shown[0], "horizon_years"),))
    table = Table(
        say("Vad som skulle krävas för att insatserna ska betala sig på {years} år", years=years),
        (
            Column(nodes("Insats och vad som inte behövs")),
            Column(nodes("Antagen andel"), numeric=True),
            Column(nodes("Andel som krävs"), numeric=True),
            Column(nodes("Nuvärde minus kostnad"), numeric=True),
            Column(nodes("När antagandena varierar"), numeric=True),
        ),
        tuple(_savings_row(each, by_scenario[each["scenario_id"]]) for each in shown),
        f"{context.anchor}-besparingar",
        numbered=False,
    )
    return [*_listed([said for row in whole if (said := _verdict(row, shown))]), table]


def _savings_row(each: _Row, row: _Row) -> tuple[Cell, ...]:
    saving: Said = nodes("allt tillsammans")
    if each["title_sv"]:
        name = f"{each['scenario_id']}*{each['saving_id']}"
        saving = (Quoted(each["title_sv"], f"{_BREAK_EVEN}.title_sv", name),)
    needed = each["break_even_share"]
    limits: Said = NOTHING
    if each["npv_low"] is not None and each["npv_low"] != each["npv_high"]:
        limits = span(_even(each, "npv_low", _BARE), _even(each, "npv_high", _BARE))
    return (
        Cell((_quoted(row, "insats"),), saving),
        Cell(
            NOTHING
            if each["share"] is None
            else (_even(each, "share", Form(Style.PERCENT_SIGN, 0)),)
        ),
        Cell(
            NOTHING
            if needed is None
            else nodes("räcker inte")
            if needed > 1
            else (_even(each, "break_even_share", Form(Style.PERCENT_SIGN, 0)),)
        ),
        Cell((_even(each, "npv_per_person", _BARE),)),
        Cell(limits),
    )


def _verdict(row: _Row, shown: Sequence[_Row]) -> Said:
    """Of all savings together, or of the only one."""
    mine = [each for each in shown if each["scenario_id"] == row["scenario_id"]]
    if not mine:
        return ()
    each = next((one for one in mine if one["kind"] == "alla"), mine[0])
    return say(
        "{insats}: de antagna besparingarna är värda {worth} för varje {receiver}, mot kostnaden "
        "{cost}; {verdict}.",
        insats=_quoted(row, "insats"),
        worth=_even(each, "saving_per_person", _KRONOR),
        receiver=_quoted(row, "receiver_sv"),
        cost=_even(each, "cost_per_person", _KRONOR),
        verdict=_VERDICTS[each["verdict"]],
    )


def _demand(whole: Sequence[_Row], found: Estimates) -> list[Said]:
    """Whom the registers have that the insatser might be for; the share that comes is assumed."""
    told: list[Said] = []
    for row in whole:
        others, come, cost = (
            found.get(name, "insats", row["scenario_id"]) for name in ("7.1", "7.2", "7.3")
        )
        lacking = next(
            (
                each
                for each in found.rows
                if each.category == row["scenario_id"] and each.shortfall is not None
            ),
            None,
        )
        if others is not None and come is not None and cost is not None:
            told.append(
                say(
                    "{insats}: {others} {who}. Om den antagna andelen kommer blir det {come}, till "
                    "en kostnad av {cost}.",
                    insats=_quoted(row, "insats"),
                    others=_bounds(others),
                    who=_quoted(row, "demand_sv"),
                    come=figure(come),
                    cost=brief(cost),
                )
            )
        elif lacking is not None:
            told.append(
                say("{insats}: {why}", insats=_quoted(row, "insats"), why=lacking.reason_sv)
            )
    return told


def _bounds(row: AnalysisResult) -> Said:
    """How many, from least to most where nobody knows."""
    if row.ci_lower is None or row.ci_upper is None:
        return (brief(row),)
    whole = Form()
    low, high = (
        Number(value.value, whole, value.cells)
        for value in (estimates.value(row, "ci_lower"), estimates.value(row, "ci_upper"))
    )
    return say("mellan {low} och {high}", low=low, high=high)


def _note(row: _Row) -> Said:
    return say("{insats}: {note}", insats=_quoted(row, "insats"), note=_quoted(row, "note_sv"))
