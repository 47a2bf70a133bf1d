"""Residents, households and socioeconomic status at each year's end.

People here are counts; those who meet the social services are in the other register modules.
"""

from typing import Final

import numpy as np

from orchestration.demo import writing
from orchestration.demo.geography import (
    AREAS,
    CENTRAL,
    DISTRICT_AREA,
    DISTRICT_INDEX,
    DISTRICT_WEIGHT,
    DISTRICTS,
    UNITS,
    status_category,
    units_at_year_end,
)
from orchestration.demo.sampling import Floats, Ints, apportion, generator, scaled, wobble
from orchestration.demo.targets import (
    CHILD_SHARE,
    HOUSEHOLDS,
    POPULATION,
    POPULATION_2011,
    POPULATION_2021_FORECAST,
)

_AGES: Final = 101
_ADULT: Final = 18
_HOUSEHOLD_TYPES: Final = ("1", "3", "4", "5", "6", "7", "8", "9")
_SMALL_HOUSEHOLDS: Final = np.array([0.003, 0.235, 0.018, 0.262, 0.052, 0.222, 0.196, 0.012])
_PERSONS_A_HOUSEHOLD: Final = 2.05


def residents(year: int, scale: float) -> Ints:
    """Residents of each area at the year's end.

    The areas' shares run from the count of 2011 through the forecast for 2021 and on.

    Args:
        year: The calendar year.
        scale: Size of the city; 1 is Stockholm's own.

    Returns:
        Persons, shape (14,).
    """
    before = np.array(POPULATION_2011.values) / sum(POPULATION_2011.values)
    later = np.array(POPULATION_2021_FORECAST.values) / sum(POPULATION_2021_FORECAST.values)
    return apportion(
        scaled(POPULATION[year], scale), before + (later - before) * (year - 2011) / 10
    )


def children(year: int, scale: float) -> Ints:
    """Residents aged 0-17 of each area at the year's end, shape (14,)."""
    young: Ints = np.rint(residents(year, scale) * np.array(CHILD_SHARE.values)).astype(np.int64)
    return young


def women_per_man(year: int) -> tuple[float, float]:
    """Women for each man among the residents: of children, and of adults.

    Args:
        year: The calendar year.
    """
    young = children(year, 1.0)
    weights = np.stack([_age_weights(share) for share in CHILD_SHARE.values])
    found = []
    for ages, persons in (
        (slice(None, _ADULT), young),
        (slice(_ADULT, None), residents(year, 1.0) - young),
    ):
        of_sex = weights[:, :, ages].sum(axis=2)
        women, men = persons @ (of_sex / of_sex.sum(axis=1, keepdims=True))
        found.append(float(women / men))
    return found[0], found[1]


def _age_weights(child_share: float) -> Floats:
    """Weights for sex (women, men) and age, shape (2, 101), children and adults summing apart."""
    ages = np.arange(_AGES)
    # Inner-city areas lose families as the children grow; they gain young adults.
    youth = np.where(ages < _ADULT, 1.0 - (0.25 - child_share) * 0.3 * ages, 0.0)
    hump = np.exp(-0.5 * ((ages - 31) / 9.0) ** 2) * (1.5 - 3.0 * child_share)
    adult = np.where(ages >= _ADULT, 0.62 + hump, 0.0) / (1 + np.exp((ages - 80) / 6.0))
    older_women = 0.494 + 0.10 / (1 + np.exp(-(ages - 78) / 7.0))
    total = youth / youth.sum() * child_share + adult / adult.sum() * (1 - child_share)
    women = np.where(ages < _ADULT, 0.487, older_women)
    return np.stack([total * women, total * (1 - women)])


def write_population(exporter: writing.Exporter, year: int, *, scale: float) -> None:
    """Write `befolkning_stadsdel` for a year, as a workbook."""
    totals, young = residents(year, scale), children(year, scale)
    units = units_at_year_end(year)
    counts = np.zeros((len(UNITS), 2, _AGES), dtype=np.int64)
    for area in range(len(AREAS)):
        weights = _age_weights(CHILD_SHARE.values[area])
        counts[units[area], :, :_ADULT] += apportion(
            int(young[area]), weights[:, :_ADULT].ravel()
        ).reshape(2, _ADULT)
        counts[units[area], :, _ADULT:] += apportion(
            int(totals[area] - young[area]), weights[:, _ADULT:].ravel()
        ).reshape(2, _AGES - _ADULT)
    present = np.unique(units)
    shape = (len(present), 2, _AGES)
    unit, male, age = (axis.ravel() for axis in np.indices(shape))
    table = {
        "ar": writing.number(np.full(unit.size, year)),
        "stadsdelsnamnd": writing.code(present[unit], UNITS),
        "kon": writing.sex(male == 1),
        "alder": writing.number(age),
        "antal": writing.number(counts[present].ravel()),
    }
    exporter.workbook("befolkning_stadsdel", year, table)


def write_households(exporter: writing.Exporter, year: int, *, seed: int, scale: float) -> None:
    """Write `hushall_stadsdel` for a year, as Parquet."""
    rng = generator(seed, f"hushall {year}")
    child_share = np.array(CHILD_SHARE.values)
    size = _PERSONS_A_HOUSEHOLD + (child_share - 0.2) * 4.0
    by_area = apportion(scaled(HOUSEHOLDS[year], scale), residents(year, scale) / size)
    units = units_at_year_end(year)
    counts = np.zeros((len(UNITS), len(_HOUSEHOLD_TYPES)), dtype=np.int64)
    families = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    for area in range(len(AREAS)):
        tilt = np.exp(families * (child_share[area] - 0.2) * 9.0)
        counts[units[area]] += apportion(
            int(by_area[area]), wobble(rng, _SMALL_HOUSEHOLDS * tilt, 0.004)
        )
    present = np.unique(units)
    unit, kind = (axis.ravel() for axis in np.indices((len(present), len(_HOUSEHOLD_TYPES))))
    table = {
        "ar": writing.number(np.full(unit.size, year)),
        "stadsdelsnamnd": writing.code(present[unit], UNITS),
        "hushallstyp": writing.number(np.array(_HOUSEHOLD_TYPES, dtype=np.int64)[kind]),
        "antal_hushall": writing.number(counts[present].ravel()),
    }
    exporter.parquet("hushall_stadsdel", year, table)


def write_status(exporter: writing.Exporter, year: int, *, seed: int, scale: float) -> None:
    """Write `socioekonomi_stadsdel` for a year."""
    rng = generator(seed, f"socioekonomi {year}")
    units = units_at_year_end(year)
    young = np.zeros(len(DISTRICTS), dtype=np.int64)
    totals = children(year, scale)
    for area in range(CENTRAL):
        within = area == DISTRICT_AREA
        young[within] = apportion(int(totals[area]), wobble(rng, DISTRICT_WEIGHT[within], 0.003))
    index = np.round(DISTRICT_INDEX + np.clip(rng.normal(0, 0.25, len(DISTRICTS)), -0.5, 0.5), 1)
    table = {
        "ar": writing.number(np.full(len(DISTRICTS), year)),
        "stadsdel": writing.code(
            np.arange(len(DISTRICTS)), [district.name for district in DISTRICTS]
        ),
        "stadsdelsnamnd": writing.code(units[DISTRICT_AREA], UNITS),
        "index": writing.decimal(index, 1),
        "omradeskategori": writing.number(status_category(DISTRICT_INDEX)),
        "barn_0_17": writing.number(young),
    }
    exporter.year("socioekonomi_stadsdel", year, table)
