"""What the numbers of a cost scenario are called; what they are stands in the scenario itself."""

from collections.abc import Mapping
from types import MappingProxyType

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "persons": "Antal personer",
        "hours_per_person": "Timmar per person",
        "unpriced_hours": "Timmar utan pris",
        "sessions": "Antal tillfällen",
        "hours_per_session": "Timmar per tillfälle",
        "staff_per_session": "Personal per tillfälle",
        "group_size": "Gruppens storlek",
        "group_fill": "Andel fyllda platser",
        "no_show": "Andel uteblivna",
        "rate": "Timkostnad",
        "overhead": "Påslag på timkostnaden",
        "discount_rate": "Kalkylränta",
        "monthly_salary": "Månadslön",
        "employer_fee": "Personalomkostnadspålägg",
        "holiday_pay": "Semesterersättning",
        "sickness_cover": "Vikariekostnad",
        "premises_per_month": "Lokaler per månad",
        "equipment_per_month": "Dator och telefon per månad",
        "productive_hours_per_year": "Arbetade timmar per år",
        "share": "andelen som slipper",
        "quantity": "mängden för var och en",
        "unit_cost": "kostnaden för varje",
    }
)


def driver_name(driver: str, owners: Mapping[str, str]) -> str:
    """A number in words: ``Gruppens storlek (Gruppsamtal på RVC)``.

    Args:
        driver: As the scenario has it, with the name of a part or of a saving before it.
        owners: What parts and savings are called, by their names.

    Raises:
        LookupError: If the number has no Swedish words.
    """
    owner, _, name = driver.rpartition(".")
    if name not in _NAMES:
        raise LookupError(f"no Swedish words for the number {name!r}")
    if owner in owners:
        return f"{_NAMES[name]} ({owners[owner]})"
    return _NAMES[name]
