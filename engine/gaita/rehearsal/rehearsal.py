"""The rehearsal: the same engine on a simulated clock, from command to timer to command."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any, cast

from gaita.calendar import effective_moment, end_of_day
from gaita.clock import ManualClock, as_utc
from gaita.correction import Amend, Edit, Insert, Undo, with_values
from gaita.errors import DatabaseTrouble, EndlessMoves, GaitaError
from gaita.fault import Fault
from gaita.history import course_of
from gaita.language import read
from gaita.model.command import Asked, Fire, Start
from gaita.model.instance import Instance
from gaita.model.outcome import Explanation, Message
from gaita.model.workflow import Workflow
from gaita.phrase import phrase
from gaita.ports import CalendarSource
from gaita.rehearsal.forecast_accuracy import Forecast, Forecasts, judge
from gaita.rehearsal.report import BoardLine, Disagreement, Expectations, Refusal, Rehearsal
from gaita.rehearsal.script import Answer, Line, Script, read_script
from gaita.runtime.engine import Engine
from gaita.runtime.instance_ids import InstanceIds
from gaita.runtime.receipt import Receipt

MOST_TIMERS = 5_000_000
_PAGE = 1_000

Progress = Callable[[int, int], None]
"""Called with how many commands are done, and how many there are."""


def rehearse(
    workflow: bytes | str,
    script: bytes | str,
    *,
    workflow_name: str = "workflow.toml",
    script_name: str = "events.jsonl",
    database: Path | str | None = None,
    until: date | datetime | None = None,
    seed: int = 0,
    calendars: CalendarSource | None = None,
    progress: Progress | None = None,
) -> Rehearsal:
    """Run a script of dated commands through a workflow, and return what came of it.

    ``workflow`` and ``script`` are the files' contents, the names what their faults call them. With
    ``database`` (a file that is missing or empty) the result is kept there for other commands to look into,
    as of the rehearsal's last moment (``Engine.last_moment``), otherwise in memory only. After the last
    command it runs on to ``until`` (a moment, or a day with its end in the workflow's zone), or to the
    workflow's horizon where it has one. The same call gives the same result, to the byte.

    ``calendars`` are those that working days are counted by; unless given, Latvia's.

    Raises ``FaultyFile`` with every fault of either file, and ``DatabaseTrouble`` for a database that
    holds something.
    """
    clock = ManualClock(datetime.fromisoformat("1970-01-01T00:00:00+00:00"))
    identities = InstanceIds(Random(seed))  # noqa: S311 - repeatable on purpose, and no secret
    engine = Engine(_url(database), clock=clock, identities=identities, calendars=calendars)
    with closing(engine):
        return _rehearse(engine, clock, workflow, script, workflow_name, script_name, until, progress)


def _rehearse(
    engine: Engine,
    clock: ManualClock,
    workflow: bytes | str,
    script: bytes | str,
    workflow_name: str,
    script_name: str,
    until: date | datetime | None,
    progress: Progress | None,
) -> Rehearsal:
    declared = read(workflow, workflow_name)
    lines = read_script(script, script_name, declared)
    clock.set(lines.lines[0].at)
    engine.migrate()
    declared = engine.deploy(workflow, workflow_name).workflow
    with engine.transaction() as connection:
        run = _Run(engine, clock, declared, connection)
        run.carry_out(lines, until, progress)
        engine.keep_last_moment(declared.zone, connection=connection)
    return run.report(lines)


def run_on(
    engine: Engine,
    clock: ManualClock,
    to: datetime,
    *,
    connection: Any = None,  # noqa: ANN401 - only the store knows what it is
    most: int = MOST_TIMERS,
) -> int:
    """Fire each timer that is due by ``to`` at its own moment, set the clock to ``to``; return how many.

    ``clock`` is the engine's. Raises ``EndlessMoves`` where more than ``most`` fire.
    """
    fired = 0
    while (due := engine.next_due(connection=connection)) is not None and due <= to:
        clock.set(max(due, clock.now()))
        fired += engine.run_due(connection=connection).timers
        if fired > most:
            message = phrase(
                "more than %(most)s timers fired; look for deadlines that arm one another",
                most=MOST_TIMERS,
            )
            raise EndlessMoves(message)
    clock.set(to)
    return fired


def _url(database: Path | str | None) -> str:
    if database is None:
        return "sqlite://"
    path = Path(database)
    if path.exists() and (not path.is_file() or path.stat().st_size):
        message = phrase(
            "%(path)s is not empty; a rehearsal begins with nothing: name another file, or remove it",
            path=path,
        )
        raise DatabaseTrouble(message)
    if not path.absolute().parent.is_dir():
        message = phrase("the folder of %(path)s does not exist; make it first", path=path)
        raise DatabaseTrouble(message)
    return f"sqlite:///{path}"


@dataclass(slots=True)
class _Run:
    """A rehearsal under way."""

    engine: Engine
    clock: ManualClock
    workflow: Workflow
    connection: Any
    """The engine's own, of the one transaction: only the store knows what it is."""
    timers: int = 0
    accepted: int = 0
    left_out: int = 0
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    faults: list[Fault] = field(default_factory=list[Fault])
    expected: list[tuple[Answer, Answer]] = field(default_factory=list[tuple[Answer, Answer]])
    disagreements: list[Disagreement] = field(default_factory=list[Disagreement])
    lines: dict[str, dict[int, Line]] = field(default_factory=dict[str, dict[int, Line]])
    """By instance, the lines that were accepted, by the number of the record that reports each."""

    def carry_out(self, script: Script, until: date | datetime | None, progress: Progress | None) -> None:
        """Carry out every command, and every timer at its own moment."""
        end, is_day = _end(self.workflow, until)
        for number, line in enumerate(script.lines):
            # The end of a day is the beginning of the next, whose commands are not of it.
            if until is not None and end is not None and (line.at > end or (is_day and line.at == end)):
                self.left_out = len(script.lines) - number
                break
            self._run_on(line.at)
            self._command(line)
            if progress is not None:
                progress(number + 1, len(script.lines))
        if end is not None and end > self.clock.now():
            self._run_on(end)

    def _run_on(self, to: datetime) -> None:
        most = MOST_TIMERS - self.timers
        self.timers += run_on(self.engine, self.clock, to, connection=self.connection, most=most)

    def _command(self, line: Line) -> None:
        try:
            receipt = self._ask(line)
        except GaitaError as error:
            self.faults.append(Fault("command", str(error), line.place))
            return
        self.timers += receipt.fired_first
        answered: Answer = "accepted" if receipt.accepted else "refused"
        asked = line.event or line.deadline or ", ".join(line.data) or line.command
        if receipt.accepted:
            self.accepted += 1
            self.lines.setdefault(line.instance, {})[receipt.sequence] = line
        else:
            refusal = Refusal(line.place, line.at, line.instance, asked, line.actor, receipt.explanation)
            self.refusals.append(refusal)
        if line.expect is None:
            return
        self.expected.append((line.expect, answered))
        if line.expect != answered:
            explanation = receipt.explanation
            disagreement = Disagreement(
                line.place,
                line.at,
                line.instance,
                asked,
                explanation.state,
                line.expect,
                answered,
                explanation,
            )
            self.disagreements.append(disagreement)

    def _ask(self, line: Line) -> Receipt:
        engine, held = self.engine, self.connection
        match line.command:
            case "start" | "adopt":
                adopted = line.command == "adopt"
                return engine.start(
                    self.workflow.id,
                    instance=line.instance,
                    data=line.data,
                    actor=line.actor,
                    roles=line.roles,
                    state=line.state,
                    since=line.since if line.since is not None or not adopted else line.at,
                    reason=line.reason,
                    version=self.workflow.version,
                    connection=held,
                )
            case "fire":
                return engine.fire(
                    line.instance,
                    cast("str", line.event),
                    line.payload,
                    actor=line.actor,
                    roles=line.roles,
                    on=line.on,
                    connection=held,
                )
            case "pause" | "resume":
                turn = engine.pause if line.command == "pause" else engine.resume
                return turn(
                    line.instance,
                    cast("str", line.deadline),
                    line.reason or "",
                    actor=line.actor,
                    roles=line.roles,
                    on=line.on,
                    connection=held,
                )
            case "extend":
                return engine.extend(
                    line.instance,
                    cast("str", line.deadline),
                    cast("str", line.by),
                    line.reason or "",
                    actor=line.actor,
                    roles=line.roles,
                    on=line.on,
                    connection=held,
                )
            case "set":
                return engine.set_data(
                    line.instance,
                    line.data,
                    actor=line.actor,
                    roles=line.roles,
                    reason=line.reason,
                    on=line.on,
                    connection=held,
                )
            case "undo" | "amend" | "insert":
                return self._correct(line)

    def _correct(self, line: Line) -> Receipt:
        """Carry a correction out; it comes out like any other command."""
        corrections = self.engine.corrections
        done = corrections.correct(
            line.instance,
            self._edit(line),
            reason=line.reason or "",
            actor=line.actor,
            roles=line.roles,
            connection=self.connection,
        )
        plan = done.plan
        return Receipt(
            line.instance,
            (plan.after if done.accepted else plan.before).state,
            plan.before.sequence + (1 if done.accepted else 0),
            plan.at,
            done.accepted,
            Explanation(plan.before.state, None, done.ground, by=done.by),
            record=done.record,
        )

    def _edit(self, line: Line) -> Edit:
        zone, now = self.workflow.zone, self.clock.now()
        at = None if line.on is None else effective_moment(line.on, zone, now)
        identity = line.entry or ""
        match line.command:
            case "undo":
                return Undo(identity)
            case "insert":
                fired = Fire(line.event or "", line.payload, line.actor, frozenset(line.roles))
                return Insert(fired, cast("datetime", at))
            case _:
                entries = self.engine.corrections.entries(line.instance, connection=self.connection)
                entry = next((each for each in entries if each.id == identity), None)
                values = {**line.payload, **line.data}
                if entry is None or not values:  # of what is not there, the correction says so
                    return Amend(identity, None, at)
                return Amend(identity, cast("Asked | Start", with_values(entry.command, values)), at)

    def report(self, script: Script) -> Rehearsal:
        """Gather what came of it, once everything is committed."""
        instances = self._instances()
        expectations = Expectations(
            len(self.expected),
            sum(expected == answered for expected, answered in self.expected),
            sum(expected == "accepted" for expected, _ in self.expected),
            tuple(self.disagreements),
        )
        forecasts, moves = self._histories(instances)
        return Rehearsal(
            self.workflow.key,
            self.workflow.title,
            self.workflow.zone,
            script.lines[0].at,
            self.clock.now(),
            len(script.lines) - self.left_out,
            self.accepted,
            self.timers,
            self.left_out,
            tuple(self._board_line(instance) for instance in instances),
            self._notices(),
            tuple(self.refusals),
            tuple(self.faults),
            expectations,
            moves,
            forecasts,
            self.engine.deadlines.account(),
            tuple(self.engine.incidents.list()),
        )

    def _instances(self) -> list[Instance]:
        found: list[Instance] = []
        after: str | None = None
        while True:
            page = self.engine.list(after=after, limit=_PAGE)
            found.extend(page.instances)
            after = page.next
            if after is None:
                return found

    def _notices(self) -> tuple[Message, ...]:
        found: list[Message] = []
        after = 0
        while stored := self.engine.outbox.messages(after=after, limit=_PAGE):
            found.extend(stored_message.message for stored_message in stored)
            after = stored[-1].number
        return tuple(found)

    def _histories(self, instances: list[Instance]) -> tuple[Forecasts, dict[tuple[str, str], int]]:
        moves: Counter[tuple[str, str]] = Counter()
        judged: list[Forecast] = []
        for instance in instances:
            history = self.engine.history(instance.id)
            for told in course_of(self.workflow, history):
                moves.update(_moves(told))
            judged.extend(judge(self.workflow, instance.id, history, self.lines.get(instance.id, {})))
        judged.sort(key=_in_order)
        return Forecasts(tuple(judged)), dict(sorted(moves.items()))

    def _board_line(self, instance: Instance) -> BoardLine:
        now = self.clock.now()
        ahead = [deadline.due for deadline in instance.deadlines if not deadline.is_overdue(now)]
        overdue = tuple(deadline.rule for deadline in instance.deadlines if deadline.is_overdue(now))
        return BoardLine(
            instance.id,
            instance.state,
            instance.since,
            self.workflow.is_final(instance.state),
            min(ahead, default=None),
            overdue,
        )


def _end(workflow: Workflow, until: date | datetime | None) -> tuple[datetime | None, bool]:
    """Return the moment to run on to, and whether it is the end of a day."""
    if isinstance(until, datetime):
        return as_utc(until), False
    day = until or workflow.horizon
    return (None, False) if day is None else (end_of_day(day, workflow.zone), True)


def _in_order(forecast: Forecast) -> tuple[datetime, int, str]:
    return forecast.recorded_at, 0 if forecast.place is None else forecast.place.line, forecast.field


def _moves(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for move in cast("list[dict[str, str]]", told.get("moves") or ()):
        if "from" in move and not move.get("internal"):
            yield move["from"], move["to"]
