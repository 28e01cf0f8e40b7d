"""The settings of people: who they are, how they are reached, who stands in for them, and their summaries."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from typing import Annotated, Final, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gaita import Absence, Book, DigestPlan, Person
from gaita_adapters.calendar_settings import WEEKDAYS

_EMAIL: Final = r"^[^@\s]+@[^@\s]+$"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AbsenceSettings(_Table):
    """Days on which somebody is away."""

    first: Annotated[date, Field(strict=True)]
    last: Annotated[date, Field(strict=True)]
    """The last day away."""


class PersonSettings(_Table):
    """Somebody who can be written to."""

    name: str = Field(min_length=1, max_length=200)
    email: str | None = Field(default=None, pattern=_EMAIL)
    apprise: str | None = None
    """A URL of apprise, for channels of that kind that write to each person."""
    language: Literal["lv", "en"] | None = None
    """``None``: the settings' language."""
    deputy: str | None = None
    """Who stands in: another person's key."""
    absences: tuple[AbsenceSettings, ...] = Field(default=(), strict=False)

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

    every: Literal["day", "week"] = "day"
    at: str = Field(default="08:00", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    on: str = Field(default="monday", pattern=f"^({'|'.join(WEEKDAYS)})$")
    """For a weekly one."""
    time_zone: str = "Europe/Riga"

    @field_validator("time_zone")
    @classmethod
    def _a_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            message = "the name of a time zone such as Europe/Riga"
            raise ValueError(message)
        return zone

    def plan(self, role: str) -> DigestPlan:
        """Return the plan for ``role``."""
        return DigestPlan(
            role, self.time_zone, time.fromisoformat(self.at), self.every, WEEKDAYS.index(self.on)
        )


def book_of(people: Mapping[str, PersonSettings], roles: Mapping[str, Sequence[str]]) -> Book:
    """Return the address book. Raises ``ValueError`` for a role or deputy that names nobody."""
    return Book({identity: each.person(identity) for identity, each in people.items()}, roles)


def plans_of(digests: Mapping[str, DigestSettings]) -> Iterator[DigestPlan]:
    """Yield when each role is sent its summary."""
    for role, each in digests.items():
        yield each.plan(role)
