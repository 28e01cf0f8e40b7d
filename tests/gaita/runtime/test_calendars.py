"""Changes of calendars: shown before they are made, and made exactly as they were shown."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import create_engine, event, select

from gaita.calendar import WorkingCalendar, due_day_text
from gaita.clock import ManualClock
from gaita.errors import MalformedCommand, PlanChanged
from gaita.model.instance import Deadline
from gaita.runtime import CalendarPlan, Engine
from gaita.store import Tables, open_database
from tests.gaita.building import at, heading
from tests.gaita.runtime.counting import (
    CLOSED,
    DECISION,
    ESTONIA,
    LATVIA,
    OTHER,
    PERMIT,
    THURSDAY,
    engine_on,
    latvia,
)
from tests.gaita.runtime.watching import Statements


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(THURSDAY)


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    """An engine that counts by Latvia's calendar, and knows of nothing else."""
    made = engine_on(url, clock)
    made.migrate()
    made.deploy(PERMIT)
    made.deploy(OTHER)
    made.start("permit", instance="one")
    yield made
    made.close()


@pytest.fixture
def closed(engine: Engine, url: str, clock: ManualClock) -> Iterator[Engine]:
    """A second engine on the same file, whose settings have closures."""
    made = engine_on(url, clock, CLOSED, ESTONIA)
    assert engine.workflows()
    yield made
    made.close()


def only(engine: Engine) -> CalendarPlan:
    (plan,) = engine.calendars.diff()
    return plan


def opened(engine: Engine, instance: str = "one", rule: str = DECISION) -> Deadline:
    return next(each for each in engine.get(instance).deadlines if each.rule == rule)


def day(moment: datetime) -> str:
    return due_day_text(moment, "Europe/Riga")


def kinds(engine: Engine, instance: str = "one") -> list[object]:
    return [record.body["kind"] for record in engine.history(instance)]


def test_one_that_is_never_open_and_in_force_is_replaced(
    engine: Engine, url: str, clock: ManualClock
) -> None:
    closed = WorkingCalendar("LV", date(2024, 12, 31), ((),) * 7, {}, {}, never_open=True)
    never = engine_on(url, clock, closed, ESTONIA)
    there = only(never)
    assert [day(each.after.due) for each in there.moves] == ["9999-12-31"]
    never.calendars.apply(there.digest)
    assert opened(engine).provisional
    clock.advance(timedelta(days=1))
    assert engine.run_due().incidents == 0
    back = only(engine)
    assert [(day(each.before.due), day(each.after.due)) for each in back.moves] == [
        ("9999-12-31", "2024-05-27")
    ]
    engine.calendars.apply(back.digest)
    assert engine.calendars.diff() == []
    assert (day(opened(engine).due), opened(engine).provisional) == ("2024-05-27", False)
    assert engine.verify().sound
    never.close()


def test_dates_at_the_end_of_time_stay_where_they_are(
    engine: Engine, closed: Engine, clock: ManualClock
) -> None:
    engine.start("permit", instance="far", data={"ends_on": "9999-12-31"})
    engine.start("permit", instance="long-ago", data={"ends_on": "0001-01-01"})
    engine.run_due()
    for changed in (closed, engine):  # to the other calendar, and back
        plan = only(changed)
        assert {each.before.rule for each in plan.moves} == {DECISION}
        changed.calendars.apply(plan.digest)
    assert engine.verify().sound


def test_a_calendar_is_put_in_force_by_the_first_deployment_that_needs_it(
    url: str, clock: ManualClock
) -> None:
    engine = engine_on(url, clock)
    engine.migrate()
    assert engine.calendars.in_force() == []
    engine.deploy(PERMIT)
    (found,) = engine.calendars.in_force()
    assert (found.calendar, found.applied_at, found.applied_by) == (LATVIA, THURSDAY, "deployment")
    clock.advance(timedelta(days=1))
    engine.deploy(OTHER)
    assert [each.calendar.name for each in engine.calendars.in_force()] == ["EE", "LV"]
    assert engine.calendars.in_force()[1].applied_at == THURSDAY


def test_deadlines_are_counted_by_the_calendar_in_force_and_never_by_the_settings(
    engine: Engine, closed: Engine
) -> None:
    closed.start("permit", instance="two")
    closed.deploy(PERMIT.replace('extend_by = "chief"', 'extend_by = ["chief", "clerk"]'))
    closed.start("permit", instance="three")
    for instance in ("two", "three"):
        assert day(opened(engine, instance).due) == "2024-05-27"


def test_what_is_in_force_already_is_no_change(engine: Engine) -> None:
    assert engine.calendars.diff() == []


def test_a_plan_lists_what_would_move_from_when_to_when_and_why(engine: Engine, closed: Engine) -> None:
    plan = only(closed)
    (move,) = plan.moves
    assert (move.instance, move.before.rule) == ("one", DECISION)
    assert (day(move.before.due), day(move.after.due)) == ("2024-05-27", "2024-05-29")
    assert [(each.day, each.is_worked) for each in move.why] == [
        (date(2024, 5, 13), False),
        (date(2024, 5, 14), False),
    ]
    assert move.why == plan.days
    assert day(opened(engine).due) == "2024-05-27", "to look changes nothing"


def test_days_outside_of_a_deadline_are_no_reason_for_its_move(engine: Engine, url: str) -> None:
    later = engine_on(url, ManualClock(THURSDAY), latvia("2024-04-24", "2024-05-13", "2024-07-01"))
    (move,) = only(later).moves
    assert [each.day for each in move.why] == [date(2024, 5, 13)]
    assert engine.calendars.diff() == []


def test_what_is_counted_back_from_a_point_moves_by_the_days_between(engine: Engine, url: str) -> None:
    engine.start("permit", instance="two", data={"ends_on": "2024-09-30"})
    before = opened(engine, "two", "open.filing").due
    other = engine_on(url, ManualClock(THURSDAY), latvia("2024-09-27"))
    (move,) = only(other).moves
    assert (move.instance, day(before), day(move.after.due)) == ("two", "2024-09-23", "2024-09-20")
    assert [each.day for each in move.why] == [date(2024, 9, 27)]


def test_a_rung_that_moves_alone_is_listed_with_its_reason(engine: Engine, url: str) -> None:
    other = engine_on(url, ManualClock(THURSDAY), latvia("2024-05-29"))
    (move,) = only(other).moves
    assert move.before.due == move.after.due
    assert move.before.timers[:2] == move.after.timers[:2]
    rung, moved = (each.timers[2].due for each in (move.before, move.after))
    assert rung is not None
    assert moved is not None
    assert moved - rung == timedelta(days=1)
    assert [each.day for each in move.why] == [date(2024, 5, 29)]
    other.calendars.apply(only(other).digest)
    assert opened(engine).timers == move.after.timers
    assert opened(engine).due == move.after.due


def test_applying_does_exactly_what_was_shown_with_a_record_for_each_instance(
    engine: Engine, closed: Engine, clock: ManualClock
) -> None:
    engine.start("permit", instance="two")
    plan = only(closed)
    shown = {move.instance: move.after for move in plan.moves}
    clock.advance(timedelta(hours=1))
    done = closed.calendars.apply(plan.digest[:8], actor="anna")
    assert done == plan
    assert {each: opened(engine, each) for each in ("one", "two")} == shown
    for each in ("one", "two"):
        record = engine.history(each)[-1]
        assert (record.body["kind"], record.body["actor"]) == ("recounted", "anna")
        assert (record.body["calendar"], record.body["digest"]) == ("LV", CLOSED.digest)
    found = engine.calendars.in_force()[1]
    assert (found.calendar, found.applied_at, found.applied_by) == (CLOSED, clock.now(), "anna")
    assert engine.verify().sound
    assert engine.deadlines.account().balanced


def test_another_engine_counts_by_the_new_calendar_at_once(engine: Engine, closed: Engine) -> None:
    engine.start("permit", instance="two")
    closed.calendars.apply(only(closed).digest)
    engine.start("permit", instance="three")
    assert day(opened(engine, "three").due) == "2024-05-29"
    # Its own settings still want the calendar that was.
    assert day(only(engine).moves[0].after.due) == "2024-05-27"
    assert closed.calendars.diff() == []


@pytest.mark.parametrize("digest", ["", "zzzz"])
def test_a_digest_that_no_plan_has_changes_nothing(engine: Engine, closed: Engine, digest: str) -> None:
    with pytest.raises(PlanChanged, match="calendar diff"):
        closed.calendars.apply(digest)
    assert kinds(engine) == ["started"]


def test_a_plan_is_void_once_another_deadline_would_move(engine: Engine, closed: Engine) -> None:
    plan = only(closed)
    engine.start("permit", instance="two")
    with pytest.raises(PlanChanged):
        closed.calendars.apply(plan.digest)
    assert (kinds(engine), kinds(engine, "two")) == (["started"], ["started"])
    assert engine.calendars.in_force()[1].calendar == LATVIA


def test_a_plan_is_void_once_a_deadline_of_it_has_ended_or_been_extended(
    engine: Engine, closed: Engine
) -> None:
    engine.start("permit", instance="two")
    plan = only(closed)
    engine.extend("one", DECISION, "1 working day", "why", roles=["chief"])
    with pytest.raises(PlanChanged):
        closed.calendars.apply(plan.digest)
    plan = only(closed)
    engine.fire("two", "finish", roles=["chief"])
    with pytest.raises(PlanChanged):
        closed.calendars.apply(plan.digest)
    closed.calendars.apply(only(closed).digest)
    assert day(opened(engine).due) == "2024-05-30"


def test_a_plan_is_void_once_the_settings_want_another_calendar(
    engine: Engine, closed: Engine, url: str, clock: ManualClock
) -> None:
    plan = only(closed)
    other = engine_on(url, clock, latvia("2024-05-13", "2024-05-15"), ESTONIA)
    assert [move.after for move in only(other).moves] == [move.after for move in plan.moves]
    with pytest.raises(PlanChanged):
        other.calendars.apply(plan.digest)
    assert day(opened(engine).due) == "2024-05-27"


def test_a_plan_is_void_once_another_calendar_is_in_force(
    engine: Engine, closed: Engine, url: str, clock: ManualClock
) -> None:
    plan = only(closed)
    other = engine_on(url, clock, latvia("2024-05-15"), ESTONIA)
    other.calendars.apply(only(other).digest)
    with pytest.raises(PlanChanged):
        closed.calendars.apply(plan.digest)
    assert day(opened(engine).due) == "2024-05-28"


@pytest.mark.parametrize("swept", [True, False])
def test_a_plan_is_void_once_a_timer_of_it_fell_due(
    engine: Engine,
    closed: Engine,
    clock: ManualClock,
    swept: bool,
) -> None:
    plan = only(closed)
    reminder = opened(engine).timers[0].due
    assert reminder is not None
    clock.set(reminder)
    if swept:
        engine.run_due()
    with pytest.raises(PlanChanged):
        closed.calendars.apply(plan.digest)
    assert day(opened(engine).due) == "2024-05-27"


def test_what_was_due_already_is_carried_out_first_and_stays_due(
    engine: Engine, closed: Engine, clock: ManualClock
) -> None:
    engine.start("permit", instance="two")
    due = opened(engine).due
    clock.set(due)
    engine.start("permit", instance="three", since=at("2024-05-10T09:00"), state="open", reason="late")
    plan = only(closed)
    assert {move.instance for move in plan.moves} == {"three"}
    closed.calendars.apply(plan.digest)
    assert opened(engine).due == due
    assert engine.run_due().timers == 4
    assert kinds(engine) == ["started", "timer", "timer"]
    assert engine.deadlines.account().balanced


def test_a_paused_deadline_stays_paused_and_moves_when_it_is_resumed(
    engine: Engine, closed: Engine, clock: ManualClock
) -> None:
    engine.pause("one", DECISION, "waiting", roles=["chief"])
    clock.advance(timedelta(hours=1))
    plan = only(closed)
    closed.calendars.apply(plan.digest)
    stopped = opened(engine)
    assert stopped.is_paused
    assert all(timer.due is None for timer in stopped.timers)
    assert engine.next_due() is None
    assert engine.deadlines.account().balanced
    engine.resume("one", DECISION, roles=["chief"])
    assert day(opened(engine).due) == "2024-05-29"


def test_deadlines_by_another_calendar_stay(engine: Engine, closed: Engine) -> None:
    engine.start("other", instance="two")
    before = engine.get("two")
    assert {move.instance for move in only(closed).moves} == {"one"}
    closed.calendars.apply(only(closed).digest)
    assert engine.get("two") == before


def test_a_calendar_that_was_named_is_planned_alone(engine: Engine, url: str, clock: ManualClock) -> None:
    assert engine.workflows()
    both = engine_on(url, clock, CLOSED, replace(CLOSED, name="EE"))
    assert [plan.calendar.name for plan in both.calendars.diff()] == ["LV", "EE"]
    assert [plan.calendar.name for plan in both.calendars.diff("EE")] == ["EE"]
    with pytest.raises(MalformedCommand, match="no calendar 'LT'; there are: LV and EE"):
        both.calendars.diff("LT")


def test_a_write_that_fails_rolls_all_back(engine: Engine, url: str, clock: ManualClock) -> None:
    tables = Tables()
    database = create_engine(url)
    host = Engine(database, tables=tables, clock=clock, calendars=[CLOSED, ESTONIA])
    engine.start("permit", instance="two")
    plan = only(host)

    @event.listens_for(database, "before_cursor_execute")
    def failing(*asked: object) -> None:
        if str(asked[2]).startswith(f"INSERT INTO {tables.calendars.name}"):
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        host.calendars.apply(plan.digest)
    database.dispose()
    assert (kinds(engine), kinds(engine, "two")) == (["started"], ["started"])
    assert day(opened(engine).due) == "2024-05-27"
    assert engine.calendars.in_force()[1].calendar == LATVIA
    with engine.transaction() as connection:
        assert connection.execute(select(tables.calendars)).all()


# -- provisional deadlines


@pytest.fixture
def short(url: str, clock: ManualClock) -> Iterator[Engine]:
    """An engine whose calendar knows nothing of May."""
    made = engine_on(url, clock, latvia(known_until="2024-04-30"))
    made.migrate()
    made.deploy(PERMIT.replace('calendar = "LV"', 'calendar = "LV"\nbeyond_calendar = "provisional"'))
    made.start("permit", instance="one")
    yield made
    made.close()


def test_a_provisional_deadline_never_fires(short: Engine, clock: ManualClock) -> None:
    assert opened(short).provisional
    assert short.next_due() is None
    clock.advance(timedelta(days=400))
    assert short.run_due().timers == 0
    (line,) = [each for each in short.deadlines.account().lines if each.rule == DECISION]
    assert (line.open, line.provisional, line.overdue) == (1, 1, 0)


def test_a_calendar_that_knows_more_makes_it_firm_and_it_fires(
    short: Engine, url: str, clock: ManualClock
) -> None:
    grown = engine_on(url, clock, LATVIA)
    (move,) = only(grown).moves
    assert (move.before.provisional, move.after.provisional) == (True, False)
    assert day(move.after.due) == "2024-05-27"
    grown.calendars.apply(only(grown).digest)
    assert not opened(short).provisional
    clock.set(datetime(2024, 5, 27, 21, tzinfo=UTC) - timedelta(microseconds=1))
    assert short.run_due().messages == 1
    clock.advance(timedelta(microseconds=1))
    assert short.run_due().messages == 1
    assert short.deadlines.account().balanced


def test_one_that_becomes_firm_in_the_past_fires_late(short: Engine, url: str, clock: ManualClock) -> None:
    clock.set(at("2024-06-10T09:00"))
    grown = engine_on(url, clock, LATVIA)
    grown.calendars.apply(only(grown).digest)
    assert short.run_due().timers > 0
    (ledger,) = short.deadlines.ledger("one")
    fired = [(each.kind, each.late > timedelta()) for each in ledger.entries]
    assert ("due", True) in fired
    assert short.deadlines.account().balanced


def test_operators_hear_once_that_a_calendar_ends_too_soon_until_it_knows_more(
    short: Engine, url: str, clock: ManualClock
) -> None:
    short.start("permit", instance="two")
    (incident,) = short.incidents.list()
    assert (incident.instance, incident.code) == (None, "calendar_ends")
    assert "the calendar LV" in incident.message
    slightly = engine_on(url, clock, latvia(known_until="2024-05-05"))
    slightly.calendars.apply(only(slightly).digest)
    assert [each.number for each in short.incidents.list()] == [incident.number], "it still ends too soon"
    grown = engine_on(url, clock, LATVIA)
    grown.calendars.apply(only(grown).digest, actor="anna")
    assert short.incidents.list() == []
    assert short.incidents.list(closed=True)[0].closed_by == "anna"


def test_a_rung_past_what_the_calendar_knows_is_reported_though_its_deadline_is_certain(
    url: str, clock: ManualClock
) -> None:
    made = engine_on(url, clock, latvia(known_until="2024-05-31"))
    made.migrate()
    made.deploy(LATE_RUNG)
    made.start("late", instance="one")
    (deadline,) = made.get("one").deadlines
    assert not deadline.provisional
    assert [timer.due is None for timer in deadline.timers] == [False, True]
    assert [each.code for each in made.incidents.list()] == ["calendar_ends"]
    assert [line.provisional for line in made.deadlines.account().lines] == [1]
    grown = engine_on(url, clock, LATVIA)
    grown.calendars.apply(only(grown).digest)
    assert [line.provisional for line in made.deadlines.account().lines] == [0]
    assert made.incidents.list() == []
    made.close()


LATE_RUNG = (
    heading("late", calendar="LV")
    + """
[roles.clerk]
[states.a]
[states.a.deadlines.soon]
at = 2024-05-30
escalate = [{ to = "clerk" }, { after = "10 working days", to = "clerk" }]
[states.end]
final = true
[events.finish]
[[transitions]]
event = "finish"
from = "a"
to = "end"
"""
)


# -- instances that cannot be carried on


def test_one_that_cannot_be_read_is_left_out_and_holds_up_no_other(
    engine: Engine, closed: Engine, url: str
) -> None:
    engine.start("permit", instance="broken")
    database = create_engine(url)
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE gaita_instances SET data = '{' WHERE id = 'broken'")
    database.dispose()
    plan = only(closed)
    assert [move.instance for move in plan.moves] == ["one"]
    assert [each.partition(":")[0] for each in plan.left_out] == ["broken"]
    closed.calendars.apply(plan.digest)
    assert day(opened(engine).due) == day(plan.moves[0].after.due)
    assert [(each.instance, each.code) for each in engine.incidents.list()] == [("broken", "not_recounted")]


# -- by batch, and without a lock while it only looks


def counted(url: str, clock: ManualClock, instances: int) -> tuple[list[int], list[int]]:
    """Return the statements of a diff and of an apply over so many instances, and the locks they took."""
    database = open_database(url + str(instances), synchronous="OFF")
    first = Engine(database, clock=clock, calendars=[LATVIA, ESTONIA])
    first.migrate()
    first.deploy(PERMIT)
    first.deploy(OTHER)
    with first.transaction() as connection:
        for number in range(instances):
            first.start("permit", instance=f"p{number:04}", connection=connection)
            first.start("other", instance=f"o{number:04}", connection=connection)
    made = Engine(database, clock=clock, calendars=[CLOSED, ESTONIA])
    seen = Statements(database)
    plan = only(made)
    statements, locks = [seen.count], [len(seen.writing)]
    assert len(plan.moves) == instances
    made.calendars.apply(plan.digest)
    statements.append(seen.count - statements[0])
    locks.append(len(seen.writing))
    assert seen.records()[-1] == instances
    assert {day(opened(made, f"p{number:04}").due) for number in range(instances)} == {"2024-05-29"}
    assert made.verify("p0000").sound
    database.dispose()
    return statements, locks


def test_the_statements_are_counted_by_batch_and_not_by_instance(url: str, clock: ManualClock) -> None:
    few, _ = counted(url, clock, 2)
    many, locks = counted(url, clock, 120)
    assert many == few
    assert locks == [0, 1], "to look takes no lock, to apply takes one"
    assert max(many) < 60


def test_to_look_waits_for_no_writer(engine: Engine, closed: Engine) -> None:
    with engine.transaction() as connection:
        engine.start("permit", instance="two", connection=connection)
        assert {move.instance for move in only(closed).moves} == {"one"}
        with pytest.raises(PlanChanged):
            closed.calendars.apply("0" * 64)


def test_a_change_between_the_look_and_the_lock_voids_the_plan_and_undoes_what_was_written(
    engine: Engine, url: str, clock: ManualClock
) -> None:
    database = open_database(url)
    made = Engine(database, clock=clock, calendars=[CLOSED, ESTONIA])
    plan = only(made)
    changed: list[str] = []

    def change(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement == "BEGIN IMMEDIATE" and not changed:
            changed.append("two")
            engine.start("permit", instance="two")

    event.listen(database, "before_cursor_execute", change)
    with pytest.raises(PlanChanged):
        made.calendars.apply(plan.digest)
    assert changed == ["two"]
    assert (kinds(engine), kinds(engine, "two")) == (["started"], ["started"])
    assert engine.calendars.in_force()[1].calendar == LATVIA
    made.calendars.apply(only(made).digest)
    assert {day(opened(engine, name).due) for name in ("one", "two")} == {"2024-05-29"}
    database.dispose()


def test_who_applied_a_calendar_is_never_who_was_rolled_back(
    engine: Engine, url: str, clock: ManualClock
) -> None:
    changed = engine_on(url, clock, CLOSED)
    (plan,) = changed.calendars.diff("LV")
    with pytest.raises(RuntimeError), changed.transaction() as connection:  # noqa: PT012 - the host's own block
        changed.calendars.apply(plan.digest, actor="anna", connection=connection)
        (found,) = [
            each for each in changed.calendars.in_force(connection=connection) if each.calendar.name == "LV"
        ]
        assert found.applied_by == "anna"
        raise RuntimeError
    changed.calendars.apply(plan.digest, actor="ilze")
    (found,) = [each for each in changed.calendars.in_force() if each.calendar.name == "LV"]
    assert found.applied_by == "ilze"
    changed.close()
