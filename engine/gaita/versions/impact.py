"""The impact of a version: what it would mean for the cases that run on an older one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from gaita.model.instance import Instance
from gaita.model.state_tree import leaves_of
from gaita.model.workflow import Workflow
from gaita.phrase import Phrase, phrase
from gaita.step import Facts, counted_anew, standing_of
from gaita.versions.difference import VersionDifference

FindingKind: TypeAlias = Literal[
    "state_gone",
    "state_compound",
    "state_final",
    "place_unfit",
    "way_back_gone",
    "field_gone",
    "value_unfit",
    "deadline_gone",
    "deadline_outside",
    "deadline_unanchored",
    "deadline_moved",
    "failed",
]
"""What may become of a case: its state is gone, has states inside it now, or is final; the state that it
would go back to is gone; a value that it holds has no field any more, or does not fit it; the rule of an open
deadline is gone, its scope no longer holds the case's state, it has nothing to count from, or it would be due
at another moment; or it could not be looked at."""

_ORDER: Final = {kind: place for place, kind in enumerate(get_args(FindingKind))}
_MOST_EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """One thing that the new version would mean for one case."""

    kind: FindingKind
    id: str
    """The state, field or deadline that it is about."""
    instance: str
    why: Phrase | None = None
    """Of a value: what does not fit; of a failure: the error."""
    before: datetime | None = None
    """Of a deadline that would move: when it is due."""
    after: datetime | None = None
    """And when it would be."""


@dataclass(frozen=True, slots=True)
class ImpactLine:
    """How many cases of one version one thing means something for."""

    version: int
    """The older version, which they run on."""
    kind: FindingKind
    id: str
    cases: int
    examples: tuple[CaseFinding, ...]
    """The first few of them, in the order of their ids."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What a version is beside older ones, and what it would mean for the cases that run on those."""

    after: Workflow
    """The newer version; its version is 0 where it is not deployed."""
    differences: Mapping[int, VersionDifference]
    """By older version: the one before it, and every one that cases run on."""
    running: Mapping[int, int]
    """By older version, how many cases have not ended."""
    affected: int
    """How many of them one line or more is about: they could not simply go on by the newer version."""
    lines: tuple[ImpactLine, ...]
    """By version; then states, data, deadlines."""


def findings_of(before: Workflow, after: Workflow, instance: Instance, facts: Facts) -> Iterator[CaseFinding]:
    """Yield what ``after`` would mean for a case that runs on ``before``; ``facts``: those of ``after``."""
    has_state = True
    for leaf in instance.configuration:
        stands = _standing(after, leaf)
        if stands is not None:
            has_state = False
            yield CaseFinding(stands, leaf, instance.id)
    if has_state and after.tree.entry(instance.state) != instance.state:
        has_state = False
        yield CaseFinding("place_unfit", instance.state, instance.id)
    for leaf, source in instance.memory.items():
        gone = any(_standing(after, each) in {"state_gone", "state_compound"} for each in leaves_of(source))
        if leaf in instance.configuration and gone:
            yield CaseFinding("way_back_gone", source, instance.id)
    for name, value in instance.data.items():
        field = after.fields.get(name)
        if field is None:
            yield CaseFinding("field_gone", name, instance.id)
            continue
        try:
            field.type.admit(value)
        except ValueError as error:
            hidden = field.personal or name in before.personal
            told = phrase("it does not fit; it is personal, and not shown") if hidden else error.args[0]
            yield CaseFinding("value_unfit", name, instance.id, why=told)
    yield from _deadlines(before, after, instance, facts, has_state=has_state)


def _standing(after: Workflow, state: str) -> Literal["state_gone", "state_compound", "state_final"] | None:
    found = after.states.get(state)
    if found is None:
        return "state_gone"
    if not found.is_leaf:
        return "state_compound"
    return "state_final" if found.final else None


def _deadlines(
    before: Workflow, after: Workflow, instance: Instance, facts: Facts, *, has_state: bool
) -> Iterator[CaseFinding]:
    standing = standing_of(after, instance, facts)
    active = {rule.id for rule in after.scoped_in(instance.state)} if has_state else set[str]()
    for deadline in instance.deadlines:
        rule = after.rules.get(deadline.rule)
        if rule is None:
            yield CaseFinding("deadline_gone", deadline.rule, instance.id)
        elif has_state and rule.id not in active:
            yield CaseFinding("deadline_outside", rule.id, instance.id)
        else:
            counted = counted_anew(standing, before.rules[deadline.rule], rule, deadline)
            if counted is None:
                yield CaseFinding("deadline_unanchored", rule.id, instance.id)
            elif counted.due != deadline.due:
                yield CaseFinding(
                    "deadline_moved", rule.id, instance.id, before=deadline.due, after=counted.due
                )


class Tally:
    """Counts what is found, case by case, in little memory."""

    def __init__(self) -> None:
        self.affected = 0
        self._found: dict[tuple[int, int, str], tuple[int, tuple[CaseFinding, ...]]] = {}

    def add(self, version: int, findings: Iterable[CaseFinding]) -> None:
        """Count the findings of one case, which runs on ``version``."""
        each_once = {(each.kind, each.id): each for each in findings}
        self.affected += bool(each_once)
        for finding in each_once.values():
            key = (version, _ORDER[finding.kind], finding.id)
            number, examples = self._found.get(key, (0, ()))
            kept = examples if len(examples) == _MOST_EXAMPLES else (*examples, finding)
            self._found[key] = number + 1, kept

    @property
    def lines(self) -> tuple[ImpactLine, ...]:
        """What was counted."""
        return tuple(
            ImpactLine(version, examples[0].kind, name, number, examples)
            for (version, _, name), (number, examples) in sorted(self._found.items())
        )
