"""Reading the settings: one TOML file, environment variables over it, once, into one frozen object."""

import os
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_settings import SettingsError

from gaita import Fault, FaultyFile, Place, found
from gaita.language.toml.document import Document, read_document
from gaita.phrase import phrase
from gaita_adapters.settings.environment import NAMED
from gaita_adapters.settings.faults import (
    NAMED_BY,
    environment_fault,
    expected_of,
    file_fault,
    language_faults,
    people_faults,
    table_of,
    unknown_variables,
)
from gaita_adapters.settings.languages import languages_in, with_known_languages
from gaita_adapters.settings.schema import DatabaseSettings, Settings
from gaita_adapters.settings.secrets import FaultySettings, address_without_secrets

DEFAULT_FILE = "gaita.toml"

_fields: dict[str, Any] = {
    name: (field.annotation, field.default) for name, field in Settings.model_fields.items()
}
FileShape: type[BaseModel] = create_model("FileShape", __config__=ConfigDict(extra="forbid"), **_fields)
"""What the file alone must look like: stricter than the environment, where everything is text."""


def read_settings(file: Path | None = None) -> Settings:
    """Return the settings from ``file``, or from the file that ``GAITA_SETTINGS`` names, or ./gaita.toml.

    Only the last of these may be missing. Raises ``FaultyFile`` with every fault in the file and the
    environment.
    """
    named = file or (Path(told) if (told := os.environ.get(NAMED_BY)) else None)
    if named is None and not Path(DEFAULT_FILE).exists():
        return _over(None, {}, [])
    path = named or Path(DEFAULT_FILE)
    try:
        source = path.read_bytes()
    except OSError as error:
        fault = Fault(
            "unreadable",
            phrase("the settings file cannot be read: %(why)s", why=error.strerror),
            Place(str(path), 1, 1),
            hint=phrase("name another with --settings, or copy config.example.toml"),
        )
        raise FaultySettings(str(path), [fault]) from None
    document, _, faults = read_document(source, str(path))
    if document is None:
        raise FaultySettings(str(path), faults)
    try:
        FileShape.model_validate(document.data, strict=True)
    except ValidationError as error:
        faults += [file_fault(document, each) for each in error.errors()]
    return _over(document, document.data, faults)


def settings_document(file: Path | None = None) -> Document | None:
    """Return the file that ``read_settings`` reads, with its places; ``None`` where there is none."""
    named = file or (Path(told) if (told := os.environ.get(NAMED_BY)) else Path(DEFAULT_FILE))
    try:
        document, _, _ = read_document(named.read_bytes(), str(named))
    except OSError:
        return None
    return document


def with_database(settings: Settings, url: str) -> Settings:
    """Return the settings with another database. Raises ``FaultyFile`` where ``url`` is none."""
    try:
        kept = DatabaseSettings.model_validate({**settings.database.model_dump(), "url": url})
    except ValidationError as error:
        faults = [
            Fault(
                "setting",
                phrase("the database is %(value)s", value=found(address_without_secrets(str(each["input"])))),
                expected=expected_of(each),
            )
            for each in error.errors()
        ]
        raise FaultyFile("--database", faults) from None
    return settings.model_copy(update={"database": kept})


def with_language(settings: Settings, language: str) -> Settings:
    """Return the settings with another language, one that there are texts in."""
    return settings.model_copy(update={"language": language})


def _over(document: Document | None, data: dict[str, object], faults: list[Fault]) -> Settings:
    """Lay the environment over the file's data."""
    faults = [*faults, *unknown_variables()]
    clean = data if not faults else {}
    settings: Settings | None = None
    try:
        settings = Settings(**cast("dict[str, Any]", clean))
    except SettingsError as error:
        faults.append(
            Fault("environment", str(error), expected=phrase("plain values, one variable for each key"))
        )
    except ValidationError as error:
        # What the environment says of a table of the file cannot be judged while the file is faulty.
        known = [each for each in error.errors() if not faults or each["loc"][0] not in NAMED]
        faults += [environment_fault(each) for each in known]
    said = (
        data if faults or settings is None else settings.model_dump(include={"language", "notices", "people"})
    )
    languages = languages_in(table_of(said, "notices").get("locale"))
    if settings is not None and not faults:
        faults += people_faults(settings, document)
    faults += language_faults(said, document, languages)
    if settings is not None and not faults:
        return with_known_languages(settings, languages)
    faults.sort(key=lambda fault: (fault.place.line, fault.place.column) if fault.place else (0, 0))
    raise FaultySettings(document.name if document else phrase("the environment"), faults)
