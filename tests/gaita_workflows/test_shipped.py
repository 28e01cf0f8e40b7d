"""The three shipped rehearsals give what their sources say."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from gaita.language import check
from gaita.rehearsal import Rehearsal, rehearse
from gaita_workflows import SHIPPED, Shipped

_BY_NAME = {shipped.name: shipped for shipped in SHIPPED}


def _rehearse(name: str) -> Rehearsal:
    shipped = _BY_NAME[name]
    return rehearse(
        shipped.workflow.read_bytes(),
        shipped.script.read_bytes(),
        workflow_name=shipped.workflow.name,
        script_name=shipped.script.name,
    )


@pytest.fixture(scope="module")
def australia() -> Rehearsal:
    return _rehearse("digital-service-standard")


@pytest.fixture(scope="module")
def britain() -> Rehearsal:
    return _rehearse("uk-digital-service")


@pytest.fixture(scope="module")
def example() -> Rehearsal:
    return _rehearse("prototype")


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.name)
def test_every_shipped_workflow_is_without_a_fault_or_a_warning(shipped: Shipped) -> None:
    assert check(shipped.workflow.read_bytes(), shipped.workflow.name).faults == ()


@pytest.mark.parametrize("name", _BY_NAME)
def test_no_command_fails_and_every_deadline_is_accounted_for(
    name: str, request: pytest.FixtureRequest
) -> None:
    fixture = {"prototype": "example", "digital-service-standard": "australia"}.get(name, "britain")
    rehearsal: Rehearsal = request.getfixturevalue(fixture)
    assert rehearsal.faults == ()
    assert rehearsal.incidents == ()
    assert rehearsal.account.balanced
    assert rehearsal.account.armed == sum(line.armed for line in rehearsal.account.lines)


def test_the_published_rule_agrees_with_the_panel_in_24_of_26(australia: Rehearsal) -> None:
    found = australia.expectations
    assert (found.total, found.agreed, found.always) == (26, 24, 25)


def test_the_two_waived_cases_and_the_one_true_refusal_are_named(australia: Rehearsal) -> None:
    waived = {(each.instance, each.state) for each in australia.expectations.disagreements}
    assert waived == {("medicare-newborn-enrolment", "beta"), ("business-gov-au", "beta")}
    refused = {(each.instance, each.explanation.state) for each in australia.refusals}
    assert refused - waived == {("digital-marketplace", "beta")}


def test_a_refusal_names_the_criterion_that_was_not_passed(australia: Rehearsal) -> None:
    refusal = next(each for each in australia.refusals if each.instance == "digital-marketplace")
    unmet = [c.id for c in refusal.explanation.candidates[0].clauses if c.verdict != "holds"]
    assert unmet == ["criterion_9"]


def test_waived_services_went_on_and_the_refused_one_did_not(australia: Rehearsal) -> None:
    board = {line.instance: line.state for line in australia.board}
    assert len(board) == 18
    assert board["medicare-newborn-enrolment"] == "public_beta"
    assert board["business-gov-au"] == "public_beta"
    assert board["digital-marketplace"] == "beta"
    assert Counter(board.values())["live"] == 2


def test_the_portfolio_moves_as_it_was_recorded(britain: Rehearsal) -> None:
    expected = {
        ("beta", "private"): 13,
        ("backlog", "discovery"): 10,
        ("discovery", "alpha"): 10,
        ("private", "public"): 6,
        ("alpha", "beta"): 6,
        ("beta", "public"): 6,
        ("public", "live"): 3,
        ("discovery", "backlog"): 6,
        ("beta", "discovery"): 1,
        ("beta", "alpha"): 1,
        ("public", "alpha"): 1,
        ("backlog", "alpha"): 2,
    }
    assert {move: britain.moves[move] for move in expected} == expected
    assert sum(britain.moves.values()) == 73


def test_of_77_recorded_phase_changes_four_only_spell_a_phase_otherwise() -> None:
    lines = [json.loads(line) for line in _BY_NAME["uk-digital-service"].script.read_text().splitlines()]
    fired = [line["event"] for line in lines if line["command"] == "fire"]
    assert len(fired) == 77
    assert fired.count("respell") == 4
    assert sum(line["command"] in {"start", "adopt"} for line in lines) == 183


def test_all_281_forecasts_are_sorted(britain: Rehearsal) -> None:
    assert dict(britain.forecasts.counts) == {
        "kept": 13,
        "late": 51,
        "entered_already": 16,
        "past_when_recorded": 20,
        "never_observed": 111,
        "unparseable": 70,
    }
    assert sum(britain.forecasts.counts.values()) == 281
    assert sum(britain.forecasts.lateness.values()) == 51
    assert min(britain.forecasts.lateness) == 1


def test_exactly_the_211_forecasts_with_a_month_are_parsed(britain: Rehearsal) -> None:
    assert sum(each.value is not None for each in britain.forecasts.every) == 211


def test_one_forecast_can_be_followed_by_hand(britain: Rehearsal) -> None:
    """Private beta was foretold for May 2016, four times revised, and recorded on 2017-04-05."""
    mine = [
        (each.value, each.fate, each.months_late)
        for each in britain.forecasts.every
        if each.instance == "get-your-state-pension" and each.field == "private_beta"
    ]
    assert mine == [
        ("2016-04", "late", 12),
        ("2016-05", "late", 11),
        ("2016-07", "late", 9),
        ("2016-08", "late", 8),
        ("2016-10", "late", 6),
    ]


def test_the_example_passes_through_every_state(example: Rehearsal) -> None:
    visited = {state for move in example.moves for state in move} | {line.state for line in example.board}
    assert visited == {"idea", "co_design", "lab_test", "field_pilot", "rollout", "retired", "on_hold"}
    assert 10 <= len(example.board) <= 14


def test_the_example_misses_deadlines_climbs_ladders_and_is_refused(example: Rehearsal) -> None:
    assert sum(line.missed for line in example.account.lines) >= 3
    assert {notice.kind for notice in example.notices} == {"reminder", "due", "rung"}
    assert {refusal.explanation.ground for refusal in example.refusals} == {"guard", "role", "too_much"}
    assert example.expectations.agreed == example.expectations.total


def test_the_end_of_the_programme_closes_what_still_runs(example: Rehearsal) -> None:
    assert {line.state for line in example.board} == {"retired"}
    assert all(line.open == 0 for line in example.account.lines)
    told = {
        notice.instance for notice in example.notices if notice.rule == "horizon" and notice.kind == "due"
    }
    assert told == {"bus-request", "library-hours", "open-minutes", "river-watch"}
    warned = {notice.due - notice.at for notice in example.notices if notice.rule == "horizon"}
    assert len(warned) > 3


def test_working_days_pass_over_the_holidays_of_midsummer(example: Rehearsal) -> None:
    decision = next(n for n in example.notices if n.instance == "queue-forecast" and n.kind == "due")
    assert decision.due == datetime(2022, 7, 15, 21, tzinfo=UTC)  # 23 and 24 June are not counted


def test_each_quarter_has_its_report_and_a_late_one_is_missed(example: Rehearsal) -> None:
    status = next(line for line in example.account.lines if line.rule == "field_pilot.status")
    assert (status.armed, status.met, status.missed, status.open) == (46, 41, 5, 0)


def test_the_example_is_marked_as_one_and_ends_with_the_programme(example: Rehearsal) -> None:
    assert "not fact" in _BY_NAME["prototype"].script.read_text().splitlines()[0]
    assert example.began == datetime(2022, 5, 9, 21, tzinfo=UTC)
    assert example.ended == datetime(2025, 6, 30, 21, tzinfo=UTC)


def test_a_field_deadline_ladder_climbed_by_nobody_retires_the_idea(example: Rehearsal) -> None:
    board = {line.instance: line for line in example.board}
    assert board["queue-forecast"].state == "retired"
    assert any(n.instance == "queue-forecast" and n.to == "state_chancellery" for n in example.notices)
