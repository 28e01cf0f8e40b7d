"""Deciding again: the commands of a history, taken by the same rules, must come out as they are recorded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from gaita.correction.entry import entry_of
from gaita.correction.life import Rules, decided
from gaita.correction.plan import correction_body, edits_of, numbers_of, plan_of
from gaita.history import FORMAT, GENESIS, Body, Record, Replay, body_of, canonical, chain
from gaita.model.instance import Instance
from gaita.model.value import moment_of


def decided_again(records: Sequence[Record], rules: Rules) -> Iterator[tuple[Record, Body]]:
    """Yield each record beside what its command leads to when it is decided anew.

    It is decided after what was decided before it, at its moment, by the version and the calendar that it
    names. Raises what ``step`` raises, where a command cannot be carried out any more.
    """
    instance: Instance | None = None
    head = GENESIS
    for place, record in enumerate(records):
        if "base" in record.body:
            anew, instance = _corrected_again(records[: place + 1], rules)
            yield record, anew
        elif "asked_on" not in record.body:  # what was asked of the past was refused by the past
            entry = entry_of(record.body)
            workflow = rules.workflow(str(record.body["workflow"]))
            outcome = decided(entry, workflow, instance, rules)
            (again,) = chain(workflow, [outcome], head, entry.key)
            yield record, dict(again.body)
            instance = outcome.after
        elif instance is not None:
            refusal = str(record.body["refusal"])
            instance = replace(instance, refusal=refusal, sequence=instance.sequence + 1)
        head = record.hash


def first_difference(records: Sequence[Record], rules: Rules) -> int | None:
    """Return the number of the first record that comes out otherwise; ``None``: all come out the same.

    Records in the present form are held to the byte, but for the release that wrote them; those of an earlier
    form to whatever they say.
    """
    for record, anew in decided_again(records, rules):
        if record.format == FORMAT:
            same = record.text == canonical({**anew, "engine": record.body["engine"]})
        else:
            same = _says(anew, record.body, "format")
        if not same:
            return record.sequence
    return None


def course_difference(course: Sequence[Mapping[str, Any]], rules: Rules) -> str | None:
    """Return the first entry of a case's course that would come out otherwise; ``None``: none would.

    It looks at what is true of the case now, each entry once, however often it was put right.
    """
    instance: Instance | None = None
    for body in course:
        if body["kind"] == "refused":  # by the case as it was known then, which may have been put right since
            continue
        entry = entry_of(body)
        workflow = rules.workflow(str(body["workflow"]))
        outcome = decided(entry, workflow, instance, rules, numbers_of(body))
        anew = body_of(workflow, outcome)
        if not (_says(anew, body, *_OF_THE_RECORD) and (_is_old(body) or _says(body, anew, *_OF_THE_RECORD))):
            return entry.id
        instance = outcome.after
    return None


_OF_THE_RECORD = (
    "format", "engine", "instance", "sequence", "at", "on", "entry", "key", "key_command", "previous",
    "refusal",
)  # fmt: skip
"""What a record says of itself, and not of what became of the case."""


def _is_old(body: Mapping[str, Any]) -> bool:
    """Whether a record of an earlier form says it: those of a correction name none, and are of this one."""
    return "sequence" in body and body.get("format", 1) < FORMAT


def _corrected_again(records: Sequence[Record], rules: Rules) -> tuple[Body, Instance]:
    """Return what a correction leads to, worked out again from its edits, and the case behind it."""
    *before, record = records
    body = cast("Mapping[str, Any]", record.body)
    at = moment_of(body["at"])
    plan = plan_of(before, edits_of(body), rules.as_known_by(body.get("calendar_digest")), at)
    # Which notices were made moot in time hangs on how far they had come; what became of the case does not.
    kept = {name: body[name] for name in ("notices", "kind") if name in body}
    played = Replay(rules.workflow(str(before[0].body["workflow"])))
    for each in records:
        played.add(each)
    return {**body, **correction_body(plan), **kept}, played.instance


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
