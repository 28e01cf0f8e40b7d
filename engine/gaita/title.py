"""A title: a text for people, in one language or several."""

from collections.abc import Mapping
from typing import TypeAlias

Title: TypeAlias = Mapping[str, str]
"""By language code, e.g. ``{"lv": "Ideja", "en": "Idea"}``."""
