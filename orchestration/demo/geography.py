"""The synthetic city's map: areas, the boards that answered for them at each time, city districts.

An *area* is one of the 14 board districts of 2016 and never changes; people live in areas. Which
board a row names follows from the area and the date. How many people live where belongs in
`targets`, what happens to them in the register modules.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestration.demo.sampling import Days, Floats, Ints, day

AREAS: Final = (
    "Rinkeby-Kista",
    "Spånga-Tensta",
    "Hässelby-Vällingby",
    "Bromma",
    "Kungsholmen",
    "Norrmalm",
    "Östermalm",
    "Södermalm",
    "Enskede-Årsta-Vantör",
    "Skarpnäck",
    "Farsta",
    "Älvsjö",
    "Hägersten-Liljeholmen",
    "Skärholmen",
)
CENTRAL: Final = len(AREAS)
"""Index of the central unit, which answers for people that belong to no board."""

UNITS: Final = (*AREAS, "Socialförvaltningen", "Hägersten-Älvsjö", "Järva", "Norra innerstaden")
"""Every name a row can carry; the first 15 positions are the areas and the central unit."""

# Source: Stockholms stad, the boards' names and validity (statistik.stockholm.se, 2018; the
# reforms of 1 July 2020 and 1 July 2023).
_REFORMS: Final = (
    ("2020-07-01", ("Älvsjö", "Hägersten-Liljeholmen"), "Hägersten-Älvsjö"),
    ("2023-07-01", ("Rinkeby-Kista", "Spånga-Tensta"), "Järva"),
    ("2023-07-01", ("Norrmalm", "Östermalm"), "Norra innerstaden"),
)


def units_at(areas: Ints, days: Days) -> Ints:
    """The unit that answered for an area on a day.

    Args:
        areas: Positions in `AREAS`, or `CENTRAL`, shape (n,).
        days: Days since 1970-01-01, shape (n,).

    Returns:
        Positions in `UNITS`, shape (n,).
    """
    units = areas.copy()
    for date, merged, successor in _REFORMS:
        for name in merged:
            units[(areas == AREAS.index(name)) & (days >= day(date))] = UNITS.index(successor)
    return units


def units_at_year_end(year: int) -> Ints:
    """The unit that answers for each area on 31 December.

    Args:
        year: The calendar year.

    Returns:
        Positions in `UNITS`, one for each of the 14 areas.
    """
    return units_at(np.arange(CENTRAL), np.full(CENTRAL, day(f"{year}-12-31")))


@dataclass(frozen=True, slots=True)
class District:
    """A city district (stadsdel) within an area.

    Attributes:
        name: Its name.
        area: Position in `AREAS`.
        index: Socioeconomic index; higher is stronger and about 100 is the city's mean. Synthetic.
        weight: Its share of the area's children, not normalised. Synthetic.
    """

    name: str
    area: int
    index: float
    weight: float


_DISTRICTS: Final[dict[str, tuple[tuple[str, float, float], ...]]] = {
    "Rinkeby-Kista": (
        ("Rinkeby", 39, 34),
        ("Husby", 47, 26),
        ("Akalla", 63, 20),
        ("Kista", 71, 20),
    ),
    "Spånga-Tensta": (
        ("Tensta", 41, 42),
        ("Hjulsta", 48, 16),
        ("Bromsten", 88, 16),
        ("Solhem", 104, 16),
        ("Flysta", 98, 10),
    ),
    "Hässelby-Vällingby": (
        ("Hässelby gård", 55, 18),
        ("Hässelby strand", 56, 14),
        ("Hässelby villastad", 92, 22),
        ("Vällingby", 64, 14),
        ("Råcksta", 66, 10),
        ("Grimsta", 58, 10),
        ("Nälsta", 90, 7),
        ("Vinsta", 84, 5),
    ),
    "Bromma": (
        ("Blackeberg", 98, 14),
        ("Mariehäll", 108, 20),
        ("Traneberg", 112, 13),
        ("Ulvsunda", 120, 13),
        ("Åkeslund", 118, 12),
        ("Nockeby", 132, 13),
        ("Södra Ängby", 134, 15),
    ),
    "Kungsholmen": (
        ("Kungsholmen", 123, 46),
        ("Kristineberg", 117, 16),
        ("Stadshagen", 118, 18),
        ("Fredhäll", 116, 9),
        ("Stora Essingen", 126, 11),
    ),
    "Norrmalm": (
        ("Vasastaden", 129, 76),
        ("Norrmalm", 124, 15),
        ("Hagastaden", 127, 9),
    ),
    "Östermalm": (
        ("Östermalm", 133, 48),
        ("Gärdet", 128, 32),
        ("Hjorthagen", 124, 20),
    ),
    "Södermalm": (
        ("Maria-Högalid", 114, 34),
        ("Katarina-Sofia", 115, 34),
        ("Södra Hammarbyhamnen", 121, 25),
        ("Gamla stan", 126, 3),
        ("Reimersholme", 110, 4),
    ),
    "Enskede-Årsta-Vantör": (
        ("Rågsved", 58, 16),
        ("Hagsätra", 66, 11),
        ("Högdalen", 80, 11),
        ("Bandhagen", 85, 9),
        ("Stureby", 112, 14),
        ("Årsta", 104, 16),
        ("Östberga", 70, 6),
        ("Gamla Enskede", 128, 17),
    ),
    "Skarpnäck": (
        ("Skarpnäcks gård", 76, 22),
        ("Bagarmossen", 82, 24),
        ("Kärrtorp", 93, 14),
        ("Björkhagen", 100, 11),
        ("Hammarbyhöjden", 104, 15),
        ("Enskededalen", 127, 14),
    ),
    "Farsta": (
        ("Farsta", 76, 24),
        ("Farsta strand", 66, 14),
        ("Hökarängen", 78, 18),
        ("Fagersjö", 64, 6),
        ("Gubbängen", 92, 11),
        ("Sköndal", 98, 14),
        ("Tallkrogen", 118, 13),
    ),
    "Älvsjö": (
        ("Solberga", 88, 32),
        ("Långbro", 112, 30),
        ("Herrängen", 118, 16),
        ("Långsjö", 116, 10),
        ("Liseberg", 110, 12),
    ),
    "Hägersten-Liljeholmen": (
        ("Fruängen", 96, 13),
        ("Västertorp", 99, 11),
        ("Hägerstensåsen", 108, 13),
        ("Midsommarkransen", 115, 17),
        ("Aspudden", 117, 10),
        ("Gröndal", 118, 10),
        ("Liljeholmen", 118, 18),
        ("Mälarhöjden", 130, 8),
    ),
    "Skärholmen": (
        ("Skärholmen", 52, 25),
        ("Vårberg", 53, 28),
        ("Bredäng", 60, 27),
        ("Sätra", 72, 20),
    ),
}

DISTRICTS: Final = tuple(
    District(name, area, float(index), float(weight))
    for area, area_name in enumerate(AREAS)
    for name, index, weight in _DISTRICTS[area_name]
)

DISTRICT_AREA: Final[Ints] = np.array([district.area for district in DISTRICTS], dtype=np.int64)
DISTRICT_INDEX: Final[Floats] = np.array([district.index for district in DISTRICTS])
DISTRICT_WEIGHT: Final[Floats] = np.array([district.weight for district in DISTRICTS])

_CATEGORY_LIMITS: Final = (70.0, 95.0, 115.0)


def status_category(index: Floats) -> Ints:
    """The four area categories by socioeconomic status, 1 the weakest and 4 the strongest."""
    return np.searchsorted(np.array(_CATEGORY_LIMITS), index, side="right").astype(np.int64) + 1
