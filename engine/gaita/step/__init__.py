"""The step: what a command does to an instance. Pure: no clock, disk, network or log."""

from gaita.step.adjust import moving
from gaita.step.canonical import canonical
from gaita.step.due import explained_due, standing_of
from gaita.step.explain import explain, possibilities
from gaita.step.facts import Facts
from gaita.step.record import GENESIS, Record, chain, seal
from gaita.step.replay import replay
from gaita.step.settle import settle
from gaita.step.step import step

__all__ = [
    "GENESIS",
    "Facts",
    "Record",
    "canonical",
    "chain",
    "explain",
    "explained_due",
    "moving",
    "possibilities",
    "replay",
    "seal",
    "settle",
    "standing_of",
    "step",
]
