"""Socialstyrelsen: result pages of the statistical database, and Öppna jämförelser's tables.

A result page has no download behind it: its table and its footnotes are read from the HTML. The
footnotes are data, because a loss in the reporting looks like a fall in the figures.
"""

import re
from typing import Any

from lxml import etree, html

from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.observation import (
    NoteKind,
    Observation,
    Parsed,
    Remark,
    Status,
    dimensions_text,
    numbered,
)
from orchestration.sources.reading import cell, decode_utf8, read_measure_table, require_unique
from orchestration.sources.registry import Dataset
from orchestration.sources.wide_table import Shape, read_wide_table

_MARKS: dict[str, Status] = {"X": "suppressed", "--": "missing"}
_MONTHS = [
    "Januari",
    "Februari",
    "Mars",
    "April",
    "Maj",
    "Juni",
    "Juli",
    "Augusti",
    "September",
    "Oktober",
    "November",
    "December",
]
_MONTH_AND_YEAR = re.compile(rf"({'|'.join(_MONTHS)}) ([0-9]{{4}})", re.ASCII | re.IGNORECASE)
_COUNTRY = "Riket"
_NOTE_KINDS: tuple[tuple[str, NoteKind], ...] = (
    ("partiellt bortfall", "partial_loss"),
    ("värden har använts från föregående månad", "carried_over"),
    ("ingen skattning", "not_estimated"),
    ("redovisas inte", "not_estimated"),
)
_HEADER_ROWS = 2

_PERCENT_YEARS = re.compile(r"[0-9]{4}")
_GENDER_MEASURES = frozenset(
    {
        "genomfort_systematisk_uppfoljning_per_kon",
        "anvant_uppfoljning_per_kon_for_utveckling",
        "individuella_moten_for_utredning_och_planering",
    }
)
_VIOLENCE_MEASURES = frozenset(
    {
        "rutin_vid_indikation_pa_vald_mot_vuxen",
        "anvander_freda_kortfragor",
        "rutin_for_skyddade_personuppgifter",
    }
)
_OPEN_COMPARISONS = (
    Shape("1", ("indikator",), _PERCENT_YEARS),
    Shape("2", ("kommungrupp",), _GENDER_MEASURES),
    Shape("3", ("kommungrupp_kod", "kommungrupp"), _VIOLENCE_MEASURES),
)
_GROUP_TYPES = {"2": "storlek", "3": "skr"}
_SURVEY_YEAR = "2020"


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse a result page, one of Öppna jämförelser's tables or a table of national figures.

    Args:
        content: The delivery, UTF-8.
        dataset: Declares the format.

    Returns:
        Observations, and the page's footnotes as notes.

    Raises:
        SourceFormatError: If it is cut or in another layout.
    """
    if dataset.parser == "measure_table":
        return read_measure_table(content, dataset, region=_COUNTRY)
    if dataset.parser == "open_comparisons":
        return _parse_open_comparisons(content, dataset)
    return _parse_result_page(content, dataset)


def _parse_open_comparisons(content: bytes, dataset: Dataset) -> Parsed:
    """Read tables 1 to 3, or what the document says in its text (response rates, 2019 levels)."""
    first_line = content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    if first_line.rstrip(b"\r") == "mått,period,värde".encode():
        table = "svarsfrekvens" if b"Svarsfrekvens" in content else "text"
        group = {"grupptyp": "riket", "kommungrupp": _COUNTRY, "tabell": table}
        return read_measure_table(content, dataset, _COUNTRY, group)
    shape, cells = read_wide_table(content, dataset, _OPEN_COMPARISONS, {})
    observations = []
    for part in cells:
        over_time = shape.table == "1"
        region = _COUNTRY if over_time else part.keys[0]
        country = region.casefold() == _COUNTRY.casefold()
        observations.append(
            Observation(
                row_number=part.line,
                dataset_id=dataset.source_id,
                series=part.keys[0] if over_time else part.column,
                region=region,
                period=part.column if over_time else _SURVEY_YEAR,
                dimensions=dimensions_text(
                    {
                        "grupptyp": "riket" if country else _GROUP_TYPES[shape.table],
                        "kommungrupp": _COUNTRY if over_time else part.keys[-1],
                        "tabell": shape.table,
                    }
                ),
                value_text=part.text,
                value=part.value,
                status=part.status,
            )
        )
    return Parsed(tuple(observations), ())


def _parse_result_page(content: bytes, dataset: Dataset) -> Parsed:
    """Read the table (two header rows: years, then months) and the footnotes."""
    page = _tree(content, dataset)
    title = _text(_one(page, "ph1_lblTableTitle", dataset)).split(", ")
    rows = [
        [(_text(part), _span(part)) for part in row.xpath("./td|./th")]
        for row in _one(page, "ph1_GridView1", dataset).iter("tr")
    ]
    if len(title) != 3 or len(rows) <= _HEADER_ROWS:  # noqa: PLR2004 - subject, measure, year
        raise _layout(dataset, "tabellen saknar rubrik eller rader")
    labels = [label for label, _ in rows[1]]
    names = _row_variables(page, labels, dataset)
    periods = _periods(rows[0], labels[len(names) :], len(names), dataset)
    observations = []
    for place, row in enumerate(rows[_HEADER_ROWS:], start=_HEADER_ROWS + 1):
        texts = [text for text, _ in row]
        if len(texts) != len(labels) or not all(texts[: len(names)]):
            raise _layout(dataset, f"rad {place} har {len(texts)} celler, rubriken {len(labels)}")
        chosen = dict(zip(names, texts, strict=False))
        region = chosen.pop("OMR")
        for period, text in zip(periods, texts[len(names) :], strict=True):
            value, status = cell(text, _MARKS, dataset, f"rad {place} i tabellen, {period}")
            observations.append(
                Observation(
                    row_number=place,
                    dataset_id=dataset.source_id,
                    series=title[1],
                    region=region,
                    period=period,
                    dimensions=dimensions_text(chosen),
                    value_text=text,
                    value=value,
                    status=status,
                )
            )
    require_unique(
        [(row.row_number, (row.region, row.dimensions, row.period)) for row in observations],
        dataset,
    )
    regions = list(dict.fromkeys(row.region for row in observations))
    crossings = len(regions) * len({row.dimensions for row in observations})
    selected = _one(page, "OMR_RES", dataset).get("value", "")
    selected_regions = [code for code in selected.split(";") if code]
    if len(regions) != len(selected_regions) or crossings != len(rows) - _HEADER_ROWS:
        raise _layout(
            dataset,
            f"tabellen har {len(regions)} regioner på {len(rows) - _HEADER_ROWS} rader, urvalet "
            f"{len(selected_regions)} regioner",
        )
    remarks = _footnotes(_one(page, "ph1_pFotnoter", dataset), regions)
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


def _tree(content: bytes, dataset: Dataset) -> Any:
    """Parse the HTML, refusing a page that was cut: a lenient parser would mend it silently."""
    text = decode_utf8(content, dataset)
    if not text.rstrip().lower().endswith("</html>"):
        raise _layout(dataset, "sidan slutar inte med </html> och kan vara avklippt")
    try:
        return html.document_fromstring(content, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        raise _layout(dataset, "sidan går inte att läsa som HTML") from None


def _one(page: Any, element_id: str, dataset: Dataset) -> Any:
    found = page.xpath("//*[@id=$element_id]", element_id=element_id)
    if len(found) != 1:
        raise _layout(dataset, f"sidan har {len(found)} delar med id {element_id}")
    return found[0]


def _text(element: Any) -> str:
    return str(element.text_content()).strip()


def _span(part: Any) -> int:
    """Give the number of columns a cell covers; 0, which fits nowhere, if that is unreadable."""
    span = part.get("colspan", "1")
    return int(span) if re.fullmatch("[0-9]{1,4}", span) else 0


def _row_variables(page: Any, labels: list[str], dataset: Dataset) -> list[str]:
    """Give the codes of the variables that the leading columns hold; the region is the first."""
    options = _one(page, "ph1_ListBoxRader", dataset).iter("option")
    codes = {_text(option): option.get("value", "") for option in options}
    names = [codes[label] for label in labels if label in codes]
    if list(codes) != labels[: len(codes)] or names[:1] != ["OMR"] or not all(names):
        raise _layout(dataset, f"radernas variabler är {quoted(', '.join(labels[:3]))}")
    return names


def _periods(
    years: list[tuple[str, int]], months: list[str], leading: int, dataset: Dataset
) -> list[str]:
    """Join the years (one cell over its months) with the months to 'YYYY-MM'."""
    # A column span is the page's own word: clip it so that a wrong one cannot fill the memory.
    width = leading + len(months)
    spread = [text for text, span in years for _ in range(min(span, width))][leading:]
    wrong = [text for text in spread if not re.fullmatch("[0-9]{4}", text)]
    if len(spread) != len(months) or wrong or not months or not set(months) <= set(_MONTHS):
        raise _layout(dataset, "rubrikraderna med år och månad hänger inte ihop")
    return [
        f"{year}-{_MONTHS.index(month) + 1:02}" for year, month in zip(spread, months, strict=True)
    ]


def _footnotes(panel: Any, regions: list[str]) -> list[Remark]:
    """Read each footnote's period, regions and kind; the words are kept as they are."""
    longest_first = sorted(regions, key=len, reverse=True)
    names = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
    remarks = []
    for paragraph in panel.iter("p"):
        text = _text(paragraph)
        if not text:
            continue
        dated = _MONTH_AND_YEAR.search(text)
        kinds: list[NoteKind] = [kind for words, kind in _NOTE_KINDS if words in text.lower()]
        concerned = list(dict.fromkeys(names.findall(text)))
        if text.startswith("Riks") and _COUNTRY in regions:
            concerned = [_COUNTRY]
        remarks.append(
            Remark(
                kind=kinds[0] if kinds else "other",
                text=text,
                period=f"{dated[2]}-{_MONTHS.index(dated[1].capitalize()) + 1:02}"
                if dated
                else None,
                regions=concerned,
            )
        )
    return remarks


def _layout(dataset: Dataset, found: str) -> SourceFormatError:
    return SourceFormatError(
        dataset,
        place="resultatsidan",
        found=found,
        expected="en hel resultatsida med tabell, urval och fotnoter",
    )
