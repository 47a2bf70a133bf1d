"""Each delivery held against its register's own history, before it is let in.

A delivery is measured (`profiles`) and held against the deliveries of the register's other periods
that came before it, and against the last one of its own period. What lies beyond a narrow bound of
the contract, and further off than the earlier ones lie from each other, is an observation in
`meta.drift`; what lies beyond a wide one holds the delivery until it is corrected or a person
confirms it. Only what came before counts, so that a warehouse that is built anew judges as the
nights did. What is wrong with a cell belongs in `staged_rows`; what a figure means in
`orchestration.deviation`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from math import log10

import duckdb

from orchestration.language import numbers
from orchestration.registers import profiles
from orchestration.registers.breaches import Breach
from orchestration.registers.contract import Column, Contract
from orchestration.registers.mapping import CONTRACT_FORM, RegisterMapping, in_own_words
from orchestration.registers.staged_rows import LoadResult, Staged

# How many earlier deliveries a new one is held against: those of the nearest periods.
LONGEST_HISTORY = 24
# How few say nothing yet; a level is steadier than a share, and its wide bound wider.
SHORTEST_HISTORY = 6
SHORTEST_FOR_LEVELS = 3
# How many standard deviations from the earlier ones a delivery must lie.
CRITICAL_DISTANCE = 6.0
# The wide bounds are wide enough to need less; of the number of rows there is but one a delivery.
CRITICAL_DISTANCE_TO_HOLD = 5.0
CRITICAL_DISTANCE_OF_ROWS = 4.0
# How far from each other in age two deliveries may be where cells are empty while cases are open:
# as a ratio of months, one added.
LARGEST_AGE_RATIO = 1.5
# A period that is delivered again may have fewer rows more or less than this, whatever their share.
FEWEST_ROWS_AGAIN = 10

# From the median absolute deviation to the standard deviation, of a normal distribution.
_MAD_TO_SD = 1.4826

_TABLE = """
create table if not exists meta.drift (
    municipality_id varchar,
    name varchar,
    delivery_sequence bigint,
    period varchar,
    column_name varchar,
    measure varchar,
    category varchar,
    observed double,
    expected double,
    distance double,
    message_sv varchar
)
"""

# Rows of a profile without a value: that a delivery was loaded, a column that nobody agreed on, and
# an optional one that was left out.
_LOADED = "loaded"
_UNKNOWN = "unknown_column"
_ABSENT = "absent_column"
# What a column that stands so in a delivery and not in the one before is called, and the reverse.
_CHANGES = {_UNKNOWN: ("appeared", "disappeared"), _ABSENT: ("left_out", "back")}
_COLUMN_SENTENCES = {
    "appeared": "Kolumnen {column} är ny och ingår inte i avtalet; den läses inte in. {check}",
    "disappeared": "Kolumnen {column}, som inte ingår i avtalet, finns inte längre. {check}",
    "left_out": "Kolumnen {column} saknas i filens rubrikrad; uppgiften lästes som tom. {check}",
    "back": "Kolumnen {column} saknades i den förra filens rubrikrad och finns nu igen. {check}",
}
_CHECK = "Kontrollera om registreringen eller uttaget har ändrats."

# The rule that a delivery breaks which lies beyond a wide bound, by what was measured.
_RULES = {
    "rows": "omfattning",
    "level": "storleksordning",
    "missing": "bortfall",
    "share": "fordelning",
    "zero": "fordelning",
    "period": "fordelning",
    "order": "kolumnordning",
}
# Measures that are held against a ratio; the others against a difference.
_RATIOS = ("rows", "level")
_NOUNS = {"decimal": "beloppen", "hours": "timmarna"}
_TIMES = {10: "10", 100: "100", 1000: "1 000"}
_PARTS = {10: "en tiondel", 100: "en hundradel", 1000: "en tusendel"}
# How far a ratio may lie from a power of ten and be called one: in tenth powers.
_UNIT_ERROR = 0.12
_MINUTES = (50, 72)
_ORE = 100
_THOUSANDS = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of deliveries when they were held against those before them.

    Attributes:
        judged: The deliveries, with those quarantined that are too unlike the earlier ones.
        notes: Swedish observations on those that are let in, by delivery sequence.
    """

    judged: Staged
    notes: dict[int, list[str]]


@dataclass(frozen=True, slots=True)
class _Finding:
    """A measure of a delivery beyond a bound."""

    sequence: int
    period: str
    column: str
    measure: str
    category: str
    observed: float
    expected: float
    ratio: float
    distance: float | None
    again: bool
    held: bool


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of profiles and drift if they are not there.

    Args:
        connection: An open connection to the warehouse.
    """
    profiles.create_tables(connection)
    connection.execute(_TABLE)


def hold_against_history(
    connection: duckdb.DuckDBPyConnection,
    judged: Staged,
    *,
    confirmed: Mapping[int, date],
    mapping: RegisterMapping = CONTRACT_FORM,
) -> Verdict:
    """Hold staged deliveries against the register's earlier ones.

    Call it in the transaction that inserts them, before they are inserted.

    Args:
        connection: The connection that the deliveries are staged on.
        judged: The deliveries, judged by the contract.
        confirmed: The day on which a person confirmed a delivery, by its sequence.
        mapping: How the municipality's export maps to the contract.

    Returns:
        The deliveries, some of them now held, and what was observed of the others.
    """
    contract = judged.contract
    passed = [result for result in judged.results if result.outcome != "quarantined"]
    if not passed:
        return Verdict(judged, {})
    sequences = [result.delivery.sequence for result in passed]
    profiles.measure_loaded(connection, contract, judged.municipality_id)
    profiles.measure(
        connection,
        contract,
        judged.municipality_id,
        {result.delivery.sequence: result.period for result in passed},
    )
    connection.execute(
        "delete from meta.drift where list_contains($sequences, delivery_sequence)",
        {"sequences": sequences},
    )
    findings, held = _beyond_bounds(connection, judged, passed, confirmed)
    profiles.forget(connection, sorted(held))
    let_in = [result for result in passed if result.delivery.sequence not in held]
    if let_in:
        _note_columns(connection, judged, let_in)
    told: list[tuple[object, ...]] = [
        (
            *(judged.municipality_id, contract.register_name, each.sequence, each.period),
            *(each.column, each.measure),
            *(each.category, each.observed, each.expected, each.distance),
            f"{_observed_sv(each)}. {_CHECK}",
        )
        for each in findings
        if each.sequence not in held
    ]
    told += _columns_that_came_and_went(
        connection, judged, [result.delivery.sequence for result in let_in]
    )
    notes: dict[int, list[str]] = defaultdict(list)
    for row in told:
        connection.execute("insert into meta.drift values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        notes[int(str(row[2]))].append(str(row[-1]))
    results = tuple(
        _held(result, findings, contract, mapping) if result.delivery.sequence in held else result
        for result in judged.results
    )
    return Verdict(replace(judged, results=results), dict(notes))


def _held(
    result: LoadResult,
    findings: Sequence[_Finding],
    contract: Contract,
    mapping: RegisterMapping,
) -> LoadResult:
    """The delivery as one that waits for a correction or a confirmation."""
    breaches = [
        in_own_words(
            Breach(
                result.delivery.file_name,
                _RULES[each.measure],
                column=each.column or None,
                detail=_detail_sv(each, contract),
            ),
            contract,
            mapping,
        )
        for each in findings
        if each.held and each.sequence == result.delivery.sequence
    ]
    return replace(
        result,
        outcome="quarantined",
        rows_loaded=0,
        rows_held=result.rows_loaded + result.rows_held,
        breaches=(*result.breaches, *breaches),
    )


def latest_drift(
    connection: duckdb.DuckDBPyConnection, name: str, municipality_id: str
) -> list[str]:
    """What has moved in a register's newest delivery.

    Args:
        connection: An open connection to the warehouse.
        name: The register.
        municipality_id: Code of the municipality that it is of.

    Returns:
        Swedish observations.
    """
    rows = connection.execute(
        """
        select message_sv
        from meta.drift
        where
            municipality_id = $municipality_id
            and name = $name
            and delivery_sequence = (
                select max(delivery_sequence)
                from meta.delivery_profiles
                where municipality_id = $municipality_id and name = $name
            )
        order by message_sv
        """,
        {"municipality_id": municipality_id, "name": name},
    ).fetchall()
    return [message for (message,) in rows]


def _beyond_bounds(
    connection: duckdb.DuckDBPyConnection,
    judged: Staged,
    passed: Sequence[LoadResult],
    confirmed: Mapping[int, date],
) -> tuple[list[_Finding], set[int]]:
    """What lies beyond a bound, and the deliveries that are held for it.

    A delivery that is held is no history for those after it, so they are judged again without it.
    """
    held: set[int] = set()
    of_held: list[_Finding] = []
    while True:
        findings = list(_findings(connection, judged, passed, confirmed, held))
        waiting = {each.sequence for each in findings if each.held} - confirmed.keys()
        if not waiting:
            return of_held + findings, held
        first = min(waiting)
        of_held += [each for each in findings if each.sequence == first]
        held.add(first)


def _findings(
    connection: duckdb.DuckDBPyConnection,
    judged: Staged,
    passed: Sequence[LoadResult],
    confirmed: Mapping[int, date],
    held: set[int],
) -> Iterator[_Finding]:
    """Measures beyond a bound.

    The earlier ones' median and median absolute deviation are not moved by a single odd one. What
    is expected of a new one to differ is at least its and their sampling noise. What is as it was
    in the same month of another year is a season; what is as in a delivery that a person has
    confirmed, or in the last one of the same period, is known.
    """
    contract = judged.contract
    bounds = list(_bounds(contract))
    rows = connection.execute(
        f"""
        with delivered as (
            select *, date_diff('month', end_day, max(end_day) over landed) as months_behind
            from (
                select *, first_day + to_months(months) as end_day
                from (
                    select
                        *,
                        try_cast(rpad(period, 10, '-01-01') as date) as first_day,
                        case when length(period) = 4 then 12 else 1 end as months
                    from ({_DELIVERIES})
                )
            )
            window landed as (
                order by received_on range between unbounded preceding and current row
            )
        ),

        standing as (
            select *, received_on >= end_day as is_whole
            from delivered
            where not list_contains($held, sequence)
        ),

        earlier_ones as (
            select
                judged.sequence as judged,
                earlier.sequence as earlier,
                judged.period = earlier.period as is_same,
                abs(date_diff('month', earlier.first_day, judged.first_day)) as months_apart,
                judged.is_whole and earlier.is_whole as are_whole,
                greatest(judged.months_behind, earlier.months_behind) + 1
                <= {LARGEST_AGE_RATIO} * (least(judged.months_behind, earlier.months_behind) + 1)
                    as are_of_an_age,
                coalesce(earlier.confirmed_on <= judged.received_on, false) as is_confirmed
            from standing as judged
            inner join standing as earlier
                on
                    judged.sequence > earlier.sequence
                    and judged.months = earlier.months
                    and coalesce(earlier.confirmed_on <= judged.received_on, true)
            where judged.is_new
            qualify earlier.sequence
                = max(earlier.sequence) over (partition by judged.sequence, earlier.period)
        ),

        nearest as (
            from earlier_ones
            qualify row_number() over (
                partition by judged, is_same order by months_apart, earlier desc
            ) <= {LONGEST_HISTORY}
        ),

        bounds as (
            select
                unnest($columns) as column_name,
                unnest($measures) as measure,
                unnest($narrow) as narrow,
                unnest($wide) as wide,
                unnest($open_ended) as open_ended
        ),

        compared as (
            select
                nearest.*,
                new.* exclude (name, delivery_sequence, version),
                old.value as old_value,
                old.score as old_score,
                old.score_variance as old_variance,
                bounds.narrow,
                bounds.wide,
                case
                    when new.measure = 'rows' then are_whole
                    else are_of_an_age or not open_ended
                end as is_alike,
                case
                    when list_contains({list(_RATIOS)}, new.measure)
                        then exp(abs(new.score - old.score))
                    else abs(new.value - old.value)
                end as apart
            from nearest
            inner join meta.delivery_profiles as new on nearest.judged = new.delivery_sequence
            inner join bounds using (column_name, measure)
            inner join meta.delivery_profiles as old
                on
                    nearest.earlier = old.delivery_sequence
                    and new.column_name = old.column_name
                    and new.measure = old.measure
                    and new.category = old.category
        ),

        placed as (
            select
                judged, period, column_name, measure, category, value, score, score_variance,
                narrow, wide,
                median(old_score) filter (where is_alike and not is_same) as centre,
                {_MAD_TO_SD} * mad(old_score) filter (where is_alike and not is_same) as spread,
                avg(old_variance) filter (where is_alike and not is_same) as noise,
                median(old_value) filter (where is_alike and not is_same) as expected,
                count(*) filter (where is_alike and not is_same) as earlier_count,
                max(old_score) filter (where is_same and are_whole) as last_score,
                max(old_value) filter (where is_same and are_whole) as last_value,
                coalesce(
                    bool_or(apart <= narrow) filter (where not is_same and months_apart = 12), false
                ) as is_season,
                coalesce(
                    bool_or(apart <= wide)
                        filter (where is_confirmed or (is_same and measure <> 'rows')),
                    false
                ) as is_known,
                bool_or(apart > wide) filter (where is_same and are_whole) as is_unlike_last
            from compared
            group by all
        ),

        judged as (
            select
                *,
                abs(score - centre) / sqrt(
                    greatest(spread ** 2, noise) * (1 + pi() / 2 / earlier_count)
                    + greatest(score_variance - noise, 0)
                ) as distance,
                case
                    when list_contains({list(_RATIOS)}, measure) then exp(abs(score - centre))
                    else abs(value - expected)
                end as apart,
                case when measure = 'rows' then exp(abs(score - last_score)) end as apart_again,
                case when measure = 'rows' then exp(abs(last_score - centre)) end as last_apart
            from placed
        ),

        verdicts as (
            select
                *,
                earlier_count >= {SHORTEST_HISTORY} as is_told_of,
                earlier_count
                >= case measure when 'level' then {SHORTEST_FOR_LEVELS} else {SHORTEST_HISTORY} end
                    as is_history,
                coalesce(distance > {CRITICAL_DISTANCE} and not is_season, false) as is_far,
                coalesce(
                    distance > case measure
                        when 'rows' then {CRITICAL_DISTANCE_OF_ROWS}
                        else {CRITICAL_DISTANCE_TO_HOLD}
                    end and not is_season,
                    false
                ) as is_far_enough,
                coalesce(abs(value - last_value) >= {FEWEST_ROWS_AGAIN}, false)
                -- A delivery that brings a wrong one back among the others is its correction.
                and not coalesce(
                    earlier_count >= {SHORTEST_HISTORY} and apart <= narrow and last_apart > narrow,
                    false
                ) as is_changed
            from judged
        ),

        told as (
            select
                *,
                is_far_enough and is_history and apart > wide and not is_known as is_beyond,
                is_far and is_told_of and apart > narrow as is_off,
                is_changed and coalesce(apart_again > $again_hold, false) as is_beyond_last,
                is_changed and coalesce(apart_again > $again_warn, false) as is_off_last,
                measure <> 'rows' and not is_history and coalesce(is_unlike_last, false)
                    as is_another
            from verdicts
        )

        select
            judged, period, column_name, measure, category, value,
            case when is_last then last_value else expected end,
            exp(score - case when is_last then last_score else centre end),
            distance,
            is_last,
            is_beyond or is_beyond_last or is_another
        from (
            select
                *,
                is_another or is_beyond_last or (is_off_last and not is_off and not is_beyond)
                    as is_last
            from told
            where is_beyond or is_off or is_beyond_last or is_off_last or is_another
        )
        order by all
        """,
        {
            "municipality_id": judged.municipality_id,
            "name": contract.register_name,
            "held": sorted(held),
            "new": [result.delivery.sequence for result in passed],
            "new_periods": [result.period for result in passed],
            "new_received": [result.delivery.received_on for result in passed],
            "confirmed": list(confirmed),
            "confirmed_on": list(confirmed.values()),
            "again_warn": contract.rows_again.warn,
            "again_hold": contract.rows_again.hold,
            "columns": [each[0] for each in bounds],
            "measures": [each[1] for each in bounds],
            "narrow": [each[2] for each in bounds],
            "wide": [each[3] for each in bounds],
            "open_ended": [each[4] for each in bounds],
        },
    ).fetchall()
    for row in rows:
        yield _Finding(*row)


_DELIVERIES = """
    select unconfirmed.*, confirmations.confirmed_on
    from (
        select
            delivery_sequence as sequence,
            period,
            (received_at at time zone 'UTC')::date as received_on,
            false as is_new
        from meta.deliveries
        where
            municipality_id = $municipality_id
            and name = $name
            and outcome <> 'quarantined'
            and not list_contains($new, delivery_sequence)
        union all
        select unnest($new), unnest($new_periods), unnest($new_received)::date, true
    ) as unconfirmed
    left join (
        select
            unnest($confirmed::bigint[]) as sequence,
            unnest($confirmed_on::date[]) as confirmed_on
    ) as confirmations using (sequence)
"""


def _bounds(contract: Contract) -> Iterator[tuple[str, str, float, float, bool]]:
    """Column, measure, narrow and wide bound, and whether only those of an age are alike."""
    yield "", "rows", contract.rows.warn, contract.rows.hold, False
    partners = dict(profiles.exchangeable(contract))
    for name, column in contract.columns.items():
        bounds = column.bounds
        for measure, bound in (
            ("level", bounds.level),
            ("missing", bounds.missing),
            ("share", bounds.share),
            ("zero", bounds.share),
            ("period", bounds.share),
            ("order", bounds.order),
        ):
            partner = contract.columns[partners[name]] if name in partners else column
            open_ended = column.open_ended or (measure == "order" and partner.open_ended)
            yield name, measure, bound.warn, bound.hold, open_ended


def _detail_sv(found: _Finding, contract: Contract) -> str:
    """What a supplier of a held delivery is told besides its rule."""
    observed = _observed_sv(found)
    question = _question_sv(found, contract)
    return f"{observed}; {question}" if question else observed


def _observed_sv(found: _Finding) -> str:
    """A measure beside what was expected of it, in Swedish."""
    before = "i periodens förra leverans" if found.again else "i tidigare leveranser"
    if found.measure == "rows":
        rows, expected = (numbers.number(each) for each in (found.observed, found.expected))
        return f"filen har {rows} rader mot omkring {expected} {before}"
    if found.measure == "level":
        return (
            f"ett typiskt värde är {_number(found.observed)} mot {_number(found.expected)} {before}"
        )
    what = {
        "missing": "uppgiften saknas i {} av raderna",
        "zero": "värdet är 0 i {} av raderna",
        "period": "datumet ligger i filens period i {} av raderna",
        "order": f"värdet är större än i {found.category} i {{}} av raderna",
    }.get(found.measure, f"{{}} av raderna har {found.category}")
    return f"{what.format(_percent(found.observed))} mot {_percent(found.expected)} {before}"


def _question_sv(found: _Finding, contract: Contract) -> str:
    """What the fault may be, where its size or its kind says so."""
    if found.measure == "order":
        return "är de två kolumnerna omkastade?"
    if found.measure == "level":
        return _size_sv(found.ratio, contract.columns[found.column])
    if found.measure == "rows":
        return "är hela perioden med, och bara en gång?"
    return ""


def _size_sv(ratio: float, column: Column) -> str:
    """A ratio between levels: near a power of ten it is a unit error, and named as such."""
    noun = _NOUNS.get(column.type, "värdena")
    if column.type == "hours" and _MINUTES[0] <= ratio <= _MINUTES[1]:
        return f"{noun} är ungefär 60 gånger så stora; är de i minuter?"
    tenths = round(log10(ratio))
    factor = 10 ** abs(tenths)
    if factor not in _TIMES or abs(log10(ratio) - tenths) > _UNIT_ERROR:
        return ""
    size = f"{_TIMES[factor]} gånger" if tenths > 0 else _PARTS[factor]
    told = f"{noun} är ungefär {size} så stora"
    if column.type == "decimal" and factor == _ORE:
        return f"{told}; är de i {'öre' if tenths > 0 else 'kronor, och de andra i öre'}?"
    if column.type == "decimal" and factor == _THOUSANDS:
        return f"{told}; är de {'utan decimaltecken' if tenths > 0 else 'i tusental kronor'}?"
    return f"{told}; är enheten en annan, eller decimaltecknet flyttat?"


def _percent(share: float) -> str:
    return numbers.percent(share)


def _number(value: float) -> str:
    return numbers.number(value, 2)


def _note_columns(
    connection: duckdb.DuckDBPyConnection, judged: Staged, loaded: Sequence[LoadResult]
) -> None:
    rows = [
        (result.delivery.sequence, result.period, column, measure)
        for result in loaded
        for column, measure in [
            ("", _LOADED),
            *((name, _UNKNOWN) for name in result.unknown_columns),
            *((name, _ABSENT) for name in result.absent_columns),
        ]
    ]
    sequences, periods, columns, measures = zip(*rows, strict=True)
    connection.execute(
        """
        insert into meta.delivery_profiles
        select
            $municipality_id, $name, unnest($sequences), unnest($periods), unnest($columns),
            unnest($measures), '', null, null, null, null
        """,
        {
            "municipality_id": judged.municipality_id,
            "name": judged.contract.register_name,
            "sequences": sequences,
            "periods": periods,
            "columns": columns,
            "measures": measures,
        },
    )


def _columns_that_came_and_went(
    connection: duckdb.DuckDBPyConnection, judged: Staged, sequences: Sequence[int]
) -> list[tuple[object, ...]]:
    """Columns of the header in which a delivery differs from the one before it."""
    whose, name = judged.municipality_id, judged.contract.register_name
    standing: dict[int, set[tuple[str, str]]] = {}
    periods: dict[int, str] = {}
    for sequence, period, names in connection.execute(
        f"""
        select
            delivery_sequence,
            any_value(period),
            list((measure, column_name)) filter (where measure <> '{_LOADED}')
        from meta.delivery_profiles
        where
            municipality_id = $municipality_id
            and name = $name
            and measure in ('{_UNKNOWN}', '{_ABSENT}', '{_LOADED}')
        group by delivery_sequence
        order by delivery_sequence
        """,
        {"municipality_id": whose, "name": name},
    ).fetchall():
        standing[sequence], periods[sequence] = set(names or ()), period
    in_order = list(standing)
    found: list[tuple[object, ...]] = []
    for before, after in pairwise(in_order):
        if after not in sequences:
            continue
        changes = [
            (column, _CHANGES[kind][0])
            for kind, column in sorted(standing[after] - standing[before])
        ]
        changes += [
            (column, _CHANGES[kind][1])
            for kind, column in sorted(standing[before] - standing[after])
        ]
        found += [
            (
                *(whose, name, after, periods[after], column, measure, ""),
                *(None, None, None),
                _COLUMN_SENTENCES[measure].format(column=column, check=_CHECK),
            )
            for column, measure in changes
        ]
    return found
