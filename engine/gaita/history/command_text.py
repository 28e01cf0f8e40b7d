"""A command in words: what somebody asked for, with the values that it was given."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from gaita.calendar.amount_reading import parse_amount
from gaita.model.value import Field, moment_of
from gaita.model.workflow import Workflow
from gaita.texts import (
    Language,
    amount_words,
    event_title,
    field_title,
    field_words,
    moment_words,
    one_line,
    rule_title,
    state_title,
    titled,
    value_words,
)

_COMMANDS: Final[Mapping[str, str]] = {
    "started": "start",
    "adopted": "start",
    "paused": "pause",
    "resumed": "resume",
}
"""What was asked for, by the kind of a record of an earlier release."""


@dataclass(frozen=True, slots=True)
class CommandText:
    """Tells the command that the body of a record holds; values of personal fields are left out."""

    workflow: Workflow
    language: Language
    body: Mapping[str, Any]

    def named(self) -> str:
        """Return what was asked for, without the values that a change of data asked for."""
        body, language = self.body, self.language
        command = body.get("command", _COMMANDS.get(str(body.get("kind"))))
        if "event" in body:
            return self.event()
        if "by" in body:
            return self.extension()
        if command == "pause":
            return language.gettext("Stop the clock of “%(deadline)s”", deadline=self.rule())
        if command == "resume":
            return language.gettext("Let the clock of “%(deadline)s” run again", deadline=self.rule())
        if "rule" in body:  # a record of an earlier release, which does not say which of the two
            return language.gettext("A change of the clock of “%(deadline)s”", deadline=self.rule())
        if command == "start":
            return self.start()
        fields = body.get("fields", body.get("asked", ()))
        names = [field_title(self.workflow, each, language) for each in fields]
        return language.gettext("A change of %(fields)s", fields=language.listed(names))

    def whole(self) -> str:
        """Return what was asked for, with all values that it was given."""
        asked: Mapping[str, object] = self.body.get("asked", {})
        if not asked:
            return self.named()
        values = self.values({f"data.{name}": value for name, value in asked.items()})
        what = self.start() if self.body.get("command") == "start" else self.language.gettext("Data changed")
        return self.language.gettext("%(what)s, %(values)s", what=what, values=values)

    def start(self) -> str:
        """Return how the case began."""
        language, body = self.language, self.body
        if body.get("kind") != "adopted" and "since" not in body and "asked_state" not in body:
            return language.gettext("Case started")
        if "since" not in body:
            return language.gettext("Case taken over")
        since = moment_words(moment_of(body["since"]), self.workflow.zone, language)
        return language.gettext("Case taken over, in this state since %(since)s", since=since)

    def event(self) -> str:
        """Return the event, with its payload."""
        title = self.language.quoted(event_title(self.workflow, self.body["event"], self.language))
        payload = self.body.get("payload")
        if not payload:
            return title
        values = self.values({f"event.{name}": value for name, value in payload.items()})
        return self.language.gettext("%(event)s with %(values)s", event=title, values=values)

    def rule(self) -> str:
        """Return the title of the deadline that it is about."""
        return rule_title(self.workflow, self.body["rule"], self.language)

    def extension(self) -> str:
        """Return how much time was asked for."""
        amount = one_line(str(self.body["by"]))
        with suppress(ValueError):  # what was refused may be no amount
            amount = amount_words(parse_amount(self.body["by"]), self.language, "by")
        return self.language.gettext(
            "Extend “%(deadline)s” by %(amount)s", deadline=self.rule(), amount=amount
        )

    # -- values

    def values(self, values: Mapping[str, object]) -> str:
        """Return values, each with its title, by their names such as ``data.budget``."""
        return ", ".join(self._named(values))

    def value(self, field: Field | None, value: object) -> str:
        """Return one value."""
        if field is None:
            return value_words(value, self.workflow.zone, self.language)
        if field.personal:
            return self.language.gettext("personal, not shown")
        if value is None:
            return self.language.gettext("not set")
        return field_words(field, value, self.workflow.zone, self.language)

    def change(self, name: str, before: object, after: object) -> str:
        """Return how the value of a data field changed; ``None``: it was, or is, not set."""
        language, field = self.language, self.workflow.fields.get(name)
        title = field_title(self.workflow, name, language)
        if field is not None and field.personal:
            if after is None:
                return language.gettext("%(field)s: cleared (personal, not shown)", field=title)
            return language.gettext("%(field)s: set (personal, not shown)", field=title)
        unset = language.gettext("not set")
        new = unset if after is None else self.value(field, after)
        if before is None:
            return language.gettext("%(field)s: %(value)s", field=title, value=new)
        old = self.value(field, before)
        return language.gettext("%(field)s: %(old)s → %(new)s", field=title, old=old, new=new)

    def _named(self, values: Mapping[str, object]) -> Iterable[str]:
        for name, value in values.items():
            field, place = self._field(name), name.removeprefix("in_state.")
            if place != name:
                title = state_title(self.workflow, place, self.language)
            else:
                title = titled(field.title if field else None, self.language, name.rpartition(".")[2])
            text = self.value(field, value)
            yield self.language.gettext("%(field)s: %(value)s", field=title, value=text)

    def _field(self, name: str) -> Field | None:
        where, _, field = name.partition(".")
        if where == "data":
            return self.workflow.fields.get(field)
        event = self.workflow.events.get(str(self.body.get("event"))) if where == "event" else None
        return event.payload.get(field) if event else None
