"""The section on insatser without assessment: what they may have taken over, and whom they reach.

What moved is said as the most that it can be, never as what it is. What is computed belongs in
`orchestration.analyses.without_assessment`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language import words
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quoted,
    Said,
    Style,
    capitalised,
    nodes,
    say,
    sentences,
)
from orchestration.reporting.document import (
    Cell,
    Column,
    Folded,
    Plain,
    Table,
    paragraph,
)
from orchestration.reporting.figures import NOTHING
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.estimates import (
    Estimates,
    brief,
    figure,
    interval_cell,
    table,
)

ANALYSIS = "without_assessment"
REGISTER = "insatser_utan_behovsprovning"
_REACH = "marts.without_assessment_reach"
_WHOLE = "alla"
_ALPHA = 0.05
_Row = Mapping[str, Any]
_PARTS = {
    "9.1_missing": "färre med det som prövas än nämnder utan insatsen låter vänta",
    "9.1_reached": "nya personer i insatsen",
    "9.1_most": "högst så många kan insatsen ha burit",
}
_BARE = Form(Style.BARE, 0, "count", "")
_DECIMAL = Form(Style.BARE, 1, "mean", "")
_KRONOR = Form(Style.BARE, 0, "amount", "kronor")
_COLUMNS = (
    ("Kontakter", "contacts", _BARE),
    ("Nya personer", "new_persons", _BARE),
    ("Per tusen i målgruppen", "reach", _DECIMAL),
    ("Kronor per kontakt", "cost_per_contact", _KRONOR),
)


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section."""
    rows = read_rows(
        connection,
        f"select * from {_REACH} where geography_id = ? and year(period_start) = ?"
        f" order by insats_code, target_group, area_category <> '{_WHOLE}', area_category",
        [context.municipality_id, context.year],
    )
    found = Estimates.load(connection, context, ANALYSIS)
    if not rows:
        return paragraph(
            found.without("9.1") or "Inga kontakter i insatser utan behovsprövning är lämnade."
        )
    titles = {
        row["insats_code"]: Quoted(row["title_sv"], f"{_REACH}.title_sv", row["insats_code"])
        for row in rows
    }
    mark = context.sources.mark_of(REGISTER)
    told = paragraph("Uppgifterna är syntetiska.", small=True) if mark else []
    told += paragraph(
        sentences(
            "Insatser utan behovsprövning räknas i kontakter, inte i personer.",
            "Vad de kan ha tagit över av det som prövas är en övre gräns.",
            *(_moved(found, each, titles) for each in found.by("9.1", "insats")),
        )
    )
    told.append(
        _table(
            [row for row in rows if row["area_category"] == _WHOLE],
            say(
                "Insatser utan behovsprövning {year}{mark}",
                year=Period.year(context.year),
                mark=mark,
            ),
            f"{context.anchor}-tabell",
            by_category=False,
        )
    )
    looked_up: list[Table] = []
    of_category = [row for row in rows if row["area_category"] != _WHOLE]
    if of_category:
        looked_up.append(
            _table(
                of_category,
                nodes("Efter områdeskategorin där de flesta av nämndens barn bor"),
                f"{context.anchor}-kategori",
                by_category=True,
            )
        )
    for number, each in enumerate(found.by("9.1", "insats"), start=1):
        looked_up += [
            _carried(found, each, titles, f"{context.anchor}-flytt-{number}"),
            _quarters(found, each, titles, f"{context.anchor}-kvartal-{number}"),
        ]
    if looked_up:
        told.append(
            Folded(
                nodes("Efter områdeskategori, vad som kan ha flyttat, och kvartal för kvartal"),
                tuple(looked_up),
            )
        )
    return told


def _named(row: AnalysisResult, titles: Mapping[str, Quoted]) -> Quoted:
    own = Quoted(row.category, "marts.analysis_results.category", row.category)
    return titles.get(row.category, own)


def _moved(found: Estimates, row: AnalysisResult, titles: Mapping[str, Quoted]) -> Said:
    """What an insats may have taken over, in two sentences."""
    named = {
        part: found.get(f"9.1_{part}", "insats", row.category)
        for part in ("missing", "reached", "most")
    }
    told = say(
        "I nämnder som har börjat med ”{insats}” är de som börjar med det som prövas {share} av "
        "vad nämnder utan insatsen låter vänta.",
        insats=_named(row, titles),
        share=figure(row),
    )
    missing, reached, most = named["missing"], named["reached"], named["most"]
    surely = (
        row.p_value is not None
        and row.p_value < _ALPHA
        and row.estimate is not None
        and row.estimate < 1
    )
    if not surely:
        return sentences(told, "Skillnaden är inte större än slumpen ger.")
    if missing is None or reached is None or most is None:
        return told
    return sentences(
        told,
        say(
            "Insatsen nådde {reached} där, och kan ha burit högst {most} av de {missing} som "
            "saknas.",
            reached=brief(reached),
            most=brief(most),
            missing=brief(missing),
        ),
    )


def _table(rows: Sequence[_Row], caption: Said, anchor: str, *, by_category: bool) -> Table:
    """A table of insatser, each with what is known of it."""
    heads = ["Insats", "Målgrupp", *(["Områdeskategori"] if by_category else [])]
    return Table(
        caption,
        (
            *(Column(nodes(head)) for head in heads),
            *(Column(nodes(head), numeric=True) for head, *_ in _COLUMNS),
        ),
        tuple(
            (
                Cell((Quoted(row["title_sv"], f"{_REACH}.title_sv", row["insats_code"]),)),
                Cell(capitalised(_group("target_group", row["target_group"]))),
                *(
                    [Cell(capitalised(_group("area_category", row["area_category"])))]
                    if by_category
                    else []
                ),
                *(_figure(row, column, form) for _, column, form in _COLUMNS),
            )
            for row in rows
        ),
        anchor,
    )


def _group(column: str, code: str) -> Quoted:
    return Quoted(words.category(code, column), f"{_REACH}.{column}", code)


def _figure(row: _Row, column: str, form: Form) -> Cell:
    if row[column] is None:
        return Cell(NOTHING)
    key = tuple(
        (name, row[name])
        for name in ("period_start", "insats_code", "target_group", "area_category")
    )
    return Cell((Number(float(row[column]), form, (Address(_REACH, key, column),)),))


def _carried(
    found: Estimates, row: AnalysisResult, titles: Mapping[str, Quoted], anchor: str
) -> Table:
    """How many are missing, how many the insats reached, and the most that it can have carried."""
    parts = [
        each for name in _PARTS if (each := found.get(name, "insats", row.category)) is not None
    ]
    return table(
        say("Vad som kan ha flyttat till ”{insats}”", insats=_named(row, titles)),
        "Där insatsen har börjat",
        "Personer",
        parts,
        anchor=anchor,
        name=lambda each: _PARTS[each.estimand_id],
    )


def _quarters(
    found: Estimates, row: AnalysisResult, titles: Mapping[str, Quoted], anchor: str
) -> Table:
    """The quarters around the beginning, of which nought is the first with the insats."""
    own = sorted(
        (
            each
            for each in found.by("9.1_quarter", "insats")
            if each.category.partition("*")[0] == row.category
        ),
        key=lambda each: int(each.category.partition("*")[2]),
    )
    return Table(
        say(
            "”{insats}” kvartal för kvartal; kvartal noll är det första med insatsen",
            insats=_named(row, titles),
        ),
        (
            Column(nodes("Kvartal")),
            Column(nodes("Av nivån före, mot övriga nämnder"), numeric=True),
            Column(nodes("Osäkerhet"), numeric=True),
        ),
        tuple(
            (
                Cell((_quarter(each),)),
                Cell((brief(each),)),
                interval_cell(each),
            )
            for each in own
        ),
        anchor,
        numbered=False,
    )


def _quarter(row: AnalysisResult) -> Quoted:
    text = row.category.partition("*")[2].replace("-", "−")
    return Quoted(text, "marts.analysis_results.category", row.category)
