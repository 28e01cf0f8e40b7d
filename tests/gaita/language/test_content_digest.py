"""The digest of a workflow: the same for the same content, whatever the file looks like."""

import pytest

from gaita.language import read

PLAIN = """\
language = 1
[workflow]
id = "case"
initial = "a"
time_zone = "Europe/Riga"
[states.a]
[states.b]
final = true
[events.go]
[[transitions]]
event = "go"
from = "a"
to = "b"
guard = ["1 < 2", "2 < 3"]
[[transitions]]
event = "go"
from = "a"
to = "b"
"""


def digest(source: str) -> str:
    return read(source, "case.toml").digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("language = 1\n", "# a comment\nlanguage = 1 # another\n\n"),
        ("language = 1\n[workflow]\n", "[workflow]\n"),
        ("[states.a]\n[states.b]\nfinal = true\n", "[states]\nb = { final = true }\na = {}\n"),
        ("[states.a]\n", "[states.a]\nfinal = false\ndeadlines = {}\n"),
        ('time_zone = "Europe/Riga"\n', "time_zone = 'Europe/Riga'\npast_timers = \"skip\"\n"),
        ("\n", "\r\n"),
    ],
)
def test_layout_and_defaults_do_not_matter(old: str, new: str) -> None:
    """Nor does the order of tables: the same content deploys nothing."""
    changed = PLAIN.replace(old, new)
    assert changed != PLAIN
    if "language" not in changed:
        changed = "language = 1\n" + changed.replace('id = "case"', "id='case'")
    assert digest(changed) == digest(PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"1 < 2", "2 < 3"', '"2 < 3", "1 < 2"'),
        ("[states.a]", '[states.a]\ntitle = "A"'),
        ("final = true", 'final = true\nverdict = "x"'),
        ("Riga", "Vilnius"),
        ('id = "case"', 'id = "other"'),
    ],
)
def test_what_has_a_meaning_matters(old: str, new: str) -> None:
    """The order of lists among it: clauses are explained in theirs."""
    assert digest(PLAIN.replace(old, new)) != digest(PLAIN)


def test_the_digest_is_a_sha256_that_never_changes() -> None:
    """Deployed workflows are known by it: this value may only change with the language's version."""
    assert digest(PLAIN) == "36bc0b2b77d6215bd47427d89242965ac3565d8f00e1660bede57db1f7200a47"
