"""SOL's dialogue: a session, a menu, a selection, the search, the export.

SOL has no interface for programs: this does what its forms do. A session holds one menu and is lost
now and then, whereupon all starts over. What the export holds belongs in `export`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Final, TypeVar
from urllib.parse import urlencode

from orchestration.sources.answers import Part
from orchestration.sources.bra import export
from orchestration.sources.bra.menu import Menu, check_crimes, menu_error, read_menu, region_id
from orchestration.sources.client import Client, FetchError
from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.municipalities import municipality_name
from orchestration.sources.registry import Dataset
from orchestration.sources.requests import SolCrime, SolRequest

# SOL refuses larger selections; number and number per 100,000 are a cell each.
LARGEST: Final = 10_000
_MEASURES = 2
_SESSIONS = 3
_LOST = b"obefintlig menyrad"
_ERROR = b"Fel/Error"
_MESSAGE = re.compile(r"Felmeddelande:(?:\s|<[^>]*>|&nbsp;)*([^<]+)")
_MUNICIPALITY = "{municipality}"

_Item = TypeVar("_Item")


class _LostSessionError(Exception):
    """SOL no longer knows which menu was chosen."""


@dataclass(frozen=True, slots=True)
class Query:
    """One selection that SOL accepts, and whose export can be read without doubt.

    Attributes:
        crimes: No two of the same name, and none below another.
        regions: Ids of regions.
        periods: Ids of periods.
    """

    crimes: tuple[SolCrime, ...]
    regions: tuple[str, ...]
    periods: tuple[str, ...]

    @property
    def form(self) -> dict[str, str]:
        """The selection as SOL's form sends it."""
        return {
            "brottstyp_id_string": "*".join(str(crime.id) for crime in self.crimes),
            "region_id_string": "*".join(self.regions),
            "period_id_string": "*".join(self.periods),
            "fordelning_id_string": "",
            "antal": "1",
            "antal_100k": "1",
        }


def fetch(client: Client, dataset: Dataset, municipality: str) -> Sequence[Part]:
    """Ask SOL for a dataset.

    Args:
        client: Asks.
        dataset: Declares menu, crimes, regions and first year.
        municipality: Official code of the municipality that is reported on.

    Returns:
        One export a query; its request names the crimes by id, because the export does not.

    Raises:
        FetchError: If SOL does not answer, answers with its error page or loses every session.
        SourceFormatError: If the menu or an export is not as expected.
    """
    request = dataset.request
    if not isinstance(request, SolRequest):
        raise TypeError(dataset.source_id)
    for _ in range(_SESSIONS):
        try:
            with client.dialogue() as dialogue:
                return _ask_all(dialogue, dataset, request, municipality)
        except _LostSessionError:
            continue
    raise FetchError(
        dataset.publisher,
        "/anmalda/urval/urval",
        f"sessionen gick förlorad {_SESSIONS} gånger i rad",
        "försök igen senare; består felet, kontrollera menyns nummer i källregistret",
    )


def _ask_all(
    client: Client, dataset: Dataset, request: SolRequest, municipality: str
) -> list[Part]:
    _get(client, dataset, "/start", {"menykatalogid": "1"})
    menu = read_menu(
        _get(client, dataset, "/anmalda/urval/urval", {"menyid": str(request.menu)}), dataset
    )
    check_crimes(menu, request.crimes, dataset)
    names = [
        municipality_name(municipality) if name == _MUNICIPALITY else name
        for name in request.regions
    ]
    regions = tuple(region_id(menu, name, dataset) for name in names)
    return [_ask(client, dataset, query) for query in queries(menu, request, regions, dataset)]


def queries(
    menu: Menu, request: SolRequest, regions: tuple[str, ...], dataset: Dataset
) -> Iterator[Query]:
    """Split a request into selections that SOL accepts and whose exports are unambiguous.

    Args:
        menu: What the menu offers.
        request: What is wanted.
        regions: Ids of the regions.
        dataset: For which dataset.

    Yields:
        The selections, which together are the request.

    Raises:
        SourceFormatError: If the menu has no period from the first year on.
    """
    periods = [each.period_id for each in menu.periods if each.year >= request.first_year]
    if not periods:
        raise menu_error(dataset, f"menyn har inga perioder från {request.first_year}")
    for group in _unambiguous(menu, request.crimes):
        for crimes in _pieces(group, LARGEST // (_MEASURES * len(regions))):
            cells = _MEASURES * len(regions) * len(crimes)
            for some in _pieces(periods, LARGEST // cells):
                yield Query(crimes, regions, some)


def _pieces(items: Sequence[_Item], size: int) -> Iterator[tuple[_Item, ...]]:
    for start in range(0, len(items), max(1, size)):
        yield tuple(items[start : start + max(1, size)])


def _unambiguous(menu: Menu, crimes: Sequence[SolCrime]) -> list[list[SolCrime]]:
    """Group crimes so that a name in an export means one of them.

    An export names a crime by its last name only, and repeats what stands above it. Two crimes go
    together only if neither's name stands in the other's path.
    """
    groups: list[list[SolCrime]] = []
    for crime in crimes:
        path = menu.crimes[str(crime.id)]
        for group in groups:
            if not any(
                other.name in path or crime.name in menu.crimes[str(other.id)] for other in group
            ):
                group.append(crime)
                break
        else:
            groups.append([crime])
    return groups


def _ask(client: Client, dataset: Dataset, query: Query) -> Part:
    _checked(
        dataset,
        "/anmalda/urval/vantapopup",
        client.post(dataset.publisher, "/anmalda/urval/vantapopup", form=query.form).content,
    )
    _get(client, dataset, "/anmalda/urval/sok", {})
    answer = client.post(dataset.publisher, "/anmalda/resultat/dbfil", form={})
    content = _checked(dataset, "/anmalda/resultat/dbfil", answer.content)
    part = Part(
        f"POST /anmalda/resultat/dbfil {urlencode(query.form, safe='*')}",
        answer.media_type,
        content,
    )
    rows = export.parse_parts([part], dataset).observations
    wanted = _MEASURES * len(query.crimes) * len(query.regions) * len(query.periods)
    if len(rows) != wanted:
        raise SourceFormatError(
            dataset,
            place="exporten",
            found=f"{len(rows)} uppgifter om de valda brottstyperna",
            expected=f"{wanted} uppgifter, en för varje brottstyp, region, period och mått",
        )
    return part


def _get(client: Client, dataset: Dataset, path: str, params: dict[str, str]) -> bytes:
    return _checked(
        dataset, path, client.get(dataset.publisher, path, params=params or None).content
    )


def _checked(dataset: Dataset, path: str, content: bytes) -> bytes:
    """Give the content back, unless it is SOL's word for a lost session or its error page."""
    if _LOST in content:
        raise _LostSessionError
    if _ERROR in content:
        said = _MESSAGE.search(content.decode("iso-8859-1"))
        message = unescape(said[1]).strip() if said else "utan felmeddelande"
        raise FetchError(
            dataset.publisher,
            path,
            f"SOL svarar med sin felsida: {quoted(message)}",
            "kontrollera urvalet i källregistret och hämta på nytt",
        )
    return content
