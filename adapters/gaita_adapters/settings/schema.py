"""The sections of the settings: every key there is, with its default."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gaita import Fault, FaultyFile, InvalidArgument, Tables, WorkingCalendar
from gaita.phrase import phrase
from gaita_adapters.channels.settings import ChannelSettings
from gaita_adapters.settings.calendars import DEFAULT, CalendarSettings
from gaita_adapters.settings.environment import PREFIX, Named
from gaita_adapters.settings.people import AdministratorSettings, DigestSettings, PersonSettings


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Section):
    """Where everything is kept."""

    url: str = "sqlite:///gaita.sqlite3"
    wait_seconds: float = Field(default=30.0, ge=0, le=3600, allow_inf_nan=False)
    table_prefix: str = Field(default="gaita_", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,30}$")

    @field_validator("url")
    @classmethod
    def _a_url(cls, url: str) -> str:
        try:
            make_url(url)
        except (ArgumentError, ValueError):
            message = phrase("a database URL such as sqlite:///gaita.sqlite3")
            raise ValueError(message) from None
        return url

    @field_validator("table_prefix")
    @classmethod
    def _a_prefix(cls, prefix: str) -> str:
        try:
            Tables(prefix)
        except InvalidArgument:
            message = phrase("a prefix that no database keeps for its own tables, such as gaita_")
            raise ValueError(message) from None
        return prefix


class SchedulerSettings(_Section):
    """How ``gaita run`` looks for what is due."""

    sweep_seconds: float = Field(default=30.0, gt=0, le=86400, allow_inf_nan=False)


class KeySettings(_Section):
    """How long idempotency keys are remembered."""

    keep_days: int = Field(default=30, ge=1, le=36500)


class LogSettings(_Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class NoticeSettings(_Section):
    """How notices are put into words."""

    templates: str = ""
    """A folder with templates of your own, which go before those that Gaita brings; empty: none."""
    locale: str = ""
    """A folder with further languages, or other words in one of Gaita's; empty: none."""
    link: str = Field(default="", max_length=2000)
    """Where an instance can be looked at, with ``{instance}`` and ``{workflow}`` in it; empty: nowhere."""


class Settings(BaseSettings):
    """Everything that can be set. Frozen: read once, handed on."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    language: str = "en"
    database: DatabaseSettings = DatabaseSettings()
    scheduler: SchedulerSettings = SchedulerSettings()
    keys: KeySettings = KeySettings()
    log: LogSettings = LogSettings()
    notices: NoticeSettings = NoticeSettings()
    calendars: dict[str, CalendarSettings] = {}
    people: dict[str, PersonSettings] = {}
    roles: dict[str, list[str]] = {}
    channels: dict[str, ChannelSettings] = {}
    digests: dict[str, DigestSettings] = {}
    administrators: AdministratorSettings = AdministratorSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment go over what the file says (which comes as arguments)."""
        del dotenv_settings, file_secret_settings
        return Named(settings_cls, env_settings, init_settings), init_settings


def setting_names() -> dict[str, object]:
    """Return every key as ``section.key``, with its default."""
    names: dict[str, object] = {}
    for name, value in Settings.model_construct():
        if isinstance(value, BaseModel):
            names.update({f"{name}.{key}": default for key, default in value})
        elif not isinstance(value, dict):  # tables that an operator names: there are none by default
            names[name] = value
    return names


def calendars_wanted(settings: Settings) -> Iterable[WorkingCalendar]:
    """Return the calendars that the settings declare, and Latvia's. Raises ``FaultyFile``."""
    faults: list[Fault] = []
    found: list[WorkingCalendar] = []
    for name, each in {DEFAULT: CalendarSettings(), **settings.calendars}.items():
        try:
            found.append(each.calendar(name))
        except ValueError as error:
            faults.append(Fault("setting", phrase("`calendars.%(name)s`: %(error)s", name=name, error=error)))
    if faults:
        raise FaultyFile(phrase("the settings"), faults)
    return found
