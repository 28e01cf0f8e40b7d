"""The settings: one TOML file, environment variables over it, read once into one frozen object."""

from gaita_adapters.settings.environment import variable_of
from gaita_adapters.settings.faults import name_faults
from gaita_adapters.settings.languages import languages_in
from gaita_adapters.settings.reading import read_settings, settings_document, with_database, with_language
from gaita_adapters.settings.schema import (
    LogSettings,
    Settings,
    calendars_wanted,
    setting_names,
)
from gaita_adapters.settings.secrets import FaultySettings, without_secrets

__all__ = [
    "FaultySettings",
    "LogSettings",
    "Settings",
    "calendars_wanted",
    "languages_in",
    "name_faults",
    "read_settings",
    "setting_names",
    "settings_document",
    "variable_of",
    "with_database",
    "with_language",
    "without_secrets",
]
