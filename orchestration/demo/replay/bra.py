"""Brå's database SOL, replayed: sessions, one menu each, the selection page, the export.

Figures come from the recorded export, which names each crime by its whole series. Crime ids, names
and paths are those of SOL's menu 101, as are the ids of the country and Stockholm; the page around
the arrays, period ids and messages are made up: no yearly menu page is recorded.
"""

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from orchestration.demo.replay.server import RECORDED, Reply, Request, not_found

_RECORDING = RECORDED / "bra" / "Databasfil_nara_relation_syntetisk.txt"
_MENU: Final = "101"
_LARGEST: Final = 10_000
_MEASURES: Final = 2
_HTML = "text/html; charset=ISO-8859-1"
_REGIONS: Final = {"8291": "Hela landet", "8510": "Stockholm"}

_PERSON = ("Brott mot brottsbalken", "3-7 kap. Brott mot person")
_HEALTH = (*_PERSON, "3 kap. Brott mot liv och hälsa")
_ASSAULT = "Misshandel inkl. grov (5, 6 §)"
_BY_SEX = (*_HEALTH, _ASSAULT, "Indelat efter kön (ej mot barn under 15 år t.o.m. 2007)")
_FEMALE = (*_BY_SEX, "Mot flickor och kvinnor (ej mot barn under 15 år t.o.m. 2007)")
_MALE = (*_BY_SEX, "Mot pojkar och män (ej mot barn under 15 år t.o.m. 2007)")
_PEACE = (*_PERSON, "4 kap. Brott mot frihet och frid")
_WOMAN, _MAN = "Mot kvinna 18 år eller äldre", "Mot man 18 år eller äldre"
_PARTNER = "Närstående genom parrelation"
_WOMAN_SINCE_2007 = "Mot kvinna 18 år och äldre (15 år och äldre t.o.m. 2006)"
_MAN_SINCE_2007 = "Mot man 18 år och äldre (15 år och äldre t.o.m. 2006)"
_AT_HOME = ("Inomhus", "Bekant med offret")
_CRIMES: Final[Mapping[str, tuple[str, ...]]] = {
    "11751": (*_PEACE, "Grov kvinnofridskränkning (4 a §)"),
    "11749": (*_PEACE, "Grov fridskränkning (4 a §)", _WOMAN),
    "12663": (*_FEMALE, *_AT_HOME, _WOMAN_SINCE_2007),
    "12667": (*_MALE, *_AT_HOME, _MAN_SINCE_2007),
    "14336": (*_PEACE, "Olaga hot (5 §)", _WOMAN, _PARTNER),
    "14323": (*_PEACE, "Olaga hot (5 §)", _MAN, _PARTNER),
    "14319": (*_PEACE, "Olaga förföljelse (4 b §)", _WOMAN, _PARTNER),
}
# Names that the recording leaves out of a series, because they tell no crime from another.
_LEFT_OUT = {*_PEACE, *_FEMALE, *_MALE} - {_ASSAULT}
_SERIES: Final[Mapping[str, str]] = {
    ", ".join(name for name in path if name not in _LEFT_OUT): crime
    for crime, path in _CRIMES.items()
}


@dataclass(slots=True)
class _Session:
    menu: str = ""
    chosen: Mapping[str, list[str]] | None = None
    searched: bool = False


_sessions: dict[str, _Session] = {}
_numbers = itertools.count(1)
_lock = threading.Lock()


def answer(request: Request) -> Reply:
    """Answer as SOL does.

    Args:
        request: What was asked.

    Returns:
        A page, the export, or SOL's word that the session is lost.
    """
    match request.method, request.path:
        case "GET", "/start":
            with _lock:
                session = f"{next(_numbers):032X}"
                _sessions[session] = _Session()
            cookie = f"JSESSIONID={session}; Path=/; HttpOnly"
            return Reply(_page("Statistik"), _HTML, headers={"Set-Cookie": cookie})
        case "GET", "/anmalda/urval/urval":
            return _choose_menu(_session(request), dict(request.query).get("menyid", ""))
        case "POST", "/anmalda/urval/vantapopup":
            return _choose(_session(request), request.body)
        case "GET", "/anmalda/urval/sok":
            return _search(_session(request))
        case "POST", "/anmalda/resultat/dbfil":
            return _export(_session(request))
        case _:
            return not_found(request)


def _session(request: Request) -> _Session | None:
    cookie = SimpleCookie(request.headers.get("cookie", "")).get("JSESSIONID")
    with _lock:
        return _sessions.get(cookie.value) if cookie else None


def _page(text: str) -> bytes:
    return f"<html><body>\n{text}\n</body></html>\n".encode("iso-8859-1")


def lost() -> Reply:
    """SOL's answer when it no longer knows the session."""
    return Reply(_page("En obefintlig menyrad har valts"), _HTML)


def failure(message: str) -> Reply:
    """SOL's error page, which has a good status."""
    return Reply(_page(f"<h1>Fel/Error</h1>\n<b>Felmeddelande:</b>&nbsp;{message}"), _HTML)


def _choose_menu(session: _Session | None, menu: str) -> Reply:
    if session is None or menu != _MENU:
        return lost()
    session.menu, session.chosen, session.searched = menu, None, False
    return Reply(_page(f"<script>\n{_arrays()}\n</script>"), _HTML)


def _choose(session: _Session | None, body: bytes) -> Reply:
    if session is None or not session.menu:
        return lost()
    form = parse_qs(body.decode("ascii"), keep_blank_values=True)
    session.chosen = {
        name: [each for each in form.get(f"{name}_id_string", [""])[0].split("*") if each]
        for name in ("brottstyp", "region", "period")
    }
    session.searched = False
    return Reply(_page("Sökning pågår"), _HTML)


def _search(session: _Session | None) -> Reply:
    if session is None or session.chosen is None:
        return lost()
    known = (_CRIMES, _REGIONS, _periods())
    chosen = [session.chosen[name] for name in ("brottstyp", "region", "period")]
    if any(not ids or not set(ids) <= set(all_) for ids, all_ in zip(chosen, known, strict=True)):
        return failure("Urvalet innehåller en post som inte finns")
    crimes, regions, periods = map(len, chosen)
    if crimes * regions * periods * _MEASURES > _LARGEST:
        return failure(f"Urvalet är större än {_LARGEST} celler")
    session.searched = True
    return Reply(_page("Resultat"), _HTML)


def _export(session: _Session | None) -> Reply:
    if session is None or session.chosen is None or not session.searched:
        return lost()
    figures = _figures()
    years = [_periods()[each] for each in session.chosen["period"]]
    lines = ["Region;Brott;År;Period;Antal;/100 000 inv"]
    for region in session.chosen["region"]:
        for crime in session.chosen["brottstyp"]:
            *above, name = _CRIMES[crime]
            place = _REGIONS[region]
            lines += [f"{place};{each};År;{year};..;..;" for each in above for year in years]
            lines += [f"{place};{name};År;{year};{figures[place, crime, year]};" for year in years]
    content = "".join(f"{line}\n" for line in lines).encode("iso-8859-1")
    named = {"Content-Disposition": 'attachment; filename="Databasfil.txt"'}
    return Reply(content, "text/plain; charset=ISO-8859-1", headers=named)


@cache
def _figures() -> dict[tuple[str, str, str], str]:
    """Number and rate of each region, crime and year of the recording."""
    figures = {}
    for line in _RECORDING.read_text(encoding="iso-8859-1").splitlines()[1:]:
        region, series, _, year, number, rate, _ = line.split(";")
        if series in _SERIES:
            figures[region, _SERIES[series], year] = f"{number};{rate}"
    return figures


@cache
def _periods() -> dict[str, str]:
    years = sorted({year for _, _, year in _figures()}, reverse=True)
    return {str(329 - 2 * (2024 - int(year))): year for year in years}


def _arrays() -> str:
    """The selection page's arrays, each entry as SOL writes it."""
    entries = []
    for number, (crime, path) in enumerate(_CRIMES.items()):
        indent = "\\xA0\\xA0\\xA0" * (len(path) - len(_PEACE))
        entries.append(
            f'arrayNivatva[{number}]="{crime}*{indent}{path[-1]}*11091*{", ".join(path)}";'
        )
    for number, (region, name) in enumerate(_REGIONS.items()):
        whole = name if region == "8291" else f"Hela landet, {name}"
        entries.append(f'arrayRegionNivaTva[{number}]="{region}*\\xA0\\xA0{name}*8291*{whole}";')
    for number, (period, year) in enumerate(_periods().items()):
        entries.append(f'arrayPeriod[{number}]="{period}*{year}*{period}*{year}*-1";')
    return "\n".join(entries)
