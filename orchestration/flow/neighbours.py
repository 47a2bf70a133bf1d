"""The intake of the home's municipalities that are not the ones reported on.

Each is landed and loaded by the same steps as when it is reported, in its own warehouse and with
its own key. What is wrong with one is told in its own notices, and stops no other: of that, the
reported one's log says a code and a place, never a delivery. Which they are is said in the intake.
"""

import logging
from collections.abc import Callable

from orchestration.flow.performing import perform
from orchestration.flow.step import StepRefusedError
from orchestration.flow.steps import flow
from orchestration.intake.municipalities import neighbours, of_no_municipality
from orchestration.notices import Cause, causes, send_notice, unexpected
from orchestration.settings import Settings
from orchestration.storage.holders import HeldError, hold_home
from orchestration.storage.warehouse import WarehouseHeldError, let_interrupts_through

_STEPS = ("landing", "raw")
# What a step would say on the way is of another municipality than the one that is watched.
_UNHEARD = logging.Logger("avvik.neighbours", level=logging.CRITICAL + 1)


def take_in_neighbours(
    settings: Settings,
    *,
    run_id: str,
    job: str,
    tell: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Land and load what has come of the home's other municipalities.

    Args:
        settings: The installation of the municipality that is reported on.
        run_id: The run, for what is recorded; empty where there is none yet.
        job: What runs, for the notices.
        tell: Is told each municipality's code before it is taken in.

    Returns:
        What could not be taken in, a Swedish sentence each; nothing in a home of one municipality.
    """
    told = of_no_municipality(settings)
    for other in neighbours(settings):
        tell(other.municipality)
        try:
            found = _taken_in(other, run_id)
        except (HeldError, WarehouseHeldError):
            told.append(
                f"Kommun {other.municipality} togs inte in: en annan process arbetar med den. Gör"
                " så här: inget, den tas in nästa gång."
            )
            continue
        except Exception as error:  # noqa: BLE001 - one municipality must not stop the others
            let_interrupts_through(error)
            found = [_cause(other, error)]
        if not found:
            continue
        fault = send_notice(other, run_id=run_id, job=job, causes=found)
        told.append(
            f"Kommun {other.municipality} togs inte in helt. Gör så här: läs vad som hindrar det i"
            f" {other.notices}." + (f" {fault}" if fault else "")
        )
    return told


def _taken_in(settings: Settings, run_id: str) -> list[Cause]:
    """Run the steps of the intake, and tell what its people must know."""
    steps = [flow().by_name[name] for name in _STEPS]
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with hold_home(settings.state_dir, "avvik run", now=settings.moment()):
        done = [
            (step, perform(flow(), step, settings, run_id=run_id, log=_UNHEARD)) for step in steps
        ]
    found = [cause for _, outcome in done for cause in outcome.notices]
    if any(step.stopped_by(outcome) for step, outcome in done):
        found += causes(settings, run_id, [], gate_closed=True)
    return found


def _cause(settings: Settings, error: Exception) -> Cause:
    """Why a municipality could not be taken in, as far as it may be told."""
    said = str(error) if isinstance(error, StepRefusedError) else unexpected(error).message_sv
    return Cause(f"Kommun {settings.municipality}: {said}")
