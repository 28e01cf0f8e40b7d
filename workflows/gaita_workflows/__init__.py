"""The workflows shipped with Gaita, and the dated commands that run on them."""

from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Shipped:
    """A shipped workflow and its script, as files."""

    name: str
    workflow: Path
    script: Path


SHIPPED: tuple[Shipped, ...] = tuple(
    Shipped(name, _HERE / f"{name}.toml", _HERE / f"{name}.events.{kind}")
    for name, kind in (
        ("prototype", "csv"),
        ("digital-service-standard", "jsonl"),
        ("uk-digital-service", "jsonl"),
    )
)
"""The example, and the two real lifecycles; ``SOURCES.md`` beside them says where these come from."""
