r"""Regressions of cells and persons, with errors that know which rows belong together.

Rows that share all covariates are one cell with a weight, so that a register's household months
become some hundreds of rows. Errors are of clusters: many households, where the sandwich holds; or
a dozen boards, where it does not, and the covariance is corrected (CR2) with degrees of freedom of
its own, or the residuals' signs are drawn again by board (wild bootstrap).

A coefficient is seldom what is asked for. What would have been, had one thing been as it was and
all else as it became, is computed by predicting for each cell and averaging (standardisation).

statsmodels is imported inside the functions: its modules cost half a second that no command should
pay for before it needs them.

What does not belong here: refitting the same design many times (`batched`), which covariates a
question needs, and thresholds for when there is too little data.

References: Liang & Zeger (1986), Biometrika 73:13; Bell & McCaffrey (2002), Surv. Methodol. 28:169
(CR2 and its degrees of freedom); Cameron, Gelbach & Miller (2008), Rev. Econ. Stat. 90:414 (wild
bootstrap); Robins (1986), Math. Model. 7:1393 (g-computation); Chamberlain (1980), Rev. Econ. Stud.
47:225 (conditional logit); Li, Morgan & Zaslavsky (2018), J. Am. Stat. Assoc. 113:390 (overlap
weights); Newey & West (1987), Econometrica 55:703.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, sparse, special

from orchestration.statistics import batched
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.labels import combined, distinct, first_rows
from orchestration.statistics.resampling import REPLICATES

#: Eigenvalues closer to nought, or to one, than this are so.
_NOUGHT = 1e-10
Family = Literal["binomial", "poisson", "gamma", "gaussian"]


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows that share all covariates, as one.

    Attributes:
        levels: (C,) each, value of every covariate in every cell.
        of_row: (N,), the cell of each row.
    """

    levels: Mapping[str, IntArray]
    of_row: IntArray

    @property
    def number(self) -> int:
        """How many cells."""
        return next(iter(self.levels.values())).size

    def totals(self, values: FloatArray | None = None) -> FloatArray:
        """Sum of a value in each cell, or how many rows it has; (C,)."""
        out: FloatArray = np.bincount(self.of_row, values, minlength=self.number).astype(np.float64)
        return out


def cells_of(columns: Mapping[str, IntArray]) -> Cells:
    """Gather rows into cells.

    Args:
        columns: (N,) each, codes; at least one column.
    """
    of_row = combined(columns.values())
    first = first_rows(of_row)
    return Cells({name: column[first] for name, column in columns.items()}, of_row)


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of a regression, (C, P), and their names."""

    matrix: FloatArray
    names: tuple[str, ...]

    def columns(self, start: str) -> list[int]:
        """Places of the columns whose names begin so."""
        return [at for at, name in enumerate(self.names) if name.startswith(start)]


def design_matrix(formula: str, levels: Mapping[str, IntArray | FloatArray]) -> Design:
    """Columns of a formula (formulaic's grammar), without those that the cells cannot tell apart.

    Args:
        formula: such as ``C(band) + C(year)``; a covariate of one level is left out by itself.
        levels: (C,) each.
    """
    import pandas as pd  # noqa: PLC0415 - costs a second
    from formulaic import model_matrix  # noqa: PLC0415

    made = model_matrix(formula, pd.DataFrame({k: np.asarray(v) for k, v in levels.items()}))
    matrix = np.asarray(made, dtype=np.float64)
    _, triangle = np.linalg.qr(matrix)
    size = np.abs(np.diag(triangle))
    kept = size > size.max() * 1e-9
    names = tuple(name for name, yes in zip(made.columns, kept, strict=True) if yes)
    return Design(np.ascontiguousarray(matrix[:, kept]), names)


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted regression.

    Attributes:
        coefficients: (P,).
        covariance: (P, P).
        mean: (C,), fitted on the scale of the response.
        dispersion: chi-square over degrees of freedom.
    """

    coefficients: FloatArray
    covariance: FloatArray
    mean: FloatArray
    dispersion: float

    @property
    def standard_errors(self) -> FloatArray:
        """(P,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)), dtype=np.float64)


def fit_glm(
    response: FloatArray,
    design: FloatArray,
    family: Family,
    *,
    weights: FloatArray | None = None,
    clusters: IntArray | None = None,
) -> Fit:
    """Fit a generalised linear model (statsmodels).

    Binomial and gaussian by their canonical links, the others by the logarithm.

    Args:
        response: (C,), a share for the binomial.
        design: (C, P).
        family: of the response.
        weights: (C,), how many rows each stands for.
        clusters: (C,), numbers; the errors are of clusters where given.

    Raises:
        ValueError: it cannot be fitted.
    """
    from statsmodels.genmod import families  # noqa: PLC0415
    from statsmodels.genmod.generalized_linear_model import GLM  # noqa: PLC0415

    of = {
        "binomial": families.Binomial,
        "poisson": families.Poisson,
        "gamma": lambda: families.Gamma(families.links.Log()),
        "gaussian": families.Gaussian,
    }[family]()
    how = {} if clusters is None else {"cov_type": "cluster", "cov_kwds": {"groups": clusters}}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = GLM(response, design, family=of, freq_weights=weights).fit(**how)
    except (np.linalg.LinAlgError, ValueError, FloatingPointError) as error:
        raise ValueError(f"the regression cannot be fitted: {error}") from error
    if not np.all(np.isfinite(found.params)):
        raise ValueError("the regression cannot be fitted")
    return Fit(
        np.asarray(found.params, dtype=np.float64),
        np.asarray(found.cov_params(), dtype=np.float64),
        np.asarray(found.fittedvalues, dtype=np.float64),
        float(found.pearson_chi2 / max(found.df_resid, 1)),
    )


def fit_clustered_logistic(
    events: sparse.csr_array, trials: sparse.csr_array, design: FloatArray
) -> Fit:
    """Logistic regression of cells, with errors of clusters that lie across the cells.

    The fit needs the cells alone; the sandwich needs what each cluster has in each, which is a
    sparse table and no row is repeated.

    Args:
        events: (G, C), of each cluster in each cell.
        trials: (G, C).
        design: (C, P).

    Raises:
        ValueError: it cannot be fitted.
    """
    y, n = (np.asarray(each.sum(axis=0), dtype=np.float64).ravel() for each in (events, trials))
    beta = batched.logistic(y[None], n[None], design)[0]
    mean = special.expit(design @ beta)
    scores = np.asarray(events @ design - trials @ (mean[:, None] * design))
    spread = n * mean * (1 - mean)
    bread = _inverse((design * spread[:, None]).T @ design)
    many = scores.shape[0]
    meat = scores.T @ scores * many / max(many - 1, 1)
    used = spread > 0
    chi_square = float(np.sum(np.square(y - n * mean)[used] / spread[used]))
    dispersion = chi_square / max(int(used.sum()) - design.shape[1], 1)
    return Fit(beta, bread @ meat @ bread, mean, dispersion)


def mixture_swapped(
    rates: FloatArray, sizes: FloatArray, other_sizes: FloatArray, strata: IntArray
) -> FloatArray:
    """The common rate, had the strata been of other sizes and all else inside them the same.

    Args:
        rates: (..., C), of each cell.
        sizes: (..., C), of each cell: they say what a stratum consists of.
        other_sizes: (..., C), whose shares of the strata are taken.
        strata: (C,), stratum of each cell, from 0.

    Returns:
        (...,); nan where a stratum of the others is empty here.
    """
    of = np.eye(int(strata.max()) + 1)[strata]
    own, others, events = sizes @ of, other_sizes @ of, (sizes * rates) @ of
    with np.errstate(invalid="ignore", divide="ignore"):
        within = np.where(others > 0, events / own, 0.0)
    return np.asarray((others * within).sum(axis=-1) / others.sum(axis=-1), dtype=np.float64)


def conditional_logit(
    groups: IntArray, outcome: IntArray, covariates: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Log odds ratios within groups; what never differs inside a group cannot matter.

    The likelihood of a group, given how many events it has, is found by a recursion over its rows,
    for all groups at once.

    Args:
        groups: (N,), numbers.
        outcome: (N,), 0 or 1.
        covariates: (N, P), without a constant.

    Returns:
        (P,) coefficients and their (P, P) covariance.

    Raises:
        ValueError: no group has both outcomes, or nothing in them differs.
    """
    place = distinct(groups)[1]
    size = np.bincount(place)
    events = np.bincount(place, outcome, minlength=size.size).astype(np.int64)
    mixed = (events > 0) & (events < size)
    if not mixed.any():
        raise ValueError("no group has both outcomes")
    mixed &= np.bincount(place, _differs(place, covariates)) > 0
    if not mixed.any():
        raise ValueError("a covariate does not differ within any group")
    kept = mixed[place]
    x, y = covariates[kept], outcome[kept]
    of = (np.cumsum(mixed) - 1)[place[kept]]
    chosen = np.zeros((int(mixed.sum()), x.shape[1]))
    np.add.at(chosen, of, x * y[:, None])
    alike = _alike(of, x, events[mixed])
    table, there, events, which = alike.rows, alike.there, alike.events, alike.which
    weight = np.bincount(which)
    width, deep = table.shape[1], int(events.max())
    everyone = np.arange(events.size)
    all_chosen = chosen.sum(axis=0)

    def expected(beta: FloatArray) -> tuple[FloatArray, FloatArray]:
        odds = np.exp(np.clip(table @ beta, -20.0, 20.0)) * there
        ways = np.zeros((events.size, deep + 1))
        ways[:, 0] = 1.0
        slope = np.zeros((events.size, deep + 1, beta.size))
        for j in range(width):
            u, z = odds[:, j, None], table[:, j, None, :]
            slope[:, 1:] += u[..., None] * (slope[:, :-1] + ways[:, :-1, None] * z)
            ways[:, 1:] += u * ways[:, :-1]
        total = ways[everyone, events]
        return np.asarray(np.log(total)), slope[everyone, events] / total[:, None]

    def loss(beta: FloatArray) -> tuple[float, FloatArray]:
        total, mean = expected(beta)
        value = float(all_chosen @ beta - weight @ total)
        return -value / which.size, -(all_chosen - weight @ mean) / which.size

    def information(beta: FloatArray) -> FloatArray:
        own = chosen - expected(beta)[1][which]
        found: FloatArray = own.T @ own
        if np.linalg.matrix_rank(found) < beta.size:
            raise ValueError("a covariate does not differ within any group")
        return found

    start = np.zeros(x.shape[1])
    # How the likelihood bends at the start saves most of the search for it.
    bent = _inverse(information(start) / which.size)
    found = optimize.minimize(
        loss, start, jac=True, method="BFGS", options={"hess_inv0": (bent + bent.T) / 2}
    )
    beta = np.asarray(found.x, dtype=np.float64)
    return beta, _inverse(information(beta))


def _differs(place: IntArray, covariates: FloatArray) -> BoolArray:
    """(N,), whether a row's covariates differ from those of the first row of its group.

    A group where none differs has the same likelihood whatever the coefficients are.
    """
    return np.asarray(np.any(covariates != covariates[first_rows(place)[place]], axis=1))


@dataclass(frozen=True, eq=False)
class _Alike:
    """Groups of the same rows and as many events, which have one likelihood: each kind once.

    Attributes:
        rows: (U, W, P), the covariates of its rows, nought where it has fewer.
        there: (U, W), 1 where there is a row.
        events: (U,).
        which: (G,), which kind each group is.
    """

    rows: FloatArray
    there: FloatArray
    events: IntArray
    which: IntArray


def _alike(groups: IntArray, covariates: FloatArray, events: IntArray) -> _Alike:
    kinds, kind = np.unique(covariates, axis=0, return_inverse=True)
    counted = np.zeros((events.size, kinds.shape[0] + 1), dtype=np.int64)
    wide = counted.shape[1]
    counted += np.bincount(groups * wide + kind.ravel(), minlength=counted.size).reshape(-1, wide)
    counted[:, -1] = events
    which = combined(counted.T)
    alike = counted[first_rows(which)]
    times = alike[:, :-1]
    size = times.sum(axis=1)
    row = np.repeat(np.arange(size.size), size)
    at = np.arange(row.size) - np.repeat(np.cumsum(size) - size, size)
    rows = np.zeros((size.size, int(size.max()), covariates.shape[1]))
    rows[row, at] = kinds[np.repeat(np.tile(np.arange(kinds.shape[0]), size.size), times.ravel())]
    there = np.zeros(rows.shape[:2])
    there[row, at] = 1.0
    return _Alike(rows, there, alike[:, -1], which)


@dataclass(frozen=True)
class FewClusters:
    """A linear contrast when there are few clusters.

    Attributes:
        estimate: of the contrast.
        standard_error: CR2.
        df: Bell & McCaffrey's.
        lower: lower limit.
        upper: upper limit.
        p_value: two-sided.
    """

    estimate: float
    standard_error: float
    df: float
    lower: float
    upper: float
    p_value: float


def few_clusters(
    design: FloatArray,
    residual: FloatArray,
    clusters: IntArray,
    *,
    contrast: FloatArray,
    estimate: float,
    level: float,
) -> FewClusters:
    """Error of a contrast of least-squares coefficients, corrected for few clusters (CR2).

    Each cluster's residuals are made as large as they would be if it had not pulled the fit to
    itself. For a GLM with a log link and constant coefficient of variation the working residuals
    (y - mu) / mu take their place.

    Args:
        design: (N, P).
        residual: (N,).
        clusters: (N,), numbers.
        contrast: (P,).
        estimate: of the contrast.
        level: coverage.

    Raises:
        ValueError: there are fewer than two clusters.
    """
    place = distinct(clusters)[1]
    number = int(place.max()) + 1
    if number < 2:  # noqa: PLR2004 - one cluster has no spread
        raise ValueError("errors of clusters need two clusters")
    bread = _inverse(design.T @ design)
    half = _root(bread)
    towards = bread @ contrast
    pulls = np.zeros(number)
    # Columns of the clusters' weights, projected: their products give the degrees of freedom.
    weights = np.zeros((number, design.shape[1]))
    sizes = np.zeros(number)
    for cluster in range(number):
        own = place == cluster
        x = design[own]
        # (I - H)^(-1/2) of the cluster, in the space that its columns span; where the cluster alone
        # decides a coefficient its residuals are nought, and stay so.
        values, vectors = np.linalg.eigh(half @ (x.T @ x) @ half)
        alone, spanned = values > 1.0 - _NOUGHT, values > _NOUGHT
        grown = np.where(alone, 0.0, 1.0 / np.sqrt(np.where(alone, 1.0, 1.0 - values)))
        scale = np.where(spanned, (grown - 1.0) / np.where(spanned, values, 1.0), 0.0)
        inner = half @ (vectors * scale) @ vectors.T @ half
        a = x @ towards
        adjusted = a + x @ (inner @ (x.T @ a))
        pulls[cluster] = adjusted @ residual[own]
        weights[cluster] = x.T @ adjusted
        sizes[cluster] = adjusted @ adjusted
    variance = float(np.square(pulls).sum())
    # Products of clusters' weights with (I - H) between them, if all rows had one variance.
    products = np.diag(sizes) - weights @ bread @ weights.T
    df = float(np.trace(products) ** 2 / np.square(products).sum())
    return student_limits(estimate, float(np.sqrt(variance)), df, level)


def student_limits(estimate: float, standard_error: float, df: float, level: float) -> FewClusters:
    """Limits and p-value by Student's t.

    Args:
        estimate: of what.
        standard_error: of it.
        df: degrees of freedom.
        level: coverage.
    """
    reach = float(special.stdtrit(df, (1 + level) / 2)) * standard_error
    p = float("nan")
    if standard_error > 0:
        p = 2.0 * float(special.stdtr(df, -abs(estimate) / standard_error))
    return FewClusters(estimate, standard_error, df, estimate - reach, estimate + reach, p)


def _inverse(matrix: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _root(matrix: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T, dtype=np.float64)


def wild_cluster_p_value(
    design: FloatArray,
    response: FloatArray,
    clusters: IntArray,
    coefficient: int,
    *,
    random: np.random.Generator,
    replicates: int = REPLICATES,
) -> float:
    """Two-sided p-value that one least-squares coefficient is nought, signs drawn by cluster.

    Residuals are of the fit without the coefficient, as Cameron, Gelbach & Miller advise.

    Args:
        design: (N, P).
        response: (N,).
        clusters: (N,), numbers.
        coefficient: which.
        random: where the signs come from.
        replicates: R.
    """
    place = distinct(clusters)[1]
    number = int(place.max()) + 1
    bread = np.linalg.inv(design.T @ design)
    without = np.delete(design, coefficient, axis=1)
    fitted = without @ np.linalg.lstsq(without, response, rcond=None)[0]
    restricted = response - fitted
    signs = random.choice([-1.0, 1.0], size=(replicates, number))
    towards = design @ bread[coefficient]
    # Per cluster: X'u and its pull on the coefficient, from which every draw is a product.
    score = np.zeros((number, design.shape[1]))
    np.add.at(score, place, design * restricted[:, None])
    shape = np.zeros((number, design.shape[1]))
    np.add.at(shape, place, design * towards[:, None])
    pull = np.bincount(place, towards * restricted, minlength=number)
    beta = signs @ (score @ bread)
    spread = np.sqrt(np.square(signs * pull - beta @ shape.T).sum(axis=1))
    real = bread @ (design.T @ restricted)
    own = np.sqrt(np.square(pull - shape @ real).sum())
    t, drawn = real[coefficient] / own, beta[:, coefficient] / spread
    return float((1 + (np.abs(drawn) >= abs(t) - 1e-12).sum()) / (replicates + 1))


def standardised_difference(
    response: FloatArray,
    group: IntArray,
    covariates: FloatArray,
    clusters: IntArray,
    *,
    level: float,
    common: FloatArray | None = None,
) -> FewClusters:
    """Difference of two groups' means, had both had the second's covariates.

    A gamma regression with a log link (the spread grows with the mean), with coefficients of each
    group's own: an effect that is so many hours more at every level is no constant factor, and one
    coefficient for the group would be wrong about it. Predicted for each of the second group as if
    of either.

    Args:
        response: (N,), positive.
        group: (N,), 1 for the first group, 0 for the second, whose mix is the standard.
        covariates: (N, P), the first column ones.
        clusters: (N,).
        level: coverage.
        common: (N, Q), covariates with one coefficient for both groups, such as boards.

    Raises:
        ValueError: it cannot be fitted, or there is one cluster.
    """
    shared = np.zeros((group.size, 0)) if common is None else common

    def of(first: FloatArray, rows: FloatArray, rest: FloatArray) -> FloatArray:
        return np.column_stack([rows * first[:, None], rows * (1.0 - first[:, None]), rest])

    design = of(group.astype(np.float64), covariates, shared)
    fit = fit_glm(response, design, "gamma")
    second = group == 0
    pair = [
        of(np.full(int(second.sum()), value), covariates[second], shared[second])
        for value in (1.0, 0.0)
    ]
    means = [np.exp(each @ fit.coefficients) for each in pair]
    slope = (means[0][:, None] * pair[0] - means[1][:, None] * pair[1]).mean(axis=0)
    return few_clusters(
        design,
        (response - fit.mean) / fit.mean,
        clusters,
        contrast=slope,
        estimate=float(means[0].mean() - means[1].mean()),
        level=level,
    )


def overlap_difference(
    response: FloatArray,
    group: IntArray,
    covariates: FloatArray,
    clusters: IntArray,
    *,
    level: float,
) -> FewClusters:
    """Difference of two groups' means among those who could have been in either.

    Each counts by the probability of the other group (overlap weights), so that the covariates of
    the logistic model balance exactly. The weights are taken as known.

    Args:
        response: (N,).
        group: (N,), 1 or 0.
        covariates: (N, P), the first column ones.
        clusters: (N,).
        level: coverage.

    Raises:
        ValueError: it cannot be fitted, or there is one cluster.
    """
    share = fit_glm(group.astype(np.float64), covariates, "binomial").mean
    root = np.sqrt(np.where(group == 1, 1.0 - share, share))
    design = np.column_stack([np.ones(group.size), group]) * root[:, None]
    beta = np.linalg.lstsq(design, response * root, rcond=None)[0]
    residual = response * root - design @ beta
    return few_clusters(
        design,
        residual,
        clusters,
        contrast=np.array([0.0, 1.0]),
        estimate=float(beta[1]),
        level=level,
    )


def quasi_poisson_series(
    counts: FloatArray, design: FloatArray, *, lags: int, level: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Log-linear regression of a series of counts; errors allow for neighbours that go together.

    Newey & West's, with the small-sample factor and Student's t.

    Args:
        counts: (T,), in order of time.
        design: (T, P).
        lags: how many steps neighbours may go together.
        level: coverage.

    Returns:
        (P,) each: coefficients, standard errors, limits.

    Raises:
        ValueError: it cannot be fitted, or there are no more periods than coefficients.
    """
    periods, p = design.shape
    if periods <= p:
        raise ValueError("a series needs more periods than coefficients")
    fit = fit_glm(counts, design, "poisson")
    bread = np.linalg.inv((design * fit.mean[:, None]).T @ design)
    scores = design * (counts - fit.mean)[:, None]
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        together = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (together + together.T)
    robust = bread @ meat @ bread * periods / (periods - p)
    # Short series make the robust error too small by chance; it is never taken below the model's.
    plain = bread * max(fit.dispersion, 1.0)
    error = np.sqrt(np.maximum(np.diag(robust), np.diag(plain)))
    reach = special.stdtrit(periods - p, (1 + level) / 2) * error
    return fit.coefficients, error, fit.coefficients - reach, fit.coefficients + reach


@dataclass(frozen=True, eq=False)
class MixedModel:
    """A linear model with units that vary around it.

    Attributes:
        coefficients: (P,).
        standard_errors: (P,).
        between: variance of the units' intercepts.
        slopes: variance of the units' own effects of the group; nan where none were fitted.
        within: residual variance.
        units: names of the units, ascending.
        intercepts: (I,), each unit's shrunken departure.
        departures: (I,), each unit's shrunken departure of the group's effect; zero where none.
    """

    coefficients: FloatArray
    standard_errors: FloatArray
    between: float
    slopes: float
    within: float
    units: IntArray
    intercepts: FloatArray
    departures: FloatArray

    @property
    def icc(self) -> float:
        """Share of the variance that lies between units."""
        return self.between / (self.between + self.within)


def mixed_model(
    response: FloatArray, design: FloatArray, units: IntArray, group: FloatArray | None = None
) -> MixedModel:
    """Fit by restricted maximum likelihood (statsmodels).

    Args:
        response: (N,).
        design: (N, P), the first column ones.
        units: (N,), numbers.
        group: (N,), whose effect may differ between units; None for random intercepts alone.

    Raises:
        ValueError: it cannot be fitted.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM  # noqa: PLC0415

    varying: Sequence[FloatArray] = [np.ones(response.size)]
    if group is not None:
        varying = [*varying, group - group.mean()]
    names = np.unique(units)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = MixedLM(response, design, units, exog_re=np.column_stack(varying))
            # L-BFGS stops at nought, at a likelihood that it takes for infinite (0.15.0).
            found = model.fit(reml=True, method=["bfgs", "powell"])
    except (np.linalg.LinAlgError, ValueError) as error:
        raise ValueError(f"the mixed model cannot be fitted: {error}") from error
    spread = np.asarray(found.cov_re, dtype=np.float64)
    several = len(varying) > 1
    try:
        own = found.random_effects
        effects = np.array([np.asarray(own[name], dtype=np.float64) for name in names])
    except ValueError:
        # Units that do not vary have no departures to foretell.
        effects = np.zeros((names.size, len(varying)))
    return MixedModel(
        np.asarray(found.fe_params, dtype=np.float64),
        np.asarray(found.bse_fe, dtype=np.float64),
        float(spread[0, 0]),
        float(spread[1, 1]) if several else float("nan"),
        float(found.scale),
        names,
        effects[:, 0],
        effects[:, 1] if several else np.zeros(names.size),
    )
