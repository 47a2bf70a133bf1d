"""Whether two tables are the same, and if not: in which column, and in how many rows.

Rows have no order and tables here no declared key, so rows are compared as a bag. What is exact
(text, dates, whole and decimal numbers, truth values) must be equal; numbers that are floating on
either side may differ in the last digits, since sums meet their terms in another order. The work
is DuckDB's; where the two tables come from belongs elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

# A double has sixteen digits; a sum of thousands of them keeps twelve.
TOLERANCE = 1e-12
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_FLOATING = ("FLOAT", "DOUBLE")
_SHOWN_COLUMNS = 5


@dataclass(frozen=True)
class Difference:
    """One way in which two tables differ.

    Attributes:
        table: The table as `schema.table`.
        column: The column; None for the rows as wholes.
        count: How many rows.
        how: What is different, in Swedish.
    """

    table: str
    column: str | None
    count: int
    how: str

    def __str__(self) -> str:
        where = f"kolumnen {self.column}" if self.column else "rader"
        return f"{self.table}, {where}: {self.count} ({self.how})"


def differences(
    connection: duckdb.DuckDBPyConnection, table: str, ours: str, theirs: str
) -> list[Difference]:
    """In what two relations differ; nothing where they are the same.

    Args:
        connection: An open connection that reaches both.
        table: What to call them in what is said.
        ours: The one that is right, as SQL after `from`.
        theirs: The other.
    """
    return _Pair(connection, table, ours, theirs).differences()


class _Pair:
    def __init__(
        self, connection: duckdb.DuckDBPyConnection, table: str, ours: str, theirs: str
    ) -> None:
        self._connection = connection
        self._table = table
        self._sources = {"ours": ours, "theirs": theirs}
        self._types = {side: self._columns(source) for side, source in self._sources.items()}

    def differences(self) -> list[Difference]:
        found = self._of_shape()
        both = [name for name in self._types["ours"] if name in self._types["theirs"]]
        kinds = {name: self._kind(name) for name in both}
        found += [
            self._found(name, self._rows("ours"), f"{self._spoken(name)}: olika slags värden")
            for name, kind in kinds.items()
            if kind is None
        ]
        exact = [name for name, kind in kinds.items() if kind not in {None, "double"}]
        floating = [name for name, kind in kinds.items() if kind == "double"]
        for side, source in self._sources.items():
            columns = [
                f"cast({_quoted(name)} as {kinds[name]}) as {_quoted(name)}"
                for name in [*exact, *floating]
            ]
            self._connection.execute(
                f"create or replace temp table {side} as select {', '.join(columns)} from {source}"
            )
        return found + self._of_rows(exact, floating) + self._of_floats(exact, floating)

    def _columns(self, source: str) -> dict[str, str]:
        rows = self._connection.execute(f"describe select * from {source}").fetchall()
        return {str(name): str(kind) for name, kind, *_ in rows}

    def _rows(self, side: str) -> int:
        return self._number(f"select count(*) from {self._sources[side]}")

    def _number(self, sql: str) -> int:
        row = self._connection.execute(sql).fetchone()
        return int(row[0] or 0) if row else 0

    def _found(self, column: str | None, count: int, how: str) -> Difference:
        return Difference(self._table, column, count, how)

    def _spoken(self, name: str) -> str:
        return f"{self._types['ours'][name]} och {self._types['theirs'][name]}"

    def _of_shape(self) -> list[Difference]:
        ours, theirs = self._types["ours"], self._types["theirs"]
        return [
            *(self._found(name, self._rows("ours"), "saknas") for name in ours.keys() - theirs),
            *(
                self._found(name, self._rows("theirs"), "för mycket")
                for name in theirs.keys() - ours
            ),
        ]

    def _kind(self, name: str) -> str | None:
        """The type that a column is compared as; None where the two are of different sorts."""
        kinds = [self._types[side][name] for side in ("ours", "theirs")]
        names = [kind.partition("(")[0] for kind in kinds]
        if any(kind in _FLOATING for kind in names):
            numbers = all(kind in (*_FLOATING, *_WHOLE, "DECIMAL") for kind in names)
            return "double" if numbers else None
        if all(kind in _WHOLE for kind in names):
            return "hugeint"
        if names == ["DECIMAL", "DECIMAL"]:
            return f"decimal(38, {max(int(kind.partition(',')[2].rstrip(')')) for kind in kinds)})"
        if all(kind.startswith("TIMESTAMP") for kind in kinds):
            return "timestamp"
        return kinds[0] if kinds[0] == kinds[1] else None

    def _of_rows(self, exact: Sequence[str], floating: Sequence[str]) -> list[Difference]:
        counts = {side: self._number(f"select count(*) from {side}") for side in self._sources}
        ours, theirs = counts["ours"], counts["theirs"]
        found = []
        if ours != theirs:
            found.append(self._found(None, abs(ours - theirs), f"{ours} här och {theirs} där"))
        if not exact or not self._apart(exact):
            return found
        columns = {name: self._apart([name]) for name in exact}
        if ours != theirs:
            # Where rows are gone, every column has lost values; what it is of floats is told too.
            columns |= {name: self._nulls(name) for name in floating}
        apart = sorted(((n, name) for name, n in columns.items() if n), reverse=True)
        for count, name in apart[:_SHOWN_COLUMNS]:
            found.append(self._found(name, count, f"andra värden, {self._nulls_sv(name)}"))
        if not apart:
            found.append(
                self._found(None, self._apart(exact), "samma värden i andra kombinationer")
            )
        return found

    def _apart(self, columns: Sequence[str]) -> int:
        """How many rows have no fellow on the other side, by some columns."""
        names = ", ".join(_quoted(name) for name in columns)
        return self._number(
            "select greatest(sum(greatest(surplus, 0)), sum(greatest(-surplus, 0))) from ("
            f"select sum(side) as surplus from (select 1 as side, {names} from ours"
            f" union all select -1 as side, {names} from theirs) group by {names})"
        )

    def _nulls(self, name: str) -> int:
        counted = [
            f"(select count(*) from {side} where {_quoted(name)} is null)"
            for side in ("ours", "theirs")
        ]
        return self._number(f"select abs({counted[0]} - {counted[1]})")

    def _nulls_sv(self, name: str) -> str:
        empty = {
            side: self._number(f"select count(*) from {side} where {_quoted(name)} is null")
            for side in self._sources
        }
        return f"tomma: {empty['ours']} här och {empty['theirs']} där"

    def _of_floats(self, exact: Sequence[str], floating: Sequence[str]) -> list[Difference]:
        """Floating columns of the rows whose exact columns have a fellow, paired in their order."""
        if not floating:
            return []
        within = f"partition by {', '.join(map(_quoted, exact))}" if exact else ""
        order = ", ".join(f"{_quoted(name)} nulls last" for name in floating)
        numbered = {
            side: f"(select *, row_number() over ({within} order by {order}) as place from {side})"
            for side in self._sources
        }
        same = " and ".join(
            f"a.{_quoted(name)} is not distinct from b.{_quoted(name)}"
            for name in [*exact, "place"]
        )
        counted = ", ".join(
            f"count(*) filter (where {_unlike(_quoted(name))})" for name in floating
        )
        row = self._connection.execute(
            f"select {counted} from {numbered['ours']} as a inner join {numbered['theirs']} as b"
            f" on {same}"
        ).fetchone()
        counts: Mapping[str, int] = dict(zip(floating, row or (), strict=True))
        return [
            self._found(name, count, f"andra tal, {self._nulls_sv(name)}")
            for name, count in counts.items()
            if count
        ]


def _unlike(name: str) -> str:
    a, b = f"a.{name}", f"b.{name}"
    return (
        f"({a} is null) <> ({b} is null)"
        f" or (isfinite({a}) and isfinite({b})"
        f" and abs({a} - {b}) > {TOLERANCE} * greatest(abs({a}), abs({b})))"
        f" or (not (isfinite({a}) and isfinite({b})) and {a} is distinct from {b})"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
