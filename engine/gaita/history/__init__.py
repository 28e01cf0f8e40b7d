"""The history: records chained by hash, and what can be read from them. Pure: no SQL, no clock."""

from gaita.history.canonical_json import canonical
from gaita.history.correction_text import CorrectionText
from gaita.history.deadline_changes import (
    ChangeKind,
    DeadlineChange,
    before_by,
    before_by_records,
    deadline_changes,
)
from gaita.history.deadline_difference import DeadlineDifference, deadline_differences, standings
from gaita.history.deadline_ledger import Ledger, LedgerEntry, LedgerKind, ledgers
from gaita.history.proof import Finding, chain_findings, differences, shown
from gaita.history.record import FORMAT, GENESIS, Body, Record, body_of, chain, effective, seal
from gaita.history.record_text import RecordText, asked_text, record_texts
from gaita.history.replay import Replay, ReplayedDeadline, ReplayedTimer, course_of, message_body, replay

__all__ = [
    "FORMAT",
    "GENESIS",
    "Body",
    "ChangeKind",
    "CorrectionText",
    "DeadlineChange",
    "DeadlineDifference",
    "Finding",
    "Ledger",
    "LedgerEntry",
    "LedgerKind",
    "Record",
    "RecordText",
    "Replay",
    "ReplayedDeadline",
    "ReplayedTimer",
    "asked_text",
    "before_by",
    "before_by_records",
    "body_of",
    "canonical",
    "chain",
    "chain_findings",
    "course_of",
    "deadline_changes",
    "deadline_differences",
    "differences",
    "effective",
    "ledgers",
    "message_body",
    "record_texts",
    "replay",
    "seal",
    "shown",
    "standings",
]
