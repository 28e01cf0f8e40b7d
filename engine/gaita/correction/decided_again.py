"""Deciding again: the commands of a history, taken by the same rules, must come out as they are recorded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

from gaita.calendar import WorkingCalendar
from gaita.correction.entry import Entry, entry_of
from gaita.history import FORMAT, GENESIS, Record, canonical, chain
from gaita.model.instance import Instance
from gaita.model.outcome import Outcome
from gaita.model.workflow import Workflow
from gaita.step import Facts, step

Workflows: TypeAlias = Callable[[str], Workflow]
"""Gives the version of a workflow that is named ``ID@VERSION``."""
CalendarsByDigest: TypeAlias = Callable[[str], WorkingCalendar]
"""Gives the calendar that has a digest, as it was in force."""


def decided_again(
    records: Sequence[Record], workflows: Workflows, calendars: CalendarsByDigest
) -> Iterator[tuple[Record, Record]]:
    """Yield each record beside the one that its command leads to when it is decided anew.

    It is decided after what was decided before it, at its moment, by the version and the calendar that it
    names. Raises what ``step`` raises, where a command cannot be carried out any more.
    """
    instance: Instance | None = None
    head = GENESIS
    for record in records:
        entry = entry_of(record.body)
        workflow = workflows(str(record.body["workflow"]))
        outcome = _decided(workflow, instance, entry, calendars)
        (anew,) = chain(workflow, [outcome], head, entry.key)
        yield record, anew
        instance, head = outcome.after, record.hash


def first_difference(
    records: Sequence[Record], workflows: Workflows, calendars: CalendarsByDigest
) -> int | None:
    """Return the number of the first record that comes out otherwise; ``None``: all come out the same.

    Records in the present form are held to the byte, but for the release that wrote them; those of an earlier
    form to whatever they say.
    """
    for record, anew in decided_again(records, workflows, calendars):
        if record.format == FORMAT:
            same = record.text == canonical({**anew.body, "engine": record.body["engine"]})
        else:
            same = _says(anew.body, record.body, "format")
        if not same:
            return record.sequence
    return None


def _decided(
    workflow: Workflow, instance: Instance | None, entry: Entry, calendars: CalendarsByDigest
) -> Outcome:
    calendar = None if entry.calendar is None else calendars(entry.calendar)
    return step(workflow, instance, entry.command, Facts(entry.at, calendar))


def _says(anew: Mapping[str, Any], before: Mapping[str, Any], *but: str) -> bool:
    """Whether a record says all that an earlier one did: an earlier release said less."""
    return all(_same(anew.get(key), value) for key, value in before.items() if key not in but)


def _same(anew: object, before: object) -> bool:
    if isinstance(before, dict) and isinstance(anew, dict):
        return _says(cast("Mapping[str, Any]", anew), cast("Mapping[str, Any]", before))
    if isinstance(before, list) and isinstance(anew, list):
        pairs = zip(cast("list[object]", anew), cast("list[object]", before), strict=False)
        return len(cast("list[object]", anew)) == len(cast("list[object]", before)) and all(
            _same(*pair) for pair in pairs
        )
    return anew == before
