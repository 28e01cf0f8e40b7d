"""The settings of people, roles, digests and channels: who hears, and what names nobody."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from gaita import DigestPlan, FaultyFile
from gaita_adapters.settings import Settings, calendars_wanted, read_settings
from gaita_adapters.settings.people import book_of, plans_of

PEOPLE = """
[people.ilze]
name = "Ilze Ozola"
email = "ilze@example.lv"
language = "lv"
deputy = "janis"
absences = [{ first = 2025-07-01, last = 2025-07-14 }]

[people.janis]
name = "Jānis Kalniņš"
email = "janis@example.lv"

[roles]
lead = ["ilze", "office@example.lv"]
"trial.owner" = ["janis"]
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings(text: str) -> Settings:
    Path("gaita.toml").write_text(text, "utf-8")
    return read_settings()


def faults(text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(FaultyFile) as raised:
        settings(text)
    return [
        (fault.place.line if fault.place else None, f"{fault.message}; expected {fault.expected}")
        for fault in raised.value.faults
    ]


def test_a_role_is_borne_by_people_and_addresses_and_by_deputies() -> None:
    found = settings(PEOPLE)
    book = book_of(found.people, found.roles)
    assert [
        (each.id, each.language, each.stands_in_for) for each in book.bearers("lead", date(2025, 6, 30))
    ] == [
        ("ilze", "lv", None),
        ("office@example.lv", None, None),
    ]
    assert [(each.id, each.stands_in_for) for each in book.bearers("lead", date(2025, 7, 14))] == [
        ("janis", "Ilze Ozola"),
        ("office@example.lv", None),
    ]


def test_every_role_and_deputy_that_names_nobody_is_a_fault_with_its_place() -> None:
    assert faults(
        """[people.ilze]
name = "Ilze"
deputy = "juris"
[roles]
lead = ["ilze",
        "anna"]
office = ["nobody"]
"""
    ) == [
        (3, "the deputy of ilze is 'juris': expected a person's id; expected None"),
        (6, "the role lead names 'anna': expected a person's id or an e-mail address; expected None"),
        (7, "the role office names 'nobody': expected a person's id or an e-mail address; expected None"),
    ]


def test_every_other_fault_is_told_at_once() -> None:
    told = faults(
        """[people.ilze]
nmae = "Ilze"
email = "somewhere"
language = "de"
absences = [{ first = 2025-07-14, last = 2025-07-01 }]
[roles]
lead = "ilze"
[digests.lead]
every = "month"
at = "8"
on = "payday"
time_zone = "Riga"
"""
    )
    assert [line for line, _ in told] == [1, 2, 3, 4, 5, 7, 9, 10, 11, 12]
    text = "\n".join(message for _, message in told)
    assert "`people.ilze` has no `name`" in text
    assert "there is no setting `people.ilze.nmae`" in text
    assert "expected an e-mail address such as anna@example.lv" in text
    assert "expected en or lv" in text
    assert "expected a day on or after 2025-07-14, the first" in text
    assert "`roles.lead` is the text `ilze`; expected a list: [ … ]" in text
    assert "expected 'day', 'working day' or 'week'" in text
    assert 'expected a time of the day from "00:00" to "23:59"' in text
    assert "'saturday' or 'sunday'" in text
    assert "expected the name of a time zone such as Europe/Riga" in text


def test_digests_are_planned_by_role() -> None:
    found = settings('[digests.lead]\nevery = "week"\non = "friday"\nat = "07:15"\n[digests.office]\n')
    plans = list(plans_of(found.digests, lambda: calendars_wanted(found)))
    assert plans == [
        DigestPlan("lead", "Europe/Riga", time(7, 15), "week", 4),
        DigestPlan("office", "Europe/Riga", time(8)),
    ]
    assert plans[0].after(datetime(2025, 7, 1, tzinfo=UTC)) == datetime(2025, 7, 4, 4, 15, tzinfo=UTC)


def test_the_environment_goes_over_the_file_whatever_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAITA_CHANNELS__MAIL__HOST", "other.example.lv")
    monkeypatch.setenv("GAITA_PEOPLE__ILZE__EMAIL", "new@example.lv")
    monkeypatch.setenv("GAITA_ROLES__LEAD", '["janis"]')
    monkeypatch.setenv("GAITA_DIGESTS__LEAD__AT", "06:30")
    found = settings(
        PEOPLE
        + '[channels.Mail]\nkind = "email"\nhost = "smtp.example.lv"\nfrom = "gaita@example.lv"\n'
        + "[digests.Lead]\n"
    )
    (mail,) = found.channels.values()
    assert mail.kind == "email"
    assert mail.host == "other.example.lv"
    assert list(found.channels) == ["Mail"]
    assert found.people["ilze"].email == "new@example.lv"
    assert found.people["ilze"].name == "Ilze Ozola"
    assert found.roles["lead"] == ["janis"]
    assert found.digests["Lead"].at == "06:30"


def test_a_whole_channel_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("KIND", "webhook"), ("URL", "https://example.lv/x"), ("SECRET", '{"env": "S"}')):
        monkeypatch.setenv(f"GAITA_CHANNELS__HOOK__{name}", value)
    assert settings("").channels["hook"].kind == "webhook"


def test_what_the_environment_says_of_nobody_is_a_fault_without_a_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GAITA_ROLES__OFFICE", '["nobody"]')
    ((line, message),) = faults(PEOPLE)
    assert line is None
    assert "the role office names 'nobody'" in message


def test_while_the_file_is_faulty_the_environment_is_not_blamed_for_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GAITA_CHANNELS__MAIL__HOST", "other.example.lv")
    told = faults('langage = "lv"\n[channels.mail]\nkind = "email"\nhost = "a.lv"\nfrom = "a@b.lv"\n')
    assert [line for line, _ in told] == [1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[channels.mail]\nhost = 'x'\n", 'kind = "email", "webhook", "apprise"'),
        ("[channels.mail]\nkind = 'fax'\n", 'kind = "email", "webhook", "apprise"'),
        ("[channels.mail]\nkind = 'email'\nfrom = 'a@b.lv'\n", "`channels.mail` has no `host`"),
        ("[channels.mail]\nkind = 'email'\nhost = 'x'\nfrom = 'a@b.lv'\nprot = 1\n", "`channels.mail.prot`"),
    ],
)
def test_a_channel_that_is_none_is_a_fault(text: str, told: str) -> None:
    ((line, message),) = faults(text)
    assert line is not None
    assert told in message
