"""The commands on deadlines: pause, resume, extend, due, ledger, worklist."""

import pytest
from freezegun.api import FrozenDateTimeFactory

from gaita_adapters.command_line.exit_code import ExitCode
from tests.gaita_adapters.conftest import Gaita
from tests.gaita_adapters.counting import begin

DECISION = "review.decision"


@pytest.fixture
def permit(run_gaita: Gaita, clock: FrozenDateTimeFactory) -> Gaita:
    assert clock is not None
    return begin(run_gaita)


def test_a_clock_is_stopped_and_runs_again(permit: Gaita, clock: FrozenDateTimeFactory) -> None:
    clock.move_to("2025-03-04 10:00")
    asked = ("P-1", DECISION, "--role", "chief", "--actor", "anna")
    stopped = permit("pause", *asked, "--reason", "waiting").stdout
    assert "Decision [review.decision]: its clock stands" in stopped
    assert "2025-03-28 paused" in permit("due").stdout
    assert "none while its clock stands" in permit("show", "P-1").stdout
    assert permit.json("due")["deadlines"][0]["paused_at"] == "2025-03-04T10:00:00Z"
    clock.move_to("2025-03-06 10:00")
    told = permit.json("resume", *asked)
    assert (told["accepted"], told["deadlines"][0]["change"]) == (True, "resumed")
    assert (told["deadlines"][0]["rule"], told["deadlines"][0]["due_day"]) == (DECISION, "2025-04-01")


def test_a_paused_deadline_has_no_due_moment_in_the_receipt(permit: Gaita) -> None:
    told = permit.json("pause", "P-1", DECISION, "--reason", "waiting", "--role", "chief")
    (paused,) = told["deadlines"]
    assert (paused["change"], paused["rule"], paused["number"]) == ("paused", DECISION, 1)
    assert (paused["due"], paused["due_day"], paused["held"]) == (None, None, 0)


def test_a_deadline_is_extended_until_the_most_is_used_up(permit: Gaita) -> None:
    asked = ("extend", "P-1", DECISION)
    reason = ("--reason", "more work", "--role", "chief")
    assert "due 2025-04-04" in permit(*asked, "5 working days", *reason).stdout
    refused = permit(*asked, "6 working days", *reason, code=ExitCode.REFUSED).stdout
    assert "Decision [review.decision] for P-1 in state" in refused
    assert "it is more than may be granted in all" in refused
    assert "asked for: 6 working days; granted before: 5 working days; at most: 10 working days" in refused
    told = permit.json(*asked, "6 working days", *reason, code=ExitCode.REFUSED)
    assert told["explanation"]["ground"] == "too_much"
    assert told["explanation"]["amounts"]["at_most"] == "10 working days"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("pause", "P-1", DECISION, "--reason", "x"), "the actor has none of the roles that may do it"),
        (("pause", "P-1", DECISION, "--reason", "x"), "have it done by Chief [chief]"),
        (("resume", "P-1", DECISION, "--role", "chief"), "its clock was not stopped by a command"),
        (("extend", "P-1", DECISION, "1 working day", "--reason", "x"), "have it done by Chief [chief]"),
    ],
)
def test_a_refusal_explains_itself(permit: Gaita, asked: tuple[str, ...], told: str) -> None:
    assert told in permit(*asked, code=ExitCode.REFUSED).stdout
    assert permit.json(*asked, code=ExitCode.REFUSED)["accepted"] is False


def test_what_stands_already_or_has_ended_is_refused(permit: Gaita) -> None:
    asked = ("pause", "P-1", DECISION, "--reason", "x", "--role", "chief")
    permit(*asked)
    assert "its clock stands already" in permit(*asked, code=ExitCode.REFUSED).stdout
    permit("fire", "P-1", "finish", "--role", "chief")
    assert "come to its end" in permit(*asked, code=ExitCode.REFUSED).stdout


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("pause", "P-1", "review.decisoin", "--reason", "x"), "did you mean review.decision?"),
        (("pause", "P-1", DECISION, "--reason", " "), "reason: holds nothing but blanks; say why"),
        (("extend", "P-1", DECISION, "3 days", "--reason", "x"), "write it in the same unit"),
        (("extend", "P-1", DECISION, "3 moons", "--reason", "x"), "is no unit of time"),
    ],
)
def test_what_cannot_be_meant_ends_with_five(permit: Gaita, asked: tuple[str, ...], told: str) -> None:
    assert told in " ".join(permit(*asked, "--role", "chief", code=ExitCode.MALFORMED).stderr.split())


def test_a_key_makes_an_extension_happen_once(permit: Gaita) -> None:
    asked = ("extend", "P-1", DECISION, "5 working days", "--reason", "x", "--role", "chief", "--key", "k")
    assert [permit.json(*asked)["repeated"] for _ in range(2)] == [False, True]
    assert permit.json("due")["deadlines"][0]["due_day"] == "2025-04-04"


def test_the_arithmetic_is_shown(permit: Gaita) -> None:
    permit("extend", "P-1", DECISION, "10 working days", "--reason", "x", "--role", "chief")
    shown = " ".join(permit("due", "--why", "P-1").stdout.split())
    assert (
        "Decision [review.decision]: 20 working days, then 10 working days from Sat 2025-03-01 end" in shown
    )
    (told,) = permit.json("due", "--why", "P-1")["deadlines"]
    assert (told["rule"], told["due_day"]) == (DECISION, "2025-04-11")
    assert told["why"] in shown
    permit("due", "--why", "P-2", code=ExitCode.NOT_FOUND)
    permit("due", "--why", "P-1", "--account", code=2)
    permit("fire", "P-1", "finish", "--role", "chief")
    assert "P-1 has no open deadline." in permit("due", "--why", "P-1").stdout


def test_the_ledger_lists_all_that_happened_to_a_deadline(
    permit: Gaita, clock: FrozenDateTimeFactory
) -> None:
    permit("pause", "P-1", DECISION, "--reason", "waiting", "--role", "chief", "--actor", "anna")
    permit("resume", "P-1", DECISION, "--role", "chief", "--actor", "anna")
    permit("extend", "P-1", DECISION, "1 working day", "--reason", "more", "--role", "chief")
    clock.move_to("2025-05-01 10:00")
    permit("due", "--run")
    permit("fire", "P-1", "finish", "--role", "chief")
    (told,) = permit.json("ledger", "P-1")["ledgers"]
    assert (told["rule"], told["title"], told["open"]) == (DECISION, "Decision", False)
    assert [each["kind"] for each in told["entries"]] == [
        "armed",
        "paused",
        "resumed",
        "extended",
        "reminded",
        "due",
        "escalated",
        "missed",
    ]
    assert told["entries"][1]["due"] is None
    assert told["entries"][3]["amount"] == "1 working day"
    assert told["entries"][5]["to"] == ["clerk"]
    assert told["entries"][7]["late_seconds"] > 0
    shown = permit("ledger", "P-1", "--deadline", DECISION).stdout
    for words in ("clock stopped", "clock runs again", "waiting", "anna", "told Clerk", "late"):
        assert words in shown
    permit("ledger", "P-1", "--deadline", "other", code=ExitCode.MALFORMED)
    permit("ledger", "P-2", code=ExitCode.NOT_FOUND)


def test_the_account_shows_how_many_clocks_stand(permit: Gaita) -> None:
    assert "paused" not in permit("due", "--account").stdout
    permit("pause", "P-1", DECISION, "--reason", "waiting", "--role", "chief")
    assert "paused" in permit("due", "--account").stdout
    told = permit.json("due", "--account")
    assert (told["balanced"], told["total"]["paused"], told["total"]["open"]) == (True, 1, 1)


def test_the_inbox_lists_what_needs_a_role(permit: Gaita) -> None:
    told = permit.json("worklist", "--role", "chief")
    assert [(each["instance"], each["rule"], each["due_day"]) for each in told["needs"]] == [
        ("P-1", DECISION, "2025-03-28")
    ]
    assert "Decision" in permit("worklist", "--role", "clerk").stdout
    permit("worklist", "--role", "strange", code=ExitCode.MALFORMED)
