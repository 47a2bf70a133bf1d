"""The section on refusals of economic assistance: how many, why more, on what grounds, what then.

What is estimated belongs in `orchestration.analyses.refusals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language import grammar, words
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    Style,
    capitalised,
    listing,
    nodes,
    say,
    sentences,
)
from orchestration.reporting import charts
from orchestration.reporting.document import (
    Cell,
    Column,
    Figure,
    Folded,
    Plain,
    Table,
    paragraph,
)
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections import estimates
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.estimates import (
    Estimates,
    away_from,
    brief,
    figure,
    group,
    sized,
)

REGISTER = "ekonomiskt_bistand_beslut"
ANALYSIS = "refusals"
_MART = "marts.refusals"
_CREDIT = "kredit_som_inkomst"
_COUNTED = ("refusals", "partial_refusals")
_FACTORS = ("households", "months", "decisions", "refusals")
_HORIZONS = (1, 3, 6, 12)
_DIMENSIONS = (("kind", "Ansökan"), ("spell_band", "Biståndstid"), ("housing", "Boende"))


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section."""
    found = Estimates.load(connection, context, ANALYSIS)
    told = estimates.opening(context, REGISTER, found)
    if not found.rows or found.undelivered:
        return told
    told += paragraph(_rise(found, context))
    told += paragraph(_spells(found))
    told += _parts(found, context)
    told += paragraph(sentences(_new_groups(found), _returns(found)))
    told += _grounds(connection, context)
    told += _curves(found, context)
    told += _groups(found, context)
    told += paragraph(_boards(found))
    return told + paragraph(
        "Registren säger vad som sökts och beslutats, inte vilket behov som finns hos dem som inte "
        "söker. Avslag och delavslag räknas tillsammans där inget annat sägs."
    )


def _rise(found: Estimates, context: AnalysisContext) -> Said:
    whole = found.get("1.2")
    if whole is None or not whole.estimate:
        return found.without("1.2")
    parts = [
        say(
            "{factor} drog {way} antalet med {size}",
            factor=group(row),
            way="upp" if (row.estimate or 0.0) > 0 else "ned",
            size=sized(row),
        )
        for row in sorted(found.by("1.2", "factor"), key=lambda row: -abs(row.estimate or 0.0))
        if away_from(row, 0.0)
    ]
    return sentences(
        say(
            "Avslagen och delavslagen {moved} med {size} från {before} till {year}.",
            moved="ökade" if whole.estimate > 0 else "minskade",
            size=Number(
                abs(whole.estimate),
                Form(),
                (_whole_cell(whole),),
                Quantity.SIZE,
            ),
            before=Period.year(context.year - 1),
            year=Period.year(context.year),
        ),
        say("Uppdelat: {parts}.", parts=listing(parts)) if parts else "",
    )


def _whole_cell(row: AnalysisResult) -> Address:
    return estimates.value(row).cells[0]


def _spells(found: Estimates) -> Said:
    share = found.get("1.4")
    if share is None:
        return found.without("1.4", "Hur mycket längre biståndstid betyder: {why}")
    if not away_from(share, 0.0):
        return say(
            "Om längre biståndstid bidrar till den högre avslagsandelen går inte att skilja från "
            "slumpen: {share} av ökningen.",
            share=figure(share),
        )
    return say(
        "Längre biståndstid svarar för {share} av ökningen i andelen avslag.", share=figure(share)
    )


def _parts(found: Estimates, context: AnalysisContext) -> list[Plain]:
    by_name = {row.category: row for row in found.by("1.2", "factor")}
    rows = [by_name[name] for name in _FACTORS if name in by_name]
    if not rows:
        return []
    mark = context.sources.mark_of(REGISTER)
    caption = say(
        "Vad förändringen i avslag och delavslag från {before} till {year} består av.{note}{mark}",
        before=Period.year(context.year - 1),
        year=Period.year(context.year),
        note=context.sources.note_of(REGISTER),
        mark=mark,
    )
    return estimates.dots(
        nodes("Vad förändringen i avslagen består av"),
        caption,
        rows,
        heads=("Delarna i diagrammet", "Del", "Bidrag"),
        axis="avslag och delavslag",
        anchor=f"{context.anchor}-delar",
    )


def _new_groups(found: Estimates) -> Said:
    rows = [row for row in found.by("1.6", "ground") if row.verdict == "unprecedented"]
    rows = [row for row in rows if (row.estimate or 0.0) > 1 and away_from(row, 1.0)]
    if not rows:
        return found.without("1.6") or nodes(
            "Ingen av de grunder som skulle tyda på nya grupper ökade mer än tidigare år."
        )
    return say(
        "Avslagen ökade mer än för övriga grunder på grund av {grounds}. Så stora skillnader har "
        "inte förekommit tidigare år.",
        grounds=listing(
            [say("{ground}, {ratio}", ground=group(row), ratio=figure(row)) for row in rows]
        ),
    )


def _returns(found: Estimates) -> Said:
    own = found.get("1.7_no_application_3", "ground", _CREDIT)
    every = found.get("1.7_no_application_3")
    if own is None or every is None:
        return found.without("1.7_no_application_3")
    return say(
        "Av dem som fick avslag för {ground} hade {own} inte sökt igen inom tre månader, mot "
        "{every} av alla som fick avslag.",
        ground=group(own),
        own=figure(own),
        every=brief(every),
    )


def _boards(found: Estimates) -> Said:
    rows = found.by("1.8", "board")
    if not rows:
        return found.without("1.8")
    apart = [row for row in rows if row.verdict in {"above", "below"}]
    if not apart:
        return nodes(
            "Stadsdelsnämnderna skiljer sig inte säkert åt när hänsyn tas till vilka som söker."
        )
    return say(
        "När hänsyn tas till vilka som söker har {number} av {all} stadsdelsnämnder säkert fler "
        "eller färre avslag än de övriga låter vänta.",
        number=Number(
            len(apart),
            Form(Style.CARDINAL),
            tuple(_whole_cell(row) for row in apart),
            Quantity.COUNT,
        ),
        all=Number(
            len(rows), Form(Style.CARDINAL), tuple(_whole_cell(row) for row in rows), Quantity.COUNT
        ),
    )


def _groups(found: Estimates, context: AnalysisContext) -> list[Plain]:
    shown = [
        estimates.table(
            say("Andel avslag och delavslag av besluten {year}", year=Period.year(context.year)),
            title,
            "Andel (procent)",
            rows,
            anchor=f"{context.anchor}-{dimension.replace('_', '-')}",
        )
        for dimension, title in _DIMENSIONS
        if (rows := _ordered(found.by("1.1", dimension)))
    ]
    if not shown:
        return []
    return [Folded(nodes("Andelen avslag efter ansökan, biståndstid och boende"), tuple(shown))]


def _ordered(rows: Sequence[AnalysisResult]) -> list[AnalysisResult]:
    return sorted(
        rows, key=lambda row: (row.category.isdigit() and int(row.category), row.category)
    )


def _grounds(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """A bar for each ground's change, and its refusals of both years."""
    rows = read_rows(
        connection,
        f"""
        select ground, year(period_start) as year, refusals + partial_refusals as number
        from {_MART}
        where geography_id = ? and dimension = 'total' and ground <> 'alla'
          and year(period_start) in (?, ?)
        """,
        [context.municipality_id, context.year - 1, context.year],
    )
    numbers = {(row["ground"], row["year"]): float(row["number"]) for row in rows}
    year = context.year
    grounds = sorted(
        {row["ground"] for row in rows if numbers.get((row["ground"], year - 1))},
        key=lambda name: -numbers.get((name, year), 0.0),
    )
    grounds = [name for name in grounds if (name, year) in numbers]
    if not grounds:
        return []

    def cells(name: str, when: int) -> tuple[Address, ...]:
        row = (
            ("geography_id", context.municipality_id),
            ("period_start", date(when, 1, 1)),
            ("dimension", "total"),
            ("ground", name),
        )
        return tuple(Address(_MART, row, column) for column in _COUNTED)

    def number(name: str, when: int) -> Cell:
        return Cell((Number(numbers[name, when], Form(), cells(name, when), Quantity.SUM),))

    def change(name: str) -> float:
        return numbers[name, year] / numbers[name, year - 1] - 1

    table = Table(
        say("Avslag och delavslag efter grund, {years}", years=Period.years(year - 1, year)),
        (
            Column(nodes("Grund")),
            Column((Period.year(year - 1),), numeric=True),
            Column((Period.year(year),), numeric=True),
            Column(nodes("Förändring"), numeric=True),
        ),
        tuple(
            (
                Cell(capitalised(Quoted(words.category(name), f"{_MART}.ground", name))),
                number(name, year - 1),
                number(name, year),
                Cell(
                    (
                        Number(
                            change(name),
                            Form(Style.PERCENT_SIGN, 1, sign=True),
                            (*cells(name, year), *cells(name, year - 1)),
                            Quantity.CHANGE_OF_SUMS,
                        ),
                    )
                ),
            )
            for name in grounds
        ),
        f"{context.anchor}-grunder-tabell",
        numbered=False,
    )
    by_change = sorted(grounds, key=change, reverse=True)
    most = Quoted(words.category(by_change[0]), f"{_MART}.ground", by_change[0])
    bars = [
        charts.ChangeRow(
            _title(name),
            change(name) * 100,
            main=name == by_change[0],
        )
        for name in by_change
    ]
    return [
        Figure(
            say("Avslagen ökade mest för {ground}", ground=most)
            if change(by_change[0]) > 0
            else nodes("Avslag och delavslag efter grund"),
            say(
                "Förändring i avslag och delavslag från {before} till {year}, efter grund.{note}"
                "{mark}",
                before=Period.year(year - 1),
                year=Period.year(year),
                note=context.sources.note_of(REGISTER),
                mark=context.sources.mark_of(REGISTER),
            ),
            nodes("Liggande stapeldiagram. Alla värden står i tabellen."),
            (charts.change_chart(bars, axis_title=f"förändring till {year}, procent"),),
            table,
            f"{context.anchor}-grunder",
        )
    ]


def _title(name: str) -> str:
    return grammar.sentence_case(words.category(name))


def _curves(found: Estimates, context: AnalysisContext) -> list[Plain]:
    """How many have not applied again, by the months that have passed."""
    shown = []
    for breakdown, category, name in (
        ("total", "total", "Alla avslag"),
        ("ground", _CREDIT, _title(_CREDIT)),
        ("ground", "eget_agande_bostad", _title("eget_agande_bostad")),
    ):
        rows = [found.get(f"1.7_no_application_{at}", breakdown, category) for at in _HORIZONS]
        if all(row is not None for row in rows):
            shown.append((name, category, [row for row in rows if row is not None]))
    if not shown:
        return []
    drawings = tuple(
        charts.small_chart(
            name,
            [
                charts.Dot(f"{at} mån", (row.estimate or 0.0) * 100)
                for at, row in zip(_HORIZONS, rows, strict=True)
            ],
            None,
            unit="procent som inte sökt igen",
            decimals=0,
        )
        for name, _, rows in shown
    )
    table = Table(
        nodes("Andel som inte sökt igen, efter antal månader"),
        (
            Column(nodes("Avslag")),
            *(
                Column(
                    (Quoted(f"{at} mån", "marts.refusal_returns.horizon_months", str(at)),),
                    numeric=True,
                )
                for at in _HORIZONS
            ),
        ),
        tuple(
            (
                Cell(nodes(Quoted(name, "marts.analysis_results.category", category))),
                *(Cell((brief(row),)) for row in rows),
            )
            for name, category, rows in shown
        ),
        f"{context.anchor}-atervandande-tabell",
        numbered=False,
    )
    return [
        Figure(
            nodes("Hur många som inte söker igen efter ett avslag"),
            say(
                "Andel som inte har sökt igen, efter antal månader sedan avslaget.{mark}",
                mark=context.sources.mark_of(REGISTER),
            ),
            nodes("Linjediagram, ett för varje grupp. Alla värden står i tabellen."),
            drawings,
            table,
            f"{context.anchor}-atervandande",
        )
    ]
