"""gaita deploy --dry-run, gaita workflows: what a new version changes, and for whom."""

from gaita_adapters.command_line.exit_code import ExitCode
from tests.gaita_adapters.conftest import WORKFLOW, Gaita

CHANGED = WORKFLOW.replace('within = "30 days"', 'within = "40 days"')


def test_a_dry_run_shows_what_would_change_and_deploys_nothing(deployed: Gaita) -> None:
    deployed("start", "trial", "--id", "P-1")
    (deployed.folder / "changed.toml").write_text(CHANGED, encoding="utf-8")
    shown = deployed("deploy", "--dry-run", "changed.toml").stdout
    assert "trial@2 would be deployed: Trial; nothing was done" in shown
    rows = [line.split() for line in shown.splitlines()]
    assert ["deadline", "idea.decision", "within", "30", "days", "40", "days"] in rows
    assert any(row[:2] == ["trial@1", "the"] and "P-1" in row for row in rows)
    told = deployed.json("deploy", "--dry-run", "changed.toml")["would_deploy"][0]["impact"]
    assert (told["running"], told["affected"]) == ({"1": 1}, 1)
    assert [(each["kind"], each["id"], each["number"]) for each in told["cases"]] == [
        ("deadline_moved", "idea.decision", 1)
    ]
    assert [each["version"] for each in deployed.json("workflows")["workflows"]] == [1]


def test_the_versions_are_listed_with_their_running_cases_and_compared(deployed: Gaita) -> None:
    deployed("start", "trial", "--id", "P-1")
    (deployed.folder / "changed.toml").write_text(CHANGED, encoding="utf-8")
    deployed("deploy", "changed.toml")
    listed = deployed.json("workflows")["workflows"]
    assert [(each["version"], each["running"], each["latest"]) for each in listed] == [
        (1, 1, False),
        (2, 0, True),
    ]
    assert "new cases start here" in deployed("workflows").stdout
    whole = deployed.json("workflows", "diff", "trial@1", "trial@2")
    assert whole["changes"][0]["aspects"] == [{"name": "within", "before": "30 days", "after": "40 days"}]
    assert deployed.json("workflows", "diff", "1", "2") == whole
    assert deployed.json("workflows", "diff", "trial@1") == whole
    assert "trial@2 says the same as trial@2." in deployed("workflows", "diff", "2", "2").stdout


def test_what_is_no_version_is_said(deployed: Gaita) -> None:
    said = deployed("workflows", "diff", "trial", code=ExitCode.USAGE).stderr
    assert "'trial' names no version; write its workflow and number, as in prototype@2" in said
    said = deployed("workflows", "diff", "trial@1", "other@1", code=ExitCode.USAGE).stderr
    assert "trial@1 and other@1 are not versions of one workflow" in said
