"""The section on protected housing: which women the change is, and what took its place.

What is estimated belongs in `orchestration.analyses.protected_housing`.
"""

from __future__ import annotations

from datetime import date

import duckdb

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
from orchestration.reporting.sections.estimates import Estimates, away_from, brief, figure, sized

REGISTER = "skyddat_boende_placeringar"
ANALYSIS = "protected_housing"
_MART = "marts.protected_housing"
_GROUPS = ((True, "Kvinnor med medföljande barn"), (False, "Kvinnor utan barn"))
_RESPONSES = ("jourlagenhet", "egen_losning", "unexplained")
_ALL_OF_IT = 0.995


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section."""
    found = Estimates.load(connection, context, ANALYSIS)
    told = estimates.opening(context, REGISTER, found)
    if not found.rows or found.undelivered:
        return told
    decisions = _Decisions(connection, context)
    told += paragraph(_whose(found, decisions, context))
    told += decisions.figure()
    told += paragraph(sentences(_bound(found), _carried(found)))
    told += _shares(found, context)
    told += paragraph(_stays(found))
    return told + paragraph(
        "Samtalsstöd ersätter inte en placering och räknas inte hit. Anmälda brott mäter också "
        "viljan att anmäla, och den som inte söker hjälp finns inte i något register."
    )


class _Decisions:
    """Women's decisions on protected housing by quarter, with children and without."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> None:
        self._context = context
        rows = read_rows(
            connection,
            f"""
            select period_start, with_children, cause, decisions
            from {_MART}
            where geography_id = ? and form = 'skyddat_boende' and sex = 'kvinnor'
              and year(period_start) in (?, ?)
            order by all
            """,
            [context.municipality_id, context.year - 1, context.year],
        )
        self._rows = rows
        self._quarters = [
            date(year, month, 1)
            for year in (context.year - 1, context.year)
            for month in (1, 4, 7, 10)
        ]

    def number(self, year: int, *, with_children: bool) -> Number | None:
        """Decisions of a year; None where there are none."""
        return self._number(
            [
                row
                for row in self._rows
                if row["period_start"].year == year and row["with_children"] is with_children
            ]
        )

    def _number(self, rows: list[dict[str, object]]) -> Number | None:
        if not rows:
            return None
        cells = tuple(
            Address(
                _MART,
                (
                    ("geography_id", self._context.municipality_id),
                    ("period_start", _day(row["period_start"])),
                    ("form", "skyddat_boende"),
                    ("with_children", "true" if row["with_children"] else "false"),
                    ("cause", str(row["cause"])),
                    ("sex", "kvinnor"),
                ),
                "decisions",
            )
            for row in rows
        )
        return Number(
            sum(float(str(row["decisions"])) for row in rows), Form(), cells, Quantity.SUM
        )

    def _quarter(self, start: date, *, with_children: bool) -> Number | None:
        return self._number(
            [
                row
                for row in self._rows
                if row["period_start"] == start and row["with_children"] is with_children
            ]
        )

    def figure(self) -> list[Plain]:
        """A line of each group, quarter by quarter."""
        if not self._rows:
            return []
        context = self._context
        drawings = tuple(
            charts.small_chart(
                name,
                [
                    charts.Dot(
                        _quarter_name(start),
                        found.value
                        if (found := self._quarter(start, with_children=group))
                        else 0.0,
                    )
                    for start in self._quarters
                ],
                None,
                unit="beslut",
                decimals=0,
            )
            for group, name in _GROUPS
        )
        table = Table(
            nodes("Beslut om skyddat boende för kvinnor, efter kvartal"),
            (
                Column(nodes("Kvartal")),
                *(Column(nodes(name), numeric=True) for _, name in _GROUPS),
            ),
            tuple(
                (
                    Cell((Quoted(_quarter_name(start), f"{_MART}.period_start", str(start)),)),
                    *(
                        Cell(nodes(self._quarter(start, with_children=group) or words.MISSING))
                        for group, _ in _GROUPS
                    ),
                )
                for start in self._quarters
            ),
            f"{context.anchor}-kvartal-tabell",
            numbered=False,
        )
        return [
            Figure(
                nodes("Kvinnor i skyddat boende, med och utan medföljande barn"),
                say(
                    "Beslut efter kvartal, {years}. Lodräta axlar börjar inte alltid vid noll."
                    "{note}{mark}",
                    years=Period.years(context.year - 1, context.year),
                    note=context.sources.note_of(REGISTER),
                    mark=context.sources.mark_of(REGISTER),
                ),
                nodes("Två linjediagram. Alla värden står i tabellen."),
                drawings,
                table,
                f"{context.anchor}-kvartal",
            )
        ]


def _day(found: object) -> date:
    if not isinstance(found, date):
        raise TypeError(f"no day: {found!r}")
    return found


def _quarter_name(start: date) -> str:
    return f"{str(start.year)[2:]}:{(start.month + 2) // 3}"


def _whose(found: Estimates, decisions: _Decisions, context: AnalysisContext) -> Said:
    """Which women the change is."""
    years = (context.year - 1, context.year)
    mothers, others = (
        [decisions.number(year, with_children=group) for year in years] for group in (True, False)
    )
    share = found.get("2.2_share", "children", "mothers")
    if None in (*mothers, *others) or share is None or share.estimate is None:
        return found.without("2.2_share") or found.without("2.2")
    change = found.get("2.2", "children", "mothers")
    fell = change is not None and (change.estimate or 0.0) < 0
    counts = say(
        "från {before} till {now} beslut, och bland kvinnor utan barn från {other_before} till "
        "{other_now}",
        before=mothers[0] or "",
        now=mothers[1] or "",
        other_before=others[0] or "",
        other_now=others[1] or "",
    )
    if not fell or not share.estimate > 0.0:
        return say("Bland kvinnor med medföljande barn gick antalet {counts}.", counts=counts)
    if _ALL_OF_IT <= share.estimate <= 2.0 - _ALL_OF_IT:
        return say(
            "Hela minskningen finns bland kvinnor med medföljande barn: {counts}.", counts=counts
        )
    return say(
        "{share} av minskningen finns bland kvinnor med medföljande barn: {counts}.",
        share=figure(share),
        counts=counts,
    )


def _bound(found: Estimates) -> Said:
    """How much emergency flats can carry at most."""
    most, share = found.get("2.4_bound"), found.get("2.4_bound_share")
    if most is None or share is None:
        return found.without("2.4_bound")
    mothers = found.get("2.4_bound", "children", "mothers")
    of_mothers: Said = ()
    if mothers is not None:
        of_mothers = (
            say(", och bland mödrar ingen")
            if not mothers.estimate
            else say(", och bland mödrar {number}", number=brief(mothers))
        )
    return say(
        "Jourlägenheterna kan högst bära {most}, eller {share} av minskningen{of_mothers}.",
        most=brief(most),
        share=brief(share),
        of_mothers=of_mothers,
    )


def _carried(found: Estimates) -> Said:
    unexplained = found.get("2.4", "response", "unexplained")
    if unexplained is not None and (unexplained.ci_upper or 0.0) > 1.0:
        return say(
            "Hur stor del av minskningen som varken jourlägenhet eller en annan registrerad "
            "lösning motsvarar är för osäkert för att säga: {share}.",
            share=figure(unexplained),
        )
    if unexplained is not None:
        return say(
            "{share} av minskningen motsvaras varken av jourlägenhet eller av en annan registrerad "
            "lösning.",
            share=figure(unexplained),
        )
    return found.without("2.4", "Hur mycket andra lösningar bär går inte att säga. {why}")


def _shares(found: Estimates, context: AnalysisContext) -> list[Plain]:
    by_name = {row.category: row for row in found.by("2.4", "response")}
    rows = [by_name[name] for name in _RESPONSES if name in by_name]
    if not rows:
        return []
    return estimates.dots(
        nodes("Vad som motsvarar minskningen"),
        say(
            "Andelar av de placeringar som skulle ha gjorts med förra årets mönster, {year}.{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        rows,
        heads=("Andelarna i diagrammet", "Lösning", "Andel (procent)"),
        axis="procent av minskningen",
        anchor=f"{context.anchor}-ersattning",
    )


def _stays(found: Estimates) -> Said:
    change = found.get("2.7")
    if change is None:
        return found.without("2.7", "Vistelsernas längd: {why}")
    if not away_from(change, 0.0):
        return nodes("Vistelsernas längd har inte säkert ändrats, räknat även med dem som pågår.")
    return say(
        "Vistelserna blev {size} {way}, räknat även med dem som pågår.",
        size=sized(change),
        way="längre" if (change.estimate or 0.0) > 0 else "kortare",
    )
