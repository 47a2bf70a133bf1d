"""What is said of a focus area: its heading, and a summary of at most 60 words and four figures.

One synthesis instead of a list: the heading's indicator with its figures, what else deviates, what
it goes against and what must be examined, as much as there is room for. Whole paragraphs of a
report belong with the report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, assert_never

from orchestration.findings import claims
from orchestration.findings.claims import AnyClaim, Headline, OfArea, Reserved
from orchestration.findings.codes import Kind
from orchestration.language import words
from orchestration.language.inline import (
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
    way,
)

MOST_WORDS = 60
MOST_FIGURES = 4
_MOST_NAMED = 4
# So many related indicators have their change beside their name.
_WITH_CHANGE = 2
_EVERYTHING = 1000

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
            rows = [
                _with_change(row, names)
                if place < _WITH_CHANGE
                else names.subject(row.indicator_id)
                for place, row in enumerate(them)
            ]
            return _named(rows, what + " går emot {them}.", lambda row: row, most)
        case claims.Reserved():
            return _reserved(claim, names, most)
        case _:
            assert_never(claim)


def _with_change(row: claims.Moved, names: Names) -> Said:
    subject, change = names.subject(row.indicator_id), signed_percent(row.change)
    return say("{subject} ({change})", subject=subject, change=change)


def _reserved(claim: Reserved, names: Names, most: int) -> Said:
    titles = names.explanations(claim.explanation_ids)
    return _named(titles, "Kontrollera först: {them}.", lambda one: one, most)


def _named(items: Sequence[_Item], template: str, told: Callable[[_Item], Slot], most: int) -> Said:
    """A sentence with the first of the items, and ``med flera`` where there are more."""
    if not items:
        return ()
    shown = [told(item) for item in items[:most]]
    if len(items) <= most:
        return say(template, them=listing(shown))
    listed = shown[0] if len(shown) == 1 else _with_commas(shown)
    return say(template, them=say("{them} med flera", them=listed))


def _with_commas(items: Sequence[Slot]) -> Said:
    said = say("{one}", one=items[0])
    for item in items[1:]:
        said = (*said, *say(", {item}", item=item))
    return said


def _headline(claim: Headline, names: Names) -> Said:
    subject = names.subject(claim.indicator_id)
    observed = Measured.together(names.indicator(claim.indicator_id), claim.observed).full(
        claim.observed
    )
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
