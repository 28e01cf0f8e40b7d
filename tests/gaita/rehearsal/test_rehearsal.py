"""The rehearsal: the same engine, jumping from command to timer to command."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gaita.errors import DatabaseTrouble, FaultyFile
from gaita.rehearsal import rehearse
from gaita.runtime.engine import Engine
from tests.gaita.rehearsal.small import SMALL, line, run


def _text(rehearsal: object) -> str:
    return json.dumps(rehearsal.as_json(), ensure_ascii=False)  # type: ignore[attr-defined]


LIFE = (
    line("2024-01-01", "start", "a", data={"owner": "Ā"}),
    line("2024-01-05", "fire", "a", event="test", payload={"users": 2}, expect="refused"),
    line("2024-01-05", "fire", "a", event="test", payload={"users": 5}, expect="refused"),
    line("2024-01-01", "start", "b"),
)


def test_timers_fire_at_their_own_moments_and_not_when_a_command_comes() -> None:
    told = [(each.kind, each.to, each.at.isoformat()) for each in run(*LIFE).notices]
    assert told == [
        ("reminder", "lead", "2024-01-08T22:00:00+00:00"),
        ("due", "lead", "2024-01-11T22:00:00+00:00"),
        ("rung", "keeper", "2024-01-16T22:00:00+00:00"),
    ]


def test_it_runs_on_to_the_horizon_and_leaves_a_board() -> None:
    rehearsal = run(*LIFE)
    assert rehearsal.ended == datetime(2024, 12, 31, 22, tzinfo=UTC)
    assert [(each.instance, each.state, each.final) for each in rehearsal.board] == [
        ("a", "pilot", False),
        ("b", "done", True),
    ]
    assert rehearsal.moves == {("idea", "done"): 1, ("idea", "pilot"): 1}


def test_refusals_explain_themselves_and_expectations_are_counted() -> None:
    rehearsal = run(*LIFE)
    assert [each.explanation.candidates[0].clauses[0].read for each in rehearsal.refusals] == [
        {"event.users": 2}
    ]
    found = rehearsal.expectations
    assert (found.total, found.agreed, found.always) == (2, 1, 0)
    assert [(each.place.line, each.expected, each.answered) for each in found.disagreements] == [
        (3, "refused", "accepted")
    ]


def test_the_same_run_twice_is_the_same_to_the_byte() -> None:
    assert _text(run(*LIFE)) == _text(run(*LIFE))


def test_until_ends_it_earlier_and_says_what_was_left_out() -> None:
    rehearsal = run(*LIFE, until=datetime(2024, 1, 3, tzinfo=UTC))
    assert (rehearsal.commands, rehearsal.left_out) == (2, 2)
    assert [each.next_due for each in rehearsal.board] == [datetime(2024, 1, 11, 22, tzinfo=UTC)] * 2


def test_a_day_to_run_on_to_is_included_and_the_next_one_is_not() -> None:
    idle = line("2024-01-01", "start", "a")
    late = line("2024-01-11T23:59:59+02:00", "set", "a", data={"ready": "2024-05"}, roles=["lead"])
    next_day = line("2024-01-12", "fire", "a", event="drop")
    rehearsal = run(idle, late, next_day, until=date(2024, 1, 11))
    assert rehearsal.ended == datetime(2024, 1, 11, 22, tzinfo=UTC)
    assert (rehearsal.commands, rehearsal.left_out) == (2, 1)
    assert [each.kind for each in rehearsal.notices] == ["reminder", "due"]  # what is due that day was told


def test_a_moment_to_run_on_to_is_included() -> None:
    at_ten = line("2024-01-11T10:00:00Z", "fire", "a", event="drop")
    rehearsal = run(line("2024-01-01", "start", "a"), at_ten, until=datetime(2024, 1, 11, 10, tzinfo=UTC))
    assert (rehearsal.commands, rehearsal.left_out) == (2, 0)


def test_a_command_that_cannot_be_carried_out_is_a_fault_of_its_line() -> None:
    rehearsal = run(
        *LIFE, line("2024-02-01", "start", "a"), line("2024-02-02", "fire", "nobody", event="drop")
    )
    assert [fault.place.line for fault in rehearsal.faults if fault.place] == [5, 6]
    assert "exists already" in rehearsal.faults[0].message
    assert rehearsal.account.balanced


def test_what_was_entered_late_or_wrong_is_put_right() -> None:
    yes, no = {"expect": "accepted"}, {"expect": "refused"}
    three, two, four = {"users": 3}, {"users": 2}, {"users": 4}
    lines = (
        line("2024-01-01", "start", "a"),
        line("2024-01-02", "start", "b"),
        line("2024-01-15", "fire", "a", event="test", on="2024-01-10", payload=three, **yes),
        line("2024-01-16", "fire", "b", event="test", on="2024-01-09", payload=two, **no),
        line("2024-01-17", "undo", "a", entry="4.1", reason="another case", roles=["lead"], **yes),
        line(
            "2024-01-18", "insert", "b", event="test", on="2024-01-09", payload=four, reason="it was b",
            roles=["lead"], **yes,
        ),
        line(
            "2024-01-19", "amend", "b", entry="6.1", event="test", payload=three, reason="a slip",
            roles=["keeper"], **no,
        ),
    )  # fmt: skip
    definition = SMALL + '[corrections]\nby = "lead"\n'
    done = rehearse(definition, "".join(lines), until=date(2024, 1, 20))
    assert (done.faults, done.expectations.disagreements) == ((), ())
    assert {each.instance: each.state for each in done.board} == {"a": "idea", "b": "pilot"}
    assert done.moves == {("idea", "pilot"): 1}
    assert done.account.balanced


def test_each_forecast_has_one_fate() -> None:
    def foretell(at: str, value: str | None) -> str:
        return line(at, "set", "a", data={"ready": value}, roles=["lead"])

    rehearsal = run(
        line("2024-01-01", "adopt", "a", state="pilot", reason="begun before"),
        foretell("2024-01-02", None),
        foretell("2024-02-02", "2024-01"),
        foretell("2024-02-03", "2024-02"),
        foretell("2024-02-04", "2024-05"),
        line("2024-05-31T23:59:00+03:00", "fire", "a", event="finish"),
        line("2024-06-01", "adopt", "b", state="pilot", reason="begun before"),
        line("2024-06-02", "set", "b", data={"ready": "2024-07"}, roles=["lead"]),
    )
    assert [(each.fate, each.months_late) for each in rehearsal.forecasts.every] == [
        ("unparseable", 0),
        ("past_when_recorded", 0),
        ("late", 3),
        ("kept", 0),
        ("never_observed", 0),
    ]
    ends = {each.rule: each for each in rehearsal.account.lines}
    ready = ends["pilot.ready"]
    assert (ready.met, ready.missed, ready.superseded, ready.open) == (1, 1, 1, 1)


def test_a_month_lasts_to_its_end_and_the_next_one_is_late() -> None:
    rehearsal = run(
        line("2024-01-01", "adopt", "a", state="pilot", reason="begun before"),
        line("2024-02-03", "set", "a", data={"ready": "2024-02"}, roles=["lead"]),
        line("2024-03-01", "fire", "a", event="finish"),
    )
    assert [(each.fate, each.months_late) for each in rehearsal.forecasts.every] == [("late", 1)]


def test_a_deadline_that_lasts_through_two_states_is_armed_once() -> None:
    rehearsal = run(
        line("2024-01-01", "start", "a", data={"ready": "2024-03"}),
        line("2024-01-02", "fire", "a", event="test", payload={"users": 3}),
        line("2024-03-02", "fire", "a", event="finish"),
    )
    ends = {each.rule: each for each in rehearsal.account.lines}
    assert (ends["pilot.ready"].armed, ends["pilot.ready"].met) == (1, 1)


def test_the_database_is_kept_for_others_to_look_into(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite3"
    rehearsal = run(*LIFE, database=file)
    engine = Engine(f"sqlite:///{file}")
    try:
        assert engine.get("a").state == "pilot"
        assert engine.verify().findings == ()
    finally:
        engine.close()
    assert _text(rehearsal) == _text(run(*LIFE))


def test_a_database_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "full.sqlite3"
    file.write_text("mine")
    with pytest.raises(DatabaseTrouble, match="is not empty"):
        run(*LIFE, database=file)
    assert file.read_text() == "mine"
    with pytest.raises(DatabaseTrouble, match="folder"):
        run(*LIFE, database=tmp_path / "nowhere" / "a.sqlite3")


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    run(*LIFE, progress=lambda done, all_of_them: told.append((done, all_of_them)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_faulty_workflow_is_told_under_its_name() -> None:
    with pytest.raises(FaultyFile, match=r"mine\.toml"):
        rehearse("language = 1", LIFE[0], workflow_name="mine.toml")


def test_through_may_only_name_other_states() -> None:
    for wrong, told in (('"idae"', "did you mean idea?"), ('"pilot"', "stands twice")):
        with pytest.raises(FaultyFile) as raised:
            rehearse(SMALL.replace('through = "idea"', f"through = {wrong}"), LIFE[0])
        assert told in str(raised.value)
