"""Stages: the declared states laid flat, and the names by which the rest of the file may call them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Final

from gaita.fault import closest, listed, shown
from gaita.language.fields import ANY
from gaita.language.report import Lost, Report
from gaita.language.shape import DocumentShape, StateShape
from gaita.language.titles import names_of, title_of
from gaita.language.toml.places import Path
from gaita.model.state_tree import StateTree, place_of
from gaita.model.workflow import PREVIOUS, WITHDRAWN, State
from gaita.phrase import phrase

DEEPEST_STATE: Final = 8
MOST_STATES: Final = 2_000
_GIVEN_UP: Final = frozenset(
    {"canceled", "cancelled", "cancel", "abandoned", "revoked", "retracted", "aborted", "atsaukts", "atcelts"}
)
"""Words that are written where ``withdrawn`` is meant."""


@dataclass
class Stages:
    """All states by their whole path, in the order of the file, a compound state before those inside it."""

    states: dict[str, State] = field(default_factory=dict[str, State])
    shapes: dict[str, StateShape] = field(default_factory=dict[str, StateShape])
    places: dict[str, Path] = field(default_factory=dict[str, Path])
    by_name: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """By a state's own name, the whole paths of those that bear it."""
    lost: Lost = field(default_factory=Lost)
    language: int = 1
    """The version of the language that the file is written in."""

    @cached_property
    def tree(self) -> StateTree:
        """The states as a tree, once all of them are read."""
        return StateTree(self.states)

    @property
    def named(self) -> Mapping[str, Sequence[str]]:
        """What a state may be called, with the whole paths of those that are."""
        return {**self.by_name, **{state: (state,) for state in self.states}}

    def resolve_beside(
        self, names: Sequence[str], path: Path, report: Report, also: Sequence[str] = (), *, listed: bool
    ) -> str | None:
        """Return the place of the states that are named together, or report what is wrong with them.

        ``listed``: they stand in a list. Several are to lie each in a region of its own.
        """
        found: list[str] = []
        for index, name in enumerate(names):
            place = (*path, index) if listed else path
            state = self.resolve(name, place, report, also)
            if state is None:
                return None
            against = next((each for each in found if not self.tree.are_beside(each, state)), None)
            if against is not None:
                message = phrase(
                    "%(one)s and %(other)s are never active together", one=shown(against), other=shown(state)
                )
                report.add(
                    "regions", place, message, expected=phrase("states in different regions of one state")
                )
                return None
            found.append(state)
        return place_of(sorted(found, key=self.tree.order.__getitem__))

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
        return self.tree.paths[state]

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


def stages_of(shape: DocumentShape, report: Report, lost: Lost) -> Stages:
    """Return the declared states; what is wrong with one is reported, and the rest of it kept."""
    stages = Stages(lost=lost, language=shape.language)
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
        regions = tuple(f"{identifier}/{inner}" for inner in state.regions)
        completes = state.final and parent is not None and stages.language > 1
        stages.states[identifier] = State(
            identifier,
            title_of(state.title, name),
            parent,
            # Which one it is, is asked once all of them are known.
            next((f"{identifier}/{inner}" for inner in state.states), None) if not regions else None,
            state.final and not completes,
            state.verdict,
            regions,
            completes,
        )
        _check_alone(identifier, state, path, report, lost, completes=completes)
        _check_regions(identifier, state, path, report, language=stages.language)
        for table, those in (("states", {} if regions else state.states), ("regions", state.regions)):
            work += [
                (f"{identifier}/{inner}", (*path, table, inner), declared, identifier)
                for inner, declared in reversed(those.items())
            ]
    for identifier, state in stages.shapes.items():
        if stages.states[identifier].initial is not None:
            initial = _initial_of(identifier, state, stages, report)
            stages.states[identifier] = replace(stages.states[identifier], initial=initial)
    return stages


def initial_of(shape: DocumentShape, stages: Stages, report: Report) -> str | None:
    """Return the place at which an instance begins."""
    path: Path = ("workflow", "initial")
    declared = shape.workflow.initial
    if not declared and not stages.lost.nothing:
        return None  # there is one in the file, or a fault that says there is none
    place = stages.resolve_beside(names_of(declared), path, report, listed=isinstance(declared, list))
    if place in stages.states and stages.states[place].final:
        report.add(
            "initial",
            path,
            phrase("the initial state %(state)s is final", state=shown(place)),
            expected=phrase("a state to leave"),
        )
    return place


def _initial_of(identifier: str, state: StateShape, stages: Stages, report: Report) -> str:
    """Return the place entered first inside a compound state."""
    path, lost = stages.places[identifier], stages.lost
    first = f"{identifier}/{next(iter(state.states))}"
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
        return first
    found: list[str] = []
    for index, name in enumerate(names := names_of(state.initial)):
        inner = _inside(identifier, name, stages)
        if inner is not None:
            found.append(inner)
        elif not lost.has(name):
            message = phrase(
                "%(initial)s is not a state inside %(identifier)s",
                initial=shown(name),
                identifier=shown(identifier),
            )
            place = ("initial", index) if isinstance(state.initial, list) else ("initial",)
            report.add("initial", (*path, *place), message, expected=listed(state.states))
    if len(found) < len(names):
        return first
    listing = isinstance(state.initial, list)
    return stages.resolve_beside(found, (*path, "initial"), report, listed=listing) or first


def _inside(identifier: str, name: str, stages: Stages) -> str | None:
    """Return the state called ``name`` inside another: one level down, or the only one of that name."""
    if (direct := f"{identifier}/{name}") in stages.states:
        return direct
    inner = [each for each in stages.by_name.get(name, [name]) if each.startswith(f"{identifier}/")]
    return inner[0] if len(inner) == 1 and inner[0] in stages.states else None


def _check_regions(identifier: str, state: StateShape, path: Path, report: Report, *, language: int) -> None:
    """Report what can be told of regions from the state that holds them."""
    if not state.states and state.initial is not None:
        message = phrase(
            "%(identifier)s has an `initial`, but no states inside it", identifier=shown(identifier)
        )
        if state.regions:
            message = phrase(
                "%(identifier)s has regions, of which none is entered first", identifier=shown(identifier)
            )
        report.add("initial", (*path, "initial"), message, key=True)
    if not state.regions:
        return
    if language < 2:
        report.later((*path, "regions"))
    if state.states:
        message = phrase("%(identifier)s has both states and regions", identifier=shown(identifier))
        hint = phrase("put the states into a region of their own")
        report.add("regions", (*path, "states"), message, hint=hint, key=True)
    for name, region in state.regions.items():
        if not region.states and not region.regions:
            message = phrase("the region %(name)s has no states inside it", name=shown(name))
            hint = phrase(
                "write [%(path)s.states.NAME] for each", path=".".join(map(str, (*path, "regions", name)))
            )
            report.add("regions", (*path, "regions", name), message, hint=hint, key=True)


def _check_alone(
    identifier: str, state: StateShape, path: Path, report: Report, lost: Lost, *, completes: bool
) -> None:
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
    if state.verdict is not None and (completes or not state.final) and not lost.has("final"):
        message = phrase("%(identifier)s has a verdict, but is not final", identifier=shown(identifier))
        hint = phrase("write final = true, or leave the verdict out")
        if completes:
            message = phrase(
                "%(identifier)s has a verdict, but the life does not end there", identifier=shown(identifier)
            )
            hint = phrase("leave the verdict out: only a final state that lies in no other ends the life")
        report.add("verdict", (*path, "verdict"), message, hint=hint, key=True)
    elif state.final and state.verdict is not None and _means_withdrawn(state.verdict):
        message = phrase(
            "the verdict %(verdict)s is a word of your own: what is not due yet counts as met there",
            verdict=shown(state.verdict),
        )
        hint = phrase('for a case that is given up, write verdict = "%(word)s"', word=WITHDRAWN)
        report.add("verdict", (*path, "verdict"), message, hint=hint, severity="warning")
    if state.final and (state.states or state.regions):
        message = phrase("the final state %(identifier)s has states inside it", identifier=shown(identifier))
        report.add(
            "final", (*path, "final"), message, expected=phrase("final on each of those instead"), key=True
        )
    if state.final and not completes and state.deadlines:
        first = next(iter(state.deadlines))
        message = phrase(
            "the final state %(identifier)s has a deadline, but is never left", identifier=shown(identifier)
        )
        report.add("final", (*path, "deadlines", first), message, key=True)


def _means_withdrawn(verdict: str) -> bool:
    """Whether somebody who writes this word probably means the one that has a meaning."""
    word = verdict.strip().casefold()
    return verdict != WITHDRAWN and (word in _GIVEN_UP or closest(word, (WITHDRAWN,)) is not None)
