"""Trouble that may pass: what a channel raises where another attempt can do better."""

from gaita import GaitaError


class NotTaken(GaitaError):
    """The message was not taken this time: it is tried again later."""
