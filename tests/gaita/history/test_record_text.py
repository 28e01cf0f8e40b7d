"""Records in words: who did what, with which values, and what came of it."""

from dataclasses import replace
from datetime import timedelta

from gaita.history import GENESIS, Ledger, RecordText, chain, ledgers, record_texts
from gaita.texts import explanation_text
from tests.gaita.building import HEAD, T0, Life, at, workflow

PERMIT = (
    HEAD
    + """
[roles.clerk]
title = { en = "Clerk", lv = "Lietvedis" }
[roles.chief]
title = { en = "Chief", lv = "Vadītājs" }
[data.kind]
type = "choice"
of = { new = { en = "New building", lv = "Jaunbūve" }, old = { en = "Rebuilding", lv = "Pārbūve" } }
title = { en = "Kind of work", lv = "Darba veids" }
by = "clerk"
[data.name]
type = "string"
title = { en = "Applicant", lv = "Iesniedzējs" }
personal = true
by = "clerk"
[data.visits]
type = "integer"
default = 0
title = { en = "Visits", lv = "Apmeklējumi" }
[states.a]
title = { en = "In review", lv = "Izskatīšana" }
[states.a.deadlines.decision]
title = { en = "Decision", lv = "Lēmums" }
within = "10 days"
pause_in = "waiting"
pause_by = "chief"
extend_by = "chief"
extend_at_most = "30 days"
remind = [{ before = "3 days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "5 days", to = "chief", fire = "close" }]
[states.waiting]
title = { en = "Waiting for papers", lv = "Gaida dokumentus" }
[states.end]
title = { en = "Closed", lv = "Slēgts" }
final = true
[events.ask]
title = { en = "Ask for papers", lv = "Pieprasīt dokumentus" }
[events.back]
title = { en = "Papers are here", lv = "Dokumenti saņemti" }
[events.visit]
title = { en = "Visit", lv = "Apmeklēt" }
payload = { times = { type = "integer", title = { en = "How often", lv = "Cik reižu" } } }
[events.close]
title = { en = "Close", lv = "Slēgt" }
[[transitions]]
event = "ask"
from = "a"
to = "waiting"
[[transitions]]
event = "back"
from = "waiting"
to = "a"
[[transitions]]
event = "visit"
from = "a"
set = { visits = "data.visits + event.times" }
[[transitions]]
event = "close"
from = "a"
to = "end"
guard = [{ id = "new", check = "data.kind == 'new'", why = { en = "A new building", lv = "Jaunbūve" } }]
"""
)

DECISION = "a.decision"


def texts(life: Life, language: str = "en") -> list[RecordText]:
    return list(record_texts(life.workflow, chain(life.workflow, life.outcomes, GENESIS), language))


def ledger(life: Life) -> Ledger:
    return ledgers(life.workflow, "one", chain(life.workflow, life.outcomes, GENESIS))[0]


def stopped_twice() -> Life:
    life = Life(workflow(PERMIT))
    life.taken("ask", T0 + timedelta(days=1))
    life.pause(DECISION, T0 + timedelta(days=2))
    life.taken("back", T0 + timedelta(days=3))
    life.resume(DECISION, T0 + timedelta(days=4))
    return life


def test_what_was_done_and_its_values_are_told_by_their_titles() -> None:
    life = Life(workflow(PERMIT))
    life.set(roles="clerk", kind="old", name="Anna Ozola")
    life.set(roles="clerk", kind="new", name="Zane Ozola")
    life.set(roles="clerk", kind=None)
    life.taken("visit", times=2)
    started, first, changed, cleared, visit = texts(life)
    assert started.what == "Case started"
    assert "state “In review”" in started.came_of_it
    assert "deadline “Decision”: Thursday 14 March 2024" in started.came_of_it
    assert "Visits: 0" in started.came_of_it
    assert (first.what, first.actor) == ("Data changed", "ilze")
    assert first.came_of_it == ("Kind of work: Rebuilding", "Applicant: set (personal, not shown)")
    assert changed.came_of_it[0] == "Kind of work: Rebuilding → New building"
    assert cleared.came_of_it == ("Kind of work: New building → not set",)
    assert visit.what == "“Visit” with How often: 2"
    assert visit.came_of_it == ("stays in “In review”", "Visits: 0 → 2")
    assert "Ozola" not in str(texts(life))


def test_a_clock_that_is_stopped_on_two_grounds_stands_until_both_are_gone() -> None:
    life = stopped_twice()
    told = [[each for each in text.came_of_it if "clock" in each] for text in texts(life)]
    assert told[1:4] == [
        ["the clock of “Decision” is stopped"],
        ["the clock of “Decision” is stopped on one more ground"],
        ["the clock of “Decision” still stands, on another ground"],
    ]
    assert told[4][0].startswith("the clock of “Decision” runs again: ")
    assert [(each.kind, each.stopped, each.due is None) for each in ledger(life).entries] == [
        ("armed", False, False),
        ("paused", True, True),
        ("paused", True, True),
        ("resumed", True, True),
        ("resumed", False, False),
    ]


def test_a_clock_that_stands_still_stands_when_its_deadline_is_extended() -> None:
    life = Life(workflow(PERMIT))
    life.pause(DECISION)
    life.extend(DECISION, "2 days")
    paused, extended = texts(life)[1:]
    assert paused.what == "Stop the clock of “Decision”"
    assert paused.came_of_it == ("the clock of “Decision” is stopped", "reason: why")
    assert extended.what == "Extend “Decision” by 2 days"
    assert extended.came_of_it[0] == "“Decision” extended, its clock stands"
    assert ledger(life).entries[-1].stopped


def test_what_fires_says_who_was_notified_and_what_was_refused() -> None:
    life = Life(workflow(PERMIT))
    life.set(roles="clerk", kind="old")
    life.fire_due(at("2024-04-01"))
    reminder, due, rung = texts(life)[2:]
    assert reminder.what.startswith("Reminder of the deadline “Decision” (")
    assert "notified: Clerk" in reminder.came_of_it
    assert due.what.startswith("The deadline “Decision” was due (")
    assert rung.what.startswith("Escalation of the deadline “Decision” (")
    assert "notified: Chief" in rung.came_of_it
    assert "“Close” was refused: a condition is not met" in rung.came_of_it
    assert "not met: A new building (Kind of work: Rebuilding)" in rung.came_of_it
    life.set(at("2024-04-01"), roles="clerk", kind="new")
    life.taken("close", at("2024-04-01"))
    closed = texts(life)[-1]
    assert "“In review” → “Closed”" in closed.came_of_it
    assert "decided on Kind of work: New building" in closed.came_of_it
    assert any(each.startswith("the deadline “Decision” was missed (") for each in closed.came_of_it)


def test_a_record_is_one_sentence_whether_or_not_anything_came_of_it() -> None:
    life = Life(workflow(PERMIT))
    life.set(roles="clerk", kind="old")
    told = texts(life)[1]
    assert told.sentence("Europe/Riga", "en").endswith("ilze: Data changed: Kind of work: Rebuilding.")
    assert replace(told, came_of_it=()).sentence("Europe/Riga", "en").endswith("ilze: Data changed.")


def test_what_was_missed_before_the_last_moment_is_told_with_it() -> None:
    life = Life(workflow(PERMIT.replace('within = "10 days"', 'within = "10 days"\ncatch_up = "once"')))
    life.fire_due(at("2024-04-01"))
    (told,) = texts(life)[1:]
    assert told.what.startswith("Escalation of the deadline “Decision” (")
    assert told.came_of_it[0].startswith("Reminder of the deadline “Decision” (")
    assert told.came_of_it[1].startswith("The deadline “Decision” was due (")


def test_a_condition_that_reads_the_time_says_which_day_it_was() -> None:
    guard = "check = \"data.kind == 'new'\""
    life = Life(workflow(PERMIT.replace(guard, "check = \"today > '2025-01-01'\"")))
    life.fire("close")
    (told,) = texts(life)[1:]
    assert told.came_of_it[1] == "not met: A new building (today: 4 March 2024)"


def test_a_refusal_says_what_was_asked_and_why_not() -> None:
    life = Life(workflow(PERMIT))
    life.fire("close")
    life.pause(DECISION, roles="clerk")
    life.set(kind="new")
    event, clock, data = texts(life)[1:]
    assert event.what == "Refused: “Close”"
    assert event.came_of_it == ("a condition is not met", "not met: A new building")
    assert clock.what == "Refused: Stop the clock of “Decision”"
    assert clock.came_of_it[0] == "the actor has none of the roles that may do it"
    assert data.what == "Refused: A change of Kind of work"


def test_an_adoption_says_since_when() -> None:
    life = Life(workflow(PERMIT), state="a", since=at("2024-03-01T10:00"))
    (adopted,) = texts(life)
    assert adopted.what == "Case taken over, in this state since 1 March 2024 at 12:00"
    assert "deadline “Decision”: Monday 11 March 2024" in adopted.came_of_it
    assert adopted.sentence("Europe/Riga", "en").startswith("4 March 2024 at 11:00, ")


def test_a_life_is_told_in_latvian() -> None:
    life = stopped_twice()
    life.set(T0 + timedelta(days=4), roles="clerk", kind="old")
    life.set(T0 + timedelta(days=4), roles="clerk", kind="new")
    told = texts(life, "lv")
    assert told[1].what == "„Pieprasīt dokumentus”"
    assert "„Izskatīšana” → „Gaida dokumentus”" in told[1].came_of_it
    assert "termiņa „Lēmums” tecējums joprojām ir apturēts cita iemesla dēļ" in told[3].came_of_it
    assert told[6].came_of_it == ("Darba veids: Pārbūve → Jaunbūve",)


def test_an_explanation_reads_as_text_with_choices_by_their_titles() -> None:
    life = Life(workflow(PERMIT))
    life.set(roles="clerk", kind="old")
    explanation = life.refused("close").explanation
    assert explanation_text(explanation, life.workflow, instance="one").splitlines() == [
        "✗ Close [close] for one in state In review [a]: refused: a condition is not met",
        "  transition 4, to Closed [end]: a condition is not met",
        "    ✗ A new building",
        "      data.kind == 'new'   (Kind of work [data.kind] = Rebuilding)",
        "  To go on: A new building.",
    ]
    latvian = explanation_text(explanation, life.workflow, "lv", asked=True).splitlines()
    assert (
        latvian[0]
        == "✗ Slēgt [close], posms Izskatīšana [a]: darbību veikt nevarētu: nav izpildīts nosacījums"
    )
    assert latvian[-1] == "  Tālākai virzībai: Jaunbūve."
