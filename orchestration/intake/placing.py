"""Whose a home's registers are, and that they are never another municipality's.

Also the first step of the intake in a home from before the place was a part of every key: says
which tables a home keeps rows of registers in. Writing them anew belongs in
`orchestration.registers.kept_rows`; which municipalities a home has, in `municipalities`.
"""

from collections.abc import Callable, Mapping

import duckdb

from orchestration.database import transaction
from orchestration.quality.gate import fingerprint
from orchestration.registers.contract import load_contracts
from orchestration.registers.inbox import scan_inbox
from orchestration.registers.kept_rows import kept_place, place_kept_rows, tables_without_place
from orchestration.registers.municipality import require_described
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore

Follow = Callable[[duckdb.DuckDBPyConnection, Mapping[str, tuple[str, str]]], None]

# By table that the log is kept in, which of its rows are of a municipality.
_LOG = {
    "meta.deliveries": "kind = 'register'",
    "meta.held_rows": "true",
    "meta.delivery_profiles": "true",
    "meta.drift": "true",
}


class OtherMunicipalityError(Exception):
    """The home holds another municipality's registers; the text is Swedish."""


def require_own_home(
    connection: duckdb.DuckDBPyConnection, settings: Settings, store: LandingStore
) -> None:
    """Refuse to take in one municipality where the registers of another are kept.

    A register that came before its municipality was written down is of the one whose boards the
    home was last told of.

    Args:
        connection: An open connection to the warehouse.
        settings: Say which municipality is to be taken in.
        store: Where deliveries are kept.

    Raises:
        OtherMunicipalityError: If a register of another one is kept.
        MunicipalityError: If registers have come of a municipality that nobody has described.
    """
    unsaid = kept_place(connection) or settings.municipality
    kept = {
        receipt.municipality_id or unsaid
        for receipt in store.receipts()
        if receipt.kind == "register"
    }
    if others := sorted(kept - {settings.municipality}):
        raise OtherMunicipalityError(
            f"Hemkatalogen håller register för kommun {others[0]}, inte {settings.municipality}."
            " Gör så här: välj rätt kommun med AVVIK_MUNICIPALITY, eller ge kommunen en egen"
            " hemkatalog; hur en hemkatalog har flera kommuner står i docs/sv/ny-kommun.md."
        )
    if kept:
        require_described(settings)
    require_described_inbox(settings)


def require_described_inbox(settings: Settings) -> None:
    """Refuse registers in the inbox of a municipality that nobody has described.

    Files of public statistics may lie there: they are read alike for all.

    Args:
        settings: Say which municipality is to be taken in, and where its inbox is.

    Raises:
        MunicipalityError: If there is such a register.
    """
    if any(file.register in load_contracts() for file in scan_inbox(settings.inbox_dir).files):
        require_described(settings)


def place_home(
    connection: duckdb.DuckDBPyConnection, settings: Settings, follow: Follow
) -> str | None:
    """Give the rows that a home has kept their municipality; nothing where they have it.

    Args:
        connection: An open connection to the warehouse, outside of a transaction.
        settings: Say which municipality it is, where the home was never told of one.
        follow: Lets what is recorded of the tables follow, within the transaction: else they would
            seem to be changed by hand.

    Returns:
        What was done, in Swedish; None where there was nothing to do.

    Raises:
        duckdb.Error: If the warehouse cannot be written; it is as it was then.
    """
    registers = {f"raw.{contract.table}": "true" for contract in load_contracts().values()}
    without = tables_without_place(connection, registers | _LOG)
    if not without:
        return None
    whose = kept_place(connection) or settings.municipality
    with transaction(connection):
        kept = without.keys() & registers.keys()
        before = {table: fingerprint(connection, table) for table in sorted(kept)}
        place_kept_rows(connection, without, whose)
        follow(
            connection, {table: (before[table], fingerprint(connection, table)) for table in before}
        )
    return (
        f"Lagret är från före kommunkoden i varje nyckel: {len(without)} tabeller har fått kommun"
        f" {whose} på varje rad. Det görs en gång och ändrar ingen siffra."
    )
