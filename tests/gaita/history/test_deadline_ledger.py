"""The ledger: all that befell each deadline, in order, from its history and nothing else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete

from gaita import LedgerEntry
from gaita.calendar import due_day_text
from gaita.clock import ManualClock
from gaita.errors import UnknownInstance
from gaita.runtime import Engine
from gaita.store import Tables
from tests.gaita.building import HEAD, T0, at
from tests.gaita.runtime.counting import CLOSED, DECISION, ESTONIA, PERMIT, THURSDAY, engine_on

RECURRING = (
    HEAD
    + """
[roles.clerk]
[states.a]
[states.a.deadlines.report]
every = "1 month"
escalate = [{ to = "clerk" }]
met_by = "report"
[states.end]
final = true
[events.report]
[events.finish]
[[transitions]]
event = "report"
from = "a"
[[transitions]]
event = "finish"
from = "a"
to = "end"
"""
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(THURSDAY)


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    made = engine_on(url, clock)
    made.migrate()
    made.deploy(PERMIT)
    made.start("permit", instance="one", actor="ilze")
    yield made
    made.close()


def day(entry: LedgerEntry) -> str | None:
    return None if entry.due is None else due_day_text(entry.due, "Europe/Riga")


def test_a_whole_life_is_told_in_order(engine: Engine, url: str, clock: ManualClock) -> None:
    clock.set(at("2024-04-29T09:00"))
    engine.pause("one", DECISION, "waiting for the ministry", actor="anna", roles=["chief"])
    clock.set(at("2024-05-02T09:00"))
    engine.resume("one", DECISION, "it answered", actor="anna", roles=["chief"])
    engine.extend("one", DECISION, "2 working days", "a workshop", actor="zane", roles=["chief"])
    other = engine_on(url, clock, CLOSED, ESTONIA)
    (plan,) = other.calendars.diff("LV")
    other.calendars.apply(plan.digest, actor="root")
    clock.set(at("2024-07-01T09:00"))
    engine.run_due()
    clock.advance(timedelta(hours=1))
    engine.fire("one", "finish", actor="zane", roles=["chief"])

    (ledger,) = engine.deadlines.ledger("one")
    assert (ledger.instance, ledger.rule, ledger.number, ledger.occurrence) == ("one", DECISION, 1, 1)
    assert not ledger.is_open
    told = [(each.kind, day(each), each.actor, each.reason, each.amount, each.to) for each in ledger.entries]
    # The clock stood at the ends of 29 April and 30 April (1 May is a holiday): two days more.
    assert told == [
        ("armed", "2024-05-27", "ilze", None, None, ()),
        ("paused", None, "anna", "waiting for the ministry", None, ()),
        ("resumed", "2024-05-29", "anna", "it answered", None, ()),
        ("extended", "2024-05-31", "zane", "a workshop", "2 working days", ()),
        ("moved", "2024-06-04", "root", None, None, ()),
        ("reminded", "2024-05-28", "engine", None, None, ("clerk",)),
        ("due", "2024-06-04", "engine", None, None, ("clerk",)),
        ("escalated", "2024-06-07", "engine", None, None, ("chief",)),
        ("missed", None, "zane", None, None, ()),
    ]
    due = ledger.entries[6].due
    assert due is not None
    assert [each.late for each in ledger.entries[:5]] == [timedelta()] * 5
    assert ledger.entries[6].late == at("2024-07-01T09:00") - due
    assert ledger.entries[-1].late == at("2024-07-01T10:00") - due
    assert [each.sequence for each in ledger.entries] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [each.at for each in ledger.entries] == sorted(each.at for each in ledger.entries)


def test_it_is_met_when_it_ends_in_time(engine: Engine, clock: ManualClock) -> None:
    clock.advance(timedelta(days=1))
    engine.fire("one", "finish", actor="zane", roles=["chief"])
    (ledger,) = engine.deadlines.ledger("one", DECISION)
    last = ledger.entries[-1]
    assert (last.kind, last.at, last.actor, last.late) == ("met", clock.now(), "zane", timedelta())


def test_a_point_that_changes_supersedes_and_one_that_goes_withdraws(engine: Engine) -> None:
    for value in ("2024-09-30", "2024-10-31", None):
        engine.set_data("one", {"ends_on": value}, roles=["clerk"], reason="the plan")
    first, second = engine.deadlines.ledger("one", "open.filing")
    assert [each.kind for each in first.entries] == ["armed", "superseded"]
    assert [each.kind for each in second.entries] == ["armed", "withdrawn"]
    assert (first.number, second.number) == (2, 3)
    assert second.entries[-1].reason == "the plan"


def test_refusals_leave_no_entry(engine: Engine) -> None:
    assert not engine.pause("one", DECISION, "why").accepted
    assert not engine.extend("one", DECISION, "11 working days", "why", roles=["chief"]).accepted
    assert [each.kind for each in engine.deadlines.ledger("one")[0].entries] == ["armed"]
    assert engine.deadlines.ledger("one")[0].is_open
    assert engine.pause("one", DECISION, "why", roles=["chief"]).accepted
    assert [each.kind for each in engine.deadlines.ledger("one")[0].entries] == ["armed", "paused"]


def test_each_occurrence_of_a_recurring_one_has_a_ledger_of_its_own(url: str) -> None:
    clock = ManualClock(T0)
    engine = Engine(url, clock=clock)
    engine.migrate()
    engine.deploy(RECURRING)
    engine.start("case", instance="r")
    clock.set(at("2024-04-10T09:00"))
    engine.run_due()
    engine.fire("r", "report")
    engine.fire("r", "finish")
    found = engine.deadlines.ledger("r")
    assert [each.occurrence for each in found] == list(range(1, len(found) + 1))
    assert [each.entries[0].kind for each in found] == ["armed"] * len(found)
    assert "due" in [entry.kind for entry in found[0].entries]
    assert engine.deadlines.account().balanced


def test_it_is_told_from_the_history_alone(engine: Engine, clock: ManualClock) -> None:
    clock.set(at("2024-07-01T09:00"))
    engine.run_due()
    told = engine.deadlines.ledger("one")
    tables = Tables()
    with engine.transaction() as connection:
        connection.execute(delete(tables.timers))
        connection.execute(delete(tables.deadlines))
    assert engine.deadlines.ledger("one") == told


def test_an_instance_that_there_is_not_and_a_rule_that_was_never_armed(engine: Engine) -> None:
    with pytest.raises(UnknownInstance):
        engine.deadlines.ledger("two")
    assert engine.deadlines.ledger("one", "open.filing") == []


def test_those_folded_after_an_outage_are_told_each_with_its_lateness(url: str, clock: ManualClock) -> None:
    engine = engine_on(url, clock)
    engine.migrate()
    engine.deploy(PERMIT.replace('pause_by = "chief"', 'pause_by = "chief"\ncatch_up = "once"'))
    engine.start("permit", instance="one")
    clock.set(at("2024-07-01T09:00"))
    assert engine.run_due().messages == 2
    (ledger,) = engine.deadlines.ledger("one")
    fired = ledger.entries[1:]
    assert [(each.kind, each.to) for each in fired] == [
        ("reminded", ()),
        ("due", ()),
        ("escalated", ("chief", "clerk")),
    ]
    for each in fired:
        assert each.due is not None
        assert each.late == clock.now() - each.due
