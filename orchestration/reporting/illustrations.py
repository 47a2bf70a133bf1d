"""Which charts the memorandum shows, their captions and what they say to one who cannot see them.

Turns records into the typed rows of ``charts`` and keeps the same figures as a table beside each
chart. How a chart is drawn belongs in ``charts``.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from orchestration.language import dates, grammar, numbers, quantities, words
from orchestration.reporting import charts, sentences, tables
from orchestration.reporting.data import Deviation, Indicator, Triangulation
from orchestration.reporting.page import Cell, Figure, Page, Table
from orchestration.reporting.svg import Labels


def can_be_drawn(row: Deviation) -> bool:
    """Whether a deviation has at least one value that may be shown."""
    rows = row.groups if row.kind == "group_difference" else row.series
    return any(observation.value is not None for observation in rows)


def deviation_figure(page: Page, row: Deviation) -> Figure:
    """Draws a deviation: its series and expected interval, or the groups it compares.

    Raises:
        ValueError: If it has no value to show.
    """
    return _group_figure(page, row) if row.kind == "group_difference" else _series_figure(page, row)


def change_figure(page: Page, rows: Sequence[Triangulation]) -> Figure | None:
    """Draws an indicator's change beside the changes of what it is held against.

    Args:
        page: The page the figure stands on.
        rows: Comparisons of one and the same indicator; at least one.

    Returns:
        None where the indicator's own change or all the others are unknown or protected.
    """
    own = rows[0].observed_change
    others = [(row.related, row.related_change) for row in rows if row.related_change is not None]
    if own is None or not others:
        return None
    indicator = rows[0].indicator
    changes = [(indicator, own), *others]
    bars = [
        charts.ChangeRow(related.title_sv, relative * 100, main=position == 0)
        for position, (related, relative) in enumerate(changes)
    ]
    cells = tuple(
        (
            Cell(related.title_sv, page.reference(related)),
            Cell(numbers.percent_short(relative, sign=True), numeric=True),
        )
        for related, relative in changes
    )
    caption = (
        f"Förändring till {page.data.year} för {grammar.definite(indicator.title_sv)} (mörk "
        "stapel) och för de uppgifter den jämförs med (ljusa staplar)."
    )
    number = page.figure_number()
    labelling = _labels(number, caption, "Liggande stapeldiagram.", cells)
    svg = charts.change_chart(
        bars, axis_title=f"förändring till {page.data.year}, procent", labels=labelling
    )
    table = Table(
        f"{labelling.figure_id}-siffror",
        f"Förändring till {page.data.year} från närmast föregående värde",
        (Cell("Uppgift"), Cell("Förändring", numeric=True)),
        cells,
    )
    return _figure(page, svg, labelling, table, [related for related, _ in changes])


def _series_figure(page: Page, row: Deviation) -> Figure:
    indicator, decimals = row.indicator, sentences.digits(row)
    known = {observation.year: observation for observation in row.series}
    years = range(min(known), row.year + 1)
    dots = [
        charts.Dot(str(year), _scaled(indicator, known[year].value) if year in known else None)
        for year in years
    ]
    cells = tuple((Cell(str(year)), Cell(_value_text(row, year), numeric=True)) for year in years)
    interval = _expected_interval(row)
    unit = quantities.axis_title(indicator.measure, indicator.unit)
    name = grammar.sentence_case(sentences.deviation_name(row, page.data.municipality_name))
    caption = f"{name}, {dates.years(years[0], years[-1])}"
    form = f"Linjediagram i {unit}."
    if interval is not None:
        caption += f", och det väntade värdet {row.year}"
        form += f" Väntat värde {row.year}: {tables.expected(row)}."
    caption += "."
    if not charts.starts_at_zero(dots, interval):
        caption += " Den lodräta axeln börjar inte vid noll."
    number = page.figure_number()
    labelling = _labels(number, caption, form, cells)
    svg = charts.series_chart(dots, interval, unit=unit, labels=labelling, decimals=decimals)
    table = Table(
        f"{labelling.figure_id}-siffror",
        f"{name} ({unit})",
        (Cell("År"), Cell("Utfall", numeric=True)),
        cells,
    )
    return _figure(page, svg, labelling, table, [indicator])


def _value_text(row: Deviation, year: int) -> str:
    found = {observation.year: observation for observation in row.series}.get(year)
    if found is None:
        return words.MISSING
    if found.value is None:
        return words.MISSING if found.status == "observed" else words.status(found.status)
    text = tables.short(row.indicator, found.value, sentences.digits(row))
    return text if found.status == "observed" else f"{text} ({words.status(found.status)})"


def _expected_interval(row: Deviation) -> charts.Band | None:
    limits = (row.expected, row.lower, row.upper)
    expected, lower, upper = (_scaled(row.indicator, value) for value in limits)
    if expected is None or lower is None or upper is None:
        return None
    return charts.Band(str(row.year), expected, lower, upper)


def _group_figure(page: Page, row: Deviation) -> Figure:
    indicator = row.indicator
    bars = [
        charts.GroupRow(
            label=grammar.sentence_case(sentences.group_name(group)),
            value=value,
            lower=_scaled(indicator, group.ci_lower),
            upper=_scaled(indicator, group.ci_upper),
            main=group.breakdown == row.breakdown,
        )
        for group in row.groups
        if (value := _scaled(indicator, group.value)) is not None
    ]
    unit = quantities.axis_title(indicator.measure, indicator.unit)
    title = f"{grammar.sentence_case(indicator.title_sv)} efter grupp, {sentences.period(row)}"
    cells = tuple(tables.group_cells(row, group)[:2] for group in row.groups)
    number = page.figure_number()
    labelling = _labels(
        number, f"{title}, med 95-procentiga intervall.", f"Punktdiagram i {unit}.", cells
    )
    svg = charts.group_chart(
        bars, axis_title=unit, decimals=sentences.digits(row), labels=labelling
    )
    table = Table(
        f"{labelling.figure_id}-siffror",
        f"{title} ({unit})",
        (Cell("Grupp"), Cell("Värde", numeric=True)),
        cells,
    )
    return _figure(page, svg, labelling, table, [indicator])


def _scaled(indicator: Indicator, value: float | None) -> float | None:
    if value is None or not quantities.is_percent(indicator.measure):
        return value
    return value * 100


def _labels(number: int, caption: str, form: str, cells: Sequence[tuple[Cell, ...]]) -> Labels:
    values = [f"{name.text}: {value.text}" for name, value in cells]
    return Labels(
        f"figur-{number}", f"Figur {number}. {caption}", f"{form} {grammar.enumeration(values)}."
    )


def _figure(
    page: Page,
    svg: str,
    labelling: Labels,
    table: Table,
    indicators: Sequence[Indicator],
) -> Figure:
    references = dict.fromkeys(page.reference(indicator) for indicator in indicators)
    return Figure(
        figure_id=labelling.figure_id,
        # Serialised by lxml, which has escaped every text in it.
        svg=Markup(svg),  # noqa: S704
        caption=labelling.title,
        references=tuple(references),
        table=table,
    )
