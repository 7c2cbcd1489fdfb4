"""``rtstore completion``: names, options and revisions on the Tab key."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class, shell_complete

from rtstore.cli import environment
from rtstore.cli.session import Session
from rtstore.errors import UsageError

_VARIABLE = "_RTSTORE_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_obj
def completion(session: Session, shell: str) -> None:
    """Print the script for completion with the Tab key.

    \b
    Examples:
      rtstore completion bash > ~/.local/share/bash-completion/completions/rtstore
      rtstore completion fish > ~/.config/fish/completions/rtstore.fish
      eval "$(rtstore completion zsh)"     # in ~/.zshrc
    """
    from rtstore.cli.group import rtstore

    session.out.line(_script(rtstore, shell).rstrip("\n"))


def answer(command: click.Command) -> int:
    """Answer the shell, which asks through the environment what could come next; return the exit code."""
    return shell_complete(command, {}, "rtstore", _VARIABLE, environment.value(_VARIABLE) or "")


def _script(command: click.Command, shell: str) -> str:
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"there is no completion for {shell}", hint="Use bash, zsh or fish.")
    maker = kind(command, {}, "rtstore", _VARIABLE)
    # Not `source()`: for bash it starts bash to look at its version.
    return maker.source_template % maker.source_vars()
