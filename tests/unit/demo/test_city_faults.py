"""Each planted fault is there, is the only one, and spoils one file."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.demo.faults import DRIFTS, FAULTS, IMPLAUSIBLE, write_fault
from tests.unit.demo.city_reading import City, encoding_of

Rows = list[list[str]]


@pytest.fixture
def inbox(small_city: City, tmp_path: Path) -> Path:
    copy = tmp_path / "inbox"
    shutil.copytree(small_city.inbox, copy)
    return copy


def contents(inbox: Path) -> dict[Path, bytes]:
    return {
        path.relative_to(inbox): path.read_bytes()
        for path in sorted(inbox.rglob("*"))
        if path.is_file()
    }


def rows(path: Path) -> Rows:
    content = path.read_bytes()
    return [line.split(";") for line in content.decode(encoding_of(content)).splitlines()]


def column(table: Rows, name: str) -> list[str]:
    return [row[table[0].index(name)] for row in table[1:]]


ALL = {**FAULTS, **IMPLAUSIBLE, **DRIFTS}


@pytest.mark.parametrize("name", ALL)
def test_a_fault_spoils_one_file_of_its_register(inbox: Path, name: str) -> None:
    before = contents(inbox)
    path = write_fault(inbox, name)
    after = contents(inbox)
    changed = {file for file in after if before.get(file) != after[file]}
    assert changed == {path.relative_to(inbox)}
    assert before.keys() <= after.keys()
    assert path.parent.name == ALL[name].register
    assert path.stat().st_mode & 0o777 == 0o600
    assert ALL[name].description_sv.endswith(".")


@pytest.mark.parametrize("name", ALL)
def test_a_fault_is_the_same_every_time(small_city: City, tmp_path: Path, name: str) -> None:
    made = []
    for copy in ("a", "b"):
        inbox = tmp_path / copy
        shutil.copytree(small_city.inbox / ALL[name].register, inbox / ALL[name].register)
        path = write_fault(inbox, name)
        made.append((path.name, path.read_bytes()))
    assert made[0] == made[1]


CELLS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "unknown_code": ("boendeform", lambda value: value not in {"skyddat_boende", "jourlagenhet"}),
    "impossible_date": ("start_datum", lambda value: value == "2023-02-30"),
    "unknown_board": ("stadsdelsnamnd", lambda value: value.startswith("Södra")),
    "negative_amount": ("beviljat_belopp", lambda value: value.startswith("-")),
    "future_date": (
        "beslut_datum",
        lambda value: dt.date.fromisoformat(value) > dt.date(2090, 1, 1),
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_one_cell_is_wrong(inbox: Path, small_city: City, name: str) -> None:
    spoilt, is_wrong = CELLS[name]
    path = write_fault(inbox, name)
    good = rows(small_city.inbox / path.relative_to(inbox))
    bad = rows(path)
    assert len(bad) == len(good)
    assert sum(is_wrong(value) for value in column(bad, spoilt)) == 1
    assert not any(is_wrong(value) for value in column(good, spoilt))
    different = [
        (row, place)
        for row, (one, other) in enumerate(zip(good, bad, strict=True))
        for place, (left, right) in enumerate(zip(one, other, strict=True))
        if left != right
    ]
    assert len(different) == 1


def test_truncated(inbox: Path, small_city: City) -> None:
    path = write_fault(inbox, "truncated")
    whole = (small_city.inbox / path.relative_to(inbox)).read_bytes()
    part = path.read_bytes()
    assert whole.startswith(part)
    assert not part.endswith(b"\n")
    assert 1 < part.count(b"\n") < whole.count(b"\n")
    assert part.splitlines()[-1].count(b";") < part.splitlines()[0].count(b";")


def test_wrong_delimiter(inbox: Path, small_city: City) -> None:
    path = write_fault(inbox, "wrong_delimiter")
    content = path.read_bytes()
    assert b";" not in content
    assert content.replace(b"\t", b";") == (small_city.inbox / path.relative_to(inbox)).read_bytes()


def test_missing_column(inbox: Path, small_city: City) -> None:
    path = write_fault(inbox, "missing_column")
    good, bad = rows(small_city.inbox / path.relative_to(inbox)), rows(path)
    assert [name for name in good[0] if name not in bad[0]] == ["roll"]
    assert {len(row) for row in bad} == {len(good[0]) - 1}


def test_empty_and_header_only(inbox: Path, small_city: City) -> None:
    assert write_fault(inbox, "empty_file").read_bytes() == b""
    path = write_fault(inbox, "header_only")
    assert rows(path) == rows(small_city.inbox / path.relative_to(inbox))[:1]


def test_same_file_twice(inbox: Path) -> None:
    path = write_fault(inbox, "same_file_twice")
    assert path.name == "budget_skuldradgivning_2024-07.csv"
    original = path.with_name("budget_skuldradgivning_2024-06.csv")
    assert path.read_bytes() == original.read_bytes()


def test_duplicate_key(inbox: Path, small_city: City) -> None:
    path = write_fault(inbox, "duplicate_key")
    good, bad = rows(small_city.inbox / path.relative_to(inbox)), rows(path)
    assert bad[:-1] == good
    assert bad[-1] in good[1:]


def test_invalid_identity_number(inbox: Path, small_city: City) -> None:
    path = write_fault(inbox, "invalid_identity_number")
    good = column(rows(small_city.inbox / path.relative_to(inbox)), "personnummer_sokande")
    bad = column(rows(path), "personnummer_sokande")
    different = [(one, other) for one, other in zip(good, bad, strict=True) if one != other]
    assert len(different) == 1
    right, wrong = different[0]
    assert right[:-1] == wrong[:-1]
    assert (int(wrong[-1]) - int(right[-1])) % 10 == 1


def test_a_login_page_instead_of_a_register(inbox: Path) -> None:
    assert write_fault(inbox, "html_instead_of_csv").read_bytes().startswith(b"<!DOCTYPE html>")


def test_bytes_of_no_encoding(inbox: Path) -> None:
    content = write_fault(inbox, "wrong_encoding_bytes").read_bytes()
    for encoding in ("utf-8", "cp1252"):
        with pytest.raises(UnicodeDecodeError):
            content.decode(encoding)


def test_an_unknown_fault_and_an_empty_inbox_are_refused(inbox: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Okänt fel: solstorm"):
        write_fault(inbox, "solstorm")
    with pytest.raises(FileNotFoundError):
        write_fault(tmp_path / "tom", "empty_file")
