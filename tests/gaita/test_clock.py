"""The clock: aware instants in UTC, whole microseconds, also while a test freezes the time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from gaita.clock import EPOCH, ManualClock, SystemClock, as_utc, from_microseconds, to_microseconds


def test_a_frozen_clock_gives_a_real_datetime() -> None:
    with freeze_time("2025-03-01 10:00:00"):
        now = SystemClock().now()
    assert type(now) is type(EPOCH)
    assert now == datetime(2025, 3, 1, 10, tzinfo=UTC)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="names no time zone"):
        as_utc(datetime(2025, 3, 1))  # noqa: DTZ001 - that is what is tried


def test_another_offset_is_the_same_instant_in_utc() -> None:
    riga = datetime(2025, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert as_utc(riga) == riga
    assert as_utc(riga).tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_are_exact_both_ways(moment: datetime) -> None:
    assert from_microseconds(to_microseconds(moment)) == moment


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    start = datetime(2025, 3, 1, tzinfo=UTC)
    clock = ManualClock(start)
    assert clock.now() == clock.now() == start
    assert clock.advance(timedelta(hours=1)) == start + timedelta(hours=1)
    clock.set(start)
    assert clock.now() == start
