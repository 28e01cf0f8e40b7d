"""Building: the workflow from its checked parts, with the tables that serve the step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from gaita.language.content_digest import digest_of
from gaita.language.shape import DocumentShape
from gaita.language.states import Stages
from gaita.language.titles import title_of
from gaita.language.transitions_library import Candidates
from gaita.model.state_tree import StateTree
from gaita.model.value import Field
from gaita.model.workflow import (
    PREVIOUS,
    AtField,
    Corrections,
    Event,
    Every,
    FromField,
    FromState,
    Role,
    Rule,
    Transition,
    Within,
    Workflow,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything declared in one file, read and checked."""

    shape: DocumentShape
    fields: Mapping[str, Field]
    roles: Mapping[str, Role]
    events: Mapping[str, Event]
    stages: Stages
    initial: str
    transitions: tuple[Transition, ...]
    rules: Mapping[str, Rule]
    candidates: Candidates
    corrections: Corrections


def built(parts: Parts, source: str) -> Workflow:
    """Return the workflow; ``source`` is its text. Its version is 0 until it is deployed."""
    declared = parts.shape.workflow
    tree = StateTree(parts.stages.states)
    anchored = _anchored(parts.rules)
    return Workflow(
        id=declared.id,
        version=0,
        title=title_of(declared.title, declared.id),
        initial=parts.initial,
        zone=declared.time_zone,
        horizon=declared.horizon,
        past_timers=cast('Literal["skip", "fire"]', declared.past_timers),
        calendar=declared.calendar,
        beyond_calendar=cast('Literal["refuse", "provisional"]', declared.beyond_calendar),
        fields=parts.fields,
        roles=parts.roles,
        states=parts.stages.states,
        events=parts.events,
        transitions=parts.transitions,
        rules=parts.rules,
        source=source,
        digest=digest_of(parts.shape),
        candidates=parts.candidates,
        tree=tree,
        paths=tree.paths,
        scoped=_scoped(parts, tree.paths),
        remembering=frozenset(
            leaf
            for (leaf, _), chosen in parts.candidates.items()
            if any(transition.target == PREVIOUS for transition in chosen)
        ),
        follows=_follows(parts.rules),
        anchored=anchored,
        met_by=_met_by(parts.rules),
        counts_working_time=any(amount.is_working for rule in parts.rules.values() for amount in rule.amounts)
        or (parts.corrections.late_entry is not None and parts.corrections.late_entry.is_working),
        defaults={name: field.default for name, field in parts.fields.items() if field.default is not None},
        stopping=frozenset(
            state for rule in parts.rules.values() if rule.is_anchored for state in rule.pause_in
        ),
        recalled=frozenset(
            each.target for each in parts.transitions if each.history and each.target is not None
        ),
        noted=frozenset(anchored) | _in_regions(tree),
        personal=frozenset(field.id for field in parts.fields.values() if field.personal),
        corrections=parts.corrections,
    )


def _in_regions(tree: StateTree) -> frozenset[str]:
    regions = {region for state in tree.states.values() for region in state.regions}
    return frozenset(
        state for state in tree.states if tree.is_leaf(state) and not regions.isdisjoint(tree.paths[state])
    )


def _scoped(parts: Parts, paths: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[Rule, ...]]:
    by_state: dict[str, list[tuple[int, Rule]]] = {}
    for number, rule in enumerate(parts.rules.values()):
        for state in rule.scope:
            by_state.setdefault(state, []).append((number, rule))
    scoped: dict[str, tuple[Rule, ...]] = {}
    for leaf, declared in parts.stages.states.items():
        if declared.is_leaf:
            around = [found for outer in paths[leaf] for found in by_state.get(outer, ())]
            scoped[leaf] = tuple(rule for _, rule in sorted(around, key=lambda found: found[0]))
    return scoped


def _follows(rules: Mapping[str, Rule]) -> dict[str, tuple[Rule, ...]]:
    follows: dict[str, tuple[Rule, ...]] = {}
    for rule in rules.values():
        match rule.due:
            case AtField(name) | Within(anchor=FromField(name)) | Every(anchor=FromField(name)):
                follows[name] = (*follows.get(name, ()), rule)
            case _:
                pass
    return follows


def _anchored(rules: Mapping[str, Rule]) -> dict[str, tuple[Rule, ...]]:
    anchored: dict[str, tuple[Rule, ...]] = {}
    for rule in rules.values():
        match rule.due:
            case Within(anchor=FromState(state)) | Every(anchor=FromState(state)):
                anchored[state] = (*anchored.get(state, ()), rule)
            case _:
                pass
    return anchored


def _met_by(rules: Mapping[str, Rule]) -> dict[str, tuple[Rule, ...]]:
    met_by: dict[str, tuple[Rule, ...]] = {}
    for rule in rules.values():
        for event in rule.met_by:
            met_by[event] = (*met_by.get(event, ()), rule)
    return met_by
