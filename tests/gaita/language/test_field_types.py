"""The types of fields, and the choices that have titles."""

import pytest

from gaita.language import check, read
from gaita.model.workflow import Workflow

SMALL = """\
language = 1
[workflow]
id = "case"
initial = "a"
time_zone = "Europe/Riga"
{data}
[states.a]
[states.b]
final = true
[events.go]
{payload}
[[transitions]]
event = "go"
from = "a"
to = "b"
"""

KINDS = """
[data.kind]
type = "choice"
[data.kind.of]
municipality = { lv = "Pašvaldība", en = "Municipality" }
region = "Planning region"
"""


def source(data: str, payload: str = "") -> str:
    return SMALL.format(data=data, payload=payload)


def workflow(data: str, payload: str = "") -> Workflow:
    return read(source(data, payload), "case.toml")


def faults(data: str, payload: str = "") -> list[str]:
    checked = check(source(data, payload).encode(), "case.toml")
    return [f"{each.message}; {each.expected}; {each.hint}" for each in checked.faults]


def test_a_table_gives_each_choice_its_title() -> None:
    """In one language or several, in the order of the file."""
    kind = workflow(KINDS).fields["kind"]
    assert kind.type.choices == ("municipality", "region")
    assert kind.choice_titles == {
        "municipality": {"lv": "Pašvaldība", "en": "Municipality"},
        "region": {"en": "Planning region"},
    }


def test_a_list_gives_none() -> None:
    kind = workflow('[data]\nkind = { type = "choice", of = ["a", "b"] }').fields["kind"]
    assert kind.type.choices == ("a", "b")
    assert kind.choice_titles == {}


@pytest.mark.parametrize("kind", ["choice", "list", "map"])
def test_a_field_of_a_payload_may_share_the_choices_of_a_data_field(kind: str) -> None:
    """So that their titles are written once."""
    declared = workflow(KINDS, f'payload = {{ kind = {{ type = "{kind}", of = "data.kind" }} }}')
    field = declared.events["go"].payload["kind"]
    item = field.type if kind == "choice" else field.type.item
    assert item == declared.fields["kind"].type
    assert field.choice_titles == declared.fields["kind"].choice_titles


def test_the_choices_of_a_map_may_be_shared_as_well() -> None:
    data = '[data]\nmarks = { type = "map", of = { ok = "Passed" } }\n'
    data += 'last = { type = "choice", of = "data.marks" }'
    assert workflow(data).fields["last"].choice_titles == {"ok": {"en": "Passed"}}


WRITTEN_OUT = "a data field whose choices are written out"
OF = 'of = ["one", "two"], or with titles of = { one = "One", two = "Two" }'


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ['kind = { type = "choice", of = "data.kid" }'],
            "there is no field `kid`; kind; did you mean kind?",
        ),
        (
            ['a = { type = "string" }', 'kind = { type = "choice", of = "data.a" }'],
            f"the field `data.a` has no choices; {WRITTEN_OUT}; None",
        ),
        (
            [
                'a = { type = "choice", of = ["x"] }',
                'b = { type = "choice", of = "data.a" }',
                'c = { type = "choice", of = "data.b" }',
            ],
            f'the field `data.b` has its choices from another one; {WRITTEN_OUT}; write of = "data.a"',
        ),
        (
            ['a = { type = "choice", of = ["x"] }', 'kind = { type = "choice", of = "a" }'],
            f'the choices are a single text; {OF}; did you mean of = "data.a", the choices of that field?',
        ),
        (['kind = { type = "choice", of = {} }'], "`of` is empty; at least one entry; None"),
        (['kind = { type = "choice", of = { a = 1 } }'], "`a` is the number 1; a text or a table; None"),
        (
            ['kind = { type = "choice", of = { a = { Latvian = "A" } } }'],
            "`Latvian` is not a name; the code of a language, such as lv or en; None",
        ),
    ],
)
def test_choices_that_cannot_be_read_say_so(lines: list[str], said: str) -> None:
    assert faults("\n".join(["[data]", *lines])) == [said]


def test_a_field_without_choices_echoes_in_no_guard() -> None:
    text = source('[data]\nkind = { type = "choice" }').replace(
        'to = "b"', 'to = "b"\nguard = "data.kind == \'a\'"'
    )
    assert [each.code for each in check(text.encode(), "case.toml").errors] == ["field"]
