"""The template for an insats' gender and child-impact analysis, with what the registers know in it.

What the figures cannot say is a question with an empty answer: the analysis is made by people. How
it becomes a Word file belongs in ``render.docx``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from orchestration.findings.cells import Cell as Address
from orchestration.findings.estimates import InterventionCost
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quoted,
    Said,
    capitalised,
    nodes,
    say,
)
from orchestration.reporting.document import (
    Cell,
    Column,
    Document,
    Heading,
    Plain,
    Table,
    paragraph,
)
from orchestration.reporting.equality_data import EqualityData, Pair, by_sureness, read_equality
from orchestration.reporting.equality_pages import child_totals
from orchestration.reporting.figures import NOTHING, municipality, or_nothing
from orchestration.reporting.sections import equality as section

LETTER = "K-"
_COSTS = "marts.intervention_costs"
_GENDER_QUESTIONS = (
    "Vilka är målgruppen, och hur fördelar sig kvinnor och män i den?",
    "Var i processen kan en skillnad uppstå: vem som hittar hit, vem som tar emot, vad de får?",
    "Kan insatsen nå kvinnor och män olika, till exempel genom tid, plats eller arbetssätt?",
    "Ersätter insatsen en prövad insats, och vilka förlorar i så fall sin rätt att överklaga?",
    "Hur ska kvinnors och mäns deltagande följas upp när insatsen inte dokumenteras per person?",
)
_CHILD_QUESTIONS = (
    "Vilka barn berörs, direkt eller genom en vuxen i familjen?",
    "Vad är bäst för barnen, och vilka uppgifter bygger bedömningen på?",
    "Hur har barn fått säga sin mening, och hur har den vägts in?",
    "Finns det barn som kan få det sämre, och vad görs i så fall?",
    "Hur går barns och vuxnas intressen ihop, och vad väger tyngst?",
    "Hur och när följs det upp vad insatsen betydde för barnen?",
)


@dataclass(frozen=True)
class Insats:
    """What the scenario says of an insats.

    Attributes:
        cost: What it costs, in the scenario's own reading of its source.
        indicators: Who it may be for, by the indicators that count them.
    """

    cost: InterventionCost
    indicators: tuple[str, ...]


@dataclass(frozen=True)
class Edition:
    """Which publication the figures are from."""

    year: int
    municipality_id: str
    municipality_name: str
    built_at: datetime
    synthetic: bool


def read_edition(connection: duckdb.DuckDBPyConnection) -> Edition:
    """Reads which publication a snapshot is.

    Raises:
        LookupError: It holds none.
    """
    row = connection.execute(
        "select p.report_year, p.municipality_id, g.name, p.built_at, p.synthetic"
        " from meta.publication p left join marts.geographies g"
        " on g.geography_id = p.municipality_id"
    ).fetchone()
    if row is None or row[0] is None:
        raise LookupError("no publication of a year")
    return Edition(row[0], row[1], row[2] or row[1], row[3], bool(row[4]))


def impact_document(
    connection: duckdb.DuckDBPyConnection, edition: Edition, insats: Insats
) -> Document:
    """Builds the template.

    Args:
        connection: To the published snapshot; only read from.
        edition: Which publication it is.
        insats: What the analysis is of.
    """
    data = read_equality(connection, edition.year, edition.municipality_id)
    name = _words(insats, "insats", insats.cost.insats)
    blocks: list[Plain] = []
    if edition.synthetic:
        blocks += paragraph("Uppgifterna är helt eller delvis syntetiska.", small=True)
    blocks += paragraph(
        "Mallen är ifylld med det som registren vet. Frågorna besvaras av dem som känner "
        "verksamheten; en tom ruta är inte ett svar."
    )
    blocks += _insats(insats)
    blocks += _gender(data, insats)
    blocks += _children(connection, data)
    blocks += _boards(data, insats)
    blocks += [
        Heading(2, nodes("Slutsats och beslut"), "slutsats"),
        _questions(
            "Slutsats",
            ("Vad säger analysen?", "Vad ändras i insatsen?", "Vem följer upp, och när?"),
            "tabell-slutsats",
        ),
    ]
    return Document(
        title=say("Jämställdhets- och barnkonsekvensanalys: {insats}", insats=name),
        subtitle=say(
            "{municipality}, underlag från {year}",
            municipality=municipality(edition.municipality_name),
            year=Period.year(edition.year),
        ),
        front=(
            (nodes("Insats"), (name,)),
            (nodes("Underlaget är framställt"), (Period.moment(edition.built_at),)),
            (nodes("Analysen är gjord av"), nodes(" ")),
            (nodes("Datum"), nodes(" ")),
        ),
        blocks=tuple(blocks),
        letter=LETTER,
    )


def _words(insats: Insats, column: str, text: str) -> Quoted:
    return Quoted(text, f"{_COSTS}.{column}", insats.cost.scenario_id)


def _cost(insats: Insats, column: str, digits: int = 0) -> Said:
    value: float | None = getattr(insats.cost, column)
    if value is None:
        return nodes("inte känt")
    key = (("scenario_id", insats.cost.scenario_id), ("reading_id", insats.cost.reading_id))
    return (Number(value, Form(digits=digits), (Address(_COSTS, key, column),)),)


def _insats(insats: Insats) -> list[Plain]:
    """What the insats is, by its scenario."""
    rows: tuple[tuple[str, Said], ...] = (
        ("Personer på ett år", _cost(insats, "persons")),
        ("Timmar per person", _cost(insats, "hours_per_person", 1)),
        ("Kronor per person", _cost(insats, "cost_per_person")),
        ("Kronor på ett år", _cost(insats, "cost_total")),
        ("Befattning", (_words(insats, "staff_sv", insats.cost.staff_sv),)),
        ("Talens källa", (_words(insats, "source_sv", insats.cost.source_sv),)),
    )
    return [
        Heading(2, nodes("Insatsen"), "insatsen"),
        *paragraph(
            "Kostnaden är ett räkneexempel; vilka tal som är antagna står i promemorian och i "
            "databasen."
        ),
        Table(
            nodes("Insatsen i tal"),
            (Column(nodes("Uppgift")), Column(nodes("Värde"))),
            tuple((Cell(nodes(what)), Cell(value)) for what, value in rows),
            "tabell-insats",
            numbered=False,
        ),
    ]


def _concerned(data: EqualityData, insats: Insats, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs of the areas of those it may be for; all where nobody is named."""
    areas = {data.areas[each] for each in insats.indicators if each in data.areas}
    mine = [pair for pair in pairs if data.areas[pair.row["indicator_id"]] in areas]
    return by_sureness(mine or pairs)


def _gender(data: EqualityData, insats: Insats) -> list[Plain]:
    """In the order of SKR's guide: is there a difference, where, how many, what is asked."""
    pairs = _concerned(data, insats, data.of("sex"))
    blocks: list[Plain] = [Heading(2, nodes("Jämställdhetsanalys"), "jamstalldhet")]
    if not pairs:
        blocks += paragraph("Inget register skiljer på kvinnor och män det här året.")
    else:
        blocks += [
            Heading(3, nodes("Finns det en skillnad, och hur många gäller den?"), "skillnad"),
            Table(
                say("Kvinnor mot män i målgruppens område, {year}", year=Period.year(data.year)),
                (
                    Column(nodes("Mått")),
                    Column(nodes("Kvinnor"), numeric=True),
                    Column(nodes("Män"), numeric=True),
                    Column(nodes("Kvot"), numeric=True),
                    Column(nodes("Fler eller färre"), numeric=True),
                    Column(nodes("Vad den säger")),
                ),
                tuple(
                    (
                        Cell(capitalised(section.name(data, pair))),
                        Cell(or_nothing(pair.level("value_a"))),
                        Cell(or_nothing(pair.level("value_b"))),
                        Cell(or_nothing(pair.ratio())),
                        Cell(or_nothing(pair.whole("persons_behind"))),
                        section.verdict_cell(pair),
                    )
                    for pair in pairs
                ),
                "tabell-kon",
                numbered=False,
            ),
        ]
    return [
        *blocks,
        Heading(3, nodes("Frågor att besvara"), "fragor-kon"),
        _questions("Jämställdhet", _GENDER_QUESTIONS, "tabell-fragor-kon"),
    ]


def _children(connection: duckdb.DuckDBPyConnection, data: EqualityData) -> list[Plain]:
    """What is known of children, and what has to be asked of them."""
    blocks: list[Plain] = [Heading(2, nodes("Barnkonsekvensanalys"), "barn")]
    rows: list[tuple[Said, Mapping[int, Said]]] = child_totals(connection, data)
    if rows:
        blocks.append(
            Table(
                nodes("Barn som registren känner"),
                (
                    Column(nodes("Mått")),
                    Column(say("{year}", year=Period.year(data.year - 1)), numeric=True),
                    Column(say("{year}", year=Period.year(data.year)), numeric=True),
                ),
                tuple(
                    (
                        Cell(capitalised(title)),
                        Cell(years.get(data.year - 1, NOTHING)),
                        Cell(years.get(data.year, NOTHING)),
                    )
                    for title, years in rows
                ),
                "tabell-barn",
                numbered=False,
            )
        )
    return [
        *blocks,
        Heading(3, nodes("Frågor om barnen"), "fragor-barn"),
        _questions("Barnen", _CHILD_QUESTIONS, "tabell-fragor-barn"),
    ]


def _boards(data: EqualityData, insats: Insats) -> list[Plain]:
    """Boards that differ surely in what the insats is about."""
    apart = [
        pair
        for pair in _concerned(data, insats, data.of("board"))
        if pair.row["verdict"] == "skillnad" and pair.row["kind"] in section.GIVEN
    ]
    blocks: list[Plain] = [Heading(2, nodes("Likställighet mellan nämnderna"), "namnder")]
    if not apart:
        return blocks + paragraph("Ingen nämnd skiljer sig säkert i det som beslutas och ges.")
    return [
        *blocks,
        section.pair_table(
            data,
            apart,
            say("Nämnder som skiljer sig säkert, {year}", year=Period.year(data.year)),
            "tabell-namnder",
            heads=("Nämnden", "De andra"),
            first="Mått och nämnd",
            named=_board,
        ),
    ]


def _board(data: EqualityData, pair: Pair) -> Said:
    return say(
        "{what}: {board}",
        what=data.title(pair.row["indicator_id"]),
        board=data.place(pair.row["category_a"]),
    )


def _questions(caption: str, asked: Sequence[str], anchor: str) -> Table:
    """Questions with room for an answer."""
    return Table(
        nodes(caption),
        (Column(nodes("Fråga")), Column(nodes("Svar"), wide=True)),
        tuple((Cell(nodes(each)), Cell(())) for each in asked),
        anchor,
        numbered=False,
    )
