"""dbt for Sail: as its command line, but that a bad cast is an error.

dbt-spark turns ANSI off for each session it opens, whatever the profile says, and Sail has no
statement that a pre-hook could turn it on by. Spark has one, and dbt's own command line.
"""

import sys
from importlib import import_module
from typing import Any

_ANSI = "spark.sql.ansi.enabled"


def main() -> None:
    """Run dbt with the command line's arguments."""
    # Installed by `make sail` only, so neither pytest nor mypy can count on it.
    credentials = import_module("dbt.adapters.spark.connections").SparkCredentials
    as_it_comes = credentials.__post_init__

    def strict(given: Any) -> None:
        as_it_comes(given)
        given.server_side_parameters[_ANSI] = "true"

    credentials.__post_init__ = strict
    import_module("dbt.cli.main").cli(sys.argv[1:])


if __name__ == "__main__":
    main()
