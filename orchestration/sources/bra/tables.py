"""Tables of bra.se, delivered as files: workbooks, older tables and the list of municipalities.

A workbook with one header row is read by its declared layout. Older tables, pasted or saved as
workbooks, split a label over two rows of which the first bears zeros that are no figures, and glue
footnote numbers to labels. What SOL exports belongs in `export`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestration.sources.declared_table import read_declared_table
from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import decode_utf8, figure, require_unique, wrong_header
from orchestration.sources.observation import (
    Observation,
    Parsed,
    Remark,
    dimensions_text,
    numbered,
)
from orchestration.sources.registry import Dataset
from orchestration.sources.workbook import read_workbook, require_readable

_WORKBOOK = b"PK\x03\x04"
# The first group of a figure may be longer than three digits: "1517 058".
_LONG_NUMBER = re.compile(r"[0-9]+(?: [0-9]{3})*(?:[.,][0-9]+)?", re.ASCII)
_NO_FIGURE = re.compile(r"(?:0(?:[.,]0+)?)?", re.ASCII)
_FOOTNOTE = re.compile(r"(?<=[^\W\d_]|[)§])[0-9]\)?$")
_REGION = re.compile(r"(?m)^[0-9]{2} (\S.*)$", re.ASCII)
_COUNTRY = "Hela landet"
_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
_DATED = re.compile(rf"(?:\b({'|'.join(_MONTHS)}) )?\b((?:19|20)[0-9]{{2}})\b", re.IGNORECASE)
_PARTS = ("därav", "varav")
_LIST_MEASURES = ("Antal", "/100 000 inv")
_LIST_HEADER = re.compile(r"Kommun;Antal( \(prel\.\))?;Per 100 000 inv\.( \(prel\.\))?")


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse a table of bra.se.

    Args:
        content: A workbook, or text in UTF-8.
        dataset: Declares the format.

    Returns:
        One observation a figure, and notes on what was joined or taken away.

    Raises:
        SourceFormatError: If it is in another layout.
    """
    match dataset.parser:
        case "declared_table":
            return read_declared_table(content, dataset)
        case "crime_list":
            return _parse_list(content, dataset)
        case _:
            return _parse_older(content, dataset)


def _parse_list(content: bytes, dataset: Dataset) -> Parsed:
    """Read the list of municipalities: number, and number per 100,000 inhabitants."""
    header, *lines = _text(content, dataset).splitlines()
    found = _LIST_HEADER.fullmatch(header)
    if not found or found[1] != found[2] or dataset.period is None:
        raise wrong_header(dataset, [header], "Kommun;Antal (prel.);Per 100 000 inv. (prel.)")
    observations = []
    for number, line in enumerate(lines, start=2):
        region, *texts = (text.strip() for text in line.split(";"))
        if not region or len(texts) != len(_LIST_MEASURES):
            raise _wrong_row(dataset, number, line, "kommun, antal och antal per 100 000 invånare")
        for measure, text in zip(_LIST_MEASURES, texts, strict=True):
            value, status = figure(text, dataset, f"rad {number}, {measure}")
            observations.append(
                Observation(
                    row_number=number,
                    dataset_id=dataset.source_id,
                    series="Anmälda brott",
                    region=region,
                    period=dataset.period,
                    dimensions=dimensions_text({"Mått": measure}),
                    value_text=text,
                    value=value,
                    status="preliminary" if status == "observed" and found[1] else status,
                )
            )
    if not observations:
        raise _wrong_row(dataset, 2, "", "minst en kommun")
    keys = [(row.row_number, (row.region, row.dimensions)) for row in observations]
    require_unique(keys, dataset)
    return Parsed(tuple(observations), ())


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    labels: tuple[str, ...]
    figures: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.labels[-1]

    @property
    def is_empty(self) -> bool:
        """Whether it bears no figure, or nothing but zeros that a true zero is not written with."""
        return all(_NO_FIGURE.fullmatch(text) for text in self.figures)


def _parse_older(content: bytes, dataset: Dataset) -> Parsed:
    title, rows = _split(_rows(content, dataset), dataset)
    region, period = _place(title, dataset)
    remarks: list[Remark] = []
    observations: list[Observation] = []
    seen: Counter[tuple[str, ...]] = Counter()
    stripped = []
    for row in _joined(rows, remarks, dataset):
        labels = tuple(_FOOTNOTE.sub("", label).rstrip() for label in row.labels)
        if labels != row.labels:
            stripped.append(row.name)
        variables = dict(zip(dataset.variables, labels, strict=False))
        seen[labels] += 1
        if seen[labels] > 1:
            variables["förekomst"] = str(seen[labels])
        for measure, text in zip(dataset.measures, row.figures, strict=True):
            place = f"rad {row.number}, {measure}"
            joined = text.replace(" ", "") if _LONG_NUMBER.fullmatch(text) else text
            value, status = figure(joined, dataset, place)
            observations.append(
                Observation(
                    row_number=row.number,
                    dataset_id=dataset.source_id,
                    series=labels[-1],
                    region=region,
                    period=period,
                    dimensions=dimensions_text(variables | {"Mått": measure}),
                    value_text=text,
                    value=value,
                    status=status,
                )
            )
    if stripped:
        text = f"Fotnotssiffror är borttagna ur benämningarna: {'; '.join(stripped)}."
        remarks.append(Remark(kind="method", text=text))
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


def _rows(content: bytes, dataset: Dataset) -> list[list[str]]:
    """The cells of a workbook's first sheet, or of text with tabs between them."""
    if content.startswith(_WORKBOOK):
        sheet = read_workbook(content, dataset)[0]
        require_readable(sheet, dataset, until_row=len(sheet.rows))
        return [list(row) for row in sheet.rows]
    lines = _text(content, dataset).splitlines()
    return [[part.strip() for part in line.split("\t")] for line in lines]


def _text(content: bytes, dataset: Dataset) -> str:
    """Decode a text that is whole, with plain blanks."""
    text = decode_utf8(content, dataset).replace("\u00a0", " ")
    if not text.endswith("\n"):
        raise SourceFormatError(
            dataset,
            place="sista raden",
            found="radslut saknas, filen kan vara avklippt",
            expected="en hel fil som slutar med radslut",
        )
    return text


def _split(cells: list[list[str]], dataset: Dataset) -> tuple[str, list[_Row]]:
    """Part what stands above the first figure from the rows of the table."""
    labels, width = len(dataset.variables) + 1, len(dataset.variables) + 1 + len(dataset.measures)
    title: list[str] = []
    rows: list[_Row] = []
    for number, row in enumerate(cells, start=1):
        figures = row[labels:width]
        if not rows and not any(_is_figure(text, dataset) for text in figures):
            title += [text for text in row if text]
            continue
        if not any(row):
            continue
        if len(row) > width:
            raise _wrong_row(dataset, number, " ".join(row), f"högst {width} celler")
        padded = [*row, *[""] * (width - len(row))]
        rows.append(_Row(number, tuple(padded[:labels]), tuple(padded[labels:])))
    if not rows:
        raise _wrong_row(dataset, 1, "", "en tabell med siffror")
    return "\n".join(title), rows


def _is_figure(text: str, dataset: Dataset) -> bool:
    return _LONG_NUMBER.fullmatch(text) is not None or text in dataset.marks


def _place(title: str, dataset: Dataset) -> tuple[str, str]:
    """Find the region and the period in what stands above the table."""
    region = _REGION.search(title)
    name = region[1] if region else _COUNTRY if _COUNTRY.casefold() in title.casefold() else None
    dated = list(_DATED.finditer(title))
    if name is None or not dated:
        raise SourceFormatError(
            dataset,
            place="raderna ovanför tabellen",
            found="region eller årtal saknas",
            expected="en rubrik med ”hela landet” eller länets nummer och namn, och ett årtal",
            action="Skriv tabellens rubrik på raden ovanför och lämna filen igen.",
        )
    month, year = dated[-1].groups()
    return name, f"{year}-{_MONTHS.index(month.lower()) + 1:02}" if month else year


def _joined(rows: Sequence[_Row], remarks: list[Remark], dataset: Dataset) -> Iterator[_Row]:
    """Put labels together that go on in the next row, and pass over headings within the table."""
    begun: _Row | None = None
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        goes_on = (
            after is not None
            and after.name[:1].islower()
            and not after.name.casefold().startswith(_PARTS)
        )
        if begun is not None:
            labels = (*row.labels[:-1], f"{begun.name} {row.name}")
            remarks.append(
                Remark(
                    kind="method",
                    text=f"Benämningen {labels[-1]} är skriven på två rader; nollorna på rad "
                    f"{begun.number} är inga uppgifter.",
                )
            )
            row = _Row(row.number, labels, row.figures)  # noqa: PLW2901 - the whole label's row
            begun = None
        if goes_on and row.is_empty:
            begun = row
        elif goes_on:
            raise _wrong_row(
                dataset, row.number, row.name, "en benämning på en rad, eller nollor på den första"
            )
        elif any(row.figures):
            if not row.name:
                raise _wrong_row(dataset, row.number, "", "en benämning framför siffrorna")
            yield row


def _wrong_row(dataset: Dataset, number: int, found: str, expected: str) -> SourceFormatError:
    return SourceFormatError(dataset, place=f"rad {number}", found=quoted(found), expected=expected)
