"""Records: what history keeps of an outcome, taken from the outcome alone."""

from dataclasses import replace
from typing import Any, cast

from gaita.history import FORMAT, GENESIS, chain, replay
from gaita.model.command import Extend, Pause, Resume
from tests.gaita.building import COUNTER, HEAD, Life, workflow

COUNTING = workflow(
    HEAD
    + """
[data]
count = { type = "integer", default = 0, by = ["clerk"] }
seen = { type = "integer", by = ["clerk"] }
[roles.clerk]
[states.a]
[states.a.deadlines.d]
within = "5 days"
pause_by = "clerk"
extend_by = "clerk"
extend_at_most = "5 days"
[states.b]
[states.c]
[states.end]
final = true
[events.add]
payload = { by = { type = "integer" }, note = { type = "string", optional = true } }
[events.finish]
[[transitions]]
event = "add"
from = "a"
guard = "event.by > data.count"
set = { count = "data.count + event.by" }
[[transitions]]
from = "a"
to = "b"
guard = "data.count >= 5"
set = { count = "data.count * 10" }
[[transitions]]
from = "b"
to = "c"
guard = "data.count >= 50 && data.seen != 9"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def bodies(life: Life) -> list[dict[str, Any]]:
    """Return the bodies of all records, which lead to the instance."""
    records = chain(COUNTING, life.outcomes, GENESIS)
    assert replay(COUNTING, records) == life.instance
    return [cast("dict[str, Any]", record.body) for record in records]


def test_a_refusal_keeps_what_its_conditions_lacked_and_only_that() -> None:
    life = Life(workflow(COUNTER.replace("data.count >= 2", "data.name != 'x'")))
    life.refused("go")
    life.set(roles="clerk", name="x")
    life.refused("go")
    records = [cast("dict[str, Any]", each.body) for each in chain(life.workflow, life.outcomes, GENESIS)]
    lacking, unmet = (
        record["explanation"]["candidates"][0]["clauses"][0] for record in records if "refusal" in record
    )
    assert (lacking["missing"], "missing" in unmet) == (["data.name"], False)


def evidence(body: dict[str, Any]) -> list[object]:
    return [move.get("evidence") for move in body["moves"]]


def test_each_move_keeps_what_its_own_guard_read_at_its_step() -> None:
    life = Life(COUNTING, data={"seen": 1})
    life.taken("add", by=5)
    assert evidence(bodies(life)[-1]) == [
        {"event.by": 5, "data.count": 0},
        {"data.count": 5},
        {"data.count": 50, "data.seen": 1},
    ]


def test_so_do_the_automatic_moves_after_a_change_of_data() -> None:
    life = Life(COUNTING, data={"seen": 1})
    life.set(roles="clerk", count=7)
    assert evidence(bodies(life)[-1]) == [{"data.count": 7}, {"data.count": 70, "data.seen": 1}]


def test_and_those_at_the_start() -> None:
    life = Life(COUNTING, data={"count": 6})
    assert evidence(bodies(life)[0]) == [None, {"data.count": 6}], "the second guard waits for data.seen"


def test_a_move_without_a_guard_keeps_nothing() -> None:
    life = Life(COUNTING)
    life.taken("finish")
    assert evidence(bodies(life)[-1]) == [None]


def test_a_payload_is_kept_in_the_engines_form_also_where_it_is_refused() -> None:
    life = Life(COUNTING)
    life.taken("add", by=1, note=None)
    life.refused("add", by=1)
    assert [body["payload"] for body in bodies(life)[1:]] == [{"by": 1}, {"by": 1}]


def test_the_values_that_were_asked_are_kept_also_where_an_automatic_move_hides_them() -> None:
    life = Life(COUNTING)
    life.set(roles="clerk", count=7, seen=None)
    body = bodies(life)[-1]
    assert body["asked"] == {"count": 7, "seen": None}
    assert body["data"] == {"count": 70}


def test_refused_commands_are_told_apart() -> None:
    life = Life(COUNTING)
    clerk = frozenset({"clerk"})
    life.refused("add", by=0)
    life.set(count=3)
    life.do(Resume("a.d", roles=clerk))
    life.do(Pause("a.d", "why", roles=frozenset()))
    life.do(Extend("a.d", "6 days", "why", roles=clerk))
    told = [(body["kind"], body["command"]) for body in bodies(life)[1:]]
    assert told == [("refused", each) for each in ("fire", "set", "resume", "pause", "extend")]


def test_a_record_that_names_no_form_is_of_the_first() -> None:
    (record,) = chain(COUNTING, Life(COUNTING).outcomes, GENESIS)
    assert record.format == FORMAT > 2
    assert replace(record, body={}).format == 1
    assert replace(record, body={"format": "x"}).format == 1
