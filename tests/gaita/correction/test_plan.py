"""What is put right is as though it had been entered rightly from the first."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaita.correction import (
    Amend,
    Corrector,
    Edit,
    Insert,
    Plan,
    Undo,
    correction_body,
    correction_record,
    entry_of,
    first_difference,
    plan_of,
)
from gaita.history import GENESIS, Record, Replay, chain
from gaita.model.command import Asked, Extend, Fire, Pause, Resume, SetData
from gaita.model.instance import Deadline, Instance
from gaita.model.outcome import Accepted
from gaita.model.value import moment_text
from gaita.model.workflow import Workflow
from tests.gaita.building import COUNTER, T0, Life, heading, rules_of, workflow
from tests.gaita.step.test_properties import commands, machines

DAY = timedelta(days=1)


def records_of(life: Life) -> list[Record]:
    return chain(life.workflow, life.outcomes, GENESIS)


def planned(life: Life, now: datetime, *edits: Edit) -> Plan:
    return plan_of(records_of(life), edits, rules_of(life), now)


def corrected(life: Life, plan: Plan) -> Replay:
    """Return the case as its history leads to it, once the plan is carried out."""
    played = Replay(life.workflow)
    records = records_of(life)
    for record in records:
        played.add(record)
    body = {**correction_body(plan), "sequence": len(records) + 1, "at": moment_text(plan.at)}
    played.add(Record("one", len(records) + 1, body, b"", ""))
    return played


def test_a_letter_of_friday_that_was_entered_on_monday_meets_its_deadline() -> None:
    life = Life(workflow(COUNTER))
    life.fire("add", by=2)
    life.fire_due(T0 + 8 * DAY)  # the reminder
    monday = T0 + 11 * DAY
    life.fire_due(monday)  # the due moment of 14 March
    plan = planned(life, monday, Insert(Fire("go", {}, "ilze"), T0 + 8 * DAY))
    assert plan.stops == ()
    assert plan.upset == ()
    assert plan.after.state == "b"
    assert plan.after.since == T0 + 8 * DAY
    assert [(each.was, each.after.rule, each.ending) for each in plan.deadlines] == [
        (None, "a.soon", "met"),
        (None, "b.long", None),
    ]
    assert plan.moot == ("one/1/1/clerk",)
    soon = corrected(life, plan).deadlines[1]
    assert (soon.ending, soon.ended_at) == ("met", T0 + 8 * DAY)


def test_a_deadline_that_was_missed_only_because_of_a_late_entry_is_restated_as_met() -> None:
    life = Life(workflow(COUNTER))
    life.fire("add", by=2)
    life.taken("go", T0 + 12 * DAY)
    plan = planned(life, T0 + 12 * DAY, Amend("5", at=T0 + 9 * DAY))
    soon = corrected(life, plan).deadlines[1]
    assert (soon.ending, soon.restated) == ("met", True)


def test_an_entry_that_is_taken_back_annuls_what_it_armed_and_frees_no_number() -> None:
    life = Life(workflow(COUNTER))
    life.fire("add", by=2)
    life.taken("go", T0 + DAY)
    plan = planned(life, T0 + 2 * DAY, Undo("3"))
    played = corrected(life, plan)
    assert played.instance.state == "a"
    assert [(each.number, each.rule, each.ending) for each in played.deadlines.values()] == [
        (1, "a.soon", None),
        (2, "b.long", "annulled"),
    ]
    assert played.instance.armed == 2


def test_a_later_entry_that_would_no_longer_hold_stops_the_plan() -> None:
    life = Life(workflow(COUNTER))
    life.fire("add", by=2)
    life.taken("go", T0 + DAY)
    plan = planned(life, T0 + 2 * DAY, Undo("2"))
    assert [each.entry for each in plan.stops] == ["3"]
    assert "guard" in plan.stops[0].why


dated = st.lists(st.tuples(st.integers(1, 40), commands), max_size=8)


def hours(schedule: Sequence[tuple[int, Asked]]) -> list[tuple[datetime, Asked]]:
    """Return commands at distinct moments, in order, each some hours behind the one before."""
    at = T0
    found: list[tuple[datetime, Asked]] = []
    for gap, command in schedule:
        at += timedelta(hours=gap)
        found.append((at, command))
    return found


def lived(declared: Workflow, schedule: Sequence[tuple[datetime, Asked]], until: datetime) -> Life:
    """Live a life in which each timer fires at its moment, as a scheduler that is never late lets it."""
    life = Life(declared)
    for at, command in schedule:
        punctual(life, at)
        life.do(command, at)
    punctual(life, until)
    return life


def punctual(life: Life, until: datetime) -> None:
    while True:
        due = [
            timer.due
            for deadline in life.instance.deadlines
            for timer in deadline.timers
            if timer.due is not None and timer.due <= until
        ]
        if not due:
            return
        life.fire_due(max(min(due), life.outcomes[-1].at))


def without_numbers(instance: Instance) -> Instance:
    """Return an instance without what tells that it was put right: its numbers and counters."""

    def plain(deadline: Deadline) -> Deadline:
        return replace(deadline, number=0, armed_at=T0)

    promises = [replace(each, deadline=plain(each.deadline)) for each in instance.remembered]
    return replace(
        instance,
        deadlines=tuple(sorted(map(plain, instance.deadlines), key=repr)),
        remembered=tuple(sorted(promises, key=repr)),
        armed=0,
        version=0,
        sequence=0,
        refusal=None,
        corrected=0,
    )


@settings(deadline=None, max_examples=80)
@given(machines(), dated, st.integers(0, 7), st.data())
def test_a_forgotten_entry_that_is_inserted_makes_the_life_that_it_should_have_been(
    declared: Workflow, drawn: list[tuple[int, Asked]], left_out: int, data: st.DataObject
) -> None:
    schedule = hours(drawn)
    now = (schedule[-1][0] if schedule else T0) + timedelta(days=data.draw(st.integers(0, 9)))
    if left_out >= len(schedule):
        return
    right = lived(declared, schedule, now)
    wrong = lived(declared, schedule[:left_out] + schedule[left_out + 1 :], now)
    at, command = schedule[left_out]
    accepted = {
        (outcome.at, repr(outcome.command)) for outcome in right.outcomes if isinstance(outcome, Accepted)
    }
    plan = planned(wrong, now, Insert(command, at))
    if (at, repr(command)) not in accepted:
        assert plan.stops
        return
    if plan.stops:  # what was refused is never tried again, and what was accepted may hold no longer
        return
    refused_then = [each for each in wrong.outcomes if not isinstance(each, Accepted)]
    if any((each.at, repr(each.command)) in accepted for each in refused_then):
        return
    assert without_numbers(corrected(wrong, plan).instance) == without_numbers(right.instance)


class Book:
    """A history that is put right, one correction after another."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.records = records_of(life)

    def correct(self, now: datetime, *edits: Edit) -> bool:
        """Carry edits out; return whether nothing stopped them."""
        plan = plan_of(self.records, edits, rules_of(self.life), now)
        if plan.stops:
            return False
        by = Corrector("uldis", frozenset({"chief"}), "asked")
        self.records.append(correction_record(plan, self.life.workflow, self.records[-1].hash, by))
        return True

    def id_of(self, at: datetime, command: Asked) -> str | None:
        """Return the entry of an accepted command."""
        for body in self.played.course:
            entry = entry_of(body)
            if not entry.is_refusal and (entry.at, repr(entry.command)) == (at, repr(command)):
                return entry.id
        return None

    @property
    def played(self) -> Replay:
        played = Replay(self.life.workflow)
        for record in self.records:
            played.add(record)
        return played


def accepted_by(life: Life) -> set[tuple[datetime, str]]:
    return {(each.at, repr(each.command)) for each in life.outcomes if isinstance(each, Accepted)}


RULES_OF_ALL_KINDS = (
    heading("case", "a")
    + """
[data.day]
type = "date"
by = "clerk"
[data.count]
type = "integer"
default = 0
by = "clerk"
[roles.clerk]
[states.a]
[states.a.deadlines.answer]
within = "3 days"
remind = [{ before = "1 day", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "4 days", fire = "go" }]
pause_in = "hold"
pause_by = "clerk"
extend_by = "clerk"
extend_at_most = "9 days"
[states.a.deadlines.report]
every = "40 hours"
met_by = "report"
escalate = [{ to = "clerk" }]
[states.b]
[states.b.deadlines.far]
within = "6 days"
from = "first a"
remind = [{ before = "2 days", to = "clerk" }]
pause_in = "hold"
[states.b.deadlines.by_day]
at = "data.day"
remind = [{ before = "2 days", to = "clerk" }]
escalate = [{ to = "clerk" }]
[states.hold]
[states.end]
final = true
[events.go]
[events.back]
[events.wait]
[events.resume]
[events.report]
[events.finish]
[[transitions]]
event = "go"
from = "a"
to = "b"
[[transitions]]
event = "back"
from = "b"
to = "a"
[[transitions]]
event = "wait"
from = ["a", "b"]
to = "hold"
[[transitions]]
event = "resume"
from = "hold"
to = "previous"
[[transitions]]
event = "report"
from = "any"
set = { count = "data.count + 1" }
[[transitions]]
event = "finish"
from = "b"
to = "end"
"""
)
ALL_KINDS = workflow(RULES_OF_ALL_KINDS)
CLERK = frozenset({"clerk"})
asked: st.SearchStrategy[Asked] = st.one_of(
    st.sampled_from(["go", "go", "back", "wait", "resume", "report", "finish"]).map(
        lambda event: Fire(event, {}, "ilze", CLERK)
    ),
    st.integers(1, 31).map(lambda day: SetData({"day": f"2024-03-{day:02}"}, "ilze", CLERK)),
    st.sampled_from(["1 day", "5 days"]).map(lambda by: Extend("a.answer", by, "asked", "ilze", CLERK)),
    st.just(Pause("a.answer", "asked", "ilze", CLERK)),
    st.just(Resume("a.answer", None, "ilze", CLERK)),
)


cases = st.one_of(
    st.tuples(machines(), dated, commands),
    st.tuples(st.just(ALL_KINDS), st.lists(st.tuples(st.integers(1, 40), asked), max_size=8), asked),
)


Case: TypeAlias = tuple[Workflow, list[tuple[int, Asked]], Asked]


@settings(deadline=None, max_examples=80)
@given(cases, st.data())
def test_a_wrong_history_put_right_in_several_steps_is_the_right_one(case: Case, data: st.DataObject) -> None:
    put_right(case, data)


@pytest.mark.soak
@settings(deadline=None, max_examples=20_000)
@given(cases, st.data())
def test_twenty_thousand_wrong_histories_put_right_are_the_right_ones(
    case: Case, data: st.DataObject
) -> None:
    put_right(case, data)


def put_right(case: Case, data: st.DataObject) -> None:
    """Somebody forgot an entry, made one up, and dated one wrongly; each is put right by itself."""
    declared, drawn, made_up = case
    schedule = hours(drawn)
    if len(schedule) < 3:
        return
    now = schedule[-1][0] + timedelta(hours=1, days=data.draw(st.integers(0, 9)))
    forgotten, misdated = data.draw(st.permutations(range(len(schedule))))[:2]
    wrong = [each for place, each in enumerate(schedule) if place != forgotten]
    right_at, command = schedule[misdated]
    wrong_at = right_at + timedelta(minutes=data.draw(st.integers(-50, 50).filter(bool)))
    wrong = sorted(
        [(wrong_at, command) if each is schedule[misdated] else each for each in wrong],
        key=lambda each: each[0],
    )
    made_at = schedule[0][0] + timedelta(minutes=7)
    wrong = sorted([*wrong, (made_at, made_up)], key=lambda each: each[0])
    right, book = lived(declared, schedule, now), Book(lived(declared, wrong, now))
    done = [book.correct(now, Insert(schedule[forgotten][1], schedule[forgotten][0]))]
    made_up_id = book.id_of(made_at, made_up)
    done.append(made_up_id is None or book.correct(now, Undo(made_up_id)))
    misdated_id = book.id_of(wrong_at, command)
    done.append(misdated_id is not None and book.correct(now, Amend(misdated_id, at=right_at)))
    assert first_difference(book.records, rules_of(book.life)) is None
    played = book.played
    ids = [message.id for message in played.messages]
    assert len(ids) == len(set(ids))
    if not all(done):  # something was refused, or something later would no longer hold
        return
    entries = {(each.at, repr(each.command)) for each in map(entry_of, played.course) if not each.is_refusal}
    if entries != accepted_by(right) | {each for each in entries if "FireTimer" in each[1]}:
        return  # what was refused in the wrong life is not tried again
    assert without_numbers(played.instance) == without_numbers(right.instance)
    endings = Counter((each.rule, each.since, each.ending) for each in played.deadlines.values())
    wanted = Replay(declared)
    for record in records_of(right):
        wanted.add(record)
    for each in wanted.deadlines.values():
        assert endings[each.rule, each.since, each.ending] > 0
