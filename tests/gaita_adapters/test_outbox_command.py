"""The commands on the outbox: what they show, what they do, and with which code they end."""

from collections.abc import Iterator

import pytest
from freezegun.api import FrozenDateTimeFactory

from gaita import AddressBook, Digest, Engine, IncidentSummary, Notice, Person, Route, Undeliverable
from gaita_adapters.command_line.exit_code import ExitCode
from tests.gaita_adapters.conftest import Gaita

BOOK = AddressBook({"anna": Person("anna", "Anna Kalniņa", {"email": "anna@example.lv"})}, {"lead": ["anna"]})


class Dead:
    """A channel over which nothing ever arrives, once it is broken."""

    name = "mail"
    kind = "email"
    personal = True

    def __init__(self) -> None:
        self.broken: Exception | None = Undeliverable("550 no such mailbox")

    def deliver(self, notice: Notice) -> None:
        if self.broken is not None:
            raise self.broken

    def digest(self, digest: Digest) -> None:
        raise NotImplementedError

    def incidents(self, summary: IncidentSummary) -> None:
        raise NotImplementedError


@pytest.fixture
def engine(started: Gaita, clock: FrozenDateTimeFactory) -> Iterator[Engine]:
    clock.move_to("2025-04-20 10:00:00")
    made = Engine(f"sqlite:///{started.folder / 'gaita.sqlite3'}", recipients=BOOK)
    made.run_due()
    yield made
    made.close()


@pytest.fixture
def given_up(started: Gaita, engine: Engine) -> Gaita:
    """Two dead letters for Anna, and a message for the office that nobody hears."""
    engine.outbox.deliver([Route(Dead())])
    return started


def test_what_is_on_its_way_is_listed_with_its_cause(given_up: Gaita) -> None:
    told = given_up.json("outbox", "list")
    assert (told["next"], told["unspread"]) == (None, 0)
    first, _, unheard = told["deliveries"]
    assert first == {
        "number": 1,
        "key": "P-1/1/0/lead/mail/anna",
        "state": "dead",
        "channel": "mail",
        "role": "lead",
        "recipient": "anna",
        "name": "Anna Kalniņa",
        "kind": "reminder",
        "instance": "P-1",
        "workflow": "trial@1",
        "rule": "idea.decision",
        "attempts": 1,
        "next_at": None,
        "underway": False,
        "error": "550 no such mailbox",
        "ended_at": "2025-04-20T10:00:00Z",
        "ended_by": None,
        "reason": None,
    }
    assert (unheard["state"], unheard["channel"], unheard["recipient"]) == ("unheard", None, None)
    shown = given_up("outbox", "list").stdout
    assert "Anna Kalniņa (lead)" in shown
    assert "Escalation · P-1 · idea.decision" in shown
    assert "550 no such mailbox" in shown


def test_a_list_goes_by_state_and_channel_page_by_page(given_up: Gaita) -> None:
    assert len(given_up.json("outbox", "list", "--state", "dead")["deliveries"]) == 2
    assert len(given_up.json("outbox", "list", "--channel", "mail")["deliveries"]) == 2
    assert given_up.json("outbox", "list", "--state", "delivered")["deliveries"] == []
    page = given_up.json("outbox", "list", "--limit", "2")
    assert (len(page["deliveries"]), page["next"]) == (2, 2)
    rest = given_up.json("outbox", "list", "--limit", "2", "--after", str(page["next"]))
    assert [each["number"] for each in rest["deliveries"]] == [3]
    assert "--after 2" in given_up("outbox", "list", "--limit", "2").stdout


def test_messages_that_wait_for_their_first_round_are_counted(started: Gaita, engine: Engine) -> None:
    assert started.json("outbox", "list") == {"deliveries": [], "next": None, "unspread": 3}
    shown = started("outbox", "list").stdout
    assert "Nothing is on its way" in shown
    assert "3 messages wait for their first round" in shown


def test_what_was_given_up_is_tried_again(given_up: Gaita, engine: Engine) -> None:
    assert given_up.json("outbox", "retry", "2", "--actor", "ilze") == {"retried": 1}
    (waiting,) = given_up.json("outbox", "list", "--state", "waiting")["deliveries"]
    assert (waiting["number"], waiting["attempts"], waiting["next_at"]) == (2, 0, None)
    assert "at once" in given_up("outbox", "list").stdout
    assert {each.closed_by for each in engine.incidents.list(closed=True)} == {None, "ilze"}
    assert given_up.json("outbox", "retry", "--all", "--channel", "mail") == {"retried": 1}
    assert given_up.json("outbox", "retry", "--all") == {"retried": 1}
    mended = Dead()
    mended.broken = None
    assert engine.outbox.deliver([Route(mended)]).handed_over == 2
    states = [each["state"] for each in given_up.json("outbox", "list", "--all")["deliveries"]]
    assert states == ["delivered", "delivered", "unheard"]


def test_what_need_not_be_delivered_is_dropped_with_a_reason(given_up: Gaita) -> None:
    told = given_up.json("outbox", "drop", "1", "--reason", "told by telephone", "--actor", "ilze")
    assert told == {"dropped": 1}
    (dropped,) = given_up.json("outbox", "list", "--state", "dropped")["deliveries"]
    assert (dropped["reason"], dropped["ended_by"]) == ("told by telephone", "ilze")
    assert "told by telephone" in given_up("outbox", "list", "--all").stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["retry"], ExitCode.USAGE),
        (["retry", "1", "--all"], ExitCode.USAGE),
        (["retry", "1", "--channel", "mail"], ExitCode.USAGE),
        (["retry", "99"], ExitCode.NOT_FOUND),
        (["drop", "1"], ExitCode.USAGE),
        (["drop", "1", "--reason", " "], ExitCode.MALFORMED),
        (["drop", "99", "--reason", "x"], ExitCode.NOT_FOUND),
    ],
)
def test_what_cannot_be_done_ends_with_its_code(
    given_up: Gaita, arguments: list[str], code: ExitCode
) -> None:
    given_up("outbox", *arguments, code=code)


def test_each_has_help_with_an_example(run_gaita: Gaita) -> None:
    assert "gaita outbox list" in run_gaita("outbox", "--help").stdout
    for name in ("list", "retry", "drop"):
        assert f"gaita outbox {name}" in run_gaita("outbox", name, "--help").stdout
