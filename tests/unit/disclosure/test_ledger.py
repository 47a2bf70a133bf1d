"""The ledger's chain breaks where anything in it is changed, and what it makes known is weighed in.

Two publications that are safe each by itself may give each other away: the plants of the union.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from orchestration.disclosure.audit import Attack, audit
from orchestration.disclosure.cells import Integers, System
from orchestration.disclosure.deciding import Asked, Decided, asked, decide, statuses
from orchestration.disclosure.ledger import (
    START,
    BrokenChainError,
    Entry,
    Publication,
    linked,
    news,
    require_whole,
)
from orchestration.disclosure.policy import read_policy
from orchestration.disclosure.primary import Described
from orchestration.disclosure.vintages import INCREMENT, Earlier, Union, united

FIRST = datetime(2026, 1, 1, 2, tzinfo=UTC)
NIGHTS: tuple[dict[str, tuple[int, bool]], ...] = (
    {"north": (30, True), "south": (3, False)},
    {"north": (31, True), "south": (3, False)},
    {"north": (30, True), "south": (3, True)},
)


def chained() -> tuple[list[Publication], dict[str, Sequence[Entry]]]:
    chain: list[Publication] = []
    entries: dict[str, Sequence[Entry]] = {}
    for night, cells in enumerate(NIGHTS):
        own = news(list(entries.values()), cells)
        name = f"night {night}"
        chain.append(
            linked(
                chain,
                own,
                publication_id=name,
                published_at=FIRST + timedelta(days=night),
                municipality="0180",
                policy_sha256="p",
            )
        )
        entries[name] = own
    return chain, entries


def seals(chain: Sequence[Publication]) -> list[str]:
    return [each.sha256 for each in chain]


def test_a_publication_adds_what_is_new_in_it() -> None:
    """A value that comes back is the vintage that it was; what is shown at last is told."""
    _, entries = chained()
    assert entries["night 0"] == (Entry("north", 1, 30, True), Entry("south", 1, 3, False))
    assert entries["night 1"] == (Entry("north", 2, 31, True),)
    assert entries["night 2"] == (Entry("north", 1, 30, True), Entry("south", 1, 3, True))


def test_an_untouched_chain_is_whole() -> None:
    chain, entries = chained()
    assert chain[0].previous_sha256 == START
    assert [each.previous_sha256 for each in chain[1:]] == [each.sha256 for each in chain[:-1]]
    require_whole(chain, entries, seals(chain), seen=chain[1].sha256)
    require_whole([], {}, [])


def later(publication: Publication) -> Publication:
    return replace(publication, published_at=publication.published_at + timedelta(seconds=1))


Chain = tuple[list[Publication], Mapping[str, Sequence[Entry]]]
BREAKS: dict[str, Callable[[list[Publication], dict[str, Sequence[Entry]]], Chain]] = {
    "a value": lambda chain, entries: (
        chain, entries | {"night 1": (Entry("north", 2, 32, True),)}
    ),
    "whether it was shown": lambda chain, entries: (
        chain, entries | {"night 1": (Entry("north", 2, 31, False),)}
    ),
    "a cell taken away": lambda chain, entries: (chain, entries | {"night 1": ()}),
    "a publication taken away": lambda chain, entries: (
        [chain[0], chain[2]], {name: own for name, own in entries.items() if name != "night 1"}
    ),
    "when": lambda chain, entries: ([chain[0], later(chain[1]), chain[2]], entries),
    "the end's own words": lambda chain, entries: ([*chain[:2], later(chain[2])], entries),
    "the order": lambda chain, entries: ([chain[1], chain[0], chain[2]], entries),
    "cells of no publication": lambda chain, entries: (
        chain, entries | {"night 9": (Entry("north", 3, 40, True),)}
    ),
    # Nothing in the chain misses its end; who has seen it does.
    "its end cut off": lambda chain, entries: (
        chain[:2], {name: own for name, own in entries.items() if name != "night 2"}
    ),
    "all of it taken away": lambda *_: ([], {}),
}  # fmt: skip


@pytest.mark.parametrize("what", BREAKS)
def test_a_changed_chain_is_refused(what: str) -> None:
    chain, entries = chained()
    kept, written = BREAKS[what](chain, entries)
    sealed = {each.publication_id: each.sha256 for each in chain}
    own = [sealed[each.publication_id] for each in kept]
    with pytest.raises(BrokenChainError):
        require_whole(kept, written, own, seen=chain[2].sha256)


def test_a_publication_has_one_place() -> None:
    chain, _ = chained()
    with pytest.raises(ValueError, match="already"):
        linked(chain, (), publication_id="night 1", published_at=FIRST, municipality="0180")


# A city with two boards that were one with a third, and persons of no board.
VALUES = {"city": 80, "east": 24, "west": 54, "none": 2, "old a": 3, "old b": 21}
SUMS = [("city", ["east", "west", "none"]), ("east", ["old a", "old b"])]


def described(system: System) -> Described:
    names = system.ids
    no = np.zeros(len(names), dtype=bool)
    return Described(
        persons=system.values,
        area=np.full(len(names), "hemloshet"),
        quantity=np.array(["unallocated" if name == "none" else "count" for name in names]),
        shown=np.array([name != "none" for name in names]),
        public=no,
        todays_map=np.array([not name.startswith("old") for name in names]),
        cross_of_board=no,
        others_of_largest=np.full(len(names), np.nan),
    )


def said(
    system: System, name: str, cells: dict[str, int], hidden: Collection[str] = (), *,
    still_open: bool = False,
) -> Earlier:  # fmt: skip
    places = np.array([system.ids.index(each) for each in cells], dtype=np.int64)
    return Earlier(
        name,
        places,
        np.array(list(cells.values()), dtype=np.int64),
        np.array([each not in hidden for each in cells]),
        np.full(len(cells), still_open),
    )


def put(union: Union) -> Asked:
    pairs: Integers = np.zeros((0, 2), dtype=np.int64)
    was = np.array(["@" in name or "+" in name for name in union.system.ids])
    return asked(union.system, union.cells, pairs, read_policy(), (union.known, was))


def attacked(given: Asked) -> dict[str, Attack | None]:
    """What is learnt of each secret with all shown that may be."""
    found = audit(given.task, given.task.candidates, least_width=3)
    return {given.task.system.ids[each.place]: each.attack for each in found}


def decided(given: Asked) -> list[Decided]:
    return list(decide(given, {}))


def released(given: Asked) -> dict[str, str]:
    shown = np.zeros(len(given.task.system), dtype=bool)
    shown |= given.task.candidates
    for block in decided(given):
        shown[block.places] = block.protected.released
    return dict(zip(given.task.system.ids, statuses(given.task, shown).tolist(), strict=True))


def test_both_maps_in_two_publications_are_weighed_together() -> None:
    """The former boards were shown but for the small one; now what they are today is."""
    system = System.of(VALUES, SUMS)
    cells = described(system)
    before = said(system, "p1", {"old a": 3, "old b": 21}, hidden={"old a"})
    alone = put(united(system, cells, []))
    together = put(united(system, cells, [before]))
    # East is the old two: what hides one of them must now hide it.
    assert "old a" not in attacked(alone) or attacked(alone)["old a"] is None
    assert attacked(together)["old a"] is Attack.EXACT
    told = released(together)
    assert told["old a"] == "primary"
    assert told["east"] == "secondary"
    assert all(not block.protected.failing for block in decided(together))


def test_two_publications_that_are_safe_alone_give_nothing_away_together() -> None:
    """One hid east for those of no board, the other hid west for them: both cannot be."""
    system = System.of(VALUES, SUMS)
    cells = described(system)
    alone = put(united(system, cells, []))
    assert [name for name, told in released(alone).items() if told == "secondary"] == ["east"]
    assert all(not block.protected.failing for block in decided(alone))
    other = said(system, "p1", {n: VALUES[n] for n in ("city", "east", "west")}, hidden={"west"})
    together = put(united(system, cells, [other]))
    assert attacked(together)["none"] is Attack.EXACT
    # East is known, so that west stays hidden for ever.
    told = released(together)
    assert (told["none"], told["east"], told["west"]) == ("primary", "released", "secondary")
    assert all(not block.protected.failing for block in decided(together))


def test_what_is_out_cannot_be_taken_back_and_the_rest_is_kept() -> None:
    """All was shown once: no board follows, and is told to be out. The former boards are small."""
    system = System.of(
        {**VALUES, "new": 2, "rest": 6, "both": 8}, [*SUMS, ("both", ["new", "rest"])]
    )
    given = put(
        united(
            system,
            described(system),
            [said(system, "p1", {n: VALUES[n] for n in VALUES if n != "none"})],
        )
    )
    blocks = {block.task.system.ids: block for block in decided(given)}
    assert blocks["none",].near_published
    assert [each.attack for each in blocks["none",].protected.failing] == [Attack.EXACT]
    other = blocks["new", "rest", "both"]
    assert not other.near_published
    assert other.protected.failing == []
    told = released(given)
    # A small cell is not shown again, though everybody has seen it.
    assert told["old a"] == "primary"
    assert told["west"] == "released"


def test_what_a_cell_was_is_known_beside_what_it_is() -> None:
    """North had 30 and the city 52; one came late. The two of no board are the same."""
    system = System.of(
        {"city": 53, "north": 31, "south": 20, "none": 2}, [("city", ["north", "south", "none"])]
    )
    union = united(
        system, described(system), [said(system, "p1", {"city": 52, "north": 30, "south": 20})]
    )
    assert union.system.ids[4:] == ("city@p1", "north@p1")
    assert union.system.values[4:].tolist() == [52, 30]
    assert union.known.tolist() == [False, False, True, False, True, True]
    # By the sum that held then, those of no board follow whatever is hidden now.
    [block] = decided(put(union))
    assert [each.attack for each in block.protected.failing] == [Attack.EXACT]
    assert block.near_published


def test_a_remainder_that_was_is_a_cell_of_its_own() -> None:
    """Then nobody was of no board, and one was in both."""
    system = System.of({"city": 52, "north": 30, "south": 22}, [("city", ["north", "south"])])
    cells = described(system)
    union = united(system, cells, [said(system, "p1", {"city": 52, "north": 30, "south": 21})])
    assert union.system.values.tolist() == [52, 30, 22, 21, 1]
    assert union.system.equations.toarray().tolist()[1] == [1, -1, 0, -1, -1]
    over = united(system, cells, [said(system, "p1", {"city": 52, "north": 30, "south": 23})])
    assert over.system.equations.toarray().tolist()[1] == [1, -1, 0, -1, 1]


def test_month_after_month_is_what_came_between() -> None:
    """The year had not ended: 40, then 43 are both great, and three came in the month between.

    The cells of today are of whole years, and none is shown before its year has ended.
    """
    system = System.of({"city": 60}, [])
    cells = described(system)
    months = [
        said(system, "april", {"city": 40}, still_open=True),
        said(system, "may", {"city": 43}, still_open=True),
    ]
    union = united(system, cells, months)
    came = union.cells.quantity == INCREMENT
    assert sorted(union.system.values[came].tolist()) == [3, 17]
    given = put(union)
    names = [name for name in union.system.ids if "+" in name]
    assert len(names) == 2
    assert attacked(given) == {names[0]: Attack.EXACT}
    # Had May not been shown, nothing would follow.
    only_april = put(united(system, cells, months[:1]))
    assert attacked(only_april) == {}
    closed = [replace(each, still_open=np.array([False])) for each in months]
    assert attacked(put(united(system, cells, closed))) == {}


def test_a_year_that_is_its_months_is_one_more_sum() -> None:
    """Hidden in May alone, what came then follows from the year."""
    system = System.of(
        {"year": 60, "jan-apr": 40, "may": 3, "jun-dec": 17},
        [("year", ["jan-apr", "may", "jun-dec"])],
    )
    given = put(united(system, described(system), []))
    assert attacked(given) == {"may": Attack.EXACT}
    assert all(not block.protected.failing for block in decided(given))
    assert list(released(given).values()).count("secondary") == 1
