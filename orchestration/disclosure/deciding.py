"""Deciding all cells by the policy, block by block; what was decided of the very same stands.

Where cells come from and where decisions are kept belongs to whoever asks.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from orchestration.beside import Shared
from orchestration.disclosure import primary
from orchestration.disclosure.audit import Attack, audit
from orchestration.disclosure.cells import Flags, Integers, System
from orchestration.disclosure.policy import Policy
from orchestration.disclosure.primary import Described
from orchestration.disclosure.protection import Effort, Protected, attempt
from orchestration.disclosure.task import Task

# A block is decided anew where the way of deciding is another.
_VERSION = "3"
# A secret is as much work as so many cells.
_OF_A_SECRET = 4
# What takes some seconds, as many as another process takes to begin.
_MUCH = 20_000

# What is shown of a block, and the places of the secrets that would follow exactly.
_Answer: TypeAlias = tuple[Protected, set[int]]
_Given: TypeAlias = "tuple[Asked, Mapping[str, Collection[str]]]"
Begun: TypeAlias = Shared[_Given, _Answer]


@dataclass(frozen=True, eq=False)
class Asked:
    """All cells, and what the policy asks of them.

    Attributes:
        task: The cells.
        rules: The rule that hides each, empty where none does; shape (n,).
        effort: How safe, and how hard to look.
        published: Those that an earlier publication showed as they are, and that nobody knew
            without it; shape (n,).
        was: Those that are no cells of today: what cells were when they were published; shape (n,).
    """

    task: Task
    rules: NDArray[np.str_]
    effort: Effort
    published: Flags
    was: Flags

    def settled(self, known: Mapping[str, Collection[str]]) -> Iterator[tuple[str, Integers]]:
        """The blocks that were decided before any publication, and shown as was decided.

        What publications have told of such a block is a part of what it shows, and what it shows
        tells nothing, so neither do they.

        Args:
            known: The names of the cells that are hidden of each block that was decided, by key.

        Yields:
            The key of each, and the places of its cells.
        """
        if not self.published.any():
            return
        alone = replace(self.task, known=self.task.known & ~self.published)
        for places, task in alone.open_blocks():
            told = self.published[places]
            if self.was[places].any() or (told & task.secret).any():
                continue
            key = key_of(task, self.effort)
            hidden = known.get(key)
            if hidden is not None and not any(
                task.system.ids[place] in hidden for place in np.flatnonzero(told).tolist()
            ):
                yield key, places

    def near_published(self) -> Flags:
        """The cells that a sum holds together with one that was published; shape (n,)."""
        equations = self.task.system.equations
        rows = np.diff(sp.csr_array(equations[:, np.flatnonzero(self.published)]).indptr) > 0
        near = np.zeros(len(self.task.system), dtype=bool)
        near[equations[np.flatnonzero(rows)].indices] = True
        return near


@dataclass(frozen=True, eq=False)
class Decided:
    """What was decided of a block.

    Attributes:
        key: What it was made of, as a fingerprint.
        places: Of its cells; shape (n,).
        task: What was asked of it.
        protected: What is shown.
        bare: How many of its secrets would follow exactly, were they hidden and nothing else; those
            that are out are not counted.
        near_published: Whether earlier publications tell of it: what cannot be kept is out by them.
    """

    key: str
    places: Integers
    task: Task
    protected: Protected
    bare: int
    near_published: bool


def asked(
    system: System,
    cells: Described,
    pairs: Integers,
    policy: Policy,
    earlier: tuple[Flags, Flags] | None = None,
) -> Asked:
    """Put the policy to cells.

    Args:
        system: All cells and their sums.
        cells: What they are.
        pairs: Wholes and parts of them that no equation holds, as `cells.alone` has them.
        policy: What is small and what is shown.
        earlier: Which cells an earlier publication showed, and which are no cells of today; none
            unless given.
    """
    nothing = np.zeros(len(system), dtype=bool)
    published, was = (nothing, nothing) if earlier is None else earlier
    # What all know anyway no publication has told.
    published = published & ~cells.public
    rules = primary.by_policy(system.values, cells, policy)
    shown = cells.shown & (cells.todays_map | (policy.maps == "all"))
    if not policy.crosses_of_boards:
        shown &= ~cells.cross_of_board
    task = Task.of(
        system,
        rules != "",
        shown=shown,
        known=cells.public | published,
        cost=cells.persons,
        pairs=pairs,
    )
    return Asked(task, rules, Effort(least_width=policy.least_width), published, was)


def of_map(
    system: System, cells: Described, pairs: Integers
) -> tuple[System, Described, Integers, Integers]:
    """What is left where former boards are nowhere shown: nothing follows from or to them.

    Returns:
        The cells of today's map, what they are, their pairs, and their places among all.
    """
    kept = np.flatnonzero(cells.todays_map)
    beside = abs(system.equations[:, np.flatnonzero(~cells.todays_map)]).sum(axis=1) > 0
    new = np.cumsum(cells.todays_map) - 1
    within = pairs[cells.todays_map[pairs].all(axis=1)]
    return (
        System(
            tuple(system.ids[place] for place in kept),
            system.values[kept],
            sp.csr_array(system.equations[np.flatnonzero(~beside)][:, kept]),
        ),
        Described(**{name: array[kept] for name, array in vars(cells).items()}),
        new[within].astype(np.int64).reshape(-1, 2),
        kept,
    )


def decide(
    given: Asked,
    known: Mapping[str, Collection[str]],
    done: Callable[[str], None] = lambda _: None,
    *,
    begun: Begun | None = None,
) -> Iterator[Decided]:
    """Decide each block that holds a secret and is not decided already.

    Args:
        given: All cells.
        known: The names of the cells that are hidden of each block that was decided before, by key.
        done: Called with the key of each block, decided now or before.
        begun: Another process that has begun to, and does a part of it; all is done here unless
            given. Ended when all is done.

    Yields:
        What was decided of each new one, in whatever order.
    """
    new: dict[str, _New] = {}
    for key, block in _blocks(given, known):
        if block is None:
            done(key)
        else:
            new[key] = block

    def decided(key: str) -> _Answer:
        return _decided(new[key].task, given.effort)

    with nullcontext() if begun is None else begun:
        found = (
            ((key, decided(key)) for key in new)
            if begun is None
            else begun.met(_heaviest_first(new), decided)
        )
        for key, (protected, bare) in found:
            of = new[key]
            out = {each.place for each in protected.failing} if of.near_published else set()
            yield Decided(key, of.places, of.task, protected, len(bare - out), of.near_published)
            done(key)


def begin(given: Asked, known: Mapping[str, Collection[str]]) -> Begun | None:
    """Let another process begin to decide, the heaviest block first, where it is much.

    Args:
        given: All cells.
        known: As `decide` has it.

    Returns:
        What `decide` goes on with, if it is asked for the very same blocks; None where it is not
        worth the while.
    """
    if sum(block.weight for _, block in _blocks(given, known) if block is not None) <= _MUCH:
        return None
    return Shared(_by_weight, (given, known))


@dataclass(frozen=True, eq=False)
class _New:
    """A block that is not decided yet; as `Decided` has it."""

    places: Integers
    task: Task
    near_published: bool

    @property
    def weight(self) -> int:
        """About how much work it is."""
        return len(self.task.system) + _OF_A_SECRET * int(self.task.secret.sum())


def _blocks(
    given: Asked, known: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, _New | None]]:
    """The key of each block that holds a secret, and the block where it was not decided before."""
    near = given.near_published()
    settled = np.zeros(len(given.task.system), dtype=bool)
    for key, places in given.settled(known):
        settled[places] = True
        yield key, None
    for places, task in given.task.open_blocks():
        if settled[places].all():
            continue
        is_near = bool(near[places].any())
        key = key_of(task, given.effort, near_published=is_near)
        yield key, None if key in known else _New(places, task, is_near)


def _heaviest_first(blocks: Mapping[str, _New]) -> list[str]:
    return sorted(blocks, key=lambda key: -blocks[key].weight)


def _by_weight(given: _Given) -> Iterator[tuple[str, _Answer]]:
    """What came of each new block, the heaviest first."""
    asked_, known = given
    new = {key: block for key, block in _blocks(asked_, known) if block is not None}
    for key in _heaviest_first(new):
        yield key, _decided(new[key].task, asked_.effort)


def _decided(task: Task, effort: Effort) -> _Answer:
    """What is shown of a block, and which secrets would follow exactly were no more hidden."""
    protected = attempt(task, effort)
    bare = audit(task, task.candidates, least_width=effort.least_width, exactly=True)
    return protected, {each.place for each in bare if each.attack is Attack.EXACT}


def key_of(task: Task, effort: Effort, *, near_published: bool = False) -> str:
    """A fingerprint of all that a block's decision is made of.

    Args:
        task: The block.
        effort: How safe, and how hard to look.
        near_published: Whether earlier publications tell of it.
    """
    _, alone = np.unique(task.alone, return_inverse=True)
    order = np.argsort(task.order, kind="stable")
    asked_ = f"{_VERSION}|{sorted(asdict(effort).items())}|{near_published}"
    digest = hashlib.sha256(asked_.encode())
    digest.update("|".join(task.system.ids).encode())
    equations = sp.csr_array(task.system.equations)
    equations.sort_indices()
    for array in (
        *(task.system.values, task.cost, order, alone.reshape(-1)),
        *(equations.indptr, equations.indices, equations.data),
        *(task.secret, task.shown, task.known),
    ):
        digest.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
    return digest.hexdigest()[:24]


def statuses(task: Task, released: Flags) -> NDArray[np.str_]:
    """What became of each cell that a table would show.

    Args:
        task: All cells, or those of a block.
        released: Which are shown; shape (n,).

    Returns:
        released, primary or secondary; empty for what is not shown anyway; shape (n,).
    """
    found = np.where(released | task.known, "released", "secondary")
    # Small is not shown again, though it has been.
    found[task.secret] = "primary"
    found[~task.shown & ~task.secret] = ""
    return found
