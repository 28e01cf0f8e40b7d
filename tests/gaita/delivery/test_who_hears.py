"""Who hears: a role that no person hears is unheard, whatever took a copy; what failed is logged."""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
import structlog
from structlog.testing import LogCapture

from gaita.clock import ManualClock
from gaita.delivery.address_book import AddressBook, Person
from gaita.delivery.route import Delivered, Limits, Route
from gaita.delivery.threads import DeliveryThreads
from gaita.errors import Postponed, Undeliverable
from gaita.ports import Recipients
from gaita.runtime import Engine
from tests.gaita.building import COUNTER, T0, heading
from tests.gaita.delivery.delivering import ANNA, Told, always, failing, outbox_of, routes_of

QUICK = (
    heading("quick")
    + """
[data]
email = { type = "string", personal = true, by = "clerk" }
[roles]
clerk = {}
head = {}
applicant = { contact = "data.email" }
[states.a]
[states.a.deadlines.answer]
within = "3 minutes"
remind = [{ before = "2 minutes", to = ["clerk", "applicant"] }]
escalate = [{ to = "clerk" }, { after = "1 minute", to = "head" }]
[states.closed]
final = true
[events.close]
[[transitions]]
event = "close"
from = "a"
to = "closed"
by = "head"
"""
)
CLERK = AddressBook({"anna": ANNA}, {"clerk": ["anna"]})
LATER = T0 + timedelta(hours=1)


@pytest.fixture
def written(engine: Engine) -> Engine:
    engine.deploy(QUICK)
    engine.start("quick", instance="one", data={"email": "not-an-address"})
    engine.start("quick", instance="two", data={"email": "somebody@example.lv"})
    engine.run_due(LATER)
    return engine


def room(name: str = "hook", *, people: bool = False, roles: tuple[str, ...] | None = None) -> Route:
    return Route(Told(name, "webhook", personal=False), roles=roles, people=people)


def unheard(engine: Engine, routes: Sequence[Route], book: Recipients = CLERK) -> list[tuple[str, str]]:
    """Deliver, and return the case and role of each message that nobody hears."""
    outbox = outbox_of(engine, book)
    done = outbox.deliver(routes)
    found = [(each.message.instance, each.recipient.role) for each in outbox.list(state="unheard")]
    assert done.unheard == len(found)
    return found


def told(engine: Engine) -> list[str]:
    return [each.message for each in engine.incidents.list() if each.code == "nobody_hears"]


NOBODY = [("one", "applicant"), ("one", "head"), ("two", "head")]


def test_a_webhook_that_took_a_copy_is_nobody_who_hears(written: Engine) -> None:
    hook = room()
    assert unheard(written, [*routes_of(Told()), hook]) == NOBODY
    assert isinstance(hook.channel, Told)
    assert len(hook.channel.notices) == 8  # all of them, also those that nobody hears
    applicant, head = told(written)
    assert applicant == (
        "nobody hears what is for the role applicant of quick: nobody who bears it has an address for mail"
        " (email); hook took a copy. Correct the field email of its cases, which says who bears it, or"
        " name somebody, then `gaita outbox retry --all`"
    )
    assert head == (
        "nobody hears what is for the role head of quick: nobody who bears it has an address for mail"
        " (email); hook took a copy. Name somebody in the settings and start `gaita run` anew, then"
        " `gaita outbox retry --all`"
    )


def test_without_the_webhook_the_same_are_unheard(written: Engine) -> None:
    assert unheard(written, routes_of(Told())) == NOBODY
    assert len(told(written)) == 2


def test_where_no_channel_writes_to_people_a_copy_is_all_that_was_asked_for(written: Engine) -> None:
    assert unheard(written, [room(), room("console")]) == []
    assert written.incidents.list() == []


def test_a_message_that_no_channel_takes_is_unheard_in_any_case(written: Engine) -> None:
    found = unheard(written, [room(roles=("clerk",))])
    assert sorted(found) == [(case, role) for case in ("one", "two") for role in ("applicant", "head")]
    assert "no channel takes it; channels: hook" in told(written)[0]


def test_a_room_that_people_read_is_heard(written: Engine) -> None:
    chat = room("chat", people=True, roles=("head", "quick.applicant"))
    assert unheard(written, [*routes_of(Told()), chat]) == []


def test_a_role_that_only_a_copy_is_for_is_unheard_beside_people(written: Engine) -> None:
    mail = Route(Told(), roles=("clerk", "applicant"))
    assert ("one", "head") in unheard(written, [mail, room()])
    assert "no channel that writes to people takes it; hook took a copy" in told(written)[-1]


def test_once_somebody_is_named_they_hear_and_no_copy_is_taken_twice(written: Engine) -> None:
    mail, hook = Told(), room()
    assert unheard(written, [*routes_of(mail), hook]) == NOBODY
    assert isinstance(hook.channel, Told)
    copies = hook.channel.keys
    chief = Person("chief", "Chief", {"email": "chief@example.lv"})
    book = AddressBook({"anna": ANNA, "chief": chief}, {"clerk": ["anna"], "head": ["chief"]})
    outbox = outbox_of(written, book)
    assert outbox.retry_dead(actor="anna") == 3
    assert written.incidents.list() == []
    heard = len(mail.notices)
    assert outbox.deliver([*routes_of(mail), hook]) == Delivered(handed_over=2, unheard=1)
    assert [each.recipient.id for each in mail.notices[heard:]] == ["chief", "chief"]
    assert hook.channel.keys == copies
    assert [each.split(" of ")[0] for each in told(written)] == [
        "nobody hears what is for the role applicant"
    ]


# -- what is logged


@pytest.fixture
def log() -> Iterator[LogCapture]:
    captured = LogCapture()
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, captured],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        cache_logger_on_first_use=False,
    )
    yield captured
    structlog.reset_defaults()


def test_what_fails_is_a_warning_with_its_cause_once_for_each_cause(
    written: Engine, clock: ManualClock, log: LogCapture
) -> None:
    mail = Told()
    secret = "Ilze Ozola, 010190-12345"
    mail.before = failing(
        Undeliverable("550 no such mailbox"),
        ConnectionRefusedError(111, "Connection refused"),
        ConnectionRefusedError(111, "Connection refused"),
        ValueError(secret),
        Postponed("busy"),
    )
    outbox = outbox_of(written, CLERK)
    assert outbox.deliver(routes_of(mail)) == Delivered(failed=5, dead=1, unheard=3)
    warned = [each for each in log.entries if each["event"] == "not delivered"]
    assert [(each["cause"], each["failed"], each["given_up"]) for each in warned] == [
        ("550 no such mailbox", 1, 1),
        ("ConnectionRefusedError: Connection refused", 2, 0),
        ("ValueError", 1, 0),
        ("busy", 1, 0),
    ]
    assert {(each["log_level"], each["channel"]) for each in warned} == {("warning", "mail")}
    assert not [each for each in log.entries if each["event"] == "delivered"]
    assert "Ozola" not in repr(log.entries)
    assert "anna" not in repr(log.entries).lower()


def test_a_cause_that_lasts_is_a_warning_once_an_hour(
    written: Engine, clock: ManualClock, log: LogCapture
) -> None:
    mail = Told()
    mail.before = always(OSError("down"))
    outbox = outbox_of(written, CLERK)
    for minutes in (1, 5, 10, 50):
        outbox.deliver(routes_of(mail))
        clock.advance(timedelta(minutes=minutes))
    warned = [each for each in log.entries if each["log_level"] == "warning" and "cause" in each]
    assert len(warned) == 1
    assert len([each for each in log.entries if each["event"] == "not delivered"]) > 2
    outbox.deliver(routes_of(mail))
    assert len([each for each in log.entries if each["log_level"] == "warning" and "cause" in each]) == 2


def test_in_the_background_what_failed_is_never_called_delivered(
    written: Engine, clock: ManualClock, log: LogCapture
) -> None:
    mail, other = Told(), Told("other")
    mail.before = always(OSError("down"))
    post = outbox_of(written, CLERK).post(routes_of(mail, other, limits=Limits(most_attempts=2)))
    assert isinstance(post, DeliveryThreads)
    post.start()
    other.wait(5)
    assert post.stop(timedelta(seconds=20))
    by_channel = {each["channel"]: each["event"] for each in log.entries if "channel" in each}
    assert by_channel == {"mail": "not delivered", "other": "delivered"}


def test_the_workflow_of_the_counter_is_heard_as_before(engine: Engine) -> None:
    engine.deploy(COUNTER)
    engine.start("case", instance="one")
    engine.run_due(T0 + timedelta(days=40))
    assert {role for _, role in unheard(engine, routes_of(Told()))} == {"chief"}
