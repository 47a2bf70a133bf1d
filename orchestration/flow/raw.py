"""Step: typed rows with delivery and row number; identity numbers end here.

Each register and each publisher has its table in schema `raw`. A delivery that breaks its contract
is held, whole or in part, and closes the gate of its table until it is put right; the others are
loaded all the same. A delivery that is unlike the earlier ones is pointed out, and so is a
publisher's answer that is held for it: the last good one stands, so that closes no gate.
"""

from collections.abc import Sequence
from datetime import timedelta

import duckdb

from orchestration.flow.built_from import follow
from orchestration.flow.landing import landed
from orchestration.flow.step import Check, Outcome, Product, Step, Verdict, Work
from orchestration.intake.admission import load_deliveries, raw_tables
from orchestration.intake.not_delivered import INDICATOR_NOTES_TABLE, NOT_DELIVERED_TABLE
from orchestration.intake.placing import place_home, require_own_home
from orchestration.notices import Cause, causes_of
from orchestration.registers.contract import load_contracts
from orchestration.registers.drift import latest_drift
from orchestration.registers.municipality import (
    BOARDS_TABLE,
    UNITS_TABLE,
    load_municipality,
    makes_its_key,
)
from orchestration.registers.pseudonyms import load_key
from orchestration.registers.quarantine import waiting_deliveries
from orchestration.registers.superseded import remove_superseded
from orchestration.sources.registry import load_registry
from orchestration.storage.alarms import not_yet_told
from orchestration.storage.deliveries import (
    REGISTER_DELIVERIES_TABLE,
    held_answers,
    set_aside,
    unresolved,
)
from orchestration.storage.landing import LandingStore, Receipt

DELIVERY_CHECK = "leveranser"
DRIFT_CHECK = "drift"

# Names of municipalities by code: read as deliveries are, and loaded by dbt too.
_CODES = ("dbt_project/seeds/municipalities.csv",)

# What the municipality's file and the log of deliveries say, written anew in each run.
_WRITTEN_ANEW = {
    BOARDS_TABLE: "Kommunens stadsdelsnämnder med giltighet och efterträdare, ur kommunfilen.",
    UNITS_TABLE: "Kommunens centrala enheter, ur kommunfilen.",
    REGISTER_DELIVERIES_TABLE: "Vilka perioder som har levererats för vilket register.",
    NOT_DELIVERED_TABLE: "De register som ingenting har levererats ur, med skälet.",
    INDICATOR_NOTES_TABLE: "De indikatorer som kommunens filer inte kan räkna, eller räknar på"
    " annat sätt.",
}


def raw_step(guarded: Sequence[str]) -> Step:
    """The step, with a product for each table of schema `raw`.

    Args:
        guarded: The tables that have a suite.
    """
    rows = tuple(
        Product(
            f"raw.{table}",
            "Typade rader med leverans och radnummer; pseudonymer i stället för identitetsnummer.",
            reads=tuple(landed(name) for name in names),
            files=_CODES,
            group="raw",
            kinds=frozenset({"duckdb"}),
        )
        for table, names in raw_tables().items()
    )
    units = tuple(
        Product(
            f"raw.{table}",
            description,
            reads=tuple(landed(name) for name in _sources()[f"raw.{table}"]),
            files=_CODES,
            group="raw",
            kinds=frozenset({"duckdb", "yaml"}),
        )
        for table, description in _WRITTEN_ANEW.items()
    )
    return Step(
        name="raw",
        title_sv="Läser in register och statistik",
        part_sv="rådata",
        writes=(*rows, *units),
        suites=tuple(table for table in guarded if table.startswith("raw.")),
        gate_title_sv="Kontrollerar rådata",
        checks=(
            *(
                Check(DELIVERY_CHECK, product.name, "Ingen leverans hålls tillbaka.", stops=True)
                for product in rows
            ),
            *(
                Check(DRIFT_CHECK, table, "Den senaste leveransen liknar de tidigare.")
                for table in _held_against_earlier()
            ),
        ),
        run=_load,
        can_subset=True,
    )


def _load(work: Work) -> Outcome:
    """Load the deliveries that are not yet loaded."""
    settings = work.settings
    tables = _sources()
    require_own_home(work.connection, settings, LandingStore(settings.landing_dir))
    if (placed := place_home(work.connection, settings, follow)) is not None:
        work.log.info("%s", placed)
    names = frozenset(name for table in work.selected for name in tables[table])
    due = load_deliveries(
        work.connection,
        settings,
        LandingStore(settings.landing_dir),
        load_key(settings.pseudonym_key, settings.key_file, create=makes_its_key(settings)),
        # Asked for all, it takes what no register is named for too: that is then held, and told.
        names=names if work.selected < tables.keys() else None,
    )
    work.log.info("Inlästa leveranser: %d", len(due))
    removed = _remove_superseded(work, names)
    work.log.info("Ersatta rader som har gallrats ur rådata: %d", sum(removed.values()))
    for message in set_aside(work.connection):
        work.log.warning(message)
    # What several sources share is written with each of them.
    made = {table for table, of in tables.items() if not of or names.intersection(of)}
    return Outcome(
        figures={
            table: _figures(work.connection, table, tables, due)
            | ({"gallrade_rader": removed[table]} if table in removed else {})
            for table in made
        },
        verdicts=[
            verdict
            for table in sorted(work.selected & _judged().keys())
            for verdict in _verdicts(work.connection, table, tables[table], settings.municipality)
        ],
        made=frozenset(made),
        inputs={
            table: frozenset(landed(name) for name in names.intersection(tables[table]))
            for table in made
        },
        notices=_notices(work),
    )


def _remove_superseded(work: Work, names: frozenset[str]) -> dict[str, int]:
    """Remove what was replaced long ago, and tell how many rows of each table.

    Here and not later, so that the gate and all that comes after look at what stays.
    """
    settings = work.settings
    days = load_municipality(settings).superseded_days or settings.superseded_days
    before = settings.moment() - timedelta(days=days)
    return {
        f"raw.{contract.table}": remove_superseded(work.connection, contract, before=before)
        for name, contract in load_contracts().items()
        if name in names
    }


def _notices(work: Work) -> list[Cause]:
    """What the data team is told of the published answers that are held, of each once.

    The run goes on with the last good ones, so nothing else would send for anybody. Whoever builds
    a past moment is told on the screen.
    """
    answers = held_answers(work.connection)
    for answer in answers:
        for message in answer.messages:
            work.log.warning("%s", message)
    if work.settings.as_of is not None:
        return []
    new = not_yet_told(work.connection, [(each.name, each.delivery_id) for each in answers])
    return [
        cause
        for each in answers
        if (each.name, each.delivery_id) in new
        for cause in causes_of(work.settings, each.breaches)
    ]


def _judged() -> dict[str, list[str]]:
    """The tables of rows as they were delivered, each with the registers or datasets it holds."""
    return {f"raw.{table}": names for table, names in raw_tables().items()}


def _held_against_earlier() -> list[str]:
    """The tables whose deliveries are held against earlier ones: registers', then publishers'."""
    return [
        *(f"raw.{contract.table}" for contract in load_contracts().values()),
        *dict.fromkeys(f"raw.{each.raw_table}" for each in load_registry()),
    ]


def _sources() -> dict[str, list[str]]:
    """All tables of schema `raw`, each with the registers or datasets that it is made from."""
    of_deliveries = (REGISTER_DELIVERIES_TABLE, NOT_DELIVERED_TABLE, INDICATOR_NOTES_TABLE)
    return {
        **_judged(),
        **{
            f"raw.{table}": list(load_contracts()) if table in of_deliveries else []
            for table in _WRITTEN_ANEW
        },
    }


def _figures(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    tables: dict[str, list[str]],
    due: Sequence[Receipt],
) -> dict[str, int]:
    [(row_count,)] = connection.execute(f"select count(*) from {table}").fetchall()
    if table not in _judged():
        return {"dagster/row_count": row_count}
    return {
        "dagster/row_count": row_count,
        "nya_leveranser": sum(receipt.name in tables[table] for receipt in due),
    }


def _verdicts(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    names: Sequence[str],
    municipality_id: str,
) -> list[Verdict]:
    messages = [message for name in names for message in unresolved(connection, name)]
    waiting = sum(count for name, _, _, count in waiting_deliveries(connection) if name in names)
    verdicts = [
        Verdict(
            DELIVERY_CHECK,
            table,
            tuple(messages),
            {"hallna_leveranser": len(messages), "rader_som_vantar": waiting},
        )
    ]
    if table in _held_against_earlier():
        drift = (
            latest_drift(connection, names[0], municipality_id)
            if names[0] in load_contracts()
            else [
                message
                for answer in held_answers(connection)
                if answer.name in names
                for message in answer.messages
            ]
        )
        verdicts.append(Verdict(DRIFT_CHECK, table, tuple(drift), {"iakttagelser": len(drift)}))
    return verdicts
