"""What a code means in Swedish, and how a value of an indicator is printed with its unit.

The one place where codes of the marts turn into words. A code that is missing here raises, because
a silent fall-back would put an English code before a Swedish reader. Category codes are the
exception: they come from the registers, are Swedish already and cannot be listed beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from orchestration.reporting import swedish

AREAS: Mapping[str, str] = MappingProxyType(
    {
        "ekonomiskt_bistand": "Ekonomiskt bistånd",
        "barn_och_unga": "Barn och unga",
        "familjeratt": "Familjerätt",
        "vald_i_nara_relation": "Våld i nära relation",
        "missbruk_och_beroende": "Missbruk och beroende",
        "hemloshet": "Hemlöshet",
        "socialpsykiatri": "Socialpsykiatri",
        "funktionsnedsattning": "Funktionsnedsättning",
        "omvarld": "Omvärld",
        "oppna_jamforelser": "Öppna jämförelser",
    }
)

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "change": "förändring",
        "stability": "utebliven förändring",
        "contrary": "motsatt rörelse",
        "group_difference": "skillnad mellan grupper",
        "district_outlier": "avvikande stadsdelsnämnd",
    }
)

KIND_DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "change": "utfallet ligger utanför det intervall som de tidigare årens värden ger",
        "stability": "omgivande uppgifter rör sig så att en förändring var att vänta, men den "
        "uteblir",
        "contrary": "indikatorn och en annan uppgift, som den enligt ett i förväg angivet samband "
        "brukar följa, rör sig åt håll som inte går ihop",
        "group_difference": "två grupper som borde ligga nära varandra skiljer sig åt",
        "district_outlier": "en stadsdelsnämnd ligger längre från de övriga än deras storlek och "
        "befolkning förklarar",
    }
)

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "focus": "Ingår i ett fokusområde",
        "explained": "Utesluten, täcks av en registrerad eller funnen förklaring",
        "watch": "Att bevaka",
        "cannot_tell": "Går inte att avgöra",
    }
)

EXPLANATION_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "law": "ändrad lag",
        "reorganisation": "omorganisation",
        "definition": "ändrad definition",
        "system": "ändrat verksamhetssystem",
        "reporting_loss": "bortfall i rapporteringen",
        "one_off": "engångshändelse",
    }
)

BASES: Mapping[str, str] = MappingProxyType(
    {
        "": "registrerad",
        "source_note": "funnen i utgivarens fotnot",
        "geography": "funnen i nämndernas giltighet",
        "series": "funnen i seriens egna värden",
        "contract": "funnen i leveransavtalet, förbehåll som inte förklarar någon avvikelse",
        "drift": "funnen i leveranserna, förbehåll som inte förklarar någon avvikelse",
    }
)

STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "observed": "uppmätt",
        "preliminary": "preliminär",
        "revised": "reviderad",
        "missing": "uppgift saknas",
        "not_applicable": "ej tillämpligt",
        "suppressed": "uppgift skyddas",
        "broken_series": "jämförelsebrott",
    }
)

PROTECTED = STATUSES["suppressed"]
MISSING = STATUSES["missing"]
NOT_DELIVERED = "inte levererat"

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "contrary": "talar emot: båda har rört sig, och inte som väntat",
        "divergent_within_noise": "pekar åt annat håll, men minst en av rörelserna ryms i normal "
        "variation",
        "as_expected": "rör sig åt väntat håll",
        "cannot_tell": "går inte att avgöra",
    }
)

SIGNALS: Mapping[str, str] = MappingProxyType(
    {
        "outside_above": "över den övre gränsen",
        "outside_below": "under den undre gränsen",
        "trend_up": "ingår i minst sju värden i rad som stiger",
        "trend_down": "ingår i minst sju värden i rad som sjunker",
        "near_upper": "ingår i tre värden i rad varav minst två nära den övre gränsen",
        "near_lower": "ingår i tre värden i rad varav minst två nära den undre gränsen",
        "run_above": "ingår i minst sju värden i rad över medelvärdet",
        "run_below": "ingår i minst sju värden i rad under medelvärdet",
    }
)

NO_SIGNALS = frozenset({"", "common_cause", "too_few"})
"""Codes of points that break no rule, or are too few to be judged, or are not drawn."""

BREAKDOWNS: Mapping[str, str] = MappingProxyType(
    {
        "sex": "kön",
        "age_group": "ålder",
        "target_group": "målgrupp",
        "contact_reason": "kontaktorsak",
        "previous_cases": "tidigare ärenden",
        "birth_region": "födelseregion",
        "crime_type": "brottstyp",
    }
)

NOTE_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "partial_loss": "bortfall",
        "carried_over": "överförda värden",
        "not_estimated": "skattat eller ej redovisat",
        "contradiction": "siffror som säger emot varandra",
        "method": "metod",
        "other": "övrigt",
    }
)

MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "count": "antal",
        "rate": "kvot",
        "proportion": "andel",
        "mean": "medelvärde",
        "amount": "belopp",
    }
)

_CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "common_shock": "stadens antalsmått tillsammans",
        "kvinnor": "kvinnor",
        "man": "män",
        "flickor": "flickor",
        "pojkar": "pojkar",
        "socialpsykiatri": "socialpsykiatri",
        "funktionsnedsattning": "funktionsnedsättning",
        "missbruk_barn": "missbruk hos barn eller ungdom",
        "missbruk_foralder": "missbruk hos förälder",
        "vald_i_hemmet": "våld i hemmet",
        "ovrig_kriminalitet": "övrig kriminalitet",
        "psykisk_ohalsa": "psykisk ohälsa",
        "ovrigt": "övrigt",
        "okand": "okänd",
    }
)
_PREVIOUS_CASES: Mapping[str, str] = MappingProxyType(
    {"0": "inga", "1-2": "1\u20132", "3+": "3 eller fler"}
)
_TARGET_GROUPS = frozenset({"socialpsykiatri", "funktionsnedsättning"})
_SEXES = frozenset({"kvinnor", "män"})
_AGES = re.compile(r"^(\d+)-(\d+)$")
_AGE_AND_OVER = re.compile(r"^(\d+)\+$")
_SINGULAR: Mapping[str, str] = MappingProxyType(
    {
        "personer": "person",
        "timmar": "timme",
        "månader": "månad",
        "ärenden": "ärende",
        "dagar": "dag",
        "ansökningar": "ansökan",
        "insatser": "insats",
        "kvinnor": "kvinna",
        "ungdomar": "ungdom",
        "placeringar": "placering",
        "avhysningar": "avhysning",
        "kommuner": "kommun",
        "procentenheter": "procentenhet",
        "anmälda brott": "anmält brott",
    }
)
_DEFINITE: Mapping[str, str] = MappingProxyType(
    {
        "Antal": "antalet",
        "Andel": "andelen",
        "Genomsnittligt antal": "det genomsnittliga antalet",
        "Kostnad": "kostnaden",
        "Schablonersättning": "schablonersättningen",
        "Folkmängd": "folkmängden",
        "Skuldbelopp": "skuldbeloppet",
        "Medianskuld": "medianskulden",
        "Prisindex": "prisindexet",
        "Disponibel inkomst": "den disponibla inkomsten",
        "Riksnorm": "riksnormen",
        "Index": "indexet",
        "Svarsfrekvens": "svarsfrekvensen",
    }
)
_SMALL_SHARE = 0.1
_MOST_DECIMALS = 4


def word(table: Mapping[str, str], code: str) -> str:
    """Looks up a code.

    Raises:
        LookupError: If the table has no word for the code; the message names the code.
    """
    try:
        return table[code]
    except KeyError:
        raise LookupError(f"no Swedish word for the code {code!r}") from None


def definite(title: str) -> str:
    """Makes a catalogue title the subject of a clause: ``Antal beslut`` is ``antalet beslut``.

    A title that begins with some other noun keeps its form and only loses its capital.
    """
    for length in (2, 1):
        words = title.split(" ")
        if head := _DEFINITE.get(" ".join(words[:length])):
            return " ".join([head, *words[length:]])
    return swedish.mid_sentence(title)


def status(code: str) -> str:
    """Writes the status of a value in words.

    Raises:
        LookupError: If the status is unknown.
    """
    return word(STATUSES, code)


def category(code: str, breakdown: str = "") -> str:
    """Writes a category code in words.

    Numbers are ages, unless the breakdown is known to count something else.

    ``total`` gives an empty string, because the whole needs no name. A cross names its parts in
    turn (``kvinnor*0-6`` is ``kvinnor, 0–6 år``), but a sex within a target group reads
    ``män inom socialpsykiatri``.
    """
    if breakdown == "previous_cases":
        return _PREVIOUS_CASES.get(code, code)
    parts = [part for part in map(_category_part, code.split("*")) if part]
    if len(parts) == len(("group", "sex")) and parts[0] in _TARGET_GROUPS and parts[1] in _SEXES:
        return f"{parts[1]} inom {parts[0]}"
    return ", ".join(parts)


def breakdown(code: str) -> str:
    """Writes a breakdown code in words: ``target_group*sex`` is ``målgrupp och kön``.

    Raises:
        LookupError: If a part of it is unknown.
    """
    return swedish.enumeration([word(BREAKDOWNS, part) for part in code.split("*")])


def _category_part(code: str) -> str:
    if code == "total":
        return ""
    if ages := _AGES.match(code):
        return f"{ages[1]}{swedish.EN_DASH}{ages[2]} år"
    if age := _AGE_AND_OVER.match(code):
        return f"{age[1]} år och äldre"
    return _CATEGORIES.get(code, code.replace("_", " "))


def is_percent(measure: str) -> bool:
    """Whether values of this measure are fractions that a reader sees as per cent."""
    return measure == "proportion"


def decimals(measure: str, unit: str, values: Iterable[float | None]) -> int:
    """Chooses one number of decimals for values that will be compared with each other.

    Shares below ten per cent get two decimals, other shares, means, rates and indices one; counts
    and amounts none. Where the first value would round to the same text as another one that
    differs from it, decimals are added (at most four), so that a value outside an interval never
    looks as if it were on its limit.

    Args:
        measure: The indicator's measure.
        unit: The indicator's unit.
        values: The observed value first, then what it is held against; None is passed over.

    Returns:
        Decimals of the printed number (for a share: of the per cent).
    """
    known = [value for value in values if value is not None]
    if is_percent(measure):
        base = 2 if known and max(map(abs, known)) < _SMALL_SHARE else 1
        known = [value * 100 for value in known]
    elif measure in {"count", "amount"} and not unit.startswith("index"):
        return 0
    else:
        base = 1
    for digits in range(base, _MOST_DECIMALS):
        texts = [swedish.number(value, digits) for value in known]
        if all(
            text != texts[0] or value == known[0] for text, value in zip(texts, known, strict=True)
        ):
            return digits
    return _MOST_DECIMALS


def quantity(value: float, measure: str, unit: str, digits: int) -> str:
    """Prints a value with its unit: ``12 barn``, ``7,2 timmar``, ``2,21 procent``.

    Args:
        value: The value on the marts' scale (a share is a fraction, an amount is in kronor).
        measure: The indicator's measure.
        unit: The indicator's unit, in Swedish.
        digits: Decimals, from :func:`decimals`.

    Returns:
        The value and its unit, joined by a no-break space.
    """
    if is_percent(measure):
        tail = unit.removeprefix("%").removeprefix("procent").removeprefix("andel").strip()
        return " ".join(filter(None, [swedish.percent(value, digits), tail]))
    if unit.startswith("index"):
        return f"index{swedish.NO_BREAK_SPACE}{swedish.number(value, digits)}"
    tail = unit_word(unit, singular=swedish.number(abs(value), digits) == "1")
    if unit.startswith("kr"):
        rounded = swedish.kronor_rounded(value)
        return " ".join(filter(None, [rounded, tail.removeprefix("kronor").strip()]))
    return f"{swedish.number(value, digits)}{swedish.NO_BREAK_SPACE}{tail}".rstrip()


def brief_quantity(value: float, measure: str, unit: str, digits: int) -> str:
    """Prints a value whose full unit was just said: ``7,1 timmar``, ``2,36 procent``."""
    if is_percent(measure):
        return swedish.percent(value, digits)
    return quantity(value, measure, unit.replace("/", " per ").partition(" per ")[0], digits)


def unit_word(unit: str, *, singular: bool = False) -> str:
    """Writes a unit in words: ``kr/person`` is ``kronor per person``; optionally in the singular.

    Where the unit is a phrase, its first word bends (``timmar per person och månad``).
    """
    spelled = unit.replace("/", " per ")
    if re.match(r"^kr\b", spelled):
        spelled = "kronor" + spelled[len("kr") :]
    if not singular:
        return spelled
    head, _, tail = spelled.partition(" ")
    return _SINGULAR.get(spelled) or " ".join(filter(None, [_SINGULAR.get(head, head), tail]))


def axis_title(measure: str, unit: str) -> str:
    """Names the axis a value is drawn on: per cent for shares, otherwise the unit in words."""
    return "procent" if is_percent(measure) else unit_word(unit)
