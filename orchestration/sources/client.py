"""One HTTP client for all publishers: polite, patient and bounded.

Keeps to each publisher's pace, tries again where that can help, and gives up with a Swedish reason.
What is asked and what the answer means belongs in the publishers' modules. tenacity runs the
attempts; what is worth another one, and how long a publisher asks us to wait, is told here.

Nothing in the environment steers it: a proxy and a certificate authority of one's own are settings.
httpx would else read them, and passwords from a `.netrc`, wherever it happens to run.

Certificates and hosts are always verified. Where that fails, what is wrong is told, as the remedies
differ: a chain that its server sends incomplete is completed with a certificate in `AVVIK_CA_FILE`.
"""

import random
import ssl
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urljoin, urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from orchestration.language import numbers
from orchestration.sources.kept import KeptAnswers
from orchestration.sources.registry import Calls, PublisherName

_LARGEST = 64 << 20
_OK = 200
_NOT_MODIFIED = 304
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
# What is asked anew with GET after a form, and what keeps its method.
_SEE_OTHER = frozenset({301, 302, 303})
_REDIRECTS = _SEE_OTHER | {307, 308}
_MOST_REDIRECTS = 5
_ERROR_BODY_KEPT = 1 << 16
_PIECE = 1 << 16
# A call is counted when it is sent, and by the publisher when it arrives: the last of one window
# may be late and the first of the next early.
_SLACK_SECONDS = 0.1
_WEB_PAGES = frozenset({"text/html", "application/xhtml+xml"})
USER_AGENT = f"avvik/{version('avvik')} (kommunal statistik; httpx)"

_LATER = "försök igen senare; består felet, kontrollera adress och urval i källregistret"
_CHECK_ADDRESS = "kontrollera utgivarens adress i källregistret"

# What OpenSSL calls it (X509_V_ERR_*, verify(1)), what that means, and what to do.
_ADDED = "den läggs till dem som redan är betrodda, och kontrollen är lika sträng"
_INCOMPLETE = (
    (
        "certifikatkedjan är ofullständig: servern skickar inte det mellanliggande certifikat som"
        " har utfärdat dess eget, eller skickar ett annat"
    ),
    (
        "hämta utfärdarens certifikat (adressen står i serverns certifikat under Authority"
        " Information Access, CA Issuers), spara det som PEM i en fil och ange filen i"
        " AVVIK_CA_FILE;"
        f" {_ADDED}. Utfärdar organisationen själv certifikaten ska dess rotcertifikat stå i filen"
    ),
)
_ANOTHER_HOST = (
    "certifikatet gäller en annan värd",
    "kontrollera utgivarens adress i källregistret; stämmer den, vänta tills utgivaren har rättat",
)
_CERTIFICATE_FAULTS: dict[int, tuple[str, str]] = {
    9: (
        "certifikatet gäller inte än",
        "kontrollera datorns klocka; går den rätt, vänta tills utgivaren har rättat",
    ),
    10: (
        "certifikatet har gått ut",
        "kontrollera datorns klocka; går den rätt, vänta tills utgivaren har bytt certifikat",
    ),
    18: (
        "certifikatet är utfärdat av servern själv",
        (
            "kontrollera utgivarens adress i källregistret och vem som svarar där; är det en egen"
            f" server, ange dess certifikat som PEM i AVVIK_CA_FILE; {_ADDED}"
        ),
    ),
    19: (
        "certifikatkedjan slutar hos en utfärdare som inte är betrodd",
        (
            "är det en proxy som öppnar trafiken, ange dess rotcertifikat som PEM i AVVIK_CA_FILE;"
            f" {_ADDED}"
        ),
    ),
    20: _INCOMPLETE,
    21: _INCOMPLETE,
    62: _ANOTHER_HOST,
    64: _ANOTHER_HOST,
}
_MEANWHILE = "Kontrollen av certifikat stängs aldrig av; det förra svaret gäller till dess"

# Spreads waiting times; guards no secret.
_SPREAD = random.Random()  # noqa: S311

Due = Literal["json"]


class FetchError(Exception):
    """A publisher could not be asked, or did not answer as it should.

    Attributes:
        message_sv: Publisher, path, what happened and what to do.
        status: The HTTP status, where the publisher answered with an error.
        content: The beginning of that answer.
    """

    def __init__(
        self,
        publisher: str,
        path: str,
        what: str,
        remedy: str,
        *,
        status: int | None = None,
        content: bytes = b"",
    ) -> None:
        self.message_sv = f"{publisher}, {path}: {what}. Gör så här: {remedy}."
        self.status = status
        self.content = content
        super().__init__(self.message_sv)


class AuthoritiesError(Exception):
    """The file of certificates to trust cannot be used; the text is Swedish and says what to do."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer with a good status.

    Attributes:
        content: The body, decompressed.
        media_type: Content type without parameters, in lower case.
        headers: The headers, names in lower case.
    """

    content: bytes
    media_type: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the client waits, and how often it tries.

    Attributes:
        connect: Seconds until a connection stands.
        read: Seconds without a byte.
        whole: Seconds for the whole of one answer, however steadily its bytes trickle.
        tries: Attempts at one request.
        first_wait: Seconds before the second attempt; doubled each time, give or take half.
        longest_wait: Seconds beyond which a publisher that asks us to wait is left for now.
    """

    connect: float = 10.0
    read: float = 30.0
    whole: float = 120.0
    tries: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0


class Pace:
    """At most so many calls within so many seconds; waits where one more would be too many.

    Args:
        calls: The limit; None where nobody is burdened, which nothing then changes.
        clock: Seconds that only grow; replaced in tests.
        sleep: Waits; replaced in tests.
    """

    def __init__(
        self,
        calls: Calls | None,
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
        if self._calls is not None:
            self._calls = calls

    def wait(self) -> None:
        """Wait until one more call is allowed, and count it."""
        with self._lock:
            while self._calls is not None:
                now = self._clock()
                window = self._calls.seconds + _SLACK_SECONDS
                while self._made and now - self._made[0] >= window:
                    self._made.popleft()
                if len(self._made) < self._calls.count:
                    self._made.append(now)
                    return
                self._sleep(window - (now - self._made[0]))


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes


class _FailedError(Exception):
    """One attempt that brought no good answer.

    Attributes:
        status: The HTTP status, where the publisher answered with an error.
        content: The beginning of that answer.
        again: Whether another attempt can help.
        stated: Seconds that the publisher asks us to wait, where it does.
    """

    def __init__(
        self,
        what: str,
        *,
        status: int | None = None,
        content: bytes = b"",
        again: bool = True,
        stated: float | None = None,
    ) -> None:
        self.status = status
        self.content = content
        self.again = again
        self.stated = stated
        super().__init__(what)


class _NotWholeError(Exception):
    """An answer came, but not all of it or not of the kind that is due."""


class Client:
    """Asks publishers at their addresses.

    Args:
        addresses: Publisher to the address that its paths lie below.
        paces: Publisher to how often it may be asked.
        kept: Earlier answers, to ask whether they still hold; none are kept where None.
        proxy: Address of a proxy that all requests go through.
        ca_file: Certificates of authorities to trust besides the public ones, as PEM.
        patience: How long to wait and how often to try.
        sleep: Waits; replaced in tests.
        clock: Seconds that only grow; replaced in tests.

    Raises:
        AuthoritiesError: If the file of certificates cannot be used.
    """

    def __init__(
        self,
        addresses: Mapping[PublisherName, str],
        paces: Mapping[PublisherName, Pace],
        *,
        kept: KeptAnswers | None = None,
        proxy: str | None = None,
        ca_file: Path | None = None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = {name: address.rstrip("/") for name, address in addresses.items()}
        self._paces = paces
        self._kept = kept
        self._proxy = proxy
        self._ca_file = ca_file
        self._patience = patience or Patience()
        self._sleep = sleep
        self._clock = clock
        self._given_up: set[PublisherName] = set()
        self._http = httpx.Client(
            timeout=httpx.Timeout(self._patience.read, connect=self._patience.connect),
            headers={"user-agent": USER_AGENT, "accept-encoding": "gzip"},
            follow_redirects=False,
            trust_env=False,
            verify=_trusted(ca_file),
            proxy=proxy,
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
            The client; its cookies are forgotten afterwards, and its answers are not kept.
        """
        with Client(
            self._addresses,
            self._paces,
            proxy=self._proxy,
            ca_file=self._ca_file,
            patience=self._patience,
            sleep=self._sleep,
            clock=self._clock,
        ) as client:
            yield client

    def get(
        self,
        publisher: PublisherName,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        due: Due | None = None,
        largest: int = _LARGEST,
    ) -> Response:
        """Ask with GET.

        Args:
            publisher: Whom.
            path: Below the publisher's address, beginning with a slash; or a whole address below
                it, as `next` links are.
            params: Query parameters.
            due: What the answer must be; a web page in its place is refused.
            largest: Size in bytes, decompressed, above which the answer is refused.

        Returns:
            The answer.

        Raises:
            FetchError: If there is no good answer after all tries.
        """
        return self._ask(publisher, "GET", path, {"params": params}, due=due, largest=largest)

    def post(
        self,
        publisher: PublisherName,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        due: Due | None = None,
        largest: int = _LARGEST,
    ) -> Response:
        """Ask with POST; only for requests that change nothing at the publisher.

        Args:
            publisher: Whom.
            path: As for `get`.
            params: Query parameters.
            json: A body to send as JSON.
            form: A body to send as a form.
            due: As for `get`.
            largest: As for `get`.

        Returns:
            The answer.

        Raises:
            FetchError: If there is no good answer after all tries.
        """
        arguments = {"params": params, "json": json, "data": form}
        return self._ask(publisher, "POST", path, arguments, due=due, largest=largest)

    def _ask(
        self,
        publisher: PublisherName,
        method: str,
        path: str,
        arguments: Mapping[str, Any],
        *,
        due: Due | None,
        largest: int,
    ) -> Response:
        """Ask until there is a good answer, or none is to be had."""
        request = self._request(publisher, path, method, self._address(publisher, path), arguments)
        # Whoever has just been given up is asked once, lest a night be spent on waiting for them.
        tries = 1 if publisher in self._given_up else self._patience.tries
        attempts = Retrying(
            stop=stop_after_attempt(tries),
            retry=retry_if_exception(lambda error: isinstance(error, _FailedError) and error.again),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            response = attempts(self._attempt, publisher, path, request, due, largest)
        except _FailedError as failed:
            if failed.status is None or failed.status in _TRY_AGAIN:
                self._given_up.add(publisher)
            what, status, content = str(failed), failed.status, failed.content
        else:
            self._given_up.discard(publisher)
            return response
        raise FetchError(publisher, path, what, _LATER, status=status, content=content)

    def _wait(self, attempts: RetryCallState) -> float:
        """Seconds before the next attempt: doubled each time, and no less than what is stated."""
        first = self._patience.first_wait
        # Give or take half: all should not come back at the same moment.
        wait = _SPREAD.uniform(0.5, 1.5) * first * 2.0 ** (attempts.attempt_number - 1)
        failed = attempts.outcome.exception() if attempts.outcome is not None else None
        stated = failed.stated if isinstance(failed, _FailedError) else None
        return wait if stated is None else stated + min(wait, 1.0)

    def _attempt(
        self,
        publisher: PublisherName,
        path: str,
        request: httpx.Request,
        due: Due | None,
        largest: int,
    ) -> Response:
        """Ask once: a good answer, or why there is none."""
        try:
            answer = self._follow(publisher, path, request, largest)
            if answer.status == _OK:
                return _required(due, answer)
        except httpx.TimeoutException:
            raise _FailedError("utgivaren svarar för långsamt") from None
        except httpx.TransportError as error:
            raise _FailedError(f"förbindelsen bröts ({type(error).__name__})") from None
        except _NotWholeError as error:
            raise _FailedError(str(error)) from None
        what = f"utgivaren svarar med felkod {answer.status}"
        again = answer.status in _TRY_AGAIN
        stated = _stated_wait(answer.headers)
        if again and stated is not None and stated > self._patience.longest_wait:
            what, again = f"{what} och ber oss vänta {numbers.number(stated)} sekunder", False
        raise _FailedError(
            what,
            status=answer.status,
            content=answer.content[:_ERROR_BODY_KEPT],
            again=again,
            stated=stated,
        )

    def _follow(
        self, publisher: PublisherName, path: str, request: httpx.Request, largest: int
    ) -> "_Answer":
        """Ask, and ask where the publisher points to within its own address."""
        for _ in range(_MOST_REDIRECTS):
            answer = self._once(publisher, path, request, largest)
            if answer.status not in _REDIRECTS:
                return answer
            target = _joined(str(request.url), answer.headers.get("location", ""))
            if not self._is_at(publisher, target):
                what = f"utgivaren hänvisar till en annan adress ({target[:100]!r})"
                raise FetchError(publisher, path, what, _CHECK_ADDRESS, status=answer.status)
            if answer.status in _SEE_OTHER:
                request = self._request(publisher, path, "GET", target, {})
            else:
                headers = {"content-type": request.headers.get("content-type", "")}
                arguments = {"content": request.content, "headers": headers}
                request = self._request(publisher, path, request.method, target, arguments)
        raise FetchError(publisher, path, "utgivaren hänvisar runt i en krets", _CHECK_ADDRESS)

    def _once(
        self, publisher: PublisherName, path: str, request: httpx.Request, largest: int
    ) -> "_Answer":
        """Send one request and read its answer whole, within bounds of time and size."""
        address = str(request.url)
        kept = self._kept if request.method == "GET" else None
        earlier = kept.find(address) if kept is not None else None
        if earlier is not None:
            request.headers.update(earlier.conditions)
        self._paces[publisher].wait()
        ends = self._clock() + self._patience.whole
        body = bytearray()
        try:
            sent = self._http.send(request, stream=True)
        except httpx.ConnectError as error:
            if (refused := _refused_certificate(error)) is None:
                raise
            # It would be shown at the next attempt too.
            raise _certificate_error(publisher, path, request, refused) from None
        try:
            if sent.status_code == _NOT_MODIFIED and kept is not None and earlier is not None:
                kept.refresh(address)
                return _Answer(_OK, earlier.headers, earlier.content)
            for piece in _decompressed(sent):
                body += piece
                if len(body) > largest:
                    what = f"svaret är större än {largest} byte"
                    remedy = "minska urvalet eller höj gränsen"
                    raise FetchError(publisher, path, what, remedy)
                if self._clock() > ends:
                    raise httpx.ReadTimeout("the whole answer took too long", request=request)
        finally:
            sent.close()
        headers = {name.lower(): value for name, value in sent.headers.items()}
        if sent.status_code == _OK and kept is not None:
            kept.keep(address, bytes(body), headers)
        return _Answer(sent.status_code, headers, bytes(body))

    def _request(
        self,
        publisher: PublisherName,
        path: str,
        method: str,
        address: str,
        arguments: Mapping[str, Any],
    ) -> httpx.Request:
        try:
            return self._http.build_request(method, address, **arguments)
        except httpx.InvalidURL:
            what = "adressen går inte att läsa"
            raise FetchError(publisher, path, what, _CHECK_ADDRESS) from None

    def _address(self, publisher: PublisherName, path: str) -> str:
        if path.startswith("/"):
            return self._addresses[publisher] + path
        if not self._is_at(publisher, path):
            raise FetchError(
                publisher, path, "svaret pekar vidare till en annan adress", _CHECK_ADDRESS
            )
        return path

    def _is_at(self, publisher: PublisherName, address: str) -> bool:
        try:
            asked, own = urlsplit(address), urlsplit(self._addresses[publisher])
        except ValueError:
            return False
        return (asked.scheme, asked.netloc) == (own.scheme, own.netloc)


def _joined(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError:
        return location


def _refused_certificate(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """The certificate that was refused, where that is why there is no connection."""
    each: BaseException | None = error
    while each is not None and not isinstance(each, ssl.SSLCertVerificationError):
        each = each.__cause__ or each.__context__
    return each


def _certificate_error(
    publisher: str, path: str, request: httpx.Request, refused: ssl.SSLCertVerificationError
) -> FetchError:
    what, remedy = _CERTIFICATE_FAULTS.get(
        refused.verify_code,
        (f"certifikatet godtas inte ({refused.verify_message})", _LATER),
    )
    return FetchError(publisher, path, f"{request.url.host}: {what}", f"{remedy}. {_MEANWHILE}")


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    """The public authorities, and one's own where there is one; hosts are always verified."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            raise AuthoritiesError(
                f"Filen {ca_file} i AVVIK_CA_FILE går inte att läsa som certifikat"
                f" ({error.strerror or type(error).__name__}). Gör så här: lägg certifikaten i den"
                " som PEM, ett efter det andra, eller ta bort inställningen."
            ) from error
    return context


def _decompressed(answer: httpx.Response) -> Iterator[bytes]:
    """Give the body in pieces that stay small, however well it was compressed."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"identity", ""}:
        yield from answer.iter_raw()
        return
    if encoding not in {"gzip", "x-gzip"}:
        raise _NotWholeError("svaret är packat på ett sätt som vi inte har bett om")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for packed in answer.iter_raw():
            rest = packed
            while rest:
                yield unpacker.decompress(rest, _PIECE)
                rest = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error:
        raise _NotWholeError("svaret går inte att packa upp") from None
    if not unpacker.eof:
        raise _NotWholeError("svaret är avklippt")


def _required(due: Due | None, answer: _Answer) -> Response:
    """Accept a good answer, or say what came in the place of what is due."""
    media_type = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if due == "json":
        text = answer.content.strip()
        if media_type in _WEB_PAGES or text.startswith(b"<"):
            raise _NotWholeError("en webbsida kom i stället för JSON")
        if not text.endswith((b"}", b"]")):
            raise _NotWholeError("svaret är avklippt eller inte JSON")
    return Response(answer.content, media_type, answer.headers)


def _stated_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that the publisher asks us to wait: given as such, or as a moment."""
    stated = headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdigit():
        return float(stated)
    try:
        until = parsedate_to_datetime(stated)
        # By the publisher's own clock where it shows it.
        now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
