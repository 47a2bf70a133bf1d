"""A number of the memorandum leads to the bytes that it came from, and the bytes are those."""

import hashlib
import json
import random
from pathlib import Path

import duckdb
import pikepdf
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.flow.tracing import Traced, UntraceableError, tracing
from orchestration.reporting.addresses import DOCUMENTS
from orchestration.storage.landing import LostError
from tests.integration.conftest import Installation
from tests.pdf_text import pieces

DRAWN = 200
# What is said of the method, of assumptions, of the sources or of how many rows a table has comes
# of no delivery; nor does an amount that the boards have decided.
OF_NO_DELIVERY = (
    *("Metoden", "Tabellen marts.intervention_", "Tabellen meta.", "Tabellen seeds."),
    "Schablonersättning för boendestöd",
    *("Tabellen marts.indicators", "Analysen Vad insatser utan individuell behovsprövning"),
)


def drawn_numbers(directory: Path) -> list[dict[str, str]]:
    """Numbers of the documents that stand in their PDFs, drawn by chance, as many of each."""
    rows = json.loads((directory / "numbers.json").read_text("utf-8"))
    drawn = []
    for formats in DOCUMENTS:
        with pikepdf.open(directory / formats.pdf) as pdf:
            text = "".join(piece.text for piece in pieces(pdf))
        own = [row for row in rows if row["document"] == formats.page]
        # A lone digit stands everywhere.
        printed = [row for row in own if len(row["text"]) > 1 and row["text"] in text]
        assert len(printed) > 4 * DRAWN // len(DOCUMENTS)
        drawn += random.Random(2023).sample(printed, DRAWN // len(DOCUMENTS))  # noqa: S311
    return drawn


def test_two_hundred_numbers_lead_to_the_bytes_they_came_from(default_city: Installation) -> None:
    settings = default_city.settings
    numbers = drawn_numbers(settings.published_dir)
    with tracing(settings, settings.published_dir) as follow:
        found = [follow(each["number_id"]) for each in numbers]
    assert [[each.text for each in some] for some in found] == [[n["text"]] for n in numbers]
    followed: list[Traced] = [each for some in found for each in some]
    without = [each for each in followed if not each.deliveries]
    assert [each for each in without if not each.origin.what.startswith(OF_NO_DELIVERY)] == []
    assert len(without) < DRAWN / 4
    paths = {each.path: each.sha256 for one in followed for each in one.deliveries}
    assert len(paths) > 50
    for path, sha256 in paths.items():
        assert path.is_relative_to(settings.landing_dir)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def test_a_number_is_found_as_it_is_printed(default_city: Installation) -> None:
    settings = default_city.settings
    with tracing(settings, settings.published_dir) as follow:
        [first, *_] = follow("527 personer")
        with pytest.raises(UntraceableError, match=r"skrivs 527,5 personer, och ingen"):
            follow("527,5 personer")
    assert first.origin.what.startswith("Antal personer som beviljats skyddat boende")
    assert first.calculation is not None
    assert first.calculation.model == "intermediate.int_violence_counted"
    assert {each.name for each in first.deliveries} == {"skyddat_boende_placeringar"}
    # Of the year that it is of, a delivery a month.
    assert [each.period for each in first.deliveries] == [f"2023-{n:02}" for n in range(1, 13)]


def test_a_cell_leads_to_every_value_that_shows_it(default_city: Installation) -> None:
    """Women's cases are shown by themselves and as the share that girls are of all."""
    settings = default_city.settings
    [(cell, shown)] = default_city.published(
        "select cell_id, list(indicator_id order by indicator_id) from marts.indicator_values"
        " where indicator_id like 'child_cases%' and geography_id = '0180'"
        " and period_start = '2023-01-01' and cell_id in (select cell_id"
        " from marts.indicator_values where indicator_id = 'child_cases_girls_share')"
        " and breakdown in ('total', 'sex') and value is not null"
        " group by cell_id having count(*) > 1"
    )
    assert {"child_cases", "child_cases_girls_share"} <= set(shown)
    with tracing(settings, settings.published_dir) as follow:
        found = follow(cell)
    assert {dict(each.cells[0].row)["indicator_id"] for each in found} == set(shown)
    assert {name.name for each in found for name in each.deliveries} == {"barn_unga_arenden"}
    answer = CliRunner().invoke(app, ["trace", cell, "--home", str(default_city.home)])
    assert answer.exit_code == 0
    assert answer.output.startswith(f"{cell}: ")


def test_a_hidden_cell_is_traced_without_its_number(default_city: Installation) -> None:
    settings = default_city.settings
    with duckdb.connect(str(settings.snapshot_path), read_only=True) as snapshot:
        [(cell,)] = snapshot.execute(
            "select min(cell_id) from marts.indicator_values"
            " where status = 'suppressed' and indicator_id = 'protected_housing_persons'"
        ).fetchall()
    with tracing(settings, settings.published_dir) as follow:
        found = follow(cell)
    assert {each.text for each in found} == {"uppgift skyddas"}


def test_bytes_that_are_gone_are_told_of(installation: Installation) -> None:
    settings = installation.settings
    asked = ["trace", "P1", "--home", str(installation.home)]
    answer = CliRunner().invoke(app, [*asked, "--format", "csv"])
    assert answer.exit_code == 0
    assert "nummer" in answer.output.splitlines()[0]
    numbers = json.loads((settings.published_dir / "numbers.json").read_text("utf-8"))
    with tracing(settings, settings.published_dir) as follow:
        traced = next(each for row in numbers if (each := follow(row["number_id"])[0]).deliveries)
        lost = traced.deliveries[0].path
        lost.chmod(0o600)
        lost.write_bytes(b"annat")
        with pytest.raises(LostError):
            follow(traced.number_id)
    answer = CliRunner().invoke(app, ["trace", traced.number_id, "--home", str(installation.home)])
    assert answer.exit_code == 2
    assert "förlorade eller ändrade" in answer.output
