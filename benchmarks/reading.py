"""Reading a workflow of 500 states: parsed, checked, every guard compiled, flattened."""

from statistics import median

from benchmarks.measure import Line, seconds
from gaita.language import read

STATES = 500
_HEAD = """
language = 1
[workflow]
id = "large"
initial = "s0"
time_zone = "Europe/Riga"
[data]
users = { type = "integer", min = 0 }
[events.go]
[events.skip]
[events.stop]
[states.end]
final = true
"""


def text() -> str:
    """Return a workflow of 500 states in a ring, two guarded transitions out of each."""
    parts = [_HEAD]
    for number in range(STATES):
        parts.append(
            f'[states.s{number}]\ntitle = {{ lv = "Stāvoklis {number}", en = "State {number}" }}\n'
            f'[states.s{number}.deadlines.done]\nwithin = "{number % 30 + 1} days"\n'
        )
        parts.extend(
            f'[[transitions]]\nevent = "{event}"\nfrom = "s{number}"\nto = "s{(number + by) % STATES}"\n'
            f'guard = ["data.users >= {number + by}"]\n'
            for event, by in (("go", 1), ("skip", 2))
        )
    parts.append('[[transitions]]\nevent = "stop"\nfrom = "any"\nto = "end"\n')
    return "".join(parts)


def measure() -> list[Line]:
    """Measure reading it, five times."""
    source = text()
    taken = median(seconds(lambda: read(source, "large.toml")) for _ in range(5))
    return [Line("reading a workflow of 500 states", f"{taken:.2f} s", None, "< 1 s", taken < 1)]
