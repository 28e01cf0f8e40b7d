"""The test runner's own clock."""

from time import perf_counter

from _pytest import timing
from freezegun import freeze_time


def test_the_runner_measures_a_test_whose_time_is_frozen() -> None:
    with freeze_time("2024-04-25"):
        frozen, running = perf_counter(), timing.Instant()
        while running.elapsed().seconds <= 0.001:  # ends at once, but for a runner whose time is frozen too
            assert perf_counter() == frozen
