"""Tells a person which step a run is at.

A Dagster logger that speaks only when a step starts; everything else is in the run's own log.
"""

import logging
from collections.abc import Callable

import dagster as dg


def progress_logger(show: Callable[[str], None]) -> dg.LoggerDefinition:
    """Make a logger that announces steps.

    Args:
        show: Called with the step's key as it starts.

    Returns:
        The logger.
    """

    def steps(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("avvik.progress", level=logging.DEBUG)
        logger.addHandler(_StepHandler(show))
        return logger

    return dg.LoggerDefinition(steps, description="Visar vilket steg som pågår.")


class _StepHandler(logging.Handler):
    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__(logging.DEBUG)
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_event", None)
        if event is not None and event.is_step_start and event.step_key:
            self._show(event.step_key)
