"""Names from outside are shown without harm, and files from outside are opened only as files."""

import json
import os
import socket
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.outside import MASK, NotAFileError, is_plain, masked, open_file, seen, shown
from tests.unit.registers.test_identity import OFFICIAL, WRITTEN, hidden, written_forms


@pytest.mark.parametrize("way", [way for way in WRITTEN if not way.startswith("an entity")])
def test_an_identity_number_in_a_name_is_masked(way: str) -> None:
    name = shown(f"vald_arenden/Samtal {WRITTEN[way]}.csv")
    assert MASK in name
    assert name.startswith("vald_arenden/Samtal ")
    assert name.endswith(".csv")
    assert hidden([name]) == [False]


@pytest.mark.parametrize(
    "name",
    [
        "vald_arenden/vald_arenden_2023-05.csv",
        "Avhysningar 2023 (rättad).xlsx",
        "vald_20230501_1530.csv",
        "vald_19900118-9812.csv",
    ],
)
def test_a_name_without_an_identity_number_is_shown_as_it_is(name: str) -> None:
    assert shown(name) == name


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_names_are_masked_by_the_rule_that_columns_are(data: st.DataObject) -> None:
    """Two languages say one rule; whatever one finds, the other does."""
    digits = st.text(st.sampled_from("0123456789 -.TFx"), max_size=16)
    forms = st.one_of(written_forms(OFFICIAL), digits, st.text(max_size=20))
    texts = data.draw(st.lists(forms, min_size=1, max_size=30))
    texts = [text for text in texts if "&" not in text]
    if texts:
        assert [MASK in masked(text) for text in texts] == hidden(texts)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (os.fsdecode(b"vald_\xe5\xff.csv"), "vald_\\xe5\\xff.csv"),
        ("a\nSTOPP: b.csv", "a\\nSTOPP: b.csv"),
        ("a\u2028b\x85c\x0bd.csv", "a\\u2028b\\x85c\\x0bd.csv"),
        ("\u202egnp.csv", "\\u202egnp.csv"),
        ("a\x1b[31mb.csv", "a\\x1b[31mb.csv"),
        ("a\u200bb.csv", "a\\u200bb.csv"),
    ],
)
def test_what_cannot_be_seen_in_a_name_is_written_out(name: str, told: str) -> None:
    assert shown(name) == told
    assert not is_plain(name)


def test_what_is_seen_is_left_as_it_is() -> None:
    text = "Å–ö 1 000 1\u00a0000 ”citat” [x] \U0001f600 e\u0301"
    assert seen(text) == text
    assert seen("a\nb", lines=True) == "a\nb"
    assert seen("a\nb") == "a\\nb"
    # What turns the direction of writing, also beyond the first plane and outside the common ones.
    assert seen("a\u0600b\U000e0001c") == "a\\u0600b\\U000e0001c"


@settings(deadline=None)
@given(st.text(st.characters(), max_size=300))
def test_any_name_is_one_short_line_that_can_be_written(name: str) -> None:
    text = shown(name)
    assert len(text) <= 160
    assert is_plain(text)
    assert len(text.splitlines()) <= 1
    assert json.loads(json.dumps({"name": text}, ensure_ascii=False).encode()) == {"name": text}


def test_a_letter_with_its_mark_beside_it_is_plain() -> None:
    assert is_plain(unicodedata.normalize("NFD", "Ärenden å.csv"))


def _link(folder: Path) -> Path:
    (folder / "file").write_bytes(b"secret")
    (folder / "link").symlink_to(folder / "file")
    return folder / "link"


def _within_a_linked_folder(folder: Path) -> Path:
    (folder / "real").mkdir()
    (folder / "real" / "file").write_bytes(b"secret")
    (folder / "linked").symlink_to(folder / "real")
    return folder / "linked" / "file"


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def _socket(folder: Path) -> Path:
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind("door")
    return folder / "door"


def _device(_folder: Path) -> Path:
    return Path("/dev/zero")


def _folder(folder: Path) -> Path:
    return folder


@pytest.mark.parametrize("made", [_link, _within_a_linked_folder, _pipe, _socket, _device, _folder])
def test_what_is_no_regular_file_is_not_opened(
    tmp_path: Path, made: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotAFileError):
        open_file(made(tmp_path))


def test_a_regular_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with open_file(tmp_path / "file") as file:
        assert file.read() == b"content"
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "gone")
