"""Arguments: whatever a caller passes is used as it is meant, or refused with what to pass instead."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from gaita.arguments import LARGEST_LIMIT, LONGEST_ACTOR, LONGEST_INSTANCE, LONGEST_KEY, LONGEST_REASON
from gaita.calendar import parse_amount, public_calendar
from gaita.clock import ManualClock
from gaita.errors import (
    DatabaseTrouble,
    EngineClosed,
    GaitaError,
    InvalidArgument,
    MalformedCommand,
    UnknownInstance,
)
from gaita.rehearsal import rehearse
from gaita.runtime import Engine
from gaita.store import Tables
from tests.gaita.building import COUNTER, T0


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine for many questions, with one instance that none of them changes."""
    made = Engine(f"sqlite:///{tmp_path_factory.mktemp('arguments') / 'gaita.db'}", clock=ManualClock(T0))
    made.migrate()
    made.deploy(COUNTER)
    made.start("case", instance="one")
    yield made
    made.close()


NAIVE = datetime(2024, 3, 4, 9)  # noqa: DTZ001 - that is what is tested


def fired(engine: Engine, **arguments: Any) -> object:  # noqa: ANN401 - anything is passed
    return engine.fire(**{"instance": "one", "event": "add", "payload": {"by": 1}, **arguments})


def started(engine: Engine, **arguments: Any) -> object:  # noqa: ANN401 - anything is passed
    return engine.start(**{"workflow": "case", "instance": "two", **arguments})


WRONG: list[tuple[Callable[..., object], dict[str, Any], str]] = [
    (fired, {"actor": "engine"}, "actor: `engine` is the engine's own name; pass who asks"),
    (fired, {"actor": "Engine"}, "actor: `Engine` is the engine's own name"),
    (fired, {"actor": None}, 'actor: expected who asks, such as "anna" or "system", found nothing'),
    (fired, {"actor": ""}, "actor: is empty; expected who asks"),
    (fired, {"actor": 7}, "actor: expected who asks, .* found an int"),
    (fired, {"actor": " \t "}, "actor: is blank"),
    (fired, {"actor": "anna "}, "actor: .* begins or ends with a blank"),
    (fired, {"actor": "anna\u202e"}, "actor: .* holds characters that cannot be seen"),
    (fired, {"actor": "a\ud800"}, "actor: .* halves of characters"),
    (fired, {"actor": "a" * (LONGEST_ACTOR + 1)}, "actor: expected at most 200 characters, found 201"),
    (fired, {"roles": "lead"}, r"roles: expected a list or set of names, found a str; pass \['lead'\]"),
    (fired, {"roles": None}, "roles: expected a list or set of names, found nothing"),
    (fired, {"roles": {"lead": 1}}, "roles: expected a list or set of names, found a dict"),
    (fired, {"roles": ["lead", 7]}, "roles: expected the name of a role, found an int"),
    (fired, {"roles": [""]}, "roles: is empty"),
    (fired, {"key": 7}, "key: expected an idempotency key, found an int"),
    (fired, {"key": ""}, "key: is empty"),
    (fired, {"key": "k" * (LONGEST_KEY + 1)}, "key: expected at most 200 characters"),
    (fired, {"payload": [1]}, "payload: expected a mapping from names to values, found a list"),
    (fired, {"payload": {1: 2}}, "payload: expected names of fields, found an int"),
    (fired, {"event": None}, "event: expected a name, found nothing"),
    (fired, {"instance": 1}, "instance: expected an instance's id, found an int"),
    (fired, {"instance": "a\x00"}, "instance: .* holds control characters"),
    (started, {"data": "x"}, "data: expected a mapping"),
    (started, {"since": NAIVE, "reason": "r"}, "since: .* names no time zone"),
    (
        started,
        {"since": "2024-03-04", "reason": "r"},
        "since: expected a datetime with a time zone, found a str",
    ),
    (started, {"version": "1"}, "version: expected a whole number from 1"),
    (started, {"reason": "r" * (LONGEST_REASON + 1)}, "reason: expected at most 2000 characters"),
    (started, {"instance": None, "key": "k"}, "key: belongs to an instance"),
    (
        started,
        {"instance": "", "actor": "", "roles": "x"},
        "instance: is empty.*actor: is empty.*roles: expected",
    ),
    (lambda engine: engine.list(limit=0), {}, "limit: expected a whole number from 1 to 100000, found 0"),
    (lambda engine: engine.list(limit=-1), {}, "limit: .* found -1"),
    (lambda engine: engine.list(limit=10**30), {}, "limit: expected a whole number"),
    (lambda engine: engine.list(limit=LARGEST_LIMIT + 1), {}, "limit: .* found 100001"),
    (lambda engine: engine.list(limit=True), {}, "limit: .* found a bool"),
    (lambda engine: engine.list(after=3), {}, "after: expected a name, found an int"),
    (lambda engine: engine.run_due(batch=0), {}, "batch: .* found 0"),
    (lambda engine: engine.run_due(NAIVE), {}, "now: .* names no time zone"),
    (lambda engine: engine.history("one", limit=0), {}, "limit: .* found 0"),
    (lambda engine: engine.history("one", after=-1), {}, "after: .* found -1"),
    (lambda engine: engine.history("one", after=2**70), {}, "after: expected a whole number"),
    (lambda engine: engine.deadlines.open(before=NAIVE), {}, "before: .* names no time zone"),
    (lambda engine: engine.deadlines.open(limit=0), {}, "limit: .* found 0"),
    (lambda engine: engine.deadlines.worklist(3), {}, "role: expected a name, found an int"),
    (lambda engine: engine.incidents.retry("3"), {}, "number: expected a whole number from 1 to"),
    (
        lambda engine: engine.incidents.retry(1, actor="engine"),
        {},
        "actor: `engine` is the engine's own name",
    ),
    (lambda engine: engine.outbox.list(limit=0), {}, "limit: .* found 0"),
    (lambda engine: engine.outbox.drop(1, "  "), {}, "reason: holds nothing but blanks"),
    (lambda engine: engine.outbox.drop(1, "r", actor="engine"), {}, "actor: `engine`"),
    (lambda engine: engine.outbox.retry(2**70), {}, "number: expected a whole number"),
    (lambda engine: engine.calendars.apply("x", actor="engine"), {}, "actor: `engine`"),
    (lambda engine: engine.set_data("one", None, actor=3), {}, "actor: .* found an int"),
    (lambda engine: engine.pause("one", "a.soon", "\x00", actor="anna"), {}, "reason: .* control characters"),
    (lambda engine: engine.extend("one", "a.soon", 5, "r"), {}, "by: expected a name, found an int"),
    (lambda engine: engine.possibilities("one", roles="lead"), {}, "roles: .* found a str"),
    (
        lambda engine: engine.deploy(3),
        {},
        "source: expected the file's content as text or bytes, found an int",
    ),
]


@pytest.mark.parametrize(("call", "arguments", "says"), WRONG)
def test_a_wrong_argument_is_refused_with_what_to_pass(
    shared: Engine, call: Callable[..., object], arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(MalformedCommand, match=f"(?s){says}"):
        call(shared, **arguments)
    assert len(shared.history("one")) == 1


IDS = {
    " one": "begins or ends with a blank",
    "one ": "begins or ends with a blank",
    "one  two": "two in a row",
    "one\u00a0two": "cannot be seen",
    "one\u200b": "cannot be seen",
    "one\ufe0f": "cannot be seen",
    "one\u3164": "cannot be seen",
    "\u202eeno": "cannot be seen",
    "on\te": "cannot be seen",
    "a\u0304": "pass `ā`",
    "ﬁeld": "pass `field`",
    "m²": "pass `m2`",
    "\u0440ay": "mixes Cyrillic and Latin letters",
    "../etc": "as paths do",
    "a/./b": "as paths do",
    "a\\..\\b": "as paths do",
    "/a": "as paths do",
    "a//b": "as paths do",
    "a/": "as paths do",
    ".": "as paths do",
    "x" * (LONGEST_INSTANCE + 1): "at most 200 characters",
}


@pytest.mark.parametrize("identity", IDS, ids=ascii)
def test_an_id_is_written_in_one_way_only(shared: Engine, identity: str) -> None:
    with pytest.raises(MalformedCommand, match=f"the start: instance: .*{IDS[identity]}"):
        shared.start("case", instance=identity)
    with pytest.raises((UnknownInstance, MalformedCommand)):
        shared.get(identity)


@pytest.mark.parametrize(
    "identity", ["Ādažu skola 3", "дело 5", "2024/17/b", "a.b", "..a", "x" * 200, "-x", "a:b"]
)
def test_ids_of_all_sorts_are_admitted(shared: Engine, identity: str) -> None:
    assert shared.start("case", instance=identity).instance == identity
    assert shared.get(identity).id == identity


def test_an_id_that_an_older_release_admitted_can_still_be_used(engine: Engine) -> None:
    engine.start("case", instance="one")
    with engine.transaction() as connection:
        for table, column in (("instances", "id"), ("deadlines", "instance"), ("timers", "instance")):
            connection.exec_driver_sql(f"UPDATE gaita_{table} SET {column} = 'one '")
    assert engine.fire("one ", "add", {"by": 1}).accepted
    assert engine.explain("one ", "go").candidates


def test_a_directory_that_answers_with_one_role_is_told(url: str, engine: Engine) -> None:
    class OneRole:
        def roles_of(self, actor: str, stated: frozenset[str]) -> Any:  # noqa: ANN401 - a fault
            del actor, stated
            return "lead"

    engine.start("case", instance="one")
    other = Engine(url, directory=OneRole())
    with pytest.raises(MalformedCommand, match="directory answered with str; expected a set"):
        other.fire("one", "add", {"by": 1})
    other.close()


class AsyncConnection:
    """Named as SQLAlchemy's, which needs a package more to be imported."""


class AsyncSession:
    """Named as SQLAlchemy's."""


def test_what_is_no_connection_is_refused_with_what_to_pass(engine: Engine, url: str) -> None:
    database = create_engine(url)
    session = Session(database)
    wrong: dict[Any, str] = {
        session: r"found sqlalchemy's Session; pass session\.connection\(\)",
        database: r"with database\.begin\(\) as connection",
        "x": "found builtins's str; expected an SQLAlchemy Connection",
        3: "expected an SQLAlchemy Connection",
        AsyncConnection(): r"connection\.run_sync",
        AsyncSession(): r"session\.run_sync",
    }
    for each, says in wrong.items():
        with pytest.raises(MalformedCommand, match=says):
            engine.get("one", connection=each)
        with pytest.raises(MalformedCommand, match=says):
            engine.start("case", connection=each)
    closed = database.connect()
    closed.close()
    with pytest.raises(MalformedCommand, match="is closed"):
        engine.get("one", connection=closed)
    session.close()
    database.dispose()


def test_an_engine_shows_its_database_and_clock_and_no_password(url: str, clock: ManualClock) -> None:
    engine = Engine(url, clock=clock)
    assert repr(engine) == f"<gaita.Engine {url}, tables gaita_*, ManualClock>"
    assert "temporary file" in repr(Engine("sqlite://"))


@pytest.mark.parametrize(
    ("database", "says"),
    [
        (Path("x.db"), 'found PosixPath; pass "sqlite:///x.db"'),
        (None, "expected a URL or an SQLAlchemy Engine, found NoneType"),
        ("postgresql://somebody:secret@here/x", "'postgresql' is not supported yet"),
        ("sqlite+aiosqlite:///x", "'sqlite\\+aiosqlite' is not supported yet"),
        ("no url", "URL cannot be read"),
    ],
)
def test_an_engine_is_made_of_a_url_or_an_engine(database: Any, says: str) -> None:  # noqa: ANN401 - anything is passed
    with pytest.raises(GaitaError, match=says) as caught:
        Engine(database)
    assert "secret" not in str(caught.value)


# -- text that no file and no database can hold, wherever a caller may pass any

NO_TEXT = ["\ud800", "a\0b\ud800"]
TAKING_TEXT: list[Callable[[Engine, str], object]] = [
    lambda engine, text: engine.deploy(text),
    lambda engine, text: engine.deploy(COUNTER + f"# {text}"),
    lambda engine, text: engine.deploy(COUNTER, text),
    lambda engine, text: engine.workflow(text),
    lambda engine, text: engine.start(text),
    lambda engine, text: engine.start("case", instance=text),
    lambda engine, text: engine.start("case", data={text: 1}),
    lambda engine, text: engine.start("case", actor=text),
    lambda engine, text: engine.start("case", roles=[text]),
    lambda engine, text: engine.start("case", state=text, reason="why"),
    lambda engine, text: engine.start("case", state="open", reason=text),
    lambda engine, text: engine.start("case", instance="two", key=text),
    lambda engine, text: engine.fire(text, "add"),
    lambda engine, text: engine.fire("one", text),
    lambda engine, text: engine.fire("one", "add", {text: 1}),
    lambda engine, text: engine.fire("one", "add", {"by": text}),
    lambda engine, text: engine.set_data("one", {text: 1}),
    lambda engine, text: engine.pause("one", text, "why"),
    lambda engine, text: engine.pause("one", "open.d", text),
    lambda engine, text: engine.resume("one", text),
    lambda engine, text: engine.extend("one", "open.d", text, "why"),
    lambda engine, text: engine.get(text),
    lambda engine, text: engine.list(workflow=text),
    lambda engine, text: engine.list(state=text),
    lambda engine, text: engine.list(text=text),
    lambda engine, text: engine.list(after=text),
    lambda engine, text: engine.explain("one", text),
    lambda engine, text: engine.possibilities("one", roles=[text]),
    lambda engine, text: engine.history(text),
    lambda engine, text: engine.verify(text),
    lambda engine, text: engine.keep_last_moment(text),
    lambda engine, text: engine.deadlines.worklist(text),
    lambda engine, text: engine.deadlines.worklist(workflow=text),
    lambda engine, text: engine.deadlines.worklist(instance=text),
    lambda engine, text: engine.deadlines.feed(role=text),
    lambda engine, text: engine.deadlines.ledger("one", text),
    lambda engine, text: engine.deadlines.preview("one", text),
    lambda engine, text: engine.deadlines.preview("one", None, None, text),
    lambda engine, text: engine.incidents.retry(1, actor=text),
    lambda engine, text: engine.outbox.list(channel=text),
    lambda engine, text: engine.outbox.retry(1, actor=text),
    lambda engine, text: engine.outbox.drop(1, text),
    lambda engine, text: engine.calendars.diff(text),
    lambda engine, text: engine.calendars.apply(text),
    lambda _, text: Tables(text),
    lambda _, text: Tables(schema=text),
    lambda _, text: Engine(f"sqlite:///{text}"),
    lambda _, text: parse_amount(text),
    lambda _, text: public_calendar(text),
    lambda _, text: rehearse(COUNTER, text),
    lambda _, text: rehearse(text, "{}"),
]


@pytest.mark.parametrize("text", NO_TEXT)
def test_what_is_no_text_is_refused_wherever_it_is_passed(shared: Engine, text: str) -> None:
    for call in TAKING_TEXT:
        with pytest.raises(GaitaError) as refused:
            call(shared, text)
        assert str(refused.value).isprintable() or "\n" in str(refused.value)


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("sqlite_", "`sqlite_` begins as databases name their own tables"),
        ("PG_mine_", "`PG_mine_` begins as databases name their own tables"),
        ("1_", "expected letters of the English alphabet"),
        ("a b", "expected letters of the English alphabet"),
        ("ā_", "expected letters of the English alphabet"),
        ('"; drop', "expected letters of the English alphabet"),
        ("p" * 32, "31 at most"),
    ],
)
def test_a_prefix_that_begins_no_tables_name_is_refused(prefix: str, said: str) -> None:
    with pytest.raises(InvalidArgument, match=said):
        Tables(prefix)


def test_a_schema_that_there_is_not_is_an_error_of_ours(tmp_path: Path) -> None:
    engine = Engine(f"sqlite:///{tmp_path / 'g.db'}", tables=Tables(schema="nowhere"))
    with pytest.raises(DatabaseTrouble):
        engine.migrate()
    engine.close()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file::memory:?uri=true",
        "sqlite:///file::memory:?cache=shared&uri=true",
        "sqlite:///file:cases?mode=memory&cache=shared&uri=true",
        "sqlite:///cases?mode=memory",
    ],
)
def test_in_memory_is_a_private_file_however_it_is_written(url: str) -> None:
    engine, other = Engine(url), Engine(url)
    engine.migrate()
    engine.deploy(COUNTER)
    assert "a temporary file" in repr(engine)
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda number: engine.start("case", instance=str(number)), range(8)))
    assert len(engine.list().instances) == len(done) == 8
    with pytest.raises(DatabaseTrouble, match="no Gaita schema"):
        other.list()
    engine.close()
    other.close()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?foo=1", "has a parameter `foo`"),
        ("?timeout=abc", "the parameter timeout of .* is `abc`; expected a number"),
        ("?uri=maybe", "the parameter uri of .* is `maybe`; expected true or false"),
    ],
)
def test_a_url_is_refused_before_its_first_use(query: str, said: str) -> None:
    with pytest.raises(DatabaseTrouble, match=said):
        Engine(f"sqlite:///cases.db{query}")


def test_an_engine_that_was_closed_says_so(tmp_path: Path) -> None:
    engine = Engine(f"sqlite:///{tmp_path / 'g.db'}")
    engine.migrate()
    engine.deploy(COUNTER)
    host = create_engine(f"sqlite:///{tmp_path / 'g.db'}")
    engine.close()
    engine.close()
    uses: list[Callable[[], object]] = [
        engine.migrate,
        engine.workflows,
        engine.run_due,
        engine.next_due,
        engine.outbox.list,
        engine.incidents.list,
        engine.deadlines.account,
        engine.calendars.in_force,
        lambda: engine.start("case"),
        lambda: engine.transaction().__enter__(),
    ]
    for use in uses:
        with pytest.raises(EngineClosed, match="make another one"):
            use()
    with host.begin() as connection, pytest.raises(EngineClosed):
        engine.start("case", connection=connection)
    host.dispose()
