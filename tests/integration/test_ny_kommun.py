"""The guide for a new municipality, followed word by word from an empty folder to a report."""

import re
from pathlib import Path

import openpyxl
import pytest

from tests.guides import ROOT, Followed, follow
from tests.other_municipality import convert, own_values


@pytest.fixture(scope="module")
def followed(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    folder = tmp_path_factory.mktemp("ny_kommun")
    convert(city, folder / "export")
    return follow(ROOT / "docs/sv/ny-kommun.md", folder)


def test_the_guide_leads_to_a_report(followed: Followed) -> None:
    assert followed.code == 0, followed.printed[-2000:] + followed.warned[-2000:]
    folder = followed.folder
    page = (folder / "region/1715/published/promemoria.html").read_text(encoding="utf-8")
    assert "Kils kommun (påhittad)" in page
    assert (folder / "region/1715/published/marts.duckdb").exists()
    # Every register's latest file, and one before the mapping was whole.
    assert followed.printed.count(" följer avtalet.") == 19 + 1
    assert "Södra Kil" in followed.printed
    assert re.search(r"2023\s+\W*\s*[1-9]\d*", followed.printed)
    # Moved to a home of several, it is what it was.
    assert "Inget nytt sedan den senaste publiceringen" in followed.printed
    asked, _, told = followed.printed.rstrip().rpartition("1715")
    assert asked
    assert told.strip().startswith("Delvis syntetiska uppgifter")


def test_the_workbook_describes_the_file_as_it_should_be(
    followed: Followed,
) -> None:
    book = openpyxl.load_workbook(followed.folder / "fel.xlsx")
    assert book.sheetnames == ["Fel", "Kolumner och koder"]
    names = [row[0].value for row in book["Kolumner och koder"].iter_rows(min_row=2)]
    assert names == ["AvhysningId", "Datum", "Enhet", "AntalBarn", "Verkstalld", "Orsak"]


def test_what_was_printed_holds_no_identity_number(followed: Followed) -> None:
    numbers = set(own_values(followed.folder / "export"))
    assert len(numbers) > 1000
    assert not set(re.findall(r"\d{12}", followed.printed + followed.warned)) & numbers
