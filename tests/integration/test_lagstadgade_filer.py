"""The guide for the files that the law asks for, followed from an empty folder to a memorandum."""

import re
from pathlib import Path

import duckdb
import pytest

from orchestration.registers.statutory.declarations import load_statutory_files
from tests.guides import ROOT, Followed, follow
from tests.page_text import parse, text_of
from tests.statutory_files import convert

LACKING = "Kan inte räknas ur den lagstadgade filen"
DECLARED = load_statutory_files()["ekonomiskt_bistand_manad"]
REGISTER = DECLARED.register_name


@pytest.fixture(scope="module")
def followed(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    folder = tmp_path_factory.mktemp("lagstadgade_filer")
    convert(city, folder / "export")
    return follow(ROOT / "docs/sv/lagstadgade-filer.md", folder)


@pytest.fixture(scope="module")
def figures(followed: Followed) -> duckdb.DuckDBPyConnection:
    """What was published, with all figures."""
    assert followed.code == 0, followed.printed[-2000:] + followed.warned[-2000:]
    path = followed.folder / "var/restricted/marts.duckdb"
    return duckdb.connect(str(path), read_only=True)


def page(path: Path) -> str:
    return text_of(parse(path.read_text(encoding="utf-8")))


def test_the_guide_leads_to_a_memorandum_that_says_what_it_lacks(followed: Followed) -> None:
    assert followed.code == 0, followed.printed[-2000:] + followed.warned[-2000:]
    assert "ekonomiskt_bistand_2023-12.txt följer avtalet." in followed.printed
    told = page(followed.folder / "var/published/promemoria.html")
    assert (
        "Avslag på ekonomiskt bistånd Underlag saknas: det kan inte räknas ur den lagstadgade"
        " filen. " in told
    )
    for indicator in DECLARED.cannot_count:
        assert DECLARED.reason_sv(indicator) in told
        own = page(followed.folder / f"var/published/indikatorer/{indicator}.html")
        assert f"Inte levererat. {DECLARED.reason_sv(indicator)}" in own
    # What is not read says which regulation it is of, and why.
    assert "Den lagstadgade filen (HSLF-FS 2016:86 bilaga 1 och 2) kan inte läsas än" in told


def test_what_the_file_has_is_counted_and_what_it_lacks_is_no_zero(
    followed: Followed, figures: duckdb.DuckDBPyConnection
) -> None:
    """Households, months and kronor of 2023, counted from the bytes of the files."""
    months = kronor = 0
    children: dict[str, int] = {}
    for path in sorted((followed.folder / "export").glob("*2023-*.txt")):
        for line in path.read_text(encoding="ascii").splitlines():
            fields = line.split("\t")
            holder = fields[6]
            months += 1
            kronor += int(fields[5])
            children[holder] = max(children.get(holder, 0), int(fields[4]))
    households = len(children)
    assert households > 500
    found = dict(
        figures.execute(
            "select indicator_id, value from marts.indicator_values where source_id = ?"
            " and geography_id = '1715' and breakdown = 'total' and period_grain = 'year'"
            " and year(period_start) = 2023 and value is not null",
            [REGISTER],
        ).fetchall()
    )
    assert found["assistance_households"] == households
    assert found["assistance_months"] == months
    assert found["assistance_cost"] == kronor
    assert found["assistance_children"] == sum(children.values())
    assert found["assistance_mean_months"] == pytest.approx(months / households)
    assert not found.keys() & DECLARED.cannot_count.keys()
    [(refused,)] = figures.execute(
        "select count(*) from marts.indicator_values where list_contains(?, indicator_id)",
        [[*DECLARED.cannot_count]],
    ).fetchall()
    assert refused == 0
    assert figures.execute("select count(*) from marts.refusals").fetchall() == [(0,)]


def test_each_reason_stands_where_a_program_reads_it(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    reasons = dict(
        figures.execute(
            "select indicator_id, not_delivered_sv from marts.indicators"
            " where starts_with(not_delivered_sv, ?)",
            [LACKING],
        ).fetchall()
    )
    assert reasons == {name: DECLARED.reason_sv(name) for name in DECLARED.cannot_count}
    otherwise = dict(
        figures.execute(
            "select indicator_id, definition_sv from marts.indicators where source_id = ?",
            [REGISTER],
        ).fetchall()
    )
    for name, definition in otherwise.items():
        note = DECLARED.counts_otherwise.get(name)
        assert definition.endswith(f" {note}") if note else LACKING not in definition
    analysed = figures.execute(
        "select distinct status, reason_sv from marts.analysis_results"
        " where analysis_id = 'refusals'"
    ).fetchall()
    assert analysed == [
        ("not_delivered", "Underlag saknas: det kan inte räknas ur den lagstadgade filen.")
    ]


def test_no_identity_number_leaves_the_inbox(followed: Followed) -> None:
    numbers = {
        number
        for path in (followed.folder / "export").iterdir()
        for number in re.findall(r"(?<!\d)\d{12}(?!\d)", path.read_text(encoding="ascii"))
    }
    assert len(numbers) > 1000
    assert not set(re.findall(r"\d{12}", followed.printed + followed.warned)) & numbers
    home = followed.folder / "var"
    for path in home.rglob("*"):
        if not path.is_file() or path.relative_to(home).parts[0] in {"inbox", "landing"}:
            continue
        text = path.read_bytes().decode("latin-1")
        assert not set(re.findall(r"(?<!\d)(?:19|20)\d{10}(?!\d)", text)) & numbers, path
