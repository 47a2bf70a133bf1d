"""One figure under several names: tested once, told once, and found under each of its names.

Small municipalities have such figures every year: as many persons as decisions, nothing at all in
two registers. Two tests of one figure would count its chance findings twice, and what is declared
of both names (relations, drivers) would be told twice about one movement.

What does not belong here: tests, and which names are related.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from orchestration.deviation.pools import JudgedSeries, prepare
from orchestration.deviation.series import Series
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import Indicator
from orchestration.statistics.arrays import FloatArray

#: Figures that agree in so many digits are the same. Sums of the same rows in another order differ
#: further out, and may do so one night and not the next.
_DIGITS = 12


class _OfIndicator(Protocol):
    @property
    def indicator_id(self) -> str: ...


_Declared = TypeVar("_Declared", bound=_OfIndicator)


@dataclass(frozen=True)
class Names:
    """Which name each figure is told under.

    Attributes:
        told_as: the name that is told, by each name in scope.
    """

    told_as: Mapping[str, str]

    def of(self, indicator_id: str) -> str:
        """The name that an indicator's figures are told under; its own where it has no twin."""
        return self.told_as.get(indicator_id, indicator_id)

    def others(self, indicator_id: str) -> list[str]:
        """The further names of the figures that are told under this one."""
        return [
            name
            for name, told in self.told_as.items()
            if told == indicator_id and name != indicator_id
        ]

    def own_first(self, declared: Iterable[_Declared]) -> list[_Declared]:
        """What is declared of names that are told, then what is declared of their twins.

        Where both say something of one movement, the first holds.
        """
        return sorted(declared, key=lambda row: self.of(row.indicator_id) != row.indicator_id)

    def movements(self, tested: Sequence[JudgedSeries]) -> dict[str, JudgedSeries]:
        """The tested series by every name their figures have."""
        told = {one.series.indicator_id: one for one in tested}
        return told | {name: told[kept] for name, kept in self.told_as.items() if kept in told}


def without_twins(scope: Sequence[Series], catalogue: Catalogue) -> tuple[list[Series], Names]:
    """Keep one series of each figure, the first.

    Figures are the same when the test would see the same: values, counts, exposures and spread,
    year by year, of one area, measure and place.

    Args:
        scope: series that are to be tested, one for each indicator.
        catalogue: their indicators.

    Returns:
        The series that are kept, and under which name each is told.

    Raises:
        ValueError: a proportion's numerator is above its denominator.
    """
    kept: dict[tuple[object, ...], Series] = {}
    told_as: dict[str, str] = {}
    for one in scope:
        first = kept.setdefault(_figures(one, catalogue.indicator(one.indicator_id)), one)
        told_as[one.indicator_id] = first.indicator_id
    return list(kept.values()), Names(told_as)


def _figures(series: Series, indicator: Indicator) -> tuple[object, ...]:
    seen = prepare(series, indicator)
    numbers = (series.value, seen.observed, seen.exposure, seen.df)
    return (
        indicator.area,
        indicator.measure,
        series.geography_id,
        series.years.tobytes(),
        tuple(series.status),
        *(_written(each) for each in numbers),
    )


def _written(values: FloatArray) -> tuple[str, ...]:
    # Adding nought makes minus nought nought.
    return tuple(f"{value:.{_DIGITS}g}" for value in values + 0.0)
