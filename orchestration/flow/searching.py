"""What the warehouse holds that may explain a change, read and typed.

Reads footnotes, boards, the series' own marks, the registers' drift and their contracts, and hands
them to `orchestration.deviation.found`; what boards offer without assessment goes to `moved`. What
each of them explains belongs there, and how it is told in `orchestration.language.causes`; what is
registered by hand is a seed.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date

import duckdb

from orchestration.deviation.found import (
    Board,
    ContractChange,
    DriftObservation,
    Register,
    SeriesBreak,
    SourceNote,
    explanations_in_boards,
    explanations_in_notes,
    explanations_in_series,
    reservations_in_contracts,
    reservations_in_drift,
)
from orchestration.deviation.moved import explanations_in_movements
from orchestration.findings.records import FoundExplanation
from orchestration.flow.marts import read_names
from orchestration.flow.replaced import read_replacements
from orchestration.indicators.catalogue import load_catalogue
from orchestration.language import causes
from orchestration.language.inline import plain
from orchestration.language.names import Names
from orchestration.registers.contract import Contract, load_contracts
from orchestration.registers.drift import create_tables
from orchestration.settings import Settings
from orchestration.sources.registry import datasets_of


def find_explanations(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> list[FoundExplanation]:
    """Find all that the warehouse holds.

    Args:
        connection: An open connection to the warehouse.
        settings: Whose warehouse it is.

    Returns:
        Explanations and reservations, of any year, in words.
    """
    registers = _registers(connection, settings.municipality)
    boards = explanations_in_boards(_boards(connection))
    notes = _notes(connection, settings)
    changes = [
        change
        for name, contract in load_contracts().items()
        for change in contract_changes(name, contract)
    ]
    found = [
        *_in_notes(connection, settings, notes),
        *boards,
        *explanations_in_series(_breaks(connection), boards),
        *reservations_in_contracts(changes, registers, settings.municipality),
        *reservations_in_drift(
            _drift(connection, settings.municipality), registers, settings.municipality
        ),
        *explanations_in_movements(
            read_replacements(connection, settings.municipality, demo=settings.profile == "demo")
        ),
    ]
    names = Names(
        load_catalogue(settings.seeds_dir),
        places=read_names(connection),
        registers={name: register.title_sv for name, register in registers.items()},
        datasets={each.source_id: each.citation for each in datasets_of(settings.profile)},
        notes={(note.source_id, note.number): note.text_sv for note in notes},
        changes=_by_month(changes),
        insatser=dict(
            connection.execute(
                "select distinct insats_code, title_sv from seeds.insatser_without_assessment"
            ).fetchall()
        ),
    )
    return [in_words(row, names) for row in found]


def in_words(found: FoundExplanation, names: Names) -> FoundExplanation:
    """A found explanation with its title, description and source told from its cause."""
    (cause,) = found.claims
    told = {
        "title_sv": plain(causes.title(cause, names)),
        "description_sv": plain(causes.description(cause, names)),
        "source": plain(causes.source(cause, names)),
    }
    return found.model_copy(update=told)


def _by_month(changes: Iterable[ContractChange]) -> dict[tuple[str, date], list[str]]:
    found: dict[tuple[str, date], list[str]] = {}
    for each in changes:
        month = date(each.year, each.month, 1)
        found.setdefault((each.register, month), []).append(each.description_sv)
    return found


def _notes(connection: duckdb.DuckDBPyConnection, settings: Settings) -> list[SourceNote]:
    known = {each.source_id for each in datasets_of(settings.profile)}
    return [
        SourceNote(source_id, kind, period, tuple(json.loads(regions)), text_sv, synthetic, number)
        for source_id, kind, period, regions, text_sv, synthetic, number in connection.execute(
            """
            with origins as (
                select name, bool_or(synthetic) as synthetic
                from meta.deliveries
                group by name
            )

            select
                notes.source_id, notes.kind, notes.period, notes.regions, notes.text_sv,
                coalesce(origins.synthetic, false), notes.note_number
            from marts.source_notes as notes
            left join origins on notes.source_id = origins.name
            order by notes.source_id, notes.note_number
            """
        ).fetchall()
        if source_id in known
    ]


def _in_notes(
    connection: duckdb.DuckDBPyConnection, settings: Settings, notes: Sequence[SourceNote]
) -> list[FoundExplanation]:
    datasets = {each.source_id: each for each in datasets_of(settings.profile)}
    crosswalk = {
        (publisher, region_key): geography_id
        for publisher, region_key, geography_id in connection.execute(
            """
            select publisher, region_key, geography_id
            from intermediate.int_region_crosswalk
            where list_contains($keys, region_key)
            """,
            {"keys": sorted({region.upper() for note in notes for region in note.regions})},
        ).fetchall()
    }
    places = {
        (note.source_id, region): crosswalk[key]
        for note in notes
        for region in note.regions
        if (key := (datasets[note.source_id].publisher, region.upper())) in crosswalk
    }
    feeds: dict[str, list[str]] = {}
    for dataset_id, indicator_id in connection.execute(
        "select distinct dataset_id, indicator_id from seeds.indicator_series order by all"
    ).fetchall():
        feeds.setdefault(dataset_id, []).append(indicator_id)
    return explanations_in_notes(notes, feeds, places)


def _boards(connection: duckdb.DuckDBPyConnection) -> list[Board]:
    rows = connection.execute(
        """
        select geography_id, name, valid_from, valid_to, successor_id
        from marts.geographies
        where level = 'stadsdelsnamnd'
        order by geography_id
        """
    ).fetchall()
    return [Board(*row) for row in rows]


def _breaks(connection: duckdb.DuckDBPyConnection) -> list[SeriesBreak]:
    rows = connection.execute(
        """
        with totals as (
            select
                *,
                lag(source_id) over (
                    partition by indicator_id, geography_id, period_grain
                    order by period_start
                ) as previous_source_id
            from marts.indicator_values
            where
                breakdown = 'total'
                and category = 'total'
                and (value is not null or status = 'broken_series')
        )

        select
            totals.indicator_id, totals.geography_id, year(totals.period_start),
            case totals.period_grain when 'month' then month(totals.period_start) end,
            totals.source_id, totals.previous_source_id
        from totals
        where
            totals.status = 'broken_series'
            or totals.previous_source_id <> totals.source_id
        order by all
        """
    ).fetchall()
    return [SeriesBreak(*row) for row in rows]


def _registers(connection: duckdb.DuckDBPyConnection, municipality_id: str) -> dict[str, Register]:
    """The registers that something is counted from."""
    rows = connection.execute(
        """
        select
            indicators.source_id,
            list(distinct indicators.indicator_id order by indicators.indicator_id),
            bool_or(deliveries.synthetic)
        from marts.indicators as indicators
        inner join meta.deliveries as deliveries on indicators.source_id = deliveries.name
        where deliveries.municipality_id = $municipality_id
        group by indicators.source_id
        order by indicators.source_id
        """,
        {"municipality_id": municipality_id},
    ).fetchall()
    contracts = load_contracts()
    return {
        name: Register(contracts[name].title_sv, tuple(indicators), bool(synthetic))
        for name, indicators, synthetic in rows
        if name in contracts
    }


def contract_changes(name: str, contract: Contract) -> list[ContractChange]:
    """The dated changes of a contract that concern a column that was there before.

    Args:
        name: The register.
        contract: Its newest version.

    Returns:
        In the order of their dates.
    """
    return [
        ContractChange(
            register=name,
            year=int(change.since[:4]),
            month=int(change.since[5:7]),
            columns=tuple(sorted({*change.modify, *change.remove})),
            description_sv=change.description_sv,
        )
        for change in contract.changes
    ]


def _drift(connection: duckdb.DuckDBPyConnection, municipality_id: str) -> list[DriftObservation]:
    """What has moved in the deliveries that stand: the newest of each period."""
    create_tables(connection)
    rows = connection.execute(
        """
        with standing as (
            select name, period, max(delivery_sequence) as delivery_sequence
            from meta.delivery_profiles
            where municipality_id = $municipality_id
            group by name, period
        )

        select distinct drift.name, drift.period, drift.column_name, drift.measure
        from meta.drift as drift
        inner join standing using (name, period, delivery_sequence)
        order by all
        """,
        {"municipality_id": municipality_id},
    ).fetchall()
    return [DriftObservation(*row) for row in rows]
