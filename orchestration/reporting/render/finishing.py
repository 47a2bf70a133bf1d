"""What a PDF still lacks when Typst has written it: headings of rows, and ends that none mistakes.

Typst marks the headings of columns; that of a row it can only mark in its own program, not through
its binding. And where the bytes of a stream happen to end in a carriage return, a reader that goes
by the line feed after them takes it for a part of the line's end and finds a byte too few. All else
in the file stays as it is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf

_NO_TABLE = frozenset({"/THead", "/P", "/Figure", "/H1", "/H2", "/H3", "/Note", "/TOC", "/L"})


def finished(written: bytes) -> bytes:
    """Finishes a file.

    Args:
        written: A tagged PDF.

    Returns:
        The same, where the first cell of each row of a table's body is a heading of scope ``Row``;
        the same bytes for the same file.
    """
    with pikepdf.open(io.BytesIO(written)) as pdf:
        for row in _body_rows(pdf.Root.StructTreeRoot):
            _mark_first(row)
        for each in pdf.objects:
            if isinstance(each, pikepdf.Stream):
                _end_visibly(each)
        out = io.BytesIO()
        # Streams that hold objects would be written here, with an end that nobody has looked at.
        pdf.save(
            out,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )
    return out.getvalue()


def _mark_first(row: Any) -> None:
    first = next(_children(row), None)
    if first is None or first.get("/S") != "/TD":
        return
    first.S = pikepdf.Name.TH
    scope = pikepdf.Dictionary(O=pikepdf.Name.Table, Scope=pikepdf.Name.Row)
    first.A = pikepdf.Array([*_listed(first.get("/A")), scope])


def _end_visibly(stream: pikepdf.Stream) -> None:
    data = stream.read_raw_bytes()
    if not data.endswith(b"\r"):
        return
    filters, how = _listed(stream.get("/Filter")), _listed(stream.get("/DecodeParms"))
    stream.write(
        data.hex().encode() + b">",
        filter=pikepdf.Array([pikepdf.Name.ASCIIHexDecode, *filters]),
        decode_parms=pikepdf.Array([None, *how]) if how else None,
    )


def _body_rows(element: Any) -> Iterator[Any]:
    """Each row below an element that does not belong to a table's head."""
    kind = element.get("/S")
    if kind == "/TR":
        yield element
    elif kind not in _NO_TABLE:
        for child in _children(element):
            yield from _body_rows(child)


def _children(element: Any) -> Iterator[Any]:
    """The structure elements right below one; content and references are none."""
    for kid in _listed(element.get("/K")):
        if isinstance(kid, pikepdf.Dictionary) and kid.get("/S") is not None:
            yield kid


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, pikepdf.Array) else [value]
