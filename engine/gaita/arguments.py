"""The arguments of a call: checked in one place, all that is wrong with them told at once.

An instance's id is written in one way only, so that no two look alike: one to 200 printable characters in
Unicode's compatibility composed form (NFKC), without blanks at the ends or two in a row, without characters
that cannot be seen, and not of letters of several alphabets that share their forms. Its parts between
slashes are no empty, ``.`` or ``..`` ones, so that it can be part of a path or an address.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self, cast

from gaita.calendar import zone_exists
from gaita.clock import EPOCH, as_utc
from gaita.errors import MalformedCommand
from gaita.fault import shown
from gaita.model.command import ENGINE
from gaita.phrase import formed, phrase

LONGEST_INSTANCE = 200
LONGEST_KEY = 200
LONGEST_ACTOR = 200
LONGEST_ROLE = 200
LONGEST_REASON = 2_000
LARGEST_LIMIT = 100_000
"""So many entries at most are asked for at once."""
_LARGEST_NUMBER = 2**63 - 1

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Characters that Unicode counts as printable, and that nobody sees."""
_ALPHABETS = frozenset({"CYRILLIC", "GREEK", "LATIN"})
"""Many of their letters look the same."""
_LAYOUT = "\t\n\r"
# What is expected where nothing depends on the call.
_WHO_ASKS = phrase('who asks, such as "anna" or "system"')
_A_ROLE = phrase("the name of a role")
_WHY = phrase("why")
_A_TEXT = phrase("a text")
_A_KEY = phrase("an idempotency key")
_AN_INSTANCE = phrase("an instance's id")
_A_NAME = phrase("a name")
_FIELDS = phrase("names of fields")
_A_ZONE = phrase("the name of a time zone")


class Arguments:
    """Checks the arguments of one call. At its end it raises ``MalformedCommand`` with all that is wrong."""

    def __init__(self, what: str) -> None:
        """Check the arguments of ``what``, as in "the start"."""
        self._what = what
        self._complaints: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Raise what was found."""
        if error is None and self._complaints:
            raise MalformedCommand(self._what, self._complaints)

    # -- who, and why

    def actor(self, value: object) -> str:
        """Return who asks: text of one line, and not the name under which the engine itself acts."""
        actor = self._line(value, "actor", LONGEST_ACTOR, _WHO_ASKS)
        if actor.casefold() == ENGINE:
            self.wrong(
                "actor", phrase("%(actor)s is the engine's own name; pass who asks", actor=shown(actor))
            )
        return actor

    def roles(self, value: object) -> frozenset[str]:
        """Return the roles of a caller: several texts, not one."""
        if isinstance(value, frozenset) and not value:
            return cast("frozenset[str]", value)
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Collection):
            advice = phrase("; pass [%(value)s]", value=repr(value)) if isinstance(value, str) else ""
            self.wrong(
                "roles",
                phrase(
                    "expected a list or set of names, found %(kind)s%(advice)s",
                    kind=_kind(value),
                    advice=advice,
                ),
            )
            return frozenset()
        names = cast("Collection[object]", value)
        return frozenset(self._line(each, "roles", LONGEST_ROLE, _A_ROLE) for each in names)

    def reason(self, value: object) -> str | None:
        """Return a reason, where one is given: it may have several lines."""
        if value is None or value == "":
            return value if isinstance(value, str) else None
        reason = self._text(value, "reason", LONGEST_REASON, _WHY)
        if reason and not reason.strip():
            self.wrong("reason", phrase("holds nothing but blanks; say why"))
        return reason

    def wording(self, value: object) -> str | None:
        """Return what whoever puts a case right says of it, where it is given: it may have several lines."""
        return None if value is None else self._text(value, "notice", LONGEST_REASON, _A_TEXT) or None

    def key(self, value: object) -> str | None:
        """Return an idempotency key, where one is given."""
        return None if value is None else self._line(value, "key", LONGEST_KEY, _A_KEY)

    def effective(self, value: object) -> date | datetime | None:
        """Return when a command took effect: a day, or a moment in UTC; ``None``: now."""
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        return self.optional_moment(value, "on")

    # -- which

    def instance(self, value: object) -> str:
        """Return the id of an instance that may exist: an older release admitted more of them."""
        return self._text(value, "instance", None, _AN_INSTANCE)

    def new_instance(self, value: object) -> str | None:
        """Return the id of an instance that is started, or nothing where one is to be made."""
        if value is None:
            return None
        if value == "":
            self.wrong("instance", phrase("is empty; expected an id, or none at all"))
            return None
        identity = self._text(value, "instance", LONGEST_INSTANCE, _AN_INSTANCE)
        why = _why_not_an_id(identity)
        if identity and why is not None:
            self.wrong("instance", formed("%(identity)s %(why)s", identity=shown(identity), why=why))
        return identity

    def name(self, value: object, name: str) -> str:
        """Return a name that the workflow or the settings know, or do not."""
        return self._text(value, name, None, _A_NAME)

    def optional_name(self, value: object, name: str) -> str | None:
        """Return such a name, where one is given."""
        return None if value is None else self.name(value, name)

    def number(self, value: object, name: str, least: int = 1) -> int:
        """Return a number that counts things."""
        return self._whole(value, name, least, _LARGEST_NUMBER)

    def version(self, value: object) -> int | None:
        """Return a workflow's version, where one is given."""
        return None if value is None else self.number(value, "version")

    def limit(self, value: object, name: str = "limit") -> int:
        """Return how many entries are asked for at once."""
        return self._whole(value, name, 1, LARGEST_LIMIT)

    # -- what

    def values(self, value: object, name: str) -> Mapping[str, object]:
        """Return values by the names of their fields."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(
                name, phrase("expected a mapping from names to values, found %(kind)s", kind=_kind(value))
            )
            return {}
        values = cast("Mapping[object, object]", value)
        for each in values:
            self._text(each, name, None, _FIELDS)
        return cast("Mapping[str, object]", values)

    def source(self, value: object) -> bytes | str:
        """Return the content of a file."""
        if not isinstance(value, bytes | str):
            self.wrong(
                "source",
                phrase("expected the file's content as text or bytes, found %(kind)s", kind=_kind(value)),
            )
            return ""
        return value

    def zone(self, value: object) -> str:
        """Return the name of a time zone."""
        zone = self._text(value, "zone", None, _A_ZONE)
        if isinstance(value, str) and not zone_exists(zone):
            self.wrong(
                "zone",
                phrase('there is no time zone %(zone)s; pass a name such as "Europe/Riga"', zone=shown(zone)),
            )
        return zone

    def moment(self, value: object, name: str) -> datetime:
        """Return an instant, in UTC."""
        if not isinstance(value, datetime):
            self.wrong(
                name, phrase("expected a datetime with a time zone, found %(kind)s", kind=_kind(value))
            )
            return EPOCH
        try:
            return as_utc(value)
        except (ValueError, OverflowError) as error:
            self.wrong(name, str(error))
            return EPOCH

    def optional_moment(self, value: object, name: str) -> datetime | None:
        """Return an instant, where one is given."""
        return None if value is None else self.moment(value, name)

    def flag(self, value: object, name: str) -> bool:
        """Return a truth value."""
        if not isinstance(value, bool):
            self.wrong(name, phrase("expected true or false, found %(kind)s", kind=_kind(value)))
        return value is True

    def moments(self, value: object, name: str) -> dict[str, datetime]:
        """Return instants by name, where some are given."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(
                name, phrase("expected a mapping from names to moments, found %(kind)s", kind=_kind(value))
            )
            return {}
        given = cast("Mapping[object, object]", value)
        return {self.name(key, name): self.moment(at, f"{name}[{key!r}]") for key, at in given.items()}

    def wrong(self, name: str, complaint: str) -> None:
        """Note what is wrong with an argument."""
        self._complaints.append(formed("%(name)s: %(complaint)s", name=name, complaint=complaint))

    def _text(self, value: object, name: str, longest: int | None, expected: str) -> str:
        if not isinstance(value, str):
            self.wrong(
                name, phrase("expected %(expected)s, found %(kind)s", expected=expected, kind=_kind(value))
            )
            return ""
        if longest is not None and len(value) > longest:
            self.wrong(
                name,
                phrase(
                    "expected at most %(most)s characters, found %(number)s",
                    most=longest,
                    number=len(value),
                ),
            )
            return ""
        if not value.isprintable() and any(_is_no_text(each) for each in value):
            self.wrong(
                name,
                phrase("%(value)s holds control characters, or halves of characters", value=shown(value)),
            )
            return ""
        return value

    def _line(self, value: object, name: str, longest: int, expected: str) -> str:
        line = self._text(value, name, longest, expected)
        if not isinstance(value, str) or (value and not line):
            return ""
        if not line.strip():
            self.wrong(
                name,
                phrase("is blank; expected %(expected)s", expected=expected)
                if line
                else phrase("is empty; expected %(expected)s", expected=expected),
            )
        elif line != line.strip():
            self.wrong(name, phrase("%(line)s begins or ends with a blank", line=shown(line)))
        elif not line.isprintable():
            self.wrong(name, phrase("%(line)s holds characters that cannot be seen", line=shown(line)))
        else:
            return line
        return ""

    def _whole(self, value: object, name: str, least: int, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            found = str(value)[:30] if type(value) is int else _kind(value)
            self.wrong(
                name,
                phrase(
                    "expected a whole number from %(least)s to %(most)s, found %(found)s",
                    least=least,
                    most=most,
                    found=found,
                ),
            )
            return least
        return value


def _kind(value: Any) -> str:  # noqa: ANN401 - whatever a caller passes
    return "nothing" if value is None else f"{_an(type(value).__name__)}"


def _an(word: str) -> str:
    return f"an {word}" if word[:1] in "aeiou" else f"a {word}"


def _is_no_text(character: str) -> bool:
    category = unicodedata.category(character)
    return category == "Cs" or (category == "Cc" and character not in _LAYOUT)


def _why_not_an_id(identity: str) -> str | None:
    """Return why a text is no id that an instance may be started with; ``None``: it is one."""
    if identity != identity.strip() or "  " in identity:
        return phrase("begins or ends with a blank, or has two in a row")
    if not identity.isprintable() or _UNSEEN.search(identity):
        return phrase("holds characters that cannot be seen")
    if unicodedata.normalize("NFKC", identity) != identity:
        composed = unicodedata.normalize("NFKC", identity)
        return phrase(
            "holds characters that stand for others (it is not NFKC); pass %(composed)s",
            composed=shown(composed),
        )
    if not identity.isascii():
        alphabets = {unicodedata.name(each, "").partition(" ")[0] for each in identity if each.isalpha()}
        mixed = sorted(alphabets & _ALPHABETS)
        if len(mixed) > 1:
            return phrase(
                "mixes %(alphabets)s letters, which look alike",
                alphabets=" and ".join(each.capitalize() for each in mixed),
            )
    if any(part in {"", ".", ".."} for part in re.split(r"[/\\]", identity)):
        return phrase('has a part between slashes that is empty, "." or "..", as paths do')
    return None
