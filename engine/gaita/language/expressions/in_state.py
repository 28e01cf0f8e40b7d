"""``in_state("STATE")``: how an expression asks where a case is.

CEL is given no functions of ours, so the call is read as an entry of a map, ``in_state["STATE"]``: bracket
for bracket, so that every place in the text stays what it was.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from gaita.fault import did_you_mean, listed, shown
from gaita.language.expressions.faults import ExpressionFault, ExpressionFaults, place
from gaita.language.expressions.tree import Call, Constant, Name, Node
from gaita.phrase import phrase

VARIABLE: Final = "in_state"
"""The name of the map, and the root of what such an expression reads: ``in_state.field_pilot/legal``."""
StateNames = Mapping[str, Sequence[str]]
"""What a state may be called, with the whole paths of those that are: one, or the name is ambiguous."""

_TEXT = r'[rR]?(?:"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')'
_ASKED: Final = re.compile(
    rf"(?<![\w.]){VARIABLE}\b(?P<open>\s*\(\s*)(?P<state>\"[^\"\\\n]*\"|'[^'\\\n]*')(?P<close>\s*\))"
    rf"|(?<![\w.])(?P<bare>{VARIABLE})\b|{_TEXT}|//[^\n]*"
)


def with_entries(source: str, states: StateNames) -> str:
    """Return the expression with each call of ``in_state`` as an entry. Raises ``ExpressionFaults``."""
    if VARIABLE not in source:
        return source
    faults: list[ExpressionFault] = []

    def entry(match: re.Match[str]) -> str:
        if match["bare"]:
            message = phrase("`in_state` asks for the name of one state")
            hint = phrase('write it out: in_state("STATE")')
            faults.append(ExpressionFault(message, *place(source, match.start()), hint=hint))
        if not match["state"]:
            return match[0]
        name = match["state"][1:-1]
        found = states.get(name, ())
        if len(found) != 1:
            faults.append(_unknown(source, match.start("state"), name, states))
        opened, closed = match["open"].replace("(", "["), match["close"].replace(")", "]")
        return f"{VARIABLE}{opened}{match['state']}{closed}"

    rewritten = _ASKED.sub(entry, source)
    if faults:
        raise ExpressionFaults(faults)
    return rewritten


def state_asked(node: Node) -> str | None:
    """Return the name of the state that a node asks for."""
    match node:
        case Call(function="_[_]", arguments=(Name(id="in_state"), Constant(value=str() as name))):
            return name
        case _:
            return None


def _unknown(source: str, offset: int, name: str, states: StateNames) -> ExpressionFault:
    where = place(source, offset)
    bearers = states.get(name, ())
    if bearers:
        message = phrase("several states are called %(name)s", name=shown(name))
        expected = phrase("the whole path: %(bearers)s", bearers=listed(bearers))
        return ExpressionFault(message, *where, expected=expected)
    message = phrase("there is no state %(name)s", name=shown(name))
    return ExpressionFault(message, *where, expected=listed(states), hint=did_you_mean(name, states))
