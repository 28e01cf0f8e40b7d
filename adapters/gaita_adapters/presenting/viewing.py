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
    day_of,
)
from gaita.texts import Language, between_words, day_words, due_words, moment_words
from gaita_adapters.presenting.next_steps import missing_shortly, steps_of
from gaita_adapters.presenting.sentences import became, due_line, how_long, how_many, restated, stopped
from gaita_adapters.presenting.standing import standing_of, standing_words, stuck_words
from gaita_adapters.presenting.titles import (
    event_title,
    one_line,
    role_title,
    role_titles,
    state_title,
    titled,
)
from gaita_adapters.presenting.values import field_words, why_words
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
_LONGEST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How something is to be read: in which language, by which role, at what moment, and where links lead.

    ``link`` is an address in which ``{instance}`` and ``{workflow}`` are filled in.
    """

    language: Language
    role: str
    now: datetime
    link: str | None = None


def notice_view(notice: Notice, language: Language, link: str | None) -> NoticeView:
    """Return what the templates of a notice see."""
    message, workflow, instance = notice.message, notice.workflow, notice.instance
    reading = Reading(language, message.to, notice.at, link)
    open_ones = instance.deadlines if instance else ()
    deadline = next((each for each in open_ones if each.number == message.deadline), None)
    subject = _Subject(
        workflow, message.instance, message.state, notice.rule, message.due, instance, deadline,
        notice.explained, notice.possibilities, notice.stuck,
    )  # fmt: skip
    over = notice.is_over
    item = _item(subject, reading)
    standing = standing_of(notice)
    here = notice.led_to or (instance.state if instance else message.state)
    moved = here != message.state
    moments = notice.rule.moments
    upcoming = [_upcoming(workflow, each, language) for each in notice.upcoming]
    return NoticeView(
        kind=message.kind,
        role=role_title(workflow, message.to, language),
        name=one_line(notice.recipient.name),
        stands_in_for=one_line(notice.recipient.stands_in_for or "") or None,
        summary=_summary(message.kind, item, language, over=over),
        how_long="" if over else how_long(item.overdue_by, item.time_left, language),
        item=item,
        state_now=state_title(workflow, here, language) if moved else None,
        over=over,
        readable=instance is not None,
        folded=tuple(
            _folded(workflow, moments[index].to, moments[index].kind, language)
            for index in message.folded[:MOST]
        ),
        upcoming=tuple(upcoming[:MOST]),
        more_upcoming=max(0, len(upcoming) - MOST),
        standing=None if standing == "over" else standing_words(notice, language),
        closed=standing in {"closed", "closed by the system"},
        words=one_line(message.words, _LONGEST_WORDS) if message.words else None,
        closed_by_system=standing == "closed by the system",
    )


def digest_view(digest: Digest, language: Language, link: str | None) -> DigestView:
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
        day=day_words(day_of(digest.at, digest.zone), language),
        count=len(digest.needs),
        overdue=len(gathered["overdue"]),
        summary=how_many(len(digest.needs), len(gathered["overdue"]), language),
        sections=tuple(
            SectionView(
                kind,
                _section_title(kind, language),
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
            field_words(field, subject.instance.data[field.id], zone, language),
        )
        for field in workflow.fields.values()
        if subject.instance and field.id in subject.instance.data and not field.personal
    ]
    due_text = due_words(due, zone, language)
    overdue_by = between_words(due, stopped or reading.now, zone, language) if overdue else None
    time_left = None if overdue or stopped else between_words(reading.now, due, zone, language)
    stopped_since = moment_words(stopped, zone, language) if stopped else None
    provisional = bool(subject.deadline and subject.deadline.provisional)
    return ItemView(
        instance=one_line(subject.id),
        workflow=titled(workflow.title, language, workflow.id),
        workflow_id=workflow.id,
        state=state_title(workflow, subject.state, language),
        deadline=titled(subject.rule.title, language, subject.rule.id),
        due=due_text,
        overdue=overdue,
        overdue_by=overdue_by,
        time_left=time_left,
        stopped_since=stopped_since,
        provisional=provisional,
        due_line=due_line(
            due_text,
            language,
            overdue_by=overdue_by,
            time_left=time_left,
            stopped_since=stopped_since,
            provisional=provisional,
        ),
        why=why_words(subject.explained, language),
        data=tuple(data[:MOST]),
        more_data=max(0, len(data) - MOST),
        steps=tuple(steps[:MOST]),
        more_steps=max(0, len(steps) - MOST),
        missing=stuck_words(subject.stuck, language) or missing_shortly(steps, language),
        link=link_to(reading.link, subject.id, workflow.id),
        stuck=stuck_words(subject.stuck, language),
    )


def _summary(kind: str, item: ItemView, language: Language, *, over: bool) -> str:
    if kind == "restated":
        return restated(item.deadline, item.due_line, language, over=over)
    if item.stopped_since and not over:
        return stopped(item.deadline, item.stopped_since, language)
    return became(kind, item.deadline, item.due, language, over=over, overdue=item.overdue)


def _section(need: Need, now: datetime) -> str:
    if need.deadline.is_overdue(now):
        return "overdue"
    if need.deadline.is_paused:
        return "stopped"
    return "soon" if need.deadline.due <= now + _SOON else "later"


def _section_title(kind: str, language: Language) -> str:
    match kind:
        case "overdue":
            return language.pgettext("heading of a digest", "Overdue")
        case "soon":
            return language.pgettext("heading of a digest", "Within seven days")
        case "later":
            return language.pgettext("heading of a digest", "Later")
        case _:
            return language.pgettext("heading of a digest", "Clock stopped")


def _folded(workflow: Workflow, to: tuple[str, ...], kind: str, language: Language) -> str:
    match kind:
        case "reminder":
            told = language.gettext("a reminder")
        case "due":
            told = language.gettext("the end of the deadline")
        case _:
            told = language.gettext("an escalation")
    roles = role_titles(workflow, to, language, "and")
    return f"{told} ({roles})" if roles else told


def _upcoming(workflow: Workflow, upcoming: Upcoming, language: Language) -> UpcomingView:
    moment = upcoming.moment
    zone = workflow.zone
    # The due moment itself is read as the day that ends with it; all else as the day on which it comes.
    at = (due_words if moment.kind == "due" else moment_words)(upcoming.at, zone, language)
    text = _moment(moment.kind, at, role_titles(workflow, moment.to, language, "and"), language)
    if moment.fire:
        event = language.quoted(event_title(workflow, moment.fire, language))
        text = language.gettext(
            "%(what)s; the system itself takes the step %(event)s", what=text, event=event
        )
    if moment.close_to:
        state = language.quoted(state_title(workflow, moment.close_to, language))
        text = language.gettext(
            "%(what)s; the system itself closes the case as %(state)s", what=text, state=state
        )
    to = tuple(role_title(workflow, role, language) for role in moment.to)
    return UpcomingView(at, moment.kind, to, text)


def _moment(kind: str, at: str, roles: str, language: Language) -> str:
    """Return what happens at a moment of a deadline, and who hears of it."""
    match kind:
        case "reminder":
            return language.gettext("%(at)s: reminder to %(roles)s", at=at, roles=roles)
        case "due" if roles:
            return language.gettext("%(at)s: the deadline ends; notice to %(roles)s", at=at, roles=roles)
        case "due":
            return language.gettext("%(at)s: the deadline ends", at=at)
        case _ if roles:
            return language.gettext("%(at)s: escalation to %(roles)s", at=at, roles=roles)
        case _:
            return language.gettext("%(at)s: escalation", at=at)
