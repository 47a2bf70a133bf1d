"""The tables of the memorandum: records in, cells with Swedish text out.

Each function makes one kind of table. A figure that is missing prints as a dash and one that is
protected says so. Running text belongs in ``sentences``.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.language import grammar, numbers, quantities, words
from orchestration.reporting import sentences
from orchestration.reporting.data import Deviation, Indicator, Observation, Triangulation
from orchestration.reporting.page import Cell, Page, Table, page_link

NOTHING = numbers.EN_DASH
"""What stands in a cell that has no figure."""


def _unbroken(heading: str) -> str:
    # A narrow column would break a heading at its hyphen.
    return heading.replace("-", "\u2011")


def short(indicator: Indicator, value: float, decimals: int) -> str:
    """Prints a value for a cell: a share with its per cent sign, anything else without unit."""
    if quantities.is_percent(indicator.measure):
        return numbers.percent_short(value, decimals)
    return sentences.bare(indicator, value, decimals)


def printed(row: Deviation, value: float | None) -> str:
    """Prints one of a deviation's own figures."""
    if value is None:
        return words.PROTECTED if row.protected else NOTHING
    return short(row.indicator, value, sentences.digits(row))


def change(row: Deviation) -> str:
    """Prints the relative change from the latest earlier value."""
    relative = sentences.change(row)
    if relative is not None:
        return numbers.percent_short(relative, sign=True)
    return words.PROTECTED if row.protected else NOTHING


def expected(row: Deviation) -> str:
    """Prints the expected value and its interval: ``37 (24–55)``."""
    if row.protected:
        return words.PROTECTED
    if row.expected is None:
        return NOTHING
    text = printed(row, row.expected)
    if row.lower is None or row.upper is None:
        return text
    return f"{text} ({sentences.span(row.indicator, row.lower, row.upper, sentences.digits(row))})"


def named(page: Page, row: Deviation) -> Cell:
    """Names a deviation with its source and, where the figures have none, its unit."""
    indicator = row.indicator
    unit = "" if quantities.is_percent(indicator.measure) else quantities.unit_word(indicator.unit)
    name = sentences.deviation_name(row, page.data.municipality_name)
    return Cell(
        grammar.sentence_case(name), page.reference(indicator), unit, link=page_link(indicator)
    )


def series_table(page: Page, rows: Sequence[Deviation]) -> Table:
    """Lists deviations of series: the year before, the tested year, the change, the expected."""
    year = page.data.year
    columns = (
        Cell("Indikator"),
        Cell(str(year - 1), numeric=True),
        Cell(str(year), numeric=True),
        Cell("Förändring", numeric=True),
        Cell("Väntat (95-procentigt intervall)", numeric=True),
        Cell(_unbroken("q-värde"), numeric=True),
    )
    cells = [
        (
            named(page, row),
            Cell(_previous(page, row), numeric=True),
            Cell(printed(row, row.observed), numeric=True),
            Cell(change(row), numeric=True),
            Cell(expected(row), numeric=True),
            Cell(
                NOTHING if row.q_value is None else numbers.p_value_short(row.q_value), numeric=True
            ),
        )
        for row in rows
    ]
    return page.table("Utfall och väntade värden", columns, cells)


def _previous(page: Page, row: Deviation) -> str:
    text = printed(row, row.previous)
    if row.previous is None or row.previous_year == page.data.year - 1:
        return text
    return f"{text} ({row.previous_year})"


def group_table(page: Page, row: Deviation) -> Table:
    """Lists the groups a difference is about, with interval, spread and number behind each."""
    columns = (
        Cell("Grupp"),
        Cell("Värde", numeric=True),
        Cell("95-procentigt intervall", numeric=True),
        Cell("Standardavvikelse", numeric=True),
        Cell("Antal", numeric=True),
    )
    unit = quantities.axis_title(row.indicator.measure, row.indicator.unit)
    caption = f"{row.indicator.title_sv}, {sentences.period(row)} ({unit})"
    return page.table(
        grammar.sentence_case(caption),
        columns,
        [group_cells(row, group) for group in row.groups],
        (page.reference(row.indicator),),
    )


def group_cells(row: Deviation, group: Observation) -> tuple[Cell, ...]:
    """Makes the row of one group; where its value is hidden every figure of it is."""
    indicator, decimals = row.indicator, sentences.digits(row)
    name = Cell(grammar.sentence_case(sentences.group_name(group)))
    if group.value is None:
        hidden = Cell(words.status(group.status), numeric=True)
        return (name, hidden, hidden, hidden, hidden)
    limits = spread = count = NOTHING
    if group.ci_lower is not None and group.ci_upper is not None:
        limits = sentences.span(indicator, group.ci_lower, group.ci_upper, decimals)
    if group.standard_deviation is not None:
        spread = numbers.number(group.standard_deviation, 1)
    behind = group.observations if group.observations is not None else group.denominator
    if behind is not None:
        count = numbers.number(behind)
    value = short(indicator, group.value, decimals)
    return (name, *(Cell(text, numeric=True) for text in (value, limits, spread, count)))


def comparison_table(page: Page, rows: Sequence[Triangulation]) -> Table:
    """Lists what one indicator is held against: expected direction, change and verdict."""
    own = rows[0].observed_change
    if own is None:
        own_text = words.PROTECTED if rows[0].protected else words.MISSING
    else:
        own_text = numbers.percent_short(own, sign=True)
    columns = (
        Cell("Jämförs med"),
        Cell("Väntad riktning"),
        Cell("Förändring", numeric=True),
        Cell("p-värde för paret (ensidigt)", numeric=True),
        Cell("Bedömning"),
    )
    return page.table(
        f"{grammar.sentence_case(rows[0].indicator.title_sv)} ({own_text}) mot andra uppgifter. "
        f"Förändringar till {page.data.year} från närmast föregående värde",
        columns,
        [_comparison_cells(page, row) for row in rows],
    )


def _comparison_cells(page: Page, row: Triangulation) -> tuple[Cell, ...]:
    hidden = words.PROTECTED if row.protected else words.MISSING
    together = "följs normalt åt" if row.expected_sign > 0 else "går normalt åt var sitt håll"
    direction = hidden
    if row.observed_change is not None:
        direction = sentences.direction(row.expected_sign * row.observed_change)
    moved = hidden
    if row.related_change is not None:
        moved = numbers.percent_short(row.related_change, sign=True)
    verdict = grammar.sentence_case(words.word(words.VERDICTS, row.verdict))
    return (
        Cell(
            grammar.sentence_case(row.related.title_sv),
            page.reference(row.related),
            note=row.rationale_sv,
            link=page_link(row.related),
        ),
        Cell(grammar.sentence_case(direction), note=together),
        Cell(moved, numeric=True),
        Cell(NOTHING if row.p_value is None else numbers.p_value_short(row.p_value), numeric=True),
        Cell(grammar.sentence_case(words.PROTECTED) if row.protected else verdict),
    )


def outcome_table(page: Page) -> Table:
    """Counts the year's deviations by outcome.

    Raises:
        LookupError: If the data holds an outcome without a Swedish word.
    """
    counts = page.data.outcome_counts
    unknown = [code for code in counts if code not in words.OUTCOMES]
    if unknown:
        raise LookupError(f"no Swedish word for the outcome {unknown[0]!r}")
    return page.table(
        f"Avvikelser {page.data.year} efter utfall; en indikator kan avvika på flera sätt",
        (Cell("Utfall av prövningen"), Cell("Antal", numeric=True)),
        [
            (Cell(text), Cell(numbers.number(counts.get(code, 0)), numeric=True))
            for code, text in words.OUTCOMES.items()
        ],
    )


def excluded_table(page: Page) -> Table:
    """Lists the deviations that an explanation covers, and whence the explanation came."""
    columns = (
        Cell("Indikator"),
        Cell("Utfall", numeric=True),
        Cell("Förändring", numeric=True),
        Cell("Väntat (95-procentigt intervall)", numeric=True),
        Cell("Förklaring"),
        Cell("Registrerad eller funnen"),
        Cell("Källa till förklaringen"),
    )
    return page.table(
        f"Uteslutna avvikelser {page.data.year}",
        columns,
        [
            (
                named(page, row),
                Cell(printed(row, row.observed), numeric=True),
                Cell(change(row), numeric=True),
                Cell(expected(row), numeric=True),
                *_explanation_cells(row),
            )
            for row in page.data.excluded
        ],
    )


def _explanation_cells(row: Deviation) -> tuple[Cell, Cell, Cell]:
    explanation = row.explanation
    if explanation is None:
        return Cell("Förklaringen saknas i registret", long=True), Cell(NOTHING), Cell(NOTHING)
    kind = words.word(words.EXPLANATION_KINDS, explanation.kind)
    details = explanation.description_sv
    if explanation.explained_change is not None:
        size = numbers.percent(explanation.explained_change, sign=True)
        details = f"{details} Väntad påverkan: {size}.".strip()
    return (
        Cell(
            f"{explanation.title_sv} ({kind})",
            note=details,
            long=True,
            synthetic=explanation.synthetic,
        ),
        Cell(grammar.sentence_case(words.word(words.BASES, explanation.basis))),
        Cell(explanation.source or NOTHING),
    )
