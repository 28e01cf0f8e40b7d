"""JSON as people write it: read, or what is wrong with it and where, in an operator's words."""

import json
from collections.abc import Callable
from typing import Any, Final

from gaita.errors import InvalidArgument
from gaita.phrase import phrase

# What the reader of the standard library says, by how it begins, and what a person is told.
_SAID: Final = (
    ("Expecting property name", phrase("a name in double quotes must stand here")),
    ("Expecting ',' delimiter", phrase("a comma, or the end of the list or object, must stand here")),
    ("Expecting ':' delimiter", phrase("a colon must stand here")),
    ("Extra data", phrase("something follows the end of the value")),
    ("Unterminated string", phrase("this text is never closed")),
    (
        "Invalid control character",
        phrase("a text holds a control character; write a line break as \\n"),
    ),
    ("Invalid \\", phrase("a backslash begins nothing that JSON knows; write two of them for one")),
    ("Illegal trailing comma", phrase("no comma may stand before the end of a list or object")),
    ("Expecting value", phrase('a value must stand here, such as "text", 3, true, [ … ] or { … }')),
)


class UnreadableJson(InvalidArgument):
    """A text is no JSON: mend what the message names, at its column."""

    def __init__(self, what: str, column: int | None) -> None:
        """``column`` counts characters of the text from 1, across its lines; ``None``: the whole is meant."""
        self.what = what
        self.column = column
        super().__init__(
            what if column is None else phrase("%(what)s (character %(column)s)", what=what, column=column)
        )


def read_json(text: str, hook: Callable[[list[tuple[str, Any]]], Any] | None = None) -> object:
    """Return the value that ``text`` is in JSON; ``hook`` makes each object of its pairs.

    Raises ``UnreadableJson``.
    """
    try:
        value: object = json.loads(text, object_pairs_hook=hook)
    except json.JSONDecodeError as error:
        what = next((told for said, told in _SAID if error.msg.startswith(said)), phrase("this is no JSON"))
        raise UnreadableJson(what, error.pos + 1) from None
    except RecursionError:
        raise UnreadableJson(phrase("lists or objects lie too deep in one another"), None) from None
    except ValueError:  # of a number, the only other thing that the reader refuses
        raise UnreadableJson(phrase("a number has too many digits"), None) from None
    return value
