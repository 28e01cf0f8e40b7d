"""Moves: the declared transitions, with their guards and what they set."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gaita.fault import shown
from gaita.language.expressions.expression import ExpressionFaults, Scope
from gaita.language.fields import ANY, Fields, checked_roles
from gaita.language.report import Lost, Report
from gaita.language.shape import ClauseShape, DocumentShape, TransitionShape
from gaita.language.states import Stages
from gaita.language.titles import names_of, title_of
from gaita.language.toml.places import Path
from gaita.model.state_tree import leaves_of
from gaita.model.value import Value
from gaita.model.workflow import PREVIOUS, Clause, Event, Expression, Failed, Guard, Transition, Unknown
from gaita.phrase import phrase

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Unread:
    """Stands for an expression that was not compiled, so that what is around it can still be checked."""

    source: str
    reads: tuple[str, ...] = ()

    def evaluate(self, names: object) -> Value | Unknown | Failed:
        """Fail: it cannot be computed."""
        del names
        return Failed(phrase("it was not read"))


@dataclass(slots=True)
class Moves:
    """Reads the transitions of one workflow."""

    shape: DocumentShape
    report: Report
    stages: Stages
    fields: Fields
    events: dict[str, Event]
    scope: Scope
    lost: Lost
    _seen: dict[object, int] = field(default_factory=dict[object, int])

    def read(self, numbers: Sequence[int]) -> tuple[Transition, ...]:
        """Return the transitions; ``numbers`` gives each its index in the file."""
        return tuple(
            self._transition(number, declared)
            for number, declared in zip(numbers, self.shape.transitions, strict=True)
        )

    def _transition(self, number: int, declared: TransitionShape) -> Transition:
        path: Path = ("transitions", number)
        by = checked_roles(names_of(declared.by), (*path, "by"), self.shape, self.report, lost=self.lost)
        if declared.event is None and declared.by is not None:
            message = phrase("a transition without an event happens by itself, so no role can cause it")
            self.report.add(
                "automatic", (*path, "by"), message, hint=phrase("leave `by` out, or name an event"), key=True
            )
        if (
            declared.event is not None
            and declared.event not in self.events
            and not self.lost.has(declared.event)
        ):
            self.report.unknown("event", (*path, "event"), declared.event, self.events)
        sources, again = self._sources(declared, path)
        target = self._target(declared, path)
        transition = Transition(
            number + 1,
            declared.event,
            sources,
            target,
            by,
            self._guard(declared, path),
            self._set(declared, path),
            None if declared.title is None else title_of(declared.title, ""),
            declared.done,
            declared.history,
            sources is None and not again and self.stages.language > 1,
        )
        self._check_crossing(transition, path)
        self._check_done(declared, transition, path)
        self._check_history(declared, transition, path)
        self._refuse_repeated(transition, path)
        return transition

    def _sources(self, declared: TransitionShape, path: Path) -> tuple[tuple[str, ...] | None, bool]:
        """Return the states that it leads from; ``None``: any, and then whether also from its own target."""
        names = names_of(declared.source)
        if names == [ANY]:
            return None, False
        if (
            self.stages.language > 1
            and isinstance(declared.to, str)
            and sorted(names) == sorted([ANY, declared.to])
        ):
            return None, True
        sources: dict[str, None] = {}
        for index, name in enumerate(names):
            place = (*path, "from", index)
            if name == ANY:
                expected = phrase("either %(any)s alone, or states by name", any=shown(ANY))
                if self.stages.language > 1:
                    expected = phrase(
                        "either %(any)s alone, or with the state that it leads to, or states by name",
                        any=shown(ANY),
                    )
                self.report.add(
                    "duplicate",
                    place,
                    phrase("%(any)s stands among other states", any=shown(ANY)),
                    expected=expected,
                )
                continue
            source = self.stages.resolve(name, place, self.report, (ANY,))
            if source is None:
                continue
            if source in sources:
                message = phrase("the state %(source)s stands twice", source=shown(source))
                self.report.add("duplicate", place, message, expected=phrase("each state once"))
            if self.stages.states[source].final:
                self.report.add(
                    "final",
                    place,
                    phrase("a transition leads from %(source)s, which is final", source=shown(source)),
                )
            if self.stages.states[source].completes:
                message = phrase("a transition leads from %(source)s, which is final", source=shown(source))
                hint = phrase("lead it from the state around it, and let it wait: done = true")
                self.report.add("final", place, message, hint=hint)
            sources[source] = None
        return tuple(sources), False

    def _target(self, declared: TransitionShape, path: Path) -> str | None:
        if declared.to is None:
            return None
        if declared.to == PREVIOUS:
            return PREVIOUS
        names, listed = names_of(declared.to), isinstance(declared.to, list)
        if listed and self.stages.language < 2:
            self.report.later((*path, "to"))
        return self.stages.resolve_beside(names, (*path, "to"), self.report, (PREVIOUS,), listed=listed)

    def _check_crossing(self, transition: Transition, path: Path) -> None:
        """Report a way from one region into another: it would leave a region without a state."""
        if transition.sources is None or transition.target in {None, PREVIOUS}:
            return
        for source in transition.sources:
            for target in leaves_of(str(transition.target)):
                if self.stages.tree.are_beside(source, target):
                    message = phrase(
                        "this leads from %(source)s to %(target)s, in another region",
                        source=shown(source),
                        target=shown(target),
                    )
                    hint = phrase(
                        "lead it from the state that holds both regions, or let one region wait for the"
                        " other with in_state(…)"
                    )
                    self.report.add("regions", (*path, "to"), message, hint=hint)
                    return

    def _check_done(self, declared: TransitionShape, transition: Transition, path: Path) -> None:
        if not declared.done:
            return
        if self.stages.language < 2:
            self.report.later((*path, "done"))
        for source in transition.sources or ("any",):
            if source not in self.stages.states or self.stages.tree.is_leaf(source):
                message = phrase("%(source)s is never done: there is nothing inside it", source=shown(source))
                expected = phrase("a state with states or regions inside it")
                self.report.add("regions", (*path, "done"), message, expected=expected, key=True)
            elif not self._can_be_done(source):
                message = phrase(
                    "%(source)s is never done: no state inside it is final", source=shown(source)
                )
                hint = phrase("write final = true in the state in which it is done")
                self.report.add("regions", (*path, "done"), message, hint=hint, key=True)

    def _can_be_done(self, state: str) -> bool:
        found = self.stages.states[state]
        if found.regions:
            return all(self._can_be_done(region) for region in found.regions)
        return any(each.parent == state and each.completes for each in self.stages.states.values())

    def _check_history(self, declared: TransitionShape, transition: Transition, path: Path) -> None:
        if not declared.history:
            return
        if self.stages.language < 2:
            self.report.later((*path, "history"))
        target = transition.target
        if isinstance(declared.to, str) and target is None:
            return  # that it is unknown is said already
        if target not in self.stages.states or self.stages.tree.is_leaf(target):
            message = phrase("`history` needs `to`, one state with states or regions inside it")
            self.report.add("regions", (*path, "history"), message, key=True)

    def _payload(self, declared: TransitionShape) -> Fields | None:
        return None if declared.event is None else self.events[declared.event].payload

    def _is_readable(self, source: str, declared: TransitionShape) -> bool:
        """Whether all that an expression may read is known: else its faults would be echoes of others."""
        if declared.event is not None and declared.event not in self.events:
            return False
        return self.lost.nothing or not self.lost.has("event", "payload", *_WORD.findall(source))

    def _guard(self, declared: TransitionShape, path: Path) -> Guard | None:
        if declared.guard is None:
            return None
        if isinstance(declared.guard, str):
            clauses = [self._clause(declared, _bare(declared.guard), (*path, "guard"), 1)]
        else:
            clauses = [
                self._clause(declared, _bare(each), (*path, "guard", index), index + 1)
                if isinstance(each, str)
                else self._clause(declared, each, (*path, "guard", index, "check"), index + 1)
                for index, each in enumerate(declared.guard)
            ]
        known: set[str] = set()
        for index, clause in enumerate(clauses):
            if clause.id in known:
                message = phrase("two clauses of this guard are called %(id)s", id=shown(clause.id))
                self.report.add(
                    "duplicate", (*path, "guard", index, "id"), message, expected=phrase("a name for each")
                )
            known.add(clause.id)
        return Guard(tuple(clauses), self._together(declared, clauses, path))

    def _clause(self, declared: TransitionShape, clause: ClauseShape, place: Path, number: int) -> Clause:
        check: Expression = Unread(clause.check)
        if self._is_readable(clause.check, declared):
            try:
                check = self.scope.guard(
                    clause.check, self._payload(declared), now=declared.event is not None
                )
            except ExpressionFaults as faults:
                self._tell("guard", place, faults)
        identifier = clause.id or f"clause_{number}"
        return Clause(identifier, check, title_of(clause.why or clause.check, identifier))

    def _together(self, declared: TransitionShape, clauses: list[Clause], path: Path) -> Expression:
        if len(clauses) == 1:
            return clauses[0].check
        sources = [clause.check.source for clause in clauses]
        if not any(isinstance(clause.check, Unread) for clause in clauses):
            try:
                return self.scope.all_of(sources, self._payload(declared), now=declared.event is not None)
            except ExpressionFaults as faults:
                self._tell("guard", (*path, "guard"), faults)
        return Unread(" && ".join(sources))

    def _set(self, declared: TransitionShape, path: Path) -> tuple[tuple[str, Expression], ...]:
        assignments: list[tuple[str, Expression]] = []
        for name, source in declared.set.items():
            place = (*path, "set", name)
            expression: Expression = Unread(source)
            target = self.fields.get(name)
            if target is None:
                if not self.lost.has(name):
                    self.report.unknown("field", place, name, self.fields, key=True)
            elif self._is_readable(source, declared):
                try:
                    expression = self.scope.value(
                        source, target.type, self._payload(declared), now=declared.event is not None
                    )
                except ExpressionFaults as faults:
                    self._tell("set", place, faults)
            assignments.append((name, expression))
        return tuple(assignments)

    def _tell(self, code: str, place: Path, faults: ExpressionFaults) -> None:
        for fault in faults.faults:
            self.report.add_inside(
                code,
                place,
                fault.message,
                line=fault.line,
                column=fault.column,
                expected=fault.expected,
                hint=fault.hint,
            )

    def _refuse_repeated(self, transition: Transition, path: Path) -> None:
        sources = None if transition.sources is None else frozenset(transition.sources)
        checks = tuple(clause.check.source for clause in transition.guard.clauses) if transition.guard else ()
        leads = (transition.target, transition.done, transition.history)
        same = (transition.event, sources, leads, checks, transition.by)
        if same in self._seen and sources != frozenset():
            message = phrase("this is transition %(seen)s over again", seen=self._seen[same])
            self.report.add("duplicate", path, message, expected=phrase("each transition once"))
        self._seen.setdefault(same, transition.number)


def _bare(check: str) -> ClauseShape:
    """Return the clause that a condition without a name and a reason stands for."""
    return ClauseShape(id=None, check=check, why=None)
