"""The client against a real server on loopback: each fault, each bound, each courtesy."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.demo.replay import faults
from orchestration.demo.replay.server import ALWAYS, Fault, ReplayServer, Reply, Request
from orchestration.sources.client import USER_AGENT, Client, FetchError, Pace, Patience
from orchestration.sources.kept import KeptAnswers
from orchestration.sources.registry import Calls, load_publishers

BODY = json.dumps({"values": list(range(2000))}).encode()
ETAG = '"a1"'
MODIFIED = "Mon, 08 Jun 2026 06:00:00 GMT"


def publisher(request: Request) -> Reply:
    """A small publisher of JSON."""
    kinds = {
        "/data": Reply(BODY, "application/json; charset=UTF-8"),
        "/tagged": Reply(BODY, "application/json", headers={"ETag": ETAG}),
        "/dated": Reply(BODY, "application/json", headers={"Last-Modified": MODIFIED}),
        "/packed": Reply(
            gzip.compress(BODY), "application/json", headers={"Content-Encoding": "gzip"}
        ),
        "/echo": Reply(
            json.dumps([request.method, dict(request.query), request.body.decode()]).encode(),
            "application/json",
        ),
        "/cookie": Reply(
            json.dumps(request.headers.get("cookie", "")).encode() + b"[]",
            "application/json",
            headers={"Set-Cookie": "visit=1; Path=/"},
        ),
    }
    return kinds.get(request.path, Reply(b'{"title": "No"}', "application/json", 404))


class Asker:
    """A client of the server, whose waits are noted and not slept."""

    def __init__(self, server: ReplayServer, **settings: Any) -> None:
        self.server = server
        self.waits: list[float] = []
        settings.setdefault("patience", Patience())
        self.client = Client(
            {"scb": server.addresses["scb"]},
            {"scb": Pace(None)},
            sleep=self.waits.append,
            **settings,
        )

    def get(self, path: str = "/data", **arguments: Any) -> bytes:
        return self.client.get("scb", path, **arguments).content

    def refused(self, path: str = "/data", **arguments: Any) -> FetchError:
        with pytest.raises(FetchError) as caught:
            self.client.get("scb", path, **arguments)
        assert caught.value.message_sv.startswith(f"scb, {path}: ")
        assert ". Gör så här: " in caught.value.message_sv
        assert caught.value.__cause__ is None
        return caught.value


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer({"scb": publisher}) as running:
        yield running


@pytest.fixture
def asker(server: ReplayServer) -> Iterator[Asker]:
    made = Asker(server)
    with made.client:
        yield made


def test_a_good_answer_comes_at_once_and_byte_for_byte(asker: Asker) -> None:
    response = asker.client.get("scb", "/data", due="json")
    assert response.content == BODY
    assert response.media_type == "application/json"
    assert response.headers["content-type"] == "application/json; charset=UTF-8"
    assert asker.waits == []
    [(_, request)] = asker.server.requests
    assert request.headers["user-agent"] == USER_AGENT
    assert USER_AGENT.startswith("avvik/")


def test_what_is_sent_arrives(asker: Asker) -> None:
    sent = asker.client.post("scb", "/echo", params={"lang": "sv"}, json={"å": 1})
    assert json.loads(sent.content) == ["POST", {"lang": "sv"}, '{"å":1}']
    form = asker.client.post("scb", "/echo", form={"a": "b c"})
    assert json.loads(form.content) == ["POST", {}, "a=b+c"]


def test_too_many_calls_are_followed_by_the_wait_that_is_asked_for(asker: Asker) -> None:
    asker.server.plant("scb", faults.too_many_calls("7"))
    assert asker.get() == BODY
    [wait] = asker.waits
    assert 7 <= wait <= 8


def test_a_wait_until_a_moment_is_counted_by_the_publishers_clock(asker: Asker) -> None:
    # The replay server states its own time in `Date`, as every server does.
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    asker.server.plant("scb", faults.too_many_calls(moment))
    assert asker.get() == BODY
    [wait] = asker.waits
    assert 38 <= wait <= 42


@pytest.mark.parametrize("nonsense", ["", "soon", "-3", "²", "Mon, 99 Jun 2026", "1.5"])
def test_a_wait_that_cannot_be_read_is_as_none(asker: Asker, nonsense: str) -> None:
    asker.server.plant("scb", faults.too_many_calls(nonsense))
    assert asker.get() == BODY
    assert 0.5 <= asker.waits[0] <= 1.5


def test_a_wait_that_is_too_long_is_left_for_another_night(asker: Asker) -> None:
    asker.server.plant("scb", faults.too_many_calls("3600"), times=ALWAYS)
    error = asker.refused()
    assert "felkod 429 och ber oss vänta 3\u00a0600 sekunder" in error.message_sv
    assert asker.waits == []


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_passing_error_is_tried_again(asker: Asker, status: int) -> None:
    asker.server.plant("scb", faults.server_error(status))
    assert asker.get() == BODY
    assert len(asker.waits) == 1


def test_a_lasting_error_is_given_up_with_waits_that_double(asker: Asker) -> None:
    asker.server.plant("scb", faults.server_error(500), times=ALWAYS)
    error = asker.refused()
    assert "utgivaren svarar med felkod 500" in error.message_sv
    assert (error.status, error.content) == (500, b"Internal Server Error")
    assert len(asker.server.requests) == 5
    assert all(0.5 * 2**n <= wait <= 1.5 * 2**n for n, wait in enumerate(asker.waits))
    assert len(asker.waits) == 4


def test_whoever_was_given_up_is_asked_once_until_there_is_an_answer(asker: Asker) -> None:
    asker.server.plant("scb", faults.server_error(503), times=7)
    asker.refused()
    assert len(asker.server.requests) == 5
    asker.refused()
    asker.refused()
    assert len(asker.server.requests) == 7
    assert asker.get() == BODY
    asker.server.plant("scb", faults.server_error(503), times=4)
    assert asker.get() == BODY, "and then with patience again"


def test_waits_are_not_the_same_for_all(server: ReplayServer) -> None:
    firsts = set()
    for _ in range(5):
        asker = Asker(server)
        server.plant("scb", faults.server_error())
        with asker.client:
            asker.get()
        firsts.add(asker.waits[0])
    assert len(firsts) > 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_an_error_of_ours_is_not_tried_again(asker: Asker, status: int) -> None:
    asker.server.plant("scb", faults.server_error(status), times=ALWAYS)
    assert asker.refused().status == status
    assert len(asker.server.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [faults.no_answer(), faults.cut(after=100), faults.cut(after=0), faults.wrong_length(50)],
    ids=["before the answer", "within the body", "after the headers", "a length not reached"],
)
def test_a_cut_connection_is_tried_again_and_then_told(asker: Asker, fault: Fault) -> None:
    asker.server.plant("scb", fault)
    assert asker.get() == BODY
    asker.server.plant("scb", fault, times=ALWAYS)
    assert "förbindelsen bröts" in asker.refused().message_sv


def test_a_length_that_is_too_short_does_not_pass_for_a_whole_answer(asker: Asker) -> None:
    asker.server.plant("scb", faults.wrong_length(-20))
    assert asker.get(due="json") == BODY
    asker.server.plant("scb", faults.wrong_length(-20), times=ALWAYS)
    # What is sent beyond the stated length may be seen, or may not.
    told = asker.refused(due="json").message_sv
    assert "avklippt eller inte JSON" in told or "förbindelsen bröts" in told


def test_a_web_page_where_json_is_due_is_refused(asker: Asker) -> None:
    asker.server.plant("scb", faults.web_page())
    assert asker.get(due="json") == BODY
    asker.server.plant("scb", faults.web_page(), times=ALWAYS)
    assert "en webbsida kom i stället för JSON" in asker.refused(due="json").message_sv
    assert asker.get().startswith(b"<!DOCTYPE html>"), "where a page is due it is welcome"


def test_a_body_that_trickles_is_bounded_as_a_whole(server: ReplayServer) -> None:
    patience = Patience(read=5.0, whole=0.5, tries=1)
    asker = Asker(server, patience=patience)
    server.plant("scb", faults.slow(piece=1, pause=0.05), times=ALWAYS)
    began = time.monotonic()
    with asker.client:
        error = asker.refused()
    assert "svarar för långsamt" in error.message_sv
    # 10,000 bytes at 0.05 seconds each would have taken eight minutes.
    assert time.monotonic() - began < 3


def test_silence_is_bounded(server: ReplayServer) -> None:
    asker = Asker(server, patience=Patience(read=0.2, tries=1))
    server.plant("scb", faults.slow(piece=100, pause=2.0))
    began = time.monotonic()
    with asker.client:
        assert "svarar för långsamt" in asker.refused().message_sv
    assert time.monotonic() - began < 1.5


def test_a_slow_body_within_bounds_is_awaited(asker: Asker) -> None:
    asker.server.plant("scb", faults.slow(piece=4000, pause=0.05))
    assert asker.get() == BODY


def test_too_many_bytes_are_refused_without_another_try(asker: Asker) -> None:
    asker.server.plant("scb", faults.oversize(200_000), times=ALWAYS)
    assert "svaret är större än 100000 byte" in asker.refused(largest=100_000).message_sv
    assert len(asker.server.requests) == 1


def test_few_bytes_that_unpack_to_many_are_refused_before_they_fill_the_memory(
    asker: Asker,
) -> None:
    import tracemalloc  # noqa: PLC0415 (measures only here)

    asker.server.plant("scb", faults.bomb(200 << 20))
    tracemalloc.start()
    error = asker.refused(largest=1 << 20)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "svaret är större än" in error.message_sv
    assert most < 20 << 20


def test_a_packed_answer_is_unpacked(asker: Asker) -> None:
    assert asker.get("/packed") == BODY


def with_body(change: Callable[[bytes], bytes], encoding: str = "gzip") -> Fault:
    packed = change(gzip.compress(BODY))
    headers = {"Content-Encoding": encoding}
    return lambda _, __: Reply(packed, "application/json", 200, headers)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (with_body(lambda packed: packed[:-30]), "avklippt"),
        (with_body(lambda _: b"not packed"), "går inte att packa upp"),
        (with_body(lambda packed: packed, "br"), "på ett sätt som vi inte har bett om"),
    ],
)
def test_a_damaged_package_is_told(asker: Asker, fault: Fault, words: str) -> None:
    asker.server.plant("scb", fault, times=ALWAYS)
    assert words in asker.refused("/packed").message_sv


def test_a_redirect_within_the_host_is_followed(asker: Asker) -> None:
    asker.server.plant("scb", faults.redirect("/scb/echo"))
    assert json.loads(asker.get("/data"))[0] == "GET"
    asker.server.plant("scb", faults.redirect("/scb/echo", 303))
    sent = asker.client.post("scb", "/data", form={"a": "1"})
    assert json.loads(sent.content) == ["GET", {}, ""]
    asker.server.plant("scb", faults.redirect("/scb/echo", 307))
    sent = asker.client.post("scb", "/data", json=[1])
    assert json.loads(sent.content) == ["POST", {}, "[1]"]


@pytest.mark.parametrize(
    "to",
    [
        "https://example.org/data",
        "//example.org/data",
        "https://127.0.0.1/scb/data",
        "http://127.0.0.1:1/scb/data",
        "file:///etc/passwd",
        "http://[broken/data",
    ],
)
def test_a_redirect_off_the_host_is_refused(asker: Asker, to: str) -> None:
    asker.server.plant("scb", faults.redirect(to))
    assert "hänvisar till en annan adress" in asker.refused().message_sv
    assert len(asker.server.requests) == 1


def test_an_address_that_cannot_be_read_is_told(asker: Asker) -> None:
    broken = f"{asker.server.addresses['scb']}/a\x00b"
    with pytest.raises(FetchError, match="adressen går inte att läsa"):
        asker.client.get("scb", broken)


def test_a_redirect_that_never_ends_is_refused(asker: Asker) -> None:
    asker.server.plant("scb", faults.redirect("/scb/data"), times=ALWAYS)
    assert "i en krets" in asker.refused().message_sv


def test_a_next_page_off_the_host_is_refused_and_one_on_it_is_asked_for(asker: Asker) -> None:
    assert asker.get(f"{asker.server.addresses['scb']}/data") == BODY
    strangers = ["https://example.org/data", "http://user@127.0.0.1/data", "data", "http://[x/"]
    for stranger in strangers:
        assert "pekar vidare" in asker.refused(stranger).message_sv


@pytest.mark.parametrize(
    ("path", "header", "value"),
    [("/tagged", "if-none-match", ETAG), ("/dated", "if-modified-since", MODIFIED)],
)
def test_an_unchanged_answer_is_not_sent_again(
    server: ReplayServer, tmp_path: Path, path: str, header: str, value: str
) -> None:
    for _ in range(2):
        asker = Asker(server, kept=KeptAnswers(tmp_path / "kept"))
        with asker.client:
            response = asker.client.get("scb", path, due="json")
        assert (response.content, response.media_type) == (BODY, "application/json")
    first, second = (request for _, request in server.requests)
    assert header not in first.headers
    assert second.headers[header] == value
    [kept] = (tmp_path / "kept").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    asker = Asker(server, kept=KeptAnswers(tmp_path / "kept"))
    with asker.client:
        assert asker.get(path) == BODY, "a damaged file is as none"
    assert header not in server.requests[-1][1].headers


def test_a_lying_cache_header_hides_no_revision(tmp_path: Path) -> None:
    """What says that it holds for a year, and is revised the next moment, is seen all the same."""
    told = [b'{"value": 1}', b'{"value": 2}']

    def reviser(_: Request) -> Reply:
        body = told.pop(0)
        headers = {"Cache-Control": "public, immutable, max-age=31536000", "ETag": f'"{len(told)}"'}
        return Reply(body, "application/json", headers=headers)

    with ReplayServer({"scb": reviser}) as server:
        asker = Asker(server, kept=KeptAnswers(tmp_path / "kept"))
        with asker.client:
            assert [asker.get(), asker.get()] == [b'{"value": 1}', b'{"value": 2}']
        assert len(server.requests) == 2


def test_nothing_is_kept_of_what_cannot_be_asked_about_again(
    server: ReplayServer, tmp_path: Path
) -> None:
    asker = Asker(server, kept=KeptAnswers(tmp_path / "kept"))
    with asker.client:
        asker.get("/data")
        asker.client.post("scb", "/tagged", json={})
        asker.server.plant("scb", faults.cut(after=50), times=ALWAYS)
        asker.refused("/tagged")
    assert not (tmp_path / "kept").exists()


def test_answers_that_nobody_asks_for_are_forgotten(tmp_path: Path) -> None:
    import os  # noqa: PLC0415 (sets a file's time only here)

    kept = KeptAnswers(tmp_path)
    kept.keep("https://a.example/1", b"1", {"etag": ETAG})
    kept.keep("https://a.example/2", b"2", {"etag": ETAG})
    old = time.time() - 91 * 24 * 3600
    for path in tmp_path.iterdir():
        os.utime(path, (old, old))
    kept.refresh("https://a.example/2")
    kept.forget_old()
    assert kept.find("https://a.example/1") is None
    found = kept.find("https://a.example/2")
    assert found is not None
    assert found.content == b"2"


def test_a_dialogue_has_cookies_of_its_own(asker: Asker) -> None:
    with asker.client.dialogue() as visitor:
        visitor.get("scb", "/cookie")
        assert b"visit=1" in visitor.get("scb", "/cookie").content
    with asker.client.dialogue() as another:
        assert b"visit=1" not in another.get("scb", "/cookie").content


def test_a_pace_is_kept() -> None:
    now = [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(Calls(count=3, seconds=1.0), clock=lambda: now[0], sleep=sleep)
    moments = []
    for _ in range(7):
        pace.wait()
        moments.append(now[0])
    # A tenth of a second more than the window, so that calls that travel unevenly keep to it too.
    assert moments == pytest.approx([0, 0, 0, 1.1, 1.1, 1.1, 2.2])
    pace.keep_to(Calls(count=1, seconds=5.0))
    pace.wait()
    assert now[0] == pytest.approx(7.3)
    assert all(seconds > 0 for seconds in slept)


def test_the_pace_holds_for_all_threads() -> None:
    pace = Pace(Calls(count=2, seconds=0.2))
    moments: list[float] = []

    def call() -> None:
        pace.wait()
        moments.append(time.monotonic())

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moments.sort()
    assert all(later - earlier > 0.15 for earlier, later in zip(moments, moments[2:], strict=False))


def test_the_environment_does_not_steer_the_client(
    server: ReplayServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login x password y\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    asker = Asker(server)
    with asker.client:
        assert asker.get() == BODY
    assert "authorization" not in server.requests[0][1].headers


def test_a_proxy_that_is_set_is_used(server: ReplayServer) -> None:
    address = server.addresses["scb"].removesuffix("/scb")
    client = Client(
        {"scb": "http://avvik.invalid"},
        {"scb": Pace(None)},
        proxy=address,
        patience=Patience(tries=1),
    )
    with client, pytest.raises(FetchError):
        client.get("scb", "/data")
    # A proxy is asked for the whole address.
    assert server.requests[0][1].headers["host"] == "avvik.invalid"


def test_every_publisher_is_asked_over_tls() -> None:
    publishers = load_publishers()
    assert len(publishers) >= 5
    assert {each.address.scheme for each in publishers.values()} == {"https"}
