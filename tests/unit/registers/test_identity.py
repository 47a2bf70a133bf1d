"""Identity numbers against Skatteverket's own test numbers, and what is none."""

import json
import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.registers.identity import birth_date_sql, kind_sql, normalised_sql
from orchestration.registers.pseudonyms import PseudonymKey, PseudonymKeyError, load_key

VECTORS = Path(__file__).parents[2] / "vectors" / "personnummer"


def kinds(numbers: list[str]) -> list[tuple[str | None, object]]:
    with duckdb.connect() as connection:
        return connection.execute(
            f"select {kind_sql('n')} as kind,"
            f" case when kind is not null then {birth_date_sql('n')}::varchar end from"
            f" (select {normalised_sql('w')} as n, r from (select unnest($w) as w,"
            " generate_subscripts($w, 1) as r)) order by r",
            {"w": numbers},
        ).fetchall()


def vector(name: str) -> list[str]:
    text = (VECTORS / name).read_text(encoding="utf-8")
    return re.findall(r'"(\d{12})"', json.dumps(json.loads(text)))


@pytest.mark.parametrize(
    ("name", "count", "kind"),
    [
        ("skatteverket_testpersonnummer_sample.json", 2057, "personnummer"),
        ("skatteverket_testsamordningsnummer.json", 2264, "samordningsnummer"),
    ],
)
def test_all_official_test_numbers_are_judged_right(name: str, count: int, kind: str) -> None:
    numbers = vector(name)
    assert len(numbers) == count
    assert {found for found, _ in kinds(numbers)} == {kind}


@pytest.mark.parametrize("name", ["skatteverket_testpersonnummer_sample.json"])
def test_a_changed_digit_is_noticed(name: str) -> None:
    changed = [number[:-1] + str((int(number[-1]) + 1) % 10) for number in vector(name)[:200]]
    assert {found for found, _ in kinds(changed)} == {None}


def test_kinds_and_birth_dates() -> None:
    assert kinds(
        [
            "19900118-9811",
            "20140101-TF10",
            "20140101-T123",
            "9001189811",
            "199002309818",
            "17900118981",
            "",
        ]
    ) == [
        ("personnummer", "1990-01-18"),
        ("reservnummer", "2014-01-01"),
        ("reservnummer", "2014-01-01"),
        (None, None),
        (None, None),
        (None, None),
        (None, None),
    ]


@given(st.lists(st.text(max_size=16), min_size=1, max_size=20))
def test_any_text_gets_an_answer(texts: list[str]) -> None:
    assert len(kinds(texts)) == len(texts)


def test_the_key_file_must_be_private(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "pseudonym.key"
    first = load_key(None, file, create=True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_key(None, file, create=False) == first
    file.chmod(0o644)
    with pytest.raises(PseudonymKeyError, match="chmod 600"):
        load_key(None, file, create=False)


def test_a_missing_or_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PseudonymKeyError, match="saknas"):
        load_key(None, tmp_path / "none", create=False)
    with pytest.raises(PseudonymKeyError, match="för kort"):
        PseudonymKey.from_secret(b"kort")


def test_the_key_does_not_show() -> None:
    assert "hemlig" not in repr(PseudonymKey.from_secret(b"hemlig" * 10))
