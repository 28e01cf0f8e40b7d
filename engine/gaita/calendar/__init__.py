"""The calendar: the only place that does arithmetic with days, months, zones and working time.

It reads no clock. Every instant taken or given is an aware ``datetime`` in UTC; a zone is an IANA name,
e.g. ``Europe/Riga``. "By the end of a day" means before the next 00:00 in the zone: the due instant is
that 00:00 itself, and is shown as the day that ends there.
"""

from gaita.calendar.amount_reading import UnreadableAmount, parse_amount
from gaita.calendar.changes import DayChange, RuleChanges, calendar_changes, rule_changes
from gaita.calendar.explaining import Explained, StopCost, explained, explained_before
from gaita.calendar.public import Closure, public_calendar
from gaita.calendar.reckoning import Reckoned, Stop, earlier, later, reckon
from gaita.calendar.working import SpecialDay, WorkingCalendar
from gaita.calendar.zone import (
    FIRST,
    LAST,
    after,
    day_of,
    due_day_text,
    effective_moment,
    end_of_day,
    end_of_month,
    moment_on,
    shift,
    today_text,
    zone_exists,
    zone_loads,
    zone_names,
)

__all__ = [
    "FIRST",
    "LAST",
    "Closure",
    "DayChange",
    "Explained",
    "Reckoned",
    "RuleChanges",
    "SpecialDay",
    "Stop",
    "StopCost",
    "UnreadableAmount",
    "WorkingCalendar",
    "after",
    "calendar_changes",
    "day_of",
    "due_day_text",
    "earlier",
    "effective_moment",
    "end_of_day",
    "end_of_month",
    "explained",
    "explained_before",
    "later",
    "moment_on",
    "parse_amount",
    "public_calendar",
    "reckon",
    "rule_changes",
    "shift",
    "today_text",
    "zone_exists",
    "zone_loads",
    "zone_names",
]
