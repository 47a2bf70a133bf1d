"""The section on the review of cases about children: how far they come, with whom, and who returns.

What is estimated belongs in `orchestration.analyses.child_review` and the modules beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language import words
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quoted,
    Said,
    Style,
    listing,
    nodes,
    say,
    sentences,
)
from orchestration.reporting import curves
from orchestration.reporting.document import Cell, Column, Figure, Plain, Table, paragraph
from orchestration.reporting.sections import estimates
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.boards import Boards
from orchestration.reporting.sections.estimates import (
    Estimates,
    away_from,
    brief,
    figure,
    group,
    interval_cell,
    points,
)

REGISTER = "barn_unga_arenden"
ANALYSIS = "child_review"
_DECLINED = "avbojd_av_vardnadshavare"
_GIVEN_UP = "vardnadshavare_vill_inte"
_MONTHS = (6, 12, 24)
_HISTORIES = ("0", "1-2", "3+")
_STAGES = ("utredning", "erbjuden", "accepterad", "beviljad")


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section."""
    found = Estimates.load(connection, context, ANALYSIS)
    told = estimates.opening(context, REGISTER, found)
    if not found.rows or found.undelivered:
        return told
    told += paragraph(_funnel(found))
    told += _steps(found, context)
    told += paragraph(_guardians(found))
    told += _by_category(found, context)
    told += paragraph(_boards(found))
    told += _board_dots(found, context)
    told += paragraph(_contacted(found))
    told += _school(connection, context)
    told += paragraph(_youngest(found))
    told += paragraph(sentences(_again(found), _after(found)))
    told += _again_curves(found, context)
    told += paragraph(sentences(_line(found), _context(found), _districts(found)))
    told += _district_dots(found, context)
    told += paragraph(_sexes(found))
    told += _boys(found, context)
    told += estimates.more(
        "Mer om ärendena: vad de slutar med, vilka som vidtalas, variation och väntan",
        [_variety(found), _first(found), _behind_guardians(found), _behind_context(found)],
        _tables(found, context),
    )
    return told + paragraph(
        "Registren säger vad som anmälts och vad det ledde till, inte vilka barn som ingen "
        "anmäler. "
        "Ett samband mellan en stadsdels ställning och antalet ärenden säger inget om ett enskilt "
        "barn. Barn som fyllt sexton följs inte efter avslutet, eftersom de hinner bli vuxna."
    )


def _funnel(found: Estimates) -> Said:
    number = found.get("5.1_cases")
    steps = [found.get("5.1", "stage", name) for name in ("utredning", "erbjuden", "beviljad")]
    if number is None or None in steps:
        return found.without("5.1")
    investigated, offered, granted = (brief(row) for row in steps if row is not None)
    return say(
        "Av {number} ärenden ledde {investigated} till utredning, {offered} till erbjuden insats "
        "och {granted} till beviljad.",
        number=brief(number),
        investigated=investigated,
        offered=offered,
        granted=granted,
    )


def _steps(found: Estimates, context: AnalysisContext) -> list[Plain]:
    steps = [found.get("5.1", "stage", name) for name in _STAGES]
    return estimates.parts(
        nodes("Hur långt ärendena kommer"),
        say(
            "Andel av ärendena som nått varje steg, {year}.{note}{mark}",
            year=Period.year(context.year),
            note=context.sources.note_of(REGISTER),
            mark=context.sources.mark_of(REGISTER),
        ),
        [row for row in steps if row is not None],
        heads=("Stegen i diagrammet", "Steg", "Andel (procent)"),
        axis="procent av ärendena",
        anchor=f"{context.anchor}-steg",
        sign=False,
    )


def _guardians(found: Estimates) -> Said:
    declined = found.get("5.2", "measure", _DECLINED)
    weak, strong = (found.get(f"5.2_{_DECLINED}", "area_category", at) for at in ("1", "4"))
    apart = found.get(f"5.2_{_DECLINED}_difference")
    if declined is None:
        return found.without("5.2")
    first = say(
        "Av de insatser som erbjöds avböjdes {declined} av vårdnadshavaren.",
        declined=brief(declined),
    )
    if weak is None or strong is None or apart is None:
        return sentences(first, found.without(f"5.2_{_DECLINED}"))
    if not away_from(apart, 0.0):
        return sentences(
            first,
            nodes(
                "Mellan områden med svag och stark ställning går ingen skillnad att säkerställa "
                "när ålder, kontaktorsak och historik är lika."
            ),
        )
    return sentences(
        first,
        say(
            "Andelen är {weak} i områden med svagast ställning mot {strong} i dem med starkast, "
            "efter hänsyn till ålder, kontaktorsak och historik.",
            weak=figure(weak),
            strong=figure(strong),
        ),
    )


def _by_category(found: Estimates, context: AnalysisContext) -> list[Plain]:
    return estimates.dots(
        nodes("Erbjudna insatser som vårdnadshavaren avböjer"),
        say(
            "Andel av de erbjudna insatserna efter områdeskategori, {year}, vid samma ålder, "
            "kontaktorsak och historik.{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        found.by(f"5.2_{_DECLINED}", "area_category"),
        heads=("Andelarna i diagrammet", "Områdeskategori", "Andel (procent)"),
        axis="procent av erbjudna insatser",
        anchor=f"{context.anchor}-avbojda",
    )


def _boards(found: Estimates) -> Said:
    rows = {row.category: row for row in found.by("5.3_ratio", "measure")}
    more = [row for row in rows.values() if (row.ci_lower or 0.0) > 1]
    less = [row for row in rows.values() if row.ci_upper is not None and row.ci_upper < 1]
    told = [
        say(
            "Större är skillnaderna mellan nämnder inom samma områdeskategori än mellan "
            "kategorierna för hur ofta {steps}.",
            steps=listing([group(row) for row in more]),
        )
        if more
        else "",
        say(
            "Större mellan områdeskategorierna än mellan nämnderna är de för hur ofta {steps}.",
            steps=listing([group(row) for row in less]),
        )
        if less
        else "",
    ]
    if not more and not less:
        return found.without("5.3") or nodes(
            "Det går inte att säga om skillnaderna är större mellan nämnder eller mellan "
            "områdeskategorier."
        )
    return sentences(*told)


def _board_dots(found: Estimates, context: AnalysisContext) -> list[Plain]:
    return estimates.dots(
        nodes("Hur mycket nämnderna skiljer sig"),
        say(
            "Typisk kvot mellan två nämnders odds under upp till tre år till och med {year}, när "
            "åldrar, kontaktorsaker, historik och områdeskategori är lika. Streckad linje: ingen "
            "skillnad.{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        found.by("5.3_within", "measure"),
        heads=("Kvoterna i diagrammet", "Steg", "Kvot"),
        axis="kvot mellan två nämnders odds",
        anchor=f"{context.anchor}-namnder",
        main=lambda row: row.verdict == "boards_differ",
        reference=1.0,
    )


def _contacted(found: Estimates) -> Said:
    school, preschool = (found.get("5.4", "party", name) for name in ("skola", "forskola"))
    apart = found.get("5.4_difference")
    if school is None or preschool is None or apart is None:
        return found.without("5.4")
    told = say(
        "Förskolan vidtalades i {preschool} av utredningarna om barn i förskoleåldern, skolan i "
        "{school} av dem om barn i skolåldern.",
        preschool=brief(preschool),
        school=brief(school),
    )
    boards = [
        row
        for row in found.by("5.3_within", "measure")
        if row.category.startswith("vidtalad_") and row.verdict == "boards_differ"
    ]
    return sentences(
        told,
        say("Skillnaden är {size}.", size=points(apart)) if away_from(apart, 0.0) else "",
        say(
            "Nämnderna skiljer sig mycket i hur ofta {parties}.",
            parties=listing([group(row) for row in boards]),
        )
        if boards
        else "",
    )


def _school(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    boards = Boards.load(connection, context, ANALYSIS, "vidtalad_skola")
    return boards.figure(
        say("Hur ofta skolan vidtalas, mot vad nämndens ärenden låter vänta"),
        say(
            "Vidtalade skolor delat med det väntade, under upp till tre år till och med {year}. "
            "Stark färg: säkert annat än väntat. Streckad linje: som väntat.{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        axis="kvot mot väntat",
        anchor=f"{context.anchor}-skola",
    )


def _youngest(found: Estimates) -> Said:
    young, others = (found.get("5.5_granted", "age_group", at) for at in ("0-6", "7-20"))
    whole = found.get("5.5")
    if young is None or others is None or whole is None:
        return found.without("5.5")
    parts = [row for row in found.by("5.5", "stage") if away_from(row, 0.0)]
    largest = max(parts, key=lambda row: abs(row.estimate or 0.0), default=None)
    return sentences(
        say(
            "Av ärendena om barn under sju år ledde {young} till beviljad insats, mot {others} av "
            "de övriga.",
            young=brief(young),
            others=brief(others),
        ),
        say(
            "Mest av skillnaden, {size}, uppstår i steget där {step}.",
            size=points(largest),
            step=group(largest),
        )
        if largest is not None and away_from(whole, 0.0)
        else "",
    )


def _again(found: Estimates) -> Said:
    every = found.get("5.6_12")
    first, much = (found.get("5.6_12", "history", at) for at in ("0", "3+"))
    if every is None or first is None or much is None:
        return found.without("5.6_12")
    return say(
        "Inom ett år efter avslutet hade {every} av barnen aktualiserats på nytt: {first} av dem "
        "som inte haft något ärende tidigare och {much} av dem med minst tre.",
        every=brief(every),
        first=brief(first),
        much=brief(much),
    )


def _after(found: Estimates) -> Said:
    young, older = (found.get("5.6_after", "age_group", at) for at in ("0-6", "7-15"))
    told = []
    for row, who in ((older, "Äldre barn"), (young, "Barn under sju år")):
        if row is None:
            continue
        if row.verdict is None:
            told.append(
                say(
                    "{who} kommer inte säkert tillbaka mer eller mindre sällan efter en insats än "
                    "efter en utredning utan.",
                    who=who,
                )
            )
        else:
            told.append(
                say(
                    "{who} kommer {how} tillbaka efter en insats än efter en utredning utan: "
                    "risken är {ratio} så stor, vid samma historik, kontaktorsak och nämnd.",
                    who=who,
                    how="mer sällan" if row.verdict == "fewer" else "oftare",
                    ratio=figure(row),
                )
            )
    return sentences(*told) if told else found.without("5.6_after")


def _again_curves(found: Estimates, context: AnalysisContext) -> list[Plain]:
    rows = {
        (name, months): row
        for months in _MONTHS
        for row in found.by(f"5.6_{months}", "history")
        for name in (row.category,)
    }
    shown = [name for name in _HISTORIES if all((name, months) in rows for months in _MONTHS)]
    if not shown:
        return []
    drawing = curves.curve_chart(
        [
            curves.Curve(
                f"{words.category(name, 'history')} tidigare",
                (
                    (0.0, 0.0),
                    *((float(at), (rows[name, at].estimate or 0.0) * 100) for at in _MONTHS),
                ),
                main=name == _HISTORIES[-1],
            )
            for name in shown
        ],
        unit="procent",
        axis_title="månader efter avslutet",
        ticks=[(0.0, "0"), *((float(at), str(at)) for at in _MONTHS)],
        decimals=0,
    )
    table = Table(
        nodes("Andel som aktualiserats på nytt, efter antal månader"),
        (
            Column(nodes("Tidigare ärenden")),
            *(
                Column(
                    (Quoted(f"{at} mån", "marts.child_rereferrals.horizon_months", str(at)),),
                    numeric=True,
                )
                for at in _MONTHS
            ),
        ),
        tuple(
            (
                Cell(nodes(group(rows[name, _MONTHS[0]]))),
                *(
                    Cell((brief(rows[name, at]),), below=interval_cell(rows[name, at]).said)
                    for at in _MONTHS
                ),
            )
            for name in shown
        ),
        f"{context.anchor}-ater-tabell",
        numbered=False,
    )
    return [
        Figure(
            nodes("Barn som aktualiseras på nytt"),
            say(
                "Andel av avsluten åren {since}–{year}, efter antal tidigare ärenden.{mark}",
                since=Period.year(context.year - 2),
                year=Period.year(context.year),
                mark=context.sources.mark_of(REGISTER),
            ),
            nodes("Linjer som stiger med tiden efter avslutet. Alla värden står i tabellen."),
            (drawing,),
            table,
            f"{context.anchor}-ater",
        )
    ]


def _line(found: Estimates) -> Said:
    row = found.get("5.7")
    if row is None:
        return found.without("5.7")
    if not away_from(row, 1.0):
        return nodes("Antalet ärenden per barn följer inte säkert stadsdelarnas index.")
    return say(
        "Ju {way} ett områdes ställning är, desto fler ärenden per barn: för varje tiotal i index "
        "är antalet {ratio} så stort.",
        way="svagare" if (row.estimate or 1.0) < 1 else "starkare",
        ratio=figure(row),
    )


def _context(found: Estimates) -> Said:
    row = found.get("5.8")
    if row is None:
        return found.without("5.8")
    if row.verdict == "fewer_than_foretold":
        return nodes(
            "Stadsdelar med starkare ställning än sin nämnd har färre ärenden än deras egen "
            "ställning låter vänta."
        )
    if row.verdict == "more_than_foretold":
        return nodes(
            "Stadsdelar med starkare ställning än sin nämnd har fler ärenden än deras egen "
            "ställning låter vänta."
        )
    return nodes(
        "Om stadsdelar med starkare ställning än sin nämnd har färre ärenden än deras egen "
        "ställning låter vänta går inte att säkerställa."
    )


def _apart(found: Estimates) -> list[AnalysisResult]:
    rows = [row for row in found.by("5.9", "area") if row.verdict in {"above", "below"}]
    return sorted(rows, key=lambda row: -(row.estimate or 0.0))


def _districts(found: Estimates) -> Said:
    rows = found.by("5.9", "area")
    count = found.get("5.9_deviating")
    if not rows or count is None:
        return found.without("5.9")
    apart = _apart(found)
    if not apart:
        return nodes("Ingen stadsdel avviker säkert från sambandet, prövat på upp till tre år.")
    number = Number(float(len(apart)), Form(Style.CARDINAL), estimates.value(count).cells)
    return say(
        "Från sambandet avviker {number}, räknat på högst tre år: {named}.",
        number="en stadsdel" if len(apart) == 1 else say("{number} stadsdelar", number=number),
        named=listing(
            [
                say(
                    "{name} ({how} än området låter vänta, {ratio})",
                    name=group(row),
                    how="fler ärenden" if row.verdict == "above" else "färre ärenden",
                    ratio=brief(row),
                )
                for row in apart
            ]
        ),
    )


def _district_dots(found: Estimates, context: AnalysisContext) -> list[Plain]:
    """Those that deviate, among those that lie farthest from the line."""
    rows = sorted(found.by("5.9", "area"), key=lambda row: row.p_value or 0.0)
    shown = sorted(rows[: max(10, len(_apart(found)))], key=lambda row: -(row.estimate or 0.0))
    return estimates.dots(
        nodes("Stadsdelar längst från sambandet"),
        say(
            "Upp till tre års ärenden till {year}, delat med vad nämndens nivå och stadsdelens "
            "ställning låter vänta. Stark färg: avviker säkert. Streckad linje: som väntat.{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        shown,
        heads=("Stadsdelarna i diagrammet", "Stadsdel", "Kvot"),
        axis="kvot mot väntat",
        anchor=f"{context.anchor}-stadsdelar",
        main=lambda row: row.verdict in {"above", "below"},
        reference=1.0,
    )


def _sexes(found: Estimates) -> Said:
    boys = found.get("5.10_boys")
    if boys is None:
        return found.without("5.10_boys")
    steps = found.by("5.10_step", "measure")
    apart = [row for row in steps if row.verdict == "skillnad"]
    alike = [row for row in steps if row.verdict == "ingen_relevant_skillnad"]
    return sentences(
        say("Av ärendena rör {boys} pojkar.", boys=brief(boys)),
        say(
            "Säkra skillnader mellan flickor och pojkar finns i hur ofta {steps}.",
            steps=listing([group(row) for row in apart]),
        )
        if apart
        else "",
        say(
            "Skillnaden mellan flickor och pojkar är säkert mindre än tre procentenheter i hur "
            "ofta {steps}.",
            steps=listing([group(row) for row in alike]),
        )
        if alike
        else "",
    )


def _boys(found: Estimates, context: AnalysisContext) -> list[Plain]:
    rows = sorted(found.by("5.10_boys", "contact_reason"), key=lambda row: -(row.estimate or 0.0))
    return estimates.dots(
        nodes("Andel pojkar efter kontaktorsak"),
        say(
            "Procent av ärendena med orsaken som den främsta, {year}. Streckad linje: "
            "hälften.{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        rows,
        heads=("Andelarna i diagrammet", "Kontaktorsak", "Andel pojkar (procent)"),
        axis="procent pojkar",
        anchor=f"{context.anchor}-kon",
        reference=50.0,
    )


def _variety(found: Estimates) -> Said:
    row = found.get("5.11")
    if row is None:
        return found.without("5.11")
    return say(
        "Två beviljade insatser är av olika slag med sannolikheten {index}.", index=figure(row)
    )


def _first(found: Estimates) -> Said:
    year, late = found.get("5.12_12"), found.get("5.12_late")
    if year is None:
        return found.without("5.12_12")
    return sentences(
        say(
            "Inom ett år efter den första aktualiseringen hade {year} av barnen fått en insats.",
            year=brief(year),
        ),
        say(
            "Av dem som fick sin första insats hade {late} haft minst tre ärenden före.",
            late=figure(late),
        )
        if late is not None
        else "",
    )


def _tables(found: Estimates, context: AnalysisContext) -> list[Table]:
    share, apart, ratio = "Andel (procent)", "Skillnad (procentenheter)", "Kvot"
    wanted: Sequence[tuple[str, str, str, str, str, str]] = (
        ("5.1_ended", "exit_reason", "Vad ärendena slutade med", "Skäl", share, "slut"),
        ("5.4", "party", "Vilka som vidtalats i utredningarna", "Part", share, "vidtalade"),
        (
            *("5.4_other_reporter", "party", "Vilka som vidtalats när någon annan anmält"),
            *("Part", share, "annan-anmalare"),
        ),
        (
            *("5.4_reporter", "party*reporter", "Vilka som vidtalats, efter anmälare"),
            *("Vidtalad, anmälare", share, "anmalare"),
        ),
        (
            *(f"5.2_{_GIVEN_UP}", "area_category"),
            "Ingen utredning eftersom vårdnadshavaren inte vill",
            *("Områdeskategori", share, "vill-inte"),
        ),
        (
            *("5.3_ratio", "measure", "Nämnders spridning mot områdeskategoriers"),
            *("Steg", ratio, "spridning"),
        ),
        (
            *("5.3_without", "measure", "Nämnders typiska kvot utan hänsyn till områdeskategori"),
            *("Steg", ratio, "utan-kategori"),
        ),
        (
            "5.3_change",
            "measure",
            "Förändring av nämndernas varians när områdeskategorin räknas in",
            *("Steg", "Förändring (procent)", "andrad-varians"),
        ),
        (
            *("5.6_12", "outcome", "Aktualiserade på nytt inom ett år"),
            *("Ärendet ledde till", share, "utfall"),
        ),
        (
            *("5.10_step", "measure", "Pojkar mot flickor, efter steg"),
            *("Steg", apart, "kon-steg"),
        ),
        (
            *(
                "5.10_reason",
                "contact_reason",
                "Andelen pojkar i ärenden med orsaken mot andelen i övriga ärenden",
            ),
            *("Kontaktorsak", apart, "kon-orsak"),
        ),
        *(
            (
                *(f"5.12_{months}", "age_group", f"Insats inom {within} från första ärendet"),
                *("Ålder", share, f"forsta-{months}"),
            )
            for months, within in ((6, "ett halvår"), (12, "ett år"), (24, "två år"))
        ),
    )
    return [
        estimates.table(nodes(caption), first, measure, rows, anchor=f"{context.anchor}-{anchor}")
        for estimand, breakdown, caption, first, measure, anchor in wanted
        if (rows := estimates.in_order(found.by(estimand, breakdown)))
    ]


def _behind_guardians(found: Estimates) -> Said:
    """How far apart the weakest and the strongest categories are, whether or not that is sure."""
    rows = [found.get(f"5.2_{name}_difference") for name in (_DECLINED, _GIVEN_UP)]
    declined, given_up = rows
    if declined is None or given_up is None:
        return ()
    return say(
        "Mellan områden med svagast och starkast ställning skiljer {declined} i avböjda "
        "erbjudanden och {given_up} i ärenden som inte utreds eftersom vårdnadshavaren inte vill.",
        declined=points(declined),
        given_up=points(given_up),
    )


def _behind_context(found: Estimates) -> Said:
    """What a district's own standing, and its board's, weigh."""
    own, within, between = (found.get(f"5.8{part}") for part in ("", "_within", "_between"))
    if own is None or within is None or between is None:
        return ()
    return say(
        "För varje tiotal i index är antalet ärenden {within} så stort mellan stadsdelar i samma "
        "nämnd och {between} så stort mellan nämnder; den förra siffran är {own} den senare.",
        within=figure(within),
        between=figure(between),
        own=figure(own),
    )
