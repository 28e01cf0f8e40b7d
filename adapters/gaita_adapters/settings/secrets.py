"""Secrets that somebody wrote into the settings: nothing that is printed shows one."""

import re
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from gaita import FaultyFile, did_you_mean
from gaita.phrase import phrase
from gaita_adapters.channels.settings import CHANNELS
from gaita_adapters.settings.people import PersonSettings
from gaita_adapters.settings.schema import setting_names

CONCEALED: Final = "•••"
"""What is shown instead, however long it is."""

_KEYS: Final = ("password", "secret", "previous_secret", "apprise", "url")
"""The keys that take a secret, or an address that may hold one."""
_SECRETIVE: Final = re.compile(r"pass|secret|token|credential|api_?key|whsec", re.IGNORECASE)
_OPEN: Final = frozenset({"env", "file"})
"""What a secret's table says openly: where the secret stands."""
_TABLES: Final[tuple[type[BaseModel], ...]] = (*CHANNELS.values(), PersonSettings)
_PLAIN: Final = frozenset(
    {name.rpartition(".")[2] for name in setting_names()}
    | {field.alias or name for model in _TABLES for name, field in model.model_fields.items()}
).difference(_KEYS)
"""The keys that hold none, though their names may come near one that does."""

_PAIR: Final = re.compile(
    r"""
      (?P<comment>\#[^\n]*+)
    | ^[ \t]*+\[+(?P<table>[^\]\n]*+)\]+
    | (?P<key>[A-Za-z0-9_.\-"']++)[ \t]*+=[ \t]*+
      (?P<value>\"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"{3,5}|\Z) | '''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)
        | "(?:[^"\\\n]|\\.)*+(?:"|$) | '[^'\n]*+(?:'|$)
        | \[(?:[^\]"'\n]|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?)*+\]? | (?=\{) | [^\s,}\#]++)
    | (?P<open>\{) | (?P<close>\})
    | "(?:[^"\\\n]|\\.)*+" | '[^'\n]*+'
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_IN_ADDRESS: Final = re.compile(r"(?<=://)[^\s/@\"']*@")
"""Who logs in, in the address of a database or of a service."""
_SIGNING: Final = re.compile(r"whsec_[A-Za-z0-9+/=_-]+")


class FaultySettings(FaultyFile):
    """The settings have faults; a line of them is shown only with its secrets concealed."""


def holds_secret(path: Sequence[str | int]) -> bool:
    """Whether what stands at ``path`` of the settings is a secret, or may hold one."""
    keys = [part for part in path if isinstance(part, str)]
    if not keys or keys[0] == "database" or keys[-1] in _OPEN:
        return False
    return any(_is_secret(key) for key in keys[-2:])


def address_without_secrets(text: str) -> str:
    """Return an address, such as that of a database, without who logs in with what."""
    return _SIGNING.sub(CONCEALED, _IN_ADDRESS.sub(f"{CONCEALED}@", text))


def where_it_stands(path: Sequence[str | int]) -> str:
    """Return how to write a secret down: where it stands, not what it is."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "password")
    if key == "apprise":
        return phrase(
            "a token does not belong into the settings file: give the address in the environment variable "
            "GAITA_PEOPLE__NAME__APPRISE"
        )
    if key not in _KEYS:
        key = "password"
    variable = {"password": "SMTP_PASSWORD", "url": "GAITA_CHANNEL_URL"}.get(key, "GAITA_HOOK_SECRET")
    return phrase(
        "a secret does not belong into the settings: name where it stands, as in %(written)s",
        written=f'{key} = {{ env = "{variable}" }}',
    )


def without_secrets(text: str) -> str:
    """Return the text of a settings file, right or wrong, with every secret in it concealed.

    Each line stays where it is, and what follows a secret on its line stays in its column.
    """
    told: list[str] = []
    end = 0
    database = False
    header = False
    tables: list[bool] = []
    before = ""
    for found in _PAIR.finditer(text):
        if (table := found["table"]) is not None:
            keys = _parts(table)
            header, database, tables = _is_secret(keys[-1]) and len(keys) > 2, keys[0] == "database", []
        elif found["open"]:
            tables.append(_is_secret(before) or any(tables))
            before = ""
        elif found["close"]:
            del tables[-1:]
        elif found["key"]:
            keys = _parts(found["key"])
            before = keys[-1]
            inside = header or any(tables)
            secret = any(_is_secret(key) for key in keys[-2:]) or inside
            address = (database or keys[0] == "database") and keys[-1] == "url"
            if secret and keys[-1] not in _OPEN and not address and found["value"]:
                told += [text[end : found.start("value")], _concealed(found["value"])]
                end = found.end("value")
    told.append(text[end:])
    kept = address_without_secrets("".join(told))
    return "\n".join(line.rstrip() for line in kept.split("\n"))


def _is_secret(key: str) -> bool:
    """Whether a key takes a secret; one that is misspelt does as well."""
    if key in _PLAIN:
        return False
    return key in _KEYS or _SECRETIVE.search(key) is not None or did_you_mean(key, _KEYS[:4]) is not None


def _parts(key: str) -> list[str]:
    return [part.strip(" \t\"'") for part in key.split(".")]


def _concealed(value: str) -> str:
    lines = value.split("\n")
    quote = value[0] if value[0] in "\"'" else ""
    shown = f"{quote}{CONCEALED}{quote}"
    return "\n".join([shown.ljust(len(lines[0])), *(CONCEALED.ljust(len(line)) for line in lines[1:])])
