"""What the documents say of a municipality of which only public statistics are known.

That no register has come and what cannot be shown for it, what publishers have of the municipality,
and how it stands beside the others of its group. What is read belongs in `public_statistics`.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.findings import cells
from orchestration.language import grammar, quantities
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Link,
    Number,
    Period,
    Quoted,
    Said,
    Strong,
    Style,
    listing,
    nodes,
    say,
    sentences,
    span,
)
from orchestration.reporting.data import CatalogueIndicator, ReportData
from orchestration.reporting.document import (
    Callout,
    Cell,
    Column,
    Heading,
    Paragraph,
    Plain,
    Table,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import NOTHING, municipality, title, unit
from orchestration.reporting.public_statistics import (
    BesidePeers,
    Group,
    OwnValue,
    PublicStatistics,
)
from orchestration.reporting.sections.sources import Sources, page_link

ANCHOR = "publicerat"
_PEERS = "marts.peer_comparison"
_MEASURES = {"level": "Nivån", "change": "Förändringen"}


def notice(data: ReportData) -> list[Plain]:
    """That no register has come; nothing where one may have."""
    if data.public is None:
        return []
    text = say(
        "Inget register är levererat för {municipality}. Det som visas är vad utgivare av "
        "offentlig statistik har publicerat. Det som räknas ur registren kan inte visas: registret "
        "saknas. Det säger inget om verksamheten.",
        municipality=municipality(data.municipality_name),
    )
    return [Callout(nodes("Bara offentlig statistik"), (Paragraph(text),), "bara-offentligt")]


def chapter(data: ReportData, found: Sources) -> list[Plain]:
    """Builds the chapter; nothing where registers may have come.

    Args:
        data: What the memorandum states.
        found: Its sources.
    """
    public = data.public
    if public is None:
        return []
    name = municipality(data.municipality_name)
    blocks: list[Plain] = [Heading(2, say("Vad som är publicerat om {name}", name=name), ANCHOR)]
    if public.values:
        blocks.append(_own(public, data, found))
    else:
        blocks += paragraph(say("Inget av det hämtade har något värde för {name}.", name=name))
    blocks.append(Heading(3, nodes("Bredvid kommungruppen"), f"{ANCHOR}-grupp"))
    if public.group is not None and public.compared:
        blocks += paragraph(_group(public.group, public.compared[0], data))
        blocks.append(_beside(public, public.group, data, found))
    else:
        blocks += paragraph(
            say(
                "Inget av det hämtade går att hålla mot de andra kommunerna i den grupp som {name} "
                "hör till: för det krävs minst två perioder, eller ett mått som inte beror på "
                "kommunens storlek, och värden för någon av de andra.",
                name=name,
            )
        )
    return [*blocks, *_lacking(public, data)]


def _own(public: PublicStatistics, data: ReportData, found: Sources) -> Table:
    return Table(
        say(
            "Senaste värden för {name}, till och med {year}",
            name=municipality(data.municipality_name),
            year=Period.year(data.year),
        ),
        (
            Column(nodes("Mått"), wide=True),
            Column(nodes("Period")),
            Column(nodes("Värde"), numeric=True),
        ),
        tuple(
            (
                _named(each.indicator, found, each.source_id),
                Cell((Period.of(each.period_start, each.grain),)),
                Cell((_value(each, public),)),
            )
            for each in public.values
        ),
        f"tabell-{ANCHOR}",
        file_name="publicerat",
    )


def _value(each: OwnValue, public: PublicStatistics) -> Number:
    cell = cells.series_cell(
        "value",
        indicator_id=each.indicator.indicator_id,
        period_start=each.period_start,
        period_grain=each.grain,
        geography_id=public.municipality_id,
        breakdown="total",
        category="total",
    )
    return Number(each.value, _form(each.indicator, [each.value]), (cell,))


def _form(indicator: CatalogueIndicator, values: Sequence[float | None]) -> Form:
    digits = quantities.decimals(indicator.measure, indicator.unit, values)
    return Form(Style.CELL, digits, indicator.measure, indicator.unit)


def _named(indicator: CatalogueIndicator, found: Sources, source_id: str) -> Cell:
    return Cell(
        (
            page_link(indicator, (title(indicator, grammar.sentence_case(indicator.title_sv)),)),
            found.note_of(source_id),
            *found.mark_of(source_id),
        ),
        (unit(indicator),),
    )


def _group(group: Group, row: BesidePeers, data: ReportData) -> Said:
    name = Quoted(group.name, f"{_PEERS}.group_name", group.code)
    return sentences(
        say(
            "{municipality} hör till gruppen {name} i den indelning som SKR har från {since}, med "
            "{peers} andra.",
            municipality=municipality(data.municipality_name),
            name=name,
            since=Period.year(group.since),
            peers=Number(group.peers, Form(Style.CARDINAL), (_address(row, "peers"),)),
        ),
        "Att kommunen hör dit är satt för demonstrationen och inte avstämt mot SKR:s förteckning."
        if group.made_up
        else "",
        "Nivån jämförs där kommunens storlek inte är en del av måttet, annars jämförs förändringen "
        "sedan samma period året före; är den inte känd räknas den från årets första månad. "
        "Kommunen själv ingår inte i gruppens tal. Att kommuner skiljer sig åt säger inte varför.",
    )


def _beside(public: PublicStatistics, group: Group, data: ReportData, found: Sources) -> Table:
    return Table(
        say(
            "{name} bredvid de andra i gruppen {group}",
            name=municipality(data.municipality_name),
            group=Quoted(group.name, f"{_PEERS}.group_name", group.code),
        ),
        (
            Column(nodes("Mått"), wide=True),
            Column(nodes("Vad som jämförs")),
            Column((municipality(data.municipality_name),), numeric=True),
            Column(nodes("Gruppens median"), numeric=True),
            Column(nodes("Lägsta och högsta"), numeric=True),
            Column(nodes("Kommuner"), numeric=True),
            Column(nodes("Riket"), numeric=True),
        ),
        tuple(_beside_row(each, public, found) for each in public.compared),
        f"tabell-{ANCHOR}-grupp",
        file_name="kommungruppen",
    )


def _beside_row(each: BesidePeers, public: PublicStatistics, found: Sources) -> tuple[Cell, ...]:
    form = (
        Form(Style.PERCENT_SIGN, 1, sign=True)
        if each.measure == "change"
        else _form(each.indicator, [each.value, each.lowest, each.median, each.highest])
    )

    def shown(value: float, column: str) -> Number:
        return Number(value, form, (_address(each, column),))

    source = next(own.source_id for own in public.values if own.indicator == each.indicator)
    return (
        _named(each.indicator, found, source),
        Cell(_period(each)),
        Cell((shown(each.value, "value"),)),
        Cell((shown(each.median, "median"),)),
        Cell(span(shown(each.lowest, "lowest"), shown(each.highest, "highest"))),
        Cell((Number(each.peers_with_value, Form(), (_address(each, "peers_with_value"),)),)),
        Cell(
            NOTHING if each.country_value is None else (shown(each.country_value, "country_value"),)
        ),
    )


def _address(each: BesidePeers, column: str) -> Address:
    where = (
        ("indicator_id", each.indicator.indicator_id),
        ("period_grain", each.grain),
        ("period_start", each.period_start),
        ("measure", each.measure),
    )
    return Address(_PEERS, where, column)


def _period(each: BesidePeers) -> Said:
    now = Period.of(each.period_start, each.grain)
    if each.base_start is None:
        return say("{measure} {now}", measure=_MEASURES[each.measure], now=now)
    return say(
        "{measure} från {base} till {now}",
        measure=_MEASURES[each.measure],
        base=Period.of(each.base_start, each.grain),
        now=now,
    )


def _lacking(public: PublicStatistics, data: ReportData) -> list[Plain]:
    """What the publishers have not said, by what there is in its place."""
    told = [
        ("Bara riket har värden i det hämtade:", public.of_country),
        ("Varken kommunen eller riket har värden i det hämtade:", public.of_none),
    ]
    return [
        Heading(3, nodes("Vad som saknas"), f"{ANCHOR}-saknas"),
        *paragraph(
            say(
                "Det här finns inte för {name}. Inget av det är noll, och inget är uppskattat. De "
                "mått som räknas ur registren kan inte visas: registret saknas. De står i "
                "{appendix}.",
                name=municipality(data.municipality_name),
                appendix=Link("#leveranser", nodes("bilagan om leveranser")),
            )
        ),
        *bullets(
            [
                say("{lead} {names}.", lead=Strong(nodes(lead)), names=_names(indicators))
                for lead, indicators in told
                if indicators
            ]
        ),
    ]


def _names(indicators: Sequence[CatalogueIndicator]) -> Said:
    return listing([page_link(each, (_lower(each),)) for each in indicators])


def _lower(indicator: CatalogueIndicator) -> Quoted:
    return title(indicator, grammar.mid_sentence(indicator.title_sv))
