"""A fetched answer: the publisher's responses, unchanged, as one delivery.

One response or many (pages, parts of a split query) become one file, a ZIP archive whose bytes
depend on the responses alone, so that the same answer twice is the same delivery. Fetching belongs
in the publishers' modules, keeping deliveries elsewhere.
"""

import io
import json
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, TypeAdapter

_INDEX = "svar.json"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    request: str
    media_type: str
    holds_figures: bool


_INDEX_OF = TypeAdapter(list[_Entry])
# The earliest moment that the format can hold: when a response came is not part of what it says.
_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Part:
    """One response.

    Attributes:
        request: What was asked, as method, path and body in one line; no address, so that the
            recorded and the real publisher give the same bytes.
        media_type: As the publisher said, or an empty text.
        content: The body, byte for byte.
        holds_figures: Whether it is to be parsed; what a publisher says about its figures is kept
            beside them.
    """

    request: str
    media_type: str
    content: bytes
    holds_figures: bool = True


def pack(parts: Sequence[Part]) -> bytes:
    """Make one delivery of an answer.

    Args:
        parts: The responses, in the order they were asked for.

    Returns:
        The archive; equal for equal parts.
    """
    index = [
        {
            "request": part.request,
            "media_type": part.media_type,
            "holds_figures": part.holds_figures,
        }
        for part in parts
    ]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        _write(target, _INDEX, json.dumps(index, ensure_ascii=False, indent=1).encode())
        for number, part in enumerate(parts, start=1):
            _write(target, _name(number), part.content)
    return archive.getvalue()


def unpack(content: bytes) -> list[Part] | None:
    """Take an answer apart.

    Args:
        content: A delivery.

    Returns:
        Its responses, or None if the delivery is a file and no packed answer, or a damaged one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as source:
            entries = source.infolist()
            # A packed answer is stored as it is: what unpacks to more is none of ours.
            if not entries or any(each.compress_type != zipfile.ZIP_STORED for each in entries):
                return None
            index = _INDEX_OF.validate_json(source.read(entries[0]))
            expected = [_INDEX, *(_name(number) for number in range(1, len(index) + 1))]
            if [each.filename for each in entries] != expected:
                return None
            return [
                Part(each.request, each.media_type, source.read(entry), each.holds_figures)
                for entry, each in zip(entries[1:], index, strict=True)
            ]
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, RuntimeError, struct.error):
        return None


def _name(number: int) -> str:
    return f"{number:04d}"


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    # Stored, not deflated: compressed bytes differ between versions of zlib.
    archive.writestr(zipfile.ZipInfo(name, _TIME), content)
