"""The outbox: every message arrives at least once, whoever fails, stalls or is killed."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from gaita.clock import ManualClock
from gaita.delivery.address_book import AddressBook
from gaita.delivery.outbox import Outbox
from gaita.delivery.route import Delivered, Limits, Route
from gaita.delivery.threads import DeliveryThreads
from gaita.errors import InvalidArgument, MalformedCommand, Postponed, Undeliverable, UnknownDelivery
from gaita.model.notice import Digest, Notice, Recipient
from gaita.model.outcome import Message
from gaita.runtime import Engine
from gaita.store import Transaction
from gaita.store.deliveries import delivery_key
from tests.gaita.building import COUNTER, T0
from tests.gaita.delivery.delivering import (
    ANNA,
    BOOK,
    ILZE,
    PATIENCE,
    Told,
    always,
    failing,
    outbox_of,
    routes_of,
)

LATE = T0 + timedelta(days=40)
KEYS = ["one/1/0/clerk/mail/anna", "one/1/1/clerk/mail/anna", "one/1/2/chief/mail/ilze"]
"""What the three messages of an instance that is left alone become over mail."""


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    return outbox_of(engine)


@pytest.fixture
def mail() -> Told:
    return Told()


@pytest.fixture
def written(engine: Engine) -> Engine:
    """An engine with three messages in the outbox."""
    engine.start("case", instance="one")
    engine.run_due(LATE)
    return engine


def states(outbox: Outbox) -> list[str]:
    return [each.state for each in outbox.list()]


# -- once, after the commit, to each


def test_nothing_is_delivered_before_the_commit(engine: Engine, outbox: Outbox, mail: Told) -> None:
    engine.start("case", instance="one")
    with engine.transaction() as connection:
        engine.run_due(LATE, connection=connection)
        assert outbox.deliver(routes_of(mail)) == Delivered()
    assert outbox.deliver(routes_of(mail)).handed_over == 3
    assert mail.keys == KEYS
    assert outbox.deliver(routes_of(mail)) == Delivered()


def test_each_recipient_hears_over_their_address_and_a_room_hears_once(written: Engine) -> None:
    pair = AddressBook(
        {"anna": ANNA, "ilze": ILZE}, {"clerk": ["anna", "ilze", "post@example.lv"], "chief": ["ilze"]}
    )
    mail, phone, room = Told(), Told("phone", "sms"), Told("room", "webhook", personal=False)
    outbox = outbox_of(written, pair)
    assert outbox.deliver(routes_of(mail, phone, room)).handed_over == 10
    heard = [(notice.message.kind, notice.recipient.id) for notice in mail.notices]
    assert heard == [
        ("reminder", "anna"),
        ("reminder", "ilze"),
        ("reminder", "post@example.lv"),
        ("due", "anna"),
        ("due", "ilze"),
        ("due", "post@example.lv"),
        ("rung", "ilze"),
    ]
    assert phone.notices == []
    assert room.keys == ["one/1/0/clerk/room/clerk", "one/1/1/clerk/room/clerk", "one/1/2/chief/room/chief"]
    assert [each.recipient.role for each in room.notices] == ["clerk", "clerk", "chief"]


def test_a_route_takes_the_messages_of_its_roles(written: Engine, outbox: Outbox) -> None:
    mail, desk = Told(), Told("desk")
    outbox.deliver([Route(mail, roles=("chief",)), Route(desk, roles=("case.clerk", "other.chief"))])
    assert [notice.message.to for notice in mail.notices] == ["chief"]
    assert [notice.message.to for notice in desk.notices] == ["clerk", "clerk"]


def test_a_long_recipient_makes_no_key_too_long(engine: Engine, mail: Told) -> None:
    address = f"{'a' * 380}@example.lv"
    engine.start("case", instance="one")
    engine.run_due(LATE)
    outbox_of(engine, AddressBook({}, {"clerk": [address], "chief": [address]})).deliver(routes_of(mail))
    assert len(set(mail.keys)) == 3
    assert all(key.startswith("one/1/") and len(key) < 400 for key in mail.keys)


def test_without_routes_messages_wait_until_there_is_one(written: Engine, outbox: Outbox, mail: Told) -> None:
    assert outbox.deliver([]) == Delivered()
    assert (outbox.unspread(), outbox.list()) == (3, [])
    assert [each.spread_at for each in outbox.messages()] == [None] * 3
    assert outbox.deliver(routes_of(mail)).handed_over == 3
    assert outbox.unspread() == 0


def test_two_routes_of_one_name_are_refused(outbox: Outbox) -> None:
    with pytest.raises(InvalidArgument, match="each wants its own"):
        outbox.deliver(routes_of(Told(), Told()))


def test_a_database_in_memory_serves_several_routes(clock: ManualClock) -> None:
    engine = Engine("sqlite://", clock=clock)
    engine.migrate()
    engine.deploy(COUNTER)
    for number in range(20):
        engine.start("case", instance=f"c{number:02}")
    engine.run_due(LATE)
    mail, room = Told(), Told("room", "webhook", personal=False)
    routes = [Route(mail, Limits(concurrency=3)), Route(room)]
    assert outbox_of(engine).deliver(routes).handed_over == 120
    assert len(set(mail.keys)) == len(set(room.keys)) == 60
    assert set(mail.keys) == {
        key.replace("/room/clerk", "/mail/anna").replace("/room/chief", "/mail/ilze") for key in room.keys
    }
    engine.close()


# -- what a notice tells


def test_a_notice_tells_what_is_missing_why_it_is_due_then_and_what_is_next(
    engine: Engine, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    engine.start("case", instance="one")
    due = engine.get("one").deadlines[0].due
    clock.set(due - timedelta(days=3))
    engine.run_due()
    outbox.deliver(routes_of(mail))
    (notice,) = mail.notices
    assert notice.instance == engine.get("one")
    assert (notice.role.id, notice.message.state, notice.rule.id, notice.moment.kind) == (
        "clerk",
        "a",
        "a.soon",
        "reminder",
    )
    assert (notice.recipient.name, notice.recipient.language) == ("Anna Kalniņa", "lv")
    assert notice.possibilities == engine.possibilities("one")
    assert notice.possibilities["go"].ground == "guard"
    assert notice.explained is not None
    assert notice.explained.due == due
    assert [(each.moment.kind, each.at) for each in notice.upcoming] == [
        ("due", due),
        ("rung", due + timedelta(days=5)),
    ]


def test_a_notice_of_a_deadline_that_is_over_tells_less(written: Engine, outbox: Outbox, mail: Told) -> None:
    written.fire("one", "finish")
    outbox.deliver(routes_of(mail))
    assert {notice.explained for notice in mail.notices} == {None}
    assert {notice.upcoming for notice in mail.notices} == {()}
    assert {notice.instance.state for notice in mail.notices if notice.instance} == {"end"}


def test_an_instance_that_cannot_be_read_is_still_reported(
    written: Engine, url: str, outbox: Outbox, mail: Told
) -> None:
    tamper(url, "UPDATE gaita_instances SET data = 'broken'")
    assert outbox.deliver(routes_of(mail)).handed_over == 3
    assert {notice.instance for notice in mail.notices} == {None}


def test_an_instance_that_is_stuck_is_still_reported(
    written: Engine, url: str, outbox: Outbox, mail: Told
) -> None:
    tamper(url, "UPDATE gaita_instances SET state = 'gone'")
    assert outbox.deliver(routes_of(mail)).handed_over == 3
    assert mail.notices[0].instance is not None
    assert mail.notices[0].possibilities == {}


def tamper(url: str, statement: str) -> None:
    database = create_engine(url)
    with database.begin() as connection:
        connection.execute(text(statement))
    database.dispose()


# -- failures


def test_what_fails_is_tried_again_later_under_the_same_key_and_holds_up_no_other(
    written: Engine, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    mail.before = failing(OSError("the line is dead"))
    assert outbox.deliver(routes_of(mail)) == Delivered(handed_over=2, failed=1)
    assert mail.keys == KEYS[1:]
    waiting = outbox.list(state="waiting")[0]
    assert (waiting.key, waiting.attempts, waiting.error) == (KEYS[0], 1, "OSError: the line is dead")
    assert waiting.next_at is not None
    assert clock.now() < waiting.next_at <= clock.now() + timedelta(seconds=10)
    assert outbox.deliver(routes_of(mail)) == Delivered()
    clock.set(waiting.next_at)
    assert outbox.deliver(routes_of(mail)) == Delivered(handed_over=1)
    assert mail.keys == [*KEYS[1:], KEYS[0]]
    first = outbox.list()[0]
    assert (first.state, first.attempts, first.error) == ("delivered", 2, None)


def test_waits_double_up_to_the_cap_and_are_jittered_in_full() -> None:
    limits = Limits(base=timedelta(seconds=10), cap=timedelta(hours=1))
    chance = Random(7)
    for attempts in (1, 2, 3, 9, 10, 100, 100_000):
        longest = min(3600.0, 10 * 2.0 ** min(attempts - 1, 100))
        drawn = [limits.wait(attempts, chance).total_seconds() for _ in range(500)]
        assert all(1 <= wait <= longest for wait in drawn)
        assert min(drawn) < 0.1 * longest + 1
        assert max(drawn) > 0.9 * longest
    again = [Limits().wait(4, Random(3)) for _ in range(2)]
    assert again[0] == again[1]


@pytest.mark.parametrize(
    "wrong", [{"concurrency": 0}, {"per_minute": 0}, {"most_attempts": 0}, {"lease": timedelta(0)}]
)
def test_limits_under_which_nothing_would_be_delivered_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match="must be at least"):
        replace(Limits(), **wrong)


def test_after_the_last_attempt_it_is_a_dead_letter_with_its_cause_and_an_incident(
    written: Engine, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    mail.before = always(OSError("no such host"))
    routes = routes_of(mail, limits=Limits(most_attempts=3))
    for failed, dead in ((3, 0), (3, 0), (3, 3), (0, 0)):
        assert outbox.deliver(routes) == Delivered(failed=failed, dead=dead)
        clock.advance(timedelta(hours=2))
    assert states(outbox) == ["dead"] * 3
    assert {(each.attempts, each.error) for each in outbox.list()} == {(3, "OSError: no such host")}
    incidents = written.incidents.list()
    assert [(each.code, each.instance) for each in incidents] == [("dead_letter", "one")] * 3
    assert incidents[0].message == (
        "delivery 1 over mail was tried 3 times and given up: OSError: no such host;"
        " `gaita outbox retry 1` tries it again"
    )


def test_what_will_never_arrive_is_given_up_at_once(written: Engine, outbox: Outbox, mail: Told) -> None:
    mail.before = failing(None, Undeliverable("550 no such mailbox"))
    assert outbox.deliver(routes_of(mail)) == Delivered(handed_over=2, failed=1, dead=1)
    (dead,) = outbox.list(state="dead")
    assert (dead.key, dead.attempts, dead.error, dead.next_at) == (KEYS[1], 1, "550 no such mailbox", None)


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (Postponed("429", after=timedelta(minutes=7)), timedelta(minutes=7)),
        (Postponed("429", until=LATE + timedelta(minutes=7)), LATE - T0 + timedelta(minutes=7)),
        (Postponed("429", until=T0 - timedelta(days=1)), timedelta(seconds=1)),
        (Postponed("429", after=timedelta(days=400)), timedelta(days=1)),
    ],
)
def test_a_channel_may_put_a_delivery_off_for_up_to_a_day(
    written: Engine, clock: ManualClock, outbox: Outbox, mail: Told, asked: Postponed, granted: timedelta
) -> None:
    mail.before = failing(asked)
    assert outbox.deliver(routes_of(mail)) == Delivered(handed_over=2, failed=1)
    (waiting,) = outbox.list(state="waiting")
    assert (waiting.next_at, waiting.attempts) == (T0 + min(granted, timedelta(days=1)), 1)
    clock.set(T0 + min(granted, timedelta(days=1)))
    assert outbox.deliver(routes_of(mail)).handed_over == 1


def test_what_a_channel_cannot_mean_is_an_ordinary_failure(
    written: Engine, outbox: Outbox, mail: Told
) -> None:
    def confused(_notice: Notice) -> None:
        raise Postponed("429", until=datetime(2024, 1, 1))  # noqa: DTZ001 - that is the point

    mail.before = confused
    assert outbox.deliver(routes_of(mail)) == Delivered(failed=3)
    assert "names no time zone" in str(outbox.list()[0].error)


def test_a_cause_in_whatever_bytes_is_kept(written: Engine, outbox: Outbox, mail: Told) -> None:
    mail.before = failing(Undeliverable("550 \udcff\x00" + "x" * 9000))
    assert outbox.deliver(routes_of(mail)) == Delivered(handed_over=2, failed=1, dead=1)
    error = outbox.list(state="dead")[0].error
    assert error is not None
    assert error.startswith("550 \\udcffxx")
    assert len(error) < 2100


def test_what_is_put_off_without_a_moment_waits_as_after_any_failure(
    written: Engine, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    mail.before = failing(Postponed("busy"))
    outbox.deliver(routes_of(mail))
    waiting = outbox.list(state="waiting")[0]
    assert waiting.next_at is not None
    assert waiting.next_at <= clock.now() + timedelta(seconds=10)


def test_the_latest_address_is_used_and_none_is_a_dead_letter(
    written: Engine, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    mail.before = always(OSError("down"))
    outbox.deliver(routes_of(mail))
    clock.advance(timedelta(hours=1))
    mail.before = None
    moved = replace(ANNA, addresses={"email": "anna@elsewhere.lv"})
    unreachable = replace(ILZE, addresses={})
    changed = AddressBook({"anna": moved, "ilze": unreachable}, {"clerk": ["anna"], "chief": ["ilze"]})
    later = outbox_of(written, changed)
    assert later.deliver(routes_of(mail)) == Delivered(handed_over=2, failed=1, dead=1)
    assert {notice.recipient.addresses["email"] for notice in mail.notices} == {"anna@elsewhere.lv"}
    assert later.list(state="dead")[0].error == "ilze has no address of the kind email any more"


# -- nobody hears


def test_a_message_that_nobody_hears_is_an_incident_once_and_heard_when_somebody_is_named(
    engine: Engine, mail: Told
) -> None:
    for name in ("one", "two"):
        engine.start("case", instance=name)
    engine.run_due(LATE)
    some = outbox_of(engine, AddressBook({"ilze": ILZE}, {"chief": ["ilze"]}))
    assert some.deliver(routes_of(mail)) == Delivered(handed_over=2, unheard=4)
    assert [(each.code, each.instance) for each in engine.incidents.list()] == [("nobody_hears", None)]
    assert "role clerk of case" in engine.incidents.list()[0].message
    unheard = some.list(state="unheard")
    assert [(each.message.id, each.channel) for each in unheard] == [
        (f"{name}/1/{timer}/clerk", "") for name in ("one", "two") for timer in (0, 1)
    ]
    assert some.deliver(routes_of(mail)) == Delivered()
    named = outbox_of(engine)
    some.retry(unheard[0].number, actor="anna")
    assert [each.closed_by for each in engine.incidents.list(closed=True)] == ["anna"]
    assert some.deliver(routes_of(mail)) == Delivered(unheard=1)
    assert len(engine.incidents.list()) == 1
    again = some.list(state="unheard")[-1]
    assert again.message == unheard[0].message
    named.retry(again.number)
    assert engine.incidents.list() == []
    assert named.deliver(routes_of(mail)).handed_over == 1
    assert named.retry_dead() == 3
    assert named.deliver(routes_of(mail)).handed_over == 3
    assert sorted(mail.keys) == sorted([*KEYS, *(key.replace("one", "two") for key in KEYS)])


def test_a_message_of_a_workflow_that_cannot_be_found_holds_up_no_other(
    written: Engine, url: str, outbox: Outbox, mail: Told
) -> None:
    tamper(url, "UPDATE gaita_messages SET workflow = 'gone@7' WHERE number = 1")
    assert outbox.deliver(routes_of(mail)) == Delivered(handed_over=2, unheard=1)
    (unheard,) = outbox.list(state="unheard")
    assert unheard.error is not None
    assert unheard.error.startswith("UnknownWorkflow")


# -- leases


def test_what_one_process_hands_over_another_does_not(written: Engine, url: str, clock: ManualClock) -> None:
    other = Engine(url, clock=clock)
    mail, second = Told(), Told()
    mail.before = lambda _notice: (outbox_of(other).deliver(routes_of(second)), None)[1]
    assert outbox_of(written).deliver(routes_of(mail)).handed_over + len(second.notices) == 3
    assert sorted(mail.keys + second.keys) == KEYS
    other.close()


def test_racing_workers_deliver_each_once(engine: Engine, url: str, clock: ManualClock) -> None:
    for number in range(50):
        engine.start("case", instance=f"c{number}")
    engine.run_due(LATE)
    mail = Told()
    engines = [Engine(url, clock=clock) for _ in range(3)]
    line = threading.Barrier(len(engines))

    def run(own: Engine) -> None:
        line.wait(PATIENCE)
        outbox_of(own).deliver(routes_of(mail, limits=Limits(concurrency=2)))

    threads = [threading.Thread(target=run, args=[own]) for own in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(mail.keys) == len(set(mail.keys)) == 150
    assert set(states(outbox_of(engine))) == {"delivered"}
    for own in engines:
        own.close()


def test_a_lease_that_ran_out_goes_to_another_under_the_same_key_and_the_first_has_no_say(
    written: Engine, url: str, clock: ManualClock
) -> None:
    other = Engine(url, clock=clock)
    slow, quick = Told(), Told()

    def stalls(notice: Notice) -> None:
        slow.before = None
        clock.advance(timedelta(minutes=5))
        assert outbox_of(other).deliver(routes_of(quick)).handed_over == 3
        raise OSError("timed out")

    slow.before = stalls
    outbox = outbox_of(written)
    assert outbox.deliver(routes_of(slow)) == Delivered(failed=1)
    assert quick.keys == KEYS[1:] + KEYS[:1]
    assert [(each.state, each.error) for each in outbox.list()] == [("delivered", None)] * 3
    other.close()


def test_whoever_is_killed_while_handing_over_is_caught_up_after_the_lease(
    written: Engine, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    mail.before = failing(SystemExit())
    with pytest.raises(SystemExit):
        outbox.deliver(routes_of(mail))
    held = outbox.list()[0]
    assert (held.underway, held.next_at, held.attempts) == (True, T0 + timedelta(minutes=5), 1)
    outbox.retry(held.number)
    assert outbox.deliver(routes_of(mail)).handed_over == 2
    clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
    assert outbox.deliver(routes_of(mail)) == Delivered()
    clock.advance(timedelta(microseconds=1))
    assert outbox.deliver(routes_of(mail)).handed_over == 1
    assert mail.keys == [*KEYS[1:], KEYS[0]]


def test_what_kills_every_process_that_touches_it_ends_as_a_dead_letter(
    written: Engine, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    mail.before = failing(*[SystemExit()] * 3)
    routes = routes_of(mail, limits=Limits(most_attempts=1))
    for _ in range(3):
        with pytest.raises(SystemExit):
            outbox.deliver(routes)
    clock.advance(timedelta(minutes=5))
    assert outbox.deliver(routes) == Delivered(failed=3, dead=3)
    assert "came to an end" in str(outbox.list()[0].error)


def test_what_cannot_be_reached_before_the_lease_runs_out_is_given_back_untried(
    engine: Engine, url: str, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    for number in range(10):
        engine.start("case", instance=f"c{number}")
    engine.run_due(LATE)
    other = Engine(url, clock=clock)
    waiting: list[int] = []

    def slow_from_the_eighth(_notice: Notice) -> None:
        if len(mail.keys) >= 7:  # one, two and four were quick: eight are leased
            clock.advance(timedelta(minutes=1))
            waiting.append(sum(not each.underway for each in outbox_of(other).list(state="waiting")))

    mail.before = slow_from_the_eighth
    assert outbox.deliver(routes_of(mail)).handed_over == 30
    assert waiting[:4] == [
        15,
        15,
        15,
        16,
    ]  # after three of the eight half of the lease is over: five go back, four are leased
    assert len(mail.keys) == len(set(mail.keys)) == 30
    assert {each.attempts for each in outbox.list()} == {1}
    other.close()


def test_a_worker_that_is_stopped_gives_back_what_it_has_not_tried(
    engine: Engine, outbox: Outbox, mail: Told
) -> None:
    for number in range(10):
        engine.start("case", instance=f"c{number}")
    engine.run_due(LATE)
    routes = routes_of(mail)
    outbox._fan_out.spread(routes)
    (worker,) = outbox._workers(routes)
    assert worker.round(stopping=lambda: len(mail.keys) >= 4) == Delivered(handed_over=4)
    waiting = outbox.list(state="waiting")
    assert {(each.attempts, each.next_at, each.underway) for each in waiting} == {(0, None, False)}
    assert outbox.deliver(routes).handed_over == 26


# -- clocks that jump


def test_a_clock_that_is_set_back_neither_hurries_nor_strands_a_delivery(
    written: Engine, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    clock.set(LATE)
    mail.before = failing(Postponed("429", after=timedelta(minutes=30)))
    assert outbox.deliver(routes_of(mail)).handed_over == 2
    clock.advance(timedelta(hours=-1))
    assert outbox.deliver(routes_of(mail)) == Delivered()
    clock.advance(timedelta(days=-366))
    assert outbox.deliver(routes_of(mail)) == Delivered(handed_over=1)


# -- limits of a channel


def test_no_minute_sees_more_than_the_channel_may_have(
    engine: Engine, clock: ManualClock, outbox: Outbox
) -> None:
    for number in range(10):
        engine.start("case", instance=f"c{number}")
    engine.run_due(LATE)
    mail, free = Told(), Told("free")
    routes = [Route(mail, Limits(per_minute=7)), Route(free)]
    handed: list[tuple[datetime, int]] = []
    while len(mail.keys) < 30:
        before = len(mail.keys)
        outbox.deliver(routes)
        handed.append((clock.now(), len(mail.keys) - before))
        assert len(free.keys) == 30
        clock.advance(timedelta(seconds=20))
    for begin, _ in handed:
        inside = sum(count for at, count in handed if begin <= at < begin + timedelta(minutes=1))
        assert inside <= 7
    assert clock.now() - handed[0][0] <= timedelta(minutes=5)
    assert mail.keys == [key.replace("free", "mail") for key in free.keys]


def test_a_channel_is_used_by_as_many_at_once_as_it_allows(
    written: Engine, outbox: Outbox, mail: Told
) -> None:
    together = threading.Barrier(3)
    mail.before = lambda _notice: (together.wait(PATIENCE), None)[1]
    assert outbox.deliver(routes_of(mail, limits=Limits(concurrency=3))).handed_over == 3


# -- in the background


def test_a_channel_that_stalls_holds_up_no_other(engine: Engine, clock: ManualClock, outbox: Outbox) -> None:
    stalled, mail = Told("stalled"), Told()
    gate, stuck = threading.Event(), threading.Event()

    def stall(_notice: Notice) -> None:
        stuck.set()
        assert gate.wait(PATIENCE)

    stalled.before = stall
    post = outbox.post(routes_of(stalled, mail), look_every=timedelta(hours=1))
    post.start()
    engine.start("case", instance="one")
    engine.run_due(LATE)
    post.notify()
    assert stuck.wait(PATIENCE)
    mail.wait(3)
    engine.start("case", instance="two")
    engine.run_due(LATE)
    post.notify()
    mail.wait(6)
    assert stalled.keys == []
    assert not post.stop(timedelta(milliseconds=1))
    gate.set()
    assert post.stop(timedelta(seconds=PATIENCE))
    assert [key.replace("stalled", "mail") for key in stalled.keys] == mail.keys[:1]
    stalled.before = None
    assert outbox.deliver(routes_of(stalled)).handed_over == 5


def test_the_post_begins_with_what_waits_and_tries_again_in_time(
    written: Engine, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    mail.before = failing(OSError("down"))
    post = outbox.post(routes_of(mail), look_every=timedelta(hours=1))
    post.start()
    mail.wait(2)
    clock.advance(timedelta(seconds=10))
    post.notify()
    mail.wait(3)
    assert post.stop(timedelta(seconds=PATIENCE))
    assert sorted(mail.keys) == KEYS


def test_the_post_hears_of_what_a_host_commits_without_a_word(
    engine: Engine, url: str, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    post = outbox.post(routes_of(mail), look_every=timedelta(hours=1))
    post.start()
    post.start()  # twice is once
    database = create_engine(url)
    host = Engine(database, clock=clock)
    with database.begin() as connection:
        host.start("case", instance="one", connection=connection)
        host.run_due(LATE, connection=connection)
    mail.wait(3)
    assert post.stop(timedelta(seconds=PATIENCE))
    assert len(mail.keys) == 3
    database.dispose()


def test_the_delivery_threads_outlive_a_database_that_is_away(
    written: Engine, url: str, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    routes = routes_of(mail)
    back = threading.Event()
    rounds = threading.Semaphore(0)

    def spread() -> None:
        rounds.release()
        if not back.is_set():
            raise OSError("away")
        outbox._fan_out.spread(routes)

    tamper(url, "ALTER TABLE gaita_deliveries RENAME TO away")
    post = DeliveryThreads(clock, spread, outbox._workers(routes), look_every=timedelta(milliseconds=5))
    post.start()
    for _ in range(3):
        assert rounds.acquire(timeout=PATIENCE)
    tamper(url, "ALTER TABLE away RENAME TO gaita_deliveries")
    back.set()
    mail.wait(3)
    assert post.stop(timedelta(seconds=PATIENCE))
    assert mail.keys == KEYS


# -- digests


class Weekly:
    """Makes digests that say nothing; fails where it is asked to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails

    def recipients(self, message: Message, now: datetime) -> Sequence[Recipient]:
        return [Recipient("anna", "Anna", message.to, ANNA.addresses)]

    def compose(
        self, connection: Transaction, message: Message, recipient: Recipient, now: datetime
    ) -> Digest:
        if self.fails:
            raise OSError("no")
        return Digest(message.id, recipient, message.due, "Europe/Riga", ())


def test_a_digest_is_delivered_like_any_message_and_one_that_fails_holds_up_no_other(
    written: Engine, clock: ManualClock, mail: Told
) -> None:
    (first, *_) = (stored_message.message for stored_message in outbox_of(written).messages())
    told = replace(first, id="digest/clerk/2024-W10", instance="", workflow="", state="", rule="", deadline=0)
    with written._context.writing() as held:
        written._context.store.outbox.put(held, [replace(told, kind="digest")])
    failing_digest = Outbox(written._context, recipients=BOOK, summaries={"digest": Weekly(fails=True)})
    assert failing_digest.deliver(routes_of(mail)) == Delivered(handed_over=3, failed=1)
    clock.advance(timedelta(hours=1))
    mended = Outbox(written._context, recipients=BOOK, summaries={"digest": Weekly()})
    assert mended.deliver(routes_of(mail)).handed_over == 1
    assert [digest.key for digest in mail.digests] == ["digest/clerk/2024-W10/mail/anna"]


# -- seeing to it


def test_a_dead_letter_is_tried_again_or_dropped_and_its_incident_closed(
    written: Engine, outbox: Outbox, mail: Told
) -> None:
    mail.before = always(Undeliverable("no"))
    outbox.deliver(routes_of(mail))
    mail.before = None
    outbox.retry(1, actor="anna")
    outbox.drop(2, " a test ", actor="ilze")
    assert [(each.closed_by is None, each.number) for each in written.incidents.list()] == [(True, 3)]
    assert [each.closed_by for each in written.incidents.list(closed=True)] == ["anna", "ilze", None]
    assert states(outbox) == ["waiting", "dropped", "dead"]
    dropped = outbox.list(state="dropped")[0]
    assert (dropped.ended_by, dropped.reason, dropped.ended_at) == ("ilze", "a test", T0)
    assert outbox.deliver(routes_of(mail)).handed_over == 1
    assert outbox.retry_dead(channel="other") == 0
    assert outbox.retry_dead(channel="mail") == 1
    outbox.retry(2)
    assert outbox.deliver(routes_of(mail)).handed_over == 2
    assert states(outbox) == ["delivered"] * 3
    assert written.incidents.list() == []


def test_what_waits_can_be_hurried_or_dropped(
    written: Engine, clock: ManualClock, outbox: Outbox, mail: Told
) -> None:
    mail.before = failing(OSError("down"), OSError("down"))
    outbox.deliver(routes_of(mail))
    outbox.retry(1)
    outbox.drop(2, "of no use any more")
    assert outbox.deliver(routes_of(mail)).handed_over == 1
    assert states(outbox) == ["delivered", "dropped", "delivered"]


def test_what_cannot_be_seen_to_raises(written: Engine, outbox: Outbox, mail: Told) -> None:
    outbox.deliver(routes_of(mail))
    seen: list[Callable[[], object]] = [
        lambda: outbox.retry(9),
        lambda: outbox.retry(1),
        lambda: outbox.drop(9, "x"),
        lambda: outbox.drop(1, "x"),
    ]
    for each in seen:
        with pytest.raises(UnknownDelivery):
            each()
    with pytest.raises(MalformedCommand, match="reason"):
        outbox.drop(1, "  ")


def test_lists_go_by_state_and_channel_page_by_page(written: Engine, outbox: Outbox) -> None:
    mail, room = Told(), Told("room", personal=False)
    mail.before = always(OSError("down"))
    outbox.deliver(routes_of(mail, room))
    assert [each.channel for each in outbox.list(state="delivered")] == ["room"] * 3
    assert [each.state for each in outbox.list(channel="mail")] == ["waiting"] * 3
    page = outbox.list(limit=4)
    rest = outbox.list(after=page[-1].number)
    assert [each.number for each in (*page, *rest)] == [1, 2, 3, 4, 5, 6]


class Running(ManualClock):
    """A clock that does not stand still: each look at it is a little later than the one before."""

    def now(self) -> datetime:
        self.advance(timedelta(microseconds=1))
        return super().now()


def test_a_clock_that_runs_on_between_two_looks_delivers_too(url: str) -> None:
    clock = Running(T0)
    engine = Engine(url, clock=clock)
    engine.migrate()
    engine.deploy(COUNTER)
    engine.start("case", instance="one")
    clock.advance(timedelta(days=30))
    assert engine.run_due().messages == 3
    assert outbox_of(engine).deliver(routes_of(Told())).handed_over == 3
    engine.close()


def test_no_two_deliveries_have_the_same_key_whatever_slashes_ids_hold() -> None:
    told = [
        ("a/1/0/clerk", "mail", "2/0/chief/mail/b"),
        ("a/1/0/clerk/mail/2/0/chief", "mail", "b"),
        ("a/1/0/clerk", "mail", "2%2F0"),
        ("a/1/0/clerk", "mail", "2/0"),
    ]
    assert len({delivery_key(*each) for each in told}) == len(told)
