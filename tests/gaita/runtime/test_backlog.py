"""Backlogs in the database: carried on in bounded transactions, in order, fairly, and never half."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Connection, event
from sqlalchemy import Engine as Database

from gaita import DigestPlan
from gaita.clock import ManualClock
from gaita.errors import BacklogTooLong, MalformedCommand, StuckTimer
from gaita.runtime import Engine
from gaita.store import Tables, open_database
from tests.gaita.building import COUNTER, T0, at
from tests.gaita.runtime.watching import Statements
from tests.gaita.step.test_backlog import ENDLESS_AFTER_A_DAY, hourly
from tests.gaita.step.test_deadlines import PING

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURLY = hourly().source.replace('id = "case"', 'id = "hourly"')
LATE = at("2024-03-20T00:00")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    made = open_database(url, synchronous="OFF")
    yield made
    made.dispose()


@pytest.fixture
def engine(database: Database, clock: ManualClock) -> Engine:
    made = Engine(database, clock=clock)
    made.migrate()
    made.deploy(COUNTER)
    made.deploy(HOURLY)
    return made


def told(engine: Engine) -> list[str]:
    """Return the instances that messages were written for, in order."""
    return [each.message.instance for each in engine.outbox.messages(limit=100_000)]


def last(engine: Engine, instance: str) -> int:
    """Return the place of the last message for an instance among all messages."""
    return max(place for place, name in enumerate(told(engine)) if name == instance)


# -- bounded


def test_a_transaction_carries_out_no_more_timers_than_a_batch(
    engine: Engine, clock: ManualClock, database: Database
) -> None:
    engine.start("hourly", instance="long")
    clock.advance(1_234 * HOUR)
    seen = Statements(database)
    sweep = engine.run_due(batch=100)
    assert (sweep.timers, sweep.messages, sweep.instances) == (1_234, 1_234, 1)
    # One that took long is followed by smaller ones: how many there are hangs on the machine.
    assert (max(seen.records()), sum(seen.records())) == (100, 1_234)
    assert engine.verify().sound
    assert engine.deadlines.account().balanced


def test_the_parts_of_a_backlog_make_the_history_of_one_go(
    url: str, clock: ManualClock, engine: Engine
) -> None:
    whole = Engine(url + ".whole", clock=clock)
    whole.migrate()
    whole.deploy(COUNTER)
    whole.deploy(HOURLY)
    for each in (engine, whole):
        each.start("hourly", instance="long")
    clock.advance(300 * HOUR)
    engine.run_due(batch=7)
    whole.run_due(batch=100_000)
    assert engine.history("long") == whole.history("long")
    assert engine.get("long") == whole.get("long")
    whole.close()


def test_many_small_instances_are_as_many_timers_as_one_large(
    engine: Engine, clock: ManualClock, database: Database
) -> None:
    for number in range(20):
        engine.start("case", instance=f"c{number:02}")
    clock.set(LATE)
    seen = Statements(database)
    sweep = engine.run_due(batch=40)
    assert (sweep.timers, sweep.instances) == (60, 20)
    assert (max(seen.records()), sum(seen.records())) == (40, 60)
    assert engine.deadlines.account().balanced


def test_a_process_that_ends_between_two_parts_loses_nothing(
    engine: Engine, clock: ManualClock, database: Database, url: str
) -> None:
    engine.start("hourly", instance="long")
    clock.advance(100 * HOUR)
    written: list[int] = []

    def away(_connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("INSERT INTO gaita_records"):
            written.append(1)
            if len(written) == 4:
                raise OSError("the disk is gone")

    event.listen(database, "before_cursor_execute", away)
    with pytest.raises(OSError, match="the disk is gone"):
        engine.run_due(batch=10)
    event.remove(database, "before_cursor_execute", away)
    assert len(engine.history("long")) == 1 + 30, "what was committed stays"
    again = Engine(url, clock=clock)
    assert again.run_due(batch=10).timers == 70
    assert len(set(told(again))) == 1
    assert len(told(again)) == 100
    assert again.verify().sound
    again.close()


# -- fair


@pytest.mark.parametrize("huge", [1, 3, 30])
def test_those_with_much_behind_them_hold_up_nobody(engine: Engine, clock: ManualClock, huge: int) -> None:
    engine.deploy(HOURLY.replace("1 hour", "6 hours"))
    for number in range(huge):
        engine.start("hourly", instance=f"huge-{number:02}")
    clock.set(T0 + 5 * DAY)
    for number in range(20):  # due after everything that the others missed
        engine.start("case", instance=f"small-{number:02}", since=T0, reason="taken over")
    clock.set(LATE)
    engine.run_due(batch=20)
    backlog = (LATE - T0) // (6 * HOUR)
    assert told(engine).count("huge-00") == backlog
    smallest = max(last(engine, f"small-{number:02}") for number in range(20))
    # Each of the huge ones had its turn before, or between; none had two.
    assert smallest < 20 * 3 + (huge + 3) * 20
    assert engine.deadlines.account().balanced


def test_those_with_much_behind_them_go_on_in_turn(engine: Engine, clock: ManualClock) -> None:
    for name in ("one", "two", "three"):
        engine.start("hourly", instance=name)
    clock.advance(200 * HOUR)
    engine.run_due(batch=30)
    places = [last(engine, name) for name in ("one", "two", "three")]
    assert max(places) - min(places) <= 60, "they come to their ends together"


def test_what_waits_for_its_turn_is_not_reported_out_of_order(engine: Engine, clock: ManualClock) -> None:
    engine.start("hourly", instance="long")
    clock.advance(95 * HOUR)
    engine.run_due(batch=10)
    dues = [each.message.due for each in engine.outbox.messages()]
    assert all(earlier < later for earlier, later in pairwise(dues))


# -- circles


@pytest.mark.parametrize("batch", [1, 10, 500])
def test_a_circle_is_found_however_small_the_batches_are(
    engine: Engine, clock: ManualClock, batch: int
) -> None:
    engine.deploy(PING.source.replace('id = "case"', 'id = "ping"'))
    engine.deploy(ENDLESS_AFTER_A_DAY.source.replace('id = "case"', 'id = "later"'))
    engine.start("ping", instance="stuck")
    engine.start("later", instance="stuck-later")
    engine.start("case", instance="one")
    clock.set(LATE)
    sweep = engine.run_due(batch=batch)
    assert sweep.incidents == 2
    assert {each.instance for each in engine.incidents.list()} == {"stuck", "stuck-later"}
    assert told(engine).count("one") == 3
    assert engine.next_due() is None
    assert len(engine.history("stuck")) <= 2, "what has no end is not carried out, but for its first step"
    assert engine.verify().sound


# -- before a command


def test_before_a_command_a_backlog_goes_in_parts(
    engine: Engine, clock: ManualClock, database: Database
) -> None:
    engine.start("hourly", instance="long")
    clock.advance(1_100 * HOUR)
    seen = Statements(database)
    receipt = engine.fire("long", "report", key="k")
    assert (receipt.accepted, receipt.fired_first) == (True, 1_100)
    assert seen.records() == [500, 500, 101]
    assert engine.fire("long", "report", key="k").repeated
    assert engine.history("long")[-1].body["kind"] == "fired"
    assert engine.run_due().timers == 0
    assert engine.verify().sound


def test_a_command_that_ends_the_case_still_has_its_backlog_first(engine: Engine, clock: ManualClock) -> None:
    engine.start("hourly", instance="long")
    clock.advance(700 * HOUR)
    assert engine.fire("long", "finish").fired_first == 700
    assert len(told(engine)) == 700


def test_in_a_hosts_transaction_a_backlog_past_the_bound_is_told_with_its_number(
    engine: Engine, clock: ManualClock
) -> None:
    engine.start("hourly", instance="long")
    clock.advance(501 * HOUR)
    with engine.transaction() as connection:
        engine.start("case", instance="one", connection=connection)
        with pytest.raises(BacklogTooLong, match="up to 501 timers of instance 'long' are due"):
            engine.fire("long", "report", connection=connection)
        engine.fire("one", "add", {"by": 2}, connection=connection)
    assert len(engine.history("long")) == 1
    assert engine.get("one").data["count"] == 2, "the transaction went on"
    engine.run_due()
    with engine.transaction() as connection:
        assert engine.fire("long", "report", connection=connection).accepted


def test_in_a_hosts_transaction_a_backlog_within_the_bound_goes_first(
    engine: Engine, clock: ManualClock
) -> None:
    engine.start("hourly", instance="long")
    clock.advance(500 * HOUR)
    with engine.transaction() as connection:
        assert engine.fire("long", "report", connection=connection).fired_first == 500


def test_a_backlog_that_ends_in_a_circle_is_kept_up_to_there(engine: Engine, clock: ManualClock) -> None:
    engine.deploy(ENDLESS_AFTER_A_DAY.source.replace('id = "case"', 'id = "later"'))
    engine.start("later", instance="long")
    clock.set(LATE)
    for _ in range(2):
        with pytest.raises(StuckTimer):
            engine.fire("long", "finish")
    (incident,) = engine.incidents.list()
    assert incident.instance == "long"


def test_a_start_whose_backlog_is_too_long_leaves_nothing(engine: Engine) -> None:
    engine.deploy(HOURLY.replace("[workflow]", '[workflow]\npast_timers = "fire"'))
    with pytest.raises(MalformedCommand, match="since: up to 43848 timers"):
        engine.start("hourly", instance="long", since=at("2019-03-04T09:00"), reason="taken over")
    assert engine.list().instances == ()


# -- with nothing to do


def test_where_nothing_is_due_no_lock_is_taken(url: str, clock: ManualClock) -> None:
    database = open_database(url)
    engine = Engine(
        database, clock=clock, digests=[DigestPlan("clerk", "Europe/Riga", at("2024-03-04T06:00").time())]
    )
    engine.migrate()
    engine.deploy(COUNTER)
    engine.start("case", instance="one", key="k")
    engine.run_due()  # plans the digest
    seen = Statements(database)
    for _ in range(3):
        assert engine.run_due().timers == 0
    assert seen.writing == []
    with engine.transaction():  # somebody else writes, for as long as they like
        other = Engine(url, clock=clock)
        assert other.run_due().timers == 0
        other.close()
    database.dispose()


def test_keys_are_forgotten_once_they_are_old_and_looked_for_without_a_lock(
    engine: Engine, clock: ManualClock, database: Database
) -> None:
    engine.start("case", instance="one")
    engine.fire("one", "add", {"by": 1}, key="k")
    clock.advance(31 * DAY)
    engine.run_due()
    assert not engine.fire("one", "add", {"by": 1}, key="k").repeated
    seen = Statements(database)
    engine.run_due()
    assert seen.writing == []


# -- others get in between


@pytest.mark.soak
def test_five_years_of_hours_hold_up_no_other_writer(url: str, clock: ManualClock) -> None:
    engine = Engine(url, clock=clock)
    engine.migrate()
    engine.deploy(COUNTER)
    engine.deploy(HOURLY)
    engine.start("hourly", instance="long")
    clock.advance(43_800 * HOUR)
    sweeping = threading.Thread(target=engine.run_due)
    other = Engine(url, clock=clock)
    sweeping.start()
    started = 0
    while sweeping.is_alive():
        other.start("case", instance=f"c{started}")
        started += 1
    sweeping.join()
    assert started > 20
    assert len(engine.history("long", limit=1, after=43_800)) == 1
    assert told(engine).count("long") == 43_800
    other.close()
    engine.close()


def test_other_writers_get_in_between_the_batches(url: str, clock: ManualClock, engine: Engine) -> None:
    engine.start("hourly", instance="long")
    engine.start("case", instance="other")
    clock.advance(1_500 * HOUR)
    beside = Engine(url, clock=clock)
    sweep = threading.Thread(target=engine.run_due, kwargs={"batch": 50})
    sweep.start()
    served = 0
    while sweep.is_alive():
        served += beside.fire("other", "add", {"by": 1}).accepted
    sweep.join()
    beside.close()
    assert served > 5  # of some thirty gaps; by SQLite's own waiting it is one or two


def test_an_instance_that_cannot_be_written_is_set_aside_and_holds_up_no_other(
    engine: Engine, clock: ManualClock, database: Database
) -> None:
    for name in ("a", "b", "c"):
        engine.start("case", instance=name)
    clock.set(LATE)
    with database.begin() as hand:  # somebody took the id of what "b" is to write
        first = {"id": "b/1/0/clerk", "kind": "digest", "recipient": "clerk", "instance": "", "workflow": ""}
        rest = {"state": "", "rule": "", "deadline": 0, "due": 0, "at": 0}
        hand.execute(Tables().messages.insert(), {**first, **rest})
    sweep = engine.run_due()
    assert (sweep.instances, sweep.incidents) == (2, 1)
    (incident,) = engine.incidents.list()
    assert (incident.instance, incident.code) == ("b", "stuck")
    assert engine.run_due().timers == 0
    assert engine.deadlines.account().balanced
