"""The edits of `gaita correct`: what is done to each entry of a case, as typed on a command line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeAlias, cast

import click

from gaita import (
    Amend,
    Edit,
    Entry,
    Extend,
    Field,
    Fire,
    Insert,
    MalformedCommand,
    Pause,
    Resume,
    SetData,
    Start,
    Undo,
    Workflow,
    did_you_mean,
    listed,
    with_values,
)
from gaita.phrase import phrase
from gaita_adapters.command_line.instance_commands import read_payload
from gaita_adapters.command_line.values import read_effective, read_object, read_pairs

THEN: Final = "then"
"""What stands between two edits."""

_Command: TypeAlias = Start | Fire | SetData | Pause | Resume | Extend
_Read: TypeAlias = Callable[["_Case", Mapping[str, Any]], Edit]


class _Case:
    """What an edit is read by: the workflow, the entries, and who corrects."""

    def __init__(
        self,
        workflow: Workflow,
        entries: Sequence[Entry],
        actor: str,
        roles: Sequence[str],
        now: datetime,
    ) -> None:
        self.workflow = workflow
        self.now = now
        self.actor = actor
        self.roles = frozenset(roles)
        self._entries = {each.id: each for each in entries}

    def entry(self, identity: str) -> Entry:
        """Return an entry by its id. Raises ``MalformedCommand``."""
        found = self._entries.get(identity)
        if found is None:
            late = self._entries.get(f"{identity}.1")
            hint = (
                phrase("did you mean %(written)s?", written=late.id)  # the number of the record that made it
                if late is not None
                else did_you_mean(identity, list(self._entries))
            )
            complaint = phrase(
                "%(entry)s is no entry that can be edited; there are %(entries)s%(hint)s",
                entry=repr(identity),
                entries=listed(self._entries, most=20, last="and"),
                hint=f"; {hint}" if hint else "",
            )
            raise MalformedCommand(phrase("the correction"), [complaint])
        return found

    def whose(self, given: Mapping[str, Any], entry: Entry | None = None) -> tuple[str, frozenset[str]]:
        """Return who should have acted: as named, else as the entry says, else whoever corrects."""
        actor, roles = given.get("for_actor"), frozenset[str](given.get("for_roles") or ())
        if entry is not None:
            command = cast("_Command", entry.command)
            return actor or command.actor, roles or (command.roles if actor is None else frozenset())
        return (actor or self.actor), (roles or (self.roles if actor is None else frozenset()))

    def moment(self, given: Mapping[str, Any]) -> datetime | None:
        """Return the moment of ``--on``: of a day its last instant, at most now."""
        text: str | None = given["on"]
        return None if text is None else read_effective("--on", text, self.workflow.zone, self.now)

    def when(self, given: Mapping[str, Any]) -> datetime:
        """Return when an inserted entry took effect. Raises ``MalformedCommand``."""
        moment = self.moment(given)
        if moment is None:
            complaint = phrase("say with --on when it took effect, e.g. --on 2025-03-14T10:00")
            raise MalformedCommand(phrase("the correction"), [complaint])
        return moment


def read_edits(
    words: Sequence[str],
    ctx: click.Context,
    workflow: Workflow,
    entries: Sequence[Entry],
    actor: str,
    roles: Sequence[str],
    now: datetime,
) -> list[Edit]:
    """Return the edits that ``words`` name, one behind each ``then``.

    Raises ``UsageError`` for what is no edit, and ``MalformedCommand`` for a value that is none.
    """
    case = _Case(workflow, entries, actor, roles, now)
    return [_edit(group, ctx, case) for group in _groups(words)]


def _groups(words: Sequence[str]) -> Iterator[list[str]]:
    group: list[str] = []
    for word in words:
        if word == THEN:
            yield group
            group = []
        else:
            group.append(word)
    yield group


def _edit(group: Sequence[str], ctx: click.Context, case: _Case) -> Edit:
    name = group[0] if group else ""
    if name not in _EDITS:
        message = phrase(
            "expected an edit (%(edits)s), found %(found)s%(hint)s",
            edits=listed(_EDITS),
            found=repr(name) if name else phrase("nothing"),
            hint=f"; {hint}" if (hint := did_you_mean(name, list(_EDITS))) else "",
        )
        raise click.UsageError(message, ctx)
    command, read = _EDITS[name]
    given = command.make_context(name, list(group[1:]), parent=ctx).params
    return read(case, given)


def _undo(case: _Case, given: Mapping[str, Any]) -> Edit:
    return Undo(case.entry(given["entry"]).id)


def _amend(case: _Case, given: Mapping[str, Any]) -> Edit:
    entry = case.entry(given["entry"])
    at = case.moment(given)
    command = cast("_Command", entry.command)
    actor, roles = case.whose(given, entry)
    changed = replace(_changed(case.workflow, command, given), actor=actor, roles=roles)
    if changed == command and at is None:
        complaint = phrase(
            "nothing of entry %(entry)s is changed; name values, --on, --for-actor or --for-role",
            entry=entry.id,
        )
        raise MalformedCommand(phrase("the correction"), [complaint])
    return Amend(entry.id, None if changed == command else changed, at)


def _changed(workflow: Workflow, command: _Command, given: Mapping[str, Any]) -> _Command:
    """Return a command with other values: a key that is given replaces what it was, ``KEY=`` takes it out."""
    what = phrase("the correction")
    fields: Mapping[str, Field] = workflow.fields
    if isinstance(command, Fire):
        declared = workflow.events.get(command.event)
        fields = {} if declared is None else declared.payload
    clearing = not isinstance(command, Start)
    pairs = read_pairs(what, given["pairs"], fields, clearing=clearing)
    if given["by"] is not None and isinstance(command, Extend):
        command = replace(command, by=given["by"])
    try:
        return cast("_Command", with_values(command, {**read_object("--payload", given["payload"]), **pairs}))
    except ValueError as error:
        raise MalformedCommand(what, [str(error)]) from None


def _insert(case: _Case, given: Mapping[str, Any]) -> Edit:
    values = read_payload(case.workflow, given["event"], given["pairs"], given["payload"])
    return Insert(Fire(given["event"], values, *case.whose(given)), case.when(given))


def _set(case: _Case, given: Mapping[str, Any]) -> Edit:
    values = read_pairs(phrase("the correction"), given["pairs"], case.workflow.fields, clearing=True)
    return Insert(SetData(values, *case.whose(given), reason=given["because"]), case.when(given))


def _pause(case: _Case, given: Mapping[str, Any]) -> Edit:
    command = Pause(given["deadline"], given["because"] or "", *case.whose(given))
    return Insert(command, case.when(given))


def _resume(case: _Case, given: Mapping[str, Any]) -> Edit:
    command = Resume(given["deadline"], given["because"], *case.whose(given))
    return Insert(command, case.when(given))


def _extend(case: _Case, given: Mapping[str, Any]) -> Edit:
    command = Extend(given["deadline"], given["amount"], given["because"] or "", *case.whose(given))
    return Insert(command, case.when(given))


def _parser(name: str, *parameters: click.Parameter) -> click.Command:
    return click.Command(name, params=list(parameters), add_help_option=False)


def _argument(name: str, **more: Any) -> click.Argument:  # noqa: ANN401 - click's own
    return click.Argument([name], **more)


_ON: Final = click.Option(["--on"], metavar="DAY|MOMENT")
_WHOSE: Final = (
    click.Option(["--for-actor"], metavar="NAME"),
    click.Option(["--for-role", "for_roles"], multiple=True, metavar="ROLE"),
)
_PAIRS: Final = _argument("pairs", nargs=-1, metavar="[KEY=VALUE]…")
_PAYLOAD: Final = click.Option(["--payload"], metavar="JSON")
_BECAUSE: Final = click.Option(["--because"], metavar="TEXT")
_DEADLINE: Final = _argument("deadline")
_EDITS: Final[Mapping[str, tuple[click.Command, _Read]]] = {
    "undo": (_parser("undo", _argument("entry")), _undo),
    "amend": (
        _parser(
            "amend",
            _argument("entry"),
            _PAIRS,
            _PAYLOAD,
            _ON,
            click.Option(["--by"], metavar="AMOUNT"),
            *_WHOSE,
        ),
        _amend,
    ),
    "insert": (_parser("insert", _argument("event"), _PAIRS, _PAYLOAD, _ON, *_WHOSE), _insert),
    "set": (
        _parser(
            "set", _argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE…"), _ON, _BECAUSE, *_WHOSE
        ),
        _set,
    ),
    "pause": (_parser("pause", _DEADLINE, _ON, _BECAUSE, *_WHOSE), _pause),
    "resume": (_parser("resume", _DEADLINE, _ON, _BECAUSE, *_WHOSE), _resume),
    "extend": (
        _parser("extend", _DEADLINE, _argument("amount"), _ON, _BECAUSE, *_WHOSE),
        _extend,
    ),
}

EDIT_OPTIONS: Final = frozenset(
    option for command, _ in _EDITS.values() for each in command.params for option in each.opts
)
"""What may stand behind an edit."""
