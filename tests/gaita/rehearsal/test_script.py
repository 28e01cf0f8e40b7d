"""Scripts: what they may hold, and how their faults are told."""

import pytest

from gaita.errors import FaultyFile
from gaita.language import read
from gaita.model.workflow import Workflow
from gaita.rehearsal import read_script
from tests.gaita.rehearsal.small import SMALL

_HEAD = "at,command,instance,event,payload.users,payload.done,data.owner,roles,expect\n"


@pytest.fixture(scope="module")
def workflow() -> Workflow:
    return read(SMALL, "small.toml")


def _faults(text: str | bytes, workflow: Workflow, name: str = "s.jsonl") -> list[str]:
    with pytest.raises(FaultyFile) as raised:
        read_script(text, name, workflow)
    return [str(fault) for fault in raised.value.faults]


def test_a_day_begins_in_the_zone_of_the_workflow(workflow: Workflow) -> None:
    script = read_script('{"at": "2024-07-01", "command": "start", "instance": "a"}', "s.jsonl", workflow)
    assert script.lines[0].at.isoformat() == "2024-06-30T21:00:00+00:00"


def test_csv_and_json_lines_say_the_same(workflow: Workflow) -> None:
    table = (
        _HEAD
        + '2024-01-01,start,a,,,,"Ā, ""B""",,\r\n2024-01-02,fire,a,test,3,true,,lead keeper,accepted\r\n'
    )
    lines = (
        '{"at": "2024-01-01", "command": "start", "instance": "a", "data": {"owner": "Ā, \\"B\\""}}\n'
        '{"at": "2024-01-02", "command": "fire", "instance": "a", "event": "test", "expect": "accepted",'
        ' "payload": {"users": 3, "done": true}, "roles": ["lead", "keeper"]}\n'
    )
    one, other = read_script(table, "s.csv", workflow).lines, read_script(lines, "s.jsonl", workflow).lines
    for mine, theirs in zip(one, other, strict=True):
        for name in ("at", "command", "instance", "event", "payload", "data", "roles", "expect"):
            assert getattr(mine, name) == getattr(theirs, name)


def test_lines_are_put_in_order_and_equal_moments_keep_theirs(workflow: Workflow) -> None:
    text = "".join(
        f'{{"at": "{at}", "command": "start", "instance": "{name}"}}\n'
        for at, name in (("2024-02-01", "c"), ("2024-01-01", "a"), ("2024-01-01", "b"))
    )
    assert [line.instance for line in read_script(text, "s.jsonl", workflow).lines] == ["a", "b", "c"]


def test_every_fault_is_told_at_once_with_its_place(workflow: Workflow) -> None:
    faults = _faults(
        '{"at": "2024-01-01", "command": "strat", "instance": "a"}\n'
        '{"at": "2024-13-01", "command": "start", "instance": "a"}\n'
        '{"at": "2024-01-01", "command": "fire", "instance": "a", "event": "tset"}\n'
        '{"at": "2024-01-01", "command": "fire", "instance": "a", "event": "test",'
        ' "payload": {"users": "x"}}\n'
        '{"at": "2024-01-01", "command": "start", "instance": "a", "data": {"ownr": "x"}}\n'
        '{"at": "2024-01-01", "command": "start", "instance": "a", "roles": ["laed"]}\n'
        '{"at": "2024-01-01", "command": "start", "instance": "a", "event": "test", "instnace": "b"}\n'
        "{nonsense}\n",
        workflow,
    )
    assert any(fault.startswith("s.jsonl:1:22:") and "did you mean start?" in fault for fault in faults)
    assert any(fault.startswith("s.jsonl:2:2:") and "is no moment" in fault for fault in faults)
    assert any(fault.startswith("s.jsonl:3:") and "did you mean test?" in fault for fault in faults)
    assert any(fault.startswith("s.jsonl:4:87:") and "whole number" in fault for fault in faults)
    assert any(fault.startswith("s.jsonl:5:") and "did you mean owner?" in fault for fault in faults)
    assert any(fault.startswith("s.jsonl:6:") and "did you mean lead?" in fault for fault in faults)
    assert any(fault.startswith("s.jsonl:7:") and "did you mean instance?" in fault for fault in faults)
    assert any(fault.startswith("s.jsonl:8:2:") and "no JSON" in fault for fault in faults)


def test_a_fault_in_a_table_stands_at_its_cell(workflow: Workflow) -> None:
    faults = _faults(_HEAD + "# a remark\n2024-01-02,fire,a,test,many,,,,\n", workflow, "s.csv")
    assert len(faults) == 1
    assert faults[0].startswith("s.csv:3:24: ")


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (b"\xff\xfe", "s.jsonl", "UTF-16"),
        ("", "s.jsonl", "holds no command"),
        ("[" * 200_000, "s.jsonl", "too deep in one another"),
        ('{"at": "2024-01-01", "at": "2024-01-02"}', "s.jsonl", "stands twice"),
        ("1" * 5_000, "s.jsonl", "too many digits"),
        ('{"x": "' + "a" * 1_000_001 + '"}', "s.jsonl", "characters"),
        ("at,at\n1,2\n", "s.csv", "stands twice"),
        ('at\n"never closed', "s.csv", "never closed"),
        ('at\n"a"b\n', "s.csv", "follows"),
        ("at\n1,2\n", "s.csv", "2 cells"),
        ("at\n" + "," * 5_000, "s.csv", "too long"),
        ("{" + ",".join(f'"k{n}": 1' for n in range(50_000)) + "}", "s.jsonl", "is unknown"),
        ("at\n" + "2024-01-01\n" * 250_001, "s.csv", "lines"),
        ("at\n" + '"' * 300_001, "s.csv", "never closed"),
    ],
)
def test_a_hostile_or_broken_file_ends_in_a_clear_error(
    text: str | bytes, name: str, told: str, workflow: Workflow
) -> None:
    assert told in " ".join(_faults(text, workflow, name))


def test_what_a_command_needs_and_does_not_take_is_told(workflow: Workflow) -> None:
    faults = " ".join(
        _faults(
            '{"at": "2024-01-01", "command": "adopt", "instance": "a", "payload": {}}\n'
            '{"at": "2024-01-01", "command": "fire", "instance": "a", "event": "test"}\n',
            workflow,
        )
    )
    assert "takes no `payload`" in faults
    assert "needs `reason`" in faults
    assert "needs `state` or `since`" in faults
    assert "must carry `users`" in faults
