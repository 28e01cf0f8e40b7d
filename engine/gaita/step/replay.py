"""Replaying: the instance that a history leads to, from its first record on."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from gaita.errors import BrokenHistory
from gaita.model.instance import Deadline, Instance, Timer
from gaita.model.value import Value, moment_of
from gaita.model.workflow import Workflow
from gaita.step.record import Record


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
    at = moment_of(body["at"])
    blank = Instance(
        id=body["instance"],
        workflow=workflow.id,
        workflow_version=workflow.version,
        state="",
        data={},
        since=moment_of(body.get("since", body["at"])),
        started_at=at,
        memory={},
        deadlines=(),
        armed=0,
        version=0,
        refusal=None,
        sequence=0,
    )
    return _next(workflow, blank, body)


def _refused(instance: Instance, body: Mapping[str, Any]) -> Instance:
    return _changed(instance, sequence=body["sequence"], refusal=body["refusal"])


def _next(workflow: Workflow, instance: Instance, body: Mapping[str, Any]) -> Instance:
    state, since, memory = instance.state, instance.since, instance.memory
    for move in body.get("moves", ()):
        if move.get("internal"):
            continue
        leaf = move["to"]
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
    )


def _deadlines(instance: Instance, body: Mapping[str, Any]) -> tuple[Deadline, ...]:
    standing = {deadline.number: deadline for deadline in instance.deadlines}
    if body["kind"] == "timer":
        fired = standing[body["deadline"]]
        rest = tuple(timer for timer in fired.timers if timer.index != body["timer"])
        standing[fired.number] = Deadline(
            fired.number, fired.rule, fired.armed_at, fired.since, fired.due, fired.clipped, rest
        )
    for armed in body.get("armed", ()):
        standing[armed["deadline"]] = Deadline(
            armed["deadline"],
            armed["rule"],
            moment_of(body["at"]),
            moment_of(armed["since"]),
            moment_of(armed["due"]),
            armed.get("clipped", False),
            tuple(Timer(index, moment_of(due)) for index, due in armed["timers"]),
        )
    for ended in body.get("ended", ()):
        del standing[ended["deadline"]]
    return tuple(standing.values())


def _changed(instance: Instance, **changes: Any) -> Instance:  # noqa: ANN401 - each is checked by the class
    values = {name: getattr(instance, name) for name in Instance.__slots__}
    return Instance(**{**values, **changes})
