"""Forecasts: each has one fate, and where it was not revised it is the one that the account has."""

import json
from collections import Counter
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gaita.rehearsal import Rehearsal, rehearse
from tests.gaita.building import heading
from tests.gaita.rehearsal.small import line

PERMIT = (
    heading("permit", "open")
    + """
[data]
deadline = { type = "date", by = "clerk" }
other    = { type = "date", by = "clerk" }
planned  = { type = "month", by = "clerk" }
call     = { type = "moment", by = "clerk" }
[roles]
clerk = { title = "Clerk" }
[states.open]
[states.open.deadlines.legal]
at     = "data.deadline"
met_by = "decide"
escalate = [{ to = "clerk" }]
[states.open.deadlines.other]
at     = "data.other"
[states.open.deadlines.planned]
at     = "data.planned"
met_by = "decide"
[states.open.deadlines.call]
at     = "data.call"
met_by = "decide"
[states.open.deadlines.answer]
within = "10 days"
from   = "data.other"
[states.closed]
final = true
[events]
decide = {}
plan = { payload = { other = { type = "date", optional = true } } }
settle = { payload = { next = { type = "date", optional = true } } }
close = {}
[[transitions]]
event = "decide"
from  = "open"
[[transitions]]
event = "plan"
from  = "open"
set = { other = "event.other" }
[[transitions]]
event = "settle"
from  = "open"
set = { deadline = "event.next" }
[[transitions]]
event = "close"
from  = "open"
to    = "closed"
"""
)


def run(*lines: str, until: date = date(2024, 6, 1)) -> Rehearsal:
    return rehearse(PERMIT, "".join(lines), until=until)


def fates(rehearsal: Rehearsal) -> list[tuple[str, str, float]]:
    found = [(each.instance, each.fate, each.late / timedelta(days=1)) for each in rehearsal.forecasts.every]
    return sorted(found)


def set_by_clerk(at: str, instance: str, **data: str | None) -> str:
    return line(at, "set", instance, data=data, roles=["clerk"])


def test_an_event_that_meets_the_deadline_makes_the_forecast_come_true() -> None:
    rehearsal = run(
        line("2024-01-01", "start", "kept-by-event", data={"deadline": "2024-02-01"}),
        line("2024-01-15", "fire", "kept-by-event", event="decide"),
        line("2024-01-01", "start", "late-by-event", data={"deadline": "2024-02-01"}),
        line("2024-03-15", "fire", "late-by-event", event="decide"),
        line("2024-05-01", "fire", "kept-by-event", event="close"),
        line("2024-01-01", "start", "by-payload"),
        line("2024-01-02", "fire", "by-payload", event="plan", payload={"other": "2024-02-01"}),
        line("2024-01-20", "fire", "by-payload", event="close"),
    )
    assert fates(rehearsal) == [
        ("by-payload", "kept", 0),
        ("kept-by-event", "kept", 0),
        ("late-by-event", "late", 42),
    ]
    legal = next(each for each in rehearsal.account.lines if each.rule == "open.legal")
    assert (legal.met, legal.missed) == (1, 1)
    assert legal.lateness is not None
    assert legal.lateness.most == timedelta(days=42)


def test_one_that_is_taken_back_in_time_is_cleared_by_whomever() -> None:
    rehearsal = run(
        line("2024-01-01", "start", "by-command", data={"deadline": "2024-02-01"}),
        set_by_clerk("2024-01-15", "by-command", deadline=None),
        line("2024-05-01", "fire", "by-command", event="close"),
        line("2024-01-01", "start", "by-event", data={"other": "2024-02-01"}),
        line("2024-01-15", "fire", "by-event", event="plan"),
        line("2024-01-01", "start", "too-late", data={"other": "2024-02-01"}),
        line("2024-02-22", "fire", "too-late", event="plan"),
    )
    assert fates(rehearsal) == [
        ("by-command", "cleared", 0),
        ("by-event", "cleared", 0),
        ("too-late", "late", 20),
    ]
    assert [each.reached_at for each in rehearsal.forecasts.every] == [None, None, None]


def test_what_names_no_point_in_time_is_unparseable_and_leaves_the_one_before_to_be_judged() -> None:
    rehearsal = run(
        line("2024-01-01", "start", "a", data={"deadline": "2024-02-01"}),
        line(
            "2024-01-15", "set", "a", data={"deadline": None}, roles=["clerk"], unparseable=True, reason="TBC"
        ),
        line("2024-02-11", "fire", "a", event="decide"),
        line("2024-01-01", "start", "b"),
        set_by_clerk("2024-01-15", "b", deadline=None),
    )
    assert fates(rehearsal) == [("a", "late", 9), ("a", "unparseable", 0), ("b", "unparseable", 0)]


def test_each_is_judged_by_its_own_date_also_one_that_is_given_another() -> None:
    rehearsal = run(
        line("2024-01-01", "start", "a", data={"deadline": "2024-02-01"}),
        set_by_clerk("2024-01-15", "a", deadline="2024-03-01"),
        line("2024-02-15", "fire", "a", event="decide"),
        line("2024-01-01", "start", "b", data={"deadline": "2024-02-01"}),
        set_by_clerk("2024-02-15", "b", deadline="2024-03-01"),  # put right once it was late already
        line("2024-02-20", "fire", "b", event="decide"),
        line("2024-01-01", "start", "c", data={"deadline": "2024-04-01"}),
        set_by_clerk("2024-01-01T00:05:00+02:00", "c", deadline="2024-01-04"),  # a slip of the pen
        line("2024-01-03", "fire", "c", event="decide"),
    )
    assert fates(rehearsal) == [
        ("a", "kept", 0),
        ("a", "late", 13),
        ("b", "kept", 0),
        ("b", "late", 18),
        ("c", "kept", 0),
        ("c", "kept", 0),
    ]


def test_an_event_may_meet_one_and_foretell_the_next() -> None:
    again = PERMIT.replace('met_by = "decide"', 'met_by = ["decide", "settle"]', 1)
    rehearsal = rehearse(
        again,
        line("2024-01-01", "start", "a", data={"deadline": "2024-02-01"})
        + line("2024-02-03", "fire", "a", event="settle", payload={"next": "2024-03-01"})
        + line("2024-02-28", "fire", "a", event="settle"),
        until=date(2024, 6, 1),
    )
    assert fates(rehearsal) == [("a", "kept", 0), ("a", "late", 1)]


def test_months_and_moments_are_due_as_their_deadlines_are() -> None:
    rehearsal = run(
        line("2024-01-01", "start", "month", data={"planned": "2024-02"}),
        line("2024-02-29T23:59:00+02:00", "fire", "month", event="decide"),
        line("2024-01-01", "start", "next-month", data={"planned": "2024-02"}),
        line("2024-03-01T12:00:00+02:00", "fire", "next-month", event="decide"),
        line("2024-01-01", "start", "moment", data={"call": "2024-02-01T10:00:00Z"}),
        line("2024-02-01T09:59:59Z", "fire", "moment", event="decide"),
        line("2024-01-01", "start", "past-moment", data={"call": "2024-02-01T10:00:00Z"}),
        line("2024-02-01T22:00:00Z", "fire", "past-moment", event="decide"),
    )
    assert fates(rehearsal) == [
        ("moment", "kept", 0),
        ("month", "kept", 0),
        ("next-month", "late", 0.5),
        ("past-moment", "late", 0.5),
    ]
    assert {each.instance: each.months_late for each in rehearsal.forecasts.every if each.fate == "late"} == {
        "next-month": 1,
        "past-moment": 0,
    }


def test_a_field_that_a_deadline_is_only_counted_from_foretells_nothing() -> None:
    rehearsal = run(line("2024-01-01", "start", "a", data={"other": "2024-02-01"}))
    assert [(each.rule, each.fate) for each in rehearsal.forecasts.every] == [
        ("open.other", "never_observed")
    ]


def test_what_an_event_met_already_cannot_come_true_again() -> None:
    rehearsal = run(
        line("2024-01-01", "start", "a", data={"deadline": "2024-02-01"}),
        line("2024-01-15", "fire", "a", event="decide"),
        line("2024-01-20", "fire", "a", event="close"),
    )
    assert fates(rehearsal) == [("a", "kept", 0)]


def test_the_report_as_json_says_how_late_and_by_which_line() -> None:
    rehearsal = run(
        line("2024-01-01", "start", "a", data={"deadline": "2024-02-01"}),
        line("2024-03-15", "fire", "a", event="decide"),
    )
    told = json.loads(json.dumps(rehearsal.as_json()))["forecasts"]
    assert (told["total"], told["counts"], told["late_by_months"]) == (1, {"late": 1}, {"1": 1})
    only = told["every"][0]
    assert (only["line"], only["fate"], only["late_seconds"], only["rule"]) == (
        1,
        "late",
        42 * 86_400,
        "open.legal",
    )


DAYS = st.dates(date(2024, 1, 2), date(2024, 5, 30))
ENDS = st.sampled_from(["decide", "close", "clear", "plan", "nothing"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(DAYS, DAYS, ENDS), min_size=1, max_size=4), st.sampled_from(["deadline", "other"]))
def test_the_fates_of_forecasts_that_nobody_revised_are_the_endings_in_the_account(
    lives: list[tuple[date, date, str]], name: str
) -> None:
    lines: list[str] = []
    for number, (foretold, day, end) in enumerate(lives):
        instance = f"i{number}"
        lines.append(line("2024-01-01", "start", instance, data={name: foretold.isoformat()}))
        if end == "clear":
            lines.append(set_by_clerk(day.isoformat(), instance, **{name: None}))
        elif end != "nothing":
            lines.append(line(day.isoformat(), "fire", instance, event=end))
    rehearsal = run(*lines)
    rule = {"deadline": "open.legal", "other": "open.other"}[name]
    account = next(each for each in rehearsal.account.lines if each.rule == rule)
    fates = Counter(each.fate for each in rehearsal.forecasts.every)
    assert (fates["kept"], fates["late"], fates["cleared"], fates["never_observed"]) == (
        account.met,
        account.missed,
        account.withdrawn,
        account.open,
    )
    assert sum(fates.values()) == account.armed
    latest = max((each.late for each in rehearsal.forecasts.every), default=timedelta(0))
    assert latest == (account.lateness.most if account.lateness else timedelta(0))
