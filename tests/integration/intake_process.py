"""A warm process that forks for each intake, so that a killed one costs no imports.

Reads a line with a home and after how many seconds to kill the intake (`never` lets it be), and
answers with how it ended. Opens no database itself: a fork must not inherit one.
"""

import os
import signal
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from orchestration.intake.landing import land_deliveries
from orchestration.intake.loading import load_deliveries
from orchestration.registers.contract import load_contracts
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.settings import Settings
from orchestration.sources.registry import load_registry
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse

KEY = PseudonymKey.from_secret(b"en hemlighet som bara finns i provet")


def take_in(home: Path) -> None:
    """Land and load what lies in the inbox, each with the warehouse to itself, as the assets do."""
    settings = Settings(home=home, profile="live", settle_seconds=0)
    store = LandingStore(settings.landing_dir)
    with open_warehouse(settings.warehouse_path) as connection:
        land_deliveries(connection, settings, store, now=datetime.now(UTC))
    with open_warehouse(settings.warehouse_path) as connection:
        load_deliveries(connection, settings, store, KEY)


def intake(home: Path, kill_after: float | None) -> int:
    """Take in deliveries in a process of its own; its exit code, negative for a signal."""
    process = os.fork()
    if not process:
        try:
            take_in(home)
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
        home, _, after = line.strip().rpartition(" ")
        exit_code = intake(Path(home), None if after == "never" else float(after))
        sys.stdout.write(f"{exit_code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
