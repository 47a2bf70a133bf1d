"""Thin typed shells that give assets their settings and their warehouse.

A shell holds configuration and hands out plain objects. Logic belongs in the packages below.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import dagster as dg
import duckdb

from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse

# DuckDB has one writer: whatever opens the warehouse takes its turn in this pool.
WRITER_POOL = "duckdb_writer"
# No step hands a value to another through Dagster: what they make lies in the warehouse.
NO_VALUES = dg.IOManagerDefinition(
    lambda _: dg.InMemoryIOManager(),  # type: ignore[no-untyped-call]
    config_schema={},
)
OWNERS = ["team:datateam"]
# A run with this tag makes everything anew, also what it could have left standing.
FULL_REFRESH = "avvik/full_refresh"


class Avvik:
    """One installation: its settings and where its data rests.

    A plain object and none of Dagster's configurable resources: whoever starts a run configures
    those, and what they write is kept in clear text in Dagster's database.

    Args:
        overrides: Settings that win over the environment; what tests and the command line set.
        is_prepared: Whether whoever starts the runs has seen to it that all is as it was written,
            and taken in what has come of the home's other municipalities.
    """

    def __init__(
        self, overrides: Mapping[str, Any] | None = None, *, is_prepared: bool = False
    ) -> None:
        self._overrides = dict(overrides or {})
        self.is_prepared = is_prepared

    def resource(self) -> dg.ResourceDefinition:
        """What Dagster hands to assets: this very object, with nothing that a run may set."""
        return dg.ResourceDefinition(lambda _: self, config_schema={})

    @property
    def settings(self) -> Settings:
        """The settings, read anew so that each run sees the environment it runs in."""
        return Settings(**self._overrides)

    def warehouse(
        self, *, read_only: bool = False
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open the working warehouse for the length of a `with` block."""
        return open_warehouse(self.settings.warehouse_path, read_only=read_only)

    def landing(self) -> LandingStore:
        """The store of landed deliveries."""
        return LandingStore(self.settings.landing_dir)
