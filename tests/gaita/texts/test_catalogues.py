"""Every text has its translation, and a further language is a folder more."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from gaita.texts import Languages, counted, due_words, our_languages
from gaita.texts.language import Language
from gaita.texts.languages import language_of
from tests.gaita.building import at
from tests.gaita.texts.catalogues import CATALOGUES, ROOT, begin, extract

ESTONIAN = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgctxt "date pattern (CLDR)"
msgid "EEEE d MMMM yyyy"
msgstr "EEEE, d. MMMM yyyy"

msgid "%(number)s day"
msgid_plural "%(number)s days"
msgstr[0] "%(number)s päev"
msgstr[1] "%(number)s päeva"
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    file = tmp_path_factory.mktemp("texts") / "gaita.pot"
    extract(file)
    with file.open("rb") as opened:
        return read_po(opened)


def catalogue(code: str) -> Catalog:
    with (CATALOGUES / code / "LC_MESSAGES" / "gaita.po").open("rb") as opened:
        return read_po(opened)


def key(message: Message) -> tuple[str | None, object]:
    return message.context, message.id


def languages(folder: Path, code: str, text: str) -> Languages:
    file = folder / code / "LC_MESSAGES" / "gaita.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return Languages(folder)


OTHERS = [code for code in our_languages().codes if code != "en"]


def test_there_is_latvian() -> None:
    assert "lv" in OTHERS


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_of_the_code_is_in_the_catalogue_and_nothing_else_is(code: str, template: Catalog) -> None:
    used = {key(message) for message in template if message.id}
    known = {key(message) for message in catalogue(code) if message.id}
    assert used - known == set(), "run `make texts`, and translate what is new"
    assert known - used == set(), "run `make texts`: these texts are not used any more"
    assert not catalogue(code).obsolete


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated_and_looked_through(code: str) -> None:
    untranslated = [
        message.id
        for message in catalogue(code)
        if message.id and not all(message.string if isinstance(message.string, tuple) else [message.string])
    ]
    assert untranslated == []
    assert [message.id for message in catalogue(code) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_translation_names_the_parts_of_its_text(code: str) -> None:
    found = catalogue(code)
    assert [(message.id, list(message.check(found))) for message in found if message.check(found)] == []


def test_latvian_is_written_with_its_own_signs() -> None:
    for message in catalogue("lv"):
        for text in message.string if isinstance(message.string, tuple) else [str(message.string)]:
            if not message.id:
                continue
            assert "—" not in text, f"{text}: the dash is –"
            assert " –" not in text, f"{text}: a no-break space stands before the dash"
            assert "“" not in text.replace("„", ""), f"{text}: the quotation marks are „ ”"
            source = message.id if isinstance(message.id, str) else message.id[0]
            assert '"' not in text or '"' in source, f"{text}: the quotation marks are „ ”"
            assert "..." not in text, text


def test_a_text_without_a_translation_is_english() -> None:
    latvian = language_of("lv")
    assert latvian.gettext("Nobody has said %(what)s yet", what="this") == "Nobody has said this yet"
    assert latvian.ngettext("%(number)s cow", "%(number)s cows", 2) == "2 cows"
    assert latvian.pgettext("a context", "Nobody") == "Nobody"
    assert latvian.npgettext("a context", "%(number)s cow", "%(number)s cows", 1) == "1 cow"
    assert language_of("tlh").code == "en"


def test_a_further_language_is_a_folder_more(tmp_path: Path) -> None:
    found = languages(tmp_path, "et", ESTONIAN)
    assert found.faults() == []
    assert found.codes == ("en", "et", "lv")
    assert "et_EE" in found
    estonian = found["et-EE"]
    assert counted(2, "day", estonian) == "2 päeva"
    assert due_words(at("2025-06-30T21:00"), "Europe/Riga", estonian) == "esmaspäev, 30. juuni 2025"
    assert estonian.number(3.5) == "3,5"
    assert estonian.listed(["a", "b", "c"], "or") == "a, b või c"
    assert counted(2, "hour", estonian) == "2 hours", "what is not translated is English"
    assert counted(2, "day", found["lv"]) == "2\u00a0dienas"


def test_single_texts_of_a_language_can_be_replaced(tmp_path: Path) -> None:
    own = ESTONIAN.replace("päeva", "dienīšu").replace("päev", "dieniņa")
    latvian = languages(tmp_path, "lv", own)["lv"]
    assert counted(21, "day", latvian) == "21 dienīšu"
    assert counted(21, "hour", latvian) == "21\u00a0stunda"


def test_whatever_is_wrong_with_a_catalogue_is_told_with_its_line(tmp_path: Path) -> None:
    languages(tmp_path, "et", ESTONIAN.replace("%(number)s päeva", "%(nmber)s päeva"))
    languages(tmp_path, "lt", ESTONIAN.replace("EEEE, d. MMMM yyyy", "EEEEEEEEEE"))
    languages(tmp_path, "de", 'msgid "a"\nmsg "b"\n')
    languages(tmp_path, "xx", ESTONIAN)
    (tmp_path / "fi").mkdir()
    (tmp_path / "a file").touch()
    told = [(fault.code, fault.place and fault.place.line) for fault in Languages(tmp_path).faults()]
    assert sorted(told, key=str) == [
        ("catalogue", 2),
        ("language", 1),
        ("no-catalogue", None),
        ("translation", 10),
        ("translation", 7),
    ]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert [fault.code for fault in Languages(tmp_path / "none").faults()] == ["no-folder"]
    assert Languages(tmp_path / "none").codes == our_languages().codes


def test_a_translation_that_names_a_part_that_there_is_not_gives_way_to_english(tmp_path: Path) -> None:
    found = languages(tmp_path, "et", ESTONIAN.replace("%(number)s päeva", "%(nmber)s päeva"))
    assert counted(2, "day", found["et"]) == "2 days"


def test_a_language_that_nobody_knows_is_told_with_those_that_there_are() -> None:
    assert str(our_languages().unknown("lw")) == (
        "error[language] there are no texts in the language 'lw'; expected en or lv"
    )
    with pytest.raises(KeyError):
        our_languages()["tlh"]
    assert our_languages().get(None).code == "en"


def test_a_language_equals_itself_only() -> None:
    latvian = language_of("lv")
    assert latvian is our_languages()["lv"]
    assert latvian != language_of("en")
    assert isinstance(latvian, Language)
    assert language_of(latvian) is latvian


def test_a_language_is_begun_as_the_page_for_translators_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
    assert "\nmake texts LANGUAGE=et\n" in page
    assert "catalogues.py $(LANGUAGE)" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "docs/languages.md" in (CATALOGUES / "lv" / "LC_MESSAGES" / "gaita.po").read_text(encoding="utf-8")
    template = tmp_path / "gaita.pot"
    extract(template)
    begin(tmp_path / "locale", template, "et")
    found = Languages(tmp_path / "locale")
    assert "et" in found.codes
    assert found["et"].gettext("No instance fits.") == "No instance fits.", "not translated yet"
