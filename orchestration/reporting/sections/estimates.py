"""What the sections of analyses share: a year's estimates by name, and tables and charts of them.

An estimate that could not be made says what it lacks. Which estimates a section shows is its own
affair; how one is printed belongs in `orchestration.language.estimates`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.findings.cells import Figure as Found
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import AnalysisResult, result_cell
from orchestration.language import estimates, words
from orchestration.language.inline import (
    Form,
    Number,
    Quoted,
    Said,
    Slot,
    Style,
    capitalised,
    nodes,
    plain,
    say,
    span,
)
from orchestration.language.names import number, size
from orchestration.language.shortfalls import SENTENCES
from orchestration.reporting import bars, charts
from orchestration.reporting.document import (
    Cell,
    Column,
    Figure,
    Folded,
    Paragraph,
    Plain,
    Table,
    paragraph,
)
from orchestration.reporting.figures import NOTHING
from orchestration.reporting.hypotheses import load_analysis_results
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections.analysis import AnalysisContext

_WHOLE = "total"
_FIRST_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Estimates:
    """One analysis' estimates of the report year.

    Attributes:
        rows: In the order of the table.
    """

    rows: tuple[AnalysisResult, ...]

    @classmethod
    def load(
        cls, connection: duckdb.DuckDBPyConnection, context: AnalysisContext, analysis_id: str
    ) -> Estimates:
        """Reads them."""
        place = context.municipality_id
        return cls(tuple(load_analysis_results(connection, context.year, place, analysis_id)))

    def get(
        self, estimand_id: str, breakdown: str = _WHOLE, category: str = _WHOLE
    ) -> AnalysisResult | None:
        """One estimate; None where it is not there or could not be made."""
        wanted = (estimand_id, breakdown, category)
        for each in self.rows:
            if (each.estimand_id, each.breakdown, each.category) == wanted:
                return each if each.estimate is not None else None
        return None

    def by(self, estimand_id: str, breakdown: str) -> list[AnalysisResult]:
        """The estimates of a breakdown's groups that could be made."""
        return [
            each
            for each in self.rows
            if (each.estimand_id, each.breakdown) == (estimand_id, breakdown)
            and each.estimate is not None
        ]

    def lacking(self, estimand_id: str) -> str:
        """What an estimate lacks, in a sentence; empty where it was made, or is not there."""
        number_of = estimand_id.partition("_")[0]
        for name in (estimand_id, number_of):
            for each in self.rows:
                if each.estimand_id == name and each.shortfall is not None:
                    return SENTENCES[each.shortfall]
        return ""

    def without(self, estimand_id: str, sentence: str = "{why}") -> Said:
        """Says what an estimate lacks; nothing where :meth:`lacking` is empty.

        Args:
            estimand_id: The estimate.
            sentence: With ``{why}`` where that stands.
        """
        lacking = self.lacking(estimand_id)
        return say(sentence, why=lacking) if lacking else ()

    @property
    def undelivered(self) -> Shortfall | None:
        """Why nothing could be estimated, where the register or what it needs never came."""
        lacking = {each.shortfall for each in self.rows}
        for shortfall in (Shortfall.NO_REGISTER, Shortfall.NOT_IN_STATUTORY):
            if lacking == {shortfall}:
                return shortfall
        return None


def value(row: AnalysisResult, column: str = "estimate") -> Found:
    """A figure of an estimate.

    Raises:
        ValueError: If it has none.
    """
    found = getattr(row, column)
    if found is None:
        raise ValueError(f"{row.analysis_id} {row.estimand_id}: no {column}")
    return Found(found, (result_cell(row, column),))


def _limits(row: AnalysisResult) -> tuple[Found, Found] | None:
    if row.ci_lower is None or row.ci_upper is None:
        return None
    return value(row, "ci_lower"), value(row, "ci_upper")


def figure(row: AnalysisResult) -> Said:
    """An estimate with its unit, and its interval in parentheses."""
    return estimates.figure(row.unit, value(row), *(_limits(row) or ()))


def brief(row: AnalysisResult) -> Number:
    """An estimate with its unit."""
    return number(value(row), estimates.form(row.unit, row.estimate or 0.0))


def sized(row: AnalysisResult) -> Said:
    """An estimate without its sign, where a word says which way, and its interval likewise.

    Raises:
        ValueError: If its interval reaches over nought.
    """
    own = value(row)
    shown = size(own, estimates.form(row.unit, own.value))
    limits = _limits(row)
    if limits is None:
        return (shown,)
    if not away_from(row, 0.0):
        raise ValueError(f"{row.estimand_id}: the sign is not known")
    bare = estimates.form(row.unit, own.value, Style.BARE)
    low, high = sorted(limits, key=lambda each: abs(each.value))
    return say(
        "{shown} (osäkerhet {around})", shown=shown, around=span(size(low, bare), size(high, bare))
    )


def away_from(row: AnalysisResult, limit: float) -> bool:
    """Whether the whole interval lies on one side; an exact figure has no other."""
    limits = _limits(row)
    if limits is None:
        return row.estimate is not None and row.estimate != limit
    return not limits[0].value <= limit <= limits[1].value


def group(row: AnalysisResult) -> Quoted:
    """The group that an estimate is of, in words; it may hold digits."""
    text = words.category(row.category, row.breakdown)
    return Quoted(text, "marts.analysis_results.category", row.category)


def _cell(row: AnalysisResult, column: str) -> Cell:
    if getattr(row, column) is None:
        return Cell(NOTHING)
    own = row.estimate or 0.0
    return Cell((number(value(row, column), estimates.form(row.unit, own, Style.BARE)),))


def interval_cell(row: AnalysisResult) -> Cell:
    """An estimate's interval, for a table."""
    limits = _limits(row)
    if limits is None:
        return Cell(NOTHING)
    bare = estimates.form(row.unit, row.estimate or 0.0, Style.BARE)
    return Cell(span(number(limits[0], bare), number(limits[1], bare)))


def table(
    caption: Said,
    first: str,
    measure: str,
    rows: Sequence[AnalysisResult],
    *,
    anchor: str,
    name: Callable[[AnalysisResult], Slot] = group,
) -> Table:
    """A table of groups: the estimate, its interval and how many are behind it.

    Raises:
        DocumentError: If there are no rows.
    """
    return Table(
        caption,
        (
            Column(nodes(first)),
            Column(nodes(measure), numeric=True),
            Column(nodes("Osäkerhet"), numeric=True),
            Column(nodes("Antal"), numeric=True),
        ),
        tuple(
            (
                Cell(capitalised(name(row))),
                _cell(row, "estimate"),
                interval_cell(row),
                Cell((number(value(row, "observations"), estimates.form("count", 0.0)),))
                if row.observations is not None
                else Cell(NOTHING),
            )
            for row in rows
        ),
        anchor,
        numbered=False,
    )


def dots(
    title: Said,
    caption: Said,
    rows: Sequence[AnalysisResult],
    *,
    heads: tuple[str, str, str],
    axis: str,
    anchor: str,
    main: Callable[[AnalysisResult], bool] = lambda _row: True,
    name: Callable[[AnalysisResult], Slot] = group,
    reference: float | None = None,
) -> list[Plain]:
    """A chart of groups, each with its interval, and their table; nothing where there is no group.

    Args:
        title: Of the chart.
        caption: Of the chart.
        rows: The groups.
        heads: The table's caption, and the heads of its first two columns.
        axis: What the axis measures.
        anchor: Of the chart; the table's is this and ``-tabell``.
        main: Which groups the chart is about.
        name: What a group is called.
        reference: What the groups are held against.
    """
    if not rows:
        return []
    drawn = [
        charts.GroupRow(
            label=plain(capitalised(name(row))),
            value=_on_axis(row, row.estimate) or 0.0,
            lower=_on_axis(row, row.ci_lower),
            upper=_on_axis(row, row.ci_upper),
            main=main(row),
        )
        for row in rows
    ]
    drawing = charts.group_chart(
        drawn,
        axis_title=axis,
        decimals=_decimals(rows),
        reference=reference,
        sign=reference == 0.0,
    )
    about = "Punktdiagram med en rad för varje grupp. Alla värden står i tabellen."
    values = table(nodes(heads[0]), *heads[1:], rows, anchor=f"{anchor}-tabell", name=name)
    return [Figure(title, caption, nodes(about), (drawing,), values, anchor)]


def parts(
    title: Said,
    caption: Said,
    rows: Sequence[AnalysisResult],
    *,
    heads: tuple[str, str, str],
    axis: str,
    anchor: str,
    main: Callable[[AnalysisResult], bool] = lambda _row: True,
    beside: Callable[[AnalysisResult], bool] = lambda _row: False,
    name: Callable[[AnalysisResult], Slot] = group,
    sign: bool = True,
) -> list[Plain]:
    """A chart of parts as bars from nought, with their intervals and table; nothing without parts.

    Args:
        title: Of the chart.
        caption: Of the chart.
        rows: The parts.
        heads: The table's caption, and the heads of its first two columns.
        axis: What the axis measures.
        anchor: Of the chart; the table's is this and ``-tabell``.
        main: Which parts the chart is about.
        beside: Which stand beside the others and are not added to them.
        name: What a part is called.
        sign: Whether a part that adds has a plus sign.
    """
    if not rows:
        return []
    drawn = [
        bars.PartRow(
            label=plain(capitalised(name(row))),
            value=_on_axis(row, row.estimate) or 0.0,
            lower=_on_axis(row, row.ci_lower),
            upper=_on_axis(row, row.ci_upper),
            main=main(row),
            hatched=beside(row),
        )
        for row in rows
    ]
    drawing = bars.part_chart(drawn, axis_title=axis, decimals=_decimals(rows), sign=sign)
    about = "Liggande stapeldiagram. Alla värden står i tabellen."
    values = table(nodes(heads[0]), *heads[1:], rows, anchor=f"{anchor}-tabell", name=name)
    return [Figure(title, caption, nodes(about), (drawing,), values, anchor)]


def _on_axis(row: AnalysisResult, found: float | None) -> float | None:
    scale = 100.0 if row.unit in {"share", "points"} else 1.0
    return None if found is None else found * scale


def _decimals(rows: Sequence[AnalysisResult]) -> int:
    return estimates.form(rows[0].unit, rows[0].estimate or 0.0).digits


def in_order(rows: Iterable[AnalysisResult]) -> list[AnalysisResult]:
    """Groups by the number that their code begins with, others by name after them."""

    def place(row: AnalysisResult) -> tuple[float, str]:
        found = _FIRST_NUMBER.match(row.category)
        return (float(found[0]) if found else math.inf, row.category)

    return sorted(rows, key=place)


def more(summary: str, said: Sequence[Said], tables: Sequence[Table] = ()) -> list[Plain]:
    """What most readers pass over, folded: sentences and tables; nothing where there are none."""
    told = [Paragraph(each) for each in said if plain(each).strip()]
    return [Folded(nodes(summary), (*told, *tables))] if told or tables else []


def points(row: AnalysisResult) -> Number:
    """A change of a share, in percentage points without its sign."""
    return size(value(row), Form(Style.POINTS, 1))


def points_figure(row: AnalysisResult) -> Said:
    """The same with its sign, and its interval in parentheses."""
    shown = number(value(row), Form(Style.POINTS, 1))
    limits = _limits(row)
    if limits is None:
        return (shown,)
    bare = Form(Style.BARE, 1, "proportion")
    around = span(*(number(limit, bare) for limit in limits))
    return say("{shown} (osäkerhet {around})", shown=shown, around=around)


def places(connection: duckdb.DuckDBPyConnection) -> Mapping[str, Quoted]:
    """What places are called, by their codes."""
    rows = read_rows(connection, "select geography_id, name from marts.geographies")
    return {
        row["geography_id"]: Quoted(row["name"], "marts.geographies.name", row["geography_id"])
        for row in rows
    }


def place(names: Mapping[str, Quoted], code: str) -> Quoted:
    """What a place is called; its code where it has no name."""
    return names.get(code) or Quoted(code, "marts.geographies.geography_id", code)


def opening(context: AnalysisContext, source_id: str, found: Estimates) -> list[Plain]:
    """Says that the figures are made up, or that there are none."""
    if not found.rows:
        return paragraph("Underlag saknas: analysen är inte gjord för året.")
    if found.undelivered:
        return paragraph(SENTENCES[found.undelivered])
    if context.sources.mark_of(source_id):
        return paragraph("Uppgifterna är syntetiska.", small=True)
    return []
