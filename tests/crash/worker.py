"""The process that is killed: it forks a child for each round, so that a new life costs no new start.

For every line ``SEED`` on its standard input a child works on the database until somebody kills it. It writes
``pid N`` when it begins and, after each commit, ``ack INSTANCE KEY SEQUENCE`` or ``ran TIMERS``; its parent
writes ``dead`` once it has been buried.
"""

import os
import random
import sys
from datetime import UTC, datetime, timedelta

from gaita.clock import ManualClock
from gaita.runtime import Engine
from tests.gaita.building import heading

START = datetime(2024, 1, 1, tzinfo=UTC)
ROUND = timedelta(days=40)
KEEP_KEYS = timedelta(days=100_000)  # none may expire before it is accounted for
INSTANCES = [f"case-{number}" for number in range(5)]

WORKFLOW = (
    heading("crash")
    + """
[data.count]
type = "integer"
default = 0
[roles.clerk]
[states.a]
[states.a.deadlines.one]
within = "36 hours"
remind = [{ before = "12 hours", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "12 hours", fire = "go" }]
[states.b]
[states.b.deadlines.two]
within = "20 hours"
escalate = [{ to = "clerk" }, { after = "30 hours", to = "clerk", fire = "back" }]
[states.end]
final = true
verdict = "closed"
[events.add]
[events.go]
[events.back]
[events.renew]
[events.finish]
[[transitions]]
event = "add"
from = ["a", "b"]
set = { count = "data.count + 1" }
[[transitions]]
event = "go"
from = "a"
to = "b"
[[transitions]]
event = "back"
from = "b"
to = "a"
[[transitions]]
event = "renew"
from = "a"
to = "a"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def say(line: str) -> None:
    """Write a line at once: what was said before a kill has been said."""
    os.write(1, (line + "\n").encode())


def work(url: str, seed: int) -> None:
    """Fire events and run timers without end; every commit is told of."""
    chance = random.Random(seed)
    clock = ManualClock(START + seed % 10_000 * ROUND)
    engine = Engine(url, clock=clock, keep_keys=KEEP_KEYS)
    say(f"pid {os.getpid()}")
    number = 0
    while True:
        number += 1
        clock.advance(timedelta(minutes=chance.randrange(90)))
        if chance.random() < 0.3:
            sweep = engine.run_due()
            say(f"ran {sweep.timers}")
            continue
        instance, key = chance.choice(INSTANCES), f"{seed}-{number}"
        event = chance.choice(["add", "add", "add", "go", "back", "renew"])
        receipt = engine.fire(instance, event, key=key)
        if receipt.accepted:
            say(f"ack {instance} {key} {receipt.sequence} {event}")


def main(url: str) -> None:
    """Fork a child for every seed that is asked for."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                work(url, int(line))
            finally:
                os._exit(1)  # a child that ends by itself has failed
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main(sys.argv[1])
