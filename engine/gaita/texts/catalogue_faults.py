"""What is wrong with a catalogue that an operator has written: found before any of its texts is shown."""

from collections.abc import Iterator
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from gaita.fault import Fault, Place
from gaita.phrase import phrase
from gaita.texts.dates import PATTERN, is_pattern


def faults_of(folder: Path, catalogue: str) -> Iterator[Fault]:
    """Yield the faults of the catalogue in the folder of one language, each with its line."""
    file = folder / catalogue
    if not folder.is_dir() or folder.name.startswith("."):
        return
    if not file.is_file():
        hint = phrase("put the catalogue there, or take the folder %(name)s away", name=folder.name)
        yield Fault("no-catalogue", phrase("there is no catalogue %(file)s", file=file), hint=hint)
        return
    try:
        Locale.parse(folder.name)
    except (UnknownLocaleError, ValueError):
        expected = phrase("the code of a language, such as et or pt_BR")
        yield Fault(
            "language",
            phrase("no language is called %(name)s", name=folder.name),
            Place(str(file), 1, 1),
            expected,
        )
    try:
        with file.open("rb") as opened:
            read = read_po(opened, abort_invalid=True)
    except PoFileError as error:
        place = Place(str(file), error.lineno + 1, 1)
        yield Fault(
            "catalogue", phrase("this line belongs to no text"), place, expected='msgid "…" and msgstr "…"'
        )
        return
    except (OSError, ValueError, LookupError) as error:
        yield Fault("catalogue", phrase("it cannot be read: %(error)s", error=error), Place(str(file), 1, 1))
        return
    for message in read:
        for told in _faults(message, read):
            yield Fault("translation", told, Place(str(file), message.lineno or 1, 1))


def _faults(message: Message, catalogue: Catalog) -> Iterator[str]:
    if not message.id or message.fuzzy:
        return
    if message.string and any(message.string):
        yield from (str(error) for error in message.check(catalogue))
    if message.context == PATTERN and message.string and not is_pattern(str(message.string)):
        yield phrase("%(string)s is no date pattern of CLDR, such as d MMMM yyyy", string=message.string)
