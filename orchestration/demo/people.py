"""The synthetic city's people and their identity numbers, none of which can belong to anyone.

Personnummer here have birth numbers 980-999, which Skatteverket sets aside for fictitious persons,
with a right check digit. A few people have one of Skatteverket's test samordningsnummer or a
reserve id instead. What people do, and where they live, belongs in the register modules.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orchestration.demo.sampling import (
    Days,
    Flags,
    Ints,
    choose,
    day,
    first_day,
    happens,
    rank_within,
)

_FIRST_DAY: Final = day("1900-01-01")
_LAST_DAY: Final = day("2024-12-31")
_NUMBERS_A_DAY: Final = 10
"""Birth numbers 980-999 give ten women and ten men for each birth date."""

_TEST_NUMBERS: Final = Path(__file__).with_name("skatteverket_testsamordningsnummer.json")


def check_digits(nine_digits: Ints) -> Ints:
    """Check digits by the Luhn rule (SKV 704).

    Args:
        nine_digits: Two-digit year, month, day and birth number as one number, shape (n,).

    Returns:
        The tenth digits, shape (n,).
    """
    total = np.zeros_like(nine_digits)
    rest = nine_digits.copy()
    for position in range(9):
        doubled = rest % 10 * (2 if position % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
        rest //= 10
    return -total % 10


def reserve_code(days: Days, serials: Ints) -> Ints:
    """Reserve ids as negative numbers, which `writing` turns into text.

    Args:
        days: Birth dates, shape (n,).
        serials: 0-99 for `YYYYMMDD-TFnn`, 100-999 for `YYYYMMDD-Tnnn`, shape (n,).

    Returns:
        Codes, shape (n,).
    """
    return -(_as_digits(days) * 1000 + serials)


def _as_digits(days: Days) -> Ints:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    of_month = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    digits: Ints = year * 10000 + month * 100 + of_month
    return digits


@cache
def coordination_test_numbers() -> Ints:
    """Skatteverket's test samordningsnummer that some of the city's adults carry."""
    published = json.loads(_TEST_NUMBERS.read_text(encoding="utf-8"))
    return np.array([int(number) for number in published["numbers"]], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Residents:
    """People with the area they live in.

    Attributes:
        person: Positions in `People`, shape (n,).
        area: Positions in `geography.AREAS`, or the central unit, shape (n,).
    """

    person: Ints
    area: Ints


class People:
    """Everyone who occurs in any register; a person is a position in these arrays.

    Attributes:
        identity: Twelve-digit numbers; negative for reserve ids (see `reserve_code`).
        male: Whether a person is a man, as the number says.
        born: Birth dates in days since 1970-01-01.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._used: NDArray[np.uint8] = np.zeros((_LAST_DAY - _FIRST_DAY + 1) * 2, dtype=np.uint8)
        self.identity: Ints = np.zeros(0, dtype=np.int64)
        self.male: Flags = np.zeros(0, dtype=np.bool_)
        self.born: Days = np.zeros(0, dtype=np.int64)

    def add(self, born: Days, male: Flags) -> Ints:
        """Add people, each with a number nobody else has.

        Where a birth date has no free number left, the birth date moves by some days.

        Args:
            born: Wanted birth dates, 1900-2024, shape (n,).
            male: Sex, shape (n,).

        Returns:
            Positions of the new people, shape (n,).
        """
        dates = born.copy()
        slots = np.full(len(dates), -1, dtype=np.int64)
        waiting = np.arange(len(dates))
        reach = 10
        while len(waiting):
            keys = (dates[waiting] - _FIRST_DAY) * 2 + male[waiting]
            slot = self._used[keys] + rank_within(keys, np.arange(len(keys), dtype=np.float64))
            free = slot < _NUMBERS_A_DAY
            slots[waiting[free]] = slot[free]
            np.add.at(self._used, keys[free], 1)
            waiting = waiting[~free]
            moved = born[waiting] + self._rng.integers(-reach, reach + 1, len(waiting))
            dates[waiting] = np.clip(moved, _FIRST_DAY, _LAST_DAY)
            reach += 5
        # The order of allocation must not show in the number.
        birth_number = 980 + 2 * ((slots * 7 + dates) % _NUMBERS_A_DAY) + male
        digits = _as_digits(dates) * 1000 + birth_number
        return self._append(digits * 10 + check_digits(digits % 10**9), male, dates)

    def add_test_coordination_numbers(self) -> Ints:
        """Add people with Skatteverket's test samordningsnummer; once only.

        Returns:
            Positions of the new people.
        """
        numbers = coordination_test_numbers()
        years = numbers // 10**8
        born = np.array([first_day(int(year)) for year in years], dtype=np.int64)
        return self._append(numbers, numbers // 10 % 2 == 1, born)

    def add_reserve_ids(self, born: Days, male: Flags, first_serial: int) -> Ints:
        """Add people who are known by a reserve id only.

        Args:
            born: Birth dates, shape (n,).
            male: Sex, which the id does not show, shape (n,).
            first_serial: The first serial number; the following people get the next ones.

        Returns:
            Positions of the new people, shape (n,).
        """
        serials = first_serial + np.arange(len(born))
        return self._append(reserve_code(born, serials), male, born)

    def _append(self, identity: Ints, male: Flags, born: Days) -> Ints:
        first = len(self.identity)
        self.identity = np.concatenate([self.identity, identity])
        self.male = np.concatenate([self.male, male])
        self.born = np.concatenate([self.born, born])
        return np.arange(first, len(self.identity))


class Recruiter:
    """Finds people for one register: some known from another register, the rest new.

    Nobody is found twice.

    Args:
        rng: Source of randomness.
        people: Everyone.
        ages: Weight of each age in years, from `youngest` and up.
        youngest: The age that the first weight stands for.
        known: People of another register.
        known_share: Share that is taken from them, as long as they last.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        people: People,
        *,
        ages: NDArray[np.float64],
        youngest: int,
        known: Residents | None = None,
        known_share: float = 0.0,
    ) -> None:
        self._rng = rng
        self._people = people
        self._ages = ages
        self._youngest = youngest
        self._share = known_share
        self._queues: dict[int, Ints] = {}
        if known is not None:
            cells = known.area * 2 + people.male[known.person]
            order = rng.permutation(len(cells))
            for cell in np.unique(cells):
                self._queues[int(cell)] = known.person[order[cells[order] == cell]]

    def leave_out(self, persons: Ints) -> None:
        """Never find these people."""
        for cell, queue in self._queues.items():
            self._queues[cell] = queue[~np.isin(queue, persons)]

    def find(self, area: Ints, male: Flags, days: Days) -> Ints:
        """Find people of a given area and sex.

        Args:
            area: Positions in `geography.AREAS`, or the central unit, shape (n,).
            male: Sex, shape (n,).
            days: When they are found, which with the age gives a new person's birth date.

        Returns:
            Positions in `People`, all different, shape (n,).
        """
        found = np.full(len(area), -1, dtype=np.int64)
        cells = area * 2 + male
        wants_known = happens(self._rng, self._share, len(area))
        for cell, queue in self._queues.items():
            places = np.flatnonzero(wants_known & (cells == cell))[: len(queue)]
            found[places] = queue[: len(places)]
            self._queues[cell] = queue[len(places) :]
        new = np.flatnonzero(found < 0)
        age = self._youngest + choose(self._rng, self._ages, len(new))
        born = days[new] - (age * 365.25).astype(np.int64) - self._rng.integers(1, 365, len(new))
        found[new] = self._people.add(born, male[new])
        return found


def adult_ages(mean: float, sd: float) -> NDArray[np.float64]:
    """Weights of the ages 18-89, bell-shaped.

    Args:
        mean: Age where the weight is largest.
        sd: Standard deviation in years before the ends are cut.

    Returns:
        72 weights, the first for 18 years.
    """
    ages = np.arange(18, 90)
    return np.asarray(np.exp(-0.5 * ((ages - mean) / sd) ** 2), dtype=np.float64)
