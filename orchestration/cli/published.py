"""Questions to what is published, and to what is known of its sources.

Rows go to `output`; what stands in the tables belongs to whoever published them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb

from orchestration.cli.output import Format, answer_of, console, print_note, print_rows, refuse
from orchestration.cli.question import (
    SYNTHETIC_SV,
    UNANSWERED_SV,
    NoQuestionError,
    ask,
    is_synthetic,
    reader_of,
)
from orchestration.cli.words import Worded, word
from orchestration.language import numbers, quantities
from orchestration.language import words as language
from orchestration.settings import Settings

_DEVIATIONS = """
select
    deviations.rank,
    deviations.outcome,
    indicators.title_sv,
    deviations.breakdown,
    deviations.category,
    case when geographies.level = 'stadsdelsnamnd' then geographies.name end as board,
    deviations.kind,
    deviations.observed,
    deviations.expected,
    deviations.relative_change,
    deviations.q_value,
    indicators.measure,
    indicators.unit
from marts.deviations
inner join marts.indicators using (indicator_id)
left join marts.geographies using (geography_id)
order by deviations.rank nulls last, indicators.title_sv, deviations.deviation_id
"""
_DEVIATIONS_IN_FULL = """
select
    deviations.*,
    indicators.title_sv
from marts.deviations
inner join marts.indicators using (indicator_id)
order by deviations.rank nulls last, indicators.title_sv, deviations.deviation_id
"""
_SOURCES = """
select
    source_id,
    publisher,
    reference_period,
    retrieved_at::date,
    left(content_sha256, 7),
    concat_ws(', ', case when synthetic then 'syntetisk' end, case when stale then 'inaktuell' end)
from meta.sources
order by all
"""
_SOURCE_COLUMNS = (
    "source_id",
    "publisher",
    "reference_period",
    "retrieved_at",
    "content_sha256",
    "licence",
    "synthetic",
    "stale",
)
_ATTEMPT = ("tried_at", "fetched_at", "fetch_message_sv", "fetch_age_days", "fetch_stale")


def opened(
    settings: Settings, command: str, statement: str, reason: str | None, *, restricted: bool
) -> Path:
    """The snapshot that answers: what anybody may see or, written down first, all figures.

    Args:
        settings: The installation.
        command: Which command asks.
        statement: What it asks.
        reason: Why, where all figures are asked for.
        restricted: Whether they are.

    Returns:
        Path of the snapshot.

    Raises:
        typer.Exit: If all figures are asked for without a reason, or the opening cannot be logged.
    """
    if not restricted:
        return settings.snapshot_path
    if not (reason or "").strip():
        refuse(
            "Alla tal, också de skyddade, visas bara med ett skäl. Gör så här: skriv det efter"
            " --reason; det sparas med ditt namn och tiden."
        )
    from orchestration.flow.accesses import note_access  # noqa: PLC0415
    from orchestration.flow.restricted import RestrictedHeldError  # noqa: PLC0415

    try:
        note_access(settings, command, str(reason), statement)
    except (RestrictedHeldError, OSError, duckdb.Error) as error:
        refuse(
            f"Öppningen kan inte loggas, och inget visas. Gör så här: se efter att"
            f" {settings.ledger_path} går att skriva i och inte används av någon annan.",
            cause=error,
        )
    return settings.restricted_snapshot_path


def query_published(snapshot: Path, sql: str) -> duckdb.DuckDBPyConnection:
    """Run a query on a published snapshot.

    Args:
        snapshot: Where it is.
        sql: The query.

    Returns:
        The executed query.

    Raises:
        duckdb.Error: If it cannot be answered.
        typer.Exit: If nothing is published, or if it is more than a question.
    """
    if not snapshot.exists():
        refuse("Inget är publicerat än. Kör avvik run först.")
    try:
        return ask(reader_of(snapshot), sql)
    except NoQuestionError as error:
        refuse(f"{UNANSWERED_SV}{error}", cause=error)


def index_path(settings: Settings) -> Path:
    """Where the list of the indicators' pages is.

    Args:
        settings: Where things are published.

    Returns:
        The path.
    """
    return settings.published_dir / "indikatorer" / "index.html"


def show_answer(snapshot: Path, sql: str, shape: Format) -> None:
    """Ask a published snapshot, and print what it answers.

    Args:
        snapshot: Where it is.
        sql: The query.
        shape: How to print.

    Raises:
        duckdb.Error: If it cannot be answered.
        typer.Exit: If nothing is published.
    """
    columns, rows = answer_of(query_published(snapshot, sql))
    if shape is not Format.TABLE:
        print_rows(columns, rows, shape)
        return
    worded = Worded(columns, rows)
    print_rows(columns, worded)
    for line in worded.codes():
        print_note(f"Så skrivs orden i en fråga: {line}")
    with reader_of(snapshot) as reader:
        if is_synthetic(reader):
            print_note(SYNTHETIC_SV)


def show_deviations(snapshot: Path, pages: Path, shape: Format) -> None:
    """Print the deviations, ranked; for a program with every column.

    Args:
        snapshot: Where it is.
        pages: Where the list of the indicators' pages is.
        shape: How to print.
    """
    if shape is not Format.TABLE:
        show_answer(snapshot, _DEVIATIONS_IN_FULL, shape)
        return
    rows = query_published(snapshot, _DEVIATIONS).fetchall()
    # Ranks are given one outcome after the other.
    for outcome, some in groupby(rows, key=itemgetter(1)):
        print_rows(
            ("rang", "indikator", "slag", "uppmätt mot väntat", "ändring", "q"),
            map(_told, some),
            title=language.word(language.OUTCOMES, outcome),
        )
        console.print()
    if not rows:
        console.print("Inga avvikelser.")
    console.print(f"Varje indikators serie: {pages}", soft_wrap=True)


def _told(row: tuple[Any, ...]) -> Sequence[Any]:
    """A deviation as a person reads it."""
    rank, _, title, breakdown, category, board, kind = row[:7]
    observed, expected, change, q_value, measure, unit = row[7:]
    digits = quantities.decimals(measure, unit, (observed, expected))
    write = numbers.percent_short if quantities.is_percent(measure) else numbers.number
    return (
        rank,
        ", ".join(filter(None, (title, language.category(category, breakdown), board))),
        word("kind", kind),
        " mot ".join(write(each, digits) for each in (observed, expected) if each is not None),
        None if change is None else numbers.percent_short(change, sign=True),
        None if q_value is None else numbers.p_value_short(q_value),
    )


def show_sources(settings: Settings, shape: Format) -> None:
    """Print the sources of the publication and the latest attempts to fetch.

    Args:
        settings: Where the snapshot and the fetched answers are.
        shape: How to print; a program gets one row a source with both.
    """
    attempts = {attempt.source_id: attempt for attempt in _attempts(settings)}
    if shape is not Format.TABLE:
        _show_sources_in_full(settings, attempts, shape)
        return
    if settings.snapshot_path.exists() or not attempts:
        print_rows(
            ("källa", "utgivare", "period", "hämtad", "SHA-256", "märkning"),
            query_published(settings.snapshot_path, _SOURCES).fetchall(),
            title="Publicerat",
        )
        console.print()
    if attempts:
        print_rows(
            ("källa", "senaste försök", "utfall", "ålder, dygn", "inaktuell"),
            [
                (
                    attempt.source_id,
                    datetime.fromisoformat(attempt.tried_at)
                    .astimezone()
                    .strftime("%Y-%m-%d %H:%M"),
                    attempt.message_sv or "hämtad",
                    "aldrig" if attempt.age_days is None else attempt.age_days,
                    attempt.stale,
                )
                for attempt in attempts.values()
            ],
            title="Hämtning",
        )


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The latest attempt to fetch a dataset."""

    source_id: str
    tried_at: str
    fetched_at: str | None
    message_sv: str | None
    age_days: int | None
    stale: bool

    def told(self) -> tuple[str | int | bool | None, ...]:
        return (self.tried_at, self.fetched_at, self.message_sv, self.age_days, self.stale)


def _attempts(settings: Settings) -> Iterator[_Attempt]:
    """The datasets that have been asked for, in the registry's order."""
    from orchestration.intake.fetching import fetch_states  # noqa: PLC0415
    from orchestration.sources.registry import datasets_of  # noqa: PLC0415

    states = fetch_states(settings)
    now = datetime.now(UTC)
    for dataset in datasets_of(settings.profile) if states else ():
        state = states.get(dataset.source_id)
        if dataset.request is None or state is None:
            continue
        good = state.fetched_at
        age = None if good is None else (now - datetime.fromisoformat(good)).days
        yield _Attempt(
            dataset.source_id,
            state.tried_at,
            good,
            state.message_sv,
            age,
            stale=age is None or age > dataset.freshness_days,
        )


def _show_sources_in_full(settings: Settings, attempts: dict[str, _Attempt], shape: Format) -> None:
    rows: dict[str, list[object]] = {}
    columns = _SOURCE_COLUMNS
    known = f"select {', '.join(columns)} from meta.sources order by all"
    if settings.snapshot_path.exists() or not attempts:
        for row in query_published(settings.snapshot_path, known).fetchall():
            rows[row[0]] = list(row)
    nothing = [None] * (len(columns) - 1)
    for source_id in attempts:
        rows.setdefault(source_id, [source_id, *nothing])
    unasked = (None,) * len(_ATTEMPT)
    print_rows(
        (*columns, *_ATTEMPT),
        [
            (*row, *(attempts[name].told() if name in attempts else unasked))
            for name, row in rows.items()
        ],
        shape,
    )
