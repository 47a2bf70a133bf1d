"""The page of a district board: what stands out there, and its indicators beside other boards'.

A board's counts follow how many live there, so only shares and means are held against the others.
What is shown beside a value is another shown value, never something computed from several, so that
nothing that is hidden can be worked out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from orchestration.indicators.models import Measure
from orchestration.language import grammar, words
from orchestration.language.inline import (
    HIDDEN,
    Form,
    Link,
    Number,
    Period,
    Said,
    Strong,
    Text,
    capitalised,
    joined,
    nodes,
    say,
    sentences,
    span,
)
from orchestration.language.inline import (
    Cell as Address,
)
from orchestration.reporting import charts, figures, series_view, telling
from orchestration.reporting.addresses import PAGES_DIRECTORY
from orchestration.reporting.data import Place, Shown
from orchestration.reporting.document import (
    Cell,
    Column,
    Document,
    Heading,
    Plain,
    Table,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import NOTHING, geography, municipality, title
from orchestration.reporting.page_parts import what_is_hidden
from orchestration.reporting.sections.sources import SYNTHETIC
from orchestration.reporting.series import IndicatorSeries, Point, ValueSeries
from orchestration.reporting.series_view import Subject
from orchestration.reporting.site.content import Compared, Site
from orchestration.reporting.site.parts import synthetic_warning, year_of
from orchestration.reporting.strips import strip_chart

_UP = "../"


def board_page(site: Site, board: Place, place: int) -> Document:
    """Builds the page.

    Args:
        site: Whose.
        board: Which.
        place: Among the boards, counted from one; its numbers' ids begin with it.

    Raises:
        LookupError: If the data holds a code without a Swedish word.
    """
    shown = [each for each in site.series.indicators if each.boards is not None]
    return Document(
        title=(geography(board.geography_id, board.name),),
        subtitle=say("{municipality}. Stadsdelsnämnd", municipality=municipality(site.name)),
        blocks=(
            *synthetic_warning(site, shown),
            what_is_hidden(),
            *_standing_out(site, board),
            *_expected(site, board),
            *_indicators(site, board, shown),
        ),
        letter=f"N{place}-",
    )


def _standing_out(site: Site, board: Place) -> list[Plain]:
    year = year_of(site)
    blocks: list[Plain] = [Heading(2, say("Vad som sticker ut {year}", year=year), "sticker-ut")]
    rows = [row for row in site.deviations if row.geography_id == board.geography_id]
    apart = [row for row in _compared(site, board) if row.verdict != "alike"]
    found = [_finding(site, row) for row in rows] + [_apart(row) for row in apart]
    if found:
        return blocks + bullets(found)
    return blocks + paragraph(
        say(
            "Inget av nämndens mått skiljer sig {year} säkert från vad de övriga nämnderna låter "
            "vänta, eller så är talen för små för att prövas. Det betyder inte att inget har hänt.",
            year=year,
        )
    )


def _finding(site: Site, row: Shown) -> Said:
    indicator = row.indicator
    name = title(indicator, grammar.sentence_case(indicator.title_sv))
    link = Link(f"{_UP}{PAGES_DIRECTORY}/{indicator.indicator_id}.html", (name,))
    mark: Said = (Text(" "), SYNTHETIC) if site.is_synthetic(indicator.indicator_id) else ()
    return sentences(
        say("{link}{mark}.", link=Strong((link,)), mark=mark),
        telling.result(row, site.series.names, site.name),
        telling.sure(row, site.series.names),
        say("{outcome}.", outcome=words.word(words.OUTCOMES, row.outcome)),
    )


def _apart(row: Compared) -> Said:
    return say(
        "{measure}: {verdict}, {observed} mot {expected}.",
        measure=Strong(capitalised(row.measure)),
        verdict=words.word(words.BOARD_VERDICTS, row.verdict),
        observed=_number(row, "observed", 0),
        expected=_number(row, "expected", 0),
    )


def _compared(site: Site, board: Place) -> tuple[Compared, ...]:
    return site.compared.get(board.geography_id, ())


def _expected(site: Site, board: Place) -> list[Plain]:
    """What a board has against what its own cases would give among the others."""
    rows = _compared(site, board)
    if not rows:
        return []
    heads = ("Utfall", "Väntat", "Utfall mot väntat", "Osäkerhet")
    return [
        Heading(2, nodes("Mot vad nämndens ärenden låter vänta"), "vantat"),
        *paragraph(
            "Det väntade är vad de övriga nämndernas mönster ger när hänsyn tas till vilka som "
            "söker eller aktualiseras. Ärenden om barn räknas under året och de två före. Kvoten "
            "är ett när utfallet är som väntat. Bedömningen väger också in hur mycket nämnderna "
            "brukar skilja sig åt."
        ),
        Table(
            say("Utfall mot väntat, till och med {year}", year=year_of(site)),
            (
                Column(nodes("Mått")),
                *(Column(nodes(head), numeric=True) for head in heads),
                Column(nodes("Bedömning")),
            ),
            tuple(
                (
                    Cell(capitalised(row.measure)),
                    Cell((_number(row, "observed", 0),)),
                    Cell((_number(row, "expected", 0),)),
                    Cell((_number(row, "ratio", 2),)),
                    Cell(span(_number(row, "ci_lower", 2), _number(row, "ci_upper", 2))),
                    Cell(nodes(words.word(words.BOARD_VERDICTS, row.verdict))),
                )
                for row in rows
            ),
            "tabell-vantat",
            numbered=False,
            stacked=True,
        ),
    ]


def _number(row: Compared, column: str, digits: int) -> Number:
    cell = Address("marts.board_standardised", row.key, column)
    return Number(getattr(row, column), Form(digits=digits), (cell,))


def _indicators(site: Site, board: Place, shown: Sequence[IndicatorSeries]) -> list[Plain]:
    blocks: list[Plain] = [
        Heading(2, nodes("Indikatorerna"), "indikatorerna"),
        *paragraph(
            "Andelar och medelvärden står bredvid de övriga nämndernas lägsta och högsta värde. I "
            "den lilla bilden är varje ring en nämnd och romben den här. Antal jämförs inte, "
            "eftersom de följer hur många som bor i stadsdelarna. Att ligga ytterst bland "
            "nämnderna är inte i sig en avvikelse: någon gör det alltid."
        ),
    ]
    for area in site.areas():
        own = [each for each in shown if each.indicator.area == area]
        rows = [row for each in own if (row := _row(site, board, each)) is not None]
        if rows:
            anchor = area.replace("_", "-")
            blocks += [
                Heading(3, nodes(words.word(words.AREAS, area)), anchor),
                _table(site, rows, area, f"tabell-{anchor}"),
            ]
    return blocks


def _table(site: Site, rows: Sequence[tuple[Cell, ...]], area: str, anchor: str) -> Table:
    return Table(
        say("{area}, nämndens värden", area=words.word(words.AREAS, area)),
        (
            Column(nodes("Mått")),
            Column((Period.year(site.year - 1),), numeric=True),
            Column((Period.year(site.year),), numeric=True),
            Column(nodes("Serie")),
            Column(nodes("Övriga nämnder, lägst och högst")),
            Column(nodes("Bland nämnderna")),
        ),
        tuple(rows),
        anchor,
        numbered=False,
        stacked=True,
    )


def _row(site: Site, board: Place, content: IndicatorSeries) -> tuple[Cell, ...] | None:
    """An indicator of a board; None where the board has none of it in these years."""
    parts, indicator = content.boards, content.indicator
    if parts is None:
        return None
    name = title(indicator, grammar.sentence_case(indicator.title_sv))
    link = Link(f"{_UP}{PAGES_DIRECTORY}/{indicator.indicator_id}.html", (name,))
    mark: Said = (Text(" "), SYNTHETIC) if site.is_synthetic(indicator.indicator_id) else ()
    head = Cell(joined((link, *mark)), (figures.unit(indicator),))
    if parts.withheld:
        return (head, Cell(HIDDEN), Cell(HIDDEN), *(Cell(NOTHING) for _ in range(3)))
    own = next((each for each in parts.series if each.geography_id == board.geography_id), None)
    if own is None:
        return None
    subject = Subject.of(indicator, parts.series)
    points = {point.start.year: point for point in own.points}
    now, before = points.get(site.year), points.get(site.year - 1)
    if now is None and before is None:
        return None
    others = list(_others(site, board, parts.series))
    return (
        head,
        Cell(_value(subject, own, before)),
        Cell(_value(subject, own, now)),
        _miniature(own),
        *_beside(site, subject, now, others if indicator.measure in _COMPARED else []),
    )


_COMPARED = frozenset({Measure.PROPORTION, Measure.RATE, Measure.MEAN})


def _value(subject: Subject, series: ValueSeries, point: Point | None) -> Said:
    return NOTHING if point is None else series_view.value_said(subject, series, point)


def _others(
    site: Site, board: Place, series: Sequence[ValueSeries]
) -> Iterator[tuple[float, ValueSeries, Point]]:
    """What the other boards of today have in the year, where it is shown."""
    today = {each.geography_id for each in site.boards} - {board.geography_id}
    year = date(site.year, 1, 1)
    for each in series:
        if each.geography_id in today:
            for point in each.points:
                if point.start == year and point.value is not None:
                    yield point.value, each, point


def _beside(
    site: Site,
    subject: Subject,
    now: Point | None,
    others: Sequence[tuple[float, ValueSeries, Point]],
) -> tuple[Cell, Cell]:
    if not others or now is None or now.value is None:
        return Cell(NOTHING), Cell(NOTHING)
    ordered = sorted(others, key=lambda each: (each[0], each[1].geography_id))
    told = [
        say(
            "{value} ({board})",
            value=subject.value(series, point),
            board=geography(series.geography_id, site.series.places[series.geography_id].name),
        )
        for _, series, point in (ordered[0], ordered[-1])
    ]
    low, high = told
    drawing = strip_chart(now.value, [value for value, _, _ in others])
    return Cell(say("{low} till {high}", low=low, high=high)), Cell((), drawing=drawing)


def _miniature(series: ValueSeries) -> Cell:
    drawn = charts.spark_chart(
        [point.value if point else None for _, point in series_view.every_period([series])]
    )
    return Cell((), drawing=drawn) if drawn else Cell(NOTHING)
