"""The synthetic city written by a process of its own, while this one does something else.

The city is Python as much as DuckDB, and takes one processor; what else a first run begins with
would wait for it. What is written belongs in `city`, what is done meanwhile to whoever asks.
"""

import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

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
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_write, args=(writer, inbox, model), daemon=True)
    process.start()
    # Open in the other process alone: where that has ended, nobody waits for it.
    writer.close()
    said: list[Exception | None] = []
    listener = Thread(target=_listen, args=(reader, progress, said), daemon=True)
    listener.start()
    try:
        meanwhile()
        listener.join()
    finally:
        # Whoever began this one may have had it ignore what asks a process to end.
        process.kill()
        process.join()
        listener.join()
        reader.close()
    if not said:
        raise RuntimeError(f"the process that wrote the city ended with {process.exitcode}")
    if said[0] is not None:
        raise said[0]


def _listen(
    reader: "Connection[Any, Any]", progress: Progress, said: list[Exception | None]
) -> None:
    with suppress(EOFError, OSError):
        while isinstance(told := reader.recv(), tuple):
            progress(*told)
        said.append(told)


def _write(writer: "Connection[Any, Any]", inbox: Path, model: Model) -> None:
    """Write the city in this process, which nobody but the one that started it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whoever no longer listens has ended, and half a city is of no use to anybody.
    with suppress(BrokenPipeError):
        try:
            write_model(inbox, model, progress=lambda *told: writer.send(told))
        except Exception as error:  # noqa: BLE001 -- raised again where it was asked for
            writer.send(error)
        else:
            writer.send(None)
