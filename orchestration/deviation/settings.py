"""Every threshold and constant of the engine, by name.

What does not belong here: anything read from the environment, and figures that belong to an
indicator rather than to the method (those are in the catalogue).
"""

from dataclasses import dataclass, field, replace

from orchestration.statistics.monthly import MonthlySettings
from orchestration.statistics.pooled import Dials

#: Steps of a third to a half. On a coarser grid a pool of one volatility is seen as a mix of its
#: neighbours, and the series are told apart by chance. The last ones are for the wild; more than a
#: little weight there is warned of (``weight_at_the_end``).
_COUNTED = (0.0, 0.02, 0.03, 0.045, 0.065, 0.095, 0.14, 0.2, 0.3, 0.45, 0.7)
_COUNTED_BELIEF = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.6, 0.4, 0.25)
#: Amounts have no sampling noise, so what stands for nought is a small number: with nought itself
#: every change would be infinitely surprising.
_AMOUNTS = (0.001, 0.0025, 0.005, 0.01, *_COUNTED[1:])
_AMOUNTS_BELIEF = (1.0, 1.0, 1.0, 1.0, *_COUNTED_BELIEF[1:])

#: Counts and proportions. Everyone leans a little; a pool can say that few lean much, not that
#: nobody does: in eight years of 200 a year two per cent a year cannot be told from nought.
COUNTED = Dials(
    volatility=_COUNTED,
    volatility_belief=_COUNTED_BELIEF,
    slope=(0.015, 0.06),
    slope_belief=(1.0, 1.0),
    leap=(0.005, 0.015, 0.03, 0.06),
    leap_belief=(0.1, 1.0, 1.0, 0.9),
    one_off=0.03,
    noise=(0.1, 0.2, 0.35, 0.6, 1.0, 1.5, 2.2, 3.3, 5.0),
)
#: Boards beside the rest of their city. There are hundreds of them, so that a leap can be known to
#: be rarer than a city's few series can say.
BOARDS = replace(
    COUNTED, leap=(0.0005, 0.002, 0.008, 0.03), leap_belief=(1.0, 1.0, 1.0, 1.0), one_off=0.02
)
#: Means, whose sampling variance is known.
MEANS = Dials(
    volatility=_COUNTED,
    volatility_belief=_COUNTED_BELIEF,
    slope=(0.0, 0.02, 0.06),
    slope_belief=(0.7, 0.15, 0.15),
    leap=(0.002, 0.01, 0.03),
    leap_belief=(3.0, 1.0, 0.5),
    one_off=0.015,
    prior_series=2.0,
)
#: Amounts, prices and indices, without sampling noise.
AMOUNTS = replace(MEANS, volatility=_AMOUNTS, volatility_belief=_AMOUNTS_BELIEF)

_POSITIVE = ("relevant_change", "prior_shape", "breakeven_ceiling", "stability_relevant_change")
_LEAST = {
    "focus_minimum_change": 0,
    "current_within_years": 0,
    "board_minimum_change": 0,
    "board_minimum_count": 0,
    "shock_minimum_change": 0,
    "minimum_history": 1,
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
        counted: what is pooled of counts and proportions.
        boards: the same of boards beside the rest of their city.
        means: the same of means.
        amounts: the same of amounts.
        prior_shape: shape a0 of the gamma-Poisson start, and both parameters of the beta start;
            1/2 is Jeffreys'.
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
    counted: Dials = COUNTED
    boards: Dials = BOARDS
    means: Dials = MEANS
    amounts: Dials = AMOUNTS
    prior_shape: float = 0.5
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

    def places(self) -> tuple[str, ...]:
        """Geographies an indicator may be tested in, the municipality first."""
        county_digits = 2
        context = self.context_geographies or (self.geography_id[:county_digits], "SE")
        return (self.geography_id, *context)
