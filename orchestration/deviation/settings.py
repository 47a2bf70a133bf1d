"""Every threshold and constant of the engine, by name.

What does not belong here: anything read from the environment, and figures that belong to an
indicator rather than to the method (those are in the catalogue).
"""

from dataclasses import dataclass, field

from orchestration.statistics.monthly import MonthlySettings

#: Each a third above the one before. On a coarser grid a pool of one volatility is seen as a mix
#: of its neighbours, and the series are told apart by chance.
_VOLATILITIES = (0.02, 0.027, 0.036, 0.047, 0.063, 0.084, 0.112, 0.15, 0.2, 0.267)
_POSITIVE = ("relevant_change", "prior_shape", "breakeven_ceiling", "stability_relevant_change")
_LEAST = {
    "focus_minimum_change": 0,
    "pool_prior_series": 0,
    "grid_prior_series": 0,
    "current_within_years": 0,
    "board_minimum_change": 0,
    "board_minimum_count": 0,
    "shock_minimum_change": 0,
    "minimum_history": 1,
    "em_max_iterations": 1,
    "shock_minimum_sources": 1,
    # Two coefficients, one board left out, and two more to estimate a variance from.
    "board_minimum_number": 5,
}


@dataclass(frozen=True)
class DeviationSettings:
    """How the engine decides.

    Attributes:
        geography_id: municipality whose totals are tested.
        context_geographies: where an indicator is looked for when the municipality has none of
            its own, in order; empty means its county and then the nation.
        alpha: two-sided p-value below which a change is worth a row at all, and one-sided level
            at which each half of a contrary pair must have moved.
        fdr: false-discovery rate over areas of activity, and inside the selected ones.
        interval_level: coverage of the predictive intervals that are reported.
        relevant_change: size of a change that matters (0.10 is 10 %), for
            ``probability_relevant`` and for differences between groups.
        focus_minimum_change: a statistically clear change smaller than this, against the
            expected value, is watched and not a focus: large counts make everything clear.
        volatility_grid: yearly log-volatilities that series with counts or samples may have.
        amount_volatility_grid: the same for amounts without either. It holds no zero, because
            without sampling noise a zero would make every change infinitely surprising.
        prior_shape: shape a0 of the gamma-Poisson start, and both parameters of the beta start;
            1/2 is Jeffreys'.
        pool_prior_series: how many series' worth of belief a pool borrows from all pools of the
            same kind of measure. Small pools cannot estimate a mixture by themselves.
        grid_prior_series: how many series' worth of an even spread over the grid the common
            mixture starts from, so that no volatility is ruled out by a handful of series.
        em_tolerance: largest change of a mixture weight at which the fit is done.
        em_max_iterations: the fit stops here at the latest.
        breakeven_ceiling: largest yearly log-volatility that is searched when asking which one
            would explain a change away.
        minimum_history: comparable earlier values needed before a change is tested.
        stability_relevant_change: change that drivers must foretell, and within which an indicator
            must provably have stayed, before it is told as stable against expectation. Ten per
            cent is provable from about 600 cases a year.
        board_minimum_change: a board nearer than this to what the other boards foretell is
            watched and not a focus.
        board_minimum_count: a board with fewer cases, observed or foretold, is neither tested nor
            part of the others' line. Small counts also name persons.
        board_minimum_number: with fewer boards that have a value, none is tested.
        board_exposure: indicator with the persons at risk of a board's counts.
        board_covariate: indicator that boards' levels may follow; used where every tested board
            has it.
        shock_alpha: two-sided p-value below which the city's counts are said to move as one.
        shock_minimum_change: least common movement that is told, as a log change.
        shock_minimum_sources: registers that must have a say. Indicators of one register count
            the same persons in several ways, so they have one vote together.
        monthly: how monthly series are tested.
        current_within_years: a series whose latest value is older than this many years before
            the report year is history; it gets no row, not even one that says so.
        rank_probability_decimals: ``probability_relevant`` is rounded to this before ranking,
            so that practically certain changes are ordered by the persons they concern.
    """

    geography_id: str = "0180"
    context_geographies: tuple[str, ...] = ()
    alpha: float = 0.05
    fdr: float = 0.10
    interval_level: float = 0.95
    relevant_change: float = 0.10
    focus_minimum_change: float = 0.05
    volatility_grid: tuple[float, ...] = (0.0, *_VOLATILITIES)
    amount_volatility_grid: tuple[float, ...] = _VOLATILITIES
    prior_shape: float = 0.5
    pool_prior_series: float = 5.0
    grid_prior_series: float = 1.0
    em_tolerance: float = 1e-6
    em_max_iterations: int = 500
    breakeven_ceiling: float = 3.0
    minimum_history: int = 1
    current_within_years: int = 1
    rank_probability_decimals: int = 2
    stability_relevant_change: float = 0.10
    board_minimum_change: float = 0.20
    board_minimum_count: float = 5.0
    board_minimum_number: int = 8
    board_exposure: str = "population"
    board_covariate: str = "socioeconomic_index"
    shock_alpha: float = 0.01
    shock_minimum_change: float = 0.03
    shock_minimum_sources: int = 6
    monthly: MonthlySettings = field(default_factory=MonthlySettings)

    def __post_init__(self) -> None:
        for name in ("alpha", "fdr", "interval_level", "shock_alpha"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must lie between 0 and 1")
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}")
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive")
        if not self.volatility_grid or min(self.volatility_grid) < 0:
            raise ValueError("volatility_grid must hold volatilities of at least 0")
        if not self.amount_volatility_grid or min(self.amount_volatility_grid) <= 0:
            raise ValueError("amount_volatility_grid must hold positive volatilities")

    def places(self) -> tuple[str, ...]:
        """Geographies an indicator may be tested in, the municipality first."""
        county_digits = 2
        context = self.context_geographies or (self.geography_id[:county_digits], "SE")
        return (self.geography_id, *context)
