"""The chain of a history: sound as it was sealed, and every single edit of a record is found and named."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gaita.history import GENESIS, Record, chain, chain_findings, differences
from gaita.model.workflow import Workflow
from tests.gaita.building import COUNTER, Life, workflow
from tests.gaita.step.test_properties import lived, lives, promised


def named(records: list[Record]) -> set[int | None]:
    return {each.record for each in chain_findings("one", records)}


@settings(deadline=None, max_examples=25)
@given(promised(["each", "once"]), lives, st.data())
def test_every_single_edit_of_a_record_is_found_and_named(
    declared: Workflow, schedule: list[tuple[int, object]], data: st.DataObject
) -> None:
    records = chain(declared, lived(declared, schedule, None).outcomes, GENESIS)
    assert chain_findings("one", records) == []
    at = data.draw(st.integers(0, len(records) - 1))
    record = records[at]
    place = data.draw(st.integers(0, len(record.text) - 1))
    changed = bytes([record.text[place] ^ 1])
    text = record.text[:place] + changed + record.text[place + 1 :]
    assert record.sequence in named([*records[:at], replace(record, text=text), *records[at + 1 :]])
    forged = replace(record, hash="0" * 64)
    assert record.sequence in named([*records[:at], forged, *records[at + 1 :]])
    if at + 1 < len(records):  # of the last one, its instance tells
        following = records[at + 1]
        assert following.sequence in named([*records[:at], *records[at + 1 :]])
        swapped = [*records[:at], following, record, *records[at + 2 :]]
        assert named(swapped) & {record.sequence, following.sequence}
    assert record.sequence in named([*records[:at], record, *records[at:]])
    moved = replace(record, sequence=record.sequence + 100)
    assert moved.sequence in named([*records[:at], moved, *records[at + 1 :]])


def test_what_is_missing_between_two_records_is_told_by_its_numbers() -> None:
    life = Life(workflow(COUNTER))
    for _ in range(4):
        life.taken("add", by=1)
    records = chain(life.workflow, life.outcomes, GENESIS)
    assert [each.what for each in chain_findings("one", [*records[:1], *records[2:]])] == [
        "record 2 before it is missing"
    ]
    assert [each.what for each in chain_findings("one", [*records[:1], *records[3:]])] == [
        "record 2 to 3 before it is missing"
    ]


def test_a_number_that_is_none_does_not_end_the_look() -> None:
    life = Life(workflow(COUNTER))
    life.taken("add", by=1)
    first, second = chain(life.workflow, life.outcomes, GENESIS)
    forged = replace(first, sequence="one")  # type: ignore[arg-type]
    found = [each.what for each in chain_findings("one", [forged, replace(second, hash="0" * 64)])]
    assert found[0] == "was altered; its number is no whole number"
    assert "was altered; its content no longer has the hash it was sealed with" in found


def test_values_are_compared_by_what_they_mean_and_by_their_type() -> None:
    def found(column: str, expected: object, stored: object) -> list[str]:
        return [
            str(each)
            for each in differences("instances", "instance one", "one", {column: expected}, {column: stored})
        ]

    assert found("data", '{"a":1,"b":[2]}', '{"b":[2],"a":1}') == []
    assert found("data", '{"a":1,"b":[2]}', '{ "b": [2], "a": 1 }') == [
        "instance one: its data was written anew: it means the same, but the engine writes it otherwise"
    ]
    assert found("data", '{"a":1}', '{"a":1.0}') == [
        "instance one: its data is not what its history leads to"
    ]
    assert found("data", '{"a":1}', '{"a":2}') == [
        "instance one: its data is not what its history leads to: 'a'"
    ]
    assert found("data", '{"a":1}', "[" * 100_000) == [
        "instance one: its data is not what its history leads to; it cannot be read"
    ]
    assert found("since", 0, 1_000_000) == [
        "instance one: its since is 1970-01-01T00:00:01Z, but its history leads to 1970-01-01T00:00:00Z"
    ]
    assert found("armed", 1, b"\x01") == ["instance one: its armed is b'\\x01', but its history leads to 1"]
    assert found("folded", "a\nb", "b\na") == []
