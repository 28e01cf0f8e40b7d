"""Every language that there is a catalogue for can be asked for, anywhere in a command."""

import pytest

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
    assert "`people.anna.language` is 'lw'" in shown
    assert "expected en or lv" in shown
