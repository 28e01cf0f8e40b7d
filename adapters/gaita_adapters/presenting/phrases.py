"""Phrases: values and short sentences, in Latvian and in English."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final, cast

from gaita import Explained, Title, moment_of, title_text
from gaita.texts import day_words, language_of, moment_words, month_words, words

LANGUAGES: Final = ("lv", "en")
LONGEST_TEXT: Final = 300
"""Characters of one title or value; what is longer is cut."""

_MOST_ITEMS: Final = 20
_NO_BREAK: Final = "\u00a0"
_TIMES: Final = re.compile(r"[0-9]{4}-[0-9]{2}(?P<day>-[0-9]{2}(?P<time>T[0-9:.]+Z)?)?")
_PHRASES: Final[Mapping[str, Mapping[str, str]]] = {
    "lv": {
        "yes": "jā",
        "no": "nē",
        "previous": "iepriekšējais posms",
        "so far": "{why} — pagaidām {value}",
        "so far not": "{why} — pagaidām nav",
        "unknown": "{why} — vēl nav zināms",
        "asks": "{why} — jānorāda, veicot šo soli",
        "failed": "{why} — to neizdodas izvērtēt",
        "value": "{why} — vērtību neizdodas aprēķināt",
        "no previous": "Nav posma, uz kuru atgriezties",
        "quoted": "„{text}”",
        "empty": "tukšs",
        "reminder": "{at} — atgādinājums: {to}",
        "due": "{at} — termiņa beigas",
        "due to": "{at} — termiņa beigas; paziņojums: {to}",
        "rung": "{at} — eskalācija",
        "rung to": "{at} — eskalācija; paziņojums: {to}",
        "does": "; sistēma pati izpilda soli {event}",
        "closes": "; sistēma pati noslēdz lietu posmā {state}",
        "folded reminder": "atgādinājums",
        "folded due": "termiņa beigas",
        "folded rung": "eskalācija",
        "and more": "; un vēl {number}",
        "overdue": "Nokavētie",
        "soon": "Septiņu dienu laikā",
        "later": "Vēlāk",
        "stopped": "Apturētie (termiņš netek)",
        "waits": "tālāk rīkojas {by}",
        "feed due": "Termiņš: {due}",
        "feed stopped": "Termiņa tecējums ir apturēts kopš {since}",
        "feed provisional": "Provizoriski: kalendārs tik tālu vēl nav zināms",
        "feed missing": "Solim „{step}” vēl vajadzīgs:",
        "nothing missing": "nekas; var uzreiz darīt {steps}",
    },
    "en": {
        "yes": "yes",
        "no": "no",
        "previous": "the previous state",
        "so far": "{why} — so far {value}",
        "so far not": "{why} — not so far",
        "unknown": "{why} — not known yet",
        "asks": "{why} — to be given when the step is taken",
        "failed": "{why} — cannot be worked out",
        "value": "{why} — its value cannot be worked out",
        "no previous": "There is no state to go back to",
        "quoted": "“{text}”",
        "empty": "empty",
        "reminder": "{at}: reminder to {to}",
        "due": "{at}: the deadline ends",
        "due to": "{at}: the deadline ends; notice to {to}",
        "rung": "{at}: escalation",
        "rung to": "{at}: escalation to {to}",
        "does": "; the system itself takes the step {event}",
        "closes": "; the system itself closes the case as {state}",
        "folded reminder": "a reminder",
        "folded due": "the end of the deadline",
        "folded rung": "an escalation",
        "and more": "; and {number} more",
        "overdue": "Overdue",
        "soon": "Within seven days",
        "later": "Later",
        "stopped": "Clock stopped",
        "waits": "waits for {by}",
        "feed due": "Due: {due}",
        "feed stopped": "Clock stopped since {since}",
        "feed provisional": "Provisional: the calendar is not known that far yet",
        "feed missing": "Missing for “{step}”:",
        "nothing missing": "nothing; {steps} can be done at once",
    },
}


def phrase(name: str, language: str, **parts: object) -> str:
    """Return a phrase with its parts filled in."""
    return _PHRASES[language][name].format(**parts)


def titled(title: Title | None, language: str, otherwise: str) -> str:
    """Return a title on one line: in ``language``, in another where it has none, or ``otherwise``."""
    return one_line(title_text(title, language)) or one_line(otherwise)


def one_line(text: str, most: int = LONGEST_TEXT) -> str:
    """Return ``text`` on one line, without what cannot be seen, and cut where it is too long."""
    seen = "".join(
        character if character == _NO_BREAK else " " if character.isspace() else character
        for character in text[: most * 4]
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cs"}
    )
    seen = " ".join(part for part in seen.split(" ") if part).strip()
    return seen if len(seen) <= most and len(text) <= most * 4 else seen[: most - 1].rstrip() + "…"


def why_words(explained: Explained | None, language: str) -> str | None:
    """Return how a due moment came about as a sentence, its days written as everywhere else in a notice."""
    if explained is None:
        return None
    told = words(explained, language, brief=False)
    told = told[0].upper() + told[1:]
    return told if told.endswith(".") else f"{told}."


def value_words(value: object, zone: str, language: str) -> str:
    """Return a value of data for people, on one line and of bounded length."""
    match value:
        case bool():
            return phrase("yes" if value else "no", language)
        case int() | float():
            return language_of(language).number(value)
        case list():
            items = cast("list[object]", value)[:_MOST_ITEMS]
            return one_line(", ".join(value_words(each, zone, language) for each in items))
        case dict():
            pairs = list(cast("dict[str, object]", value).items())[:_MOST_ITEMS]
            return one_line(", ".join(f"{key}: {value_words(each, zone, language)}" for key, each in pairs))
        case _:
            return _text_words(str(value), zone, language)


def _text_words(text: str, zone: str, language: str) -> str:
    """Return text on one line; what is a day, a month or a moment as people write it."""
    shape = _TIMES.fullmatch(text)
    try:
        if shape and shape["time"]:
            return moment_words(moment_of(text), zone, language)
        if shape and shape["day"]:
            return day_words(date.fromisoformat(text), language)
        if shape:
            return month_words(date.fromisoformat(f"{text}-01"), language)
    except (ValueError, OverflowError):
        pass  # it only looks like one
    return one_line(text) or phrase("empty", language)
