"""Bias and coverage of the children's review in worlds of known truths; part of `make truths`."""

from orchestration.analyses import child_districts, child_returns, child_review
from orchestration.analyses.rows import Rows
from tests.truths import child_worlds, worlds
from tests.truths.hits import Hit, hits
from tests.truths.worlds import Truth

_REPLICATES = 99
#: Parties whose boards differ in the world, and one whose boards do not.
_DIFFER = ("vidtalad_skola", "vidtalad_forskola")
_NULLS = ("vidtalad_barnet", "vidtalad_halso_sjukvard")


def _rows() -> Rows:
    return Rows(child_review.ANALYSIS, worlds.YEAR, "0180")


def _verdict(world: str, name: str, right: bool) -> Hit:
    """A verdict as a hit: covered where it is right."""
    return Hit(world, name, 0.0, 0.0, right)


def cases(seed: int) -> list[Hit]:
    """Steps, guardians, boards, whom they speak to, and the sexes, which do not differ."""
    seen, truths = child_worlds.cases_of(seed)
    delivered = child_review.Delivered(cases=seen, recent=seen)
    rows = child_review.analyse(worlds.YEAR, "0180", delivered, replicates=_REPLICATES)
    boards = {r.category: r.verdict for r in rows.results if r.estimand_id == "5.3_within"}
    # Measures of which some board is named in `marts.board_standardised`.
    named = {r.measure_id for r in rows.boards if r.verdict != "alike"}
    steps = [r for r in rows.results if r.estimand_id == "5.10_step"]
    return [
        *hits("cases", rows, truths),
        *(_verdict("boards", "5.3 planted", boards[n] == "boards_differ") for n in _DIFFER),
        *(_verdict("boards", "5.3 null", boards[n] != "boards_differ") for n in _NULLS),
        *(_verdict("boards", "5.3 named planted", n in named) for n in _DIFFER),
        *(_verdict("boards", "5.3 named null", n not in named) for n in _NULLS),
        *(_verdict("sexes alike", "5.10 verdict", r.verdict != "skillnad") for r in steps),
    ]


def closings(seed: int) -> list[Hit]:
    """Who comes back, and how soon a first insats comes."""
    seen, truths = child_worlds.closings_of(seed)
    firsts, waits = child_worlds.firsts_of(seed)
    back, first = _rows(), _rows()
    child_returns.again(back, seen)
    child_returns.first_insats(first, firsts)
    return [*hits("closings", back, truths), *hits("first insats", first, waits)]


def districts(seed: int) -> list[Hit]:
    """Three stadsdelar that deviate, and a world where only the index matters."""
    out = []
    planted, _ = child_worlds.districts_of(seed)
    rows = _rows()
    child_districts.analyse(rows, planted)
    names = {planted.names[at] for at in child_worlds.PLANTED}
    for each in rows.results:
        if each.estimand_id == "5.9":
            deviates = each.verdict != "alike"
            name = "5.9 planted" if each.category in names else "5.9 others"
            out.append(_verdict("stadsdelar", name, deviates == (each.category in names)))
    factors = [child_worlds.PLANTED.get(at, 1.0) for at in range(len(planted.names))]
    ratios = [
        Truth("5.9", name, factor) for name, factor in zip(planted.names, factors, strict=True)
    ]
    out += hits("stadsdelar", rows, ratios)
    null, truths = child_worlds.districts_of(seed + 50_000, planted={})
    rows = _rows()
    child_districts.analyse(rows, null)
    none = all(r.verdict == "alike" for r in rows.results if r.estimand_id == "5.9")
    slopes = [Truth("5.8", "total", truths[0].value)]
    return [*out, _verdict("no stadsdel", "5.9 none", none), *hits("stadsdelar", rows, slopes)]
