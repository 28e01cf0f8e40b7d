"""The ledger of a deadline: everything that happened to it, as JSON and for people."""

from rich.console import Group
from rich.text import Text

from gaita import (
    Ledger,
    LedgerEntry,
    LedgerKind,
    Workflow,
    due_day_text,
    moment_text,
    parse_amount,
)
from gaita.texts import (
    Language,
    amount_words,
    due_cell_words,
    moment_cell,
    span_words,
)
from gaita_adapters.presenting.listings import table_of
from gaita_adapters.presenting.titles import role_titles, rule_title


def ledger_json(ledger: Ledger, workflow: Workflow, language: Language) -> dict[str, object]:
    """Return everything that happened to a deadline."""
    return {
        "instance": ledger.instance,
        "rule": ledger.rule,
        "title": rule_title(workflow, ledger.rule, language),
        "number": ledger.number,
        "occurrence": ledger.occurrence,
        "open": ledger.is_open,
        "entries": [
            {
                "at": moment_text(entry.at),
                "kind": entry.kind,
                "record": entry.sequence,
                "actor": entry.actor,
                "reason": entry.reason,
                "due": moment_text(entry.due) if entry.due else None,
                "due_day": due_day_text(entry.due, workflow.zone) if entry.due else None,
                "amount": entry.amount,
                "late_seconds": entry.late.total_seconds(),
                "to": list(entry.to),
            }
            for entry in ledger.entries
        ],
    }


def ledger_table(ledger: Ledger, workflow: Workflow, language: Language) -> Group:
    """Return everything that happened to a deadline, in order."""
    title = rule_title(workflow, ledger.rule, language)
    table = table_of(
        language.gettext("at"),
        language.gettext("what"),
        language.gettext("due"),
        language.gettext("who"),
        language.gettext("why"),
    )
    for entry in ledger.entries:
        table.add_row(
            moment_cell(entry.at, workflow.zone, language),
            _entry_text(entry, workflow, language),
            due_cell_words(entry.due, workflow.zone, language) if entry.due else "",
            entry.actor,
            entry.reason or "",
        )
    heading = language.gettext(
        "%(title)s, deadline %(number)s", title=f"{title} [{ledger.rule}]", number=ledger.number
    )
    if ledger.occurrence > 1:
        heading += language.gettext(", time %(occurrence)s", occurrence=ledger.occurrence)
    return Group(Text(heading, "bold"), table)


def _entry_text(entry: LedgerEntry, workflow: Workflow, language: Language) -> str:
    if entry.kind == "resumed" and entry.due is None:
        told = language.gettext("resumed on one ground, and still stopped on another")
    elif entry.amount:
        amount = amount_words(parse_amount(entry.amount), language, "by")
        told = language.gettext("extended by %(amount)s", amount=amount)
    else:
        told = _kind_text(entry.kind, language)
    if entry.late:
        told += language.gettext(", %(span)s late", span=span_words(entry.late, language))
    if entry.to:
        told += language.gettext(", told %(roles)s", roles=role_titles(workflow, entry.to, language, "and"))
    return told


def _kind_text(kind: LedgerKind, language: Language) -> str:
    words: dict[LedgerKind, str] = {
        "armed": language.pgettext("ledger", "armed"),
        "paused": language.pgettext("ledger", "clock stopped"),
        "resumed": language.pgettext("ledger", "clock runs again"),
        "extended": language.pgettext("ledger", "extended"),
        "moved": language.pgettext("ledger", "moved with its calendar"),
        "reopened": language.pgettext("ledger", "open again"),
        "reminded": language.pgettext("ledger", "reminder"),
        "due": language.pgettext("ledger", "due"),
        "escalated": language.pgettext("ledger", "escalated"),
        "met": language.pgettext("ledger", "met"),
        "missed": language.pgettext("ledger", "missed"),
        "superseded": language.pgettext("ledger", "superseded"),
        "withdrawn": language.pgettext("ledger", "withdrawn"),
        "annulled": language.pgettext("ledger", "annulled: it should never have been"),
    }
    return words[kind]
