"""A workflow is drawn whole: every state, event, guard and deadline is in the picture."""

import re
from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest

from gaita import Workflow, title_text
from gaita.language import read
from gaita_adapters.diagram import dot, mermaid, svg
from tests.gaita.building import heading

NESTED = (
    heading("nested", "outer")
    + """
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
)


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


# -- the picture

SVG = "{http://www.w3.org/2000/svg}"


def cards(drawn: str) -> list[ET.Element]:
    """Return the groups of the states, each with an outline."""
    groups = ET.fromstring(drawn).iter(f"{SVG}g")
    return [each for each in groups if each.get("class") == "node" and each.find(f"{SVG}path") is not None]


def across(path: str) -> tuple[float, float]:
    """Return how far to the left and to the right an outline reaches."""
    reached = [float(point.split(",")[0]) for point in re.findall(r"-?[0-9.]+,-?[0-9.]+", path)]
    return min(reached), max(reached)


@pytest.mark.parametrize("name", ["prototype", "digital-service-standard", "uk-digital-service"])
@pytest.mark.parametrize("language", ["lv", "en"])
def test_text_stays_inside_its_card_whatever_font_the_reader_has(name: str, language: str) -> None:
    """Each text is drawn into the very width that its card was laid out for."""
    source = (files("gaita_workflows") / f"{name}.toml").read_bytes()
    drawn = svg(read(source, f"{name}.toml", 1), language)
    assert cards(drawn)
    for card in cards(drawn):
        outline = card.find(f"{SVG}path")
        assert outline is not None
        left, right = across(outline.get("d", ""))
        for text in card.iter(f"{SVG}text"):
            begin, width = float(text.get("x", "")), float(text.get("textLength", ""))
            assert text.get("lengthAdjust") == "spacingAndGlyphs"
            assert left < begin < begin + width < right, "".join(text.itertext())
    texts = list(ET.fromstring(drawn).iter(f"{SVG}text"))
    assert all(float(each.get("textLength", "0")) > 0 for each in texts)


def test_headers_are_cut_along_the_rounded_corners_of_their_cards(prototype: Workflow) -> None:
    for card in cards(svg(prototype)):
        header, outline = card.find(f"{SVG}polygon"), card.find(f"{SVG}path")
        clip = card.find(f"{SVG}clipPath")
        assert header is not None
        assert outline is not None
        assert clip is not None
        assert header.get("clip-path") == f"url(#{clip.get('id')})"
        cut = clip.find(f"{SVG}path")
        assert cut is not None
        assert cut.get("d") == outline.get("d")


def test_the_picture_speaks_the_language_that_is_asked_for(prototype: Workflow) -> None:
    drawn = dot(prototype, "lv")
    words = " ".join(re.sub("<br/>|&quot;", " ", drawn).split())
    for told in (
        "No jebkura posma",
        "20 darbdienas (+10 darbdienas: Valsts kanceleja, +60 darbdienas: Izbeigt)",
        "galējais termiņš",
        "ik pēc 3 mēnešiem",
        "Beigu datums testēšanai ārpus laboratorijas vides (+14 dienas: Inovācijas laboratorijas vadītājs",
    ):
        assert told in words
    for stray in ("working day", "month", "state_chancellery", "pilot_ends_on", "retire)"):
        assert stray not in words
    assert "(automātiski)" in dot(read(AUTOMATIC, "automatic.toml", 1), "lv")


AUTOMATIC = (
    heading("automatic", "open")
    + """
[data.ready]
type = "boolean"
default = false
[states.open]
[states.done]
final = true
[[transitions]]
from = "open"
to = "done"
guard = [{ id = "ready", check = "data.ready", why = "Readiness" }]
"""
)
