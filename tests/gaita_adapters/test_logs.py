"""The logs: on stderr, bound to what they tell of, never with personal data."""

import json
import logging

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from gaita_adapters.logs import configure_logs, without_data
from gaita_adapters.settings import LogSettings


def test_a_log_line_is_json_on_stderr_with_what_is_bound(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings())
    with bound_contextvars(instance="P-1", workflow="trial@1", event="select"):
        structlog.get_logger("x").info("fired", data={"owner": "Anna"})
    logging.getLogger("library").warning("also this")
    captured = capsys.readouterr()
    assert captured.out == ""
    first, second = (json.loads(line) for line in captured.err.splitlines())
    told = {name: first[name] for name in ("message", "event", "instance", "workflow", "level")}
    assert told == {
        "message": "fired",
        "event": "select",
        "instance": "P-1",
        "workflow": "trial@1",
        "level": "info",
    }
    assert "Anna" not in captured.err
    assert second["message"] == "also this"


def test_below_the_level_nothing_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings(level="error"))
    structlog.get_logger("x").info("quiet")
    assert capsys.readouterr().err == ""


def test_a_console_format_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings(format="console"))
    structlog.get_logger("x").info("swept", timers=3)
    assert "timers=3" in capsys.readouterr().err


def test_names_that_carry_data_are_taken_out() -> None:
    assert without_data(None, "info", {"message": "x", "payload": {"a": 1}}) == {"message": "x"}
