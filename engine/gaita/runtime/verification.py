"""Verification: whether the history is as it was written, and leads to what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from gaita.context.context import Context
from gaita.errors import BrokenHistory, DatabaseTrouble, FaultyFile, UnknownWorkflow
from gaita.history import GENESIS, Record, replay, seal
from gaita.model.instance import Instance
from gaita.model.workflow import Workflow
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look through the histories found."""

    instances: int
    records: int
    findings: tuple[str, ...]
    """Each names an instance, a record, and what is wrong with it."""
    digest: str
    """SHA-256 over every instance's last hash: note it elsewhere, and a rewritten database shows."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(context: Context, connection: Transaction, instance: str | None) -> Verification:
    """Check the history of one instance, or of all, against its hashes and against what is stored."""
    store = context.store
    findings: list[str] = []
    instances = records = 0
    heads = sha256()
    if instance is None:
        findings.extend(
            f"instance {orphan}: has a history, but the instance itself was removed"
            for orphan in store.records.orphans(connection, store.tables.instances)
        )
    identities = [instance] if instance is not None else store.instances.identities(connection, limit=200)
    while identities:
        for identity in identities:
            history = store.records.read(connection, identity)
            instances, records = instances + 1, records + len(history)
            try:
                workflow, loaded = context.with_workflow(connection, identity)
            except (DatabaseTrouble, FaultyFile, UnknownWorkflow) as error:
                findings.append(f"instance {identity}: {error}")
                continue
            found = verify_history(workflow, loaded.instance, loaded.head, history)
            endings = store.instances.endings(connection, identity)
            findings.extend(found or verify_endings(identity, history, endings))
            heads.update(f"{identity} {loaded.head}\n".encode())
        if instance is not None:
            break
        identities = store.instances.identities(connection, after=identities[-1], limit=200)
    return Verification(instances, records, tuple(findings), heads.hexdigest())


def verify_history(workflow: Workflow, instance: Instance, head: str, records: Sequence[Record]) -> list[str]:
    """Return what is wrong with one instance's history; nothing, when it is sound."""
    findings: list[str] = []
    previous = GENESIS
    expected = 1
    for record in records:
        where = f"instance {instance.id}, record {record.sequence}"
        if record.sequence != expected:
            missing = (
                f"{expected}" if record.sequence == expected + 1 else f"{expected} to {record.sequence - 1}"
            )
            findings.append(f"{where}: record {missing} before it is missing")
        elif record.previous != previous:
            findings.append(
                f"{where}: does not follow the record before it (it was moved, or that one replaced)"
            )
        if seal(record.text) != record.hash:
            findings.append(f"{where}: was altered; its content no longer has the hash it was sealed with")
        if record.body.get("sequence") != record.sequence or record.body.get("instance") != instance.id:
            findings.append(f"{where}: was moved; it says of itself that it is another record")
        previous, expected = record.hash, record.sequence + 1
    if not findings and (previous != head or expected - 1 != instance.sequence):
        findings.append(
            f"instance {instance.id}: the history ends with record {expected - 1}, but the instance says "
            f"that record {instance.sequence} was its last"
        )
    if not findings:
        findings.extend(_differences(workflow, instance, records))
    return findings


def verify_endings(instance: str, records: Sequence[Record], stored: Mapping[int, str]) -> list[str]:
    """Return where the stored endings of an instance's deadlines are not those that its history tells."""
    told: dict[int, str] = {}
    for record in records:
        body = cast("Mapping[str, Any]", record.body)
        told.update({end["deadline"]: end["ending"] for end in body.get("ended", ())})
    return [
        f"instance {instance}, deadline {number}: is stored as {stored.get(number, 'open')}, "
        f"but its history says {told.get(number, 'open')}"
        for number in sorted(told.keys() | stored.keys())
        if told.get(number) != stored.get(number)
    ]


def _differences(workflow: Workflow, instance: Instance, records: Sequence[Record]) -> list[str]:
    try:
        replayed = replay(workflow, records)
    except BrokenHistory as error:
        return [str(error)]
    names = ("state", "data", "since", "started_at", "memory", "deadlines", "armed", "version", "refusal")
    return [
        f"instance {instance.id}: its {name} is {getattr(instance, name)!r}, "
        f"but its history leads to {getattr(replayed, name)!r}"
        for name in names
        if getattr(instance, name) != getattr(replayed, name)
    ]
