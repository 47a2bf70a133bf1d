"""`avvik`: a thin door to the same functions that Dagster runs.

`commands` is what can be typed, `inputs` and `configuration` what each option and setting may be,
`preflight` what must hold first, `running` the flow, `published` the questions to what it
published and `question` what may be asked, `serving` the browser with `door`, `servers`, `pages`,
`page_texts` and `answering`, `output` what is printed and `layout` and `words` its tables,
`framework` what Typer would have said in English. Exit code 0 published, 1 a gate stopped it, 2
wrong usage or configuration.
"""

import io
import signal
import sys

from orchestration.cli.commands import app
from orchestration.cli.interrupts import Interrupted, interruptible
from orchestration.cli.output import errors
from orchestration.cli.running import prepare_dagster_home

__all__ = ["app", "main", "prepare_dagster_home"]


def main() -> None:
    """Run the command line; the entry point of the package."""
    for stream in (sys.stdout, sys.stderr):
        # A letter that the terminal cannot show ends no command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with interruptible():
            app()
    except Interrupted as interrupt:
        errors.print(f"Avbrutet ({signal.Signals(interrupt.signum).name}).")
        sys.exit(interrupt.exit_code)
