"""The section on refusals of economic assistance: how many, why more, on what grounds, what then.

What is estimated belongs in `orchestration.analyses.refusals`.
"""

from __future__ import annotations

import duckdb

from orchestration.findings.estimates import AnalysisResult
from orchestration.language import quantities, words
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
)
from orchestration.reporting.document import Plain, paragraph
from orchestration.reporting.sections import estimates
from orchestration.reporting.sections import refusal_figures as figures
from orchestration.reporting.sections.analysis import AnalysisContext
from orchestration.reporting.sections.boards import Boards
from orchestration.reporting.sections.estimates import (
    Estimates,
    away_from,
    brief,
    figure,
    group,
    points,
    points_figure,
    sized,
)
from orchestration.reporting.sections.refusal_figures import REGISTER
from orchestration.reporting.yearly_values import YearlyValues

ANALYSIS = "refusals"
INDICATORS = ("assistance_rejections", "assistance_rejection_share")
_MEAN_MONTHS = "assistance_mean_months"
_CREDIT = "kredit_som_inkomst"


def blocks(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> list[Plain]:
    """Builds the section."""
    found = Estimates.load(connection, context, ANALYSIS)
    told = estimates.opening(context, REGISTER, found)
    if not found.rows or found.undelivered:
        return told
    grounds = figures.Grounds.load(connection, context)
    boards = Boards.load(connection, context, ANALYSIS, "refusals")
    told += paragraph(_rise(found, context))
    told += figures.parts(found, context)
    told += paragraph(sentences(_months(connection, context), _spells(found)))
    told += paragraph(_new_groups(found))
    told += grounds.changes()
    told += grounds.over_time()
    told += paragraph(_returns(found))
    told += figures.returns(found, context)
    told += paragraph(boards.sentence("avslag", "vilka som söker") or found.without("1.8"))
    told += boards.figure(
        say("Stadsdelsnämndernas avslag mot vad deras ansökningar låter vänta"),
        say(
            "Utfall delat med väntat, {year}. Streckad linje: som väntat.{mark}",
            year=Period.year(context.year),
            mark=context.sources.mark_of(REGISTER),
        ),
        axis="kvot mot väntat",
        anchor=f"{context.anchor}-namnder",
    )
    told += estimates.more(
        "Mer om avslagen: hur vanliga de är, för vilka, på vilka grunder och i kronor",
        [
            _level(found),
            sentences(_rate(found), _modelled(found)),
            _longer(found),
            _contrast(found),
            _money(found),
        ],
        figures.tables(found, context),
    )
    return told + paragraph(
        "Registren säger vad som sökts och beslutats, inte vilket behov som finns hos dem som inte "
        "söker. Avslag och delavslag räknas tillsammans där inget annat sägs."
    )


def result(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> Said:
    """The main result: what the change consists of, and what longer spells have to do with it."""
    found = Estimates.load(connection, context, ANALYSIS)
    return sentences(_rise(found, context), _spells(found)) if found.get("1.2") else ()


def _rise(found: Estimates, context: AnalysisContext) -> Said:
    whole = found.get("1.2")
    if whole is None or not whole.estimate:
        return found.without("1.2")
    parts = [
        say(
            "{factor} drog {way} antalet med {size}",
            factor=group(row),
            way="upp" if (row.estimate or 0.0) > 0 else "ned",
            size=sized(row),
        )
        for row in sorted(found.by("1.2", "factor"), key=lambda row: -abs(row.estimate or 0.0))
        if away_from(row, 0.0)
    ]
    return sentences(
        say(
            "Avslagen och delavslagen {moved} med {size} från {before} till {year}.",
            moved="ökade" if whole.estimate > 0 else "minskade",
            size=Number(
                abs(whole.estimate),
                Form(),
                (_whole_cell(whole),),
                Quantity.SIZE,
            ),
            before=Period.year(context.year - 1),
            year=Period.year(context.year),
        ),
        say("Uppdelat: {parts}.", parts=listing(parts)) if parts else "",
    )


def _level(found: Estimates) -> Said:
    """How common refusals are: of decisions, and of households and their months."""
    rate, households, months = map(found.get, ("1.1", "1.1_households", "1.1_months"))
    if rate is None:
        return found.without("1.1")
    among: Said = ()
    if households is not None and months is not None:
        among = say(
            ", och {households} av hushållen fick minst ett under året ({months} av deras månader)",
            households=brief(households),
            months=brief(months),
        )
    effect = found.get("1.1_design_effect")
    return sentences(
        say(
            "Av besluten var {rate} avslag eller delavslag{among}.", rate=figure(rate), among=among
        ),
        say(
            "Osäkerheten tar hänsyn till att ett hushålls beslut liknar varandra: variansen är "
            "{effect} den som fristående beslut hade gett.",
            effect=brief(effect),
        )
        if effect is not None and (effect.estimate or 0.0) > 1.0
        else "",
    )


def _rate(found: Estimates) -> Said:
    """What the change in the share of refusals consists of."""
    mix, rate = found.get("1.3_composition"), found.get("1.3_rate")
    if mix is None or rate is None:
        return found.without("1.3")
    often = (rate.estimate or 0.0) > 0
    return sentences(
        say(
            "Samma slags ansökningar avslogs {often} än året före, vilket {way} andelen avslag med "
            "{size}.",
            often="oftare" if often else "mer sällan",
            way="höjde" if often else "sänkte",
            size=points(rate),
        )
        if away_from(rate, 0.0)
        else "Om samma slags ansökningar avslogs oftare går inte att skilja från slumpen.",
        say(
            "Att sammansättningen av ansökningar ändrades {way} den med {size}{unsure}.",
            way="höjde" if (mix.estimate or 0.0) > 0 else "sänkte",
            size=points(mix),
            unsure="" if away_from(mix, 0.0) else ", vilket kan vara slump",
        ),
    )


def _modelled(found: Estimates) -> Said:
    """How much longer spells add to the share, and to how many households have any refusal."""
    rise, spells = found.get("1.4_rise"), found.get("1.4_spells")
    any_rise, any_spells, share = map(found.get, ("1.4_any_rise", "1.4_any_spells", "1.4_any"))
    if rise is None or spells is None:
        return ()
    return sentences(
        say(
            "Räknat månad för månad ändrades andelen avslag med {rise}, varav längre biståndstid "
            "svarar för {spells}.",
            rise=points_figure(rise),
            spells=points_figure(spells),
        ),
        say(
            "Andelen hushåll med minst ett avslag under året ändrades med {rise}, varav längre "
            "biståndstid svarar för {spells}{share}.",
            rise=points_figure(any_rise),
            spells=points_figure(any_spells),
            share=say(", eller {share}", share=figure(share)) if share is not None else "",
        )
        if any_rise is not None and any_spells is not None
        else "",
        _other_gaps(found),
    )


def _other_gaps(found: Estimates) -> Said:
    """The share of longer spells had another gap ended one."""
    none, two = (found.get("1.4_sensitivity", "spell_gap", gap) for gap in ("0", "2"))
    if none is None or two is None:
        return ()
    return say(
        "Utan uppehåll i biståndstiden blir andelen {none}, med två månaders uppehåll {two}.",
        none=figure(none),
        two=figure(two),
    )


def _longer(found: Estimates) -> Said:
    """Whether a refusal is likelier the longer the household has had assistance."""
    trend, within = found.get("1.5_trend"), found.by("1.5_within", "spell_band")
    last = estimates.in_order(within)[-1] if within else None
    if trend is None:
        return found.without("1.5", "Om avslag blir vanligare med tiden går inte att säga. {why}")
    first = say(
        "Mellan hushåll {way} oddsen för avslag med biståndets längd: för varje steg i "
        "biståndstid är de {trend} så höga.",
        way="stiger" if (trend.estimate or 0.0) > 1 else "sjunker",
        trend=figure(trend),
    )
    if not away_from(trend, 1.0):
        first = say(
            "Mellan hushåll ändras oddsen för avslag inte säkert med biståndets längd: {trend} för "
            "varje steg i biståndstid.",
            trend=figure(trend),
        )
    if last is None:
        return first
    return sentences(
        first,
        say(
            "Inom ett och samma hushåll är de {odds} så höga {band} som {first}. Den "
            "jämförelsen påverkas inte av vilka hushåll som blir kvar.",
            odds=figure(last),
            band=group(last),
            first=_band("1"),
        ),
    )


def _band(code: str) -> Quoted:
    text = words.category(code, "spell_band")
    return Quoted(text, "marts.analysis_results.category", code)


def _money(found: Estimates) -> Said:
    """What was applied for and not granted."""
    median, total = found.get("1.9_median"), found.get("1.9_sum")
    if median is None or total is None:
        return found.without("1.9", "Vad avslagen betyder i kronor går inte att säga. {why}")
    most = max(found.by("1.9_median", "ground"), key=lambda row: row.estimate or 0.0, default=None)
    return sentences(
        say(
            "Det som söktes men inte beviljades var sammanlagt {total}, med {median} som median "
            "för ett beslut.",
            total=brief(total),
            median=brief(median),
        ),
        say(
            "Medianen är störst vid avslag på grund av {ground}, {amount}.",
            ground=group(most),
            amount=brief(most),
        )
        if most is not None
        else "",
    )


def _whole_cell(row: AnalysisResult) -> Address:
    return estimates.value(row).cells[0]


def _months(connection: duckdb.DuckDBPyConnection, context: AnalysisContext) -> Said:
    """How long households had assistance, this year and the year before."""
    values = YearlyValues.load(connection, context.municipality_id, [_MEAN_MONTHS])
    now, before = (values.of(_MEAN_MONTHS, context.year - ago) for ago in (0, 1))
    if now is None or before is None:
        return ()
    digits = quantities.decimals(now.measure, now.unit, [now.value, before.value])
    return say(
        "Biståndstiden var i genomsnitt {now} {year}, mot {before} året före.",
        now=now.number(digits=digits),
        year=Period.year(context.year),
        before=before.number(Style.BARE, digits),
    )


def _spells(found: Estimates) -> Said:
    share = found.get("1.4")
    if share is None:
        return found.without(
            "1.4", "Hur mycket längre biståndstid betyder går inte att säga. {why}"
        )
    if not away_from(share, 0.0):
        return say(
            "Om längre biståndstid bidrar till den högre avslagsandelen går inte att skilja från "
            "slumpen: {share} av ökningen.",
            share=figure(share),
        )
    return say(
        "Längre biståndstid svarar för {share} av ökningen i andelen avslag.", share=figure(share)
    )


def _new_groups(found: Estimates) -> Said:
    rows = [row for row in found.by("1.6", "ground") if row.verdict == "unprecedented"]
    rows = [row for row in rows if (row.estimate or 0.0) > 1 and away_from(row, 1.0)]
    if not rows:
        return found.without("1.6", "Om nya grupper söker går inte att säga. {why}") or nodes(
            "Ingen av de grunder som skulle tyda på nya grupper ökade mer än tidigare år."
        )
    return say(
        "Avslagen ökade mer än för övriga grunder på grund av {grounds}. Så stora skillnader har "
        "inte förekommit tidigare år.",
        grounds=listing(
            [say("{ground}, {ratio}", ground=group(row), ratio=figure(row)) for row in rows]
        ),
    )


def _returns(found: Estimates) -> Said:
    own = found.get("1.7_no_application_3", "ground", _CREDIT)
    every = found.get("1.7_no_application_3")
    if own is None or every is None:
        return found.without("1.7_no_application_3")
    return say(
        "Av dem som fick avslag för {ground} hade {own} inte sökt igen inom tre månader, mot "
        "{every} av alla som fick avslag.",
        ground=group(own),
        own=figure(own),
        every=brief(every),
    )


def _contrast(found: Estimates) -> Said:
    """How fast a new application comes after loans that count as income."""
    contrast = found.get("1.7_contrast", "ground", _CREDIT)
    if contrast is None:
        return found.without("1.7_contrast")
    return say(
        "Takten i nya ansökningar efter avslag för {ground} är {contrast} den efter andra "
        "ekonomiska grunder{sure}.",
        ground=group(contrast),
        contrast=figure(contrast),
        sure="" if away_from(contrast, 1.0) else ", alltså inte säkert en annan",
    )
