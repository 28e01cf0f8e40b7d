"""The documents are true: what they show is run here."""

import re
from pathlib import Path

import pytest

from gaita.language import check

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md"])


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the code blocks of a language in every document, with the place they stand at."""
    found: list[tuple[str, str]] = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for match in re.finditer(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            found.append((f"{document.name}:{line}", match.group(1)))
    return found


@pytest.mark.parametrize(("place", "text"), blocks("toml"), ids=[place for place, _ in blocks("toml")])
def test_every_workflow_in_the_documents_is_free_of_faults(place: str, text: str) -> None:
    checked = check(text.encode(), place)
    assert checked.workflow is not None, "\n".join(map(str, checked.faults))
    assert not checked.faults


@pytest.mark.parametrize(("place", "text"), blocks("python"), ids=[place for place, _ in blocks("python")])
def test_every_python_example_in_the_documents_runs(
    place: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(text, place, "exec"), {"__name__": "__main__"})


def test_every_link_between_the_documents_leads_somewhere() -> None:
    broken = [
        f"{document.name}: {target}"
        for document in DOCUMENTS
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
        if not target.startswith(("http:", "https:")) and not (document.parent / target).exists()
    ]
    assert broken == []
