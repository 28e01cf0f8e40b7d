"""Names in the settings that no deployed workflow knows are told with their place."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gaita import FaultyFile, IncidentPlan
from gaita_adapters.settings import calendars_wanted, read_settings
from gaita_adapters.settings.people import book_of, plans_of, with_administrators
from tests.gaita.building import heading
from tests.gaita_adapters.conftest import Gaita

QUICK = (
    heading("quick", "open")
    + """
[data]
email = { type = "string", personal = true, by = "clerk" }
[roles]
clerk = {}
head = {}
applicant = { contact = "data.email" }
[states.open]
[states.open.deadlines.answer]
within = "3 minutes"
remind = [{ before = "2 minutes", to = ["clerk", "applicant"] }]
escalate = [{ to = "clerk" }, { after = "1 minute", to = "head" }]
[states.closed]
final = true
[events.close]
[[transitions]]
event = "close"
from = "open"
to = "closed"
by = "head"
"""
)
SETTINGS = """
[people.anna]
name = "Anna"
email = "anna@example.lv"

[roles]
clerk = ["anna"]
haed = ["anna"]
"quick.applicant" = ["anna"]
"slow.clerk" = ["anna"]

[digests.clrk]

[channels.mail]
kind = "email"
host = "mail.example.lv"
from = "gaita@example.lv"
roles = ["clerk", "quick.head", "hed", "administrators"]
"""


def told(gaita: Gaita, settings: str) -> Gaita:
    (gaita.folder / "quick.toml").write_text(QUICK, encoding="utf-8")
    gaita("deploy", "quick.toml")
    (gaita.folder / "gaita.toml").write_text(settings, encoding="utf-8")
    return gaita


def test_each_is_told_with_its_place_and_what_was_probably_meant(run_gaita: Gaita) -> None:
    result = told(run_gaita, SETTINGS)("check", "--settings", code=1)
    lines = [line.removesuffix(", which no deployed workflow knows") for line in result.output.splitlines()]
    assert [line for line in lines if "[unknown-role]" in line] == [
        "gaita.toml:8:1: error[unknown-role] [roles] names the role `haed`",
        "gaita.toml:10:1: error[unknown-role] [roles] names the role `slow.clerk`",
        "gaita.toml:12:10: error[unknown-role] [digests] names the role `clrk`",
        "gaita.toml:18:33: error[unknown-role] [channels.mail] names the role `hed`",
    ]
    assert "   did you mean head?" in lines
    assert "   did you mean clerk?" in lines
    assert "warning[unborne-role] nobody bears the role `head`" in result.output
    assert "warning[no-administrators] nobody is told about incidents (what the engine could" in result.output
    assert 'write people = ["NAME"] under [administrators]' in result.output
    assert result.output.splitlines()[-1] == "gaita.toml: 4 errors, 2 warnings"


def test_as_json_the_settings_are_a_file_among_the_others(run_gaita: Gaita) -> None:
    result = told(run_gaita, SETTINGS)("check", "--settings", "quick.toml", "--format", "json", code=1)
    found = json.loads(result.stdout)
    assert [(each["file"], each["valid"]) for each in found["files"]] == [
        ("gaita.toml", False),
        ("quick.toml", True),
    ]
    assert found["files"][0]["faults"][0]["line"] == 8


def test_settings_in_order_end_well(run_gaita: Gaita) -> None:
    settings = '[roles]\nclerk = ["a@b.lv"]\nhead = ["c@d.lv"]\n[administrators]\nroles = ["clerk"]\n'
    result = told(run_gaita, settings)("check", "--settings")
    assert result.output.strip() == "gaita.toml: every role that it names is known"


def test_something_must_be_named(run_gaita: Gaita) -> None:
    assert "name a FILE, or give --settings" in run_gaita("check", code=2).output


# -- administrators, and digests on working mornings


def read(tmp_path: Path, text: str) -> object:
    file = tmp_path / "gaita.toml"
    file.write_text(text, encoding="utf-8")
    return read_settings(file)


def test_administrators_are_people_or_bear_a_role(tmp_path: Path) -> None:
    file = tmp_path / "gaita.toml"
    file.write_text(
        '[people.anna]\nname = "Anna"\nemail = "anna@x.lv"\n[roles]\nit = ["anna", "it@x.lv"]\n'
        '[administrators]\npeople = ["boss@x.lv", "anna"]\nroles = ["it"]\n',
        encoding="utf-8",
    )
    found = read_settings(file)
    book = book_of(found.people, with_administrators(found.roles, found.administrators))
    bearers = book.bearers("administrators", date(2024, 3, 4))
    assert [each.id for each in bearers] == ["boss@x.lv", "anna", "it@x.lv"]
    assert found.administrators.plan == IncidentPlan("Europe/Riga")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            '[administrators]\npeople = ["nobody"]\n',
            "2:11: error[setting] the role administrators names 'nobody'",
        ),
        (
            '[roles]\nit = ["a@b.lv"]\n[administrators]\nroles = ["ti"]\n',
            "4:10: error[setting] nobody is said to",
        ),
        (
            '[roles]\nadministrators = ["a@b.lv"]\n[administrators]\npeople = ["a@b.lv"]\n',
            "2:1: error[setting] who the administrators are is said twice",
        ),
        (
            '[digests.lead]\nevery = "working day"\ncalendar = "LT"\n',
            "3:12: error[setting] there is no calendar",
        ),
        (
            '[digests.lead]\nevery = "workday"\n',
            "2:9: error[setting] `digests.lead.every` is the text `workday`",
        ),
    ],
)
def test_what_stands_for_nothing_is_a_fault_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(FaultyFile) as raised:
        read(tmp_path, text)
    assert fault in str(raised.value)


def test_a_digest_on_working_mornings_follows_the_calendar_of_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "gaita.toml"
    file.write_text(
        '[calendars.LV]\nclosures = [{ first = 2024-03-05, title = "Moving house" }]\n'
        '[digests.lead]\nevery = "working day"\n',
        encoding="utf-8",
    )
    found = read_settings(file)
    (plan,) = plans_of(found.digests, lambda: calendars_wanted(found))
    friday = datetime(2024, 3, 1, 9, tzinfo=UTC)
    monday = plan.after(friday)
    assert (monday.date(), plan.after(monday).date()) == (date(2024, 3, 4), date(2024, 3, 6))
