"""Rendering: the engine's values as stable JSON objects, and as tables and sentences for people."""

from gaita_adapters.presenting.calendar_plan import move_table, plan_json, plan_lines
from gaita_adapters.presenting.corrections import (
    correction_json,
    correction_lines,
    correction_refusal_lines,
)
from gaita_adapters.presenting.explanations import explanation_lines
from gaita_adapters.presenting.json_objects import (
    LISTED,
    OPEN_DEADLINE,
    account_json,
    deadline_json,
    explanation_json,
    incident_json,
    instance_json,
    listed_json,
    next_deadline,
    receipt_json,
    record_json,
)
from gaita_adapters.presenting.ledger import ledger_json, ledger_table
from gaita_adapters.presenting.listings import (
    account_table,
    corrected_words,
    deadlines_table,
    due_cell,
    instance_lines,
    instances_table,
    table_of,
)
from gaita_adapters.presenting.receipts import receipt_lines
from gaita_adapters.presenting.spreadsheet import csv_text
from gaita_adapters.presenting.standing import waiting_words
from gaita_adapters.presenting.titles import (
    due_of,
    event_title,
    json_text,
    local_text,
    named_event,
    named_roles,
    role_titles,
    rule_title,
    state_title,
    titled,
)
from gaita_adapters.presenting.versions import (
    difference_json,
    difference_lines,
    impact_json,
    impact_lines,
    version_json,
    versions_table,
)

__all__ = [
    "LISTED",
    "OPEN_DEADLINE",
    "account_json",
    "account_table",
    "corrected_words",
    "correction_json",
    "correction_lines",
    "correction_refusal_lines",
    "csv_text",
    "deadline_json",
    "deadlines_table",
    "difference_json",
    "difference_lines",
    "due_cell",
    "due_of",
    "event_title",
    "explanation_json",
    "explanation_lines",
    "impact_json",
    "impact_lines",
    "incident_json",
    "instance_json",
    "instance_lines",
    "instances_table",
    "json_text",
    "ledger_json",
    "ledger_table",
    "listed_json",
    "local_text",
    "move_table",
    "named_event",
    "named_roles",
    "next_deadline",
    "plan_json",
    "plan_lines",
    "receipt_json",
    "receipt_lines",
    "record_json",
    "role_titles",
    "rule_title",
    "state_title",
    "table_of",
    "titled",
    "version_json",
    "versions_table",
    "waiting_words",
]
