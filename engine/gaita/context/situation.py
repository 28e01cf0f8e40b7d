"""A situation: the one reading of a case. What is possible, what stands in the way, what is due, or "stuck".

Notices, worklists, feeds, digests, previews and explanations all ask here, so that they agree.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property

import structlog

from gaita.calendar import Explained
from gaita.context.context import Context
from gaita.errors import DatabaseTrouble, FaultyFile, GaitaError, UnknownWorkflow
from gaita.model.command import Fire, SetData
from gaita.model.instance import Deadline, Instance
from gaita.model.notice import Stuck, Upcoming
from gaita.model.outcome import Explanation
from gaita.model.workflow import Workflow
from gaita.step import Facts, explain_settled, explained_due, possibilities_settled, with_due_timers_fired
from gaita.store.transaction import Transaction

_log = structlog.get_logger("gaita.situation")


class Situation:
    """A case as it stands at one moment, with its due timers fired on a copy.

    Where these cannot be carried out it is ``stuck``, and everything is answered all the same.
    """

    def __init__(
        self,
        workflow: Workflow,
        instance: Instance,
        facts: Facts | Exception,
        incident: int | None = None,
        *,
        believe: bool = False,
    ) -> None:
        """Keep what the answers are worked out from.

        ``facts`` is the reason where they cannot be had; ``incident`` the open one that holds back the
        timers of the case. It is believed, and nothing is tried, where ``believe`` says so: to find out that
        timers arm one another without end takes a while.
        """
        self.workflow = workflow
        self.instance = instance
        self._facts = facts
        self._incident = incident
        self._believe = believe
        self._possible: dict[frozenset[str] | None, Mapping[str, Explanation]] = {}

    @property
    def stuck(self) -> Stuck | None:
        """Why the case cannot be carried on; ``None``: it can."""
        return Stuck(self._incident) if self._settled is None else None

    def possibilities(self, roles: frozenset[str] | None = None) -> Mapping[str, Explanation]:
        """Return, for each event that has a transition from here, what stands in its way.

        ``None`` asks for every role.
        """
        if roles not in self._possible:
            self._possible[roles] = self._work_out(roles)
        return self._possible[roles]

    def explain(self, command: Fire | SetData) -> Explanation:
        """Return why ``command`` would be accepted or refused. Raises what ``step`` raises."""
        settled = self._settled
        if settled is None:
            return self._stuck(command.event if isinstance(command, Fire) else None)
        instance, facts = settled
        return explain_settled(self.workflow, instance, command, facts)

    def explained(self, deadline: Deadline) -> Explained | None:
        """Return the arithmetic by which an open deadline is due then; ``None``: there is none to tell."""
        if isinstance(self._facts, Exception):
            return None
        try:
            return explained_due(self.workflow, self.instance, deadline, self._facts)
        except Exception as error:  # noqa: BLE001 - one case that is not as it was declared spoils no other
            self._note("a due moment cannot be explained", error)
            return None

    def upcoming(self, deadline: Deadline) -> tuple[Upcoming, ...]:
        """Return the moments of an open deadline that are still to come, in order."""
        rule = self.workflow.rules.get(deadline.rule)
        moments = () if rule is None else rule.moments
        ahead = [
            Upcoming(timer.due, moments[timer.index])
            for timer in deadline.timers
            if timer.due is not None and timer.index < len(moments)
        ]
        return tuple(sorted(ahead, key=lambda each: each.at))

    @cached_property
    def _settled(self) -> tuple[Instance, Facts] | None:
        """The instance as its due timers leave it; ``None``: they cannot be carried out."""
        if self._believe and self._incident is not None:
            return None
        if isinstance(self._facts, Exception):
            self._note("the case is stuck", self._facts)
            return None
        try:
            settled = with_due_timers_fired(self.workflow, self.instance, self._facts)
            self.workflow.tree.active(settled.state)  # a row may name one that there is not
        except Exception as error:  # noqa: BLE001 - whatever it is, others must not be held up by it
            self._note("the case is stuck", error)
            return None
        return settled, self._facts

    def _work_out(self, roles: frozenset[str] | None) -> Mapping[str, Explanation]:
        settled = self._settled
        if settled is not None:
            instance, facts = settled
            return possibilities_settled(self.workflow, instance, roles, facts)
        here = self.instance.state
        return {
            event: self._stuck(event)
            for event in self.workflow.events
            if self.workflow.has_transition(here, event)
        }

    def _stuck(self, event: str | None) -> Explanation:
        return Explanation(self.instance.state, event, "stuck", incident=self._incident)

    def _note(self, what: str, error: Exception) -> None:
        # Whoever asks is answered "stuck", and the incident says why: this is for those who look closely.
        # What went wrong may quote data, unless it is an error of ours.
        told = str(error) if isinstance(error, GaitaError) else type(error).__name__
        _log.debug(what, instance=self.instance.id, incident=self._incident, error=told)


class Situations:
    """Reads the situations of many cases at one moment: the statements are counted by batch, not by case."""

    def __init__(self, context: Context, transaction: Transaction, now: datetime) -> None:
        self._context = context
        self._transaction = transaction
        self._now = now
        self._workflows: dict[tuple[str, int], Workflow | Exception] = {}
        self._facts: dict[str, Facts | Exception] = {}

    def of(self, identities: Iterable[str]) -> Mapping[str, Situation | Stuck]:
        """Return the situation of each case that exists; ``Stuck`` alone where it cannot even be read."""
        names = [each for each in dict.fromkeys(identities) if each]
        if not names:
            return {}
        held = self._context.store.timers.held_by(self._transaction, names)
        found: dict[str, Situation | Stuck] = {}
        for name, instance in self._instances(names).items():
            incident = held.get(name)
            if instance is None:
                found[name] = Stuck(incident, readable=False)
                continue
            workflow = self.workflow(instance.workflow, instance.workflow_version)
            if isinstance(workflow, Exception):
                found[name] = Stuck(incident, readable=False)
            else:
                found[name] = Situation(workflow, instance, self.facts(workflow), incident, believe=True)
        return found

    def workflow(self, identity: str, version: int) -> Workflow | Exception:
        """Return a version of a workflow, or why it cannot be had; each is looked up once."""
        key = (identity, version)
        if key not in self._workflows:
            try:
                self._workflows[key] = self._context.catalogue.get(self._transaction, identity, version)
            except (DatabaseTrouble, FaultyFile, UnknownWorkflow) as error:
                _log.debug("a workflow cannot be read", workflow=f"{identity}@{version}", error=str(error))
                self._workflows[key] = error
        return self._workflows[key]

    def facts(self, workflow: Workflow) -> Facts | Exception:
        """Return the facts of a workflow's cases, or why they cannot be had; they are read once."""
        if workflow.key not in self._facts:
            try:
                self._facts[workflow.key] = self._context.facts(self._transaction, workflow, self._now)
            except DatabaseTrouble as error:
                self._facts[workflow.key] = error
        return self._facts[workflow.key]

    def _instances(self, names: list[str]) -> dict[str, Instance | None]:
        """Return the instances that exist; ``None`` for one that cannot be read."""
        store = self._context.store.instances
        try:
            loaded = store.load_many(self._transaction, names)
            return {name: each.instance for name, each in loaded.items()}
        except DatabaseTrouble:  # a row that cannot be read: find out which, by halves
            if len(names) == 1:
                return {names[0]: None}
            middle = len(names) // 2
            return self._instances(names[:middle]) | self._instances(names[middle:])


def situation_of(context: Context, transaction: Transaction, identity: str, now: datetime) -> Situation:
    """Return the situation of one case, what is due tried out. Raises ``UnknownInstance``."""
    workflow, loaded = context.with_workflow(transaction, identity)
    held = context.store.timers.held_by(transaction, [identity])
    facts = Situations(context, transaction, now).facts(workflow)
    return Situation(workflow, loaded.instance, facts, held.get(identity))
