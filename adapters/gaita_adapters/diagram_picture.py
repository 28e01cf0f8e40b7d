"""The picture of a diagram: laid out by Graphviz, so that it looks the same whatever font its reader has.

The layout counts with the widths of one font. A reader who has not got it sees another, often a wider one: so
each text carries the width that was counted with (``textLength``), and is drawn into exactly that. Headers
are cut along the rounded corners of their cards.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast
from xml.etree import ElementTree as ET

from gaita import GaitaError
from gaita.phrase import phrase

_LAYOUT_SECONDS = 60
_SVG = "http://www.w3.org/2000/svg"
_FONTS = "Arimo, Arial, Liberation Sans, Helvetica, DejaVu Sans, sans-serif"
"""The first has the widths that are counted with; the next two have the same."""

_Written: TypeAlias = tuple[str, float, bool]
"""A text, the size of its font, and whether that is bold: what its width hangs on."""


class DiagramTrouble(GaitaError):
    """The picture cannot be drawn: see what the layout program said."""


def picture(source: str, name: str) -> str:
    """Return the graph ``source``, in Graphviz's language, as SVG.

    Raises ``DiagramTrouble``, which calls the graph ``name``, when the layout program fails.
    """
    widths = _widths(json.loads(_laid_out(source, "json", name)))
    ET.register_namespace("", _SVG)
    root = ET.fromstring(_laid_out(source, "svg", name))  # noqa: S314 - made by our own layout program
    for text in root.iter(f"{{{_SVG}}}text"):
        written = "".join(text.itertext())
        bold = text.get("font-weight") == "bold"
        width = widths.get((written, float(text.get("font-size", "0")), bold))
        if width is not None:
            text.set("textLength", f"{width:.2f}")
            text.set("lengthAdjust", "spacingAndGlyphs")
        text.set("font-family", _FONTS)
    for number, group in enumerate(root.iter(f"{{{_SVG}}}g")):
        if group.get("class") == "node":
            _round_header(group, f"card-{number}")
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _round_header(group: ET.Element, name: str) -> None:
    """Cut the filled header of a card along the outline of the card, which comes before it."""
    outline = group.find(f"{{{_SVG}}}path")
    headers = [each for each in group.findall(f"{{{_SVG}}}polygon") if each.get("stroke") == "none"]
    if outline is None or not headers:
        return
    clip = ET.Element(f"{{{_SVG}}}clipPath", id=name)
    ET.SubElement(clip, f"{{{_SVG}}}path", d=outline.get("d", ""))
    group.insert(0, clip)
    for header in headers:
        header.set("clip-path", f"url(#{name})")


def _widths(layout: object) -> dict[_Written, float]:
    """Return the width of every text of a layout, as it was counted with."""
    found: dict[_Written, float] = {}
    for operations in _drawings(layout):
        size, bold = 0.0, False
        for each in operations:
            match each["op"]:
                case "F":
                    size = float(each["size"])
                case "t":
                    bold = bool(int(each["fontchar"]) & 1)
                case "T":
                    found[each["text"], size, bold] = float(each["width"])
                case _:
                    pass
    return found


def _drawings(layout: object) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the drawing operations of every label, wherever in the layout it stands."""
    if isinstance(layout, list):
        for each in cast("list[object]", layout):
            yield from _drawings(each)
    elif isinstance(layout, dict):
        for key, value in cast("dict[str, object]", layout).items():
            if key.endswith("ldraw_"):
                yield cast("list[Mapping[str, Any]]", value)
            else:
                yield from _drawings(value)


def _laid_out(source: str, form: str, name: str) -> str:
    beside = Path(sys.executable).with_name("graphviz-pure")
    program = str(beside) if beside.exists() else shutil.which("graphviz-pure")
    if program is None:
        message = phrase(
            "the program graphviz-pure is not installed beside Python; install gaita's requirements"
        )
        raise DiagramTrouble(message)
    done = subprocess.run(  # noqa: S603 - a program of our own requirements, fed through its standard input
        [program, "-Kdot", f"-T{form}"],
        input=source,
        capture_output=True,
        encoding="utf-8",
        timeout=_LAYOUT_SECONDS,
        check=False,
    )
    if done.returncode != 0 or not done.stdout:
        message = phrase(
            "graphviz-pure could not draw workflow %(name)s: %(why)s",
            name=name,
            why=done.stderr.strip()[:300],
        )
        raise DiagramTrouble(message)
    return done.stdout
