"""Socialstyrelsen's statistical database, replayed: the form and the recorded result page.

The result page is the recorded one, byte for byte, and the form offers what it selects. The form's
page itself is not recorded: it is made up around the lists and hidden fields that the result page
shows.
"""

import itertools
import threading
from functools import cache
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qsl

from lxml import html

from orchestration.demo.replay.server import RECORDED, Reply, Request, not_found

_RECORDING = RECORDED / "socialstyrelsen" / "sdb_ekonomisktbistandmanad_resultat_2017.html"
_FOLDER: Final = "/if_ekb_manad"
_HTML = "text/html; charset=utf-8"
_LISTS: Final = ("AR_RES", "MANAD_RES", "MATT_RES", "OMR_RES", "UTRIKES_RES")
_SELECTION_ERROR, _STATE_ERROR = -1, 10

_sessions: set[str] = set()
_numbers = itertools.count(1)
_lock = threading.Lock()


def answer(request: Request) -> Reply:
    """Answer as the database does.

    Args:
        request: What was asked.

    Returns:
        The form, the result page, or an error page with a good status.
    """
    match request.method, request.path:
        case "GET", path if path == f"{_FOLDER}/val.aspx":
            with _lock:
                session = f"{next(_numbers):024d}"
                _sessions.add(session)
            cookie = f"ASP.NET_SessionId={session}; path=/; HttpOnly"
            return Reply(_form(), _HTML, headers={"Set-Cookie": cookie})
        case "POST", path if path == f"{_FOLDER}/resultat.aspx":
            return _result(request)
        case _:
            return not_found(request)


def error_page(number: int) -> Reply:
    """The database's error page, which has a good status.

    Args:
        number: The error's number.

    Returns:
        The page.
    """
    text = f"<html><body><p>Fel med nummer {number}</p></body></html>"
    return Reply(text.encode(), _HTML)


def _result(request: Request) -> Reply:
    cookie = SimpleCookie(request.headers.get("cookie", "")).get("ASP.NET_SessionId")
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    with _lock:
        known = cookie is not None and cookie.value in _sessions
    if not known or form.get("__VIEWSTATE") != _recorded()["__VIEWSTATE"]:
        return error_page(_STATE_ERROR)
    if any(_values(form.get(name, "")) != _values(_recorded()[name]) for name in _LISTS):
        return error_page(_SELECTION_ERROR)
    return Reply(_RECORDING.read_bytes(), _HTML)


@cache
def _recorded() -> dict[str, str]:
    """The hidden fields of the recorded page."""
    page: Any = html.document_fromstring(_RECORDING.read_bytes())
    hidden = page.xpath("//input[@type='hidden']")
    return {each.get("name"): each.get("value", "") for each in hidden}


def _values(text: str) -> list[str]:
    return sorted(each for each in text.split(";") if each)


@cache
def _form() -> bytes:
    """A form that offers what the recorded page selects."""
    parts = []
    for name in _LISTS:
        list_name = name.removesuffix("_RES")
        if list_name == "OMR":
            choices = "".join(
                f"<a href=\"javascript:cc('{each}')\">{each}</a>\n"
                for each in _values(_recorded()[name])
            )
            parts.append(f'<div class="dia_valj_ram" id="ph1_Val_{list_name}">\n{choices}</div>')
        else:
            options = "".join(
                f'<option value="{each}">{each}</option>' for each in _values(_recorded()[name])
            )
            parts.append(f'<select name="{list_name}" multiple="multiple">{options}</select>')
    hidden = "\n".join(
        f'<input type="hidden" name="{name}" value="{"" if name in _LISTS else value}">'
        for name, value in _recorded().items()
    )
    lists = "\n".join(parts)
    return (
        f"<html><body>\n<form method='post' action='./resultat.aspx'>\n{hidden}\n{lists}\n"
        "</form>\n</body></html>\n"
    ).encode()
