"""From claims to sentences: one function a kind of claim, and no sentence without a claim.

The only grammar of findings: the marts' sentences, memorandum, pages and command line say the same
of the same claim, with the same digits. Headings and summaries of focus areas are in `areas`, the
titles of found explanations in `causes`, what slots are called in `names`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import assert_never

from orchestration.findings import claims
from orchestration.findings.claims import AnyClaim, Hindrance
from orchestration.findings.codes import Kind, Since, State, Verdict
from orchestration.indicators.models import Measure
from orchestration.language import areas, causes, estimates, words
from orchestration.language.inline import (
    Form,
    Said,
    Style,
    capitalised,
    listing,
    say,
    sentences,
)
from orchestration.language.names import (
    NO_CHANGE,
    Measured,
    Names,
    during,
    group,
    moved,
    number,
    percent,
    period,
    signed_percent,
    since,
    way,
)

_STOOD: Mapping[State, str] = MappingProxyType(
    {
        State.NEW: "Sedan {since} gick skillnaden åt andra hållet.",
        State.STANDING: "Skillnaden har gått åt samma håll sedan {since} och har inte säkert "
        "ändrats.",
        State.WIDENING: "Skillnaden har gått åt samma håll sedan {since} och har ökat.",
        State.NARROWING: "Skillnaden har gått åt samma håll sedan {since} och har minskat.",
        State.GONE: "Skillnaden fanns sedan {since}, men går inte längre att skilja från slump.",
    }
)
_NO_CHANCE: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.PROPORTION: "Andelen saknar täljare och nämnare, så slumpen kan inte mätas.",
        Measure.RATE: "Kvoten saknar täljare eller nämnare, så slumpen kan inte mätas.",
        Measure.MEAN: "Medelvärdets spridning och antal saknas, så slumpen kan inte mätas.",
        Measure.COUNT: "Värdet är noll eller negativt och kan inte prövas.",
        Measure.AMOUNT: "Värdet är noll eller negativt och kan inte prövas.",
    }
)
_FADED: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.CHANGE: "som en förändring, som inte är säkerställd {year}",
        Kind.CONTRARY: "som en motsatt rörelse, som inte är säkerställd {year}",
        Kind.GROUP_DIFFERENCE: "som en skillnad mellan grupper, som inte är säkerställd {year}",
        Kind.STABILITY: "som en utebliven förändring, som inte är säkerställd {year}",
        Kind.DISTRICT_OUTLIER: "för en nämnd som inte skiljer sig säkert från de övriga {year}",
        Kind.DISTRICT_CHANGE: "för en nämnd som inte säkert gick en egen väg {year}",
    }
)
_MOVED_TOGETHER = "De brukar öka och minska tillsammans."
_MOVED_APART = "De brukar gå åt motsatta håll."


def reason(told: Sequence[AnyClaim], names: Names) -> Said:
    """What a finding's claims say, one after the other."""
    return sentences(*(tell(claim, names) for claim in told))


def tell(claim: AnyClaim, names: Names) -> Said:  # noqa: C901, PLR0911, PLR0912 - one case a kind
    """Says one claim in one or a few whole sentences.

    Args:
        claim: What is to be said.
        names: What its slots are called.

    Raises:
        LookupError: If a slot has no name.
        ValueError: If an indicator is not in the catalogue.
    """
    match claim:
        case claims.Changed():
            return _changed(claim, names)
        case claims.StoodStill():
            return _stood_still(claim, names)
        case claims.WentApart():
            return _went_apart(claim, names)
        case claims.GroupsDiffer():
            return _groups_differ(claim, names)
        case claims.BoardStandsOut():
            return _board_stands_out(claim, names)
        case claims.BoardMoved():
            return _board_moved(claim, names)
        case claims.MovedAsOne():
            return _moved_as_one(claim)
        case claims.Followed():
            return _followed(claim, names)
        case claims.HowSure(q_value=q, judged=judged):
            sure = words.sureness(q.value)
            if sure is None:
                return say("Om det är slump går inte att säga.")
            given = ", om de bedömda sambanden stämmer" if judged else ""
            return say("Att det inte är slump är {sure}{given}.", sure=sure, given=given)
        case claims.ExplainedBy(explanation_ids=ids):
            return say("Förklaras av: {titles}.", titles=listing(names.explanations(ids)))
        case claims.LargerThanExplained(explanation_ids=ids):
            titles = listing(names.explanations(ids))
            return say("Större än vad som förklaras av: {titles}.", titles=titles)
        case claims.KnownCause(explanation_ids=ids):
            return say("Känd orsak: {titles}.", titles=listing(names.explanations(ids)))
        case claims.Reserved():
            return areas.reserved(claim, names)
        case claims.MayBeChance(grain=grain):
            tested = "månader" if grain == "month" else "mått"
            return say(
                "När så många {tested} prövas kan en avvikelse av den här storleken vara ren "
                "slump.",
                tested=tested,
            )
        case claims.TooSmall(minimum=least):
            limit = number(least, Form(Style.PERCENT, 0))
            return say("Avvikelsen är mindre än {limit} och bevakas.", limit=limit)
        case claims.Stood(state=state, since=when):
            return say(_STOOD[state], since=period(when))
        case claims.KeptInFocus():
            return say("Förvaltningen har valt att behålla den som fokusområde.")
        case claims.OfSurroundings():
            return say("Måttet hör till omvärlden och prövas som stöd, inte som eget fokusområde.")
        case claims.CityNotInFocus():
            return say("Måttet är inte i fokus för staden som helhet.")
        case claims.WentOn(since=when, months=months):
            return say(
                "Månaden är en av {months} sedan {since} som avviker åt samma håll.",
                months=number(months, Form(Style.CARDINAL)),
                since=period(when),
            )
        case claims.SupportsTheYear():
            return say("Månader prövas som stöd för årets mått.")
        case claims.NoValue(when=when, status=status):
            lacks = words.word(words.NO_VALUE, status)
            return say("Värdet för {when} {lacks}.", when=period(when), lacks=lacks)
        case claims.NoChanceToMeasure(measure=measure):
            return say(_NO_CHANCE[measure])
        case claims.NothingEarlier(when=when):
            return say("Jämförbara värden före {when} saknas.", when=period(when))
        case claims.MonthsTooShort(when=when, least=least):
            return say(
                "Månaderna under {when} kan inte prövas: färre än {least} jämförbara månader före "
                "dem, eller för få fall.",
                when=period(when),
                least=number(least, Form()),
            )
        case claims.GroupsWithoutValue(when=when, groups=groups):
            return say(
                "Jämförbart värde för {when} saknas för {groups}.",
                when=period(when),
                groups=listing([group(one) for one in groups]),
            )
        case claims.GroupsNotTested():
            return _groups_not_tested(claim)
        case claims.StillnessUnproved(indicator_id=indicator_id, expected_change=change):
            return say(
                "Drivkrafterna lät vänta {change} för {subject}, men talen är för små eller för "
                "oroliga för att skilja stillastående från den väntade förändringen.",
                change=signed_percent(change),
                subject=names.subject(indicator_id),
            )
        case claims.Compared():
            return _compared(claim, names)
        case claims.Record():
            return _record(claim, names)
        case claims.Turned():
            return _turned(claim, names)
        case claims.HypothesisTested():
            return estimates.tested(claim, names)
        case claims.Headline() | claims.AlsoMoved() | claims.AlsoDiffer() | claims.Against():
            return areas.sentence(claim, names)
        case (
            claims.LossInNote()
            | claims.BoardCeased()
            | claims.BoardArose()
            | claims.SeriesBroken()
            | claims.SourceChanged()
            | claims.ContractChanged()
            | claims.RegisterDrifted()
            | claims.MovedWithoutAssessment()
        ):
            title = causes.title(claim, names)
            return sentences(say("{title}.", title=title), causes.description(claim, names))
        case _:
            assert_never(claim)


def _changed(claim: claims.Changed, names: Names) -> Said:
    indicator = names.indicator(claim.indicator_id)
    printed = Measured.together(indicator, claim.observed, claim.lower, claim.upper, claim.previous)
    subject = capitalised(names.subject(claim.indicator_id))
    observed = printed.full(claim.observed)
    if claim.change is None or claim.since is None or claim.previous is None:
        happened = say(
            "{subject} var {observed} {during}.",
            subject=subject,
            observed=observed,
            during=during(claim.when),
        )
    else:
        happened = say(
            "{subject} {moved} från {since} till {when}: från {previous} till {observed}.",
            subject=subject,
            moved=moved(claim.change),
            since=period(claim.since),
            when=period(claim.when),
            previous=printed.bare(claim.previous),
            observed=observed,
        )
    expected = printed.between(claim.lower, claim.upper)
    return sentences(
        happened, say("Av tidigare år att döma var {expected} att vänta.", expected=expected)
    )


def _stood_still(claim: claims.StoodStill, names: Names) -> Said:
    printed = Measured.together(names.indicator(claim.indicator_id), claim.observed)
    own = say("") if abs(claim.change.value) < NO_CHANGE else signed_percent(claim.change)
    return sentences(
        say(
            "{subject} stod i stort sett stilla {when}, på {observed}{own}.",
            subject=capitalised(names.subject(claim.indicator_id)),
            when=period(claim.when),
            observed=printed.full(claim.observed),
            own=say(" ({own})", own=own) if own else "",
        ),
        say(
            "Av {drivers} att döma var en {way} med {size} att vänta.",
            drivers=listing(
                [
                    say(
                        "{driver} ({change})",
                        driver=names.subject(each.indicator_id),
                        change=signed_percent(each.change),
                    )
                    for each in claim.drivers
                ]
            ),
            way=way(claim.expected_change, "ökning", "minskning"),
            size=percent(claim.expected_change),
        ),
    )


def _went_apart(claim: claims.WentApart, names: Names) -> Said:
    together = claim.expected_sign > 0
    return sentences(
        say(
            "{subject} {moved} {when}, {but} {related} {related_moved}{since}.",
            subject=capitalised(names.subject(claim.indicator_id)),
            moved=moved(claim.change),
            when=period(claim.when),
            but="medan" if together else "och även",
            related=names.subject(claim.related_indicator_id),
            related_moved=moved(claim.related_change),
            since=since(claim.since),
        ),
        say(_MOVED_TOGETHER if together else _MOVED_APART),
    )


def _groups_differ(claim: claims.GroupsDiffer, names: Names) -> Said:
    indicator = names.indicator(claim.indicator_id)
    printed = Measured.together(indicator, claim.observed, claim.other_observed)
    return say(
        "{subject} var {observed} i gruppen {group} {when}, mot {other_observed} i gruppen "
        "{other}: {size} {way}.",
        subject=capitalised(names.subject(claim.indicator_id)),
        observed=printed.full(claim.observed),
        group=group(claim.group),
        when=period(claim.when),
        other_observed=printed.bare(claim.other_observed),
        other=group(claim.other),
        size=percent(claim.difference),
        way=way(claim.difference, "högre", "lägre"),
    )


def _board_stands_out(claim: claims.BoardStandsOut, names: Names) -> Said:
    indicator = names.indicator(claim.indicator_id)
    printed = Measured.together(indicator, claim.observed, claim.lower, claim.upper)
    others = say("de andra nämnderna")
    if claim.covariate is not None:
        others = listing([others, names.subject(claim.covariate)])
    before = say("")
    if claim.before is not None:
        before = say(
            "Året före låg nämnden {size} {side} det väntade.",
            size=percent(claim.before),
            side=way(claim.before, "över", "under"),
        )
    return sentences(
        say(
            "{place}: {subject} var {observed} {when}.",
            place=names.place(claim.geography_id),
            subject=names.subject(claim.indicator_id),
            observed=printed.full(claim.observed),
            when=period(claim.when),
        ),
        say(
            "Av {others} att döma var {expected} att vänta.",
            others=others,
            expected=printed.between(claim.lower, claim.upper),
        ),
        before,
    )


def _board_moved(claim: claims.BoardMoved, names: Names) -> Said:
    indicator = names.indicator(claim.indicator_id)
    printed = Measured.together(indicator, claim.observed, claim.lower, claim.upper)
    rest = say("")
    if claim.change is not None and claim.since is not None:
        rest = say(
            "Sedan {since} {moved} värdet{rest}.",
            since=period(claim.since),
            moved=moved(claim.change),
            rest=say("")
            if claim.rest_change is None
            else say("; i den övriga staden {moved} det", moved=moved(claim.rest_change)),
        )
    return sentences(
        say(
            "{place}: {subject} var {observed} {when}.",
            place=names.place(claim.geography_id),
            subject=names.subject(claim.indicator_id),
            observed=printed.full(claim.observed),
            when=period(claim.when),
        ),
        say(
            "Hade nämnden följt den övriga staden var {expected} att vänta.",
            expected=printed.between(claim.lower, claim.upper),
        ),
        rest,
    )


def _moved_as_one(claim: claims.MovedAsOne) -> Said:
    return sentences(
        say(
            "Stadens antalsmått rörde sig {when} åt samma håll: typiskt {size} {side} det "
            "väntade, räknat över {registers} register.",
            when=period(claim.when),
            size=percent(claim.change),
            side=way(claim.change, "över", "under"),
            registers=number(claim.registers, Form(Style.CARDINAL)),
        ),
        say("Varje mått är därför prövat mot den gemensamma rörelsen."),
    )


def _followed(claim: claims.Followed, names: Names) -> Said:
    year = period(claim.when)
    before = period(claims.When.of(claim.when.start.year - 1))
    head = say(
        "Följs upp: {subject} var i fokus {before}",
        subject=names.subject(claim.indicator_id),
        before=before,
    )
    match claim.since:
        case Since.CANNOT_TELL:
            tail = say(", men värdet för {year} saknas.", year=year)
        case Since.FADED:
            tail = say(" " + _FADED[claim.deviation] + ".", year=year)
        case Since.LASTS:
            tail = say(
                " och avviker inte på nytt {year}{now}.", year=year, now=_followed_now(claim, names)
            )
        case Since.AGAIN:
            tail = say(" och avviker {year} åt samma håll igen.", year=year)
        case Since.TURNED:
            tail = say(" och avviker {year} åt motsatt håll.", year=year)
        case _:
            assert_never(claim.since)
    return sentences((*head, *tail))


def _followed_now(claim: claims.Followed, names: Names) -> Said:
    if claim.observed is None:
        return ()
    printed = Measured.together(names.indicator(claim.indicator_id), claim.observed)
    value = printed.full(claim.observed)
    if claim.change is None:
        return say(": {value}", value=value)
    change = signed_percent(claim.change)
    return say(": {value} ({change} på ett år)", value=value, change=change)


def _groups_not_tested(claim: claims.GroupsNotTested) -> Said:
    match claim.why:
        case Hindrance.NO_SPREAD_KNOWN:
            return say(
                "Spridning och antal bakom gruppernas värden saknas, så skillnaden kan inte "
                "skiljas från slump."
            )
        case Hindrance.NOT_ABOVE_NOUGHT:
            return say(
                "Värdet för {group} är inte större än noll, så skillnaden har inget mått i "
                "procent.",
                group="gruppen" if claim.group is None else group(claim.group),
            )
        case Hindrance.ALL_ALIKE:
            return say(
                "Alla i vardera gruppen har samma värde, så slumpen kan inte mätas och skillnaden "
                "kan inte prövas."
            )
        case _:
            assert_never(claim.why)


def _record(claim: claims.Record, names: Names) -> Said:
    ends = "så långt uppgifterna går tillbaka, till {since}" if claim.of_all else "sedan {since}"
    return say(
        "{subjects} har inte varit {way} " + ends + ".",
        subjects=_subjects(claim.indicator_ids, names),
        way="högre" if claim.highest else "lägre",
        since=period(claim.since),
    )


def _turned(claim: claims.Turned, names: Names) -> Said:
    ends = (
        ", för första gången så långt uppgifterna går tillbaka, till {since}"
        if claim.first
        else ", för första gången sedan {since}"
    )
    return say(
        "{subjects} {moved} {when}" + ends + ".",
        subjects=_subjects(claim.indicator_ids, names),
        moved="ökade" if claim.rose else "minskade",
        when=period(claim.when),
        since=period(claim.since),
    )


def _subjects(ids: Sequence[str], names: Names) -> Said:
    return capitalised(areas.among(ids, names.subject))


def _compared(claim: claims.Compared, names: Names) -> Said:
    subject = capitalised(names.subject(claim.related_indicator_id))
    if claim.related_change is None:
        return say(
            "{subject} går inte att jämföra med: värde eller historik saknas.", subject=subject
        )
    match claim.verdict:
        case Verdict.CONTRARY:
            usual = "följas åt" if claim.expected_sign > 0 else "gå åt motsatta håll"
            tail = f"{{subject}} {{moved}}{{since}}, fast de två brukar {usual}."
        case Verdict.DIVERGENT_WITHIN_NOISE:
            tail = (
                "{subject} {moved}{since}, åt annat håll än väntat, men skillnaden kan vara slump."
            )
        case Verdict.AS_EXPECTED:
            tail = "{subject} {moved}{since}, åt väntat håll."
        case Verdict.CANNOT_TELL:
            tail = "{subject} {moved}{since}; det ger inget besked."
        case _:
            assert_never(claim.verdict)
    return say(tail, subject=subject, moved=moved(claim.related_change), since=since(claim.since))
