"""What a notice counts from, and what it says of a case that its own moment has closed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from gaita.clock import ManualClock
from gaita.model.notice import Notice
from gaita.runtime import Engine
from tests.gaita.building import T0, heading
from tests.gaita.delivery.delivering import BOOK, Told, always, routes_of

PERMIT = (
    heading("permit", calendar="LV", horizon="2024-12-31")
    + """
[data]
agreed = { type = "boolean", default = true, by = ["clerk"] }
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.decision]
within = "10 working days"
remind = [{ before = "5 working days", to = "clerk" }, { before = "2 minutes", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "1 day", to = "chief", fire = "expire" }]
[states.expired]
[states.expired.deadlines.last]
within = "5 days"
escalate = [{ to = "chief", fire = "close" }]
[states.closed]
final = true
[horizon]
to = ["clerk"]
close_to = "closed"
[events.expire]
[events.close]
[[transitions]]
event = "expire"
from = "a"
to = "expired"
guard = [{ id = "agreed", check = "data.agreed", why = { en = "It is agreed" } }]
[[transitions]]
event = "close"
from = "any"
to = "closed"
"""
)
DAY = timedelta(days=1)


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    made = Engine(url, clock=clock, recipients=BOOK)
    made.migrate()
    made.deploy(PERMIT)
    made.start("permit", instance="one")
    yield made
    made.close()


def heard(engine: Engine) -> list[Notice]:
    told = Told()
    engine.outbox.deliver(routes_of(told))
    return told.notices


@pytest.mark.parametrize(
    ("late", "counted"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(microseconds=1), timedelta(0)),
        (timedelta(seconds=40), timedelta(0)),
        (timedelta(hours=3), timedelta(hours=3)),
        (2 * DAY, 2 * DAY),
    ],
)
def test_a_reminder_counts_from_its_own_moment_unless_it_is_told_late(
    engine: Engine, clock: ManualClock, late: timedelta, counted: timedelta
) -> None:
    deadline = engine.get("one").deadlines[0]
    moment = deadline.timers[0].due
    assert moment is not None
    clock.set(moment + late)
    engine.run_due()
    (notice,) = heard(engine)
    assert notice.at == moment + counted


def test_a_short_reminder_tolerates_less(engine: Engine, clock: ManualClock) -> None:
    moment = engine.get("one").deadlines[0].timers[1].due
    assert moment is not None
    clock.set(moment + timedelta(seconds=5))
    engine.run_due()
    assert heard(engine)[-1].at == moment
    clock.set(moment + timedelta(seconds=30))
    (preview,) = [engine.deadlines.preview("one", "a.decision", 1)]
    assert preview.at == clock.now()


def test_what_is_handed_over_late_counts_from_when_it_is(engine: Engine, clock: ManualClock) -> None:
    moment = engine.get("one").deadlines[0].timers[0].due
    assert moment is not None
    clock.set(moment)
    engine.run_due()
    mail = Told()
    mail.before = always(OSError("down"))
    engine.outbox.deliver(routes_of(mail))
    mail.before = None
    clock.advance(DAY)
    engine.outbox.deliver(routes_of(mail))
    assert [each.at for each in mail.notices] == [moment + DAY]


def test_a_preview_counts_from_the_moment_to_come(engine: Engine) -> None:
    deadline = engine.get("one").deadlines[0]
    found = [engine.deadlines.preview("one", "a.decision", index).at for index in range(4)]
    assert found == [timer.due for timer in deadline.timers]


def test_a_rung_says_where_it_has_led(engine: Engine, clock: ManualClock) -> None:
    assert engine.deadlines.preview("one", "a.decision", 3).led_to == "expired"
    clock.set(T0 + 40 * DAY)
    engine.run_due()
    rungs = [each for each in heard(engine) if each.message.kind == "rung"]
    assert [(each.led_to, each.is_over, each.upcoming) for each in rungs] == [("expired", True, ())]
    clock.advance(10 * DAY)
    engine.run_due()
    due = [each for each in heard(engine) if each.message.rule == "expired.last"]
    assert [(each.message.kind, each.led_to) for each in due] == [("due", "closed")]


def test_once_something_else_has_moved_it_on_a_rung_claims_nothing(
    engine: Engine, clock: ManualClock
) -> None:
    clock.set(T0 + 40 * DAY)
    engine.run_due()
    clock.advance(DAY)
    engine.fire("one", "close")
    assert {each.led_to for each in heard(engine)} == {None}


def test_a_rung_whose_event_was_refused_claims_nothing(engine: Engine, clock: ManualClock) -> None:
    engine.set_data("one", {"agreed": False}, roles=["clerk"])
    clock.set(T0 + 40 * DAY)
    engine.fire("one", "close")  # what was due fires first, in the same instant
    assert engine.get("one").state == "closed"
    assert {each.led_to for each in heard(engine)} == {None}


def test_the_horizon_that_closes_a_case_says_so(engine: Engine, clock: ManualClock) -> None:
    engine.set_data("one", {"agreed": False}, roles=["clerk"])
    clock.set(T0 + 400 * DAY)
    engine.run_due()
    last = heard(engine)[-1]
    assert (last.message.rule, last.led_to) == ("horizon", "closed")
