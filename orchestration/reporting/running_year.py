"""The page on the year under way: what is warned of, what is calm, and what cannot be told yet.

Written from the early warnings alone, with all figures: it lies behind the restricted door and
nowhere else. How a warning comes about belongs in `orchestration.deviation.early`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import duckdb

from orchestration.findings.codes import EarlyOutcome
from orchestration.findings.marts import EARLY_WARNINGS, read_findings
from orchestration.findings.records import EarlyWarning, MonthSoFar, most_urgent_first
from orchestration.language import dates, words
from orchestration.language.grammar import definite
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quoted,
    Said,
    Style,
    capitalised,
    nodes,
    say,
    sentences,
    span,
)
from orchestration.reporting import curves
from orchestration.reporting.addresses import DOCUMENTS
from orchestration.reporting.data import CatalogueIndicator, ReportData, load_indicators
from orchestration.reporting.document import (
    Block,
    Callout,
    Cell,
    Column,
    Document,
    Figure,
    Heading,
    Paragraph,
    Table,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import count, municipality, title
from orchestration.reporting.issued import Edition, synthetic
from orchestration.reporting.render.html import Frame, page
from orchestration.reporting.sections.sources import Sources

LETTER = "L"
"""What the ids of its numbers begin with."""
_TITLE = "Läget i år"
_WHOLE = Form(Style.PLAIN)
_PERCENT = Form(Style.PERCENT)
_TENTH = Form(Style.PLAIN, 1)
_EXPECTED = ("expected", "lower", "upper")
_FORECAST = ("forecast", "forecast_lower", "forecast_upper")
#: E-values above this are told as more than it.
_LARGE = 1000.0


def running_year_page(
    connection: duckdb.DuckDBPyConnection, data: ReportData, edition: Edition
) -> str:
    """Writes the page.

    Args:
        connection: An open connection to all figures.
        data: Whose they are, and their sources.
        edition: What it says about itself.

    Returns:
        A complete HTML document.
    """
    rows = read_findings(connection, EARLY_WARNINGS)
    document = running_year(rows, load_indicators(connection), data, edition)
    frame = Frame(
        municipality_name=data.municipality_name,
        version=edition.version,
        ways=tuple((nodes(each.name), each.page) for each in DOCUMENTS),
        foot=(
            say(
                "{municipality}, {title}.",
                municipality=municipality(data.municipality_name),
                title=document.title,
            ),
        ),
        contents=True,
    )
    return page(document, frame)


def running_year(
    rows: Sequence[EarlyWarning],
    indicators: Mapping[str, CatalogueIndicator],
    data: ReportData,
    edition: Edition,
) -> Document:
    """Builds the document.

    Args:
        rows: The early warnings, in any order.
        indicators: The catalogue, by identifier.
        data: Whose they are, and their sources.
        edition: What it says about itself.
    """
    told = most_urgent_first(rows)
    sources = Sources(data.sources)
    blocks: list[Block] = [*synthetic(data), _secrecy()]
    if told:
        blocks += [
            *paragraph(_summary(told)),
            _overview(told, indicators, sources),
            *(block for row in told for block in _section(row, indicators, sources)),
            *_reading(edition),
        ]
    else:
        blocks += paragraph(
            say(
                "Inget register har levererat någon månad efter {year}, så det finns inget pågående"
                " år att hålla mot det väntade.",
                year=Period.year(data.year),
            )
        )
    return Document(
        title=nodes(_TITLE),
        subtitle=(municipality(data.municipality_name),),
        blocks=tuple(blocks),
        letter=LETTER,
        front=((nodes("Framställd"), (Period.moment(edition.built_at),)),),
        marking=edition.marking,
    )


def _secrecy() -> Callout:
    text = nodes(
        "Sidan har alla tal för ett år som inte är slut, också små. Den är för den som får läsa"
        " sekretessbelagda uppgifter och lämnas inte ut. Inget av den publiceras."
    )
    return Callout(nodes("Arbetsmaterial, sekretess"), (Paragraph(text),), "arbetsmaterial")


def _number(row: EarlyWarning, column: str, value: float, form: Form = _WHOLE) -> Number:
    where = (("indicator_id", row.indicator_id), ("geography_id", row.geography_id))
    return Number(value, form, (Address(EARLY_WARNINGS.name, where, column),))


def _range(row: EarlyWarning, columns: tuple[str, str], values: tuple[float, float]) -> Said:
    low, high = (_number(row, *each) for each in zip(columns, values, strict=True))
    return span(low, high)


def _with_limits(row: EarlyWarning, columns: tuple[str, str, str]) -> tuple[Said, Said] | None:
    """A value and its range, by their three columns; None where nothing can be told."""
    value, low, high = (getattr(row, column) for column in columns)
    if value is None or low is None or high is None:
        return None
    return (_number(row, columns[0], value),), _range(row, columns[1:], (low, high))


def _summary(rows: Sequence[EarlyWarning]) -> Said:
    counts = {
        outcome: count(
            sum(row.outcome is outcome for row in rows),
            EARLY_WARNINGS.name,
            ("outcome", str(outcome)),
        )
        for outcome in EarlyOutcome
    }
    return say(
        "Till och med {month} är läget detta för {every} antal som följs månad för månad. Tidig"
        " varning: {warned}. Att bevaka: {watched}. Som väntat: {calm}. För tidigt att säga:"
        " {unknown}.",
        month=Period.month(max(row.as_of for row in rows)),
        every=count(len(rows), EARLY_WARNINGS.name),
        warned=counts[EarlyOutcome.VARNING],
        watched=counts[EarlyOutcome.BEVAKA],
        calm=counts[EarlyOutcome.LUGNT],
        unknown=counts[EarlyOutcome.KAN_INTE_AVGORAS],
    )


def _overview(
    rows: Sequence[EarlyWarning],
    indicators: Mapping[str, CatalogueIndicator],
    sources: Sources,
) -> Table:
    def cells(row: EarlyWarning) -> tuple[Cell, ...]:
        indicator = indicators[row.indicator_id]
        expected, ahead = (
            Cell(*(_with_limits(row, columns) or (nodes("–"),)))
            for columns in (_EXPECTED, _FORECAST)
        )
        come = nodes("okänt")
        if row.completeness is not None:
            come = (_number(row, "completeness", row.completeness, _PERCENT),)
        return (
            Cell(say("{name}{mark}", name=title(indicator), mark=_mark(indicator, sources))),
            Cell(nodes(words.EARLY_OUTCOMES[row.outcome])),
            Cell((_number(row, "months_in", row.months_in),)),
            Cell(come),
            Cell((_number(row, "year_to_date", row.year_to_date),)),
            expected,
            ahead,
        )

    return Table(
        say(
            "Det pågående året mot det väntade, till och med {month}",
            month=Period.month(max(row.as_of for row in rows)),
        ),
        (
            Column(nodes("Indikator"), wide=True),
            Column(nodes("Läget"), choice="lägen"),
            Column(nodes("Månader"), numeric=True),
            Column(nodes("Inkommet"), numeric=True),
            Column(nodes("Hittills"), numeric=True),
            Column(nodes("Väntat hittills"), numeric=True),
            Column(nodes("Prognos för året"), numeric=True),
        ),
        tuple(cells(row) for row in rows),
        "oversikt",
        file_name="laget_i_ar.csv",
        stacked=True,
    )


def _mark(indicator: CatalogueIndicator, sources: Sources) -> Said:
    return nodes(sources.mark_of(indicator.source_id))


def _section(
    row: EarlyWarning, indicators: Mapping[str, CatalogueIndicator], sources: Sources
) -> Iterator[Block]:
    indicator = indicators[row.indicator_id]
    anchor = row.indicator_id.replace("_", "-")
    yield Heading(2, say("{name}", name=title(indicator)), anchor)
    yield from paragraph(sentences(*_told(row, indicator)))
    if row.months:
        yield _figure(row, indicator, sources, anchor)


def _told(row: EarlyWarning, indicator: CatalogueIndicator) -> Iterator[Said]:
    subject = Quoted(definite(indicator.title_sv), "marts.indicators.title_sv", row.indicator_id)
    so_far = _number(row, "year_to_date", row.year_to_date)
    month = Period.month(row.as_of)
    yield say(
        "{outcome}: till och med {month} är {subject} {so_far}.",
        outcome=words.EARLY_OUTCOMES[row.outcome],
        month=month,
        subject=subject,
        so_far=so_far,
    )
    expected = _with_limits(row, _EXPECTED)
    if expected is not None:
        yield say(
            "Väntat till dess, med det som hittills kan ha kommit in, var {expected} ({range}).",
            expected=expected[0],
            range=expected[1],
        )
    if row.grows and row.completeness is not None:
        yield say(
            "Registret fylls på i efterhand; av de månaderna räknar vi med att {share} har kommit"
            " in.",
            share=_number(row, "completeness", row.completeness, _PERCENT),
        )
    elif row.grows is False:
        yield nodes("Registrets månader har inte vuxit efter sin egen leverans.")
    if row.first_crossing is not None and row.e_value is not None:
        yield say(
            "Ändringen syntes först i {first}, och e-värdet är {e_value}.",
            first=Period.month(row.first_crossing),
            e_value=_e_value(row),
        )
    if row.too_early is not None:
        yield say("{reason}.", reason=capitalised(nodes(words.TOO_EARLY[row.too_early])))
    ahead = _with_limits(row, _FORECAST)
    if ahead is not None:
        yield say(
            "Fortsätter året som det nu ser ut blir helåret {forecast} ({range}).",
            forecast=ahead[0],
            range=ahead[1],
        )


def _e_value(row: EarlyWarning) -> Said:
    value = row.e_value or 0.0
    if value > _LARGE:
        return nodes("över tusen")
    return (_number(row, "e_value", value, _WHOLE if value >= 10 else _TENTH),)  # noqa: PLR2004


def _figure(
    row: EarlyWarning, indicator: CatalogueIndicator, sources: Sources, anchor: str
) -> Figure:
    seen = [(month.month, month.whole) for month in row.months if month.whole is not None]
    lines = [
        curves.Curve("Utfall", tuple((float(at), value) for at, value in seen), main=True),
        curves.Curve("Väntat", _points(row, "expected")),
        curves.Curve("Övre gräns", _points(row, "upper")),
        curves.Curve("Nedre gräns", _points(row, "lower")),
    ]
    year = Period.year(row.period_start.year)
    drawing = curves.curve_chart(
        lines,
        unit=indicator.unit,
        axis_title="Månad",
        ticks=[(float(month.month), _short(row, month)) for month in row.months[::2]],
        decimals=0,
    )
    name = Quoted(definite(indicator.title_sv), "marts.indicators.title_sv", row.indicator_id)
    return Figure(
        title=say("Så ligger {name} till {year}", name=name, year=year),
        caption=say(
            "Räknat från årets början, {year}: utfallet när allt har kommit in, och det väntade"
            " med gränser.{note}{mark}",
            year=year,
            note=sources.note(indicator),
            mark=_mark(indicator, sources),
        ),
        alternative=say(
            "Linjer över årets månader: utfallet hittills, det väntade och dess gränser. Värdena"
            " står i tabellen.",
        ),
        drawings=(drawing,),
        table=_months(row, anchor),
        anchor=f"figur-{anchor}",
    )


def _points(row: EarlyWarning, name: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(month.month), float(getattr(month, name))) for month in row.months)


def _day(row: EarlyWarning, month: MonthSoFar) -> date:
    return row.period_start.replace(month=month.month)


def _short(row: EarlyWarning, month: MonthSoFar) -> str:
    return dates.month(_day(row, month))[:3]


def _months(row: EarlyWarning, anchor: str) -> Table:
    def cell(value: float | None) -> Cell:
        return Cell(nodes("–") if value is None else (_number(row, "months", value),))

    return Table(
        say("Räknat från årets början, {year}", year=Period.year(row.period_start.year)),
        (
            Column(nodes("Till och med")),
            Column(nodes("Inkommet"), numeric=True),
            Column(nodes("När allt har kommit in"), numeric=True),
            Column(nodes("Väntat"), numeric=True),
            Column(nodes("Nedre gräns"), numeric=True),
            Column(nodes("Övre gräns"), numeric=True),
        ),
        tuple(
            (
                Cell((Period.month(_day(row, month)),)),
                cell(month.seen),
                cell(month.whole),
                cell(month.expected),
                cell(month.lower),
                cell(month.upper),
            )
            for month in row.months
        ),
        f"tabell-{anchor}",
        numbered=False,
    )


def _reading(edition: Edition) -> list[Block]:
    rate = Number(
        edition.false_discovery_rate,
        _PERCENT,
        (Address("settings", (), "deviation.fdr"),),
    )
    return [
        Heading(2, nodes("Så läser du sidan"), "sa-laser-du"),
        *paragraph(
            "Det väntade är vad de tidigare åren låter vänta av hela året, fördelat på månaderna"
            " så som de brukar fördela sig. En person räknas bara i årets första månad med en"
            " händelse, så att månaderna summerar till årets tal."
        ),
        *bullets(
            [
                say(
                    "Tidig varning: året skiljer sig från det väntade, också när hänsyn tas till"
                    " att många antal följs. Av varningarna är i genomsnitt högst {rate} falska.",
                    rate=rate,
                ),
                nodes(
                    "Att bevaka: antalet för sig är utanför vad slumpen brukar ge, men räcker inte"
                    " till en varning bland alla."
                ),
                nodes(
                    "Som väntat: utfallet ligger inom det väntade, och en fjärdedels ändring skulle"
                    " ha synts."
                ),
                nodes(
                    "För tidigt att säga: det som har kommit räcker inte, och det är inte samma sak"
                    " som lugnt."
                ),
            ]
        ),
        *paragraph(
            "E-värdet säger hur många gånger troligare månaderna är om nivån har ändrats än om den"
            " inte har det. Det får läsas varje natt: att titta ofta ger inte fler falska"
            " varningar. En varning säger inte varför något har ändrats, och kan bli en annan när"
            " rättade eller sena rader kommer in."
        ),
    ]
