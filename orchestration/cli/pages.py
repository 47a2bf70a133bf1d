"""The pages that `avvik serve` has beside Dagster's: what is published, "Fråga", dbt's documents.

All of them are behind the door, which has let in whoever asks. They show what anybody may read and
what stands in the code, and nothing that the restricted door has. What they say stands in
`page_texts`, how a question is answered in `answering`, how dbt's page is written in `flow`.
"""

import asyncio
import json
import mimetypes
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Receive, Scope, Send

from orchestration.cli import page_texts
from orchestration.cli.answering import Answer, answered_apart
from orchestration.cli.door import App
from orchestration.cli.page_texts import DOCS, PUBLISHED, QUESTION, SCRIPT, START
from orchestration.flow.dbt_docs import written_docs
from orchestration.registers.municipality import MunicipalityError, load_municipality
from orchestration.settings import PROJECT_ROOT, Settings

_SCRIPT_FILE = Path(__file__).parent / "scripts" / "fraga.js"
# What each page says of itself, said once more where it cannot be left out.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'"
_ASKING_POLICY = f"{_POLICY}; connect-src 'self'"
# Each edition replaces the one before under the same names.
_FRESH = {"cache-control": "no-cache", "referrer-policy": "no-referrer"}
# Files of a publication that Python has no name for would be shown as text.
_TYPES = {
    ".duckdb": "application/octet-stream",
    ".parquet": "application/vnd.apache.parquet",
    ".ttl": "text/turtle",
    ".jsonld": "application/ld+json",
}
_SHOWN_AS_PAGES = ("text/html", "application/xhtml", "image/svg", "text/xml")
# Questions at once; each may use a core and half a gigabyte.
_AT_ONCE = 2
_LONGEST_QUESTION = 100_000
_WAIT_SECONDS = 2
_DOCS_COMMAND = (sys.executable, "-m", "orchestration.flow.dbt_docs")


def beside(dagster: App, settings: Settings) -> App:
    """Put the pages beside Dagster's.

    Args:
        dagster: Dagster's application, which answers for every other address.
        settings: The installation.

    Returns:
        The application with both.
    """
    own = _own(settings)
    names = {address.strip("/") for address in (START, PUBLISHED, QUESTION, SCRIPT, DOCS)}

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        first = scope.get("path", "").lstrip("/").partition("/")[0]
        is_own = scope["type"] == "http" and first in names
        await (own if is_own else dagster)(scope, receive, send)

    return both


def _own(settings: Settings) -> Starlette:
    name = _name_of(settings)
    for suffix, kind in _TYPES.items():
        mimetypes.add_type(kind, suffix)

    async def start(_: Request) -> Response:
        return _html(page_texts.start_page(name))

    async def question(_: Request) -> Response:
        return _html(page_texts.question_page(name), policy=_ASKING_POLICY)

    async def script(_: Request) -> Response:
        return FileResponse(_SCRIPT_FILE, headers=_FRESH)

    async def not_shown(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return _html(_instead(name, settings, request.url.path), status=status)

    return Starlette(
        routes=[
            Route(START, start),
            Route(QUESTION, question, methods=["GET"]),
            Route(QUESTION, _Asked(settings).answer, methods=["POST"]),
            Route(SCRIPT, script),
            Route(DOCS.rstrip("/"), _to(DOCS)),
            Route(DOCS, _Docs(settings, name).show),
            Route(PUBLISHED.rstrip("/"), _to(PUBLISHED)),
            Mount(PUBLISHED.rstrip("/"), _Published(settings.published_dir)),
        ],
        exception_handlers={HTTPException: not_shown},
    )


class _Published(StaticFiles):
    """The publication's files; a link that leads out of it leads nowhere."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, html=True, check_dir=False, follow_symlink=False)

    async def check_config(self) -> None:
        """Nothing may be published yet; that is told when it is asked for."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Find a file, but for what is half-written."""
        if any(part.startswith(".") for part in Path(path).parts):
            return "", None
        try:
            return super().lookup_path(path)
        except PermissionError:
            return "", None

    def file_response(
        self,
        full_path: PathLike,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Show a file, with the policy that the site's pages have themselves."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers.update(_FRESH)
        # A browser shows a PDF in a page of its own, which a policy would break.
        if answer.headers.get("content-type", "").startswith(_SHOWN_AS_PAGES):
            answer.headers["content-security-policy"] = _POLICY
        return answer


class _Asked:
    """Answers questions, some at a time."""

    def __init__(self, settings: Settings) -> None:
        self._published = settings.published_dir
        self._snapshot = settings.snapshot_path
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def answer(self, request: Request) -> Response:
        """Answer the question of a request."""
        asked = await _question_of(request)
        # What is wrong with a question is no fault of the page's: a status would be told as one.
        return JSONResponse(await self._answer(asked), headers=_FRESH)

    async def _answer(self, sql: str | None) -> Answer:
        if sql is None:
            return _fault(
                "Frågan är för lång, eller sänd på ett annat sätt än sidan gör. Gör så här: skriv"
                " en kortare fråga i rutan."
            )
        if not self._snapshot.exists():
            return _fault("Inget är publicerat än. Gör så här: kör avvik run först.")
        if not self._snapshot.resolve().is_relative_to(self._published.resolve()):
            return _fault(
                "Databasen ligger inte bland det publicerade. Gör så här: kör avvik verify, som"
                " säger vad som är fel."
            )
        async with self._free:
            return await answered_apart(self._snapshot, sql)


class _Docs:
    """Shows dbt's page; where there is none for the manifest, has it written meanwhile."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._writing: asyncio.Task[int] | None = None

    async def show(self, _: Request) -> Response:
        """Show the page, or that it is being written."""
        page = await run_in_threadpool(written_docs, self._settings)
        if page is not None:
            return FileResponse(page, media_type="text/html", headers=_FRESH)
        if self._writing is None:
            self._writing = asyncio.create_task(_write_docs())
        elif self._writing.done():
            # Tried again when somebody asks again.
            self._writing = None
            return _html(
                page_texts.message_page(
                    self._name,
                    "Modellernas sidor kunde inte skrivas",
                    "dbt kunde inte skriva dem. Gör så här: läs vad avvik serve har skrivit ut,"
                    " rätta orsaken och ladda om sidan.",
                )
            )
        answer = _html(
            page_texts.message_page(
                self._name,
                "Modellernas sidor skrivs",
                "Det tar några sekunder, och görs bara när modellerna har ändrats. Sidan laddas om"
                " av sig själv.",
            )
        )
        answer.headers["refresh"] = str(_WAIT_SECONDS)
        return answer


async def _write_docs() -> int:
    process = await asyncio.create_subprocess_exec(*_DOCS_COMMAND, stdin=DEVNULL, cwd=PROJECT_ROOT)
    try:
        return await process.wait()
    finally:
        with suppress(ProcessLookupError):
            process.kill()


async def _question_of(request: Request) -> str | None:
    """The question that was sent; None where it is none."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_QUESTION:
            return None
    try:
        sent = json.loads(body)
    except ValueError:
        return None
    asked = sent.get("fraga") if isinstance(sent, dict) else None
    return asked if isinstance(asked, str) else None


def _instead(name: str, settings: Settings, path: str) -> str:
    if path.startswith(PUBLISHED) and not settings.published_dir.is_dir():
        return page_texts.message_page(
            name, "Inget är publicerat än", "Gör så här: kör avvik run först."
        )
    return page_texts.message_page(
        name,
        "Sidan finns inte",
        "Adressen leder inte till något som visas här. Gör så här: följ en av länkarna ovan.",
    )


def _html(text: str, *, status: int = HTTPStatus.OK, policy: str = _POLICY) -> Response:
    return HTMLResponse(text, status, headers={**_FRESH, "content-security-policy": policy})


def _fault(why_sv: str) -> Answer:
    return {"fel": why_sv}


def _to(address: str) -> Callable[[Request], Awaitable[Response]]:
    async def lead(_: Request) -> Response:
        return RedirectResponse(address)

    return lead


def _name_of(settings: Settings) -> str:
    """What the municipality is called; its code where its file cannot be read, as Dagster tells."""
    try:
        return load_municipality(settings).name
    except MunicipalityError:
        return f"Kommun {settings.municipality}"
