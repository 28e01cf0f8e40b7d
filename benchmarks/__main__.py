"""Run every measurement and print the table: ``python -m benchmarks [NAME …]``.

A ratio compares two things in one run on one machine, taken in turn, so that a machine whose speed drifts
changes both. Each figure is the median of its rounds.
"""

import sys
from collections.abc import Callable

from benchmarks import durable, reading, rehearsing, stepping, sweeping
from benchmarks.measure import Line

MEASUREMENTS: dict[str, Callable[[], list[Line]]] = {
    "step": stepping.measure,
    "fire": durable.measure,
    "run_due": sweeping.measure,
    "read": reading.measure,
    "rehearse": rehearsing.measure,
}


def main(names: list[str]) -> int:
    """Print the lines of the named measurements, or of all."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    print(f"{'measurement':<58} {'median':>12}  {'ratio':>7}  aim")
    for name in names or MEASUREMENTS:
        for line in MEASUREMENTS[name]():
            print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
