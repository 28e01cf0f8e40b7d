"""The moment at which a command looks: the present, a rehearsal's last moment, or that of ``--at``."""

from datetime import datetime

import click

from gaita import Engine, LastMoment, MalformedCommand, ManualClock, SystemClock, moment_from
from gaita.phrase import phrase
from gaita.rehearsal import run_on
from gaita.texts import Language, moment_cell
from gaita_adapters.command_line.values import read_moment


class CommandClock(ManualClock):
    """The machine's clock, until it is set to the moment at which it stands."""

    def __init__(self) -> None:
        self._machine: SystemClock | None = SystemClock()
        super().__init__(self._machine.now())

    def now(self) -> datetime:
        """Return the present, or the moment at which it stands."""
        return super().now() if self._machine is None else self._machine.now()

    def set(self, now: datetime) -> None:
        """Stand at ``now``."""
        self._machine = None
        super().set(now)


def look(engine: Engine, clock: CommandClock, at: str | None, language: Language) -> None:
    """Set the clock of a command that only looks, and say as of when it does. Raises ``MalformedCommand``."""
    kept = engine.last_moment()
    if at is not None:
        zone = _zone_of(engine, at) if kept is None else kept.zone
        clock.set(read_moment("--at", at, zone))
        _say(clock.now(), zone, language)
    elif kept is not None:
        clock.set(kept.at)
        _say_last(kept, language)


def go_on(
    engine: Engine, clock: CommandClock, kept: LastMoment | None, at: str | None, language: Language
) -> None:
    """Set the clock of a command that changes something.

    A database that was ``kept`` from a rehearsal goes on from its last moment, or from ``at``: until then,
    each timer fires at its own moment. Any other is changed now. Raises ``MalformedCommand`` for a moment at
    which nothing is changed.
    """
    if kept is None:
        if at is not None:
            complaint = phrase(
                "what is changed is changed now; only a database kept from a rehearsal can go on later"
            )
            raise MalformedCommand("--at", [complaint])
        return
    clock.set(kept.at)
    if at is None:
        _say_last(kept, language)
        return
    moment = read_moment("--at", at, kept.zone)
    if moment < kept.at:
        reached = moment_cell(kept.at, kept.zone, language)
        complaint = phrase("the rehearsal has come to %(day)s; it goes on, and never back", day=reached)
        raise MalformedCommand("--at", [complaint])
    with engine.transaction() as connection:
        run_on(engine, clock, moment, connection=connection)
        engine.keep_last_moment(kept.zone, connection=connection)
    _say(moment, kept.zone, language)


def _zone_of(engine: Engine, text: str) -> str:
    """Return the zone of all workflows, by which a day or a time on the clock is understood."""
    zones = {engine.workflow(identity).zone for identity in {each.id for each in engine.workflows()}}
    if len(zones) > 1 and not _names_offset(text):
        told = ", ".join(sorted(zones))
        complaint = phrase(
            "the workflows have several time zones (%(told)s); say which, as in 2025-03-01T10:00+02:00",
            told=told,
        )
        raise MalformedCommand("--at", [complaint])
    return zones.pop() if len(zones) == 1 else "UTC"


def _names_offset(text: str) -> bool:
    """Whether the zone does not matter; what is no moment at all is reported where it is read."""
    return moment_from(text) is not None or moment_from(text, "UTC") is None


def _say(moment: datetime, zone: str, language: Language) -> None:
    day = moment_cell(moment, zone, language)
    click.echo(language.gettext("as of %(day)s", day=day), err=True)


def _say_last(kept: LastMoment, language: Language) -> None:
    day = moment_cell(kept.at, kept.zone, language)
    click.echo(language.gettext("as of %(day)s, the rehearsal's last moment", day=day), err=True)
