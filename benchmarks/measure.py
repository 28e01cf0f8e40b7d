"""How things are measured: in turn, several rounds, the median."""

import resource
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    name: str
    value: str
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None
    """Whether the aim was met in this run."""

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        met = "" if self.met is None else "met" if self.met else "MISSED"
        return f"{self.name:<58} {self.value:>12}  {ratio:>7}  {self.aim:<12} {met}".rstrip()


def compared(name: str, value: str, ratio: float, most: float) -> Line:
    """Return the row of a ratio that is to be ``most`` at most."""
    return Line(name, value, ratio, f"≤ {most:g}", ratio <= most)


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


def forget_peak() -> None:
    """Let ``peak`` begin anew with the memory in use now, where the system can do that (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> float:
    """Return the most memory (MB) that this process had in use since ``forget_peak``."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
