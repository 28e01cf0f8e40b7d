"""The shape of a workflow's file: which tables and keys it may have, and of which types.

The descriptions are for operators: the JSON Schema that editors use is made from these models. What goes
beyond shape (names that refer to one another, expressions, amounts) is checked afterwards.
"""

from datetime import date, datetime
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

IDENTIFIER: Final = r"^[a-z][a-z0-9_]{0,63}$"
LANGUAGE_TAG: Final = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"

# Tags say in words what a value may be: they end up in messages, and never meet a name of the operator's.
TEXT, LIST, TABLE, DATE = "*a text*", "*a list*", "*a table*", "*a date*"


def _sort_of(value: object) -> str:
    match value:
        case str():
            return TEXT
        case list() | tuple():
            return LIST
        case dict() | BaseModel():
            return TABLE
        case datetime():
            return "*a moment*"
        case date():
            return DATE
        case _:
            return "*something else*"


Identifier: TypeAlias = Annotated[str, StringConstraints(pattern=IDENTIFIER)]
"""A name: a small letter, then small letters, digits and underscores, 64 at most."""

NOT_BLANK: Final = r"\S"
_Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, pattern=NOT_BLANK)]
"""What names something declared elsewhere in the file."""

_LanguageTag: TypeAlias = Annotated[str, StringConstraints(pattern=LANGUAGE_TAG)]
_Titles: TypeAlias = Annotated[dict[_LanguageTag, str], Field(min_length=1)]
_Title: TypeAlias = Annotated[
    Annotated[str, Tag(TEXT)] | Annotated[_Titles, Tag(TABLE)], Discriminator(_sort_of)
]
_Names: TypeAlias = Annotated[list[_Name], Field(min_length=1)]
_OneOrMore: TypeAlias = Annotated[
    Annotated[_Name, Tag(TEXT)] | Annotated[_Names, Tag(LIST)], Discriminator(_sort_of)
]
_Choices: TypeAlias = Annotated[dict[str, _Title], Field(min_length=1)]
_Of: TypeAlias = Annotated[
    Annotated[_Name, Tag(TEXT)]
    | Annotated[Annotated[list[str], Field(min_length=1)], Tag(LIST)]
    | Annotated[_Choices, Tag(TABLE)],
    Discriminator(_sort_of),
]

_TITLE: Final = 'What people read: a text, or one per language, as in { lv = "Ideja", en = "Idea" }.'


class Table(BaseModel):
    """A table of the file. It has these keys and no others; nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class WorkflowShape(Table):
    """What the workflow as a whole is."""

    id: Identifier = Field(description="The name by which commands and services know the workflow.")
    title: _Title | None = Field(None, description=_TITLE)
    initial: _OneOrMore = Field(
        description="The state in which an instance begins; several, where each lies in a region of its own."
    )
    time_zone: _Name = Field(description='The zone in which days begin and end, e.g. "Europe/Riga".')
    horizon: date | None = Field(None, description="The last day on which anything may still be running.")
    calendar: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description='The calendar by which working days are counted, e.g. "LV".',
    )
    beyond_calendar: Annotated[str, StringConstraints(pattern="^(provisional|refuse)$")] = Field(
        "provisional",
        description="What becomes of working time that may run past the last day that the calendar knows: "
        'it stays "provisional" until the calendar grows, or the file is not accepted: "refuse".',
    )
    past_timers: Annotated[str, StringConstraints(pattern="^(skip|fire)$")] = Field(
        "skip",
        description="What becomes of reminders and escalations already past when a case is taken over "
        'mid-life: "skip" them, or "fire" them late.',
    )


class FieldShape(Table):
    """A typed place for a value."""

    type: str = Field(
        description="string, integer, number, boolean, choice, date, month, moment, list or map.",
        pattern="^(string|integer|number|boolean|choice|date|month|moment|list|map)$",
    )
    title: _Title | None = Field(None, description=_TITLE)
    of: _Of | None = Field(
        None,
        description="For a choice: the values, as a list, or as a table in which each has its title; or "
        '"data.FIELD" for those of a data field. For a list or a map: the type of its items, or choices.',
    )
    min: float | None = Field(None, description="For an integer or a number: the smallest value admitted.")
    max: float | None = Field(None, description="For an integer or a number: the largest value admitted.")
    personal: bool = Field(False, description="Whether it is about a person: kept out of logs and messages.")


class PayloadFieldShape(FieldShape):
    """One typed value that an event carries."""

    optional: bool = Field(False, description="Whether an event may leave it out.")


class DataFieldShape(FieldShape):
    """One typed value that every instance holds."""

    default: Any = Field(None, description="The value that an instance starts with.")
    by: _OneOrMore | None = Field(
        None,
        description="The roles that may change it directly; left out, only transitions change it.",
    )


class RoleShape(Table):
    """What a person or service may be."""

    title: _Title | None = Field(None, description=_TITLE)
    contact: _Name | None = Field(
        None,
        description="Who bears it for one case: the data field with a person's name in the settings, or an "
        'e-mail address, e.g. "data.owner_email".',
    )


class ReminderShape(Table):
    """A message some time before a deadline is due."""

    before: str = Field(description='How long before, e.g. "5 days".')
    to: _OneOrMore | None = Field(
        None, description="The roles that hear of it; left out: those who may move the instance on."
    )


class RungShape(Table):
    """A rung of the escalation: who hears, or what happens, when the deadline is due or later."""

    after: str | None = Field(
        None, description='How long after the deadline is due, e.g. "10 days"; left out: at once.'
    )
    to: _OneOrMore | None = Field(None, description="The roles that hear of it.")
    fire: _Name | None = Field(None, description="The event that the engine then fires by itself.")


_Point: TypeAlias = Annotated[Annotated[date, Tag(DATE)] | Annotated[str, Tag(TEXT)], Discriminator(_sort_of)]
_Reminders: TypeAlias = list[
    Annotated[Annotated[str, Tag(TEXT)] | Annotated[ReminderShape, Tag(TABLE)], Discriminator(_sort_of)]
]


class DeadlineShape(Table):
    """A promise that a state is left in time."""

    title: _Title | None = Field(None, description=_TITLE)
    within: str | None = Field(
        None,
        description='How long after the state was entered it is due: "20 working days", "3 months", "P1M".',
    )
    every: str | None = Field(
        None, description='How often it is due, again and again while the state lasts: "3 months".'
    )
    anchor: _Name | None = Field(
        None,
        alias="from",
        description='What `within` and `every` count from instead of the entry: "start" of the case, '
        '"first STATE" or "last STATE" for its entry, or "data.FIELD".',
    )
    at: _Point | None = Field(
        None,
        description='When it is due instead: a date, "horizon", or "data.FIELD" for what a field says.',
    )
    before: str | None = Field(None, description='How long before `at` it is due: "10 working days".')
    through: _OneOrMore | None = Field(
        None,
        description="Further states that it lasts through: it ends when the last of them all is left.",
    )
    met_by: _OneOrMore | None = Field(None, description="Events that meet it, though the state is not left.")
    remind: _Reminders = Field(
        [], description='Reminders before it is due, earliest first, e.g. ["10 days", "2 days"].'
    )
    escalate: list[RungShape] = Field([], description="The ladder that is climbed once it is due, in order.")
    catch_up: Annotated[str, StringConstraints(pattern="^(each|once)$")] = Field(
        "each",
        description='What is told after an outage: "each" moment that was missed, in order, or all of them '
        'in one notice: "once".',
    )
    pause_in: _OneOrMore | None = Field(None, description="States in which its clock stands.")
    pause_by: _OneOrMore | None = Field(None, description="Roles that may stop its clock and start it again.")
    extend_by: _OneOrMore | None = Field(None, description="Roles that may grant more time.")
    extend_at_most: str | None = Field(
        None, description='How much more time may be granted in all, in one unit: "20 working days".'
    )


class HorizonShape(Table):
    """What happens as the workflow's horizon draws near, and when it is reached."""

    title: _Title | None = Field(None, description=_TITLE)
    remind: _Reminders = Field([], description="Warnings before it, earliest first.")
    to: _OneOrMore | None = Field(None, description="The roles that hear of what still runs at the end.")
    fire: _Name | None = Field(None, description="The event that the engine then fires by itself.")
    close_to: _Name | None = Field(
        None, description="The final state to which whatever still runs is then moved, guards or not."
    )


class CorrectionsShape(Table):
    """What may be put right after it was entered late, or wrongly."""

    by: _OneOrMore | None = Field(
        None, description="The roles that may correct what was entered. Left out: nobody may."
    )
    late_entry: _Name | None = Field(
        None,
        description='How far back an entry may take effect without a correction, e.g. "10 working days".',
    )
    closed_until: date | None = Field(
        None,
        description="The last day of what was reported on already: nothing takes effect by then any more, "
        "unless a corrector overrides it and says why.",
    )


class StateShape(Table):
    """A named stage."""

    title: _Title | None = Field(None, description=_TITLE)
    final: bool = Field(
        False,
        description="Whether the life ends here. Under language = 2, inside another state: whether that"
        " state, or that region, is done.",
    )
    verdict: str | None = Field(
        None,
        min_length=1,
        description="For a final state, how the life ended, in a word of your own. withdrawn: it was given"
        " up, and deadlines that were not due yet count as withdrawn, not as met.",
    )
    initial: _OneOrMore | None = Field(
        None, description="Of the states inside this one, the one entered first; several, of several regions."
    )
    states: dict[Identifier, "StateShape"] = Field({}, description="States inside this one.")
    regions: dict[Identifier, "StateShape"] = Field(
        {},
        description="Regions inside this one, each with states of its own: all of them are active side by"
        " side while it is. Asks for language = 2.",
    )
    deadlines: dict[Identifier, DeadlineShape] = Field(
        {}, description="Promises that the state is left in time."
    )


class EventShape(Table):
    """What may happen to an instance."""

    title: _Title | None = Field(None, description=_TITLE)
    payload: dict[Identifier, PayloadFieldShape] = Field({}, description="The typed values that it carries.")


class ClauseShape(Table):
    """One condition of a guard."""

    id: Identifier | None = Field(None, description="The name by which explanations call it.")
    check: str = Field(description='An expression that must be true, e.g. "data.users_tested >= 30".')
    why: _Title | None = Field(None, description="The condition in words, for whoever is refused.")


class TransitionShape(Table):
    """A move from a state to another."""

    event: _Name | None = Field(None, description="The event that causes it; left out: it happens by itself.")
    source: _OneOrMore = Field(
        alias="from",
        description='The state or states that it leads from, or "any": every one that is not final. Under '
        'language = 2 the state that it leads to is left out, unless it is named beside "any".',
    )
    to: _OneOrMore | None = Field(
        None,
        description="The state that it leads to (several, where each lies in a region of its own), or "
        '"previous": where the instance was before; left out: no state is left.',
    )
    done: bool = Field(
        False,
        description="Whether it waits until the state that it leads from is done: a final state inside it"
        " was entered, or all of its regions are done. Asks for language = 2.",
    )
    history: bool = Field(
        False,
        description="Whether it enters what was active inside the state that it leads to when that was last"
        " left. Asks for language = 2.",
    )
    by: _OneOrMore | None = Field(None, description="The roles that may cause it; left out: anyone.")
    guard: (
        Annotated[
            Annotated[str, Tag(TEXT)]
            | Annotated[
                list[
                    Annotated[
                        Annotated[str, Tag(TEXT)] | Annotated[ClauseShape, Tag(TABLE)],
                        Discriminator(_sort_of),
                    ]
                ],
                Field(min_length=1),
                Tag(LIST),
            ],
            Discriminator(_sort_of),
        ]
        | None
    ) = Field(None, description="Conditions of which every one must hold.")
    set: dict[str, str] = Field({}, description="Data fields and the expressions that give them new values.")
    title: _Title | None = Field(None, description=_TITLE)


class DocumentShape(Table):
    """A workflow: the lifecycle of a prototype, a service, a case."""

    language: int = Field(
        ge=1, le=2, description="The version of this language: 1, or 2 for regions and what belongs to them."
    )
    workflow: WorkflowShape = Field(description="The workflow as a whole.")
    data: dict[Identifier, DataFieldShape] = Field(
        {}, description="The typed data that every instance holds."
    )
    roles: dict[Identifier, RoleShape] = Field({}, description="What people and services may be.")
    horizon: HorizonShape | None = Field(None, description="What happens at the end of the programme.")
    corrections: CorrectionsShape | None = Field(
        None, description="What may be put right after it was entered late, or wrongly."
    )
    states: dict[Identifier, StateShape] = Field(min_length=1, description="The stages of the life.")
    events: dict[Identifier, EventShape] = Field({}, description="What may happen to an instance.")
    transitions: list[TransitionShape] = Field([], description="The moves between the states.")
