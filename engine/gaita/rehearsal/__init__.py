"""The rehearsal: a workflow run over dated commands on a simulated clock, by the same engine."""

from gaita.rehearsal.forecast_accuracy import FATES, Fate, Forecast, Forecasts
from gaita.rehearsal.rehearsal import Progress, rehearse, run_on
from gaita.rehearsal.report import BoardLine, Disagreement, Expectations, Refusal, Rehearsal
from gaita.rehearsal.script import Answer, Line, Script, read_script

__all__ = [
    "FATES",
    "Answer",
    "BoardLine",
    "Disagreement",
    "Expectations",
    "Fate",
    "Forecast",
    "Forecasts",
    "Line",
    "Progress",
    "Refusal",
    "Rehearsal",
    "Script",
    "read_script",
    "rehearse",
    "run_on",
]
