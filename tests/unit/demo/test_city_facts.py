"""The files are counted by the contract's rules and held against what was published.

Expected figures: `published_facts` (ids PM, RS, BU) and Stockholms stad, statistisk årsbok
(statistik.stockholm.se, tables b020, b021, b161, b162, 2018-05-25).
"""

import itertools

import duckdb
import pytest

LEVEL = 0.005
"""Levels may differ by half a per cent; what is a count of people or cases, not at all."""


def one(tables: duckdb.DuckDBPyConnection, sql: str) -> float:
    row = tables.execute(sql).fetchone()
    assert row is not None
    assert row[0] is not None
    return float(row[0])


def change(
    tables: duckdb.DuckDBPyConnection, sql: str, start: int = 2022, end: int = 2023
) -> float:
    """Per cent from one year to another; `{ar}` stands for the year."""
    return 100 * (one(tables, sql.format(ar=end)) / one(tables, sql.format(ar=start)) - 1)


SHELTER = "skydd where ar = {ar} and boendeform = 'skyddat_boende' and orsak <> 'ovrigt'"
FLAT = "skydd where ar = {ar} and boendeform = 'jourlagenhet' and orsak <> 'ovrigt'"
RVC = "rvc_samtalsstod where left(start_datum, 4) = '{ar}'"
REVIEW = "genomlysta where ar = 2018"

COUNTS = {
    "PM02": (
        (
            "select sum(antal_barn::int) from avhysningar_barn"
            " where verkstalld = 'J' and left(datum, 4) = '2022'"
        ),
        38,
    ),
    "PM03": (
        (
            "select sum(antal_barn::int) from avhysningar_barn"
            " where verkstalld = 'J' and left(datum, 4) = '2023'"
        ),
        12,
    ),
    "RS01": (f"select count(*) from {REVIEW}", 16625),
    "RS02": (f"select count(*) from {REVIEW} and stadsdelsnamnd = 'Norrmalm'", 585),
    "RS02 lowest": (
        (f"select min(n) from (select count(*) as n from {REVIEW} group by stadsdelsnamnd)"),
        585,
    ),
    "RS03": (f"select count(*) from {REVIEW} and stadsdelsnamnd = 'Hässelby-Vällingby'", 2376),
    "RS03 highest": (
        (f"select max(n) from (select count(*) as n from {REVIEW} group by stadsdelsnamnd)"),
        2376,
    ),
    "BU01": (
        (
            "select count(distinct personnummer) from vald_arenden"
            " where roll = 'valdsutsatt' and aktualiserad_datum <= '2022-12-31'"
            " and coalesce(avslutad_datum, '9999') >= '2022-01-01'"
        ),
        2984,
    ),
    "BU02 reported": (
        (
            "select count(distinct arende_id) from vald_arenden"
            " where left(aktualiserad_datum, 4) = '2022'"
        ),
        1707,
    ),
    "BU02 open at the year's end": (
        (
            "select count(distinct arende_id) from vald_arenden"
            " where aktualiserad_datum <= '2022-12-31'"
            " and coalesce(avslutad_datum, '9999') > '2022-12-31'"
        ),
        1707,
    ),
    "BU03": (
        (
            f"select count(distinct personnummer) from {RVC.format(ar=2022)}"
            " and bistandsbeslut = 'J'"
        ),
        953,
    ),
    "BU04": (f"select count(distinct personnummer) from {RVC.format(ar=2022)}", 1010),
    "BU05": (
        (
            f"select count(distinct personnummer) from {RVC.format(ar=2022)}"
            " and roll = 'valdsutsatt'"
        ),
        895,
    ),
    "BU06": (
        (f"select count(distinct personnummer) from {RVC.format(ar=2022)} and form = 'grupp'"),
        50,
    ),
}


@pytest.mark.parametrize("fact", COUNTS)
def test_a_count_is_exact(tables: duckdb.DuckDBPyConnection, fact: str) -> None:
    sql, expected = COUNTS[fact]
    assert one(tables, sql) == expected


CHANGES = {
    "PM01": (
        (
            "select (select count(*) from bistandshushall where ar = {ar})"
            " / (select sum(antal_hushall) from hushall_stadsdel where ar = {ar})"
        ),
        -6.3,
    ),
    "PM05": ("select sum(barn) from bistandshushall where ar = {ar}", -16),
    "PM14": (f"select count(distinct personnummer) from {SHELTER}", -15),
    "PM15": (f"select count(*) from {SHELTER}", -15),
    "PM16": (f"select sum(barn) from {SHELTER}", -35),
    "PM19": (f"select count(distinct personnummer) from {RVC} and bistandsbeslut = 'J'", 17),
}


@pytest.mark.parametrize("fact", CHANGES)
def test_a_change_is_right(tables: duckdb.DuckDBPyConnection, fact: str) -> None:
    sql, expected = CHANGES[fact]
    assert change(tables, sql) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("count(distinct personnummer)", -15), ("count(*)", -15), ("sum(barn)", -35)],
)
def test_protected_housing_falls_as_much_with_other_causes(
    tables: duckdb.DuckDBPyConnection, measure: str, expected: float
) -> None:
    sql = f"select {measure} from skydd where ar = {{ar}} and boendeform = 'skyddat_boende'"
    assert change(tables, sql) == pytest.approx(expected, abs=0.3)


DIRECTIONS = {
    "PM06": ("select avg(manader) from bistandshushall where ar = {ar}", 0.5, 3),
    "PM13": (
        ("select count(*) from budget_skuldradgivning where left(forsta_besok, 4) = '{ar}'"),
        5,
        11,
    ),
    "PM17": (f"select sum(barn) from {FLAT}", -9, -2),
    "PM18": (f"select count(distinct personnummer) from {FLAT} and kon = 'K'", 2, 9),
}


@pytest.mark.parametrize("fact", DIRECTIONS)
def test_a_direction_is_clear_and_moderate(tables: duckdb.DuckDBPyConnection, fact: str) -> None:
    sql, lowest, highest = DIRECTIONS[fact]
    assert lowest < change(tables, sql) < highest


def test_emergency_flats_do_not_make_up_for_protected_housing(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    def rise(source: str) -> float:
        sql = f"select count(distinct personnummer) from {source} and kon = 'K'"
        return one(tables, sql.format(ar=2023)) - one(tables, sql.format(ar=2022))

    assert 0 < rise(FLAT) < -rise(SHELTER)


def test_refusals_are_a_record(tables: duckdb.DuckDBPyConnection) -> None:
    counts = dict(
        tables.execute(
            "select ar, count(*) from bistand where utfall in ('avslag', 'delavslag') group by ar"
        ).fetchall()
    )
    assert len(counts) == 8
    assert counts[2023] > 1.02 * max(count for year, count in counts.items() if year < 2023)


HOURS = {
    "PM22": ("malgrupp = 'socialpsykiatri'", 7.2),
    "PM23": ("malgrupp = 'socialpsykiatri' and kon = 'M'", 6.9),
    "PM24": ("malgrupp = 'socialpsykiatri' and kon = 'K'", 7.5),
    "PM25": ("malgrupp = 'funktionsnedsattning'", 9.0),
    "PM26": ("malgrupp = 'funktionsnedsattning' and kon = 'M'", 9.0),
    "PM27": ("malgrupp = 'funktionsnedsattning' and kon = 'K'", 9.0),
}


@pytest.mark.parametrize("fact", HOURS)
def test_mean_hours(tables: duckdb.DuckDBPyConnection, fact: str) -> None:
    where, expected = HOURS[fact]
    mean = one(tables, f"select avg(timmar) from boendestod where ar = 2023 and {where}")
    assert mean == pytest.approx(expected, rel=LEVEL)
    # What the memorandum prints has one decimal.
    assert round(mean, 1) == expected


@pytest.mark.parametrize("year", range(2016, 2023))
@pytest.mark.parametrize(
    ("group", "expected"), [("socialpsykiatri", 7.2), ("funktionsnedsattning", 9.0)]
)
def test_mean_hours_were_the_same_before(
    tables: duckdb.DuckDBPyConnection, year: int, group: str, expected: float
) -> None:
    sql = f"select avg(timmar) from boendestod where ar = {year} and malgrupp = '{group}'"
    # Drawn, with a standard error of nearly a per cent.
    assert one(tables, sql) == pytest.approx(expected, rel=0.03)


SHARES = {
    "PM28": (
        (
            "select count(distinct personnummer) filter (insats = 'boendestod')"
            " / count(distinct personnummer) from socialpsykiatri_insatser"
            " where left(start_datum, 4) = '2023'"
        ),
        0.70,
    ),
    "PM28 in force": (
        (
            "select count(distinct personnummer) filter (insats = 'boendestod')"
            " / count(distinct personnummer) from socialpsykiatri_insatser"
            " where start_datum <= '2023-12-31'"
            " and coalesce(slut_datum, '9999') >= '2023-01-01'"
        ),
        0.70,
    ),
    "PM29": (
        (
            "select avg((kon = 'K')::int) from boendestod"
            " where ar = 2023 and malgrupp = 'socialpsykiatri'"
        ),
        0.60,
    ),
    "PM29 as users": (
        (
            "select avg((kon = 'K')::int) from (select distinct personnummer, kon"
            " from socialpsykiatri_insatser where insats = 'boendestod'"
            " and left(start_datum, 4) = '2023')"
        ),
        0.60,
    ),
    "PM30": (
        (
            "select avg((kon = 'K')::int) from boendestod"
            " where ar = 2023 and malgrupp = 'funktionsnedsattning'"
        ),
        0.50,
    ),
    "RS04": (f"select avg((kon = 'M')::int) from {REVIEW}", 0.54),
    "RS05": (f"select avg((kon = 'K')::int) from {REVIEW}", 0.46),
    "RS06": (
        (f"select avg((kon = 'M')::int) from {REVIEW} and huvudorsak = 'beteendeproblematik'"),
        0.71,
    ),
    "RS07": (f"select avg((kon = 'M')::int) from {REVIEW} and huvudorsak = 'missbruk_barn'", 0.70),
    "RS08": (
        (f"select avg((kon = 'M')::int) from {REVIEW} and huvudorsak = 'ovrig_kriminalitet'"),
        0.75,
    ),
    "RS09": (
        (f"select avg((kon = 'K')::int) from {REVIEW} and huvudorsak = 'psykisk_ohalsa'"),
        0.52,
    ),
}


@pytest.mark.parametrize("fact", SHARES)
def test_a_share_is_right(tables: duckdb.DuckDBPyConnection, fact: str) -> None:
    sql, expected = SHARES[fact]
    assert one(tables, sql) == pytest.approx(expected, abs=0.005)


def test_shares_by_reason_hold_for_every_mention(tables: duckdb.DuckDBPyConnection) -> None:
    shares = dict(
        tables.execute(
            f"""
            select orsak, avg((kon = 'M')::int)
            from (select kon, unnest(string_split(kontaktorsaker, '|')) as orsak from {REVIEW})
            group by orsak
            """
        ).fetchall()
    )
    assert len(shares) == 10
    for reason, expected in (
        ("beteendeproblematik", 0.71),
        ("missbruk_barn", 0.70),
        ("ovrig_kriminalitet", 0.75),
        ("psykisk_ohalsa", 0.48),
    ):
        assert shares[reason] == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(
    "reasons", ["huvudorsak", "unnest(string_split(kontaktorsaker, '|'))"], ids=["main", "any"]
)
def test_only_one_reason_has_a_majority_of_girls(
    tables: duckdb.DuckDBPyConnection, reasons: str
) -> None:
    found = tables.execute(
        f"""
        select orsak from (select kon, {reasons} as orsak from {REVIEW})
        group by orsak having avg((kon = 'K')::int) > 0.5
        """
    ).fetchall()
    assert found == [("psykisk_ohalsa",)]


@pytest.mark.parametrize(
    "children",
    [
        (
            "select stadsdelsnamnd, sum(antal) as barn from befolkning_stadsdel"
            " where ar = 2018 and alder < 18 group by all"
        ),
        (
            "select stadsdelsnamnd, sum(barn_0_17::int) as barn from socioekonomi_stadsdel"
            " where ar = '2018' group by all"
        ),
    ],
    ids=["befolkning", "socioekonomi"],
)
def test_cases_per_100_children_follow_status_but_not_everywhere(
    tables: duckdb.DuckDBPyConnection, children: str
) -> None:
    rows = tables.execute(
        f"""
        with arenden as (select stadsdelsnamnd, count(*) as n from {REVIEW} group by all),
        barn as ({children}),
        status as (
            select stadsdelsnamnd,
                sum(replace("index", ',', '.')::double * barn_0_17::int) / sum(barn_0_17::int) as s
            from socioekonomi_stadsdel where ar = '2018' group by all
        ),
        tal as (
            select s, 100 * n / barn as per_100
            from arenden join barn using (stadsdelsnamnd) join status using (stadsdelsnamnd)
        ),
        linje as (
            select regr_slope(ln(per_100), s) as b, regr_intercept(ln(per_100), s) as a,
                corr(ln(per_100), s) as r, count(*) as namnder from tal
        )
        select r, namnder, b, count(*) filter (abs(ln(per_100) - a - b * s) > 0.1)
        from tal, linje group by all
        """
    ).fetchall()
    correlation, boards, slope, off_the_line = rows[0]
    assert boards == 14
    assert slope < 0
    assert correlation < -0.9
    assert 1 <= off_the_line <= 5


def test_preschools_are_contacted_less_often_than_schools(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    preschool, school, of_all_preschool, of_all_school = tables.execute(
        f"""
        select
            avg((vidtalade like '%forskola%')::int) filter (alder >= 1 and alder < 6),
            avg(list_contains(string_split(vidtalade, '|'), 'skola')::int)
                filter (alder >= 7 and alder < 16),
            avg((coalesce(vidtalade, '') like '%forskola%')::int),
            avg(list_contains(string_split(coalesce(vidtalade, ''), '|'), 'skola')::int)
        from {REVIEW} and utredning_inledd = 'J'
        """
    ).fetchall()[0]
    assert 0.2 < preschool < school - 0.1
    assert of_all_preschool < of_all_school - 0.1
    reports = dict(
        tables.execute(f"select anmalare, count(*) from {REVIEW} group by all").fetchall()
    )
    assert 0 < reports["forskola"] < reports["skola"] / 3


@pytest.mark.parametrize("of", ["true", "utredning_inledd = 'J'"], ids=["cases", "investigations"])
def test_young_children_get_interventions_less_often(
    tables: duckdb.DuckDBPyConnection, of: str
) -> None:
    young, *others = (
        row[0]
        for row in tables.execute(
            f"""
            select avg((insats_beviljad is not distinct from 'J')::int)
            from {REVIEW} and {of} and alder < 18
            group by (alder >= 7)::int + (alder >= 13)::int
            order by (alder >= 7)::int + (alder >= 13)::int
            """
        ).fetchall()
    )
    assert len(others) == 2
    assert all(young < 0.9 * share for share in others)


def test_more_history_goes_with_more_re_referrals(tables: duckdb.DuckDBPyConnection) -> None:
    shares = [
        row[0]
        for row in tables.execute(
            f"""
            select avg(exists (
                select 1 from barnarenden as nya
                where nya.personnummer = gamla.personnummer
                    and nya.aktualiserad_datum > gamla.aktualiserad_datum
                    and nya.aktualiserad_datum::date
                        <= gamla.aktualiserad_datum::date + interval 12 months
            )::int)
            from (select * from {REVIEW}) as gamla
            group by least(tidigare_arenden::int, 3)
            order by least(tidigare_arenden::int, 3)
            """
        ).fetchall()
    ]
    assert len(shares) == 4
    assert all(less + 0.02 < more for less, more in itertools.pairwise(shares))


def test_earlier_cases_are_the_cases_that_came_before(tables: duckdb.DuckDBPyConnection) -> None:
    wrong = one(
        tables,
        """
        select count(*) filter (steg <> 1) from (
            select tidigare_arenden::int - lag(tidigare_arenden::int) over (
                partition by personnummer order by aktualiserad_datum, arende_id
            ) as steg from barnarenden
        )
        """,
    )
    assert wrong == 0


YEARBOOK = {
    2016: {"hushall": 14008, "tagare": 23655, "manader": 101288, "tkr": 894735},
    2017: {"hushall": 14572, "tagare": 25228, "manader": 101580, "tkr": 927975},
}
TYPES = {
    2016: {"3": 5782, "4": 539, "5": 3644, "6": 2285, "7": 423, "8": 1084, "9": 251},
    2017: {"3": 6186, "4": 495, "5": 3587, "6": 2237, "7": 436, "8": 1332, "9": 299},
}
RECIPIENTS = {
    "Rinkeby-Kista": (3786, 3604),
    "Spånga-Tensta": (2382, 2201),
    "Hässelby-Vällingby": (2534, 2267),
    "Bromma": (941, 923),
    "Kungsholmen": (331, 310),
    "Norrmalm": (268, 312),
    "Östermalm": (293, 260),
    "Södermalm": (1146, 1001),
    "Enskede-Årsta-Vantör": (3257, 2936),
    "Skarpnäck": (1141, 1100),
    "Farsta": (1646, 1585),
    "Älvsjö": (414, 411),
    "Hägersten-Liljeholmen": (1111, 1138),
    "Skärholmen": (2073, 1876),
}


@pytest.mark.parametrize("year", YEARBOOK)
def test_the_yearbook_s_totals(tables: duckdb.DuckDBPyConnection, year: int) -> None:
    expected = YEARBOOK[year]
    households = f"bistandshushall where ar = {year}"
    granted = f"bistand where ar = {year} and beviljat"
    assert one(tables, f"select count(*) from {households}") == expected["hushall"]
    assert one(tables, f"select sum(manader) from {households}") == expected["manader"]
    # One granted decision a household and month, so that both ways of counting agree.
    assert one(tables, f"select count(*) from {granted}") == expected["manader"]
    assert one(tables, f"select sum(belopp) from {granted}") == expected["tkr"] * 1000
    adults = one(tables, f"select count(distinct person) from bistandsvuxna where ar = {year}")
    children = one(tables, f"select sum(barn) from {households}")
    assert adults + children == expected["tagare"]


@pytest.mark.parametrize("year", TYPES)
def test_the_yearbook_s_household_types(tables: duckdb.DuckDBPyConnection, year: int) -> None:
    counted = tables.execute(
        f"select typ, count(*) from bistandshushall where ar = {year} group by all"
    ).fetchall()
    assert dict(counted) == TYPES[year]


@pytest.mark.parametrize("year", YEARBOOK)
def test_the_yearbook_s_recipients_by_board(tables: duckdb.DuckDBPyConnection, year: int) -> None:
    counted = dict(
        tables.execute(
            f"""
            with vuxna as (
                select namnd, count(distinct person) as n
                from bistandsvuxna join bistandshushall using (ar, hushall_id)
                where ar = {year} group by all
            ),
            barn as (
                select namnd, sum(barn) as n from bistandshushall where ar = {year} group by all
            )
            select namnd, vuxna.n + barn.n from vuxna join barn using (namnd)
            """
        ).fetchall()
    )
    central = counted.pop("Socialförvaltningen")
    expected = {board: counts[year - 2016] for board, counts in RECIPIENTS.items()}
    assert counted == expected
    assert central == YEARBOOK[year]["tagare"] - sum(expected.values())


def test_the_yearbook_s_children(tables: duckdb.DuckDBPyConnection) -> None:
    assert one(tables, "select sum(barn) from bistandshushall where ar = 2017") == 7801
    by_board = dict(
        tables.execute(
            "select namnd, sum(barn) from bistandshushall where ar = 2017 group by all"
        ).fetchall()
    )
    assert by_board["Rinkeby-Kista"] == 1298
    assert by_board["Östermalm"] == 45


# Stockholms stad, table b159, 1 October 2016; those of 65 and more are in the insatser.
LSS_2016 = {
    "personlig_assistans": 257,
    "ledsagarservice": 637,
    "kontaktperson": 503,
    "avlosarservice": 427,
    "korttidsvistelse": 699,
    "korttidstillsyn": 419,
    "boende_barn": 87,
    "boende_vuxna": 1479,
    "daglig_verksamhet": 2617,
}
IN_FORCE = (
    "from lss_insatser where start_datum <= '2016-10-01'"
    " and coalesce(slut_datum, '9999') >= '2016-10-01'"
)


def test_the_yearbook_s_insatser_under_lss(tables: duckdb.DuckDBPyConnection) -> None:
    counted = dict(tables.execute(f"select insats, count(*) {IN_FORCE} group by insats").fetchall())
    assert counted.keys() == LSS_2016.keys()
    for insats, number in LSS_2016.items():
        assert counted[insats] == pytest.approx(number, rel=0.03), insats
    assert sum(counted.values()) == pytest.approx(7125, rel=0.03)
    ages = f"select count(distinct personnummer) {IN_FORCE} and fodelsear > "
    assert one(tables, ages + "'1951'") == pytest.approx(4450, rel=0.03)
    assert one(tables, ages + "'1993'") == pytest.approx(1698, rel=0.03)


def test_the_yearbook_s_placed_children(tables: duckdb.DuckDBPyConnection) -> None:
    """Table b166 of 2013, the last that the city printed: 2 164 in all, 460 of them by LVU."""
    placed = (
        "select count(distinct personnummer) from barn_unga_placeringar"
        " where start_datum <= '2016-12-31' and coalesce(slut_datum, '9999') >= '2016-01-01'"
    )
    assert one(tables, placed) == pytest.approx(2164, rel=0.03)
    assert one(tables, placed + " and lagrum = 'lvu'") == pytest.approx(460, rel=0.03)
    # Nobody is placed before birth or after turning 21, and only by LVU at a locked institution.
    assert (
        one(
            tables,
            "select count(*) from barn_unga_placeringar where start_datum[:4]::int"
            " - personnummer[:4]::int not between 0 and 21 or lagrum = 'sol' and"
            " (omedelbart = 'J' or placeringsform = 'sis')",
        )
        == 0
    )


def test_some_wait_for_what_was_decided(tables: duckdb.DuckDBPyConnection) -> None:
    waiting = one(
        tables,
        "select avg((start_datum is null or start_datum::date - beslut_datum::date > 92)::int)"
        " from lss_insatser where beslut_datum >= '2016'",
    )
    assert 0.04 < waiting < 0.12


def test_the_city_has_stockholm_s_size(tables: duckdb.DuckDBPyConnection) -> None:
    persons = dict(
        tables.execute("select ar, sum(antal) from befolkning_stadsdel group by ar").fetchall()
    )
    assert persons[2016] == pytest.approx(936_000, rel=LEVEL)
    assert persons[2023] == pytest.approx(985_000, rel=LEVEL)
    decisions = dict(tables.execute("select ar, count(*) from bistand group by ar").fetchall())
    assert all(110_000 <= count <= 140_000 for count in decisions.values())


@pytest.mark.parametrize("year", range(2016, 2024))
def test_four_of_ten_households_are_refused_something_in_a_year(
    tables: duckdb.DuckDBPyConnection, year: int
) -> None:
    share = one(
        tables,
        f"""
        select avg((hushall_id in (
            select hushall_id from bistand where ar = {year} and utfall <> 'bifall'
        ))::int) from bistandshushall where ar = {year}
        """,
    )
    assert 0.30 <= share <= 0.45


def test_only_owners_are_refused_for_a_home_of_their_own(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    homes = tables.execute(
        "select boendeform, count(*) from bistand where avslagsgrund = 'eget_agande_bostad'"
        " group by all"
    ).fetchall()
    assert [home for home, _ in homes] == ["eget_agande"]
    assert homes[0][1] > 1000


def test_strong_districts_of_weak_boards_have_fewer_cases_than_the_line_foretells(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    [(slope, fewer, strong)] = tables.execute(
        f"""
        with barn as (
            select stadsdel, stadsdelsnamnd, barn_0_17::int as barn,
                replace("index", ',', '.')::double as status
            from socioekonomi_stadsdel where ar = '2018'
        ),
        arenden as (select stadsdel, count(*) as n from {REVIEW} group by all),
        tal as (
            select *, ln(n / barn) as tal, status
                - sum(status * barn) over (partition by stadsdelsnamnd)
                / sum(barn) over (partition by stadsdelsnamnd) as over_namnden,
                sum(status * barn) over (partition by stadsdelsnamnd)
                / sum(barn) over (partition by stadsdelsnamnd) as namnden
            from barn join arenden using (stadsdel)
        ),
        linje as (select regr_slope(tal, status) as b, regr_intercept(tal, status) as a from tal)
        select any_value(b), avg(exp(tal - a - b * status)), count(*)
        from tal, linje
        where over_namnden > 15 and namnden < 95
            and stadsdel not in ('Hässelby strand', 'Rågsved', 'Vårberg')
        """
    ).fetchall()
    assert slope < 0
    assert strong >= 5
    assert fewer < 0.9
