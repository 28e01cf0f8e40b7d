"""Small workflows, which between them use all that the language has: what mutations begin from."""

from tests.gaita.building import HEAD

FIELDS = (
    HEAD
    + """
[data]
n = { type = "integer", min = -3, max = 90, default = 1, by = "clerk" }
x = { type = "number", min = 0.5, by = ["clerk"] }
f = { type = "boolean", default = false, by = "clerk" }
kind = { type = "choice", of = { a = "A", b = { lv = "B", en = "B" } }, by = "clerk" }
day = { type = "date", default = "2024-05-01", by = "clerk" }
month = { type = "month", by = "clerk" }
moment = { type = "moment", by = "clerk" }
words = { type = "list", of = "string", by = "clerk" }
marks = { type = "map", of = "data.kind", by = "clerk" }
scores = { type = "map", of = "number", by = "clerk" }
name = { type = "string", personal = true, by = "clerk" }
[roles.clerk]
contact = "data.name"
[states.a]
[states.z]
final = true
verdict = "done"
[events.count]
payload = { n = { type = "integer", min = 1 }, day = { type = "date", optional = true } }
[events.end]
[[transitions]]
event = "count"
from = "a"
set = { n = "data.n + event.n", day = "event.day", x = "double(event.n) / 2.0" }
guard = ["data.n * event.n < 1000", { id = "day", check = "!has(event.day) || event.day > today" }]
[[transitions]]
event = "end"
from = "a"
to = "z"
by = "clerk"
guard = [
  { id = "kind", check = "data.kind in ['a', 'b'] && data.marks['1'] == 'a'", why = { lv = "Veids" } },
  { id = "moment", check = "data.moment + duration('48h') <= now || data.month >= '2024-04'" },
  { id = "words", check = "data.words.exists(w, w.startsWith('ā')) || size(data.scores) > 1" },
]
"""
)

DEADLINES = (
    HEAD
    + """calendar = "LV"
horizon = 2026-06-30
past_timers = "fire"
[data]
day = { type = "date", by = "clerk" }
moment = { type = "moment", by = "clerk" }
month = { type = "month", by = "clerk" }
[roles]
clerk = {}
chief = {}
[horizon]
remind = [{ before = "3 months", to = "clerk" }]
to = "chief"
fire = "end"
[states.a.deadlines.one]
within = "20 working days"
remind = [{ before = "5 working days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "3 days", to = "chief" }, { after = "10 working days", fire = "go" }]
pause_in = "hold"
pause_by = "chief"
extend_by = "chief"
extend_at_most = "20 working days"
[states.a.deadlines.two]
every = "1 month"
from = "start"
through = "b"
met_by = "report"
escalate = [{ to = "clerk" }, { after = "2 days", to = "chief" }]
catch_up = "once"
[states.a.deadlines.three]
at = "data.day"
before = "3 days"
escalate = [{ to = "clerk", fire = "go" }]
[states.b.deadlines.four]
within = "8 working hours"
from = "data.moment"
escalate = [{ to = "clerk" }]
[states.b.deadlines.five]
at = "data.month"
remind = [{ before = "1 week", to = "clerk" }]
[states.b.deadlines.six]
within = "2 months 3 days"
from = "first a"
escalate = [{ fire = "go" }]
[states.b.deadlines.seven]
at = 2025-03-30
escalate = [{ to = "chief" }]
[states.b.deadlines.eight]
every = "26 hours"
from = "last a"
escalate = [{ to = "clerk" }]
[states.b.deadlines.nine]
within = "1 day 12 hours"
from = "data.moment"
[states.hold]
[states.z]
final = true
[events]
go = {}
hold = {}
back = {}
report = {}
end = {}
[[transitions]]
event = "go"
from = "a"
to = "b"
[[transitions]]
event = "go"
from = "b"
to = "a"
[[transitions]]
event = "hold"
from = ["a", "b"]
to = "hold"
[[transitions]]
event = "back"
from = "hold"
to = "previous"
[[transitions]]
event = "report"
from = "any"
[[transitions]]
event = "end"
from = "any"
to = "z"
"""
)

NESTED = (
    HEAD
    + """horizon = 2025-01-01
[data]
n = { type = "integer", default = 0 }
day = { type = "date" }
[roles.clerk]
[horizon]
close_to = "z"
[states.a]
initial = "one"
[states.a.deadlines.whole]
within = "30 hours"
escalate = [{ fire = "go" }, { after = "1 hour", fire = "end" }]
[states.a.states.one]
[states.a.states.two]
initial = "deep"
[states.a.states.two.states.deep.deadlines.part]
within = "1 day"
from = "data.day"
escalate = [{ fire = "again" }]
[states.z]
final = true
[events.go]
payload = { day = { type = "date", optional = true } }
[events.again]
[events.end]
[[transitions]]
event = "go"
from = "one"
to = "two"
set = { n = "data.n + 1", day = "event.day" }
[[transitions]]
event = "go"
from = "a"
to = "a"
set = { n = "data.n + 1" }
[[transitions]]
event = "again"
from = "deep"
to = "deep"
[[transitions]]
from = "a"
to = "z"
guard = "data.n > 3"
[[transitions]]
event = "end"
from = "any"
to = "z"
"""
)

SMALL = (FIELDS, DEADLINES, NESTED)
