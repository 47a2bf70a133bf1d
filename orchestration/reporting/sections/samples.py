"""The section on samples: whether two groups of assessors set other hours, and how far they agree.

Nothing stands here of any person; where nothing has been assessed there is no chapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from orchestration.language.inline import Cell as Address
from orchestration.language.inline import Form, Number, Quantity, Quoted, Said, nodes, say, span
from orchestration.reporting.document import Cell, Column, Plain, Table, paragraph
from orchestration.reporting.figures import NOTHING
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections.analysis import AnalysisContext

ANALYSIS = "samples"
_AGREEMENT = "marts.agreement"
_PROTOCOLS = "marts.sample_protocols"
_Row = Mapping[str, Any]
_HOURS = Form(digits=1)
_MEASURES: Mapping[str, str] = {
    "hours": "Timmar",
    "need": "Behovsnivå",
    "insats": "Insats",
    "hours_suffice": "Timmarna räcker",
    "satisfied": "Nöjd med stödet, ett till tio",
    "svar": "Svarade",
}
_COEFFICIENTS: Mapping[str, str] = {
    "group_difference": "skillnad mellan grupperna av bedömare, timmar",
    "exact": "andel lika",
    "krippendorff_alpha": "Krippendorffs alfa",
    "cohen_kappa": "Cohens kappa",
    "gwet_ac1": "Gwets AC-ett",
    "gwet_ac2": "Gwets AC-två",
    "icc_2_1": "intraklasskorrelation",
    "bland_altman_lower": "nedre gräns för skillnaden i ett fall, timmar",
    "bland_altman_upper": "övre gräns för skillnaden i ett fall, timmar",
    "prevalence_index": "skevhet i svaren",
    "bias_index": "skevhet mellan bedömarna",
    "pabak": "kappa utan skevhet",
    "weighted_mean": "vägt medelvärde",
    "response_rate": "andel som svarade",
}
_WEIGHTS: Mapping[str, str] = {"linear": " med raka vikter", "quadratic": " med kvadratiska vikter"}


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section; nothing where no sample of the year has come back."""
    protocols = read_rows(
        connection,
        f"""
        select * from {_PROTOCOLS}
        where geography_id = ? and year(period_start) = ? and is_answered order by sample_id
        """,
        [context.municipality_id, context.year],
    )
    told: list[Plain] = []
    for place, protocol in enumerate(protocols):
        rows = read_rows(
            connection,
            f"select * from {_AGREEMENT} where sample_id = ? order by measure, coefficient, level",
            [protocol["sample_id"]],
        )
        told += paragraph(_drawn(protocol))
        told += paragraph(_question(rows))
        told.append(_table(rows, f"{context.anchor}-{chr(ord('a') + place)}"))
    return told


def _cell(row: _Row, column: str) -> Address:
    names = ("sample_id", "measure", "coefficient", "level")
    return Address(_AGREEMENT, tuple((name, row[name]) for name in names), column)


def _number(row: _Row, column: str, form: Form, *, sized: bool = False) -> Number:
    value = float(row[column])
    quantity = Quantity.SIZE if sized else Quantity.VALUE
    return Number(abs(value) if sized else value, form, (_cell(row, column),), quantity)


def _drawn(protocol: _Row) -> Said:
    def number(column: str) -> Number:
        cell = Address(_PROTOCOLS, (("sample_id", protocol["sample_id"]),), column)
        return Number(float(protocol[column]), Form(), (cell,))

    what = (
        "Brukare i {size} slumpvis dragna ärenden, av {frame}, har fått frågor om sitt stöd."
        if protocol["purpose"] == "brukarrevision"
        else "{size} slumpvis dragna ärenden, av {frame}, har bedömts utan att bedömarna visste "
        "målgrupp eller beviljade timmar."
    )
    return say(what, size=number("size"), frame=number("frame_rows"))


def _question(rows: Sequence[_Row]) -> Said:
    """Do the groups set different hours on the same cases?"""
    found = next((row for row in rows if row["coefficient"] == "group_difference"), None)
    if found is None:
        return ()
    if found["estimate"] is None:
        return say("Inget ärende har bedömts av båda grupperna, så de går inte att jämföra.")
    limits = span(_number(found, "ci_lower", _HOURS), _number(found, "ci_upper", _HOURS))
    if found["ci_lower"] <= 0.0 <= found["ci_upper"]:
        told = say(
            "Om de två grupperna av bedömare sätter olika timmar på samma ärenden går inte att "
            "säga: skillnaden är {hours} timmar (osäkerhet {limits}).",
            hours=_number(found, "estimate", _HOURS),
            limits=limits,
        )
    else:
        told = say(
            "På samma ärenden sätter bedömarna i funktionsnedsättning {hours} timmar {way} i "
            "månaden än de i socialpsykiatri (osäkerhet {limits}).",
            hours=_number(found, "estimate", _HOURS, sized=True),
            way="fler" if found["estimate"] > 0 else "färre",
            limits=limits,
        )
    if found["note"] == "these_assessors_only":
        told += say(
            " Det gäller just dessa bedömare: de är för få för att säga något om grupperna."
        )
    return told


def _table(rows: Sequence[_Row], anchor: str) -> Table:
    def figure(row: _Row, column: str) -> Cell:
        if row[column] is None:
            return Cell(NOTHING)
        return Cell((_number(row, column, Form(digits=2)),))

    def name(row: _Row) -> Cell:
        text = _COEFFICIENTS[row["coefficient"]] + _WEIGHTS.get(row["level"], "")
        return Cell(nodes(f"{_MEASURES[row['measure']]}: {text}"))

    def limits(row: _Row) -> Cell:
        if row["ci_lower"] is None or row["ci_upper"] is None:
            return Cell(NOTHING)
        form = Form(digits=2)
        return Cell(span(_number(row, "ci_lower", form), _number(row, "ci_upper", form)))

    sample = Quoted(rows[0]["sample_id"], f"{_PROTOCOLS}.sample_id", rows[0]["sample_id"])
    return Table(
        say("Vad stickprovet {sample} visar", sample=sample),
        (
            Column(nodes("Mått")),
            Column(nodes("Värde"), numeric=True),
            Column(nodes("Osäkerhet"), numeric=True),
            Column(nodes("Ärenden"), numeric=True),
        ),
        tuple(
            (
                name(row),
                figure(row, "estimate"),
                limits(row),
                Cell((_number(row, "n_cases", Form()),)),
            )
            for row in rows
        ),
        anchor,
    )
