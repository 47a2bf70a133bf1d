"""What lies in the inbox: files are taken in, and what is none is told of and left."""

import os
import socket
from pathlib import Path

import pytest

from orchestration.outside import open_file
from orchestration.registers import inbox as inbox_module
from orchestration.registers.inbox import is_settled, scan_inbox

GOOD = "vald_arenden_2023-05.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A register's folder with one good file."""
    made = tmp_path / "inbox" / "vald_arenden"
    made.mkdir(parents=True)
    (made / GOOD).write_bytes(b"x")
    return made


def left(folder: Path) -> str:
    """What is told of the one thing that is left, while the good file is taken in."""
    found = scan_inbox(folder.parent)
    assert [file.file_name for file in found.files] == [f"vald_arenden/{GOOD}"]
    [sentence] = found.left
    assert len(sentence.splitlines()) == 1
    assert sentence.endswith(".")
    assert "Gör så här: " in sentence
    return sentence


def test_an_inbox_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert scan_inbox(tmp_path / "none").files == ()


def test_hidden_and_unfinished_files_are_left_for_later_untold(folder: Path) -> None:
    for name in (".hidden.csv", "a.csv.part", "b.TMP"):
        (folder / name).write_bytes(b"x")
    (folder / "old").mkdir()
    assert scan_inbox(folder.parent).left == ()


def test_a_link_to_a_file_is_left(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (folder / "vald_arenden_2023-06.csv").symlink_to(tmp_path / "secret")
    assert "vald_arenden/vald_arenden_2023-06.csv i inkorgen är en länk" in left(folder)


def test_a_link_within_the_inbox_and_a_broken_one_are_left_too(folder: Path) -> None:
    (folder / "vald_arenden_2023-06.csv").symlink_to(folder / GOOD)
    (folder / "vald_arenden_2023-07.csv").symlink_to(folder / "none")
    assert len(scan_inbox(folder.parent).left) == 2


def test_a_folder_that_links_out_is_left(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "boendestod_beslut_2023-05.csv").write_bytes(b"x")
    (folder.parent / "boendestod_beslut").symlink_to(tmp_path / "outside")
    assert "boendestod_beslut i inkorgen är en länk" in left(folder)


def test_a_pipe_is_left_and_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "vald_arenden_2023-06.csv")
    assert "är ingen vanlig fil" in left(folder)


def test_a_socket_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind("vald.csv")
    assert "är ingen vanlig fil" in left(folder)


def test_a_pipe_among_the_folders_is_left(folder: Path) -> None:
    os.mkfifo(folder.parent / "boendestod_beslut")
    assert "boendestod_beslut i inkorgen är ingen vanlig fil" in left(folder)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (b"vald_\xe5rsfil.csv", "vald_\\xe5rsfil.csv"),
        (b"vald\n2023.csv", "vald\\n2023.csv"),
        ("vald\u20282023.csv".encode(), "vald\\u20282023.csv"),
        (b"vald\x1b[2J.csv", "vald\\x1b[2J.csv"),
        ("vald\u202evsc.csv".encode(), "vald\\u202evsc.csv"),
    ],
    ids=["not UTF-8", "line break", "line separator", "control character", "mark of direction"],
)
def test_a_file_with_a_name_that_cannot_be_read_is_left(
    folder: Path, name: bytes, told: str
) -> None:
    (folder / os.fsdecode(name)).write_bytes(b"x")
    assert f"vald_arenden/{told} i inkorgen har ett namn med tecken" in left(folder)


def test_a_file_with_a_name_of_255_bytes_is_left_and_shown_short(folder: Path) -> None:
    (folder / ("v" * 251 + ".csv")).write_bytes(b"x")
    sentence = left(folder)
    assert "har ett för långt namn" in sentence
    assert len(sentence) < 250


def test_a_name_that_no_report_can_be_named_after_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "_LONGEST_SHOWN", len(f"vald_arenden/{GOOD}"))
    (folder / f"{GOOD[:-4]}x.csv").write_bytes(b"x")
    assert "har ett för långt namn" in left(folder)


def test_a_file_that_says_it_is_larger_than_any_register_is_left(folder: Path) -> None:
    with (folder / "vald_arenden_2023-06.csv").open("wb") as sparse:
        sparse.truncate(17 << 30)
    assert "är större än 16 GB" in left(folder)


def test_a_folder_with_a_name_that_cannot_be_read_is_left(folder: Path) -> None:
    bad = folder.parent / os.fsdecode(b"\xff\n")
    bad.mkdir()
    (bad / "a.csv").write_bytes(b"x")
    assert "\\xff\\n i inkorgen har ett namn med tecken" in left(folder)


def test_a_file_that_may_not_be_read_is_left_and_stops_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = folder / "vald_arenden_2023-06.csv"
    bad.write_bytes(b"x")

    def refusing(path: Path) -> object:
        if path == bad:
            raise PermissionError(13, "no")
        return open_file(path)

    monkeypatch.setattr(inbox_module, "open_file", refusing)
    assert "vald_arenden_2023-06.csv i inkorgen kan inte läsas" in left(folder)


def test_an_identity_number_in_a_name_is_not_shown_and_the_file_is_taken_in(folder: Path) -> None:
    (folder / "vald 900118–9811 2023.csv").write_bytes(b"x")
    _, file = sorted(scan_inbox(folder.parent).files, key=lambda each: len(each.written_name))
    assert file.file_name == "vald_arenden/vald [personnummer] 2023.csv"
    assert file.written_name == "vald_arenden/vald 900118–9811 2023.csv"


def test_two_files_that_are_shown_alike_are_not_taken_for_one(folder: Path) -> None:
    for number in ("900118-9811", "701063-2391"):
        (folder / f"vald {number}.csv").write_bytes(b"x")
    found = scan_inbox(folder.parent)
    assert len(found.files) == 2
    [sentence] = found.left
    assert "visas med samma namn som en annan fil" in sentence
    assert "9811" not in sentence


def test_what_has_gone_or_become_a_link_is_not_settled(folder: Path) -> None:
    os.utime(folder / GOOD, (0, 0))
    assert is_settled(folder / GOOD, 10)
    assert not is_settled(folder / "none", 0)
