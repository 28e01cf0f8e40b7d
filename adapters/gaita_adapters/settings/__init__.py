"""The settings: one TOML file, environment variables over it, read once into one frozen object."""

from gaita_adapters.settings.environment import variable_of
from gaita_adapters.settings.faults import name_faults
from gaita_adapters.settings.reading import read_settings, settings_document, with_database
from gaita_adapters.settings.schema import (
    Language,
    LogSettings,
    Settings,
    calendars_wanted,
    setting_names,
)

__all__ = [
    "Language",
    "LogSettings",
    "Settings",
    "calendars_wanted",
    "name_faults",
    "read_settings",
    "setting_names",
    "settings_document",
    "variable_of",
    "with_database",
]
