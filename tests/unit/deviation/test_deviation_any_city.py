"""Whatever a city's catalogue and figures, the findings' rows pass their own suites.

The catalogues and figures are drawn: a handful of figures for several names, so that twins are
common; noughts, ones and values all alike; groups declared against several others; boards across a
reform. All of it is lawful, so no gate on findings may close on it. The suites are those of
``expectations/``, judged by the code that judges them at night.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import combinations, permutations
from operator import attrgetter
from typing import Any, TypeVar

import duckdb
import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestration.deviation.assess import assess
from orchestration.deviation.charts import PlainSeries, chart_points
from orchestration.deviation.focus import focus_areas
from orchestration.deviation.followup import follow_up
from orchestration.deviation.found import (
    Board,
    ContractChange,
    Register,
    SeriesBreak,
    explanations_in_boards,
    explanations_in_series,
    reservations_in_contracts,
)
from orchestration.deviation.series import MonthlySeries, Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.cells import Quantity
from orchestration.findings.codes import Kind
from orchestration.findings.marts import (
    DEVIATIONS,
    FOCUS_AREAS,
    FOUND_EXPLANATIONS,
    SERIES_CHARTS,
    TRIANGULATION,
    FindingsTable,
    write_findings,
)
from orchestration.findings.records import Deviation, FoundExplanation
from orchestration.flow.findings import area_in_words, deviation_in_words, pair_in_words
from orchestration.flow.searching import in_words
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import (
    Area,
    Driver,
    ExplanationKind,
    GroupComparison,
    Indicator,
    Measure,
    NaturalExplanation,
    Polarity,
    Relation,
)
from orchestration.language import areas as area_telling
from orchestration.language import telling
from orchestration.language.inline import Number, every_number
from orchestration.language.names import Names
from orchestration.quality.suites import load_suites
from orchestration.quality.validation import validate
from orchestration.settings import PROJECT_ROOT
from orchestration.statistics.xmr import XmrSettings

CITY = "0180"
YEAR = 2023
YEARS = np.arange(2017, YEAR + 1)
NAMES = ("en", "tva", "tre", "fyra")
#: What boards' counts are held against, and what their levels may follow.
BESIDE = {"population": Measure.COUNT, "socioeconomic_index": Measure.AMOUNT}
GROUPS = ("a", "b", "c")
BOARDS = [f"{CITY}-namnd-{letter}" for letter in "abcdefghij"]
#: Two old boards, one of which went up in another at midsummer and one at the end of a year.
OLD = {f"{CITY}-gammal-a": BOARDS[0], f"{CITY}-gammal-b": BOARDS[1]}
CEASED = {f"{CITY}-gammal-a": date(2022, 6, 30), f"{CITY}-gammal-b": date(2021, 12, 31)}
SETTINGS = DeviationSettings(geography_id=CITY)
SUITES = load_suites(PROJECT_ROOT / "expectations")


_Any = TypeVar("_Any")


@dataclass(frozen=True)
class Drawn:
    """A city as it was drawn."""

    catalogue: Catalogue
    yearly: list[Series]
    monthly: list[MonthlySeries]
    boards: list[Board]
    found: list[FoundExplanation]


# Counts of a year; the last is far off often enough for findings of every outcome.
CALM = st.sampled_from([0, 3, 40, 1000, 20_000])
FIGURES = st.builds(
    lambda level, wobble, last: [
        *(max(0, level + step * max(1, level // 200)) for step in wobble),
        round(level * last) if level else round(4 * last),
    ],
    CALM,
    st.lists(st.integers(-1, 1), min_size=YEARS.size - 1, max_size=YEARS.size - 1),
    st.sampled_from([0, 0.5, 0.94, 1, 1, 1.06, 1.5, 3]),
)
STATUS = st.sampled_from(["observed"] * 12 + ["preliminary", "missing", "broken_series"])
SPREADS = st.sampled_from([0.0, 0.5, 0.5, 3.0, np.nan])
SIZES = st.sampled_from([1, 2, 30, 400])


def series(
    indicator: Indicator,
    counts: Sequence[int],
    geography_id: str,
    group: tuple[str, str] = ("total", "total"),
    *,
    status: Sequence[str] | None = None,
    spread: float = 0.5,
    behind: float = 30,
) -> Series:
    """Counts as a series of whatever measure the indicator has."""
    counted = np.array(counts, dtype=np.float64)
    told = list(status or ["observed"] * counted.size)
    nothing = np.full(counted.shape, np.nan)
    numerator, denominator, value, sd, n = counted, nothing, counted, nothing, nothing
    match indicator.measure:
        case Measure.RATE:
            denominator = np.full(counted.shape, 3000.0)
            value = 100.0 * counted / denominator
        case Measure.PROPORTION:
            denominator = np.full(counted.shape, max(float(counted.max()), behind))
            value = counted / denominator
        case Measure.MEAN:
            n, sd = np.full(counted.shape, behind), np.full(counted.shape, spread)
            # As a database divides: equal means are not always equal to the last bit.
            value = (counted * n / 7.0) / n
        case _:
            pass
    gone = np.array([each == "missing" for each in told])
    return Series(
        indicator.indicator_id,
        geography_id,
        *group,
        years=YEARS,
        numerator=np.where(gone, np.nan, numerator),
        denominator=denominator,
        value=np.where(gone, np.nan, value),
        standard_deviation=sd,
        observations=n,
        status=told,
    )


def few(choices: list[_Any]) -> st.SearchStrategy[list[_Any]]:
    """One or two of them, so that a city has figures of one kind under several names."""
    return st.lists(st.sampled_from(choices), min_size=1, max_size=2)


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    areas = draw(few([Area.EKONOMISKT_BISTAND, Area.BARN_OCH_UNGA, Area.OMVARLD]))
    measures = draw(few(list(Measure)))
    counted = {name: draw(st.sampled_from(measures)) for name in NAMES}
    indicators = tuple(
        Indicator(
            indicator_id=name,
            title_sv=f"Antal {name}",
            area=Area.OMVARLD if name in BESIDE else draw(st.sampled_from(areas)),
            unit="personer",
            polarity=Polarity.NEUTRAL,
            measure=measure,
            definition_sv="Antal.",
            source_id=draw(st.sampled_from(["register_a", "register_b"])),
        )
        for name, measure in {**counted, **BESIDE}.items()
    )
    pairs = list(permutations(NAMES, 2))
    signs = {pair: draw(st.sampled_from([1, -1])) for pair in pairs}
    some = st.lists(st.sampled_from(pairs), max_size=8, unique=True)
    compared = st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.sampled_from(list(combinations(GROUPS, 2))).flatmap(st.permutations),
        ),
        max_size=6,
        unique_by=lambda row: (row[0], *sorted(row[1])),
    )
    return Catalogue(
        indicators=indicators,
        relations=tuple(
            Relation(
                relation_id=f"{one}-{other}",
                indicator_id=one,
                related_indicator_id=other,
                expected_sign=signs[one, other],
                rationale_sv="Därför.",
                source="prov",
            )
            for one, other in draw(some)
        ),
        drivers=tuple(
            Driver(
                driver_id=f"{one}-{other}",
                indicator_id=one,
                driver_indicator_id=other,
                elasticity=float(signs[one, other]),
                elasticity_sd=0.2,
                lag_years=draw(st.integers(0, 1)),
                rationale_sv="Därför.",
                source="prov",
            )
            for one, other in draw(some)
        ),
        group_comparisons=tuple(
            GroupComparison(
                comparison_id=f"jamforelse-{position}",
                indicator_id=name,
                breakdown="target_group",
                category_a=first,
                category_b=second,
                rationale_sv="Därför.",
                source="prov",
            )
            for position, (name, (first, second)) in enumerate(draw(compared))
        ),
        natural_explanations=tuple(
            NaturalExplanation(
                explanation_id=f"orsak-{position}",
                kind=draw(st.sampled_from(ExplanationKind)),
                title_sv=f"Orsak {position}",
                description_sv="Beskrivning.",
                indicator_id=draw(st.sampled_from([None, *NAMES])),
                geography_id=draw(st.sampled_from([None, CITY, BOARDS[4]])),
                period_from=first,
                period_to=draw(st.sampled_from([first, YEAR])),
                explained_change=draw(st.sampled_from([None, -0.4, 0.1])),
                is_break=draw(st.booleans()),
                source="prov",
                synthetic=True,
            )
            for position, first in enumerate(
                draw(st.lists(st.sampled_from([2019, YEAR]), max_size=2))
            )
        ),
    )


@st.composite
def cities(draw: st.DrawFn) -> Drawn:
    catalogue = draw(catalogues())
    pool = draw(st.lists(FIGURES, min_size=1, max_size=3))
    status = draw(st.lists(STATUS, min_size=YEARS.size, max_size=YEARS.size))
    spread, behind = draw(SPREADS), draw(SIZES)
    by_id = catalogue.by_id
    yearly = [
        series(
            by_id[name],
            draw(st.sampled_from(pool)),
            draw(st.sampled_from([CITY] * 5 + ["01", "SE"])),
            status=draw(st.sampled_from([None, None, None, status])),
            spread=spread,
            behind=behind,
        )
        for name in NAMES
    ]
    for name in sorted({row.indicator_id for row in catalogue.group_comparisons}):
        yearly += [
            series(
                by_id[name],
                draw(FIGURES),
                CITY,
                ("target_group", group),
                spread=draw(SPREADS),
                behind=draw(SIZES),
            )
            for group in draw(st.sampled_from([GROUPS, GROUPS, GROUPS[:2]]))
        ]
    yearly += draw(boards_of(catalogue))
    return Drawn(
        catalogue,
        yearly,
        draw(months_of(catalogue)),
        reformed(),
        draw(found_in(catalogue)),
    )


def boards(
    indicator: Indicator,
    catalogue: Catalogue,
    *,
    level: int,
    off: int,
    alike: bool,
    spreads: tuple[float, float],
    index: Sequence[int],
) -> list[Series]:
    """Boards of one indicator, before a reform too; the fifth may be far off, or all alike."""
    made: list[Series] = []
    for at, board in enumerate([*BOARDS, *OLD]):
        counts = [level + (0 if alike else at % 3)] * YEARS.size
        counts[-1] *= off if at == 4 else 1
        ceased = CEASED.get(board)
        told = [
            "observed" if ceased is None or date(int(year), 12, 31) <= ceased else "broken_series"
            for year in YEARS
        ]
        beside = {"population": 30_000, "socioeconomic_index": index[at % len(index)]}
        made += [
            series(indicator, counts, board, status=told, spread=spreads[at == 4], behind=1000),
            *(
                series(catalogue.indicator(name), [value] * YEARS.size, board, status=told)
                for name, value in beside.items()
            ),
        ]
    return made


def reformed() -> list[Board]:
    """The boards that there are and have been."""
    return [
        *(Board(board, board, date(2022, 7, 1), None, None) for board in BOARDS),
        *(Board(old, old, None, CEASED[old], heir) for old, heir in OLD.items()),
    ]


@st.composite
def boards_of(draw: st.DrawFn, catalogue: Catalogue) -> list[Series]:
    return boards(
        catalogue.indicator(draw(st.sampled_from(NAMES))),
        catalogue,
        level=draw(st.sampled_from([4, 300, 900])),
        off=draw(st.sampled_from([1, 1, 3])),
        alike=draw(st.booleans()),
        spreads=draw(st.tuples(*[st.sampled_from([0.0, 0.5])] * 2)),
        index=draw(st.sampled_from([[5], [5, 9], [5, 6, 7], [9, *[5] * 20]])),
    )


@st.composite
def months_of(draw: st.DrawFn, catalogue: Catalogue) -> list[MonthlySeries]:
    """Counts by month whose winters, or all months but a few, never had a case."""
    counted = [row for row in catalogue.indicators if row.measure is Measure.COUNT]
    length = draw(st.sampled_from([4, 30, 72]))
    season = np.array(draw(st.lists(st.sampled_from([0, 0, 2, 60]), min_size=12, max_size=12)))
    first = 12 * (YEAR + 1) - length
    value = season[(first + np.arange(length)) % 12].astype(np.float64)
    value[-draw(st.integers(1, 4)) :] = draw(st.sampled_from([0, 1, 9]))
    return [
        MonthlySeries(
            one.indicator_id,
            CITY,
            "total",
            "total",
            months=first + np.arange(length),
            value=value,
            status=["observed"] * length,
        )
        for one in counted[:2]
    ]


@st.composite
def found_in(draw: st.DrawFn, catalogue: Catalogue) -> list[FoundExplanation]:
    """Series that change their source, the nation's too, and contracts that changed."""
    breaks = draw(
        st.lists(
            st.builds(
                SeriesBreak,
                indicator_id=st.sampled_from(NAMES),
                geography_id=st.sampled_from([CITY, "01", "SE", BOARDS[2]]),
                year=st.integers(2018, YEAR),
                month=st.sampled_from([None, 3]),
                source_id=st.just("ny"),
                previous_source_id=st.sampled_from([None, "ny", "gammal"]),
            ),
            max_size=3,
            unique_by=lambda row: (row.indicator_id, row.geography_id, row.year, row.month),
        )
    )
    changes = draw(
        st.lists(
            st.builds(
                ContractChange,
                register=st.sampled_from(["register_a", "register_b", "okant"]),
                year=st.integers(2021, YEAR),
                month=st.sampled_from([1, 6]),
                columns=st.sampled_from([(), ("kolumn",), ("kolumn", "annan")]),
                description_sv=st.just("Ny kod."),
            ),
            max_size=3,
        )
    )
    registers = {
        name: Register(
            name, tuple(row.indicator_id for row in catalogue.indicators if row.source_id == name)
        )
        for name in ("register_a", "register_b")
    }
    return [
        *explanations_in_series(breaks, []),
        *reservations_in_contracts(changes, registers, CITY),
    ]


def knotted() -> Drawn:
    """A city with every knot that a gate has closed on: twins, one group against two, equal values.

    Two names of one fall, both related to a rise; three groups declared in pairs, of whom one are
    all alike; boards of means, in one of which all are alike; winters without a case.
    """
    measures = dict(zip(NAMES, [*[Measure.COUNT] * 3, Measure.MEAN], strict=True)) | BESIDE
    indicators = tuple(
        Indicator(
            indicator_id=name,
            title_sv=f"Antal {name}",
            area=Area.OMVARLD if name in BESIDE else Area.BARN_OCH_UNGA,
            unit="personer",
            polarity=Polarity.NEUTRAL,
            measure=measure,
            definition_sv="Antal.",
            source_id="register_a",
        )
        for name, measure in measures.items()
    )
    told = {"rationale_sv": "Därför.", "source": "prov"}
    pairs = [("en", "tre"), ("tva", "tre"), ("en", "tva"), ("tva", "en")]
    catalogue = Catalogue(
        indicators=indicators,
        relations=tuple(
            Relation(
                relation_id=f"{one}-{other}",
                indicator_id=one,
                related_indicator_id=other,
                expected_sign=1,
                **told,
            )
            for one, other in pairs
        ),
        group_comparisons=tuple(
            GroupComparison(
                comparison_id=f"{first}-{second}",
                indicator_id="fyra",
                breakdown="target_group",
                category_a=first,
                category_b=second,
                **told,
            )
            for first, second in combinations(GROUPS, 2)
        ),
    )
    by_id, calm = catalogue.by_id, [1000, 1005, 995, 1000, 1005, 1000]
    winters = np.where(np.arange(72) % 12 < 2, 0.0, 60.0)
    winters[-11] = 2
    return Drawn(
        catalogue,
        [
            series(by_id["en"], [*calm, 500], CITY),
            series(by_id["tva"], [*calm, 500], CITY),
            series(by_id["tre"], [*calm, 1500], CITY),
            series(by_id["fyra"], [*calm, 1400], CITY),
            *(
                series(by_id["fyra"], [level] * 7, CITY, ("target_group", group), spread=spread)
                for group, level, spread in (("a", 60, 0.5), ("b", 40, 0.0), ("c", 20, 0.5))
            ),
            *boards(
                by_id["fyra"],
                catalogue,
                level=900,
                off=3,
                alike=False,
                spreads=(0.5, 0.0),
                index=[5],
            ),
        ],
        [
            MonthlySeries(
                "en",
                CITY,
                "total",
                "total",
                months=12 * (YEAR + 1) - 72 + np.arange(72),
                value=winters,
                status=["observed"] * 72,
            )
        ],
        reformed(),
        [],
    )


def rows_of(city: Drawn) -> tuple[list[Deviation], Catalogue, list[FoundExplanation]]:
    """The findings of a city, as the flow makes them."""
    found = [*explanations_in_boards(city.boards), *city.found]
    catalogue = city.catalogue.with_found(found)
    before, now = (
        assess(
            city.yearly,
            catalogue,
            year,
            SETTINGS,
            months=city.monthly if year == YEAR else (),
            successors=OLD,
        )
        for year in (YEAR - 1, YEAR)
    )
    return follow_up(before, now, city.yearly, YEAR), catalogue, found


def plain(city: Drawn) -> Iterator[PlainSeries]:
    """All series of the places that are shown, as the charts take them."""
    for one in city.yearly:
        if one.geography_id in SETTINGS.places():
            yield PlainSeries(one.key, "year", 12 * one.years, one.value, one.status)
    for each in city.monthly:
        yield PlainSeries(each.key, "month", each.months, each.value, each.status)


def warehouse(city: Drawn) -> duckdb.DuckDBPyConnection:
    """A database with the marts that the suites hold findings against."""
    connection = duckdb.connect()
    connection.execute(
        """
        create schema marts;
        create schema seeds;
        create table seeds.insatser_without_assessment
            (geography_id varchar, replaces_indicator_id varchar, starts date);
        create table marts.indicators (indicator_id varchar, area varchar);
        create table marts.geographies (geography_id varchar);
        create table marts.indicator_values (
            indicator_id varchar, geography_id varchar, breakdown varchar, category varchar,
            period_grain varchar, period_start date, value double, status varchar
        )
        """
    )
    indicators = [(row.indicator_id, str(row.area)) for row in city.catalogue.indicators]
    connection.executemany("insert into marts.indicators values (?, ?)", indicators)
    places = [*SETTINGS.places(), *(board.geography_id for board in city.boards)]
    connection.executemany("insert into marts.geographies values (?)", [[one] for one in places])
    boards = [one for one in city.yearly if one.geography_id not in SETTINGS.places()]
    shown = [
        *plain(city),
        *(PlainSeries(one.key, "year", 12 * one.years, one.value, one.status) for one in boards),
    ]
    values = [
        (
            *one.key,
            one.grain,
            date(int(month) // 12, int(month) % 12 + 1, 1),
            None if np.isnan(value) else float(value),
            status,
        )
        for one in shown
        for month, value, status in zip(one.months, one.value, one.status, strict=True)
    ]
    connection.execute(
        "insert into marts.indicator_values select unnest(?::varchar[]), unnest(?::varchar[]),"
        " unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::date[]),"
        " unnest(?::double[]), unnest(?::varchar[])",
        [list(column) for column in zip(*values, strict=True)],
    )
    return connection


def broken_rules(connection: duckdb.DuckDBPyConnection, table: FindingsTable[Any]) -> list[str]:
    """What closes the gate of a table."""
    at = datetime(2024, 3, 1, 2, 30, tzinfo=UTC)
    result = validate(connection, SUITES[table.name], evaluated_at=at)
    return [each.expectation for each in result.results if each.closes_gate]


def looked_up(connection: duckdb.DuckDBPyConnection, number: Number) -> float:
    """What the written tables say of a number: its cell, with its path where that is JSON."""
    (cell,) = number.cells
    if number.quantity is Quantity.SETTING:
        ((_, name),) = cell.row
        return float(attrgetter(str(name).removeprefix("deviation."))(SETTINGS))
    column, _, path = cell.column.partition(".")
    figure = f"json_extract({column}, '$.{path}')::double" if path else column
    where = " and ".join(f"{name} = ?" for name, _ in cell.row)
    [(value,)] = connection.execute(
        f"select {figure} from {cell.table} where {where}", [key for _, key in cell.row]
    ).fetchall()
    return abs(float(value)) if number.quantity is Quantity.SIZE else float(value)


def test_the_knotted_city_has_findings_of_the_kinds_that_are_judged() -> None:
    rows, _, found = rows_of(knotted())
    kinds = Counter((row.kind, row.period_grain) for row in rows if row.rank is not None)
    assert kinds[Kind.CHANGE, "year"] == 3
    assert kinds[Kind.CHANGE, "month"] == 1
    assert kinds[Kind.CONTRARY, "year"] == 1
    assert kinds[Kind.GROUP_DIFFERENCE, "year"] == 3
    assert kinds[Kind.DISTRICT_OUTLIER, "year"] == 1
    assert found


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(cities())
@example(knotted())
def test_no_gate_on_findings_closes_on_lawful_data(city: Drawn) -> None:
    rows, catalogue, found = rows_of(city)
    areas, triangulation = focus_areas(rows, catalogue)
    points = [
        point
        for one in plain(city)
        for point in chart_points(one, catalogue.natural_explanations, XmrSettings())
    ]
    names = Names(catalogue)
    written: list[tuple[FindingsTable[Any], Sequence[object]]] = [
        (DEVIATIONS, [deviation_in_words(row, names) for row in rows]),
        (FOUND_EXPLANATIONS, [in_words(row, names) for row in found]),
        (FOCUS_AREAS, [area_in_words(row, names) for row in areas]),
        (TRIANGULATION, [pair_in_words(row, names) for row in triangulation]),
        (SERIES_CHARTS, points),
    ]
    with warehouse(city) as connection:
        for table, of_table in written:
            write_findings(connection, table, of_table)
        closed = {table.name: broken_rules(connection, table) for table, _ in written}
        told = [
            *(telling.reason(row.claims, names) for row in rows),
            *(telling.reason(pair.claims, names) for pair in triangulation),
            *(area_telling.summary(area.claims, names) for area in areas),
        ]
        for number in {each for said in told for each in every_number(said)}:
            assert looked_up(connection, number) == number.value, number
    assert {table: rules for table, rules in closed.items() if rules} == {}
    assert len(closed) == len(written)
