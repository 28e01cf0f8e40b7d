"""gaita notice preview, worklist and feed: what they show, and how they refuse."""

import os
import signal
import stat
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest
from freezegun.api import FrozenDateTimeFactory
from icalendar import Calendar

from gaita_adapters.command_line.exit_code import ExitCode
from tests.gaita_adapters.conftest import Gaita

COMMAND = [sys.executable, "-c", "from gaita_adapters.command_line.main import main; main()"]

# -- notice preview


def test_a_preview_is_the_next_notice_as_its_reader_will_get_it(started: Gaita) -> None:
    started("set", "P-1", "users=2", "owner=Anna Ozola", "--role", "lead")
    shown = started("notice", "preview", "P-1").stdout
    assert shown.startswith("Reminder: Decision, due Monday 31 March 2025 – P-1\n\nHello,\n")
    assert "Time left: 7 days." in shown
    assert "There are three users — so far 2" in shown
    assert "You receive this notice as: Head." in shown
    assert "Ozola" not in shown


def test_a_moment_a_reader_and_a_language_can_be_chosen(started: Gaita) -> None:
    arguments = ("--deadline", "idea.decision", "--moment", "rung", "--to", "office", "--language", "lv")
    shown = started("notice", "preview", "P-1", *arguments).stdout
    assert shown.startswith("Nokavēts termiņš: Lēmums, 31.03.2025. (pirmdiena)\u00a0– P-1")
    assert "Kavējums: 10\u00a0dienas." in shown
    assert "Šo paziņojumu saņemat kā: Kanceleja." in shown
    assert "Due: Decision" in started("notice", "preview", "P-1", "--moment", "due").stdout
    assert "Reminder" in started("notice", "preview", "P-1", "--moment", "reminder:1").stdout


def test_the_html_can_be_shown_and_all_of_it_as_json(started: Gaita) -> None:
    assert started("notice", "preview", "P-1", "--html").stdout.startswith("<!DOCTYPE html>")
    told = started.json("notice", "preview", "P-1", "--language", "lv")
    assert (told["deadline"], told["kind"], told["to"], told["language"]) == (
        "idea.decision",
        "reminder",
        "lead",
        "lv",
    )
    assert told["subject"].startswith("Atgādinājums")
    assert told["plain"].startswith("Labdien!")
    assert told["html"].startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--moment", "rung:2"), "has no rung:2; it has reminder × 1, due × 1, rung × 1"),
        (("--moment", "later"), "expected due, reminder, rung"),
        (("--deadline", "idea.decison"), "did you mean idea.decision?"),
        (("--to", "ofice"), "office"),
    ],
)
def test_what_there_is_not_is_told(started: Gaita, arguments: tuple[str, ...], told: str) -> None:
    result = started("notice", "preview", "P-1", *arguments, code=ExitCode.MALFORMED)
    assert told in " ".join(result.stderr.split())


def test_an_instance_that_there_is_not_is_not_found(started: Gaita) -> None:
    started("notice", "preview", "P-2", code=ExitCode.NOT_FOUND)


def test_an_operator_s_template_can_be_tried_before_it_is_used(started: Gaita) -> None:
    own = started.folder / "own" / "trial" / "en" / "notice.txt.j2"
    own.parent.mkdir(parents=True)
    own.write_text("Dear {{ notice.role }}: {{ notice.item.due }}", encoding="utf-8")
    shown = started("notice", "preview", "P-1", "--templates", "own").stdout
    assert shown.endswith("\n\nDear Head: Monday 31 March 2025\n")
    (started.folder / "gaita.toml").write_text(
        '[notices]\ntemplates = "own"\nlink = "https://example.lv/{instance}"\n', encoding="utf-8"
    )
    assert "Dear Head" in started("notice", "preview", "P-1").stdout
    assert "https://example.lv/P-1" in started("notice", "preview", "P-1", "--language", "lv").stdout


@pytest.mark.parametrize("broken", ["Hello\n{{ notice.itme }}", "Hello\n{% if %}", "Hello\n{{ 1 / 0 }}"])
def test_a_broken_template_is_told_with_its_file_and_line(started: Gaita, broken: str) -> None:
    own = started.folder / "own" / "en" / "notice.txt.j2"
    own.parent.mkdir(parents=True)
    own.write_text(broken, encoding="utf-8")
    result = started("notice", "preview", "P-1", "--templates", "own", code=ExitCode.FAULTS)
    assert f"{Path('own/en/notice.txt.j2')}:2" in result.stderr
    assert broken.splitlines()[1] in result.stderr  # the line itself is shown


# -- worklist


def test_an_inbox_has_what_needs_a_role_and_what_is_missing(
    started: Gaita, clock: FrozenDateTimeFactory
) -> None:
    clock.move_to("2025-03-03 10:00:00")
    started("start", "trial", "--id", "P-2", "--set", "users=5", "--set", "score=2.0")
    clock.move_to("2025-04-01 10:00:00")
    lines = started("worklist", "--role", "lead").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["2025-03-31", "2025-04-02"]
    assert "overdue" in lines[1]
    assert "There are three users — not known yet; There is a score — not known yet" in lines[1]
    assert "overdue" not in lines[2]
    assert "nothing; “Select” can be done at once" in lines[2]
    told = started.json("--language", "lv", "worklist", "--role", "lead", "--limit", "1")
    (need,) = told["needs"]
    assert (told["role"], need["instance"], need["rule"], need["overdue"]) == (
        "lead",
        "P-1",
        "idea.decision",
        True,
    )
    assert need["steps"][0]["title"] == "Izvēlēties"
    assert need["steps"][0]["missing"] == [
        "Ir trīs lietotāji\u00a0– ziņu vēl nav",
        "Ir vērtējums\u00a0– ziņu vēl nav",
    ]


def test_an_empty_inbox_says_so_and_an_unknown_role_is_told(deployed: Gaita) -> None:
    assert deployed("worklist", "--role", "lead").stdout == "Nothing needs Head.\n"
    result = deployed("worklist", "--role", "led", code=ExitCode.MALFORMED)
    assert "did you mean lead?" in " ".join(result.stderr.split())


# -- feed


def statuses(body: bytes) -> dict[str, str]:
    calendar = Calendar.from_ical(body)
    assert isinstance(calendar, Calendar)
    return {str(event["summary"]): str(event["status"]) for event in calendar.events}


def test_a_feed_is_printed_or_written_whole(started: Gaita) -> None:
    printed = started("feed", "--role", "lead").stdout_bytes
    assert statuses(printed) == {"Decision – P-1 (Idea)": "CONFIRMED"}
    file = started.folder / "lead.ics"
    file.write_text("old", encoding="utf-8")
    assert started.json("feed", "--role", "lead", "--output", "lead.ics")["bytes"] == len(printed)
    assert file.read_bytes() == printed
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert not list(started.folder.glob(".lead.ics*"))


def test_a_deadline_keeps_its_uid_grows_its_sequence_and_is_cancelled_for_sixty_days(
    started: Gaita, clock: FrozenDateTimeFactory
) -> None:
    def read() -> list[tuple[str, int, str]]:
        calendar = Calendar.from_ical(started("feed", "--instance", "P-1").stdout_bytes)
        assert isinstance(calendar, Calendar)
        return [
            (str(each["uid"]), int(str(each["sequence"])), str(each["status"])) for each in calendar.events
        ]

    started("set", "P-1", "users=3", "score=2.0", "--role", "lead")
    ((uid, sequence, status),) = read()
    assert status == "CONFIRMED"
    started("fire", "P-1", "select", "--role", "lead")
    ((uid_after, sequence_after, status_after),) = read()
    assert (uid_after, status_after) == (uid, "CANCELLED")
    assert sequence_after > sequence
    clock.move_to("2025-05-10 10:00:00")
    assert read() == []


def test_the_feed_of_what_there_is_not_is_refused(started: Gaita) -> None:
    started("feed", "--role", "nobody", code=ExitCode.MALFORMED)
    started("feed", "--instance", "P-9", code=ExitCode.NOT_FOUND)
    started("feed", "--role", "lead", "--link", "nowhere", code=ExitCode.FAULTS)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--role", "lead", "--instance", "P-1"),
        ("--role", "lead", "--token-file", "token"),
        ("--serve", "127.0.0.1:0"),
        ("--serve", "127.0.0.1:0", "--token-file", "token", "--role", "lead"),
        ("--serve", "8081", "--token-file", "token"),
        ("--serve", "localhost:99999", "--token-file", "token"),
    ],
)
def test_options_that_do_not_go_together_are_refused(started: Gaita, arguments: tuple[str, ...]) -> None:
    (started.folder / "token").write_text("x" * 32, encoding="utf-8")
    started("feed", *arguments, code=ExitCode.USAGE)


@pytest.mark.parametrize("token", ["", "short", "with spaces in it, though it is long", "ā" * 40])
def test_a_token_that_can_be_guessed_or_that_no_path_holds_is_refused_and_not_shown(
    started: Gaita, token: str
) -> None:
    (started.folder / "token").write_text(token, encoding="utf-8")
    arguments = ("feed", "--serve", "127.0.0.1:0", "--token-file", "token")
    result = started(*arguments, code=ExitCode.FAULTS)
    assert "at least 24" in result.stderr
    assert not token or token not in result.output


def test_a_token_that_cannot_be_read_is_told(started: Gaita) -> None:
    result = started("feed", "--serve", "127.0.0.1:0", "--token-file", "nowhere", code=ExitCode.FAULTS)
    assert "the token cannot be read" in result.stderr


def test_feeds_are_served_until_a_signal_comes(run_gaita: Gaita) -> None:
    token = "0123456789abcdefghijklmnop"
    (run_gaita.folder / "token").write_text(f"{token}\n", encoding="utf-8")
    run_gaita("deploy", "trial.toml")
    run_gaita("start", "trial", "--id", "P-1")
    with subprocess.Popen(
        [*COMMAND, "feed", "--serve", "127.0.0.1:0", "--token-file", "token"],
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "GAITA_LOG__FORMAT": "json", "PYTHONUTF8": "1"},
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        port = int(first.split('"port": ')[1].split(",")[0].rstrip("}\n"))
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        answers: list[tuple[int, bytes]] = []
        for path in (f"/{token}/role/lead.ics", f"/{token}/instance/P-1.ics", f"/{token}/instance/P-2.ics"):
            connection.request("GET", path)
            response = connection.getresponse()
            answers.append((response.status, response.read()))
            connection.close()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert [status for status, _ in answers] == [200, 200, 404]
    assert statuses(answers[0][1]) == statuses(answers[1][1]) == {"Decision – P-1 (Idea)": "CONFIRMED"}
    assert token not in first + err
