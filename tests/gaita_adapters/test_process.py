"""gaita as a process of its own: signals, pipes, terminals, logs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.gaita_adapters.conftest import Gaita

COMMAND = [sys.executable, "-c", "from gaita_adapters.command_line.main import main; main()"]


def call(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1", **variables},
    )


@pytest.fixture
def overdue(run_gaita: Gaita) -> Path:
    run_gaita("deploy", "trial.toml")
    run_gaita("start", "trial", "--id", "P-1", "--since", "2020-01-01", "--state", "idea", "--reason", "late")
    run_gaita("start", "trial", "--id", "P-2", "--set", "owner=Anna Ozola")
    return run_gaita.folder


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_run_carries_out_what_is_due_and_ends_gracefully_on_a_signal(
    overdue: Path, sent: signal.Signals
) -> None:
    with subprocess.Popen(
        [*COMMAND, "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "GAITA_LOG__FORMAT": "json", "PYTHONUTF8": "1"},
    ) as process:
        assert process.stderr is not None
        first = json.loads(process.stderr.readline())
        assert first["message"] == "running"
        time.sleep(0.5)
        process.send_signal(sent)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert [json.loads(line)["message"] for line in err.splitlines()][-2:] == ["stopping", "stopped"]
    assert "Ozola" not in out + err
    assert call("due", "--account").returncode == 0


def test_a_reader_who_goes_away_gets_no_traceback(overdue: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "schema"], stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == b""


def test_output_that_is_no_terminal_has_no_colours_and_whole_lines(overdue: Path) -> None:
    done = call("list")
    assert "\x1b" not in done.stdout
    assert any("P-1" in line and "trial@1" in line for line in done.stdout.splitlines())
    assert "\x1b" not in call("list", NO_COLOR="1", FORCE_COLOR="").stdout


def test_a_terminal_without_latvian_letters_still_shows_everything(overdue: Path) -> None:
    done = call("--language", "lv", "explain", "P-2", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "lietot" in done.stdout


@pytest.mark.parametrize("format", ["table", "json"])
def test_a_notice_is_one_line_in_either_format(overdue: Path, format: str) -> None:  # noqa: A002 - the option
    done = call("due", "--deliver", "--format", format)
    assert done.returncode == 0, done.stderr
    if format == "json":
        assert all(json.loads(line)["id"] for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("list > /dev/full", 11, "the answer could not be written: No space left on device"),
        ("--version > /dev/full", 11, "the answer could not be written"),
        ("list >&-", 11, "the standard output is closed"),
        ("list 2>&- >&-", 11, ""),
        ("show $(printf 'P-1\\377')", 2, r"the argument 'P-1\udcff' is not UTF-8 text"),
    ],
)
def test_an_answer_that_cannot_be_given_ends_in_a_code_of_the_table(
    overdue: Path, command: str, code: int, told: str
) -> None:
    call_it = f"{sys.executable} -c 'from gaita_adapters.command_line.main import main; main()' {command}"
    done = subprocess.run(
        ["bash", "-c", call_it],
        capture_output=True,
        cwd=overdue,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert done.returncode == code, done.stderr
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr
