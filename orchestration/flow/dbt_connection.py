"""dbt's connection has the settings of every other one: memory, spill, time zone, no extensions.

dbt-duckdb opens the file itself and asks the plugins that its profile names how; `Plugin` is the
name that it looks for. The settings belong in `orchestration.database`. What files dbt's SQL
reaches is not bounded here, since it loads the seeds from the project's folder by itself.
"""

from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration.database import TIME_ZONE, settings_of
from orchestration.storage.warehouse import spill_of


class Plugin(BasePlugin):
    """What dbt-duckdb asks before and after it opens the warehouse."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Add the settings that the file is opened with.

        Args:
            creds: What the profile says of the file.
            config: The settings, filled here.
        """
        config.update(settings_of(spill=spill_of(Path(creds.path).absolute())))

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Set what can be set only once it is open.

        Args:
            conn: The connection that all of dbt's are cursors of.
        """
        conn.execute(TIME_ZONE)
