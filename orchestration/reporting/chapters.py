"""The yearly report's chapters: which there are, and what each of them shows.

Read from the seeds ``report_chapters``, ``chapter_indicators`` and ``chapter_registers``, so that
an indicator comes into a chapter by one row; ``incomparable_indicators`` says which of them are not
held against each other. What a chapter says of them belongs in ``sections.yearly_chapter``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import duckdb

from orchestration.indicators.models import Incomparable
from orchestration.reporting.reading import read_rows
from orchestration.reporting.series import IndicatorSeries, SeriesData

CHAPTER_SEEDS = ("seeds.report_chapters", "seeds.chapter_indicators", "seeds.chapter_registers")
"""What the chapters are read from, beside the catalogue's own seeds."""


class ShownAs(StrEnum):
    """How a chapter shows an indicator.

    ``TABLE``: a row of its key figures. ``FIGURE``: such a row, and its series drawn. ``SUPPORT``:
    no key figure; listed with what the report's figures are held against.
    """

    TABLE = "table"
    FIGURE = "figure"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True)
class Register:
    """A register that a chapter is written from.

    Attributes:
        delivered: Whether anything of it has come.
    """

    register_id: str
    title_sv: str
    delivered: bool


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """An indicator of the report.

    Attributes:
        content: Its values, findings, notes and sources.
        shown_as: How it is shown.
        breakdowns: Those that are shown; a cross (``target_group*sex``) where it has no whole.
    """

    content: IndicatorSeries
    shown_as: ShownAs
    breakdowns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportChapter:
    """A chapter of the report.

    Attributes:
        figures: Its key figures, in their order.
        support: What they are held against.
        registers: What it is written from.
        incomparable: Pairs of its figures that must not be compared, each pair once.
    """

    chapter_id: str
    title_sv: str
    figures: tuple[KeyFigure, ...]
    support: tuple[KeyFigure, ...]
    registers: tuple[Register, ...]
    incomparable: tuple[Incomparable, ...] = ()

    @property
    def anchor(self) -> str:
        """Where it begins."""
        return self.chapter_id.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Chapters:
    """All chapters.

    Attributes:
        chapters: In their order.
        support: What is held against the report's figures without being of any one chapter.
    """

    chapters: tuple[ReportChapter, ...]
    support: tuple[KeyFigure, ...]


def load_chapters(connection: duckdb.DuckDBPyConnection, data: SeriesData) -> Chapters:
    """Reads which chapters there are, and joins them with the figures.

    Args:
        connection: What ``data`` was read from; only read from.
        data: The figures of every indicator.

    Returns:
        The chapters in their order; an indicator that the catalogue lacks is refused by dbt.

    Raises:
        LookupError: If a row names an indicator that has no record.
        ValueError: If a row is to be shown in a way that there is not.
        duckdb.Error: If a seed is missing.
    """
    known = {each.indicator.indicator_id: each for each in data.indicators}
    found: dict[str, list[KeyFigure]] = {}
    for row in read_rows(
        connection,
        "select coalesce(chapter_id, '') as chapter_id, indicator_id, shown_as,"
        " coalesce(breakdowns, '') as breakdowns"
        " from seeds.chapter_indicators order by chapter_id, position, indicator_id",
    ):
        if row["indicator_id"] not in known:
            raise LookupError(f"indicator {row['indicator_id']!r} of a chapter has no record")
        found.setdefault(row["chapter_id"], []).append(
            KeyFigure(
                known[row["indicator_id"]],
                ShownAs(row["shown_as"]),
                tuple(filter(None, row["breakdowns"].split(";"))),
            )
        )
    registers: dict[str, list[Register]] = {}
    for row in read_rows(
        connection,
        "select chapter_id, register_id, title_sv, exists ("
        " from meta.sources where source_id = register_id and retrieved_at is not null"
        ") as delivered from seeds.chapter_registers order by chapter_id, title_sv",
    ):
        registers.setdefault(row.pop("chapter_id"), []).append(Register(**row))
    columns = ", ".join(Incomparable.model_fields)
    apart = [
        Incomparable(**row)
        for row in read_rows(
            connection,
            f"select {columns} from seeds.incomparable_indicators"
            " order by indicator_id, other_indicator_id",
        )
    ]
    chapters = read_rows(
        connection,
        "select chapter_id, title_sv from seeds.report_chapters order by position, chapter_id",
    )
    return Chapters(
        tuple(
            ReportChapter(
                **row,
                figures=_of(found.get(row["chapter_id"], []), support=False),
                support=_of(found.get(row["chapter_id"], []), support=True),
                registers=tuple(registers.get(row["chapter_id"], ())),
                incomparable=_both_in(found.get(row["chapter_id"], []), apart),
            )
            for row in chapters
        ),
        tuple(found.get("", ())),
    )


def _both_in(rows: list[KeyFigure], apart: Sequence[Incomparable]) -> tuple[Incomparable, ...]:
    """The pairs that a reader sees beside each other."""
    shown = {
        each.content.indicator.indicator_id for each in rows if each.shown_as is not ShownAs.SUPPORT
    }
    return tuple(each for each in apart if each.pair <= shown)


def _of(rows: list[KeyFigure], *, support: bool) -> tuple[KeyFigure, ...]:
    return tuple(each for each in rows if (each.shown_as is ShownAs.SUPPORT) is support)
