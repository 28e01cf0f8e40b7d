"""A process that races the others for one instance: ``python -m tests.gaita.runtime.racer URL COUNT``."""

import sys

from gaita.runtime import Engine


def main(url: str, count: int) -> None:
    """Wait for the starting signal (a line on standard input), then fire."""
    engine = Engine(url)
    engine.get("one")
    sys.stdin.readline()
    for _ in range(count):
        assert engine.fire("one", "add", {"by": 1}).accepted
    engine.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
