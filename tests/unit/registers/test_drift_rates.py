"""What the judgement costs in false holds, and what it finds, simulated with a seed.

Measured with 300 series a line (of rows: 30 registers) and seed 20231; `wander` is how much the
true level of a month moves, on the log or logit scale, `season` half the way from the lowest month
to the highest. First, of all calm months with a history, percent held / held or told of; then
percent of planted faults that were held, in the last month:

| rows, wander | level | share | rows | level x 10 | share + 30 points | half the rows |
|---|---|---|---|---|---|---|
| 3,000, .05 | 0 / 0 | 0 / 0 | 0 / 0 | 100 | 100 | 100 |
| 300, .1 | 0 / .01 | 0 / 0 | 0 / 0 | 100 | 94 | 93 |
| 50, .2 | 0 / 0 | 0 / 0 | .23 / .23 | 99 | 30 | 3 |
| 3,000, .2, 14 months | 0 / .52 | 0 / .19 | .95 / .95 | 100 | 85 | 40 |
| 1,000, .05, season .3 | 0 / .15 | 0 / .06 | 0 / .11 | 100 | 62 | 0 |
| 600, .05, growth .1 a year, 60 months | 0 / 0 | 0 / 0 | 0 / 0 | 100 | 89 | 73 |

A level in another unit, 100 times too large, was held in every line. Half the rows of a period that
was never delivered before is found only where months are alike; of one that was, always.
"""

import numpy as np
import pytest

from tests.unit.registers.drift_rates import Calm, levels, rates, shares, volumes

SEED = 20231
CALM = {
    "calm": Calm(),
    "few rows": Calm(rows=50, wander=0.2),
    "a short history": Calm(months=14, rows=3000, wander=0.15),
    "seasons": Calm(rows=1000, wander=0.05, season=0.3),
    "growth": Calm(rows=600, wander=0.05, trend=0.1, months=60),
}
SERIES, REGISTERS = 60, 10


@pytest.mark.parametrize("name", CALM)
def test_calm_deliveries_are_seldom_held(name: str) -> None:
    """At most one measure in five hundred, and one in a hundred that is told of."""
    calm, rng = CALM[name], np.random.default_rng(SEED)
    for frames in (
        [levels(rng, calm, SERIES)],
        [shares(rng, calm, SERIES)],
        volumes(rng, calm, REGISTERS),
    ):
        found, last = rates(frames)
        assert found.held <= 0.002
        assert found.told <= 0.01
        assert last.held <= 0.02


@pytest.mark.parametrize("fault", [0.001, 0.01, 0.1, 10, 100, 1000])
def test_a_unit_error_is_held(fault: float) -> None:
    rng = np.random.default_rng(SEED)
    for calm in (CALM["calm"], CALM["few rows"], CALM["seasons"]):
        assert rates([levels(rng, calm, SERIES, fault=fault)])[1].held >= 0.9


def test_a_code_that_jumps_and_a_month_of_half_its_rows_are_held() -> None:
    """Where months are alike; half of a month that was whole is held wherever (test_drift)."""
    rng = np.random.default_rng(SEED)
    steady = Calm(rows=1000, wander=0.05)
    assert rates([shares(rng, steady, SERIES, fault=0.3)])[1].held >= 0.9
    assert rates(volumes(rng, steady, REGISTERS, fault=0.5))[1].held >= 0.9
