"""Properties over random machines and commands: what must hold whatever an operator writes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from transitions import MachineError

from gaita.calendar import WorkingCalendar, public_calendar
from gaita.language.transitions_library import machine_of, trigger_of
from gaita.model.command import Command, Extend, Fire, Pause, Recount, Resume, SetData
from gaita.model.instance import Deadline, Instance
from gaita.model.outcome import Accepted, Outcome, Refused
from gaita.model.workflow import Transition, Workflow
from gaita.step import Facts, explain
from gaita.step.facts import Names
from tests.gaita.building import HEAD, T0, Life, assert_replays, at, heading, workflow

EVENTS = ["e0", "e1", "e2"]
LEAVES = ["a/one", "a/two", "b/one", "b/two", "c"]
STATES = ["a", *LEAVES[:2], "b", *LEAVES[2:4], "c"]
FIXED = (
    HEAD
    + """
[data.f]
type = "boolean"
by = "clerk"
[data.g]
type = "boolean"
by = "clerk"
[data.day]
type = "date"
by = "clerk"
[roles.clerk]
[states.a]
initial = "one"
[states.a.deadlines.whole]
within = "3 days"
remind = [{ before = "1 day", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "2 days", to = "clerk" }]
[states.a.states.one]
[states.a.states.two]
[states.a.states.two.deadlines.part]
within = "30 hours"
escalate = [{ to = "clerk" }]
[states.b]
initial = "one"
[states.b.states.one]
[states.b.states.two]
[states.b.deadlines.by_day]
at = "data.day"
remind = [{ before = "2 days", to = "clerk" }]
escalate = [{ to = "clerk" }]
[states.c]
[states.c.deadlines.far]
within = "1 month"
escalate = [{ to = "clerk" }]
[states.end]
final = true
[events.e0]
[events.e1]
[events.e2]
[events.walk]
[events.finish]
"""
    + "".join(
        f'[[transitions]]\nevent = "walk"\nfrom = "{source}"\nto = "{target}"\n'
        for source, target in zip(LEAVES, [*LEAVES[1:], LEAVES[0]], strict=True)
    )
    + '[[transitions]]\nevent = "finish"\nfrom = "any"\nto = "end"\n'
)


@st.composite
def machines(draw: st.DrawFn, *, everything: bool = True) -> Workflow:
    """Draw a workflow; without ``everything`` only what the library ``transitions`` knows as well."""
    targets = [None, *STATES] + (["previous"] if everything else [])
    text, drawn = FIXED, set[str]()
    for _ in range(draw(st.integers(1, 8))):
        event = draw(st.sampled_from(EVENTS))
        source = draw(st.sampled_from(["any", *STATES]))
        target = draw(st.sampled_from(targets))
        guard = draw(st.sampled_from([None, "data.f", "!data.f", "data.g", "data.f || data.g"]))
        declared = f'[[transitions]]\nevent = "{event}"\nfrom = "{source}"\n'
        declared += f'to = "{target}"\n' if target else ""
        declared += f'guard = "{guard}"\n' if guard else ""
        declared += 'by = "clerk"\n' if everything and draw(st.booleans()) else ""
        text += "" if declared in drawn else declared  # the same one twice is a fault
        drawn.add(declared)
    if everything and draw(st.booleans()):
        text += '[[transitions]]\nfrom = "a/two"\nto = "b"\nguard = "data.f && data.g"\n'
    return workflow(text)


class Model:
    """What the library moves, and puts its own methods on."""

    state: str
    trigger: Callable[[str], bool]


flags = st.dictionaries(st.sampled_from(["f", "g"]), st.booleans())


@settings(deadline=None, max_examples=60)
@given(
    machines(everything=False), flags, st.sampled_from(LEAVES), st.sampled_from([*EVENTS, "walk", "finish"])
)
def test_the_tables_and_the_machine_move_alike(
    declared: Workflow, data: dict[str, object], leaf: str, event: str
) -> None:
    life = Life(declared, data=data, state=leaf)
    names = Names(declared, life.instance.state, life.instance.data, {}, Facts(T0))

    def conditions(transition: Transition) -> list[str | Callable[..., bool | None]]:
        guard = transition.guard
        return [] if guard is None else [lambda *_: guard.all.evaluate(names) is True]

    model = Model()
    machine, _ = machine_of(
        declared.states, declared.transitions, declared.initial, model=model, conditions=conditions
    )
    machine.set_state(leaf, model=model)
    try:
        moved = model.trigger(trigger_of(event))
    except (AttributeError, MachineError):  # no transition from here, or none at all for this event
        moved = False
    outcome = life.fire(event)
    assert (isinstance(outcome, Accepted), outcome.after.state) == (moved, model.state)


commands = st.one_of(
    st.builds(
        lambda event, clerk: Fire(event, {}, "ilze", frozenset({"clerk"} if clerk else ())),
        st.sampled_from([*EVENTS, "walk", "walk", "finish"]),
        st.booleans(),
    ),
    st.builds(
        lambda values: SetData(values, "ilze", frozenset({"clerk"})),
        st.dictionaries(st.sampled_from(["f", "g"]), st.none() | st.booleans(), min_size=1),
    ),
    st.builds(
        lambda day: SetData({"day": day and f"2024-03-{day:02}"}, "ilze", frozenset({"clerk"})),
        st.none() | st.integers(1, 31),
    ),
)
schedules = st.lists(st.tuples(st.integers(0, 60), commands), max_size=12)


def live(declared: Workflow, schedule: list[tuple[int, Command]], looks: int | None) -> Life:
    """Carry out commands some hours apart; the scheduler looks every ``looks`` hours, or never."""
    life, now = Life(declared), T0
    for hours, command in schedule:
        if looks is not None:
            for hour in range(0, hours, looks):
                life.fire_due(now + timedelta(hours=hour))
        now += timedelta(hours=hours)
        life.do(command, now)
    life.fire_due(now + timedelta(days=365))
    return life


def timeless(outcome: Outcome) -> object:
    """What an outcome says, but for the moment at which a timer was looked at."""
    if not isinstance(outcome, Accepted):
        return (outcome.command, outcome.at, outcome.explanation, outcome.recorded)
    return (
        outcome.command,
        outcome.explanation,
        outcome.moves,
        outcome.changed,
        [unarmed(each) for each in outcome.armed],
        [replace(each, deadline=unarmed(each.deadline)) for each in outcome.ended],
        [replace(each, before=unarmed(each.before), after=unarmed(each.after)) for each in outcome.adjusted],
        [replace(each, late=timedelta(0)) for each in outcome.timers],
        [replace(each, at=T0) for each in outcome.messages],
        undated(outcome.after),
    )


def unarmed(deadline: Deadline) -> Deadline:
    """A deadline, but for the moment at which a timer that was looked at late has armed it."""
    return replace(deadline, armed_at=T0)


def undated(instance: Instance) -> Instance:
    remembered = tuple(replace(each, deadline=unarmed(each.deadline)) for each in instance.remembered)
    return replace(
        instance, deadlines=tuple(unarmed(each) for each in instance.deadlines), remembered=remembered
    )


@settings(deadline=None, max_examples=60)
@given(machines(), schedules, st.integers(1, 30))
def test_no_result_depends_on_when_the_scheduler_ran(
    declared: Workflow, schedule: list[tuple[int, Command]], looks: int
) -> None:
    never, often = live(declared, schedule, None), live(declared, schedule, looks)
    assert often.instance == never.instance
    assert [timeless(each) for each in often.outcomes] == [timeless(each) for each in never.outcomes]


@settings(deadline=None, max_examples=60)
@given(machines(), schedules)
def test_what_explaining_says_is_what_firing_does(
    declared: Workflow, schedule: list[tuple[int, Command]]
) -> None:
    life, now = Life(declared), T0
    for hours, command in schedule:
        now += timedelta(hours=hours)
        assert isinstance(command, Fire | SetData)
        said = explain(declared, life.instance, command, Facts(now))
        done = life.do(command, now).explanation
        assert (said.state, said.ground, said.fields, said.elsewhere) == (
            done.state,
            done.ground,
            done.fields,
            done.elsewhere,
        )
        verdicts = [(each.transition, each.target, each.verdict) for each in said.candidates]
        assert verdicts == [(each.transition, each.target, each.verdict) for each in done.candidates]


@settings(deadline=None, max_examples=60)
@given(machines(), schedules, st.integers(1, 30))
def test_the_history_leads_to_the_instance_and_every_timer_is_accounted(
    declared: Workflow, schedule: list[tuple[int, Command]], looks: int
) -> None:
    life = live(declared, schedule, looks)
    assert_replays(life)
    assert_accounted(declared, life.outcomes, life.instance)


def assert_accounted(declared: Workflow, outcomes: list[Outcome], last: Instance) -> None:
    accepted = [each for each in outcomes if isinstance(each, Accepted)]
    armed: dict[int, Deadline] = {each.number: each for outcome in accepted for each in outcome.armed}
    ended: dict[int, str] = {}
    anew: set[tuple[int, int]] = set()
    for outcome in accepted:
        for adjustment in outcome.adjusted:
            if adjustment.kind == "reopened":
                ended.pop(adjustment.after.number, None)
            anew |= {(adjustment.after.number, each.number) for each in adjustment.after.timers if each.again}
        for end in outcome.ended:
            assert end.deadline.number not in ended
            ended[end.deadline.number] = end.ending
    assert sorted(armed) == list(range(1, last.armed + 1))
    assert set(ended.values()) <= {"met", "missed", "superseded", "withdrawn"}
    assert last.armed == len(ended) + len(last.deadlines)
    assert {each.number for each in last.deadlines} == set(armed) - set(ended)
    promises = {(each.rule, each.since, each.occurrence) for each in armed.values()}
    anchored = [each for each in armed.values() if declared.rules[each.rule].is_anchored]
    assert len(anchored) == len([each for each in promises if declared.rules[each[0]].is_anchored])
    timers = Counter((each.deadline, each.number) for outcome in accepted for each in outcome.timers)
    assert set(timers.values()) <= {1}
    still_open = {(each.number, timer.number) for each in last.deadlines for timer in each.timers}
    every = anew | {
        (number, index)
        for number, each in armed.items()
        for index in range(len(declared.rules[each.rule].moments))
    }
    assert set(timers) | still_open == every
    assert not set(timers) & still_open
    messages = [message for outcome in accepted for message in outcome.messages]
    assert len({message.id for message in messages}) == len(messages)
    reminders = [
        (each.deadline, each.timer, each.due, each.to) for each in messages if each.kind == "reminder"
    ]
    assert len(set(reminders)) == len(reminders)
    for outcome in accepted:
        for each in outcome.timers:
            if each.ending == "fired":
                assert each.due is not None
                assert outcome.at - each.due == each.late >= timedelta(0)
        for end in outcome.ended:
            assert end.late >= timedelta(0)
            assert end.ending == "missed" or not end.late


# -- clocks that stop, time that is granted, deadlines that come round again

CALENDARS = [
    public_calendar("LV", known_until=date(2024, 12, 31)),
    public_calendar("LV", known_until=date(2024, 4, 8)),  # knows of Easter, and of nothing after it
    public_calendar("LV", known_until=date(2024, 3, 12)),
]
AMOUNTS = ["3 days", "30 hours", "1 month", "5 working days", "12 working hours", "2 days 5 hours"]
ANCHORS = [None, "start", "first c", "last c", "last a", "data.day"]
REMINDERS = ["", 'remind = [{ before = "12 hours", to = "clerk" }]']
RUNGS = [
    'escalate = [{ to = "clerk" }]',
    'escalate = [{ to = "clerk" }, { after = "36 hours", to = "chief" }, { after = "4 days", to = "chief" }]',
    'escalate = [{ to = "clerk" }, { after = "2 working days", to = ["clerk", "chief"] }]',
]
CLOCKS = 'pause_in = "hold"\npause_by = "clerk"\n'
PLACES = ["a", "b", "c", "hold"]
WALKS = "".join(
    f'[[transitions]]\nevent = "to_{target}"\nfrom = "{source}"\nto = "{target}"\n'
    for source in PLACES
    for target in PLACES
)


@st.composite
def promised(draw: st.DrawFn, policies: list[str]) -> Workflow:
    """Draw a workflow of four states among which anything moves anywhere, with deadlines of every kind."""
    deadlines = ""
    for number in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["within", "within", "every", "at"]))
        scope = draw(st.sampled_from(["a", "b"]))
        lines = [f"[states.{scope}.deadlines.x{number}]"]
        met = draw(st.booleans())
        rungs = draw(st.sampled_from(RUNGS if met or kind != "every" else RUNGS[:1]))
        if kind == "at":
            lines.append('at = "data.day"')
        else:
            amount = draw(st.sampled_from(AMOUNTS))
            anchor = draw(st.sampled_from(ANCHORS if " hours" not in amount else ANCHORS[:-1]))
            lines += [f'{kind} = "{amount}"', f'from = "{anchor}"' if anchor else "", CLOCKS]
            if draw(st.booleans()):
                unit = "working days" if "working d" in amount else "days"
                lines += [f'extend_by = "clerk"\nextend_at_most = "6 {unit}"']
        lines += [rungs, draw(st.sampled_from(REMINDERS)), 'met_by = "report"' if met else ""]
        lines += [f'through = "{"b" if scope == "a" else "a"}"' if draw(st.booleans()) else ""]
        lines += [f'catch_up = "{draw(st.sampled_from(policies))}"', ""]
        deadlines += "\n".join(lines)
    horizon = draw(st.sampled_from([None, "2024-03-31"]))
    past = draw(st.sampled_from(["skip", "fire"]))
    head = heading(calendar="LV", past_timers=past, horizon=horizon)
    if horizon and "once" in policies:  # its warnings are folded
        head += '[horizon]\nremind = ["10 days"]\nto = "chief"\n'
        head += draw(st.sampled_from(["", 'close_to = "end"\n']))
    return workflow(
        head
        + '[data.day]\ntype = "date"\nby = "clerk"\n[roles.clerk]\n[roles.chief]\n'
        + "".join(f"[states.{each}]\n" for each in PLACES if f"[states.{each}." not in deadlines)
        + deadlines
        + "[states.end]\nfinal = true\n[events.report]\n[events.finish]\n"
        + "".join(f"[events.to_{each}]\n" for each in PLACES)
        + WALKS
        + '[[transitions]]\nevent = "report"\nfrom = "any"\n'
        + '[[transitions]]\nevent = "finish"\nfrom = "any"\nto = "end"\n'
    )


CLERK = frozenset({"clerk"})
asked = st.one_of(
    st.sampled_from(
        [*(f"to_{each}" for each in PLACES), "to_hold", "to_a", "report", "report", "finish"]
    ).map(lambda event: Fire(event, {}, "ilze", CLERK)),
    st.tuples(st.sampled_from([Pause, Resume, Extend]), st.integers(0, 2), st.booleans()),
    st.builds(
        lambda day: SetData({"day": day and f"2024-03-{day:02}"}, "ilze", CLERK),
        st.none() | st.integers(1, 31),
    ),
    st.sampled_from(CALENDARS),
)
lives = st.lists(st.tuples(st.integers(0, 100), asked), max_size=16)


def command_of(declared: Workflow, drawn: object) -> Command:
    """Return what was drawn, addressed to a deadline that the workflow has."""
    match drawn:
        case WorkingCalendar():
            return Recount(drawn.name, drawn.digest)
        case (kind, number, roles):
            assert isinstance(number, int)
            rules = [each for each in declared.rules if each != "horizon"]
            rule = declared.rules[rules[number % len(rules)]]
            by = CLERK if roles else frozenset[str]()
            if kind is Pause:
                return Pause(rule.id, "why", "ilze", by)
            if kind is Resume:
                return Resume(rule.id, None, "ilze", by)
            working = rule.extend_at_most is not None and rule.extend_at_most.working_days
            return Extend(rule.id, "2 working days" if working else "2 days", "why", "ilze", by)
        case _:
            assert isinstance(drawn, Fire | SetData)
            return drawn


def lived(
    declared: Workflow, schedule: list[tuple[int, object]], looks: int | None, *, since: int | None = None
) -> Life:
    """Live through a schedule; the scheduler looks every ``looks`` hours, or only as commands come."""
    adopted = None if since is None else T0 - timedelta(hours=since)
    life, now = Life(declared, since=adopted, calendar=CALENDARS[1]), T0
    for hours, drawn in schedule:
        if looks is not None:
            for hour in range(0, hours, looks):
                life.fire_due(now + timedelta(hours=hour))
        now += timedelta(hours=hours)
        life.fire_due(now)
        if isinstance(drawn, WorkingCalendar):
            life.calendar = drawn
        life.do(command_of(declared, drawn), now)
    for hour in range(0, 24 * 60, looks or 24 * 59):
        life.fire_due(now + timedelta(hours=hour))
    life.fire_due(now + timedelta(days=60))
    return life


@settings(deadline=None, max_examples=120)
@given(promised(["each", "once"]), lives, st.none() | st.integers(1, 30), st.none() | st.integers(0, 400))
def test_whatever_befalls_deadlines_the_account_balances_and_the_history_tells_it_all(
    declared: Workflow, schedule: list[tuple[int, object]], looks: int | None, since: int | None
) -> None:
    life = lived(declared, schedule, looks, since=since)
    assert_replays(life)
    assert_accounted(declared, life.outcomes, life.instance)
    for outcome in life.outcomes:
        assert_sensible(declared, outcome)


def assert_sensible(declared: Workflow, outcome: Outcome) -> None:
    after = outcome.after
    if isinstance(outcome, Refused):
        kept = replace(after, refusal=outcome.before.refusal, sequence=outcome.before.sequence)
        assert kept == outcome.before
        return
    path = declared.paths[after.state]
    for deadline in after.deadlines:
        rule = declared.rules[deadline.rule]
        in_scope = any(state in path for state in rule.scope)
        assert in_scope or ("hold" in path and rule.pause_in)
        assert in_scope != ("state" in deadline.paused_by)
        if deadline.is_paused or deadline.provisional:
            assert all(timer.due is None for timer in deadline.timers)
        if declared.horizon is not None:
            moments = [timer.due for timer in deadline.timers if timer.due is not None]
            assert all(each <= at("2024-03-31T21:00") for each in [deadline.due, *moments])
    for number in {each.deadline for each in outcome.timers if each.ending == "fired"}:
        assert outcome.before is not None
        before = next(each for each in outcome.before.deadlines if each.number == number)
        assert not before.is_paused
        assert not before.provisional
    if declared.states[after.state].final:
        assert after.deadlines == ()


@settings(deadline=None, max_examples=80)
@given(promised(["each"]), lives, st.integers(1, 40))
def test_a_scheduler_that_is_late_changes_nothing_where_each_moment_is_told(
    declared: Workflow, schedule: list[tuple[int, object]], looks: int
) -> None:
    never, often = lived(declared, schedule, None), lived(declared, schedule, looks)
    assert [timeless(each) for each in never.outcomes] == [timeless(each) for each in often.outcomes]


@settings(deadline=None, max_examples=60)
@given(promised(["each", "once"]), lives, st.lists(st.integers(-3000, 3000), min_size=1, max_size=6))
def test_a_clock_that_jumps_fires_nothing_early_and_nothing_twice(
    declared: Workflow, schedule: list[tuple[int, object]], jumps: list[int]
) -> None:
    life, now = Life(declared, calendar=CALENDARS[0]), T0
    for number, (hours, drawn) in enumerate(schedule):
        now += timedelta(hours=hours + jumps[number % len(jumps)])
        if not isinstance(drawn, WorkingCalendar):
            life.do(command_of(declared, drawn), now)
    life.fire_due(T0 + timedelta(days=60))
    assert_replays(life)
    assert_accounted(declared, life.outcomes, life.instance)
