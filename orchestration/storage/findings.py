"""The marts that Python writes: their columns, and writing and reading them whole.

dbt's marts have their contracts in the dbt project. What the rows mean belongs in
`orchestration.deviation`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb


@dataclass(frozen=True, slots=True)
class FindingsTable:
    """A table that one step writes anew each time.

    Attributes:
        name: Its name as `schema.table`.
        description: Its grain and purpose, for analysts.
        columns: Column name to SQL type.
        comments: Column name to what it holds, for analysts.
    """

    name: str
    description: str
    columns: Mapping[str, str]
    comments: Mapping[str, str]


DEVIATIONS = FindingsTable(
    "marts.deviations",
    "En rad per prövad indikator, plats, grupp och slag som är värd att visa.",
    {
        "deviation_id": "varchar not null",
        "indicator_id": "varchar not null",
        "period_start": "date not null",
        "period_grain": "varchar not null",
        "geography_id": "varchar not null",
        "breakdown": "varchar not null",
        "category": "varchar not null",
        "compared_with": "varchar",
        "kind": "varchar not null",
        "observed": "double",
        "expected": "double",
        "lower": "double",
        "upper": "double",
        "relative_change": "double",
        "p_value": "double",
        "q_value": "double",
        "breakeven_volatility": "double",
        "rank": "integer",
        "outcome": "varchar not null",
        "explanation_id": "varchar",
        "reason_sv": "varchar not null",
        "evidence": "varchar not null",
        "probability_relevant": "double",
        "excess": "double",
    },
    {
        "deviation_id": "Samma id för samma fynd i varje körning.",
        "indicator_id": "Indikatorn; se marts.indicators.",
        "period_start": "Den prövade periodens första dag.",
        "period_grain": "Periodens längd: year eller month.",
        "geography_id": "Platsen; se marts.geographies.",
        "compared_with": (
            "Vad värdet ställs mot: den andra gruppen (group_difference) eller den andra"
            " indikatorn (contrary); annars tomt."
        ),
        "kind": "Slag: change, stability, contrary, group_difference, district_outlier.",
        "observed": "Utfallet, i indikatorns enhet (en andel är ett bråk mellan 0 och 1).",
        "expected": "Väntat värde; vid gruppskillnad den andra gruppens värde.",
        "lower": "Nedre gräns för det väntade.",
        "upper": "Övre gräns för det väntade.",
        "relative_change": "Relativ förändring sedan det senaste tidigare värdet.",
        "p_value": "Ojusterat p-värde.",
        "q_value": "Justerat för antalet prövningar; tomt för omvärldens indikatorer.",
        "breakeven_volatility": "Årlig volatilitet som skulle krävas för att det vore slump.",
        "rank": "1 är främst; tomt där inget kunde prövas.",
        "outcome": "Utfall: focus, explained, watch, cannot_tell.",
        "explanation_id": (
            "Förklaring som vägdes in: registrerad, eller funnen (då finns den i"
            " marts.found_explanations)."
        ),
        "reason_sv": "Skälet till utfallet i en mening.",
        "evidence": "Underlaget som JSON.",
        "probability_relevant": "Sannolikhet för en förändring som är stor nog att spela roll.",
        "excess": "Utfall minus väntat, i personer eller beslut.",
    },
)
FOUND_EXPLANATIONS = FindingsTable(
    "marts.found_explanations",
    "En rad per orsak som systemet självt har funnit, indikator och plats; de registrerade står "
    "inte här.",
    {
        "explanation_id": "varchar not null",
        "basis": "varchar not null",
        "effect": "varchar not null",
        "kind": "varchar not null",
        "title_sv": "varchar not null",
        "description_sv": "varchar not null",
        "indicator_id": "varchar",
        "geography_id": "varchar not null",
        "period_from": "integer not null",
        "period_to": "integer not null",
        "month_from": "integer",
        "month_to": "integer",
        "explained_change": "double",
        "direction": "integer",
        "is_break": "boolean not null",
        "source": "varchar not null",
        "synthetic": "boolean not null",
    },
    {
        "explanation_id": "Samma id för samma orsak i varje körning.",
        "basis": "Var den fanns: source_note, geography, series, contract, drift.",
        "effect": (
            "explains: får förklara en avvikelse; reservation: nämns som förbehåll och förklarar"
            " ingen."
        ),
        "kind": "Slag av orsak, som i natural_explanations.",
        "indicator_id": "Indikatorn; tomt betyder alla.",
        "geography_id": "Platsen; se marts.geographies.",
        "period_from": "Första år den gäller.",
        "period_to": "Sista år den gäller.",
        "month_from": "Första månad i period_from; tomt när den gäller hela år.",
        "month_to": "Sista månad i period_to; tomt när den gäller hela år.",
        "explained_change": "Hur stor förändring den förklarar; tomt när det är okänt.",
        "direction": "Åt vilket håll den bara kan ha flyttat ett värde: -1 nedåt; tomt för båda.",
        "is_break": "Om åren före inte går att jämföra med åren efter.",
        "source": "Var det står.",
        "synthetic": "Om uppgifterna bakom är påhittade.",
    },
)
FOCUS_AREAS = FindingsTable(
    "marts.focus_areas",
    "En rad per fokusområde.",
    {
        "focus_area_id": "varchar not null",
        "area": "varchar not null",
        "title_sv": "varchar not null",
        "rank": "integer not null",
        "summary_sv": "varchar not null",
        "period_start": "date not null",
        "geography_id": "varchar not null",
        "lead_deviation_id": "varchar not null",
        "deviation_ids": "varchar not null",
    },
    {
        "focus_area_id": "Samma id i varje körning.",
        "area": "Verksamhetsområde.",
        "rank": "1 är främst.",
        "summary_sv": "Vad som fanns, i meningar.",
        "lead_deviation_id": "Avvikelsen som rubriken talar om; se marts.deviations.",
        "deviation_ids": "Områdets avvikelser i fokus efter rang, som JSON.",
    },
)
TRIANGULATION = FindingsTable(
    "marts.triangulation",
    "En rad per fokusområde, indikator och den indikator den ställs mot.",
    {
        "focus_area_id": "varchar not null",
        "indicator_id": "varchar not null",
        "related_indicator_id": "varchar not null",
        "expected_sign": "integer not null",
        "observed_change": "double",
        "related_change": "double",
        "p_value": "double",
        "verdict": "varchar not null",
        "relation_id": "varchar not null",
        "sentence_sv": "varchar not null",
        "rationale_sv": "varchar not null",
    },
    {
        "indicator_id": "Indikatorn i fokus.",
        "related_indicator_id": "Indikatorn den ställs mot.",
        "expected_sign": "1 väntas röra sig åt samma håll, -1 åt motsatt.",
        "observed_change": "Indikatorns relativa förändring.",
        "related_change": "Den andra indikatorns relativa förändring.",
        "p_value": "Det större av de två ensidiga p-värdena.",
        "verdict": "Vad paret säger: contrary, divergent_within_noise, as_expected, cannot_tell.",
        "rationale_sv": "Varför sambandet väntas.",
    },
)
SERIES_CHARTS = FindingsTable(
    "marts.series_charts",
    "En rad per jämförbart värde i varje serie för kommunen, länet och riket: seriens styrdiagram"
    " (XmR). För ögat; inget utfall bygger på det.",
    {
        "indicator_id": "varchar not null",
        "geography_id": "varchar not null",
        "breakdown": "varchar not null",
        "category": "varchar not null",
        "period_grain": "varchar not null",
        "period_start": "date not null",
        "segment": "integer not null",
        "value": "double not null",
        "centre": "double",
        "lower": "double",
        "upper": "double",
        "moving_range": "double",
        "trial": "boolean not null",
        "signal": "varchar not null",
    },
    {
        "indicator_id": "Indikatorn; se marts.indicators.",
        "geography_id": "Platsen; se marts.geographies.",
        "period_grain": "year eller month.",
        "period_start": "Periodens första dag.",
        "segment": "Räknas upp vid varje registrerat brott; gränserna räknas om i varje segment.",
        "value": "Värdet, i indikatorns enhet (en andel är ett bråk mellan 0 och 1).",
        "centre": "Segmentets medelvärde; tomt med färre än fem värden.",
        "lower": "Nedre gräns: medelvärdet minus 2,66 genomsnittliga steg. Kan vara negativ.",
        "upper": "Övre gräns: medelvärdet plus 2,66 genomsnittliga steg.",
        "moving_range": "Steget från segmentets föregående värde, utan tecken.",
        "trial": "Sant om gränserna vilar på färre än tolv värden; då ges inga signaler.",
        "signal": "Regeln som punkten bryter mot: outside_above, outside_below, trend_up,"
        " trend_down, near_upper, near_lower, run_above, run_below; annars common_cause,"
        " eller too_few.",
    },
)


def write_findings(
    connection: duckdb.DuckDBPyConnection,
    table: FindingsTable,
    rows: Sequence[Mapping[str, object]],
) -> None:
    """Replace a table by new rows, in one transaction.

    Args:
        connection: An open connection to the warehouse.
        table: Which table.
        rows: One mapping a row, with every column.

    Raises:
        KeyError: If a row lacks a column.
        duckdb.Error: If a value does not fit; the old rows then stay.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    description = table.description.replace("'", "''")
    places = ", ".join(
        f"unnest(?::{kind.removesuffix(' not null')}[])" for kind in table.columns.values()
    )
    connection.execute("begin")
    try:
        connection.execute(f"create or replace table {table.name} ({columns})")
        connection.execute(f"comment on table {table.name} is '{description}'")
        for column, comment in table.comments.items():
            connection.execute(f"comment on column {table.name}.{column} is '{comment}'")
        if rows:
            connection.execute(
                f"insert into {table.name} select {places}",
                [[row[name] for row in rows] for name in table.columns],
            )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def read_findings(
    connection: duckdb.DuckDBPyConnection, table: FindingsTable
) -> list[dict[str, Any]]:
    """Read a table back.

    Args:
        connection: An open connection to the warehouse.
        table: Which table.

    Returns:
        One mapping a row, ordered by its first column.
    """
    names = list(table.columns)
    rows = connection.execute(
        f"select {', '.join(names)} from {table.name} order by {names[0]}"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]
