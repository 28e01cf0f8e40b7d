"""Previewing: a notice as its reader would get it, for a real instance, with nothing sent."""

from datetime import datetime

from gaita.context.context import Context
from gaita.context.situation import Situation, situation_of
from gaita.errors import MalformedCommand
from gaita.fault import hint_for, listed
from gaita.model.instance import Deadline, Instance
from gaita.model.notice import Notice, Recipient, Upcoming
from gaita.model.outcome import Message
from gaita.model.workflow import Moment, Rule, Workflow
from gaita.phrase import phrase
from gaita.store.transaction import Transaction


def preview(
    context: Context,
    transaction: Transaction,
    identity: str,
    now: datetime,
    *,
    rule: str | None,
    timer: int | None,
    role: str | None,
) -> Notice:
    """Return the notice that a moment of an open deadline would send: now, or when that moment comes.

    Without ``rule``, of the deadline that is due first; without ``timer`` (a place among its moments), of its
    next moment; without ``role``, to the first that hears of it. Raises ``MalformedCommand`` for what there
    is not.
    """
    situation = situation_of(context, transaction, identity, now)
    workflow, instance = situation.workflow, situation.instance
    deadline = _deadline(workflow, instance, rule)
    declared = workflow.rules[deadline.rule]
    index = _index(declared, deadline, timer)
    reader = _reader(workflow, declared, index, role)
    at = _sent_at(declared, deadline, index, now)
    message = Message(
        id=f"{identity}/{deadline.number}/{index}/{reader}",
        kind=declared.moments[index].kind,
        to=reader,
        instance=identity,
        workflow=workflow.key,
        state=instance.state,
        rule=declared.id,
        deadline=deadline.number,
        timer=index,
        due=deadline.due,
        at=at,
    )
    ahead = [
        Upcoming(each.due, declared.moments[each.index])
        for each in deadline.timers
        if each.due is not None and each.index > index
    ]
    led_to = _leads_to(situation, declared.moments[index])
    title = workflow.roles[reader].title
    return Notice(
        f"preview/{message.id}",
        message,
        Recipient(reader, next(iter(title.values()), reader), reader, {}),
        workflow,
        instance,
        situation.possibilities(),
        situation.explained(deadline),
        () if led_to is not None else tuple(sorted(ahead, key=lambda each: each.at)),
        at,
        led_to,
        situation.stuck,
    )


def _sent_at(rule: Rule, deadline: Deadline, index: int, now: datetime) -> datetime:
    """Return when the notice would be sent: at its moment, where that is still to come."""
    moments = [each.due for each in deadline.timers if each.index == index and each.due is not None]
    if rule.moments[index].kind != "reminder":
        moments.append(deadline.due)  # also where the moment itself is cut off by the horizon
    return max([now, *moments])


def _leads_to(situation: Situation, moment: Moment) -> str | None:
    """Return the state to which a moment would move the case by itself, as things stand."""
    if moment.close_to is not None or moment.fire is None:
        return moment.close_to
    found = situation.possibilities().get(moment.fire)
    if found is None or not found.accepted:
        return None
    tree, place = situation.workflow.tree, situation.instance.state
    taken = [each.target for each in found.candidates if each.verdict == "taken" and each.target is not None]
    after = tree.after(place, [tree.change(place, target) for target in taken])
    return None if after == place else after


def _deadline(workflow: Workflow, instance: Instance, rule: str | None) -> Deadline:
    found = [each for each in instance.deadlines if rule is None or each.rule == rule]
    if found:
        return min(found, key=lambda each: (each.due, each.number))
    if rule is not None and rule not in workflow.rules:
        hint = hint_for(rule, workflow.rules)
        complaint = phrase(
            "deadline: workflow %(key)s has no deadline %(rule)s; %(hint)s",
            key=workflow.key,
            rule=repr(rule),
            hint=hint,
        )
    else:
        opened = listed(each.rule for each in instance.deadlines) or phrase("none")
        told = phrase("no deadline is open") if rule is None else phrase("%(rule)s is not open", rule=rule)
        complaint = phrase("deadline: %(told)s in state %(state)s", told=told, state=instance.state)
        if rule is not None:
            complaint = phrase("%(complaint)s; open are: %(opened)s", complaint=complaint, opened=opened)
    raise MalformedCommand(phrase("the preview of instance %(id)s", id=repr(instance.id)), [complaint])


def _index(rule: Rule, deadline: Deadline, timer: int | None) -> int:
    if timer is None:
        waiting = [each for each in deadline.timers if rule.moments[each.index].to]
        return waiting[0].index if waiting else rule.due_index
    if not 0 <= timer < len(rule.moments):
        complaint = phrase(
            "timer: the moments of %(id)s are numbered 0 to %(last)s; found %(timer)s",
            id=rule.id,
            last=len(rule.moments) - 1,
            timer=timer,
        )
        raise MalformedCommand(phrase("the preview"), [complaint])
    return timer


def _reader(workflow: Workflow, rule: Rule, index: int, role: str | None) -> str:
    hearing = dict.fromkeys([*rule.moments[index].to, *(each for one in rule.moments for each in one.to)])
    if role is not None and role not in workflow.roles:
        hint = hint_for(role, workflow.roles)
        complaint = phrase(
            "role: workflow %(key)s has no role %(role)s; %(hint)s",
            key=workflow.key,
            role=repr(role),
            hint=hint,
        )
        raise MalformedCommand(phrase("the preview"), [complaint])
    if role is None and not hearing:
        complaint = phrase("role: nobody hears of deadline %(id)s; name a role", id=rule.id)
        raise MalformedCommand(phrase("the preview"), [complaint])
    return role if role is not None else next(iter(hearing))
