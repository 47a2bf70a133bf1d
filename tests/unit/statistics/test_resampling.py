"""Draws of whole clusters, and the seeds they come from."""

import hashlib

import numpy as np
import pytest

from orchestration.statistics import resampling as rs


def test_a_seed_is_the_same_everywhere() -> None:
    digest = hashlib.sha256(b"refusals\n2023").hexdigest()
    assert rs.seed_of("refusals", "2023") == int(digest[:8], 16) >> 1
    assert rs.seed_of("refusals", "2023") != rs.seed_of("refusals", "2022")
    assert rs.generator(7).random() == np.random.Generator(np.random.PCG64(7)).random()


def test_every_draw_has_as_many_clusters_as_there_are() -> None:
    weights = rs.drawn_weights(rs.generator(1), 50, 20)
    assert weights.shape == (20, 50)
    assert set(weights.sum(axis=1)) == {50.0}
    assert weights.max() > 1


def test_sums_are_the_same_from_a_sparse_table_and_in_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clusters, cells = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 0, 0, 2])
    table = rs.cluster_totals(clusters, cells, np.ones(6), (3, 3))
    whole = rs.bootstrap_sums(table, rs.generator(2), 30)
    assert whole == pytest.approx(rs.bootstrap_sums(table.toarray(), rs.generator(2), 30))
    monkeypatch.setattr(rs, "_BLOCK", 21)
    assert whole == pytest.approx(rs.bootstrap_sums(table, rs.generator(2), 30))


def test_clusters_that_are_alike_widen_the_limits_by_their_size() -> None:
    """Each cluster of eight has one outcome: the variance is eight times that of the rows."""
    random = rs.generator(3)
    outcome = np.repeat((random.random(400) < 0.3).astype(float), 8)
    clusters = np.repeat(np.arange(400), 8)
    table = rs.cluster_totals(clusters, np.zeros(3200, dtype=int), outcome, (400, 1))
    share = rs.bootstrap_sums(table, random)[:, 0] / 3200
    found = rs.percentile_interval(share, 0.95)
    assert rs.design_effect(found.standard_error, outcome.mean(), 3200) == pytest.approx(8, rel=0.2)
    assert found.covers(outcome.mean())


def test_draws_without_a_value_give_no_limits() -> None:
    drawn = np.r_[np.full(50, np.nan), np.arange(449.0)]
    assert np.isnan(rs.percentile_interval(drawn, 0.95).lower)
    assert rs.percentile_interval(np.r_[np.nan, np.arange(499.0)], 0.95).upper == 486.5
