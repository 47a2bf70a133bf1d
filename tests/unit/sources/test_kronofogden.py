"""Kronofogden's RowStore pages and national figures."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.sources.errors import SourceFormatError
from orchestration.sources.kronofogden import parse
from orchestration.sources.registry import datasets_of, recorded_files

DATASETS = {dataset.source_id: dataset for dataset in datasets_of("demo")}
DEBTORS = DATASETS["kronofogden_debtors"]
REAL = recorded_files(DEBTORS)[0].read_bytes()


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    page = json.loads(REAL)
    change(page)
    return json.dumps(page, ensure_ascii=False).encode()


def test_real_page() -> None:
    parsed = parse(REAL, DEBTORS)
    assert len(parsed.observations) == 58 * 3
    first = [row for row in parsed.observations if row.row_number == 1]
    assert {row.series: (row.value, row.value_text) for row in first} == {
        "antal skuldsatta": (42, "42"),
        "skuldbelopp": (6_173_238, "6173238"),
        "antal med löneutmätning": (12, "12"),
    }
    # The county stands in the column whose name begins with a byte order mark.
    assert json.loads(first[0].dimensions) == {
        "kön": "Man",
        "län": "ÖSTERGÖTLANDS LÄN",
        "ålder": "35-44 år",
    }
    assert {(row.region, row.period) for row in first} == {("VALDEMARSVIK", "2020")}
    last = parsed.observations[-3]
    assert (last.row_number, last.region, last.series) == (58, "SAKNAS", "antal skuldsatta")
    assert last.value == 9781


def test_a_page_says_which_part_of_the_dataset_it_is() -> None:
    [note] = parse(REAL, DEBTORS).notes
    assert "rad 43301–43358 av 43358" in note.text
    debt = DATASETS["kronofogden_stockholm_debt"]
    assert parse(recorded_files(debt)[0].read_bytes(), debt).notes == ()


def test_a_page_may_point_to_the_next() -> None:
    page = changed(lambda p: p.update(resultCount=50_000, next="https://example.invalid/json"))
    assert len(parse(page, DEBTORS).observations) == 58 * 3


def test_an_empty_cell_is_missing() -> None:
    page = changed(lambda p: p["results"][0].update(skuldbelopp=""))
    rows = [row for row in parse(page, DEBTORS).observations if row.row_number == 1]
    assert [row.status for row in rows] == ["observed", "missing", "observed"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p["results"].pop(), "rad 43301–43357 av 43358 och ingen följande sida"),
        (lambda p: p.update(offset=43_301), "rad 43302–43359 av 43358"),
        (lambda p: p.pop("resultCount"), "nyckeln ”resultCount”: nyckeln saknas"),
        (lambda p: p.update(results=[]), "results"),
        (lambda p: p["results"][0].update({"antal skuldsatta": 42}), "results.0"),
        (lambda p: p["results"][3].pop("kön"), "rad 4 i ”results”: kolumnerna"),
        (lambda p: p["results"][0].update(utländsk="nej"), "rad 1 i ”results”: kolumnerna"),
        (lambda p: p["results"][0].update({"\ufeffkön": "Man"}), "rad 1"),
        (lambda p: p["results"][5].update(kommun=""), "rad 6"),
        (lambda p: p["results"][5].update(år="2O20"), "rad 6"),
        (lambda p: p["results"][5].update(skuldbelopp="många"), "rad 6, skuldbelopp"),
        (lambda p: p["results"].__setitem__(1, p["results"][0]), "samma uppgift som på rad 1"),
    ],
)
def test_a_page_that_does_not_hang_together_is_refused(
    change: Callable[[dict[str, Any]], object], words: str
) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(changed(change), DEBTORS)
    assert words in caught.value.message_sv


def test_html_and_cut_pages_are_refused() -> None:
    with pytest.raises(SourceFormatError, match="en webbsida i stället för JSON"):
        parse(b"<html>503</html>", DEBTORS)
    with pytest.raises(SourceFormatError, match="JSON som inte går att läsa"):
        parse(REAL[:-20], DEBTORS)


def test_national_figures_keep_half_years_apart() -> None:
    national = DATASETS["kronofogden_evictions_national"]
    rows = parse(recorded_files(national)[0].read_bytes(), national).observations
    found = {(row.series, row.period): row.value for row in rows}
    assert found["Verkställda vräkningar", "2020"] == 2106
    assert found["Verkställda vräkningar", "2023"] == 2768
    assert found["Barn berörda av verkställd vräkning", "2022H1"] == 269
    assert found["Skuldbelopp, mdr kr", "2023"] == 119
    assert {row.region for row in rows} == {"Riket"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mått,år,värde\na,2020,1\n", "kolumnerna mått,period,värde"),
        ("mått,period,värde\na,2020,1", "radslut saknas"),
        ("mått,period,värde\n", "inga datarader"),
        ("mått,period,värde\na,2020\n", "rad 2: 2 fält"),
        ("mått,period,värde\na,20,1\n", "rad 2"),
        ("mått,period,värde\n,2020,1\n", "rad 2"),
        ("mått,period,värde\na,2020,ett\n", "rad 2"),
        ("mått,period,värde\na,2020,1\na,2020,2\n", "rad 3: samma uppgift som på rad 2"),
        ('mått,period,värde\n"a,2020,1\n', "citattecken"),
    ],
)
def test_a_table_of_figures_that_is_wrong_is_refused(text: str, words: str) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(text.encode(), DATASETS["kronofogden_evictions_national"])
    assert words in caught.value.message_sv
