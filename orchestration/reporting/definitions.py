"""What the indicators are, as a table for whoever has the figures without the pages.

The same texts as on each indicator's page, which are the catalogue's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestration.language import quantities, words
from orchestration.language.inline import Quoted, Said, capitalised, nodes
from orchestration.reporting.data import CatalogueIndicator
from orchestration.reporting.document import Cell, Column, Table


def catalogue_order(indicators: Iterable[CatalogueIndicator]) -> list[CatalogueIndicator]:
    """Indicators area by area as the index has them, in each by title."""
    areas = list(words.AREAS)
    return sorted(indicators, key=lambda each: (areas.index(each.area), each.title_sv))


def definitions(indicators: Sequence[CatalogueIndicator]) -> Table:
    """Builds the table.

    Args:
        indicators: At least one, in the order in which they stand.
    """
    return Table(
        nodes("Vad indikatorerna är och hur de räknas"),
        (
            Column(nodes("Indikator"), wide=True),
            Column(nodes("Verksamhetsområde")),
            Column(nodes("Så räknas det"), wide=True),
            Column(nodes("Mått")),
            Column(nodes("Enhet")),
            Column(nodes("Namn i databasen")),
        ),
        tuple(_row(each) for each in indicators),
        "definitioner",
        numbered=False,
    )


def _row(indicator: CatalogueIndicator) -> tuple[Cell, ...]:
    def quoted(text: str, column: str) -> Said:
        return (
            Quoted(text or words.MISSING, f"marts.indicators.{column}", indicator.indicator_id),
        )

    return (
        Cell(quoted(indicator.title_sv, "title_sv")),
        Cell(nodes(words.word(words.AREAS, indicator.area))),
        Cell(quoted(indicator.definition_sv, "definition_sv")),
        Cell(capitalised(words.word(words.MEASURES, indicator.measure))),
        Cell(quoted(quantities.unit_word(indicator.unit), "unit")),
        Cell(quoted(indicator.indicator_id, "indicator_id")),
    )
