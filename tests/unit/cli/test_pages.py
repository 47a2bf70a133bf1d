"""The pages beside Dagster's show what is published and nothing else, to whom the door let in."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.cli import pages
from orchestration.cli.door import Door, new_key
from orchestration.flow.dbt_docs import written_docs
from orchestration.settings import Settings

PORT = 3000
OWN = f"127.0.0.1:{PORT}"
KEY = new_key()
JSON = ("content-type", "application/json")
SECRET = "hemligt-" + "1234"


class House:
    """A door with Dagster and the pages behind it, asked as a server would ask it."""

    def __init__(self, settings: Settings) -> None:
        async def dagster(_: Any, __: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"dagster"})

        self.loop = asyncio.new_event_loop()
        self.door = Door(pages.beside(dagster, settings), port=PORT, key=KEY)
        self.cookie = ("cookie", "")
        told = self.ask("GET", "/start", query=f"nyckel={KEY}")
        self.cookie = ("cookie", told[1]["set-cookie"].partition(";")[0])

    def ask(
        self,
        method: str,
        path: str,
        *headers: tuple[str, str],
        query: str = "",
        body: bytes = b"",
        host: str = OWN,
    ) -> tuple[int, dict[str, str], str]:
        named = [("host", host), self.cookie, *headers]
        scope = {
            "type": "http",
            # Else whoever sends a file waits for the browser to leave.
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in named if value],
        }
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        # In a thread of its own: a browser's tests keep a loop running in this one.
        with ThreadPoolExecutor(max_workers=1) as pool:
            asked = self.door(scope, receive, send)
            pool.submit(lambda: self.loop.run_until_complete(asked)).result()
        # Of two policies the page's own, before the door's.
        told = {name.decode(): value.decode() for name, value in reversed(sent[0]["headers"])}
        text = b"".join(each.get("body", b"") for each in sent[1:])
        return sent[0]["status"], told, text.decode(errors="replace")

    def question(self, sql: str, *headers: tuple[str, str], **rest: Any) -> Any:
        body = json.dumps({"fraga": sql}).encode()
        return self.ask("POST", "/fraga", *(headers or (JSON,)), body=body, **rest)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose publication has links as a publication has them, and a few that lead out."""
    home = tmp_path / "home"
    edition = home / "published/tidigare/2026-01-01T000000"
    for folder in (edition / "indikatorer", home / "restricted", home / "published/.halv"):
        folder.mkdir(parents=True)
    (edition / "index.html").write_text("<p>Årets avvikelser</p>", encoding="utf-8")
    (edition / "indikatorer/index.html").write_text("Alla", encoding="utf-8")
    (home / "published/.halv/index.html").write_text(SECRET)
    (home / "restricted/promemoria.html").write_text(SECRET)
    for path in (edition / "marts.duckdb", home / "restricted/marts.duckdb"):
        with duckdb.connect(str(path)) as connection:
            told = SECRET if "restricted" in path.parts else "öppet"
            connection.execute(f"create table deviations as select '{told}' as a")
    published = home / "published"
    (published / "aktuell").symlink_to("tidigare/2026-01-01T000000")
    for name in ("index.html", "marts.duckdb", "indikatorer"):
        (published / name).symlink_to(f"aktuell/{name}")
    (published / "ut.html").symlink_to("../restricted/promemoria.html")
    (published / "ut").symlink_to(home / "restricted")
    (published / "skrivet.html").hardlink_to(edition / "index.html")
    return Settings(home=home)


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    opened = House(settings)
    yield opened
    opened.loop.close()


def test_each_address_has_its_page_and_dagster_the_rest(house: House) -> None:
    for path, said in {
        "/start": "Här finns",
        "/fraga": "Färdiga frågor",
        "/fraga.js": "requestSubmit",
        "/publicerat/": "Årets avvikelser",
        "/publicerat/index.html": "Årets avvikelser",
        "/publicerat/indikatorer/": "Alla",
        "/": "dagster",
        "/runs/1": "dagster",
        "/frag": "dagster",
        "/server_info": "dagster",
    }.items():
        status, _, text = house.ask("GET", path)
        assert (status, said in text) == (200, True), path
    assert house.ask("GET", "/publicerat")[1]["location"] == "/publicerat/"
    assert house.ask("GET", "/dbt")[1]["location"] == "/dbt/"
    # From each page to the others.
    text = house.ask("GET", "/start")[2]
    assert all(f'href="{each}"' in text for each in ("/publicerat/", "/fraga", "/dbt/", "/"))


def test_a_page_loads_nothing_from_elsewhere_and_is_asked_for_anew(house: House) -> None:
    for path in ("/start", "/fraga", "/publicerat/", "/publicerat/finns-inte"):
        _, told, text = house.ask("GET", path)
        assert told["cache-control"] == "no-cache"
        assert "http" not in text.replace("http-equiv", "")
        policy = told["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'self'")
        # The header says what the page says of itself.
        if path == "/fraga":
            assert f'content="{policy}"' in text
    database = house.ask("GET", "/publicerat/marts.duckdb")[1]
    assert database["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path",
    [
        "../restricted/promemoria.html",
        "../restricted/marts.duckdb",
        "indikatorer/../../restricted/promemoria.html",
        "tidigare/../../restricted/promemoria.html",
        "..\\restricted\\promemoria.html",
        "%2e%2e/restricted/promemoria.html",
        "/../restricted/promemoria.html",
        "ut.html",
        "ut/promemoria.html",
        "ut/",
        "ut",
        ".halv/index.html",
        "./.halv/index.html",
        ".halv/",
        "//etc/passwd",
        "/etc/passwd",
        "../../../../../../etc/passwd",
        "index.html\0",
        "x" * 5000,
        "",
    ],
)
def test_no_path_and_no_link_leads_out_of_what_is_published(
    path: str, house: House, settings: Settings
) -> None:
    for asked in (f"/publicerat/{path}", f"/dbt/{path}", f"/start/{path}", f"/fraga/{path}"):
        status, _, text = house.ask("GET", asked)
        assert SECRET not in text
        assert "root:" not in text
        if path and asked.startswith("/publicerat"):
            assert status == 404
            assert "Gör så här: " in text
    # That it can be read at all.
    assert SECRET in (settings.home / "published/ut.html").read_text()


def test_what_is_published_is_only_read(house: House, settings: Settings) -> None:
    assert house.ask("HEAD", "/publicerat/")[0] == 200
    before = sorted(settings.home.rglob("*"))
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for path in ("/publicerat/", "/publicerat/ny.html", "/start", "/dbt/"):
            assert house.ask(method, path, JSON, body=b"{}")[0] == 405
    assert sorted(settings.home.rglob("*")) == before


def test_a_question_is_answered_from_what_anybody_may_read(house: House) -> None:
    status, _, text = house.question("from marts.deviations")
    assert (status, json.loads(text)["rader"]) == (200, [["öppet"]])


@pytest.mark.parametrize(
    "sql",
    [
        "attach '{home}/restricted/marts.duckdb' as r; from r.deviations",
        "from read_duckdb('{home}/restricted/marts.duckdb')",
        "from read_text('{home}/restricted/promemoria.html')",
        "from read_csv('{home}/published/../restricted/promemoria.html')",
        "from '{home}/published/ut.html'",
        "copy deviations to '{home}/published/ny.csv'",
        "copy (from marts.deviations) to '{home}/restricted/ny.csv'",
        "export database '{home}/ny'",
    ],
)
def test_no_question_reaches_the_restricted_door(
    sql: str, house: House, settings: Settings
) -> None:
    before = sorted(settings.home.rglob("*"))
    text = house.question(sql.format(home=settings.home))[2]
    assert set(json.loads(text)) == {"fel"}
    assert SECRET not in text
    assert sorted(settings.home.rglob("*")) == before


def test_a_database_that_is_not_among_the_published_is_not_asked(
    house: House, settings: Settings
) -> None:
    settings.snapshot_path.unlink()
    assert "Inget är publicerat än" in json.loads(house.question("select 1")[2])["fel"]
    settings.snapshot_path.symlink_to(settings.restricted_snapshot_path)
    text = house.question("from marts.deviations")[2]
    assert "avvik verify" in json.loads(text)["fel"]
    assert SECRET not in text


def test_no_stranger_asks(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def answered(_: Path, sql: str) -> dict[str, Any]:
        asked.append(sql)
        return {"fel": ""}

    monkeypatch.setattr(pages, "answered_apart", answered)
    form = ("content-type", "application/x-www-form-urlencoded")
    plain = ("content-type", "text/plain")
    elsewhere = [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")]
    refused = [
        house.question("select 1", form)[0],
        house.question("select 1", plain)[0],
        house.question("select 1", JSON, host="evil.example")[0],
        *(house.question("select 1", JSON, each)[0] for each in elsewhere),
        house.ask("GET", "/publicerat/", elsewhere[1])[0],
        house.ask("GET", "/publicerat/", host=f"evil.example:{PORT}")[0],
    ]
    house.cookie = ("cookie", "")
    refused += [house.question("select 1")[0]]
    refused += [house.ask("GET", each)[0] for each in ("/publicerat/", "/dbt/", "/fraga", "/start")]
    assert refused == [415, 415, 403, 403, 403, 403, 403, 401, 401, 401, 401, 401]
    assert asked == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"fraga": 1}', b'"x"', b"\xff", b" " * 200_000]
)
def test_what_is_no_question_is_told_so(body: bytes, house: House) -> None:
    status, _, text = house.ask("POST", "/fraga", JSON, body=body)
    assert status == 200
    assert "Gör så här: " in json.loads(text)["fel"]


def test_before_anything_is_published_the_pages_say_so(tmp_path: Path) -> None:
    house = House(Settings(home=tmp_path))
    status, _, text = house.ask("GET", "/publicerat/")
    assert (status, "Inget är publicerat än" in text) == (404, True)
    assert house.ask("GET", "/start")[0] == 200
    house.loop.close()


def test_dbts_page_is_written_meanwhile_and_once(
    house: House, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written: list[Path] = []
    begun: list[int] = []

    async def write() -> int:
        begun.append(1)
        return 1

    monkeypatch.setattr(pages, "_write_docs", write)
    monkeypatch.setattr(pages, "written_docs", lambda _: written[0] if written else None)
    _, told, text = house.ask("GET", "/dbt/")
    assert ("skrivs" in text, told["refresh"]) == (True, "2")
    assert "kunde inte skrivas" in house.ask("GET", "/dbt/")[2]
    assert "skrivs" in house.ask("GET", "/dbt/")[2]
    written.append(tmp_path / "page.html")
    written[0].write_text("modellerna")
    assert house.ask("GET", "/dbt/")[2] == "modellerna"
    assert len(begun) == 2
    # A start writes nothing.
    assert written_docs(settings) is None
