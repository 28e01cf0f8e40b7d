"""What commands say that they did: due moments, the past, silence, conditions, and repetitions."""

import csv

from freezegun.api import FrozenDateTimeFactory

from gaita_adapters.presenting import OPEN_DEADLINE
from tests.gaita.runtime.test_stuck import LOOP
from tests.gaita_adapters.conftest import WORKFLOW, Gaita

DATED = (
    WORKFLOW.replace('initial = "idea"', 'initial = "idea"\ncalendar = "LV"\npast_timers = "skip"').replace(
        "[states.test]\n",
        """
[states.idea.deadlines.legal]
at = "data.ends_on"
remind = [{ before = "7 days", to = "lead" }]
escalate = [{ to = "lead" }, { after = "1 day", fire = "lapse" }]
[states.idea.deadlines.far]
within = "2000 working days"
escalate = [{ to = "lead" }]
[states.test]
""",
    )
    + """
[events.lapse]
title = { lv = "Izbeigt", en = "Lapse" }
[[transitions]]
event = "lapse"
from = "idea"
to = "done"
"""
)


def dated(run_gaita: Gaita) -> Gaita:
    (run_gaita.folder / "dated.toml").write_text(DATED, encoding="utf-8")
    run_gaita("deploy", "dated.toml")
    return run_gaita


def test_what_is_armed_moved_and_past_is_said_in_words_and_as_json(
    run_gaita: Gaita, clock: FrozenDateTimeFactory
) -> None:
    assert clock is not None
    gaita = dated(run_gaita)
    started = gaita("start", "trial", "--id", "P-1").stdout
    assert "Decision [idea.decision]: due 2025-03-31" in started
    assert "no notice of it is sent before its calendar knows more days" in started
    gaita("set", "P-1", "ends_on=2025-06-30", "--role", "lead")
    moved = gaita("set", "P-1", "ends_on=2025-07-31", "--role", "lead").stdout
    assert "Legal [idea.legal]: due 2025-07-31 instead of 2025-06-30" in moved
    wrong = gaita("set", "P-1", "ends_on=2024-02-01", "--role", "lead").stdout
    assert "this is in the past: overdue by 393 days and 12 hours" in wrong
    assert "the next sweep carries out what is due: a notice to Head; the event “Lapse”" in wrong
    assert "1 reminder is not sent: its time is past" in wrong
    gaita("start", "trial", "--id", "P-2")
    told = gaita.json("set", "P-2", "ends_on=2024-02-01", "--role", "lead")["deadlines"][0]
    assert (told["change"], told["due_day"], told["past"]) == ("armed", "2024-02-01", True)
    assert [each["fire"] for each in told["at_once"]] == [None, "lapse"]


def test_an_adoption_says_since_when_it_is_overdue_and_what_is_skipped(
    run_gaita: Gaita, clock: FrozenDateTimeFactory
) -> None:
    assert clock is not None
    adopted = ("--state", "idea", "--since", "2024-03-01", "--reason", "paper")
    shown = dated(run_gaita)("start", "trial", "--id", "P-1", *adopted).stdout
    assert "Decision [idea.decision]: overdue since 2024-03-31" in shown
    assert "3 timers of the past are skipped, as past_timers of its workflow says" in shown


def test_a_preview_says_that_a_provisional_deadline_is_silent(
    run_gaita: Gaita, clock: FrozenDateTimeFactory
) -> None:
    assert clock is not None
    gaita = dated(run_gaita)
    gaita("start", "trial", "--id", "P-1")
    silent = ("notice", "preview", "P-1", "--deadline", "idea.far")
    assert "not sent before the deadline's calendar knows more days" in gaita(*silent).stderr
    assert gaita.json(*silent)["waits_for"] == "calendar"
    assert gaita("notice", "preview", "P-1", "--deadline", "idea.decision").stderr == ""


def test_a_repetition_names_the_command_that_it_repeats_and_what_that_did(
    started: Gaita, clock: FrozenDateTimeFactory
) -> None:
    started("set", "P-1", "users=5", "score=2", "--role", "lead")
    asked = ("fire", "P-1", "select", "--role", "lead", "--actor", "anna", "--key", "k")
    first = started(*asked).stdout
    assert "✓ There are three users\n" in first
    assert "= 5" in first
    clock.move_to("2025-03-02 09:00")
    again = started(*asked).stdout
    assert "nothing was done now: the key was used before, 1 March 2025 at 12:00, by anna" in again
    assert "for: “Select”. It did this:" in again
    assert "idea → test (transition 1)" in again
    assert "Decision [idea.decision]: met" in again
    told = started.json(*asked)
    assert (told["repeated"], told["actor"], told["command"]) == (True, "anna", "fired")
    assert "nekas nav darīts" in started(*asked, "--language", "lv").stdout


def test_a_stuck_case_is_explained_without_a_line_of_the_log(
    run_gaita: Gaita, clock: FrozenDateTimeFactory
) -> None:
    (run_gaita.folder / "loop.toml").write_text(LOOP, encoding="utf-8")
    clock.move_to("2024-04-19 09:00")
    run_gaita("deploy", "loop.toml")
    run_gaita("start", "loop", "--id", "S", "--set", "ends_on=2024-04-20")
    clock.move_to("2024-04-25 09:00")
    for asked in (("explain", "S"), ("worklist", "--role", "lead"), ("notice", "preview", "S")):
        answered = run_gaita(*asked)
        assert answered.stderr == ""
    assert "it is stuck" in run_gaita("explain", "S").stdout


def test_lists_say_by_how_much_a_deadline_is_overdue_and_are_csv_for_a_spreadsheet(
    started: Gaita, clock: FrozenDateTimeFactory
) -> None:
    assert "overdue by" not in started("list").stdout + started("due").stdout
    started("start", "trial", "--id", "=P-2")
    clock.move_to("2025-04-03 10:00")
    for listed in ("list", "due"):
        shown = started(listed).stdout
        assert "overdue by" in shown
        assert "2 days" in shown
        assert "kavējums" in started(listed, "--language", "lv").stdout
    rows = list(csv.DictReader(started("list", "--format", "csv").stdout.splitlines()))
    assert [row["id"] for row in rows] == ["'=P-2", "P-1"]  # no formula
    assert (rows[1]["state"], rows[1]["overdue"], rows[1]["next_due"]) == (
        "idea",
        "true",
        "2025-03-31T21:00:00Z",
    )
    assert (rows[1]["next_due_day"], rows[1]["overdue_seconds"]) == ("2025-03-31", str((2 * 24 + 13) * 3600))
    (first, _) = csv.DictReader(started("due", "--format", "csv").stdout.splitlines())
    assert (first["rule"], first["due_day"]) == ("idea.decision", "2025-03-31")
    (line,) = csv.DictReader(started("due", "--account", "--format", "csv").stdout.splitlines())
    assert (line["rule"], line["armed"], line["open"], line["overdue"]) == ("idea.decision", "2", "2", "2")
    assert (
        "--format: expected table or json, found 'csv'"
        in started("show", "P-1", "--format", "csv", code=2).stderr
    )


def test_a_role_that_the_workflow_does_not_have_is_told_with_the_one_meant(run_gaita: Gaita) -> None:
    gaita = dated(run_gaita)
    gaita("start", "trial", "--id", "P-1")
    for role in ("laed", "Lead"):
        told = gaita("set", "P-1", "ends_on=2025-06-30", "--role", role, code=3)
        assert f"warning: the workflow trial has no role `{role}`; did you mean lead?" in told.stderr
        asked = gaita("explain", "P-1", "--role", role)
        assert "did you mean lead?" in asked.stderr
    assert "has no role" not in gaita("set", "P-1", "ends_on=2025-06-30", "--role", "lead").stderr


def test_a_file_that_was_deployed_before_another_is_told_to_be_that_version_again(run_gaita: Gaita) -> None:
    gaita = dated(run_gaita)
    (gaita.folder / "other.toml").write_text(DATED.replace('lv = "Izbeigt"', 'lv = "Beigt"'), "utf-8")
    assert "same content" not in gaita("deploy", "other.toml").stdout
    assert "trial@3 has the same content as trial@1" in gaita("deploy", "dated.toml").stdout


def test_an_empty_list_as_csv_has_its_head(started: Gaita) -> None:
    (cases, _) = started("list", "--format", "csv").stdout.splitlines()
    assert started("list", "--overdue", "--format", "csv").stdout.splitlines() == [cases]
    (deadlines, _) = started("due", "--format", "csv").stdout.splitlines()
    assert deadlines.split(",") == list(OPEN_DEADLINE)  # what heads an empty one
