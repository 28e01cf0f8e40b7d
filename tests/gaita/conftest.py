"""Engines on a database of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gaita.clock import ManualClock
from gaita.runtime import Engine
from tests.gaita.building import COUNTER, T0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(T0)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'gaita.db'}"


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    made = Engine(url, clock=clock)
    made.migrate()
    made.deploy(COUNTER)
    yield made
    made.close()
