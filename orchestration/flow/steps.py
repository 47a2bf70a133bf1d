"""The steps of the flow, in order.

A new one is written in a module beside this, and named here; an analysis is found by itself.
"""

from collections.abc import Sequence
from functools import cache

from orchestration.flow.analyses import Analysis, analyses
from orchestration.flow.documents import memorandum_step
from orchestration.flow.early import early_step
from orchestration.flow.estimates import united_step
from orchestration.flow.findings import finding_steps
from orchestration.flow.landing import landing_step
from orchestration.flow.models import marts_step, staging_step
from orchestration.flow.performing import Flow
from orchestration.flow.publication import publication_step
from orchestration.flow.raw import raw_step
from orchestration.flow.releasing import Ahead, release_step
from orchestration.quality.suites import load_suites
from orchestration.settings import Settings

STANDSTILL_CHECK = "stillastaende"


@cache
def labels() -> dict[str, tuple[str, str]]:
    """What a person who watches is told of each step and gate, and the part of the time it is."""
    found = {STANDSTILL_CHECK: ("Ser efter om serier står stilla", "grindar")}
    for step in flow().steps:
        found[step.name] = (step.title_sv, step.part_sv)
        if step.suites:
            found[step.gate] = (step.gate_title_sv, "grindar")
    return found


@cache
def flow() -> Flow:
    """All steps; drawn once a process."""
    return draw_flow(analyses(), Settings())


def draw_flow(found: Sequence[Analysis], settings: Settings) -> Flow:
    """All steps in order.

    Args:
        found: The analyses.
        settings: Where the suites lie.
    """
    guarded = sorted(load_suites(settings.expectations_dir))
    ahead = Ahead()
    before = (
        landing_step(),
        raw_step(guarded),
        staging_step(),
        marts_step(guarded, ahead.begin),
        *finding_steps(),
        early_step(),
        *(each.step for each in found),
        united_step([each.step for each in found]),
    )
    marts = [name for step in before for name in step.products if name.startswith("marts.")]
    return Flow(
        (*before, release_step(marts, ahead), memorandum_step(found), publication_step(marts))
    )
