"""Checking: all faults of a workflow's file at once, and the workflow where there is none.

The file is read in the order in which its parts lean on one another: text, shape, names, expressions,
deadlines, and last the whole as a graph. A fault that would only echo an earlier one is not reported: what
a damaged table lacks is not "unknown", and a graph with unknown ends is not judged.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from gaita.calendar import WorkingCalendar, zone_exists, zone_loads, zone_names
from gaita.fault import Fault, did_you_mean, listed, shown
from gaita.language.advice import Advice, check_against_today
from gaita.language.build import Parts, built
from gaita.language.clock_rules import Clocks
from gaita.language.corrections import corrections_of
from gaita.language.deadlines import Deadlines
from gaita.language.due_rules import Dues
from gaita.language.expressions.expression import Scope
from gaita.language.expressions.lint import LONGEST_SOURCE
from gaita.language.fields import data_of, events_of, roles_of
from gaita.language.graph import graph_of
from gaita.language.report import Report
from gaita.language.shape import DocumentShape
from gaita.language.states import Stages, initial_of, stages_of
from gaita.language.toml.document import read_document
from gaita.language.toml.places import Path
from gaita.language.transitions import Moves
from gaita.language.transitions_library import candidates_of
from gaita.language.validation import Fitted, fitted
from gaita.language.wording import check_characters, check_languages
from gaita.model.workflow import Transition, Workflow
from gaita.phrase import phrase

MOST_FIELDS: Final = 500
MOST_DEADLINES: Final = 5_000
MOST_EXPRESSIONS: Final = 3_000
MOST_CHARACTERS: Final = 200_000
"""In the conditions of all transitions together: compiling them takes time by their length."""
MOST_MOVES: Final = 50_000
"""Transitions counted once for each state that they lead from."""

_OFFSET: Final = re.compile(r"[+-]?\d")
# Faults after which the states and the transitions between them are still known as they are meant.
_HARMLESS: Final = frozenset(
    {"guard", "set", "amount", "default", "field", "rung", "order", "due", "nobody-hears"}
    | {"unknown-role", "unknown-field", "unknown-zone", "beyond-horizon", "automatic", "verdict", "number"}
    | {"no-calendar", "unknown-calendar", "beyond-calendar", "anchor", "pause", "extend", "recurrence"}
    | {"characters"}
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a file gave.

    ``workflow`` is ``None`` where any fault is an error. ``faults`` stand in the order of the file,
    warnings among them. ``text`` is what their lines and columns count in.
    """

    workflow: Workflow | None
    faults: tuple[Fault, ...]
    text: str

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that keep the workflow from being used."""
        return tuple(fault for fault in self.faults if fault.severity == "error")


def check(
    source: bytes,
    name: str,
    calendars: Mapping[str, WorkingCalendar] | None = None,
    *,
    deployed: bool = False,
    today: date | None = None,
    languages: Collection[str] | None = None,
) -> Checked:
    """Check the workflow in ``source``, the content of the file called ``name``.

    With ``calendars``, those that there are, the one that it names must be among them, and know all the days
    that the file asks of it. A workflow that is ``deployed`` is read as it was accepted: what only a later
    release refuses is let pass. With ``today``, it is warned of what is past by then; with ``languages``, of
    titles in any other. Never raises for what
    stands in the file, and ends in bounded time and memory whatever that is.
    """
    document, text, faults = read_document(source, name)
    if document is None:
        return Checked(None, tuple(faults), text)
    report = Report(document.places, faults, deployed=deployed)
    fit = fitted(document, report)
    check_characters(document, report)
    if fit is not None and languages is not None and document.whole and fit.lost.nothing:
        check_languages(fit.shape, report, languages)
    parts = _parts(fit, report, calendars) if fit else None
    errors = report.left_out or any(fault.severity == "error" for fault in report.faults)
    workflow = built(parts, text) if parts and not errors else None
    if workflow is not None and today is not None:
        check_against_today(workflow, report, calendars, today)
    return Checked(workflow, report.finished(), text)


def _parts(fit: Fitted, report: Report, calendars: Mapping[str, WorkingCalendar] | None) -> Parts | None:
    """Return the parts of the workflow, or ``None`` where they do not make a whole."""
    shape, lost = fit.shape, fit.lost
    _check_zone(shape, report)
    roles = roles_of(shape, report, lost)
    fields = data_of(shape, report, lost)
    events = events_of(shape, report, lost)
    stages = stages_of(shape, report, lost)
    initial = initial_of(shape, stages, report)
    if _is_too_much(shape, report):
        return None
    if sum(len(each.deadlines) for each in stages.shapes.values()) > MOST_DEADLINES:
        report.add(
            "too-many",
            ("states",),
            phrase("there are too many deadlines"),
            expected=phrase("at most %(most)s", most=MOST_DEADLINES),
        )
        return None
    scope = Scope(fields, shape.workflow.time_zone, stages.named)
    moves = Moves(shape, report, stages, fields, events, scope, lost)
    transitions = moves.read(fit.numbers)
    dues = Dues(shape, report, stages, fields, lost)
    clocks = Clocks(dues, events)
    rules = Deadlines(shape, report, stages, fields, events, transitions, lost, dues, clocks).read()
    corrections = corrections_of(shape, report, dues, lost)
    _check_calendar(shape, report, dues.working, calendars)
    if not lost.nothing or initial is None or _has_loose_ends(report):
        return None
    if _count(transitions, stages) > MOST_MOVES:
        message = phrase("the transitions lead from too many states in all")
        report.add(
            "too-many",
            ("transitions",),
            message,
            expected=phrase("at most %(most)s", most=MOST_MOVES),
        )
        return None
    candidates = candidates_of(stages.states, transitions, initial)
    graph_of(report, stages, transitions, candidates, initial).check(rules, events)
    Advice(report, stages, fields, transitions, candidates).give(rules)
    return Parts(shape, fields, roles, events, stages, initial, transitions, rules, candidates, corrections)


def _is_too_much(shape: DocumentShape, report: Report) -> bool:
    """Report what there is too much of for reading it in bounded time and memory."""
    expressions = sum(
        len(each.set) + (len(each.guard) if isinstance(each.guard, list) else each.guard is not None)
        for each in shape.transitions
    )
    characters = sum(
        min(len(clause if isinstance(clause, str) else clause.check), LONGEST_SOURCE)  # more is not compiled
        for each in shape.transitions
        for clause in ([each.guard] if isinstance(each.guard, str) else each.guard or ())
    )
    payloads = [(("events", name, "payload"), len(each.payload)) for name, each in shape.events.items()]
    counted: list[tuple[Path, str, int, int]] = [
        (("transitions",), phrase("conditions and values to set"), expressions, MOST_EXPRESSIONS),
        (("transitions",), phrase("characters in conditions"), characters, MOST_CHARACTERS),
        (("data",), phrase("data fields"), len(shape.data), MOST_FIELDS),
        *((path, phrase("fields in this payload"), count, MOST_FIELDS) for path, count in payloads),
    ]
    excess = [each for each in counted if each[2] > each[3]]
    for path, what, count, most in excess:
        report.add(
            "too-many",
            path,
            phrase("there are %(count)s %(what)s", count=count, what=what),
            expected=phrase("at most %(most)s", most=most),
        )
    return bool(excess)


def _check_zone(shape: DocumentShape, report: Report) -> None:
    zone = shape.workflow.time_zone
    if zone_exists(zone):
        return
    hint: str | None = phrase("write the zone's name: its distance from UTC changes in spring and autumn")
    if not _OFFSET.search(zone):
        city = [name for name in zone_names() if name.casefold().endswith(f"/{zone.casefold()}")]
        hint = did_you_mean(city[0] if city else zone, zone_names())
    message = phrase("there is no time zone %(zone)s", zone=shown(zone))
    expected = phrase('a name such as "Europe/Riga"')
    path = ("workflow", "time_zone")
    report.add("unknown-zone", path, message, expected=expected, hint=hint, newer=zone_loads(zone))


def _check_calendar(
    shape: DocumentShape,
    report: Report,
    working: Sequence[Path],
    calendars: Mapping[str, WorkingCalendar] | None,
) -> None:
    """Report working time without a calendar, a calendar that there is none of, and one that is too short."""
    name, path = shape.workflow.calendar, ("workflow", "calendar")
    if name is None:
        for place in working:
            message = phrase("working time is counted, but the workflow names no calendar")
            report.add("no-calendar", place, message, hint=phrase('write calendar = "LV" under [workflow]'))
    elif calendars is not None and name not in calendars:
        expected = phrase(
            "%(calendars)s, or one of your own in the settings, under [calendars.NAME]",
            calendars=listed(calendars),
        )
        hint = did_you_mean(name, calendars)
        message = phrase("there is no calendar %(name)s", name=shown(name))
        report.add("unknown-calendar", path, message, expected=expected, hint=hint)
    elif calendars is not None and working and shape.workflow.beyond_calendar == "refuse":
        known, horizon = calendars[name].known_until, shape.workflow.horizon
        if horizon is None or horizon > known:
            ends = (
                phrase("there is no horizon")
                if horizon is None
                else phrase("the horizon is %(horizon)s", horizon=horizon.isoformat())
            )
            message = phrase(
                "working time may run past what the calendar %(name)s knows; %(ends)s",
                name=shown(name),
                ends=ends,
            )
            expected = phrase(
                "a horizon by %(known)s, the last day that the calendar knows", known=known.isoformat()
            )
            hint = phrase('let the calendar know more days, or write beyond_calendar = "provisional"')
            report.add("beyond-calendar", working[0], message, expected=expected, hint=hint)


def _has_loose_ends(report: Report) -> bool:
    return bool(report.left_out) or any(
        fault.severity == "error" and fault.code not in _HARMLESS for fault in report.faults
    )


def _count(transitions: Sequence[Transition], stages: Stages) -> int:
    """Return how many entries the flattened table would have."""
    leaves = sum(state.is_leaf for state in stages.states.values())
    inside = {state: len(stages.inside(state)) for state, each in stages.states.items() if not each.is_leaf}
    return sum(
        leaves if each.sources is None else sum(inside.get(source, 1) for source in each.sources)
        for each in transitions
    )
