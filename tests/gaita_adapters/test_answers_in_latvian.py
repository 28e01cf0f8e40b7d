"""With --language lv, nothing that is shown is English, and nothing is shown by its id alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from gaita import Workflow
from gaita.language import read
from tests.gaita.texts.catalogues import CATALOGUES
from tests.gaita_adapters.conftest import Gaita

SHIPPED = Path(__file__).parents[2] / "workflows" / "gaita_workflows"
IN_BRACKETS = re.compile(r"\[[^\]]*\]|\([^)]*\)")
"""What an operator types, such as the id of a state, stands in brackets behind its title."""
WORD = re.compile(r"[^\W\d_](?:[\w]*[^\W_])?")
AMONG = (
    "adapters/gaita_adapters/command_line/",
    "adapters/gaita_adapters/presenting/",
    "engine/gaita/texts/",
)


@pytest.fixture
def kept(run_gaita: Gaita) -> Gaita:
    """A database with the shipped prototypes half way through the programme, where much is open."""
    files = (str(SHIPPED / "prototype.toml"), str(SHIPPED / "prototype.events.csv"))
    run_gaita("rehearse", *files, "--until", "2023-11-20", "--db", "kept.sqlite3")
    return run_gaita


def answers(kept: Gaita) -> Iterator[tuple[str, str]]:
    """Yield each command with what it answers in Latvian, the ids of cases left out."""

    def ask(*arguments: str) -> str:
        return kept("--database", "sqlite:///kept.sqlite3", *arguments, "--language", "lv").stdout

    listed = kept.json("--database", "sqlite:///kept.sqlite3", "list")["instances"]
    cases = [each["id"] for each in listed]
    assert len(cases) > 5
    commands = [
        ("list",),
        ("list", "--state", "rollout"),
        ("due",),
        ("due", "--account"),
        ("calendar", "show"),
        ("calendar", "show", "LV", "--year", "2023"),
        ("calendar", "diff"),
        *(("worklist", "--role", role) for role in ("lab_lead", "prototype_owner", "state_chancellery")),
        *((command, case) for case in cases for command in ("show", "ledger")),
        *(("due", "--why", case) for case in cases),
    ]
    for command in commands:
        told = ask(*command)
        for case in cases:
            told = told.replace(case, "")
        yield " ".join(command), told


def shipped() -> Workflow:
    return read((SHIPPED / "prototype.toml").read_bytes(), "prototype.toml")


def ids(workflow: Workflow) -> set[str]:
    """Return the ids of states, events, roles and choices."""
    fields = [
        *workflow.fields.values(),
        *(each for event in workflow.events.values() for each in event.payload.values()),
    ]
    choices = [choice for each in fields for choice in each.type.choices]
    return {*workflow.states, *workflow.events, *workflow.roles, *choices}


def words_of(texts: str | tuple[str, ...] | list[str] | None) -> set[str]:
    """Return the words of a text of a catalogue, without the names of its parts."""
    every = [texts] if isinstance(texts, str) else texts or []
    return {word.lower() for text in every for word in WORD.findall(re.sub(r"%\(\w+\)s", " ", text))}


def english_words() -> set[str]:
    """Return the words of the texts that these commands show which no Latvian text has."""
    english: set[str] = set()
    latvian: set[str] = set()
    with (CATALOGUES / "lv" / "LC_MESSAGES" / "gaita.po").open("rb") as file:
        for message in read_po(file):
            if any(place.startswith(AMONG) for place, _ in message.locations):
                latvian |= words_of(message.string)
                english |= words_of(message.id)
    return {word for word in english - latvian if len(word) > 2}


def test_no_answer_shows_an_english_word_of_its_frame_or_a_bare_id(kept: Gaita) -> None:
    words, names = english_words(), ids(shipped())
    assert {"state", "overdue", "clock", "working"} <= words
    found: list[str] = []
    seen: set[str] = set()
    for command, told in answers(kept):
        seen.add(command.partition(" ")[0])
        frame = re.sub(
            r"prototype@1( [\w.]+)?", " ", IN_BRACKETS.sub(" ", told)
        )  # workflows, lines of the account
        shown = {word.lower() for word in re.findall(r"\w+", frame)}
        found += [f"{command}: {each}" for each in sorted(shown & (words | names))]
    assert found == []
    assert seen == {"list", "due", "calendar", "worklist", "show", "ledger"}


def test_dates_are_written_as_latvian_writes_them(kept: Gaita) -> None:
    for command, told in answers(kept):
        assert not re.search(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", told), command


def test_a_choice_is_shown_by_its_title_with_its_id_behind_it(kept: Gaita) -> None:
    database = ("--database", "sqlite:///kept.sqlite3")
    shown = kept(*database, "show", "school-route", "--language", "lv").stdout
    assert re.search(r"owner_kind +\w[\w ]+ \[\w+\]", shown)
    told = kept.json(*database, "show", "school-route")
    assert told["data"]["owner_kind"] in ids(shipped()), "as JSON it is the id, in every language"


def test_json_is_the_same_in_every_language_but_for_titles(kept: Gaita) -> None:
    database = ("--database", "sqlite:///kept.sqlite3")
    (latvian, english) = (kept.json(*database, "due", "--language", each) for each in ("lv", "en"))
    assert [each.keys() for each in latvian["deadlines"]] == [each.keys() for each in english["deadlines"]]
    assert [each["due_day"] for each in latvian["deadlines"]] == [
        each["due_day"] for each in english["deadlines"]
    ]


def test_the_frames_of_lists_are_latvian(kept: Gaita) -> None:
    database = ("--database", "sqlite:///kept.sqlite3")
    head = kept(*database, "list", "--language", "lv").stdout.splitlines()
    named = ["lieta", "darbplūsma", "posms", "kopš", "tuvākais", "termiņš", "labots"]
    assert any(line.split() == named for line in head)
    ledger = kept(*database, "ledger", "queue-forecast", "--language", "lv").stdout
    for text in ("noteikts", "atgādinājums, saņēma: ", "termiņa beigas", "eskalācija", "nav ievērots"):
        assert text in ledger
    nothing = kept(*database, "list", "--state", "on_hold", "--text", "zzz", "--language", "lv").stdout
    assert "Nevienas atbilstošas lietas nav." in nothing
