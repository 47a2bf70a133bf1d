"""The replay server: one address a publisher, and faults on demand.

Listens on loopback only. What a publisher answers belongs in its own module, what can go wrong with
an answer in `faults`.
"""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

RECORDED: Final = Path(__file__).parents[1] / "recorded"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked.

    Attributes:
        method: GET or POST.
        path: Below the publisher's address, decoded, beginning with a slash.
        query: Query parameters in order, decoded; a name may come more than once.
        body: The body.
        headers: Names in lower case.
        address: The publisher's own address on this server, for links in answers.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes
    headers: Mapping[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class Sending:
    """How the bytes of an answer go out.

    Attributes:
        declared_length: What is said of the body's length; the truth where None.
        cut_after: Bytes of the body after which the connection is cut; never where None.
        piece: Bytes that go out at a time; all at once where None.
        pause: Seconds between two pieces.
    """

    declared_length: int | None = None
    cut_after: int | None = None
    piece: int | None = None
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered.

    Attributes:
        content: The body.
        media_type: The content type, with parameters.
        status: The HTTP status.
        headers: Further headers; with an `ETag` or `Last-Modified` among them, an answer that the
            asker has already is not sent again.
        sending: How the bytes go out.
    """

    content: bytes
    media_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    sending: Sending = Sending()


Answerer = Callable[[Request], Reply]
# A fault sees the reply that would have been given and gives another; None cuts the connection.
Fault = Callable[[Request, Reply], Reply | None]
ALWAYS: Final = 1_000_000
_NOT_MODIFIED: Final = 304


def not_found(request: Request) -> Reply:
    """The answer to a path that nobody answers."""
    return Reply(f"Not found: {request.path}".encode(), "text/plain; charset=utf-8", 404)


class _Server(ThreadingHTTPServer):
    """Says nothing of an asker that hung up."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class ReplayServer:
    """Serves publishers on 127.0.0.1, as a context manager.

    Args:
        answerers: Publisher to what answers for it.
    """

    def __init__(self, answerers: Mapping[str, Answerer]) -> None:
        self._answerers = dict(answerers)
        self._faults: list[tuple[str, Fault, list[int]]] = []
        self._lock = threading.Lock()
        self.requests: list[tuple[str, Request]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body are two writes; waiting to join them costs 40 ms an answer.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                server._serve(self)

            def do_POST(self) -> None:
                server._serve(self)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        # How long it takes to stop is how often it looks up.
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def addresses(self) -> dict[str, str]:
        """Publisher to its address on this server."""
        port = self._server.server_address[1]
        return {name: f"http://127.0.0.1:{port}/{name}" for name in self._answerers}

    def plant(self, publisher: str, fault: Fault, *, times: int = 1) -> None:
        """Spoil the next answers of a publisher.

        Args:
            publisher: Whose.
            fault: What becomes of an answer.
            times: How many answers.
        """
        with self._lock:
            self._faults.append((publisher, fault, [times]))

    def __enter__(self) -> Self:
        """Start serving."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _next_fault(self, publisher: str) -> Fault | None:
        with self._lock:
            for name, fault, left in self._faults:
                if name == publisher and left[0] > 0:
                    left[0] -= 1
                    return fault
        return None

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        _, publisher, *rest = parts.path.split("/")
        length = int(handler.headers.get("content-length") or 0)
        request = Request(
            method=handler.command,
            path=unquote("/" + "/".join(rest)),
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            body=handler.rfile.read(length),
            headers={name.lower(): value for name, value in handler.headers.items()},
            address=self.addresses.get(publisher, ""),
        )
        with self._lock:
            self.requests.append((publisher, request))
        reply: Reply | None = self._answerers.get(publisher, not_found)(request)
        fault = self._next_fault(publisher)
        if fault is not None and reply is not None:
            reply = fault(request, reply)
        if reply is None:
            handler.close_connection = True
            return
        try:
            _send(handler, _unless_known(request, reply))
        except OSError:
            # The asker had enough and closed the connection.
            handler.close_connection = True


def _unless_known(request: Request, reply: Reply) -> Reply:
    """Leave out the body that the asker says it has."""
    etag, modified = reply.headers.get("ETag"), reply.headers.get("Last-Modified")
    same = etag is not None and request.headers.get("if-none-match") == etag
    if etag is None and modified is not None:
        same = request.headers.get("if-modified-since") == modified
    return Reply(b"", reply.media_type, _NOT_MODIFIED, reply.headers) if same else reply


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    sending = reply.sending
    length = sending.declared_length
    handler.send_response(reply.status)
    handler.send_header("Content-Type", reply.media_type)
    handler.send_header("Content-Length", str(len(reply.content) if length is None else length))
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    content = reply.content[: sending.cut_after]
    step = sending.piece or max(len(content), 1)
    for start in range(0, len(content), step):
        if start:
            time.sleep(sending.pause)
        handler.wfile.write(content[start : start + step])
    if sending.cut_after is not None or length is not None:
        handler.close_connection = True
