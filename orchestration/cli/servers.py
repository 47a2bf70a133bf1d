"""Dagster's servers in one process group: the door with the web server behind it, and the daemon.

What `dagster dev` starts, but for the port: only the door listens there, and Dagster's web server
answers it within this process, with `pages` beside it. The code server listens at a Unix socket in
a directory of ours.
`avvik serve` starts this as `python -m orchestration.cli.servers PORT`, hands it the key on its
standard input, and ends it.
"""

import faulthandler
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from types import FrameType

import uvicorn
import yaml
from dagster import DagsterInstance, __version__
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._utils.log import configure_loggers
from dagster_webserver.app import create_app_from_workspace_process_context

from orchestration.cli.door import Door
from orchestration.cli.interrupts import Interrupted, interruptible
from orchestration.cli.pages import beside
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.storage.home import keep_private

HOST = "127.0.0.1"
_LOG_LEVEL = "warning"
# How often an open page asks for what has changed; Dagster's own choice.
_POLL_MILLISECONDS = 2000
# What it was in the midst of is told by the next start.
_DAEMON_SECONDS = 10
# Who waits for this process to end gives up soon after; by then it has said where it stands.
_HANGING_SECONDS = 20
# Open pages hold a connection for as long as they are looked at.
_LEAVE_SECONDS = 2


def main() -> None:
    """Serve until a signal comes, or until the daemon ends by itself."""
    keep_private()
    port, key = int(sys.argv[1]), sys.stdin.readline().strip()
    configure_loggers(formatter="colored", log_level="INFO")
    try:
        with interruptible(), ExitStack() as stack:
            instance = stack.enter_context(DagsterInstance.get())
            workspace = stack.enter_context(_code_server(instance))
            daemon = stack.enter_context(_daemon(workspace))
            context = stack.enter_context(
                WorkspaceProcessContext(
                    instance,
                    workspace_load_target=WorkspaceFileTarget([str(workspace)]),
                    version=__version__,
                    code_server_log_level=_LOG_LEVEL,
                )
            )
            server = _server(context, port, key)
            threading.Thread(target=_end_with, args=(daemon, server), daemon=True).start()
            server.run()
    except Interrupted:
        return
    # Nobody asked it to.
    sys.exit(1)


@contextmanager
def _code_server(instance: DagsterInstance) -> Iterator[Path]:
    """Start the code server, and tell where it is."""
    target = WorkspaceFileTarget([str(PROJECT_ROOT / "workspace.yaml")])
    with (
        ProxyServerManager(instance, target, code_server_log_level=_LOG_LEVEL) as servers,
        tempfile.TemporaryDirectory() as folder,
    ):
        file = Path(folder) / "workspace.yaml"
        specs = [dict(each) for each in servers.get_code_server_specs()]
        file.write_text(yaml.safe_dump({"load_from": specs}), encoding="utf-8")
        yield file


@contextmanager
def _daemon(workspace: Path) -> Iterator["Popen[bytes]"]:
    """Start the daemon, which keeps the schedule and the sensors going."""
    command = [sys.executable, "-m", "dagster._daemon", "run", "--workspace", str(workspace)]
    process = Popen([*command, "--code-server-log-level", _LOG_LEVEL])  # noqa: S603
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_DAEMON_SECONDS)
        except TimeoutExpired:
            process.kill()


class _Server(uvicorn.Server):
    """A web server that says where it stands if it does not end when it is asked to."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        faulthandler.dump_traceback_later(_HANGING_SECONDS)
        super().handle_exit(sig, frame)


def _server(context: WorkspaceProcessContext, port: int, key: str) -> uvicorn.Server:
    app = create_app_from_workspace_process_context(context, "", _POLL_MILLISECONDS)
    return _Server(
        uvicorn.Config(
            Door(beside(app, Settings()), port=port, key=key),
            host=HOST,
            port=port,
            log_level=_LOG_LEVEL,
            # A line for each request would hold the key.
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_LEAVE_SECONDS,
        )
    )


def _end_with(daemon: "Popen[bytes]", server: uvicorn.Server) -> None:
    daemon.wait()
    server.should_exit = True


if __name__ == "__main__":
    main()
