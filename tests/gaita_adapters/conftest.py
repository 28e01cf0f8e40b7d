"""What the tests of the command line share: a folder of their own, a clock, and gaita itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory

from gaita_adapters.command_line.main import gaita

WORKFLOW = """
language = 1

[workflow]
id = "trial"
title = { lv = "Izmēģinājums", en = "Trial" }
initial = "idea"
time_zone = "Europe/Riga"

[data]
users = { type = "integer", min = 0, by = ["lead"] }
score = { type = "number", by = ["lead"] }
ready = { type = "boolean", by = ["lead"] }
kind = { type = "choice", of = ["small", "large"], by = ["lead"] }
ends_on = { type = "date", by = ["lead"] }
owner = { type = "string", personal = true, by = ["lead"] }
places = { type = "list", of = "string", by = ["lead"] }

[roles]
lead = { title = { lv = "Vadītājs", en = "Head" } }
office = { title = { lv = "Kanceleja", en = "Office" } }

[states.idea]
title = { lv = "Ideja", en = "Idea" }

[states.idea.deadlines.decision]
title = { lv = "Lēmums", en = "Decision" }
within = "30 days"
remind = [{ before = "7 days", to = "lead" }]
escalate = [{ to = "lead" }, { after = "10 days", to = "office" }]

[states.test]
title = { lv = "Tests", en = "Test" }

[states.done]
title = { lv = "Pabeigts", en = "Done" }
final = true
verdict = "closed"

[events.select]
title = { lv = "Izvēlēties", en = "Select" }

[events.report]
payload = { users = { type = "integer", min = 1 } }

[events.finish]

[[transitions]]
event = "select"
from = "idea"
to = "test"
by = ["lead"]
guard = [
  { id = "some", check = "data.users >= 3", why = {lv = "Ir trīs lietotāji", en = "There are three users"} },
  { id = "score", check = "data.score > 1.0", why = { lv = "Ir vērtējums", en = "There is a score" } },
]

[[transitions]]
event = "report"
from = "test"
set = { users = "data.users + event.users" }

[[transitions]]
event = "finish"
from = "test"
to = "done"
"""


class Gaita:
    """gaita, called in this process, and what it answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, code: int | None = 0) -> Result:
        result = CliRunner().invoke(gaita, list(arguments), prog_name="gaita")
        if code is not None:
            assert result.exit_code == code, f"{result.exit_code}: {result.output}"
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:  # noqa: ANN401 - whatever JSON holds
        return json.loads(self(*arguments, "--format", "json", code=code).stdout)


@pytest.fixture
def clock() -> Iterator[FrozenDateTimeFactory]:
    with freeze_time("2025-03-01 10:00:00", tick=False) as frozen:
        assert isinstance(frozen, FrozenDateTimeFactory)
        yield frozen


@pytest.fixture
def run_gaita(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gaita:
    monkeypatch.chdir(tmp_path)
    for name in ("GAITA_SETTINGS", "GAITA_DATABASE__URL", "GAITA_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "trial.toml").write_text(WORKFLOW, encoding="utf-8")
    return Gaita(tmp_path)


@pytest.fixture
def deployed(run_gaita: Gaita, clock: FrozenDateTimeFactory) -> Gaita:
    run_gaita("deploy", "trial.toml")
    return run_gaita


@pytest.fixture
def started(deployed: Gaita) -> Gaita:
    deployed("start", "trial", "--id", "P-1")
    return deployed
