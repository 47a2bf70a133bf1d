"""The synthetic city: all registers of the contract, as the city's case systems would export them.

Only the order in which the registers are made, and who of one register may occur in another, is
decided here. Figures belong in `targets`, people and decisions in the register modules. Nothing
here, or below it, knows the pipeline that reads the files.
"""

from pathlib import Path
from typing import Final, get_args

from orchestration.demo.assistance import write_assistance
from orchestration.demo.child_care import write_open_care, write_placements_of_children
from orchestration.demo.children import write_child_cases
from orchestration.demo.disability import write_support
from orchestration.demo.lss import write_lss
from orchestration.demo.model import Mode, Model
from orchestration.demo.people import People
from orchestration.demo.population import write_households, write_population, write_status
from orchestration.demo.running_year import file_count, write_running_year
from orchestration.demo.targets import YEARS
from orchestration.demo.truths import Truths
from orchestration.demo.violence import write_cases, write_counselling, write_placements
from orchestration.demo.wider import (
    write_debt_counselling,
    write_evictions,
    write_family_law,
    write_homelessness,
    write_substance_use,
)
from orchestration.demo.without_assessment import write_without_assessment
from orchestration.demo.writing import Exporter, Progress

MUNICIPALITY: Final = "0180"
"""Code of the municipality that the city stands in for."""

DEFAULT_SEED: Final = 2023

_MONTHLY_THROUGHOUT: Final = 1
_MONTHLY_LAST_YEAR: Final = 8
_ONE_FILE_A_YEAR: Final = 9
_SURVEYS: Final = 4


def city_model(
    *,
    seed: int | None = None,
    scale: float | None = None,
    truths: Truths | None = None,
    mode: str | None = None,
) -> Model:
    """Which city is meant; what is not said is as in the default city.

    Args:
        seed: Which of all possible cities.
        scale: Size of the city in its persons and decisions; 1 is Stockholm's own.
        truths: What an analysis ought to find.
        mode: Whether what a document states comes out exactly (`calibrated`) or is drawn.

    Raises:
        ValueError: If the scale is not above 0 and at most 1, or there is no such mode.
    """
    if scale is not None and not 0 < scale <= 1:
        raise ValueError(f"scale must be above 0 and at most 1, not {scale}")
    if mode not in {None, *get_args(Mode)}:
        raise ValueError(f"mode must be calibrated or drawn, not {mode}")
    return Model(
        DEFAULT_SEED if seed is None else seed,
        1.0 if scale is None else scale,
        truths or Truths.default(),
        drawn=mode == "drawn",
    )


def write_city(
    inbox: Path,
    *,
    seed: int = DEFAULT_SEED,
    scale: float = 1.0,
    truths: Truths | None = None,
    mode: Mode = "calibrated",
    progress: Progress | None = None,
) -> list[Path]:
    """Write the city that `city_model` makes of the arguments; see `write_model`."""
    model = city_model(seed=seed, scale=scale, truths=truths, mode=mode)
    return write_model(inbox, model, progress=progress)


def write_model(inbox: Path, model: Model, *, progress: Progress | None = None) -> list[Path]:
    """Write a city's 19 registers for 2016-2023, and what three have delivered of the year after.

    The same model gives the same bytes. A calibrated city at scale 1 agrees with the documents'
    figures and with Stockholm's published totals for 2016 and 2017, and is drawn otherwise; in a
    smaller one the findings keep their direction. In a drawn city the totals are drawn too. Files
    that are there already are replaced.

    Args:
        inbox: Directory that gets `<register>/<register>_<period>.<ext>`; made if it is not there.
        model: Which city.
        progress: Called after each file with the register, the files written so far, and how many
            there will be (fewer where the city is so small that a month has no rows).

    Returns:
        The files, in the order in which they were written.

    Raises:
        OSError: If the inbox cannot be written.
    """
    months = _MONTHLY_THROUGHOUT * len(YEARS) * 12 + _MONTHLY_LAST_YEAR * (len(YEARS) - 1 + 12)
    count = months + _ONE_FILE_A_YEAR * len(YEARS) + _SURVEYS + file_count()
    exporter = Exporter(inbox, file_count=count, progress=progress)
    try:
        _write_registers(exporter, model)
        exporter.finish()
    finally:
        exporter.close()
    return exporter.written


def _write_registers(exporter: Exporter, model: Model) -> None:
    seed, scale = model.seed, model.scale
    for year in YEARS:
        write_population(exporter, year, scale=scale)
        write_households(exporter, year, seed=seed, scale=scale)
        write_status(exporter, year, seed=seed, scale=scale)
    people = People(model.generator("personer"))
    adults = write_assistance(exporter, people, model)
    children = write_child_cases(exporter, people, model)
    write_family_law(exporter, people, children, model)
    cases = write_cases(exporter, people, adults, model)
    placed = write_placements(exporter, people, cases, model)
    write_counselling(exporter, people, cases, placed, model)
    write_support(exporter, people, adults, model)
    write_substance_use(exporter, people, adults, model)
    write_homelessness(exporter, people, adults, model)
    write_debt_counselling(exporter, people, adults, model)
    write_evictions(exporter, model)
    write_lss(exporter, people, model)
    write_placements_of_children(exporter, people, model)
    write_open_care(exporter, people, model)
    write_without_assessment(exporter, model)
    # Last of all, so that nothing of the years before is drawn otherwise.
    write_running_year(exporter, people, cases, model)
