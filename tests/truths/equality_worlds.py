"""Worlds of women and men, and of boards, whose truths are known; drawn without the analysis."""

from dataclasses import dataclass

import numpy as np

from orchestration.analyses.equality import BoardYears, Pairs
from orchestration.statistics.ratios import Sums
from tests.truths.worlds import YEAR

#: One difference that matters; then what is exactly alike, what differs by less than matters, and
#: what differs by exactly so much, where it would be wrong to say that it does not matter.
PLANTED, NULLS, SMALL, AT_MARGIN = 1.4, 40, 8, 4
RATIOS = np.array([PLANTED] + [1.0] * NULLS + [1.04] * SMALL + [1.1] * AT_MARGIN)
#: One difference among what is exactly alike.
ONE_AMONG_NULLS = RATIOS[: 1 + NULLS]
_AREAS = ("a", "b", "c", "d")


@dataclass(frozen=True, eq=False)
class SexWorld:
    """Pairs, and the true ratio of each."""

    pairs: Pairs
    ratio: np.ndarray


def _of_population(
    random: np.random.Generator, level: np.ndarray, base: np.ndarray
) -> tuple[np.ndarray, ...]:
    events = random.binomial(base.astype(np.int64), level).astype(np.float64)
    nothing = np.zeros(level.shape)
    return events, base, events, nothing, nothing


def _of_households(
    random: np.random.Generator, level: np.ndarray, households: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Shares of decisions of households that are alike in all their decisions, more or less."""
    out = np.zeros((5, level.size))
    for at, (share, number) in enumerate(zip(level, households.astype(np.int64), strict=True)):
        decisions = random.integers(1, 13, number).astype(np.float64)
        own = random.beta(2.0 * share, 2.0 * (1.0 - share), number)
        refused = random.binomial(decisions.astype(np.int64), own).astype(np.float64)
        sums = (refused, decisions, refused**2, refused * decisions, decisions**2)
        out[:, at] = [each.sum() for each in sums]
    return tuple(out)


def sexes_of(seed: int, ratios: np.ndarray = RATIOS) -> SexWorld:
    """Indicators of the municipality one year; every other is a share of what goes together."""
    random = np.random.default_rng(seed)
    number = ratios.size
    is_share = np.arange(number) % 2 == 1
    turned = np.where(random.random(number) < 0.5, ratios, 1.0 / ratios)
    low = np.where(is_share, random.uniform(0.15, 0.5, number), random.uniform(0.002, 0.02, number))
    women, men = low * np.sqrt(turned), low / np.sqrt(turned)
    people = random.uniform(150_000, 450_000, number)
    households = random.uniform(800, 4000, number)
    sides = []
    for level in (women, men):
        whole = np.array(_of_population(random, level, people))
        shares = np.array(_of_households(random, level, households))
        sides.append(Sums(*np.where(is_share, shares, whole)))
    none = np.zeros(number, dtype=np.int64)
    return SexWorld(
        Pairs(
            first=sides[0],
            second=sides[1],
            year=np.full(number, YEAR),
            of_board=np.zeros(number, dtype=bool),
            indicator=np.arange(number),
            area=np.arange(number) % len(_AREAS),
            kind=is_share.astype(np.int64),
            place=none,
            comparison=none,
            breakdown=none,
            stratum=none,
            member=none,
            names={
                "indicator": tuple(f"i{at}" for at in range(number)),
                "area": _AREAS,
                "kind": ("rate", "share"),
                "place": ("0180",),
                "comparison": ("sex",),
                "breakdown": ("sex",),
                "stratum": ("",),
                "member": ("kvinnor",),
            },
        ),
        turned,
    )


#: The boards' spread, the first year and the last, by indicator: one falls to a third.
TAUS = {"nearer": (0.36, 0.12), **{f"alike{at}": (0.25, 0.25) for at in range(7)}}


def boards_of(seed: int) -> BoardYears:
    """Eleven boards, eight years and the indicators of `TAUS`; each board has its own place."""
    random = np.random.default_rng(seed)
    years, boards = np.arange(YEAR - 7, YEAR + 1), 11
    columns: list[np.ndarray] = []
    for indicator, (first, last) in enumerate(TAUS.values()):
        place = random.normal(size=boards)
        place = (place - place.mean()) / place.std(ddof=1)
        expected = np.tile(random.uniform(60.0, 250.0, boards), (years.size, 1))
        own = np.linspace(first, last, years.size)[:, None] * place
        observed = random.poisson(expected * np.exp(own)).astype(np.float64)
        expected = expected * (observed.sum(axis=1) / expected.sum(axis=1))[:, None]
        at_year, at_board = np.meshgrid(years, np.arange(boards), indexing="ij")
        columns.append(np.stack([each.ravel() for each in (observed, expected, at_year, at_board)]))
        columns[-1] = np.vstack([columns[-1], np.full((1, columns[-1].shape[1]), indicator)])
    observed, expected, year, board, indicator_of = np.hstack(columns)
    return BoardYears(
        observed=observed,
        expected=expected,
        variance=expected,
        year=year.astype(np.int64),
        adjusted=np.ones(observed.size, dtype=bool),
        indicator=indicator_of.astype(np.int64),
        area=np.zeros(observed.size, dtype=np.int64),
        stratum=np.zeros(observed.size, dtype=np.int64),
        board=board.astype(np.int64),
        names={
            "indicator": tuple(TAUS),
            "area": ("a",),
            "stratum": ("",),
            "board": tuple(f"0180-{at}" for at in range(boards)),
        },
    )
