"""The graph: what can only be said of a workflow as a whole, once every name in it is known.

States that no way leads to, states without a way out, transitions that are never chosen, automatic ones
that never come to rest, deadlines that fire what cannot happen, events that nobody uses.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from gaita.fault import Severity, listed, shown
from gaita.language.report import Report
from gaita.language.states import Stages
from gaita.language.toml.places import Path
from gaita.language.transitions_library import Candidates
from gaita.model.state_tree import StateTree, leaves_of
from gaita.model.workflow import PREVIOUS, Event, Moment, Rule, Transition
from gaita.phrase import phrase

_MOST_PAIRS: Final = 200_000
"""Transitions compared with one another, while looking for overlaps: a bound on time."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The states of one workflow, and the transitions between them."""

    report: Report
    stages: Stages
    transitions: Sequence[Transition]
    candidates: Candidates
    by_leaf: Mapping[str, Sequence[Transition]]
    """Every transition that may be chosen in a leaf, whatever causes it."""
    initial: str

    def check(self, rules: Mapping[str, Rule], events: Mapping[str, Event]) -> None:
        """Report everything."""
        self._check_reachable(rules)
        self._check_ways_out(rules)
        self._check_overlaps()
        self._check_rest()
        self._check_beside()
        self._check_fired(rules)
        self._check_used(events, rules)

    def _check_reachable(self, rules: Mapping[str, Rule]) -> None:
        reached: set[str] = set()
        closing = (moment.close_to for rule in rules.values() for moment in rule.moments)
        ends = [state for state in closing if state is not None]  # reached from wherever a case stands then
        work = [leaf for state in (self.initial, *ends) for leaf in self._entered(state)]
        while work:
            leaf = work.pop()
            if leaf in reached:
                continue
            reached.add(leaf)
            # `previous` leads back to where an instance came from, so to a state that is reached already.
            work += [
                entered
                for each in self.by_leaf.get(leaf, ())
                if each.target is not None and each.target != PREVIOUS
                for entered in self._entered(each.target)
            ]
        told: set[str] = set()
        for state, declared in self.stages.states.items():
            if told.intersection(self.stages.lineage(state)):
                continue
            if not reached.intersection(self.stages.inside(state)):
                told.add(state)
                what = phrase("the final state") if declared.final else phrase("the state")
                message = phrase(
                    "no way leads from %(initial)s to %(what)s %(state)s",
                    initial=shown(self.initial),
                    what=what,
                    state=shown(state),
                )
                hint = phrase('write a transition with to = "%(state)s", or take the state out', state=state)
                self.report.add("unreachable", self.stages.places[state], message, hint=hint, key=True)

    def _entered(self, target: str) -> tuple[str, ...]:
        """Return the leaves that are active after a place was entered."""
        return leaves_of(self.stages.tree.entry(target))

    def _check_ways_out(self, rules: Mapping[str, Rule]) -> None:
        closes = any(moment.close_to is not None for rule in rules.values() for moment in rule.moments)
        for leaf, state in self.stages.states.items():
            if not state.is_leaf or state.final:
                continue
            ways = (
                transition
                for transition in self.by_leaf.get(leaf, ())
                if transition.target is not None
                and (transition.target == PREVIOUS or self._entered(transition.target) != (leaf,))
            )
            if next(ways, None) is None and not self._is_left_from_beside(leaf):
                message = phrase("no transition leads out of %(leaf)s, which is not final", leaf=shown(leaf))
                message = (
                    phrase("only the horizon leads out of %(leaf)s", leaf=shown(leaf)) if closes else message
                )
                severity: Severity = "warning" if closes else "error"
                hint = phrase('write a transition with from = "%(leaf)s", or final = true', leaf=leaf)
                path = self.stages.places[leaf]
                self.report.add("no-way-out", path, message, hint=hint, severity=severity, key=True)

    def _is_left_from_beside(self, leaf: str) -> bool:
        """Whether a transition of another region leaves the state that holds both."""
        tree = self.stages.tree
        return any(
            tree.are_beside(leaf, source) and _leaves(tree, transition, source, leaf)
            for transition in self.transitions
            for source in transition.sources or ()
        )

    def _check_overlaps(self) -> None:
        """Warn of a transition that an earlier one always goes before: chosen whenever it could be.

        That is so where the earlier one asks for nothing that the later does not ask for as well, neither
        of the guard nor of the role. Different guards on the same event are the ordinary way to choose;
        a specific transition before one from `any`, or an inner before an outer, is what those are for.
        """
        told: set[int] = set()
        asks = {each.number: _asks(each) for each in self.transitions}
        pairs = 0
        for (leaf, _), chosen in self.candidates.items():
            ranks = [self._rank(each, leaf) for each in chosen] if len(chosen) > 1 else [0]
            for place, later in enumerate(chosen):
                if later.number in told:
                    continue
                pairs += place
                if pairs > _MOST_PAIRS:
                    return
                for before, earlier in enumerate(chosen[:place]):
                    covered = asks[earlier.number] <= asks[later.number] and ranks[before] == ranks[place]
                    if earlier.done and not later.done:
                        continue
                    if covered and _admits(earlier, later) and not _alike(earlier, later):
                        told.add(later.number)
                        message = phrase(
                            "in %(leaf)s this transition is never chosen: transition %(number)s stands before"
                            " it and asks for no more",
                            leaf=shown(leaf),
                            number=earlier.number,
                        )
                        hint = phrase("put the one with the stricter guard first")
                        path = ("transitions", later.number - 1)
                        self.report.add("overlap", path, message, hint=hint, severity="warning")
                        break

    def _check_beside(self) -> None:
        """Report transitions that may be taken together, in two regions, and set the same field."""
        setting = [each for each in self.transitions if each.set]
        pairs = ((one, other) for number, one in enumerate(setting) for other in setting[number:])
        for one, other in islice(pairs, _MOST_PAIRS):
            shared = [name for name, _ in other.set if name in dict(one.set)]
            if not shared or one.event != other.event:
                continue
            found = next(self._beside(one, other), None)
            if found is not None:
                message = phrase(
                    "this sets %(field)s in %(other)s, while transition %(number)s sets it in %(one)s",
                    field=shown(shared[0]),
                    other=shown(found[1]),
                    number=one.number,
                    one=shown(found[0]),
                )
                hint = phrase("both may be taken by one event: let each region set fields of its own")
                path = ("transitions", other.number - 1, "set", shared[0])
                self.report.add("regions", path, message, hint=hint, key=True)

    def _beside(self, one: Transition, other: Transition) -> Iterator[tuple[str, str]]:
        """Yield sources of two transitions in different regions, which each of the two stays inside."""
        tree = self.stages.tree
        for source in one.sources or ():
            for beside in other.sources or ():
                if tree.are_beside(source, beside) and not (
                    _leaves(tree, one, source, beside) or _leaves(tree, other, beside, source)
                ):
                    yield source, beside

    def _rank(self, transition: Transition, leaf: str) -> int:
        """Return how specific a transition's source is in a leaf: the depth of the state that it names."""
        if transition.sources is None:
            return 0
        lineage = self.stages.lineage(leaf)
        return max((lineage.index(each) + 1 for each in transition.sources if each in lineage), default=0)

    def _check_rest(self) -> None:
        """Report automatic transitions that are taken for ever."""
        moving: dict[str, tuple[Transition, bool]] = {}
        told: set[int] = set()
        for (leaf, event), chosen in self.candidates.items():
            if event is not None:
                continue
            for place, transition in enumerate(chosen):
                stays = transition.target is None or (
                    transition.target != PREVIOUS and self._entered(transition.target) == (leaf,)
                )
                if stays and not (transition.guard and transition.set) and transition.number not in told:
                    told.add(transition.number)
                    message = phrase("once chosen in %(leaf)s, it is chosen for ever", leaf=shown(leaf))
                    self._tell_endless(transition, message, certain=True)
                if transition.guard is None and not stays and not transition.done:
                    moving.setdefault(leaf, (transition, place == 0))
        for circle in self._circles(moving):
            transition = moving[circle[0]][0]
            certain = all(moving[leaf][1] for leaf in circle)
            message = phrase("nothing holds up the way round %(circle)s", circle=listed(circle))
            if transition.number not in told:
                self._tell_endless(transition, message, certain=certain)

    def _circles(self, moving: Mapping[str, tuple[Transition, bool]]) -> Iterator[list[str]]:
        """Yield the circles of leaves in which each has an automatic way on that asks for nothing."""
        finished: set[str] = set()
        for start in moving:
            way: dict[str, None] = {}
            leaf = start
            while leaf in moving and leaf not in finished and leaf not in way:
                way[leaf] = None
                target = moving[leaf][0].target
                if target is None or target == PREVIOUS:
                    break
                leaf, *others = self._entered(target)
                if others:
                    break
            else:
                if leaf in way:
                    leaves = list(way)
                    yield leaves[leaves.index(leaf) :]
            finished |= way.keys()

    def _tell_endless(self, transition: Transition, message: str, *, certain: bool) -> None:
        hint = phrase("give it a guard that no longer holds afterwards, or an event")
        path = ("transitions", transition.number - 1)
        self.report.add("endless", path, message, hint=hint, severity="error" if certain else "warning")

    def _check_fired(self, rules: Mapping[str, Rule]) -> None:
        for rule in rules.values():
            for moment, path in self._firing(rule):
                # The horizon's rule lasts through everything; one of a state is judged by that state alone.
                scope = rule.scope if rule.id == "horizon" else rule.scope[:1]
                leaves = [
                    leaf
                    for state in scope
                    for leaf in self.stages.inside(state)
                    if not self.stages.states[leaf].final
                ]
                without = [leaf for leaf in leaves if (leaf, moment.fire) not in self.candidates]
                if not without:
                    continue
                having = dict.fromkeys(leaf for leaf, event in self.candidates if event == moment.fire)
                message = phrase(
                    "%(states)s has no transition for %(event)s",
                    states=listed(map(shown, without)),
                    event=shown(moment.fire or ""),
                )
                severity: Severity = "error" if len(without) == len(leaves) else "warning"
                hint = (
                    phrase("it happens in %(where)s", where=listed(having))
                    if having
                    else phrase("no state has a transition for it")
                )
                self.report.add("fired-event", path, message, hint=hint, severity=severity)

    def _firing(self, rule: Rule) -> Iterator[tuple[Moment, Path]]:
        """Yield the moments that fire an event, each with its place in the file."""
        if rule.id == "horizon":
            yield from ((moment, ("horizon", "fire")) for moment in rule.moments if moment.fire)
            return
        state, name = rule.scope[0], rule.id.rpartition(".")[2]
        rungs = self.stages.shapes[state].deadlines[name].escalate
        declared = [moment for moment in rule.moments if moment.kind != "reminder"]
        # A ladder without a rung for the due moment itself has one moment more than rungs.
        for index, moment in enumerate(declared[len(declared) - len(rungs) :]):
            if moment.fire is not None:
                yield moment, (*self.stages.places[state], "deadlines", name, "escalate", index, "fire")

    def _check_used(self, events: Mapping[str, Event], rules: Mapping[str, Rule]) -> None:
        used = {transition.event for transition in self.transitions}
        fired = {moment.fire for rule in rules.values() for moment in rule.moments}
        for event in events:
            if event not in used and event not in fired:
                message = phrase("no transition has the event %(event)s", event=shown(event))
                path = ("events", event)
                self.report.add("unused-event", path, message, severity="warning", key=True)


def graph_of(
    report: Report, stages: Stages, transitions: Sequence[Transition], candidates: Candidates, initial: str
) -> Graph:
    """Return the graph over the candidates of every leaf."""
    by_leaf: dict[str, list[Transition]] = {}
    for (leaf, _), chosen in candidates.items():
        by_leaf.setdefault(leaf, []).extend(chosen)
    return Graph(report, stages, transitions, candidates, by_leaf, initial)


def _leaves(tree: StateTree, transition: Transition, source: str, beside: str) -> bool:
    """Whether a transition leaves the region of its source, and with it the state beside."""
    if transition.target is None:
        return False
    if transition.target == PREVIOUS:
        return True
    shared = next(state for state in reversed(tree.paths[source]) if state in tree.paths[beside])
    return not all(shared in tree.paths[target][:-1] for target in leaves_of(transition.target))


def _asks(transition: Transition) -> frozenset[str]:
    """Return the conditions of a transition's guard."""
    clauses = transition.guard.clauses if transition.guard else ()
    return frozenset(clause.check.source for clause in clauses)


def _admits(earlier: Transition, later: Transition) -> bool:
    """Whether everyone who may cause the later may cause the earlier."""
    return not earlier.by or (bool(later.by) and set(later.by) <= set(earlier.by))


def _alike(one: Transition, other: Transition) -> bool:
    """Whether two are the same: of that there is a fault of its own."""
    same = one.by == other.by and one.target == other.target and one.sources == other.sources
    same = same and (one.done, one.history) == (other.done, other.history)
    return same and _asks(one) == _asks(other)
