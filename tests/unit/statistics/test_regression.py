"""Regressions of cells and persons, against statsmodels on rows and what is known exactly."""

import numpy as np
import pytest
from scipy import special
from statsmodels.discrete.conditional_models import ConditionalLogit
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.regression.linear_model import OLS

from orchestration.statistics import batched, regression
from orchestration.statistics.decomposition import das_gupta, kitagawa_strata, product_effects
from orchestration.statistics.resampling import cluster_totals, generator
from orchestration.statistics.standardised import expected_without, standardise_units


def rows(seed: int, number: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Clusters, two codes and an outcome that depends on both."""
    random = np.random.default_rng(seed)
    clusters = random.integers(0, 60, number)
    a, b = random.integers(0, 3, number), random.integers(0, 2, number)
    y = (random.random(number) < special.expit(-1 + 0.5 * a - 0.4 * b)).astype(float)
    return clusters, a, b, y


def test_cells_say_the_same_as_rows() -> None:
    clusters, a, b, y = rows(1)
    cells = regression.cells_of({"a": a, "b": b})
    assert cells.number == 6
    assert cells.totals().sum() == 600
    design = regression.design_matrix("C(a) + b", cells.levels)
    assert design.names == ("Intercept", "C(a)[T.1]", "C(a)[T.2]", "b")
    shape = (60, cells.number)
    found = regression.fit_clustered_logistic(
        cluster_totals(clusters, cells.of_row, y, shape),
        cluster_totals(clusters, cells.of_row, np.ones(600), shape),
        design.matrix,
    )
    peer = GLM(y, design.matrix[cells.of_row], family=families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
    )
    assert found.coefficients == pytest.approx(peer.params)
    assert found.standard_errors == pytest.approx(peer.bse * np.sqrt(60 / 59))


def test_a_column_that_the_cells_cannot_tell_apart_is_left_out() -> None:
    levels = {"a": np.array([0, 1, 0, 1]), "same": np.array([0, 1, 0, 1])}
    assert regression.design_matrix("C(a) + C(same)", levels).names == ("Intercept", "C(a)[T.1]")


def test_many_data_sets_at_once_are_fitted_as_one_by_one() -> None:
    random = np.random.default_rng(2)
    design = np.column_stack([np.ones(8), np.arange(8) % 2, np.arange(8) / 8.0])
    trials = random.integers(5, 60, (3, 8)).astype(float)
    events = random.binomial(trials.astype(int), 0.4).astype(float)
    counts = random.poisson(12.0, (3, 8)).astype(float)
    found = batched.logistic(events, trials, design)
    others = batched.poisson(counts, design, np.array([2.0, 0.0, 0.0]))
    for r in range(3):
        peer = GLM(
            np.column_stack([events[r], trials[r] - events[r]]), design, family=families.Binomial()
        ).fit(tol=1e-12)
        assert found[r] == pytest.approx(peer.params, rel=1e-5)
        counted = GLM(counts[r], design, family=families.Poisson()).fit(tol=1e-12)
        assert others[r] == pytest.approx(counted.params, rel=1e-5)


def test_draws_around_a_fit_are_fitted_as_from_nothing() -> None:
    random = np.random.default_rng(5)
    design = np.column_stack([np.ones(8), np.arange(8) % 2, np.arange(8) == 7]).astype(float)
    trials = random.integers(50, 600, (1, 8)).astype(float)
    # The last cell never has an event: its coefficient has no end, and the others have.
    events = np.where(design[:, 2] == 1, 0.0, random.binomial(trials.astype(int), 0.4))
    main = batched.logistic(events, trials, design)[0]
    drawn = random.binomial(trials[0].astype(int), events[0] / trials[0], (20, 8)).astype(float)
    again = batched.logistic(
        drawn, np.repeat(trials, 20, axis=0), design, main, batched.SETTLED_DRAW
    )
    anew = batched.logistic(drawn, np.repeat(trials, 20, axis=0), design)
    assert again[:, :2] == pytest.approx(anew[:, :2], abs=1e-3)
    assert np.ptp(again[:, 0]) > 0.05


def test_a_category_without_any_event_leaves_the_other_odds_as_if_it_were_not_there() -> None:
    """Its own odds run off to nought; 4,000 trials of it must not keep the others from settling."""
    x = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0])
    third = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0])
    design = np.column_stack([np.ones(6), x, third])
    events = np.array([[30.0, 20.0, 60.0, 50.0, 0.0, 0.0]])
    trials = np.array([[100.0, 90.0, 110.0, 100.0, 2000.0, 2000.0]])
    found = batched.logistic(events, trials, design)[0]
    # Two groups: the logarithm of the ratio of their odds is known without any fit.
    odds = np.array([50 / 140, 110 / 100])
    assert found[:2] == pytest.approx([np.log(odds[0]), np.log(odds[1] / odds[0])], abs=1e-5)
    assert found[2] < -8


def test_odds_within_groups_are_statsmodels() -> None:
    clusters, a, b, y = rows(3)
    x = np.column_stack([a == 1, a == 2, b == 1]).astype(float)
    found, covariance = regression.conditional_logit(clusters, y.astype(int), x)
    peer = ConditionalLogit(y, x, groups=clusters).fit(disp=False)
    assert found == pytest.approx(peer.params, abs=2e-4)
    assert np.sqrt(np.diag(covariance)) == pytest.approx(peer.bse, rel=0.25)
    with pytest.raises(ValueError, match="both outcomes"):
        regression.conditional_logit(clusters, np.zeros(600, dtype=int), x)
    with pytest.raises(ValueError, match="does not differ"):
        regression.conditional_logit(clusters, y.astype(int), clusters[:, None].astype(float))


def test_clusters_of_one_row_have_the_errors_of_hc2() -> None:
    random = np.random.default_rng(4)
    x = np.column_stack([np.ones(40), random.normal(size=(40, 2))])
    y = x @ [1.0, 0.5, -0.2] + random.normal(size=40) * (1 + np.abs(x[:, 1]))
    fit = OLS(y, x).fit()
    for at in range(3):
        found = regression.few_clusters(
            x, fit.resid, np.arange(40), contrast=np.eye(3)[at], estimate=fit.params[at], level=0.95
        )
        assert found.standard_error == pytest.approx(fit.HC2_se[at])


def test_a_mean_of_equal_clusters_has_one_degree_of_freedom_less_than_clusters() -> None:
    """Then CR2 is the variance of the clusters' means over their number, exactly."""
    random = np.random.default_rng(5)
    y, clusters = random.normal(size=60), np.repeat(np.arange(12), 5)
    means = y.reshape(12, 5).mean(axis=1)
    found = regression.few_clusters(
        np.ones((60, 1)), y - y.mean(), clusters, contrast=np.ones(1), estimate=y.mean(), level=0.95
    )
    assert found.standard_error == pytest.approx(means.std(ddof=1) / np.sqrt(12))
    assert found.df == pytest.approx(11.0)


def test_signs_drawn_by_cluster_find_an_effect_and_none() -> None:
    random = np.random.default_rng(6)
    clusters = np.repeat(np.arange(12), 30)
    x = np.column_stack([np.ones(360), random.normal(size=(360, 2))])
    y = x @ [1.0, 0.5, 0.0] + np.repeat(random.normal(size=12), 30) + random.normal(size=360)
    p = [
        regression.wild_cluster_p_value(x, y, clusters, at, random=generator(1), replicates=199)
        for at in (1, 2)
    ]
    assert p[0] < 0.02
    assert p[1] > 0.05


def test_equal_treatment_is_found_behind_different_mixes() -> None:
    """The first group has fewer activities and still 2.5 hours more at equal ones."""
    random = np.random.default_rng(7)
    group = np.repeat([1, 0], 2000)
    activities = random.poisson(np.where(group == 1, 3.0, 5.0))
    boards = random.integers(0, 12, 4000)
    mean = 4 + 0.9 * activities + 2.5 * group
    hours = mean * random.gamma(12, 1 / 12, 4000)
    x = np.column_stack([np.ones(4000), activities, np.square(activities)]).astype(float)
    raw = hours[group == 1].mean() - hours[group == 0].mean()
    for method in (regression.standardised_difference, regression.overlap_difference):
        found = method(hours, group, x, boards, level=0.95)
        assert found.lower < 2.5 < found.upper
        assert raw < found.lower
    alike = np.full(4000, 3)
    with pytest.raises(ValueError, match="two clusters"):
        regression.standardised_difference(hours, group, x, alike, level=0.95)


def test_a_series_has_the_errors_of_newey_and_west_and_not_less_than_its_dispersion() -> None:
    random = np.random.default_rng(8)
    t = np.arange(32.0)
    x = np.column_stack([np.ones(32), np.log(900 + 5 * t), t >= 28])
    y = random.poisson(np.exp(x @ [1.0, 0.6, -0.3])).astype(float)
    beta, error, low, high = regression.quasi_poisson_series(y, x, lags=4, level=0.95)
    peer = GLM(y, x, family=families.Poisson()).fit(
        cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": True}
    )
    plain = GLM(y, x, family=families.Poisson()).fit(scale="X2")
    assert beta == pytest.approx(peer.params)
    phi = max(plain.scale, 1.0)
    assert error == pytest.approx(np.maximum(peer.bse, plain.bse * np.sqrt(phi / plain.scale)))
    assert np.all((low < beta) & (beta < high))
    with pytest.raises(ValueError, match="more periods"):
        regression.quasi_poisson_series(y[:3], x[:3], lags=1, level=0.95)


def test_boards_that_vary_are_shrunken_towards_the_line() -> None:
    """Balanced: the shrinkage is the textbook's, n tau2 / (n tau2 + sigma2)."""
    random = np.random.default_rng(9)
    boards = np.repeat(np.arange(12), 40)
    y = 7 + np.repeat(random.normal(size=12), 40) + 2 * random.normal(size=480)
    found = regression.mixed_model(y, np.ones((480, 1)), boards)
    means = y.reshape(12, 40).mean(axis=1)
    trust = 40 * found.between / (40 * found.between + found.within)
    assert found.intercepts == pytest.approx(trust * (means - y.mean()), abs=1e-3)
    within = np.square(y.reshape(12, 40) - means[:, None]).sum() / (480 - 12)
    assert found.within == pytest.approx(within, rel=1e-3)
    assert found.between == pytest.approx(means.var(ddof=1) - within / 40, rel=1e-2)
    assert 0 < found.icc < 1


def test_the_parts_of_a_product_are_das_guptas() -> None:
    random = np.random.default_rng(10)
    before, after = random.uniform(0.5, 2.0, (2, 5, 4))
    parts = product_effects(before, after)
    assert parts.sum(axis=1) == pytest.approx(after.prod(axis=1) - before.prod(axis=1))
    names = "abcd"
    one = das_gupta(
        lambda f: float(np.prod(list(f.values()))),
        dict(zip(names, before[2], strict=True)),
        dict(zip(names, after[2], strict=True)),
    )
    assert parts[2] == pytest.approx([one[name].effect for name in names])


def test_strata_add_up_and_an_empty_one_only_changes_the_composition() -> None:
    size = np.array([[100.0, 50.0, 0.0], [80.0, 60.0, 40.0]])
    events = np.array([[10.0, 20.0, 0.0], [16.0, 24.0, 30.0]])
    parts = kitagawa_strata(size[0], events[0], size[1], events[1])
    change = events[1].sum() / size[1].sum() - events[0].sum() / size[0].sum()
    assert parts.composition.sum() + parts.rates.sum() == pytest.approx(change)
    assert parts.rates[2] == 0.0
    assert parts.composition[2] > 0


def test_a_mixture_that_alone_changed_explains_all() -> None:
    rates, strata = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0, 0, 1, 1])
    before, after = np.array([50.0, 30.0, 10.0, 10.0]), np.array([25.0, 15.0, 30.0, 30.0])
    swapped = regression.mixture_swapped(rates, before, after, strata)
    assert swapped == pytest.approx((after * rates).sum() / after.sum())


def test_a_unit_is_held_against_the_others_and_its_own_mix() -> None:
    random = np.random.default_rng(11)
    units, kind = np.repeat(np.arange(10), 2), np.tile([0, 1], 10)
    trials = np.where(kind == (units < 5), 900.0, 300.0)
    share = np.where(kind == 1, 0.4, 0.2) * np.where(units == 3, 1.35, 1.0)
    events = random.binomial(trials.astype(int), share).astype(float)
    design = np.column_stack([np.ones(20), kind]).astype(float)
    expected = expected_without(units, events, trials, design, 10)
    by_hand = units != 3
    peer = GLM(
        np.column_stack([events, trials - events])[by_hand], design[by_hand],
        family=families.Binomial(),
    ).fit()  # fmt: skip
    own = special.expit(design[~by_hand] @ peer.params) * trials[~by_hand]
    assert expected[3] == pytest.approx(own.sum(), rel=1e-6)
    observed = np.bincount(units, events).astype(float)
    found = standardise_units(observed, expected, expected * 0.7, 0.95)
    assert list(np.flatnonzero(found.q_values < 0.1)) == [3]
    # Where it is settled that they differ, each is held against what chance alone would do.
    alone = standardise_units(observed, expected, expected * 0.7, 0.95, settled=True)
    z = np.log((observed + 0.5) / (expected + 0.5)) / np.sqrt(0.7 / expected)
    assert alone.p_values == pytest.approx(2 * special.ndtr(-np.abs(z)))
    assert alone.between == found.between
    assert 1 < found.shrunken[3] < found.ratio[3]
    low, high = found.between_limits
    assert low <= found.between <= high
    with pytest.raises(ValueError, match="positive expected"):
        standardise_units(observed, expected * 0, expected, 0.95)
