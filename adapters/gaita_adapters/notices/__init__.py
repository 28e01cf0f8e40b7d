"""Notices and digests in words: Latvian and English, plain and HTML, by templates."""

from gaita_adapters.notices.templates import TemplateFault
from gaita_adapters.notices.texts import Text, Texts
from gaita_adapters.presenting.phrases import why_words
from gaita_adapters.presenting.viewing import Reading, link_to, need_view
from gaita_adapters.presenting.views import ClauseView, DigestView, ItemView, NoticeView, StepView

__all__ = [
    "ClauseView",
    "DigestView",
    "ItemView",
    "NoticeView",
    "Reading",
    "StepView",
    "TemplateFault",
    "Text",
    "Texts",
    "link_to",
    "need_view",
    "why_words",
]
