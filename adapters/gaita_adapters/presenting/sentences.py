"""Sentences that notices, digests, worklists and feeds share."""

from collections.abc import Sequence

from gaita.texts import Language


def became(kind: str, deadline: str, due: str, language: Language, *, over: bool, overdue: bool) -> str:
    """Return what has become of a deadline, as a notice of ``kind`` begins with it."""
    if over:
        return language.gettext(
            "The deadline “%(deadline)s” (%(due)s) is closed by now; this is for your information.",
            deadline=deadline,
            due=due,
        )
    if not overdue:
        return language.gettext(
            "The deadline “%(deadline)s” is coming up: %(due)s.", deadline=deadline, due=due
        )
    if kind == "due":
        return language.gettext("The deadline “%(deadline)s” has ended: %(due)s.", deadline=deadline, due=due)
    return language.gettext(
        "The deadline “%(deadline)s” is overdue: it was %(due)s.", deadline=deadline, due=due
    )


def restated(deadline: str, due_line: str, language: Language, *, over: bool) -> str:
    """Return that what was told of a deadline does not hold any more, and how it stands."""
    told = language.gettext(
        "The case was put right: what you may have been told of the deadline “%(deadline)s” does not hold"
        " any more.",
        deadline=deadline,
    )
    if over:
        return told
    return language.gettext("%(what)s It stands like this now: %(due)s.", what=told, due=due_line)


def stopped(deadline: str, since: str, language: Language) -> str:
    """Return that the clock of a deadline stands."""
    return language.gettext(
        "The clock of the deadline “%(deadline)s” has been stopped since %(since)s.",
        deadline=deadline,
        since=since,
    )


def how_long(overdue_by: str | None, time_left: str | None, language: Language) -> str:
    """Return how late something is, or how much time is left; nothing where it is neither."""
    if overdue_by:
        return language.gettext("Overdue by: %(span)s.", span=overdue_by)
    return language.gettext("Time left: %(span)s.", span=time_left) if time_left else ""


def due_line(
    due: str,
    language: Language,
    *,
    overdue_by: str | None,
    time_left: str | None,
    stopped_since: str | None,
    provisional: bool,
) -> str:
    """Return when something is due, and how that stands, in one line."""
    if overdue_by:
        told = language.gettext("Due: %(due)s (overdue by %(span)s)", due=due, span=overdue_by)
    elif stopped_since:
        told = language.gettext("Due: %(due)s (clock stopped since %(since)s)", due=due, since=stopped_since)
    elif time_left:
        told = language.gettext("Due: %(due)s (time left: %(span)s)", due=due, span=time_left)
    else:
        told = language.gettext("Due: %(due)s", due=due)
    return language.gettext("%(due)s (provisional)", due=told) if provisional else told


def step_line(
    title: str, to: str, by: Sequence[str], language: Language, *, mine: bool, missing: bool
) -> str:
    """Return a step in one line: where it leads, who may take it, and whether it can be taken at once."""
    roles = language.listed(by, "or")
    if missing and mine:
        return language.gettext("“%(step)s” → %(state)s:", step=title, state=to)
    if missing:
        return language.gettext("“%(step)s” → %(state)s (by %(roles)s):", step=title, state=to, roles=roles)
    if mine:
        return language.gettext(
            "“%(step)s” → %(state)s: nothing, it can be done at once", step=title, state=to
        )
    return language.gettext(
        "“%(step)s” → %(state)s (by %(roles)s): nothing", step=title, state=to, roles=roles
    )


def how_many(count: int, overdue: int, language: Language) -> str:
    """Return how many deadlines need somebody."""
    if not count:
        return language.gettext("Nothing needs you: no deadline waits for anything that you could do.")
    if not overdue:
        return language.gettext("Deadlines that need you: %(count)s.", count=language.number(count))
    return language.gettext(
        "Deadlines that need you: %(count)s; of these overdue: %(overdue)s.",
        count=language.number(count),
        overdue=language.number(overdue),
    )
