"""Reading a workflow: what is declared becomes the values and the tables that serve the step."""

from datetime import date

import pytest

from gaita.calendar.amount import Amount
from gaita.errors import FaultyFile
from gaita.language import check, read
from gaita.model.workflow import PREVIOUS, AtDate, AtField, AtHorizon, FromState, Transition, Within, Workflow
from tests.gaita.building import HEAD
from tests.gaita.language.test_faults import VALID

SOURCE = """\
language = 1

[workflow]
id = "case"
title = { lv = "Lieta", en = "Case" }
initial = "draft"
time_zone = "Europe/Riga"
horizon = 2025-06-30
past_timers = "fire"

[data]
count = { type = "integer", min = 0, max = 9, default = 1, by = "clerk" }
share = { type = "number", default = 1 }
kind = { type = "choice", of = ["a", "b"] }
tags = { type = "list", of = "string", personal = true }
marks = { type = "map", of = ["good", "bad"] }
until = { type = "date" }

[roles.clerk]
[roles.judge]
title = { lv = "Tiesnesis", en = "Judge" }

[states.draft]
[states.draft.deadlines.soon]
within = "1 month 10 days"
remind = ["2 weeks", { before = "P1D", to = "judge" }]
escalate = [{ to = ["clerk", "judge"] }, { after = "5 days", fire = "close" }]

[states.work]
initial = "first"
[states.work.deadlines.all]
at = "data.until"
[states.work.states.first]
[states.work.states.second]
[states.work.states.second.deadlines.fixed]
at = 2025-03-01
remind = ["1 day"]
escalate = [{ after = "1 day", to = "clerk" }]
[states.hold]
title = "Waiting"
[states.hold.deadlines.end]
at = "horizon"
[states.done]
final = true
verdict = "finished"

[events.go]
payload = { n = { type = "integer", optional = true } }
[events.close]
[events.wait]
[events.back]

[[transitions]]
event = "go"
from = "any"
set = { count = "data.count + 1" }

[[transitions]]
event = "go"
from = "work"
to = "done"
guard = "data.count > 3"

[[transitions]]
event = "go"
from = ["draft", "work/second"]
to = "work"
by = ["clerk"]
guard = ["data.count > 5", { id = "n", check = "event.n == 1", why = { lv = "Viens", en = "One" } }]

[[transitions]]
event = "go"
from = "first"
to = "second"

[[transitions]]
event = "wait"
from = ["draft", "work"]
to = "hold"

[[transitions]]
event = "back"
from = "hold"
to = "previous"

[[transitions]]
event = "close"
from = "any"
to = "done"
by = "judge"

[[transitions]]
title = { lv = "Pats", en = "By itself" }
from = "work"
to = "done"
guard = "data.count >= 9"
"""


@pytest.fixture(scope="module")
def workflow() -> Workflow:
    return read(SOURCE, "case.toml", version=3)


def numbers(chosen: tuple[Transition, ...]) -> list[int]:
    return [transition.number for transition in chosen]


def test_what_is_said_of_the_workflow_is_kept(workflow: Workflow) -> None:
    """Its version is the one that it is read for."""
    assert workflow.key == "case@3"
    assert workflow.title == {"lv": "Lieta", "en": "Case"}
    assert (workflow.zone, workflow.horizon, workflow.past_timers) == (
        "Europe/Riga",
        date(2025, 6, 30),
        "fire",
    )
    assert workflow.source == SOURCE


def test_titles_come_from_names_where_none_are_given(workflow: Workflow) -> None:
    """A plain text is an English one."""
    assert workflow.states["hold"].title == {"en": "Waiting"}
    assert workflow.roles["clerk"].title == {"en": "Clerk"}
    assert workflow.states["work/first"].title == {"en": "First"}
    assert workflow.transitions[7].title == {"lv": "Pats", "en": "By itself"}


def test_fields_have_their_types_and_defaults(workflow: Workflow) -> None:
    """A whole number given for a number becomes one."""
    assert workflow.defaults == {"count": 1, "share": 1.0}
    assert isinstance(workflow.defaults["share"], float)
    assert workflow.fields["count"].by == ("clerk",)
    assert workflow.fields["tags"].personal
    assert workflow.fields["marks"].type.admit({"x": "bad"}) == {"x": "bad"}
    assert workflow.fields["kind"].type.choices == ("a", "b")
    assert workflow.events["go"].payload["n"].optional


def test_states_lie_flat_in_the_order_of_the_file(workflow: Workflow) -> None:
    """A compound state comes before those inside it."""
    assert list(workflow.states) == ["draft", "work", "work/first", "work/second", "hold", "done"]
    assert workflow.states["work"].initial == "work/first"
    assert workflow.states["work/second"].parent == "work"
    assert workflow.paths["work/second"] == ("work", "work/second")
    assert (workflow.states["done"].final, workflow.states["done"].verdict) == (True, "finished")


def test_an_inner_source_goes_before_an_outer_and_both_before_any(workflow: Workflow) -> None:
    """However they stand in the file."""
    assert numbers(workflow.candidates["work/first", "go"]) == [4, 2, 1]
    assert numbers(workflow.candidates["work/second", "go"]) == [3, 2, 1]
    assert numbers(workflow.candidates["draft", "go"]) == [3, 1]
    assert numbers(workflow.candidates["hold", "go"]) == [1]
    assert ("done", "go") not in workflow.candidates


def test_automatic_transitions_stand_under_no_event(workflow: Workflow) -> None:
    """They may be chosen in every state inside their source."""
    assert numbers(workflow.candidates["work/first", None]) == [8]
    assert numbers(workflow.candidates["work/second", None]) == [8]
    assert ("draft", None) not in workflow.candidates


def test_only_states_with_a_way_back_remember(workflow: Workflow) -> None:
    """Others need not keep where they were entered from."""
    assert workflow.remembering == {"hold"}
    assert workflow.transitions[5].target == PREVIOUS


def test_clauses_without_a_name_get_one(workflow: Workflow) -> None:
    """And their reason is what they check."""
    guard = workflow.transitions[2].guard
    assert guard
    assert [(clause.id, clause.why) for clause in guard.clauses] == [
        ("clause_1", {"en": "data.count > 5"}),
        ("n", {"lv": "Viens", "en": "One"}),
    ]
    assert guard.all.evaluate({"data": {"count": 6}, "event": {"n": 1}}) is True
    assert guard.all.evaluate({"data": {"count": 5}, "event": {"n": 1}}) is False


def test_deadlines_are_due_as_declared(workflow: Workflow) -> None:
    """Within an amount, at a date, at the horizon, at what a field says."""
    assert {rule.id: rule.due for rule in workflow.rules.values()} == {
        "draft.soon": Within(Amount("1 month 10 days", months=1, days=10)),
        "work.all": AtField("until"),
        "work/second.fixed": AtDate(date(2025, 3, 1)),
        "hold.end": AtHorizon(),
    }
    assert workflow.follows == {"until": (workflow.rules["work.all"],)}


def test_an_anchor_in_a_state_names_it_in_full() -> None:
    text = VALID.replace('within = "30 days"', 'within = "30 days"\nfrom = "first second"')
    rule = read(text, "f").rules["open.answer"]
    assert isinstance(rule.due, Within)
    assert rule.due.anchor == FromState("group/second", "first")


def test_moments_are_reminders_then_the_due_one_then_rungs(workflow: Workflow) -> None:
    """A reminder goes to those who may move on; the due moment exists even where nobody hears of it."""
    moments = workflow.rules["draft.soon"].moments
    assert [(each.kind, each.offset.text, each.to, each.fire) for each in moments] == [
        ("reminder", "2 weeks", ("clerk",), None),
        ("reminder", "P1D", ("judge",), None),
        ("due", "", ("clerk", "judge"), None),
        ("rung", "5 days", (), "close"),
    ]
    (due,) = workflow.rules["hold.end"].moments
    assert (due.kind, due.to, due.fire) == ("due", (), None)


def test_a_reminder_goes_to_those_who_may_leave_the_scope() -> None:
    """Those named by specific transitions, else those from any state, else those told when it is due."""
    specific = read(SOURCE, "case.toml").rules["work/second.fixed"].moments[0]
    assert specific.to == ("clerk",)
    anywhere = read(SOURCE.replace('by = ["clerk"]\n', ""), "case.toml").rules["work/second.fixed"].moments[0]
    assert anywhere.to == ("judge",)
    nobody = SOURCE.replace('by = ["clerk"]\n', "").replace('by = "judge"\n', "")
    assert read(nobody, "case.toml").rules["work/second.fixed"].moments[0].to == ("clerk",)


def test_each_leaf_knows_the_deadlines_around_it(workflow: Workflow) -> None:
    """In the order of the file."""
    assert [rule.id for rule in workflow.scoped["work/second"]] == ["work.all", "work/second.fixed"]
    assert [rule.id for rule in workflow.scoped["work/first"]] == ["work.all"]
    assert workflow.scoped["done"] == ()
    assert "work" not in workflow.scoped


def test_a_workflow_with_warnings_only_can_be_used() -> None:
    """They are told all the same."""
    checked = check((SOURCE + "[events.sleep]\n").encode(), "case.toml")
    assert checked.workflow is not None
    assert {fault.severity for fault in checked.faults} == {"warning"}
    assert [fault.code for fault in checked.faults] == ["unheard", "unheard", "unused-event"]
    assert checked.errors == ()


def test_a_faulty_file_raises_with_all_its_faults() -> None:
    """One exception that says everything."""
    with pytest.raises(FaultyFile) as caught:
        read(SOURCE.replace('"hold"', '"hodl"'), "case.toml")
    assert caught.value.name == "case.toml"
    assert [fault.code for fault in caught.value.faults] == ["unknown-state"] * 2
    assert "did you mean hold?" in str(caught.value)


def test_a_byte_order_mark_and_windows_line_ends_are_welcome() -> None:
    """Editors write them; neither shifts a place."""
    source = b"\xef\xbb\xbf" + SOURCE.replace('"hold"', '"hodl"').replace("\n", "\r\n").encode()
    plain = check(SOURCE.replace('"hold"', '"hodl"').encode(), "case.toml")
    assert check(source, "case.toml").faults == plain.faults
    windows = check(SOURCE.replace("\n", "\r\n").encode(), "case.toml").workflow
    assert windows is not None
    assert windows.digest == read(SOURCE, "case.toml").digest


def test_a_top_level_state_goes_before_one_inside_another_of_the_same_name() -> None:
    """Its whole path is its name: it could not be called otherwise."""
    source = SOURCE.replace("[states.work.states.second]\n", "[states.work.states.second]\n[states.second]\n")
    source = source.replace('to = "second"', 'to = "work/second"').replace(
        'from = "hold"', 'from = ["hold", "second"]'
    )
    workflow = read(source.replace('to = "hold"', 'to = "second"') + moved("second", "hold"), "case.toml")
    assert workflow.transitions[4].target == "second"


def moved(source: str, target: str) -> str:
    return f'[[transitions]]\nevent = "close"\nfrom = "{source}"\nto = "{target}"\nguard = "data.count > 1"\n'


def test_a_final_state_that_only_the_horizon_leads_to_is_reachable() -> None:
    """`close_to` moves there whatever still runs, from any state."""
    text = HEAD + 'horizon = 2025-06-30\n[horizon]\nclose_to = "over"\n[states.a]\n[states.b]\nfinal = true\n'
    text += '[states.over]\nfinal = true\n[events.go]\n[[transitions]]\nevent = "go"\nfrom = "a"\nto = "b"\n'
    assert check(text.encode(), "case.toml").faults == ()


def test_a_state_that_only_the_horizon_leads_out_of_is_warned_of() -> None:
    text = (
        HEAD + 'horizon = 2025-06-30\n[horizon]\nclose_to = "over"\n[states.a]\n[states.over]\nfinal = true\n'
    )
    checked = check(text.encode(), "case.toml")
    assert checked.workflow is not None
    (fault,) = checked.faults
    assert (fault.severity, fault.code, fault.message) == (
        "warning",
        "no-way-out",
        "only the horizon leads out of `a`",
    )


def test_a_workflow_that_is_deployed_is_read_as_it_was_accepted() -> None:
    """An earlier release minded no capitals in the name of a zone."""
    text = (HEAD + '[states.a]\n[states.b]\nfinal = true\n[[transitions]]\nfrom = "a"\nto = "b"\n').replace(
        "Europe/Riga", "europe/riga"
    )
    with pytest.raises(FaultyFile, match=r"did you mean Europe/Riga\?"):
        read(text, "case.toml")
    assert read(text, "case@1", 1).zone == "europe/riga"
