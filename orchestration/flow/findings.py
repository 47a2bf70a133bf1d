"""Steps: what is found in the marts, each thing a table with its gate.

Explanations first, then deviations and charts, then focus areas. How anything is found belongs in
`orchestration.deviation`; reading the marts in `marts` and `searching`.
"""

from collections import Counter

from orchestration.deviation.assess import assess
from orchestration.deviation.charts import chart_points
from orchestration.deviation.focus import focus_areas as find_focus_areas
from orchestration.deviation.followup import follow_up
from orchestration.deviation.result import Deviation
from orchestration.deviation.settings import DeviationSettings
from orchestration.deviation.xmr import XmrSettings
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
from orchestration.flow.searching import find_explanations
from orchestration.flow.step import Outcome, Product, Step, Work
from orchestration.indicators.catalogue import CATALOGUE_SEEDS, load_catalogue
from orchestration.registers.contract import load_contracts
from orchestration.storage.findings import (
    DEVIATIONS,
    FOCUS_AREAS,
    FOUND_EXPLANATIONS,
    SERIES_CHARTS,
    TRIANGULATION,
    FindingsTable,
    read_findings,
    write_findings,
)

MARTS = ("marts.indicators", "marts.indicator_values", "marts.geographies")
CATALOGUE = tuple(f"seeds.{name}" for name in CATALOGUE_SEEDS)


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
                    "Orsaker som uppgifterna själva nämner: bortfall, reform, brott och drift.",
                    *MARTS,
                    "marts.source_notes",
                    "intermediate.int_region_crosswalk",
                    "seeds.indicator_series",
                    # How the registers' deliveries have drifted stands beside their rows.
                    *(f"raw.{contract.table}" for contract in load_contracts().values()),
                ),
            ),
            suites=(FOUND_EXPLANATIONS.name,),
            gate_title_sv="Kontrollerar funna orsaker",
            run=_find_explanations,
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
                    *MARTS,
                    *CATALOGUE,
                    FOUND_EXPLANATIONS.name,
                ),
            ),
            suites=(DEVIATIONS.name,),
            gate_title_sv="Kontrollerar avvikelser",
            run=_find_deviations,
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
                    *CATALOGUE,
                ),
                _product(
                    TRIANGULATION,
                    "Fokusområdenas avvikelser ställda mot andra källor.",
                    DEVIATIONS.name,
                    *CATALOGUE,
                ),
            ),
            suites=(FOCUS_AREAS.name, TRIANGULATION.name),
            gate_title_sv="Kontrollerar fokusområden",
            run=_form_focus_areas,
        ),
    )


def _product(table: FindingsTable, description_sv: str, *reads: str) -> Product:
    return Product(
        table.name,
        description_sv,
        reads=reads,
        group="findings",
        kinds=frozenset({"python", "duckdb"}),
    )


def _find_explanations(work: Work) -> Outcome:
    """Find what may lie behind a change, and write it down."""
    found = find_explanations(work.connection, work.settings)
    write_findings(work.connection, FOUND_EXPLANATIONS, [row.as_row() for row in found])
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
    names = read_names(connection)
    months = read_months(connection, settings.municipality)
    before, now = (
        assess(
            series,
            catalogue,
            tested,
            of_method,
            names=names,
            months=months if tested == year else (),
            successors=read_successors(connection),
        )
        for tested in (year - 1, year)
    )
    rows = follow_up(before, now, series, catalogue, year)
    write_findings(connection, DEVIATIONS, [row.as_row() for row in rows])
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
    return Outcome({DEVIATIONS.name: figures})


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
    write_findings(connection, SERIES_CHARTS, [point.as_row() for point in points])
    work.log.info("Punkter i styrdiagram: %d", len(points))
    return Outcome({SERIES_CHARTS.name: {"dagster/row_count": len(points)}})


def _form_focus_areas(work: Work) -> Outcome:
    """Group the deviations and write them beside their triangulation."""
    areas, triangulation = find_focus_areas(
        [Deviation.from_row(row) for row in read_findings(work.connection, DEVIATIONS)],
        load_catalogue(work.settings.seeds_dir),
    )
    write_findings(work.connection, FOCUS_AREAS, [row.as_row() for row in areas])
    write_findings(work.connection, TRIANGULATION, [row.as_row() for row in triangulation])
    work.log.info("Fokusområden: %d", len(areas))
    return Outcome(
        {
            FOCUS_AREAS.name: {"dagster/row_count": len(areas)},
            TRIANGULATION.name: {"dagster/row_count": len(triangulation)},
        }
    )
