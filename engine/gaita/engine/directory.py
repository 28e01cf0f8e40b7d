"""The directory: the host's word on who is what."""

from typing import Protocol


class Directory(Protocol):
    """Vouches for roles. Whoever embeds the engine connects it to their own accounts."""

    def roles_of(self, actor: str, stated: frozenset[str]) -> frozenset[str]:
        """Return the roles that ``actor`` really has; ``stated`` are those that the caller named."""
        ...


class StatedRoles:
    """Believes the caller: right where the host has checked the roles before it calls."""

    def roles_of(self, actor: str, stated: frozenset[str]) -> frozenset[str]:  # noqa: ARG002 - the port's form
        """Return ``stated``."""
        return stated
