"""The settings of people: who they are, how they are reached, who stands in for them, and their summaries."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from functools import cache
from typing import Annotated, Final, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from gaita import ADMINISTRATORS, Absence, AddressBook, DigestPlan, IncidentPlan, Person, WorkingCalendar
from gaita.phrase import phrase
from gaita_adapters.settings.calendars import DEFAULT, WEEKDAYS, Day, as_tuple

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AbsenceSettings(_Table):
    """Days on which somebody is away."""

    first: Day
    last: Day
    """The last day away."""

    @field_validator("last")
    @classmethod
    def _not_before_the_first(cls, last: date, told: ValidationInfo) -> date:
        first = told.data.get("first")
        if first is not None and last < first:
            message = phrase("a day on or after %(first)s, the first", first=first.isoformat())
            raise ValueError(message)
        return last


class PersonSettings(_Table):
    """Somebody who can be written to."""

    name: str = Field(min_length=1, max_length=200)
    email: str | None = None
    apprise: str | None = None
    """A URL of apprise, for channels of that kind that write to each person."""
    language: str | None = None
    """``None``: the settings' language."""
    deputy: str | None = None
    """Who stands in: another person's key."""
    absences: Annotated[tuple[AbsenceSettings, ...], BeforeValidator(as_tuple)] = ()

    @field_validator("email")
    @classmethod
    def _an_address(cls, email: str | None) -> str | None:
        if email is not None and _EMAIL.fullmatch(email) is None:
            message = phrase("an e-mail address such as anna@example.lv")
            raise ValueError(message)
        return email

    def person(self, identity: str) -> Person:
        """Return the person."""
        addresses = {"email": self.email, "apprise": self.apprise}
        return Person(
            identity,
            self.name,
            {kind: address for kind, address in addresses.items() if address is not None},
            self.language,
            self.deputy,
            tuple(Absence(each.first, each.last) for each in self.absences),
        )


class DigestSettings(_Table):
    """When a role is sent the summary of what needs it."""

    every: Literal["day", "working day", "week"] = "day"
    calendar: str = DEFAULT
    """Whose working days they are, for one that comes on each of them."""
    at: str = "08:00"
    on: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "monday"
    """For a weekly one."""
    time_zone: str = "Europe/Riga"

    @field_validator("at")
    @classmethod
    def _a_time(cls, at: str) -> str:
        if _TIME.fullmatch(at) is None:
            message = phrase('a time of the day from "00:00" to "23:59"')
            raise ValueError(message)
        return at

    @field_validator("time_zone")
    @classmethod
    def _a_zone(cls, zone: str) -> str:
        return known_zone(zone)

    def plan(self, role: str, calendars: Callable[[], Mapping[str, WorkingCalendar]]) -> DigestPlan:
        """Return the plan for ``role``; ``calendars`` makes the calendars when one is asked for."""
        at, weekday = time.fromisoformat(self.at), WEEKDAYS.index(self.on)
        if self.every != "working day":
            return DigestPlan(role, self.time_zone, at, self.every, weekday)

        def works(day: date) -> bool:
            return calendars()[self.calendar].is_working(day)

        return DigestPlan(role, self.time_zone, at, works=works)


class AdministratorSettings(_Table):
    """Who hears of incidents, dead letters and calendars that end."""

    people: list[str] = []
    """Keys of ``[people]``, or e-mail addresses."""
    roles: list[str] = []
    """Keys of ``[roles]``: whoever bears one of them."""
    time_zone: str = "Europe/Riga"

    @field_validator("time_zone")
    @classmethod
    def _a_zone(cls, zone: str) -> str:
        return known_zone(zone)

    @property
    def plan(self) -> IncidentPlan | None:
        """How they are told; ``None``: there are none."""
        return IncidentPlan(self.time_zone) if self.people or self.roles else None


def known_zone(zone: str) -> str:
    """Return the name of a time zone. Raises ``ValueError`` for any other text."""
    if zone not in available_timezones():
        message = phrase("the name of a time zone such as Europe/Riga")
        raise ValueError(message)
    return zone


def book_of(people: Mapping[str, PersonSettings], roles: Mapping[str, Sequence[str]]) -> AddressBook:
    """Return the address book. Raises ``ValueError`` for a role or deputy that names nobody."""
    return AddressBook({identity: each.person(identity) for identity, each in people.items()}, roles)


def unknown_names(
    people: Mapping[str, PersonSettings], roles: Mapping[str, Sequence[str]]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield each place where a role or a deputy names nobody, with a sentence that says so."""
    alone = {key: each.model_copy(update={"deputy": None}) for key, each in people.items()}
    for role, names in roles.items():
        for number, name in enumerate(names):
            try:
                book_of(alone, {role: [name]})
            except ValueError as error:
                yield ("roles", role, number), str(error)
    for key, each in people.items():
        try:
            book_of({**alone, key: each}, {})
        except ValueError as error:
            yield ("people", key, "deputy"), str(error)


def with_administrators(
    roles: Mapping[str, Sequence[str]], administrators: AdministratorSettings
) -> Mapping[str, Sequence[str]]:
    """Return the roles with that of the administrators, who are people, or bear one of the others."""
    if administrators.plan is None:
        return roles
    borne = [name for role in administrators.roles for name in roles.get(role, ())]
    return {**roles, ADMINISTRATORS: list(dict.fromkeys([*administrators.people, *borne]))}


def plans_of(
    digests: Mapping[str, DigestSettings], calendars: Callable[[], Iterable[WorkingCalendar]]
) -> Iterator[DigestPlan]:
    """Yield when each role is sent its summary; calendars are made once, where they are asked for."""

    @cache
    def made() -> Mapping[str, WorkingCalendar]:
        return {each.name: each for each in calendars()}

    for role, each in digests.items():
        yield each.plan(role, made)
