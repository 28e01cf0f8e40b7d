"""Texts: notices and digests put into words, by templates that an operator may replace."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from gaita import Digest, Fault, FaultyFile, IncidentSummary, Notice
from gaita.phrase import phrase
from gaita.texts import Language, Languages, our_languages
from gaita_adapters.notices.incident_texts import incident_html, incident_plain, incident_subject
from gaita_adapters.notices.templates import BUILT_IN, PARTS, TemplateFault, Templates, raise_faults
from gaita_adapters.presenting.titles import one_line
from gaita_adapters.presenting.viewing import digest_view, notice_view
from gaita_adapters.presenting.views import DigestView, NoticeView

WIDTH = 78
"""Columns that a plain text is wrapped to; a word, such as a link, is never broken."""
_LONGEST_SUBJECT = 150

_log = structlog.get_logger("gaita.notices")


@dataclass(frozen=True, slots=True)
class Text:
    """A message in words, in one language."""

    subject: str
    """One line."""
    plain: str
    html: str
    """A whole document."""


class Texts:
    """Puts notices and digests into words.

    ``language`` is for whoever states none, or one that is not among ``languages``. ``folder`` holds an
    operator's own templates; ``link`` is the address of an instance, e.g.
    ``https://gaita.example.lv/{workflow}/{instance}``. A
    template that fails when it is used gives way to the one that comes with gaita, and a warning is logged;
    with ``strict`` it raises ``FaultyFile`` instead. Raises ``FaultyFile`` with every fault that shows in the
    folder or the link at once. Safe for several threads.
    """

    def __init__(
        self,
        language: str = "en",
        folder: Path | None = None,
        link: str | None = None,
        *,
        strict: bool = False,
        languages: Languages | None = None,
    ) -> None:
        """Check what was given; templates are read when they are used."""
        self._languages = languages or our_languages()
        self._link = link
        self._strict = strict
        self._templates = Templates(folder, self._languages)
        faults = [*self._languages.faults(), *self._templates.faults()]
        if language not in self._languages:
            faults.append(self._languages.unknown(language))
        if link is not None and not _is_address(link):
            expected = phrase("an address such as https://gaita.example.lv/{workflow}/{instance}")
            faults.append(Fault("link", phrase("the link is %(link)s", link=repr(link)), expected=expected))
        raise_faults(folder or Path("notices"), faults)
        self._language = self._languages[language]

    def notice(self, notice: Notice, language: str | None = None) -> Text:
        """Return a notice in words: in ``language``, else its reader's, else the language of these texts."""
        spoken = self._spoken(language, notice.recipient.language)
        return self._text("notice", notice_view(notice, spoken, self._link), spoken, notice.workflow.id)

    def digest(self, digest: Digest, language: str | None = None) -> Text:
        """Return a digest in words; which language, as for a notice."""
        spoken = self._spoken(language, digest.recipient.language)
        return self._text("digest", digest_view(digest, spoken, self._link), spoken, None)

    def incidents(self, summary: IncidentSummary, language: str | None = None) -> Text:
        """Return the administrators' summary in words; which language, as for a notice.

        No template makes it: what it tells is for those who run Gaita.
        """
        spoken = self._spoken(language, summary.recipient.language)
        return Text(
            one_line(incident_subject(summary, spoken), _LONGEST_SUBJECT),
            wrapped(incident_plain(summary, spoken)),
            incident_html(summary, spoken),
        )

    def _spoken(self, *wanted: str | None) -> Language:
        known = next((each for each in wanted if each is not None and each in self._languages), None)
        return self._language if known is None else self._languages[known]

    def _text(
        self, kind: str, view: NoticeView | DigestView, language: Language, workflow: str | None
    ) -> Text:
        subject, plain, html = (
            self._part(f"{kind}.{ending}", view, language, workflow) for ending in PARTS.values()
        )
        return Text(one_line(subject, _LONGEST_SUBJECT), wrapped(plain), html)

    def _part(
        self, name: str, view: NoticeView | DigestView, language: Language, workflow: str | None
    ) -> str:
        try:
            return self._templates.render(name, language, view, workflow)
        except TemplateFault as error:
            if self._strict or not self._templates.is_overridden(name, language, workflow):
                file = error.fault.place.file if error.fault.place else name
                raise FaultyFile(file, [error.fault]) from error
            _log.warning("template_failed", template=name, workflow=workflow, fault=_without_values(error))
        return self._templates.render(f"{BUILT_IN}/{name}", language, view, workflow)


def wrapped(text: str, width: int = WIDTH) -> str:
    """Return plain text with long lines wrapped, each under the beginning of its own first word.

    Of several empty lines one is kept; the text ends with one line break.
    """
    lines: list[str] = []
    for line in text.strip("\n").splitlines():
        bare = line.strip(" ")
        margin = " " * (len(line) - len(line.lstrip(" ")))
        folded = textwrap.wrap(
            bare,
            width,
            initial_indent=margin,
            subsequent_indent=f"{margin}  " if bare.startswith("- ") else margin,
            break_long_words=False,
            break_on_hyphens=False,
        )
        if folded or (lines and lines[-1]):
            lines.extend(folded or [""])
    return "\n".join(lines).strip("\n") + "\n"


def _is_address(link: str) -> bool:
    """Whether ``link`` is an address of the web, with no placeholder that nothing fills in."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    filled = link.replace("{instance}", "").replace("{workflow}", "")
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and not re.search(r"[{}\s]", filled)


def _without_values(error: TemplateFault) -> str:
    """Return where a template failed and how, without what it was working on: that stays out of the log."""
    cause = error.__cause__
    return f"{error.fault.place}: {type(cause).__name__}"
