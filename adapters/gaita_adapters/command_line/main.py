"""The wiring of the command line: the options of all commands, and what becomes of an error."""

import errno
import io
import os
import sys
import textwrap
import traceback
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from gaita import FaultyFile, GaitaError, visible
from gaita.phrase import phrase
from gaita.texts import Language, our_languages, translated
from gaita_adapters.channels.console import Format
from gaita_adapters.command_line.calendars import calendar
from gaita_adapters.command_line.clock_commands import extend, pause, resume
from gaita_adapters.command_line.completion import completion
from gaita_adapters.command_line.correct import correct
from gaita_adapters.command_line.deadlines import due, incidents, ledger
from gaita_adapters.command_line.demo import demo
from gaita_adapters.command_line.exit_code import ExitCode, code_of
from gaita_adapters.command_line.feeds import feed
from gaita_adapters.command_line.files import check, deploy, faulty_text, graph, schema
from gaita_adapters.command_line.instance_commands import fire, set_data, start
from gaita_adapters.command_line.notices import notice
from gaita_adapters.command_line.outbox import outbox
from gaita_adapters.command_line.queries import explain, history, list_instances, show, verify
from gaita_adapters.command_line.rehearse import rehearse
from gaita_adapters.command_line.run import run
from gaita_adapters.command_line.session import AT_HELP, LANGUAGE_HELP, LanguageOption, Session, show_faults
from gaita_adapters.command_line.usage import asked_language, usage_phrase, usage_text
from gaita_adapters.command_line.versions import workflows
from gaita_adapters.command_line.worklist import worklist
from gaita_adapters.logs import configure_logs
from gaita_adapters.settings import read_settings, with_database

_FORMER_NAMES = {"inbox": "worklist"}


class _Gaita(click.Group):
    """The group of all commands: turns every error into one paragraph and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Run the command."""
        try:
            return super().invoke(ctx)
        except GaitaError as error:
            _tell(error, _language_of(ctx))
            ctx.exit(code_of(error))
        except SQLAlchemyError as error:
            told = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            said = phrase(
                "the database cannot be used: %(why)s. Check database.url in the settings, or --database.",
                why=told,
            )
            _say(said, _language_of(ctx))
            ctx.exit(ExitCode.DATABASE)
        except click.ClickException as error:
            _tell_usage(error, ctx)
            ctx.exit(error.exit_code)
        except (click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            ctx.exit(ExitCode.INTERRUPTED)
        except OSError as error:
            ctx.exit(_unwritten(error, _language_of(ctx)))
        except Exception as error:  # noqa: BLE001 - nobody is shown a traceback who did not ask for it
            session = ctx.obj
            if isinstance(session, Session) and session.verbose:
                click.echo(visible(traceback.format_exc()), err=True)
            said = phrase(
                "a fault in gaita itself: %(error)s. Run it again with --verbose, and report what it prints.",
                error=f"{type(error).__name__}: {error}",
            )
            _say(said, _language_of(ctx))
            ctx.exit(ExitCode.INTERNAL)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, or by the name it had in the first release."""
        return super().get_command(ctx, _FORMER_NAMES.get(cmd_name, cmd_name))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes."""
        with formatter.section("Examples"):
            formatter.write(
                "  gaita check prototype.toml\n"
                "  gaita deploy prototype.toml\n"
                "  gaita start prototype --id P-1\n"
                "  gaita explain P-1\n"
            )
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), code.meaning) for code in ExitCode])
        super().format_epilog(ctx, formatter)


@click.group(
    "gaita", cls=_Gaita, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.option(
    "--settings",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The settings file [default: GAITA_SETTINGS, else ./gaita.toml where there is one].",
)
@click.option("--database", metavar="URL", help="Use this database instead of the settings'.")
@click.option("--language", type=LanguageOption(), help=LANGUAGE_HELP)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", help="How to answer."
)
@click.option("--at", metavar="TIME", help=AT_HELP)
@click.option("--verbose", is_flag=True, help="Log everything, and show where an error comes from.")
@click.version_option(package_name="gaita", message="%(prog)s %(version)s")
@click.pass_context
def gaita(
    ctx: click.Context,
    *,
    file: Path | None,
    database: str | None,
    language: str | None,
    form: Format,
    at: str | None,
    verbose: bool,
) -> None:
    """Gaita runs declared lifecycles: states, gates and deadlines, enforced once, explained always."""
    settings = read_settings(file)
    if database is not None:
        settings = with_database(settings, database)
    configure_logs(settings.log, verbose=verbose)
    ctx.obj = Session(settings, format=form, verbose=verbose, file=file, at=at)
    if language is not None:
        ctx.obj.speak(language, ctx)


for each in (
    check,
    deploy,
    workflows,
    start,
    fire,
    set_data,
    pause,
    resume,
    extend,
    correct,
    show,
    list_instances,
    explain,
    history,
    verify,
    due,
    ledger,
    calendar,
    worklist,
    notice,
    feed,
    outbox,
    incidents,
    run,
    rehearse,
    demo,
    graph,
    schema,
    completion,
):
    gaita.add_command(each)


def main() -> None:
    """Run gaita on the arguments of this process."""
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison] - closed by whoever started us
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        _say(phrase("the standard output is closed: there is nowhere to answer to; nothing was done"))
        sys.exit(ExitCode.OUTPUT)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without ā shows it somehow, rather than nothing
            stream.reconfigure(errors="backslashreplace")
    for argument in sys.argv[1:]:
        if "\0" in argument or any("\ud800" <= character <= "\udfff" for character in argument):
            _say(
                phrase(
                    "the argument %(argument)s is not UTF-8 text; write it anew,"
                    " in a terminal that uses UTF-8",
                    argument=repr(argument),
                )
            )
            sys.exit(ExitCode.USAGE)
    try:
        try:
            gaita.main(prog_name="gaita")
        finally:
            sys.stdout.flush()  # here a full disk is an error with a code, at the interpreter's end it is not
    except OSError as error:
        sys.exit(_unwritten(error))


def _unwritten(error: OSError, language: Language | None = None) -> ExitCode:
    """Say what the system refused; return the code to end with."""
    if error.filename is None:
        # Whatever is still buffered may not fail again on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            return ExitCode.BROKEN_PIPE
        said = phrase(
            "the answer could not be written: %(why)s. What was asked may have been carried out:"
            " look before you repeat it.",
            why=error.strerror or error,
        )
        _say(said, language)
        return ExitCode.OUTPUT
    _say(f"{error.filename}: {error.strerror or error}", language)
    return ExitCode.INTERNAL


def _language_of(ctx: click.Context) -> Language:
    """Return the language of this call; before its settings are read, the one that is asked for."""
    session = ctx.find_object(Session)
    if session is not None:
        return session.language
    return our_languages().get(asked_language(sys.argv[1:]))


def _tell(error: GaitaError, language: Language) -> None:
    if isinstance(error, FaultyFile):
        show_faults(error.faults, faulty_text(error), language, err=True)
        told = language.ngettext(
            "%(name)s: %(number)s fault; nothing was done",
            "%(name)s: %(number)s faults; nothing was done",
            len(error.faults),
            name=translated(error.name, language),
        )
        click.echo(told, err=True)
    else:
        _say(str(error) or str(type(error).__doc__), language)


def _tell_usage(error: click.ClickException, ctx: click.Context) -> None:
    language = _language_of(ctx)
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(translated(usage_text(error.ctx), language), err=True)
    said = translated(usage_phrase(error), language)
    click.echo(visible(language.gettext("Error: %(what)s", what=said)), err=True)


def _say(text: str, language: Language | None = None) -> None:
    spoken = language or our_languages().get(asked_language(sys.argv[1:]))
    paragraph = visible(" ".join(translated(text, spoken).split()))
    click.echo(
        textwrap.fill(f"gaita: {paragraph}", 100, subsequent_indent="  ", break_long_words=False), err=True
    )
