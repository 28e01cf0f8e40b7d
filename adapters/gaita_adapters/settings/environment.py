"""The environment: variables that go over what the file says."""

from typing import Any, cast

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from gaita_adapters.settings.calendars import DEFAULT

PREFIX = "GAITA_"
NAMED = ("calendars", "people", "roles", "channels", "digests")
"""The sections whose tables an operator names."""


class Named(PydanticBaseSettingsSource):
    """The environment, with the names that an operator gave written as the file writes them.

    Variables have no case: ``GAITA_CALENDARS__LV__SWAPS`` arrives as ``lv``.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        environment: PydanticBaseSettingsSource,
        file: PydanticBaseSettingsSource,
    ) -> None:
        super().__init__(settings_cls)
        self._environment = environment
        self._file = file

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return what the environment says of a field."""
        return self._environment.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """Return what the environment says."""
        told, file = self._environment(), self._file()
        for section in NAMED:
            given: object = told.get(section)
            if not isinstance(given, dict):
                continue
            tables = cast("dict[str, object]", given)
            declared = cast("dict[str, object]", file.get(section) or {})
            written = {name.casefold(): name for name in declared}
            if section == "calendars":
                written.setdefault(DEFAULT.casefold(), DEFAULT)
            told[section] = {written.get(name.casefold(), name): value for name, value in tables.items()}
        return told


def variable_of(name: str) -> str:
    """Return the environment variable that sets ``section.key``."""
    return PREFIX + name.replace(".", "__").upper()
