"""Warehouses for the dbt tests: a city small enough to count by hand, and an empty one.

The raw tables come from the contracts and the parsers, so a column that dbt reads and the loader
does not write fails here.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from orchestration.intake.not_delivered import write_indicator_notes, write_not_delivered
from orchestration.registers.contract import load_contracts
from orchestration.registers.municipality import load_municipality, write_units
from orchestration.registers.staged_rows import create_raw_table
from orchestration.settings import Settings
from orchestration.sources.raw_tables import (
    StatisticsDelivery,
    create_tables,
    load_dataset,
    record_deliveries,
)
from orchestration.sources.registry import datasets_of, recorded_files
from orchestration.storage.deliveries import create_tables as create_log
from orchestration.storage.deliveries import record, write_register_deliveries
from orchestration.storage.landing import Receipt

PROJECT_DIR = Path(__file__).parents[2] / "dbt_project"

Row = Mapping[str, Any]


def family_law(number: str, kind: str, start: str, end: str, result: str) -> dict[str, Any]:
    return {
        "arende_id": number, "barn_id": "c1", "stadsdelsnamnd": "Farsta", "typ": kind,
        "start_datum": start, "slut_datum": end, "utfall": result,
    }  # fmt: skip


def placement(
    number: str,
    child: str,
    sex: str,
    *,
    law: str,
    form: str,
    start: str,
    end: str | None = None,
    ended_by: str | None = None,
) -> dict[str, Any]:
    return {
        "placering_id": number, "person_id": child, "kon": sex, "stadsdelsnamnd": "Farsta",
        "lagrum": law, "placeringsform": form, "start_datum": start, "slut_datum": end,
        "avslut_orsak": ended_by, "aldersgrupp": "13-17",
    }  # fmt: skip


def open_care(number: str, child: str, insats: str, start: str, end: str) -> dict[str, Any]:
    return {
        "insats_id": number, "person_id": child, "kon": "K", "stadsdelsnamnd": "Farsta",
        "insats": insats, "start_datum": start, "slut_datum": end, "aldersgrupp": "7-12",
    }  # fmt: skip


def lss(  # noqa: PLR0917
    number: str,
    person: str,
    sex: str,
    insats: str,
    decided: str,
    started: str | None = None,
    ended: str | None = None,
) -> dict[str, Any]:
    return {
        "insats_id": number, "person_id": person, "kon": sex, "stadsdelsnamnd": "Farsta",
        "personkrets": "1", "insats": insats, "beslut_datum": decided, "start_datum": started,
        "slut_datum": ended, "aldersgrupp": "23-64",
    }  # fmt: skip


def open_contacts(month: str, sex: str, contacts: int) -> dict[str, Any]:
    return {
        "manad": month, "stadsdelsnamnd": "Farsta", "insats_kod": "oppet_samtal_rvc",
        "malgrupp": "vuxna", "kon": sex, "aldersgrupp": "18-64", "kontakter": contacts,
        "nya_personer": 1, "tillfallen": contacts, "dokumenteras_per_person": False,
    }  # fmt: skip


# Every register has the year 2022, and the residents of 2021 have been counted; decisions on
# ekonomiskt bistånd also have two months of 2023, one before and one after the reform, and the
# first of 2024.
# Each entry is one delivery: register, period, rows.
TINY_CITY: Sequence[tuple[str, str, Sequence[Row]]] = (
    (
        "befolkning_stadsdel",
        "2021",
        [
            {"ar": 2021, "stadsdelsnamnd": "Norrmalm", "kon": "M", "alder": 40, "antal": 320},
            {"ar": 2021, "stadsdelsnamnd": "Farsta", "kon": "M", "alder": 5, "antal": 240},
        ],
    ),
    (
        "befolkning_stadsdel",
        "2022",
        [
            {"ar": 2022, "stadsdelsnamnd": "Norrmalm", "kon": "K", "alder": 10, "antal": 100},
            {"ar": 2022, "stadsdelsnamnd": "Norrmalm", "kon": "M", "alder": 40, "antal": 260},
            {"ar": 2022, "stadsdelsnamnd": "Norrmalm", "kon": "M", "alder": 65, "antal": 40},
            {"ar": 2022, "stadsdelsnamnd": "Östermalm", "kon": "K", "alder": 17, "antal": 50},
            {"ar": 2022, "stadsdelsnamnd": "Östermalm", "kon": "M", "alder": 18, "antal": 50},
            {"ar": 2022, "stadsdelsnamnd": "Farsta", "kon": "M", "alder": 5, "antal": 200},
        ],
    ),
    (
        "hushall_stadsdel",
        "2022",
        [
            {"ar": 2022, "stadsdelsnamnd": "Norrmalm", "hushallstyp": "3", "antal_hushall": 100},
            {"ar": 2022, "stadsdelsnamnd": "Östermalm", "hushallstyp": "3", "antal_hushall": 60},
            {"ar": 2022, "stadsdelsnamnd": "Farsta", "hushallstyp": "3", "antal_hushall": 90},
        ],
    ),
    (
        "socioekonomi_stadsdel",
        "2022",
        [
            {
                "ar": 2022,
                "stadsdel": "Vasastan",
                "stadsdelsnamnd": "Norrmalm",
                "index": 120.5,
                "omradeskategori": 4,
                "barn_0_17": 100,
            }
        ],
    ),
    # h2 had assistance in the two years before, in 2021 within twelve months of March 2022.
    *(
        (
            "ekonomiskt_bistand_beslut",
            str(year),
            [
                {
                    "beslut_id": f"b-{year}",
                    "hushall_id": "h2",
                    "sokande_id": "p3",
                    "stadsdelsnamnd": "Socialförvaltningen",
                    "avser_manad": f"{year}-06-01",
                    "utfall": "bifall",
                    "hushallstyp": "3",
                    "antal_barn": 0,
                    "beviljat_belopp": 3000,
                }
            ],
        )
        for year in (2020, 2021)
    ),
    (
        "ekonomiskt_bistand_beslut",
        "2022",
        [
            # h1 moves from Norrmalm to Östermalm; its second decision is granted in part.
            {
                "beslut_id": "b1",
                "hushall_id": "h1",
                "sokande_id": "p1",
                "kon_sokande": "K",
                "aldersgrupp_sokande": "25-44",
                "medsokande_id": "p2",
                "kon_medsokande": "M",
                "aldersgrupp_medsokande": "25-44",
                "stadsdelsnamnd": "Norrmalm",
                "avser_manad": "2022-01-01",
                "utfall": "bifall",
                "hushallstyp": "8",
                "forsorjningshinder": "arbetslos_ingen",
                "antal_barn": 1,
                "beviljat_belopp": 5000,
            },
            {
                "beslut_id": "b2",
                "hushall_id": "h1",
                "sokande_id": "p1",
                "kon_sokande": "K",
                "aldersgrupp_sokande": "25-44",
                "stadsdelsnamnd": "Östermalm",
                "avser_manad": "2022-02-01",
                "utfall": "delavslag",
                "hushallstyp": "8",
                "forsorjningshinder": "utan_forsorjningshinder",
                "antal_barn": 2,
                "beviljat_belopp": 4000,
            },
            # h2 belongs to a central unit: to the city and to no board.
            {
                "beslut_id": "b3",
                "hushall_id": "h2",
                "sokande_id": "p3",
                "kon_sokande": "M",
                "aldersgrupp_sokande": "45-64",
                "stadsdelsnamnd": "Socialförvaltningen",
                "avser_manad": "2022-03-01",
                "utfall": "bifall",
                "hushallstyp": "3",
                "forsorjningshinder": "sjuk_ingen",
                "antal_barn": 0,
                "beviljat_belopp": 3000,
                "avslut_datum": "2022-03-31",
                "avslutsorsak": "arbete",
            },
            {
                "beslut_id": "b4",
                "hushall_id": "h3",
                "sokande_id": "p4",
                "kon_sokande": "K",
                "aldersgrupp_sokande": "65+",
                "stadsdelsnamnd": "Farsta",
                "avser_manad": "2022-03-01",
                "utfall": "avslag",
                "antal_barn": 3,
                "beviljat_belopp": 0,
            },
            {
                "beslut_id": "b5",
                "hushall_id": "h4",
                "sokande_id": "p5",
                "kon_sokande": "M",
                "aldersgrupp_sokande": "18-24",
                "stadsdelsnamnd": "Farsta",
                "avser_manad": "2022-12-01",
                "utfall": "avslag",
                "antal_barn": 0,
                "beviljat_belopp": 0,
            },
        ],
    ),
    # A correction: b5 was granted after all. It replaces by key.
    (
        "ekonomiskt_bistand_beslut",
        "2022",
        [
            {
                "beslut_id": "b5",
                "hushall_id": "h4",
                "sokande_id": "p5",
                "kon_sokande": "M",
                "aldersgrupp_sokande": "18-24",
                "stadsdelsnamnd": "Farsta",
                "avser_manad": "2022-12-01",
                "utfall": "bifall",
                "antal_barn": 0,
                "beviljat_belopp": 2000,
            }
        ],
    ),
    *(
        (
            "ekonomiskt_bistand_beslut",
            month,
            [
                {
                    "beslut_id": f"b-{month}",
                    "hushall_id": "h1",
                    "sokande_id": "p1",
                    "kon_sokande": "K",
                    "aldersgrupp_sokande": "25-44",
                    "stadsdelsnamnd": board,
                    "avser_manad": f"{month}-01",
                    "utfall": "bifall",
                    "antal_barn": 2,
                    "beviljat_belopp": 4000,
                }
            ],
        )
        for month, board in (
            ("2023-06", "Norrmalm"),
            ("2023-12", "Norra innerstaden"),
            ("2024-01", "Norra innerstaden"),
        )
    ),
    (
        "skyddat_boende_placeringar",
        "2022",
        [
            {
                "placering_id": f"s{number}",
                "person_id": person,
                "kon": "K",
                "stadsdelsnamnd": board,
                "beslut_datum": "2022-05-01",
                "start_datum": "2022-05-02",
                "boendeform": form,
                "orsak": "vald_nara_relation",
                "medfoljande_barn": children,
            }
            for number, person, board, form, children in (
                (1, "v1", "Norrmalm", "skyddat_boende", 2),
                (2, "v1", "Östermalm", "skyddat_boende", 2),
                (3, "v2", "Farsta", "jourlagenhet", 1),
            )
        ],
    ),
    (
        "rvc_samtalsstod",
        "2022",
        [
            {
                "insats_id": "r1",
                "person_id": "v1",
                "kon": "K",
                "stadsdelsnamnd": "Norrmalm",
                "rvc": 1,
                "roll": "valdsutsatt",
                "form": "grupp",
                "bistandsbeslut": True,
                "start_datum": "2022-02-01",
                "antal_tillfallen": 8,
            }
        ],
    ),
    (
        "vald_arenden",
        "2022",
        [
            {
                "arende_id": "a1",
                "person_id": "v1",
                "kon": "K",
                "stadsdelsnamnd": "Norrmalm",
                "roll": "valdsutsatt",
                "aktualiserad_datum": "2022-02-01",
            }
        ],
    ),
    (
        "boendestod_beslut",
        "2022",
        [
            {
                "beslut_id": f"d{number}",
                "person_id": f"d{number}",
                "kon": sex,
                "stadsdelsnamnd": "Farsta",
                "malgrupp": group,
                "timmar": hours,
                "timmar_per": per,
                "start_datum": "2022-01-01",
            }
            for number, sex, group, hours, per in (
                (1, "K", "socialpsykiatri", 6, "manad"),
                (2, "M", "socialpsykiatri", 9, "manad"),
                (3, "K", "funktionsnedsattning", 3, "vecka"),
            )
        ],
    ),
    (
        "socialpsykiatri_insatser",
        "2022",
        [
            {
                "insats_id": f"i{number}",
                "person_id": f"d{number}",
                "kon": "M",
                "stadsdelsnamnd": "Farsta",
                "insats": insats,
                "start_datum": "2022-01-01",
            }
            for number, insats in ((1, "boendestod"), (2, "sysselsattning"))
        ],
    ),
    (
        "barn_unga_arenden",
        "2022",
        [
            {
                "arende_id": f"c{number}",
                "person_id": f"c{number}",
                "kon": sex,
                "aldersgrupp": age_group,
                "stadsdelsnamnd": "Norrmalm",
                "aktualiserad_datum": "2022-02-01",
                "kontaktorsaker": "omsorgsbrist|skolproblem",
                "aktualisering": kind,
                "forhandsbedomning_beslut": f"2022-{decided}",
                "utredning_inledd": True,
                "utredning_start": f"2022-{decided}",
                "utredning_slut": f"2022-{ended}",
                "insats_beviljad": granted,
                "vidtalade": contacted,
                "tidigare_arenden": 0,
                "familjeratt": False,
                "aktivt": False,
            }
            for number, sex, age_group, granted, contacted, kind, decided, ended in (
                (1, "M", "1-5", False, "vardnadshavare|forskola", "anmalan", "02-15", "06-15"),
                (2, "K", "13-15", True, "barnet|skola", "anmalan", "02-16", "06-17"),
                (3, "K", "16-17", True, "barnet", "ansokan", "02-01", "02-11"),
            )
        ],
    ),
    # The first child's case of the year before, which was closed within a year of the report.
    (
        "barn_unga_arenden",
        "2021",
        [
            {
                "arende_id": "c0",
                "person_id": "c1",
                "kon": "M",
                "aldersgrupp": "1-5",
                "stadsdelsnamnd": "Norrmalm",
                "aktualiserad_datum": "2021-03-01",
                "kontaktorsaker": "omsorgsbrist",
                "forhandsbedomning_beslut": "2021-03-10",
                "utredning_inledd": False,
                "tidigare_arenden": 0,
                "familjeratt": False,
                "aktivt": False,
            }
        ],
    ),
    (
        "budget_skuldradgivning",
        "2022",
        [
            {
                "arende_id": "g1",
                "person_id": "g1",
                "stadsdelsnamnd": "Farsta",
                "forsta_besok": "2022-04-01",
            },
            # The year before: one applied after three months, one has not.
            *(
                {
                    "arende_id": number,
                    "person_id": number,
                    "stadsdelsnamnd": "Farsta",
                    "forsta_besok": "2021-11-01",
                    "skuldsanering_ansokt": date is not None,
                    "skuldsanering_datum": date,
                }
                for number, date in (("g2", "2022-02-01"), ("g3", None))
            ),
        ],
    ),
    (
        "avhysningar_barn",
        "2022",
        [
            {
                "avhysning_id": f"e{number}",
                "datum": "2022-04-01",
                "stadsdelsnamnd": "Farsta",
                "antal_barn": 2,
                "verkstalld": executed,
                "orsak": "hyresskuld",
            }
            for number, executed in ((1, True), (2, False))
        ],
    ),
    (
        "familjeratt_arenden",
        "2022",
        [
            {
                "arende_id": "f1",
                "barn_id": "c1",
                "stadsdelsnamnd": "Farsta",
                "typ": "avtal",
                "start_datum": "2022-04-01",
            },
            family_law("f2", "samarbetssamtal", "2022-05-01", "2022-06-01", "overenskommelse"),
            family_law("f3", "utredning_vardnad", "2022-06-01", "2022-12-01", "dom"),
            family_law("f4", "faderskap", "2022-07-01", "2022-08-01", "faststallt"),
            # Ends in another year, so that it is no case of this year's share.
            family_law("f5", "umgangesstod", "2022-07-01", "2023-01-10", "overenskommelse"),
        ],
    ),
    # One child who moves after a breakdown, with 30 days of June and 10 of December; one by LVU all
    # year; one who came home the year before, and one whose placement ended for no known reason.
    (
        "barn_unga_placeringar",
        "2022",
        [
            placement(
                "q1",
                "c1",
                "M",
                law="sol",
                form="familjehem",
                start="2022-06-01",
                end="2022-06-30",
                ended_by="sammanbrott",
            ),
            placement("q2", "c1", "M", law="sol", form="hvb", start="2022-12-22"),
            placement("q3", "c2", "K", law="lvu", form="sis", start="2021-05-01"),
            placement(
                "q4",
                "c3",
                "K",
                law="sol",
                form="hvb",
                start="2021-01-01",
                end="2021-12-31",
                ended_by="hemflyttning",
            ),
            placement(
                "q5", "c4", "K", law="sol", form="jourhem", start="2022-01-01", end="2022-01-05"
            ),
            placement(
                "q6",
                "c5",
                "K",
                law="sol",
                form="hvb",
                start="2021-12-31",
                end="2022-01-01",
                ended_by="hemflyttning",
            ),
        ],
    ),
    # Two insatser of one child, and one that ended the year before.
    (
        "barn_unga_oppenvard",
        "2022",
        [
            open_care("o1", "c1", "kontaktperson", "2021-02-01", "2022-01-01"),
            open_care("o2", "c1", "personligt_stod", "2022-01-01", "2022-02-01"),
            open_care("o3", "c2", "personligt_stod", "2022-03-01", "2022-04-01"),
            open_care("o4", "c3", "kontaktfamilj", "2020-01-01", "2021-12-31"),
        ],
    ),
    # Two insatser of one person, one that ended on the day before the count, one that waited for
    # 93 days, and two decisions of autumn that have had less than three months.
    (
        "lss_insatser",
        "2022",
        [
            lss("l1", "p1", "M", "daglig_verksamhet", "2018-05-02", "2018-06-01"),
            lss("l2", "p1", "M", "boende_vuxna", "2022-02-01", "2022-05-04"),
            lss("l3", "p2", "K", "korttidsvistelse", "2020-01-07", "2020-01-20", "2022-09-30"),
            lss("l4", "p3", "K", "personlig_assistans", "2022-03-01", "2022-05-31"),
            lss("l5", "p4", "K", "kontaktperson", "2022-09-30"),
            lss("l6", "p5", "M", "avlosarservice", "2022-10-01", "2022-10-02"),
        ],
    ),
    # Two months of one insats, one of them of nobody knows whom.
    (
        "insatser_utan_behovsprovning",
        "2022",
        [open_contacts("2022-11-01", "K", 7), open_contacts("2022-12-01", "okand", 2)],
    ),
    (
        "missbruk_insatser",
        "2022",
        [
            {
                "insats_id": "m1",
                "person_id": "m1",
                "kon": "M",
                "stadsdelsnamnd": "Farsta",
                "lagrum": "sol",
                "form": "oppenvard",
                "start_datum": "2021-04-01",
            },
            {
                "insats_id": "m2",
                "person_id": "m1",
                "kon": "M",
                "stadsdelsnamnd": "Farsta",
                "lagrum": "lvm",
                "form": "institution",
                "start_datum": "2022-12-22",
            },
        ],
    ),
    (
        "hemloshet_kartlaggning",
        "2022-10",
        [
            {
                "rad_id": "1",
                "kon": "M",
                "aldersgrupp": "18-24",
                "stadsdelsnamnd": "Socialförvaltningen",
                "situation": "akut",
                "orsak": "ekonomi",
                "tid_i_hemloshet": "mer_an_3_ar",
                "barn_antal": 2,
            },
            {
                "rad_id": "2",
                "kon": "K",
                "aldersgrupp": "65-",
                "stadsdelsnamnd": "Farsta",
                "situation": "institution",
                "orsak": "ekonomi",
                "tid_i_hemloshet": "1_3_ar",
                "barn_antal": 0,
            },
        ],
    ),
    # 2023 without a case: in a year's file, in twelve months', in a December's, and in the later of
    # two surveys.
    ("avhysningar_barn", "2023", []),
    *(("familjeratt_arenden", f"2023-{month:02}", []) for month in range(1, 13)),
    ("rvc_samtalsstod", "2023-12", []),
    (
        "hemloshet_kartlaggning",
        "2023-03",
        [
            {
                "rad_id": "1",
                "kon": "K",
                "aldersgrupp": "25-44",
                "stadsdelsnamnd": "Farsta",
                "situation": "akut",
            }
        ],
    ),
    ("hemloshet_kartlaggning", "2023-10", []),
)


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A warehouse file and what dbt said when it was built.

    Attributes:
        path: The DuckDB file.
        results: Status of each node of the build, by the node's name.
    """

    path: Path
    results: dict[str, str] = field(default_factory=dict)

    def query(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a query on the built warehouse."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    def value(
        self,
        indicator: str,
        geography: str = "0180",
        year: int = 2022,
        category: str = "total",
    ) -> tuple[Any, ...] | None:
        """Numerator, denominator, value and status of one yearly value, or None."""
        rows = self.query(
            "select numerator, denominator, value, status from marts.indicator_values"
            " where indicator_id = ? and geography_id = ? and period_grain = 'year'"
            " and period_start = make_date(?, 1, 1) and category = ?",
            indicator,
            geography,
            year,
            category,
        )
        assert len(rows) <= 1
        return rows[0] if rows else None


Dbt = Callable[..., Any]


@pytest.fixture(scope="session")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """Runs dbt in this process on a given warehouse and returns what the command returns.

    The project is parsed once; artefacts go to a directory of their own.
    """
    artefacts = tmp_path_factory.mktemp("dbt_artefacts")
    manifests: list[Any] = []

    def run(warehouse: Path, *arguments: str) -> Any:
        directories = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AVVIK_WAREHOUSE", str(warehouse))
            patch.setenv("DBT_LOG_PATH", str(artefacts / "logs"))
            patch.setenv("DBT_TARGET_PATH", str(artefacts / "target"))
            if not manifests:
                manifests.append(dbtRunner().invoke(["parse", "--quiet", *directories]).result)
            try:
                outcome = dbtRunner(manifest=manifests[0]).invoke(
                    [*arguments, "--quiet", *directories]
                )
            finally:
                # dbt keeps its connection, and a second opening of the file would fail.
                DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if outcome.exception:
            raise outcome.exception
        return outcome.result

    return run


def statuses(results: Any) -> dict[str, str]:
    """Status of each node of a build, by the node's name."""
    return {result.node.name: str(result.status) for result in results}


def create_raw(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every raw table that the models read, and the log of deliveries, without rows."""
    connection.execute("create schema raw; create schema meta")
    create_log(connection)
    for contract in load_contracts().values():
        create_raw_table(connection, contract)
    write_units(connection, load_municipality(Settings()))
    create_tables(connection, datasets_of("demo"))
    write_register_deliveries(connection)
    write_not_delivered(connection, Settings())
    write_indicator_notes(connection, Settings())


def insert_delivery(
    connection: duckdb.DuckDBPyConnection,
    sequence: int,
    register: str,
    period: str,
    rows: Sequence[Row],
    *,
    municipality: str = Settings().municipality,
) -> None:
    """Insert one delivery of a register; columns that a row leaves out are null."""
    columns = load_contracts()[register].raw_columns()
    for number, row in enumerate(rows, start=2):
        provenance = {
            "municipality_id": municipality,
            "delivery_sequence": sequence,
            "delivery_period": period,
            "row_number": number,
        }
        whole = {**row, **provenance}
        assert set(whole) <= set(columns)
        connection.execute(
            f"insert into raw.register__{register}"
            f" ({', '.join(json.dumps(name) for name in whole)})"
            f" values ({', '.join('?' * len(whole))})",
            list(whole.values()),
        )
    receipt = Receipt(
        sequence=sequence,
        delivery_id=f"{register} {period}",
        kind="register",
        name=register,
        file_name=f"{register}_{period}.csv",
        size=1,
        received_at="2026-11-22T00:00:00+00:00",
        synthetic=True,
        municipality_id=municipality,
    )
    record(connection, receipt, period=period, outcome="loaded", rows_loaded=len(rows), rows_held=0)


def write_tiny_city(connection: duckdb.DuckDBPyConnection) -> None:
    """Load the tiny city and the recorded public statistics into an empty warehouse."""
    create_raw(connection)
    sequence = 0
    for register, period, rows in TINY_CITY:
        sequence += 1
        insert_delivery(connection, sequence, register, period, rows)
    write_register_deliveries(connection)
    write_not_delivered(connection, Settings())
    write_indicator_notes(connection, Settings())
    deliveries = []
    for dataset in datasets_of("demo"):
        for file in recorded_files(dataset):
            sequence += 1
            content = file.read_bytes()
            delivery_id = hashlib.sha256(content).hexdigest()
            load_dataset(
                connection,
                dataset,
                content,
                delivery_id=delivery_id,
                delivery_sequence=sequence,
            )
            deliveries.append(
                StatisticsDelivery(
                    sequence, delivery_id, dataset.source_id, datetime(2026, 11, 22, tzinfo=UTC)
                )
            )
    record_deliveries(connection, deliveries)


@pytest.fixture(scope="session")
def tiny_city(tmp_path_factory: pytest.TempPathFactory, dbt: Dbt) -> Warehouse:
    """The tiny city and the recorded public statistics, built with all tests."""
    path = tmp_path_factory.mktemp("tiny_city") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        write_tiny_city(connection)
    return Warehouse(path, statuses(dbt(path, "build")))


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory, dbt: Dbt) -> Warehouse:
    """A warehouse before its first delivery, built without unit tests."""
    path = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        create_raw(connection)
    return Warehouse(path, statuses(dbt(path, "build", "--exclude", "test_type:unit")))
