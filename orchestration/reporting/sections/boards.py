"""What an analysis says of the boards, standardised: a dot each, and who surely differs.

How they are standardised belongs in `orchestration.statistics.standardised`; what is measured, in
the analyses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.findings.estimates import BOARD_STANDARDISED_TABLE, BoardStandardised
from orchestration.findings.marts import BOARD_STANDARDISED
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import Form, Number, Quoted, Said, listing, nodes, say, span
from orchestration.reporting import charts
from orchestration.reporting.document import Cell, Column, Figure, Plain, Table
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.estimates import place, places

_ALIKE = 1.0


@dataclass(frozen=True)
class Boards:
    """One measure of the boards in the report year.

    Attributes:
        rows: By their ratios, the lowest first.
        names: What they are called, by code.
    """

    rows: tuple[BoardStandardised, ...]
    names: Mapping[str, Quoted]

    @classmethod
    def load(
        cls,
        connection: duckdb.DuckDBPyConnection,
        context: AnalysisContext,
        analysis_id: str,
        measure_id: str,
    ) -> Boards:
        """Reads them."""
        found = read_rows(
            connection,
            f"""
            select * from {BOARD_STANDARDISED_TABLE}
            where analysis_id = ? and measure_id = ? and period_start = ? and ratio is not null
            order by ratio, geography_id
            """,
            [analysis_id, measure_id, date(context.year, 1, 1)],
        )
        rows = tuple(BOARD_STANDARDISED.of_row(row) for row in found)
        return cls(rows, places(connection))

    def apart(self, *, above: bool) -> list[Quoted]:
        """The boards that surely lie above the others, or below them."""
        side = "above" if above else "below"
        return [place(self.names, row.geography_id) for row in self.rows if row.verdict == side]

    def sentence(self, what: str, given: str) -> Said:
        """Says which boards surely differ; nothing without boards.

        Args:
            what: What there is more or less of: ``avslag``.
            given: What has been taken into account: ``vilka som söker``.
        """
        if not self.rows:
            return ()
        told = [
            say("{boards} säkert {way} {what}", boards=listing(found), way=way, what=what)
            for way, above in (("fler", True), ("färre", False))
            if (found := self.apart(above=above))
        ]
        if not told:
            return say(
                "Stadsdelsnämnderna skiljer sig inte säkert åt när hänsyn tas till {given}.",
                given=given,
            )
        return say(
            "När hänsyn tas till {given} har {told} än de övriga nämnderna låter vänta.",
            given=given,
            told=listing(told),
        )

    def figure(self, title: Said, caption: Said, *, axis: str, anchor: str) -> list[Plain]:
        """A dot with its interval a board, with the ratio drawn towards what they share."""
        if not self.rows:
            return []
        drawn = [
            charts.GroupRow(
                label=place(self.names, row.geography_id).text,
                value=row.ratio,
                lower=row.ci_lower,
                upper=row.ci_upper,
                main=row.verdict != "alike",
                shrunken=row.shrunken,
            )
            for row in self.rows
        ]
        return [
            Figure(
                title,
                caption,
                nodes("Punktdiagram med en rad för varje nämnd. Alla värden står i tabellen."),
                (charts.group_chart(drawn, axis_title=axis, decimals=2, reference=_ALIKE),),
                self._table(title, f"{anchor}-tabell"),
                anchor,
            )
        ]

    def _table(self, caption: Said, anchor: str) -> Table:
        heads: Sequence[str] = (
            *("Utfall", "Väntat", "Kvot", "Osäkerhet", "Draget mot det gemensamma"),
        )
        return Table(
            caption,
            (Column(nodes("Nämnd")), *(Column(nodes(head), numeric=True) for head in heads)),
            tuple(
                (
                    Cell(nodes(place(self.names, row.geography_id))),
                    Cell((_number(row, "observed", 0),)),
                    Cell((_number(row, "expected", 0),)),
                    Cell((_number(row, "ratio", 2),)),
                    Cell(span(_number(row, "ci_lower", 2), _number(row, "ci_upper", 2))),
                    Cell((_number(row, "shrunken", 2),)),
                )
                for row in self.rows
            ),
            anchor,
            numbered=False,
        )


def _number(row: BoardStandardised, column: str, digits: int) -> Number:
    cell = Address(
        BOARD_STANDARDISED_TABLE,
        (
            ("analysis_id", row.analysis_id),
            ("measure_id", row.measure_id),
            ("period_start", row.period_start),
            ("geography_id", row.geography_id),
        ),
        column,
    )
    return Number(getattr(row, column), Form(digits=digits), (cell,))
