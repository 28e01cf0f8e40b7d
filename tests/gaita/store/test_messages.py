"""The contract of the outbox's store: messages, deliveries and the leases on them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from gaita.errors import DuplicateRow
from gaita.model.outcome import Message
from gaita.store import Database, MessageStore, Tables, Transaction, migrate, open_database
from gaita.store.deliveries import DeliveryStore, NewDelivery
from tests.gaita.building import T0

SOON = T0 + timedelta(minutes=5)


@pytest.fixture(params=["file", "memory", "prefix"])
def tables(request: pytest.FixtureRequest) -> Tables:
    return Tables("host_") if request.param == "prefix" else Tables()


@pytest.fixture
def bare(request: pytest.FixtureRequest, tables: Tables, tmp_path: Path) -> Iterator[Engine]:
    memory = request.node.callspec.params["tables"] == "memory"
    made = open_database("sqlite://" if memory else f"sqlite:///{tmp_path / 'store.db'}")
    yield made
    made.dispose()


@pytest.fixture
def held(bare: Engine, tables: Tables) -> Iterator[Transaction]:
    with Database(bare, tables).writing() as transaction:
        migrate(transaction.connection, tables)
        yield transaction


@pytest.fixture
def outbox(tables: Tables) -> MessageStore:
    return MessageStore(tables)


@pytest.fixture
def deliveries(tables: Tables) -> DeliveryStore:
    return DeliveryStore(tables)


def message(number: int, folded: tuple[int, ...] = ()) -> Message:
    return Message(
        f"one/{number}/2/clerk", "rung", "clerk", "one", "case@1", "a", "a.soon", number, 2, T0, SOON, folded
    )


def address(number: int, channel: str = "mail", unheard: str | None = None) -> NewDelivery:
    return NewDelivery(f"k{number}/{channel}", number, channel, {"id": "Ā", "name": "Ā"}, unheard)


def take(deliveries: DeliveryStore, held: Transaction, until: datetime, most: int, token: str) -> list[int]:
    taken = deliveries.take(held, "mail", until, most, token, until + timedelta(minutes=5))
    return [each.number for each in taken]


# -- messages


def test_messages_come_back_as_they_were_put_in(outbox: MessageStore, held: Transaction) -> None:
    put = [message(1), message(2, (0, 1))]
    outbox.put(held, put[:1])
    outbox.put(held, put[1:])
    outbox.put(held, [])
    found = outbox.every(held)
    assert [(each.number, each.message, each.spread_at) for each in found] == [
        (1, put[0], None),
        (2, put[1], None),
    ]
    assert outbox.every(held, after=1, most=1) == found[1:]
    assert outbox.many(held, [2, 9]) == {2: put[1]}


def test_a_message_is_handed_to_the_channels_by_whoever_is_first(
    outbox: MessageStore, held: Transaction
) -> None:
    outbox.put(held, [message(number) for number in range(1, 6)])
    assert [each.number for each in outbox.unspread(held, most=3)] == [1, 2, 3]
    assert outbox.spread(held, [1, 2, 3], T0) == {1, 2, 3}
    assert outbox.spread(held, [3, 4], SOON) == {4}
    assert [each.spread_at for each in outbox.every(held)] == [T0, T0, T0, SOON, None]
    assert outbox.count_unspread(held) == 1
    outbox.spread_again(held, 2)
    assert [each.number for each in outbox.unspread(held)] == [2, 5]
    assert [each.number for each in outbox.unspread(held, after=2)] == [5]


# -- deliveries


def test_a_key_is_used_once(deliveries: DeliveryStore, held: Transaction) -> None:
    deliveries.add(held, [])
    deliveries.add(held, [address(1)])
    with pytest.raises(DuplicateRow, match=r"deliveries\.key"):
        deliveries.add(held, [address(1)])


def test_new_ones_are_taken_in_order_then_those_that_failed_when_they_are_due(
    deliveries: DeliveryStore, held: Transaction
) -> None:
    deliveries.add(held, [*(address(number) for number in range(1, 6)), address(1, "other")])
    assert deliveries.next_at(held, "other") is not None
    assert deliveries.next_at(held, "nobody") is None
    assert take(deliveries, held, T0, 2, "x") == [1, 2]
    deliveries.again(held, 1, "x", SOON, "down")
    deliveries.again(held, 2, "x", T0, "down")
    assert take(deliveries, held, T0, 9, "y") == [3, 4, 5, 2]
    assert deliveries.next_at(held, "mail") == SOON
    assert take(deliveries, held, SOON - timedelta(microseconds=1), 9, "z") == []
    first = deliveries.find(held, 1)
    assert first is not None
    assert (first.attempts, first.error, first.leased, first.recipient["id"]) == (1, "down", False, "Ā")


def test_a_lease_keeps_others_off_until_it_runs_out(deliveries: DeliveryStore, held: Transaction) -> None:
    deliveries.add(held, [address(1)])
    assert take(deliveries, held, T0, 1, "x") == [1]
    assert take(deliveries, held, SOON - timedelta(microseconds=1), 1, "y") == []
    assert take(deliveries, held, SOON, 1, "y") == [1]
    held_by_y = deliveries.find(held, 1)
    deliveries.delivered(held, [1], "x", SOON)
    deliveries.again(held, 1, "x", T0, "late")
    assert not deliveries.dead(held, 1, "x", SOON, "late")
    assert deliveries.find(held, 1) == held_by_y
    deliveries.delivered(held, [1], "y", SOON)
    done = deliveries.find(held, 1)
    assert done is not None
    assert (done.state, done.attempts, done.ended_at, done.leased) == ("delivered", 2, SOON, False)
    assert deliveries.next_at(held, "mail") is None


def test_what_is_given_back_waits_as_before(deliveries: DeliveryStore, held: Transaction) -> None:
    deliveries.add(held, [address(1), address(2)])
    take(deliveries, held, T0, 1, "x")
    deliveries.again(held, 1, "x", SOON, "down")
    before = deliveries.every(held)
    taken = deliveries.take(held, "mail", SOON, 9, "y", SOON + timedelta(hours=1))
    assert [each.attempts for each in taken] == [1, 2]
    deliveries.give_back(held, taken, "z")
    assert [each.leased for each in deliveries.every(held)] == [True, True]
    deliveries.give_back(held, taken, "y")
    deliveries.give_back(held, [], "y")
    assert deliveries.every(held) == before


def test_what_waits_beyond_reason_is_due_now(deliveries: DeliveryStore, held: Transaction) -> None:
    deliveries.add(held, [address(1), address(2)])
    take(deliveries, held, T0, 2, "x")
    deliveries.again(held, 1, "x", T0 + timedelta(days=366), "down")
    assert deliveries.recover(held, "mail", T0 + timedelta(days=1), T0) == 1
    assert take(deliveries, held, T0, 9, "y") == [1]


def test_operators_see_and_settle_each(deliveries: DeliveryStore, held: Transaction) -> None:
    deliveries.add(held, [address(1), address(2), address(3), address(4, "", "nobody")])
    take(deliveries, held, T0, 2, "x")
    assert deliveries.dead(held, 1, "x", T0, "550")
    deliveries.tell(held, 1, 7)
    deliveries.drop(held, 3, "a test", "anna", T0)
    assert [each.state for each in deliveries.every(held)] == ["dead", "waiting", "dropped", "unheard"]
    assert [each.number for each in deliveries.every(held, states=["dead"], channel="mail")] == [1]
    assert [each.number for each in deliveries.every(held, channel="mail", after=1, most=1)] == [2]
    dead, _, dropped, unheard = deliveries.every(held)
    assert (dead.error, dead.incident, dead.ended_at) == ("550", 7, T0)
    assert (dropped.reason, dropped.ended_by) == ("a test", "anna")
    assert unheard.error == "nobody"
    deliveries.revive(held, 1)
    revived = deliveries.find(held, 1, for_update=True)
    assert revived is not None
    assert (revived.state, revived.attempts, revived.next_at, revived.incident) == ("waiting", 0, None, None)
    assert revived.error == "550"
    deliveries.remove(held, 4)
    assert deliveries.find(held, 4) is None


def test_what_is_next_for_a_channel_is_read_from_one_index(
    deliveries: DeliveryStore, outbox: MessageStore, tables: Tables, held: Transaction
) -> None:
    values_of = {"of": "mail", "until": 1, "most": 1, "after": 0}
    for query, index in (
        (deliveries._next, "deliveries_next"),
        (deliveries._due, "deliveries_next"),
        (outbox._unspread, "messages_unspread"),
    ):
        compiled = query.compile(held.connection.engine)
        known = {**compiled.params, **values_of}
        values = [known[name] for name in compiled.positiontup or ()]
        plan = [
            row[3] for row in held.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(values))
        ]
        assert len(plan) == 1, plan
        assert f"INDEX ix_{tables.prefix}{index}" in plan[0]


# -- the migration


def test_messages_from_before_are_kept_and_only_the_undelivered_are_handed_over(
    bare: Engine, tables: Tables, outbox: MessageStore
) -> None:
    name = f"{tables.prefix}messages"
    with bare.begin() as connection:
        migrate(connection, tables, "0002")
        for number, delivered in ((1, "5000000"), (2, "NULL")):
            connection.exec_driver_sql(
                f"INSERT INTO {name} VALUES ({number}, 'a/b/{number}/3/clerk', 'rung', 'clerk', 'a/b',"
                f" 'case@1', 'a', 'a.soon', {number}, 1000000, 2000000, {delivered}, 1, NULL)"
            )
    with Database(bare, tables).writing() as held:
        migrate(held.connection, tables)
        found = outbox.every(held)
        assert [(each.message.timer, each.message.folded) for each in found] == [(3, ()), (3, ())]
        assert [each.number for each in outbox.unspread(held)] == [2]
        assert found[0].spread_at is not None
        assert found[0].message.instance == "a/b"
        columns = {column["name"] for column in inspect(held.connection).get_columns(name)}
        assert columns.isdisjoint({"delivered_at", "attempts", "error"})
        with pytest.raises(DuplicateRow, match=r"messages\.id"):
            outbox.put(held, [found[0].message])
