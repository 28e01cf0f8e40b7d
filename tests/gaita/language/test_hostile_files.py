"""Hostile files: whatever stands in one, checking it ends soon, in little memory, with a clear fault."""

import subprocess
import sys
import time

import pytest

from gaita.language import check
from tests.gaita.building import heading

HEAD = (
    heading("hostile")
    + """
[data.users]
type = "integer"
[data.text]
type = "string"
[data.items]
type = "list"
of = "string"
[states.a]
[states.z]
final = true
[events.go]
[[transitions]]
event = "go"
from = "a"
to = "z"
"""
)
MEGABYTE = 1024 * 1024 - 1000
SECONDS = 4.0  # half of that on a machine that has nothing else to do


def many(unit: str, size: int = MEGABYTE) -> str:
    """Return numbered copies of a unit, a megabyte of them."""
    copies: list[str] = []
    while size > 0:
        copies.append(unit.replace("#", str(len(copies))))
        size -= len(copies[-1])
    return "".join(copies[:-1])


FILES: dict[str, tuple[str | bytes, str | None]] = {
    "five megabytes": ("x" * 5_000_000, "file-size"),
    "lists, opened": ("a = " + "[" * 500_000, "nesting"),
    "lists, closed": ("a = " + "[" * 400_000 + "]" * 400_000, "nesting"),
    "inline tables": ("a = " + "{a=" * 300_000, "nesting"),
    "dotted key": ("a" + ".a" * 400_000 + " = 1", "nesting"),
    "dotted key with spaces": ("a" + " . 'a'" * 150_000 + " = 1", "nesting"),
    "dotted header": ("[" + "a." * 400_000 + "a]", "nesting"),
    "list of numbers": ("a = [" + "1," * 400_000 + "]", "file-size"),
    "quotes": ('"' * 1_000_000, "file-size"),
    "text not closed": ('a = "' + "x" * 1_000_000, "syntax"),
    "backslashes": ('a = "' + "\\" * 1_000_000, "syntax"),
    "spaces": ("a" + " " * 1_000_000, "syntax"),
    "newlines": ("\n" * 1_000_000, "missing-key"),
    "one word": ("a" * 1_000_000, "syntax"),
    "equals signs": ("=" * 1_000_000, "syntax"),
    "broken lines": ("a =\n" * 40_000, "syntax"),
    "zero bytes": (b"\0" * 1_000_000, "syntax"),
    "not text": (bytes(range(128, 256)) * 8_000, "encoding"),
    "empty": ("", "missing-key"),
    "digits": ("a = " + "9" * 1_000_000, "syntax"),
    "hexadecimal digits": (HEAD + "k = 0x" + "f" * 900_000, "number"),
    "unknown keys": (HEAD + many("k# = 1\n", 250_000), "unknown-key"),
    "a key of a megabyte": (HEAD + "k" * 900_000 + " = 1", "unknown-key"),
    "states": (HEAD + many("[states.s#]\n", 300_000), "too-many"),
    "states in one another": (HEAD + "[states.a" + ".states.b" * 12 + "]\n", "nesting"),
    "transitions": (HEAD + "[[transitions]]\n" * 40_000, "too-many"),
    "transitions from any of many": (
        HEAD
        + "".join(f"[states.s{n}]\n" for n in range(1900))
        + many('[[transitions]]\nevent = "go"\nfrom = "any"\nto = "s#"\n', 90_000),
        "too-many",
    ),
    "names that are nearly right": (
        HEAD
        + "".join(f"[states.some_state_{n}]\n" for n in range(1900))
        + many('[[transitions]]\nevent = "go"\nfrom = "some_sate_#"\nto = "z"\n', 250_000),
        "unknown-state",
    ),
    "one source many times": (
        HEAD + '[[transitions]]\nto = "z"\nfrom = [' + '"a",' * 45_000 + "]",
        "duplicate",
    ),
    "many transitions on one event": (
        HEAD
        + many('[[transitions]]\nevent = "go"\nfrom = "a"\nto = "z"\nguard = "data.users > #"\n', 220_000),
        None,
    ),
    "reminders": (
        HEAD + "[states.a.deadlines]\n" + many('d# = { within = "3 days", remind = ["1 day"] }\n', 240_000),
        "nobody-hears",
    ),
    "deadlines": (
        HEAD + "[states.a.deadlines]\n" + many('d# = { within = "3 days", remind = ["1 day"] }\n', 300_000),
        "too-many",
    ),
    "unknown keys, a great many": (HEAD + many("k# = 1\n", 500_000), "file-size"),
    "states, a great many": (HEAD + many("[states.s#]\n", 600_000), "file-size"),
    "transitions, a great many": (HEAD + "[[transitions]]\n" * 60_000, "file-size"),
    "one source a great many times": (
        HEAD + '[[transitions]]\nto = "z"\nfrom = [' + '"a",' * 90_000 + "]",
        "file-size",
    ),
    "tables": (HEAD + many("[a#]\n", 900_000), "file-size"),
    "long conditions": (
        HEAD + "guard = [" + many("'data.users > # && " + "true && " * 200 + "true',", 900_000) + "]",
        "too-many",
    ),
    "fields": (HEAD + many("[data.p#]\ntype = 'string'\n", 200_000), "too-many"),
    "choices": (HEAD + "[data.c]\ntype = 'choice'\nof = [" + many("'c#',", 900_000) + "]", None),
    "clauses": (HEAD + "guard = [" + many("'data.users > #',", 600_000) + "]", "too-many"),
    "parentheses": (HEAD + "guard = '" + "(" * 100_000 + "true" + ")" * 100_000 + "'", "guard"),
    "parentheses, opened": (HEAD + "guard = '" + "(" * 100_000 + "'", "guard"),
    "parentheses, within the limit": (HEAD + "guard = '" + "(" * 900 + "true" + ")" * 900 + "'", "guard"),
    "negations": (HEAD + "guard = '" + "!" * 1_900 + "true'", None),
    "conjunctions": (HEAD + "guard = '" + "true && " * 100_000 + "true'", "guard"),
    "comprehensions": (
        HEAD + "guard = 'data.items.all(a, data.items.all(b, data.items.all(c, data.items.all(d, a < d))))'",
        "guard",
    ),
    "a catastrophic pattern": (HEAD + "guard = 'data.text.matches(\"(a+)+$\")'", None),
    "a pattern that explodes": (HEAD + "guard = 'data.text.matches(\"((a{1000}){1000}){1000}\")'", "guard"),
    "a folded text": (HEAD + 'guard = """' + "\\\n" * 400_000 + '"""', "guard"),
    "a zone that leads elsewhere": (HEAD.replace("Europe/Riga", "../../../etc/passwd"), "unknown-zone"),
    "a zone of half a megabyte": (HEAD.replace("Europe/Riga", "x" * 500_000), "unknown-zone"),
    "an amount of a megabyte": (
        HEAD + "[states.a.deadlines.d]\nwithin = '" + "9" * 900_000 + " days'",
        "amount",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_ends_soon_in_a_clear_fault(name: str) -> None:
    """Within two seconds; every fault is short enough to print, and harmless to a terminal."""
    content, code = FILES[name]
    source = content.encode() if isinstance(content, str) else content
    began = time.process_time()  # the processor's time: other tests run beside this one
    checked = check(source, "hostile.toml")
    assert time.process_time() - began < SECONDS
    codes = {fault.code for fault in checked.faults}
    assert codes if code is None and checked.workflow is None else code is None or code in codes
    assert all(len(str(fault)) < 2_000 and str(fault).isprintable() for fault in checked.faults)


def test_the_worst_files_stay_within_memory() -> None:
    """Checked one after another in a process that may not use more than a gigabyte of addresses."""
    pytest.importorskip("resource")
    program = (
        "import resource, sys; from gaita.language import check\n"
        "half = 512 * 1024 * 1024\n"
        "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "hostile = (b'\\n' * 1_000_000, b'a = ' + b'[' * 1_000_000, b'a =\\n' * 40_000, b'k=0\\n' * 30_000)\n"
        "for source in hostile:\n"
        "    assert check(source, 'x').faults\n"
        "unit = 1 if sys.platform == 'darwin' else 1024\n"
        "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used\n"
        "assert used * unit < half, used\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
