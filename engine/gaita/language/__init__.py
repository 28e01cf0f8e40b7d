"""The language: workflows as operators write them, in TOML. Read, checked, built."""

from collections.abc import Mapping
from dataclasses import replace

from gaita.calendar import WorkingCalendar
from gaita.errors import FaultyFile
from gaita.language.check import Checked, check
from gaita.language.schema import json_schema
from gaita.model.workflow import Workflow

__all__ = ["Checked", "check", "json_schema", "read"]


def read(
    source: bytes | str,
    name: str,
    version: int = 0,
    *,
    calendars: Mapping[str, WorkingCalendar] | None = None,
) -> Workflow:
    """Return the workflow in ``source``, the content of the file called ``name``.

    ``version`` is the number under which it is deployed already, 0 where it is not; ``calendars``: as
    ``check`` takes them. Raises ``FaultyFile`` with every fault in it; warnings alone do not raise.
    """
    content = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    checked = check(content, name, calendars, deployed=version > 0)
    if checked.workflow is None:
        raise FaultyFile(name, checked.faults)
    return replace(checked.workflow, version=version) if version else checked.workflow
