"""Every fault of the language: its code, and the very characters that it points at.

Each case changes one valid workflow. The characters that the fault must point at stand between « and »,
which are taken out again; a case has as many pairs as faults, and no fault beside them is accepted.
"""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from gaita.calendar import public_calendar
from gaita.language import check
from gaita.language.report import MEANINGS

VALID = """\
language = 1

[workflow]
id = "case"
initial = "open"
time_zone = "Europe/Riga"
horizon = 2025-06-30

[data]
users = { type = "integer", default = 0 }
until = { type = "date" }

[roles.lead]

[states.open]
title = { lv = "Atvērts", en = "Open" }

[states.open.deadlines.answer]
within = "30 days"
remind = ["5 days"]
escalate = [{ to = "lead" }, { after = "10 days", fire = "close" }]

[states.group]
initial = "first"
[states.group.states.first]
[states.group.states.second]

[states.closed]
final = true
verdict = "done"

[events.go]
payload = { count = { type = "integer" } }

[events.close]

[[transitions]]
event = "go"
from = "open"
to = "group"
by = ["lead"]
guard = ["data.users > 3", { id = "few", check = "event.count < 5", why = "Few" }]
set = { users = "event.count" }

[[transitions]]
event = "go"
from = "group/first"
to = "second"

[[transitions]]
event = "close"
from = "any"
to = "closed"
"""


@dataclass(frozen=True)
class Case:
    """A workflow with a fault: text replaced in the valid one, text added at its end."""

    code: str
    change: dict[str, str] = field(default_factory=dict)
    add: str = ""
    whole: str | None = None


def moved(add: str) -> str:
    """Return a transition with the lines given."""
    return f"\n[[transitions]]\n{add}\n"


SIDES = """
[states.side.regions.legal]
initial = "review"
[states.side.regions.legal.states.review]
[states.side.regions.legal.states.passed]
final = true
[states.side.regions.users]
initial = "asked"
[states.side.regions.users.states.asked]
[states.side.regions.users.states.tried]
final = true
""" + "".join(
    moved(f'event = "go"\nfrom = "{source}"\nto = "{target}"')
    for source, target in (("second", "side"), ("review", "passed"), ("asked", "tried"))
)


def beside(code: str, add: str = "", *changes: tuple[str, str], language: int = 2) -> Case:
    """Return the valid workflow with a state of two regions, and something wrong with them."""
    sides = SIDES
    for before, after in changes:
        assert before in sides
        sides = sides.replace(before, after, 1)
    return Case(code, {"language = 1": f"language = {language}"}, sides + add)


TEXTS = Path(__file__).with_name("case_texts.toml")
CALENDARS = {"LV": public_calendar("LV", known_until=date(2026, 12, 31))}

CASES = {
    # the file
    "a file of more than a megabyte": Case("file-size", whole="«»" + "#" * (1024 * 1024 + 1)),
    "a file of fifty thousand words": Case("file-size", whole="a = [\n" + "1,\n" * 49_999 + "«»1,\n]"),
    "lists thirty-three deep": Case("nesting", whole="a = " + "[" * 32 + "«[»" + "]" * 33),
    "a key of forty parts": Case("nesting", whole="a" + ".a" * 31 + "«.»a.a = 1"),
    "a value left out": Case("syntax", {'verdict = "done"': "verdict =«\n»"}),
    "a text not closed": Case("syntax", {'verdict = "done"': 'verdict = "done«\n»'}),
    "a list not closed": Case(
        "syntax", {'remind = ["5 days"]': 'remind = ["5 days"', "escalate": "«e»scalate"}
    ),
    "a mark that turns the text around": Case("characters", {'"Atvērts"': '«"At\u202evērts"»'}),
    "a control character by its code": Case("characters", {'"Atvērts"': '«"At\\u0007"»'}),
    "a title of two lines": Case("characters", {'"Atvērts"': '«"""At\nvērts"""»'}),
    "a choice with a tab": Case(
        "characters", {"[roles.lead]": 'kind = { type = "choice", of = [«"a\\tb"»] }\n\n[roles.lead]'}
    ),
    "a table declared twice": Case("syntax", add="«[states.open]»\n"),
    "a key given twice": Case("syntax", {'id = "case"': 'id = "case"\n«id = "other"»'}),
    "a key without a value": Case("syntax", {"final = true": "final«\n»"}),
    "a single backslash": Case("syntax", {'"Few"': '"Few «\\q»"'}),
    "text behind a value": Case("syntax", {"final = true": "final = true «i»ndeed"}),
    "an inline table over two lines": Case("syntax", {"{ count = {": "{«\n» count = {"}),
    "a number beyond what JSON holds": Case("number", {"default = 0": "default = «9007199254740993»"}),
    "a number that is none": Case("number", {"default = 0": "default = «nan»"}),
    "too many states": Case(
        "too-many", add="".join(f"[states.s{n}]\n" for n in range(1995)) + "[states.«t»]"
    ),
    "a bound without end": Case("number", {'type = "date"': 'type = "integer", min = «-inf»'}),
    "a bound that is none": Case("number", {'type = "date"': 'type = "number", max = «nan»'}),
    # shape
    "a key mistyped": Case("unknown-key", {"final = true": "«fianl» = true"}),
    "a key of a later release": Case("unknown-key", {"language = 1": "language = 1\n[«limits»]\n"}),
    "a key at the top": Case("unknown-key", {"language = 1": 'language = 1\n«titel» = "A"'}),
    "a key left out of a table": Case(
        "missing-key", {"[workflow]": "[«workflow»]", 'initial = "open"\n': ""}
    ),
    "a key left out of an inline table": Case("missing-key", {'{ type = "date" }': "«{ }»"}),
    "a key left out of a transition": Case("missing-key", add='[[«transitions»]]\nevent = "close"\n'),
    "no language": Case("missing-key", {"language = 1\n": "«»"}),
    "a number for a text": Case("wrong-type", {'verdict = "done"': "verdict = «3»"}),
    "a text for true": Case("wrong-type", {"final = true": 'final = «"true"»'}),
    "a moment for a date": Case("wrong-type", {"horizon = 2025-06-30": "horizon = «2025-06-30T10:00:00Z»"}),
    "a number for a guard": Case("wrong-type", {'["data.users > 3", {': '["data.users > 3", «3», {'}),
    "a language not known": Case("wrong-value", {"language = 1": "language = «3»"}),
    "a type not known": Case("wrong-value", {'type = "date"': 'type = «"day"»'}),
    "a policy not known": Case("wrong-value", {"[workflow]": '[workflow]\npast_timers = «"drop"»'}),
    "an empty list": Case("wrong-value", {'by = ["lead"]': "by = «[]»"}),
    "a name with a capital": Case("bad-name", add="[states.«Open»]\n"),
    "a title in no language": Case("bad-name", {"{ lv = ": "{ «Latvian» = "}),
    "a workflow's name with a space": Case("bad-name", {'id = "case"': 'id = «"a case"»'}),
    "a state called any": Case(
        "reserved-name", add="[states.«any»]\nfinal = true" + moved('from="open"\nto="closed"')
    ),
    "a role called engine": Case("reserved-name", add="[roles.«engine»]\n"),
    "a field that guards cannot name": Case("reserved-name", add='[data.«in»]\ntype = "string"\n'),
    # regions
    "regions in version 1": beside(
        "language",
        "",
        ("[states.side.regions.legal]\n", "[states.side.«regions».legal]\n"),
        ("final = true", ""),
        ("final = true", ""),
        language=1,
    ),
    "what is done without anything inside": beside(
        "regions", moved('event = "go"\nfrom = "open"\nto = "side"\n«done» = true')
    ),
    "done where nothing inside is final": beside(
        "regions", moved('event = "go"\nfrom = "group"\nto = "side"\n«done» = true')
    ),
    "a way into another region": beside("regions", moved('event = "go"\nfrom = "asked"\nto = «"passed"»')),
    "states that are never together": beside(
        "regions", moved('event = "go"\nfrom = "open"\nto = ["review", «"passed"»]')
    ),
    "states beside regions": beside(
        "regions",
        "",
        ("[states.side.regions.legal]\n", "[states.side.«states».x]\n[states.side.regions.legal]\n"),
    ),
    "a region of no states": beside(
        "regions",
        "",
        ("[states.side.regions.users]\n", "[states.side.regions.«empty»]\n[states.side.regions.users]\n"),
    ),
    "an initial of regions": beside(
        "initial",
        "",
        (
            "[states.side.regions.legal]\n",
            '[states.side]\n«initial» = "legal"\n[states.side.regions.legal]\n',
        ),
    ),
    "a field set in two regions at once": beside(
        "regions",
        moved('event = "go"\nfrom = "review"\nset = { users = "1" }\nguard = "data.users > 1"')
        + moved('event = "go"\nfrom = "asked"\nset = { «users» = "2" }\nguard = "data.users > 1"'),
        ('event = "go"\nfrom = "review"', 'event = "close"\nfrom = "review"'),
        ('event = "go"\nfrom = "asked"', 'event = "close"\nfrom = "asked"'),
    ),
    "the history of a leaf": beside(
        "regions", moved('event = "go"\nfrom = "side"\nto = "open"\n«history» = true')
    ),
    "a way on from where a region ends": beside(
        "final", moved('event = "go"\nfrom = «"passed"»\nto = "review"')
    ),
    "a verdict of a region": beside("verdict", "", ("final = true", 'final = true\n«verdict» = "won"')),
    "a state asked for that is not there": beside(
        "guard", moved('event = "close"\nfrom = "asked"\nto = "tried"\nguard = \'in_state(«"pased"»)\'')
    ),
    "a state asked for without its name": beside(
        "guard", moved('event = "close"\nfrom = "asked"\nto = "tried"\nguard = \'«in_state»(data.users)\'')
    ),
    # names
    "a state not declared": Case("unknown-state", {'to = "closed"': 'to = «"closde"»'}),
    "a source not declared": Case("unknown-state", {'from = "open"': 'from = ["open", «"opne"»]'}),
    "an initial state not declared": Case("unknown-state", {'initial = "open"': 'initial = «"start"»'}),
    "a name that two states bear": Case(
        "ambiguous-state",
        {'from = "open"': 'from = ["open", «"first"»]'},
        add='[states.other]\ninitial = "first"\n[states.other.states.first]\n',
    ),
    "an event not declared": Case("unknown-event", {'event = "close"': 'event = «"colse"»'}),
    "a fired event not declared": Case("unknown-event", {'fire = "close"': 'fire = «"clsoe"»'}),
    "a role not declared": Case("unknown-role", {'by = ["lead"]': 'by = ["lead", «"chief"»]'}),
    "a role of a rung not declared": Case("unknown-role", {'to = "lead"': 'to = «"chief"»'}),
    "a role of a field not declared": Case(
        "unknown-role", {'type = "date"': 'type = "date", by = «"chief"»'}
    ),
    "a field to set not declared": Case("unknown-field", {"set = { users": "set = { «usres»"}),
    "a deadline's field not declared": Case("unknown-field", {'within = "30 days"': 'at = «"data.untli"»'}),
    "an event without a name": Case(
        "wrong-value", add=moved('event = «""»\nfrom = "open"\nto = "closed"\nguard = "true"')
    ),
    "a source without a name": Case("wrong-value", {'from = "open"': 'from = ["open", «""»]'}),
    "a zone in another case": Case("unknown-zone", {'"Europe/Riga"': '«"europe/riga"»'}),
    "a zone by its path": Case("unknown-zone", {'"Europe/Riga"': '«"/usr/share/zoneinfo/Europe/Riga"»'}),
    "a zone of the machine": Case("unknown-zone", {'"Europe/Riga"': '«"localtime"»'}),
    "a zone beside the database": Case("unknown-zone", {'"Europe/Riga"': '«"posix/Europe/Riga"»'}),
    "a choice that is empty": Case("field", {'type = "date"': 'type = "choice", of = «["a", ""]»'}),
    "a zone not known": Case("unknown-zone", {'"Europe/Riga"': '«"Europe/Rigga"»'}),
    "a source twice": Case("duplicate", {'from = "open"': 'from = ["open", «"open"»]'}),
    "a role twice": Case("duplicate", {'by = ["lead"]': 'by = ["lead", «"lead"»]'}),
    "a clause twice": Case(
        "duplicate",
        {
            '["data.users > 3"': '[{ id = "few", check = "data.users > 3" }',
            'id = "few", check = "event': 'id = «"few"», check = "event',
        },
    ),
    "a transition twice": Case(
        "duplicate", add='[[«transitions»]]\nevent = "close"\nfrom = "any"\nto = "closed"\n'
    ),
    "a reminder twice": Case("duplicate", {'["5 days"]': '["5 days", «"P5D"»]'}),
    "a rung twice": Case(
        "duplicate", {'fire = "close" }': 'fire = "close" }, { after = «"10 days"», to = "lead" }'}
    ),
    "a choice twice": Case("duplicate", {'type = "date"': 'type = "choice", of = ["a", "b", «"a"»]'}),
    "any among others": Case("duplicate", {'from = "open"': 'from = ["open", «"any"»]'}),
    # data
    "choices of a text": Case("field", {'type = "date"': 'type = "string", «of» = ["a"]'}),
    "a choice of nothing": Case("field", {'{ type = "date" }': '«{ type = "choice" }»'}),
    "a list of moments": Case("field", {'type = "date"': 'type = "list", of = «"moment"»'}),
    "bounds of a text": Case("field", {'type = "date"': 'type = "string", «min» = 1'}),
    "bounds the wrong way round": Case("field", {'type = "date"': 'type = "number", min = «3», max = 1'}),
    "half a bound of an integer": Case("field", {'type = "date"': 'type = "integer", min = «0.5»'}),
    "a default of another type": Case("default", {"default = 0": 'default = «"none"»'}),
    "a default out of bounds": Case("default", {"default = 0": "default = «0», min = 1"}),
    # states
    "a compound state without an initial": Case(
        "initial", {"[states.group]": "[states.«group»]", 'initial = "first"\n': ""}
    ),
    "an initial that lies elsewhere": Case("initial", {'initial = "first"': 'initial = «"open"»'}),
    "an initial of a leaf": Case("initial", {"[states.closed]": '[states.closed]\n«initial» = "x"'}),
    "an initial that is final": Case("initial", {'initial = "open"': 'initial = «"closed"»'}),
    "a way out of a final state": Case("final", {'from = "open"': 'from = ["open", «"closed"»]'}),
    "a deadline of a final state": Case("final", add='[states.closed.deadlines.«late»]\nwithin = "3 days"\n'),
    "states in a final state": Case("final", {'initial = "first"': '«final» = true\ninitial = "first"'}),
    "a verdict in mid-life": Case("verdict", {"[states.open]": '[states.open]\n«verdict» = "won"'}),
    "a verdict near the one that has a meaning": Case(
        "verdict", {'verdict = "done"': 'verdict = «"withdrawm"»'}
    ),
    "that verdict with a capital": Case("verdict", {'verdict = "done"': 'verdict = «"Withdrawn"»'}),
    "a word that means the same": Case("verdict", {'verdict = "done"': 'verdict = «"canceled"»'}),
    "a state out of reach": Case("unreachable", add="[states.«island»]\n"),
    "states inside out of reach": Case(
        "unreachable", {'to = "second"': 'to = "closed"', "states.second]": "states.«second»]"}
    ),
    "a state without a way out": Case(
        "no-way-out", {'from = "any"': 'from = ["open", "first"]', "states.second]": "states.«second»]"}
    ),
    # expressions
    "a guard that does not parse": Case("guard", {'"data.users > 3"': '"data.users >« »"'}),
    "a guard of mixed types": Case("guard", {'"data.users > 3"': "\"data.users «>» 'ā'\""}),
    "a guard behind Latvian letters": Case(
        "guard", {'"data.users > 3"': "\"'ā' != '' && data.«u»sesr > 1\""}
    ),
    "a guard behind escapes": Case(
        "guard", {'"data.users > 3"': '"\\u0027\\t\\u0027 != \\"\\" && data.«u»sesr > 1"'}
    ),
    "a guard over several lines": Case(
        "guard", {'"data.users > 3"': '"""\n  true &&\\\n  true\n  && data.«u»sesr > 1"""'}
    ),
    "a guard that is no condition": Case("guard", {'"data.users > 3"': '"«d»ata.users"'}),
    "an automatic transition that reads the time": Case(
        "guard", add=moved('from = "open"\nto = "closed"\nguard = "«t»oday > \'2025-01-01\'"')
    ),
    "an automatic transition that reads an event": Case(
        "guard", add=moved('from = "open"\nto = "closed"\nguard = "«e»vent.count > 1"')
    ),
    "a value of another type": Case("set", {'"event.count" }': '"«s»tring(event.count)" }'}),
    "an automatic transition for a role": Case(
        "automatic", add=moved('from = "open"\nto = "closed"\n«by» = "lead"\nguard = "data.users > 9"')
    ),
    "an automatic circle": Case(
        "endless",
        add='[[«transitions»]]\nfrom = "open"\nto = "second"\n' + moved('from = "second"\nto = "open"'),
    ),
    "an automatic transition for ever": Case(
        "endless", add='[[«transitions»]]\nfrom = "open"\nguard = "data.users > 1"\n'
    ),
    "a transition hidden by another": Case(
        "overlap", add='[[«transitions»]]\nevent = "go"\nfrom = "first"\nto = "closed"\n'
    ),
    "an event that nobody uses": Case("unused-event", add="[events.«sleep»]\n"),
    # advice
    "a condition on a field that nobody can set": Case(
        "never-set", {'"data.users > 3"': '«"data.until < today"»'}
    ),
    "a deadline of which nobody hears": Case(
        "unheard", add='[states.group.deadlines.«quiet»]\nwithin = "3 days"\n'
    ),
    "a timer that goes round in a circle": Case(
        "circle",
        add='[states.group.states.first.deadlines.«round»]\nwithin = "1 day"\nfrom = "start"\n'
        'escalate = [{ fire = "again" }]\n[events.again]\n'
        + moved('event="again"\nfrom="first"\nto="first"'),
    ),
    # deadlines
    "an amount that cannot be read": Case("amount", {'"30 days"': '«"30 dayz"»'}),
    "an amount of nothing": Case("amount", {'after = "10 days"': 'after = «"0 days"»'}),
    "working days mixed with others": Case("amount", {'"30 days"': '«"20 working days 3 days"»'}),
    "working days without a calendar": Case("no-calendar", {'"30 days"': '«"20 working days"»'}),
    "a calendar that there is none of": Case(
        "unknown-calendar", {"[workflow]": '[workflow]\ncalendar = «"LX"»'}
    ),
    "working days beyond the calendar": Case(
        "beyond-calendar",
        {
            "[workflow]": '[workflow]\ncalendar = "LV"\nbeyond_calendar = "refuse"',
            '"30 days"': '«"20 working days"»',
            "horizon = 2025-06-30\n": "horizon = 2027-06-30\n",
        },
    ),
    "working days without an end": Case(
        "beyond-calendar",
        {
            "[workflow]": '[workflow]\ncalendar = "LV"\nbeyond_calendar = "refuse"',
            '"30 days"': '«"20 working days"»',
            "horizon = 2025-06-30\n": "",
        },
    ),
    "nothing to count from": Case("anchor", {'within = "30 days"': 'within = "30 days"\nfrom = «"group"»'}),
    "a number to count from": Case(
        "anchor", {'within = "30 days"': 'within = "30 days"\nfrom = «"data.users"»'}
    ),
    "hours from a day": Case("anchor", {'within = "30 days"': 'within = "480 hours"\nfrom = «"data.until"»'}),
    "the entry of no state": Case(
        "unknown-state", {'within = "30 days"': 'within = "30 days"\nfrom = «"last grup"»'}
    ),
    "a point with an anchor": Case("due", {'within = "30 days"': 'at = "horizon"\n«from» = "start"'}),
    "an amount before an amount": Case(
        "due", {'within = "30 days"': 'within = "30 days"\n«before» = "1 day"'}
    ),
    "again and again too often": Case(
        "recurrence",
        {
            'within = "30 days"': 'every = «"5 minutes"»',
            'remind = ["5 days"]\n': "",
            ', { after = "10 days", fire = "close" }': "",
        },
    ),
    "a rung behind what only comes round": Case(
        "recurrence", {'within = "30 days"': 'every = "3 months"', "{ after =": "{ «after» ="}
    ),
    "a point paused": Case("pause", {'within = "30 days"': 'at = "horizon"\n«pause_in» = "group"'}),
    "a pause in the scope": Case("pause", {'within = "30 days"': 'within = "30 days"\npause_in = «"open"»'}),
    "a pause at the end": Case("pause", {'within = "30 days"': 'within = "30 days"\npause_in = «"closed"»'}),
    "an extension by nobody": Case(
        "extend", {'within = "30 days"': 'within = "30 days"\n«extend_at_most» = "5 days"'}
    ),
    "an extension without an end": Case(
        "extend", {'within = "30 days"': 'within = "30 days"\n«extend_by» = "lead"'}
    ),
    "an extension in two units": Case(
        "extend",
        {'within = "30 days"': 'within = "30 days"\nextend_by = "lead"\nextend_at_most = «"1 month 5 days"»'},
    ),
    "an event that meets nothing": Case(
        "unknown-event", {'within = "30 days"': 'within = "30 days"\nmet_by = «"gone"»'}
    ),
    "the end of no programme": Case(
        "horizon", {"horizon = 2025-06-30\n": ""}, add='[«horizon»]\nto = "lead"\n'
    ),
    "an end that is not final": Case("horizon", add='[horizon]\nclose_to = «"open"»\n'),
    "an end twice over": Case("horizon", add='[horizon]\nfire = "close"\n«close_to» = "closed"\n'),
    "a warning to nobody": Case("nobody-hears", add='[horizon]\nremind = [«"1 month"»]\n'),
    "a contact that is no text": Case("field", {"[roles.lead]": '[roles.lead]\ncontact = «"data.users"»'}),
    "a deadline that is never due": Case(
        "due", {"deadlines.answer": "deadlines.«answer»", 'within = "30 days"\n': ""}
    ),
    "a deadline due twice": Case("due", {'within = "30 days"': 'within = "30 days"\n«at» = "horizon"'}),
    "a deadline due three times": Case(
        "due", {'within = "30 days"': 'within = "30 days"\nevery = "1 month"\n«at» = "horizon"'}
    ),
    "a date in quotes": Case("due", {'within = "30 days"': 'at = «"2025-03-01"»'}),
    "a deadline by a number": Case("due", {'within = "30 days"': 'at = «"data.users"»'}),
    "a horizon that is not there": Case(
        "due", {'within = "30 days"': 'at = «"horizon"»', "horizon = 2025-06-30\n": ""}
    ),
    "a date after the horizon": Case("beyond-horizon", {'within = "30 days"': "at = «2025-07-01»"}),
    "an empty rung": Case("rung", {'{ to = "lead" }': "«{ }»"}),
    "rungs out of order": Case(
        "order", {'fire = "close" }': 'fire = "close" }, { after = «"3 days"», to = "lead" }'}
    ),
    "two rungs at once": Case("order", {'{ to = "lead" },': '{ to = "lead" }, «{ fire = "close" }»,'}),
    "reminders out of order": Case("order", {'["5 days"]': '["5 days", «"2 weeks"»]'}),
    "a reminder before the beginning": Case("order", {'["5 days"]': '[{ before = «"2 months"» }]'}),
    "a reminder to nobody": Case(
        "nobody-hears", {'by = ["lead"]\n': "", '["5 days"]': '[«"5 days"»]', '{ to = "lead" }, ': ""}
    ),
    "a fired event that cannot happen": Case(
        "fired-event", {'from = "any"': 'from = ["first", "second"]', 'fire = "close"': 'fire = «"close"»'}
    ),
    "a fired event that must carry something": Case("fired-event", {'fire = "close"': 'fire = «"go"»'}),
}


def text_of(case: Case) -> str:
    text = VALID if case.whole is None else case.whole
    for old, new in case.change.items():
        assert text.count(old) >= 1, f"{old} is not there to be replaced"
        text = text.replace(old, new, 1)
    return text + case.add


def marked(text: str) -> tuple[str, list[tuple[int, int, int, int]]]:
    """Return the text without marks, and line, column, end line, end column of each marked stretch."""
    places: list[tuple[int, int, int, int]] = []
    plain = ""
    for part in re.split("(«[^»]*»)", text):
        if part.startswith("«"):
            start = (plain.count("\n") + 1, len(plain) - plain.rfind("\n"))
            plain += part[1:-1]
            places.append((*start, plain.count("\n") + 1, len(plain) - plain.rfind("\n")))
        else:
            plain += part
    return plain, places


def test_the_workflow_that_the_cases_change_is_valid() -> None:
    """No fault of a case comes from elsewhere."""
    checked = check(VALID.encode(), "case.toml")
    assert checked.faults == ()
    assert checked.workflow is not None


@pytest.mark.parametrize("name", CASES)
def test_a_fault_points_at_the_very_characters(name: str) -> None:
    """Exactly the marked places are told of, with the code, and nothing that merely echoes them."""
    case = CASES[name]
    text, places = marked(text_of(case))
    checked = check(text.encode(), "case.toml", CALENDARS)
    found = [(each.code, each.place.line, each.place.column) for each in checked.faults if each.place]
    assert found == [(case.code, line, column) for line, column, _, _ in places], "\n".join(
        map(str, checked.faults)
    )
    if case.code == "syntax":
        assert all(each.place.end_line == each.place.line for each in checked.faults if each.place)
    warning = all(each.severity == "warning" for each in checked.faults)
    assert (checked.workflow is not None) == warning
    if case.code not in {"syntax", "guard", "set"} and case.whole is None and places[0][:2] != places[0][2:]:
        ends = [(each.place.end_line, each.place.end_column) for each in checked.faults if each.place]
        assert ends == [place[2:] for place in places]


def texts_of(case: Case) -> list[str]:
    text, _ = marked(text_of(case))
    return [str(each).partition("] ")[2] for each in check(text.encode(), "case.toml", CALENDARS).faults]


def test_each_fault_is_told_in_the_words_that_were_agreed() -> None:
    agreed = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    assert {name: texts_of(case) for name, case in CASES.items()} == agreed, "see case_texts.py"


def test_a_byte_that_is_no_utf8_is_named_with_its_place() -> None:
    """Latin-1 is the ordinary mistake; the place is that of the byte."""
    (fault,) = check('# ā\ntitle = "ē"'.encode() + b'\nverdict = "\xe2"', "latin.toml").faults
    assert str(fault).startswith("latin.toml:3:12: error[encoding] byte 0xE2 is not UTF-8")


BY_TODAY = {"past", "calendar-ends"}
"""What is told only where the day is known."""


@pytest.mark.parametrize(
    ("today", "codes"),
    [(date(2025, 6, 30), []), (date(2025, 7, 1), ["past"]), (date(2024, 1, 1), [])],
)
def test_a_horizon_that_is_past_is_warned_of(today: date, codes: list[str]) -> None:
    checked = check(VALID.encode(), "case.toml", today=today)
    assert [fault.code for fault in checked.faults] == codes
    assert checked.workflow is not None


@pytest.mark.parametrize(
    ("horizon", "today", "codes"),
    [
        ("2026-12-31", date(2024, 1, 1), []),
        ("2027-01-01", date(2024, 1, 1), ["calendar-ends"]),
        (None, date(2024, 1, 1), []),
        (None, date(2026, 2, 1), ["calendar-ends"]),
        (None, date(2026, 11, 26), ["calendar-ends"]),
    ],
)
def test_a_calendar_that_ends_too_soon_is_warned_of(
    horizon: str | None, today: date, codes: list[str]
) -> None:
    """Before the horizon; without one, within a year."""
    text = VALID.replace('"30 days"', '"20 working days"').replace(
        "[workflow]", '[workflow]\ncalendar = "LV"'
    )
    text = text.replace("horizon = 2025-06-30\n", f"horizon = {horizon}\n" if horizon else "")
    checked = check(text.encode(), "case.toml", CALENDARS, today=today)
    assert [fault.code for fault in checked.faults] == codes


def test_a_title_in_a_language_without_texts_is_warned_of() -> None:
    """Also a condition's reason, and the title of a choice: nobody is ever shown them."""
    text = (
        VALID.replace('en = "Open"', 'lt = "Atviras"')
        .replace(
            "[roles.lead]", 'kind = { type = "choice", of = { a = { lv-LV = "A", et = "A" } } }\n[roles.lead]'
        )
        .replace("[events.close]", '[events.close]\ntitle = { fi = "Sulje", sv = "Stäng", xx = "?" }')
    )
    told = check(text.encode(), "f", languages=("en", "lv")).faults
    assert [fault.message for fault in told] == [
        f"there are no texts in the language `{code}`: nobody is shown this one"
        for code in ("et", "lt", "fi", "sv", "xx")
    ]
    assert {(fault.code, fault.severity, fault.expected) for fault in told} == {
        ("unknown-language", "warning", "en or lv")
    }
    assert check(text.encode(), "f").faults == ()


def test_a_workflow_that_an_earlier_release_deployed_is_read_with_its_characters() -> None:
    assert check(VALID.replace("Atvērts", "At\u202evērts").encode(), "f", deployed=True).workflow is not None


def test_a_condition_may_run_over_several_lines() -> None:
    text = VALID.replace('"data.users > 3"', '"""\n  data.users > 3\n\t&& data.users < 9\n"""')
    assert check(text.encode(), "f").workflow is not None


def test_every_code_has_a_case() -> None:
    """A code that no test brings about may never be reported, or wrongly."""
    assert {case.code for case in CASES.values()} | {"encoding", "unknown-language", *BY_TODAY} == set(
        MEANINGS
    )


def test_all_faults_are_told_at_once() -> None:
    """One mistyped key does not hide what else is wrong; each is told once, in the order of the file."""
    text, places = marked(
        VALID.replace('"Europe/Riga"', '«"Riga"»')
        .replace('type = "integer", default', 'type = «"integr"», default')
        .replace("[states.open]\n", "[states.open]\n«titel» = 1\n")
        .replace('within = "30 days"', 'within = «"30 d"»')
        .replace('to = "group"', 'to = «"gruop"»')
        .replace('to = "closed"', 'to = «"closde"»')
        + '[[«transitions»]]\nevent = «"cloes"»\n'
        + '[[transitions]]\nevent = «"cloes"»\nfrom = "open"\n'
    )
    faults = check(text.encode(), "case.toml").faults
    found = [(each.place.line, each.place.column) for each in faults if each.place]
    told = [place[:2] for place in places if place[:2] != places[-2][:2]]
    assert found == told, "\n".join(map(str, faults))


def test_after_two_hundred_faults_the_rest_is_counted() -> None:
    """Nobody reads more in one go; how many there are is said."""
    text = VALID + "".join(f"[states.s{n}]\nfianl = true\n" for n in range(250))
    faults = check(text.encode(), "case.toml").faults
    assert len(faults) == 201
    assert faults[-1].message == "there are 50 more faults, not listed here"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("language = 1\nx = [1,\n\n", "2:8: error[syntax] this is not a value"),
        ("language = 1\nx = [1, 2", "2:10: error[syntax] a list is not closed"),
        ('language = 1\nx = "abc', "2:9: error[syntax] a text is not closed"),
        ("language = 1\n[b", "2:3: error[syntax] the header of a table is not closed"),
        ("x = '''abc\n\n\n", "1:5: error[syntax] a text is not closed"),
    ],
)
def test_what_the_end_of_a_file_breaks_off_is_told_by_its_place(text: str, said: str) -> None:
    assert str(check(text.encode(), "f").faults[0]).startswith(f"f:{said}")


@pytest.mark.parametrize("around", ["{} = 1", "x = {{ {} = 1 }}", "x = {{ a.a = {{ b.b = 1 }}, {} = 1 }}"])
def test_a_key_may_have_thirty_two_parts_wherever_it_stands(around: str) -> None:
    def codes(parts: int) -> set[str]:
        return {fault.code for fault in check(around.format(".".join(["k"] * parts)).encode(), "f").faults}

    assert "nesting" not in codes(32)
    assert codes(33) == {"nesting"}


def test_lists_and_tables_may_lie_thirty_two_deep() -> None:
    def codes(deep: int) -> set[str]:
        return {fault.code for fault in check(f"a = {'[' * deep}{']' * deep}".encode(), "f").faults}

    assert "nesting" not in codes(32)
    assert codes(33) == {"nesting"}


@pytest.mark.parametrize("digits", ["1" * 5_000, "1_0" * 2_500])
def test_a_number_of_thousands_of_digits_is_told_once_by_its_line(digits: str) -> None:
    (fault,) = check(VALID.replace("default = 0", f"default = {digits}").encode(), "f").faults
    assert str(fault) == "f:10:1: error[syntax] a number has too many digits; expected at most 16 digits"


def test_further_faults_of_syntax_are_told_without_false_alarms() -> None:
    """The rest of a broken statement is skipped, and what may have stood there is not missed."""
    text, places = marked(
        'language = 1\n[workflow«\n»id = "x"\ninitial = "open«\n»time_zone = "Europe/Riga"\n'
        "[states.open]\ntitle = [\n  1,\n  { a = 2,« »} ,\n]\nfinal = tru«»\n".replace("tru«»", "«t»ru")
        + '[states.closed]\nfinal = true\n[[transitions]]\nevent = "go"\nfrom = "nowhere"\n'
    )
    faults = check(text.encode(), "case.toml").faults
    assert {each.code for each in faults} == {"syntax"}
    assert [each.place.line for each in faults if each.place] == [line for line, *_ in places]


def test_any_number_of_warnings_refuses_no_workflow_and_hides_no_error() -> None:
    unheard = "".join(
        f'[states.s{number}]\n[states.s{number}.deadlines.done]\nwithin = "3 days"\n[[transitions]]\n'
        f'event = "finish"\nfrom = "s{number}"\nto = "s{number + 1}"\n'
        for number in range(300)
    )
    text = (
        'language = 1\n[workflow]\nid = "large"\ninitial = "s0"\ntime_zone = "Europe/Riga"\n'
        f"[events.finish]\n{unheard}[states.s300]\nfinal = true\n"
    )
    checked = check(text.encode(), "large.toml")
    assert checked.workflow is not None
    assert checked.faults[-1].message == "there are 100 more warnings, not listed here"
    wrong = text.replace('from = "s299"', 'from = "s999"')
    assert [each.code for each in check(wrong.encode(), "large.toml").errors] == ["unknown-state"]
