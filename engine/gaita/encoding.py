"""The text of a file: UTF-8, or a fault that says what it is instead, and how to save it."""

import re
from typing import Final

from gaita.fault import Fault, Place, shown
from gaita.phrase import phrase

_LATVIAN: Final = re.compile(r"[\x00-\x7fāčēģīķļņōŗšūžĀČĒĢĪĶĻŅŌŖŠŪŽ„“”’–—…€«»\xa0]*")
"""What a text in Latvian is made of; two of its letters have other bytes in Windows-1252."""
# What a file begins with that is no text, and what it is.
_NO_TEXT: Final = (
    (b"PK\x03\x04", phrase("a spreadsheet's own file (xlsx, ods), or another archive")),
    (b"\xd0\xcf\x11\xe0", phrase("a spreadsheet's own file (xls)")),
    (b"\x1f\x8b", phrase("a compressed file (gzip)")),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", phrase("a database of SQLite")),
)
_UTF_16: Final = re.compile(rb"\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]")
_SAVE_TABLE: Final = phrase(
    'save the file as UTF-8: in Excel as "CSV UTF-8 (Comma delimited)", in LibreOffice as'
    ' "Text CSV" with the character set "Unicode (UTF-8)"'
)
_SAVE_TEXT: Final = phrase(
    'save the file as UTF-8: in most editors under "Save as", where the encoding is chosen'
)


def text_of(source: bytes | str, name: str) -> str | Fault:
    """Return the text in ``source``, the content of the file called ``name``, without a byte order mark.

    Text that a program passes may hold what no file can: halves of characters (lone surrogates).
    """
    content = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    expected, hint = phrase("text in UTF-8"), _SAVE_TABLE if name.lower().endswith(".csv") else _SAVE_TEXT
    place = Place(name, 1, 1)
    for mark, what in _NO_TEXT:
        if content.startswith(mark):
            return Fault("encoding", phrase("the file is %(what)s", what=what), place, expected, hint)
    if _UTF_16.match(content):
        message = phrase('the file is UTF-16 (which Windows calls "Unicode"), not UTF-8')
        return Fault("encoding", message, place, expected, hint)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Fault("encoding", *_undecodable(error, name), expected, hint)


def _undecodable(error: UnicodeDecodeError, name: str) -> tuple[str, Place]:
    before = error.object[: error.start]  # the codec has taken the byte order mark away already
    line = before.count(b"\n") + 1
    column = len(before.rpartition(b"\n")[2].decode("utf-8", errors="replace")) + 1
    if re.match(rb"\xed[\xa0-\xbf]", error.object[error.start :]):
        return phrase("half of a character (a lone surrogate) stands here"), Place(name, line, column)
    message = phrase("byte 0x%(byte)s is not UTF-8", byte=f"{error.object[error.start]:02X}")
    baltic = error.object.decode("cp1257", errors="replace")
    if _LATVIAN.fullmatch(baltic):
        letter = error.object[error.start : error.start + 1].decode("cp1257")
        message = phrase(
            "%(message)s: the file looks like Windows-1257, in which it is %(letter)s",
            message=message,
            letter=shown(letter) if letter.isprintable() else f"U+{ord(letter):04X}",
        )
    return message, Place(name, line, column, line, column + 1)
