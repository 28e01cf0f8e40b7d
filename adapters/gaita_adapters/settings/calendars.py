"""The settings of calendars: which days an institution works, and when it is open."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Final, TypeAlias, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator

from gaita import Closure, WorkingCalendar, public_calendar
from gaita.phrase import phrase

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DEFAULT: Final = "LV"
"""The calendar that there is without a setting."""

Hours: TypeAlias = tuple[tuple[time, time], ...]


def _as_day(value: object) -> object:
    """Return the day that a text names, as the environment gives it; a number is none."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        message = phrase("a day such as 2026-12-31")
        raise ValueError(message) from None


def as_tuple(value: object) -> object:
    """Return a list, as the file gives it, as the tuple that a frozen table keeps."""
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


Day: TypeAlias = Annotated[date, BeforeValidator(_as_day)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClosureSettings(_Table):
    """Days on which the institution is closed of its own accord."""

    first: Day
    last: Day | None = None
    """``None``: only the first."""
    title: str | dict[str, str]

    @field_validator("last")
    @classmethod
    def _not_before_the_first(cls, last: date | None, told: Any) -> date | None:  # noqa: ANN401 - pydantic's
        first = told.data.get("first")
        if last is not None and first is not None and last < first:
            message = phrase("a day on or after %(first)s, the first", first=first.isoformat())
            raise ValueError(message)
        return last


class CalendarSettings(_Table):
    """One calendar: the public holidays of a country, and what the institution has of its own."""

    country: str | None = None
    """The country's ISO code; ``None``: the calendar's own name is that."""
    swaps: bool = True
    """Whether working days that the Cabinet moves are moved: so they are for state institutions."""
    known_until: Day | None = None
    """The last day that is certain; ``None``: the end of the last year whose moved days are decreed."""
    closures: Annotated[tuple[ClosureSettings, ...], BeforeValidator(as_tuple)] = ()
    worked: Annotated[tuple[Day, ...], BeforeValidator(as_tuple)] = ()
    """Days that are worked although they are weekends, holidays or closures."""
    hours: Mapping[str, tuple[str, ...]] | None = None
    """Opening hours by weekday, e.g. ``monday = ["08:30-12:30", "13:00-17:00"]``; others are closed."""

    @field_validator("hours", mode="before")
    @classmethod
    def _opening_hours(cls, hours: object) -> object:
        if isinstance(hours, Mapping):
            given = cast("Mapping[str, Any]", hours)
            for day, spans in given.items():
                if day not in WEEKDAYS:
                    message = phrase(
                        "days of the week (%(weekdays)s), not %(day)s",
                        weekdays=", ".join(WEEKDAYS),
                        day=repr(day),
                    )
                    raise ValueError(message)
                if not isinstance(spans, list | tuple):
                    message = phrase('a list for %(day)s, such as ["08:30-17:00"]', day=day)
                    raise ValueError(message)  # noqa: TRY004 - what pydantic turns into a fault
                tuple(_spans(str(each) for each in cast("list[object]", spans)))
            if not any(given.values()):
                message = phrase('opening hours on a day at least, such as monday = ["08:30-17:00"]')
                raise ValueError(message)
            return {day: tuple(spans) for day, spans in given.items()}
        return hours

    def calendar(self, name: str) -> WorkingCalendar:
        """Return the calendar. Raises ``ValueError`` with a sentence where there can be none such."""
        week: Mapping[int, Hours] | None = None
        if self.hours is not None:
            week = {
                number: tuple(_spans(self.hours[day]))
                for number, day in enumerate(WEEKDAYS)
                if day in self.hours
            }
        return public_calendar(
            name,
            country=self.country,
            swaps=self.swaps,
            closures=[Closure(each.first, each.last or each.first, _title(each)) for each in self.closures],
            worked=self.worked,
            week=week,
            known_until=self.known_until,
        )


def _title(closure: ClosureSettings) -> Mapping[str, str]:
    return {"en": closure.title} if isinstance(closure.title, str) else closure.title


def _spans(texts: Iterable[str]) -> Iterator[tuple[time, time]]:
    for text in texts:
        opens, _, closes = text.partition("-")
        try:
            yield time.fromisoformat(opens.strip()), _closing(closes.strip())
        except ValueError:
            message = phrase('spans such as "08:30-17:00", not %(text)s', text=repr(text))
            raise ValueError(message) from None


def _closing(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)
