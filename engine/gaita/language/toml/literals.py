"""TOML string literals: what they say, and which character of the file each decoded character comes from."""

import re

_SIMPLE = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_HEXADECIMAL = {"x": 2, "u": 4, "U": 8}
_LINE_ENDING_BACKSLASH = re.compile(r"\\[ \t]*\n[ \t\n]*")


def decoded(literal: str) -> tuple[str, list[int]]:
    """Return what a valid string literal (with its quotes) says, and where each character of that begins.

    The second list has one entry more than the text has characters: where the text ends. All are
    offsets into ``literal``. Anything that is not a quoted literal is taken as it stands: a bare key.
    """
    quote = literal[:1]
    if quote not in {'"', "'"}:
        return literal, list(range(len(literal) + 1))
    width = 3 if literal.startswith(quote * 3) and len(literal) >= 6 else 1
    start, end = width, len(literal) - width
    if width == 3 and literal[start : start + 1] == "\n":
        start += 1  # TOML trims a newline right after the opening quotes
    if quote == "'":
        return literal[start:end], list(range(start, end + 1))
    return _basic(literal, start, end)


def _basic(literal: str, start: int, end: int) -> tuple[str, list[int]]:
    characters: list[str] = []
    offsets: list[int] = []
    position = start
    while position < end:
        character, length = literal[position], 1
        if character == "\\":
            character, length = _escape(literal, position)
        if character:
            characters.append(character)
            offsets.append(position)
        position += length
    return "".join(characters), [*offsets, end]


def _escape(literal: str, position: int) -> tuple[str, int]:
    """Return what the escape at ``position`` stands for (nothing, for a line ending), and its length."""
    folded = _LINE_ENDING_BACKSLASH.match(literal, position)
    if folded:
        return "", folded.end() - position
    letter = literal[position + 1]
    if letter in _HEXADECIMAL:
        digits = _HEXADECIMAL[letter]
        return chr(int(literal[position + 2 : position + 2 + digits], 16)), 2 + digits
    return _SIMPLE.get(letter, letter), 2
