"""A small case in two languages, and notices, needs and digests about it as the engine would compose them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from gaita import (
    Deadline,
    Digest,
    Explained,
    Explanation,
    FeedEntry,
    Instance,
    Message,
    Need,
    Notice,
    Recipient,
    Rule,
    Upcoming,
    Workflow,
)
from gaita.calendar import explained as explain_due
from gaita.calendar import shift
from gaita.model.workflow import Within
from gaita.step import Facts, possibilities
from tests.gaita.building import Life, workflow

START = datetime(2024, 3, 4, 9, tzinfo=UTC)
"""A Monday; 11:00 in Riga."""

TRIAL = """
language = 1
[workflow]
id = "trial"
title = { lv = "Prototipa izmēģinājums", en = "Trial of a prototype" }
initial = "test"
time_zone = "Europe/Riga"
[data.problem]
type = "string"
title = { lv = "Risināmā problēma", en = "Problem to be solved" }
by = "lead"
[data.owner]
type = "string"
personal = true
title = { lv = "Īpašnieks", en = "Owner" }
by = "lead"
[data.users]
type = "integer"
default = 0
title = { lv = "Lietotāji, kas to izmēģinājuši", en = "Users who tried it" }
by = "lead"
[data.score]
type = "number"
title = { lv = "Vērtējums", en = "Score" }
by = "lead"
[data.agreed]
type = "boolean"
default = false
title = { lv = "Saskaņots", en = "Agreed" }
by = "lead"
[roles]
lead = { title = { lv = "Laboratorijas vadītājs", en = "Head of the laboratory" } }
office = { title = { lv = "Valsts kanceleja", en = "State Chancellery" } }
[states.test]
title = { lv = "Izmēģinājums laboratorijā", en = "Lab test" }
[states.test.deadlines.results]
title = { lv = "Izmēģinājuma rezultāti", en = "Results of the test" }
within = "4 months"
remind = [{ before = "14 days", to = "lead" }]
escalate = [
  { to = "lead" },
  { after = "30 days", to = ["lead", "office"] },
  { after = "2 months", to = "office", fire = "retire" },
]
[states.pilot]
title = { lv = "Izmēģinājums vidē", en = "Field pilot" }
[states.hold]
title = { lv = "Apturēts", en = "On hold" }
[states.done]
title = { lv = "Noslēgts", en = "Retired" }
final = true
verdict = "closed"
[events.renew]
title = { lv = "Sākt no jauna", en = "Begin anew" }
[events.pilot]
title = { lv = "Sākt izmēģinājumu vidē", en = "Start the field pilot" }
payload = { ends_on = { type = "date" } }
[events.retire]
title = { lv = "Noslēgt", en = "Retire" }
[events.suspend]
title = { lv = "Apturēt", en = "Put on hold" }
[[transitions]]
event = "renew"
from = "test"
to = "test"
[[transitions]]
event = "pilot"
from = "test"
to = "pilot"
by = "lead"
[[transitions.guard]]
id = "users"
check = "data.users >= 30"
why = { lv = "Trīsdesmit lietotāji to izmēģinājuši", en = "Thirty users have tried it" }
[[transitions.guard]]
id = "score"
check = "data.score >= 3.0"
why = { lv = "Vērtējums ir vismaz 3 no 5", en = "The score is at least 3 of 5" }
[[transitions.guard]]
id = "ends"
check = "event.ends_on > today"
why = { lv = "Beigu diena ir nākotnē", en = "The last day is in the future" }
[[transitions]]
event = "retire"
from = "any"
to = "done"
by = "office"
[[transitions.guard]]
id = "agreed"
check = "data.agreed"
why = { lv = "Tas ir saskaņots", en = "It is agreed" }
[[transitions.guard]]
id = "owner"
check = "data.owner != 'nobody'"
why = { lv = "Ir īpašnieks", en = "There is an owner" }
[[transitions]]
event = "suspend"
from = "test"
to = "hold"
by = ["lead", "office"]
"""


def life(text: str = TRIAL, **data: object) -> Life:
    """Return a case that was started on 4 March 2024: its deadline is 4 July."""
    return Life(workflow(text), START, data=data)


def deadline_of(lived: Life) -> Deadline:
    return lived.instance.deadlines[0]


def notice_on(
    lived: Life,
    index: int,
    role: str,
    *,
    at: datetime | None = None,
    language: str | None = None,
    stands_in_for: str | None = None,
    deadline: Deadline | None = None,
    folded: tuple[int, ...] = (),
) -> Notice:
    """Return the notice of a moment of the case's first deadline, as it is sent at that moment."""
    found = deadline or deadline_of(lived)
    rule = lived.workflow.rules[found.rule]
    moments = [_at(lived.workflow, rule, found, each) for each in range(len(rule.moments))]
    now = at or moments[index]
    message = Message(
        "one-1", rule.moments[index].kind, role, lived.instance.id, lived.workflow.key, "test", found.rule,
        found.number, index, found.due, now, folded,
    )  # fmt: skip
    still_open = any(each.number == found.number for each in lived.instance.deadlines)
    return Notice(
        "one-1",
        message,
        Recipient("anna", "Anna Kalniņa", role, {"email": "anna@example.lv"}, language, stands_in_for),
        lived.workflow,
        lived.instance,
        asked(lived.workflow, lived.instance, role, now),
        explained(lived.workflow, found) if still_open else None,
        tuple(
            Upcoming(moment, rule.moments[place])
            for place, moment in enumerate(moments)
            if place > index and still_open
        ),
        now,
    )


def asked(declared: Workflow, instance: Instance, role: str, now: datetime) -> Mapping[str, Explanation]:
    return possibilities(declared, instance, frozenset([role]), Facts(now))


def explained(declared: Workflow, deadline: Deadline) -> Explained:
    due = declared.rules[deadline.rule].due
    assert isinstance(due, Within)
    return explain_due(deadline.since, [due.amount], declared.zone, None)


def need_of(lived: Life, role: str, *, now: datetime = START, deadline: Deadline | None = None) -> Need:
    found = deadline or deadline_of(lived)
    return Need(
        lived.workflow,
        lived.instance,
        found,
        explained(lived.workflow, found),
        asked(lived.workflow, lived.instance, role, now),
    )


def digest_of(*needs: Need, role: str = "lead", at: datetime, language: str | None = None) -> Digest:
    recipient = Recipient("anna", "Anna Kalniņa", role, {}, language)
    return Digest("digest-1", recipient, at, "Europe/Riga", needs)


def entry_of(lived: Life, *, role: str = "lead", turns: int = 1) -> FeedEntry:
    """Return the case's first open deadline, for a feed."""
    found = deadline_of(lived)
    return FeedEntry(
        lived.workflow, lived.instance.id, found.rule, found.occurrence, found.number, found.due,
        found.armed_at, turns, need_of(lived, role, deadline=found),
    )  # fmt: skip


def _at(declared: Workflow, rule: Rule, deadline: Deadline, index: int) -> datetime:
    moment = rule.moments[index]
    sign = -1 if moment.kind == "reminder" else 1
    return shift(deadline.due, moment.offset, declared.zone, sign) if moment.kind != "due" else deadline.due
