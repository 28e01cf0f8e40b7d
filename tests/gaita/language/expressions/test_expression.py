"""Expressions: checked against the fields' types when read, and never raising when they run."""

import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaita.language.expressions.expression import ExpressionFault, ExpressionFaults, Scope
from gaita.model.value import Field, ValueType
from gaita.model.workflow import Failed, Unknown

NOW = datetime(2025, 3, 1, 10, tzinfo=UTC)
TEXTS = ValueType("list", item=ValueType("string"))


def fields(types: Mapping[str, ValueType]) -> dict[str, Field]:
    return {name: Field(name, each, {}) for name, each in types.items()}


DATA = fields(
    {
        "users_tested": ValueType("integer", minimum=0),
        "viability": ValueType("number"),
        "kind": ValueType("choice", ("municipality", "planning_region")),
        "kinds": ValueType("list", item=ValueType("choice", ("lab", "field"))),
        "expected_on": ValueType("date"),
        "expected_in": ValueType("month"),
        "seen_at": ValueType("moment"),
        "all_seen": ValueType("list", item=ValueType("moment")),
        "names": TEXTS,
        "scores": ValueType("map", item=ValueType("integer")),
        "weights": ValueType("map", item=ValueType("number")),
        "table": ValueType("list", item=TEXTS),
        "approved": ValueType("boolean"),
        "title": ValueType("string"),
        # Names that protobuf finds too alike, or cannot hold at all.
        "a_1": ValueType("map", item=ValueType("string")),
        "a1": ValueType("map", item=ValueType("string")),
        "ķēde": ValueType("string"),
    }
)
PAYLOAD = fields({"users": ValueType("integer", minimum=1), "note": ValueType("string")})

SHARED = Scope(DATA, "Europe/Riga")


@pytest.fixture
def scope() -> Scope:
    return SHARED


def names(data: Mapping[str, object], event: Mapping[str, object] | None = None) -> dict[str, object]:
    return {"data": data, "event": event or {}, "now": NOW, "today": "2025-03-01"}


def faults_of(scope: Scope, source: str, *, now: bool = True) -> tuple[ExpressionFault, ...]:
    with pytest.raises(ExpressionFaults) as raised:
        scope.guard(source, PAYLOAD, now=now)
    return raised.value.faults


@pytest.mark.parametrize(
    ("source", "place", "message", "hint"),
    [
        ("data.userz > 3", (1, 6), "no data field is called `userz`", "did you mean `data.users_tested`"),
        ("has(data.tittle)", (1, 10), "no data field is called `tittle`", "`data.title`"),
        ("event.user > 1", (1, 7), "no field of the payload is called `user`", "`event.users`"),
        ("data.note == ''", (1, 6), "no data field is called `note`", "`event.note`"),
        ("users_tested > 3", (1, 1), "nothing is called `users_tested`", "`data.users_tested`"),
        ("true && dat.approved", (1, 9), "nothing is called `dat`", "`data`"),
        ("siz(data.names) > 1", (1, 1), "no function is called `siz`", "`size`"),
        ("data.viability <= 3", (1, 16), "`<=` cannot compare a number with a whole number", "write 3.0"),
        ("3 < data.viability", (1, 3), "`<` cannot compare", "write 3.0"),
        ("data.viability > data.users_tested", (1, 16), "`>` cannot compare", "double"),
        ("now <= data.expected_on", (1, 5), "cannot compare a moment with a date", "`today`"),
        ("data.title == 3", (1, 12), "cannot compare text with a whole number", "quotes"),
        ("today < data.expected_in", (1, 13), "a date cannot be compared with a month", "deadline"),
        ('data.kind == "municipalty"', (1, 14), "expected one of", 'did you mean "municipality"'),
        ('data.kind in ["planning_regio"]', (1, 15), "expected one of", '"planning_region"'),
        ('"lap" in data.kinds', (1, 1), "expected one of lab or field", '"lab"'),
        ('today < "2025-02-30"', (1, 9), "expected a date", None),
        ("data.users_tested", (1, 1), "must be true or false, this is a whole number", "compare it"),
        ("data.table[0][0]", (1, 1), "known only when it runs", "== true"),
        ("dyn(data.approved)", (1, 1), "known only when it runs", "== true"),
        ("data.users_tested && true", (1, 19), "`&&` joins conditions", None),
        ("data.approved ? 1 : 'a'", (1, 15), "two values of one type", None),
        ("data.names[0].x == 1", (1, 14), "text has no fields", None),
        ("data == data", (1, 1), "`data` is no value by itself", None),
        ("data.approved &&", (1, 17), "ends too early", None),
        ("(data.approved", (1, 15), "ends too early", None),
        ("data.approved)", (1, 14), "closes what was not opened", None),
        ("", (1, 1), "empty", None),
        ("data.title == 'abc", (1, 15), "not closed", None),
        ("data.approved and true", (1, 15), "`and` cannot stand here", "write `&&`"),
        ("not data.approved", (1, 5), "cannot stand here", "write `!`"),
        ("data.users_tested = 3", (1, 19), "`=` cannot stand here", "write `==`"),
        ("99999999999999999999 > 1", (1, 1), "out of range", None),
        ("if", (1, 1), "reserved word", None),
        ("'\ud800' == ''", (1, 2), "half of a character", None),
        ("gaita.Data{} == gaita.Data{}", (1, 1), "can be made here", None),
        ("data.names.all(today, true)", (1, 15), "already has a meaning", "something else"),
        ("data.title.matches('(')", (1, 20), "invalid regular expression", None),
        ("now - data.seen_at > duration('3 days')", (1, 31), "duration cannot use this", None),
        ("now.getHours('Europe/Rga') > 1", (1, 14), "getHours cannot use this", None),
    ],
)
def test_a_fault_says_where_what_and_what_to_do(
    scope: Scope, source: str, place: tuple[int, int], message: str, hint: str | None
) -> None:
    """One fault of every sort, in our own words."""
    fault = faults_of(scope, source)[0]
    assert (fault.line, fault.column) == place
    assert message in fault.message
    assert (hint or "") in (fault.hint or "")


def test_places_count_characters_through_letters_beyond_ascii_and_several_lines(scope: Scope) -> None:
    """Not bytes, and not UTF-16 units."""
    first, second, third = faults_of(scope, "'āņ😀' == 3 ||\n  data.userz > 1 &&\r\n\t'ā😀' == 3")
    assert (first.line, first.column) == (1, 7)
    assert (second.line, second.column) == (2, 8)
    assert (third.line, third.column) == (3, 7)


def test_all_faults_come_at_once(scope: Scope) -> None:
    """An operator mends a file in one go."""
    assert [fault.column for fault in faults_of(scope, "data.zz || data.yy || foo(1)")] == [6, 17, 23]


@pytest.mark.parametrize("source", ["now > data.seen_at", 'today > "2025-01-01"'])
def test_where_waking_up_could_not_be_computed_time_is_not_read(scope: Scope, source: str) -> None:
    """Automatic transitions and limits."""
    fault = faults_of(scope, source, now=False)[0]
    assert "may not be read here" in fault.message
    assert fault.hint == "use a deadline"


def test_without_an_event_there_is_no_payload(scope: Scope) -> None:
    """The fault says so, rather than that `event` is unknown."""
    with pytest.raises(ExpressionFaults, match="there is no event here"):
        scope.guard("event.users > 1", None)


@pytest.mark.parametrize(
    ("source", "data", "expected"),
    [
        ("data.users_tested >= 30", {"users_tested": 30}, True),
        ("data.users_tested >= 30", {"users_tested": 29}, False),
        ("data.users_tested >= 30", {}, Unknown(("data.users_tested",))),
        ("event.users > data.users_tested", {}, Unknown(("data.users_tested", "event.users"))),
        ("data.users_tested > 3 || data.approved", {"approved": True}, True),
        ("data.users_tested > 3 && data.approved", {"approved": False}, False),
        ("data.users_tested > 3 || data.approved", {"approved": False}, Unknown(("data.users_tested",))),
        ("has(data.title)", {}, False),
        ("has(data.title)", {"title": ""}, True),
        ("(has(data.title) ? data.title : '') == data.kind", {}, Unknown(("data.kind",))),
        ("data.title == data.kind && has(data.title)", {"kind": "x"}, False),
        ("1 / data.users_tested > 3", {"users_tested": 0}, Failed("a division by zero")),
        ("data.names[3] == ''", {"names": []}, Failed("Index error: index=3 size=0")),
        ("data.scores.safety > 3", {"scores": {"safety": 4}}, True),
        ("data.scores['safety'] > 3", {"scores": {}}, Unknown(("data.scores.safety",))),
        ("data.scores.safety > 3", {}, Unknown(("data.scores",))),
        ("data.scores[data.title] > 3", {"scores": {}, "title": "x"}, Failed('a map has no entry "x"')),
        ("now > data.seen_at", {"seen_at": "2025-03-01T09:59:59.999999Z"}, True),
        ("now > data.seen_at", {"seen_at": "2025-03-01T10:00:00Z"}, False),
        ("now > data.seen_at", {}, Unknown(("data.seen_at",))),
        ("data.all_seen.exists(at, at < now)", {"all_seen": ["2025-02-01T10:00:00Z"]}, True),
        ("today <= data.expected_on", {"expected_on": "2025-03-01"}, True),
        ("data.viability + 1.0 > 3.0", {"viability": 3}, True),
        ("data.weights.all(name, data.weights[name] / 2.0 < 2.0)", {"weights": {"a": 3}}, True),
        ("data.table[0][0] == 'ā'", {"table": [["ā"]]}, True),
        ("data.a_1.x == data.a1.x", {"a_1": {"x": "1"}, "a1": {"x": "1"}}, True),
        ("data.title.matches('^(a|aa)+$')", {"title": "a" * 9_999 + "b"}, False),
        ("!(data.approved) // a comment", {"approved": False}, True),
    ],
)
def test_a_condition_holds_fails_to_hold_or_is_unknown(
    scope: Scope, source: str, data: Mapping[str, object], expected: object
) -> None:
    """What is not set is unknown; any other error has failed."""
    assert scope.guard(source, PAYLOAD).evaluate(names(data)) == expected


@pytest.mark.parametrize(
    ("source", "expected", "result"),
    [
        ("data.users_tested + event.users", ValueType("integer"), 42),
        ("data.users_tested", ValueType("number"), 40.0),
        ("now", ValueType("moment"), "2025-03-01T10:00:00Z"),
        ("data.seen_at", ValueType("moment"), "2025-02-01T10:00:00.500000Z"),
        ("data.seen_at + duration('1h')", ValueType("moment"), "2025-02-01T11:00:00.500000Z"),
        ("today", ValueType("date"), "2025-03-01"),
        ("[]", TEXTS, []),
        ("data.names + ['ā']", TEXTS, ["a", "ā"]),
        ("{'a': data.users_tested}", ValueType("map", item=ValueType("number")), {"a": 40.0}),
        ("data.approved", ValueType("boolean"), False),
        ("data.names.map(name, name)", TEXTS, ["a"]),
        ("data.title", ValueType("string"), "NOT_FOUND: no error"),
        ("data.expected_on", ValueType("date"), Unknown(("data.expected_on",))),
    ],
)
def test_a_value_is_plain_and_admitted(
    scope: Scope, source: str, expected: ValueType, result: object
) -> None:
    """Moments are text again, whole numbers are numbers where numbers are kept."""
    data = {
        "users_tested": 40,
        "seen_at": "2025-02-01T10:00:00.500000Z",
        "names": ["a"],
        "approved": False,
        "title": "NOT_FOUND: no error",
    }
    value = scope.value(source, expected, PAYLOAD).evaluate(names(data, {"users": 2}))
    assert value == result
    assert type(value) is type(result)


@pytest.mark.parametrize(
    ("source", "expected", "complaint"),
    [
        ("data.title", ValueType("choice", ("a",)), "expected one of a, found the text `zz`"),
        ("data.users_tested - 41", ValueType("integer", minimum=0), "at least 0"),
        ("data.viability / 0.0", ValueType("number"), "expected a number"),
        ("9223372036854775807 + data.users_tested", ValueType("integer"), "out of range"),
    ],
)
def test_a_value_that_is_not_admitted_fails(
    scope: Scope, source: str, expected: ValueType, complaint: str
) -> None:
    """What only the data can tell is told when it runs."""
    result = scope.value(source, expected, PAYLOAD).evaluate(
        names({"title": "zz", "users_tested": 40, "viability": 1.0})
    )
    assert isinstance(result, Failed)
    assert complaint in result.error


@pytest.mark.parametrize(
    ("source", "expected", "complaint"),
    [
        ("data.viability", ValueType("integer"), "this gives a number"),
        ("now", ValueType("date"), "this gives a moment"),
        ("null", ValueType("string"), "this gives nothing"),
        ("data.names", ValueType("list", item=ValueType("integer")), "this gives a list"),
        ("data.names", ValueType("map", item=ValueType("string")), "this gives a list"),
        ("'regio'", ValueType("choice", ("region",)), "expected one of region"),
        ("data.approved ? 'x' : 'region'", ValueType("choice", ("region",)), "found the text `x`"),
        ("-1", ValueType("integer", minimum=0), "at least 0"),
        ("'2025-02-30'", ValueType("date"), "expected a date"),
    ],
)
def test_a_value_of_another_type_is_a_fault(
    scope: Scope, source: str, expected: ValueType, complaint: str
) -> None:
    """What can be told when the workflow is read is told then."""
    with pytest.raises(ExpressionFaults, match=re.escape(complaint)):
        scope.value(source, expected, PAYLOAD)


def test_an_expression_names_what_it_reads(scope: Scope) -> None:
    """Sorted, with the variables of its own left out."""
    source = "data.names.exists(n, n == event.note) && has(data.title) && now > data.seen_at && today > ''"
    with pytest.raises(ExpressionFaults):
        scope.guard(source, PAYLOAD)  # '' is no date
    expression = scope.guard(source.replace("''", "'2025-01-01'"), PAYLOAD)
    assert expression.reads == ("data.names", "data.seen_at", "data.title", "event.note", "now", "today")


def test_a_conjunction_is_one_expression_even_after_a_comment(scope: Scope) -> None:
    """A comment must not hide what is joined behind it."""
    both = scope.all_of(["data.users_tested >= 30 // enough", "data.approved"], PAYLOAD)
    assert both.reads == ("data.approved", "data.users_tested")
    assert both.evaluate(names({"users_tested": 30, "approved": True})) is True
    assert both.evaluate(names({"users_tested": 30, "approved": False})) is False
    assert both.evaluate(names({"approved": False})) is False
    assert both.evaluate(names({"approved": True})) == Unknown(("data.users_tested",))
    assert scope.all_of([], PAYLOAD).evaluate(names({})) is True


def test_a_conjunction_beyond_what_one_expression_holds_still_works(scope: Scope) -> None:
    """Two parts that only together are too deep."""
    long = " + ".join(["data.users_tested"] * 30) + " > 29"
    both = scope.all_of([long, *(["data.approved"] * 40), long], PAYLOAD)
    assert both.reads == ("data.approved", "data.users_tested")
    assert both.evaluate(names({"users_tested": 1, "approved": True})) is True
    assert both.evaluate(names({"approved": False})) is False
    assert both.evaluate(names({"approved": True})) == Unknown(("data.users_tested",))


@pytest.mark.parametrize(
    "source",
    [
        "(" * 100_000 + "true" + ")" * 100_000,
        "(" * 30 + "true" + ")" * 30,
        "[" * 900 + "]" * 900 + " == []",
        "!" * 100_000 + "true",
        "+".join(["1"] * 900) + " == 1",
        "data" + ".title" * 300 + " == ''",
        "true ? " * 200 + "true" + " : true" * 200,
        "data.title == '" + "ā" * 200_000 + "'",
        "data.names.all(a, " * 30 + "true" + ")" * 30,
        "data.names.all(a, data.names.all(b, data.names.all(c, a == b)))",
        "data.names.map(a, data.names.map(b, a + b)).size() > 1",
        "data.names.all(a, data.names + data.names == [])",
        "data.title.matches('(a{1000}){1000}')",
        "data.title.matches('" + "(a*)*" * 300 + "b{1001}')",
    ],
    ids=lambda source: source[:30],
)
def test_a_bomb_is_a_clear_fault_at_once(scope: Scope, source: str) -> None:
    """Hostile workflows are refused within two seconds."""
    started = time.perf_counter()
    assert faults_of(scope, source)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "source",
    [
        "data.names.all(a, data.names.all(b, a == b))",
        "data.names.map(a, data.names.map(b, data.names)).size() > 1",
        "data.names.all(a, data.names.all(b, data.title.matches('^(a|aa)+$')))",
    ],
)
def test_an_endless_guard_runs_out_of_its_budget(scope: Scope, source: str) -> None:
    """It fails, soon, and takes nothing else with it."""
    expression = scope.guard(source, PAYLOAD)
    started = time.thread_time()  # of this thread: other work of the machine does not count
    result = expression.evaluate(names({"names": ["a"] * 1_000, "title": "a" * 10_000}))
    assert time.thread_time() - started < 2
    assert result == Failed("it takes more steps than the engine allows")


def test_a_regular_expression_from_the_data_cannot_explode(scope: Scope) -> None:
    """RE2 is linear in the text and bounded in memory."""
    expression = scope.guard("data.title.matches(event.note)", PAYLOAD)
    data = names({"title": "a" * 10_000}, {"note": "(a*)*(a*)*(a|aa)+b$"})
    assert expression.evaluate(data) is False
    data = names({"title": "a" * 10_000}, {"note": "(a{1000}){1000}"})
    assert isinstance(expression.evaluate(data), Failed)


@pytest.mark.parametrize("data", [{"users_tested": object()}, {"users_tested": "x"}, {"users_tested": 2**80}])
def test_evaluating_never_raises_whatever_the_data(scope: Scope, data: Mapping[str, object]) -> None:
    """Not even on data that no field would admit."""
    assert isinstance(scope.guard("data.users_tested > 1", None).evaluate(names(data)), Failed)
    assert isinstance(scope.guard("data.users_tested > 1", None).evaluate({}), Failed)


def test_one_expression_is_evaluated_by_many_threads_at_once(scope: Scope) -> None:
    """Nobody sees another's values."""
    expression = scope.guard("data.users_tested > 3 && now > data.seen_at", PAYLOAD)

    def evaluate(number: int) -> bool:
        data = {"users_tested": number % 8, "seen_at": "2025-02-01T10:00:00Z"}
        return expression.evaluate(names(data)) is (number % 8 > 3)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(evaluate, range(20_000)))


@settings(max_examples=300, deadline=None)
@given(st.text("dat.eusrn_wo()[]{}<>=!&|'\"/ \n1230+-?:ā😀", max_size=60))
def test_any_text_compiles_or_has_faults_inside_it(source: str) -> None:
    """Every fault lies within the text it complains of."""
    faults: tuple[ExpressionFault, ...] | None = None
    try:
        SHARED.guard(source, PAYLOAD)
    except ExpressionFaults as error:
        faults = error.faults
    assert faults is None or len(faults) > 0
    lines = source.split("\n")
    for fault in faults or ():
        assert 1 <= fault.line <= len(lines)
        assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1
