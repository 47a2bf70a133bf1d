"""Samples as files: the same bytes, nothing that gives a group away, a key apart, read strictly."""

import csv
import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pytest

from orchestration.analyses.sampling import SampleError, rank_correlation
from orchestration.flow.samples import (
    ANSWERS,
    ASSESSMENT,
    AUDIT,
    CONTACTS,
    GROUPS,
    INSATSER,
    KEY,
    LOG,
    PROTOCOL,
    SELECTION,
    Drawn,
    Request,
    agreement_of,
    draw_sample,
    kept_samples,
)
from orchestration.registers.protection import UNIT
from orchestration.settings import Settings

ASKED = Request(
    municipality="0180",
    purpose=ASSESSMENT,
    register="boendestod_beslut",
    year=2023,
    size=60,
    strata=("malgrupp", "kon"),
    spread=("stadsdelsnamnd", "timmar"),
    allocation="proportional",
    seed=1,
    assessors=4,
    overlap=12,
)
Cells = dict[str, object]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema intermediate")
        opened.execute(
            "create table intermediate.int_housing_support_criteria as select"
            " '0180' as municipality_id, date '2023-01-01' as period_start,"
            " 'b' || lpad(i::varchar, 4, '0') as decision_id, md5(i::varchar) as person_id,"
            f" case when i % 97 = 0 then '{UNIT}' else 'Nämnd ' || (i % 7) end as board_name,"
            " case when i % 2 = 0 then 'kvinnor' else 'man' end as sex,"
            " case when i % 5 < 2 then 'funktionsnedsattning' else 'socialpsykiatri' end"
            " as target_group, i % 4 as age_band, 1 + i % 6 as activities,"
            " 4.0 + i % 11 + case when i % 5 < 2 then 2 else 0 end as hours_per_month"
            " from range(1, 801) as numbers (i)"
        )
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def drawn_in(
    connection: duckdb.DuckDBPyConnection, settings: Settings, out: Path | None = None,
    asked: Request = ASKED,
) -> Drawn:  # fmt: skip
    return draw_sample(connection, settings, asked, "avvik 1", out)


def lying(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def sheet_of(path: Path) -> list[Cells]:
    heading, *rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, heading), row, strict=True)) for row in rows]


def fill(path: Path, answer: Callable[[int], Cells]) -> None:
    """Fill a workbook, each row by its running number, as somebody would in Excel."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    places = {str(cell.value): cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        running = sheet.cell(row, places["löpnummer"]).value
        for name, value in answer(int(str(running))).items():
            sheet.cell(row, places[name]).value = value
    book.save(path)


def key_of(directory: Path) -> list[dict[str, str]]:
    with (directory / KEY).open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_the_same_request_gives_the_same_bytes(
    connection: duckdb.DuckDBPyConnection, settings: Settings, tmp_path: Path
) -> None:
    first, second = (drawn_in(connection, settings, tmp_path / name) for name in ("a", "b"))
    assert lying(first.directory) == lying(second.directory)
    names = {PROTOCOL, KEY, SELECTION, *(f"bedomare_{at}.xlsx" for at in range(1, 5))}
    assert set(lying(first.directory)) == names
    again = drawn_in(connection, settings, tmp_path / "a")
    assert (first.is_new, again.is_new) == (True, False)
    other = drawn_in(connection, settings, asked=replace(ASKED, seed=2))
    assert other.protocol["sample_id"] != first.protocol["sample_id"]
    assert other.directory.parent == settings.samples_dir


def test_nobody_else_can_read_it_and_nothing_is_written_over(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    sample = drawn_in(connection, settings)
    assert stat.S_IMODE(sample.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(settings.samples_dir.stat().st_mode) == 0o700
    for path in sample.directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (sample.directory / "bedomare_1.xlsx").write_bytes(b"ifyllt")
    with pytest.raises(SampleError, match="skrivs inte över"):
        drawn_in(connection, settings)
    assert (sample.directory / "bedomare_1.xlsx").read_bytes() == b"ifyllt"
    log = [json.loads(line) for line in (settings.samples_dir / LOG).read_text().splitlines()]
    assert [line["what"] for line in log] == ["draget"]
    assert stat.S_IMODE((settings.samples_dir / LOG).stat().st_mode) == 0o600


def test_an_assessor_can_tell_neither_group_nor_hours_nor_person(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    sample = drawn_in(connection, settings)
    key = {int(row["lopnummer"]): row for row in key_of(sample.directory)}
    secrets = {row[name] for row in key.values() for name in ("pseudonym", "beslut_id")}
    seen = 0
    for path in sorted(sample.directory.glob("*.xlsx")):
        rows = sheet_of(path)
        assert rows
        text = " ".join(str(cell) for row in rows for cell in (*row, *row.values()))
        assert not any(word in text for word in (*GROUPS, *secrets, "Nämnd", "stratum"))
        order = [key[int(str(row["löpnummer"]))] for row in rows]
        group = np.array([row["malgrupp"] == GROUPS[1] for row in order], dtype=np.float64)
        hours = np.array([float(row["timmar"]) for row in order])
        assert abs(rank_correlation(group)) <= 0.1
        assert abs(rank_correlation(hours)) <= 0.1
        seen += len(rows)
    assert seen == 60 + 4 * 12 + 2 * 48


def test_the_protocol_says_what_was_done(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    protocol = json.loads((drawn_in(connection, settings).directory / PROTOCOL).read_text("utf-8"))
    assert protocol["frame_rows"] == 792
    assert protocol["protected_excluded"] == 8
    counts = protocol["strata_counts"]
    assert {each["stratum"] for each in counts} == {
        f"{group}*{sex}" for group in GROUPS for sex in ("kvinnor", "man")
    }
    assert sum(each["drawn"] for each in counts) == 60
    assert all(each["weight"] == pytest.approx(1 / each["probability"]) for each in counts)
    assert len(protocol["precision"]) == 9
    assert {each["group"] for each in protocol["assessor_files"]} == set(GROUPS)
    assert len(protocol["frame_sha256"]) == 64
    assert protocol["version"] == "avvik 1"


def test_too_many_or_no_year_is_refused(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    with pytest.raises(SampleError, match="färre än 900"):
        drawn_in(connection, settings, asked=replace(ASKED, size=900))
    with pytest.raises(SampleError, match="Inga beslut är i kraft"):
        drawn_in(connection, settings, asked=replace(ASKED, year=2019))
    assert not settings.samples_dir.exists()


def assessed(directory: Path, effect: float, seed: int = 3) -> None:
    """Fill all files: the disability assessors set so many hours more on the same case."""
    random = np.random.default_rng(seed)
    level = random.normal(9.0, 2.0, 61)
    files = json.loads((directory / PROTOCOL).read_text("utf-8"))["assessor_files"]
    for each in files:
        more = effect if each["group"] == GROUPS[1] else 0.0

        def answer(running: int, more: float = more) -> Cells:
            hours = round(float(level[running] + more + random.normal(0, 0.5)), 1)
            return {
                "timmar i månaden": hours,
                "behovsnivå 1–4": int(np.clip(round(hours / 4), 1, 4)),
                "insats": INSATSER[running % 2],
                "säkerhet": "hög",
            }

        fill(directory / each["file"], answer)


def test_a_filled_workbook_gives_back_what_was_planted(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    sample = drawn_in(connection, settings)
    assessed(sample.directory, 2.0)
    agreed = agreement_of(sample.directory, settings)
    question = agreed.found[0]
    assert (question.coefficient, question.note) == ("group_difference", "")
    assert question.estimate == pytest.approx(2.0, abs=0.4)
    assert question.lower is not None
    assert question.upper is not None
    assert question.lower < 2.0 < question.upper
    [same] = [
        each for each in agreed.found if (each.measure, each.coefficient) == ("insats", "exact")
    ]
    assert same.estimate == 1.0
    [(protocol, figures)] = kept_samples(settings.samples_dir)
    assert protocol["sample_id"] == agreed.sample_id
    assert len(figures) == len(agreed.found)
    log = (settings.samples_dir / LOG).read_text(encoding="utf-8")
    assert "öppnat för sammanställning" in log


def test_one_who_has_not_begun_is_told_and_the_others_are_used(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    sample = drawn_in(connection, settings)
    with pytest.raises(SampleError, match="Ingen bedömare har fyllt i något än"):
        agreement_of(sample.directory, settings)
    untouched = (sample.directory / "bedomare_4.xlsx").read_bytes()
    assessed(sample.directory, 1.0)
    (sample.directory / "bedomare_4.xlsx").write_bytes(untouched)
    (sample.directory / "bedomare_3.xlsx").unlink()
    agreed = agreement_of(sample.directory, settings)
    assert list(agreed.silent) == ["bedomare_3.xlsx", "bedomare_4.xlsx"]
    assert agreed.found[0].note == "these_assessors_only"


#: What is filled in wrongly, a row each, and what is said of it.
FAULTS: tuple[tuple[str, object, str], ...] = (
    ("timmar i månaden", None, "timmar i månaden saknas"),
    ("timmar i månaden", 9999, "timmar är inte ett tal mellan 0 och 744"),
    ("timmar i månaden", "ungefär sju", "timmar är inte ett tal mellan 0 och 744"),
    ("behovsnivå 1–4", 2.5, "behovsnivå är inte ett heltal mellan 1 och 4"),
    ("insats", "något hemligt", "insats är inget av värdena i listan"),
    ("säkerhet", None, "säkerhet saknas"),
    ("löpnummer", 9999, "löpnumret finns inte bland dem som bedömaren fick"),
    ("löpnummer", "x", "löpnumret finns inte bland dem som bedömaren fick"),
)


def test_what_is_filled_in_wrongly_is_told_by_file_row_and_rule(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    sample = drawn_in(connection, settings)
    assessed(sample.directory, 1.0)
    path = sample.directory / "bedomare_2.xlsx"
    wrong = {
        int(str(row["löpnummer"])): {column: value}
        for row, (column, value, _) in zip(sheet_of(path), FAULTS, strict=False)
    }
    fill(path, lambda running: dict(wrong.get(running, {})))
    with pytest.raises(SampleError) as refused:
        agreement_of(sample.directory, settings)
    told = str(refused.value)
    for row, (_, _, rule) in enumerate(FAULTS, start=2):
        assert f"bedomare_2.xlsx, rad {row}: {rule}" in told
    assert "bedomare_2.xlsx: 2 löpnummer saknas" in told
    assert "Gör så här" in told
    assert "hemligt" not in told
    assert "9999" not in told


def test_a_row_twice_and_a_row_that_is_gone_are_told(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    sample = drawn_in(connection, settings)
    assessed(sample.directory, 1.0)
    path = sample.directory / "bedomare_1.xlsx"
    numbers = [int(str(row["löpnummer"])) for row in sheet_of(path)]
    fill(path, lambda running: {"löpnummer": numbers[0]} if running == numbers[1] else {})
    with pytest.raises(SampleError) as refused:
        agreement_of(sample.directory, settings)
    assert "rad 3: löpnumret står två gånger" in str(refused.value)
    assert "bedomare_1.xlsx: 1 löpnummer saknas" in str(refused.value)
    path.write_bytes(b"ingen arbetsbok")
    with pytest.raises(SampleError, match=r"bedomare_1.xlsx: filen går inte att läsa"):
        agreement_of(sample.directory, settings)
    with pytest.raises(SampleError, match="är inget stickprov"):
        agreement_of(settings.home, settings)


def test_a_user_audit_is_answered_by_weight(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    asked = replace(ASKED, purpose=AUDIT, assessors=0, overlap=0, allocation="equal", size=40)
    sample = drawn_in(connection, settings, asked=asked)
    assert set(lying(sample.directory)) == {PROTOCOL, KEY, ANSWERS, CONTACTS}
    contacts = sheet_of(sample.directory / CONTACTS)
    assert [row["ordning"] for row in contacts[:40]] == ["skriv först"] * 40
    assert {str(row["ordning"]) for row in contacts[40:]} == {"reserv 1", "reserv 2"}
    assert {str(row["grupp"]) for row in contacts} == set("ABCD")
    key = {int(row["lopnummer"]): row for row in key_of(sample.directory)}

    def answer(running: int) -> Cells:
        if running > 40:
            return {}
        if running % 4 == 0:
            return {"svarade": "nej"}
        suffice = "ja" if key[running]["malgrupp"] == GROUPS[1] else "nej"
        return {"svarade": "ja", "timmarna räcker": suffice, "nöjd med stödet 1–10": 7}

    fill(sample.directory / ANSWERS, answer)
    found = {each.measure: each for each in agreement_of(sample.directory, settings).found}
    share = 792 - sum(
        each["frame"]
        for each in sample.protocol["strata_counts"]
        if each["stratum"].startswith(GROUPS[0])
    )
    # All in one group say yes and none in the other: the share is the group's part of the frame.
    assert found["hours_suffice"].estimate == pytest.approx(share / 792)
    assert found["satisfied"].estimate == pytest.approx(7.0)
    assert (found["svar"].estimate, found["svar"].cases) == (0.75, 40)
    fill(sample.directory / ANSWERS, lambda _: {"nöjd med stödet 1–10": 70})
    with pytest.raises(SampleError, match="nöjd är inte ett tal mellan 1 och 10"):
        agreement_of(sample.directory, settings)
