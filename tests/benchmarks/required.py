"""A measured figure beside what is required of it, as the benchmarks of the engine print it.

What does not belong here: what is measured, and what is required.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.tables import keep, table


@dataclass(frozen=True)
class Row:
    """One measured figure beside what is required of it.

    Attributes:
        setting: what the pools are like.
        figure: what is measured.
        measured: its mean over the draws.
        error: standard error of that, over the draws.
        least: at least so much is required.
        most: at most so much.
    """

    setting: str
    figure: str
    measured: float
    error: float
    least: float = 0.0
    most: float = 1.0

    @property
    def held(self) -> bool:
        """Whether it is met, but for twice the standard error."""
        return self.least - 2 * self.error <= self.measured <= self.most + 2 * self.error

    @property
    def required(self) -> str:
        """What is required, as it is printed."""
        if self.least > 0 and self.most < 1:
            return f"{self.least:.3f}-{self.most:.3f}"
        return f">= {self.least:.3f}" if self.least > 0 else f"<= {self.most:.3f}"


def told(rows: Sequence[Row], folder: Path | None, name: str) -> None:
    """Print rows as a table, and keep them under a name where there is a folder."""
    table(
        ["setting", "figure", "measured", "required", "held"],
        [
            [
                *(row.setting, row.figure, f"{row.measured:.4f} ± {row.error:.4f}"),
                *(row.required, "yes" if row.held else "**no**"),
            ]
            for row in rows
        ],
    )
    keep(
        folder,
        name,
        ["setting", "figure", "measured", "error", "required"],
        [[r.setting, r.figure, r.measured, r.error, r.required] for r in rows],
    )
