"""Estimates held against the truths of the world that they are of."""

from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.analyses.rows import Rows
from orchestration.findings.estimates import AnalysisResult
from tests.truths.worlds import Truth


@dataclass(frozen=True)
class Hit:
    """One interval held against its truth; the error is relative to the truth where it has size."""

    world: str
    estimand: str
    truth: float
    estimate: float
    covered: bool


def hits(world: str, rows: Rows, truths: Iterable[Truth]) -> list[Hit]:
    """Every truth of a world against the estimate of the same name; one that is lacking misses."""
    found = {(each.estimand_id, each.category): each for each in rows.results}
    return [
        hit(world, truth, found[truth.estimand, truth.category])
        for truth in truths
        if (truth.estimand, truth.category) in found
    ]


def hit(world: str, truth: Truth, seen: AnalysisResult) -> Hit:
    value = float("nan") if seen.estimate is None else seen.estimate
    low, high = seen.ci_lower, seen.ci_upper
    covered = low is not None and high is not None and low <= truth.value <= high
    return Hit(world, truth.estimand, truth.value, value, covered)
