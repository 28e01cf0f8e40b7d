"""Run every measurement and print the table: ``python -m benchmarks [NAME …]``.

A ratio compares two things in one run on one machine, taken in turn, so that a machine whose speed drifts
changes both. Each figure is the median of its rounds.
"""

import sys
from collections.abc import Callable

from benchmarks import (
    correcting,
    delivering,
    durable,
    pending,
    reading,
    reckoning,
    rehearsing,
    stepping,
    sweeping,
)
from benchmarks.measure import Line, seconds

MEASUREMENTS: dict[str, Callable[[], list[Line]]] = {
    "step": stepping.measure,
    "fire": durable.measure,
    "reckon": reckoning.measure,
    "run_due": sweeping.measure,
    "pending": pending.measure,
    "deliver": delivering.measure,
    "read": reading.measure,
    "rehearse": rehearsing.measure,
    "correct": correcting.measure,
}


def main(names: list[str]) -> int:
    """Print the lines of the named measurements, or of all."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    print(f"{'measurement':<58} {'median':>12}  {'ratio':>7}  {'aim':<12} met?", flush=True)
    lines: list[Line] = []

    def run() -> None:
        for name in names or MEASUREMENTS:
            for line in MEASUREMENTS[name]():
                lines.append(line)
                print(line, flush=True)

    taken = seconds(run)
    missed = sum(line.met is False for line in lines)
    aims = sum(line.met is not None for line in lines)
    print(f"{aims - missed} of {aims} aims were met; all of it took {taken:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
