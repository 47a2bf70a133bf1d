"""Worlds of children's cases whose truths are known, drawn by their own models.

As in `worlds`: nothing of the analyses is used to draw them, and a truth comes from the
parameters.
"""

import numpy as np

from orchestration.analyses.child_districts import Districts
from orchestration.analyses.child_returns import Closings, FirstInsats
from orchestration.analyses.child_review import Cases, Delivered
from tests.truths.worlds import Truth, expit

BOARDS = tuple(f"0180-{name}" for name in "abcdefghijk")
REASONS = tuple(f"r{at}" for at in range(10))
REPORTERS = ("forskola", "halso_sjukvard", "polis", "skola")
ENDS = (
    "avbojd_av_barnet", "avbojd_av_vardnadshavare", "ej_beviljad", "ingen_insats_erbjuden",
    "ingen_oro", "vardnadshavare_vill_inte",
)  # fmt: skip
KINDS = ("familjehem", "hvb", "oppenvard", "stod")
_KIND_SHARES = np.array([0.1, 0.1, 0.4, 0.4])
_AGE_SHARES = np.array([0.04, 0.19, 0.04, 0.33, 0.22, 0.15, 0.03])
DECLINED = np.array([0.36, 0.29, 0.25, 0.22])
UNWILLING = np.array([0.26, 0.20, 0.18, 0.16])
_INVESTIGATED, _OFFERED, _GRANTED = 0.44, 0.6, 0.97
_YOUNG = 0.7
_SCHOOL, _PRESCHOOL, _CHILD = 0.62, 0.37, 0.72
YOUNG_AGES = 3


def cases_of(
    seed: int, number: int = 12_000, *, school: float = 0.35, preschool: float = 0.35
) -> tuple[Cases, list[Truth]]:
    """Cases where boards differ in whom they speak to, and categories in what guardians want."""
    random = np.random.default_rng(seed)
    per = random.geometric(0.7, number)
    child = np.repeat(np.arange(number), per)[:number]
    _, child = np.unique(child, return_inverse=True)
    boy = (random.random(number) < 0.54).astype(np.int64)[child]
    age = random.choice(7, number, p=_AGE_SHARES)[child]
    category = (1 + random.integers(0, 4, number))[child]
    board = random.integers(0, len(BOARDS), number)[child]
    history = random.choice(3, number, p=[0.5, 0.3, 0.2])
    young = age < YOUNG_AGES
    investigated = random.random(number) < _INVESTIGATED
    offered = investigated & (random.random(number) < _OFFERED * np.where(young, _YOUNG, 1.0))
    declined = offered & (random.random(number) < DECLINED[category - 1])
    granted = offered & ~declined & (random.random(number) < _GRANTED)
    stage = 1 + investigated + offered + (offered & ~declined) + granted
    unwilling = ~investigated & (random.random(number) < UNWILLING[category - 1])
    ended = np.select(
        [granted, offered & ~declined, declined, investigated, unwilling],
        [-1, ENDS.index("ej_beviljad"), ENDS.index("avbojd_av_vardnadshavare"),
         ENDS.index("ingen_insats_erbjuden"), ENDS.index("vardnadshavare_vill_inte")],
        ENDS.index("ingen_oro"),
    )  # fmt: skip
    contacted = {}
    for party, share, spread in (
        ("skola", _SCHOOL, school), ("forskola", _PRESCHOOL, preschool), ("barnet", _CHILD, 0.0),
        ("halso_sjukvard", 0.24, 0.0),
    ):  # fmt: skip
        own = random.normal(0.0, spread, len(BOARDS)) if spread else np.zeros(len(BOARDS))
        chance = expit(np.log(share / (1 - share)) + own[board])
        contacted[party] = investigated & (random.random(number) < chance)
    cases = Cases(
        child=child,
        boy=boy,
        age=age,
        history=history,
        category=category,
        stage=stage,
        reason=random.integers(0, len(REASONS), number),
        reporter=random.integers(0, len(REPORTERS), number),
        board=board,
        ended_by=ended,
        insats=np.where(granted, random.choice(4, number, p=_KIND_SHARES), -1),
        contacted=contacted,
        names={
            "reason": REASONS, "reporter": REPORTERS, "board": BOARDS, "ended_by": ENDS,
            "insats": KINDS,
        },
    )  # fmt: skip
    accepted = 1 - DECLINED.mean()
    granted_of = _INVESTIGATED * _OFFERED * accepted * _GRANTED
    median_ratio = np.exp(np.sqrt(2) * 0.6744897501960817 * np.array([school, preschool]))
    truths = [
        *(
            Truth(f"5.2_{name}", str(at + 1), float(share))
            for name, shares in (
                ("avbojd_av_vardnadshavare", DECLINED), ("vardnadshavare_vill_inte", UNWILLING),
            )
            for at, share in enumerate(shares)
        ),
        Truth("5.2_avbojd_av_vardnadshavare_difference", "total", float(DECLINED[0] - DECLINED[3])),
        Truth("5.3_within", "vidtalad_skola", float(median_ratio[0])),
        Truth("5.3_within", "vidtalad_forskola", float(median_ratio[1])),
        Truth("5.5", "total", granted_of * (_YOUNG - 1)),
        Truth("5.5", "erbjuden", granted_of * (_YOUNG - 1)),
        Truth("5.10_step", "vidtalad_barnet", 0.0),
        Truth("5.10_step", "utredning", 0.0),
        Truth("5.11", "total", float(1 - np.square(_KIND_SHARES).sum())),
    ]  # fmt: skip
    return cases, truths


def closings_of(seed: int, number: int = 6000) -> tuple[Closings, list[Truth]]:
    """Closings with a hazard by history, and a lower one after an insats from seven on."""
    random = np.random.default_rng(seed)
    history = random.choice(3, number, p=[0.5, 0.3, 0.2])
    age_group = random.choice(3, number, p=[0.32, 0.41, 0.27])
    outcome = random.choice(3, number, p=[0.6, 0.24, 0.16])
    hazard = 0.0012 * np.array([1.0, 1.5, 2.2])[history]
    hazard = hazard * np.array([1.0, 0.7, 0.7])[outcome]
    hazard = hazard * np.where((outcome == 2) & (age_group > 0), 0.85, 1.0)
    time = np.ceil(random.exponential(1.0 / hazard))
    end = random.integers(0, 3 * 365, number).astype(np.float64)
    closings = Closings(
        child=np.arange(number) // 2,
        days=np.minimum(time, end),
        again=time <= end,
        history=history,
        age_group=age_group,
        reason=random.integers(0, len(REASONS), number),
        board=random.integers(0, len(BOARDS), number),
        outcome=outcome,
        names={
            "history": ("0", "1-2", "3+"),
            "age_group": ("0-6", "7-12", "13-17"),
            "contact_reason": REASONS,
            "board": BOARDS,
        },
    )
    outcomes, weights = np.array([1.0, 0.7, 0.7]), np.array([0.6, 0.24, 0.16])
    truths = [Truth("5.6_after", "0-6", 1.0), Truth("5.6_after", "7-15", 0.85)]
    for name, factor in zip(("0", "1-2", "3+"), (1.0, 1.5, 2.2), strict=True):
        for months, days in ((6, 183), (12, 365), (24, 730)):
            share = 0.0
            for at in range(3):
                for old, part in ((False, 0.32), (True, 0.68)):
                    own = 0.0012 * factor * outcomes[at] * (0.85 if at == 2 and old else 1.0)
                    share += weights[at] * part * (1 - np.exp(-own * days))
            truths.append(Truth(f"5.6_{months}", name, float(share)))
    return closings, truths


def firsts_of(seed: int, number: int = 5000) -> tuple[FirstInsats, list[Truth]]:
    """Children who wait for a first insats that most never get."""
    random = np.random.default_rng(seed)
    ever = random.random(number) < 0.3
    time = np.where(ever, np.ceil(random.exponential(200.0, number)), np.inf)
    end = random.integers(0, 3 * 365, number).astype(np.float64)
    granted = time <= end
    firsts = FirstInsats(
        days=np.where(granted, time, end),
        granted=granted,
        this_year=granted & (end - time < 365),
        cases_before=np.where(granted, random.poisson(1.0, number), -1),
        age_group=random.integers(0, 4, number),
        recent=np.ones(number, dtype=bool),
        names=("0-6", "7-12", "13-17", "18-20"),
    )
    late = float(1 - np.exp(-1) * (1 + 1 + 0.5))
    truths = [Truth("5.12_late", "total", late)]
    truths += [
        Truth(f"5.12_{months}", "total", float(0.3 * (1 - np.exp(-days / 200))))
        for months, days in ((6, 183), (12, 365), (24, 730))
    ]
    return firsts, truths


PLANTED = {3: 0.7, 20: 1.35, 41: 0.7}


def districts_of(
    seed: int, *, context: float = -0.0075, planted: dict[int, float] | None = None
) -> tuple[Districts, list[Truth]]:
    """Stadsdelar whose children come once or more; cases follow the index between and within.

    Three years of cases, of which each is as likely to be of the last.
    """
    random = np.random.default_rng(seed)
    place = np.random.default_rng(1)
    number, line = 77, -0.0134
    board = np.arange(number) // 7
    children = place.integers(900, 5000, number).astype(np.float64)
    index = 60 + 6.5 * board + place.normal(0, 16, number)
    mean = np.bincount(board, children * index) / np.bincount(board, children)
    above = index - mean[board]
    rate = 0.075 * np.exp(line * (mean[board] - 95) + (line + context) * above)
    for at, factor in (PLANTED if planted is None else planted).items():
        rate[at] *= factor
    again = 0.5
    came = random.poisson(3 * rate * children * again)
    of = np.repeat(np.arange(number), came)
    each = random.geometric(again, of.size).astype(np.float64)
    of_year = random.binomial(each.astype(np.int64), 1 / 3).astype(np.float64)
    districts = Districts(
        board=board,
        index=index,
        children=children,
        cases=np.bincount(of, of_year, minlength=number).astype(np.float64),
        child_years=3 * children,
        observed=np.bincount(of, each, minlength=number).astype(np.float64),
        squared=np.bincount(of, np.square(each), minlength=number).astype(np.float64),
        names=tuple(f"stadsdel {at}" for at in range(number)),
        boards=BOARDS,
    )
    return districts, [Truth("5.8", "total", float(np.exp(10 * context)))]


def delivered_of(seed: int) -> Delivered:
    """All of it together."""
    cases = cases_of(seed)[0]
    return Delivered(cases, cases, closings_of(seed)[0], districts_of(seed)[0], firsts_of(seed)[0])
