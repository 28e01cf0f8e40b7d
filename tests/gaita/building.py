"""What the tests build on: small workflows in the language itself, and the step without a database."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from gaita.calendar import WorkingCalendar
from gaita.correction import Rules, first_difference
from gaita.history import GENESIS, Replay, chain
from gaita.language import read
from gaita.model.command import Command, Extend, Fire, Pause, Resume, SetData, Start
from gaita.model.instance import Deadline, Instance
from gaita.model.outcome import Accepted, Outcome, Refused
from gaita.model.workflow import Workflow
from gaita.step import Facts, fire_due_timers, step

T0 = datetime(2024, 3, 4, 9, tzinfo=UTC)
"""A Monday; 11:00 in Riga."""


def heading(identity: str = "case", initial: str = "a", *, horizon: str | None = None, **keys: str) -> str:
    """Return how a workflow's file begins, with further ``keys`` of ``[workflow]``; ``horizon``: a day."""
    texts = {"id": identity, "initial": initial, "time_zone": "Europe/Riga", **keys}
    lines = [f'{key} = "{text}"\n' for key, text in texts.items()]
    return "\nlanguage = 1\n[workflow]\n" + "".join(lines) + (f"horizon = {horizon}\n" if horizon else "")


HEAD = heading()

COUNTER = (
    HEAD
    + """
[data.count]
type = "integer"
default = 0
[data.name]
type = "string"
by = "clerk"
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.soon]
within = "10 days"
remind = [{ before = "3 days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "5 days", to = "chief" }]
[states.b]
[states.b.deadlines.long]
within = "20 days"
escalate = [{ to = "clerk" }]
[states.end]
final = true
verdict = "closed"
[events.add]
payload = { by = { type = "integer", min = 1 } }
[events.go]
[events.back]
[events.finish]
[[transitions]]
event = "add"
from = ["a", "b"]
set = { count = "data.count + event.by" }
[[transitions]]
event = "go"
from = "a"
to = "b"
guard = [{ id = "enough", check = "data.count >= 2", why = { en = "Counted to two" } }]
[[transitions]]
event = "back"
from = "b"
to = "a"
by = "clerk"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def workflow(text: str, version: int = 1) -> Workflow:
    """Return the workflow that ``text`` declares."""
    return read(text, "test.toml", version)


def at(text: str) -> datetime:
    """Return an instant, in UTC unless it names an offset."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Life:
    """One instance without a database: settles, steps and keeps every outcome, as the engine does."""

    def __init__(
        self,
        declared: Workflow,
        now: datetime = T0,
        *,
        data: Mapping[str, object] | None = None,
        state: str | None = None,
        since: datetime | None = None,
        calendar: WorkingCalendar | None = None,
    ) -> None:
        adopted = "moved here" if state or since else None
        command = Start("one", data or {}, state=state, since=since, reason=adopted)
        self.workflow = declared
        self.calendar = calendar
        """By which working time is counted; a test may put a longer one in its place."""
        self.calendars: list[WorkingCalendar] = []
        """All that were in force while it lived."""
        self.outcomes: list[Outcome] = []
        self.instance: Instance = self._keep(step(declared, None, command, self.facts(now))).after

    def facts(self, now: datetime) -> Facts:
        if self.calendar is not None and self.calendar not in self.calendars:
            self.calendars.append(self.calendar)
        return Facts(now, self.calendar)

    def _keep(self, outcome: Outcome) -> Outcome:
        self.outcomes.append(outcome)
        self.instance = outcome.after
        return outcome

    def fire_due(self, now: datetime) -> list[Outcome]:
        return [self._keep(each) for each in fire_due_timers(self.workflow, self.instance, self.facts(now))]

    def do(self, command: Command, now: datetime = T0) -> Outcome:
        self.fire_due(now)
        return self._keep(step(self.workflow, self.instance, command, self.facts(now)))

    def fire(self, event: str, now: datetime = T0, *, roles: str = "", **payload: object) -> Outcome:
        return self.do(Fire(event, payload, "ilze", frozenset(roles.split())), now)

    def set(self, now: datetime = T0, *, roles: str = "", **values: object) -> Outcome:
        return self.do(SetData(values, "ilze", frozenset(roles.split())), now)

    def pause(
        self, deadline: str, now: datetime = T0, *, roles: str = "chief", reason: str = "why"
    ) -> Outcome:
        return self.do(Pause(deadline, reason, "ilze", frozenset(roles.split())), now)

    def resume(self, deadline: str, now: datetime = T0, *, roles: str = "chief") -> Outcome:
        return self.do(Resume(deadline, None, "ilze", frozenset(roles.split())), now)

    def extend(
        self, deadline: str, by: str, now: datetime = T0, *, roles: str = "chief", reason: str = "why"
    ) -> Outcome:
        return self.do(Extend(deadline, by, reason, "ilze", frozenset(roles.split())), now)

    def opened(self, rule: str) -> list[Deadline]:
        """Return the open deadlines of a rule, as they were armed."""
        return [each for each in self.instance.deadlines if each.rule == rule]

    def taken(self, event: str, now: datetime = T0, *, roles: str = "", **payload: object) -> Accepted:
        outcome = self.fire(event, now, roles=roles, **payload)
        assert isinstance(outcome, Accepted), outcome.explanation
        return outcome

    def refused(self, event: str, now: datetime = T0, *, roles: str = "", **payload: object) -> Refused:
        outcome = self.fire(event, now, roles=roles, **payload)
        assert isinstance(outcome, Refused)
        return outcome


def endings(outcome: Outcome) -> list[tuple[str, str]]:
    """Return the rule and ending of each deadline that ``outcome`` ended."""
    return (
        [(each.deadline.rule, each.ending) for each in outcome.ended] if isinstance(outcome, Accepted) else []
    )


def ground(outcome: Outcome) -> str | None:
    """Return why ``outcome`` is a refusal; ``None`` where it is none."""
    return None if isinstance(outcome, Accepted) else outcome.explanation.ground


def told(outcomes: Iterable[Outcome]) -> list[tuple[str, str]]:
    """Return the kind and recipient of each message."""
    return [
        (each.kind, each.to)
        for outcome in outcomes
        if isinstance(outcome, Accepted)
        for each in outcome.messages
    ]


def assert_replays(life: Life) -> None:
    """Assert that the records of a life lead to all that its outcomes say: instance, deadlines, messages."""
    played = Replay(life.workflow)
    for record in chain(life.workflow, life.outcomes, GENESIS):
        played.add(record)
    accepted = [outcome for outcome in life.outcomes if isinstance(outcome, Accepted)]
    assert played.instance == life.instance
    assert played.messages == [message for outcome in accepted for message in outcome.messages]
    ends: dict[int, tuple[str, datetime, timedelta]] = {}
    for outcome in accepted:
        for adjustment in outcome.adjusted:
            if adjustment.kind == "reopened":
                ends.pop(adjustment.after.number, None)
        for each in outcome.ended:
            ends[each.deadline.number] = (each.ending, outcome.at, each.late)
    timers = {
        (each.deadline, each.number): (each.due, each.ending, outcome.at, each.late)
        for outcome in accepted
        for each in outcome.timers
    }
    for number, deadline in played.deadlines.items():
        if deadline.ending is not None:
            assert (deadline.ending, deadline.ended_at, _late(deadline.late)) == ends.pop(number)
        for index, timer in deadline.timers.items():
            if timer.ending is not None:
                ended = (timer.due, timer.ending, timer.ended_at, _late(timer.late))
                assert ended == timers.pop((number, index))
    assert (ends, timers) == ({}, {})
    assert_decided_again(life)


def rules_of(life: Life) -> Rules:
    """Return the rules by which a life was lived: one version, and each calendar that was in force."""
    by_digest = {each.digest: each for each in life.calendars}
    return Rules(lambda _: life.workflow, by_digest.__getitem__, lambda _: [(T0, "test", life.calendars[-1])])


def assert_decided_again(life: Life) -> None:
    """Assert that the commands of a life, read back from its records and decided anew, come out the same."""
    records = chain(life.workflow, life.outcomes, GENESIS)
    assert first_difference(records, rules_of(life)) is None


def _late(microseconds: int | None) -> timedelta:
    return timedelta(microseconds=microseconds or 0)
