"""Steps: what is found in the marts, each thing a table with its gate.

Explanations first, then deviations and charts, then focus areas; each row is told from its claims
as it is written. How anything is found belongs in `orchestration.deviation`, what is said of it in
`orchestration.language`; reading the marts in `marts` and `searching`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb

from orchestration.deviation.assess import assess
from orchestration.deviation.charts import chart_points
from orchestration.deviation.fit import FitSettings, model_fits
from orchestration.deviation.focus import focus_areas as find_focus_areas
from orchestration.deviation.followup import follow_up
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.claims import Headline
from orchestration.findings.marts import (
    DEVIATIONS,
    FOCUS_AREAS,
    FOUND_EXPLANATIONS,
    MODEL_FIT,
    SERIES_CHARTS,
    TRIANGULATION,
    FindingsTable,
    read_findings,
    write_findings,
)
from orchestration.findings.records import Deviation, FocusArea, ModelFit, Triangulation
from orchestration.flow.built_from import REPORT_YEAR
from orchestration.flow.marts import (
    read_catalogue,
    read_months,
    read_names,
    read_plain_series,
    read_series,
    read_successors,
    report_year,
)
from orchestration.flow.replaced import READS as REPLACED
from orchestration.flow.searching import find_explanations
from orchestration.flow.step import Check, Outcome, Product, Step, Verdict, Work
from orchestration.indicators.catalogue import CATALOGUE_SEEDS
from orchestration.language import areas, telling, words
from orchestration.language.inline import plain
from orchestration.language.names import Names
from orchestration.registers.contract import load_contracts
from orchestration.settings import Settings
from orchestration.statistics.xmr import XmrSettings
from orchestration.storage.report_year import AREA_YEARS

FIT_CHECK = "modellens_passform"
MARTS = ("marts.indicators", "marts.indicator_values", "marts.geographies")
CATALOGUE = tuple(f"seeds.{name}" for name in CATALOGUE_SEEDS)
TOLD_WITH = (*CATALOGUE, FOUND_EXPLANATIONS.name, "marts.geographies")


def finding_steps() -> tuple[Step, ...]:
    """The steps, in order."""
    return (
        Step(
            name="found_explanations",
            title_sv="Söker orsaker i uppgifterna",
            part_sv="avvikelser",
            writes=(
                _product(
                    FOUND_EXPLANATIONS,
                    "Orsaker som uppgifterna själva bär: bortfall, reform, brott, drift och flytt.",
                    *MARTS,
                    "marts.source_notes",
                    "intermediate.int_region_crosswalk",
                    "seeds.indicator_series",
                    *REPLACED,
                    # How the registers' deliveries have drifted stands beside their rows.
                    *(f"raw.{contract.table}" for contract in load_contracts().values()),
                ),
            ),
            suites=(FOUND_EXPLANATIONS.name,),
            gate_title_sv="Kontrollerar funna orsaker",
            run=_find_explanations,
            lets_stand=True,
        ),
        Step(
            name="deviations",
            title_sv="Prövar avvikelser",
            part_sv="avvikelser",
            writes=(
                _product(
                    DEVIATIONS,
                    "Värden utanför det väntade, med prövning, rang och förklaring.",
                    REPORT_YEAR,
                    AREA_YEARS,
                    *MARTS,
                    *CATALOGUE,
                    FOUND_EXPLANATIONS.name,
                ),
                _product(
                    MODEL_FIT,
                    "Hur väl modellerna förutsade kommunens egna tidigare år.",
                    REPORT_YEAR,
                    *MARTS,
                    *CATALOGUE,
                    FOUND_EXPLANATIONS.name,
                ),
            ),
            suites=(DEVIATIONS.name, MODEL_FIT.name),
            gate_title_sv="Kontrollerar avvikelser",
            checks=(
                Check(
                    FIT_CHECK,
                    MODEL_FIT.name,
                    "Modellerna förutsade kommunens tidigare år så väl som de ska.",
                ),
            ),
            run=_find_deviations,
            lets_stand=True,
        ),
        Step(
            name="series_charts",
            title_sv="Räknar fram seriernas gränser",
            part_sv="avvikelser",
            writes=(
                _product(
                    SERIES_CHARTS,
                    "Seriernas styrdiagram (XmR): medelvärde, gränser och signaler, för ögat.",
                    *MARTS,
                    *CATALOGUE,
                    FOUND_EXPLANATIONS.name,
                ),
            ),
            suites=(SERIES_CHARTS.name,),
            gate_title_sv="Kontrollerar seriernas gränser",
            run=_draw_limits,
            lets_stand=True,
        ),
        Step(
            name="focus_areas",
            title_sv="Bildar fokusområden",
            part_sv="avvikelser",
            writes=(
                _product(
                    FOCUS_AREAS,
                    "Fokusområden: avvikelser som återstår när de förklarade är uteslutna.",
                    DEVIATIONS.name,
                    *TOLD_WITH,
                ),
                _product(
                    TRIANGULATION,
                    "Fokusområdenas avvikelser ställda mot andra källor.",
                    DEVIATIONS.name,
                    *TOLD_WITH,
                ),
            ),
            suites=(FOCUS_AREAS.name, TRIANGULATION.name),
            gate_title_sv="Kontrollerar fokusområden",
            run=_form_focus_areas,
            lets_stand=True,
        ),
    )


def _product(table: FindingsTable[Any], description_sv: str, *reads: str) -> Product:
    return Product(
        table.name,
        description_sv,
        reads=reads,
        group="findings",
        kinds=frozenset({"python", "duckdb"}),
        columns=table.described,
    )


def _find_explanations(work: Work) -> Outcome:
    """Find what may lie behind a change, and write it down."""
    found = find_explanations(work.connection, work.settings)
    write_findings(work.connection, FOUND_EXPLANATIONS, found)
    by_basis = Counter(str(row.basis) for row in found)
    work.log.info("Funna orsaker: %d", len(found))
    figures = {"dagster/row_count": len(found), **dict(sorted(by_basis.items()))}
    return Outcome({FOUND_EXPLANATIONS.name: figures})


def _find_deviations(work: Work) -> Outcome:
    """Test the municipality's series and its boards, and write what deviates."""
    connection, settings = work.connection, work.settings
    year = report_year(connection, settings)
    series = read_series(connection)
    catalogue = read_catalogue(connection, settings)
    of_method = DeviationSettings(geography_id=settings.municipality)
    months = read_months(connection, settings.municipality)
    successors = read_successors(connection)
    before, now = (
        assess(
            series,
            catalogue,
            tested,
            of_method,
            months=months if tested == year else (),
            successors=successors,
        )
        for tested in (year - 1, year)
    )
    rows = follow_up(before, now, series, year)
    told = Names(catalogue, read_names(connection))
    write_findings(connection, DEVIATIONS, [deviation_in_words(row, told) for row in rows])
    work.log.info("Prövade serier: %d, rader: %d", len(series), len(rows))
    figures = {
        "dagster/row_count": len(rows),
        "serier": len(series),
        "rapportar": year,
        **{
            f"utfall_{outcome}": sum(row.outcome == outcome for row in rows)
            for outcome in ("focus", "explained", "watch", "cannot_tell")
        },
    }
    fits = model_fits(series, catalogue, year, of_method, fit=FitSettings(), successors=successors)
    write_findings(connection, MODEL_FIT, fits)
    return Outcome(
        {DEVIATIONS.name: figures, MODEL_FIT.name: {"dagster/row_count": len(fits)}},
        verdicts=[_fit_verdict(fits)],
    )


def _fit_verdict(fits: Sequence[ModelFit]) -> Verdict:
    """What does not fit: which model, and which of its limits it exceeds."""
    messages = tuple(
        f"Modellen för {words.word(words.MODELS, row.model)}"
        f" ({words.word(words.TESTED, row.tested)}) förutsade inte {_years(row)} så väl som den"
        " ska. Läs marts.model_fit, och lita mindre på utfallen för de måtten."
        for row in fits
        if not row.fits
    )
    return Verdict(FIT_CHECK, MODEL_FIT.name, messages, {"modeller": len(fits)})


def _years(row: ModelFit) -> str:
    if row.year_from == row.year_to:
        return f"år {row.year_to}"
    return f"åren {row.year_from}–{row.year_to}"


def _draw_limits(work: Work) -> Outcome:
    """Compute the limits of the municipality's series, and of its county's and the nation's."""
    connection, settings = work.connection, work.settings
    places = DeviationSettings(geography_id=settings.municipality).places()
    explanations = read_catalogue(connection, settings).natural_explanations
    points = [
        point
        for series in read_plain_series(connection, places)
        for point in chart_points(series, explanations, XmrSettings())
    ]
    write_findings(connection, SERIES_CHARTS, points)
    work.log.info("Punkter i styrdiagram: %d", len(points))
    return Outcome({SERIES_CHARTS.name: {"dagster/row_count": len(points)}})


def _form_focus_areas(work: Work) -> Outcome:
    areas, pairs = form_focus_areas(work.connection, work.settings)
    work.log.info("Fokusområden: %d", areas)
    return Outcome(
        {
            FOCUS_AREAS.name: {"dagster/row_count": areas},
            TRIANGULATION.name: {"dagster/row_count": pairs},
        }
    )


def form_focus_areas(connection: duckdb.DuckDBPyConnection, settings: Settings) -> tuple[int, int]:
    """Group the deviations there are, and write the areas beside their triangulation.

    Args:
        connection: An open connection to the marts, which are written to.
        settings: Where the seeds are.

    Returns:
        How many areas there are, and pairs that they are held against.
    """
    catalogue = read_catalogue(connection, settings)
    names = Names(catalogue, read_names(connection))
    found, triangulation = find_focus_areas(read_findings(connection, DEVIATIONS), catalogue)
    write_findings(connection, FOCUS_AREAS, [area_in_words(row, names) for row in found])
    write_findings(connection, TRIANGULATION, [pair_in_words(row, names) for row in triangulation])
    return len(found), len(triangulation)


def deviation_in_words(row: Deviation, names: Names) -> Deviation:
    """A deviation with its reason told from its claims."""
    return replace(row, reason_sv=plain(telling.reason(row.claims, names)))


def area_in_words(row: FocusArea, names: Names) -> FocusArea:
    """A focus area with its heading and summary told from its claims.

    Raises:
        TypeError: If its claims do not begin with a headline.
    """
    headline = row.claims[0] if row.claims else None
    if not isinstance(headline, Headline):
        raise TypeError(f"{row.focus_area_id}: the claims of an area begin with its headline")
    return replace(
        row,
        title_sv=plain(areas.title(headline, names)),
        summary_sv=plain(areas.summary(row.claims, names)),
    )


def pair_in_words(row: Triangulation, names: Names) -> Triangulation:
    """A held-against pair with its sentence told from its claim."""
    return replace(row, sentence_sv=plain(telling.reason(row.claims, names)))
