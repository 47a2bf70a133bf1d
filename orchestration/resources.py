"""Thin typed shells that give assets their settings and their warehouse.

A shell holds configuration and hands out plain objects. Logic belongs in the packages below.
"""

from contextlib import AbstractContextManager
from typing import Any

import dagster as dg
import duckdb
from pydantic import Field

from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse

# DuckDB has one writer: whatever opens the warehouse takes its turn in this pool.
WRITER_POOL = "duckdb_writer"
OWNERS = ["team:datateam"]


class Avvik(dg.ConfigurableResource):  # type: ignore[type-arg]
    """One installation: its settings and where its data rests.

    Attributes:
        overrides: Settings that win over the environment; what tests and the command line set.
    """

    overrides: dict[str, Any] = Field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The settings, read anew so that each run sees the environment it runs in."""
        return Settings(**self.overrides)

    def warehouse(
        self, *, read_only: bool = False
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open the working warehouse for the length of a `with` block."""
        return open_warehouse(self.settings.warehouse_path, read_only=read_only)

    def landing(self) -> LandingStore:
        """The store of landed deliveries."""
        return LandingStore(self.settings.landing_dir)
