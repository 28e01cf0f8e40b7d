"""Stages: the declared states laid flat, and the names by which the rest of the file may call them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from gaita.fault import closest, listed, shown
from gaita.language.fields import ANY
from gaita.language.report import Lost, Report
from gaita.language.shape import DocumentShape, StateShape
from gaita.language.titles import title_of
from gaita.language.toml.places import Path
from gaita.model.workflow import PREVIOUS, WITHDRAWN, State
from gaita.phrase import phrase

DEEPEST_STATE: Final = 8
MOST_STATES: Final = 2_000
_GIVEN_UP: Final = frozenset(
    {"canceled", "cancelled", "cancel", "abandoned", "revoked", "retracted", "aborted", "atsaukts", "atcelts"}
)
"""Words that are written where ``withdrawn`` is meant."""


@dataclass(slots=True)
class Stages:
    """All states by their whole path, in the order of the file, a compound state before those inside it."""

    states: dict[str, State] = field(default_factory=dict[str, State])
    shapes: dict[str, StateShape] = field(default_factory=dict[str, StateShape])
    places: dict[str, Path] = field(default_factory=dict[str, Path])
    by_name: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """By a state's own name, the whole paths of those that bear it."""
    lost: Lost = field(default_factory=Lost)

    def resolve(self, name: str, path: Path, report: Report, also: Sequence[str] = ()) -> str | None:
        """Return the whole path of the state called ``name`` at ``path``, or report that there is none.

        ``also``: what else might have been meant there.
        """
        if name in self.states:
            return name
        bearers = self.by_name.get(name, [])
        if len(bearers) == 1:
            return bearers[0]
        if bearers:
            message = phrase("several states are called %(name)s", name=shown(name))
            report.add(
                "ambiguous-state",
                path,
                message,
                expected=phrase("the whole path: %(bearers)s", bearers=listed(bearers)),
            )
        elif not self.lost.has(name.rpartition("/")[2], *name.split("/")[:1]):
            report.unknown("state", path, name, chain(self.by_name, self.nested()), also=also)
        return None

    def nested(self) -> Iterator[str]:
        """Yield the whole paths of the states that lie inside others."""
        return (each for each in self.states if "/" in each)

    def lineage(self, state: str) -> tuple[str, ...]:
        """Return the state's ancestors and itself, outermost first."""
        names = state.split("/")
        return tuple("/".join(names[:length]) for length in range(1, len(names) + 1))

    def inside(self, outer: str) -> tuple[str, ...]:
        """Return the leaves inside a state: itself, where it is one."""
        if self.states[outer].is_leaf:
            return (outer,)
        return tuple(each for each in self.within(outer) if self.states[each].is_leaf)

    def within(self, outer: str) -> tuple[str, ...]:
        """Return all states inside a compound state, itself left out."""
        if self.states[outer].is_leaf:
            return ()
        return tuple(each for each in self.states if each.startswith(outer + "/"))

    def entered(self, state: str) -> str:
        """Return the leaf that is active after ``state`` was entered."""
        while (initial := self.states[state].initial) is not None:
            state = initial
        return state


def stages_of(shape: DocumentShape, report: Report, lost: Lost) -> Stages:
    """Return the declared states; what is wrong with one is reported, and the rest of it kept."""
    stages = Stages(lost=lost)
    work: list[tuple[str, Path, StateShape, str | None]] = [
        (name, ("states", name), state, None) for name, state in reversed(shape.states.items())
    ]
    while work:
        identifier, path, state, parent = work.pop()
        if len(stages.states) >= MOST_STATES:
            report.add(
                "too-many",
                path,
                phrase("there are more than %(most)s states", most=MOST_STATES),
                key=True,
            )
            break
        name = str(path[-1])
        stages.by_name.setdefault(name, []).append(identifier)
        stages.shapes[identifier] = state
        stages.places[identifier] = path
        stages.states[identifier] = State(
            identifier,
            title_of(state.title, name),
            parent,
            _initial_of(identifier, state, path, report, lost),
            state.final,
            state.verdict,
        )
        _check_alone(identifier, state, path, report, lost)
        work += [
            (f"{identifier}/{inner}", (*path, "states", inner), inside, identifier)
            for inner, inside in reversed(state.states.items())
        ]
    return stages


def initial_of(shape: DocumentShape, stages: Stages, report: Report) -> str | None:
    """Return the whole path of the state in which an instance begins."""
    path: Path = ("workflow", "initial")
    if not shape.workflow.initial and not stages.lost.nothing:
        return None  # there is one in the file, or a fault that says there is none
    state = stages.resolve(shape.workflow.initial, path, report)
    if state is not None and stages.states[state].final:
        report.add(
            "initial",
            path,
            phrase("the initial state %(state)s is final", state=shown(state)),
            expected=phrase("a state to leave"),
        )
    return state


def _initial_of(identifier: str, state: StateShape, path: Path, report: Report, lost: Lost) -> str | None:
    """Return the state entered first inside a compound one."""
    if not state.states:
        if state.initial is not None:
            message = phrase(
                "%(identifier)s has an `initial`, but no states inside it", identifier=shown(identifier)
            )
            report.add("initial", (*path, "initial"), message, key=True)
        return None
    inner = {f"{identifier}/{name}": name for name in state.states}
    if state.initial is None:
        message = phrase(
            "%(identifier)s has states inside it, and does not say which is entered first",
            identifier=shown(identifier),
        )
        if not lost.has("initial"):
            report.add(
                "initial",
                path,
                message,
                expected=phrase("initial = %(states)s", states=listed(state.states)),
                key=True,
            )
        return next(iter(inner))
    if state.initial in state.states:
        return f"{identifier}/{state.initial}"
    if state.initial in inner:
        return state.initial
    if not lost.has(state.initial):
        message = phrase(
            "%(initial)s is not a state inside %(identifier)s",
            initial=shown(state.initial),
            identifier=shown(identifier),
        )
        report.add("initial", (*path, "initial"), message, expected=listed(state.states))
    return next(iter(inner))


def _check_alone(identifier: str, state: StateShape, path: Path, report: Report, lost: Lost) -> None:
    """Report what can be told from one state alone."""
    name = str(path[-1])
    if name in {ANY, PREVIOUS}:
        meaning = (
            phrase("every state that is not final")
            if name == ANY
            else phrase("the state where an instance was before")
        )
        message = phrase("no state can be called %(name)s", name=shown(name))
        report.add(
            "reserved-name",
            path,
            message,
            expected=phrase("another name: this one means %(meaning)s", meaning=meaning),
            key=True,
        )
    if identifier.count("/") == DEEPEST_STATE:
        message = phrase("states lie more than %(most)s deep in one another", most=DEEPEST_STATE)
        report.add("nesting", path, message, key=True)
    if state.verdict is not None and not state.final and not lost.has("final"):
        message = phrase("%(identifier)s has a verdict, but is not final", identifier=shown(identifier))
        report.add(
            "verdict",
            (*path, "verdict"),
            message,
            hint=phrase("write final = true, or leave the verdict out"),
            key=True,
        )
    if state.final and state.verdict is not None and _means_withdrawn(state.verdict):
        message = phrase(
            "the verdict %(verdict)s is a word of your own: what is not due yet counts as met there",
            verdict=shown(state.verdict),
        )
        hint = phrase('for a case that is given up, write verdict = "%(word)s"', word=WITHDRAWN)
        report.add("verdict", (*path, "verdict"), message, hint=hint, severity="warning")
    if state.final and state.states:
        message = phrase("the final state %(identifier)s has states inside it", identifier=shown(identifier))
        report.add(
            "final", (*path, "final"), message, expected=phrase("final on each of those instead"), key=True
        )
    if state.final and state.deadlines:
        first = next(iter(state.deadlines))
        message = phrase(
            "the final state %(identifier)s has a deadline, but is never left", identifier=shown(identifier)
        )
        report.add("final", (*path, "deadlines", first), message, key=True)


def _means_withdrawn(verdict: str) -> bool:
    """Whether somebody who writes this word probably means the one that has a meaning."""
    word = verdict.strip().casefold()
    return verdict != WITHDRAWN and (word in _GIVEN_UP or closest(word, (WITHDRAWN,)) is not None)
