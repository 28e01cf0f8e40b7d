"""The languages that settings and options may name: Gaita's, and those of the folder that they name."""

from pathlib import Path

from gaita.texts import Languages, our_languages
from gaita_adapters.settings.schema import Settings


def languages_in(locale: object) -> Languages:
    """Return the languages that there are texts in, with those of the folder ``notices.locale``."""
    return Languages(Path(locale)) if isinstance(locale, str) and locale else our_languages()


def with_known_languages(settings: Settings, languages: Languages) -> Settings:
    """Return the settings with each language by the code that its catalogue has: ``lv_LV`` is ``lv``.

    Raises ``KeyError`` for one without texts.
    """
    people = {
        key: each.model_copy(update={"language": languages[each.language].code}) if each.language else each
        for key, each in settings.people.items()
    }
    return settings.model_copy(update={"language": languages[settings.language].code, "people": people})
