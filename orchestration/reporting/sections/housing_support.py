"""The section on housing support: the heap above the grant's threshold, the grant, equal treatment.

What is estimated belongs in `orchestration.analyses.housing_support`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language import words
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    nodes,
    say,
    sentences,
)
from orchestration.reporting import charts
from orchestration.reporting.document import Cell, Column, Figure, Plain, Table, paragraph
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections import estimates
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.estimates import Estimates, away_from, brief, figure

REGISTER = "boendestod_beslut"
ANALYSIS = "housing_support"
_MART = "marts.housing_support"
_LAST_HOUR = 20
_GROUPS = (
    ("funktionsnedsattning", 1, "Personkretsen enligt LSS"),
    ("funktionsnedsattning", 0, "Funktionsnedsättning utan personkrets"),
    ("socialpsykiatri", 0, "Socialpsykiatri"),
)


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section."""
    found = Estimates.load(connection, context, ANALYSIS)
    told = estimates.opening(context, REGISTER, found)
    if not found.rows or found.undelivered:
        return told
    told += paragraph(sentences(_heap(found), _grant(found)))
    told += _histogram(connection, context)
    told += _placebos(found, context)
    told += paragraph(sentences(_equal_treatment(found), _activities(found)))
    told += _gap(found, context)
    return told + paragraph(
        "Behovet finns inte i registret, och antalet aktiviteter är själv beslutat."
    )


def _heap(found: Estimates) -> Said:
    excess = found.get("3.3")
    if excess is None:
        return found.without("3.3", "Om beslut samlas strax över gränsen: {why}")
    if not (away_from(excess, 0.0) and (excess.estimate or 0.0) > 0):
        return say(
            "Att fler i personkretsen har beslut strax över tolv timmar än mönstret i övrigt ger "
            "går inte att säkerställa: {excess}.",
            excess=figure(excess),
        )
    others = [*found.by("3.4", "placebo"), *found.by("3.4", "group")]
    also = [row for row in others if (row.ci_lower or 0.0) > 0]
    heap, gap = found.get("3.6", "part", "heap"), found.get("3.6", "part", "gap")
    return sentences(
        say(
            "I personkretsen har {excess} beslut strax över tolv timmar utöver vad mönstret i "
            "övrigt ger.",
            excess=figure(excess),
        ),
        say(
            "Vid andra gränser, och i grupper som inte kan ge ersättning, finns inget sådant."
            if not also
            else "Ett överskott finns också där ersättningen inte kan vara skälet, så slutsatsen "
            "är osäker."
        )
        if others
        else "",
        say(
            "Det motsvarar {heap} i medeltal, av skillnaden på {gap} mellan målgrupperna.",
            heap=figure(heap),
            gap=brief(gap),
        )
        if heap is not None and gap is not None
        else "",
    )


def _grant(found: Estimates) -> Said:
    persons, amount = found.get("3.2"), found.get("3.2_amount")
    if persons is None:
        return found.without("3.2")
    money = (
        say(", motsvarande {amount} om året", amount=brief(amount))
        if amount is not None and amount.estimate
        else ()
    )
    return say(
        "{persons} uppfyller alla villkor för schablonersättningen{money}.",
        persons=brief(persons),
        money=money,
    )


def _equal_treatment(found: Estimates) -> Said:
    equal, gap = found.get("3.7"), found.get("3.6", "part", "gap")
    if equal is None:
        return found.without("3.7", "Skillnaden vid lika behandling: {why}")
    if not away_from(equal, 0.0):
        return say(
            "Vid lika många aktiviteter, samma ålder och kön är skillnaden inte säkerställd: "
            "{equal}.",
            equal=figure(equal),
        )
    tail: Said = ()
    if gap is not None and gap.estimate:
        larger = abs(equal.estimate or 0.0) > abs(gap.estimate)
        tail = say(", alltså större, inte mindre" if larger else ", alltså mindre")
    return say(
        "Vid lika många aktiviteter, samma ålder och kön är skillnaden {equal}{tail}.",
        equal=figure(equal),
        tail=tail,
    )


def _activities(found: Estimates) -> Said:
    one, other = (
        found.get("3.8", "target_group", name)
        for name in ("socialpsykiatri", "funktionsnedsattning")
    )
    if one is None or other is None:
        return found.without("3.8")

    def number(row: AnalysisResult) -> Number:
        return Number(row.estimate or 0.0, Form(digits=2), estimates.value(row).cells)

    return say(
        "På en beviljad timme går {one} aktiviteter i socialpsykiatrin och {other} inom "
        "funktionsnedsättning.",
        one=number(one),
        other=number(other),
    )


def _histogram(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Persons by whole hours, in the groups that the grant is for and not for."""
    rows = read_rows(
        connection,
        f"""
        select target_group, lss, sex, hours_bin, persons
        from {_MART}
        where geography_id = ? and year(period_start) = ?
        order by all
        """,
        [context.municipality_id, context.year],
    )
    cells: dict[tuple[str, int, int], list[tuple[Address, float]]] = defaultdict(list)
    for row in rows:
        # A bin is named by its upper end; more than eleven hours and at most twelve are twelve.
        hour = min(-int(-float(row["hours_bin"]) // 1), _LAST_HOUR)
        cell = Address(
            _MART,
            (
                ("geography_id", context.municipality_id),
                ("period_start", date(context.year, 1, 1)),
                ("target_group", row["target_group"]),
                ("lss", row["lss"]),
                ("sex", row["sex"]),
                ("hours_bin", str(float(row["hours_bin"]))),
            ),
            "persons",
        )
        group = (row["target_group"], int(row["lss"]), hour)
        cells[group].append((cell, float(row["persons"])))
    shown = [each for each in _GROUPS if any(key[:2] == each[:2] for key in cells)]
    if not shown:
        return []
    drawings = tuple(
        charts.small_chart(
            name,
            [
                charts.Dot(_hour(hour), sum(n for _, n in cells.get((target, lss, hour), ())))
                for hour in range(1, _LAST_HOUR + 1)
            ],
            None,
            unit="personer",
            decimals=0,
        )
        for target, lss, name in shown
    )
    return [
        Figure(
            nodes("Beviljade timmar i grupper som kan och inte kan ge ersättning"),
            say(
                "Personer efter beviljade timmar i månaden, uppåt till hela timmar, {year}. "
                "Ersättningen gäller över tolv timmar, alltså från tretton i diagrammet.{note}"
                "{mark}",
                year=Period.year(context.year),
                note=context.sources.note_of(REGISTER),
                mark=context.sources.mark_of(REGISTER),
            ),
            nodes("Linjediagram, ett för varje grupp. Alla värden står i tabellen."),
            drawings,
            _hours_table(cells, shown, context),
            f"{context.anchor}-timmar",
        )
    ]


def _hours_table(
    cells: Mapping[tuple[str, int, int], list[tuple[Address, float]]],
    shown: list[tuple[str, int, str]],
    context: AnalysisContext,
) -> Table:
    def number(target: str, lss: int, hour: int) -> Cell:
        found = cells.get((target, lss, hour))
        if not found:
            return Cell(nodes(words.MISSING))
        total = sum(n for _, n in found)
        return Cell((Number(total, Form(), tuple(cell for cell, _ in found), Quantity.SUM),))

    return Table(
        nodes("Personer efter beviljade timmar i månaden"),
        (
            Column(nodes("Timmar")),
            *(Column(nodes(name), numeric=True) for _, _, name in shown),
        ),
        tuple(
            (
                Cell((Quoted(_hour(hour), f"{_MART}.hours_bin", str(hour)),)),
                *(number(target, lss, hour) for target, lss, _ in shown),
            )
            for hour in range(1, _LAST_HOUR + 1)
        ),
        f"{context.anchor}-timmar-tabell",
        numbered=False,
    )


def _hour(hour: int) -> str:
    return str(hour) if hour < _LAST_HOUR else f"{hour}+"


def _placebos(found: Estimates, context: AnalysisContext) -> list[Plain]:
    """The excess at the threshold beside those where there is no grant."""
    main = found.get("3.3")
    placebos = sorted(found.by("3.4", "placebo"), key=lambda row: float(row.category))
    rows = [*([main] if main else []), *placebos, *found.by("3.4", "group")]
    if not rows or not placebos:
        return []
    return estimates.dots(
        nodes("Överskottet vid ersättningens gräns och där den inte finns"),
        say(
            "Personer utöver vad mönstret i övrigt ger: vid gränsen (mörk punkt), vid andra "
            "gränser och i grupper utan ersättning.{mark}",
            mark=context.sources.mark_of(REGISTER),
        ),
        rows,
        heads=("Överskotten i diagrammet", "Gräns eller grupp", "Personer"),
        axis="personer",
        anchor=f"{context.anchor}-placebo",
        main=lambda row: row.estimand_id == "3.3",
        name=lambda row: Quoted(
            _placebo_name(row), "marts.analysis_results.category", row.category
        ),
    )


def _placebo_name(row: AnalysisResult) -> str:
    if row.estimand_id == "3.3":
        return "Över 12 timmar, personkretsen"
    if row.breakdown == "placebo":
        return f"Över {row.category} timmar, personkretsen"
    return f"Över 12 timmar, {words.category(row.category)}"


_PARTS: Mapping[str, str] = {
    "gap": "hela skillnaden",
    "heap": "anhopningen vid gränsen",
    "composition": "annan ålder och andra aktiviteter",
    "same_mix": "lika ålder och aktiviteter",
}


def _gap(found: Estimates, context: AnalysisContext) -> list[Plain]:
    by_name = {row.category: row for row in found.by("3.6", "part")}
    rows = [by_name[name] for name in _PARTS if name in by_name]
    if not rows:
        return []
    return estimates.dots(
        nodes("Vad skillnaden mellan målgrupperna består av"),
        say(
            "Timmar i månaden, {year}. Delarna summerar till hela skillnaden (mörk punkt).{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        rows,
        heads=("Delarna i diagrammet", "Del", "Timmar"),
        axis="timmar i månaden",
        anchor=f"{context.anchor}-skillnad",
        main=lambda row: row.category == "gap",
        name=lambda row: _PARTS[row.category],
    )
