"""A warm process that forks for each trial, so that a killed one costs no imports.

Reads a line with what to do, after how many seconds of computing to kill it (`never` lets it be)
and in which home, and answers with how it ended and what it took. Opens no database itself: a fork
must not inherit one.
"""

import sys
from datetime import UTC, datetime
from functools import partial
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
from tests.forked import forked


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


def main() -> None:
    """Answer one line after the other."""
    load_contracts()
    load_registry()
    for line in sys.stdin:
        work, after, home = line.strip().split(" ", maxsplit=2)
        settings = Settings(home=Path(home), profile="live", settle_seconds=0)
        code, seconds = forked(
            partial(WORK[work], settings), None if after == "never" else float(after)
        )
        sys.stdout.write(f"{code} {seconds}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
