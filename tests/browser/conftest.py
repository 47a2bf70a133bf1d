"""A real Chromium, and a real server on loopback with a small city behind it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_READY_SECONDS = 180


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    arguments += ["--disable-component-update", "--disable-sync", "--no-first-run"]
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


@pytest.fixture(scope="session")
def home(published_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that has published once, by the command that a person types."""
    home = tmp_path_factory.mktemp("browser") / "home"
    shutil.copytree(published_once / "home", home, symlinks=True)
    return home


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[str]:
    """`avvik serve` on a free port, until the last test is done."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (home / "serve.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration", "serve", "--home", str(home), "--port", str(port)],
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, (home / "serve.log").read_text()[-3000:]
            try:
                with urlopen(f"{address}/server_info", timeout=5):  # noqa: S310
                    break
            except (URLError, OSError):
                time.sleep(1)
        else:
            pytest.fail((home / "serve.log").read_text()[-3000:])
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        finally:
            # Whatever did not listen must not outlive the tests.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            log.close()
