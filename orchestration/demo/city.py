"""The synthetic city: all registers of the contract, as the city's case systems would export them.

Only the order in which the registers are made, and who of one register may occur in another, is
decided here. Figures belong in `targets`, people and decisions in the register modules. Nothing
here, or below it, knows the pipeline that reads the files.
"""

from pathlib import Path
from typing import Final

from orchestration.demo.assistance import write_assistance
from orchestration.demo.children import write_child_cases
from orchestration.demo.disability import write_support
from orchestration.demo.people import People
from orchestration.demo.population import write_households, write_population, write_status
from orchestration.demo.sampling import generator
from orchestration.demo.targets import YEARS
from orchestration.demo.violence import write_cases, write_counselling, write_placements
from orchestration.demo.wider import (
    write_debt_counselling,
    write_evictions,
    write_family_law,
    write_homelessness,
    write_substance_use,
)
from orchestration.demo.writing import Exporter, Progress

MUNICIPALITY: Final = "0180"
"""Code of the municipality that the city stands in for."""

_MONTHLY_THROUGHOUT: Final = 1
_MONTHLY_LAST_YEAR: Final = 8
_ONE_FILE_A_YEAR: Final = 6


def write_city(
    inbox: Path, *, seed: int = 2023, scale: float = 1.0, progress: Progress | None = None
) -> list[Path]:
    """Write the city's 15 registers for 2016-2023.

    The same seed and scale give the same bytes. At scale 1 the files agree with the documents'
    figures and with Stockholm's published totals for 2016 and 2017; in a smaller city they are as
    well formed, and the findings keep their direction. Files that are there already are replaced.

    Args:
        inbox: Directory that gets `<register>/<register>_<period>.<ext>`; made if it is not there.
        seed: Which of all possible cities.
        scale: Size of the city in its persons and decisions; 1 is Stockholm's own.
        progress: Called after each file with the register, the files written so far, and how many
            there will be (fewer where the city is so small that a month has no rows).

    Returns:
        The files, in the order in which they were written.

    Raises:
        ValueError: If the scale is not above 0 and at most 1.
        OSError: If the inbox cannot be written.
    """
    if not 0 < scale <= 1:
        raise ValueError(f"scale must be above 0 and at most 1, not {scale}")
    months = _MONTHLY_THROUGHOUT * len(YEARS) * 12 + _MONTHLY_LAST_YEAR * (len(YEARS) - 1 + 12)
    exporter = Exporter(inbox, file_count=months + _ONE_FILE_A_YEAR * len(YEARS), progress=progress)
    try:
        _write_registers(exporter, seed, scale)
    finally:
        exporter.close()
    return exporter.written


def _write_registers(exporter: Exporter, seed: int, scale: float) -> None:
    for year in YEARS:
        write_population(exporter, year, scale=scale)
        write_households(exporter, year, seed=seed, scale=scale)
        write_status(exporter, year, seed=seed, scale=scale)
    people = People(generator(seed, "personer"))
    adults = write_assistance(exporter, people, seed=seed, scale=scale)
    children = write_child_cases(exporter, people, seed=seed, scale=scale)
    write_family_law(exporter, people, children, seed=seed, scale=scale)
    victims, perpetrators = write_cases(exporter, people, adults, seed=seed, scale=scale)
    write_counselling(exporter, people, victims, perpetrators, seed=seed, scale=scale)
    write_placements(exporter, people, victims, seed=seed, scale=scale)
    write_support(exporter, people, adults, seed=seed, scale=scale)
    write_substance_use(exporter, people, adults, seed=seed, scale=scale)
    write_homelessness(exporter, people, adults, seed=seed, scale=scale)
    write_debt_counselling(exporter, people, adults, seed=seed, scale=scale)
    write_evictions(exporter, seed=seed, scale=scale)
