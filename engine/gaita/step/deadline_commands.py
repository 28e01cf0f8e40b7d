"""Adjusting: what is asked of an open deadline. To pause or resume it, to grant more time, to recount."""

from collections.abc import Iterable, Mapping

from gaita.calendar import parse_amount
from gaita.calendar.amount import Amount
from gaita.errors import MalformedCommand
from gaita.fault import hint_for
from gaita.model.command import Extend, Pause, Recount, Renumber, Resume
from gaita.model.instance import Deadline, Instance, Turn
from gaita.model.outcome import Accepted, Explanation, Ground, Outcome
from gaita.model.workflow import Rule, Workflow
from gaita.phrase import formed, phrase
from gaita.step.deadlines.due_moment import due_of, standing_of
from gaita.step.deadlines.stops import granted_of
from gaita.step.deadlines.timers import is_waiting, retimed
from gaita.step.facts import Facts
from gaita.step.refusal import refuse
from gaita.step.working_copy import WorkingCopy


def pause(workflow: Workflow, instance: Instance, command: Pause, facts: Facts) -> Outcome:
    """Stop the clock of an open deadline."""
    rule = _rule(workflow, command.deadline, phrase("the pause"), command.reason)
    deadline = _open(instance, rule)
    ground = _ground(workflow, instance, deadline, command.roles, rule.pause_by, "not_pausable")
    if deadline is None or ground is not None:
        return refuse(instance, command, facts, _told(instance, rule, ground, rule.pause_by))
    if "command" in deadline.paused_by:
        return refuse(instance, command, facts, _told(instance, rule, "paused", rule.pause_by))
    working = WorkingCopy(workflow, instance, facts)
    for each in _opened(instance, rule):
        working.deadlines.adjust(each, "paused", Turn("stopped", facts.now))
    return _accepted(working, command, rule)


def resume(workflow: Workflow, instance: Instance, command: Resume, facts: Facts) -> Outcome:
    """Let the clock of a paused deadline run again."""
    rule = _rule(workflow, command.deadline, phrase("the resumption"))
    deadline = _open(instance, rule)
    ground = _ground(workflow, instance, deadline, command.roles, rule.pause_by, "not_pausable")
    if deadline is None or ground is not None:
        return refuse(instance, command, facts, _told(instance, rule, ground, rule.pause_by))
    if "command" not in deadline.paused_by:
        return refuse(instance, command, facts, _told(instance, rule, "running", rule.pause_by))
    working = WorkingCopy(workflow, instance, facts)
    for each in _opened(instance, rule):
        if "command" in each.paused_by:
            working.deadlines.adjust(each, "resumed", Turn("resumed", facts.now))
    return _accepted(working, command, rule)


def extend(workflow: Workflow, instance: Instance, command: Extend, facts: Facts) -> Outcome:
    """Give an open deadline more time, within what its declaration admits."""
    rule = _rule(workflow, command.deadline, phrase("the extension"), command.reason)
    most = rule.extend_at_most
    amount = _amount(command.by, most)
    deadline = _open(instance, rule)
    ground = _ground(workflow, instance, deadline, command.roles, rule.extend_by, "not_extendable")
    if deadline is None or ground is not None or most is None:
        return refuse(instance, command, facts, _told(instance, rule, ground, rule.extend_by))
    if not is_waiting(rule, deadline):
        return refuse(instance, command, facts, _told(instance, rule, "overdue", rule.extend_by))
    granted = granted_of(deadline.course)
    if _size((*granted, amount)) > _size((most,)):
        before = ", ".join(each.text for each in granted)
        amounts = {"asked": amount.text, **({"granted": before} if before else {}), "at_most": most.text}
        return refuse(instance, command, facts, _told(instance, rule, "too_much", rule.extend_by, amounts))
    turn = Turn("extended", facts.now, amount=amount.text)
    if deadline.clipped or _reaches_no_further(workflow, instance, deadline, turn, facts):
        return refuse(instance, command, facts, _told(instance, rule, "horizon", rule.extend_by))
    working = WorkingCopy(workflow, instance, facts)
    working.deadlines.adjust(deadline, "extended", turn)
    return _accepted(working, command, rule)


def recount(workflow: Workflow, instance: Instance, command: Recount, facts: Facts) -> Accepted:
    """Count the open deadlines anew by the calendar in ``facts``."""
    working = WorkingCopy(workflow, instance, facts)
    for deadline in moving(workflow, instance, facts):
        working.deadlines.adjust(deadline, "moved")
    return working.accept(command, Explanation(instance.state, None, None))


def renumber(workflow: Workflow, instance: Instance, command: Renumber, facts: Facts) -> Accepted:
    """Number timers of open deadlines anew; they keep their moments."""
    working = WorkingCopy(workflow, instance, facts)
    for deadline in instance.deadlines:
        places = {place for number, place in command.timers if number == deadline.number}
        if places:
            working.deadlines.renumber(deadline, places)
    return working.accept(command, Explanation(instance.state, None, None))


def moving(workflow: Workflow, instance: Instance, facts: Facts) -> tuple[Deadline, ...]:
    """Return the open deadlines that would move if they were counted anew by the calendar in ``facts``."""
    standing = standing_of(workflow, instance, facts)
    return tuple(
        deadline
        for deadline in instance.deadlines
        for rule in (workflow.rules[deadline.rule],)
        if any(amount.is_working for amount in rule.amounts)
        and retimed(standing, rule, deadline, facts.now)[0] != deadline
    )


def _accepted(working: WorkingCopy, command: Pause | Resume | Extend, rule: Rule) -> Accepted:
    return working.accept(command, Explanation(working.state, None, None, deadline=rule.id))


def _rule(workflow: Workflow, name: str, what: str, reason: str = phrase("none asked for")) -> Rule:
    rule = workflow.rules.get(name)
    complaints: list[str] = []
    if rule is None:
        hint = hint_for(name, workflow.rules)
        complaints.append(
            phrase(
                "deadline: workflow %(key)s has no deadline %(name)s; %(hint)s",
                key=workflow.key,
                name=repr(name),
                hint=hint,
            )
        )
    if not reason.strip():
        complaints.append(phrase("reason: is missing; say why"))
    if complaints or rule is None:
        raise MalformedCommand(what, complaints)
    return rule


def _opened(instance: Instance, rule: Rule) -> list[Deadline]:
    return [each for each in instance.deadlines if each.rule == rule.id]


def _open(instance: Instance, rule: Rule) -> Deadline | None:
    """Return the open deadline of a rule: of a recurring one, the latest, whose time still runs."""
    opened = _opened(instance, rule)
    return opened[-1] if opened else None


def _ground(
    workflow: Workflow,
    instance: Instance,
    deadline: Deadline | None,
    roles: frozenset[str],
    allowed: Iterable[str],
    unless: Ground,
) -> Ground | None:
    if workflow.is_final(instance.state):
        return "final"
    if deadline is None:
        return "no_deadline"
    if not tuple(allowed):
        return unless
    return "role" if roles.isdisjoint(allowed) else None


def _told(
    instance: Instance,
    rule: Rule,
    ground: Ground | None,
    by: tuple[str, ...],
    amounts: Mapping[str, str] | None = None,
) -> Explanation:
    return Explanation(instance.state, None, ground, deadline=rule.id, by=by, amounts=amounts)


def _amount(text: str, most: Amount | None) -> Amount:
    what = phrase("the extension")
    try:
        amount = parse_amount(text)
    except ValueError as error:
        raise MalformedCommand(what, [formed("by: %(error)s", error=error)]) from None
    if most is not None and _kinds(amount) != _kinds(most):
        complaint = phrase(
            "by: %(amount)s cannot be measured against %(most)s, the most that may be granted",
            amount=repr(text),
            most=repr(most.text),
        )
        raise MalformedCommand(
            what, [phrase("%(complaint)s; write it in the same unit", complaint=complaint)]
        )
    return amount


def _kinds(amount: Amount) -> tuple[bool, ...]:
    return tuple(bool(part) for part in _parts(amount))


def _parts(amount: Amount) -> tuple[int, ...]:
    return (
        amount.months,
        amount.days,
        amount.microseconds,
        amount.working_days,
        amount.working_microseconds,
    )


def _size(amounts: Iterable[Amount]) -> int:
    """Return the sum of amounts, all in the one unit that the declaration names."""
    return sum(sum(_parts(amount)) for amount in amounts)


def _reaches_no_further(
    workflow: Workflow, instance: Instance, deadline: Deadline, turn: Turn, facts: Facts
) -> bool:
    """Whether the extension would end where the deadline ends already: at the horizon."""
    rule = workflow.rules[deadline.rule]
    found = due_of(
        standing_of(workflow, instance, facts),
        rule,
        deadline.since,
        occurrence=deadline.occurrence,
        course=(*deadline.course, turn),
    )
    return found is not None and found.moment <= deadline.due
