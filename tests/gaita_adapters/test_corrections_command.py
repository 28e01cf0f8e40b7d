"""What was entered late or wrong is put right from the command line: --on, correct."""

import pytest
from freezegun.api import FrozenDateTimeFactory

from gaita_adapters.command_line.exit_code import ExitCode
from tests.gaita_adapters.conftest import WORKFLOW, Gaita

RULES = """
[corrections]
by = "office"
late_entry = "20 days"
closed_until = 2025-01-31
"""
OFFICE = ("--role", "office", "--actor", "uldis", "--reason", "the register says so")


@pytest.fixture
def case(run_gaita: Gaita, clock: FrozenDateTimeFactory) -> Gaita:
    """A case that missed its deadline of 2 April, as far as was known on the 4th."""
    clock.move_to("2025-03-03 08:00")
    (run_gaita.folder / "trial.toml").write_text(WORKFLOW + RULES, encoding="utf-8")
    run_gaita("deploy", "trial.toml")
    run_gaita("start", "trial", "--id", "P-1", "--set", "users=3", "--set", "score=2.0")
    clock.move_to("2025-04-04 08:00")
    run_gaita("due", "--run", "--deliver")
    return run_gaita


def late(case: Gaita) -> None:
    case("fire", "P-1", "select", "--role", "lead", "--actor", "ilze", "--on", "2025-03-28")


def test_a_late_entry_says_both_moments_and_that_the_case_was_put_right(case: Gaita) -> None:
    late(case)
    told = case("history", "P-1").stdout
    assert "Entry 4.1, made late: “Select”" in told
    assert "2025-04-04 11:00" in told
    assert "as of 28 March 2025" in told
    assert "the deadline “Decision” was met" in told
    assert case.json("history", "P-1")["records"][3]["entries"] == ["4.1"]
    assert "1 time, by a late entry or a correction" in case("show", "P-1").stdout
    assert "put right" in case("list").stdout
    assert case.json("show", "P-1")["corrected"] == 1
    assert "put right: 1 time" in case("ledger", "P-1").stdout


@pytest.mark.parametrize(
    ("on", "told"),
    [
        ("2025-04-05", "on: 2025-04-05 lies in the future"),
        ("28.03.2025", "--on: expected a day such as 2025-03-01 or a moment"),
    ],
)
def test_a_moment_that_cannot_be_is_told_with_what_to_do(case: Gaita, on: str, told: str) -> None:
    failed = case("fire", "P-1", "select", "--role", "lead", "--on", on, code=ExitCode.MALFORMED)
    assert told in " ".join(failed.stderr.split())


def test_a_late_entry_that_reaches_too_far_back_says_how_far_it_may(case: Gaita) -> None:
    refused = case(
        "fire", "P-1", "select", "--role", "lead", "--on", "2025-03-10", code=ExitCode.REFUSED
    ).stdout
    assert "it lies further back than a late entry may: that is a matter of a correction" in refused
    assert "as of 2025-03-10; a late entry may reach back 20 days" in refused


def test_a_plan_is_shown_and_carried_out_as_it_was_shown_later_on(
    case: Gaita, clock: FrozenDateTimeFactory
) -> None:
    late(case)
    anna = ("--for-actor", "anna", "--for-role", "lead")
    edits = ("undo", "4.1", "then", "insert", "select", "--on", "2025-03-27T10:00", *anna)
    plan = case.json("correct", "P-1", *edits, "--dry-run")
    assert (plan["accepted"], plan["record"], plan["by"]) == (None, None, ["office"])
    assert plan["plan"]["edits"] == ["undo", "insert"]
    shown = case("correct", "P-1", *edits, "--dry-run").stdout
    assert "taken back: entry 4.1, “Select”, by ilze" in shown
    assert "entry 5.1 made, as of 27 March 2025 at 10:00: “Select”, by anna" in shown
    assert "May be done by: Office" in shown
    digest = plan["plan"]["digest"]
    assert f"--plan {digest[:16]}" in shown
    clock.tick(60)
    done = case.json("correct", "P-1", *edits, *OFFICE, "--plan", digest[:16])
    assert (done["accepted"], done["record"]) == (True, 5)
    assert case.json("show", "P-1")["since"] == "2025-03-27T08:00:00Z"
    told = case("history", "P-1", "--after", "4").stdout
    assert "Correction" in told
    assert "reason: the register says so" in told
    assert "all sound" in case("verify").stdout
    case("correct", "P-1", "undo", "5.1", *OFFICE, "--plan", digest[:16], code=ExitCode.MALFORMED)


def test_what_stops_a_plan_is_told_with_its_reasons(case: Gaita, clock: FrozenDateTimeFactory) -> None:
    case("set", "P-1", "score=3.0", "--role", "lead")
    late(case)
    clock.tick(60)
    case("fire", "P-1", "report", "users=2", "--on", "2025-03-30")
    shown = case("correct", "P-1", "undo", "5.1", "--dry-run").stdout
    assert "P-1: this cannot be done" in shown
    assert "entry 6.1 would no longer hold:" in shown
    assert "`then undo ENTRY`" in shown
    refused = case.json("correct", "P-1", "undo", "5.1", *OFFICE, code=ExitCode.REFUSED)
    assert refused["ground"] == "upset"
    assert [each["entry"] for each in refused["plan"]["stops"]] == ["6.1"]
    assert case.json("correct", "P-1", "undo", "5.1", "then", "undo", "6.1", *OFFICE)["accepted"]


def test_values_of_an_entry_are_amended_and_the_rest_stays(case: Gaita) -> None:
    case("set", "P-1", "score=3.0", "users=5", "--role", "lead", "--actor", "ilze")
    told = case("correct", "P-1", "amend", "4", "users=6", *OFFICE).stdout
    assert "P-1 is put right, record 5" in told
    data = case.json("show", "P-1")["data"]
    assert (data["users"], data["score"]) == (6, 3.0)
    amended = case.json("history", "P-1")["records"][4]["body"]["edits"][0]["command"]
    assert amended["actor"] == "ilze"


def test_who_may_not_correct_is_told_who_may(case: Gaita) -> None:
    late(case)
    refused = case("correct", "P-1", "undo", "4.1", "--reason", "x", code=ExitCode.REFUSED).stdout
    assert "the actor has none of the roles" in refused
    assert "May be done by: Office" in refused
    failed = case("correct", "P-1", "undo", "4.1", *OFFICE[:4], code=ExitCode.MALFORMED)
    assert "say why, with --reason" in " ".join(failed.stderr.split())


@pytest.mark.parametrize(
    ("edits", "told", "code"),
    [
        (("undo", "9"), "'9' is no entry that can be edited; there are 1 and 4.1", ExitCode.MALFORMED),
        (("undo", "4"), "there are 1 and 4.1; did you mean 4.1", ExitCode.MALFORMED),
        (("insert", "report", "users=2"), "say with --on when it took effect", ExitCode.MALFORMED),
        (("amend", "4.1"), "nothing of entry 4.1 is changed", ExitCode.MALFORMED),
        (("undoo", "4.1"), "did you mean undo?", ExitCode.USAGE),
        (("undo", "4.1", "then"), "found nothing", ExitCode.USAGE),
        (("undo", "4.1", "--onn", "x"), "--onn", ExitCode.USAGE),
    ],
)
def test_an_edit_that_is_none_is_told_with_what_to_do(
    case: Gaita, edits: tuple[str, ...], told: str, code: ExitCode
) -> None:
    late(case)
    failed = case("correct", "P-1", *edits, "--dry-run", code=code)
    assert told in " ".join(failed.stderr.split())


def test_the_account_counts_what_is_restated_and_annulled(case: Gaita) -> None:
    case("fire", "P-1", "select", "--role", "lead")
    case("correct", "P-1", "amend", "4", "--on", "2025-03-28", *OFFICE)
    (line,) = case.json("due", "--account")["lines"]
    assert (line["met"], line["restated"], line["missed"], line["annulled"]) == (1, 1, 0, 0)
    assert "restated" in case("due", "--account").stdout
