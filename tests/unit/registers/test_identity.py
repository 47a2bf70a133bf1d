"""Identity numbers against Skatteverket's own test numbers, and what is none."""

import json
import re
import unicodedata
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.registers.identity import (
    birth_date_sql,
    hides_identity_sql,
    is_man_sql,
    kind_sql,
    normalised_sql,
)

# To open one costs more than what it is asked here.
CONNECTION = duckdb.connect()
VECTORS = Path(__file__).parents[2] / "vectors" / "personnummer"


def kinds(numbers: list[str]) -> list[tuple[str | None, object]]:
    return CONNECTION.execute(
        f"select {kind_sql('n')} as kind,"
        f" case when kind is not null then {birth_date_sql('n')}::varchar end from"
        f" (select {normalised_sql('w')} as n, r from (select unnest($w) as w,"
        " generate_subscripts($w, 1) as r)) order by r",
        {"w": numbers},
    ).fetchall()


def vector(name: str) -> list[str]:
    text = (VECTORS / name).read_text(encoding="utf-8")
    return re.findall(r'"(\d{12})"', json.dumps(json.loads(text)))


OFFICIAL = [
    number
    for name in (
        "skatteverket_testpersonnummer_sample.json",
        "skatteverket_testsamordningsnummer.json",
    )
    for number in vector(name)[::50]
]


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


def test_the_last_digit_of_the_birth_number_tells_the_sex() -> None:
    # Skatteverket's test samordningsnummer have an even digit for women, an odd one for men.
    numbers = ["199001189817", "199001189825", "199001789831", "20140101-TF10", "20000101-T220"]
    found = CONNECTION.execute(
        f"select {is_man_sql('n')} from (select unnest($n) as n)", {"n": numbers}
    ).fetchall()
    assert [man for (man,) in found] == [True, False, True, None, None]


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
    forms = CONNECTION.execute(
        f"select distinct {normalised_sql('w')} from (select unnest($w) as w)",
        {"w": list(written)},
    ).fetchall()
    assert len(forms) == 1


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("199001189811", True),
        ("9001189811", True),
        ("900118-9811", True),
        ("900118 9811", True),
        ("900118+9811", True),
        ("ärende 19900118-9811 B", True),
        ("EB900118981X9", False),
        ("20000101-T220", True),
        ("199001189812", False),  # the check digit decides
        ("701063-2391", True),
        ("E1234567", False),
        ("2023-01-15", False),
        ("1990011898117", False),
        ("9013189811", False),
        ("Rinkeby", False),
    ],
)
def test_a_number_that_hides_in_a_text_is_found(text: str, hidden: bool) -> None:
    found = CONNECTION.execute(f"select {hides_identity_sql('$t')}", {"t": text}).fetchone()
    assert found == (hidden,)


def hidden(texts: list[str]) -> list[bool]:
    rows = CONNECTION.execute(
        f"select {hides_identity_sql('t')} from (select unnest($t) as t,"
        " generate_subscripts($t, 1) as r) order by r",
        {"t": texts},
    ).fetchall()
    return [found for (found,) in rows]


# One number of the tax agency's series for tests, as people, systems and web pages write it.
WRITTEN = {
    "twelve digits": "199001189811",
    "ten digits": "9001189811",
    "hyphen": "19900118-9811",
    "ten digits and hyphen": "900118-9811",
    "plus for who has turned a hundred": "900118+9811",
    "en dash": "900118–9811",
    "em dash": "19900118—9811",
    "minus sign": "900118−9811",
    "hyphen that does not break": "900118‑9811",
    "blank": "900118 9811",
    "blanks around the hyphen": "900118 - 9811",
    "blank that does not break": "19900118\u00a09811",
    "narrow and thin blanks": "19\u202f900118\u20099811",
    "blanks between all parts": "19 90 01 18 98 11",
    "blanks between all digits": "1 9 9 0 0 1 1 8 9 8 1 1",
    "dots": "1990.01.18.9811",
    "an ISO date": "1990-01-18-9811",
    "slashes": "90/01/18/9811",
    "parentheses": "(19)900118 (9811)",
    "brackets, and the last four quoted": "[19900118] '9811'",
    "underscore": "19900118_9811",
    "comma and colon": "900118,9811: ",
    "tab": "19900118\t9811",
    "line break": "19900118-\r\n9811",
    "line separator": "19900118\u20289811",
    "full-width digits": "１９９００１１８－９８１１",
    "Arabic digits": "١٩٩٠٠١١٨٩٨١١",
    "Devanagari digits": "१९९००११८-९८११",
    "digits of two scripts": "19٩٠०१18９８11",
    "raised digits": "⁹⁰⁰¹¹⁸⁻⁹⁸¹¹",
    "zero-width space": "1990\u200b0118\u200b9811",
    "soft hyphen": "900118\u00ad9811",
    "marks of direction": "\u202e19900118\u202c9811\u2069",
    "byte order mark": "\ufeff900118-9811",
    "digits struck through": "\u0336".join("9001189811"),
    "keycaps": "".join(f"{digit}\ufe0f\u20e3" for digit in "9001189811"),
    "an entity for the blank": "900118&nbsp;9811",
    "an entity for the dash": "900118&#8211;9811",
    "a prefix with letters": "pnr199001189811",
    "a prefix with a sign": "pnr:19900118-9811",
    "a suffix with letters": "199001189811X",
    "a suffix with digits": "19900118-9811-02",
    "another number before it": "2023-12 900118-9811",
    "another number around it": "4711 900118 9811 12",
    "a number as a system exports it": "1.99001189811E+11",
    "a samordningsnummer": "701063–2391",
    "an interim number": "20000101 – T220",
    "a reserve id in small letters": "20140101 tf10",
}


@pytest.mark.parametrize("way", WRITTEN)
def test_an_identity_number_does_not_stay_in_a_text(way: str) -> None:
    text = WRITTEN[way]
    assert hidden([text, f"Samtal med {text}, ring", f"sak {text}"]) == [True] * 3


@pytest.mark.parametrize(
    "text",
    [
        "19900118-9812",
        "900118 – 9810",
        "2023-01-15 10:22:33",
        "2023-02-30-1234",
        "070-123 45 67",
        "08-508 25 000",
        "+46 8 508 25 000",
        "0046 70 123 45 67",
        "1 234 567 890,50 kr",
        "12 500 000",
        "SN 2023/00417-3.1.2",
        "dnr 3.1.1-417/2023",
        "OCR 4711 0815 1234 5678 90",
        "199001189811199001189811",
        "556036-0793",
        "SE4550000000058398257466",
        "900118 nr 9811",
        "0000000000",
        "6f1ed002-ab55-91a0-9d57-aa3f8c3b7b8e",
        "v1:0f3e8a1b2c4d5e6f7081920a3b4c5d6e",
    ],
)
def test_what_is_no_identity_number_stays(text: str) -> None:
    assert hidden([text]) == [False]


_DIGITS = [
    "".join(chr(code) for code in range(first, first + 10))
    for first in (0x30, 0x660, 0x6F0, 0x966, 0xE50, 0xFF10, 0x1D7CE)
]
_APART = st.text(
    st.characters(categories=["Z", "P", "S", "Cc", "Cf", "M"], exclude_characters="&"), max_size=3
)


@st.composite
def written_forms(draw: st.DrawFn, numbers: list[str]) -> str:
    """A number in any script or several, with anything between its digits, in any text."""
    number = draw(st.sampled_from(numbers))
    if draw(st.booleans()):
        number = number[2:]
    form = "".join(
        draw(st.sampled_from(_DIGITS))[int(digit)] + draw(st.one_of(st.just(""), _APART))
        for digit in number
    )
    words = st.text(st.characters(categories=["L", "Z", "P"], exclude_characters="&"), max_size=8)
    return draw(words) + form + draw(words)


@settings(deadline=None, max_examples=20)
@given(st.data())
def test_an_identity_number_is_found_however_it_is_written(data: st.DataObject) -> None:
    forms = written_forms(OFFICIAL)
    texts = data.draw(st.lists(forms, min_size=1, max_size=40))
    assert [text for text, found in zip(texts, hidden(texts), strict=True) if not found] == []


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=20))
def test_a_text_with_fewer_than_eight_digits_stays(texts: list[str]) -> None:
    plain = [
        text
        for text in texts
        if sum(unicodedata.digit(sign, -1) >= 0 for sign in text) < 8 and "&" not in text
    ]
    assert hidden(plain or [""]) == [False] * max(len(plain), 1)


@pytest.mark.parametrize(
    "name",
    ["skatteverket_testpersonnummer_sample.json", "skatteverket_testsamordningsnummer.json"],
)
def test_every_official_number_is_found_in_a_text(name: str) -> None:
    numbers = vector(name)
    forms = [form for n in numbers for form in (n, n[2:], f"{n[2:8]}-{n[8:]}", f"sak {n}.")]
    found = CONNECTION.execute(
        f"select count(*) from (select unnest($f) as t) where {hides_identity_sql('t')}",
        {"f": forms},
    ).fetchone()
    assert found == (len(forms),)
    assert len(forms) > 8000


@settings(deadline=None)
@given(st.lists(st.text(max_size=16), min_size=1, max_size=20))
def test_any_text_gets_an_answer(texts: list[str]) -> None:
    assert len(kinds(texts)) == len(texts)
