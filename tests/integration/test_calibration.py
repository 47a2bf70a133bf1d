"""The default city, through the whole pipeline, against what the documents and the city published.

Nothing here knows the generator: the figures come from the published snapshot, the expected ones
from the documents (`tests/fixtures/published_facts.csv`) and Stockholm's own yearly tables.
"""

import csv
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.findings.codes import Kind
from tests.integration.conftest import Installation

FACTS = list(
    csv.DictReader(
        (Path(__file__).parents[1] / "fixtures" / "published_facts.csv").open(encoding="utf-8")
    )
)
LEVEL_TOLERANCE = 0.005  # relative
CHANGE_TOLERANCE = 0.3  # percentage points
SHARE_TOLERANCE = 0.5  # percentage points
# Statements about how groups stand to each other, told apart below.
COMPARISONS = {"RS10", "RS11", "RS12", "RS13"}

# Stockholms stad, yearly tables of the statistical yearbook (updated 2018-05-25).
CITY_TOTALS = {
    "assistance_households": {2016: 14008, 2017: 14572},
    "assistance_recipients": {2016: 23655, 2017: 25228},
    "assistance_months": {2016: 101288, 2017: 101580},
    "assistance_cost": {2016: 894_735_000, 2017: 927_975_000},
    "assistance_children": {2017: 7801},
}
BOARD_RECIPIENTS_2017 = {
    "rinkeby-kista": 3604,
    "spanga-tensta": 2201,
    "hasselby-vallingby": 2267,
    "bromma": 923,
    "kungsholmen": 310,
    "norrmalm": 312,
    "ostermalm": 260,
    "sodermalm": 1001,
    "enskede-arsta-vantor": 2936,
    "skarpnack": 1100,
    "farsta": 1585,
    "alvsjo": 411,
    "hagersten-liljeholmen": 1138,
    "skarholmen": 1876,
}

Look = Callable[..., float]


@pytest.fixture(scope="module")
def snapshot(default_city: Installation) -> Path:
    """What is published of the default city in its full size."""
    return default_city.snapshot


@pytest.fixture
def look(snapshot: Path) -> Look:
    """Reads one value of the published snapshot."""

    def value(
        indicator: str,
        year: int | str,
        geography: str = "0180",
        breakdown: str = "total",
        category: str = "total",
    ) -> float:
        with duckdb.connect(str(snapshot), read_only=True) as connection:
            rows = connection.execute(
                """
                select value from marts.indicator_values
                where indicator_id = ? and year(period_start) = ? and period_grain = 'year'
                    and geography_id = ? and breakdown = ? and category = ?
                    and status in ('observed', 'preliminary')
                """,
                [indicator, int(year), geography, breakdown, category],
            ).fetchall()
        assert len(rows) == 1, (indicator, year, geography, breakdown, category, rows)
        return float(rows[0][0])

    return value


def geographies(fact: dict[str, str]) -> list[str]:
    # Where the document does not say where, it must hold for the city and the country.
    return [fact["geography_id"]] if fact["geography_id"] else ["0180", "SE"]


@pytest.mark.parametrize(
    "fact",
    [fact for fact in FACTS if fact["fact_id"] not in COMPARISONS],
    ids=lambda fact: fact["fact_id"],
)
def test_fact(fact: dict[str, str], look: Look, snapshot: Path) -> None:
    published = float(fact["value"])
    for geography in geographies(fact):
        place = (geography, fact["breakdown"], fact["category"])
        now = look(fact["indicator_id"], fact["period"], *place)
        match fact["measure"]:
            case "level" if fact["unit"].startswith("%"):
                assert 100 * now == pytest.approx(published, abs=SHARE_TOLERANCE)
            case "level":
                assert now == pytest.approx(published, rel=LEVEL_TOLERANCE)
            case "change_pct":
                before = look(fact["indicator_id"], fact["period_from"], *place)
                change = 100 * (now / before - 1)
                if fact["fact_id"] == "PM01":  # drygt sex procent
                    assert -7.0 <= change <= -6.0
                else:
                    assert change == pytest.approx(published, abs=CHANGE_TOLERANCE)
            case "change_abs":
                before = look(fact["indicator_id"], fact["period_from"], *place)
                assert now - before == pytest.approx(published, rel=LEVEL_TOLERANCE)
            case "change_pp":
                before = look(fact["indicator_id"], fact["period_from"], *place)
                assert 100 * (now - before) == pytest.approx(published, abs=SHARE_TOLERANCE)
            case "direction":
                before = look(fact["indicator_id"], fact["period_from"], *place)
                assert (now - before) * published > 0
            case "record_high":
                with duckdb.connect(str(snapshot), read_only=True) as connection:
                    [(highest, years)] = connection.execute(
                        "select arg_max(year(period_start), value), count(*)"
                        " from marts.indicator_values where indicator_id = ?"
                        " and geography_id = ? and breakdown = ? and category = ?",
                        [fact["indicator_id"], *place],
                    ).fetchall()
                assert years == 8
                assert highest == int(fact["period"])
            case measure:
                pytest.fail(f"unknown measure {measure}")


def test_no_fact_is_left_out() -> None:
    assert len(FACTS) == 55
    assert {fact["fact_id"] for fact in FACTS} >= COMPARISONS


def test_the_facts_that_compare_groups(look: Look, snapshot: Path) -> None:
    # RS11: preschools are contacted less often than schools.
    assert look("child_preschool_contacted_share", 2018) < look(
        "child_school_contacted_share", 2018
    )
    # RS12: the youngest are granted an insats less often than every other age group.
    young, *others = (
        look("child_intervention_share", 2018, "0180", "age_group", group)
        for group in ("0-6", "7-12", "13-17", "18-20")
    )
    assert young < min(others)
    # RS13: the more history, the more often a child is reported again.
    history = [
        look("child_rereferral_share", 2018, "0180", "previous_cases", group)
        for group in ("0", "1-2", "3+")
    ]
    assert history == sorted(history)
    assert history[0] < history[-1]


def test_rs10_weaker_districts_have_more_cases(snapshot: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        rows = connection.execute(
            "select geography_id, value from marts.indicator_values"
            " where indicator_id = 'child_cases_per_100' and year(period_start) = 2018"
            " and geography_id like '0180-%' and breakdown = 'total'"
            " and geography_id in (select geography_id from marts.geographies"
            " where level = 'stadsdelsnamnd' and valid_from < '2018-01-01')"
        ).fetchall()
    per_100 = dict(rows)
    assert len(per_100) == 14
    weak = ("0180-rinkeby-kista", "0180-spanga-tensta", "0180-skarholmen")
    strong = ("0180-norrmalm", "0180-ostermalm", "0180-kungsholmen")
    assert min(per_100[board] for board in weak) > max(per_100[board] for board in strong)


def test_norrmalm_is_lowest_and_hasselby_vallingby_highest(snapshot: Path) -> None:
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        [(lowest, highest)] = connection.execute(
            "select arg_min(geography_id, value), arg_max(geography_id, value)"
            " from marts.indicator_values where indicator_id = 'child_cases'"
            " and year(period_start) = 2018 and breakdown = 'total'"
            " and geography_id in (select geography_id from marts.geographies"
            " where level = 'stadsdelsnamnd' and valid_from < '2018-01-01')"
        ).fetchall()
    assert (lowest, highest) == ("0180-norrmalm", "0180-hasselby-vallingby")


@pytest.mark.parametrize("indicator", CITY_TOTALS)
def test_the_citys_own_totals(indicator: str, look: Look) -> None:
    for year, published in CITY_TOTALS[indicator].items():
        assert look(indicator, year) == pytest.approx(published, rel=LEVEL_TOLERANCE)


@pytest.mark.parametrize("board", BOARD_RECIPIENTS_2017)
def test_the_boards_own_totals(board: str, look: Look) -> None:
    published = BOARD_RECIPIENTS_2017[board]
    found = look("assistance_recipients", 2017, f"0180-{board}")
    # Half a per cent, and never less than half a person.
    assert found == pytest.approx(published, rel=LEVEL_TOLERANCE, abs=0.5)


def test_the_boards_sum_to_less_than_the_city(look: Look) -> None:
    """The central units' households belong to no board; the published tables show the same."""
    boards = sum(look("assistance_recipients", 2017, f"0180-{b}") for b in BOARD_RECIPIENTS_2017)
    assert boards == pytest.approx(19924, rel=LEVEL_TOLERANCE)
    assert look("assistance_recipients", 2017) - boards == pytest.approx(5304, rel=0.02)


def test_the_default_city_has_the_documents_focus_areas(snapshot: Path) -> None:
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        areas = connection.execute("select area from marts.focus_areas order by area").fetchall()
        focused = connection.execute(
            "select distinct indicator_id from marts.deviations where outcome = 'focus'"
        ).fetchall()
        kinds = connection.execute("select distinct kind from marts.deviations").fetchall()
        explained = connection.execute(
            "select indicator_id, explanation_id from marts.deviations where outcome = 'explained'"
        ).fetchall()
        [(synthetic, disclosure)] = connection.execute(
            "select synthetic, disclosure_status from meta.publication"
        ).fetchall()
    # Each kind of deviation there is, is seen in the default city, but that no board of it goes its
    # own way (tests/unit/deviation/test_deviation_board_changes.py).
    assert {kind for (kind,) in kinds} == set(Kind) - {Kind.DISTRICT_CHANGE}
    assert areas == [("ekonomiskt_bistand",), ("socialpsykiatri",), ("vald_i_nara_relation",)]
    assert {
        ("assistance_households_share",),
        ("evicted_children",),
        ("protected_housing_persons",),
        ("protected_housing_children",),
        ("housing_support_hours",),
    } <= set(focused)
    assert "substance_use_persons" in {indicator for indicator, _ in explained}
    assert all(explanation for _, explanation in explained)
    assert not {indicator for indicator, _ in explained} & {each for (each,) in focused}
    assert synthetic is True
    assert disclosure == "sekretess: alla tal"
