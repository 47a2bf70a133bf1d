"""Being ended from outside: Ctrl-C, SIGTERM and a terminal that closes, as one exception.

Dagster takes over the handlers while it runs a step, so which signal came is also kept apart from
them. What has to be put right afterwards belongs to whoever was interrupted.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """This process is to end.

    Attributes:
        signum: The signal that said so.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum

    @property
    def exit_code(self) -> int:
        """The exit code that shells give a process that a signal ended."""
        return 128 + self.signum


class Interrupts:
    """What signals have come."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._signum: int | None = None

    def confirm(self) -> None:
        """Go on only if nobody has asked this process to end.

        Raises:
            Interrupted: If somebody has, and whoever took the signal did not pass it on.
        """
        try:
            came = os.read(self._pipe, 256)
        except BlockingIOError:
            came = b""
        for signum in came:
            if self._signum is None and signum in _SIGNALS:
                self._signum = signum
        if self._signum is not None:
            raise Interrupted(self._signum)


@contextmanager
def interruptible() -> Iterator[Interrupts]:
    """Let the signals that end a process raise `Interrupted` in it.

    A shell that starts something in the background has SIGINT ignored, and Dagster then ignores
    SIGTERM as well; a handler of our own is there for both.

    Yields:
        What signals have come, for whoever runs code that takes them over.
    """

    def end(signum: int, _: FrameType | None) -> None:
        raise Interrupted(signum)

    before = {signum: signal.getsignal(signum) for signum in _SIGNALS}
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        for signum in _SIGNALS:
            # `nohup` means that a terminal may close.
            if not (signum == signal.SIGHUP and before[signum] is signal.SIG_IGN):
                signal.signal(signum, end)
        yield Interrupts(reading)
    finally:
        signal.set_wakeup_fd(woken)
        for signum, handler in before.items():
            signal.signal(signum, handler)
        os.close(reading)
        os.close(writing)


def ignore_interrupts() -> None:
    """Let what has begun to end do so in peace, however often somebody asks.

    To be called within `interruptible`, which puts the handlers back.
    """
    for signum in _SIGNALS:
        signal.signal(signum, signal.SIG_IGN)
