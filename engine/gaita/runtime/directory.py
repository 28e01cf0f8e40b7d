"""Directories: the roles that an actor has, by the host's accounts, or as the caller states them."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TypeVar, cast

from gaita.errors import MalformedCommand
from gaita.model.command import Asked, Start
from gaita.phrase import phrase
from gaita.ports import Directory

_Command = TypeVar("_Command", bound=Start | Asked)


class ActorRoles:
    """Asks the directory for the roles of those who call."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def with_roles(self, command: _Command) -> _Command:
        """Return the command with the roles that its actor really has."""
        roles = self.roles_of(command.actor, command.roles)
        return command if roles == command.roles else replace(command, roles=roles)

    def roles_of(self, actor: str, stated: frozenset[str]) -> frozenset[str]:
        """Return the roles that ``actor`` really has, of those stated. Raises ``MalformedCommand``."""
        roles = cast("object", self._directory.roles_of(actor, stated))
        if not isinstance(roles, AbstractSet):
            complaint = phrase(
                "roles: the directory answered with %(kind)s; expected a set of names",
                kind=type(roles).__name__,
            )
            raise MalformedCommand(phrase("the command"), [complaint])
        return frozenset(cast("AbstractSet[str]", roles))


class StatedRoles:
    """Believes the caller: right where the host has checked the roles before it calls."""

    def roles_of(self, actor: str, stated: frozenset[str]) -> frozenset[str]:  # noqa: ARG002 - the port's form
        """Return the roles that the caller states."""
        return stated
