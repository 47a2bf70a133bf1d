"""The analysis of equality: its grains as arrays, and its own tables."""

from collections.abc import Mapping
from dataclasses import replace

from orchestration.analyses import equality
from orchestration.analyses.equality import BoardYears, Pairs
from orchestration.analyses.rows import Rows
from orchestration.findings.codes import Shortfall
from orchestration.findings.marts import BOARD_SPREAD, EQUALITY
from orchestration.flow.analyses import Analysis
from orchestration.flow.estimates import Computed, analysis_step
from orchestration.flow.grains import Grain, Reader, TooManyRowsError
from orchestration.flow.step import Work
from orchestration.language.shortfalls import SENTENCES
from orchestration.reporting import equality_pages
from orchestration.reporting.sections import equality as section
from orchestration.statistics.ratios import Sums

# The boards' pairs are of the year that is reported; the municipality's are of every year.
_PAIRS = """
select *, year(period_start) as year_number
from intermediate.int_equality_pairs
where municipality_id = $municipality and year(period_start) <= $year
    and (year(period_start) = $year or not (is_of_board or comparison = 'board'))
"""
_BOARDS = """
select *, year(period_start) as year_number
from intermediate.int_equality_boards
where municipality_id = $municipality and year(period_start) <= $year
"""
_SUMS = ("events", "base", "events_squared", "product", "base_squared")
_OF_PAIRS = {
    "indicator": "indicator_id",
    "area": "area",
    "kind": "kind",
    "place": "geography_id",
    "comparison": "comparison",
    "breakdown": "breakdown",
    "stratum": "stratum",
    "member": "subgroup",
}
_OF_BOARDS = {
    "indicator": "indicator_id",
    "area": "area",
    "stratum": "stratum",
    "board": "geography_id",
}
# What stands where both groups are of every target group.
_ALL = "alla"
_ORDER = "indicator_id, period_start, geography_id, stratum"


def _side(grain: Grain, side: str) -> Sums:
    return Sums(*(grain.real(f"{name}_{side}") for name in _SUMS))


def _names(reader: Reader, columns: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    names = {name: reader.names[column] for name, column in columns.items()}
    return names | {"stratum": tuple("" if each == _ALL else each for each in names["stratum"])}


def read_pairs(reader: Reader, year: int) -> Pairs:
    """The pairs of a year, and the municipality's of those before.

    Raises:
        TooManyRowsError: there are more than Python takes.
    """
    grain = reader.read(
        _PAIRS,
        [*(f"{name}_{side}" for name in _SUMS for side in "ab"), "year_number", "is_of_board"],
        coded=tuple(_OF_PAIRS.values()),
        order=f"{_ORDER}, comparison, breakdown, subgroup",
        year=year,
    )
    return Pairs(
        first=_side(grain, "a"),
        second=_side(grain, "b"),
        year=grain.whole("year_number"),
        of_board=grain.true("is_of_board"),
        **{name: grain.whole(column) for name, column in _OF_PAIRS.items()},
        names=_names(reader, _OF_PAIRS),
    )


def read_boards(reader: Reader, year: int) -> BoardYears:
    """The boards of a year and those before.

    Raises:
        TooManyRowsError: there are more than Python takes.
    """
    grain = reader.read(
        _BOARDS,
        ["observed", "expected", "variance", "year_number", "is_mix_adjusted"],
        coded=tuple(_OF_BOARDS.values()),
        order=_ORDER,
        year=year,
    )
    return BoardYears(
        observed=grain.real("observed"),
        expected=grain.real("expected"),
        variance=grain.real("variance"),
        year=grain.whole("year_number"),
        adjusted=grain.true("is_mix_adjusted"),
        **{name: grain.whole(column) for name, column in _OF_BOARDS.items()},
        names=_names(reader, _OF_BOARDS),
    )


def _compute(work: Work, year: int) -> Computed:
    reader = Reader(work.connection, work.settings.municipality)
    rows = Rows(equality.ANALYSIS, year, reader.municipality)
    try:
        found, spreads = equality.analyse(rows, read_pairs(reader, year), read_boards(reader, year))
    except TooManyRowsError:
        lacking = Shortfall.TOO_MANY_ROWS
        found, spreads = equality.analyse(rows, lacking, lacking)
    told = [
        row if row.shortfall is None else replace(row, reason_sv=SENTENCES[row.shortfall])
        for row in found
    ]
    return Computed(rows, {EQUALITY: told, BOARD_SPREAD: spreads})


ANALYSIS = Analysis(
    analysis_id=equality.ANALYSIS,
    step=analysis_step(
        equality.ANALYSIS,
        title_sv="Jämför kön, åldrar, grupper och nämnder",
        part_sv="analys: likställighet",
        reads=("intermediate.int_equality_pairs", "intermediate.int_equality_boards"),
        compute=_compute,
        further=(EQUALITY, BOARD_SPREAD),
    ),
    blocks=section.blocks,
    pages=equality_pages.pages,
)
