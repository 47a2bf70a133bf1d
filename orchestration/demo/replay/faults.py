"""What goes wrong with a publisher's answers, to be planted in the replay server.

Each function makes a fault. What an answer is when nothing is wrong belongs in the publishers'
modules.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from orchestration.demo.replay.server import Fault, Reply, Request, Sending

_PAGE = "<!DOCTYPE html><html><head><title>Underhåll</title></head><body>Stängt.</body></html>"


def too_many_calls(retry_after: str | None = None) -> Fault:
    """Answer 429.

    Args:
        retry_after: What the header says, seconds or an HTTP date; no header where None.
    """
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return lambda _, __: Reply(b"API calls quota exceeded!", "text/plain", 429, headers)


def server_error(status: int = 500) -> Fault:
    """Answer with an error of the publisher's own.

    Args:
        status: Which.
    """
    return lambda _, __: Reply(b"Internal Server Error", "text/plain", status)


def no_answer() -> Fault:
    """Cut the connection before a byte has been sent."""
    return lambda _, __: None


def cut(after: int) -> Fault:
    """Cut the connection within the body.

    Args:
        after: Bytes of the body that arrive.
    """
    return lambda _, reply: replace(reply, sending=Sending(cut_after=after))


def slow(piece: int, pause: float) -> Fault:
    """Let the body trickle.

    Args:
        piece: Bytes at a time.
        pause: Seconds in between.
    """
    return lambda _, reply: replace(reply, sending=Sending(piece=piece, pause=pause))


def wrong_length(difference: int) -> Fault:
    """State another length of the body than it has.

    Args:
        difference: Bytes too many or too few.
    """
    return lambda _, reply: replace(
        reply, sending=Sending(declared_length=len(reply.content) + difference)
    )


def web_page() -> Fault:
    """Answer with a page for people and a good status, as a login or a closed service does."""
    return lambda _, __: Reply(_PAGE.encode(), "text/html; charset=utf-8")


def redirect(to: str, status: int = 302) -> Fault:
    """Point elsewhere.

    Args:
        to: The address; below the server's own where it begins with a slash.
        status: Which kind of redirect.
    """
    return lambda _, __: Reply(b"", "text/plain", status, {"Location": to})


def oversize(size: int) -> Fault:
    """Answer with more bytes than anybody asked for.

    Args:
        size: How many.
    """
    return lambda _, reply: Reply(b" " * size, reply.media_type)


def bomb(size: int) -> Fault:
    """Answer with few bytes that unpack to very many.

    Args:
        size: How many they unpack to.
    """
    packed = gzip.compress(b" " * size)
    return lambda _, reply: Reply(packed, reply.media_type, 200, {"Content-Encoding": "gzip"})


def altered(change: Callable[[Any], object]) -> Fault:
    """Change a JSON answer, as a publisher does that changes its format.

    Args:
        change: Changes the parsed answer in place.
    """

    def fault(_: Request, reply: Reply) -> Reply:
        answer = json.loads(reply.content)
        change(answer)
        return replace(reply, content=json.dumps(answer, ensure_ascii=False).encode())

    return fault


def dropped_dimension(name: str) -> Fault:
    """Answer json-stat2 without one of its variables, and with a good status.

    Args:
        name: The variable; its first code is what remains in the figures.
    """

    def drop(answer: Any) -> None:
        place = answer["id"].index(name)
        size = answer["size"]
        inner = 1
        for each in size[place + 1 :]:
            inner *= each
        block = inner * size[place]
        answer["value"] = [value for n, value in enumerate(answer["value"]) if n % block < inner]
        del answer["id"][place], size[place], answer["dimension"][name]

    return altered(drop)
