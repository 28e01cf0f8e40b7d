"""The worklist: what needs a role. The open deadlines that it hears of or may end, the earliest due first."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from gaita.context.context import Context
from gaita.context.situation import Situation, Situations
from gaita.model.instance import Deadline, Instance, Turn
from gaita.model.notice import FeedEntry, Need, Stuck
from gaita.model.workflow import Rule, Workflow
from gaita.store import OpenDeadline
from gaita.store.transaction import Transaction

_BATCH = 200
_MOST_IN_FEED = 5_000
_KEPT_IN_FEED = timedelta(days=60)
"""So long a deadline that has ended is told as cancelled, for calendar programs that look seldom."""


class Worklist:
    """Finds what waits for whom."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def needs(
        self,
        transaction: Transaction,
        now: datetime,
        *,
        role: str | None = None,
        workflow: str | None = None,
        instance: str | None = None,
        limit: int = 100,
    ) -> Sequence[Need]:
        """Return at most ``limit`` open deadlines that need a role (any, without one)."""
        situations = Situations(self._context, transaction, now)
        rules = None
        if role is not None or workflow is not None:
            rules = self._rules(transaction, situations, role, workflow)
        return self._needs(transaction, situations, rules, role=role, instance=instance, limit=limit)

    def waits(self, transaction: Transaction, now: datetime, role: str) -> bool:
        """Whether anything needs a role."""
        rules = self._rules(transaction, Situations(self._context, transaction, now), role, None)
        return bool(self._context.store.timers.open_deadlines(transaction, limit=1, rules=rules))

    def feed(
        self, transaction: Transaction, now: datetime, *, role: str | None, instance: str | None
    ) -> Sequence[FeedEntry]:
        """Return the open deadlines that concern a role or an instance, and those that ended of late."""
        situations = Situations(self._context, transaction, now)
        rules = None if role is None else self._rules(transaction, situations, role, None)
        needs = self._needs(transaction, situations, rules, role=role, instance=instance, limit=_MOST_IN_FEED)
        entries = [
            FeedEntry(
                need.workflow,
                need.instance.id,
                need.deadline.rule,
                need.deadline.occurrence,
                need.deadline.number,
                need.deadline.due,
                need.deadline.armed_at,
                need.instance.sequence,
                need,
            )
            for need in needs
        ]
        ended = self._context.store.timers.ended_deadlines(
            transaction, after=now - _KEPT_IN_FEED, limit=_MOST_IN_FEED, instance=instance, rules=rules
        )
        entries.extend(
            FeedEntry(
                workflow,
                each.instance,
                each.rule,
                each.occurrence,
                each.number,
                each.due,
                each.armed_at,
                each.sequence,
                None,
                each.ending,
                each.ended_at,
            )
            for each in ended
            if isinstance(workflow := situations.workflow(each.workflow, each.version), Workflow)
        )
        return entries

    def _needs(
        self,
        transaction: Transaction,
        situations: Situations,
        rules: Mapping[tuple[str, int], Sequence[str]] | None,
        *,
        role: str | None,
        instance: str | None,
        limit: int,
    ) -> list[Need]:
        """Return open deadlines as needs: so many cases at a time are read at once."""
        asked = None if role is None else frozenset({role})
        opened = self._context.store.timers.open_deadlines(
            transaction, limit=limit, instance=instance, rules=rules
        )
        needs: list[Need] = []
        for start in range(0, len(opened), _BATCH):
            batch = opened[start : start + _BATCH]
            found = situations.of(each.instance for each in batch)
            made = (_need(each, found.get(each.instance), situations, asked) for each in batch)
            needs.extend(need for need in made if need is not None)
        return needs

    def _rules(
        self, transaction: Transaction, situations: Situations, role: str | None, workflow: str | None
    ) -> Mapping[tuple[str, int], Sequence[str]]:
        """Return the deadlines that concern a role, by workflow and version."""
        found: dict[tuple[str, int], Sequence[str]] = {}
        for each in self._context.store.workflows.every(transaction):
            if workflow is not None and each.id != workflow:
                continue
            declared = situations.workflow(each.id, each.version)
            if isinstance(declared, Exception):
                continue
            names = [
                rule.id for rule in declared.rules.values() if role is None or concerns(declared, rule, role)
            ]
            if names:
                found[each.id, each.version] = names
        return found


def _need(
    opened: OpenDeadline,
    found: Situation | Stuck | None,
    situations: Situations,
    asked: frozenset[str] | None,
) -> Need | None:
    """Return an open deadline as a need; ``None`` where its workflow or its rule cannot be read."""
    workflow = situations.workflow(opened.workflow, opened.version)
    if found is None or isinstance(workflow, Exception) or opened.rule not in workflow.rules:
        return None
    if isinstance(found, Situation):
        instance = found.instance
        deadline = next((each for each in instance.deadlines if each.number == opened.number), None)
        if deadline is None:
            return None
        possible = found.possibilities(asked)
        return Need(workflow, instance, deadline, found.explained(deadline), possible, found.stuck)
    deadline = _bare_deadline(opened)
    return Need(workflow, _bare_instance(opened, deadline), deadline, None, {}, found)


def _bare_deadline(opened: OpenDeadline) -> Deadline:
    """Return a deadline of a case that cannot be read, as far as the list reports it."""
    course = () if opened.paused_at is None else (Turn("stopped", opened.paused_at),)
    return Deadline(
        opened.number, opened.rule, opened.armed_at, opened.armed_at, opened.due, opened.clipped, (),
        opened.occurrence, course, opened.provisional,
    )  # fmt: skip


def _bare_instance(opened: OpenDeadline, deadline: Deadline) -> Instance:
    """Return a case that cannot be read, as far as the list reports it: without data."""
    began = opened.armed_at
    return Instance(
        opened.instance, opened.workflow, opened.version, opened.state, {}, began, began, {}, (deadline,),
        deadline.number, 0, None, 0, {},
    )  # fmt: skip


def concerns(workflow: Workflow, rule: Rule, role: str) -> bool:
    """Whether a deadline needs a role: it hears of it, or may move an instance on from where it runs."""
    if any(role in moment.to for moment in rule.moments):
        return True
    if rule.id == "horizon":
        return False
    scope = frozenset(rule.scope)
    return any(
        role in transition.by and transition.target is not None
        for (leaf, _), candidates in workflow.candidates.items()
        if not scope.isdisjoint(workflow.paths[leaf])
        for transition in candidates
        if transition.sources is not None
    )
