"""What is wrong with a command line: click's errors in our words, so that they can be translated."""

import os
from collections.abc import Sequence

import click

from gaita import listed
from gaita.phrase import Phrase, formed, phrase


def asked_language(arguments: Sequence[str]) -> str | None:
    """Return the language that the arguments or the environment ask for, before the settings are read."""
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--language":
            return value if equals else next(iter(arguments[number + 1 :]), None)
    return os.environ.get("GAITA_LANGUAGE")


def usage_phrase(error: click.ClickException) -> str:
    """Return what an error of click says; one that we have no words for, as click says it."""
    if isinstance(error.message, Phrase):
        return error.message
    match error:
        case click.NoSuchOption(option_name=name, possibilities=[_, *_] as close):
            return phrase(
                "there is no option %(name)s; did you mean %(close)s?", name=name, close=listed(close)
            )
        case click.NoSuchOption(option_name=name):
            return phrase("there is no option %(name)s", name=name)
        case click.MissingParameter(param=click.Option() as option):
            return phrase("the option %(name)s is missing", name=option.opts[0])
        case click.MissingParameter(param=click.Argument() as argument):
            return phrase(
                "the argument %(name)s is missing",
                name=argument.make_metavar(click.Context(click.Command(""))),
            )
        case click.BadParameter(param=click.Parameter() as parameter):
            return _unfit(parameter, error.message)
        case click.UsageError(message=said) if said.startswith("No such command"):
            return phrase(
                "there is no command %(name)s", name=said.removeprefix("No such command ").rstrip(".")
            )
        case click.UsageError(message=said) if said.startswith("Got unexpected extra argument"):
            return phrase(
                "there is one argument too many: %(arguments)s", arguments=said.partition("(")[2].rstrip(")")
            )
        case _:
            return error.message


def _unfit(parameter: click.Parameter, said: str) -> Phrase:
    """Return what may stand behind an option, or for an argument."""
    name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
    match parameter.type:
        case click.Choice(choices=choices):
            expected = phrase("expected %(expected)s", expected=listed(map(str, choices), 20))
        case click.IntRange(min=int() as least, max=int() as most):
            expected = phrase("expected a whole number from %(least)s to %(most)s", least=least, most=most)
        case click.IntRange(min=int() as least):
            expected = phrase("expected a whole number of at least %(least)s", least=least)
        case click.types.IntParamType():
            expected = phrase("expected a whole number")
        case click.Path():
            expected = phrase("there is no such file, or it cannot be read")
        case _:
            return formed("%(name)s: %(said)s", name=name, said=said)
    found, is_told, _ = said.rpartition(" is not ")  # click keeps the value in its message only
    if is_told:
        expected = phrase("%(expected)s, found %(found)s", expected=expected, found=found)
    return formed("%(name)s: %(expected)s", name=name, expected=expected)


def usage_text(ctx: click.Context) -> Phrase:
    """Return how the command is called, and where to read more."""
    pieces = " ".join(ctx.command.collect_usage_pieces(ctx))
    return phrase(
        "Usage: %(usage)s\nTry '%(command)s' for help.\n",
        usage=f"{ctx.command_path} {pieces}",
        command=f"{ctx.command_path} {ctx.help_option_names[0]}",
    )
