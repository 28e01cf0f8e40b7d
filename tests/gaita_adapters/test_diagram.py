"""A workflow is drawn whole: every state, event, guard and deadline is in the picture."""

from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest

from gaita import Workflow, title_text
from gaita.language import read
from gaita_adapters.diagram import dot, mermaid, svg

NESTED = """
language = 1
[workflow]
id = "nested"
initial = "outer"
time_zone = "Europe/Riga"
[states.outer]
title = 'A "quoted"; <odd>: title #1'
initial = "inner"
[states.outer.states.inner]
[states.outer.states.other]
[states.done]
final = true
[events.go]
[events.finish]
[[transitions]]
event = "go"
from = "inner"
to = "other"
[[transitions]]
event = "finish"
from = "any"
to = "done"
"""


@pytest.fixture(scope="module")
def prototype() -> Workflow:
    return read((files("gaita_workflows") / "prototype.toml").read_bytes(), "prototype.toml", 1)


@pytest.mark.parametrize("language", ["lv", "en"])
def test_the_mermaid_text_names_every_state_and_every_clause(prototype: Workflow, language: str) -> None:
    text = mermaid(prototype, language)
    for state in prototype.states.values():
        assert f'"{title_text(state.title, language)}" as {state.id}' in text
    for transition in prototype.transitions:
        if transition.target not in (None, "previous"):
            for clause in transition.guard.clauses if transition.guard else ():
                assert title_text(clause.why, language).replace(";", "#59;") in text


@pytest.mark.parametrize("language", ["lv", "en"])
def test_the_svg_is_well_formed_and_shows_states_events_and_deadlines(
    prototype: Workflow, language: str
) -> None:
    drawn = svg(prototype, language)
    root = ET.fromstring(drawn)
    words = " ".join(" ".join(root.itertext()).split())
    for state in prototype.states.values():
        assert title_text(state.title, language) in words
    for rule in prototype.rules.values():
        assert title_text(rule.title, language).split()[0] in words


def test_marks_of_the_diagram_languages_in_a_title_do_no_harm() -> None:
    workflow = read(NESTED, "nested.toml", 1)
    assert "A #quot;quoted#quot;#59; <odd>#58; title #35;1" in mermaid(workflow)
    assert "&lt;odd&gt;" in dot(workflow)
    assert "<odd>" in "".join(ET.fromstring(svg(workflow)).itertext())


def test_states_inside_states_are_drawn_inside_them() -> None:
    text = mermaid(read(NESTED, "nested.toml", 1))
    assert "state outer {" in text
    assert text.index("state outer {") < text.index('"Inner" as outer__inner') < text.index("    }")
