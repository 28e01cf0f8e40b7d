"""The console of the documents: runs the examples that they show, each document in a folder of its own.

In a document, a comment in front of a block says what the block is:

    <!-- file: lab.toml -->           its text is written to that file
    <!-- at: 2024-04-25T10:00 -->     from here on it is that moment, in Riga
    <!-- deadline -->                 it declares deadlines, which a workflow is put around
    <!-- settings -->                 it is a file of settings
    <!-- settings: et -->             it is one beside a folder with a catalogue of that language
    <!-- demo -->                     it is a paragraph that the demonstration prints, told by its first line
    <!-- event: P-1 idea.decision --> it is what a webhook carries for that deadline's next moment

A block of the language ``console`` holds commands behind ``$`` and what they answer; a line ``…`` stands for
any lines. The shipped workflow ``prototype.toml`` lies in the folder already.

``python -m tests.docs.console`` writes the answers that come now into the documents, and draws their picture.
"""

import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import chdir, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from click.testing import CliRunner
from freezegun import freeze_time

from gaita import Engine, ManualClock
from gaita.texts import language_of
from gaita_adapters.channels.cloud_event import Events
from gaita_adapters.channels.without_personal_data import impersonal_notice
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.main import gaita
from gaita_adapters.notices import Texts

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md"])
SHIPPED = ROOT / "workflows/gaita_workflows/prototype.toml"
PICTURE = ROOT / "docs/images/prototype.svg"
ELLIPSIS = "…"

_BLOCK = re.compile(
    r"(?P<marks>(?:^<!-- [^\n]* -->\n)*)^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)
_MARK = re.compile(r"<!-- (\w+)(?:: (.*?))? -->")
_ZONE = ZoneInfo("Europe/Riga")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code in a document."""

    document: Path
    line: int
    language: str
    text: str
    marks: dict[str, str]
    start: int
    """Where its text begins in the document's."""

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.document.name}:{self.line}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command of a console block, what the document says that it answers, and what it does answer."""

    place: str
    command: str
    shown: str
    answered: str
    code: int = 0
    """The exit code of the command."""

    @property
    def agrees(self) -> bool:
        """Whether it answers what is shown, but for the lines that ``…`` stands for."""
        pattern = "".join(
            r"(?:.*\n)*?" if line == ELLIPSIS else re.escape(line) + "\n"
            for line in _trimmed(self.shown).splitlines()
        )
        return re.fullmatch(pattern, self.answered) is not None


def blocks_of(document: Path) -> Iterator[Block]:
    """Yield the blocks of a document, in order."""
    text = document.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        marks: dict[str, str] = dict(_MARK.findall(match["marks"]))
        line = text.count("\n", 0, match.start("language")) + 1
        yield Block(document, line, match["language"], match["text"], marks, match.start("text"))


def blocks(language: str) -> list[Block]:
    """Return the blocks of a language in every document."""
    return [each for document in DOCUMENTS for each in blocks_of(document) if each.language == language]


def exchanges_of(document: Path, *, today: bool = False) -> Iterator[tuple[Block, list[Exchange]]]:
    """Yield each console block of a document with its commands, carried out in the present folder.

    ``today``: by the machine's clock, whatever moment the document names; nothing but commands is yielded.
    """
    now = datetime(2024, 4, 25, 10, tzinfo=_ZONE)
    Path(SHIPPED.name).write_bytes(SHIPPED.read_bytes())
    for block in blocks_of(document):
        if at := block.marks.get("at"):
            now = datetime.fromisoformat(at).replace(tzinfo=_ZONE)
        if name := block.marks.get("file"):
            file = Path(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
            file.chmod(0o600)  # it may be a secret
        if today and block.language != "console":
            continue
        if event := block.marks.get("event"):
            instance, _, rule = event.partition(" ")
            yield block, [Exchange(block.place, "", block.text, _event(instance, rule, now))]
        if "demo" in block.marks:
            yield block, [Exchange(block.place, "", block.text, _paragraph(block.text.partition("\n")[0]))]
        if block.language == "console":
            with nullcontext() if today else freeze_time(now, tick=False):
                yield block, [_exchange(block.place, *each) for each in _commands(block.text)]


def _commands(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        while command.endswith("\\"):
            more, _, shown = shown.partition("\n")
            command = f"{command}\n{more}"
        yield command, shown


def _exchange(place: str, command: str, shown: str) -> Exchange:
    name, *arguments = shlex.split(command, comments=True)
    assert name == "gaita", f"{place}: only gaita is run here, not {name}"
    result = CliRunner().invoke(gaita, arguments, prog_name="gaita", env={"GAITA_SETTINGS": None})
    assert result.exit_code != ExitCode.INTERNAL, f"{place}: $ {command}\n{result.output}"
    return Exchange(place, command, shown, _trimmed(result.output), result.exit_code)


def _paragraph(first: str) -> str:
    """Return what the demonstration prints from a line on, until an empty one."""
    told = Path("demo.txt")
    if not told.exists():
        told.write_text(CliRunner().invoke(gaita, ["demo"], prog_name="gaita").output, encoding="utf-8")
    lines = _trimmed(told.read_text(encoding="utf-8")).splitlines()
    begin = next((number for number, line in enumerate(lines) if line.split() == first.split()), None)
    assert begin is not None, f"the demonstration prints no line {first!r}"
    return "\n".join([*takewhile(bool, lines[begin:]), ""])


def _event(instance: str, rule: str, now: datetime) -> str:
    """Return the event that a webhook carries, its long text cut."""
    engine = Engine("sqlite:///gaita.sqlite3", clock=ManualClock(now))
    found = engine.deadlines.preview(instance, rule)
    engine.close()
    notice = impersonal_notice(replace(found, key=f"{found.message.id}/hook/{found.message.to}"), "en")
    told = json.loads(
        Events("/gaita", "gaita", language_of("en")).notice(notice, Texts("en").notice(notice, "en"))
    )
    told["data"]["text"] = told["data"]["text"][:40] + ELLIPSIS
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _trimmed(answer: str) -> str:
    text = "\n".join(line.rstrip() for line in answer.strip("\n").splitlines())
    return f"{text}\n" if text else ""


def _in_part(exchange: Exchange) -> str:
    """Return the present answer, cut as the document cuts it: before a last ``…``, after a first one."""
    shown, lines = _trimmed(exchange.shown).splitlines(), exchange.answered.splitlines()
    if shown[-1:] == [ELLIPSIS]:
        lines = [*lines[: len(shown) - 1], ELLIPSIS]
    elif shown[:1] == [ELLIPSIS]:
        lines = [ELLIPSIS, *lines[1 - len(shown) :]]
    return "\n".join([*lines, ""])


def write(document: Path) -> None:
    """Write the answers that come now into a document; what is shown in part stays so."""
    text = before = document.read_text(encoding="utf-8")
    for block, exchanges in reversed(list(exchanges_of(document))):
        told = "\n".join(
            (f"$ {each.command}\n" if each.command else "")
            + (_trimmed(each.shown) if each.agrees else _in_part(each))
            for each in exchanges
        )
        text = text[: block.start] + told + text[block.start + len(block.text) :]
    if text != before:
        document.write_text(text, encoding="utf-8")


def drawn() -> str:
    """Return the picture of the documents as it is drawn now."""
    return CliRunner().invoke(gaita, ["--language", "lv", "graph", "--svg", str(SHIPPED)]).stdout


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")
    for each_document in DOCUMENTS:
        with TemporaryDirectory() as folder, chdir(folder):
            os.environ.pop("GAITA_SETTINGS", None)
            write(each_document)
