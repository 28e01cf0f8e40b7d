"""Commands: each is carried out in one transaction, behind whatever was due, and answered once."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from time import sleep

from sqlalchemy import Connection

from gaita.context.context import Context
from gaita.errors import BacklogTooLong, EndlessMoves, InstanceExists, KeyReused, StuckTimer
from gaita.model.command import Asked, Command, Extend, Fire, Key, Pause, Resume, SetData, Start
from gaita.model.outcome import Accepted, Outcome, Trouble
from gaita.model.workflow import Workflow
from gaita.phrase import phrase
from gaita.runtime.corrections import Corrections
from gaita.runtime.directory import ActorRoles
from gaita.runtime.instance_ids import InstanceIds
from gaita.runtime.receipt import Receipt
from gaita.runtime.sweep import GAP, weight_of
from gaita.step import Facts, backlog, fire_due_timers, has_due_timers, step
from gaita.store import Loaded, happened
from gaita.store.transaction import Transaction

_MOST_FIRED_FIRST = 500
"""So many due timers at most are fired in one transaction before a command."""
_FORGOTTEN_AT_ONCE = 5_000


class Commands:
    """Starts instances, and carries out what is asked of them."""

    def __init__(
        self,
        context: Context,
        actor_roles: ActorRoles,
        corrections: Corrections,
        identities: InstanceIds,
        keep_keys: timedelta,
    ) -> None:
        self._context = context
        self._store = context.store
        self._actor_roles = actor_roles
        self._identities = identities
        self._keep_keys = keep_keys
        self._corrections = corrections

    def start(
        self,
        workflow: str,
        command: Start,
        *,
        version: int | None,
        key: str | None,
        connection: Connection | None,
    ) -> Receipt:
        """Start an instance; an empty id in ``command`` is replaced by a new one."""
        command = self._actor_roles.with_roles(command)
        now = self._context.clock.now()
        if not command.instance:
            command = replace(command, instance=self._identities.new(now))
        identity = command.instance
        with self._context.writing(connection) as transaction:
            declared = self._context.catalogue.get(transaction, workflow, version)
            if self._store.instances.load(transaction, identity) is not None:
                if key is not None:
                    return self._repeat(transaction, identity, key, command)
                message = phrase(
                    "instance %(identity)s exists already; choose another id, or fire an event on it",
                    identity=repr(identity),
                )
                raise InstanceExists(message)
            outcome = step(declared, None, command, self._context.facts(transaction, declared, now))
            written = happened(declared, None, [outcome], _key(key, command))
            self._store.write(transaction, [written], now)
            self._tell_armed(transaction, [outcome])
        return Receipt.of(declared, outcome, written.last, 0)

    def perform(
        self,
        identity: str,
        command: Asked,
        key: str | None,
        connection: Connection | None,
        on: date | datetime | None = None,
        notice: str | None = None,
    ) -> Receipt:
        """Fire what is due, then carry out ``command``, which took effect ``on`` a day or moment, or now.

        Of a long backlog each part has a transaction of its own; in a host's it raises ``BacklogTooLong``.
        Where what is due cannot be carried out, data is corrected and a deadline extended all the same.
        """
        command = self._actor_roles.with_roles(command)
        if on is not None:
            return self._perform_late(identity, command, key, connection, on, notice)
        return self._perform(identity, command, key, connection)

    def _perform(
        self, identity: str, command: Asked, key: str | None, connection: Connection | None
    ) -> Receipt:
        now = self._context.clock.now()
        fired_before = 0
        try:
            while True:
                with self._context.writing(connection) as transaction:
                    workflow, loaded = self._context.with_workflow(transaction, identity, for_update=True)
                    if key is not None and self._store.keys.find(transaction, identity, key) is not None:
                        return self._repeat(transaction, identity, key, command)
                    facts = self._context.facts(transaction, workflow, now)
                    incident = self._stuck_by(transaction, identity, command)
                    stuck, fired = self._fire_before(workflow, loaded, facts, command, incident)
                    instance = fired[-1].after if fired else loaded.instance
                    ready = stuck or not has_due_timers(instance, now)
                    if not ready and connection is not None:
                        raise BacklogTooLong(_too_long(workflow, loaded, facts))
                    outcomes = (*fired, step(workflow, instance, command, facts)) if ready else fired
                    used = _key(key, command) if ready else None
                    written = happened(workflow, loaded, outcomes, used)
                    self._store.write(transaction, [written], now)
                    self._tell_armed(transaction, outcomes)
                    if stuck:
                        self._go_on(transaction, outcomes[-1], command.actor, incident, facts)
                fired_before += len(fired)
                if ready:
                    return Receipt.of(workflow, outcomes[-1], written.last, fired_before)
                sleep(GAP)
        except StuckTimer as error:
            if connection is None:  # in the host's transaction it is left to the next sweep
                self._set_aside(identity, error, now)
            raise
        except EndlessMoves as error:
            if connection is None:  # in the host's transaction the caller alone hears of it
                self._tell_of(identity, Trouble("endless_moves", str(error)), now)
            raise

    def _perform_late(
        self,
        identity: str,
        command: Asked,
        key: str | None,
        connection: Connection | None,
        on: date | datetime,
        notice: str | None,
    ) -> Receipt:
        with self._context.writing(connection) as transaction:
            if key is not None and self._store.keys.find(transaction, identity, key) is not None:
                return self._repeat(transaction, identity, key, command, on)
            used = _key(key, command, on)
            return self._corrections.enter(transaction, identity, command, on, key=used, notice=notice)

    def forget_keys(self, now: datetime, connection: Connection | None) -> None:
        """Forget the idempotency keys that are older than they are to be kept; without any, only look."""
        before = now - self._keep_keys
        with self._context.reading(connection) as transaction:
            found = self._store.keys.has_older(transaction, before)
        while found:
            with self._context.writing(connection) as transaction:
                found = self._store.keys.forget(transaction, before, _FORGOTTEN_AT_ONCE) == _FORGOTTEN_AT_ONCE

    def _stuck_by(self, transaction: Transaction, identity: str, command: Asked) -> int | None:
        """Return the incident from which ``command`` may free the case; ``None``: none holds it."""
        return self._store.stuck_by(transaction, identity) if isinstance(command, SetData | Extend) else None

    def _fire_before(
        self, workflow: Workflow, loaded: Loaded, facts: Facts, command: Asked, incident: int | None
    ) -> tuple[bool, tuple[Outcome, ...]]:
        """Fire what goes before a command; return whether the case is stuck, and what was fired."""
        if incident is not None:
            return True, ()
        try:
            return False, self._fire_due(workflow, loaded, facts)
        except StuckTimer:
            if isinstance(command, SetData | Extend):
                return True, ()
            raise

    def _go_on(
        self, transaction: Transaction, corrected: Outcome, actor: str, incident: int | None, facts: Facts
    ) -> None:
        """Carry on a case that was stuck, by what was corrected; without an end, one incident holds it."""
        if not isinstance(corrected, Accepted):
            return
        identity = corrected.after.id
        workflow, loaded = self._context.with_workflow(transaction, identity, for_update=True)
        try:
            fired = self._fire_due(workflow, loaded, facts)
        except StuckTimer as error:
            if incident is None:
                self._store.set_aside(transaction, identity, error, facts.now)
            else:
                self._store.timers.hold(transaction, identity, incident)
            return
        if incident is not None:
            self._store.incidents.close(transaction, incident, actor, facts.now)
            self._store.timers.release(transaction, incident)
        if fired:
            self._store.write(transaction, [happened(workflow, loaded, fired)], facts.now)
        transaction.wake_after_commit(self._context.watch.nudge)

    def _fire_due(self, workflow: Workflow, loaded: Loaded, facts: Facts) -> tuple[Outcome, ...]:
        try:
            most = _MOST_FIRED_FIRST // weight_of(loaded)
            return tuple(fire_due_timers(workflow, loaded.instance, facts, most=most))
        except EndlessMoves as error:
            message = phrase(
                "a due timer of instance %(id)s cannot be carried out: %(error)s",
                id=repr(loaded.instance.id),
                error=error,
            )
            raise StuckTimer(message) from error

    def _set_aside(self, identity: str, error: StuckTimer, now: datetime) -> None:
        with self._context.writing() as transaction:
            if not self._store.timers.is_held(transaction, identity):
                self._store.set_aside(transaction, identity, error, now)

    def _tell_of(self, identity: str, trouble: Trouble, now: datetime) -> None:
        with self._context.writing() as transaction:
            self._store.incidents.open_once(transaction, identity, trouble, now)

    def _repeat(
        self,
        transaction: Transaction,
        identity: str,
        key: str,
        command: Command,
        on: date | datetime | None = None,
    ) -> Receipt:
        kept = self._store.keys.find(transaction, identity, key)
        if kept is None:
            message = phrase(
                "instance %(identity)s exists already, and was not started with the key %(key)s",
                identity=repr(identity),
                key=repr(key),
            )
            raise InstanceExists(message)
        if kept.command != _digest(command, on):
            message = phrase(
                "the key %(key)s of instance %(identity)s was used before with another command",
                key=repr(key),
                identity=repr(identity),
            )
            raise KeyReused(message)
        workflow, _ = self._context.with_workflow(transaction, identity)
        return Receipt.again(workflow, self._store.records.read(transaction, identity, limit=kept.sequence))

    def _tell_armed(self, transaction: Transaction, outcomes: Sequence[Outcome]) -> None:
        if any(isinstance(each, Accepted) and (each.armed or each.adjusted) for each in outcomes):
            transaction.wake_after_commit(self._context.watch.nudge)


def _key(text: str | None, command: Command, on: date | datetime | None = None) -> Key | None:
    return None if text is None else Key(text, _digest(command, on))


def _too_long(workflow: Workflow, loaded: Loaded, facts: Facts) -> str:
    due = backlog(workflow, loaded.instance, facts)
    return phrase(
        "up to %(due)s timers of instance %(id)s are due and go before any command; a host's"
        " transaction carries out %(most)s at most, and nothing of this command was"
        " done: end the transaction, let run_due (or a Scheduler) carry them out, then try again",
        due=due,
        id=repr(loaded.instance.id),
        most=_MOST_FIRED_FIRST,
    )


def _digest(command: Command, on: date | datetime | None = None) -> str:
    """What makes two commands the same: what is asked, by whom, with which values, for when."""
    match command:
        case Fire():
            asked: list[object] = ["fire", command.actor, command.event, command.payload]
        case SetData():
            asked = ["set", command.actor, command.values, command.reason]
        case Start():
            asked = ["start", command.actor, command.data, command.state, command.since, command.reason]
            if command.started is not None or command.entered:
                asked += [command.started, command.entered]
        case Pause() | Resume():
            asked = [type(command).__name__.lower(), command.actor, command.deadline, command.reason]
        case Extend():
            asked = ["extend", command.actor, command.deadline, command.by, command.reason]
        case _:
            asked = [command]
    if on is not None:
        asked.append(on)
    return sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
