"""Notices and digests without personal data: what goes to a service that is nobody's own mailbox."""

from collections.abc import Mapping
from dataclasses import replace

from gaita import (
    Candidate,
    Digest,
    Explanation,
    IncidentSummary,
    Instance,
    Need,
    Notice,
    Recipient,
    Title,
    Workflow,
    title_text,
)


def impersonal_notice(notice: Notice, language: str) -> Notice:
    """Return the notice with its personal data taken out, addressed to the role instead of to a person.

    ``language`` is that of the role's title. Whatever a template reads, it cannot find there what is not
    to leave.
    """
    return replace(
        notice,
        message=replace(notice.message, words=None),  # free words may name anybody
        recipient=_as_role(notice.recipient, notice.role.title, language),
        instance=_instance(notice.workflow, notice.instance) if notice.instance else None,
        possibilities=_possibilities(notice.workflow, notice.instance, notice.possibilities),
    )


def impersonal_digest(digest: Digest, language: str) -> Digest:
    """Return the digest with its personal data taken out, addressed to the role instead of to a person."""
    role = digest.recipient.role
    titles = [need.workflow.roles[role].title for need in digest.needs if role in need.workflow.roles]
    return replace(
        digest,
        recipient=_as_role(digest.recipient, titles[0] if titles else {}, language),
        needs=tuple(_need(need) for need in digest.needs),
    )


def impersonal_incidents(summary: IncidentSummary) -> IncidentSummary:
    """Return the summary with no more than the kinds of the incidents, and which cases they are about.

    What went wrong may quote data of a case.
    """
    role = summary.recipient.role
    return replace(
        summary,
        recipient=Recipient(role, role, role, {}, summary.recipient.language),
        incidents=tuple(replace(each, message="") for each in summary.incidents),
    )


def _need(need: Need) -> Need:
    return replace(
        need,
        instance=_instance(need.workflow, need.instance),
        possibilities=_possibilities(need.workflow, need.instance, need.possibilities),
    )


def _as_role(recipient: Recipient, title: Title, language: str) -> Recipient:
    name = title_text(title, language, recipient.role)
    return Recipient(recipient.role, name, recipient.role, {}, recipient.language)


def _instance(workflow: Workflow, instance: Instance) -> Instance:
    hidden = _hidden(workflow, instance)
    return replace(
        instance, data={name: value for name, value in instance.data.items() if name not in hidden}
    )


def _hidden(workflow: Workflow, instance: Instance) -> frozenset[str]:
    """Return the fields that are personal: all, where another version declares which."""
    own = (instance.workflow, instance.workflow_version) == (workflow.id, workflow.version)
    return workflow.personal if own else frozenset(instance.data)


def _possibilities(
    workflow: Workflow, instance: Instance | None, possibilities: Mapping[str, Explanation]
) -> Mapping[str, Explanation]:
    hidden = workflow.personal if instance is None else _hidden(workflow, instance)
    names = frozenset(f"data.{name}" for name in hidden)
    return {
        event: replace(
            explanation,
            candidates=tuple(_candidate(candidate, names) for candidate in explanation.candidates),
        )
        for event, explanation in possibilities.items()
    }


def _candidate(candidate: Candidate, names: frozenset[str]) -> Candidate:
    # An error may quote the value on which it stumbled.
    clauses = tuple(
        replace(
            clause,
            read={name: value for name, value in clause.read.items() if name not in names},
            error=None,
        )
        for clause in candidate.clauses
    )
    return replace(candidate, clauses=clauses)
