"""The quick way of writing canonical JSON gives what RFC 8785's own implementation gives, to the byte."""

import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from gaita.history import canonical
from gaita.model.value import LARGEST_INTEGER

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
leaves = (
    texts
    | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.booleans()
    | st.none()
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@example({"b": 1, "a": [{"d": None, "c": True}, "ā"]})
@example({"ē": 1, "b": 1.5, "a": -0.0})
@given(values)
def test_canonical_json_is_that_of_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


def test_names_outside_the_basic_plane_are_sorted_as_rfc_8785_says() -> None:
    assert canonical({"\U0001d538": 1, "\ufb33": 2}) == '{"\U0001d538":1,"\ufb33":2}'.encode()
