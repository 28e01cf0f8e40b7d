"""Changes: the ledger of a deadline, and the plan of a calendar, as JSON and for people."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rich.console import Group
from rich.table import Table
from rich.text import Text

from gaita import (
    CalendarPlan,
    DayChange,
    DeadlineMove,
    Ledger,
    Workflow,
    due_day_text,
    moment_text,
)
from gaita.texts import Language
from gaita_adapters.presenting.listings import table_of
from gaita_adapters.presenting.titles import local_text, rule_title

_KINDS = {
    "armed": "armed",
    "paused": "clock stopped",
    "resumed": "clock runs again",
    "extended": "extended",
    "moved": "moved with its calendar",
    "reopened": "open again",
    "reminded": "reminder",
    "due": "due",
    "escalated": "escalated",
}


def ledger_json(ledger: Ledger, workflow: Workflow, language: Language) -> dict[str, object]:
    """Return all that befell a deadline."""
    return {
        "instance": ledger.instance,
        "rule": ledger.rule,
        "title": rule_title(workflow, ledger.rule, language),
        "number": ledger.number,
        "occurrence": ledger.occurrence,
        "open": ledger.is_open,
        "entries": [
            {
                "at": moment_text(entry.at),
                "kind": entry.kind,
                "record": entry.sequence,
                "actor": entry.actor,
                "reason": entry.reason,
                "due": moment_text(entry.due) if entry.due else None,
                "due_day": due_day_text(entry.due, workflow.zone) if entry.due else None,
                "amount": entry.amount,
                "late_seconds": entry.late.total_seconds(),
                "to": list(entry.to),
            }
            for entry in ledger.entries
        ],
    }


def ledger_table(ledger: Ledger, workflow: Workflow, language: Language) -> Group:
    """Return all that befell a deadline, in order."""
    title = rule_title(workflow, ledger.rule, language)
    again = f", time {ledger.occurrence}" if ledger.occurrence > 1 else ""
    table = table_of("at", "what", "due", "who", "why")
    for entry in ledger.entries:
        what = _KINDS.get(entry.kind, entry.kind)
        if entry.kind == "resumed" and entry.due is None:
            what = "resumed on one ground, and still stopped on another"
        if entry.amount:
            what += f" by {entry.amount}"
        if entry.late:
            what += f", {span_text(entry.late)} late"
        if entry.to:
            what += f", told {', '.join(entry.to)}"
        table.add_row(
            local_text(entry.at, workflow.zone),
            what,
            due_day_text(entry.due, workflow.zone) if entry.due else "",
            entry.actor,
            entry.reason or "",
        )
    heading = Text(f"{title} [{ledger.rule}], deadline {ledger.number}{again}", "bold")
    return Group(heading, table)


def span_text(span: timedelta) -> str:
    """Return a span of time in its two largest units: ``3 days 4 hours``."""
    seconds = int(span.total_seconds())
    parts = [(seconds // 86_400, "day"), (seconds // 3600 % 24, "hour"), (seconds // 60 % 60, "minute")]
    told = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number]
    return " ".join(told[:2]) or f"{seconds} seconds"


def plan_json(plan: CalendarPlan, language: Language) -> dict[str, object]:
    """Return what a calendar's change would do."""
    return {
        "calendar": plan.calendar.name,
        "plan": plan.digest,
        "left_out": list(plan.left_out),
        "known_until": plan.calendar.known_until.isoformat(),
        "hours_changed": plan.rules.week,
        "days": [_change_json(each, language) for each in plan.days],
        "moves": [
            {
                "instance": move.instance,
                "rule": move.before.rule,
                "number": move.before.number,
                "from": moment_text(move.before.due),
                "to": moment_text(move.after.due),
                "from_day": due_day_text(move.before.due, move.workflow.zone),
                "to_day": due_day_text(move.after.due, move.workflow.zone),
                "provisional": move.after.provisional,
                "moments": [
                    {"kind": kind, "from": _moment(was), "to": _moment(now)}
                    for kind, was, now in _moments(move)
                ],
                "why": [_change_json(each, language) for each in move.why],
            }
            for move in plan.moves
        ],
    }


def plan_lines(plan: CalendarPlan, language: Language, *, done: bool = False) -> Iterator[Text]:
    """Yield what changes in a calendar, and how the change is made, or that it is ``done``."""
    yield Text(f"{plan.calendar.name}: plan {plan.digest[:16]}", "bold")
    if plan.rules.known_until and plan.in_force is not None:
        was, now = plan.in_force.known_until, plan.calendar.known_until
        yield Text(f"  known until {now.isoformat()}, so far {was.isoformat()}")
    if plan.rules.week:
        yield Text("  the hours of its week change")
    for each in plan.days[:_MOST_DAYS]:
        yield Text(f"  {_change_text(each, plan, language)}")
    if len(plan.days) > _MOST_DAYS:
        yield Text(f"  and {len(plan.days) - _MOST_DAYS} more days")
    for why in plan.left_out:
        yield Text(f"  left as it is: {why}", "red")
    if done:
        yield Text(f"  done: the calendar is in force, {len(plan.moves)} live deadline(s) moved")
    else:
        moved = f"{len(plan.moves)} live deadline(s) would move"
        yield Text(f"  {moved}. To do it: gaita calendar apply {plan.digest[:16]}")


def move_table(plan: CalendarPlan, language: Language) -> Table:
    """Return the deadlines that move, each with its reason."""
    table = table_of("instance", "deadline", "from", "to", "because")
    for move in plan.moves:
        zone = move.workflow.zone
        to = due_day_text(move.after.due, zone) + (" (provisional)" if move.after.provisional else "")
        if (move.before.due, move.before.provisional) == (move.after.due, move.after.provisional):
            to += f" ({_moved_moments(move)})"
        table.add_row(
            move.instance,
            rule_title(move.workflow, move.before.rule, language),
            due_day_text(move.before.due, zone) + (" (provisional)" if move.before.provisional else ""),
            to,
            _because(move, plan, language),
        )
    return table


def _moments(move: DeadlineMove) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    """Yield the moments of a deadline that move: the kind of each, from when to when."""
    before = {timer.index: timer.due for timer in move.before.timers}
    after = {timer.index: timer.due for timer in move.after.timers}
    declared = move.workflow.rules[move.before.rule].moments
    for index in sorted({*before, *after}):
        if before.get(index) != after.get(index):
            yield declared[index].kind, before.get(index), after.get(index)


def _moved_moments(move: DeadlineMove) -> str:
    """Return which moments move where the deadline itself stays."""

    def text(moment: datetime | None) -> str:
        return local_text(moment, move.workflow.zone) if moment else "none"

    return "; ".join(f"{kind} from {text(was)} to {text(now)}" for kind, was, now in _moments(move))


def _because(move: DeadlineMove, plan: CalendarPlan, language: Language) -> str:
    days = "; ".join(_change_text(each, plan, language) for each in move.why[:_MOST_REASONS])
    if len(move.why) > _MOST_REASONS:
        days += f"; and {len(move.why) - _MOST_REASONS} more days"
    if days:
        return days
    if move.before.provisional != move.after.provisional:
        return "the calendar knows more" if move.before.provisional else "the calendar knows less"
    return "the hours of the week change" if plan.rules.week else "the calendar changes"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


_MOST_DAYS = 20
_MOST_REASONS = 5


def _change_text(change: DayChange, plan: CalendarPlan, language: Language) -> str:
    told = "worked" if change.is_worked else "not worked"
    unknown = plan.calendar.why_not(change.day) is None and plan.calendar.why_worked(change.day) is None
    if change.day > plan.calendar.known_until and unknown:
        told = "not known any more"
    title = language.title(change.title, "")
    return f"{change.day:%a} {change.day} {told}" + (f" ({title})" if title else "")


def _change_json(change: DayChange, language: Language) -> dict[str, object]:
    return {
        "day": change.day.isoformat(),
        "was_worked": change.was_worked,
        "is_worked": change.is_worked,
        "title": language.title(change.title, ""),
    }
