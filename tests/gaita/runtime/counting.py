"""What the tests of deadlines by calendars share: a workflow that counts working days, and calendars."""

from datetime import date

from gaita.calendar import Closure, WorkingCalendar, public_calendar
from gaita.ports import Clock
from gaita.runtime import Engine
from tests.gaita.building import at, heading

THURSDAY = at("2024-04-25T09:00")
"""12:00 in Riga. Twenty working days from then end with Monday 2024-05-27."""
DECISION = "open.decision"

PERMIT = (
    heading("permit", "open", calendar="LV")
    + """
[roles.clerk]
[roles.chief]
[data.ends_on]
type = "date"
by = "clerk"
[states.open]
[states.open.deadlines.decision]
within = "20 working days"
remind = [{ before = "5 working days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "3 working days", to = "chief" }]
pause_by = "chief"
extend_by = "chief"
extend_at_most = "10 working days"
[states.open.deadlines.filing]
at = "data.ends_on"
before = "5 working days"
escalate = [{ to = "clerk" }]
[states.end]
final = true
[events.finish]
[[transitions]]
event = "finish"
from = "any"
to = "end"
by = "chief"
"""
)

OTHER = (
    PERMIT.replace('id = "permit"', 'id = "other"')
    .replace('calendar = "LV"', 'calendar = "EE"')
    .replace("20 working days", "21 working days")
)


def latvia(*closed: str, known_until: str = "2024-12-31") -> WorkingCalendar:
    """Return Latvia's calendar, with closures of a day each."""
    days = [date.fromisoformat(each) for each in closed]
    return public_calendar(
        "LV",
        closures=[Closure(each, each, {"en": "Moving house"}) for each in days],
        known_until=date.fromisoformat(known_until),
    )


ESTONIA = public_calendar("EE", known_until=date(2024, 12, 31))
LATVIA = latvia()
CLOSED = latvia("2024-05-13", "2024-05-14")
"""Two working days less: what was due on 2024-05-27 is due on 2024-05-29."""


def engine_on(url: str, clock: Clock, *calendars: WorkingCalendar) -> Engine:
    """Return an engine whose settings want these calendars."""
    return Engine(url, clock=clock, calendars=calendars or (LATVIA, ESTONIA))
