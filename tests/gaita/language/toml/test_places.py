"""Places: where keys and values stand, and the characters of strings."""

import tomllib
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaita.fault import Place
from gaita.language.toml.literals import decoded
from gaita.language.toml.places import Path, Places

SAMPLE = """\
top = 1  # ķ
"a b".'c.d'.e = "ē"
[states.idea]
title = { lv = "Ideja ā", en.x = 'Idea' }
list = [ 1, [2, 3], # note ]
  { k = true } ]
[[transitions]]
to = "a"
[transitions.deep]
x = 2025-03-01
[[transitions]]
to = \"\"\"
b\"\"\"
"""


def text_at(source: str, place: Place) -> str:
    """Return the characters of a place."""
    lines = source.split("\n")
    end_line, end_column = place.end_line or place.line, place.end_column or place.column + 1
    picked = lines[place.line - 1 : end_line]
    picked[-1] = picked[-1][: end_column - 1]
    picked[0] = picked[0][place.column - 1 :]
    return "\n".join(picked)


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("top",), "top", "1"),
        (("a b", "c.d", "e"), "e", '"ē"'),
        (("a b", "c.d"), "'c.d'", "'c.d'"),
        (("a b",), '"a b"', '"a b"'),
        (("states",), "states", "states"),
        (("states", "idea"), "idea", "states.idea"),
        (("states", "idea", "title"), "title", "{ lv = \"Ideja ā\", en.x = 'Idea' }"),
        (("states", "idea", "title", "lv"), "lv", '"Ideja ā"'),
        (("states", "idea", "title", "en", "x"), "x", "'Idea'"),
        (("states", "idea", "list", 0), "1", "1"),
        (("states", "idea", "list", 1, 1), "3", "3"),
        (("states", "idea", "list", 2, "k"), "k", "true"),
        (("transitions",), "transitions", "transitions"),
        (("transitions", 0), "transitions", "transitions"),
        (("transitions", 0, "to"), "to", '"a"'),
        (("transitions", 0, "deep", "x"), "x", "2025-03-01"),
        (("transitions", 1, "to"), "to", '"""\nb"""'),
        (("states", "idea", "nothing", 3, "there"), "states.idea", "states.idea"),
        (("transitions", 1, "from"), "transitions", "transitions"),
        (("nothing",), "", ""),
        ((), "", ""),
    ],
)
def test_keys_and_values_are_found(path: Path, key: str, value: str) -> None:
    """What is not there has the place of the nearest thing around it."""
    places = Places("f.toml", SAMPLE)
    assert text_at(SAMPLE, places.key(path)) == key
    assert text_at(SAMPLE, places.value(path)) == value


def test_the_second_of_an_array_of_tables_has_its_own_header() -> None:
    """The line tells which one is meant."""
    places = Places("f.toml", SAMPLE)
    assert places.value(("transitions", 1)).line == 11
    assert places.value(("transitions", 0)).line == 7


def test_columns_count_characters() -> None:
    """Not bytes, of which a Latvian letter takes two and a rarer one four."""
    source = 'ok = [ "ķīļ𐍂", 5 ]\n'
    assert Places("f", source).value(("ok", 1)).column == 16


@pytest.mark.parametrize(
    ("literal", "line", "column", "expected"),
    [
        ('"abc"', 1, 1, "a"),
        ("'abc'", 1, 3, "c"),
        (r'"a\tb"', 1, 2, r"\t"),
        (r'"\u0101b"', 1, 2, "b"),
        (r'"\U00010342b"', 1, 1, r"\U00010342"),
        ('"""\nab\ncd"""', 2, 2, "d"),
        ('"""ab\\\n   cd"""', 1, 3, "c"),
        ("'''\nab\ncd'''", 1, 1, "a"),
        ('"""a""b"""', 1, 4, "b"),
        (r'"""a\nb"""', 2, 1, "b"),
        ('"ā𐍂c"', 1, 3, "c"),
        ("'ab'", 1, 3, "'"),
        ("'ab'", 1, 99, "'"),
        ("''", 1, 1, "'"),
        ("5", 1, 1, "5"),
    ],
)
def test_a_character_inside_a_string_is_found(literal: str, line: int, column: int, expected: str) -> None:
    """Through quotes, escapes and folded lines; behind the end, the closing quotes."""
    source = f'"ā" = 1\nk = {literal}\n'
    assert text_at(source, Places("f", source).inside(("k",), line, column)) == expected


names = st.text(st.sampled_from("abkāķ_ .'\"\\é日\u0301"), min_size=1, max_size=4)
scalars = st.one_of(
    st.integers(-1000, 1000), st.booleans(), st.text("aā\"'\\\n\t日\u0301 #=[]{}", max_size=6), st.dates()
)
tables = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=12,
)


def quoted(text: str, style: int) -> str:
    """Return a text as one of TOML's kinds of string that can hold it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    if style == 0 and not set(text) & set("'\n"):
        return f"'{text}'"
    if style == 1 and "'" not in text:
        return f"'''\n{text}'''"
    if style == 2:
        return '"""\n' + escaped + '"""'
    return '"' + escaped.replace("\n", "\\n").replace("ā", "\\u0101") + '"'


def written(value: object, draw: st.DrawFn) -> str:
    """Return a value on one line."""
    gap = draw(st.sampled_from(["", " ", "  "]))
    match value:
        case bool():
            return str(value).lower()
        case str():
            return quoted(value, draw(st.integers(0, 3)))
        case list():
            return (
                "[" + ",".join(gap + written(each, draw) for each in cast("list[object]", value)) + gap + "]"
            )
        case dict():
            table = cast("dict[str, object]", value)
            pairs = [f"{quoted(key, 3)}{gap}={gap}{written(each, draw)}" for key, each in table.items()]
            return "{" + gap + ", ".join(pairs) + gap + "}"
        case _:
            return str(value)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A TOML document of headers, arrays of tables, dotted keys and nested values."""
    lines: list[str] = []
    for number in range(draw(st.integers(1, 4))):
        if number:
            header = f"part{number}.{quoted(draw(names), 3)}"
            lines.append(
                draw(st.sampled_from([f"[{header}]", f"[[part.{number % 2}]]", f"[ {header} ] # ā"]))
            )
        for key, value in draw(st.dictionaries(names, tables, max_size=4)).items():
            prefix = draw(st.sampled_from(["", f"dot{len(lines)} . ", f'"ķ{len(lines)}".x.']))
            lines.append(f"{prefix}{quoted(key, 3)} = {written(value, draw)}")
    return "\n".join(lines) + "\n"


def leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield the path and the value of everything in a document."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, each in cast("dict[str, object]", value).items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(cast("list[object]", value)):
            yield from leaves(each, (*path, number))


@given(documents())
def test_places_point_at_the_very_text(source: str) -> None:
    """Whatever the document: reading only what stands at a place gives the value, and the key its name."""
    data: dict[str, Any] = tomllib.loads(source)
    places = Places("f.toml", source)
    for path, value in leaves(data):
        if isinstance(path[-1], str):
            assert decoded(text_at(source, places.key(path)))[0] == path[-1]
        text = text_at(source, places.value(path))
        if not isinstance(value, dict | list) or text.startswith(("{", "[")):
            assert tomllib.loads("v = " + text) == {"v": value}
        if isinstance(value, str):
            inside(source, places, path, value)


def inside(source: str, places: Places, path: Path, value: str) -> None:
    """Assert that each character of a string is found where it stands."""
    line = column = 1
    for character in value:
        place = places.inside(path, line, column)
        raw = text_at(source, place)
        assert raw == character or decoded(f'"{raw}"')[0] == character
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
