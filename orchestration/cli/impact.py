"""`avvik impact`: the template for an insats' gender and child-impact analysis, as a Word file.

What it says belongs in `orchestration.reporting.impact`; the figures are those that are published.
"""

from pathlib import Path

from orchestration.analyses.scenario import MAIN
from orchestration.cli.output import console, refuse
from orchestration.database import connect
from orchestration.flow.analyses.costs import calculated
from orchestration.flow.scenarios import ScenarioError, load_scenarios, with_scenario
from orchestration.outside import shown
from orchestration.reporting.impact import Insats, impact_document, read_edition
from orchestration.reporting.render.docx import as_docx
from orchestration.settings import Settings


def insats_of(name: str, file: Path | None) -> Insats:
    """What a scenario says of its insats.

    Args:
        name: The scenario's.
        file: A scenario of one's own; those that there are unless given.

    Raises:
        typer.Exit: If there is no such scenario, or it cannot be used.
    """
    try:
        scenarios = load_scenarios()
        if file is not None:
            scenarios = with_scenario(file, scenarios)
    except ScenarioError as error:
        refuse(str(error), cause=error)
    if name not in scenarios:
        refuse(
            f"Det finns inget scenario {shown(name)}. Gör så här: välj ett av"
            f" {', '.join(sorted(scenarios))}."
        )
    [cost] = [
        row
        for row in calculated(scenarios).costs
        if (row.scenario_id, row.reading_id) == (name, MAIN)
    ]
    demand = scenarios[name].demand
    named = () if demand is None else (demand.known.partition(".")[0], demand.reached)
    return Insats(cost, tuple(each for each in named if each))


def write(settings: Settings, name: str, file: Path | None, out: Path) -> None:
    """Write the template.

    Args:
        settings: Where the publication is.
        name: The scenario's.
        file: A scenario of one's own.
        out: Where.

    Raises:
        typer.Exit: If nothing is published, the scenario cannot be used or the file not written.
    """
    insats = insats_of(name, file)
    if not settings.snapshot_path.exists():
        refuse("Inget är publicerat än. Kör avvik run först.")
    with connect(settings.snapshot_path, read_only=True) as connection:
        document = impact_document(connection, read_edition(connection), insats)
    try:
        out.write_bytes(as_docx(document))
    except OSError as error:
        refuse(f"Mallen kan inte skrivas: {error.strerror}.", cause=error)
    console.print(f"Mall: {out}", soft_wrap=True)
