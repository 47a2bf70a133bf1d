"""The section on Öppna jämförelser: the three tables as printed, what changed, the city beside.

Shares are those of the answers where these are known, otherwise the printed ones. What a change may
be, whatever the silent would have said, stands beside it. What is computed belongs in
`orchestration.analyses.open_comparisons`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language.grammar import definite, sentence_case
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    Style,
    listing,
    nodes,
    say,
    sentences,
    span,
)
from orchestration.language.names import number
from orchestration.reporting.beside import ShareRow, share_chart
from orchestration.reporting.document import (
    Cell,
    Column,
    Figure,
    Folded,
    Paragraph,
    Plain,
    Table,
    paragraph,
)
from orchestration.reporting.figures import NOTHING
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.estimates import Estimates, interval_cell, value

ANALYSIS = "open_comparisons"
COUNTRY, COUNTRY_TYPE = "SE", "riket"
SOURCE = "socialstyrelsen_open_comparison_answers"
PRINTED = "socialstyrelsen_open_comparisons_2020"
GENERAL, ASSISTANCE = "oj_response_rate_general", "oj_response_rate_assistance"
_SHARES = "marts.open_comparisons"
_PROFILE = "marts.open_comparison_profile"
_YEARS_SHOWN = 3
_Row = Mapping[str, Any]
_PERCENT = Form(Style.PERCENT_SIGN, 0)
_BARE_PERCENT = Form(Style.BARE, 0, "proportion", "procent")
_WHOLE_POINTS, _POINTS = Form(Style.POINTS, 0), Form(Style.BARE, 1, "proportion", "procent")
_CHANGE = Form(Style.PLAIN, 0, sign=True)
_VERDICTS: Mapping[str, str] = {
    "okade": "ökade",
    "minskade": "minskade",
    "kan_inte_avgoras": "kan inte skiljas från slumpen",
}
_ANSWERS: Mapping[str, str] = {
    "ja": "Ja",
    "nej": "Nej",
    "ej_besvarad": "Har inte svarat",
    "ej_redovisad": "Redovisas inte",
    "ej_tillamplig": "Frågan gäller inte",
}


@dataclass(frozen=True, slots=True)
class _Printed:
    """One of the report's tables.

    Attributes:
        caption: What it shows.
        kind: Its groups.
        indicators: Its columns, or its rows where its columns are years.
        anchor: The end of its anchor.
        file_name: Under which it can be taken away.
    """

    caption: str
    kind: str
    indicators: tuple[str, ...]
    anchor: str
    file_name: str


_PREVENTION = _Printed(
    "Indikatorer som belyser det förebyggande arbetet, andel av dem som svarat i riket",
    COUNTRY_TYPE,
    (
        *("oj_budget_advice", "oj_outreach_homeless", "oj_outreach_losing_home"),
        "oj_routine_family_evictions",
    ),
    "forebyggande",
    "oppna-jamforelser-forebyggande",
)
_GROUPED = (
    _Printed(
        "Indikatorer för jämställdhetsarbete efter kommunens folkmängd",
        "storlek",
        ("oj_followup_by_sex", "oj_followup_used", "oj_individual_meetings"),
        "jamstalldhet",
        "oppna-jamforelser-jamstalldhet",
    ),
    _Printed(
        "Indikatorer för arbetet mot våld efter kommungrupp",
        "skr",
        ("oj_routine_adult_violence", "oj_freda_short_questions", "oj_routine_protected_identity"),
        "vald",
        "oppna-jamforelser-vald",
    ),
)
# The order in which the size classes are printed; SKR's codes are in their own.
_SIZES = (
    *("0 - 14 999", "15 000 - 29 999", "30 000 - 69 999", "70 000 - 199 999"),
    "200 000 el mer",
)


@dataclass(frozen=True)
class _Shown:
    """What the section is made of.

    Attributes:
        year: Of the latest survey that the report can know.
        rows: The groups, by indicator, year, kind and code.
        titles: Of indicators.
        context: Of the memorandum.
    """

    year: int
    rows: Mapping[tuple[str, int, str, str], _Row]
    titles: Mapping[str, str]
    context: AnalysisContext

    def country(self, indicator: str, year: int | None = None) -> _Row | None:
        return self.rows.get((indicator, year or self.year, COUNTRY_TYPE, COUNTRY))

    def name(self, indicator: str, text: str | None = None) -> Quoted:
        title = self.titles.get(indicator, indicator)
        return Quoted(text or title, "marts.indicators.title_sv", indicator)

    def subject(self, indicator: str) -> Quoted:
        return self.name(indicator, definite(self.titles.get(indicator, indicator)))

    def anchored(self, name: str) -> str:
        return f"{self.context.anchor}-{name}"


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section; nothing where no survey is known in the report year."""
    rows = read_rows(
        connection, f"select * from {_SHARES} where year <= ? order by all", [context.year]
    )
    surveys = [row["year"] for row in rows if row["group_type"] == COUNTRY_TYPE]
    if not surveys:
        return []
    titles = read_rows(connection, "select indicator_id, title_sv from marts.indicators")
    shown = _Shown(
        max(surveys),
        {
            (row["indicator_id"], row["year"], row["group_type"], row["group_code"]): row
            for row in rows
        },
        {row["indicator_id"]: row["title_sv"] for row in titles},
        context,
    )
    country = replace(context, municipality_id=COUNTRY)
    found = Estimates.load(connection, replace(country, year=shown.year), ANALYSIS)
    if not found.rows:
        # Without answers there is no survey to estimate of: what is lacking is of the report year.
        found = Estimates.load(connection, country, ANALYSIS)
    profile = read_rows(
        connection,
        f"select * from {_PROFILE} where municipality_id = ? and year = ? order by all",
        [context.municipality_id, shown.year],
    )
    told = paragraph(sentences(_response(shown), _made_up(shown)))
    told += paragraph(_greatest(shown, found))
    told += _over_years(shown)
    for table in _GROUPED:
        told += _by_group(shown, table)
    told += _city(shown, profile)
    changes = _changes(shown, found)
    units = _units(shown, profile)
    if changes or units:
        why = Paragraph(
            nodes(
                "Den som inte har svarat kan skilja sig från de andra. Det minsta och det mesta är "
                "vad förändringen kan vara, vad de än hade sagt. Om något har ändrats prövas på "
                "dem som svarat båda gångerna."
            )
        )
        told.append(
            Folded(
                nodes("Förändringarna i sin helhet, och vad varje enhet har svarat"),
                (*((why,) if changes else ()), *changes, *units),
            )
        )
    return told


def _address(row: _Row, column: str) -> Address:
    names = ("indicator_id", "year", "group_type", "group_code")
    return Address(_SHARES, tuple((name, row[name]) for name in names), column)


def _number(row: _Row, column: str, form: Form) -> Number:
    return Number(float(row[column]), form, (_address(row, column),))


def _response(shown: _Shown) -> Said:
    """Who has answered."""
    survey = Period.year(shown.year)
    general, assistance = shown.country(GENERAL), shown.country(ASSISTANCE)
    if not general or not assistance or None in {general["share"], assistance["share"]}:
        return say("Det senaste som är känt är undersökningen {year}.", year=survey)
    percent = Form(Style.PERCENT, 0)
    return say(
        "I Socialstyrelsens undersökning {year} besvarade {general} av kommunerna enkätens "
        "allmänna del och {assistance} delen om ekonomiskt bistånd.",
        year=survey,
        general=_number(general, "share", percent),
        assistance=_number(assistance, "share", percent),
    )


def _made_up(shown: _Shown) -> Said:
    """What of it is made up: the answers behind shares that are published."""
    mark = shown.context.sources.mark_of(SOURCE)
    if not mark or not _computed(shown):
        return ()
    return say(
        "Svaren enhet för enhet{mark} är satta så att andelarna blir de publicerade{note}; vilka "
        "som svarat vad, och vad som inte är tryckt, säger ingenting.",
        mark=mark,
        note=shown.context.sources.note_of(PRINTED),
    )


def _computed(shown: _Shown) -> bool:
    return any(row["basis"] == "answers" for key, row in shown.rows.items() if key[1] == shown.year)


def _greatest(shown: _Shown, found: Estimates) -> Said:
    """The change that is farthest from nought of those that are sure, or of all."""
    changes = {row.category: row for row in found.by("6.2", "indicator")}
    matched = {row.category: row for row in found.by("6.1", "indicator")}
    if not changes:
        return found.without("6.2", "Förändringar räknas inte. {why}")
    sure = [
        row
        for name, row in changes.items()
        if name in matched and matched[name].verdict != "kan_inte_avgoras"
    ]
    row = max(sure or changes.values(), key=lambda each: abs(each.estimate or 0.0))
    now = shown.country(row.category)
    before = shown.country(row.category, now["previous_year"]) if now else None
    if now is None or before is None:
        return ()
    change = value(row)
    up = change.value > 0
    return sentences(
        say(
            "{subject} {moved} från {before} till {now} procent mellan {then} och {year}, "
            "{points}.",
            subject=_capital(shown.subject(row.category)),
            moved="steg" if up else "sjönk",
            before=_number(before, "share", _BARE_PERCENT),
            now=_number(now, "share", _BARE_PERCENT),
            then=Period.year(int(now["previous_year"])),
            year=Period.year(shown.year),
            points=Number(abs(change.value), _WHOLE_POINTS, change.cells, Quantity.SIZE),
        ),
        say(
            "Vad de som inte svarat än hade sagt ligger {what} mellan {least} och {most} "
            "procentenheter.",
            what="ökningen" if up else "förändringen",
            least=number(value(row, "ci_lower"), _POINTS),
            most=number(value(row, "ci_upper"), _POINTS),
        ),
        _who_changed(now, matched.get(row.category)),
    )


def _capital(subject: Quoted) -> Quoted:
    return replace(subject, text=subject.text[:1].upper() + subject.text[1:])


def _who_changed(now: _Row, matched: AnalysisResult | None) -> Said:
    if matched is None:
        return ()
    unsure = matched.verdict == "kan_inte_avgoras"
    return say(
        "Av {matched} som svarat båda gångerna gick {gained} från nej till ja och {lost} från ja "
        "till nej; {verdict}.",
        matched=_number(now, "matched", Form()),
        gained=_number(now, "gained", Form()),
        lost=_number(now, "lost", Form()),
        verdict="det kan vara slump" if unsure else "slump är knappast skälet",
    )


def _share(row: _Row | None, below: Said = ()) -> Cell:
    if row is None or row["share"] is None:
        return Cell(NOTHING)
    return Cell((_number(row, "share", _PERCENT),), below)


def _change(row: _Row | None) -> Said:
    """The change since the survey before, in percentage points; why there is none where broken."""
    if row is None or row["change_pp"] is None:
        return nodes("ny ordalydelse") if row is not None and row["is_break"] else ()
    return (_number(row, "change_pp", _CHANGE),)


def _over_years(shown: _Shown) -> list[Plain]:
    """The table whose columns are years."""
    years = sorted({key[1] for key in shown.rows if key[0] in _PREVENTION.indicators})
    asked = [each for each in _PREVENTION.indicators if shown.country(each) is not None]
    if not asked:
        return []
    years = years[-_YEARS_SHOWN:]
    return [
        Table(
            say(
                "{caption} {span}",
                caption=_PREVENTION.caption,
                span=Period.years(years[0], years[-1]) if len(years) > 1 else Period.year(years[0]),
            ),
            (
                Column(nodes("Indikator")),
                *(Column((Period.year(year),), numeric=True) for year in years),
                Column(nodes("Förändring, procentenheter"), numeric=True),
                Column(nodes("Som minst och mest"), numeric=True),
            ),
            tuple(
                (
                    Cell((shown.name(each),)),
                    *(_share(shown.country(each, year)) for year in years),
                    Cell(_change(shown.country(each)) or NOTHING),
                    _least_and_most(shown.country(each)),
                )
                for each in asked
            ),
            shown.anchored(_PREVENTION.anchor),
            file_name=_PREVENTION.file_name,
        )
    ]


def _least_and_most(row: _Row | None) -> Cell:
    if row is None or row["change_lower"] is None:
        return Cell(NOTHING)
    form = Form(digits=1)
    return Cell(span(_number(row, "change_lower", form), _number(row, "change_upper", form)))


def _by_group(shown: _Shown, table: _Printed) -> list[Plain]:
    """A table whose rows are groups; the country's change stands below its share."""
    asked = [each for each in table.indicators if shown.country(each) is not None]
    codes = {
        key[3]
        for key in shown.rows
        if key[:3] in {(each, shown.year, table.kind) for each in asked}
    }
    if not codes:
        return []
    order = [each for each in _SIZES if each in codes] + sorted(codes.difference(_SIZES))

    def row(kind: str, code: str) -> tuple[Cell, ...]:
        found = [shown.rows.get((each, shown.year, kind, code)) for each in asked]
        first = next(each for each in found if each is not None)
        name = (
            first["group_name"] if code in {COUNTRY, *_SIZES} else f"{code}. {first['group_name']}"
        )
        return (
            Cell((Quoted(name, f"{_SHARES}.group_name", code),)),
            *(_share(each, _since(each) if code == COUNTRY else ()) for each in found),
        )

    return [
        Table(
            say("{caption}, {year}", caption=table.caption, year=Period.year(shown.year)),
            (
                Column(nodes("Kommungrupp")),
                *(Column((shown.name(each),), numeric=True) for each in asked),
            ),
            (*(row(table.kind, code) for code in order), row(COUNTRY_TYPE, COUNTRY)),
            shown.anchored(table.anchor),
            file_name=table.file_name,
        )
    ]


def _since(row: _Row | None) -> Said:
    change = _change(row)
    if row is None or not change or row["change_pp"] is None:
        return change
    return say("{change} sedan {year}", change=change, year=Period.year(int(row["previous_year"])))


def _city(shown: _Shown, profile: Sequence[_Row]) -> list[Plain]:
    """The municipality's own answers beside its group's, a row an indicator."""
    asked = _own(profile)
    if not asked:
        return []
    group = next(row for row in profile if row["group_type"] == "skr")
    drawn = [
        ShareRow(
            _label(shown.titles.get(each, each)),
            100.0 * counts["ja"] / (counts["ja"] + counts["nej"]),
            100.0 * _group(profile, each, "skr")["group_share"],
        )
        for each, counts in asked
    ]
    own = Quoted(shown.context.municipality_name, "municipality", "name")
    label = Quoted(group["group_name"], f"{_PROFILE}.group_name", group["group_code"])
    return [
        Figure(
            say("Kommunens svar bredvid gruppens {year}", year=Period.year(shown.year)),
            say(
                "Hur stor del av enheterna i {own} som svarat ja, och hur stor del i kommungruppen "
                "{group}, där de själva ingår.",
                own=own,
                group=label,
            ),
            nodes("Punktdiagram med en rad för varje indikator. Alla värden står i tabellen."),
            (
                share_chart(
                    drawn,
                    own=shown.context.municipality_name,
                    others=str(group["group_name"]),
                    axis_title="procent av dem som svarat",
                ),
            ),
            _own_table(shown, profile, asked),
            shown.anchored("profil"),
        )
    ]


def _label(title: str) -> str:
    """A title without what is the same in all of them, where a chart has little room."""
    bare = title.removeprefix("Andel kommuner ")
    return sentence_case(bare.removeprefix("som ").removeprefix("med "))


def _own(profile: Sequence[_Row]) -> list[tuple[str, dict[str, int]]]:
    """How many of the municipality's units say yes and no, where any do and its group has."""
    found = []
    for each in (
        *_PREVENTION.indicators,
        *(name for table in _GROUPED for name in table.indicators),
    ):
        mine = [row for row in profile if (row["indicator_id"], row["group_type"]) == (each, "skr")]
        counts = {name: sum(row["answer"] == name for row in mine) for name in ("ja", "nej")}
        if sum(counts.values()) and mine[0]["group_share"] is not None:
            found.append((each, counts))
    return found


def _group(profile: Sequence[_Row], indicator: str, kind: str) -> _Row:
    return next(
        row for row in profile if (row["indicator_id"], row["group_type"]) == (indicator, kind)
    )


def _own_table(
    shown: _Shown, profile: Sequence[_Row], asked: Sequence[tuple[str, dict[str, int]]]
) -> Table:
    def own(indicator: str, answers: Sequence[str]) -> Number:
        cells = tuple(
            Address(
                _PROFILE,
                (
                    ("municipality_id", shown.context.municipality_id),
                    ("indicator_id", indicator),
                    ("year", shown.year),
                    ("group_type", COUNTRY_TYPE),
                    ("answer", answer),
                ),
            )
            for answer in answers
        )
        mine = [
            row
            for row in profile
            if (row["indicator_id"], row["group_type"]) == (indicator, COUNTRY_TYPE)
        ]
        return Number(sum(row["answer"] in answers for row in mine), Form(), cells, Quantity.COUNT)

    def others(indicator: str, kind: str) -> Cell:
        found = [
            row for row in profile if (row["indicator_id"], row["group_type"]) == (indicator, kind)
        ]
        if (
            not found
            or shown.rows.get((indicator, shown.year, kind, found[0]["group_code"])) is None
        ):
            return Cell(NOTHING)
        row = shown.rows[indicator, shown.year, kind, found[0]["group_code"]]
        return Cell(
            say(
                "{yes} av {all}",
                yes=_number(row, "said_yes", Form()),
                all=_number(row, "answered", Form()),
            )
        )

    def name(kind: str) -> Said:
        row = next((row for row in profile if row["group_type"] == kind), None)
        if row is None:
            return NOTHING
        return (Quoted(row["group_name"], f"{_PROFILE}.group_name", row["group_code"]),)

    return Table(
        say("Så många har svarat ja, av dem som svarat {year}", year=Period.year(shown.year)),
        (
            Column(nodes("Indikator")),
            Column(nodes("Egna enheter"), numeric=True),
            Column(name("skr"), numeric=True),
            Column(name("storlek"), numeric=True),
            Column(nodes("Riket"), numeric=True),
        ),
        tuple(
            (
                Cell((shown.name(each),)),
                Cell(say("{yes} av {all}", yes=own(each, ["ja"]), all=own(each, ["ja", "nej"]))),
                *(others(each, kind) for kind in ("skr", "storlek", COUNTRY_TYPE)),
            )
            for each, _ in asked
        ),
        shown.anchored("profil-tabell"),
        numbered=False,
    )


def _units(shown: _Shown, profile: Sequence[_Row]) -> list[Table]:
    """What each of the municipality's units has answered, where there are several."""
    mine = [row for row in profile if row["group_type"] == COUNTRY_TYPE]
    if len({row["unit_id"] for row in mine}) <= 1:
        return []
    given = [answer for answer in _ANSWERS if any(row["answer"] == answer for row in mine)]
    asked = list(dict.fromkeys(row["indicator_id"] for row in mine))

    def names(indicator: str, answer: str) -> Cell:
        units = [
            Quoted(row["unit_name"], f"{_PROFILE}.unit_name", row["unit_id"])
            for row in mine
            if (row["indicator_id"], row["answer"]) == (indicator, answer)
        ]
        return Cell(listing(units) if units else NOTHING)

    return [
        Table(
            say("Vad varje enhet har svarat {year}", year=Period.year(shown.year)),
            (
                Column(nodes("Indikator")),
                *(Column(nodes(_ANSWERS[answer]), wide=True) for answer in given),
            ),
            tuple(
                (Cell((shown.name(each),)), *(names(each, answer) for answer in given))
                for each in asked
            ),
            shown.anchored("enheter"),
            numbered=False,
        )
    ]


def _changes(shown: _Shown, found: Estimates) -> list[Table]:
    """Every change: of all that answered with its limits, and of the units that did both times."""
    whole = found.by("6.2", "indicator")
    if not whole:
        return []
    matched = {row.category: row for row in found.by("6.1", "indicator")}
    form = Form(Style.BARE, 1, "proportion", "procent")

    def of_matched(row: AnalysisResult | None) -> tuple[Cell, ...]:
        if row is None:
            return (Cell(NOTHING),) * 4
        return (
            Cell((number(value(row), form),)),
            interval_cell(row),
            Cell((number(value(row, "observations"), Form()),)),
            Cell(nodes(_VERDICTS[row.verdict or "kan_inte_avgoras"])),
        )

    since = next(iter(whole)).period_from
    return [
        Table(
            say(
                "Förändringen från {before} till {year}, procentenheter",
                before=Period.year(since.year) if since else nodes("gången före"),
                year=Period.year(shown.year),
            ),
            (
                Column(nodes("Indikator")),
                Column(nodes("Alla som svarat"), numeric=True),
                Column(nodes("Som minst och mest"), numeric=True),
                Column(nodes("Samma enheter"), numeric=True),
                Column(nodes("Osäkerhet"), numeric=True),
                Column(nodes("Enheter"), numeric=True),
                Column(nodes("Bedömning")),
            ),
            tuple(
                (
                    Cell((shown.name(row.category),)),
                    Cell((number(value(row), form),)),
                    interval_cell(row),
                    *of_matched(matched.get(row.category)),
                )
                for row in whole
            ),
            shown.anchored("forandringar"),
            numbered=False,
        )
    ]
