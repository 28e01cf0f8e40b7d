"""Commands on calendars: what is in force, what the settings would change, and changing it as was shown."""

from collections.abc import Sequence
from datetime import date

import click
from rich.console import RenderableType

from gaita import CalendarInForce, CalendarPlan
from gaita.texts import Language, day_words, moment_cell, weekday_words
from gaita_adapters.command_line.session import Commands, Session
from gaita_adapters.presenting import move_table, plan_json, plan_lines, table_of


@click.group("calendar")
def calendar() -> None:
    """Working days: the calendars in force, and their changes, shown before they are made."""


@calendar.command(
    "show", cls=Commands, examples=("gaita calendar show", "gaita calendar show LV --year 2025")
)
@click.argument("name", required=False)
@click.option("--year", type=click.IntRange(1900, 9999), help="List the special days of this year.")
@click.pass_obj
def show(session: Session, *, name: str | None, year: int | None) -> None:
    """List the calendars in force; or the special days of one.

    As JSON: {"calendars": [{"name", "known_until", "digest", "applied_at", "applied_by"}]}, with a NAME and
    "days": [{"day", "worked", "kind", "title"}].
    """
    with session.reading() as engine:
        every = engine.calendars.in_force()
    found = [each for each in every if name is None or each.calendar.name == name]
    language = session.language
    table = table_of(
        language.gettext("calendar"),
        language.gettext("known until"),
        language.gettext("in force since (UTC)"),
        language.gettext("by"),
        language.gettext("digest"),
    )
    told: list[dict[str, object]] = []
    days = table_of(language.gettext("day"), "", language.gettext("what"))
    for each in found:
        one = each.calendar
        table.add_row(
            one.name,
            day_words(one.known_until, language, brief=True),
            moment_cell(each.applied_at, "UTC", language),
            each.applied_by,
            one.digest[:12],
        )
        special = sorted([*one.off.values(), *one.on.values()], key=lambda found: found.day)
        listed = [each for each in special if name is not None and (year is None or each.day.year == year)]
        for day in listed:
            worked = day.day in one.on
            days.add_row(
                weekday_words(day.day, language, brief=True),
                language.gettext("worked") if worked else language.gettext("not worked"),
                language.title(day.title, ""),
            )
        told.append(
            {
                "name": one.name,
                "known_until": one.known_until.isoformat(),
                "digest": one.digest,
                "applied_at": each.applied_at.isoformat(),
                "applied_by": each.applied_by,
                **(
                    {"days": [_day_json(day.day, day.day in one.on, day.kind, day.title) for day in listed]}
                    if name is not None
                    else {}
                ),
            }
        )
    shown: list[RenderableType] = [table if found else _none(name, every, language)]
    if name is not None and found:
        known_until = found[0].calendar.known_until
        shown += ["", days if days.row_count else _no_special_day(year, language)]
        if year is None or year > known_until.year:
            until = day_words(known_until, language, brief=True)
            shown.append(language.gettext("Which days are moved after %(day)s is not known yet.", day=until))
    session.answer({"calendars": told}, *shown)


@calendar.command("diff", cls=Commands, examples=("gaita calendar diff", "gaita calendar diff LV"))
@click.argument("name", required=False)
@click.pass_obj
def diff(session: Session, *, name: str | None) -> None:
    """List which live deadlines would move if the settings' calendars came into force, and why.

    As JSON: {"plans": [{"calendar", "plan", "known_until", "days", "moves": [{"instance", "rule", "number",
    "from", "to", "from_day", "to_day", "provisional", "moments", "why"}]}]}.
    """
    with session.reading() as engine:
        plans = engine.calendars.diff(name)
    nothing = session.language.gettext(
        "The calendars in force are those of the settings: nothing would move."
    )
    _tell(session, plans, nothing)


@calendar.command("apply", cls=Commands, examples=("gaita calendar apply 3f9a0c21 --actor anna",))
@click.argument("plan")
@click.option("--actor", default="operator", show_default=True, help="Who changes it, for the history.")
@click.pass_obj
def apply(session: Session, *, plan: str, actor: str) -> None:
    """Do exactly what `gaita calendar diff` showed, by the digest of its PLAN.

    Where anything has changed since, nothing is done. As JSON, the plan, as diff prints it.
    """
    with session.writing() as engine:
        done = engine.calendars.apply(plan, actor=actor)
    _tell(session, [done], "", done=True)


def _tell(session: Session, plans: Sequence[CalendarPlan], nothing: str, *, done: bool = False) -> None:
    shown: list[RenderableType] = []
    for plan in plans:
        shown += plan_lines(plan, session.language, done=done)
        if plan.moves:
            shown.append(move_table(plan, session.language))
    session.answer({"plans": [plan_json(plan, session.language) for plan in plans]}, *(shown or [nothing]))


def _none(name: str | None, every: Sequence[CalendarInForce], language: Language) -> str:
    if name is None or not every:
        return language.gettext(
            "No calendar is in force yet: deploying a workflow that counts by one puts it in force."
        )
    names = ", ".join(each.calendar.name for each in every)
    return language.gettext("No calendar %(name)s is in force; in force: %(names)s.", name=name, names=names)


def _no_special_day(year: int | None, language: Language) -> str:
    if year is None:
        return language.gettext("It has no special day.")
    return language.gettext("It has no special day of %(year)s.", year=year)


def _day_json(day: date, worked: bool, kind: str, title: object) -> dict[str, object]:  # noqa: FBT001 - a column
    return {"day": day.isoformat(), "worked": worked, "kind": kind, "title": title}
