"""The pages on equality as documents: women and men in the order of SKR's guide, and children.

The guide asks first whether there is a difference, then where in the process it arises, then how
many persons and kronor it is, and ends in questions to the unit. Reading belongs in
``equality_data``, what the memorandum shows in ``sections.equality``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb

from orchestration.findings.cells import Cell as Address
from orchestration.language import words
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quoted,
    Said,
    Style,
    capitalised,
    nodes,
    plain,
    say,
)
from orchestration.reporting import charts
from orchestration.reporting.document import (
    Cell,
    Column,
    Document,
    Figure,
    Heading,
    Plain,
    Table,
    bullets,
    paragraph,
)
from orchestration.reporting.equality_data import (
    SPREAD,
    VALUES,
    EqualityData,
    Pair,
    by_sureness,
    read_equality,
)
from orchestration.reporting.figures import NOTHING, municipality, or_nothing
from orchestration.reporting.page_parts import what_is_hidden
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections import equality as section
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.estimates import Estimates
from orchestration.reporting.sections.sources import how_synthetic
from orchestration.reporting.svg import Drawing

GENDER_LETTER = "J-"
CHILD_LETTER = "B-"
_CHILD_AREAS = frozenset({"barn_och_unga", "familjeratt"})
#: What is counted of adults and touches children.
_TOUCHES_CHILDREN = (
    *("assistance_children", "evicted_children", "protected_housing_children"),
    *("emergency_flat_children", "kolada_evictions_with_children"),
)
_AS_CHILDREN = {"kvinnor": "flickor", "man": "pojkar"}
_WITH_CHILDREN = ("4", "6", "8")
#: Where in the process a kind of level stands; the outcome is named, for its kind does not tell it.
_OUTCOMES = frozenset({"child_rereferral_share"})
_STEPS: tuple[tuple[str, str], ...] = (
    ("rate", "Vilka som söker, anmäls eller får insatser, av invånarna"),
    ("share", "Vad som beslutas"),
    ("money", "Belopp"),
    ("mean", "Omfattning"),
    ("outcome", "Vad som händer sedan"),
)
_MOST_QUESTIONS = 10


def pages(
    connection: duckdb.DuckDBPyConnection, context: AnalysisContext
) -> Iterator[tuple[str, Document]]:
    """Builds the two pages.

    Args:
        connection: Open connection; only read from.
        context: What year and municipality.

    Yields:
        File name and document.
    """
    data = read_equality(connection, context.year, context.municipality_id)
    found = Estimates.load(connection, context, section.ANALYSIS)
    yield section.GENDER_PAGE, gender_page(data, found, context)
    yield section.CHILD_PAGE, child_page(connection, data, context)


def gender_page(data: EqualityData, found: Estimates, context: AnalysisContext) -> Document:
    """Builds the page on women and men."""
    pairs = data.of("sex")
    blocks = _opening(data, context, (pair.row["indicator_id"] for pair in data.pairs))
    if not pairs:
        blocks += paragraph("Inget register skiljer på kvinnor och män det här året.")
    else:
        blocks += _difference(data, pairs)
        blocks += section.ratio_chart(data, found, replace(context, anchor="kon"))
        blocks += _process(data, pairs)
        blocks += _sizes(data, pairs)
        blocks += _questions(data, pairs)
        blocks += _in_boards(data)
    blocks += _ages(data)
    blocks += _groups(data)
    blocks += _boards(data)
    blocks += _spread(data, found)
    return Document(
        title=say("Jämställdhet och likställighet {year}", year=Period.year(data.year)),
        subtitle=(municipality(context.municipality_name),),
        blocks=tuple(blocks),
        letter=GENDER_LETTER,
    )


def _opening(
    data: EqualityData, context: AnalysisContext, indicators: Iterable[str]
) -> list[Plain]:
    """What the page is, and that the figures of its indicators are made up where they are."""
    sources = {data.sources[each] for each in indicators}
    how = how_synthetic(row.synthetic for row in context.sources.rows if row.source_id in sources)
    told = paragraph(f"Uppgifterna är {how}.", small=True) if how else []
    return [what_is_hidden(), *told]


def _difference(data: EqualityData, pairs: Sequence[Pair]) -> list[Plain]:
    return [
        Heading(2, nodes("Finns det en skillnad?"), "skillnad"),
        *paragraph(
            "Antal jämförs som andel av invånarna av samma kön, så att fler kvinnor i befolkningen "
            "inte ser ut som en skillnad. Att en skillnad inte har hittats betyder inte att den "
            "saknas; där den säkert är mindre än en tiondel står det."
        ),
        section.sex_table(data, pairs, "tabell-kon"),
    ]


def _step_of(pair: Pair) -> str:
    return "outcome" if pair.row["indicator_id"] in _OUTCOMES else pair.row["kind"]


def _process(data: EqualityData, pairs: Sequence[Pair]) -> list[Plain]:
    """By area of activity, from who comes to what follows."""
    blocks: list[Plain] = [
        Heading(2, nodes("Var i processen uppstår den?"), "process"),
        *paragraph(
            "Stegen läses uppifrån och ned: en skillnad i vilka som kommer är en annan än en "
            "skillnad i vad de som kommit får."
        ),
    ]
    areas = [
        area
        for area in words.AREAS
        if any(data.areas[pair.row["indicator_id"]] == area for pair in pairs)
    ]
    for area in areas:
        own = [pair for pair in pairs if data.areas[pair.row["indicator_id"]] == area]
        rows = [(title, pair) for step, title in _STEPS for pair in own if _step_of(pair) == step]
        name = words.word(words.AREAS, area)
        blocks += [
            Heading(3, capitalised(nodes(name)), f"process-{area.replace('_', '-')}"),
            Table(
                say("Kvinnor mot män i varje steg: {area}", area=name),
                (
                    Column(nodes("Steg")),
                    Column(nodes("Mått")),
                    Column(nodes("Kvinnor"), numeric=True),
                    Column(nodes("Män"), numeric=True),
                    Column(nodes("Kvot"), numeric=True),
                    Column(nodes("Vad den säger")),
                ),
                tuple(
                    (
                        Cell(nodes(title)),
                        Cell(capitalised(section.name(data, pair))),
                        Cell(or_nothing(pair.level("value_a"))),
                        Cell(or_nothing(pair.level("value_b"))),
                        Cell(or_nothing(pair.ratio())),
                        section.verdict_cell(pair),
                    )
                    for title, pair in rows
                ),
                f"tabell-process-{area.replace('_', '-')}",
                numbered=False,
            ),
        ]
    return blocks


def _sizes(data: EqualityData, pairs: Sequence[Pair]) -> list[Plain]:
    """How many persons and kronor the differences are."""
    known = [
        pair
        for pair in by_sureness(pairs)
        if pair.row["verdict"] == "skillnad"
        and (pair.row["persons_behind"] is not None or pair.row["kronor_behind"] is not None)
    ]
    blocks: list[Plain] = [Heading(2, nodes("Hur många gäller den?"), "antal")]
    if not known:
        return blocks + paragraph("Ingen säker skillnad har ett antal eller belopp bakom sig.")
    return [
        *blocks,
        *paragraph(
            "Så många fler eller färre bland kvinnorna än om de hade haft männens nivå, i det som "
            "måttet räknar: personer, beslut eller ärenden. Det är ett mått på hur stor skillnaden "
            "är, inte på vad som vore rätt."
        ),
        Table(
            nodes("Skillnadens storlek"),
            (
                Column(nodes("Mått")),
                Column(nodes("Fler eller färre"), numeric=True),
                Column(nodes("Kronor"), numeric=True),
            ),
            tuple(
                (
                    Cell(capitalised(section.name(data, pair))),
                    Cell(or_nothing(pair.whole("persons_behind"))),
                    Cell(or_nothing(pair.whole("kronor_behind"))),
                )
                for pair in known
            ),
            "tabell-antal",
            numbered=False,
        ),
    ]


def _questions(data: EqualityData, pairs: Sequence[Pair]) -> list[Plain]:
    """What the unit is asked: first of what it decides itself."""
    apart = [pair for pair in by_sureness(pairs) if pair.row["verdict"] == "skillnad"]
    given = [pair for pair in apart if pair.row["kind"] in section.GIVEN]
    coming = [pair for pair in apart if pair.row["kind"] not in section.GIVEN]
    blocks: list[Plain] = [Heading(2, nodes("Frågor till verksamheten"), "fragor")]
    asked = [
        *(
            say(
                "{what}: svarar skillnaden mot ett olika behov, och var står det?",
                what=capitalised(section.name(data, pair)),
            )
            for pair in given
        ),
        *(
            say(
                "{what}: når vi dem som behöver det lika väl bland kvinnor som bland män?",
                what=capitalised(section.name(data, pair)),
            )
            for pair in coming
        ),
    ]
    if not asked:
        return blocks + paragraph("Inget mått har en säker skillnad att fråga om.")
    return [*blocks, *bullets(asked[:_MOST_QUESTIONS])]


def _in_boards(data: EqualityData) -> list[Plain]:
    """Boards whose women and men differ surely."""
    pairs = [pair for pair in data.of("sex", boards=True) if pair.row["kind"] in section.GIVEN]
    apart = [pair for pair in pairs if pair.row["verdict"] == "skillnad"]
    blocks: list[Plain] = [Heading(2, nodes("Kvinnor och män i nämnderna"), "namnder-kon")]
    if not pairs:
        return []
    if not apart:
        return blocks + paragraph(
            "Ingen nämnd har en säker skillnad mellan kvinnor och män i vad som beslutas och ges."
        )
    return [
        *blocks,
        section.pair_table(
            data,
            by_sureness(apart),
            say("Nämnder med en säker skillnad, {year}", year=Period.year(data.year)),
            "tabell-namnder-kon",
            heads=("Kvinnor", "Män"),
            first="Nämnd och mått",
            named=_board_and_name,
        ),
    ]


def _board_and_name(data: EqualityData, pair: Pair) -> Said:
    place = data.place(pair.row["geography_id"])
    return say("{board}: {what}", board=place, what=section.name(data, pair))


def _member_and_name(data: EqualityData, pair: Pair) -> Said:
    code = pair.row["category_a"]
    member = (
        data.place(code)
        if pair.row["comparison"] == "board"
        else Quoted(words.category(code, pair.row["breakdown"]), "marts.equality.category_a", code)
    )
    of = pair.row["category_b"]
    if pair.row["comparison"] != "board" or of == "others":
        return say("{what}: {member}", what=data.title(pair.row["indicator_id"]), member=member)
    return say(
        "{what} ({group}): {member}",
        what=data.title(pair.row["indicator_id"]),
        group=Quoted(words.category(of), "marts.equality.category_b", of),
        member=member,
    )


def _against_others(
    data: EqualityData, comparison: str, title: str, anchor: str, lead: str
) -> list[Plain]:
    """Groups that differ surely from the others of their kind."""
    pairs = data.of(comparison)
    if not pairs:
        return []
    apart = [
        pair
        for pair in by_sureness(pairs)
        if pair.row["verdict"] == "skillnad" and pair.row["kind"] in section.GIVEN
    ]
    blocks: list[Plain] = [Heading(2, nodes(title), anchor), *paragraph(lead)]
    if not apart:
        return blocks + paragraph("Ingen grupp skiljer sig säkert från de andra.")
    return [
        *blocks,
        section.pair_table(
            data,
            apart,
            say("Säkra skillnader, {year}", year=Period.year(data.year)),
            f"tabell-{anchor}",
            heads=("Gruppen", "De andra"),
            first="Mått och grupp",
            named=_member_and_name,
        ),
    ]


def _ages(data: EqualityData) -> list[Plain]:
    return _against_others(
        data, "age", "Åldrar", "aldrar",
        "Varje åldersgrupp mot de andra i samma register, i det som beslutas och ges.",
    )  # fmt: skip


def _groups(data: EqualityData) -> list[Plain]:
    return _against_others(
        data, "category", "Andra grupper", "grupper",
        "Hushållstyper, kontaktorsaker, målgrupper och tidigare ärenden: var grupp mot de andra.",
    )  # fmt: skip


def _boards(data: EqualityData) -> list[Plain]:
    return _against_others(
        data, "board", "Nämnder", "namnder",
        "Varje nämnd mot de andra, i det som beslutas och ges. Där kön och ålder är kända står "
        "kvoten med hänsyn till dem i databasen.",
    )  # fmt: skip


def _spread(data: EqualityData, found: Estimates) -> list[Plain]:
    """How far apart the boards lie, first and last year, and what the line through them says."""
    said = section.spread_said(data, found)
    series: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in data.spreads:
        series.setdefault((row["indicator_id"], row["stratum"]), []).append(row)
    rows = [
        (own[0], own[-1])
        for own in series.values()
        if own[-1]["period_start"] == date(data.year, 1, 1) and len(own) > 1
    ]
    if not rows:
        return []
    return [
        Heading(2, nodes("Likställighet mellan nämnderna över tid"), "spridning"),
        *paragraph(said),
        *paragraph(
            "Spridningen är standardavvikelsen mellan nämndernas logaritmer, utöver slumpen: en "
            "tiondel betyder att två nämnder brukar skilja ungefär en tiondel."
        ),
        Figure(
            say("Nämndernas spridning {year}", year=Period.year(data.year)),
            nodes("Standardavvikelse mellan nämndernas logaritmer, med osäkerhet."),
            nodes("Punktdiagram med en rad för varje mått. Alla värden står i tabellen."),
            (_spread_drawing(data, [last for _, last in rows]),),
            _spread_table(data, rows),
            "spridning-diagram",
        ),
    ]


def _spread_drawing(data: EqualityData, rows: Sequence[Mapping[str, Any]]) -> Drawing:
    """How far apart the boards lie in each measure, the farthest first."""
    drawn = [
        charts.GroupRow(
            label=plain(capitalised(section.group_first(*_spread_parts(data, row)))),
            value=row["tau"],
            lower=row["tau_lower"],
            upper=row["tau_upper"],
            main=True,
        )
        for row in sorted(rows, key=lambda row: -row["tau"])
    ]
    return charts.group_chart(
        drawn, axis_title="spridning mellan nämnderna", decimals=2, reference=None, sign=False
    )


def _spread_table(
    data: EqualityData, rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> Table:
    """The first year of each series and the year of the report."""
    return Table(
        nodes("Nämndernas spridning"),
        (
            Column(nodes("Mått")),
            Column(nodes("Första året"), numeric=True),
            Column(say("{year}", year=Period.year(data.year)), numeric=True),
            Column(nodes("Osäkerhet"), numeric=True),
        ),
        tuple(
            (
                Cell(
                    capitalised(section.group_first(*_spread_parts(data, last))),
                    (Period.year(first["period_start"].year),),
                ),
                Cell((_tau(first, "tau"),)),
                Cell((_tau(last, "tau"),)),
                Cell(
                    say("{low}–{high}", low=_tau(last, "tau_lower"), high=_tau(last, "tau_upper"))
                ),
            )
            for first, last in rows
        ),
        "tabell-spridning",
        numbered=False,
    )


def _spread_parts(data: EqualityData, row: Mapping[str, Any]) -> tuple[Quoted, Quoted | None]:
    """What a row is of: its indicator, and the target group where there is one."""
    title, stratum = data.title(row["indicator_id"]), row["stratum"]
    if not stratum:
        return title, None
    return title, Quoted(words.category(stratum), "marts.board_spread.stratum", stratum)


def _tau(row: Mapping[str, Any], column: str) -> Number:
    key = tuple(
        (name, row[name]) for name in ("indicator_id", "period_start", "geography_id", "stratum")
    )
    return Number(row[column], Form(digits=2), (Address(SPREAD, key, column),))


def child_page(
    connection: duckdb.DuckDBPyConnection, data: EqualityData, context: AnalysisContext
) -> Document:
    """Builds the page on children: their own indicators by age and sex, and what touches them."""
    values = _values(connection, data)
    own = [row for row in values if row["area"] in _CHILD_AREAS]
    touching = [row for row in values if row["indicator_id"] in _TOUCHES_CHILDREN]
    blocks = _opening(data, context, (row["indicator_id"] for row in (*own, *touching)))
    blocks.append(Heading(2, nodes("Barnens egna ärenden, efter ålder och kön"), "barnen"))
    if not own:
        blocks += paragraph("Inget register om barn är levererat för året.")
    least = context.smallest_count
    blocks += _by_indicator(data, own, {"total", "sex", "age_group", "sex*age_group"}, least)
    blocks.append(Heading(2, nodes("Vuxnas ärenden som berör barn"), "vuxna"))
    blocks += paragraph(
        "Här är barnen medföljande eller finns i hushållet; registren säger hur många de är och "
        "inte vilka, så kön och ålder går inte att visa."
    )
    blocks += _by_indicator(data, touching, {"total"}, least)
    households = [
        row
        for row in values
        if row["indicator_id"] in ("assistance_households", "assistance_households_share")
        and row["breakdown"] == "household_type"
        and row["category"] in _WITH_CHILDREN
    ]
    blocks += _by_indicator(data, households, {"household_type"}, least)
    return Document(
        title=say("Barn i socialtjänsten {year}", year=Period.year(data.year)),
        subtitle=(municipality(context.municipality_name),),
        blocks=tuple(blocks),
        letter=CHILD_LETTER,
    )


def _values(
    connection: duckdb.DuckDBPyConnection, data: EqualityData
) -> Sequence[Mapping[str, Any]]:
    """The municipality's values of the year and the one before, with what they are of."""
    return read_rows(
        connection,
        f"select v.*, i.measure, i.unit, i.area from {VALUES} v join marts.indicators i"
        " using (indicator_id) where v.geography_id = ? and v.period_grain = 'year'"
        " and year(v.period_start) between ? and ? and v.value is not null"
        " order by v.indicator_id, v.breakdown, v.category, v.period_start",
        [data.municipality_id, data.year - 1, data.year],
    )


def child_totals(
    connection: duckdb.DuckDBPyConnection, data: EqualityData
) -> list[tuple[Said, Mapping[int, Said]]]:
    """Each indicator of children, and of adults' cases that touch them, this year and the last.

    Args:
        connection: Open connection; only read from.
        data: Of which year and municipality.

    Returns:
        Each indicator's name, and its value by year.
    """
    found: dict[str, dict[int, Said]] = {}
    for row in _values(connection, data):
        if row["breakdown"] == "total" and (
            row["area"] in _CHILD_AREAS or row["indicator_id"] in _TOUCHES_CHILDREN
        ):
            found.setdefault(row["indicator_id"], {})[row["period_start"].year] = _value(row)
    return [((data.title(indicator),), years) for indicator, years in found.items()]


def _by_indicator(
    data: EqualityData, rows: Sequence[Mapping[str, Any]], breakdowns: set[str], least: float
) -> list[Plain]:
    """A table of each indicator that rows are of, in their order."""
    blocks: list[Plain] = []
    for indicator in dict.fromkeys(row["indicator_id"] for row in rows):
        mine = [row for row in rows if row["indicator_id"] == indicator]
        blocks += _of_indicator(data, mine, indicator, breakdowns, least)
    return blocks


def _of_indicator(
    data: EqualityData,
    rows: Sequence[Mapping[str, Any]],
    indicator: str,
    breakdowns: set[str],
    least: float,
) -> list[Plain]:
    """A table of one indicator: each group this year and the last, and what its pair says.

    A breakdown with a value that rests on fewer than the least is left out, as on other pages.
    """
    small = {
        row["breakdown"]
        for row in rows
        if row["breakdown"] != "total" and row["numerator"] is not None and row["numerator"] < least
    }
    known: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        if row["breakdown"] in breakdowns - small:
            known.setdefault((row["breakdown"], row["category"]), {})[row["period_start"].year] = (
                row
            )
    if not known:
        return []
    said = {
        (pair.row["breakdown"], pair.row["category_a"]): pair
        for pair in (*data.of("sex"), *data.of("age"))
        if pair.row["indicator_id"] == indicator
    }
    of_children = rows[0]["area"] in _CHILD_AREAS
    order = ("total", "sex", "age_group", "sex*age_group", "household_type")
    anchor = indicator.replace("_", "-")
    return [
        Heading(3, capitalised(data.title(indicator)), anchor),
        Table(
            capitalised(say("{title}, efter grupp", title=data.title(indicator))),
            (
                Column(nodes("Grupp")),
                Column(say("{year}", year=Period.year(data.year - 1)), numeric=True),
                Column(say("{year}", year=Period.year(data.year)), numeric=True),
                Column(nodes("Mot de andra")),
            ),
            tuple(
                (
                    Cell(_group(breakdown, category, of_children)),
                    Cell(_value(years.get(data.year - 1))),
                    Cell(_value(years.get(data.year))),
                    section.verdict_cell(said[breakdown, category])
                    if (breakdown, category) in said
                    else Cell(NOTHING),
                )
                for (breakdown, category), years in sorted(
                    known.items(), key=lambda each: (order.index(each[0][0]), _age(each[0][1]))
                )
            ),
            f"tabell-{anchor}",
            numbered=False,
        ),
    ]


def _age(category: str) -> tuple[str, int]:
    """Ages in their order, whatever stands before them."""
    before, _, last = category.rpartition("*")
    first = last.partition("-")[0].rstrip("+")
    return (before, int(first) if first.isdigit() else 0)


def _group(breakdown: str, category: str, of_children: bool) -> Said:
    if category == "total":
        return nodes("Alla")
    if of_children:
        sex, _, rest = category.partition("*")
        category = "*".join(part for part in (_AS_CHILDREN.get(sex, sex), rest) if part)
    text = words.category(category, breakdown)
    return capitalised(Quoted(text, "marts.indicator_values.category", category))


def _value(row: Mapping[str, Any] | None) -> Said:
    if row is None:
        return NOTHING
    key = tuple(
        (name, row[name])
        for name in (
            *("indicator_id", "period_start", "period_grain", "geography_id", "breakdown"),
            "category",
        )
    )
    digits = 0 if row["measure"] in ("count", "amount") else 1
    form = Form(Style.CELL, digits, row["measure"], row["unit"])
    return (Number(row["value"], form, (Address(VALUES, key, "value"),)),)
