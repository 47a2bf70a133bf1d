"""A hostile page in the operator's browser, and a program beside it, get nothing past the door.

The operator has the UI open in the same browser, so the cookie is there to be misused. What the
attempts would change is a switch of Dagster's; that it can be changed at all is shown first.
"""

import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.browser.conftest import Served

SWITCH = "mutation { setAutoMaterializePaused(paused: true) }"
BACK = "mutation { setAutoMaterializePaused(paused: false) }"
STATE = "{ instance { autoMaterializePaused } }"

# Each way that a page has of reaching another server; all at once, then it says what it could read.
ATTACK = """
const target = TARGET, socket = SOCKET, command = COMMAND, body = JSON.stringify({query: command});
const link = target + '/graphql?query=' + encodeURIComponent(command);
const got = [];
const tries = [];
function attempt(what, promise) {
  tries.push(Promise.resolve(promise).then(
    async answer => { const text = await answer.text(); if (text) got.push(what + ': ' + text); },
    () => null));
}
function until(what, element, ...events) {
  tries.push(new Promise(done => {
    for (const each of events) element.addEventListener(each, done);
    setTimeout(done, 3000);
  }));
  document.body.append(element);
}
for (const mode of ['no-cors', 'cors'])
  for (const method of ['GET', 'POST']) {
    const sent = {mode, method, credentials: 'include'};
    attempt('link', fetch(link, sent));
    attempt('page', fetch(target + '/server_info', sent));
    if (method === 'POST')
      for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded'])
        attempt(type, fetch(target + '/graphql', {...sent, body, headers: {'Content-Type': type}}));
  }
navigator.sendBeacon(target + '/graphql', new Blob([body], {type: 'text/plain'}));
const image = new Image(); image.src = link; until('image', image, 'load', 'error');
const script = document.createElement('script'); script.src = link;
until('script', script, 'load', 'error');
const frame = document.createElement('iframe'); frame.name = 'frame'; frame.src = target + '/';
until('frame', frame, 'load');
for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
  const form = document.createElement('form');
  Object.assign(form, {method: 'POST', action: link, enctype, target: 'frame'});
  const field = document.createElement('input');
  field.name = '{"query":"' + command + '","a":"'; field.value = '"}';
  form.append(field); document.body.append(form); form.submit();
}
tries.push(new Promise(done => {
  const opened = new WebSocket(socket + '/graphql', 'graphql-ws');
  opened.onopen = () => { got.push('socket'); done(); };
  opened.onerror = opened.onclose = () => done();
}));
Promise.all(tries).then(() => { window.got = got; document.title = 'done'; });
"""


def ask(context: BrowserContext, served: Served, query: str) -> Any:
    """Ask as the UI does."""
    answer = context.request.post(f"{served.address}/graphql", data={"query": query})
    assert answer.ok, answer.text()
    return answer.json()["data"]


def paused(context: BrowserContext, served: Served) -> bool:
    return bool(ask(context, served, STATE)["instance"]["autoMaterializePaused"])


@pytest.fixture
def operator(browser: Browser, served: Served) -> Iterator[BrowserContext]:
    """A browser in which the operator has opened the UI."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.entrance)
    assert "nyckel" not in page.url
    yield context
    context.close()


@pytest.fixture
def hostile(served: Served) -> Iterator[int]:
    """The port of a server whose every page attacks."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            named = self.path.strip("/") or served.address.removeprefix("http://")
            script = (
                ATTACK.replace("TARGET", json.dumps(f"http://{named}"))
                .replace("SOCKET", json.dumps(f"ws://{named}"))
                .replace("COMMAND", json.dumps(SWITCH))
            )
            page = f"<!doctype html><body><script>{script}</script>".encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def attacked(page: Page, address: str, served: Served) -> None:
    """Open a page, and wait until it has tried everything and nothing of it went through."""
    tried: list[str] = []
    came_through: list[str] = []

    def is_answered(answer: Response) -> None:
        # Most answers the browser itself hides from a page of somebody else.
        if f":{served.port}/" in answer.url and answer.status not in {401, 403, 405, 415}:
            came_through.append(f"{answer.status} {answer.url}")

    page.on("request", lambda request: tried.append(request.url))
    page.on("response", is_answered)
    page.goto(address)
    page.wait_for_function("document.title === 'done'")
    assert len([url for url in tried if f":{served.port}/" in url]) > 15
    assert came_through == []
    assert page.evaluate("window.got") == []


# Another port of this host, which the browser brings the cookie to; another host; another name.
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "evil.example"])
def test_a_hostile_page_in_the_operators_browser_commands_nothing_and_reads_nothing(
    host: str, operator: BrowserContext, served: Served, hostile: int
) -> None:
    ask(operator, served, SWITCH)
    assert paused(operator, served), "the switch can be turned by whoever may"
    ask(operator, served, BACK)
    attacked(operator.new_page(), f"http://{host}:{hostile}/", served)
    assert not paused(operator, served)


def test_a_name_that_was_made_to_lead_here_is_no_way_in(
    operator: BrowserContext, served: Served, hostile: int
) -> None:
    """To the browser the server then belongs to the attacker, who may read what it answers."""
    named = f"evil.example:{served.port}"
    page = operator.new_page()
    answer = page.goto(f"http://{named}/{served.entrance.rpartition('/')[2]}")
    assert answer is not None
    assert answer.status == HTTPStatus.FORBIDDEN
    assert operator.cookies(f"http://{named}") == []
    attacked(page, f"http://evil.example:{hostile}/{named}", served)
    assert not paused(operator, served)


def test_a_browser_without_the_key_is_told_in_swedish_what_to_do(
    browser: Browser, served: Served
) -> None:
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(f"{served.address}/runs")
    assert answer is not None
    assert answer.status == HTTPStatus.UNAUTHORIZED
    assert "öppna den adress som avvik serve skrev ut" in page.inner_text("body")
    assert page.evaluate("document.documentElement.lang") == "sv"
    context.close()


def sent(served: Served, method: str, path: str, headers: dict[str, str], body: str = "") -> int:
    """Ask as a program does that sets each header itself."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_program_comes_in_with_the_cookie_and_json_alone(
    operator: BrowserContext, served: Served
) -> None:
    [cookie] = operator.cookies(served.address)
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
    known = {"Cookie": f"{cookie.get('name')}={cookie.get('value')}"}
    as_json = {"Content-Type": "application/json"}
    body = json.dumps({"query": SWITCH})
    link = "/graphql?query=" + SWITCH.replace(" ", "%20")
    back = json.dumps({"query": BACK})
    assert sent(served, "POST", "/graphql", {**known, **as_json}, back) == HTTPStatus.OK
    refused = [
        sent(served, "GET", "/", {}),
        sent(served, "GET", "/server_info", {}),
        sent(served, "POST", "/graphql", as_json, body),
        sent(served, "GET", link, known),
        sent(served, "GET", link, {**known, "Origin": "http://evil.example"}),
        sent(served, "POST", link, {**known, "Content-Type": "text/plain"}, body),
        sent(served, "POST", link, {**known, "Content-Type": "application/graphql"}, SWITCH),
        sent(served, "POST", link, known),
        sent(served, "POST", "/graphql", {**known, **as_json, "Host": "evil.example"}, body),
        sent(served, "POST", "/graphql", {**known, **as_json, "Origin": "null"}, body),
    ]
    assert refused == [401, 401, 401, 405, 403, 415, 415, 415, 403, 403]
    assert not paused(operator, served)


def test_a_run_cannot_be_told_another_home_or_key(
    operator: BrowserContext, served: Served, home: Path
) -> None:
    answer = operator.request.post(
        f"{served.address}/graphql",
        data={
            "query": "mutation($p: ExecutionParams!) { launchRun(executionParams: $p)"
            " { __typename ... on RunConfigValidationInvalid { errors { reason } } } }",
            "variables": {
                "p": {
                    "selector": {
                        "repositoryLocationName": "avvik",
                        "repositoryName": "__repository__",
                        "jobName": "nightly",
                    },
                    "runConfigData": {
                        "resources": {"avvik": {"config": {"overrides": {"home": "zq7-home"}}}}
                    },
                }
            },
        },
    )
    said = answer.json()["data"]["launchRun"]
    assert said["__typename"] == "RunConfigValidationInvalid"
    files = [path for path in (home / "dagster").rglob("*") if path.is_file()]
    assert len(files) > 3
    assert [path for path in files if b"zq7-home" in path.read_bytes()] == []


def test_nothing_but_the_door_listens_and_dagsters_sockets_are_the_owners(served: Served) -> None:
    processes = descendants(served.process)
    assert len(processes) >= 4, "web server, code server twice, daemon"
    listening = {
        line.split()[9]: int(line.split()[1].rpartition(":")[2], 16)
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    open_here = {
        str(file.readlink())
        for each in processes
        for file in Path(f"/proc/{each}/fd").iterdir()
        if file.is_symlink()
    }
    assert {port for inode, port in listening.items() if f"socket:[{inode}]" in open_here} == {
        served.port
    }
    environment = Path(f"/proc/{processes[-1]}/environ").read_bytes().split(b"\0")
    [folder] = [Path(each[7:].decode()) for each in environment if each.startswith(b"TMPDIR=")]
    assert any(path.is_socket() for path in folder.iterdir())
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


def test_the_key_is_said_once_and_stands_in_no_file_and_no_argument(
    served: Served, home: Path
) -> None:
    key = served.entrance.partition("nyckel=")[2].encode()
    for each in descendants(served.process):
        for seen in ("cmdline", "environ"):
            assert key not in Path(f"/proc/{each}/{seen}").read_bytes()
    holding = [p for p in home.rglob("*") if p.is_file() and key in p.read_bytes()]
    assert holding == [served.said]
    assert served.said.read_bytes().count(key) == 1


def descendants(process: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    parents = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(file.parent.name)] = int(file.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [process]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]
