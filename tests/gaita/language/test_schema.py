"""The JSON Schema that editors use is in step with what the language admits."""

import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from gaita.language import json_schema

SHIPPED = Path(str(files("gaita_workflows")))
LINTER = str(Path(sys.executable).with_name("tombi"))


def test_the_shipped_schema_is_the_one_that_the_models_make() -> None:
    shipped = (SHIPPED / "workflow.schema.json").read_text(encoding="utf-8")
    assert json.loads(shipped) == json_schema(), "write it anew: gaita schema > workflow.schema.json"


def lint(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "one.toml").write_text(text, encoding="utf-8")
    shutil.copy(SHIPPED / "workflow.schema.json", folder)
    command = [LINTER, "lint", "--offline", "one.toml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("name", sorted(path.name for path in SHIPPED.glob("*.toml")))
def test_a_toml_linter_that_reads_the_schema_finds_nothing_wrong_with_a_shipped_workflow(
    name: str, tmp_path: Path
) -> None:
    done = lint(tmp_path, (SHIPPED / name).read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('initial   = "idea"', 'inital    = "idea"'),
        ("horizon   = 2025-06-30", 'horizon   = "mid-2025"'),
        ('within   = "3 months"', "within   = 30"),
    ],
)
def test_the_linter_finds_what_is_wrong_by_the_schema(right: str, wrong: str, tmp_path: Path) -> None:
    text = (SHIPPED / "prototype.toml").read_text(encoding="utf-8")
    assert right in text
    assert lint(tmp_path, text.replace(right, wrong, 1)).returncode != 0
