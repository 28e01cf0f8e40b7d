"""The watch: ticks for any number of listeners, in one thread, while anybody listens."""

import threading
from collections.abc import Callable

from gaita.context.watch import Watch

PATIENCE = 20.0


class Said:
    """Says at each look what a test wants it to say."""

    def __init__(self) -> None:
        self.committed = threading.Event()
        self.closed = 0

    def changed(self) -> bool:
        found = self.committed.is_set()
        self.committed.clear()
        return found

    def close(self) -> None:
        self.closed += 1


def hears(watch: Watch) -> tuple[threading.Event, threading.Event, Callable[[], None]]:
    """Listen; return what is set at a tick, what is set at a commit, and what ends it."""
    ticked, told = threading.Event(), threading.Event()

    def listener(committed: bool) -> None:
        ticked.set()
        if committed:
            told.set()

    return ticked, told, watch.listen(listener)


def named() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "gaita-watch"]


def test_all_who_listen_hear_of_a_commit_in_one_thread() -> None:
    said = Said()
    before = len(named())
    watch = Watch(lambda: said)
    heard = [hears(watch) for _ in range(3)]
    assert len(named()) == before + 1
    said.committed.set()
    assert all(told.wait(PATIENCE) for _, told, _ in heard)
    for _, _, end in heard:
        end()
    assert len(named()) == before
    assert said.closed == 1


def test_one_who_stops_listening_takes_nothing_from_the_others() -> None:
    watch = Watch(Said)
    (_, first_told, end_first), (_, told, end) = hears(watch), hears(watch)
    end_first()
    end_first()
    watch.nudge()
    assert told.wait(PATIENCE)
    assert not first_told.is_set()
    end()


def test_a_listener_that_fails_or_stops_from_within_leaves_the_others_alone() -> None:
    watch = Watch(Said)
    ended = threading.Event()

    def fails(_committed: bool) -> None:
        raise OSError("away")

    def stops(_committed: bool) -> None:
        end_stops()
        ended.set()

    end_fails = watch.listen(fails)
    end_stops = watch.listen(stops)
    assert ended.wait(PATIENCE)
    ticked, _, end = hears(watch)
    assert ticked.wait(PATIENCE)
    end()
    end_fails()


def test_the_last_one_may_stop_from_within_and_another_may_begin() -> None:
    watch = Watch(Said)
    ended = threading.Event()

    def stops(_committed: bool) -> None:
        end_stops()
        ended.set()

    end_stops = watch.listen(stops)
    assert ended.wait(PATIENCE)
    ticked, _, end = hears(watch)
    assert ticked.wait(PATIENCE)
    end()
