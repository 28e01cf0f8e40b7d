"""The address book: who bears a role when a message is sent, with deputies for those who are away."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from gaita.calendar import day_of
from gaita.errors import InvalidArgument
from gaita.model.notice import Recipient
from gaita.model.value import Data
from gaita.model.workflow import Workflow
from gaita.phrase import phrase

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which somebody is away, in the workflow's zone."""

    first: date
    last: date
    """The last day away."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be written to."""

    id: str
    name: str
    addresses: Mapping[str, str] = field(default_factory=dict[str, str])
    """By kind of channel, e.g. ``email``."""
    language: str | None = None
    deputy: str | None = None
    """The id of the person who stands in."""
    absences: tuple[Absence, ...] = ()

    def is_away(self, day: date) -> bool:
        """Whether ``day`` lies in one of the absences."""
        return any(each.first <= day <= each.last for each in self.absences)


class AddressBook:
    """An address book: people, and who of them bears which role.

    What an instance's own data says of a role (its ``contact`` field) goes before the settings, and
    ``WORKFLOW.ROLE`` goes before ``ROLE``. Whoever is away is replaced by the deputy, and by theirs in turn;
    where that leads to nobody who is there, by nobody: the one who is away hears.
    """

    def __init__(
        self, people: Mapping[str, Person] | None = None, roles: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """Keep people by id, and for each role their ids, or plain e-mail addresses.

        Raises ``InvalidArgument`` for a role or deputy that names nobody.
        """
        self._people = dict(people or {})
        self._roles = {role: tuple(names) for role, names in (roles or {}).items()}
        self._by_email = {
            person.addresses["email"].casefold(): person
            for person in self._people.values()
            if "email" in person.addresses
        }
        for role, names in self._roles.items():
            for name in names:
                if self._find(name) is None:
                    message = phrase(
                        "the role %(role)s names %(name)s: expected a person's id or an e-mail address",
                        role=role,
                        name=repr(name),
                    )
                    raise InvalidArgument(message)
        for person in self._people.values():
            if person.deputy is not None and person.deputy not in self._people:
                message = phrase(
                    "the deputy of %(id)s is %(deputy)s: expected a person's id",
                    id=person.id,
                    deputy=repr(person.deputy),
                )
                raise InvalidArgument(message)

    def of(self, workflow: Workflow, role: str, data: Data, now: datetime) -> Sequence[Recipient]:
        """Return who bears the role, each once."""
        day = day_of(now, workflow.zone)
        bearers = self._contact(workflow, role, data) or self._named(workflow, role)
        return _merged(self._heard(person, role, day) for person in bearers)

    def bearers(self, role: str, day: date) -> Sequence[Recipient]:
        """Return who bears the role by the settings, in general or in one workflow, each once."""
        names = [
            name
            for declared, names in self._roles.items()
            if declared == role or declared.rpartition(".")[2] == role
            for name in names
        ]
        found = [self._find(name) for name in names]
        return _merged(self._heard(person, role, day) for person in found if person is not None)

    def refreshed(self, recipient: Recipient) -> Recipient:
        """Return the recipient with the name, language and addresses that the book has now."""
        person = self._people.get(recipient.id)
        if person is None:
            return recipient
        return replace(recipient, name=person.name, addresses=person.addresses, language=person.language)

    def _contact(self, workflow: Workflow, role: str, data: Data) -> list[Person]:
        declared = workflow.roles.get(role)
        if declared is None or declared.contact is None:
            return []
        value = data.get(declared.contact)
        found = self._find(value) if isinstance(value, str) else None
        return [] if found is None else [found]

    def _named(self, workflow: Workflow, role: str) -> list[Person]:
        names = self._roles.get(f"{workflow.id}.{role}", self._roles.get(role, ()))
        found = [self._find(name) for name in names]
        return [person for person in found if person is not None]

    def _find(self, name: str) -> Person | None:
        """Return the person of this id or e-mail address; an address that nobody has is one of its own."""
        known = self._people.get(name) or self._by_email.get(name.strip().casefold())
        if known is not None:
            return known
        if _EMAIL.fullmatch(name.strip()) is None:
            return None
        return Person(name.strip(), name.strip(), {"email": name.strip()})

    def _heard(self, person: Person, role: str, day: date) -> Recipient:
        present = self._present(person, day)
        return Recipient(
            present.id,
            present.name,
            role,
            present.addresses,
            present.language,
            None if present is person else person.name,
        )

    def _present(self, person: Person, day: date) -> Person:
        """Return who stands in for ``person`` on ``day``; the person, where nobody does."""
        passed = {person.id}
        present = person
        while present.is_away(day):
            if present.deputy is None or present.deputy in passed:
                return person
            present = self._people[present.deputy]
            passed.add(present.id)
        return present


def _merged(recipients: Iterable[Recipient]) -> Sequence[Recipient]:
    """Return each recipient once; who hears in their own right stands in for nobody."""
    found: dict[str, Recipient] = {}
    for each in recipients:
        known = found.get(each.id)
        if known is None or each.stands_in_for is None:
            found[each.id] = each
        elif known.stands_in_for is not None and each.stands_in_for != known.stands_in_for:
            found[each.id] = replace(
                known,
                stands_in_for=f"{known.stands_in_for}, {each.stands_in_for}",
            )
    return list(found.values())
