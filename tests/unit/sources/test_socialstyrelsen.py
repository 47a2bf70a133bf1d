"""Socialstyrelsen's result page with its footnotes, and Öppna jämförelser's tables."""

import json
from collections import Counter
from functools import cache

import pytest

from orchestration.sources.errors import SourceFormatError
from orchestration.sources.observation import Observation, Parsed
from orchestration.sources.registry import datasets_of, recorded_files
from orchestration.sources.socialstyrelsen import parse

DATASETS = {dataset.source_id: dataset for dataset in datasets_of("demo")}
MONTHLY = DATASETS["socialstyrelsen_assistance_monthly"]
COMPARISONS = DATASETS["socialstyrelsen_open_comparisons_2020"]
REAL = recorded_files(MONTHLY)[0].read_bytes()
BORN_HERE = '{"UTR": "Inrikes födda"}'
BORN_ABROAD = '{"UTR": "En av sökande/sambo utrikesfödd"}'


@cache
def page() -> Parsed:
    return parse(REAL, MONTHLY)


def months(region: str, dimensions: str) -> list[Observation]:
    return [r for r in page().observations if (r.region, r.dimensions) == (region, dimensions)]


def test_real_page_has_every_municipality_and_month() -> None:
    rows = page().observations
    assert len(rows) == 291 * 2 * 8
    assert len({row.region for row in rows}) == 291
    assert sorted({row.period for row in rows}) == [f"2017-0{month}" for month in range(1, 9)]
    assert {row.series for row in rows} == {"Antal hushåll"}
    assert Counter(row.status for row in rows) == {
        "observed": 4656 - 211 - 171,
        "suppressed": 211,
        "missing": 171,
    }
    assert {row.value_text for row in rows if row.status == "suppressed"} == {"X"}
    assert {row.value_text for row in rows if row.status == "missing"} == {"--"}


def test_stockholm_by_month() -> None:
    here = [row.value for row in months("Stockholm", BORN_HERE)]
    abroad = [row.value for row in months("Stockholm", BORN_ABROAD)]
    assert here == [3067, 3068, 3069, 3028, 3022, 3004, 2954, 2946]
    assert abroad == [4311, 4449, 4591, 4567, 4425, 4315, 4168, 4258]


def test_thousands_with_no_break_space_and_the_place_in_the_table() -> None:
    country = months("Riket", BORN_HERE)
    assert [row.status for row in country[:3]] == ["missing", "missing", "observed"]
    assert (country[2].value_text, country[2].value) == ("44\u00a0164", 44_164)
    assert {row.row_number for row in country} == {3}


def test_a_loss_in_reporting_comes_with_its_note() -> None:
    malmo = {row.period: row.value for row in months("Malmö", BORN_ABROAD)}
    assert (malmo["2017-01"], malmo["2017-02"]) == (4858, 4201)
    gothenburg = {row.period: row.status for row in months("Göteborg", BORN_ABROAD)}
    assert gothenburg["2017-03"] == "missing"
    notes = {
        (note.kind, note.period, region)
        for note in page().notes
        for region in json.loads(note.regions)
    }
    assert ("partial_loss", "2017-02", "Malmö") in notes
    assert ("carried_over", "2017-03", "Göteborg") in notes
    assert ("carried_over", "2017-04", "Laholm") in notes
    assert ("not_estimated", "2017-08", "Eslöv") in notes
    assert ("not_estimated", "2017-01", "Riket") in notes


def test_all_footnotes_are_read() -> None:
    notes = page().notes
    assert len(notes) == 14
    assert Counter(note.kind for note in notes) == {
        "partial_loss": 1,
        "carried_over": 5,
        "not_estimated": 8,
    }
    assert json.loads(notes[9].regions) == [
        "Eslöv",
        "Kristinehamn",
        "Kungsör",
        "Mariestad",
        "Nässjö",
        "Tyresö",
        "Vaggeryd",
    ]
    assert notes[12].text == "Februari 2017: Malmö, partiellt bortfall (Malmö Norr saknas)"


def test_a_footnote_of_another_kind_is_kept() -> None:
    first = b"<p>Augusti 2017: V"
    changed = REAL.replace(first, b"<p>Juli 2017: Ny blankett</p>" + first)
    [note] = [note for note in parse(changed, MONTHLY).notes if note.kind == "other"]
    assert (note.period, note.regions, note.text) == ("2017-07", "[]", "Juli 2017: Ny blankett")


def test_what_a_footnote_says_of_the_country_names_the_municipalities_it_rests_on() -> None:
    notes = [note for note in page().notes if note.kind == "not_estimated" and note.regions]
    named = {note.period: json.loads(note.regions) for note in notes}
    assert named["2017-07"] == ["Eslöv", "Kungsör", "Nässjö", "Vaggeryd"]
    # What is not estimated is not there either: each of them is marked as missing that month.
    for dimensions in (BORN_HERE, BORN_ABROAD):
        for region in named["2017-07"]:
            [july] = [row for row in months(region, dimensions) if row.period == "2017-07"]
            assert (july.value, july.status) == (None, "missing")


def test_a_page_that_has_no_footnotes_has_no_notes() -> None:
    start = REAL.index(b"<p>", REAL.index(b'id="ph1_pFotnoter"'))
    end = REAL.rindex(b"</p>") + len(b"</p>")
    parsed = parse(REAL[:start] + REAL[end:], MONTHLY)
    assert parsed.notes == ()
    assert parsed.observations == page().observations


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"</html>", b"", "slutar inte med </html>"),
        (b'id="ph1_GridView1"', b'id="GridView2"', "0 delar med id ph1_GridView1"),
        (b'id="ph1_pFotnoter"', b'id="fotnoter"', "0 delar med id ph1_pFotnoter"),
        (b'<option value="UTR">', b"<option>", "radernas variabler"),
        (b">Inrikes- eller utrikesf\xc3\xb6dda hush\xc3\xa5ll</a>", b">Kon</a>", "radernas var"),
        (b'colspan="8"', b'colspan="7"', "rubrikraderna"),
        (b'colspan="8"', b'colspan="m\xc3\xa5nga"', "rubrikraderna"),
        (b">Mars</a>", b">Marz</a>", "rubrikraderna"),
        (b">44&nbsp;164<", b">44&nbsp;16A<", "rad 3 i tabellen, 2017-03"),
        (b">44&nbsp;164<", b"><", "rad 3 i tabellen, 2017-03"),
        (b'<td align="right">44&nbsp;164</td>', b"", "rad 3 har 9 celler, rubriken 10"),
        (b"<td>Botkyrka</td>", b"<td>Danderyd</td>", "samma uppgift som på rad"),
        (b";i_0127_2;", b"", "291 regioner på 582 rader, urvalet 290 regioner"),
        (b", Antal hush\xc3\xa5ll, 2017<", b"<", "tabellen saknar rubrik"),
        (b"Botkyrka", b"Botk\xe5rka", "inte är UTF-8"),
    ],
)
def test_a_page_in_another_layout_is_refused(old: bytes, new: bytes, words: str) -> None:
    assert old in REAL
    with pytest.raises(SourceFormatError) as caught:
        parse(REAL.replace(old, new), MONTHLY)
    assert words in caught.value.message_sv


def test_a_cut_page_and_an_error_page_are_refused() -> None:
    for content in (REAL[: len(REAL) // 2], b"<html><body>Fel</body></html>", b""):
        with pytest.raises(SourceFormatError):
            parse(content, MONTHLY)


def comparisons() -> dict[tuple[str, str, str, str], Observation]:
    rows = [
        row
        for path in recorded_files(COMPARISONS)
        for row in parse(path.read_bytes(), COMPARISONS).observations
    ]
    return {(json.loads(r.dimensions)["tabell"], r.series, r.region, r.period): r for r in rows}


def test_open_comparisons_tables() -> None:
    rows = comparisons()
    risk = "Uppsökande verksamhet för de som riskerar förlora sitt boende"
    assert [rows["1", risk, "Riket", year].value for year in ("2018", "2019", "2020")] == [
        55,
        52,
        62,
    ]
    used = rows["2", "anvant_uppfoljning_per_kon_for_utveckling", "200 000 el mer", "2020"]
    assert (used.value, json.loads(used.dimensions)["grupptyp"]) == (35, "storlek")
    freda = rows["3", "anvander_freda_kortfragor", "B5", "2020"]
    assert freda.value == 91
    assert json.loads(freda.dimensions) == {
        "grupptyp": "skr",
        "kommungrupp": "Lågpendlingskommun nära större stad",
        "tabell": "3",
    }
    country = rows["3", "rutin_for_skyddade_personuppgifter", "RIKET", "2020"]
    assert (country.value, json.loads(country.dimensions)["grupptyp"]) == (41, "riket")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("indikator,2018,tjugo\nA,1,2\n", "rubrikraden"),
        ("kommungrupp,individuella_moten_for_utredning_och_planering\nRiket,11\n", "rubrikraden"),
        ("indikator,2018\nA,?\n", "rad 2, kolumnen 2018"),
        ("indikator,2018\n,1\n", "rad 2: raden saknar benämning"),
        ("indikator,2018\nA,1\nA,2\n", "rad 3: samma uppgift som på rad 2"),
    ],
)
def test_open_comparisons_in_another_layout_are_refused(text: str, words: str) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(text.encode(), COMPARISONS)
    assert words in caught.value.message_sv
