"""Replaying: the instance that a history leads to, from its first record on."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from gaita.errors import BrokenHistory
from gaita.history.record import Record
from gaita.model.instance import Deadline, Instance, Timer, Turn
from gaita.model.value import Value, moment_of
from gaita.model.workflow import Workflow


def replay(workflow: Workflow, records: Iterable[Record]) -> Instance:
    """Return the instance that ``records`` lead to.

    Only what the records say is used, not the guards: a decision once taken is not taken again. Raises
    ``BrokenHistory`` where a record does not follow from those before it.
    """
    instance: Instance | None = None
    for record in records:
        body = cast("Mapping[str, Any]", record.body)
        try:
            if instance is None:
                instance = _first(workflow, body)
            elif body["kind"] == "refused":
                instance = _refused(instance, body)
            else:
                instance = _next(workflow, instance, body)
        except (KeyError, TypeError, ValueError, StopIteration) as error:
            message = f"instance {record.instance}, record {record.sequence}: cannot be replayed ({error!r})"
            raise BrokenHistory(message) from error
    if instance is None:
        message = "there is no record to replay"
        raise BrokenHistory(message)
    return instance


def _first(workflow: Workflow, body: Mapping[str, Any]) -> Instance:
    since = moment_of(body.get("since", body["at"]))
    blank = Instance(
        id=body["instance"],
        workflow=workflow.id,
        workflow_version=workflow.version,
        state="",
        data={},
        since=since,
        started_at=since,
        memory={},
        deadlines=(),
        armed=0,
        version=0,
        refusal=None,
        sequence=0,
        entered={},
    )
    return _next(workflow, blank, body)


def _refused(instance: Instance, body: Mapping[str, Any]) -> Instance:
    return _changed(instance, sequence=body["sequence"], refusal=body["refusal"])


def _next(workflow: Workflow, instance: Instance, body: Mapping[str, Any]) -> Instance:
    state, since, memory = instance.state, instance.since, instance.memory
    entered = instance.entered
    for move in body.get("moves", ()):
        if move.get("internal"):
            continue
        leaf = move["to"]
        entered = _entered(
            workflow, entered, move, instance.since if "from" not in move else moment_of(body["at"])
        )
        if "from" in move:
            since = moment_of(body["at"])
            if leaf in workflow.remembering and leaf != move["from"]:
                memory = {**memory, leaf: move["from"]}
        state = leaf
    data: dict[str, Value] = dict(instance.data)
    for field, value in body.get("data", {}).items():
        if value is None:
            del data[field]
        else:
            data[field] = workflow.fields[field].type.admit(value)
    return _changed(
        instance,
        state=state,
        since=since,
        memory=memory,
        data=data,
        deadlines=_deadlines(instance, body),
        armed=instance.armed + len(body.get("armed", ())),
        version=instance.version + 1,
        refusal=None,
        sequence=body["sequence"],
        entered=entered,
    )


def _entered(
    workflow: Workflow,
    entered: Mapping[str, tuple[datetime, datetime]],
    move: Mapping[str, Any],
    at: datetime,
) -> Mapping[str, tuple[datetime, datetime]]:
    """Return the noted entries after a move: of states that it entered, or entered anew."""
    number: int = move["transition"]
    target = workflow.transitions[number - 1].target if number else None
    path = workflow.paths[move["to"]]
    kept = 0
    for old, new in zip(workflow.paths.get(move.get("from", ""), ()), path, strict=False):
        if old != new or old == target:
            break
        kept += 1
    noted = [state for state in path[kept:] if state in workflow.anchored]
    if not noted:
        return entered
    return {**entered, **{state: (entered.get(state, (at, at))[0], at) for state in noted}}


def _deadlines(instance: Instance, body: Mapping[str, Any]) -> tuple[Deadline, ...]:
    standing = {deadline.number: deadline for deadline in instance.deadlines}
    if body["kind"] == "timer":
        fired = standing[body["deadline"]]
        indexes = {body["timer"], *body.get("folding", ())}
        rest = tuple(timer for timer in fired.timers if timer.index not in indexes)
        standing[fired.number] = replace(fired, timers=rest)
    for armed in body.get("armed", ()):
        standing[armed["deadline"]] = Deadline(
            armed["deadline"],
            armed["rule"],
            moment_of(body["at"]),
            moment_of(armed["since"]),
            moment_of(armed["due"]),
            armed.get("clipped", False),
            _timers(armed),
            armed.get("occurrence", 1),
            _turns(armed.get("course", ())),
            armed.get("provisional", False),
        )
    for adjusted in body.get("adjusted", ()):
        before = standing[adjusted["deadline"]]
        standing[before.number] = replace(
            before,
            due=moment_of(adjusted["due"]),
            clipped=adjusted.get("clipped", False),
            provisional=adjusted.get("provisional", False),
            course=(*before.course, *_turns(adjusted.get("turns", ()))),
            timers=_timers(adjusted),
        )
    for ended in body.get("ended", ()):
        del standing[ended["deadline"]]
    return tuple(standing.values())


def _timers(told: Mapping[str, Any]) -> tuple[Timer, ...]:
    return tuple(Timer(index, moment_of(at[0]) if at else None) for index, *at in told["timers"])


def _turns(told: Iterable[Mapping[str, Any]]) -> tuple[Turn, ...]:
    return tuple(Turn(each["kind"], moment_of(each["at"]), each["by"], each.get("amount")) for each in told)


def _changed(instance: Instance, **changes: Any) -> Instance:  # noqa: ANN401 - each is checked by the class
    values = {name: getattr(instance, name) for name in Instance.__slots__}
    return Instance(**{**values, **changes})
