"""The index of the indicators' pages as a document, and its table, which areas have parts of.

A script can narrow and sort the table; the page is whole without it. What a series shows belongs in
``series_view``.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.language import grammar, quantities, words
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Link,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    Text,
    joined,
    nodes,
    say,
)
from orchestration.reporting import charts, series_view
from orchestration.reporting.addresses import INDEX_NAME, NARROWING, NUMBERS, PAGES_DIRECTORY, ways
from orchestration.reporting.document import (
    Callout,
    Cell,
    Column,
    Document,
    Paragraph,
    Plain,
    Table,
    paragraph,
)
from orchestration.reporting.figures import NOTHING, geography, municipality, title
from orchestration.reporting.issued import Edition
from orchestration.reporting.page_parts import (
    made,
    what_is_hidden,
    without_values,
)
from orchestration.reporting.render.html import Frame
from orchestration.reporting.sections.sources import SYNTHETIC, how_synthetic
from orchestration.reporting.series import IndicatorSeries, SeriesData
from orchestration.reporting.series_view import Subject

LETTER = "I-"
"""What the ids of the index's numbers begin with."""

TABLE = "tabell-indikatorer"
"""The table's anchor."""


def index(data: SeriesData, ordered: Sequence[IndicatorSeries], edition: Edition) -> Document:
    """Builds the index.

    Args:
        data: The publication's.
        ordered: Its pages, in the order of the rows.
        edition: What it says about itself.

    Returns:
        The document; equal arguments give an equal one.
    """
    year = Period.year(data.year)
    blocks: list[Plain] = []
    if any(source.synthetic for each in ordered for source in each.sources):
        text = say(
            "Rader märkta {mark} bygger helt eller delvis på uppgifter som är framtagna för att "
            "pröva systemet, inte uppmätta.",
            mark=SYNTHETIC,
        )
        blocks.append(
            Callout(nodes("Delvis syntetiska uppgifter"), (Paragraph(text),), "syntetiskt")
        )
    blocks.append(what_is_hidden())
    blocks += paragraph(
        say(
            "Varje indikator har en sida med sin serie, sina uppdelningar och det som är känt om "
            "siffrorna. Linjen visar serien i miniatyr, var och en på sin egen skala. Ett streck i "
            "den sista kolumnen betyder att indikatorn inte har någon rad bland {year} års "
            "avvikelser, inte att inget har hänt.",
            year=year,
        )
    )
    if ordered:
        caption = nodes("Indikatorer efter verksamhetsområde")
        blocks.append(indicator_table(data, ordered, caption=caption, anchor=TABLE))
    count = Number(len(ordered), Form(), (Address("marts.indicators"),), Quantity.COUNT)
    return Document(
        title=say("Indikatorer i socialtjänstens statistik {year}", year=year),
        subtitle=say(
            "{municipality}. {count} indikatorer, framställda {moment}",
            municipality=municipality(data.municipality_name),
            count=count,
            moment=Period.moment(edition.built_at),
        ),
        blocks=tuple(blocks),
        letter=LETTER,
    )


def index_frame(
    data: SeriesData, edition: Edition, further: Sequence[tuple[str, Document]] = ()
) -> Frame:
    """What stands around the index.

    Args:
        data: The publication's.
        edition: What it says about itself.
        further: Pages that are of no one indicator, by their file names.
    """
    return Frame(
        municipality_name=data.municipality_name,
        version=edition.version,
        ways=(
            *ways("../", f"{PAGES_DIRECTORY}/{INDEX_NAME}"),
            *((document.title, name) for name, document in further),
        ),
        foot=(made(edition),),
        scripts=(f"../{NARROWING}", *((f"../{NUMBERS}",) if edition.origins else ())),
        origins=edition.origins,
    )


def indicator_table(
    data: SeriesData,
    rows: Sequence[IndicatorSeries],
    *,
    caption: Said,
    anchor: str,
    directory: str = "",
    with_area: bool = True,
) -> Table:
    """Lists indicators with their latest value, their series in miniature, and what was found.

    Args:
        data: The publication's.
        rows: At least one, in their order.
        caption: Of the table.
        anchor: Unique in the page.
        directory: Where the indicators' pages lie from the page.
        with_area: Whether the rows are of several areas.
    """
    year = Period.year(data.year)
    return Table(
        caption,
        (
            Column(nodes("Indikator")),
            *((Column(nodes("Område"), choice="Område"),) if with_area else ()),
            Column(nodes("Senaste värde")),
            Column(nodes("Serie")),
            Column(say("Prövningen av {year}", year=year), choice="Prövningen"),
        ),
        tuple(_row(data, each, directory, with_area=with_area) for each in rows),
        anchor,
        numbered=False,
        narrowed="indikatorer",
        stacked=True,
    )


def _row(
    data: SeriesData, content: IndicatorSeries, directory: str, *, with_area: bool
) -> tuple[Cell, ...]:
    indicator = content.indicator
    name = (title(indicator, grammar.sentence_case(indicator.title_sv)),)
    link = Link(f"{directory}{indicator.indicator_id}.html", name)
    synthetic = how_synthetic(source.synthetic for source in content.sources)
    mark: Said = (Text(" "), SYNTHETIC) if synthetic else ()
    outcomes = [row.outcome for row in content.deviations]
    outcome = next((code for code in words.OUTCOMES if code in outcomes), None)
    return (
        Cell(joined((link, *mark))),
        *((Cell(nodes(words.word(words.AREAS, indicator.area))),) if with_area else ()),
        _latest(data, content),
        _spark(content),
        Cell(NOTHING if outcome is None else nodes(words.word(words.OUTCOMES, outcome))),
    )


def _latest(data: SeriesData, content: IndicatorSeries) -> Cell:
    indicator = content.indicator
    if not content.whole:
        divided = content.parts or content.boards
        return Cell(nodes("bara uppdelad" if divided else without_values(indicator)))
    series = content.whole[0]
    last = series.points[-1]
    subject = Subject.of(indicator, [series])
    value = series_view.value_said(subject, series, last)
    if last.value is not None and not quantities.is_percent(indicator.measure):
        unit = Quoted(
            quantities.unit_word(indicator.unit), "marts.indicators.unit", indicator.indicator_id
        )
        value = joined((*value, Text(" "), unit))
    below: Said = (series_view.when(last.start, series.grain),)
    place = data.places.get(series.geography_id)
    if place is not None and place.level != "kommun":
        name = geography(place.geography_id, place.name)
        below = say("{when}, {place}", when=below, place=name)
    return Cell(value, below)


def _spark(content: IndicatorSeries) -> Cell:
    if not content.whole:
        return Cell(NOTHING)
    points = series_view.every_period([content.whole[0]])
    drawn = charts.spark_chart([point.value if point else None for _, point in points])
    return Cell((), drawing=drawn) if drawn else Cell(NOTHING)
