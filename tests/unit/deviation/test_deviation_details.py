"""Small print of the method that a figure hangs on, each held to what others write of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from orchestration.deviation import assess
from orchestration.deviation.pools import JudgedSeries, ModelKind
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.indicators.models import Measure
from orchestration.statistics.shocks import CommonShock

CONTEXT: Any = SimpleNamespace(settings=DeviationSettings())


@dataclass
class Member:
    """What the common movement asks of a tested series."""

    source_id: str
    fell: bool
    kind: ModelKind = ModelKind.COUNTS
    geography_id: str = "0180"
    area: str = "barn_och_unga"
    likely: bool = False
    slight: bool = False

    @property
    def series(self) -> SimpleNamespace:
        return SimpleNamespace(geography_id=self.geography_id)

    @property
    def indicator(self) -> SimpleNamespace:
        return SimpleNamespace(source_id=self.source_id, area=self.area)

    @property
    def p_down(self) -> float:
        return 1e-6 if self.fell and not self.likely else 0.5

    @property
    def log_to_expected(self) -> float:
        return -0.5 if self.fell and not self.slight else 0.0


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[CommonShock]:
    """The shocks that are told."""
    told: list[CommonShock] = []
    monkeypatch.setattr(assess, "against_shift", lambda members, *_: members)
    monkeypatch.setattr(assess, "_shock_row", lambda shock, *_: told.append(shock))
    return told


def vote(members: Sequence[Member]) -> None:
    given: Any = list(members)
    assert assess._against_common_shock(given, CONTEXT)[0] == given


def registers(count: int, *, fell: bool, indicators: int = 1) -> list[Member]:
    return [Member(f"{fell}-{number}", fell) for number in range(count) for _ in range(indicators)]


def test_a_register_of_many_indicators_has_one_vote(found: list[CommonShock]) -> None:
    """Nine falling figures of one register are one thing that fell, and not the city."""
    vote([*registers(1, fell=True, indicators=9), *registers(5, fell=False)])
    assert found == []


def test_many_calm_indicators_of_one_register_outvote_nobody(found: list[CommonShock]) -> None:
    vote([*registers(5, fell=True), *registers(1, fell=False, indicators=9)])
    [shock] = found
    assert (shock.members, shock.log_change) == (6, -0.5)


@pytest.mark.parametrize("weak", ["likely", "slight"])
def test_a_register_votes_as_its_median_indicator(weak: str, found: list[CommonShock]) -> None:
    """Both how unlikely it is and how far it went are those of the one in the middle."""
    fallen = registers(6, fell=True)
    own: dict[str, Any] = {weak: True}
    weaker = [Member(each.source_id, fell=True, **own) for each in fallen for _ in "ab"]
    vote([*fallen, *weaker])
    assert found == []
    vote(fallen)
    assert len(found) == 1


@pytest.mark.parametrize(
    "other", [{"kind": ModelKind.MEANS}, {"geography_id": "0180-x"}, {"area": "omvarld"}]
)
def test_only_the_citys_own_counts_vote(other: dict[str, Any], found: list[CommonShock]) -> None:
    vote([Member(f"{number}", fell=True, **other) for number in range(9)])
    assert found == []


@pytest.mark.parametrize("to_unit", [1.0, 0.05, 100.0])
def test_none_of_those_expected_is_half_a_case_against_them_and_a_half(to_unit: float) -> None:
    """Half a case is added to both, as Haldane and Anscombe do; in whatever unit it is told."""
    judged = SimpleNamespace(observed=0.0, expected=12.0 * to_unit, to_unit=to_unit)
    log_to_expected: Any = JudgedSeries.log_to_expected
    assert log_to_expected.fget(judged) == pytest.approx(np.log(1 / 25))
    judged.observed = 12.0 * to_unit
    assert log_to_expected.fget(judged) == pytest.approx(0.0)


@pytest.mark.parametrize(("yes", "no"), [(3, 7), (1, 1), (40, 2)])
def test_the_spread_of_a_share_is_that_of_its_persons(yes: int, no: int) -> None:
    """A share is the mean of ones and zeros, and its spread theirs, with n - 1."""
    persons = np.repeat([1.0, 0.0], [yes, no])
    values = [np.array([each]) for each in (float(yes), persons.size, persons.mean(), np.nan)]
    numerator, denominator, value, nothing = values
    share = Series(
        "share",
        "0180",
        "sex",
        "kvinnor",
        years=np.array([2023]),
        numerator=numerator,
        denominator=denominator,
        value=value,
        standard_deviation=nothing,
        observations=nothing,
        status=["observed"],
    )
    indicator: Any = SimpleNamespace(measure=Measure.PROPORTION)
    sample = assess._sample(share, indicator, 2023)
    assert sample is not None
    assert sample.standard_deviation == pytest.approx(persons.std(ddof=1))
    assert sample.observations == persons.size
