"""The section on equality: women and men, ages, groups and boards, in short; the pages have it all.

What is compared and how surely belongs in `orchestration.analyses.equality`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language import words
from orchestration.language.inline import (
    Link,
    Period,
    Quoted,
    Said,
    capitalised,
    listing,
    nodes,
    say,
    sentences,
)
from orchestration.reporting.document import Cell, Column, Plain, Table, paragraph
from orchestration.reporting.equality_data import (
    EQUALITY,
    EqualityData,
    Pair,
    by_sureness,
    read_equality,
)
from orchestration.reporting.figures import NOTHING, count, or_nothing
from orchestration.reporting.sections import estimates
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.estimates import Estimates

ANALYSIS = "equality"
GENDER_PAGE = "jamstalldhet.html"
CHILD_PAGE = "barn.html"
REGISTER = "ekonomiskt_bistand_beslut"
#: What the municipality decides or gives, and not who lives there or comes.
GIVEN = ("share", "mean", "money")
_MOST_NAMED = 3


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section."""
    found = Estimates.load(connection, context, ANALYSIS)
    told = estimates.opening(context, REGISTER, found)
    if not found.rows or found.undelivered:
        return told
    data = read_equality(connection, context.year, context.municipality_id)
    told += paragraph(sentences(_sexes(data), _named(data)))
    told += ratio_chart(data, found, context)
    told += paragraph(spread_said(data, found))
    told += estimates.more(
        "Mer om likställighet: hur nämndernas spridning har ändrats",
        [],
        spread_table(data, found, f"{context.anchor}-spridning"),
    )
    return told + paragraph(
        say(
            "Var i processen en skillnad uppstår och hur många den gäller står på {gender}; "
            "barnen har {children}. Varför den finns säger registren inte.",
            gender=Link(f"indikatorer/{GENDER_PAGE}", nodes("sidan om jämställdhet")),
            children=Link(f"indikatorer/{CHILD_PAGE}", nodes("en egen sida")),
        )
    )


def _sexes(data: EqualityData) -> Said:
    pairs = data.of("sex")
    if not pairs:
        return nodes("Inget register skiljer på kvinnor och män det här året.")
    start = pairs[0].row["period_start"]
    key = (
        ("comparison", "sex"),
        ("period_start", start),
        ("geography_id", data.municipality_id),
    )

    def number(verdict: str) -> Said:
        mine = [pair for pair in pairs if pair.row["verdict"] == verdict]
        return (count(len(mine), EQUALITY, *key, ("verdict", verdict)),)

    return say(
        "Av {all} jämförelser mellan kvinnor och män {year} visar {apart} en skillnad som är säker "
        "och större än en tiondel, {alike} att ingen skillnad av betydelse finns, och {untold} kan "
        "inte avgöras.",
        all=count(len(pairs), EQUALITY, *key),
        year=Period.year(data.year),
        apart=number("skillnad"),
        alike=number("ingen_relevant_skillnad"),
        untold=number("kan_inte_avgoras"),
    )


def name(data: EqualityData, pair: Pair) -> Said:
    """What is compared: the indicator, and the target group that both are of."""
    title = data.title(pair.row["indicator_id"])
    group = pair.row["category_a"].split("*")[0] if "*" in pair.row["category_a"] else ""
    if not group or pair.row["breakdown"].startswith("sex"):
        return (title,)
    return group_last(
        title, Quoted(words.category(group), "marts.equality.category_a", pair.row["category_a"])
    )


def _named(data: EqualityData) -> Said:
    """The differences in what is given, which the municipality itself decides."""
    given = [pair for pair in data.of("sex") if pair.row["kind"] in GIVEN]
    apart = by_sureness([pair for pair in given if pair.row["verdict"] == "skillnad"])
    alike = by_sureness(
        [pair for pair in given if pair.row["verdict"] == "ingen_relevant_skillnad"]
    )
    return sentences(
        say(
            "I det som kommunen beslutar och ger finns en skillnad i {which}.",
            which=_surest([_with_ratio(data, pair) for pair in apart]),
        )
        if apart
        else "",
        say(
            "Ingen skillnad av betydelse finns i {which}.",
            which=_surest([name(data, pair) for pair in alike]),
        )
        if alike
        else "",
    )


def _surest(named: Sequence[Said]) -> Said:
    """The first of them, and that there are more where there are."""
    listed = listing(named[:_MOST_NAMED])
    return listed if len(named) <= _MOST_NAMED else say("bland annat {listed}", listed=listed)


def _with_ratio(data: EqualityData, pair: Pair) -> Said:
    ratio, low, high = (pair.ratio(column) for column in ("ratio", "ci_lower", "ci_upper"))
    if ratio is None or low is None or high is None:
        return name(data, pair)
    return say(
        "{what} (kvinnor {ratio} gånger männens nivå, osäkerhet {low}–{high})",
        what=name(data, pair),
        ratio=ratio,
        low=low,
        high=high,
    )


def group_last(title: Quoted, group: Quoted | None) -> Said:
    """An indicator and the target group, in a sentence."""
    return (title,) if group is None else say("{title} ({of})", title=title, of=group)


def group_first(title: Quoted, group: Quoted | None) -> Said:
    """The same where room may be short: beside a mark, a long title loses its end."""
    return (title,) if group is None else say("{of}: {title}", title=title, of=group)


def of_estimate(
    data: EqualityData, told: Callable[[Quoted, Quoted | None], Said] = group_last
) -> Callable[[AnalysisResult], Said]:
    """What an estimate of 8.1 or 8.2 is of: its indicator, and the target group."""

    def named(row: AnalysisResult) -> Said:
        indicator, _, group = row.category.partition("*")
        of = (
            Quoted(words.category(group), "marts.analysis_results.category", row.category)
            if group
            else None
        )
        return told(data.title(indicator), of)

    return named


def _of_given(
    data: EqualityData, found: Estimates, estimand_id: str, comparison: str
) -> list[AnalysisResult]:
    """The estimates of what the municipality decides and gives."""
    given = {pair.row["indicator_id"] for pair in data.of(comparison) if pair.row["kind"] in GIVEN}
    return [
        row for row in found.by(estimand_id, "indicator") if row.category.partition("*")[0] in given
    ]


def ratio_chart(data: EqualityData, found: Estimates, context: AnalysisContext) -> list[Plain]:
    """What the municipality decides and gives: women's level over men's."""
    rows = _of_given(data, found, "8.1", "sex")
    return estimates.dots(
        nodes("Kvinnors nivå mot mäns i det som kommunen beslutar och ger"),
        say(
            "Kvinnors nivå delad med mäns, {year}, med osäkerhet. Streckad linje: lika.{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        sorted(rows, key=lambda row: -(row.estimate or 0.0)),
        heads=("Kvoterna i diagrammet", "Mått", "Kvinnor delat med män"),
        axis="kvot, kvinnor delat med män",
        anchor=f"{context.anchor}-kvot",
        main=lambda row: row.verdict == "skillnad",
        name=of_estimate(data, group_first),
        reference=1.0,
    )


def sex_table(data: EqualityData, pairs: Sequence[Pair], anchor: str) -> Table:
    """Women against men: levels, ratio and what it says."""
    return pair_table(
        data,
        by_sureness(pairs),
        say("Kvinnor mot män, {year}", year=Period.year(data.year)),
        anchor,
        heads=("Kvinnor", "Män"),
    )


def pair_table(
    data: EqualityData,
    pairs: Sequence[Pair],
    caption: Said,
    anchor: str,
    *,
    heads: tuple[str, str],
    first: str = "Mått",
    named: Callable[[EqualityData, Pair], Said] = name,
) -> Table:
    """A table of pairs.

    Args:
        data: Where names come from.
        pairs: In the order of the rows, at least one.
        caption: What it shows.
        anchor: Of the table.
        heads: What the two groups are called.
        first: Head of the rows' names.
        named: What a row is called.
    """
    return Table(
        caption,
        (
            Column(nodes(first)),
            Column(nodes(heads[0]), numeric=True),
            Column(nodes(heads[1]), numeric=True),
            Column(nodes("Kvot"), numeric=True),
            Column(nodes("Osäkerhet"), numeric=True),
            Column(nodes("Vad den säger")),
        ),
        tuple(
            (
                Cell(capitalised(named(data, pair))),
                Cell(or_nothing(pair.level("value_a"))),
                Cell(or_nothing(pair.level("value_b"))),
                Cell(or_nothing(pair.ratio())),
                Cell(_limits(pair)),
                verdict_cell(pair),
            )
            for pair in pairs
        ),
        anchor,
        numbered=False,
    )


def _limits(pair: Pair) -> Said:
    low, high = pair.ratio("ci_lower"), pair.ratio("ci_upper")
    return NOTHING if low is None or high is None else say("{low}–{high}", low=low, high=high)


def verdict_cell(pair: Pair) -> Cell:
    """What a pair says, and what it lacks."""
    return Cell(
        nodes(words.word(words.EQUALITY, pair.row["verdict"])),
        nodes(pair.row["reason_sv"]) if pair.row["reason_sv"] else (),
    )


def spread_said(data: EqualityData, found: Estimates) -> Said:
    """Whether the boards have come nearer each other."""
    rows = found.by("8.2", "indicator")
    if not rows:
        return found.without("8.2")
    named = of_estimate(data)
    nearer, farther = (
        [named(row) for row in rows if row.verdict == verdict] for verdict in ("okat", "minskat")
    )
    rest = [row for row in rows if row.verdict == "kan_inte_avgoras"]
    return sentences(
        say(
            "Likställigheten mellan nämnderna har ökat i {which}: de ligger närmare varandra än "
            "när serien började.",
            which=listing(nearer),
        )
        if nearer
        else "",
        say("Likställigheten har minskat i {which}.", which=listing(farther)) if farther else "",
        "För alla andra mått kan det inte avgöras om den har ändrats."
        if rest and (nearer or farther)
        else "Om likställigheten mellan nämnderna har ändrats kan inte avgöras för något mått."
        if rest
        else "",
    )


def spread_table(data: EqualityData, found: Estimates, anchor: str) -> list[Table]:
    """The change in the boards' spread in what is decided and given; none where none was made."""
    rows = _of_given(data, found, "8.2", "board")
    if not rows:
        return []
    return [
        estimates.table(
            nodes("Förändring av nämndernas spridning, varians i logaritmer"),
            "Mått",
            "Förändring sedan seriens början",
            rows,
            anchor=anchor,
            name=of_estimate(data),
        )
    ]
