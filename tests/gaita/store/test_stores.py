"""The contract of the store, held by every database it runs on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from gaita.errors import InstanceExists, StaleInstance
from gaita.model.command import Fire, Start
from gaita.step import Facts, step
from gaita.store import (
    Database,
    Filter,
    Tables,
    Transaction,
    happened,
    migrate,
    open_database,
    schema_version,
)
from gaita.store.codec import fold
from gaita.store.migrate import NEWEST, version_table
from gaita.store.store import Store
from tests.gaita.building import COUNTER, T0, workflow

CASE = workflow(COUNTER)


@pytest.fixture(params=["file", "memory", "prefix"])
def store(request: pytest.FixtureRequest) -> Store:
    return Store(Tables("host_") if request.param == "prefix" else Tables())


@pytest.fixture
def database(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Iterator[Engine]:
    memory = request.node.callspec.params["store"] == "memory"
    made = open_database("sqlite://" if memory else f"sqlite:///{tmp_path / 'store.db'}")
    with Database(made, store.tables).writing() as transaction:
        assert migrate(transaction.connection, store.tables)
        store.workflows.add(transaction, CASE, T0)
    yield made
    made.dispose()


@pytest.fixture
def held(database: Engine, store: Store) -> Iterator[Transaction]:
    with Database(database, store.tables).writing() as transaction:
        yield transaction


def begin(store: Store, held: Transaction, identity: str, **data: object) -> None:
    outcome = step(CASE, None, Start(identity, data), Facts(T0))
    store.write(held, [happened(CASE, None, [outcome])], T0)


def test_what_is_written_is_loaded(store: Store, held: Transaction) -> None:
    outcome = step(CASE, None, Start("one", {"name": "Ā", "count": 3}), Facts(T0))
    written = happened(CASE, None, [outcome])
    store.write(held, [written], T0)
    loaded = store.instances.load(held, "one")
    assert loaded is not None
    assert loaded.instance == outcome.after
    assert loaded.head == written.records[-1].hash
    moved = step(CASE, loaded.instance, Fire("go"), Facts(T0 + timedelta(days=1)))
    store.write(held, [happened(CASE, loaded, [moved])], T0)
    again = store.instances.load(held, "one", for_update=True)
    assert again is not None
    assert again.instance == moved.after
    assert store.instances.load(held, "two") is None
    assert [record.sequence for record in store.records.read(held, "one")] == [1, 2]


def test_a_version_that_was_overtaken_is_not_written(store: Store, held: Transaction) -> None:
    begin(store, held, "one")
    loaded = store.instances.load(held, "one")
    assert loaded is not None
    change = [happened(CASE, loaded, [step(CASE, loaded.instance, Fire("add", {"by": 1}), Facts(T0))])]
    store.instances.write(held, [])
    store.write(held, change, T0)
    with pytest.raises(StaleInstance, match="the first: one"):
        store.write(held, change, T0)


def test_pages_follow_one_another_by_id(store: Store, held: Transaction) -> None:
    for number in range(7):
        begin(store, held, f"c{number}")
    first = store.instances.find(held, Filter(), limit=4)
    rest = store.instances.find(held, Filter(), after=first[-1].instance.id, limit=4)
    assert [each.instance.id for each in (*first, *rest)] == [f"c{number}" for number in range(7)]


@pytest.mark.parametrize("text", ["Ādaži", "ādaži", "adazi", "ADAZI", "DAŽI", "ONE"])
def test_text_is_found_whatever_its_case_and_diacritics(store: Store, held: Transaction, text: str) -> None:
    begin(store, held, "one", name="Ādaži")
    begin(store, held, "two", name="100 %_")
    assert [each.instance.id for each in store.instances.find(held, Filter(text=text))] == ["one"]
    assert [each.instance.id for each in store.instances.find(held, Filter(text="%_"))] == ["two"]


def test_folding_makes_one_letter_of_its_forms() -> None:
    assert fold("Ā") == fold("ā") == fold("A\u0304") == fold("a") == "a"


def test_overdue_are_those_with_an_open_deadline_that_was_due(store: Store, held: Transaction) -> None:
    begin(store, held, "one")
    due = next(iter(store.timers.open_deadlines(held, limit=1))).due
    assert len(store.instances.find(held, Filter(overdue_at=due))) == 1
    assert store.instances.find(held, Filter(overdue_at=due - timedelta(microseconds=1))) == []


def test_the_scheduler_reads_one_index_and_nothing_else(store: Store, held: Transaction) -> None:
    begin(store, held, "one")
    assert store.timers.next_due(held) == T0.replace(day=11, hour=22)
    prefix = store.tables.prefix
    for question in ("SELECT min(due)", "SELECT due, instance"):
        plan = held.connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {question} FROM {prefix}timers WHERE ending IS NULL"
            " AND incident IS NULL AND due IS NOT NULL"
            + (" AND due <= 1 ORDER BY due, instance LIMIT 5" if "instance" in question else "")
        ).all()
        assert [f"INDEX ix_{prefix}timers_due" in row[3] for row in plan] == [True]


def test_the_migrations_lead_to_the_tables_as_declared(store: Store, held: Transaction) -> None:
    table = version_table(store.tables)
    context = MigrationContext.configure(held.connection, opts={"version_table": table, "compare_type": True})
    assert compare_metadata(context, store.tables.metadata) == []
    indexes = {
        each["name"]
        for name in inspect(held.connection).get_table_names()
        for each in inspect(held.connection).get_indexes(name)
    }
    declared = {index.name for each in store.tables.metadata.tables.values() for index in each.indexes}
    assert declared <= indexes


def test_the_newest_revision_is_the_one_we_work_with(store: Store, held: Transaction) -> None:
    migrations = Path(__file__).parents[3] / "engine" / "gaita" / "store" / "migrations"
    assert ScriptDirectory(str(migrations)).get_current_head() == NEWEST
    assert schema_version(held.connection, store.tables) == NEWEST
    assert not migrate(held.connection, store.tables)


def test_a_rollback_takes_all(store: Store, database: Engine) -> None:
    opened = Database(database, store.tables)
    with pytest.raises(RuntimeError), opened.writing() as held:  # noqa: PT012 - the block is what fails
        begin(store, held, "one")
        raise RuntimeError
    with opened.reading() as held:
        assert store.instances.load(held, "one") is None
        assert store.records.read(held, "one") == []
        assert store.timers.next_due(held) is None


def test_whoever_starts_what_somebody_else_has_started_meanwhile_hears_that_it_exists(
    store: Store, held: Transaction
) -> None:
    begin(store, held, "one")
    with pytest.raises(InstanceExists, match="'one' exists already") as caught:
        begin(store, held, "one")
    assert caught.value.__cause__ is None
