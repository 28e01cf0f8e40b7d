"""Commanding: a command is carried out in one transaction, behind whatever was due, and answered once."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeAlias

from sqlalchemy import Connection

from gaita.engine.directory import Directory
from gaita.engine.ground import Ground
from gaita.engine.identity import Identities
from gaita.engine.receipt import Receipt
from gaita.engine.writing import happened
from gaita.errors import EndlessMoves, InstanceExists, KeyReused, MalformedCommand, StuckTimer
from gaita.model.command import Command, Extend, Fire, Pause, Resume, SetData, Start
from gaita.model.outcome import Accepted, Outcome, Trouble
from gaita.model.workflow import Workflow
from gaita.step import Facts, settle, step
from gaita.store import KeptKey, Loaded

_LONGEST_NAME = 200

Asked: TypeAlias = Fire | SetData | Pause | Resume | Extend
"""What may be asked of an instance that exists."""


class Commander:
    """Starts instances, and carries out what is asked of them."""

    def __init__(
        self, ground: Ground, directory: Directory, identities: Identities, keep_keys: timedelta
    ) -> None:
        """Keep what a command needs."""
        self._ground = ground
        self._store = ground.store
        self._directory = directory
        self._identities = identities
        self._keep_keys = keep_keys
        self.armed: Callable[[], None] | None = None
        """Called after each of the engine's own commits that armed or moved a deadline."""

    def vouched(self, actor: str, roles: Sequence[str] | frozenset[str]) -> frozenset[str]:
        """Return the roles that ``actor`` really has."""
        return self._directory.roles_of(actor, frozenset(roles))

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
        now = self._ground.clock.now()
        if not command.instance:
            command = replace(command, instance=self._identities.new(now))
        identity = command.instance
        if len(identity) > _LONGEST_NAME or not identity.isprintable():
            complaint = (
                f"instance: expected 1 to {_LONGEST_NAME} printable characters, found {identity[:60]!r}"
            )
            raise MalformedCommand("the start", [complaint])
        with self._ground.writing(connection) as held:
            declared = self._ground.catalogue.get(held, workflow, version)
            if self._store.instances.load(held, identity) is not None:
                if key is not None:
                    return self._repeat(held, identity, key, command)
                message = f"instance {identity!r} exists already; choose another id, or fire an event on it"
                raise InstanceExists(message)
            outcome = step(declared, None, command, self._ground.facts(held, declared, now))
            self._store.write(held, [happened(declared, None, [outcome])], now)
            self._keep(held, identity, key, command, outcome, now)
        self._tell_armed([outcome])
        return Receipt.of(outcome, 0)

    def perform(
        self, identity: str, command: Asked, key: str | None, connection: Connection | None
    ) -> Receipt:
        """Settle what is due, then carry out ``command``."""
        now = self._ground.clock.now()
        try:
            with self._ground.writing(connection) as held:
                workflow, loaded = self._ground.with_workflow(held, identity, for_update=True)
                if key is not None and self._store.keys.find(held, identity, key) is not None:
                    return self._repeat(held, identity, key, command)
                facts = self._ground.facts(held, workflow, now)
                settled = self._settle(workflow, loaded, facts)
                instance = settled[-1].after if settled else loaded.instance
                outcome = step(workflow, instance, command, facts)
                outcomes = (*settled, outcome)
                self._store.write(held, [happened(workflow, loaded, outcomes)], now)
                self._keep(held, identity, key, command, outcome, now)
        except StuckTimer as error:
            if connection is None:  # in the host's transaction it is left to the next sweep
                self._set_aside(identity, error, now)
            raise
        except EndlessMoves as error:
            if connection is None:  # in the host's transaction the caller alone hears of it
                self._tell_of(identity, Trouble("endless_moves", str(error)), now)
            raise
        self._tell_armed(outcomes)
        return Receipt.of(outcome, len(settled))

    def forget_keys(self, now: datetime, connection: Connection | None) -> None:
        """Forget the idempotency keys that are older than they are to be kept."""
        with self._ground.writing(connection) as held:
            self._store.keys.forget(held, now - self._keep_keys)

    def _settle(self, workflow: Workflow, loaded: Loaded, facts: Facts) -> tuple[Outcome, ...]:
        try:
            return tuple(settle(workflow, loaded.instance, facts))
        except EndlessMoves as error:
            message = f"a due timer of instance {loaded.instance.id!r} cannot be carried out: {error}"
            raise StuckTimer(message) from error

    def _set_aside(self, identity: str, error: StuckTimer, now: datetime) -> None:
        with self._ground.writing() as held:
            if not self._store.timers.is_held(held, identity):
                self._store.set_aside(held, identity, error, now)

    def _tell_of(self, identity: str, trouble: Trouble, now: datetime) -> None:
        with self._ground.writing() as held:
            self._store.incidents.open_once(held, identity, trouble, now)

    def _repeat(self, connection: Connection, identity: str, key: str, command: Command) -> Receipt:
        kept = self._store.keys.find(connection, identity, key)
        if kept is None:
            message = f"instance {identity!r} exists already, and was not started with the key {key!r}"
            raise InstanceExists(message)
        if kept.command != _digest(command):
            message = f"the key {key!r} of instance {identity!r} was used before with another command"
            raise KeyReused(message)
        return Receipt.again(
            self._store.records.read(connection, identity, after=kept.sequence - 1, limit=1)[0]
        )

    def _keep(
        self,
        connection: Connection,
        identity: str,
        key: str | None,
        command: Command,
        outcome: Outcome,
        now: datetime,
    ) -> None:
        if key is not None and isinstance(outcome, Accepted):
            self._store.keys.keep(
                connection, identity, key, KeptKey(_digest(command), outcome.after.sequence), now
            )

    def _tell_armed(self, outcomes: Sequence[Outcome]) -> None:
        if self.armed is not None and any(
            isinstance(each, Accepted) and (each.armed or each.adjusted) for each in outcomes
        ):
            self.armed()


def _digest(command: Command) -> str:
    """What makes two commands the same: what is asked, by whom, with which values."""
    match command:
        case Fire():
            asked: list[object] = ["fire", command.actor, command.event, command.payload]
        case SetData():
            asked = ["set", command.actor, command.values, command.reason]
        case Start():
            asked = ["start", command.actor, command.data, command.state, command.since, command.reason]
        case Pause() | Resume():
            asked = [type(command).__name__.lower(), command.actor, command.deadline, command.reason]
        case Extend():
            asked = ["extend", command.actor, command.deadline, command.by, command.reason]
        case _:
            asked = [command]
    return sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
