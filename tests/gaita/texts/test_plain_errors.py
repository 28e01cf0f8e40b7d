"""Errors can be translated: what is raised with plain English is listed here, with the reason."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.gaita.texts.plain_errors import every_plain_error, plain_errors

ROOT = Path(__file__).parents[3]
_STORED = "stored as it was said: why a delivery failed"
_EVIDENCE = "a finding of verify: it names records and columns"
_PYTHON = "only Python can give it"
PLAIN: Final[Mapping[str, str]] = {
    "gaita/delivery/notice_composer.py:_recipient": _STORED,
    "gaita/delivery/notice_composer.py:_summary": _STORED,
    "gaita_adapters/channels/apprise.py:_send": _STORED,
    "gaita_adapters/channels/apprise.py:_own": _STORED,
    "gaita_adapters/channels/smtp.py:_send": _STORED,
    "gaita_adapters/channels/webhook.py:judge": _STORED,
    "gaita_adapters/channels/webhook_address.py:addresses": _STORED,
    "gaita/history/replay.py:replay": _EVIDENCE,
    "gaita/history/replay.py:open_timer": _EVIDENCE,
    "gaita/history/replay.py:add": _EVIDENCE,
    "gaita/history/replay.py:_begin": _EVIDENCE,
    "gaita/history/replay.py:_open": _EVIDENCE,
    "gaita/runtime/sweep.py:_fire_due": "stored as it was said: the message of an incident",
    "gaita/correction/entry.py:command_of": "a record that the engine never wrote; never shown",
    "gaita/delivery/route.py:__post_init__": _PYTHON,
    "gaita/runtime/scheduler.py:_checked": _PYTHON,
    "gaita/language/expressions/tree.py:__init__": "what no compiler of expressions writes; never shown",
    "gaita_adapters/command_line/session.py:command": "a mistake in our own code, found when it is loaded",
}


def test_every_error_that_people_read_is_a_phrase() -> None:
    found = set(every_plain_error(ROOT / "engine" / "gaita", ROOT / "adapters" / "gaita_adapters"))
    assert found - set(PLAIN) == set(), "make it a phrase (docs/languages.md), or give the reason here"
    assert set(PLAIN) - found == set(), "these are not raised in plain English any more"


def test_plain_errors_are_found_however_they_are_written() -> None:
    source = """
def one(name):
    message = f"there is no {name}"
    raise GaitaError(message)

def two():
    raise GaitaError("nothing there")

def three(name):
    yield Fault("code", f"{name} is wrong")

def four(name):
    message = phrase("there is no %(name)s", name=name)
    raise GaitaError(message)

def five(name):
    raise FaultyFile(f"[{name}]", faults)
"""
    assert [function for _, function in plain_errors(source)] == ["one", "two", "three"]
