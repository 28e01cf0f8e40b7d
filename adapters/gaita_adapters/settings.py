"""The settings: one TOML file, environment variables over it, read once into one frozen object."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gaita import Fault, FaultyFile, Place, WorkingCalendar, did_you_mean, listed
from gaita.language.document import Document, read_document
from gaita_adapters.calendar_settings import DEFAULT, CalendarSettings
from gaita_adapters.channels.settings import CHANNELS, ChannelSettings, written_path
from gaita_adapters.people_settings import DigestSettings, PersonSettings, unknown_names

Language: TypeAlias = Literal["lv", "en"]

DEFAULT_FILE = "gaita.toml"
NAMED_BY = "GAITA_SETTINGS"
_PREFIX = "GAITA_"


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
            message = "a database URL such as sqlite:///gaita.sqlite3"
            raise ValueError(message) from None
        return url


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
    link: str = Field(default="", max_length=2000)
    """Where an instance can be looked at, with ``{instance}`` and ``{workflow}`` in it; empty: nowhere."""


class Settings(BaseSettings):
    """Everything that can be set. Frozen: read once, handed on."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    language: Language = "en"
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
        return _Named(settings_cls, env_settings, init_settings), init_settings


class _Named(PydanticBaseSettingsSource):
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
        for section in _NAMED:
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


_NAMED = ("calendars", "people", "roles", "channels", "digests")
"""The sections whose tables an operator names."""

_fields: dict[str, Any] = {
    name: (field.annotation, field.default) for name, field in Settings.model_fields.items()
}
_FileShape: type[BaseModel] = create_model("FileShape", __config__=ConfigDict(extra="forbid"), **_fields)
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
            f"the settings file cannot be read: {error.strerror}",
            Place(str(path), 1, 1),
            hint="name another with --settings, or copy config.example.toml",
        )
        raise FaultyFile(str(path), [fault]) from None
    document, _, faults = read_document(source, str(path))
    if document is None:
        raise FaultyFile(str(path), faults)
    try:
        _FileShape.model_validate(document.data, strict=True)
    except ValidationError as error:
        faults += [_fault(document, each) for each in error.errors()]
        faults.sort(key=lambda fault: (fault.place.line, fault.place.column) if fault.place else (0, 0))
    return _over(document, document.data, faults)


def with_database(settings: Settings, url: str) -> Settings:
    """Return the settings with another database. Raises ``FaultyFile`` where ``url`` is none."""
    try:
        kept = DatabaseSettings.model_validate({**settings.database.model_dump(), "url": url})
    except ValidationError as error:
        faults = [
            Fault("setting", f"the database is {each['input']!r}", expected=_expected(each))
            for each in error.errors()
        ]
        raise FaultyFile("--database", faults) from None
    return settings.model_copy(update={"database": kept})


def setting_names() -> dict[str, object]:
    """Return every key as ``section.key``, with its default."""
    names: dict[str, object] = {}
    for name, value in Settings.model_construct():
        if isinstance(value, BaseModel):
            names.update({f"{name}.{key}": default for key, default in value})
        elif not isinstance(value, dict):  # tables that an operator names: there are none by default
            names[name] = value
    return names


def _over(document: Document | None, data: dict[str, object], faults: list[Fault]) -> Settings:
    """Lay the environment over the file's data."""
    faults = [*faults, *_unknown_variables()]
    clean = data if not faults else {}
    settings: Settings | None = None
    try:
        settings = Settings(**cast("dict[str, Any]", clean))
    except SettingsError as error:
        faults.append(Fault("environment", str(error), expected="plain values, one variable for each key"))
    except ValidationError as error:
        # What the environment says of a table of the file cannot be judged while the file is faulty.
        known = [each for each in error.errors() if not faults or each["loc"][0] not in _NAMED]
        faults += [_environment_fault(each) for each in known]
    if settings is not None and not faults:
        faults += _people_faults(settings, document)
    if faults or settings is None:
        raise FaultyFile(document.name if document else "the environment", faults)
    return settings


def _people_faults(settings: Settings, document: Document | None) -> Iterable[Fault]:
    """Tell of every role and deputy that names nobody; of what the environment says, without a place."""
    for path, told in unknown_names(settings.people, settings.roles):
        place = None
        if document is not None and _holds(document.data, path):
            place = document.places.value(path)
        yield Fault("setting", told, place, hint="declare the person under [people.NAME]")


def _holds(data: object, path: Sequence[str | int]) -> bool:
    """Whether there is something in the file's data at ``path``."""
    for part in path:
        if isinstance(data, dict) and part in data:
            data = cast("dict[str | int, object]", data)[part]
        elif isinstance(data, list) and isinstance(part, int) and part < len(cast("list[object]", data)):
            data = cast("list[object]", data)[part]
        else:
            return False
    return True


def calendars_wanted(settings: Settings) -> Iterable[WorkingCalendar]:
    """Return the calendars that the settings declare, and Latvia's. Raises ``FaultyFile``."""
    faults: list[Fault] = []
    found: list[WorkingCalendar] = []
    for name, each in {DEFAULT: CalendarSettings(), **settings.calendars}.items():
        try:
            found.append(each.calendar(name))
        except ValueError as error:
            faults.append(Fault("setting", f"`calendars.{name}`: {error}"))
    if faults:
        raise FaultyFile("the settings", faults)
    return found


def _unknown_variables() -> Iterable[Fault]:
    known = {variable_of(name) for name in setting_names()} | {NAMED_BY}
    known |= {_PREFIX + name.upper() for name in Settings.model_fields}
    named = tuple(f"{_PREFIX}{name.upper()}__" for name in _NAMED)
    for variable in sorted(os.environ):
        upper = variable.upper()
        if upper.startswith(_PREFIX) and upper not in known and not upper.startswith(named):
            yield Fault(
                "unknown-key",
                f"the environment variable {variable} sets nothing",
                expected=listed(sorted(known), most=20),
                hint=did_you_mean(variable, known),
            )


def variable_of(name: str) -> str:
    """Return the environment variable that sets ``section.key``."""
    return _PREFIX + name.replace(".", "__").upper()


def _fault(document: Document, detail: ErrorDetails) -> Fault:
    path = written_path(document.data, detail)
    name = ".".join(str(part) for part in path)
    if detail["type"] == "extra_forbidden":
        known = _known_keys(document.data, path[:-1])
        return Fault(
            "unknown-key",
            f"there is no setting `{name}`",
            document.places.key(path),
            expected=listed(known, most=20),
            hint=did_you_mean(str(path[-1]), known),
        )
    if detail["type"] == "missing":
        *table, key = path
        place = document.places.key(tuple(table)) if table else Place(document.name, 1, 1)
        return Fault("setting", f"`{'.'.join(map(str, table))}` has no `{key}`", place, "a value for it")
    return Fault(
        "setting", f"`{name}` is {detail['input']!r}", document.places.value(path), _expected(detail)
    )


def _known_keys(data: Mapping[str, object], table: Sequence[str | int]) -> list[str]:
    """Return the keys that a table of the file may have."""
    if not table:
        return list(dict.fromkeys(key.partition(".")[0] for key in (*setting_names(), *_NAMED)))
    section = str(table[0])
    if section not in _NAMED:
        return [key.removeprefix(f"{section}.") for key in setting_names() if key.startswith(f"{section}.")]
    models: dict[str, type[BaseModel]] = {
        "calendars": CalendarSettings,
        "people": PersonSettings,
        "digests": DigestSettings,
    }
    model = models.get(section)
    if section == "channels":
        channel = cast("dict[str, dict[str, object]]", data[section]).get(str(table[1]), {})
        model = CHANNELS.get(str(channel.get("kind")))
    if model is None or len(table) > 2:
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _environment_fault(detail: ErrorDetails) -> Fault:
    variable = variable_of(".".join(str(part) for part in detail["loc"]))
    if detail["type"] == "extra_forbidden":
        return Fault("unknown-key", f"the environment variable {variable} sets nothing")
    return Fault("setting", f"{variable} is {detail['input']!r}", expected=_expected(detail))


def _expected(detail: ErrorDetails) -> str:
    told = detail["msg"].removeprefix("Value error, ")
    return told.removeprefix("Input should be ").removeprefix("a valid ")
