"""`avvik costs`: what insatser would cost by the scenarios there are, or by one of one's own.

What is computed belongs in `orchestration.analyses.costs`; nothing here needs a home, since the
scenarios are files.
"""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from orchestration.analyses.costs import Calculated
from orchestration.analyses.scenario import MAIN
from orchestration.cli.output import Format, console, print_note, print_rows, refuse
from orchestration.findings.estimates import BreakEven, CostDriver, InterventionCost
from orchestration.flow.analyses.costs import calculated
from orchestration.flow.scenarios import ScenarioError, change, load_scenarios, with_scenario
from orchestration.language import numbers
from orchestration.language.grammar import sentence_case
from orchestration.reporting.render.xlsx import Sheet, as_xlsx

_HEADINGS = (
    *("Insats", "Antal", "Timmar per person", "Kronor per person", "Kronor per grupp"),
    *("Kronor om året", "När talen varierar"),
)
_LONGEST = 5
_VERDICTS = {
    "pays": "betalar sig",
    "does_not_pay": "betalar sig inte",
    "cannot_tell": "går inte att säga om den betalar sig",
}


def costed(file: Path | None, typed: Sequence[str]) -> Calculated:
    """What the scenarios come to.

    Args:
        file: A scenario of one's own; all that there are unless given.
        typed: Numbers to set, `key=value` each.

    Raises:
        typer.Exit: If a scenario or a number cannot be used.
    """
    try:
        scenarios = load_scenarios()
        if file is not None:
            scenarios = with_scenario(file, scenarios)
        for each in typed:
            scenarios = change(scenarios, each)
    except ScenarioError as error:
        refuse(str(error), cause=error)
    return calculated(scenarios)


def show(found: Calculated, shape: Format) -> None:
    """Print what the scenarios come to; for a program, the rows of the table of costs.

    Args:
        found: What they come to.
        shape: How.
    """
    if shape is not Format.TABLE:
        names = [field.name for field in fields(InterventionCost)]
        print_rows(names, [[getattr(row, name) for name in names] for row in found.costs], shape)
        return
    print_rows(_HEADINGS, [_line(row) for row in found.costs])
    for row in found.costs:
        if row.reading_id != MAIN:
            print_note(_difference(row, found))
    for row in found.costs:
        if row.reading_id == MAIN:
            for note in _notes(row, found):
                print_note(note)
    print_note("Talen är ett räkneexempel. Besparingarna är antaganden, inte resultat.")


def _line(row: InterventionCost) -> list[str]:
    low, high = (row.low, row.high)
    if row.cost_total is None:
        low, high = row.person_low, row.person_high
    return [
        f"{row.insats} ({row.reading_sv})" if row.reading_sv else row.insats,
        _told(row.persons),
        _told(row.hours_per_person),
        _told(row.cost_per_person),
        _told(row.cost_per_group),
        _told(row.cost_total),
        "" if low is None or high is None or low == high else numbers.interval(low, high),
    ]


def _told(value: float | None) -> str:
    if value is None:
        return ""
    return numbers.number(value, 0 if float(value).is_integer() else 2)


def _difference(row: InterventionCost, found: Calculated) -> str:
    main = next(
        each
        for each in found.costs
        if each.scenario_id == row.scenario_id and each.reading_id == MAIN
    )
    more = row.exact_per_person - main.exact_per_person
    return (
        f"{row.insats} kan läsas på två sätt. {sentence_case(main.reading_sv)}:"
        f" {_told(main.exact_per_person)} kronor. {sentence_case(row.reading_sv)}:"
        f" {_told(row.exact_per_person)} kronor. Skillnaden är {_told(abs(more))} kronor för varje"
        f" {row.receiver_sv}."
    )


def _notes(row: InterventionCost, found: Calculated) -> list[str]:
    notes = [f"{row.insats}: {row.note_sv}"] if row.note_sv else []
    mine = [each for each in found.drivers if each.scenario_id == row.scenario_id]
    first = next((each for each in mine if each.position == 1), None)
    if first is not None and first.cost_low is not None and first.cost_high is not None:
        low, high = sorted((first.cost_low, first.cost_high))
        notes.append(
            f"{row.insats}: {first.title_sv} betyder mest, från {numbers.number(low)} till"
            f" {numbers.number(high)} kronor."
        )
    even = [
        each
        for each in found.break_even
        if each.scenario_id == row.scenario_id and each.horizon_years == _LONGEST
    ]
    for each in even:
        what = each.title_sv or "allt tillsammans"
        notes.append(
            f"{row.insats}, {what.lower()} (antaget): nuvärdet på {_LONGEST} år minus kostnaden är"
            f" {numbers.number(each.npv_per_person)} kronor för varje {row.receiver_sv};"
            f" {_VERDICTS[each.verdict]}."
        )
    return notes


def write(found: Calculated, path: Path) -> None:
    """Write all of it as a workbook: costs, every number with its source, and break-even.

    Args:
        found: What the scenarios come to.
        path: Where.

    Raises:
        typer.Exit: If it cannot be written.
    """
    sheets = [
        _sheet("Kostnader", InterventionCost, found.costs),
        _sheet("Tal och antaganden", CostDriver, found.drivers),
        _sheet("Betalar sig", BreakEven, found.break_even),
    ]
    try:
        path.write_bytes(as_xlsx(sheets))
    except OSError as error:
        refuse(f"Arbetsboken kan inte skrivas: {error.strerror}.", cause=error)
    console.print(f"Arbetsbok: {path}", soft_wrap=True)


def _sheet(name: str, record: type[Any], rows: Sequence[Any]) -> Sheet:
    names = [field.name for field in fields(record)]
    return Sheet(name, names, [[getattr(row, each) for each in names] for row in rows])
