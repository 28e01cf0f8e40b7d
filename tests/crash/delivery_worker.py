"""The process that is killed while it delivers: ``python -m tests.crash.delivery_worker URL FOLDER``.

For every line ``SECONDS LIVES STATEMENT`` on its standard input it forks a child that delivers what waits in
the database at URL, with a clock that stands SECONDS after the messages were written. Each notice is appended
to FOLDER/delivered, a line for each. The child kills itself after LIVES notices, between the sending and the
marking, or before it executes (or commits) its STATEMENT-th statement; 0: it does not. Once it is buried, its
parent writes how it ended: 0, or the signal.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event

from gaita import (
    AddressBook,
    Digest,
    Engine,
    IncidentSummary,
    Limits,
    ManualClock,
    Notice,
    Route,
    open_database,
)
from tests.crash.worker import START

BOOK = AddressBook({}, {"clerk": ["anna@example.lv", "ilze@example.lv"]})
LEASE = timedelta(minutes=5)


def fuse(length: int) -> Callable[..., None]:
    """Return what kills the process when it is called for the ``length``-th time."""
    left = length

    def burn(*_told: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return burn


class File:
    """A channel that writes to a file."""

    name = "file"
    kind = "email"
    personal = True

    def __init__(self, path: Path, lives: int) -> None:
        self._path = path
        self._burn = fuse(lives)

    def deliver(self, notice: Notice) -> None:
        """Append the key."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{notice.key}\n")
        self._burn()

    def digest(self, digest: Digest) -> None:
        """Refuse: none is written here."""
        raise NotImplementedError(digest.key)

    def incidents(self, summary: IncidentSummary) -> None:
        """Refuse: none is written here."""
        raise NotImplementedError(summary.key)


def deliver(url: str, folder: str, seconds: int, lives: int, statement: int) -> None:
    """Deliver until nothing is due, or until it is killed."""
    database = open_database(url, synchronous="OFF")  # the process is killed, not the machine
    burn = fuse(statement)
    event.listen(database, "before_cursor_execute", burn)
    event.listen(database, "commit", burn)
    clock = ManualClock(START + timedelta(seconds=seconds))
    engine = Engine(database, clock=clock, recipients=BOOK)
    channel = File(Path(folder) / "delivered", lives)
    engine.outbox.deliver([Route(channel, Limits(concurrency=1 + seconds % 2, lease=LEASE))])
    engine.close()


def main(url: str, folder: str) -> None:
    """Fork a child for every line."""
    for line in sys.stdin:
        seconds, lives, statement = map(int, line.split())
        child = os.fork()
        if child == 0:
            code = 1
            try:
                deliver(url, folder, seconds, lives, statement)
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
