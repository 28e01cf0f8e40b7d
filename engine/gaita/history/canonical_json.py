"""Canonical JSON (RFC 8785): one text for one value, so that a hash of it means something."""

import json
from typing import cast

import rfc8785

_PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)
_ATOMS = frozenset({str, int, bool, type(None)})


def canonical(value: object) -> bytes:
    """Return the RFC 8785 form of a JSON value.

    Most records have only ASCII names and no floating-point number; for those Python's own encoder writes
    the very same bytes, four times faster, and a property test holds it to that. The rest is rfc8785's.
    """
    if _is_plain(value):
        return _PLAIN.encode(value).encode()
    return rfc8785.dumps(value)  # type: ignore[arg-type]


def _is_plain(value: object) -> bool:
    kind = type(value)
    if kind in _ATOMS:
        return True
    if kind is dict:
        for key, each in cast("dict[str, object]", value).items():
            if not (key.isascii() and (type(each) in _ATOMS or _is_plain(each))):
                return False
        return True
    if kind is list:
        return all(type(each) in _ATOMS or _is_plain(each) for each in cast("list[object]", value))
    return False
