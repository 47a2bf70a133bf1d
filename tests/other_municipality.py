"""The synthetic city as an invented municipality's case systems would export it.

Knows nothing of mappings: it writes what `fixtures/municipalities/1715.yml` describes, from tables
of its own, so that the two can be held against each other. Boards are joined: Kil has ten of them
where Stockholm has eleven, and a merger of its own at the turn of the year 2021.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import python_calamine

CODE = "1715"
FILE = Path(__file__).parent / "fixtures/municipalities/1715.yml"

# Stockholm's board -> Kil's, and the codes of Kil's export.
BOARDS = {
    "Rinkeby-Kista": "Fryksta",
    "Spånga-Tensta": "Fryksta",
    "Järva": "Fryksta",
    "Hässelby-Vällingby": "Fagerås",
    "Bromma": "Apertin",
    "Kungsholmen": "Högboda",
    "Norrmalm": "Sannerud",
    "Östermalm": "Sannerud",
    "Norra innerstaden": "Sannerud",
    "Södermalm": "Frykerud",
    "Enskede-Årsta-Vantör": "Boda",
    "Älvsjö": "Tolita",
    "Hägersten-Liljeholmen": "Tolita",
    "Hägersten-Älvsjö": "Tolita",
    "Skärholmen": "Runnevål",
    "Skarpnäck": "Lersätter",
    "Farsta": "Hannäs",
    "Socialförvaltningen": "Individ- och familjeomsorgen",
}
UNIT_CODES = {
    "Fryksta": "K01",
    "Fagerås": "K02",
    "Apertin": "K03",
    "Högboda": "K04",
    "Sannerud": "K05",
    "Frykerud": "K06",
    "Boda": "K07",
    "Tolita": "K08",
    "Runnevål": "K09",
    "Lersätter": "K10",
    "Hannäs": "K11",
    "Södra Kil": "K12",
    "Individ- och familjeomsorgen": "IFO",
}
MERGED = {"Lersätter", "Hannäs"}
MERGER_YEAR = 2021
# Geographies that are the same area in both: today's boards of Stockholm and of Kil.
SAME_AREA = {
    "0180": "1715",
    "0180-jarva": "1715-fryksta",
    "0180-hasselby-vallingby": "1715-fageras",
    "0180-bromma": "1715-apertin",
    "0180-kungsholmen": "1715-hogboda",
    "0180-norra-innerstaden": "1715-sannerud",
    "0180-sodermalm": "1715-frykerud",
    "0180-enskede-arsta-vantor": "1715-boda",
    "0180-hagersten-alvsjo": "1715-tolita",
    "0180-skarholmen": "1715-runneval",
}

NAMES = {
    "stadsdelsnamnd": "Enhet",
    "kon": "Kön",
    "ar": "År",
    "alder": "Ålder",
    "personnummer": "Pnr",
    "personnummer_sokande": "Pnr sökande",
    "personnummer_medsokande": "Pnr medsökande",
    "personnummer_barn": "Barnets pnr",
    "fodelsear": "Födelseår",
    "forsorjningshinder": "Hinder för försörjning",
    "kontaktorsaker": "Orsaker",
    "index": "SocEk-index",
}
# The contract's own names, but each for the other's content.
CROSSED = {"lagrum": "form", "form": "lagrum"}
NOT_DELIVERED = {("rvc_samtalsstod", "rvc"), ("boendestod_beslut", "folkbokford_i_namnden")}

FLAGS = {
    "dokumenteras_per_person",
    "verkstalld",
    "utredning_inledd",
    "insats_erbjuden",
    "insats_beviljad",
    "insats_accepterad",
    "familjeratt",
    "aktivt",
    "eget_boende",
    "bistandsbeslut",
    "skuldsanering_ansokt",
    "hemmaboende_barn",
    "skalskydd",
}
DECIMALS = {
    "deltagare_per_tillfalle",
    "sokt_belopp",
    "beviljat_belopp",
    "timmar",
    "timmar_utforda",
    "avslagen_timmar",
    "index",
}
CODES = {
    "kon": {"K": "2", "M": "1", "okand": "9"},
    # Each number is also a code of the contract, but another one.
    "hushallstyp": {"1": "9", "3": "7", "4": "6", "5": "5", "6": "4", "7": "3", "8": "2", "9": "1"},
    "kontaktorsaker": {
        "beteendeproblematik": "10",
        "missbruk_barn": "11",
        "ovrig_kriminalitet": "12",
        "psykisk_ohalsa": "13",
        "vald_i_hemmet": "20",
        "omsorgsbrist": "21",
        "missbruk_foralder": "22",
        "relationsproblem": "23",
        "skolproblem": "30",
        "ovrigt": "99",
    },
    "timmar_per": {"manad": "mån", "vecka": "v"},
}
OUTCOMES = {"bifall": "Bifall", "delavslag": "Bifall, delvis", "avslag": "Avslag"}

FILE_NAMES = {
    "avhysningar_barn": "Avhysningar {year}",
    "barn_unga_arenden": "BoU_{year}{month}",
    "befolkning_stadsdel": "Befolkning_{year}",
    "ekonomiskt_bistand_beslut": "EB-{year}{month}-utdrag",
}
ENDINGS = {"befolkning_stadsdel": "xlsx"}


def convert(inbox: Path, target: Path) -> list[Path]:
    """Write each delivery of an inbox in Kil's own form.

    Args:
        inbox: Deliveries in the contract's form.
        target: The inbox of Kil.

    Returns:
        The files.
    """
    return [
        _write(register.name, path.stem.rsplit("_", 1)[1], _rows(path), target)
        for register in sorted(inbox.iterdir())
        for path in sorted(register.iterdir())
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            found = connection.execute("from read_parquet($path)", {"path": str(path)})
            names = [column[0] for column in found.description or []]
            return [dict(zip(names, map(str, row), strict=True)) for row in found.fetchall()]
    if path.suffix == ".xlsx":
        sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        header, *rows = sheet.to_python()
        whole = [[str(int(c)) if isinstance(c, float) else str(c) for c in row] for row in rows]
        return [dict(zip(map(str, header), row, strict=True)) for row in whole]
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def _write(register: str, period: str, rows: list[dict[str, str]], target: Path) -> Path:
    year, _, month = period.partition("-")
    for row in rows:
        row["stadsdelsnamnd"] = _board(row["stadsdelsnamnd"], int(year))
    if register in {"befolkning_stadsdel", "hushall_stadsdel"}:
        rows = _summed(rows)
    if register == "insatser_utan_behovsprovning":
        rows = _added(rows)
    names = [name for name in rows[0] if (register, name) not in NOT_DELIVERED]
    header = [export_name(register, name) for name in names]
    table = [[export_cell(register, name, row[name]) for name in names] for row in rows]
    if register == "ekonomiskt_bistand_beslut":
        table = [[cell or "NULL" for cell in row] for row in table]
    pattern = FILE_NAMES.get(register, f"{register}.{{year}}.{{month}}")
    stem = pattern.format(year=year, month=month).rstrip(".")
    if "{month}" in pattern and not month:
        stem = stem.replace("-utdrag", "")
    folder = target / register
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem.rstrip('-')}.{ENDINGS.get(register, 'txt')}"
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        for line in [header, *table]:
            sheet.append(line)
        book.save(path)
        return path
    buffer = io.StringIO()
    delimiter = "," if register == "rvc_samtalsstod" else "\t"
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerows([header, *table])
    path.write_bytes(buffer.getvalue().encode("cp1252"))
    return path


def _board(name: str, year: int) -> str:
    board = BOARDS[name]
    return "Södra Kil" if board in MERGED and year >= MERGER_YEAR else board


def _added(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Add up the contacts of boards that are one board here, with nobody's share a session."""
    counts = ("kontakter", "nya_personer", "tillfallen")
    keys = ("manad", "stadsdelsnamnd", "insats_kod", "malgrupp", "kon", "aldersgrupp")
    added: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        own = added.setdefault(
            tuple(row[name] for name in keys),
            row | dict.fromkeys(counts, "0") | {"deltagare_per_tillfalle": ""},
        )
        for name in counts:
            own[name] = str(int(own[name]) + int(row[name]))
    return list(added.values())


def _summed(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Add up the rows of boards that are one board here."""
    counted = list(rows[0])[-1]
    sums: dict[tuple[str, ...], int] = defaultdict(int)
    for row in rows:
        sums[tuple(value for name, value in row.items() if name != counted)] += int(row[counted])
    names = list(rows[0])[:-1]
    return [
        {**dict(zip(names, key, strict=True)), counted: str(count)} for key, count in sums.items()
    ]


def export_name(register: str, name: str) -> str:
    if register == "missbruk_insatser" and name in CROSSED:
        return CROSSED[name]
    return NAMES.get(name) or "".join(word.capitalize() for word in name.split("_"))


def export_cell(register: str, name: str, text: str) -> str:
    codes = _codes(register, name)
    if text and codes:
        return ",".join(codes[each] for each in text.split("|"))
    if name == "vidtalade":
        return text.replace("|", ", ")
    if name in DECIMALS:
        return text.replace(",", ".")
    if name in {"avser_manad", "manad"}:
        return text.replace("-", "")
    if len(text) == len("2023-12-31") and text[4] == text[7] == "-" and text[:4].isdigit():
        return _date(register, *text.split("-"))
    return text


def _codes(register: str, name: str) -> dict[str, str]:
    if name == "stadsdelsnamnd":
        return UNIT_CODES
    if name in FLAGS:
        return {"J": "Ja", "N": "Nej"}
    if (register, name) == ("ekonomiskt_bistand_beslut", "utfall"):
        return OUTCOMES
    return CODES.get(name, {})


def _date(register: str, year: str, month: str, day: str) -> str:
    if register == "rvc_samtalsstod":
        return f"{year}/{month}/{day}"
    if register == "skyddat_boende_placeringar":
        return f"{year}{month}{day}"
    return f"{day}.{month}.{year}"


def own_values(inbox: Path) -> Iterator[str]:
    """Every identity number in Kil's deliveries, to be looked for elsewhere."""
    for path in inbox.rglob("*.txt"):
        for line in path.read_bytes().decode("cp1252").replace(",", "\t").splitlines():
            yield from (cell for cell in line.split("\t") if len(cell) == 12 and cell.isdigit())
