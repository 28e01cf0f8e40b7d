"""Explanations: why a command is accepted or refused, and what would unblock it, for people."""

from collections.abc import Iterator

from rich.text import Text

from gaita import Candidate, ClauseResult, Explanation, Receipt, Value, Workflow, due_day_text
from gaita.texts import Language
from gaita_adapters.presenting.titles import json_text, named_event, named_roles, rule_title, state_title

_MARKS = {"holds": ("✓", "green"), "unmet": ("✗", "red"), "unknown": ("?", "yellow"), "failed": ("!", "red")}

_GROUNDS = {
    "no_transition": "this state has no transition for it",
    "role": "the actor has none of the roles that may cause it",
    "guard": "a condition is not met",
    "no_previous": "there is no previous state to go back to",
    "value": "a value that it would set cannot be computed, or is not admitted",
    "final": "the instance has come to its end",
    "field_role": "the actor may not change these fields",
    "no_deadline": "no such deadline is open",
    "not_pausable": "its workflow lets nobody stop this clock",
    "not_extendable": "its workflow lets nobody extend this deadline",
    "paused": "its clock stands already",
    "running": "its clock was not stopped by a command",
    "overdue": "it is due already, and cannot be given more time",
    "too_much": "it is more than may be granted in all",
    "horizon": "the deadline ends with the programme, and cannot reach beyond",
    "stuck": "it is stuck: a due timer of it cannot be carried out",
}


def receipt_lines(receipt: Receipt, workflow: Workflow, language: Language) -> Iterator[Text]:
    """Yield what became of a command; a refusal with all its reasons."""
    if receipt.fired_first:
        yield Text(f"First, {receipt.fired_first} due timer(s) of {receipt.instance} were fired.")
    if not receipt.accepted:
        yield from explanation_lines(receipt.explanation, workflow, language, receipt.instance)
        return
    state = f"{state_title(workflow, receipt.state, language)} [{receipt.state}]"
    again = ", as answered before for this key: nothing was done" if receipt.repeated else ""
    yield Text.assemble(("✓ ", "green"), f"{receipt.instance}: {state}, record {receipt.sequence}{again}")
    for adjustment in receipt.adjusted:
        after = adjustment.after
        due = "its clock stands" if after.is_paused else f"due {due_day_text(after.due, workflow.zone)}"
        sure = " (provisional: its calendar knows no further)" if after.provisional else ""
        yield Text(f"  {rule_title(workflow, after.rule, language)} [{after.rule}]: {due}{sure}")
    for move in receipt.moves:
        if move.internal:
            yield Text(f"  stays in {move.target} (transition {move.transition})")
        elif move.source is not None:
            yield Text(f"  {move.source} → {move.target} (transition {move.transition})")


def explanation_lines(
    explanation: Explanation, workflow: Workflow, language: Language, instance: str, *, asked: bool = False
) -> Iterator[Text]:
    """Yield why a command is accepted or refused; ``asked``: it was only a question."""
    event = (
        rule_title(workflow, explanation.deadline, language)
        if explanation.deadline is not None
        else named_event(workflow, explanation.event, language)
    )
    state = f"{state_title(workflow, explanation.state, language)} [{explanation.state}]"
    if explanation.ground is None:
        verb = "would be accepted" if asked else "accepted"
        yield Text.assemble(("✓ ", "green"), (event, "bold"), f" {verb} for {instance} in {state}")
    else:
        verb = "would be refused" if asked else "refused"
        ground = _GROUNDS[explanation.ground]
        if explanation.deadline is not None:
            event = f"{event} [{explanation.deadline}]:"
            if explanation.ground == "role":
                ground = "the actor has none of the roles that may do it"
        yield Text.assemble(("✗ ", "red"), (event, "bold"), f" {verb} for {instance} in {state}: {ground}")
    if explanation.amounts:
        yield Text(
            "  "
            + ", ".join(f"{name.replace('_', ' ')} {amount}" for name, amount in explanation.amounts.items())
        )
    if explanation.ground == "role" and explanation.deadline is not None:
        yield Text(f"  To go on: have it done by {named_roles(workflow, explanation.by, language)}.")
    for candidate in explanation.candidates:
        yield from _candidate_lines(candidate, workflow, language)
    for field, roles in (explanation.fields or {}).items():
        who = named_roles(workflow, roles, language)
        told = f"may be changed by {who}" if roles else "changes only through transitions"
        yield Text(f"  {field}: {told}")
    if explanation.elsewhere:
        there = ", ".join(
            f"{state_title(workflow, each, language)} [{each}]" for each in explanation.elsewhere
        )
        yield Text(f"  it can happen in: {there}")
    elif explanation.ground == "no_transition":
        yield Text("  no state has a transition for it")
    yield from _cure(explanation, workflow, language)


def stuck_text(incident: int | None) -> str:
    """Return the way out for an instance that is stuck."""
    if incident is None:
        return "run `gaita due --run`, which opens an incident that says why"
    return (
        f"see incident {incident}; correct its data (`gaita set`) or extend its deadline (`gaita extend`): "
        f"that frees it; where the cause was another, `gaita incidents --retry {incident}` once it is mended"
    )


def _candidate_lines(candidate: Candidate, workflow: Workflow, language: Language) -> Iterator[Text]:
    target = candidate.target or explained_target(candidate)
    told = {
        "taken": "taken",
        "guard": "condition",
        "role": "role",
        "value": "value",
        "no_previous": "no way back",
    }
    yield Text(f"  transition {candidate.transition}, to {target}: {told[candidate.verdict]}", "bold")
    if candidate.by:
        allowed = candidate.verdict != "role"
        yield Text.assemble(
            "    ",
            ("✓ ", "green") if allowed else ("✗ ", "red"),
            f"by {named_roles(workflow, candidate.by, language)}",
        )
    for clause in candidate.clauses:
        mark, style = _MARKS[clause.verdict]
        yield Text.assemble("    ", (f"{mark} ", style), language.title(clause.why, clause.id))
        yield Text(f"      {clause.check}{_read_text(clause)}", "dim")


def explained_target(candidate: Candidate) -> str:
    """Return where a transition without a target leads: nowhere."""
    return "the same state (nothing is left)" if candidate.target is None else candidate.target


def _read_text(clause: ClauseResult) -> str:
    parts = [f"{name} = {json_text(_mentioned(value, clause.check))}" for name, value in clause.read.items()]
    if clause.missing:
        parts.append(f"not known yet: {', '.join(clause.missing)}")
    if clause.error:
        parts.append(clause.error)
    return f"   ({'; '.join(parts)})" if parts else ""


def _mentioned(value: Value, check: str) -> Value:
    """Return of a map only the entries that the condition names, where it names any."""
    if not isinstance(value, dict):
        return value
    named = {key: each for key, each in value.items() if f"'{key}'" in check or f'"{key}"' in check}
    return named or value


def _cure(explanation: Explanation, workflow: Workflow, language: Language) -> Iterator[Text]:
    """Yield what would unblock a refusal, by the candidate that came nearest."""
    if explanation.ground == "stuck":
        yield Text(f"  To go on: {stuck_text(explanation.incident)}.")
    nearest = next((each for each in explanation.candidates if each.verdict == explanation.ground), None)
    if explanation.ground == "role" and nearest:
        yield Text(f"  To go on: have it done by {named_roles(workflow, nearest.by, language)}.")
    elif explanation.ground in {"guard", "value"} and nearest:
        missing = sorted({name for clause in nearest.clauses for name in clause.missing})
        unmet = [language.title(each.why, each.id) for each in nearest.clauses if each.verdict != "holds"]
        if unmet:
            yield Text(f"  To go on: {'; '.join(unmet)}.")
        setters = [text for name in missing if (text := _setter(name, workflow, language))]
        for text in setters:
            yield Text(f"  {text}")


def _setter(name: str, workflow: Workflow, language: Language) -> str | None:
    where, _, field = name.partition(".")
    if where == "event":
        return f"{name} comes with the event: give {field}=…"
    found = workflow.fields.get(field)
    if found is None:
        return None
    if found.by:
        return f"{name} may be set by {named_roles(workflow, found.by, language)}"
    events = [
        each.event for each in workflow.transitions if each.event and any(key == field for key, _ in each.set)
    ]
    return f"{name} is set by the event {' or '.join(dict.fromkeys(events))}" if events else None
