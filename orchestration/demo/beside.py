"""The synthetic city written by a process of its own, while this one does something else.

The city is Python as much as DuckDB, and takes one processor; what else a first run begins with
would wait for it. What is written belongs in `city`, what is done meanwhile to whoever asks.
"""

from collections.abc import Callable
from pathlib import Path

from orchestration.beside import Beside, Tell
from orchestration.demo.city import write_model
from orchestration.demo.model import Model
from orchestration.demo.writing import Progress


def write_model_beside(
    inbox: Path, model: Model, *, meanwhile: Callable[[], None], progress: Progress
) -> None:
    """Write a city's registers as `write_model` does, and do something else until it is written.

    Args:
        inbox: Directory that gets the files.
        model: Which city.
        meanwhile: What is done in this process; if it raises, the city is left half written.
        progress: Told as `write_model` tells it, from a thread of its own.

    Raises:
        OSError: If the inbox cannot be written.
        RuntimeError: If the other process ended without a word.
    """
    with Beside(_write, (inbox, model), heard=lambda told: progress(*told)) as other:
        meanwhile()
        other.wait()


def _write(given: tuple[Path, Model], tell: Tell) -> None:
    inbox, model = given
    write_model(inbox, model, progress=lambda *told: tell(told))
