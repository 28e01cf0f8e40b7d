"""A secret: a setting that names the environment variable or the file where the secret stands."""

import os
import stat
from pathlib import Path
from typing import Final

import structlog
from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from gaita import GaitaError
from gaita.phrase import phrase

_LARGEST: Final = 65_536
"""Bytes; what is larger is some other file."""


class MissingSecret(GaitaError):
    """A secret is not where the settings say: put it there, or mend the settings."""


class SecretSource(BaseModel):
    """Where a secret stands: ``{ env = "NAME" }`` or ``{ file = "/run/secrets/name" }``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "SecretSource":
        if bool(self.env) is bool(self.file):
            message = phrase('where the secret stands: { env = "NAME" } or { file = "/run/secrets/name" }')
            raise ValueError(message)
        return self

    def read(self) -> SecretStr:
        """Return the secret, a file's without the newline at its end.

        Raises ``MissingSecret`` where there is none, or only nothing.
        """
        return self._from_file(Path(self.file)) if self.file else self._from_environment(self.env or "")

    def _from_environment(self, variable: str) -> SecretStr:
        value = os.environ.get(variable)
        if value is None:
            raise MissingSecret(
                phrase(
                    "the environment variable %(variable)s is not set; it should hold the secret",
                    variable=variable,
                )
            )
        if not value:
            raise MissingSecret(
                phrase(
                    "the environment variable %(variable)s is empty; it should hold the secret",
                    variable=variable,
                )
            )
        return SecretStr(value)

    def _from_file(self, path: Path) -> SecretStr:
        try:
            with path.open("rb") as opened:
                mode = os.fstat(opened.fileno()).st_mode
                content = opened.read(_LARGEST + 1)
        except OSError as error:
            raise MissingSecret(
                phrase(
                    "the file %(path)s cannot be read: %(why)s; it should hold the secret",
                    path=path,
                    why=error.strerror,
                )
            ) from None
        if len(content) > _LARGEST:
            raise MissingSecret(
                phrase(
                    "the file %(path)s is larger than %(largest)s bytes: that is no secret",
                    path=path,
                    largest=_LARGEST,
                )
            )
        try:
            value = content.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise MissingSecret(
                phrase("the file %(path)s is not UTF-8 text; it should hold the secret", path=path)
            ) from None
        if not value:
            raise MissingSecret(phrase("the file %(path)s is empty; it should hold the secret", path=path))
        if mode & stat.S_IROTH:
            structlog.get_logger().warning(
                "everybody on this machine can read a secret; take that right away", file=str(path)
            )
        return SecretStr(value)


def revealed(setting: "str | SecretSource") -> str:
    """Return what a setting says that may be written out or be a secret.

    Raises ``MissingSecret`` where it is a secret that is not there.
    """
    return setting if isinstance(setting, str) else setting.read().get_secret_value()
