"""Mutants: small changes of the code, one at a time, each of which some test must notice.

``make mutants ROOM=step MOST=100`` draws so many at random, runs the room's tests on each in a copy of the
checkout, and lists those that no test noticed. It ends with 1 where fewer than 95 of 100 were noticed.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from shutil import copyfile, rmtree

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult

ROOT = Path(__file__).parents[2]
TESTS: Mapping[str, Sequence[str]] = {
    "calendar": ("tests/gaita/calendar", "tests/gaita/step/test_working_days.py"),
    "history": ("tests/gaita/history", "tests/gaita/runtime/test_verification.py", "tests/gaita/step"),
    "language": ("tests/gaita/language",),
    "step": ("tests/gaita/step", "tests/gaita/history"),
    "store": ("tests/gaita/store", "tests/gaita/runtime"),
}
"""By room of ``engine/gaita``, the tests that must notice."""
NOTICED = 0.95
_OPERATORS = (
    "ReplaceComparisonOperator", "ReplaceBinaryOperator", "ReplaceUnaryOperator", "NumberReplacer", "AddNot",
    "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ZeroIterationForLoop",
)  # fmt: skip


def main() -> int:
    """Draw, run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", choices=sorted(TESTS))
    parser.add_argument("--most", type=int, default=100, help="how many mutants are drawn")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    copy = _copied(ROOT / "build" / "mutants" / asked.room)
    session = copy / "session.sqlite"
    (copy / "mutants.toml").write_text(_settings(asked.room), encoding="utf-8")
    _cosmic_ray(copy, "init", "mutants.toml", session.name)
    with use_db(session, WorkDB.Mode.open) as work:
        drawn = _draw(work, asked.most, Random(asked.seed))
    _cosmic_ray(copy, "exec", "mutants.toml", session.name)
    with use_db(session, WorkDB.Mode.open) as work:
        return _report(work, drawn)


def _copied(target: Path) -> Path:
    """Copy what git knows, so that no mutant ever stands in the checkout."""
    rmtree(target, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        copyfile(ROOT / name, target / name)
    return target


def _settings(room: str) -> str:
    paths = "engine:adapters:workflows"
    command = (
        f"env PYTHONPATH={paths} {sys.executable} -m pytest -x -q -p no:cacheprovider {' '.join(TESTS[room])}"
    )
    return (
        f'[cosmic-ray]\nmodule-path = "engine/gaita/{room}"\ntimeout = 300.0\n'
        f'excluded-modules = ["engine/gaita/store/migrations/**"]\ntest-command = "{command}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
    )


def _cosmic_ray(folder: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "cosmic_ray.cli", *arguments], cwd=folder, check=True)


def _draw(work: WorkDB, most: int, chance: Random) -> list[WorkItem]:
    """Keep so many of the mutants, in the code's own expressions; mark the others as skipped."""
    items: list[WorkItem] = list(work.work_items)
    eligible = [item for item in items if _is_eligible(item)]
    drawn = chance.sample(eligible, min(most, len(eligible)))
    kept = {item.job_id for item in drawn}
    left_out = [item.job_id for item in items if item.job_id not in kept]
    work.set_multiple_results(left_out, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))
    return drawn


def _is_eligible(item: WorkItem) -> bool:
    operator = item.mutations[0].operator_name.removeprefix("core/")
    # `A | B` is mostly a type, and a type that cannot be made is noticed at the import.
    return operator.startswith(_OPERATORS) and "_BitOr_" not in operator


def _report(work: WorkDB, drawn: Sequence[WorkItem]) -> int:
    results: dict[str, WorkResult] = dict(work.results)
    survivors = [each for each in drawn if results[each.job_id].test_outcome is TestOutcome.SURVIVED]
    for each in survivors:
        place = each.mutations[0]
        print(
            f"\n{place.module_path}:{place.start_pos[0]} {place.operator_name}\n{results[each.job_id].diff}"
        )
    killed = len(drawn) - len(survivors)
    print(f"\n{killed} of {len(drawn)} mutants were noticed")
    return 0 if killed >= NOTICED * len(drawn) else 1


if __name__ == "__main__":
    sys.exit(main())
