"""`avvik`: a thin door to the same functions that Dagster runs.

`commands` is what can be typed, `preflight` what must hold first, `running` the flow, `published`
the questions to what it published, `serving` the browser, `output` what is printed. Exit code 0
published, 1 a gate stopped it, 2 wrong usage or configuration.
"""

import signal
import sys

from pydantic import ValidationError

from orchestration.cli.commands import app
from orchestration.cli.interrupts import Interrupted, interruptible
from orchestration.cli.output import MISUSE, errors
from orchestration.cli.running import prepare_dagster_home

__all__ = ["app", "main", "prepare_dagster_home"]


def main() -> None:
    """Run the command line; the entry point of the package."""
    try:
        with interruptible():
            app()
    except Interrupted as interrupt:
        errors.print(f"Avbrutet ({signal.Signals(interrupt.signum).name}).")
        sys.exit(interrupt.exit_code)
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in each["loc"]) for each in error.errors())
        errors.print(f"Inställningen är fel: {fields}. Se docs/ för tillåtna värden.")
        sys.exit(MISUSE)
