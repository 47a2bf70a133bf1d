"""One hostile file of every kind, laid into an inbox at once."""

import os
import socket
import zipfile
from dataclasses import replace
from pathlib import Path

import duckdb
import openpyxl
import pytest

from orchestration.registers import apart

_MEGABYTE = 1 << 20
_HEADER = ["avhysning_id", "datum", "stadsdelsnamnd", "antal_barn", "verkstalld", "orsak"]


def lower_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make small files as bad as large ones; the city's own are far from these limits."""
    apart.end_parser()
    lower = {"memory": 600 * _MEGABYTE, "archive": 64 * _MEGABYTE, "cells": 64 * _MEGABYTE}
    monkeypatch.setattr(apart, "LIMITS", replace(apart.LIMITS, **lower))


def plant(inbox: Path, outside: Path) -> tuple[list[Path], list[Path]]:
    """Lay the files, and what links lead to.

    Returns:
        What no run may open, and what it may open and must set aside.
    """
    outside.mkdir()
    secret = outside / "secret.csv"
    secret.write_text("avhysning_id\nhemligt utanför inkorgen\n", encoding="utf-8")
    folder = inbox / "avhysningar_barn"
    left = [
        folder / "avhysningar_barn_2016.link.csv",
        inbox / "linked_folder",
        folder / "pipe.csv",
        folder / "door.csv",
        folder / os.fsdecode(b"avhysningar_\xe5\xff.csv"),
        folder / "avhysningar\u2028STOPP: allt.csv",
        folder / "avhysningar\x1b[2J\n.csv",
        folder / ("a" * 251 + ".csv"),
    ]
    left[0].symlink_to(secret)
    left[1].symlink_to(outside)
    os.mkfifo(left[2])
    descriptor = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as door:
        # The whole path may be longer than the name of a socket.
        door.bind(f"/proc/self/fd/{descriptor}/{left[3].name}")
    os.close(descriptor)
    for path in left[4:]:
        path.write_bytes(secret.read_bytes())
    aside = [folder / f"avhysningar_barn_{year}.bad" for year in range(2016, 2020)]
    kinds = ("xlsx", "xlsx", "xlsx", "parquet")
    aside = [path.with_suffix(f".{kind}") for path, kind in zip(aside, kinds, strict=True)]
    # Its parser ends; has a cell at the far corner; unpacks to much; holds one text in every row.
    _workbook(aside[0], "XFD1300")
    _workbook(aside[1], "XFD1048576")
    _workbook(aside[2], "G3")
    with zipfile.ZipFile(aside[2], "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", b"\0" * 70 * _MEGABYTE)
    duckdb.execute(
        "copy (select 'A' || range as avhysning_id, date '2019-02-03' as datum, 'Bromma' as"
        " stadsdelsnamnd, 2 as antal_barn, 'J' as verkstalld, repeat('x', 100000) as orsak"
        f" from range(1000)) to '{aside[3]}'"
    )
    return left, aside


def _workbook(path: Path, far_cell: str) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(_HEADER)
    book.worksheets[0][far_cell] = "långt bort"
    book.save(path)
