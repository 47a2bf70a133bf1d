"""A warm process that forks for each trial, so that a killed one costs no imports.

Reads a line with what to do, after how many seconds to kill it (`never` lets it be) and in which
home, and answers with how it ended. Opens no database itself: a fork must not inherit one.
"""

import os
import signal
import sys
import time
import traceback
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


def attempt(work: str, home: Path, kill_after: float | None) -> int:
    """Work in a process of its own; its exit code, negative for a signal."""
    process = os.fork()
    if not process:
        try:
            WORK[work](Settings(home=home, profile="live", settle_seconds=0))
        except BaseException:  # noqa: BLE001 (the fork must not go on as its parent)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        # Nobody has asked yet how it ended, so the number cannot be another's by now.
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    """Answer one line after the other."""
    load_contracts()
    load_registry()
    for line in sys.stdin:
        work, after, home = line.strip().split(" ", maxsplit=2)
        exit_code = attempt(work, Path(home), None if after == "never" else float(after))
        sys.stdout.write(f"{exit_code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
