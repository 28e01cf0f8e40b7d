"""Templates: the sandbox that they run in, where they are looked for, and what is wrong with them."""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, cast

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gaita import Fault, FaultyFile, Place, did_you_mean, listed
from gaita.phrase import phrase
from gaita.texts import Language, Languages
from gaita_adapters.presenting.views import DigestView, NoticeView

BUILT_IN: Final = "built-in"
"""The prefix under which a template may extend one of the package's: ``built-in/notice.txt.j2``."""
PARTS: Final = {"subject": "subject.j2", "plain": "txt.j2", "html": "html.j2"}
"""The parts of a text, and what ends the name of the template that makes it."""
LONGEST_OUTPUT: Final = 200_000
_SUBJECTS: Final = {"notice": NoticeView, "digest": DigestView}
_NAMES: Final = frozenset(f"{kind}.{ending}" for kind in _SUBJECTS for ending in PARTS.values())


class TemplateFault(Exception):
    """A template cannot be used: where, and why."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


class Templates:
    """The package's templates, and those of ``folder`` before them.

    For a notice of WORKFLOW in Latvian ``folder/WORKFLOW/lv/notice.txt.j2`` goes before
    ``folder/lv/notice.txt.j2``, and that before the package's.
    """

    def __init__(self, folder: Path | None, languages: Languages) -> None:
        """Keep where to look; nothing is read yet."""
        self._folder = folder
        self._languages = languages
        self._environments: dict[tuple[str | None, str], ImmutableSandboxedEnvironment] = {}

    def render(
        self, name: str, language: Language, subject: NoticeView | DigestView, workflow: str | None
    ) -> str:
        """Return what the template makes of ``subject``. Raises ``TemplateFault``, whatever goes wrong."""
        kind = "notice" if isinstance(subject, NoticeView) else "digest"
        environment = self._environment(workflow, language)

        def rendered(template: Template) -> str:
            parts: list[str] = []
            length = 0
            for part in template.generate({kind: subject}):
                length += len(part)
                if length > LONGEST_OUTPUT:
                    raise ValueError(
                        phrase(
                            "the text is longer than %(most)s characters",
                            most=LONGEST_OUTPUT,
                        )
                    )
                parts.append(part)
            return "".join(parts)

        return _guarded(name, lambda: rendered(environment.get_template(name)))

    def is_overridden(self, name: str, language: Language, workflow: str | None) -> bool:
        """Whether an operator's file stands in the place of the package's template."""
        return any((folder / name).is_file() for folder in self._folders(workflow, language.code))

    def faults(self) -> list[Fault]:
        """Return what is wrong with the templates in the folder, as far as it shows before they are used."""
        if self._folder is None:
            return []
        if not self._folder.is_dir():
            hint = phrase("create it, or leave the setting out to use the texts that come with gaita")
            return [
                Fault(
                    "no-folder",
                    phrase("there is no folder of templates %(folder)s", folder=self._folder),
                    hint=hint,
                )
            ]
        return [fault for file in sorted(self._folder.rglob("*.j2")) for fault in self._faults_of(file)]

    def _faults_of(self, file: Path) -> Iterator[Fault]:
        """Yield the faults of one file: its syntax, the names that it uses, and whether it is ever used."""
        language = file.parent.name
        if language not in self._languages.codes:
            hint = phrase(
                "move it into a folder of a language: %(codes)s", codes=listed(self._languages.codes, most=40)
            )
            yield Fault(
                "template",
                phrase("%(name)s lies in no language's folder", name=file.name),
                _place(file),
                hint=hint,
            )
            return
        above = file.parent.parent
        workflow = None if above == self._folder else above.name
        environment = self._environment(workflow, self._languages[language])
        try:
            source = file.read_text(encoding="utf-8")
            tree = environment.parse(source, file.name, str(file))
            environment.compile(source, file.name, str(file))
        except (TemplateSyntaxError, OSError, UnicodeDecodeError) as error:
            yield _fault(file.name, error, file)
            return
        yield from _unknown_names(tree, file)

    def _environment(self, workflow: str | None, language: Language) -> ImmutableSandboxedEnvironment:
        if (workflow, language.code) not in self._environments:
            built_in = PackageLoader(__package__ or "", "templates")
            loaders: list[BaseLoader] = [PrefixLoader({BUILT_IN: built_in}), built_in]
            if folders := self._folders(workflow, language.code):
                loaders.insert(0, FileSystemLoader(folders))
            environment = ImmutableSandboxedEnvironment(
                loader=ChoiceLoader(loaders),
                undefined=StrictUndefined,
                autoescape=_is_html,
                trim_blocks=True,
                lstrip_blocks=True,
                extensions=["jinja2.ext.i18n"],
            )
            _speak(environment, language)
            self._environments[workflow, language.code] = environment
        return self._environments[workflow, language.code]

    def _folders(self, workflow: str | None, language: str) -> list[Path]:
        if self._folder is None:
            return []
        own = [self._folder / workflow / language] if workflow else []
        return [*own, self._folder / language]


def _speak(environment: ImmutableSandboxedEnvironment, language: Language) -> None:
    """Give the templates the texts of a language, by gettext, and its code as ``language``."""
    texts = language.texts
    install: Callable[..., None] = getattr(environment, "install_gettext_callables")  # noqa: B009 - the extension adds it
    install(texts.gettext, texts.ngettext, newstyle=True, pgettext=texts.pgettext, npgettext=texts.npgettext)
    names = cast("Any", environment.globals)
    names["language"] = language.code


def raise_faults(folder: Path, faults: list[Fault]) -> None:
    """Raise ``FaultyFile`` where there are faults: named after the file, where it is one alone."""
    if faults:
        files = {fault.place.file for fault in faults if fault.place}
        raise FaultyFile(files.pop() if len(files) == 1 else str(folder), faults)


def _guarded(name: str, render: Callable[[], str]) -> str:
    try:
        return render()
    except Exception as error:  # whatever an operator's template does wrong is a fault of the template
        raise TemplateFault(_fault(name, error)) from error


def _fault(name: str, error: Exception, file: Path | None = None) -> Fault:
    message = " ".join((str(error) or type(error).__name__).split())
    if isinstance(error, TemplateSyntaxError):
        place = Place(str(file or error.filename or error.name or name), error.lineno, 1)
        return Fault("template", message, place)
    if isinstance(error, TemplateNotFound):
        message = phrase("there is no template %(name)s", name=error.name)
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if frame.filename.endswith(".j2") and frame.lineno:
            return Fault("template", message, Place(frame.filename, frame.lineno, 1))
    return Fault("template", message, Place(str(file or name), 1, 1))


def _unknown_names(tree: nodes.Template, file: Path) -> Iterator[Fault]:
    """Yield a fault for each name that the template reads and that nothing gives it."""
    kind = file.name.partition(".")[0]
    if file.name not in _NAMES:
        return  # a part that others include: what it is given, they say
    view = _SUBJECTS[kind]
    known = [field.name for field in fields(view)]
    for each in tree.find_all(nodes.Getattr):
        if isinstance(each.node, nodes.Name) and each.node.name == kind and each.attr not in known:
            yield Fault(
                "template",
                phrase("%(kind)s has no `%(attr)s`", kind=kind, attr=each.attr),
                Place(str(file), each.lineno, 1),
                expected=listed(known, most=20),
                hint=did_you_mean(each.attr, known),
            )


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html.j2")


def _place(file: Path) -> Place:
    return Place(str(file), 1, 1)
