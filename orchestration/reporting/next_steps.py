"""The steps that memoranda have proposed: who takes them, by when, how far, and what shows that.

Reads the seed of their states, which the administration keeps, and the values of the indicator that
each is to be judged by. What is said of them belongs in `sections.next_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.indicators.models import Indicator, PossibleExplanation, StepState
from orchestration.reporting.reading import read_rows


@dataclass(frozen=True, slots=True)
class Measured:
    """The whole municipality's value of a year.

    Attributes:
        year: Which year.
        value: In the indicator's unit; None where there is none to show.
        protected: Whether it is hidden.
    """

    year: int
    value: float | None
    protected: bool


@dataclass(frozen=True, slots=True)
class EarlierStep:
    """A step of an earlier memorandum.

    Attributes:
        step: What was proposed.
        year: Whose memorandum proposed it.
        geography_id: The municipality.
        state: How far it has come; None where nobody has said.
        indicator: What it is judged by; None where nothing counts it.
        values: The indicator's of that year and of the report year; empty without one.
    """

    step: PossibleExplanation
    year: int
    geography_id: str
    state: StepState | None
    indicator: Indicator | None
    values: tuple[Measured, ...] = ()


def load_states(connection: duckdb.DuckDBPyConnection, seeds: str) -> Mapping[str, StepState]:
    """Reads how far each step has come, by its identifier.

    Args:
        connection: Open connection; only read from.
        seeds: Schema that holds the seed.
    """
    columns = ", ".join(StepState.model_fields)
    rows = read_rows(
        connection, f"select {columns} from {seeds}.step_states order by hypothesis_id"
    )
    return {row["hypothesis_id"]: StepState(**row) for row in rows}


def earlier_steps(
    connection: duckdb.DuckDBPyConnection,
    hypotheses: Sequence[PossibleExplanation],
    states: Mapping[str, StepState],
    indicators: Mapping[str, Indicator],
    *,
    year: int,
    municipality_id: str,
) -> tuple[EarlierStep, ...]:
    """Finds the steps to follow up: the year before's, and older ones that are not ended.

    Args:
        connection: Open connection; only read from.
        hypotheses: What is registered for the municipality.
        states: As `load_states` has them.
        indicators: The catalogue's.
        year: The report year.
        municipality_id: Its code.

    Returns:
        The latest first.
    """
    found = []
    for row in hypotheses:
        if row.role != "next_step" or row.period_to is None or row.period_to >= year:
            continue
        state = states.get(row.hypothesis_id)
        if row.period_to < year - 1 and (state is None or state.is_ended):
            continue
        indicator = indicators.get(state.indicator_id or "") if state else None
        values = (
            ()
            if indicator is None
            else _values(connection, indicator, (row.period_to, year), municipality_id)
        )
        found.append(EarlierStep(row, row.period_to, municipality_id, state, indicator, values))
    return tuple(sorted(found, key=lambda each: (-each.year, each.step.hypothesis_id)))


def _values(
    connection: duckdb.DuckDBPyConnection,
    indicator: Indicator,
    years: tuple[int, int],
    municipality_id: str,
) -> tuple[Measured, ...]:
    rows = read_rows(
        connection,
        """
        select year(period_start) as year, value, status
        from marts.indicator_values
        where indicator_id = ? and geography_id = ? and breakdown = 'total'
          and period_grain = 'year'
        """,
        [indicator.indicator_id, municipality_id],
    )
    by_year = {row["year"]: row for row in rows}
    return tuple(
        Measured(
            year,
            by_year[year]["value"] if year in by_year else None,
            protected=year in by_year and by_year[year]["status"] == "suppressed",
        )
        for year in years
    )
