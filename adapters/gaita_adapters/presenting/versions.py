"""Versions: what tells one from another, and what it means for running cases, as JSON and for people."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gaita import CaseFinding, Impact, ImpactLine, PartChange, RunningVersion, VersionDifference
from gaita.texts import Language, due_cell_words, moment_cell, translated
from gaita_adapters.presenting.json_objects import optional_moment_text
from gaita_adapters.presenting.listings import table_of

_LONGEST: Final = 60


def version_json(version: RunningVersion, language: Language) -> dict[str, object]:
    """Return a deployed version, with how many cases run on it."""
    workflow = version.workflow
    return {
        "workflow": workflow.id,
        "version": workflow.version,
        "title": language.title(workflow.title, workflow.id),
        "digest": workflow.digest,
        "deployed_at": optional_moment_text(version.deployed_at),
        "running": version.running,
        "latest": version.latest,
    }


def versions_table(versions: Sequence[RunningVersion], language: Language) -> Table:
    """Return the versions, the running cases of each, and which of them new cases start on."""
    table = table_of(
        language.gettext("workflow"),
        language.gettext("title"),
        language.gettext("deployed at"),
        ">" + language.gettext("running cases"),
        "",
    )
    for each in versions:
        workflow = each.workflow
        table.add_row(
            workflow.key,
            language.title(workflow.title, workflow.id),
            moment_cell(each.deployed_at, workflow.zone, language),
            str(each.running),
            language.gettext("new cases start here") if each.latest else "",
        )
    return table


def difference_json(difference: VersionDifference) -> dict[str, object]:
    """Return what tells two versions from each other."""
    return {
        "before": difference.before,
        "after": difference.after,
        "changes": [
            {
                "kind": each.kind,
                "id": each.id,
                "change": each.change,
                "aspects": [
                    {"name": aspect.name, "before": aspect.before, "after": aspect.after}
                    for aspect in each.aspects
                ],
            }
            for each in difference.changes
        ],
    }


def difference_lines(difference: VersionDifference, language: Language) -> Iterator[RenderableType]:
    """Yield what tells two versions from each other."""
    if not difference.changes:
        yield language.gettext(
            "%(after)s says the same as %(before)s.", after=difference.after, before=difference.before
        )
        return
    told = language.gettext(
        "What %(after)s changes in %(before)s:", after=difference.after, before=difference.before
    )
    yield Text(told, "bold")
    table = table_of("", "", "", language.gettext("was"), language.gettext("is"))
    for each in difference.changes:
        kind, change = _kind(each, language), _change(each, language)
        if not each.aspects:
            table.add_row(kind, each.id, change)
        for number, aspect in enumerate(each.aspects):
            head = ("", "") if number else (kind, each.id)
            table.add_row(*head, aspect.name, _value(aspect.before), _value(aspect.after))
    yield table


def impact_json(impact: Impact) -> dict[str, object]:
    """Return what a version would mean for the cases that run on older ones."""
    return {
        "workflow": impact.after.id,
        "version": impact.after.version,
        "running": {str(version): number for version, number in impact.running.items()},
        "affected": impact.affected,
        "cases": [
            {
                "version": line.version,
                "kind": line.kind,
                "id": line.id,
                "number": line.cases,
                "examples": [_example_json(each) for each in line.examples],
            }
            for line in impact.lines
        ],
        "differences": [difference_json(each) for each in impact.differences.values()],
    }


def impact_lines(impact: Impact, language: Language) -> Iterator[RenderableType]:
    """Yield what a version would mean for the cases that run on older ones; nothing where none does."""
    running = sum(impact.running.values())
    if not running:
        return
    if not impact.lines:
        told = language.ngettext(
            "%(number)s running case would fit %(version)s as it stands.",
            "All %(number)s running cases would fit %(version)s as they stand.",
            running,
            version=impact.after.key,
        )
        yield told
        return
    told = language.ngettext(
        "What it would mean for %(number)s running case, of which it affects %(affected)s:",
        "What it would mean for %(number)s running cases, of which it affects %(affected)s:",
        running,
        affected=impact.affected,
    )
    yield Text(told, "bold")
    table = table_of(
        language.gettext("runs on"), "", "", ">" + language.gettext("cases"), language.gettext("for example")
    )
    for line in impact.lines:
        version = f"{impact.after.id}@{line.version}"
        table.add_row(
            version, _finding(line, language), line.id, str(line.cases), _example(impact, line, language)
        )
    yield table


def _kind(change: PartChange, language: Language) -> str:
    return {
        "workflow": language.pgettext("a part", "workflow"),
        "role": language.pgettext("a part", "role"),
        "field": language.pgettext("a part", "field"),
        "state": language.pgettext("a part", "state"),
        "deadline": language.pgettext("a part", "deadline"),
        "event": language.pgettext("a part", "event"),
        "transition": language.pgettext("a part", "transition"),
    }[change.kind]


def _change(change: PartChange, language: Language) -> Text:
    match change.change:
        case "came":
            return Text(language.pgettext("a part", "new"), "green")
        case "went":
            return Text(language.pgettext("a part", "gone"), "red")
        case "changed":
            return Text(language.pgettext("a part", "changed"))


def _finding(line: ImpactLine, language: Language) -> str:
    return {
        "state_gone": language.gettext("their state is gone"),
        "state_compound": language.gettext("their state has states inside it now"),
        "state_final": language.gettext("their state is final now"),
        "place_unfit": language.gettext("their states are never active together there"),
        "way_back_gone": language.gettext("the state that they would go back to is gone"),
        "field_gone": language.gettext("the field is gone, and they have a value in it"),
        "value_unfit": language.gettext("their value does not fit the field any more"),
        "deadline_gone": language.gettext("the open deadline is gone"),
        "deadline_outside": language.gettext("the open deadline does not last in their state any more"),
        "deadline_unanchored": language.gettext("the open deadline would have nothing to count from"),
        "deadline_moved": language.gettext("the open deadline would be due at another moment"),
        "failed": language.gettext("they could not be looked at"),
    }[line.kind]


def _example(impact: Impact, line: ImpactLine, language: Language) -> str:
    """Return the first example with what happens to it, and the ids of the others."""
    first, *others = line.examples
    told = first.instance
    if first.why is not None:
        told += f" ({translated(first.why, language)})"
    elif first.before is not None and first.after is not None:
        zone = impact.after.zone
        before, after = (due_cell_words(each, zone, language) for each in (first.before, first.after))
        told += f" ({before} → {after})"
    names = [told, *(each.instance for each in others)]
    return ", ".join([*names, "…"] if line.cases > len(line.examples) else names)


def _example_json(finding: CaseFinding) -> dict[str, object]:
    return {
        "instance": finding.instance,
        "why": finding.why,
        "from": optional_moment_text(finding.before),
        "to": optional_moment_text(finding.after),
    }


def _value(value: object) -> str:
    """Return a value of the file, cut where it is long; nothing where there is none."""
    if value is None:
        return "–"
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…"
