"""Insatser without individual assessment: how many contacts a board had, and never whose.

All figures are invented. Advice for parents has been open to all in every board since the first
year. Open counselling at the centres is a pilot that some boards begin before the act of 2025, so
that the years the city has show boards that have begun beside boards that have not; nothing is
planted in what is assessed. Who is granted counselling belongs in `violence`.
"""

from typing import Final

import numpy as np

from orchestration.demo import writing
from orchestration.demo.geography import AREAS, UNITS, units_at
from orchestration.demo.model import Model
from orchestration.demo.panels import area_weights
from orchestration.demo.sampling import Ints, first_day
from orchestration.demo.targets import YEARS

INSATSER: Final = ("foraldraradgivning", "oppet_samtal_rvc")
PILOT: Final = {
    **dict.fromkeys(("Farsta", "Skarpnäck"), "2022-10"),
    **dict.fromkeys(("Bromma", "Enskede-Årsta-Vantör"), "2023-01"),
    **dict.fromkeys(("Älvsjö", "Hägersten-Liljeholmen"), "2023-04"),
}
"""Areas whose board has open counselling, and from which month; as in the seed of insatser."""
_TARGET_GROUPS: Final = ("barn_unga", "vuxna")
_SEXES: Final = ("K", "M", "okand")
_AGES: Final = ("0-17", "18-64", "65-", "okand")
_UNKNOWN_AGE: Final = 3
_ADULT: Final = 1
_FIRST_MONTH: Final = (YEARS[0] - 1970) * 12
# Contacts a month in a board of mean size: of women, men, and nobody knows.
_CONTACTS: Final = ((30.0, 14.0, 9.0), (16.0, 5.0, 0.0))
_SUMMER: Final = (6, 7)
_IN_SUMMER: Final = 0.55
_NEW: Final = (0.35, 0.30)
"""Share of the contacts that are somebody's first."""
_A_SESSION: Final = (4, 1)
"""Who come at a time: parents in groups, the others one by one."""


def write_without_assessment(exporter: writing.Exporter, model: Model) -> None:
    """Write `insatser_utan_behovsprovning`.

    Args:
        exporter: Where the files go.
        model: Which city.
    """
    rng = model.generator("insatser utan behovsprövning")
    share = np.asarray(area_weights(0.6, 0.0))[: len(AREAS)]
    share = share / share.mean()
    for year in YEARS:
        # Each month, area, insats and sex.
        month, area, insats, sex = (
            axis.ravel() for axis in np.indices((12, len(AREAS), len(INSATSER), len(_SEXES)))
        )
        months = (year - 1970) * 12 + month
        mean = np.array(_CONTACTS)[insats, sex] * share[area] * model.scale
        mean = np.where(np.isin(month, _SUMMER), _IN_SUMMER, 1.0) * mean
        contacts = rng.poisson(mean)
        given = (contacts > 0) & (months >= _begins()[insats, area])
        table = _table(rng, year, *(each[given] for each in (month, area, insats, sex, contacts)))
        exporter.year("insatser_utan_behovsprovning", year, table)


def _begins() -> Ints:
    """First month of each insats and area, as months since January 1970; never where far away."""
    never = np.iinfo(np.int64).max
    begins = np.full((len(INSATSER), len(AREAS)), never, dtype=np.int64)
    begins[0] = _FIRST_MONTH
    for name, since in PILOT.items():
        begins[1, AREAS.index(name)] = (int(since[:4]) - 1970) * 12 + int(since[5:]) - 1
    return begins


def _table(  # noqa: PLR0917
    rng: np.random.Generator, year: int, month: Ints, area: Ints, insats: Ints, sex: Ints,
    contacts: Ints,
) -> writing.Table:  # fmt: skip
    days = first_day(year) + (
        np.array([f"{year}-{of + 1:02d}-01" for of in range(12)], dtype="datetime64[D]")
        - np.datetime64(f"{year}-01-01")
    ).astype(np.int64)
    units = units_at(area, days[month])
    # Areas of one board are one row.
    keys = np.stack([month, units, insats, sex])
    found, place = np.unique(keys, axis=1, return_inverse=True)
    total = np.bincount(place.ravel(), contacts).astype(np.int64)
    month, units, insats, sex = found
    sessions = -(-total // np.array(_A_SESSION)[insats])
    return {
        "manad": writing.month((year - 1970) * 12 + month),
        "stadsdelsnamnd": writing.code(units, UNITS),
        "insats_kod": writing.code(insats, INSATSER),
        "malgrupp": writing.code(insats, _TARGET_GROUPS),
        "kon": writing.code(sex, _SEXES),
        "aldersgrupp": writing.code(np.where(insats == 1, _ADULT, _UNKNOWN_AGE), _AGES),
        "kontakter": writing.number(total),
        "nya_personer": writing.number(rng.binomial(total, np.array(_NEW)[insats])),
        "tillfallen": writing.number(sessions),
        "deltagare_per_tillfalle": writing.decimal(total / sessions, 2),
        "dokumenteras_per_person": writing.flag(np.zeros(len(total), dtype=np.bool_)),
    }
