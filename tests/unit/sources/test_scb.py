"""SCB's json-stat2 answers: the real table, and answers that must not be believed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.sources.errors import SourceFormatError
from orchestration.sources.observation import Observation, Parsed
from orchestration.sources.registry import datasets_of, recorded_files
from orchestration.sources.scb import parse

DATASETS = {dataset.source_id: dataset for dataset in datasets_of("demo")}
POPULATION = DATASETS["scb_population_month"]
REAL = recorded_files(POPULATION)[0].read_bytes()


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    answer = json.loads(REAL)
    change(answer)
    return json.dumps(answer, ensure_ascii=False).encode()


def find(parsed: Parsed, region: str, period: str, age: str, sex: str) -> Observation:
    dimensions = f'{{"Alder": "{age}", "Kon": "{sex}"}}'
    [row] = [
        row
        for row in parsed.observations
        if (row.region, row.period, row.dimensions) == (region, period, dimensions)
    ]
    return row


def test_real_answer_keeps_codes_and_order() -> None:
    parsed = parse(REAL, POPULATION)
    assert len(parsed.observations) == 2772
    assert {row.series for row in parsed.observations} == {"000007SF"}
    assert len({row.region for row in parsed.observations}) == 21
    # Read off the file: the first cells of "value" and the last one.
    assert find(parsed, "01", "2026M01", "0-9", "TotSa").value == 245_284
    assert find(parsed, "01", "2026M04", "0-9", "TotSa").value == 251_635
    assert find(parsed, "01", "2026M01", "0-9", "1").value == 125_373
    assert find(parsed, "01", "2026M01", "0-9", "2").value == 119_906
    assert find(parsed, "01", "2026M01", "10-19", "TotSa").value == 297_856
    last = find(parsed, "25", "2026M04", "100+10", "2")
    assert (last.value, last.value_text, last.row_number) == (54, "54", 2772)


def test_mandatory_notes_are_loaded_and_others_are_not() -> None:
    notes = parse(REAL, POPULATION).notes
    assert len(notes) == 5
    assert "Cell Key Method (CKM)" in notes[0].text
    assert notes[4].text.startswith("Med ålder avses uppnådd ålder vid årets slut")
    assert {(note.kind, note.period, note.regions) for note in notes} == {("method", None, "[]")}

    def one_is_voluntary(answer: dict[str, Any]) -> None:
        answer["extension"]["noteMandatory"] = {"0": True}

    assert len(parse(changed(one_is_voluntary), POPULATION).notes) == 2


def test_gaps_carry_their_mark() -> None:
    def marks(answer: dict[str, Any]) -> None:
        answer["value"][0] = answer["value"][1] = answer["value"][2] = None
        answer["status"] = {"0": "..", "1": "."}

    rows = parse(changed(marks), POPULATION).observations[:4]
    assert [row.status for row in rows] == ["missing", "not_applicable", "missing", "observed"]
    assert [row.value_text for row in rows] == ["..", ".", "", "251635"]
    assert [row.value for row in rows] == [None, None, None, 251_635]


def test_decimals_keep_their_digits_and_a_table_without_region_is_the_country() -> None:
    income = DATASETS["scb_real_disposable_income"]
    rows = parse(recorded_files(income)[0].read_bytes(), income).observations
    assert (rows[0].value_text, rows[0].value, rows[0].region) == ("400.0", 400.0, "00")
    assert (rows[0].period, rows[0].dimensions) == (
        "2016",
        '{"Alder": "18+", "Hushallstyp": "E90"}',
    )
    prices = DATASETS["scb_cpi_housing_food"]
    rows = parse(recorded_files(prices)[0].read_bytes(), prices).observations
    assert (rows[0].region, rows[0].series, rows[0].period) == ("00", "0000080H", "2016M01")


def drop_region(answer: dict[str, Any]) -> None:
    """Answer as SCB does without a full selection: 200, and the region gone."""
    answer["id"].remove("Region")
    del answer["size"][0], answer["dimension"]["Region"]
    answer["value"] = answer["value"][: 11 * 3 * 4]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop_region, "hela urvalet"),
        (lambda a: a["value"].pop(), "2771 värden"),
        (lambda a: a["size"].__setitem__(0, 20), "variabeln ”Region”: 21 koder. Väntat: 20"),
        (lambda a: a["size"].pop(), "”size”"),
        (lambda a: a["dimension"].pop("Kon"), "variabeln ”Kon”"),
        (lambda a: a["dimension"]["Kon"]["category"]["index"].update({"1": 2}), "”Kon”"),
        (lambda a: a.pop("value"), "nyckeln ”value”: nyckeln saknas"),
        (lambda a: a["value"].__setitem__(7, "127502"), "value.7"),
        (lambda a: a["value"].__setitem__(7, True), "value.7"),
        (lambda a: a.update(status={"0": "?"}), "värde 1: markeringen ”?”"),
        (lambda a: a.update(status={"2772": ".."}), "en markering utan värde"),
        (lambda a: a.update(status={"0": ".."}), "värde 1"),
        (lambda a: a["role"].update(time=["Kon", "Tid"]), "role.time"),
        (lambda a: a["role"].update(time=["ContentsCode"]), "”role”"),
        (lambda a: a["role"].update(metric=["Region"]), "”role”"),
        (lambda a: a.update({"class": "collection"}), "class"),
    ],
)
def test_an_answer_that_does_not_hang_together_is_refused(
    change: Callable[[dict[str, Any]], object], words: str
) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(changed(change), POPULATION)
    assert words in caught.value.message_sv
    assert "scb_population_month" in caught.value.message_sv


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "tom"),
        (b"<!DOCTYPE html><html><body>Underh\xc3\xa5ll</body></html>", "en webbsida"),
        (REAL[: len(REAL) // 2], "JSON som inte går att läsa"),
        (REAL.decode().encode("utf-16"), "inte är UTF-8"),
        (b"[" * 100_000, "JSON som inte går att läsa"),
        (b'{"value": [1e99999999999999999999]}', "JSON som inte går att läsa"),
        (b'{"value": [NaN]}', "JSON som inte går att läsa"),
        (b'{"label": "\\ud800"}', "JSON som inte går att läsa"),
        (
            b'{"type":"Parameter error","title":"Non-existent value","status":400}',
            "felet ”Non-existent value”",
        ),
    ],
)
def test_what_is_not_an_answer_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(content, POPULATION)
    assert words in caught.value.message_sv


def test_a_number_beyond_all_measure_is_refused() -> None:
    content = changed(lambda a: a["value"].__setitem__(0, 10**400))
    with pytest.raises(SourceFormatError, match="värde 1: ett orimligt tal"):
        parse(content, POPULATION)
