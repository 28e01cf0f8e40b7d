"""The console channel: each notice is one line, for people or as JSON."""

import json
from collections.abc import Callable
from typing import Literal

from gaita import Digest, IncidentSummary, Notice, due_day_text, moment_text
from gaita.texts import Language, due_cell_words, language_of, state_title
from gaita_adapters.presenting.standing import standing_of, standing_words

Format = Literal["table", "json"]


class ConsoleChannel:
    """Writes notices to ``write``, which takes one line. No instance's data is in them."""

    name = "console"
    kind = "console"
    personal = False

    def __init__(self, write: Callable[[str], None], *, language: str | Language, format: Format) -> None:  # noqa: A002 - the settings call it so
        self._write = write
        self._language = language
        self._format = format

    def deliver(self, notice: Notice) -> None:
        """Write one line."""
        if self._format == "json":
            self._write(json.dumps(notice_json(notice, self._language), ensure_ascii=False))
        else:
            self._write(notice_line(notice, self._language))

    def digest(self, digest: Digest) -> None:
        """Write one line."""
        if self._format == "json":
            self._write(json.dumps(digest_json(digest), ensure_ascii=False))
        else:
            self._write(digest_line(digest, self._language))

    def incidents(self, summary: IncidentSummary) -> None:
        """Write one line for each incident."""
        if self._format == "json":
            self._write(json.dumps(incidents_json(summary), ensure_ascii=False))
            return
        kind = kind_title("incidents", self._language)
        for each in summary.incidents:
            about = f" · {each.instance}" if each.instance else ""
            self._write(f"{kind} → {summary.recipient.name}: {each.number}{about} · {each.code}")


def notice_line(notice: Notice, language: str | Language) -> str:
    """Return the notice in words."""
    message, spoken = notice.message, language_of(language)
    due = spoken.gettext("due %(due)s", due=due_cell_words(message.due, notice.workflow.zone, spoken))
    return (
        f"{kind_title(message.kind, language)} → {spoken.title(notice.role.title, message.to)}: "
        f"{message.instance} · {state_title(notice.workflow, message.state, spoken)} · "
        f"{spoken.title(notice.rule.title, message.rule)} · {due}"
    ) + (f" · {standing}" if (standing := standing_words(notice, spoken)) else "")


def digest_line(digest: Digest, language: str | Language) -> str:
    """Return a summary in words: for whom, and how much waits."""
    overdue = sum(need.deadline.is_overdue(digest.at) for need in digest.needs)
    spoken = language_of(language)
    told = spoken.gettext(
        "%(count)s waiting, %(overdue)s of them overdue",
        count=spoken.number(len(digest.needs)),
        overdue=spoken.number(overdue),
    )
    return f"{kind_title('digest', language)} → {digest.recipient.name}: {told}"


def digest_json(digest: Digest) -> dict[str, object]:
    """Return a summary as a JSON object; ``id`` is the same when it is delivered again."""
    return {
        "id": digest.key,
        "kind": "digest",
        "to": digest.recipient.role,
        "at": moment_text(digest.at),
        "needs": [
            {
                "instance": need.instance.id,
                "deadline": need.deadline.rule,
                "due": moment_text(need.deadline.due),
                "due_day": due_day_text(need.deadline.due, need.workflow.zone),
            }
            for need in digest.needs
        ],
    }


def incidents_json(summary: IncidentSummary) -> dict[str, object]:
    """Return the administrators' summary as a JSON object; ``id`` is the same when it is delivered again."""
    return {
        "id": summary.key,
        "kind": "incidents",
        "to": summary.recipient.role,
        "at": moment_text(summary.at),
        "open": summary.open,
        "incidents": [
            {"number": each.number, "code": each.code, "instance": each.instance}
            for each in summary.incidents
        ],
    }


def kind_title(kind: str, language: str | Language) -> str:
    """Return what people call a kind of notice."""
    spoken = language_of(language)
    match kind:
        case "reminder":
            return spoken.pgettext("notice", "Reminder")
        case "due":
            return spoken.pgettext("notice", "Due")
        case "rung":
            return spoken.pgettext("notice", "Escalation")
        case "restated":
            return spoken.pgettext("notice", "Put right")
        case "digest":
            return spoken.pgettext("notice", "Summary")
        case "incidents":
            return spoken.pgettext("notice", "Incident")
        case _:
            return kind


def notice_json(notice: Notice, language: str | Language) -> dict[str, object]:
    """Return the notice as a flat JSON object; ``id`` is the same when it is delivered again."""
    message, spoken = notice.message, language_of(language)
    return {
        "id": message.id,
        "kind": message.kind,
        "to": message.to,
        "to_title": spoken.title(notice.role.title, message.to),
        "instance": message.instance,
        "workflow": message.workflow,
        "state": message.state,
        "state_now": notice.instance.state if notice.instance else None,
        "standing": standing_of(notice),
        "state_title": state_title(notice.workflow, message.state, spoken),
        "deadline": message.rule,
        "deadline_title": spoken.title(notice.rule.title, message.rule),
        "due": moment_text(message.due),
        "due_day": due_day_text(message.due, notice.workflow.zone),
        "at": moment_text(message.at),
    }
