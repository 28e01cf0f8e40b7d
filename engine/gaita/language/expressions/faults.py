"""Complaints: what is wrong with an expression, in our words, with its place inside it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from gaita.fault import did_you_mean, shown
from gaita.language.expressions.types import Types, in_words
from gaita.phrase import formed, joined, phrase

MOST_FAULTS = 20

_FUNCTIONS = (
    "all", "bool", "double", "duration", "endsWith", "exists", "exists_one", "filter", "getDate",
    "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMinutes",
    "getMonth", "getSeconds", "has", "int", "map", "matches", "size", "startsWith", "string",
    "timestamp", "contains",
)  # fmt: skip
_ENTRY = re.compile(r"^(?:INVALID_ARGUMENT: )?ERROR: <input>:(-?\d+):(-?\d+): (.*)$", re.MULTILINE)
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_SPELLINGS = {
    "and": "&&", "or": "||", "not": "!", "=": "==", "is": "==", "&": "&&", "|": "||", "=>": ">=", "=<": "<=",
    "<>": "!=", "≥": ">=", "≤": "<=", "≠": "!=", "===": "==", "~=": "!=",
}  # fmt: skip
# Signs that CEL does not have, and quotation marks that are none to it, around where it gave up.
_SIGNS = re.compile(r"===|=>|=<|<>|~=|[≥≤≠]|(?<!&)&(?!&)|(?<!\|)\|(?!\|)|(?<![=!<>])=(?![=>])")
_CURLY = re.compile("[„“”‟«»‚‘’`´]")  # noqa: RUF001 - these are the marks that are meant
_TOO_DEEP = phrase("the expression is nested too deeply, or chains more than about thirty operators")


class ExpressionFault(ValueError):
    """One thing that is wrong with an expression: what was found, where, and what to do."""

    def __init__(
        self, message: str, line: int, column: int, *, expected: str | None = None, hint: str | None = None
    ) -> None:
        """Place it at ``line`` and ``column`` inside the expression, from 1, in characters."""
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.expected = expected
        self.hint = hint


class ExpressionFaults(Exception):
    """An expression has faults: mend each of them where it says."""

    def __init__(self, faults: Collection[ExpressionFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.line, fault.column)))
        super().__init__(
            joined(
                "; ",
                (
                    formed(
                        "%(line)s:%(column)s: %(message)s",
                        line=each.line,
                        column=each.column,
                        message=each.message,
                    )
                    for each in self.faults
                ),
            )
        )


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may name: for saying what was meant."""

    data: Types
    event: Types | None
    """``None``: there is no event."""
    now: bool
    zone: str


def place(source: str, offset: int) -> tuple[int, int]:
    """Return the line and the column, from 1, of the character at ``offset``, from 0."""
    before = source[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


def complaints(source: str, report: str, names: Names) -> Iterator[ExpressionFault]:
    """Yield the faults that CEL's ``report`` speaks of: of syntax errors only the first."""
    entries = _ENTRY.findall(report)[:MOST_FAULTS]
    if not entries or "recursion" in report:
        deep = not entries or "recursion" in report
        message = _TOO_DEEP if deep and "recursion" in report else phrase("the expression cannot be read")
        yield ExpressionFault(message, 1, 1, hint=phrase("split it into several clauses"))
        return
    for line, column, text in entries:
        offset = _offset(source, int(line), int(column))
        if text.startswith("Syntax error") or "reserved identifier" in text or "invalid" in text:
            yield _syntax(source, offset, text)
            return
        if not re.search(r"overload.*\berror\b", text):  # what follows from another fault is none
            yield _meaning(source, offset, text, names)


def _offset(source: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = source.find("\n", start) + 1
    return max(0, min(start + column - 1, len(source)))


def _fault(
    source: str, offset: int, message: str, *, expected: str | None = None, hint: str | None = None
) -> ExpressionFault:
    line, column = place(source, offset)
    return ExpressionFault(message, line, column, expected=expected, hint=hint)


def _syntax(source: str, offset: int, text: str) -> ExpressionFault:
    if "'<EOF>'" in text and "expecting <EOF>" not in text:
        if not source.strip():
            return _fault(
                source, 0, phrase("the expression is empty"), expected=phrase("a condition or a value")
            )
        missing = re.search(r"missing '(.)' at", text)
        wanted = f"`{missing[1]}`" if missing else phrase("a value, or a closing bracket")
        return _fault(source, len(source.rstrip()), phrase("the expression ends too early"), expected=wanted)
    if "reserved identifier" in text:
        word = text.rpartition(": ")[2]
        return _fault(
            source,
            offset,
            phrase("`%(word)s` is a reserved word of the language", word=word),
            expected=phrase("a value"),
        )
    if "invalid" in text and "literal" in text:
        return _fault(source, offset, phrase("this number is out of range, or not a number at all"))
    if slip := _slip(source, offset):
        return slip
    found = _token(source, offset)
    if found[:1] in ("'", '"') and "recognition" in text:
        return _fault(
            source,
            offset,
            phrase("this text is not closed, or has an unknown escape"),
            expected=phrase("a closing %(mark)s", mark=found[0]),
        )
    before = re.search(r"(\w+)\s*$", source[:offset])
    spelled = found.lower() if found.lower() in _SPELLINGS else before[1].lower() if before else ""
    hint = (
        phrase("write `%(right)s`, not `%(wrong)s`", right=_SPELLINGS[spelled], wrong=spelled)
        if spelled in _SPELLINGS
        else None
    )
    if found in (")", "]", "}"):
        return _fault(
            source,
            offset,
            phrase("`%(found)s` closes what was not opened", found=found),
            hint=phrase("take it away"),
        )
    expected = phrase("the end of the expression, or an operator") if "expecting <EOF>" in text else None
    return _fault(
        source,
        offset,
        phrase("%(found)s cannot stand here", found=shown(found)),
        expected=expected,
        hint=hint,
    )


def _slip(source: str, offset: int) -> ExpressionFault | None:
    """Return what people often write who know another language: its signs, quotation marks and numbers."""
    if curly := _CURLY.match(source, offset):
        message = phrase("%(curly)s is no quotation mark of an expression", curly=shown(curly[0]))
        return _fault(source, offset, message, hint=phrase("write a text between plain marks: 'text'"))
    for sign in _SIGNS.finditer(source, max(0, offset - 2)):
        if sign.start() <= offset < sign.end():
            message = phrase("`%(sign)s` cannot stand here", sign=sign[0])
            hint = phrase("write `%(right)s`, not `%(wrong)s`", right=_SPELLINGS[sign[0]], wrong=sign[0])
            return _fault(source, sign.start(), message, hint=hint)
    if re.match(r",\d", source[offset:]) and re.search(r"\d$", source[:offset]):
        return _fault(
            source,
            offset,
            phrase("`,` cannot stand inside a number"),
            hint=phrase("write a point, as in 3.5"),
        )
    return None


def _token(source: str, offset: int) -> str:
    match = re.compile(r"\s*(\w+|&&|\|\||[=!<>]=|.)", re.DOTALL).match(source, offset)
    return match[1] if match else ""


def _meaning(source: str, offset: int, text: str, names: Names) -> ExpressionFault:
    if match := re.fullmatch(r"undefined field '(.*)' not found in struct 'gaita\.(\w+)'", text):
        return _unknown_field(source, offset, match[1], match[2].lower(), names)
    if match := re.match(r"undeclared reference to '(.*)' \(in container", text):
        return _unknown_name(source, offset, match[1], names)
    if match := re.match(r"found no matching overload for '(.*)' applied to '\(?(.*?)\)?'$", text):
        return _wrong_types(source, offset, match[1], _types(match[2]), names)
    if match := re.match(r"expression of type '(.*)' cannot be the operand of a select", text):
        return _fault(source, offset, phrase("%(kind)s has no fields of its own", kind=in_words(match[1])))
    return _fault(source, offset, text)


def _types(text: str) -> list[str]:
    """Split the types of a call at the commas that stand outside their brackets."""
    flat = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", text))
    return re.findall(r"[\w.]+", flat)


def _unknown_field(source: str, offset: int, field: str, owner: str, names: Names) -> ExpressionFault:
    known = names.data if owner == "data" else names.event or ()
    found = re.compile(rf"\.\s*({re.escape(field)})\b").search(source, offset)
    what = phrase("data field") if owner == "data" else phrase("field of the payload")
    hint = did_you_mean(field, known, f"`{owner}.{{}}`".format)
    other = {"event": names.event or ()} if owner == "data" else {"data": names.data}
    for elsewhere, fields in other.items():
        if hint is None and field in fields:
            hint = did_you_mean(field, [field], f"`{elsewhere}.{{}}`".format)
    expected = (
        phrase("one of %(names)s", names=", ".join(sorted(known)[:12]))
        if known
        else phrase("nothing: %(owner)s has no fields", owner=owner)
    )
    start = found.start(1) if found else offset
    return _fault(
        source,
        start,
        phrase("no %(what)s is called `%(field)s`", what=what, field=field),
        expected=expected,
        hint=hint,
    )


def _unknown_name(source: str, offset: int, name: str, names: Names) -> ExpressionFault:
    first, *_ = name.split(".")
    start = max(source.rfind(first, 0, offset + len(first)), 0)
    if first == "event" and names.event is None:
        return _fault(
            source,
            start,
            phrase("there is no event here"),
            hint=phrase("only a transition with an event may read `event`"),
        )
    if first in ("now", "today") and not names.now:
        return _fault(
            source,
            start,
            phrase("`%(first)s` may not be read here", first=first),
            hint=phrase("use a deadline"),
        )
    if re.match(r"\s*\(", source[start + len(first) :]) and "." not in name:
        hint = did_you_mean(first, _FUNCTIONS, "`{}`".format)
        return _fault(source, start, phrase("no function is called `%(first)s`", first=first), hint=hint)
    roots = [
        "data",
        *(["event"] if names.event is not None else []),
        *(["now", "today"] if names.now else []),
    ]
    if first in names.data:
        hint = did_you_mean(first, [first], "`data.{}`".format)
    elif names.event is not None and first in names.event:
        hint = did_you_mean(first, [first], "`event.{}`".format)
    else:
        hint = did_you_mean(first, [*roots, "true", "false"], "`{}`".format)
        hint = hint or phrase("a text stands in quotes")
    return _fault(
        source,
        start,
        phrase("nothing is called `%(first)s` here", first=first),
        expected=", ".join(roots),
        hint=hint,
    )


def _day_field(source: str, offset: int, names: Names) -> str | None:
    """Return "date" or "month" where an operator stands beside such a field or `today`, else ``None``."""
    before = re.search(r"(?:(data|event)\.(\w+)|today)\s*$", source[:offset])
    behind = re.match(r"[<>=!]{1,2}\s*(?:(data|event)\.(\w+)|today)", source[offset:])
    for side in (before, behind):
        if side is None:
            continue
        if side[1] is None:
            return "date"
        field = (names.data if side[1] == "data" else names.event or {}).get(side[2])
        if field is not None and field.kind in {"date", "month"}:
            return field.kind
    return None


def _wrong_types(source: str, offset: int, function: str, types: list[str], names: Names) -> ExpressionFault:
    sign = function.strip("_@") if function != "_[_]" else "[ ]"
    found = [in_words(name) for name in types]
    kinds = set(types)
    hint: str | None = None
    day = _day_field(source, offset, names)
    a_day = phrase("a date") if day == "date" else phrase("a month")
    if day is not None and kinds & {"int", "double"}:
        found = [a_day if each == "string" else word for each, word in zip(types, found, strict=True)]
        example = "'2026-01-31'" if day == "date" else "'2026-01'"
        hint = phrase("write %(day)s in quotes: %(example)s", day=a_day, example=example)
    elif day is not None and "google.protobuf.Timestamp" in kinds:
        found = [a_day if each == "string" else word for each, word in zip(types, found, strict=True)]
        hint = phrase("compare dates with `today`, the day in %(zone)s; `now` is a moment", zone=names.zone)
    elif "null_type" in kinds:
        hint = phrase("ask with has(…) whether something is set: `has(data.FIELD)`")
    elif kinds == {"double", "int"}:
        literal = re.compile(r"\S{1,2}\s*(-?\d+)\b(?!\.)").match(source, offset) or re.compile(
            r"(?<![\w.])(\d+)\s*$"
        ).search(source[:offset])
        hint = (
            phrase("write %(number)s", number=f"{literal[1]}.0")
            if literal
            else phrase("turn the whole number into a number with double(…)")
        )
    elif kinds == {"google.protobuf.Timestamp", "string"}:
        hint = phrase("compare dates with `today`, the day in %(zone)s; `now` is a moment", zone=names.zone)
    elif kinds in ({"string", "int"}, {"string", "double"}):
        hint = phrase("a text stands in quotes, a number does not")
    if function == "_?_:_":
        return _fault(source, offset, phrase("`? :` must choose between two values of one type"), hint=hint)
    if sign in _COMPARISONS and len(found) == 2:
        message = phrase(
            "`%(sign)s` cannot compare %(left)s with %(right)s",
            sign=sign,
            left=found[0],
            right=found[1],
        )
        return _fault(source, offset, message, expected=phrase("two values of one type"), hint=hint)
    if sign in ("&&", "||", "!"):
        return _fault(
            source,
            offset,
            phrase("`%(sign)s` joins conditions, not %(found)s", sign=sign, found=_together(found)),
            expected=phrase("true or false"),
        )
    return _fault(
        source,
        offset,
        phrase("`%(sign)s` cannot be applied to %(found)s", sign=sign, found=_together(found)),
        hint=hint,
    )


def _together(found: list[str]) -> str:
    """Return kinds of values as ``a number and text``."""
    if len(found) < 2:
        return found[0] if found else phrase("nothing")
    return phrase("%(names)s and %(last)s", names=joined(", ", found[:-1]), last=found[-1])
