"""The engine on a real database: versions, keys, adoption, incidents, the host's transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, create_engine, text

from gaita import Digest, IncidentSummary, Notice, Route
from gaita.clock import ManualClock
from gaita.errors import (
    Busy,
    DatabaseTrouble,
    EndlessMoves,
    FaultyFile,
    InstanceExists,
    KeyReused,
    MalformedCommand,
    StuckTimer,
    UnknownIncident,
    UnknownInstance,
    UnknownWorkflow,
)
from gaita.runtime import Engine
from gaita.store import open_database
from tests.gaita.building import COUNTER, T0, at
from tests.gaita.step.test_deadlines import PING
from tests.gaita.step.test_moves import ENDLESS

LATE = T0 + timedelta(days=40)


@contextmanager
def tampering(url: str) -> Iterator[Connection]:
    """Reach behind the engine, as somebody with access to the file could."""
    database = create_engine(url)
    with database.begin() as connection:
        yield connection
    database.dispose()


# -- workflows


def test_the_same_content_deploys_nothing_and_other_content_the_next_version(engine: Engine) -> None:
    again = engine.deploy("# a comment\n" + COUNTER)
    assert (again.new, again.workflow.version) == (False, 1)
    changed = engine.deploy(COUNTER.replace("10 days", "12 days"))
    assert (changed.new, changed.workflow.version) == (True, 2)
    assert [each.version for each in engine.workflows()] == [1, 2]


def test_an_instance_keeps_its_version_when_a_newer_one_is_deployed(engine: Engine) -> None:
    engine.start("case", instance="old")
    engine.deploy(COUNTER.replace("data.count >= 2", "data.count >= 3"))
    engine.start("case", instance="new")
    for name, state in (("old", "b"), ("new", "a")):
        engine.fire(name, "add", {"by": 2})
        assert engine.fire(name, "go").state == state
    assert [each.workflow_version for each in engine.list().instances] == [2, 1]
    assert engine.verify().sound


def test_a_deployment_that_the_host_rolls_back_leaves_nothing_behind(engine: Engine) -> None:
    with pytest.raises(RuntimeError), engine.transaction() as connection:  # noqa: PT012 - the host's own block
        engine.deploy(COUNTER.replace("count >= 2", "count >= 9"), connection=connection)
        engine.start("case", instance="gone", connection=connection)
        raise RuntimeError
    engine.deploy(COUNTER.replace("count >= 2", "count >= 1"))
    engine.start("case", instance="one")
    engine.fire("one", "add", {"by": 1})
    assert engine.fire("one", "go").accepted


def test_a_faulty_workflow_and_an_unknown_one_are_told_apart(engine: Engine) -> None:
    with pytest.raises(FaultyFile):
        engine.deploy("language = 1")
    with pytest.raises(UnknownWorkflow, match="did you mean case"):
        engine.start("cases")
    with pytest.raises(UnknownWorkflow, match="has no version 7"):
        engine.workflow("case", 7)


# -- keys


def test_the_same_key_with_the_same_command_is_answered_without_doing_it_again(engine: Engine) -> None:
    engine.start("case", instance="one")
    first = engine.fire("one", "add", {"by": 2}, key="k")
    again = engine.fire("one", "add", {"by": 2}, key="k")
    assert (again.repeated, again.sequence, again.moves) == (True, first.sequence, first.moves)
    assert engine.get("one").data["count"] == 2


def test_the_same_key_with_another_command_raises(engine: Engine) -> None:
    engine.start("case", instance="one", key="s")
    assert engine.start("case", instance="one", key="s").repeated
    with pytest.raises(InstanceExists):
        engine.start("case", instance="one")
    engine.fire("one", "add", {"by": 2}, key="k")
    with pytest.raises(KeyReused):
        engine.fire("one", "add", {"by": 3}, key="k")
    with pytest.raises(KeyReused):
        engine.set_data("one", {"name": "x"}, roles=["clerk"], key="k")


def test_after_a_refusal_the_key_is_evaluated_afresh(engine: Engine) -> None:
    engine.start("case", instance="one")
    assert not engine.fire("one", "go", key="k").accepted
    engine.fire("one", "add", {"by": 2})
    receipt = engine.fire("one", "go", key="k")
    assert (receipt.accepted, receipt.repeated) == (True, False)


def test_keys_are_kept_for_a_set_time(engine: Engine, clock: ManualClock) -> None:
    engine.start("case", instance="one")
    engine.fire("one", "add", {"by": 2}, key="k")
    clock.advance(timedelta(days=29))
    engine.run_due()
    assert engine.fire("one", "add", {"by": 2}, key="k").repeated
    clock.advance(timedelta(days=2))
    engine.run_due()
    assert not engine.fire("one", "add", {"by": 2}, key="k").repeated


# -- looking


def test_explaining_and_possibilities_see_the_instance_settled_and_change_nothing(
    engine: Engine, clock: ManualClock
) -> None:
    engine.start("case", instance="one")
    before = engine.history("one")
    clock.set(LATE)
    explanation = engine.explain("one", "go")
    assert [clause.read for clause in explanation.candidates[0].clauses] == [{"data.count": 0}]
    assert set(engine.possibilities("one")) == {"add", "go", "finish"}
    assert engine.history("one") == before
    assert engine.fire("one", "go").explanation == explanation


def test_lists_go_by_state_text_and_overdue_page_by_page(engine: Engine, clock: ManualClock) -> None:
    for number in range(5):
        engine.start("case", instance=f"c{number}", data={"name": f"Ādaži {number}", "count": 2})
    engine.fire("c1", "go")
    assert [each.id for each in engine.list(state="b").instances] == ["c1"]
    assert len(engine.list(text="ADAZI").instances) == 5
    page = engine.list(limit=3)
    assert [each.id for each in page.instances] == ["c0", "c1", "c2"]
    assert page.next == "c2"
    assert engine.list(limit=3, after=page.next).next is None
    clock.advance(timedelta(days=12))
    assert [each.id for each in engine.list(overdue=True).instances] == ["c0", "c2", "c3", "c4"]


def test_generated_ids_sort_by_time(engine: Engine, clock: ManualClock) -> None:
    ids = []
    for _ in range(3):
        ids.append(engine.start("case").instance)
        clock.advance(timedelta(seconds=1))
    assert ids == sorted(ids)


def test_what_does_not_exist_raises(engine: Engine) -> None:
    with pytest.raises(UnknownInstance):
        engine.fire("nobody", "go")
    with pytest.raises(MalformedCommand):
        engine.start("case", instance="")
    with pytest.raises(MalformedCommand, match="give the instance's id"):
        engine.start("case", key="k")
    with pytest.raises(UnknownIncident):
        engine.incidents.retry(1)


def test_an_instance_is_adopted_mid_life_with_a_reason(engine: Engine) -> None:
    since = T0 - timedelta(days=5)
    receipt = engine.start("case", instance="one", state="b", since=since, reason="the old register")
    assert receipt.state == "b"
    assert engine.get("one").since == since
    (record,) = engine.history("one")
    assert (record.body["kind"], record.body["reason"]) == ("adopted", "the old register")
    assert engine.get("one").deadlines[0].due == at("2024-03-19T22:00")


def test_a_database_without_a_schema_says_so(url: str) -> None:
    bare = Engine(url)
    with pytest.raises(DatabaseTrouble, match="no Gaita schema"):
        bare.list()
    bare.close()


# -- deadlines


def test_settling_goes_before_the_command(engine: Engine, clock: ManualClock) -> None:
    engine.start("case", instance="one")
    clock.set(at("2024-03-14T22:00"))
    receipt = engine.fire("one", "finish")
    assert receipt.fired_first == 2
    (line,) = engine.deadlines.account().lines
    assert (line.missed, line.met) == (1, 0)


def test_running_what_is_due_is_done_once_in_batches(engine: Engine, clock: ManualClock) -> None:
    for number in range(25):
        engine.start("case", instance=f"c{number:02}")
    clock.set(LATE)
    sweep = engine.run_due(batch=10)
    assert (sweep.timers, sweep.messages, sweep.incidents) == (75, 75, 0)
    assert engine.run_due().timers == 0
    assert engine.next_due() is None
    assert [each.instance for each in engine.deadlines.open(before=LATE, limit=2)] == ["c00", "c01"]
    account = engine.deadlines.account()
    assert account.balanced
    assert (account.armed, account.lines[0].open, account.lines[0].overdue) == (25, 25, 25)
    assert engine.verify().sound


def test_a_clock_that_goes_back_fires_nothing_twice(engine: Engine, clock: ManualClock) -> None:
    engine.start("case", instance="one")
    clock.set(LATE)
    assert engine.run_due().timers == 3
    clock.set(T0)
    assert engine.run_due().timers == 0
    engine.fire("one", "add", {"by": 2})
    engine.fire("one", "go")
    clock.set(LATE)
    assert engine.run_due().timers == 1
    assert engine.verify().sound
    assert engine.deadlines.account().balanced


# -- incidents


def test_one_instance_that_cannot_be_read_holds_up_nobody(
    engine: Engine, clock: ManualClock, url: str
) -> None:
    for number in range(5):
        engine.start("case", instance=f"c{number}")
    with tampering(url) as connection:
        good = connection.execute(text("SELECT data FROM gaita_instances WHERE id = 'c2'")).scalar_one()
        connection.execute(text("UPDATE gaita_instances SET data = '{' WHERE id = 'c2'"))
        connection.execute(text("UPDATE gaita_instances SET memory = '[1]' WHERE id = 'c3'"))
    clock.set(LATE)
    sweep = engine.run_due()
    assert (sweep.timers, sweep.incidents) == (9, 2)
    assert [each.instance for each in engine.incidents.list()] == ["c2", "c3"]
    assert engine.run_due().incidents == 0
    assert engine.next_due() is None
    with pytest.raises(DatabaseTrouble, match="c2"):
        engine.get("c2")
    assert [(each.instance, each.column) for each in engine.verify().findings] == [
        ("c2", "data"),
        ("c3", "memory"),
    ]

    with tampering(url) as connection:
        connection.execute(text("UPDATE gaita_instances SET data = :good WHERE id = 'c2'"), {"good": good})
    incident = engine.incidents.list()[0].number
    assert engine.incidents.retry(incident, actor="anna") == 3
    assert engine.run_due().timers == 3
    closed = engine.incidents.list(closed=True)[0]
    assert (closed.closed_by, closed.closed_at) == ("anna", LATE)


def test_a_retry_of_what_still_fails_opens_a_new_incident(
    engine: Engine, clock: ManualClock, url: str
) -> None:
    engine.start("case", instance="one")
    with tampering(url) as connection:
        connection.execute(text("UPDATE gaita_instances SET data = '{'"))
    clock.set(LATE)
    engine.run_due()
    engine.incidents.retry(1)
    assert engine.run_due().incidents == 1
    assert [each.number for each in engine.incidents.list()] == [2]


def test_a_timer_that_belongs_to_no_open_deadline_is_set_aside(
    engine: Engine, clock: ManualClock, url: str
) -> None:
    engine.start("case", instance="one")
    with tampering(url) as connection:
        connection.execute(text("UPDATE gaita_deadlines SET ending = 'met'"))
    clock.set(LATE)
    assert engine.run_due().incidents == 1
    assert not engine.deadlines.account().balanced


def test_a_timer_without_end_is_stuck_and_its_incident_opened_once(engine: Engine) -> None:
    engine.deploy(PING.source.replace('id = "case"', 'id = "ping"'))
    engine.start("ping", instance="one")
    for _ in range(2):
        with pytest.raises(StuckTimer):
            engine.fire("one", "finish")
    (incident,) = engine.incidents.list()
    assert incident.instance == "one"
    engine.start("case", instance="two")
    assert engine.run_due(LATE).timers == 3


def test_endless_automatic_moves_are_rolled_back_and_opened_as_an_incident_once(engine: Engine) -> None:
    engine.deploy(ENDLESS.source.replace('id = "case"', 'id = "endless"'))
    engine.start("endless", instance="one", data={"on": True})
    before = engine.get("one")
    for _ in range(2):
        with pytest.raises(EndlessMoves):
            engine.fire("one", "go")
    assert engine.get("one") == before
    assert [(each.instance, each.code) for each in engine.incidents.list()] == [("one", "endless_moves")]
    assert engine.fire("one", "finish").accepted


# -- the outbox


class Told:
    """A channel that keeps what it is told, and fails where it is asked to."""

    name = "told"
    kind = "told"
    personal = False

    def __init__(self, *fails: str) -> None:
        self.fails = set(fails)
        self.heard: list[str] = []

    def deliver(self, notice: Notice) -> None:
        if notice.message.instance in self.fails:
            raise OSError("the line is dead")
        self.heard.append(
            f"{notice.message.instance}:{notice.message.kind}:{notice.role.id}:{notice.rule.id}"
        )

    def digest(self, digest: Digest) -> None:
        self.heard.append(digest.key)

    def incidents(self, summary: IncidentSummary) -> None:
        self.heard.append(summary.key)


def test_nothing_is_delivered_before_the_commit(engine: Engine) -> None:
    channel = Told()
    routes = [Route(channel)]
    engine.start("case", instance="one")
    with engine.transaction() as connection:
        engine.run_due(LATE, connection=connection)
        assert engine.outbox.messages() == []
    assert engine.outbox.deliver(routes).handed_over == 3
    assert channel.heard == [
        "one:reminder:clerk:a.soon",
        "one:due:clerk:a.soon",
        "one:rung:chief:a.soon",
    ]
    assert engine.outbox.deliver(routes).handed_over == 0


def test_a_message_that_fails_keeps_waiting_and_holds_up_no_other(engine: Engine, clock: ManualClock) -> None:
    for name in ("one", "two"):
        engine.start("case", instance=name)
    engine.run_due(LATE)
    channel = Told("one")
    routes = [Route(channel)]
    delivered = engine.outbox.deliver(routes)
    assert (delivered.handed_over, delivered.failed) == (3, 3)
    assert {(each.message.instance, each.error) for each in engine.outbox.list(state="waiting")} == {
        ("one", "OSError: the line is dead")
    }
    channel.fails.clear()
    clock.advance(timedelta(hours=1))
    assert engine.outbox.deliver(routes).handed_over == 3


# -- the host's transactions


def test_the_hosts_rollback_takes_all_and_its_commit_is_its_own(engine: Engine) -> None:
    engine.start("case", instance="one")
    before = engine.get("one")
    with pytest.raises(RuntimeError), engine.transaction() as connection:  # noqa: PT012 - the host's own block
        engine.fire("one", "add", {"by": 2}, key="k", connection=connection)
        engine.fire("one", "go", connection=connection)
        engine.run_due(LATE, connection=connection)
        assert engine.get("one", connection=connection).state == "b"
        raise RuntimeError
    assert engine.get("one") == before
    assert len(engine.history("one")) == 1
    assert engine.outbox.messages() == []
    assert not engine.fire("one", "add", {"by": 2}, key="k").repeated


def test_a_host_that_uses_its_own_connection_shares_one_commit(engine: Engine, url: str) -> None:
    engine.start("case", instance="one")
    host = create_engine(url)
    with host.connect() as connection:
        connection.execute(text("CREATE TABLE mine (note TEXT)"))
        connection.execute(text("INSERT INTO mine VALUES ('x')"))
        engine.fire("one", "add", {"by": 2}, connection=connection)
        connection.rollback()
    assert engine.get("one").data["count"] == 0
    with host.connect() as connection:
        engine.fire("one", "add", {"by": 2}, connection=connection)
        connection.commit()
    assert engine.get("one").data["count"] == 2
    host.dispose()


def test_waiting_for_the_lock_is_bounded(engine: Engine, url: str) -> None:
    engine.start("case", instance="one")
    impatient = Engine(open_database(url, wait_seconds=0.05))
    with engine.transaction(), pytest.raises(Busy, match="try again"):
        impatient.fire("one", "add", {"by": 1})
    assert impatient.fire("one", "add", {"by": 1}).accepted
    assert impatient.get("one").data["count"] == 1
    impatient.close()


# -- evidence


def history_of(engine: Engine) -> None:
    engine.start("case", instance="one")
    engine.start("case", instance="two")
    engine.fire("one", "go")
    for number in range(1, 4):
        engine.fire("one", "add", {"by": number})
        engine.fire("two", "add", {"by": number})
    assert engine.verify().sound


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (
            "UPDATE gaita_records SET body = replace(body, '\"by\":2', '\"by\":3') {3}",
            "record 4: was altered",
        ),
        ("UPDATE gaita_records SET body = 'x' {3}", "record 4: was altered"),
        ("DELETE FROM gaita_records {3}", "record 5: record 4 before it is missing"),
        ("DELETE FROM gaita_records {1}", "record 2: record 1 before it is missing"),
        ("DELETE FROM gaita_records {4}", "ends with record 4"),
        ("UPDATE gaita_records SET sequence = 9 {3}", "record 9: record 6 to 8 before it is missing"),
        ("DELETE FROM gaita_records WHERE instance = 'one'", "ends with record 0"),
        ("UPDATE gaita_instances SET data = '{{\"count\":9}}' WHERE id = 'one'", "its data is"),
        ("UPDATE gaita_instances SET state = 'b' WHERE id = 'one'", "its state is"),
        ("UPDATE gaita_deadlines SET due = due + 1 WHERE instance = 'one'", "deadline 1: its due is"),
        ("DELETE FROM gaita_instances WHERE id = 'one'", "the instance itself was removed"),
    ],
)
def test_whatever_was_altered_removed_or_moved_is_found_and_named(
    engine: Engine, url: str, damage: str, named: str
) -> None:
    history_of(engine)
    numbers = {1: 1, 3: 4, 4: 5}
    where = [f"WHERE instance = 'one' AND sequence = {numbers.get(number, 0)}" for number in range(5)]
    with tampering(url) as connection:
        connection.execute(text(damage.format(*where).replace(":", r"\:")))
    findings = [str(finding) for finding in engine.verify().findings]
    assert any(named in finding and finding.startswith("instance one") for finding in findings), findings
    assert engine.verify("two").sound


def test_two_records_that_changed_places_are_found(engine: Engine, url: str) -> None:
    history_of(engine)
    with tampering(url) as connection:
        for before, after in ((3, 99), (4, 3), (99, 4)):
            change = (
                "UPDATE gaita_records SET sequence = :after WHERE instance = 'one' AND sequence = :before"
            )
            connection.execute(text(change), {"before": before, "after": after})
    assert any("was moved" in str(finding) for finding in engine.verify().findings)


def test_the_digest_tells_a_database_that_was_rewritten(engine: Engine) -> None:
    history_of(engine)
    before = engine.verify().digest
    assert engine.verify().digest == before
    engine.fire("two", "add", {"by": 1})
    assert engine.verify().digest != before


INNER = "[states.b]\ninitial = 'one'\n[states.b.states.one]\n[states.b.states.two]\n"
ON = "[[transitions]]\nevent = 'add'\nfrom = 'b/one'\nto = 'b/two'\n"
NESTED = COUNTER.replace("[states.b]\n", INNER) + ON


def test_a_state_is_found_by_its_last_name_where_that_is_enough(engine: Engine) -> None:
    engine.deploy(NESTED)
    engine.start("case", instance="p", state="two", reason="moved here")
    assert engine.get("p").state == "b/two"
    assert [each.id for each in engine.list(state="two").instances] == ["p"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"workflow": "cas"}, "did you mean case"),
        ({"state": "ende"}, "did you mean end"),
        ({"state": "two"}, "there"),
    ],
)
def test_a_filter_for_what_there_is_not_says_what_there_is(
    engine: Engine, wanted: dict[str, str], said: str
) -> None:
    with pytest.raises((UnknownWorkflow, MalformedCommand), match=said):
        engine.list(**wanted)  # type: ignore[arg-type]
