"""A database that uses everything, and single edits of it, as by somebody with a database tool."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import time, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection

from gaita.clock import ManualClock
from gaita.delivery.address_book import AddressBook
from gaita.delivery.digests import DigestPlan
from gaita.errors import StuckTimer, Undeliverable
from gaita.runtime import Engine
from gaita.store import Tables
from tests.gaita.building import T0, heading
from tests.gaita.delivery.delivering import ANNA, Told, failing, routes_of
from tests.gaita.runtime.counting import LATVIA, PERMIT, latvia

RICH = (
    heading(horizon="2025-06-30", calendar="LV", past_timers="skip")
    + """
[horizon]
remind = ["30 days"]
to = "chief"
[corrections]
by = "chief"
[roles.clerk]
[roles.chief]
[data.count]
type = "integer"
default = 0
[data.share]
type = "number"
by = "clerk"
[data.owner]
type = "string"
by = "clerk"
personal = true
[data.place]
type = "string"
by = "clerk"
[data.circle]
type = "boolean"
default = false
by = "clerk"
[states.a]
[states.a.deadlines.soon]
within = "10 days"
remind = [{ before = "9 days", to = "chief" }, { before = "3 days", to = "clerk" }]
escalate = [
  { to = ["clerk", "chief"] },
  { after = "5 days", to = "chief" },
  { after = "8 days", fire = "spin" },
]
pause_in = "hold"
pause_by = "chief"
extend_by = "chief"
extend_at_most = "10 days"
catch_up = "once"
[states.a.deadlines.report]
every = "1 month"
escalate = [{ to = "clerk" }]
met_by = "report"
[states.b]
[states.b.deadlines.long]
within = "20 working days"
from = "first a"
escalate = [{ to = "clerk" }]
[states.x]
[states.y]
[states.hold]
[states.end]
final = true
[events.add]
payload = { by = { type = "integer", min = 1 } }
[events.report]
[events.go]
[events.spin]
[events.wait]
[events.resume]
[events.finish]
[[transitions]]
event = "add"
from = "any"
set = { count = "data.count + event.by" }
[[transitions]]
event = "report"
from = "any"
[[transitions]]
event = "go"
from = "a"
to = "b"
guard = [{ id = "enough", check = "100 / data.count < 60", why = { en = "Enough is counted" } }]
[[transitions]]
event = "spin"
from = "a"
to = "x"
guard = "data.circle"
[[transitions]]
from = "x"
to = "y"
guard = "data.circle"
[[transitions]]
from = "y"
to = "x"
guard = "data.circle"
[[transitions]]
event = "wait"
from = ["a", "b"]
to = "hold"
[[transitions]]
event = "resume"
from = "hold"
to = "previous"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def rich_database(url: str) -> Engine:
    """Return an engine on a database in which every table, and every column that may be empty, is used."""
    clock = ManualClock(T0)
    book = AddressBook({"anna": ANNA}, {"clerk": ["anna"]})
    plan = DigestPlan("clerk", "Europe/Riga", time(8))
    year = timedelta(days=365)
    engine = Engine(url, clock=clock, calendars=(LATVIA,), recipients=book, digests=(plan,), keep_keys=year)
    engine.migrate()
    engine.deploy(RICH)
    engine.deploy(PERMIT)
    engine.run_due()
    _live(engine, url, clock)
    return engine


def _live(engine: Engine, url: str, clock: ManualClock) -> None:
    clerk: Any = {"actor": "ilze", "roles": ["clerk"]}
    chief: Any = {"actor": "uldis", "roles": ["chief"]}
    for name in ("one", "two", "six", "ten"):
        data = {"owner": f"Anna {name}", "place": f"Ādaži {name}", "share": 2}
        engine.start("case", instance=name, data=data, key=f"start-{name}")
    engine.start("case", instance="old", state="b", since=T0 - timedelta(days=40), reason="the register")
    engine.start("case", instance="late", since=T0 - timedelta(days=8), reason="the register")
    engine.start("permit", instance="p", data={"ends_on": "2024-06-20"})
    engine.start("permit", instance="q")
    engine.fire("one", "go")  # a division by zero
    engine.fire("one", "add", {"by": 2}, key="added")
    engine.fire("two", "go")
    engine.set_data("ten", {"circle": True, "place": None}, reason="a test", key="set", **clerk)
    clock.advance(timedelta(days=2))
    engine.run_due()
    engine.fire("one", "wait")
    engine.pause("two", "a.soon", "asked", key="paused", **chief)
    engine.extend("six", "a.soon", "4 days", "asked", **chief)
    engine.pause("p", "open.decision", "asked", **chief)
    engine.pause("q", "open.decision", "asked", **chief)
    clock.advance(timedelta(days=7))
    engine.run_due()
    engine.fire("one", "resume")
    engine.resume("two", "a.soon", "answered", **chief)
    engine.resume("p", "open.decision", **chief)
    mail = Told()
    mail.before = failing(None, Undeliverable("no such mailbox"))
    engine.outbox.deliver(routes_of(mail))
    clock.advance(timedelta(days=12))
    engine.run_due()
    with suppress(StuckTimer):
        engine.fire("ten", "report")
    engine.fire("six", "report", key="reported")
    _change_calendar(url, clock)
    engine.fire("one", "go")
    engine.outbox.deliver(routes_of(mail))
    clock.advance(timedelta(days=45))
    engine.run_due()
    # Before notices that were written, and sent, since.
    engine.fire("six", "wait", on=T0 + timedelta(days=9), notice="It waits since 13 March.")
    engine.fire("two", "finish")
    engine.fire("p", "finish")  # a refusal, and nothing behind it


def _change_calendar(url: str, clock: ManualClock) -> None:
    wanted = Engine(url, clock=clock, calendars=(latvia("2024-04-12"),))
    (changed,) = wanted.calendars.diff()
    wanted.calendars.apply(changed.digest, actor="anna")
    wanted.close()


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that somebody did to one row."""

    table: str
    what: str
    """``change``, ``swap``, ``delete`` or ``insert``."""
    column: str | None
    row: Mapping[str, Any]
    value: object = None


def edit_at_random(connection: Connection, tables: Tables, random: Random) -> Edit | None:
    """Make one edit at random; ``None``: it would have changed nothing, or the database forbids it."""
    table = random.choice(sorted(tables.metadata.tables.values(), key=lambda each: each.name))
    name = table.name.removeprefix(tables.prefix)
    quoted = f'"{table.name}"'
    rows = [dict(row) for row in connection.exec_driver_sql(f"SELECT rowid AS _, * FROM {quoted}").mappings()]
    row = random.choice(rows)
    where = f"WHERE rowid = {row.pop('_')}"
    what = random.choice(["change", "change", "change", "swap", "delete", "insert"])
    if what == "delete":
        connection.exec_driver_sql(f"DELETE FROM {quoted} {where}")
        return Edit(name, what, None, row)
    if what == "insert":
        made = {**row}
        for key in table.primary_key.columns:
            made[key.name] = _other(made[key.name], [], random)
        if "id" in made and name == "messages":
            made["id"] = f"{made['id']}x"
        if name == "deliveries":
            made["key"] = f"{made['key']}x"
        marks = ", ".join("?" for _ in made)
        columns = ", ".join(f'"{each}"' for each in made)
        connection.exec_driver_sql(f"INSERT INTO {quoted} ({columns}) VALUES ({marks})", tuple(made.values()))
        return Edit(name, what, None, made)
    column = random.choice([each.name for each in table.columns])
    if what == "swap":
        other = random.choice(rows)
        if other is row or "_" not in other or other[column] == row[column]:
            return None
        values = [(other[column], where), (row[column], f"WHERE rowid = {other['_']}")]
        connection.exec_driver_sql(f'UPDATE {quoted} SET "{column}" = ? {where}', (_between(row[column]),))
        for value, at in reversed(values):
            connection.exec_driver_sql(f'UPDATE {quoted} SET "{column}" = ? {at}', (value,))
        return Edit(name, what, column, row, other)
    value = _other(row[column], [each[column] for each in rows], random)
    if value == row[column]:
        return None
    connection.exec_driver_sql(f'UPDATE {quoted} SET "{column}" = ? {where}', (value,))
    return Edit(name, what, column, row, value)


def _between(value: object) -> object:
    """Return what stands in a unique column while two rows change places."""
    return f"{value}~" if isinstance(value, str) else 987_654


def _other(value: object, others: Sequence[object], random: Random) -> object:
    """Return another value of the same kind."""
    if others and random.random() < 0.3:
        return random.choice(others)
    if value is None:
        return random.choice([1, "x"])
    if isinstance(value, int):
        return random.choice([value + 1, value - 1, value + 3_600_000_000, 1 - value])
    text = str(value)
    if text[:1] in {"{", "["} and random.random() < 0.7:
        return _other_json(text, random)
    if not text:
        return "x"
    at = random.randrange(len(text))
    changes: list[Callable[[], str]] = [
        lambda: text[:at] + random.choice("abz019") + text[at + 1 :],
        lambda: text[:at] + text[at + 1 :],
        lambda: text[:at] + random.choice("abz019") + text[at:],
        text.swapcase,
    ]
    return random.choice(changes)()


def _other_json(text: str, random: Random) -> str:
    parsed: Any = json.loads(text)
    if isinstance(parsed, list):
        parsed = parsed[:-1] if parsed and random.random() < 0.5 else [*parsed, 1]
    elif parsed and random.random() < 0.7:
        name = random.choice(list(parsed))
        parsed[name] = _other(parsed[name], [], random) if not isinstance(parsed[name], list | dict) else 0
    else:
        parsed["made_up"] = 1
    return json.dumps(parsed, ensure_ascii=False, separators=(",", ":"))
