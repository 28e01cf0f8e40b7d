"""Working days and hours: counted by the calendar of the workflow, provisional past what that knows."""

from datetime import date, datetime, timedelta

from gaita.calendar import WorkingCalendar, due_day_text, public_calendar
from gaita.model.command import Recount
from gaita.model.outcome import Accepted
from gaita.step import explained_due, moving
from gaita.texts import words
from tests.gaita.building import Life, assert_replays, at, endings, ground, heading, told, workflow

LATVIA = public_calendar("LV", known_until=date(2026, 12, 31))
SHORT = public_calendar("LV", known_until=date(2024, 4, 30))
"""Knows nothing of May yet."""
T = at("2024-04-25T09:00")
"""A Thursday: 12:00 in Riga."""


def working(within: str = "20 working days", more: str = "", horizon: str | None = None) -> str:
    return (
        heading(calendar="LV", horizon=horizon)
        + f"""
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.x]
within = "{within}"
remind = [{{ before = "5 working days", to = "clerk" }}]
escalate = [{{ to = "clerk" }}, {{ after = "2 working days", to = "chief" }}]
pause_in = "hold"
pause_by = "chief"
extend_by = "chief"
extend_at_most = "10 working days"
{more}
[states.hold]
[states.end]
final = true
[events.stop]
[events.back]
[events.finish]
[[transitions]]
event = "stop"
from = "a"
to = "hold"
[[transitions]]
event = "back"
from = "hold"
to = "a"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
    )


WORKING = workflow(working())


def test_a_stop_at_the_end_of_the_day_of_entry_costs_nothing_and_is_told() -> None:
    one_day = workflow(working("1 working day").replace('before = "5 working days"', 'before = "4 hours"'))
    why: dict[str, str] = {}
    for entered, day in (("2024-05-16T07:00", "THU"), ("2024-05-17T07:00", "FRI")):
        life = Life(one_day, at(entered), calendar=LATVIA)
        life.pause("a.x", at("2024-05-17T08:00"))
        life.resume("a.x", at("2024-05-20T08:00"))
        (deadline,) = life.opened("a.x")
        assert due_day_text(deadline.due, "Europe/Riga") == "2024-05-20"
        found = explained_due(one_day, life.instance, deadline, life.facts(at("2024-05-20T08:00")))
        assert found is not None
        why[day] = words(found, "en").partition("; ")[2]
    assert why == {
        "THU": "the clock stood from Fri 2024-05-17 11:00 to Mon 2024-05-20 11:00 (1 working day)",
        "FRI": "the clock stood from Fri 2024-05-17 11:00 to Mon 2024-05-20 11:00 (it cost nothing)",
    }


def end(day: str) -> datetime:
    """The end of a summer's day in Riga."""
    return at(f"{day}T21:00")


def moments(life: Life) -> list[datetime | None]:
    return [timer.due for timer in life.instance.deadlines[0].timers]


def recount(life: Life, calendar: WorkingCalendar, now: datetime = T) -> Accepted:
    life.calendar = calendar
    outcome = life.do(Recount("LV", calendar.digest, "ilze"), now)
    assert isinstance(outcome, Accepted)
    return outcome


def test_holidays_and_swapped_days_are_not_counted_nor_those_of_reminders_and_rungs() -> None:
    life = Life(WORKING, T, calendar=LATVIA)
    assert moments(life) == [end("2024-05-20"), end("2024-05-27"), end("2024-05-29")]
    assert not life.instance.deadlines[0].provisional


def test_working_hours_run_while_the_offices_are_open() -> None:
    life = Life(
        workflow(working("8 working hours").replace('"5 working days"', '"2 working hours"')),
        T,
        calendar=LATVIA,
    )
    assert moments(life)[:2] == [at("2024-04-26T06:30"), at("2024-04-26T08:30")]


def test_a_pause_costs_the_working_days_at_whose_end_the_clock_stood() -> None:
    life = Life(WORKING, T, calendar=LATVIA)
    life.taken("stop", at("2024-04-26T09:00"))
    life.taken("back", at("2024-05-02T09:00"))
    # 26 April, a Friday, and 29 and 30 April; 1 May is a holiday.
    assert life.instance.deadlines[0].due == end("2024-05-30")
    assert_replays(life)


def test_working_days_are_granted_in_working_days() -> None:
    life = Life(WORKING, T, calendar=LATVIA)
    assert isinstance(life.extend("a.x", "3 working days", T), Accepted)
    assert moments(life) == [end("2024-05-23"), end("2024-05-30"), end("2024-06-03")]
    assert ground(life.extend("a.x", "8 business days", T)) == "too_much"
    assert_replays(life)


def test_past_what_the_calendar_knows_it_is_provisional_and_nothing_fires() -> None:
    life = Life(WORKING, T, calendar=SHORT)
    (deadline,) = life.instance.deadlines
    assert deadline.provisional
    assert set(moments(life)) == {None}
    assert life.fire_due(at("2030-01-01T00:00")) == []
    left = life.taken("finish", at("2030-01-01T00:00"))
    assert endings(left) == [("a.x", "met")]
    assert_replays(life)


def test_a_longer_calendar_makes_it_firm() -> None:
    life = Life(WORKING, T, calendar=SHORT)
    assert [each.rule for each in moving(WORKING, life.instance, life.facts(T))] == []
    life.calendar = LATVIA
    assert [each.rule for each in moving(WORKING, life.instance, life.facts(T))] == ["a.x"]
    outcome = recount(life, LATVIA)
    assert [each.kind for each in outcome.adjusted] == ["moved"]
    (deadline,) = life.instance.deadlines
    assert (deadline.number, deadline.provisional) == (1, False)
    assert moments(life) == [end("2024-05-20"), end("2024-05-27"), end("2024-05-29")]
    assert moving(WORKING, life.instance, life.facts(T)) == ()
    assert_replays(life)


def test_made_firm_late_its_reminder_is_cancelled_and_what_is_due_fires_then() -> None:
    life = Life(WORKING, T, calendar=SHORT)
    now = at("2024-05-28T00:00")
    outcome = recount(life, LATVIA, now)
    assert [(end.index, end.due, end.ending) for end in outcome.timers] == [(0, None, "cancelled")]
    assert told(life.fire_due(now)) == [("due", "clerk")]
    assert_replays(life)


def closed_on(*days: str) -> WorkingCalendar:
    """Latvia's calendar, with a few more days on which nobody works."""
    plain = LATVIA.to_json()
    more = [{"day": day, "title": {"en": "Closed"}, "kind": "closure"} for day in days]
    return WorkingCalendar.from_json({**plain, "off": [*plain["off"], *more]})


def test_a_new_holiday_moves_what_is_to_come() -> None:
    life = Life(WORKING, T, calendar=LATVIA)
    recount(life, closed_on("2024-05-10"))
    assert moments(life) == [end("2024-05-21"), end("2024-05-28"), end("2024-05-30")]
    assert_replays(life)


def test_a_due_moment_that_has_fired_stays_and_its_open_rungs_move() -> None:
    life = Life(WORKING, T, calendar=LATVIA)
    now = at("2024-05-28T00:00")
    life.fire_due(now)
    recount(life, closed_on("2024-05-10", "2024-05-29"), now)
    (deadline,) = life.instance.deadlines
    assert deadline.due == end("2024-05-27")
    assert moments(life) == [end("2024-05-30")]
    assert_replays(life)


def test_a_calendar_that_changes_nothing_for_it_moves_nothing() -> None:
    life = Life(WORKING, T, calendar=LATVIA)
    assert moving(WORKING, life.instance, Life(WORKING, T, calendar=closed_on("2024-08-01")).facts(T)) == ()
    before = life.instance.deadlines
    assert recount(life, closed_on("2024-08-01")).adjusted == ()
    assert life.instance.deadlines == before


def test_recounted_while_it_is_paused_it_stays_paused_and_resumes_by_the_new_calendar() -> None:
    life = Life(WORKING, T, calendar=LATVIA)
    life.taken("stop", at("2024-04-26T09:00"))
    recount(life, closed_on("2024-05-10"), at("2024-04-27T09:00"))
    (deadline,) = life.instance.deadlines
    assert (deadline.is_paused, deadline.due) == (True, end("2024-05-28"))
    assert set(moments(life)) == {None}
    life.taken("back", at("2024-05-02T09:00"))
    assert life.instance.deadlines[0].due == end("2024-05-31")
    assert_replays(life)


def test_paused_and_resumed_while_provisional_it_stays_so_until_the_calendar_grows() -> None:
    life = Life(WORKING, T, calendar=SHORT)
    life.pause("a.x", at("2024-04-26T09:00"))
    life.resume("a.x", at("2024-05-02T09:00"))
    assert life.instance.deadlines[0].provisional
    recount(life, LATVIA, at("2024-05-02T10:00"))
    assert life.instance.deadlines[0].due == end("2024-05-30")
    assert_replays(life)


def test_a_rung_past_what_the_calendar_knows_waits_alone() -> None:
    calendar = public_calendar("LV", known_until=date(2024, 5, 28))
    life = Life(WORKING, T, calendar=calendar)
    assert moments(life) == [end("2024-05-20"), end("2024-05-27"), None]
    assert told(life.fire_due(at("2024-06-10T00:00"))) == [("reminder", "clerk"), ("due", "clerk")]
    recount(life, LATVIA, at("2024-06-10T00:00"))
    assert told(life.fire_due(at("2024-06-10T00:00"))) == [("rung", "chief")]
    assert_replays(life)


def test_past_the_horizon_nothing_is_uncertain_that_the_calendar_knows_up_to_it() -> None:
    declared = workflow(working("60 working days", horizon="2024-04-30"))
    life = Life(declared, T, calendar=SHORT)
    (deadline,) = life.instance.deadlines
    assert (deadline.due, deadline.clipped, deadline.provisional) == (end("2024-04-30"), True, False)


def test_a_recurring_one_is_provisional_one_at_a_time() -> None:
    text = working(more="").replace('within = "20 working days"', 'every = "3 working days"')
    text = text.replace('remind = [{ before = "5 working days", to = "clerk" }]\n', "")
    text = text.replace(', { after = "2 working days", to = "chief" }', "")
    life = Life(workflow(text), T, calendar=SHORT)
    life.fire_due(at("2024-05-20T00:00"))
    # The 30th is known; the second lies in May.
    assert [(each.occurrence, each.provisional) for each in life.instance.deadlines] == [(2, True)]
    outcome = recount(life, LATVIA, at("2024-05-20T00:00"))
    assert outcome.after.deadlines[0].due == end("2024-05-07")
    life.fire_due(at("2024-05-20T00:00"))
    assert life.instance.deadlines[-1].due > at("2024-05-20T00:00")
    assert life.instance.deadlines[-1].due - at("2024-05-20T00:00") < timedelta(days=5)
    assert_replays(life)
