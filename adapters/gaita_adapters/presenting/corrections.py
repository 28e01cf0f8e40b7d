"""The plan of a correction: what it would do to a case, as JSON and for people."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from gaita import (
    Correction,
    CorrectionPlan,
    DeadlineDifference,
    Record,
    Workflow,
    day_of,
    due_day_text,
    moment_text,
    plan_text,
)
from gaita.texts import Language, day_words, effective_words, ground_text
from gaita_adapters.presenting.explanations import explanation_lines
from gaita_adapters.presenting.json_objects import explanation_json
from gaita_adapters.presenting.titles import role_titles, rule_title

_DIGITS = 16


def correction_json(plan: CorrectionPlan, workflow: Workflow, language: Language) -> dict[str, object]:
    """Return what a correction would do, or did."""
    names = sorted(plan.before.data.keys() | plan.after.data.keys())
    values = [(name, plan.before.data.get(name), plan.after.data.get(name)) for name in names]
    return {
        "digest": plan.digest or None,
        "since": moment_text(plan.since),
        "edits": [type(each).__name__.lower() for each in plan.edits],
        "state": {"from": plan.before.state, "to": plan.after.state},
        "data": [{"field": name, "from": was, "to": now} for name, was, now in values if was != now],
        "deadlines": [_deadline_json(each, workflow, language) for each in plan.deadlines],
        "notices": [
            {"id": each.id, "kind": each.kind, "to": each.to, "rule": each.rule} for each in plan.new
        ],
        "moot": list(plan.moot),
        "upset": list(plan.upset),
        "stops": [
            {
                "entry": each.entry,
                "why": each.why,
                "explanation": None
                if each.outcome is None
                else explanation_json(each.outcome.explanation, workflow, language),
            }
            for each in plan.stops
        ],
    }


def _deadline_json(found: DeadlineDifference, workflow: Workflow, language: Language) -> dict[str, object]:
    return {
        "number": found.after.number,
        "rule": found.after.rule,
        "title": rule_title(workflow, found.after.rule, language),
        "ending_was": found.was,
        "ending": found.ending,
        "restated": found.restated,
        "due_was": None if found.before is None else moment_text(found.before.due),
        "due": moment_text(found.after.due),
        "due_day_was": None if found.before is None else due_day_text(found.before.due, workflow.zone),
        "due_day": due_day_text(found.after.due, workflow.zone),
    }


def correction_lines(
    plan: CorrectionPlan,
    workflow: Workflow,
    records: Sequence[Record],
    language: Language,
    *,
    done: Record | None = None,
) -> Iterator[Text]:
    """Yield a plan for the case whose history is ``records``, or that it is ``done``."""
    text = plan_text(workflow, records, plan, language)
    case = plan.before.id
    if done is not None:
        told = language.gettext(
            "%(instance)s is put right, record %(record)s", instance=case, record=done.sequence
        )
        yield Text.assemble(("✓ ", "green"), told)
    elif plan.stops:
        yield Text(language.gettext("%(instance)s: this cannot be done", instance=case), "bold")
    else:
        told = language.gettext("%(instance)s: plan %(plan)s", instance=case, plan=plan.digest[:_DIGITS])
        yield Text(told, "bold")
    yield from (Text(f"  {each}") for each in text.edits)
    if plan.stops:
        yield from _stops(plan, workflow, language)
        return
    since = effective_words(plan.since, workflow.zone, language)
    yield Text("  " + language.gettext("The case is decided anew, as of %(moment)s:", moment=since))
    what = [*text.case, *text.deadlines, *_notices(plan, workflow, language)]
    yield from (Text(f"    {each}") for each in what)
    if not what:
        yield Text("    " + language.gettext("nothing changes but the history"))
    if text.upset:
        yield Text("  " + language.gettext("Entries that come out otherwise than they did:"), "yellow")
        yield from (Text(f"    {each}", "yellow") for each in text.upset)
    if done is None:
        yield from _how(plan, workflow, language)


def correction_refusal_lines(refused: Correction, workflow: Workflow, language: Language) -> Iterator[Text]:
    """Yield why a correction was refused, and what to do."""
    plan = refused.plan
    if refused.ground == "upset":
        yield Text(language.gettext("%(instance)s: this cannot be done", instance=plan.before.id), "bold red")
        yield from _stops(plan, workflow, language)
        return
    ground = ground_text(refused.ground, language) if refused.ground else ""
    told = language.gettext("%(instance)s: refused: %(ground)s", instance=plan.before.id, ground=ground)
    yield Text(told, "bold red")
    if refused.ground == "closed":
        yield Text("  " + _closed(plan, workflow, language))
    else:
        yield Text("  " + _who(workflow, language))


def _notices(plan: CorrectionPlan, workflow: Workflow, language: Language) -> Iterator[str]:
    roles = tuple(dict.fromkeys(each.to for each in plan.new))
    if roles:
        who = role_titles(workflow, roles, language, "and")
        yield language.gettext("notified: %(roles)s", roles=who)
    if plan.moot:
        yield language.ngettext(
            "%(number)s notice would never have been written",
            "%(number)s notices would never have been written",
            len(plan.moot),
        )


def _stops(plan: CorrectionPlan, workflow: Workflow, language: Language) -> Iterator[Text]:
    """Yield what stops a plan, each with its reasons, and what to do."""
    for each in plan.stops:
        own = each.entry == plan.inserted
        told = (
            language.gettext("entry %(entry)s would not have been allowed:", entry=each.entry)
            if own
            else language.gettext("entry %(entry)s would no longer hold:", entry=each.entry)
        )
        yield Text(f"  {told}", "red")
        if each.outcome is None:
            yield Text(f"    {each.error or each.why}")
        else:
            lines = explanation_lines(each.outcome.explanation, workflow, language, plan.before.id)
            yield from (Text("    ").append_text(line) for line in lines)
    if any(each.entry != plan.inserted for each in plan.stops):
        yield Text(
            "  "
            + language.gettext(
                "Take such an entry back as well (`then undo ENTRY`), amend it, or insert what it needs."
            )
        )


def _how(plan: CorrectionPlan, workflow: Workflow, language: Language) -> Iterator[Text]:
    """Yield who may carry a plan out, and how."""
    yield Text("  " + _who(workflow, language))
    day = workflow.corrections.closed_until
    if day is not None and day_of(plan.since, workflow.zone) <= day:
        yield Text("  " + _closed(plan, workflow, language), "yellow")
    if workflow.corrections.by:
        told = language.gettext(
            "To do it: the same command with --reason and --plan %(plan)s, without --dry-run",
            plan=plan.digest[:_DIGITS],
        )
        yield Text(f"  {told}")


def _who(workflow: Workflow, language: Language) -> str:
    if not workflow.corrections.by:
        return language.gettext(
            "%(workflow)s names nobody who may correct: [corrections] by = … in its file does",
            workflow=workflow.key,
        )
    who = role_titles(workflow, workflow.corrections.by, language, "or")
    return language.gettext("May be done by: %(roles)s", roles=who)


def _closed(plan: CorrectionPlan, workflow: Workflow, language: Language) -> str:
    day = workflow.corrections.closed_until
    return language.gettext(
        "It changes what was as of %(moment)s; all until %(day)s was reported on: --override does it"
        " all the same",
        moment=effective_words(plan.since, workflow.zone, language),
        day="" if day is None else day_words(day, language),
    )
