"""A survey of municipalities asked twice, where one who says yes is silent more often than others.

A world for `functions`: who changes is drawn by known probabilities, and so is who answers.
"""

import numpy as np

from orchestration.analyses.open_comparisons import Groups, analyse
from orchestration.analyses.rows import Rows
from tests.truths.hits import Hit, hits
from tests.truths.worlds import YEAR, Truth

UNITS, INDICATORS = 312, 8
_YES, _GAINS, _LOSES = 0.5, 0.26, 0.06
# So many of the indicators rise by ten percentage points; in the others as many gain as lose.
CHANGED = 4
#: Silent of those who say yes, and of those who say no: five in a hundred in all.
_SILENT = np.array([0.02, 0.08])


def survey_of(seed: int) -> tuple[Rows, list[Truth]]:
    """The estimates of one survey, and the changes that its units really have made."""
    random = np.random.default_rng(seed)
    names = tuple(f"i{at}" for at in range(INDICATORS))
    counted, truths = [], []
    for at, name in enumerate(names):
        gains = _GAINS if at < CHANGED else _LOSES
        before = random.random(UNITS) < _YES
        now = np.where(before, random.random(UNITS) >= _LOSES, random.random(UNITS) < gains)
        # Whether one is silent goes with the answer, and not with whether it has changed.
        answers = [random.random(UNITS) >= _SILENT[each.astype(int)] for each in (before, now)]
        both = answers[0] & answers[1]
        counted.append(
            (
                *(UNITS, answers[1].sum(), (now & answers[1]).sum()),
                *(UNITS, answers[0].sum(), (before & answers[0]).sum()),
                *(both.sum(), (both & now & ~before).sum(), (both & before & ~now).sum()),
            )
        )
        truths += [
            # Of those who answered both times, as the world draws them.
            Truth("6.1", name, _matched_truth(gains)),
            Truth("6.2", name, float(now.mean() - before.mean())),
        ]
    columns = np.array(counted).T
    count = (
        *("units", "answered", "said_yes", "previous_units", "previous_answered"),
        *("previous_said_yes", "matched", "gained", "lost"),
    )
    zeros = np.zeros(INDICATORS, dtype=np.int64)
    groups = Groups(
        indicator=np.arange(INDICATORS),
        kind=zeros,
        group=zeros,
        year=zeros + YEAR,
        previous_year=zeros + YEAR - 1,
        is_break=zeros.astype(bool),
        of_municipalities=zeros.astype(bool),
        published=np.full(INDICATORS, np.nan),
        indicators=names,
        kinds=("riket",),
        codes=("SE",),
        names={"SE": "Riket"},
        **dict(zip(count, columns, strict=True)),
    )
    return analyse(YEAR, groups), truths


def _matched_truth(gains: float) -> float:
    """The change among those who answer both times, from the probabilities."""
    no, yes = (1.0 - float(each) for each in _SILENT)
    parts = {
        (1, 1): _YES * (1 - _LOSES) * yes * yes,
        (1, 0): _YES * _LOSES * yes * no,
        (0, 1): (1 - _YES) * gains * no * yes,
        (0, 0): (1 - _YES) * (1 - gains) * no * no,
    }
    return (parts[0, 1] - parts[1, 0]) / sum(parts.values())


def survey(seed: int) -> list[Hit]:
    """Intervals, limits, and whether what has changed is told from what has not."""
    rows, truths = survey_of(seed)
    found = hits("survey", rows, truths)
    matched = [row for row in rows.results if row.estimand_id == "6.1"]
    for row in matched:
        changed = int(row.category.removeprefix("i")) < CHANGED
        right = (row.verdict == "okade") if changed else (row.verdict == "kan_inte_avgoras")
        found.append(Hit("survey", f"6.1 {'planted' if changed else 'null'}", 0.0, 0.0, right))
    return found
