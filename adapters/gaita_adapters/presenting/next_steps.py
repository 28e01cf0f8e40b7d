"""Steps: the events that would lead a case on, and what is missing for each, in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from gaita import PREVIOUS, Candidate, ClauseResult, Explanation, Instance, Rule, Workflow, leaves_of
from gaita.texts import Language
from gaita_adapters.presenting.meeting import meets
from gaita_adapters.presenting.sentences import step_line
from gaita_adapters.presenting.titles import event_title, field_title, role_title, state_title, titled
from gaita_adapters.presenting.values import field_words
from gaita_adapters.presenting.views import MOST, ClauseView, StepView

_SHORTLY = 2


def steps_of(
    workflow: Workflow,
    instance: Instance,
    rule: Rule,
    possibilities: Mapping[str, Explanation],
    role: str,
    language: Language,
) -> list[StepView]:
    """Return the events that lead out of the present state, or meet ``rule``.

    The events that the rule itself names to meet it come first, what can be done at once before the rest.
    Then come the others that would end its deadline; of these, as of what is left, those of ``role``, and
    what something is missing for.
    """
    found: list[StepView] = []
    for event, explanation in possibilities.items():
        leading = [
            each
            for each in explanation.candidates
            if event in rule.met_by or _leads_on(workflow, instance, each)
        ]
        candidate = _nearest(leading, role)
        if candidate is not None:
            step = _step(workflow, instance, event, candidate, role, language)
            ends = meets(workflow, instance, rule, event, candidate)
            found.append(replace(step, meets=ends, in_met_by=event in rule.met_by))
    return sorted(
        found,
        key=lambda step: (not step.in_met_by, not step.meets, not step.mine, step.ready != step.in_met_by),
    )


def missing_shortly(steps: Iterable[StepView], language: Language) -> str:
    """Return in a few words what keeps a role from leading a case on, or whose step it waits for."""
    found = list(steps)
    # What would end the deadline is what is asked for; without any such step, whatever leads on.
    named = [step for step in found if step.in_met_by]
    found = named or [step for step in found if step.meets] or found
    mine = [step for step in found if step.mine]
    if found and not mine:
        return language.gettext("waits for %(roles)s", roles=language.listed(found[0].by, "or"))
    free = [language.quoted(step.title) for step in mine if not step.missing]
    waiting = [step for step in mine if not step.ready and not (named and free)] or ([] if free else mine)
    if waiting:
        step = waiting[0]
        clauses = [clause.words for clause in step.missing if step.ready or clause.verdict != "asks"]
        told = f"{language.quoted(step.title)}: {'; '.join(clauses[:_SHORTLY])}"
        more = len(clauses) - _SHORTLY
        if more <= 0:
            return told
        return language.gettext(
            "%(conditions)s; and %(more)s more", conditions=told, more=language.number(more)
        )
    if not free:
        return ""
    return language.gettext(
        "nothing; %(steps)s can be done at once", steps=language.listed(free[:_SHORTLY], "or")
    )


def _leads_on(workflow: Workflow, instance: Instance, candidate: Candidate) -> bool:
    """Whether a transition leaves the present state: one that stays, or begins it anew, does not."""
    target = candidate.target
    active = workflow.tree.active(instance.state)
    return target is not None and not any(each in active for each in leaves_of(target))


def _nearest(candidates: list[Candidate], role: str) -> Candidate | None:
    """Return the candidate that speaks for the event: one that is taken, then one that the role may cause."""

    def distance(candidate: Candidate) -> int:
        if not _is_own(candidate, role):
            return 2
        return 0 if candidate.verdict == "taken" else 1

    return min(candidates, key=distance, default=None)


def _is_own(candidate: Candidate, role: str) -> bool:
    return not candidate.by or role in candidate.by


def _step(
    workflow: Workflow, instance: Instance, event: str, candidate: Candidate, role: str, language: Language
) -> StepView:
    clauses = [
        _clause(workflow, candidate, each, language) for each in candidate.clauses if each.verdict != "holds"
    ]
    if candidate.verdict == "no_previous":
        text = language.gettext("There is no state to go back to")
        clauses.append(ClauseView(text, "failed", text))
    # A condition on what an event carries may read as its field does.
    clauses = list({each.words: each for each in (*_asked_for(workflow, event, language), *clauses)}.values())
    clauses.sort(key=lambda clause: clause.verdict == "asks")  # what is asked for comes with the step itself
    target = candidate.target or instance.state
    to = (
        language.gettext("the previous state")
        if target == PREVIOUS
        else state_title(workflow, target, language)
    )
    title = event_title(workflow, event, language)
    by = tuple(role_title(workflow, role, language) for role in candidate.by)
    mine = _is_own(candidate, role)
    return StepView(
        title=title,
        to=to,
        by=by,
        mine=mine,
        missing=tuple(clauses[:MOST]),
        more_missing=max(0, len(clauses) - MOST),
        ready=all(clause.verdict == "asks" for clause in clauses),
        words=step_line(title, to, by, language, mine=mine, missing=bool(clauses)),
    )


def _asked_for(workflow: Workflow, event: str, language: Language) -> Iterator[ClauseView]:
    """Yield what an event must carry."""
    for field in workflow.events[event].payload.values():
        if not field.optional:
            title = titled(field.title, language, field.id)
            told = language.gettext("%(why)s — to be given when the step is taken", why=title)
            yield ClauseView(title, "asks", told)


def _clause(workflow: Workflow, candidate: Candidate, result: ClauseResult, language: Language) -> ClauseView:
    why = titled(result.why, language, result.id)
    if candidate.verdict == "value":  # its clauses are the fields that could not be set
        told = language.gettext("%(why)s — its value cannot be worked out", why=why)
        return ClauseView(why, "failed", told)
    reads = _reads(workflow, candidate, result)
    of_event = [name for name in reads if name.partition(".")[0] == "event"]
    of_data = [name for name in reads if name.partition(".")[0] == "data"]
    hindered = [name for name in result.missing if name.partition(".")[0] != "event"]
    if result.verdict != "failed" and of_event and not hindered and (result.missing or not of_data):
        told = language.gettext("%(why)s — to be given when the step is taken", why=why)
        return ClauseView(why, "asks", told)
    match result.verdict:
        case "failed":
            return ClauseView(why, "failed", language.gettext("%(why)s — cannot be worked out", why=why))
        case "unknown":
            return ClauseView(why, "unknown", language.gettext("%(why)s — not known yet", why=why))
        case _:
            return ClauseView(why, "unmet", _so_far(workflow, result, why, language))


def _reads(workflow: Workflow, candidate: Candidate, result: ClauseResult) -> tuple[str, ...]:
    guard = workflow.transitions[candidate.transition - 1].guard
    clauses = guard.clauses if guard else ()
    return next((each.check.reads for each in clauses if each.id == result.id), tuple(result.read))


def _so_far(workflow: Workflow, result: ClauseResult, why: str, language: Language) -> str:
    """Return a condition with the data that it read, personal ones left out."""
    told: list[str] = []
    for name, value in result.read.items():
        where, _, field = name.partition(".")
        declared = workflow.fields.get(field)
        if where != "data" or declared is None or declared.personal:
            continue
        text = field_words(declared, value, workflow.zone, language)
        told.append(text if len(result.read) == 1 else f"{field_title(workflow, field, language)}: {text}")
    if not told or all(isinstance(value, bool) for value in result.read.values()):
        return language.gettext("%(why)s — not so far", why=why)
    return language.gettext("%(why)s — so far %(value)s", why=why, value=", ".join(told))
