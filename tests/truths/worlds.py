"""Worlds whose truths are known, drawn by their own models: what the analyses must find in them.

Nothing of the analyses is used to draw them. A world gives its arrays and the value of each
estimand under its model: from the parameters, never from the rows.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from orchestration.analyses import costs, housing_support, protected_housing, refusals
from orchestration.analyses.costs import Known
from orchestration.analyses.housing_support import Grant, Support
from orchestration.analyses.protected_housing import Cases, Delivered, Series, Stays
from orchestration.analyses.refusals import GroundHistory, RefusalMonths, RefusalReturns
from orchestration.analyses.rows import Rows
from orchestration.analyses.scenario import Scenario
from orchestration.findings.codes import Shortfall
from orchestration.statistics.arrays import FloatArray

YEAR = 2023
#: The names of the bands, as the registers of estimates have them.
BAND_NAMES = ("1", "2-3", "4-6", "7-12", "13-24", "25+")
GROUNDS = (
    "inkomst", "tillgangar", "eget_agande_bostad", "kredit_som_inkomst", "ej_arbetssokande",
    "underlag_saknas", "annan_kommun", "kan_tillgodoses", "annat",
)  # fmt: skip
_ODDS = np.array([1.0, 1.05, 1.15, 1.30, 1.45, 1.60])
_STARTS = (1, 2, 4, 7, 13, 25)
_BASE = -2.2
_MONTHS = 12
_THERE = 0.8
_DECISIONS = 1.15
_PARTS, _A_PART = 20, 20_000
"""Persons drawn for what is expected of the hours; half a per cent is not known of it."""
_GROUPS = (0.25, 0.2, 0.55)
"""Shares of the disabled who the grant is for, the other disabled, and psychiatry."""
_FIRST, _AFTER = 2015, 2024
"""Years in which decisions begin."""


@dataclass(frozen=True)
class Truth:
    """What one estimate should be."""

    estimand: str
    category: str
    value: float


def expit(x: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


# --- refusals -----------------------------------------------------------------------------------


def band(spell: np.ndarray) -> np.ndarray:
    return np.searchsorted(_STARTS, spell, side="right") - 1


def _spells(random: np.random.Generator, number: int, longer: float) -> tuple[np.ndarray, ...]:
    """Household, month and spell month of a year: spells under way, and how long each lasts."""
    began = np.where(
        random.random(number) < 0.35 / longer, 1, random.geometric(0.1 / longer, number)
    )
    lasts = np.minimum(random.geometric(0.18 / longer, number), _MONTHS)
    household = np.repeat(np.arange(number), lasts)
    at = np.arange(household.size) - np.repeat(np.cumsum(lasts) - lasts, lasts)
    return household, at + 1, began[household] + at


def _year_of_refusals(
    random: np.random.Generator, number: int, longer: float, odds: np.ndarray, spread: float
) -> tuple[np.ndarray, ...]:
    household, month, spell = _spells(random, number, longer)
    own = random.normal(0.0, spread, number)[household]
    hazard = expit(_BASE + np.log(odds[band(spell)]) + own)
    return household, month, spell, random.random(household.size) < hazard


def months_of(
    seed: int,
    *,
    number: int = 1500,
    longer: float = 1.2,
    factor: float = 1.3,
    spread: float = 0.0,
    slope: float = 1.0,
    boards: dict[int, float] | None = None,
) -> RefusalMonths:
    """Two years of household months; each household is there in a year with probability .8."""
    random = np.random.default_rng(seed)
    years = []
    for length, times in ((1.0, 1.0), (longer, factor)):
        drawn = _year_of_refusals(random, number, length, times * _ODDS**slope, spread)
        there = (random.random(number) < _THERE)[drawn[0]]
        years.append(tuple(each[there] for each in drawn))
    household = np.concatenate([each[0] for each in years])
    year = np.repeat([YEAR - 1, YEAR], [each[0].size for each in years])
    refused = np.concatenate([each[3] for each in years])
    size = household.size
    board = household % 10
    for at, odds in (boards or {}).items():
        # More refusals, or fewer, on this board, in both years.
        mine = board == at
        p = expit(_BASE + np.log(_ODDS[band(np.concatenate([e[2] for e in years]))] * odds))
        refused = np.where(mine, random.random(size) < p, refused)
    decisions = np.ones(size) + (random.random(size) < _DECISIONS - 1)
    groups = {
        "kind": np.minimum(np.concatenate([each[2] for each in years]), 2) - 1,
        "purpose": np.zeros(size, dtype=np.int64),
        "household_type": household // 10 % 3,
        "housing": household // 10 % 2,
        "obstacle": household // 20 % 4,
        "sex": household // 40 % 2,
        "age_group": household // 80 % 4,
    }
    return RefusalMonths(
        year=year,
        month=np.concatenate([each[1] for each in years]),
        household=household,
        decisions=decisions,
        full=refused.astype(np.float64),
        partial=np.zeros(size),
        ground=np.where(refused, random.integers(0, len(GROUNDS), size), -1),
        spell_month=np.concatenate([each[2] for each in years]),
        board=board,
        groups=groups,
        missing=np.where(refused, random.gamma(2.0, 2000.0, size), 0.0),
        names={name: tuple(map(str, range(int(code.max()) + 1))) for name, code in groups.items()}
        | {"board": tuple(f"0180-{at}" for at in range(10)), "ground": GROUNDS},
    )


@cache
def months_truths(
    longer: float, factor: float, number: int = 1500, slope: float = 1.0
) -> list[Truth]:
    """What the parameters give, by one large draw of spells without any outcome."""
    random = np.random.default_rng(10_000)
    many = 400_000
    months, hazard, anyone = {}, {}, {}
    odds = _ODDS**slope
    for name, length in (("then", 1.0), ("now", longer)):
        household, _, spell = _spells(random, many, length)
        months[name] = household.size / many
        for kind, times in (("own", 1.0 if name == "then" else factor), ("last", 1.0)):
            h = expit(_BASE + np.log(odds[band(spell)] * times))
            hazard[name, kind] = float(h.mean())
            lasting = np.bincount(household, np.log1p(-h), minlength=many)
            anyone[name, kind] = float((1 - np.exp(lasting)).mean())
    rise = hazard["now", "own"] - hazard["then", "own"]
    whole = anyone["now", "own"] - anyone["then", "own"]
    # Only two of the four factors differ, so each has the mean of the other.
    there, then, now = number * _THERE, hazard["then", "own"], hazard["now", "own"]
    return [
        Truth("1.2", "households", 0.0),
        Truth("1.2", "months", there * (months["now"] - months["then"]) * (then + now) / 2),
        Truth("1.2", "decisions", 0.0),
        Truth("1.2", "refusals", there * rise * (months["now"] + months["then"]) / 2),
        Truth("1.2", "total", there * (months["now"] * now - months["then"] * then)),
        Truth("1.4_rise", "total", rise),
        Truth("1.4", "total", (hazard["now", "last"] - then) / rise),
        Truth("1.4_any", "total", (anyone["now", "last"] - anyone["then", "own"]) / whole),
        *(
            Truth("1.5", name, float(each))
            for name, each in zip(BAND_NAMES[1:], odds[1:], strict=True)
        ),
    ]


def returns_of(seed: int, number: int = 1500) -> tuple[RefusalReturns, list[Truth]]:
    """A month's hazards of being granted and of being refused again, higher after credit."""
    random = np.random.default_rng(seed)
    ground = random.integers(0, len(GROUNDS), number)
    credit = ground == GROUNDS.index("kredit_som_inkomst")
    factor = np.where(credit, 1.6, 1.0)
    granted, again = 0.08 * factor, 0.04 * factor
    month = random.geometric(np.minimum(granted + again, 0.9))
    event = np.where(random.random(number) < granted / (granted + again), 1, 2)
    follow = random.integers(4, 40, number)
    open_still = month > follow
    returns = RefusalReturns(
        household=random.integers(0, number // 2, number),
        ground=ground,
        kind=random.integers(0, 3, number),
        months=np.minimum(month, follow).astype(np.float64),
        event=np.where(open_still, 0, event),
        economic=np.array([at < 4 for at in range(len(GROUNDS))]),
        names={"ground": GROUNDS, "kind": ("forsta", "ny", "fortsatt")},
    )
    truths = []
    for category, times in (("kredit_som_inkomst", 1.6), ("inkomst", 1.0)):
        total = 0.12 * times
        for horizon in (1, 3, 6, 12):
            met = 1 - (1 - total) ** horizon
            truths.append(Truth(f"1.7_granted_{horizon}", category, met * 2 / 3))
            truths.append(Truth(f"1.7_no_application_{horizon}", category, 1 - met))
    ratio = np.log(1 - 0.12 * 1.6) / np.log(1 - 0.12)
    return returns, [*truths, Truth("1.7_contrast", "kredit_som_inkomst", float(ratio))]


def grounds_of(seed: int, rise: float) -> GroundHistory:
    """Eight years of grounds that wander alike; credit rises by so much more in the last."""
    random = np.random.default_rng(seed)
    steps = random.normal(0.0, 0.04, (8, len(GROUNDS)))
    steps[-1, GROUNDS.index("kredit_som_inkomst")] += np.log(rise)
    level = 3000.0 * np.exp(np.cumsum(steps, axis=0))
    return GroundHistory(random.poisson(level).astype(np.float64), GROUNDS)


# --- protected housing --------------------------------------------------------------------------

SIZES = np.array([1500, 2100, 2700])
_THEN = np.array([[0.40, 0.10, 0.10, 0.15, 0.25], [0.30, 0.08, 0.12, 0.20, 0.30],
                  [0.20, 0.05, 0.10, 0.25, 0.40]])  # fmt: skip


def cases_of(seed: int, flats: float, own: float) -> tuple[Cases, list[Truth]]:
    """This year shelter is x .64 in the first stratum; others carry so much of what is missing."""
    random = np.random.default_rng(seed)
    now = _THEN.copy()
    missing = 0.36 * now[0, 0]
    now[0] += missing * np.array([-1.0, flats, own, 0.0, 1.0 - flats - own])
    year, stratum, response = [], [], []
    for which, shares in ((YEAR - 1, _THEN), (YEAR, now)):
        for s, size in enumerate(SIZES):
            year.append(np.full(size, which))
            stratum.append(np.full(size, s))
            response.append(random.choice(5, size, p=shares[s]))
    number = int(SIZES.sum())
    cases = Cases(
        np.concatenate(year),
        np.concatenate([np.arange(number), np.arange(number) + number // 2]),
        np.concatenate(stratum),
        np.concatenate(response),
        np.zeros(2 * number, dtype=np.int64),
        ("egen",),
    )
    return cases, [
        Truth("2.3", "total", float(missing * SIZES[0])),
        Truth("2.4", "jourlagenhet", flats),
        Truth("2.4", "egen_losning", own),
        Truth("2.4", "unexplained", 1.0 - flats - own),
    ]


def stays_of(seed: int) -> tuple[Stays, list[Truth]]:
    """Exponential stays of 60 and of 50 days; the later the start, the sooner it is censored."""
    random = np.random.default_rng(seed)
    size = 250
    means = np.repeat([60.0, 50.0], size)
    days = random.exponential(means)
    follow = np.concatenate([random.uniform(365, 730, size), random.uniform(1, 365, size)])
    stays = Stays(
        np.repeat([YEAR - 1, YEAR], size),
        np.minimum(days, follow),
        (days <= follow).astype(np.int64),
    )
    restricted = [m * (1 - np.exp(-120.0 / m)) for m in (60.0, 50.0)]
    return stays, [
        Truth("2.7", "total", restricted[1] - restricted[0]),
        Truth("2.7_mean", str(YEAR), restricted[1]),
        Truth("2.7_median", str(YEAR), 50.0 * np.log(2.0)),
    ]


def series_of(seed: int, step: float = 0.75) -> tuple[Series, list[Truth]]:
    """Eight years of quarters: season, elasticity .6, a step, and more variation than chance."""
    random = np.random.default_rng(seed)
    quarter = np.tile([1, 2, 3, 4], 8)
    reports = 900.0 * np.exp(0.01 * np.arange(32) + random.normal(0, 0.08, 32))
    after = np.arange(32) >= 24
    log_mean = 3.9 + 0.6 * np.log(reports / 900.0) + 0.05 * quarter + np.log(step) * after
    mean = np.exp(log_mean) * random.gamma(80.0, 1 / 80.0, 32)
    series = Series(random.poisson(mean).astype(np.float64), reports, quarter, after)
    return series, [Truth("2.8", "total", step), Truth("2.8_elasticity", "total", 0.6)]


# --- housing support ----------------------------------------------------------------------------


def support_of(
    seed: int,
    moved: float = 0.35,
    *,
    equal: float = 2.5,
    number: int = 4000,
    since: int = 2018,
    heaps: bool = True,
) -> tuple[Support, list[Truth]]:
    """Half-hour heaps common to all; a share of holders in [9, 12] became 12.5 or 13 hours."""
    random = np.random.default_rng(seed)
    group = random.choice(3, number, p=_GROUPS)
    disabled = group != 2
    activities = random.poisson(np.where(disabled, 4.0, 5.5)) + 1
    board = random.integers(0, 12, number)
    start = random.integers(_FIRST, _AFTER, number)
    mean = 3.0 + 0.9 * activities + equal * disabled + random.normal(0, 0.3, 12)[board]
    hours = _hours(random, mean, heaps=heaps)
    could = (group == 0) & (hours >= 9) & (hours <= 12) & (start >= since)
    goes = could & (random.random(number) < moved)
    # Everybody whom chance could have placed there, and not those whom it did: that is estimated.
    below, missing, around = _near_the_threshold(equal, heaps=heaps)
    moving = moved * number * _GROUPS[0] * (_AFTER - since) / (_AFTER - _FIRST)
    hours = np.where(goes, np.where(random.random(number) < 1 / 3, 12.5, 13.0), hours)
    support = Support(
        hours=hours,
        group=group,
        woman=random.random(number) < 0.5,
        age_band=random.integers(0, 4, number),
        board=board,
        activities=activities,
        start_year=start,
        own_housing=random.random(number) < 0.9,
        registered=random.random(number) < 0.95,
        boards=tuple(f"0180-{at}" for at in range(12)),
    )
    return support, [
        Truth("3.3", "total", moving * below),
        Truth("3.3_hours", "total", moving * missing),
        Truth("3.5", "total", moved * below / around),
        Truth("3.7", "total", equal),
        Truth("3.7_overlap", "total", equal),
        *(Truth("3.4", f"{at:g}", 0.0) for at in (6, 8, 10, 14, 16)),
        *(Truth("3.4", name, 0.0) for name in ("utan_lss", "socialpsykiatri")),
    ]


def _hours(random: np.random.Generator, mean: FloatArray, *, heaps: bool) -> FloatArray:
    """Hours of so many on average; heaped: from the near half hours by the heap's weight."""
    raw = mean * random.gamma(10.0, 0.1, mean.size)
    edges = np.arange(1, 49) * 0.5
    heap = np.where(edges % 1 == 0, 3.0, 1.0) * np.where(edges % 5 == 0, 1.5, 1.0)
    weight = heap * np.exp(-0.5 * np.square((edges - raw[:, None]) / 0.8))
    cumulative = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    place = (cumulative < random.random(mean.size)[:, None]).sum(axis=1)
    return edges[np.minimum(place, edges.size - 1)] if heaps else raw


@cache
def _near_the_threshold(equal: float, *, heaps: bool) -> tuple[float, float, float]:
    """Of the disabled: the share with 9 to 12 hours, hours that those lack, the share with 9 to 16.

    Hours to what they get who are moved (12.5 or 13), per person of all.
    """
    random = np.random.default_rng(1)
    sums = np.zeros(3)
    for _ in range(_PARTS):
        activities = random.poisson(4.0, _A_PART) + 1
        mean = 3.0 + 0.9 * activities + equal + random.normal(0, 0.3, _A_PART)
        hours = _hours(random, mean, heaps=heaps)
        below = (hours >= 9) & (hours <= 12)
        around = (hours >= 9) & (hours <= 16)
        sums += below.sum(), (12.8333 - hours[below]).sum(), around.sum()
    share, missing, near = (sums / (_PARTS * _A_PART)).tolist()
    return share, missing, near


# --- running ------------------------------------------------------------------------------------


def run_refusals(months: RefusalMonths | Shortfall, replicates: int, **more: object) -> Rows:
    return refusals.analyse(YEAR, "0180", months, replicates=replicates, **more)  # type: ignore[arg-type]


def run_protected(replicates: int, **more: object) -> Rows:
    delivered = Delivered(**more)  # type: ignore[arg-type]
    return protected_housing.analyse(YEAR, "0180", delivered, replicates=replicates)


def run_support(support: Support | Shortfall, replicates: int) -> Rows:
    grant = Grant(82_576.0, 2018)
    return housing_support.analyse(YEAR, "0180", support, grant, replicates=replicates)


# --- samples and costs --------------------------------------------------------------------------

#: What the second group of assessors gives more, hours.
PANEL_DIFFERENCE = 1.0


def raters_of(seed: int, known: float) -> np.ndarray:
    """A hundred cases by four raters, whose agreement is that share of the variance.

    In quarters of the standard deviation, as hours come in steps too.
    """
    random = np.random.default_rng(seed)
    cases = random.normal(0.0, np.sqrt(known), (100, 1))
    exact = cases + random.normal(0.0, np.sqrt(1.0 - known), (100, 4))
    return np.asarray(np.round(exact * 4.0) / 4.0)


ANSWERS = np.array([0.0, 1.0])
_COMMON, _RIGHT = 0.7, np.array([0.95, 0.85])


def two_raters_of(seed: int, number: int = 100) -> tuple[np.ndarray, dict[str, float]]:
    """Two raters who see what a case is with a probability each, and what they agree by."""
    random = np.random.default_rng(seed)
    case = random.random((number, 1)) < _COMMON
    right = random.random((number, 2)) < _RIGHT
    says = _COMMON * _RIGHT + (1.0 - _COMMON) * (1.0 - _RIGHT)
    agreed = float(_RIGHT.prod() + (1.0 - _RIGHT).prod())
    both = float(says.prod() + (1.0 - says).prod())
    mean = float(says.mean())
    pooled, flat = mean**2 + (1.0 - mean) ** 2, 2.0 * mean * (1.0 - mean)
    chance = {"kappa": both, "alpha": pooled, "AC1": flat, "exact": 0.0}
    truths = {name: (agreed - each) / (1.0 - each) for name, each in chance.items()}
    return np.where(right, case, ~case).astype(np.float64), truths


def panel_of(seed: int) -> tuple[np.ndarray, ...]:
    """Cases by one of six assessors of each group, some by all; weights of one and three."""
    random = np.random.default_rng(seed)
    raters, cases = 6, 120
    group = np.arange(raters) % 2
    own, level = random.normal(0, 0.5, raters), random.normal(8, 3, cases)
    pairs = [
        (case, rater)
        for case in range(cases)
        for rater in range(raters)
        if case < cases // 6 or rater // 2 == case % (raters // 2)
    ]
    case, rater = np.array(pairs).T
    values = level[case] + PANEL_DIFFERENCE * group[rater] + own[rater]
    values = values + random.normal(0, 1.5, case.size)
    weights = np.where(case % 3 == 0, 3.0, 1.0)
    return values, case, rater, group, weights


def demand_of(seed: int) -> tuple[Rows, list[Truth]]:
    """An insats whose true overlap, take-up and cost are drawn from what its scenario declares."""
    random = np.random.default_rng(seed)
    amount = {"value": 8.0, "low": 5.0, "high": 12.0}
    scenario = Scenario.model_validate(
        {
            "insats": "Prov",
            "price_year": YEAR,
            "staff": "kurator",
            "source": "prov",
            "hours_per_person": amount,
            "rate": {"value": 600.0},
            "demand": {
                "known": "known",
                "reached": "reached",
                "reached_is_part": False,
                "receivers_sv": "personer",
                "take_up": {"value": 0.1, "low": 0.05, "high": 0.2},
            },
        }
    )
    known, reached = 3000.0, 900.0
    rows = costs.demand(YEAR, "0180", {"prov": scenario}, {"prov": Known(known, reached)})
    come = (known - random.uniform(0.0, reached)) * random.triangular(0.05, 0.1, 0.2)
    paid = come * 600.0 * random.triangular(5.0, 8.0, 12.0)
    return rows, [Truth("7.2", "prov", come), Truth("7.3", "prov", paid)]
