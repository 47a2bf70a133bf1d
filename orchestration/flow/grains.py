"""The modelled grains as the analyses take them: arrays of numbers, and never a register.

Only reading. Which columns an analysis needs belongs to its step, what is made of them to
`orchestration.analyses`, and the grain itself to the dbt project.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np

from orchestration.analyses.rows import MOST_ROWS
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray

_READ = "grain_that_is_read"
#: SQL of the boards of today: what a unit's name belongs to now.
TODAYS_BOARDS = """
select municipality_id, board_name, geography_id
from intermediate.int_geography_crosswalk
where counts_to = date '9999-12-31' and geography_id <> municipality_id
"""


class TooManyRowsError(Exception):
    """A grain that is larger than Python takes."""


@dataclass(frozen=True)
class Grain:
    """Columns of one relation, as numbers.

    Attributes:
        columns: as DuckDB gives them; an empty cell is masked.
    """

    columns: Mapping[str, np.ndarray]

    @property
    def size(self) -> int:
        """Rows."""
        return int(next(iter(self.columns.values())).size)

    def whole(self, name: str) -> IntArray:
        """(N,), whole numbers; -1 where there is none."""
        return np.ma.filled(np.ma.asarray(self.columns[name]), -1).astype(np.int64)

    def real(self, name: str) -> FloatArray:
        """(N,), nan where there is none."""
        found = np.ma.asarray(self.columns[name]).astype(np.float64)
        return np.asarray(np.ma.filled(found, np.nan), dtype=np.float64)

    def true(self, name: str) -> BoolArray:
        """(N,), False where it is not known."""
        return np.asarray(np.ma.filled(np.ma.asarray(self.columns[name]), False), dtype=bool)

    def known(self, name: str) -> bool:
        """Whether any row has a value: an optional column that was not delivered has none."""
        return not bool(np.ma.getmaskarray(np.ma.asarray(self.columns[name])).all())


@dataclass
class Reader:
    """Reads grains of one municipality.

    Attributes:
        connection: an open connection to the warehouse.
        municipality: code of the municipality.
        names: names of the codes that were read, by column.
    """

    connection: duckdb.DuckDBPyConnection
    municipality: str
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def has_year(self, register: str, year: int) -> bool:
        """Whether a register is delivered for a year."""
        found = self.connection.execute(
            """
            select 1 from intermediate.int_register_years
            where municipality_id = $municipality and register_name = $register
                and year(period_start) = $year
            """,
            {"municipality": self.municipality, "register": register, "year": year},
        ).fetchone()
        return found is not None

    def cannot_count(self, indicator_id: str) -> bool:
        """Whether the files that the municipality delivers cannot count an indicator."""
        found = self.connection.execute(
            "select 1 from marts.indicators"
            " where indicator_id = $indicator and not_delivered_sv is not null",
            {"indicator": indicator_id},
        ).fetchone()
        return found is not None

    def read(
        self,
        relation: str,
        columns: Sequence[str],
        *,
        coded: Sequence[str] = (),
        order: str,
        **parameters: object,
    ) -> Grain:
        """Read some columns; texts become their places in `names`, in the order of the alphabet.

        Args:
            relation: SQL of the rows, with ``$municipality`` and the parameters.
            columns: SQL of the columns that are numbers, each with its name.
            coded: names of the columns that are texts.
            order: SQL of the order, so that the same rows give the same arrays.
            parameters: of the relation.

        Raises:
            TooManyRowsError: there are more rows than Python takes.
        """
        bound = {"municipality": self.municipality, **parameters}
        used = {name: value for name, value in bound.items() if f"${name}" in relation}
        # Once: a modelled grain may be a view.
        self.connection.execute(f"create or replace temp table {_READ} as {relation}", used)
        counted = self.connection.execute(f"select count(*) from {_READ}").fetchone()
        if counted is None or counted[0] > MOST_ROWS:
            raise TooManyRowsError(relation)
        for name in coded:
            rows = self.connection.execute(
                f"select distinct {name} from {_READ} where {name} is not null order by 1"
            ).fetchall()
            self.names[name] = tuple(str(value) for (value,) in rows)
        places = [
            f"coalesce(list_position($names_{name}::varchar[], {name}), 0) - 1 as {name}"
            for name in coded
        ]
        listed = {f"names_{name}": list(self.names[name]) for name in coded}
        found = self.connection.execute(
            f"select {', '.join([*columns, *places])} from {_READ} order by {order}", listed
        ).fetchnumpy()
        self.connection.execute(f"drop table {_READ}")
        # Texts are coded, so that nothing comes as categories.
        return Grain({name: np.ma.asarray(column) for name, column in found.items()})
