"""Explanations and receipts in colour; what an explanation says, ``gaita.texts`` says."""

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from gaita import Explanation, Receipt, Workflow
from gaita.texts import MARKS, Language, due_cell_words, with_id
from gaita.texts import explanation_lines as plain_lines
from gaita_adapters.presenting.titles import rule_title, state_title

_COLOURS: Final = {"holds": "green", "unmet": "red", "unknown": "yellow", "failed": "red"}
_STYLES: Final = {"transition": "bold", "detail": "dim"}


def receipt_lines(receipt: Receipt, workflow: Workflow, language: Language) -> Iterator[Text]:
    """Yield what became of a command; a refusal with all its reasons."""
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
    if receipt.repeated:
        told += language.gettext(", as answered before for this key: nothing was done")
    yield Text.assemble(("✓ ", "green"), told)
    for adjustment in receipt.adjusted:
        after = adjustment.after
        rule = with_id(rule_title(workflow, after.rule, language), after.rule)
        due = due_cell_words(after.due, workflow.zone, language)
        if after.is_paused:
            yield Text("  " + language.gettext("%(deadline)s: its clock stands", deadline=rule))
        elif after.provisional:
            unsure = language.gettext("%(due)s (provisional)", due=due)
            yield Text("  " + language.gettext("%(deadline)s: due %(due)s", deadline=rule, due=unsure))
        else:
            yield Text("  " + language.gettext("%(deadline)s: due %(due)s", deadline=rule, due=due))
    for move in receipt.moves:
        number = language.gettext("transition %(number)s", number=move.transition)
        if move.internal:
            told = language.gettext("stays in %(state)s (%(by)s)", state=move.target, by=number)
            yield Text(f"  {told}")
        elif move.source is not None:
            yield Text(f"  {move.source} → {move.target} ({number})")


def explanation_lines(
    explanation: Explanation, workflow: Workflow, language: Language, instance: str, *, asked: bool = False
) -> Iterator[Text]:
    """Yield why a command is accepted or refused; ``asked``: it was only a question."""
    for line in plain_lines(explanation, workflow, language, instance=instance, asked=asked):
        mark = (f"{MARKS[line.mark]} ", _COLOURS[line.mark]) if line.mark else ""
        style = _STYLES.get(line.kind, "") if line.indent != 1 or line.kind == "transition" else ""
        yield Text.assemble("  " * line.indent, mark, (line.text, style))
