"""A question to a published snapshot: how it is opened, what may be asked, why there is no answer.

`avvik query` asks here, and so does the page of `avvik serve`: what one refuses, the other does.
How an answer is shown, and how long one may take, belongs to them.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import duckdb

from orchestration.database import connect

UNANSWERED_SV = "Frågan kunde inte besvaras: "
"""What a refusal begins with."""
SYNTHETIC_SV = "Delvis syntetiska uppgifter; frågan from meta.sources visar vilka källor det är."
"""What stands under an answer from a publication with made-up sources."""

_QUESTIONS = {
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
    duckdb.StatementType.MULTI,
    duckdb.StatementType.PRAGMA,
}
_TABLES_SV = "frågan show all tables visar vilka tabeller som finns."
_TOO_LARGE_SV = (
    "den behöver mer minne än den får. Gör så här: välj färre kolumner och rader, eller räkna"
    " samman med group by."
)
_REASONS: Mapping[type[duckdb.Error], str] = MappingProxyType(
    {
        duckdb.ParserException: "den är inte skriven som SQL. Gör så här: se efter vid det tecken"
        " som pekas ut.",
        duckdb.CatalogException: "den nämner en tabell eller funktion som inte finns. Gör så här:"
        f" rätta namnet; {_TABLES_SV}",
        duckdb.BinderException: "den nämner en kolumn som inte finns, eller använder den fel. Gör"
        " så här: rätta namnet; frågan describe marts.deviations visar en tabells kolumner.",
        duckdb.ConversionException: "ett värde kan inte läsas som den typ som frågan vill ha. Gör"
        " så här: se efter i jämförelser och cast.",
        duckdb.IOException: "det publicerade kan inte läsas. Gör så här: kör avvik verify, som"
        " säger vad som är skadat.",
    }
)


class NoQuestionError(Exception):
    """What was asked for is more than an answer; the message says so in Swedish."""


def reader_of(snapshot: Path, *, memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """Open a snapshot so that it is read, and nothing else of the machine is.

    Args:
        snapshot: Where it is.
        memory: How much memory DuckDB may use, as it writes it.

    Returns:
        A connection.

    Raises:
        duckdb.Error: If it cannot be opened.
    """
    return connect(snapshot, read_only=True, memory=memory)


def is_synthetic(reader: duckdb.DuckDBPyConnection) -> bool:
    """Whether any source of a snapshot is made up.

    Args:
        reader: A connection to it.
    """
    try:
        told = reader.execute("select bool_or(synthetic) from meta.publication").fetchone()
    except duckdb.CatalogException:
        # A file that no publication has written.
        return False
    return told is not None and bool(told[0])


def ask(reader: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    """Ask a snapshot.

    Args:
        reader: A connection to it.
        sql: The question.

    Returns:
        The executed question.

    Raises:
        duckdb.Error: If it cannot be answered.
        NoQuestionError: If it does more than ask, or reaches for more than the tables.
    """
    statements = _statements(sql)
    if statements == []:
        raise NoQuestionError("den är tom. Gör så här: skriv en fråga, som from marts.deviations.")
    if statements is None or any(each.type not in _QUESTIONS for each in statements):
        # The connection itself permits no more either.
        raise NoQuestionError(
            "här besvaras frågor, och inget ändras eller skrivs. Gör så här: skriv den med select,"
            " with, from, describe, summarize eller show."
        )
    try:
        return reader.execute(sql)
    except duckdb.PermissionException as error:
        raise NoQuestionError(
            "den får bara läsa tabellerna i det publicerade, inte filer, adresser eller tillägg."
            f" Gör så här: skriv tabellens namn, som marts.deviations; {_TABLES_SV}"
        ) from error


def why_unanswered(error: duckdb.Error) -> str:
    """Why a question got no answer, and what to do.

    Args:
        error: What DuckDB says.

    Returns:
        A Swedish sentence, and DuckDB's own words, which say where in the question it is.
    """
    if isinstance(error, duckdb.OutOfMemoryException):
        # Its own words advise settings, which are locked.
        return _TOO_LARGE_SV
    known = (reason for kind, reason in _REASONS.items() if isinstance(error, kind))
    reason = next(known, "något gick fel i databasen. Gör så här: skriv om frågan.")
    return f"{reason}\nDuckDB säger: {error}"


def _statements(sql: str) -> list[duckdb.Statement] | None:
    """What a text holds; None where DuckDB's Python knows no name for a kind of statement."""
    try:
        statements: list[duckdb.Statement] = duckdb.extract_statements(sql)
        # The kind is looked up when it is asked for.
        return statements if all(each.type for each in statements) else None
    except ValueError:
        return None
