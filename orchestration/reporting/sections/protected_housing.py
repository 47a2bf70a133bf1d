"""The section on protected housing: which women the change is, and what took its place.

What is estimated belongs in `orchestration.analyses.protected_housing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language import estimates as prints
from orchestration.language import names, words
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    capitalised,
    listing,
    nodes,
    say,
    sentences,
    span,
)
from orchestration.reporting import bars, charts, curves
from orchestration.reporting.document import (
    Cell,
    Column,
    Figure,
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
    interval_cell,
    sized,
)

REGISTER = "skyddat_boende_placeringar"
ANALYSIS = "protected_housing"
INDICATORS = (
    *("protected_housing_persons", "protected_housing_decisions", "protected_housing_children"),
    *("emergency_flat_persons", "emergency_flat_women", "emergency_flat_children"),
)
_QUARTERS = "marts.protected_housing_quarters"
_GROUPS = ((True, "Kvinnor med medföljande barn"), (False, "Kvinnor utan barn"))
_RESPONSES = ("jourlagenhet", "egen_losning", "unexplained")
_ALL_OF_IT = 0.995
# How a victim came, as it ends a clause; those whose way is not known are left to the table.
_ORIGINS: Mapping[str, str] = MappingProxyType(
    {
        "egen": "på eget initiativ",
        "polis": "genom polisen",
        "halso_sjukvard": "genom hälso- och sjukvården",
        "barn_unga": "genom socialtjänstens arbete med barn och unga",
    }
)
_SERIES = (("placements", "Beslut"), ("reports", "Anmälda brott"))
_OTHER_ORIGINS = frozenset({"annan", "okand"})


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section."""
    found = Estimates.load(connection, context, ANALYSIS)
    told = estimates.opening(context, REGISTER, found)
    if not found.rows or found.undelivered:
        return told
    decisions = _Decisions(connection, context)
    told += paragraph(_whose(found, decisions, context))
    told += decisions.waterfall(found)
    told += decisions.figure()
    told += paragraph(sentences(_bound(found), _carried(found)))
    told += _shares(found, context)
    told += _against_reports(found, context)
    told += paragraph(_stays(found))
    told += _staying(found, context)
    told += estimates.more(
        "Mer om de placerade: hur de kom, vart de gick och hur länge de stannade",
        [
            sentences(_known(found), _counts(found)),
            _shortfall(found),
            sentences(_counselling(found), _flows(found)),
            _medians(found, context),
            _reports(found),
        ],
        [*_forms(found, context), *_flow_table(found, context)],
    )
    return told + paragraph(
        "Samtalsstöd ersätter inte en placering och räknas inte hit. Anmälda brott mäter också "
        "viljan att anmäla, och den som inte söker hjälp finns inte i något register."
    )


def result(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> Said:
    """The main result: which women the change is, and the most that emergency flats can carry."""
    found = Estimates.load(connection, context, ANALYSIS)
    if found.get("2.2_share", "children", "mothers") is None:
        return ()
    return sentences(_whose(found, _Decisions(connection, context), context), _bound(found))


class _Decisions:
    """Women's decisions on protected housing by quarter, with children and without."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> None:
        self._context = context
        rows = read_rows(
            connection,
            f"""
            select period_start, with_children, decisions
            from {_QUARTERS}
            where geography_id = ? and form = 'skyddat_boende' and year(period_start) in (?, ?)
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
                _QUARTERS,
                (
                    ("geography_id", self._context.municipality_id),
                    ("period_start", _day(row["period_start"])),
                    ("form", "skyddat_boende"),
                    ("with_children", "true" if row["with_children"] else "false"),
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

    def waterfall(self, found: Estimates) -> list[Plain]:
        """The way from the year before's decisions to the year's, by group."""
        years = (self._context.year - 1, self._context.year)
        numbers = {
            (year, group): self.number(year, with_children=group)
            for year in years
            for group, _ in _GROUPS
        }
        changes = [found.get("2.2", "children", name) for name in ("mothers", "without_children")]
        if any(each is None for each in (*numbers.values(), *changes)):
            return []

        def total(year: int) -> Number:
            both = [number for (when, _), number in numbers.items() if when == year and number]
            cells = tuple(cell for number in both for cell in number.cells)
            return Number(sum(each.value for each in both), Form(), cells, Quantity.SUM)

        stages = [
            bars.Stage(f"Kvinnors beslut {years[0]}", total(years[0]).value, total=True),
            *(
                bars.Stage(name, change.estimate or 0.0)
                for (_, name), change in zip(_GROUPS, changes, strict=True)
                if change is not None
            ),
            bars.Stage(f"Kvinnors beslut {years[1]}", total(years[1]).value, total=True),
        ]
        rows = [
            (nodes(name), numbers[years[0], group], numbers[years[1], group], change)
            for (group, name), change in zip(_GROUPS, changes, strict=True)
        ]
        context = self._context
        return [
            Figure(
                say(
                    "Från {before} till {year}: vilka kvinnor förändringen är",
                    before=Period.year(years[0]),
                    year=Period.year(years[1]),
                ),
                say(
                    "Beslut om skyddat boende för kvinnor; streckade fält är minskningar.{mark}",
                    mark=context.sources.mark_of(REGISTER),
                ),
                nodes("Vattenfallsdiagram. Alla värden står i tabellen."),
                (bars.waterfall_chart(stages, axis_title="beslut", decimals=0),),
                Table(
                    nodes("Kvinnors beslut om skyddat boende, med och utan medföljande barn"),
                    (
                        Column(nodes("Grupp")),
                        Column((Period.year(years[0]),), numeric=True),
                        Column((Period.year(years[1]),), numeric=True),
                        Column(nodes("Förändring"), numeric=True),
                    ),
                    (
                        *(
                            (
                                Cell(name),
                                Cell(nodes(before or words.MISSING)),
                                Cell(nodes(now or words.MISSING)),
                                Cell((brief(change),) if change else nodes(words.MISSING)),
                            )
                            for name, before, now, change in rows
                        ),
                        (
                            Cell(nodes("Alla")),
                            Cell((total(years[0]),)),
                            Cell((total(years[1]),)),
                            Cell(nodes("")),
                        ),
                    ),
                    f"{context.anchor}-forandring-tabell",
                    numbered=False,
                ),
                f"{context.anchor}-forandring",
            )
        ]

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
                    Cell((Quoted(_quarter_name(start), f"{_QUARTERS}.period_start", str(start)),)),
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
    if not most.estimate:
        if mothers is not None and mothers.estimate:
            of_mothers = say(" Bland mödrar tog de emot {number} fler.", number=brief(mothers))
        return say(
            "Jourlägenheterna tog inte emot fler kvinnor, så de kan inte ha burit någon del av en "
            "minskning.{of_mothers}",
            of_mothers=of_mothers,
        )
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
    talked = found.get("2.5", "year", str(context.year))
    rows += [talked] if talked is not None else []
    return estimates.parts(
        nodes("Vad som motsvarar minskningen"),
        say(
            "Andel av minskningen, {year}. Streckat fält: samtalsstöd bland dem som inte "
            "placerades, räknas inte in.{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        rows,
        heads=("Andelarna i diagrammet", "Lösning", "Andel (procent)"),
        axis="procent av minskningen",
        anchor=f"{context.anchor}-ersattning",
        main=lambda row: row.category == "unexplained",
        beside=lambda row: row.estimand_id == "2.5",
        name=lambda row: "samtalsstöd, vid sidan av" if row.estimand_id == "2.5" else group(row),
        sign=False,
    )


def _known(found: Estimates) -> Said:
    """How many victims have a new case, and where they came from."""
    known = found.get("2.9")
    if known is None:
        return found.without("2.9")
    origins = sorted(found.by("2.9", "origin"), key=lambda row: -(row.estimate or 0.0))
    named = [row for row in origins if row.category not in _OTHER_ORIGINS and row.estimate]
    return say(
        "{known} våldsutsatta hade ett nytt ärende under året{origins}.",
        known=brief(known),
        origins=say(
            ": {told}",
            told=listing(
                [say("{number} {how}", number=brief(row), how=_origin(row)) for row in named]
            ),
        )
        if named
        else "",
    )


def _origin(row: AnalysisResult) -> Quoted:
    text = _ORIGINS.get(row.category, words.category(row.category))
    return Quoted(text, "marts.analysis_results.category", row.category)


def _counts(found: Estimates) -> Said:
    """Children a woman's decision, in both forms."""
    shelter, flat = (
        found.get("2.1_children_a_decision", "form", name)
        for name in ("skyddat_boende", "jourlagenhet")
    )
    if shelter is None or flat is None:
        return found.without("2.1")
    return say(
        "På ett beslut om skyddat boende för en kvinna kom {shelter} medföljande barn, och på ett "
        "om jourlägenhet {flat}.",
        shelter=_decimal(shelter),
        flat=_decimal(flat),
    )


def _decimal(row: AnalysisResult) -> Number:
    return Number(row.estimate or 0.0, Form(digits=2), estimates.value(row).cells)


def _forms(found: Estimates, context: AnalysisContext) -> list[Table]:
    """Persons, decisions and children of each form."""
    forms = found.by("2.1_decisions", "form")
    if not forms:
        return []
    columns = (
        ("2.1_persons", "Personer"),
        ("2.1_decisions", "Beslut"),
        ("2.1_children", "Barn"),
        ("2.1_secured", "Med skalskydd"),
    )

    def number(estimand: str, form: str) -> Cell:
        row = found.get(estimand, "form", form)
        return Cell((brief(row),) if row is not None else nodes(words.MISSING))

    table = Table(
        say(
            "Placerade {year}{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        (Column(nodes("Form")), *(Column(nodes(name), numeric=True) for _, name in columns)),
        tuple(
            (
                Cell(capitalised(group(row))),
                *(number(estimand, row.category) for estimand, _ in columns),
            )
            for row in reversed(forms)
        ),
        f"{context.anchor}-former",
        numbered=False,
    )
    return [table]


def _shortfall(found: Estimates) -> Said:
    missing = found.get("2.3")
    if missing is None:
        return found.without(
            "2.3", "Hur många fler som skulle ha placerats går inte att säga. {why}"
        )
    if not away_from(missing, 0.0):
        return say(
            "Om fler skulle ha placerats med förra årets mönster går inte att skilja från slumpen: "
            "{missing}.",
            missing=figure(missing),
        )
    return say(
        "Med förra årets mönster för lika ärenden skulle {more}{missing}{fewer} ha placerats.",
        more="ytterligare " if (missing.estimate or 0.0) > 0 else "",
        missing=sized(missing),
        fewer="" if (missing.estimate or 0.0) > 0 else " färre",
    )


def _counselling(found: Estimates) -> Said:
    """Counselling among those who were not placed, which replaces no placement."""
    years = sorted(found.by("2.5", "year"), key=lambda row: row.category)
    if not years:
        return found.without("2.5")
    told = [
        say("{share} {year}", share=figure(row), year=Period.year(int(row.category)))
        for row in years
    ]
    return say(
        "Av dem som inte placerades fick {told} samtalsstöd. Det ersätter inte en placering.",
        told=listing(told),
    )


def _flows(found: Estimates) -> Said:
    """Who came to another form, and who came back."""
    moved = found.get("2.6", "flow", "skyddat_boende*jourlagenhet")
    back = found.get("2.6", "flow", "skyddat_boende*skyddat_boende")
    if moved is None or back is None:
        return found.without(
            "2.6", "Om samma personer går mellan formerna går inte att säga. {why}"
        )
    return say(
        "Av dem som lämnade ett skyddat boende kom {moved} till en jourlägenhet inom ett halvt år, "
        "och {back} tillbaka till skyddat boende inom ett år.",
        moved=figure(moved),
        back=figure(back),
    )


def _flow_table(found: Estimates, context: AnalysisContext) -> list[Table]:
    rows = found.by("2.6", "flow")
    if not rows:
        return []
    return [
        estimates.table(
            nodes("Andel som kom till nästa form inom ett halvt år, tillbaka inom ett år"),
            "Från och till",
            "Andel (procent)",
            rows,
            anchor=f"{context.anchor}-vagar",
            name=_way,
        )
    ]


def _way(row: AnalysisResult) -> Quoted:
    come_from, come_to = (words.category(code) for code in row.category.split("*"))
    return Quoted(f"{come_from} till {come_to}", "marts.analysis_results.category", row.category)


def _stays(found: Estimates) -> Said:
    change = found.get("2.7")
    if change is None:
        return found.without(
            "2.7", "Om vistelserna blev längre eller kortare går inte att säga. {why}"
        )
    if not away_from(change, 0.0):
        return say(
            "Vistelsernas längd har inte säkert ändrats: {change}, räknat även med dem som pågår.",
            change=figure(change),
        )
    return say(
        "Vistelserna blev {size} {way}, räknat även med dem som pågår.",
        size=sized(change),
        way="längre" if (change.estimate or 0.0) > 0 else "kortare",
    )


def _medians(found: Estimates, context: AnalysisContext) -> Said:
    """When half have left, and the mean of the first four months, in both years."""
    told = []
    for year in (context.year - 1, context.year):
        median, mean = (found.get(f"2.7_{name}", "year", str(year)) for name in ("median", "mean"))
        if median is not None and mean is not None:
            told.append(
                say(
                    "{median} {year} ({mean} i medeltal, räknat till fyra månader)",
                    median=_whole_days(median),
                    mean=brief(mean),
                    year=Period.year(year),
                )
            )
    return say("Hälften hade lämnat efter {told}.", told=listing(told)) if told else ()


def _whole_days(row: AnalysisResult) -> Said:
    """A median of whole days with its interval, as far as it is known."""
    form = prints.form(row.unit, row.estimate or 0.0)
    shown = names.number(estimates.value(row), replace(form, digits=0))
    if row.ci_lower is None or row.ci_upper is None:
        return (shown,)
    bare = Form()
    low, high = (estimates.value(row, column) for column in ("ci_lower", "ci_upper"))
    around = span(names.number(low, bare), names.number(high, bare))
    return say("{shown} (osäkerhet {around})", shown=shown, around=around)


def _staying(found: Estimates, context: AnalysisContext) -> list[Plain]:
    """The share that stays, by days, of stays that began in each year."""
    by_year: dict[int, list[tuple[int, AnalysisResult]]] = {}
    for row in found.by("2.7_staying", "year*days"):
        year, days = map(int, row.category.split("*"))
        by_year.setdefault(year, []).append((days, row))
    years = sorted(by_year)
    if len(years) < len(("before", "now")):
        return []
    ordered = {year: sorted(by_year[year], key=lambda each: each[0]) for year in years}
    drawing = curves.curve_chart(
        [
            curves.Curve(
                str(year),
                ((0.0, 100.0), *((float(d), (row.estimate or 0.0) * 100) for d, row in rows)),
                main=year == context.year,
            )
            for year, rows in reversed(ordered.items())
        ],
        unit="procent som är kvar",
        axis_title="dagar i skyddat boende",
        ticks=[(float(days), str(days)) for days in range(0, 121, 30)],
        decimals=0,
    )
    first = ordered[years[0]]
    known = {(year, days): row for year in years for days, row in ordered[year]}

    def cell(year: int, days: int) -> Cell:
        row = known.get((year, days))
        if row is None:
            return Cell(nodes(words.MISSING))
        return Cell((brief(row),), below=interval_cell(row).said if row.ci_lower else ())

    table = Table(
        nodes("Andel som är kvar i skyddat boende, efter antal dagar"),
        (
            Column(nodes("Dagar")),
            *(Column((Period.year(year),), numeric=True) for year in years),
        ),
        tuple(
            (
                Cell((Quoted(str(days), "marts.analysis_results.category", row.category),)),
                *(cell(year, days) for year in years),
            )
            for days, row in first
        ),
        f"{context.anchor}-kvar-tabell",
        numbered=False,
    )
    return [
        Figure(
            nodes("Hur länge vistelserna varar"),
            say(
                "Vistelser som började {years}, räknat även med dem som pågår.{mark}",
                years=Period.years(years[0], years[-1]),
                mark=context.sources.mark_of(REGISTER),
            ),
            nodes("Linjediagram med en linje för varje år. Alla värden står i tabellen."),
            (drawing,),
            table,
            f"{context.anchor}-kvar",
        )
    ]


def _against_reports(found: Estimates, context: AnalysisContext) -> list[Plain]:
    """Placements and reported crimes by quarter, each against its own first year."""
    counted: dict[str, dict[tuple[int, int], AnalysisResult]] = {}
    for name, _ in _SERIES:
        counted[name] = {
            (int(year), int(quarter)): row
            for row in found.by(f"2.8_{name}", "quarter")
            for year, quarter in [row.category.split("*")]
        }
    quarters = sorted(counted["placements"].keys() & counted["reports"].keys())
    years = sorted({year for year, _ in quarters})
    if len(years) < len(("before", "now")):
        return []
    lines = []
    for name, title in _SERIES:
        base = [counted[name][each].estimate or 0.0 for each in quarters if each[0] == years[0]]
        mean = sum(base) / len(base)
        if not mean:
            return []
        lines.append(
            curves.Curve(
                title,
                tuple(
                    (
                        year + (quarter - 1) / 4,
                        100 * (counted[name][year, quarter].estimate or 0.0) / mean,
                    )
                    for year, quarter in quarters
                ),
                main=name == "placements",
            )
        )
    drawing = curves.curve_chart(
        lines,
        unit=f"index, kvartalen {years[0]} i medeltal är 100",
        axis_title="kvartal",
        ticks=[(float(year), str(year)) for year in years],
        decimals=0,
        zero=False,
    )
    table = Table(
        nodes("Beslut om skyddat boende och anmälda brott i nära relation, efter kvartal"),
        (Column(nodes("Kvartal")), *(Column(nodes(title), numeric=True) for _, title in _SERIES)),
        tuple(
            (
                Cell(
                    (
                        Quoted(
                            f"{year}, kvartal {quarter}",
                            "marts.analysis_results.category",
                            f"{year}*{quarter}",
                        ),
                    )
                ),
                *(Cell((brief(counted[name][year, quarter]),)) for name, _ in _SERIES),
            )
            for year, quarter in quarters
        ),
        f"{context.anchor}-anmalningar-tabell",
        numbered=False,
    )
    return [
        Figure(
            nodes("Placeringar mot anmälda brott"),
            say(
                "Kvartal, {years}. Den lodräta axeln börjar inte vid noll.{mark}",
                years=Period.years(years[0], years[-1]),
                mark=context.sources.mark_of(REGISTER),
            ),
            nodes("Linjediagram med en linje för varje serie. Alla värden står i tabellen."),
            (drawing,),
            table,
            f"{context.anchor}-anmalningar",
        )
    ]


def _reports(found: Estimates) -> Said:
    """Placements beside reported crimes."""
    step, together = found.get("2.8"), found.get("2.8_elasticity")
    if step is None:
        return found.without(
            "2.8", "Om placeringarna följer de anmälda brotten går inte att säga. {why}"
        )
    return sentences(
        say(
            "När hänsyn tas till anmälda brott och årstid är placeringarna {step} så många som "
            "förut{sure}.",
            step=figure(step),
            sure="" if away_from(step, 1.0) else ", alltså inte säkert ändrade",
        ),
        say(
            "För varje procent fler anmälningar ändras placeringarna så många procent: {together}.",
            together=figure(together),
        )
        if together is not None
        else "",
    )
