"""What a document says of findings beside their claims: how sure, since last year, in conclusion.

What a claim says is told by the grammar of findings (`orchestration.language.telling`); here is
what needs more than one finding or the groups' own values, and what is said where nothing may be
claimed. p-values and volatilities stand in the appendix alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.findings.claims import (
    Against,
    AlsoDiffer,
    AlsoMoved,
    Followed,
    Headline,
    HowSure,
    KeptInFocus,
    Stood,
    When,
)
from orchestration.findings.codes import State, Support
from orchestration.language import areas, grammar, words
from orchestration.language import telling as grammar_of_findings
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quantity,
    Said,
    Style,
    Text,
    capitalised,
    listing,
    nodes,
    say,
    sentences,
)
from orchestration.language.names import Names, period
from orchestration.reporting import figures
from orchestration.reporting.data import AreaInFocus, Observation, Shown
from orchestration.reporting.figures import category, own

_PAIR = 2


def subject(row: Shown, municipality_name: str) -> Said:
    """A finding's name as the subject of a clause: ``antalet hushåll (kvinnor)``."""
    return figures.name(row, municipality_name, definite=grammar.definite(row.indicator.title_sv))


def result(row: Shown, names: Names, municipality_name: str) -> Said:
    """Says what a finding consists of: its first claim, or why nothing can be claimed."""
    if not row.claims:
        return _unclaimed(row, municipality_name)
    told = grammar_of_findings.tell(row.claims[0], names)
    if row.kind == "group_difference":
        before = (c for c in row.claims[1:] if isinstance(c, Stood | KeptInFocus))
        return sentences(
            told,
            *(_split(row, group) for group in row.whole_groups),
            *(grammar_of_findings.tell(claim, names) for claim in before),
        )
    found = figures.observation(row, row.year)
    preliminary = found is not None and found.status == "preliminary"
    return sentences(told, "Utfallet är preliminärt." if preliminary else "")


def _unclaimed(row: Shown, municipality_name: str) -> Said:
    told = capitalised(subject(row, municipality_name))
    when = Period.of(row.period_start, row.period_grain)
    if row.observed is None:
        return say("{subject} {when}: {why}.", subject=told, when=when, why=figures.absent(row))
    now = own(row, "observed", Style.FULL)
    hidden = (
        "Förändringen och det väntade redovisas inte, eftersom de skulle röja en skyddad uppgift."
    )
    return sentences(
        say("{subject} var {now} {when}.", subject=told, now=now, when=when),
        hidden if row.protected else "",
    )


def difference(row: Shown) -> Said:
    """How far two compared groups lie from each other; nothing where one has no value."""
    first, second = row.whole_groups
    if first.value is None or second.value is None:
        return ()
    cells = (figures.value_cell(row, first), figures.value_cell(row, second))
    gap, low = abs(first.value - second.value), min(first.value, second.value)
    share = row.indicator.measure == "proportion"
    form = Form(Style.POINTS, figures.digits(row)) if share else figures.form(row, Style.BRIEF)
    size = Number(gap, form, cells, Quantity.DIFFERENCE)
    if low <= 0:
        return say("Skillnaden är {size}.", size=size)
    relative = Number(gap / low, Form(Style.PERCENT, 1), cells, Quantity.SHARE_OF_LOWER)
    return say("Skillnaden är {size}, eller {relative}.", size=size, relative=relative)


def _split(row: Shown, group: Observation) -> Said:
    parts = [
        each
        for each in row.groups
        if each.breakdown != row.breakdown and group.category in each.category.split("*")
    ]
    if not parts or any(each.value is None for each in parts):
        return ()
    told = [
        say(
            "{value} för {part}",
            value=figures.group_value(row, each, Style.BRIEF),
            part=category("*".join(p for p in each.category.split("*") if p != group.category)),
        )
        for each in parts
    ]
    return say("För {group} var det {told}.", group=category(group.category), told=listing(told))


# --- how sure -----------------------------------------------------------------------------------


def sureness(row: Shown) -> str:
    """How sure a finding is, in the words of the scale; of what stands, that it does."""
    if row.state == State.STANDING:
        return words.STANDING
    return words.UNSURE if row.q_value is None else words.sureness(row.q_value) or words.UNSURE


def stood_since(row: Shown) -> When | None:
    """From when a difference has gone the same way; None of anything else."""
    return next((claim.since for claim in row.claims if isinstance(claim, Stood)), None)


def sure(row: Shown, names: Names) -> Said:
    """How sure a finding is, in a sentence; of what stands, since when. Nothing if not tested."""
    if row.state == State.STANDING:
        return _stood(row)
    if row.q_value is None:
        return ()
    q_value = row.figure("q_value", row.q_value)
    judged = row.kind == "stability"
    return grammar_of_findings.tell(HowSure(q_value=q_value, judged=judged), names)


def _stood(row: Shown) -> Said:
    since = stood_since(row)
    if since is None:
        return ()
    return say("Skillnaden har gått åt samma håll sedan {year}.", year=period(since))


def stands(area: AreaInFocus) -> bool:
    """Whether all that an area is in focus for was there before, and somebody keeps it there."""
    return bool(area.deviations) and all(row.state == State.STANDING for row in area.deviations)


def how_sure(rows: Sequence[Shown]) -> Said:
    """How sure the findings of an area are together."""
    told = [row for row in rows if row.kind != "contrary" and not row.protected]
    if told and all(row.state == State.STANDING for row in told):
        return _stood(told[0])
    told = [row for row in told if row.state != State.STANDING]
    counts = {text: 0 for _, text in words.SURENESS}
    for row in told:
        text = sureness(row)
        counts[text] = counts.get(text, 0) + 1
    present = {text: number for text, number in counts.items() if number}
    if not present:
        return ()
    if len(present) == 1:
        text = next(iter(present))
        return (
            say("Att det inte är en slump är {sure}.", sure=text)
            if text != words.UNSURE
            else nodes("Om det är en slump går inte att säga.")
        )
    parts = [
        say("{sure} för {number}", sure=text, number=_how_many(told, text, number))
        for text, number in present.items()
    ]
    return say("Att det inte är en slump är {parts}.", parts=listing(parts))


def _how_many(rows: Sequence[Shown], text: str, number: int) -> Said:
    cells = tuple(figures.cell_of(row, "q_value") for row in rows if sureness(row) == text)
    noun = "mått"
    return say(
        "{number} {noun}",
        number=Number(number, Form(Style.CARDINAL), cells, Quantity.COUNT),
        noun=noun,
    )


# --- an area together ---------------------------------------------------------------------------


def headline(area: AreaInFocus, names: Names) -> Said:
    """What an area's chapter is about: the area and what was found, or the area alone."""
    found = next((claim for claim in area.claims if isinstance(claim, Headline)), None)
    if found is None:
        return (Text(words.word(words.AREAS, area.area)),)
    return areas.title(found, names)


def together(area: AreaInFocus, names: Names) -> list[Said]:
    """What else is said of an area: what it goes against, what else moved."""
    return [
        grammar_of_findings.tell(claim, names)
        for claim in area.claims
        if isinstance(claim, Against | AlsoMoved | AlsoDiffer)
    ]


def conclusion(area: AreaInFocus, names: Names) -> Said:
    """One sentence for what an area's figures show together, and how it stands to others."""
    said = areas.synthesis(area.claims, names)
    if said:
        return said
    moved = any(
        not row.protected and row.kind not in {"group_difference", "contrary"}
        for row in area.deviations
    )
    return nodes(
        "Utfallet är inte som tidigare år låter vänta, och ingen känd förklaring räcker till."
        if moved
        else ""
    )


def any_tested(area: AreaInFocus) -> bool:
    """Whether the figures have been asked of any explanation."""
    return any(each.support is not Support.UNTESTABLE for each in area.verdicts.values())


def limits_of_figures(
    deviations: Sequence[Shown], *, compared: bool, synthetic: bool, tested: bool = False
) -> list[Said]:
    """Says what the figures of a focus area cannot show, the most general first.

    Args:
        deviations: The area's deviations.
        compared: Whether other sources were held against them.
        synthetic: Whether any source of the area is synthetic.
        tested: Whether any explanation has been tested.
    """
    told = [
        "De visar inte varför utfallet avviker. Att en förklaring stöds betyder att uppgifterna "
        "talar för den, inte att den är hela orsaken."
        if tested
        else "De visar inte varför utfallet avviker; förklaringarna ovan är inte prövade mot data."
    ]
    if compared:
        told.append(
            "Jämförda belopp i kronor är i löpande priser där inget annat sägs: en del av en "
            "ökning kan vara prisutveckling."
        )
    if any(row.kind == "group_difference" for row in deviations):
        told.append(
            "Skillnaden mellan grupperna är inte justerad för behov, ålder eller vilka som söker "
            "stöd. Den visar därför inte att lika behov bedöms olika."
        )
    if any(row.kind in {"change", "stability"} for row in deviations):
        told.append(
            "Årsserierna är korta. Hur mycket ett mått brukar variera är därför skattat "
            "gemensamt för jämförbara mått och inte för den enskilda serien."
        )
    if compared:
        told.append(
            "Att två uppgifter rör sig åt olika håll visar inte att den ena påverkar den andra."
        )
    if synthetic:
        told.append(
            "Uppgifter som är märkta syntetiska är framtagna för att pröva systemet. De kan inte "
            "ligga till grund för slutsatser om verksamheten."
        )
    return [nodes(text) for text in told]


# --- the year before ----------------------------------------------------------------------------

_SINCE = {
    "again": "{year} avviker utfallet från det väntade åt samma håll igen.",
    "turned": "{year} avviker utfallet från det väntade åt motsatt håll.",
    "lasts": "{year} avviker utfallet inte på nytt: nivån ligger kvar, så långt det går att se.",
    "faded": "{year} kan avvikelsen inte skiljas från slump.",
    "cannot_tell": "Vad som har hänt sedan dess går inte att avgöra för {year}.",
}
_GROUPS_SINCE = {
    "again": "{year} skiljer sig grupperna åt på samma sätt igen.",
    "turned": "{year} skiljer sig grupperna åt på motsatt sätt.",
    "faded": "{year} kan skillnaden inte skiljas från slump.",
}


def followed_up(row: Shown, names: Names, municipality_name: str) -> Said:
    """Says what became of a finding that was in focus the year before.

    Raises:
        LookupError: If what became of it has no Swedish words.
    """
    before = row.last_year
    if before is None:
        return ()
    of_groups = row.kind == "group_difference"
    words_of = _SINCE | (_GROUPS_SINCE if of_groups else {})
    if before.since not in words_of:
        raise LookupError(f"no Swedish words for what became of it: {before.since!r}")
    parts: list[Said] = [
        _before(row),
        say(words_of[before.since], year=Period.year(row.year)),
    ]
    if row.protected:
        parts.append(
            say("Utfallet {year}: {why}.", year=Period.year(row.year), why=figures.absent(row))
        )
    elif of_groups:
        parts.append(_groups_now(row))
    elif row.observed is not None:
        parts.append(
            result(row, names, municipality_name)
            if row.claims and not isinstance(row.claims[0], Followed)
            else _unclaimed(row, municipality_name)
        )
    return sentences(*parts)


def _before(row: Shown) -> Said:
    before, year = row.last_year, Period.year(row.year - 1)
    kind = words.word(words.KINDS, row.kind)
    if before is None or before.observed is None or before.expected is None:
        return say("I fokus {year} ({kind}).", year=year, kind=kind)
    against_what = "i den andra gruppen" if row.kind == "group_difference" else "väntat"
    cells = [
        figures.cell_of(row, f"evidence.last_year.{column}") for column in ("observed", "expected")
    ]
    form = figures.form(row, Style.FULL)
    brief = figures.form(row, Style.BRIEF)
    return say(
        "I fokus {year} ({kind}): {observed}, mot {expected} {what}.",
        year=year,
        kind=kind,
        observed=Number(before.observed, form, (cells[0],)),
        expected=Number(before.expected, brief, (cells[1],)),
        what=against_what,
    )


def _groups_now(row: Shown) -> Said:
    groups = [group for group in row.whole_groups if group.value is not None]
    if len(groups) != _PAIR:
        return ()
    first, second = (figures.group_value(row, group, Style.BRIEF) for group in groups)
    return say(
        "Utfallet {year} var {first} mot {second}.",
        year=Period.year(row.year),
        first=first,
        second=second,
    )
