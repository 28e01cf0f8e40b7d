"""Every language that there is a catalogue for can be asked for, anywhere in a command."""

from pathlib import Path

import pytest
from freezegun.api import FrozenDateTimeFactory

from gaita.texts import our_languages
from tests.gaita_adapters.conftest import Gaita


@pytest.mark.parametrize("code", our_languages().codes)
def test_each_language_with_a_catalogue_can_be_asked_for(started: Gaita, code: str) -> None:
    assert "P-1" in started("--language", code, "list").stdout


def test_the_language_stands_anywhere_in_the_command(started: Gaita) -> None:
    expected = started("--language", "lv", "list").stdout
    assert "Ideja" in expected
    assert started("list", "--language", "lv").stdout == expected
    assert started("list", "--language", "lv_LV", "--workflow", "trial").stdout == expected
    assert started("--language", "en", "list", "--language", "lv").stdout == expected, "the last one counts"
    assert "Ideja" not in started("list").stdout


@pytest.mark.parametrize("arguments", [("--language", "lw", "list"), ("list", "--language", "lw")])
def test_a_language_without_texts_is_refused_and_those_with_texts_are_named(
    started: Gaita, arguments: tuple[str, ...]
) -> None:
    assert "there are no texts in the language 'lw'; expected en or lv" in started(*arguments, code=2).output


def test_the_settings_name_any_language_with_a_catalogue(
    started: Gaita, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAITA_LANGUAGE", "lv")
    assert "Ideja" in started("list").stdout
    assert "Idea" in started("list", "--language", "en").stdout
    monkeypatch.setenv("GAITA_LANGUAGE", "lw")
    assert "expected en or lv" in started("list", code=1).output


def test_a_person_s_language_is_one_with_a_catalogue(run_gaita: Gaita) -> None:
    settings = run_gaita.folder / "gaita.toml"
    settings.write_text('[people.anna]\nname = "Anna"\nlanguage = "lw"\n', encoding="utf-8")
    shown = run_gaita("list", code=1).output
    assert "gaita.toml:3:" in shown
    assert "`people.anna.language` is the text `lw`" in shown
    assert "expected en or lv" in shown


ESTONIAN = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "due"
msgstr "tähtaeg"

msgid "there is no file %(name)s"
msgstr "faili %(name)s ei ole"

msgctxt "notice"
msgid "Due"
msgstr "Tähtaeg käes"
"""


def own_language(folder: Path, code: str, catalogue: str) -> None:
    texts = folder / "locale" / code / "LC_MESSAGES"
    texts.mkdir(parents=True)
    (texts / "gaita.po").write_text(catalogue, encoding="utf-8")
    (folder / "gaita.toml").write_text('[notices]\nlocale = "locale"\n', encoding="utf-8")


def test_a_folder_of_the_settings_brings_a_language_or_other_words_in_one(
    started: Gaita, clock: FrozenDateTimeFactory
) -> None:
    own_language(started.folder, "et", ESTONIAN)
    assert "tähtaeg" in started("due", "--language", "et").stdout
    assert "tähtaeg" in started("--language", "et_EE", "due").stdout
    assert "termiņš" in started("due", "--language", "lv").stdout
    assert "due" in started("due").stdout
    assert "faili none.toml ei ole" in started("graph", "none.toml", "--language", "et", code=2).stderr
    assert "expected en, et or lv" in started("due", "--language", "lw", code=2).stderr
    clock.move_to("2025-04-03 10:00")
    assert "Tähtaeg käes → " in started("--language", "et", "due", "--run", "--deliver").stdout
    settings = started.folder / "gaita.toml"
    told = 'language = "et"\n[notices]\nlocale = "locale"\n[people.anna]\nname = "Anna"\nlanguage = "et_EE"\n'
    settings.write_text(told, encoding="utf-8")
    assert "tähtaeg" in started("due").stdout
    settings.write_text(told.replace('"et_EE"', '"lw"'), encoding="utf-8")
    shown = started("due", code=1).stderr
    assert "gaita.toml:6:" in shown
    assert "expected en, et or lv" in shown
    own_language(started.folder, "lv", ESTONIAN.replace("tähtaeg", "pēdējā diena"))
    assert "pēdējā diena" in started("due", "--language", "lv").stdout


def test_a_folder_of_languages_that_is_not_there_or_faulty_is_refused(started: Gaita) -> None:
    (started.folder / "gaita.toml").write_text('[notices]\nlocale = "none"\n', encoding="utf-8")
    shown = started("due", code=1).stderr
    assert "gaita.toml:2:" in shown
    assert "there is no folder of languages none" in shown
    own_language(started.folder, "et", ESTONIAN.replace("faili %(name)s", "faili %(file)s"))
    assert "there is no file" in started("graph", "none.toml", "--language", "et", code=2).stderr
    assert "gaita.po:9:" in started("check", "--settings", code=1).output
    assert "gaita.po:9:" in started("notice", "preview", "P-1", "--language", "et", code=1).output
