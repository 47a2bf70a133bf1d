"""From bytes to text, JSON, tables and numbers, with one kind of error.

What the formats share. What a publisher's columns and marks mean belongs in its own module.
"""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.observation import (
    Meaning,
    Observation,
    Parsed,
    Status,
    dimensions_text,
)
from orchestration.sources.registry import Dataset

MONTHS = (
    *("Januari", "Februari", "Mars", "April", "Maj", "Juni", "Juli", "Augusti"),
    *("September", "Oktober", "November", "December"),
)
"""What Socialstyrelsen calls the months, in their order."""

_NUMBER = re.compile(r"-?(?:[0-9]{1,3}(?:[ \u00a0][0-9]{3})+|[0-9]+)(?:[.,][0-9]+)?")
# A mark begins with none of the signs that a figure is made of.
_FIGURE_AND_MARK = re.compile(r"(-?[0-9](?:[0-9 \u00a0.,]*[0-9])?)[ \u00a0]*([^0-9 \u00a0.,].*)")
_NEW_MARK = (
    "Är tecknet nytt: ta reda på vad utgivaren menar med det och för in det bland utgivarens marks "
    "i källregistret. Annars: hämta leveransen på nytt."
)
_MEASURE_TABLE_HEADER = ["mått", "period", "värde"]
_REGIONAL_HEADER = ["region", *_MEASURE_TABLE_HEADER]
_MEASURE_TABLE_PERIOD = re.compile(r"[0-9]{4}(?:H[12])?")

Model = TypeVar("Model", bound=BaseModel)


def number(text: str) -> float | None:
    """Read a figure as Swedish publishers write it.

    Args:
        text: Digits, perhaps with thousands parted by a blank or no-break space and decimals after
            a comma or a point.

    Returns:
        The figure, or None if the text is not one.
    """
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text.replace(" ", "").replace("\u00a0", "").replace(",", "."))
    return value if math.isfinite(value) else None


def decode_utf8(content: bytes, dataset: Dataset) -> str:
    """Decode text that its publisher writes in UTF-8, with or without a byte order mark.

    Args:
        content: The delivery.
        dataset: What it is said to be.

    Returns:
        The text.

    Raises:
        SourceFormatError: If it is empty or in another encoding.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceFormatError(
            dataset,
            place=f"byte {error.start + 1}",
            found="ett tecken som inte är UTF-8",
            expected="text i UTF-8",
        ) from None
    return _require_text(text, dataset)


def decode_latin1(content: bytes, dataset: Dataset) -> str:
    """Decode text that its publisher writes in ISO 8859-1.

    Every byte is a character there, so text in UTF-8 passes: its header shows it.

    Args:
        content: The delivery.
        dataset: What it is said to be.

    Returns:
        The text.

    Raises:
        SourceFormatError: If it is empty or binary.
    """
    return _require_text(content.decode("latin-1"), dataset)


def _require_text(text: str, dataset: Dataset) -> str:
    if "\x00" in text or not text.strip():
        raise SourceFormatError(
            dataset,
            place="hela filen",
            found="filen är tom eller binär",
            expected="text med minst en uppgift",
        )
    return text


def read_json(content: bytes, dataset: Dataset, model: type[Model]) -> Model:
    """Read JSON into a model; decimals keep their digits.

    Args:
        content: The delivery, UTF-8.
        dataset: What it is said to be.
        model: The shape it must have.

    Returns:
        The validated answer.

    Raises:
        SourceFormatError: If it is not JSON (an HTML page, a cut answer) or has another shape.
    """
    text = decode_utf8(content, dataset)
    try:
        answer: Any = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
        # An escaped half of a character pair passes as JSON but can be stored nowhere.
        json.dumps(answer, ensure_ascii=False, default=str).encode()
    except (ValueError, ArithmeticError, RecursionError) as error:
        at = f"rad {error.lineno}" if isinstance(error, json.JSONDecodeError) else "hela filen"
        page = text.lstrip().startswith("<")
        raise SourceFormatError(
            dataset,
            place=at,
            found="en webbsida i stället för JSON" if page else "JSON som inte går att läsa",
            expected="ett fullständigt JSON-svar",
        ) from None
    if isinstance(answer, dict) and isinstance(answer.get("title"), str) and "status" in answer:
        raise SourceFormatError(
            dataset,
            place="hela svaret",
            found=f"utgivaren svarar med felet {quoted(answer['title'])}",
            expected="ett svar med uppgifter",
            action="Kontrollera urvalet i källregistret och hämta på nytt.",
        )
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "hela svaret"
        missing = first["type"] == "missing"
        raise SourceFormatError(
            dataset,
            place=f"nyckeln {quoted(key)}",
            found="nyckeln saknas" if missing else "värdet har fel form",
            expected="utgivarens dokumenterade svarsform",
        ) from None


def _no_constant(text: str) -> NoReturn:
    raise ValueError(text)


@dataclass(frozen=True, slots=True)
class Line:
    """One data line of a delimited table.

    Attributes:
        number: Line in the file; the header is 1.
        fields: As many as the header has.
    """

    number: int
    fields: tuple[str, ...]


def read_table(
    content: bytes,
    dataset: Dataset,
    *,
    delimiter: str = ",",
    decode: Callable[[bytes, Dataset], str] = decode_utf8,
) -> tuple[list[str], list[Line]]:
    """Read a delimited table whose lines all have the header's number of fields.

    Args:
        content: The delivery, ending with a line break.
        dataset: What it is said to be.
        delimiter: What stands between fields.
        decode: From bytes to text.

    Returns:
        The header and the data lines.

    Raises:
        SourceFormatError: If it is cut, ragged, empty or not such a table.
    """
    text = decode(content, dataset)
    if not text.endswith("\n"):
        raise SourceFormatError(
            dataset,
            place="sista raden",
            found="radslut saknas, filen kan vara avklippt",
            expected="en hel fil som slutar med radslut",
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[Line] = []
    try:
        lines.extend(Line(reader.line_num, tuple(fields)) for fields in reader if fields)
    except csv.Error:
        raise SourceFormatError(
            dataset,
            place=f"rad {reader.line_num}",
            found="citattecken eller tecken som inte hör hemma i en tabell",
            expected=f"fält åtskilda av {quoted(delimiter)}",
        ) from None
    if len(lines) < 2:  # noqa: PLR2004 - a header and one line of data
        raise SourceFormatError(
            dataset, place="hela filen", found="inga datarader", expected="rubrik och minst en rad"
        )
    header, *data = lines
    for line in data:
        if len(line.fields) != len(header.fields):
            raise SourceFormatError(
                dataset,
                place=f"rad {line.number}",
                found=f"{len(line.fields)} fält",
                expected=f"{len(header.fields)} fält som i rubriken",
            )
    return list(header.fields), data


def require_unique(keys: Sequence[tuple[int, object]], dataset: Dataset) -> None:
    """Check that no figure is given twice.

    Args:
        keys: Row number and what identifies the figure.
        dataset: What the delivery is said to be.

    Raises:
        SourceFormatError: If a key comes back on a later row.
    """
    seen: dict[object, int] = {}
    for row, key in keys:
        first = seen.setdefault(key, row)
        if first != row:
            raise SourceFormatError(
                dataset,
                place=f"rad {row}",
                found=f"samma uppgift som på rad {first}",
                expected="en rad per uppgift",
            )


def read_measure_table(
    content: bytes, dataset: Dataset, region: str, variables: dict[str, str] | None = None
) -> Parsed:
    """Read figures transcribed from running text: one measure, period and value a line.

    Args:
        content: The delivery, UTF-8, columns mått, period, värde; before them region, where the
            lines concern several.
        dataset: What it is said to be.
        region: Which region a table without that column concerns.
        variables: The other variables, the same for all lines.

    Returns:
        One observation a line, no notes.

    Raises:
        SourceFormatError: If a column, period or value is another than expected.
    """
    header, lines = read_table(content, dataset)
    if header not in (_MEASURE_TABLE_HEADER, _REGIONAL_HEADER):
        raise wrong_header(dataset, header, ",".join(_MEASURE_TABLE_HEADER))
    require_unique([(line.number, line.fields[:-1]) for line in lines], dataset)
    observations = []
    for line in lines:
        *named, series, period, text = line.fields
        place = named[0] if named else region
        if not series or not place or not _MEASURE_TABLE_PERIOD.fullmatch(period):
            raise SourceFormatError(
                dataset,
                place=f"rad {line.number}",
                found=quoted(",".join(line.fields)),
                expected="mått, ett år eller halvår (2023H1) och ett tal",
            )
        value, status = figure(text, dataset, f"rad {line.number}, kolumnen värde")
        observations.append(
            Observation(
                row_number=line.number,
                dataset_id=dataset.source_id,
                series=series,
                region=place,
                period=period,
                dimensions=dimensions_text(variables or {}),
                value_text=text,
                value=value,
                status=status,
            )
        )
    return Parsed(tuple(observations), ())


def wrong_header(dataset: Dataset, header: Sequence[str], expected: str) -> SourceFormatError:
    """Say that the columns are not the expected ones.

    Args:
        dataset: What the delivery is said to be.
        header: The columns it has.
        expected: The columns it should have.

    Returns:
        The error to raise.
    """
    return SourceFormatError(
        dataset,
        place="rubrikraden",
        found=f"kolumnerna {quoted(','.join(header))}",
        expected=f"kolumnerna {expected}",
    )


def figure(text: str, dataset: Dataset, place: str) -> tuple[float | None, Status]:
    """Read a cell: a figure, one of the publisher's marks, or a figure with a mark after it.

    Args:
        text: The cell as delivered.
        dataset: What the delivery is said to be; it has its publisher's marks.
        place: Where the cell is, in Swedish.

    Returns:
        Value and status.

    Raises:
        SourceFormatError: If it is neither, or if figure and mark contradict each other.
    """
    value = number(text)
    if value is not None:
        return value, "observed"
    found = _FIGURE_AND_MARK.fullmatch(text)
    if found and (value := number(found[1])) is not None:
        return marked(value, found[2], dataset, place)
    if _meaning(text, dataset) is None:
        raise SourceFormatError(
            dataset,
            place=place,
            found=f"värdet {quoted(text)}",
            expected=f"ett tal eller något av utgivarens tecken {_known(dataset)}",
            action=_NEW_MARK,
        )
    return marked(None, text, dataset, place)


def finite(value: int | Decimal, dataset: Dataset, place: str) -> float:
    """Take a JSON number as a figure.

    Args:
        value: As delivered.
        dataset: What the delivery is said to be.
        place: Where it is, in Swedish.

    Returns:
        The figure.

    Raises:
        SourceFormatError: If it is larger than any figure can be.
    """
    try:
        figure = float(value)
    except OverflowError:
        figure = math.inf
    if not math.isfinite(figure):
        raise SourceFormatError(
            dataset, place=place, found="ett orimligt tal", expected="ett tal av rimlig storlek"
        )
    return figure


def marked(
    value: float | None, mark: str, dataset: Dataset, place: str
) -> tuple[float | None, Status]:
    """Read a figure, or the lack of one, that has a mark of its own.

    Args:
        value: The figure; None where there is none.
        mark: The publisher's mark; empty where there is none.
        dataset: What the delivery is said to be; it has its publisher's marks.
        place: Where the cell is, in Swedish.

    Returns:
        Value and status.

    Raises:
        SourceFormatError: If the mark is not declared, or contradicts the figure.
    """
    if value is not None and not mark:
        return value, "observed"
    meaning = _meaning(mark, dataset)
    if meaning is None:
        raise SourceFormatError(
            dataset,
            place=place,
            found=f"markeringen {quoted(mark)}",
            expected=f"någon av utgivarens markeringar {_known(dataset)}",
            action=_NEW_MARK,
        )
    match meaning:
        case "nil" if not value:
            return 0.0, "observed"
        case "preliminary" | "revised" if value is not None:
            return value, meaning
        case "missing" | "not_applicable" | "suppressed" if value is None:
            return None, meaning
    raise SourceFormatError(
        dataset,
        place=place,
        found=f"markeringen {quoted(mark)} {'utan tal' if value is None else 'vid ett tal'}",
        expected="ett tal, ett tecken i stället för ett tal, eller ett tal med ett tecken som "
        "säger att det är preliminärt eller reviderat; inte ett tal som också är markerat som "
        "saknat",
    )


def _meaning(mark: str, dataset: Dataset) -> Meaning | None:
    """What a mark means, in whichever case it is written; None if nobody has declared it."""
    marks = {each.casefold(): meaning for each, meaning in dataset.marks.items()}
    return marks.get(mark.casefold())


def _known(dataset: Dataset) -> str:
    return ", ".join(quoted(mark) for mark in dataset.marks if mark) or "(inga är deklarerade)"
