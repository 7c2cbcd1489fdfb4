"""``rtstore completion``: names, options and revisions on the Tab key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    get_completion_class,
    shell_complete,
)

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
    add_completion_class(_Bash)
    return shell_complete(command, {}, "rtstore", _VARIABLE, environment.value(_VARIABLE) or "")


class _Bash(BashComplete):
    """Completion for bash, to which ``HEAD:mara.jsonl`` is three words: it replaces the last of them alone."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, put together again, and the one that it is in."""
        words, last = super().get_completion_args()
        whole = _rejoined([*words, last])
        if len(whole) <= len(words):
            self._before = whole[-1].removesuffix(last if last != ":" else "")
        return whole[:-1], whole[-1]

    def format_completion(self, item: CompletionItem) -> str:
        """Return a completion without what stands before the word that is replaced."""
        return f"{item.type},{str(item.value).removeprefix(self._before)}"


def _rejoined(words: Sequence[str]) -> list[str]:
    """Return words with those that a colon stands between as one."""
    whole: list[str] = []
    open_ = False
    for word in words:
        joins = word == ":" and len(whole) > 1
        if whole and (joins or open_):
            whole[-1] += word
        else:
            whole.append(word)
        open_ = joins
    return whole


def _script(command: click.Command, shell: str) -> str:
    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"there is no completion for {shell}", hint="Use bash, zsh or fish.")
    maker = kind(command, {}, "rtstore", _VARIABLE)
    # Not `source()`: for bash it starts bash to look at its version.
    return maker.source_template % maker.source_vars()
