"""The worklist: what needs a role. The open deadlines that it hears of or may end, the earliest due first."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gaita.context.context import Context
from gaita.model.notice import FeedEntry, Need
from gaita.model.workflow import Rule, Workflow
from gaita.step import explained_due, possibilities

_BATCH = 200
_MOST_IN_FEED = 5_000
_KEPT_IN_FEED = timedelta(days=60)
"""So long a deadline that has ended is told as cancelled, for calendar programs that look seldom."""


class Worklist:
    """Finds what waits for whom."""

    def __init__(self, context: Context) -> None:
        """Keep where to look."""
        self._context = context

    def needs(
        self,
        connection: Connection,
        now: datetime,
        *,
        role: str | None = None,
        workflow: str | None = None,
        instance: str | None = None,
        limit: int = 100,
    ) -> Sequence[Need]:
        """Return at most ``limit`` open deadlines that need a role (any, without one)."""
        rules = None if role is None and workflow is None else self._rules(connection, role, workflow)
        opened = self._context.store.timers.open_deadlines(
            connection, limit=limit, instance=instance, rules=rules
        )
        needs: list[Need] = []
        for start in range(0, len(opened), _BATCH):
            batch = opened[start : start + _BATCH]
            identities = list(dict.fromkeys(each.instance for each in batch))
            loaded = self._context.store.instances.load_many(connection, identities)
            for each in batch:
                found = loaded[each.instance].instance
                declared = self._context.catalogue.get(connection, each.workflow, each.version)
                facts = self._context.facts(connection, declared, now)
                deadline = next(one for one in found.deadlines if one.number == each.number)
                asked = None if role is None else frozenset({role})
                needs.append(
                    Need(
                        declared,
                        found,
                        deadline,
                        explained_due(declared, found, deadline, facts),
                        possibilities(declared, found, asked, facts),
                    )
                )
        return needs

    def feed(
        self, connection: Connection, now: datetime, *, role: str | None, instance: str | None
    ) -> Sequence[FeedEntry]:
        """Return the open deadlines that concern a role or an instance, and those that ended of late."""
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
            for need in self.needs(connection, now, role=role, instance=instance, limit=_MOST_IN_FEED)
        ]
        rules = None if role is None else self._rules(connection, role, None)
        ended = self._context.store.timers.ended_deadlines(
            connection, after=now - _KEPT_IN_FEED, limit=_MOST_IN_FEED, instance=instance, rules=rules
        )
        entries.extend(
            FeedEntry(
                self._context.catalogue.get(connection, each.workflow, each.version),
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
        )
        return entries

    def _rules(
        self, connection: Connection, role: str | None, workflow: str | None
    ) -> Mapping[tuple[str, int], Sequence[str]]:
        """Return the deadlines that concern a role, by workflow and version."""
        found: dict[tuple[str, int], Sequence[str]] = {}
        for each in self._context.store.workflows.every(connection):
            if workflow is not None and each.id != workflow:
                continue
            declared = self._context.catalogue.get(connection, each.id, each.version)
            names = [
                rule.id for rule in declared.rules.values() if role is None or concerns(declared, rule, role)
            ]
            if names:
                found[each.id, each.version] = names
        return found


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
