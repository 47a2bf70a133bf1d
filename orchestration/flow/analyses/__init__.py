"""The analyses: a module each, found by being here; the flow and the memorandum take them from it.

A module has one `ANALYSIS`: the step that computes it, with its tables, and the blocks that the
memorandum shows of them. Its tables have a suite each in `expectations/`, and it has a row in the
seed `analyses`, which says where it stands. Methods belong in `orchestration.statistics`; how a
step is run belongs in `performing`, and how blocks become a page in `orchestration.reporting`.
"""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb

from orchestration.flow.step import Step
from orchestration.language.inline import Said
from orchestration.reporting.document import Document, Plain
from orchestration.reporting.sections.analysis import AnalysisContext


def _no_pages(
    _connection: duckdb.DuckDBPyConnection, _context: AnalysisContext
) -> Iterator[tuple[str, Document]]:
    return iter(())


def _nothing(_connection: duckdb.DuckDBPyConnection, _context: AnalysisContext) -> Said:
    return ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis.

    Attributes:
        analysis_id: As in the seed `analyses`.
        step: Computes its tables; it comes between the focus areas and the memorandum.
        blocks: What the memorandum shows, from an open connection that it only reads.
        indicators: On whose pages its main result stands too, by their ids.
        result: That result, from the same.
        pages: Pages of its own beside the indicators', by their file names.
    """

    analysis_id: str
    step: Step
    blocks: Callable[[duckdb.DuckDBPyConnection, AnalysisContext], list[Plain]]
    indicators: tuple[str, ...] = ()
    result: Callable[[duckdb.DuckDBPyConnection, AnalysisContext], Said] = _nothing
    pages: Callable[
        [duckdb.DuckDBPyConnection, AnalysisContext], Iterator[tuple[str, Document]]
    ] = _no_pages


def analyses() -> tuple[Analysis, ...]:
    """Every analysis there is, by the names of their modules.

    Raises:
        AttributeError: If a module here has no `ANALYSIS`.
        ValueError: If two have the same id.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found: list[Analysis] = [
        importlib.import_module(f"{__name__}.{name}").ANALYSIS for name in names
    ]
    times = Counter(each.analysis_id for each in found)
    if repeated := [analysis_id for analysis_id, number in times.items() if number > 1]:
        raise ValueError(f"analyses with the same id: {', '.join(sorted(repeated))}")
    return tuple(found)
