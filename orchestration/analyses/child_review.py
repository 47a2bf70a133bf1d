"""The review of cases about children: how far they come, who is spoken to, who comes back.

Estimands 5.1 to 5.12. A child's cases go together, so that shares have the errors of children. The
parts on stadsdelar are in `child_districts`, those on time in `child_returns`.

What does not belong here: which reports are cases, and what a stage is; the grain says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orchestration.analyses import child_districts, child_returns
from orchestration.analyses.child_districts import Districts
from orchestration.analyses.child_returns import Closings, FirstInsats
from orchestration.analyses.rows import (
    FALSE_DISCOVERY_RATE,
    LEAST_BOARDS,
    LEAST_EVENTS,
    LEAST_OBSERVATIONS,
    LEVEL,
    MOST_ROWS,
    REACH,
    Rows,
    Unidentified,
    enough,
    enough_for,
)
from orchestration.findings.codes import Shortfall
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.decomposition import product_effects
from orchestration.statistics.districts import between_interval, paule_mandel
from orchestration.statistics.equivalence import Difference, share_difference
from orchestration.statistics.funnels import wilson_limits
from orchestration.statistics.multiplicity import benjamini_hochberg
from orchestration.statistics.regression import Cells, cells_of, design_matrix
from orchestration.statistics.resampling import REPLICATES
from orchestration.statistics.standardised import (
    expected_without,
    standardise_units,
    standardised_shares,
    unit_effects,
)

ANALYSIS = "child_review"
STAGES = ("forhandsbedomning", "utredning", "erbjuden", "accepterad", "beviljad")
AGES = ("0", "1-5", "6", "7-12", "13-15", "16-17", "18-20")
HISTORIES = ("0", "1-2", "3+")
CATEGORIES = ("1", "2", "3", "4")
PARTIES = ("skola", "forskola", "barnet", "halso_sjukvard")
#: Ages at which a party is asked, as places in ``AGES``; of the others it is asked at all ages.
ASKED_OF = {"skola": (2, 3, 4, 5), "forskola": (1,)}
_YOUNG = 3
#: Boards whose odds typically differ by more than this differ by what matters.
RELEVANT_ODDS = 1.2
#: A difference between girls and boys that is smaller is none that matters.
MARGIN = 0.03
_GIVEN_UP = "vardnadshavare_vill_inte"
_DECLINED = "avbojd_av_vardnadshavare"
#: The median of the ratio of two boards' odds is this power of what lies between them.
_MEDIAN_RATIO = float(np.sqrt(2.0) * 0.6744897501960817)
_ESTIMANDS = 12


@dataclass(frozen=True, eq=False)
class Cases:
    """One row a case of the year.

    Attributes:
        child: (N,), numbers from 0.
        boy: (N,), 1 or 0; -1 where it is not known.
        age: (N,), places in ``AGES``; -1 where it is not known.
        history: (N,), places in ``HISTORIES``.
        category: (N,), 1 to 4, of the child's stadsdel; -1 where it is not known.
        stage: (N,), 1 to 5: the last in ``STAGES`` that was reached.
        reason: (N,), codes, as the next three; -1 where there is none.
        reporter: (N,).
        board: (N,).
        ended_by: (N,).
        insats: (N,), kind of what was granted.
        contacted: (N,) each, by party.
        names: names of the codes.
    """

    child: IntArray
    boy: IntArray
    age: IntArray
    history: IntArray
    category: IntArray
    stage: IntArray
    reason: IntArray
    reporter: IntArray
    board: IntArray
    ended_by: IntArray
    insats: IntArray
    contacted: Mapping[str, BoolArray]
    names: Mapping[str, tuple[str, ...]]

    def reached(self, stage: str) -> BoolArray:
        """(N,), whether a case came so far."""
        return np.asarray(self.stage > STAGES.index(stage))

    def ended(self, reason: str) -> BoolArray:
        """(N,), whether a case ended for a reason."""
        names = self.names["ended_by"]
        return np.asarray(self.ended_by == (names.index(reason) if reason in names else -2))

    def asked(self, party: str) -> BoolArray:
        """(N,), investigations where a party could be spoken to."""
        investigated = self.reached("utredning")
        ages = ASKED_OF.get(party)
        return investigated if ages is None else investigated & np.isin(self.age, ages)

    @cached_property
    def mix(self) -> Cells:
        """Cases that share age, reason, history, category and board."""
        return cells_of(
            {
                "age": self.age,
                "reason": self.reason,
                "history": self.history,
                "category": self.category,
                "board": self.board,
            }
        )

    @cached_property
    def measures(self) -> Mapping[str, tuple[BoolArray, BoolArray]]:
        """What boards and categories are held against each other in: events, and among which."""
        all_cases = np.ones(self.stage.size, dtype=bool)
        investigated, offered = self.reached("utredning"), self.reached("erbjuden")
        return {
            "utredning": (investigated, all_cases),
            "erbjuden": (offered, investigated),
            "beviljad": (self.reached("beviljad"), investigated),
            _GIVEN_UP: (self.ended(_GIVEN_UP), ~investigated),
            _DECLINED: (self.ended(_DECLINED), offered),
            **{
                f"vidtalad_{party}": (self.contacted[party], self.asked(party)) for party in PARTIES
            },
        }


@dataclass(frozen=True)
class Delivered:
    """What the analysis reads; None where nobody has delivered it.

    Attributes:
        cases: of the year.
        recent: cases of the year and the two before, for what a board has few of in a year.
        closings: of the year and the two before.
        districts: of the year.
        firsts: children who first came in the year or the two before.
    """

    cases: Cases | None = None
    recent: Cases | None = None
    closings: Closings | None = None
    districts: Districts | None = None
    firsts: FirstInsats | None = None


def analyse(
    year: int,
    geography_id: str,
    delivered: Delivered | Shortfall,
    *,
    replicates: int = REPLICATES,
) -> Rows:
    """All estimands of one year.

    Args:
        year: the reported year.
        geography_id: where.
        delivered: what is lacking where there is nothing.
        replicates: draws of the parametric bootstraps.
    """
    rows = Rows(ANALYSIS, year, geography_id)
    if isinstance(delivered, Shortfall):
        _nothing(rows, range(1, _ESTIMANDS + 1), delivered)
        return rows
    cases = delivered.cases
    if cases is None or cases.stage.size == 0:
        lacking = Shortfall.NO_REGISTER if cases is None else Shortfall.NOBODY
        _nothing(rows, (1, 2, 4, 5, 10, 11), lacking)
    elif cases.stage.size > MOST_ROWS:
        _nothing(rows, (1, 2, 4, 5, 10, 11), Shortfall.TOO_MANY_ROWS)
    else:
        funnel(rows, cases)
        by_guardian(rows, cases)
        contacted(rows, cases)
        with rows.attempt("5.5", unit="share", method_id="kitagawa"):
            youngest(rows, cases, replicates)
        sexes(rows, cases)
        with rows.attempt("5.11", unit="index", method_id="gini_simpson"):
            variety(rows, cases)
    recent = delivered.recent
    if recent is None or recent.stage.size == 0:
        _nothing(rows, (3,), Shortfall.NO_REGISTER if recent is None else Shortfall.NOBODY)
    elif recent.stage.size > MOST_ROWS:
        _nothing(rows, (3,), Shortfall.TOO_MANY_ROWS)
    else:
        boards_and_categories(rows, recent, replicates)
    child_returns.again(rows, delivered.closings)
    child_districts.analyse(rows, delivered.districts)
    child_returns.first_insats(rows, delivered.firsts)
    return rows


def _nothing(rows: Rows, numbers: "range | tuple[int, ...]", lacking: Shortfall) -> None:
    for number in numbers:
        rows.add(f"5.{number}", None, unit="share", method_id="counts", shortfall=lacking)


def _share(
    rows: Rows,
    estimand: str,
    children: IntArray,
    events: BoolArray,
    among: BoolArray,
    *,
    breakdown: str = "total",
    category: str = "total",
) -> None:
    """A share with Wilson's limits, of as many cases as their children are worth."""
    n, y = float(among.sum()), float((events & among).sum())
    lacking = None
    if n == 0:
        lacking = Shortfall.NOBODY
    elif n < LEAST_OBSERVATIONS:
        lacking = Shortfall.FEW_OBSERVATIONS
    elif y < LEAST_EVENTS:
        lacking = Shortfall.FEW_EVENTS
    limits = None
    if lacking is None:
        share = y / n
        surplus = np.bincount(children[among], events[among] - share)
        spread = share * (1 - share) * n
        effect = max(float(np.square(surplus).sum()) / spread, 1.0) if spread > 0 else 1.0
        low, high = wilson_limits(np.array([y / effect]), np.array([n / effect]), (1 - LEVEL) / 2)
        error = float(np.sqrt(share * (1 - share) * effect / n))
        limits = (float(low[0]), float(high[0]), error)
    rows.add(
        estimand,
        y / n if lacking is None else None,
        limits,
        unit="share",
        method_id="wilson",
        breakdown=breakdown,
        category=category,
        observations=n,
        events=y,
        shortfall=lacking,
    )


def funnel(rows: Rows, cases: Cases) -> None:
    """5.1: how far cases come, in all and by category, and what ends them."""
    number = float(cases.stage.size)
    everyone = np.ones(cases.stage.size, dtype=bool)
    rows.add("5.1_cases", number, unit="count", method_id="counts", observations=number)
    for stage in STAGES[1:]:
        _share(
            rows, "5.1", cases.child, cases.reached(stage), everyone,
            breakdown="stage", category=stage,
        )  # fmt: skip
        for at, name in enumerate(CATEGORIES, start=1):
            _share(
                rows, "5.1", cases.child, cases.reached(stage), cases.category == at,
                breakdown="stage*area_category", category=f"{stage}*{name}",
            )  # fmt: skip
    for name in cases.names["ended_by"]:
        # A reason that stands at two stages is one here; the mart tells them apart.
        _share(
            rows, "5.1_ended", cases.child, cases.ended(name), everyone,
            breakdown="exit_reason", category=name,
        )  # fmt: skip


def _model(
    cases: Cases, measure: str, *names: str
) -> tuple[Cells, FloatArray, FloatArray, FloatArray]:
    """Cells of a measure's cases, their events and trials, and a design of some of the mix."""
    events, among = cases.measures[measure]
    columns = {name: level[cases.mix.of_row[among]] for name, level in cases.mix.levels.items()}
    inside = columns["board"] >= 0
    if not inside.any():
        raise Unidentified(Shortfall.NOBODY)
    cells = cells_of({name: column[inside] for name, column in columns.items()})
    y = cells.totals(events[among][inside].astype(np.float64))
    n = cells.totals()
    used = [f"C({name})" for name in names if np.unique(cells.levels[name]).size > 1]
    design = design_matrix(" + ".join(used) if used else "1", cells.levels)
    enough_for(float(min(y.sum(), (n - y).sum())), design.matrix.shape[1])
    return cells, y, n, design.matrix


_MIX = ("age", "reason", "history")


def by_guardian(rows: Rows, cases: Cases) -> None:
    """5.2: cases that a guardian ended, by category at the same age, reason and history."""
    for measure in (_GIVEN_UP, _DECLINED):
        events, among = cases.measures[measure]
        _share(rows, "5.2", cases.child, events, among, breakdown="measure", category=measure)
        with rows.attempt(f"5.2_{measure}", unit="share", method_id="standardised_shares"):
            _standardised(rows, cases, measure)


def _standardised(rows: Rows, cases: Cases, measure: str) -> None:
    cells, y, n, design = _model(cases, measure, *_MIX)
    known = cells.levels["category"] > 0
    level = cells.levels["category"][known] - 1
    totals = np.bincount(level, n[known], minlength=len(CATEGORIES))
    if totals.min() < LEAST_OBSERVATIONS:
        raise Unidentified(Shortfall.FEW_OBSERVATIONS)
    found = standardised_shares(y[known], n[known], design[known], level, len(CATEGORIES))
    error = np.sqrt(np.diag(found.covariance))
    for at, name in enumerate(CATEGORIES):
        value = float(found.estimate[at])
        reach = REACH * error[at]
        rows.add(
            f"5.2_{measure}",
            value,
            (max(value - reach, 0.0), min(value + reach, 1.0), float(error[at])),
            unit="share",
            method_id="standardised_shares",
            breakdown="area_category",
            category=name,
            observations=float(totals[at]),
        )
    against = np.zeros(len(CATEGORIES))
    against[[0, -1]] = 1.0, -1.0
    apart = Difference(
        float(against @ found.estimate), float(np.sqrt(against @ found.covariance @ against))
    )
    rows.add(
        f"5.2_{measure}_difference",
        apart.estimate,
        (*apart.limits(LEVEL), apart.standard_error),
        unit="points",
        method_id="standardised_shares",
        p_value=apart.p_value,
        observations=float(n[known].sum()),
    )


def boards_and_categories(rows: Rows, cases: Cases, replicates: int) -> None:
    """5.3: how much boards differ within a category, and beside what lies between categories.

    Of three years: a board investigates some hundred cases of preschool children in one, and what
    lies between boards is then hardly told from chance.
    """
    for measure in cases.measures:
        with rows.attempt(f"5.3_{measure}", unit="ratio", method_id="board_odds"):
            _boards(rows, cases, measure, replicates)


def _boards(rows: Rows, cases: Cases, measure: str, replicates: int) -> None:
    cells, y, n, design = _model(cases, measure, *_MIX, "category")
    present, of = np.unique(cells.levels["board"], return_inverse=True)
    if present.size < LEAST_BOARDS:
        raise Unidentified(Shortfall.FEW_GROUPS)
    _, _, _, plain = _model(cases, measure, *_MIX)
    ones = np.ones((present.size, 1))
    spread = {}
    for name, matrix in (("without", plain), ("within", design)):
        effect, variance = unit_effects(of, y, n, matrix, present.size)
        between = float(paule_mandel(effect[None], variance[None], ones)[0])
        low, high = between_interval(effect, variance, ones, LEVEL)
        spread[name] = (between, variance)
        odds = [float(np.exp(_MEDIAN_RATIO * np.sqrt(each))) for each in (between, low, high)]
        verdict = None
        if odds[1] > 1.0 and odds[0] >= RELEVANT_ODDS:
            verdict = "boards_differ"
        elif odds[2] < RELEVANT_ODDS:
            verdict = "boards_alike"
        rows.add(
            f"5.3_{name}",
            odds[0],
            (odds[1], odds[2], float("nan")),
            unit="ratio",
            method_id="board_odds",
            breakdown="measure",
            category=measure,
            observations=float(n.sum()),
            events=float(y.sum()),
            verdict=verdict,
        )
    before, after = spread["without"][0], spread["within"][0]
    if before > 0:
        rows.add(
            "5.3_change",
            after / before - 1.0,
            unit="share",
            method_id="board_odds",
            breakdown="measure",
            category=measure,
        )
    _against_categories(rows, (cells, y, n, plain), measure, spread["within"], replicates)
    # Each board against what the others' pattern gives its own cases, also for the mart. Where all
    # of them differ, none of them need stand out among the others.
    expected = expected_without(of, y, n, design, present.size)
    observed = np.bincount(of, y, minlength=present.size).astype(np.float64)
    share = expected / np.bincount(of, n, minlength=present.size)
    found = standardise_units(
        observed, expected, expected * (1.0 - share), LEVEL, settled=verdict == "boards_differ"
    )
    rows.add_boards(measure, tuple(cases.names["board"][at] for at in present), found)


def _against_categories(
    rows: Rows,
    model: tuple[Cells, FloatArray, FloatArray, FloatArray],
    measure: str,
    within: tuple[float, FloatArray],
    replicates: int,
) -> None:
    """5.3_ratio: what lies between boards of a category over what lies between categories."""
    cells, y, n, plain = model
    known = cells.levels["category"] > 0
    level = cells.levels["category"][known] - 1
    weight = np.bincount(level, n[known], minlength=len(CATEGORIES))
    if weight.min() < LEAST_OBSERVATIONS:
        return
    found = standardised_shares(y[known], n[known], plain[known], level, len(CATEGORIES))
    weight = weight / weight.sum()
    between, variance = within

    def apart(odds: FloatArray) -> FloatArray:
        centred = odds - (odds @ weight)[..., None]
        return np.asarray(np.sqrt(np.square(centred) @ weight))

    random = rows.random()
    root = _root(found.coefficient_covariance)
    drawn = found.coefficients + random.standard_normal((replicates, len(CATEGORIES))) @ root.T
    effects = np.sqrt(between + variance) * random.standard_normal((replicates, variance.size))
    again = paule_mandel(
        effects, np.broadcast_to(variance, effects.shape), np.ones((variance.size, 1))
    )
    size = float(apart(found.coefficients[None])[0])
    if size <= 0:
        return
    rows.drawn(
        "5.3_ratio",
        float(np.sqrt(between)) / size,
        np.sqrt(again) / apart(drawn),
        unit="ratio",
        method_id="board_odds",
        breakdown="measure",
        category=measure,
        observations=float(n.sum()),
    )


def _root(covariance: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def contacted(rows: Rows, cases: Cases) -> None:
    """5.4: who is spoken to, also where it was another who reported."""
    for party in PARTIES:
        spoken, asked = cases.contacted[party], cases.asked(party)
        _share(rows, "5.4", cases.child, spoken, asked, breakdown="party", category=party)
        reporters = cases.names["reporter"]
        own = reporters.index(party) if party in reporters else -2
        _share(
            rows, "5.4_other_reporter", cases.child, spoken, asked & (cases.reporter != own),
            breakdown="party", category=party,
        )  # fmt: skip
        for at, name in enumerate(reporters):
            _share(
                rows, "5.4_reporter", cases.child, spoken, asked & (cases.reporter == at),
                breakdown="party*reporter", category=f"{party}*{name}",
            )  # fmt: skip
    with rows.attempt("5.4_difference", unit="points", method_id="difference"):
        school, preschool = (cases.asked(party) for party in ("skola", "forskola"))
        for asked in (school, preschool):
            enough(float(asked.sum()), LEAST_EVENTS)
        group = np.where(preschool, 1, np.where(school, 0, -1))
        spoken = np.where(preschool, cases.contacted["forskola"], cases.contacted["skola"])
        ones = np.ones(group.size)
        apart = share_difference(spoken.astype(np.float64), ones, group, cases.child)
        rows.add(
            "5.4_difference",
            apart.estimate,
            (*apart.limits(LEVEL), apart.standard_error),
            unit="points",
            method_id="difference",
            observations=float((group >= 0).sum()),
            p_value=apart.p_value,
        )


def youngest(rows: Rows, cases: Cases, replicates: int) -> None:
    """5.5: granted below seven against the others, and at which step the difference arises.

    Raises:
        Unidentified: there are too few of either.
    """
    young = (cases.age >= 0) & (cases.age < _YOUNG)
    groups = ((cases.age >= _YOUNG), young)
    counts = np.array(
        [[(mine & cases.reached(stage)).sum() for stage in STAGES] for mine in groups],
        dtype=np.float64,
    )
    if counts[:, -1].min() < LEAST_EVENTS:
        raise Unidentified(Shortfall.FEW_EVENTS)
    random = rows.random()
    rates = counts[:, 1:] / counts[:, :-1]
    drawn = np.stack(
        [
            random.binomial(counts[:, at].astype(np.int64), rates[:, at], (replicates, 2))
            / counts[:, at]
            for at in range(len(STAGES) - 1)
        ],
        axis=2,
    )
    for name, mine in zip(("7-20", "0-6"), groups, strict=True):
        _share(
            rows, "5.5_granted", cases.child, cases.reached("beviljad"), mine,
            breakdown="age_group", category=name,
        )  # fmt: skip
    whole = rates.prod(axis=1)
    again = drawn.prod(axis=2)
    rows.drawn(
        "5.5",
        float(whole[1] - whole[0]),
        again[:, 1] - again[:, 0],
        unit="points",
        method_id="kitagawa",
        observations=float(counts[:, 0].sum()),
    )
    parts = product_effects(rates[0], rates[1])
    of_draws = np.stack([product_effects(each[0], each[1]) for each in drawn])
    for at, stage in enumerate(STAGES[1:]):
        rows.drawn(
            "5.5",
            float(parts[at]),
            of_draws[:, at],
            unit="points",
            method_id="kitagawa",
            breakdown="stage",
            category=stage,
        )


def sexes(rows: Rows, cases: Cases) -> None:
    """5.10: boys and girls by reason, and at every step, where no difference is a finding too."""
    known = cases.boy >= 0
    boy = cases.boy == 1
    _share(rows, "5.10_boys", cases.child, boy, known)
    reasons = cases.names["reason"]
    for at, name in enumerate(reasons):
        _share(
            rows, "5.10_boys", cases.child, boy, known & (cases.reason == at),
            breakdown="contact_reason", category=name,
        )  # fmt: skip
    _differences(
        rows,
        "5.10_reason",
        "contact_reason",
        {
            name: share_difference(
                boy.astype(np.float64), known.astype(np.float64),
                (cases.reason == at).astype(np.int64), cases.child,
            )
            for at, name in enumerate(reasons)
            if LEAST_OBSERVATIONS <= (known & (cases.reason == at)).sum() < known.sum()
        },
    )  # fmt: skip
    _differences(
        rows,
        "5.10_step",
        "measure",
        {
            name: share_difference(
                events.astype(np.float64), among.astype(np.float64), cases.boy, cases.child
            )
            for name, (events, among) in cases.measures.items()
            if min((among & boy).sum(), (among & (cases.boy == 0)).sum()) >= LEAST_OBSERVATIONS
        },
    )


def _differences(
    rows: Rows, estimand: str, breakdown: str, found: Mapping[str, Difference]
) -> None:
    """Differences, each with whether it is one, is surely none that matters, or neither."""
    if not found:
        rows.add(
            estimand, None, unit="points", method_id="equivalence",
            shortfall=Shortfall.FEW_OBSERVATIONS,
        )  # fmt: skip
        return
    q_values = benjamini_hochberg(np.array([each.p_value for each in found.values()]))
    for (name, each), q in zip(found.items(), q_values, strict=True):
        alike = each.equivalence_p_value(MARGIN) < (1 - LEVEL)
        verdict = "kan_inte_avgoras"
        if alike:
            verdict = "ingen_relevant_skillnad"
        elif q <= FALSE_DISCOVERY_RATE:
            verdict = "skillnad"
        rows.add(
            estimand,
            each.estimate,
            (*each.limits(LEVEL), each.standard_error),
            unit="points",
            method_id="equivalence",
            breakdown=breakdown,
            category=name,
            p_value=each.p_value,
            q_value=float(q),
            verdict=verdict,
        )


def variety(rows: Rows, cases: Cases) -> None:
    """5.11: how likely two granted insatser are to be of different kinds, by board.

    Raises:
        Unidentified: there are too few.
    """
    granted = cases.insats >= 0
    enough(float(granted.sum()), float(granted.sum()))
    kinds = len(cases.names["insats"])
    groups = [("total", "total", granted)]
    groups += [
        ("board", name, granted & (cases.board == at))
        for at, name in enumerate(cases.names["board"])
    ]
    for breakdown, category, mine in groups:
        count = np.bincount(cases.insats[mine], minlength=kinds).astype(np.float64)
        number = float(count.sum())
        if number < LEAST_OBSERVATIONS:
            rows.add(
                "5.11", None, unit="index", method_id="gini_simpson", breakdown=breakdown,
                category=category, observations=number,
                shortfall=Shortfall.FEW_OBSERVATIONS,
            )  # fmt: skip
            continue
        share = count / number
        # Of two different ones, so that few insatser do not look less varied than they are.
        index = float((1.0 - np.square(share).sum()) * number / (number - 1.0))
        third = float((share**3).sum() - np.square(share).sum() ** 2)
        error = float(2.0 * np.sqrt(max(third, 0.0) / number))
        rows.add(
            "5.11",
            index,
            (max(index - REACH * error, 0.0), min(index + REACH * error, 1.0), error),
            unit="index",
            method_id="gini_simpson",
            breakdown=breakdown,
            category=category,
            observations=number,
        )
