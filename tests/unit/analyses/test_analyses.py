"""The analyses: parts that add up, truths that are found, and a status wherever one cannot tell."""

from dataclasses import fields, replace

import numpy as np
import pytest

from orchestration.analyses import housing_support, protected_housing, refusals
from orchestration.analyses.protected_housing import Delivered, Flow, Placements, Series, Stays
from orchestration.analyses.rows import MOST_ROWS, Rows, Unidentified
from orchestration.findings.codes import Shortfall, Status
from orchestration.findings.estimates import AnalysisResult
from tests.truths import functions, worlds

YEAR = worlds.YEAR


def of(rows: Rows, estimand: str) -> dict[str, AnalysisResult]:
    """Results of an estimand by category; there must be some."""
    found = {r.category: r for r in rows.results if r.estimand_id == estimand}
    assert found, estimand
    return found


def value(result: AnalysisResult) -> float:
    assert result.estimate is not None, result
    return result.estimate


@pytest.fixture(scope="module")
def refused() -> Rows:
    returns, _ = worlds.returns_of(1)
    months = worlds.months_of(1, longer=1.3, factor=1.4)
    grounds = worlds.grounds_of(1, 1.5)
    prices = refusals.Prices((100.0, 108.6), (100.0, 112.0))
    return worlds.run_refusals(months, 99, returns=returns, grounds=grounds, prices=prices)


@pytest.fixture(scope="module")
def supported() -> Rows:
    return worlds.run_support(worlds.support_of(2)[0], 99)


# --- refusals -----------------------------------------------------------------------------------


def test_every_estimand_of_refusals_has_rows(refused: Rows) -> None:
    found = {r.estimand_id.split("_")[0] for r in refused.results}
    assert found == {f"1.{number}" for number in range(1, 11)}
    assert {r.status for r in refused.results} == {Status.ESTIMATED}
    # The norm rose by 8.6 %, the prices by 12 %.
    assert value(of(refused, "1.10")["total"]) == pytest.approx(1.086 / 1.12)
    rows = Rows("refusals", YEAR, "0180")
    for prices in (None, refusals.Prices((100.0, 108.6), (0.0, 112.0))):
        with pytest.raises(Unidentified):
            refusals.norm_and_prices(rows, prices)


def test_the_factors_add_up_to_the_change_exactly(refused: Rows) -> None:
    months = worlds.months_of(1, longer=1.3, factor=1.4)
    change = (months.refusals * np.where(months.year == YEAR, 1, -1)).sum()
    parts = of(refused, "1.2")
    assert value(parts["total"]) == change
    assert sum(value(parts[name]) for name in refusals.FACTORS) == pytest.approx(change, abs=1e-9)
    rate = [
        months.refusals[months.year == y].sum() / months.decisions[months.year == y].sum()
        for y in (YEAR - 1, YEAR)
    ]
    mix = [value(of(refused, f"1.3_{part}")["total"]) for part in ("composition", "rate")]
    assert sum(mix) == pytest.approx(rate[1] - rate[0], abs=1e-12)
    grounds = [
        sum(value(of(refused, f"1.3_{part}")[g]) for g in worlds.GROUNDS)
        for part in ("composition", "rate")
    ]
    assert grounds == pytest.approx(mix, abs=1e-12)


def test_a_month_is_refused_once_and_a_household_once_a_year(refused: Rows) -> None:
    months = worlds.months_of(1, longer=1.3, factor=1.4)
    now = months.year == YEAR
    keys = set(zip(months.household[now], months.month[now], strict=True))
    bad = now & (months.full > 0)
    by_month = of(refused, "1.1_months")["total"]
    assert (by_month.observations, by_month.events) == (len(keys), bad.sum())
    homes = of(refused, "1.1_households")["total"]
    assert homes.observations == np.unique(months.household[now]).size
    assert homes.events == np.unique(months.household[bad]).size


def test_months_of_one_household_are_not_as_many_households() -> None:
    """Every month of a household has the same outcome: a month tells what the household does."""
    months = worlds.months_of(1, number=300)
    refused = (months.household % 2).astype(np.float64)
    rows = worlds.run_refusals(replace(months, full=refused), 9)
    found = of(rows, "1.1_months")["total"]
    assert found.standard_error is not None
    assert found.observations is not None
    now = months.year == YEAR
    sizes = np.bincount(months.household[now])
    share = value(found)
    owner = (np.arange(sizes.size) % 2) - share
    assert found.standard_error == pytest.approx(
        np.sqrt(np.square(owner * sizes).sum()) / sizes.sum()
    )
    naive = np.sqrt(share * (1 - share) / found.observations)
    assert found.standard_error > 1.5 * naive


def test_longer_spells_alone_and_rates_alone_come_out_as_such() -> None:
    for longer, factor, share in ((2.5, 1.0, 1.0), (1.0, 1.6, 0.0)):
        months = worlds.months_of(3, longer=longer, factor=factor, number=8000, slope=4.0)
        rows = Rows("refusals", YEAR, "0180")
        refusals.spells(rows, months, 19)
        assert value(of(rows, "1.4")["total"]) == pytest.approx(share, abs=0.15)


def test_another_gap_in_a_spell_is_a_sensitivity_of_its_own() -> None:
    """A spell that every month begins anew explains nothing, whatever the other does."""
    months = worlds.months_of(3, longer=2.5, factor=1.0, number=4000, slope=4.0)
    tried = {0: np.ones_like(months.spell_month), 2: months.spell_month}
    rows = worlds.run_refusals(replace(months, spell_months=tried), 39)
    found = of(rows, "1.4_sensitivity")
    assert set(found) == {"0", "2"}
    assert {(r.breakdown, r.sensitivity_of) for r in found.values()} == {("spell_gap", "1.4")}
    assert value(found["0"]) == pytest.approx(0.0, abs=1e-6)
    assert value(found["2"]) == value(of(rows, "1.4")["total"])
    assert found["2"].ci_lower is not None
    calm = worlds.months_of(4, longer=1.0, factor=1.0, number=600)
    rows = Rows("refusals", YEAR, "0180")
    refusals.spells(rows, calm, 39, gap=0)
    assert [r.shortfall for r in rows.results] == [Shortfall.NO_CHANGE]


def test_a_rise_that_may_be_chance_has_no_parts() -> None:
    rows = Rows("refusals", YEAR, "0180")
    refusals.spells(rows, worlds.months_of(4, longer=1.0, factor=1.0, number=600), 39)
    lacking = of(rows, "1.4")["total"]
    assert (lacking.status, lacking.shortfall) == (Status.NOT_IDENTIFIED, Shortfall.NO_CHANGE)
    assert lacking.estimate is None
    assert value(of(rows, "1.4_rise")["total"]) == pytest.approx(0.0, abs=0.05)


def test_a_ground_that_rose_alone_is_unprecedented(refused: Rows) -> None:
    found = of(refused, "1.6")
    assert set(found) == {"eget_agande_bostad", "kredit_som_inkomst", "tillgangar"}
    assert found["kredit_som_inkomst"].verdict == "unprecedented"
    assert value(found["kredit_som_inkomst"]) == pytest.approx(1.5, rel=0.15)
    short = worlds.grounds_of(1, 1.2)
    with pytest.raises(Unidentified):
        refusals.new_groups(
            Rows("refusals", YEAR, "0180"), replace(short, counts=short.counts[-4:])
        )


def test_what_came_of_a_refusal_sums_to_all(refused: Rows) -> None:
    for horizon in (1, 3, 6, 12):
        shares = [
            value(of(refused, f"1.7_{event}_{horizon}")["kredit_som_inkomst"])
            for event in (*refusals.EVENTS, "no_application")
        ]
        assert sum(shares) == pytest.approx(1.0)
    contrast = of(refused, "1.7_contrast")["kredit_som_inkomst"]
    assert value(contrast) > 1
    returns, _ = worlds.returns_of(1)
    rows = Rows("refusals", YEAR, "0180")
    refusals.after_refusal(rows, replace(returns, months=np.minimum(returns.months, 11.0)), 19)
    assert {r.shortfall for r in rows.results} == {Shortfall.NOT_FOLLOWED}


def test_two_planted_boards_are_found_and_no_other() -> None:
    months = worlds.months_of(1, longer=1.0, factor=1.0, number=12_000, boards={2: 1.6, 7: 0.55})
    rows = Rows("refusals", YEAR, "0180")
    refusals.boards(rows, months)
    verdicts = {b.geography_id: b.verdict for b in rows.boards}
    assert len(verdicts) == 10
    assert {k: v for k, v in verdicts.items() if v != "alike"} == {
        "0180-2": "above",
        "0180-7": "below",
    }
    above = rows.boards[2]
    assert 1 < above.shrunken < above.ratio
    few = Rows("refusals", YEAR, "0180")
    with pytest.raises(Unidentified):
        refusals.boards(few, replace(months, board=np.minimum(months.board, 2)))


def test_what_is_lacking_has_a_row_that_says_so() -> None:
    nothing = worlds.run_refusals(Shortfall.NO_REGISTER, 9)
    assert {r.shortfall for r in nothing.results} == {Shortfall.NO_REGISTER}
    assert len(nothing.results) == 10
    one_year = worlds.months_of(5, number=200)
    later = replace(one_year, year=np.full(one_year.year.size, YEAR))
    rows = worlds.run_refusals(later, 9)
    for estimand in ("1.2", "1.3", "1.4", "1.6"):
        assert {r.shortfall for r in of(rows, estimand).values()} == {Shortfall.NO_EARLIER}
    assert of(rows, "1.7")["total"].shortfall is Shortfall.NOT_FOLLOWED
    many = np.zeros(MOST_ROWS + 1, dtype=np.int64)
    too_many = worlds.run_refusals(replace(one_year, year=many), 9)
    assert [r.shortfall for r in too_many.results] == 10 * [Shortfall.TOO_MANY_ROWS]


def test_same_input_same_numbers() -> None:
    months = worlds.months_of(6, number=300)
    first, again = (worlds.run_refusals(months, 9).results for _ in range(2))
    assert first == again
    seeds = {r.seed for r in first}
    assert len(seeds - {None}) == 1


# --- protected housing --------------------------------------------------------------------------


def placements() -> Placements:
    """Shelter: mothers 30 to 18, others 20 to 20; flats: mothers 6 to 5, others 4 to 9."""
    rows = [
        (year, flat, mother)
        for year, flat, mother, number in (
            (YEAR - 1, False, True, 30), (YEAR, False, True, 18), (YEAR - 1, False, False, 20),
            (YEAR, False, False, 20), (YEAR - 1, True, True, 6), (YEAR, True, True, 5),
            (YEAR - 1, True, False, 4), (YEAR, True, False, 9),
        )
        for _ in range(number)
    ]  # fmt: skip
    year, flat, mother = (np.array(each) for each in zip(*rows, strict=True))
    size = year.size
    return Placements(
        year,
        np.arange(size) % 4 + 1,
        np.arange(size),
        flat,
        np.ones(size, dtype=bool),
        2.0 * mother,
    )


def test_the_fall_is_the_mothers_and_flats_carry_at_most_their_growth() -> None:
    rows = worlds.run_protected(9, placements=placements())
    split, share = of(rows, "2.2"), of(rows, "2.2_share")
    assert {k: value(v) for k, v in split.items()} == {"mothers": -12, "without_children": 0}
    assert {k: value(v) for k, v in share.items()} == {"mothers": 1, "without_children": 0}
    bound = of(rows, "2.4_bound_share")
    assert {k: value(v) for k, v in bound.items()} == {"total": 4 / 12, "mothers": 0}
    quarters = [v for k, v in of(rows, "2.1_decisions").items() if k.startswith("skyddat_boende*")]
    assert sum(map(value, quarters)) == 38
    assert {r.shortfall for r in of(rows, "2.1_secured").values()} == {Shortfall.NO_COLUMN}
    seen = placements()
    known = replace(seen, secured=np.where(seen.flat, -1, np.arange(seen.year.size) % 2))
    secured = of(worlds.run_protected(9, placements=known), "2.1_secured")
    mine = (seen.year == YEAR) & ~seen.flat
    assert value(secured["skyddat_boende"]) == (np.flatnonzero(mine) % 2).mean()
    assert secured["jourlagenhet"].shortfall is Shortfall.NOBODY
    for estimand in ("2.3", "2.4", "2.5", "2.9"):
        assert of(rows, estimand)["total"].shortfall is Shortfall.NO_REGISTER
    assert of(rows, "2.6")["total"].shortfall is Shortfall.NO_LINKAGE
    assert of(rows, "2.8")["total"].shortfall is Shortfall.NO_REGISTER


def test_a_flow_needs_to_be_followed_and_to_have_happened() -> None:
    days, moved = np.full(60, 200.0), np.repeat([1, 0], [6, 54])
    flows = (
        Flow("a-b", np.where(moved == 1, 30.0, days), moved),
        Flow("a-c", days / 2, moved),
        Flow("a-d", days, np.zeros(60, dtype=int)),
        Flow("a-e", days[:0], moved[:0]),
    )
    found = of(worlds.run_protected(9, flows=flows), "2.6")
    assert value(found["a-b"]) == pytest.approx(0.1)
    assert [found[k].shortfall for k in ("a-c", "a-d", "a-e")] == [
        *(Shortfall.NOT_FOLLOWED, Shortfall.FEW_EVENTS, Shortfall.NOBODY)
    ]


def test_the_share_that_stays_falls_and_counts_the_open_stays() -> None:
    """Without open stays it is the plain share of those who stayed longer."""
    days = np.concatenate([np.arange(1.0, 101.0), np.arange(2.0, 202.0, 2.0)])
    year = np.repeat([YEAR - 1, YEAR], 100)
    stays = Stays(year, days, np.ones(200, dtype=int))
    found = of(worlds.run_protected(9, stays=stays), "2.7_staying")
    assert len(found) == 2 * 12
    assert value(found[f"{YEAR - 1}*30"]) == pytest.approx(0.7)
    assert value(found[f"{YEAR}*30"]) == pytest.approx(0.85)
    assert value(found[f"{YEAR - 1}*100"]) == pytest.approx(0.0)
    low, high = found[f"{YEAR}*30"].ci_lower, found[f"{YEAR}*30"].ci_upper
    assert low is not None
    assert high is not None
    assert low < 0.85 < high


def test_each_quarter_is_counted_beside_its_reports() -> None:
    year = np.repeat(np.arange(YEAR - 3, YEAR + 1), 4)
    quarter = np.tile(np.arange(1, 5), 4)
    placements = np.arange(16.0) + 40
    series = Series(placements, np.full(16, 900.0), quarter, year == YEAR, year)
    rows = worlds.run_protected(9, series=series)
    counted = of(rows, "2.8_placements")
    assert len(counted) == len(of(rows, "2.8_reports")) == 16
    assert value(counted[f"{YEAR}*1"]) == 52
    assert sum(map(value, counted.values())) == placements.sum()


def test_worlds_of_protected_housing_are_covered() -> None:
    """A little of `make truths`: the limits are wide because there are only forty draws."""
    hits = [
        each
        for seed in range(40)
        for world in (functions.one_of_cases, functions.stays, functions.series)
        for each in world(seed)
    ]
    covered: dict[str, list[bool]] = {}
    for each in hits:
        covered.setdefault(each.estimand, []).append(each.covered)
    assert set(covered) == {"2.3", "2.4", "2.7", "2.7_mean", "2.7_median", "2.8", "2.8_elasticity"}
    assert {k: np.mean(v) for k, v in covered.items() if np.mean(v) < 0.82} == {}


# --- housing support ----------------------------------------------------------------------------


def test_every_estimand_of_housing_support_has_rows(supported: Rows) -> None:
    found = {r.estimand_id.split("_")[0] for r in supported.results}
    assert found == {f"3.{number}" for number in range(1, 11)}
    lacking = {r.estimand_id: r.shortfall for r in supported.results if r.shortfall}
    assert lacking == {
        "3.3_missing": Shortfall.UNTRUE,
        "3.10": Shortfall.NO_COLUMN,
        "3.10_asked": Shortfall.NO_COLUMN,
    }


def test_the_heap_is_found_and_no_placebo(supported: Rows) -> None:
    heap = of(supported, "3.3")["total"]
    assert heap.ci_lower is not None
    assert heap.ci_lower > 0
    placebo = of(supported, "3.4")
    assert len(placebo) == 7
    assert min(float(r.q_value or 0.0) for r in placebo.values()) > 0.05
    nothing = worlds.run_support(worlds.support_of(2, 0.0)[0], 99)
    low, high = (getattr(of(nothing, "3.3")["total"], f"ci_{side}") for side in ("lower", "upper"))
    assert low < 0 < high


def test_the_heap_is_what_lies_above_the_pattern(supported: Rows) -> None:
    pattern = {float(k): value(v) for k, v in of(supported, "3.3_pattern").items()}
    assert list(pattern) == [each / 2 for each in range(1, 49)]
    support, _ = worlds.support_of(2)
    inside = (support.group == 0) & (support.hours > 12) & (support.hours <= 13)
    above = inside.sum() - pattern[12.5] - pattern[13.0]
    assert value(of(supported, "3.3")["total"]) == pytest.approx(above)


def test_the_gap_is_its_parts_and_criteria_are_counted(supported: Rows) -> None:
    parts = {k: value(v) for k, v in of(supported, "3.6").items()}
    assert parts["heap"] + parts["composition"] + parts["same_mix"] == pytest.approx(parts["gap"])
    support, _ = worlds.support_of(2)
    met = (support.group == 0) & support.own_housing & support.registered & (support.hours > 12)
    assert value(of(supported, "3.2")["total"]) == met.sum()
    assert value(of(supported, "3.2_amount")["total"]) == met.sum() * 82_576
    lacking = of(supported, "3.2_lacking")
    without = (support.group == 1) & support.own_housing & support.registered
    assert value(lacking["lss"]) == (without & (support.hours > 12)).sum()


def test_equal_treatment_is_more_than_the_raw_gap(supported: Rows) -> None:
    gap = value(of(supported, "3.6")["gap"])
    for name in ("3.7", "3.7_overlap"):
        found = of(supported, name)["total"]
        assert found.ci_lower is not None
        assert gap < found.ci_lower
        assert found.estimate == pytest.approx(2.6, abs=0.6)


def test_the_year_of_the_grant_is_recovered(supported: Rows) -> None:
    assert value(of(supported, "3.5_largest")["total"]) == 2018
    assert of(supported, "3.5")["total"].verdict == "largest_step"
    support, _ = worlds.support_of(2, number=1500)
    rows = Rows("housing_support", YEAR, "0180")
    with pytest.raises(Unidentified):
        housing_support.since_grant(rows, support, housing_support.Grant(1.0, 2010), 9)


def test_few_persons_or_boards_say_so() -> None:
    support, _ = worlds.support_of(3, number=20)
    rows = worlds.run_support(support, 9)
    assert {of(rows, e)["total"].status for e in ("3.5", "3.7")} <= {
        *(Status.TOO_FEW, Status.NOT_IDENTIFIED, Status.NOT_APPLICABLE)
    }
    alike, _ = worlds.support_of(3, number=400)
    one = worlds.run_support(replace(alike, board=np.zeros(400, dtype=int)), 9)
    for estimand in ("3.7", "3.9"):
        assert of(one, estimand)["total"].shortfall is Shortfall.FEW_GROUPS
    assert {r.shortfall for r in of(one, "3.8").values()} == {Shortfall.FEW_GROUPS}
    nothing = worlds.run_support(Shortfall.NO_REGISTER, 9)
    assert {r.shortfall for r in nothing.results} == {Shortfall.NO_REGISTER}


def test_nothing_delivered_closes_nothing() -> None:
    rows = protected_housing.analyse(YEAR, "0180", Delivered())
    assert {r.estimand_id for r in rows.results} >= {f"2.{number}" for number in range(1, 10)}
    assert Status.ESTIMATED not in {r.status for r in rows.results}
    assert {r.shortfall for r in rows.results} == {Shortfall.NO_REGISTER}
    many = {each.name: Shortfall.TOO_MANY_ROWS for each in fields(Delivered)}
    rows = protected_housing.analyse(YEAR, "0180", Delivered(**many))
    assert {r.estimand_id for r in rows.results} >= {f"2.{number}" for number in range(1, 10)}
    assert {r.shortfall for r in rows.results} == {Shortfall.TOO_MANY_ROWS}


@pytest.mark.parametrize("none", [float("nan"), float("inf"), None])
def test_what_came_to_no_number_is_no_estimate(none: float | None) -> None:
    """As where a year before had no refusal to be a share of."""
    rows = Rows("refusals", YEAR, "0180")
    rows.add("1.4", none, (0.0, 1.0, 0.5), unit="share", method_id="hazard_by_spell")
    [row] = rows.results
    assert (row.estimate, row.ci_lower, row.ci_level) == (None, None, None)
    assert (row.status, row.shortfall) == (Status.NOT_IDENTIFIED, Shortfall.NO_FIT)
