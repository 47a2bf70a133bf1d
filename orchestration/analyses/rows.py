"""Rows of results of one analysis and period: what they all have, and when one is refused.

The least numbers stand here and nowhere else. What is estimated belongs in the analyses' modules.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from scipy import special

from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import AnalysisResult, BoardStandardised
from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.resampling import Interval, generator, percentile_interval, seed_of
from orchestration.statistics.standardised import Standardised

LEVEL = 0.95
# So many standard errors the limits of a normal estimate lie from it.
REACH = float(special.ndtri((1.0 + LEVEL) / 2.0))
#: Fewer than this and a share or rate says nothing.
LEAST_OBSERVATIONS = 20
LEAST_EVENTS = 5
#: Persons a group, for a mean.
LEAST_PERSONS = 30
#: Events a covariate, for a regression.
LEAST_EVENTS_A_COVARIATE = 10
LEAST_BOARDS = 4
#: Rows of an analysis and pair of years that Python takes; above it the grain must be cells.
MOST_ROWS = 300_000
FALSE_DISCOVERY_RATE = 0.10


class Unidentified(Exception):  # noqa: N818 - it is a finding of its own, and no fault
    """An estimate that cannot be made; what it lacks is said."""

    def __init__(self, shortfall: Shortfall) -> None:
        super().__init__(shortfall)
        self.shortfall = shortfall


@dataclass
class Rows:
    """Gathers the results of one analysis of one year.

    Attributes:
        analysis_id: which analysis.
        year: the period.
        geography_id: where.
        results: one record an estimate, in the order they were made.
        boards: one record a board and measure.
    """

    analysis_id: str
    year: int
    geography_id: str
    results: list[AnalysisResult] = field(default_factory=list)
    boards: list[BoardStandardised] = field(default_factory=list)

    @property
    def seed(self) -> int:
        """Of everything that is drawn in it."""
        return seed_of(self.analysis_id, str(self.year))

    def random(self) -> np.random.Generator:
        """A generator that begins at the seed, for each estimate anew."""
        return generator(self.seed)

    def add(
        self,
        estimand_id: str,
        estimate: float | None,
        interval: Interval | tuple[float, float, float] | None = None,
        *,
        unit: str,
        method_id: str,
        breakdown: str = "total",
        category: str = "total",
        since: int | None = None,
        observations: float | None = None,
        events: float | None = None,
        p_value: float | None = None,
        q_value: float | None = None,
        verdict: str | None = None,
        sensitivity_of: str | None = None,
        drawn: bool = False,
        shortfall: Shortfall | None = None,
        level: float = LEVEL,
    ) -> None:
        """Add one estimate; limits that are no numbers are left empty.

        Args:
            estimand_id: what is estimated.
            estimate: its value; None where something is lacking.
            interval: its limits and standard error.
            unit: of the estimate.
            method_id: how it was made.
            breakdown: of which groups.
            category: which group.
            since: the year that it is a change from.
            observations: behind it.
            events: behind it.
            p_value: two-sided.
            q_value: adjusted.
            verdict: what it says.
            sensitivity_of: the estimand whose sensitivity it shows.
            drawn: whether anything was drawn for it.
            shortfall: what is lacking.
            level: coverage of its limits; 1 where nothing can lie outside them.
        """
        value = _number(estimate)
        if value is None and shortfall is None:
            # No number came of it, as of a ratio to nothing.
            shortfall = Shortfall.NO_FIT
        low = high = error = None
        if interval is not None and shortfall is None:
            low, high, error = (
                (interval.lower, interval.upper, interval.standard_error)
                if isinstance(interval, Interval)
                else interval
            )
        self.results.append(
            AnalysisResult(
                analysis_id=self.analysis_id,
                estimand_id=estimand_id,
                period_start=date(self.year, 1, 1),
                period_from=None if since is None else date(since, 1, 1),
                geography_id=self.geography_id,
                breakdown=breakdown,
                category=category,
                estimate=None if shortfall else value,
                ci_lower=_number(low),
                ci_upper=_number(high),
                ci_level=None if _number(low) is None else level,
                standard_error=_number(error),
                observations=observations,
                events=events,
                unit=unit,
                method_id=method_id,
                sensitivity_of=sensitivity_of,
                verdict=verdict,
                p_value=_number(p_value),
                q_value=_number(q_value),
                status=shortfall.status if shortfall else AnalysisResult.status,
                shortfall=shortfall,
                seed=self.seed if drawn else None,
            )
        )

    def drawn(
        self,
        estimand_id: str,
        estimate: float,
        replicates: FloatArray,
        *,
        unit: str,
        method_id: str,
        breakdown: str = "total",
        category: str = "total",
        since: int | None = None,
        observations: float | None = None,
        events: float | None = None,
        sensitivity_of: str | None = None,
    ) -> None:
        """Add an estimate whose limits are those of its draws, (R,)."""
        self.add(
            estimand_id,
            estimate,
            percentile_interval(replicates, LEVEL),
            unit=unit,
            method_id=method_id,
            breakdown=breakdown,
            category=category,
            since=since,
            observations=observations,
            events=events,
            sensitivity_of=sensitivity_of,
            drawn=True,
        )

    @contextmanager
    def attempt(
        self, *estimands: str, unit: str, method_id: str, since: int | None = None
    ) -> Iterator[None]:
        """What cannot be estimated inside gets a row that says so for each estimand."""
        try:
            yield
        except Unidentified as lacking:
            shortfall = lacking.shortfall
        except (ValueError, np.linalg.LinAlgError):
            shortfall = Shortfall.NO_FIT
        else:
            return
        for estimand in estimands:
            self.add(
                estimand, None, unit=unit, method_id=method_id, since=since, shortfall=shortfall
            )

    def add_boards(self, measure_id: str, boards: tuple[str, ...], found: Standardised) -> None:
        """Add a measure's boards, each with its verdict."""
        for at, board in enumerate(boards):
            differs = found.q_values[at] <= FALSE_DISCOVERY_RATE
            side = "above" if found.ratio[at] > 1 else "below"
            self.boards.append(
                BoardStandardised(
                    analysis_id=self.analysis_id,
                    measure_id=measure_id,
                    period_start=date(self.year, 1, 1),
                    geography_id=board,
                    observed=float(found.observed[at]),
                    expected=float(found.expected[at]),
                    ratio=float(found.ratio[at]),
                    ci_lower=float(found.lower[at]),
                    ci_upper=float(found.upper[at]),
                    shrunken=float(found.shrunken[at]),
                    tau2=found.between,
                    tau2_lower=found.between_limits[0],
                    tau2_upper=found.between_limits[1],
                    p_value=float(found.p_values[at]),
                    q_value=float(found.q_values[at]),
                    verdict=side if differs else "alike",
                )
            )


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def enough(observations: float, events: float) -> None:
    """Refuse a share or rate of too little.

    Raises:
        Unidentified: there is nobody, or too few.
    """
    if observations == 0:
        raise Unidentified(Shortfall.NOBODY)
    if observations < LEAST_OBSERVATIONS:
        raise Unidentified(Shortfall.FEW_OBSERVATIONS)
    if events < LEAST_EVENTS:
        raise Unidentified(Shortfall.FEW_EVENTS)


def enough_for(events: float, covariates: int) -> None:
    """Refuse a regression of too few events.

    Raises:
        Unidentified: there are too few events a covariate.
    """
    if events < LEAST_EVENTS_A_COVARIATE * covariates:
        raise Unidentified(Shortfall.FEW_EVENTS)
