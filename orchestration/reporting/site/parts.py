"""What the site's pages have in common: their frame, and the rows of deviations and indicators.

Which page shows which rows belongs in the pages' own modules.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.language import words
from orchestration.language.inline import (
    Form,
    Link,
    Number,
    Period,
    Said,
    Slot,
    Text,
    capitalised,
    joined,
    nodes,
    say,
)
from orchestration.language.telling import tell
from orchestration.reporting import charts, figures, telling
from orchestration.reporting.addresses import NUMBERS, PAGES_DIRECTORY, ways
from orchestration.reporting.data import Shown
from orchestration.reporting.document import Callout, Cell, Column, Paragraph, Plain, Table
from orchestration.reporting.figures import NOTHING, geography, municipality
from orchestration.reporting.indicator_index import indicator_table
from orchestration.reporting.page_parts import made
from orchestration.reporting.render.html import Frame
from orchestration.reporting.sections.sources import SYNTHETIC, how_synthetic
from orchestration.reporting.series import IndicatorSeries
from orchestration.reporting.site.content import Site


def frame(site: Site, address: str, scripts: Sequence[str]) -> Frame:
    """What stands around a page.

    Args:
        site: Whose.
        address: The page's own, from the top of the site.
        scripts: The files of scripts that it uses, from there too.
    """
    up = "../" * address.count("/")
    origins = site.edition.origins
    used = (*scripts, NUMBERS) if origins else scripts
    return Frame(
        municipality_name=site.name,
        version=site.edition.version,
        ways=ways(up, address),
        foot=(made(site.edition),),
        scripts=tuple(f"{up}{script}" for script in used),
        origins=origins,
    )


def synthetic_warning(site: Site, rows: Sequence[IndicatorSeries]) -> list[Plain]:
    """That figures of a page are made up, where any of them are."""
    how = how_synthetic(source.synthetic for each in rows for source in each.sources)
    if not how:
        return []
    text = say(
        "{these} framtagna för att pröva systemet, inte uppmätta. De är märkta {mark} och säger "
        "inget om verksamheten i {municipality}.",
        these="Uppgifterna här är"
        if how == "syntetiska"
        else "En del av uppgifterna här är helt eller delvis",
        mark=SYNTHETIC,
        municipality=municipality(site.name),
    )
    title = "Syntetiska uppgifter" if how == "syntetiska" else "Delvis syntetiska uppgifter"
    return [Callout(nodes(title), (Paragraph(text),), "syntetiskt")]


def place_of(site: Site, row: Shown) -> Said:
    """Where a finding is; the municipality by its own name."""
    if row.geography_id == site.municipality_id:
        return (municipality(site.name),)
    return (geography(row.geography_id, row.geography_name),)


def deviation_table(
    site: Site,
    rows: Sequence[Shown],
    *,
    up: str = "",
    caption: Slot,
    anchor: str,
    with_area: bool = True,
) -> Table:
    """Lists findings: rank, what was found in a sentence, how sure it is, the series in miniature.

    Args:
        site: Whose.
        rows: At least one, in their order.
        up: What leads from the page to the site's top.
        caption: Of the table.
        anchor: Unique in the page.
        with_area: Whether the rows are of several areas.
    """
    area = (Column(nodes("Område"), choice="Område"),) if with_area else ()
    return Table(
        nodes(caption),
        (
            Column(nodes("Avvikelse")),
            Column(nodes("Rang"), numeric=True),
            Column(nodes("Vad uppgifterna visar"), wide=True),
            *area,
            Column(nodes("Plats"), choice="Plats"),
            Column(nodes("Prövningen"), choice="Prövningen"),
            Column(nodes("Inte slump")),
            Column(nodes("Serie")),
        ),
        tuple(_deviation(site, row, up, with_area=with_area) for row in rows),
        anchor,
        numbered=False,
        narrowed="avvikelser",
        stacked=True,
    )


def _deviation(site: Site, row: Shown, up: str, *, with_area: bool) -> tuple[Cell, ...]:
    indicator, names = row.indicator, site.series.names
    name = capitalised(figures.name(row, site.name))
    link = Link(f"{up}{PAGES_DIRECTORY}/{indicator.indicator_id}.html", name)
    mark: Said = (Text(" "), SYNTHETIC) if site.is_synthetic(indicator.indicator_id) else ()
    rank: Said = NOTHING
    if row.rank is not None:
        rank = (Number(row.rank, Form(), (figures.cell_of(row, "rank"),)),)
    # The first claim alone: the others stand on the indicator's own page.
    told = tell(row.claims[0], names) if row.claims else telling.result(row, names, site.name)
    area = (Cell(nodes(words.word(words.AREAS, indicator.area))),) if with_area else ()
    return (
        Cell(joined((link, *mark)), nodes(words.word(words.KINDS, row.kind))),
        Cell(rank),
        Cell(told),
        *area,
        Cell(place_of(site, row)),
        Cell(nodes(words.word(words.OUTCOMES, row.outcome))),
        Cell(nodes(telling.sureness(row))),
        _miniature(row),
    )


def _miniature(row: Shown) -> Cell:
    """The series of a finding, with a gap where a year has no value."""
    known = {each.year: each.value for each in row.series}
    if not known:
        return Cell(NOTHING)
    drawn = charts.spark_chart([known.get(year) for year in range(min(known), max(known) + 1)])
    return Cell((), drawing=drawn) if drawn else Cell(NOTHING)


def indicator_list(
    site: Site, rows: Sequence[IndicatorSeries], *, up: str, caption: Slot, anchor: str
) -> Table:
    """Lists the indicators of one area, with where their pages lie from the page."""
    return indicator_table(
        site.series,
        rows,
        directory=f"{up}{PAGES_DIRECTORY}/",
        caption=nodes(caption),
        anchor=anchor,
        with_area=False,
    )


def year_of(site: Site) -> Period:
    """The report year."""
    return Period.year(site.year)
