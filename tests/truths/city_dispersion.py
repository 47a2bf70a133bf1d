"""Whether the city differs over seeds as chance makes it: `python -m tests.truths.city_dispersion`.

Cities of a quarter's size; for each of ten named shares the standard deviation over the cities is
divided by the binomial one, in all of them and in each thirty. Thirty give it with a standard error
of .13, so that of ten shares one in thirty lies outside the limits by chance alone; two hundred
give it with .05. A share of cases by sex is not among them: a child who comes back makes several
cases of one sex. Prints the table and writes it to `docs/figures/truths_city_dispersion.csv`. Not a
test: it takes minutes. `tests/unit/demo` does a little of the same with wide limits.
"""

import csv
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import numpy as np

from orchestration.demo.city import write_city

FIGURES = Path(__file__).parents[2] / "docs" / "figures" / "truths_city_dispersion.csv"
SEEDS, SCALE = 210, 0.25
GROUP = 30
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


def city(seed: int) -> dict[str, tuple[int, int]]:
    """The shares of a city."""
    with tempfile.TemporaryDirectory() as directory:
        write_city(Path(directory), seed=seed, scale=SCALE)
        return shares_of(Path(directory))


def table(cities: Sequence[dict[str, tuple[int, int]]]) -> list[dict[str, object]]:
    """A row a share: of all cities, and the least and the greatest of thirty at a time."""
    groups = [cities[at : at + GROUP] for at in range(0, len(cities), GROUP)]
    of_groups = [dispersion(each) for each in groups]
    return [
        {
            "share": name,
            "cities": len(cities),
            "events": sum(each[name][0] for each in cities),
            "of": sum(each[name][1] for each in cities),
            "dispersion": round(value, 2),
            "least_of_thirty": round(min(each[name] for each in of_groups), 2),
            "greatest_of_thirty": round(max(each[name] for each in of_groups), 2),
        }
        for name, value in dispersion(cities).items()
    ]


def main() -> None:
    """Print and write the table; end with 1 if a share of all the cities lies outside."""
    with ProcessPoolExecutor() as pool:
        rows = table(list(pool.map(city, range(SEEDS))))
    with FIGURES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        name, *numbers = row.values()
        sys.stdout.write(f"{name!s:40}" + "".join(f"{each!s:>10}" for each in numbers) + "\n")
    values = [float(str(row["dispersion"])) for row in rows]
    sys.exit(int(not all(LOWEST <= value <= HIGHEST for value in values)))


if __name__ == "__main__":
    main()
