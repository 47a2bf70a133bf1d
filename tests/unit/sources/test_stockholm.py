"""Stockholm's yearbook: several table shapes, and contradictions that become notes."""

import json
from collections import Counter
from functools import cache

import pytest

from orchestration.sources.errors import SourceFormatError
from orchestration.sources.observation import Note, Parsed
from orchestration.sources.registry import datasets_of, recorded_files
from orchestration.sources.stockholm import parse

[YEARBOOK] = [
    dataset for dataset in datasets_of("demo") if dataset.source_id == "stockholm_yearbook"
]
FILES = {path.name.split("_")[0]: path for path in recorded_files(YEARBOOK)}


@cache
def table(name: str) -> Parsed:
    return parse(FILES[name].read_bytes(), YEARBOOK)


def value(name: str, series: str, region: str, period: str, **dimensions: str) -> float | None:
    wanted = {"tabell": name} | dimensions
    [row] = [
        row
        for row in table(name.replace("b167", "b166")).observations
        if (row.series, row.region, row.period) == (series, region, period)
        and json.loads(row.dimensions) == wanted
    ]
    assert (row.value is None) == (row.status == "missing")
    return row.value


def test_each_table_shape_is_read_off_truly() -> None:
    city = "Hela staden"
    assert value("b161", "Biståndshushåll", city, "1995") == 41_219
    assert value("b161", "Biståndshushåll", city, "2017") == 14_572
    assert value("b161", "Biståndstagare", city, "2016") == 23_655
    assert value("b161", "Biståndstagare, % av folkmängden", city, "2010") == 3.8
    assert value("b161", "Medelbidrag per hushåll och månad, kr", city, "2017") == 9135
    assert value("b162", "Biståndshushåll", city, "2017", hushållstyp="Par med barn") == 1332
    assert value("b162", "Biståndshushåll", city, "1990", hushållstyp="Dödsbo") is None
    share = "Biståndstagare, % av folkmängden"
    assert value("b163", share, city, "1995", åldersgrupp="18-24") == 16.4
    assert value("b020", "Biståndstagare", "Skärholmen", "2016") == 2073
    assert value("b020", share, "Skärholmen", "2016") == 5.7
    assert value("b021", "Biståndstagare", "Farsta", "2017", åldersgrupp="40-64") == 596
    assert value("b166", "LVU", city, "2013") == 460
    assert value("b167", "Summa", city, "2013") == 2087
    assert value("b167", "Summa", city, "2007") is None
    assert value("b159", "Daglig verksamhet", city, "2016") == 2617
    assert value("b159", "därav 0-22 år", city, "2000") == 858
    outpatients = "Individuellt behovsprövad öppenvård"
    adults = {"tabell": "b169_b170", "grupp": "Missbruk"}
    assert value("b169", outpatients, city, "2017", **adults, kön="kvinnor") == 206
    assert value("b169", "Familjehemsvård", city, "2016", **adults) == 1
    assert value("b169", "Familjehemsvård", city, "2014", **adults) is None
    assert value("tv07437", "Folkmängd", "Älvsjö", "2011") == 25_660
    assert value("tv07437", "Folkmängd, prognos", city, "2021") == 987_912


def test_missing_cells_keep_what_was_delivered() -> None:
    gone = [row.value_text for row in table("b162").observations if row.status == "missing"]
    assert gone == ["..", "..", ".."]
    gone = [row.value_text for row in table("b166").observations if row.status == "missing"]
    assert gone == [""] * 7


def notes(name: str, period: str) -> list[Note]:
    return [note for note in table(name).notes if note.period == period]


def test_what_is_no_longer_an_insats_is_not_missing() -> None:
    """Råd och stöd is given by the region since 2010, so that a dot is no gap."""
    of = [row for row in table("b159").observations if row.series == "Råd och stöd"]
    assert [(row.period, row.value, row.status) for row in of] == [
        ("2000", 118, "observed"),
        ("2005", 35, "observed"),
        *((year, None, "not_applicable") for year in ("2010", "2015", "2016")),
    ]


def test_areas_that_sum_to_less_than_the_city_are_noted() -> None:
    [note] = notes("b020", "2017")
    assert note.regions == '["Hela staden"]'
    assert "är 19\u00a0924 men hela staden 25\u00a0228" in note.text
    # 2016 differs by 2,332: 23,655 against 21,323.
    assert "är 21\u00a0323 men hela staden 23\u00a0655" in notes("b020", "2016")[0].text
    # Of the 5,304 in 2017, 1,807 are children: 7,801 against 5,994.
    assert (
        "åldersgrupp barn: summan av stadsdelsområdena är 5\u00a0994 men hela staden 7\u00a0801"
        in (notes("b021", "2017")[0].text)
    )


def test_cost_parts_that_do_not_sum_are_noted() -> None:
    assert (
        "1\u00a0175\u00a0962 tkr men totalen 1\u00a0178\u00a0666" in notes("b161", "1995")[0].text
    )
    assert "927\u00a0188 tkr men totalen 927\u00a0975" in notes("b161", "2017")[0].text
    assert len(table("b161").notes) == 6


def test_two_totals_for_the_same_year_are_noted_and_both_kept() -> None:
    assert [note.period for note in table("b166").notes] == ["2011", "2012", "2013"]
    assert "1\u00a0478 och 1\u00a0419" in notes("b166", "2011")[0].text
    assert "2\u00a0164 och 2\u00a0087" in notes("b166", "2013")[0].text


def test_the_difference_is_said() -> None:
    for name, period, difference in (
        ("b020", "2017", "5\u00a0304"),
        ("b020", "2016", "2\u00a0332"),
        ("b021", "2017", "1\u00a0807"),
    ):
        assert f"en skillnad på {difference}." in notes(name, period)[0].text


def test_every_contradiction_of_the_tables_is_a_note_and_no_figure_is_taken_away() -> None:
    found = {
        name: Counter((note.kind, note.period) for note in table(name).notes) for name in FILES
    }
    contradictions = {
        # The city's parts in all six years, its areas in three, its two totals in three.
        "b161": ["1995", "2000", "2005", "2010", "2016", "2017"],
        "b020": ["2015", "2016", "2017"],
        "b166": ["2011", "2012", "2013"],
    }
    for name, years in contradictions.items():
        assert found[name] == {("contradiction", year): 1 for year in years}
    # One for each age group and one for all ages.
    assert found["b021"] == {("contradiction", "2017"): 7}
    for name, year, both in (("b166", "2013", (2164, 2087)), ("b166", "2011", (1478, 1419))):
        assert (
            value(name, "Summa omhändertagna, netto", "Hela staden", year),
            value("b167", "Summa", "Hela staden", year),
        ) == both


@pytest.mark.parametrize(
    ("name", "old", "new", "kind", "words"),
    [
        (
            "b021",
            "Kungsholmen,57,30,25,54,136,8,310",
            "Kungsholmen,57,30,25,54,136,8,311",
            "contradiction",
            "Kungsholmen: delarna efter åldersgrupp är tillsammans 310 men totalen 311",
        ),
        (
            "b162",
            "Samtliga,30403,41219,29901,24234",
            "Samtliga,30403,41219,29901,24235",
            "contradiction",
            "2005, Hela staden: delarna efter hushållstyp är tillsammans 24\u00a0234 men",
        ),
        (
            "b021",
            "Kungsholmen,57,30,25,54,136,8,310",
            "Kungsholmen,57,30,25,54,136,5,307",
            "method",
            "1 områdesvärden är 0 eller 5 och kan vara avrundade",
        ),
        (
            "b021",
            "Kungsholmen,57,30,25,54,136,8,310",
            "Kungsholmen,57,30,25,54,136,4,306",
            "contradiction",
            "1 områdesvärden är 1–4",
        ),
    ],
)
def test_a_new_contradiction_is_found_in_the_figures(
    name: str, old: str, new: str, kind: str, words: str
) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    assert old in text
    parsed = parse(text.replace(old, new).encode(), YEARBOOK)
    assert [note.kind for note in parsed.notes if words in note.text] == [kind]
    assert len(parsed.observations) == len(table(name).observations)


@pytest.mark.parametrize("name", ["b162", "b163", "tv07437"])
def test_tables_that_agree_have_no_notes(name: str) -> None:
    assert table(name).notes == ()


def test_a_changed_area_brings_a_note() -> None:
    content = FILES["tv07437"].read_bytes().replace(b",46792,", b",46793,")
    [note] = parse(content, YEARBOOK).notes
    assert (note.period, note.kind) == ("2011", "contradiction")
    assert "864\u00a0325 men hela staden 864\u00a0324" in note.text


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("b020", "antal_2015", "antal2015", "rubrikraden"),
        ("b021", "65-,", "65+,", "rubrikraden"),
        ("b161", "mått", "matt", "rubrikraden"),
        ("b161", "41219", "4l219", "rad 4, kolumnen 1995"),
        ("b162", "Par med barn", "Par utan barn", "rad 7: samma uppgift som på rad 6"),
        ("b163", "\n18-24,8.8,", "\n18-24,", "rad 3: 8 fält"),
        ("tv07437", "\nBromma", "\n", "rad 5: raden saknar benämning"),
        ("tv07437", ",2011,", ",2010,", "rubrikraden"),
        ("b161", "787540\n", "7875", "radslut saknas"),
    ],
)
def test_a_changed_table_is_refused(name: str, old: str, new: str, words: str) -> None:
    text = FILES[name].read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, new)
    with pytest.raises(SourceFormatError) as caught:
        parse(changed.encode(), YEARBOOK)
    assert words in caught.value.message_sv


def test_a_byte_order_mark_is_harmless() -> None:
    content = b"\xef\xbb\xbf" + FILES["b163"].read_bytes()
    assert parse(content, YEARBOOK) == table("b163")
