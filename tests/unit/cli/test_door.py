"""Nobody comes through the door of `avvik serve` without the key of this start, from its own pages.

Each case is what a browser, a program or a hostile page would send.
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from orchestration.cli.door import Door, cookie_name, entrance, new_key

PORT = 3000
OWN = f"127.0.0.1:{PORT}"
KEY = new_key()
JSON = ("content-type", "application/json")
COMMAND = ("POST", "/graphql")


@dataclass
class Dagster:
    """What is behind the door: remembers what reached it, and answers everything."""

    reached: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, _: Any, send: Any) -> None:
        self.reached.append(f"{scope['type']} {scope.get('path', '')}")
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"inside"})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.accept"})


@dataclass
class Answer:
    """What came back through the door."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str:
        [value] = [value for each, value in self.headers if each == name]
        return value


class House:
    """A door with something behind it, asked as a server would ask it."""

    def __init__(self) -> None:
        self.dagster = Dagster()
        self.door = Door(self.dagster, port=PORT, key=KEY)
        self.cookie = ("cookie", self.ask("GET", f"/?nyckel={KEY}").header("set-cookie"))
        self.cookie = ("cookie", self.cookie[1].partition(";")[0])

    def sent(self, kind: str, address: str, headers: list[tuple[str, str]], **rest: Any) -> Any:
        path, _, query = address.partition("?")
        scope = {
            "type": kind,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
            **rest,
        }
        sent: list[Any] = []

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        # In a thread of its own: a browser's tests keep a loop running in this one.
        with ThreadPoolExecutor(max_workers=1) as pool:
            pool.submit(lambda: asyncio.run(self.door(scope, receive, send))).result()
        return sent

    def ask(
        self, method: str, address: str, *headers: tuple[str, str], host: str | None = OWN
    ) -> Answer:
        named = [("host", host)] if host is not None else []
        start, body = self.sent("http", address, [*named, *headers], method=method)
        told = [(name.decode(), value.decode()) for name, value in start["headers"]]
        return Answer(start["status"], told, body["body"].decode())

    def connect(self, *headers: tuple[str, str], host: str = OWN) -> str:
        [message] = self.sent("websocket", "/graphql", [("host", host), *headers])
        return str(message["type"])


@pytest.fixture
def house() -> House:
    return House()


def test_the_key_in_the_address_becomes_a_cookie_and_leaves_the_address(house: House) -> None:
    answer = house.ask("GET", f"/runs/a%20b?view=x&nyckel={KEY}&tab=1")
    assert answer.status == 303
    assert answer.header("location") == f"http://{OWN}/runs/a%2520b?view=x&tab=1"
    name, *rules = answer.header("set-cookie").split("; ")
    assert name.startswith(f"{cookie_name(PORT)}=")
    assert set(rules) == {"Path=/", "HttpOnly", "SameSite=Strict"}
    assert KEY not in str(answer.headers)
    assert house.dagster.reached == []


def test_whoever_has_the_cookie_comes_in(house: House) -> None:
    assert house.ask("GET", "/runs", house.cookie).body == "inside"
    assert house.ask(*COMMAND, house.cookie, JSON).status == 200
    utf8 = ("content-type", "application/json; charset=utf-8")
    own = ("origin", f"http://{OWN}")
    assert house.ask(*COMMAND, house.cookie, utf8, own).status == 200
    fetched = ("sec-fetch-site", "same-origin")
    assert house.ask(*COMMAND, house.cookie, JSON, own, fetched).status == 200
    assert house.ask("HEAD", "/", house.cookie).status == 200
    assert house.connect(house.cookie, own) == "websocket.accept"
    assert len(house.dagster.reached) == 6


@pytest.mark.parametrize("host", [OWN, f"localhost:{PORT}", f"LOCALHOST:{PORT}", f"[::1]:{PORT}"])
def test_the_machine_may_be_called_by_each_of_its_own_names(house: House, host: str) -> None:
    assert house.ask("GET", "/", house.cookie, host=host).status == 200
    own = ("origin", f"http://{host.lower()}")
    assert house.ask(*COMMAND, house.cookie, JSON, own, host=host).status == 200


def test_what_is_behind_the_door_may_not_be_framed_or_read_by_others(house: House) -> None:
    for answer in (house.ask("GET", "/", house.cookie), house.ask("GET", "/")):
        assert answer.header("x-frame-options") == "DENY"
        assert answer.header("cross-origin-resource-policy") == "same-origin"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("cookie", f"{cookie_name(PORT)}=")],
        [("cookie", f"{cookie_name(PORT)}={KEY}")],
        [("cookie", f"{cookie_name(PORT)}=å")],
        [("cookie", f"{cookie_name(PORT + 1)}=x; other=y")],
        [("authorization", f"Bearer {KEY}")],
    ],
)
@pytest.mark.parametrize("address", ["/", "/graphql", "/server_info", "/logs/a/b.err", "/x.js"])
def test_without_the_cookie_everything_is_refused_and_the_page_says_what_to_do(
    house: House, headers: list[tuple[str, str]], address: str
) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        assert house.ask(method, address, *headers).status == 401
    answer = house.ask("POST", address, *headers, JSON)
    assert answer.status == 401
    assert '<html lang="sv">' in answer.body
    assert "avvik serve" in answer.body
    assert "Gör så här" in answer.body
    assert house.ask("HEAD", address).body == ""
    assert house.connect(*headers) == "websocket.close"
    assert house.dagster.reached == []


# Named, since each worker that runs tests has a key of its own.
@pytest.mark.parametrize(
    "key",
    ["", "x", KEY[:-1], KEY + "x", KEY.swapcase(), "å"],
    ids=["none", "another", "cut", "longer", "other case", "no ASCII"],
)
def test_a_wrong_key_is_no_key(house: House, key: str) -> None:
    for address in (f"/?nyckel={key}", f"/?nyckel={key}&nyckel={KEY}", f"/?other={KEY}"):
        answer = house.ask("GET", address)
        assert answer.status == 401
        assert "set-cookie" not in dict(answer.headers)


def test_the_key_of_another_start_is_no_key() -> None:
    former, now = House(), House()
    assert now.ask("GET", "/", former.cookie).status == 401


def test_the_key_is_taken_from_a_link_alone(house: House) -> None:
    for method in ("POST", "HEAD", "PUT"):
        answer = house.ask(method, f"/?nyckel={KEY}", JSON)
        assert answer.status == 401
        assert "set-cookie" not in dict(answer.headers)


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "/\r\nset-cookie: a=b"])
def test_the_exchange_leads_nowhere_else(house: House, path: str) -> None:
    location = house.ask("GET", f"{path}?nyckel={KEY}").header("location")
    assert location.startswith(f"http://{OWN}/")
    assert not re.search(r"[\r\n\\]", location)


# A name that the attacker has let lead to this machine, and what a proxy or an old program sends.
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        f"127.0.0.1.evil.example:{PORT}",
        f"localhost.evil.example:{PORT}",
        f"evil.example@{OWN}",
        f"127.0.0.1:{PORT + 1}",
        "127.0.0.1",
        f"0.0.0.0:{PORT}",
        f"10.0.0.1:{PORT}",
        f"127.0.0.1:{PORT}.evil.example",
        f" {OWN}",
        "",
        None,
    ],
)
def test_another_name_for_this_machine_is_refused_with_and_without_the_key(
    house: House, host: str | None
) -> None:
    for headers in ([], [house.cookie], [house.cookie, ("x-forwarded-host", OWN)]):
        assert house.ask("GET", "/", *headers, host=host).status == 403
        assert house.ask(*COMMAND, *headers, JSON, host=host).status == 403
    answer = house.ask("GET", f"/?nyckel={KEY}", host=host)
    assert answer.status == 403
    assert "set-cookie" not in dict(answer.headers)
    assert "evil" not in answer.body
    assert house.connect(house.cookie, host=host or "") == "websocket.close"
    assert house.dagster.reached == []


def test_two_names_at_once_are_refused(house: House) -> None:
    assert house.ask("GET", "/", house.cookie, ("host", "evil.example")).status == 403


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("origin", "http://evil.example"),
        ("origin", f"http://127.0.0.1:{PORT + 1}"),
        ("origin", f"http://localhost:{PORT}"),
        ("origin", f"https://{OWN}"),
        ("origin", "null"),
        ("origin", ""),
        ("origin", f"http://{OWN}, http://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", ""),
    ],
)
def test_another_page_commands_nothing_and_reads_nothing_though_the_browser_sends_the_cookie(
    house: House, elsewhere: tuple[str, str]
) -> None:
    assert house.ask(*COMMAND, house.cookie, JSON, elsewhere).status == 403
    assert house.ask("GET", "/logs/a/b.err", house.cookie, elsewhere).status == 403
    assert house.ask("OPTIONS", "/graphql", house.cookie, elsewhere).status == 403
    assert house.connect(house.cookie, elsewhere) == "websocket.close"
    answer = house.ask("GET", f"/?nyckel={KEY}", elsewhere)
    assert answer.status == 403
    assert "set-cookie" not in dict(answer.headers)
    own = ("origin", f"http://{OWN}")
    assert house.ask(*COMMAND, house.cookie, JSON, own, elsewhere).status == 403
    assert house.dagster.reached == []


def test_a_link_from_elsewhere_can_be_followed_from_the_page_that_refuses_it(house: House) -> None:
    """A message may hold the address of a run; the browser brings no cookie there."""
    answer = house.ask("GET", "/runs/1", ("sec-fetch-site", "cross-site"))
    assert answer.status == 403
    assert '<a href="">' in answer.body
    assert (
        house.ask("GET", "/runs/1", house.cookie, ("sec-fetch-site", "same-origin")).status == 200
    )


@pytest.mark.parametrize("path", ["/graphql", "/graphql/", "/GraphQL"])
@pytest.mark.parametrize(
    "query",
    ["mutation{wipeAssets(a:1){a}}", "query{version}", "", "{a}%20mutation%20b{c}"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_graphql_is_asked_by_post_alone(house: House, method: str, query: str, path: str) -> None:
    html = ("accept", "text/html")
    assert house.ask(method, f"{path}?query={query}", house.cookie, html).status == 405
    assert house.dagster.reached == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "x"])
def test_no_other_way_of_asking_is_let_in(house: House, method: str) -> None:
    assert house.ask(method, "/", house.cookie).status == 405
    assert house.dagster.reached == []


@pytest.mark.parametrize(
    "types",
    [
        [],
        ["text/plain"],
        ["text/plain; application/json"],
        ["text/plain;charset=application/json"],
        ["application/x-www-form-urlencoded"],
        ["multipart/form-data; boundary=application/json"],
        ["application/graphql"],
        ["application/jsonx"],
        [""],
        ["text/plain", "application/json"],
        ["application/json", "text/plain"],
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/marts/deviations"])
def test_what_a_form_can_send_is_no_command(house: House, types: list[str], path: str) -> None:
    headers = [("content-type", each) for each in types]
    query = f"{path}?query=mutation"
    assert house.ask("POST", query, house.cookie, *headers).status == 415
    assert house.dagster.reached == []


def test_the_address_to_open_holds_a_key_that_is_new_each_time() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert min(map(len, keys)) >= 43, "256 bits"
    assert entrance("http://a/start", "b") == "http://a/start?nyckel=b"


def test_the_server_behind_is_started_and_ended_through_the_door(house: House) -> None:
    house.sent("lifespan", "", [])
    assert house.dagster.reached == ["lifespan "]
