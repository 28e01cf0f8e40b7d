"""Titles: what people call states, deadlines, events, roles and fields, on one line."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

from gaita.model.state_tree import leaves_of
from gaita.model.workflow import Workflow
from gaita.texts.language import Language
from gaita.title import Title

LONGEST_TEXT: Final = 300
"""Characters of one title or value; what is longer is cut."""

_SPACES: Final = re.compile(r"[^\S\u00a0]+")


def titled(title: Title | None, language: Language, otherwise: str) -> str:
    """Return a title on one line: in ``language``, in another where it has none, or ``otherwise``."""
    return one_line(language.title(title)) or one_line(otherwise)


def state_title(workflow: Workflow, state: str, language: Language) -> str:
    """Return what people call a state; of a place in regions, ``Field pilot (Legal: passed; Users: asked)``.

    A state inside a region is named with it.
    """
    leaves = leaves_of(state)
    if not all(leaf in workflow.states for leaf in leaves):
        return titled(None, language, state)
    told = "; ".join(_title_in_region(workflow, leaf, language) for leaf in leaves)
    if len(leaves) == 1:
        return told
    around = next(
        (
            each
            for each in reversed(workflow.paths[leaves[0]])
            if all(each in workflow.paths[leaf] for leaf in leaves)
        ),
        None,
    )
    return f"{titled(workflow.states[around].title, language, around)} ({told})" if around else told


def _title_in_region(workflow: Workflow, state: str, language: Language) -> str:
    own = titled(workflow.states[state].title, language, state)
    for outer in reversed(workflow.paths[state][:-1]):
        parent = workflow.states[outer].parent
        if parent is not None and workflow.states[parent].regions:
            return f"{titled(workflow.states[outer].title, language, outer)}: {own}"
    return own


def rule_title(workflow: Workflow, rule: str, language: Language) -> str:
    """Return what people call a deadline."""
    found = workflow.rules.get(rule)
    return titled(found.title if found else None, language, rule)


def event_title(workflow: Workflow, event: str, language: Language) -> str:
    """Return what people call an event."""
    found = workflow.events.get(event)
    return titled(found.title if found else None, language, event)


def field_title(workflow: Workflow, field: str, language: Language) -> str:
    """Return what people call a data field."""
    found = workflow.fields.get(field)
    return titled(found.title if found else None, language, field)


def role_title(workflow: Workflow, role: str, language: Language) -> str:
    """Return what people call a role."""
    found = workflow.roles.get(role)
    return titled(found.title if found else None, language, role)


def role_titles(
    workflow: Workflow, roles: Iterable[str], language: Language, style: Literal["and", "or"] = "or"
) -> str:
    """Return what people call roles: ``Head of the laboratory or State Chancellery``."""
    return language.listed([role_title(workflow, role, language) for role in roles], style)


def one_line(text: str, most: int = LONGEST_TEXT) -> str:
    """Return ``text`` on one line, without what cannot be seen, and cut where it is too long."""
    seen = "".join(
        character
        for character in _SPACES.sub(" ", text[: most * 4])
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cs"}
    )
    seen = seen.strip()
    return seen if len(seen) <= most and len(text) <= most * 4 else seen[: most - 1].rstrip() + "…"
