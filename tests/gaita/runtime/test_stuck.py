"""A case whose due timers fire without end: its data can be corrected all the same, and that frees it."""

from collections.abc import Iterator
from time import process_time

import pytest

from gaita.clock import ManualClock
from gaita.errors import StuckTimer
from gaita.history import replay
from gaita.runtime import Engine
from tests.gaita.building import at, heading

LOOP = (
    heading("loop")
    + """
[data]
ends_on = { type = "date", by = ["lead"] }
note = { type = "string", by = ["lead"] }
[roles]
lead = {}
[states.a]
[states.a.deadlines.d]
within = "1 day"
from = "data.ends_on"
extend_by = "lead"
extend_at_most = "60 days"
escalate = [{ to = "lead", fire = "again" }]
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
by = "lead"
"""
)
LEAD = ["lead"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(at("2024-04-19T09:00"))


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    """Two cases on the 25th of April: one is in time, the other has been due since the 21st."""
    made = Engine(url, clock=clock)
    made.migrate()
    made.deploy(LOOP)
    made.start("loop", instance="well", data={"ends_on": "2024-05-01"})
    made.start("loop", instance="stuck", data={"ends_on": "2024-04-20"})
    clock.set(at("2024-04-25T09:00"))
    yield made
    assert made.deadlines.account().balanced
    assert made.verify().findings == ()
    stored = made.get("stuck")
    assert replay(made.workflow("loop"), made.history("stuck")) == stored
    made.close()


def open_incidents(engine: Engine) -> list[tuple[int, str | None, str]]:
    return [(each.number, each.instance, each.code) for each in engine.incidents.list()]


def test_a_sweep_finds_the_circle_soon_and_holds_the_case(engine: Engine) -> None:
    begun = process_time()
    assert engine.run_due().incidents == 1
    assert engine.run_due().incidents == 0
    assert process_time() - begun < 30, "it has an end"
    (incident,) = engine.incidents.list()
    assert (incident.instance, incident.code) == ("stuck", "stuck")
    assert (
        "correct the data that they count from, or extend them: that frees the instance" in incident.message
    )
    with pytest.raises(StuckTimer):
        engine.fire("stuck", "stop", roles=LEAD)


def test_a_stuck_case_is_freed_by_correcting_its_data(engine: Engine) -> None:
    engine.run_due()
    receipt = engine.set_data("stuck", {"ends_on": "2024-05-20"}, roles=LEAD, actor="anna", key="k")
    assert (receipt.accepted, receipt.fired_first) == (True, 0)
    assert open_incidents(engine) == []
    (closed,) = engine.incidents.list(closed=True)
    assert (closed.closed_by, closed.closed_at) == ("anna", at("2024-04-25T09:00"))
    assert engine.set_data("stuck", {"ends_on": "2024-05-20"}, roles=LEAD, actor="anna", key="k").repeated
    assert engine.next_due() == engine.get("well").deadlines[0].due
    assert engine.fire("stuck", "stop", roles=LEAD).accepted


def test_it_is_freed_by_an_extension(engine: Engine) -> None:
    engine.run_due()
    assert engine.extend("stuck", "a.d", "30 days", "a late start", roles=LEAD).accepted
    assert open_incidents(engine) == []
    assert engine.fire("stuck", "stop", roles=LEAD).accepted


def test_what_is_as_bad_as_before_is_corrected_and_held_by_the_one_incident(engine: Engine) -> None:
    engine.run_due()
    held = open_incidents(engine)
    assert engine.set_data("stuck", {"ends_on": "2024-04-21"}, roles=LEAD).accepted
    assert engine.set_data("stuck", {"note": "seen"}, roles=LEAD).accepted
    assert engine.get("stuck").data == {"ends_on": "2024-04-21", "note": "seen"}
    assert open_incidents(engine) == held
    assert engine.run_due().timers == 0
    assert open_incidents(engine) == held
    assert engine.set_data("stuck", {"ends_on": "2024-05-20"}, roles=LEAD).accepted
    assert open_incidents(engine) == []


def test_a_refused_correction_leaves_it_held(engine: Engine) -> None:
    engine.run_due()
    held = open_incidents(engine)
    assert not engine.set_data("stuck", {"ends_on": "2024-05-20"}).accepted
    assert not engine.extend("stuck", "a.d", "61 days", "too much", roles=LEAD).accepted
    assert open_incidents(engine) == held
    with pytest.raises(StuckTimer):
        engine.pause("stuck", "a.d", "a rest", roles=LEAD)
    assert open_incidents(engine) == held


def test_a_case_that_no_sweep_has_found_yet_is_freed_as_well(engine: Engine) -> None:
    assert engine.set_data("stuck", {"ends_on": "2024-05-20"}, roles=LEAD).accepted
    assert engine.incidents.list(closed=True) == []
    assert engine.fire("stuck", "stop", roles=LEAD).accepted


def test_and_where_its_data_is_as_bad_as_before_it_is_held_from_then_on(engine: Engine) -> None:
    assert engine.set_data("stuck", {"ends_on": "2024-04-21"}, roles=LEAD).accepted
    assert [code for _, _, code in open_incidents(engine)] == ["stuck"]
    assert engine.run_due().incidents == 0


@pytest.mark.parametrize("swept", [True, False])
def test_so_it_goes_in_a_hosts_transaction(engine: Engine, swept: bool) -> None:
    if swept:
        engine.run_due()
    with engine.transaction() as connection:
        assert engine.set_data("stuck", {"ends_on": "2024-04-21"}, roles=LEAD, connection=connection).accepted
        assert [each.code for each in engine.incidents.list(connection=connection)] == ["stuck"]
        assert engine.set_data("stuck", {"ends_on": "2024-05-20"}, roles=LEAD, connection=connection).accepted
        assert engine.incidents.list(connection=connection) == []
        connection.rollback()
    assert len(engine.incidents.list()) == swept, "what the host undid is undone"
    with engine.transaction() as connection:
        assert engine.extend("stuck", "a.d", "30 days", "late", roles=LEAD, connection=connection).accepted
    assert engine.incidents.list() == []
    assert engine.fire("stuck", "stop", roles=LEAD).accepted


def test_what_is_due_by_the_new_data_follows(url: str, clock: ManualClock) -> None:
    engine = Engine(url, clock=clock)
    engine.migrate()
    engine.deploy(
        LOOP.replace('from = "a"\nto = "a"', 'from = "a"\nto = "a"\nguard = "data.note == \'loop\'"')
    )
    engine.start("loop", instance="stuck", data={"ends_on": "2024-04-20", "note": "loop"})
    clock.set(at("2024-04-25T09:00"))
    engine.run_due()
    receipt = engine.set_data("stuck", {"note": "rest"}, roles=LEAD)
    assert receipt.sequence == 2
    assert [each.body["kind"] for each in engine.history("stuck")] == ["started", "data_set", "timer"]
    assert [each.code for each in engine.incidents.list()] == ["expression_failed"], "its event was refused"
    assert engine.fire("stuck", "stop", roles=LEAD).accepted
    assert engine.verify().findings == ()
    engine.close()
