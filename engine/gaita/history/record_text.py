"""Records in words: who did what, when, with which values, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from gaita.history.command_text import CommandText
from gaita.history.correction_text import CorrectionText, occurrence_title
from gaita.history.deadline_difference import deadline_differences, standings
from gaita.history.deadline_ledger import Ledger, LedgerEntry, LedgerKind, ledgers
from gaita.history.record import Record
from gaita.history.replay import Replay
from gaita.model.outcome import Ground
from gaita.model.value import moment_of
from gaita.model.workflow import Workflow
from gaita.texts import (
    Language,
    due_words,
    effective_words,
    event_title,
    ground_text,
    language_of,
    moment_words,
    one_line,
    role_titles,
    span_words,
    state_title,
    titled,
)
from gaita.texts.language import gettext_noop


@dataclass(frozen=True, slots=True)
class RecordText:
    """A record in words."""

    sequence: int
    at: datetime
    """When it was entered."""
    actor: str
    what: str
    """What was done, with what it was given."""
    came_of_it: tuple[str, ...]
    """Each thing that followed, and the reason that was given."""
    on: datetime | None = None
    """When it took effect, or was asked to; ``None``: when it was entered. It is told in words as well."""

    def sentence(self, zone: str, language: str | Language) -> str:
        """Return all of it as one sentence; its moment is told by the clock of ``zone``."""
        spoken = language_of(language)
        head = spoken.gettext(
            "%(at)s, %(actor)s: %(what)s",
            at=moment_words(self.at, zone, spoken),
            actor=self.actor,
            what=self.what,
        )
        return f"{head}: {'; '.join(self.came_of_it)}." if self.came_of_it else f"{head}."


def record_texts(
    workflow: Workflow, records: Sequence[Record], language: str | Language = "en"
) -> Iterator[RecordText]:
    """Yield the records of one instance in words; they begin with its first, so that old values are known.

    ``language`` is a code such as ``lv``. Values of personal fields are left out. What is said of a
    deadline's clock is what its ledger says. A record is told as it was when it was written, also where a
    later one puts it right. Raises ``BrokenHistory`` for a correction that follows from nothing.
    """
    spoken = language_of(language)
    first = 0
    corrected = [place for place, record in enumerate(records) if "base" in record.body]
    data: dict[str, object] = {}
    for place in corrected:
        yield from _plain_texts(workflow, records[:place], first, data, spoken)
        yield _correction_text(workflow, records[: place + 1], data, spoken)
        first = place + 1
    yield from _plain_texts(workflow, records, first, data, spoken)


def _plain_texts(
    workflow: Workflow, records: Sequence[Record], first: int, data: dict[str, object], spoken: Language
) -> Iterator[RecordText]:
    """Yield the records from place ``first`` on, of which none is a correction; ``data`` goes with them."""
    found: dict[int, list[tuple[Ledger, LedgerEntry, LedgerEntry | None]]] = {}
    for ledger in ledgers(workflow, records[0].instance, records) if first < len(records) else ():
        before: LedgerEntry | None = None
        for entry in ledger.entries:
            found.setdefault(entry.sequence, []).append((ledger, entry, before))
            before = entry
    for record in records[first:]:
        body = cast("Mapping[str, Any]", record.body)
        told = _Told(workflow, spoken, body, found.get(record.sequence, []))
        yield RecordText(
            record.sequence,
            moment_of(body["at"]),
            one_line(str(body.get("actor", ""))),
            told.what(),
            tuple(told.came_of_it(data)),
            moment_of(body["asked_on"]) if "asked_on" in body else None,
        )
        for name, value in body.get("data", {}).items():
            data.pop(name, None)
            if value is not None:
                data[name] = value


def _correction_text(
    workflow: Workflow, records: Sequence[Record], data: dict[str, object], spoken: Language
) -> RecordText:
    """Return the last record in words, which puts something right; ``data`` become those behind it."""
    *earlier, record = records
    body = cast("Mapping[str, Any]", record.body)
    played = Replay(workflow)
    for each in earlier:
        played.add(each)
    before, course, stood = played.instance, list(played.course), standings(played)
    played.add(record)
    after, text = played.instance, CorrectionText(workflow, spoken)
    late = body["kind"] == "late"
    told = _Told(workflow, spoken, body, ())
    came_of_it = [
        *(told.asked_on(body["on"]) if late else text.edits(body["edits"], course, record.sequence)),
        *text.case(before, after),
        *text.deadlines(tuple(deadline_differences(stood, played))),
        *told.messages(),
        *told.reasons(),
    ]
    data.clear()
    data.update(after.data)
    return RecordText(
        record.sequence,
        moment_of(body["at"]),
        one_line(str(body["actor"])),
        told.what(),
        tuple(came_of_it),
        moment_of(body["on"]) if late else None,
    )


def asked_text(workflow: Workflow, record: Record, language: str | Language = "en") -> str:
    """Return what a record's command asked for, with what it was given; personal values are left out."""
    body = cast("Mapping[str, Any]", record.body)
    return _Told(workflow, language_of(language), body, ()).asked()


_FIRED: Final[Mapping[LedgerKind, str]] = {
    "reminded": gettext_noop("Reminder of the deadline “%(deadline)s”"),
    "due": gettext_noop("The deadline “%(deadline)s” was due"),
    "escalated": gettext_noop("Escalation of the deadline “%(deadline)s”"),
}
_CHANGED: Final[Mapping[LedgerKind, str]] = {
    "armed": gettext_noop("deadline “%(deadline)s”: %(due)s"),
    "resumed": gettext_noop("the clock of “%(deadline)s” runs again: %(due)s"),
    "extended": gettext_noop("“%(deadline)s” extended: %(due)s"),
    "moved": gettext_noop("“%(deadline)s” moved with its calendar: %(due)s"),
    "reopened": gettext_noop("“%(deadline)s” is open again: %(due)s"),
    "met": gettext_noop("the deadline “%(deadline)s” was met"),
    "superseded": gettext_noop("the deadline “%(deadline)s” was replaced"),
    "withdrawn": gettext_noop("the deadline “%(deadline)s” was withdrawn"),
    "annulled": gettext_noop("the deadline “%(deadline)s” should never have been: it is annulled"),
}
_STOPPED: Final[Mapping[LedgerKind, str]] = {
    "armed": gettext_noop("deadline “%(deadline)s”, its clock stands"),
    "paused": gettext_noop("the clock of “%(deadline)s” is stopped"),
    "resumed": gettext_noop("the clock of “%(deadline)s” still stands, on another ground"),
    "extended": gettext_noop("“%(deadline)s” extended, its clock stands"),
    "moved": gettext_noop("“%(deadline)s” moved with its calendar, its clock stands"),
    "reopened": gettext_noop("“%(deadline)s” is open again, its clock stands"),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What one record tells."""

    workflow: Workflow
    language: Language
    body: Mapping[str, Any]
    entries: Sequence[tuple[Ledger, LedgerEntry, LedgerEntry | None]]

    def what(self) -> str:
        """Return what was done, with what it was given."""
        language, body = self.language, self.body
        match body["kind"]:
            case "timer":
                return self._fired(self._fires()[-1])
            case "data_set":
                return language.gettext("Data changed")
            case "late":
                entry = f"{body['sequence']}.1"
                return language.gettext(
                    "Entry %(entry)s, made late: %(what)s", entry=entry, what=self._command.whole()
                )
            case "corrected":
                return language.gettext("Correction")
            case "recounted":
                name = one_line(str(body["calendar"]))
                return language.gettext("Deadlines counted by the changed calendar %(name)s", name=name)
            case "refused":
                return language.gettext("Refused: %(what)s", what=self._command.named())
            case _:
                return self._command.named()

    @property
    def _command(self) -> CommandText:
        return CommandText(self.workflow, self.language, self.body)

    def asked(self) -> str:
        """Return what was asked for: as ``what``, with the values that a change of data asked for."""
        values = self.body.get("asked", self.body.get("data"))
        if self.body["kind"] != "data_set" or not values:
            return self.what()
        named = self._command.values({f"data.{name}": value for name, value in values.items()})
        return self.language.gettext("%(what)s, %(values)s", what=self.what(), values=named)

    def came_of_it(self, data: Mapping[str, object]) -> Iterator[str]:
        """Yield what followed; ``data`` are the values before."""
        language, body = self.language, self.body
        for move in body.get("moves", ()):
            yield self._move(move)
        for name, value in body.get("data", {}).items():
            yield self._command.change(name, data.get(name), value)
        fires = self._fires()
        for each in fires[:-1]:
            yield self._fired(each)
        for ledger, entry, before in self.entries:
            if entry.kind not in _FIRED:
                yield self._entry(ledger, entry, before)
        for _, entry in fires:
            if entry.to:
                who = role_titles(self.workflow, entry.to, language, "and")
                yield language.gettext("notified: %(roles)s", roles=who)
        if "asked_on" in body:
            yield from self.asked_on(body["asked_on"])
        yield from self.reasons()

    def asked_on(self, moment: str) -> Iterator[str]:
        """Yield the moment at which what was entered took effect, or was asked to."""
        on = effective_words(moment_of(moment), self.workflow.zone, self.language)
        yield self.language.gettext("as of %(moment)s", moment=on)

    def messages(self) -> Iterator[str]:
        """Yield who is told by a correction, and how many notices it takes back."""
        roles = tuple(dict.fromkeys(each["to"] for each in self.body["notices"]))
        if roles:
            who = role_titles(self.workflow, roles, self.language, "and")
            yield self.language.gettext("notified: %(roles)s", roles=who)
        if moot := self.body["moot"]:
            yield self.language.ngettext(
                "%(number)s notice would never have been written",
                "%(number)s notices would never have been written",
                len(moot),
            )

    def reasons(self) -> Iterator[str]:
        """Yield on what it was decided, what could not be done, and the reason that was given."""
        language, body = self.language, self.body
        # Earlier releases kept it beside the moves, and only of the first.
        for each in (body, *body.get("moves", ())):
            if each.get("evidence"):
                yield language.gettext("decided on %(values)s", values=self._command.values(each["evidence"]))
        explained = body.get("explanation")
        if explained:
            yield from self._explained(explained)
        if body.get("trouble"):
            told = one_line(str(body["trouble"]["message"]))
            yield language.gettext("it could not be carried out: %(message)s", message=told)
        if body.get("override"):
            yield language.gettext("behind what was reported on already, as was asked for expressly")
        if body.get("reason"):
            yield language.gettext("reason: %(reason)s", reason=one_line(str(body["reason"])))

    # -- what followed

    def _move(self, move: Mapping[str, Any]) -> str:
        language = self.language
        to = state_title(self.workflow, move["to"], language)
        if move.get("internal"):
            return language.gettext("stays in “%(state)s”", state=to)
        if "from" not in move:
            return language.gettext("state “%(state)s”", state=to)
        source = state_title(self.workflow, move["from"], language)
        number: int = move["transition"]
        if number and self.workflow.transitions[number - 1].event is None:
            return language.gettext("“%(source)s” → “%(target)s”, by itself", source=source, target=to)
        return language.gettext("“%(source)s” → “%(target)s”", source=source, target=to)

    def _fires(self) -> list[tuple[Ledger, LedgerEntry]]:
        return [(ledger, entry) for ledger, entry, _ in self.entries if entry.kind in _FIRED]

    def _fired(self, fired: tuple[Ledger, LedgerEntry]) -> str:
        ledger, entry = fired
        told = self.language.gettext(_FIRED[entry.kind], deadline=self._title(ledger))
        return self._late(told, entry)

    def _entry(self, ledger: Ledger, entry: LedgerEntry, before: LedgerEntry | None) -> str:
        language, title = self.language, self._title(ledger)
        if entry.kind == "missed":
            return self._late(
                language.gettext("the deadline “%(deadline)s” was missed", deadline=title), entry
            )
        if entry.kind == "paused" and before is not None and before.stopped:
            return language.gettext(
                "the clock of “%(deadline)s” is stopped on one more ground", deadline=title
            )
        if entry.stopped:
            return language.gettext(_STOPPED[entry.kind], deadline=title)
        due = due_words(entry.due, self.workflow.zone, language) if entry.due else ""
        return language.gettext(_CHANGED[entry.kind], deadline=title, due=due)

    def _late(self, told: str, entry: LedgerEntry) -> str:
        if not entry.late:
            return told
        span = span_words(entry.late, self.language)
        return self.language.gettext("%(what)s (%(span)s late)", what=told, span=span)

    def _title(self, ledger: Ledger) -> str:
        return occurrence_title(self.workflow, ledger.rule, ledger.occurrence, self.language)

    def _explained(self, explained: Mapping[str, Any]) -> Iterator[str]:
        """Yield why something was refused: the ground, and each condition that did not hold."""
        language = self.language
        if explained["ground"] != "accepted":
            ground = ground_text(cast("Ground", explained["ground"]), language)
            if self.body["kind"] == "timer" and "event" in explained:
                event = event_title(self.workflow, explained["event"], language)
                yield language.gettext("“%(event)s” was refused: %(ground)s", event=event, ground=ground)
            else:
                yield ground
        for candidate in explained.get("candidates", ()):
            place: int = candidate["transition"] - 1
            guard = self.workflow.transitions[place].guard
            whys = {clause.id: clause.why for clause in (guard.clauses if guard else ())}
            for clause in candidate.get("clauses", ()):
                if clause["verdict"] != "holds":
                    why = titled(whys.get(clause["id"]), language, clause["id"])
                    values = self._command.values(clause["read"])
                    yield (
                        language.gettext("not met: %(why)s (%(values)s)", why=why, values=values)
                        if values
                        else language.gettext("not met: %(why)s", why=why)
                    )
