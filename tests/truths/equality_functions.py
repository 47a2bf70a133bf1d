"""Equality in worlds whose truths are known: intervals, verdicts, and what is falsely found."""

import numpy as np

from orchestration.analyses import equality
from orchestration.analyses.equality import ALIKE, DIFFERENCE, MARGIN, NEARER, UNTOLD
from orchestration.analyses.rows import Rows
from orchestration.findings.codes import Shortfall
from tests.truths.equality_worlds import TAUS, boards_of, sexes_of
from tests.truths.hits import Hit
from tests.truths.worlds import YEAR

_NAN = float("nan")


def sexes(seed: int) -> list[Hit]:
    """Ratios and their intervals, and whether each verdict is right."""
    world = sexes_of(seed)
    found = equality.compare(world.pairs)
    out = []
    for at, ratio in enumerate(world.ratio):
        covered = bool(found.lower[at] <= ratio <= found.upper[at])
        out.append(Hit("women and men", "8.1", float(ratio), float(found.ratio[at]), covered))
        verdict, away = found.verdict[at], abs(np.log(ratio))
        if at == 0:
            out.append(_right("8.1 planted", verdict == DIFFERENCE))
        elif away == 0.0:
            out.append(_right("8.1 null", verdict != DIFFERENCE))
        if verdict == ALIKE:
            out.append(_right("8.1 verdict", away < np.log1p(MARGIN) - 1e-12))
        if away >= np.log1p(MARGIN) - 1e-12 and at:
            out.append(_right("8.1 at the margin", verdict != ALIKE))
    return out


def _right(estimand: str, right: bool) -> Hit:
    return Hit("women and men", estimand, 0.0, 0.0, bool(right))


def boards(seed: int) -> list[Hit]:
    """Whether boards that come nearer are seen to, and no others."""
    rows = Rows(equality.ANALYSIS, YEAR, "0180")
    equality.analyse(rows, Shortfall.NO_REGISTER, boards_of(seed))
    found = {row.category: row for row in rows.results if row.estimand_id == "8.2"}
    out = []
    for name, (first, last) in TAUS.items():
        row, truth = found[name], last**2 - first**2
        estimate = _NAN if row.estimate is None else row.estimate
        covered = (
            row.ci_lower is not None
            and row.ci_upper is not None
            and row.ci_lower <= truth <= row.ci_upper
        )
        out.append(Hit("boards over time", "8.2", truth, estimate, covered))
        wanted = NEARER if first != last else UNTOLD
        part = "planted" if first != last else "null"
        out.append(Hit("boards over time", f"8.2 {part}", 0.0, 0.0, row.verdict == wanted))
    return out
