"""Visible text: characters that steer a terminal, hide, or reverse what is read are shown by their code."""

import json
import re

_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls; a tab and a line feed only lay out text
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # direction, and what has no width
    "\u2028\u2029\ufff9-\ufffb\U000e0000-\U000e007f"  # line and paragraph ends, annotations, tags
    "\ud800-\udfff"  # halves of characters: no text in UTF-8 holds them
    "]"
)


def visible(text: str) -> str:
    r"""Return ``text`` with every such character written as its code, e.g. ``\x1b`` or ``\u202e``.

    The characters are those by which Unicode Technical Report 36 and "Trojan Source" (CVE-2021-42574) warn
    of being misled, with the controls of ISO 6429.
    """
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def visible_json(text: str) -> str:
    r"""Return the same JSON with every such character as its escape, e.g. ``\u009b``."""
    return _HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], text)
