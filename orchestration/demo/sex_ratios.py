"""How women's level stands to men's in each indicator, by the truths that made a city.

The value of estimand 8.1 in `truth.json`. A ratio comes from the shares of women that the register
modules draw by, over the residents'; where a register has no such share, from other cities by the
same truths. An indicator whose register does not ask for sex has exactly 1.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from orchestration.demo import assistance, disability, targets, violence, wider, writing
from orchestration.demo.assistance import Decisions
from orchestration.demo.model import Model
from orchestration.demo.panels import area_weights
from orchestration.demo.people import People, Residents
from orchestration.demo.population import women_per_man
from orchestration.demo.sampling import Floats, Ints, choose

_PERSONS: Final = 400_000
_PSYCHIATRY: Final = 1
#: What becomes of a case or an application does not depend on sex, and disability's hours do not.
ALIKE: Final = (
    "assistance_rejection_share",
    "child_assessments_within_14_days_share",
    "child_intervention_share",
    "child_investigations_over_4_months_share",
    "child_preschool_contacted_share",
    "child_rereferral_share",
    "child_school_contacted_share",
    "children_placed_by_law_share",
    "children_placed_days",
    "children_placed_in_family_homes_share",
    "children_with_contacts_share",
    "debt_relief_applied_share",
    "family_law_agreed_share",
    "housing_support_hours*funktionsnedsattning",
    "lss_waiting_share",
    "placement_breakdown_share",
)
#: Decisions of a year of the report, and what was granted by each, in kronor.
Assisted = tuple[Decisions, Floats]


def sex_ratios(
    model: Model, year: int, assisted: Sequence[Assisted], others: Sequence[Model]
) -> dict[str, float]:
    """Women's level over men's, by indicator and target group.

    Args:
        model: Which city.
        year: The year of the report.
        assisted: Economic assistance of that year in other cities by the same truths.
        others: The other cities.
    """
    children, adults = women_per_man(year)
    by_residents = {
        **dict(_of_assisted(assisted)),
        **dict(_of_violence(model, year)),
        **dict(_of_support(year)),
        "substance_use_persons": wider.SUBSTANCE_USE_WOMEN / (1 - wider.SUBSTANCE_USE_WOMEN),
        "debt_counselling_new": (1 - wider.DEBT_MEN) / wider.DEBT_MEN,
    }
    boys = {"child_cases": targets.BOYS_SHARE.value, "family_law_cases": wider.FAMILY_LAW_BOYS}
    outpatients, compelled = (women / men for women, men in wider.care_shares(model))
    return {
        **dict.fromkeys(ALIKE, 1.0),
        **{name: ratio / adults for name, ratio in by_residents.items()},
        **{name: (1 - share) / share / children for name, share in boys.items()},
        "assistance_cost": _kronor(assisted),
        "housing_support_hours*socialpsykiatri": _hours(model),
        "housing_support_share*socialpsykiatri": _supported(year),
        "substance_use_outpatient_share": outpatients,
        "substance_use_compulsory_share": compelled,
        "substance_use_care_days": _care_days(others),
    }


def _ratio(women: float, men: float) -> float:
    return float(women / men)


# --- Assistance -------------------------------------------------------------------------------


def _women(decisions: Decisions) -> tuple[Floats, Floats]:
    """How much of each applicant and of each co-applicant is expected to be a woman, or a man."""
    applicant = assistance.WOMEN_AMONG_APPLICANTS[decisions.kind]
    partner = (decisions.co_applicant >= 0).astype(np.float64)
    return applicant, partner / 2


def _of_assisted(cities: Sequence[Assisted]) -> Iterator[tuple[str, float]]:
    sums = np.zeros((3, 2))
    for decisions, _ in cities:
        women, partners = _women(decisions)
        own = np.stack([women, 1 - women])
        sums[0] += own.sum(axis=1)
        sums[1] += own[:, decisions.ground >= 0].sum(axis=1)
        sums[2] += (own + partners)[:, _first_granted(decisions)].sum(axis=1)
    names = ("assistance_decisions", "assistance_rejections", "assistance_recipients")
    for name, (women_, men) in zip(names, sums, strict=True):
        yield name, _ratio(women_, men)


def _first_granted(decisions: Decisions) -> Ints:
    """A row of each household that is granted anything."""
    granted = np.flatnonzero(~decisions.refused)
    return granted[np.unique(decisions.household[granted], return_index=True)[1]]


def _kronor(cities: Sequence[Assisted]) -> float:
    """Kronor a recipient, where half of a couple's are each one's."""
    kronor, persons = np.zeros(2), np.zeros(2)
    for decisions, granted in cities:
        women, partners = _women(decisions)
        own = np.stack([women, 1 - women])
        together = partners > 0
        kronor += (np.where(together, (own + partners) / 2, own) * granted).sum(axis=1)
        persons += (own + partners)[:, _first_granted(decisions)].sum(axis=1)
    women_, men = kronor / persons
    return _ratio(women_, men)


# --- Violence -----------------------------------------------------------------------------------


def _of_violence(model: Model, year: int) -> Iterator[tuple[str, float]]:
    victims, perpetrators = violence.VICTIM_MEN, violence.PERPETRATOR_MEN
    linkage = model.truths.protected.linkage
    sheltered = linkage["open_case"] * victims + (1 - linkage["open_case"]) * violence.PLACED_MEN
    if not model.drawn:
        sheltered = 1 - targets.PROTECTED_WOMEN[year] / targets.PROTECTED_PERSONS[year]
    # Those of the year's first half have time to come to counselling.
    came = linkage["rvc_within_180_days"] * violence.expected_placed(year, model) / 2
    contacts, of_victims = targets.RVC_CONTACTS[year], targets.RVC_VICTIMS[year]
    seen = victims + came / of_victims * (sheltered - victims)
    part = of_victims / contacts
    all_seen = part * seen + (1 - part) * perpetrators
    for name, men in (
        ("ipv_victims_known", victims),
        ("protected_housing_persons", sheltered),
        ("rvc_victims", seen),
        ("rvc_group_participants", seen),
        ("rvc_contacts", all_seen),
        ("rvc_counselling_persons", all_seen),
    ):
        yield name, _ratio(1 - men, men)
    yield "emergency_flat_persons", _ratio(targets.FLAT_WOMEN[year], targets.FLAT_MEN[year])


# --- Housing support and social psychiatry --------------------------------------------------------


def _users(year: int) -> tuple[Floats, Floats]:
    """Women and men in social psychiatry: with housing support, and all."""
    supported = np.array(
        [targets.PSYCHIATRY_WOMEN[year], targets.PSYCHIATRY_MEN[year]], dtype=np.float64
    )
    share = targets.PSYCHIATRY_SUPPORT_SHARE.value
    women = disability.OTHER_WOMEN
    others = supported.sum() * (1 - share) / share * np.array([women, 1 - women])
    return supported, supported + others


def _of_support(year: int) -> Iterator[tuple[str, float]]:
    supported, users = _users(year)
    disabled = np.array([targets.DISABILITY_WOMEN[year], targets.DISABILITY_MEN[year]])
    women, men = supported + disabled
    yield "housing_support_persons", _ratio(women, men)
    yield "social_psychiatry_users", _ratio(*users)


def _supported(year: int) -> float:
    supported, users = _users(year)
    return _ratio(*(supported / users))


def _hours(model: Model) -> float:
    """Of psychiatry; in a city where they are stated, as stated."""
    if not model.drawn:
        return _ratio(targets.HOURS_PSYCHIATRY_WOMEN.value, targets.HOURS_PSYCHIATRY_MEN.value)
    rng = model.generator("sanning timmar efter kön")
    area = choose(rng, area_weights(disability.AREA_NEED[_PSYCHIATRY], 0.01), _PERSONS)
    nobody = np.zeros(_PERSONS, dtype=np.int64)
    women, men = (
        disability.draw_granted(
            rng, _PSYCHIATRY, np.full(_PERSONS, male, dtype=np.bool_), area, model
        )
        .a_month(nobody > 0)
        .mean()
        for male in (False, True)
    )
    return _ratio(women, men)


# --- Substance use --------------------------------------------------------------------------------


def _care_days(others: Sequence[Model]) -> float:
    """Days of those who are in care around the clock, over all the years of the other cities."""
    days, persons = np.zeros(2), np.zeros(2)
    for each in others:
        kept = writing.Kept()
        nobody = np.zeros(0, dtype=np.int64)
        wider.write_substance_use(
            kept, People(each.generator("personer")), Residents(nobody, nobody), each
        )
        for table in kept.tables["missbruk_insatser"]:
            in_care = np.asarray(table["dygn"].values) >= 0
            male = np.asarray(table["kon"].values)[in_care].astype(np.int64)
            who = np.asarray(table["personnummer"].values)[in_care]
            days += np.bincount(male, np.asarray(table["dygn"].values)[in_care], minlength=2)
            persons += np.bincount(male[np.unique(who, return_index=True)[1]], minlength=2)
    women, men = days / persons
    return _ratio(women, men)
