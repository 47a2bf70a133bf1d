"""An edition's manifest: whatever is changed afterwards is found, and said in Swedish."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.storage.manifest import chain_faults, edition_faults, write_manifest

BUILT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


@pytest.fixture
def editions(tmp_path: Path) -> Path:
    before = None
    for name in ("första", "andra"):
        edition = tmp_path / name
        (edition / "indikatorer").mkdir(parents=True)
        (edition / "promemoria.html").write_text(f"utgåva {name}", encoding="utf-8")
        (edition / "indikatorer" / "a.html").write_text("sida", encoding="utf-8")
        write_manifest(edition, built_at=BUILT, made_of="f" * 64, before=before)
        before = edition
    return tmp_path


def test_it_names_every_file_and_the_edition_before(editions: Path) -> None:
    first, second = editions / "första", editions / "andra"
    manifest = json.loads((second / "manifest.json").read_text(encoding="utf-8"))
    page = hashlib.sha256(b"sida").hexdigest()
    assert manifest["files"]["indikatorer/a.html"] == {"sha256": page, "bytes": 4}
    assert set(manifest["files"]) == {"indikatorer/a.html", "promemoria.html"}
    earlier = hashlib.sha256((first / "manifest.json").read_bytes()).hexdigest()
    assert manifest["before"] == {"edition": "första", "sha256": earlier}
    assert manifest["made_of"] == "f" * 64
    assert [*edition_faults(first), *edition_faults(second), *chain_faults(editions)] == []


def cut(page: Path) -> None:
    page.write_text("sid", encoding="utf-8")


def alter(page: Path) -> None:
    page.write_text("sidb", encoding="utf-8")


def lose(page: Path) -> None:
    page.unlink()


def put_a_directory_there(page: Path) -> None:
    page.unlink()
    page.mkdir()


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (cut, "indikatorer/a.html är ändrad"),
        (alter, "indikatorer/a.html är ändrad"),
        (lose, "indikatorer/a.html saknas"),
        (put_a_directory_there, "indikatorer/a.html är en katalog där en fil ska ligga"),
    ],
)
def test_a_changed_file_is_told(editions: Path, tamper: Callable[[Path], None], told: str) -> None:
    tamper(editions / "andra" / "indikatorer" / "a.html")
    assert list(edition_faults(editions / "andra")) == [told]
    assert list(edition_faults(editions / "första")) == []


def test_a_file_that_was_put_there_is_told(editions: Path) -> None:
    (editions / "andra" / "tillagg.html").write_text("x", encoding="utf-8")
    assert list(edition_faults(editions / "andra")) == ["tillagg.html hör inte dit"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": {"a": 1}, "before": null}'])
def test_a_manifest_that_cannot_be_read_is_told(editions: Path, text: str) -> None:
    (editions / "andra" / "manifest.json").write_text(text, encoding="utf-8")
    assert list(edition_faults(editions / "andra")) == ["manifest.json går inte att läsa"]


def test_an_old_edition_cannot_be_rewritten_whole(editions: Path) -> None:
    """Its own manifest may agree with it; the next one's does not."""
    first = editions / "första"
    (first / "promemoria.html").write_text("andra siffror", encoding="utf-8")
    write_manifest(first, built_at=BUILT, made_of="f" * 64, before=None)
    assert list(edition_faults(first)) == []
    assert list(chain_faults(editions)) == ["första: manifest.json är ändrad"]
    (first / "manifest.json").unlink()
    assert list(chain_faults(editions)) == ["första: manifest.json saknas"]


def test_an_edition_from_before_the_manifests_has_none(tmp_path: Path) -> None:
    (tmp_path / "promemoria.html").write_text("äldre", encoding="utf-8")
    assert list(edition_faults(tmp_path)) == []
