"""Verification: every table is held to the histories, and what they do not bear out is named."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gaita.calendar import WorkingCalendar
from gaita.clock import to_microseconds
from gaita.context.context import Context
from gaita.errors import BrokenHistory, DatabaseTrouble, FaultyFile, GaitaError, UnknownInstance
from gaita.history import Finding, Record, Replay, chain_findings, differences, shown
from gaita.language import read
from gaita.model.value import moment_of
from gaita.model.workflow import Workflow
from gaita.phrase import phrase
from gaita.runtime.case_findings import end_findings, row_findings, undelivered
from gaita.store.deliveries import delivery_key, plain_key
from gaita.store.evidence import EvidenceStore, Stored, StoredCase
from gaita.store.expected_rows import ExpectedRows, expected_rows
from gaita.store.migrate import NEWEST
from gaita.store.records import record_of
from gaita.store.transaction import Transaction

MOST_FINDINGS = 1_000
"""So many are named; those behind them are counted."""

_SCHEDULE = "the schedule of summaries follows the settings"
_FARED = "how a delivery fared"
_APART = "of an incident that was not opened with a record"
_OLD = "of a record of an earlier release, which does not name it"
NOT_PROVEN: Mapping[str, Mapping[str, str]] = {
    "workflows": {
        "source": "comments and layout, which mean nothing",
        "deployed_at": "no record tells when a version was deployed",
        "row": "the newest versions, as long as no case was started under them",
    },
    "timers": {
        "due": "of a timer that an earlier release cancelled as it armed it",
        "incident": "that an open incident holds back what it should",
    },
    "keys": {"key": _OLD, "command": _OLD, "row": "one that was removed: keys are forgotten after some time"},
    "messages": {
        "number": "their order, where no delivery names them",
        "at": "of a summary",
        "spread_at": "when it was handed to the channels; handed over again, nobody hears twice",
        "row": "summaries, which belong to no case",
    },
    "deliveries": {
        "number": "their order",
        "recipient": "names and addresses; who it is, the key tells",
        **dict.fromkeys(("state", "attempts", "next_at", "lease", "error", "ended_at"), _FARED),
        **dict.fromkeys(("ended_by", "reason"), _FARED),
        "incident": f"{_FARED}, but for an incident that does not exist",
        "row": "one of several of a message: who hears follows the settings",
    },
    "incidents": {
        "number": "their order, where no timer is held by them",
        **dict.fromkeys(("opened_at", "instance", "code", "message", "row"), _APART),
        "closed_at": "what operators did about it, unless a timer is held",
        "closed_by": "what operators did about it",
        "told_at": "when administrators were told about it",
    },
    "calendars": {
        "content": "what was added to it and means nothing",
        "digest": "of a content that was replaced as a whole, unless cases have been decided by it",
        "applied_at": "no record tells when a calendar came into force",
        "applied_by": "no record tells who put a calendar in force",
        "row": "the newest, unless cases have been decided by it",
    },
    "digests": dict.fromkeys(("name", "next_at", "row"), _SCHEDULE),
}
"""What of single edits cannot be proven, by table and column, and why. ``row``: rows removed or put in.

Beyond single edits: a case, or a history, that was removed or rewritten with all that is stored of it shows
in the digest only, where that was noted somewhere else.
"""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look through the histories found."""

    instances: int
    records: int
    findings: tuple[Finding, ...]
    """The first thousand; each names a table, an instance, and what is wrong."""
    digest: str
    """SHA-256 over every instance's last hash: note it elsewhere, and a rewritten database shows."""
    rows: Mapping[str, int]
    """How many rows of each table were looked at."""
    notes: tuple[str, ...] = ()
    """What could be proven less than usual, in this database."""
    more: int = 0
    """How many findings there were beyond those named."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(context: Context, transaction: Transaction, instance: str | None) -> Verification:
    """Hold every table to the histories, of one instance or of all, in one pass.

    Raises ``UnknownInstance`` where nothing at all is stored of the one that is named.
    """
    return _Verifier(context, transaction, instance).run()


class _Verifier:
    """One pass over the database."""

    def __init__(self, context: Context, transaction: Transaction, instance: str | None) -> None:
        self._context = context
        self._transaction = transaction
        self._only = instance
        self._evidence = EvidenceStore(context.store.tables)
        self._findings: list[Finding] = []
        self._more = 0
        self._rows: Counter[str] = Counter()
        self._less: Counter[str] = Counter()
        self._heads = sha256()
        self._workflows: dict[tuple[str, int], Workflow | None] = {}
        self._calendars: dict[str, tuple[str, int]] = {}
        """The digest of each calendar in force, and since when."""
        self._kept: dict[str, tuple[Any, set[Any]]] = {}
        """Since when the contents of each calendar are kept, and the digests of all of them."""
        self._decided_by: dict[str, set[str]] = {}
        """The digests of each calendar that records name since it came into force."""
        self._told: set[object] = set()

    def run(self) -> Verification:
        """Look at everything once."""
        try:
            self._read_revision()
            self._read_workflows()
            self._read_calendars()
            self._orphans()
            for case in self._evidence.cases(self._transaction, self._only):
                self._case(case)
            if self._only is not None and not self._rows["instances"] and not self._findings:
                message = phrase(
                    "there is no instance %(identity)s; `list` shows those there are",
                    identity=repr(self._only),
                )
                raise UnknownInstance(message)
            self._judge_calendars()
            self._deliveries()
            if self._only is None:
                self._summaries()
        except DatabaseTrouble as error:
            told = f"{error}; what comes behind it was not looked at"
            self._add([Finding("", "the database", told)])
        return Verification(
            self._rows["instances"],
            self._rows["records"],
            tuple(self._findings),
            self._heads.hexdigest(),
            dict(self._rows),
            tuple(f"{count} {what}" for what, count in self._less.items()),
            self._more,
        )

    def _add(self, findings: Iterable[Finding]) -> bool:
        """Keep what was found; return whether there was anything."""
        count = 0
        for finding in findings:
            count += 1
            if len(self._findings) < MOST_FINDINGS:
                self._findings.append(finding)
            else:
                self._more += 1
        return count > 0

    def _note(self, what: str, count: int) -> None:
        """Count what can be proven less than usual."""
        if count:
            self._less[what] += count

    def _add_once(self, finding: Finding) -> None:
        """Keep what would be found in many cases the first time only."""
        key = (finding.table, finding.where, finding.column)
        if key not in self._told:
            self._told.add(key)
            self._add([finding])

    # -- what all cases stand on

    def _read_workflows(self) -> None:
        versions: dict[str, set[object]] = {}
        for row in self._evidence.all(self._transaction, self._evidence.workflows):
            self._rows["workflows"] += 1
            identity, version = row["id"], row["version"]
            versions.setdefault(identity, set()).add(version)
            where = f"workflow {identity}@{version}"
            workflow = self._compiled(row)
            self._workflows[identity, version] = workflow
            if workflow is None:
                what = "its source cannot be read any more"
                self._add([Finding("workflows", where, what, column="source")])
            elif workflow.id != identity:
                what = f"its source declares another workflow, {shown('id', workflow.id)}"
                self._add([Finding("workflows", where, what, column="id")])
            elif workflow.digest != row["digest"]:
                what = "its source or its digest was changed: they do not belong together"
                self._add([Finding("workflows", where, what, column="source")])
        for identity, found in versions.items():
            wanted = set(range(1, len(found) + 1))
            if found != wanted:
                missing = ", ".join(str(each) for each in sorted(wanted - found))
                what = f"version {missing} is missing among its {len(found)} versions"
                self._add([Finding("workflows", f"workflow {identity}", what)])

    def _compiled(self, row: Stored) -> Workflow | None:
        identity, version, source = row["id"], row["version"], row["source"]
        try:
            known = self._context.catalogue.get(self._transaction, identity, version)
            if known.source == source and known.digest == row["digest"]:
                return known  # its digest was worked out from this very source
            return read(source, f"{identity}@{version}", version)
        except (FaultyFile, GaitaError, AttributeError, TypeError, ValueError):
            return None

    def _read_revision(self) -> None:
        revisions = self._evidence.revisions(self._transaction)
        if revisions != [NEWEST]:
            found = ", ".join(shown("", each) for each in revisions) or "none"
            what = f"is {found}, but this version of gaita works with {NEWEST!r}"
            self._add([Finding("schema_version", "the schema's revision", what, column="version_num")])

    def _read_calendars(self) -> None:
        by_name: dict[object, list[Stored]] = {}
        for row in self._evidence.all(self._transaction, self._evidence.calendars):
            self._rows["calendars"] += 1
            by_name.setdefault(row["name"], []).append(row)
        for name, rows in by_name.items():
            where = f"calendar {name}"
            ordered = sorted(
                rows, key=lambda row: (not isinstance(row["number"], int), str(row["number"]).zfill(20))
            )
            if [row["number"] for row in ordered] != list(range(1, len(rows) + 1)):
                what = f"one of its {len(rows)} contents is missing, or was put in: the numbers have a gap"
                self._add([Finding("calendars", where, what, column="number")])
            for before, row in zip([None, *ordered], ordered, strict=False):
                self._add(_calendar_findings(where, before, row))
            last = ordered[-1]
            if isinstance(last["applied_at"], int) and isinstance(name, str):
                self._calendars[name] = (last["digest"], last["applied_at"])
                self._kept[name] = (ordered[0]["applied_at"], {row["digest"] for row in ordered})
        for workflow in self._workflows.values():
            if workflow is not None and workflow.calendar is not None and workflow.counts_working_time:
                where = f"calendar {workflow.calendar}"
                if workflow.calendar not in self._calendars and not self._names("calendars", where):
                    what = f"was removed; the workflow {workflow.key} counts by it"
                    self._add_once(Finding("calendars", where, what))

    def _names(self, table: str, where: str) -> bool:
        return any((each.table, each.where) == (table, where) for each in self._findings)

    def _judge_calendars(self) -> None:
        for name, digests in self._decided_by.items():
            if self._calendars[name][0] not in digests:
                what = "was replaced: since it came into force, cases were decided by another one of its name"
                self._add([Finding("calendars", f"calendar {name}", what, column="digest")])

    def _orphans(self) -> None:
        for table, instance in self._evidence.orphans(self._transaction, self._only):
            what = f"has {table}, but the instance itself was removed"
            if table == "records":
                what = "has a history, but the instance itself was removed"
            self._add([Finding(table, f"instance {instance}", what, instance)])

    # -- one case

    def _case(self, case: StoredCase) -> None:
        identity = case.instance["id"]
        self._rows["instances"] += 1
        for table in ("records", "deadlines", "timers", "messages", "keys", "incidents"):
            self._rows[table] += len(getattr(case, table))
        self._heads.update(f"{identity} {case.instance['head']}\n".encode(errors="replace"))
        records = [
            record_of(row["instance"], row["sequence"], row["body"], row["hash"]) for row in case.records
        ]
        if self._add(chain_findings(identity, records)) or self._add(end_findings(case.instance, records)):
            return
        workflow = self._workflow_of(identity, records)
        if workflow is None:
            return
        replay = Replay(workflow)
        try:
            for record in records:
                replay.add(record)
            expected = expected_rows(replay, records, workflow.personal)
        except BrokenHistory as error:
            told = str(error).partition(": ")
            self._add([Finding("records", told[0], told[2], identity)])
            return
        self._note_calendar(workflow, records)
        self._note(
            "cancelled timers of an earlier release, whose moments no record keeps", expected.half_proven
        )
        self._compare(identity, case, expected)

    def _workflow_of(self, identity: str, records: Sequence[Record]) -> Workflow | None:
        """Return the version that the records name; what is stored beside them is compared later."""
        named, _, version = str(records[0].body.get("workflow")).rpartition("@")
        key = (named, int(version) if version.isdecimal() else 0)
        if key not in self._workflows:
            what = f"is not deployed, but instance {identity} runs on it"
            self._add_once(Finding("workflows", f"workflow {named}@{version}", what))
            return None
        workflow = self._workflows[key]
        digest = records[0].body.get("workflow_digest")
        if workflow is not None and digest is not None and digest != workflow.digest:
            what = f"was changed: instance {identity} was started under other content"
            self._add_once(Finding("workflows", f"workflow {workflow.key}", what, column="digest"))
            return None
        if digest is None:
            self._note("cases of an earlier release, which do not name the content of their workflow", 1)
        return workflow

    def _note_calendar(self, workflow: Workflow, records: Sequence[Record]) -> None:
        name = workflow.calendar
        in_force = self._calendars.get(name) if name is not None else None
        if name is None or in_force is None:
            return
        since, kept = self._kept[name]
        for record in records:
            digest = record.body.get("calendar_digest")
            if digest is None:
                continue
            at = to_microseconds(moment_of(str(record.body["at"])))
            if at >= in_force[1]:
                self._decided_by.setdefault(name, set()).add(str(digest))
            if digest not in kept and at < since:
                self._note("records that were decided by a calendar which an earlier release replaced", 1)
            elif digest not in kept:
                what = (
                    f"was removed: record {record.sequence} of instance {record.instance} was decided by it"
                )
                where = f"calendar {name}, digest {str(digest)[:12]}…"
                self._add_once(Finding("calendars", where, what, column="digest"))

    def _compare(self, identity: str, case: StoredCase, expected: ExpectedRows) -> None:
        self._add(row_findings(identity, case, expected))
        old = sum(row["sequence"] in expected.unnamed_keys for row in case.keys)
        self._note("keys of records of an earlier release, which do not name them", old)
        handed_over = [
            row for row in case.messages if row["spread_at"] is not None and not row["has_delivery"]
        ]
        old_ones = [row for row in handed_over if row["id"] in expected.old_messages]
        self._note("messages that an earlier release handed over, without deliveries", len(old_ones))
        self._add(undelivered(row) for row in handed_over if row not in old_ones)

    # -- what follows the messages

    def _deliveries(self) -> None:
        for row in self._evidence.deliveries(self._transaction, self._only):
            self._rows["deliveries"] += 1
            where = f"delivery {row['number']}"
            if row["message_id"] is None:
                what = f"belongs to message {shown('', row['message'])}, which does not exist"
                self._add([Finding("deliveries", where, what, column="message")])
            elif row["key"] not in _delivery_keys(row):
                what = "its key, message, channel or recipient was changed: they do not belong together"
                instance = row["message_instance"]
                self._add([Finding("deliveries", where, what, instance, column="key")])
            if row["incident"] is not None and row["incident_number"] is None:
                what = f"names incident {shown('', row['incident'])}, which does not exist"
                self._add([Finding("deliveries", where, what, column="incident")])

    def _summaries(self) -> None:
        for row in self._evidence.summaries(self._transaction):
            self._rows["messages"] += 1
            if row["spread_at"] is not None and not row["has_delivery"]:
                self._add([undelivered(row)])
            blank = {"workflow": "", "state": "", "rule": "", "deadline": 0, "timer": 0, "folded": "[]"}
            if row["kind"] in {"reminder", "due", "rung"}:
                what = "belongs to no instance, but names a deadline"
                self._add([Finding("messages", f"message {row['id']}", what, column="instance")])
            elif row["kind"] == "digest":
                name = f"digest/{row['recipient']}/{shown('due', row['due'])}"
                blank["id"] = name
                self._add(differences("messages", f"message {row['id']}", None, blank, row))


def _delivery_keys(row: Stored) -> tuple[str, ...]:
    """Return the key that a delivery has by its message, channel and recipient; also as it once was made."""
    try:
        parts = row["message_id"], row["channel"], json.loads(row["recipient"])["id"]
        return delivery_key(*parts), plain_key(*parts)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return ()


def _calendar_findings(where: str, before: Stored | None, row: Stored) -> list[Finding]:
    """Return what is wrong with one content of a calendar; ``before``: the one that it came after."""
    calendar = _calendar(row["content"])
    if calendar is None:
        what, column = "its content cannot be read any more", "content"
    elif (calendar.name, calendar.digest) != (row["name"], row["digest"]):
        what, column = "its name, content or digest was changed: they do not belong together", "content"
    elif before is not None and before["digest"] == row["digest"]:
        what, column = "one content was put in force twice running", "number"
    else:
        return []
    return [Finding("calendars", f"{where}, content {shown('', row['number'])}", what, column=column)]


def _calendar(content: object) -> WorkingCalendar | None:
    try:
        return WorkingCalendar.from_json(json.loads(str(content)), never_open=True)
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        return None
