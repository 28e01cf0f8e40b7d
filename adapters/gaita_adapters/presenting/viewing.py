"""Viewing: making of a notice or a digest what its templates see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from gaita import (
    Deadline,
    Digest,
    Explained,
    Explanation,
    Instance,
    Need,
    Notice,
    Rule,
    Stuck,
    Upcoming,
    Workflow,
)
from gaita.texts import between_words, due_words, moment_words
from gaita_adapters.presenting.next_steps import missing_shortly, steps_of
from gaita_adapters.presenting.phrases import one_line, phrase, titled, value_words, why_words
from gaita_adapters.presenting.standing import standing_of, standing_words, stuck_words
from gaita_adapters.presenting.views import (
    MOST,
    DataView,
    DigestView,
    ItemView,
    NoticeView,
    SectionView,
    UpcomingView,
)

_SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Reading:
    """How something is to be read: in which language, by which role, at what moment, and where links lead.

    ``link`` is an address in which ``{instance}`` and ``{workflow}`` are filled in.
    """

    language: str
    role: str
    now: datetime
    link: str | None = None


def notice_view(notice: Notice, language: str, link: str | None) -> NoticeView:
    """Return what the templates of a notice see."""
    message, workflow, instance = notice.message, notice.workflow, notice.instance
    reading = Reading(language, message.to, notice.at, link)
    open_ones = instance.deadlines if instance else ()
    deadline = next((each for each in open_ones if each.number == message.deadline), None)
    subject = _Subject(
        workflow, message.instance, message.state, notice.rule, message.due, instance, deadline,
        notice.explained, notice.possibilities, notice.stuck,
    )  # fmt: skip
    standing = standing_of(notice)
    here = notice.led_to or (instance.state if instance else message.state)
    moved = here != message.state
    moments = notice.rule.moments
    upcoming = [_upcoming(workflow, each, language) for each in notice.upcoming]
    return NoticeView(
        kind=message.kind,
        role=titled(notice.role.title, language, message.to),
        name=one_line(notice.recipient.name),
        stands_in_for=one_line(notice.recipient.stands_in_for or "") or None,
        item=_item(subject, reading),
        state_now=_state(workflow, here, language) if moved else None,
        over=notice.is_over,
        readable=instance is not None,
        folded=tuple(
            _folded(workflow, moments[index].to, moments[index].kind, language)
            for index in message.folded[:MOST]
        ),
        upcoming=tuple(upcoming[:MOST]),
        more_upcoming=max(0, len(upcoming) - MOST),
        standing=None if standing == "over" else standing_words(notice, language),
        closed=standing in {"closed", "closed by the system"},
        closed_by_system=standing == "closed by the system",
    )


def digest_view(digest: Digest, language: str, link: str | None) -> DigestView:
    """Return what the templates of a digest see."""
    role = digest.recipient.role
    reading = Reading(language, role, digest.at, link)
    gathered: dict[str, list[Need]] = {"overdue": [], "soon": [], "later": [], "stopped": []}
    for need in digest.needs:
        gathered[_section(need, digest.at)].append(need)
    titles = [need.workflow.roles[role].title for need in digest.needs if role in need.workflow.roles]
    return DigestView(
        role=titled(titles[0] if titles else None, language, role),
        name=one_line(digest.recipient.name),
        stands_in_for=one_line(digest.recipient.stands_in_for or "") or None,
        day=moment_words(digest.at, digest.zone, language),
        count=len(digest.needs),
        overdue=len(gathered["overdue"]),
        sections=tuple(
            SectionView(
                kind,
                phrase(kind, language),
                tuple(need_view(each, reading) for each in needs[:MOST]),
                max(0, len(needs) - MOST),
            )
            for kind, needs in gathered.items()
            if needs
        ),
    )


def need_view(need: Need, reading: Reading) -> ItemView:
    """Return a need as an item of a list."""
    return _item(
        _Subject(
            need.workflow, need.instance.id, need.instance.state, need.rule, need.deadline.due, need.instance,
            need.deadline, need.explained, need.possibilities, need.stuck,
        ),
        reading,
    )  # fmt: skip


def link_to(pattern: str | None, instance: str, workflow: str) -> str | None:
    """Return where an instance is to be found; ``None`` where there is no such place."""
    if pattern is None:
        return None
    return pattern.replace("{instance}", quote(instance, safe="")).replace(
        "{workflow}", quote(workflow, safe="")
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """What an item is about, whether it comes from a notice or from a need."""

    workflow: Workflow
    id: str
    state: str
    rule: Rule
    due: datetime
    instance: Instance | None
    deadline: Deadline | None
    explained: Explained | None
    possibilities: Mapping[str, Explanation]
    stuck: Stuck | None


def _item(subject: _Subject, reading: Reading) -> ItemView:
    workflow, language, zone = subject.workflow, reading.language, subject.workflow.zone
    # A deadline that moved since the message was written is told as it stands now.
    due = subject.deadline.due if subject.deadline else subject.due
    stopped = subject.deadline.paused_at if subject.deadline else None
    overdue = subject.deadline.is_overdue(reading.now) if subject.deadline else due <= reading.now
    steps = (
        steps_of(workflow, subject.instance, subject.rule, subject.possibilities, reading.role, language)
        if subject.instance
        else []
    )
    data = [
        DataView(
            titled(field.title, language, field.id),
            value_words(subject.instance.data[field.id], zone, language),
        )
        for field in workflow.fields.values()
        if subject.instance and field.id in subject.instance.data and not field.personal
    ]
    return ItemView(
        instance=one_line(subject.id),
        workflow=titled(workflow.title, language, workflow.id),
        workflow_id=workflow.id,
        state=_state(workflow, subject.state, language),
        deadline=titled(subject.rule.title, language, subject.rule.id),
        due=due_words(due, zone, language),
        overdue=overdue,
        overdue_by=between_words(due, stopped or reading.now, zone, language) if overdue else None,
        time_left=None if overdue or stopped else between_words(reading.now, due, zone, language),
        stopped_since=moment_words(stopped, zone, language) if stopped else None,
        provisional=bool(subject.deadline and subject.deadline.provisional),
        why=why_words(subject.explained, language),
        data=tuple(data[:MOST]),
        more_data=max(0, len(data) - MOST),
        steps=tuple(steps[:MOST]),
        more_steps=max(0, len(steps) - MOST),
        missing=stuck_words(subject.stuck, language) or missing_shortly(steps, language),
        link=link_to(reading.link, subject.id, workflow.id),
        stuck=stuck_words(subject.stuck, language),
    )


def _section(need: Need, now: datetime) -> str:
    if need.deadline.is_overdue(now):
        return "overdue"
    if need.deadline.is_paused:
        return "stopped"
    return "soon" if need.deadline.due <= now + _SOON else "later"


def _state(workflow: Workflow, state: str, language: str) -> str:
    declared = workflow.states.get(state)
    return titled(declared.title if declared else None, language, state)


def _roles(workflow: Workflow, roles: tuple[str, ...], language: str) -> tuple[str, ...]:
    return tuple(
        titled(workflow.roles[role].title, language, role) for role in roles if role in workflow.roles
    )


def _folded(workflow: Workflow, to: tuple[str, ...], kind: str, language: str) -> str:
    roles = ", ".join(_roles(workflow, to, language))
    told = phrase(f"folded {kind}", language)
    return f"{told} ({roles})" if roles else told


def _upcoming(workflow: Workflow, upcoming: Upcoming, language: str) -> UpcomingView:
    moment = upcoming.moment
    zone = workflow.zone
    # The due moment itself is read as the day that ends with it; all else as the day on which it comes.
    at = (due_words if moment.kind == "due" else moment_words)(upcoming.at, zone, language)
    to = _roles(workflow, moment.to, language)
    kind = moment.kind if moment.kind == "reminder" or not to else f"{moment.kind} to"
    text = phrase(kind, language, at=at, to=", ".join(to))
    if moment.fire:
        event = workflow.events[moment.fire]
        quoted = phrase("quoted", language, text=titled(event.title, language, event.id))
        text += phrase("does", language, event=quoted)
    if moment.close_to:
        quoted = phrase("quoted", language, text=_state(workflow, moment.close_to, language))
        text += phrase("closes", language, state=quoted)
    return UpcomingView(at, moment.kind, to, text)
