"""The documents are true: what they show is run here."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from gaita import SystemClock
from gaita.language import check, read
from gaita.rehearsal import read_script
from gaita_adapters.channels.signature import SigningSecret, signed
from gaita_adapters.command_line.edits import EDIT_OPTIONS
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.main import gaita
from gaita_adapters.settings import read_settings
from tests.docs.console import DOCUMENTS, PICTURE, SHIPPED, Block, blocks, drawn, exchanges_of

AROUND_DEADLINES = """
language = 1

[workflow]
id        = "lab"
initial   = "idea"
time_zone = "Europe/Riga"
calendar  = "LV"
horizon   = 2025-06-30

[data]
ends_on   = { type = "date", by = ["lead"] }
opened_at = { type = "moment", by = ["lead"] }

[roles]
lead = {}
office = {}

[states.idea]
[states.lab_test]
[states.field_pilot]
[states.rollout]
[states.on_hold]
[states.retired]
final = true

[events]
start_lab_test = {}
start_field_pilot = {}
start_rollout = {}
report = {}
put_on_hold = {}
resume = {}
retire = {}
"""
TRANSITIONS = """
[[transitions]]
event = "start_lab_test"
from = "idea"
to = "lab_test"
by = "lead"
[[transitions]]
event = "start_field_pilot"
from = "lab_test"
to = "field_pilot"
by = "lead"
[[transitions]]
event = "start_rollout"
from = "field_pilot"
to = "rollout"
by = "lead"
[[transitions]]
event = "report"
from = ["field_pilot", "rollout"]
[[transitions]]
event = "put_on_hold"
from = ["idea", "lab_test", "field_pilot"]
to = "on_hold"
by = "lead"
[[transitions]]
event = "resume"
from = "on_hold"
to = "previous"
by = "lead"
[[transitions]]
event = "retire"
from = "any"
to = "retired"
by = "lead"
"""
NAMED_COMMANDS = re.compile(r"(?:^|`)(?:\$ )?gaita ([^`\n]*)", re.MULTILINE)


def named(found: list[Block]) -> dict[str, Any]:
    """Return what names each block in the tests' own report."""
    return {"argvalues": found, "ids": [each.place for each in found]}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("GAITA_SETTINGS", "GAITA_DATABASE__URL", "GAITA_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("block", **named([each for each in blocks("toml") if "settings" not in each.marks]))
def test_every_workflow_in_the_documents_is_free_of_faults(block: Block) -> None:
    text = block.text
    if "deadline" in block.marks:
        text = f"{AROUND_DEADLINES}\n{text}\n{TRANSITIONS}"
    checked = check(text.encode(), block.place)
    assert checked.workflow is not None, "\n".join(map(str, checked.faults))
    assert not checked.faults, "\n".join(map(str, checked.faults))


@pytest.mark.parametrize("block", **named([each for each in blocks("toml") if "settings" in each.marks]))
def test_every_file_of_settings_in_the_documents_can_be_read(block: Block) -> None:
    Path("gaita.toml").write_text(block.text, encoding="utf-8")
    if language := block.marks["settings"]:
        catalogue = Path("locale", language, "LC_MESSAGES", "gaita.po")
        catalogue.parent.mkdir(parents=True)
        catalogue.write_text(
            'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n', encoding="utf-8"
        )
    read_settings()


@pytest.mark.parametrize(
    "block", **named([each for each in [*blocks("json"), *blocks("csv")] if not each.marks])
)
def test_every_file_of_commands_in_the_documents_can_be_read(block: Block) -> None:
    name = "events.csv" if block.language == "csv" else "events.jsonl"
    assert read_script(block.text, name, read(SHIPPED.read_bytes(), SHIPPED.name)).lines


@pytest.mark.parametrize("block", **named(blocks("python")))
def test_every_python_example_in_the_documents_runs(block: Block) -> None:
    exec(compile(block.text, block.place, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_every_command_in_the_documents_answers_what_they_show(document: Path) -> None:
    for _, exchanges in exchanges_of(document):
        for each in exchanges:
            assert each.agrees, f"{each.place}: $ {each.command}\n{each.answered}\nis not\n{each.shown}"


@pytest.mark.parametrize("name", ["README.md", "start.md"])
def test_a_reader_who_copies_the_examples_today_succeeds(name: str) -> None:
    document = next(each for each in DOCUMENTS if each.name == name)
    commands = [each for _, exchanges in exchanges_of(document, today=True) for each in exchanges]
    assert len(commands) >= 5
    for each in commands:
        assert each.code == ExitCode.OK, f"{each.place}: $ {each.command}\n{each.answered}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_every_command_that_the_documents_name_exists(document: Path) -> None:
    for found in NAMED_COMMANDS.findall(document.read_text(encoding="utf-8")):
        words = shlex.split(found.split(" | ")[0].rstrip("\\"), comments=True)
        known: click.Command = gaita
        for word in words:
            known = known.commands.get(word, known) if isinstance(known, click.Group) else known
        told = [word for word in words if word.startswith("--")]
        options = {option for one in [*known.params, *gaita.params] for option in one.opts}
        options |= EDIT_OPTIONS if known.name == "correct" else set()
        assert known is not gaita or words == told, f"gaita {found}: there is no such command"
        assert set(told) <= options | {"--help"}, f"gaita {found}: there is no such option"


def test_the_picture_shows_the_workflow_as_it_is() -> None:
    """``python -m tests.docs.console`` draws it anew."""
    assert PICTURE.read_text(encoding="utf-8") == drawn()


def test_a_receiver_of_webhooks_verifies_as_the_documents_show() -> None:
    block = next(each for each in blocks("python") if "def receive(" in each.text)
    names: dict[str, Any] = {}
    exec(compile(block.text, block.place, "exec"), names)
    body = json.dumps({"id": "P-1/1/0/lead"}).encode()
    secret = re.findall(r"whsec_[A-Za-z0-9+/=]+", block.text)[0]
    headers = dict(signed([SigningSecret(secret)], "P-1/1/0/lead", SystemClock().now(), body))
    assert names["receive"](headers, body) == {"id": "P-1/1/0/lead"}
    with pytest.raises(WebhookVerificationError):
        names["receive"](headers, body + b" ")


def test_every_link_between_the_documents_leads_somewhere() -> None:
    links = [
        (document, *target.partition("#")[::2])
        for document in DOCUMENTS
        for target in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8"))
        if not target.startswith(("http:", "https:"))
    ]
    broken = [
        f"{document.name}: {file}#{heading}"
        for document, file, heading in links
        if not (found := document.parent / file if file else document).exists()
        or (heading and heading not in headings(found))
    ]
    assert broken == []


def headings(document: Path) -> list[str]:
    """Return the names by which the headings of a document are linked to."""
    found = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found]
