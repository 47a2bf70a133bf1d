"""A publisher's answer held against its last good one, before it takes that one's place.

Cell by cell: the same series, region, period and variables. What publishers ordinarily do passes:
new periods, a window that slides, preliminary figures that become final, a history put right by a
few per cent, fixed prices restated by one factor. What no revision does holds the answer, until
another one comes or a person confirms it. Reading an answer belongs in the publishers' modules, who
confirms what in `intake`, what a revision means for an indicator in dbt.

The bounds are those of a register's contract where they say the same thing: rows of a period that
is delivered again within 1.25, a share within 0.25. The others come from what publishers have been
seen to do, which is said beside them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log10

import duckdb

from orchestration.language import numbers
from orchestration.sources.errors import quoted
from orchestration.sources.registry import Dataset

# Figures that may be gone: as 1 / 1.25 of a register's rows. Of six vintages of Socialstyrelsen's
# monthly table (May 2024 to January 2025) none lost a figure; a large town's month (Göteborg, March
# 2017) is one cell of hundreds.
MOST_GONE = 0.2
# Figures other than zero that may turn into zero; of one series among several, half.
MOST_ZEROED = 0.25
MOST_ZEROED_OF_SERIES = 0.5
# How far the typical figure may move, as a ratio. Figures in fixed prices are restated each year
# by its inflation, at most 8.4 per cent (2022) since these series begin; the city recounted its
# children in placement by 4 per cent (tables B166 and B167). An index with another base year, or
# another unit, moves further.
LARGEST_FACTOR = 1.15
# The same for one series among several, which a definition may have changed.
LARGEST_FACTOR_OF_SERIES = 1.5
# A figure has moved far when it differs by more than this part of itself: a month that a large town
# is missing from differs by 14 per cent (Malmö, February 2017), and is put right later.
FAR = 0.25
MOST_MOVED_FAR = 0.2
# So many figures may not move by more than this part of themselves, beyond a common factor: no
# preliminary table has been seen to differ by so much as a whole, nor one of two years in it.
TYPICAL_CHANGE = 0.1
MOST_MOVED = 0.4
# Settled figures are at least so many years older than the newest one. Preliminary months are final
# in the spring of the next year, and costs within it.
SETTLED_YEARS = 2
SETTLED_CHANGE = 0.05
MOST_SETTLED_CHANGED = 0.2
# A factor common to all: so many figures follow it, so closely. Rounding makes the difference.
FOLLOWERS = 0.95
FOLLOWING = 0.02
# Counts that differ by no more than this have not moved: SCB adds noise to small counts, and the
# city rounds them to 0 or 5.
SMALL_DIFFERENCE = 3
# A whole period has changed places where most of what changed in it has another period's figures;
# that few figures of few digits are alike is chance.
SAME_AS_ANOTHER = 0.5
FEWEST_EXCHANGED = 2
FEWEST_DIGITS = 6
# A new period beside the one before it. A whole year moves children's evictions by a factor of 3
# (38 to 12, 2022 to 2023); a unit is at least ten.
LARGEST_STEP = 5.0
LARGEST_STEP_OF_SERIES = 8.0
# A count below this may step in any way.
SMALL_COUNT = 20
# So few figures of one series say nothing by themselves.
FEWEST_OF_SERIES = 3
# How far a ratio may lie from a power of ten and be called one: in tenth powers.
_UNIT_ERROR = 0.05

RULES: dict[str, str] = {
    "uppgifter_borta": "uppgifter som fanns i det förra svaret är borta",
    "nollor": "uppgifter har blivit 0",
    "skala": "uppgifterna är av en annan storlek än i det förra svaret",
    "omkastning": "uppgifter har bytt plats",
    "omskriven_historik": "fler och äldre uppgifter är ändrade än en revidering brukar ändra",
}
_TIMES = {10: "10 gånger", 100: "100 gånger", 1000: "1 000 gånger", 10**6: "1 000 000 gånger"}
_PARTS = {10: "en tiondel", 100: "en hundradel", 1000: "en tusendel", 10**6: "en miljondel"}
_AXES_SV = {"period": "perioden", "region": "regionen", "kind": "gruppen"}

_CELLS = "judged_cells"


@dataclass(frozen=True, slots=True)
class Objection:
    """One way in which an answer is unlike the last good one.

    Attributes:
        rule: A key of `RULES`.
        count: How many figures it is about.
        detail_sv: What was seen, in Swedish.
    """

    rule: str
    count: int
    detail_sv: str

    def message_sv(self, file_name: str, dataset: Dataset) -> str:
        """The objection as a Swedish sentence with what to do.

        Args:
            file_name: The answer as it is called in messages.
            dataset: What it is an answer of.
        """
        return (
            f"Fil {file_name}: {dataset.publisher_name_sv}, {dataset.title_sv}"
            f" ({dataset.source_id}): {RULES[self.rule]}: {self.detail_sv} [regel {self.rule}]."
            " Svaret hålls tillbaka och det förra gäller. Gör så här: jämför med utgivarens egna"
            " sidor. Är svaret fel, vänta: nästa svar prövas av sig självt. Stämmer det, bekräfta"
            f' det med avvik confirm "{file_name}" --reason "..."'
        )


def objections(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    *,
    table: str,
    incoming: str,
    delivery_sequence: int,
) -> list[Objection]:
    """Hold an answer against the last good one.

    A first answer has nothing to be held against. Of a dataset that comes as several tables each
    is held against its own; where an answer holds recent periods only, so is each period.

    Args:
        connection: An open connection to the warehouse.
        dataset: What the answer is.
        table: The table with the good answers.
        incoming: A relation with the answer's observations.
        delivery_sequence: Its place in the order of receipt; only what came before it counts.

    Returns:
        What is unlike; nothing where the answer may take the last one's place.
    """
    [(answered,)] = connection.execute(
        f"select exists (from {table} where dataset_id = ? and delivery_sequence < ?)",
        [dataset.source_id, delivery_sequence],
    ).fetchall()
    if not answered:
        return []
    _compare(connection, dataset, table, incoming, delivery_sequence)
    [(known,)] = connection.execute(f"select count(old) from {_CELLS}").fetchall()
    found = (
        [
            *_gone(connection),
            *_of_common_figures(connection),
            # Answers are of a few codes, so most are another unit's too.
            *(_exchanged(connection) if dataset.table == "observations" else ()),
            *_of_new_periods(connection),
        ]
        if known
        else []
    )
    connection.execute(f"drop table {_CELLS}")
    first: dict[str, Objection] = {}
    for each in found:
        first.setdefault(each.rule, each)
    if first.keys() & {"nollor", "skala", "omkastning"}:
        # Said already, and better.
        first.pop("omskriven_historik", None)
    return list(first.values())


def _compare(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    table: str,
    incoming: str,
    delivery_sequence: int,
) -> None:
    """Lay the answer's cells beside those of the last good one, in a temporary table."""
    part = "coalesce(json_extract_string(dimensions, '$.tabell'), '')"
    if dataset.delivers == "recent":
        part += " || '|' || period"
    key = "part, series, region, period, kind"
    cells = f"""
        select
            {part} as part,
            series,
            region,
            period,
            series || '|' || dimensions as kind,
            -- A publisher may give the same figure twice.
            max(value)::double as value
    """
    connection.execute(
        f"""
        create or replace temp table {_CELLS} as
        with

        new_cells as (
            {cells} from {incoming} group by all
        ),

        standing as (
            from {table}
            where dataset_id = $dataset and delivery_sequence < $sequence
            qualify delivery_sequence = max(delivery_sequence) over (partition by {part})
        ),

        old_cells as (
            from ({cells} from standing group by all)
            semi join new_cells using (part)
        ),

        joined as (
            select
                {key},
                old_cells.value as old,
                new_cells.value as new,
                try_cast(left(period, 4) as integer) as year
            from old_cells
            full outer join new_cells using ({key})
        ),

        told as (
            select
                *,
                coalesce(
                    bool_and(
                        coalesce(old, 0) = floor(coalesce(old, 0))
                        and coalesce(new, 0) = floor(coalesce(new, 0))
                    ) over (partition by series),
                    false
                ) as is_count
            from joined
        )

        select
            *,
            abs(new - old) as difference,
            is_count and abs(new - old) <= {SMALL_DIFFERENCE} and (old < 0) = (new < 0) as is_small,
            abs(new - old) > 1e-9 * greatest(abs(old), abs(new)) as is_changed
        from told
        """,
        {"dataset": dataset.source_id, "sequence": delivery_sequence},
    )


def _gone(connection: duckdb.DuckDBPyConnection) -> Iterator[Objection]:
    """Figures that are not there any more, apart from those that a sliding window has left."""
    [(gone, all_)] = connection.execute(
        f"""
        with

        periods as (
            select
                period,
                any_value(year) as year,
                count(old) > 0 as was_there,
                count(new) > 0 as is_there
            from {_CELLS}
            group by period
        ),

        ends as (
            select
                min(period) filter (where is_there) as first_period,
                min(year) filter (where is_there) as first_year,
                max(period) filter (where was_there) as last_period,
                max(year) filter (where was_there) as last_year
            from periods
        ),

        windows as (
            select
                ends.first_period,
                count(*) filter (where was_there and period < first_period)
                <= count(*) filter (where is_there and period > last_period)
                or coalesce(
                    count(distinct year) filter (where was_there and year < first_year)
                    <= count(distinct year) filter (where is_there and year > last_year)
                    and count(*) filter (
                        where was_there and period < first_period and year = first_year
                    ) = 0,
                    false
                ) as has_slid
            from periods cross join ends
            group by all
        )

        select
            count(*) filter (where new is null),
            count(*)
        from {_CELLS} cross join windows
        where old is not null and not (has_slid and period < coalesce(first_period, ''))
        """
    ).fetchall()
    if gone > MOST_GONE * all_:
        yield Objection("uppgifter_borta", gone, f"{gone} av {all_} uppgifter finns inte kvar")


def _of_common_figures(connection: duckdb.DuckDBPyConnection) -> Iterator[Objection]:
    """Figures that both answers have: zeroed, of another scale, moved far, rewritten."""
    rows = connection.execute(
        f"""
        with

        common as (
            select
                *,
                old <> 0 and new = 0 as is_zeroed,
                max(year) over () as newest_year,
                period = max(period) over () as is_newest,
                case
                    when is_small then 0
                    when sign(old) = sign(new) and old <> 0 then ln(new / old)
                end as step
            from {_CELLS}
            where old is not null and new is not null
        ),

        -- A factor that all follow, as when prices are restated; else there is none.
        followed as (
            select
                case
                    when
                        avg((is_small or abs(step - middle) <= {FOLLOWING})::integer)
                            >= {FOLLOWERS}
                        and avg((is_small or abs(step - middle) <= {FOLLOWING})::integer)
                            filter (where is_newest) >= {FOLLOWERS}
                        then any_value(exp(middle))
                    else 1
                end as factor
            from common
            cross join (select median(step) as middle from common)
            where step is not null
        ),

        measured as (
            select
                common.*,
                year <= newest_year - {SETTLED_YEARS} as is_settled,
                abs(new - coalesce(factor, 1) * old) as unfollowed
            from common
            left join followed on true
        )

        select
            series,
            grouping(series) = 1 as is_whole,
            count(*) as figures,
            count(*) filter (where old <> 0) as nonzero,
            count(*) filter (where is_zeroed) as zeroed,
            count(*) filter (where is_zeroed and not is_small) as zeroed_far,
            count(step) as stepped,
            coalesce(exp(median(step)), 1) as factor,
            count(*) filter (
                where is_changed and not is_small and difference > {FAR} * abs(old)
            ) as moved_far,
            count(*) filter (
                where is_changed and not is_small and unfollowed > {TYPICAL_CHANGE} * abs(old)
            ) as moved,
            count(*) filter (where is_settled) as settled,
            count(*) filter (
                where
                    is_settled
                    and not is_small
                    and is_changed
                    and unfollowed > {SETTLED_CHANGE} * abs(old)
            ) as rewritten
        from measured
        group by grouping sets ((), (series))
        having count(*) > 0
        order by is_whole desc, series
        """
    ).fetchall()
    for series, is_whole, figures, nonzero, zeroed, far_zeroed, stepped, factor, *rest in rows:
        moved_far, moved, settled, rewritten = rest
        of = "" if is_whole else f" i serien {quoted(series)}"
        share = MOST_ZEROED if is_whole else MOST_ZEROED_OF_SERIES
        is_enough = is_whole or nonzero >= FEWEST_OF_SERIES
        if is_enough and (
            _is_most(far_zeroed, nonzero, share) or zeroed == nonzero > FEWEST_OF_SERIES
        ):
            yield Objection(
                "nollor", zeroed, f"{zeroed} av {nonzero} uppgifter{of} som inte var 0 är nu 0"
            )
        bound = LARGEST_FACTOR if is_whole else LARGEST_FACTOR_OF_SERIES
        is_enough = is_whole or stepped >= FEWEST_OF_SERIES
        if is_enough and max(factor, 1 / factor) > bound:
            yield Objection(
                "skala", stepped, f"en typisk uppgift{of} är {_size_sv(factor)} så stor som förut"
            )
        if not is_whole:
            continue
        if _is_most(moved_far, figures, MOST_MOVED_FAR):
            yield Objection(
                "omskriven_historik",
                moved_far,
                f"{moved_far} av {figures} uppgifter skiljer sig mer än {numbers.percent(FAR, 0)}",
            )
        if _is_most(moved, figures, MOST_MOVED):
            yield Objection(
                "omskriven_historik",
                moved,
                f"{moved} av {figures} uppgifter skiljer sig mer än"
                f" {numbers.percent(TYPICAL_CHANGE, 0)}",
            )
        if _is_most(rewritten, settled, MOST_SETTLED_CHANGED):
            yield Objection(
                "omskriven_historik",
                rewritten,
                f"{rewritten} av {settled} uppgifter som är minst {SETTLED_YEARS} år äldre än den"
                f" nyaste skiljer sig mer än {numbers.percent(SETTLED_CHANGE, 0)}",
            )


def _exchanged(connection: duckdb.DuckDBPyConnection) -> Iterator[Objection]:
    """Periods, regions or groups that have the figures of another one."""
    for axis, rest in (
        ("period", "part, kind, region"),
        ("region", "part, kind, period"),
        ("kind", "part, region, period"),
    ):
        rows = connection.execute(
            f"""
            with

            changed as (
                select
                    *,
                    count(*) over (partition by {axis}) as changed_here,
                    length(ltrim(regexp_replace(abs(new)::varchar, '\\.0$|\\.', ''), '0'))
                        as digits
                from {_CELLS}
                where is_changed and new <> 0
            ),

            taken as (
                select
                    changed.{axis} as place,
                    others.{axis} as other,
                    any_value(changed.changed_here) as changed_here,
                    count(*) as figures,
                    sum(changed.digits) as digits
                from changed
                inner join {_CELLS} as others using ({rest})
                where changed.{axis} <> others.{axis} and changed.new = others.old
                group by changed.{axis}, others.{axis}
                having count(*) >= {SAME_AS_ANOTHER} * any_value(changed.changed_here)
                qualify row_number() over (
                    partition by changed.{axis} order by count(*) desc, others.{axis}
                ) = 1
            )

            select
                sum(figures)::bigint,
                min(place),
                arg_min(other, place)
            from taken
            having sum(figures) >= {FEWEST_EXCHANGED} and sum(digits) >= {FEWEST_DIGITS}
            """
        ).fetchall()
        for figures, place, other in rows:
            yield Objection(
                "omkastning",
                figures,
                f"{figures} ändrade uppgifter är andras i det förra svaret; {_AXES_SV[axis]}"
                f" {quoted(place)} har det som var {quoted(other)}",
            )


def _of_new_periods(connection: duckdb.DuckDBPyConnection) -> Iterator[Objection]:
    """Figures of periods that the last answer did not have, beside the latest ones that it had."""
    rows = connection.execute(
        f"""
        with

        latest as (
            select
                part,
                region,
                kind,
                max(period) as latest_period,
                arg_max(old, period) as before
            from {_CELLS}
            where old is not null
            group by all
        ),

        steps as (
            select
                series,
                new,
                case when sign(new) = sign(before) then ln(new / before) end as step
            from {_CELLS}
            inner join latest using (part, region, kind)
            where
                new is not null
                and old is null
                and period > latest_period
                and before <> 0
                and not (is_count and abs(before) < {SMALL_COUNT})
        )

        select
            series,
            grouping(series) = 1 as is_whole,
            count(*),
            count(*) filter (where new = 0),
            coalesce(exp(median(step)), 1)
        from steps
        group by grouping sets ((), (series))
        having count(*) > 0 and (grouping(series) = 1 or count(*) >= {FEWEST_OF_SERIES})
        order by is_whole desc, series
        """
    ).fetchall()
    for series, is_whole, figures, zeros, factor in rows:
        of = "" if is_whole else f" i serien {quoted(series)}"
        if _is_most(zeros, figures, MOST_ZEROED_OF_SERIES):
            yield Objection("nollor", zeros, f"{zeros} av {figures} nya uppgifter{of} är 0")
        bound = LARGEST_STEP if is_whole else LARGEST_STEP_OF_SERIES
        if max(factor, 1 / factor) > bound:
            yield Objection(
                "skala",
                figures,
                f"en typisk uppgift{of} för en ny period är {_size_sv(factor)} så stor som den för"
                " perioden före",
            )


def _is_most(some: int, all_: int, share: float) -> bool:
    """Whether more than a share; a single figure is one only where there is no other."""
    return some > share * all_ and (some >= FEWEST_EXCHANGED or some == all_)


def _size_sv(factor: float) -> str:
    """A ratio in words; one near a power of ten is named as such."""
    tenths = round(log10(factor))
    words: dict[int, str] = _TIMES if tenths > 0 else _PARTS
    power = 10 ** abs(tenths)
    if power in words and abs(log10(factor) - tenths) <= _UNIT_ERROR:
        return f"ungefär {words[power]}"
    return f"{numbers.significant(factor)} gånger"
