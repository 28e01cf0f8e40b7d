"""Whatever somebody changes in the database is found and named, or listed as what cannot be proven."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from gaita.errors import UnknownInstance
from gaita.runtime import Engine
from gaita.runtime.verification import NOT_PROVEN, Verification
from gaita.store import Tables, open_database
from tests.gaita.building import COUNTER
from tests.gaita.runtime.tampering import Edit, edit_at_random, rich_database

TABLES = Tables()
DOCUMENT = Path(__file__).parents[3] / "docs" / "semantics.md"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('rich') / 'rich.db'}"


@pytest.fixture(scope="module")
def rich(url: str) -> Iterator[Engine]:
    engine = rich_database(url)
    yield engine
    engine.close()


@pytest.fixture
def hand(rich: Engine, url: str) -> Iterator[Connection]:
    """A connection in whose transaction somebody edits, as a database tool would; all is taken back."""
    database = open_database(url)
    with database.connect() as connection:
        connection.connection.execute("PRAGMA foreign_keys = OFF")
        with connection.begin() as begun:
            yield connection
            begun.rollback()
    database.dispose()


def test_a_database_that_uses_everything_is_sound(rich: Engine) -> None:
    found = rich.verify()
    assert [str(each) for each in found.findings] == []
    assert found.notes == ()
    every = {table.removeprefix("gaita_") for table in TABLES.metadata.tables}
    assert {name for name, count in found.rows.items() if count} == every - {"digests"}
    with rich._context.reading() as held:
        for table in TABLES.metadata.tables.values():
            for column in table.columns:
                used = held.execute(table.select().where(column.is_not(None)).limit(1)).first()
                assert used is not None or (table.name, column.name) in {
                    ("gaita_deliveries", "ended_by"),
                    ("gaita_deliveries", "reason"),
                    ("gaita_deliveries", "lease"),
                    ("gaita_incidents", "closed_by"),
                    ("gaita_incidents", "closed_at"),
                    ("gaita_incidents", "told_at"),
                }, f"{table.name}.{column.name} is never used"


def may_go_unfound(edit: Edit) -> bool:
    """Whether an edit stands on the list, as far as the list goes in this database."""
    listed = NOT_PROVEN.get(edit.table, {})
    reason = listed.get(edit.column or "row")
    if reason is None or "earlier release" in reason:
        return False
    row = edit.row
    match edit.table, edit.what:
        case (("keys" | "calendars"), "insert"):
            return False
        case "messages", _ if edit.column in {None, "at"}:
            return bool(row["kind"] == "digest")
        case "workflows", _ if edit.column == "source":
            return comments_only(str(row["source"]), str(edit.value))
        case "calendars", "change" if edit.column == "content":
            return '"made_up"' in str(edit.value)
        case (("workflows" | "calendars"), "delete"):
            return bool(row.get("number", 1) != 1)
        case "calendars", "swap" if edit.column == "content":
            return False
        case "incidents", _ if row["code"] == "expression_failed":
            return edit.what == "insert" or edit.column in {"number", "closed_at", "closed_by", "told_at"}
        case "incidents", "delete":
            return bool(row["code"] != "stuck")
        case _:
            return True


def comments_only(before: str, after: str) -> bool:
    """Whether a change of a workflow's file means nothing; in these there are no comments."""
    return before.split() == after.split()


def is_named(edit: Edit, found: Verification) -> bool:
    """Whether a finding leads to the row that was edited: by its table, or by the instance."""
    instance = edit.row.get("instance", edit.row.get("id"))
    return any(each.table == edit.table or each.instance == instance for each in found.findings)


def edits(rich: Engine, hand: Connection, random: Random, count: int) -> int:
    """Make edits at random, each alone, and look whether they are found; return how many had to be."""
    looked_for = 0
    for _ in range(count):
        with hand.begin_nested() as point:
            try:
                edit = edit_at_random(hand, TABLES, random)
            except IntegrityError:
                edit = None
            if edit is not None:
                found = rich.verify(connection=hand)
                if not may_go_unfound(edit):
                    looked_for += 1
                    assert found.findings, edit
                    assert is_named(edit, found), (edit, found.findings)
            point.rollback()
    return looked_for


def test_single_edits_are_found_and_named(rich: Engine, hand: Connection) -> None:
    assert edits(rich, hand, Random(7), 150) > 60
    assert rich.verify(connection=hand).sound


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_single_edits_are_found_and_named(rich: Engine, hand: Connection, seed: int) -> None:
    assert edits(rich, hand, Random(100 + seed), 1_000) > 400


@pytest.mark.parametrize(
    ("damage", "table", "column", "told"),
    [
        ("workflows SET source = replace(source, '< 60', '< 600')", "workflows", "source", "was changed"),
        ("instances SET entered = '{{}}' WHERE id = 'one'", "instances", "entered", "its entered is"),
        ("instances SET folded = 'x' WHERE id = 'one'", "instances", "folded", "folded text"),
        ("deadlines SET late = late + 1 WHERE late > 0", "deadlines", "late", "its late is"),
        ("deadlines SET ending = 'met' WHERE ending = 'missed'", "deadlines", "ending", "leads to 'missed'"),
        (
            "timers SET incident = 99 WHERE ending IS NULL",
            "timers",
            "incident",
            "incident 99, which is not open",
        ),
        ("timers SET late = 0 WHERE late > 0", "timers", "late", "its late is 0"),
        ("messages SET recipient = 'nobody' WHERE instance = 'six'", "messages", "recipient", "'nobody'"),
        ("messages SET spread_at = 1 WHERE spread_at IS NULL", "messages", "spread_at", "no delivery of it"),
        ("deliveries SET message = 9999 WHERE number = 1", "deliveries", "message", "does not exist"),
        ("deliveries SET channel = 'else' WHERE number = 1", "deliveries", "key", "do not belong together"),
        ("keys SET command = 'x' WHERE key = 'added'", "keys", "command", "its command is 'x'"),
        ("keys SET sequence = 1 WHERE key = 'added'", "keys", "sequence", "leads to"),
        (
            "calendars SET content = replace(content, '2024-12-31', '2024-12-30')",
            "calendars",
            "content",
            "digest",
        ),
    ],
)
def test_what_decides_anything_is_vouched_for(
    rich: Engine, hand: Connection, damage: str, table: str, column: str, told: str
) -> None:
    changed = hand.execute(text(f"UPDATE gaita_{damage.replace('{{}}', '{}')}"))
    assert changed.rowcount > 0
    findings = rich.verify(connection=hand).findings
    assert any((each.table, each.column) == (table, column) and told in str(each) for each in findings), (
        findings
    )


def test_a_message_that_no_record_names_and_one_that_was_removed_are_found(
    rich: Engine, hand: Connection
) -> None:
    hand.exec_driver_sql("UPDATE gaita_messages SET id = 'six/1/9/chief' WHERE id = 'six/1/0/chief'")
    found = {
        (each.where, each.what) for each in rich.verify(connection=hand).findings if each.table == "messages"
    }
    assert ("instance six, message six/1/9/chief", "is stored, but no record reports it") in found
    assert ("instance six, message six/1/0/chief", "was removed; the history reports it") in found


def test_a_finding_tells_no_personal_data(rich: Engine, hand: Connection) -> None:
    hand.exec_driver_sql(
        "UPDATE gaita_instances SET data = replace(data, 'Anna six', 'Jānis') WHERE id = 'six'"
    )
    (finding,) = [each for each in rich.verify(connection=hand).findings if each.column == "data"]
    assert "'owner'" in str(finding)
    assert "Jānis" not in str(finding)
    assert "Anna" not in str(finding)


def test_an_unreadable_text_is_told_and_ends_the_look(rich: Engine, hand: Connection) -> None:
    hand.exec_driver_sql("UPDATE gaita_deadlines SET rule = CAST(x'ff' AS TEXT) WHERE instance = 'six'")
    findings = rich.verify(connection=hand).findings
    assert any("holds what cannot be read" in str(each) for each in findings)


def test_one_instance_is_verified_alone(rich: Engine, hand: Connection) -> None:
    hand.exec_driver_sql("UPDATE gaita_deadlines SET due = due + 1 WHERE instance = 'six'")
    assert rich.verify("one", connection=hand).sound
    assert not rich.verify("six", connection=hand).sound
    with pytest.raises(UnknownInstance, match="no instance 'nobody'"):
        rich.verify("nobody", connection=hand)


def test_every_column_that_is_not_proven_stands_in_the_documents() -> None:
    declared = {
        table.name.removeprefix("gaita_"): {column.name for column in table.columns}
        for table in TABLES.metadata.tables.values()
    }
    section = (
        DOCUMENT.read_text(encoding="utf-8").partition("### What `verify` proves")[2].partition("\n## ")[0]
    )
    for table, columns in NOT_PROVEN.items():
        assert columns.keys() - {"row"} <= declared[table]
        for column, reason in columns.items():
            line = next((line for line in section.splitlines() if line.startswith(f"| `{table}` |")), "")
            named = "rows" if column == "row" else f"`{column}`"
            assert named in line, f"{table}.{column} ({reason}) is missing in docs/semantics.md"
    for table in declared:
        assert f"| `{table}` |" in section


def test_a_record_whose_number_is_no_number_is_found_with_all_else(tmp_path: Path) -> None:
    engine = Engine(f"sqlite:///{tmp_path / 'one.db'}")
    engine.migrate()
    engine.deploy(COUNTER)
    engine.start("case", instance="i")
    engine.fire("i", "add", {"by": 1})
    with engine.transaction() as held:
        held.exec_driver_sql("UPDATE gaita_records SET sequence = '2x' WHERE sequence = 2")
    found = engine.verify().findings
    assert "its number is no whole number" in " ".join(map(str, found))
    engine.close()


def test_a_negative_zero_is_the_zero_that_the_history_keeps(tmp_path: Path) -> None:
    engine = Engine(f"sqlite:///{tmp_path / 'one.db'}")
    engine.migrate()
    engine.deploy(
        COUNTER.replace('id = "case"', 'id = "sums"').replace(
            "[data.name]", '[data.x]\ntype = "number"\n[data.name]'
        )
    )
    engine.start("sums", instance="i", data={"x": -0.0})
    assert str(engine.get("i").data["x"]) == "0.0"
    assert engine.verify().findings == ()
    engine.close()


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("UPDATE gaita_instances SET data = replace(data, ':', ': ')", "data"),
        ("UPDATE gaita_instances SET data = data || ' '", "data"),
        ("UPDATE gaita_schema_version SET version_num = '0001'", "version_num"),
        ("INSERT INTO gaita_schema_version VALUES ('0004')", "version_num"),
        ("DROP TABLE gaita_schema_version", "version_num"),
    ],
)
def test_blanks_in_json_and_another_revision_of_the_schema_are_found(
    tmp_path: Path, statement: str, column: str
) -> None:
    engine = Engine(f"sqlite:///{tmp_path / 'one.db'}")
    engine.migrate()
    engine.deploy(COUNTER)
    engine.start("case", instance="i")
    assert engine.verify().sound
    with engine.transaction() as held:
        held.exec_driver_sql(statement)
    assert [each.column for each in engine.verify().findings] == [column]
    engine.close()
