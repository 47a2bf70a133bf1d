"""What is shown now and what was shown before, as one system of cells.

A cell that was shown with the value it has is known for ever. One whose value has become another is
two cells: what it was, with the sums that held then, is known beside what it is. Where its period
had not ended when it was shown, what has come to it since is a cell as well, and may be small.
How the ledger that tells all this is kept whole belongs in `ledger`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from orchestration.disclosure.cells import Flags, Integers, System
from orchestration.disclosure.primary import COUNT, Described

INCREMENT = "increment"
_REST = "unknown"


@dataclass(frozen=True, eq=False)
class Earlier:
    """What a publication said of cells; all arrays have shape (k,).

    Attributes:
        publication_id: Its name.
        places: Of the cells among all; each once.
        values: Their values then.
        released: Whether it showed them.
        still_open: Whether the cell's period had not ended when it was published.
    """

    publication_id: str
    places: Integers
    values: Integers
    released: Flags
    still_open: Flags


@dataclass(frozen=True, eq=False)
class Union:
    """All that is and was.

    Attributes:
        system: The cells of today in their order, then what has been and is no more.
        cells: What they are.
        known: Those that have been shown; shape (n,).
    """

    system: System
    cells: Described
    known: Flags


def united(system: System, cells: Described, earlier: Sequence[Earlier]) -> Union:
    """Put together what is and what was.

    Args:
        system: The cells of today.
        cells: What they are.
        earlier: What each publication said that the one before did not, in the order of the
            ledger. A cell that a publication does not tell of is as it was before it, or is none.
    """
    found = _Growing(system, cells)
    for each in earlier:
        found.publish(each)
    return found.union()


@dataclass(eq=False)
class _Was:
    """A cell that is no more."""

    name: str
    place: int
    value: int
    quantity: str
    known: bool = False


@dataclass(eq=False)
class _Growing:
    """The cells of today, and what publications add to them one by one."""

    system: System
    cells: Described
    known: Flags = field(init=False)
    # What has been published, as it last was.
    _told: Flags = field(init=False)
    _value: Integers = field(init=False)
    _open: Flags = field(init=False)
    _was: list[_Was] = field(init=False, default_factory=list)
    # By place and value: its number among all.
    _number: dict[tuple[int, int], int] = field(init=False, default_factory=dict)
    _sums: dict[tuple[tuple[int, int], ...], None] = field(init=False, default_factory=dict)
    # What was beside the parts, by the sum without it.
    _rests: dict[tuple[tuple[int, int], ...], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.system)
        self.known, self._told, self._open = (np.zeros(count, dtype=bool) for _ in range(3))
        self._value = self.system.values.copy()
        self._by_cell = sp.csc_array(self.system.equations)

    def publish(self, said: Earlier) -> None:
        """Add what a publication says."""
        self._add_what_came(said)
        self._told[said.places] = True
        self._value[said.places] = said.values
        self._open[said.places] = said.still_open
        same = said.values == self.system.values[said.places]
        self.known[said.places[said.released & same]] = True
        for place, value, released in zip(
            said.places[~same].tolist(),
            said.values[~same].tolist(),
            said.released[~same].tolist(),
            strict=True,
        ):
            was = self._was[self._variable(place, value, said.publication_id) - len(self.system)]
            was.known |= released
        self._add_sums(said.publication_id)

    def union(self) -> Union:
        """All that is and was."""
        left = self._told & self._open & (self._value != self.system.values)
        for place in np.flatnonzero(left).tolist():
            self._came(place, int(self.system.values[place]), "")
        places = np.array([each.place for each in self._was], dtype=np.int64)
        values = np.array([each.value for each in self._was], dtype=np.int64)
        described = {name: array[places] for name, array in vars(self.cells).items()}
        # Persons are told of today's value alone.
        counts_itself = self.cells.persons[places] == self.system.values[places]
        described["persons"] = np.where(counts_itself, values, described["persons"])
        described["quantity"] = np.array([each.quantity for each in self._was], dtype=np.str_)
        described["shown"] = described["public"] = np.zeros(len(places), dtype=bool)
        cells = Described(
            **{
                name: np.concatenate([array, described[name]])
                for name, array in vars(self.cells).items()
            }
        )
        known = np.append(self.known, np.array([each.known for each in self._was], dtype=bool))
        return Union(self._system(values), cells, known)

    def _system(self, values: Integers) -> System:
        count = len(self.system) + len(self._was)
        kept = self.system.equations.tocoo()
        sums = list(self._sums)
        rows = np.repeat(np.arange(len(sums)), [len(terms) for terms in sums])
        terms = np.array([term for each in sums for term in each], dtype=np.int64).reshape(-1, 2)
        equations = sp.coo_array(
            (
                np.append(kept.data, terms[:, 1]).astype(np.int64),
                (np.append(kept.row, rows + kept.shape[0]), np.append(kept.col, terms[:, 0])),
            ),
            shape=(kept.shape[0] + len(sums), count),
        )
        return System(
            (*self.system.ids, *(each.name for each in self._was)),
            np.append(self.system.values, values),
            sp.csr_array(equations),
        )

    def _variable(self, place: int, value: int, publication: str, quantity: str = "") -> int:
        """The number of a cell as it was; of today's where it was the same."""
        if not quantity and value == self.system.values[place]:
            return place
        key = (place, value)
        if quantity or key not in self._number:
            number = len(self.system) + len(self._was)
            mark = f"{'+' if quantity == INCREMENT else '@'}{publication or 'nu'}"
            name = f"{self.system.ids[place]}{mark}" + (f"|{number}" if quantity else "")
            told = quantity or str(self.cells.quantity[place])
            self._was.append(_Was(name, place, abs(value), told))
            if quantity:
                return number
            self._number[key] = number
        return self._number[key]

    def _add_what_came(self, said: Earlier) -> None:
        """What has come to cells whose period went on after they were last shown."""
        moved = self._told[said.places] & self._open[said.places]
        moved &= self._value[said.places] != said.values
        for place, value in zip(
            said.places[moved].tolist(), said.values[moved].tolist(), strict=True
        ):
            self._came(place, value, said.publication_id)

    def _came(self, place: int, value: int, publication: str) -> None:
        before = int(self._value[place])
        new = self._variable(place, value, publication)
        old = self._variable(place, before, publication)
        more = self._variable(place, value - before, publication, INCREMENT)
        self._sums[((new, 1), (old, -1), (more, -1 if value > before else 1))] = None

    def _add_sums(self, publication: str) -> None:
        """The sums that held when it was published, of cells that have become others."""
        changed = np.flatnonzero(self._told & (self._value != self.system.values))
        worked_out: dict[int, int] = {}
        waiting = self._rows_with(changed.tolist())
        done: set[int] = set()
        while waiting:
            begun = len(done)
            for row in sorted(waiting):
                terms = self._terms(row)
                unknown = [place for place, _ in terms if not self._has_value(place, worked_out)]
                if len(unknown) > 1:
                    continue
                done.add(row)
                if unknown:
                    [place] = unknown
                    sign = next(sign for each, sign in terms if each == place)
                    others = [term for term in terms if term[0] != place]
                    worked_out[place] = -sign * self._total(others, worked_out)
                    if worked_out[place] != self.system.values[place]:
                        waiting |= self._rows_with([place])
                self._hold(terms, worked_out, publication)
            waiting -= done
            if len(done) == begun:
                break

    def _rows_with(self, places: Iterable[int]) -> set[int]:
        by_cell = self._by_cell
        return {
            int(row)
            for place in places
            for row in by_cell.indices[by_cell.indptr[place] : by_cell.indptr[place + 1]]
        }

    def _terms(self, row: int) -> list[tuple[int, int]]:
        own = self.system.equations
        at = slice(own.indptr[row], own.indptr[row + 1])
        return list(zip(own.indices[at].tolist(), own.data[at].tolist(), strict=True))

    def _has_value(self, place: int, worked_out: dict[int, int]) -> bool:
        """Whether it is known what a cell was; a table that has no row for a count has nobody."""
        is_in_a_table = self.cells.shown[place] and self.cells.quantity[place] == COUNT
        return bool(self._told[place] or is_in_a_table) or place in worked_out

    def _value_of(self, place: int, worked_out: dict[int, int]) -> int:
        if self._told[place]:
            return int(self._value[place])
        return worked_out.get(place, 0)

    def _total(self, terms: Iterable[tuple[int, int]], worked_out: dict[int, int]) -> int:
        return sum(sign * self._value_of(place, worked_out) for place, sign in terms)

    def _hold(
        self, terms: list[tuple[int, int]], worked_out: dict[int, int], publication: str
    ) -> None:
        """Add a sum as it was."""
        then = []
        for place, sign in terms:
            value = self._value_of(place, worked_out)
            # A remainder may have been on the other side.
            then.append((self._variable(place, value, publication), sign if value >= 0 else -sign))
            if not self._told[place] and place not in worked_out and then[-1][0] != place:
                self._was[then[-1][0] - len(self.system)].known = True
        if rest := self._total(terms, worked_out):
            key = tuple(sorted(then))
            if key not in self._rests:
                whole = next(place for place, sign in terms if sign > 0)
                self._rests[key] = self._variable(whole, rest, publication, _REST)
            then.append((self._rests[key], -1 if rest > 0 else 1))
        if any(number >= len(self.system) for number, _ in then):
            self._sums[tuple(sorted(then))] = None
