"""What is said of a focus area: its heading, and a summary of at most 60 words and four figures.

One synthesis instead of a list: the heading's indicator with its figures, what else deviates, what
it goes against and what must be examined, as much as there is room for. Whole paragraphs of a
report belong with the report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, assert_never

from orchestration.findings import claims
from orchestration.findings.claims import AnyClaim, Headline, OfArea, Reserved
from orchestration.findings.codes import Kind
from orchestration.language import words
from orchestration.language.inline import (
    Number,
    Said,
    Slot,
    capitalised,
    every_number,
    listing,
    plain,
    say,
    sentences,
)
from orchestration.language.names import (
    NO_CHANGE,
    Measured,
    Names,
    group,
    moved,
    percent,
    period,
    signed_percent,
    since,
    way,
)

MOST_WORDS = 60
MOST_FIGURES = 4
_MOST_NAMED = 4
# So many related indicators have their change beside their name.
_WITH_CHANGE = 2
# So few all have it where all are named.
_FEW = 3
_EVERYTHING = 1000
# So many are named where one sentence is about several.
_IN_SYNTHESIS = 3

_Item = TypeVar("_Item")


def title(headline: Headline, names: Names) -> Said:
    """The heading of a focus area."""
    subject = names.subject(headline.indicator_id)
    if headline.deviation is Kind.GROUP_DIFFERENCE:
        groups = listing([group(one) for one in headline.groups])
        return say("{groups}: skillnad i {subject}", groups=capitalised(groups), subject=subject)
    if headline.deviation is Kind.STABILITY:
        said = say("stod i stort sett stilla")
    elif headline.deviation is Kind.DISTRICT_OUTLIER:
        said = say("avviker i {place}", place=names.place(headline.geography_id))
    elif headline.change is None:
        said = ()
    elif headline.deviation is Kind.DISTRICT_CHANGE:
        said = say(
            "{moved} i {place}",
            moved=moved(headline.change),
            place=names.place(headline.geography_id),
        )
    else:
        said = moved(headline.change)
    area = words.word(words.AREAS, headline.area)
    head = say("{area}: {subject}", area=area, subject=subject)
    return (*head, *say(" {said}", said=said)) if said else head


def summary(told: Sequence[AnyClaim], names: Names) -> Said:
    """An area's claims in their order: as many as there is room for, naming as much as it holds.

    Raises:
        TypeError: If a claim is not about an area.
        ValueError: If there is none.
    """
    of_area = [claim for claim in told if isinstance(claim, OfArea | Reserved)]
    if len(of_area) != len(told):
        raise TypeError("a claim is not about an area")
    if not of_area:
        raise ValueError("an area without claims has no summary")
    for kept in range(len(of_area), 1, -1):
        for most in range(_MOST_NAMED, 0, -1):
            said = sentences(*(_of_area(one, names, most) for one in of_area[:kept]))
            if fits(said):
                return said
    return _of_area(of_area[0], names, 1)


def fits(said: Said) -> bool:
    """Whether what is said of an area is as short as a summary of it may be."""
    few = len(list(every_number(said))) <= MOST_FIGURES
    return few and len(plain(said).split()) <= MOST_WORDS


def synthesis(told: Sequence[AnyClaim], names: Names, *, measured: bool = False) -> Said:
    """What an area's claims say together, in one sentence; nothing where they have no pattern.

    The patterns: what the heading speaks of falls or rises, like others of the area, although
    what it is held against does not; groups differ; it stands still.

    Args:
        told: The area's claims.
        names: What they are called.
        measured: Whether the heading's figures stand in it, where they stand nowhere else.
    """
    headline = next((claim for claim in told if isinstance(claim, Headline)), None)
    if headline is None:
        return ()
    if measured and headline.deviation in {Kind.GROUP_DIFFERENCE, Kind.STABILITY}:
        return _headline(headline, names)
    subject = capitalised(names.subject(headline.indicator_id))
    change = headline.change
    if headline.deviation is Kind.GROUP_DIFFERENCE and change is not None:
        one, other = headline.groups
        return say(
            "{subject} är {way} för {group} än för {other}, och skillnaden är större än slumpen "
            "medger.",
            subject=subject,
            way=way(change, "högre", "lägre"),
            group=group(one),
            other=group(other),
        )
    if headline.deviation is Kind.STABILITY:
        return say(
            "{subject} står i stort sett stilla trots att omgivande uppgifter har rört sig.",
            subject=subject,
        )
    if change is None or abs(change.value) < NO_CHANGE:
        return ()
    also = [
        name
        for claim in told
        if isinstance(claim, claims.AlsoMoved)
        for name in (claim.higher if change.value > 0 else claim.lower)
    ]
    against = [row for claim in told if isinstance(claim, claims.Against) for row in claim.moved]
    plain_names = {row.indicator_id: names.subject(row.indicator_id) for row in against}
    return say(
        "{subject} {moves}{also}{despite}.",
        subject=subject,
        moves=say(
            "{moved} {when}, till {observed}",
            moved=moved(change),
            when=period(headline.when),
            observed=_observed(headline, names),
        )
        if measured
        else way(change, "ökade", "minskade"),
        also=say(", liksom {them},", them=among(also, names.subject)) if also else "",
        despite=say(
            "{comma} trots att {them}",
            comma="," if measured and not also else "",
            them=_both(against, plain_names, among),
        )
        if against
        else ", vilket tidigare år inte lät vänta"
        if measured
        else " mer än tidigare år lät vänta, och ingen känd förklaring räcker till",
    )


def sentence(claim: OfArea, names: Names) -> Said:
    """One claim of an area, with all that it names."""
    return _of_area(claim, names, _EVERYTHING)


def reserved(claim: Reserved, names: Names) -> Said:
    """What must be examined first, all of it."""
    return _reserved(claim, names, len(claim.explanation_ids))


def _of_area(claim: OfArea | Reserved, names: Names, most: int) -> Said:
    match claim:
        case claims.Headline():
            return _headline(claim, names)
        case claims.AlsoMoved(lower=lower, higher=higher):
            return sentences(
                _named(lower, "Lägre än väntat är också {them}.", names.subject, most),
                _named(higher, "Högre än väntat är också {them}.", names.subject, most),
            )
        case claims.AlsoDiffer(indicator_ids=ids):
            return _named(ids, "Grupper skiljer sig åt även i {them}.", names.subject, most)
        case claims.Against(change=change, moved=them):
            what = "Utvecklingen" if change is None else way(change, "Ökningen", "Minskningen")
            rows = {
                row.indicator_id: _with_change(row, names)
                if place < _WITH_CHANGE or (most == _EVERYTHING and len(them) <= _FEW)
                else names.subject(row.indicator_id)
                for place, row in enumerate(them)
            }

            def listed(items: Sequence[str], told: Callable[[str], Slot]) -> Said:
                return _listed(items, told, most)

            return say("{what} kom trots att {them}.", what=what, them=_both(them, rows, listed))
        case claims.Reserved():
            return _reserved(claim, names, most)
        case _:
            assert_never(claim)


def _with_change(row: claims.Moved, names: Names) -> Said:
    return say(
        "{subject} ({change}{since})",
        subject=names.subject(row.indicator_id),
        change=signed_percent(row.change),
        since=since(row.since),
    )


def among(items: Sequence[str], told: Callable[[str], Slot]) -> Said:
    """``A, B och C``, and ``bland annat`` before them where there are more."""
    them = listing([told(item) for item in items[:_IN_SYNTHESIS]])
    return say("bland annat {them}", them=them) if len(items) > _IN_SYNTHESIS else them


def _both(
    moved_too: Sequence[claims.Moved],
    told: Mapping[str, Slot],
    listed: Callable[[Sequence[str], Callable[[str], Slot]], Said],
) -> Said:
    """``A och B ökade och C minskade``."""
    parts = []
    for verb, sign in (("ökade", 1), ("minskade", -1)):
        mine = [row.indicator_id for row in moved_too if sign * row.change.value > 0]
        if mine:
            them = listed(mine, lambda name: told[name])
            parts.append(say("{them} {verb}", them=them, verb=verb))
    return listing(parts)


def _reserved(claim: Reserved, names: Names, most: int) -> Said:
    titles = names.explanations(claim.explanation_ids)
    return _named(titles, "Kontrollera först: {them}.", lambda one: one, most)


def _named(items: Sequence[_Item], template: str, told: Callable[[_Item], Slot], most: int) -> Said:
    """A sentence with the first of the items, and ``med flera`` where there are more."""
    return say(template, them=_listed(items, told, most)) if items else ()


def _listed(items: Sequence[_Item], told: Callable[[_Item], Slot], most: int) -> Said:
    shown = [told(item) for item in items[:most]]
    if len(items) <= most:
        return listing(shown)
    listed = shown[0] if len(shown) == 1 else _with_commas(shown)
    return say("{them} med flera", them=listed)


def _with_commas(items: Sequence[Slot]) -> Said:
    said = say("{one}", one=items[0])
    for item in items[1:]:
        said = (*said, *say(", {item}", item=item))
    return said


def _observed(claim: Headline, names: Names) -> Number:
    found = names.indicator(claim.indicator_id)
    return Measured.together(found, claim.observed).full(claim.observed)


def _headline(claim: Headline, names: Names) -> Said:
    subject = names.subject(claim.indicator_id)
    observed = _observed(claim, names)
    when = period(claim.when)
    change = claim.change
    if claim.deviation is Kind.GROUP_DIFFERENCE and change is not None:
        one, other = claim.groups
        return say(
            "{subject} var {observed} i gruppen {group} {when}, {size} {way} än i gruppen {other}.",
            subject=capitalised(subject),
            observed=observed,
            group=group(one),
            when=when,
            size=percent(change),
            way=way(change, "högre", "lägre"),
            other=group(other),
        )
    if claim.deviation is Kind.STABILITY:
        return say(
            "{subject} stod i stort sett stilla {when}, fast omgivande uppgifter lät vänta en "
            "förändring.",
            subject=capitalised(subject),
            when=when,
        )
    if claim.deviation is Kind.DISTRICT_OUTLIER:
        return say(
            "I {place} var {subject} {observed} {when}, vilket skiljer sig från de andra "
            "nämnderna.",
            place=names.place(claim.geography_id),
            subject=subject,
            observed=observed,
            when=when,
        )
    if claim.deviation is Kind.DISTRICT_CHANGE:
        return say(
            "I {place} var {subject} {observed} {when}, en annan utveckling än i den övriga "
            "staden.",
            place=names.place(claim.geography_id),
            subject=subject,
            observed=observed,
            when=when,
        )
    if change is None or abs(change.value) < NO_CHANGE:
        return say(
            "{subject} var {observed} {when}.",
            subject=capitalised(subject),
            observed=observed,
            when=when,
        )
    return say(
        "{subject} {moved} {when}, till {observed}.",
        subject=capitalised(subject),
        moved=moved(change),
        when=when,
        observed=observed,
    )
