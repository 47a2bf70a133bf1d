"""What moves to an insats without assessment, planted in a city's deliveries and read from them.

Counselling that is granted by decision becomes less in the boards that have begun to give it
without one. The register's files say so, as a municipality's would, and all that follows is the
flow's own: landing, raw, marts and the search for explanations.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import WrittenCity
from tests.integration.conftest import Installation
from tests.nights import Night

COUNSELLING = "rvc_samtalsstod"
WITHOUT = "insatser_utan_behovsprovning"
STEPS = ("landing", "raw", "staging", "marts", "found_explanations")
# Names in the files, of both maps, with the day when the board of today began, as the seed of
# insatser has it.
BEGAN = {
    "Farsta": "2022-10-01",
    "Skarpnäck": "2022-10-01",
    "Bromma": "2023-01-01",
    "Enskede-Årsta-Vantör": "2023-01-01",
    "Älvsjö": "2023-04-01",
    "Hägersten-Liljeholmen": "2023-04-01",
    "Hägersten-Älvsjö": "2023-04-01",
}
FOUND = (
    "select geography_id, period_from, explained_change, indicator_id, kind"
    " from marts.found_explanations where basis = 'movement' order by all"
)
LAST_DAY = "2023-12-31"


@dataclass(frozen=True)
class Planted:
    """A file's text after the movement, and who was and still is granted counselling.

    Attributes:
        text: the file.
        granted: persons by board and year who were, from the day when their board began.
        left: those of them who still are.
    """

    text: str
    granted: frozenset[tuple[str, ...]]
    left: frozenset[tuple[str, ...]]


def planted(text: str) -> Planted:
    """The same rows, where about half of the persons need no decision once their board has begun.

    Who they are has nothing to do with sex or age: the last digit of the day of birth.
    """
    header, *rows = text.splitlines()
    place = {name: at for at, name in enumerate(header.split(";"))}
    lines, granted, left = [header], set(), set()
    for cells in (row.split(";") for row in rows):
        board, start = cells[place["stadsdelsnamnd"]], cells[place["start_datum"]]
        person = cells[place["personnummer"]]
        if start >= BEGAN.get(board, "9999") and cells[place["bistandsbeslut"]] == "J":
            if int(person[7]) % 2 == 0:
                cells[place["bistandsbeslut"]] = "N"
            if start <= LAST_DAY:
                who = (board, start[:4], person)
                granted.add(who)
                if cells[place["bistandsbeslut"]] == "J":
                    left.add(who)
        lines.append(";".join(cells))
    return Planted("\n".join(lines) + "\n", frozenset(granted), frozenset(left))


@pytest.fixture
def city_of_two_registers(written_full_city: WrittenCity, tmp_path: Path) -> Installation:
    for register in (COUNSELLING, WITHOUT):
        shutil.copytree(written_full_city.inbox / register, tmp_path / "home" / "inbox" / register)
    return Installation(tmp_path / "home")


def test_a_movement_is_explained_with_its_size_where_boards_had_begun_and_nowhere_else(
    city_of_two_registers: Installation,
) -> None:
    city = city_of_two_registers
    assert city.night(*STEPS) == Night()
    # The synthetic city has boards that have begun, and nothing has moved there.
    assert city.warehouse(FOUND) == []

    granted: set[tuple[str, ...]] = set()
    left: set[tuple[str, ...]] = set()
    for path in sorted((city.inbox / COUNSELLING).iterdir()):
        after = planted(path.read_text(encoding="utf-8-sig"))
        granted |= after.granted
        left |= after.left
        # Delivered anew, as a supplier corrects a period.
        path.write_text(after.text, encoding="utf-8")
    share = 1 - len(left) / len(granted)
    assert len(granted) > 200
    assert 0.4 < share < 0.6
    assert city.night(*STEPS) == Night()

    found = city.warehouse(FOUND)
    assert {(indicator, kind) for *_, indicator, kind in found} == {
        ("rvc_counselling_granted", "flyttad_till_insats_utan_provning")
    }
    sizes = {(place, year): change for place, year, change, *_ in found}
    assert set(sizes) == {
        # A quarter of 2022, and the rest of 2023.
        *(("0180-" + board, year) for board in ("farsta", "skarpnack") for year in (2022, 2023)),
        *(("0180-" + board, 2023) for board in ("bromma", "enskede-arsta-vantor")),
        ("0180-hagersten-alvsjo", 2023),
        *(("0180", year) for year in (2022, 2023)),
    }
    # All of the year, all but a quarter of it, and a quarter of the year before.
    assert sizes["0180-bromma", 2023] == pytest.approx(-share, abs=0.1)
    assert sizes["0180-enskede-arsta-vantor", 2023] == pytest.approx(-share, abs=0.1)
    assert sizes["0180-hagersten-alvsjo", 2023] == pytest.approx(-share * 3 / 4, abs=0.1)
    assert sizes["0180-farsta", 2022] == pytest.approx(-share / 4, abs=0.03)
    both = (1 + sizes["0180-farsta", 2022]) * (1 + sizes["0180-farsta", 2023])
    assert both == pytest.approx(1 - share, abs=0.1)
    # Five boards of eleven: the city's is between nothing and theirs.
    assert -share < sizes["0180", 2023] < sizes["0180", 2022] < 0
