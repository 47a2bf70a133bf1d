"""A fork of a warm process that is killed at a point of its work; imports nothing of the project.

What is done in it, and what it must leave, is for the tests that kill.
"""

import os
import signal
import traceback
from collections.abc import Callable

# The exit code of what was killed.
KILLED = -signal.SIGPROF


def forked(work: Callable[[], int | None], kill_after: float | None) -> tuple[int, float]:
    """Work in a process of its own, which is killed at a point of its own computing time.

    That time and not the clock's, so that the points lie in the same places of the work however
    busy the machine is. `SIGPROF` is not handled, and ends a process as abruptly as `SIGKILL`.

    Args:
        work: What is done; gives an exit code, or nothing for 0.
        kill_after: After so many seconds of computing; never unless given.

    Returns:
        Exit code, `KILLED` where it was; seconds of computing.
    """
    pid = os.fork()
    if not pid:
        code = 1
        try:
            if kill_after is not None:
                signal.signal(signal.SIGPROF, signal.SIG_DFL)
                signal.setitimer(signal.ITIMER_PROF, kill_after)
            code = work() or 0
        except BaseException:  # noqa: BLE001 (the fork must not go on as its parent)
            traceback.print_exc()
        os._exit(code)
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
