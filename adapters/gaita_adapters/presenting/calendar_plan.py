"""The plan of a calendar's change: what changes, and which deadlines would move, as JSON and for people."""

from collections.abc import Iterator
from datetime import datetime

from rich.table import Table
from rich.text import Text

from gaita import (
    CalendarPlan,
    DayChange,
    Deadline,
    DeadlineMove,
    due_day_text,
    moment_text,
)
from gaita.texts import (
    Language,
    day_words,
    due_cell_words,
    moment_cell,
    weekday_words,
)
from gaita_adapters.presenting.json_objects import optional_moment_text
from gaita_adapters.presenting.listings import table_of
from gaita_adapters.presenting.titles import rule_title

_MOST_DAYS = 20
_MOST_REASONS = 5


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
                    {"kind": kind, "from": optional_moment_text(was), "to": optional_moment_text(now)}
                    for kind, was, now in _moments(move)
                ],
                "why": [_change_json(each, language) for each in move.why],
            }
            for move in plan.moves
        ],
    }


def plan_lines(plan: CalendarPlan, language: Language, *, done: bool = False) -> Iterator[Text]:
    """Yield what changes in a calendar, and how the change is made, or that it is ``done``."""
    head = language.gettext("%(calendar)s: plan %(plan)s", calendar=plan.calendar.name, plan=plan.digest[:16])
    yield Text(head, "bold")
    if plan.rules.known_until and plan.in_force is not None:
        was, now = plan.in_force.known_until, plan.calendar.known_until
        told = language.gettext(
            "known until %(now)s, so far %(was)s",
            now=day_words(now, language, brief=True),
            was=day_words(was, language, brief=True),
        )
        yield Text(f"  {told}")
    if plan.rules.week:
        yield Text("  " + language.gettext("the hours of its week change"))
    for each in plan.days[:_MOST_DAYS]:
        yield Text(f"  {_change_text(each, plan, language)}")
    if len(plan.days) > _MOST_DAYS:
        yield Text(f"  {_more_days(len(plan.days) - _MOST_DAYS, language)}")
    for why in plan.left_out:
        yield Text("  " + language.gettext("left as it is: %(why)s", why=why), "red")
    if done:
        told = language.ngettext(
            "done: the calendar is in force, %(number)s live deadline moved",
            "done: the calendar is in force, %(number)s live deadlines moved",
            len(plan.moves),
        )
    else:
        told = language.ngettext(
            "%(number)s live deadline would move. To do it: %(command)s",
            "%(number)s live deadlines would move. To do it: %(command)s",
            len(plan.moves),
            command=f"gaita calendar apply {plan.digest[:16]}",
        )
    yield Text(f"  {told}")


def move_table(plan: CalendarPlan, language: Language) -> Table:
    """Return the deadlines that move, each with its reason."""
    table = table_of(
        language.gettext("instance"),
        language.gettext("deadline"),
        language.pgettext("a move", "from"),
        language.pgettext("a move", "to"),
        language.gettext("because"),
    )
    for move in plan.moves:
        to = _due_text(move.after, move.workflow.zone, language)
        if (move.before.due, move.before.provisional) == (move.after.due, move.after.provisional):
            to += f" ({_moved_moments(move, language)})"
        table.add_row(
            move.instance,
            rule_title(move.workflow, move.before.rule, language),
            _due_text(move.before, move.workflow.zone, language),
            to,
            _because(move, plan, language),
        )
    return table


def _due_text(deadline: Deadline, zone: str, language: Language) -> str:
    due = due_cell_words(deadline.due, zone, language)
    return language.gettext("%(due)s (provisional)", due=due) if deadline.provisional else due


def _more_days(number: int, language: Language) -> str:
    return language.ngettext("and %(number)s more day", "and %(number)s more days", number)


def _moments(move: DeadlineMove) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    """Yield the moments of a deadline that move: the kind of each, from when to when."""
    before = {timer.index: timer.due for timer in move.before.timers}
    after = {timer.index: timer.due for timer in move.after.timers}
    declared = move.workflow.rules[move.before.rule].moments
    for index in sorted({*before, *after}):
        if before.get(index) != after.get(index):
            yield declared[index].kind, before.get(index), after.get(index)


def _moved_moments(move: DeadlineMove, language: Language) -> str:
    """Return which moments move where the deadline itself stays."""

    def text(moment: datetime) -> str:
        return moment_cell(moment, move.workflow.zone, language)

    def told(kind: str, was: datetime | None, now: datetime | None) -> str:
        if was is not None and now is not None:
            return language.gettext(
                "%(moment)s from %(was)s to %(now)s", moment=kind, was=text(was), now=text(now)
            )
        if now is not None:
            return language.gettext("%(moment)s, new: %(now)s", moment=kind, now=text(now))
        gone = language.gettext("none") if was is None else text(was)
        return language.gettext("%(moment)s, left out: %(was)s", moment=kind, was=gone)

    kinds = {
        "reminder": language.pgettext("ledger", "reminder"),
        "due": language.pgettext("ledger", "due"),
        "rung": language.gettext("escalation"),
    }
    return "; ".join(told(kinds[kind], was, now) for kind, was, now in _moments(move))


def _because(move: DeadlineMove, plan: CalendarPlan, language: Language) -> str:
    days = "; ".join(_change_text(each, plan, language) for each in move.why[:_MOST_REASONS])
    if len(move.why) > _MOST_REASONS:
        days += f"; {_more_days(len(move.why) - _MOST_REASONS, language)}"
    if days:
        return days
    if move.before.provisional and not move.after.provisional:
        return language.gettext("the calendar knows more")
    if move.after.provisional and not move.before.provisional:
        return language.gettext("the calendar knows less")
    if plan.rules.week:
        return language.gettext("the hours of the week change")
    return language.gettext("the calendar changes")


def _change_text(change: DayChange, plan: CalendarPlan, language: Language) -> str:
    told = language.gettext("worked") if change.is_worked else language.gettext("not worked")
    unknown = plan.calendar.why_not(change.day) is None and plan.calendar.why_worked(change.day) is None
    if change.day > plan.calendar.known_until and unknown:
        told = language.gettext("not known any more")
    title = language.title(change.title, "")
    day = weekday_words(change.day, language, brief=True)
    return f"{day} {told}" + (f" ({title})" if title else "")


def _change_json(change: DayChange, language: Language) -> dict[str, object]:
    return {
        "day": change.day.isoformat(),
        "was_worked": change.was_worked,
        "is_worked": change.is_worked,
        "title": language.title(change.title, ""),
    }
