"""The warehouse that the engines are compared on: a small city, and what was delivered after it.

The flow itself loads the city. What comes after is written into raw, since the demonstration
delivers no month twice and no publisher changes its mind: corrections of a register, and one
publisher's figures anew, some changed and some withdrawn.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from orchestration.demo.city import write_city

_SCALE = 0.05
_CORRECTED = "register__ekonomiskt_bistand_beslut"
_CHANGED = "kolada__observations"


def write_small_city(warehouse: Path) -> None:
    """Write a warehouse with a small city's raw tables and all that the flow makes of them.

    Args:
        warehouse: The DuckDB file to write.
    """
    with tempfile.TemporaryDirectory(prefix="avvik-city-") as name:
        home = Path(name)
        write_city(home / "inbox", scale=_SCALE)
        subprocess.run(
            [sys.executable, "-m", "orchestration", "run", "--home", name],
            env={**os.environ, "AVVIK_SETTLE_SECONDS": "0"},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        shutil.copyfile(home / "warehouse.duckdb", warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        _deliver_again(connection)


def _deliver_again(connection: duckdb.DuckDBPyConnection) -> None:
    """A corrected month, and a publisher's datasets with other figures under a later delivery."""
    connection.execute(
        f"insert into raw.{_CORRECTED} select * replace"
        f" ((select max(delivery_sequence) + 1 from raw.{_CORRECTED}) as delivery_sequence,"
        " beviljat_belopp + 100 as beviljat_belopp, 'bifall' as utfall)"
        f" from raw.{_CORRECTED} where delivery_period ="
        f" (select max(delivery_period) from raw.{_CORRECTED})"
    )
    connection.execute(
        "insert into raw.statistics__deliveries select * replace"
        " (delivery_id || '-igen' as delivery_id, delivery_sequence + 100000 as delivery_sequence,"
        " received_at + interval 30 days as received_at) from raw.statistics__deliveries"
        f" where dataset_id in (select dataset_id from raw.{_CHANGED})"
    )
    connection.execute(
        f"insert into raw.{_CHANGED} select * replace"
        " (delivery_id || '-igen' as delivery_id, delivery_sequence + 100000 as delivery_sequence,"
        " case when row_number % 7 = 0 then null when row_number % 3 = 0 then value * 1.1"
        " else value end as value,"
        " case when row_number % 7 = 0 then 'missing' else status end as status)"
        f" from raw.{_CHANGED}"
    )
