"""``step(workflow, instance, command, facts)``: the whole behaviour of the engine, as one pure function."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gaita.calendar import end_of_day
from gaita.calendar.zone import local
from gaita.errors import MalformedCommand, UnknownEvent
from gaita.fault import hint_for, named
from gaita.model.command import (
    Command,
    Extend,
    Fire,
    FireTimer,
    Pause,
    Recount,
    Renumber,
    Resume,
    SetData,
    Start,
)
from gaita.model.instance import Instance
from gaita.model.outcome import Accepted, Candidate, Explanation, Outcome
from gaita.model.state_tree import leaves_of, place_of
from gaita.model.value import Data, Field, Value, kind_phrase
from gaita.model.workflow import Workflow
from gaita.phrase import formed, phrase
from gaita.step.backlog import MOST_AT_START, backlog
from gaita.step.deadline_commands import extend, pause, recount, renumber, resume
from gaita.step.facts import Facts, Names
from gaita.step.refusal import refuse
from gaita.step.select import Selected, select
from gaita.step.working_copy import WorkingCopy


def step(workflow: Workflow, instance: Instance | None, command: Command, facts: Facts) -> Outcome:
    """Return what ``command`` does to ``instance``.

    ``instance`` is ``None`` for a Start and only then; its own due timers are fired before (see
    ``fire_due_timers``). Raises ``UnknownEvent`` and ``MalformedCommand`` for what the workflow does not
    declare, and ``EndlessMoves`` where automatic transitions run in a circle; everything else is an answer:
    ``Accepted`` or ``Refused``.
    """
    match command:
        case Fire():
            return _fire(workflow, _present(instance), command, facts)
        case FireTimer():
            return _due(workflow, _present(instance), command, facts)
        case SetData():
            return _set_data(workflow, _present(instance), command, facts)
        case Pause():
            return pause(workflow, _present(instance), command, facts)
        case Resume():
            return resume(workflow, _present(instance), command, facts)
        case Extend():
            return extend(workflow, _present(instance), command, facts)
        case Recount():
            return recount(workflow, _present(instance), command, facts)
        case Renumber():
            return renumber(workflow, _present(instance), command, facts)
        case Start():
            return _start(workflow, command, facts)


def admit_payload(workflow: Workflow, event: str, payload: Mapping[str, object]) -> Data:
    """Return the payload in the engine's form. Raises ``UnknownEvent`` or ``MalformedCommand``."""
    declared = workflow.events.get(event)
    if declared is None:
        hint = hint_for(event, workflow.events)
        message = phrase(
            "workflow %(key)s declares no event %(event)s; %(hint)s",
            key=workflow.key,
            event=repr(event),
            hint=hint,
        )
        raise UnknownEvent(message)
    if not payload and not declared.payload:
        return {}
    admitted, complaints = _admit(declared.payload, payload)
    complaints.extend(
        phrase("%(id)s: is missing; expected %(kind)s", id=field.id, kind=kind_phrase(field.type.kind))
        for field in declared.payload.values()
        if field.id not in payload and not field.optional
    )
    if complaints:
        what = phrase("the payload of event %(event)s", event=repr(event))
        raise MalformedCommand(what, complaints)
    return {field: value for field, value in admitted.items() if value is not None}


def admitted(workflow: Workflow, command: Fire | SetData | Pause | Resume | Extend | Start) -> Command:
    """Return a command with its values in the engine's form.

    Raises ``UnknownEvent`` and ``MalformedCommand``.
    """
    match command:
        case Fire():
            return replace(command, payload=admit_payload(workflow, command.event, command.payload))
        case SetData():
            values, complaints = _admit(workflow.fields, command.values)
            what = phrase("the change of data")
            changed: Command = replace(command, values=values)
        case Start():
            values, complaints = _admit(workflow.fields, command.data)
            what = phrase("the start")
            changed = replace(command, data=values)
        case _:
            return command
    if complaints:
        raise MalformedCommand(what, complaints)
    return changed


def _present(instance: Instance | None) -> Instance:
    if instance is None:
        message = phrase("only a Start works without an instance")
        raise ValueError(message)
    return instance


def _fire(workflow: Workflow, instance: Instance, command: Fire, facts: Facts) -> Outcome:
    payload = admit_payload(workflow, command.event, command.payload)
    if workflow.is_final(instance.state):
        final = Explanation(instance.state, command.event, "final")
        return refuse(instance, command, facts, final, payload=payload)
    names = Names(workflow, instance.state, instance.data, payload, facts)
    selected = select(workflow, instance, command.event, names, command.roles)
    if not isinstance(selected, Selected):
        explanation, failures = selected
        return refuse(instance, command, facts, explanation, failures, payload)
    working = WorkingCopy(workflow, instance, facts)
    working.carry_out(selected)
    return working.accept(command, accepted(instance, command.event, selected), payload=payload)


def _due(workflow: Workflow, instance: Instance, command: FireTimer, facts: Facts) -> Outcome:
    indexes = (*command.folding, command.timer)
    deadline = next((each for each in reversed(instance.deadlines) if each.number == command.deadline), None)
    due = (
        [each for each in deadline.timers if each.due is not None and each.due <= facts.now]
        if deadline
        else []
    )
    if deadline is None or not {each.index for each in due}.issuperset(indexes):
        message = phrase(
            "instance %(id)s: deadline %(deadline)s has no due timer %(timer)s",
            id=instance.id,
            deadline=command.deadline,
            timer=command.timer,
        )
        raise ValueError(message)
    working = WorkingCopy(workflow, instance, facts)
    working.deadlines.fire(deadline, indexes, instance.state)
    moment = workflow.rules[deadline.rule].moments[command.timer]
    if moment.close_to is not None:
        working.close(moment.close_to)
    if moment.fire is None:
        return working.accept(command, Explanation(instance.state, None, None))
    event = moment.fire
    names = Names(workflow, working.state, working.data, {}, facts)
    selected = select(workflow, instance, event, names, None)
    if isinstance(selected, Selected):
        working.carry_out(selected)
        return working.accept(command, accepted(instance, event, selected))
    explanation, failures = selected
    working.troubles.append(
        phrase(
            "deadline %(rule)s fired event %(event)s, which was refused: %(ground)s",
            rule=deadline.rule,
            event=repr(event),
            ground=explanation.ground,
        )
    )
    working.troubles.extend(failures)
    return working.accept(command, explanation)


def _set_data(workflow: Workflow, instance: Instance, command: SetData, facts: Facts) -> Outcome:
    admitted, complaints = _admit(workflow.fields, command.values)
    if not command.values:
        complaints.append(phrase("no field is named; name at least one"))
    if complaints:
        what = phrase("the data of instance %(id)s", id=repr(instance.id))
        raise MalformedCommand(what, complaints)
    if workflow.is_final(instance.state):
        final = Explanation(instance.state, None, "final")
        return refuse(instance, command, facts, final, payload=admitted)
    barred = {
        field: workflow.fields[field].by
        for field in command.values
        if command.roles.isdisjoint(workflow.fields[field].by)
    }
    if barred:
        explanation = Explanation(instance.state, None, "field_role", fields=barred)
        return refuse(instance, command, facts, explanation, payload=admitted)
    working = WorkingCopy(workflow, instance, facts)
    working.change(admitted)
    working.run_to_rest()
    return working.accept(command, Explanation(instance.state, None, None), payload=admitted)


def _start(workflow: Workflow, command: Start, facts: Facts) -> Accepted:
    admitted, complaints = _admit(workflow.fields, command.data)
    adopted = command.state is not None or command.since is not None
    place = workflow.initial
    since = facts.now if command.since is None else command.since
    started = since if command.started is None else command.started
    if command.state is not None:
        states, wrong = _named_states(workflow, leaves_of(command.state))
        complaints.extend(wrong)
        place = place_of(states) if states else place
    complaints.extend(_past_complaints(workflow, command, started, since))
    if since > facts.now:
        complaints.append(
            phrase(
                "since: %(since)s lies in the future; now is %(now)s",
                since=local(since, workflow.zone).to_stdlib().isoformat(timespec="seconds"),
                now=local(facts.now, workflow.zone).to_stdlib().isoformat(timespec="seconds"),
            )
        )
    if workflow.horizon is not None and facts.now >= end_of_day(workflow.horizon, workflow.zone):
        complaints.append(
            phrase(
                "the horizon of %(key)s, %(horizon)s, is past: nothing starts then",
                key=workflow.key,
                horizon=workflow.horizon,
            )
        )
    if adopted and not command.reason:
        complaints.append(phrase("reason: is missing; to adopt an instance mid-life, say why"))
    if complaints:
        what = phrase("the start of instance %(instance)s", instance=repr(command.instance))
        raise MalformedCommand(what, complaints)
    place = workflow.tree.entry(place)
    data: dict[str, Value] = dict(workflow.defaults)
    data.update({field: value for field, value in admitted.items() if value is not None})
    blank = Instance(
        id=command.instance,
        workflow=workflow.id,
        workflow_version=workflow.version,
        state=place,
        data=data,
        since=since,
        started_at=started,
        memory={},
        deadlines=(),
        armed=0,
        version=0,
        refusal=None,
        sequence=0,
        entered={state: (at, at) for state, at in command.entered.items() if state in workflow.noted},
    )
    working = WorkingCopy(workflow, blank, facts)
    working.enter(place, since, adopted=adopted)
    working.run_to_rest()
    outcome = working.accept(command, Explanation(place, None, None), first=True, payload=admitted)
    due = backlog(workflow, outcome.after, facts)
    if due > MOST_AT_START:
        complaint = phrase(
            "since: up to %(due)s timers would be due at once, of deadlines that came round since"
            " %(since)s; at most %(most)s are caught up with: give a later moment, or"
            ' declare past_timers = "skip" in [workflow], or catch_up = "once" for such a deadline',
            due=due,
            since=since.isoformat(),
            most=MOST_AT_START,
        )
        raise MalformedCommand(
            phrase("the start of instance %(instance)s", instance=repr(command.instance)), [complaint]
        )
    return outcome


def accepted(instance: Instance, event: str, selected: Selected) -> Explanation:
    """Return the explanation of an accepted event: the transitions it took, and those passed over.

    The clauses of its guard are left to whoever asks for them: see ``explanation_of``.
    """
    took = [
        Candidate(each.transition.number, each.target, each.transition.by, "taken")
        for each in (selected, *selected.beside)
    ]
    return Explanation(instance.state, event, None, (*selected.passed_over, *took))


def _named_states(workflow: Workflow, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the states that are named, and what is wrong with their names."""
    found: list[str] = []
    complaints: list[str] = []
    for name in names:
        state = named(name, workflow.states)
        if state is None:
            complaints.append(
                phrase(
                    "state: workflow %(key)s has no state %(state)s; %(hint)s",
                    key=workflow.key,
                    state=repr(name),
                    hint=hint_for(name, workflow.states),
                )
            )
            continue
        against = next((each for each in found if not workflow.tree.are_beside(each, state)), None)
        if against is not None:
            complaints.append(
                phrase(
                    "state: %(one)s and %(other)s are never active together; name one state of each region",
                    one=repr(against),
                    other=repr(state),
                )
            )
        found.append(state)
    return found, complaints


def _past_complaints(workflow: Workflow, command: Start, started: datetime, since: datetime) -> Iterator[str]:
    """Yield what is wrong with the past that is told of an adopted instance."""
    if (command.started or command.entered) and command.state is None and command.since is None:
        yield phrase("started, entered: tell the past of one that is adopted; give state or since as well")
    if started > since:
        yield phrase(
            "started: %(started)s lies behind %(since)s, since when it has been where it is",
            started=started.isoformat(),
            since=since.isoformat(),
        )
    for state, at in command.entered.items():
        if state not in workflow.states:
            yield phrase(
                "entered: workflow %(key)s has no state %(state)s; %(hint)s",
                key=workflow.key,
                state=repr(state),
                hint=hint_for(state, workflow.states),
            )
        elif not started <= at <= since:
            yield phrase(
                "entered: %(state)s at %(at)s is not between the start, %(started)s, and %(since)s",
                state=state,
                at=at.isoformat(),
                started=started.isoformat(),
                since=since.isoformat(),
            )


def _admit(
    fields: Mapping[str, Field], values: Mapping[str, object]
) -> tuple[dict[str, Value | None], list[str]]:
    """Return the values in the engine's form and every complaint about them; ``None`` clears a field."""
    admitted: dict[str, Value | None] = {}
    complaints: list[str] = []
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            complaints.append(
                phrase("%(name)s: is not declared; %(hint)s", name=name, hint=hint_for(name, fields))
            )
        elif value is None:
            admitted[name] = None
        else:
            try:
                admitted[name] = field.type.admit(value)
            except ValueError as error:
                kind = kind_phrase(field.type.kind)
                hidden = phrase("is not admitted; expected a %(kind)s (the value is personal)", kind=kind)
                told = hidden if field.personal else error
                complaints.append(formed("%(name)s: %(error)s", name=name, error=told))
    return admitted, complaints
