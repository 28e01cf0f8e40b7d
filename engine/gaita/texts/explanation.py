"""An explanation in words: why a command is accepted or refused, and what would unblock it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from gaita.calendar import parse_amount
from gaita.model.outcome import Candidate, CandidateVerdict, ClauseResult, ClauseVerdict, Explanation, Ground
from gaita.model.value import Field, Value
from gaita.model.workflow import PREVIOUS, Workflow
from gaita.texts.amounts import amount_words
from gaita.texts.language import Language, gettext_noop
from gaita.texts.languages import language_of
from gaita.texts.titles import event_title, field_title, role_title, rule_title, state_title, titled
from gaita.texts.values import field_words, value_words

LineKind: TypeAlias = Literal["verdict", "transition", "condition", "detail", "cure"]

MARKS: Final[Mapping[ClauseVerdict, str]] = {"holds": "✓", "unmet": "✗", "unknown": "?", "failed": "!"}
"""What stands in front of a line, by how it came out."""

_GROUNDS: Final[Mapping[Ground, str]] = {
    "no_transition": gettext_noop("this state has no transition for it"),
    "role": gettext_noop("the actor has none of the roles that may do it"),
    "guard": gettext_noop("a condition is not met"),
    "no_previous": gettext_noop("there is no previous state to go back to"),
    "not_done": gettext_noop("it waits until its state is done"),
    "value": gettext_noop("a value that it would set cannot be computed, or is not admitted"),
    "final": gettext_noop("the instance has come to its end"),
    "field_role": gettext_noop("the actor may not change these fields"),
    "no_deadline": gettext_noop("no such deadline is open"),
    "not_pausable": gettext_noop("its workflow lets nobody stop this clock"),
    "not_extendable": gettext_noop("its workflow lets nobody extend this deadline"),
    "paused": gettext_noop("its clock stands already"),
    "running": gettext_noop("its clock was not stopped by a command"),
    "overdue": gettext_noop("it is due already, and cannot be given more time"),
    "too_much": gettext_noop("it is more than may be granted in all"),
    "no_corrector": gettext_noop("the workflow names nobody who may correct what was entered"),
    "upset": gettext_noop("later entries would come out otherwise: that is a matter of a correction"),
    "too_late": gettext_noop("it lies further back than a late entry may: that is a matter of a correction"),
    "closed": gettext_noop("it lies in a time that was reported on already"),
    "horizon": gettext_noop("the deadline cannot reach beyond the horizon"),
    "stuck": gettext_noop("it is stuck: a due timer of it cannot be carried out"),
}
_VERDICTS: Final[Mapping[CandidateVerdict, str]] = {
    "taken": gettext_noop("transition %(number)s, to %(state)s: it is taken"),
    "guard": gettext_noop("transition %(number)s, to %(state)s: a condition is not met"),
    "role": gettext_noop("transition %(number)s, to %(state)s: the role is missing"),
    "value": gettext_noop("transition %(number)s, to %(state)s: a value cannot be set"),
    "no_previous": gettext_noop("transition %(number)s, to %(state)s: there is no way back"),
    "not_done": gettext_noop("transition %(number)s, to %(state)s: its state is not done yet"),
    "preempted": gettext_noop("transition %(number)s, to %(state)s: another one leaves its state"),
}


@dataclass(frozen=True, slots=True)
class ExplanationLine:
    """One line of an explanation."""

    kind: LineKind
    text: str
    mark: ClauseVerdict | None = None
    indent: int = 1
    """By how many steps of two blanks it is set in."""

    def __str__(self) -> str:
        """Return the line as plain text."""
        mark = f"{MARKS[self.mark]} " if self.mark else ""
        return "  " * self.indent + mark + self.text


def explanation_text(
    explanation: Explanation,
    workflow: Workflow,
    language: str | Language = "en",
    *,
    instance: str | None = None,
    asked: bool = False,
) -> str:
    """Return why a command is accepted or refused, as lines of plain text; personal values are left out.

    ``language`` is a code such as ``lv``; ``instance`` is named where it is given; ``asked``: it was only a
    question, and nothing was done.
    """
    lines = explanation_lines(explanation, workflow, language, instance=instance, asked=asked)
    return "\n".join(map(str, lines))


def explanation_lines(
    explanation: Explanation,
    workflow: Workflow,
    language: str | Language = "en",
    *,
    instance: str | None = None,
    asked: bool = False,
) -> Iterator[ExplanationLine]:
    """Yield the lines of ``explanation_text``, each with its kind and its mark."""
    spoken = language_of(language)
    yield _verdict(explanation, workflow, spoken, instance, asked=asked)
    if explanation.amounts and explanation.ground == "too_late":
        told = spoken.gettext(
            "as of %(asked)s; a late entry may reach back %(at_most)s",
            asked=explanation.amounts["asked"],
            at_most=_amount(explanation.amounts["at_most"], spoken),
        )
        yield ExplanationLine("detail", told)
    elif explanation.amounts:
        yield ExplanationLine("detail", amounts_text(explanation.amounts, spoken))
    for candidate in explanation.candidates:
        yield from _candidate(explanation, candidate, workflow, spoken)
    for field, roles in (explanation.fields or {}).items():
        title = with_id(field_title(workflow, field, spoken), field)
        who = roles_text(workflow, roles, spoken)
        if roles:
            told = spoken.gettext("%(field)s may be changed by %(roles)s", field=title, roles=who)
        else:
            told = spoken.gettext("%(field)s changes only through transitions", field=title)
        yield ExplanationLine("detail", told)
    if explanation.elsewhere:
        there = spoken.listed([_state(workflow, each, spoken) for each in explanation.elsewhere], "or")
        yield ExplanationLine("detail", spoken.gettext("it can happen in: %(states)s", states=there))
    elif explanation.ground == "no_transition":
        yield ExplanationLine("detail", spoken.gettext("no state has a transition for it"))
    yield from _cure(explanation, workflow, spoken)


def ground_text(ground: Ground, language: Language) -> str:
    """Return why a command is refused as a whole."""
    return language.gettext(_GROUNDS[ground])


def stuck_text(incident: int | None, language: Language) -> str:
    """Return the way out for an instance that is stuck."""
    if incident is None:
        return language.gettext("run `gaita due --run`, which opens an incident that says why")
    return language.gettext(
        "see incident %(incident)s; correct its data (`gaita set`) or extend its deadline (`gaita extend`): "
        "that frees it; where the cause was another, `gaita incidents --retry %(incident)s` once it is gone",
        incident=incident,
    )


def amounts_text(amounts: Mapping[str, str], language: Language) -> str:
    """Return how much time was asked for, and how much may be granted."""
    granted = amounts.get("granted", "").split(", ")
    return language.gettext(
        "asked for: %(asked)s; granted before: %(granted)s; at most: %(at_most)s",
        asked=_amount(amounts["asked"], language),
        granted=language.listed([_amount(each, language) for each in granted if each]) or "-",
        at_most=_amount(amounts["at_most"], language),
    )


def _amount(text: str, language: Language) -> str:
    return amount_words(parse_amount(text), language)


def with_id(title: str, name: str) -> str:
    """Return a title with the id that an operator types: ``In review [review]``."""
    return title if title == name else f"{title} [{name}]"


def roles_text(workflow: Workflow, roles: Sequence[str], language: Language) -> str:
    """Return roles by title and id: ``Head [lead] or Clerk [clerk]``."""
    return language.listed([with_id(role_title(workflow, role, language), role) for role in roles], "or")


def _state(workflow: Workflow, state: str, language: Language) -> str:
    return f"{state_title(workflow, state, language)} [{state}]"


def _verdict(
    explanation: Explanation, workflow: Workflow, language: Language, instance: str | None, *, asked: bool
) -> ExplanationLine:
    if explanation.deadline is not None:
        what = with_id(rule_title(workflow, explanation.deadline, language), explanation.deadline)
    elif explanation.event is not None:
        what = with_id(event_title(workflow, explanation.event, language), explanation.event)
    else:
        what = language.gettext("The change")
    state = _state(workflow, explanation.state, language)
    if instance is None:
        subject = language.gettext("%(what)s in state %(state)s", what=what, state=state)
    else:
        subject = language.gettext(
            "%(what)s for %(instance)s in state %(state)s", what=what, instance=instance, state=state
        )
    if explanation.ground is None:
        if asked:
            told = language.gettext("%(what)s: would be accepted", what=subject)
        else:
            told = language.gettext("%(what)s: accepted", what=subject)
        return ExplanationLine("verdict", told, "holds", 0)
    ground = ground_text(explanation.ground, language)
    if asked:
        told = language.gettext("%(what)s: would be refused: %(ground)s", what=subject, ground=ground)
    else:
        told = language.gettext("%(what)s: refused: %(ground)s", what=subject, ground=ground)
    return ExplanationLine("verdict", told, "unmet", 0)


def _candidate(
    explanation: Explanation, candidate: Candidate, workflow: Workflow, language: Language
) -> Iterator[ExplanationLine]:
    if candidate.target is None:
        target = language.gettext("the same state (nothing is left)")
    elif candidate.target == PREVIOUS:
        target = language.gettext("the previous state")
    else:
        target = _state(workflow, candidate.target, language)
    told = language.gettext(_VERDICTS[candidate.verdict], number=candidate.transition, state=target)
    yield ExplanationLine("transition", told)
    if candidate.by:
        roles = language.gettext("by %(roles)s", roles=roles_text(workflow, candidate.by, language))
        yield ExplanationLine("condition", roles, "unmet" if candidate.verdict == "role" else "holds", 2)
    if candidate.waits_for:
        open_ = language.listed([_state(workflow, each, language) for each in candidate.waits_for])
        waiting = language.gettext("not done yet: %(states)s", states=open_)
        yield ExplanationLine("condition", waiting, "unmet", 2)
    yield from condition_lines(explanation, candidate, workflow, language)


def condition_lines(
    explanation: Explanation, candidate: Candidate, workflow: Workflow, language: Language
) -> Iterator[ExplanationLine]:
    """Yield the conditions of one transition, each with what it read."""
    for clause in candidate.clauses:
        yield ExplanationLine("condition", titled(clause.why, language, clause.id), clause.verdict, 2)
        evidence = _evidence(explanation, clause, workflow, language)
        yield ExplanationLine("detail", clause.check + (f"   ({evidence})" if evidence else ""), indent=3)


def _evidence(explanation: Explanation, clause: ClauseResult, workflow: Workflow, language: Language) -> str:
    """Return what a condition has read, what it lacks, and how it failed."""
    parts: list[str] = []
    for name, value in clause.read.items():
        field = _field(explanation, name, workflow)
        if field is not None and field.personal:
            text = language.gettext("personal, not shown")
        elif field is not None:
            text = field_words(field, _mentioned(value, clause.check), workflow.zone, language)
        else:
            text = value_words(_mentioned(value, clause.check), workflow.zone, language)
        place = name.removeprefix("in_state.")
        named = _name(name, field, language) if place == name else _state(workflow, place, language)
        parts.append(f"{named} = {text}")
    if clause.missing:
        missing = [_name(each, _field(explanation, each, workflow), language) for each in clause.missing]
        parts.append(language.gettext("not known yet: %(names)s", names=", ".join(missing)))
    if clause.error:
        parts.append(clause.error)
    return "; ".join(parts)


def _field(explanation: Explanation, name: str, workflow: Workflow) -> Field | None:
    """Return the field that a name of an expression stands for; ``None`` for ``now`` and ``today``."""
    where, _, field = name.partition(".")
    if where == "data":
        return workflow.fields.get(field)
    event = workflow.events.get(explanation.event or "") if where == "event" else None
    return event.payload.get(field) if event else None


def _name(name: str, field: Field | None, language: Language) -> str:
    return name if field is None or not field.title else f"{titled(field.title, language, name)} [{name}]"


def _mentioned(value: Value, check: str) -> Value:
    """Return of a map only the entries that the condition names, where it names any."""
    if not isinstance(value, dict):
        return value
    named = {key: each for key, each in value.items() if f"'{key}'" in check or f'"{key}"' in check}
    return named or value


def _cure(explanation: Explanation, workflow: Workflow, language: Language) -> Iterator[ExplanationLine]:
    """Yield what would unblock a refusal, by the candidate that came nearest."""
    nearest = next((each for each in explanation.candidates if each.verdict == explanation.ground), None)
    if explanation.ground == "stuck":
        way = stuck_text(explanation.incident, language)
        yield ExplanationLine("cure", language.gettext("To go on: %(way)s.", way=way))
    elif explanation.ground == "role":
        by = roles_text(workflow, nearest.by if nearest else explanation.by, language)
        if by:
            yield ExplanationLine("cure", language.gettext("To go on: have it done by %(roles)s.", roles=by))
    elif explanation.ground == "not_done" and nearest:
        open_ = language.listed([_state(workflow, each, language) for each in nearest.waits_for])
        yield ExplanationLine("cure", language.gettext("To go on: finish %(states)s first.", states=open_))
    elif explanation.ground in {"guard", "value"} and nearest:
        unmet = [titled(each.why, language, each.id) for each in nearest.clauses if each.verdict != "holds"]
        if unmet:
            yield ExplanationLine("cure", language.gettext("To go on: %(way)s.", way="; ".join(unmet)))
        for name in sorted({name for clause in nearest.clauses for name in clause.missing}):
            if told := _setter(explanation, name, workflow, language):
                yield ExplanationLine("cure", told)


def _setter(explanation: Explanation, name: str, workflow: Workflow, language: Language) -> str | None:
    """Return how a value that is missing comes to be set."""
    where, _, id_ = name.partition(".")
    named = _name(name, _field(explanation, name, workflow), language)
    if where == "event":
        return language.gettext("%(name)s comes with the event: give %(field)s=…", name=named, field=id_)
    field = workflow.fields.get(id_)
    if field is None:
        return None
    if field.by:
        roles = roles_text(workflow, field.by, language)
        return language.gettext("%(name)s may be set by %(roles)s", name=named, roles=roles)
    setting = [
        each.event for each in workflow.transitions if each.event and any(key == id_ for key, _ in each.set)
    ]
    if not setting:
        return None
    events = [with_id(event_title(workflow, each, language), each) for each in dict.fromkeys(setting)]
    return language.gettext(
        "%(name)s is set by the event %(events)s", name=named, events=language.listed(events, "or")
    )
