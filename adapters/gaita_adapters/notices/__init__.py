"""Notices and digests in words, plain and HTML, by templates."""

from gaita_adapters.notices.templates import TemplateFault
from gaita_adapters.notices.texts import Text, Texts

__all__ = ["TemplateFault", "Text", "Texts"]
