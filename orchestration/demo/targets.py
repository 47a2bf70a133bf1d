"""What the synthetic city is calibrated to, with the source of each figure.

`facts` names rows of the documents' figures (PM, RS, BU), which the registers must give back when
someone counts them by the contract's rules. Figures marked `synthetic` were chosen so that
everything the documents say nothing about moves by a per cent or so a year. How people and
decisions come about belongs in the register modules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

YEARS: Final = tuple(range(2016, 2024))

SYNTHETIC: Final = "synthetic"
_YEARBOOK: Final = "Stockholms stad, statistisk årsbok (statistik.stockholm.se, 2018-05-25)"
_PM: Final = "Fördjupad analys, Socialtjänstrapport 2023"
_BUDGET: Final = "Insatser utan behovsprövning, budgetuppdrag 2023"
_REVIEW: Final = "Rätt stöd i rätt tid, 2022"


@dataclass(frozen=True, slots=True)
class Series:
    """One figure for each year 2016-2023.

    Attributes:
        values: The figures in the order of `YEARS`.
        source: Where the published ones come from; the others are synthetic.
        facts: Ids of the published facts that the figures must give back.
        stated: The years whose figure a document states, so that it must come out as it is. The
            other years are drawn around theirs.
    """

    values: tuple[int, int, int, int, int, int, int, int]
    source: str = SYNTHETIC
    facts: tuple[str, ...] = ()
    stated: tuple[int, ...] = ()

    def __getitem__(self, year: int) -> int:
        """The figure of a year."""
        return self.values[year - YEARS[0]]


@dataclass(frozen=True, slots=True)
class Level:
    """One figure that holds in every year.

    Attributes:
        value: The figure.
        source: Where it comes from.
        facts: Ids of the published facts that it must give back.
    """

    value: float
    source: str = SYNTHETIC
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ByArea:
    """One figure for each of the 14 areas, in the order of `geography.AREAS`.

    Attributes:
        values: The figures.
        source: Where they come from.
        facts: Ids of the published facts that they must give back.
    """

    values: tuple[float, ...]
    source: str = SYNTHETIC
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Composition:
    """Counts by kind for some of the years.

    Attributes:
        values: The counts of a year.
        source: Where they come from.
    """

    values: Mapping[int, tuple[int, ...]]
    source: str


# The years that most statements compare.
_CHANGE: Final = (2022, 2023)

# --- The city ---------------------------------------------------------------------------------

POPULATION: Final = Series(
    (936_000, 943_500, 951_000, 958_200, 965_000, 971_800, 978_500, 985_000),
    "the size of Stockholm; the path between is synthetic",
)
POPULATION_2011: Final = ByArea(
    (
        *(46792, 38115, 66721, 67096, 63120, 67687, 66521),
        *(123468, 92071, 43961, 51987, 25660, 76710, 34415),
    ),
    f"{_YEARBOOK}, tv07437",
)
POPULATION_2021_FORECAST: Final = ByArea(
    (
        *(51311, 42719, 76542, 85650, 71295, 72176, 79011),
        *(129320, 104674, 47572, 59945, 30951, 99184, 37562),
    ),
    f"{_YEARBOOK}, tv07437",
)
CHILD_SHARE: Final = ByArea(
    (
        *(0.250, 0.255, 0.245, 0.235, 0.155, 0.148, 0.150),
        *(0.165, 0.205, 0.205, 0.212, 0.250, 0.210, 0.245),
    )
)
HOUSEHOLDS: Final = Series((450_000, 454_200, 458_400, 462_700, 467_000, 471_300, 475_600, 480_000))

# --- Ekonomiskt bistånd -----------------------------------------------------------------------

# The share of all households: stable within half a per cent a year from 2017, then -6.3 % (PM01).
ASSISTANCE_HOUSEHOLDS: Final = Series(
    (14_008, 14_572, 14_766, 14_815, 15_028, 15_105, 15_274, 14_444),
    f"{_YEARBOOK}, b161 (2016, 2017); {_PM}",
    ("PM01",),
    stated=YEARS,
)
# Household types 3-8 and, for an estate (dödsbo), 9. Years between keep the composition of 2017; in
# 2023 households with children are fewer.
HOUSEHOLD_TYPES: Final = Composition(
    {
        2016: (5782, 539, 3644, 2285, 423, 1084, 251),
        2017: (6186, 495, 3587, 2237, 436, 1332, 299),
        2023: (6323, 452, 3666, 2036, 445, 1218, 304),
    },
    f"{_YEARBOOK}, b162 (2016, 2017); synthetic (2023)",
)
ASSISTANCE_CHILDREN: Final = Series(
    (7_250, 7_801, 7_905, 7_930, 8_045, 8_086, 8_177, 6_869),
    f"{_YEARBOOK}, b021 (2017); {_PM}",
    ("PM05",),
    stated=(2017, 2022, 2023),
)
ASSISTANCE_RECIPIENTS: Final = Series(
    (23_655, 25_228, 25_565, 25_645, 26_015, 26_151, 26_442, 24_099),
    f"{_YEARBOOK}, b161 (2016, 2017)",
    stated=(2016, 2017),
)
RECIPIENTS_2016: Final = ByArea(
    (3786, 2382, 2534, 941, 331, 268, 293, 1146, 3257, 1141, 1646, 414, 1111, 2073),
    f"{_YEARBOOK}, b020; the rest of the city belongs to central units",
)
RECIPIENTS_2017: Final = ByArea(
    (3604, 2201, 2267, 923, 310, 312, 260, 1001, 2936, 1100, 1585, 411, 1138, 1876),
    f"{_YEARBOOK}, b020; the rest of the city belongs to central units",
)
CHILDREN_2017: Final = ByArea(
    (1298, 761, 735, 245, 57, 70, 45, 170, 903, 308, 434, 104, 287, 577),
    f"{_YEARBOOK}, b021; the rest of the city belongs to central units",
)
# Months a household: 7.23, 6.97, then level, and +1.5 % in 2023.
ASSISTANCE_MONTHS: Final = Series(
    (101_288, 101_580, 102_771, 103_483, 104_670, 105_584, 106_613, 102_336),
    f"{_YEARBOOK}, b161 (2016, 2017); {_PM}",
    ("PM06",),
    stated=(2016, 2017, 2022, 2023),
)
ASSISTANCE_COST_KR: Final = Series(
    (
        *(894_735_000, 927_975_000, 947_030_000, 962_390_000),
        *(982_850_000, 1_000_410_000, 1_019_220_000, 1_029_500_000),
    ),
    f"{_YEARBOOK}, b161 (2016, 2017)",
    stated=YEARS,
)
PARTIAL_REFUSALS: Final = Series(
    (8_350, 8_430, 8_500, 8_470, 8_540, 8_530, 8_620, 9_000), _PM, ("PM04",), stated=_CHANGE
)
FULL_REFUSALS: Final = Series(
    (21_450, 21_670, 21_850, 21_780, 21_960, 21_920, 22_180, 23_100), _PM, ("PM04",), stated=_CHANGE
)

# --- Våld i nära relation ---------------------------------------------------------------------

PROTECTED_PERSONS: Final = Series(
    (612, 616, 622, 617, 623, 618, 620, 527), _PM, ("PM14",), stated=_CHANGE
)
PROTECTED_DECISIONS: Final = Series(
    (750, 755, 762, 757, 764, 757, 760, 646), _PM, ("PM15",), stated=_CHANGE
)
PROTECTED_CHILDREN: Final = Series(
    (494, 497, 503, 498, 505, 499, 500, 325), _PM, ("PM16",), stated=_CHANGE
)
# Placements for other reasons follow, so that the changes are the same with and without them.
PROTECTED_OTHER_PERSONS: Final = Series((20, 20, 20, 20, 20, 20, 20, 17), stated=_CHANGE)
PROTECTED_OTHER_CHILDREN: Final = Series((20, 20, 20, 20, 20, 20, 20, 13), stated=_CHANGE)
FLAT_WOMEN: Final = Series((179, 180, 182, 181, 183, 181, 182, 190), _PM, ("PM18",), stated=_CHANGE)
FLAT_MEN: Final = Series((8, 8, 8, 8, 8, 8, 8, 8))
FLAT_CHILDREN: Final = Series(
    (158, 160, 161, 159, 161, 160, 160, 152), _PM, ("PM17",), stated=_CHANGE
)

# As the memorandum supposes, the whole fall is mothers: women's decisions without children are as
# many as they were. How many have children with them follows from the children.
PROTECTED_WOMEN: Final[Mapping[int, int]] = {2022: 583, 2023: 497}
PROTECTED_ALONE: Final[Mapping[int, int]] = {2022: 419, 2023: 419}

RVC_CONTACTS: Final = Series(
    (968, 979, 990, 986, 998, 1003, 1010, 1178), _BUDGET, ("BU04",), stated=_CHANGE
)
RVC_GRANTED: Final = Series(
    (913, 924, 934, 931, 941, 946, 953, 1115), f"{_BUDGET}; {_PM}", ("BU03", "PM19"), stated=_CHANGE
)
RVC_VICTIMS: Final = Series(
    (858, 868, 877, 873, 884, 889, 895, 1044), _BUDGET, ("BU05",), stated=(2022,)
)
RVC_GROUP: Final = Series((49, 50, 50, 49, 50, 50, 50, 51), _BUDGET, ("BU06",), stated=(2022,))

VICTIMS_KNOWN: Final = Series(
    (2_890, 2_912, 2_945, 2_940, 2_962, 2_972, 2_984, 3_004), _BUDGET, ("BU01",), stated=_CHANGE
)
VIOLENCE_CASES: Final = Series(
    (1_655, 1_668, 1_690, 1_682, 1_698, 1_701, 1_707, 1_722), _BUDGET, ("BU02",), stated=(2022,)
)
VIOLENCE_CASES_OPEN: Final = Series(
    (1_652, 1_666, 1_680, 1_675, 1_695, 1_700, 1_707, 1_718), _BUDGET, ("BU02",), stated=(2022,)
)
VIOLENCE_CASES_OPEN_BEFORE: Final = Level(1_640)

# --- Funktionsnedsättning och socialpsykiatri -------------------------------------------------

# Persons a year. The women and men whose hours the memorandum states cannot average to exactly
# 7.2 with 60 % women (0.6 x 7.5 + 0.4 x 6.9 = 7.26), so each figure gives way by less than half
# a per cent and all of them still round to what is printed.
PSYCHIATRY_WOMEN: Final = Series(
    (1542, 1548, 1556, 1550, 1560, 1554, 1558, 1562), _PM, ("PM29",), stated=(2023,)
)
PSYCHIATRY_MEN: Final = Series(
    (1041, 1045, 1050, 1046, 1053, 1049, 1052, 1054), _PM, ("PM29",), stated=(2023,)
)
DISABILITY_WOMEN: Final = Series(
    (1060, 1066, 1074, 1070, 1078, 1075, 1080, 1086), _PM, ("PM30",), stated=(2023,)
)
DISABILITY_MEN: Final = Series(
    (1060, 1066, 1074, 1070, 1078, 1075, 1080, 1086), _PM, ("PM30",), stated=(2023,)
)
HOURS_PSYCHIATRY_WOMEN: Final = Level(7.470, _PM, ("PM22", "PM24"))
HOURS_PSYCHIATRY_MEN: Final = Level(6.872, _PM, ("PM22", "PM23"))
HOURS_DISABILITY: Final = Level(9.0, _PM, ("PM25", "PM26", "PM27"))
PSYCHIATRY_SUPPORT_SHARE: Final = Level(0.70, _PM, ("PM28",))

# --- Barn och unga ----------------------------------------------------------------------------

CHILD_CASES_2018: Final = ByArea(
    (1820, 1265, 2376, 1120, 640, 585, 598, 1400, 1790, 830, 1190, 601, 1120, 1290),
    _REVIEW,
    ("RS01", "RS02", "RS03", "RS10"),
)
CHILD_CASES: Final = Series(
    (16_380, 16_490, 16_625, 16_690, 16_590, 16_720, 16_810, 16_770),
    _REVIEW,
    ("RS01",),
    stated=(2018,),
)
BOYS_SHARE: Final = Level(0.54, _REVIEW, ("RS04", "RS05"))


@dataclass(frozen=True, slots=True)
class ContactReason:
    """A reason for contact with the social services about a child.

    Attributes:
        code: The contract's code.
        weight: Share of the cases that have it as the main reason. Synthetic.
        boys_share: Share of those cases that concern boys.
        ages: Weight for the ages 0-6, 7-12, 13-17 and 18-20. Synthetic.
        facts: Ids of the published facts behind `boys_share`; synthetic without any.
    """

    code: str
    weight: float
    boys_share: float
    ages: tuple[float, float, float, float]
    facts: tuple[str, ...] = ()


# Only psykisk ohälsa has a majority of girls.
CONTACT_REASONS: Final = (
    ContactReason("beteendeproblematik", 0.060, 0.71, (0.3, 1.0, 1.5, 0.6), ("RS06",)),
    ContactReason("missbruk_barn", 0.035, 0.70, (0.0, 0.02, 2.5, 3.0), ("RS07",)),
    ContactReason("ovrig_kriminalitet", 0.050, 0.75, (0.0, 0.2, 2.3, 2.5), ("RS08",)),
    ContactReason("psykisk_ohalsa", 0.080, 0.48, (0.1, 0.8, 1.9, 1.9), ("RS09",)),
    ContactReason("vald_i_hemmet", 0.240, 0.512, (1.4, 1.1, 0.6, 0.5)),
    ContactReason("omsorgsbrist", 0.160, 0.512, (1.6, 1.0, 0.5, 0.2)),
    ContactReason("missbruk_foralder", 0.080, 0.510, (1.5, 1.0, 0.6, 0.2)),
    ContactReason("relationsproblem", 0.120, 0.511, (0.9, 1.0, 1.1, 0.9)),
    ContactReason("skolproblem", 0.085, 0.530, (0.0, 1.3, 1.4, 0.4)),
    ContactReason("ovrigt", 0.090, 0.514, (1.0, 1.0, 1.0, 1.0)),
)

# --- Evictions, debts, family law, substance use, homelessness -----------------------------------

EVICTED_CHILDREN: Final = Series(
    (37, 39, 38, 37, 39, 38, 38, 12), _PM, ("PM02", "PM03"), stated=_CHANGE
)
DEBT_COUNSELLING: Final = Series(
    (1448, 1460, 1472, 1463, 1478, 1470, 1480, 1598), _PM, ("PM13",), stated=_CHANGE
)
# Planted: in 2023 outpatient groups are registered a participant at a time (+22 %).
SUBSTANCE_USE: Final = Series((3880, 3905, 3930, 3910, 3940, 3925, 3950, 4819))
# Persons with LSS on 1 October: 4 450 below 65 in 2016, of whom 1 698 below 23, and by insats as in
# Stockholm's table b159; the 311 insatser of those who are older are in it. Older persons, and how
# insatser divide at 23, are synthetic, and so are the years that follow.
LSS_PERSONS: Final = Series((4644, 4700, 4755, 4810, 4870, 4925, 4985, 5040))
LSS_PERSONS_BY_AGE: Final = (1698, 2752, 194)
LSS_INSATSER: Final = (
    *("personlig_assistans", "ledsagarservice", "kontaktperson", "avlosarservice"),
    *("korttidsvistelse", "korttidstillsyn", "boende_barn", "boende_vuxna", "daglig_verksamhet"),
)
# Of those below 23 and of the others, and how many persons they are.
LSS_INSATSER_BY_AGE: Final = (
    (51, 255, 120, 420, 697, 419, 87, 0, 250, 1698),
    (206, 382, 383, 7, 2, 0, 0, 1479, 2367, 2946),
)
# Children and young persons who were placed at some time of the year: in 2016 as many, and as many
# of them by LVU, as in Stockholm's table b166 of 2013, the last year that the city printed.
CHILDREN_PLACED: Final = Series((2164, 2120, 2075, 2030, 1990, 1955, 1925, 1900))
CHILDREN_PLACED_BY_LAW: Final = 460 / 2164
CHILDREN_IN_OPEN_CARE: Final = Series((4310, 4355, 4400, 4390, 4425, 4460, 4490, 4520))
# Planted: from 1 March 2022 parents must be offered an information talk (+40 %).
FAMILY_LAW: Final = Series((2410, 2428, 2450, 2440, 2462, 2470, 3458, 3480))
HOMELESS: Final = Series((2420, 2408, 2432, 2415, 2440, 2426, 2435, 2420))
