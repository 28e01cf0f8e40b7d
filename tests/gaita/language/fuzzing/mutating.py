"""Mutations of workflow files: of their bytes, of their words, and of the tables that they hold."""

import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import TypeAlias, cast

Node: TypeAlias = object

WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[A-Za-z0-9_.:+-]+|\s+|.', re.DOTALL)

# What people write by mistake, and what an attacker writes on purpose.
NASTY_WORDS = (
    "inf", "-inf", "nan", "0", "-1", "1e308", "-1e308", "9007199254740991", "9007199254740993",
    "0.1", "1e-300", "99999999999999999999", "0x7f", "true", "false", "{}", "[]", "[[]]", '""',
    "''", '" "', '"\\u0000"', '"\\u202e"', '"\\ufeff"', "0001-01-01", "0001-01-03", "9999-12-31",
    "9999-12-30", "1900-01-01", "2024-02-29", "2024-03-31T02:30:00", "2024-03-31T03:30:00+02:00",
    "9999-12-31T23:59:59Z", "07:32:00", '"europe/riga"', '"/etc/passwd"', '"../Europe/Riga"',
    '"UTC"', '"Etc/GMT+12"', '"Pacific/Apia"', '"posixrules"', '"localtime"', '"Africa/Monrovia"',
    '"1 hour"', '"100 years"', '"36525 days"', '"1 month 31 days"', '"1 second"', '"0 days"',
    '"25000 working days"', '"5000 working hours"', '"1 working minute"', '"P99Y"',
    '"P1Y2M10DT2H30M"', '"999999999 days"', '"30 workin days"', '"-3 days"', '"1.5 days"',
    '"horizon"', '"start"', '"entry"', '"first a"', '"last a"', '"any"', '"previous"', '"engine"',
    '"data.x"', '"event.x"', '"data."', '"data"', '"a/b"', '"a//b"', '"ā"', '"İ"', '"\\U0001F600"',
    '"' + "x" * 300 + '"', "ā", "=", "[", "]", "{", "}", ",", "#", "\n", '"', "'",
    '"data.f == true"', '"1 / 0 == 1"', '"now > timestamp(\\"2024-01-01T00:00:00Z\\")"',
    '"today < \'2024-01-01\'"', '"has(data.x)"', '"event == event"', '"true"', '"1 => 2"',
    '"data.n / 0 > 1"', '"[1,2].all(x, x > data.n)"', '"string(now)"', '"today"',
    '"data.n * 9007199254740991"', '"data.n + 1"', '"-data.n"', '"1.0 / 0.0"', '"choice"', '"date"',
    '"month"', '"moment"', '"list"', '"map"', '"integer"', '"number"', '"boolean"', '"string"',
    '"once"', '"each"', '"refuse"', '"provisional"', '"skip"', '"fire"', '"LV"', '"lv"',
    "language = 2", "[data]", "[[transitions]]", "[states.a]", "final = true", 'within = "1 day"',
    'every = "1 hour"', 'at = "data.x"',
)  # fmt: skip

NASTY_VALUES: tuple[Node, ...] = (
    0, -1, 1, 2, 2**53 - 1, 2**53, -(2**53), 10**30, 0.5, -0.0, 1e308, float("inf"), float("-inf"),
    float("nan"), True, False, "", " ", "a", "b", "any", "previous", "engine", "horizon", "start",
    "entry", "first a", "last a", "\x00", "\u202e", "\ufeff", "\u0100", "x" * 300, "data.x",
    "data.n", "data.day", "event.n", "a/b", "/", "a/", "1 day", "1 hour", "1 second", "100 years",
    "36525 days", "1 month", "20 working days", "25000 working days", "8 working hours",
    "1 day 12 hours", "0 days", "P3M", "europe/riga", "Europe/Riga", "UTC", "Pacific/Apia",
    "America/Sao_Paulo", "/etc/localtime", "../UTC", "posixrules", "LV", "refuse", "once", "each",
    "fire", "true", "false", "data.n > 1", "1 / 0 == 1", "data.n / 0 > 1", "today < '2024-06-01'",
    "has(data.day)", "now > timestamp('2024-06-01T00:00:00Z')", "data.n + 1", "string(data.n)",
    "today", "1.0 / 0.0", "-1", date(1, 1, 1), date(1, 1, 3), date(1970, 1, 1), date(2024, 3, 31),
    date(9999, 12, 30), date(9999, 12, 31), datetime.fromisoformat("0001-01-01T00:00"),
    datetime.fromisoformat("2024-03-31T02:30"),
    datetime.fromisoformat("9999-12-31T23:59"), time(7, 32), [], {}, [""], [[]], [{}], {"": ""}, {"a": "b"},
    ["a", "a"], ["any", "a"], {"lv": "ā"}, {"to": "clerk"}, {"after": "1 day", "fire": "go"},
    {"before": "1 day", "to": "clerk"}, {"within": "1 day"}, {"every": "1 hour"},
    {"at": "data.day"}, {"type": "date"}, {"type": "choice", "of": ["a", "b"]},
    {"type": "map", "of": "number"}, {"type": "list", "of": "string"},
    {"type": "integer", "min": 0}, {"type": "number", "max": 1.5}, {"final": True},
    {"type": "moment"}, {"type": "month"},
)  # fmt: skip


_AMOUNTS = (
    "1 hour", "59 minutes", "1 day", "1 month", "100 years", "36525 days", "1 month 31 days",
    "1 day 12 hours", "P3M", "26 hours", "20 working days", "25000 working days", "8 working hours",
    "5000 working hours", "1 working minute", "876000 hours", "1 second", "1200 months",
)  # fmt: skip
_DAYS = "0001-01-01 0001-01-03 1583-01-01 2024-03-31 2024-04-02 2025-06-30 9998-12-31 9999-12-30 9999-12-31"
_DATES = tuple(map(date.fromisoformat, _DAYS.split()))
_STATES = ("a", "b", "z", "hold", "one", "two", "deep", "any", "previous", "a/one", "a/two", "a/two/deep")
# What a key may well have: mutations that are often accepted, and so are driven.
LIKELY: Mapping[str, tuple[Node, ...]] = {
    "within": _AMOUNTS,
    "every": _AMOUNTS,
    "before": _AMOUNTS,
    "after": _AMOUNTS,
    "extend_at_most": _AMOUNTS,
    "at": (*_DATES, "horizon", "data.day", "data.month", "data.moment"),
    "horizon": _DATES,
    "from": (
        *_STATES, "start", "entry", "first a", "last a", "first b", "data.day", "data.month",
        "data.moment",
    ),
    "to": (*_STATES, "clerk", "chief", ["clerk", "chief"]),
    "through": _STATES,
    "pause_in": _STATES,
    "fire": ("go", "again", "end", "back", "hold", "report", "count"),
    "event": ("go", "again", "end", "back", "hold", "report", "count"),
    "met_by": ("go", "report", ["go", "end"]),
    "catch_up": ("once", "each"),
    "past_timers": ("skip", "fire"),
    "min": (-(2**53) + 1, -1, 0, 0.5, 2**53 - 1, float("inf"), float("-inf"), float("nan")),
    "max": (-(2**53) + 1, -1, 0, 0.5, 2**53 - 1, float("inf"), float("-inf"), float("nan")),
    "default": (
        0, 1, 0.5, "a", True, "0001-01-01", "9999-12-31", [], {}, date(2024, 1, 1), float("inf"),
        10**30,
    ),
    "type": ("string", "integer", "number", "boolean", "choice", "date", "month", "moment", "list", "map"),
    "time_zone": (
        "UTC", "Pacific/Apia", "Africa/Monrovia", "Etc/GMT+12", "Pacific/Kiritimati", "europe/riga",
        "localtime",
    ),
    "guard": (
        "true", "data.n < 3", "now > timestamp('2024-04-01T00:00:00Z')", "today > '2024-04-01'",
        "1 / data.n > 0",
    ),
    "check": (
        "true", "data.n > 0", "data.n / data.n == 1", "data.day > today", "has(data.day)",
        "[1].exists(x, x > data.n)",
    ),
    "n": (
        "data.n", "data.n + 1", "data.n * 9007199254740991", "data.n / 0", "data.n - 9007199254740991",
        "0",
    ),
    "day": ("event.day", "data.day", "today", "'0001-01-01'", "'9999-12-31'", "data.month + '-01'"),
    "final": (True, False),
}  # fmt: skip


def mutated(source: str, others: Sequence[str], random: random.Random) -> bytes:
    """Return ``source`` with a few mutations; words and tables are also taken from the ``others``."""
    kind = random.random()
    if kind < 0.1:
        return _bytes(source.encode(), random)
    if kind < 0.3:
        return _words(source, others, random).encode()
    return _tables(source, others, random).encode("utf-8", errors="surrogatepass")


def _bytes(source: bytes, random: random.Random) -> bytes:
    changed = bytearray(source)
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(changed) + 1)
        match random.randrange(4):
            case 0:
                changed[at : at + 1] = bytes([random.randrange(256)])
            case 1:
                del changed[at : at + random.choice((1, 1, 4, 30))]
            case 2:
                changed[at:at] = bytes(
                    random.choices(b"\"'[]{}=#,.\n\\ \t\r\x00\xff\xc4", k=random.choice((1, 2)))
                )
            case _:
                end = at + random.choice((3, 20, 200))
                changed[at:at] = changed[at:end]
    return bytes(changed)


def _words(source: str, others: Sequence[str], random: random.Random) -> str:
    words = WORD.findall(source)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        at = random.randrange(len(words))
        match random.randrange(5):
            case 0:
                words[at] = random.choice(NASTY_WORDS)
            case 1:
                words[at] = random.choice(WORD.findall(random.choice(others)))
            case 2:
                del words[at : at + random.choice((1, 1, 3))]
            case 3:
                other = random.randrange(len(words))
                words[at], words[other] = words[other], words[at]
            case _:
                words.insert(at, random.choice(words))
        words = words or ["language"]
    return "".join(words)


def _tables(source: str, others: Sequence[str], random: random.Random) -> str:
    tree = tomllib.loads(source)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        paths = list(_paths(tree, ()))
        if not paths:
            break
        likely = [(holder, key) for holder, key in paths if key in LIKELY]
        if likely and random.random() < 0.6:
            holder, key = random.choice(likely)
            cast("dict[str, Node]", holder)[cast("str", key)] = random.choice(LIKELY[cast("str", key)])
            continue
        holder, key = random.choice(paths)
        _change(tree, holder, key, others, random)
    return written(tree)


def _change(
    tree: dict[str, Node], holder: Node, key: "str | int", others: Sequence[str], random: random.Random
) -> None:
    chance = random.random()
    container = cast("dict[str | int, Node]", holder)
    if chance < 0.3:
        alike = [each for each in NASTY_VALUES if type(each) is type(container[key])]
        container[key] = random.choice(alike or NASTY_VALUES)
    elif chance < 0.4:
        container[key] = random.choice(NASTY_VALUES)
    elif chance < 0.55:
        donor = random.choice(others)
        there, name = random.choice(list(_paths(tomllib.loads(donor), ())))
        container[key] = cast("dict[str | int, Node]", there)[name]
    elif chance < 0.7:
        there, name = random.choice(list(_paths(tree, ())))
        container[key] = _copied(cast("dict[str | int, Node]", there)[name])
    elif chance < 0.85:
        del container[key]
    elif isinstance(holder, list):
        holder.insert(cast("int", key), _copied(container[key]))
    else:
        names = (
            "a",
            "b",
            "",
            "ā",
            "any",
            "x y",
            "to",
            "by",
            "fire",
            "final",
            "every",
            "at",
            "pause_in",
            "through",
        )
        named = cast("dict[str, Node]", holder)
        named[random.choice(names)] = named.pop(cast("str", key))


def _paths(node: Node, _: tuple[()]) -> "list[tuple[Node, str | int]]":
    found: list[tuple[Node, str | int]] = []
    work: list[Node] = [node]
    while work:
        holder = work.pop()
        inside = holder.items() if isinstance(holder, dict) else enumerate(cast("list[Node]", holder))
        for key, value in inside:
            found.append((holder, cast("str | int", key)))
            if isinstance(value, dict | list):
                work.append(cast("Node", value))
    return found


def _copied(node: Node) -> Node:
    if isinstance(node, dict):
        return {key: _copied(value) for key, value in cast("dict[str, Node]", node).items()}
    return [_copied(each) for each in cast("list[Node]", node)] if isinstance(node, list) else node


def written(tree: dict[str, Node]) -> str:
    """Return a tree as TOML: every value of the top on a line of its own, tables inside it inline."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in tree.items())


def _key(key: str) -> str:
    return _text(key)


def _text(text: str) -> str:
    return '"' + "".join(_character(each) for each in text) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return f"\\U{ord(character):08x}" if ord(character) < 32 or ord(character) == 127 else character


def _value(value: Node) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case int() | float():
            return repr(value)
        case date() | datetime() | time():
            return value.isoformat()
        case dict():
            pairs = cast("dict[str, Node]", value).items()
            return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in pairs) + " }"
        case _:
            return "[" + ", ".join(_value(each) for each in cast("list[Node]", value)) + "]"


Mutate: TypeAlias = Callable[[str, Sequence[str], random.Random], bytes]
