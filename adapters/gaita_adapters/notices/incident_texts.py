"""The administrators' summary in words: what could not be done, and where to see to it."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from gaita import Incident, IncidentSummary
from gaita.texts import Language, gettext_noop, moment_words
from gaita_adapters.presenting.titles import one_line

MOST: Final = 50
"""So many incidents are told one by one."""
_LONGEST_MESSAGE: Final = 1_000
_REFUSED: Final = re.compile(
    r"deadline (?P<rule>\S+) fired event '(?P<event>[^']+)', which was refused: [a-z_]+"
)
"""What the engine keeps of a step that a deadline called for, and that was refused: nothing failed."""
_KINDS: Final[Mapping[str, str]] = {
    "stuck": gettext_noop("A case is stuck"),
    "endless_moves": gettext_noop("Automatic steps never come to an end"),
    "expression_failed": gettext_noop("A condition or a step could not be worked out"),
    "dead_letter": gettext_noop("A notice was not delivered"),
    "nobody_hears": gettext_noop("Nobody hears what is for a role"),
    "calendar_ends": gettext_noop("A calendar ends too soon"),
    "not_recounted": gettext_noop("A deadline could not be counted anew"),
}


def incident_subject(summary: IncidentSummary, language: Language) -> str:
    """Return the subject: how many incidents are new."""
    number = len(summary.incidents)
    return language.ngettext("Gaita: %(number)s new incident", "Gaita: %(number)s new incidents", number)


def incident_paragraphs(summary: IncidentSummary, language: Language) -> tuple[str, list[str], list[str]]:
    """Return what stands before the incidents, the incidents, and what stands behind them."""
    before = language.gettext("Gaita could not carry out the following. An operator should see to it.")
    told = [_told(each, summary, language) for each in summary.incidents[:MOST]]
    return before, told, list(_behind(summary, language))


def incident_html(summary: IncidentSummary, language: Language) -> str:
    """Return the summary as an HTML document."""
    before, told, behind = incident_paragraphs(summary, language)
    items = "".join(f'<li style="margin:0 0 8px 0;">{escape(each)}</li>' for each in told)
    paragraphs = "".join(f"<p>{escape(each)}</p>" for each in behind)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language.code)}">\n<head><meta charset="utf-8">'
        f"<title>{escape(incident_subject(summary, language))}</title></head>\n"
        '<body style="font-family:Arial,Helvetica,sans-serif;font-size:15px;color:#1a1a1a;">\n'
        f"<p>{escape(before)}</p>\n<ul>{items}</ul>\n{paragraphs}\n</body>\n</html>\n"
    )


def incident_plain(summary: IncidentSummary, language: Language) -> str:
    """Return the summary as plain text, not wrapped yet."""
    before, told, behind = incident_paragraphs(summary, language)
    return "\n\n".join([before, *(f"- {each}" for each in told), *behind]) + "\n"


def _told(incident: Incident, summary: IncidentSummary, language: Language) -> str:
    what = language.gettext(_KINDS[incident.code]) if incident.code in _KINDS else incident.code
    message = one_line(incident.message, _LONGEST_MESSAGE)
    refused = _REFUSED.fullmatch(incident.message) if incident.code == "expression_failed" else None
    if refused is not None:
        what = language.gettext("A step that a deadline calls for was refused")
        message = language.gettext(
            "the deadline %(rule)s calls for the step %(event)s, and something that it asks for was missing;"
            " %(command)s says what",
            rule=language.quoted(refused["rule"]),
            event=language.quoted(refused["event"]),
            command=f"gaita explain {one_line(incident.instance or '')} {refused['event']}",
        )
    about = f" – {one_line(incident.instance)}" if incident.instance else ""
    at = moment_words(incident.opened_at, summary.zone, language)
    head = f"{incident.number}. {what}{about} ({at})"
    return f"{head}: {message}" if message else head


def _behind(summary: IncidentSummary, language: Language) -> Iterator[str]:
    if (more := len(summary.incidents) - MOST) > 0:
        yield language.gettext("There are more of them: %(count)s.", count=more)
    if summary.closed:
        yield language.gettext("Closed again meanwhile: %(count)s.", count=summary.closed)
    yield language.gettext(
        "Open incidents in all: %(count)s. The command “gaita incidents” lists them.", count=summary.open
    )
    yield language.gettext("You receive this as an administrator of Gaita, at most once an hour.")
