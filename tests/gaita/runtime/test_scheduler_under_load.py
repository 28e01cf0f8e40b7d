"""The scheduler's tests again and again, on a machine that has much else to do. For ``make soak``."""

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.gaita.runtime import test_clock_jumps, test_scheduler
from tests.gaita.runtime.test_scheduler import rounds, scheduler

__all__ = ["rounds", "scheduler"]
RUNS = 200
AGAIN: dict[str, Callable[..., None]] = {
    name: test
    for module in (test_scheduler, test_clock_jumps)
    for name, test in vars(module).items()
    if name.startswith("test_") and inspect.isfunction(test) and not getattr(test, "pytestmark", [])
}


@pytest.fixture(scope="module")
def load() -> Iterator[None]:
    """Two processes that do nothing but take the processor's time."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    yield
    for each in busy:
        each.kill()
        each.wait()


@pytest.mark.soak
@pytest.mark.usefixtures("load")
@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("name", AGAIN)
def test_the_schedulers_tests_hold_every_time(name: str, run: int, request: pytest.FixtureRequest) -> None:
    del run
    test = AGAIN[name]
    test(**{each: request.getfixturevalue(each) for each in inspect.signature(test).parameters})
