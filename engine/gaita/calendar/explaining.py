"""Explaining a due moment: which days were not counted, and what the stops of its clock cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from gaita.calendar.amount import Amount
from gaita.calendar.days import (
    Anchor,
    Stop,
    counted_day,
    days_between,
    days_of,
    first_anchor,
    later_anchor,
)
from gaita.calendar.hours import open_between
from gaita.calendar.reckoning import Reckoned, earlier, later, reckon
from gaita.calendar.working import SpecialDay, WorkingCalendar
from gaita.calendar.zone import day_of, ended_day


@dataclass(frozen=True, slots=True)
class StopCost:
    """What a stop of the clock cost: days, working days, time, and working time that would have counted."""

    stop: Stop
    days: int = 0
    working_days: int = 0
    time: timedelta = timedelta()
    working_time: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Explained:
    """How a due moment came about; ``gaita.texts.words`` says it.

    ``not_counted`` are days that would have counted but for a holiday, a swap or a closure (plain weekends
    are not among them), ``counted_specially`` days that counted though their weekday is not worked. ``stops``
    are all that there were, also those that cost nothing. ``clipped_to`` is the day to which somebody cut the
    due moment back.
    """

    start: datetime
    amounts: tuple[Amount, ...]
    zone: str
    due: datetime | None
    not_counted: tuple[SpecialDay, ...]
    counted_specially: tuple[SpecialDay, ...]
    stops: tuple[StopCost, ...]
    provisional: bool
    calendar: str | None = None
    known_until: date | None = None
    clipped_to: date | None = None
    before: Amount | None = None
    """How long before ``start``, a point in time, it was to be; ``amounts`` were granted on top."""
    granted: bool = False
    """Whether all ``amounts`` were granted on top of a point in time, or of what lies before it."""


@dataclass(slots=True)
class _Account:
    """What is gathered while the chain of amounts is walked once more."""

    zone: str
    calendar: WorkingCalendar | None
    costs: list[StopCost]
    not_counted: dict[date, SpecialDay] = field(default_factory=dict[date, SpecialDay])
    counted_specially: dict[date, SpecialDay] = field(default_factory=dict[date, SpecialDay])

    def count(self, anchor: Anchor, last: int, *, working: bool) -> None:
        """Account for the days after the anchor's, up to the one of this ordinal."""
        calendar = self.calendar if working else None
        stood: list[tuple[int, int]] = []
        for index, cost in enumerate(self.costs):
            begin = max(anchor.last_ticked(cost.stop.since), anchor.day)
            end = last if cost.stop.until is None else min(anchor.last_ticked(cost.stop.until), last)
            if begin >= end:
                continue
            stood.append((begin, end))
            days = days_between(begin, end, calendar)
            if working:
                self.costs[index] = replace(cost, working_days=cost.working_days + days)
            else:
                self.costs[index] = replace(cost, days=cost.days + days)
        if calendar:
            for day in _special_days(calendar, anchor.day + 1, last):
                if not any(begin < day.toordinal() <= end for begin, end in stood):
                    self._note(calendar, day)

    def elapse(self, start: datetime, end: datetime) -> None:
        """Account for exact time between two instants."""
        for index, cost in enumerate(self.costs):
            begin, until = max(cost.stop.since, start), min(cost.stop.until or end, end)
            if begin < until:
                self.costs[index] = replace(cost, time=cost.time + (until - begin))

    def work(self, calendar: WorkingCalendar, start: datetime, end: datetime) -> None:
        """Account for working time between two instants."""
        stood: set[date] = set()
        for index, cost in enumerate(self.costs):
            begin, until = max(cost.stop.since, start), min(cost.stop.until or end, end)
            if begin >= until:
                continue
            opened = open_between(begin, until, self.zone, calendar)
            lost = sum((closing - opening for opening, closing, _ in opened), timedelta())
            self.costs[index] = replace(cost, working_time=cost.working_time + lost)
            first, last = day_of(begin, self.zone).toordinal(), day_of(until, self.zone).toordinal()
            stood.update(_special_days(calendar, first + 1, last - 1))
        last = day_of(end - timedelta(microseconds=1), self.zone).toordinal()
        for day in _special_days(calendar, day_of(start, self.zone).toordinal(), last):
            if day not in stood:
                self._note(calendar, day)

    def _note(self, calendar: WorkingCalendar, day: date) -> None:
        if missed := calendar.why_not(day):
            self.not_counted[day] = missed
        elif gained := calendar.why_worked(day):
            self.counted_specially[day] = gained


def explained(
    start: datetime,
    amounts: Sequence[Amount],
    zone: str,
    calendar: WorkingCalendar | None,
    stops: Sequence[Stop] = (),
    *,
    granted: bool = False,
    clipped_to: date | None = None,
) -> Explained:
    """Return how the moment comes about that ``reckon`` returns for the same arguments.

    ``granted``: all amounts were granted on top of a point, so the first is counted as ``later`` counts it
    too. Raises ``ValueError`` as ``reckon`` does. It walks the chain anew and is made for people to read: it
    is not as fast.
    """
    account = _Account(zone, calendar, [StopCost(stop) for stop in stops])
    begin: datetime | None = start
    whole = Reckoned(start) if granted else reckon(start, amounts, zone, calendar, stops)
    for index, amount in enumerate(amounts):
        if begin is None:
            break
        further = granted or index > 0
        if further:
            step = later(begin, amount, zone, calendar, stops)
        else:
            step = reckon(begin, [amount], zone, calendar, stops)
        if granted:
            whole = Reckoned(step.due, whole.provisional or step.provisional)
        # While the clock stands, what passed until it stopped is accounted for.
        end = step.due or max(stops[-1].since, begin)
        if amount.working_microseconds and calendar:
            account.work(calendar, begin, end)
        else:
            anchor = later_anchor(begin, zone) if further else first_anchor(begin, amount, zone)
            middle: datetime | None = begin
            if amount.months or amount.days or amount.working_days:
                working = calendar if amount.working_days else None
                day = counted_day(anchor, days_of(amount, anchor.day), working, stops)
                account.count(anchor, anchor.last_ticked(end) if day is None else day, working=bool(working))
                middle = None if day is None else anchor.tick(day)
            if amount.microseconds and middle:
                account.elapse(middle, end)
        begin = step.due
    return Explained(
        start=start,
        amounts=tuple(amounts),
        zone=zone,
        due=whole.due,
        not_counted=tuple(account.not_counted[day] for day in sorted(account.not_counted)),
        counted_specially=tuple(account.counted_specially[day] for day in sorted(account.counted_specially)),
        stops=tuple(account.costs),
        provisional=whole.provisional,
        calendar=calendar.name if calendar else None,
        known_until=calendar.known_until if calendar else None,
        clipped_to=clipped_to,
        granted=granted,
    )


def explained_before(
    point: datetime,
    before: Amount,
    amounts: Sequence[Amount],
    zone: str,
    calendar: WorkingCalendar | None,
    *,
    clipped_to: date | None = None,
) -> Explained:
    """Return how a moment comes about that lies an amount before a point, with those granted on top.

    Raises ``ValueError`` as ``earlier`` does.
    """
    led_back = earlier(point, before, zone, calendar)
    forward = explained(led_back.due or point, amounts, zone, calendar, granted=True, clipped_to=clipped_to)
    not_counted, counted_specially = forward.not_counted, forward.counted_specially
    if calendar is not None and before.is_working and led_back.due is not None:
        # The point's own day is not looked at: an end of a day belongs to the day that ends.
        own = ended_day(point, zone) or day_of(point, zone)
        first, last = day_of(led_back.due, zone).toordinal(), own.toordinal() - 1
        days = tuple(_special_days(calendar, first, last))
        not_counted = (*(calendar.off[day] for day in days if day in calendar.off), *not_counted)
        counted_specially = (*(calendar.on[day] for day in days if day in calendar.on), *counted_specially)
    return replace(
        forward,
        start=point,
        not_counted=not_counted,
        counted_specially=counted_specially,
        provisional=forward.provisional or led_back.provisional,
        before=before,
    )


def _special_days(calendar: WorkingCalendar, first: int, last: int) -> Iterator[date]:
    for day in sorted({*calendar.off, *calendar.on}):
        if first <= day.toordinal() <= last:
            yield day
