"""Diagrams of a workflow: Mermaid text, and SVG that can be printed and hung on a wall."""

from collections.abc import Iterator
from html import escape

from gaita import (
    PREVIOUS,
    AtDate,
    AtField,
    AtHorizon,
    Every,
    Moment,
    Rule,
    State,
    Transition,
    Within,
    Workflow,
    leaves_of,
)
from gaita.texts import Language, amount_words, day_words, language_of, state_title
from gaita_adapters.diagram_picture import DiagramTrouble, picture

__all__ = ["DiagramTrouble", "dot", "mermaid", "svg"]

_WRAP = 34
_ENTRY = "start"
_GRAPH = "rankdir=TB, compound=true, fontname=Arimo, fontsize=16, labelloc=t, pad=0.3"
_NODE = "shape=plain, fontname=Arimo, fontsize=11"
_EDGE = 'fontname=Arimo, fontsize=9, color="#44546a"'
_DOT = 'shape=circle, style=filled, fillcolor="#222222", label="", width=0.18'
_CARD = 'cellborder="0" cellspacing="0" cellpadding="4" style="rounded" color="#44546a"'
# Mermaid takes these as its own marks, and knows no escape for them but entities.
_MERMAID_MARKS = str.maketrans({"#": "#35;", '"': "#quot;", ";": "#59;", ":": "#58;"})


def mermaid(workflow: Workflow, language: str | Language = "en") -> str:
    """Return the workflow as a Mermaid state diagram: events with their guards, deadlines as notes."""
    spoken = language_of(language)
    lines = ["stateDiagram-v2"]
    lines += [f"    [*] --> {_mermaid_name(state)}" for state in leaves_of(workflow.initial)]
    lines.extend(_mermaid_states(workflow, None, spoken, 1))
    for source, target, label in _arrows(workflow, spoken):
        lines.append(f"    {_mermaid_name(source)} --> {_mermaid_name(target)} : {_mermaid_text(label)}")
    lines.extend(
        f"    {_mermaid_name(state.id)} --> [*]" for state in workflow.states.values() if state.final
    )
    for state in workflow.states.values():
        told = [
            _deadline(workflow, rule, spoken) for rule in workflow.rules.values() if rule.scope[0] == state.id
        ]
        if told:
            lines.append(f"    note right of {_mermaid_name(state.id)}")
            lines.extend(f"        {_mermaid_text(line)}" for line in told)
            lines.append("    end note")
    return "\n".join(lines) + "\n"


def dot(workflow: Workflow, language: str | Language = "en") -> str:
    """Return the workflow in Graphviz's language."""
    spoken = language_of(language)
    title = escape(spoken.title(workflow.title))
    lines = [
        "digraph workflow {",
        f"  graph [label=<<b>{title}</b>>, {_GRAPH}];",
        f"  node [{_NODE}]; edge [{_EDGE}];",
        f"  {_quoted(_ENTRY)} [{_DOT}];",
        *_dot_states(workflow, None, spoken, 1),
        *(
            f"  {_quoted(_ENTRY)} -> {_quoted(_leaf(workflow, state))};"
            for state in leaves_of(workflow.initial)
        ),
    ]
    for source, target, label in _arrows(workflow, spoken, everywhere=False):
        shown = "<br/>".join(escape(line) for line in _wrapped(label))
        lines.append(
            f"  {_quoted(_leaf(workflow, source))} -> {_quoted(_leaf(workflow, target))} [label=<{shown}>];"
        )
    anywhere = [
        f"{_label(workflow, transition, spoken)} → {state_title(workflow, aim, spoken)}"
        for transition in workflow.transitions
        if transition.sources is None and (aim := transition.target) is not None and aim != PREVIOUS
    ]
    if anywhere:  # drawn from each state they would hide everything else
        rows = "".join(f'<tr><td align="left">{escape(line)}</td></tr>' for line in anywhere)
        head = escape(spoken.gettext("From any state"))
        lines.append(
            f'  {_quoted("anywhere")} [label=<<table border="0" cellborder="0">'
            f'<tr><td align="left"><b>{head}</b></td></tr>{rows}</table>>];'
        )
    return "\n".join([*lines, "}"]) + "\n"


def svg(workflow: Workflow, language: str | Language = "en") -> str:
    """Return the workflow as SVG. Raises ``DiagramTrouble`` when the layout program fails."""
    return picture(dot(workflow, language), workflow.id)


def _arrows(
    workflow: Workflow, language: Language, *, everywhere: bool = True
) -> Iterator[tuple[str, str, str]]:
    """Yield source, target and label of every arrow with two ends; ``any`` comes from each outer state."""
    for transition in workflow.transitions:
        if transition.target is None or transition.target == PREVIOUS:
            continue
        sources = transition.sources
        if sources is None:
            if not everywhere:
                continue
            sources = tuple(
                state.id
                for state in workflow.states.values()
                if state.parent is None and not state.final and state.id != transition.target
            )
        for source in sources:
            for target in leaves_of(transition.target):
                yield source, target, _label(workflow, transition, language)


def _label(workflow: Workflow, transition: Transition, language: Language) -> str:
    if transition.event is not None:
        label = language.title(workflow.events[transition.event].title)
    elif transition.title is not None:
        label = f"({language.title(transition.title)})"
    else:
        label = language.gettext("(automatic)")
    if transition.guard is not None:
        label += " [" + "; ".join(language.title(clause.why) for clause in transition.guard.clauses) + "]"
    if transition.done:
        label += " " + language.gettext("[once it is done]")
    if transition.history:
        label += " " + language.gettext("(where it was left)")
    return label


def _inside(workflow: Workflow, state: State, language: Language) -> list[str]:
    """What may happen in a state without leaving it for another that is drawn."""
    told: list[str] = []
    for transition in workflow.transitions:
        if transition.sources is None or state.id not in transition.sources:
            continue
        if transition.target is None:
            told.append("• " + _label(workflow, transition, language))
        elif transition.target == PREVIOUS:
            told.append("← " + _label(workflow, transition, language))
    return told


def _deadline(workflow: Workflow, rule: Rule, language: Language) -> str:
    """Return a deadline in words: its title, when it is due, and whom the ladder tells after that."""
    rungs = [
        f"+{amount_words(moment.offset, language)}: {_rung(workflow, moment, language)}"
        for moment in rule.moments
        if moment.kind == "rung"
    ]
    told = f"» {language.title(rule.title)}: {_when(workflow, rule, language)}"
    return f"{told} ({', '.join(rungs)})" if rungs else told


def _when(workflow: Workflow, rule: Rule, language: Language) -> str:
    match rule.due:
        case Within(amount):
            return amount_words(amount, language)
        case Every(amount):
            return language.gettext("every %(amount)s", amount=amount_words(amount, language, "after"))
        case AtDate(day, before):
            point = day_words(day, language)
        case AtField(field, before):
            point = language.title(workflow.fields[field].title, field)
        case AtHorizon(before):
            point = language.gettext("horizon")
    return point if before is None else f"{point}, -{amount_words(before, language)}"


def _rung(workflow: Workflow, moment: Moment, language: Language) -> str:
    """Return whom a rung tells; else the event that it fires, or the state to which it closes the case."""
    told = [language.title(workflow.roles[role].title, role) for role in moment.to]
    if moment.fire is not None:
        told.append(language.title(workflow.events[moment.fire].title, moment.fire))
    if moment.close_to is not None:
        told.append(language.title(workflow.states[moment.close_to].title, moment.close_to))
    return language.listed(told)


def _leaf(workflow: Workflow, state: str) -> str:
    """Return a leaf at which an arrow to or from a state can be drawn: of several, the first."""
    return leaves_of(workflow.tree.entry(state))[0]


def _dot_states(workflow: Workflow, parent: str | None, language: Language, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for state in workflow.states.values():
        if state.parent != parent:
            continue
        if state.is_leaf:
            yield f"{indent}{_quoted(state.id)} [label=<{_card(workflow, state, language)}>];"
            continue
        title = escape(language.title(state.title))
        style = "rounded, dashed" if _is_region(workflow, state) else "rounded"
        yield f"{indent}subgraph {_quoted('cluster_' + state.id)} {{"
        yield f'{indent}  label=<<b>{title}</b>>; style="{style}"; color="#8497b0";'
        yield from _dot_states(workflow, state.id, language, depth + 1)
        yield f"{indent}}}"


def _is_region(workflow: Workflow, state: State) -> bool:
    return state.parent is not None and state.id in workflow.states[state.parent].regions


def _card(workflow: Workflow, state: State, language: Language) -> str:
    """Return a state as a small table: its title, what happens inside, its deadlines."""
    is_end = state.final or state.completes
    colour = "#e2efda" if is_end else "#deeaf6"
    border = 'border="2"' if is_end else 'border="1"'
    rows = [f'<tr><td bgcolor="{colour}"><b>{escape(language.title(state.title))}</b></td></tr>']
    told = _inside(workflow, state, language)
    told += [
        _deadline(workflow, rule, language) for rule in workflow.rules.values() if rule.scope[0] == state.id
    ]
    rows += [
        '<tr><td align="left" balign="left"><font point-size="9">'
        + "<br/>".join(escape(part) for part in _wrapped(line))
        + "</font></td></tr>"
        for line in told
    ]
    return f"<table {border} {_CARD}>{''.join(rows)}</table>"


def _wrapped(text: str) -> list[str]:
    lines: list[str] = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) > _WRAP:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _mermaid_states(workflow: Workflow, parent: str | None, language: Language, depth: int) -> Iterator[str]:
    for state in workflow.states.values():
        if state.parent == parent:
            yield from _mermaid_state(workflow, state, language, depth)


def _mermaid_state(workflow: Workflow, state: State, language: Language, depth: int) -> Iterator[str]:
    indent = "    " * depth
    name = _mermaid_name(state.id)
    yield f'{indent}state "{_mermaid_text(language.title(state.title))}" as {name}'
    if state.is_leaf:
        if state.completes:
            yield f"{indent}{name} --> [*]"
        return
    yield f"{indent}state {name} {{"
    for inner in leaves_of(state.initial) if state.initial is not None else ():
        yield f"{indent}    [*] --> {_mermaid_name(inner)}"
    if state.regions:
        for number, region in enumerate(state.regions):
            if number:
                yield f"{indent}    --"
            yield from _mermaid_state(workflow, workflow.states[region], language, depth + 1)
    else:
        yield from _mermaid_states(workflow, state.id, language, depth + 1)
    yield f"{indent}}}"


def _mermaid_name(state: str) -> str:
    return state.replace("/", "__")


def _mermaid_text(text: str) -> str:
    return text.translate(_MERMAID_MARKS)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
