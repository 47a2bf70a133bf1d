"""Result pages of Socialstyrelsen's statistical database: a table and its footnotes.

Both are read from the HTML, where the footnotes are. They are data, because a loss in the reporting
looks like a fall in the figures. Getting the page belongs in `form`.
"""

import re
from typing import Any

from lxml import etree, html

from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import MONTHS, decode_utf8, figure, require_unique
from orchestration.sources.observation import (
    NoteKind,
    Observation,
    Parsed,
    Remark,
    dimensions_text,
    numbered,
)
from orchestration.sources.registry import Dataset

_MONTH_AND_YEAR = re.compile(rf"({'|'.join(MONTHS)}) ([0-9]{{4}})", re.ASCII | re.IGNORECASE)
_COUNTRY = "Riket"
_NOTE_KINDS: tuple[tuple[str, NoteKind], ...] = (
    ("partiellt bortfall", "partial_loss"),
    ("värden har använts från föregående månad", "carried_over"),
    ("ingen skattning", "not_estimated"),
    ("redovisas inte", "not_estimated"),
)
_HEADER_ROWS = 2


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Read a page's table (two header rows: years, then months) and its footnotes.

    Args:
        content: The page, UTF-8.
        dataset: What it is said to be.

    Returns:
        One observation a cell, and the footnotes as notes.

    Raises:
        SourceFormatError: If it is cut or in another layout.
    """
    page = read_tree(content, dataset)
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
            value, status = figure(text, dataset, f"rad {place} i tabellen, {period}")
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


def read_tree(content: bytes, dataset: Dataset) -> Any:
    """Parse HTML, refusing a page that was cut: a lenient parser would mend it silently.

    Args:
        content: The page, UTF-8.
        dataset: What it is said to be.

    Returns:
        The tree.

    Raises:
        SourceFormatError: If it is cut or no HTML.
    """
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
    if len(spread) != len(months) or wrong or not months or not set(months) <= set(MONTHS):
        raise _layout(dataset, "rubrikraderna med år och månad hänger inte ihop")
    return [
        f"{year}-{MONTHS.index(month) + 1:02}" for year, month in zip(spread, months, strict=True)
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
                period=f"{dated[2]}-{MONTHS.index(dated[1].capitalize()) + 1:02}"
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
