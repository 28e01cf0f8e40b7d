"""Gathers the texts of the code and the templates into the catalogues: what `make texts` runs.

With the code of a language, as in `make texts LANGUAGE=et`, a catalogue is begun for it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
CATALOGUES = ROOT / "engine" / "gaita" / "locale"
DOMAIN = "gaita"
_MARKS = "gettext_noop ngettext_noop:1,2 npgettext_noop:1c,2,3 phrase plural_phrase:1,2"


def extract(template: Path) -> None:
    """Write every text of the code and the templates to ``template``, a .pot file."""
    _babel(
        "extract",
        "--mapping-file=pyproject.toml",
        f"--keywords={_MARKS}",
        "--add-comments=Translators:",
        "--strip-comment-tags",
        "--add-location=file",
        "--no-wrap",
        "--sort-by-file",
        "--project=gaita",
        f"--output-file={template}",
        "engine",
        "adapters",
    )


def update(catalogues: Path, template: Path) -> None:
    """Bring the catalogues of all languages up to ``template``: what is new in them is empty or fuzzy."""
    _babel(
        "update",
        f"--domain={DOMAIN}",
        f"--input-file={template}",
        f"--output-dir={catalogues}",
        "--no-wrap",
        "--ignore-obsolete",
        "--ignore-pot-creation-date",
    )


def begin(catalogues: Path, template: Path, language: str) -> None:
    """Begin the catalogue of a language, with no text translated yet."""
    _babel(
        "init",
        f"--domain={DOMAIN}",
        f"--input-file={template}",
        f"--output-dir={catalogues}",
        f"--locale={language}",
        "--no-wrap",
    )


def _babel(*arguments: str) -> None:
    command = [sys.executable, "-m", "babel.messages.frontend", "--quiet", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    """Gather the texts; begin the catalogue of the language that is named."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "gaita.pot"
        extract(template)
        for language in sys.argv[1:]:
            begin(CATALOGUES, template, language)
        update(CATALOGUES, template)


if __name__ == "__main__":
    main()
