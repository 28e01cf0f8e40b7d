"""What a channel asks of whoever puts notices and digests into words."""

from typing import Protocol

from gaita import Digest, IncidentSummary, Notice


class Text(Protocol):
    """A message in words."""

    @property
    def subject(self) -> str:
        """One line."""
        ...

    @property
    def plain(self) -> str:
        """The text without markup."""
        ...

    @property
    def html(self) -> str:
        """The text as an HTML document."""
        ...


class Wording(Protocol):
    """Puts notices and digests into words."""

    def notice(self, notice: Notice, language: str) -> Text:
        """Return a notice in words."""
        ...

    def digest(self, digest: Digest, language: str) -> Text:
        """Return a digest in words."""
        ...

    def incidents(self, summary: IncidentSummary, language: str) -> Text:
        """Return the administrators' summary of incidents in words."""
        ...
