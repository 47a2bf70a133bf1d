"""Whether the engine's models fit this municipality's own past.

The size of every test rests on what is pooled: how restless levels are, how heavy their tails. So
each of the latest years before the report year is foretold from what came before it, as the report
year itself is, and the values are held against what was foretold. The report year has no say:
what deviates there is what is looked for. Beside that stands how much weight the largest volatility
that is tried has got, since much of it says that a larger one should be.

What does not belong here: the measures (``statistics/fit.py``), and what follows from a bad fit.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from orchestration.deviation.board_changes import judged_boards
from orchestration.deviation.findings import Context
from orchestration.deviation.pools import JudgedSeries, ModelKind, in_scope, judge_series
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.deviation.twins import without_twins
from orchestration.findings.codes import Tested
from orchestration.findings.records import ModelFit
from orchestration.indicators.catalogue import Catalogue
from orchestration.statistics.fit import fit_of


@dataclass(frozen=True)
class FitSettings:
    """How a fit is judged.

    Attributes:
        years: so many years before the report year are foretold anew.
        board_years: the same of boards, of which there are hundreds.
        least_history: a value with fewer earlier ones says more of its own first years than of
            what is pooled.
        least_votes: with fewer independent values nothing is said.
        tail_below: two-sided p-value of the tails; findings are made about there.
        alpha: how often a model that is right may exceed a limit. A municipality has six models.
        most_weight_at_the_end: of the largest volatility that is tried.
    """

    years: int = 4
    board_years: int = 1
    least_history: int = 2
    least_votes: float = 10.0
    tail_below: float = 0.01
    alpha: float = 0.001
    most_weight_at_the_end: float = 0.1


@dataclass(frozen=True)
class _Of:
    """What is judged alike: a model, for the whole or for boards."""

    tested: Tested
    kind: ModelKind


def model_fits(
    series: Sequence[Series],
    catalogue: Catalogue,
    year: int,
    settings: DeviationSettings,
    *,
    fit: FitSettings,
    successors: Mapping[str, str] | None = None,
) -> list[ModelFit]:
    """Foretell the years before the report year, and say how well it went.

    Args:
        series: yearly series of any geography and breakdown.
        catalogue: indicators and what is registered.
        year: the report year.
        settings: of the engine.
        fit: how a fit is judged.
        successors: the board that took over, by the board that ceased.

    Returns:
        A row for each model that had values enough.
    """
    found: dict[_Of, list[tuple[int, JudgedSeries]]] = {}
    latest: dict[_Of, float] = {}
    for then in range(year - 1, year - fit.years - 1, -1):
        context = Context(catalogue, then, settings, successors or {})
        scope, _ = without_twins(in_scope(series, catalogue, then, settings), catalogue)
        tested, _ = judge_series(scope, catalogue, then, settings)
        judged = [(_Of(Tested.WHOLE, one.kind), one) for one in tested]
        if then >= year - fit.board_years:
            boards = judged_boards(series, tested, context)
            judged += [(_Of(Tested.BOARDS, one.kind), one) for one in boards]
        for of, one in judged:
            latest.setdefault(of, one.fit.weight_at_the_end)
            if one.history_years >= fit.least_history:
                found.setdefault(of, []).append((then, one))
    of_year = Context(catalogue, year, settings)
    rows = [_row(of, values, latest[of], of_year, fit) for of, values in found.items()]
    return sorted((row for row in rows if row is not None), key=lambda row: (row.tested, row.model))


def _row(
    of: _Of,
    values: Sequence[tuple[int, JudgedSeries]],
    at_the_end: float,
    context: Context,
    fit: FitSettings,
) -> ModelFit | None:
    counted = [
        (then, context.catalogue.clusters[one.series.indicator_id], one.series.geography_id)
        for then, one in values
    ]
    times = Counter(counted)
    votes = np.array([1.0 / times[each] for each in counted])
    if votes.sum() < fit.least_votes:
        return None
    measured = fit_of(
        np.array([one.p_down for _, one in values]),
        np.array([one.p_value for _, one in values]),
        votes,
        tail_below=fit.tail_below,
        alpha=fit.alpha,
    )
    years = [then for then, _ in values]
    return ModelFit(
        geography_id=context.settings.geography_id,
        tested=of.tested,
        model=str(of.kind),
        period_start=date(context.year, 1, 1),
        year_from=min(years),
        year_to=max(years),
        p_values=measured.values,
        independent=measured.votes,
        distance=measured.distance,
        distance_limit=measured.distance_limit,
        tail=measured.tail,
        tail_limit=measured.tail_limit,
        weight_at_the_end=at_the_end,
        weight_limit=fit.most_weight_at_the_end,
        fits=measured.holds and at_the_end <= fit.most_weight_at_the_end,
    )
