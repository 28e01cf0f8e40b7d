"""The session: what every command is handed (settings, format, language), and the form of a command."""

import json
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import click
from click.shell_completion import CompletionItem
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from sqlalchemy.engine import make_url

from gaita import (
    DatabaseTrouble,
    Engine,
    Fault,
    Route,
    SystemClock,
    Tables,
    Workflow,
    did_you_mean,
    hint_for,
    listed,
    open_database,
    render,
    shown,
    visible,
    visible_json,
)
from gaita.phrase import formed, phrase
from gaita.texts import Language, Languages, our_languages, translated
from gaita_adapters.channels import make_channel
from gaita_adapters.channels.console import ConsoleChannel, Format
from gaita_adapters.command_line.as_of import CommandClock, go_on, look
from gaita_adapters.notices import Texts
from gaita_adapters.presenting import csv_text
from gaita_adapters.settings import (
    Settings,
    calendars_wanted,
    languages_in,
    name_faults,
    settings_document,
    with_language,
    without_secrets,
)
from gaita_adapters.settings.people import book_of, plans_of, with_administrators

AT_HELP = "Look as of this moment, or the beginning of this day, instead of now."
LANGUAGE_HELP = "The language of what is shown, such as lv or en."

AnswerFormat: TypeAlias = Literal["table", "json", "csv"]
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Session:
    """One call of gaita."""

    def __init__(
        self,
        settings: Settings,
        *,
        format: AnswerFormat,  # noqa: A002 - the option's name
        verbose: bool,
        file: Path | None = None,
        at: str | None = None,
    ) -> None:
        """Keep what the options and the settings (of ``file``) say; no database is touched."""
        self.settings = settings
        self._file = file
        self.at = at
        self.format: AnswerFormat = format
        self.verbose = verbose

    @property
    def language(self) -> Language:
        """The language of everything that is shown."""
        return self.languages[self.settings.language]

    @cached_property
    def languages(self) -> Languages:
        """Those that there are texts in."""
        return languages_in(self.settings.notices.locale)

    def speak(self, code: str, ctx: click.Context) -> None:
        """Answer in another language. Raises ``UsageError`` for one that there are no texts in."""
        if code not in self.languages:
            message = phrase(
                "there are no texts in the language %(code)s; expected %(codes)s",
                code=repr(code),
                codes=listed(self.languages.codes, most=40),
            )
            raise click.UsageError(message, ctx)
        self.settings = with_language(self.settings, self.languages[code].code)

    @property
    def json(self) -> bool:
        """Whether the answer is to be JSON."""
        return self.format == "json"

    # -- the engine

    @contextmanager
    def writing(self, *, delivering: bool = False) -> Generator[Engine]:
        """Give an engine for a command that changes something: the schema is brought up to date first.

        Raises ``DatabaseTrouble`` where notices of a rehearsal were to be delivered.
        """
        clock = CommandClock()
        with self._engine(clock) as engine:
            engine.migrate()
            kept = engine.last_moment()
            if kept is not None and delivering:
                message = phrase(
                    "this database is kept from a rehearsal: its notices go to nobody; `gaita notice preview`"
                    " shows one as it would arrive"
                )
                raise DatabaseTrouble(message)
            go_on(engine, clock, kept, self.at, self.language)
            yield engine

    @contextmanager
    def reading(self) -> Generator[Engine]:
        """Give an engine for a command that only reads. Raises ``DatabaseTrouble`` where there is nothing."""
        url = make_url(self.settings.database.url)
        if url.get_backend_name() == "sqlite" and (url.database or ":memory:") != ":memory:":
            file = Path(str(url.database))
            if not url.database or (not str(url.database).startswith("file:") and not file.exists()):
                message = phrase(
                    "there is no database %(file)s; `gaita deploy FILE` makes it,"
                    " or name another with --database",
                    file=file,
                )
                raise DatabaseTrouble(message)
        clock = CommandClock()
        with self._engine(clock) as engine:
            try:
                engine.next_due()
            except DatabaseTrouble as error:
                if "schema" not in str(error):
                    raise
                message = phrase(
                    "the database %(url)s holds nothing of gaita yet; `gaita deploy FILE` prepares it,"
                    " or name another with --database",
                    url=url.render_as_string(),
                )
                raise DatabaseTrouble(message) from error
            look(engine, clock, self.at, self.language)
            yield engine

    @contextmanager
    def _engine(self, clock: CommandClock) -> Generator[Engine]:
        settings = self.settings
        engine = Engine(
            open_database(settings.database.url, wait_seconds=settings.database.wait_seconds),
            clock=clock,
            tables=Tables(settings.database.table_prefix),
            calendars=lambda: calendars_wanted(settings),
            recipients=book_of(settings.people, with_administrators(settings.roles, settings.administrators)),
            digests=plans_of(settings.digests, lambda: calendars_wanted(settings)),
            administrators=settings.administrators.plan,
            keep_keys=timedelta(days=settings.keys.keep_days),
        )
        try:
            yield engine
        finally:
            engine.close()

    def name_faults(self, engine: Engine) -> list[Fault]:
        """Return what the settings name that no deployed workflow knows."""
        workflows = [engine.workflow(each.id, each.version) for each in engine.workflows()]
        return list(name_faults(self.settings, settings_document(self._file), workflows))

    def settings_text(self) -> tuple[str, str]:
        """Return what the settings file is called, and its text without secrets; none: nothing."""
        document = settings_document(self._file)
        return (
            (phrase("the settings"), "")
            if document is None
            else (document.name, without_secrets(document.text))
        )

    # -- channels

    @property
    def texts(self) -> Texts:
        """What puts notices into words, as the settings want it."""
        notices = self.settings.notices
        return Texts(
            self.language.code,
            Path(notices.templates) if notices.templates else None,
            notices.link or None,
            languages=self.languages,
        )

    def routes(self) -> list[Route]:
        """Return the ways out: the channels of the settings, or the console where there is none."""
        if not self.settings.channels:
            written: Format = "json" if self.json else "table"
            return [Route(ConsoleChannel(click.echo, language=self.language, format=written))]
        texts, clock = self.texts, SystemClock()
        return [
            Route(
                make_channel(name, each, texts, clock, language=self.language),
                each.limits,
                each.roles,
                each.people,
            )
            for name, each in self.settings.channels.items()
        ]

    # -- answering

    def answer(self, value: object, *shown: RenderableType, columns: Sequence[str] = ()) -> None:
        """Print ``value`` where JSON or CSV is asked for, else ``shown``; ``columns`` head an empty CSV."""
        match self.format:
            case "json":
                click.echo(visible_json(json.dumps(value, ensure_ascii=False, indent=2)))
            case "csv":
                click.echo(csv_text(value, columns), nl=False)
            case "table":
                self.show(*shown)

    def show(self, *shown: RenderableType) -> None:
        """Print for people. Written as one piece, so that a reader who goes away is noticed in one place."""
        console = Console(highlight=False, emoji=False, soft_wrap=False)
        if not console.is_terminal:  # a pipe or a file has no width that anything must fit into
            console = Console(highlight=False, emoji=False, width=200, no_color=True)
        with console.capture() as capture:
            for each in shown:
                told = translated(each, self.language) if isinstance(each, str) else each
                console.print(Visible(told), markup=False)
        text = capture.get()
        click.echo("\n".join(line.rstrip() for line in text.splitlines()) if text else "")


@dataclass(frozen=True, slots=True)
class Visible:
    """Something to print whose text, wherever it comes from, neither steers nor misleads the terminal."""

    shown: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield what is shown, each piece of text made visible; the styles are ours and stay."""
        for piece in console.render(self.shown, options):
            yield piece if piece.control else Segment(visible(piece.text), piece.style)


class LanguageOption(click.ParamType[str]):
    """The code of a language: whether there are texts in it is known once the settings are read."""

    name = "language"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the languages that begin so."""
        del ctx, param
        return [CompletionItem(code) for code in our_languages().codes if code.startswith(incomplete)]


class Commands(click.Command):
    """A command with examples, whose ``--format`` and ``--language`` may also stand behind its name."""

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 - click's own
        examples: Sequence[str] = (),
        csv: bool = False,
        **keywords: Any,  # noqa: ANN401
    ) -> None:
        """Keep the examples; add the options that may stand anywhere. ``csv``: it lists, also as CSV."""
        super().__init__(*arguments, **keywords)
        self.examples = tuple(examples)
        self.params.append(
            click.Option(
                ["--format"],
                type=click.Choice(["table", "json", "csv"] if csv else ["table", "json"]),
                expose_value=False,
                callback=_take_format,
                help="How to answer.",
            )
        )
        self.params.append(
            click.Option(
                ["--language"],
                type=LanguageOption(),
                expose_value=False,
                callback=_take_language,
                help=LANGUAGE_HELP,
            )
        )
        self.params.append(
            click.Option(
                ["--at"], metavar="TIME", expose_value=False, callback=_take_at, help=AT_HELP, hidden=True
            )
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the arguments apart; an option that is left without its value says what it takes."""
        options = {name: each for each in self.params if isinstance(each, click.Option) for name in each.opts}
        given = args[: args.index("--")] if "--" in args else args
        for name, behind in zip_longest(given, given[1:]):
            option = options.get(name)
            if option is not None and not option.is_flag and (behind is None or behind in options):
                value = option.metavar or str(option.name).upper()
                like = next((each for each in self.examples if f" {name} " in each), None)
                message = phrase("%(name)s needs a value, %(value)s", name=name, value=value)
                if like:
                    message = phrase("%(message)s, as in: %(example)s", message=message, example=like)
                raise click.UsageError(message, ctx)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples behind the options."""
        with formatter.section("Examples"):
            formatter.write("\n".join(f"{' ' * formatter.current_indent}{each}" for each in self.examples))
            formatter.write("\n")
        super().format_epilog(ctx, formatter)


class CommandGroup(Commands, click.Group):
    """A command with commands below it: by itself it answers, like every other."""


def _take_format(ctx: click.Context, _parameter: click.Parameter, value: AnswerFormat | None) -> None:
    session = ctx.find_object(Session)
    if value is not None and session is not None:
        session.format = value


def _take_language(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    session = ctx.find_object(Session)
    if value is not None and session is not None:
        session.speak(value, ctx)


def _take_at(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    session = ctx.find_object(Session)
    if value is not None and session is not None:
        session.at = value


def command(
    name: str,
    *examples: str,
    csv: bool = False,
    **settings: Any,  # noqa: ANN401 - click's own
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command of gaita, with examples of its use. ``csv``: it answers as CSV as well.

    ``settings`` are those of its context, which are click's.
    """
    if not examples:
        message = f"the command {name} has no example"
        raise ValueError(message)
    return click.command(name, cls=Commands, examples=examples, csv=csv, context_settings=settings)


def effective(function: _Function) -> _Function:
    """Give a command the options that say when it took effect, and how to tell who was told otherwise."""
    function = click.option(
        "--notice",
        metavar="TEXT",
        help="With --on: what those are told who were told something wrong meanwhile.",
    )(function)
    return click.option(
        "--on",
        metavar="DAY|MOMENT",
        help="When it took effect, in the past: a day means its last instant. For what is entered late.",
    )(function)


def acting(function: _Function) -> _Function:
    """Give a command the options that say who asks."""
    function = click.option(
        "--role", "roles", multiple=True, metavar="ROLE", help="A role of the actor; may be repeated."
    )(function)
    return click.option("--actor", default="operator", show_default=True, help="Who asks, for the history.")(
        function
    )


def show_faults(faults: Iterable[Fault], text: str, language: Language, *, err: bool = False) -> None:
    """Print faults with the lines that they are in."""
    for fault in faults:
        click.echo(visible(translated(render(fault, text), language)), err=err)


def warn_of_roles(session: Session, workflow: Workflow, roles: Iterable[str], *, anyhow: bool) -> None:
    """Warn of a role that is none of the workflow's: of one that is near such a one, or ``anyhow`` of any."""
    for role in dict.fromkeys(roles):
        if role not in workflow.roles and (anyhow or did_you_mean(role, workflow.roles)):
            told = phrase(
                "the workflow %(workflow)s has no role %(role)s; %(hint)s",
                workflow=workflow.id,
                role=shown(role),
                hint=hint_for(role, workflow.roles),
            )
            warning = formed("%(severity)s: %(told)s", severity=phrase("warning"), told=told)
            click.echo(visible(translated(warning, session.language)), err=True)


def workflow_of(engine: Engine, instance: str) -> Workflow:
    """Return the version of the workflow that ``instance`` runs."""
    found = engine.get(instance)
    return engine.workflow(found.workflow, found.workflow_version)


def is_terminal() -> bool:
    """Whether a person reads the answer."""
    return sys.stdout.isatty()
