"""An edit: what a correction does to the list of a case's entries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from gaita.correction.entry import Entry
from gaita.model.command import Asked, Start
from gaita.phrase import phrase


@dataclass(frozen=True, slots=True)
class Undo:
    """Take an entry back, as though it had never been made."""

    entry: str


@dataclass(frozen=True, slots=True)
class Amend:
    """Let an entry say something else, or have taken effect at another moment."""

    entry: str
    command: Asked | Start | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Insert:
    """Make an entry that was forgotten, at the moment at which it took effect."""

    command: Asked
    at: datetime


Edit: TypeAlias = Undo | Amend | Insert


class WrongEdit(ValueError):
    """An edit that cannot be made. Says why, and what to do."""


def edited(entries: Sequence[Entry], edits: Sequence[Edit], new: str, now: datetime) -> list[Entry]:
    """Return the entries as they are after the edits: each edited one where it took effect.

    ``entries``: those of people, which were accepted. ``new``: what the ids of inserted ones begin with.
    Raises ``WrongEdit``.
    """
    kept = list(entries)
    placed: list[Entry] = []
    inserted = 0
    for edit in edits:
        match edit:
            case Undo():
                kept.remove(_known(kept, edit.entry))
            case Amend():
                before = _known(kept, edit.entry)
                placed.append(_amended(before, edit))
                if placed[-1].at == before.at:
                    kept[kept.index(before)] = placed.pop()
                else:
                    kept.remove(before)
            case Insert():
                inserted += 1
                placed.append(
                    Entry(f"{new}.{inserted}", edit.command, edit.at, now, None, None, None, is_new=True)
                )
    for entry in placed:
        # The start stays first: an adopted case may have lived before it was entered.
        begin = int(bool(kept) and isinstance(kept[0].command, Start))
        places = range(begin, len(kept))
        at = next((place for place in places if kept[place].at > entry.at), len(kept))
        kept.insert(0 if isinstance(entry.command, Start) else at, entry)
    return _sound(kept, now)


def _amended(before: Entry, edit: Amend) -> Entry:
    command = before.command if edit.command is None else edit.command
    if type(command) is not type(before.command):
        message = phrase("entry %(id)s cannot become another command; undo it, and insert one", id=before.id)
        raise WrongEdit(message)
    if isinstance(command, Start) and isinstance(before.command, Start):
        command = replace(command, instance=before.command.instance)
    return replace(before, command=command, at=edit.at or before.at, is_new=True)


def _sound(entries: list[Entry], now: datetime) -> list[Entry]:
    if not entries or not isinstance(entries[0].command, Start):
        message = phrase("a case begins with its start: it cannot be undone, or come behind another entry")
        raise WrongEdit(message)
    begun = entries[0].command.since or entries[0].at
    early = next((each for each in entries[1:] if each.is_new and each.at < begun), None)
    if early is not None:
        message = phrase(
            "%(at)s lies before the case began, %(begun)s: nothing could happen to it then; amend its start "
            "if it began earlier",
            at=early.at.isoformat(),
            begun=begun.isoformat(),
        )
        raise WrongEdit(message)
    late = next((each for each in entries if each.at > now), None)
    if late is not None:
        message = phrase(
            "%(at)s lies in the future: what has not happened yet cannot be entered", at=late.at.isoformat()
        )
        raise WrongEdit(message)
    return entries


def _known(entries: Sequence[Entry], identity: str) -> Entry:
    for each in entries:
        if each.id == identity:
            return each
    message = phrase(
        "there is no entry %(id)s that could be edited; there are %(known)s",
        id=identity,
        known=", ".join(each.id for each in entries),
    )
    raise WrongEdit(message)
