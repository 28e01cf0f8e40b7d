"""Runs of a room's tests on one mutant after the other.

The tests are collected once, on the unchanged code. Each mutant has a process of its own, forked from there,
in which the function that it changes is exchanged, and the tests that call this function run, the quick ones
first. A mutant that none of them notices, or that changes something else than a function, is tried again with
everything imported anew and with all tests: what was computed before the exchange hides nothing.
"""

import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType

import pytest
from _pytest.main import pytest_runtestloop as run_items

from tests.mutants.drawing import Mutant
from tests.mutants.process import BROKEN, OUTPUT, process

_OPTIONS = (
    "-q", "-s", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "tests.mutants.profile",
)  # fmt: skip
_RESULT = Path("trial.json")
_SURVIVED, _NOTICED, _UNCHANGED = 0, 1, 64


@dataclass(slots=True, eq=False)
class Trials:
    """Trials of mutants: a plugin of pytest, which does them in place of running the tests once."""

    folder: Path
    """Of the code."""
    tests: Sequence[str]
    """Folders and files."""
    use: Callable[["Trials"], None]
    """What is tried, once the tests are collected."""
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    """By test that passes on the unchanged code, how long it takes."""
    failed: Sequence[str] = ()
    """The tests that fail on the unchanged code: they are left out."""
    _called: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """By test, the functions of the folder that it calls, each as ``FILE:FIRST LINE``."""
    _session: pytest.Session | None = None
    _items: Mapping[str, pytest.Item] = field(default_factory=dict[str, pytest.Item])

    def run(self) -> None:
        """Collect the tests and use them."""
        # Hypothesis is imported before pytest could rewrite it.
        pytest.main([*_OPTIONS, "-W", "ignore::pytest.PytestAssertRewriteWarning", *self.tests], [self])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._session = session
        self._items = {each.nodeid: each for each in session.items}
        process(self._learn, 1_200)
        learned = json.loads(_RESULT.read_text(encoding="utf-8"))
        self._called, self.failed = learned["called"], learned["failed"]
        self.seconds = {test: took for test, took in learned["seconds"].items() if test not in self.failed}
        self.use(self)
        return True

    def noticed_by(self, mutant: Mutant, *, quick: bool = False) -> str | None:
        """Give the first test that fails on the mutant, or what else goes wrong; None where all pass.

        ``quick`` tries no mutant again: it is a guess, and some that it gives None for are noticed.
        """
        functions = {f"{mutant.module.resolve()}:{first}" for first in mutant.first_lines}
        calling = [each for each in self.seconds if not functions.isdisjoint(self._called[each])]
        calling.sort(key=lambda each: self.seconds[each])
        failed = self._exchanged(mutant, calling)
        return failed or (
            None if quick and calling and mutant.is_in_a_function else self._anew(mutant, calling)
        )

    def _exchanged(self, mutant: Mutant, calling: Sequence[str]) -> str | None:
        """Run the tests that call the changed function, in a process where it is exchanged."""

        def work() -> int:
            if not _exchange(mutant):
                return _UNCHANGED
            failed = self._run(calling, _Limit(self.seconds), stop=True).failed
            print("".join(f"\nFAILED {each}" for each in failed))
            return _NOTICED if failed else _SURVIVED

        return _verdict(process(work, self._patience(calling))) if calling else None

    def _anew(self, mutant: Mutant, calling: Sequence[str]) -> str | None:
        """Run all tests in a new interpreter, those files first whose tests call the changed function."""
        files = dict.fromkeys(each.partition("::")[0] for each in (*calling, *self.seconds))
        left_out = [f"--deselect={each}" for each in self.failed]

        def work() -> int:
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
            os.execv(sys.executable, [sys.executable, "-m", "pytest", "-x", *_OPTIONS, *left_out, *files])

        mutant.module.write_text(mutant.after, encoding="utf-8")
        try:
            return _verdict(process(work, self._patience(self.seconds)))
        finally:
            mutant.module.write_text(mutant.before, encoding="utf-8")

    def _patience(self, tests: Sequence[str] | Mapping[str, float]) -> float:
        return 30 + 5 * sum(self.seconds[each] for each in tests)

    def _learn(self) -> int:
        calls = _Calls(str(self.folder.resolve()))
        ends = self._run(tuple(self._items), calls)
        called = {test: sorted(functions) for test, functions in calls.called.items()}
        learned = {"seconds": ends.seconds, "failed": ends.failed, "called": called}
        _RESULT.write_text(json.dumps(learned), encoding="utf-8")
        return _SURVIVED

    def _run(self, tests: Sequence[str], *plugins: object, stop: bool = False) -> "_Ends":
        session, ends = self._session, _Ends()
        assert session is not None
        session.config.pluginmanager.unregister(self)
        for each in (ends, *plugins):
            session.config.pluginmanager.register(each)
        session.config.option.maxfail = int(stop)
        session.items = [self._items[each] for each in tests]
        session.testscollected = len(session.items)
        try:
            run_items(session)
        except session.Failed:
            assert ends.failed
        return ends


@dataclass(slots=True, eq=False)
class _Ends:
    """A plugin of pytest: how the tests end."""

    seconds: dict[str, float] = field(default_factory=dict[str, float])
    failed: list[str] = field(default_factory=list[str])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed.append(report.nodeid)


@dataclass(slots=True, eq=False)
class _Limit:
    """A plugin of pytest that ends the process where a test computes much longer than it should."""

    seconds: Mapping[str, float]

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 5 + 3 * self.seconds[item.nodeid])


@dataclass(slots=True, eq=False)
class _Calls:
    """A plugin of pytest: which functions of a folder each test calls."""

    folder: str
    called: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        seen: dict[int, CodeType] = {}

        def note(frame: FrameType, event: str, arg: object) -> None:
            seen[id(frame.f_code)] = frame.f_code

        threading.settrace(note)
        sys.settrace(note)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)
            ours = (each for each in seen.values() if each.co_filename.startswith(self.folder))
            self.called[item.nodeid] = {f"{each.co_filename}:{each.co_firstlineno}" for each in ours}


def _exchange(mutant: Mutant) -> bool:
    """Give every function of the module the code that the mutant has for it; tell whether any changed."""
    file = str(mutant.module.resolve())
    before = compile(mutant.before, file, "exec")
    after = compile(mutant.after, file, "exec")
    changed = {
        (old.co_qualname, old.co_firstlineno): new
        for old, new in zip(_functions(before), _functions(after), strict=True)
        if old != new
    }
    exchanged = False
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__.co_filename == file:
            new = changed.get((each.__code__.co_qualname, each.__code__.co_firstlineno))
            if new is not None:
                each.__code__ = new
                exchanged = True
    return exchanged


def _functions(code: CodeType) -> Sequence[CodeType]:
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return [*inner, *(each for one in inner for each in _functions(one))]


def _verdict(ended: int) -> str | None:
    if ended in (_SURVIVED, _UNCHANGED, BROKEN):
        return None
    lines = OUTPUT.read_text(encoding="utf-8", errors="replace").splitlines()
    failures = [each for each in lines if each.startswith(("FAILED ", "ERROR "))]
    return failures[0] if ended == _NOTICED and failures else f"the process ended with {ended}"
