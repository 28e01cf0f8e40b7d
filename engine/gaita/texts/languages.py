"""The languages that there are texts in: a folder for each, with a gettext catalogue in it."""

from collections.abc import Iterator
from functools import cached_property
from gettext import NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Final

from babel import Locale, UnknownLocaleError

from gaita.fault import Fault, listed
from gaita.phrase import phrase
from gaita.texts.language import Language
from gaita.title import SOURCE_LANGUAGE

CATALOGUE: Final = "LC_MESSAGES/gaita.po"
"""Where the catalogue lies in the folder of a language."""
_SOURCE_LOCALE: Final = "en_GB"


class Languages:
    """The languages of Gaita, and those of ``folder``, whose catalogues go before Gaita's own.

    A catalogue in ``folder`` may hold all texts or a few: what it does not translate is taken from Gaita's
    catalogue of that language, and else is English. Catalogues are read when they are first used, once.
    Safe for several threads.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._read: dict[str, Language] = {}
        self._lock = Lock()

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of all languages, English among them, in alphabetical order."""
        found = {each.name for folder in self._folders() for each in folder.iterdir() if _has_texts(each)}
        return tuple(sorted({SOURCE_LANGUAGE, *found}))

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and self._known(code) is not None

    def __getitem__(self, code: str) -> Language:
        """Return a language; ``lv_LV`` is found as ``lv``. Raises ``KeyError`` for one without texts."""
        known = self._known(code)
        if known is None:
            raise KeyError(code)
        with self._lock:
            if known not in self._read:
                self._read[known] = Language(known, _locale(known), self._texts(known))
            return self._read[known]

    def get(self, code: str | None) -> Language:
        """Return a language; English where there are no texts in ``code``."""
        return self[code if code is not None and code in self else SOURCE_LANGUAGE]

    def unknown(self, code: str) -> Fault:
        """Return the fault that there are no texts in a language that somebody asks for."""
        return Fault(
            "language",
            phrase("there are no texts in the language %(code)s", code=repr(code)),
            expected=listed(self.codes, most=40),
        )

    def faults(self) -> list[Fault]:
        """Return what is wrong with the catalogues in the folder: all of it, with its places."""
        if self.folder is None:
            return []
        if not self.folder.is_dir():
            hint = phrase(
                "create it, with a catalogue in LANGUAGE/%(catalogue)s, or leave the setting out",
                catalogue=CATALOGUE,
            )
            return [
                Fault(
                    "no-folder",
                    phrase("there is no folder of languages %(folder)s", folder=self.folder),
                    hint=hint,
                )
            ]
        from gaita.texts.catalogue_faults import faults_of  # noqa: PLC0415 - needed for an operator's folder only

        return [fault for each in sorted(self.folder.iterdir()) for fault in faults_of(each, CATALOGUE)]

    def _known(self, code: str) -> str | None:
        for each in (code, code.replace("-", "_"), code.replace("-", "_").partition("_")[0]):
            if each in self.codes:
                return each
        return None

    def _folders(self) -> Iterator[Traversable]:
        """Yield the folders of languages, those first that go before the others."""
        if self.folder is not None and self.folder.is_dir():
            yield self.folder
        yield files("gaita") / "locale"

    def _texts(self, code: str) -> NullTranslations:
        texts = NullTranslations()
        for folder in reversed([*self._folders()]):
            catalogue = folder / code / CATALOGUE
            if catalogue.is_file():
                above = _read(catalogue)
                above.add_fallback(texts)
                texts = above
        return texts


def _has_texts(folder: Traversable) -> bool:
    return folder.is_dir() and (folder / CATALOGUE).is_file()


def _read(catalogue: Traversable) -> NullTranslations:
    """Return the texts of a catalogue; those that a translator has still to look at are left out."""
    # Imported here: whoever reads English alone does not pay for it.
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415
    from babel.support import Translations  # noqa: PLC0415

    compiled = BytesIO()
    with catalogue.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return Translations(compiled)


def _locale(code: str) -> Locale:
    """Return how a language writes; one that CLDR does not know writes as English does."""
    try:
        return Locale.parse(_SOURCE_LOCALE if code == SOURCE_LANGUAGE else code)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(_SOURCE_LOCALE)


_OURS: Final = Languages()


def language_of(language: "str | Language") -> Language:
    """Return the language of a code, with the texts that come with Gaita; English for one that has none."""
    return language if isinstance(language, Language) else _OURS.get(language)


def our_languages() -> Languages:
    """Return the languages that come with Gaita."""
    return _OURS
