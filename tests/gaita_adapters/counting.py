"""A workflow that counts working days, for the tests of the commands on deadlines and calendars."""

from tests.gaita_adapters.conftest import Gaita

PERMIT = """
language = 1
[workflow]
id = "permit"
title = { lv = "Atļauja", en = "Permit" }
initial = "review"
time_zone = "Europe/Riga"
calendar = "LV"
[roles]
clerk = { title = { lv = "Ierēdnis", en = "Clerk" } }
chief = { title = { lv = "Priekšnieks", en = "Chief" } }
[states.review]
title = { lv = "Izskatīšana", en = "Review" }
[states.review.deadlines.decision]
title = { lv = "Lēmums", en = "Decision" }
within = "20 working days"
remind = [{ before = "5 working days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "2 working days", to = "chief" }]
pause_by = "chief"
extend_by = "chief"
extend_at_most = "10 working days"
[states.done]
final = true
[events.finish]
[[transitions]]
event = "finish"
from = "review"
to = "done"
by = "chief"
"""
"""Begun on Saturday 2025-03-01, a decision is due on Friday 2025-03-28."""

CLOSED = '[[calendars.LV.closures]]\nfirst = 2025-03-17\nlast = 2025-03-18\ntitle = "Moving house"\n'
"""Then it is due on Tuesday 2025-04-01."""


def begin(gaita: Gaita) -> Gaita:
    """Deploy it, and start P-1."""
    (gaita.folder / "permit.toml").write_text(PERMIT, encoding="utf-8")
    gaita("deploy", "permit.toml")
    gaita("start", "permit", "--id", "P-1")
    return gaita


def close(gaita: Gaita) -> None:
    """Let the settings want two closures."""
    (gaita.folder / "gaita.toml").write_text(CLOSED, encoding="utf-8")
