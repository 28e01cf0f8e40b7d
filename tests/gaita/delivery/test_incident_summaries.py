"""Summaries of incidents: administrators hear of what could not be done, at most once an hour."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from gaita.clock import ManualClock
from gaita.delivery.address_book import AddressBook, Person
from gaita.delivery.incident_summaries import IncidentPlan
from gaita.errors import Undeliverable
from gaita.model.outcome import Trouble
from gaita.runtime import Engine
from tests.gaita.building import COUNTER, T0
from tests.gaita.delivery.delivering import ANNA, ILZE, Told, always, routes_of

IT = Person("it", "IT", {"email": "it@example.lv"}, "lv")
BOOK = AddressBook(
    {"anna": ANNA, "ilze": ILZE, "it": IT}, {"clerk": ["anna"], "chief": ["ilze"], "administrators": ["it"]}
)


def made(url: str, clock: ManualClock, book: AddressBook = BOOK) -> Engine:
    engine = Engine(url, clock=clock, recipients=book, administrators=IncidentPlan("Europe/Riga"))
    engine.migrate()
    return engine


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    found = made(url, clock)
    found.deploy(COUNTER)
    yield found
    found.close()


def trouble(engine: Engine, message: str, instance: str | None = None, code: str = "stuck") -> None:
    with engine._context.writing() as connection:
        found = Trouble(code, message)
        engine._context.store.incidents.open(connection, instance, found, engine.now())


def delivered(engine: Engine, channel: Told | None = None) -> Told:
    channel = channel or Told()
    engine.outbox.deliver(routes_of(channel))
    return channel


def numbers(told: Told) -> list[list[int]]:
    return [[each.number for each in summary.incidents] for summary in told.summaries]


def test_the_first_is_told_at_once_and_what_comes_within_the_hour_with_the_next(
    engine: Engine, clock: ManualClock
) -> None:
    assert (engine.next_due(), engine.run_due().messages) == (None, 0)
    trouble(engine, "one", "P-1")
    assert engine.next_due() == T0
    assert engine.run_due().messages == 1
    told = delivered(engine)
    assert numbers(told) == [[1]]
    (summary,) = told.summaries
    assert (summary.recipient.id, summary.recipient.role, summary.zone) == (
        "it",
        "administrators",
        "Europe/Riga",
    )
    assert (summary.key, summary.at, summary.open) == ("incidents/1/mail/it", T0, 1)
    clock.advance(timedelta(minutes=20))
    trouble(engine, "two")
    trouble(engine, "three")
    assert engine.next_due() == T0 + timedelta(hours=1)
    assert engine.run_due().messages == 0
    clock.set(T0 + timedelta(hours=1))
    assert engine.run_due().messages == 1
    assert engine.run_due().messages == 0
    assert engine.next_due() is None
    assert numbers(delivered(engine, told)) == [[1], [2, 3]]


def test_a_restart_neither_repeats_nor_forgets_one(engine: Engine, url: str, clock: ManualClock) -> None:
    trouble(engine, "one")
    engine.run_due()
    trouble(engine, "two")
    engine.close()
    again = made(url, clock)
    assert again.run_due().messages == 0
    clock.advance(timedelta(hours=1))
    assert again.run_due().messages == 1
    assert numbers(delivered(again)) == [[1], [2]]
    again.close()


def test_what_is_closed_meanwhile_is_only_counted(engine: Engine) -> None:
    trouble(engine, "one")
    trouble(engine, "two")
    engine.run_due()
    engine.incidents.retry(1)
    (summary,) = delivered(engine).summaries
    assert ([each.number for each in summary.incidents], summary.closed, summary.open) == ([2], 1, 1)


def test_what_was_closed_before_a_summary_is_not_told(engine: Engine) -> None:
    trouble(engine, "one")
    engine.incidents.retry(1)
    assert (engine.next_due(), engine.run_due().messages) == (None, 0)


def test_dead_letters_are_told_but_never_those_of_the_summary_itself(
    engine: Engine, clock: ManualClock
) -> None:
    engine.start("case", instance="one")
    clock.advance(timedelta(days=8))
    engine.run_due()
    channel = Told()
    channel.before = always(Undeliverable("550 no such mailbox"))
    channel.fails = Undeliverable("550 full")
    delivered(engine, channel)
    assert [each.code for each in engine.incidents.list()] == ["dead_letter"]
    assert engine.run_due().messages == 1
    delivered(engine, channel)
    assert [each.code for each in engine.incidents.list()] == ["dead_letter", "administrators_not_told"]
    for _ in range(3):
        clock.advance(timedelta(hours=2))
        assert engine.run_due().messages == 0
        delivered(engine, channel)
    assert len(engine.incidents.list()) == 2
    channel.fails = None
    assert engine.outbox.retry_dead() == 2
    assert numbers(delivered(engine, channel)) == [[]]
    assert channel.summaries[0].closed == 1


def test_a_summary_that_nobody_hears_is_told_in_the_list_alone(url: str, clock: ManualClock) -> None:
    engine = made(url, clock, AddressBook({"anna": ANNA}, {"clerk": ["anna"]}))
    trouble(engine, "one")
    assert engine.run_due().messages == 1
    delivered(engine)
    assert [each.code for each in engine.incidents.list()] == ["stuck", "administrators_not_told"]
    assert "the role administrators of the incidents" in engine.incidents.list()[1].message
    clock.advance(timedelta(days=1))
    assert engine.run_due().messages == 0
    engine.close()


def test_without_administrators_nothing_is_written(url: str, clock: ManualClock) -> None:
    engine = Engine(url, clock=clock, recipients=BOOK)
    engine.migrate()
    trouble(engine, "one")
    assert (engine.next_due(), engine.run_due().messages) == (None, 0)
    engine.close()


def test_a_clock_that_was_set_back_puts_no_summary_off_for_longer_than_the_hour(
    engine: Engine, clock: ManualClock
) -> None:
    trouble(engine, "one")
    engine.run_due()
    clock.set(T0 - timedelta(days=300))
    trouble(engine, "two")
    due = engine.next_due()
    assert due is not None
    assert due <= clock.now() + timedelta(hours=1)
