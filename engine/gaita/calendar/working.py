"""The working calendar: which days are worked, and during which hours.

Days are counted by arithmetic, not by walking: whole weeks, corrected by the special days before a day.
"""

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from datetime import date, time
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from gaita.errors import InvalidArgument
from gaita.phrase import phrase
from gaita.title import Title

SpecialKind: TypeAlias = Literal["holiday", "moved", "closure", "worked"]
Hours: TypeAlias = tuple[tuple[time, time], ...]
"""Opening hours of a day, as local wall times, half-open; a closing time of 00:00 is the end of the day."""

BEYOND = date.max.toordinal() + 1
"""The ordinal that stands for every day after the last one."""


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is not as its weekday says, and why.

    ``instead_of`` is the other day of a swap, where it is known: a day worked has the hours of that weekday.
    """

    day: date
    title: Title
    kind: SpecialKind
    instead_of: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class WorkingCalendar:
    """Which days are worked: a value, equal to another where their ``digest`` is the same.

    ``week`` has seven entries, Monday first: the opening hours of that weekday, none where it is not
    worked. ``off`` are days not worked though their weekday is, ``on`` days worked though it is not. After
    ``known_until`` (the last known day) only the holidays in ``off`` count: nobody knows yet which days will
    be moved, or closed. Raises ``InvalidArgument`` where the week has not seven entries, hours that
    overlap or are out of order, or no hours at all (but for ``never_open``: an earlier release put such ones
    in force).
    """

    name: str
    known_until: date
    week: tuple[Hours, ...]
    off: Mapping[date, SpecialDay]
    on: Mapping[date, SpecialDay]
    never_open: InitVar[bool] = False
    _prefix: tuple[int, ...] = field(init=False, repr=False)
    _weekdays: tuple[int, ...] = field(init=False, repr=False)
    _special: tuple[int, ...] = field(init=False, repr=False)
    _shift: tuple[int, ...] = field(init=False, repr=False)
    _worked: tuple[int, ...] = field(init=False, repr=False)
    _digest: str = field(init=False, repr=False)

    def __post_init__(self, never_open: bool) -> None:
        _check_week(self.week, never_open=never_open)
        keep = object.__setattr__
        keep(self, "off", MappingProxyType(dict(sorted(self.off.items()))))
        keep(self, "on", MappingProxyType(dict(sorted(self.on.items()))))
        worked = [bool(hours) for hours in self.week]
        keep(self, "_prefix", tuple(sum(worked[:index]) for index in range(7)))
        keep(self, "_weekdays", tuple(index for index in range(7) if worked[index]))
        changes = {day.toordinal(): -1 for day in self.off if self.why_not(day)}
        changes |= {day.toordinal(): 1 for day in self.on if self.why_worked(day)}
        special = sorted(changes)
        shifts = [0]
        for day in special:
            shifts.append(shifts[-1] + changes[day])
        keep(self, "_special", tuple(special))
        keep(self, "_shift", tuple(shifts))
        keep(self, "_worked", tuple(self.worked_up_to(day) for day in special))
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        keep(self, "_digest", hashlib.sha256(text.encode()).hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkingCalendar) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    @property
    def digest(self) -> str:
        """The SHA-256, in hexadecimal, of its canonical JSON."""
        return self._digest

    def is_working(self, day: date) -> bool:
        """Whether ``day`` is worked."""
        if self.week[day.weekday()]:
            return self.why_not(day) is None
        return self.why_worked(day) is not None

    def why_not(self, day: date) -> SpecialDay | None:
        """Return why ``day`` is not worked though its weekday is; ``None`` for any other day."""
        special = self.off.get(day) if self.week[day.weekday()] else None
        if special is None or (day > self.known_until and special.kind != "holiday"):
            return None
        return special

    def why_worked(self, day: date) -> SpecialDay | None:
        """Return why ``day`` is worked though its weekday is not; ``None`` for any other day."""
        known = day <= self.known_until and not self.week[day.weekday()]
        return self.on.get(day) if known else None

    def hours(self, day: date) -> Hours:
        """Return the opening hours of ``day``, as local wall times; none where it is not worked.

        A day worked though its weekday is not has the hours of the weekday that it stands in for, where
        that is known, and else those of Monday (of the first weekday worked, where Monday is not).
        """
        if not self.is_working(day):
            return ()
        own = self.week[day.weekday()]
        if own or not self._weekdays:
            return own
        other = self.on[day].instead_of
        return (other and self.week[other.weekday()]) or self.week[self._weekdays[0]]

    def count(self, first: date, last: date) -> int:
        """Return how many days are worked from ``first`` to ``last``, both included; 0 where none are."""
        if last < first:
            return 0
        return self.worked_up_to(last.toordinal()) - self.worked_up_to(first.toordinal() - 1)

    def worked_up_to(self, ordinal: int) -> int:
        """Return how many days are worked from the year 1 to the day of this ordinal, itself included."""
        weeks, days = divmod(ordinal, 7)  # the day of ordinal 1 is a Monday
        every = weeks * len(self._weekdays) + self._prefix[days]
        return every + self._shift[bisect_right(self._special, ordinal)]

    def reach(self, ordinal: int, number: int) -> int:
        """Return the ordinal of the ``number``-th working day after ``ordinal``, at most ``BEYOND``."""
        return self._day_of_count(self.worked_up_to(ordinal) + number)

    def reach_back(self, ordinal: int, number: int) -> int:
        """Return the ordinal of the ``number``-th working day before ``ordinal``, 0 where there is none."""
        target = self.worked_up_to(ordinal - 1) - number + 1
        return self._day_of_count(target) if target > 0 else 0

    def _day_of_count(self, target: int) -> int:
        """Return the first day up to which ``target`` days are worked.

        It lies after the special days up to which fewer are worked, and not after the next special day.
        """
        index = bisect_left(self._worked, target)
        found = BEYOND
        if self._weekdays:
            weeks, days = divmod(target - self._shift[index] - 1, len(self._weekdays))
            found = weeks * 7 + self._weekdays[days] + 1
        if index < len(self._special):
            found = min(found, self._special[index])
        return min(found, BEYOND)

    def next_special(self, ordinal: int) -> int:
        """Return the first day from ``ordinal`` on that is not as its weekday says; else ``BEYOND``."""
        index = bisect_left(self._special, ordinal)
        return self._special[index] if index < len(self._special) else BEYOND

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON in canonical order: what the digest is of, and what ``from_json`` reads."""
        return {
            "name": self.name,
            "known_until": self.known_until.isoformat(),
            "week": [
                [[_time_text(begin, "00:00"), _time_text(end, "24:00")] for begin, end in hours]
                for hours in self.week
            ],
            "off": [_special_json(special) for special in self.off.values()],
            "on": [_special_json(special) for special in self.on.values()],
        }

    @staticmethod
    def from_json(mapping: Mapping[str, Any], *, never_open: bool = False) -> "WorkingCalendar":
        """Return the calendar that ``to_json`` wrote. Raises ``InvalidArgument`` where there is none."""
        try:
            return WorkingCalendar(
                name=mapping["name"],
                known_until=date.fromisoformat(mapping["known_until"]),
                week=tuple(
                    tuple((_time(begin), _time(end)) for begin, end in hours) for hours in mapping["week"]
                ),
                off={special.day: special for special in map(_special, mapping["off"])},
                on={special.day: special for special in map(_special, mapping["on"])},
                never_open=never_open,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise InvalidArgument(
                phrase(
                    "expected a working calendar as WorkingCalendar.to_json() writes it, found %(error)s in"
                    " it",
                    error=repr(error),
                )
            ) from None


def _check_week(week: tuple[Hours, ...], *, never_open: bool) -> None:
    if len(week) != 7:
        raise InvalidArgument(
            phrase("expected the hours of seven weekdays, Monday first, found %(week)s", week=len(week))
        )
    if not (never_open or any(week)):
        raise InvalidArgument(
            phrase(
                "expected opening hours on a day of the week at least, found none: no working day would"
                " ever come; name a day, such as monday with 08:30-17:00"
            )
        )
    for hours in week:
        previous = time()
        for begin, end in hours:
            if begin < previous or (previous == time() and (begin, end) != hours[0]) or time() < end <= begin:
                raise InvalidArgument(
                    phrase(
                        "expected opening hours in order that do not overlap, found %(begin)s–%(end)s; write"
                        " them from morning to evening, each ending after it begins (00:00 ends the day)",
                        begin=f"{begin:%H:%M}",
                        end=f"{end:%H:%M}",
                    )
                )
            previous = end


def _time_text(moment: time, midnight: str) -> str:
    return midnight if moment == time() else moment.isoformat("auto").removesuffix(":00")


def _time(text: str) -> time:
    return time() if text == "24:00" else time.fromisoformat(text)


def _special_json(special: SpecialDay) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "day": special.day.isoformat(),
        "title": dict(special.title),
        "kind": special.kind,
    }
    if special.instead_of:
        plain["instead_of"] = special.instead_of.isoformat()
    return plain


def _special(plain: Mapping[str, Any]) -> SpecialDay:
    other = plain.get("instead_of")
    return SpecialDay(
        day=date.fromisoformat(plain["day"]),
        title=dict(plain["title"]),
        kind=plain["kind"],
        instead_of=date.fromisoformat(other) if other else None,
    )
