"""An open deadline: whether it is overdue."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gaita.model.instance import Deadline, Turn
from tests.gaita.building import T0

DAY = timedelta(days=1)
OPEN = Deadline(1, "a.x", T0, T0, T0 + DAY, clipped=False, timers=())


@pytest.mark.parametrize(("seconds", "overdue"), [(-1, False), (0, True), (1, True)])
def test_it_is_overdue_from_its_due_moment_on(seconds: int, overdue: bool) -> None:
    assert OPEN.is_overdue(OPEN.due + timedelta(seconds=seconds)) is overdue


@pytest.mark.parametrize(("seconds", "overdue"), [(-1, False), (0, True), (1, True)])
def test_while_its_clock_stands_it_is_what_it_was_when_that_stopped(seconds: int, overdue: bool) -> None:
    stopped = replace(OPEN, course=(Turn("stopped", OPEN.due + timedelta(seconds=seconds)),))
    assert stopped.is_overdue(OPEN.due + 100 * DAY) is overdue


def test_one_that_is_provisional_is_never_overdue() -> None:
    assert not replace(OPEN, provisional=True).is_overdue(OPEN.due + 100 * DAY)
