"""Samples as files: who may be drawn, what assessors and users are given, what comes back.

All of it lies in a directory of its own that only its owner may read. The assessors' files hold no
target group, no granted hours and no pseudonym; what leads back to a decision is in the key alone.
The same frame, request and seed give the same bytes, and nothing that is there is written over.
How a sample is drawn, and what agreement is, belongs in `orchestration.analyses.sampling`.
"""

import csv
import getpass
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from orchestration.analyses import sampling
from orchestration.analyses.sampling import (
    Allocation,
    Answers,
    Coefficient,
    Frame,
    Ratings,
    Sample,
    SampleError,
)
from orchestration.registers.apart import (
    ParserDiedError,
    workbook_header,
    workbook_to_text,
)
from orchestration.registers.archives import TooLargeError
from orchestration.registers.protection import UNIT
from orchestration.registers.sheets import SheetError
from orchestration.registers.typed import DATE, NUMBER, TRUTH
from orchestration.reporting.render.xlsx import Sheet, Value, as_xlsx
from orchestration.settings import Settings
from orchestration.statistics.resampling import generator, seed_of

ASSESSMENT, AUDIT = PURPOSES = ("korsbedomning", "brukarrevision")
REGISTERS = ("boendestod_beslut",)
STRATA: Mapping[str, str] = {"malgrupp": "target_group", "kon": "sex", "alder": "age_band"}
SPREAD = ("stadsdelsnamnd", "timmar")
PROTOCOL, KEY, RESULT, LOG = "protokoll.json", "nyckel.csv", "resultat.json", "logg.jsonl"
SELECTION, ANSWERS, CONTACTS = "urval.xlsx", "svar.xlsx", "kontaktlista.xlsx"
#: Groups of assessors, the one whose mean is counted from the other's last.
GROUPS = ("socialpsykiatri", "funktionsnedsattning")
_AGES = ("18–24", "25–44", "45–64", "65+")
_SEX = {"kvinnor": "kvinna", "man": "man"}
INSATSER = ("boendestöd", "annan insats enligt SoL", "insats enligt LSS", "ingen insats")
SURENESS = ("låg", "medel", "hög")
MOST_HOURS, NEED_LEVELS = 744, 4
_CASE = ("löpnummer", "åldersgrupp", "kön", "aktiviteter", "behov (staden fyller i)")
_ASSESSED = ("timmar i månaden", "behovsnivå 1–4", "insats", "säkerhet")
_AUDITED = ("svarade", "timmarna räcker", "nöjd med stödet 1–10")
_YES_NO = ("ja", "nej")
_MOST_SATISFIED = 10
_FAULTS_TOLD = 20
_MOST_NUMBERS = 10_000_000
_FRAME = """
select decision_id, person_id, board_name, sex, target_group, age_band, activities, hours_per_month
from intermediate.int_housing_support_criteria
where municipality_id = $municipality and year(period_start) = $year and hours_per_month > 0
order by decision_id
"""


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        municipality: Its code.
        purpose: One of `PURPOSES`.
        register: One of `REGISTERS`.
        year: Decisions in force on its last day.
        size: How many.
        strata: Of `STRATA`.
        spread: Of `SPREAD`: what the list inside a stratum is sorted by.
        allocation: How the strata share the number.
        seed: Of all that is drawn.
        assessors: How many; nought for a user audit.
        overlap: Cases that all of them get.
    """

    municipality: str
    purpose: str
    register: str
    year: int
    size: int
    strata: tuple[str, ...]
    spread: tuple[str, ...]
    allocation: Allocation
    seed: int
    assessors: int = 0
    overlap: int = 0


@dataclass(frozen=True)
class Drawn:
    """A sample that lies there.

    Attributes:
        directory: Where.
        protocol: What it is.
        is_new: Whether it was written now.
    """

    directory: Path
    protocol: Mapping[str, Any]
    is_new: bool


@dataclass(frozen=True, eq=False)
class _Rows:
    """The frame as it was read, a list a column."""

    columns: Mapping[str, list[Any]]
    protected: int

    @property
    def size(self) -> int:
        return len(self.columns["decision_id"])

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for row in zip(*self.columns.values(), strict=True):
            digest.update(("|".join(map(str, row)) + "\n").encode())
        return digest.hexdigest()


def draw_sample(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    request: Request,
    version: str,
    out: Path | None = None,
) -> Drawn:
    """Draw a sample and write its files.

    Args:
        connection: An open connection to the warehouse.
        settings: Name the municipality and where samples lie.
        request: What is asked for.
        version: Of the program.
        out: The sample's own directory, where it is not to lie among the others.

    Raises:
        SampleError: There are too few, or another sample lies there.
    """
    rows = _read(connection, request.municipality, request.year)
    if rows.size == 0:
        raise SampleError(
            f"Inga beslut är i kraft den sista december {request.year}. Gör så här: ange ett år"
            " som registret är lämnat för, och kör avvik run."
        )
    frame = _frame(rows, request)
    sample = sampling.draw(frame, request.size, request.allocation, request.seed)
    protocol = _protocol(rows, frame, sample, request, version)
    files = {PROTOCOL: _as_json(protocol), KEY: _key(rows, frame, sample)}
    if request.purpose == ASSESSMENT:
        files |= _for_assessors(rows, frame, sample, request)
    else:
        files |= _for_audit(frame, sample)
    directory = out or settings.samples_dir / str(protocol["sample_id"])
    is_new = _write(directory, files)
    log(settings, str(protocol["sample_id"]), "draget" if is_new else "draget på nytt, detsamma")
    return Drawn(directory, protocol, is_new)


def _read(connection: duckdb.DuckDBPyConnection, municipality: str, year: int) -> _Rows:
    result = connection.execute(_FRAME, {"municipality": municipality, "year": year})
    names = [column[0] for column in result.description or []]
    found = result.fetchall()
    kept = [row for row in found if row[names.index("board_name")] != UNIT]
    columns = {name: [row[at] for row in kept] for at, name in enumerate(names)}
    return _Rows(columns, len(found) - len(kept))


def _frame(rows: _Rows, request: Request) -> Frame:
    of = rows.columns
    labels = ["*".join(str(of[STRATA[each]][at]) for each in request.strata) or "alla"
              for at in range(rows.size)]  # fmt: skip
    strata, stratum = np.unique(labels, return_inverse=True)
    board = np.unique([str(each) for each in of["board_name"]], return_inverse=True)[1]
    hours = np.array(of["hours_per_month"], dtype=np.float64)
    group = np.array([each == GROUPS[1] for each in of["target_group"]], dtype=np.int64)
    boards = np.unique(board)
    balance = {
        "timmar": hours,
        "aktiviteter": np.array([each or 0 for each in of["activities"]], dtype=np.float64),
        "ålder": np.array([each or 0 for each in of["age_band"]], dtype=np.float64),
        "kvinnor": np.array([each == "kvinnor" for each in of["sex"]], dtype=np.float64),
        "funktionsnedsättning": group.astype(np.float64),
    } | {f"nämnd {at + 1}": (board == each).astype(np.float64) for at, each in enumerate(boards)}
    return Frame(
        stratum=stratum.astype(np.int64),
        strata=tuple(str(each) for each in strata),
        board=board.astype(np.int64) if SPREAD[0] in request.spread else np.zeros_like(group),
        hours=hours if SPREAD[1] in request.spread else np.zeros_like(hours),
        group=group,
        balance=balance,
    )


def _protocol(
    rows: _Rows,
    frame: Frame,
    sample: Sample,
    request: Request,
    version: str,
) -> dict[str, Any]:
    asked = asdict(request) | {"frame_sha256": rows.sha256()}
    digest = hashlib.sha256(_as_json(asked)).hexdigest()
    sizes = frame.sizes
    reserve = np.bincount(frame.stratum[sample.reserve], minlength=sizes.size)
    assessors = [
        {"file": _assessor_file(at), "group": GROUPS[1 - at % 2]} for at in range(request.assessors)
    ]
    beyond = {
        name: round(value, 4)
        for name, value in sorted(sample.differences.items())
        if abs(value) > sampling.RELEVANT_DIFFERENCE
    }
    return {
        **asked,
        "sample_id": f"{request.year}-{request.purpose}-{digest[:10]}",
        "version": version,
        "frame_rows": rows.size,
        "protected_excluded": rows.protected,
        "strata_counts": [
            {
                "stratum": name,
                "frame": int(sizes[at]),
                "drawn": int(sample.drawn[at]),
                "reserve": int(reserve[at]),
                "probability": float(sample.drawn[at] / sizes[at]),
                "weight": float(sizes[at] / sample.drawn[at]),
            }
            for at, name in enumerate(frame.strata)
        ],
        "assessor_files": assessors,
        "differences": {name: round(value, 4) for name, value in sample.differences.items()},
        "differences_beyond": beyond,
        "precision": [asdict(each) for each in sampling.precision(request.size)],
    }


def _as_json(content: object) -> bytes:
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    return f"{text}\n".encode()


def _key(rows: _Rows, frame: Frame, sample: Sample) -> bytes:
    """Running number to decision; the reserves come after, in the order they are asked in."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\n")
    writer.writerow(("lopnummer", "reserv", "beslut_id", "pseudonym", "stratum", "malgrupp",
                     "timmar"))  # fmt: skip
    of = rows.columns
    for number, row in enumerate((*sample.row, *sample.reserve), start=1):
        writer.writerow(
            (
                number,
                "" if number <= sample.row.size else number - sample.row.size,
                of["decision_id"][row],
                of["person_id"][row],
                frame.strata[frame.stratum[row]],
                of["target_group"][row],
                of["hours_per_month"][row],
            )
        )
    return written.getvalue().encode()


def _case(rows: _Rows, row: int, number: int) -> tuple[Value, ...]:
    of = rows.columns
    age = of["age_band"][row]
    activities = of["activities"][row]
    return (
        number,
        "" if age is None else _AGES[int(age)],
        _SEX.get(str(of["sex"][row]), ""),
        None if activities is None else int(activities),
        None,
    )


def _assessor_file(place: int) -> str:
    return f"bedomare_{place + 1}.xlsx"


def _listed(*values: str) -> dict[str, Any]:
    return {
        "validate": "list",
        "source": list(values),
        "error_title": "Välj ur listan",
        "error_message": "Gör så här: välj ett av värdena i listan.",
    }


def _numbered(kind: str, low: int, high: int) -> dict[str, Any]:
    return {
        "validate": kind,
        "criteria": "between",
        "minimum": low,
        "maximum": high,
        "error_title": "Fel tal",
        "error_message": f"Gör så här: skriv ett tal från {low} till {high}.",
    }


def _for_assessors(rows: _Rows, frame: Frame, sample: Sample, request: Request) -> dict[str, bytes]:
    random = generator(seed_of(f"{request.seed}", "bedomare"))
    shares = sampling.assign(sample.row.size, request.assessors, request.overlap, random)
    cases = [_case(rows, int(row), at) for at, row in enumerate(sample.row, start=1)]
    files = {SELECTION: as_xlsx([Sheet("Urval", _CASE, cases, open_columns=frozenset({4}))])}
    first = len(_CASE)
    rules = {
        first: _numbered("decimal", 0, MOST_HOURS),
        first + 1: _numbered("integer", 1, NEED_LEVELS),
        first + 2: _listed(*INSATSER),
        first + 3: _listed(*SURENESS),
    }
    for place, share in enumerate(shares):
        drawn = sample.row[share]
        order = sampling.blind_order(frame.group[drawn], frame.hours[drawn], random)
        mine = [(*cases[at], *[None] * len(_ASSESSED)) for at in share[order]]
        sheet = Sheet(
            "Bedömning",
            (*_CASE, *_ASSESSED),
            mine,
            rules,
            open_columns=frozenset(range(first - 1, first + len(_ASSESSED))),
        )
        files[_assessor_file(place)] = as_xlsx([sheet])
    return files


def _for_audit(frame: Frame, sample: Sample) -> dict[str, bytes]:
    """Whom to write to, the reserves by stratum after them, and a table for the answers."""
    number = sample.row.size
    contacts: list[Sequence[Value]] = [(at, "", "skriv först") for at in range(1, number + 1)]
    turn: dict[str, int] = {}
    for at, row in enumerate(sample.reserve, start=number + 1):
        # A letter and not the stratum's name, which would say the target group.
        stratum = chr(ord("A") + int(frame.stratum[row]))
        turn[stratum] = turn.get(stratum, 0) + 1
        contacts.append((at, stratum, f"reserv {turn[stratum]}"))
    for at, row in enumerate(sample.row):
        stratum = chr(ord("A") + int(frame.stratum[row]))
        contacts[at] = (at + 1, stratum, "skriv först")
    total = number + sample.reserve.size
    rules = {
        1: _listed(*_YES_NO),
        2: _listed(*_YES_NO),
        3: _numbered("integer", 1, _MOST_SATISFIED),
    }
    answers = Sheet(
        "Svar",
        ("löpnummer", *_AUDITED),
        [(at, None, None, None) for at in range(1, total + 1)],
        rules,
        open_columns=frozenset({1, 2, 3}),
    )
    return {
        CONTACTS: as_xlsx([Sheet("Kontakter", ("löpnummer", "grupp", "ordning"), contacts)]),
        ANSWERS: as_xlsx([answers]),
    }


def _write(directory: Path, files: Mapping[str, bytes]) -> bool:
    """Write a sample whole, or find that it lies there already.

    Raises:
        SampleError: Something else lies there.
    """
    if directory.exists():
        if _holds(directory, files):
            return False
        raise SampleError(
            f"I {directory} ligger redan något annat, eller så är filerna ifyllda. Gör så här: ange"
            " en annan katalog med --out; det som ligger där skrivs inte över."
        )
    directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = directory.parent / f".partial-{os.getpid()}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    for name, content in files.items():
        _write_private(partial / name, content)
    partial.rename(directory)
    return True


def _holds(directory: Path, files: Mapping[str, bytes]) -> bool:
    return all(
        (directory / name).is_file() and (directory / name).read_bytes() == content
        for name, content in files.items()
    )


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)


def log(settings: Settings, sample_id: str, what: str) -> None:
    """Write down that somebody drew or opened a sample, and when.

    Args:
        settings: Where the log lies.
        sample_id: Which sample.
        what: What was done.
    """
    settings.samples_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = json.dumps(
        {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "by": getpass.getuser(),
            "sample_id": sample_id,
            "what": what,
        },
        ensure_ascii=False,
    )
    path = settings.samples_dir / LOG
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{line}\n")


# --- what comes back ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Agreed:
    """What came of a sample.

    Attributes:
        sample_id: Which one.
        found: Its figures.
        silent: Files of assessors who have not begun.
    """

    sample_id: str
    found: Sequence[Coefficient]
    silent: Sequence[str] = ()


def agreement_of(directory: Path, settings: Settings) -> Agreed:
    """Read what was filled in, and say what comes of it.

    Args:
        directory: The sample's.
        settings: Where openings are logged.

    Raises:
        SampleError: It is no sample, or something is filled in wrongly: each with file, row and
            rule, and never a value.
    """
    protocol, key = _opened(directory)
    log(settings, str(protocol["sample_id"]), "öppnat för sammanställning")
    if protocol["purpose"] == ASSESSMENT:
        found, silent = _assessed(directory, protocol, key)
    else:
        found, silent = _audited(directory, protocol, key), []
    agreed = Agreed(str(protocol["sample_id"]), found, silent)
    content = {"sample_id": agreed.sample_id, "figures": [asdict(each) for each in found]}
    _write_private(directory / RESULT, _as_json(content))
    return agreed


def _opened(directory: Path) -> tuple[Mapping[str, Any], list[dict[str, str]]]:
    try:
        protocol = json.loads((directory / PROTOCOL).read_text(encoding="utf-8"))
        with (directory / KEY).open(encoding="utf-8", newline="") as file:
            key = list(csv.DictReader(file, delimiter=";"))
    except (OSError, ValueError) as error:
        raise _no_sample(directory) from error
    if not isinstance(protocol, dict) or {"sample_id", "purpose", "strata_counts"} - set(protocol):
        raise _no_sample(directory)
    return protocol, key


def _no_sample(directory: Path) -> SampleError:
    return SampleError(
        f"{directory} är inget stickprov. Gör så här: ange katalogen som avvik sample draw skrev,"
        f" med {PROTOCOL} och {KEY}."
    )


@dataclass
class _Reader:
    """Reads one filled workbook, and gathers what is wrong with it.

    Attributes:
        path: The workbook.
        faults: What is wrong, a sentence each.
    """

    path: Path
    faults: list[str]

    def rows(self, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
        """The rows with their numbers; none where the workbook cannot be read."""
        try:
            header = workbook_header(self.path)
            with tempfile.TemporaryDirectory(dir=self.path.parent) as folder:
                target = Path(folder) / "text.csv"
                target.touch(mode=0o600)
                workbook_to_text(self.path, target, ";", header.row)
                with target.open(encoding="utf-8", newline="") as file:
                    lines = list(csv.reader(file, delimiter=";"))
        except (SheetError, TooLargeError, ParserDiedError, OSError):
            self.faults.append(f"{self.path.name}: filen går inte att läsa som arbetsbok")
            return []
        names = [_plain(each) for each in lines[0]] if lines else []
        if names[: len(columns)] != list(columns):
            self.faults.append(f"{self.path.name}: kolumnerna är inte de som fanns från början")
            return []
        return [
            (number, dict(zip(columns, map(_plain, line), strict=False)))
            for number, line in enumerate(lines[1:], start=header.row + 1)
            if any(_plain(each) for each in line)
        ]

    def fault(self, row: int, rule: str) -> None:
        """Say what is wrong with a row, and not what stands there."""
        self.faults.append(f"{self.path.name}, rad {row}: {rule}")

    def number(self, text: str, low: float, high: float) -> float | None:
        """A number between two limits; None where it is not."""
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            return None
        return value if low <= value <= high else None


def _plain(cell: str) -> str:
    return cell.lstrip(NUMBER + DATE + TRUTH).strip()


def _refuse_faults(faults: Sequence[str]) -> None:
    if not faults:
        return
    told = "".join(f"\n- {each}" for each in faults[:_FAULTS_TOLD])
    more = len(faults) - _FAULTS_TOLD
    rest = f"\n- och {more} till" if more > 0 else ""
    raise SampleError(
        f"Det ifyllda kan inte användas:{told}{rest}\nGör så här: rätta raderna i filerna och kör"
        " igen."
    )


def _assessed(
    directory: Path, protocol: Mapping[str, Any], key: Sequence[Mapping[str, str]]
) -> tuple[list[Coefficient], list[str]]:
    drawn = [each for each in key if not each["reserv"]]
    weight = {each["stratum"]: each["weight"] for each in protocol["strata_counts"]}
    files = protocol["assessor_files"]
    shape = (len(drawn), len(files))
    hours, need, insats = (np.full(shape, np.nan) for _ in range(3))
    faults: list[str] = []
    silent: list[str] = []
    expected = _shares(protocol)
    for column, each in enumerate(files):
        path = directory / each["file"]
        reader = _Reader(path, faults)
        if not path.is_file():
            silent.append(path.name)
            continue
        rows = reader.rows((*_CASE, *_ASSESSED))
        if not any(row[name] for _, row in rows for name in _ASSESSED):
            silent.append(path.name)
            continue
        seen = _filled(reader, rows, expected[column], (hours, need, insats), column)
        if missing := expected[column] - seen:
            faults.append(f"{path.name}: {len(missing)} löpnummer saknas")
    _refuse_faults(faults)
    there = [at for at, each in enumerate(files) if each["file"] not in silent]
    if not there:
        raise SampleError(
            "Ingen bedömare har fyllt i något än. Gör så här: fyll i filerna bedomare_*.xlsx."
        )
    ratings = Ratings(
        hours[:, there],
        need[:, there],
        insats[:, there],
        np.array([int(files[at]["group"] == GROUPS[1]) for at in there], dtype=np.int64),
        np.array([weight[each["stratum"]] for each in drawn], dtype=np.float64),
    )
    return sampling.coefficients(ratings), silent


def _shares(protocol: Mapping[str, Any]) -> list[set[int]]:
    """Running numbers of each assessor, as they were drawn."""
    random = generator(seed_of(f"{protocol['seed']}", "bedomare"))
    shares = sampling.assign(
        int(protocol["size"]), int(protocol["assessors"]), int(protocol["overlap"]), random
    )
    return [{int(at) + 1 for at in share} for share in shares]


def _filled(
    reader: _Reader,
    rows: Sequence[tuple[int, Mapping[str, str]]],
    expected: set[int],
    into: tuple[Any, Any, Any],
    column: int,
) -> set[int]:
    """Put an assessor's answers where they belong; gives the running numbers that were there."""
    seen: set[int] = set()
    for number, row in rows:
        running = reader.number(row["löpnummer"], 1, _MOST_NUMBERS)
        if running is None or running not in expected:
            reader.fault(number, "löpnumret finns inte bland dem som bedömaren fick")
            continue
        if running in seen:
            reader.fault(number, "löpnumret står två gånger")
            continue
        seen.add(int(running))
        for matrix, value in zip(into, _answers(reader, number, row), strict=True):
            matrix[int(running) - 1, column] = value
    return seen


def _answers(reader: _Reader, number: int, row: Mapping[str, str]) -> tuple[float, float, float]:
    """Hours, need and insats of a row; nan where something is wrong with them, which is told."""
    given = {name: row[name] for name in _ASSESSED}
    for name, text in given.items():
        if not text:
            reader.fault(number, f"{name} saknas")
    hours, need, insats, sureness = given.values()
    value = reader.number(hours, 0, MOST_HOURS)
    level = reader.number(need, 1, NEED_LEVELS)
    if hours and value is None:
        reader.fault(number, f"timmar är inte ett tal mellan 0 och {MOST_HOURS}")
    if need and (level is None or level != int(level)):
        reader.fault(number, f"behovsnivå är inte ett heltal mellan 1 och {NEED_LEVELS}")
    for text, allowed, name in ((insats, INSATSER, "insats"), (sureness, SURENESS, "säkerhet")):
        if text and text not in allowed:
            reader.fault(number, f"{name} är inget av värdena i listan")
    return (
        np.nan if value is None else value,
        np.nan if level is None else level,
        float(INSATSER.index(insats)) if insats in INSATSER else np.nan,
    )


def _audited(
    directory: Path, protocol: Mapping[str, Any], key: Sequence[Mapping[str, str]]
) -> list[Coefficient]:
    faults: list[str] = []
    reader = _Reader(directory / ANSWERS, faults)
    strata = [each["stratum"] for each in protocol["strata_counts"]]
    sizes = np.array([each["frame"] for each in protocol["strata_counts"]], dtype=np.int64)
    given: dict[int, Mapping[str, str]] = {}
    for number, row in reader.rows(("löpnummer", *_AUDITED)):
        running = reader.number(row["löpnummer"], 1, len(key))
        if running is None or int(running) != running:
            reader.fault(number, "löpnumret finns inte i stickprovet")
            continue
        if int(running) in given:
            reader.fault(number, "löpnumret står två gånger")
            continue
        given[int(running)] = row
        for name in _AUDITED[:2]:
            if row[name] and row[name] not in _YES_NO:
                reader.fault(number, f"{name} är varken ja eller nej")
        satisfied = row[_AUDITED[2]]
        if satisfied and reader.number(satisfied, 1, _MOST_SATISFIED) is None:
            reader.fault(number, f"nöjd är inte ett tal mellan 1 och {_MOST_SATISFIED}")
        if row[_AUDITED[0]] != "ja" and (row[_AUDITED[1]] or satisfied):
            reader.fault(number, "ett svar står där ingen har svarat")
    _refuse_faults(faults)
    # Whoever was never written to is no answer that is lacking.
    asked = [at for at in range(1, len(key) + 1) if given.get(at, {}).get(_AUDITED[0])]
    if not asked:
        raise SampleError(f"Inget svar är ifyllt än. Gör så här: fyll i {ANSWERS}.")
    rows = [given[at] for at in asked]
    stratum = np.array([strata.index(key[at - 1]["stratum"]) for at in asked], dtype=np.int64)
    answered = np.array([row[_AUDITED[0]] == "ja" for row in rows])
    questions: tuple[tuple[str, Callable[[Mapping[str, str]], float]], ...] = (
        ("hours_suffice", lambda row: _share(row[_AUDITED[1]])),
        ("satisfied", lambda row: float(row[_AUDITED[2]].replace(",", ".") or "nan")),
    )
    found = []
    for name, value_of in questions:
        values = np.array([value_of(row) for row in rows], dtype=np.float64)
        made = sampling.estimate(Answers(stratum, sizes, answered, values))
        limits = made.interval
        found.append(
            Coefficient(
                name,
                "weighted_mean",
                "interval" if name == "satisfied" else "share",
                made.value,
                None if limits is None else limits.lower,
                None if limits is None else limits.upper,
                made.answered,
                0,
                "" if limits is not None else "too_few_answers",
            )
        )
    rate = float(answered.mean())
    found.append(Coefficient("svar", "response_rate", "share", rate, None, None, len(rows), 0))
    return found


def _share(text: str) -> float:
    return {"ja": 1.0, "nej": 0.0}.get(text, float("nan"))


def kept_samples(directory: Path) -> list[tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    """Protocol and figures of each sample of a home, by name; what is none is passed over.

    Args:
        directory: Where samples lie.
    """
    found = []
    for path in sorted(directory.glob(f"*/{PROTOCOL}")):
        try:
            protocol = json.loads(path.read_text(encoding="utf-8"))
            result = path.with_name(RESULT)
            figures = (
                json.loads(result.read_text(encoding="utf-8"))["figures"]
                if result.is_file()
                else []
            )
        except (OSError, ValueError, KeyError):
            continue
        found.append((protocol, figures))
    return found
