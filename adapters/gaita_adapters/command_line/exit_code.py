"""The exit codes: what a script that calls gaita can tell apart."""

from enum import IntEnum

from gaita import (
    BacklogTooLong,
    BrokenHistory,
    Busy,
    DatabaseTrouble,
    EndlessMoves,
    FaultyFile,
    GaitaError,
    InstanceExists,
    InvalidArgument,
    KeyReused,
    MalformedCommand,
    PlanChanged,
    Postponed,
    StaleInstance,
    StuckTimer,
    Undeliverable,
    UnknownDelivery,
    UnknownEvent,
    UnknownIncident,
    UnknownInstance,
    UnknownWorkflow,
)


class ExitCode(IntEnum):
    """How a call of gaita ended."""

    OK = 0
    FAULTS = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    MALFORMED = 5
    BUSY = 6
    UNSOUND = 7
    DATABASE = 8
    STUCK = 9
    UNDELIVERED = 10
    OUTPUT = 11
    INTERNAL = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141

    @property
    def meaning(self) -> str:
        """What it says, in words."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.FAULTS: "a file (workflow, settings, events) has faults",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.REFUSED: "the workflow does not allow it now; the answer says why",
    ExitCode.NOT_FOUND: "no such workflow, instance, event, delivery or incident",
    ExitCode.MALFORMED: "values do not fit, an id or key is taken already, or a plan no longer holds",
    ExitCode.BUSY: "another writer held the database for too long: try again",
    ExitCode.UNSOUND: "the history is broken, or the account of deadlines does not balance",
    ExitCode.DATABASE: "the database is missing or cannot be used",
    ExitCode.STUCK: "a deadline or automatic move could not be carried out: see gaita incidents",
    ExitCode.UNDELIVERED: "a channel could not hand a notice over",
    ExitCode.OUTPUT: "the answer could not be written: the standard output is closed or full",
    ExitCode.INTERNAL: "a fault in gaita itself",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.BROKEN_PIPE: "whoever read the output has gone",
}

_CODES: tuple[tuple[tuple[type[GaitaError], ...], ExitCode], ...] = (
    ((FaultyFile,), ExitCode.FAULTS),
    ((UnknownWorkflow, UnknownInstance, UnknownEvent, UnknownIncident, UnknownDelivery), ExitCode.NOT_FOUND),
    ((InvalidArgument, MalformedCommand, InstanceExists, KeyReused, PlanChanged), ExitCode.MALFORMED),
    ((Busy, BacklogTooLong), ExitCode.BUSY),
    ((BrokenHistory, StaleInstance), ExitCode.UNSOUND),
    ((DatabaseTrouble,), ExitCode.DATABASE),
    ((StuckTimer, EndlessMoves), ExitCode.STUCK),
    ((Undeliverable, Postponed), ExitCode.UNDELIVERED),
)


def code_of(error: GaitaError) -> ExitCode:
    """Return the code with which ``error`` ends the command."""
    for errors, code in _CODES:
        if isinstance(error, errors):
            return code
    return ExitCode.INTERNAL
