"""How many intervals hold the truth in whole cities: `python -m tests.truths.city_coverage`.

Each city is drawn, run through everything, and its published estimates are held against its
`truth.json`. A file of truths may be given, as to `avvik demo`. Not a test: a city takes half a
minute.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

SCALE = 0.25
LEAST = 0.90
_ESTIMATES = """
select analysis_id, estimand_id, category, ci_lower, ci_upper
from marts.analysis_results
where year(period_start) = $year and geography_id = '0180' and ci_lower is not null
"""


def covered(home: Path) -> dict[tuple[str, str, str], bool]:
    """Whether the interval holds the truth, of each estimand that has both."""
    truth = json.loads((home / "truth.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(home / "restricted" / "marts.duckdb"), read_only=True) as connection:
        rows = connection.execute(_ESTIMATES, {"year": truth["year"]}).fetchall()
    limits = {
        (analysis, estimand, category): (low, high)
        for analysis, estimand, category, low, high in rows
    }
    return {
        key: limits[key][0] <= each["value"] <= limits[key][1]
        for each in truth["estimands"]
        if (key := (each["analysis_id"], each["estimand_id"], each["category"])) in limits
    }


def city(seed: int, truths: Path | None) -> dict[tuple[str, str, str], bool]:
    """The same of a city that is drawn and run for it."""
    with tempfile.TemporaryDirectory(prefix="avvik-truth-") as home:
        avvik = [sys.executable, "-m", "orchestration"]
        drawn = ["demo", "--mode", "drawn", "--seed", str(seed), "--scale", str(SCALE)]
        drawn += [] if truths is None else ["--truths", str(truths)]
        for typed in (drawn, ["run"]):
            subprocess.run(
                [*avvik, *typed, "--home", home],
                env={**os.environ, "AVVIK_SETTLE_SECONDS": "0"},
                check=True,
                stdout=subprocess.DEVNULL,
            )
        return covered(Path(home))


def main() -> None:
    """Print what did not cover and the share that did; end with 1 below the least."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32, 33])
    parser.add_argument("--truths", type=Path)
    asked = parser.parse_args()
    found = []
    for seed in asked.seeds:
        for key, holds in city(seed, asked.truths).items():
            found.append(holds)
            if not holds:
                sys.stdout.write(f"{seed} {' '.join(key)}\n")
    sys.stdout.write(f"{sum(found)} of {len(found)} intervals hold their truth\n")
    sys.exit(int(sum(found) < LEAST * len(found)))


if __name__ == "__main__":
    main()
