"""The settings: the example documents them all, and every fault in them is told at once."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from gaita import FaultyFile
from gaita.fault import render
from gaita_adapters.command_line.files import faulty_text
from gaita_adapters.settings import (
    FaultySettings,
    Settings,
    calendars_wanted,
    read_settings,
    setting_names,
    variable_of,
    without_secrets,
)

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def flat(table: dict[str, object], before: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found.update(flat(cast("dict[str, object]", value), f"{before}{name}."))
        else:
            found[before + name] = value
    return found


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_example_has_every_key_with_its_default() -> None:
    assert flat(tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))) == setting_names()


def test_the_example_can_be_read_and_changes_nothing() -> None:
    assert read_settings(EXAMPLE) == Settings()


def test_every_block_that_the_example_comments_out_is_valid_without_the_signs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The signs away, as it says itself, from every line that is a table or a key.
    text = re.sub(r"(?m)^# (?=\[|[\w.\"]+ *=)", "", EXAMPLE.read_text(encoding="utf-8"))
    Path("gaita.toml").write_text(text, "utf-8")
    monkeypatch.setenv("SMTP_PASSWORD", "x")
    settings = read_settings()
    assert list(settings.calendars) == ["LV"]
    assert list(settings.people) == ["ilze", "janis"]
    assert list(settings.roles) == ["lab_lead", "state_chancellery", "prototype.owner"]
    assert [each.kind for each in settings.channels.values()] == ["email", "webhook", "apprise"]
    assert list(settings.digests) == ["lab_lead"]
    (latvia,) = calendars_wanted(settings)
    assert latvia.known_until == date(2026, 12, 31)
    assert [len(hours) for hours in latvia.week] == [2, 1, 1, 1, 1, 0, 0]


def test_without_a_file_the_defaults_hold() -> None:
    assert read_settings().database.url == "sqlite:///gaita.sqlite3"


def test_a_file_here_is_found_and_the_environment_goes_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("gaita.toml").write_text(
        'language = "lv"\n[database]\nurl = "sqlite:///a"\nwait_seconds = 5\n', "utf-8"
    )
    monkeypatch.setenv("GAITA_DATABASE__URL", "sqlite:///b")
    settings = read_settings()
    assert (settings.language, settings.database.url, settings.database.wait_seconds) == (
        "lv",
        "sqlite:///b",
        5,
    )


def test_the_file_may_be_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("other.toml").write_text('language = "lv"\n', "utf-8")
    monkeypatch.setenv("GAITA_SETTINGS", "other.toml")
    assert read_settings().language == "lv"


def test_all_faults_are_told_at_once_each_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'langage = "lv"\n[database]\nurl = 3\nwait = 1\n[log]\nlevel = "loud"\n'
    Path("gaita.toml").write_text(text, "utf-8")
    monkeypatch.setenv("GAITA_KEYS__KEEP_DAYS", "many")
    monkeypatch.setenv("GAITA_DATABSE", "x")
    with pytest.raises(FaultyFile) as raised:
        read_settings()
    places = [(fault.place.line, fault.place.column) for fault in raised.value.faults if fault.place]
    assert places == [(1, 1), (3, 7), (4, 1), (6, 9)]
    told = str(raised.value)
    assert "did you mean language?" in told
    assert "GAITA_KEYS__KEEP_DAYS is the text `many`" in told
    assert "GAITA_DATABSE sets nothing" in told


def test_a_file_that_is_no_toml_is_told_with_its_place() -> None:
    Path("gaita.toml").write_text("language = \n", "utf-8")
    with pytest.raises(FaultyFile) as raised:
        read_settings()
    assert raised.value.faults[0].place is not None


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(read_settings(), "language", "lv")  # noqa: B010 - the type checkers know better already


def test_every_key_has_a_variable() -> None:
    assert variable_of("database.wait_seconds") == "GAITA_DATABASE__WAIT_SECONDS"


SECRETIVE = """
channels.dot.kind = "webhook"
channels.dot.secret = 'hunter2' # the hook's
[database]
url = "postgresql://gaita:hunter2@host/db"
wait_seconds = "long"
[channels.mail]
kind = "email"
host = "smtp.example.lv"
from = "a@example.lv"
username = "a"
password = "hunter2"
[channels.misspelt]
kind = "email"
pasword = "hunter2"
[channels.hook]
kind = "webhook"
url = "http://example.lv/hunter2"
secret = "whsec_hunter2"
previous_secret = '''hunter2
hunter2'''
[channels.table]
kind = "webhook"
secret = { value = "hunter2" }
[channels.chat]
kind = "apprise"
url = "tgram://hunter2/1"
[channels.rest]
kind = "emial"
password = 77hunter2
[people.anna]
token = "hunter2"
apprise = ["hunter2"]
"""


def test_no_fault_shows_a_secret_that_was_written_into_the_settings_or_the_line_it_stands_on() -> None:
    Path("gaita.toml").write_text(SECRETIVE, "utf-8")
    with pytest.raises(FaultySettings) as raised:
        read_settings()
    told = str(raised.value) + "".join(
        render(each, faulty_text(raised.value)) for each in raised.value.faults
    )
    assert "hunter2" not in told
    assert 'password = { env = "SMTP_PASSWORD" }' in told
    assert ' 12 | password = "•••"' in told
    assert "did you mean password?" in told


def test_lines_of_the_settings_keep_their_number_and_what_is_no_secret() -> None:
    text = without_secrets(SECRETIVE)
    assert "hunter2" not in text
    assert text.count("\n") == SECRETIVE.count("\n")
    assert "secret = '•••'     # the hook's" in text
    assert "postgresql://•••@host/db" in text
    open_text = (
        'security = "tls"\nsecret = { env = "HOOK" }\npassword = { file = "/run/x" }\ntitle = { lv = "Ā" }'
    )
    assert without_secrets(open_text) == open_text


def test_a_value_is_told_in_words_not_as_python_writes_it() -> None:
    Path("gaita.toml").write_text("[log]\nlevel = 2026-12-01\nformat = { a = 1 }\n", "utf-8")
    with pytest.raises(FaultyFile, match=r"`log\.level` is the date 2026-12-01") as raised:
        read_settings()
    assert "`log.format` is a table" in str(raised.value)


def test_a_secret_in_the_environment_is_not_shown_either(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("gaita.toml").write_text('[channels.mail]\nkind = "email"\nhost = "h"\nfrom = "a@b.lv"\n', "utf-8")
    monkeypatch.setenv("GAITA_CHANNELS__MAIL__PASSWORD", '"hunter2"')
    with pytest.raises(FaultyFile) as raised:
        read_settings()
    assert "hunter2" not in str(raised.value)
