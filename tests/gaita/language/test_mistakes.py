"""Mistakes that people make: all that `check` says of each, to the letter, as an operator reads it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gaita.language import check
from tests.gaita.language.test_faults import VALID

MISTAKES = tomllib.loads(Path(__file__).with_name("mistakes.toml").read_text(encoding="utf-8"))["mistake"]
# What a message never says outside of what it quotes: words of Python, of its libraries, of grammars.
FOREIGN = re.compile(
    r"\b(str|int|float|bool|dict|tuple|None|NoneType|null|bytes|bytearray|datetime|object|instance of|Python"
    r"|token|EOF|expr|overload|struct|identifier|pydantic|protobuf|CEL|Traceback|Exception|Error|TypeError)\b"
)


def faults(mistake: dict[str, Any]) -> list[str]:
    source = VALID.replace(mistake["in"], mistake["made"], 1)
    if mistake["made"] == '"event.on <= 2026"':
        source = source.replace("payload = {", 'payload = { on = { type = "date" },')
    return [str(fault).removeprefix("f:") for fault in check(source.encode(), "f").faults]


@pytest.mark.parametrize("mistake", MISTAKES, ids=[repr(each["made"]) for each in MISTAKES])
def test_a_mistake_is_told_by_its_place_and_what_to_write(mistake: dict[str, Any]) -> None:
    assert faults(mistake) == mistake["said"]


def test_there_are_at_least_97_of_them() -> None:
    assert len({each["made"] for each in MISTAKES}) >= 97


def test_no_message_has_a_word_of_python_or_of_a_grammar() -> None:
    """Only what somebody wrote may be such a word, between backquotes."""
    for mistake in MISTAKES:
        for said in mistake["said"]:
            own = re.sub(r"`[^`]*`|\"[^\"]*\"", "", said)
            assert not FOREIGN.search(own), said
