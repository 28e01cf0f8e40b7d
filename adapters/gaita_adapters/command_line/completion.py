"""The command that makes a shell complete gaita's commands and options."""

import click
from click.shell_completion import get_completion_class

from gaita.phrase import phrase
from gaita_adapters.command_line.session import command


@command(
    "completion",
    'eval "$(gaita completion bash)"',
    "gaita completion fish > ~/.config/fish/completions/gaita.fish",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script by which SHELL completes gaita; load it where your shell starts."""
    made = get_completion_class(shell)
    if made is None:
        message = phrase("click does not know the shell %(shell)s", shell=shell)
        raise click.UsageError(message)
    click.echo(made(ctx.find_root().command, {}, "gaita", "_GAITA_COMPLETE").source())
