"""Moving: which transition is selected, what it sets and leaves, and how a refusal answers."""

from dataclasses import replace

import pytest

from gaita.errors import EndlessMoves, MalformedCommand, UnknownEvent
from gaita.model.command import Fire, SetData, Start
from gaita.model.outcome import Accepted, Refused
from gaita.step import Facts, explain, possibilities, step
from gaita.step.select import taken_by
from tests.gaita.building import COUNTER, HEAD, T0, Life, heading, workflow

NESTED = workflow(
    heading(initial="pilot")
    + """
[data.ready]
type = "boolean"
by = "clerk"
[roles.clerk]
[states.pilot]
initial = "early"
[states.pilot.states.early]
[states.pilot.states.late]
[states.x]
[states.y]
[states.z]
[states.end]
final = true
[events.specific]
[events.inner]
[events.first]
[events.inside]
[events.finish]
[[transitions]]
event = "specific"
from = "any"
to = "x"
[[transitions]]
event = "specific"
from = "pilot"
to = "y"
[[transitions]]
event = "inner"
from = "pilot"
to = "x"
[[transitions]]
event = "inner"
from = "pilot/early"
to = "y"
[[transitions]]
event = "first"
from = "pilot"
to = "x"
guard = "data.ready"
[[transitions]]
event = "first"
from = "pilot"
to = "y"
by = "clerk"
[[transitions]]
event = "first"
from = "pilot"
to = "z"
[[transitions]]
event = "inside"
from = "pilot/early"
to = "pilot/late"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def test_a_specific_source_beats_any() -> None:
    assert Life(NESTED).taken("specific").after.state == "y"


def test_an_inner_source_beats_an_outer_one() -> None:
    assert Life(NESTED).taken("inner").after.state == "y"


def test_the_outer_source_serves_where_the_inner_one_is_not_active() -> None:
    life = Life(NESTED)
    life.taken("inside")
    assert life.taken("inner").after.state == "x"


def test_the_first_in_the_file_whose_guard_holds_is_taken() -> None:
    assert Life(NESTED, data={"ready": True}).taken("first").after.state == "x"
    assert Life(NESTED).taken("first", roles="clerk").after.state == "y"
    assert Life(NESTED, data={"ready": False}).taken("first").after.state == "z"


def test_what_was_passed_over_is_told_with_its_verdict() -> None:
    candidates = Life(NESTED, data={"ready": False}).taken("first").explanation.candidates
    assert [(each.target, each.verdict) for each in candidates] == [
        ("x", "guard"),
        ("y", "role"),
        ("z", "taken"),
    ]
    assert candidates[0].clauses[0].read == {"data.ready": False}


def test_a_compound_state_is_entered_at_its_initial_leaf() -> None:
    assert Life(NESTED).instance.state == "pilot/early"


RICH = workflow(
    HEAD
    + """
[data.n]
type = "integer"
by = ["clerk", "chief"]
[data.m]
type = "integer"
default = 1
[data.limit]
type = "integer"
max = 5
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.soon]
within = "10 days"
escalate = [{ to = "clerk" }]
[states.b]
[states.hold]
[states.c]
[states.end]
final = true
[events.swap]
[events.go]
[events.again]
[events.note]
[events.pause]
[events.resume]
[events.grow]
[events.finish]
[[transitions]]
event = "swap"
from = "any"
set = { n = "data.m", m = "data.m + 1" }
[[transitions]]
event = "go"
from = "a"
to = "b"
guard = [
  { id = "enough", check = "data.n >= 3", why = { en = "Three" } },
  { id = "even", check = "data.m % 2 == 0" },
]
[[transitions]]
event = "again"
from = "a"
to = "a"
[[transitions]]
event = "note"
from = "a"
[[transitions]]
event = "pause"
from = ["a", "b"]
to = "hold"
[[transitions]]
event = "resume"
from = "hold"
to = "previous"
[[transitions]]
from = "b"
to = "c"
guard = "data.n >= 10"
[[transitions]]
event = "grow"
from = "any"
set = { limit = "data.m * 10" }
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def test_set_sees_the_data_as_it_was_before() -> None:
    after = Life(RICH).taken("swap").after
    assert after.data == {"n": 1, "m": 2}


def test_a_set_value_that_does_not_fit_its_field_changes_nothing() -> None:
    outcome = Life(RICH).refused("grow")
    assert outcome.explanation.ground == "value"
    assert "limit" not in outcome.after.data


def test_where_a_set_value_does_not_fit_the_next_candidate_is_taken() -> None:
    declared = workflow(RICH.source + '[[transitions]]\nevent = "grow"\nfrom = "any"\nto = "b"\n')
    outcome = Life(declared).taken("grow")
    assert outcome.after.state == "b"
    assert [each.verdict for each in outcome.explanation.candidates] == ["value", "taken"]


def test_unknown_data_does_not_hold_and_is_no_error() -> None:
    outcome = Life(RICH).refused("go")
    first, second = outcome.explanation.candidates[0].clauses
    assert (first.verdict, first.missing) == ("unknown", ("data.n",))
    assert (second.verdict, second.read) == ("unmet", {"data.m": 1})
    assert outcome.trouble is None


def test_a_reflexive_move_begins_anew_and_an_internal_one_does_not() -> None:
    life = Life(RICH)
    later = T0.replace(hour=12)
    assert life.taken("note", later).after.since == T0
    moved = life.taken("again", later)
    assert moved.after.since == later
    assert [each.ending for each in moved.ended] == ["met"]
    assert [each.since for each in moved.armed] == [later]


def test_previous_is_the_state_from_which_it_was_entered() -> None:
    life = Life(RICH)
    life.taken("pause")
    assert life.instance.memory == {"hold": "a"}
    assert life.taken("resume").after.state == "a"


def test_a_move_to_the_previous_state_is_told_by_that_state_and_any_other_as_it_is_declared() -> None:
    life = Life(RICH)
    life.taken("pause")
    (move,) = life.taken("resume").moves
    assert taken_by(RICH, move).target == "a"
    text = RICH.source.replace(
        "[states.c]", '[states.wait]\ninitial = "one"\n[states.wait.states.one]\n[states.c]'
    )
    declared = workflow(text + '[[transitions]]\nevent = "again"\nfrom = "b"\nto = "wait"\n')
    life = Life(declared, state="b")
    (move,) = life.taken("again").moves
    assert (move.target, taken_by(declared, move).target) == ("wait/one", "wait")


def test_a_move_that_was_made_is_told_by_what_its_guard_read_then() -> None:
    life = Life(RICH, data={"n": 3, "m": 2})
    (move,) = life.taken("go").moves
    assert [clause.read for clause in taken_by(RICH, move).clauses] == [{"data.n": 3}, {"data.m": 2}]


def test_without_a_previous_state_previous_is_refused() -> None:
    assert Life(RICH, state="hold").refused("resume").explanation.ground == "no_previous"


def test_automatic_moves_run_to_rest_after_an_event_and_after_a_change_of_data() -> None:
    life = Life(RICH, data={"n": 10, "m": 2})
    moved = life.taken("go")
    assert [(move.source, move.target) for move in moved.moves] == [("a", "b"), ("b", "c")]
    life = Life(RICH, data={"n": 3, "m": 2})
    assert life.taken("go").after.state == "b"
    assert life.set(roles="clerk", n=12).after.state == "c"


def test_a_final_state_refuses_events_and_data() -> None:
    life = Life(RICH)
    life.taken("finish")
    assert life.refused("swap").explanation.ground == "final"
    changed = life.set(roles="clerk", n=1)
    assert isinstance(changed, Refused)
    assert changed.explanation.ground == "final"


def test_an_event_without_a_transition_from_here_says_from_where_it_has_one() -> None:
    outcome = Life(RICH).refused("resume")
    assert outcome.explanation.ground == "no_transition"
    assert outcome.explanation.elsewhere == ("hold",)


def test_only_the_declared_roles_may_change_a_field() -> None:
    life = Life(RICH)
    barred = life.set(roles="visitor", n=1)
    assert isinstance(barred, Refused)
    assert (barred.explanation.ground, barred.explanation.fields) == ("field_role", {"n": ("clerk", "chief")})
    assert isinstance(life.set(roles="chief", n=1), Accepted)
    nobody = life.set(roles="clerk chief", m=1)
    assert isinstance(nobody, Refused)
    assert nobody.explanation.fields == {"m": ()}


def test_none_clears_a_field() -> None:
    life = Life(RICH, data={"n": 4})
    assert "n" not in life.set(roles="clerk", n=None).after.data


def test_a_refusal_changes_nothing_but_the_history() -> None:
    life = Life(RICH)
    before = life.instance
    after = life.refused("go").after
    assert after == replace(before, refusal=after.refusal, sequence=before.sequence + 1)
    assert after.version == before.version


def test_an_equal_refusal_is_not_recorded_again_until_something_differs() -> None:
    life = Life(RICH)
    assert life.refused("go").recorded
    again = life.refused("go")
    assert not again.recorded
    assert again.after is again.before
    assert life.do(Fire("go", {}, "jānis")).after.sequence == 3  # another actor
    life.taken("note")
    assert life.refused("go").recorded


def test_unknown_events_and_malformed_payloads_raise() -> None:
    life = Life(workflow(COUNTER))
    with pytest.raises(UnknownEvent, match="did you mean finish"):
        life.fire("finsh")
    with pytest.raises(MalformedCommand) as caught:
        life.fire("add", by=0, extra=1)
    assert len(caught.value.complaints) == 2
    with pytest.raises(MalformedCommand, match="is missing"):
        life.fire("add")
    with pytest.raises(MalformedCommand, match="name at least one"):
        life.do(SetData({}))


ENDLESS = workflow(
    HEAD
    + """
[data.on]
type = "boolean"
[states.a]
[states.b]
[states.c]
[states.end]
final = true
[events.go]
[events.finish]
[[transitions]]
event = "go"
from = "a"
to = "b"
[[transitions]]
from = "b"
to = "c"
guard = "data.on"
[[transitions]]
from = "c"
to = "b"
guard = "data.on"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def test_automatic_moves_in_a_circle_raise() -> None:
    told = r"100 automatic transitions never came to rest \(… c -> b -> c -> b -> c -> b\)"
    with pytest.raises(EndlessMoves, match=told):
        Life(ENDLESS, data={"on": True}).fire("go")


FAILING = workflow(
    HEAD
    + """
[data.n]
type = "integer"
default = 0
[states.a]
[states.end]
final = true
[events.go]
[[transitions]]
event = "go"
from = "a"
to = "end"
guard = "10 / data.n > 1"
"""
)


def test_a_guard_that_cannot_be_computed_refuses_and_is_trouble() -> None:
    outcome = Life(FAILING).refused("go")
    assert outcome.explanation.candidates[0].clauses[0].verdict == "failed"
    assert outcome.trouble is not None
    assert "division by zero" in outcome.trouble.message


def test_explaining_shows_the_clauses_of_what_would_be_taken() -> None:
    life = Life(RICH, data={"n": 3, "m": 2})
    explanation = explain(RICH, life.instance, Fire("go"), Facts(T0))
    assert explanation.accepted
    assert [clause.verdict for clause in explanation.candidates[-1].clauses] == ["holds", "holds"]


def test_possibilities_are_the_events_with_a_transition_from_here() -> None:
    life = Life(NESTED)
    assert set(possibilities(NESTED, life.instance, None, Facts(T0))) == {
        "specific",
        "inner",
        "first",
        "inside",
        "finish",
    }
    life.taken("finish")
    assert possibilities(NESTED, life.instance, None, Facts(T0)) == {}


def test_each_possibility_says_what_stands_in_its_way() -> None:
    counter = workflow(COUNTER)
    life = Life(counter)
    found = possibilities(counter, life.instance, frozenset(), Facts(T0))
    assert {event: each.ground for event, each in found.items()} == {
        "add": None,
        "go": "guard",
        "finish": None,
    }
    life = Life(counter, state="b")
    found = possibilities(counter, life.instance, frozenset(["chief"]), Facts(T0))
    assert {event: each.ground for event, each in found.items()} == {
        "add": None,
        "back": "role",
        "finish": None,
    }


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (Start("one", state="nowhere", reason="x"), "has no state"),
        (Start("one", state="b"), "reason: is missing"),
        (Start("one", since=T0.replace(year=2030), reason="x"), "lies in the future"),
        (Start("one", {"nn": 1}), "nn: is not declared"),
        (Start("one", {"n": "x"}), "n: expected a whole number"),
    ],
)
def test_a_start_that_does_not_fit_says_why(command: Start, complaint: str) -> None:
    with pytest.raises(MalformedCommand, match=complaint):
        step(RICH, None, command, Facts(T0))
