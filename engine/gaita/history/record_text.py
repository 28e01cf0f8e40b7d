"""Records in words: who did what, when, with which values, and what came of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from gaita.calendar.amount_reading import parse_amount
from gaita.history.deadline_ledger import Ledger, LedgerEntry, LedgerKind, ledgers
from gaita.history.record import Record
from gaita.model.outcome import Ground
from gaita.model.value import Field, moment_of
from gaita.model.workflow import Workflow
from gaita.texts import (
    Language,
    amount_words,
    due_words,
    event_title,
    field_title,
    field_words,
    ground_text,
    language_of,
    moment_words,
    one_line,
    role_titles,
    rule_title,
    span_words,
    state_title,
    titled,
    value_words,
)
from gaita.texts.language import gettext_noop


@dataclass(frozen=True, slots=True)
class RecordText:
    """A record in words."""

    sequence: int
    at: datetime
    actor: str
    what: str
    """What was done, with what it was given."""
    came_of_it: tuple[str, ...]
    """Each thing that followed, and the reason that was given."""

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
    deadline's clock is what its ledger says.
    """
    spoken = language_of(language)
    found: dict[int, list[tuple[Ledger, LedgerEntry, LedgerEntry | None]]] = {}
    for ledger in ledgers(workflow, records[0].instance, records) if records else ():
        before: LedgerEntry | None = None
        for entry in ledger.entries:
            found.setdefault(entry.sequence, []).append((ledger, entry, before))
            before = entry
    data: dict[str, object] = {}
    for record in records:
        body = cast("Mapping[str, Any]", record.body)
        told = _Told(workflow, spoken, body, found.get(record.sequence, []))
        yield RecordText(
            record.sequence,
            moment_of(body["at"]),
            one_line(str(body.get("actor", ""))),
            told.what(),
            tuple(told.came_of_it(data)),
        )
        for name, value in body.get("data", {}).items():
            data.pop(name, None)
            if value is not None:
                data[name] = value


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
            case "started" | "adopted":
                return self._start()
            case "fired":
                return self._event()
            case "timer":
                return self._fired(self._fires()[-1])
            case "data_set":
                return language.gettext("Data changed")
            case "paused":
                return language.gettext("Stop the clock of “%(deadline)s”", deadline=self._rule())
            case "resumed":
                return language.gettext("Let the clock of “%(deadline)s” run again", deadline=self._rule())
            case "extended":
                return self._extension()
            case "recounted":
                name = one_line(str(body["calendar"]))
                return language.gettext("Deadlines counted by the changed calendar %(name)s", name=name)
            case _:
                return self._refused()

    def asked(self) -> str:
        """Return what was asked for: as ``what``, with the values that a change of data asked for."""
        values = self.body.get("asked", self.body.get("data"))
        if self.body["kind"] != "data_set" or not values:
            return self.what()
        named = self._values({f"data.{name}": value for name, value in values.items()})
        return self.language.gettext("%(what)s, %(values)s", what=self.what(), values=named)

    def came_of_it(self, data: Mapping[str, object]) -> Iterator[str]:
        """Yield what followed; ``data`` are the values before."""
        language, body = self.language, self.body
        for move in body.get("moves", ()):
            yield self._move(move)
        for name, value in body.get("data", {}).items():
            yield self._changed(name, data.get(name), value)
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
        yield from self._reasons()

    def _reasons(self) -> Iterator[str]:
        """Yield on what it was decided, what could not be done, and the reason that was given."""
        language, body = self.language, self.body
        # Earlier releases kept it beside the moves, and only of the first.
        for each in (body, *body.get("moves", ())):
            if each.get("evidence"):
                yield language.gettext("decided on %(values)s", values=self._values(each["evidence"]))
        explained = body.get("explanation")
        if explained:
            yield from self._explained(explained)
        if body.get("trouble"):
            told = one_line(str(body["trouble"]["message"]))
            yield language.gettext("it could not be carried out: %(message)s", message=told)
        if body.get("reason"):
            yield language.gettext("reason: %(reason)s", reason=one_line(str(body["reason"])))

    # -- what was done

    def _start(self) -> str:
        language, body = self.language, self.body
        if body["kind"] == "started":
            return language.gettext("Case started")
        if "since" not in body:
            return language.gettext("Case taken over")
        since = moment_words(moment_of(body["since"]), self.workflow.zone, language)
        return language.gettext("Case taken over, in this state since %(since)s", since=since)

    def _event(self) -> str:
        title = self.language.quoted(event_title(self.workflow, self.body["event"], self.language))
        payload = self.body.get("payload")
        if not payload:
            return title
        values = self._values({f"event.{name}": value for name, value in payload.items()})
        return self.language.gettext("%(event)s with %(values)s", event=title, values=values)

    def _rule(self) -> str:
        return rule_title(self.workflow, self.body["rule"], self.language)

    def _extension(self) -> str:
        amount = one_line(str(self.body["by"]))
        with suppress(ValueError):  # what was refused may be no amount
            amount = amount_words(parse_amount(self.body["by"]), self.language, "by")
        return self.language.gettext(
            "Extend “%(deadline)s” by %(amount)s", deadline=self._rule(), amount=amount
        )

    def _refused(self) -> str:
        body, language = self.body, self.language
        if "event" in body:
            asked = self._event()
        elif "by" in body:
            asked = self._extension()
        elif body.get("command") == "pause":
            asked = language.gettext("Stop the clock of “%(deadline)s”", deadline=self._rule())
        elif body.get("command") == "resume":
            asked = language.gettext("Let the clock of “%(deadline)s” run again", deadline=self._rule())
        elif "rule" in body:  # a record of an earlier release, which does not say which of the two
            asked = language.gettext("A change of the clock of “%(deadline)s”", deadline=self._rule())
        else:
            names = [field_title(self.workflow, each, language) for each in body.get("fields", ())]
            asked = language.gettext("A change of %(fields)s", fields=language.listed(names))
        return language.gettext("Refused: %(what)s", what=asked)

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

    def _changed(self, name: str, before: object, after: object) -> str:
        language, field = self.language, self.workflow.fields.get(name)
        title = field_title(self.workflow, name, language)
        if field is not None and field.personal:
            if after is None:
                return language.gettext("%(field)s: cleared (personal, not shown)", field=title)
            return language.gettext("%(field)s: set (personal, not shown)", field=title)
        unset = language.gettext("not set")
        new = unset if after is None else self._value(field, after)
        if before is None:
            return language.gettext("%(field)s: %(value)s", field=title, value=new)
        old = self._value(field, before)
        return language.gettext("%(field)s: %(old)s → %(new)s", field=title, old=old, new=new)

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
        title = rule_title(self.workflow, ledger.rule, self.language)
        if ledger.occurrence == 1:
            return title
        number = self.language.number(ledger.occurrence)
        return self.language.gettext("%(deadline)s, time %(number)s", deadline=title, number=number)

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
                    values = self._values(clause["read"])
                    yield (
                        language.gettext("not met: %(why)s (%(values)s)", why=why, values=values)
                        if values
                        else language.gettext("not met: %(why)s", why=why)
                    )

    # -- values

    def _values(self, values: Mapping[str, object]) -> str:
        return ", ".join(self._named(values))

    def _named(self, values: Mapping[str, object]) -> Iterable[str]:
        for name, value in values.items():
            field = self._field(name)
            title = titled(field.title if field else None, self.language, name.rpartition(".")[2])
            text = self._value(field, value)
            yield self.language.gettext("%(field)s: %(value)s", field=title, value=text)

    def _field(self, name: str) -> Field | None:
        where, _, field = name.partition(".")
        if where == "data":
            return self.workflow.fields.get(field)
        event = self.workflow.events.get(str(self.body.get("event"))) if where == "event" else None
        return event.payload.get(field) if event else None

    def _value(self, field: Field | None, value: object) -> str:
        if field is None:
            return value_words(value, self.workflow.zone, self.language)
        if field.personal:
            return self.language.gettext("personal, not shown")
        if value is None:
            return self.language.gettext("not set")
        return field_words(field, value, self.workflow.zone, self.language)
