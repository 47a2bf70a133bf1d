"""One HTTP client for all publishers: polite, patient and bounded.

Keeps to each publisher's pace, tries again where that can help, and gives up with a Swedish reason.
What is asked and what the answer means belongs in the publishers' modules.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from orchestration.sources.registry import Calls, PublisherName

_TIMEOUT = httpx.Timeout(connect=10.0, read=30.0, write=10.0, pool=10.0)
_TOTAL_SECONDS = 120.0
_LARGEST = 64 << 20
_TRIES = 5
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 120.0
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
USER_AGENT = f"avvik/{version('avvik')} (kommunal statistik; httpx)"


class FetchError(Exception):
    """A publisher could not be asked, or did not answer as it should.

    Attributes:
        message_sv: Publisher, path, what happened and what to do.
    """

    def __init__(self, publisher: str, path: str, what: str, remedy: str) -> None:
        self.message_sv = f"{publisher}, {path}: {what}. Gör så här: {remedy}."
        super().__init__(self.message_sv)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer with a good status.

    Attributes:
        content: The body.
        media_type: Content type without parameters, in lower case.
        headers: The headers, names in lower case.
    """

    content: bytes
    media_type: str
    headers: Mapping[str, str]


class Pace:
    """At most so many calls within so many seconds; waits where one more would be too many."""

    def __init__(
        self,
        calls: Calls,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._calls = calls
        self._clock = clock
        self._sleep = sleep
        self._made: deque[float] = deque()
        self._lock = threading.Lock()

    def keep_to(self, calls: Calls) -> None:
        """Take over the pace that the publisher itself states.

        Args:
            calls: The publisher's limit.
        """
        self._calls = calls

    def wait(self) -> None:
        """Wait until one more call is allowed, and count it."""
        with self._lock:
            while True:
                now = self._clock()
                while self._made and now - self._made[0] >= self._calls.seconds:
                    self._made.popleft()
                if len(self._made) < self._calls.count:
                    self._made.append(now)
                    return
                self._sleep(self._calls.seconds - (now - self._made[0]))


class Client:
    """Asks publishers at their addresses.

    Args:
        addresses: Publisher to the address that its paths lie below.
        paces: Publisher to how often it may be asked.
        sleep: Waits; replaced in tests.
        clock: Seconds that only grow; replaced in tests.
    """

    def __init__(
        self,
        addresses: Mapping[PublisherName, str],
        paces: Mapping[PublisherName, Pace],
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = {name: address.rstrip("/") for name, address in addresses.items()}
        self._sleep = sleep
        self._clock = clock
        self._paces = paces
        self._random = random.Random()  # noqa: S311 (spreads waiting times; guards no secret)
        self._http = httpx.Client(
            timeout=_TIMEOUT, headers={"user-agent": USER_AGENT}, follow_redirects=False
        )

    def __enter__(self) -> Self:
        """Use as a context manager, which closes the connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def pace(self, publisher: PublisherName) -> Pace:
        """The pace of a publisher, to be adjusted to what it states itself."""
        return self._paces[publisher]

    @contextmanager
    def dialogue(self) -> Iterator["Client"]:
        """A client with cookies of its own, for a form that remembers its visitor.

        Yields:
            The client; its cookies are forgotten afterwards.
        """
        with Client(self._addresses, self._paces, sleep=self._sleep, clock=self._clock) as client:
            yield client

    def get(
        self,
        publisher: PublisherName,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        largest: int = _LARGEST,
    ) -> Response:
        """Ask with GET.

        Args:
            publisher: Whom.
            path: Below the publisher's address, beginning with a slash; or a whole address below
                it, as `next` links are.
            params: Query parameters.
            largest: Size in bytes above which the answer is refused.

        Returns:
            The answer.

        Raises:
            FetchError: If there is no good answer after all tries.
        """
        return self._ask(publisher, "GET", path, largest, params=params)

    def post(
        self,
        publisher: PublisherName,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        largest: int = _LARGEST,
    ) -> Response:
        """Ask with POST; only for requests that change nothing at the publisher.

        Args:
            publisher: Whom.
            path: As for `get`.
            params: Query parameters.
            json: A body to send as JSON.
            form: A body to send as a form.
            largest: Size in bytes above which the answer is refused.

        Returns:
            The answer.

        Raises:
            FetchError: If there is no good answer after all tries.
        """
        return self._ask(publisher, "POST", path, largest, params=params, json=json, data=form)

    def _address(self, publisher: PublisherName, path: str) -> str:
        base = self._addresses[publisher]
        if path.startswith("/"):
            return base + path
        if urlsplit(path).netloc != urlsplit(base).netloc:
            raise FetchError(
                publisher,
                path,
                "svaret pekar vidare till en annan adress",
                "kontrollera utgivarens adress i källregistret",
            )
        return path

    def _ask(
        self, publisher: PublisherName, method: str, path: str, largest: int, **arguments: Any
    ) -> Response:
        address = self._address(publisher, path)
        what = ""
        for attempt in range(_TRIES):
            self._paces[publisher].wait()
            wait = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT) * self._random.uniform(0.5, 1.5)
            try:
                status, response = self._once(publisher, method, address, largest, arguments)
            except httpx.TransportError as error:
                what = f"förbindelsen bröts ({type(error).__name__})"
            else:
                if status < 300:  # noqa: PLR2004 - a good status
                    return response
                what = f"utgivaren svarar med felkod {status}"
                if status not in _TRY_AGAIN:
                    break
                stated = response.headers.get("retry-after", "")
                if stated.isdigit():
                    wait = min(float(stated), _LONGEST_WAIT)
            if attempt + 1 < _TRIES:
                self._sleep(wait)
        raise FetchError(
            publisher,
            path,
            what,
            "försök igen senare; består felet, kontrollera adress och urval i källregistret",
        )

    def _once(
        self,
        publisher: PublisherName,
        method: str,
        address: str,
        largest: int,
        arguments: Mapping[str, Any],
    ) -> tuple[int, Response]:
        began = self._clock()
        with self._http.stream(method, address, **arguments) as answer:
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > largest:
                    raise FetchError(
                        publisher,
                        address,
                        f"svaret är större än {largest} byte",
                        "minska urvalet eller höj gränsen",
                    )
                if self._clock() - began > _TOTAL_SECONDS:
                    raise httpx.ReadTimeout("hela svaret tog för lång tid")
            media_type = answer.headers.get("content-type", "").split(";")[0].strip().lower()
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status_code, Response(bytes(body), media_type, headers)
