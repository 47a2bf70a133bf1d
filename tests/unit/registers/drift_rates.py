"""How often calm deliveries are held or told of, and how often planted faults are: simulated.

Profiles are drawn as `profiles` would measure them, many registers' worth side by side as columns
of one made-up contract, and judged by the real judgement in one go, as a first night is.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.registers import drift, profiles
from orchestration.registers.contract import Contract, build_contract
from orchestration.registers.layout import Delivery
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import LoadResult, Staged
from orchestration.storage.deliveries import create_tables
from tests.empty_database import empty_database

RECEIVED = "2031-01-15"


@dataclass(frozen=True)
class Calm:
    """What moves in a register where nothing is wrong.

    Attributes:
        months: How many months are delivered.
        rows: How many rows a month has.
        wander: Standard deviation of a month's true level, on the log or logit scale.
        season: Half the distance between the highest and the lowest month of a year, same scale.
        trend: What a year adds, same scale.
    """

    months: int = 36
    rows: int = 300
    wander: float = 0.1
    season: float = 0.0
    trend: float = 0.0

    def path(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        """What each of some measures truly is each month, as a distance from its middle."""
        month = np.arange(self.months)
        phase = rng.uniform(0, 2 * np.pi, (count, 1))
        season = self.season * np.cos(2 * np.pi * month / 12 + phase)
        wander = rng.normal(0, self.wander, (count, self.months))
        return season + self.trend * month / 12 + wander


@dataclass(frozen=True)
class Rates:
    """Shares of the judged months: held, and held or told of."""

    held: float
    told: float


def levels(
    rng: np.random.Generator, calm: Calm, count: int, *, fault: float = 1.0, spread: float = 1.0
) -> pd.DataFrame:
    """Profiles of typical values; the last month's is `fault` times what it should be."""
    noise = spread / np.sqrt(calm.rows)
    score = np.log(1000) + calm.path(rng, count) + rng.normal(0, noise, (count, calm.months))
    score[:, -1] += np.log(fault)
    return _frame("level", np.exp(score), score, np.full(score.shape, noise**2))


def shares(rng: np.random.Generator, calm: Calm, count: int, *, fault: float = 0.0) -> pd.DataFrame:
    """Profiles of shares; the last month's has `fault` more of the whole."""
    middle = rng.uniform(-3, 1, (count, 1))
    true = 1 / (1 + np.exp(-(middle + calm.path(rng, count))))
    true[:, -1] = np.minimum(true[:, -1] + fault, 0.99)
    value = rng.binomial(calm.rows, true) / calm.rows
    score = np.arcsin(np.sqrt(value))
    return _frame("missing", value, score, np.full(value.shape, 1 / (4 * calm.rows)))


def volumes(
    rng: np.random.Generator, calm: Calm, count: int, *, fault: float = 1.0
) -> list[pd.DataFrame]:
    """Profiles of numbers of rows, a register each; the last month has `fault` times its rows."""
    true = calm.rows * np.exp(calm.path(rng, count))
    true[:, -1] *= fault
    value = rng.poisson(true).astype(np.float64)
    return [
        _frame("rows", each[None], np.log(each + 1)[None], 1 / (each + 1)[None], column="")
        for each in value
    ]


def rates(frames: Iterable[pd.DataFrame]) -> tuple[Rates, Rates]:
    """Judge every month as it came: the rates of the calm months, and those of the last one."""
    judged: Counter[bool] = Counter()
    held: Counter[bool] = Counter()
    told: Counter[bool] = Counter()
    for frame in frames:
        months = int(frame["delivery_sequence"].max())
        columns = sorted(set(frame["column_name"]) - {""})
        for found in _findings(frame, columns, months):
            held[found.sequence == months] += found.held
            told[found.sequence == months] += 1
        series = max(len(columns), 1)
        judged[False] += series * (months - 1 - drift.SHORTEST_HISTORY)
        judged[True] += series
    calm, last = (
        Rates(held[which] / judged[which], told[which] / judged[which]) for which in (False, True)
    )
    return calm, last


def _findings(frame: pd.DataFrame, columns: list[str], months: int) -> list[drift._Finding]:
    results = [
        LoadResult(
            Delivery(number, "", "", Path(), RECEIVED),
            f"{2016 + (number - 1) // 12}-{(number - 1) % 12 + 1:02d}",
            "loaded",
            *(0, 0, ()),
        )
        for number in range(1, months + 1)
    ]
    with empty_database() as connection:
        connection.execute("create schema meta")
        create_tables(connection)
        drift.create_tables(connection)
        connection.register("drawn", frame)
        connection.execute(
            f"insert into meta.delivery_profiles select '0180', *, {profiles.VERSION} from drawn"
        )
        key = PseudonymKey.from_secret(bytes(32))
        judged = Staged(_contract(columns), "0180", key, tuple(results), has_rows=True)
        return list(drift._findings(connection, judged, results, {}, set()))


def _contract(columns: list[str]) -> Contract:
    column = {"type": "decimal", "personal": "none", "optional": True}
    return build_contract(
        "drawn",
        {
            "title_sv": "Dragna",
            "first_period": "2016-01",
            "periods": ["month"],
            "key": ["nyckel"],
            "columns": {
                "nyckel": {"type": "text", "personal": "none"},
                **dict.fromkeys(columns, column),
            },
        },
    )


def _frame(
    measure: str,
    value: NDArray[np.float64],
    score: NDArray[np.float64],
    variance: NDArray[np.float64],
    *,
    column: str | None = None,
) -> pd.DataFrame:
    series, months = score.shape
    number = np.tile(np.arange(1, months + 1), series)
    names = [f"c{each:04d}" if column is None else column for each in range(series)]
    return pd.DataFrame(
        {
            "name": "drawn",
            "delivery_sequence": number,
            "period": "",
            "column_name": np.repeat(names, months),
            "measure": measure,
            "category": "",
            "value": value.ravel(),
            "score": score.ravel(),
            "score_variance": variance.ravel(),
        }
    )
