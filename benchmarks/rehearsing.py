"""A rehearsal of 1 000 prototypes over the 37 months of the programme."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from random import Random

from benchmarks.measure import Line, seconds
from gaita.rehearsal import Rehearsal, rehearse

PROTOTYPES = 1_000
FIRST, LAST = datetime(2022, 5, 10, 7, tzinfo=UTC), datetime(2025, 6, 30, 7, tzinfo=UTC)


def script() -> bytes:
    """Return the dated commands: each prototype goes on for as long as chance lets it."""
    chance = Random(7)
    lines: list[dict[str, object]] = []
    for number in range(PROTOTYPES):
        name = f"prototype-{number:04}"
        at = FIRST + timedelta(hours=chance.randrange(24 * 900))
        lead = {"actor": "lead", "roles": ["lab_lead"]}
        chancellery = {"actor": "chancellery", "roles": ["state_chancellery"]}
        told: list[dict[str, object]] = [
            {"command": "start", **lead},
            {"command": "set", "data": {"problem": "Queues"}, **lead},
            {"command": "set", "data": {"budget_eur": 20_000}, **chancellery},
            {"command": "fire", "event": "select", **lead,
             "payload": {"owner": "A. B.", "owner_kind": "municipality"}},
            {"command": "fire", "event": "hold_workshop", "payload": {"participants": 5}, **lead},
            {"command": "fire", "event": "hold_workshop", "payload": {"participants": 4}, **lead},
            {"command": "fire", "event": "start_lab_test", **lead},
            {"command": "fire", "event": "report_test", "payload": {"users": 25, "viability": 3.5}, **lead},
            {"command": "fire", "event": "report_test", "payload": {"users": 25, "viability": 4.0}, **lead},
        ]  # fmt: skip
        for command in told[: chance.randrange(3, len(told) + 1)]:
            if at > LAST:
                break
            lines.append({"at": at.isoformat(), "instance": name, **command})
            at += timedelta(hours=chance.randrange(24, 24 * 40))
    lines.sort(key=lambda line: str(line["at"]))
    return "\n".join(json.dumps(line) for line in lines).encode()


def measure() -> list[Line]:
    """Measure one rehearsal, in memory, up to the horizon."""
    workflow = (files("gaita_workflows") / "prototype.toml").read_bytes()
    events = script()
    results: list[Rehearsal] = []
    taken = seconds(lambda: results.append(rehearse(workflow, events)))
    assert len(results[0].board) == PROTOTYPES
    assert results[0].account.balanced
    return [
        Line(
            f"rehearsing {PROTOTYPES} prototypes over 37 months", f"{taken:.1f} s", None, "< 10 s", taken < 10
        )
    ]
