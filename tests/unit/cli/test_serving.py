"""`avvik serve` says where it listens when it does, and ends what it started."""

import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.cli.serving import served_settings
from orchestration.settings import Settings

# Stands in for Dagster: answers after a while, with a child of its own, as Dagster has.
SERVER = """
import http.server, os, pathlib, subprocess, sys, time
port, marks = int(sys.argv[1]), pathlib.Path(sys.argv[2])
key = sys.stdin.readline().strip()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
(marks / "server").write_text(str(os.getpid()))
(marks / "child").write_text(str(child.pid))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        (marks / "asked").touch()
        time.sleep(0.2)
        self.send_response(200 if self.path == f"/server_info?nyckel={key}" else 404)
        self.end_headers()
    def log_message(self, *_): pass
time.sleep(1)
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
# One that does not listen, nor its child.
DEAF = """
import os, pathlib, signal, sys, time
port, marks = sys.argv[1], pathlib.Path(sys.argv[2])
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    (marks / "child").write_text(str(child))
    (marks / "server").write_text(str(os.getpid()))
time.sleep(600)
"""
SERVE = """
import sys
from orchestration.cli import main, serving
serving._SERVERS_SECONDS, serving._RUNS_SECONDS = 1, 2
serving.dagster_command = lambda port: [sys.executable, "-c", {code!r}, str(port), {marks!r}]
sys.argv = ["avvik", "serve", "--home", {home!r}, "--port", {port!r}]
main()
"""


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def alive(pid: int) -> bool:
    """Whether a process is there and has not ended; a zombie has."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`avvik serve` with something else in Dagster's place."""
    code = SERVE.format(
        code=textwrap.dedent(request.param),
        marks=str(tmp_path),
        home=str(tmp_path / "home"),
        port=free_port(),
    )
    process = subprocess.Popen(
        # SIGINT is ignored, as in what a shell starts in the background.
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("served", [SERVER], indirect=True)
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_once_it_listens_and_ends_all(
    served: subprocess.Popen[str], signum: int, tmp_path: Path
) -> None:
    assert served.stdout is not None
    first = served.stdout.readline()
    assert first.startswith("Öppna http://127.0.0.1:"), first
    assert (tmp_path / "asked").exists(), "it was announced before it answered"
    address = (tmp_path / "home" / "dagster" / "served_at").read_text().strip()
    entrance, _, key = first.split()[1].partition("/start?nyckel=")
    assert entrance == address
    assert len(key) >= 43, "256 bits"
    # Others on the machine see what a process was started with.
    for process in (served.pid, int((tmp_path / "server").read_text())):
        for seen in ("cmdline", "environ"):
            assert key.encode() not in Path(f"/proc/{process}/{seen}").read_bytes()
    child = int((tmp_path / "child").read_text())
    assert alive(child)
    served.send_signal(signum)
    said, _ = served.communicate(timeout=120)
    assert served.returncode == 128 + signum
    assert f"avvik serve är avslutad ({signal.Signals(signum).name})." in said
    assert "Traceback" not in said
    assert not alive(child)
    assert not (tmp_path / "home" / "dagster" / "served_at").exists()


@pytest.mark.parametrize("served", [DEAF], indirect=True)
def test_what_does_not_listen_is_ended_all_the_same(
    served: subprocess.Popen[str], tmp_path: Path
) -> None:
    deadline = time.monotonic() + 60
    while not (tmp_path / "server").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    pids = [int((tmp_path / name).read_text()) for name in ("server", "child")]
    assert all(alive(pid) for pid in pids)
    served.send_signal(signal.SIGTERM)
    said, _ = served.communicate(timeout=120)
    assert served.returncode == 128 + signal.SIGTERM
    assert "avvik serve är avslutad (SIGTERM)." in said
    assert not any(alive(pid) for pid in pids)


@pytest.mark.parametrize("served", ["raise SystemExit(0)", "raise SystemExit(3)"], indirect=True)
def test_a_server_that_dies_is_told(served: subprocess.Popen[str]) -> None:
    said, _ = served.communicate(timeout=120)
    assert served.returncode == 1
    assert "Dagster avslutades av sig själv" in said
    assert "Gör så här" in said
    assert "Öppna" not in said


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        arguments = ["serve", "--home", str(tmp_path), "--port", port]
        result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert f"Port {port} kan inte användas" in result.stderr
    assert "--port" in result.stderr
    assert "Öppna" not in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_cannot_be_is_wrong_usage(port: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--home", str(tmp_path), "--port", port])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_servers_are_told_whose_home_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = served_settings(
        Settings(home=Path("hem"), municipality="1480", municipality_file=Path("kommuner"))
    )
    assert told == {
        "AVVIK_HOME": str(tmp_path / "hem"),
        "AVVIK_MUNICIPALITY": "1480",
        "AVVIK_MUNICIPALITY_FILE": str(tmp_path / "kommuner"),
    }
    assert "AVVIK_MUNICIPALITY_FILE" not in served_settings(Settings(home=tmp_path))
