"""A warm process that forks for each trial, so that a killed one costs no imports.

Reads a line with what to do, after how many seconds of computing to kill it (`never` lets it be)
and in which home, and answers with how it ended and what it took. Opens no database itself: a fork
must not inherit one.
"""

from datetime import UTC, datetime
from pathlib import Path

from orchestration.flow.built_from import follow
from orchestration.intake.admission import load_deliveries
from orchestration.intake.receiving import land_deliveries
from orchestration.intake.rekeying import finish_rekeying, rekey
from orchestration.registers.contract import load_contracts
from orchestration.registers.pseudonyms import read_key
from orchestration.settings import Settings
from orchestration.sources.registry import load_registry
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse
from tests.forked import answer


def take_in(settings: Settings) -> None:
    """Land and load what lies in the inbox, each with the warehouse to itself, as the assets do."""
    store = LandingStore(settings.landing_dir)
    finish_rekeying(settings)
    with open_warehouse(settings.warehouse_path) as connection:
        land_deliveries(connection, settings, store, now=datetime.now(UTC))
    with open_warehouse(settings.warehouse_path) as connection:
        load_deliveries(connection, settings, store, read_key(settings.key_file))


def change_key(settings: Settings) -> None:
    """Change the key of all that is loaded."""
    rekey(settings, accept_unlinked=False, follow=follow)


WORK = {"intake": take_in, "rekey": change_key}


def work(what: str, home: Path, _killed: bool) -> None:
    """Do one of them in a home."""
    WORK[what](Settings(home=home, profile="live", settle_seconds=0))


if __name__ == "__main__":
    load_contracts()
    load_registry()
    answer(work)
