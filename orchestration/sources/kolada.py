"""Kolada v3: key figures of municipalities, asked for with their definitions.

At most 25 ids a segment, and pages that follow each other by `next_url` (the older API's
`next_page` is gone: who still reads it gets the first page and no error). Municipalities and
regions share one space of codes; averages over groups of municipalities are not asked for and are
refused. An answer holds the whole selection, in no fixed order, and old figures change without
notice: that shows when two answers are laid side by side, which belongs in dbt.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Annotated

from pydantic import (
    BaseModel,
    Discriminator,
    Field,
    Strict,
    StrictBool,
    StrictInt,
    StrictStr,
    Tag,
)

from orchestration.sources.answers import Part
from orchestration.sources.client import Client
from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import finite, marked, read_json, require_unique
from orchestration.sources.municipalities import peers_of
from orchestration.sources.observation import (
    Observation,
    Parsed,
    Remark,
    Status,
    dimensions_text,
    numbered,
)
from orchestration.sources.registry import Dataset
from orchestration.sources.requests import KoladaRequest

_LONGEST_SEGMENT = 25
_PAGE_SIZE = 5000
_MOST_PAGES = 1000
_MUNICIPALITY = "{municipality}"
_PEERS = "{peers}"
_CODE = re.compile(r"[0-9]{4}")
# Codes that begin so are the country and the regions (type L); a municipality's begins with its
# county, 01-25.
_REGIONS = "00"
_LAST_YEAR = 9999
_BOTH_SEXES = "T"
_SEXES = ("T", "K", "M")
_SELECTION = re.compile(r"GET /data/kpi/([^/]+)/municipality/([^/]+)/year/([^/]+)")
_ENDED = re.compile(r"\(-[0-9]{4}\)\s*$")


class _Figure(BaseModel):
    gender: StrictStr | None = None
    value: StrictInt | Annotated[Decimal, Strict()] | None
    status: StrictStr | None = None
    is_deleted: StrictBool = Field(default=False, alias="isdeleted")


class _Cell(BaseModel):
    kpi: StrictStr
    municipality: StrictStr
    period: StrictInt = Field(ge=1000, le=_LAST_YEAR)
    values: list[_Figure]


class _Kpi(BaseModel):
    id: StrictStr
    title: StrictStr
    description: StrictStr | None = None
    is_divided_by_gender: StrictBool
    prel_publication_date: StrictStr | None = None
    publication_date: StrictStr | None = None
    publ_period: StrictInt | StrictStr | None = None

    @property
    def next_period(self) -> int | None:
        """The year that is published next, where one is."""
        text = str(self.publ_period or "")
        return int(text) if re.fullmatch(r"[12][0-9]{3}", text, re.ASCII) else None


def _kind(value: object) -> str:
    """Tell a definition from figures; the names stand in messages."""
    return "definition" if isinstance(value, dict) and "title" in value else "uppgift"


_Value = Annotated[
    Annotated[_Cell, Tag("uppgift")] | Annotated[_Kpi, Tag("definition")], Discriminator(_kind)
]


class _Page(BaseModel):
    values: list[_Value]
    count: StrictInt = Field(ge=0)
    # Must be there, if only as null: a renamed link would end the answer after its first page.
    next_url: StrictStr | None
    previous_url: StrictStr | None = None

    @property
    def cells(self) -> list[_Cell]:
        """The figures, where it is a page of figures."""
        return [each for each in self.values if isinstance(each, _Cell)]

    @property
    def kpis(self) -> list[_Kpi]:
        """The definitions, where it is a page of definitions."""
        return [each for each in self.values if isinstance(each, _Kpi)]


@dataclass(frozen=True, slots=True, order=True)
class _Key:
    """What identifies a figure; the order is that of the observations."""

    kpi: str
    municipality: str
    period: int
    sex: str


def fetch(client: Client, dataset: Dataset, municipality: str) -> Sequence[Part]:
    """Ask for the key figures of a dataset, and for what they mean.

    The years run from the first that is wanted to the last that Kolada says it will publish.

    Args:
        client: Asks.
        dataset: Declares key figures, municipalities and first year.
        municipality: Official code of the municipality that is reported on.

    Returns:
        All pages: definitions first, then figures.

    Raises:
        FetchError: If Kolada gives no good answer.
        SourceFormatError: If the pages do not hang together, or hold something else.
    """
    request = _request(dataset)
    parts: list[Part] = []
    kpis: list[_Kpi] = []
    for ids in _segments(request.kpis):
        for part, page in _pages(client, dataset, f"/kpi/{','.join(ids)}"):
            parts.append(part)
            kpis += page.kpis
    last_year = max((kpi.next_period or 0 for kpi in kpis), default=0)
    if last_year < request.first_year:
        raise SourceFormatError(
            dataset,
            place="nyckeln ”publ_period”",
            found="inget nyckeltal har en kommande period",
            expected=f"minst ett nyckeltal som publiceras för {request.first_year} eller senare",
            action="Är nyckeltalen nedlagda: byt ut dem i källregistret.",
        )
    codes = dict.fromkeys(
        code for name in request.municipalities for code in _codes(name, municipality)
    )
    years = [str(year) for year in range(request.first_year, last_year + 1)]
    segments = product(_segments(request.kpis), _segments(list(codes)), _segments(years))
    for some_kpis, some_codes, some_years in segments:
        path = (
            f"/data/kpi/{','.join(some_kpis)}/municipality/{','.join(some_codes)}"
            f"/year/{','.join(some_years)}"
        )
        parts += [part for part, _ in _pages(client, dataset, path)]
    parse_parts(parts, dataset)
    return parts


def _codes(name: str, municipality: str) -> Sequence[str]:
    """The codes that a name in the registry stands for."""
    if name == _PEERS:
        return peers_of(municipality)
    return [municipality if name == _MUNICIPALITY else name]


def _request(dataset: Dataset) -> KoladaRequest:
    if not isinstance(dataset.request, KoladaRequest):
        raise TypeError(f"{dataset.source_id} is not asked of Kolada")
    return dataset.request


def _segments(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[at : at + _LONGEST_SEGMENT] for at in range(0, len(ids), _LONGEST_SEGMENT)]


def _pages(client: Client, dataset: Dataset, path: str) -> Iterator[tuple[Part, _Page]]:
    """Follow an answer from page to page."""
    response = client.get("kolada", path, params={"per_page": _PAGE_SIZE})
    asked = {path}
    for number in range(1, _MOST_PAGES + 1):
        page = read_json(response.content, dataset, _Page)
        request = f"GET {path}?page={number}&per_page={_PAGE_SIZE}"
        yield Part(request, response.media_type, response.content), page
        if page.next_url is None:
            return
        if page.next_url in asked or not page.values:
            break
        asked.add(page.next_url)
        response = client.get("kolada", page.next_url)
    raise SourceFormatError(
        dataset,
        place="nyckeln ”next_url”",
        found="sidor som pekar vidare utan att ta slut",
        expected="en sista sida med ”next_url” null",
    )


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse a page that is a whole answer: figures or definitions.

    Args:
        content: The page, UTF-8.
        dataset: Declares which key figures it may hold.

    Returns:
        One observation a figure that is not withdrawn, by key figure, municipality, year and sex;
        what each key figure means as notes of kind method.

    Raises:
        SourceFormatError: If it is not JSON of that form, is one page of several, or holds
            something that was not asked for.
    """
    page = read_json(content, dataset, _Page)
    _require_whole([(1, page)], dataset)
    return _joined([page], dataset)


def parse_parts(parts: Sequence[Part], dataset: Dataset) -> Parsed:
    """Parse a fetched answer, in whatever order Kolada gave its figures.

    Args:
        parts: Its pages.
        dataset: Declares what was asked for.

    Returns:
        As `parse`, for the whole answer; equal figures give equal observations.

    Raises:
        SourceFormatError: If a page is wrong or missing, or a key figure has no definition.
    """
    answers: dict[str, list[tuple[int, _Page]]] = {}
    for part in parts:
        path, _, query = part.request.partition("?")
        found = re.match(r"page=([0-9]{1,4})&", query, re.ASCII)
        number = int(found[1]) if found else 0
        page = read_json(part.content, dataset, _Page)
        answers.setdefault(path, []).append((number, page))
    for answer in answers.values():
        _require_whole(answer, dataset)
    _require_every_segment(answers, dataset)
    pages = [page for answer in answers.values() for _, page in answer]
    _require_selected(answers, pages, dataset)
    defined = {kpi.id for page in pages for kpi in page.kpis}
    undefined = [kpi for kpi in _request(dataset).kpis if kpi not in defined]
    if undefined:
        raise SourceFormatError(
            dataset,
            place="nyckeltalens definitioner",
            found=f"inget om {', '.join(undefined)}",
            expected="en definition för vart och ett av de nyckeltal som efterfrågas",
            action="Är nyckeltalet borttaget hos Kolada: ta bort det ur källregistret.",
        )
    return _joined(pages, dataset)


def _require_whole(pages: Sequence[tuple[int, _Page]], dataset: Dataset) -> None:
    """Check that no page of an answer is missing and that its count agrees."""
    numbers = [number for number, _ in pages]
    links = [page.next_url is not None for _, page in pages]
    if numbers != list(range(1, len(pages) + 1)) or links != [True] * (len(pages) - 1) + [False]:
        raise SourceFormatError(
            dataset,
            place="nyckeln ”next_url”",
            found=f"sida {', '.join(map(str, numbers))} av ett svar vars sidor inte följer på "
            "varandra till slutet",
            expected="alla sidor i följd, den sista med ”next_url” null",
            action="Hämta hela svaret på nytt.",
        )
    counts = [page.count for _, page in pages]
    sizes = [len(page.values) for _, page in pages]
    # Whether the count is the page's or the whole answer's is not documented.
    if counts not in (sizes, [sum(sizes)] * len(sizes)):
        raise SourceFormatError(
            dataset,
            place="nyckeln ”count”",
            found=f"{', '.join(map(str, sizes))} poster",
            expected=f"{', '.join(map(str, counts))} poster enligt ”count”",
        )


def _require_every_segment(paths: Iterable[str], dataset: Dataset) -> None:
    """Check that a selection that was split came back with all its parts."""
    selections = [found.groups() for path in paths if (found := _SELECTION.fullmatch(path))]
    segments = [set(column) for column in zip(*selections, strict=True)]
    kpis = {kpi for ids in (segments[0] if segments else ()) for kpi in ids.split(",")}
    whole = math.prod(len(each) for each in segments)
    if kpis != set(_request(dataset).kpis) or len(selections) != whole:
        raise SourceFormatError(
            dataset,
            place="hela svaret",
            found=f"{len(selections)} delar av urvalet",
            expected="alla delar som urvalet delades i",
            action="Hämta hela svaret på nytt.",
        )


def _require_selected(paths: Iterable[str], pages: Sequence[_Page], dataset: Dataset) -> None:
    """Check that no municipality came that the paths do not ask for."""
    selections = [found[2] for path in paths if (found := _SELECTION.fullmatch(path))]
    asked = {code for codes in selections for code in codes.split(",")}
    strange = sorted({cell.municipality for page in pages for cell in page.cells} - asked)
    if strange:
        raise SourceFormatError(
            dataset,
            place="nyckeln ”municipality”",
            found=f"koderna {quoted(', '.join(strange))}",
            expected=f"bara de kommuner som efterfrågas: {', '.join(sorted(asked))}",
        )


def _joined(pages: Sequence[_Page], dataset: Dataset) -> Parsed:
    kpis = {kpi.id: kpi for page in pages for kpi in page.kpis}
    cells = [cell for page in pages for cell in page.cells]
    _require_asked_for(kpis, cells, dataset)
    figures = sorted(
        (
            (_Key(cell.kpi, cell.municipality, cell.period, _sex(figure, dataset)), figure)
            for cell in cells
            for figure in cell.values
            if not figure.is_deleted
        ),
        key=lambda pair: pair[0],
    )
    require_unique([(place, key) for place, (key, _) in enumerate(figures, start=1)], dataset)
    observations = []
    for place, (key, figure) in enumerate(figures, start=1):
        value, status = _read(figure, key, kpis.get(key.kpi), dataset)
        observations.append(
            Observation(
                row_number=place,
                dataset_id=dataset.source_id,
                series=key.kpi,
                region=key.municipality,
                period=str(key.period),
                dimensions=dimensions_text({"kön": key.sex}),
                value_text=_text(figure),
                value=value,
                status=status,
            )
        )
    remarks = [remark for _, kpi in sorted(kpis.items()) for remark in _remarks(kpi)]
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


def _require_asked_for(kpis: dict[str, _Kpi], cells: Sequence[_Cell], dataset: Dataset) -> None:
    """Check that the answer holds nothing but the selection: a filter that is ignored is silent."""
    request = _request(dataset)
    strange = sorted(({cell.kpi for cell in cells} | set(kpis)).difference(request.kpis))
    if strange:
        raise SourceFormatError(
            dataset,
            place="nyckeln ”kpi”",
            found=f"nyckeltalet {quoted(strange[0])}",
            expected=f"något av {', '.join(request.kpis)}",
        )
    codes = {cell.municipality for cell in cells}
    broken = sorted(code for code in codes if not _CODE.fullmatch(code))
    if broken:
        raise SourceFormatError(
            dataset,
            place="nyckeln ”municipality”",
            found=f"koden {quoted(broken[0])}",
            expected="fyra siffror; ovägda medel för grupper av kommuner (G…) tas inte emot",
        )
    reported_on = codes.difference(request.municipalities)
    allowed = request.municipalities.count(_MUNICIPALITY)
    # Whose answer it is is not known here, but they are all of one group.
    if _PEERS in request.municipalities and reported_on:
        first = min(reported_on)
        allowed = len(reported_on & {first, *peers_of(first)})
    if len(reported_on) > allowed or any(code.startswith(_REGIONS) for code in reported_on):
        raise SourceFormatError(
            dataset,
            place="nyckeln ”municipality”",
            found=f"koderna {quoted(', '.join(sorted(reported_on)))}",
            expected=f"koderna {', '.join(request.municipalities)}; 00 och två siffror är riket "
            "eller en region, aldrig en kommun",
        )
    early = min((cell.period for cell in cells), default=request.first_year)
    if early < request.first_year:
        raise SourceFormatError(
            dataset,
            place="nyckeln ”period”",
            found=f"år {early}",
            expected=f"{request.first_year} eller senare",
        )


def _sex(figure: _Figure, dataset: Dataset) -> str:
    """Read the sex; a figure without one concerns both."""
    sex = figure.gender or _BOTH_SEXES
    if sex not in _SEXES:
        raise SourceFormatError(
            dataset,
            place="nyckeln ”gender”",
            found=f"koden {quoted(sex)}",
            expected=f"någon av koderna {', '.join(_SEXES)}",
        )
    return sex


def _text(figure: _Figure) -> str:
    parts = ("" if figure.value is None else str(figure.value), figure.status)
    return " ".join(part for part in parts if part)


def _read(
    figure: _Figure, key: _Key, kpi: _Kpi | None, dataset: Dataset
) -> tuple[float | None, Status]:
    """Read one figure with its mark."""
    place = f"{key.kpi} för {key.municipality} {key.period} ({key.sex})"
    value = None if figure.value is None else finite(figure.value, dataset, place)
    value, status = marked(value, figure.status or "", dataset, place)
    early = status == "observed" and _is_preliminary(key.period, kpi)
    return value, "preliminary" if early else status


def _is_preliminary(period: int, kpi: _Kpi | None) -> bool:
    """Whether a figure is there before its year is published for good."""
    return kpi is not None and bool(kpi.prel_publication_date) and kpi.next_period == period


def _remarks(kpi: _Kpi) -> list[Remark]:
    """Say what a key figure means; when it comes is in the answer and no part of its meaning."""
    description = " ".join((kpi.description or "Beskrivning saknas hos Kolada.").split())
    by_sex = "Redovisas efter kön" if kpi.is_divided_by_gender else "Redovisas inte efter kön"
    texts = [f"{kpi.id}, {' '.join(kpi.title.split())}. {description} {by_sex}."]
    if kpi.publication_date is None or _ENDED.search(kpi.title):
        texts.append(f"{kpi.id} har inget publiceringsdatum: nyckeltalet är nedlagt eller vilande.")
    return [Remark(kind="method", text=text) for text in texts]
