"""From the deadline to the reader: the outbox over real channels whose other ends are in a bad mood."""

from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

from gaita import AddressBook, Engine, Limits, ManualClock, Person, Route
from gaita_adapters.notices import Texts
from tests.gaita.building import T0
from tests.gaita_adapters.channels.building import TRIAL
from tests.gaita_adapters.channels.mailing import Postmaster, mail_server
from tests.gaita_adapters.channels.receiving import Received, Reply, receiver
from tests.gaita_adapters.channels.test_smtp import channel as email_to
from tests.gaita_adapters.channels.test_webhook import at, verified
from tests.gaita_adapters.channels.test_webhook import channel as webhook_to

INSTANCES = 12
BOOK = AddressBook(
    {"ilze": Person("ilze", "Ilze Bērziņa", {"email": "ilze@example.org"}, "lv")},
    {"lead": ["ilze"], "office": ["birojs@example.org"]},
)
PATIENT = Limits(most_attempts=60)


class Moody:
    """Takes an event, fails, or takes it and says that it failed: one of the three at random."""

    def __init__(self) -> None:
        self.chance = Random(7)
        self.taken: Counter[str] = Counter()

    def __call__(self, received: Received) -> Reply:
        mood = self.chance.choice(["take", "fail", "take and fail"])
        if mood != "fail":
            self.taken[received.headers["webhook-id"]] += 1
        return Reply(200 if mood == "take" else 500)


def test_every_message_arrives_over_every_channel_and_a_repetition_has_the_same_key(tmp_path: Path) -> None:
    clock = ManualClock(T0)
    chance = Random(11)
    moody = Moody()
    postmaster = Postmaster(letter=lambda: chance.choice(["250 OK", "451 4.3.0 try again later"]))
    database = f"sqlite:///{tmp_path / 'gaita.sqlite3'}"
    with (
        closing(Engine(database, clock=clock, recipients=BOOK)) as engine,
        receiver(moody) as where,
        mail_server(postmaster) as port,
    ):
        engine.migrate()
        engine.deploy(TRIAL)
        for number in range(INSTANCES):
            engine.start("trial", instance=f"P-{number}", data={"owner": "Ilze"})
        clock.advance(timedelta(days=60))
        assert engine.run_due().messages == 3 * INSTANCES
        texts = Texts("lv")
        routes = [
            Route(webhook_to(at(where)), PATIENT),
            Route(email_to(port, texts=texts), PATIENT),
        ]
        rounds = 0
        while engine.outbox.deliver(routes).handed_over or engine.outbox.list(state="waiting", limit=1):
            clock.advance(timedelta(hours=2))  # longer than any wait after a failure
            rounds += 1
            assert rounds < 60
        assert engine.outbox.list(state=("dead", "unheard")) == []
        sent = {stored_message.message.id for stored_message in engine.outbox.messages()}
    assert len(sent) == 3 * INSTANCES
    letters = Counter(str(letter["X-Gaita-Key"]) for letter in postmaster.seen)
    assert len(letters) == 3 * INSTANCES
    assert len(set(postmaster.taken)) == len(postmaster.taken) == 3 * INSTANCES
    assert sum(letters.values()) > len(letters), "some were refused at first, and are the same letter"
    assert len(moody.taken) == 3 * INSTANCES
    assert rounds > 1
    assert sum(moody.taken.values()) > len(moody.taken), "some came twice, under the same key"
    for received in where.received:
        verified(received)
