"""Explanations in colour; what an explanation says, ``gaita.texts`` says."""

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from gaita import Explanation, Workflow
from gaita.texts import MARKS, ExplanationLine, Language
from gaita.texts import condition_lines as plain_conditions
from gaita.texts import explanation_lines as plain_lines

_COLOURS: Final = {"holds": "green", "unmet": "red", "unknown": "yellow", "failed": "red"}
_STYLES: Final = {"transition": "bold", "detail": "dim"}


def explanation_lines(
    explanation: Explanation, workflow: Workflow, language: Language, instance: str, *, asked: bool = False
) -> Iterator[Text]:
    """Yield why a command is accepted or refused; ``asked``: it was only a question."""
    for line in plain_lines(explanation, workflow, language, instance=instance, asked=asked):
        yield _in_colour(line)


def condition_lines(explanation: Explanation, workflow: Workflow, language: Language) -> Iterator[Text]:
    """Yield the conditions of the transition that was taken, the last candidate, with what they read."""
    if explanation.candidates:
        taken = explanation.candidates[-1]
        yield from map(_in_colour, plain_conditions(explanation, taken, workflow, language))


def _in_colour(line: ExplanationLine) -> Text:
    mark = (f"{MARKS[line.mark]} ", _COLOURS[line.mark]) if line.mark else ""
    style = _STYLES.get(line.kind, "") if line.indent != 1 or line.kind == "transition" else ""
    return Text.assemble("  " * line.indent, mark, (line.text, style))
