"""Delivery through the outbox, against hand-written SQL that does the same inserts and updates."""

import json
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.measure import Line, seconds
from benchmarks.sweeping import WORKFLOW
from gaita import AddressBook, Digest, IncidentSummary, Notice, Person, Route
from gaita.clock import ManualClock
from gaita.runtime import Engine

NOTICES = 3_000
"""In each round."""
ROUNDS = 3
_SPREAD, _LEASED = 200, 128
"""So many messages are spread, and so many deliveries leased, in one transaction: as the engine does."""
_ILZE = Person("ilze", "Ilze Ozola", {"email": "ilze@example.lv"}, "lv")


class _Counting:
    """A channel that takes no time."""

    name = "mail"
    kind = "email"
    personal = True
    taken = 0

    def deliver(self, notice: Notice) -> None:
        """Count the notice, and nothing else."""
        self.taken += bool(notice.key)

    def digest(self, digest: Digest) -> None:
        """No digest is written here."""

    def incidents(self, summary: IncidentSummary) -> None:
        """No summary of incidents is written here."""


def measure() -> list[Line]:
    """Measure rounds of notices, each composed from its instance, on files with ``synchronous=FULL``."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        channel = _Counting()
        engine, clock = _engine(place / "engine.sqlite3")
        other, other_clock = _engine(place / "hand.sqlite3")
        ours: list[float] = []
        floor: list[float] = []
        for part in range(ROUNDS):
            for written, its_clock in ((engine, clock), (other, other_clock)):
                _write(written, its_clock, part)
            ours.append(seconds(lambda: engine.outbox.deliver([Route(channel)])))
            floor.append(seconds(lambda: _by_hand(place / "hand.sqlite3")))
        assert channel.taken == ROUNDS * NOTICES, channel.taken
        assert all(each.outbox.unspread() == 0 for each in (engine, other))
        assert not engine.outbox.list(state="waiting")
        assert not other.outbox.list(state="waiting")
        engine.close()
        other.close()
    rate, bare = NOTICES / median(ours), NOTICES / median(floor)
    return [
        Line("spreading and marking by hand in sqlite3", f"{bare:.0f} /s"),
        Line(
            "by hand / notices composed and delivered",
            f"{rate:.0f} /s",
            bare / rate,
            "≥ 1000 /s",
            rate >= 1000,
        ),
    ]


def _engine(file: Path) -> tuple[Engine, ManualClock]:
    clock = ManualClock(datetime(2025, 1, 1, tzinfo=UTC))
    book = AddressBook({"ilze": _ILZE}, {"lead": ["ilze"]})
    engine = Engine(f"sqlite:///{file}", clock=clock, recipients=book)
    engine.migrate()
    engine.deploy(WORKFLOW)
    return engine, clock


def _write(engine: Engine, clock: ManualClock, part: int) -> None:
    """Let a round of notices wait in the outbox: each of an instance of its own."""
    with engine.transaction() as connection:
        for number in range(NOTICES):
            engine.start("sweep", instance=f"p{part}-{number:05}", connection=connection)
    clock.advance(timedelta(days=40))
    engine.run_due()


def _by_hand(file: Path) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    recipient = json.dumps({"id": "ilze", "role": "lead", "addresses": {"email": "ilze@example.lv"}})
    while rows := connection.execute(
        "SELECT number, id FROM gaita_messages WHERE spread_at IS NULL ORDER BY number LIMIT ?", (_SPREAD,)
    ).fetchall():
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("UPDATE gaita_messages SET spread_at = 1 WHERE number = ?",
                               [(number,) for number, _ in rows])  # fmt: skip
        connection.executemany(
            "INSERT INTO gaita_deliveries (key, message, channel, recipient, state, attempts, next_at)"
            " VALUES (?, ?, 'mail', ?, 'waiting', 0, 0)",
            [(f"{key}/mail/ilze", number, recipient) for number, key in rows],
        )
        connection.execute("COMMIT")
    while True:
        connection.execute("BEGIN IMMEDIATE")
        taken = connection.execute(
            "SELECT * FROM gaita_deliveries WHERE channel = 'mail' AND state = 'waiting'"
            " ORDER BY next_at, number LIMIT ?",
            (_LEASED,),
        ).fetchall()
        numbers = [(row[0],) for row in taken]
        connection.executemany(
            "UPDATE gaita_deliveries SET lease = 'x', next_at = 9, attempts = attempts + 1 WHERE number = ?",
            numbers,
        )
        connection.execute("COMMIT")
        if not taken:
            break
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "UPDATE gaita_deliveries SET state = 'delivered', lease = NULL, ended_at = 1 WHERE number = ?",
            numbers,
        )
        connection.execute("COMMIT")
    connection.close()
