"""A real Chromium, and a real server on loopback with a small city behind it."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_READY_SECONDS = 180
# A server that hangs is given half a minute, and the runs that it started a minute.
_ENDED_SECONDS = 120


def _chromium() -> str:
    """Find Chromium, or install it; a machine without one fails and does not skip."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=True)
        found = shutil.which("chromium")
    if found is None:
        pytest.fail("Chromium is needed for these tests: install it, for instance as a package")
    return found


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    arguments += ["--disable-component-update", "--disable-sync", "--no-first-run"]
    # A name that its owner lets lead here.
    arguments += ["--host-resolver-rules=MAP evil.example 127.0.0.1"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=_chromium(), args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that refuses every address but this machine's."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, locale="sv-SE")
    opened = context.new_page()
    strangers: list[str] = []
    opened.on(
        "request",
        lambda request: (
            strangers.append(request.url)
            if not request.url.startswith(
                ("http://127.0.0.1", "ws://127.0.0.1", "file:", "data:", "blob:")
            )
            else None
        ),
    )
    yield opened
    context.close()
    assert strangers == []


def listen(page: Page, faults: list[str]) -> None:
    """Write down what goes wrong on a page.

    What was on its way when its reader went to another page is not a fault: no one waits for it.
    """

    def lost(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":
            faults.append(f"{request.url}: {request.failure}")

    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lost)


@pytest.fixture
def quiet(page: Page) -> Iterator[Page]:
    """A page on which nothing may go wrong."""
    faults: list[str] = []
    listen(page, faults)
    yield page
    assert faults == []


@pytest.fixture(scope="package")
def home(published_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that has published once, by the command that a person types."""
    home = tmp_path_factory.mktemp("browser") / "home"
    shutil.copytree(published_once / "home", home, symlinks=True)
    return home


@dataclass(frozen=True)
class Served:
    """`avvik serve` as it runs.

    Attributes:
        address: Where it is.
        entrance: What it said that the operator should open.
        process: The command.
        said: What it has said is written here.
    """

    address: str
    entrance: str
    process: int
    said: Path

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


@pytest.fixture
def server(served: Served, page: Page) -> str:
    """The address of the server, for a page that has come in as the operator does."""
    page.goto(served.entrance)
    return served.address


@pytest.fixture(scope="package")
def served(home: Path) -> Iterator[Served]:
    """`avvik serve` on a free port, until these tests are done: it looks about all the time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (home / "serve.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration", "serve", "--home", str(home), "--port", str(port)],
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        umask=0,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, (home / "serve.log").read_text()[-3000:]
            if told := re.search(r"Öppna (\S+)", (home / "serve.log").read_text()):
                break
            time.sleep(0.5)
        else:
            pytest.fail((home / "serve.log").read_text()[-3000:])
        yield Served(address, told[1], process.pid, home / "serve.log")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=_ENDED_SECONDS)
        except subprocess.TimeoutExpired:
            pytest.fail((home / "serve.log").read_text()[-9000:])
        finally:
            # Whatever did not listen must not outlive the tests.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            log.close()
