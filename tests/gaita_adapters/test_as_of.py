"""As of when a command looks: now, a rehearsal's last moment, or the moment that --at names."""

import json
from datetime import UTC, datetime

import pytest
from freezegun.api import FrozenDateTimeFactory

from gaita import Engine, LastMoment, ManualClock, day_of
from gaita_adapters.command_line.as_of import CommandClock
from gaita_adapters.command_line.exit_code import ExitCode
from tests.gaita_adapters.conftest import Gaita

KEPT = ("--database", "sqlite:///kept.sqlite3")


def line(at: str, command: str, **more: object) -> str:
    return json.dumps({"at": at, "command": command, "instance": "P-1", "roles": ["lead"], **more}) + "\n"


@pytest.fixture
def rehearsed(run_gaita: Gaita, clock: FrozenDateTimeFactory) -> Gaita:
    """A rehearsal that ended with 10 January 2024, two months before the present of the tests."""
    events = line("2024-01-01", "start") + line("2024-01-02", "set", data={"users": 5})
    (run_gaita.folder / "events.jsonl").write_text(events)
    run_gaita("rehearse", "trial.toml", "events.jsonl", "--until", "2024-01-10", "--db", "kept.sqlite3")
    return run_gaita


def kept_moment() -> LastMoment | None:
    engine = Engine("sqlite:///kept.sqlite3")
    try:
        return engine.last_moment()
    finally:
        engine.close()


def test_a_database_kept_from_a_rehearsal_is_looked_at_as_of_its_last_moment(rehearsed: Gaita) -> None:
    told = rehearsed(*KEPT, "due")
    assert told.stderr == "as of 2024-01-11 00:00, the rehearsal's last moment\n"
    assert "2024-01-31" in told.stdout
    assert "overdue" not in told.stdout
    assert rehearsed(*KEPT, "list", "--overdue").stdout == "No instance fits.\n"
    explained = rehearsed(*KEPT, "explain", "P-1", "select", "--role", "lead", code=None).stdout
    assert "? There is a score" in explained


def test_the_answer_in_json_is_json_and_tells_the_moment_elsewhere(rehearsed: Gaita) -> None:
    told = rehearsed(*KEPT, "due", "--format", "json")
    assert [each["overdue"] for each in json.loads(told.stdout)["deadlines"]] == [False]
    assert "as of 2024-01-11 00:00" in told.stderr


@pytest.mark.parametrize("before", [True, False])
def test_another_moment_to_look_at_may_be_named_before_the_command_or_behind_it(
    rehearsed: Gaita, before: bool
) -> None:
    at = ("--at", "2024-02-05")
    told = rehearsed(*KEPT, *at, "due") if before else rehearsed(*KEPT, "due", *at)
    assert told.stderr == "as of 2024-02-05 00:00\n"
    assert "2024-01-31 overdue" in told.stdout


@pytest.mark.parametrize("day", ["2024-02-05", "2024-03-31", "2024-02-29"])
def test_a_day_given_alone_is_that_day_for_whatever_asks_for_today(rehearsed: Gaita, day: str) -> None:
    """From its beginning on: what is due on it is not overdue yet."""
    told = rehearsed(*KEPT, "set", "P-1", "score=2.5", "--role", "lead", "--at", day)
    assert told.stderr == f"as of {day} 00:00\n"
    kept = kept_moment()
    assert kept is not None
    assert day_of(kept.at, kept.zone).isoformat() == day


def test_what_is_due_on_a_day_is_not_overdue_on_it(rehearsed: Gaita) -> None:
    assert "2024-01-31  P-1" in rehearsed(*KEPT, "due", "--at", "2024-01-31").stdout
    assert "2024-01-31 overdue" in rehearsed(*KEPT, "due", "--at", "2024-02-01").stdout


def test_any_database_is_looked_at_as_of_another_moment(started: Gaita) -> None:
    assert "overdue" not in started("due").stdout
    told = started("due", "--at", "2025-04-01T00:30")
    assert (told.stderr, "2025-03-31 overdue" in told.stdout) == ("as of 2025-04-01 00:30\n", True)
    assert "overdue" not in started("due", "--at", "2025-03-31T23:59").stdout


def test_what_is_changed_is_changed_now(started: Gaita) -> None:
    told = started("set", "P-1", "users=3", "--role", "lead", "--at", "2025-05-01", code=ExitCode.MALFORMED)
    assert "what is changed is changed now" in told.stderr
    assert len(started.json("history", "P-1")["records"]) == 1


def test_a_moment_that_cannot_be_read_says_what_is_expected(started: Gaita) -> None:
    told = started("list", "--at", "tomorrow", code=ExitCode.MALFORMED).stderr
    assert "expected a day such as 2025-03-01 or a moment" in told


def test_a_rehearsal_goes_on_from_its_last_moment(rehearsed: Gaita) -> None:
    told = rehearsed(*KEPT, "set", "P-1", "score=2.5", "--role", "lead")
    assert "as of 2024-01-11 00:00, the rehearsal's last moment" in told.stderr
    records = rehearsed.json(*KEPT, "history", "P-1")["records"]
    assert records[-1]["body"]["at"] == "2024-01-10T22:00:00Z"
    rehearsed(*KEPT, "verify")


def test_it_goes_on_to_a_later_moment_each_timer_at_its_own(rehearsed: Gaita) -> None:
    rehearsed(*KEPT, "set", "P-1", "score=2.5", "--role", "lead", "--at", "2024-02-05")
    records = rehearsed.json(*KEPT, "history", "P-1")["records"]
    bodies = [each["body"] for each in records]
    fired = [each["at"] for each in bodies if each["kind"] == "timer"]
    assert fired == ["2024-01-24T22:00:00Z", "2024-01-31T22:00:00Z"]
    assert kept_moment() == LastMoment(datetime(2024, 2, 4, 22, tzinfo=UTC), "Europe/Riga")
    assert "as of 2024-02-05 00:00, the rehearsal's last moment" in rehearsed(*KEPT, "due").stderr


def test_it_never_goes_back(rehearsed: Gaita) -> None:
    told = rehearsed(*KEPT, "due", "--run", "--at", "2024-01-05", code=ExitCode.MALFORMED).stderr
    assert "the rehearsal has come to 2024-01-11 00:00" in told


@pytest.mark.parametrize("arguments", [("run",), ("due", "--run", "--deliver")])
def test_the_notices_of_a_rehearsal_go_to_nobody(rehearsed: Gaita, arguments: tuple[str, ...]) -> None:
    told = rehearsed(*KEPT, *arguments, code=ExitCode.DATABASE)
    assert "its notices go to nobody" in " ".join(told.stderr.split())
    assert kept_moment() == LastMoment(datetime(2024, 1, 10, 22, tzinfo=UTC), "Europe/Riga")


def test_no_other_database_has_a_last_moment(started: Gaita) -> None:
    engine = Engine("sqlite:///gaita.sqlite3")
    assert engine.last_moment() is None
    engine.close()


def test_a_day_is_not_guessed_where_workflows_have_several_zones(started: Gaita) -> None:
    other = (started.folder / "trial.toml").read_text().replace('"trial"', '"other"')
    (started.folder / "other.toml").write_text(other.replace("Europe/Riga", "Australia/Sydney"))
    started("deploy", "other.toml")
    told = started("list", "--at", "2025-03-05", code=ExitCode.MALFORMED).stderr
    assert "several time zones (Australia/Sydney, Europe/Riga)" in " ".join(told.split())
    started("list", "--at", "2025-03-05T10:00-05:00")


def test_the_clock_of_a_command_is_the_machines_until_it_is_set(clock: FrozenDateTimeFactory) -> None:
    ours = CommandClock()
    clock.tick(60)
    assert ours.now() == datetime(2025, 3, 1, 10, 1, tzinfo=UTC)
    ours.set(datetime(2024, 1, 1, tzinfo=UTC))
    clock.tick(60)
    assert ours.now() == datetime(2024, 1, 1, tzinfo=UTC)
    assert isinstance(ours, ManualClock)
