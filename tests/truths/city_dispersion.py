"""Whether the city differs over seeds as chance makes it: `python -m tests.truths.city_dispersion`.

Thirty cities of a quarter's size; for each of ten named shares the standard deviation over the
cities is divided by the binomial one. Thirty give it with a standard error of .13. A share of cases
by sex is not among them: a child who comes back makes several cases of one sex. Not a test: it
takes minutes. `tests/unit/demo` does a little of the same with wide limits.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np

from orchestration.demo.city import write_city

SEEDS, SCALE = 30, 0.25
LOWEST, HIGHEST = 0.8, 1.25
#: Each share as the file of one register and year, what is counted, and of what.
SHARES = {
    "lodgers among applicants of a month": (
        "ekonomiskt_bistand_beslut_2021-05",
        "boendeform = 'inneboende'",
        "utfall <> 'avslag'",
    ),
    "sick among applicants of a month": (
        "ekonomiskt_bistand_beslut_2021-05",
        "starts_with(forsorjningshinder, 'sjuk')",
        "utfall <> 'avslag'",
    ),
    "cases from the police": ("barn_unga_arenden_2021", "anmalare = 'polis'", "true"),
    "cases with an investigation": (
        "barn_unga_arenden_2021",
        "utredning_inledd = 'J'",
        "aktivt = 'N' and familjeratt = 'N'",
    ),
    "health care contacted": (
        "barn_unga_arenden_2021",
        "list_contains(string_split(coalesce(vidtalade, ''), '|'), 'halso_sjukvard')",
        "utredning_inledd = 'J'",
    ),
    "victims with children at home": (
        "vald_arenden_2021",
        "hemmaboende_barn = 'J'",
        "roll = 'valdsutsatt'",
    ),
    "cases of high threat": ("vald_arenden_2021", "hotbedomning = 'hog'", "roll = 'valdsutsatt'"),
    # Each person once: those who come back for a second series are of the same board.
    "counselling in Södermalm": (
        "rvc_samtalsstod_2021",
        "stadsdelsnamnd = 'Södermalm'",
        "insats_id in (select min(insats_id) from delivered group by personnummer)",
    ),
    "weekly hours": ("boendestod_beslut_2021", "timmar_per = 'vecka'", "true"),
    "custody cases": ("familjeratt_arenden_2021", "typ = 'utredning_vardnad'", "true"),
}


def shares_of(inbox: Path) -> dict[str, tuple[int, int]]:
    """How many of how many, of each share in an inbox."""
    found = {}
    with duckdb.connect() as connection:
        for name, (file, what, of) in SHARES.items():
            path = inbox / file.rsplit("_", 1)[0] / f"{file}.csv"
            text = path.read_bytes()
            try:
                plain = text.decode("utf-8-sig")
            except UnicodeDecodeError:
                plain = text.decode("cp1252")
            copy = inbox / "one.csv"
            copy.write_text(plain, encoding="utf-8")
            row = connection.execute(
                f"with delivered as (from read_csv('{copy}', delim = ';', header = true,"
                f" all_varchar = true))"
                f" select count(*) filter ({what}), count(*) from delivered where {of}"
            ).fetchone()
            assert row is not None
            found[name] = (int(row[0]), int(row[1]))
            copy.unlink()
    return found


def dispersion(cities: Sequence[dict[str, tuple[int, int]]]) -> dict[str, float]:
    """Standard deviation over the cities divided by the binomial one, of each share."""
    found = {}
    for name in cities[0]:
        events, sizes = np.array([city[name] for city in cities], dtype=np.float64).T
        assert sizes.min() > 50, name
        share = events.sum() / sizes.sum()
        assert 0.02 < share < 0.98, name
        residual = (events - sizes * share) / np.sqrt(sizes * share * (1 - share))
        found[name] = float(np.sqrt(np.square(residual).sum() / (len(cities) - 1)))
    return found


def cities(seeds: int, scale: float, mode: str = "calibrated") -> list[dict[str, tuple[int, int]]]:
    """The shares of so many cities."""
    found = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as directory:
            write_city(Path(directory), seed=seed, scale=scale, mode=mode)  # type: ignore[arg-type]
            found.append(shares_of(Path(directory)))
    return found


def main() -> None:
    """Print the table; end with 1 if a share lies outside."""
    found = dispersion(cities(SEEDS, SCALE))
    for name, value in found.items():
        sys.stdout.write(f"{name:40} {value:5.2f}\n")
    sys.exit(int(not all(LOWEST <= value <= HIGHEST for value in found.values())))


if __name__ == "__main__":
    main()
