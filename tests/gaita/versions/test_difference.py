"""What tells one version of a workflow from another."""

from gaita.versions import Aspect, PartChange, difference
from tests.gaita.building import COUNTER, workflow


def changes(text: str, before: str = COUNTER) -> list[PartChange]:
    return list(difference(workflow(before), workflow(text, 2)).changes)


def test_the_same_content_in_another_layout_is_no_difference() -> None:
    assert changes(COUNTER.replace('by = "clerk"', 'by = ["clerk"]') + "# a comment\n") == []


def test_a_deadline_that_changes_names_its_keys_from_what_to_what() -> None:
    told = changes(COUNTER.replace('within = "10 days"', 'within = "12 days"\ncatch_up = "once"'))
    aspects = (Aspect("within", "10 days", "12 days"), Aspect("catch_up", None, "once"))
    assert told == [PartChange("deadline", "a.soon", "changed", aspects)]


def test_what_came_and_what_went_is_told_of_each_kind_of_part() -> None:
    text = (
        COUNTER.replace("[states.b.deadlines.long]", "[states.b.deadlines.other]")
        .replace("[roles.chief]", "[roles.boss]")
        .replace('to = "chief"', 'to = "boss"')
        .replace('[data.name]\ntype = "string"', '[data.place]\ntype = "string"')
        + '[events.more]\n[[transitions]]\nevent = "more"\nfrom = "b"\n'
    )
    told = [(each.kind, each.id, each.change) for each in changes(text) if each.change != "changed"]
    assert told == [
        ("role", "chief", "went"),
        ("role", "boss", "came"),
        ("field", "name", "went"),
        ("field", "place", "came"),
        ("deadline", "b.long", "went"),
        ("deadline", "b.other", "came"),
        ("event", "more", "came"),
        ("transition", "more: b", "came"),
    ]


def test_a_state_inside_another_is_named_by_its_path_with_its_deadlines() -> None:
    inner = '[states.b]\ninitial = "one"\n[states.b.states.one.deadlines.short]\nwithin = "1 day"\n'
    told = [(each.kind, each.id, each.change) for each in changes(COUNTER.replace("[states.b]\n", inner))]
    assert told == [
        ("state", "b", "changed"),
        ("state", "b/one", "came"),
        ("deadline", "b/one.short", "came"),
    ]
    assert "b/one.short" in workflow(COUNTER.replace("[states.b]\n", inner)).rules


def test_a_clause_that_changes_is_named_by_its_id() -> None:
    (told,) = changes(COUNTER.replace('check = "data.count >= 2"', 'check = "data.count >= 3"'))
    aspect = Aspect("guard.enough.check", "data.count >= 2", "data.count >= 3")
    assert told == PartChange("transition", "go: a → b", "changed", (aspect,))


def test_transitions_of_one_event_that_change_places_have_changed_since_the_first_is_taken() -> None:
    one = '[[transitions]]\nevent = "add"\nfrom = "a"\nguard = "data.count < 5"\n'
    other = '[[transitions]]\nevent = "add"\nfrom = "a"\nguard = "data.count < 9"\n'
    (told,) = changes(COUNTER + other + one, COUNTER + one + other)
    assert (told.change, [each.name for each in told.aspects]) == ("changed", ["place"])
    assert (
        changes(COUNTER + '[[transitions]]\nevent = "back"\nfrom = "a"\n' + one, COUNTER + one)[0].change
        == "came"
    )


def test_keys_of_the_workflow_and_its_horizon_and_corrections_are_compared() -> None:
    text = COUNTER.replace('id = "case"', 'id = "case"\nhorizon = 2030-12-31')
    told = changes(text + '[horizon]\nto = "clerk"\n[corrections]\nby = "chief"\n')
    assert [(each.kind, each.id, each.change) for each in told] == [
        ("workflow", "case", "changed"),
        ("deadline", "horizon", "came"),
    ]
    assert [each.name for each in told[0].aspects] == ["horizon", "corrections.by"]
