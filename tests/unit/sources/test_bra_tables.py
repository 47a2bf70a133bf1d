"""Tables of bra.se as delivered files.

No real workbook of Brå is kept in the open: these are built here from a recorded layout (the first
rows of 300La-2025.xlsx, Lulea-statistik/BR-brottsstatistik) and from rows of older tables as text.
"""

import io
from collections.abc import Sequence

import openpyxl
import pytest

from orchestration.sources.bra import parse
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.observation import Observation
from orchestration.sources.registry import Dataset, load_registry

DATASETS = {dataset.source_id: dataset for dataset in load_registry()}
HANDLED = DATASETS["bra_handled_crimes"]
COUNTY = HANDLED.model_copy(
    update={
        "parser": "crime_table",
        "layout": None,
        "variables": (),
        "measures": ("Anmälda", "Uppklarade", "Åtal", "Brott 12 månader"),
    }
)
PASTED = COUNTY.model_copy(
    update={
        "variables": ("Lagrum",),
        "measures": ("Handlagda", "Utredda", "Direktavskrivna", "Lagföring", "Uppklaring"),
    }
)
LIST = COUNTY.model_copy(update={"parser": "crime_list", "period": "2026"})

TITLE = (
    "Tabell 300 a. Handlagda brott efter om utredning har bedrivits eller ej,  samt"
    " personuppklaringsprocent och lagföringsprocent, i hela landet, 2025"
)
HEADER = (
    "Lagrum ",
    "Brottstyp",
    "Handlagda brott, totalt",
    "Utredda brott",
    "Direktavskrivna brott",
    "Lagföringsprocent (%)",
    "Personuppklaringsprocent (%)",
)
ALL = "SAMTLIGA BROTT"
REAL_ROWS: tuple[tuple[object, ...], ...] = (
    (ALL, ALL, 1466095, 757117, 708978, 28.0654152294646, 12.9533215787517),
    (
        "Brott mot brottsbalken",
        "Brott mot brottsbalken, totalt",
        *(1150022, 475877, 674145, 17.9001131103, 6.67404623563723),
    ),
    (
        "BrB 3-7 kap. Brott mot person",
        "Brott mot person, totalt",
        *(330639, 218392, 112247, 14.9287639584136, 9.38062358040038),
    ),
)


def workbook(*sheets: tuple[str, Sequence[Sequence[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def handled(
    *rows: Sequence[object], header: Sequence[object] = HEADER, title: str = TITLE
) -> bytes:
    other = ("Utredda brott", [["Tabell 300 b"], ["Lagrum", "Brottstyp"]])
    return workbook(("Samtliga handlagda brott", [[title], header, *rows]), other)


def by_measure(rows: Sequence[Observation]) -> dict[tuple[str, str], Observation]:
    return {(row.series, row.dimensions.split('"Mått": "')[1][:9]): row for row in rows}


def test_a_workbook_is_read_by_its_headings() -> None:
    parsed = parse(handled(*REAL_ROWS), HANDLED)
    assert len(parsed.observations) == 3 * 5
    assert parsed.notes == ()
    assert {(row.region, row.period) for row in parsed.observations} == {("Hela landet", "2025")}
    first = parsed.observations[0]
    assert (first.series, first.value, first.value_text, first.row_number) == (
        ALL,
        1_466_095,
        "1466095",
        3,
    )
    assert first.dimensions == '{"Lagrum": "SAMTLIGA BROTT", "Mått": "Handlagda brott, totalt"}'
    assert [row.value for row in parsed.observations[3:5]] == [28.0654152294646, 12.9533215787517]


def test_marks_of_a_workbook() -> None:
    row = ("3 kap. 3 § BrB", "Barnadråp, totalt", "-", "..", ".", "-", "-")
    statuses = [(r.value, r.status) for r in parse(handled(row), HANDLED).observations]
    assert statuses == [
        (0, "observed"),
        (None, "missing"),
        (None, "not_applicable"),
        (0, "observed"),
        (0, "observed"),
    ]


def test_a_label_that_comes_back_is_kept_as_the_second() -> None:
    rows = [("BrB", "För tiggeri", n, 0, 0, 0, 0) for n in (7, 7, 9)]
    parsed = parse(handled(*rows), HANDLED)
    counts = [r for r in parsed.observations if "Handlagda" in r.dimensions]
    assert [row.value for row in counts] == [7, 7, 9]
    assert ['"förekomst": "2"' in row.dimensions for row in counts] == [False, True, False]
    assert len({(r.series, r.dimensions) for r in parsed.observations}) == 15


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (handled(*REAL_ROWS, header=[*HEADER[:-1], "Personuppklaring"]), "har alla rubriker"),
        (handled(*REAL_ROWS, header=[*HEADER, "Brottstyp"]), "har alla rubriker"),
        (handled(*REAL_ROWS, title="Tabell 300 a. Handlagda brott"), "saknar årtal"),
        (handled(), "saknar datarader"),
        (handled((ALL, ALL, "många", 1, 1, 1, 1)), "rad 3, kolumnen Handlagda brott, totalt"),
        (handled((ALL, "", 1, 1, 1, 1, 1)), "saknar benämning"),
        (workbook(("Blad1", [[TITLE], HEADER, *REAL_ROWS])), "arbetsboken har bladen ”Blad1”"),
        (handled(*REAL_ROWS)[:-40], "går inte att läsa som en arbetsbok"),
        (b"<html>Sidan finns inte</html>", "går inte att läsa som en arbetsbok"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "det äldre formatet xls"),
    ],
)
def test_another_workbook_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(content, HANDLED)
    assert words in caught.value.message_sv
    assert "Väntat:" in caught.value.message_sv


OLDER: list[list[object]] = [
    ["Tabell P1"],
    ["06 Jönköpings län"],
    ["Anmälda brott, december 2007"],
    ["Brottstyp", "Anmälda", "Uppklarade", "Åtal", "Brott 12 månader"],
    ["SAMTLIGA BROTT", 2974.0, 80.0, 3.0, 36861.0],
    ["Fullbordat mord och dråp samt misshandel med", 0.0, 0.0, 0.0, 0.0],
    ["dödlig utgång (1, 2, 5, 6 §§)1", 1.0, 1.0, ".", 7.0],
    ["Barnadråp (3 §)", 0.0, "-", "..", 0.0],
    ["därav mot flicka", 0.0, 0.0, 0.0, 0.0],
]


def test_zeros_of_the_first_line_of_a_label_are_no_figures() -> None:
    parsed = parse(workbook(("P1", OLDER)), COUNTY)
    rows = by_measure(parsed.observations)
    whole = "Fullbordat mord och dråp samt misshandel med dödlig utgång (1, 2, 5, 6 §§)"
    assert {row.series for row in parsed.observations} == {
        "SAMTLIGA BROTT",
        whole,
        "Barnadråp (3 §)",
        "därav mot flicka",
    }
    assert (rows[whole, 'Anmälda"}'].value, rows[whole, 'Åtal"}'].status) == (1, "not_applicable")
    assert {(row.region, row.period) for row in parsed.observations} == {
        ("Jönköpings län", "2007-12")
    }
    # A true zero stays one, whether it is written as a figure or as a dash.
    infant = [row for row in parsed.observations if row.series.startswith("Barnadråp")]
    assert [(row.value, row.status) for row in infant] == [
        (0, "observed"),
        (0, "observed"),
        (None, "missing"),
        (0, "observed"),
    ]
    assert [note.kind for note in parsed.notes] == ["method", "method"]
    assert "nollorna på rad 6 är inga uppgifter" in parsed.notes[0].text
    assert "Fotnotssiffror" in parsed.notes[1].text


PASTED_TEXT = (
    "Tabell 300. Handlagda brott, hela landet, 2023\n"
    "SAMTLIGA BROTT\tSAMTLIGA BROTT\t1517 058 \t737 673 \t779 385 \t 28 \t 12 \n"
    "4 kap 4 a § 2 st. BrB Grov kvinnofridskränkning \tGrov kvinnofridskränkning, totalt"
    "\t1 205 \t1 181 \t 24 \t 23 \t 22 \n"
    "3 kap. 3 § BrB Barnadråp 3 §\tBarnadråp, totalt\t- \t- \t- \t- \t- \n"
    "4 kap. 1 a § BrB Människohandel\tFör tiggeri\t 2 \t 2 \t- \t- \t- \n"
)


def test_a_pasted_table_has_blanks_in_its_thousands() -> None:
    parsed = parse(PASTED_TEXT.encode(), PASTED)
    counts = {row.series: row.value for row in parsed.observations if "Handlagda" in row.dimensions}
    assert counts == {
        "SAMTLIGA BROTT": 1_517_058,
        "Grov kvinnofridskränkning, totalt": 1_205,
        "Barnadråp, totalt": 0,
        "För tiggeri": 2,
    }
    assert {(row.region, row.period) for row in parsed.observations} == {("Hela landet", "2023")}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (", hela landet, 2023", ", 2023", "region eller årtal saknas"),
        (", hela landet, 2023", ", hela landet", "region eller årtal saknas"),
        ("\t1 205 ", "\t1 2O5 ", "rad 3, Handlagda"),
        ("\tFör tiggeri\t", "\tför tiggeri\t", "rad 4"),
        ("\t 2 \t 2 ", "\t 2 \t 2 \t 2 ", "högst 7 celler"),
        ("\tFör tiggeri\t", "\t\t", "en benämning framför siffrorna"),
        ("\t- \n4 kap. 1 a", "\n4 kap. 1 a", "rad 4, Uppklaring"),
    ],
)
def test_another_pasted_table_is_refused(old: str, new: str, words: str) -> None:
    assert old in PASTED_TEXT
    with pytest.raises(SourceFormatError) as caught:
        parse(PASTED_TEXT.replace(old, new).encode(), PASTED)
    assert words in caught.value.message_sv


def test_a_cut_pasted_table_is_refused() -> None:
    with pytest.raises(SourceFormatError, match="radslut saknas"):
        parse(PASTED_TEXT[:-3].encode(), PASTED)


MUNICIPALITIES = (
    "\ufeffKommun;Antal (prel.);Per 100 000 inv. (prel.)\r\n"
    "Stockholm;198\u00a0765;20\u00a0021,5\r\nArjeplog;-;-\r\nDorotea;..;..\r\n"
)


def test_the_list_of_municipalities() -> None:
    rows = parse(MUNICIPALITIES.encode(), LIST).observations
    assert [(row.region, row.value, row.status) for row in rows] == [
        ("Stockholm", 198_765, "preliminary"),
        ("Stockholm", 20_021.5, "preliminary"),
        ("Arjeplog", 0, "preliminary"),
        ("Arjeplog", 0, "preliminary"),
        ("Dorotea", None, "missing"),
        ("Dorotea", None, "missing"),
    ]
    assert {row.period for row in rows} == {"2026"}
    final = MUNICIPALITIES.replace(" (prel.)", "")
    assert {row.status for row in parse(final.encode(), LIST).observations} == {
        "observed",
        "missing",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MUNICIPALITIES.replace("Kommun;", "Ort;"), "rubrikraden"),
        (MUNICIPALITIES.rstrip(), "radslut saknas"),
        (MUNICIPALITIES.replace("inv. (prel.)", "inv."), "rubrikraden"),
        (MUNICIPALITIES.replace("Dorotea;..;..", "Dorotea;..;"), "rad 4"),
        (MUNICIPALITIES.replace("Dorotea", "Arjeplog"), "samma uppgift som på rad 3"),
        ("Kommun;Antal;Per 100 000 inv.\n", "minst en kommun"),
    ],
)
def test_another_list_is_refused(text: str, words: str) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(text.encode(), LIST)
    assert words in caught.value.message_sv


def test_a_list_needs_a_declared_period() -> None:
    undated: Dataset = LIST.model_copy(update={"period": None})
    with pytest.raises(SourceFormatError):
        parse(MUNICIPALITIES.encode(), undated)
