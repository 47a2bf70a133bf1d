"""How the benchmarks tell what they measured: lines, Markdown tables, rates and kept figures.

What does not belong here: what is measured.
"""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path


def say(text: str = "") -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    say(f"| {' | '.join(head)} |")
    say("|" + "---|" * len(head))
    for row in rows:
        say(f"| {' | '.join(str(cell) for cell in row)} |")
    say()


def shown(value: float) -> str:
    """Three decimals without the leading zero."""
    return f"{value:.3f}".lstrip("0") if value < 1 else "1.00"


def keep(
    folder: Path | None, name: str, head: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Write what was measured as CSV, for the figures to be drawn from.

    Args:
        folder: None keeps nothing.
        name: of the file, without its ending.
        head: names of the columns.
        rows: numbers are written with four decimals.
    """
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(
            [f"{cell:.4f}" if isinstance(cell, float) else cell for cell in row] for row in rows
        )
