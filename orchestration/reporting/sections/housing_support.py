"""The section on housing support: the heap above the grant's threshold, the grant, equal treatment.

What is estimated belongs in `orchestration.analyses.housing_support`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language import names, numbers, words
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    Style,
    listing,
    nodes,
    say,
    sentences,
    span,
)
from orchestration.reporting import bars
from orchestration.reporting.document import Cell, Column, Figure, Plain, Table, paragraph
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections import estimates
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.estimates import (
    Estimates,
    away_from,
    brief,
    figure,
    points_figure,
)
from orchestration.reporting.yearly_values import YearlyValue, YearlyValues

REGISTER = "boendestod_beslut"
ANALYSIS = "housing_support"
_GRANT, _SHARE, _WOMEN = (
    "housing_support_block_grant",
    "housing_support_share",
    "housing_support_women_share",
)
_TOLD_TOO = (_GRANT, _SHARE, _WOMEN)
INDICATORS = ("housing_support_hours", "housing_support_persons", _GRANT)
_BANDS = "marts.housing_support_hour_bands"
_CRITERIA_MET = "marts.housing_support_criteria"
THRESHOLD = 12.0
# The bands of an hour each, which are drawn.
_FIRST_HOUR, _LAST_HOUR = 5, 14
_GROUPS = (
    ("funktionsnedsattning", 1, "Personkretsen enligt LSS"),
    ("funktionsnedsattning", 0, "Funktionsnedsättning utan personkrets"),
    ("socialpsykiatri", 0, "Socialpsykiatri"),
)

_CRITERIA: Mapping[str, str] = MappingProxyType(
    {
        "lss": "personkretsen enligt LSS",
        "eget_boende": "eget boende",
        "folkbokford": "folkbokförd i stadsdelen",
        "timmar": "mer än tolv timmar",
    }
)
_CRITERIA_LACKING: Mapping[str, str] = MappingProxyType(
    {
        "lss": "hör inte till personkretsen",
        "own_housing": "har inget eget boende",
        "registered": "är inte folkbokförda i stadsdelen",
    }
)


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section."""
    found = Estimates.load(connection, context, ANALYSIS)
    told = estimates.opening(context, REGISTER, found)
    if not found.rows or found.undelivered:
        return told
    values = YearlyValues.load(connection, context.municipality_id, _TOLD_TOO)
    told += paragraph(sentences(_who(values, context.year), _heap(found)))
    told += _histogram(connection, found, context)
    told += _placebos(found, context)
    told += paragraph(_since(found))
    told += _years(found, context)
    told += paragraph(_grant(found, values.of(_GRANT, context.year)))
    told += _criteria(connection, context)
    told += paragraph(sentences(_equal_treatment(found), _activities(found)))
    told += _gap(found, context)
    told += _board_dots(connection, found, context)
    told += estimates.more(
        "Mer om timmarna: hur säkert överskottet är, vem som saknar ett villkor, nämnderna",
        [
            _levels(found),
            _certainty(found),
            _lacking(found),
            _overlap(found),
            _given(found),
            _boards(found),
        ],
    )
    return told + paragraph(
        "Behovet finns inte i registret, och antalet aktiviteter är själv beslutat."
    )


def result(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> Said:
    """The main result: the heap above the limit, who carries the grant, and equal treatment."""
    found = Estimates.load(connection, context, ANALYSIS)
    if found.get("3.3") is None:
        return ()
    values = YearlyValues.load(connection, context.municipality_id, [_GRANT])
    grant = _grant(found, values.of(_GRANT, context.year))
    return sentences(_heap(found), grant, _equal_treatment(found))


def _who(values: YearlyValues, year: int) -> Said:
    """How many of a group have support, and how many of those are women."""

    def of(indicator_id: str, group: str) -> Said:
        one = values.of(indicator_id, year, "target_group", group)
        return () if one is None else (one.number(Style.BRIEF, 0),)

    share = of(_SHARE, "socialpsykiatri")
    women = [of(_WOMEN, group) for group in ("socialpsykiatri", "funktionsnedsattning")]
    if not share or not all(women):
        return ()
    return say(
        "I socialpsykiatrin har {share} av brukarna boendestöd. Av dem är {women} kvinnor, mot "
        "{others} inom funktionsnedsättning.",
        share=share,
        women=women[0],
        others=women[1],
    )


def _heap(found: Estimates) -> Said:
    excess = found.get("3.3")
    if excess is None:
        return found.without("3.3", "Om beslut samlas strax över gränsen går inte att säga. {why}")
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


def _levels(found: Estimates) -> Said:
    """Mean hours and women's share of each target group."""
    told = [
        say(
            "{hours} i gruppen {group} ({women} kvinnor)",
            hours=figure(row),
            group=estimates.group(row),
            women=brief(women),
        )
        for row in found.by("3.1_hours", "target_group")
        if (women := found.get("3.1_women", "target_group", row.category)) is not None
    ]
    if not told:
        return found.without("3.1")
    return say("I medeltal beviljas {told}.", told=listing(told))


def _certainty(found: Estimates) -> Said:
    """How the excess changes with what the pattern is taken to be."""
    others = sorted(
        found.by("3.3_sensitivity", "degree*window"), key=lambda row: row.estimate or 0.0
    )
    share, hours = map(found.get, ("3.3_share", "3.3_hours"))
    if found.get("3.3") is None or not others:
        return ()
    low, high = (estimates.value(row) for row in (others[0], others[-1]))
    parts: list[Said] = []
    if share is not None and hours is not None:
        parts.append(
            say(
                "Överskottet är {share} av dem som ligger kring gränsen, och lägger till {hours} i "
                "månaden sammanlagt.",
                share=figure(share),
                hours=figure(hours),
            )
        )
    parts.append(
        say(
            "Med andra antaganden om mönstret blir det {around} personer.",
            around=span(names.number(low, Form()), names.number(high, Form())),
        )
    )
    return sentences(*parts)


def _since(found: Estimates) -> Said:
    """Whether the excess came when the grant did."""
    step = found.get("3.5")
    if step is None:
        return found.without("3.5", "Om överskottet kom med ersättningen går inte att säga. {why}")
    when = Period.year(step.period_from.year) if step.period_from else nodes("då")
    if not away_from(step, 0.0):
        return say(
            "Att överskottet ökade när ersättningen kom {when} går inte att säkerställa: {step}.",
            when=when,
            step=points_figure(step),
        )
    return say(
        "Räknat som andel av personkretsen kring gränsen är överskottet {step} {way} bland beslut "
        "från {when} och senare, när ersättningen fanns, än bland tidigare beslut.{largest}",
        when=when,
        step=points_figure(step),
        way="större" if (step.estimate or 0.0) > 0 else "mindre",
        largest=" Inget annat år har ett lika stort steg."
        if step.verdict == "largest_step"
        else " Ett annat år har ett större steg.",
    )


def _years(found: Estimates, context: AnalysisContext) -> list[Plain]:
    """The excess by the year in which a decision began."""
    rows = sorted(found.by("3.5_year", "start_year"), key=lambda row: row.category)
    return estimates.dots(
        nodes("Överskottet efter det år beslutet började"),
        say(
            "Andel av personkretsen kring gränsen som har strax över tolv timmar utöver mönstret."
            "{mark}",
            mark=context.sources.mark_of(REGISTER),
        ),
        rows,
        heads=("Överskottet i diagrammet", "Beslutet började", "Andel (procent)"),
        axis="procent av personkretsen kring gränsen",
        anchor=f"{context.anchor}-startar",
        reference=0.0,
        name=lambda row: Quoted(row.category, "marts.analysis_results.category", row.category),
    )


def _lacking(found: Estimates) -> Said:
    """Who lacks nothing but one of the criteria."""
    rows = [row for row in found.by("3.2_lacking", "criterion") if row.estimate]
    if not rows:
        return ()
    return say(
        "Ytterligare några saknar bara ett villkor: {told}.",
        told=listing(
            [
                say("{number} {what}", number=brief(row), what=_CRITERIA_LACKING[row.category])
                for row in rows
            ]
        ),
    )


def _criteria(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Persons who meet all criteria, all but one, or fewer, and what they carry."""
    rows = read_rows(
        connection,
        f"""
        select criteria_met, persons, amount
        from {_CRITERIA_MET}
        where geography_id = ? and year(period_start) = ?
        """,
        [context.municipality_id, context.year],
    )
    if not rows:
        return []
    of = {row["criteria_met"]: row for row in rows}

    def number(criteria: str, column: str) -> Cell:
        if of[criteria][column] is None:
            return Cell(nodes(words.MISSING))
        address = Address(
            _CRITERIA_MET,
            (
                ("geography_id", context.municipality_id),
                ("period_start", date(context.year, 1, 1)),
                ("criteria_met", criteria),
            ),
            column,
        )
        return Cell((Number(float(of[criteria][column]), Form(), (address,)),))

    called = {"alla": "Uppfyller alla villkor"}
    called |= {f"utom_{name}": f"Uppfyller alla utom: {text}" for name, text in _CRITERIA.items()}
    called |= {"farre": "Uppfyller färre villkor"}
    return [
        Table(
            say(
                "Villkoren för schablonersättningen, och kronor om året, {year}{mark}",
                year=Period.year(context.year),
                mark=context.sources.mark_of(REGISTER),
            ),
            (
                Column(nodes("Villkor")),
                Column(nodes("Personer"), numeric=True),
                Column(nodes("Kronor"), numeric=True),
            ),
            tuple(
                (Cell(nodes(text)), number(name, "persons"), number(name, "amount"))
                for name, text in called.items()
                if name in of
            ),
            f"{context.anchor}-villkor",
        )
    ]


def _given(found: Estimates) -> Said:
    """How much of the granted hours is given."""
    rows = found.by("3.10", "target_group")
    if not rows:
        return found.without("3.10", "Hur många av timmarna som ges går inte att säga. {why}")
    told = [
        say(
            "{share} i gruppen {group}",
            share=Number(row.estimate or 0.0, Form(Style.PERCENT), estimates.value(row).cells),
            group=estimates.group(row),
        )
        for row in rows
    ]
    return sentences(
        say("Av de beviljade timmarna gavs {told}.", told=listing(told)), _asked(found)
    )


def _asked(found: Estimates) -> Said:
    """How much of the hours that were applied for is granted."""
    told = [
        say(
            "{share} i gruppen {group}",
            share=Number(row.estimate or 0.0, Form(Style.PERCENT), estimates.value(row).cells),
            group=estimates.group(row),
        )
        for row in found.by("3.10_asked", "target_group")
    ]
    return say("Av de sökta timmarna beviljades {told}.", told=listing(told)) if told else ()


def _boards(found: Estimates) -> Said:
    """How much the boards differ, and how far it may be chance."""
    between, share, slopes = map(found.get, ("3.9_between", "3.9_icc", "3.9_slopes"))
    if between is None or share is None:
        return found.without("3.9", "Hur nämnderna skiljer sig åt går inte att säga. {why}")
    return say(
        "Mellan nämnderna skiljer {between} (standardavvikelse) för personer med lika ålder, kön "
        "och aktiviteter, vilket är {share} av all spridning{slopes}.",
        between=brief(between),
        share=brief(share),
        slopes=say(
            ", och skillnaden mellan målgrupperna varierar med {slopes}", slopes=brief(slopes)
        )
        if slopes is not None and slopes.estimate
        else "",
    )


def _board_dots(
    connection: duckdb.DuckDBPyConnection, found: Estimates, context: AnalysisContext
) -> list[Plain]:
    called = estimates.places(connection)
    rows = sorted(found.by("3.9", "board"), key=lambda row: row.estimate or 0.0)
    return estimates.dots(
        nodes("Nämndernas avvikelse i timmar vid lika förutsättningar"),
        say(
            "Timmar mer eller mindre än i alla nämnder, {year}, draget mot noll efter "
            "säkerhet.{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        rows,
        heads=("Nämndernas avvikelser i diagrammet", "Nämnd", "Timmar"),
        axis="timmar i månaden",
        anchor=f"{context.anchor}-namnder",
        reference=0.0,
        name=lambda row: estimates.place(called, row.category),
    )


def _grant(found: Estimates, each: YearlyValue | None) -> Said:
    persons, amount = found.get("3.2"), found.get("3.2_amount")
    if persons is None:
        return found.without("3.2")
    money = (
        say(", motsvarande {amount} om året", amount=brief(amount))
        if amount is not None and amount.estimate
        else ()
    )
    return say(
        "{persons} uppfyller alla villkor för schablonersättningen{each}{money}.",
        persons=brief(persons),
        each=say(" på {amount}", amount=each.number()) if each is not None else (),
        money=money,
    )


def _equal_treatment(found: Estimates) -> Said:
    equal, gap = found.get("3.7"), found.get("3.6", "part", "gap")
    if equal is None:
        return found.without(
            "3.7", "Hur stor skillnaden är vid lika behandling går inte att säga. {why}"
        )
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


def _overlap(found: Estimates) -> Said:
    """The same difference by another method."""
    other = found.get("3.7_overlap")
    if other is None:
        return ()
    return say(
        "Med en annan metod (överlappsvikter) är skillnaden vid lika många aktiviteter {other}.",
        other=figure(other),
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


@dataclass(frozen=True)
class _Band:
    """Persons of a group with so many hours.

    Attributes:
        group: Of the groups that are drawn.
        over: More hours than these.
        to: And at most these; None in the last band.
        persons: How many.
        address: Where the number stands.
    """

    group: tuple[str, int]
    over: int
    to: int | None
    persons: float
    address: Address

    @property
    def hours(self) -> Quoted:
        """The band as it is printed."""
        text = f"över {self.over}" if self.to is None else f"{self.over}–{self.to}"
        return Quoted(text, f"{_BANDS}.hours_over", str(self.over))


def _bands(
    connection: duckdb.DuckDBPyConnection, context: AnalysisContext
) -> dict[tuple[str, int], list[_Band]]:
    """The bands of each group that is drawn, in order."""
    rows = read_rows(
        connection,
        f"""
        select target_group, lss, hours_over, hours_to, persons
        from {_BANDS}
        where geography_id = ? and year(period_start) = ?
        order by target_group, lss, hours_over
        """,
        [context.municipality_id, context.year],
    )
    found: dict[tuple[str, int], list[_Band]] = {each[:2]: [] for each in _GROUPS}
    for row in rows:
        group = (row["target_group"], int(row["lss"]))
        address = Address(
            _BANDS,
            (
                ("geography_id", context.municipality_id),
                ("period_start", date(context.year, 1, 1)),
                ("target_group", row["target_group"]),
                ("lss", row["lss"]),
                ("hours_over", row["hours_over"]),
            ),
            "persons",
        )
        band = _Band(group, row["hours_over"], row["hours_to"], float(row["persons"]), address)
        found.setdefault(group, []).append(band)
    return {group: bands for group, bands in found.items() if bands}


def _pattern(found: Estimates) -> dict[int, Number]:
    """What the pattern gives each whole hour, by its upper limit; it is estimated by the half."""
    halves = {
        round(float(row.category) * 2): estimates.value(row)
        for row in found.by("3.3_pattern", "hours")
    }
    return {
        half // 2: Number(
            halves[half - 1].value + value.value,
            Form(digits=1),
            (*halves[half - 1].cells, *value.cells),
            Quantity.SUM,
        )
        for half, value in halves.items()
        if half % 2 == 0 and half - 1 in halves
    }


def _histogram(
    connection: duckdb.DuckDBPyConnection, found: Estimates, context: AnalysisContext
) -> list[Plain]:
    """Persons by hours, in the groups that the grant is for and not for."""
    bands = _bands(connection, context)
    shown = [each for each in _GROUPS if each[:2] in bands]
    if not shown:
        return []
    pattern = _pattern(found)
    threshold = f"Gränsen: mer än {numbers.number(THRESHOLD, 0)} timmar"

    def bins(target: str, lss: int) -> list[bars.Bin]:
        # The wide bands at the ends have no height beside those of an hour.
        by_end = {each.to: each for each in bands[target, lss]}
        return [
            bars.Bin(
                hour - 1,
                hour,
                by_end[hour].persons if hour in by_end else 0.0,
                pattern[hour].value if lss and hour in pattern else None,
            )
            for hour in range(_FIRST_HOUR, _LAST_HOUR + 1)
        ]

    drawings = tuple(
        bars.histogram_chart(
            name,
            bins(target, lss),
            unit="personer",
            axis_title="beviljade timmar i månaden",
            threshold=THRESHOLD,
            threshold_name=threshold,
            expected_name="Vad mönstret i övrigt ger",
        )
        for target, lss, name in shown
    )
    return [
        Figure(
            nodes("Beviljade timmar i grupper som kan och inte kan ge ersättning"),
            say(
                "Personer efter beviljade timmar i månaden, {year}. Linjen: vad mönstret i övrigt "
                "ger personkretsen. De som har få timmar eller många står bara i tabellen.{note}"
                "{mark}",
                year=Period.year(context.year),
                note=context.sources.note_of(REGISTER),
                mark=context.sources.mark_of(REGISTER),
            ),
            nodes("Histogram, ett för varje grupp. Alla värden står i tabellen."),
            drawings,
            _hours_table(bands, pattern, shown, context),
            f"{context.anchor}-timmar",
        )
    ]


def _hours_table(
    bands: Mapping[tuple[str, int], list[_Band]],
    pattern: Mapping[int, Number],
    shown: list[tuple[str, int, str]],
    context: AnalysisContext,
) -> Table:
    known = {each.over: each for group in bands.values() for each in group}
    at = {(each.group, each.over): each for group in bands.values() for each in group}

    def number(group: tuple[str, int], over: int) -> Cell:
        found = at.get((group, over))
        return Cell((Number(found.persons, Form(), (found.address,)),) if found else nodes("ingen"))

    def expected(band: _Band) -> Cell:
        of_an_hour = band.to is not None and band.to == band.over + 1 and band.to in pattern
        return Cell((pattern[band.over + 1],) if of_an_hour else nodes("skattas inte"))

    return Table(
        nodes("Personer efter beviljade timmar i månaden, över den lägre gränsen till den övre"),
        (
            Column(nodes("Timmar")),
            *(Column(nodes(name), numeric=True) for _, _, name in shown),
            Column(nodes("Vad mönstret ger i personkretsen"), numeric=True),
        ),
        tuple(
            (
                Cell((band.hours,)),
                *(number(each[:2], over) for each in shown),
                expected(band),
            )
            for over, band in sorted(known.items())
        ),
        f"{context.anchor}-timmar-tabell",
        numbered=False,
    )


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
            "Personer utöver mönstret; stark färg är ersättningens gräns.{mark}",
            mark=context.sources.mark_of(REGISTER),
        ),
        rows,
        heads=("Överskotten i diagrammet", "Gräns eller grupp", "Personer"),
        axis="personer",
        anchor=f"{context.anchor}-placebo",
        main=lambda row: row.estimand_id == "3.3",
        reference=0.0,
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
    return estimates.parts(
        nodes("Vad skillnaden mellan målgrupperna består av"),
        say(
            "Timmar i månaden, {year}. Delarna summerar till hela skillnaden (grått fält).{mark}",
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
