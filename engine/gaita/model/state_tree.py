"""The tree of states: which are active together, and what a move leaves and enters.

A case is at a *place*: its active leaves in the order of the file, written as one text with ``BESIDE``
between them. Without regions that is one leaf. What is left, entered and done follows SCXML (W3C
Recommendation 2015, appendix D), but for one thing: a move leaves only what lies inside the innermost active
state around its target, so that a target inside its source never throws other regions back.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

BESIDE = " + "
"""What stands between the leaves of a place; no id can hold it."""


_MOST_KNOWN = 4_096
"""So many changes of one workflow are kept: a bound on memory."""


class Node(Protocol):
    """What the tree needs to know of a state."""

    @property
    def parent(self) -> str | None:
        """The state around it."""
        ...

    @property
    def initial(self) -> str | None:
        """The place entered first inside it; ``None`` for a leaf, and for a state with regions."""
        ...

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions inside it, which are active side by side."""
        ...

    @property
    def completes(self) -> bool:
        """Whether the state around it is done where this one is active."""
        ...


def leaves_of(place: str) -> tuple[str, ...]:
    """Return the active leaves of a place."""
    return tuple(place.split(BESIDE)) if BESIDE in place else (place,)


def place_of(leaves: Iterable[str]) -> str:
    """Return the place of leaves, which are in the order of the file."""
    return BESIDE.join(leaves)


@dataclass(frozen=True, slots=True)
class Change:
    """What a move leaves and enters."""

    exited: tuple[str, ...]
    """The innermost first; of those side by side, the last in the file."""
    entered: tuple[str, ...]
    """The outermost first; of those side by side, the first in the file."""
    source: str
    """The place that is left: the leaves among ``exited``."""
    target: str
    """The place that is entered: the leaves among ``entered``."""
    place: str
    """Where the case is afterwards."""


class StateTree:
    """All states of one workflow, in the order of the file, a state before those inside it."""

    def __init__(self, states: Mapping[str, Node]) -> None:
        self.states = states
        self.order = {state: number for number, state in enumerate(states)}
        self.paths = {state: _lineage(state) for state in states}
        """Each state's ancestors and itself, outermost first."""
        self._known: dict[tuple[str, str], Change] = {}

    def is_leaf(self, state: str) -> bool:
        """Whether there is nothing inside it."""
        found = self.states[state]
        return found.initial is None and not found.regions

    def active(self, place: str) -> tuple[str, ...]:
        """Return every active state, outermost first; of those side by side, the first in the file."""
        if BESIDE not in place:
            return self.paths[place]
        return self._in_order({state for leaf in leaves_of(place) for state in self.paths[leaf]})

    def entered(self, target: str) -> tuple[str, ...]:
        """Return the states that are entered at the start of a life which begins at ``target``."""
        return self._entered((), leaves_of(target))

    def entry(self, target: str) -> str:
        """Return the place where a case is that began at ``target``: with what is entered first inside it."""
        return place_of(state for state in self.entered(target) if self.is_leaf(state))

    def change(self, place: str, target: str) -> Change:
        """Return what a move from ``place`` to ``target`` leaves and enters.

        What is active around the target stays. A target that is active itself is left and entered anew.
        """
        return self._known.get((place, target)) or self._work_out(place, target)

    def after(self, place: str, changes: Collection[Change]) -> str:
        """Return where a case is after moves in several of its regions."""
        left = {state for change in changes for state in change.exited}
        leaves = [leaf for leaf in leaves_of(place) if leaf not in left]
        leaves += [leaf for change in changes for leaf in leaves_of(change.target)]
        return place_of(self._in_order(leaves))

    def inside(self, place: str, state: str) -> str:
        """Return the part of a place that lies inside an active state."""
        return place_of(leaf for leaf in leaves_of(place) if state in self.paths[leaf])

    def is_done(self, place: str, state: str) -> bool:
        """Whether an active state is done: a final state inside it was entered, or all its regions are."""
        return not self.unfinished(place, state)

    def unfinished(self, place: str, state: str) -> tuple[str, ...]:
        """Return what an active state still waits for until it is done: regions, or the state itself."""
        regions = self.states[state].regions
        if regions:
            return tuple(found for region in regions for found in self.unfinished(place, region))
        ended = any(
            self.states[leaf].completes and self.states[leaf].parent == state for leaf in leaves_of(place)
        )
        return () if ended else (state,)

    def are_beside(self, one: str, other: str) -> bool:
        """Whether two states lie in different regions of one state, so that both can be active."""
        shared = [
            mine for mine, theirs in zip(self.paths[one], self.paths[other], strict=False) if mine == theirs
        ]
        if not shared or one in shared or other in shared:
            return False
        return bool(self.states[shared[-1]].regions)

    def _work_out(self, place: str, target: str) -> Change:
        targets = leaves_of(target)
        left = {state for each in targets for state in self._exited(place, each)}
        kept = [state for state in self.active(place) if state not in left]
        entered = self._entered(kept, targets)
        leaves = leaves_of(place)
        found = Change(
            self._in_order(left)[::-1],
            entered,
            place_of(leaf for leaf in leaves if leaf in left),
            place_of(state for state in entered if self.is_leaf(state)),
            "",
        )
        staying = [leaf for leaf in leaves if leaf not in left]
        after = place_of(self._in_order([*staying, *leaves_of(found.target)]))
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        return self._known.setdefault((place, target), replace(found, place=after))

    def _entered(self, kept: Collection[str], targets: Iterable[str]) -> tuple[str, ...]:
        """Return what is entered beside what is ``kept``: targets, the states around them, those inside."""
        entering = {state for target in targets for state in self.paths[target] if state not in kept}
        work = list(entering)
        while work:
            found = self.states[state := work.pop()]
            if found.regions:
                more = [each for each in found.regions if each not in entering and each not in kept]
            elif found.initial is not None and not any(
                self.states[each].parent == state for each in entering
            ):
                around = self.paths[state]
                initial = leaves_of(found.initial)
                more = [each for target in initial for each in self.paths[target] if each not in around]
            else:
                continue
            work += [each for each in more if each not in entering]
            entering.update(more)
        return self._in_order(entering)

    def _exited(self, place: str, target: str) -> set[str]:
        active = self.active(place)
        around = [state for state in self.paths[target][:-1] if state in active]
        if not around:
            return set(active)
        innermost = around[-1]
        # Beside a region that is entered anew, the others stay.
        root = target if self.states[innermost].regions else innermost
        return {state for state in active if root in self.paths[state] and state != innermost}

    def _in_order(self, states: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(states, key=self.order.__getitem__))


def _lineage(state: str) -> tuple[str, ...]:
    names = state.split("/")
    return tuple("/".join(names[:length]) for length in range(1, len(names) + 1))
