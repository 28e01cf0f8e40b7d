"""Finds errors that are raised with plain English, which nobody can translate, where a phrase should be."""

import ast
from collections.abc import Iterator
from pathlib import Path


def plain_errors(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the enclosing function of each error, or fault, whose text is a plain string."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            given = _given(function)
            for call in _own(function):
                if isinstance(call, ast.Call) and (text := _text(call)) is not None:
                    told = given.get(text.id) if isinstance(text, ast.Name) else text
                    if _is_plain(told):
                        yield call.lineno, function.name


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """Yield what makes an error in a function: calls that are raised, and those of ``Fault``."""
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield node.exc
        elif isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Fault":
            yield node


def _text(call: ast.Call) -> ast.expr | None:
    """Return what an error says, the second argument of a ``Fault``; a code that exits says nothing."""
    number = 1 if getattr(call.func, "id", None) == "Fault" else 0
    return call.args[number] if len(call.args) > number else None


def _given(function: ast.AST) -> dict[str, ast.expr]:
    """Return what each name of a function is assigned last."""
    return {
        target.id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_plain(told: ast.expr | None) -> bool:
    """Whether it is a text of several words, also an f-string; ``[channels.{name}]`` is a key."""
    if isinstance(told, ast.Constant):
        return isinstance(told.value, str) and " " in told.value
    if not isinstance(told, ast.JoinedStr):
        return False
    return any(
        isinstance(each, ast.Constant) and " " in (text := str(each.value)) and not text.isspace()
        for each in told.values
    )


def every_plain_error(*folders: Path) -> Iterator[str]:
    """Yield ``file:function`` of each, the file from its folder on; once for each."""
    found = (
        f"{file.relative_to(folder.parent).as_posix()}:{function}"
        for folder in folders
        for file in sorted(folder.rglob("*.py"))
        for _, function in plain_errors(file.read_text(encoding="utf-8"))
    )
    yield from dict.fromkeys(found)
