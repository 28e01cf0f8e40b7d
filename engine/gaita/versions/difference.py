"""The difference of two versions: the parts that came, went or changed, as their files declare them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from gaita.language.content import Part, PartKind, parts_of
from gaita.model.workflow import Workflow

ChangeKind: TypeAlias = Literal["came", "went", "changed"]

_ORDER: Sequence[PartKind] = ("workflow", "role", "field", "state", "deadline", "event", "transition")


@dataclass(frozen=True, slots=True)
class Aspect:
    """One key of a part that says something else than before."""

    name: str
    """The key as the file has it, behind those around it: ``payload.users.min``."""
    before: object
    """As plain JSON; ``None``: it was not there."""
    after: object
    """As plain JSON; ``None``: it is not there any more."""


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part of a workflow that came, went, or says something else."""

    kind: PartKind
    id: str
    change: ChangeKind
    aspects: tuple[Aspect, ...] = ()
    """What is different; empty for what came or went."""


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """What tells one version of a workflow from another."""

    before: str
    """``ID@VERSION``."""
    after: str
    """``ID@VERSION``; version 0: it is not deployed."""
    changes: tuple[PartChange, ...]
    """Workflow, roles, fields, states, deadlines, events, transitions; each in the order of the files."""


def difference(before: Workflow, after: Workflow) -> VersionDifference:
    """Return what tells ``after`` from ``before``.

    Parts are known by their ids, a state that has another name came and went. Transitions that say the same
    are the same; of the others, those with the same event, sources and target are one that has changed. Their
    order is compared as well, since it decides which is taken.
    """
    old, new = _by_kind(before), _by_kind(after)
    changes: list[PartChange] = []
    for kind in _ORDER:
        compare = _transitions if kind == "transition" else _named
        changes.extend(compare(old[kind], new[kind]))
    return VersionDifference(before.key, after.key, tuple(changes))


def _by_kind(workflow: Workflow) -> Mapping[PartKind, Sequence[Part]]:
    found = list(parts_of(workflow.source))
    return {kind: [part for part in found if part.kind == kind] for kind in _ORDER}


def _named(before: Sequence[Part], after: Sequence[Part]) -> Iterator[PartChange]:
    old = {part.id: part for part in before}
    new = {part.id: part for part in after}
    for part in before:
        if part.id not in new and part.kind != "workflow":
            yield PartChange(part.kind, part.id, "went")
    for part in after:
        was = before[0] if part.kind == "workflow" else old.get(part.id)
        if was is None:
            yield PartChange(part.kind, part.id, "came")
        elif aspects := tuple(_aspects("", was.keys, part.keys)):
            yield PartChange(part.kind, part.id, "changed", aspects)


def _transitions(before: Sequence[Part], after: Sequence[Part]) -> Iterator[PartChange]:
    pairs = _paired(before, after)
    kept = set(pairs.values())
    for at, was in enumerate(before):
        if at not in kept:
            yield PartChange("transition", was.id, "went")
    for place, part in enumerate(after):
        if place not in pairs:
            yield PartChange("transition", part.id, "came")
            continue
        aspects = tuple(_aspects("", before[pairs[place]].keys, part.keys))
        overtaken = any(
            pairs.get(other, -1) > pairs[place] and after[other].keys.get("event") == part.keys.get("event")
            for other in range(place)
        )
        if overtaken:
            aspects = (*aspects, Aspect("place", pairs[place] + 1, place + 1))
        if aspects:
            yield PartChange("transition", part.id, "changed", aspects)


def _paired(before: Sequence[Part], after: Sequence[Part]) -> Mapping[int, int]:
    """Return by the place of a transition in the new file its place in the old one."""
    pairs: dict[int, int] = {}
    for same in (_says_the_same, _has_the_same_label):
        for place, part in enumerate(after):
            if place in pairs:
                continue
            taken = set(pairs.values())
            found = (at for at, was in enumerate(before) if at not in taken and same(was, part))
            if (at := next(found, None)) is not None:
                pairs[place] = at
    return pairs


def _says_the_same(before: Part, after: Part) -> bool:
    return not any(True for _ in _aspects("", before.keys, after.keys))


def _has_the_same_label(before: Part, after: Part) -> bool:
    return before.id == after.id


def _aspects(name: str, before: object, after: object) -> Iterator[Aspect]:
    """Yield what is different, table by table; a list of named tables is compared by their names."""
    one, other = _table(before, after), _table(after, before)
    if one is None or other is None:
        if _plain(before) != _plain(after):
            yield Aspect(name, before, after)
        return
    for key in dict.fromkeys((*one, *other)):
        yield from _aspects(f"{name}.{key}" if name else key, one.get(key), other.get(key))


def _table(value: object, beside: object) -> Mapping[str, object] | None:
    """Return a value as a table, where it is one, or is nothing beside one."""
    if value is None:
        return None if beside is None or _table(beside, None) is None else {}
    if isinstance(value, dict):
        return cast("Mapping[str, object]", value)
    items = _items(value)
    tables = [cast("Mapping[str, object]", each) for each in items if isinstance(each, dict)]
    names = {str(each["id"]): each for each in tables if "id" in each}
    return names if names and len(names) == len(items) else None


def _plain(value: object) -> object:
    """Return a value in the one of its forms in which it is compared: ``"x"`` and ``["x"]`` are the same."""
    items = _items(value)
    return items[0] if len(items) == 1 else value


def _items(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
