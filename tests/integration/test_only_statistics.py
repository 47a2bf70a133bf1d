"""A municipality that delivers nothing: one command, and a memorandum from what is published of it.

Three of SKR's groups: a large city with the other two beside it, a small municipality of which
Kronofogden has published a year for real, and one in the far north. What is expected is counted
here from the recorded answers, by ways of its own.
"""

import json
import re
import statistics
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from lxml import html
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.flow.analyses import analyses
from orchestration.flow.documents import read_stated
from orchestration.flow.marts import report_year
from orchestration.registers.contract import load_contracts
from orchestration.reporting.issued import Edition
from tests.integration.conftest import Installation
from tests.nights import Night
from tests.number_walk import unmet
from tests.page_text import parse, text_of
from tests.unit.reporting.conftest import BUILT_AT

GOTHENBURG, YDRE, HAPARANDA = "1480", "0512", "2583"
RECORDED = Path(__file__).parents[2] / "orchestration/demo/recorded"
PAGE = RECORDED / "socialstyrelsen/sdb_ekonomisktbistandmanad_resultat_2017.html"
DEBTORS = RECORDED / "kronofogden/rowstore_skuldsatta_offset43300.json"


@dataclass(frozen=True)
class Ran:
    """One `avvik run` in an empty home.

    Attributes:
        exit_code: Of the command.
        printed: What it printed, with one kind of space.
        installation: Where it ran.
    """

    exit_code: int
    printed: str
    installation: Installation

    def document(self, name: str) -> str:
        """The text of a document that anybody may read."""
        page = self.installation.settings.published_dir / name
        return text_of(parse(page.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def gothenburg(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    home = tmp_path_factory.mktemp("goteborg") / "home"
    environment = {"AVVIK_MUNICIPALITY": GOTHENBURG, "AVVIK_HOME": str(home)}
    result = CliRunner().invoke(app, ["run"], env=environment)
    printed = " ".join((result.stdout + result.stderr).split())
    return Ran(result.exit_code, printed, Installation(home, GOTHENBURG))


def households(months: int) -> dict[str, list[int | None]]:
    """Households of each region in the recorded page's first months, both groups together."""
    found: dict[str, list[int | None]] = {}
    for row in html.fromstring(PAGE.read_bytes()).xpath("//table//tr"):
        cells = [" ".join(cell.text_content().split()) for cell in row.xpath("./td")]
        if len(cells) < 2 + months or not cells[0] or not cells[1].startswith(("Inrikes", "En av")):
            continue
        counts = [int(re.sub(r"\s", "", c)) if c[0].isdigit() else None for c in cells[2:]]
        before = found.get(cells[0])
        found[cells[0]] = (
            counts
            if before is None
            else [
                a + b if a is not None and b is not None else None
                for a, b in zip(before, counts, strict=True)
            ]
        )
    return found


def test_one_command_gives_a_memorandum(gothenburg: Ran) -> None:
    assert gothenburg.exit_code == 0, gothenburg.printed
    assert "Göteborg har ingen kommunfil och inga leveranser" in gothenburg.printed
    assert "vad de saknar om kommunen kan inte hämtas, och sägs saknas" in gothenburg.printed
    assert not (gothenburg.installation.home / "inbox").exists(), "no synthetic city"
    folder = gothenburg.installation.settings.published_dir
    for name in ("promemoria", "socialtjanstrapport"):
        for ending in ("html", "pdf", "docx"):
            assert (folder / f"{name}.{ending}").stat().st_size > 1000


def test_its_own_figures_stand_beside_those_of_its_group(gothenburg: Ran) -> None:
    counted = households(8)
    changes = {
        name: (whole[7] or 0) / (whole[0] or 1) - 1
        for name in ("Göteborg", "Malmö", "Stockholm")
        for whole in [counted[name]]
    }
    others = [changes["Malmö"], changes["Stockholm"]]
    [row] = gothenburg.installation.published(
        "select value, lowest, median, highest, peers, group_code, group_is_made_up"
        " from marts.peer_comparison where period_start = date '2017-08-01'"
    )
    assert row[0] == pytest.approx(changes["Göteborg"], abs=1e-6)
    assert row[1:4] == pytest.approx(
        (min(others), statistics.median(others), max(others)), abs=1e-6
    )
    assert row[4:] == (2, "A1", False)
    page = gothenburg.document("promemoria.html")
    told = f"{counted['Göteborg'][7]:,}".replace(",", " ")
    assert f"augusti 2017 {told}" in page
    percent = f"{abs(100 * changes['Göteborg']):.1f}".replace(".", ",")
    assert f"+{percent} %" in page
    assert "Göteborg hör till gruppen Storstäder" in page


def test_what_is_lacking_is_said_and_is_no_figure(gothenburg: Ran) -> None:
    page, report = (
        gothenburg.document("promemoria.html"),
        gothenburg.document("socialtjanstrapport.html"),
    )
    for text in (page, report, gothenburg.document("index.html")):
        assert "Det som räknas ur registren kan inte visas: registret saknas" in text
    # Kolada, SCB and Brå have nothing of it in the recording.
    lacking = page.split("Vad som saknas")[1]
    for name in ("biståndshushåll enligt Kolada", "anmälda brott i nära relation"):
        assert name in lacking
    chapters = report.split("Register som saknas")[1].split("Bilaga A")[0]
    assert chapters.count("Kapitlet saknar därför de uppgifter") == 9
    [(values,)] = gothenburg.installation.published(
        "select count(*) from marts.indicator_values where source_id in"
        f" ({', '.join(repr(name) for name in load_contracts())})"
    )
    assert values == 0
    own = gothenburg.installation.published(
        "select distinct indicator_id from marts.indicator_values"
        f" where geography_id like '{GOTHENBURG}%'"
    )
    assert own == [("assistance_households_month",)]


def test_nothing_of_stockholm_is_told_of_it(gothenburg: Ran) -> None:
    page = gothenburg.document("promemoria.html")
    # Its yearbook is one of the deliveries that are listed, and that is all.
    assert page.split("Bilaga E: Leveranser", 2)[-2].count("Stockholm") == 0
    assert "1 070" not in page, "the examples of cost are another city's"
    assert (
        gothenburg.installation.published(
            "select * from marts.deviations where geography_id like '0180%'"
        )
        == []
    )


def test_each_number_leads_to_its_cell(gothenburg: Ran) -> None:
    settings = gothenburg.installation.settings
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        year = report_year(connection, settings)
        stated = read_stated(connection, settings, analyses(), year)
        documents = stated.documents(Edition(BUILT_AT, "0.1.0", "godkänd"))
        assert unmet(connection, *documents.values()) == []


def test_run_again_there_is_nothing_new(gothenburg: Ran) -> None:
    environment = {
        "AVVIK_MUNICIPALITY": GOTHENBURG,
        "AVVIK_HOME": str(gothenburg.installation.home),
    }
    result = CliRunner().invoke(app, ["run"], env=environment)
    assert result.exit_code == 0
    assert "Inget nytt sedan den senaste publiceringen" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("code", "name", "group", "year"),
    [
        (YDRE, "Ydre", "Lågpendlingskommun nära större stad", 2020),
        (HAPARANDA, "Haparanda", "Landsbygdskommun", 2023),
    ],
)
def test_municipalities_of_other_groups_get_theirs(
    code: str, name: str, group: str, year: int, tmp_path: Path
) -> None:
    installation = Installation(tmp_path / "home", code)
    assert installation.night() == Night()
    page = text_of(
        parse((installation.settings.published_dir / "promemoria.html").read_text("utf-8"))
    )
    assert f"Avvikelser i socialtjänstens statistik {year}" in page
    assert f"Vad som är publicerat om {name}" in page
    assert f"{name} hör till gruppen {group}" in page
    assert "är satt för demonstrationen och inte avstämt mot SKR:s förteckning" in page
    found = dict(
        installation.published(
            "select indicator_id, max(value) from marts.indicator_values"
            f" where geography_id = '{code}' and breakdown = 'total' and period_grain = 'year'"
            " group by 1"
        )
    )
    debtors = sum(
        int(row["antal skuldsatta"])
        for row in json.loads(DEBTORS.read_bytes())["results"]
        if row["kommun"] == name.upper()
    )
    assert found == ({"kronofogden_debtors": debtors} if debtors else {})
    assert (debtors > 0) == (code == YDRE)
