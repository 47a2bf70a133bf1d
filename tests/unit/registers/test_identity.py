"""Identity numbers against Skatteverket's own test numbers, and what is none."""

import json
import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.registers.identity import (
    birth_date_sql,
    kind_sql,
    normalised_sql,
)

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


def specified() -> list[tuple[str, bool, str]]:
    """The cases that libraries for Swedish identity numbers hold themselves against."""
    kind = {"ssn": "personnummer", "con": "samordningsnummer", "interim": "reservnummer"}
    return [
        (case[form], case["valid"], kind[case["type"]])
        for name in ("list.json", "interim.json")
        for case in json.loads((VECTORS / name).read_text(encoding="utf-8"))
        for form in ("long_format", "separated_long")
    ]


@pytest.mark.parametrize(("number", "valid", "kind"), specified())
def test_the_cases_of_the_specification(number: str, valid: bool, kind: str) -> None:
    assert kinds([number])[0][0] == (kind if valid else None)


def test_the_specification_has_valid_and_invalid_numbers_of_each_kind() -> None:
    assert {(valid, kind) for _, valid, kind in specified()} == {
        (valid, kind)
        for valid in (True, False)
        for kind in ("personnummer", "samordningsnummer", "reservnummer")
    }


def test_a_number_without_its_century_is_refused_and_one_with_it_is_judged() -> None:
    groups = json.loads((VECTORS / "structured.json").read_text(encoding="utf-8"))
    judged = refused = 0
    for group, kind in (("ssn", "personnummer"), ("con", "samordningsnummer")):
        for verdict, numbers in groups[group]["string"].items():
            for number in numbers:
                [(found, _)] = kinds([number])
                if len(re.sub(r"\D", "", number)) == 12 and verdict == "valid":
                    assert found == kind, number
                    judged += 1
                else:
                    assert found is None, number
                    refused += 1
    assert (judged, refused) == (16, 40)


def test_the_tax_agencys_own_example_of_a_samordningsnummer() -> None:
    example = json.loads((VECTORS / "skvm_2010_3_example.json").read_text(encoding="utf-8"))
    assert kinds([f"19{example['samordningsnummer']}"]) == [
        ("samordningsnummer", example["birthdate"])
    ]


def test_what_libraries_refuse_is_among_the_official_numbers() -> None:
    """No birth date can be read from these, and they are valid all the same."""
    numbers = vector("skatteverket_testsamordningsnummer.json")
    undated = [
        number for number, (_, born) in zip(numbers, kinds(numbers), strict=True) if not born
    ]
    months = [number for number in undated if number[4:6] == "00"]
    days = [number for number in undated if number[4:6] != "00" and number[6:8] == "60"]
    assert (len(months), len(days), len(undated)) == (132, 38, 194)


@pytest.mark.parametrize(
    "written",
    [("19900118-9811", "199001189811", "19900118+9811"), ("20000101-T220", "20000101T220")],
)
def test_one_identity_has_one_form(written: tuple[str, ...]) -> None:
    with duckdb.connect() as connection:
        forms = connection.execute(
            f"select distinct {normalised_sql('w')} from (select unnest($w) as w)",
            {"w": list(written)},
        ).fetchall()
    assert len(forms) == 1


@settings(deadline=None)
@given(st.lists(st.text(max_size=16), min_size=1, max_size=20))
def test_any_text_gets_an_answer(texts: list[str]) -> None:
    assert len(kinds(texts)) == len(texts)
