"""Deadlines: the promises that states are left in time, with their reminders and escalations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from gaita.calendar.amount import Amount
from gaita.fault import shown
from gaita.language.amount_lengths import same, surely_shorter
from gaita.language.clock_rules import Clocks
from gaita.language.due_rules import NO_TIME, Dues
from gaita.language.fields import Fields, checked_roles
from gaita.language.report import Lost, Report
from gaita.language.shape import DeadlineShape, DocumentShape, ReminderShape, RungShape
from gaita.language.states import Stages
from gaita.language.titles import names_of, title_of
from gaita.language.toml.places import Path
from gaita.model.state_tree import leaves_of
from gaita.model.workflow import AtHorizon, Due, Event, Every, Moment, Rule, Transition, Within
from gaita.phrase import phrase


@dataclass(slots=True)
class Deadlines:
    """Reads the deadlines of one workflow."""

    shape: DocumentShape
    report: Report
    stages: Stages
    fields: Fields
    events: Mapping[str, Event]
    transitions: Sequence[Transition]
    lost: Lost
    dues: Dues
    clocks: Clocks
    _from: dict[str | None, list[Transition]] = field(default_factory=dict[str | None, list[Transition]])
    _heard: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def __post_init__(self) -> None:
        """Lay the transitions that roles may cause out by source; of those alike in that, one is enough."""
        alike: set[tuple[str | None, str | None, tuple[str, ...]]] = set()
        for transition in self.transitions:
            for source in (None,) if transition.sources is None else transition.sources:
                key = (source, transition.target, transition.by)
                if transition.event and transition.by and key not in alike:
                    alike.add(key)
                    self._from.setdefault(source, []).append(transition)

    def read(self) -> dict[str, Rule]:
        """Return the rules by id, ``STATE.NAME``, in the order of the file."""
        rules: dict[str, Rule] = {}
        for state, shape in self.stages.shapes.items():
            for name, declared in shape.deadlines.items():
                path = (*self.stages.places[state], "deadlines", name)
                identifier = f"{state}.{name}"
                scope = self._scope(state, declared, (*path, "through"))
                due = self.dues.read(declared, path)
                moments = self._moments(state, declared, due, path)
                pause_in, pause_by = self.clocks.pausing(declared, due, scope, path)
                extend_by, extend_at_most = self.clocks.extending(declared, path)
                rules[identifier] = Rule(
                    identifier,
                    title_of(declared.title, name),
                    scope,
                    due,
                    moments,
                    self.clocks.meeting(declared, path),
                    pause_in,
                    pause_by,
                    extend_by,
                    extend_at_most,
                    cast('Literal["each", "once"]', declared.catch_up),
                )
        horizon = self._horizon()
        return rules if horizon is None else {**rules, horizon.id: horizon}

    def _horizon(self) -> Rule | None:
        """Return the rule of the programme's end: it lasts through every state that is not final."""
        declared = self.shape.horizon
        if declared is None:
            return None
        path: Path = ("horizon",)
        if self.shape.workflow.horizon is None and not self.lost.has("horizon"):
            message = phrase("the workflow declares no horizon")
            advice = phrase("write horizon = 2025-06-30 (its last day) under [workflow]")
            self.report.add("horizon", path, message, hint=advice, key=True)
        if declared.fire is not None and declared.close_to is not None:
            message = phrase("the horizon says twice what becomes of what still runs")
            either = phrase("either `fire` or `close_to`")
            self.report.add("horizon", (*path, "close_to"), message, expected=either, key=True)
        if declared.fire is not None:
            self._check_fired(declared.fire, (*path, "fire"))
        to = self._roles(declared.to, (*path, "to")) if declared.to is not None else ()
        reminders = [
            Moment("reminder", amount or NO_TIME, self._warned(entry, to, place))
            for entry, place, amount in self._amounts_before(declared.remind, path)
        ]
        if not (reminders or to or declared.fire or declared.close_to or self.lost.has("to", "fire")):
            expected = phrase('to = "ROLE", fire = "EVENT" or close_to = "STATE"')
            self.report.add(
                "horizon", path, phrase("nothing happens at the horizon"), expected=expected, key=True
            )
        end = Moment("due", NO_TIME, to, declared.fire, self._closing(declared.close_to, (*path, "close_to")))
        scope = tuple(
            state for state, each in self.stages.states.items() if each.parent is None and not each.final
        )
        title = declared.title or {"en": "End of the programme", "lv": "Programmas beigas"}
        return Rule(
            "horizon", title_of(title, "horizon"), scope, AtHorizon(), (*reminders, end), catch_up="once"
        )

    def _warned(self, entry: "str | ReminderShape", to: tuple[str, ...], place: Path) -> tuple[str, ...]:
        if isinstance(entry, ReminderShape) and entry.to is not None:
            return self._roles(entry.to, (*place, "to"))
        if self.shape.horizon is not None and self.shape.horizon.to is None and not self.lost.has("to"):
            message = phrase("nobody is named who could hear of this warning")
            hint = phrase('write { before = "3 months", to = "ROLE" }, or `to` for the horizon as a whole')
            self.report.add("nobody-hears", place, message, hint=hint)
        return to

    def _closing(self, state: str | None, path: Path) -> str | None:
        if state is None:
            return None
        found = self.stages.resolve(state, path, self.report)
        if found is not None and not self.stages.states[found].final:
            message = phrase("%(found)s is not final", found=shown(found))
            self.report.add(
                "horizon", path, message, expected=phrase("a final state, in which nothing runs any more")
            )
        return found

    def _scope(self, state: str, declared: DeadlineShape, path: Path) -> tuple[str, ...]:
        """Return the states that a deadline lasts through: its own first, then those that `through` names."""
        scope = [state]
        for index, name in enumerate(names_of(declared.through)):
            place = (*path, index) if isinstance(declared.through, list) else path
            if name not in self.stages.shapes:
                if not self.lost.has(name):
                    self.report.unknown("state", place, name, self.stages.shapes)
            elif name in scope:
                self.report.add(
                    "duplicate", place, phrase("the state %(name)s stands twice", name=shown(name))
                )
            elif self.stages.states[name].final:
                message = phrase(
                    "a deadline cannot last through %(name)s, which is final and ends it", name=shown(name)
                )
                self.report.add("final", place, message, expected=phrase("a state that is left again"))
            else:
                scope.append(name)
        return tuple(scope)

    def _moments(self, state: str, declared: DeadlineShape, due: Due, path: Path) -> tuple[Moment, ...]:
        reminders = list(self._reminders(state, declared, path))
        self._check_before_it_begins(declared, due, reminders, path)
        first, rungs = Moment("due", NO_TIME), list[Moment]()
        for index, rung in enumerate(declared.escalate):
            place = (*path, "escalate", index)
            moment = self._rung(rung, place)
            if rung.after is not None:
                if isinstance(due, Every) and declared.met_by is None:
                    message = phrase("a deadline that only comes round again cannot be late")
                    hint = phrase('say what meets it, as in met_by = "report_status", or leave `after` out')
                    self.report.add("recurrence", (*place, "after"), message, hint=hint, key=True)
                rungs.append(moment)
            elif index == 0:
                first = moment
            else:
                message = phrase("only the first rung can be without `after`")
                self.report.add(
                    "order", place, message, expected=phrase('`after` = an amount such as "10 days"')
                )
        self._check_order(rungs, [index for index, rung in enumerate(declared.escalate) if rung.after], path)
        return (*reminders, first, *rungs)

    def _reminders(self, state: str, declared: DeadlineShape, path: Path) -> Iterator[Moment]:
        for entry, place, amount in self._amounts_before(declared.remind, path):
            yield Moment("reminder", amount or NO_TIME, self._hearers(state, declared, entry, place))

    def _amounts_before(
        self, entries: "Sequence[str | ReminderShape]", path: Path
    ) -> "Iterator[tuple[str | ReminderShape, Path, Amount | None]]":
        """Yield each reminder with its place and how long before it comes; they are to be in order."""
        seen: list[Amount] = []
        for index, entry in enumerate(entries):
            place: Path = (*path, "remind", index)
            amount_place = place if isinstance(entry, str) else (*place, "before")
            before = entry if isinstance(entry, str) else entry.before
            amount = self.dues.amount(before, amount_place)
            if amount and seen and surely_shorter(seen[-1], amount):
                message = phrase(
                    "%(before)s before comes after %(earlier)s before",
                    before=shown(before),
                    earlier=shown(seen[-1].text),
                )
                self.report.add(
                    "order", amount_place, message, expected=phrase("the earliest reminder first")
                )
            if amount and any(same(amount, each) for each in seen):
                self.report.add(
                    "duplicate",
                    amount_place,
                    phrase("the reminder %(before)s before stands twice", before=shown(before)),
                )
            if amount:
                seen.append(amount)
            yield entry, place, amount

    def _hearers(
        self, state: str, declared: DeadlineShape, entry: "str | ReminderShape", place: Path
    ) -> tuple[str, ...]:
        """Return who hears of a reminder: those declared, else who may move on, else the first rung's."""
        if isinstance(entry, ReminderShape) and entry.to is not None:
            return self._roles(entry.to, (*place, "to"))
        movers = self._movers(state)
        if movers:
            return movers
        told = next((rung.to for rung in declared.escalate if rung.to), None)
        if told is None and not self.lost.has("escalate", "by", "to"):
            message = phrase("nobody is named who could hear of this reminder")
            hint = phrase(
                'write { before = "5 days", to = "ROLE" }, or `by` on a transition that leads on from here'
            )
            self.report.add("nobody-hears", place, message, hint=hint)
        return tuple(name for name in names_of(told) if name in self.shape.roles)

    def _movers(self, scope: str) -> tuple[str, ...]:
        """Return the roles that may cause the transitions out of a state.

        Those that name it (or a state inside or around it) count; only where there are none, those that
        lead from any state: otherwise whoever may retire anything would hear of everything.
        """
        if scope not in self._heard:
            sources = [*self.stages.lineage(scope), *self.stages.within(scope)]
            specific = [each for source in sources for each in self._from.get(source, ())]
            roles = _roles_that_leave(specific, scope) or _roles_that_leave(self._from.get(None, ()), scope)
            self._heard[scope] = roles
        return self._heard[scope]

    def _rung(self, rung: RungShape, place: Path) -> Moment:
        if rung.to is None and rung.fire is None:
            expected = phrase('to = "ROLE", or fire = "EVENT"')
            self.report.add("rung", place, phrase("the rung does nothing"), expected=expected)
        amount = self.dues.amount(rung.after, (*place, "after")) if rung.after is not None else None
        if rung.fire is not None:
            self._check_fired(rung.fire, (*place, "fire"))
        to = self._roles(rung.to, (*place, "to")) if rung.to is not None else ()
        return Moment("due" if rung.after is None else "rung", amount or NO_TIME, to, rung.fire)

    def _check_fired(self, event: str, place: Path) -> None:
        if event not in self.events:
            if not self.lost.has(event):
                self.report.unknown("event", place, event, self.events)
            return
        asked = [name for name, field in self.events[event].payload.items() if not field.optional]
        if asked:
            message = phrase(
                "the event %(event)s must carry %(asked)s, which the engine cannot know",
                event=shown(event),
                asked=shown(asked[0]),
            )
            self.report.add(
                "fired-event", place, message, hint=phrase("make it optional, or fire another event")
            )

    def _check_order(self, rungs: list[Moment], indexes: list[int], path: Path) -> None:
        for number in range(1, len(rungs)):
            before, this = rungs[number - 1].offset, rungs[number].offset
            if before.is_zero or this.is_zero:
                continue  # one of them could not be read
            place = (*path, "escalate", indexes[number], "after")
            if same(before, this):
                message = phrase("two rungs come %(text)s after", text=shown(this.text))
                self.report.add("duplicate", place, message, expected=phrase("one rung that does both"))
            elif surely_shorter(this, before):
                message = phrase(
                    "%(this)s after comes before %(before)s after",
                    this=shown(this.text),
                    before=shown(before.text),
                )
                self.report.add("order", place, message, expected=phrase("the rungs in the order of time"))

    def _check_before_it_begins(
        self, declared: DeadlineShape, due: Due, reminders: list[Moment], path: Path
    ) -> None:
        if not isinstance(due, Within | Every) or due.amount.is_zero:
            return
        for index, reminder in enumerate(reminders):
            if surely_shorter(due.amount, reminder.offset):
                entry = declared.remind[index]
                place = (*path, "remind", index) + (() if isinstance(entry, str) else ("before",))
                message = phrase(
                    "%(text)s before it is due lies before the deadline begins",
                    text=shown(reminder.offset.text),
                )
                self.report.add(
                    "order",
                    place,
                    message,
                    expected=phrase("less than %(text)s", text=shown(due.amount.text)),
                )

    def _roles(self, names: "str | list[str]", path: Path) -> tuple[str, ...]:
        return checked_roles(names_of(names), path, self.shape, self.report, lost=self.lost)


def _roles_that_leave(transitions: Iterable[Transition], scope: str) -> tuple[str, ...]:
    """Return the roles that may cause those of ``transitions`` that lead out of a state."""
    leaving = (
        each
        for each in transitions
        if each.target is not None
        and any(target != scope and not target.startswith(scope + "/") for target in leaves_of(each.target))
    )
    return tuple(dict.fromkeys(role for each in leaving for role in each.by))
