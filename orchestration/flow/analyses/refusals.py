"""The analysis of refusals of economic assistance: its grain as arrays, and its own tables."""

from datetime import date

import numpy as np

from orchestration.analyses import refusals
from orchestration.analyses.refusals import GroundHistory, Prices, RefusalMonths, RefusalReturns
from orchestration.analyses.rows import Rows
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import AnalysisResult, RefusalPart, RefusalReturn
from orchestration.findings.marts import REFUSAL_DECOMPOSITION, REFUSAL_RETURNS
from orchestration.flow.analyses import Analysis
from orchestration.flow.estimates import Computed, analysis_step
from orchestration.flow.grains import TODAYS_BOARDS, Reader, TooManyRowsError
from orchestration.flow.step import Work
from orchestration.reporting.sections import refusals as section

REGISTER = "ekonomiskt_bistand_beslut"
#: Estimand and breakdown of the parts of each level, by the names of the table.
_LEVELS = {
    "refusals": {("1.2", name): name for name in refusals.FACTORS},
    "rate": {("1.3_composition", "total"): "composition", ("1.3_rate", "total"): "rate"},
}
#: Contributions are whole multiples of this, so that they sum exactly in any order.
_FINEST = 2.0**-20
_MONTHS = f"""
select months.*, boards.geography_id as board
from intermediate.int_refusal_household_months as months
left join ({TODAYS_BOARDS}) as boards using (municipality_id, board_name)
where months.municipality_id = $municipality
    and months.benefit_month between make_date($year - 1, 1, 1) and make_date($year, 12, 31)
"""
_NORM, _PRICES = "assistance_norm", "price_housing_food"
_OTHER_GAP = "spell_month_gap_"
_RETURNS = """
from intermediate.int_refusal_returns
where municipality_id = $municipality and year(period_start) between $year - 1 and $year
"""


def read_months(reader: Reader, year: int) -> RefusalMonths:
    """Household months of a year and the year before.

    Raises:
        TooManyRowsError: there are more than Python takes.
    """
    coded = {
        "kind": "application_kind",
        "purpose": "purpose",
        "household_type": "household_type",
        "housing": "housing_form",
        "obstacle": "obstacle",
        "sex": "sex",
        "age_group": "age_group",
    }
    gaps = _gaps_tried(reader)
    grain = reader.read(
        _MONTHS,
        [
            "year(benefit_month) as year",
            "month(benefit_month) as month",
            "dense_rank() over (order by household_number) - 1 as household",
            *("decisions", "full_refusals", "partial_refusals", "spell_month", "missing_amount"),
            *gaps.values(),
        ],
        coded=(*coded.values(), "board", "ground"),
        order="household_number, month_number, purpose",
        year=year,
    )
    names = {name: reader.names[column] for name, column in coded.items()}
    return RefusalMonths(
        year=grain.whole("year"),
        month=grain.whole("month"),
        household=grain.whole("household"),
        decisions=grain.real("decisions"),
        full=grain.real("full_refusals"),
        partial=grain.real("partial_refusals"),
        ground=grain.whole("ground"),
        spell_month=grain.whole("spell_month"),
        board=grain.whole("board"),
        groups={name: grain.whole(column) for name, column in coded.items()},
        missing=grain.real("missing_amount"),
        names=names | {name: reader.names[name] for name in ("board", "ground")},
        spell_months={gap: grain.whole(column) for gap, column in gaps.items()},
    )


def _gaps_tried(reader: Reader) -> dict[int, str]:
    """The columns of spells that let another number of months pass, by that number."""
    rows = reader.connection.execute(
        """
        select column_name from information_schema.columns
        where table_catalog = current_database() and table_schema = 'intermediate'
            and table_name = 'int_refusal_household_months'
            and starts_with(column_name, $prefix)
        order by column_name
        """,
        {"prefix": _OTHER_GAP},
    ).fetchall()
    return {int(name.removeprefix(_OTHER_GAP)): name for (name,) in rows}


def read_returns(reader: Reader, year: int) -> RefusalReturns:
    """Full refusals of a year and the year before, each followed to the next application.

    Raises:
        TooManyRowsError: there are more than Python takes.
    """
    grain = reader.read(
        _RETURNS,
        [
            "dense_rank() over (order by household_number) - 1 as household",
            *("months", "event"),
        ],
        coded=("ground", "application_kind"),
        order="household_number, month_number",
        year=year,
    )
    grounds = reader.names["ground"]
    return RefusalReturns(
        household=grain.whole("household"),
        ground=grain.whole("ground"),
        kind=grain.whole("application_kind"),
        months=grain.real("months"),
        event=grain.whole("event"),
        economic=np.isin(grounds, refusals.ECONOMIC),
        names={"ground": grounds, "kind": reader.names["application_kind"]},
    )


def read_grounds(reader: Reader, year: int) -> GroundHistory | None:
    """Refusals by year and known ground, the last year the reported one; None without years."""
    rows = reader.connection.execute(
        """
        select year(period_start), ground, refusals + partial_refusals
        from marts.refusals
        where geography_id = $municipality and dimension = 'total'
            and ground not in ('alla', 'okand_grund') and year(period_start) <= $year
        order by all
        """,
        {"municipality": reader.municipality, "year": year},
    ).fetchall()
    years = sorted({row[0] for row in rows})
    grounds = tuple(sorted({row[1] for row in rows}))
    if not years or years[-1] != year:
        return None
    counts = np.array([row[2] for row in rows], dtype=np.float64)
    return GroundHistory(counts.reshape(len(years), len(grounds)), grounds)


def read_prices(reader: Reader, year: int) -> Prices | None:
    """The national norm and prices of a year and the year before; None without one of them."""
    found = reader.connection.execute(
        """
        select indicator_id, year(period_start), value from marts.indicator_values
        where indicator_id in ($norm, $prices) and geography_id = 'SE' and period_grain = 'year'
            and breakdown = 'total' and year(period_start) between $year - 1 and $year
            and value is not null
        """,
        {"norm": _NORM, "prices": _PRICES, "year": year},
    ).fetchall()
    of = {(indicator, at): float(value) for indicator, at, value in found}
    pairs = [
        (of.get((name, year - 1), 0.0), of.get((name, year), 0.0)) for name in (_NORM, _PRICES)
    ]
    return Prices(*pairs) if len(of) == len(pairs) * len(pairs[0]) else None


def parts_of(rows: Rows) -> list[RefusalPart]:
    """What the changes in refusals and in their rate consist of; parts sum to the change."""
    found = {(row.estimand_id, row.breakdown, row.category): row for row in rows.results}
    made = []
    for level, names in _LEVELS.items():
        parts: dict[str, AnalysisResult | None] = {}
        for (estimand, category), name in names.items():
            breakdown = "factor" if level == "refusals" else "total"
            parts[name] = found.get((estimand, breakdown, category)) or found.get(
                (estimand.split("_")[0], "total", "total")
            )
        values = _exact([part.estimate if part else None for part in parts.values()], level)
        whole = None if None in values else sum(value or 0.0 for value in values)
        for (name, part), value in zip(parts.items(), values, strict=True):
            if part is None:
                continue
            made.append(
                RefusalPart(
                    period_start=date(rows.year, 1, 1),
                    period_from=date(rows.year - 1, 1, 1),
                    geography_id=rows.geography_id,
                    level=level,
                    factor=name,
                    contribution=value if part.shortfall is None else None,
                    ci_lower=part.ci_lower,
                    ci_upper=part.ci_upper,
                    share=value / whole if value is not None and whole else None,
                    status=part.status,
                )
            )
    return made


def _exact(values: list[float | None], level: str) -> list[float | None]:
    """Numbers whose sum is a whole one, so close that they sum to it without any remainder."""
    known = [value for value in values if value is not None]
    if level != "refusals" or len(known) < len(values):
        return values
    steps = [round(value / _FINEST) for value in known]
    largest = int(np.argmax(np.abs(known)))
    steps[largest] += round(round(sum(known)) / _FINEST) - sum(steps)
    return [step * _FINEST for step in steps]


def returns_of(rows: Rows) -> list[RefusalReturn]:
    """What came after refusals, by ground and by kind of application."""
    made = []
    for row in rows.results:
        event, _, horizon = row.estimand_id.removeprefix("1.7_").rpartition("_")
        if not row.estimand_id.startswith("1.7_") or not horizon.isdigit():
            continue
        made.append(
            RefusalReturn(
                period_start=row.period_start,
                geography_id=row.geography_id,
                ground=row.category if row.breakdown == "ground" else "alla",
                kind=row.category if row.breakdown == "kind" else "alla",
                event=event,
                horizon_months=int(horizon),
                at_risk=row.observations or 0.0,
                cumulative_incidence=row.estimate,
                ci_lower=row.ci_lower,
                ci_upper=row.ci_upper,
                status=row.status,
            )
        )
    return made


def _compute(work: Work, year: int) -> Computed:
    reader = Reader(work.connection, work.settings.municipality)
    returns, grounds = None, None
    months: RefusalMonths | Shortfall = Shortfall.NO_REGISTER
    if reader.has_year(REGISTER, year) and reader.cannot_count(section.INDICATORS[0]):
        months = Shortfall.NOT_IN_STATUTORY
    elif reader.has_year(REGISTER, year):
        try:
            months = read_months(reader, year)
            returns, grounds = read_returns(reader, year), read_grounds(reader, year)
        except TooManyRowsError:
            months = Shortfall.TOO_MANY_ROWS
    prices = read_prices(reader, year)
    rows = refusals.analyse(year, reader.municipality, months, returns, grounds, prices=prices)
    return Computed(
        rows, {REFUSAL_DECOMPOSITION: parts_of(rows), REFUSAL_RETURNS: returns_of(rows)}
    )


ANALYSIS = Analysis(
    analysis_id=refusals.ANALYSIS,
    step=analysis_step(
        refusals.ANALYSIS,
        title_sv="Analyserar avslag på ekonomiskt bistånd",
        part_sv="analys: avslag",
        reads=(
            "intermediate.int_refusal_household_months",
            "intermediate.int_refusal_returns",
            "marts.refusals",
            "marts.indicators",
            "marts.indicator_values",
        ),
        compute=_compute,
        further=(REFUSAL_DECOMPOSITION, REFUSAL_RETURNS),
    ),
    blocks=section.blocks,
    indicators=section.INDICATORS,
    result=section.result,
)
