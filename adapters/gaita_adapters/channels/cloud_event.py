"""What a webhook carries: a CloudEvents 1.0 event in the structured JSON form. No personal data is in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gaita import (
    Digest,
    Explanation,
    IncidentSummary,
    Need,
    Notice,
    Workflow,
    due_day_text,
    moment_text,
)
from gaita.texts import Language, state_title
from gaita_adapters.channels.wording import Text
from gaita_adapters.presenting.standing import standing_of, standing_words

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Events:
    """Makes events of notices and digests, which are impersonal already."""

    source: str
    """Which Gaita sends them: a URI, or a part of one such as ``/gaita``."""
    type_prefix: str
    """What the events' types begin with, e.g. ``gaita`` or ``lv.example.gaita``."""
    language: Language
    """That of the titles and reasons."""

    def notice(self, notice: Notice, text: Text) -> bytes:
        """Return the event that reports a notice."""
        message, workflow = notice.message, notice.workflow
        moments = notice.rule.moments
        data = {
            **_declared(workflow),
            "instance": message.instance,
            "state": message.state,
            "state_title": state_title(workflow, message.state, self.language),
            "state_now": notice.instance.state if notice.instance else None,
            "standing": standing_of(notice),
            "standing_text": standing_words(notice, self.language),
            "incident": notice.stuck.incident if notice.stuck else None,
            "deadline": message.rule,
            "deadline_title": self.language.title(notice.rule.title, message.rule),
            "kind": message.kind,
            "offset": None if message.kind == "restated" else notice.moment.offset.text,
            "due": moment_text(message.due),
            "due_day": due_day_text(message.due, workflow.zone),
            "at": moment_text(message.at),
            "to": message.to,
            "to_title": self.language.title(notice.role.title, message.to),
            "folded": [
                {"kind": moments[index].kind, "offset": moments[index].offset.text}
                for index in message.folded
            ],
            "missing": self._missing(workflow, notice.possibilities),
            "subject": text.subject,
            "text": text.plain,
        }
        return self._event(f"notice.{message.kind}", notice.key, message.at, message.instance, data)

    def digest(self, digest: Digest, text: Text) -> bytes:
        """Return the event that reports a digest."""
        role = digest.recipient.role
        data = {
            "to": role,
            "to_title": digest.recipient.name,
            "at": moment_text(digest.at),
            "needs": [self._need(need) for need in digest.needs],
            "subject": text.subject,
            "text": text.plain,
        }
        return self._event("digest", digest.key, digest.at, role, data)

    def incidents(self, summary: IncidentSummary, text: Text) -> bytes:
        """Return the event that tells administrators of incidents."""
        role = summary.recipient.role
        data = {
            "to": role,
            "at": moment_text(summary.at),
            "incidents": [
                {
                    "number": each.number,
                    "code": each.code,
                    "instance": each.instance,
                    "opened_at": moment_text(each.opened_at),
                }
                for each in summary.incidents
            ],
            "closed": summary.closed,
            "open": summary.open,
            "subject": text.subject,
            "text": text.plain,
        }
        return self._event("incidents", summary.key, summary.at, role, data)

    def _event(self, kind: str, key: str, at: datetime, subject: str, data: Mapping[str, object]) -> bytes:
        event = {
            "specversion": "1.0",
            "id": key,
            "source": self.source,
            "type": f"{self.type_prefix}.{kind}",
            "time": moment_text(at),
            "subject": subject,
            "datacontenttype": "application/json",
            "data": data,
        }
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    def _need(self, need: Need) -> Mapping[str, object]:
        instance, workflow, deadline = need.instance, need.workflow, need.deadline
        return {
            **_declared(workflow),
            "instance": instance.id,
            "state": instance.state,
            "state_title": state_title(workflow, instance.state, self.language),
            "deadline": deadline.rule,
            "deadline_title": self.language.title(need.rule.title, deadline.rule),
            "due": moment_text(deadline.due),
            "due_day": due_day_text(deadline.due, workflow.zone),
            "paused": deadline.is_paused,
            "stuck": need.stuck is not None,
            "incident": need.stuck.incident if need.stuck else None,
            "missing": self._missing(workflow, need.possibilities),
        }

    def _missing(
        self, workflow: Workflow, possibilities: Mapping[str, Explanation]
    ) -> list[Mapping[str, object]]:
        """Return each event that cannot happen now, with what stands in its way, and what it must carry.

        One that only needs something to be given with it is there as well, without a ground.
        """
        return [
            {
                "event": event,
                "event_title": self._event_title(workflow, event),
                "ground": explanation.ground,
                "reasons": self._reasons(explanation),
                "payload": self._payload(workflow, event),
            }
            for event, explanation in possibilities.items()
            if not explanation.accepted or self._payload(workflow, event)
        ]

    def _payload(self, workflow: Workflow, event: str) -> list[Mapping[str, object]]:
        declared = workflow.events.get(event)
        return [
            {"field": field.id, "title": self.language.title(field.title, field.id)}
            for field in (declared.payload.values() if declared else ())
            if not field.optional
        ]

    def _event_title(self, workflow: Workflow, event: str) -> str:
        # The instance may have gone on in a version that declares other events.
        declared = workflow.events.get(event)
        return self.language.title(declared.title if declared else None, event)

    def _reasons(self, explanation: Explanation) -> list[Mapping[str, object]]:
        found = {
            clause.id: {
                "id": clause.id,
                "why": self.language.title(clause.why, clause.check),
                "verdict": clause.verdict,
                "missing": list(clause.missing),
            }
            for candidate in explanation.candidates
            for clause in candidate.clauses
            if clause.verdict != "holds"
        }
        return list(found.values())


def _declared(workflow: Workflow) -> Mapping[str, object]:
    return {"workflow": workflow.id, "version": workflow.version}
