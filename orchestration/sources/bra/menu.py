"""SOL's menu page: which crimes, regions and periods can be asked for, and by which ids.

The page carries them as JavaScript arrays in ISO-8859-1. Ids differ between menus, so that a region
or a period is chosen by its name and a crime is checked against its path. Asking belongs in
`dialogue`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.registry import Dataset
from orchestration.sources.requests import SolCrime

_ENTRY = re.compile(r'(array\w+)\[[0-9]+\]\s*=\s*"((?:[^"\\\r\n]|\\.)*)"', re.ASCII)
_BLANKS = " \u00a0"
_YEAR = re.compile(r"([0-9]{4})(?: prel\.)?", re.ASCII)
# The menu's kinds of period that are read; half-years, whole years and quarters of the monthly
# menus would count a month twice.
_YEARLY, _MONTHLY = "-1", "2"


@dataclass(frozen=True, slots=True)
class Period:
    """A period that can be asked for.

    Attributes:
        period_id: Its id in this menu.
        year: Its year.
    """

    period_id: str
    year: int


@dataclass(frozen=True, slots=True)
class Menu:
    """What a menu page offers.

    Attributes:
        crimes: Id to path, from the outermost name to the crime's own.
        regions: Id and name; an id comes back under each of its parents.
        periods: Years in a yearly menu, months in a monthly one.
    """

    crimes: dict[str, str]
    regions: tuple[tuple[str, str], ...]
    periods: tuple[Period, ...]


def read_menu(content: bytes, dataset: Dataset) -> Menu:
    """Read a menu page.

    Args:
        content: The page.
        dataset: Whose menu it is said to be.

    Returns:
        What it offers.

    Raises:
        SourceFormatError: If it is another page or its arrays have another form.
    """
    arrays: dict[str, list[list[str]]] = {}
    for name, text in _ENTRY.findall(content.decode("iso-8859-1")):
        fields = text.replace("\\xA0", "\u00a0").replace('\\"', '"').split("*")
        arrays.setdefault(name, []).append([field.strip(_BLANKS) for field in fields])
    crimes = {row[0]: row[3] for row in _rows(arrays, "arrayNivatva", 4, dataset)}
    regions = [(row[0], row[1]) for row in _rows(arrays, "arrayRegionNivaTva", 4, dataset)]
    periods = []
    for row in _rows(arrays, "arrayPeriod", 2, dataset):
        # A yearly menu may say no more of a period than its id and its name.
        kind = row[4] if len(row) > 4 else _YEARLY  # noqa: PLR2004 - the fifth field
        dated = _YEAR.match(row[1] if kind == _YEARLY else row[3])
        if kind in (_YEARLY, _MONTHLY) and dated:
            periods.append(Period(row[0], int(dated[1])))
    return Menu(crimes, tuple(regions), tuple(periods))


def _rows(
    arrays: dict[str, list[list[str]]], name: str, fields: int, dataset: Dataset
) -> list[list[str]]:
    rows = arrays.get(name, [])
    if not rows or any(len(row) < fields or not row[0].isdecimal() for row in rows):
        raise menu_error(dataset, f"listan {name} saknas eller har en annan form")
    return rows


def check_crimes(menu: Menu, crimes: Sequence[SolCrime], dataset: Dataset) -> None:
    """Check that each crime still is what the register says it is.

    Args:
        menu: The menu.
        crimes: What is to be asked for.
        dataset: For which dataset.

    Raises:
        SourceFormatError: If an id is gone or has another path.
    """
    for crime in crimes:
        path = menu.crimes.get(str(crime.id))
        if path is None:
            raise menu_error(dataset, f"brottstypen {crime.id} finns inte i menyn")
        place = 0
        for name in crime.path:
            place = path.find(name, place)
            if place < 0:
                break
            place += len(name)
        if place < 0 or not path.endswith(crime.path[-1]):
            raise menu_error(dataset, f"brottstypen {crime.id} heter nu {quoted(path[-60:])}")


def region_id(menu: Menu, name: str, dataset: Dataset) -> str:
    """Find a region by its name.

    Args:
        menu: The menu.
        name: As the menu writes it; a municipality that has changed county may have a period in
            brackets behind its name, and the one that has not ended is meant.
        dataset: For which dataset.

    Returns:
        Its id.

    Raises:
        SourceFormatError: If none or several regions have that name.
    """
    found = {each for each, label in menu.regions if label == name} or {
        each
        for each, label in menu.regions
        if label.startswith(f"{name} (") and "t.o.m." not in label
    }
    if len(found) != 1:
        raise menu_error(dataset, f"{len(found)} regioner heter {quoted(name)}")
    return found.pop()


def menu_error(dataset: Dataset, found: str) -> SourceFormatError:
    """Say that the menu is not as expected.

    Args:
        dataset: Whose menu it is.
        found: What is wrong.

    Returns:
        The error to raise.
    """
    return SourceFormatError(
        dataset,
        place="urvalssidan",
        found=found,
        expected="en urvalssida med brottstyper, regioner och perioder som i källregistret",
    )
