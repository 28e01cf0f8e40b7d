"""How a deadline ended is evidence too: it is held against the history."""

from gaita.history import Record
from gaita.runtime.verification import verify_endings

HISTORY = [
    Record("one", 1, {"armed": [{"deadline": 1}, {"deadline": 2}]}, b"", ""),
    Record("one", 2, {"ended": [{"deadline": 1, "ending": "missed"}]}, b"", ""),
]


def test_endings_that_the_history_tells_are_sound() -> None:
    assert verify_endings("one", HISTORY, {1: "missed"}) == []


def test_an_ending_that_was_altered_is_named() -> None:
    assert verify_endings("one", HISTORY, {1: "met"}) == [
        "instance one, deadline 1: is stored as met, but its history says missed"
    ]


def test_an_ending_that_was_removed_or_made_up_is_named() -> None:
    assert verify_endings("one", HISTORY, {2: "met"}) == [
        "instance one, deadline 1: is stored as open, but its history says missed",
        "instance one, deadline 2: is stored as met, but its history says open",
    ]
