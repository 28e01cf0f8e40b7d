"""How things are measured: in turn, several rounds, the median."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    name: str
    value: str
    ratio: float | None = None
    aim: str = ""

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return f"{self.name:<58} {self.value:>12}  {ratio:>7}  {self.aim}"


def microseconds(*candidates: Callable[[], object], times: int, rounds: int = 7) -> list[float]:
    """Return the median microseconds that a call of each takes; run in turn, after a warm-up."""
    taken: list[list[float]] = [[] for _ in candidates]
    for candidate in candidates:
        for _ in range(max(1, times // 10)):
            candidate()
    for _ in range(rounds):
        for candidate, figures in zip(candidates, taken, strict=True):
            begun = perf_counter()
            for _ in range(times):
                candidate()
            figures.append((perf_counter() - begun) / times * 1e6)
    return [median(figures) for figures in taken]


def seconds(run: Callable[[], object]) -> float:
    """Return the seconds that one run takes."""
    begun = perf_counter()
    run()
    return perf_counter() - begun
