"""Digests: written by the wall clock, once each, and put together when they are sent."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gaita import Absence, AddressBook, Digest, DigestPlan, Person, public_calendar
from gaita.clock import ManualClock
from gaita.runtime import Engine
from tests.gaita.building import COUNTER, T0, at
from tests.gaita.delivery.delivering import Told, routes_of

RIGA = ZoneInfo("Europe/Riga")
MORNING = DigestPlan("clerk", "Europe/Riga", time(8))
"""T0 is 11:00 in Riga on a Monday: the first is Tuesday's."""


def riga(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIGA)


def planned(plan: DigestPlan, since: datetime, number: int) -> list[str]:
    """Return the moments at which it is written, as clocks in Riga show them."""
    found: list[str] = []
    moment = since
    for _ in range(number):
        moment = plan.after(moment)
        found.append(f"{moment.astimezone(RIGA):%Y-%m-%d %H:%M %z}")
    return found


# -- when


def test_a_daily_one_comes_at_the_same_time_of_the_day() -> None:
    assert planned(MORNING, T0, 2) == ["2024-03-05 08:00 +0200", "2024-03-06 08:00 +0200"]
    assert planned(MORNING, riga("2024-03-05T07:59"), 1) == ["2024-03-05 08:00 +0200"]
    assert planned(MORNING, riga("2024-03-05T08:00"), 1) == ["2024-03-06 08:00 +0200"]


def test_a_weekly_one_comes_on_its_day() -> None:
    plan = DigestPlan("clerk", "Europe/Riga", time(8), "week", 4)
    assert planned(plan, T0, 3) == [
        "2024-03-08 08:00 +0200",
        "2024-03-15 08:00 +0200",
        "2024-03-22 08:00 +0200",
    ]
    assert planned(plan, riga("2024-03-29T08:00"), 1) == ["2024-04-05 08:00 +0300"]


@pytest.mark.parametrize("year", range(2022, 2031))
def test_a_time_that_the_clocks_skip_comes_as_much_later(year: int) -> None:
    change = max(date(year, 3, day) for day in range(25, 32) if date(year, 3, day).weekday() == 6)
    eve = datetime.combine(change - timedelta(days=1), time(12), RIGA)
    plan = DigestPlan("clerk", "Europe/Riga", time(3, 30))
    assert planned(plan, eve, 2) == [f"{change} 04:30 +0300", f"{change + timedelta(days=1)} 03:30 +0300"]


@pytest.mark.parametrize("year", range(2022, 2031))
def test_a_time_that_comes_twice_counts_once(year: int) -> None:
    change = max(date(year, 10, day) for day in range(25, 32) if date(year, 10, day).weekday() == 6)
    eve = datetime.combine(change - timedelta(days=1), time(12), RIGA)
    plan = DigestPlan("clerk", "Europe/Riga", time(3, 30))
    tomorrow = f"{change + timedelta(days=1)} 03:30 +0200"
    assert planned(plan, eve, 2) == [f"{change} 03:30 +0300", tomorrow]
    for minutes in range(0, 120, 10):  # from the first 03:30, past the second
        moment = plan.after(eve) + timedelta(minutes=minutes)
        assert planned(plan, moment, 1) == [tomorrow]


def test_every_day_of_ten_years_has_one() -> None:
    for wall in (time(0), time(3), time(3, 30), time(3, 59), time(4), time(23, 59)):
        plan = DigestPlan("clerk", "Europe/Riga", wall)
        moment = riga("2021-12-31T23:59")
        days: list[date] = []
        while (moment := plan.after(moment)) < riga("2032-01-01T00:00"):
            days.append(moment.astimezone(RIGA).date())
        assert days == [date(2022, 1, 1) + timedelta(days=number) for number in range(3652)]


def test_on_working_mornings_it_comes_on_the_days_that_are_worked() -> None:
    calendar = public_calendar("LV")
    plan = DigestPlan("clerk", "Europe/Riga", time(8), works=calendar.is_working)
    assert [each[:10] for each in planned(plan, riga("2024-04-29T09:00"), 5)] == [
        "2024-04-30",
        "2024-05-02",  # Labour Day is left out
        "2024-05-03",
        "2024-05-07",  # and the day after Saturday 4 May, with the weekend
        "2024-05-08",
    ]


def test_where_no_day_is_worked_it_comes_all_the_same() -> None:
    plan = DigestPlan("clerk", "Europe/Riga", time(8), works=lambda _day: False)
    assert planned(plan, T0, 1) == ["2024-03-05 08:00 +0200"]


# -- writing


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(T0)


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    made = with_plans(url, clock, MORNING)
    made.migrate()
    made.deploy(COUNTER)
    made.start("case", instance="one")
    made.run_due()
    yield made
    made.close()


ANNA = Person(
    "anna",
    "Anna",
    {"email": "anna@x.lv"},
    deputy="ilze",
    absences=(Absence(date(2024, 3, 6), date(2024, 3, 6)),),
)
ILZE = Person("ilze", "Ilze", {"email": "ilze@x.lv"})
BOOK = AddressBook({"anna": ANNA, "ilze": ILZE}, {"clerk": ["anna"]})


def with_plans(url: str, clock: ManualClock, *plans: DigestPlan) -> Engine:
    return Engine(url, clock=clock, digests=plans, recipients=BOOK)


def delivered(engine: Engine) -> list[Digest]:
    channel = Told()
    engine.outbox.deliver(routes_of(channel))
    return channel.digests


def test_it_is_written_when_it_is_due_and_not_before(engine: Engine, clock: ManualClock) -> None:
    due = riga("2024-03-05T08:00")
    assert engine.next_due() == due
    clock.set(due - timedelta(microseconds=1))
    assert engine.run_due().messages == 0
    clock.set(due)
    assert engine.run_due().messages == 1
    assert engine.run_due().messages == 0
    assert engine.next_due() == riga("2024-03-06T08:00")


def test_a_plan_that_is_new_waits_for_its_first_moment(url: str, clock: ManualClock) -> None:
    engine = with_plans(url, clock, MORNING)
    engine.migrate()
    assert engine.next_due() == T0, "to be planned at once"
    assert engine.run_due().messages == 0
    assert engine.next_due() == riga("2024-03-05T08:00")


def test_without_plans_nothing_is_written(url: str, clock: ManualClock) -> None:
    engine = with_plans(url, clock)
    engine.migrate()
    assert engine.next_due() is None
    assert engine.run_due().messages == 0


def test_after_an_outage_it_is_written_once(engine: Engine, clock: ManualClock) -> None:
    clock.set(riga("2024-03-12T07:00"))
    timers = engine.run_due().messages
    assert timers == 2  # the reminder of the case, and the digest
    (digest,) = delivered(engine)
    assert digest.at == riga("2024-03-05T08:00")
    assert engine.next_due() is not None
    clock.set(riga("2024-03-12T08:00"))
    assert engine.run_due().messages == 1


def test_two_engines_write_it_once(engine: Engine, url: str, clock: ManualClock) -> None:
    other = with_plans(url, clock, MORNING)
    clock.set(riga("2024-03-05T08:00"))
    assert (engine.run_due().messages, other.run_due().messages) == (1, 0)
    assert engine.next_due() == other.next_due()
    assert len(delivered(other)) == 1
    assert delivered(engine) == []


def test_a_clock_that_goes_back_writes_it_no_second_time(engine: Engine, clock: ManualClock) -> None:
    clock.set(riga("2024-03-05T08:00"))
    assert engine.run_due().messages == 1
    clock.set(riga("2024-03-05T07:00"))
    assert engine.run_due().messages == 0
    clock.set(riga("2024-03-05T09:00"))
    assert engine.run_due().messages == 0
    clock.set(riga("2024-03-06T08:00"))
    assert engine.run_due().messages == 1


@pytest.mark.parametrize("to", [time(7), time(10)])
def test_a_schedule_that_changes_holds_from_then_on(
    engine: Engine, url: str, clock: ManualClock, to: time
) -> None:
    assert engine.next_due() == riga("2024-03-05T08:00")
    changed = with_plans(url, clock, DigestPlan("clerk", "Europe/Riga", to))
    changed.run_due()
    assert changed.next_due() == datetime.combine(date(2024, 3, 5), to, RIGA)
    clock.set(datetime.combine(date(2024, 3, 5), to, RIGA))
    assert changed.run_due().messages == 1
    assert changed.run_due().messages == 0


def test_it_is_handed_over_with_what_needs_the_role(engine: Engine, clock: ManualClock) -> None:
    engine.start("case", instance="two")
    clock.set(riga("2024-03-05T08:00"))
    engine.run_due()
    engine.fire("two", "finish")
    (digest,) = delivered(engine)
    assert (digest.recipient.id, digest.recipient.role, digest.zone) == ("anna", "clerk", "Europe/Riga")
    assert [(need.instance.id, need.rule.id) for need in digest.needs] == [("one", "a.soon")]


def test_it_goes_to_the_deputy_of_whoever_is_away(engine: Engine, clock: ManualClock) -> None:
    for day, expected in (("2024-03-05", ("anna", None)), ("2024-03-06", ("ilze", "Anna"))):
        clock.set(riga(f"{day}T08:00"))
        engine.run_due()
        (digest,) = delivered(engine)
        assert (digest.recipient.id, digest.recipient.stands_in_for) == expected


def test_it_is_the_same_message_for_every_attempt(engine: Engine, clock: ManualClock) -> None:
    clock.set(at("2024-03-05T06:00"))
    engine.run_due()
    failing = Told()
    keys: list[str] = []

    def broken(digest: Digest) -> None:
        keys.append(digest.key)
        raise OSError("down")

    setattr(failing, "digest", broken)  # noqa: B010 - a channel that fails
    engine.outbox.deliver(routes_of(failing))
    clock.advance(timedelta(hours=1))
    (digest,) = delivered(engine)
    assert keys == [digest.key]


def test_one_that_would_be_empty_is_not_sent(url: str, clock: ManualClock) -> None:
    engine = with_plans(url, clock, MORNING)
    engine.migrate()
    engine.deploy(COUNTER)
    engine.run_due()
    clock.set(riga("2024-03-05T08:00"))
    assert engine.run_due().messages == 0
    assert engine.next_due() == riga("2024-03-06T08:00")
    engine.start("case", instance="one")
    clock.set(riga("2024-03-06T08:00"))
    assert engine.run_due().messages == 1
    engine.close()
