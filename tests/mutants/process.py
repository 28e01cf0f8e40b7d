"""Work in a process of its own, within bounds."""

import os
import resource
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

OUTPUT = Path("trial.log")
"""What the process last said."""
_MEMORY = 4 * 2**30
"""Bytes: a mutant that gathers without end stops here."""
BROKEN = 70
"""What a process ends with whose work raised."""


def process(work: Callable[[], int], seconds: float) -> int:
    """Do this in a forked process; give what it returns, or minus the signal that ended it.

    After so many seconds it is ended, whatever it is doing, and at the end all processes that it started.
    """
    child = os.fork()
    if child == 0:
        ended = BROKEN
        try:
            _bounded(seconds)
            ended = work()
        except BaseException:  # noqa: BLE001  # the process ends here, in any case
            traceback.print_exc()
        finally:
            os._exit(ended)
    _, status = os.waitpid(child, 0)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


def _bounded(seconds: float) -> None:
    os.setpgid(0, 0)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    output = os.open(OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
