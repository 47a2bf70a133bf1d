"""Natural explanations by movement: what was assessed is given without assessment instead.

A board that begins to offer an insats without assessment has fewer who are assessed, and nothing
has become less. Where boards begin at different times the size can be told from boards that have
not begun, and only an indicator that the seed of insatser names is looked at. A board that has not
begun gets no explanation, and the municipality's own is of the boards that have, by their weight.

What does not belong here: the method (``statistics/stacked.py``), reading tables, and what an
explanation does to a verdict (``explanations.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.findings.claims import MovedWithoutAssessment, When
from orchestration.findings.records import FoundExplanation
from orchestration.indicators.models import Basis, ExplanationKind
from orchestration.statistics.arrays import FloatArray, IntArray
from orchestration.statistics.resampling import generator, seed_of
from orchestration.statistics.stacked import (
    BEFORE,
    Carried,
    NoContrastError,
    Stacked,
    carried,
    stacked_difference,
)

_QUARTERS = 4
#: A fall that chance gives oftener than this is no movement.
ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Replacement:
    """An insats without assessment, and what it is said to be in place of.

    Attributes:
        insats_code: in the seed of insatser.
        indicator_id: counts what is assessed, by when it begins.
        municipality: code of the municipality.
        boards: (B,), codes of all of today's boards.
        begins: (B,), the quarter in which each begins; the number of quarters or more where it
            has not begun, and below nought where it began before the first.
        assessed: (B, Q), persons who begin what is assessed.
        reached: (B, Q), new persons of the insats; its contacts where they are not counted.
        first_year: the year of the first four quarters.
        synthetic: whether it was made up for the synthetic city.
    """

    insats_code: str
    indicator_id: str
    municipality: str
    boards: tuple[str, ...]
    begins: IntArray
    assessed: FloatArray
    reached: FloatArray
    first_year: int
    synthetic: bool


@dataclass(frozen=True, eq=False)
class Moved:
    """What a replacement came to.

    Attributes:
        found: the contrast with the boards that have not begun.
        carried: the most that the insats can have carried of what is missing.
    """

    found: Stacked
    carried: Carried

    @property
    def is_surely_less(self) -> bool:
        """Whether there is a fall that chance does not give."""
        return self.found.effect < 0 and self.found.p_value < ALPHA


def measure(one: Replacement) -> Moved:
    """How much less there is where an insats began, and what of that it can have carried.

    Args:
        one: the insats and what it is in place of.

    Raises:
        NoContrastError: too few boards have begun, or have not.
    """
    seed = seed_of("movement", f"{one.insats_code} {one.indicator_id}")
    found = stacked_difference(one.assessed, one.begins, random=generator(seed))
    reached = sum(
        float(one.reached[board, one.begins[board] :][: found.after].sum())
        for board in np.flatnonzero(found.treated)
    )
    return Moved(found, carried(found, reached))


def explanations_in_movements(replacements: Sequence[Replacement]) -> list[FoundExplanation]:
    """What movements explain.

    The year in which a board begins has the insats for a part of it and the next one for the
    whole, so that each of the two is lower than the one before, by what the quarters say.

    Args:
        replacements: of one municipality.

    Returns:
        One explanation for each year that is lower for it, in each board that began and in the
        municipality; none where the fall may be chance, or nothing can have been carried.
    """
    explanations: list[FoundExplanation] = []
    for one in replacements:
        try:
            moved = measure(one)
        except NoContrastError:
            continue
        if not (moved.is_surely_less and moved.carried.most > 0):
            continue
        years = one.assessed.shape[1] // _QUARTERS
        quarters = np.arange(years * _QUARTERS)
        given = quarters >= one.begins[:, None]
        # (B, Y): how much of each year a board that is in the contrast has the insats.
        part = given.reshape(len(one.boards), years, _QUARTERS).mean(axis=2)
        part[~moved.found.treated] = 0.0
        start = int(one.begins[moved.found.treated].min())
        weight = one.assessed[:, max(start - BEFORE, 0) : start].sum(axis=1)
        whole = weight @ part / weight.sum()
        places = [*zip(one.boards, part, strict=True), (one.municipality, whole)]
        for place, of_year in places:
            level = 1.0 - moved.carried.share * of_year
            for at in range(1, years):
                if of_year[at] != of_year[at - 1]:
                    change = float(level[at] / level[at - 1] - 1.0)
                    explanations.append(_explanation(one, place, one.first_year + at, change))
    return explanations


def _explanation(one: Replacement, place: str, year: int, change: float) -> FoundExplanation:
    named = ["flytt", one.insats_code, str(year), place, one.indicator_id]
    return FoundExplanation(
        explanation_id="-".join(named).lower(),
        kind=ExplanationKind.MOVED,
        indicator_id=one.indicator_id,
        geography_id=place,
        period_from=year,
        period_to=year,
        explained_change=change,
        is_break=False,
        synthetic=one.synthetic,
        basis=Basis.MOVEMENT,
        direction=-1,
        claims=(
            MovedWithoutAssessment(
                insats_code=one.insats_code,
                indicator_id=one.indicator_id,
                geography_id=place,
                when=When.of(year),
            ),
        ),
    )
