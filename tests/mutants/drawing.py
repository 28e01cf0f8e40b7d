"""Which mutants there are, and a fair draw of them."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Protocol, cast
from warnings import catch_warnings

# cosmic-ray carries no types.
from cosmic_ray.ast import ast_nodes, get_ast  # pyright: ignore[reportUnknownVariableType]
from cosmic_ray.mutating import mutate_code  # pyright: ignore[reportUnknownVariableType]
from cosmic_ray.plugins import get_operator, operator_names  # pyright: ignore[reportUnknownVariableType]

_FAMILIES = (
    "ReplaceComparisonOperator", "ReplaceBinaryOperator", "ReplaceUnaryOperator", "NumberReplacer", "AddNot",
    "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ZeroIterationForLoop",
)  # fmt: skip
_LEFT_OUT = (
    "_BitOr_",  # `A | B` is mostly a type, and a type that cannot be made is noticed at the import
    "_Eq_Is",
    "_NotEq_IsNot",
    "_Is_Eq",
    "_IsNot_NotEq",
    # identity in place of equality: the same wherever a value is one of an enumeration or interned
)
_UNTESTED = re.compile(r"^\s*@dataclass\(|\bstrict=True\)")
"""Lines that say what can never be: mypy holds that values are frozen, lists of one source are as long."""
_OPPOSITES = ("_Eq_NotEq", "_NotEq_Eq")
_WORD = re.compile(r"[=!<>]=? *\"")
"""A comparison with a word: it has an opposite, but no order that means anything."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module."""

    module: Path
    line: int
    """The line of the change, counted from 1."""
    operator: str
    before: str
    """The module as it stands."""
    after: str

    @property
    def changed(self) -> tuple[str, str]:
        """The first line that differs, without its indentation: as it stands and as it becomes."""
        both = zip(self.before.splitlines(), self.after.splitlines(), strict=False)
        return next((was.strip(), becomes.strip()) for was, becomes in both if was != becomes)

    @property
    def is_in_a_function(self) -> bool:
        """Whether the change is in a function, and so matters only where that is called."""
        return any(first <= self.line <= last for first, last in self._functions)

    @property
    def first_lines(self) -> Sequence[int]:
        """Where the innermost changed function begins; where it is in none, where each of the module does."""
        around = [first for first, last in self._functions if first <= self.line <= last]
        return [max(around)] if around else [first for first, _ in self._functions]

    @property
    def _functions(self) -> Sequence[tuple[int, int]]:
        return [
            (min([each.lineno, *(one.lineno for one in each.decorator_list)]), each.end_lineno or each.lineno)
            for each in ast.walk(ast.parse(self.before))
            if isinstance(each, ast.FunctionDef)
        ]


class _Operator(Protocol):
    """What is used of an operator of cosmic-ray."""

    def mutation_positions(self, node: object) -> Iterable[tuple[tuple[int, int], tuple[int, int]]]: ...


@dataclass(frozen=True, slots=True)
class _Change:
    operator: str
    occurrence: int
    """How many others of this operator stand before it in the module."""
    line: int


def draw(modules: Sequence[Path], most: int, chance: Random) -> list[Mutant]:
    """Draw so many places of these modules, and one change at each.

    A place is an operator, a number, a condition or a loop. It is drawn before its change: a comparison can
    be changed in six ways, a condition in one, and both are as likely to be wrong.
    """
    places = [(module, changes) for module in modules for changes in _places(module)]
    chance.shuffle(places)
    possible = (
        next(
            (made for change in chance.sample(changes, len(changes)) if (made := _made(module, change))), None
        )
        for module, changes in places
    )
    return list(islice(filter(None, possible), most))


def _places(module: Path) -> Iterator[Sequence[_Change]]:
    source = module.read_text(encoding="utf-8")
    lines = source.splitlines()
    nodes = list(cast("Iterable[object]", ast_nodes(get_ast(source))))  # pyright: ignore[reportUnknownArgumentType]
    found: defaultdict[tuple[str, object], list[_Change]] = defaultdict(list)
    for name in sorted(cast("Iterable[str]", operator_names())):
        family = next((each for each in _FAMILIES if each in name), None)
        if family is None or any(each in name for each in _LEFT_OUT):
            continue
        operator, is_other = _operator(name), not name.endswith(_OPPOSITES)
        positions = [position for node in nodes for position in operator.mutation_positions(node)]
        for occurrence, (start, _) in enumerate(positions):
            line, column = lines[start[0] - 1], start[1]
            if not (_is_untested(line, column) or (is_other and _WORD.match(line, column))):
                found[family, start].append(_Change(name, occurrence, start[0]))
    yield from found.values()


def _is_untested(line: str, column: int) -> bool:
    """Whether it is no expression that computes anything: the star of a signature, or a line as above."""
    return bool(_UNTESTED.search(line)) or line.startswith(("*,", "/,"), column)


def _operator(name: str) -> _Operator:
    return cast("type[_Operator]", get_operator(name))()


def _made(module: Path, change: _Change) -> Mutant | None:
    """Make a change; ``None`` where what comes of it is no Python."""
    before = module.read_text(encoding="utf-8")
    after = cast("str", mutate_code(before, _operator(change.operator), change.occurrence))
    try:
        with catch_warnings(action="ignore"):
            compile(after, module, "exec")
    except SyntaxError:
        return None
    return Mutant(module, change.line, change.operator, before, after)
