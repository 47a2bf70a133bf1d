"""Cases about children beside the means of the stadsdel where they live.

Estimands 5.7 to 5.9. A stadsdel is held against what its board's level and its own index give, by
a fit of all the others. Cases of one child come together: the count of a stadsdel varies more than
Poisson's, by as much as the children's own numbers of cases say. One year is too short to tell a
stadsdel of a few hundred cases from the rest, so that it is held by the year and the two before.

What does not belong here: what is said of a child from where it lives; these are of places.

References: Breslow (1984), J. R. Stat. Soc. C 33:38 (extra-Poisson variation); Neuhaus &
Kalbfleisch (1998), Biometrics 54:638 (within and between); Rosner (1983), Technometrics 25:165;
Anscombe (1948), Biometrika 35:246 (root).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.analyses.rows import (
    FALSE_DISCOVERY_RATE,
    LEAST_BOARDS,
    LEAST_EVENTS,
    LEVEL,
    REACH,
    Rows,
    Unidentified,
)
from orchestration.findings.codes import Shortfall
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.multiplicity import benjamini_hochberg
from orchestration.statistics.regression import few_clusters

#: Index units that a ratio is told for.
UNITS = 10.0
_STEPS = 40
_SETTLED = 1e-10
#: Stadsdelar that may be set aside, how many of a board must remain, and how often it is tried.
_MOST_ASIDE = 8
_LEAST_LEFT = 2
_ROUNDS = 6
#: The median of a standard normal number's size.
_MIDDLE = 0.6744897501960817
_LEAST_DISTRICTS = 12


@dataclass(frozen=True, eq=False)
class Districts:
    """One row a stadsdel.

    Attributes:
        board: (D,), codes of the boards of the year; -1 where there is none.
        index: (D,), socioeconomic, higher where the means are larger.
        children: (D,), who live there.
        cases: (D,), of the year.
        child_years: (D,), children of the years by which it is held, summed.
        observed: (D,), cases of those years.
        squared: (D,), sum over children of their cases in those years squared.
        names: of the stadsdelar.
        boards: geography ids of the boards, or of those that they are now.
    """

    board: IntArray
    index: FloatArray
    children: FloatArray
    cases: FloatArray
    child_years: FloatArray
    observed: FloatArray
    squared: FloatArray
    names: tuple[str, ...]
    boards: tuple[str, ...]

    @property
    def usable(self) -> BoolArray:
        """(D,), stadsdelar with children and a board."""
        return np.asarray((self.children > 0) & (self.child_years > 0) & (self.board >= 0))


@dataclass(frozen=True, eq=False)
class Held:
    """Each stadsdel against what the others' fit gives it; every array (D,), nan where not held.

    Attributes:
        expected: cases of the years that are held.
        ratio: observed over expected.
        lower: lower limit of the ratio.
        upper: upper limit.
        p_values: two-sided.
        q_values: by Benjamini-Hochberg.
    """

    expected: FloatArray
    ratio: FloatArray
    lower: FloatArray
    upper: FloatArray
    p_values: FloatArray
    q_values: FloatArray

    def verdict(self, at: int) -> str:
        """Whether a stadsdel has more or fewer cases than foretold."""
        if not self.q_values[at] <= FALSE_DISCOVERY_RATE:
            return "alike"
        return "above" if self.ratio[at] > 1 else "below"


def analyse(rows: Rows, districts: Districts | None) -> None:
    """5.7 to 5.9."""
    if districts is None or districts.names == ():
        for number in (7, 8, 9):
            rows.add(
                f"5.{number}", None, unit="ratio", method_id="districts",
                shortfall=Shortfall.NO_REGISTER,
            )  # fmt: skip
        return
    with rows.attempt("5.7", "5.8", unit="ratio", method_id="within_between"):
        slopes(rows, districts)
    with rows.attempt("5.9", unit="ratio", method_id="districts"):
        _deviating(rows, districts, held(districts))


def board_means(districts: Districts) -> FloatArray:
    """(D,), the index of each stadsdel's board, weighted by children."""
    weight = districts.children * districts.usable
    of = np.maximum(districts.board, 0)
    number = max(len(districts.boards), 1)
    total = np.bincount(of, weight, minlength=number)
    mean = np.bincount(of, weight * districts.index, minlength=number) / np.maximum(total, 1e-9)
    return np.asarray(mean[of])


def slopes(rows: Rows, districts: Districts) -> None:
    """5.7 and 5.8: how cases follow the index, between boards and within them.

    Raises:
        Unidentified: there are too few stadsdelar or boards.
    """
    mine = _enough(districts, districts.cases)
    n, children, board = districts.cases[mine], districts.children[mine], districts.board[mine]
    index, mean = districts.index[mine] / UNITS, board_means(districts)[mine] / UNITS
    ones = np.ones(n.size)
    one = np.column_stack([ones, index])
    two = np.column_stack([ones, mean, index - mean])
    for estimand, design, contrast in (
        ("5.7", one, (0.0, 1.0)),
        ("5.8_between", two, (0.0, 1.0, 0.0)),
        ("5.8_within", two, (0.0, 0.0, 1.0)),
        ("5.8", two, (0.0, -1.0, 1.0)),
    ):
        weights = np.array(contrast)
        beta, expected, _ = leave_out(n, children, design, np.ones((1, n.size)))
        root = np.sqrt(expected[0])
        found = few_clusters(
            design * root[:, None],
            (n - expected[0]) / root,
            board,
            contrast=weights,
            estimate=float(weights @ beta[0]),
            level=LEVEL,
        )
        verdict = None
        if estimand == "5.8":
            verdict = "not_shown"
            if found.upper < 0:
                verdict = "fewer_than_foretold"
            elif found.lower > 0:
                verdict = "more_than_foretold"
        rows.add(
            estimand,
            float(np.exp(found.estimate)),
            (float(np.exp(found.lower)), float(np.exp(found.upper)), found.standard_error),
            unit="ratio",
            method_id="within_between",
            observations=float(n.size),
            events=float(n.sum()),
            p_value=found.p_value,
            verdict=verdict,
        )


def _enough(districts: Districts, cases: FloatArray) -> BoolArray:
    mine = districts.usable
    if mine.sum() < _LEAST_DISTRICTS or np.unique(districts.board[mine]).size < LEAST_BOARDS:
        raise Unidentified(Shortfall.FEW_GROUPS)
    if cases[mine].sum() < LEAST_EVENTS * mine.sum():
        raise Unidentified(Shortfall.FEW_EVENTS)
    return mine


def leave_out(
    counts: FloatArray, exposure: FloatArray, design: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log-linear fits of counts over an exposure, each with weights of its own.

    Args:
        counts: (D,).
        exposure: (D,), positive.
        design: (D, P).
        weights: (R, D), nought for what a fit leaves out.

    Returns:
        Coefficients (R, P), expected counts of all rows (R, D), and each row's variance of the
        fitted log rate (R, D), for Poisson's counts.
    """
    start = np.log((weights @ counts) / (weights @ exposure))
    beta = np.zeros((weights.shape[0], design.shape[1]))
    # The mean rate, as the design has it: by a weighted projection of a constant.
    projected, *_ = np.linalg.lstsq(design, np.ones(design.shape[0]), rcond=None)
    beta += start[:, None] * projected
    covariance = np.zeros((weights.shape[0], design.shape[1], design.shape[1]))
    for _ in range(_STEPS):
        mean = exposure * np.exp(np.clip(beta @ design.T, -30.0, 30.0))
        score = (weights * (counts - mean)) @ design
        information = np.einsum("rd,dp,dq->rpq", weights * mean, design, design, optimize=True)
        ridge = 1e-10 * np.trace(information, axis1=1, axis2=2)[:, None, None]
        covariance = np.linalg.inv(information + ridge * np.eye(design.shape[1]))
        step = np.einsum("rpq,rq->rp", covariance, score)
        beta = beta + np.clip(step, -2.0, 2.0)
        if np.max(np.abs((step * score).sum(axis=1))) < _SETTLED:
            break
    mean = exposure * np.exp(np.clip(beta @ design.T, -30.0, 30.0))
    line = np.einsum("dp,rpq,dq->rd", design, covariance, design, optimize=True)
    return beta, mean, line


def held(districts: Districts) -> Held:
    """5.9: each stadsdel against its board's level and its own index, by a fit of the others.

    Raises:
        Unidentified: there are too few stadsdelar or boards.
    """
    mine = np.flatnonzero(_enough(districts, districts.observed))
    n, child_years = districts.observed[mine], districts.child_years[mine]
    present, board = np.unique(districts.board[mine], return_inverse=True)
    above = (districts.index - board_means(districts))[mine] / UNITS
    design = np.column_stack([board[:, None] == np.arange(present.size), above]).astype(np.float64)
    # Of a board with one stadsdel nothing is left to foretell it by.
    alone = np.bincount(board)[board] < 2  # noqa: PLR2004 - another than itself
    together = float(districts.squared[mine].sum() / max(n.sum(), 1.0))
    # Those that deviate pull the others' level towards themselves, so that they are set aside and
    # everything is held anew against what remains, until the same ones stay out.
    aside: list[int] = []
    for _ in range(_ROUNDS):
        expected, vague = _of_rest(n, child_years, design, together, aside)
        p, wider = _judged(n, expected, vague, together)
        p[alone] = np.nan
        q = np.full(p.size, np.nan)
        q[~alone] = benjamini_hochberg(p[~alone])
        found = _set_aside(p, q, board)
        if found == aside:
            break
        aside = found
    lower, upper = _limits(n, expected, vague, together, wider)
    told = ~alone & np.isfinite(upper)

    def everywhere(values: FloatArray) -> FloatArray:
        out = np.full(districts.cases.size, np.nan)
        out[mine] = np.where(told, values, np.nan)
        return out

    return Held(*(everywhere(each) for each in (expected, n / expected, lower, upper, p, q)))


def _set_aside(p: FloatArray, q: FloatArray, board: IntArray) -> list[int]:
    """Those that surely deviate, the surest first; of a board at least two others remain."""
    left = np.bincount(board)
    chosen: list[int] = []
    for at in np.argsort(np.where(np.isnan(p), 2.0, p)):
        if not q[at] <= FALSE_DISCOVERY_RATE or len(chosen) == _MOST_ASIDE:
            break
        if left[board[at]] > _LEAST_LEFT:
            left[board[at]] -= 1
            chosen.append(int(at))
    return sorted(chosen)


def _of_rest(
    n: FloatArray, child_years: FloatArray, design: FloatArray, together: float, aside: list[int]
) -> tuple[FloatArray, FloatArray]:
    """Expected cases of a fit without each, and the variance of its logarithm."""
    weights = 1.0 - np.eye(n.size)
    weights[:, aside] = 0.0
    _, mean, line = leave_out(n, child_years, design, weights)
    return np.diag(mean).copy(), np.maximum(np.diag(line), 0.0) * together


def _judged(
    n: FloatArray, expected: FloatArray, vague: FloatArray, together: float
) -> tuple[FloatArray, float]:
    """P-values, and by how much stadsdelar lie farther apart than chance puts them.

    On the scale of roots, where a count that varies by so much around its mean is as far from it
    above as below: on that of logarithms too many small stadsdelar would have too few cases. What
    lies between stadsdelar beyond chance is told by the middle of them: those that deviate are
    few, and have no say in it.
    """
    apart = 2.0 * (np.sqrt(n + together / 4.0) - np.sqrt(expected))
    z = apart / np.sqrt(together + expected * vague)
    wider = max(float(np.median(np.abs(z)) / _MIDDLE), 1.0)
    return np.asarray(2.0 * special.ndtr(-np.abs(z) / wider)), wider


def _limits(
    n: FloatArray, expected: FloatArray, vague: FloatArray, together: float, wider: float
) -> tuple[FloatArray, FloatArray]:
    """Ratios that the same test would not reject; infinite where the others foretell nothing."""
    reach = np.square(REACH * wider / 2.0)
    root, rest = np.sqrt(n + together / 4.0), 1.0 - reach * vague
    surplus = n + together / 4.0 - reach * together
    half = np.sqrt(np.maximum(np.square(root) - rest * surplus, 0.0))
    lower = np.maximum(surplus, 0.0) / (root + half)
    upper = np.where(rest > 0, (root + half) / np.where(rest > 0, rest, 1.0), np.inf)
    return np.square(lower) / expected, np.square(upper) / expected


def _deviating(rows: Rows, districts: Districts, found: Held) -> None:
    deviating = 0
    for at, name in enumerate(districts.names):
        known = np.isfinite(found.ratio[at])
        verdict = found.verdict(at)
        deviating += verdict != "alike"
        rows.add(
            "5.9",
            float(found.ratio[at]) if known else None,
            (float(found.lower[at]), float(found.upper[at]), float("nan")) if known else None,
            unit="ratio",
            method_id="districts",
            breakdown="area",
            category=name,
            observations=float(districts.child_years[at]),
            events=float(districts.observed[at]),
            p_value=float(found.p_values[at]),
            q_value=float(found.q_values[at]),
            verdict=verdict if known else None,
            shortfall=None if known else Shortfall.FEW_GROUPS,
        )
    rows.add(
        "5.9_deviating",
        float(deviating),
        unit="count",
        method_id="districts",
        observations=float(np.isfinite(found.ratio).sum()),
    )
