"""Receipts in words: what a command did, to the case and to its deadlines, and what lies in the past."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.text import Text

from gaita import DeadlineChange, Move, Receipt, Workflow, asked_text
from gaita.texts import Language, due_cell_words, moment_words, one_line, span_words, with_id
from gaita_adapters.presenting.explanations import condition_lines, explanation_lines
from gaita_adapters.presenting.titles import event_title, role_titles, rule_title, state_title


def receipt_lines(receipt: Receipt, workflow: Workflow, language: Language) -> Iterator[Text]:
    """Yield what became of a command: a refusal with all its reasons, or all that it did."""
    if receipt.fired_first:
        yield Text(
            language.ngettext(
                "First, %(number)s due timer of %(instance)s was fired.",
                "First, %(number)s due timers of %(instance)s were fired.",
                receipt.fired_first,
                instance=receipt.instance,
            )
        )
    if not receipt.accepted:
        yield from explanation_lines(receipt.explanation, workflow, language, receipt.instance)
        return
    told = language.gettext(
        "%(instance)s: %(state)s, record %(record)s",
        instance=receipt.instance,
        state=f"{state_title(workflow, receipt.state, language)} [{receipt.state}]",
        record=receipt.sequence,
    )
    yield Text.assemble(("✓ ", "green"), told)
    if receipt.repeated:
        yield Text("  " + _repeated(receipt, workflow, language))
    for move in receipt.moves:
        yield from _move(move, language)
    yield from condition_lines(receipt.explanation, workflow, language)
    for change in receipt.deadlines:
        yield Text("  " + change_words(change, workflow, language))
        if not receipt.repeated:
            notes = _notes(change, workflow, language, receipt.at)
            yield from (Text(f"    {note}", "yellow") for note in notes)


def _repeated(receipt: Receipt, workflow: Workflow, language: Language) -> str:
    """Return which command a receipt repeats, of when, and by whom."""
    record = receipt.record
    if record is None:  # a receipt that a host made itself
        return language.gettext("nothing was done now: this was answered before for this key")
    return language.gettext(
        "nothing was done now: the key was used before, %(at)s, by %(actor)s, for: %(asked)s. It did this:",
        at=moment_words(receipt.at, workflow.zone, language),
        actor=one_line(str(record.body.get("actor", ""))),
        asked=asked_text(workflow, record, language),
    )


def _move(move: Move, language: Language) -> Iterator[Text]:
    number = language.gettext("transition %(number)s", number=move.transition)
    if move.internal:
        told = language.gettext("stays in %(state)s (%(by)s)", state=move.target, by=number)
        yield Text(f"  {told}")
    elif move.source is not None:
        yield Text(f"  {move.source} → {move.target} ({number})")


def change_words(change: DeadlineChange, workflow: Workflow, language: Language) -> str:
    """Return what a command did to a deadline, e.g. ``Decision [idea.decision]: due 2025-06-30``."""
    rule = with_id(rule_title(workflow, change.rule, language), change.rule)
    match change.kind:
        case "met":
            return language.gettext("%(deadline)s: met", deadline=rule)
        case "missed":
            late = span_words(change.late, language)
            return language.gettext("%(deadline)s: missed, %(span)s late", deadline=rule, span=late)
        case "superseded":
            return language.gettext("%(deadline)s: replaced", deadline=rule)
        case "withdrawn":
            return language.gettext("%(deadline)s: withdrawn", deadline=rule)
        case "annulled":
            return language.gettext("%(deadline)s: annulled, it should never have been", deadline=rule)
        case _:
            pass
    if change.due is None:
        return language.gettext("%(deadline)s: its clock stands", deadline=rule)
    due = due_cell_words(change.due, workflow.zone, language)
    if change.provisional:
        due = language.gettext("%(due)s (provisional)", due=due)
    if workflow.rules[change.rule].due_index in change.skipped:
        return language.gettext("%(deadline)s: overdue since %(due)s", deadline=rule, due=due)
    if change.was is None or change.was == change.due:
        return language.gettext("%(deadline)s: due %(due)s", deadline=rule, due=due)
    was = due_cell_words(change.was, workflow.zone, language)
    return language.gettext("%(deadline)s: due %(due)s instead of %(was)s", deadline=rule, due=due, was=was)


def _notes(change: DeadlineChange, workflow: Workflow, language: Language, at: datetime) -> Iterator[str]:
    """Yield what is easily overlooked: what lies in the past, what is not sent, and what happens at once."""
    if change.due is None:
        return
    rule = workflow.rules[change.rule]
    if change.past and rule.due_index not in change.skipped:
        span = span_words(at - change.due, language)
        yield language.gettext("this is in the past: overdue by %(span)s", span=span)
    if change.at_once:
        what = "; ".join(_effects(change.at_once, change, workflow, language))
        nothing = language.gettext("nobody is notified")
        yield language.gettext("the next sweep carries out what is due: %(what)s", what=what or nothing)
    if any(index >= rule.due_index for index in change.skipped):
        yield language.ngettext(
            "%(number)s timer of the past is skipped, as past_timers of its workflow says",
            "%(number)s timers of the past are skipped, as past_timers of its workflow says",
            len(change.skipped),
        )
    elif change.skipped:
        yield language.ngettext(
            "%(number)s reminder is not sent: its time is past",
            "%(number)s reminders are not sent: their time is past",
            len(change.skipped),
        )
    if change.provisional:
        yield muteness(language)
    elif change.held:
        yield language.ngettext(
            "%(number)s of its notices waits until its calendar knows more days",
            "%(number)s of its notices wait until its calendar knows more days",
            change.held,
        )


def muteness(language: Language) -> str:
    """Return what a provisional deadline does before it is certain: nothing."""
    return language.gettext(
        "no notice of it is sent before its calendar knows more days, and it cannot be missed until then"
    )


def _effects(
    indexes: Iterable[int], change: DeadlineChange, workflow: Workflow, language: Language
) -> Iterator[str]:
    """Yield what moments of a deadline do."""
    rule = workflow.rules[change.rule]
    told = rule.roles_told(indexes)
    if told:
        yield language.gettext("a notice to %(roles)s", roles=role_titles(workflow, told, language, "and"))
    for moment in (rule.moments[index] for index in indexes):
        if moment.fire is not None:
            event = event_title(workflow, moment.fire, language)
            yield language.gettext("the event “%(event)s”", event=event)
        if moment.close_to is not None:
            state = state_title(workflow, moment.close_to, language)
            yield language.gettext("the case ends in “%(state)s”", state=state)
