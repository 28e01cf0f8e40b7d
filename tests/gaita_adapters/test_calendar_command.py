"""gaita calendar: what is in force, what would change, and changing it as it was shown."""

import pytest
from freezegun.api import FrozenDateTimeFactory

from gaita_adapters.command_line.exit_code import ExitCode
from tests.gaita_adapters.conftest import Gaita
from tests.gaita_adapters.counting import begin, close


@pytest.fixture
def permit(run_gaita: Gaita, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch) -> Gaita:
    assert clock is not None
    monkeypatch.setenv("COLUMNS", "200")
    return begin(run_gaita)


def test_what_is_in_force_is_shown_with_its_special_days(permit: Gaita) -> None:
    assert "deployment" in permit("calendar", "show").stdout
    (told,) = permit.json("calendar", "show", "LV", "--year", "2025")["calendars"]
    assert (told["name"], told["applied_by"], told["applied_at"][:10]) == ("LV", "deployment", "2025-03-01")
    days = {each["day"]: each["worked"] for each in told["days"]}
    assert days["2025-11-18"] is False
    assert all(day.startswith("2025") for day in days)
    assert "Tue 2025-11-18" in permit("calendar", "show", "LV").stdout
    assert "days" not in permit.json("calendar", "show")["calendars"][0]
    far = permit("calendar", "show", "LV", "--year", "2090").stdout
    assert "2090-11-18" not in far  # a Saturday
    assert "Mon 2090-12-25" in far
    assert "Which days are moved after 2026-12-31 is not known yet." in far
    assert "is not known" not in permit("calendar", "show", "LV", "--year", "2025").stdout
    assert "No calendar XX is in force; in force: LV." in permit("calendar", "show", "XX").stdout


def test_without_a_workflow_that_counts_by_one_none_is_in_force(deployed: Gaita) -> None:
    assert "No calendar is in force yet" in deployed("calendar", "show").stdout


def test_where_nothing_would_change_it_says_so(permit: Gaita) -> None:
    assert "nothing would move" in permit("calendar", "diff").stdout
    assert permit.json("calendar", "diff") == {"plans": []}


def test_a_difference_shows_each_deadline_from_when_to_when_and_why(permit: Gaita) -> None:
    close(permit)
    shown = permit("calendar", "diff").stdout
    assert "1 live deadline would move. To do it: gaita calendar apply " in shown
    row = next(line for line in shown.splitlines() if line.startswith("P-1"))
    assert row.split()[:4] == ["P-1", "Decision", "2025-03-28", "2025-04-01"]
    assert "Mon 2025-03-17 not worked (Moving house); Tue 2025-03-18 not worked (Moving house)" in row
    (plan,) = permit.json("calendar", "diff", "LV")["plans"]
    assert [each["day"] for each in plan["days"]] == ["2025-03-17", "2025-03-18"]
    (move,) = plan["moves"]
    assert (move["from_day"], move["to_day"], move["provisional"]) == ("2025-03-28", "2025-04-01", False)
    assert [each["kind"] for each in move["moments"]] == ["reminder", "due", "rung"]
    assert [each["is_worked"] for each in move["why"]] == [False, False]
    assert permit.json("due")["deadlines"][0]["due_day"] == "2025-03-28"


def test_it_is_applied_as_it_was_shown_by_the_digest_of_the_plan(permit: Gaita) -> None:
    close(permit)
    (plan,) = permit.json("calendar", "diff")["plans"]
    shown = permit("calendar", "apply", plan["plan"][:16], "--actor", "anna").stdout
    assert "done: the calendar is in force, 1 live deadline moved" in shown
    assert "To do it" not in shown
    assert permit.json("due")["deadlines"][0]["due_day"] == "2025-04-01"
    assert permit.json("calendar", "show")["calendars"][0]["applied_by"] == "anna"
    assert "nothing would move" in permit("calendar", "diff").stdout
    assert "Deadlines counted by the changed calendar LV" in permit("history", "P-1").stdout
    assert "moved with its calendar" in permit("ledger", "P-1").stdout


def test_applying_answers_with_the_plan_as_json(permit: Gaita) -> None:
    close(permit)
    shown = permit.json("calendar", "diff")
    assert permit.json("calendar", "apply", shown["plans"][0]["plan"]) == shown


def test_a_plan_that_is_not_what_was_shown_does_nothing(permit: Gaita) -> None:
    close(permit)
    (plan,) = permit.json("calendar", "diff")["plans"]
    permit("start", "permit", "--id", "P-2")
    result = permit("calendar", "apply", plan["plan"], code=ExitCode.MALFORMED)
    assert "have changed since it was shown" in " ".join(result.stderr.split())
    assert {each["due_day"] for each in permit.json("due")["deadlines"]} == {"2025-03-28"}


def test_a_calendar_that_the_settings_do_not_have_is_told(permit: Gaita) -> None:
    result = permit("calendar", "diff", "XX", code=ExitCode.MALFORMED)
    assert "the settings have no calendar 'XX'" in " ".join(result.stderr.split())


def test_what_is_not_known_any_more_is_called_so_and_becomes_provisional(permit: Gaita) -> None:
    (permit.folder / "gaita.toml").write_text("[calendars.LV]\nknown_until = 2025-03-10\n", "utf-8")
    shown = permit("calendar", "diff").stdout
    assert "known until 2025-03-10, so far" in shown
    assert "not known any more (" in shown
    row = next(line for line in shown.splitlines() if line.startswith("P-1"))
    assert "2025-03-28 (provisional)" in row
    assert "the calendar knows less" in row
    (plan,) = permit.json("calendar", "diff")["plans"]
    permit("calendar", "apply", plan["plan"])
    assert "2025-03-28 provisional" in permit("due").stdout
    assert "none until its calendar knows more" in permit("show", "P-1").stdout
    (permit.folder / "gaita.toml").unlink()
    (plan,) = permit.json("calendar", "diff")["plans"]
    assert "the calendar knows more" in permit("calendar", "diff").stdout
    permit("calendar", "apply", plan["plan"])
    assert permit.json("due")["deadlines"][0]["provisional"] is False


def test_a_rung_that_moves_alone_is_told(permit: Gaita) -> None:
    closed = '[[calendars.LV.closures]]\nfirst = 2025-03-31\ntitle = "Inventory"\n'
    (permit.folder / "gaita.toml").write_text(closed, "utf-8")
    row = next(line for line in permit("calendar", "diff").stdout.splitlines() if line.startswith("P-1"))
    assert "2025-03-28 (escalation from 2025-04-02 00:00 to 2025-04-03 00:00)" in row
    assert "Mon 2025-03-31 not worked (Inventory)" in row


def test_a_change_of_hours_alone_is_told(permit: Gaita) -> None:
    hours = ", ".join(f'{day} = ["09:00-12:00"]' for day in ("monday", "tuesday", "wednesday"))
    (permit.folder / "gaita.toml").write_text(f"[calendars.LV]\nhours = {{ {hours} }}\n", "utf-8")
    shown = permit("calendar", "diff").stdout
    assert "the hours of its week change" in shown
    row = next(line for line in shown.splitlines() if line.startswith("P-1"))
    assert "the hours of the week change" in row


def test_check_knows_the_calendars_of_the_settings(permit: Gaita) -> None:
    file = permit.folder / "other.toml"
    source = (permit.folder / "permit.toml").read_text(encoding="utf-8")
    file.write_text(source.replace('calendar = "LV"', 'calendar = "ACADEMY"'), encoding="utf-8")
    shown = permit("check", str(file), code=ExitCode.FAULTS).output
    assert "there is no calendar" in shown
    assert "ACADEMY" in shown
