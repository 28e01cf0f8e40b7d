"""The process that is killed at a statement: ``python -m tests.crash.statement_worker URL``.

For every line ``WORK POINT NUMBER`` on its standard input it forks a child that does the work (``sweep``: it
runs what is due; ``command``: it fires an event, behind whatever is due; ``late``: it enters what was days
ago; ``correction``: it takes an entry back and makes another) on the database at URL, and kills itself at the
NUMBER-th such point: ``before`` or ``after`` a statement is executed, at a ``commit`` before it is made, or
as the connection is given back (``done``), which is after it. Once the child is buried, its parent writes how
it ended: 0, or the signal.
"""

import os
import sys
from datetime import time, timedelta

from sqlalchemy import Engine as Database
from sqlalchemy import event

from gaita import DigestPlan, Engine, Fire, Insert, ManualClock, Undo, open_database
from tests.crash.delivery_worker import fuse
from tests.crash.worker import START
from tests.gaita.building import heading

POINTS = {
    "before": "before_cursor_execute",
    "after": "after_cursor_execute",
    "commit": "commit",
    "done": "checkin",
}
"""Where a process may be killed, and what SQLAlchemy calls it."""
LATE = START + timedelta(days=9)
DIGESTS = [DigestPlan("clerk", "Europe/Riga", time(8))]

WORKFLOW = (
    heading("clockwork")
    + """
[corrections]
by = "chief"
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.work]
within = "10 days"
remind = [{ before = "2 days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "3 days", to = ["clerk", "chief"] }]
pause_in = "hold"
[states.a.deadlines.first]
within = "3 days"
escalate = [{ to = "clerk" }]
[states.hold]
[states.hold.deadlines.pause]
within = "5 days"
remind = [{ before = "2 days", to = "clerk" }]
escalate = [{ to = ["clerk", "chief"] }, { after = "1 day", to = "chief", fire = "back" }]
[states.hold.deadlines.status]
every = "2 days"
escalate = [{ to = "clerk" }]
[states.end]
final = true
verdict = "closed"
[events.stop]
[events.back]
[events.finish]
[[transitions]]
event = "stop"
from = "a"
to = "hold"
[[transitions]]
event = "back"
from = "hold"
to = "a"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def engine_on(database: Database) -> Engine:
    """Return an engine at the moment at which the work is done."""
    return Engine(database, clock=ManualClock(LATE), digests=DIGESTS, keep_keys=timedelta(days=5))


def do(engine: Engine, work: str) -> None:
    """Do the work; whatever was done of it already is not done again."""
    match work:
        case "sweep":
            engine.run_due(batch=5)  # each instance goes on over several transactions
        case "command":
            engine.fire("one", "finish", key="the end")
        case "late":
            engine.fire("one", "finish", on=START + timedelta(days=2), key="the end", notice="It had ended.")
        case _:
            if not engine.get("one").corrected:
                edits = Undo("2"), Insert(Fire("finish"), LATE - timedelta(hours=30))
                engine.corrections.correct("one", *edits, reason="a slip", actor="uldis", roles=["chief"])


def main(url: str) -> None:
    """Fork a child for every line."""
    database = open_database(url, synchronous="OFF")  # the process is killed, not the machine
    engine = engine_on(database)
    engine.workflow("clockwork")  # read once, for every child
    database.dispose()
    for line in sys.stdin:
        work, point, number = line.split()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                target = database.pool if point == "done" else database
                event.listen(target, POINTS[point], fuse(int(number)))
                do(engine, work)
                engine.close()
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
