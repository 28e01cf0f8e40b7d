"""Mutants: small changes of the code, one at a time, each of which some test must notice.

``make mutants ROOM=step MOST=100 SEED=1`` draws so many places of a room at random, makes one change at each,
runs the room's tests on it, and lists those that no test noticed. It ends with 1 where fewer than 95 of 100
were noticed or are known to change nothing (``equivalent.toml``). It works in a copy, below ``build/``.
"""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copy2, rmtree

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Copy the checkout, and go on in the copy."""
    copy = _copied(ROOT / "build" / "mutants" / sys.argv[1])
    paths = os.pathsep.join(str(copy / each) for each in (".", "engine", "adapters", "workflows"))
    # Bytecode is compared with its source by content: two mutants may have the same size and second.
    compiling = ["-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "engine"]
    for arguments in (compiling, ["-m", "tests.mutants.sample", *sys.argv[1:]]):
        ended = subprocess.run(
            [sys.executable, *arguments], cwd=copy, env=os.environ | {"PYTHONPATH": paths}, check=False
        )
        if ended.returncode:
            return ended.returncode
    return 0


def _copied(target: Path) -> Path:
    """Copy what git knows and what it would take in, so that no mutant ever stands in the checkout."""
    rmtree(target, ignore_errors=True)
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            copy2(ROOT / name, target / name)
    return target


if __name__ == "__main__":
    sys.exit(main())
