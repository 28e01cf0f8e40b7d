"""Spreadsheets: what a command answers as JSON, as the rows of a CSV file."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, cast

from gaita import visible

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(answer: object, columns: Sequence[str] = ()) -> str:
    """Return the list that an answer holds as CSV (RFC 4180, UTF-8), with a row of names; else its one row.

    Objects inside a row are spread out (``lateness.p50``), lists joined. Text that a spreadsheet would take
    for a formula has an apostrophe before it. ``columns`` are the names of a list that has no rows.
    """
    told = cast("Mapping[str, object]", answer)
    lists = [cast("list[Mapping[str, object]]", each) for each in told.values() if isinstance(each, list)]
    rows = [_flat(each) for each in (lists[0] if lists else [told])]
    names = dict.fromkeys(name for row in rows for name in row) or dict.fromkeys(columns)
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(names), restval="", lineterminator="\n")
    if names:
        writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def _flat(row: Mapping[str, object], within: str = "") -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            cells.update(_flat(cast("Mapping[str, Any]", value), f"{within}{name}."))
        else:
            cells[within + name] = _cell(value)
    return cells


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            text = visible(value)
            return f"'{text}" if text.startswith(_FORMULAS) else text
        case list():
            return "; ".join(_cell(each) for each in cast("list[object]", value))
        case _:
            return str(value)
