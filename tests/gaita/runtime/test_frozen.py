"""One life with every feature in it, lived by an injected clock and by a frozen one: it is the same life."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory

from gaita import DigestPlan, Ledger, Limits, Need, Route
from gaita.calendar import WorkingCalendar
from gaita.clock import ManualClock, SystemClock
from gaita.errors import MalformedCommand
from gaita.model.instance import Deadline
from gaita.model.outcome import Message
from gaita.ports import Clock
from gaita.runtime import Engine
from gaita.store import Account
from tests.gaita.building import T0, at, heading
from tests.gaita.delivery.delivering import BOOK, Told, always

LEASE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
LIMITS = Limits(lease=LEASE, base=SECOND, cap=SECOND)
"""The wait after a failure is drawn by chance, but never shorter than this second, nor longer."""
OFFICE = ((time(9), time(17)),)

WORKFLOW = (
    heading(horizon="2024-06-30", calendar="office", beyond_calendar="provisional")
    + """
[horizon]
remind = [{ before = "1 month", to = "chief" }]
to = "chief"
close_to = "end"
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.decision]
within = "10 days"
remind = [{ before = "3 days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "5 days", to = "chief", fire = "go" }]
pause_by = "chief"
extend_by = "chief"
extend_at_most = "20 days"
[states.b]
[states.b.deadlines.paper]
within = "40 working days"
remind = [{ before = "4 working hours", to = "clerk" }]
escalate = [{ to = "clerk" }]
[states.b.deadlines.status]
every = "1 month"
escalate = [{ to = "clerk" }]
[states.end]
final = true
verdict = "closed"
[events.go]
[events.finish]
[[transitions]]
event = "go"
from = "a"
to = "b"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def office(known_until: date) -> WorkingCalendar:
    """Return five working days a week, known until a day."""
    week = (OFFICE,) * 5 + ((), ())
    return WorkingCalendar(name="office", known_until=known_until, week=week, off={}, on={})


SHORT, LONG = office(date(2024, 4, 15)), office(date(2024, 12, 31))


class Killed(BaseException):
    """What ends the process in the middle of handing something over."""


@dataclass
class Story:
    """All that came of it."""

    history: Sequence[Mapping[str, object]] = ()
    messages: Sequence[Message] = ()
    account: Account | None = None
    ledger: Sequence[Ledger] = ()
    needs: Sequence[Need] = ()
    delivered: list[tuple[datetime, str]] = field(default_factory=list)
    """Each key that the channel was told of, with the moment."""
    digests: list[tuple[datetime, str]] = field(default_factory=list)
    outbox: Sequence[tuple[str, str, int, datetime | None]] = ()
    moves: Sequence[tuple[Deadline, Deadline]] = ()
    refused: str = ""
    sound: bool = False


Move: TypeAlias = Callable[[datetime], None]


@contextmanager
def injected() -> Generator[tuple[Clock, Move], None, None]:
    clock = ManualClock(T0)
    yield clock, clock.set


@contextmanager
def frozen() -> Generator[tuple[Clock, Move], None, None]:
    with freeze_time(T0.replace(tzinfo=None)) as factory:
        assert isinstance(factory, FrozenDateTimeFactory)
        yield SystemClock(), lambda moment: factory.move_to(moment.replace(tzinfo=None))


WAYS = {"injected": injected, "frozen": frozen}


class Teller:
    """Moves the clock on, and lets the engine run and deliver at each moment."""

    def __init__(self, path: Path, clock: Clock, move: Move) -> None:
        self._path = path
        self._clock = clock
        self._move = move
        self.mail = Told()
        self.story = Story()
        self.engine = made(path, clock, SHORT)

    def go_to(self, moment: datetime) -> None:
        self._move(moment)
        self.engine.run_due()
        self.hand_over()

    def hand_over(self) -> None:
        notices, digests = len(self.mail.notices), len(self.mail.digests)
        self.engine.outbox.deliver([Route(self.mail, LIMITS)])
        now = self._clock.now()
        self.story.delivered.extend((now, each.key) for each in self.mail.notices[notices:])
        self.story.digests.extend((now, each.key) for each in self.mail.digests[digests:])

    def begin(self) -> None:
        """Live in the first state: with a pause, more time, a failure and a death."""
        engine, mail = self.engine, self.mail
        engine.migrate()
        engine.deploy(WORKFLOW)
        self.go_to(T0)
        engine.start("case", instance="one", actor="ilze")
        self.go_to(at("2024-03-06T10:00"))
        assert engine.pause("one", "a.decision", "the owner is away", actor="anna", roles=["chief"]).accepted
        self.go_to(at("2024-03-09T10:00"))
        assert engine.resume("one", "a.decision", actor="anna", roles=["chief"]).accepted
        self.go_to(at("2024-03-10T10:00"))
        assert engine.extend("one", "a.decision", "2 days", "snow", actor="anna", roles=["chief"]).accepted
        self.go_to(REMINDED - timedelta(microseconds=1))
        mail.before = always(OSError("away"))
        self.go_to(REMINDED)
        mail.before = None
        self.hand_over()  # too early: it is tried again a second later
        self.go_to(REMINDED + SECOND)
        mail.before = killed
        with pytest.raises(Killed):
            self.go_to(DUE)
        mail.before = None
        self.go_to(DUE + LEASE - SECOND)  # somebody else still has it
        self.go_to(DUE + LEASE)
        self.go_to(FIRED)

    def grow_the_calendar(self) -> None:
        """Bring a calendar into force that is known for longer."""
        self.story.needs = self.engine.deadlines.worklist("clerk")
        self.go_to(at("2024-04-10T10:00"))
        self.engine.close()
        self.engine = made(self._path, self._clock, LONG)
        (plan,) = self.engine.calendars.diff()
        self.engine.calendars.apply(plan.digest, actor="anna")
        self.story.moves = [(move.before, move.after) for move in plan.moves]

    def end(self) -> None:
        """Live on until the horizon closes it, and look back."""
        engine, story = self.engine, self.story
        for moment in (STATUS[0], PAPER_REMINDED, PAPER, STATUS[1], WARNED, STATUS[2], END):
            self.go_to(moment - timedelta(microseconds=1))
            self.go_to(moment)
        with pytest.raises(MalformedCommand) as refused:
            engine.start("case", instance="late")
        story.refused = str(refused.value)
        story.history = [record.body for record in engine.history("one")]
        story.messages = [stored_message.message for stored_message in engine.outbox.messages()]
        story.account = engine.deadlines.account()
        story.ledger = engine.deadlines.ledger("one")
        story.outbox = [(each.key, each.state, each.attempts, each.ended_at) for each in engine.outbox.list()]
        story.sound = engine.verify().sound
        engine.close()


def live(path: Path, way: str) -> Story:
    """Live the life by a clock, and return the story of it."""
    with WAYS[way]() as (clock, move):
        teller = Teller(path, clock, move)
        teller.begin()
        teller.grow_the_calendar()
        teller.end()
    return teller.story


def made(path: Path, clock: Clock, calendar: WorkingCalendar) -> Engine:
    return Engine(
        f"sqlite:///{path}",
        clock=clock,
        calendars=(calendar,),
        recipients=BOOK,
        digests=[DigestPlan("chief", "Europe/Riga", time(8), "week")],
    )


def killed(_notice: object) -> None:
    raise Killed


# The ends of days in Riga; the clocks change on 31 March.
REMINDED = at("2024-03-16T22:00")
"""Ten days after the fourth, three for which the clock stood, two that were granted; three before that."""
DUE = at("2024-03-19T22:00")
FIRED = at("2024-03-24T22:00")
STATUS = (at("2024-04-25T21:00"), at("2024-05-25T21:00"), at("2024-06-25T21:00"))
PAPER_REMINDED = at("2024-05-20T10:00")
"""Four working hours before the end of the 20th, which was open from 9 to 17."""
PAPER = at("2024-05-20T21:00")
"""The fortieth working day after Monday the 25th of March."""
WARNED = at("2024-05-30T21:00")
"""A month before the end of the 30th of June: the end of the 30th of May."""
END = at("2024-06-30T21:00")


@pytest.fixture(scope="module", params=list(WAYS))
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    return live(tmp_path_factory.mktemp(request.param) / "gaita.db", request.param)


def test_every_notice_comes_at_its_moment(story: Story) -> None:
    assert [(each.at, each.rule, each.kind, each.to) for each in story.messages if each.instance] == [
        (REMINDED, "a.decision", "reminder", "clerk"),
        (DUE, "a.decision", "due", "clerk"),
        (FIRED, "a.decision", "rung", "chief"),
        (STATUS[0], "b.status", "due", "clerk"),
        (PAPER_REMINDED, "b.paper", "reminder", "clerk"),
        (PAPER, "b.paper", "due", "clerk"),
        (STATUS[1], "b.status", "due", "clerk"),
        (WARNED, "horizon", "reminder", "chief"),
        (STATUS[2], "b.status", "due", "clerk"),
        (END, "horizon", "due", "chief"),
    ]


def test_every_notice_is_handed_over_what_failed_a_second_later_what_was_lost_after_the_lease(
    story: Story,
) -> None:
    moments = [moment for moment, _ in story.delivered]
    assert moments[:3] == [REMINDED + SECOND, DUE + LEASE, FIRED]
    assert moments[3:] == [each.at for each in story.messages if each.instance][3:]
    assert len({key for _, key in story.delivered}) == len(story.delivered) == 10
    assert {state for _, state, *_ in story.outbox} == {"delivered"}


def test_digests_come_on_mondays_and_after_a_gap_once(story: Story) -> None:
    planned = [each.due for each in story.messages if each.kind == "digest"]
    assert planned[:3] == [at("2024-03-11T06:00"), at("2024-03-18T06:00"), at("2024-03-25T06:00")]
    assert all(due.weekday() == 0 for due in planned)
    assert len(story.digests) == len(planned) == len(set(planned))


def test_what_was_done_is_in_the_history_and_balances(story: Story) -> None:
    kinds = [body["kind"] for body in story.history]
    assert kinds == [
        "started",
        "paused",
        "resumed",
        "extended",
        "timer",
        "timer",
        "timer",
        "recounted",
        *["timer"] * 7,
    ]
    assert story.sound
    assert story.account is not None
    assert story.account.imbalances == ()
    assert [(each.rule, each.occurrence) for each in story.ledger] == [
        ("a.decision", 1),
        ("horizon", 1),
        ("b.paper", 1),
        ("b.status", 1),
        ("b.status", 2),
        ("b.status", 3),
    ]
    ((before, after),) = story.moves
    assert (before.provisional, after.provisional, after.due) == (True, False, PAPER)
    assert {each.deadline.rule for each in story.needs} == {"b.paper", "b.status"}


def test_nothing_starts_behind_the_end(story: Story) -> None:
    assert "the horizon of case@1, 2024-06-30, is past" in story.refused


def test_both_clocks_tell_the_same_story(tmp_path: Path) -> None:
    stories = [live(tmp_path / f"{way}.db", way) for way in WAYS]
    assert stories[0] == stories[1]
