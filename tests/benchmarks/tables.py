"""How the benchmarks print: lines, Markdown tables and rates.

What does not belong here: what is measured.
"""

import sys
from collections.abc import Sequence


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
