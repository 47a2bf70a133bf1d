"""`avvik serve`: Dagster's web server and daemon as children of this process, on loopback.

Says where they are once they answer, and ends them with itself. What they are is said in `servers`,
who may come in in `door`; nothing of the flow belongs here.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.error import URLError
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

import typer

from orchestration.cli.door import entrance, new_key
from orchestration.cli.interrupts import Interrupted, ignore_interrupts, interruptible
from orchestration.cli.output import STOPPED, console, errors, refuse
from orchestration.cli.page_texts import START
from orchestration.cli.running import end_runs, prepare_dagster_home
from orchestration.settings import PROJECT_ROOT, Settings

_HOST = "127.0.0.1"
_GLANCE_SECONDS = 0.5
_ANSWER_SECONDS = 5.0
# The servers end within seconds; what hangs in one of them holds up nobody who wants to leave.
_SERVERS_SECONDS = 30.0
# A run ends at its next statement.
_RUNS_SECONDS = 60.0


def serve_dagster(settings: Settings, port: int) -> None:
    """Serve until somebody ends it.

    Args:
        settings: The installation.
        port: Where to listen.

    Raises:
        typer.Exit: When it ends: 2 where the port is taken, 1 where Dagster ended by itself, else
            128 and the number of the signal.
    """
    _require_free(port)
    prepare_dagster_home(settings)
    address, key = f"http://{_HOST}:{port}", new_key()
    try:
        with interruptible(), _dagster(settings, port, key) as process:
            with console.status("Startar Dagster"):
                while process.poll() is None and not _answers(address, key):
                    time.sleep(_GLANCE_SECONDS)
            if process.poll() is None:
                settings.served_file.write_text(f"{address}\n", encoding="utf-8")
                said = f"Öppna {entrance(address + START, key)} (avsluta med Ctrl+C)"
                console.print(said, soft_wrap=True)
            code = process.wait()
            errors.print(
                f"Dagster avslutades av sig själv (kod {code}). Gör så här: läs raderna ovan, rätta"
                " orsaken och starta igen.",
                style="bold red",
                soft_wrap=True,
            )
            raise typer.Exit(STOPPED)
    except Interrupted as interrupt:
        name = signal.Signals(interrupt.signum).name
        console.print(f"avvik serve är avslutad ({name}).")
        raise typer.Exit(interrupt.exit_code) from None


def _require_free(port: int) -> None:
    """Refuse a port that somebody listens at already."""
    with socket.socket() as probe:
        # As the web server does: a port that has just been left may be taken at once.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            refuse(
                f"Port {port} kan inte användas: {error.strerror}. Gör så här: avsluta det som"
                " lyssnar där, eller välj en annan port med --port.",
                cause=error,
            )


def _answers(address: str, key: str) -> bool:
    try:
        # Straight there, whatever proxy the environment names, and in by the door.
        opener = build_opener(ProxyHandler({}), HTTPCookieProcessor())
        asked = entrance(f"{address}/server_info", key)
        with opener.open(asked, timeout=_ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004
    except (URLError, OSError):
        return False


def dagster_command(port: int) -> list[str]:
    """The command that starts Dagster's servers.

    Args:
        port: Where the web server is to listen.

    Returns:
        The command line.
    """
    return [sys.executable, "-m", "orchestration.cli.servers", str(port)]


def served_settings(settings: Settings) -> dict[str, str]:
    """What the servers, which work in another directory, are told of the installation.

    Args:
        settings: The installation, of the municipality that is reported on.

    Returns:
        Environment variables; what is not among them they read as this process did.
    """
    told = {
        "AVVIK_HOME": str(settings.home.absolute()),
        "AVVIK_MUNICIPALITY": settings.municipality,
    }
    # Not found, a directory of files would pass for the file of a home of one.
    if settings.municipality_file is not None:
        told["AVVIK_MUNICIPALITY_FILE"] = str(settings.municipality_file.absolute())
    return told


@contextmanager
def _dagster(settings: Settings, port: int, key: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start Dagster's servers in a session of their own, and end them whatever happens."""
    # Dagster's own sockets lie among temporary files; their paths must be short.
    private = tempfile.TemporaryDirectory(prefix="avvik-", ignore_cleanup_errors=True)
    environment = {
        **os.environ,
        **served_settings(settings),
        "DAGSTER_HOME": str(settings.dagster_home),
        "DAGSTER_IS_DEV_CLI": "1",
        "TMPDIR": private.name,
        "DO_NOT_TRACK": "1",
    }
    # A session of their own: Ctrl-C then reaches this process alone, which ends them in order.
    process = subprocess.Popen(  # noqa: S603
        dagster_command(port),
        env=environment,
        cwd=PROJECT_ROOT,
        start_new_session=True,
        stdin=subprocess.PIPE,
    )
    try:
        # Arguments and environments are seen by others.
        if process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as door:
                door.write(f"{key}\n".encode())
        yield process
    finally:
        ignore_interrupts()
        settings.served_file.unlink(missing_ok=True)
        with console.status("Avslutar Dagster"):
            _end(process)
            _end_open_runs(settings)
        private.cleanup()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the servers, then the runs that they had started, then what does not listen."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_SERVERS_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    # The session has the number of its first process.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + _RUNS_SECONDS
        while time.monotonic() < deadline:
            time.sleep(_GLANCE_SECONDS)
            os.killpg(process.pid, 0)
        os.killpg(process.pid, signal.SIGKILL)


def _end_open_runs(settings: Settings) -> None:
    """Close the books on the runs whose processes have just ended."""
    if not (settings.dagster_home / "history").exists():
        return
    import dagster as dg  # noqa: PLC0415

    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        end_runs(instance, of_command_line=False)
