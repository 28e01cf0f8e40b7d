"""The commands: what they answer, and with which code they end."""

import json
import re
import sqlite3
from contextlib import closing

import pytest
from freezegun.api import FrozenDateTimeFactory

import gaita as gaita_errors
from gaita import GaitaError, StuckTimer
from gaita_adapters.command_line.exit_code import ExitCode, code_of
from gaita_adapters.command_line.main import gaita
from tests.gaita_adapters.conftest import WORKFLOW, Gaita

# -- check, deploy, graph, schema


def test_a_sound_workflow_checks_with_zero(run_gaita: Gaita) -> None:
    assert "trial is in order" in run_gaita("check", "trial.toml").stdout


def test_faults_are_shown_with_their_line_and_a_caret_and_end_with_one(run_gaita: Gaita) -> None:
    faulty = WORKFLOW.replace('to = "test"', 'to = "tset"')
    (run_gaita.folder / "bad.toml").write_text(faulty, encoding="utf-8")
    shown = run_gaita("check", "trial.toml", "bad.toml", code=1).stdout
    assert "bad.toml:" in shown
    assert "^^^" in shown
    assert "did you mean test?" in shown
    told = run_gaita.json("check", "bad.toml", code=1)
    assert told["valid"] is False
    fault = told["files"][0]["faults"][0]
    assert fault["line"] == next(n for n, line in enumerate(faulty.splitlines(), 1) if "tset" in line)


def test_a_deployment_tells_what_the_check_warns_of(run_gaita: Gaita, clock: FrozenDateTimeFactory) -> None:
    """Such as of a calendar that ends within the year: on standard error, so that JSON stays JSON."""
    clock.move_to("2026-11-26")
    counted = WORKFLOW.replace("[workflow]", '[workflow]\ncalendar = "LV"').replace(
        "30 days", "20 working days"
    )
    (run_gaita.folder / "counted.toml").write_text(counted, encoding="utf-8")
    (run_gaita.folder / "gaita.toml").write_text(
        '[calendars.LV]\ncountry = "LV"\nknown_until = 2026-12-31\n', encoding="utf-8"
    )
    deployed = run_gaita("deploy", "counted.toml")
    assert "trial@1 deployed" in deployed.stdout
    assert "warning[" not in deployed.stdout
    assert "the calendar `LV` knows no day after 2026-12-31" in deployed.stderr
    assert run_gaita.json("deploy", "counted.toml")["deployed"][0]["new"] is False


def test_warnings_alone_end_with_zero(run_gaita: Gaita) -> None:
    unused = WORKFLOW.replace("[events.finish]", "[events.finish]\n\n[events.unused]")
    (run_gaita.folder / "warned.toml").write_text(unused, encoding="utf-8")
    assert "warning" in run_gaita("check", "warned.toml").stdout


def test_the_same_content_is_deployed_once(deployed: Gaita) -> None:
    told = deployed.json("deploy", "trial.toml")
    assert [(each["workflow"], each["version"], each["new"]) for each in told["deployed"]] == [
        ("trial", 1, False)
    ]


def test_a_new_version_says_how_many_instances_stay_on_the_older_ones(deployed: Gaita) -> None:
    for identity in ("P-1", "P-2"):
        deployed("start", "trial", "--id", identity)
    deployed("start", "trial", "--id", "ended", "--state", "test", "--reason", "it came late")
    deployed("fire", "ended", "finish")
    changed = deployed.folder / "changed.toml"
    changed.write_text(WORKFLOW + "\n[events.another]\n", encoding="utf-8")
    shown = deployed("deploy", "changed.toml").stdout
    assert "2 instances stay on trial@1: what has started goes on by the rules that it started with" in shown
    changed.write_text(WORKFLOW + "\n[events.third]\n", encoding="utf-8")
    deployed("start", "trial", "--id", "P-4")
    told = deployed.json("deploy", "changed.toml")["deployed"][0]
    assert (told["version"], told["staying"]) == (3, {"1": 2, "2": 1})
    assert deployed.json("deploy", "changed.toml")["deployed"][0]["staying"] == {}


def test_a_faulty_workflow_is_not_deployed_and_makes_no_database(run_gaita: Gaita) -> None:
    (run_gaita.folder / "bad.toml").write_text("language = 2\n", encoding="utf-8")
    result = run_gaita("deploy", "trial.toml", "bad.toml", code=1)
    assert "bad.toml" in result.stderr
    assert not (run_gaita.folder / "gaita.sqlite3").exists()


def test_a_graph_is_drawn_from_a_file_or_as_deployed(deployed: Gaita) -> None:
    drawn = deployed("graph", "trial.toml").stdout
    assert "stateDiagram-v2" in drawn
    assert deployed("graph", "trial").stdout == drawn
    assert "Ideja" in deployed("--language", "lv", "graph", "trial").stdout


def test_the_schema_is_json(run_gaita: Gaita) -> None:
    assert json.loads(run_gaita("schema").stdout)["type"] == "object"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(run_gaita: Gaita, shell: str) -> None:
    assert "_GAITA_COMPLETE" in run_gaita("completion", shell).stdout


# -- commands on instances


def test_a_refusal_names_every_clause_what_it_read_and_who_may_do_it(started: Gaita) -> None:
    started("set", "P-1", "users=2", "--role", "lead")
    shown = started("fire", "P-1", "select", "--role", "lead", code=ExitCode.REFUSED).stdout
    assert "✗ There are three users" in shown
    assert "[data.users] = 2" in shown
    assert "? There is a score" in shown
    assert "not known yet: Score [data.score]" in shown
    assert "Head [lead]" in shown


def test_reasons_are_told_in_the_chosen_language(started: Gaita) -> None:
    shown = started("--language", "lv", "explain", "P-1", "select").stdout
    assert "Ir trīs lietotāji" in shown
    assert "Vadītājs" in shown


def test_a_wrong_role_is_refused_and_told_who_may(started: Gaita) -> None:
    shown = started("fire", "P-1", "select", code=ExitCode.REFUSED).stdout
    assert "have it done by Head [lead]" in shown


def test_values_are_read_by_their_declared_types(started: Gaita) -> None:
    pairs = ["users=3", "score=2", "ready=yes", "kind=small", "ends_on=2025-05-01", "owner=12", "places=a, b"]
    started("set", "P-1", *pairs, "--role", "lead")
    assert started.json("show", "P-1")["data"] == {
        "users": 3,
        "score": 2.0,
        "ready": True,
        "kind": "small",
        "ends_on": "2025-05-01",
        "owner": "12",
        "places": ["a", "b"],
    }
    started("set", "P-1", "users=", "--role", "lead")
    assert "users" not in started.json("show", "P-1")["data"]


def test_every_complaint_about_values_is_told_at_once(started: Gaita) -> None:
    result = started("set", "P-1", "users=many", "ready=perhaps", "score", "--role", "lead", code=5)
    told = " ".join(result.stderr.split())
    assert "users: expected a whole number, found the text `many`" in told
    assert "ready: expected true or false" in told
    assert "expected key=value, found `score`" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--at", "2024-02-30"), "found `2024-02-30`; the days of 2024-02 go from 01 to 29"),
        (("list", "--at", "6.5.2024"), "found `6.5.2024`; write 2024-05-06"),
        (("start", "trial", "--since", "2024-05-06T10", "--data", "{'a'}"), "a name in double quotes must"),
        (("start", "trial", "--since", "2024-05-06T25:00"), "hours go from 00 to 23"),
        (("fire", "P-1", "report", "--payload", "[]"), "expected a JSON object such as"),
        (("fire", "P-1", "report", "users=1e3"), "expected a whole number, found the text `1e3`"),
    ],
)
def test_no_option_answers_in_the_words_of_python(
    started: Gaita, arguments: tuple[str, ...], said: str
) -> None:
    told = " ".join(started(*arguments, code=ExitCode.MALFORMED).stderr.split())
    assert said in told
    assert not re.search(r"isoformat|Expecting|literal|out of range|must be in|tzinfo", told)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("due", "--why"), "--why needs a value, INSTANCE, as in: gaita due --why P-1"),
        (("due", "--why", "--account"), "--why needs a value, INSTANCE, as in: gaita due --why P-1"),
        (("start", "trial", "--id"), "--id needs a value, IDENTITY, as in: gaita start prototype --id P-1"),
    ],
)
def test_an_option_without_its_value_says_what_it_takes(
    started: Gaita, arguments: tuple[str, ...], said: str
) -> None:
    assert said in " ".join(started(*arguments, code=ExitCode.USAGE).stderr.split())


def test_an_event_moves_an_instance_and_the_receipt_says_so(started: Gaita) -> None:
    started("set", "P-1", "users=3", "score=2", "--role", "lead")
    told = started.json("fire", "P-1", "select", "--role", "lead")
    assert (told["accepted"], told["state"], told["moves"][0]["from"]) == (True, "test", "idea")
    started("fire", "P-1", "report", "users=4")
    assert started.json("show", "P-1")["data"]["users"] == 7
    started("fire", "P-1", "report", "--payload", '{"users": 1}')
    assert "test → done" in started("fire", "P-1", "finish").stdout
    assert "come to its end" in started("explain", "P-1").stdout


def test_a_key_makes_a_command_happen_once(started: Gaita) -> None:
    first = started.json("set", "P-1", "users=3", "--role", "lead", "--key", "k")
    again = started.json("set", "P-1", "users=3", "--role", "lead", "--key", "k")
    assert (first["repeated"], again["repeated"]) == (False, True)
    started("set", "P-1", "users=4", "--role", "lead", "--key", "k", code=ExitCode.MALFORMED)


def test_an_instance_is_adopted_mid_life(deployed: Gaita) -> None:
    deployed(
        "start", "trial", "--id", "A", "--state", "test", "--since", "2025-01-02", "--reason", "on paper"
    )
    told = deployed.json("show", "A")
    assert (told["state"], told["since"]) == ("test", "2025-01-01T22:00:00Z")


# -- looking


def test_a_list_goes_page_by_page(deployed: Gaita) -> None:
    for name in "abc":
        deployed("start", "trial", "--id", name)
    page = deployed.json("list", "--limit", "2")
    assert [each["id"] for each in page["instances"]] == ["a", "b"]
    rest = deployed.json("list", "--after", page["next"], "--state", "idea")
    assert ([each["id"] for each in rest["instances"]], rest["next"]) == (["c"], None)


def test_personal_data_is_in_no_list(deployed: Gaita) -> None:
    deployed("start", "trial", "--id", "x", "--set", "owner=Anna Ozola")
    assert "Ozola" not in deployed("list").output + deployed("list", "--format", "json").output
    assert "Ozola" not in deployed("--verbose", "fire", "x", "select", code=3).output


def test_explaining_without_an_event_tells_of_all_and_changes_nothing(started: Gaita) -> None:
    told = started.json("explain", "P-1")
    assert list(told["explanations"]) == ["select"]
    assert started.json("show", "P-1")["records"] == 1


def test_explaining_an_event_of_another_state_says_where_it_exists(started: Gaita) -> None:
    assert "Test [test]" in started("explain", "P-1", "report").stdout
    told = started.json("explain", "P-1", "finish")
    assert told["explanations"]["finish"]["elsewhere"] == [{"state": "test", "title": "Test"}]


def test_history_tells_who_did_what(started: Gaita) -> None:
    started("set", "P-1", "users=1", "--actor", "anna", "--role", "lead", "--reason", "counted")
    shown = started("history", "P-1").stdout
    assert "anna" in shown
    assert "counted" in shown
    records = started.json("history", "P-1", "--after", "1")["records"]
    assert [each["sequence"] for each in records] == [2]


def test_an_altered_record_is_found_by_verify(started: Gaita) -> None:
    assert started.json("verify")["sound"] is True
    with closing(sqlite3.connect(started.folder / "gaita.sqlite3")) as database:
        database.execute("update gaita_records set body = replace(body, 'operator', 'somebody')")
        database.commit()
    result = started("verify", code=ExitCode.UNSOUND)
    assert "P-1" in result.stdout


# -- deadlines


def test_a_due_day_is_shown_as_people_read_it(started: Gaita) -> None:
    told = started.json("due")["deadlines"][0]
    assert (told["instance"], told["overdue"]) == ("P-1", False)
    assert told["due_day"].startswith("2025-03-31")
    assert "Decision" in started("due").stdout


def test_what_is_due_is_carried_out_and_delivered_once(started: Gaita, clock: FrozenDateTimeFactory) -> None:
    clock.move_to("2025-04-20 10:00:00")
    assert "overdue" in started("list", "--overdue").stdout
    shown = started("due", "--run", "--deliver").stdout
    assert "Reminder → Head: P-1 · Idea · Decision · due 2025-03-31" in shown
    assert "Escalation → Office" in shown
    assert started("due", "--run", "--deliver").stdout.count("→") == 0


def test_the_account_balances_or_names_what_does_not(started: Gaita) -> None:
    told = started.json("due", "--account")
    assert (told["balanced"], told["total"]["armed"], told["total"]["open"]) == (True, 1, 1)
    with closing(sqlite3.connect(started.folder / "gaita.sqlite3")) as database:
        database.execute("delete from gaita_deadlines")
        database.commit()
    assert "P-1" in started("due", "--account", code=ExitCode.UNSOUND).stdout


def test_no_incident_is_open_and_an_unknown_one_is_not_found(started: Gaita) -> None:
    assert started.json("incidents")["incidents"] == []
    started("incidents", "--all")
    started("incidents", "--retry", "9", code=ExitCode.NOT_FOUND)


# -- rehearsals


def test_a_rehearsal_shows_a_board_and_keeps_its_database(run_gaita: Gaita) -> None:
    events = (
        '{"at": "2025-01-01", "command": "start", "instance": "R-1"}\n'
        '{"at": "2025-01-05", "command": "fire", "instance": "R-1", "event": "select", "roles": ["lead"]}\n'
    )
    (run_gaita.folder / "events.jsonl").write_text(events, encoding="utf-8")
    call = ("rehearse", "trial.toml", "events.jsonl", "--until", "2025-03-01")
    shown = run_gaita(*call, "--db", "kept.sqlite3", "--notices").stdout
    assert "R-1" in shown
    assert "There are three users" in shown
    assert "Escalation" in shown
    assert run_gaita(*call).stdout == run_gaita(*call).stdout
    assert run_gaita.json("--database", "sqlite:///kept.sqlite3", "list")["instances"][0]["id"] == "R-1"
    run_gaita(*call, "--db", "kept.sqlite3", code=ExitCode.DATABASE)


# -- errors


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "nobody"], ExitCode.NOT_FOUND),
        (["start", "nothing"], ExitCode.NOT_FOUND),
        (["fire", "P-1", "nothing", "a=1"], ExitCode.NOT_FOUND),
        (["start", "trial", "--id", "P-1"], ExitCode.MALFORMED),
        (["fire", "P-1", "select", "--payload", "[1]"], ExitCode.MALFORMED),
        (["fire", "P-1", "select", "extra=1"], ExitCode.MALFORMED),
        (["nothing"], ExitCode.USAGE),
        (["due", "--account", "--run"], ExitCode.USAGE),
        (["check", "missing.toml"], ExitCode.USAGE),
        (["--database", "nonsense", "list"], ExitCode.FAULTS),
        (["--settings", "missing.toml", "list"], ExitCode.FAULTS),
        (["--database", "sqlite:///missing.db", "list"], ExitCode.DATABASE),
        (["--database", "sqlite:///trial.toml", "list"], ExitCode.DATABASE),
        (["--database", "sqlite:////no/such/folder/x.db", "deploy", "trial.toml"], ExitCode.DATABASE),
    ],
)
def test_an_error_is_a_paragraph_and_a_code_of_its_own(
    started: Gaita, arguments: list[str], code: ExitCode
) -> None:
    result = started(*arguments, code=code)
    assert result.stderr.strip()
    assert "Traceback" not in result.output


def test_a_locked_database_is_busy(started: Gaita, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAITA_DATABASE__WAIT_SECONDS", "0.1")
    with closing(sqlite3.connect(started.folder / "gaita.sqlite3", isolation_level=None)) as other:
        other.execute("begin immediate")
        started("fire", "P-1", "select", code=ExitCode.BUSY)


def test_reading_a_missing_database_makes_no_file(run_gaita: Gaita) -> None:
    for arguments in (["list"], ["show", "x"], ["due"], ["verify"], ["incidents"], ["due", "--account"]):
        assert "gaita deploy" in run_gaita(*arguments, code=ExitCode.DATABASE).stderr
    assert not (run_gaita.folder / "gaita.sqlite3").exists()


def test_an_unexpected_error_shows_its_traceback_only_when_asked(
    started: Gaita, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        message = "out of order"
        raise RuntimeError(message)

    monkeypatch.setattr("gaita.Engine.get", broken)
    assert "Traceback" not in started("show", "P-1", code=ExitCode.INTERNAL).output
    assert "Traceback" in started("--verbose", "show", "P-1", code=ExitCode.INTERNAL).stderr


def test_a_stuck_timer_points_to_the_incidents(started: Gaita, monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(*_: object, **__: object) -> None:
        raise StuckTimer("a due timer cannot be carried out")

    monkeypatch.setattr("gaita.Engine.fire", stuck)
    started("fire", "P-1", "select", code=ExitCode.STUCK)


def test_an_interrupted_command_says_so_by_its_code(started: Gaita, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gaita.Engine.get", interrupted)
    assert "Traceback" not in started("show", "P-1", code=ExitCode.INTERRUPTED).output


def test_every_error_of_the_engine_has_a_code() -> None:
    for error in vars(gaita_errors).values():
        if isinstance(error, type) and issubclass(error, GaitaError) and error is not GaitaError:
            assert code_of(error.__new__(error)) is not ExitCode.INTERNAL


def test_every_command_has_help_with_examples(run_gaita: Gaita) -> None:
    for name in gaita.commands:
        assert (
            f"gaita {name}" in run_gaita(name, "--help").stdout
            or "gaita --" in run_gaita(name, "--help").stdout
        )


def test_the_help_documents_every_exit_code(run_gaita: Gaita) -> None:
    told = " ".join(run_gaita("--help").stdout.split())
    for code in ExitCode:
        assert f"{int(code)} {code.meaning}" in told


def test_what_somebody_wrote_does_not_steer_the_terminal(deployed: Gaita) -> None:
    hostile = "Anna\x1b[2J\u202eola\x9b31m"
    deployed("start", "trial", "--id", "P-3", "--set", f"owner={hostile}")
    for command in (("show", "P-3"), ("show", "P-3", "--format", "json"), ("history", "P-3")):
        assert not {"\x1b", "\u202e", "\x9b"} & set(deployed(*command).stdout), command
    assert r"Anna\x1b[2J\u202eola\x9b31m" in deployed("show", "P-3").stdout
    assert deployed.json("show", "P-3")["data"]["owner"] == hostile
