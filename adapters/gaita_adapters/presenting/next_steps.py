"""Steps: the events that would lead a case on, and what is missing for each, in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from gaita import PREVIOUS, Candidate, ClauseResult, Explanation, Instance, Rule, Workflow
from gaita_adapters.presenting.meeting import meets
from gaita_adapters.presenting.phrases import phrase, titled, value_words
from gaita_adapters.presenting.views import MOST, ClauseView, StepView

_SHORTLY = 2


def steps_of(
    workflow: Workflow,
    instance: Instance,
    rule: Rule,
    possibilities: Mapping[str, Explanation],
    role: str,
    language: str,
) -> list[StepView]:
    """Return the events that lead out of the present state, or meet ``rule``.

    Those that would end its deadline come first, and of these, as of the others, those of ``role``; then what
    something is missing for.
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
            found.append(replace(step, meets=meets(workflow, instance, rule, event, candidate)))
    return sorted(found, key=lambda step: (not step.meets, not step.mine, step.ready))


def missing_shortly(steps: Iterable[StepView], language: str) -> str:
    """Return in a few words what keeps a role from leading a case on, or whose step it waits for."""
    found = list(steps)
    # What would end the deadline is what is asked for; without any such step, whatever leads on.
    found = [step for step in found if step.meets] or found
    mine = [step for step in found if step.mine]
    if found and not mine:
        return phrase("waits", language, by=", ".join(found[0].by))
    free = [phrase("quoted", language, text=step.title) for step in mine if not step.missing]
    waiting = [step for step in mine if not step.ready] or ([] if free else mine)
    if waiting:
        step = waiting[0]
        clauses = [clause.words for clause in step.missing if step.ready or clause.verdict != "asks"]
        more = len(clauses) - _SHORTLY
        told = f"{phrase('quoted', language, text=step.title)}: {'; '.join(clauses[:_SHORTLY])}"
        return told + (phrase("and more", language, number=more) if more > 0 else "")
    return phrase("nothing missing", language, steps=", ".join(free[:_SHORTLY])) if free else ""


def _leads_on(workflow: Workflow, instance: Instance, candidate: Candidate) -> bool:
    """Whether a transition leaves the present state: one that stays, or begins it anew, does not."""
    target = candidate.target
    return target is not None and target not in workflow.paths[instance.state]


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
    workflow: Workflow, instance: Instance, event: str, candidate: Candidate, role: str, language: str
) -> StepView:
    clauses = [
        _clause(workflow, candidate, each, language) for each in candidate.clauses if each.verdict != "holds"
    ]
    if candidate.verdict == "no_previous":
        text = phrase("no previous", language)
        clauses.append(ClauseView(text, "failed", text))
    # A condition on what an event carries may read as its field does.
    clauses = list({each.words: each for each in (*_asked_for(workflow, event, language), *clauses)}.values())
    clauses.sort(key=lambda clause: clause.verdict == "asks")  # what is asked for comes with the step itself
    target = candidate.target or instance.state
    state = workflow.states.get(target)
    to = (
        phrase("previous", language)
        if target == PREVIOUS
        else titled(state.title if state else None, language, target)
    )
    return StepView(
        title=titled(workflow.events[event].title, language, event),
        to=to,
        by=tuple(titled(workflow.roles[each].title, language, each) for each in candidate.by),
        mine=_is_own(candidate, role),
        missing=tuple(clauses[:MOST]),
        more_missing=max(0, len(clauses) - MOST),
        ready=all(clause.verdict == "asks" for clause in clauses),
    )


def _asked_for(workflow: Workflow, event: str, language: str) -> Iterator[ClauseView]:
    """Yield what an event must carry."""
    for field in workflow.events[event].payload.values():
        if not field.optional:
            title = titled(field.title, language, field.id)
            yield ClauseView(title, "asks", phrase("asks", language, why=title))


def _clause(workflow: Workflow, candidate: Candidate, result: ClauseResult, language: str) -> ClauseView:
    why = titled(result.why, language, result.id)
    if candidate.verdict == "value":  # its clauses are the fields that could not be set
        return ClauseView(why, "failed", phrase("value", language, why=why))
    reads = _reads(workflow, candidate, result)
    of_event = [name for name in reads if name.partition(".")[0] == "event"]
    of_data = [name for name in reads if name.partition(".")[0] == "data"]
    hindered = [name for name in result.missing if name.partition(".")[0] != "event"]
    if result.verdict != "failed" and of_event and not hindered and (result.missing or not of_data):
        return ClauseView(why, "asks", phrase("asks", language, why=why))
    match result.verdict:
        case "failed":
            return ClauseView(why, "failed", phrase("failed", language, why=why))
        case "unknown":
            return ClauseView(why, "unknown", phrase("unknown", language, why=why))
        case _:
            return ClauseView(why, "unmet", _so_far(workflow, result, why, language))


def _reads(workflow: Workflow, candidate: Candidate, result: ClauseResult) -> tuple[str, ...]:
    guard = workflow.transitions[candidate.transition - 1].guard
    clauses = guard.clauses if guard else ()
    return next((each.check.reads for each in clauses if each.id == result.id), tuple(result.read))


def _so_far(workflow: Workflow, result: ClauseResult, why: str, language: str) -> str:
    """Return a condition with the data that it read, personal ones left out."""
    told: list[str] = []
    for name, value in result.read.items():
        where, _, field = name.partition(".")
        declared = workflow.fields.get(field)
        if where != "data" or declared is None or declared.personal:
            continue
        text = value_words(value, workflow.zone, language)
        told.append(text if len(result.read) == 1 else f"{titled(declared.title, language, field)}: {text}")
    if not told or all(isinstance(value, bool) for value in result.read.values()):
        return phrase("so far not", language, why=why)
    return phrase("so far", language, why=why, value=", ".join(told))
