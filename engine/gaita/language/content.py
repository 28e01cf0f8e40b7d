"""The content of a workflow: its parts as the operator declared them, each under its name."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from gaita.language.content_digest import canonical
from gaita.language.shape import DocumentShape
from gaita.model.state_tree import BESIDE
from gaita.model.workflow import HORIZON

PartKind: TypeAlias = Literal["workflow", "role", "field", "state", "event", "deadline", "transition"]


@dataclass(frozen=True, slots=True)
class Part:
    """One declaration of a workflow's file."""

    kind: PartKind
    id: str
    """A state by its whole path, a deadline as ``STATE.NAME``; transitions may share theirs."""
    keys: Mapping[str, Any]
    """What the file says of it, defaults left out; as plain JSON."""


def parts_of(source: str) -> Iterator[Part]:
    """Yield the parts of a workflow by its text, which has been checked, in the order of the file."""
    shape = DocumentShape.model_validate(tomllib.loads(source.removeprefix("\ufeff")))
    content: dict[str, Any] = json.loads(canonical(shape))
    own = content["workflow"]
    yield Part("workflow", own["id"], {**own, **_under("corrections", content)})
    if "horizon" in content:
        yield Part("deadline", HORIZON, content["horizon"])
    for kind, table in _TABLES.items():
        for name, keys in content.get(table, {}).items():
            yield Part(kind, name, keys)
    yield from _states(content["states"], "")
    for keys in content.get("transitions", ()):
        yield Part("transition", _label(keys), keys)


_TABLES: Mapping[PartKind, str] = {"role": "roles", "field": "data", "event": "events"}


def _under(name: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: content[name]} if name in content else {}


def _states(tables: Mapping[str, Any], around: str) -> Iterator[Part]:
    for name, keys in tables.items():
        path = f"{around}{name}"
        inner, deadlines = keys.get("states", {}) | keys.get("regions", {}), keys.get("deadlines", {})
        own = {key: value for key, value in keys.items() if key not in {"states", "regions", "deadlines"}}
        yield Part("state", path, own)
        for each, declared in deadlines.items():
            yield Part("deadline", f"{path}.{each}", declared)
        yield from _states(inner, f"{path}/")


def _label(keys: Mapping[str, Any]) -> str:
    """Return what a transition is called: ``go: a, b → c``."""
    source = keys["from"]
    sources = source if isinstance(source, str) else ", ".join(cast("list[str]", source))
    event = f"{keys['event']}: " if "event" in keys else ""
    if "to" not in keys:
        return f"{event}{sources}"
    target = keys["to"]
    targets = target if isinstance(target, str) else BESIDE.join(cast("list[str]", target))
    return f"{event}{sources} → {targets}"
