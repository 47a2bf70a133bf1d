"""Swedish sentences written from figures: what was observed, expected and compared.

Each function turns one record into text and states only what the record holds; a missing figure is
said to be missing. The titles of indicators are indefinite noun phrases from the catalogue, so the
sentences are built to be right for any of them. Layout and the order of sections belong in
``memorandum``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from orchestration.language import dates, grammar, numbers, quantities, words
from orchestration.reporting.data import Deviation, Indicator, Observation, Triangulation

_NO_CHANGE = 0.0005
"""Relative changes below this print as 0,0 per cent and are called unchanged."""


def name(indicator: Indicator, *parts: str) -> str:
    """Names an indicator with what narrows it: ``boendestödstimmar (kvinnor, Norrmalm)``."""
    narrowed = ", ".join(part for part in parts if part)
    return f"{indicator.title_sv} ({narrowed})" if narrowed else indicator.title_sv


def deviation_name(deviation: Deviation, municipality_name: str) -> str:
    """Names what deviates; what is the whole category, place or year is left out."""
    whole = deviation.geography_level == "kommun" and municipality_name.startswith(
        deviation.geography_name
    )
    if deviation.kind == "group_difference":
        narrowed = " mot ".join(group_name(group) for group in deviation.whole_groups)
    else:
        narrowed = words.category(deviation.category)
    place = "" if whole else deviation.geography_name
    month = period(deviation) if deviation.period_grain == "month" else ""
    return name(deviation.indicator, narrowed, place, month)


def period(deviation: Deviation) -> str:
    """Writes the tested period: a year or a month."""
    start = deviation.period_start
    return dates.month(start) if deviation.period_grain == "month" else str(start.year)


def change(deviation: Deviation) -> float | None:
    """Gives the relative change since the latest earlier comparable value, as a fraction.

    Returns:
        The engine's figure where there is one, otherwise the change between the two values; None
        where either is unknown or protected or the earlier one is zero.
    """
    if deviation.protected:
        return None
    if deviation.relative_change is not None:
        return deviation.relative_change
    before = deviation.previous
    if deviation.observed is None or not before:
        return None
    return deviation.observed / before - 1


def digits(deviation: Deviation) -> int:
    """Chooses the decimals that a deviation's figures share."""
    shown = [deviation.observed, deviation.lower, deviation.upper, deviation.expected]
    if deviation.kind != "group_difference":
        # Groups are held against each other, not against the year before.
        shown.append(deviation.previous)
    return quantities.decimals(deviation.indicator.measure, deviation.indicator.unit, shown)


def quantity(indicator: Indicator, value: float, decimals: int) -> str:
    """Prints a value of an indicator with its unit."""
    return quantities.quantity(value, indicator.measure, indicator.unit, decimals)


def brief(indicator: Indicator, value: float, decimals: int) -> str:
    """Prints a value of an indicator whose full unit was just said."""
    return quantities.brief_quantity(value, indicator.measure, indicator.unit, decimals)


def bare(indicator: Indicator, value: float, decimals: int) -> str:
    """Prints a value without its unit, per cent scaled; for intervals and tables."""
    scaled = value * 100 if quantities.is_percent(indicator.measure) else value
    return numbers.number(scaled, decimals)


def span(indicator: Indicator, lower: float, upper: float, decimals: int) -> str:
    """Prints an interval without its unit, per cent scaled."""
    scale = 100 if quantities.is_percent(indicator.measure) else 1
    return numbers.interval(lower * scale, upper * scale, decimals)


def moved(change: float) -> str:
    """Says a relative change as a verb: ``minskade med 6,3 procent``."""
    if abs(change) < _NO_CHANGE:
        return "var i stort sett oförändrat"
    return f"{'ökade' if change > 0 else 'minskade'} med {numbers.percent(abs(change))}"


def direction(sign: float) -> str:
    """Says a sign as a noun: ``ökning``, ``minskning`` or ``oförändrat``."""
    if sign == 0:
        return "oförändrat"
    return "ökning" if sign > 0 else "minskning"


def result(deviation: Deviation) -> str:
    """Writes what a deviation consists of, in one paragraph of whole sentences.

    A contrary movement has two sides; :func:`contrary` writes about the other one.
    """
    if deviation.kind == "group_difference":
        parts = [_group_result(deviation)]
    else:
        parts = [_observed(deviation)]
    if deviation.kind == "stability":
        parts.append("Omgivande uppgifter talade för en förändring, men den uteblev.")
    if deviation.kind not in {"group_difference", "contrary"}:
        parts += [_expected(deviation), _certainty([deviation]), _breakeven(deviation)]
    parts += [_weighed(deviation), _reserved(deviation)]
    return " ".join(filter(None, parts))


def _observed(deviation: Deviation) -> str:
    indicator, decimals = deviation.indicator, digits(deviation)
    if deviation.observed is None:
        reason = words.PROTECTED if deviation.protected else words.MISSING
        return f"Utfallet {period(deviation)}: {reason}."
    status = {row.year: row.status for row in deviation.series}.get(deviation.year)
    subject = "Det preliminära utfallet" if status == "preliminary" else "Utfallet"
    amount = quantity(indicator, deviation.observed, decimals)
    text = f"{subject} {period(deviation)} var {amount}"
    relative, before = change(deviation), deviation.previous
    if relative is None:
        return f"{text}. {_no_comparison(deviation)}"
    if before is not None:
        text += f", mot {brief(indicator, before, decimals)} {deviation.previous_year}"
    if abs(relative) < _NO_CHANGE:
        return f"{text}, alltså i stort sett oförändrat."
    text += f": en {direction(relative)} med {numbers.percent(abs(relative))}"
    if quantities.is_percent(indicator.measure) and before is not None:
        points = numbers.percentage_points(abs(deviation.observed - before), decimals)
        text += f" ({points})"
    return text + "."


def _no_comparison(deviation: Deviation) -> str:
    if deviation.protected:
        return (
            "Förändringen och det väntade värdet redovisas inte, eftersom de skulle röja en "
            "skyddad uppgift."
        )
    if any(
        row.status == "broken_series" and row.year >= deviation.year - 1 for row in deviation.series
    ):
        return "Året före är inte jämförbart på grund av ett brott i serien."
    return "Något tidigare jämförbart värde finns inte."


def _expected(deviation: Deviation) -> str:
    if deviation.protected:
        return ""
    indicator, decimals = deviation.indicator, digits(deviation)
    if deviation.expected is None:
        return "Något väntat värde kunde inte beräknas."
    basis = {
        "district_outlier": "utifrån övriga stadsdelsnämnder",
        "stability": "utifrån de omgivande uppgifterna",
    }.get(deviation.kind, "utifrån tidigare år")
    text = f"Det väntade värdet {basis} var {brief(indicator, deviation.expected, decimals)}"
    if deviation.lower is None or deviation.upper is None:
        return text + "."
    limits = span(indicator, deviation.lower, deviation.upper, decimals)
    text += f", med ett 95-procentigt intervall på {limits}"
    if deviation.observed is None:
        return text + "."
    text += f". Utfallet ligger {_position(deviation)}"
    if deviation.expected:
        away = deviation.observed / deviation.expected - 1
        if abs(away) >= _NO_CHANGE:
            side = "över" if away > 0 else "under"
            text += f", {numbers.percent(abs(away))} {side} det väntade"
    return text + "."


def _position(deviation: Deviation) -> str:
    if deviation.observed is None or deviation.lower is None or deviation.upper is None:
        return ""
    if deviation.observed < deviation.lower:
        return "under intervallet"
    if deviation.observed > deviation.upper:
        return "över intervallet"
    return "inom intervallet"


def _certainty(deviations: Sequence[Deviation]) -> str:
    parts = []
    q_values = [row.q_value for row in deviations if row.q_value is not None]
    p_values = [row.p_value for row in deviations if row.p_value is not None]
    for kind, values in (("q", q_values), ("p", p_values)):
        if values:
            largest = "det högsta " if len(values) > 1 else ""
            subject = grammar.sentence_case(f"{largest}{kind}-värdet")
            parts.append(f"{subject} är {numbers.p_value(max(values))}.")
            break
    return " ".join(parts)


def _breakeven(deviation: Deviation) -> str:
    # Where the search for it stopped at its ceiling, the number is only the ceiling.
    if not deviation.breakeven_volatility or deviation.evidence.get("breakeven_reached") is False:
        return ""
    # The engine gives the yearly standard deviation of the logarithm.
    movement = math.expm1(deviation.breakeven_volatility)
    return (
        "För att utfallet ska rymmas i vanlig variation skulle indikatorn behöva röra sig med "
        f"omkring {numbers.percent(movement, 0)} ett normalt år."
    )


def _weighed(deviation: Deviation) -> str:
    if deviation.explanation is None or deviation.outcome == "explained":
        return ""
    return (
        f"En {'funnen' if deviation.explanation.basis else 'registrerad'} förklaring har vägts in "
        f"men räcker inte: {deviation.explanation.title_sv}."
    )


def _reserved(deviation: Deviation) -> str:
    if not deviation.reservations:
        return ""
    return (
        f"Förbehåll: {grammar.enumeration(deviation.reservations)}. Pröva det innan utfallet läses "
        "som en förändring i verksamheten."
    )


def followed_up(deviation: Deviation) -> str:
    """Writes what became of a deviation that was in focus the year before.

    Args:
        deviation: Of the tested year, with ``last_year``.

    Returns:
        What it was then and what it is now, in whole sentences.

    Raises:
        LookupError: If what became of it has no Swedish words.
    """
    before = deviation.last_year
    if before is None:
        return ""
    of_groups = deviation.kind == "group_difference"
    since = _SINCE | (_GROUPS_SINCE if of_groups else {})
    if before.since not in since:
        raise LookupError(f"no Swedish words for what became of it: {before.since!r}")
    parts = [_before(deviation), since[before.since].format(year=deviation.year)]
    if deviation.protected:
        parts.append(f"Utfallet {deviation.year}: {words.PROTECTED}.")
    elif of_groups:
        parts.append(_groups_now(deviation))
    elif deviation.observed is not None:
        parts.append(_observed(deviation))
    return " ".join(filter(None, parts))


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


def _groups_now(deviation: Deviation) -> str:
    values = [row.value for row in deviation.whole_groups if row.value is not None]
    if len(values) != len(("a", "b")):
        return ""
    decimals = quantities.decimals(deviation.indicator.measure, deviation.indicator.unit, values)
    first, second = (brief(deviation.indicator, value, decimals) for value in values)
    return f"Utfallet {deviation.year} var {first} mot {second}."


def _before(deviation: Deviation) -> str:
    before, indicator, year = deviation.last_year, deviation.indicator, deviation.year - 1
    kind = words.word(words.KINDS, deviation.kind)
    if before is None or before.observed is None or before.expected is None:
        return f"I fokus {year} ({kind})."
    decimals = quantities.decimals(
        indicator.measure, indicator.unit, [before.observed, before.expected]
    )
    against = "i den andra gruppen" if deviation.kind == "group_difference" else "väntat"
    return (
        f"I fokus {year} ({kind}): {quantity(indicator, before.observed, decimals)}, mot "
        f"{brief(indicator, before.expected, decimals)} {against}."
    )


def contrary(deviations: Sequence[Deviation], triangulation: Sequence[Triangulation]) -> str:
    """Writes about the other side of contrary movements of one and the same indicator.

    Args:
        deviations: Deviations of the kind ``contrary`` with the same key; at least one.
        triangulation: The comparisons of their focus area.

    Returns:
        What moved, how it was expected to move, and how certain that is.
    """
    sides = contrary_sides(deviations, triangulation)
    shown = [row for row in sides if _both_known(row)]
    texts = []
    if not sides:
        texts.append("Den uppgift som utfallet har jämförts med saknas i underlaget.")
    for sign, habit in (
        (1, "väntas röra sig åt samma håll som indikatorn men gjorde det inte"),
        (-1, "väntas röra sig åt motsatt håll mot indikatorn men gjorde det inte"),
    ):
        rows = [row for row in shown if row.expected_sign == sign]
        if rows:
            moves = [
                f"{grammar.definite(row.related.title_sv)} {moved(row.related_change)}"
                for row in rows
                if row.related_change is not None
            ]
            subject = "Uppgiften" if len(rows) == 1 else "Uppgifterna"
            texts.append(f"Samtidigt gäller att {grammar.enumeration(moves)}. {subject} {habit}.")
    if any(row.verdict != "contrary" for row in shown):
        texts.append("Minst en av rörelserna ryms dock i den egna normala variationen.")
    for row in sides:
        if not _both_known(row):
            reason = words.PROTECTED if row.protected else words.MISSING
            related = grammar.definite(row.related.title_sv)
            texts.append(f"Jämförelsen med {related} kan inte redovisas: {reason}.")
    return " ".join(filter(None, [*texts, _certainty(deviations)]))


def contrary_sides(
    deviations: Sequence[Deviation], triangulation: Sequence[Triangulation]
) -> list[Triangulation]:
    """Finds the comparisons that contrary movements are about.

    The ones named in the evidence (``related_indicator_id``); where none is named, every comparison
    of the same indicator with the verdict ``contrary``.
    """
    own = [
        row
        for row in triangulation
        if row.indicator.indicator_id == deviations[0].indicator.indicator_id
    ]
    named = {row.evidence.get("related_indicator_id") for row in deviations} - {None}
    if named:
        return [row for row in own if row.related.indicator_id in named]
    return [row for row in own if row.verdict == "contrary"]


def _both_known(row: Triangulation) -> bool:
    return not (row.protected or row.observed_change is None or row.related_change is None)


def _group_result(deviation: Deviation) -> str:
    first, second = deviation.whole_groups
    indicator, decimals = deviation.indicator, digits(deviation)
    measure = {"mean": "Genomsnittet", "proportion": "Andelen"}.get(indicator.measure, "Värdet")
    texts = [
        f"{measure} {period(deviation)} var "
        + " i gruppen ".join([_group_value(indicator, first, decimals), group_name(first)])
        + ", mot "
        + " i gruppen ".join(
            [_group_value(indicator, second, decimals, again=True), group_name(second)]
        )
        + "."
    ]
    if first.value is None or second.value is None:
        return texts[0]
    difference = abs(first.value - second.value)
    low = min(first.value, second.value)
    shown = (
        numbers.percentage_points(difference, decimals)
        if quantities.is_percent(indicator.measure)
        else brief(indicator, difference, decimals)
    )
    share = f", eller {numbers.percent(difference / low)} av det lägre värdet" if low > 0 else ""
    texts.append(f"Skillnaden är {shown}{share}.")
    texts.append(_certainty([deviation]))
    for group in (first, second):
        split = [row for row in deviation.groups if _is_part_of(row, group, deviation.breakdown)]
        if split and all(row.value is not None for row in split):
            parts = [
                f"{brief(indicator, row.value, decimals)} för {_part_name(row, group)}"
                for row in split
                if row.value is not None
            ]
            texts.append(f"I gruppen {group_name(group)} var det {grammar.enumeration(parts)}.")
    return " ".join(filter(None, texts))


def group_name(group: Observation) -> str:
    """Names a group, or a part of it, by its category."""
    return words.category(group.category)


def _is_part_of(row: Observation, group: Observation, breakdown: str) -> bool:
    return row.breakdown != breakdown and group.category in row.category.split("*")


def _part_name(row: Observation, group: Observation) -> str:
    own = [part for part in row.category.split("*") if part != group.category]
    return words.category("*".join(own))


def _group_value(
    indicator: Indicator, group: Observation, decimals: int, *, again: bool = False
) -> str:
    if group.value is None:
        return f"ett värde som inte redovisas ({words.status(group.status)})"
    text = (brief if again else quantity)(indicator, group.value, decimals)
    details = []
    if group.ci_lower is not None and group.ci_upper is not None:
        limits = span(indicator, group.ci_lower, group.ci_upper, decimals)
        details.append(f"95-procentigt konfidensintervall {limits}")
    if group.observations:
        details.append(f"{numbers.number(group.observations)} observationer")
    return f"{text} ({', '.join(details)})" if details else text


def conclusion(deviation: Deviation, municipality_name: str) -> str:
    """Says in one sentence what a deviation shows, for the section's conclusions."""
    subject = grammar.sentence_case(grammar.definite(deviation_name(deviation, municipality_name)))
    if deviation.protected:
        return f"{subject}: {words.PROTECTED}."
    if deviation.kind == "contrary":
        return f"{subject} rör sig inte så som minst en av de jämförda uppgifterna låter vänta."
    if deviation.kind == "stability":
        return f"{subject} är oförändrat trots att en förändring var väntad."
    if deviation.kind == "group_difference":
        return _group_conclusion(deviation)
    if deviation.observed is None or deviation.expected is None:
        return f"{subject} avviker, men det väntade värdet saknas."
    order = "högre" if deviation.observed > deviation.expected else "lägre"
    return f"{subject} är {order} än väntat."


def _group_conclusion(deviation: Deviation) -> str:
    subject = grammar.sentence_case(grammar.definite(deviation.indicator.title_sv))
    first, second = deviation.whole_groups
    if first.value is None or second.value is None:
        return f"{subject} kan inte jämföras mellan grupperna."
    order = "högre" if first.value > second.value else "lägre"
    return f"{subject} är {order} för {group_name(first)} än för {group_name(second)}."


def limits_of_figures(
    deviations: Sequence[Deviation], *, compared: bool, synthetic: bool
) -> list[str]:
    """Says what the figures of a focus area cannot show.

    Args:
        deviations: The area's deviations.
        compared: Whether other sources were held against them.
        synthetic: Whether any source of the area is synthetic.

    Returns:
        Whole sentences, the most general first.
    """
    sentences = [
        "De visar inte varför utfallet avviker; förklaringarna ovan är inte prövade mot data."
    ]
    if compared:
        sentences.append(
            "Jämförda belopp i kronor är i löpande priser där inget annat sägs: en del av en "
            "ökning kan vara prisutveckling."
        )
    if any(row.kind == "group_difference" for row in deviations):
        sentences.append(
            "Skillnaden mellan grupperna är inte justerad för behov, ålder eller vilka som söker "
            "stöd. Den visar därför inte att lika behov bedöms olika."
        )
    if any(row.kind in {"change", "stability"} for row in deviations):
        sentences.append(
            "Årsserierna är korta. Hur mycket en indikator brukar variera är därför skattat "
            "gemensamt för jämförbara indikatorer och inte för den enskilda serien."
        )
    if compared:
        sentences.append(
            "Att två uppgifter rör sig åt olika håll visar inte att den ena påverkar den andra."
        )
    if synthetic:
        sentences.append(
            "Uppgifter som är märkta syntetiska är framtagna för att pröva systemet. De kan inte "
            "ligga till grund för slutsatser om verksamheten."
        )
    return sentences
