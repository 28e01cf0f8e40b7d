"""A durable ``fire``, against hand-written SQLAlchemy Core that reads and writes the same rows."""

import json
import os
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import bindparam, select

from benchmarks.measure import Line, compared, microseconds
from benchmarks.stepping import WORKFLOW
from gaita.runtime import Engine
from gaita.store import Tables, open_database


def measure() -> list[Line]:
    """Measure one event on one instance, committed with ``synchronous=FULL``."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        engine = Engine(f"sqlite:///{place / 'engine.sqlite3'}")
        engine.migrate()
        engine.deploy(WORKFLOW)
        engine.start("bench", instance="p")
        by_hand = _by_hand(place)
        raw = _raw(place)
        flush = _flush(place)
        ours, core, bare, disk = microseconds(
            lambda: engine.fire("p", "go"), by_hand, raw, flush, times=100, rounds=9
        )
        engine.close()
    return [
        Line("one fsync of a page", f"{disk:.0f} µs"),
        Line("raw sqlite3, the same reads and writes", f"{bare:.0f} µs"),
        Line("SQLAlchemy Core by hand, the same reads and writes", f"{core:.0f} µs"),
        compared("fire, durable / Core by hand", f"{ours:.0f} µs", ours / core, 1.3),
    ]


def _by_hand(place: Path):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a closure
    """What somebody would write who has no engine: the same two reads, one update, one insert."""
    helper = Engine(f"sqlite:///{place / 'core.sqlite3'}")
    helper.migrate()
    helper.deploy(WORKFLOW)
    helper.start("bench", instance="p")
    helper.close()
    database = open_database(f"sqlite:///{place / 'core.sqlite3'}")
    tables = Tables()
    instances, deadlines, timers, records = tables.instances, tables.deadlines, tables.timers, tables.records
    read = select(instances).where(instances.c.id == bindparam("id"))
    opened = (
        select(deadlines, timers.c.number, timers.c.due)
        .outerjoin(timers, (timers.c.instance == deadlines.c.instance) & timers.c.ending.is_(None))
        .where(deadlines.c.instance == bindparam("id"), deadlines.c.ending.is_(None))
    )
    update = (
        instances.update()
        .where(instances.c.id == bindparam("of"), instances.c.sequence == bindparam("was"))
        .values(
            state=bindparam("to"), data=bindparam("d"), since=bindparam("s"), memory=bindparam("m"),
            armed=bindparam("a"), version=bindparam("v"), refusal=bindparam("r"), sequence=bindparam("n"),
            head=bindparam("h"), folded=bindparam("f"),
        )
    )  # fmt: skip
    insert = records.insert()
    body = "x" * 420  # as long as a record's body is

    def fire() -> None:
        with database.begin() as connection:
            row = connection.execute(read, {"id": "p"}).one()
            connection.execute(opened, {"id": "p"}).all()
            data = json.loads(row.data)
            target = "b" if row.state == "a" else "a"
            if not (data["users"] >= 30 and data["ready"]):
                return
            now = row.since + 1
            values = {
                "of": "p", "was": row.sequence, "to": target, "d": json.dumps(data), "s": now, "m": "{}",
                "a": 0, "v": row.version + 1, "r": None, "n": row.sequence + 1, "h": "0" * 64, "f": "p",
            }  # fmt: skip
            connection.execute(update, values)
            record = {
                "instance": "p", "sequence": row.sequence + 1, "body": body,
                "hash": "0" * 64,
            }  # fmt: skip
            connection.execute(insert, record)

    return fire


def _raw(place: Path):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a closure
    helper = Engine(f"sqlite:///{place / 'raw.sqlite3'}")
    helper.migrate()
    helper.deploy(WORKFLOW)
    helper.start("bench", instance="p")
    helper.close()
    connection = sqlite3.connect(place / "raw.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")

    def fire() -> None:
        connection.execute("BEGIN IMMEDIATE")
        state, data, sequence, version = connection.execute(
            "SELECT state, data, sequence, version FROM gaita_instances WHERE id = ?", ("p",)
        ).fetchone()
        connection.execute(
            "SELECT * FROM gaita_deadlines d LEFT JOIN gaita_timers t ON t.instance = d.instance"
            " AND t.ending IS NULL WHERE d.instance = ? AND d.ending IS NULL",
            ("p",),
        ).fetchall()
        target = "b" if state == "a" else "a"
        connection.execute(
            "UPDATE gaita_instances SET state = ?, data = ?, sequence = ?, version = ? WHERE id = ?",
            (target, data, sequence + 1, version + 1, "p"),
        )
        connection.execute(
            "INSERT INTO gaita_records VALUES (?, ?, ?, ?)",
            ("p", sequence + 1, "x" * 420, "0" * 64),
        )
        connection.execute("COMMIT")

    return fire


def _flush(place: Path):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a closure
    file = os.open(place / "page", os.O_RDWR | os.O_CREAT)

    def flush() -> None:
        os.pwrite(file, b"x" * 4096, 0)
        os.fsync(file)

    return flush
