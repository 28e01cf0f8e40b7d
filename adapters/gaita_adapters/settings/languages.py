"""The languages that settings and options may name: whichever there is a catalogue for."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from gaita import listed
from gaita.texts import our_languages


def known_language(code: str) -> str:
    """Return the code of a language as its catalogue has it; ``lv_LV`` is ``lv``.

    Raises ``ValueError`` for one that there are no texts in, naming those that there are.
    """
    languages = our_languages()
    if code not in languages:
        raise ValueError(listed(languages.codes, most=40))
    return languages[code].code


LanguageCode: TypeAlias = Annotated[str, AfterValidator(known_language)]
