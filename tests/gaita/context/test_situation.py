"""A situation: one reading of a case for every face, also of one that is stuck."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import create_engine, event, text

from gaita.clock import ManualClock
from gaita.context.situation import Situations
from gaita.delivery.digests import DigestPlan
from gaita.errors import StuckTimer
from gaita.model.notice import Stuck
from gaita.runtime import Engine
from tests.gaita.building import COUNTER, at, heading
from tests.gaita.delivery.delivering import BOOK, Told, routes_of

LOOP = (
    heading("loop")
    + """
[data]
ends_on = { type = "date", by = ["clerk"] }
[roles.clerk]
[states.a]
[states.a.deadlines.d]
within = "1 day"
from = "data.ends_on"
remind = [{ before = "12 hours", to = "clerk" }]
escalate = [{ to = "clerk", fire = "again" }]
[states.z]
final = true
[events.again]
[events.stop]
[[transitions]]
event = "again"
from = "a"
to = "a"
[[transitions]]
event = "stop"
from = "a"
to = "z"
by = "clerk"
"""
)
"""A deadline that is counted from a day arms itself anew in the same moment, once that day is past."""
EVENING = at("2024-04-19T18:00")
NOW = at("2024-04-25T09:00")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(EVENING)


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    made = Engine(url, clock=clock, recipients=BOOK, digests=[_daily()])
    made.migrate()
    made.deploy(LOOP)
    made.start("loop", instance="sound", data={"ends_on": "2024-05-01"})
    yield made
    made.close()


def _daily() -> DigestPlan:
    return DigestPlan("clerk", "Europe/Riga", at("2024-04-19T08:00").time())


@pytest.fixture
def alone(engine: Engine, clock: ManualClock) -> dict[str, object]:
    """What every face says of the first case while it is alone."""
    clock.set(NOW)
    told = faces(engine)
    clock.set(EVENING)
    return told


@pytest.fixture
def both(engine: Engine, clock: ManualClock, alone: dict[str, object]) -> Engine:
    engine.start("loop", instance="stuck", data={"ends_on": "2024-04-20"})
    clock.set(NOW)
    return engine


def faces(engine: Engine) -> dict[str, object]:
    """Return what every face says of the sound case."""
    return {
        "worklist": [each for each in engine.deadlines.worklist("clerk") if each.instance.id == "sound"],
        "feed": [each for each in engine.deadlines.feed(role="clerk") if each.instance == "sound"],
        "own feed": engine.deadlines.feed(instance="sound"),
        "preview": engine.deadlines.preview("sound"),
        "possibilities": engine.possibilities("sound"),
        "explanation": engine.explain("sound", "stop", roles=["clerk"]),
        "open": [each for each in engine.deadlines.open() if each.instance == "sound"],
    }


def test_a_case_is_reported_as_if_the_one_that_is_stuck_were_not_there(
    both: Engine, alone: dict[str, object]
) -> None:
    assert faces(both) == alone  # before a sweep has found out
    both.run_due()
    assert faces(both) == alone


def test_every_face_says_that_a_case_is_stuck_and_by_which_incident(both: Engine) -> None:
    for incident in (None, 1):
        (need,) = both.deadlines.worklist("clerk", instance="stuck")
        assert need.stuck == Stuck(incident)
        assert need.deadline.due == at("2024-04-21T21:00")
        (entry,) = both.deadlines.feed(instance="stuck")
        assert entry.need == both.deadlines.worklist(instance="stuck")[0]
        assert both.deadlines.preview("stuck").stuck == Stuck(incident)
        possible = both.possibilities("stuck")
        assert {(each.event, each.ground, each.incident) for each in possible.values()} == {
            ("again", "stuck", incident),
            ("stop", "stuck", incident),
        }
        assert both.explain("stuck", "stop", roles=["clerk"]) == possible["stop"]
        with pytest.raises(StuckTimer):
            both.fire("stuck", "stop", roles=["clerk"])
        both.run_due()
    assert [(each.number, each.instance, each.code) for each in both.incidents.list()] == [
        (1, "stuck", "stuck")
    ]
    assert [(each.instance, each.incident) for each in both.deadlines.open()] == [
        ("stuck", 1),
        ("sound", None),
    ]


def test_notices_and_digests_go_out_beside_a_case_that_is_stuck(
    engine: Engine, clock: ManualClock, both: Engine
) -> None:
    engine.run_due()
    mail = Told()
    assert engine.outbox.deliver(routes_of(mail)).failed == 0
    clock.set(at("2024-04-26T09:00"))
    engine.run_due()
    assert engine.outbox.deliver(routes_of(mail)).failed == 0
    (digest,) = mail.digests
    assert [(each.instance.id, each.stuck) for each in digest.needs] == [("stuck", Stuck(1)), ("sound", None)]
    clock.set(at("2024-05-02T12:00"))
    engine.run_due()
    engine.outbox.deliver(routes_of(mail))
    assert [(each.message.instance, each.stuck) for each in mail.notices] == [("sound", None)]


def test_a_case_that_cannot_be_read_is_listed_with_what_is_known_of_it(
    both: Engine, url: str, alone: dict[str, object]
) -> None:
    tamper(url, "UPDATE gaita_instances SET data = 'broken' WHERE id = 'stuck'")
    assert faces(both) == alone
    (need,) = both.deadlines.worklist("clerk", instance="stuck")
    assert need.stuck == Stuck(None, readable=False)
    assert (need.instance.state, need.instance.data, need.rule.id) == ("a", {}, "a.d")
    assert need.deadline.due == at("2024-04-21T21:00")
    both.run_due()
    assert both.deadlines.worklist("clerk", instance="stuck")[0].stuck == Stuck(1, readable=False)
    assert faces(both) == alone


def test_a_version_that_cannot_be_read_hides_no_other(
    both: Engine, url: str, alone: dict[str, object]
) -> None:
    both.deploy(COUNTER)
    both.start("case", instance="lost")
    tamper(url, "UPDATE gaita_workflows SET source = 'nonsense' WHERE id = 'case'")
    other = Engine(url, clock=ManualClock(NOW), recipients=BOOK)
    assert faces(other) == alone
    assert {each.instance.id for each in other.deadlines.worklist("clerk")} == {"sound", "stuck"}
    other.close()


def test_a_row_that_cannot_be_read_among_many_is_found_by_halves(engine: Engine, url: str) -> None:
    for number in range(40):
        engine.start("loop", instance=f"c{number:02}")
    tamper(url, "UPDATE gaita_instances SET data = 'broken' WHERE id = 'c17'")
    with engine._context.reading() as connection:
        found = Situations(engine._context, connection, NOW).of(f"c{number:02}" for number in range(41))
    assert [name for name, each in found.items() if isinstance(each, Stuck)] == ["c17"]
    assert "c40" not in found


# -- statements


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Keep every statement that the engine executes."""
    found: list[str] = []

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    database = engine._context.database._engine
    event.listen(database, "before_cursor_execute", executed)
    try:
        yield found
    finally:
        event.remove(database, "before_cursor_execute", executed)


def work(engine: Engine) -> dict[str, Callable[[], object]]:
    def digest() -> None:
        engine.outbox.deliver(routes_of(Told()))

    return {
        "worklist": lambda: engine.deadlines.worklist("clerk", limit=1000),
        "feed": lambda: engine.deadlines.feed(role="clerk"),
        "digest": digest,
    }


def test_the_statements_are_counted_by_batch_and_not_by_case(url: str, clock: ManualClock) -> None:
    engine = Engine(url, clock=clock, recipients=BOOK, digests=[_daily()])
    engine.migrate()
    engine.deploy(LOOP)
    engine.run_due()
    counts: list[dict[str, int]] = []
    day = EVENING
    for size in (5, 200):
        for number in range(size):
            engine.start("loop", instance=f"{size}-{number}", data={"ends_on": date(2024, 6, 1)})
        day += timedelta(days=1)
        clock.set(day)
        engine.run_due()
        assert len(engine.deadlines.worklist("clerk", limit=1000)) >= size
        found: dict[str, int] = {}
        for name, what in work(engine).items():
            with counted(engine) as statements:
                what()
            found[name] = len(statements)
        counts.append(found)
    engine.close()
    few, many = counts
    assert all(many[name] <= few[name] + 4 for name in few), counts  # the second batch of two
    assert max(many.values()) <= 30, counts


def tamper(url: str, statement: str) -> None:
    database = create_engine(url)
    with database.begin() as connection:
        connection.execute(text(statement))
    database.dispose()
