"""Driving a workflow that `check` accepted: random commands and clock jumps through the pure step.

Whatever `check` accepts must run: no error but the declared ones, explain says what firing does, and the
records lead to the instance.
"""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice

from gaita.calendar import public_calendar
from gaita.errors import EndlessMoves, GaitaError, MalformedCommand
from gaita.history import GENESIS, chain, replay
from gaita.model.command import Command, Extend, Fire, Pause, Resume, SetData, Start
from gaita.model.instance import Instance
from gaita.model.outcome import Accepted, Outcome
from gaita.model.value import LARGEST_INTEGER, Field, ValueType
from gaita.model.workflow import Workflow
from gaita.step import Facts, explain, fire_due_timers, possibilities, step

T0 = datetime(2024, 3, 29, 9, tzinfo=UTC)
MOST_TIMERS = 60
CALENDAR = public_calendar("LV")

_TEXTS = ("", "a", "b", "ā", "x" * 100, "\u202e", "data.x")
_DAYS = (
    "0001-01-01",
    "0204-03-01",
    "1970-01-01",
    "2024-03-31",
    "2024-04-02",
    "2025-06-30",
    "9999-12-30",
    "9999-12-31",
)
_MOMENTS = (
    "0001-01-01T00:00:00Z",
    "2024-03-31T03:30:00+02:00",
    "2024-04-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-12:00",
)
_NUMBERS = (0, 1, -1, 2, 3, 10, 0.5, -0.0, 2.5, LARGEST_INTEGER, -LARGEST_INTEGER, LARGEST_INTEGER - 0.5)
_WRONG: tuple[object, ...] = (
    None,
    "",
    "x",
    10**30,
    float("nan"),
    float("inf"),
    [],
    {},
    True,
    "2024-13-01",
    b"x",
    "\ud800",
    {"a": {}},
)


def drive(workflow: Workflow, random: random.Random, commands: int = 8) -> int:
    """Start a case of ``workflow`` and do ``commands`` random things to it; return how many were accepted."""
    now = T0
    instance, outcomes = _started(workflow, random, now)
    if instance is None:
        return 0
    for _ in range(commands):
        now = max(datetime(2, 1, 1, tzinfo=UTC), _later(now, instance, random))
        facts = Facts(now, CALENDAR)
        try:
            fired = list(islice(fire_due_timers(workflow, instance, facts), MOST_TIMERS))
        except EndlessMoves:
            break
        outcomes += fired
        instance = fired[-1].after if fired else instance
        if len(fired) == MOST_TIMERS:
            break  # a case that came round so often is looked at in batches: not here
        command = _command(workflow, instance, random)
        try:
            possibilities(workflow, instance, None, facts)
            told = (
                explain(workflow, instance, command, facts) if isinstance(command, Fire | SetData) else None
            )
            outcome = step(workflow, instance, command, facts)
        except (MalformedCommand, EndlessMoves):
            continue
        assert told is None or told.accepted == isinstance(outcome, Accepted), command
        assert told is None or told.ground == outcome.explanation.ground, command
        outcomes.append(outcome)
        instance = outcome.after
    assert replay(workflow, chain(workflow, outcomes, GENESIS)) == instance
    return sum(isinstance(each, Accepted) for each in outcomes)


def _started(
    workflow: Workflow, random: random.Random, now: datetime
) -> tuple[Instance | None, list[Outcome]]:
    data = _values(workflow.fields, random, 0.5)
    state = since = reason = None
    if random.random() < 0.3:
        state, reason = random.choice(list(workflow.states)), "taken over"
        since = _later(now, None, random) if random.random() < 0.5 else None
    start = Start("one", data, state=state, since=since, reason=reason)
    try:
        outcome = step(workflow, None, start, Facts(now, CALENDAR))
    except GaitaError:
        try:
            outcome = step(workflow, None, Start("one"), Facts(now, CALENDAR))
        except GaitaError:
            return None, []
    return outcome.after, [outcome]


def _later(now: datetime, instance: Instance | None, random: random.Random) -> datetime:
    dues = [each.due for each in instance.deadlines] if instance else []
    chance = random.random()
    if dues and chance < 0.4:
        now = random.choice(dues)
        jump = random.choice((timedelta(0), timedelta(seconds=-1), timedelta(days=400)))
    elif chance < 0.8:
        jump = timedelta(seconds=random.choice((0, 1, 3600, 86_400, 700_000, 40_000_000)))
    elif chance < 0.9:
        jump = timedelta(days=random.choice((-1, -400, -100_000)))
    else:
        jump = timedelta(days=random.choice((40_000, 200_000, 2_900_000)))
    try:
        return now + jump
    except OverflowError:
        return now


def _command(workflow: Workflow, instance: Instance, random: random.Random) -> Command:
    roles = frozenset(workflow.roles) if random.random() < 0.8 else frozenset[str]()
    chance = random.random()
    rules = [each.rule for each in instance.deadlines] or ["none"]
    if chance < 0.55 and workflow.events:
        here = [event for leaf, event in workflow.candidates if leaf == instance.state and event is not None]
        event = (
            random.choice(here) if here and random.random() < 0.8 else random.choice(list(workflow.events))
        )
        return Fire(event, _values(workflow.events[event].payload, random, 0.9), "ilze", roles)
    if chance < 0.8:
        return SetData(_values(workflow.fields, random, 0.4), "ilze", roles)
    rule = random.choice(rules)
    match random.randrange(3):
        case 0:
            return Pause(rule, "why", "ilze", roles)
        case 1:
            return Resume(rule, None, "ilze", roles)
        case _:
            amounts = ("1 day", "1 hour", "20 working days", "8 working hours", "100 years", "1 month")
            return Extend(rule, random.choice(amounts), "why", "ilze", roles)


def _values(fields: Mapping[str, Field], random: random.Random, share: float) -> dict[str, object]:
    chosen = [each for each in fields.values() if random.random() < share]
    return {each.id: _value(each.type, random) for each in chosen}


def _value(kind: ValueType, random: random.Random) -> object:
    return random.choice(_WRONG) if random.random() < 0.06 else _fitting(kind, random)


def _fitting(kind: ValueType, random: random.Random) -> object:
    match kind.kind:
        case "string":
            return random.choice(_TEXTS)
        case "choice":
            return random.choice(kind.choices)
        case "boolean":
            return random.random() < 0.5
        case "integer" | "number":
            return _number(kind, random)
        case "date":
            return random.choice(_DAYS)
        case "month":
            return random.choice(_DAYS)[:7]
        case "moment":
            return random.choice(_MOMENTS)
        case "list":
            return [_item(kind, random) for _ in range(random.randrange(3))]
        case "map":
            return {key: _item(kind, random) for key in random.choices(("1", "2", "a", "ā", ""), k=2)}


def _number(kind: ValueType, random: random.Random) -> float:
    number = random.choice(_NUMBERS)
    number = number if kind.minimum is None else max(kind.minimum, number)
    number = number if kind.maximum is None else min(kind.maximum, number)
    return int(number) if kind.kind == "integer" else number


def _item(kind: ValueType, random: random.Random) -> object:
    assert kind.item is not None
    return _value(kind.item, random)
