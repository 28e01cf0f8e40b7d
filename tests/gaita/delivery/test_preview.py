"""Previewing a notice: as its reader would get it now, with nothing sent."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from gaita.clock import ManualClock
from gaita.errors import MalformedCommand, UnknownInstance
from gaita.runtime import Engine
from tests.gaita.building import COUNTER, T0, heading

SILENT = (
    heading("silent")
    + """
[roles.clerk]
[states.a]
[states.a.deadlines.quiet]
within = "10 days"
escalate = [{ fire = "finish" }]
[states.end]
final = true
[events.finish]
[[transitions]]
event = "finish"
from = "a"
to = "end"
"""
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(T0)


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    made = Engine(url, clock=clock)
    made.migrate()
    made.deploy(COUNTER)
    made.deploy(SILENT)
    made.start("case", instance="one")
    yield made
    made.close()


def test_by_default_it_is_the_next_moment_of_the_deadline_due_first(
    engine: Engine, clock: ManualClock
) -> None:
    notice = engine.deadlines.preview("one")
    assert (notice.rule.id, notice.moment.kind, notice.message.to) == ("a.soon", "reminder", "clerk")
    assert (notice.recipient.role, notice.recipient.addresses) == ("clerk", {})
    assert [each.moment.kind for each in notice.upcoming] == ["due", "rung"]
    assert notice.explained is not None
    clock.advance(timedelta(days=8))
    engine.run_due()
    assert engine.deadlines.preview("one").moment.kind == "due"


def test_a_moment_and_a_reader_may_be_chosen(engine: Engine) -> None:
    notice = engine.deadlines.preview("one", "a.soon", 2)
    assert (notice.moment.kind, notice.message.to, notice.upcoming) == ("rung", "chief", ())
    assert engine.deadlines.preview("one", timer=2, role="clerk").role.id == "clerk"
    assert engine.deadlines.preview("one", role="chief").moment.kind == "reminder"


def test_nothing_is_sent_and_nothing_changes(engine: Engine) -> None:
    before = engine.get("one")
    assert engine.deadlines.preview("one").key.startswith("preview/")
    assert engine.get("one") == before
    assert len(engine.history("one")) == 1


def test_a_paused_clock_or_fired_moments_leave_it_possible(engine: Engine, clock: ManualClock) -> None:
    clock.advance(timedelta(days=30))
    engine.run_due()
    assert engine.deadlines.preview("one").moment.kind == "due"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"rule": "a.son"}, "workflow case@1 has no deadline 'a.son'; did you mean a.soon?"),
        ({"rule": "zzz"}, "workflow case@1 has no deadline 'zzz'; there are: a.soon and b.long"),
        ({"rule": "b.long"}, "deadline: b.long is not open in state a; open are: a.soon"),
        ({"timer": 3}, "timer: the moments of a.soon are numbered 0 to 2; found 3"),
        ({"timer": -1}, "timer: the moments of a.soon are numbered 0 to 2; found -1"),
        ({"role": "cheif"}, "workflow case@1 has no role 'cheif'; did you mean chief?"),
        ({"role": "zzz"}, "workflow case@1 has no role 'zzz'; there are: clerk and chief"),
    ],
)
def test_what_there_is_not_is_told(engine: Engine, asked: dict[str, object], told: str) -> None:
    with pytest.raises(MalformedCommand) as raised:
        engine.deadlines.preview("one", **asked)  # type: ignore[arg-type]
    assert told in str(raised.value)


def test_where_no_deadline_is_open_there_is_nothing_to_preview(engine: Engine) -> None:
    engine.fire("one", "finish")
    with pytest.raises(MalformedCommand, match=r"no deadline is open in state end$"):
        engine.deadlines.preview("one")
    with pytest.raises(MalformedCommand, match=r"a\.soon is not open in state end; open are: none"):
        engine.deadlines.preview("one", "a.soon")


def test_of_what_nobody_hears_a_reader_must_be_named(engine: Engine) -> None:
    engine.start("silent", instance="two")
    with pytest.raises(MalformedCommand, match=r"nobody hears of deadline a\.quiet; name a role"):
        engine.deadlines.preview("two")
    assert engine.deadlines.preview("two", role="clerk").message.to == "clerk"


def test_an_instance_that_there_is_not(engine: Engine) -> None:
    with pytest.raises(UnknownInstance):
        engine.deadlines.preview("three")
