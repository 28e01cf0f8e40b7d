"""Whatever people read of the shipped workflows is in Latvian and English, in the words that are agreed."""

import csv
import re
from collections.abc import Iterator

import pytest

from gaita.language import read
from gaita.model.value import Field
from gaita.model.workflow import Workflow
from gaita.title import Title
from gaita_workflows import SHIPPED, Shipped

WORKFLOWS = pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.name)
SUPERSEDED = re.compile(
    r"izmēģin|kopradīš|kopīgi rad|aizvadīt|izvēlēties|fāze|stāvok|pārzin|^Laboratorijas|programmas",
    re.IGNORECASE,
)
"""Words that the glossary replaces: by testēt, koprade, atlasīt, posms, pārvaldnieks, projekts."""
SPOKEN_OF_AS_A_FACT = re.compile(
    r"\b(ir|nav|tiek|has|have|is|are|was|were|took)\b(?! (tried|to use))", re.IGNORECASE
)


def _workflow(shipped: Shipped) -> Workflow:
    return read(shipped.workflow.read_bytes(), shipped.workflow.name)


def _of_field(place: str, field: Field) -> Iterator[tuple[str, Title]]:
    yield place, field.title
    item = field.type.item or field.type
    for choice in item.choices:
        yield f"{place}.of.{choice}", field.choice_titles.get(choice, {})


def _titles(workflow: Workflow) -> Iterator[tuple[str, Title]]:
    """Yield everything that people read, with its place."""
    yield "workflow", workflow.title
    for name, table in (("states", workflow.states), ("roles", workflow.roles), ("rules", workflow.rules)):
        for identifier, each in table.items():
            yield f"{name}.{identifier}", each.title
    for identifier, field in workflow.fields.items():
        yield from _of_field(f"data.{identifier}", field)
    for identifier, event in workflow.events.items():
        yield f"events.{identifier}", event.title
        for name, field in event.payload.items():
            yield from _of_field(f"events.{identifier}.payload.{name}", field)
    yield from _conditions(workflow)


def _conditions(workflow: Workflow) -> Iterator[tuple[str, Title]]:
    for transition in workflow.transitions:
        for clause in transition.guard.clauses if transition.guard else ():
            yield f"transition {transition.number}: {clause.id}", clause.why


@WORKFLOWS
def test_everything_that_people_read_is_in_latvian_and_in_english(shipped: Shipped) -> None:
    for place, title in _titles(_workflow(shipped)):
        assert set(title) == {"lv", "en"}, place
        assert title["lv"] != title["en"], place
        assert not re.search(r"[wqxy]", title["lv"].lower()), place


@WORKFLOWS
def test_no_condition_asserts_what_is_still_missing(shipped: Shipped) -> None:
    """A condition is listed as missing: as a sentence it would say the opposite."""
    for place, why in _conditions(_workflow(shipped)):
        assert not SPOKEN_OF_AS_A_FACT.search(why["lv"].partition(", k")[0]), place
        assert not SPOKEN_OF_AS_A_FACT.search(why["en"].partition(" who ")[0].partition(" that ")[0]), place


@WORKFLOWS
def test_the_latvian_uses_the_agreed_terms(shipped: Shipped) -> None:
    for place, title in _titles(_workflow(shipped)):
        assert not SUPERSEDED.search(title["lv"]), f"{place}: {title['lv']}"


def test_the_terms_of_the_announcement_are_those_of_the_prototype() -> None:
    workflow = _workflow(next(each for each in SHIPPED if each.name == "prototype"))
    latvian = {identifier: state.title["lv"] for identifier, state in workflow.states.items()}
    assert latvian == {
        "idea": "Ideja",
        "co_design": "Koprade",
        "lab_test": "Testēšana laboratorijā",
        "field_pilot": "Testēšana ārpus laboratorijas vides",
        "rollout": "Ieviešana reālajā vidē",
        "on_hold": "Apturēts",
        "retired": "Noslēgts",
    }
    assert workflow.events["retire"].title["lv"] == "Izbeigt"
    assert workflow.roles["lab_lead"].title["lv"] == "Inovācijas laboratorijas vadītājs"


def test_the_invented_prototypes_are_described_in_latvian() -> None:
    """The Latvian notices of the demonstration quote them."""
    shipped = next(each for each in SHIPPED if each.name == "prototype")
    with shipped.script.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    texts = {row[column] for row in rows for column in ("data.problem", "reason", "payload.reason")} - {""}
    assert len(texts) == 24
    for text in texts:
        assert not re.search(r"[wqxy]|\bth", text.lower()), text
