"""Who hears for a role: the instance's data, the settings, deputies for those who are away."""

from datetime import date, datetime

import pytest

from gaita.delivery.address_book import Absence, AddressBook, Person
from gaita.errors import InvalidArgument
from gaita.model.notice import Recipient
from gaita.model.value import Data
from tests.gaita.building import HEAD, T0, at, workflow

CASE = workflow(
    HEAD
    + """
[data]
owner = { type = "string" }
[roles.clerk]
[roles.owner]
contact = "data.owner"
[states.a]
[states.end]
final = true
verdict = "closed"
[events.finish]
[[transitions]]
event = "finish"
from = "a"
to = "end"
"""
)


def person(name: str, deputy: str | None = None, *away: str) -> Person:
    """Return somebody who is away on the given days, or spans of days (``FIRST/LAST``)."""
    spans = [each.partition("/") for each in away]
    absences = tuple(Absence(date.fromisoformat(a), date.fromisoformat(b or a)) for a, _, b in spans)
    return Person(name, name.title(), {"email": f"{name}@example.lv"}, "lv", deputy, absences)


def book(*people: Person, **roles: list[str]) -> AddressBook:
    return AddressBook({each.id: each for each in people}, roles)


def heard(
    known: AddressBook, role: str = "clerk", data: Data | None = None, now: datetime = T0
) -> list[tuple[str, str | None]]:
    return [(each.id, each.stands_in_for) for each in known.of(CASE, role, data or {}, now)]


def test_a_role_is_borne_by_whom_the_settings_name() -> None:
    known = book(person("anna"), person("ilze"), clerk=["ilze", "anna", "ilze", "desk@example.lv"])
    assert heard(known) == [("ilze", None), ("anna", None), ("desk@example.lv", None)]
    (ilze, _, desk) = known.of(CASE, "clerk", {}, T0)
    assert ilze == Recipient("ilze", "Ilze", "clerk", {"email": "ilze@example.lv"}, "lv", None)
    assert desk == Recipient("desk@example.lv", "desk@example.lv", "clerk", {"email": "desk@example.lv"})


def test_the_more_specific_name_of_a_role_wins() -> None:
    people = {each.id: each for each in (person("anna"), person("ilze"))}
    known = AddressBook(people, {"clerk": ["anna"], "case.clerk": ["ilze"], "other.clerk": ["anna"]})
    assert heard(known) == [("ilze", None)]
    assert heard(AddressBook(people, {"clerk": ["anna"], "other.clerk": ["ilze"]})) == [("anna", None)]
    assert heard(AddressBook(people, {"clerk": ["anna"], "case.clerk": []})) == []


def test_nobody_is_known_to_an_empty_book() -> None:
    assert heard(AddressBook()) == heard(AddressBook(), "unknown") == []


@pytest.mark.parametrize(
    ("value", "bearers"),
    [
        ("anna", ["anna"]),
        ("ANNA@example.LV", ["anna"]),
        ("guest@example.lv", ["guest@example.lv"]),
        ("Somebody Else", ["ilze"]),
        (None, ["ilze"]),
        (7, ["ilze"]),
    ],
)
def test_the_instances_own_data_goes_before_the_settings(value: object, bearers: list[str]) -> None:
    known = book(person("anna"), person("ilze"), owner=["ilze"])
    data: Data = {"owner": value}  # type: ignore[dict-item]
    assert [each for each, _ in heard(known, "owner", data)] == bearers


@pytest.mark.parametrize(
    ("now", "hears"),
    [
        ("2024-03-03T21:59", ("anna", None)),
        ("2024-03-03T22:00", ("ilze", "Anna")),  # midnight in Riga
        ("2024-03-08T21:59", ("ilze", "Anna")),
        ("2024-03-08T22:00", ("anna", None)),
    ],
)
def test_a_deputy_stands_in_on_the_days_away_in_the_workflows_zone(
    now: str, hears: tuple[str, str | None]
) -> None:
    known = book(
        person("anna", "ilze", "2024-03-04/2024-03-08", "2024-05-01"), person("ilze"), clerk=["anna"]
    )
    assert heard(known, now=at(now)) == [hears]


def test_a_deputy_who_is_away_is_replaced_by_their_own() -> None:
    today = "2024-03-04"
    known = book(person("anna", "ilze", today), person("ilze", "zane", today), person("zane"), clerk=["anna"])
    assert heard(known) == [("zane", "Anna")]


@pytest.mark.parametrize(
    "people",
    [
        [person("anna", None, "2024-03-04")],
        [person("anna", "anna", "2024-03-04")],
        [person("anna", "ilze", "2024-03-04"), person("ilze", "anna", "2024-03-04")],
        [person("anna", "ilze", "2024-03-04"), person("ilze", None, "2024-03-04")],
        [
            person("anna", "ilze", "2024-03-04"),
            person("ilze", "zane", "2024-03-04"),
            person("zane", "ilze", "2024-03-04"),
        ],
    ],
)
def test_where_nobody_is_there_whoever_is_away_hears_all_the_same(people: list[Person]) -> None:
    assert heard(book(*people, clerk=["anna"])) == [("anna", None)]


def test_whoever_is_reached_twice_hears_once_in_their_own_right_if_they_have_one() -> None:
    today = "2024-03-04"
    people = (person("anna", "zane", today), person("ilze", "zane", today), person("zane"))
    assert heard(book(*people, clerk=["anna", "ilze"])) == [("zane", "Anna, Ilze")]
    assert heard(book(*people, clerk=["anna", "zane", "ilze"])) == [("zane", None)]


def test_a_recipient_is_refreshed_with_what_the_book_says_now() -> None:
    old = Recipient("anna", "Anna", "clerk", {"email": "old@example.lv"}, None, "Ilze")
    fresh = book(person("anna")).refreshed(old)
    assert fresh == Recipient("anna", "Anna", "clerk", {"email": "anna@example.lv"}, "lv", "Ilze")
    assert AddressBook().refreshed(old) is old


def test_a_book_that_names_nobody_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="the role clerk names 'ana'"):
        book(person("anna"), clerk=["ana"])
    with pytest.raises(InvalidArgument, match="the deputy of anna is 'ilse'"):
        book(person("anna", "ilse"))


def test_an_absence_begins_and_ends_with_a_day() -> None:
    away = person("anna", None, "2024-03-04/2024-03-05")
    assert [away.is_away(date(2024, 3, day)) for day in (3, 4, 5, 6)] == [False, True, True, False]
