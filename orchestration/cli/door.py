"""The door in front of what `avvik serve` shows: who may come in, and with what.

Dagster answers whoever reaches its port, also a web page of somebody else that the operator's
browser has open, and lets a link command it. So nothing passes here without the key of this start,
nothing from a page that is not served here, and no command but as JSON in the body of a request.
What is behind the door is Dagster's and `pages`'; starting and ending it belongs to `servers` and
`serving`.
"""

import hmac
import html
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

_Scope = MutableMapping[str, Any]
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

# The names by which this machine calls itself; any other that leads here is somebody's trick.
_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_KEY = "nyckel"
_METHODS = ("GET", "HEAD", "POST")
# A page asks for its own parts, or a person asks for it. Another port of ours is `same-site`.
_OWN_REQUESTS = ("same-origin", "none")
_TITLE = "Avvik: dörren är stängd"
_OPEN_AGAIN = (
    "Gör så här: öppna den adress som avvik serve skrev ut när den startade. Den har en ny nyckel"
    " efter varje start."
)
# Nobody may show these pages within theirs, or read them.
_KEPT_TO_ITSELF = (
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why somebody is not let in, as the page says it."""

    status: HTTPStatus
    why_sv: str
    remedy_sv: str


def new_key() -> str:
    """A key for one start of the server."""
    return secrets.token_urlsafe(32)


def cookie_name(port: int) -> str:
    """The name of the cookie: browsers give it to every port of the host, so each has its own."""
    return f"avvik_{port}"


def entrance(address: str, key: str) -> str:
    """An address that carries the key, to be opened first."""
    return f"{address}?{urlencode({_KEY: key})}"


class Door:
    """Lets into an application only those with the key, from its own pages.

    Args:
        app: The application behind the door.
        port: Where it is reached on this machine.
        key: The key of this start.
    """

    def __init__(self, app: App, *, port: int, key: str) -> None:
        self._app = app
        self._key = key
        self._cookie = cookie_name(port)
        # What the browser keeps is not what stands in its history.
        self._pass = secrets.token_urlsafe(32)
        self._hosts = {f"{host}:{port}" for host in _HOSTS}
        if port == 80:  # noqa: PLR2004 (the port that addresses leave out)
            self._hosts |= set(_HOSTS)

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answer a request, or let it in."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        refusal = self._origin_refused(headers)
        if refusal is None and scope["type"] == "http":
            if (location := self._exchanged(scope, headers)) is not None:
                await _redirect(send, location, self._set_cookie())
                return
            refusal = _method_refused(scope, headers)
        # Whoever has no key is told of that first, apart from those who come from elsewhere.
        if (refusal is None or refusal.status is not HTTPStatus.FORBIDDEN) and not self._known(
            headers
        ):
            refusal = _Refusal(
                HTTPStatus.UNAUTHORIZED, "Den här sidan visas bara för den som har nyckeln.", ""
            )
        if refusal is None:
            await self._app(scope, receive, _guarded(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refuse(send, refusal, head=scope["method"] == "HEAD")

    def _origin_refused(self, headers: dict[str, list[str]]) -> _Refusal | None:
        """Refuse what was sent to another name than this machine's, or by another page."""
        hosts = headers.get("host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return _Refusal(
                HTTPStatus.FORBIDDEN,
                "Adressen är inte den här datorns egen.",
                "Bara http://127.0.0.1 och http://localhost går, med den port som avvik serve"
                " skrev ut.",
            )
        own = f"http://{hosts[0].lower()}"
        origins = headers.get("origin", [])
        sites = headers.get("sec-fetch-site", [])
        if any(each.lower() != own for each in origins) or any(
            each.lower() not in _OWN_REQUESTS for each in sites
        ):
            return _Refusal(
                HTTPStatus.FORBIDDEN,
                "En annan sida bad om den här adressen.",
                "Har du själv följt en länk hit går det att öppna den härifrån:",
            )
        return None

    def _exchanged(self, scope: _Scope, headers: dict[str, list[str]]) -> str | None:
        """Where to go on without the key in the address, if it is there and is right."""
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        shown = [value for name, value in asked if name == _KEY]
        if scope["method"] != "GET" or not shown or not _same(shown[0], self._key):
            return None
        left = urlencode([(name, value) for name, value in asked if name != _KEY])
        path = quote(scope["path"], safe="/:@!$&'()*+,;=~-._")
        return f"http://{headers['host'][0].lower()}{path}{'?' if left else ''}{left}"

    def _known(self, headers: dict[str, list[str]]) -> bool:
        """Whether the browser has exchanged the key of this start."""
        pairs = (pair for line in headers.get("cookie", []) for pair in line.split(";"))
        named = (pair.strip().partition("=") for pair in pairs)
        return any(name == self._cookie and _same(value, self._pass) for name, _, value in named)

    def _set_cookie(self) -> str:
        return f"{self._cookie}={self._pass}; Path=/; HttpOnly; SameSite=Strict"


def _headers(scope: _Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _method_refused(scope: _Scope, headers: dict[str, list[str]]) -> _Refusal | None:
    """Refuse what a link, an image or a form of another page could send."""
    method = scope["method"]
    commands = scope["path"].rstrip("/").lower() == "/graphql"
    if method not in _METHODS or (commands and method != "POST"):
        return _Refusal(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "Så kan frågan inte ställas.",
            "GraphQL tar emot POST med application/json.",
        )
    types = headers.get("content-type", [])
    if method == "POST" and (
        len(types) != 1 or types[0].partition(";")[0].strip().lower() != "application/json"
    ):
        return _Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Så kan frågan inte ställas.",
            "Skicka den som application/json.",
        )
    return None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _guarded(send: _Send) -> _Send:
    async def guarded(message: _Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_KEPT_TO_ITSELF]}
        await send(message)

    return guarded


async def _redirect(send: _Send, location: str, cookie: str) -> None:
    headers = [
        (b"location", location.encode("ascii")),
        (b"set-cookie", cookie.encode("ascii")),
        (b"referrer-policy", b"no-referrer"),
    ]
    await _answer(send, HTTPStatus.SEE_OTHER, headers, b"")


async def _refuse(send: _Send, refusal: _Refusal, *, head: bool) -> None:
    # A link of our own page is followed with the cookie, as one of another page is not.
    again = '<p><a href="">Öppna sidan härifrån</a></p>' if refusal.remedy_sv.endswith(":") else ""
    said = [refusal.why_sv, refusal.remedy_sv, _OPEN_AGAIN]
    if again:
        said = [refusal.why_sv, _OPEN_AGAIN, refusal.remedy_sv]
    text = "".join(f"<p>{html.escape(each)}</p>" for each in said if each)
    page = (
        f'<!doctype html><html lang="sv"><meta charset="utf-8"><title>{_TITLE}</title>'
        f"<h1>Dörren är stängd</h1>{text}{again}</html>"
    ).encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(page)).encode("ascii")),
        (b"referrer-policy", b"no-referrer"),
    ]
    await _answer(send, refusal.status, headers, b"" if head else page)


async def _answer(
    send: _Send, status: HTTPStatus, headers: Iterable[tuple[bytes, bytes]], body: bytes
) -> None:
    all_headers = [*headers, *_KEPT_TO_ITSELF, (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": int(status), "headers": all_headers})
    await send({"type": "http.response.body", "body": body})
