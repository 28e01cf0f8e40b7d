"""Errors: one family, and each crosses from process to process as it was raised."""

import copy
import inspect
import pickle
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import pytest

import gaita_adapters.command_line.main  # noqa: F401 - so that every error of the adapters is known
from gaita.errors import (
    DatabaseTrouble,
    FaultyFile,
    GaitaError,
    InvalidArgument,
    MalformedCommand,
    Postponed,
    traced,
)
from gaita.fault import Fault, Place
from gaita.language import read

FAULT = Fault("shape", "found a number", Place("w.toml", 1, 2), "a word", "write one")
EXAMPLES: dict[str, Any] = {
    "name": "w.toml",
    "faults": (FAULT, FAULT),
    "what": "the start",
    "complaints": ("instance: is empty",),
    "cause": "busy",
    "until": datetime(2024, 3, 4, tzinfo=UTC),
    "after": timedelta(minutes=5),
}
"""What constructors are called with, by the names of their parameters; the others take text."""


def family(error: type[GaitaError] = GaitaError) -> list[type[GaitaError]]:
    """Return an error and all that are derived from it, our own."""
    found = [error] if error.__module__.partition(".")[0] in {"gaita", "gaita_adapters"} else []
    return [*found, *(each for kind in error.__subclasses__() for each in family(kind))]


def example(error: type[GaitaError]) -> GaitaError:
    """Return an error as it would be raised: with every argument that its constructor takes."""
    if error.__init__ is GaitaError.__init__:
        return error("what went wrong")
    parameters = list(inspect.signature(error.__init__).parameters.values())[1:]
    positional = [
        EXAMPLES.get(each.name, f"the {each.name}")
        for each in parameters
        if each.kind is not each.KEYWORD_ONLY
    ]
    named = {
        each.name: EXAMPLES.get(each.name, f"the {each.name}")
        for each in parameters
        if each.kind is each.KEYWORD_ONLY
    }
    return error(*positional, **named)


@pytest.mark.parametrize("kind", family(), ids=lambda kind: kind.__name__)
def test_every_error_is_pickled_and_copied_as_it_was_raised(kind: type[GaitaError]) -> None:
    error = example(kind)
    error.add_note("seen to by nobody")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is kind
        assert str(again) == str(error)
        assert again.args == error.args
        assert vars(again) == vars(error)


class Numbered(GaitaError):
    """An error whose constructor takes nothing by place."""

    def __init__(self, *, number: int) -> None:
        self.number = number
        super().__init__(f"number {number}")


def test_an_error_whose_arguments_only_have_names_is_pickled() -> None:
    again = pickle.loads(pickle.dumps(Numbered(number=3)))
    assert (again.number, str(again)) == (3, "number 3")


def raise_malformed() -> None:
    raise MalformedCommand("the start", ["instance: is empty", "key: is a number"])


def raise_postponed() -> None:
    raise Postponed("later", until=EXAMPLES["until"])


def raise_faulty() -> None:
    read("language = 1", "w.toml")


def test_a_process_pool_hands_errors_over_and_goes_on() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(MalformedCommand, match="instance: is empty; key: is a number") as malformed:
            pool.submit(raise_malformed).result()
        assert malformed.value.complaints == ("instance: is empty", "key: is a number")
        with pytest.raises(FaultyFile, match=r"w\.toml") as faulty:
            pool.submit(raise_faulty).result()
        assert faulty.value.faults
        with pytest.raises(Postponed, match="later") as postponed:
            pool.submit(raise_postponed).result()
        assert postponed.value.until == EXAMPLES["until"]


def test_a_moment_without_a_zone_is_an_error_of_ours() -> None:
    with pytest.raises(InvalidArgument, match=r"until: .* names no time zone"):
        Postponed("later", until=datetime(2024, 3, 4))  # noqa: DTZ001 - that is what is tested


def test_what_a_log_line_keeps_of_an_error_shows_where_and_no_values() -> None:
    def read(value: str) -> None:
        message = "the row cannot be read"
        raise DatabaseTrouble(message) from ValueError(len(value))

    with pytest.raises(DatabaseTrouble) as raised:
        read("Anna " + "Ozola")
    kept = traced(raised.value)
    assert kept["error"] == "DatabaseTrouble: the row cannot be read"
    assert "ValueError: 10" in kept["trace"]
    assert "Anna Ozola" not in "".join(kept.values())
