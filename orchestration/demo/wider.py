"""The smaller registers: debt counselling, evictions, family law, substance use, homelessness.

Each function writes one register for all years. The two planted changes that a registered
explanation covers are here: substance use in 2023 and family law in 2022.
"""

from typing import Final

import numpy as np

from orchestration.demo import targets, writing
from orchestration.demo.geography import AREAS, CENTRAL, UNITS, units_at
from orchestration.demo.model import Model
from orchestration.demo.panels import PanelYear, area_weights, by_area, follow
from orchestration.demo.people import People, Recruiter, Residents, adult_ages
from orchestration.demo.sampling import (
    NO_DAY,
    Floats,
    Ints,
    choose,
    choose_by_row,
    day,
    days_in_year,
    happens,
    last_day,
    month_index,
    on_weekday,
    pick,
    scaled,
    spread,
    year_of,
)
from orchestration.demo.targets import YEARS

_LAST: Final = last_day(YEARS[-1])
DEBT_MEN: Final = 0.52
FAMILY_LAW_BOYS: Final = 0.51
SUBSTANCE_USE_WOMEN: Final = 0.31


def write_debt_counselling(
    exporter: writing.Exporter, people: People, known: Residents, model: Model
) -> None:
    """Write `budget_skuldradgivning`: everyone comes for the first time once.

    Args:
        exporter: Where the files go.
        people: Everyone; new clients are added.
        known: People of another register who may occur here too.
        model: Which city.
    """
    rng = model.generator("budget och skuld")
    recruiter = Recruiter(
        rng, people, ages=adult_ages(43.0, 13.0), youngest=18, known=known, known_share=0.2
    )
    for year in YEARS:
        count = model.total(rng, targets.DEBT_COUNSELLING, year)
        area = by_area(rng, count, area_weights(0.5, 0.0))
        visit = days_in_year(rng, year, count)
        person = recruiter.find(area, happens(rng, DEBT_MEN, count), visit)
        applied = choose(rng, (60, 24, 16), count) - 1
        decided = np.where(applied == 1, on_weekday(visit + rng.integers(30, 240, count)), NO_DAY)
        applied[applied == 1] = np.where(decided[applied == 1] > _LAST, 0, 1)
        decided[applied != 1] = NO_DAY
        table = {
            "arende_id": writing.serial("BS", year * 10_000 + np.arange(1, count + 1)),
            "personnummer": writing.identity(people.identity[person]),
            "stadsdelsnamnd": writing.code(units_at(area, visit), UNITS),
            "forsta_besok": writing.date(visit),
            "skuldsanering_ansokt": writing.flag(applied),
            "skuldsanering_datum": writing.date(decided),
        }
        exporter.history_then_months("budget_skuldradgivning", year, table, month_index(visit))


def write_evictions(exporter: writing.Exporter, model: Model) -> None:
    """Write `avhysningar_barn`: applications that concern children, most of them never executed.

    Args:
        exporter: Where the files go.
        model: Which city.
    """
    rng = model.generator("avhysningar")
    for year in YEARS:
        children = model.total(rng, targets.EVICTED_CHILDREN, year)
        families = max(1, round(children / 1.9))
        halted = max(2, round(45 * model.scale))
        counts = np.concatenate(
            [
                spread(rng, np.ones(families, dtype=np.int64), children, 1, 6),
                1 + choose(rng, (45, 35, 15, 5), halted),
            ]
        )
        total = families + halted
        area = by_area(rng, total, area_weights(0.8, 0.0))
        executed = np.arange(total) < families
        date = rng.permutation(days_in_year(rng, year, total))
        order = np.argsort(date, kind="stable")
        table = {
            "avhysning_id": writing.serial("AV", year * 1_000 + np.arange(1, total + 1)),
            "datum": writing.date(date[order]),
            "stadsdelsnamnd": writing.code(units_at(area, date)[order], UNITS),
            "antal_barn": writing.number(counts[order]),
            "verkstalld": writing.flag(executed[order]),
            "orsak": writing.code(
                choose(rng, (82, 11, 7), total), ("hyresskuld", "storning", "ovrigt")
            ),
        }
        exporter.year("avhysningar_barn", year, table)


_FAMILY_LAW: Final = (
    "avtal",
    "samarbetssamtal",
    "utredning_vardnad",
    "faderskap",
    "adoption",
    "umgangesstod",
)
_TALKS: Final = 1
_FAMILY_LAW_WEIGHTS: Final = np.array([0.15, 0.32, 0.26, 0.17, 0.03, 0.07])
_FAMILY_LAW_ENDS: Final = ("overenskommelse", "dom", "avslutad_utan_resultat", "faststallt")
_ESTABLISHED: Final = (3, 4)
"""Paternity and adoption, which nobody agrees in."""
_ESTABLISHED_ENDS: Final = (0, 0, 12, 88)
_DISPUTED_ENDS: Final = (52, 27, 21, 0)
_NEW_LAW_YEAR: Final = 2022
_NEW_LAW: Final = day("2022-03-01")


def write_family_law(
    exporter: writing.Exporter, people: People, known: Residents, model: Model
) -> None:
    """Write `familjeratt_arenden`.

    From 1 March 2022 parents must take part in an information talk before a custody case (lag
    2021:530); what that adds is registered as samarbetssamtal.

    Args:
        exporter: Where the files go.
        people: Everyone; children who are not known from child cases are added.
        known: Children of the child cases.
        model: Which city.
    """
    rng = model.generator("familjeratt")
    established = model.generator("faderskap och adoption")
    ages = np.linspace(1.4, 0.4, 18)
    recruiter = Recruiter(rng, people, ages=ages, youngest=0, known=known, known_share=0.75)
    before = scaled(targets.FAMILY_LAW[_NEW_LAW_YEAR - 1], model.scale)
    for year in YEARS:
        count = model.total(rng, targets.FAMILY_LAW, year)
        kind = choose(rng, _FAMILY_LAW_WEIGHTS, count)
        start = days_in_year(rng, year, count)
        if year >= _NEW_LAW_YEAR:
            after = np.flatnonzero(start >= _NEW_LAW)
            more = max(0, min(count - before, len(after)))
            kind[after[pick(rng, more, np.ones(len(after)))]] = _TALKS
        area = by_area(rng, count, area_weights(0.2, 0.0))
        person = recruiter.find(area, happens(rng, FAMILY_LAW_BOYS, count), start)
        length = (70 * rng.lognormal(0.0, 0.6, count)).astype(np.int64) + 5
        end = np.where(start + length > _LAST + 60, NO_DAY, start + length)
        by_kind = np.where(
            np.isin(kind, _ESTABLISHED),
            choose(established, _ESTABLISHED_ENDS, count),
            choose(rng, _DISPUTED_ENDS, count),
        )
        outcome = np.where(end == NO_DAY, -1, by_kind)
        table = {
            "arende_id": writing.serial("FR", year * 100_000 + np.arange(1, count + 1)),
            "personnummer_barn": writing.identity(people.identity[person]),
            "stadsdelsnamnd": writing.code(units_at(area, start), UNITS),
            "typ": writing.code(kind, _FAMILY_LAW),
            "start_datum": writing.date(start),
            "slut_datum": writing.date(end),
            "utfall": writing.code(outcome, _FAMILY_LAW_ENDS),
        }
        exporter.year("familjeratt_arenden", year, table)


_CARE: Final = ("oppenvard", "institution", "familjehem", "boende", "ovrigt")
_OUTPATIENT, _INSTITUTION = 0, 1
_CARE_WEIGHTS: Final = (56, 14, 2, 20, 8)
_BY_LAW: Final = 0.22
"""Share of the stays in institutions that are compulsory (LVM)."""
_LEAVING: Final = 0.38
_SECOND: Final = 0.24
"""Share of those who stay the year out that have a second intervention in it."""


def write_substance_use(
    exporter: writing.Exporter, people: People, known: Residents, model: Model
) -> None:
    """Write `missbruk_insatser`.

    In 2023 outpatient groups begin to be registered a participant at a time: the additional people
    have outpatient care only.

    Args:
        exporter: Where the files go.
        people: Everyone; new users are added.
        known: People of another register who may occur here too.
        model: Which city.
    """
    rng = model.generator("missbruk")
    recruiter = Recruiter(
        rng, people, ages=adult_ages(41.0, 14.0), youngest=18, known=known, known_share=0.3
    )
    counts = [model.total(rng, targets.SUBSTANCE_USE, year) for year in YEARS]
    women = [int(rng.binomial(count, SUBSTANCE_USE_WOMEN)) for count in counts]
    followed = follow(
        rng,
        recruiter,
        years=YEARS,
        women=women,
        men=[count - woman for count, woman in zip(counts, women, strict=True)],
        weights=area_weights(0.5, 0.05),
        leaving=_LEAVING,
    )
    equality = model.truths.equality
    weights = _care_weights(model)
    by_law = np.full(CENTRAL + 1, _BY_LAW / (1 - _BY_LAW))
    for name, odds in equality.lvm_board.items():
        by_law[AREAS.index(name)] *= odds
    by_law /= 1 + by_law
    care = np.zeros(0, dtype=np.int64)
    for panel in followed:
        drawn = choose_by_row(rng, weights[panel.male.astype(np.int64)])
        kept = (panel.carried >= 0) & happens(rng, 0.7, len(panel.person))
        care = np.where(kept, np.append(care, 0)[panel.carried], drawn)
        if panel.year == YEARS[-1]:
            more = round(len(panel.person) * _registered_more())
            newcomers = rng.permutation(np.flatnonzero(panel.carried < 0))
            care[newcomers[: max(more, 0)]] = _OUTPATIENT
        # Drawn apart, so that more of it somewhere moves nothing else.
        compelled = model.generator(f"missbruk lvm {panel.year}")
        table, months = _care_table(rng, people, panel, care, compelled=compelled, by_law=by_law)
        exporter.history_then_months("missbruk_insatser", panel.year, table, months)


def _care_weights(model: Model) -> Floats:
    """Weights of the forms of care for women and men, shape (2, 5)."""
    weights = np.tile(np.array(_CARE_WEIGHTS, dtype=np.float64), (2, 1))
    weights[0, _OUTPATIENT] *= model.truths.equality.substance_use_outpatient_women
    return weights


def _registered_more() -> float:
    """Share of the last year's persons who are there because participants are registered."""
    before, now = (targets.SUBSTANCE_USE[year] for year in YEARS[-2:])
    return 1 - before / now


def care_shares(model: Model) -> tuple[tuple[float, float], tuple[float, float]]:
    """Shares of women and men in the last year.

    Args:
        model: Which city.

    Returns:
        Those with outpatient care among all, and those with compulsory care among those in
        institutions; women and men of each. What the boards are given more of, both sexes are.
    """
    more = _registered_more()
    weights = _care_weights(model)
    first = (1 - more) * weights / weights.sum(axis=1, keepdims=True)
    first[:, _OUTPATIENT] += more
    likely = np.array(_CARE_WEIGHTS, dtype=np.float64) / sum(_CARE_WEIGHTS)
    second = (1 - _LEAVING) * _SECOND * likely
    any_of = 1 - (1 - first) * (1 - second)
    compelled = 1 - (1 - _BY_LAW * first) * (1 - _BY_LAW * second)
    outpatients = any_of[:, _OUTPATIENT]
    shares = compelled[:, _INSTITUTION] / any_of[:, _INSTITUTION]
    return (
        (float(outpatients[0]), float(outpatients[1])),
        (float(shares[0]), float(shares[1])),
    )


def _care_table(
    rng: np.random.Generator,
    people: People,
    panel: PanelYear,
    care: Ints,
    *,
    compelled: np.random.Generator,
    by_law: Floats,
) -> tuple[writing.Table, Ints]:
    count = len(panel.person)
    second = np.flatnonzero(~panel.leaves & happens(rng, _SECOND, count))
    row = np.concatenate([np.arange(count), second])
    kind = np.concatenate([care, choose(rng, _CARE_WEIGHTS, len(second))])
    start = panel.start[row].copy()
    room = last_day(panel.year) - 3 - panel.start[second]
    start[count:] += rng.integers(0, room)
    length = np.where(kind == _INSTITUTION, 75.0, 190.0) * rng.lognormal(0.0, 0.5, len(row))
    # Decisions end with the year; those who stay have a new one in the next.
    latest = np.where(panel.leaves, panel.end, last_day(panel.year))[row]
    end = np.maximum(np.minimum(start + length.astype(np.int64), latest), start)
    compulsory = (kind == _INSTITUTION) & happens(compelled, by_law[panel.area[row]], len(row))
    around_the_clock = (kind > _OUTPATIENT) & (kind < len(_CARE) - 1)
    order = np.lexsort((panel.person[row], start))
    rows = row[order]
    table = {
        "insats_id": writing.serial("MB", panel.year * 100_000 + np.arange(1, len(row) + 1)),
        "personnummer": writing.identity(people.identity[panel.person[rows]]),
        "kon": writing.sex(panel.male[rows]),
        "fodelsear": writing.number(year_of(people.born[panel.person[rows]])),
        "stadsdelsnamnd": writing.code(units_at(panel.area[rows], start[order]), UNITS),
        "lagrum": writing.code(compulsory[order].astype(np.int64), ("sol", "lvm")),
        "form": writing.code(kind[order], _CARE),
        "start_datum": writing.date(start[order]),
        "slut_datum": writing.date(end[order]),
        "dygn": writing.number(np.where(around_the_clock, end - start + 1, -1)[order]),
    }
    return table, month_index(start[order])


_SITUATIONS: Final = ("akut", "institution", "langsiktig_boendelosning", "eget_ordnat_kortsiktigt")
_HOMELESS_TIME: Final = ("mindre_an_3_manader", "3_12_manader", "1_3_ar", "mer_an_3_ar")
_HOMELESS_CAUSES: Final = (
    "missbruk",
    "psykisk_ohalsa",
    "vald_i_nara_relation",
    "ekonomi",
    "separation",
    "ingen_forankring_pa_bostadsmarknaden",
    "ovrigt",
)
_HOMELESS_AGES: Final = ("18-24", "25-34", "35-44", "45-54", "55-64", "65-")
_SURVEY_MONTH: Final = "09"
_SURVEY_YEARS: Final = tuple(year for year in YEARS if year % 2 == 0)


def write_homelessness(
    exporter: writing.Exporter, people: People, known: Residents, model: Model
) -> None:
    """Write `hemloshet_kartlaggning`, one survey each September of an even year.

    Args:
        exporter: Where the files go.
        people: Everyone; people who are not known elsewhere are added.
        known: People of another register who may occur here too.
        model: Which city.
    """
    rng = model.generator("hemloshet")
    recruiter = Recruiter(
        rng, people, ages=adult_ages(44.0, 14.0), youngest=18, known=known, known_share=0.4
    )
    counts = [model.total(rng, targets.HOMELESS, year) for year in YEARS]
    women = [int(rng.binomial(count, 0.34)) for count in counts]
    followed = follow(
        rng,
        recruiter,
        years=YEARS,
        women=women,
        men=[count - woman for count, woman in zip(counts, women, strict=True)],
        weights=area_weights(0.7, 0.45),
        leaving=0.35,
    )
    for panel in followed:
        # People go in and out of homelessness between the surveys too.
        if panel.year in _SURVEY_YEARS:
            _write_survey(rng, exporter, people, panel)


def _write_survey(
    rng: np.random.Generator, exporter: writing.Exporter, people: People, panel: PanelYear
) -> None:
    count = len(panel.person)
    order = rng.permutation(count)
    person = panel.person[order]
    survey_day = np.full(count, day(f"{panel.year}-{_SURVEY_MONTH}-15"))
    age = (survey_day - people.born[person]) // 365.25
    # The survey is partly anonymous.
    identity = np.where(happens(rng, 0.72, count), people.identity[person], 0)
    has_children = happens(rng, np.where(panel.male[order], 0.08, 0.24), count)
    table = {
        "rad_id": writing.serial("HK", panel.year * 10_000 + np.arange(1, count + 1)),
        "personnummer": writing.identity(identity),
        "kon": writing.sex(panel.male[order]),
        "aldersgrupp": writing.code(
            np.searchsorted([25, 35, 45, 55, 65], age, side="right"), _HOMELESS_AGES
        ),
        "stadsdelsnamnd": writing.code(units_at(panel.area[order], survey_day), UNITS),
        "situation": writing.code(choose(rng, (19, 16, 45, 20), count), _SITUATIONS),
        "tid_i_hemloshet": writing.code(choose(rng, (13, 23, 30, 34), count), _HOMELESS_TIME),
        "barn_antal": writing.number(
            np.where(has_children, 1 + choose(rng, (50, 33, 12, 5), count), 0)
        ),
        "orsak": writing.code(choose(rng, (28, 17, 8, 14, 9, 18, 6), count), _HOMELESS_CAUSES),
    }
    exporter.survey("hemloshet_kartlaggning", f"{panel.year}-{_SURVEY_MONTH}", table)
