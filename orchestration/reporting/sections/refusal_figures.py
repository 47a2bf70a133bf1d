"""The charts and tables of the section on refusals.

What is said of them belongs in ``refusals``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language import estimates as prints
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
    nodes,
    say,
)
from orchestration.reporting import bars, charts, curves
from orchestration.reporting.document import Cell, Column, Figure, Plain, Table
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections import estimates
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.estimates import Estimates, brief, group, interval_cell

REGISTER = "ekonomiskt_bistand_beslut"
_MART = "marts.refusals"
_CREDIT, _HOME = "kredit_som_inkomst", "eget_agande_bostad"
_SUSPECTED = (_CREDIT, _HOME, "tillgangar")
_COUNTED = ("refusals", "partial_refusals")
_FACTORS = ("households", "months", "decisions", "refusals")
_HORIZONS = (1, 3, 6, 12)
_EVENTS = (
    ("granted", "Beviljad ny ansökan"),
    ("refused_again", "Nytt avslag"),
    ("no_application", "Ingen ny ansökan"),
)
_RETURNING = (
    ("total", "total", "Alla avslag"),
    ("ground", _CREDIT, ""),
    ("ground", _HOME, ""),
)
# The types of households have codes of another authority, and no words here.
_DIMENSIONS = (
    ("kind", "Ansökan"),
    ("spell_band", "Biståndstid"),
    ("housing", "Boende"),
    ("obstacle", "Försörjningshinder"),
    ("sex", "Kön"),
    ("age_group", "Ålder"),
    ("purpose", "Ändamål"),
)


def parts(found: Estimates, context: AnalysisContext) -> list[Plain]:
    """What the change in the number of refusals consists of."""
    by_name = {row.category: row for row in found.by("1.2", "factor")}
    rows = [by_name[name] for name in _FACTORS if name in by_name]
    rows += [row for row in (found.get("1.2"),) if rows and row is not None]
    if not rows:
        return []
    mark = context.sources.mark_of(REGISTER)
    caption = say(
        "Avslag och delavslag, från {before} till {year}.{note}{mark}",
        before=Period.year(context.year - 1),
        year=Period.year(context.year),
        note=context.sources.note_of(REGISTER),
        mark=mark,
    )
    return estimates.parts(
        nodes("Vad förändringen i avslagen består av"),
        caption,
        rows,
        heads=("Delarna i diagrammet", "Del", "Bidrag"),
        axis="avslag och delavslag",
        anchor=f"{context.anchor}-delar",
        main=lambda row: row.category == "total",
        name=lambda row: "hela förändringen" if row.category == "total" else group(row),
    )


@dataclass(frozen=True)
class Grounds:
    """Refusals by ground, year by year.

    Attributes:
        context: Of the memorandum.
        numbers: Refusals and part refusals, by ground and year.
    """

    context: AnalysisContext
    numbers: Mapping[tuple[str, int], float]

    @classmethod
    def load(cls, connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> Grounds:
        """Reads them, up to the report year."""
        rows = read_rows(
            connection,
            f"""
            select ground, year(period_start) as year, refusals + partial_refusals as number
            from {_MART}
            where geography_id = ? and dimension = 'total' and ground <> 'alla'
              and year(period_start) <= ?
            """,
            [context.municipality_id, context.year],
        )
        return cls(context, {(row["ground"], row["year"]): float(row["number"]) for row in rows})

    @property
    def _years(self) -> list[int]:
        return sorted({year for _, year in self.numbers})

    @property
    def _names(self) -> list[str]:
        """Grounds of the report year, the commonest first."""
        year = self.context.year
        known = {name for name, when in self.numbers if when == year}
        return sorted(known, key=lambda name: (-self.numbers[name, year], name))

    def _cells(self, name: str, when: int) -> tuple[Address, ...]:
        row = (
            ("geography_id", self.context.municipality_id),
            ("period_start", date(when, 1, 1)),
            ("dimension", "total"),
            ("ground", name),
        )
        return tuple(Address(_MART, row, column) for column in _COUNTED)

    def _number(self, name: str, when: int) -> Cell:
        if (name, when) not in self.numbers:
            return Cell(nodes(words.MISSING))
        cells = self._cells(name, when)
        return Cell((Number(self.numbers[name, when], Form(), cells, Quantity.SUM),))

    def changes(self) -> list[Plain]:
        """A bar for each ground's change, and its refusals of both years."""
        context, year = self.context, self.context.year
        grounds = [name for name in self._names if self.numbers.get((name, year - 1))]
        if not grounds:
            return []

        def change(name: str) -> float:
            return self.numbers[name, year] / self.numbers[name, year - 1] - 1

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
                    Cell(capitalised(_ground(name))),
                    self._number(name, year - 1),
                    self._number(name, year),
                    Cell(
                        (
                            Number(
                                change(name),
                                Form(Style.PERCENT_SIGN, 1, sign=True),
                                (*self._cells(name, year), *self._cells(name, year - 1)),
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
        rows = [
            charts.ChangeRow(_title(name), change(name) * 100, main=name == by_change[0])
            for name in by_change
        ]
        return [
            Figure(
                say("Avslagen ökade mest på grunden {ground}", ground=_ground(by_change[0]))
                if change(by_change[0]) > 0
                else nodes("Avslag och delavslag efter grund"),
                say(
                    "Förändring i avslag och delavslag från {before} till {year}, efter grund."
                    "{note}{mark}",
                    before=Period.year(year - 1),
                    year=Period.year(year),
                    note=context.sources.note_of(REGISTER),
                    mark=context.sources.mark_of(REGISTER),
                ),
                nodes("Liggande stapeldiagram. Alla värden står i tabellen."),
                (charts.change_chart(rows, axis_title=f"förändring till {year}, procent"),),
                table,
                f"{context.anchor}-grunder",
            )
        ]

    def over_time(self) -> list[Plain]:
        """A column a year of all grounds, those that may be new groups at the bottom."""
        years, context = self._years, self.context
        # Of the report year nothing may be shown where one of its counts is small.
        if len(years) < len(("before", "now")) or not self._names:
            return []
        first = [name for name in _SUSPECTED if name in self._names]
        names = [*first, *(name for name in self._names if name not in first)]
        layers = [
            bars.Layer(
                _title(name),
                tuple(self.numbers.get((name, year), 0.0) for year in years),
                main=name in first,
            )
            for name in names
        ]
        span = Period.years(years[0], years[-1])
        return [
            Figure(
                nodes("Avslagens grunder över tid"),
                say(
                    "Avslag och delavslag efter grund, {years}. Stark färg: grunder som kan "
                    "tyda på nya grupper.{mark}",
                    years=span,
                    mark=context.sources.mark_of(REGISTER),
                ),
                nodes(
                    "Staplar med en del för varje grund, en stapel om året. Alla värden står i "
                    "tabellen."
                ),
                (bars.stacked_chart([str(year) for year in years], layers, unit="avslag"),),
                Table(
                    say("Avslag och delavslag efter grund, {years}", years=span),
                    (
                        Column(nodes("Grund")),
                        *(Column((Period.year(year),), numeric=True) for year in years),
                    ),
                    tuple(
                        (
                            Cell(capitalised(_ground(name))),
                            *(self._number(name, year) for year in years),
                        )
                        for name in names
                    ),
                    f"{context.anchor}-grunder-over-tid-tabell",
                    numbered=False,
                ),
                f"{context.anchor}-grunder-over-tid",
            )
        ]


def _ground(name: str) -> Quoted:
    return Quoted(words.category(name), f"{_MART}.ground", name)


def _title(name: str) -> str:
    return grammar.sentence_case(words.category(name))


def returns(found: Estimates, context: AnalysisContext) -> list[Plain]:
    """What had come of a refusal by the months that had passed: a panel an outcome."""
    shown = [(event, title, lines) for event, title in _EVENTS if (lines := _lines(found, event))]
    if not shown:
        return []
    drawings = tuple(
        curves.curve_chart(
            [
                curves.Curve(
                    name,
                    tuple(
                        (float(at), (row.estimate or 0.0) * 100)
                        for at, row in zip(_HORIZONS, rows, strict=True)
                    ),
                    main=category == _CREDIT,
                )
                for name, category, rows in lines
            ],
            unit="procent",
            axis_title="månader efter avslaget",
            ticks=[(0.0, "0"), *((float(at), str(at)) for at in _HORIZONS)],
            decimals=0,
            name=title,
        )
        for _, title, lines in shown
    )
    table = Table(
        nodes("Vad som kom efter ett avslag, andel efter antal månader"),
        (
            Column(nodes("Utfall och avslag")),
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
                Cell(
                    nodes(
                        Quoted(
                            f"{title}: {grammar.mid_sentence(name)}",
                            "marts.analysis_results.category",
                            category,
                        )
                    )
                ),
                *(Cell((brief(row),), below=_around(row)) for row in rows),
            )
            for _, title, lines in shown
            for name, category, rows in lines
        ),
        f"{context.anchor}-atervandande-tabell",
        numbered=False,
    )
    return [
        Figure(
            nodes("Vad som kommer efter ett avslag"),
            say(
                "Andel av avslagen efter antal månader.{mark}",
                mark=context.sources.mark_of(REGISTER),
            ),
            nodes("Linjediagram, ett för varje utfall. Alla värden står i tabellen."),
            drawings,
            table,
            f"{context.anchor}-atervandande",
        )
    ]


def _lines(found: Estimates, event: str) -> list[tuple[str, str, list[AnalysisResult]]]:
    """The groups that can be followed the whole way: name, code, estimates."""
    lines = []
    for breakdown, category, name in _RETURNING:
        rows = [found.get(f"1.7_{event}_{at}", breakdown, category) for at in _HORIZONS]
        known = [row for row in rows if row is not None]
        if len(known) == len(_HORIZONS):
            lines.append((name or _title(category), category, known))
    return lines


def _around(row: AnalysisResult) -> Said:
    return interval_cell(row).said if row.ci_lower is not None else ()


def tables(found: Estimates, context: AnalysisContext) -> list[Table]:
    """What is looked up: by group, by ground, and in kronor."""
    shown = [
        _group_table(found, context, dimension, title)
        for dimension, title in _DIMENSIONS
        if found.by("1.1", dimension)
    ]
    if suspected := found.by("1.6", "ground"):
        shown.append(
            estimates.table(
                nodes("Förändring mot de övriga grundernas"),
                "Grund",
                "Gånger",
                suspected,
                anchor=f"{context.anchor}-nya-grupper",
            )
        )
    return shown + _odds_tables(found, context) + _ground_tables(found, context)


def _odds_tables(found: Estimates, context: AnalysisContext) -> list[Table]:
    """Odds of a refusal by the length of the spell, between households and within them."""
    return [
        estimates.table(
            nodes(f"Odds för avslag mot första månaden, {which}"),
            "Biståndstid",
            "Gånger",
            rows,
            anchor=f"{context.anchor}-odds-{anchor}",
        )
        for estimand, which, anchor in (
            ("1.5", "mellan hushåll", "mellan"),
            ("1.5_within", "inom samma hushåll", "inom"),
        )
        if (rows := estimates.in_order(found.by(estimand, "spell_band")))
    ]


def _group_table(found: Estimates, context: AnalysisContext, dimension: str, title: str) -> Table:
    rows = estimates.in_order(found.by("1.1", dimension))

    def of(estimand: str, row: AnalysisResult) -> Cell:
        other = found.get(estimand, dimension, row.category)
        return Cell(nodes(words.MISSING) if other is None else (_bare(other),))

    def count(row: AnalysisResult) -> Cell:
        if row.observations is None:
            return Cell(nodes(words.MISSING))
        shown = estimates.value(row, "observations")
        return Cell((Number(shown.value, Form(), shown.cells),))

    return Table(
        say("Avslag och delavslag {year}, procent", year=Period.year(context.year)),
        (
            Column(nodes(title)),
            Column(nodes("Av besluten"), numeric=True),
            Column(nodes("Osäkerhet"), numeric=True),
            Column(nodes("Av hushållen"), numeric=True),
            Column(nodes("Av hushållens månader"), numeric=True),
            Column(nodes("Beslut"), numeric=True),
        ),
        tuple(
            (
                Cell(capitalised(group(row))),
                Cell((_bare(row),)),
                interval_cell(row),
                of("1.1_households", row),
                of("1.1_months", row),
                count(row),
            )
            for row in rows
        ),
        f"{context.anchor}-{dimension.replace('_', '-')}",
        numbered=False,
    )


def _ground_tables(found: Estimates, context: AnalysisContext) -> list[Table]:
    shown = []
    rates = found.by("1.3_rate", "ground")
    if rates:
        mixes = {row.category: row for row in found.by("1.3_composition", "ground")}
        shown.append(
            Table(
                say(
                    "Förändring i andelen avslag till {year} efter grund, procentenheter",
                    year=Period.year(context.year),
                ),
                (
                    Column(nodes("Grund")),
                    Column(nodes("I samma slags ansökningar"), numeric=True),
                    Column(nodes("Osäkerhet"), numeric=True),
                    Column(nodes("Av andra slags ansökningar"), numeric=True),
                ),
                tuple(
                    (
                        Cell(capitalised(group(row))),
                        Cell((_signed(row, "estimate"),)),
                        Cell(
                            say(
                                "{low} till {high}",
                                low=_signed(row, "ci_lower"),
                                high=_signed(row, "ci_upper"),
                            )
                            if row.ci_lower is not None
                            else nodes(words.MISSING)
                        ),
                        Cell(
                            (_signed(mixes[row.category], "estimate"),)
                            if row.category in mixes
                            else nodes(words.MISSING)
                        ),
                    )
                    for row in sorted(rates, key=lambda row: -(row.estimate or 0.0))
                ),
                f"{context.anchor}-grunder-andel",
                numbered=False,
            )
        )
    medians = found.by("1.9_median", "ground")
    sums = {row.category: row for row in found.by("1.9_sum", "ground")}
    if medians:
        shown.append(
            Table(
                say(
                    "Sökt men inte beviljat belopp {year}, kronor",
                    year=Period.year(context.year),
                ),
                (
                    Column(nodes("Grund")),
                    Column(nodes("Median för ett beslut"), numeric=True),
                    Column(nodes("Sammanlagt"), numeric=True),
                ),
                tuple(
                    (
                        Cell(capitalised(group(row))),
                        Cell((_kronor(row),)),
                        Cell(
                            (_kronor(sums[row.category]),)
                            if row.category in sums
                            else nodes(words.MISSING)
                        ),
                    )
                    for row in sorted(medians, key=lambda row: -(row.estimate or 0.0))
                ),
                f"{context.anchor}-grunder-kronor",
                numbered=False,
            )
        )
    return shown


def _bare(row: AnalysisResult) -> Number:
    return Number(
        row.estimate or 0.0,
        prints.form(row.unit, row.estimate or 0.0, Style.BARE),
        estimates.value(row).cells,
    )


def _signed(row: AnalysisResult, column: str) -> Number:
    """A change of a share in percentage points, without the word."""
    found = estimates.value(row, column)
    return Number(found.value, Form(Style.BARE, 2, "proportion"), found.cells)


def _kronor(row: AnalysisResult) -> Number:
    return Number(row.estimate or 0.0, Form(), estimates.value(row).cells)
