"""Draw mutants of one room, try each, and report those that no test notices: in a copy that is made first."""

import argparse
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from time import monotonic

from tests.mutants.drawing import Mutant, draw
from tests.mutants.trials import Trials

CODE = Path("engine/gaita")
TESTS: Mapping[str, Sequence[str]] = {
    "calendar": ("tests/gaita/calendar", "tests/gaita/step/test_working_days.py"),
    "history": (
        "tests/gaita/history",
        "tests/gaita/step",
        "tests/gaita/runtime/test_receipts.py",
        "tests/gaita/runtime/test_verification.py",
        "tests/gaita/store/test_second_release.py",
    ),
    "language": ("tests/gaita/language", "tests/gaita/step"),
    "step": ("tests/gaita/step", "tests/gaita/history"),
    "store": (
        "tests/gaita/store",
        "tests/gaita/delivery/test_outbox.py",
        "tests/gaita/delivery/test_incident_summaries.py",
        *(
            f"tests/gaita/runtime/test_{each}.py"
            for each in (
                "account",
                "calendars",
                "engine",
                "host_transactions",
                "receipts",
                "stuck",
                "verification",
            )
        ),
    ),
}
"""By room of ``engine/gaita``, the tests that must notice."""
ENOUGH = 0.95


def main() -> int:
    """Draw, try and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", choices=sorted(TESTS))
    parser.add_argument("--most", type=int, default=100, help="how many mutants are drawn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--module", default="**/*.py", help="only modules of the room that match")
    parser.add_argument("--quick", action="store_true", help="guess: try no mutant again with all tests")
    asked = parser.parse_args()
    modules = sorted(
        each for each in (CODE / asked.room).glob(asked.module) if "migrations" not in each.parts
    )
    drawn = draw(modules, asked.most, Random(asked.seed))
    good: list[Mutant] = []

    def use(trials: Trials) -> None:
        good.extend(_tried(drawn, trials, quick=asked.quick))

    Trials(CODE / asked.room, TESTS[asked.room], use).run()
    print(f"\n{len(good)} of {len(drawn)} mutants of {asked.room} were noticed or change nothing")
    return 0 if len(good) >= ENOUGH * len(drawn) else 1


def _tried(drawn: Sequence[Mutant], trials: Trials, *, quick: bool) -> Iterator[Mutant]:
    """Give those that are noticed or change nothing."""
    print(f"{len(trials.seconds)} tests take {sum(trials.seconds.values()):.0f} s", flush=True)
    for failed in trials.failed:
        print(f"left out, for it fails on the unchanged code: {failed}", flush=True)
    known = _known()
    for each in drawn:
        was, becomes = each.changed
        module = str(each.module.relative_to(CODE))
        began = monotonic()
        equivalent = (module, was, becomes) in known
        noticed = "changes nothing" if equivalent else trials.noticed_by(each, quick=quick)
        took = monotonic() - began
        said = noticed or f"SURVIVED {each.operator}\n    - {was}\n    + {becomes}"
        print(f"{took:6.1f} s  {module}:{each.line}  {said}", flush=True)
        if noticed:
            yield each


def _known() -> set[tuple[str, str, str]]:
    """Read which changes change nothing."""
    listed = tomllib.loads(Path("tests/mutants/equivalent.toml").read_text(encoding="utf-8"))
    return {(each["module"], each["line"], each["becomes"]) for each in listed.get("equivalent", ())}


if __name__ == "__main__":
    sys.exit(main())
