"""What a code means in Swedish.

The one place where codes of the marts turn into words. A code that is missing here raises, because
a silent fall-back would put an English code before a Swedish reader. Category codes are the
exception: they come from the registers, are Swedish already and cannot be listed beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from orchestration.language.grammar import enumeration
from orchestration.language.numbers import EN_DASH

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
        "district_change": "nämnd med egen utveckling",
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
        "district_change": "en stadsdelsnämnd har utvecklats på ett annat sätt än den övriga "
        "staden",
    }
)

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "counts": "antal",
        "proportions": "andelar",
        "means": "medelvärden",
        "amounts": "belopp och index",
    }
)
"""What each model is of."""

TESTED: Mapping[str, str] = MappingProxyType(
    {"whole": "hela kommunen", "boards": "stadsdelsnämnderna"}
)

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "focus": "Ingår i ett fokusområde",
        "explained": "Utesluten, täcks av en registrerad eller funnen förklaring",
        "watch": "Att bevaka",
        "cannot_tell": "Går inte att avgöra",
    }
)

SHORT_OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "focus": "Fokusområde",
        "explained": "Förklarad",
        "watch": "Att bevaka",
        "cannot_tell": "Kan inte avgöras",
    }
)
"""The same in a narrow column."""

EARLY_OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "varning": "Tidig varning",
        "bevaka": "Att bevaka",
        "lugnt": "Som väntat",
        "kan_inte_avgoras": "För tidigt att säga",
    }
)
"""What the months of a year under way say."""

TOO_EARLY: Mapping[str, str] = MappingProxyType(
    {
        "outside": "utfallet ligger utanför det väntade, men inte så långt att det är säkert",
        "few_cases": "för få fall väntades hittills",
        "unknown_growth": "det är inte känt hur mycket av en månad som brukar ha kommit in",
        "nothing_expected": "det finns inga tidigare år att hålla året mot",
        "no_power": "inte ens en fjärdedels ändring skulle säkert ha synts ännu",
    }
)
"""Why they cannot tell."""

IN_PART, NOTHING_FOUND, NOT_TESTED = "Fynd i en del", "Inget fynd", "Prövas inte"
"""What stands there of an indicator whose whole has no row among the findings."""

EXPLANATION_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "law": "ändrad lag",
        "reorganisation": "omorganisation",
        "definition": "ändrad definition",
        "system": "ändrat verksamhetssystem",
        "reporting_loss": "bortfall i rapporteringen",
        "one_off": "engångshändelse",
        "flyttad_till_insats_utan_provning": "flyttad till insats utan prövning",
    }
)

BASES: Mapping[str, str] = MappingProxyType(
    {
        "registered": "registrerad",
        "source_note": "funnen i utgivarens fotnot",
        "geography": "funnen i nämndernas giltighet",
        "series": "funnen i seriens egna värden",
        "contract": "funnen i leveransavtalet, förbehåll som inte förklarar någon avvikelse",
        "movement": "beräknad ur nämndernas antal före och efter att insatsen började",
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

NO_VALUE: Mapping[str, str] = MappingProxyType(
    {
        "missing": "saknas",
        "not_applicable": "är inte tillämpligt",
        "suppressed": "är skyddat",
        "broken_series": "är inte jämförbart med tidigare år",
        # A year whose value may be compared, and still has none.
        "observed": "saknas",
        "preliminary": "saknas",
        "revised": "saknas",
    }
)
"""What a status says of a value that cannot be tested."""

STEP_STATES: Mapping[str, str] = MappingProxyType(
    {
        "planned": "planerat",
        "under_way": "pågår",
        "done": "genomfört",
        "stopped": "avbrutet",
    }
)
"""How far a next step has come."""

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

EQUALITY: Mapping[str, str] = MappingProxyType(
    {
        "skillnad": "skillnad",
        "ingen_relevant_skillnad": "ingen skillnad av betydelse",
        "kan_inte_avgoras": "kan inte avgöras",
    }
)
"""What a comparison of two groups says."""

BOARD_MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "refusals": "avslag på ansökningar om ekonomiskt bistånd",
        "utredning": "utredningar som inleds efter en aktualisering av ett barn",
        "erbjuden": "insatser som erbjuds efter en utredning om ett barn",
        "beviljad": "insatser som beviljas efter en utredning om ett barn",
        "vardnadshavare_vill_inte": "utredningar om barn som avslutas för att vårdnadshavare inte "
        "vill ha insatsen",
        "avbojd_av_vardnadshavare": "erbjudna insatser som vårdnadshavare avböjer",
        "vidtalad_barnet": "utredningar där barnet vidtalas",
        "vidtalad_forskola": "utredningar där förskolan vidtalas",
        "vidtalad_skola": "utredningar där skolan vidtalas",
        "vidtalad_halso_sjukvard": "utredningar där hälso- och sjukvården vidtalas",
    }
)
"""What boards are compared in, when what differs between them is taken into account."""

QUANTITIES: Mapping[str, str] = MappingProxyType(
    {
        "value": "",
        "count": "antal rader",
        "sum": "summa",
        "change_of_sums": "förändring mellan två summor",
        "change": "förändring mellan två värden",
        "size_of_change": "förändring mellan två värden, utan tecken",
        "difference": "skillnad mellan två värden",
        "size": "utan tecken",
        "share_of_lower": "skillnad mellan två värden, som andel av det lägre",
        "growth": "omräknat till förändring ett år",
        "setting": "inställning",
    }
)
"""What a number is of the figures that it rests on; nothing where it is the figure itself."""

FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "value": "värde",
        "numerator": "täljare",
        "denominator": "nämnare",
        "ci_lower": "osäkerhet, undre gräns",
        "ci_upper": "osäkerhet, övre gräns",
        "standard_deviation": "standardavvikelse",
        "observations": "antal bakom medelvärdet",
        "centre": "medelvärde i styrdiagrammet",
        "lower": "undre gräns",
        "upper": "övre gräns",
        "observed": "utfall",
        "expected": "väntat värde",
        "relative_change": "förändring",
        "observed_change": "förändring",
        "related_change": "förändring hos den andra",
        "p_value": "p-värde",
        "q_value": "q-värde",
        "breakeven_volatility": "volatilitet som skulle krävas",
        "rank": "rang",
        "estimate": "skattning",
        "ratio": "utfall mot väntat",
        "shrunken": "utfall mot väntat, draget mot det gemensamma",
        "difference": "skillnad",
        "value_a": "värde i den första gruppen",
        "value_b": "värde i den andra gruppen",
        "persons": "personer",
        "decisions": "beslut",
        "refusals": "avslag",
        "partial_refusals": "delavslag",
        "amount": "belopp",
        "share": "andel",
        "tau": "spridning",
        "tau_lower": "spridning, undre gräns",
        "tau_upper": "spridning, övre gräns",
    }
)
"""What a figure of a table is called; others go by their column's name."""

SEVERITIES: Mapping[str, str] = MappingProxyType(
    {"critical": "Allvarliga", "warning": "Varningar", "info": "Upplysningar"}
)
"""What a check that does not pass is, the gravest first."""

BOARD_VERDICTS: Mapping[str, str] = MappingProxyType(
    {"above": "fler än väntat", "below": "färre än väntat", "alike": "som väntat"}
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

WHOLE = "alla"
"""What the whole is called, where it must be called something."""

BREAKDOWNS: Mapping[str, str] = MappingProxyType(
    {
        "sex": "kön",
        "age_group": "ålder",
        "target_group": "målgrupp",
        "contact_reason": "kontaktorsak",
        "previous_cases": "tidigare ärenden",
        "birth_region": "födelseregion",
        "crime_type": "brottstyp",
        "household_type": "hushållstyp",
        "total": WHOLE,
        "application_kind": "slag av ansökan",
        "application_type": "ny eller förnyad ansökan",
        "area_category": "områdeskategori",
        "closing_reason": "orsak till avslut",
        "history": "tidigare ärenden",
        "housing_form": "boendeform",
        "insats": "insats",
        "obstacle": "försörjningshinder",
        "purpose": "ändamål",
        "reason": "orsak",
        "report_type": "slag av aktualisering",
        "reporter": "anmälare",
        "situation": "situation",
        "spell_band": "tid med bistånd",
    }
)

NOTE_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "partial_loss": "bortfall",
        "carried_over": "överförda värden",
        "not_estimated": "skattat eller ej redovisat",
        "contradiction": "siffror som säger emot varandra",
        "method": "metod",
        "vintage": "årgång",
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

DRIFT_MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "rows": "antalet rader",
        "level": "typiskt värde",
        "missing": "andel utan uppgift",
        "share": "fördelning",
        "zero": "andel nollor",
        "period": "andel datum i perioden",
        "order": "förhållandet till en annan kolumn",
        "left_out": "kolumnen saknas",
        "back": "kolumnen är tillbaka",
    }
)

SURENESS: tuple[tuple[float, str], ...] = (
    (0.01, "mycket säkert"),
    (0.05, "säkert"),
    (0.10, "troligt"),
)
"""How sure it is that something is no chance: the largest q-value of each step, and its words."""

UNSURE = "går inte att säga"

STANDING = "kvarstår"
"""Of a difference that was there before, instead of how sure it is."""

POLARITIES: Mapping[str, str] = MappingProxyType(
    {
        "higher_is_better": "ett högre värde är bättre",
        "lower_is_better": "ett lägre värde är bättre",
        "neutral": "varken ett högre eller ett lägre värde är bättre i sig",
    }
)

LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "riket": "riket",
        "lan": "län",
        "kommun": "kommun",
        "stadsdelsnamnd": "stadsdelsnämnd",
    }
)

GRAINS: Mapping[str, str] = MappingProxyType({"year": "år", "month": "månad"})

OF_COLUMN: Mapping[str, tuple[Mapping[str, str], ...]] = MappingProxyType(
    {
        "area": (AREAS,),
        "kind": (KINDS, EXPLANATION_KINDS, NOTE_KINDS),
        "level": (LEVELS,),
        "measure": (MEASURES,),
        "outcome": (OUTCOMES, EARLY_OUTCOMES),
        "period_grain": (GRAINS,),
        "polarity": (POLARITIES,),
        "signal": (SIGNALS,),
        "status": (STATUSES,),
        "too_early": (TOO_EARLY,),
        "verdict": (VERDICTS,),
    }
)
"""The words of each column of the marts that holds codes, whichever table has it."""

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
        "strukturerat_oppenvardsprogram": "strukturerat öppenvårdsprogram",
        "personligt_stod": "personligt stöd",
        "sarskilt_kvalificerad_kontaktperson": "särskilt kvalificerad kontaktperson",
        "vardnadsoverflyttning": "vårdnadsöverflyttning",
        "akut": "akut hemlöshet",
        "eget_ordnat_kortsiktigt": "eget ordnat kortsiktigt boende",
        "inkomst_over_norm": "inkomst över normen",
        "tillgangar": "tillgångar",
        "eget_agande_bostad": "egen bostad",
        "kredit_som_inkomst": "lån som räknas som inkomst",
        "ej_arbetssokande": "inte arbetssökande",
        "kan_tillgodoses_annat_satt": "kan tillgodoses på annat sätt",
        "okand_grund": "okänd grund",
        "arbetslos": "arbetslös",
        "foraldraledig": "föräldraledig",
        "inget": "inget försörjningshinder",
        "pension": "ålderspension",
        "sociala_skal": "sociala skäl",
        "sprakhinder": "språkhinder",
        "forsorjningsstod": "försörjningsstöd",
        "livsforing_i_ovrigt": "livsföringen i övrigt",
        "forsta": "första ansökan på ett år",
        "ny_efter_uppehall": "ny ansökan efter uppehåll",
        "fortsatt": "sökte även månaden före",
        "hyresratt": "hyresrätt",
        "eget_agande": "äger sin bostad",
        "lss": "personkretsen enligt LSS",
        "own_housing": "eget boende",
        "registered": "folkbokförd i stadsdelen",
        "utan_lss": "utan personkrets",
        "households": "hushåll som söker",
        "months": "månader per hushåll",
        "decisions": "beslut per månad",
        "refusals": "avslag per beslut",
        "jourlagenhet": "jourlägenhet",
        "egen_losning": "annan registrerad lösning",
        "rvc": "samtalsstöd",
        "unexplained": "motsvaras av inget av dem",
        # What the registers' codes lose of their letters.
        "alderspension": "ålderspension",
        "anmalan": "anmälan",
        "ansokan": "ansökan",
        "annan_ersattning": "annan ersättning",
        "arbetar_otillracklig_inkomst": "arbetar, otillräcklig inkomst",
        "arbetar_deltid_ofrivillig": "arbetar deltid ofrivilligt",
        "arbetslos_ingen": "arbetslös utan ersättning",
        "arbetslos_otillracklig": "arbetslös, otillräcklig ersättning",
        "arbetslos_vantar_pa_ersattning": "arbetslös, väntar på ersättning",
        "barn_unga": "barn och unga",
        "ej_aterkommit": "har inte återkommit",
        "faststallt": "fastställt",
        "halso_sjukvard": "hälso- och sjukvården",
        "hog": "hög",
        "ingen_forankring_pa_bostadsmarknaden": "ingen förankring på bostadsmarknaden",
        "lag": "låg",
        "langsiktig_boendelosning": "långsiktig boendelösning",
        "mindre_an_3_manader": "mindre än 3 månader",
        "3_12_manader": f"3{EN_DASH}12 månader",
        "1_3_ar": f"1{EN_DASH}3 år",
        "mer_an_3_ar": "mer än 3 år",
        "eget_natverk": "eget nätverk",
        "lvm": "LVM",
        "lvu": "LVU",
        "sis": "SiS",
        "sol": "SoL",
        "hvb": "HVB",
        "manad": "månad",
        "oppenvard": "öppenvård",
        "overenskommelse": "överenskommelse",
        "pagar": "pågår",
        "radgivning_stod": "rådgivning och stöd",
        "samtalsstod": "samtalsstöd",
        "sjuk_aktivitetsersattning": "sjuk- eller aktivitetsersättning",
        "sjuk_ingen": "sjuk utan ersättning",
        "sjuk_otillracklig": "sjuk, otillräcklig ersättning",
        "storning": "störning",
        "strukturerad_oppenvard": "strukturerad öppenvård",
        "sysselsattning": "sysselsättning",
        "umgangesstod": "umgängesstöd",
        "utan_forsorjningshinder": "inget försörjningshinder",
        "utredning_vardnad": "utredning om vårdnad",
        "vald_i_nara_relation": "våld i nära relation",
        "vald_nara_relation": "våld i nära relation",
        "valdsutovare": "våldsutövare",
        "valdsutovaren_flyttar": "våldsutövaren flyttar",
        "valdsutsatt": "våldsutsatt",
        "vardnadshavare": "vårdnadshavare",
    }
)
_SPELL_BANDS: Mapping[str, str] = MappingProxyType(
    {
        "1": "första månaden",
        "2-3": "månad 2\u20133",
        "4-6": "månad 4\u20136",
        "7-12": "månad 7\u201312",
        "13-24": "månad 13\u201324",
        "25+": "månad 25 och senare",
    }
)
_PREVIOUS_CASES: Mapping[str, str] = MappingProxyType(
    {"0": "inga", "1-2": "1\u20132", "3+": "3 eller fler"}
)
# Socialstyrelsen's codes in the register of economic assistance.
_HOUSEHOLD_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "1": "enbart barn",
        "3": "ensamstående man utan barn",
        "4": "ensamstående man med barn",
        "5": "ensamstående kvinna utan barn",
        "6": "ensamstående kvinna med barn",
        "7": "par utan barn",
        "8": "par med barn",
        "9": "okänd hushållstyp",
    }
)
_AREA_CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "1": "kategori 1, svagast ställning",
        "2": "kategori 2",
        "3": "kategori 3",
        "4": "kategori 4, starkast ställning",
    }
)
_CASE_STEPS: Mapping[str, str] = MappingProxyType(
    {
        "forhandsbedomning": "förhandsbedömning",
        "utredning": "utredning inleds",
        "erbjuden": "insats erbjuds",
        "accepterad": "insats accepteras",
        "beviljad": "insats beviljas",
        "vardnadshavare_vill_inte": "ingen utredning: vårdnadshavaren vill inte",
        "avbojd_av_vardnadshavare": "erbjuden insats avböjs av vårdnadshavaren",
        "avbojd_av_barnet": "erbjuden insats avböjs av barnet",
        "ingen_oro": "ingen utredning: ingen oro",
        "insats_pagar": "ingen utredning: insats pågår",
        "annan_huvudman": "ingen utredning: annan huvudman",
        "uppgifter_otillrackliga": "ingen utredning: uppgifterna räcker inte",
        "ingen_insats_erbjuden": "utredning utan erbjuden insats",
        "ej_beviljad": "accepterad insats beviljas inte",
        "okand": "skälet är inte känt",
        "vidtalad_skola": "skolan vidtalas",
        "vidtalad_forskola": "förskolan vidtalas",
        "vidtalad_barnet": "barnet vidtalas",
        "vidtalad_halso_sjukvard": "hälso- och sjukvården vidtalas",
        "skola": "skolan, barn i skolåldern",
        "forskola": "förskolan, barn i förskoleåldern",
        "barnet": "barnet",
        "halso_sjukvard": "hälso- och sjukvården",
        "utredning_utan_insats": "utredning utan insats",
        "insats": "beviljad insats",
    }
)
_CASE_MEASURES: Mapping[str, str] = MappingProxyType(
    dict(_CASE_STEPS)
    | {
        "vardnadshavare_vill_inte": "en utredning uteblir för att vårdnadshavaren inte vill",
        "avbojd_av_vardnadshavare": "en erbjuden insats avböjs av vårdnadshavaren",
    }
)
_REPORTERS: Mapping[str, str] = MappingProxyType(
    {
        "annan_myndighet": "annan myndighet",
        "anonym": "anonym",
        "barnet": "barnet",
        "forskola": "förskolan",
        "halso_sjukvard": "hälso- och sjukvården",
        "ovrig": "övriga",
        "polis": "polisen",
        "skola": "skolan",
        "vardnadshavare": "vårdnadshavare",
    }
)
_OF_BREAKDOWN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "application_type": {"ny": "ny ansökan", "ater": "förnyad ansökan"},
        "previous_cases": _PREVIOUS_CASES,
        "history": _PREVIOUS_CASES,
        "spell_band": _SPELL_BANDS,
        "area_category": _AREA_CATEGORIES,
        "household_type": _HOUSEHOLD_TYPES,
        "stage": _CASE_STEPS,
        "measure": _CASE_MEASURES,
        "exit_reason": _CASE_STEPS,
        "party": _CASE_STEPS,
        "report_type": {"annan": "annan aktualisering"},
        "reporter": _REPORTERS,
        "outcome": _CASE_STEPS,
    }
)
_TARGET_GROUPS = frozenset({"socialpsykiatri", "funktionsnedsättning"})
_SEXES = frozenset({"kvinnor", "män"})
_AGES = re.compile(r"^(\d+)-(\d+)$")
_AGE_AND_OVER = re.compile(r"^(\d+)\+$")


def word(table: Mapping[str, str], code: str) -> str:
    """Looks up a code.

    Raises:
        LookupError: If the table has no word for the code; the message names the code.
    """
    try:
        return table[code]
    except KeyError:
        raise LookupError(f"no Swedish word for the code {code!r}") from None


def sureness(q_value: float) -> str | None:
    """How sure it is that chance alone did not do it, on a fixed scale; None: no telling."""
    return next((sure for limit, sure in SURENESS if q_value <= limit), None)


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
    turn, each in the words of its own breakdown (``kvinnor*0-6`` is ``kvinnor, 0–6 år``), but a
    sex within a target group reads ``män inom socialpsykiatri``.
    """
    codes = code.split("*")
    breakdowns = breakdown.split("*")
    if len(breakdowns) != len(codes):
        breakdowns = [""] * len(codes)
    parts = [part for part in map(_category_part, codes, breakdowns) if part]
    if len(parts) == len(("group", "sex")) and parts[0] in _TARGET_GROUPS and parts[1] in _SEXES:
        return f"{parts[1]} inom {parts[0]}"
    return ", ".join(parts)


def breakdown(code: str) -> str:
    """Writes a breakdown code in words: ``target_group*sex`` is ``målgrupp och kön``.

    Raises:
        LookupError: If a part of it is unknown.
    """
    return enumeration([word(BREAKDOWNS, part) for part in code.split("*")])


def _category_part(code: str, breakdown: str) -> str:
    if code == "total":
        return ""
    if found := _OF_BREAKDOWN.get(breakdown, {}).get(code):
        return found
    if ages := _AGES.match(code):
        return f"{ages[1]}{EN_DASH}{ages[2]} år"
    if age := _AGE_AND_OVER.match(code):
        return f"{age[1]} år och äldre"
    return _CATEGORIES.get(code, code.replace("_", " "))
