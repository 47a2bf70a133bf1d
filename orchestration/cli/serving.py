"""`avvik serve`: Dagster's web server and daemon as children of this process, on loopback.

What they serve is the code location; nothing of the flow belongs here.
"""

import os
import signal
import subprocess
import sys

import typer

from orchestration.cli.output import console
from orchestration.cli.running import prepare_dagster_home
from orchestration.settings import PROJECT_ROOT, Settings


def serve_dagster(settings: Settings, port: int) -> None:
    """Serve until somebody ends it.

    Args:
        settings: The installation.
        port: Where to listen.

    Raises:
        typer.Exit: With the servers' own exit code.
    """
    prepare_dagster_home(settings)
    environment = {
        **os.environ,
        "AVVIK_HOME": str(settings.home.absolute()),
        "DAGSTER_HOME": str(settings.dagster_home),
        "DO_NOT_TRACK": "1",
    }
    command = [sys.executable, "-m", "dagster", "dev"]
    command += ["--workspace", str(PROJECT_ROOT / "workspace.yaml")]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    console.print(f"Öppna http://127.0.0.1:{port} (avsluta med Ctrl+C)")
    # A shell that starts this in the background ignores SIGINT, and Dagster's servers then ignore
    # SIGTERM as well: the children get the default handlers back.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT)  # noqa: S603
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        raise typer.Exit(process.wait())
    except KeyboardInterrupt:
        process.wait()
