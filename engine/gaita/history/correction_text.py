"""A correction in words: what it did to which entries, and what became of the case and its deadlines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gaita.history.command_text import CommandText
from gaita.history.deadline_difference import DeadlineDifference
from gaita.history.record import effective
from gaita.model.instance import Deadline, DeadlineEnding, Instance
from gaita.model.value import moment_of
from gaita.model.workflow import Workflow
from gaita.texts import Language, due_words, effective_words, one_line, rule_title, state_title
from gaita.texts.language import gettext_noop

_ENDED: Final[Mapping[DeadlineEnding, str]] = {
    "met": gettext_noop("the deadline “%(deadline)s” was met"),
    "missed": gettext_noop("the deadline “%(deadline)s” was missed"),
    "superseded": gettext_noop("the deadline “%(deadline)s” was replaced"),
    "withdrawn": gettext_noop("the deadline “%(deadline)s” was withdrawn"),
    "annulled": gettext_noop("the deadline “%(deadline)s” should never have been: it is annulled"),
}
_RESTATED: Final = gettext_noop("the deadline “%(deadline)s” was met; it had counted as missed")


@dataclass(frozen=True, slots=True)
class CorrectionText:
    """Tells corrections of one case."""

    workflow: Workflow
    language: Language

    def edits(
        self, edits: Sequence[Mapping[str, Any]], course: Sequence[Mapping[str, Any]], sequence: int
    ) -> Iterator[str]:
        """Yield what a correction does to each entry, by its edits as they are recorded.

        ``course``: the bodies of the case's entries before it. ``sequence``: the number of its own record.
        """
        language, inserted = self.language, 0
        known = {str(body.get("entry", body.get("sequence"))): body for body in course}
        for edit in edits:
            entry = str(edit.get("undo") or edit.get("amend") or "")
            before = known.get(entry, {})
            if "undo" in edit:
                yield language.gettext(
                    "taken back: entry %(entry)s, %(what)s", entry=entry, what=self._asked(before)
                )
            elif "amend" in edit:
                yield from self._amended(entry, before, edit)
            else:
                inserted += 1
                yield language.gettext(
                    "entry %(entry)s made, as of %(moment)s: %(what)s",
                    entry=f"{sequence}.{inserted}",
                    moment=effective_words(moment_of(edit["on"]), self.workflow.zone, language),
                    what=self._asked(edit["command"]),
                )

    def entries(self, identities: Sequence[str], course: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Yield entries by what they asked for."""
        known = {str(body.get("entry", body.get("sequence"))): body for body in course}
        for entry in identities:
            what = self._asked(known.get(entry, {}))
            yield self.language.gettext("entry %(entry)s, %(what)s", entry=entry, what=what)

    def case(self, before: Instance, after: Instance) -> Iterator[str]:
        """Yield where the case stands now, and which of its data are others."""
        language = self.language
        if before.state != after.state:
            source = state_title(self.workflow, before.state, language)
            target = state_title(self.workflow, after.state, language)
            yield language.gettext("“%(source)s” → “%(target)s”", source=source, target=target)
        told = CommandText(self.workflow, language, {})
        for name in sorted(before.data.keys() | after.data.keys()):
            was, now = before.data.get(name), after.data.get(name)
            if was != now:
                yield told.change(name, was, now)

    def deadlines(self, differences: Sequence[DeadlineDifference]) -> Iterator[str]:
        """Yield what became of each deadline; of one where only moments in between moved, nothing."""
        for each in differences:
            told = self._deadline(each)
            if told:
                yield told

    def _asked(self, body: Mapping[str, Any]) -> str:
        told = CommandText(self.workflow, self.language, body).whole()
        actor = one_line(str(body.get("actor", "")))
        return self.language.gettext("%(what)s, by %(actor)s", what=told, actor=actor)

    def _amended(self, entry: str, before: Mapping[str, Any], edit: Mapping[str, Any]) -> Iterator[str]:
        language, zone = self.language, self.workflow.zone
        if "command" in edit:
            yield language.gettext(
                "entry %(entry)s: %(now)s, instead of %(was)s",
                entry=entry,
                now=self._asked(edit["command"]),
                was=self._asked(before),
            )
        if "on" in edit:
            yield language.gettext(
                "entry %(entry)s, %(what)s: as of %(now)s, instead of %(was)s",
                entry=entry,
                what=self._asked(before),
                now=effective_words(moment_of(edit["on"]), zone, language),
                was=effective_words(effective(before), zone, language) if before else "",
            )

    def _deadline(self, found: DeadlineDifference) -> str:
        language, after = self.language, found.after
        title = self._title(after)
        if found.ending is not None and found.ending != found.was:
            told = _RESTATED if found.restated else _ENDED[found.ending]
            return language.gettext(told, deadline=title)
        if found.ending is not None:
            return ""
        due = due_words(after.due, self.workflow.zone, language)
        if found.was is not None:
            return language.gettext("“%(deadline)s” is open again: %(due)s", deadline=title, due=due)
        if found.before is None:
            return language.gettext("deadline “%(deadline)s”: %(due)s", deadline=title, due=due)
        if found.before.due == after.due and found.before.is_paused == after.is_paused:
            return ""
        if after.is_paused:
            return language.gettext("the clock of “%(deadline)s” is stopped", deadline=title)
        was = due_words(found.before.due, self.workflow.zone, language)
        return language.gettext(
            "“%(deadline)s”: %(due)s instead of %(was)s", deadline=title, due=due, was=was
        )

    def _title(self, deadline: Deadline) -> str:
        return occurrence_title(self.workflow, deadline.rule, deadline.occurrence, self.language)


def occurrence_title(workflow: Workflow, rule: str, occurrence: int, language: Language) -> str:
    """Return the title of a deadline; of one that recurs, with which time it is."""
    title = rule_title(workflow, rule, language)
    if occurrence == 1:
        return title
    number = language.number(occurrence)
    return language.gettext("%(deadline)s, time %(number)s", deadline=title, number=number)
