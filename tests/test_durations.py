"""The test runner's own clock."""

from itertools import repeat

from _pytest import timing
from freezegun import freeze_time


def test_the_runner_measures_a_test_whose_time_is_frozen() -> None:
    with freeze_time("2024-04-25"):
        running = timing.Instant()
        assert any(running.elapsed().seconds > 0 for _ in repeat(None, 1_000))
