"""Brå's export: ISO-8859-1, seven fields under six headings, repetitions and preliminary months."""

import pytest

from orchestration.sources.bra import parse
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.registry import datasets_of, recorded_files

DATASETS = {dataset.source_id: dataset for dataset in datasets_of("demo")}
YEAR = DATASETS["bra_reported_crimes_year"]
MONTH = DATASETS["bra_reported_crimes_month"]
REAL = recorded_files(YEAR)[0].read_bytes()
HEADER = "Region;Brott;År;Period;Antal;/100 000 inv\n"
NUMBER, RATE = '{"Mått": "Antal"}', '{"Mått": "/100 000 inv"}'


def export(*lines: str) -> bytes:
    return (HEADER + "".join(f"{line}\n" for line in lines)).encode("iso-8859-1")


def test_real_yearly_export() -> None:
    rows = {
        (row.region, row.series, row.period, row.dimensions): row
        for row in parse(REAL, YEAR).observations
    }
    fraud = rows["Hela landet", "Befogenhetsbedrägeri", "2024", NUMBER]
    assert (fraud.value, fraud.value_text, fraud.row_number) == (13_816, "13816", 10)
    assert fraud.status == "observed"
    assert rows["Hela landet", "Befogenhetsbedrägeri", "2025", RATE].value == 135
    parent = rows["Region Nord", "9 kap. Bedrägeri och annan oredlighet", "2024", NUMBER]
    assert (parent.value, parent.value_text, parent.status) == (None, "..", "not_applicable")


def test_identical_rows_count_once_and_that_is_noted() -> None:
    parsed = parse(REAL, YEAR)
    # 19 rows of which lines 14 and 15 repeat lines 12 and 13; two measures a row.
    assert len(parsed.observations) == 2 * 17
    laundering = [
        row.row_number
        for row in parsed.observations
        if row.series == "Lag om straff för penningtvättsbrott" and row.dimensions == NUMBER
    ]
    assert laundering == [12, 13]
    [note] = parsed.notes
    assert (note.kind, note.text) == (
        "method",
        "Rader som upprepade en tidigare rad räknas inte: 14, 15.",
    )


def test_real_monthly_export_is_preliminary_where_it_says_so() -> None:
    parsed = parse(recorded_files(MONTH)[0].read_bytes(), MONTH)
    counts = [row for row in parsed.observations if row.dimensions == NUMBER]
    assert [(row.region, row.period, row.value, row.status) for row in counts] == [
        ("Hela landet", "2025-01", 133, "observed"),
        ("Hela landet", "2026-08", 498, "preliminary"),
        ("Region Stockholm", "2026-08", 20, "preliminary"),
    ]


def test_blanks_around_a_name_are_no_part_of_it() -> None:
    content = export("Hela landet;&nbsp;&nbsp;Ofredande (7 §);År;2024;5;1;")
    assert {row.series for row in parse(content, YEAR).observations} == {"Ofredande (7 §)"}


def test_two_figures_for_the_same_crime_are_refused() -> None:
    content = export("Hela landet;Ofredande;År;2024;5;1;", "Hela landet;Ofredande;År;2024;6;1;")
    with pytest.raises(SourceFormatError) as caught:
        parse(content, YEAR)
    assert "rad 2 och 3" in caught.value.message_sv
    assert "en brottstyp i taget" in caught.value.message_sv


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "rubrikraden"),
        (HEADER.encode("iso-8859-1"), "inga datarader"),
        (HEADER.replace("År", "Ar").encode() + b"a;b;c;2024;1;1;\n", "rubrikraden"),
        (REAL.decode("iso-8859-1").encode(), "rubrikraden"),
        (REAL.replace(b";", b","), "rubrikraden"),
        (b"<html><body>Fel/Error Felmeddelande: session</body></html>", "”<html><body>Fel/Error"),
        (REAL[:-5], "rad 20"),
        (export("Hela landet;Ofredande;År;2024;5;1"), "rad 2"),
        (export("Hela landet;Ofredande;År;2024;5;1;7;"), "rad 2"),
        (export("Hela landet;;År;2024;5;1;"), "rad 2"),
        (export("Hela landet;Ofr\tedande;År;2024;5;1;"), "rad 2"),
        (export("Hela landet;Ofredande;År;24;5;1;"), "kolumnerna År och Period"),
        (export("Hela landet;Ofredande;2026 prel.;August;5;1;"), "”2026 prel.;August”"),
        (export("Hela landet;Ofredande;År;2024;fem;1;"), "rad 2, kolumnen Antal"),
        (export("Hela landet;Ofredande;År;2024;5;*;"), "rad 2, kolumnen /100 000 inv"),
    ],
)
def test_other_bytes_are_refused_with_place_and_remedy(content: bytes, words: str) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(content, YEAR)
    assert words in caught.value.message_sv
    assert "Väntat:" in caught.value.message_sv


def test_the_recorded_months_of_a_year_sum_to_the_year_crime_by_crime() -> None:
    of_month, of_year = (
        parse(recorded_files(DATASETS[name])[0].read_bytes(), DATASETS[name]).observations
        for name in ("bra_reported_ipv_crimes_month", "bra_reported_ipv_crimes")
    )
    sums: dict[tuple[str, str, str], float] = {}
    months = [row for row in of_month if row.dimensions == NUMBER]
    for row in months:
        key = (row.region, row.series, row.period[:4])
        sums[key] = sums.get(key, 0.0) + (row.value or 0.0)
    assert len(months) == 12 * len(sums) == 12 * 6 * 8
    years = {(row.region, row.series, row.period): row.value for row in of_year[::2]}
    assert sums == {key: years[key] for key in sums}
