"""Sentences in Swedish, written from numbers.

What does not belong here: layout, and the catalogue's own texts.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from orchestration.deviation.contrary import Verdict
from orchestration.deviation.result import Kind
from orchestration.deviation.series import ROUNDING
from orchestration.indicators.models import Indicator, Measure

_NBSP = "\u00a0"
_DEFINITE = {
    "Antal": "antalet",
    "Andel": "andelen",
    "Genomsnittligt antal": "det genomsnittliga antalet",
    "Kostnad": "kostnaden",
    "Skuldbelopp": "skuldbeloppet",
    "Medianskuld": "medianskulden",
    "Prisindex": "prisindexet",
    "Index": "indexet",
    "Riksnorm": "riksnormen",
    "Disponibel inkomst": "den disponibla inkomsten",
    "Schablonersättning": "schablonersättningen",
    "Svarsfrekvens": "svarsfrekvensen",
    "Folkmängd": "folkmängden",
}
_MONTH_NAMES = (
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
)
_CATEGORIES = {
    "funktionsnedsattning": "funktionsnedsättning",
    "socialpsykiatri": "socialpsykiatri",
    "kvinnor": "kvinnor",
    "man": "män",
}
_VERDICTS = {
    Verdict.CONTRARY: "tvärtemot det väntade sambandet",
    Verdict.DIVERGENT_WITHIN_NOISE: (
        "åt andra hållet än väntat, men minst ett av måtten inte mer än slumpen medger"
    ),
    Verdict.AS_EXPECTED: "åt väntat håll",
}

_FADED = {
    Kind.GROUP_DIFFERENCE: "som en skillnad mellan grupper, som inte är säkerställd {year}",
    Kind.STABILITY: "som en utebliven förändring, som inte är säkerställd {year}",
    Kind.DISTRICT_OUTLIER: "för en nämnd som inte skiljer sig säkert från de övriga {year}",
}


def number(value: float, decimals: int = 0) -> str:
    """A number with decimal comma, no-break space between thousands and a true minus sign."""
    text = f"{abs(value):,.{decimals}f}".replace(",", _NBSP).replace(".", ",")
    negative = value < 0 and any(c in "123456789" for c in text)
    return f"−{text}" if negative else text


def percent(change: float) -> str:
    """The size of a relative change in per cent: one decimal under ten, none above."""
    size = abs(change) * 100
    one_decimal_below = 9.95
    return number(size, 1 if size < one_decimal_below else 0)


def p_value(p: float) -> str:
    """``p = 0,004`` or ``p < 0,001``."""
    least = 0.0005
    if p < least:
        return "p < 0,001"
    return f"p = {number(p, 3 if p < 0.1 else 2)}"  # noqa: PLR2004 - digits shown


def definite(title: str) -> str:
    """A catalogue title as the subject of a sentence, in lower case.

    A title that does not begin with a known noun is quoted.
    """
    for start in sorted(_DEFINITE, key=len, reverse=True):
        if title == start or title.startswith(start + " "):
            return _DEFINITE[start] + title[len(start) :]
    return f"måttet ”{title}”"


def sentence_case(text: str) -> str:
    """First letter in upper case."""
    return text[:1].upper() + text[1:]


def category(name: str) -> str:
    """A category, or a cross of them, as a reader meets it."""
    return ", ".join(_CATEGORIES.get(part, part) for part in name.split("*"))


def figure(value: float, indicator: Indicator) -> str:
    """A value in the indicator's unit, without the unit; fractions as per cent."""
    match indicator.measure:
        case Measure.PROPORTION:
            share = value * 100
            return number(share, 2 if abs(share) < 10 else 1)  # noqa: PLR2004 - digits shown
        case Measure.COUNT:
            small = abs(value) < 10 and not math.isclose(value, round(value), abs_tol=0.05)  # noqa: PLR2004
            return number(value, 1 if small else 0)
        case Measure.AMOUNT:
            for size, name in ((1e9, "miljarder"), (1e6, "miljoner")):
                if abs(value) >= size:
                    return f"{number(value / size, 1)} {name}"
            return number(value, 0 if abs(value) >= 1000 else 1)  # noqa: PLR2004 - digits shown
        case _:
            return number(value, 1)


def figure_with_unit(value: float, indicator: Indicator) -> str:
    """A value with its unit; an index stands alone."""
    bare = figure(value, indicator)
    return bare if indicator.unit.startswith("index") else f"{bare} {indicator.unit}"


def moved(change: float) -> str:
    """``ökade med 5,0 procent``, ``minskade med 15 procent`` or ``ändrades inte``."""
    if abs(change) <= ROUNDING:
        return "ändrades inte"
    return f"{'ökade' if change > 0 else 'minskade'} med {percent(change)} procent"


def change_sentence(indicator: Indicator, year: int, facts: Mapping[str, Any]) -> str:
    """What happened to an indicator, and how surprising it is.

    Args:
        indicator: from the catalogue.
        year: tested year.
        facts: ``observed``, ``expected``, ``lower``, ``upper``, ``relative_change``,
            ``previous_year``, ``p_value``, ``breakeven_volatility``, ``breakeven_reached``.
    """
    subject = sentence_case(definite(indicator.title_sv))
    expected = (
        f"{figure_with_unit(facts['observed'], indicator)} mot väntade "
        f"{figure(facts['expected'], indicator)} ({figure(facts['lower'], indicator)}–"
        f"{figure(facts['upper'], indicator)}); {p_value(facts['p_value'])}"
    )
    if facts["relative_change"] is None:
        head = f"{subject} {year}: {expected}."
    else:
        head = (
            f"{subject} {moved(facts['relative_change'])} från {facts['previous_year']} "
            f"till {year}: {expected}."
        )
    if facts["breakeven_volatility"] and facts["breakeven_reached"]:
        head += (
            f" En årlig volatilitet på {number(facts['breakeven_volatility'], 2)} skulle krävas "
            "för att det vore slump."
        )
    return head


def group_sentence(indicator: Indicator, year: int, facts: Mapping[str, Any]) -> str:
    """How two groups differ.

    Args:
        indicator: from the catalogue.
        year: tested year.
        facts: ``category_a``, ``category_b``, ``mean_a``, ``mean_b``, ``n_a``, ``n_b``,
            ``relative_change``, ``p_value``.
    """
    more = "högre" if facts["relative_change"] > 0 else "lägre"
    return (
        f"{sentence_case(definite(indicator.title_sv))} var {year} "
        f"{figure(facts['mean_a'], indicator)} i gruppen {category(facts['category_a'])} "
        f"(n = {number(facts['n_a'])}) mot {figure(facts['mean_b'], indicator)} i gruppen "
        f"{category(facts['category_b'])} (n = {number(facts['n_b'])}), "
        f"{percent(facts['relative_change'])} procent {more}; {p_value(facts['p_value'])}."
    )


def stability_sentence(
    indicator: Indicator, year: int, facts: Mapping[str, Any], drivers: Sequence[Indicator]
) -> str:
    """What stood still, and what should have moved it.

    Args:
        indicator: from the catalogue.
        year: tested year.
        facts: ``observed``, ``expected``, ``lower``, ``upper``, ``relative_change``,
            ``expected_change``, ``p_value``, and ``drivers`` with a ``change`` each.
        drivers: the indicators of ``drivers``, in the same order.
    """
    told = listing(
        [
            f"{definite(driver.title_sv)} ({signed_percent(move['change'])})"
            for driver, move in zip(drivers, facts["drivers"], strict=True)
        ]
    )
    subject = sentence_case(definite(indicator.title_sv))
    least = 0.0005
    change = facts["relative_change"]
    own = signed_percent(change) if abs(change) >= least else "oförändrat"
    return (
        f"{subject} stod i stort sett stilla {year} ({own}), "
        f"fast {told} lät vänta {signed_percent(facts['expected_change'])}: "
        f"{figure_with_unit(facts['observed'], indicator)} mot väntade "
        f"{figure(facts['expected'], indicator)} ({figure(facts['lower'], indicator)}–"
        f"{figure(facts['upper'], indicator)}); {p_value(facts['p_value'])}."
    )


def unproved_stability(indicator: Indicator, expected_change: float) -> str:
    """Why an indicator whose drivers moved got no verdict."""
    return (
        f"Drivkrafterna lät vänta {signed_percent(expected_change)} för "
        f"{definite(indicator.title_sv)}, men talen är för små eller för oroliga för att skilja "
        "stillastående från den väntade förändringen."
    )


def board_sentence(indicator: Indicator, year: int, name: str, facts: Mapping[str, Any]) -> str:
    """How a district board differs from what the others foretell.

    Args:
        indicator: from the catalogue.
        year: tested year.
        name: the board.
        facts: ``observed``, ``expected``, ``lower``, ``upper``, ``p_value``, ``covariate``,
            ``relative_to_expected_before``.
    """
    basis = "övriga stadsdelsnämnder"
    if facts["covariate"] is not None:
        basis += " och socioekonomiskt index"
    text = (
        f"{name}: {definite(indicator.title_sv)} var {year} "
        f"{figure_with_unit(facts['observed'], indicator)} mot väntade "
        f"{figure(facts['expected'], indicator)} ({figure(facts['lower'], indicator)}–"
        f"{figure(facts['upper'], indicator)}) utifrån {basis}; {p_value(facts['p_value'])}."
    )
    before = facts["relative_to_expected_before"]
    if before is None:
        return text
    side = "över" if before > 0 else "under"
    return f"{text} Året före låg nämnden {percent(before)} procent {side} det väntade."


def followed_sentence(indicator: Indicator, year: int, value: float, change: float | None) -> str:
    """That what was in focus last year lies where it lay.

    Args:
        indicator: from the catalogue.
        year: report year.
        value: of that year.
        change: since the year before; None where that is unknown.
    """
    text = (
        f"Följs upp: {definite(indicator.title_sv)} var i fokus {year - 1} och avviker inte på "
        f"nytt {year}: {figure_with_unit(value, indicator)}"
    )
    return f"{text}." if change is None else f"{text} ({signed_percent(change)} på ett år)."


def faded_sentence(indicator: Indicator, year: int, kind: Kind) -> str:
    """That what was in focus within last year cannot be told from chance this year."""
    return (
        f"Följs upp: {definite(indicator.title_sv)} var i fokus {year - 1} "
        f"{_FADED[kind].format(year=year)}."
    )


def followed_without_value(indicator: Indicator, year: int) -> str:
    """That what was in focus last year has no value this year."""
    return (
        f"Följs upp: {definite(indicator.title_sv)} var i fokus {year - 1}, men värdet för {year} "
        "saknas."
    )


def period(year: int, month: int | None) -> str:
    """A year, or a month of it: ``2017``, ``februari 2017``."""
    return str(year) if month is None else f"{_MONTH_NAMES[month - 1]} {year}"


def day(when: date) -> str:
    """A day: ``den 30 juni 2020``."""
    return f"den {when.day} {period(when.year, when.month)}"


def during(year: int, month: int | None) -> str:
    """When something held: ``2017``, ``i februari 2017``."""
    return f"{'' if month is None else 'i '}{period(year, month)}"


def iso_period(year: int, month: int | None) -> str:
    """A year, or a month of it, as part of an id: ``2017``, ``2017-02``."""
    return str(year) if month is None else f"{year}-{month:02d}"


def month_sentence(indicator: Indicator, month: date, facts: Mapping[str, Any]) -> str:
    """How a month differs from what the years before it foretell.

    Args:
        indicator: from the catalogue.
        month: its first day.
        facts: ``observed``, ``expected``, ``lower``, ``upper``, ``p_value``.
    """
    return (
        f"{sentence_case(definite(indicator.title_sv))} i {period(month.year, month.month)}: "
        f"{figure_with_unit(facts['observed'], indicator)} mot väntade "
        f"{figure(facts['expected'], indicator)} ({figure(facts['lower'], indicator)}–"
        f"{figure(facts['upper'], indicator)}); {p_value(facts['p_value'])}."
    )


def shock_sentence(year: int, change: float, members: int, p: float) -> str:
    """That the city's counts moved as one.

    Args:
        year: tested year.
        change: relative change of the median.
        members: registers that had a vote.
        p: p-value.
    """
    return (
        f"Stadens antalsmått rörde sig {year} åt samma håll: medianen över {members} register "
        f"{signed_percent(change)} mot väntat; {p_value(p)}. Varje mått är därför prövat mot den "
        "gemensamma rörelsen."
    )


def relation_sentence(related: Indicator, facts: Mapping[str, Any]) -> str:
    """What a related indicator did, and what that says.

    Args:
        related: the related indicator.
        facts: ``verdict``, ``related_change``.
    """
    subject = sentence_case(definite(related.title_sv))
    verdict = Verdict(facts["verdict"])
    if verdict is Verdict.CANNOT_TELL:
        if facts["related_change"] is None:
            return f"{subject} går inte att jämföra med: värde eller historik saknas."
        return f"{subject} {moved(facts['related_change'])}; det ger inget besked."
    return f"{subject} {moved(facts['related_change'])}, {_VERDICTS[verdict]}."


def pair_sentence(
    indicator: Indicator, related: Indicator, year: int, facts: Mapping[str, Any]
) -> str:
    """A declared pair in two sentences: what the indicator did, and what the related one did.

    Args:
        indicator: the indicator.
        related: the related one.
        year: tested year.
        facts: ``observed_change``, ``related_change``, ``verdict``.
    """
    subject = sentence_case(definite(indicator.title_sv))
    head = f"{subject} {moved(facts['observed_change'])} {year}."
    return f"{head} {relation_sentence(related, facts)}"


def signed_percent(change: float) -> str:
    """``+12 procent`` or ``−6,3 procent``."""
    return f"{'−' if change < 0 else '+'}{percent(change)} procent"


def reservation(titles: Sequence[str]) -> str:
    """What must be examined before a finding is believed."""
    return f"Förbehåll att pröva först: {listing(titles)}."


def listing(parts: Sequence[str]) -> str:
    """``a, b och c``; empty for nothing."""
    if not parts:
        return ""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} och {parts[-1]}"
